//! Letters to persons who use their rights (`assets/wordings/letters.toml`): that the time is extended, that a request is
//! refused and what can be done about it, that a restriction ends, that there are no automated decisions.
//!
//! They are plain text, for print or for an e-mail of one's own; nothing is sent by the program.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;

use super::sentence::Tongue;
use crate::domain::request::Right;

/// What a letter is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Letter {
    /// Art. 12(3) GDPR.
    Extension,
    /// Art. 12(4) GDPR.
    Refusal,
    /// Art. 18(3) GDPR.
    Lifting,
    /// Art. 22 GDPR.
    NoAutomatedDecision,
}

/// What is filled in.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct LetterFacts {
    pub today: NaiveDate,
    /// Nothing where the letter answers no request.
    pub number: Option<i64>,
    pub name: String,
    pub received: Option<NaiveDate>,
    pub right: Option<Right>,
    pub reason: String,
    /// By when an extended request is answered.
    pub until: Option<NaiveDate>,
    pub controller: String,
    pub address: String,
    /// Where one turns to with questions.
    pub contact: String,
    pub dpo: String,
    pub authority: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    opening: String,
    extension: String,
    refusal: String,
    remedies: String,
    authority_known: String,
    authority_any: String,
    lifting: String,
    no_automated_decision: String,
    closing: String,
    dpo: String,
    nobody: String,
    right: BTreeMap<Right, String>,
}

const FILE: &str = include_str!("../../../assets/wordings/letters.toml");

static ALL: LazyLock<BTreeMap<Tongue, Texts>> = LazyLock::new(|| {
    // A test reads the file; if it could not be read, letters would be empty, and whoever asks for one is told.
    toml::from_str(FILE).unwrap_or_default()
});

/// Fills `{…}` in, once: what is filled in is not looked at again.
fn fill(template: &str, holes: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, further)) => {
                let value = holes.iter().find(|(hole, _)| *hole == name).map_or("", |(_, value)| *value);
                out.push_str(value);
                rest = further;
            }
            None => {
                rest = after;
                break;
            }
        }
    }
    out.push_str(rest);
    out
}

/// What a right is called.
pub fn right_in(tongue: Tongue, right: Right) -> &'static str {
    ALL.get(&tongue).and_then(|texts| texts.right.get(&right)).map_or("", String::as_str)
}

/// A letter in a language.
pub fn letter(letter: Letter, tongue: Tongue, facts: &LetterFacts) -> String {
    let Some(texts) = ALL.get(&tongue) else { return String::new() };
    let day = |day: Option<NaiveDate>| day.map(|day| tongue.date(day)).unwrap_or_default();
    let [today, received, until] = [Some(facts.today), facts.received, facts.until].map(day);
    let authority = match facts.authority.trim() {
        "" => texts.authority_any.clone(),
        name => fill(&texts.authority_known, &[("name", name)]),
    };
    let dpo = match facts.dpo.trim() {
        "" => String::new(),
        name => fill(&texts.dpo, &[("name", name)]),
    };
    let contact = match facts.contact.trim() {
        "" => texts.nobody.as_str(),
        contact => contact,
    };
    let number = facts.number.map(|number| number.to_string()).unwrap_or_default();
    let holes = [
        ("controller", facts.controller.trim()),
        ("address", facts.address.trim()),
        ("name", facts.name.trim()),
        ("date", today.as_str()),
        ("received", received.as_str()),
        ("number", number.as_str()),
        ("right", facts.right.map_or("", |right| right_in(tongue, right))),
        ("reason", facts.reason.trim().trim_end_matches('.')),
        ("until", until.as_str()),
        ("authority", authority.as_str()),
        ("contact", contact),
        ("dpo", dpo.as_str()),
    ];
    let opening = match facts.number {
        Some(_) => texts.opening.as_str(),
        // Without its last paragraph, which names the request.
        None => texts.opening.trim_end().rsplit_once("\n\n").map_or("", |(before, _)| before),
    };
    let parts: &[&str] = match letter {
        Letter::Extension => &[&texts.extension, "\n", &texts.remedies],
        Letter::Refusal => &[&texts.refusal, &texts.remedies],
        Letter::Lifting => &[&texts.lifting, &texts.remedies],
        Letter::NoAutomatedDecision => &[&texts.no_automated_decision],
    };
    let between = if facts.number.is_some() { "" } else { "\n\n" };
    let body: String = parts.concat();
    let whole = fill(&[opening, between, &body, &texts.closing].concat(), &holes);
    // A controller without an address leaves a hole at the top.
    whole.replace("\n\n\n", "\n\n").trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> LetterFacts {
        LetterFacts {
            today: "2027-02-01".parse().unwrap(),
            number: Some(7),
            name: "Anna Schmidt".into(),
            received: "2027-01-31".parse().ok(),
            right: Some(Right::Access),
            reason: "the {until} of it.".into(),
            until: "2027-04-30".parse().ok(),
            controller: "Muster GmbH".into(),
            address: "Weg 1\n10115 Berlin".into(),
            contact: "privacy@example.com".into(),
            dpo: "Dora Muster".into(),
            authority: "Aufsicht Berlin".into(),
        }
    }

    #[test]
    fn every_language_has_every_letter() {
        let all: BTreeMap<Tongue, Texts> = toml::from_str(FILE).unwrap();
        assert_eq!(all.keys().copied().collect::<Vec<_>>(), Tongue::ALL);
        for (tongue, texts) in &all {
            assert_eq!(texts.right.keys().copied().collect::<Vec<_>>(), Right::ALL, "{tongue}");
            for (text, holes) in [
                (
                    &texts.opening,
                    &["{controller}", "{address}", "{name}", "{date}", "{received}", "{number}", "{right}"][..],
                ),
                (&texts.extension, &["{reason}", "{until}"]),
                (&texts.refusal, &["{reason}"]),
                (&texts.remedies, &["{authority}"]),
                (&texts.lifting, &["{reason}"]),
                (&texts.closing, &["{contact}", "{dpo}"]),
            ] {
                assert!(holes.iter().all(|hole| text.contains(hole)), "{tongue}: {text}");
            }
        }
        for tongue in Tongue::ALL {
            for kind in [Letter::Extension, Letter::Refusal, Letter::Lifting, Letter::NoAutomatedDecision] {
                let text = letter(kind, *tongue, &facts());
                for part in
                    ["Muster GmbH\nWeg 1", "Anna Schmidt", "2027", "privacy@example.com", "Dora Muster"]
                {
                    assert!(text.contains(part), "{tongue} {kind:?}: {text}");
                }
                let reasoned = kind != Letter::NoAutomatedDecision;
                assert_eq!(
                    text.contains("the {until} of it"),
                    reasoned,
                    "what is filled in is not filled in again"
                );
                assert_eq!(text.contains("Aufsicht Berlin"), reasoned, "{tongue} {kind:?}");
            }
        }
    }

    #[test]
    fn what_is_not_known_leaves_no_hole() {
        let bare = LetterFacts {
            controller: "Muster GmbH".into(),
            name: "A".into(),
            reason: "x".into(),
            ..LetterFacts::default()
        };
        let text = letter(Letter::Refusal, Tongue::De, &bare);
        assert!(
            text.contains("insbesondere dort, wo Sie wohnen") && text.contains("die Anschrift oben"),
            "{text}"
        );
        assert!(!text.contains('{') && !text.contains("\n\n\n") && !text.contains("Antrag vom"), "{text}");
        let refusal = letter(Letter::Refusal, Tongue::Fr, &facts());
        assert!(refusal.contains("31 janvier 2027") && refusal.contains("1er février 2027"), "{refusal}");
    }
}
