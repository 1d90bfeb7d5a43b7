//! Call mode as a layer over the screens.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use uuid::Uuid;

use super::mode::{CallMode, OPEN, PURPOSES, Stage};
use super::{view, view_under};
use crate::api::{self, Call, Request};
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Hint, Input, Layer, Step};
use crate::tui::paint;
use crate::tui::text;

impl Layer for CallMode {
    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        let purposes = Step::Latest(PURPOSES, api::Purposes { retired: true }.into_request());
        match self.stage {
            Stage::Left(_) => vec![purposes],
            _ => vec![Step::Latest(OPEN, api::CallsOpen {}.into_request()), purposes],
        }
    }

    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        let steps = match input {
            Input::Key(key) => self.key(key, ctx),
            Input::Cancel => self.key(Key::plain(Code::Esc), ctx),
            Input::Paste(text) => {
                match &mut self.stage {
                    Stage::Under(under) => under.paste(&text),
                    Stage::After(_, after) if !after.sent => {
                        if let Some(line) = after.line() {
                            line.paste(&text);
                        }
                    }
                    _ => {}
                }
                Vec::new()
            }
            Input::Answer(ticket, Ok(answer)) => self.answer(ticket, answer, ctx),
            Input::Answer(ticket, Err(error)) => self.refused(ticket, error),
            Input::Edited(..) | Input::Job(..) | Input::Child(_) | Input::Resized => Vec::new(),
        };
        if let Stage::Under(under) = &mut self.stage {
            under.room = view_under::room(ctx);
        }
        steps
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let title = format!("Call: {}", text::clean(&self.name));
        let inner = paint::panel(buf, area, &title, ctx.theme);
        if inner.height < 6 {
            return None;
        }
        match &self.stage {
            Stage::Under(under) => view_under::draw(under, buf, inner, ctx),
            Stage::After(under, after) => view::after(under, after, buf, inner, ctx),
            Stage::Looking | Stage::Left(_) | Stage::Before(_) | Stage::Beginning(_) | Stage::Done(_) => {
                view::draw(self, buf, inner, ctx)
            }
        }
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        let hints = |all: &[(&str, &str)]| all.iter().map(|(key, text)| Hint::new(*key, *text)).collect();
        match &self.stage {
            Stage::Looking | Stage::Beginning(_) => hints(&[("esc", "leave")]),
            Stage::Left(_) => hints(&[
                ("r", "resume"),
                ("i", "record as interrupted"),
                ("d", "drop: nobody was dialled"),
                ("esc", "later"),
            ]),
            Stage::Before(card) => view::before_hints(self, card),
            Stage::Under(under) => view_under::hints(under),
            Stage::After(..) => hints(&[
                ("ctrl-s", "record"),
                ("tab", "next"),
                ("left right", "choose"),
                ("esc", "not over yet"),
            ]),
            Stage::Done(_) if self.written.is_some() => {
                hints(&[("enter", "close"), ("y", "copy what is to be sent")])
            }
            Stage::Done(_) => hints(&[("enter", "close")]),
        }
    }

    fn unsaved(&self) -> bool {
        matches!(self.stage, Stage::Under(_) | Stage::After(..))
    }

    fn about(&self) -> Option<Uuid> {
        Some(self.contact.0)
    }

    fn elsewhere(&mut self, _ctx: &Ctx) -> Vec<Step> {
        match self.stage {
            Stage::Under(_) => self.ask_book(),
            Stage::Before(_) => self.check(),
            Stage::Looking | Stage::Left(_) | Stage::Beginning(_) | Stage::After(..) | Stage::Done(_) => {
                Vec::new()
            }
        }
    }

    fn ticks(&self) -> bool {
        matches!(self.stage, Stage::Under(_))
    }

    fn parting(&self) -> Option<Request> {
        match &self.stage {
            Stage::Under(under) => Some(CallMode::kept(under)),
            Stage::After(under, after) if !after.sent => {
                let mut said = under.said.clone();
                after.note.text().trim().clone_into(&mut said.note);
                Some(api::CallKeep { call: under.call, answers: said }.into_request())
            }
            Stage::Looking
            | Stage::Left(_)
            | Stage::Before(_)
            | Stage::Beginning(_)
            | Stage::After(..)
            | Stage::Done(_) => None,
        }
    }

    fn link(&self) -> Option<(String, String)> {
        match &self.stage {
            Stage::Before(card) | Stage::Beginning(card) if card.allowed => {
                card.dial.as_ref().map(|dial| (dial.readable.clone(), dial.uri.clone()))
            }
            Stage::Under(under) if !under.uri.is_empty() => Some((under.number.clone(), under.uri.clone())),
            _ => None,
        }
    }
}
