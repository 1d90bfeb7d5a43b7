//! The notation of cells: lists in one cell, cells that a spreadsheet would run, notes in one cell.
//!
//! Lists are written as [`Value`](crate::domain::value::Value)'s `Display` writes them, `LABEL: VALUE; LABEL: VALUE`; a
//! character that would separate is escaped by a backslash, so that every list comes back as it was.

use std::borrow::Cow;

use crate::domain::contact::ContactField;
use crate::domain::reach::{Address, Labelled};
use crate::domain::text::is_formula;

/// A cell that no spreadsheet runs: one that would be run gets an apostrophe, which [`plain`] takes away.
///
/// A cell that has apostrophes before the dangerous character gets one too, so that the two are exact inverses.
pub(crate) fn neutralise(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text of a cell that may have been neutralised.
pub(crate) fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

fn escape_into(out: &mut String, text: &str, label: bool) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if matches!(chars.peek(), None | Some(';' | ':' | 'n' | 'r' | '\\' | ' ' | '\n' | '\r')) => {
                out.push_str("\\\\")
            }
            ';' => out.push_str("\\;"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            ':' if label || matches!(chars.peek(), Some(' ' | ':')) => out.push_str("\\:"),
            _ => out.push(c),
        }
    }
}

/// Writes labelled items into one cell.
pub(crate) fn write_items<'a>(items: impl Iterator<Item = (&'a str, String)>) -> String {
    let mut out = String::new();
    for (label, value) in items {
        if !out.is_empty() {
            out.push_str("; ");
        }
        if !label.is_empty() {
            escape_into(&mut out, label, true);
            out.push_str(": ");
        }
        escape_into(&mut out, &value, false);
    }
    out
}

/// An address as one item; its parts keep their line breaks and semicolons, which [`write_items`] escapes.
pub(crate) fn address_text(address: &Address) -> String {
    let parts = [&address.street, &address.postal_code, &address.city, &address.region, &address.country]
        .map(String::as_str);
    let used = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last + 1);
    parts.get(..used).unwrap_or_default().join(" | ")
}

/// Words for "nothing" that other programs write into cells of numbers and addresses.
pub(crate) fn is_blank(cell: &str) -> bool {
    let cell = cell.trim();
    cell.is_empty()
        || ["-", "--", "n/a", "#n/a", "null", "none", "k.a.", "n.v.t."]
            .iter()
            .any(|word| cell.eq_ignore_ascii_case(word))
}

/// Reads the items in one cell of a list-valued field: separated by `;`, line breaks or ` ::: ` (Google), each `VALUE`
/// or `LABEL: VALUE`; `label` is the column's own.
pub(crate) fn read_items(cell: &str, field: ContactField, label: &str) -> Vec<Labelled<String>> {
    // RFC 3966 writes extensions with the character that separates items here.
    let cell = if field == ContactField::phones && cell.contains(";ext=") {
        Cow::Owned(cell.replace(";ext=", "x"))
    } else {
        Cow::Borrowed(cell)
    };
    // Most cells hold one value and nothing that would need a closer look.
    if !cell.contains([';', '\n', '\r', '\\']) && !cell.contains(": ") && !cell.contains(":::") {
        let mut items = Vec::new();
        push_item(&mut items, field, label.to_owned(), cell.trim());
        return items;
    }
    let mut items = Vec::new();
    let mut own: Option<String> = None;
    let mut text = String::new();
    let mut rest: &str = &cell;
    loop {
        let mut chars = rest.chars();
        let next = chars.next();
        let after = chars.as_str();
        match next {
            None | Some(';' | '\n' | '\r') => {
                let label = own.take().unwrap_or_else(|| label.to_owned());
                push_item(&mut items, field, label, text.trim());
                text.clear();
                if next.is_none() {
                    break;
                }
                rest = after;
            }
            Some('\\') => {
                let kept = match after.chars().next() {
                    Some(c @ (';' | ':' | '\\' | ' ')) => Some(c),
                    Some('n') => Some('\n'),
                    Some('r') => Some('\r'),
                    _ => None,
                };
                match kept {
                    Some(c) => {
                        text.push(c);
                        rest = after.get(1..).unwrap_or_default();
                    }
                    None => {
                        text.push('\\');
                        rest = after;
                    }
                }
            }
            Some(':') if after.starts_with("::") => {
                let label = own.take().unwrap_or_else(|| label.to_owned());
                push_item(&mut items, field, label, text.trim());
                text.clear();
                rest = after.get(2..).unwrap_or_default();
            }
            Some(':') if own.is_none() && after.starts_with(' ') && !text.trim().is_empty() => {
                own = Some(text.trim().to_owned());
                text.clear();
                rest = after;
            }
            Some(c) => {
                text.push(c);
                rest = after;
            }
        }
    }
    items
}

fn push_item(items: &mut Vec<Labelled<String>>, field: ContactField, label: String, text: &str) {
    if text.is_empty() || field != ContactField::addresses && is_blank(text) {
        return;
    }
    match field {
        ContactField::emails => {
            if let Some((_, rest)) = text.split_once('<')
                && let Some((inner, _)) = rest.split_once('>')
            {
                items.push(Labelled { label, value: inner.trim().to_owned() });
            } else if text.matches('@').count() > 1 {
                for one in text.split([',', ' ', '/']).filter(|one| !one.is_empty()) {
                    items.push(Labelled { label: label.clone(), value: one.to_owned() });
                }
            } else {
                items.push(Labelled { label, value: text.to_owned() });
            }
        }
        // A piece without a dot is no web address, but what followed a semicolon inside one.
        ContactField::websites if !text.contains('.') => match items.last_mut() {
            Some(last) => {
                last.value.push(';');
                last.value.push_str(text);
            }
            None => items.push(Labelled { label, value: text.to_owned() }),
        },
        _ => items.push(Labelled { label, value: text.to_owned() }),
    }
}

/// The line between two notes in one cell.
const BETWEEN_NOTES: &str = "---";

fn is_between(line: &str) -> bool {
    line.trim_start_matches('\\') == BETWEEN_NOTES
}

/// Writes notes into one cell, with a line `---` between them.
pub(crate) fn write_notes(notes: &[&str]) -> String {
    let mut out = String::new();
    for (at, note) in notes.iter().enumerate() {
        if at > 0 {
            out.push_str("\n---\n");
        }
        for (number, line) in note.split('\n').enumerate() {
            if number > 0 {
                out.push('\n');
            }
            if is_between(line) {
                out.push('\\');
            }
            out.push_str(line);
        }
    }
    out
}

/// Reads the notes in one cell.
pub(crate) fn read_notes(cell: &str) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    let mut note: Option<String> = None;
    for line in cell.split('\n') {
        if line == BETWEEN_NOTES {
            notes.extend(note.take().or(Some(String::new())));
            continue;
        }
        let line = if is_between(line) { line.get(1..).unwrap_or_default() } else { line };
        match &mut note {
            Some(note) => {
                note.push('\n');
                note.push_str(line);
            }
            None => note = Some(line.to_owned()),
        }
    }
    notes.extend(note);
    notes.retain(|note| !note.trim().is_empty());
    notes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{neutralise, plain, read_items, read_notes, write_items, write_notes};
    use crate::domain::contact::ContactField;
    use crate::domain::reach::Labelled;

    fn read(cell: &str, field: ContactField) -> Vec<(String, String)> {
        read_items(cell, field, "").into_iter().map(|item| (item.label, item.value)).collect()
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn cells_that_would_run() {
        for cell in ["=1+1", "+4930901820", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "'=1", "''+1", "＝1"] {
            let safe = neutralise(cell);
            assert!(safe.starts_with('\''), "{cell}");
            assert_eq!(plain(&safe), cell);
        }
        for cell in ["'t Hart", "Anna", "", "'", "a=b", "1+1"] {
            assert_eq!(neutralise(cell), cell);
            assert_eq!(plain(cell), cell);
        }
    }

    #[test]
    fn lists_as_other_programs_write_them() {
        assert_eq!(
            read("a@example.com ::: b@example.com", ContactField::emails),
            pairs(&[("", "a@example.com"), ("", "b@example.com")])
        );
        assert_eq!(
            read("a@example.com, b@example.com", ContactField::emails),
            pairs(&[("", "a@example.com"), ("", "b@example.com")])
        );
        assert_eq!(read("Anna <a@example.com>", ContactField::emails), pairs(&[("", "a@example.com")]));
        assert_eq!(
            read("work: 030 901820; mobile: tel:+4915112345678;ext=1", ContactField::phones),
            pairs(&[("work", "030 901820"), ("mobile", "tel:+4915112345678x1")])
        );
        assert_eq!(read("n/a", ContactField::phones), pairs(&[]));
        assert_eq!(
            read("https://example.com/a;b; www.example.org", ContactField::websites),
            pairs(&[("", "https://example.com/a;b"), ("", "www.example.org")])
        );
    }

    proptest! {
        #[test]
        fn lists_come_back(items in proptest::collection::vec(("[a-z:;n\\\\ \n]{0,6}", "[a-z:;n|\\\\ \n]{1,8}"), 0..4)) {
            let items: Vec<(String, String)> = items
                .into_iter()
                .map(|(label, value)| (label.trim().to_owned(), format!("x{}y", value.trim())))
                .collect();
            let cell = write_items(items.iter().map(|(label, value)| (label.as_str(), value.clone())));
            let back: Vec<(String, String)> = read_items(&cell, ContactField::addresses, "")
                .into_iter()
                .map(|Labelled { label, value }| (label, value))
                .collect();
            prop_assert_eq!(back, items, "{}", cell);
        }

        #[test]
        fn notes_come_back(notes in proptest::collection::vec("(a|\\\\|-|---|\n| ){0,8}b", 0..4)) {
            let borrowed: Vec<&str> = notes.iter().map(String::as_str).collect();
            prop_assert_eq!(read_notes(&write_notes(&borrowed)), notes);
        }

        #[test]
        fn any_cell_comes_back(cell in "['=+@\t\r\na-]{0,5}") {
            let safe = neutralise(&cell).into_owned();
            prop_assert_eq!(plain(&safe), cell.as_str());
        }
    }
}
