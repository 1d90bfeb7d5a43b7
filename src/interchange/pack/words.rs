//! The words of answers, in the languages they come in: one file, one line for each, so that none lacks a language.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::country::{Country, Language};
use crate::domain::disclosure::Told;
use crate::domain::period::Period;
use crate::domain::text::neutralise;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Value};
use crate::domain::wording::duration::in_words;
use crate::domain::wording::sentence::Tongue;

const FILE: &str = include_str!("../../../assets/answer/words.txt");

/// The columns of the file, after the key.
const COLUMNS: [Tongue; 4] = [Tongue::En, Tongue::De, Tongue::Nl, Tongue::Fr];

static ALL: LazyLock<HashMap<&'static str, [&'static str; 4]>> = LazyLock::new(|| lines().collect());

fn lines() -> impl Iterator<Item = (&'static str, [&'static str; 4])> {
    let lines = FILE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut parts = line.split(" | ").map(str::trim);
        let key = parts.next()?;
        Some((key, [parts.next()?, parts.next()?, parts.next()?, parts.next()?]))
    })
}

/// The words of one language.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    tongue: Tongue,
    at: usize,
}

/// The language of an answer: the person's, else that of the person's country where it has one; English where there are no
/// words for it.
pub fn tongue_of(language: Option<&Language>, country: Option<Country>) -> Tongue {
    if let Some(language) = language {
        return Tongue::of(language).unwrap_or(Tongue::En);
    }
    match country.as_ref().map(Country::code) {
        Some("DE" | "AT" | "LI") => Tongue::De,
        Some("NL" | "SR") => Tongue::Nl,
        Some("FR" | "MC") => Tongue::Fr,
        Some(_) | None => Tongue::En,
    }
}

impl Words {
    pub fn of(tongue: Tongue) -> Words {
        let at = COLUMNS.iter().position(|one| *one == tongue).unwrap_or(0);
        Words { tongue, at }
    }

    pub fn tongue(self) -> Tongue {
        self.tongue
    }

    fn find(self, key: &str) -> Option<&'static str> {
        ALL.get(key)?.get(self.at).copied()
    }

    /// The words for a key; the key itself, made readable, where there are none.
    pub fn get(self, key: &str) -> String {
        self.find(key).map_or_else(|| readable(key.rsplit('.').next().unwrap_or(key)), str::to_owned)
    }

    /// The same with one thing filled in.
    pub fn with(self, key: &str, name: &str, text: &str) -> String {
        self.get(key).replace(&format!("{{{name}}}"), text)
    }

    /// A word out of a closed set.
    pub fn word(self, word: &str) -> String {
        self.get(&format!("w.{word}"))
    }

    /// What a field is called: by the store, where it is the store's own.
    pub fn field(self, name: &str, label: &str) -> String {
        self.find(&format!("f.{name}")).unwrap_or(label).to_owned()
    }

    /// Who did something, by function.
    pub fn role(self, role: &str) -> String {
        match role {
            "" => self.get("program"),
            role => match self.find(&format!("role.{role}")) {
                Some(words) => words.to_owned(),
                None => self.with("role.other", "role", &readable(role)),
            },
        }
    }

    pub fn day(self, day: Day) -> String {
        self.tongue.date(day.0)
    }

    /// A moment: the day in words, the time in UTC.
    pub fn time(self, at: Timestamp) -> String {
        format!("{}, {} UTC", self.tongue.date(at.date()), at.utc().format("%H:%M"))
    }

    /// A period such as `P2Y`, in words.
    pub fn period(self, period: &str) -> String {
        match period.parse::<Period>() {
            Ok(period) => in_words(period, self.tongue),
            Err(_) => period.to_owned(),
        }
    }

    /// A value for the person.
    pub fn told(self, told: &Told) -> String {
        let Some(value) = &told.value else { return self.role(&told.text) };
        match value {
            Value::Word(word) => self.word(word),
            Value::Basis(basis) => self.word(basis.word()),
            Value::Words(words) => words.iter().map(|word| self.word(word)).collect::<Vec<_>>().join(", "),
            Value::Day(day) => self.day(*day),
            Value::Time(at) => self.time(*at),
            Value::Flag(true) => self.get("yes"),
            Value::Flag(false)
            | Value::Text(_)
            | Value::Phones(_)
            | Value::Emails(_)
            | Value::Links(_)
            | Value::Addresses(_)
            | Value::Tags(_)
            | Value::Country(_)
            | Value::Language(_)
            | Value::Company(_)
            | Value::Contact(_)
            | Value::User(_)
            | Value::Number(_) => told.text.clone(),
        }
    }
}

fn readable(word: &str) -> String {
    word.replace('_', " ")
}

/// Text of somebody else, on its lines: nothing in it moves a cursor, turns the line round or hides.
pub fn calm(text: &str) -> String {
    let lines = text.split('\n').map(|line| neutralise(line.strip_suffix('\r').unwrap_or(line)));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entity::{Lies, RecordKind, specs_of};
    use crate::domain::field::Edit;
    use crate::domain::value::{Kind, Shape};

    #[test]
    fn every_key_has_words_in_each_language_and_stands_once() {
        let written = FILE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(lines().count(), written, "a line has five parts");
        assert_eq!(ALL.len(), written, "a key stands twice");
        for (key, words) in lines() {
            let holes = |text: &str| {
                let mut holes: Vec<String> = text
                    .split('{')
                    .skip(1)
                    .filter_map(|rest| Some(rest.split_once('}')?.0.to_owned()))
                    .collect();
                holes.sort();
                holes
            };
            for text in words {
                assert!(!text.is_empty() && !text.contains('|'), "{key}");
                assert_eq!(holes(text), holes(words[0]), "{key}: what is filled in differs");
            }
        }
    }

    #[test]
    fn every_field_a_person_is_told_has_a_name_in_each_language() {
        for kind in
            RecordKind::ALL.iter().filter(|kind| matches!(kind.lies(), Lies::Person | Lies::AboutPerson))
        {
            assert!(ALL.contains_key(format!("kind.{kind}").as_str()), "kind.{kind}");
            for spec in specs_of(*kind).iter().filter(|spec| spec.edit != Edit::Secret) {
                assert!(ALL.contains_key(format!("f.{}", spec.name).as_str()), "f.{}", spec.name);
                let words = match spec.kind.shape() {
                    Shape::Choice(words) => words,
                    _ if matches!(spec.kind, Kind::Word(_)) => &[],
                    _ => continue,
                };
                for word in words {
                    assert!(ALL.contains_key(format!("w.{word}").as_str()), "w.{word}");
                }
            }
        }
        for (set, words) in [
            ("action", crate::domain::history::Action::WORDS),
            ("read", crate::domain::reading::ReadKind::WORDS),
            ("role", crate::domain::user::Role::WORDS),
            ("w", crate::domain::channel::Channel::WORDS),
            ("w", crate::domain::consent::State::WORDS),
            ("w", crate::domain::purpose::Clock::WORDS),
            ("w", crate::domain::purpose::AtEnd::WORDS),
            ("w", crate::domain::field::Category::WORDS),
            ("w", crate::domain::retention::Kept::WORDS),
            ("w", crate::domain::recipient::RecipientRole::WORDS),
            ("w", crate::domain::suppression::Reason::WORDS),
            ("w", crate::domain::suppression::Scope::WORDS),
            ("w", crate::domain::suppression::Class::WORDS),
            ("w", crate::domain::erasure::Ground::WORDS),
            ("redacted", crate::domain::disclosure::redact::Why::WORDS),
            ("why", crate::domain::disclosure::redact::Why::WORDS),
        ] {
            for word in words {
                assert!(ALL.contains_key(format!("{set}.{word}").as_str()), "{set}.{word}");
            }
        }
    }

    #[test]
    fn the_language_is_the_persons_else_the_countrys_else_english() {
        let of = |language: &str, country: &str| {
            let language: Option<Language> = language.parse().ok();
            tongue_of(language.as_ref(), country.parse().ok())
        };
        assert_eq!(of("de-AT", "FR"), Tongue::De);
        assert_eq!(of("it", "DE"), Tongue::En, "not a language that the person did not choose");
        assert_eq!(of("", "NL"), Tongue::Nl);
        assert_eq!(of("", "BE"), Tongue::En);
    }

    #[test]
    fn text_of_others_is_calm_on_every_line() {
        assert_eq!(calm("a\x1b[31mb\r\nc\u{202e}d"), "a\u{fffd}[31mb\ncd");
    }
}
