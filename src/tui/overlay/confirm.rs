//! A question before something is done. No is what Enter means.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::keys::Code;
use crate::tui::layer::{Ctx, Hint, Input, Layer, Step};
use crate::tui::layout::centred;
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

/// A question with what follows a yes.
pub struct Confirm {
    title: String,
    lines: Vec<String>,
    /// The number of records, to be typed where there are many.
    number: Option<u64>,
    typed: Line,
    wrong: bool,
    yes: Vec<Step>,
    on_yes: bool,
}

impl Confirm {
    pub fn new(title: &str, lines: Vec<String>, number: Option<u64>, yes: Vec<Step>) -> Confirm {
        Confirm {
            title: title.to_owned(),
            lines,
            number,
            typed: Line::default(),
            wrong: false,
            yes,
            on_yes: false,
        }
    }

    fn agree(&mut self) -> Vec<Step> {
        let mut steps = std::mem::take(&mut self.yes);
        steps.insert(0, Step::Close);
        steps
    }

    fn wrapped(&self, width: u16) -> Vec<String> {
        self.lines.iter().flat_map(|line| text::wrap(&text::clean(line), usize::from(width.max(1)))).collect()
    }
}

impl Layer for Confirm {
    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        let key = match input {
            Input::Cancel => return vec![Step::Close],
            Input::Key(key) => key,
            // A paste never agrees to anything.
            Input::Paste(_)
            | Input::Answer(..)
            | Input::Edited(..)
            | Input::Job(..)
            | Input::Child(_)
            | Input::Resized => return Vec::new(),
        };
        if key.code() == Code::Esc {
            return vec![Step::Close];
        }
        if let Some(number) = self.number {
            if key.code() == Code::Enter {
                if self.typed.text().trim() == number.to_string() {
                    return self.agree();
                }
                self.wrong = true;
                return Vec::new();
            }
            if key.typed().is_none_or(|c| c.is_ascii_digit()) {
                self.typed.key(key);
                self.wrong = false;
            }
            return Vec::new();
        }
        match key.code() {
            Code::Char('y') => return self.agree(),
            Code::Char('n' | 'q') => return vec![Step::Close],
            Code::Left | Code::Right | Code::Tab => self.on_yes = !self.on_yes,
            Code::Enter if self.on_yes => return self.agree(),
            Code::Enter => return vec![Step::Close],
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = paint::panel(buf, area, &self.title, theme);
        let lines = self.wrapped(inner.width);
        for (y, line) in (inner.y..inner.bottom()).zip(&lines) {
            paint::put(buf, inner.x, y, inner.width, line, theme.style(Tone::Text));
        }
        let y = inner.bottom().saturating_sub(1);
        if self.number.is_some() {
            if self.wrong {
                let style = theme.style(Tone::Error);
                let sign = theme.mark(Tone::Error);
                paint::put(
                    buf,
                    inner.x,
                    y.saturating_sub(1),
                    inner.width,
                    &format!("{sign}that is not the number"),
                    style,
                );
            }
            return paint::field(buf, Rect { y, height: 1, ..inner }, "> ", &self.typed, theme);
        }
        let mut x = inner.x;
        let mut at = None;
        for (label, on) in [("[ No ]", !self.on_yes), ("[ Yes ]", self.on_yes)] {
            let style = theme.style(if on { Tone::Selection } else { Tone::Text });
            if on {
                at = Some(Position { x: x + 2, y });
            }
            x += paint::put(buf, x, y, inner.right().saturating_sub(x), label, style) + 2;
        }
        at
    }

    fn place(&self, body: Rect) -> Rect {
        let width = 60.min(body.width);
        let lines =
            self.wrapped(width.saturating_sub(4)).len() + 2 + if self.number.is_some() { 1 } else { 0 };
        centred(body, width, u16::try_from(lines + 2).unwrap_or(u16::MAX))
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        if self.number.is_some() {
            vec![Hint::new("enter", "do it"), Hint::new("esc", "no")]
        } else {
            vec![Hint::new("y", "yes"), Hint::new("n", "no"), Hint::new("esc", "no")]
        }
    }
}
