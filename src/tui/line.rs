//! One line of text with a caret: the search box, the palette, prompts.

use unicode_segmentation::UnicodeSegmentation;

use crate::tui::keys::{Code, Key};
use crate::tui::text;

/// Longest text, in bytes; what is typed or pasted beyond it is not taken.
const MAX: usize = 4_000;

/// A text of one line and a caret between its graphemes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Line {
    text: String,
    /// A byte offset on a boundary between graphemes.
    caret: usize,
}

/// Shows the length only: what is typed here is often somebody's name.
impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({} bytes)", self.text.len())
    }
}

impl Line {
    pub fn new(text: &str) -> Line {
        let text = text::clean(text).into_owned();
        Line { caret: text.len(), text }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn caret(&self) -> usize {
        self.caret
    }

    /// The text before the caret.
    pub fn before(&self) -> &str {
        self.text.get(..self.caret).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes an editing key; false for a key that means nothing here.
    pub fn key(&mut self, key: Key) -> bool {
        if let Some(c) = key.typed() {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        let (ctrl, alt) = (key.mods().ctrl, key.mods().alt);
        match key.code() {
            Code::Left if ctrl || alt => self.caret = self.word_before(),
            Code::Right if ctrl || alt => self.caret = self.word_after(),
            Code::Char('b') if alt => self.caret = self.word_before(),
            Code::Char('f') if alt => self.caret = self.word_after(),
            Code::Left => self.caret = self.left(),
            Code::Right => self.caret = self.right(),
            Code::Home => self.caret = 0,
            Code::End => self.caret = self.text.len(),
            Code::Char('a') if ctrl => self.caret = 0,
            Code::Char('e') if ctrl => self.caret = self.text.len(),
            Code::Backspace if ctrl || alt => self.cut(self.word_before(), self.caret),
            Code::Char('w') if ctrl => self.cut(self.word_before(), self.caret),
            // What ctrl-backspace and backspace send in some terminals.
            Code::Char('h') if ctrl => self.cut(self.left(), self.caret),
            Code::Backspace => self.cut(self.left(), self.caret),
            Code::Delete => self.cut(self.caret, self.right()),
            Code::Char('u') if ctrl => self.cut(0, self.caret),
            Code::Char('k') if ctrl => self.cut(self.caret, self.text.len()),
            _ => return false,
        }
        true
    }

    /// Inserts a text at the caret; line breaks become spaces, what must not reach a terminal is left out.
    ///
    /// False when there is no room: then nothing was taken, and half a paste is never searched for.
    pub fn insert(&mut self, text: &str) -> bool {
        let tame: String = text::clean(text).chars().filter(|c| *c != '\u{fffd}').collect();
        if self.text.len() + tame.len() > MAX {
            return false;
        }
        self.text.insert_str(self.caret, &tame);
        self.caret += tame.len();
        // A combining mark joins the letter before it.
        self.settle();
        true
    }

    /// Inserts as much of a text as there is room for; false when some of it was left out.
    pub fn paste(&mut self, text: &str) -> bool {
        let tame: String = text::clean(text).chars().filter(|c| *c != '\u{fffd}').collect();
        let room = MAX.saturating_sub(self.text.len());
        let fits = tame.grapheme_indices(true).map(|(at, grapheme)| at + grapheme.len());
        let end = fits.take_while(|end| *end <= room).last().unwrap_or(0);
        self.insert(tame.get(..end).unwrap_or_default());
        end == tame.len()
    }

    /// Replaces a range of bytes, and puts the caret behind it. Ranges that are none are ignored.
    pub fn replace(&mut self, range: std::ops::Range<usize>, with: &str) {
        if self.text.get(range.clone()).is_some() {
            self.caret = range.start + with.len();
            self.text.replace_range(range, with);
            self.settle();
        }
    }

    pub fn set(&mut self, text: &str) {
        *self = Line::new(text);
    }

    fn settle(&mut self) {
        let ends = self.text.grapheme_indices(true).map(|(at, grapheme)| at + grapheme.len());
        if self.caret > 0 {
            self.caret = ends.into_iter().find(|end| *end >= self.caret).unwrap_or(self.text.len());
        }
    }

    fn cut(&mut self, from: usize, to: usize) {
        if from < to && self.text.get(from..to).is_some() {
            self.text.replace_range(from..to, "");
            self.caret = from;
        }
    }

    fn left(&self) -> usize {
        self.before().grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        let after = self.text.get(self.caret..).unwrap_or_default();
        after.graphemes(true).next().map_or(self.caret, |grapheme| self.caret + grapheme.len())
    }

    fn word_before(&self) -> usize {
        self.before().unicode_word_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn word_after(&self) -> usize {
        let after = self.text.get(self.caret..).unwrap_or_default();
        after.unicode_word_indices().next().map_or(self.text.len(), |(at, word)| self.caret + at + word.len())
    }

    /// The part that fits into `width` cells with the caret in it, and the caret's cell in that part.
    pub fn view(&self, width: usize) -> (String, usize) {
        let before = text::width(self.before());
        if before < width {
            return (text::truncate(&self.text, width).into_owned(), before);
        }
        let head = text::truncate_start(self.before(), width.saturating_sub(1));
        let caret = text::width(&head);
        (head.into_owned(), caret)
    }
}

/// What was entered before, latest last; not kept beyond the run.
#[derive(Clone, Default)]
pub struct Past {
    entries: Vec<String>,
    at: Option<usize>,
    /// What was being typed when looking back began.
    draft: String,
}

impl std::fmt::Debug for Past {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Past({} entries)", self.entries.len())
    }
}

impl Past {
    pub fn add(&mut self, text: &str) {
        self.at = None;
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.entries.retain(|entry| entry != text);
        self.entries.push(text.to_owned());
        if self.entries.len() > 100 {
            self.entries.remove(0);
        }
    }

    pub fn last(&self) -> &str {
        self.entries.last().map_or("", String::as_str)
    }

    /// Puts the entry before into the line; false when there is none.
    pub fn back(&mut self, line: &mut Line) -> bool {
        let at = match self.at {
            None => {
                self.draft = line.text().to_owned();
                self.entries.len()
            }
            Some(at) => at,
        };
        let Some(entry) = at.checked_sub(1).and_then(|before| self.entries.get(before)) else { return false };
        self.at = Some(at - 1);
        line.set(entry);
        true
    }

    /// Puts the next entry into the line, at the end what was being typed.
    pub fn forward(&mut self, line: &mut Line) -> bool {
        let Some(at) = self.at else { return false };
        match self.entries.get(at + 1) {
            Some(entry) => {
                self.at = Some(at + 1);
                line.set(entry);
            }
            None => {
                self.at = None;
                line.set(&self.draft.clone());
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(line: &mut Line, keys: &str) {
        for key in keys.split_whitespace() {
            line.key(key.parse().unwrap());
        }
    }

    #[test]
    fn the_caret_moves_by_grapheme() {
        let mut line = Line::new("ae\u{301}क्षि");
        press(&mut line, "left left");
        assert_eq!(line.before(), "a");
        press(&mut line, "delete");
        assert_eq!(line.text(), "aक्षि");
        press(&mut line, "end backspace");
        assert_eq!(line.text(), "a");
    }

    #[test]
    fn words_and_lines_are_cut() {
        let mut line = Line::new("tag:fair anna schmidt");
        press(&mut line, "ctrl-w");
        assert_eq!(line.text(), "tag:fair anna ");
        press(&mut line, "ctrl-left ctrl-k");
        assert_eq!(line.text(), "tag:fair ");
        press(&mut line, "ctrl-u");
        assert_eq!(line.text(), "");
    }

    #[test]
    fn hostile_pastes_become_one_harmless_line() {
        let mut line = Line::new("x");
        line.insert("a\nb\u{1b}[31m\u{202e}c");
        assert_eq!(line.text(), "xa b[31mc");
        assert!(!line.insert(&"y".repeat(MAX + 1)));
        assert_eq!(line.text(), "xa b[31mc", "too long a paste is not taken");
        // Prompts take what fits, whole graphemes, and say that it is not all.
        assert!(!line.paste(&"e\u{301}".repeat(MAX)));
        assert!((MAX - 2..=MAX).contains(&line.text().len()), "{}", line.text().len());
        assert!(line.paste(""));
        line.set("");
        assert!(line.paste("it fits"));
    }

    #[test]
    fn the_caret_is_always_in_view() {
        let mut line = Line::new("山田太郎 from the purchasing department");
        for _ in 0..60 {
            let (shown, caret) = line.view(10);
            assert!(text::width(&shown) <= 10 && caret < 10, "{shown:?} {caret}");
            line.key("left".parse().unwrap());
        }
    }

    #[test]
    fn looking_back_keeps_what_was_being_typed() {
        let mut past = Past::default();
        past.add("one");
        past.add("two");
        past.add("one");
        let mut line = Line::new("dra");
        assert!(past.back(&mut line));
        assert_eq!(line.text(), "one");
        assert!(past.back(&mut line));
        assert_eq!(line.text(), "two");
        assert!(!past.back(&mut line));
        assert!(past.forward(&mut line) && past.forward(&mut line));
        assert_eq!(line.text(), "dra");
        assert!(!past.forward(&mut line));
    }
}
