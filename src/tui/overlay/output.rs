//! What a command wrote, to be read and copied.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Layer, Step};
use crate::tui::paint;
use crate::tui::screen::{Motion, Scroll};
use crate::tui::text;
use crate::tui::theme::Tone;

/// Longest output that is kept, in lines.
const MOST: usize = 20_000;

/// A text in a pane.
pub struct Output {
    title: String,
    text: String,
    lines: Vec<String>,
    scroll: Scroll,
    /// Columns scrolled to the right.
    right: usize,
    /// Cells of the longest line; nothing is to be seen beyond it.
    widest: usize,
}

impl Output {
    pub fn new(title: &str, output: &str) -> Output {
        let clean = text::clean_lines(output);
        let lines: Vec<String> = clean.trim_end().lines().take(MOST).map(str::to_owned).collect();
        Output {
            title: title.to_owned(),
            widest: lines.iter().map(|line| text::width(line)).max().unwrap_or(0),
            text: output.to_owned(),
            lines,
            scroll: Scroll { height: 1, ..Scroll::default() },
            right: 0,
        }
    }
}

impl Layer for Output {
    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        self.scroll.height = u64::from(ctx.size.height.saturating_sub(4)).max(1);
        let Input::Key(key) = input else {
            return if matches!(input, Input::Cancel) { vec![Step::Close] } else { Vec::new() };
        };
        let total = self.lines.len() as u64;
        match key.code() {
            Code::Esc | Code::Char('q') => return vec![Step::Close],
            Code::Char('y') => return vec![Step::Copy(self.text.clone())],
            Code::Down | Code::Char('j') => self.scroll.go(Motion::Down, total),
            Code::Up | Code::Char('k') => self.scroll.go(Motion::Up, total),
            Code::PgDn | Code::Char(' ') => self.scroll.go(Motion::PageDown, total),
            Code::PgUp => self.scroll.go(Motion::PageUp, total),
            Code::Home | Code::Char('g') => self.scroll.go(Motion::Top, total),
            Code::End | Code::Char('G') => self.scroll.go(Motion::Bottom, total),
            Code::Right | Code::Char('l') => self.right = (self.right + 8).min(self.widest.saturating_sub(8)),
            Code::Left | Code::Char('h') => self.right = self.right.saturating_sub(8),
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = paint::panel(buf, area, &self.title, theme);
        let top = usize::try_from(self.scroll.top).unwrap_or(0);
        for (y, (n, line)) in (inner.y..inner.bottom()).zip(self.lines.iter().enumerate().skip(top)) {
            let shown = skip_cells(line, self.right);
            let on = n as u64 == self.scroll.cursor;
            let style = theme.style(if on { Tone::Selection } else { Tone::Text });
            paint::row(buf, Rect { y, height: 1, ..inner }, &shown, style);
        }
        let note = paint::scroll_note(top, usize::from(inner.height), self.lines.len());
        if !note.is_empty() {
            let width = u16::try_from(text::width(&note)).unwrap_or(0);
            let x = area.right().saturating_sub(width + 2);
            paint::put(buf, x, area.bottom().saturating_sub(1), width, &note, theme.style(Tone::Dim));
        }
        let y = inner.y + u16::try_from(self.scroll.cursor.saturating_sub(self.scroll.top)).unwrap_or(0);
        Some(Position { x: inner.x, y })
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![
            Hint::new("j k", "scroll"),
            Hint::new("h l", "sideways"),
            Hint::new("y", "copy all"),
            Hint::new("esc", "close"),
        ]
    }
}

/// What remains of a line without its first cells.
fn skip_cells(line: &str, cells: usize) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    let mut left = cells;
    line.graphemes(true)
        .skip_while(|grapheme| {
            let skipped = left > 0;
            left = left.saturating_sub(text::width(grapheme));
            skipped
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_table_is_read_sideways_and_never_lost() {
        let mut ctx = crate::tui::forms::robot::ctx();
        ctx.size = ratatui::layout::Size { width: 40, height: 10 };
        let mut output = Output::new("list", &format!("{}END", "x".repeat(60)));
        assert!(output.hints(&ctx).iter().any(|hint| hint.text == "sideways"));
        for _ in 0..100 {
            output.update(Input::Key(crate::tui::keys::Key::char('l')), &ctx);
        }
        let area = Rect { x: 0, y: 0, width: 40, height: 10 };
        let mut buf = Buffer::empty(area);
        output.draw(&mut buf, area, &ctx);
        let seen: String = buf.content().iter().map(|cell| cell.symbol()).collect();
        assert!(seen.contains("END"), "{seen}");
    }
}
