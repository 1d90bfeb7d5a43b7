//! Incidents, the register of processing, training and the auditor's bundle, as they cross the door.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::accountability::{IncidentState, Risk};
use crate::domain::id::ContactId;
use crate::domain::reading::ReadKind;
use crate::domain::register::Drift;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

/// A breach, and its clock.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct IncidentView {
    pub id: Uuid,
    pub revision: u64,
    pub number: u64,
    pub title: String,
    pub state: IncidentState,
    pub risk: Option<Risk>,
    pub aware_at: Timestamp,
    /// 72 hours later: by then the authority is told, where there is a risk.
    pub due: Timestamp,
    /// That moment has passed, and the authority was told neither before it nor since.
    pub overdue: bool,
    pub nature: String,
    pub categories: Vec<String>,
    pub persons: i64,
    pub records: i64,
    pub consequences: String,
    pub measures: String,
    pub reported_at: Option<Timestamp>,
    pub late_reason: String,
    pub persons_told_at: Option<Timestamp>,
    /// What was reported when, one a line.
    pub phases: Vec<String>,
    /// How many persons a scope that was kept names.
    pub scope: u64,
    pub closed_at: Option<Timestamp>,
    pub lessons: String,
}

/// Whose data a session or user saw between two moments.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ScopedPerson {
    /// None where the person was erased since, and for searches that found nobody.
    pub contact: ContactId,
    /// Empty for whom the asker sees no names.
    pub name: String,
    pub looks: u64,
    /// How: opened, exported, found by a number.
    pub kinds: Vec<ReadKind>,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// The reach of an incident, from the read log.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct IncidentReach {
    pub persons: Vec<ScopedPerson>,
    /// Looks at all.
    pub looks: u64,
    /// Rows that do not open: damaged, or of persons who were erased since.
    pub unreadable: u64,
    /// Searches that found nobody.
    pub nobody: u64,
    /// From when on there are rows: those before were swept. None where none ever were.
    pub log_from: Option<Timestamp>,
    /// The number of the incident it was kept with.
    pub kept_with: Option<u64>,
}

/// Whom a draft is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Addressee {
    /// Art. 33.
    Authority,
    /// Art. 34.
    Persons,
}

/// A draft of a notification. What nobody has said yet stands in it as such.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct IncidentDrafted {
    pub text: String,
    /// What is missing in it.
    pub missing: Vec<String>,
}

/// The register as it is now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CurrentRegister {
    /// The document, JSON.
    pub document: String,
    /// SHA-256 of the document, hexadecimal: what an approval names.
    pub sha256: String,
    /// What Art. 30 wants and nobody has said.
    pub gaps: Vec<String>,
    /// The last version that was approved.
    pub approved: Option<ApprovedRegister>,
    /// What differs from it; everything is new where none was.
    pub drift: Vec<Drift>,
}

/// A version that was approved.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ApprovedRegister {
    pub version: u64,
    pub at: Timestamp,
    /// The user's name.
    pub by: String,
    pub sha256: String,
    pub words: String,
}

/// That somebody was told about the protection of data.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TrainingView {
    pub id: Uuid,
    /// The user's name.
    pub user: String,
    pub topic: String,
    pub held_on: Option<Day>,
    pub by: String,
    pub again_by: Option<Day>,
    pub overdue: bool,
}

/// A file of the bundle.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EvidenceFile {
    pub name: String,
    /// UTF-8.
    pub text: String,
}

/// What an auditor is given: files, and a signed list of their hashes. No values of persons.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EvidenceBundle {
    pub files: Vec<EvidenceFile>,
    /// The key to check it with: the log's.
    pub key: String,
}
