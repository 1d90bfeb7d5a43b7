//! A follow-up: what is to be done about a person, and when.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::api::{self, Call, Response};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::tui::call::when;
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Hint, Input, Layer, Level, Step, Ticket};
use crate::tui::layout::centred;
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

const ADD: Ticket = Ticket(1);

/// The prompt.
pub struct FollowUp {
    contact: ContactId,
    name: String,
    text: Line,
    due: Line,
    /// Whether the moment is being typed.
    on_due: bool,
    sent: bool,
    fault: Option<String>,
}

impl FollowUp {
    pub fn new(contact: ContactId, name: &str) -> FollowUp {
        FollowUp {
            contact,
            name: name.to_owned(),
            text: Line::default(),
            due: Line::default(),
            on_due: false,
            sent: false,
            fault: None,
        }
    }

    fn line(&mut self) -> &mut Line {
        if self.on_due { &mut self.due } else { &mut self.text }
    }

    fn save(&mut self, ctx: &Ctx) -> Vec<Step> {
        let text = self.text.text().trim();
        if text.is_empty() {
            self.fault = Some("what is to be done?".to_owned());
            self.on_due = false;
            return Vec::new();
        }
        let mut fields = vec![FieldEdit::text("text", text)];
        if !self.due.text().trim().is_empty() {
            match when::ahead(self.due.text(), ctx.now, ctx.zone) {
                Ok(at) => fields.push(FieldEdit::text("due", at.to_string())),
                Err(why) => {
                    self.fault = Some(why);
                    self.on_due = true;
                    return Vec::new();
                }
            }
        }
        if let Some(identity) = &ctx.identity {
            fields.push(FieldEdit::text("owner", identity.name.clone()));
        }
        self.sent = true;
        let add = api::Add { kind: RecordKind::Task, about: Some(self.contact), fields };
        vec![Step::Call(ADD, add.into_request())]
    }

    fn key(&mut self, key: Key, ctx: &Ctx) -> Vec<Step> {
        self.fault = None;
        match key.code() {
            _ if self.sent => {}
            Code::Esc => return vec![Step::Close],
            Code::Char('s') if key.mods().ctrl => return self.save(ctx),
            Code::Enter if self.on_due => return self.save(ctx),
            Code::Enter | Code::Tab | Code::Down | Code::Up => self.on_due = !self.on_due,
            _ => {
                self.line().key(key);
            }
        }
        Vec::new()
    }
}

impl Layer for FollowUp {
    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => return self.key(key, ctx),
            Input::Cancel => return vec![Step::Close],
            Input::Paste(text) => {
                self.line().paste(&text);
            }
            Input::Answer(ADD, Ok(Response::Add(added))) => {
                let mut steps = vec![Step::Toast(Level::Done, format!("to do about {}", self.name))];
                steps.extend(added.warnings.into_iter().map(|warning| Step::Toast(Level::Warning, warning)));
                steps.extend([Step::Changed, Step::CloseWith("added".to_owned())]);
                return steps;
            }
            Input::Answer(_, Ok(_)) => self.fault = Some("the store answered another question".to_owned()),
            Input::Answer(_, Err(error)) => {
                self.sent = false;
                self.fault = Some(error.message);
            }
            Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let theme = ctx.theme;
        let inner = paint::panel(buf, area, &format!("Follow-up: {}", text::clean(&self.name)), theme);
        if inner.height < 3 {
            return None;
        }
        let text = paint::field(buf, Rect { height: 1, ..inner }, "What  ", &self.text, theme);
        let due = paint::field(buf, Rect { y: inner.y + 1, height: 1, ..inner }, "When  ", &self.due, theme);
        let (tone, note) = match &self.fault {
            Some(fault) => (Tone::Error, format!("{}{fault}", theme.mark(Tone::Error))),
            None => (Tone::Dim, "tomorrow 10:00, +3d, mon 14:30; without a day when empty".to_owned()),
        };
        paint::put(buf, inner.x, inner.y + 2, inner.width, &note, theme.style(tone));
        if self.on_due { due } else { text }
    }

    fn place(&self, body: Rect) -> Rect {
        centred(body, 72, 5)
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        vec![Hint::new("enter", "next, then add"), Hint::new("ctrl-s", "add"), Hint::new("esc", "close")]
    }

    fn unsaved(&self) -> bool {
        !self.text.is_empty()
    }
}
