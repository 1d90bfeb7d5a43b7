//! Verbs that change records: on the marks, else on the row.

use uuid::Uuid;

use super::App;
use crate::api::{self, Call, Request, Targets};
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::tui::layer::{Intent, Level, Step};
use crate::tui::overlay::bulk::Bulk;
use crate::tui::overlay::confirm::Confirm;
use crate::tui::overlay::merge::Merge;
use crate::tui::overlay::remove::Remove;
use crate::tui::screen::Place;
use crate::tui::screen::marks::Marks;

impl App {
    /// What a verb works on, how many records that is, and the name of the only one.
    fn targets(&self) -> Option<(RecordKind, Targets, u64, String)> {
        match self.place {
            Place::Contacts | Place::Companies => {
                let list = self.list()?;
                let current = list.current();
                let targets = list.marks.targets(current.map(|row| row.id))?;
                let count = list.marks.count(list.total).max(1);
                let name = match &targets {
                    Targets::Ids(ids) if ids.len() == 1 => list
                        .rows
                        .iter()
                        .find(|row| ids.contains(&row.id))
                        .map_or_else(|| "1 record".to_owned(), |row| row.title.clone()),
                    Targets::Ids(_) | Targets::Query(_) => list.kind.counted(count),
                };
                Some((list.kind, targets, count, name))
            }
            Place::Record(kind, id) => {
                let name = self.subject().map_or_else(String::new, |view| view.title.clone());
                Some((kind, Targets::Ids(vec![id]), 1, name))
            }
            Place::Today | Place::CallLists | Place::Activity | Place::Requests | Place::Request(_) => None,
        }
    }

    pub(super) fn tag(&mut self) {
        if let Some((kind, targets, count, name)) = self.targets() {
            self.open_layer(Box::new(Bulk::tags(kind, targets, count, name)));
        }
    }

    pub(super) fn owner(&mut self) {
        if let Some((kind, targets, count, name)) = self.targets() {
            self.open_layer(Box::new(Bulk::owner(kind, targets, count, name)));
        }
    }

    pub(super) fn merge(&mut self) {
        let Some(Marks::These(ids)) = self.list().map(|list| &list.marks) else { return };
        let mut ids: Vec<Uuid> = ids.iter().copied().collect();
        // The row the cursor is on is the one that stays.
        let cursor = self.list().and_then(|list| list.current()).map(|row| row.id);
        if ids.last().copied() == cursor {
            ids.reverse();
        }
        let [keep, other] = ids.as_slice() else { return };
        let name = |id: &Uuid| {
            let row = self.list().and_then(|list| list.rows.iter().find(|row| row.id == *id));
            row.map_or_else(|| "the other marked contact".to_owned(), |row| row.title.clone())
        };
        let layer = Merge::new((ContactId(*keep), name(keep)), (ContactId(*other), name(other)));
        self.open_layer(Box::new(layer));
    }

    pub(super) fn delete(&mut self) {
        if let Some(note) = self.detail.as_ref().and_then(|detail| detail.note()) {
            let request = delete_request(RecordKind::Note, note.id, Some(note.revision));
            let yes = vec![change(request, "note deleted; u brings it back")];
            return self.confirm(
                "Delete this note?",
                vec!["It can be restored with u.".to_owned()],
                None,
                yes,
            );
        }
        let Some((kind, targets, count, name)) = self.targets() else { return };
        match &targets {
            Targets::Ids(ids) if ids.len() == 1 => {
                let Some(id) = ids.first().copied() else { return };
                let revision = self.subject().filter(|view| view.id == id).map(|view| view.revision);
                let done = format!("{name} deleted; u brings it back");
                let yes = vec![change(delete_request(kind, id, revision), &done), Step::Run(Intent::Unmark)];
                let lines =
                    vec!["It leaves all lists. `is:deleted` finds it, and it can be restored.".to_owned()];
                self.confirm(&format!("Delete {name}?"), lines, None, yes);
            }
            Targets::Ids(_) | Targets::Query(_) => {
                self.open_layer(Box::new(Remove::delete(kind, targets, count)));
            }
        }
    }

    pub(super) fn restore(&mut self) {
        let Some((kind, targets, count, name)) = self.targets() else { return };
        match &targets {
            Targets::Ids(ids) if ids.len() == 1 => {
                let Some(id) = ids.first().copied() else { return };
                let request = api::Restore { kind, id }.into_request();
                self.run_intent(Intent::Change { request, done: format!("{name} restored") });
                self.run_intent(Intent::Unmark);
            }
            Targets::Ids(_) | Targets::Query(_) => {
                self.open_layer(Box::new(Remove::restore(kind, targets, count)));
            }
        }
    }

    pub(super) fn confirm(&mut self, title: &str, lines: Vec<String>, number: Option<u64>, yes: Vec<Step>) {
        self.open_layer(Box::new(Confirm::new(title, lines, number, yes)));
    }

    /// Carries out what a layer wants of the screens.
    pub(super) fn run_intent(&mut self, intent: Intent) {
        match intent {
            Intent::Act(action) => self.act(action),
            Intent::Sort(sort) => {
                if let Some(list) = self.list_mut() {
                    list.sort = sort;
                    let want = list.reload(crate::tui::screen::list::Keep::Record);
                    self.ask_all(want);
                }
            }
            Intent::Search(query) => self.search_for(&query),
            Intent::View(view) => self.choose_view(view.as_deref()),
            Intent::New(kind) => self.new_record(kind),
            Intent::AsOf(at) => self.as_of(at),
            Intent::Theme(palette) => {
                self.palette = Some(palette);
                self.ctx.theme = crate::tui::theme::Theme::new(palette);
                self.effects.push(crate::tui::effect::Effect::Repaint);
            }
            Intent::Copy { text, what } => self.copied(text, what),
            Intent::Words(words) => self.words(&words),
            Intent::Change { request, done } => self.ask(super::Asker::Change(done), None, request),
            Intent::Unmark => {
                if let Some(list) = self.list_mut() {
                    list.marks = Marks::default();
                    list.range = None;
                }
            }
            Intent::Jumped(text) => self.jumped = text,
            Intent::Resume(draft) => self.resume(draft),
            Intent::Discard(form) => self.forget_draft(form),
        }
    }

    /// A line of the `:` prompt: a few words of the program's own, else those of the command line.
    fn words(&mut self, words: &str) {
        let words = words.trim();
        self.commanded.add(words);
        match words {
            "" => {}
            "q" | "quit" => self.quit(),
            "lock" => self.act(crate::tui::action::Action::Lock),
            "help" => self.act(crate::tui::action::Action::Help),
            _ => {
                let id = self.wait(super::Asker::Command(words.to_owned()), None);
                self.effects.push(crate::tui::effect::Effect::Command { id, words: words.to_owned() });
            }
        }
    }

    /// Covers everything, or says why not.
    pub(in crate::tui) fn lock(&mut self, idle: bool) {
        // Whatever happens, the time without a key begins anew.
        self.last_key = self.now.elapsed;
        match self.forms.lock(&self.ctx) {
            Some(layer) => {
                // Whoever never comes back to unlock leaves them in the store, not in memory.
                self.keep_drafts();
                self.locked = true;
                self.prefix.clear();
                self.clear_toasts();
                self.dirty = true;
                self.open_layer(layer);
            }
            None if !idle => self.toast(Level::Info, "there is nothing to unlock with here"),
            None => {}
        }
    }
}

fn delete_request(kind: RecordKind, id: Uuid, expect_revision: Option<u64>) -> Request {
    api::Delete { kind, id, expect_revision }.into_request()
}

fn change(request: Request, done: &str) -> Step {
    Step::Run(Intent::Change { request, done: done.to_owned() })
}
