//! What others do while one looks at it.
//!
//! Nothing of it moves the cursor, opens or closes anything, or changes the order of a list under the eyes: rows that are
//! held are replaced where they stand and marked; a record that is open is shown anew, with what changed marked.

use uuid::Uuid;

use super::{App, Asker};
use crate::api::event::Changed;
use crate::api::{self, Call, Event};
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::tui::layer::Level;
use crate::tui::screen::{Asked, Place, Want};

impl App {
    pub(super) fn event(&mut self, event: Event) {
        self.dirty = true;
        match event {
            Event::Live => {
                self.live = true;
                self.said_present = None;
                self.present();
            }
            Event::Changed(changed) => self.changed_elsewhere(&changed),
            Event::Presence(presence) => self.presence(presence.id, presence.names),
            Event::Resync => self.refresh(),
            Event::Back => {
                self.toast(Level::Done, "the server is there again");
                self.said_present = None;
                self.present();
                self.refresh();
            }
            Event::Lost => self.toast(Level::Warning, "the server is gone; trying to reach it again"),
            Event::Locked => {
                if !self.locked {
                    self.lock(true);
                }
                self.toast(Level::Warning, "the store was locked for everybody");
            }
        }
    }

    fn changed_elsewhere(&mut self, changed: &Changed) {
        // What a note is about is what is seen of it.
        let (kind, id) = match (changed.kind, changed.about) {
            (RecordKind::Note, Some(contact)) => (RecordKind::Contact, contact.0),
            (kind, _) => (kind, changed.id),
        };
        match kind {
            RecordKind::Contact | RecordKind::Company => {}
            RecordKind::CustomField => {
                return self.ask(Asker::Schema, None, api::SchemaGet {}.into_request());
            }
            RecordKind::User => return self.ask(Asker::Whoami, None, api::Whoami {}.into_request()),
            RecordKind::View => {
                let views = api::Views { kind: None, all: true };
                return self.ask(Asker::Views, None, views.into_request());
            }
            RecordKind::Note | RecordKind::Settings | RecordKind::ExportRun => return,
        }
        let open = self.detail.as_mut().filter(|detail| detail.id == id && detail.at.is_none());
        if let Some(detail) = open {
            detail.foreign = true;
            let wants = detail.load();
            let name = changed.actor.clone();
            self.toast(Level::Info, format!("{name} {} this just now", done_to(changed.action)));
            self.ask_all(wants);
        }
        let wants = self.list_of(kind).changed_elsewhere(id, changed.action == Action::Delete);
        self.ask_all(wants);
    }

    /// Says which record is open, so that others know, and asks who else has it open.
    pub(super) fn present(&mut self) {
        if !self.live {
            return;
        }
        let (kind, id) = match self.place {
            Place::Record(kind, id) => (kind, Some(id)),
            Place::Contacts | Place::Companies | Place::Activity => (RecordKind::Contact, None),
        };
        if self.said_present == id {
            return;
        }
        self.said_present = id;
        let request = api::Present { kind, id }.into_request();
        self.ask_all([Want { asked: Asked::Presence, lane: None, request }]);
    }

    pub(super) fn presence(&mut self, id: Uuid, names: Vec<String>) {
        if let Some(detail) = self.detail.as_mut().filter(|detail| detail.id == id) {
            detail.present = names;
        }
    }
}

fn done_to(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Delete => "deleted",
        Action::Restore => "restored",
        Action::Merge => "merged",
        Action::Edit
        | Action::Import
        | Action::Bulk
        | Action::Undo
        | Action::Redo
        | Action::Export
        | Action::Checkpoint
        | Action::Init => "changed",
    }
}
