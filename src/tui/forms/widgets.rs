//! Small layers that others open: a question, a line of text, a choice.
//!
//! Each closes with what was chosen ([`Step::CloseWith`]) or with nothing ([`Step::Close`]); the layer below gets it as
//! [`Input::Child`]. A confirmation answers [`YES`].

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::forms::frame;
use crate::tui::forms::line::{Line, Typed};
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Hint, Input, Layer, Step};
use crate::tui::theme::Tone;

pub use crate::tui::forms::pick::{Choice, Picker};

/// What a [`Confirm`] closes with when the answer is yes. No is nothing.
pub const YES: &str = "yes";

/// A question with No as the answer that Enter gives.
pub struct Confirm {
    title: String,
    text: String,
    /// What happens, as a verb: `Delete`, `Discard`.
    verb: String,
    guard: Guard,
    on_yes: bool,
    message: String,
}

/// What a yes takes.
enum Guard {
    /// `y`, or Tab and Enter.
    Key,
    /// Typing how many records it concerns, because many are touched at once.
    Count { count: u64, typed: Line },
}

impl Confirm {
    pub fn new(title: impl Into<String>, text: impl Into<String>, verb: impl Into<String>) -> Confirm {
        Confirm {
            title: title.into(),
            text: text.into(),
            verb: verb.into(),
            guard: Guard::Key,
            on_yes: false,
            message: String::new(),
        }
    }

    /// A question about many records: their number is to be typed.
    #[must_use]
    pub fn counted(mut self, count: u64) -> Confirm {
        self.guard = Guard::Count { count, typed: Line::default().limit(20) };
        self
    }

    fn key(&mut self, key: Key) -> Vec<Step> {
        if key.code() == Code::Esc {
            return vec![Step::Close];
        }
        match &mut self.guard {
            Guard::Count { count, typed } => {
                if key.code() != Code::Enter {
                    typed.key(key);
                    self.message.clear();
                    return Vec::new();
                }
                let said = typed.text().trim().replace(['.', ',', '\'', ' '], "");
                if said == count.to_string() {
                    return vec![Step::CloseWith(YES.to_owned())];
                }
                if said.is_empty() {
                    return vec![Step::Close];
                }
                self.message = format!("That is not the number. {count} records would be changed.");
                Vec::new()
            }
            Guard::Key => match key.code() {
                Code::Char('y' | 'Y') => vec![Step::CloseWith(YES.to_owned())],
                Code::Char('n' | 'N' | 'q') => vec![Step::Close],
                Code::Tab | Code::Left | Code::Right | Code::Char('h' | 'l') => {
                    self.on_yes = !self.on_yes;
                    Vec::new()
                }
                Code::Enter if self.on_yes => vec![Step::CloseWith(YES.to_owned())],
                Code::Enter => vec![Step::Close],
                _ => Vec::new(),
            },
        }
    }
}

impl Layer for Confirm {
    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => self.key(key),
            Input::Paste(pasted) => {
                if let Guard::Count { typed, .. } = &mut self.guard {
                    typed.paste(&pasted);
                }
                Vec::new()
            }
            Input::Cancel => vec![Step::Close],
            Input::Answer(..) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {
                Vec::new()
            }
        }
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = frame::panel(buf, area, &self.title, theme);
        let text = Rect { height: inner.height.saturating_sub(2), ..inner };
        let row = frame::wrapped(buf, text, 0, &self.text, theme.style(Tone::Text)) + 1;
        let row = row.min(inner.height.saturating_sub(1));
        match &self.guard {
            Guard::Key => {
                let look = |on: bool| theme.style(if on { Tone::Selection } else { Tone::Text });
                let (no, yes) = ("[ n  No ]".to_owned(), format!("[ y  {} ]", self.verb));
                let at = frame::row_of(inner, row);
                buf.set_stringn(at.x, at.y, &no, usize::from(at.width), look(!self.on_yes));
                let x = at.x + 11;
                buf.set_stringn(x, at.y, &yes, usize::from(at.right().saturating_sub(x)), look(self.on_yes));
                Some(Position::new(if self.on_yes { x + 2 } else { at.x + 2 }, at.y))
            }
            Guard::Count { count, typed } => {
                let ask = format!("Type {count} to {}: ", self.verb.to_lowercase());
                let at = frame::row_of(inner, row);
                frame::line(buf, inner, row, &ask, theme.style(Tone::Warning));
                let used = u16::try_from(crate::tui::text::width(&ask)).unwrap_or(at.width).min(at.width);
                let input = Rect { x: at.x + used, width: at.width - used, ..at };
                if !self.message.is_empty() {
                    frame::message(buf, inner, row + 1, &self.message, Tone::Error, theme);
                }
                Some(typed.draw(buf, input, theme.style(Tone::Focus)))
            }
        }
    }

    fn place(&self, body: Rect) -> Rect {
        let width = body.width.min(64);
        let rows = frame::rows(&self.text, width.saturating_sub(4));
        let extra = if matches!(self.guard, Guard::Count { .. }) { 6 } else { 4 };
        frame::centred(body, width, rows.saturating_add(extra))
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        match self.guard {
            Guard::Key => vec![Hint::new("n", "no"), Hint::new("y", self.verb.to_lowercase())],
            Guard::Count { .. } => vec![Hint::new("esc", "no"), Hint::new("enter", self.verb.to_lowercase())],
        }
    }
}

/// Says what is wrong with a text, or nothing.
pub type Check = Box<dyn Fn(&str) -> Option<String>>;

/// Asks for one line of text.
pub struct Prompt {
    title: String,
    /// What is asked, above the line.
    text: String,
    line: Line,
    check: Option<Check>,
    message: String,
}

impl Prompt {
    pub fn new(title: impl Into<String>, text: impl Into<String>, initial: &str) -> Prompt {
        Prompt {
            title: title.into(),
            text: text.into(),
            line: Line::new(initial),
            check: None,
            message: String::new(),
        }
    }

    /// Refuses a text with the sentence that `check` gives.
    #[must_use]
    pub fn checked(mut self, check: Check) -> Prompt {
        self.check = Some(check);
        self
    }
}

impl Layer for Prompt {
    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => match key.code() {
                Code::Esc => return vec![Step::Close],
                Code::Enter => {
                    let text = self.line.text().trim().to_owned();
                    match self.check.as_ref().and_then(|check| check(&text)) {
                        Some(wrong) => self.message = wrong,
                        None => return vec![Step::CloseWith(text)],
                    }
                }
                _ => {
                    if self.line.key(key) == Typed::Changed {
                        self.message.clear();
                    }
                }
            },
            Input::Paste(pasted) => {
                self.line.paste(&pasted);
            }
            Input::Cancel => return vec![Step::Close],
            Input::Answer(..) | Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let inner = frame::panel(buf, area, &self.title, ctx.theme);
        let text = Rect { height: inner.height.saturating_sub(1), ..inner };
        let row = frame::wrapped(buf, text, 0, &self.text, ctx.theme.style(Tone::Text));
        if !self.message.is_empty() {
            frame::message(buf, inner, row + 1, &self.message, Tone::Error, ctx.theme);
        }
        Some(self.line.draw(buf, frame::row_of(inner, row), ctx.theme.style(Tone::Focus)))
    }

    fn place(&self, body: Rect) -> Rect {
        let width = body.width.min(70);
        let inner = width.saturating_sub(4);
        let message = if self.message.is_empty() { 0 } else { frame::rows(&self.message, inner) };
        frame::centred(body, width, frame::rows(&self.text, inner).saturating_add(3 + message))
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![Hint::new("enter", "take"), Hint::new("esc", "back")]
    }

    fn unsaved(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::forms::robot::Robot;

    #[test]
    fn enter_alone_is_no() {
        let confirm = || Confirm::new("Delete", "Delete Anna Schmidt? It can be restored.", "Delete");
        for keys in ["enter", "n", "esc", "tab tab enter", "q", "N"] {
            assert_eq!(Robot::new(confirm()).press(keys).closed(), Some(None), "{keys}");
        }
        for keys in ["y", "tab enter", "right enter"] {
            assert_eq!(Robot::new(confirm()).press(keys).closed(), Some(Some(YES.to_owned())), "{keys}");
        }
        let mut pasted = Robot::new(confirm());
        pasted.paste("y\n");
        assert_eq!(pasted.closed(), None);
    }

    #[test]
    fn many_records_want_their_number() {
        let confirm = || Confirm::new("Delete", "Delete 1204 contacts?", "Delete").counted(1204);
        assert_eq!(Robot::new(confirm()).press("y enter").closed(), None);
        assert_eq!(Robot::new(confirm()).press("1 2 0 5 enter").closed(), None);
        assert_eq!(Robot::new(confirm()).press("enter").closed(), Some(None));
        assert_eq!(Robot::new(confirm()).press("1 . 2 0 4 enter").closed(), Some(Some(YES.to_owned())));
        let mut wrong = Robot::new(confirm());
        wrong.press("1 2 enter");
        insta::assert_snapshot!(wrong.screen(60, 20));
    }

    #[test]
    fn a_prompt_checks_and_never_submits_a_paste() {
        let mut robot = Robot::new(
            Prompt::new("Tag", "Which tag?", "")
                .checked(Box::new(|text| text.is_empty().then(|| "A tag needs a name.".to_owned()))),
        );
        robot.press("enter");
        assert_eq!(robot.closed(), None);
        insta::assert_snapshot!(robot.screen(60, 20));
        robot.paste("fair\n\n");
        assert_eq!(robot.closed(), None);
        assert_eq!(robot.press("enter").closed(), Some(Some("fair".to_owned())));
    }
}
