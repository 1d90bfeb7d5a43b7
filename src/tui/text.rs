//! Text measured in cells: cutting, padding and wrapping names in any script.
//!
//! A cut never falls inside a grapheme cluster (Unicode UAX 29), and widths are those ratatui lays out by, so that
//! what is measured here fits where it is drawn.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What stands for the part that was cut off.
const ELLIPSIS: &str = "…";

/// On which side of a field its text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
    Centre,
}

/// Cells `text` takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(cells).sum() }
}

/// Cells one grapheme cluster takes.
fn cells(grapheme: &str) -> usize {
    // ratatui counts the half-width sound marks as cells of their own, as terminals draw them.
    let marks = grapheme.chars().filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}')).count();
    grapheme.width() + if grapheme.chars().nth(1).is_some() { marks } else { 0 }
}

/// `text`, or as much of its beginning as fits into `limit` cells with an `…` behind it.
pub fn truncate(text: &str, limit: usize) -> Cow<'_, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    if limit == 0 {
        return Cow::Borrowed("");
    }
    let kept = prefix(text, limit - 1);
    Cow::Owned(format!("{}{ELLIPSIS}", kept.trim_end()))
}

/// `text`, or as much of its end as fits into `limit` cells with an `…` before it; for paths and input fields.
pub fn truncate_start(text: &str, limit: usize) -> Cow<'_, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    if limit == 0 {
        return Cow::Borrowed("");
    }
    let mut used = 0;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += cells(grapheme);
        if used > limit - 1 {
            break;
        }
        from = at;
    }
    Cow::Owned(format!("{ELLIPSIS}{}", text.get(from..).unwrap_or_default()))
}

/// The longest beginning of `text` that fits into `limit` cells.
fn prefix(text: &str, limit: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += cells(grapheme);
        if used > limit {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// `text` cut or filled with spaces to exactly `size` cells.
pub fn pad(text: &str, size: usize, align: Align) -> String {
    let text = truncate(text, size);
    // A wide character that is cut may leave a cell over.
    let free = size.saturating_sub(width(&text));
    let before = match align {
        Align::Left => 0,
        Align::Right => free,
        Align::Centre => free / 2,
    };
    format!("{}{text}{}", " ".repeat(before), " ".repeat(free - before))
}

/// `text` broken into lines of at most `limit` cells, at spaces where there are any.
///
/// Lines of the text stay lines, indentation is kept, words longer than a line are broken between graphemes, and a
/// break may fall between wide characters, which is where Chinese and Japanese break.
pub fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let paragraph = paragraph.strip_suffix('\r').unwrap_or(paragraph);
        wrap_paragraph(paragraph, limit, &mut lines);
    }
    lines
}

fn wrap_paragraph(paragraph: &str, limit: usize, lines: &mut Vec<String>) {
    let before = lines.len();
    let mut line = String::new();
    let mut used = 0;
    for piece in pieces(paragraph) {
        let size = width(piece);
        let blank = piece.trim_matches([' ', '\t']).is_empty();
        if used + size <= limit {
            line.push_str(piece);
            used += size;
            continue;
        }
        if blank {
            // A break swallows the spaces it falls on.
            if used < limit {
                line.push_str(prefix(piece, limit - used));
            }
            used = limit;
            continue;
        }
        if !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        } else {
            line.clear();
        }
        let mut rest = piece;
        while width(rest) > limit {
            let mut head = prefix(rest, limit);
            if head.is_empty() {
                // One wide character in one cell: it stands alone, for otherwise nothing would ever get shorter.
                head = rest.graphemes(true).next().unwrap_or(rest);
            }
            lines.push(head.to_owned());
            rest = rest.get(head.len()..).unwrap_or_default();
        }
        line.push_str(rest);
        used = width(rest);
    }
    if !line.is_empty() || lines.len() == before {
        lines.push(line.trim_end().to_owned());
    }
}

/// Words, runs of spaces, and single wide graphemes of a paragraph.
fn pieces(paragraph: &str) -> impl Iterator<Item = &str> {
    let mut rest = paragraph;
    std::iter::from_fn(move || {
        let mut kind = None;
        for (at, grapheme) in rest.grapheme_indices(true) {
            let this = if matches!(grapheme, " " | "\t") {
                Piece::Space
            } else if cells(grapheme) > 1 {
                Piece::Wide
            } else {
                Piece::Word
            };
            match kind {
                None => kind = Some(this),
                Some(Piece::Wide) => return cut(&mut rest, at),
                Some(before) if before != this => return cut(&mut rest, at),
                Some(_) => {}
            }
        }
        let all = rest.len();
        if all == 0 { None } else { cut(&mut rest, all) }
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Space,
    Word,
    Wide,
}

fn cut<'a>(rest: &mut &'a str, at: usize) -> Option<&'a str> {
    let (head, tail) = rest.split_at_checked(at)?;
    *rest = tail;
    Some(head)
}

/// Whether a character must not reach a terminal inside somebody's text.
///
/// Control characters act; bidirectional controls reorder what stands beside them (CVE-2021-42574); a variation
/// selector 16 makes terminals disagree about widths; the rest is invisible and only hides differences between names.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{61c}'
                | '\u{fe0f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// `text` as one line that is safe to draw: NFC, ends of lines and tabs as spaces, control characters visible as `�`,
/// and invisible characters of [`is_hostile`] gone.
///
/// This is the only place of the screens that does it; `domain::text::neutralise` is to take its place.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let tame = if text.chars().any(is_hostile) {
        let mut tame = String::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\r' => {
                    chars.next_if_eq(&'\n');
                    tame.push(' ');
                }
                '\n' | '\t' | '\u{2028}' | '\u{2029}' => tame.push(' '),
                c if c.is_control() => tame.push('\u{fffd}'),
                c if is_hostile(c) => {}
                c => tame.push(c),
            }
        }
        Cow::Owned(tame)
    } else {
        Cow::Borrowed(text)
    };
    match is_nfc_quick(tame.chars()) {
        IsNormalized::Yes => tame,
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(tame.nfc().collect()),
    }
}

/// [`clean`] for text of several lines, whose `\n` stay.
pub fn clean_lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_falls_between_graphemes() {
        assert_eq!(truncate("Anna Kowalska", 20), "Anna Kowalska");
        assert_eq!(truncate("Anna Kowalska", 8), "Anna Ko…");
        assert_eq!(truncate("Anna Kowalska", 6), "Anna…", "no space before the ellipsis");
        assert_eq!(truncate("山田太郎", 8), "山田太郎");
        assert_eq!(truncate("山田太郎", 6), "山田…");
        assert_eq!(truncate("क्षत्रिय", 3).graphemes(true).next_back(), Some("…"));
        assert_eq!(truncate("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(truncate("abc", 0), "");
        assert_eq!(truncate("abc", 1), "…");
        assert_eq!(truncate_start("/home/anna/file", 7), "…a/file");
        assert_eq!(truncate_start("山田太郎", 6), "…太郎");
    }

    #[test]
    fn padding_is_exact() {
        assert_eq!(pad("ab", 5, Align::Left), "ab   ");
        assert_eq!(pad("ab", 5, Align::Right), "   ab");
        assert_eq!(pad("ab", 5, Align::Centre), " ab  ");
        assert_eq!(pad("山田太郎", 6, Align::Left), "山田… ");
    }

    #[test]
    fn wrapping() {
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("a\n\nb", 10), ["a", "", "b"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("  indented text", 10), ["  indented", "text"]);
        assert_eq!(wrap("abcdefghijkl mn", 5), ["abcde", "fghij", "kl mn"]);
        assert_eq!(wrap("山田太郎さん", 5), ["山田", "太郎", "さん"]);
        assert_eq!(wrap("山", 1), ["山"]);
        assert_eq!(wrap("one   two", 4), ["one", "two"]);
        assert_eq!(wrap("a\r\nb", 4), ["a", "b"]);
    }

    #[test]
    fn hostile_text_is_tamed_and_names_are_not_harmed() {
        assert_eq!(clean("a\x1b[31mb\u{9b}c"), "a\u{fffd}[31mb\u{fffd}c");
        assert_eq!(clean("one\r\ntwo\tthree"), "one two three");
        assert_eq!(clean("\u{202e}gpj.exe\u{2066}x\u{2069}"), "gpj.exex");
        assert_eq!(clean("Jose\u{301}"), "José");
        assert_eq!(clean("☎\u{fe0f} 1"), "☎ 1");
        assert_eq!(clean("می‌خواهم"), "می‌خواهم", "the zero-width non-joiner is spelling");
        assert_eq!(clean("🏴\u{e0067}\u{e007f}"), "🏴");
        assert_eq!(clean_lines("a\x07\r\nb\rc"), "a\u{fffd}\nb\nc");
        assert!(matches!(clean("Anna"), Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn measures_agree(text in "\\PC{0,40}", limit in 0_usize..30) {
            let cut = truncate(&text, limit);
            proptest::prop_assert!(width(&cut) <= limit);
            proptest::prop_assert!(width(&truncate_start(&text, limit)) <= limit);
            proptest::prop_assert_eq!(width(&pad(&text, limit, Align::Centre)), limit);
        }

        #[test]
        fn wrapping_loses_only_spaces(text in "[a-z 山田é]{0,60}", limit in 2_usize..20) {
            let lines = wrap(&text, limit);
            proptest::prop_assert!(lines.iter().all(|line| width(line) <= limit), "{:?}", lines);
            let joined: String = lines.concat().chars().filter(|c| *c != ' ').collect();
            let expected: String = text.chars().filter(|c| *c != ' ').collect();
            proptest::prop_assert_eq!(joined, expected);
        }

        #[test]
        fn nothing_hostile_is_left(text in proptest::prelude::any::<String>()) {
            let tame = clean(&text).into_owned();
            proptest::prop_assert!(!tame.chars().any(is_hostile));
            proptest::prop_assert_eq!(clean(&tame).into_owned(), tame.clone());
        }
    }
}
