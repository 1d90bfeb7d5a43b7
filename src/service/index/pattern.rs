//! Query words compiled to byte patterns, and where in a text they are found.

use memchr::memmem::{Finder, FinderBuilder, Prefilter};

use crate::domain::fold::{self, expanded, fold};
use crate::domain::query::TermKind;

use super::{FieldKind, FieldSet};

/// Between two names, addresses or numbers of one entry.
pub(super) const SEGMENT: u8 = 0x1F;
/// In front of a phone number's digits, in place of the `+`.
pub(super) const PHONE: u8 = 0x1E;
/// Between given and family name: a space at which a field starts.
pub(super) const FAMILY: u8 = 0x1D;

/// The cost of what is not found.
pub(super) const NONE: u8 = u8::MAX;

/// How well a word is found. Times eight, plus the field's order, is the cost.
pub(super) mod tier {
    pub(crate) const WHOLE_WORD: u8 = 0;
    pub(crate) const FIELD_START: u8 = 1;
    pub(crate) const WORD_START: u8 = 2;
    pub(crate) const INSIDE: u8 = 3;
    pub(crate) const FUZZY: u8 = 4;
}

pub(super) const fn cost(tier: u8, field: FieldKind) -> u8 {
    let order = match field {
        FieldKind::Name => 0,
        FieldKind::Company => 1,
        FieldKind::Email | FieldKind::Phone => 2,
        FieldKind::Tag => 3,
        FieldKind::JobTitle => 4,
        FieldKind::City => 5,
    };
    tier * 8 + order
}

const LETTERS: u64 = (1 << 38) - 1;

/// The characters of a text as bits: 26 letters, ten digits, two for the bytes of everything else.
pub(super) fn letters(text: &[u8]) -> u64 {
    text.iter().fold(0, |mask, &byte| {
        mask | match byte {
            b'a'..=b'z' => 1 << (byte - b'a'),
            b'0'..=b'9' => 1 << (26 + byte - b'0'),
            0x80.. => 1 << (36 + (byte & 1)),
            _ => 0,
        }
    })
}

/// The letters that words of a text start with, in the bits above those of [`letters`].
pub(super) fn starts(text: &[u8]) -> u64 {
    let mut after = b' ';
    text.iter().fold(0, |mask, &byte| {
        let first = is_edge(std::mem::replace(&mut after, byte)) && byte.is_ascii_lowercase();
        if first { mask | start_bit(byte) } else { mask }
    })
}

/// The letters that stand alone as a word, in the same bits.
pub(super) fn alone(text: &[u8]) -> u64 {
    let edge = |at: usize| text.get(at).is_none_or(|&b| is_edge(b));
    text.iter().enumerate().fold(0, |mask, (at, &byte)| {
        let alone = byte.is_ascii_lowercase() && edge(at + 1) && (at == 0 || edge(at - 1));
        if alone { mask | start_bit(byte) } else { mask }
    })
}

pub(super) const fn start_bit(letter: u8) -> u64 {
    1 << (38 + letter - b'a')
}

/// Whether a byte of folded text stands between words.
const fn is_edge(byte: u8) -> bool {
    byte < 0x80 && !byte.is_ascii_alphanumeric()
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Anchor {
    Anywhere,
    Word,
    Segment,
}

/// One way to write a query word.
#[derive(Debug)]
pub(super) struct Needle {
    pub(super) text: Vec<u8>,
    pub(super) fields: FieldSet,
    pub(super) mask: u64,
    anchor: Anchor,
    /// Must end where a word ends.
    whole: bool,
    /// Finds the first word of the needle.
    finder: Finder<'static>,
    first: usize,
}

impl PartialEq for Needle {
    fn eq(&self, other: &Needle) -> bool {
        (&self.text, self.fields, self.anchor, self.whole)
            == (&other.text, other.fields, other.anchor, other.whole)
    }
}

/// A query word: any of its needles finds it.
#[derive(PartialEq, Debug)]
pub(super) struct Pattern {
    pub(super) needles: Vec<Needle>,
    pub(super) excluded: bool,
    /// May be matched fuzzily.
    pub(super) fuzzy: bool,
}

/// Fewest letters matched fuzzily.
const FUZZY_LETTERS: usize = 3;

impl Pattern {
    /// The pattern of a term, to be found in these fields; none for filters.
    pub(super) fn new(term: &TermKind, excluded: bool, fields: FieldSet) -> Option<Pattern> {
        let mut needles = Vec::new();
        let mut add = |text: String, within: FieldSet, anchor, whole| {
            let needle = Needle::new(text, within.and(fields), anchor, whole);
            if !needle.text.is_empty() && needle.fields != FieldSet::NONE && !needles.contains(&needle) {
                needles.push(needle);
            }
        };
        let mut fuzzy = false;
        match term {
            TermKind::Word(word) => {
                let base = fold(word);
                fuzzy = !excluded
                    && base.chars().count() >= FUZZY_LETTERS
                    && base.chars().all(char::is_alphabetic)
                    && (fields.contains(FieldKind::Name) || fields.contains(FieldKind::Company));
                if let Some(expanded) = expanded(word) {
                    add(expanded, FieldSet::ALL, Anchor::Anywhere, false);
                }
                if !word.is_ascii() {
                    add(fold::email(word), FieldSet::of([FieldKind::Email]), Anchor::Anywhere, false);
                }
                add(base, FieldSet::ALL, Anchor::Anywhere, false);
            }
            TermKind::Phrase(phrase) => {
                if let Some(expanded) = expanded(phrase) {
                    add(expanded, FieldSet::ALL, Anchor::Word, true);
                }
                let numeric =
                    |c: char| c.is_ascii_digit() || matches!(c, ' ' | '+' | '(' | ')' | '/' | '.' | '-');
                if phrase.chars().all(numeric) {
                    phones(phrase, &mut add);
                }
                add(fold(phrase), FieldSet::ALL, Anchor::Word, true);
            }
            TermKind::Number(number) => {
                phones(number, &mut add);
                add(fold(number), FieldSet::ALL.without(FieldKind::Phone), Anchor::Anywhere, false);
            }
            TermKind::Email(address) => {
                let anchor = if address.starts_with('@') { Anchor::Anywhere } else { Anchor::Segment };
                add(fold::email(address), FieldSet::of([FieldKind::Email]), anchor, false);
            }
            // Views are expanded before; one that is not finds nothing, rather than everything.
            TermKind::View(_) => {}
            TermKind::Filter(_) => return None,
        }
        Some(Pattern { needles, excluded, fuzzy })
    }

    /// Whether all that this pattern finds, `old` finds too. False where that is not certain.
    pub(super) fn narrows(&self, old: &Pattern) -> bool {
        let within = |new: &Needle, old: &Needle| {
            new == old
                || (!old.whole
                    && old.fields.and(new.fields) == new.fields
                    && match old.anchor {
                        Anchor::Anywhere => memchr::memmem::find(&new.text, &old.text).is_some(),
                        anchor => new.anchor >= anchor && new.text.starts_with(&old.text),
                    })
        };
        self.needles.iter().all(|new| old.needles.iter().any(|old| within(new, old)))
    }

    /// The needle in the base spelling.
    pub(super) fn base(&self) -> Option<&Needle> {
        self.needles.last()
    }

    /// The best cost within an entry's own text.
    pub(super) fn own(&self, text: &[u8], names_len: usize, names: u64, rest: u64) -> u8 {
        let mut best = NONE;
        for needle in &self.needles {
            let mut found = |tier, field| {
                if needle.fields.contains(field) {
                    best = best.min(cost(tier, field));
                }
                best > 0
            };
            if needle.fields.contains(FieldKind::Name) && needle.mask & !names == 0 {
                needle.scan(&text[..names_len], FieldKind::Name, &mut found);
            }
            if needle.mask & !rest == 0 {
                needle.scan(&text[names_len..], FieldKind::Email, &mut found);
            }
        }
        best
    }

    /// The fields of an entry's own text that the pattern is found in.
    pub(super) fn own_fields(&self, text: &[u8], names_len: usize) -> FieldSet {
        let mut fields = FieldSet::NONE;
        for needle in &self.needles {
            let mut found = |_, field| {
                if needle.fields.contains(field) {
                    fields = fields.with(field);
                }
                true
            };
            needle.scan(&text[..names_len], FieldKind::Name, &mut found);
            needle.scan(&text[names_len..], FieldKind::Email, &mut found);
        }
        fields
    }

    /// The best cost within a text of one field, folded, with its other spelling behind `SEGMENT`.
    pub(super) fn shared(&self, text: &[u8], mask: u64, field: FieldKind) -> u8 {
        let mut best = NONE;
        for needle in &self.needles {
            if needle.fields.contains(field) && needle.mask & !mask == 0 {
                needle.scan(text, field, &mut |tier, field| {
                    best = best.min(cost(tier, field));
                    best > cost(0, field)
                });
            }
        }
        best
    }
}

impl Needle {
    fn new(text: String, fields: FieldSet, anchor: Anchor, whole: bool) -> Needle {
        let text = text.into_bytes();
        let first = text.iter().position(|&b| b == b' ').unwrap_or(text.len());
        // The texts are short: setting up a prefilter for each would cost more than it saves.
        let finder =
            FinderBuilder::new().prefilter(Prefilter::None).build_forward(&text[..first]).into_owned();
        Needle { mask: letters(&text) & LETTERS, fields, anchor, whole, finder, first, text }
    }

    /// The letter, if the needle is one to be found anywhere.
    pub(super) fn letter(&self) -> Option<u8> {
        match &*self.text {
            [letter @ b'a'..=b'z'] if self.anchor == Anchor::Anywhere && !self.whole => Some(*letter),
            _ => None,
        }
    }

    /// Calls `found` with tier and field of each occurrence, until it returns false. `field` is that of the text;
    /// in the text behind the names it is told apart by the byte a phone number starts with.
    fn scan(&self, text: &[u8], field: FieldKind, found: &mut impl FnMut(u8, FieldKind) -> bool) {
        let mut from = 0;
        while let Some(at) = self.finder.find(&text[from..]).map(|at| from + at) {
            from = at + 1;
            if let Some((tier, field)) = self.judge(text, at, field)
                && !found(tier, field)
            {
                return;
            }
            if from >= text.len() {
                return;
            }
        }
    }

    /// The needle's first word is at `at`: whether all of it is, and how well.
    fn judge(&self, text: &[u8], at: usize, field: FieldKind) -> Option<(u8, FieldKind)> {
        let end = at + self.text.len();
        if self.first < self.text.len() {
            let rest = text.get(at + self.first..end)?;
            let same =
                |(&b, &wanted): (&u8, &u8)| b == wanted || (wanted == b' ' && is_edge(b) && b != SEGMENT);
            if !rest.iter().zip(&self.text[self.first..]).all(same) {
                return None;
            }
        }
        let before = at.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(SEGMENT);
        let ends = text.get(end).is_none_or(|&b| is_edge(b));
        let mut start = match before {
            SEGMENT | FAMILY | PHONE => tier::FIELD_START,
            b if is_edge(b) => tier::WORD_START,
            _ => tier::INSIDE,
        };
        let mut field = field;
        if field == FieldKind::Email {
            let segment = memchr::memrchr(SEGMENT, &text[..at]).map_or(0, |at| at + 1);
            if text.get(segment) == Some(&PHONE) {
                field = FieldKind::Phone;
                // Where the national number starts is a place to start at, too.
                let digits = &text[segment + 1..];
                if start == tier::INSIDE && at - segment - 1 == country_code_len(digits) {
                    start = tier::WORD_START;
                }
            }
        }
        let anchored = match self.anchor {
            Anchor::Anywhere => true,
            Anchor::Word => start < tier::INSIDE,
            Anchor::Segment => matches!(before, SEGMENT | PHONE),
        };
        if !anchored || (self.whole && !ends) {
            return None;
        }
        Some((if ends && start < tier::INSIDE { tier::WHOLE_WORD } else { start }, field))
    }

    /// The ranges of a folded text, without markers, that the needle is found at.
    pub(super) fn ranges(&self, text: &[u8], field: FieldKind) -> Vec<std::ops::Range<usize>> {
        let mut out = Vec::new();
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| self.finder.find(rest)).map(|at| from + at) {
            // As a field of its own: `Email` would look for phones.
            let as_field = if field == FieldKind::Email { FieldKind::Name } else { field };
            if self.judge(text, at, as_field).is_some() {
                out.push(at..at + self.text.len());
                from = at + self.text.len();
            } else {
                from = at + 1;
            }
        }
        out
    }
}

/// The needles that find a phone number written in any way.
///
/// With `+` or `00` (or North America's `011`) the number is international, and found at the start; a trunk zero
/// behind the country code, as in `+49 (0)30`, is left out as an alternative. Otherwise the digits are found
/// anywhere in the number, as they are and without one leading zero, which is the trunk prefix of most countries.
fn phones(text: &str, add: &mut impl FnMut(String, FieldSet, Anchor, bool)) {
    let field = FieldSet::of([FieldKind::Phone]);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plus = text.trim_start_matches(['(', ' ']).starts_with('+');
    let mut international = |digits: &str| {
        let code = country_code_len(digits.as_bytes());
        if let Some(national) = digits.get(code..).and_then(|rest| rest.strip_prefix('0')) {
            add(format!("{}{national}", &digits[..code]), field, Anchor::Segment, false);
        }
        add(digits.to_owned(), field, Anchor::Segment, false);
    };
    if plus {
        return international(&digits);
    }
    if let Some(rest) = digits.strip_prefix("00") {
        international(rest);
    }
    if let Some(rest) = digits.strip_prefix("011")
        && digits.len() > 11
    {
        international(rest);
    }
    if let Some(rest) = digits.strip_prefix('0') {
        add(rest.to_owned(), field, Anchor::Anywhere, false);
    }
    add(digits, field, Anchor::Anywhere, false);
}

/// Length of the country calling code (ITU-T E.164 list of assigned codes: one digit for 1 and 7, two for these,
/// three for all others).
fn country_code_len(digits: &[u8]) -> usize {
    match digits {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}

/// Whether the letters of `needle` occur in this order.
pub(super) fn is_subsequence(needle: &[u8], text: &[u8]) -> bool {
    let mut rest = text;
    needle.iter().all(|&b| match memchr::memchr(b, rest) {
        Some(at) => {
            rest = &rest[at + 1..];
            true
        }
        None => false,
    })
}
