//! What can be wrong with a query, and where.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::domain::text::neutralise;

use super::filters::{FILTERS, FilterKey, HAS, IS};

/// A query that cannot be read, with the bytes of the text that are at fault.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct QueryError {
    pub kind: ErrorKind,
    /// Bytes of the query text, on character boundaries; empty at the end of the text.
    pub span: Range<usize>,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ErrorKind {
    #[error("the query is longer than {} characters", super::MAX_CHARS)]
    TooLong,
    #[error("the query has more than {} terms", super::MAX_TERMS)]
    TooManyTerms,
    #[error("there is no filter `{}:`", neutralise(name))]
    UnknownFilter { name: String, nearest: Option<&'static str> },
    #[error("`{filter}:` needs a value")]
    MissingValue { filter: String },
    #[error("the view `@{name}` cannot be left out")]
    ExcludedView { name: String },
    #[error("this quotation mark is never closed")]
    UnclosedQuote,
    #[error("`{}` is not a date, comparison, range or age", neutralise(value))]
    NotATime { value: String },
    #[error("`{}:` does not know `{}`", key.spec().name, neutralise(value))]
    UnknownWord { key: FilterKey, value: String, nearest: Option<&'static str> },
    #[error("there is no letter or digit to search for")]
    NothingToSearch,
}

impl QueryError {
    /// What to do about it, for the line below the message.
    pub fn hint(&self) -> Option<String> {
        match &self.kind {
            ErrorKind::TooLong | ErrorKind::TooManyTerms => None,
            ErrorKind::UnknownFilter { nearest: Some(nearest), .. } => {
                Some(format!("did you mean `{nearest}:`? To search for text with a colon, put it in quotes"))
            }
            ErrorKind::UnknownFilter { nearest: None, .. } => {
                Some("to search for text with a colon, put it in quotes".to_owned())
            }
            ErrorKind::MissingValue { filter } => {
                let spec = FILTERS.iter().find(|spec| spec.name == filter)?;
                Some(format!("for example {filter}:{} — {}", spec.example, spec.help))
            }
            ErrorKind::ExcludedView { .. } => {
                Some("put a - before the filters in it that shall not hold instead".to_owned())
            }
            ErrorKind::UnclosedQuote => Some("close it with another \"".to_owned()),
            ErrorKind::NotATime { .. } => Some(
                "for example 2026-03-31, 2026-03, >2026-01-01, 2026-01-01..2026-02-01, today, <7d, >30d"
                    .to_owned(),
            ),
            ErrorKind::UnknownWord { nearest: Some(nearest), .. } => {
                Some(format!("did you mean `{nearest}`?"))
            }
            ErrorKind::UnknownWord { key, nearest: None, .. } => {
                let words: Vec<&str> = match key {
                    FilterKey::Is => IS.iter().map(|word| word.name()).collect(),
                    FilterKey::Consent => crate::domain::consent::State::WORDS.to_vec(),
                    _ => HAS.iter().map(|word| word.name()).collect(),
                };
                Some(format!("known are {}", words.join(", ")))
            }
            ErrorKind::NothingToSearch => Some("an empty query finds everything".to_owned()),
        }
    }

    /// Whether going on typing could mend it.
    pub fn is_incomplete(&self, text: &str) -> bool {
        match self.kind {
            ErrorKind::UnclosedQuote => true,
            ErrorKind::MissingValue { .. } => self.span.end == text.len(),
            ErrorKind::TooLong
            | ErrorKind::TooManyTerms
            | ErrorKind::ExcludedView { .. }
            | ErrorKind::UnknownFilter { .. }
            | ErrorKind::NotATime { .. }
            | ErrorKind::UnknownWord { .. }
            | ErrorKind::NothingToSearch => false,
        }
    }

    /// Message, the query, carets under the fault, and the hint; lines without a trailing newline.
    /// The carets count terminal cells, and a long query is cut to what surrounds the fault.
    pub fn render(&self, text: &str) -> String {
        const BEFORE: usize = 40;
        const AFTER: usize = 30;
        let clamp = |at: usize| {
            let mut at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (clamp(self.span.start), clamp(self.span.end.max(self.span.start)));
        let cut = |part: &str, most: usize, from_end: bool| -> String {
            let clean = neutralise(part);
            let count = clean.chars().count();
            if count <= most {
                return clean.into_owned();
            }
            if from_end {
                let tail: String = clean.chars().skip(count - most).collect();
                format!("…{tail}")
            } else {
                let head: String = clean.chars().take(most).collect();
                format!("{head}…")
            }
        };
        let before = cut(&text[..start], BEFORE, true);
        let fault = cut(&text[start..end], AFTER, false);
        let after = cut(&text[end..], AFTER, false);
        let mut out = format!(
            "{self}\n  {before}{fault}{after}\n  {}{}",
            " ".repeat(before.width()),
            "^".repeat(fault.width().max(1))
        );
        if let Some(hint) = self.hint() {
            out.push_str("\n  ");
            out.push_str(&hint);
        }
        out
    }
}

/// The candidate nearest to what was typed, if it is near at all.
pub(super) fn nearest(typed: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let typed = typed.to_lowercase();
    if typed.chars().count() > 32 {
        return None;
    }
    candidates
        .map(|name| (strsim::damerau_levenshtein(&typed, name), name))
        .filter(|&(distance, name)| distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}
