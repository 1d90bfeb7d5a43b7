//! What of a shown text the query found, for the rows on the screen.

use std::ops::Range;

use fuzzy_matcher::FuzzyMatcher;
use fuzzy_matcher::skim::SkimMatcherV2;

use crate::domain::fold::{Mapped, Spelling};
use crate::domain::query::Query;
use crate::domain::text::is_invisible;

use super::pattern::{PHONE, Pattern, is_subsequence};
use super::{FieldKind, FieldSet};

/// A query's words, to be found in texts as they are shown.
pub struct Highlighter {
    patterns: Vec<Pattern>,
    matcher: SkimMatcherV2,
}

impl Highlighter {
    pub fn new(query: &Query) -> Highlighter {
        let terms = query.terms.iter().filter(|term| !term.excluded);
        Highlighter {
            patterns: terms.filter_map(|term| Pattern::new(&term.kind, false, FieldSet::ALL)).collect(),
            matcher: SkimMatcherV2::default().respect_case(),
        }
    }

    /// The bytes of `text`, a field's original text, that words of the query were found at: whole characters with
    /// their accents, in order, not touching. `fuzzy` also lights the letters of words that are not in the text as
    /// such; pass [`super::Hit::fuzzy`].
    pub fn highlight(&self, field: FieldKind, text: &str, fuzzy: bool) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let keys = match field {
            FieldKind::Phone => vec![digits(text)],
            FieldKind::Email => vec![address(text)],
            FieldKind::Name | FieldKind::Company | FieldKind::Tag | FieldKind::JobTitle | FieldKind::City => {
                let base = Key::folded(text, Spelling::Base);
                let other = Key::folded(text, Spelling::Expanded);
                if text.is_ascii() || other.key == base.key { vec![base] } else { vec![base, other] }
            }
        };
        for pattern in &self.patterns {
            let before = out.len();
            for needle in pattern.needles.iter().filter(|needle| needle.fields.contains(field)) {
                for key in &keys {
                    out.extend(needle.ranges(&key.key, field).into_iter().map(|range| key.original(range)));
                }
            }
            let loose = fuzzy && pattern.fuzzy && matches!(field, FieldKind::Name | FieldKind::Company);
            if loose && out.len() == before {
                out.extend(self.letters(pattern, keys.first()));
            }
        }
        merged(out)
    }

    /// The letters of a fuzzy match.
    fn letters(&self, pattern: &Pattern, key: Option<&Key>) -> Vec<Range<usize>> {
        let found = (|| {
            let (key, base) = (key?, pattern.base()?);
            if !is_subsequence(&base.text, &key.key) {
                return None;
            }
            let text = std::str::from_utf8(&key.key).ok()?;
            let (_, indices) = self.matcher.fuzzy_indices(text, std::str::from_utf8(&base.text).ok()?)?;
            let letters: Vec<(usize, char)> = text.char_indices().collect();
            let range = |i: usize| letters.get(i).map(|&(at, c)| key.original(at..at + c.len_utf8()));
            Some(indices.into_iter().filter_map(range).collect())
        })();
        found.unwrap_or_default()
    }
}

/// Sorts ranges and joins those that touch or overlap.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// A text to search, and the way back.
struct Key {
    key: Vec<u8>,
    way: Way,
}

enum Way {
    Folded(Mapped),
    /// For each byte of the key the bytes it came from.
    Bytes(Vec<Range<usize>>),
}

impl Key {
    fn folded(text: &str, spelling: Spelling) -> Key {
        let mapped = Mapped::new(text, spelling);
        Key { key: mapped.key.clone().into_bytes(), way: Way::Folded(mapped) }
    }

    fn original(&self, range: Range<usize>) -> Range<usize> {
        match &self.way {
            Way::Folded(mapped) => mapped.original(range),
            Way::Bytes(from) => {
                match (from.get(range.start), range.end.checked_sub(1).and_then(|n| from.get(n))) {
                    (Some(first), Some(last)) => first.start..last.end.max(first.start),
                    _ => 0..0,
                }
            }
        }
    }
}

/// The digits of a number as the index holds it.
fn digits(text: &str) -> Key {
    let mut key = vec![PHONE];
    let mut from: Vec<Range<usize>> = std::iter::once(0..0).collect();
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
        key.push(byte);
        from.push(at..at + 1);
    }
    Key { key, way: Way::Bytes(from) }
}

/// An address in lower case.
fn address(text: &str) -> Key {
    let mut key = String::new();
    let mut from: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices() {
        if is_invisible(c) || c.is_control() || c.is_whitespace() {
            continue;
        }
        key.extend(c.to_lowercase());
        from.resize(key.len(), at..at + c.len_utf8());
    }
    Key { key: key.into_bytes(), way: Way::Bytes(from) }
}
