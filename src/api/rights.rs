//! The rights of persons as they cross the door: restriction, rectification, objection, and who is told of it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::consent::BookLine;
use crate::api::hush::Hush;
use crate::api::view::Edited;
use crate::api::work::RequestView;
use crate::domain::id::ContactId;
use crate::domain::preferences::Form;
use crate::domain::request::RestrictionReason;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

/// A restriction that was laid on a person's data, or lifted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Restricted {
    pub contact: ContactId,
    /// Nothing when it was lifted.
    pub since: Option<Timestamp>,
    pub reason: Option<RestrictionReason>,
    pub until: Option<Day>,
    /// The tasks that tell those whom the data were given to (Art. 19 GDPR), by the name of whom to tell.
    pub tasks: Vec<(Uuid, String)>,
    /// The letter that tells the person before a restriction ends; empty where nothing is written.
    pub letter: String,
    pub warnings: Vec<String>,
}

/// What was corrected, and who is to be told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rectified {
    pub edited: Edited,
    /// As in [`Restricted`].
    pub tasks: Vec<(Uuid, String)>,
}

/// What holds after an objection or a withdrawal.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Objected {
    pub lines: Vec<BookLine>,
    /// When the person is to be deleted, since no ground is left.
    pub delete_on: Option<Day>,
    /// The request that was closed by it.
    pub request: Option<RequestView>,
    /// Others in sight who have the same number or address, and what that is: who answers there is reached all the same.
    pub shared: Vec<(ContactId, String, String)>,
}

/// A form for a person, and by what its answer is known.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Invited {
    pub form: Form,
    /// In hexadecimal digits. It stands in the page, and nowhere else but in the store.
    pub key: Hush,
}

/// What became of the answer to a form.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ingested {
    pub contact: ContactId,
    pub name: String,
    /// The requests it became; withdrawals and objections among them are done.
    pub requests: Vec<RequestView>,
    /// What holds for what was taken back or objected to.
    pub lines: Vec<BookLine>,
    /// The task to read what the person wants to tell, where nothing else was asked for.
    pub task: Option<Uuid>,
}

/// Whom a person's data were given to.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Given {
    pub recipients: Vec<GivenTo>,
    pub publications: Vec<PublicationView>,
}

/// A recipient whom a person's data were given to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GivenTo {
    /// The word by which the recipient is registered.
    pub name: String,
    /// As persons are told.
    pub title: String,
    /// Whom to tell there.
    pub contact: String,
    pub first: Timestamp,
    pub last: Timestamp,
    pub times: u64,
    pub purposes: Vec<String>,
}

/// Where a person's data were made public.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PublicationView {
    pub id: Uuid,
    pub contact: ContactId,
    pub place: String,
    pub what: String,
    /// Whom to tell.
    pub tell: String,
    pub published_on: Option<Day>,
    pub withdrawn_at: Option<Timestamp>,
}
