//! Working through a call list: one person after another, whom nobody else gets meanwhile.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::api::work::{CallListView, NextCall, PutBack};
use crate::api::{self, Call, Response};
use crate::domain::call::EntryState;
use crate::tui::call::{CallMode, when};
use crate::tui::content::TextLine;
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Hint, Input, Layer, Step, Ticket};
use crate::tui::line::Line;
use crate::tui::paint;
use crate::tui::screen::lists::progress;
use crate::tui::text;
use crate::tui::theme::Tone;

const LISTS: Ticket = Ticket(1);
const NEXT: Ticket = Ticket(2);
const PUT: Ticket = Ticket(3);
/// The person is put back, and the list left.
const LEAVE: Ticket = Ticket(4);

/// What is being typed.
enum Ask {
    /// Why the person is skipped.
    Skip(Line),
    /// When the person is to be called.
    Later(Line),
}

enum Stage {
    /// Somebody is asked for.
    Asking,
    Person(Box<NextCall>),
    /// Nobody is left who can be called now.
    Nobody,
}

/// The layer.
pub struct CallListWork {
    /// The list that is worked on.
    list: CallListView,
    stage: Stage,
    ask: Option<Ask>,
    fault: Option<String>,
}

impl CallListWork {
    /// Goes on with a list at once.
    pub fn of(list: &CallListView) -> CallListWork {
        CallListWork { list: list.clone(), stage: Stage::Asking, ask: None, fault: None }
    }

    fn ask_lists(&self) -> Step {
        Step::Latest(LISTS, api::CallLists { closed: false }.into_request())
    }

    fn next(&mut self) -> Vec<Step> {
        self.stage = Stage::Asking;
        let next = api::CallListNext { list: self.list.id.to_string() };
        vec![Step::Call(NEXT, next.into_request()), self.ask_lists()]
    }

    fn put(&self, ticket: Ticket, next: &NextCall, put: PutBack) -> Step {
        let request = api::CallListPut { list: next.list.to_string(), contact: next.contact, put };
        Step::Call(ticket, request.into_request())
    }

    /// Enter, after a reason or a moment was typed.
    fn typed(&mut self, ctx: &Ctx) -> Vec<Step> {
        let (Some(ask), Stage::Person(next)) = (self.ask.take(), &self.stage) else { return Vec::new() };
        match ask {
            Ask::Skip(line) => {
                let reason = line.text().trim().to_owned();
                if reason.is_empty() {
                    self.fault = Some("why? It stands on the list".to_owned());
                    self.ask = Some(Ask::Skip(line));
                    return Vec::new();
                }
                vec![self.put(PUT, next, PutBack::Skip { reason })]
            }
            Ask::Later(line) => match when::ahead(line.text(), ctx.now, ctx.zone) {
                Ok(at) => vec![self.put(PUT, next, PutBack::Later { at })],
                Err(why) => {
                    self.fault = Some(why);
                    self.ask = Some(Ask::Later(line));
                    Vec::new()
                }
            },
        }
    }

    fn key(&mut self, key: Key, ctx: &Ctx) -> Vec<Step> {
        self.fault = None;
        if let Some(Ask::Skip(line) | Ask::Later(line)) = &mut self.ask {
            match key.code() {
                Code::Esc => self.ask = None,
                Code::Enter => return self.typed(ctx),
                _ => {
                    line.key(key);
                }
            }
            return Vec::new();
        }
        let leaves = matches!(key.code(), Code::Esc | Code::Char('q'));
        match &self.stage {
            // Whom the answer brings would be held for nobody; it is awaited.
            Stage::Asking => {}
            Stage::Nobody => match key.code() {
                _ if leaves => return vec![Step::Close],
                Code::Char('n' | 'R') => return self.next(),
                _ => {}
            },
            Stage::Person(next) => match key.code() {
                _ if leaves => return vec![self.put(LEAVE, next, PutBack::Release)],
                Code::Char('c') => {
                    let call =
                        CallMode::of(next.contact, &next.card.name).from_list(next.list, &next.card.purpose);
                    return vec![Step::Open(Box::new(call))];
                }
                Code::Char('s') => self.ask = Some(Ask::Skip(Line::default())),
                Code::Char('l') => self.ask = Some(Ask::Later(Line::default())),
                _ => {}
            },
        }
        Vec::new()
    }

    fn lines(&self, ctx: &Ctx) -> Vec<TextLine> {
        let line = |tone: Tone, words: String| TextLine {
            item: None,
            spans: vec![(tone, text::clean(&words).into_owned())],
        };
        let mut lines = Vec::new();
        let list = &self.list;
        let later = list.count(EntryState::Later);
        let later = if later > 0 { format!(" · {later} later") } else { String::new() };
        let by: Vec<String> = list.done_by.iter().map(|(who, many)| format!("{who} {many}")).collect();
        let by = if by.is_empty() { String::new() } else { format!(" · by {}", by.join(", ")) };
        let done = progress(list);
        lines.push(line(Tone::Dim, format!("{} for {}: {done} done{later}{by}", list.name, list.purpose)));
        lines.push(TextLine::default());
        match &self.stage {
            Stage::Asking => lines.push(line(Tone::Dim, "looking …".to_owned())),
            Stage::Nobody => {
                lines.push(line(Tone::Ok, "Nobody is left who can be called now.".to_owned()));
                lines.push(line(Tone::Dim, "n: look again · esc: back".to_owned()));
            }
            Stage::Person(next) => {
                let card = &next.card;
                lines.push(line(Tone::Title, card.name.clone()));
                let (tone, words) = if card.allowed {
                    (Tone::Ok, "may be called now")
                } else {
                    (Tone::Error, "may not be called at this moment")
                };
                lines.push(line(tone, format!("{}{words}", ctx.theme.mark(tone))));
                lines.push(line(Tone::Text, card.verdict.clone()));
                let until = crate::tui::content::clock(next.until, ctx);
                lines.push(line(Tone::Dim, format!("Yours until {until}: nobody else gets this person.")));
                for task in &card.tasks {
                    let words = format!("Task: {}", task.text(crate::domain::task::TaskField::text.key()));
                    lines.push(line(Tone::Text, words));
                }
            }
        }
        lines
    }
}

impl Layer for CallListWork {
    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        self.next()
    }

    fn update(&mut self, input: Input, ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => return self.key(key, ctx),
            Input::Cancel => return self.key(Key::plain(Code::Esc), ctx),
            Input::Paste(words) => {
                if let Some(Ask::Skip(line) | Ask::Later(line)) = &mut self.ask {
                    line.paste(&words);
                }
            }
            Input::Answer(LISTS, Ok(Response::CallLists(lists))) => {
                // One that is done is not among them, and stays as it was known.
                if let Some(list) = lists.into_iter().find(|list| list.id == self.list.id) {
                    self.list = list;
                }
            }
            Input::Answer(NEXT, Ok(Response::CallListNext(next))) => {
                self.stage = next.map_or(Stage::Nobody, |next| Stage::Person(Box::new(next)));
            }
            Input::Answer(PUT, Ok(Response::CallListPut(()))) => return self.next(),
            Input::Answer(LEAVE, Ok(Response::CallListPut(()))) => return vec![Step::Close],
            Input::Answer(_, Ok(_)) => self.fault = Some("the store answered another question".to_owned()),
            Input::Answer(ticket, Err(error)) => {
                // Whoever wants to leave leaves; the person is free again when the time is up.
                if ticket == LEAVE {
                    return vec![Step::Fail(error), Step::Close];
                }
                if ticket == NEXT {
                    self.stage = Stage::Nobody;
                }
                self.fault = Some(error.message);
            }
            // Called and recorded: the next one. Left before: the same person.
            Input::Child(Some(_)) => return self.next(),
            Input::Child(None) | Input::Edited(..) | Input::Job(..) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let inner = paint::panel(buf, area, "Call list", ctx.theme);
        if inner.height < 3 {
            return None;
        }
        let last = inner.bottom().saturating_sub(1);
        let main = Rect { height: inner.height.saturating_sub(2), ..inner };
        paint::lines(buf, main, &self.lines(ctx), 0, None, ctx.theme);
        if let Some(fault) = &self.fault {
            let told = format!("{}{fault}", ctx.theme.mark(Tone::Error));
            paint::put(
                buf,
                inner.x,
                last.saturating_sub(1),
                inner.width,
                &told,
                ctx.theme.style(Tone::Error),
            );
        }
        let row = Rect { y: last, height: 1, ..inner };
        let caret = match &self.ask {
            Some(Ask::Skip(line)) => {
                paint::field(buf, row, "Not called from this list, because: ", line, ctx.theme)
            }
            Some(Ask::Later(line)) => paint::field(buf, row, "Not before: ", line, ctx.theme),
            None => None,
        };
        caret.or(Some(Position { x: inner.x, y: inner.y }))
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        let hints = |all: &[(&str, &str)]| all.iter().map(|(key, text)| Hint::new(*key, *text)).collect();
        match (&self.ask, &self.stage) {
            (Some(_), _) => hints(&[("enter", "so it is"), ("esc", "back")]),
            (None, Stage::Asking) => Vec::new(),
            (None, Stage::Nobody) => hints(&[("n", "look again"), ("esc", "close")]),
            (None, Stage::Person(_)) => {
                hints(&[("c", "call"), ("s", "skip"), ("l", "later"), ("esc", "put back, leave")])
            }
        }
    }
}
