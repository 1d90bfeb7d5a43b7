//! Where one is: going to a place, asking for what it shows, and what of it is remembered.

use super::{App, Asker, PLACES};
use crate::api::{Call, CallsOpen, Drafts, Identity, SchemaGet, Whoami};
use crate::domain::entity::RecordKind;
use crate::tui::effect::Effect;
use crate::tui::saved::Saved;
use crate::tui::screen::detail::Detail;
use crate::tui::screen::list::Keep;
use crate::tui::screen::requests::OneRequest;
use crate::tui::screen::{Place, Want};

impl App {
    /// A store has been opened: who asks, what fields there are, and the first screen.
    pub(super) fn enter(&mut self) {
        self.locked = false;
        self.last_key = self.now.elapsed;
        self.ask(Asker::Whoami, None, Whoami {}.into_request());
        self.ask(Asker::Schema, None, SchemaGet {}.into_request());
        self.ask(Asker::Drafts, None, Drafts {}.into_request());
        self.ask(Asker::Calls, None, CallsOpen {}.into_request());
        self.ended = false;
        match (self.place, &self.detail) {
            // What was open before it was locked stays as it was, its tab and cursor too.
            (Place::Record(_, id), Some(detail)) if detail.id == id => {
                self.said_present = None;
                self.refresh();
                self.present();
            }
            (place, _) => self.show_place(place),
        }
    }

    /// Goes to a place, from which one can come back.
    pub(super) fn go_to(&mut self, place: Place) {
        if place == self.place {
            return;
        }
        self.back.push(self.place);
        if self.back.len() > PLACES {
            self.back.remove(0);
        }
        self.forward.clear();
        self.show_place(place);
    }

    /// Shows a place and asks for what it shows.
    pub(super) fn show_place(&mut self, place: Place) {
        self.place = place;
        self.prefix.clear();
        let wants: Vec<Want> = match place {
            Place::Contacts | Place::Companies => {
                self.detail = None;
                self.relayout();
                self.list_mut().and_then(|list| list.reload(Keep::Record)).into_iter().collect()
            }
            Place::Today => {
                self.detail = None;
                self.relayout();
                vec![self.today.reload()]
            }
            Place::CallLists => {
                self.detail = None;
                self.relayout();
                vec![self.call_lists.reload()]
            }
            Place::Requests => {
                self.detail = None;
                self.relayout();
                vec![self.requests.reload()]
            }
            Place::Request(number) => {
                self.detail = None;
                if self.request.number != number {
                    self.request = OneRequest::new(number);
                }
                self.relayout();
                vec![self.request.reload()]
            }
            Place::Activity => {
                self.detail = None;
                self.relayout();
                vec![self.activity.reload()]
            }
            Place::Record(kind, id) => {
                let parts = self.parts();
                let mut detail = Detail::new(kind, id, parts.main.width.saturating_sub(3), parts.main.height);
                detail.watches = self.ctx.identity.as_ref().is_some_and(watches);
                let wants = detail.load();
                self.detail = Some(detail);
                wants
            }
        };
        self.ask_all(wants);
        self.present();
    }

    /// Asks again for what is on the screen, the cursor staying on its record.
    pub(super) fn refresh(&mut self) {
        let wants: Vec<Want> = match self.place {
            Place::Contacts | Place::Companies => {
                self.list_mut().and_then(|list| list.reload(Keep::Record)).into_iter().collect()
            }
            Place::Today => vec![self.today.reload()],
            Place::CallLists => vec![self.call_lists.reload()],
            Place::Requests => vec![self.requests.reload()],
            Place::Request(_) => vec![self.request.reload()],
            Place::Activity => vec![self.activity.reload()],
            Place::Record(..) => self.detail.as_ref().map(Detail::load).unwrap_or_default(),
        };
        self.ask_all(wants);
    }

    /// What is to be remembered for the next run.
    pub(super) fn saved(&self) -> Saved {
        Saved {
            screen: match self.place {
                Place::Today => "today",
                Place::CallLists => "call-lists",
                Place::Companies | Place::Record(RecordKind::Company, _) => "companies",
                Place::Activity => "activity",
                Place::Requests | Place::Request(_) => "requests",
                Place::Contacts | Place::Record(..) => "contacts",
            }
            .to_owned(),
            sort_contacts: self.contacts.sort.clone(),
            sort_companies: self.companies.sort.clone(),
            view_contacts: self.contacts.view.as_ref().map(|view| view.reference.clone()).unwrap_or_default(),
            view_companies: self
                .companies
                .view
                .as_ref()
                .map(|view| view.reference.clone())
                .unwrap_or_default(),
            preview: self.pane.0,
            theme: self.palette.map(|palette| palette.name().to_owned()),
        }
    }

    pub(super) fn quit(&mut self) {
        for job in &self.jobs {
            job.cancel.cancel();
        }
        self.keep_drafts();
        let saved = self.saved();
        self.effects.push(Effect::Save(saved));
        self.effects.push(Effect::Quit);
    }
}

/// Whether somebody's work is calling people: then the program starts with what is to be done. Others start with the
/// contacts, until they were elsewhere when they left.
pub(super) fn works_today(identity: &Identity) -> bool {
    ["rep", "lead"].contains(&identity.role.to_string().as_str())
}

/// Whether somebody's work is answering persons: then their requests stand among the screens. Others get there all the same.
pub fn answers(identity: &Identity) -> bool {
    identity.role.to_string() == "dpo"
}

/// Whether somebody may see who looked at whom. The service decides; here it is only whether there is a tab for it.
fn watches(identity: &Identity) -> bool {
    ["owner", "dpo", "auditor"].contains(&identity.role.to_string().as_str())
}
