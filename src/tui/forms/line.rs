//! One-line and many-line editors, and a line for secrets: the places a person types into.
//!
//! They take keys and pastes and draw themselves; what Enter, Esc, Tab and Ctrl-S mean is the form's business.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::Widget;
use ratatui_textarea::{CursorMove, TextArea, WrapMode};
use tui_input::{Input, InputRequest};
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::value::{MAX_LINE, MAX_TEXT};
use crate::tui::keys::{Code, Key, Mods};
use crate::tui::text;

/// What an editor did with a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Typed {
    /// The text is another one now.
    Changed,
    /// The key was used, the text is the same.
    Moved,
    /// The key means nothing here.
    Ignored,
    /// There was no room for all of it.
    Full,
}

/// Pasted text as it may stand in one line: line breaks and tabs are spaces, no control character is left, and no
/// invisible one that only hides differences.
pub fn paste_line(pasted: &str) -> String {
    let spaced: String = pasted
        .chars()
        .map(|c| if matches!(c, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{85}') { ' ' } else { c })
        .filter(|c| !text::is_hostile(*c))
        .collect();
    spaced.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Pasted text of several lines, without control characters but line breaks.
pub fn paste_lines(pasted: &str) -> String {
    pasted
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2028}', '\u{2029}'], "\n")
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .filter(|c| *c == '\n' || !text::is_hostile(*c))
        .collect()
}

/// As much of `text` as `room` bytes hold, cut between graphemes.
fn fitting(text: &str, room: usize) -> &str {
    if text.len() <= room {
        return text;
    }
    let end = text.grapheme_indices(true).map(|(at, _)| at).take_while(|at| *at <= room).last().unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// A line of text being edited.
#[derive(Clone, Debug)]
pub struct Line {
    input: Input,
    /// Most bytes.
    limit: usize,
}

impl Default for Line {
    fn default() -> Line {
        Line::new("")
    }
}

impl Line {
    /// A line with `text` in it and the cursor behind it.
    pub fn new(text: &str) -> Line {
        Line { input: Input::new(text::clean(text).into_owned()), limit: MAX_LINE }
    }

    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Line {
        self.limit = bytes;
        self
    }

    pub fn text(&self) -> &str {
        self.input.value()
    }

    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    pub fn set(&mut self, text: &str) {
        self.input = Input::new(text::clean(text).into_owned());
    }

    pub fn key(&mut self, key: Key) -> Typed {
        if let Some(c) = key.typed() {
            if text::is_hostile(c) {
                return Typed::Ignored;
            }
            if self.text().len() + c.len_utf8() > self.limit {
                return Typed::Full;
            }
            self.input.handle(InputRequest::InsertChar(c));
            return Typed::Changed;
        }
        let Some(request) = request(key) else { return Typed::Ignored };
        match self.input.handle(request) {
            Some(state) if state.value => Typed::Changed,
            _ => Typed::Moved,
        }
    }

    /// Puts pasted text at the cursor; never more than fits.
    pub fn paste(&mut self, pasted: &str) -> Typed {
        // A megabyte is not cleaned to keep a kilobyte of it: bytes that go can be at most the whole rest.
        let pasted = fitting(pasted, self.limit.saturating_mul(16));
        let mut line = paste_line(pasted);
        let room = self.limit.saturating_sub(self.text().len());
        let full = line.len() > room;
        let kept = fitting(&line, room).len();
        line.truncate(kept);
        let at = self.input.cursor();
        let value = self.text();
        let byte = value.char_indices().nth(at).map_or(value.len(), |(byte, _)| byte);
        let (before, after) = value.split_at(byte);
        let joined = format!("{before}{line}{after}");
        let cursor = at + line.chars().count();
        self.input = Input::new(joined).with_cursor(cursor);
        match (full, line.is_empty()) {
            (true, _) => Typed::Full,
            (false, true) => Typed::Moved,
            (false, false) => Typed::Changed,
        }
    }

    /// Draws the line, scrolled so that the cursor is seen, and says where the cursor is.
    pub fn draw(&self, buf: &mut Buffer, area: Rect, style: Style) -> Position {
        draw_scrolled(buf, area, self.text(), self.input.visual_cursor(), style)
    }
}

fn request(key: Key) -> Option<InputRequest> {
    let (ctrl, alt) = (key.mods().ctrl, key.mods().alt);
    Some(match key.code() {
        Code::Left if ctrl || alt => InputRequest::GoToPrevWord,
        Code::Right if ctrl || alt => InputRequest::GoToNextWord,
        Code::Left => InputRequest::GoToPrevChar,
        Code::Right => InputRequest::GoToNextChar,
        Code::Home => InputRequest::GoToStart,
        Code::End => InputRequest::GoToEnd,
        Code::Backspace if ctrl || alt => InputRequest::DeletePrevWord,
        Code::Backspace => InputRequest::DeletePrevChar,
        Code::Delete if ctrl || alt => InputRequest::DeleteNextWord,
        Code::Delete => InputRequest::DeleteNextChar,
        Code::Char(c) if key.mods() == Mods::CTRL => match c {
            'a' => InputRequest::GoToStart,
            'e' => InputRequest::GoToEnd,
            'h' => InputRequest::DeletePrevChar,
            'w' => InputRequest::DeletePrevWord,
            'u' => InputRequest::DeleteFromStart,
            'k' => InputRequest::DeleteTillEnd,
            'y' => InputRequest::Yank,
            _ => return None,
        },
        Code::Char(c) if key.mods() == Mods::ALT => match c {
            'b' => InputRequest::GoToPrevWord,
            'f' => InputRequest::GoToNextWord,
            'd' => InputRequest::DeleteNextWord,
            _ => return None,
        },
        Code::Char(_)
        | Code::Enter
        | Code::Tab
        | Code::Esc
        | Code::Insert
        | Code::PgUp
        | Code::PgDn
        | Code::Up
        | Code::Down
        | Code::F(_) => return None,
    })
}

/// Draws one line so that column `cursor` of it is inside `area`.
pub(crate) fn draw_scrolled(
    buf: &mut Buffer,
    area: Rect,
    text: &str,
    cursor: usize,
    style: Style,
) -> Position {
    let width = usize::from(area.width);
    if width == 0 || area.height == 0 {
        return Position::new(area.x, area.y);
    }
    let skip = (cursor + 1).saturating_sub(width);
    let mut column = 0;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true) {
        if column >= skip {
            from = at;
            break;
        }
        column += text::width(grapheme);
    }
    let rest = text.get(from..).unwrap_or_default();
    buf.set_stringn(area.x, area.y, rest, width, style);
    let x = cursor.saturating_sub(column).min(width - 1);
    Position::new(area.x.saturating_add(u16::try_from(x).unwrap_or(0)), area.y)
}

/// Text of many lines being edited.
#[derive(Clone, Debug)]
pub struct Area {
    area: TextArea<'static>,
    bytes: usize,
    limit: usize,
}

impl Area {
    /// Running text: long lines are wrapped.
    pub fn text_of(text: &str) -> Area {
        let mut area = Area::items(text);
        area.area.set_wrap_mode(WrapMode::WordOrGlyph);
        area
    }

    /// A list, one item a line: long lines scroll.
    pub fn items(text: &str) -> Area {
        let clean = text::clean_lines(text);
        let mut area = TextArea::new(clean.split('\n').map(str::to_owned).collect());
        area.set_cursor_line_style(Style::new());
        // The terminal's own cursor stands there, for screen readers and input methods.
        area.set_cursor_style(Style::new());
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        Area { area, bytes: clean.len(), limit: MAX_TEXT }
    }

    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    pub fn is_empty(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
    }

    pub fn set(&mut self, text: &str) {
        let wrap = self.area.wrap_mode();
        *self = Area::items(text);
        self.area.set_wrap_mode(wrap);
    }

    /// The line the cursor is in, from 0.
    pub fn row(&self) -> usize {
        self.area.cursor().0
    }

    /// Whether Up or Down would leave the text.
    pub fn at_edge(&self, up: bool) -> bool {
        if up { self.row() == 0 } else { self.row() + 1 >= self.area.lines().len() }
    }

    pub fn key(&mut self, key: Key) -> Typed {
        let (ctrl, alt) = (key.mods().ctrl, key.mods().alt);
        if let Some(c) = key.typed() {
            if text::is_hostile(c) {
                return Typed::Ignored;
            }
            if self.bytes + c.len_utf8() > self.limit {
                return Typed::Full;
            }
            self.area.insert_char(c);
            self.bytes += c.len_utf8();
            return Typed::Changed;
        }
        let moved = |area: &mut TextArea<'static>, to: CursorMove| {
            area.move_cursor(to);
            Typed::Moved
        };
        let area = &mut self.area;
        let changed = match key.code() {
            Code::Enter if self.bytes < self.limit => {
                area.insert_newline();
                true
            }
            Code::Enter => return Typed::Full,
            Code::Backspace if ctrl || alt => area.delete_word(),
            Code::Backspace => area.delete_char(),
            Code::Delete if ctrl || alt => area.delete_next_word(),
            Code::Delete => area.delete_next_char(),
            Code::Left if ctrl || alt => return moved(area, CursorMove::WordBack),
            Code::Right if ctrl || alt => return moved(area, CursorMove::WordForward),
            Code::Left => return moved(area, CursorMove::Back),
            Code::Right => return moved(area, CursorMove::Forward),
            Code::Up => return moved(area, CursorMove::Up),
            Code::Down => return moved(area, CursorMove::Down),
            Code::Home if ctrl => return moved(area, CursorMove::Top),
            Code::End if ctrl => return moved(area, CursorMove::Bottom),
            Code::Home => return moved(area, CursorMove::Head),
            Code::End => return moved(area, CursorMove::End),
            Code::PgUp => return moved(area, CursorMove::ParagraphBack),
            Code::PgDn => return moved(area, CursorMove::ParagraphForward),
            Code::Char(c) if key.mods() == Mods::CTRL => match c {
                'a' => return moved(area, CursorMove::Head),
                'e' => return moved(area, CursorMove::End),
                'h' => area.delete_char(),
                'w' => area.delete_word(),
                'u' => area.delete_line_by_head(),
                'k' => area.delete_line_by_end(),
                _ => return Typed::Ignored,
            },
            Code::Char(c) if key.mods() == Mods::ALT => match c {
                'b' => return moved(area, CursorMove::WordBack),
                'f' => return moved(area, CursorMove::WordForward),
                'u' => area.undo(),
                'r' => area.redo(),
                _ => return Typed::Ignored,
            },
            Code::Char(_) | Code::Tab | Code::Esc | Code::Insert | Code::F(_) => return Typed::Ignored,
        };
        self.count();
        if changed { Typed::Changed } else { Typed::Moved }
    }

    pub fn paste(&mut self, pasted: &str) -> Typed {
        let clean = paste_lines(pasted);
        let room = self.limit.saturating_sub(self.bytes);
        let kept = fitting(&clean, room);
        let full = kept.len() < clean.len();
        if !kept.is_empty() {
            self.area.insert_str(kept);
            self.count();
        }
        match (full, kept.is_empty()) {
            (true, _) => Typed::Full,
            (false, true) => Typed::Moved,
            (false, false) => Typed::Changed,
        }
    }

    fn count(&mut self) {
        let lines = self.area.lines();
        self.bytes = lines.iter().map(String::len).sum::<usize>() + lines.len().saturating_sub(1);
    }

    /// Draws the text, scrolled so that the cursor is seen, and says where the cursor is.
    pub fn draw(&self, buf: &mut Buffer, area: Rect, style: Style) -> Position {
        if area.width == 0 || area.height == 0 {
            return Position::new(area.x, area.y);
        }
        (&self.area).render(area, buf);
        buf.set_style(area, style);
        let at = self.area.screen_cursor();
        let (top, left) = self.area.scroll_offset();
        let row = u16::try_from(at.row).unwrap_or(u16::MAX).saturating_sub(top).min(area.height - 1);
        let column = u16::try_from(at.col).unwrap_or(u16::MAX).saturating_sub(left).min(area.width - 1);
        Position::new(area.x + column, area.y + row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(line: &mut Line, keys: &str) {
        for key in keys.split(' ') {
            line.key(key.parse().unwrap());
        }
    }

    #[test]
    fn a_line_is_edited_in_the_middle_and_by_graphemes() {
        let mut line = Line::new("Ana");
        keys(&mut line, "left n e \u{301} home J");
        assert_eq!(line.text(), "JAnne\u{301}a");
        keys(&mut line, "end backspace backspace");
        assert_eq!(line.text(), "JAnn", "a letter goes with its accent");
        keys(&mut line, "ctrl-u");
        assert!(line.is_empty());
    }

    #[test]
    fn hostile_pastes_are_cleaned_and_never_grow_beyond_the_limit() {
        let mut line = Line::new("");
        assert_eq!(line.paste("Muster\r\nStr. 1\t\x1b[31mred\0\u{202e}x\n"), Typed::Changed);
        assert_eq!(line.text(), "Muster Str. 1 [31mredx");
        let mut line = Line::new("ab");
        line.key(Key::plain(Code::Left));
        assert_eq!(line.paste(&"é".repeat(1 << 20)), Typed::Full);
        assert!(line.text().len() <= MAX_LINE);
        assert!(line.text().starts_with("aé") && line.text().ends_with('b'));
        assert_eq!(
            line.key(Key::char('x')),
            if line.text().len() == MAX_LINE { Typed::Full } else { Typed::Changed }
        );

        let mut area = Area::text_of("one");
        assert_eq!(area.paste("\r\ntwo\x07\x1b]0;x\x07"), Typed::Changed);
        assert_eq!(area.lines(), ["one", "two]0;x"]);
        assert_eq!(area.paste(&"z".repeat(2 << 20)), Typed::Full);
        assert!(area.text().len() <= MAX_TEXT);
    }

    #[test]
    fn the_cursor_stays_inside() {
        let area = Rect::new(5, 2, 8, 1);
        for (text, x) in [("", 5), ("abc", 8), ("abcdefgh", 12), ("山田太郎さん", 12)] {
            let mut buf = Buffer::empty(Rect::new(0, 0, 20, 4));
            let at = Line::new(text).draw(&mut buf, area, Style::new());
            assert!(at.x <= 12 && at.y == 2, "{text}: {at:?}");
            if !text.starts_with('山') {
                assert_eq!(at.x, x, "{text}");
            }
        }
    }
}
