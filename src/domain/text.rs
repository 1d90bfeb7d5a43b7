//! Text made safe to draw: what would move the cursor, reverse the line or hide in it is removed or shown.

use std::borrow::Cow;

/// What stands for a line break inside a single line.
pub const LINE_BREAK: char = '␤';

/// What stands for any other control character that was in the data.
pub const CONTROL: char = '\u{FFFD}';

/// Text for one line of a terminal: whatever was stored, nothing in it can act on the terminal.
///
/// A name is data. It may hold an escape sequence, an override of the writing direction ("Trojan Source",
/// CVE-2021-42574), or a character of no width that makes two names look alike. The rule, character by character:
///
/// | in the data | drawn as |
/// |---|---|
/// | CR LF, LF, CR, VT, FF, NEL, U+2028, U+2029 | one `␤` |
/// | tab | a space |
/// | other C0, DEL, C1 (U+0080–9F) | `U+FFFD` |
/// | bidi marks, embeddings, overrides, isolates (U+061C, U+200E–F, U+202A–E, U+2066–9) | nothing |
/// | zero width (U+200B–D, U+2060–4, U+FEFF), soft hyphen, U+034F, U+180E, U+206A–F | nothing |
/// | variation selectors (U+FE00–F, U+E0100–EF), tags (U+E0000–7F) | nothing |
/// | interlinear annotation marks U+FFF9–B | nothing |
///
/// Clean text, which is nearly all of it, is borrowed.
pub fn neutralise(text: &str) -> Cow<'_, str> {
    let Some(first) = text.char_indices().find(|&(_, c)| needs_care(c)).map(|(at, _)| at) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = text[first..].chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' => {
                rest.next_if_eq(&'\n');
                out.push(LINE_BREAK);
            }
            '\n' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push(LINE_BREAK),
            '\t' => out.push(' '),
            c if is_invisible(c) => {}
            c if c.is_control() => out.push(CONTROL),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn needs_care(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_invisible(c)
}

/// Characters that draw nothing of their own: zero width, direction, selectors, tags. Controls are not among them.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}')
}

/// The known word that is most like `word`, if one is.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|one| (strsim::osa_distance(one, word), *one))
        .filter(|(distance, _)| *distance <= 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, one)| one)
}

/// Whether a spreadsheet may take a cell for a formula (OWASP, "CSV Injection"): also full-width forms, and behind the
/// apostrophes that keep it from that.
pub fn is_formula(cell: &str) -> bool {
    const BEGINS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    cell.trim_start_matches('\'').starts_with(BEGINS)
}

#[cfg(test)]
mod tests {
    use super::neutralise;
    use std::borrow::Cow;

    #[test]
    fn clean_text_is_borrowed() {
        for text in ["", "Zoë Müller-Lüdenscheid", "山田 太郎", "محمد", "e\u{301}"] {
            assert!(matches!(neutralise(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn nothing_reaches_the_terminal() {
        let cases = [
            ("Eve\x1b[2J\x1b]0;owned\x07", "Eve\u{FFFD}[2J\u{FFFD}]0;owned\u{FFFD}"),
            ("a\u{9b}31m", "a\u{FFFD}31m"),
            ("del\u{7f}nul\0", "del\u{FFFD}nul\u{FFFD}"),
            ("evil\u{202E}txt.exe\u{2066}x\u{2069}", "eviltxt.exex"),
            ("zero\u{200B}\u{200D}\u{FEFF}width", "zerowidth"),
            ("heart\u{2764}\u{FE0F}", "heart\u{2764}"),
            ("two\r\nlines\nand\rmore\u{2028}x", "two␤lines␤and␤more␤x"),
            ("tab\tstop", "tab stop"),
        ];
        for (dirty, clean) in cases {
            assert_eq!(neutralise(dirty), clean);
        }
    }

    proptest::proptest! {
        #[test]
        fn the_result_is_clean_and_stable(text in ".*") {
            let once = neutralise(&text).into_owned();
            proptest::prop_assert!(!once.chars().any(super::needs_care));
            proptest::prop_assert_eq!(&*neutralise(&once), &*once);
        }
    }
}
