//! How long data is kept, as it crosses the door.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::id::ContactId;
use crate::domain::purpose::{AtEnd, Clock};
use crate::domain::retention::plan::{Head, Planned, Stays};
use crate::domain::retention::{Kept, SweepState};
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

/// Why somebody's data is kept though its time is up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HoldView {
    pub id: Uuid,
    pub contact: ContactId,
    /// The person's name.
    pub name: String,
    pub reason: String,
    /// Categories of data; everything when empty.
    pub scope: Vec<String>,
    /// The last day.
    pub until: Option<Day>,
    /// Whether it holds now.
    pub holds: bool,
    pub created_at: Timestamp,
    pub released_at: Option<Timestamp>,
    /// The user's name.
    pub released_by: String,
    pub released_why: String,
}

/// One purpose or rule that says how long a person's data is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RetentionClock {
    /// The word for the purpose or the rule.
    pub rule: String,
    pub clock: Clock,
    /// ISO 8601.
    pub period: String,
    pub at_end: AtEnd,
    /// A duty to keep: it ends nothing.
    pub statute: bool,
    /// From when on it counts; absent while its clock has not begun.
    pub since: Option<Day>,
    /// The first day on which it no longer keeps.
    pub ends: Option<Day>,
    /// In words.
    pub why: String,
}

/// When a person's data goes, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RetentionView {
    pub contact: ContactId,
    /// The first day on which it can be carried out, with all holds and duties; absent while nothing ends it.
    pub due: Option<Day>,
    /// What happens then; absent when no rule is about the person.
    pub action: Option<AtEnd>,
    /// The purpose or rule that decides; empty when none is about the person.
    pub rule: String,
    pub since: Option<Day>,
    /// All of it in a sentence.
    pub why: String,
    /// Holds that hold now, for who reads holds.
    pub holds: Vec<HoldView>,
    /// Every purpose and rule that counts.
    pub clocks: Vec<RetentionClock>,
    /// What else is in the way now, in words.
    pub stopped: Vec<String>,
}

/// A preset of the law as a rule of the store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PresetRule {
    pub name: String,
    pub about: Option<Kept>,
    pub period: String,
    pub clock: Clock,
    pub at_end: AtEnd,
    pub source: String,
    /// A rule of that name was there, and was left as it is.
    pub there: bool,
}

/// A plan that was made, without its people.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlanMade {
    pub head: Head,
    /// SHA-256 of the canonical form, which names the plan.
    pub sha256: String,
    pub records: u64,
    pub skipped: u64,
    /// `rule action`, and how many.
    pub by_rule: Vec<(String, u64)>,
    /// Why people stay, and how many.
    pub stay: Vec<(String, u64)>,
    /// How many are gone after it.
    pub leaving: u64,
    /// Whether a second user must approve it.
    pub two_persons: bool,
    /// As it was noted, where it was to be.
    pub sweep: Option<SweepView>,
}

/// Some of a plan's people: of those who leave and of those who stay, each from the same number on.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PlanPage {
    pub records: Vec<Planned>,
    pub skipped: Vec<Stays>,
}

/// A step of carrying a plan out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ApplyPart {
    Begin(Head),
    People {
        records: Vec<Planned>,
        skipped: Vec<Stays>,
    },
    /// That was all of it: it is looked at as a whole, and begun. Nobody is gone yet.
    Run {
        sha256: String,
        /// An operator looked at a step of the clock.
        clock_is_right: bool,
    },
    /// Some more people go.
    Step,
    /// No more do. What is done is done.
    Cancel,
}

/// How far a sweep is.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SweepProgress {
    pub done: u64,
    pub total: u64,
    /// When it has ended.
    pub receipt: Option<Box<SweepView>>,
}

/// A plan as it was noted and carried out: numbers and rules, no persons.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SweepView {
    pub id: Uuid,
    /// SHA-256 of the plan.
    pub plan: String,
    pub state: Option<SweepState>,
    pub planned_at: Option<Timestamp>,
    /// The user's name; empty for the schedule.
    pub planned_by: String,
    pub approved_by: String,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// How many the plan names.
    pub records: u64,
    pub done: u64,
    /// `rule action number`.
    pub counts: Vec<String>,
    /// `reason number`.
    pub skipped: Vec<String>,
    /// Of the keys, after it.
    pub epoch: u64,
    /// Of the log, after it.
    pub checkpoint: String,
    pub words: String,
}

/// Somebody whose time is up, and who goes only when somebody decides so.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReviewView {
    pub contact: ContactId,
    pub name: String,
    pub rule: String,
    pub due: Day,
    pub reason: String,
}
