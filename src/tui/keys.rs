//! Keys as values, with the text form that the keymap, the footer and the help share.
//!
//! The text form is `[ctrl-][alt-][shift-]name`, where a name is one character or one of the words in [`NAMES`]
//! or `f1` to `f35`: `ctrl-s`, `shift-tab`, `alt-x`, `enter`, `space`, `pgdn`, `G`.

use std::fmt;
use std::str::FromStr;

/// What was pressed, without modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A character; the space bar is `Char(' ')`, and shift is in the character itself (`G`).
    Char(char),
    Enter,
    Tab,
    Esc,
    Backspace,
    Delete,
    Insert,
    Home,
    End,
    PgUp,
    PgDn,
    Up,
    Down,
    Left,
    Right,
    /// A function key, 1 to 35.
    F(u8),
}

/// The modifiers a terminal can report and a keymap may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mods {
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

impl Mods {
    pub const NONE: Mods = Mods { ctrl: false, alt: false, shift: false };
    pub const CTRL: Mods = Mods { ctrl: true, alt: false, shift: false };
    pub const ALT: Mods = Mods { ctrl: false, alt: true, shift: false };
    pub const SHIFT: Mods = Mods { ctrl: false, alt: false, shift: true };
}

/// A key press in canonical form, so that two ways of sending the same key are equal.
///
/// Canonical means: shift is dropped from characters unless ctrl is held (it is in the character already), and a
/// character with ctrl is in lower case, because terminals cannot tell `ctrl-s` from `ctrl-S`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    code: Code,
    mods: Mods,
}

impl Key {
    /// The canonical form of `code` with `mods`.
    pub fn new(code: Code, mods: Mods) -> Key {
        match code {
            Code::Char(c) if mods.ctrl => {
                let lower = single(c.to_lowercase()).unwrap_or(c);
                Key { code: Code::Char(lower), mods }
            }
            Code::Char(c) if mods.shift => {
                let upper = single(c.to_uppercase()).unwrap_or(c);
                Key { code: Code::Char(upper), mods: Mods { shift: false, ..mods } }
            }
            Code::Char(_)
            | Code::Enter
            | Code::Tab
            | Code::Esc
            | Code::Backspace
            | Code::Delete
            | Code::Insert
            | Code::Home
            | Code::End
            | Code::PgUp
            | Code::PgDn
            | Code::Up
            | Code::Down
            | Code::Left
            | Code::Right
            | Code::F(_) => Key { code, mods },
        }
    }

    /// A key without modifiers.
    pub fn plain(code: Code) -> Key {
        Key::new(code, Mods::NONE)
    }

    /// A character without modifiers.
    pub fn char(c: char) -> Key {
        Key::plain(Code::Char(c))
    }

    /// A character with ctrl.
    pub fn ctrl(c: char) -> Key {
        Key::new(Code::Char(c), Mods::CTRL)
    }

    /// A character with alt.
    pub fn alt(c: char) -> Key {
        Key::new(Code::Char(c), Mods::ALT)
    }

    pub fn code(self) -> Code {
        self.code
    }

    pub fn mods(self) -> Mods {
        self.mods
    }

    /// The character this key types into a text field, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if self.mods == Mods::NONE => Some(c),
            _ => None,
        }
    }
}

/// The only character of a case mapping, or nothing where the mapping has several (`ß` → `SS`).
fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next();
    if mapped.next().is_some() { None } else { first }
}

/// Names of keys that are not one visible character. The first name of a key is the one that is printed.
pub const NAMES: [(&str, Code); 24] = [
    ("enter", Code::Enter),
    ("return", Code::Enter),
    ("tab", Code::Tab),
    ("esc", Code::Esc),
    ("escape", Code::Esc),
    ("backspace", Code::Backspace),
    ("bs", Code::Backspace),
    ("delete", Code::Delete),
    ("del", Code::Delete),
    ("insert", Code::Insert),
    ("ins", Code::Insert),
    ("home", Code::Home),
    ("end", Code::End),
    ("pgup", Code::PgUp),
    ("pageup", Code::PgUp),
    ("pgdn", Code::PgDn),
    ("pagedown", Code::PgDn),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("space", Code::Char(' ')),
    ("minus", Code::Char('-')),
    ("plus", Code::Char('+')),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.mods.ctrl, "ctrl-"), (self.mods.alt, "alt-"), (self.mods.shift, "shift-")]
        {
            if held {
                f.write_str(name)?;
            }
        }
        match self.code {
            // `-` and `+` read well alone but not behind `ctrl-`.
            Code::Char(c @ ('-' | '+')) if self.mods == Mods::NONE => write!(f, "{c}"),
            Code::F(n) => write!(f, "f{n}"),
            code => match (NAMES.iter().find(|(_, named)| *named == code), code) {
                (Some((name, _)), _) => f.write_str(name),
                (None, Code::Char(c)) => write!(f, "{c}"),
                (None, other) => write!(f, "{other:?}"),
            },
        }
    }
}

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("a key is missing; write it like ctrl-s, shift-tab, enter or x")]
    Empty,
    #[error("`{0}` is not a key; write it like ctrl-s, shift-tab, enter, f1 or x{hint}", hint = nearest(.0))]
    Unknown(String),
}

fn nearest(name: &str) -> String {
    let close = NAMES
        .iter()
        .map(|(known, _)| (strsim::osa_distance(&name.to_lowercase(), known), known))
        .filter(|(distance, _)| *distance <= 2)
        .min();
    close.map_or_else(String::new, |(_, known)| format!(" (did you mean {known}?)"))
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Key, KeyError> {
        let mut rest = text;
        let mut mods = Mods::NONE;
        while let Some((head, tail)) = rest.split_once('-').filter(|(_, tail)| !tail.is_empty()) {
            match head.to_ascii_lowercase().as_str() {
                "ctrl" | "c" => mods.ctrl = true,
                "alt" | "a" | "meta" | "m" => mods.alt = true,
                "shift" | "s" => mods.shift = true,
                _ => return Err(KeyError::Unknown(text.chars().take(40).collect())),
            }
            rest = tail;
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (None, _) => return Err(KeyError::Empty),
            (Some(c), None) if !c.is_control() => Code::Char(c),
            _ => named(rest).ok_or_else(|| KeyError::Unknown(rest.chars().take(40).collect()))?,
        };
        Ok(Key::new(code, mods))
    }
}

fn named(name: &str) -> Option<Code> {
    let name = name.to_ascii_lowercase();
    if let Some((_, code)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*code);
    }
    let number = name.strip_prefix('f')?.parse::<u8>().ok()?;
    (1..=35).contains(&number).then_some(Code::F(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn text_forms_print_as_they_are_read() {
        for text in [
            "ctrl-s",
            "shift-tab",
            "alt-x",
            "alt-X",
            "enter",
            "space",
            "pgdn",
            "f1",
            "f35",
            "G",
            "ctrl-alt-a",
            "ctrl-shift-a",
            "-",
            "+",
            "ctrl-minus",
            "ctrl-space",
            "ctrl-alt-shift-up",
            "ñ",
            "ctrl-\\",
            "/",
        ] {
            assert_eq!(key(text).to_string(), text);
        }
    }

    #[test]
    fn ways_to_say_the_same_key_are_equal() {
        assert_eq!(key("shift-g"), key("G"));
        assert_eq!(key("ctrl-S"), key("ctrl-s"));
        assert_eq!(key("C-s"), key("ctrl-s"));
        assert_eq!(key("ctrl--"), key("ctrl-minus"));
        assert_eq!(key("alt-shift-x"), key("alt-X"));
        assert_eq!(key("PageDown"), key("pgdn"));
        assert_eq!(key("minus"), key("-"));
    }

    #[test]
    fn what_is_not_a_key_is_refused_with_help() {
        assert_eq!("".parse::<Key>(), Err(KeyError::Empty));
        for text in ["f0", "f36", "ctrl-nope", "hyper-x", "ab", "\u{1b}", "f1000"] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
        let error = "entre".parse::<Key>().unwrap_err().to_string();
        assert!(error.contains("did you mean enter"), "{error}");
    }

    #[test]
    fn only_a_bare_character_is_typed() {
        assert_eq!(key("x").typed(), Some('x'));
        assert_eq!(key("space").typed(), Some(' '));
        assert_eq!(key("alt-x").typed(), None);
        assert_eq!(key("enter").typed(), None);
    }

    proptest::proptest! {
        #[test]
        fn every_key_survives_its_text_form(c in proptest::char::any(), ctrl: bool, alt: bool, shift: bool) {
            proptest::prop_assume!(!c.is_control());
            let key = Key::new(Code::Char(c), Mods { ctrl, alt, shift });
            proptest::prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
        }
    }
}
