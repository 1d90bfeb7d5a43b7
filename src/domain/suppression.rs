//! Numbers and addresses that are not used any more (R24), known by keyed hashes alone; and do-not-call lists.
//!
//! What is suppressed outlives the person's data, so it must not be the data: an [`Identifier`] becomes a [`Mark`],
//! HMAC-SHA-256 over its kind and its normalised form, under a key that lies outside the database (`store::suppression`). Whoever
//! has the files alone cannot try numbers out; whoever asks through the door is written down.
//!
//! A number is marked in E.164 without its extension: who objects on one line of a switchboard is not called on another.
//! An address is folded in case ([`fold::email`]); dots and `+tags` stay, for they tell mailboxes apart in most places, and
//! taking them away would suppress somebody else.
//!
//! Entries ([`Suppression`]) are only ever added. Taking a mark off the list is an entry too, of [`Deed::Lift`]: what holds
//! for a mark is the strongest entry since the last that lifted it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::domain::contact::{CompanyField, ContactField};
use crate::domain::country::Country;
use crate::domain::entity::{Fields, RecordKind, entity};
use crate::domain::fold;
use crate::domain::id::UserId;
use crate::domain::reach::{Email, Phone};
use crate::domain::value::{Day, Invalid, Kind, OneOf, Value, WordList, words};

words! {
    /// What kind of identifier a mark stands for.
    Class {
        Phone = "phone",
        Email = "email",
    }
}

words! {
    /// How far a suppression goes, the weakest first: each takes in those before it.
    Scope {
        /// This number or address is not used for marketing; others of the person may be.
        Channel = "channel",
        /// Whoever has it gets no marketing, by whatever channel (Art. 21(3) GDPR). The contact stays.
        Marketing = "marketing",
        /// It is not used for anything, and not entered again.
        All = "all",
    }
}

words! {
    /// Why something is suppressed.
    Reason {
        Objection = "objection",
        /// The person was erased (Art. 17 GDPR), and this alone is kept, so that the data does not come back.
        Erasure = "erasure",
        /// Somebody else answers there.
        WrongNumber = "wrong_number",
        /// It stands on a do-not-call list that the person told of.
        DoNotCall = "do_not_call",
        Manual = "manual",
    }
}

words! {
    /// What an entry does.
    Deed {
        Add = "add",
        Lift = "lift",
    }
}

/// After so many years an entry is looked at again: whether it still does what it is for.
pub const REVIEW_YEARS: u32 = 3;

/// A number or address in its normalised form: what two spellings of one have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Identifier {
    class: Class,
    text: String,
}

impl Identifier {
    pub fn phone(phone: &Phone) -> Identifier {
        Identifier { class: Class::Phone, text: phone.e164().to_owned() }
    }

    pub fn email(email: &Email) -> Identifier {
        Identifier { class: Class::Email, text: fold::email(email.as_str()) }
    }

    /// Reads what a person wrote; `country` is the region of numbers without a country code.
    pub fn parse(class: Class, text: &str, country: Option<Country>) -> Result<Identifier, Invalid> {
        Ok(match class {
            Class::Phone => Identifier::phone(&Phone::parse(text, country)?),
            Class::Email => Identifier::email(&Email::parse(text)?),
        })
    }

    /// The numbers and addresses in the fields of a contact or company; of other records there are none.
    pub fn all_of(kind: RecordKind, fields: &Fields) -> Vec<Identifier> {
        let keys = match kind {
            RecordKind::Contact => [ContactField::phones.key(), ContactField::emails.key()],
            RecordKind::Company => [CompanyField::phones.key(), CompanyField::emails.key()],
            _ => return Vec::new(),
        };
        let mut all = Vec::new();
        for key in keys {
            match fields.get(&key) {
                Some(Value::Phones(items)) => {
                    all.extend(items.iter().map(|item| Identifier::phone(&item.value)));
                }
                Some(Value::Emails(items)) => {
                    all.extend(items.iter().map(|item| Identifier::email(&item.value)));
                }
                Some(_) | None => {}
            }
        }
        all
    }

    pub fn class(&self) -> Class {
        self.class
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a text tells it: what is kept about a suppression must not.
    pub fn told_by(&self, text: &str) -> bool {
        match self.class {
            Class::Email => fold::email(text).contains(&self.text),
            Class::Phone => {
                let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
                let own = digits(&self.text);
                // The end of the number is the subscriber's, whatever stands before it.
                let end = own.get(own.len().saturating_sub(7)..).unwrap_or(&own);
                digits(text).contains(end)
            }
        }
    }
}

/// What stands for an identifier: its kind, and a keyed hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Mark {
    pub class: Class,
    pub hash: [u8; 32],
}

impl Mark {
    /// The half by which it is held in memory. Two of a million marks are alike in it with a probability of 2⁻⁸⁹.
    pub fn short(&self) -> [u8; 16] {
        let mut short = [0; 16];
        short.copy_from_slice(&self.hash[..16]);
        short
    }

    /// The eight bytes by which a number stands on a screening list. A number that is on no list of five million is taken
    /// for one on it with a probability of 5·10⁶ / 2⁶⁴, once in 3.7·10¹² checks, and is then not called. Without the key
    /// nobody can look for such a number.
    pub fn tag(&self) -> u64 {
        let mut tag = [0; 8];
        tag.copy_from_slice(&self.hash[..8]);
        u64::from_be_bytes(tag)
    }
}

impl fmt::Display for Mark {
    /// As it is stored: `phone:` and the hash in base64.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.class, STANDARD_NO_PAD.encode(self.hash))
    }
}

impl std::str::FromStr for Mark {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Mark, Invalid> {
        let wrong = || Invalid::new("a stored mark is none");
        let (class, hash) = text.split_once(':').ok_or_else(wrong)?;
        let hash = STANDARD_NO_PAD.decode(hash).map_err(|_| wrong())?;
        Ok(Mark { class: class.parse()?, hash: hash.try_into().map_err(|_| wrong())? })
    }
}

/// That something is suppressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hit {
    pub scope: Scope,
    pub reason: Reason,
    pub since: crate::domain::time::Timestamp,
}

/// Whether a number stood on a do-not-call list of a day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ListCheck {
    pub list: String,
    pub country: Option<Country>,
    /// The day the list is of; a rule may ask for a recent one.
    pub dated: Option<Day>,
    pub listed: bool,
    /// Since when it is listed, where the list tells; else it is not known but that it was on the list's day.
    pub since: Option<Day>,
}

impl ListCheck {
    /// The day by which a consent is measured: since when the number is listed, else the day the list is of.
    pub fn listed_since(&self) -> Option<Day> {
        self.since.or(self.dated).filter(|_| self.listed)
    }
}

/// What keeps a contact from being used, from all of its numbers and addresses together.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Barred {
    /// One is suppressed altogether.
    pub all: bool,
    /// Somebody who has one gets no marketing.
    pub marketing: bool,
    phones: Part,
    emails: Part,
}

/// How it stands with the numbers of a contact, or with its addresses.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Part {
    /// One is not used for marketing.
    barred: bool,
    /// Another is.
    free: bool,
}

impl Barred {
    /// Takes in one number or address of the contact, and how far it is suppressed, if it is.
    pub fn add(&mut self, class: Class, scope: Option<Scope>) {
        match scope {
            Some(Scope::All) => self.all = true,
            Some(Scope::Marketing) => self.marketing = true,
            Some(Scope::Channel) | None => {}
        }
        let part = match class {
            Class::Phone => &mut self.phones,
            Class::Email => &mut self.emails,
        };
        match scope {
            Some(_) => part.barred = true,
            None => part.free = true,
        }
    }

    /// Whether anything of the contact is suppressed.
    pub fn any(self) -> bool {
        self.all || self.marketing || self.phones.barred || self.emails.barred
    }

    /// Whether of all numbers, or of all addresses, there is none that marketing may use: one that is suppressed does not
    /// stop another.
    pub fn none_left(self, class: Class) -> bool {
        let part = match class {
            Class::Phone => self.phones,
            Class::Email => self.emails,
        };
        part.barred && !part.free
    }

    /// Whether no marketing reaches the person, by whatever channel.
    pub fn from_marketing(self) -> bool {
        self.all || self.marketing
    }
}

entity! {
    /// An entry of the suppression list. It names nobody: the marks alone say what it is about.
    Suppression, SuppressionField, Suppression {
        1 deed "deed": OneOf<Deed>, Kind::Word(Deed::WORDS), Operation, Operation, "Deed", "whether it suppresses or lifts", [], None, None;
        2 scope "scope": OneOf<Scope>, Kind::Word(Scope::WORDS), Operation, Operation, "Scope", "what is not done any more", [], None, None;
        3 reason "reason": OneOf<Reason>, Kind::Word(Reason::WORDS), Operation, Operation, "Reason", "Art. 17(3), 21(3) GDPR: why it is kept", [], None, None;
        4 words "words": String, Kind::Text, Operation, Operation, "Words", "what was said, without naming anybody", [], None, None;
        5 marks "marks": WordList, Kind::Words, Operation, Secret, "Marks", "keyed hashes of numbers and addresses, so that they do not come back", [], None, None;
        6 by "by": Option<UserId>, Kind::User, Operation, Operation, "By", "who entered it", [], None, None;
        7 review_on "review_on": Option<Day>, Kind::Day, Operation, Operation, "Review on", "when it is looked at again", [], None, None;
    }
}

entity! {
    /// A do-not-call list, as it was brought in last. Its numbers lie beside it as tags (`store::tags`).
    ScreeningList, ScreeningListField, ScreeningList {
        1 name "name": String, Kind::Text, Operation, Operation, "Name", "which list it is", [], None, None;
        2 country "country": Option<Country>, Kind::Country, Operation, Operation, "Country", "whose rules ask for it", [], None, None;
        3 dated "dated": Option<Day>, Kind::Day, Operation, Operation, "Dated", "the day it is of: a rule may ask for a recent one", [], None, None;
        4 source "source": String, Kind::Text, Operation, Operation, "Source", "where it came from", [], None, None;
        5 numbers "numbers": i64, Kind::Number, Operation, Operation, "Numbers", "how many are on it", [], None, None;
        6 file_hash "file_hash": String, Kind::Text, Operation, Operation, "SHA-256", "of the file, to prove which it was", [], None, None;
        7 version "version": String, Kind::Text, Operation, Operation, "Version", "where its tags lie", [], None, None;
        8 digest "digest": String, Kind::Text, Operation, Operation, "Digest", "SHA-256 of its tags: none is lost, none added", [], None, None;
        9 by "by": Option<UserId>, Kind::User, Operation, Operation, "By", "who brought it in", [], None, None;
        10 days "days": String, Kind::Text, Operation, Operation, "Days", "where it lies since when each is on it; nothing where the list does not tell", [], None, None;
    }
}

impl Suppression {
    /// The marks it is about; an error where what is stored are none.
    pub fn marks(&self) -> Result<Vec<Mark>, Invalid> {
        self.marks.0.iter().map(|text| text.parse()).collect()
    }

    /// What it is, in a few words: `objection (marketing)`.
    pub fn title(&self) -> String {
        match (self.deed.0, self.reason.0, self.scope.0) {
            (Some(Deed::Lift), ..) => "lifted".to_owned(),
            (_, Some(reason), Some(scope)) => format!("{} ({scope})", reason.word().replace('_', " ")),
            _ => "suppressed".to_owned(),
        }
    }
}

impl ScreeningList {
    /// Which list it is: `TPS (GB)`.
    pub fn title(&self) -> String {
        match self.country {
            Some(country) => format!("{} ({country})", self.name),
            None => self.name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_stored_and_read_again() {
        let mark = Mark { class: Class::Email, hash: [7; 32] };
        assert_eq!(mark.to_string().parse(), Ok(mark));
        for wrong in [
            "",
            "email",
            "email:",
            "email:AAAA",
            "fax:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
            "email:*",
        ] {
            assert!(wrong.parse::<Mark>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn spellings_of_one_are_one_and_others_are_not() {
        let phone = |text: &str| Identifier::parse(Class::Phone, text, "DE".parse().ok()).unwrap();
        for same in [
            "0151 23456789",
            "0049 (0)151 234 567 89",
            "+49151/23456789",
            "tel:+49-151-23456789",
            "015123456789 x 12",
        ] {
            assert_eq!(phone(same), phone("+4915123456789"), "{same}");
        }
        assert_ne!(phone("0151 23456788"), phone("0151 23456789"));
        let email = |text: &str| Identifier::parse(Class::Email, text, None).unwrap();
        assert_eq!(email("<Anna.Berg@Example.COM>"), email("anna.berg@example.com"));
        for other in ["annaberg@example.com", "anna.berg+list@example.com", "anna.berg@example.org"] {
            assert_ne!(email(other), email("anna.berg@example.com"), "{other}");
        }
    }

    #[test]
    fn a_text_that_tells_it_is_recognised() {
        let phone = Identifier::parse(Class::Phone, "+4915123456789", None).unwrap();
        assert!(
            phone.told_by("called 0151 / 234-567-89 twice") && !phone.told_by("called twice on 2026-11-22")
        );
        let email = Identifier::parse(Class::Email, "anna@example.com", None).unwrap();
        assert!(email.told_by("wrote from Anna@Example.com") && !email.told_by("wrote a letter"));
    }
}
