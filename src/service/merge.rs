//! Contacts that could be the same person, and making one of two.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::edit::{fetch, resolve};
use super::import::{name_key, unite};
use super::view::is_deleted;
use super::world::World;
use super::{Ask, publish, read_lock, rules};
use crate::api::view::{ChangeView, DuplicateGroup, MergeReport, Similar};
use crate::api::{Duplicates, Error, FindSimilar, Merge};
use crate::domain::contact::{Contact, ContactField, Note};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::{Entity, Fields, RecordKind};
use crate::domain::fold;
use crate::domain::history::{Action, Change, diff};
use crate::domain::id::{ContactId, SubjectId};
use crate::domain::value::Value;
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
                if let Ok(resolved) = resolve(&world, RecordKind::Contact, edits, &Fields::new(), None, me) {
                    new_company = new_company.or(resolved.new_company);
                    described
                        .extend(resolved.fields.into_iter().filter_map(|(key, value)| Some((key, value?))));
                }
            }
        }
        let contact = Contact::from_fields(described).map_err(|error| Error::usage(error.to_string()))?;
        let mut same: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        {
            let world = self.world();
            let mut add = |ids: Vec<Uuid>, what: &str| {
                for id in ids.into_iter().filter(|id| Some(*id) != except.map(|except| except.0)) {
                    let whats = same.entry(id).or_default();
                    if !whats.iter().any(|one| one == what) {
                        whats.push(what.to_owned());
                    }
                }
            };
            for phone in &contact.phones {
                add(world.contacts.by_phone(phone.value.e164()), "phone");
            }
            for email in &contact.emails {
                add(world.contacts.by_email(&fold::email(email.value.as_str())), "email");
            }
            let name = name_key(&contact);
            if !contact.given_name.is_empty() && !contact.family_name.is_empty() {
                add(world.contacts.by_name(&name), "name");
            }
        }
        let world = std::sync::Arc::clone(&self.service.world);
        let mut found = self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let mut found = Vec::new();
            for (id, whats) in same {
                found.extend(similar(reader, &world, id, whats)?);
            }
            Ok::<_, Error>(found)
        })?;
        found.sort_by(|a, b| b.same.len().cmp(&a.same.len()).then_with(|| a.title.cmp(&b.title)));
        found.truncate(20);
        Ok(found)
    }

    pub(super) fn duplicates(&self, duplicates: Duplicates) -> Result<Vec<DuplicateGroup>, Error> {
        let ids = self.find(RecordKind::Contact, "")?;
        let limit = duplicates.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let world = std::sync::Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let mut keys: HashMap<(&'static str, String), Vec<Uuid>> = HashMap::new();
            for id in ids {
                let Some(stored) = reader.record(RecordKind::Contact, SubjectId(id), id)? else { continue };
                let contact: Contact = stored.entity()?;
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
                        contacts.extend(similar(reader, &world, id, same.clone())?);
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
        if merge.dry_run {
            let world = std::sync::Arc::clone(&self.service.world);
            return self.service.store.read(move |reader| {
                let (keep, other) = pair(reader, &world, &merge)?;
                let fields = combine(&keep.record.fields, &other.record.fields);
                let notes = reader.records_of(RecordKind::Note, other.subject)?;
                report(&read_lock(&world), &keep, &other, &fields, keep.record.revision, notes.len() as u64)
            });
        }
        self.write(Action::Merge, move |txn, world| {
            let (keep, other) = pair(&txn.read(), world, &merge)?;
            let fields = combine(&keep.record.fields, &other.record.fields);
            rules::check(RecordKind::Contact, Some(&keep.record.fields), &fields)?;
            let kept = txn.update(&keep, fields.clone())?.unwrap_or_else(|| keep.clone());
            let mut gone = other.record.fields.clone();
            gone.insert(ContactField::deleted_at.key(), Value::Time(now));
            gone.insert(ContactField::merged_into.key(), Value::Contact(merge.keep));
            txn.update(&other, gone)?;
            // Notes lie under the key of the person they are about, so they are written anew under the kept one's.
            let mut before = vec![keep.clone(), other.clone()];
            let mut moved = 0;
            for note in txn.read().records_of(RecordKind::Note, other.subject)? {
                if is_deleted(&note.record.fields, RecordKind::Note) {
                    continue;
                }
                txn.create(keep.subject, &note.entity::<Note>()?)?;
                let mut gone = note.record.fields.clone();
                gone.insert(crate::domain::contact::NoteField::deleted_at.key(), Value::Time(now));
                txn.update(&note, gone)?;
                before.push(note);
                moved += 1;
            }
            publish(world, txn, &before)?;
            report(&read_lock(world), &keep, &other, &fields, kept.record.revision, moved)
        })
    }
}

fn similar(
    reader: &Reader<'_>,
    world: &World,
    id: Uuid,
    same: Vec<String>,
) -> Result<Option<Similar>, Error> {
    let Some(stored) = reader.record(RecordKind::Contact, SubjectId(id), id)? else { return Ok(None) };
    let contact: Contact = stored.entity()?;
    if contact.deleted_at.is_some() {
        return Ok(None);
    }
    let company = contact.company.and_then(|id| world.company_names.get(&id.0).cloned()).unwrap_or_default();
    Ok(Some(Similar { id: ContactId(id), title: contact.display_name(), company, same }))
}

fn pair(
    reader: &Reader<'_>,
    world: &std::sync::RwLock<World>,
    merge: &Merge,
) -> Result<(Stored, Stored), Error> {
    let keep = fetch(reader, world, RecordKind::Contact, merge.keep.0)?;
    let other = fetch(reader, world, RecordKind::Contact, merge.other.0)?;
    for one in [&keep, &other] {
        if is_deleted(&one.record.fields, RecordKind::Contact) {
            return Err(rules::deleted(RecordKind::Contact));
        }
    }
    Ok((keep, other))
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
    keep: &Stored,
    other: &Stored,
    fields: &Fields,
    revision: u64,
    notes_moved: u64,
) -> Result<MergeReport, Error> {
    let view = |change: &Change| world.change(RecordKind::Contact, change);
    let changes: Vec<ChangeView> = diff(&keep.record.fields, fields).iter().map(view).collect();
    let differing = diff(fields, &other.record.fields)
        .iter()
        .filter(|change| {
            change.old.is_some()
                && change.new.is_some()
                && !changes.iter().any(|one| one.field == change.field)
        })
        .map(view)
        .collect();
    Ok(MergeReport { kept: ContactId(keep.id), revision, changes, differing, notes_moved })
}
