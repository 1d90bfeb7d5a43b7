//! What a person is told who asks what is held (Art. 15 GDPR), as it crosses the door: a copy of everything, and what the
//! law wants told beside it.
//!
//! It is complete and names third persons; before it leaves, [`redact`] takes out what the officer does not keep. Employees
//! are in it by their role alone: a person learns who consulted their data by function, not by name.

pub mod redact;
pub mod scan;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::channel::Channel;
use crate::domain::consent::{Receipt, Standing};
use crate::domain::country::{Country, Language};
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::field::{Category, FieldKey};
use crate::domain::history::Action;
use crate::domain::reading::ReadKind;
use crate::domain::request::Right;
use crate::domain::suppression::{Class, Hit, ListCheck};
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Value};
use crate::domain::wording::WordingKind;

/// Who decides about the data, as answers name it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Controller {
    pub name: String,
    pub address: String,
    /// Where it is reached in matters of data.
    pub contact: String,
    pub dpo: String,
    pub authority: String,
    pub country: Option<Country>,
}

/// The request that is answered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Case {
    pub number: i64,
    pub right: Right,
    pub received: Option<Day>,
    pub due: Option<Day>,
    /// Whether it was made sure who asks (Art. 12(6) GDPR).
    pub identified: bool,
}

/// What somebody named who is not known by a record.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Asked {
    pub name: String,
    /// Numbers and addresses, normalised.
    pub identifiers: Vec<(Class, String)>,
}

/// A value with the words for it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Told {
    /// Absent where the value is an employee: then the text is the employee's role.
    pub value: Option<Value>,
    /// For people: names in place of ids, numbers as they are read.
    pub text: String,
}

/// A field of a record, and since when it holds what it holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HeldField {
    pub key: FieldKey,
    /// The word by which it is addressed, `custom.NAME` for a store's own.
    pub name: String,
    pub label: String,
    pub category: Category,
    pub told: Told,
    pub since: Timestamp,
    /// The role of whoever entered it; empty for the program.
    pub by: String,
}

/// A record about the person, or the person's own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Held {
    pub kind: RecordKind,
    pub id: Uuid,
    pub revision: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Taken out of lists, and not erased yet.
    pub deleted: bool,
    pub fields: Vec<HeldField>,
    /// That there are fields which are told to nobody: the hash of a code, the key of a form.
    pub secret: bool,
}

impl Held {
    pub fn get(&self, key: FieldKey) -> Option<&HeldField> {
        self.fields.iter().find(|field| field.key == key)
    }

    pub fn text(&self, key: FieldKey) -> &str {
        self.get(key).map_or("", |field| &field.told.text)
    }

    pub fn value(&self, key: FieldKey) -> Option<&Value> {
        self.get(key)?.told.value.as_ref()
    }
}

/// A change of a field.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Changed {
    pub key: FieldKey,
    pub name: String,
    pub label: String,
    pub category: Category,
    pub old: Option<Told>,
    pub new: Option<Told>,
}

/// An entry of the history of one of the records.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HistoryEntry {
    pub at: Timestamp,
    /// The role of whoever did it; empty for the program.
    pub by: String,
    pub action: Action,
    pub kind: RecordKind,
    pub record: Uuid,
    pub revision: u64,
    /// None where a record that never changes was written: it stands as a whole among the records.
    pub changes: Vec<Changed>,
}

/// Somebody looked at the person's data.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Look {
    pub at: Timestamp,
    /// The role.
    pub by: String,
    pub kind: ReadKind,
    /// What for, where that was said.
    pub purpose: String,
    /// As of when it was shown, where that was another moment.
    pub as_of: Option<Timestamp>,
}

/// The person's data left the store in an export.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Handed {
    pub at: Timestamp,
    pub purpose: String,
    pub channel: String,
    /// The registered name; empty where the controller itself used it.
    pub recipient: String,
    /// The fields that left.
    pub fields: Vec<String>,
}

/// Somebody began to write something about the person and has not saved it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Unsaved {
    pub at: Timestamp,
    pub by: String,
    pub kind: RecordKind,
}

/// A text that the person was pointed at or read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Shown {
    pub kind: WordingKind,
    /// `notice-de@2`.
    pub title: String,
    pub language: String,
    pub sha256: String,
    pub text: String,
}

/// A purpose for which the person's data is used, or was.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PurposeTold {
    pub revision: u64,
    /// Of a [`Purpose`](crate::domain::purpose::Purpose).
    pub fields: Fields,
    /// What holds for the person, by channel.
    pub standings: Vec<(Channel, Standing)>,
}

/// What is found of somebody beside the records.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Trace {
    /// A number or address is suppressed; it is known by a keyed hash alone.
    Suppressed { class: Class, hit: Hit },
    /// A number was compared with a do-not-call list.
    Screened { check: ListCheck },
    /// Proof of a consent, kept after an erasure; fields of a [`KeptProof`](crate::domain::erasure::KeptProof).
    Proof { fields: Fields },
    /// What is left of a case; fields of a [`Certificate`](crate::domain::erasure::Certificate).
    Certificate { fields: Fields },
}

/// The person, where one is held.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Person {
    pub id: Uuid,
    pub name: String,
    pub language: Option<Language>,
    pub country: Option<Country>,
    /// The person's own record first, then those about the person.
    pub records: Vec<Held>,
    /// Oldest first.
    pub history: Vec<HistoryEntry>,
    /// Oldest first.
    pub looks: Vec<Look>,
    /// How long it is kept who looked, in months.
    pub looks_kept: u64,
    pub handed: Vec<Handed>,
    pub unsaved: Vec<Unsaved>,
    /// For each purpose and channel about which something was said, the last event with those before it.
    pub receipts: Vec<Receipt>,
    pub shown: Vec<Shown>,
    /// Where others may be named, as proposed.
    pub marks: Vec<redact::Mark>,
}

/// Everything that is told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Disclosure {
    pub made_at: Timestamp,
    pub store: Uuid,
    pub controller: Controller,
    pub case: Option<Case>,
    pub asked: Asked,
    pub person: Option<Person>,
    pub traces: Vec<Trace>,
    pub purposes: Vec<PurposeTold>,
    /// Whom data is given to for these purposes or was given to; fields of a
    /// [`Recipient`](crate::domain::recipient::Recipient).
    pub recipients: Vec<Fields>,
    /// How long what is kept, beside the purposes; fields of a
    /// [`RetentionRule`](crate::domain::retention::RetentionRule).
    pub rules: Vec<Fields>,
    /// For whoever makes the answer, not for the person.
    pub warnings: Vec<String>,
}
