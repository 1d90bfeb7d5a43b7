//! What must not be lost when a store is set back to a backup: records made since that protect persons, or prove it.

use std::collections::BTreeMap;

use crate::domain::consent::ConsentEvent;
use crate::domain::entity::{Lies, RecordKind};
use crate::store::keyring::Slot;
use crate::store::{Origin, Store, StoreError, Stored};

/// Records in one transaction.
const SLICE: usize = 256;

/// What is carried over: whom nobody may use any more, what was erased and how that is proven, what lies elsewhere, what
/// persons asked for, what happened. Calls, notes and edits since are not: to set them back is what a backup is for.
const KINDS: &[RecordKind] = &[
    RecordKind::Suppression,
    RecordKind::Consent,
    RecordKind::Certificate,
    RecordKind::KeptProof,
    RecordKind::Mention,
    RecordKind::Request,
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
    Ok(carried)
}

/// Of what persons said, every no; a yes that is lost with the rest is asked for again.
fn is_wanted(stored: &Stored) -> Result<bool, StoreError> {
    if stored.kind != RecordKind::Consent {
        return Ok(true);
    }
    Ok(stored.entity::<ConsentEvent>()?.kind.0.is_some_and(|kind| kind.is_no()))
}
