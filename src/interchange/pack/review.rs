//! The file in which an officer decides which words about third persons leave: JSON, one line to change for each.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{PackError, data};
use crate::domain::disclosure::Person;
use crate::domain::disclosure::redact::{self, Act, Found, Mark, Review, Reviewed, Why};
use crate::domain::entity::RecordKind;

const FORMAT: &str = "callbook-review";
const VERSION: u64 = 1;
/// Characters of the text around, on each side.
const AROUND: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    version: u64,
    contact: Uuid,
    #[serde(default, rename = "how_to")]
    _how_to: Json,
    records: Vec<Reviewed>,
    marks: Vec<WrittenMark>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMark {
    action: Act,
    #[serde(default = "third_person")]
    why: Why,
    #[serde(default)]
    reason: String,
    #[serde(default = "text")]
    found: Found,
    kind: RecordKind,
    record: Uuid,
    field: String,
    text: String,
    #[serde(default, rename = "around")]
    _around: Json,
}

fn third_person() -> Why {
    Why::ThirdPerson
}

fn text() -> Found {
    Found::Text
}

/// What stands around a text, for whoever decides.
fn around(person: &Person, mark: &Mark) -> String {
    let texts = redact::texts(person);
    let here = |one: &&redact::Free<'_>| one.record == mark.record && one.field == mark.field;
    let found = texts.iter().filter(here).find_map(|one| Some((one.text, one.text.find(&mark.text)?)));
    let Some((text, at)) = found else { return String::new() };
    let (before, rest) = text.split_at(at);
    let after = rest.get(mark.text.len()..).unwrap_or_default();
    let start = before.char_indices().rev().nth(AROUND - 1).map_or(0, |(at, _)| at);
    let end = after.char_indices().nth(AROUND).map_or(after.len(), |(at, _)| at);
    let shown = if mark.text.len() > 200 { "…" } else { mark.text.as_str() };
    format!("{}{shown}{}", before.get(start..).unwrap_or_default(), after.get(..end).unwrap_or_default())
}

/// The file for a review of an answer.
pub fn write(person: &Person) -> Result<Vec<u8>, PackError> {
    let Review { contact, records, marks } = redact::review(person);
    let marks: Vec<Json> = marks
        .iter()
        .map(|mark| {
            json!({
                "action": mark.act, "why": mark.why, "reason": mark.reason, "found": mark.found, "kind": mark.kind,
                "record": mark.record, "field": mark.name, "text": mark.text, "around": around(person, mark),
            })
        })
        .collect();
    data::pretty(&json!({
        "format": FORMAT,
        "version": VERSION,
        "how_to": [
            "`action` is `redact` or `keep`; `reason` is told to the person in place of the standard words.",
            "Add a mark with record, kind, field and text to take out what was not found.",
            "The review holds for these texts as they stand; when one changes, make a new one.",
        ],
        "contact": contact,
        "records": records,
        "marks": marks,
    }))
}

/// The review in a file, as it fits the person.
pub fn read(bytes: &[u8], person: &Person) -> Result<Review, PackError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let written: Written = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| PackError::NoReview(format!("{}: {}", error.path(), error.inner())))?;
    json.end().map_err(|error| PackError::NoReview(error.to_string()))?;
    if written.format != FORMAT || written.version != VERSION {
        return Err(PackError::NoReview(format!(
            "its format is `{}`, version {}",
            written.format, written.version
        )));
    }
    let texts = redact::texts(person);
    let mark = |one: WrittenMark| {
        let WrittenMark { action, why, reason, found, kind, record, field, text, .. } = one;
        let key =
            texts.iter().find(|free| free.record == record && free.name == field).map(|free| free.field);
        let field = match key {
            Some(key) => key,
            None => return Err(redact::Unfit::NotThere { kind, id: record, name: field }),
        };
        let name =
            texts.iter().find(|free| free.field == field && free.record == record).map(|free| free.name);
        Ok(Mark {
            kind,
            record,
            field,
            name: name.unwrap_or_default().to_owned(),
            text,
            found,
            why,
            act: action,
            reason,
        })
    };
    let marks = written.marks.into_iter().map(mark).collect::<Result<_, redact::Unfit>>()?;
    Ok(Review { contact: written.contact, records: written.records, marks })
}
