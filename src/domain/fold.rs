//! Folded search keys: what remains of a text when spelling, case and accents no longer matter.
//!
//! The rule, in this order, for each character:
//!
//! 1. Whitespace separates words. Other control characters, zero-width and bidi characters, soft hyphens and
//!    variation selectors vanish.
//! 2. Apostrophes of every kind vanish: `O'Brien`, `O’Brien` and `OBrien` are the same name.
//! 3. Upper case becomes lower case (Unicode's full mapping; final sigma is sigma).
//! 4. Letters with no decomposition of their own are spelt out: ß ss, æ ae, œ oe, þ th, ø o, ł l, đ ð d, ħ h,
//!    ı i, ŧ t, ŋ n. Arabic-Indic digits become ASCII digits.
//! 5. The rest is decomposed (NFKD): full-width and ligature forms become plain ones. Hangul syllables stay whole.
//! 6. Accents vanish: combining marks of Latin, Greek, Cyrillic, the points of Hebrew and Arabic. The vowel signs
//!    of other scripts are letters to their readers, and stay.
//! 7. What is neither letter, digit nor such a sign — hyphens, dots, slashes, symbols, emoji — separates words.
//!    Separators collapse into one space, and none stands at an end.
//!
//! `ä ö ü` fold to `a o u`; Germans without the key write `ae oe ue`. Both spellings must find the name, so a text
//! with such letters has a second key, [`Spelling::Expanded`] (`ø` as `oe` and `å` as `aa` likewise), and the index
//! holds both. Folding `ue` to `u` everywhere instead would make *Joel* and *Jol*, *Samuel* and *Samul* one name.
//!
//! Folding is idempotent, and a folded text holds no control characters.

use std::ops::Range;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::text::is_invisible;

/// Which of the two keys of a text is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spelling {
    /// `Müller` is `muller`.
    Base,
    /// `Müller` is `mueller`.
    Expanded,
}

/// The key in the base spelling.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, Spelling::Base, &mut out);
    out
}

/// The key in the expanded spelling, if it differs from the base one.
pub fn expanded(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 4);
    fold_into(text, Spelling::Expanded, &mut out);
    (out != fold(text)).then_some(out)
}

/// Appends a key to `out`; what `out` held before is not looked at.
pub fn fold_into(text: &str, spelling: Spelling, out: &mut String) {
    let start = out.len();
    walk(text, spelling, |event| match event {
        Event::Letter(c, _) => out.push(c),
        Event::Separator => {
            if out.len() > start && !out.ends_with(' ') {
                out.push(' ');
            }
        }
        Event::Mark(_) => {}
    });
    if out.len() > start && out.ends_with(' ') {
        out.pop();
    }
}

/// An e-mail address as a key: trimmed, without invisible characters, NFC, lower case. Accents and punctuation
/// stay, since they tell addresses apart. RFC 5321 lets a host treat the local part as case-sensitive; none in
/// use does, and people write their address in any case.
pub fn email(address: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    if address.is_ascii() {
        // Nearly all are, and NFC changes nothing of it.
        let kept = address.bytes().filter(|byte| !byte.is_ascii_control() && !byte.is_ascii_whitespace());
        return kept.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    }
    address
        .trim()
        .chars()
        .filter(|&c| !is_invisible(c) && !c.is_control() && !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .nfc()
        .collect()
}

/// A key together with the way back to the text it was made from.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// The key.
    pub key: String,
    /// For each byte of the key, the bytes of the text it came from.
    from: Vec<(u32, u32)>,
}

impl Mapped {
    pub fn new(text: &str, spelling: Spelling) -> Mapped {
        let mut key = String::with_capacity(text.len());
        let mut from: Vec<(u32, u32)> = Vec::with_capacity(text.len());
        walk(text, spelling, |event| match event {
            Event::Letter(c, source) => {
                key.push(c);
                from.resize(key.len(), source);
            }
            Event::Separator => {
                if !key.is_empty() && !key.ends_with(' ') {
                    key.push(' ');
                    // A separator lights up nothing by itself: it has no width, and lies where the last letter ends.
                    let end = from.last().map_or(0, |last| last.1);
                    from.push((end, end));
                }
            }
            Event::Mark(end) => {
                if let Some(last) = from.last_mut()
                    && !key.ends_with(' ')
                {
                    last.1 = end;
                }
            }
        });
        if key.ends_with(' ') {
            key.pop();
            from.pop();
        }
        Mapped { key, from }
    }

    /// The bytes of the original text that became `range` of the key; whole characters with their accents.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        match (self.from.get(range.start), range.end.checked_sub(1).and_then(|last| self.from.get(last))) {
            (Some(first), Some(last)) => first.0 as usize..(last.1 as usize).max(first.0 as usize),
            _ => 0..0,
        }
    }
}

enum Event {
    /// A letter of the key, with the bytes of the text it came from.
    Letter(char, (u32, u32)),
    /// A place where one word ends.
    Separator,
    /// A vanished accent ends at this byte: it belongs to the letter before it.
    Mark(u32),
}

fn walk(text: &str, spelling: Spelling, mut emit: impl FnMut(Event)) {
    // The letter a following diaeresis or ring would modify.
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        let source = (at as u32, (at + c.len_utf8()) as u32);
        if c.is_ascii_alphanumeric() {
            last = c.to_ascii_lowercase();
            emit(Event::Letter(last, source));
        } else if c.is_whitespace() {
            last = ' ';
            emit(Event::Separator);
        } else if c.is_control() || is_invisible(c) || is_apostrophe(c) {
        } else if c.is_ascii() {
            last = ' ';
            emit(Event::Separator);
        } else {
            for lower in c.to_lowercase() {
                spell(lower, spelling, |plain| unit(plain, source, spelling, &mut last, &mut emit));
            }
        }
    }
}

/// One character after decomposition.
fn unit(c: char, source: (u32, u32), spelling: Spelling, last: &mut char, emit: &mut impl FnMut(Event)) {
    if is_accent(c) {
        let extra = match (spelling, c, *last) {
            (Spelling::Expanded, '\u{308}', 'a' | 'o' | 'u') => Some('e'),
            (Spelling::Expanded, '\u{30A}', 'a') => Some('a'),
            _ => None,
        };
        match extra {
            // Each base letter is expanded once, however many marks it carries.
            Some(extra) => {
                *last = ' ';
                emit(Event::Letter(extra, source));
            }
            None => emit(Event::Mark(source.1)),
        }
    } else if c.is_alphanumeric() || (is_combining_mark(c) && !is_invisible(c)) {
        *last = c;
        emit(Event::Letter(c, source));
    } else if is_apostrophe(c) || is_invisible(c) {
    } else {
        *last = ' ';
        emit(Event::Separator);
    }
}

/// Decomposes one lower-case character and spells out what Unicode does not decompose.
fn spell(c: char, spelling: Spelling, mut emit: impl FnMut(char)) {
    if matches!(c, '\u{AC00}'..='\u{D7A3}') {
        return emit(c);
    }
    decompose_compatible(c, |part| {
        // Compatibility forms of capitals (ℋ) have no lower case of their own.
        for part in part.to_lowercase() {
            let plain = match part {
                'ß' => "ss",
                'æ' => "ae",
                'œ' => "oe",
                'þ' => "th",
                'ø' if spelling == Spelling::Expanded => "oe",
                'ø' => "o",
                'ł' => "l",
                'đ' | 'ð' => "d",
                'ħ' => "h",
                'ı' => "i",
                'ŧ' => "t",
                'ŋ' => "n",
                'ς' => "σ",
                '\u{660}'..='\u{669}' => return emit(digit(part, 0x660)),
                '\u{6F0}'..='\u{6F9}' => return emit(digit(part, 0x6F0)),
                other => return emit(other),
            };
            plain.chars().for_each(&mut emit);
        }
    });
}

fn digit(c: char, zero: u32) -> char {
    char::from_digit(u32::from(c).wrapping_sub(zero), 10).unwrap_or('0')
}

fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '\u{B4}' | '\u{2B9}'..='\u{2BF}' | '\u{2C8}' | '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2035}'
            | '\u{55A}' | '\u{5F3}' | '\u{A78B}' | '\u{A78C}' | '\u{FF07}' | '\u{FF40}'
    )
}

fn is_accent(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5BD}' | '\u{5BF}' | '\u{5C1}'..='\u{5C2}'
            | '\u{5C4}'..='\u{5C5}' | '\u{5C7}' | '\u{610}'..='\u{61A}' | '\u{640}' | '\u{64B}'..='\u{65F}' | '\u{670}'
            | '\u{6D6}'..='\u{6DC}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
            | '\u{FE20}'..='\u{FE2F}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys() {
        let cases = [
            ("José García", "jose garcia"),
            ("Jose\u{301}", "jose"),
            ("Müller-Lüdenscheid", "muller ludenscheid"),
            ("O'Brien", "obrien"),
            ("O’Brien", "obrien"),
            ("Weiß, GROẞ", "weiss gross"),
            ("Søren Ærø", "soren aero"),
            ("Łukasz Đorđević", "lukasz dordevic"),
            ("Œuvre", "oeuvre"),
            ("Þór Sigurðsson", "thor sigurdsson"),
            ("İstanbul ILGIN ılgın", "istanbul ilgin ilgin"),
            ("Nguyễn Thị Ánh", "nguyen thi anh"),
            ("ＡＢＣ　１２３", "abc 123"),
            ("ﬁnance ﬃ", "finance ffi"),
            ("ℋans", "hans"),
            ("Ὀδυσσεύς ΟΔΥΣΣΕΎΣ", "οδυσσευσ οδυσσευσ"),
            ("Йосиф Ёлкин", "иосиф елкин"),
            ("محمّد", "محمد"),
            ("٠٣٠ ۹", "030 9"),
            ("김철수", "김철수"),
            ("プロ", "フ\u{309A}ロ"),
            ("हिन्दी", "हिन्दी"),
            ("a\u{200B}b\u{202E}c\u{0}d\u{AD}e", "abcde"),
            ("  A.  &  B.\t\n", "a b"),
            ("🎉 — !", ""),
            ("x\u{B4}y", "xy"),
        ];
        for (text, key) in cases {
            assert_eq!(fold(text), key, "{text}");
        }
    }

    #[test]
    fn german_has_two_spellings() {
        assert_eq!(expanded("Müller").as_deref(), Some("mueller"));
        assert_eq!(expanded("MU\u{308}LLER").as_deref(), Some("mueller"));
        assert_eq!(expanded("Ærø Åse Zoë").as_deref(), Some("aeroe aase zoe"));
        assert_eq!(expanded("José"), None);
        assert_eq!(expanded("Mueller"), None);
        assert_eq!(expanded("ǖ").as_deref(), Some("ue"));
    }

    #[test]
    fn email_keys() {
        assert_eq!(email(" Jo.Müller+Fair@EXAMPLE.com\u{200B} "), "jo.müller+fair@example.com");
        assert_eq!(email("jo.mu\u{308}ller@example.com"), email("jo.müller@example.com"));
    }

    #[test]
    fn ranges_lead_back_to_whole_characters() {
        let at = |text: &str, spelling, needle: &str| {
            let mapped = Mapped::new(text, spelling);
            let start = mapped.key.find(needle).unwrap();
            text[mapped.original(start..start + needle.len())].to_owned()
        };
        assert_eq!(at("Hans Weiß", Spelling::Base, "eis"), "eiß");
        assert_eq!(at("Jose\u{301} Marti\u{301}", Spelling::Base, "jose"), "Jose\u{301}");
        assert_eq!(at("Jose\u{301} Marti\u{301}", Spelling::Base, "mart"), "Mart");
        assert_eq!(at("ﬃx", Spelling::Base, "f"), "ﬃ");
        assert_eq!(at("Frau Müller", Spelling::Expanded, "mue"), "Mü");
        assert_eq!(at("Frau Mu\u{308}ller", Spelling::Expanded, "mue"), "Mu\u{308}");
        assert_eq!(at("O'Brien", Spelling::Base, "ob"), "O'B");
        assert_eq!(at("Anne - Marie", Spelling::Base, "ne ma"), "ne - Ma");
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn keys_are_clean(text in any::<String>()) {
            for spelling in [Spelling::Base, Spelling::Expanded] {
                let mut key = String::new();
                fold_into(&text, spelling, &mut key);
                prop_assert!(!key.chars().any(|c| c.is_control() || is_invisible(c)));
                prop_assert!(!key.contains("  ") && key.trim() == key);
                let mapped = Mapped::new(&text, spelling);
                prop_assert_eq!(&mapped.key, &key);
                for (start, c) in key.char_indices() {
                    let range = mapped.original(start..start + c.len_utf8());
                    prop_assert!(text.get(range).is_some());
                }
            }
        }
    }
}
