//! Every key that works here. Typing searches, Enter runs what the cursor is on.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::cut;
use crate::tui::action::{Action, Group};
use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Step};
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::screen::{Motion, Scroll};
use crate::tui::text;
use crate::tui::theme::Tone;

/// An action as it stands when help is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub action: Action,
    pub keys: String,
    /// Why it cannot be carried out now.
    pub disabled: Option<String>,
}

impl Row {
    /// Whether every word is found in what the row says.
    pub fn matches(&self, words: &str) -> bool {
        let spec = self.action.spec();
        let text = format!("{} {} {} {}", self.keys, spec.name, spec.label, spec.help).to_lowercase();
        words.split_whitespace().all(|word| text.contains(&word.to_lowercase()))
    }
}

impl Row {
    /// What the key does, or why it does not now.
    fn says(&self) -> String {
        let spec = self.action.spec();
        match &self.disabled {
            None => spec.help.to_owned(),
            Some(reason) => format!("{} — not now: {reason}", spec.label),
        }
    }
}

/// The most lines that say in full what the row under the cursor says.
const MOST_SAID: usize = 4;

/// The help for one place.
pub struct Help {
    place: &'static str,
    rows: Vec<Row>,
    line: Line,
    scroll: Scroll,
}

enum Shown<'a> {
    Heading(Group),
    Row(&'a Row),
}

impl Help {
    pub fn new(place: &'static str, rows: Vec<Row>) -> Help {
        Help { place, rows, line: Line::default(), scroll: Scroll { height: 1, ..Scroll::default() } }
    }

    fn hits(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| row.matches(self.line.text())).collect()
    }

    /// The hits under their headings.
    fn shown(&self) -> Vec<Shown<'_>> {
        let hits = self.hits();
        let mut shown = Vec::new();
        let mut group = None;
        for row in hits {
            let own = row.action.spec().group;
            if group != Some(own) {
                shown.push(Shown::Heading(own));
                group = Some(own);
            }
            shown.push(Shown::Row(row));
        }
        shown
    }
}

impl Layer for Help {
    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        self.scroll.height = u64::from(ctx.size.height.saturating_sub(9)).max(1);
        let total = self.hits().len() as u64;
        match input {
            Input::Cancel => return vec![Step::Close],
            Input::Paste(text) => {
                self.scroll.cursor = 0;
                return cut(self.line.paste(&text));
            }
            Input::Key(key) => match key.code() {
                Code::Esc if !self.line.is_empty() => self.line.set(""),
                Code::Esc | Code::F(1) => return vec![Step::Close],
                Code::Down => self.scroll.go(Motion::Down, total),
                Code::Up => self.scroll.go(Motion::Up, total),
                Code::PgDn => self.scroll.go(Motion::PageDown, total),
                Code::PgUp => self.scroll.go(Motion::PageUp, total),
                Code::Enter => {
                    let at = usize::try_from(self.scroll.cursor).unwrap_or(0);
                    return match self.hits().get(at) {
                        Some(row) => vec![Step::Close, Step::Run(Intent::Act(row.action))],
                        None => Vec::new(),
                    };
                }
                _ => {
                    if self.line.key(key) {
                        self.scroll.cursor = 0;
                    }
                }
            },
            Input::Answer(..) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {}
        }
        self.scroll.settle(self.hits().len() as u64);
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = paint::panel(buf, area, &format!("Keys in {}", self.place), theme);
        let caret = paint::field(buf, Rect { height: 1, ..inner }, "search: ", &self.line, theme);
        let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
        // A reason that is cut is no reason: the row under the cursor is said in full below the list, in a room as
        // high as the longest text, so that nothing jumps.
        let keys = |row: &Row| format!("{}  {}", row.keys, row.says());
        let wrapped = |row: &Row| text::wrap(&keys(row), usize::from(list.width));
        let room = self.rows.iter().map(|row| wrapped(row).len()).max().unwrap_or(1).min(MOST_SAID);
        let room = u16::try_from(room).unwrap_or(1).min(list.height.saturating_sub(2));
        let hit = usize::try_from(self.scroll.cursor).ok().and_then(|at| self.hits().get(at).copied());
        if let Some(row) = hit {
            for (y, line) in (list.bottom().saturating_sub(room)..list.bottom()).zip(wrapped(row)) {
                paint::put(buf, list.x, y, list.width, &line, theme.style(Tone::Text));
            }
        }
        let list = Rect { height: list.height.saturating_sub(room + 1), ..list };
        let shown = self.shown();
        if shown.is_empty() {
            paint::put(buf, list.x, list.y, list.width, "No key does that.", theme.style(Tone::Dim));
            return caret;
        }
        let mut at_row = 0;
        let cursor = usize::try_from(self.scroll.cursor).unwrap_or(0);
        let line_of_cursor = shown
            .iter()
            .position(|one| match one {
                Shown::Row(_) => {
                    at_row += 1;
                    at_row == cursor + 1
                }
                Shown::Heading(_) => false,
            })
            .unwrap_or(0);
        let height = usize::from(list.height.max(1));
        let top = (line_of_cursor + 1).saturating_sub(height);
        let key_width = self.rows.iter().map(|row| text::width(&row.keys)).max().unwrap_or(0).min(16);
        for (n, one) in shown.iter().enumerate().skip(top).take(height) {
            let y = list.y + u16::try_from(n - top).unwrap_or(0);
            match one {
                Shown::Heading(group) => {
                    paint::put(buf, list.x, y, list.width, group.title(), theme.style(Tone::Title));
                }
                Shown::Row(row) => {
                    let keys = text::pad(&row.keys, key_width, text::Align::Left);
                    let on = n == line_of_cursor;
                    let tone = match (on, &row.disabled) {
                        (true, _) => Tone::Selection,
                        (false, None) => Tone::Text,
                        (false, Some(_)) => Tone::Dim,
                    };
                    let marker = if on { theme.mark(Tone::Selection) } else { "  " };
                    let line = Rect { y, height: 1, ..list };
                    paint::row(buf, line, &format!("{marker}{keys}  {}", row.says()), theme.style(tone));
                }
            }
        }
        caret
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![
            Hint::new("type", "to search"),
            Hint::new("up down", "move"),
            Hint::new("enter", "run it"),
            Hint::new("esc", "close"),
        ]
    }
}
