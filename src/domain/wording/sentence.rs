//! The sentences that placeholders stand for, in the languages of the product (`assets/wordings/sentences.toml`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::country::Language;
use crate::domain::value::{Invalid, words};

words! {
    /// A language that the program has sentences in.
    Tongue {
        En = "en",
        De = "de",
        Nl = "nl",
        Fr = "fr",
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentences {
    and: String,
    /// Stands between the items of a list of clauses.
    between: String,
    purpose: String,
    retention_one: String,
    retention_many: String,
    retention_item: String,
    legal_basis_one: String,
    legal_basis_many: String,
    legal_basis_item: String,
    right_to_withdraw: String,
    right_to_object: String,
    rights: String,
    recipients_none: String,
    recipients_some: String,
    complaint: String,
    date: String,
    months: Vec<String>,
    units: Units,
    numbers: Numbers,
    basis: BTreeMap<Basis, String>,
    reached: BTreeMap<Channel, String>,
    question: BTreeMap<Channel, String>,
}

/// What one is called, and several.
type Unit = (String, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    year: Unit,
    month: Unit,
    week: Unit,
    day: Unit,
}

/// Numbers from two on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    list: Vec<String>,
}

const FILE: &str = include_str!("../../../assets/wordings/sentences.toml");

static ALL: LazyLock<BTreeMap<Tongue, Sentences>> = LazyLock::new(|| {
    // A test reads the file; if it could not be read, every wording would be refused for its language.
    toml::from_str(FILE).unwrap_or_default()
});

impl Tongue {
    /// The tongue of a language, whatever the country: `de-AT` is `de`.
    pub fn of(language: &Language) -> Result<Tongue, Invalid> {
        let primary = language.as_str().split('-').next().unwrap_or_default();
        let known = Tongue::ALL.iter().find(|tongue| tongue.word() == primary && ALL.contains_key(tongue));
        known.copied().ok_or_else(|| {
            Invalid::new(format!(
                "there are no sentences in the language `{language}`; there are some in {}",
                Tongue::WORDS.join(", ")
            ))
        })
    }

    fn sentences(self) -> Option<&'static Sentences> {
        ALL.get(&self)
    }

    fn say(self, which: impl Fn(&'static Sentences) -> &'static str) -> &'static str {
        self.sentences().map_or("", which)
    }

    /// `a, b and c`.
    pub fn list(self, items: &[String]) -> String {
        match items {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} {} {last}", first.join(", "), self.say(|all| &all.and)),
        }
    }

    /// What one year, month, week and day are called, and several.
    pub(super) fn units(self) -> [(&'static str, &'static str); 4] {
        let Some(all) = self.sentences() else { return [("", ""); 4] };
        let Units { year, month, week, day } = &all.units;
        [year, month, week, day].map(|(one, many)| (one.as_str(), many.as_str()))
    }

    /// A small number as a word.
    pub(super) fn number(self, number: u16) -> Option<&'static str> {
        let at = usize::from(number.checked_sub(2)?);
        self.sentences()?.numbers.list.get(at).map(String::as_str)
    }

    /// A title, in the quotation marks of the language.
    pub(super) fn quoted(self, title: &str) -> String {
        self.say(|all| &all.purpose).replace("{title}", title)
    }

    pub(super) fn basis(self, basis: Basis) -> &'static str {
        self.say(|all| all.basis.get(&basis).map_or("", String::as_str))
    }

    /// By which channel somebody is reached: `by phone`.
    pub fn reached(self, channel: Channel) -> &'static str {
        self.say(|all| all.reached.get(&channel).map_or("", String::as_str))
    }

    /// The question whether a purpose may use a channel, where a script has no words of its own for it.
    pub fn question(self, title: &str, channel: Channel) -> String {
        let question = self.say(|all| all.question.get(&channel).map_or("", String::as_str));
        question.replace("{title}", &self.quoted(title))
    }

    /// A day as people write it.
    pub fn date(self, day: chrono::NaiveDate) -> String {
        use chrono::Datelike;
        let Some(all) = self.sentences() else { return day.to_string() };
        let month = usize::try_from(day.month0()).ok().and_then(|at| all.months.get(at));
        let first =
            if self == Tongue::Fr && day.day() == 1 { "1er".to_owned() } else { day.day().to_string() };
        all.date
            .replace("{day}", &first)
            .replace("{month}", month.map_or("", String::as_str))
            .replace("{year}", &day.year().to_string())
    }

    pub(super) fn right_to_withdraw(self) -> &'static str {
        self.say(|all| &all.right_to_withdraw)
    }

    pub(super) fn right_to_object(self) -> &'static str {
        self.say(|all| &all.right_to_object)
    }

    pub(super) fn rights(self) -> &'static str {
        self.say(|all| &all.rights)
    }

    pub(super) fn recipients(self, recipients: &[String]) -> String {
        if recipients.is_empty() {
            return self.say(|all| &all.recipients_none).to_owned();
        }
        self.say(|all| &all.recipients_some).replace("{list}", &self.list(recipients))
    }

    pub(super) fn complaint(self, authority: &str) -> String {
        self.say(|all| &all.complaint).replace("{authority}", authority)
    }

    /// How long data is kept: title and length for each purpose.
    pub(super) fn retention(self, each: &[(String, String)]) -> String {
        let Some(all) = self.sentences() else { return String::new() };
        self.depending(each, "{period}", [&all.retention_one, &all.retention_many, &all.retention_item])
    }

    /// On what ground data is used: title and basis for each purpose.
    pub(super) fn legal_basis(self, each: &[(String, String)]) -> String {
        let Some(all) = self.sentences() else { return String::new() };
        self.depending(each, "{basis}", [&all.legal_basis_one, &all.legal_basis_many, &all.legal_basis_item])
    }

    /// One sentence when all purposes have the same, else one with a list.
    fn depending(self, each: &[(String, String)], hole: &str, [one, many, item]: [&str; 3]) -> String {
        match each {
            [] => String::new(),
            [(_, first), rest @ ..] if rest.iter().all(|(_, what)| what == first) => one.replace(hole, first),
            _ => {
                // The hole first: a title may have braces of its own.
                let items = each.iter().map(|(title, what)| {
                    let (before, after) = item.split_once("{title}").unwrap_or((item, ""));
                    format!(
                        "{}{}{}",
                        before.replace(hole, what),
                        self.quoted(title),
                        after.replace(hole, what)
                    )
                });
                many.replace("{list}", &items.collect::<Vec<_>>().join(self.say(|all| &all.between)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_everything() {
        let all: BTreeMap<Tongue, Sentences> = toml::from_str(FILE).unwrap();
        assert_eq!(all.keys().copied().collect::<Vec<_>>(), Tongue::ALL);
        for (tongue, said) in &all {
            for map in [&said.reached, &said.question] {
                assert_eq!(map.keys().copied().collect::<Vec<_>>(), Channel::ALL, "{tongue}");
            }
            assert_eq!(said.basis.keys().copied().collect::<Vec<_>>(), Basis::ALL, "{tongue}");
            assert_eq!(said.months.len(), 12, "{tongue}");
            assert!(["{day}", "{month}", "{year}"].iter().all(|hole| said.date.contains(hole)));
            assert_eq!(said.numbers.list.len(), 11, "{tongue}: two to twelve");
            for (text, hole) in [
                (&said.purpose, "{title}"),
                (&said.retention_one, "{period}"),
                (&said.retention_many, "{list}"),
                (&said.retention_item, "{title}"),
                (&said.retention_item, "{period}"),
                (&said.legal_basis_one, "{basis}"),
                (&said.legal_basis_many, "{list}"),
                (&said.legal_basis_item, "{title}"),
                (&said.legal_basis_item, "{basis}"),
                (&said.recipients_some, "{list}"),
                (&said.complaint, "{authority}"),
            ] {
                assert!(text.contains(hole), "{tongue}: {text}");
            }
            assert!(said.question.values().all(|text| text.contains("{title}") && text.ends_with('?')));
            assert!(!said.right_to_withdraw.is_empty() && !said.right_to_object.is_empty());
            assert!(
                said.between.trim() == ";"
                    && !said.rights.is_empty()
                    && !said.recipients_none.is_empty()
                    && !said.and.is_empty()
            );
        }
    }

    #[test]
    fn lists_and_sentences_follow_how_many_there_are() {
        let one = [("Newsletter".to_owned(), "two years".to_owned())];
        assert_eq!(
            Tongue::En.retention(&one),
            "We keep your data for this for two years and then delete it."
        );
        let two = [one[0].clone(), ("{period}".to_owned(), "one month".to_owned())];
        assert_eq!(
            Tongue::En.retention(&two),
            "How long we keep your data depends on what it is for: for “Newsletter”, two years; for “{period}”, one \
             month. After that we delete it."
        );
        let items = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(Tongue::De.list(&items), "a, b und c");
        assert_eq!(Tongue::Fr.list(&items[..2]), "a et b");
        assert_eq!(Tongue::Nl.recipients(&items[..1]), "We geven uw gegevens door aan a.");
        assert_eq!(
            Tongue::De.question("Monatsbrief", Channel::Email),
            "Dürfen wir Ihnen zum Thema „Monatsbrief“ E-Mails schreiben?"
        );
    }

    #[test]
    fn days_are_written_as_in_letters() {
        let day = "2027-03-01".parse().unwrap();
        let all: Vec<String> = Tongue::ALL.iter().map(|tongue| tongue.date(day)).collect();
        assert_eq!(all, ["1 March 2027", "1. März 2027", "1 maart 2027", "1er mars 2027"]);
    }

    #[test]
    fn a_language_is_known_whatever_the_country() {
        let of = |tag: &str| Tongue::of(&tag.parse().unwrap());
        assert_eq!(of("de-AT"), Ok(Tongue::De));
        assert_eq!(of("nl"), Ok(Tongue::Nl));
        assert!(of("pl").unwrap_err().to_string().contains("en, de, nl, fr"));
    }
}
