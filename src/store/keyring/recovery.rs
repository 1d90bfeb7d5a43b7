//! The recovery code: shown once, written on paper, typed back years later.
//!
//! Seven groups of four letters of Crockford's base 32 (<https://www.crockford.com/base32.html>), which has no I, L, O,
//! U: 26 letters are 130 random bits, the last two are a checksum (10 bits of SHA-256). Reading is forgiving: case,
//! spaces and dashes do not matter, O is 0, I and L are 1. The wizard asks for two of the groups back.

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::env::Env;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const RANDOM: usize = 26;
const LETTERS: usize = RANDOM + 2;
const GROUP: usize = 4;

/// How many groups a code has.
pub const GROUPS: usize = LETTERS / GROUP;

/// A code; its letters as numbers below 32.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; RANDOM]);

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecoveryCodeError {
    #[error(
        "the recovery code has {LETTERS} letters and digits in {GROUPS} groups of {GROUP}, but {0} were typed"
    )]
    Length(usize),
    #[error("{0:?} is no letter of a recovery code; look at it again")]
    Letter(char),
    #[error("the recovery code has a typing mistake; compare each group with the paper")]
    Mistyped,
}

impl RecoveryCode {
    pub fn generate(env: &Env) -> RecoveryCode {
        let mut code = RecoveryCode(env.random());
        // 32 divides 256, so the low five bits of a random byte are uniform.
        code.0.iter_mut().for_each(|letter| *letter &= 31);
        code
    }

    /// Reads a code as a person types it.
    pub fn parse(typed: &str) -> Result<RecoveryCode, RecoveryCodeError> {
        let mut letters = Zeroizing::new([0; LETTERS]);
        let mut count = 0;
        for c in typed.chars().filter(|c| !c.is_whitespace() && !c.is_control() && !is_dash(*c)) {
            let value = value(c).ok_or(RecoveryCodeError::Letter(c))?;
            if let Some(letter) = letters.get_mut(count) {
                *letter = value;
            }
            count += 1;
        }
        if count != LETTERS {
            return Err(RecoveryCodeError::Length(count));
        }
        let mut code = RecoveryCode([0; RANDOM]);
        code.0.copy_from_slice(&letters[..RANDOM]);
        if code.check()[..] != letters[RANDOM..] {
            return Err(RecoveryCodeError::Mistyped);
        }
        Ok(code)
    }

    /// The code in groups, to be shown once.
    pub fn groups(&self) -> Vec<Zeroizing<String>> {
        let mut letters = Zeroizing::new([0; LETTERS]);
        letters[..RANDOM].copy_from_slice(&self.0);
        letters[RANDOM..].copy_from_slice(&self.check());
        let text = |group: &[u8]| {
            group.iter().map(|&letter| char::from(ALPHABET[usize::from(letter & 31)])).collect()
        };
        letters.chunks(GROUP).map(|group| Zeroizing::new(text(group))).collect()
    }

    /// The code on one line, its groups joined by dashes.
    pub fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(LETTERS + GROUPS));
        for (i, group) in self.groups().iter().enumerate() {
            if i > 0 {
                text.push('-');
            }
            text.push_str(group);
        }
        text
    }

    /// Whether `typed` is the group with this number, from 1, read as forgivingly as the whole code.
    pub fn group_is(&self, number: usize, typed: &str) -> bool {
        let groups = self.groups();
        let Some(group) = number.checked_sub(1).and_then(|i| groups.get(i)) else { return false };
        let typed: Option<Vec<u8>> = typed.trim().chars().filter(|c| !is_dash(*c)).map(value).collect();
        typed
            .map(Zeroizing::new)
            .is_some_and(|typed| group.chars().filter_map(value).eq(typed.iter().copied()))
    }

    fn check(&self) -> [u8; LETTERS - RANDOM] {
        let sum = Sha256::new().chain_update(b"callbook recovery code 1").chain_update(self.0).finalize();
        [sum[0] & 31, sum[1] & 31]
    }

    pub(crate) fn bytes(&self) -> &[u8; RANDOM] {
        &self.0
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn value(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    ALPHABET.iter().position(|&letter| char::from(letter) == c).and_then(|i| u8::try_from(i).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> RecoveryCode {
        RecoveryCode(std::array::from_fn(|i| (i as u8 * 7 + 1) & 31))
    }

    #[test]
    fn golden_text() {
        // Frozen: a code on somebody's paper must open the store for ever.
        assert_eq!(*code().text(), "18FP-X4BJ-S07E-NW3A-HRZ6-DMV2-9G84");
        assert!(RecoveryCode::parse("18FP-X4BJ-S07E-NW3A-HRZ6-DMV2-9G84").unwrap().0 == code().0);
    }

    #[test]
    fn reads_what_people_type() {
        let text = code().text();
        let variants = [
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " \u{2013} "),
            format!("  {}\r\n", text.replace('-', "  ")),
            text.replace('0', "O").replace('1', "l"),
            text.replace('0', "o").replace('1', "I"),
        ];
        for typed in variants {
            assert!(RecoveryCode::parse(&typed).unwrap().0 == code().0, "{typed}");
        }
        let random = RecoveryCode::generate(&Env::system());
        assert!(RecoveryCode::parse(&random.text()).unwrap().0 == random.0);
    }

    #[test]
    fn mistakes_are_named() {
        let text = code().text();
        assert_eq!(RecoveryCode::parse("").err(), Some(RecoveryCodeError::Length(0)));
        assert_eq!(RecoveryCode::parse(&text[1..]).err(), Some(RecoveryCodeError::Length(27)));
        assert_eq!(
            RecoveryCode::parse(&format!("{}{}", *text, "0".repeat(99))).err(),
            Some(RecoveryCodeError::Length(127))
        );
        assert_eq!(
            RecoveryCode::parse(&text.replacen('-', "U", 1)).err(),
            Some(RecoveryCodeError::Letter('U'))
        );
        assert_eq!(RecoveryCode::parse("grüße").err(), Some(RecoveryCodeError::Letter('ü')));
        let mut noticed = 0;
        for at in (0..text.len()).filter(|at| text.as_bytes()[*at] != b'-') {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            match RecoveryCode::parse(std::str::from_utf8(&bytes).unwrap()) {
                Err(RecoveryCodeError::Mistyped) => noticed += 1,
                other => panic!("{at}: {:?}", other.err()),
            }
        }
        assert_eq!(noticed, LETTERS);
    }

    #[test]
    fn asks_for_groups_back() {
        let code = code();
        let groups = code.groups();
        assert_eq!(groups.len(), GROUPS);
        for (i, group) in groups.iter().enumerate() {
            assert!(code.group_is(i + 1, &format!(" {} ", group.to_lowercase())));
            assert!(!code.group_is(i + 1, "0000"));
            assert!(!code.group_is(i + 1, &group[1..]));
        }
        assert!(!code.group_is(0, &groups[0]));
        assert!(!code.group_is(8, &groups[0]));
    }
}
