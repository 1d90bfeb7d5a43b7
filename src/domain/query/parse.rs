//! From pieces to a query.

use std::ops::Range;

use crate::domain::consent::State;
use crate::domain::fold::fold;

use super::error::{ErrorKind, QueryError, nearest};
use super::filters::{FILTERS, FilterKey, HAS, Has, IS, Is, ValueKind};
use super::lex::{Body, Piece, Text, field_name, pieces, view_name};
use super::{ConsentIs, Filter, FilterName, MAX_CHARS, MAX_TERMS, Query, Term, TermKind, Value, When};

/// Fewest digits that are looked up as a phone number.
const NUMBER_DIGITS: usize = 3;

pub(super) fn parse(text: &str) -> Result<Query, QueryError> {
    let (query, incomplete) = read(text)?;
    incomplete.map_or(Ok(query), Err)
}

pub(super) fn parse_typing(text: &str) -> Result<(Query, Option<QueryError>), QueryError> {
    read(text)
}

fn fault<T>(kind: ErrorKind, span: Range<usize>) -> Result<T, QueryError> {
    Err(QueryError { kind, span })
}

/// The query, and the first fault that further typing could mend.
fn read(text: &str) -> Result<(Query, Option<QueryError>), QueryError> {
    if let Some((at, _)) = text.char_indices().nth(MAX_CHARS) {
        return fault(ErrorKind::TooLong, at..text.len());
    }
    let pieces = pieces(text);
    let number = whole_number(&pieces);
    let mut terms = Vec::new();
    let mut incomplete = None;
    let mut skipped = None;
    let mut number_done = false;
    for piece in pieces {
        let view = match &piece.body {
            Body::Bare(word) => view_name(&word.text).map(str::to_ascii_lowercase),
            Body::Quoted(_) | Body::Filter { .. } => None,
        };
        let kind = match piece.body {
            Body::Bare(_) if view.is_some() => {
                if piece.excluded {
                    let name = view.unwrap_or_default();
                    return fault(ErrorKind::ExcludedView { name }, piece.span);
                }
                view.map(TermKind::View)
            }
            Body::Bare(_) if number.is_some() && !piece.excluded => {
                if std::mem::replace(&mut number_done, true) {
                    continue;
                }
                number.clone().map(TermKind::Number)
            }
            Body::Bare(word) => bare(word.text),
            Body::Quoted(phrase) => {
                if !phrase.closed {
                    incomplete
                        .get_or_insert(QueryError { kind: ErrorKind::UnclosedQuote, span: open(&phrase) });
                }
                (!fold(&phrase.text).is_empty()).then_some(TermKind::Phrase(phrase.text))
            }
            Body::Filter { name, name_span, values, .. } => match filter(name, name_span, values) {
                Ok((filter, None)) => Some(TermKind::Filter(filter)),
                Ok((filter, Some(error))) => {
                    incomplete.get_or_insert(error);
                    Some(TermKind::Filter(filter))
                }
                Err(error) if error.is_incomplete(text) => {
                    incomplete.get_or_insert(error);
                    continue;
                }
                Err(error) => return Err(error),
            },
        };
        match kind {
            Some(_) if terms.len() == MAX_TERMS => {
                return fault(ErrorKind::TooManyTerms, piece.span.start..text.len());
            }
            Some(kind) => terms.push(Term { excluded: piece.excluded, kind }),
            None => {
                skipped.get_or_insert(piece.span);
            }
        }
    }
    match skipped {
        Some(span) if terms.is_empty() && incomplete.is_none() => fault(ErrorKind::NothingToSearch, span),
        _ => Ok((Query { terms }, incomplete)),
    }
}

/// Where an unclosed quote opens.
fn open(text: &Text) -> Range<usize> {
    text.span.start..text.span.start + 1
}

fn bare(word: String) -> Option<TermKind> {
    if fold(&word).is_empty() {
        None
    } else if is_number(&word) && digits(&word) >= NUMBER_DIGITS {
        Some(TermKind::Number(word))
    } else if word.contains('@') {
        Some(TermKind::Email(word))
    } else {
        Some(TermKind::Word(word))
    }
}

/// All the free text as one phone number, if it can be one.
fn whole_number(pieces: &[Piece]) -> Option<String> {
    let mut out = String::new();
    for piece in pieces {
        match &piece.body {
            Body::Bare(word) if view_name(&word.text).is_some() => {}
            Body::Bare(word) if !piece.excluded => {
                if !is_number(&word.text) {
                    return None;
                }
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(&word.text);
            }
            Body::Bare(_) | Body::Filter { .. } => {}
            Body::Quoted(_) if piece.excluded => {}
            Body::Quoted(_) => return None,
        }
    }
    (digits(&out) >= NUMBER_DIGITS).then_some(out)
}

fn is_number(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '(' | ')' | '/' | '.' | '-'))
}

fn digits(word: &str) -> usize {
    word.bytes().filter(u8::is_ascii_digit).count()
}

fn filter(
    name: String,
    name_span: Range<usize>,
    texts: Vec<Text>,
) -> Result<(Filter, Option<QueryError>), QueryError> {
    let (name, kind) = if let Some(key) = FilterKey::by_name(&name) {
        (FilterName::Known(key), key.spec().values)
    } else if let Some(field) = field_name(&name) {
        (FilterName::Field(field.to_owned()), ValueKind::Text)
    } else {
        let names = FILTERS.iter().map(|spec| spec.name).chain(["field."]);
        let nearest = nearest(&name, names);
        return fault(ErrorKind::UnknownFilter { name, nearest }, name_span.start..name_span.end + 1);
    };
    let mut values = Vec::with_capacity(texts.len());
    let mut incomplete = None;
    for text in texts {
        if text.text.is_empty() && !text.quoted {
            let span = if text.span.start > name_span.end + 1 {
                text.span
            } else {
                name_span.start..name_span.end + 1
            };
            return fault(ErrorKind::MissingValue { filter: name.to_string() }, span);
        }
        if !text.closed {
            incomplete.get_or_insert(QueryError { kind: ErrorKind::UnclosedQuote, span: open(&text) });
        }
        values.push(value(&name, kind, text)?);
    }
    Ok((Filter { name, values }, incomplete))
}

fn value(name: &FilterName, kind: ValueKind, text: Text) -> Result<Value, QueryError> {
    let Text { text, span, quoted, .. } = text;
    let word =
        |key, nearest| fault(ErrorKind::UnknownWord { key, value: text.clone(), nearest }, span.clone());
    match kind {
        ValueKind::Text | ValueKind::User | ValueKind::Consent
            if !quoted && text.eq_ignore_ascii_case("none") =>
        {
            Ok(Value::Nothing)
        }
        ValueKind::User if !quoted && text.eq_ignore_ascii_case("me") => Ok(Value::Me),
        ValueKind::Text | ValueKind::User => Ok(Value::Text(text)),
        ValueKind::When => match When::parse(&text) {
            Some(when) => Ok(Value::When(when)),
            None => fault(ErrorKind::NotATime { value: text }, span),
        },
        ValueKind::Has => match (Has::by_name(&text), field_name(&text)) {
            (Some(has), _) => Ok(Value::Has(has)),
            // A name that could not be printed without quotes is no field's name.
            (None, Some(field)) if !field.contains(|c: char| c.is_whitespace() || c == ',') => {
                Ok(Value::HasField(field.to_owned()))
            }
            (None, _) => word(key(name, FilterKey::Has), nearest(&text, HAS.iter().map(|word| word.name()))),
        },
        ValueKind::Consent => match ConsentIs::parse(&text) {
            Some(asked) => Ok(Value::Consent(asked)),
            None => {
                let state = text.split_once('=').map_or(text.as_str(), |(_, state)| state);
                let near = nearest(state, State::WORDS.iter().copied());
                word(FilterKey::Consent, near)
            }
        },
        ValueKind::Is => match Is::by_name(&text) {
            Some(is) => Ok(Value::Is(is)),
            None => word(key(name, FilterKey::Is), nearest(&text, IS.iter().map(|word| word.name()))),
        },
    }
}

fn key(name: &FilterName, otherwise: FilterKey) -> FilterKey {
    match name {
        FilterName::Known(key) => *key,
        FilterName::Field(_) => otherwise,
    }
}
