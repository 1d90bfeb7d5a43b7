//! Calls, consent and the day's work in the linear mode.

use std::io;

use ratatui::layout::Size;

use super::{Next, Session};
use crate::api;
use crate::domain::entity::RecordKind;
use crate::domain::task::TaskField;
use crate::tui::call::CallMode;
use crate::tui::content;
use crate::tui::held::by;
use crate::tui::layer::Ctx;
use crate::tui::overlay::consent::ConsentPanel;
use crate::tui::plain::spoken::{Left, Spoken, converse};
use crate::tui::screen::lists::progress;
use crate::tui::screen::today::{Item, items};
use crate::tui::theme::{Palette, Theme};

/// Room for any text: nothing is scrolled here.
const ROOM: Size = Size { width: 99, height: 30_000 };

impl Session<'_> {
    fn ctx(&self) -> Ctx {
        Ctx {
            schema: self.schema.clone(),
            identity: Some(self.identity.clone()),
            theme: Theme::new(Palette::Mono),
            size: ROOM,
            now: self.env.now(),
            zone: self.zone,
            calling: self.calling.clone(),
        }
    }

    /// Talks with a layer until it is done with.
    fn talk_with(&mut self, layer: &mut dyn Spoken) -> io::Result<Next> {
        let (client, env, ctx) = (self.client.clone(), self.env.clone(), self.ctx());
        let mut now = || Ctx { now: env.now(), ..ctx.clone() };
        let Left { changed, words, ended } = converse(self.talk, &client, layer, &mut now)?;
        if changed {
            self.reopen()?;
        }
        if let Some(words) = words {
            self.command(&words)?;
        }
        Ok(if ended { Next::Quit } else { Next::More })
    }

    /// The contact that is open.
    fn contact(&self) -> Option<crate::api::View> {
        let view = self.open.as_ref().map(|card| &card.record)?;
        (view.kind == RecordKind::Contact && !view.deleted).then(|| view.clone())
    }

    pub(super) fn call(&mut self) -> io::Result<Next> {
        match self.contact() {
            Some(contact) => self.talk_with(&mut CallMode::new(&contact)),
            None => self.nobody(),
        }
    }

    pub(super) fn consent(&mut self) -> io::Result<Next> {
        match self.contact() {
            Some(contact) => self.talk_with(&mut ConsentPanel::new(&contact)),
            None => self.nobody(),
        }
    }

    fn nobody(&mut self) -> io::Result<Next> {
        self.say("No contact is open: search, then say a number.")?;
        Ok(Next::More)
    }

    /// Calls that were begun before and are not recorded, as the screens offer them at the start.
    pub(super) fn left_calls(&mut self) -> io::Result<Next> {
        // Who may call nobody has left no call.
        let Ok(open) = self.client.call(api::CallsOpen {}) else { return Ok(Next::More) };
        match open.into_iter().next() {
            Some(open) => self.talk_with(&mut CallMode::resuming(open)),
            None => Ok(Next::More),
        }
    }

    /// What is to be done today; a number then opens the person.
    pub(super) fn today(&mut self) -> io::Result<()> {
        let work = match self.client.call(api::Today {}) {
            Ok(work) => work,
            Err(error) => return self.fail(&error),
        };
        self.hits.clear();
        self.searched = None;
        self.tasks.clear();
        let all = items(&work);
        if all.is_empty() {
            return self.say("Nothing is due today.");
        }
        let (ctx, mut lines, mut heading) = (self.ctx(), Vec::new(), "");
        for item in all {
            if item.heading() != heading {
                heading = item.heading();
                lines.push(format!("{heading}:"));
            }
            if let Some((contact, _)) = item.person() {
                self.hits.push((RecordKind::Contact, contact.0));
                if let Some(task) = item.task() {
                    self.tasks.insert(self.hits.len(), task);
                }
            }
            lines.push(told(item, self.hits.len(), &ctx));
        }
        lines.push("A number opens the person; x and a number: that task is done.".to_owned());
        self.talk.say(&lines.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A task of the day is done.
    pub(super) fn done(&mut self, number: &str) -> io::Result<()> {
        let task = number.parse::<usize>().ok().and_then(|number| self.tasks.get(&number).copied());
        let Some(id) = task else {
            return self.say(&format!("There is no task {number}; today says which there are."));
        };
        match self.client.call(api::TaskDone { id, done: true }) {
            Ok(_) => self.say("Done. u takes it back."),
            Err(error) => self.fail(&error),
        }
    }

    /// What the open contact said about the use of the data.
    pub(super) fn held(&self) -> Vec<String> {
        let Some(held) = self.open.as_ref().and_then(|card| card.held.as_ref()) else { return Vec::new() };
        let objected = held
            .objected_at
            .map(|at| format!("Objected to all marketing on {}.", content::day(at, self.zone)));
        let deleted = held.delete_on.map(|day| format!("To be deleted on {day}."));
        let lines = held.lines.iter().map(|line| crate::tui::held::sentence(line, self.zone));
        objected.into_iter().chain(deleted).chain(lines).collect()
    }
}

/// One thing to do as a sentence, with the number by which it is meant.
fn told(item: Item<'_>, number: usize, ctx: &Ctx) -> String {
    let at = |at| content::clock(at, ctx);
    match item {
        Item::Open(open) => format!("{number} {}, begun {}", open.name, at(open.begun_at)),
        Item::Call(task) | Item::Task(task) => {
            let late = if task.overdue { "overdue since " } else { "" };
            let due = task.due.map(at).unwrap_or_default();
            format!("{number} {late}{due} {}: {}", task.name, task.task.text(TaskField::text.key()))
        }
        Item::List(list) => format!("{}, {} done, for {}", list.name, progress(list), list.purpose),
        Item::Expiring(one) => {
            let day = content::day(one.until, ctx.zone);
            format!("{number} {}: {}, {}, until {day}", one.name, one.purpose, by(one.channel))
        }
        Item::Request(one) => {
            let due = one.due.map(|day| format!(", due {day}")).unwrap_or_default();
            format!("{number} {}: {}, number {}{due}", one.name, one.right, one.number)
        }
    }
}
