//! Exports: people who may be reached for a purpose leave with the fields it needs, for a registered recipient.
//!
//! The first page begins a run: its record says who took what for which purpose, by which filter, to whom, and how many
//! were held back. Each further page names the run and says the same; only the session that began it goes on with it.
//! Everybody is judged twice, when the list is made and in the transaction that records the use of the consent, and leaves
//! only after that is durable. When the file is written its hash closes the run, in a record of its own: records of exports
//! only grow.

use std::sync::Arc;

use uuid::Uuid;

use super::gate::{self, Counts, Use, sift};
use super::recipients::EXPORT;
use super::world::World;
use super::{Ask, index, publish, read_lock};
use crate::api::view::{ExportPage, Manifest, Page, View};
use crate::api::{Error, Export, SealExport};
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentKind, State, Way};
use crate::domain::contact::ContactField;
use crate::domain::entity::RecordKind;
use crate::domain::field::{Category, FieldKey};
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SubjectId};
use crate::domain::purpose::Purpose;
use crate::domain::query::Query;
use crate::domain::user::ExportRun;
use crate::domain::value::{OneOf, WordList};
use crate::law::Law;

/// People in one page: where nothing is said, and at most.
const PAGE: u64 = 1_000;
const PAGE_MOST: u64 = 10_000;
/// Runs that a session can go on with.
const RUNS: usize = 8;

/// An export that a session began.
pub(super) struct Begun {
    query: String,
    columns: Vec<FieldKey>,
    manifest: Manifest,
    sealed: bool,
}

impl Begun {
    fn is(&self, export: &Export) -> bool {
        let one = &self.manifest;
        export.run == Some(one.run)
            && self.query == export.query
            && self.columns == export.columns
            && (one.purpose.as_str(), one.channel, one.recipient.as_str())
                == (export.purpose.trim(), export.channel, export.to.trim())
            && !self.sealed
    }
}

/// What leaves for a purpose.
struct Leaving {
    keys: Vec<FieldKey>,
    notes: bool,
    version: u64,
}

impl Ask<'_> {
    pub(super) fn export(&self, export: Export) -> Result<ExportPage, Error> {
        if export.purpose.trim().is_empty() {
            return Err(Error::refused("an export names the purpose it is for").hint("say it with --purpose"));
        }
        if export.window.offset != 0 {
            return Err(Error::usage("pages of an export follow each other"));
        }
        let query = self.query(RecordKind::Contact, &export.query)?;
        let limit = usize::try_from(export.window.limit.map_or(PAGE, |limit| limit.clamp(1, PAGE_MOST)));
        let limit = limit.unwrap_or(usize::MAX);
        let leaving = self.leaving(&export)?;
        let first = export.window.after.is_none();
        let begun = self.begun(&export, first)?;
        let (mut ids, total, withheld) = if first {
            let all = self.find(RecordKind::Contact, &export.query)?;
            let (through, withheld) = self.sift(&all, &export)?;
            let total = through.len() as u64;
            (through, total, withheld)
        } else {
            (self.next_through(&query, &export, limit.saturating_add(1))?, 0, Counts::new())
        };
        let next = (ids.len() > limit).then(|| ids.get(limit - 1).copied()).flatten();
        ids.truncate(limit);
        let (mut run, mut logged) = (begun, None);
        // A damaged store is read-only, and may be exported all the same: it is what is left. The read log tells of it.
        if self.service.whole {
            let new = begun.is_none().then(|| self.new_run(&export, &query, &leaving, total, &withheld));
            let (through, id, entry) = self.record_use(&export, ids, begun, new)?;
            ids = through;
            run = Some(id);
            if begun.is_none() {
                logged = entry;
                self.remember_run(&export, &query, &leaving, id, entry, (total, &withheld));
            }
        }
        let mut items = self.views(RecordKind::Contact, ids.clone(), leaving.keys.clone())?;
        {
            let world = self.world();
            let (_, known) = world.consents.active_on(&export.purpose, export.channel)?;
            items.iter_mut().for_each(|view| gate::strip(&world, &known.purpose, view));
        }
        // Who has no name is listed by an address, which is not asked for here.
        if !leaving.keys.iter().any(|key| NAMES.iter().any(|name| name.key() == *key)) {
            items.iter_mut().for_each(|view| view.title.clear());
        }
        let notes = if leaving.notes { self.notes_of(ids)? } else { Vec::new() };
        let page = Page { items, total, offset: 0, withheld, ..Page::default() };
        Ok(ExportPage { page, notes, logged, run, next, fields: leaving.keys, with_notes: leaving.notes })
    }

    fn sift(&self, ids: &[Uuid], export: &Export) -> Result<(Vec<Uuid>, Counts), Error> {
        let world = self.world();
        let (number, known) = world.consents.active_on(&export.purpose, export.channel)?;
        Ok(sift(&world, ids, &Use { number, known, channel: export.channel, now: self.now }))
    }

    /// The next people who come through.
    fn next_through(&self, query: &Query, export: &Export, wanted: usize) -> Result<Vec<Uuid>, Error> {
        let sort = index::Sort { by: index::SortKey::Name, descending: false };
        let mut after = export.window.after;
        let mut through = Vec::new();
        while through.len() < wanted {
            let window = index::Window { offset: 0, limit: wanted.saturating_mul(2), after };
            let found = self.search(RecordKind::Contact, query, sort, window)?;
            let ids: Vec<Uuid> = found.hits.iter().map(|hit| hit.id).collect();
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            through.extend(self.sift(&ids, export)?.0);
        }
        through.truncate(wanted);
        Ok(through)
    }

    /// Checks purpose, recipient and fields, and answers with what leaves.
    fn leaving(&self, export: &Export) -> Result<Leaving, Error> {
        let world = self.world();
        let (_, known) = world.consents.active_on(&export.purpose, export.channel)?;
        may_be_given_to(&world, &self.service.law, &known.purpose, export.to.trim())?;
        let (mut keys, notes) = needed(&world, &known.purpose);
        for key in &export.columns {
            if !keys.contains(key) {
                let name = world.schema.by_key(RecordKind::Contact, *key);
                let name = name.map_or_else(|| format!("field-{}", key.0), |info| info.address());
                let own = keys.iter().filter_map(|key| world.schema.by_key(RecordKind::Contact, *key));
                let own: Vec<String> = own.map(|info| info.address()).collect();
                return Err(Error::refused(format!(
                    "`{name}` does not leave for `{}`, which has no need of it",
                    known.purpose.name
                ))
                .hint(format!("what leaves is: {}", own.join(", ")))
                .at("columns"));
            }
        }
        if !export.columns.is_empty() {
            keys.retain(|key| export.columns.contains(key));
        }
        if keys.is_empty() {
            return Err(Error::refused(format!(
                "the purpose `{}` names no field and no category of data that it needs",
                known.purpose.name
            ))
            .hint("`callbook purpose edit` names them (Art. 5(1)(c) GDPR)"));
        }
        Ok(Leaving { keys, notes, version: known.revision })
    }

    /// The run that a page goes on with; none for the first.
    fn begun(&self, export: &Export, first: bool) -> Result<Option<Uuid>, Error> {
        let memory = self.memory();
        match (first, export.run) {
            (true, None) => Ok(None),
            (true, Some(_)) => Err(Error::usage("the first page of an export names no run")),
            (false, None) if !self.service.whole => Ok(None),
            (false, run) => match memory.exports.iter().find(|begun| begun.is(export)) {
                Some(_) => Ok(run),
                None => Err(Error::refused("this is no page of an export that the session has begun")
                    .hint("begin the export anew")),
            },
        }
    }

    fn new_run(
        &self,
        export: &Export,
        query: &Query,
        leaving: &Leaving,
        total: u64,
        withheld: &Counts,
    ) -> ExportRun {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        ExportRun {
            purpose: export.purpose.trim().to_owned(),
            purpose_version: count(leaving.version),
            channel: export.channel.word().to_owned(),
            // As it was meant now: what a view stands for may change.
            query: query.to_string(),
            records: count(total),
            withheld: WordList(withheld.iter().map(|(why, n)| format!("{why}={n}")).collect()),
            fields: WordList(self.names(leaving)),
            recipient: export.to.trim().to_owned(),
            ..ExportRun::default()
        }
    }

    /// The names of what leaves.
    fn names(&self, leaving: &Leaving) -> Vec<String> {
        let world = self.world();
        let known = leaving.keys.iter().filter_map(|key| world.schema.by_key(RecordKind::Contact, *key));
        known.map(|info| info.address()).chain(leaving.notes.then(|| "notes".to_owned())).collect()
    }

    /// Records the run and the use of each consent. Who said no since the list was made stays out.
    fn record_use(
        &self,
        export: &Export,
        ids: Vec<Uuid>,
        begun: Option<Uuid>,
        new: Option<ExportRun>,
    ) -> Result<(Vec<Uuid>, Uuid, Option<u64>), Error> {
        let (purpose, channel, now) = (export.purpose.clone(), export.channel, self.now);
        let given = !export.to.trim().is_empty();
        self.write(Action::Export, move |txn, world| {
            let run = match (begun, new) {
                (Some(run), _) => run,
                (None, Some(new)) => txn.create(SubjectId::NOBODY, &new)?.id,
                (None, None) => return Err(Error::failed("the export lost its run")),
            };
            let (mut through, mut used) = (Vec::with_capacity(ids.len()), Vec::new());
            {
                let world = read_lock(world);
                let (number, known) = world.consents.active_on(&purpose, channel)?;
                let asked = Use { number, known, channel, now };
                for id in ids {
                    let Ok(standing) = asked.judge(&world, id) else { continue };
                    through.push(id);
                    // Whom data were given to is known of each person, whatever the ground was (Art. 19 GDPR).
                    if standing.state == State::Given || given {
                        used.push((id, used_event(known.revision, &known.purpose.name, channel, now, run)));
                    }
                }
            }
            for (person, event) in used {
                txn.create(SubjectId(person), &event)?;
            }
            publish(world, txn, &[])?;
            Ok((through, run, txn.number()))
        })
    }

    fn remember_run(
        &self,
        export: &Export,
        query: &Query,
        leaving: &Leaving,
        run: Uuid,
        logged: Option<u64>,
        (records, withheld): (u64, &Counts),
    ) {
        let fields = self.names(leaving);
        let manifest = {
            let world = self.world();
            Manifest {
                run,
                logged,
                at: self.now,
                by: world.user_name(self.grant.actor().user.0),
                controller: world.settings.controller.clone(),
                purpose: export.purpose.trim().to_owned(),
                purpose_version: leaving.version,
                channel: export.channel,
                query: query.to_string(),
                recipient: export.to.trim().to_owned(),
                fields,
                notes: leaving.notes,
                records,
                withheld: withheld.clone(),
                sha256: String::new(),
                bytes: 0,
            }
        };
        let begun =
            Begun { query: export.query.clone(), columns: export.columns.clone(), manifest, sealed: false };
        let mut memory = self.memory();
        if memory.exports.len() >= RUNS {
            memory.exports.remove(0);
        }
        memory.exports.push(begun);
    }

    pub(super) fn seal_export(&self, seal: SealExport) -> Result<Manifest, Error> {
        let is_hash = seal.sha256.len() == 64
            && seal.sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !is_hash {
            return Err(Error::usage("a SHA-256 is 64 hexadecimal digits in lower case").at("sha256"));
        }
        let manifest = {
            let memory = self.memory();
            let begun = memory.exports.iter().find(|begun| begun.manifest.run == seal.run && !begun.sealed);
            begun.map(|begun| begun.manifest.clone())
        };
        let Some(mut manifest) = manifest else {
            return Err(Error::refused("the session has begun no such export, or closed it already"));
        };
        manifest.sha256 = seal.sha256;
        manifest.bytes = seal.bytes;
        // Who said no meanwhile is in the list, and not in the file.
        manifest.records = seal.records.min(manifest.records);
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let record = ExportRun {
            purpose: manifest.purpose.clone(),
            purpose_version: count(manifest.purpose_version),
            channel: manifest.channel.word().to_owned(),
            query: manifest.query.clone(),
            records: count(manifest.records),
            recipient: manifest.recipient.clone(),
            sha256: manifest.sha256.clone(),
            bytes: count(manifest.bytes),
            seals: manifest.run.to_string(),
            ..ExportRun::default()
        };
        self.write(Action::Export, move |txn, _| {
            txn.create(SubjectId::NOBODY, &record)?;
            Ok(())
        })?;
        let mut memory = self.memory();
        if let Some(begun) = memory.exports.iter_mut().find(|begun| begun.manifest.run == manifest.run) {
            begun.sealed = true;
        }
        Ok(manifest)
    }

    fn notes_of(&self, ids: Vec<uuid::Uuid>) -> Result<Vec<(ContactId, Vec<View>)>, Error> {
        let with: Vec<uuid::Uuid> = {
            let world = self.world();
            ids.into_iter().filter(|id| world.notes.get(id).is_some_and(|count| *count > 0)).collect()
        };
        let (sight, world) = (self.sight().clone(), Arc::clone(&self.service.world));
        self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let mut all = Vec::with_capacity(with.len());
            for id in with {
                let mut notes = Vec::new();
                for note in sight.records_of(reader, &world, RecordKind::Note, SubjectId(id))? {
                    if !super::view::is_deleted(&note.record.fields, RecordKind::Note) {
                        notes.push(sight.view(&world, &note, &[])?);
                    }
                }
                notes.sort_by_key(|note| (note.created_at, note.id));
                if notes.is_empty() {
                    continue;
                }
                all.push((ContactId(id), notes));
            }
            Ok(all)
        })
    }
}

/// The fields of a person's name.
const NAMES: &[ContactField] =
    &[ContactField::given_name, ContactField::middle_name, ContactField::family_name];

/// The fields of a contact that a purpose needs (Art. 5(1)(c) GDPR), and whether notes are among it: those it names, else all
/// of its categories. A store's own field leaves only where it is named.
fn needed(world: &World, purpose: &Purpose) -> (Vec<FieldKey>, bool) {
    let fields = world.schema.of(RecordKind::Contact);
    let named = |name: &String| fields.iter().find(|info| info.address() == *name).map(|info| info.key);
    if !purpose.fields.0.is_empty() {
        let keys = purpose.fields.0.iter().filter_map(named).collect();
        return (keys, purpose.fields.0.iter().any(|name| name == "notes"));
    }
    let has = |category: Category| purpose.categories.0.iter().any(|word| word == category.word());
    let keys = fields.iter().filter(|info| !info.custom && has(info.category)).map(|info| info.key);
    (keys.collect(), has(Category::Content))
}

/// Refuses a recipient who may not be given the data: R43 to R45.
fn may_be_given_to(world: &World, law: &Law, purpose: &Purpose, name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Ok(());
    }
    let Some(recipient) = world.recipients.get(name) else {
        let known: Vec<&str> = world.recipients.keys().map(String::as_str).collect();
        return Err(Error::refused(format!("`{name}` is no registered recipient"))
            .hint(match crate::domain::text::nearest(name, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`callbook recipient add` registers one, with its role and country".to_owned(),
            })
            .at("to"));
    };
    let covered = recipient.country.is_some_and(|country| law.covers_transfers_to(country));
    recipient.may_receive(covered).map_err(|why| {
        Error::refused(format!("`{name}` is given nothing: {why}"))
            .hint("`callbook recipient edit` completes what is registered")
            .at("to")
    })?;
    if !purpose.recipients.0.iter().any(|one| one == name) {
        return Err(Error::refused(format!("`{name}` is no recipient of the purpose `{}`", purpose.name))
            .hint("persons are told who is given their data (Art. 13(1)(e) GDPR): name it with `callbook purpose edit --recipient` first")
            .at("to"));
    }
    Ok(())
}

fn used_event(
    version: u64,
    purpose: &str,
    channel: Channel,
    now: crate::domain::time::Timestamp,
    run: Uuid,
) -> ConsentEvent {
    ConsentEvent {
        kind: OneOf(Some(ConsentKind::Used)),
        purpose: purpose.to_owned(),
        purpose_version: i64::try_from(version).unwrap_or(i64::MAX),
        channel: OneOf(Some(channel)),
        at: Some(now),
        way: OneOf(Some(Way::System)),
        used_for: format!("{EXPORT}{run}"),
        ..ConsentEvent::default()
    }
}
