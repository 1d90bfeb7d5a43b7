//! Frames turned into few bytes.
//!
//! ratatui's own comparison goes cell by cell to a backend that knows neither what else stands in the row nor where
//! the cursor is. The painter has both frames whole: it walks the rows, moves the cursor the cheapest way, changes
//! only those attributes that differ, and clears long stretches at once. After a character whose width terminals
//! disagree about it places the cursor anew, so that one name never shifts the rest of its row. The result is one
//! buffer for one write, inside a synchronised update (mode 2026, ignored where unknown).

use std::io::Write as _;

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

use crate::tui::{osc, text};

mod pen;
#[cfg(test)]
mod tests;

use pen::Pen;

const SYNC_ON: &[u8] = b"\x1b[?2026h";
const SYNC_OFF: &[u8] = b"\x1b[?2026l";
/// From so many cells on, clearing them (ECH and a move) is shorter than writing spaces.
const ERASE_FROM: u16 = 10;

/// What one cell of the terminal shows.
#[derive(Debug, Clone, PartialEq)]
enum Slot {
    Glyph(Cell),
    /// The right part of a wide character.
    Tail,
    /// Whatever the terminal made of a character whose width is doubtful.
    Unknown,
}

/// A stretch of a row that leads somewhere (OSC 8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub x: u16,
    pub y: u16,
    /// Cells.
    pub width: u16,
    pub uri: String,
}

/// Knows what the terminal shows, and what to send so that it shows something else.
#[derive(Debug)]
pub struct Painter {
    width: u16,
    height: u16,
    shown: Vec<Slot>,
    next: Vec<Slot>,
    /// Nothing is known of the terminal: the next frame begins with clearing it.
    fresh: bool,
    pen: Pen,
    /// Where the terminal's cursor is, if that is certain.
    at: Option<(u16, u16)>,
    cursor_shown: Option<bool>,
    /// Links of the frame to come, and those that the terminal shows.
    links: Vec<Link>,
    linked: Vec<Link>,
    out: Vec<u8>,
}

impl Default for Painter {
    fn default() -> Painter {
        Painter::new()
    }
}

impl Painter {
    pub fn new() -> Painter {
        Painter {
            width: 0,
            height: 0,
            shown: Vec::new(),
            next: Vec::new(),
            fresh: true,
            pen: Pen::default(),
            at: None,
            cursor_shown: None,
            links: Vec::new(),
            linked: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Forgets what the terminal shows, after somebody else wrote to it or it changed its size.
    pub fn reset(&mut self) {
        self.fresh = true;
    }

    /// Which stretches of the next frame are links.
    pub fn link(&mut self, links: Vec<Link>) {
        self.links = links;
    }

    /// The bytes that turn what the terminal shows into `frame`, with the cursor at `cursor` or hidden.
    ///
    /// Empty when nothing changes.
    pub fn paint(&mut self, frame: &Buffer, cursor: Option<Position>) -> &[u8] {
        self.out.clear();
        self.out.extend_from_slice(SYNC_ON);
        if (self.width, self.height) != (frame.area.width, frame.area.height) {
            (self.width, self.height) = (frame.area.width, frame.area.height);
            self.fresh = true;
        }
        self.load(frame);
        if std::mem::take(&mut self.fresh) {
            self.out.extend_from_slice(b"\x1b[m\x1b[2J");
            self.pen = Pen::default();
            self.at = None;
            self.cursor_shown = None;
            self.shown = vec![Slot::Glyph(Cell::EMPTY); self.next.len()];
            self.linked.clear();
        }
        let links = self.changed_links();
        for y in 0..self.height {
            self.row(y);
        }
        for link in &links {
            self.write_link(link);
        }
        std::mem::swap(&mut self.shown, &mut self.next);
        self.place_cursor(cursor);
        if self.out.len() == SYNC_ON.len() {
            self.out.clear();
        } else {
            self.out.extend_from_slice(SYNC_OFF);
        }
        &self.out
    }

    /// Links to be written once the frame is. What is no link any more is written again, as it would stay one.
    fn changed_links(&mut self) -> Vec<Link> {
        let gone: Vec<Link> = self.linked.iter().filter(|link| !self.links.contains(link)).cloned().collect();
        for link in gone {
            for x in link.x..link.x.saturating_add(link.width).min(self.width) {
                let index = self.index(x, link.y);
                if let Some(slot) = self.shown.get_mut(index) {
                    *slot = Slot::Unknown;
                }
            }
        }
        let is_new = |link: &&Link| {
            let cells = link.x..link.x.saturating_add(link.width).min(self.width);
            !self.linked.contains(link) || cells.into_iter().any(|x| self.changed(x, link.y))
        };
        let new = self.links.iter().filter(is_new).cloned().collect();
        self.linked = std::mem::take(&mut self.links);
        new
    }

    /// Writes the cells of a link once more, as a link. Only where all of them are sure to take the room they should.
    fn write_link(&mut self, link: &Link) {
        let Some((open, close)) = osc::link(&link.uri) else { return };
        let mut cells = Vec::new();
        for x in link.x..link.x.saturating_add(link.width) {
            match self.next.get(self.index(x, link.y)) {
                Some(Slot::Glyph(cell)) if x < self.width && is_sure(cell.symbol()) => {
                    cells.push(cell.clone())
                }
                _ => return,
            }
        }
        self.go(link.x, link.y);
        self.out.extend_from_slice(open.as_bytes());
        for cell in &cells {
            self.write(cell);
        }
        self.out.extend_from_slice(close.as_bytes());
    }

    /// Takes over the frame in normal form, so that equal looks are equal slots.
    fn load(&mut self, frame: &Buffer) {
        self.next.clear();
        let width = usize::from(self.width);
        for row in frame.content.chunks(width.max(1)) {
            let mut x = 0;
            while let Some(cell) = row.get(x) {
                let symbol = cell.symbol();
                let size =
                    if symbol.chars().any(text::is_hostile) { 0 } else { usize::from(symbol.cell_width()) };
                let mut cell = cell.clone();
                cell.diff_option = ratatui::buffer::CellDiffOption::None;
                // What has no width, or sticks out of the row, would put everything after it in the wrong place.
                let fits = size > 0 && x + size <= width;
                if !fits {
                    cell.set_symbol(" ");
                }
                if cell.symbol() == " " && !shows_on_blank(cell.modifier) {
                    cell.fg = Color::Reset;
                    cell.modifier = Modifier::empty();
                }
                self.next.push(Slot::Glyph(cell));
                x += 1;
                for _ in 1..if fits { size } else { 1 } {
                    self.next.push(Slot::Tail);
                    x += 1;
                }
            }
        }
    }

    fn index(&self, x: u16, y: u16) -> usize {
        usize::from(y) * usize::from(self.width) + usize::from(x)
    }

    fn changed(&self, x: u16, y: u16) -> bool {
        let index = self.index(x, y);
        self.shown.get(index) != self.next.get(index)
    }

    fn blank(&self, x: u16, y: u16) -> bool {
        matches!(self.next.get(self.index(x, y)), Some(Slot::Glyph(cell)) if *cell == Cell::EMPTY)
    }

    fn row(&mut self, y: u16) {
        let mut x = 0;
        while x < self.width {
            if !self.changed(x, y) {
                x += 1;
                continue;
            }
            if self.blank(x, y) {
                x = self.clear(x, y);
                continue;
            }
            // Only the head of a wide character is written; where a tail changed, its head did too.
            if let Some(Slot::Glyph(cell)) = self.next.get(self.index(x, y)).cloned() {
                self.go(x, y);
                if is_sure(cell.symbol()) {
                    self.write(&cell);
                } else {
                    self.write_doubtful(&cell, x, y);
                }
            }
            x += 1;
        }
    }

    /// Clears from `x` on as far as there are changed blanks, and says where that ends.
    fn clear(&mut self, x: u16, y: u16) -> u16 {
        let end = (x..self.width).find(|x| !self.blank(*x, y)).unwrap_or(self.width);
        let last = (x..end).rev().find(|x| self.changed(*x, y)).unwrap_or(x);
        let count = last + 1 - x;
        self.go(x, y);
        let styled = self.pen.shows_on_blank();
        let reset = if styled { 3 } else { 0 };
        if end == self.width && count > 3 + reset {
            self.reset_pen();
            self.out.extend_from_slice(b"\x1b[K");
        } else if count >= ERASE_FROM {
            self.reset_pen();
            let _ = write!(self.out, "\x1b[{count}X");
        } else {
            for _ in 0..count {
                self.write(&Cell::EMPTY);
            }
        }
        last + 1
    }

    /// Clearing paints with the pen's background, and with more than that on some terminals.
    fn reset_pen(&mut self) {
        self.pen.change(&Pen::default(), &mut self.out);
    }

    /// Writes one cell where the cursor is.
    fn write(&mut self, cell: &Cell) {
        let wanted = Pen::of(cell);
        // A space shows nothing but its background.
        let invisible = cell.symbol() == " " && self.pen.same_on_blank(&wanted);
        if !invisible {
            self.pen.change(&wanted, &mut self.out);
        }
        self.out.extend_from_slice(cell.symbol().as_bytes());
        let size = cell.symbol().cell_width();
        self.at = self
            .at
            .map(|(x, y)| (x + size, y))
            // In the last column terminals wait with the line break, and differ in how.
            .filter(|(x, _)| *x < self.width && is_sure(cell.symbol()));
    }

    /// Writes a character that may take fewer or more cells than it should: what it should cover is made blank first,
    /// and what it may cover beyond is written again.
    fn write_doubtful(&mut self, cell: &Cell, x: u16, y: u16) {
        let size = cell.symbol().cell_width();
        let mut blank = cell.clone();
        blank.set_symbol(" ");
        for _ in 0..size {
            self.write(&blank);
        }
        self.go(x, y);
        self.write(cell);
        let reach = cell.symbol().chars().count().saturating_mul(2).min(usize::from(self.width));
        for column in usize::from(x + size)..(usize::from(x) + reach).min(usize::from(self.width)) {
            let index = usize::from(y) * usize::from(self.width) + column;
            if let Some(slot) = self.shown.get_mut(index) {
                *slot = Slot::Unknown;
            }
        }
    }

    /// Brings the cursor to a cell, the shortest way.
    fn go(&mut self, x: u16, y: u16) {
        if self.at == Some((x, y)) {
            return;
        }
        let best = way(self.at, (x, y));
        if let Some((from, row)) = self.at
            && row == y
            && from < x
            && let Some(text) = self.gap(from, x, y, best.len())
        {
            self.out.extend_from_slice(text.as_bytes());
        } else {
            self.out.extend_from_slice(best.as_bytes());
        }
        self.at = Some((x, y));
    }

    /// The unchanged text between two columns, where writing it again is not longer than `limit` and needs no other
    /// pen.
    fn gap(&self, from: u16, to: u16, y: u16, limit: usize) -> Option<String> {
        if usize::from(to - from) > limit {
            return None;
        }
        let mut text = String::new();
        for x in from..to {
            match self.next.get(self.index(x, y))? {
                Slot::Glyph(cell) => {
                    let pen = Pen::of(cell);
                    let fits = self.pen == pen || (cell.symbol() == " " && self.pen.same_on_blank(&pen));
                    if !fits || !is_sure(cell.symbol()) || self.changed(x, y) {
                        return None;
                    }
                    text.push_str(cell.symbol());
                }
                Slot::Tail if x == from => return None,
                Slot::Tail => {}
                Slot::Unknown => return None,
            }
        }
        (text.len() <= limit).then_some(text)
    }

    fn place_cursor(&mut self, cursor: Option<Position>) {
        if let Some(position) = cursor {
            let x = position.x.min(self.width.saturating_sub(1));
            let y = position.y.min(self.height.saturating_sub(1));
            if self.at != Some((x, y)) {
                let best = way(self.at, (x, y));
                self.out.extend_from_slice(best.as_bytes());
                self.at = Some((x, y));
            }
        }
        if self.cursor_shown != Some(cursor.is_some()) {
            self.cursor_shown = Some(cursor.is_some());
            self.out.extend_from_slice(if cursor.is_some() { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
    }
}

/// The shortest sequence that moves the cursor.
fn way(from: Option<(u16, u16)>, (x, y): (u16, u16)) -> String {
    let mut best = match (x, y) {
        (0, 0) => "\x1b[H".to_owned(),
        (0, _) => format!("\x1b[{}H", y + 1),
        _ => format!("\x1b[{};{}H", y + 1, x + 1),
    };
    let mut offer = |other: String| {
        if other.len() < best.len() {
            best = other;
        }
    };
    let Some((at_x, at_y)) = from else { return best };
    let counted = |n: u16, last: char| {
        if n == 1 { format!("\x1b[{last}") } else { format!("\x1b[{n}{last}") }
    };
    if at_y == y {
        if x == 0 {
            offer("\r".to_owned());
        } else {
            offer(format!("\x1b[{}G", x + 1));
        }
        if x > at_x {
            offer(counted(x - at_x, 'C'));
        } else if x < at_x {
            offer(counted(at_x - x, 'D'));
            if at_x - x <= 3 {
                offer("\x08".repeat(usize::from(at_x - x)));
            }
        }
    } else if at_x == x {
        if y > at_y {
            offer(counted(y - at_y, 'B'));
        } else {
            offer(counted(at_y - y, 'A'));
        }
    }
    if x == 0 && y > at_y && y - at_y <= 3 {
        offer(format!("\r{}", "\n".repeat(usize::from(y - at_y))));
    }
    best
}

/// Whether an attribute can be seen on a space.
fn shows_on_blank(modifier: Modifier) -> bool {
    modifier.intersects(Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT)
}

/// Whether every terminal agrees how wide this is: one code point of a script without surprises.
fn is_sure(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else { return false };
    matches!(c,
        ' '..='~'
        | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}'
        // Greek, Cyrillic, Armenian, without their combining marks
        | '\u{370}'..='\u{482}' | '\u{48a}'..='\u{58f}'
        | '\u{1e00}'..='\u{1fff}'
        | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
        | '\u{20a0}'..='\u{20bf}' | '\u{2190}'..='\u{21ff}' | '\u{2500}'..='\u{25cf}'
        // kana, unified ideographs, Hangul syllables, full-width forms
        | '\u{3001}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{30a0}'..='\u{30ff}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}'..='\u{ff60}')
}
