//! One question with a typed answer: a date to go back to.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::cut;
use crate::tui::content;
use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Step};
use crate::tui::layout::centred;
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::theme::Tone;

/// Asks for the moment as of which a record is shown.
pub struct Prompt {
    line: Line,
    fault: Option<String>,
}

impl Prompt {
    pub fn as_of() -> Prompt {
        Prompt { line: Line::default(), fault: None }
    }

    fn submit(&mut self, ctx: &Ctx) -> Vec<Step> {
        let text = self.line.text().trim();
        if text.is_empty() || text == "now" {
            return vec![Step::Close, Step::Run(Intent::AsOf(None))];
        }
        match ctx.zone.parse(text) {
            Some(at) if at > ctx.now => {
                // The end of today lies ahead; what is meant is now.
                if content::day(at, ctx.zone) == content::day(ctx.now, ctx.zone) {
                    return vec![Step::Close, Step::Run(Intent::AsOf(None))];
                }
                self.fault = Some("that is still to come".to_owned());
            }
            Some(at) => return vec![Step::Close, Step::Run(Intent::AsOf(Some(at)))],
            None => self.fault = Some("write a day as 2026-01-31, or a time as 2026-01-31 09:30".to_owned()),
        }
        Vec::new()
    }
}

impl Layer for Prompt {
    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Cancel => return vec![Step::Close],
            Input::Paste(text) => {
                self.fault = None;
                return cut(self.line.paste(&text));
            }
            Input::Key(key) => match key.code() {
                Code::Esc => return vec![Step::Close],
                Code::Enter => return self.submit(ctx),
                _ => {
                    self.line.key(key);
                    self.fault = None;
                }
            },
            Input::Answer(..) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = paint::panel(buf, area, "As it stood on", theme);
        let (tone, note) = match &self.fault {
            Some(fault) => (Tone::Error, format!("{}{fault}", theme.mark(Tone::Error))),
            None => (Tone::Dim, "a day (its end), or a day and a time; empty for now".to_owned()),
        };
        paint::put(buf, inner.x, inner.y + 1, inner.width, &note, theme.style(tone));
        paint::field(buf, Rect { height: 1, ..inner }, "> ", &self.line, theme)
    }

    fn place(&self, body: Rect) -> Rect {
        centred(body, 64, 4)
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![Hint::new("enter", "show"), Hint::new("esc", "close")]
    }
}
