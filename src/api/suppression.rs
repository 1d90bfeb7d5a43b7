//! What is answered about the suppression list and do-not-call lists.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::country::Country;
use crate::domain::suppression::{Class, Deed, Hit, ListCheck, Reason, Scope};
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

/// What was suppressed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Suppressed {
    /// The entry.
    pub id: Uuid,
    pub class: Class,
    pub scope: Scope,
    pub reason: Reason,
    /// How many contacts that the asker sees have it.
    pub contacts: u64,
    pub review_on: Option<Day>,
}

/// What was lifted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Unsuppressed {
    /// The entry that says so.
    pub id: Uuid,
    pub class: Class,
    pub was: Hit,
}

/// Whether a number or address is suppressed, and on which do-not-call lists it stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SuppressionState {
    pub class: Class,
    pub hit: Option<Hit>,
    /// One for each list there is, that can be asked; none of an address.
    pub lists: Vec<ListCheck>,
}

/// An entry of the suppression list. It names nobody.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SuppressionEntry {
    pub id: Uuid,
    pub at: Timestamp,
    /// The user's name.
    pub by: String,
    pub deed: Deed,
    pub classes: Vec<Class>,
    /// How many numbers and addresses it is about.
    pub marks: u64,
    pub scope: Option<Scope>,
    pub reason: Option<Reason>,
    pub words: String,
    pub review_on: Option<Day>,
}

/// The suppression list, latest first.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SuppressionPage {
    pub items: Vec<SuppressionEntry>,
    /// All entries, before and behind this page too.
    pub total: u64,
    /// How many numbers and addresses are suppressed now, by reason.
    pub by_reason: Vec<(Reason, u64)>,
    /// The same by how far it goes.
    pub by_scope: Vec<(Scope, u64)>,
}

/// A row of a do-not-call list that is no number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NotTaken {
    pub row: u64,
    pub reason: String,
}

/// How far a do-not-call list has been brought in.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ListProgress {
    pub read: u64,
    /// Taken; in the end each once.
    pub numbers: u64,
    /// Of the numbers, how many have a day since which they are listed.
    pub dated_numbers: u64,
    pub not_taken: u64,
    /// Those that came more than once, in the end.
    pub repeated: u64,
    /// How many the list had that was in force before, if there was one.
    pub replaced: Option<u64>,
    /// Which list, in the end.
    pub list: String,
    pub dated: Option<Day>,
    /// The rows of this part that were not taken.
    pub rows: Vec<NotTaken>,
}

/// A do-not-call list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ListView {
    pub id: Uuid,
    pub revision: u64,
    pub name: String,
    pub country: Option<Country>,
    pub dated: Option<Day>,
    pub source: String,
    pub numbers: u64,
    /// SHA-256 of the file, in hexadecimal digits.
    pub file_hash: String,
    /// The user's name.
    pub by: String,
    /// Whether it tells since when a number is on it; else the list's own day stands for that.
    pub tells_since: bool,
    /// Why it cannot be asked; empty when it can.
    pub problem: String,
}
