//! The language of the search box, the same in lists, saved views, bulk edits, exports and on the command line.
//!
//! ```text
//! query  = { view | [ "-" ] ( word | phrase | filter ) }  white space separates; all must hold, in any order
//! word   = characters without white space and ":"          found in any field; "-word" excludes
//! view   = "@" letters, digits, "-", "_"                   what the saved view of this name finds; "@a.example" is a word
//! phrase = '"' characters '"'                              whole words, next to each other; \" and \\ inside
//! filter = name ":" value { "," value }                    any of the values; "-name:value" excludes
//! value  = phrase | characters without white space and "," none: without a value; me: oneself (owner:)
//! ```
//!
//! Free text that consists of digits, spaces and `+ ( ) / . -` alone is one phone number, however it is written.
//! A word with a colon is a filter, and an unknown one an error rather than text: a misspelt filter in a bulk edit
//! would else silently match something else. Quotes make `"http://x"` and `"12:30"` text again.
//! Words without a letter or digit (`&`, `-`) are skipped; a query of nothing else is an error, not everything.
//!
//! Which filters exist is one table, [`FILTERS`]; help, completion and this parser read it.

mod error;
mod filters;
mod lex;
mod parse;
mod when;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::domain::channel::Channel;
use crate::domain::consent::State;

pub use error::{ErrorKind, QueryError};
pub use filters::{FILTERS, FilterKey, FilterSpec, HAS, Has, IS, Is, ValueKind, help};
pub use lex::{SpanKind, is_view_name, spans};
pub use when::{Bound, Comparison, Point, Unit, When};

/// Longest query, in characters.
pub const MAX_CHARS: usize = 2_000;
/// Most terms in a query.
pub const MAX_TERMS: usize = 64;

/// A parsed query: all terms must hold. Its `Display` is a query text that parses to the same value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    pub terms: Vec<Term>,
}

/// One condition of a query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    /// Written with `-`: records that meet the condition are left out.
    pub excluded: bool,
    pub kind: TermKind,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TermKind {
    /// Free text, as typed.
    Word(String),
    /// Text in quotes, without them.
    Phrase(String),
    /// At least three digits in any notation of phone numbers, as typed, single-spaced. May also be part of a name.
    Number(String),
    /// A word with `@`.
    Email(String),
    /// A saved view, by its name or id, without the `@`. Only the service knows what it stands for: see
    /// [`Query::expand`].
    View(String),
    Filter(Filter),
}

/// `name:value,value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter {
    pub name: FilterName,
    /// At least one; any of them suffices.
    pub values: Vec<Value>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FilterName {
    Known(FilterKey),
    /// `field.<name>:`, a custom field. Whether it exists only the service knows.
    Field(String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    Text(String),
    /// `none`: the record has no value.
    Nothing,
    /// `owner:me`.
    Me,
    When(When),
    Has(Has),
    /// `has:field.<name>`.
    HasField(String),
    Is(Is),
    /// `sales.phone=given`.
    Consent(ConsentIs),
}

/// What holds of consent: for a purpose or any, by a channel or any, in a state or in one that allows.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ConsentIs {
    pub purpose: Option<String>,
    pub channel: Option<Channel>,
    pub state: Option<State>,
}

impl ConsentIs {
    /// Reads `purpose`, `purpose.channel`, `state`, or one of the first two with `=state`.
    pub fn parse(text: &str) -> Option<ConsentIs> {
        let state = |word: &str| word.parse::<State>().ok();
        let (place, wanted) = match text.split_once('=') {
            Some((place, word)) => (place, Some(state(word)?)),
            None => match state(text) {
                Some(state) => return Some(ConsentIs { state: Some(state), ..ConsentIs::default() }),
                None => (text, None),
            },
        };
        let (purpose, channel) = match place.split_once('.') {
            Some((purpose, channel)) => (purpose, Some(channel.parse().ok()?)),
            None => (place, None),
        };
        let purpose = purpose.to_lowercase();
        let is_slug = crate::domain::access::slug(&purpose).is_ok_and(|slug| slug == purpose);
        is_slug.then_some(ConsentIs { purpose: Some(purpose), channel, state: wanted })
    }
}

impl fmt::Display for ConsentIs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.purpose.as_deref().unwrap_or_default())?;
        if let Some(channel) = self.channel {
            write!(f, ".{channel}")?;
        }
        match (&self.purpose, self.state) {
            (Some(_), Some(state)) => write!(f, "={state}"),
            (None, Some(state)) => write!(f, "{state}"),
            (_, None) => Ok(()),
        }
    }
}

impl Query {
    /// Reads a query. The empty text is the query that everything meets.
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        parse::parse(text)
    }

    /// Reads a query that is still being typed: an open quote is taken as closed, and a filter whose value is yet
    /// to come is left out. Other errors are errors. Only for narrowing a list on the screen, never for an action.
    pub fn parse_typing(text: &str) -> Result<(Query, Option<QueryError>), QueryError> {
        parse::parse_typing(text)
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether there is free text to rank by.
    pub fn has_text(&self) -> bool {
        self.terms
            .iter()
            .any(|term| !term.excluded && !matches!(term.kind, TermKind::Filter(_) | TermKind::View(_)))
    }

    /// The filters, with whether each excludes.
    pub fn filters(&self) -> impl Iterator<Item = (bool, &Filter)> {
        self.terms.iter().filter_map(|term| match &term.kind {
            TermKind::Filter(filter) => Some((term.excluded, filter)),
            TermKind::Word(_)
            | TermKind::Phrase(_)
            | TermKind::Number(_)
            | TermKind::Email(_)
            | TermKind::View(_) => None,
        })
    }

    /// The views it names.
    pub fn views(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter_map(|term| match &term.kind {
            TermKind::View(name) => Some(name.as_str()),
            TermKind::Word(_)
            | TermKind::Phrase(_)
            | TermKind::Number(_)
            | TermKind::Email(_)
            | TermKind::Filter(_) => None,
        })
    }

    /// The query with the terms of each view in its place: all of them must hold.
    pub fn expand<E>(&self, mut find: impl FnMut(&str) -> Result<Query, E>) -> Result<Query, E> {
        let mut terms = Vec::with_capacity(self.terms.len());
        for term in &self.terms {
            match &term.kind {
                TermKind::View(name) => terms.extend(find(name)?.terms),
                TermKind::Word(_)
                | TermKind::Phrase(_)
                | TermKind::Number(_)
                | TermKind::Email(_)
                | TermKind::Filter(_) => terms.push(term.clone()),
            }
        }
        Ok(Query { terms })
    }
}

impl std::str::FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Query, QueryError> {
        Query::parse(text)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, term) in self.terms.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            term.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.excluded {
            f.write_str("-")?;
        }
        match &self.kind {
            TermKind::Word(text) | TermKind::Number(text) | TermKind::Email(text) => f.write_str(text),
            TermKind::Phrase(text) => write_quoted(f, text),
            TermKind::View(name) => write!(f, "@{name}"),
            TermKind::Filter(filter) => filter.fmt(f),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.name)?;
        for (i, value) in self.values.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            value.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for FilterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FilterName::Known(key) => f.write_str(key.spec().name),
            FilterName::Field(name) => write!(f, "field.{name}"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => {
                let reserved = text.eq_ignore_ascii_case("none") || text.eq_ignore_ascii_case("me");
                if reserved
                    || text.is_empty()
                    || text.starts_with('"')
                    || text.contains(|c: char| c.is_whitespace() || c == ',')
                {
                    write_quoted(f, text)
                } else {
                    f.write_str(text)
                }
            }
            Value::Nothing => f.write_str("none"),
            Value::Me => f.write_str("me"),
            Value::When(when) => when.fmt(f),
            Value::Has(has) => f.write_str(has.name()),
            Value::HasField(name) => write!(f, "field.{name}"),
            Value::Is(is) => f.write_str(is.name()),
            Value::Consent(asked) => asked.fmt(f),
        }
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("\"")
}
