//! What was typed into forms and not saved, between one run of the program and the next.

use super::{App, Asker};
use crate::api::{Call, Code, DropDraft, Error, Get, KeepDraft, View};
use crate::domain::contact::ContactField;
use crate::domain::draft::{Draft, Form};
use crate::domain::entity::RecordKind;
use crate::tui::content;
use crate::tui::effect::Effect;
use crate::tui::layer::{Intent, Level};
use crate::tui::overlay::choose::{Choice, Choose};

impl App {
    /// What would be lost if the program ended now.
    fn drafts(&self) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = self.layers.iter().filter_map(|laid| laid.layer.draft()).collect();
        for left in self.forms.drafts() {
            if !self.layers.iter().any(|laid| laid.layer.form() == Some(left.form)) {
                drafts.push(left);
            }
        }
        drafts
    }

    /// Puts them into the store, where one is open.
    pub(super) fn keep_drafts(&mut self) {
        if self.locked {
            // It was done when it was locked, and nothing could be typed since.
            return;
        }
        for draft in self.drafts() {
            self.kept.insert(draft.form);
            self.ask(Asker::Kept, None, KeepDraft { draft }.into_request());
        }
        let parting: Vec<_> = self.layers.iter().filter_map(|laid| laid.layer.parting()).collect();
        for request in parting {
            self.ask(Asker::Kept, None, request);
        }
    }

    /// Offers the latest call that was begun and not recorded, unless it is still open behind the lock.
    pub(super) fn found_calls(&mut self, open: Vec<crate::api::OpenCall>) {
        let shown = |contact| self.layers.iter().any(|laid| laid.layer.about() == Some(contact));
        if let Some(call) = open.into_iter().find(|call| !shown(call.contact.0)) {
            self.open_layer(Box::new(crate::tui::call::CallMode::resuming(call)));
        }
    }

    /// The terminal has gone away, or the process is told to end: what is still to be done.
    pub fn leave(&mut self) -> Vec<Effect> {
        self.keep_drafts();
        std::mem::take(&mut self.effects)
    }

    /// A form is finished: nothing of it is kept.
    pub(super) fn forget_draft(&mut self, form: Form) {
        if self.kept.remove(&form) {
            self.ask(Asker::Kept, None, DropDraft { form }.into_request());
        }
    }

    /// Offers the latest of what was left, unless its form is still open behind the lock.
    pub(super) fn found_drafts(&mut self, drafts: Vec<Draft>) {
        self.kept.extend(drafts.iter().map(|draft| draft.form));
        let open = |form: Form| self.layers.iter().any(|laid| laid.layer.form() == Some(form));
        let Some(draft) = drafts.into_iter().find(|draft| !open(draft.form)) else { return };
        let at = content::clock(draft.at, &self.ctx);
        let choices = vec![
            Choice::new(format!("Yes, continue: {}", what(&draft)), Intent::Resume(draft.clone())).key('y'),
            Choice::new("No, throw away what was typed", Intent::Discard(draft.form)).key('n'),
        ];
        self.open_layer(Box::new(Choose::new(format!("Continue the form you left at {at}?"), choices)));
    }

    pub(super) fn resume(&mut self, draft: Draft) {
        let Form { kind, id, about } = draft.form;
        let of = match (id, about) {
            (Some(id), _) => Some((kind, id)),
            (None, Some(contact)) => Some((RecordKind::Contact, contact)),
            (None, None) => None,
        };
        match of {
            Some((kind, id)) => {
                let request = Get { kind, id, at: None }.into_request();
                self.ask(Asker::Resume(draft), None, request);
            }
            None => self.resumed(&draft, None),
        }
    }

    pub(super) fn resumed(&mut self, draft: &Draft, view: Option<&View>) {
        let layer = self.forms.resume(draft, view, &self.ctx);
        self.open_layer(layer);
    }

    pub(super) fn not_resumed(&mut self, draft: &Draft, error: Error) {
        if error.code == Code::NotFound {
            self.forget_draft(draft.form);
            self.toast(Level::Warning, "the record of that form is not there any more");
        } else {
            self.fail(error);
        }
    }
}

/// Which form it was, in words.
fn what(draft: &Draft) -> String {
    let Form { kind, id, .. } = draft.form;
    let noun = kind.singular();
    if id.is_some() {
        return format!("changes of a {noun}");
    }
    let names = [ContactField::given_name.key(), ContactField::family_name.key()];
    let typed = names.iter().filter(|_| kind == RecordKind::Contact).filter_map(|name| {
        draft
            .texts
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, text)| text.trim())
            .filter(|text| !text.is_empty())
    });
    let typed: Vec<&str> = typed.collect();
    if typed.is_empty() { format!("a new {noun}") } else { format!("a new {noun}, {}", typed.join(" ")) }
}
