//! What a complete control sequence means.

use crate::tui::keys::{Code, Mods};

/// The meaning of a CSI sequence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Key(Code, Mods),
    Focus(bool),
    Paste,
    Nothing,
}

/// Whether the parameters are a single decimal number.
pub(super) fn is_one_number(params: &[u8]) -> bool {
    !params.is_empty() && params.iter().all(u8::is_ascii_digit)
}

/// The meaning of `ESC [ params last`.
pub(super) fn csi(params: &[u8], last: u8) -> Meaning {
    // Private parameters (`<=>?`) only occur in answers and mouse reports; intermediates in nothing we know.
    if params.iter().any(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':')) {
        return Meaning::Nothing;
    }
    let fields: Vec<Field> = params.split(|byte| *byte == b';').map(Field::read).collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.first);
    let key = match last {
        b'~' | b'^' | b'@' | b'$' => match number(0) {
            Some(200) if last == b'~' => return Meaning::Paste,
            // xterm's modifyOtherKeys: `CSI 27 ; mods ; code ~`.
            Some(27) if last == b'~' => return modified(number(2), fields.get(1), false),
            Some(n) => tilde(n).map(|code| (code, rxvt_mods(last))),
            None => None,
        },
        b'u' => return modified(number(0), fields.get(1), true),
        b'I' if params.is_empty() => return Meaning::Focus(true),
        b'O' if params.is_empty() => return Meaning::Focus(false),
        b'Z' => Some((Code::Tab, Mods::SHIFT)),
        // rxvt's shifted arrows.
        b'a'..=b'd' if params.is_empty() => arrow(last.to_ascii_uppercase()).map(|code| (code, Mods::SHIFT)),
        // `CSI row ; column R` is an answer about the cursor, unless it can only be F3 with modifiers.
        b'R' if !params.is_empty() && (number(0) != Some(1) || number(1).is_none_or(|m| m > 16)) => None,
        b'P'..=b'S' => Some((Code::F(last - b'P' + 1), Mods::NONE)),
        // Kitty and xterm give the first parameter as 1 where a modifier follows.
        _ if number(0).is_none_or(|n| n == 1) => arrow(last).map(|code| (code, Mods::NONE)),
        _ => None,
    };
    let Some((code, implied)) = key else { return Meaning::Nothing };
    match fields.get(1).map_or(Some(Mods::NONE), |field| field.mods(false)) {
        Some(mods) => Meaning::Key(
            code,
            Mods {
                ctrl: mods.ctrl || implied.ctrl,
                alt: mods.alt || implied.alt,
                shift: mods.shift || implied.shift,
            },
        ),
        None => Meaning::Nothing,
    }
}

/// The key of `ESC O digits last`.
pub(super) fn ss3(digits: &[u8], last: u8) -> Option<(Code, Mods)> {
    let held = if digits.is_empty() { Mods::NONE } else { Field::read(digits).mods(false)? };
    let (code, mods) = match last {
        b'a'..=b'd' => (arrow(last.to_ascii_uppercase())?, Mods::CTRL),
        b'P'..=b'S' => (Code::F(last - b'P' + 1), Mods::NONE),
        b'M' => (Code::Enter, Mods::NONE),
        b'I' => (Code::Tab, Mods::NONE),
        b'Z' => (Code::Tab, Mods::SHIFT),
        b' ' => (Code::Char(' '), Mods::NONE),
        b'X' => (Code::Char('='), Mods::NONE),
        // The keypad in application mode: `j` to `y` stand for `*` to `9`.
        b'j'..=b'y' => (Code::Char(char::from(last - b'j' + b'*')), Mods::NONE),
        _ => (arrow(last)?, Mods::NONE),
    };
    let mods =
        Mods { ctrl: mods.ctrl || held.ctrl, alt: mods.alt || held.alt, shift: mods.shift || held.shift };
    Some((code, mods))
}

fn arrow(last: u8) -> Option<Code> {
    match last {
        b'A' => Some(Code::Up),
        b'B' => Some(Code::Down),
        b'C' => Some(Code::Right),
        b'D' => Some(Code::Left),
        b'H' => Some(Code::Home),
        b'F' => Some(Code::End),
        _ => None,
    }
}

fn tilde(number: u32) -> Option<Code> {
    let code = match number {
        1 | 7 => Code::Home,
        2 => Code::Insert,
        3 => Code::Delete,
        4 | 8 => Code::End,
        5 => Code::PgUp,
        6 => Code::PgDn,
        // The VT220 left gaps in its numbering of function keys.
        11 => Code::F(1),
        12 => Code::F(2),
        13 => Code::F(3),
        14 => Code::F(4),
        15 => Code::F(5),
        17 => Code::F(6),
        18 => Code::F(7),
        19 => Code::F(8),
        20 => Code::F(9),
        21 => Code::F(10),
        23 => Code::F(11),
        24 => Code::F(12),
        25 => Code::F(13),
        26 => Code::F(14),
        28 => Code::F(15),
        29 => Code::F(16),
        31 => Code::F(17),
        32 => Code::F(18),
        33 => Code::F(19),
        34 => Code::F(20),
        _ => return None,
    };
    Some(code)
}

fn rxvt_mods(last: u8) -> Mods {
    match last {
        b'$' => Mods::SHIFT,
        b'^' => Mods::CTRL,
        b'@' => Mods { ctrl: true, shift: true, alt: false },
        _ => Mods::NONE,
    }
}

/// A key given as a code point or as kitty's number of it.
fn modified(number: Option<u32>, mods: Option<&Field>, kitty: bool) -> Meaning {
    let Some(mods) = mods.map_or(Some(Mods::NONE), |field| field.mods(kitty)) else {
        return Meaning::Nothing;
    };
    let code = match number {
        Some(27) => Code::Esc,
        Some(13 | 57414) => Code::Enter,
        Some(9) => Code::Tab,
        Some(8 | 127) => Code::Backspace,
        // Kitty's names for the keypad, from the table of functional keys in its protocol.
        Some(n @ 57399..=57408) => char::from_digit(n - 57399, 10).map_or(Code::Char('0'), Code::Char),
        Some(57409) => Code::Char('.'),
        Some(57410) => Code::Char('/'),
        Some(57411) => Code::Char('*'),
        Some(57412) => Code::Char('-'),
        Some(57413) => Code::Char('+'),
        Some(57415) => Code::Char('='),
        Some(57416) => Code::Char(','),
        Some(57417) => Code::Left,
        Some(57418) => Code::Right,
        Some(57419) => Code::Up,
        Some(57420) => Code::Down,
        Some(57421) => Code::PgUp,
        Some(57422) => Code::PgDn,
        Some(57423) => Code::Home,
        Some(57424) => Code::End,
        Some(57425) => Code::Insert,
        Some(57426) => Code::Delete,
        Some(n @ 57376..=57398) => match u8::try_from(n - 57376 + 13) {
            Ok(n) => Code::F(n),
            Err(_) => return Meaning::Nothing,
        },
        // The rest of kitty's private range: keys that only modify, media keys.
        Some(57344..=63743) => return Meaning::Nothing,
        Some(n) => match char::from_u32(n).filter(|c| !c.is_control()) {
            Some(c) => Code::Char(c),
            None => return Meaning::Nothing,
        },
        None => return Meaning::Nothing,
    };
    Meaning::Key(code, mods)
}

/// One parameter with the first of its sub-parameters.
struct Field {
    first: Option<u32>,
    second: Option<u32>,
}

impl Field {
    fn read(bytes: &[u8]) -> Field {
        let mut parts =
            bytes.split(|byte| *byte == b':').map(|part| std::str::from_utf8(part).ok()?.parse::<u32>().ok());
        Field { first: parts.next().flatten(), second: parts.next().flatten() }
    }

    /// The modifiers, which are sent as one plus a set of bits; `None` when the sequence is no key press for us.
    ///
    /// Bit 8 is meta in xterm's table and super in kitty's. A release of a key is no press.
    fn mods(&self, kitty: bool) -> Option<Mods> {
        const RELEASE: u32 = 3;
        if self.second == Some(RELEASE) {
            return None;
        }
        let bits = self.first.unwrap_or(1).saturating_sub(1);
        let (meta, foreign) = if kitty { (0b10_0000, 0b01_1000) } else { (0b10_1000, 0b01_0000) };
        if bits & foreign != 0 {
            return None;
        }
        Some(Mods { shift: bits & 1 != 0, alt: bits & (2 | meta) != 0, ctrl: bits & 4 != 0 })
    }
}
