//! Copying parts of a record into the terminal's clipboard.

use super::App;
use super::act::Then;
use crate::api::{self, Call, View};
use crate::domain::contact::{CompanyField, ContactField};
use crate::domain::entity::RecordKind;
use crate::tui::action::Action;
use crate::tui::content;
use crate::tui::layer::{Intent, Level};
use crate::tui::overlay::choose::{Choice, Choose};
use crate::tui::screen::Place;

impl App {
    /// Does something that needs the whole record, which a row of a list is not.
    pub(super) fn then(&mut self, then: Then) {
        if then == Then::Edit
            && let Some(note) = self.detail.as_ref().and_then(|detail| detail.note())
        {
            let layer = self.forms.edit_note(&note.clone(), &self.ctx);
            return self.open_layer(layer);
        }
        if let (Place::Record(..), Some(card)) =
            (self.place, self.detail.as_ref().and_then(|detail| detail.card.clone()))
        {
            return self.with_card(then, &card);
        }
        let Some((kind, id)) = self.one_target() else { return };
        self.ask(super::Asker::Then(then), None, api::Get { kind, id, at: None }.into_request());
    }

    /// The one record a verb works on that takes only one: the marked one, else the row.
    fn one_target(&self) -> Option<(RecordKind, uuid::Uuid)> {
        use crate::tui::screen::marks::Marks;
        if self.place == Place::Today {
            return self.person_here().map(|(contact, _)| (RecordKind::Contact, contact.0));
        }
        let list = self.list()?;
        if let Marks::These(ids) = &list.marks
            && let Some(only) = ids.iter().next()
        {
            return Some((list.kind, *only));
        }
        list.current().map(|row| (row.kind, row.id))
    }

    pub(super) fn copy(&mut self, action: Action, view: &View) {
        let (what, found): (&'static str, Vec<(String, String)>) = match action {
            Action::CopyName => ("name", vec![(String::new(), view.title.clone())]),
            Action::CopyId => ("id", vec![(String::new(), view.id.to_string())]),
            Action::CopyPhone => (
                "phone",
                self.values(view, content::reach(view.kind, ContactField::phones, CompanyField::phones)),
            ),
            Action::CopyEmail => (
                "e-mail",
                self.values(view, content::reach(view.kind, ContactField::emails, CompanyField::emails)),
            ),
            Action::CopyAddress => (
                "address",
                self.values(
                    view,
                    content::reach(view.kind, ContactField::addresses, CompanyField::addresses),
                ),
            ),
            Action::CopyLink => (
                "link",
                self.values(view, content::reach(view.kind, ContactField::websites, CompanyField::websites)),
            ),
            _ => match self.detail.as_ref().and_then(|detail| detail.field(&self.ctx)) {
                Some(item) if item.masked => ("field", Vec::new()),
                Some(item) => ("field", vec![(String::new(), item.text)]),
                None => ("record", vec![(String::new(), content::as_text(view, &self.ctx))]),
            },
        };
        match found.as_slice() {
            [] => self.toast(Level::Info, format!("there is no {what} to copy")),
            [(_, only)] => self.copied(only.clone(), what),
            several => {
                let choices = several
                    .iter()
                    .map(|(note, text)| {
                        let shown = if note.is_empty() { text.clone() } else { format!("{text}  {note}") };
                        Choice::new(shown, Intent::Copy { text: text.clone(), what })
                    })
                    .collect();
                self.open_layer(Box::new(Choose::new("Copy", choices)));
            }
        }
    }

    pub(super) fn copied(&mut self, text: String, what: &str) {
        self.toast(Level::Done, format!("{what} sent to the terminal's clipboard"));
        self.effects.push(crate::tui::effect::Effect::Copy(text));
    }

    fn values(&self, view: &View, key: crate::domain::field::FieldKey) -> Vec<(String, String)> {
        // A masked value is not there to be copied.
        view.get(key)
            .filter(|shown| shown.value.is_some())
            .map(|shown| content::values(shown, self.ctx.zone))
            .unwrap_or_default()
    }
}
