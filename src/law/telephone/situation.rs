//! Everything that is looked at before a call. Whoever asks brings it; nothing is looked up.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{About, Relation};
use crate::domain::country::Country;
use crate::domain::time::Timestamp;
use crate::domain::value::words;
use crate::law::zone::Zone;

/// What the person has said about calls for the purpose in question.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Nothing, or nothing that is known.
    #[default]
    None,
    /// Yes, from a moment on, and where it runs out, until another.
    Given { since: Timestamp, until: Option<Timestamp> },
    /// Asked, and said no.
    Refused { at: Timestamp },
    /// Said yes once, and took it back.
    Withdrawn { at: Timestamp },
    /// Objected to direct marketing (Art. 21(2) GDPR). Beats everything.
    Objected { at: Timestamp },
}

words! {
    /// What a do-not-call list said.
    Found {
        Clear = "clear",
        Listed = "listed",
    }
}

/// The last look into one do-not-call list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Check {
    /// The list by its name, as the regime writes it.
    pub list: String,
    pub at: Timestamp,
    pub found: Found,
    /// Since when the number is listed, where the list tells.
    pub listed_since: Option<NaiveDate>,
}

/// Everything that is looked at before a call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Situation {
    /// Where the person lives. Rules follow it (R56).
    pub country: Option<Country>,
    /// The country of the number, whose rules hold where the person's country is not known.
    pub number_country: Option<Country>,
    /// The part of the country, by ISO 3166-2 (`FR-67`), where its own public holidays count.
    pub region: Option<String>,
    pub about: About,
    pub relation: Relation,
    pub now: Timestamp,
    /// The person's own time zone; the country's own where none is known.
    pub zone: Option<Zone>,
    /// For the purpose of the call, by telephone.
    pub consent: Consent,
    /// Why consent may be presumed, where somebody recorded that.
    pub presumed: Option<String>,
    /// Whether the number is on the controller's own suppression list.
    pub suppressed: bool,
    /// Whether the person's data are restricted (Art. 18 GDPR).
    pub restricted: bool,
    /// The last look into each do-not-call list.
    pub checks: Vec<Check>,
    /// When the person was called before, for marketing, answered or not.
    pub attempts: Vec<Timestamp>,
    /// When the person last said in a call that they want no more of this.
    pub refused_at: Option<Timestamp>,
}

impl Situation {
    /// A call at a moment to a private person of whom nothing is known.
    pub fn new(country: Country, now: Timestamp) -> Situation {
        Situation {
            country: Some(country),
            number_country: None,
            region: None,
            about: About::Person,
            relation: Relation::Prospect,
            now,
            zone: None,
            consent: Consent::None,
            presumed: None,
            suppressed: false,
            restricted: false,
            checks: Vec::new(),
            attempts: Vec::new(),
            refused_at: None,
        }
    }
}
