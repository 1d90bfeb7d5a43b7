//! What every layer draws alike: its frame, lines of text, a message, and where a small window stands.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, Widget};

use crate::tui::text;
use crate::tui::theme::{Theme, Tone};

/// Draws the frame of a layer with its title; gives the room inside.
pub fn panel(buf: &mut Buffer, area: Rect, title: &str, theme: Theme) -> Rect {
    let title =
        format!(" {} ", text::truncate(&text::clean(title), usize::from(area.width.saturating_sub(6))));
    let block =
        Block::bordered().border_style(theme.style(Tone::Border)).title_style(theme.style(Tone::Title));
    let block = block.title(title);
    let inner = block.inner(area);
    block.render(area, buf);
    // One cell of air at both sides, where there is room for it.
    if inner.width > 20 { Rect { x: inner.x + 1, width: inner.width - 2, ..inner } } else { inner }
}

/// The middle of `body`, at most so wide and high.
pub fn centred(body: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(body.width), height.min(body.height));
    Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height }
}

/// Writes one line, cut to the width; gives the row below, or the same where there was no room.
pub fn line(buf: &mut Buffer, area: Rect, row: u16, text: &str, style: Style) -> u16 {
    if row >= area.height {
        return row;
    }
    let clean = text::clean(text);
    let cut = text::truncate(&clean, usize::from(area.width));
    buf.set_stringn(area.x, area.y + row, cut, usize::from(area.width), style);
    row + 1
}

/// Writes text on as many lines as it takes; gives the row below.
pub fn wrapped(buf: &mut Buffer, area: Rect, row: u16, text: &str, style: Style) -> u16 {
    let clean = text::clean_lines(text);
    text::wrap(&clean, usize::from(area.width)).iter().fold(row, |row, one| line(buf, area, row, one, style))
}

/// Writes a message with the mark of its tone before it; gives the row below.
pub fn message(buf: &mut Buffer, area: Rect, row: u16, text: &str, tone: Tone, theme: Theme) -> u16 {
    wrapped(buf, area, row, &format!("{}{text}", theme.mark(tone)), theme.style(tone))
}

/// How many rows `text` takes at this width.
pub fn rows(text: &str, width: u16) -> u16 {
    u16::try_from(text::wrap(&text::clean_lines(text), usize::from(width)).len()).unwrap_or(u16::MAX)
}

/// The part of `area` below its first `rows` rows.
pub fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

/// One row of `area`.
pub fn row_of(area: Rect, row: u16) -> Rect {
    Rect { y: area.y + row.min(area.height.saturating_sub(1)), height: area.height.min(1), ..area }
}

/// The first row to show so that row `at` of `total` is among the `height` shown.
pub fn scrolled(at: usize, total: usize, height: usize) -> usize {
    if total <= height { 0 } else { (at + 1 + height / 3).saturating_sub(height).min(total - height) }
}
