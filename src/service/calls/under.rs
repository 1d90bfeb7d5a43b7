//! Calls under way: begun, and not recorded yet.
//!
//! They are drafts (table 21), sealed under the key of the person who is called, and so gone with the person. That somebody
//! is calling a person is decided by them inside the storage transaction, and outlives the process; after [`HELD`] without a
//! sign of life others may call again, while the answers stay for whoever began.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::Error;
use crate::api::call::CallScript;
use crate::domain::answers::CallAnswers;
use crate::domain::country::Language;
use crate::domain::draft::{Draft, Form};
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::id::{ContactId, SubjectId, UserId};
use crate::domain::time::Timestamp;
use crate::store::draft::KeptDraft;
use crate::store::{Reader, WriteTxn};

/// How long a person is held for whoever calls, after the last that was heard of the call, in milliseconds: a quarter of
/// an hour.
pub const HELD: i64 = 15 * 60 * 1000;

/// The one text of such a draft: all of it, as JSON.
const WHOLE: FieldKey = FieldKey(0);

/// A call under way.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Under {
    pub call: Uuid,
    pub contact: ContactId,
    pub purpose: String,
    /// E.164, as the contact has it.
    pub number: String,
    pub language: Option<Language>,
    pub list: Option<Uuid>,
    pub begun_at: Timestamp,
    pub until: Timestamp,
    pub script: Option<CallScript>,
    /// The decision by which it was begun, as JSON.
    pub decision: String,
    pub screening: String,
    /// The person's time zone.
    pub person_zone: String,
    pub answers: Option<CallAnswers>,
}

/// A call under way with whose it is and where it lies.
pub struct Kept {
    pub user: UserId,
    pub under: Under,
    pub draft: KeptDraft,
}

impl Kept {
    /// Whether others wait for it.
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.under.until
    }
}

/// Whether a draft is a call under way, which is none of a form's business.
pub fn is_call(draft: &Draft) -> bool {
    draft.form.kind == RecordKind::Call
}

/// All calls under way. What cannot be read any more is none.
pub fn all(reader: &Reader<'_>) -> Result<Vec<Kept>, Error> {
    let mut found = Vec::new();
    for kept in reader.drafts()? {
        let Some((user, draft)) = &kept.content else { continue };
        if !is_call(draft) {
            continue;
        }
        let whole = draft.texts.iter().find(|(key, _)| *key == WHOLE).map(|(_, text)| text.as_str());
        let Some(Ok(under)) = whole.map(serde_json::from_str::<Under>) else { continue };
        found.push(Kept { user: *user, under, draft: kept });
    }
    Ok(found)
}

/// The one of somebody's own calls that has this id.
pub fn own(reader: &Reader<'_>, user: UserId, call: Uuid) -> Result<Kept, Error> {
    let found = all(reader)?.into_iter().find(|kept| kept.under.call == call && kept.user == user);
    found.ok_or_else(|| {
        Error::not_found("you have begun no such call, or it was recorded already")
            .hint("`callbook call open` shows those you have begun")
    })
}

/// Keeps a call under way, in place of what was kept of it.
pub fn keep(
    txn: &mut WriteTxn<'_>,
    user: UserId,
    under: &Under,
    before: Option<&KeptDraft>,
    now: Timestamp,
) -> Result<(), Error> {
    if let Some(before) = before {
        txn.drop_draft(before)?;
    }
    let form = Form { kind: RecordKind::Call, id: Some(under.call), about: Some(under.contact.0) };
    let whole = serde_json::to_string(under)
        .map_err(|error| Error::failed(format!("the call cannot be kept: {error}")))?;
    let draft = Draft { form, texts: vec![(WHOLE, whole)], at: now };
    if txn.keep_draft(SubjectId(under.contact.0), user, draft)? {
        return Ok(());
    }
    Err(Error::not_found("the person is not there any more"))
}
