//! Finding and reading records.

use std::sync::Arc;

use uuid::Uuid;

use super::edit::{fetch, ids_at_company};
use super::index::{self, Completion as Complete, Extra};
use super::view::is_deleted;
use super::world::{World, subject_of};
use super::{Ask, no_such, read_lock};
use crate::api::view::{Card, Completion, Entry, Page, View};
use crate::api::{Activity, Complete as CompleteRequest, Error, Get, History, List};
use crate::domain::contact::ContactField;
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::history::fold;
use crate::domain::id::SubjectId;
use crate::domain::query::{Filter, FilterName, Query, Value as QueryValue};
use crate::domain::value::Value;
use crate::store::{Reader, Stored};

/// Records read in one visit of the storage thread, so that others get their turn.
const SLICE: usize = 2_000;

/// Answers filters on custom fields from the values held in memory.
struct Customs<'a>(&'a World, crate::domain::time::Timestamp);

impl Extra for Customs<'_> {
    fn meets(&self, filter: &Filter, id: Uuid, _slot: u32) -> bool {
        let value_of = |name: &str| {
            let info = self.0.schema.by_name(RecordKind::Contact, &format!("custom.{name}")).ok()?;
            self.0.custom_values.get(&id)?.get(&info.key)
        };
        let own = match &filter.name {
            FilterName::Field(name) => value_of(name),
            FilterName::Known(_) => None,
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

impl Ask<'_> {
    pub(super) fn list(&self, list: List) -> Result<Page, Error> {
        match list.kind {
            RecordKind::Contact | RecordKind::Company => self.indexed(list),
            RecordKind::Note
            | RecordKind::User
            | RecordKind::CustomField
            | RecordKind::Settings
            | RecordKind::ExportRun => self.scanned(list),
        }
    }

    /// Records that the index finds.
    fn indexed(&self, list: List) -> Result<Page, Error> {
        let query = parse(&list.query)?;
        let sort = sort_of(&list.sort, &query)?;
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
        Ok(Page { items, total: found.total as u64, offset: found.start as u64, ..Page::default() })
    }

    pub(super) fn search(
        &self,
        kind: RecordKind,
        query: &Query,
        sort: index::Sort,
        window: index::Window,
    ) -> Result<index::Page, Error> {
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
        }
        let customs = Customs(&world, self.now);
        let context = index::Context {
            now: self.now,
            me: Some(self.grant.actor().user.0),
            scope: &index::Scope::All,
            fields: index::FieldSet::ALL,
            extra: &customs,
            epoch: world.customs.iter().map(|custom| custom.revision).sum(),
            cancelled: &|| false,
        };
        let mut memory = self.memory();
        let result = match kind {
            RecordKind::Company => {
                world.companies.search(&mut memory.companies, query, sort, window, &context)
            }
            _ => world.contacts.search(&mut memory.contacts, query, sort, window, &context),
        };
        result.map_err(|stop| match stop {
            index::Stop::CursorGone => Error::conflict(stop.to_string()).hint("begin the list anew"),
            index::Stop::Cancelled => Error::failed(stop.to_string()),
        })
    }

    /// The ids of all records a query finds.
    pub(super) fn find(&self, kind: RecordKind, query: &str) -> Result<Vec<Uuid>, Error> {
        let query = parse(query)?;
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
            views.extend(self.service.store.read(move |reader| {
                let world = read_lock(&world);
                let mut views = Vec::with_capacity(slice.len());
                for id in slice {
                    if let Some(stored) = reader.record(kind, subject_of(&world, kind, id), id)? {
                        views.push(world.view(&stored, &columns)?);
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
            RecordKind::Note => {
                let id: Uuid = list
                    .query
                    .trim()
                    .parse()
                    .map_err(|_| Error::usage("notes are listed for a contact; name it by its id"))?;
                SubjectId(id)
            }
            _ => SubjectId::NOBODY,
        };
        let world = Arc::clone(&self.service.world);
        let mut views = self.service.store.read(move |reader| {
            let found = reader.records_of(kind, subject)?;
            let world = read_lock(&world);
            let kept = found.iter().filter(|stored| !is_deleted(&stored.record.fields, kind));
            kept.map(|stored| Ok(world.view(stored, &list.columns)?)).collect::<Result<Vec<View>, Error>>()
        })?;
        match kind {
            RecordKind::Note => views.sort_by_key(|view| std::cmp::Reverse((when(view), view.id))),
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
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let stored = fetch(reader, &world, get.kind, get.id)?;
            let stored = match get.at {
                Some(at) => as_of(reader, stored, at)?,
                None => stored,
            };
            let mut notes = Vec::new();
            if get.kind == RecordKind::Contact {
                for note in reader.records_of(RecordKind::Note, stored.subject)? {
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
                RecordKind::Company => people_of(reader, &read_lock(&world), get.id)?,
                _ => Vec::new(),
            };
            let world = read_lock(&world);
            let views = |stored: Vec<Stored>| {
                stored.iter().map(|one| Ok(world.view(one, &[])?)).collect::<Result<Vec<View>, Error>>()
            };
            let mut notes = views(notes)?;
            notes.sort_by_key(|view| std::cmp::Reverse((when(view), view.id)));
            Ok(Card { record: world.view(&stored, &[])?, notes, people: views(people)? })
        })
    }

    pub(super) fn history(&self, history: History) -> Result<Vec<Entry>, Error> {
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let stored = fetch(reader, &world, history.kind, history.id)?;
            let world = read_lock(&world);
            let mut entries = Vec::new();
            for (seq, body) in reader.bodies(&stored)? {
                let header = reader
                    .header(seq)?
                    .ok_or_else(|| Error::integrity(format!("history entry {seq} is missing")))?;
                entries.push(world.entry(&header, Some(&body), Some(&stored))?);
            }
            entries.reverse();
            Ok(entries)
        })
    }

    pub(super) fn activity(&self, activity: Activity) -> Result<Vec<Entry>, Error> {
        let world = Arc::clone(&self.service.world);
        let limit = usize::try_from(activity.limit).unwrap_or(usize::MAX).min(SLICE);
        self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let mut entries = Vec::new();
            for header in reader.headers_before(activity.before.unwrap_or(u64::MAX), limit)? {
                let body = reader.body(&header)?;
                let current = reader.record(header.kind, header.subject, header.record)?;
                entries.push(world.entry(&header, body.as_ref(), current.as_ref())?);
            }
            Ok(entries)
        })
    }

    pub(super) fn complete(&self, complete: &CompleteRequest) -> Vec<Completion> {
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
        let index = if complete.kind == RecordKind::Company { &world.companies } else { &world.contacts };
        let mut found = index.completions(kind, &complete.prefix, &index::Scope::All);
        let prefix = crate::domain::fold::fold(&complete.prefix);
        let begins =
            |name: &str| crate::domain::fold::fold(name).split(' ').any(|word| word.starts_with(&prefix));
        // Users and companies that no contact has yet can be chosen too.
        let also: Vec<&String> = match kind {
            Complete::Owner => {
                world.users.values().filter(|user| !user.inactive).map(|user| &user.name).collect()
            }
            Complete::Company if !prefix.is_empty() => world.company_names.values().collect(),
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

fn people_of(reader: &Reader<'_>, world: &World, company: Uuid) -> Result<Vec<Stored>, Error> {
    let mut people = Vec::new();
    for id in ids_at_company(world, company) {
        let Some(person) = reader.record(RecordKind::Contact, SubjectId(id), id)? else { continue };
        let here = matches!(person.record.fields.get(&ContactField::company.key()), Some(Value::Company(at)) if at.0 == company);
        if here && !is_deleted(&person.record.fields, RecordKind::Contact) {
            people.push(person);
        }
    }
    Ok(people)
}

/// A record as it stood at a moment, folded from its history.
fn as_of(
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

fn sort_of(text: &str, query: &Query) -> Result<index::Sort, Error> {
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
