//! The types that the fields of entities have, as values and back.

use std::fmt;

use super::{Day, Value};
use crate::domain::basis::Basis;
use crate::domain::country::{Country, Language};
use crate::domain::id::{CompanyId, ContactId, UserId};
use crate::domain::reach::{Address, Email, Labelled, Phone, Url};
use crate::domain::time::Timestamp;

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
