//! The day's work: what is due, whom to call, which lists wait, what runs out.

use uuid::Uuid;

use super::{Asked, Motion, Scroll, Want};
use crate::api::work::{CallListView, DayWork, Expiring, RequestView, TaskView};
use crate::api::{self, Call, Error, OpenCall};
use crate::domain::id::ContactId;
use crate::domain::task::TaskField;
use crate::tui::effect::Lane;

/// One thing to do.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A call that was begun and is not recorded.
    Open(&'a OpenCall),
    Call(&'a TaskView),
    Task(&'a TaskView),
    List(&'a CallListView),
    Expiring(&'a Expiring),
    Request(&'a RequestView),
}

/// By what an item is known again when the day is asked for anew.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Known {
    heading: &'static str,
    id: Uuid,
    /// Of a consent, which one.
    of: String,
}

impl<'a> Item<'a> {
    pub fn heading(self) -> &'static str {
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
    pub fn person(self) -> Option<(ContactId, &'a str)> {
        match self {
            Item::Open(open) => Some((open.contact, &open.name)),
            Item::Call(task) | Item::Task(task) => Some((task.contact, &task.name)),
            Item::List(_) => None,
            Item::Expiring(one) => Some((one.contact, &one.name)),
            Item::Request(one) => Some((one.contact?, &one.name)),
        }
    }

    pub fn task(self) -> Option<Uuid> {
        match self {
            Item::Call(task) | Item::Task(task) => Some(task.task.id),
            Item::Open(_) | Item::List(_) | Item::Expiring(_) | Item::Request(_) => None,
        }
    }

    /// What a call about it would be for; empty where it does not say.
    pub fn purpose(self) -> &'a str {
        match self {
            Item::Open(open) => &open.purpose,
            Item::Call(task) | Item::Task(task) => task.task.text(TaskField::purpose.key()),
            Item::List(list) => &list.purpose,
            Item::Expiring(one) => &one.purpose,
            Item::Request(_) => "",
        }
    }

    fn known(self) -> Known {
        let (id, of) = match self {
            Item::Open(open) => (open.call, String::new()),
            Item::Call(task) | Item::Task(task) => (task.task.id, String::new()),
            Item::List(list) => (list.id, String::new()),
            Item::Expiring(one) => (one.contact.0, format!("{}/{}", one.purpose, one.channel)),
            Item::Request(one) => (one.id, String::new()),
        };
        Known { heading: self.heading(), id, of }
    }
}

/// Everything that is to be done, in the order in which it is shown.
pub fn items(work: &DayWork) -> Vec<Item<'_>> {
    let open = work.open.iter().map(Item::Open);
    let calls = work.calls.iter().map(Item::Call);
    let tasks = work.tasks.iter().map(Item::Task);
    let lists = work.lists.iter().map(Item::List);
    let expiring = work.expiring.iter().map(Item::Expiring);
    let requests = work.requests.iter().map(Item::Request);
    open.chain(calls).chain(tasks).chain(lists).chain(expiring).chain(requests).collect()
}

/// The screen.
#[derive(Clone, Debug, Default)]
pub struct Today {
    pub work: Option<DayWork>,
    pub cursor: usize,
    /// The first line that is seen; headings are lines too.
    pub top: usize,
    pub fault: Option<Error>,
    height: usize,
}

impl Today {
    pub fn resize(&mut self, height: u16) {
        self.height = usize::from(height.max(1));
        self.follow();
    }

    /// Asks for the day.
    pub fn reload(&self) -> Want {
        Want { asked: Asked::Today, lane: Some(Lane::Today), request: api::Today {}.into_request() }
    }

    /// Takes it; the cursor stays on what it was on, where that is still to be done.
    pub fn answer(&mut self, answer: Result<DayWork, Error>) {
        match answer {
            Ok(work) => {
                let before = self.item().map(Item::known);
                let all = items(&work);
                let again = before.and_then(|before| all.iter().position(|item| item.known() == before));
                self.cursor = again.unwrap_or(self.cursor).min(all.len().saturating_sub(1));
                self.work = Some(work);
                self.fault = None;
            }
            Err(fault) => self.fault = Some(fault),
        }
        self.follow();
    }

    pub fn item(&self) -> Option<Item<'_>> {
        self.work.as_ref().and_then(|work| items(work).get(self.cursor).copied())
    }

    pub fn go(&mut self, motion: Motion) {
        let many = self.work.as_ref().map_or(0, |work| items(work).len()) as u64;
        let mut scroll =
            Scroll { cursor: self.cursor as u64, top: 0, height: (self.height as u64 / 2).max(2) };
        scroll.go(motion, many);
        self.cursor = usize::try_from(scroll.cursor).unwrap_or(0);
        self.follow();
    }

    /// Brings the line of the cursor into view, with its heading where it is the first below one.
    fn follow(&mut self) {
        let Some(work) = &self.work else { return };
        let (mut line, mut heading, mut first) = (0, "", 0);
        for (n, item) in items(work).into_iter().enumerate() {
            let begins = item.heading() != heading;
            if begins {
                // A gap between two parts, and the heading.
                line += if heading.is_empty() { 1 } else { 2 };
                heading = item.heading();
            }
            first = if begins { line - 1 } else { line };
            if n == self.cursor {
                break;
            }
            line += 1;
        }
        if line >= self.top + self.height.max(1) {
            self.top = line + 1 - self.height.max(1);
        }
        self.top = self.top.min(first);
    }
}
