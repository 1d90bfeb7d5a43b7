//! Today.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use uuid::Uuid;

use super::{CallListWork, FollowUp};
use crate::api::work::{CallListView, DayWork, Expiring, RequestView, TaskView};
use crate::api::{self, Call, OpenCall, Response};
use crate::domain::call::EntryState;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::task::TaskField;
use crate::tui::action::Action;
use crate::tui::call::CallMode;
use crate::tui::content::{self, TextLine};
use crate::tui::held::by;
use crate::tui::keys::{Code, Key};
use crate::tui::layer::{Ctx, Hint, Input, Intent, Layer, Level, Step, Ticket};
use crate::tui::paint;
use crate::tui::text;
use crate::tui::theme::Tone;

const TODAY: Ticket = Ticket(1);
const DONE: Ticket = Ticket(2);

/// One thing to do.
#[derive(Clone, Copy)]
enum Item<'a> {
    /// A call that was begun and is not recorded.
    Open(&'a OpenCall),
    Call(&'a TaskView),
    Task(&'a TaskView),
    List(&'a CallListView),
    Expiring(&'a Expiring),
    Request(&'a RequestView),
}

impl Item<'_> {
    fn heading(self) -> &'static str {
        match self {
            Item::Open(_) => "Calls that are not recorded",
            Item::Call(_) => "Calls due",
            Item::Task(_) => "Tasks due",
            Item::List(_) => "Call lists",
            Item::Expiring(_) => "Consents that run out",
            Item::Request(_) => "Requests of persons",
        }
    }

    /// Whom it is about.
    fn person(self) -> Option<(ContactId, String)> {
        match self {
            Item::Open(open) => Some((open.contact, open.name.clone())),
            Item::Call(task) | Item::Task(task) => Some((task.contact, task.name.clone())),
            Item::List(_) => None,
            Item::Expiring(one) => Some((one.contact, one.name.clone())),
            Item::Request(one) => Some((one.contact, one.name.clone())),
        }
    }

    fn task(self) -> Option<Uuid> {
        match self {
            Item::Call(task) | Item::Task(task) => Some(task.task.id),
            Item::Open(_) | Item::List(_) | Item::Expiring(_) | Item::Request(_) => None,
        }
    }
}

/// The screen.
#[derive(Default)]
pub struct Today {
    work: Option<DayWork>,
    cursor: usize,
    fault: Option<String>,
}

fn items(work: &DayWork) -> Vec<Item<'_>> {
    let open = work.open.iter().map(Item::Open);
    let calls = work.calls.iter().map(Item::Call);
    let tasks = work.tasks.iter().map(Item::Task);
    let lists = work.lists.iter().map(Item::List);
    let expiring = work.expiring.iter().map(Item::Expiring);
    let requests = work.requests.iter().map(Item::Request);
    open.chain(calls).chain(tasks).chain(lists).chain(expiring).chain(requests).collect()
}

/// How far a call list is: `12 of 40`.
pub(super) fn progress(list: &CallListView) -> String {
    let left = [EntryState::Open, EntryState::Claimed, EntryState::Later]
        .map(|state| list.count(state))
        .iter()
        .sum();
    format!("{} of {}", list.size.saturating_sub(left), list.size)
}

impl Today {
    fn ask(&self) -> Vec<Step> {
        vec![Step::Latest(TODAY, api::Today {}.into_request())]
    }

    fn count(&self) -> usize {
        self.work.as_ref().map_or(0, |work| items(work).len())
    }

    fn item(&self) -> Option<Item<'_>> {
        self.work.as_ref().and_then(|work| items(work).get(self.cursor).copied())
    }

    fn call(&mut self) -> Vec<Step> {
        let layer: Box<dyn Layer> = match self.item() {
            None => return Vec::new(),
            Some(Item::List(list)) => Box::new(CallListWork::of(list)),
            Some(Item::Open(open)) => Box::new(CallMode::resuming(open.clone())),
            Some(item @ (Item::Call(_) | Item::Task(_) | Item::Expiring(_) | Item::Request(_))) => {
                let Some((contact, name)) = item.person() else { return Vec::new() };
                let purpose = match item {
                    Item::Call(task) | Item::Task(task) => {
                        task.task.text(TaskField::purpose.key()).to_owned()
                    }
                    Item::Expiring(one) => one.purpose.clone(),
                    Item::Open(_) | Item::List(_) | Item::Request(_) => String::new(),
                };
                Box::new(CallMode::of(contact, &name).for_purpose(&purpose))
            }
        };
        vec![Step::Open(layer)]
    }

    fn key(&mut self, key: Key) -> Vec<Step> {
        let last = self.count().saturating_sub(1);
        let go = |action: Action| vec![Step::Close, Step::Run(Intent::Act(action))];
        match key.code() {
            Code::Esc | Code::Char('q' | '2') => return go(Action::Contacts),
            Code::Char('3') => return go(Action::Companies),
            Code::Char('7') => return go(Action::Activity),
            Code::Char('?') | Code::F(1) => return vec![Step::Run(Intent::Act(Action::Help))],
            Code::Char(':') => return vec![Step::Run(Intent::Act(Action::Command))],
            Code::Char('p') if key.mods().ctrl => return vec![Step::Run(Intent::Act(Action::Jump))],
            Code::Char('R') => return self.ask(),
            Code::Down | Code::Char('j') => self.cursor = (self.cursor + 1).min(last),
            Code::Up | Code::Char('k') => self.cursor = self.cursor.saturating_sub(1),
            Code::Home | Code::Char('g') => self.cursor = 0,
            Code::End | Code::Char('G') => self.cursor = last,
            Code::Char('c') => return self.call(),
            Code::Enter => match self.item() {
                Some(Item::List(list)) => return vec![Step::Open(Box::new(CallListWork::of(list)))],
                Some(item) => {
                    if let Some((contact, _)) = item.person() {
                        return vec![Step::Close, Step::Show(RecordKind::Contact, contact.0)];
                    }
                }
                None => {}
            },
            Code::Char('x') => match self.item().map(Item::task) {
                Some(Some(id)) => {
                    return vec![Step::Call(DONE, api::TaskDone { id, done: true }.into_request())];
                }
                Some(None) => {
                    self.fault = Some("this is no task; c calls, enter shows the person".to_owned())
                }
                None => {}
            },
            Code::Char('t') => {
                if let Some((contact, name)) = self.item().and_then(Item::person) {
                    return vec![Step::Open(Box::new(FollowUp::new(contact, &name)))];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// The lines of the screen, each item one, under its heading.
    fn lines(&self, width: usize, ctx: &Ctx) -> Vec<TextLine> {
        let Some(work) = &self.work else {
            return vec![TextLine { item: None, spans: vec![(Tone::Dim, "looking …".to_owned())] }];
        };
        let items = items(work);
        if items.is_empty() {
            let words = "Nothing is due today. 2 shows the contacts.".to_owned();
            return vec![TextLine { item: None, spans: vec![(Tone::Dim, words)] }];
        }
        let mut lines = Vec::new();
        let mut heading = "";
        for (n, item) in items.iter().enumerate() {
            if item.heading() != heading {
                if !heading.is_empty() {
                    lines.push(TextLine::default());
                }
                heading = item.heading();
                let many = items.iter().filter(|one| one.heading() == heading).count();
                lines
                    .push(TextLine { item: None, spans: vec![(Tone::Title, format!("{heading} ({many})"))] });
            }
            lines.push(TextLine { item: Some(n), spans: row(*item, width, ctx) });
        }
        lines
    }
}

/// One row: when, who, what.
fn row(item: Item<'_>, width: usize, ctx: &Ctx) -> Vec<(Tone, String)> {
    let at = |at| content::clock(at, ctx);
    let (late, when, who, what) = match item {
        Item::Open(open) => (true, at(open.begun_at), open.name.clone(), open.purpose.clone()),
        Item::Call(task) | Item::Task(task) => {
            let when = task.due.map(at).unwrap_or_default();
            (task.overdue, when, task.name.clone(), task.task.text(TaskField::text.key()).to_owned())
        }
        Item::List(list) => (false, progress(list), list.name.clone(), list.purpose.clone()),
        Item::Expiring(one) => {
            let what = format!("{}, {}", one.purpose, by(one.channel));
            (false, content::day(one.until, ctx.zone), one.name.clone(), what)
        }
        Item::Request(one) => {
            let when = one.due.map(|day| day.to_string()).unwrap_or_default();
            (one.overdue, when, one.name.clone(), format!("{} (number {})", one.right, one.number))
        }
    };
    let tone = if late { Tone::Warning } else { Tone::Text };
    let mark = if late { ctx.theme.mark(Tone::Warning) } else { "  " };
    let name = (width / 3).clamp(12, 40);
    let pad = |text: &str, size: usize| text::pad(&text::clean(text), size, text::Align::Left);
    vec![
        (tone, format!("{}{}", text::pad(mark, 2, text::Align::Left), pad(&when, 17))),
        (Tone::Text, format!("{} ", pad(&who, name))),
        (Tone::Dim, text::truncate(&text::clean(&what), width.saturating_sub(name + 20)).into_owned()),
    ]
}

impl Layer for Today {
    fn start(&mut self, _ctx: &Ctx) -> Vec<Step> {
        self.ask()
    }

    fn update(&mut self, input: Input, _ctx: &Ctx) -> Vec<Step> {
        match input {
            Input::Key(key) => {
                self.fault = None;
                return self.key(key);
            }
            Input::Cancel => return vec![Step::Toast(Level::Info, "ctrl-c again quits".to_owned())],
            Input::Answer(TODAY, Ok(Response::Today(work))) => {
                self.work = Some(work);
                self.cursor = self.cursor.min(self.count().saturating_sub(1));
            }
            Input::Answer(DONE, Ok(Response::TaskDone(_))) => {
                let mut steps =
                    vec![Step::Toast(Level::Done, "done; u in the contacts takes it back".to_owned())];
                steps.extend(self.ask());
                return steps;
            }
            Input::Answer(_, Ok(_)) => self.fault = Some("the store answered another question".to_owned()),
            Input::Answer(_, Err(error)) => self.fault = Some(error.message),
            // Whatever was done above, it may have been work.
            Input::Child(_) => return self.ask(),
            Input::Paste(_) | Input::Edited(..) | Input::Job(..) | Input::Resized => {}
        }
        Vec::new()
    }

    fn draw(&self, buf: &mut Buffer, area: Rect, ctx: &Ctx) -> Option<Position> {
        let main = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let main = Rect { height: main.height.saturating_sub(1), ..main };
        let lines = self.lines(usize::from(main.width), ctx);
        let at = lines.iter().position(|line| line.item == Some(self.cursor)).unwrap_or(0);
        let top = (at + 1).saturating_sub(usize::from(main.height));
        let cursor = paint::lines(buf, main, &lines, top, Some(self.cursor), ctx.theme);
        if let Some(fault) = &self.fault {
            let told = format!("{}{fault}", ctx.theme.mark(Tone::Error));
            paint::put(
                buf,
                main.x,
                area.bottom().saturating_sub(1),
                main.width,
                &told,
                ctx.theme.style(Tone::Error),
            );
        }
        cursor.or(Some(Position { x: main.x, y: main.y }))
    }

    fn hints(&self, _ctx: &Ctx) -> Vec<Hint> {
        let mut hints = vec![Hint::new("j k", "move")];
        match self.item() {
            Some(Item::List(_)) => hints.push(Hint::new("c", "work the list")),
            Some(item) => {
                hints.extend([Hint::new("c", "call"), Hint::new("enter", "the person")]);
                if item.task().is_some() {
                    hints.push(Hint::new("x", "done"));
                }
                hints.push(Hint::new("t", "follow-up"));
            }
            None => {}
        }
        hints.extend([Hint::new("R", "refresh"), Hint::new("2", "contacts"), Hint::new("?", "help")]);
        hints
    }

    fn screen(&self) -> Option<Action> {
        Some(Action::Today)
    }

    fn hears(&self) -> bool {
        true
    }

    fn elsewhere(&mut self, _ctx: &Ctx) -> Vec<Step> {
        self.ask()
    }
}
