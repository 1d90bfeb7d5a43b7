//! Finding and reading records.

mod among;

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::edit::ids_at_company;
use super::index::{self, Completion as Complete, Extra};
use super::ledger::delete_on;
use super::sight::Sight;
use super::view::is_deleted;
use super::world::World;
use super::{Ask, gate, held, no_such, read_lock, retention, rows};
use crate::api::view::{Card, Completion, Entry, Page, View};
use crate::api::{Activity, Code, Complete as CompleteRequest, Error, Get, History, List, Reachable};
use crate::domain::access::{Scope, Verb};
use crate::domain::basis::Basis;
use crate::domain::consent::{Ledger, State};
use crate::domain::contact::ContactField;
use crate::domain::entity::{Fields, Indexed, Lies, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::history::fold;
use crate::domain::id::SubjectId;
use crate::domain::query::{ConsentIs, Filter, FilterName, Has, Is, Query, Value as QueryValue};
use crate::domain::value::{Day, Value};
use crate::store::{Reader, Stored};

/// Records read in one visit of the storage thread, so that others get their turn.
const SLICE: usize = 2_000;
/// Headers of the log looked at in one visit, and at most for one answer.
const HEADERS: usize = 2_000;
const LOOKED_AT: usize = 500_000;

/// Answers filters on custom fields from the values held in memory.
struct Customs<'a>(&'a World, crate::domain::time::Timestamp, &'a Sight);

impl Extra for Customs<'_> {
    fn meets(&self, filter: &Filter, id: Uuid, _slot: u32) -> bool {
        let value_of = |name: &str| {
            let info = self.0.schema.by_name(RecordKind::Contact, &format!("custom.{name}")).ok()?;
            // What may not be read of this record is as if it were not there.
            let values = self.0.custom_values.get(&id)?;
            self.2.reads_of(self.0, RecordKind::Contact, id, info.key).then(|| values.get(&info.key))?
        };
        let own = match &filter.name {
            FilterName::Field(name) => value_of(name),
            FilterName::Known(_) => None,
        };
        let FilterName::Field(_) = &filter.name else {
            return filter.values.iter().any(|wanted| match wanted {
                QueryValue::HasField(name) => value_of(name).is_some(),
                wanted => said(self.0, self.1, id, wanted),
            });
        };
        filter.values.iter().any(|wanted| match (wanted, own) {
            (QueryValue::HasField(name), _) => value_of(name).is_some(),
            (QueryValue::Nothing, value) => value.is_none(),
            (QueryValue::Text(text), Some(value)) => {
                crate::domain::fold::fold(&value.to_string()).contains(&crate::domain::fold::fold(text))
            }
            (QueryValue::When(when), Some(Value::Day(day))) => {
                when.resolve(self.1).contains(crate::domain::time::Timestamp::start_of(day.0))
            }
            _ => false,
        })
    }
}

/// Since when nothing is left that allows to keep a contact, if that is so.
fn leaving_since(
    world: &World,
    id: Uuid,
    now: crate::domain::time::Timestamp,
) -> Option<crate::domain::time::Timestamp> {
    let ledger = world.consents.ledger(id)?;
    ledger.without_ground_since(now).filter(|_| world.contacts.basis(id) == Some(Basis::Consent))
}

/// Whether what a person said about the use of data is what a filter wants.
fn said(world: &World, now: crate::domain::time::Timestamp, id: Uuid, wanted: &QueryValue) -> bool {
    let consents = &world.consents;
    match wanted {
        QueryValue::Nothing => consents.ledger(id).is_none_or(Ledger::is_empty),
        QueryValue::Consent(asked) => consents.meets(id, asked, now),
        QueryValue::Has(Has::Consent) => consents.meets(id, &ConsentIs::default(), now),
        QueryValue::Is(Is::Leaving) => leaving_since(world, id, now).is_some(),
        QueryValue::Is(Is::Deleted | Is::Quarantined | Is::Restricted)
        | QueryValue::Has(_)
        | QueryValue::HasField(_)
        | QueryValue::Text(_)
        | QueryValue::Me
        | QueryValue::When(_) => false,
    }
}

impl Ask<'_> {
    pub(super) fn list(&self, list: List) -> Result<Page, Error> {
        if list.kind.indexed().is_some() { self.indexed(list) } else { self.scanned(list) }
    }

    /// Records that the index finds.
    fn indexed(&self, list: List) -> Result<Page, Error> {
        let query = self.query(list.kind, &list.query)?;
        let sort = sort_of(&self.sort_or_views(list.kind, list.sort, &list.query), &query)?;
        let limit =
            list.window.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let offset = usize::try_from(list.window.offset).unwrap_or(usize::MAX);
        let window = index::Window {
            offset: if list.window.after.is_some() { 0 } else { offset },
            limit,
            after: list.window.after,
        };
        let found = self.search(list.kind, &query, sort, window)?;
        let ids: Vec<Uuid> = found.hits.iter().map(|hit| hit.id).collect();
        let items = self.views(list.kind, ids, list.columns)?;
        let leaving = self.leaving_among(&items);
        Ok(Page { items, total: found.total as u64, offset: found.start as u64, leaving, ..Page::default() })
    }

    /// When each of these contacts is to be deleted, where nothing is left that allows to keep them and the asker sees that.
    fn leaving_among(&self, items: &[View]) -> BTreeMap<Uuid, Day> {
        let (world, sight) = (self.world(), self.sight());
        let contacts = items.iter().filter(|view| view.kind == RecordKind::Contact);
        let on = |view: &View| {
            let since = leaving_since(&world, view.id, self.now)?;
            let on = delete_on(since).filter(|_| sight.sees_about(&world, RecordKind::Consent, view.id))?;
            Some((view.id, Day(on)))
        };
        contacts.filter_map(on).collect()
    }

    /// Contacts that a query finds and that may be reached for a purpose.
    pub(super) fn reachable(&self, asked: Reachable) -> Result<Page, Error> {
        let kind = RecordKind::Contact;
        let query = self.query(kind, &asked.query)?;
        let sort = sort_of(&self.sort_or_views(kind, asked.sort, &asked.query), &query)?;
        let found = self.search(kind, &query, sort, index::Window::first(usize::MAX))?;
        let ids: Vec<Uuid> = found.hits.iter().map(|hit| hit.id).collect();
        let (through, withheld) = {
            let world = self.world();
            match asked.channel {
                Some(channel) => {
                    let (number, known) = world.consents.active_on(&asked.purpose, channel)?;
                    gate::sift(&world, &ids, &gate::Use { number, known, channel, now: self.now })
                }
                None => {
                    let (number, known) = world.consents.active(&asked.purpose)?;
                    gate::sift_any(&world, &ids, number, known, self.now)
                }
            }
        };
        let from = match asked.window.after {
            Some(after) => match through.iter().position(|id| *id == after) {
                Some(at) => at + 1,
                None => {
                    return Err(Error::conflict("the record to go on behind is not in the list any more")
                        .hint("begin the list anew"));
                }
            },
            None => usize::try_from(asked.window.offset).unwrap_or(usize::MAX),
        };
        let limit =
            asked.window.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let total = through.len() as u64;
        let page = through.into_iter().skip(from).take(limit).collect();
        let items = self.views(kind, page, asked.columns)?;
        let leaving = self.leaving_among(&items);
        Ok(Page { items, total, offset: from as u64, withheld, leaving })
    }

    pub(super) fn search(
        &self,
        kind: RecordKind,
        query: &Query,
        sort: index::Sort,
        window: index::Window,
    ) -> Result<index::Page, Error> {
        self.on_index(kind, query, sort.by, |world, index, memory, context| {
            // Where a record stands would tell about it.
            if window.after.is_some_and(|id| !self.sight().sees(world, kind, id)) {
                return Err(index::Stop::CursorGone);
            }
            index.search(memory, query, sort, window, context)
        })
    }

    /// Runs `f` on the index of a kind, for the records and fields that are in sight.
    fn on_index<R>(
        &self,
        kind: RecordKind,
        query: &Query,
        by: index::SortKey,
        f: impl FnOnce(&World, &index::Index, &mut index::Session, &index::Context<'_>) -> Result<R, index::Stop>,
    ) -> Result<R, Error> {
        let world = self.world();
        for (_, filter) in query.filters() {
            let names = match &filter.name {
                FilterName::Field(name) => vec![name.as_str()],
                FilterName::Known(_) => Vec::new(),
            };
            let has = filter.values.iter().filter_map(|value| match value {
                QueryValue::HasField(name) => Some(name.as_str()),
                _ => None,
            });
            for name in names.into_iter().chain(has) {
                world.schema.by_name(kind, &format!("custom.{name}"))?;
            }
            for value in &filter.values {
                if let QueryValue::Consent(ConsentIs { purpose: Some(purpose), .. }) = value {
                    world.consents.named(purpose)?;
                }
            }
        }
        self.sight().may_ask(&world, kind, query, by)?;
        let (fields, closer) = self.sight().fields(kind);
        let scope = self.sight().scope(kind);
        let customs = Customs(&world, self.now, self.sight());
        let context = index::Context {
            now: self.now,
            me: Some(self.grant.actor().user.0),
            scope: &scope,
            fields,
            closer: &closer,
            extra: &customs,
            epoch: world.schema_epoch() + world.consents.version(),
            cancelled: &|| false,
        };
        let mut memory = self.memory();
        let result = match kind {
            RecordKind::Company => f(&world, &world.companies, &mut memory.companies, &context),
            _ => f(&world, &world.contacts, &mut memory.contacts, &context),
        };
        result.map_err(|stop| match stop {
            index::Stop::CursorGone => Error::conflict(stop.to_string()).hint("begin the list anew"),
            index::Stop::Cancelled => Error::failed(stop.to_string()),
        })
    }

    /// The ids of all records a query finds.
    pub(super) fn find(&self, kind: RecordKind, query: &str) -> Result<Vec<Uuid>, Error> {
        let query = self.query(kind, query)?;
        let sort = index::Sort { by: index::SortKey::Name, descending: false };
        let found = self.search(kind, &query, sort, index::Window::first(usize::MAX))?;
        Ok(found.hits.into_iter().map(|hit| hit.id).collect())
    }

    /// The records with these ids, in this order; those that vanished meanwhile are left out.
    pub(super) fn views(
        &self,
        kind: RecordKind,
        ids: Vec<Uuid>,
        columns: Vec<FieldKey>,
    ) -> Result<Vec<View>, Error> {
        let columns = Arc::new(columns);
        let mut views = Vec::with_capacity(ids.len());
        for slice in ids.chunks(SLICE) {
            let (slice, columns, world) =
                (slice.to_vec(), Arc::clone(&columns), Arc::clone(&self.service.world));
            let sight = self.sight().clone();
            views.extend(self.service.store.read(move |reader| {
                let world = read_lock(&world);
                let mut views = Vec::with_capacity(slice.len());
                for id in slice {
                    if let Some(stored) = sight.record(reader, &world, kind, id)? {
                        views.push(sight.view(&world, &stored, &columns)?);
                    }
                }
                Ok::<_, Error>(views)
            })?);
        }
        Ok(views)
    }

    /// Small tables, and the notes of a contact: read as they lie.
    fn scanned(&self, list: List) -> Result<Page, Error> {
        let kind = list.kind;
        let subject = match kind {
            kind if kind.lies() == Lies::AboutPerson => {
                let id: Uuid = list.query.trim().parse().map_err(|_| {
                    Error::usage(format!("{} are listed for a contact; name it by its id", kind.plural()))
                })?;
                SubjectId(id)
            }
            _ => SubjectId::NOBODY,
        };
        let (sight, world) = (self.sight().clone(), Arc::clone(&self.service.world));
        let mut views = self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let found = match kind {
                // What a merge leaves where it was.
                RecordKind::Call | RecordKind::Request => {
                    sight.records_of_person(reader, &world, kind, subject.0)?
                }
                kind => sight.records_of(reader, &world, kind, subject)?,
            };
            let kept = found.iter().filter(|stored| !is_deleted(&stored.record.fields, kind));
            kept.map(|stored| Ok(sight.view(&world, stored, &list.columns)?))
                .collect::<Result<Vec<View>, Error>>()
        })?;
        match kind {
            RecordKind::Note => views.sort_by_key(|view| std::cmp::Reverse((when(view), view.id))),
            kind if kind.lies() == Lies::AboutPerson => views.sort_by_key(|view| view.id),
            _ => views.sort_by(|a, b| a.title.cmp(&b.title)),
        }
        let total = views.len() as u64;
        let from = match list.window.after {
            Some(after) => views.iter().position(|view| view.id == after).map_or(views.len(), |at| at + 1),
            None => usize::try_from(list.window.offset).unwrap_or(usize::MAX),
        };
        let limit =
            list.window.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let items = views.into_iter().skip(from).take(limit).collect();
        Ok(Page { items, total, offset: from as u64, ..Page::default() })
    }

    pub(super) fn get(&self, get: Get) -> Result<Card, Error> {
        let (sight, world, now) = (self.sight().clone(), Arc::clone(&self.service.world), self.now);
        self.service.store.read(move |reader| {
            let stored = sight.fetch(reader, &world, get.kind, get.id)?;
            // Whose the record is now decides, also about what it was.
            let relation = sight.relation_of(&read_lock(&world), &stored);
            let stored = match get.at {
                Some(at) => as_of(reader, stored, at)?,
                None => stored,
            };
            let mut notes = Vec::new();
            if get.kind == RecordKind::Contact {
                let there = sight.records_of(reader, &read_lock(&world), RecordKind::Note, stored.subject)?;
                for note in there {
                    let note = match get.at {
                        Some(at) if note.record.created_at <= at => as_of(reader, note, at)?,
                        Some(_) => continue,
                        None => note,
                    };
                    if !is_deleted(&note.record.fields, RecordKind::Note) {
                        notes.push(note);
                    }
                }
            }
            let people = match get.kind {
                RecordKind::Company => people_of(reader, &read_lock(&world), &sight, get.id)?,
                _ => Vec::new(),
            };
            let world = read_lock(&world);
            let views = |stored: Vec<Stored>| {
                stored
                    .iter()
                    .map(|one| Ok(sight.view(&world, one, &[])?))
                    .collect::<Result<Vec<View>, Error>>()
            };
            let mut notes = views(notes)?;
            notes.sort_by_key(|view| std::cmp::Reverse((when(view), view.id)));
            let held = match get.kind {
                RecordKind::Contact => held::held(reader, &sight, &world, &stored, relation, get.at, now)?,
                _ => None,
            };
            let retention = match (get.kind, get.at) {
                (RecordKind::Contact, None) => retention::told(reader, &sight, &world, get.id, now)?,
                _ => None,
            };
            let record = sight.view_as(&world, &stored, relation, &[])?;
            Ok(Card { record, notes, people: views(people)?, held, retention: retention.map(Box::new) })
        })
    }

    pub(super) fn history(&self, history: History) -> Result<Vec<Entry>, Error> {
        let (sight, world) = (self.sight().clone(), Arc::clone(&self.service.world));
        self.service.store.read(move |reader| {
            let stored = match sight.fetch(reader, &world, history.kind, history.id) {
                // Whoever audits sees that there were changes, and not which.
                Err(error) if error.code == Code::NotFound && sight.may(Verb::Audit) => {
                    rows::unseen(reader, &read_lock(&world), history.kind, history.id)?
                }
                fetched => fetched?,
            };
            let world = read_lock(&world);
            let mut entries = Vec::new();
            for (seq, body) in reader.bodies(&stored)? {
                let header = reader
                    .header(seq)?
                    .ok_or_else(|| Error::integrity(format!("history entry {seq} is missing")))?;
                entries.extend(sight.entry(
                    &world,
                    &header,
                    || Ok(Some(body)),
                    || Ok(Some(stored.clone())),
                )?);
            }
            entries.reverse();
            Ok(entries)
        })
    }

    pub(super) fn activity(&self, activity: Activity) -> Result<Vec<Entry>, Error> {
        let limit = usize::try_from(activity.limit).unwrap_or(usize::MAX).min(SLICE);
        let mut entries = Vec::new();
        let mut before = activity.before.unwrap_or(u64::MAX);
        let mut looked = 0;
        // Entries out of sight are passed over, a slice at a time, so that others get their turn.
        while entries.len() < limit && looked < LOOKED_AT {
            let (sight, world) = (self.sight().clone(), Arc::clone(&self.service.world));
            let wanted = limit - entries.len();
            let batch = if looked == 0 { wanted } else { HEADERS };
            let (found, last) = self.service.store.read(move |reader| {
                let world = read_lock(&world);
                let headers = reader.headers_before(before, batch)?;
                let mut found = Vec::new();
                let mut last = None;
                for header in &headers {
                    last = Some(header.seq);
                    found.extend(sight.entry_read(reader, &world, header)?);
                    if found.len() == wanted {
                        break;
                    }
                }
                Ok::<_, Error>((found, last))
            })?;
            entries.extend(found);
            looked += batch;
            match last {
                Some(last) => before = last,
                None => break,
            }
        }
        Ok(entries)
    }

    pub(super) fn complete(&self, complete: &CompleteRequest) -> Vec<Completion> {
        if complete.field == "view" {
            return self.complete_views(complete);
        }
        if complete.field == "consent" {
            return self.complete_consent(complete);
        }
        let world = self.world();
        let kind = match complete.field.as_str() {
            "tag" | "tags" => Complete::Tag,
            "company" => Complete::Company,
            "owner" => Complete::Owner,
            "team" => Complete::Team,
            "country" => Complete::Country,
            "language" => Complete::Language,
            "source" => Complete::Source,
            "supplier" => Complete::Supplier,
            "basis" => Complete::Basis,
            "city" => Complete::City,
            "job_title" => Complete::JobTitle,
            _ => return Vec::new(),
        };
        // The texts of other kinds are in no index, and those of contacts are not theirs to tell.
        let index = complete.kind.indexed().map(|indexed| match indexed {
            Indexed::Contact => &world.contacts,
            Indexed::Company => &world.companies,
        });
        // A value is offered when a record in sight has it, where it can be read.
        let named = if kind == Complete::City { "addresses" } else { complete.field.as_str() };
        let named = if named == "tag" { "tags" } else { named };
        let named =
            if complete.kind == RecordKind::Company && named == "job_title" { "industry" } else { named };
        let Ok(info) = world.schema.by_name(complete.kind, named) else { return Vec::new() };
        let scope = self.sight().scope_reading(complete.kind, info.key);
        let mut found =
            index.map(|index| index.completions(kind, &complete.prefix, &scope)).unwrap_or_default();
        let prefix = crate::domain::fold::fold(&complete.prefix);
        let begins =
            |name: &str| crate::domain::fold::fold(name).split(' ').any(|word| word.starts_with(&prefix));
        // Users and companies that no contact has yet can be chosen too.
        let also: Vec<&String> = match kind {
            Complete::Owner => {
                world.users.values().filter(|user| !user.inactive).map(|user| &user.name).collect()
            }
            Complete::Company if !prefix.is_empty() => {
                let seen = |id: &Uuid| self.sight().sees(&world, RecordKind::Company, *id);
                world.company_names.iter().filter(|(id, _)| seen(id)).map(|(_, name)| name).collect()
            }
            _ => Vec::new(),
        };
        let mut also: Vec<&String> = also.into_iter().filter(|name| begins(name)).collect();
        also.sort_unstable();
        for name in also {
            if !found.iter().any(|(text, _)| text == name) {
                found.push((name.clone(), 0));
            }
        }
        let limit = usize::try_from(complete.limit).unwrap_or(usize::MAX);
        found.into_iter().take(limit).map(|(text, count)| Completion { text, count: count as u64 }).collect()
    }
}

impl Ask<'_> {
    /// What could follow `consent:`: purposes, their channels, and after the sign what may hold.
    fn complete_consent(&self, complete: &CompleteRequest) -> Vec<Completion> {
        if self.sight().rules().kind(RecordKind::Consent).read == Scope::None {
            return Vec::new();
        }
        let world = self.world();
        let typed = complete.prefix.to_lowercase();
        let mut all: Vec<String> = Vec::new();
        if let Some((place, _)) = typed.split_once('=') {
            all.extend(State::WORDS.iter().map(|state| format!("{place}={state}")));
        } else {
            for (_, known) in world.consents.all().filter(|(_, known)| !known.purpose.retired) {
                let name = &known.purpose.name;
                all.push(name.clone());
                all.extend(known.purpose.channels().map(|channel| format!("{name}.{channel}")));
            }
            all.extend(State::WORDS.iter().map(|state| (*state).to_owned()));
            all.push("none".to_owned());
        }
        all.retain(|text| text.starts_with(&typed));
        let limit = usize::try_from(complete.limit).unwrap_or(usize::MAX);
        all.into_iter().take(limit).map(|text| Completion { text, count: 0 }).collect()
    }
}

/// When a note's event happened.
fn when(view: &View) -> crate::domain::time::Timestamp {
    match view
        .get(crate::domain::contact::NoteField::happened_at.key())
        .and_then(|shown| shown.value.as_ref())
    {
        Some(Value::Time(at)) => *at,
        _ => view.created_at,
    }
}

fn people_of(reader: &Reader<'_>, world: &World, sight: &Sight, company: Uuid) -> Result<Vec<Stored>, Error> {
    let mut people = Vec::new();
    for id in ids_at_company(world, company) {
        let Some(person) = sight.record(reader, world, RecordKind::Contact, id)? else { continue };
        // Where somebody works is not told by a list of who works there, either.
        if !sight.reads_of(world, RecordKind::Contact, id, ContactField::company.key()) {
            continue;
        }
        let here = matches!(person.record.fields.get(&ContactField::company.key()), Some(Value::Company(at)) if at.0 == company);
        if here && !is_deleted(&person.record.fields, RecordKind::Contact) {
            people.push(person);
        }
    }
    Ok(people)
}

/// A record as it stood at a moment, folded from its history.
pub(super) fn as_of(
    reader: &Reader<'_>,
    mut stored: Stored,
    at: crate::domain::time::Timestamp,
) -> Result<Stored, Error> {
    let mut fields = Fields::new();
    let mut revision = 0;
    for (seq, body) in reader.bodies(&stored)? {
        let header =
            reader.header(seq)?.ok_or_else(|| Error::integrity(format!("history entry {seq} is missing")))?;
        if header.at > at {
            break;
        }
        fold(&mut fields, &body.changes).map_err(|error| Error::integrity(error.to_string()))?;
        revision = header.revision;
        stored.record.updated_at = header.at;
    }
    if revision == 0 {
        return Err(
            no_such(stored.kind, stored.id).hint(format!("it was created at {}", stored.record.created_at))
        );
    }
    stored.record.fields = fields;
    stored.record.revision = revision;
    Ok(stored)
}

pub(super) fn parse(query: &str) -> Result<Query, Error> {
    Query::parse(query).map_err(|error| {
        let told = error.render(query);
        match error.hint() {
            // The hint has a place of its own.
            Some(hint) => Error::usage(told.strip_suffix(&format!("\n  {hint}")).unwrap_or(&told)).hint(hint),
            None => Error::usage(told),
        }
    })
}

pub(super) fn sort_of(text: &str, query: &Query) -> Result<index::Sort, Error> {
    let (descending, name) = match text.trim().strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, text.trim()),
    };
    let by = match name {
        "" | "relevance" if query.has_text() => index::SortKey::Relevance,
        "" | "relevance" | "name" | "family_name" | "display_name" => index::SortKey::Name,
        "company" => index::SortKey::Company,
        "created" | "created_at" => index::SortKey::Created,
        "updated" | "updated_at" => index::SortKey::Updated,
        "country" => index::SortKey::Country,
        "owner" => index::SortKey::Owner,
        other => {
            return Err(Error::usage(format!("lists are not sorted by `{other}`")).hint(
                "sort by name, company, created, updated, country or owner; with - in front for the reverse",
            ));
        }
    };
    Ok(index::Sort { by, descending })
}
