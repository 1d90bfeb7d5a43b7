//! The `:` line, which takes the words of the command line.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Step};
use crate::tui::line::{Line, Past};
use crate::tui::paint;
use crate::tui::theme::Tone;

/// The prompt above the footer.
pub struct CommandLine {
    line: Line,
    past: Past,
}

impl CommandLine {
    pub fn new(past: Past) -> CommandLine {
        CommandLine { line: Line::default(), past }
    }
}

impl Layer for CommandLine {
    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Cancel => return vec![Step::Close],
            Input::Paste(text) => {
                self.line.insert(&text);
            }
            Input::Key(key) => match key.code() {
                Code::Esc => return vec![Step::Close],
                Code::Enter => {
                    let words = self.line.text().trim().trim_start_matches(':').to_owned();
                    return vec![Step::Close, Step::Run(Intent::Words(words))];
                }
                Code::Backspace if self.line.is_empty() => return vec![Step::Close],
                Code::Up => {
                    self.past.back(&mut self.line);
                }
                Code::Down => {
                    self.past.forward(&mut self.line);
                }
                _ => {
                    self.line.key(key);
                }
            },
            Input::Answer(..) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        buf.set_style(area, ctx.theme.style(Tone::Text));
        paint::field(buf, area, ":", &self.line, ctx.theme)
    }

    fn place(&self, body: Rect) -> Rect {
        Rect { y: body.bottom().saturating_sub(1), height: 1.min(body.height), ..body }
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![
            Hint::new("enter", "run"),
            Hint::new("up", "before"),
            Hint::new("esc", "close"),
            Hint::new("", "as in `callbook contact show ID`"),
        ]
    }
}
