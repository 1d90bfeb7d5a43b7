//! What is done from the day's work and from the call lists.

use super::{App, Asker};
use crate::api::{self, Call};
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::tui::call::CallMode;
use crate::tui::screen::Place;
use crate::tui::screen::today::Item;
use crate::tui::today::{CallListWork, FollowUp};

impl App {
    /// Opens what the cursor of the day or of the call lists is on: the person, or the list.
    pub(super) fn open_work(&mut self) {
        if let (Place::Today, Some(Item::Request(one))) = (self.place, self.today.item()) {
            let number = one.number;
            return self.go_to(Place::Request(number));
        }
        let person = match self.place {
            Place::Today => self.today.item().and_then(Item::person).map(|(contact, _)| contact),
            Place::CallLists
            | Place::Contacts
            | Place::Companies
            | Place::Activity
            | Place::Requests
            | Place::Request(_)
            | Place::Record(..) => None,
        };
        match person {
            Some(contact) => self.go_to(Place::Record(RecordKind::Contact, contact.0)),
            None => self.work_list(),
        }
    }

    /// Goes on with the call list under the cursor.
    fn work_list(&mut self) {
        let list = match (self.place, self.today.item()) {
            (Place::CallLists, _) => self.call_lists.current(),
            (Place::Today, Some(Item::List(list))) => Some(list),
            _ => None,
        };
        if let Some(work) = list.map(CallListWork::of) {
            self.open_layer(Box::new(work));
        }
    }

    /// Calls whom the cursor is on, for what is due; or the next of the list it is on.
    pub(super) fn call_work(&mut self) {
        let mode = match (self.place, self.today.item()) {
            (Place::Today, Some(Item::Open(open))) => Some(CallMode::resuming(open.clone())),
            (Place::Today, Some(item)) => {
                item.person().map(|(contact, name)| CallMode::of(contact, name).for_purpose(item.purpose()))
            }
            _ => None,
        };
        match mode {
            Some(mode) => self.open_layer(Box::new(mode)),
            None => self.work_list(),
        }
    }

    /// A task is done.
    pub(super) fn complete(&mut self) {
        let Some(id) = self.today.item().and_then(Item::task) else { return };
        let undo = self.keymap.key_of(crate::tui::action::Action::Undo);
        let done = format!("done; {undo} takes it back");
        self.ask(Asker::Change(done), None, api::TaskDone { id, done: true }.into_request());
    }

    /// The person whom a verb is about that takes only one, with the name.
    pub(super) fn person_here(&self) -> Option<(ContactId, String)> {
        match self.place {
            Place::Today => {
                let person = self.today.item().and_then(Item::person);
                person.map(|(contact, name)| (contact, name.to_owned()))
            }
            Place::Requests | Place::Request(_) => None,
            Place::CallLists | Place::Contacts | Place::Companies | Place::Activity | Place::Record(..) => {
                let view = self.subject().filter(|view| view.kind == RecordKind::Contact);
                view.map(|view| (ContactId(view.id), view.title.clone()))
            }
        }
    }

    pub(super) fn follow_up(&mut self) {
        if let Some((contact, name)) = self.person_here() {
            self.open_layer(Box::new(FollowUp::new(contact, &name)));
        }
    }

    /// Why nothing is done about what the cursor of the day or the call lists is on; nothing where something can be.
    pub(super) fn no_work(&self) -> Option<&'static str> {
        let there = match self.place {
            Place::Today => self.today.item().is_some(),
            Place::CallLists => self.call_lists.current().is_some(),
            Place::Contacts
            | Place::Companies
            | Place::Activity
            | Place::Requests
            | Place::Request(_)
            | Place::Record(..) => true,
        };
        (!there).then_some("nothing is here")
    }

    pub(super) fn no_task(&self) -> Option<&'static str> {
        match self.today.item().map(Item::task) {
            None => Some("nothing is here"),
            Some(None) => Some("this is no task; c calls, enter shows the person"),
            Some(Some(_)) => None,
        }
    }
}
