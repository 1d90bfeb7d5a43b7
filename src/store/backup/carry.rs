//! What must not be lost when a store is set back to a backup: records made since that protect persons, or prove it.

use std::collections::BTreeMap;

use crate::domain::consent::ConsentEvent;
use crate::domain::contact::ContactField;
use crate::domain::entity::{Fields, Lies, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::id::SubjectId;
use crate::store::keyring::Slot;
use crate::store::{Origin, Store, StoreError, Stored};

/// Records in one transaction.
const SLICE: usize = 256;

/// What is carried over: whom nobody may use any more, what was erased and how that is proven, what lies elsewhere, what
/// persons asked for, what happened. Of contacts themselves it is carried over whether they are restricted. Calls, notes and
/// edits since are not: to set them back is what a backup is for.
const KINDS: &[RecordKind] = &[
    RecordKind::Suppression,
    RecordKind::Consent,
    RecordKind::Certificate,
    RecordKind::KeptProof,
    RecordKind::Mention,
    RecordKind::Request,
    // That an answer was taken in: there is only one.
    RecordKind::Invitation,
    RecordKind::Publication,
    RecordKind::Hold,
    RecordKind::Sweep,
    RecordKind::Backup,
    RecordKind::Incident,
    RecordKind::Training,
];

/// How many of each kind.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Carried {
    pub carried: BTreeMap<RecordKind, u64>,
    /// About persons who are not in the backup.
    pub left: BTreeMap<RecordKind, u64>,
}

/// Carries records of `from` that were written after its log had `entries` entries over to `into`, as they are now.
pub fn carry(from: &Store, into: &Store, entries: u64, origin: Origin) -> Result<Carried, StoreError> {
    let mut carried = Carried::default();
    for &kind in KINDS {
        let mut since: Vec<Stored> = from.read(move |reader| {
            let mut since = Vec::new();
            reader.each_record(kind, |stored| {
                if stored.record.last_seq >= entries && is_wanted(&stored)? {
                    since.push(stored);
                }
                Ok(())
            })?;
            Ok::<_, StoreError>(since)
        })?;
        while !since.is_empty() {
            let slice: Vec<Stored> = since.drain(..since.len().min(SLICE)).collect();
            let (done, left) = into.write(origin, move |txn| {
                let (mut done, mut left) = (0, 0);
                for stored in slice {
                    match txn.read().record(kind, stored.subject, stored.id)? {
                        Some(here) if kind.only_grows() || here.record.fields == stored.record.fields => {}
                        Some(here) => {
                            txn.update(&here, stored.record.fields)?;
                            done += 1;
                        }
                        None => {
                            let slot = match kind.lies() {
                                Lies::Nobody => Some(Slot::STORE),
                                Lies::Person | Lies::AboutPerson => txn.read().slot_of(stored.subject)?,
                                // Its key lay in a slot that no row of the backup names.
                                Lies::Itself => Some(txn.keys().allocate()?),
                            };
                            match slot {
                                Some(slot) => {
                                    txn.put_as(&stored, slot)?;
                                    done += 1;
                                }
                                None => left += 1,
                            }
                        }
                    }
                }
                Ok::<_, StoreError>((done, left))
            })?;
            for (counts, count) in [(&mut carried.carried, done), (&mut carried.left, left)] {
                if count > 0 {
                    *counts.entry(kind).or_default() += count;
                }
            }
        }
    }
    let restricted = restrictions(from, into, entries, origin)?;
    if restricted > 0 {
        carried.carried.insert(RecordKind::Contact, restricted);
    }
    Ok(carried)
}

/// Of persons themselves, whether their data are restricted (Art. 18 GDPR): laid on since, or lifted.
fn restrictions(from: &Store, into: &Store, entries: u64, origin: Origin) -> Result<u64, StoreError> {
    let of_it = |fields: &Fields| -> Fields {
        let told = |key: &FieldKey| ContactField::of(*key).is_some_and(ContactField::is_of_restriction);
        fields.iter().filter(|(key, _)| told(key)).map(|(key, value)| (*key, value.clone())).collect()
    };
    let mut since: Vec<(SubjectId, Fields)> = from.read(move |reader| {
        let mut since = Vec::new();
        reader.each_record(RecordKind::Contact, |stored| {
            if stored.record.last_seq >= entries {
                since.push((stored.subject, of_it(&stored.record.fields)));
            }
            Ok(())
        })?;
        Ok::<_, StoreError>(since)
    })?;
    let mut all = 0;
    while !since.is_empty() {
        let slice: Vec<_> = since.drain(..since.len().min(SLICE)).collect();
        all += into.write(origin, move |txn| {
            let mut done = 0;
            for (subject, today) in slice {
                let Some(here) = txn.read().record(RecordKind::Contact, subject, subject.0)? else {
                    continue;
                };
                let then = of_it(&here.record.fields);
                if then == today {
                    continue;
                }
                let mut fields = here.record.fields.clone();
                fields.retain(|key, _| !then.contains_key(key));
                fields.extend(today);
                txn.update(&here, fields)?;
                done += 1;
            }
            Ok::<_, StoreError>(done)
        })?;
    }
    Ok(all)
}

/// Of what persons said, every no; a yes that is lost with the rest is asked for again.
fn is_wanted(stored: &Stored) -> Result<bool, StoreError> {
    if stored.kind != RecordKind::Consent {
        return Ok(true);
    }
    Ok(stored.entity::<ConsentEvent>()?.kind.0.is_some_and(|kind| kind.is_no()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::contact::Contact;
    use crate::domain::entity::Entity;
    use crate::domain::history::Action;
    use crate::domain::id::{SessionId, StoreId, UserId};
    use crate::domain::request::{Invitation, RestrictionReason};
    use crate::domain::time::Timestamp;
    use crate::domain::value::OneOf;
    use crate::env::Env;
    use crate::store::backend::{MemoryBackend, MemoryDisk};
    use crate::store::keyring::Keyring;
    use crate::store::open as stores;

    fn origin() -> Origin {
        let at = Timestamp::from_millis(0);
        Origin { at, actor: UserId(Uuid::nil()), session: SessionId(Uuid::nil()), action: Action::Edit }
    }

    fn store(id: StoreId, env: &Env) -> Store {
        let ring = Keyring::in_memory(id, env).unwrap();
        stores::fresh(Box::new(MemoryBackend::on(MemoryDisk::new())), ring, id, env).unwrap()
    }

    #[test]
    fn whoever_was_restricted_since_is_and_a_form_is_used_once() {
        let env = Env::system();
        let id = StoreId(env.ids.next());
        let (today, backup) = (store(id, &env), store(id, &env));
        let (person, form) = today
            .write(origin(), |txn| {
                let person = txn.create(
                    SubjectId::NOBODY,
                    &Contact { given_name: "Anna".into(), ..Contact::default() },
                )?;
                let form =
                    txn.create(person.subject, &Invitation { key: "k".into(), ..Invitation::default() })?;
                Ok::<_, StoreError>((person, form))
            })
            .unwrap();
        let (then, used) = (person.clone(), form.clone());
        backup
            .write(origin(), move |txn| {
                let slot = txn.keys().allocate()?;
                txn.put_as(&then, slot)?;
                txn.put_as(&used, slot)?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        let entries = today.read(|reader| Ok::<_, StoreError>(reader.log_size())).unwrap();
        let (was, subject) = (person.clone(), person.subject);
        today
            .write(origin(), move |txn| {
                let mut now: Contact = was.entity()?;
                now.restricted_at = Some(Timestamp::from_millis(5));
                now.restricted_for = OneOf(Some(RestrictionReason::Claims));
                now.job_title = "Buyer".into();
                txn.update(&was, now.fields())?;
                let mut used: Invitation = form.entity()?;
                used.used_at = Some(Timestamp::from_millis(6));
                txn.update(&form, used.fields())?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        let carried = carry(&today, &backup, entries, origin()).unwrap().carried;
        assert_eq!(carried, [(RecordKind::Contact, 1), (RecordKind::Invitation, 1)].into());
        let (anna, used) = backup
            .read(move |reader| {
                let anna = reader.record(RecordKind::Contact, subject, subject.0)?.unwrap();
                let forms = reader.records_of(RecordKind::Invitation, subject)?;
                Ok::<_, StoreError>((
                    anna.entity::<Contact>()?,
                    forms.first().unwrap().entity::<Invitation>()?,
                ))
            })
            .unwrap();
        assert_eq!(
            (anna.restricted_for.0, anna.restricted_at.is_some()),
            (Some(RestrictionReason::Claims), true)
        );
        assert_eq!(
            (anna.job_title.as_str(), used.used_at.is_some()),
            ("", true),
            "what a backup sets back stays so"
        );
        assert!(carry(&today, &backup, entries, origin()).unwrap().carried.is_empty(), "once");
    }
}
