//! A menu.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Step};
use crate::tui::layout::centred;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

/// One line of a menu.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    text: String,
    key: Option<char>,
    intent: Intent,
}

impl Choice {
    pub fn new(text: impl Into<String>, intent: Intent) -> Choice {
        Choice { text: text.into(), key: None, intent }
    }

    /// A letter that chooses it at once.
    #[must_use]
    pub fn key(mut self, key: char) -> Choice {
        self.key = Some(key);
        self
    }
}

/// A menu of things to do.
pub struct Choose {
    title: String,
    choices: Vec<Choice>,
    cursor: usize,
    /// What holds now, marked.
    now: Option<usize>,
}

impl Choose {
    pub fn new(title: impl Into<String>, choices: Vec<Choice>) -> Choose {
        Choose { title: title.into(), choices, cursor: 0, now: None }
    }

    /// Begins on the choice that holds now.
    #[must_use]
    pub fn on(mut self, intent: &Intent) -> Choose {
        self.now = self.choices.iter().position(|choice| choice.intent == *intent);
        self.cursor = self.now.unwrap_or(0);
        self
    }

    fn take(&self, at: usize) -> Vec<Step> {
        match self.choices.get(at) {
            Some(choice) => vec![Step::Close, Step::Run(choice.intent.clone())],
            None => Vec::new(),
        }
    }
}

impl Layer for Choose {
    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        let last = self.choices.len().saturating_sub(1);
        match input {
            Input::Cancel => return vec![Step::Close],
            Input::Key(key) => {
                if let Some(c) = key.typed()
                    && let Some(at) = self.choices.iter().position(|choice| choice.key == Some(c))
                {
                    return self.take(at);
                }
                match key.code() {
                    Code::Esc | Code::Char('q') => return vec![Step::Close],
                    Code::Enter => return self.take(self.cursor),
                    Code::Down | Code::Char('j') => self.cursor = (self.cursor + 1).min(last),
                    Code::Up | Code::Char('k') => self.cursor = self.cursor.saturating_sub(1),
                    Code::Home | Code::Char('g') => self.cursor = 0,
                    Code::End | Code::Char('G') => self.cursor = last,
                    _ => {}
                }
            }
            Input::Paste(_)
            | Input::Answer(..)
            | Input::Edited(..)
            | Input::Job(..)
            | Input::Child(_)
            | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let inner = paint::panel(buf, area, &self.title, ctx.theme);
        let height = usize::from(inner.height.max(1));
        let top = (self.cursor + 1).saturating_sub(height);
        let mut at = None;
        for (n, choice) in self.choices.iter().enumerate().skip(top).take(height) {
            let y = inner.y + u16::try_from(n - top).unwrap_or(0);
            let line = Rect { y, height: 1, ..inner };
            let on = n == self.cursor;
            let key = choice.key.map_or_else(String::new, |key| format!("{key}  "));
            let now = if self.now == Some(n) { "* " } else { "  " };
            let style = ctx.theme.style(if on { Tone::Selection } else { Tone::Text });
            paint::row(buf, line, &format!("{now}{key}{}", choice.text), style);
            if on {
                at = Some(Position { x: inner.x, y });
            }
        }
        at
    }

    fn place(&self, body: Rect) -> Rect {
        let widest = self.choices.iter().map(|choice| text::width(&choice.text) + 5).max().unwrap_or(0);
        let width = widest.max(text::width(&self.title)).max(20) + 4;
        let height = self.choices.len() + 2;
        centred(body, u16::try_from(width).unwrap_or(u16::MAX), u16::try_from(height).unwrap_or(u16::MAX))
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![Hint::new("enter", "choose"), Hint::new(Key::plain(Code::Esc).to_string(), "close")]
    }
}
