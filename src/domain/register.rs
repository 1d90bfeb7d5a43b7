//! The register of processing activities (Art. 30 GDPR), made from what the store is set up to do (R40).
//!
//! It is a document: the same settings give the same bytes, so that a version which was approved can be compared with what
//! holds now ([`drift`]).

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// Who decides about the data (Art. 30(1)(a)).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Controller {
    pub name: String,
    pub address: String,
    pub country: String,
    pub contact: String,
    pub dpo_contact: String,
    pub authority: String,
}

/// What is done with data for one purpose (Art. 30(1)(b) to (f)).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Activity {
    pub name: String,
    pub title: String,
    pub description: String,
    /// The version of the purpose: its revision.
    pub version: u64,
    /// Art. 6(1): the word of the basis.
    pub basis: String,
    pub marketing: bool,
    pub persons: Vec<String>,
    pub categories: Vec<String>,
    /// By their addresses; empty where the purpose is not limited to some.
    pub fields: Vec<String>,
    pub channels: Vec<String>,
    pub recipients: Vec<String>,
    pub countries: Vec<String>,
    pub safeguards: String,
    /// An ISO 8601 duration.
    pub kept_for: String,
    pub counted_from: String,
    pub then: String,
    pub high_risk: bool,
    /// Reference of the data protection impact assessment (Art. 35).
    pub assessment: String,
    pub review_on: String,
}

/// Whom data is given to (Art. 30(1)(d), 28).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Party {
    pub name: String,
    pub title: String,
    pub role: String,
    pub country: String,
    pub safeguard: String,
    pub agreement: String,
    pub agreed_on: String,
    /// Letters of Art. 28(3) that the contract with a processor lacks.
    pub missing: Vec<String>,
}

/// A field that holds data about persons (R11).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FieldLine {
    /// `contact.phones`.
    pub name: String,
    pub label: String,
    pub category: String,
    pub purpose: String,
    pub justification: String,
    pub custom: bool,
}

/// How long a category of data is kept (Art. 30(1)(f)).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Rule {
    pub name: String,
    pub about: String,
    pub country: String,
    pub purpose: String,
    pub kept_for: String,
    pub counted_from: String,
    pub then: String,
    pub source: String,
}

/// The register.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Register {
    pub controller: Controller,
    pub activities: Vec<Activity>,
    pub recipients: Vec<Party>,
    pub fields: Vec<FieldLine>,
    pub retention: Vec<Rule>,
    /// Technical and organisational measures (Art. 30(1)(g), 32): those that this program takes.
    pub measures: Vec<String>,
}

/// What the program does by itself; what the controller does beside it stands with the controller.
pub const MEASURES: &[&str] = &[
    "every record is sealed with AES-256-GCM under a key of the person's own; keys lie outside the database, under a passphrase (Argon2id) or a key file",
    "a person is forgotten by destroying the key: rows, history and backups of the data become unreadable",
    "nobody is called, listed or exported but for a purpose with a valid basis, decided at that moment",
    "roles with scope and fields, denied by default; who looked at whom is logged, and so is what was refused",
    "each change of each field is in a log that shows tampering (RFC 6962) and can be proved to others",
    "retention by rules on a schedule, with holds; suppression by keyed hashes that outlives erasure",
    "no network but a local socket, no telemetry",
];

impl Register {
    /// The document: JSON with fields in a fixed order and lines people can read.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|mut text| {
            text.push('\n');
            text
        })
    }

    /// What is wrong with it as a register: what Art. 30 wants and nobody has said.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        let controller = [
            ("the controller's address", &self.controller.address),
            ("the controller's contact", &self.controller.contact),
            ("the supervisory authority", &self.controller.authority),
        ];
        gaps.extend(
            controller
                .iter()
                .filter(|(_, text)| text.is_empty())
                .map(|(what, _)| format!("{what} is not set")),
        );
        if self.controller.dpo_contact.is_empty() {
            gaps.push("no contact of a data protection officer is set (R42)".to_owned());
        }
        for one in self.activities.iter().filter(|one| one.high_risk && one.assessment.is_empty()) {
            gaps.push(format!(
                "the purpose `{}` is of high risk and names no assessment (Art. 35)",
                one.name
            ));
        }
        for one in self.activities.iter().filter(|one| one.categories.is_empty() && one.fields.is_empty()) {
            gaps.push(format!("the purpose `{}` names neither categories of data nor fields", one.name));
        }
        for one in self.recipients.iter().filter(|one| !one.missing.is_empty()) {
            gaps.push(format!("the contract with `{}` lacks Art. 28(3) {}", one.name, one.missing.join(" ")));
        }
        gaps
    }
}

/// SHA-256 of a document, in hexadecimal digits.
pub fn sha256(document: &str) -> String {
    Sha256::digest(document.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One difference between two versions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Drift {
    /// Where: `activities.newsletter.kept_for`.
    pub at: String,
    /// As it was approved; absent where it is new.
    pub was: Option<String>,
    /// As it is; absent where it is gone.
    pub is: Option<String>,
}

/// What differs, in the order of the document.
pub fn drift(was: &Register, is: &Register) -> Result<Vec<Drift>, serde_json::Error> {
    let mut found = Vec::new();
    compare("", Some(&serde_json::to_value(was)?), Some(&serde_json::to_value(is)?), &mut found);
    Ok(found)
}

/// The word by which an item of a list is known, else what it says.
fn key(item: &Json) -> String {
    match item.get("name").and_then(Json::as_str) {
        Some(name) => name.to_owned(),
        None => said(item),
    }
}

fn said(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(said).collect::<Vec<_>>().join(", "),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => value.to_string(),
    }
}

fn compare(at: &str, was: Option<&Json>, is: Option<&Json>, found: &mut Vec<Drift>) {
    if was == is {
        return;
    }
    let below = |word: &str| if at.is_empty() { word.to_owned() } else { format!("{at}.{word}") };
    match (was, is) {
        (Some(Json::Object(one)), Some(Json::Object(other))) => {
            let gone = one.keys().filter(|word| !other.contains_key(*word));
            for word in other.keys().chain(gone) {
                compare(&below(word), one.get(word), other.get(word), found);
            }
        }
        // Lists of things with names are compared thing by thing; others as a whole.
        (Some(Json::Array(one)), Some(Json::Array(other)))
            if one.iter().chain(other).all(|item| item.get("name").is_some()) =>
        {
            let find = |list: &[Json], word: &str| list.iter().find(|item| key(item) == word).cloned();
            for item in other {
                compare(&below(&key(item)), find(one, &key(item)).as_ref(), Some(item), found);
            }
            for item in one.iter().filter(|item| find(other, &key(item)).is_none()) {
                compare(&below(&key(item)), Some(item), None, found);
            }
        }
        (was, is) => {
            let words = |value: Option<&Json>| {
                value.map(|value| match value.get("title").and_then(Json::as_str) {
                    Some(title) => title.to_owned(),
                    None => said(value),
                })
            };
            found.push(Drift { at: at.to_owned(), was: words(was), is: words(is) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register() -> Register {
        Register {
            controller: Controller { name: "Muster GmbH".into(), ..Controller::default() },
            activities: vec![Activity {
                name: "newsletter".into(),
                title: "Monthly letter".into(),
                kept_for: "P2Y".into(),
                channels: vec!["email".into()],
                ..Activity::default()
            }],
            measures: MEASURES.iter().map(|one| (*one).to_owned()).collect(),
            ..Register::default()
        }
    }

    #[test]
    fn what_changed_is_told_where_it_changed() {
        let was = register();
        assert_eq!(drift(&was, &was).unwrap(), []);
        let mut is = register();
        is.activities[0].kept_for = "P3Y".into();
        is.activities[0].channels.push("letter".into());
        is.activities.push(Activity { name: "sales".into(), title: "Sales".into(), ..Activity::default() });
        is.recipients.push(Party { name: "mailer".into(), title: "Mailer AG".into(), ..Party::default() });
        let told = drift(&was, &is).unwrap();
        let line = |at: &str| told.iter().find(|one| one.at == at).cloned();
        let kept = line("activities.newsletter.kept_for").unwrap();
        assert_eq!((kept.was.as_deref(), kept.is.as_deref()), (Some("P2Y"), Some("P3Y")));
        let channels = line("activities.newsletter.channels").unwrap();
        assert_eq!(channels.is.as_deref(), Some("email, letter"));
        assert_eq!(line("activities.sales").unwrap().was, None);
        assert_eq!(line("recipients.mailer").unwrap().is.as_deref(), Some("Mailer AG"));
        assert_eq!(told.len(), 4);
        // And back.
        assert_eq!(
            drift(&is, &was).unwrap().iter().find(|one| one.at == "activities.sales").unwrap().is,
            None
        );
    }

    #[test]
    fn the_same_settings_are_the_same_document() {
        let text = register().to_json().unwrap();
        assert_eq!(sha256(&text), sha256(&register().to_json().unwrap()));
        assert_eq!(serde_json::from_str::<Register>(&text).unwrap(), register());
    }

    #[test]
    fn what_art_30_wants_and_nobody_said_is_a_gap() {
        let gaps = register().gaps();
        assert!(gaps.iter().any(|gap| gap.contains("address")));
        assert!(gaps.iter().any(|gap| gap.contains("officer")));
        assert!(gaps.iter().any(|gap| gap.contains("`newsletter` names neither")));
    }
}
