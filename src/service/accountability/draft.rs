//! Drafts of the notifications of a breach: to the authority (Art. 33(3) GDPR), to the persons (Art. 34(2) GDPR).
//!
//! A draft is complete in what it asks for: what nobody has said yet stands in it as such, and is named beside it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::super::Ask;
use crate::api::accountability::{Addressee, IncidentDrafted, IncidentView};
use crate::api::{Error, IncidentDraft};
use crate::domain::time::Timestamp;
use crate::domain::user::Settings;
use crate::law::zone::Zone;

const WORDS: &str = include_str!("../../../assets/incidents/words.toml");

/// The words of one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    missing: String,
    authority_title: String,
    authority: String,
    controller: String,
    dpo: String,
    number: String,
    aware: String,
    due: String,
    late: String,
    nature: String,
    categories: String,
    persons: String,
    records: String,
    consequences: String,
    measures: String,
    phases: String,
    persons_told: String,
    not_yet: String,
    more_follows: String,
    persons_subject: String,
    greeting: String,
    persons_intro: String,
    persons_what: String,
    persons_data: String,
    persons_consequences: String,
    persons_measures: String,
    persons_contact: String,
    persons_complaint: String,
    regards: String,
}

fn all() -> &'static BTreeMap<String, Words> {
    static ALL: OnceLock<BTreeMap<String, Words>> = OnceLock::new();
    // The tests read the file.
    ALL.get_or_init(|| toml::from_str(WORDS).unwrap_or_default())
}

/// The words of a language tag, by its first part; English where there are none.
fn words(language: &str) -> Option<&'static Words> {
    let primary = language.split('-').next().unwrap_or_default().to_lowercase();
    all().get(&primary).or_else(|| all().get("en"))
}

/// A text made of parts of which some may be missing.
struct Draft<'w> {
    words: &'w Words,
    text: String,
    missing: Vec<String>,
}

impl Draft<'_> {
    fn say(&mut self, value: &str, label: &str) -> String {
        if value.trim().is_empty() {
            self.missing.push(label.to_owned());
            return self.words.missing.clone();
        }
        value.trim().to_owned()
    }

    /// A heading with its text below.
    fn part(&mut self, label: &str, value: &str) {
        let said = self.say(value, label);
        self.text.push_str(&format!("{label}\n{said}\n\n"));
    }

    fn line(&mut self, label: &str, value: &str) {
        let said = self.say(value, label);
        self.text.push_str(&format!("{label}: {said}\n"));
    }
}

/// At the controller's place, with the difference from UTC.
fn moment(zone: Zone, at: Timestamp) -> String {
    zone.local(at).format("%Y-%m-%d %H:%M %:z").to_string()
}

fn number(count: i64) -> String {
    if count > 0 { count.to_string() } else { String::new() }
}

pub(super) fn draft(
    incident: &IncidentView,
    settings: &Settings,
    zone: Zone,
    to: Addressee,
    language: &str,
) -> Option<IncidentDrafted> {
    let words = words(language)?;
    let mut draft = Draft { words, text: String::new(), missing: Vec::new() };
    match to {
        Addressee::Authority => {
            draft.text.push_str(&format!("{}\n\n", words.authority_title));
            draft.line(&words.authority, &settings.authority);
            let controller = [settings.controller.as_str(), &settings.controller_address, &settings.contact];
            let controller: Vec<&str> = controller.into_iter().filter(|part| !part.is_empty()).collect();
            draft.line(&words.controller, &controller.join(", "));
            draft.line(&words.dpo, &settings.dpo_contact);
            draft.line(&words.number, &incident.number.to_string());
            draft.line(&words.aware, &moment(zone, incident.aware_at));
            draft.line(&words.due, &moment(zone, incident.due));
            if incident.overdue || incident.reported_at.is_some_and(|at| at > incident.due) {
                draft.line(&words.late, &incident.late_reason);
            }
            draft.text.push('\n');
            draft.part(&words.nature, &incident.nature);
            draft.part(&words.categories, &incident.categories.join(", "));
            draft.line(&words.persons, &number(incident.persons));
            draft.line(&words.records, &number(incident.records));
            draft.text.push('\n');
            draft.part(&words.consequences, &incident.consequences);
            draft.part(&words.measures, &incident.measures);
            let told = incident.persons_told_at.map(|at| moment(zone, at));
            draft.line(&words.persons_told, told.as_deref().unwrap_or(&words.not_yet));
            if !incident.phases.is_empty() {
                draft.text.push_str(&format!("\n{}\n{}\n", words.phases, incident.phases.join("\n")));
            }
            if !draft.missing.is_empty() {
                draft.text.push_str(&format!("\n{}\n", words.more_follows));
            }
        }
        Addressee::Persons => {
            draft.text.push_str(&format!(
                "{}\n\n{}\n\n{}\n\n",
                words.persons_subject, words.greeting, words.persons_intro
            ));
            draft.part(&words.persons_what, &incident.nature);
            draft.part(&words.persons_data, &incident.categories.join(", "));
            draft.part(&words.persons_consequences, &incident.consequences);
            draft.part(&words.persons_measures, &incident.measures);
            let contact =
                if settings.dpo_contact.is_empty() { &settings.contact } else { &settings.dpo_contact };
            draft.part(&words.persons_contact, contact);
            draft.line(&words.persons_complaint, &settings.authority);
            let sender = draft.say(&settings.controller, &words.controller);
            draft.text.push_str(&format!("\n{}\n{sender}\n", words.regards));
        }
    }
    Some(IncidentDrafted { text: draft.text, missing: draft.missing })
}

impl Ask<'_> {
    pub(in crate::service) fn incident_draft(&self, asked: &IncidentDraft) -> Result<IncidentDrafted, Error> {
        let incident = self.incident(asked.number)?;
        let zone = self.home();
        let settings = self.world().settings.clone();
        let language = match &asked.language {
            Some(language) => language.as_str().to_owned(),
            None => settings.country.and_then(home_tongue).unwrap_or("en").to_owned(),
        };
        draft(&incident, &settings, zone, asked.to, &language)
            .ok_or_else(|| Error::failed("the words of notifications cannot be read"))
    }
}

/// The language in which an authority of a country is written to, where there is one of ours.
fn home_tongue(country: crate::domain::country::Country) -> Option<&'static str> {
    match country.code() {
        "DE" | "AT" => Some("de"),
        "NL" => Some("nl"),
        "FR" => Some("fr"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_word() {
        let read: BTreeMap<String, Words> = toml::from_str(WORDS).unwrap();
        assert_eq!(read.keys().map(String::as_str).collect::<Vec<_>>(), ["de", "en", "fr", "nl"]);
    }

    #[test]
    fn what_nobody_said_is_named() {
        let incident = IncidentView {
            id: uuid::Uuid::nil(),
            revision: 1,
            number: 3,
            title: "a laptop was lost".into(),
            state: crate::domain::accountability::IncidentState::Open,
            risk: None,
            aware_at: Timestamp::from_millis(1_806_078_600_000),
            due: Timestamp::from_millis(1_806_337_800_000),
            overdue: false,
            nature: "a laptop was lost on a train".into(),
            categories: vec![],
            persons: 40,
            records: 0,
            consequences: String::new(),
            measures: "the disk is encrypted".into(),
            reported_at: None,
            late_reason: String::new(),
            persons_told_at: None,
            phases: vec![],
            scope: 0,
            closed_at: None,
            lessons: String::new(),
        };
        let settings = Settings { controller: "Muster GmbH".into(), ..Settings::default() };
        let zone = Zone::of("DE".parse().unwrap()).unwrap();
        for to in [Addressee::Authority, Addressee::Persons] {
            for language in ["en", "de-AT", "nl", "fr", "pl"] {
                let drafted = draft(&incident, &settings, zone, to, language).unwrap();
                assert!(drafted.text.contains("a laptop was lost on a train"), "{language}");
                let marks = drafted.text.matches(&words(language).unwrap().missing).count();
                assert_eq!(marks, drafted.missing.len(), "{language}: {}", drafted.text);
                assert!(!drafted.missing.is_empty());
            }
        }
        let german = draft(&incident, &settings, zone, Addressee::Authority, "de").unwrap();
        assert!(german.missing.contains(&"Aufsichtsbehörde".to_owned()), "{:?}", german.missing);
        assert!(german.text.contains("+01:00") || german.text.contains("+02:00"), "{}", german.text);
    }
}
