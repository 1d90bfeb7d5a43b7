//! Bytes from the terminal, turned into keys, pastes and focus changes.
//!
//! The parser is fed whatever a read returned, split anywhere. It never waits and knows no clock: [`Parser::pending`]
//! says how long the loop may wait for the rest of what has begun, and [`Parser::expire`] is called when nothing came.
//! What is known of terminals here: xterm's ctlseqs, console_codes(4), rxvt's key table, and the kitty keyboard
//! protocol (`CSI … u`). Sequences that mean nothing to us, such as a late answer to somebody's query, are swallowed
//! whole, because their tail would otherwise be taken for key presses.

use std::time::Duration;

use crate::tui::keys::{Code, Key, Mods};

mod sequence;
#[cfg(test)]
mod tests;

/// Longest control sequence that is looked at; longer ones are swallowed.
const LONGEST_SEQUENCE: usize = 64;
/// How long the rest of a sequence that cannot be a key press by itself may take.
const SEQUENCE_PATIENCE: Duration = Duration::from_secs(1);
/// How long a paste may stall before what has come is delivered, so that a lost end marker does not freeze the program.
const PASTE_PATIENCE: Duration = Duration::from_secs(10);
/// `ESC [ 201 ~`, which ends a paste.
const PASTE_END: &[u8] = b"\x1b[201~";

/// What a terminal can tell us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Key(Key),
    /// A whole paste: lines end in `\n`, and no other control character but tab is left.
    Paste(String),
    /// A paste beyond the limit, of which nothing is kept: half a text is worse than none.
    PasteTooLong,
    /// Whether the terminal's window has the focus.
    Focus(bool),
}

/// What the parser may be told to do differently.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a lone ESC is held back because it may begin a sequence.
    pub escape_delay: Duration,
    /// Most bytes of one paste.
    pub paste: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { escape_delay: Duration::from_millis(40), paste: 1024 * 1024 }
    }
}

/// Where in a sequence the parser stands; the bytes themselves are in `Parser::held`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ground,
    /// After ESC (`false`) or ESC ESC (`true`).
    Escape(bool),
    /// Within `ESC [`; with the flag, alt is held (rxvt sends `ESC ESC [ A`).
    Csi(bool),
    /// Within `ESC O`.
    Ss3(bool),
    /// In a sequence too long or too odd to be a key: up to its final byte nothing is kept.
    IgnoreCsi,
    /// In an OSC, DCS, APC, PM or SOS string, up to BEL or ST.
    Text,
    /// In such a string, after an ESC that may begin ST.
    TextEscape,
    /// The bytes that follow the old mouse report `CSI M`; so many are left.
    Mouse(u8),
    /// In a character of several bytes; so many are left. The flag is alt.
    Utf8 {
        left: u8,
        alt: bool,
    },
    Paste,
}

/// An incremental parser of terminal input.
#[derive(Debug)]
pub struct Parser {
    limits: Limits,
    state: State,
    /// Parameters of the sequence, bytes of the character, or the last bytes of a paste.
    held: Vec<u8>,
    paste: Vec<u8>,
    paste_overflowed: bool,
}

impl Parser {
    pub fn new(limits: Limits) -> Parser {
        Parser { limits, state: State::Ground, held: Vec::new(), paste: Vec::new(), paste_overflowed: false }
    }

    /// Takes the bytes of one read and appends the events they complete.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        for &byte in bytes {
            self.byte(byte, events);
        }
    }

    /// How long to wait for more bytes before calling [`Parser::expire`], counted from the last byte; `None` when
    /// nothing has begun.
    pub fn pending(&self) -> Option<Duration> {
        match self.state {
            State::Ground => None,
            State::Escape(_) => Some(self.limits.escape_delay),
            State::Csi(_) | State::Ss3(_) | State::Text if self.held.is_empty() => {
                Some(self.limits.escape_delay)
            }
            State::Csi(_)
            | State::Ss3(_)
            | State::IgnoreCsi
            | State::Text
            | State::TextEscape
            | State::Mouse(_)
            | State::Utf8 { .. } => Some(SEQUENCE_PATIENCE),
            State::Paste => Some(PASTE_PATIENCE),
        }
    }

    /// Decides about what has begun, now that nothing follows.
    pub fn expire(&mut self, events: &mut Vec<Event>) {
        let introducer = self.introducer();
        let state = std::mem::replace(&mut self.state, State::Ground);
        match state {
            State::Escape(twice) => {
                for _ in 0..=usize::from(twice) {
                    events.push(Event::Key(Key::plain(Code::Esc)));
                }
            }
            State::Csi(_) | State::Ss3(_) | State::Text => {
                // `ESC [` and nothing more is a person pressing alt-[.
                if let Some(c) = introducer {
                    events.push(Event::Key(Key::alt(c)));
                }
            }
            State::Paste => {
                self.paste.append(&mut self.held);
                self.finish_paste(events);
            }
            State::Ground | State::IgnoreCsi | State::TextEscape | State::Mouse(_) | State::Utf8 { .. } => {}
        }
        self.held.clear();
        self.paste.clear();
    }

    /// The character that introduced the sequence in progress, while nothing else of it has come.
    fn introducer(&self) -> Option<char> {
        match self.state {
            State::Csi(_) if self.held.is_empty() => Some('['),
            State::Ss3(_) if self.held.is_empty() => Some('O'),
            // In `Text`, `paste` is unused and holds the introducer.
            State::Text if self.held.is_empty() => self.paste.first().map(|byte| char::from(*byte)),
            _ => None,
        }
    }

    fn byte(&mut self, byte: u8, events: &mut Vec<Event>) {
        match self.state {
            State::Ground => self.ground(byte, false, events),
            State::Escape(twice) => self.escape(byte, twice, events),
            State::Csi(alt) => self.csi(byte, alt, events),
            State::Ss3(alt) => self.ss3(byte, alt, events),
            State::IgnoreCsi => match byte {
                0x40..=0x7e => self.state = State::Ground,
                0x20..=0x3f => {}
                _ => self.restart(byte, events),
            },
            State::Text => match byte {
                0x07 | 0x18 | 0x1a => self.end_text(),
                0x1b => self.state = State::TextEscape,
                _ => {
                    // Only that something came is remembered.
                    if self.held.is_empty() {
                        self.held.push(byte);
                    }
                }
            },
            State::TextEscape => {
                self.end_text();
                // Any other byte than `\\` begins a new sequence with that ESC.
                if byte != b'\\' {
                    self.state = State::Escape(false);
                    self.byte(byte, events);
                }
            }
            State::Mouse(left) => {
                self.state = if left > 1 { State::Mouse(left - 1) } else { State::Ground };
            }
            State::Utf8 { left, alt } => self.continuation(byte, left, alt, events),
            State::Paste => self.paste_byte(byte, events),
        }
    }

    /// Gives up what has begun and reads `byte` afresh.
    fn restart(&mut self, byte: u8, events: &mut Vec<Event>) {
        self.state = State::Ground;
        self.held.clear();
        self.ground(byte, false, events);
    }

    fn end_text(&mut self) {
        self.state = State::Ground;
        self.held.clear();
        self.paste.clear();
    }

    fn ground(&mut self, byte: u8, alt: bool, events: &mut Vec<Event>) {
        self.state = State::Ground;
        let mods = Mods { alt, ..Mods::NONE };
        let (code, mods) = match byte {
            0x1b => {
                self.state = State::Escape(false);
                return;
            }
            b'\r' => (Code::Enter, mods),
            b'\t' => (Code::Tab, mods),
            // Terminals send either for the backspace key.
            0x7f | 0x08 => (Code::Backspace, mods),
            0x00 => (Code::Char(' '), Mods { ctrl: true, ..mods }),
            0x01..=0x1a => (Code::Char(char::from(byte + 0x60)), Mods { ctrl: true, ..mods }),
            0x1c..=0x1f => (Code::Char(char::from(byte + 0x40)), Mods { ctrl: true, ..mods }),
            0x20..=0x7e => (Code::Char(char::from(byte)), mods),
            // Continuations without a beginning, bytes that UTF-8 never uses.
            0x80..=0xc1 | 0xf5..=0xff => return,
            0xc2..=0xdf => return self.begin_character(byte, 1, alt),
            0xe0..=0xef => return self.begin_character(byte, 2, alt),
            0xf0..=0xf4 => return self.begin_character(byte, 3, alt),
        };
        events.push(Event::Key(Key::new(code, mods)));
    }

    fn begin_character(&mut self, byte: u8, left: u8, alt: bool) {
        self.held.clear();
        self.held.push(byte);
        self.state = State::Utf8 { left, alt };
    }

    fn continuation(&mut self, byte: u8, left: u8, alt: bool, events: &mut Vec<Event>) {
        if !(0x80..=0xbf).contains(&byte) {
            return self.restart(byte, events);
        }
        self.held.push(byte);
        if left > 1 {
            self.state = State::Utf8 { left: left - 1, alt };
            return;
        }
        self.state = State::Ground;
        let character = std::str::from_utf8(&self.held).ok().and_then(|text| text.chars().next());
        self.held.clear();
        if let Some(c) = character.filter(|c| !c.is_control()) {
            events.push(Event::Key(Key::new(Code::Char(c), Mods { alt, ..Mods::NONE })));
        }
    }

    fn escape(&mut self, byte: u8, twice: bool, events: &mut Vec<Event>) {
        self.held.clear();
        match byte {
            0x1b if twice => events.push(Event::Key(Key::plain(Code::Esc))),
            0x1b => self.state = State::Escape(true),
            b'[' => self.state = State::Csi(twice),
            b'O' => self.state = State::Ss3(twice),
            b']' | b'P' | b'_' | b'^' | b'X' => {
                if twice {
                    events.push(Event::Key(Key::plain(Code::Esc)));
                }
                self.state = State::Text;
                self.paste.clear();
                self.paste.push(byte);
            }
            _ => {
                if twice {
                    events.push(Event::Key(Key::plain(Code::Esc)));
                }
                self.ground(byte, true, events);
            }
        }
    }

    fn csi(&mut self, byte: u8, alt: bool, events: &mut Vec<Event>) {
        match byte {
            // The Linux console sends `ESC [ [ A` for F1.
            b'[' if self.held.is_empty() => self.held.push(byte),
            b'A'..=b'E' if self.held == b"[" => {
                self.finish(State::Ground);
                self.key(Code::F(byte - b'A' + 1), Mods { alt, ..Mods::NONE }, events);
            }
            b'M' if self.held.is_empty() => self.finish(State::Mouse(3)),
            // rxvt ends a shifted key with `$`, which elsewhere is no final byte.
            b'$' if sequence::is_one_number(&self.held) => {
                self.dispatch(byte, alt, events);
            }
            0x40..=0x7e => self.dispatch(byte, alt, events),
            0x20..=0x3f if self.held.len() < LONGEST_SEQUENCE => self.held.push(byte),
            0x20..=0x3f => self.finish(State::IgnoreCsi),
            _ => self.restart(byte, events),
        }
    }

    fn dispatch(&mut self, byte: u8, alt: bool, events: &mut Vec<Event>) {
        let meaning = sequence::csi(&self.held, byte);
        self.finish(State::Ground);
        match meaning {
            sequence::Meaning::Key(code, mods) => {
                self.key(code, Mods { alt: alt || mods.alt, ..mods }, events);
            }
            sequence::Meaning::Focus(focus) => events.push(Event::Focus(focus)),
            sequence::Meaning::Paste => {
                self.paste.clear();
                self.state = State::Paste;
            }
            sequence::Meaning::Nothing => {}
        }
    }

    fn ss3(&mut self, byte: u8, alt: bool, events: &mut Vec<Event>) {
        match byte {
            // Old xterms put the modifier in the middle: `ESC O 5 A`.
            b'0'..=b'9' if self.held.len() < 2 => self.held.push(byte),
            0x20..=0x7e => {
                let key = sequence::ss3(&self.held, byte);
                self.finish(State::Ground);
                if let Some((code, mods)) = key {
                    self.key(code, Mods { alt: alt || mods.alt, ..mods }, events);
                }
            }
            _ => self.restart(byte, events),
        }
    }

    fn finish(&mut self, state: State) {
        self.held.clear();
        self.state = state;
    }

    fn key(&mut self, code: Code, mods: Mods, events: &mut Vec<Event>) {
        events.push(Event::Key(Key::new(code, mods)));
    }

    fn paste_byte(&mut self, byte: u8, events: &mut Vec<Event>) {
        // `held` is the longest suffix of what came that is a prefix of the end marker. Only its first byte is ESC,
        // so after a mismatch a new match can begin at the present byte only.
        if PASTE_END.get(self.held.len()) == Some(&byte) {
            self.held.push(byte);
            if self.held.len() == PASTE_END.len() {
                self.finish(State::Ground);
                self.finish_paste(events);
            }
            return;
        }
        let held = std::mem::take(&mut self.held);
        self.keep(&held);
        if PASTE_END.first() == Some(&byte) {
            self.held.push(byte);
        } else {
            self.keep(&[byte]);
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.paste_overflowed || self.paste.len() + bytes.len() > self.limits.paste {
            self.paste_overflowed = true;
            self.paste = Vec::new();
        } else {
            self.paste.extend_from_slice(bytes);
        }
    }

    fn finish_paste(&mut self, events: &mut Vec<Event>) {
        let bytes = std::mem::take(&mut self.paste);
        if std::mem::take(&mut self.paste_overflowed) {
            events.push(Event::PasteTooLong);
        } else {
            events.push(Event::Paste(pasted(&bytes)));
        }
    }
}

/// The text of a paste: valid UTF-8, `\n` for every way to end a line, no control characters but tab.
fn pasted(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                clean.push('\n');
            }
            '\u{2028}' | '\u{2029}' => clean.push('\n'),
            '\n' | '\t' => clean.push(c),
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean
}
