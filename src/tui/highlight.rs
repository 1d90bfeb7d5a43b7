//! Which part of a text was searched for.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::domain::fold::{Mapped, Spelling, fold};
use crate::domain::query::{Query, TermKind};
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::{Theme, Tone};

/// The folded words of a query.
#[derive(Clone, Debug, Default)]
pub struct Highlight {
    words: Vec<String>,
    /// Digits of numbers, which a readable number has apart.
    digits: Vec<String>,
}

impl Highlight {
    /// Of a query as typed; one that cannot be read marks nothing.
    pub fn of(query: &str) -> Highlight {
        let mut highlight = Highlight::default();
        let Ok((query, _)) = Query::parse_typing(query) else { return highlight };
        for term in query.terms.iter().filter(|term| !term.excluded) {
            match &term.kind {
                TermKind::Word(word) | TermKind::Email(word) | TermKind::Phrase(word) => {
                    highlight.words.push(fold(word))
                }
                TermKind::Number(number) => {
                    highlight.words.push(fold(number));
                    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
                    // A number at home begins with a nought that the number abroad has not.
                    highlight.digits.push(digits.trim_start_matches('0').to_owned());
                }
                TermKind::Filter(_) | TermKind::View(_) => {}
            }
        }
        highlight.words.retain(|word| !word.is_empty());
        highlight.digits.retain(|digits| digits.len() >= 3);
        highlight
    }

    /// The bytes of the text that match, in order, without overlap.
    pub fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        if self.words.is_empty() && self.digits.is_empty() {
            return found;
        }
        for spelling in [Spelling::Base, Spelling::Expanded] {
            let mapped = Mapped::new(text, spelling);
            for word in &self.words {
                found.extend(
                    mapped
                        .key
                        .match_indices(word.as_str())
                        .map(|(at, hit)| mapped.original(at..at + hit.len())),
                );
            }
            if text.is_ascii() {
                break;
            }
        }
        if !self.digits.is_empty() {
            let places: Vec<(usize, char)> =
                text.char_indices().filter(|(_, c)| c.is_ascii_digit()).collect();
            let all: String = places.iter().map(|(_, c)| c).collect();
            for digits in &self.digits {
                for (at, hit) in all.match_indices(digits.as_str()) {
                    if let (Some((first, _)), Some((last, _))) =
                        (places.get(at), places.get(at + hit.len() - 1))
                    {
                        found.push(*first..last + 1);
                    }
                }
            }
        }
        found.retain(|range| !range.is_empty() && text.get(range.clone()).is_some());
        found.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    /// Writes a text with what matches in it marked.
    pub fn put(
        &self,
        buf: &mut Buffer,
        x: u16,
        y: u16,
        width: u16,
        content: &str,
        base: Style,
        theme: Theme,
    ) {
        let clean = text::clean(content);
        let shown = text::truncate(&clean, usize::from(width)).into_owned();
        let mark = base.patch(theme.style(Tone::Match));
        let mut at = 0;
        let mut x = x;
        let end = x.saturating_add(width);
        for range in self.ranges(&shown) {
            let before = shown.get(at..range.start).unwrap_or_default();
            x += paint_raw(buf, x, y, end, before, base);
            x += paint_raw(buf, x, y, end, shown.get(range.clone()).unwrap_or_default(), mark);
            at = range.end;
        }
        paint_raw(buf, x, y, end, shown.get(at..).unwrap_or_default(), base);
    }
}

fn paint_raw(buf: &mut Buffer, x: u16, y: u16, end: u16, part: &str, style: Style) -> u16 {
    paint::put(buf, x, y, end.saturating_sub(x), part, style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(query: &str, text: &str) -> Vec<String> {
        Highlight::of(query).ranges(text).into_iter().map(|range| text[range].to_owned()).collect()
    }

    #[test]
    fn what_was_searched_for_is_marked_in_the_text_as_written() {
        assert_eq!(marked("jose garcia", "José García"), ["José", "García"]);
        assert_eq!(marked("mueller", "Anna Müller"), ["Müller"]);
        assert_eq!(marked("muller", "Anna Müller"), ["Müller"]);
        assert_eq!(marked("an tag:fair", "Anna"), ["An"]);
        assert_eq!(marked("-anna", "Anna"), Vec::<String>::new());
        assert_eq!(marked("030 9018", "+49 30 901820"), ["30 9018"]);
        assert_eq!(marked("aa a", "aaaa"), ["aaaa"]);
        assert_eq!(marked("tga:x", "x"), Vec::<String>::new());
    }
}
