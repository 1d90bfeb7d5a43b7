//! A line for secrets.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use zeroize::Zeroizing;

use crate::tui::forms::line::{Typed, draw_scrolled};
use crate::tui::keys::{Code, Key, Mods};
use crate::tui::text;

/// A line that is never shown and leaves no copy behind: a passphrase.
///
/// It has room for [`SecretLine::LIMIT`] bytes from the start, so that growing never leaves a half of it in freed memory.
pub struct SecretLine {
    text: Zeroizing<String>,
    shown: bool,
}

impl Default for SecretLine {
    fn default() -> SecretLine {
        SecretLine::new()
    }
}

impl SecretLine {
    /// Most bytes.
    pub const LIMIT: usize = 1024;

    pub fn new() -> SecretLine {
        SecretLine { text: Zeroizing::new(String::with_capacity(SecretLine::LIMIT)), shown: false }
    }

    /// A secret that is read from paper and may be seen while typed, such as the recovery code.
    pub fn legible() -> SecretLine {
        SecretLine { shown: true, ..SecretLine::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Characters, for the strength advice and the dots.
    pub fn chars(&self) -> usize {
        self.text.chars().count()
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn same(&self, other: &SecretLine) -> bool {
        self.text.as_str() == other.text.as_str()
    }

    /// Takes the secret out; the line is empty afterwards.
    pub fn take(&mut self) -> Zeroizing<String> {
        std::mem::replace(&mut self.text, Zeroizing::new(String::with_capacity(SecretLine::LIMIT)))
    }

    pub fn clear(&mut self) {
        drop(self.take());
    }

    /// Only the end can be edited: a place in the middle of dots cannot be seen.
    pub fn key(&mut self, key: Key) -> Typed {
        if let Some(c) = key.typed() {
            if c.is_control() {
                return Typed::Ignored;
            }
            if self.text.len() + c.len_utf8() > SecretLine::LIMIT {
                return Typed::Full;
            }
            self.text.push(c);
            return Typed::Changed;
        }
        if key == Key::ctrl('u') || key == Key::ctrl('w') {
            self.clear();
            return Typed::Changed;
        }
        match key.code() {
            Code::Backspace => {
                // A character typed as several code points goes one code point at a time, as it came.
                self.text.pop();
                Typed::Changed
            }
            Code::Char('h') if key.mods() == Mods::CTRL => {
                self.text.pop();
                Typed::Changed
            }
            _ => Typed::Ignored,
        }
    }

    /// Password managers paste; a line break at the end of the paste does not submit.
    pub fn paste(&mut self, pasted: &str) -> Typed {
        let mut typed = Typed::Moved;
        for c in pasted.trim_end_matches(['\n', '\r']).chars().filter(|c| !c.is_control()) {
            if self.text.len() + c.len_utf8() > SecretLine::LIMIT {
                return Typed::Full;
            }
            self.text.push(c);
            typed = Typed::Changed;
        }
        typed
    }

    pub fn draw(&self, buf: &mut Buffer, area: Rect, style: Style) -> Position {
        if self.shown {
            return draw_scrolled(buf, area, &self.text, text::width(&self.text), style);
        }
        // A fixed number of dots from some length on: the length of a passphrase is nobody's business.
        let dots = self.chars().min(16);
        draw_scrolled(buf, area, &"•".repeat(dots), dots, style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_dots_and_not_its_length() {
        let area = Rect::new(0, 0, 30, 1);
        let mut short = SecretLine::new();
        short.paste("0123456789abcdefgh\n");
        let mut long = SecretLine::new();
        long.paste(&"pass phrase ".repeat(20));
        let draw = |secret: &SecretLine| {
            let mut buf = Buffer::empty(area);
            secret.draw(&mut buf, area, Style::new());
            buf
        };
        assert_eq!(draw(&short), draw(&long));
        assert_eq!(short.as_str(), "0123456789abcdefgh");
        assert_eq!(long.paste(&"x".repeat(5000)), Typed::Full);
        assert!(long.as_str().len() <= SecretLine::LIMIT);
        assert_eq!(*short.take(), "0123456789abcdefgh");
        assert!(short.is_empty());
    }
}
