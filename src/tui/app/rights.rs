//! What is done with requests of persons.

use super::App;
use crate::api::work::RequestView;
use crate::domain::entity::RecordKind;
use crate::domain::request::RequestState;
use crate::tui::action::Action;
use crate::tui::layer::Layer;
use crate::tui::rights;
use crate::tui::screen::Place;

impl App {
    /// The request that verbs are about: the row, or what is open.
    pub(super) fn request_here(&self) -> Option<&RequestView> {
        match self.place {
            Place::Requests => self.requests.current(),
            Place::Request(_) => self.request.card.as_ref().map(|card| &card.request),
            Place::Today
            | Place::CallLists
            | Place::Contacts
            | Place::Companies
            | Place::Activity
            | Place::Record(..) => None,
        }
    }

    /// Opens the request under the cursor; of an open one the person.
    pub(super) fn open_request(&mut self) {
        let Some(one) = self.request_here() else { return };
        let to = match (self.place, one.contact) {
            (Place::Request(_), Some(contact)) => Place::Record(RecordKind::Contact, contact.0),
            (Place::Request(_), None) => return,
            _ => Place::Request(one.number),
        };
        self.go_to(to);
    }

    /// Takes in a request of the person here; among requests, of somebody who is no contact.
    pub(super) fn take_in(&mut self) {
        let person = self.person_here();
        let form = rights::take_in(person.as_ref().map(|(contact, name)| (*contact, name.as_str())));
        self.open_layer(Box::new(form));
    }

    /// Opens the form of a verb on a request.
    pub(super) fn decide_request(&mut self, form: fn(&RequestView) -> rights::RightsForm) {
        if let Some(layer) = self.request_here().map(|one| Box::new(form(one)) as Box<dyn Layer>) {
            self.open_layer(layer);
        }
    }

    pub(super) fn copy_letter(&mut self) {
        let letter = self.request.card.as_ref().map(|card| card.letter.clone()).unwrap_or_default();
        self.copied(letter, "letter");
    }

    /// Why a verb on a request does nothing now.
    pub(super) fn no_request(&self, action: Action) -> Option<&'static str> {
        let Some(one) = self.request_here() else { return Some("nothing is here") };
        match action {
            Action::Open if self.place != Place::Requests => {
                one.contact.is_none().then_some("the person is no contact here")
            }
            Action::Open => None,
            Action::CopyLetter => {
                let letter = self.request.card.as_ref().is_some_and(|card| !card.letter.is_empty());
                (!letter).then_some("no letter is written for what was decided so far")
            }
            _ => (one.state != RequestState::Open)
                .then_some("it is closed; a request that comes again is a new one"),
        }
    }
}
