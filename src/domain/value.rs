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

mod held;
mod shape;
mod words;

pub use held::{Held, OneOf, Tags, WordList};
pub use shape::Shape;
pub(crate) use words::words;

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
