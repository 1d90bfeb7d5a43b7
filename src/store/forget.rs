//! Forgetting people: their keys, then their rows.
//!
//! ```text
//! transaction ─ forget: an entry of the log for each, a row of table 29 ─ commit ─► keys destroyed, one epoch for all ─► answer
//! transaction ─ drop_forgotten: some of their rows, and so on; with the last ones the row of table 29 says that it is done
//! ```
//! The transaction that forgets may stage what remains: it lands together with the intent. From the destruction of the keys
//! on nobody reads the rows any more, which are noise; they are deleted in slices, between the work of others.
//!
//! *A crash* at any point is completed by the next start, before anything is read ([`Engine::complete_forgetting`]). Whether
//! the keys were destroyed is told by the ring's epoch, which is one step higher then; so a slot that has become another
//! person's meanwhile is never destroyed again.
//!
//! *The log* keeps the headers of what is gone. An entry with the action `erase` that follows on a person's own record says
//! that the person was forgotten; this, not table 29, is what [`verify`](super::verify) believes.

use std::collections::HashSet;
use std::ops::ControlFlow;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::StoreError;
use super::codec::{self, Body, Forgetting, Header};
use super::engine::Engine;
use super::envelope::{self, Place};
use super::keyring::{KeyError, Slot};
use super::reader::Reader;
use super::table;
use super::txn::{Origin, WriteTxn};
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::{SessionId, SubjectId, UserId};

/// Persons that one transaction forgets, at most.
pub const MOST_PEOPLE: usize = 10_000;
/// Rows that one slice deletes, at most.
const SLICE_ROWS: usize = 2_048;
/// Persons that one slice goes through, at most.
const SLICE_PEOPLE: usize = 64;

/// What a slice of [`WriteTxn::drop_forgotten`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dropped {
    pub rows: u64,
    /// Where to go on; nothing is left when there is none.
    pub next: Option<usize>,
}

impl Header {
    /// Whether the entry says that its person was forgotten.
    pub fn is_erasure(&self) -> bool {
        self.action == Action::Erase && self.record == self.subject.0 && self.revision > 1
    }
}

impl Reader<'_> {
    /// How often people were forgotten: the epoch of the keys.
    pub fn epoch(&self) -> u64 {
        self.keyring().epoch()
    }

    /// Who was forgotten, and who is about to be, by the id that was given to it.
    pub fn forgettings(&self) -> Result<Vec<(Uuid, Forgetting)>, StoreError> {
        let mut found = Vec::new();
        let prefix = table::subject_prefix(table::FORGOTTEN, SubjectId::NOBODY);
        self.each_row(&prefix, |key, value| {
            if let Some((_, id, 0)) = table::split_record_key(key) {
                found.push((Uuid::from_bytes(id), self.read_forgetting(id, value)?));
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn forgetting(&self, id: Uuid) -> Result<Forgetting, StoreError> {
        let row = self.get(&key(id.as_bytes(), 0))?;
        self.read_forgetting(*id.as_bytes(), &row.ok_or(StoreError::Encoding("a forgetting"))?)
    }

    fn read_forgetting(&self, id: [u8; 16], row: &[u8]) -> Result<Forgetting, StoreError> {
        let place = Place { table: table::FORGOTTEN, subject: SubjectId::NOBODY, id, chunk: 0 };
        let whole = self.assemble(place, row, |chunk| key(&id, chunk))?;
        codec::decode(whole.schema(), whole.content(), "a forgetting")
    }

    /// Everybody who was forgotten, or is about to be.
    pub fn forgotten(&self) -> Result<HashSet<SubjectId>, StoreError> {
        let forgettings = self.forgettings()?.into_iter();
        Ok(forgettings.flat_map(|(_, one)| one.people).map(|(subject, _)| subject).collect())
    }

    /// How many drafts, readings and entries of history there are about a person.
    pub fn rows_about(&self, subject: SubjectId) -> Result<(u64, u64, u64), StoreError> {
        let count = |table| {
            let mut count = 0;
            let prefix = table::subject_prefix(table, subject);
            self.scan(&prefix, &prefix, &mut |key, _| {
                // Readings are one row each; of the others the first piece counts.
                count += u64::from(table == table::READINGS || key.ends_with(&[0, 0]));
                ControlFlow::Continue(())
            })?;
            Ok::<_, StoreError>(count)
        };
        Ok((count(table::DRAFTS)?, count(table::READINGS)?, count(table::BODIES)?))
    }

    /// The record that is the person, with its revision.
    fn own_record(&self, subject: SubjectId) -> Result<Option<(RecordKind, u64)>, StoreError> {
        for kind in RecordKind::ALL {
            let key = table::record_key(table::of(*kind), subject, subject.bytes(), 0);
            if self.get(&key)?.is_some() {
                let stored = self.record(*kind, subject, subject.0)?;
                return Ok(stored.map(|stored| (*kind, stored.record.revision)));
            }
        }
        Ok(None)
    }

    /// Which slots the rows of records name.
    fn slots(&self) -> Result<HashSet<Slot>, StoreError> {
        let mut slots = HashSet::new();
        let mut unreadable = None;
        for kind in RecordKind::ALL {
            let prefix = [table::of(*kind)];
            self.scan_all(&prefix, &prefix, &mut |_, value| match envelope::peek(value) {
                Ok(peek) => {
                    slots.insert(peek.slot);
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    unreadable = Some(error);
                    ControlFlow::Break(())
                }
            })?;
        }
        unreadable.map_or(Ok(slots), |error| Err(error.into()))
    }
}

fn key(id: &[u8; 16], chunk: u16) -> Vec<u8> {
    table::record_key(table::FORGOTTEN, SubjectId::NOBODY, id, chunk)
}

impl WriteTxn<'_> {
    /// Forgets people: when this transaction is on the disk their keys are destroyed, before it is answered, and nobody
    /// reads their rows any more. Those are then deleted by [`drop_forgotten`](WriteTxn::drop_forgotten) under the same id.
    ///
    /// The transaction's action must be [`Action::Erase`], and it must not change the people's own records. What is staged
    /// under their keys is lost with them.
    pub fn forget(&mut self, id: Uuid, people: &[SubjectId]) -> Result<(), StoreError> {
        debug_assert!(self.origin.action == Action::Erase, "the log must say what it was");
        if people.is_empty() || people.len() > MOST_PEOPLE || !self.forget.is_empty() {
            return Err(StoreError::TooLarge);
        }
        let mut named = Vec::with_capacity(people.len());
        let mut seen = HashSet::new();
        for subject in people.iter().copied().filter(|subject| seen.insert(*subject)) {
            let slot = self.read().slot_of(subject)?.filter(|slot| *slot != Slot::STORE);
            let slot = slot.ok_or(StoreError::Keys(KeyError::StoreKey))?;
            let own = self.read().own_record(subject)?;
            let (kind, revision) =
                own.ok_or_else(|| StoreError::Damaged("nothing is stored of a person".to_owned()))?;
            let seq = self.first_seq + self.headers.len() as u64;
            // Of nothing, under bytes that are kept nowhere.
            let cm = Body { r: self.state.env.random(), changes: Vec::new() }.commitment()?;
            let Origin { at, actor, session, action } = self.origin;
            self.headers.push(Header {
                seq,
                at,
                actor,
                session,
                action,
                transaction: self.first_seq,
                kind,
                subject,
                record: subject.0,
                revision: revision + 1,
                cm,
            });
            named.push((subject, slot));
        }
        let people = named.iter().map(|(subject, slot)| (*subject, slot.0)).collect();
        let epoch = self.state.keyring.epoch();
        self.put_forgetting(id, &Forgetting { at: self.origin.at, epoch, done: false, people })?;
        self.forget = named;
        Ok(())
    }

    pub(super) fn put_forgetting(&mut self, id: Uuid, forgetting: &Forgetting) -> Result<(), StoreError> {
        let plain = Zeroizing::new(codec::encode(forgetting)?);
        for (chunk, sealed) in
            self.seal_pieces(table::FORGOTTEN, SubjectId::NOBODY, id, Slot::STORE, &plain)?
        {
            self.own.insert(key(id.as_bytes(), chunk), Some(sealed));
        }
        Ok(())
    }

    /// Deletes some rows of people whose keys were destroyed under this id, from the person at `from` on.
    pub fn drop_forgotten(&mut self, id: Uuid, from: usize) -> Result<Dropped, StoreError> {
        let mut forgetting = self.read().forgetting(id)?;
        let mut dropped = Dropped::default();
        if forgetting.done || self.state.keyring.epoch() <= forgetting.epoch {
            return Ok(dropped);
        }
        let people = forgetting.people.iter().enumerate().skip(from);
        for (at, (subject, _)) in people {
            let left = SLICE_ROWS.saturating_sub(dropped.rows as usize);
            let (rows, all) = self.drop_rows_of(*subject, left)?;
            dropped.rows += rows;
            if !all || at - from >= SLICE_PEOPLE {
                dropped.next = Some(at);
                return Ok(dropped);
            }
        }
        forgetting.done = true;
        self.buried = forgetting.people.iter().map(|(subject, _)| *subject).collect();
        self.put_forgetting(id, &forgetting)?;
        Ok(dropped)
    }

    /// Deletes at most so many rows about a person; how many there were, and whether these were all.
    fn drop_rows_of(&mut self, subject: SubjectId, most: usize) -> Result<(u64, bool), StoreError> {
        let mut count = 0;
        for table in table::of_people() {
            let is_record = table::kind(table).is_some();
            let prefix = table::subject_prefix(table, subject);
            let mut keys: Vec<Vec<u8>> = Vec::new();
            let mut more = false;
            self.read().scan_all(&prefix, &prefix, &mut |key, _| {
                more = count + keys.len() == most;
                if more {
                    return ControlFlow::Break(());
                }
                keys.push(key.to_vec());
                ControlFlow::Continue(())
            })?;
            count += keys.len();
            for key in keys {
                if !is_record {
                    self.own.insert(key, None);
                    continue;
                }
                if table::split_record_key(&key).is_some_and(|(_, _, chunk)| chunk == 0) {
                    self.records = self.records.saturating_sub(1);
                }
                self.replace(key, None, false)?;
            }
            if more {
                return Ok((count as u64, false));
            }
        }
        Ok((count as u64, true))
    }
}

impl Engine {
    /// Destroys the keys of people whose forgetting is on the disk.
    pub(super) fn destroy_keys(&mut self, people: &[(SubjectId, Slot)]) -> Result<(), StoreError> {
        if people.is_empty() {
            return Ok(());
        }
        let slots: Vec<Slot> = people.iter().map(|(_, slot)| *slot).collect();
        self.state.keyring.forget(&slots)?;
        self.state.dying.extend(people.iter().map(|(subject, _)| *subject));
        Ok(())
    }

    /// Completes what was interrupted, before anything else is done with the store.
    pub(super) fn complete_forgetting(&mut self) -> Result<(), StoreError> {
        let nothing = super::txn::Overlay::new();
        let reader = Reader::new(&self.state, &nothing, &nothing, &self.state.frontier);
        let mut begun = reader.forgettings()?;
        begun.retain(|(_, one)| !one.done);
        if begun.is_empty() {
            return Ok(());
        }
        // The ring takes every slot for free that it was not told of, and renews the keys of free ones.
        let slots = reader.slots()?;
        self.state.keyring.set_used(slots)?;
        begun.sort_by_key(|(_, one)| one.epoch);
        for (id, forgetting) in begun {
            let people: Vec<(SubjectId, Slot)> =
                forgetting.people.iter().map(|(subject, slot)| (*subject, Slot(*slot))).collect();
            if self.state.keyring.epoch() <= forgetting.epoch {
                self.destroy_keys(&people)?;
            }
            self.state.dying.extend(people.iter().map(|(subject, _)| *subject));
            let origin = Origin {
                at: forgetting.at,
                actor: UserId(Uuid::nil()),
                session: SessionId(Uuid::nil()),
                action: Action::Erase,
            };
            let mut from = Some(0);
            while let Some(at) = from {
                from = self.run_alone(origin, move |txn| txn.drop_forgotten(id, at))?.next;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
