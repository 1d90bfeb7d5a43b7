//! What a field can hold, and the text in which people write it.
//!
//! A record is stored as its fields ([`Value`] by [`FieldKey`](crate::domain::field::FieldKey)), a change is a pair of
//! values, and forms, `--set` and imports read and write the same notation ([`Kind::parse`], [`Value`]'s `Display`).

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::domain::basis::Basis;
use crate::domain::country::{Country, Language};
use crate::domain::id::{CompanyId, ContactId, UserId};
use crate::domain::reach::{Address, Email, Labelled, Phone, Url};
use crate::domain::time::Timestamp;

/// A closed set of words: an enum with the word for each variant, stored and written as that word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];
            pub const WORDS: &'static [&'static str] = &[$($word,)*];

            /// The word that stands for this in files, commands and on disk.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::value::Invalid;

            fn from_str(text: &str) -> Result<$name, $crate::domain::value::Invalid> {
                let wanted = text.trim().to_lowercase().replace(['-', ' '], "_");
                $name::ALL.iter().copied().find(|one| one.word() == wanted).ok_or_else(|| {
                    $crate::domain::value::Invalid::new(format!("`{}` is none of {}", text.trim(), $name::WORDS.join(", ")))
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.serialize_str(self.word())
                } else {
                    let at = $name::ALL.iter().position(|one| one == self).unwrap_or_default();
                    serializer.serialize_u8(at as u8)
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                if deserializer.is_human_readable() {
                    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
                } else {
                    let at = u8::deserialize(deserializer)?;
                    $name::ALL.get(usize::from(at)).copied().ok_or_else(|| {
                        serde::de::Error::custom(concat!("unknown ", stringify!($name)))
                    })
                }
            }
        }
    };
}
pub(crate) use words;

/// Why a text cannot be a value; a sentence for the person who wrote it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(String);

impl Invalid {
    pub fn new(why: impl Into<String>) -> Invalid {
        Invalid(why.into())
    }
}

/// A calendar day; written `YYYY-MM-DD`, stored as days since 0001-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day(pub NaiveDate);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Day {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Day, Invalid> {
        NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
            .map(Day)
            .map_err(|_| Invalid::new(format!("`{}` is no day; write it as 2026-01-31", text.trim())))
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i32(self.0.num_days_from_ce())
        }
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        if deserializer.is_human_readable() {
            return String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom);
        }
        NaiveDate::from_num_days_from_ce_opt(i32::deserialize(deserializer)?)
            .map(Day)
            .ok_or_else(|| serde::de::Error::custom("a day outside the calendar"))
    }
}

/// One value of one field. The order of variants is the stored form and never changes; new ones go last.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Value {
    Text(String),
    Phones(Vec<Labelled<Phone>>),
    Emails(Vec<Labelled<Email>>),
    Links(Vec<Labelled<Url>>),
    Addresses(Vec<Labelled<Address>>),
    /// Sorted, without repeats, in lower case.
    Tags(Vec<String>),
    Country(Country),
    Language(Language),
    Basis(Basis),
    Company(CompanyId),
    Contact(ContactId),
    User(UserId),
    Day(Day),
    Time(Timestamp),
    Flag(bool),
    Number(i64),
    /// A word out of a closed set that the field's kind names.
    Word(String),
    Words(Vec<String>),
}

/// What kind of value a field takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One line.
    Text,
    /// Many lines.
    LongText,
    Phones,
    Emails,
    Links,
    Addresses,
    Tags,
    Country,
    Language,
    Basis,
    Company,
    Contact,
    User,
    Day,
    Time,
    Flag,
    /// A whole number.
    Number,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A lower-case word that names something, such as a role.
    Slug,
    /// Any words, such as the choices of a custom field.
    Words,
}

/// The longest one-line text, in bytes.
pub const MAX_LINE: usize = 1_000;
/// The longest text of many lines, in bytes: 1 MiB.
pub const MAX_TEXT: usize = 1 << 20;
/// The most items in a list-valued field.
pub const MAX_ITEMS: usize = 100;

impl Kind {
    /// Reads what a person wrote. `Ok(None)` is an empty value. A company or a user is named by its id here; names
    /// are looked up by the service, which knows them. `country` is the region of numbers without a country code.
    ///
    /// Lists are separated by line breaks or `;`, each item `VALUE` or `LABEL: VALUE`; an address is
    /// `street | postal code | city | region | country`, of which trailing parts may be absent.
    pub fn parse(self, text: &str, country: Option<Country>) -> Result<Option<Value>, Invalid> {
        let line = text.trim();
        if line.is_empty() {
            return Ok(None);
        }
        Ok(Some(match self {
            Kind::Text => Value::Text(one_line(line)?),
            Kind::LongText => Value::Text(long_text(text)?),
            Kind::Phones => Value::Phones(list(line, |item| Phone::parse(item, country))?),
            Kind::Emails => Value::Emails(list(line, Email::parse)?),
            Kind::Links => Value::Links(list(line, Url::parse)?),
            Kind::Addresses => Value::Addresses(list(line, Address::parse)?),
            Kind::Tags => Value::Tags(tags(line)?),
            Kind::Country => Value::Country(line.parse()?),
            Kind::Language => Value::Language(line.parse()?),
            Kind::Basis => Value::Basis(line.parse()?),
            Kind::Company => Value::Company(line.parse()?),
            Kind::Contact => Value::Contact(line.parse()?),
            Kind::User => Value::User(line.parse()?),
            Kind::Day => Value::Day(line.parse()?),
            Kind::Time => Value::Time(Timestamp::parse_as_of(line).ok_or_else(|| {
                Invalid::new(format!("`{line}` is no time; write it as 2026-01-31T09:30:00Z"))
            })?),
            Kind::Flag => Value::Flag(flag(line)?),
            Kind::Number => Value::Number(
                line.parse().map_err(|_| Invalid::new(format!("`{line}` is not a whole number")))?,
            ),
            Kind::Word(words) => {
                let wanted = line.to_lowercase();
                match words.iter().find(|word| **word == wanted) {
                    Some(word) => Value::Word((*word).to_owned()),
                    None => return Err(Invalid::new(format!("`{line}` is none of {}", words.join(", ")))),
                }
            }
            Kind::Slug => Value::Word(crate::domain::access::slug(line)?),
            Kind::Words => Value::Words(
                line.split([',', ';', '\n'])
                    .map(str::trim)
                    .filter(|w| !w.is_empty())
                    .map(one_line)
                    .collect::<Result<_, _>>()?,
            ),
        }))
    }
}

/// Checks what types alone do not: lengths and shapes of a value that came in ready-made, from a file or a socket.
pub fn check(value: &Value, kind: Kind) -> Result<(), Invalid> {
    let fits = match (value, kind) {
        (Value::Text(text), Kind::Text) => return one_line(text).map(drop),
        (Value::Text(text), Kind::LongText) => return long_text(text).map(drop),
        (Value::Phones(items), Kind::Phones) => return check_list(items),
        (Value::Emails(items), Kind::Emails) => return check_list(items),
        (Value::Links(items), Kind::Links) => return check_list(items),
        (Value::Addresses(items), Kind::Addresses) => {
            items.iter().try_for_each(|item| item.value.check())?;
            return check_list(items);
        }
        (Value::Tags(items), Kind::Tags) => {
            let clean = tags(&items.join(","))?;
            if clean == *items { Ok(()) } else { Err("the tags are not sorted, or repeat") }
        }
        (Value::Word(word), Kind::Word(words)) if words.contains(&word.as_str()) => Ok(()),
        (Value::Word(word), Kind::Slug) => return crate::domain::access::slug(word).map(drop),
        (Value::Words(items), Kind::Words) if items.len() <= MAX_ITEMS => {
            return items.iter().try_for_each(|item| one_line(item).map(drop));
        }
        (Value::Country(_), Kind::Country)
        | (Value::Language(_), Kind::Language)
        | (Value::Basis(_), Kind::Basis)
        | (Value::Company(_), Kind::Company)
        | (Value::Contact(_), Kind::Contact)
        | (Value::User(_), Kind::User)
        | (Value::Day(_), Kind::Day)
        | (Value::Time(_), Kind::Time)
        | (Value::Flag(_), Kind::Flag)
        | (Value::Number(_), Kind::Number) => Ok(()),
        _ => Err("the value is of another kind than the field"),
    };
    fits.map_err(Invalid::new)
}

fn check_list<T>(items: &[Labelled<T>]) -> Result<(), Invalid> {
    if items.len() > MAX_ITEMS {
        return Err(Invalid::new(format!(
            "{} items are more than the {MAX_ITEMS} a field holds",
            items.len()
        )));
    }
    items.iter().try_for_each(|item| one_line(&item.label).map(drop))
}

/// A text of one line.
pub(crate) fn one_line(text: &str) -> Result<String, Invalid> {
    if text.len() > MAX_LINE {
        return Err(Invalid::new(format!(
            "{} bytes are more than the {MAX_LINE} one line holds",
            text.len()
        )));
    }
    if text.contains('\0') {
        return Err(Invalid::new("the text contains a NUL byte"));
    }
    // A line break inside a one-line field is somebody's pasted letterhead: the words matter, the break does not.
    let parts = text.split(['\n', '\r', '\t']).map(without_controls);
    let parts = parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty());
    Ok(parts.collect::<Vec<_>>().join(" "))
}

fn long_text(text: &str) -> Result<String, Invalid> {
    if text.len() > MAX_TEXT {
        return Err(Invalid::new(format!("{} bytes are more than the {MAX_TEXT} a text holds", text.len())));
    }
    if text.contains('\0') {
        return Err(Invalid::new("the text contains a NUL byte"));
    }
    Ok(without_controls(text.trim_end().replace("\r\n", "\n").as_str()))
}

/// Text without control characters but line breaks and tabs: no name has an escape sequence in it, and whoever sent one
/// in a form meant the terminal of whoever reads the list. What has a meaning in some script (joiners, directions) stays.
fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn list<T>(text: &str, parse: impl Fn(&str) -> Result<T, Invalid>) -> Result<Vec<Labelled<T>>, Invalid> {
    // RFC 3966 writes extensions with the character that separates items here.
    let text = text.replace(";ext=", "x");
    let mut items = Vec::new();
    for item in text.split(['\n', ';']).map(str::trim).filter(|item| !item.is_empty()) {
        let labelled = item.split_once(": ").map(|(label, value)| (label.trim(), value.trim()));
        let (label, value) = labelled.unwrap_or(("", item));
        items.push(Labelled { label: one_line(label)?, value: parse(value)? });
    }
    if items.len() > MAX_ITEMS {
        return Err(Invalid::new(format!(
            "{} items are more than the {MAX_ITEMS} a field holds",
            items.len()
        )));
    }
    Ok(items)
}

/// Tags as written in one text: separated by commas, semicolons or line breaks; made lower case, sorted, without repeats.
pub fn tags(text: &str) -> Result<Vec<String>, Invalid> {
    let mut tags = Vec::new();
    for tag in text.split([',', ';', '\n']).map(str::trim).filter(|tag| !tag.is_empty()) {
        let tag = tag.trim_start_matches('#').to_lowercase();
        if tag.len() > 100 {
            return Err(Invalid::new("a tag has at most 100 bytes"));
        }
        if let Some(bad) = tag.chars().find(|c| c.is_control() || matches!(c, ':' | '"' | '\0')) {
            return Err(Invalid::new(format!("a tag cannot contain {bad:?}")));
        }
        if !tag.is_empty() {
            tags.push(tag);
        }
    }
    tags.sort_unstable();
    tags.dedup();
    if tags.len() > MAX_ITEMS {
        return Err(Invalid::new(format!(
            "{} tags are more than the {MAX_ITEMS} a record holds",
            tags.len()
        )));
    }
    Ok(tags)
}

fn flag(text: &str) -> Result<bool, Invalid> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "1" | "on" => Ok(true),
        "no" | "false" | "0" | "off" => Ok(false),
        _ => Err(Invalid::new(format!("`{text}` is neither yes nor no"))),
    }
}

impl fmt::Display for Value {
    /// The notation that [`Kind::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn join<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T], separator: &str) -> fmt::Result {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    f.write_str(separator)?;
                }
                item.fmt(f)?;
            }
            Ok(())
        }
        match self {
            Value::Text(text) | Value::Word(text) => f.write_str(text),
            Value::Phones(items) => join(f, items, "; "),
            Value::Emails(items) => join(f, items, "; "),
            Value::Links(items) => join(f, items, "; "),
            Value::Addresses(items) => join(f, items, "; "),
            Value::Tags(items) | Value::Words(items) => join(f, items, ", "),
            Value::Country(country) => country.fmt(f),
            Value::Language(language) => language.fmt(f),
            Value::Basis(basis) => basis.fmt(f),
            Value::Company(id) => id.fmt(f),
            Value::Contact(id) => id.fmt(f),
            Value::User(id) => id.fmt(f),
            Value::Day(day) => day.fmt(f),
            Value::Time(time) => time.fmt(f),
            Value::Flag(yes) => f.write_str(if *yes { "yes" } else { "no" }),
            Value::Number(number) => number.fmt(f),
        }
    }
}

/// A Rust type that a field of an entity may have.
pub trait Held: Sized {
    /// `None` when empty.
    fn to_value(&self) -> Option<Value>;
    /// `None` for a value of another kind.
    fn from_value(value: Option<Value>) -> Option<Self>;
}

macro_rules! held {
    ($($ty:ty, $variant:ident, $empty:expr;)*) => {$(
        impl Held for $ty {
            fn to_value(&self) -> Option<Value> {
                #[allow(clippy::redundant_closure_call)]
                (!$empty(self)).then(|| Value::$variant(self.clone()))
            }

            fn from_value(value: Option<Value>) -> Option<$ty> {
                match value {
                    None => Some(Default::default()),
                    Some(Value::$variant(held)) => Some(held),
                    Some(_) => None,
                }
            }
        }
    )*};
}

held! {
    String, Text, String::is_empty;
    Vec<Labelled<Phone>>, Phones, Vec::is_empty;
    Vec<Labelled<Email>>, Emails, Vec::is_empty;
    Vec<Labelled<Url>>, Links, Vec::is_empty;
    Vec<Labelled<Address>>, Addresses, Vec::is_empty;
    bool, Flag, |yes: &bool| !*yes;
    i64, Number, |number: &i64| *number == 0;
}

macro_rules! held_optional {
    ($($ty:ty, $variant:ident;)*) => {$(
        impl Held for Option<$ty> {
            fn to_value(&self) -> Option<Value> {
                self.clone().map(Value::$variant)
            }

            fn from_value(value: Option<Value>) -> Option<Option<$ty>> {
                match value {
                    None => Some(None),
                    Some(Value::$variant(held)) => Some(Some(held)),
                    Some(_) => None,
                }
            }
        }
    )*};
}

held_optional! {
    Country, Country;
    Language, Language;
    Basis, Basis;
    CompanyId, Company;
    ContactId, Contact;
    UserId, User;
    Day, Day;
    Timestamp, Time;
}

/// Tags of a record: sorted, in lower case.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tags(pub Vec<String>);

impl Held for Tags {
    fn to_value(&self) -> Option<Value> {
        (!self.0.is_empty()).then(|| Value::Tags(self.0.clone()))
    }

    fn from_value(value: Option<Value>) -> Option<Tags> {
        match value {
            None => Some(Tags::default()),
            Some(Value::Tags(tags)) => Some(Tags(tags)),
            Some(_) => None,
        }
    }
}

/// A list of free words.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct WordList(pub Vec<String>);

impl Held for WordList {
    fn to_value(&self) -> Option<Value> {
        (!self.0.is_empty()).then(|| Value::Words(self.0.clone()))
    }

    fn from_value(value: Option<Value>) -> Option<WordList> {
        match value {
            None => Some(WordList::default()),
            Some(Value::Words(words)) => Some(WordList(words)),
            Some(_) => None,
        }
    }
}

/// One of a closed set of words, held as the enum and stored as the word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OneOf<T>(pub Option<T>);

impl<T> Default for OneOf<T> {
    fn default() -> OneOf<T> {
        OneOf(None)
    }
}

impl<T: Copy + fmt::Display + std::str::FromStr> Held for OneOf<T> {
    fn to_value(&self) -> Option<Value> {
        self.0.map(|word| Value::Word(word.to_string()))
    }

    fn from_value(value: Option<Value>) -> Option<OneOf<T>> {
        match value {
            None => Some(OneOf(None)),
            Some(Value::Word(word)) => word.parse().ok().map(|one| OneOf(Some(one))),
            Some(_) => None,
        }
    }
}
