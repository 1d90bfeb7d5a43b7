//! What others do while one looks at it.
//!
//! Nothing of it moves the cursor, opens or closes anything, or changes the order of a list under the eyes: rows that are
//! held are replaced where they stand and marked; a record that is open is shown anew, with what changed marked. Only what
//! is out of sight by now is not shown any more.

use uuid::Uuid;

use super::{App, Asker};
use crate::api::event::Changed;
use crate::api::{self, Call, Event};
use crate::domain::entity::{Lies, RecordKind};
use crate::domain::history::Action;
use crate::tui::layer::{Layer, Level};
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
            Event::Gone(id) => self.lost_sight(id),
            Event::Presence(presence) => self.presence(presence.id, presence.names),
            Event::Resync => {
                // What one is, and therefore sees, may be what changed.
                self.ask(Asker::Whoami, None, api::Whoami {}.into_request());
                self.look_again();
            }
            Event::Back => {
                self.ended = false;
                self.put_restart_away();
                // That it is gone is no longer so.
                self.clear_toasts();
                self.toast(Level::Done, "the server is there again");
                self.said_present = None;
                self.present();
                self.look_again();
            }
            Event::Lost => self.toast(Level::Warning, "the server is gone; trying to reach it again"),
            Event::Ended => {
                self.ended = true;
                self.offer_restart();
            }
            Event::Locked => {
                self.put_restart_away();
                if !self.locked {
                    self.lock(true);
                }
                self.toast(Level::Warning, "the store was locked for everybody");
            }
        }
        self.ask_news();
    }

    fn changed_elsewhere(&mut self, changed: &Changed) {
        if self.shows_work_of(changed.kind) {
            self.refresh();
        }
        // Whom a record is about is what is seen of it.
        let (kind, id, entered) = match (changed.kind, changed.about) {
            (kind, Some(contact)) if kind.lies() == Lies::AboutPerson => {
                (RecordKind::Contact, contact.0, false)
            }
            (kind, _) => (kind, changed.id, changed.entered),
        };
        match kind {
            RecordKind::CustomField => {
                return self.ask(Asker::Schema, None, api::SchemaGet {}.into_request());
            }
            RecordKind::User => return self.ask(Asker::Whoami, None, api::Whoami {}.into_request()),
            RecordKind::View => return self.views_changed(),
            kind if kind.indexed().is_none() => return,
            _ => {}
        }
        self.tell_layers(|layer| layer.about() == Some(id));
        let open = self.detail.as_mut().filter(|detail| detail.id == id && detail.at.is_none());
        if let Some(detail) = open {
            detail.foreign = true;
            detail.gone = false;
            let wants = detail.load();
            let name = changed.actor.clone();
            self.toast(Level::Info, format!("{name} {} this just now", done_to(changed.action)));
            self.ask_all(wants);
        }
        // A note that is made or deleted does neither to its contact.
        let action = if changed.kind == RecordKind::Note { Action::Edit } else { changed.action };
        self.list_of(kind).heard(id, entered, action);
    }

    /// Whether a change of such a record may be one of the work on the screen.
    fn shows_work_of(&self, kind: RecordKind) -> bool {
        let lists = matches!(kind, RecordKind::CallList | RecordKind::CallEntry);
        match self.place {
            Place::CallLists => lists,
            Place::Today => {
                let day = [RecordKind::Task, RecordKind::Consent, RecordKind::Call, RecordKind::Request];
                lists || day.contains(&kind)
            }
            Place::Requests | Place::Request(_) => kind == RecordKind::Request,
            Place::Contacts | Place::Companies | Place::Activity | Place::Record(..) => false,
        }
    }

    /// Some layers hear that something is not as it was.
    fn tell_layers(&mut self, which: impl Fn(&dyn Layer) -> bool) {
        let told: Vec<u64> =
            self.layers.iter().filter(|laid| which(laid.layer.as_ref())).map(|laid| laid.id).collect();
        for layer in told {
            let Some(laid) = self.layers.iter_mut().find(|laid| laid.id == layer) else { continue };
            let steps = laid.layer.elsewhere(&self.ctx);
            self.steps(layer, steps);
        }
    }

    fn views_changed(&mut self) {
        self.ask(Asker::Views, None, api::Views { kind: None, all: true }.into_request());
    }

    /// A record is out of sight: what is open of it closes into a message; a form with something typed into it stays.
    pub(super) fn lost_sight(&mut self, id: Uuid) {
        self.contacts.lost_sight(id);
        self.companies.lost_sight(id);
        let reference = id.to_string();
        let shown = |view: &Option<crate::tui::screen::list::Chosen>| {
            view.as_ref().is_some_and(|view| view.reference == reference)
        };
        if shown(&self.contacts.view) || shown(&self.companies.view) {
            self.views_changed();
        }
        let forms: Vec<(u64, bool)> = self
            .layers
            .iter()
            .filter(|laid| {
                laid.layer.form().is_some_and(|form| form.id == Some(id) || form.about == Some(id))
            })
            .map(|laid| (laid.id, laid.layer.unsaved()))
            .collect();
        let unsaved = forms.iter().any(|(_, unsaved)| *unsaved);
        for (form, _) in forms.iter().filter(|(_, unsaved)| !unsaved) {
            self.close_layer(*form, None);
        }
        if let Some(detail) = self.detail.as_mut().filter(|detail| detail.id == id) {
            detail.lost_sight();
            // It is not open any more, and nobody may be told that it is.
            self.said_present = None;
        } else if !unsaved {
            return;
        }
        if unsaved {
            self.toast(
                Level::Warning,
                "this record is no longer yours to see; what you typed stays here, and cannot be saved to it",
            );
        }
    }

    /// Everything shown may be old: it is asked for again, without moving anything.
    fn look_again(&mut self) {
        match self.place {
            Place::Contacts | Place::Companies => {
                if let Some(list) = self.list_mut() {
                    list.heard_much();
                }
            }
            Place::Today
            | Place::CallLists
            | Place::Activity
            | Place::Requests
            | Place::Request(_)
            | Place::Record(..) => self.refresh(),
        }
    }

    /// Asks about what was heard, where that is due, of the list on the screen; another is asked for when it is shown.
    pub(super) fn ask_news(&mut self) {
        if self.locked {
            return;
        }
        let now = self.now.elapsed;
        if let Some(wants) = self.list_mut().map(|list| list.ask_news(now)) {
            self.ask_all(wants);
        }
    }

    /// Offers to start a server again that has ended.
    pub(super) fn offer_restart(&mut self) {
        // Whoever unlocks the program starts it as well.
        if self.locked || self.restart.is_some_and(|id| self.layers.iter().any(|laid| laid.id == id)) {
            return;
        }
        match self.forms.restart(&self.ctx) {
            Some(layer) => self.restart = Some(self.put_layer(layer, None)),
            None => self.toast(Level::Warning, "the server has ended; it has to be started where it ran"),
        }
    }

    /// Somebody else has started it.
    pub(super) fn put_restart_away(&mut self) {
        if let Some(id) = self.restart.take() {
            self.close_layer(id, None);
        }
    }

    /// Says which record is open, so that others know, and asks who else has it open.
    pub(super) fn present(&mut self) {
        if !self.live {
            return;
        }
        let gone = self.detail.as_ref().is_some_and(|detail| detail.gone);
        let (kind, id) = match self.place {
            Place::Record(kind, id) if !gone => (kind, Some(id)),
            Place::Today
            | Place::CallLists
            | Place::Requests
            | Place::Request(_)
            | Place::Record(..)
            | Place::Contacts
            | Place::Companies
            | Place::Activity => (RecordKind::Contact, None),
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
        | Action::Backup
        | Action::Recover
        | Action::Init => "changed",
        Action::Consent => "recorded consent of",
        Action::Withdraw => "recorded a withdrawal of",
        Action::Call => "recorded a call with",
        Action::Erase => "erased",
    }
}
