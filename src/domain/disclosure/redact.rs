//! Taking third persons out of what a person is told (Art. 15(4) GDPR), each time with a reason, after a review.
//!
//! What is taken out is text found in one field of one record, wherever it stands there, also in the field's history. The
//! review is bound to the texts it was made of: when one of them has changed since, or one has come, it is refused.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Person, Told};
use crate::domain::entity::RecordKind;
use crate::domain::field::{Category, FieldKey};
use crate::domain::value::{Value, words};

words! {
    /// What was found.
    Found {
        Name = "name",
        Phone = "phone",
        Email = "email",
        /// A whole text.
        Text = "text",
    }
}

words! {
    /// Why it is taken out.
    Why {
        /// It is about another person (Art. 15(4) GDPR).
        ThirdPerson = "third_person",
        /// It names somebody who works for the controller.
        Employee = "employee",
        /// The texts are too long to be looked through by the program, and nobody has done it.
        NotReviewed = "not_reviewed",
    }
}

words! {
    /// What becomes of it.
    Act {
        Redact = "redact",
        Keep = "keep",
    }
}

/// Something in a text that may tell of another person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    pub kind: RecordKind,
    pub record: Uuid,
    pub field: FieldKey,
    /// The field's word.
    pub name: String,
    /// The very words.
    pub text: String,
    pub found: Found,
    pub why: Why,
    pub act: Act,
    /// In the officer's own words, for the person to read; the reason's standard words when empty.
    pub reason: String,
}

/// A record whose texts a review was made of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reviewed {
    pub kind: RecordKind,
    pub id: Uuid,
    pub revision: u64,
    /// Of its free texts, also those it had before.
    pub sha256: String,
}

/// What an officer decided about the third persons in an answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Review {
    pub contact: Uuid,
    pub records: Vec<Reviewed>,
    pub marks: Vec<Mark>,
}

/// What was taken out, without telling it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Redacted {
    pub kind: RecordKind,
    pub record: Uuid,
    pub name: String,
    pub found: Found,
    pub why: Why,
    pub reason: String,
    /// How often.
    pub times: usize,
}

/// A review that does not fit any more.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfit {
    #[error("the review is about another person")]
    Other,
    #[error("the {kind} {id} was changed since it was reviewed")]
    Changed { kind: RecordKind, id: Uuid },
    #[error("the {kind} {id} has come since the review")]
    New { kind: RecordKind, id: Uuid },
    #[error("the review names a text that is nowhere in the {name} of the {kind} {id}")]
    NotThere { kind: RecordKind, id: Uuid, name: String },
    #[error("the review says nothing of what was found in the {name} of the {kind} {id}")]
    Undecided { kind: RecordKind, id: Uuid, name: String },
}

/// Fields of text that say nothing freely: codes, names of files and versions, what the program filled in.
const CODES: &[&str] = &[
    "address",
    "call",
    "confirmation_by",
    "confirmation_sha256",
    "controller",
    "decision",
    "external_id",
    "list",
    "notice",
    "number",
    "person_zone",
    "purpose",
    "refers",
    "screening",
    "script",
    "shown_number",
    "team",
    "token",
    "used_for",
    "wording_sha256",
    "zone",
];

/// Whether a field holds words that somebody wrote, in which others may be named. The person's own names are none.
pub fn is_free(name: &str, category: Category, value: &Value) -> bool {
    let own = category == Category::Identity && !name.starts_with("custom.");
    !own && !CODES.contains(&name) && matches!(value, Value::Text(_) | Value::Tags(_))
}

/// A free text with where it stands.
pub struct Free<'p> {
    pub kind: RecordKind,
    pub record: Uuid,
    pub field: FieldKey,
    pub name: &'p str,
    pub text: &'p str,
}

/// All free texts, those of the history after those of today.
pub fn texts(person: &Person) -> Vec<Free<'_>> {
    let mut all = Vec::new();
    for held in &person.records {
        for field in &held.fields {
            if field.told.value.as_ref().is_some_and(|value| is_free(&field.name, field.category, value)) {
                let (kind, record) = (held.kind, held.id);
                all.push(Free { kind, record, field: field.key, name: &field.name, text: &field.told.text });
            }
        }
    }
    for entry in &person.history {
        for change in &entry.changes {
            for told in [&change.old, &change.new].into_iter().flatten() {
                if told.value.as_ref().is_some_and(|value| is_free(&change.name, change.category, value)) {
                    let (kind, record) = (entry.kind, entry.record);
                    all.push(Free { kind, record, field: change.key, name: &change.name, text: &told.text });
                }
            }
        }
    }
    all
}

/// The records that have free texts, with the hash of these.
fn reviewed(person: &Person) -> Vec<Reviewed> {
    let all = texts(person);
    let mut records = Vec::new();
    for held in &person.records {
        let mut own: Vec<(FieldKey, &str)> =
            all.iter().filter(|one| one.record == held.id).map(|one| (one.field, one.text)).collect();
        if own.is_empty() {
            continue;
        }
        own.sort_unstable();
        own.dedup();
        let mut hash = Sha256::new();
        for (field, text) in own {
            hash.update(field.0.to_be_bytes());
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        records.push(Reviewed { kind: held.kind, id: held.id, revision: held.revision, sha256 });
    }
    records
}

/// What is proposed, to be looked at.
pub fn review(person: &Person) -> Review {
    Review { contact: person.id, records: reviewed(person), marks: person.marks.clone() }
}

/// Takes out what a review says, or all that was found where there is none. What stands for it is made by `instead`.
pub fn settle(
    person: &mut Person,
    review: Option<Review>,
    instead: impl Fn(&Mark) -> String,
) -> Result<Vec<Redacted>, Unfit> {
    let marks = match review {
        None => person.marks.clone(),
        Some(review) => {
            fits(person, &review)?;
            review.marks
        }
    };
    // What holds another text within it goes first.
    let mut marks: Vec<Mark> = marks.into_iter().filter(|mark| mark.act == Act::Redact).collect();
    marks.sort_by(|a, b| b.text.len().cmp(&a.text.len()).then_with(|| a.text.cmp(&b.text)));
    let mut done = Vec::new();
    for mark in &marks {
        let stand_in = instead(mark);
        let mut times = 0;
        for held in person.records.iter_mut().filter(|held| held.id == mark.record) {
            for field in held.fields.iter_mut().filter(|field| field.key == mark.field) {
                times += replace(&mut field.told, &mark.text, &stand_in);
            }
        }
        for entry in person.history.iter_mut().filter(|entry| entry.record == mark.record) {
            for change in entry.changes.iter_mut().filter(|change| change.key == mark.field) {
                for told in [&mut change.old, &mut change.new].into_iter().flatten() {
                    times += replace(told, &mark.text, &stand_in);
                }
            }
        }
        if times > 0 {
            let Mark { kind, record, name, found, why, reason, .. } = mark.clone();
            done.push(Redacted { kind, record, name, found, why, reason, times });
        }
    }
    // Whoever is told does not need the words that were taken out.
    person.marks.clear();
    done.sort_by(|a, b| {
        (a.kind, a.record, &a.name, a.found, a.why).cmp(&(b.kind, b.record, &b.name, b.found, b.why))
    });
    Ok(done)
}

fn fits(person: &Person, review: &Review) -> Result<(), Unfit> {
    if review.contact != person.id {
        return Err(Unfit::Other);
    }
    for now in reviewed(person) {
        match review.records.iter().find(|then| then.id == now.id) {
            None => return Err(Unfit::New { kind: now.kind, id: now.id }),
            Some(then) if then.sha256 != now.sha256 => {
                return Err(Unfit::Changed { kind: now.kind, id: now.id });
            }
            Some(_) => {}
        }
    }
    let same = |a: &Mark, b: &Mark| a.record == b.record && a.field == b.field && a.text == b.text;
    // Whoever deletes a line has not decided: to keep a text is said.
    if let Some(mark) = person.marks.iter().find(|mark| !review.marks.iter().any(|one| same(one, mark))) {
        return Err(Unfit::Undecided { kind: mark.kind, id: mark.record, name: mark.name.clone() });
    }
    let all = texts(person);
    for mark in &review.marks {
        let there = all
            .iter()
            .any(|one| one.record == mark.record && one.field == mark.field && one.text.contains(&mark.text));
        if mark.text.is_empty() || !there {
            return Err(Unfit::NotThere { kind: mark.kind, id: mark.record, name: mark.name.clone() });
        }
    }
    Ok(())
}

fn replace(told: &mut Told, text: &str, instead: &str) -> usize {
    let times = told.text.matches(text).count();
    if times > 0 {
        told.text = told.text.replace(text, instead);
    }
    match &mut told.value {
        Some(Value::Text(value)) => *value = value.replace(text, instead),
        Some(Value::Tags(tags)) => tags.iter_mut().for_each(|tag| *tag = tag.replace(text, instead)),
        Some(_) | None => {}
    }
    times
}
