//! Contacts that could be the same person, and making one of two.

mod hanging;

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::edit::resolve;
use super::import::{name_key, unite};
use super::ledger::{events_of, no_earlier};
use super::sight::Sight;
use super::view::is_deleted;
use super::world::World;
use super::{Ask, publish, read_lock, rules};
use crate::api::view::{ChangeView, DuplicateGroup, MergeReport, Similar};
use crate::api::{BookLine, Code, Duplicates, Error, FindSimilar, Merge};
use crate::domain::consent::{ConsentEvent, ConsentKind, Ledger, State, Way};
use crate::domain::contact::{Contact, ContactField, Note};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::{Entity, Fields, RecordKind};
use crate::domain::fold;
use crate::domain::history::{Action, Change, diff};
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;
use crate::domain::value::{OneOf, Value};
use crate::store::{Reader, Stored};

impl Ask<'_> {
    pub(super) fn find_similar(&self, find: FindSimilar) -> Result<Vec<Similar>, Error> {
        self.similar_to(&find.fields, find.except)
    }

    /// Contacts that share a number, an address or the name with what is described. Fields that do not parse yet are
    /// passed over: somebody is typing them.
    pub(super) fn similar_to(
        &self,
        fields: &[FieldEdit],
        except: Option<ContactId>,
    ) -> Result<Vec<Similar>, Error> {
        let me = self.grant.actor().user;
        let mut described = Fields::new();
        let mut new_company = None;
        {
            let world = self.world();
            let country: Vec<FieldEdit> =
                fields.iter().filter(|edit| edit.field == "country").cloned().collect();
            for edit in fields {
                let mut edits = country.clone();
                edits.push(edit.clone());
                if let Ok(resolved) =
                    resolve(&world, self.sight(), None, RecordKind::Contact, edits, &Fields::new(), None, me)
                {
                    new_company = new_company.or(resolved.new_company);
                    described
                        .extend(resolved.fields.into_iter().filter_map(|(key, value)| Some((key, value?))));
                }
            }
        }
        let contact = Contact::from_fields(described).map_err(|error| Error::usage(error.to_string()))?;
        let mut same: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        // What is the same in contacts out of sight, by whom to ask about them.
        let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let sight = self.sight().clone();
        {
            let world = self.world();
            let mut add = |ids: Vec<Uuid>, what: &str, field: ContactField| {
                for id in ids.into_iter().filter(|id| Some(*id) != except.map(|except| except.0)) {
                    let whats = if sight.reads_of(&world, RecordKind::Contact, id, field.key()) {
                        same.entry(id).or_default()
                    } else if let Some(holder) = sight.taken(&world, id, field) {
                        taken.entry(holder).or_default()
                    } else {
                        continue;
                    };
                    if !whats.iter().any(|one| one == what) {
                        whats.push(what.to_owned());
                    }
                }
            };
            for phone in &contact.phones {
                add(world.contacts.by_phone(phone.value.e164()), "phone", ContactField::phones);
            }
            for email in &contact.emails {
                add(
                    world.contacts.by_email(&fold::email(email.value.as_str())),
                    "email",
                    ContactField::emails,
                );
            }
            let name = name_key(&contact);
            if !contact.given_name.is_empty() && !contact.family_name.is_empty() {
                add(world.contacts.by_name(&name), "name", ContactField::family_name);
            }
        }
        let world = std::sync::Arc::clone(&self.service.world);
        let mut found = self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let mut found = Vec::new();
            for (id, whats) in same {
                found.extend(similar(reader, &world, &sight, id, whats)?);
            }
            Ok::<_, Error>(found)
        })?;
        found.sort_by(|a, b| b.same.len().cmp(&a.same.len()).then_with(|| a.title.cmp(&b.title)));
        found.truncate(20);
        found.extend(taken.into_iter().map(|(ask, same)| Similar {
            id: None,
            title: "a contact out of your sight".to_owned(),
            company: String::new(),
            same,
            ask,
        }));
        Ok(found)
    }

    pub(super) fn duplicates(&self, duplicates: Duplicates) -> Result<Vec<DuplicateGroup>, Error> {
        let ids = self.find(RecordKind::Contact, "")?;
        let limit = duplicates.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let (sight, world) = (self.sight().clone(), std::sync::Arc::clone(&self.service.world));
        self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let mut keys: HashMap<(&'static str, String), Vec<Uuid>> = HashMap::new();
            for id in ids {
                let Some(stored) = sight.record(reader, &world, RecordKind::Contact, id)? else { continue };
                // Only by what can be read: that two masked numbers are the same tells about both.
                let relation = sight.relation_of(&world, &stored);
                let contact: Contact = sight.readable(relation, &stored)?;
                for phone in &contact.phones {
                    keys.entry(("phone", phone.value.to_string())).or_default().push(id);
                }
                for email in &contact.emails {
                    keys.entry(("email", fold::email(email.value.as_str()))).or_default().push(id);
                }
                let name = name_key(&contact);
                if let (false, Some(company)) = (name.is_empty(), contact.company) {
                    keys.entry(("name+company", format!("{name}\n{company}"))).or_default().push(id);
                }
            }
            // The same people found by several keys are one group.
            let mut groups: BTreeMap<Vec<Uuid>, Vec<&'static str>> = BTreeMap::new();
            for ((what, _), mut ids) in keys {
                ids.sort_unstable();
                ids.dedup();
                if ids.len() > 1 {
                    let whats = groups.entry(ids).or_default();
                    if !whats.contains(&what) {
                        whats.push(what);
                    }
                }
            }
            let mut found: Vec<(Vec<Uuid>, Vec<&'static str>)> = groups.into_iter().collect();
            found.sort_by_key(|(ids, whats)| (std::cmp::Reverse(whats.len()), ids.clone()));
            found
                .into_iter()
                .take(limit)
                .map(|(ids, mut whats)| {
                    whats.sort_unstable_by_key(|what| {
                        ["email", "phone", "name+company"].iter().position(|one| one == what)
                    });
                    let same: Vec<String> = whats.iter().map(|what| (*what).to_owned()).collect();
                    let mut contacts = Vec::new();
                    for id in ids {
                        contacts.extend(similar(reader, &world, &sight, id, same.clone())?);
                    }
                    Ok(DuplicateGroup { same, contacts })
                })
                .collect()
        })
    }

    pub(super) fn merge(&self, merge: Merge) -> Result<MergeReport, Error> {
        if merge.keep == merge.other {
            return Err(Error::usage("a contact is not merged with itself"));
        }
        let now = self.now;
        let sight = self.sight().clone();
        if merge.dry_run {
            let world = std::sync::Arc::clone(&self.service.world);
            return self.service.store.read(move |reader| {
                let (keep, other) = pair(reader, &world, &sight, &merge)?;
                let fields = combined(&read_lock(&world), &sight, &keep, &other)?;
                let notes = notes_to_move(reader, &world, &sight, &other)?;
                let tasks = hanging::tasks_to_move(reader, &world, &sight, &other)?;
                hanging::nobody_calls(reader, &world, &other, now)?;
                let refusals = refusals(reader, &world, &sight, &keep, &other, now)?;
                let along = hanging::Along {
                    notes: notes.len() as u64,
                    tasks: tasks.len() as u64,
                    places: hanging::places_to_move(&read_lock(&world), &other).len() as u64,
                };
                let revision = keep.record.revision;
                report(&read_lock(&world), &sight, &keep, &other, &fields, revision, along, &refusals)
            });
        }
        self.write(Action::Merge, move |txn, world| {
            let (keep, other) = pair(&txn.read(), world, &sight, &merge)?;
            let fields = combined(&read_lock(world), &sight, &keep, &other)?;
            let notes = notes_to_move(&txn.read(), world, &sight, &other)?;
            let tasks = hanging::tasks_to_move(&txn.read(), world, &sight, &other)?;
            hanging::nobody_calls(&txn.read(), world, &other, now)?;
            rules::check(RecordKind::Contact, Some(&keep.record.fields), &fields)?;
            let kept = txn.update(&keep, fields.clone())?.unwrap_or_else(|| keep.clone());
            let mut gone = other.record.fields.clone();
            gone.insert(ContactField::deleted_at.key(), Value::Time(now));
            gone.insert(ContactField::merged_into.key(), Value::Contact(merge.keep));
            txn.update(&other, gone)?;
            // Notes lie under the key of the person they are about, so they are written anew under the kept one's.
            let mut before = vec![keep.clone(), other.clone()];
            let mut along = hanging::Along { tasks: tasks.len() as u64, ..hanging::Along::default() };
            hanging::move_tasks(txn, &keep, tasks, now, &mut before)?;
            along.places = hanging::move_places(txn, world, &keep, &other, &mut before)?;
            for note in notes {
                txn.create(keep.subject, &note.entity::<Note>()?)?;
                let mut gone = note.record.fields.clone();
                gone.insert(crate::domain::contact::NoteField::deleted_at.key(), Value::Time(now));
                txn.update(&note, gone)?;
                before.push(note);
                along.notes += 1;
            }
            let refusals = refusals(&txn.read(), world, &sight, &keep, &other, now)?;
            for event in &refusals {
                txn.create(keep.subject, event)?;
            }
            publish(world, txn, &before)?;
            let revision = kept.record.revision;
            report(&read_lock(world), &sight, &keep, &other, &fields, revision, along, &refusals)
        })
    }
}

fn similar(
    reader: &Reader<'_>,
    world: &World,
    sight: &Sight,
    id: Uuid,
    same: Vec<String>,
) -> Result<Option<Similar>, Error> {
    let Some(stored) = sight.record(reader, world, RecordKind::Contact, id)? else { return Ok(None) };
    if is_deleted(&stored.record.fields, RecordKind::Contact) {
        return Ok(None);
    }
    let relation = sight.relation_of(world, &stored);
    let contact: Contact = sight.readable(relation, &stored)?;
    let company = contact.company.and_then(|id| world.company_names.get(&id.0).cloned()).unwrap_or_default();
    let title = sight.title(&stored, relation)?;
    Ok(Some(Similar { id: Some(ContactId(id)), title, company, same, ask: String::new() }))
}

fn pair(
    reader: &Reader<'_>,
    world: &std::sync::RwLock<World>,
    sight: &Sight,
    merge: &Merge,
) -> Result<(Stored, Stored), Error> {
    let keep = sight.fetch_to_change(reader, world, RecordKind::Contact, merge.keep.0)?;
    let other = sight.fetch_to_change(reader, world, RecordKind::Contact, merge.other.0)?;
    for one in [&keep, &other] {
        if is_deleted(&one.record.fields, RecordKind::Contact) {
            return Err(rules::deleted(RecordKind::Contact));
        }
        rules::unrestricted(RecordKind::Contact, &one.record.fields)?;
    }
    Ok((keep, other))
}

/// The kept contact's fields after the merge; refused where it would change what the actor does not edit.
fn combined(world: &World, sight: &Sight, keep: &Stored, other: &Stored) -> Result<Fields, Error> {
    let fields = combine(&keep.record.fields, &other.record.fields);
    let relation = sight.relation_of(world, keep);
    sight.may_change(&world.schema, RecordKind::Contact, relation, &keep.record.fields, &fields)?;
    Ok(fields)
}

/// The notes of the contact that goes; refused where the actor does not see or change them, for they would be lost.
fn notes_to_move(
    reader: &Reader<'_>,
    world: &std::sync::RwLock<World>,
    sight: &Sight,
    other: &Stored,
) -> Result<Vec<Stored>, Error> {
    let world = read_lock(world);
    let count = world.notes.get(&other.id).copied().unwrap_or_default() as usize;
    let mut notes = sight.records_of(reader, &world, RecordKind::Note, other.subject)?;
    notes.retain(|note| !is_deleted(&note.record.fields, RecordKind::Note));
    let relation = sight.relation_of(&world, other);
    if notes.len() < count || !notes.is_empty() && !sight.writes(RecordKind::Note, relation) {
        return Err(Error::new(
            Code::Denied,
            format!("the role `{}` does not move what hangs on the other contact", sight.rules().name),
        )
        .hint("ask the lead of the team to merge them"));
    }
    Ok(notes)
}

/// The kept contact's fields with what only the other has. Lists are united; where both say something, the kept one's
/// word stands, also about basis and origin.
fn combine(keep: &Fields, other: &Fields) -> Fields {
    let mut fields = keep.clone();
    for (key, value) in other {
        match (fields.get_mut(key), value) {
            (None, value) => {
                fields.insert(*key, value.clone());
            }
            (Some(Value::Phones(old)), Value::Phones(new)) => unite(old, new, |a, b| a == b),
            (Some(Value::Emails(old)), Value::Emails(new)) => {
                unite(old, new, |a, b| a.folded() == b.folded())
            }
            (Some(Value::Links(old)), Value::Links(new)) => unite(old, new, |a, b| a == b),
            (Some(Value::Addresses(old)), Value::Addresses(new)) => unite(old, new, |a, b| a == b),
            (Some(Value::Tags(old)), Value::Tags(new)) => {
                old.extend(new.iter().cloned());
                old.sort_unstable();
                old.dedup();
            }
            (Some(_), _) => {}
        }
    }
    fields
}

fn report(
    world: &World,
    sight: &Sight,
    keep: &Stored,
    other: &Stored,
    fields: &Fields,
    revision: u64,
    along: hanging::Along,
    refusals: &[ConsentEvent],
) -> Result<MergeReport, Error> {
    // What comes from the other contact is shown no better than it is there.
    let relation = sight.relation_of(world, keep).max(sight.relation_of(world, other));
    let view = |change: &Change| sight.change(world, RecordKind::Contact, relation, change);
    let changes: Vec<ChangeView> = diff(&keep.record.fields, fields).iter().filter_map(view).collect();
    let differing = diff(fields, &other.record.fields)
        .iter()
        .filter(|change| {
            change.old.is_some()
                && change.new.is_some()
                && !changes.iter().any(|one| one.field == change.field)
        })
        .filter_map(view)
        .collect();
    let refusals = refusals.iter().filter_map(|event| {
        let standing = Ledger::of([event]).places().map(|(_, _, standing)| standing).next()?;
        Some(BookLine { purpose: event.purpose.clone(), channel: event.channel.0?, standing })
    });
    let refusals = refusals.collect();
    let hanging::Along { notes: notes_moved, tasks: tasks_moved, places: places_moved } = along;
    let calls = world.work.calls_of(other.id) as u64;
    let requests = world.work.requests().filter(|asked| asked.contact == other.id).count() as u64;
    let kept = ContactId(keep.id);
    Ok(MergeReport {
        kept,
        revision,
        changes,
        differing,
        notes_moved,
        tasks_moved,
        places_moved,
        calls,
        requests,
        refusals,
    })
}

/// What the person said no to on the record that goes, as events for the one that is kept: of two records of one person the
/// stricter holds, whichever was said last. A yes is not taken over, for nobody asked this record's person.
///
/// This looks at the ledger itself, not at what the actor sees of it: a no holds whoever merges. An undo of the merge leaves
/// the events where they are.
fn refusals(
    reader: &Reader<'_>,
    world: &std::sync::RwLock<World>,
    sight: &Sight,
    keep: &Stored,
    other: &Stored,
    now: Timestamp,
) -> Result<Vec<ConsentEvent>, Error> {
    let world = read_lock(world);
    let Some(ledger) = world.consents.ledger(other.id) else { return Ok(Vec::new()) };
    let known = events_of(reader, sight, &world, other)?;
    let mut events = Vec::new();
    for (number, channel, standing) in ledger.places() {
        let Some(known_purpose) = world.consents.get(*number) else { continue };
        let kind = match standing.state {
            State::Refused => ConsentKind::Refused,
            State::Withdrawn => ConsentKind::Withdrawn,
            State::Objected => ConsentKind::Objected,
            State::Unknown
            | State::Requested
            | State::Deferred
            | State::Pending
            | State::Given
            | State::Asserted
            | State::Expired
            | State::Revoked
            | State::Invalidated => continue,
        };
        if world.consents.standing(keep.id, *number, channel, now).state >= standing.state {
            continue;
        }
        let purpose = &known_purpose.purpose.name;
        let origin = known.iter().rev().find(|(_, event)| {
            event.purpose == *purpose && event.channel.0 == Some(channel) && event.kind.0 == Some(kind)
        });
        events.push(ConsentEvent {
            kind: OneOf(Some(kind)),
            purpose: purpose.clone(),
            purpose_version: i64::try_from(known_purpose.revision).unwrap_or(i64::MAX),
            channel: OneOf(Some(channel)),
            at: Some(no_earlier(&world, keep, now, now)),
            way: OneOf(Some(Way::Merge)),
            words: origin.map(|(_, event)| event.words.clone()).unwrap_or_default(),
            reason: format!("said at {} on the other record of the same person", standing.since),
            refers: origin.map(|(stored, _)| stored.id.to_string()).unwrap_or_default(),
            ..ConsentEvent::default()
        });
    }
    Ok(events)
}
