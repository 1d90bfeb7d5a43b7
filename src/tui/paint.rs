//! Small things that all drawing is made of. Everything that comes from a record is cleaned here.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear, Widget};

use crate::tui::content::TextLine;
use crate::tui::line::Line;
use crate::tui::text;
use crate::tui::theme::{Theme, Tone};

/// Writes a text from `x` on, cut to `width` cells; gives the cells used.
pub fn put(buf: &mut Buffer, x: u16, y: u16, width: u16, content: &str, style: Style) -> u16 {
    if y < buf.area.top() || y >= buf.area.bottom() || x >= buf.area.right() || width == 0 {
        return 0;
    }
    let clean = text::clean(content);
    let shown = text::truncate(&clean, usize::from(width));
    let (end, _) = buf.set_stringn(x, y, shown.as_ref(), usize::from(width), style);
    end.saturating_sub(x)
}

/// Writes a text over the whole of a row.
pub fn row(buf: &mut Buffer, area: Rect, content: &str, style: Style) {
    let area = area.intersection(buf.area);
    if !area.is_empty() {
        buf.set_style(Rect { height: 1, ..area }, style);
        put(buf, area.x, area.y, area.width, content, style);
    }
}

/// Empties an area. A wide character that reaches into it from the left goes as well, or half of it would stay.
pub fn clear(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    Clear.render(area, buf);
    if area.x > buf.area.x {
        for y in area.top()..area.bottom() {
            if let Some(cell) = buf.cell_mut((area.x - 1, y))
                && text::width(cell.symbol()) > 1
            {
                cell.set_symbol(" ");
            }
        }
    }
}

/// An empty box with a caption; gives the room in it, a cell away from its sides.
pub fn panel(buf: &mut Buffer, area: Rect, title: &str, theme: Theme) -> Rect {
    let area = area.intersection(buf.area);
    clear(buf, area);
    let block = Block::bordered().border_style(theme.style(Tone::Border));
    let inner = block.inner(area);
    block.render(area, buf);
    if !title.is_empty() && area.width > 6 {
        let shown = format!(" {title} ");
        put(buf, area.x + 2, area.y, area.width - 4, &shown, theme.style(Tone::Focus));
    }
    Rect { x: inner.x + 1.min(inner.width), width: inner.width.saturating_sub(2), ..inner }
}

/// A text being typed, behind a prefix; gives the place of the caret.
pub fn field(buf: &mut Buffer, area: Rect, prefix: &str, line: &Line, theme: Theme) -> Option<Position> {
    let used = put(buf, area.x, area.y, area.width, prefix, theme.style(Tone::Focus));
    let room = area.width.saturating_sub(used);
    if room == 0 {
        return None;
    }
    let (shown, caret) = line.view(usize::from(room));
    put(buf, area.x + used, area.y, room, &shown, theme.style(Tone::Text));
    Some(Position { x: area.x + used + u16::try_from(caret).unwrap_or(0), y: area.y })
}

/// Lines from `top` on. The item under the cursor has a sign at the left; gives the place of its first line.
pub fn lines(
    buf: &mut Buffer,
    area: Rect,
    lines: &[TextLine],
    top: usize,
    cursor: Option<usize>,
    theme: Theme,
) -> Option<Position> {
    let mut at = None;
    for (n, line) in lines.iter().skip(top).take(usize::from(area.height)).enumerate() {
        let y = area.y + u16::try_from(n).unwrap_or(u16::MAX);
        let mut x = area.x;
        let on = line.item.is_some() && line.item == cursor;
        for (tone, part) in &line.spans {
            let left = area.right().saturating_sub(x);
            x += put(buf, x, y, left, part, theme.style(*tone));
        }
        if on {
            if at.is_none() {
                at = Some(Position { x: area.x, y });
            }
            // The whole line, so that it is seen however short its text is.
            let selection = theme.style(Tone::Selection);
            buf.set_style(Rect { x: area.x, y, width: area.width, height: 1 }, selection);
        }
    }
    at
}

/// Says how much lies above and below what is seen, in the corner at the right.
pub fn scroll_note(top: usize, seen: usize, all: usize) -> String {
    if all <= seen {
        return String::new();
    }
    let last = (top + seen).min(all);
    format!("{}–{last} of {all}", top + 1)
}
