//! A [`Value`] as it lies in a buffer, for those who read very many records and keep little of each.

use serde::Deserialize;

use crate::domain::basis::Basis;
use crate::domain::country::Country;
use crate::domain::field::FieldKey;
use crate::domain::id::{CompanyId, ContactId, UserId};
use crate::domain::reach::{Address, Labelled};
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Value};

/// A [`Value`] whose text is somebody else's. Its stored form is the same, so the variants have the same order.
///
/// Texts are taken as they are: whoever reads a stored form this way trusts that it was checked when it was written.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub enum ValueRef<'a> {
    Text(&'a str),
    #[serde(borrow)]
    Phones(Vec<ReachRef<'a>>),
    Emails(Vec<ReachRef<'a>>),
    Links(Vec<ReachRef<'a>>),
    Addresses(Vec<AddressRef<'a>>),
    Tags(Vec<&'a str>),
    Country(Country),
    Language(&'a str),
    Basis(Basis),
    Company(CompanyId),
    Contact(ContactId),
    User(UserId),
    Day(Day),
    Time(Timestamp),
    Flag(bool),
    Number(i64),
    Word(&'a str),
    Words(Vec<&'a str>),
}

/// A record's fields, in ascending order of their numbers.
pub type FieldsRef<'a> = Vec<(FieldKey, ValueRef<'a>)>;

/// A labelled phone, e-mail or link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct ReachRef<'a> {
    pub label: &'a str,
    pub value: &'a str,
}

/// A labelled address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct AddressRef<'a> {
    pub label: &'a str,
    pub street: &'a str,
    pub postal_code: &'a str,
    pub city: &'a str,
    pub region: &'a str,
    pub country: &'a str,
}

impl<'a> AddressRef<'a> {
    fn of(address: &'a Labelled<Address>) -> AddressRef<'a> {
        let Labelled { label, value: Address { street, postal_code, city, region, country } } = address;
        AddressRef { label, street, postal_code, city, region, country }
    }
}

impl<'a> From<&'a Value> for ValueRef<'a> {
    fn from(value: &'a Value) -> ValueRef<'a> {
        fn reach<T>(items: &[Labelled<T>], text: impl Fn(&T) -> &str) -> Vec<ReachRef<'_>> {
            items.iter().map(|item| ReachRef { label: &item.label, value: text(&item.value) }).collect()
        }
        fn texts(items: &[String]) -> Vec<&str> {
            items.iter().map(String::as_str).collect()
        }
        match value {
            Value::Text(text) => ValueRef::Text(text),
            Value::Phones(items) => ValueRef::Phones(reach(items, |phone| phone.as_str())),
            Value::Emails(items) => ValueRef::Emails(reach(items, |email| email.as_str())),
            Value::Links(items) => ValueRef::Links(reach(items, |url| url.as_str())),
            Value::Addresses(items) => ValueRef::Addresses(items.iter().map(AddressRef::of).collect()),
            Value::Tags(items) => ValueRef::Tags(texts(items)),
            Value::Country(country) => ValueRef::Country(*country),
            Value::Language(language) => ValueRef::Language(language.as_str()),
            Value::Basis(basis) => ValueRef::Basis(*basis),
            Value::Company(id) => ValueRef::Company(*id),
            Value::Contact(id) => ValueRef::Contact(*id),
            Value::User(id) => ValueRef::User(*id),
            Value::Day(day) => ValueRef::Day(*day),
            Value::Time(time) => ValueRef::Time(*time),
            Value::Flag(yes) => ValueRef::Flag(*yes),
            Value::Number(number) => ValueRef::Number(*number),
            Value::Word(word) => ValueRef::Word(word),
            Value::Words(items) => ValueRef::Words(texts(items)),
        }
    }
}
