//! The searchable text of an entry.

use crate::domain::fold::{self, Spelling, fold_into};

use super::Doc;
use super::pattern::{FAMILY, PHONE, SEGMENT};

/// Most bytes of text held for one entry; what is beyond is not found. Ten times what a busy record has.
const MAX_TEXT: usize = 4_096;

/// The text of an entry, and the length of its first part, the names.
pub(super) fn text_of(doc: &Doc<'_>) -> (String, usize) {
    let mut out = String::new();
    let mut name = name(doc.given, doc.family, Spelling::Base);
    if name.is_empty() {
        fold_into(doc.display, Spelling::Base, &mut name);
    }
    out.push_str(&name);
    let mut add = |segment: &str| {
        let known = out.split(char::from(SEGMENT)).any(|known| known == segment);
        if !segment.is_empty() && !known && out.len() + 1 + segment.len() <= MAX_TEXT / 2 {
            if !out.is_empty() {
                out.push(char::from(SEGMENT));
            }
            out.push_str(segment);
        }
    };
    add(&self::name(doc.given, doc.family, Spelling::Expanded));
    let mut display = String::new();
    for spelling in [Spelling::Base, Spelling::Expanded] {
        display.clear();
        fold_into(doc.display, spelling, &mut display);
        if display.as_bytes() != with_space(&name) {
            add(&display);
        }
    }
    cut(&mut out, MAX_TEXT / 2);
    let names_len = out.len();
    let emails = doc.emails.iter().map(|email| fold::email(email));
    let phones = doc.phones.iter().filter_map(|phone| {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        (!digits.is_empty()).then(|| format!("{}{digits}", char::from(PHONE)))
    });
    for segment in emails.chain(phones) {
        let known = out[names_len..].split(char::from(SEGMENT)).any(|known| known == segment);
        if !segment.is_empty() && !known && out.len() + 1 + segment.len() <= MAX_TEXT {
            out.push(char::from(SEGMENT));
            out.push_str(&segment);
        }
    }
    (out, names_len)
}

/// Given and family name with `FAMILY` between them.
fn name(given: &str, family: &str, spelling: Spelling) -> String {
    let mut out = String::new();
    fold_into(given, spelling, &mut out);
    let at = out.len();
    fold_into(family, spelling, &mut out);
    if at > 0 && out.len() > at {
        out.insert(at, char::from(FAMILY));
    }
    out
}

fn with_space(name: &str) -> Vec<u8> {
    name.bytes().map(|b| if b == FAMILY { b' ' } else { b }).collect()
}

fn cut(text: &mut String, most: usize) {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}
