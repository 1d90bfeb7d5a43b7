//! Edits as they come in, before they are parsed: from a form, from `--set`, from a row of an import.

use serde::{Deserialize, Serialize};

use crate::domain::country::Country;
use crate::domain::reach::{Address, Email, Labelled, Phone, Url};
use crate::domain::value::{self, Invalid, Kind, Value};

/// What a field shall become.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Input {
    Clear,
    /// In the notation of [`Kind::parse`]; a company or user by name.
    Text(String),
    /// Items of a list-valued field, not yet parsed, so that no character of theirs is taken for a separator.
    Items(Vec<Labelled<String>>),
    /// Ready-made; checked again where it comes in.
    Value(Value),
    /// These tags in addition to those there are.
    AddTags(Vec<String>),
    /// Without these tags.
    RemoveTags(Vec<String>),
}

/// One field of an edit. `field` is the name of a built-in field, or `custom.NAME`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FieldEdit {
    pub field: String,
    pub input: Input,
}

impl FieldEdit {
    pub fn text(field: &str, text: impl Into<String>) -> FieldEdit {
        FieldEdit { field: field.to_owned(), input: Input::Text(text.into()) }
    }

    pub fn value(field: &str, value: Value) -> FieldEdit {
        FieldEdit { field: field.to_owned(), input: Input::Value(value) }
    }
}

impl Input {
    /// The value this input stands for. `now` is what the field holds, for inputs that add to it. Names of companies and
    /// users have been replaced by their ids.
    pub fn resolve(
        self,
        kind: Kind,
        now: Option<&Value>,
        country: Option<Country>,
    ) -> Result<Option<Value>, Invalid> {
        match self {
            Input::Clear => Ok(None),
            Input::Text(text) => kind.parse(&text, country),
            Input::Items(items) => parse_items(kind, items, country),
            // Ready-made text is cleaned like typed text.
            Input::Value(Value::Text(text)) if matches!(kind, Kind::Text | Kind::LongText) => {
                kind.parse(&text, country)
            }
            Input::Value(value) => value::check(&value, kind).map(|()| Some(value)),
            Input::AddTags(tags) => {
                let mut all = tags_of(kind, now)?;
                all.extend(value::tags(&tags.join(","))?);
                kind.parse(&all.join(","), country)
            }
            Input::RemoveTags(tags) => {
                let without = value::tags(&tags.join(","))?;
                let left: Vec<String> =
                    tags_of(kind, now)?.into_iter().filter(|tag| !without.contains(tag)).collect();
                kind.parse(&left.join(","), country)
            }
        }
    }
}

fn tags_of(kind: Kind, now: Option<&Value>) -> Result<Vec<String>, Invalid> {
    match (kind, now) {
        (Kind::Tags, Some(Value::Tags(tags))) => Ok(tags.clone()),
        (Kind::Tags, _) => Ok(Vec::new()),
        _ => Err(Invalid::new("only the field `tags` takes tags")),
    }
}

fn parse_items(
    kind: Kind,
    items: Vec<Labelled<String>>,
    country: Option<Country>,
) -> Result<Option<Value>, Invalid> {
    fn each<T>(
        items: Vec<Labelled<String>>,
        parse: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Result<Vec<Labelled<T>>, Invalid> {
        items
            .into_iter()
            .filter(|item| !item.value.trim().is_empty())
            .map(|item| Ok(Labelled { value: parse(&item.value)?, label: value::one_line(&item.label)? }))
            .collect()
    }
    let value = match kind {
        Kind::Phones => Value::Phones(each(items, |text| Phone::parse(text, country))?),
        Kind::Emails => Value::Emails(each(items, Email::parse)?),
        Kind::Links => Value::Links(each(items, Url::parse)?),
        Kind::Addresses => Value::Addresses(each(items, Address::parse)?),
        _ => {
            let text: Vec<String> = items.into_iter().map(|item| item.value).collect();
            return kind.parse(&text.join(", "), country);
        }
    };
    value::check(&value, kind)?;
    let empty = match &value {
        Value::Phones(items) => items.is_empty(),
        Value::Emails(items) => items.is_empty(),
        Value::Links(items) => items.is_empty(),
        Value::Addresses(items) => items.is_empty(),
        _ => false,
    };
    Ok((!empty).then_some(value))
}

/// One person as a file describes it, not yet checked against the rules.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Incoming {
    /// Where it stands in the file: the line of a CSV record, the number of a card; from 1.
    pub row: u64,
    pub fields: Vec<FieldEdit>,
    /// Notes about the person, each of its own.
    pub notes: Vec<String>,
}
