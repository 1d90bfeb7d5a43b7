//! Verbs that change records: on the marks, else on the row.

use uuid::Uuid;

use super::App;
use crate::api::{self, Call, Error, Request, Targets};
use crate::client::Client;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::tui::layer::{Intent, Job, JobHandle, Level, Step, Ticket};
use crate::tui::overlay::bulk::Bulk;
use crate::tui::overlay::confirm::Confirm;
use crate::tui::overlay::merge::Merge;
use crate::tui::screen::Place;
use crate::tui::screen::marks::Marks;

/// How many ids are asked for at once.
const PAGE: u64 = 1_000;

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
                    Targets::Ids(_) | Targets::Query(_) => counted(list.kind, count),
                };
                Some((list.kind, targets, count, name))
            }
            Place::Record(kind, id) => {
                let name = self.subject().map_or_else(String::new, |view| view.title.clone());
                Some((kind, Targets::Ids(vec![id]), 1, name))
            }
            Place::Activity => None,
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
                let lines = vec![
                    "They leave all lists. `is:deleted` finds them, and they can be restored.".to_owned(),
                    format!("Type {count} to delete them."),
                ];
                let title = format!("Deleting {name}");
                let work: Each =
                    |client, kind, id| client.call(api::Delete { kind, id, expect_revision: None }).map(drop);
                let job = many(title, kind, targets, "deleted", work);
                let yes = vec![Step::Job(Ticket(0), job), Step::Run(Intent::Unmark)];
                self.confirm(&format!("Delete {name}?"), lines, Some(count), yes);
            }
        }
    }

    pub(super) fn restore(&mut self) {
        let Some((kind, targets, _, name)) = self.targets() else { return };
        match &targets {
            Targets::Ids(ids) if ids.len() == 1 => {
                let Some(id) = ids.first().copied() else { return };
                let request = api::Restore { kind, id }.into_request();
                self.run_intent(Intent::Change { request, done: format!("{name} restored") });
            }
            Targets::Ids(_) | Targets::Query(_) => {
                let work: Each = |client, kind, id| client.call(api::Restore { kind, id }).map(drop);
                let job = many(format!("Restoring {name}"), kind, targets, "restored", work);
                self.start_job(None, job);
            }
        }
        self.run_intent(Intent::Unmark);
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
    pub(super) fn lock(&mut self, idle: bool) {
        // Whatever happens, the time without a key begins anew.
        self.last_key = self.now.elapsed;
        match self.forms.lock(&self.ctx) {
            Some(layer) => {
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

/// What is done to each of many records.
type Each = fn(&Client, RecordKind, Uuid) -> Result<(), Error>;

fn delete_request(kind: RecordKind, id: Uuid, expect_revision: Option<u64>) -> Request {
    api::Delete { kind, id, expect_revision }.into_request()
}

fn change(request: Request, done: &str) -> Step {
    Step::Run(Intent::Change { request, done: done.to_owned() })
}

/// How many of a kind there are, in words.
pub fn counted(kind: RecordKind, count: u64) -> String {
    let (one, many) = match kind {
        RecordKind::Contact => ("contact", "contacts"),
        RecordKind::Company => ("company", "companies"),
        RecordKind::Note => ("note", "notes"),
        RecordKind::User => ("user", "users"),
        RecordKind::CustomField => ("field", "fields"),
        RecordKind::Settings => ("setting", "settings"),
        RecordKind::ExportRun => ("export", "exports"),
    };
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The same request for each of many records, which can be cancelled in between.
fn many(title: String, kind: RecordKind, targets: Targets, verb: &'static str, each: Each) -> Job {
    Job {
        title,
        work: Box::new(move |client, handle| {
            let client = client.ok_or_else(|| Error::new(api::Code::Locked, "the store is locked"))?;
            let ids = ids_of(client, kind, targets, handle)?;
            let (total, mut done) = (ids.len() as u64, 0);
            let mut refused: Option<(u64, Error)> = None;
            for id in ids {
                if handle.cancelled() {
                    let message = format!("cancelled: {} {verb}", counted(kind, done));
                    return Err(Error::new(api::Code::Interrupted, message));
                }
                match each(client, kind, id) {
                    Ok(()) => done += 1,
                    Err(error) => match &mut refused {
                        Some((count, _)) => *count += 1,
                        None => refused = Some((1, error)),
                    },
                }
                handle.progress(done, total);
            }
            match refused {
                None => Ok(format!("{} {verb}", counted(kind, done))),
                Some((count, error)) => {
                    let why = error.message.clone();
                    let message = format!("{} {verb}, {count} not: {why}", counted(kind, done));
                    Err(Error { message, ..error })
                }
            }
        }),
    }
}

/// The ids behind targets. They are collected before anything changes, because what changes may leave the query.
fn ids_of(
    client: &Client,
    kind: RecordKind,
    targets: Targets,
    handle: &dyn JobHandle,
) -> Result<Vec<Uuid>, Error> {
    let query = match targets {
        Targets::Ids(ids) => return Ok(ids),
        Targets::Query(query) => query,
    };
    let mut ids: Vec<Uuid> = Vec::new();
    loop {
        if handle.cancelled() {
            return Err(Error::new(api::Code::Interrupted, "cancelled; nothing was changed"));
        }
        let page = client.call(api::List {
            kind,
            query: query.clone(),
            sort: "created_at".to_owned(),
            window: api::Window { after: None, offset: ids.len() as u64, limit: Some(PAGE) },
            columns: crate::tui::screen::columns::keys(&[]),
        })?;
        let before = ids.len();
        ids.extend(page.items.iter().map(|row| row.id));
        if ids.len() == before || ids.len() as u64 >= page.total {
            ids.sort_unstable();
            ids.dedup();
            return Ok(ids);
        }
    }
}
