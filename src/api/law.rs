//! Law as it is told.

use serde::{Deserialize, Serialize};

use crate::domain::country::Country;
use crate::domain::value::{Day, words};

words! {
    /// What an entry of the law is about.
    LawTable {
        /// Who may be called for marketing, when, and how often.
        Telephone = "telephone",
        /// From which age people decide by themselves.
        Ages = "ages",
        /// How long data are usually kept.
        Retention = "retention",
        Holidays = "holidays",
    }
}

/// One entry of the law, in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LawEntry {
    /// The table and the key in it: `telephone.de-person`.
    pub key: String,
    pub table: LawTable,
    /// None where it holds for all that have no own one.
    pub country: Option<Country>,
    /// Whom or what it is about.
    pub about: String,
    pub from: Option<Day>,
    /// The last day.
    pub until: Option<Day>,
    /// What it wants, in words.
    pub rule: String,
    /// The same in parts: a name and what it is.
    pub parts: Vec<(String, String)>,
    /// The statute and its section.
    pub citation: String,
    /// Where that can be read.
    pub source: String,
    /// When somebody last looked.
    pub checked: Day,
    /// Whether it was compared with its source.
    pub verified: bool,
    /// Whether it was last looked up more than a year ago (R55).
    pub stale: bool,
    /// Empty where there is nothing to say.
    pub note: String,
    /// The file of the entry, or `built in`.
    pub origin: String,
}
