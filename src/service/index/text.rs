//! The searchable text of an entry.

use crate::domain::fold::{self, Spelling, fold_into};

use super::Doc;
use super::pattern::{FAMILY, PHONE, SEGMENT};

/// Most bytes of text held for one entry; what is beyond is not found. Ten times what a busy record has.
const MAX_TEXT: usize = 4_096;

/// Appends the text of an entry; gives the length of its first part, the names.
pub(super) fn append_text(doc: &Doc<'_>, out: &mut String) -> usize {
    let start = out.len();
    append_name(doc.given, doc.family, Spelling::Base, out);
    if out.len() == start {
        fold_into(doc.display, Spelling::Base, out);
    }
    let name = start..out.len();
    let mut other = String::new();
    // Nothing is spelt in two ways that has no letters but those of ASCII.
    if !doc.given.is_ascii() || !doc.family.is_ascii() {
        append_name(doc.given, doc.family, Spelling::Expanded, &mut other);
        add_name(out, start, &other);
    }
    if !doc.display.is_empty() {
        for spelling in [Spelling::Base, Spelling::Expanded] {
            other.clear();
            fold_into(doc.display, spelling, &mut other);
            let same = |(a, b): (u8, u8)| a == b || a == FAMILY && b == b' ';
            if other.len() != name.len()
                || !out.as_bytes()[name.clone()].iter().copied().zip(other.bytes()).all(same)
            {
                add_name(out, start, &other);
            }
        }
    }
    cut(out, start + MAX_TEXT / 2);
    let names = out.len();
    for email in doc.emails {
        add_reach(out, start, names, &fold::email(email));
    }
    for phone in doc.phones {
        other.clear();
        other.push(char::from(PHONE));
        other.extend(phone.chars().filter(char::is_ascii_digit));
        if other.len() > 1 {
            add_reach(out, start, names, &other);
        }
    }
    names - start
}

/// Adds another name to the text from `start` on.
fn add_name(out: &mut String, start: usize, name: &str) {
    if is_new(out, start, name) && out.len() - start + 1 + name.len() <= MAX_TEXT / 2 {
        if out.len() > start {
            out.push(char::from(SEGMENT));
        }
        out.push_str(name);
    }
}

/// Adds an address or a number to those from `names` on, where the names end.
fn add_reach(out: &mut String, start: usize, names: usize, reach: &str) {
    if is_new(out, names, reach) && out.len() - start + 1 + reach.len() <= MAX_TEXT {
        out.push(char::from(SEGMENT));
        out.push_str(reach);
    }
}

fn is_new(out: &str, from: usize, segment: &str) -> bool {
    !segment.is_empty() && !out[from..].split(char::from(SEGMENT)).any(|known| known == segment)
}

/// Appends given and family name with `FAMILY` between them.
fn append_name(given: &str, family: &str, spelling: Spelling, out: &mut String) {
    let start = out.len();
    fold_into(given, spelling, out);
    let at = out.len();
    fold_into(family, spelling, out);
    if at > start && out.len() > at {
        out.insert(at, char::from(FAMILY));
    }
}

fn cut(text: &mut String, most: usize) {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}
