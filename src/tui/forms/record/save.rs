//! Saving a record form, and what the service says to that.

use uuid::Uuid;

use super::{Asking, COMPLETE, FRESH, RecordForm, SAVE, SIMILAR, Target, Waiting, form_of};
use crate::api::{self, Code as ErrorCode, Error, Request, Response, View};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::field::Category;
use crate::domain::value::Kind;
use crate::tui::forms::conflict::{Conflict, Side};
use crate::tui::forms::field::{self, FormField};
use crate::tui::forms::similar;
use crate::tui::forms::widgets::Confirm;
use crate::tui::layer::{Ctx, Level, Step, Ticket};
use crate::tui::theme::Tone;

impl RecordForm {
    pub(super) fn save(&mut self, ctx: &Ctx) -> Vec<Step> {
        self.fields.iter_mut().for_each(|one| one.visited = true);
        self.check_all(ctx);
        self.offered.clear();
        let wrong = self.fields.iter().filter(|one| one.error.is_some()).count();
        if let Some(at) = self.fields.iter().position(|one| one.error.is_some()) {
            self.focus = at;
            self.on_similar = None;
            let fields =
                if wrong == 1 { "One field needs".to_owned() } else { format!("{wrong} fields need") };
            self.message = Some((Tone::Error, format!("{fields} your attention.")));
            return Vec::new();
        }
        if self.edits().is_empty() && self.target != Target::New {
            self.done = true;
            return vec![Step::Toast(Level::Info, "Nothing was changed.".to_owned()), Step::Close];
        }
        if let Some(same) = self.alike.strong().filter(|_| !self.alike.accepted) {
            let text = format!("{}. Is this really another person?", similar::describe(same));
            self.asking = Asking::Duplicate;
            return vec![Step::Open(Box::new(Confirm::new("Already here?", text, "Add anyway")))];
        }
        self.send()
    }

    fn edits(&self) -> Vec<FieldEdit> {
        let sent = |one: &&FormField| match self.target {
            Target::New => !one.is_empty() && one.locked.is_none(),
            Target::Known { .. } => one.changed(),
        };
        self.fields.iter().filter(sent).map(FormField::edit).collect()
    }

    pub(super) fn send(&mut self) -> Vec<Step> {
        self.waiting = Waiting::Saving;
        self.message = Some((Tone::Dim, "Saving …".to_owned()));
        let (kind, fields) = (self.record, self.edits());
        let request = match self.target {
            Target::New => Request::Add(api::Add { kind, about: None, fields }),
            Target::Known { id, revision } => {
                Request::Edit(api::Edit { kind, id, fields, expect_revision: Some(revision) })
            }
        };
        vec![Step::Call(SAVE, request)]
    }

    pub(super) fn fetch_fresh(&mut self) -> Vec<Step> {
        let Target::Known { id, .. } = self.target else { return Vec::new() };
        self.waiting = Waiting::Fresh;
        vec![Step::Call(FRESH, Request::Get(api::Get { kind: self.record, id, at: None }))]
    }

    /// The choices are made, and the record was read again: unless a field changed once more, what was chosen is saved.
    fn resolve(&mut self, view: &View) -> Vec<Step> {
        let Some(mut conflict) = self.conflict.take() else { return Vec::new() };
        let Target::Known { id, .. } = self.target else { return Vec::new() };
        let mut again = false;
        for both in &mut conflict.fields {
            let shown = view.get(both.key);
            let reads = shown.map_or("", |shown| shown.text.as_str());
            let text = shown
                .and_then(|shown| shown.value.as_ref())
                .map_or_else(|| reads.to_owned(), |value| field::editable(value, reads));
            if text.trim() != both.theirs_text.trim() {
                again = true;
                both.side = None;
                reads.clone_into(&mut both.theirs);
                both.theirs_text = text;
            }
        }
        if again {
            self.conflict = Some(conflict);
            return Vec::new();
        }
        for both in &conflict.fields {
            if let Some(one) = self.fields.iter_mut().find(|one| one.info.key == both.key) {
                one.rebase(&both.theirs_text, both.side == Some(Side::Theirs));
            }
        }
        self.target = Target::Known { id, revision: view.revision };
        if self.edits().is_empty() {
            self.done = true;
            return vec![
                Step::Toast(Level::Info, "Their values stand.".to_owned()),
                Step::Changed,
                Step::Close,
            ];
        }
        self.send()
    }

    fn failed(&mut self, error: Error) -> Vec<Step> {
        self.waiting = Waiting::Nothing;
        self.message = None;
        if error.code == ErrorCode::Conflict && !error.conflicts.is_empty() {
            let fields = &self.fields;
            let mine =
                |key| fields.iter().find(|one| one.info.key == key).map_or_else(String::new, FormField::text);
            self.conflict = Some(Conflict::new(&error.conflicts, mine));
            return Vec::new();
        }
        let hint = error.hint.as_deref().map_or_else(String::new, |hint| format!("\n{hint}"));
        let said = format!("{}{hint}", error.message);
        match concerned(&self.fields, error.field.as_deref()) {
            Some(at) => {
                self.focus = at;
                self.on_similar = None;
                if let Some(one) = self.fields.get_mut(at) {
                    one.error = Some(said);
                }
                self.message = Some((Tone::Error, "The store did not take it.".to_owned()));
            }
            None => self.message = Some((Tone::Error, said)),
        }
        Vec::new()
    }

    fn saved(&mut self, what: &str, warnings: &[String], show: Option<Uuid>) -> Vec<Step> {
        self.done = true;
        for one in &self.fields {
            if one.info.category == Category::Provenance && one.info.kind == Kind::Text && !one.is_empty() {
                self.memory.used(self.record, one.info.key, one.text());
            }
        }
        self.memory.forget(form_of(self.record, self.target));
        let mut steps = vec![Step::Changed, Step::Toast(Level::Done, what.to_owned())];
        steps.extend(warnings.iter().map(|warning| Step::Toast(Level::Warning, warning.clone())));
        if let (Some(id), RecordKind::Contact | RecordKind::Company) = (show, self.record) {
            steps.push(Step::Show(self.record, id));
        }
        steps.push(Step::Close);
        steps
    }

    pub(super) fn answer(&mut self, ticket: Ticket, answer: Result<Response, Error>, ctx: &Ctx) -> Vec<Step> {
        match (ticket, answer) {
            (COMPLETE, answer) => {
                let words = match answer {
                    Ok(Response::Complete(words)) => words,
                    // Words that are not offered are no reason to disturb somebody who types.
                    Ok(_) | Err(_) => Vec::new(),
                };
                let Some(one) = self.fields.get(self.focus) else { return Vec::new() };
                let next = self.offered.answered(one, words);
                self.complete(next)
            }
            (SIMILAR, answer) => {
                self.alike.answered(match answer {
                    Ok(Response::FindSimilar(found)) => Some(found),
                    Ok(_) | Err(_) => None,
                });
                self.ask_similar()
            }
            (SAVE, Ok(Response::Add(added))) => {
                self.saved(&format!("The {} was added.", self.record.word()), &added.warnings, Some(added.id))
            }
            (SAVE, Ok(Response::Edit(edited))) => self.saved("Saved.", &edited.warnings, None),
            (FRESH, Ok(Response::Get(card))) => {
                self.waiting = Waiting::Nothing;
                self.resolve(&card.record)
            }
            (SAVE | FRESH, Err(error)) => self.failed(error),
            (_, Ok(_)) => self.failed(Error::failed("The store answered something else.")),
            (_, Err(error)) => {
                let _ = ctx;
                vec![Step::Fail(error)]
            }
        }
    }
}

/// The field an error of the service is about.
fn concerned(fields: &[FormField], named: Option<&str>) -> Option<usize> {
    let named = named?;
    fields.iter().position(|one| one.info.address() == named)
}
