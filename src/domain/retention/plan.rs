//! A retention plan: who goes, by which rule, and who does not though the time is up.
//!
//! The canonical form is compact JSON with the keys in the order in which they stand here; its SHA-256 names the plan. A
//! file of a plan holds both. Whitespace in it means nothing; whatever else is changed makes it another plan.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::id::{ContactId, StoreId};
use crate::domain::purpose::AtEnd;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, words};

/// The format that is written and read.
pub const FORMAT: u32 = 1;

words! {
    /// Where a rule of a plan stands.
    RuleOf {
        Purpose = "purpose",
        Rule = "rule",
    }
}

words! {
    /// Why somebody stays though the time is up.
    Stay {
        Hold = "hold",
        /// A law demands that the data is kept.
        Statute = "statute",
        /// The person asked for something that is not answered yet.
        RequestOpen = "request_open",
        /// The person's data are restricted (Art. 18 GDPR): nothing is done with them, and so they are not erased either.
        Restricted = "restricted",
    }
}

/// A rule that decides in a plan, as it stood.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRule {
    pub name: String,
    pub of: RuleOf,
    pub id: Uuid,
    pub revision: u64,
}

/// Somebody whose time is up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    pub contact: ContactId,
    pub revision: u64,
    /// The place of the rule in the plan's list.
    pub rule: u32,
    pub action: AtEnd,
    pub due: Day,
    /// In words.
    pub reason: String,
}

/// Somebody whose time is up and who stays.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stays {
    pub contact: ContactId,
    pub revision: u64,
    pub rule: u32,
    pub action: AtEnd,
    pub due: Day,
    pub why: Stay,
    /// The last day that is known by now.
    #[serde(default)]
    pub until: Option<Day>,
}

/// What a plan was made of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub format: u32,
    pub store: StoreId,
    pub made_at: Timestamp,
    /// The day as of which it was asked, at the controller's place.
    pub as_of: Day,
    /// Entries of the log when it was made.
    pub log_size: u64,
    pub rules: Vec<PlannedRule>,
}

/// All of it, in ascending order of contacts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub head: Head,
    pub records: Vec<Planned>,
    pub skipped: Vec<Stays>,
}

/// What is hashed as it is written.
struct Hashing(Sha256);

impl std::io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Plan {
    /// SHA-256 of the canonical form, in hexadecimal digits; empty where it cannot be written, which equals no other.
    pub fn sha256(&self) -> String {
        let mut hashing = Hashing(Sha256::new());
        match serde_json::to_writer(&mut hashing, self) {
            Ok(()) => hashing.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            Err(_) => String::new(),
        }
    }

    pub fn rule(&self, at: u32) -> Option<&PlannedRule> {
        self.head.rules.get(at as usize)
    }

    /// How many go or are anonymised, which nothing brings back.
    pub fn leaving(&self) -> u64 {
        self.records.iter().filter(|one| leaves(one.action)).count() as u64
    }
}

/// Whether somebody is gone after it.
pub fn leaves(action: AtEnd) -> bool {
    match action {
        AtEnd::Delete | AtEnd::Anonymise => true,
        AtEnd::Review => false,
    }
}

/// What a configuration says about sweeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// More persons than this leave only when a second user agreed.
    pub two_persons_above: u64,
    /// A greater step of the clock, in days, is not believed.
    pub clock_step_days: u16,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { two_persons_above: 100, clock_step_days: 60 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let contact = ContactId(Uuid::from_u128(7));
        let due = "2026-05-28".parse().unwrap();
        Plan {
            head: Head {
                format: FORMAT,
                store: StoreId(Uuid::from_u128(1)),
                made_at: Timestamp::from_millis(1_780_000_000_000),
                as_of: due,
                log_size: 12,
                rules: vec![PlannedRule {
                    name: "de-prospect".into(),
                    of: RuleOf::Rule,
                    id: Uuid::from_u128(2),
                    revision: 1,
                }],
            },
            records: vec![Planned {
                contact,
                revision: 3,
                rule: 0,
                action: AtEnd::Delete,
                due,
                reason: "two years since the last contact on 2024-05-28".into(),
            }],
            skipped: vec![Stays {
                contact: ContactId(Uuid::from_u128(8)),
                revision: 1,
                rule: 0,
                action: AtEnd::Review,
                due,
                why: Stay::Hold,
                until: None,
            }],
        }
    }

    #[test]
    fn the_canonical_form_is_frozen() {
        let text = serde_json::to_string(&plan()).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"head":{"format":1,"store":"00000000-0000-0000-0000-000000000001","#,
                r#""made_at":"2026-05-28T20:26:40Z","as_of":"2026-05-28","log_size":12,"#,
                r#""rules":[{"name":"de-prospect","of":"rule","id":"00000000-0000-0000-0000-000000000002","revision":1}]},"#,
                r#""records":[{"contact":"00000000-0000-0000-0000-000000000007","revision":3,"rule":0,"action":"delete","#,
                r#""due":"2026-05-28","reason":"two years since the last contact on 2024-05-28"}],"#,
                r#""skipped":[{"contact":"00000000-0000-0000-0000-000000000008","revision":1,"rule":0,"action":"review","#,
                r#""due":"2026-05-28","why":"hold","until":null}]}"#
            )
        );
        assert_eq!(plan().sha256().len(), 64);
        assert_eq!(plan().leaving(), 1);
    }

    #[test]
    fn whitespace_means_nothing_and_everything_else_something() {
        let pretty = serde_json::to_string_pretty(&plan()).unwrap();
        let read: Plan = serde_json::from_str(&pretty).unwrap();
        assert_eq!(read.sha256(), plan().sha256());
        for (from, to) in
            [("\"revision\": 3", "\"revision\": 4"), ("delete", "anonymise"), ("2024-05-28", "2023-05-28")]
        {
            let changed: Plan = serde_json::from_str(&pretty.replacen(from, to, 1)).unwrap();
            assert_ne!(changed.sha256(), plan().sha256(), "{from}");
        }
        let more = pretty.replacen("\"format\": 1", "\"format\": 1, \"note\": \"x\"", 1);
        assert!(serde_json::from_str::<Plan>(&more).is_err(), "what is not understood is not passed over");
    }
}
