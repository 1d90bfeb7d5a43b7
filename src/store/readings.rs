//! The read log: who looked at whom, in rows of their own beside the records.
//!
//! A row lies under the person it is about and is sealed under that person's key, so that forgetting the person takes
//! it along. Its id is a UUIDv7 of the moment, so that old rows are found, counted and swept by their keys alone, even
//! when the key that opens them is gone. What only reads them goes through the table in slices, so that others get
//! their turn on the storage thread.

use std::ops::ControlFlow;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::StoreError;
use super::codec::{self, Reading};
use super::envelope::{self, Place};
use super::keyring::Slot;
use super::reader::Reader;
use super::table;
use super::txn::WriteTxn;
use crate::domain::id::SubjectId;
use crate::domain::time::Timestamp;

/// Rows that one visit of the storage thread goes through.
const SLICE: usize = 4_096;

/// A reading with where it lies.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredReading {
    pub subject: SubjectId,
    pub id: Uuid,
    pub reading: Reading,
}

/// Some of the readings, and where to go on.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Slice {
    pub rows: Vec<StoredReading>,
    /// Rows that do not open: damaged, or of a person whose key was destroyed.
    pub unreadable: u64,
    /// The key to go on from; none at the end.
    pub next: Option<Vec<u8>>,
}

/// What a slice of a sweep did, or would do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    pub old: u64,
    pub kept: u64,
    pub next: Option<Vec<u8>>,
}

/// The moment in a UUIDv7: its first 48 bits, in milliseconds.
fn moment(id: &[u8; 16]) -> Timestamp {
    let mut millis = [0; 8];
    millis[2..].copy_from_slice(&id[..6]);
    Timestamp::from_millis(i64::from_be_bytes(millis))
}

/// The parts of a reading's key; none for a key that is none.
fn split(key: &[u8]) -> Option<(SubjectId, [u8; 16])> {
    let subject = SubjectId::from_bytes(key.get(1..17)?.try_into().ok()?);
    let id = key.get(17..33)?.try_into().ok()?;
    (key.len() == 33).then_some((subject, id))
}

impl Reader<'_> {
    /// Readings of one person or of everybody, between two moments, the first inclusive; from a key that a slice before
    /// ended with.
    pub fn readings(
        &self,
        of: Option<SubjectId>,
        from: Option<&[u8]>,
        between: (Timestamp, Timestamp),
    ) -> Result<Slice, StoreError> {
        let mut slice = Slice::default();
        let mut found: Vec<(SubjectId, [u8; 16], Vec<u8>)> = Vec::new();
        slice.next = self.some_readings(of, from, |subject, id, value| {
            let at = moment(&id);
            if between.0 <= at && at < between.1 {
                found.push((subject, id, value.to_vec()));
            }
        })?;
        for (subject, id, value) in found {
            let opened = self.open_place(table::READINGS, subject, id, 0, &value);
            let reading = opened.and_then(|opened| codec::decode(opened.schema, &opened.plain, "a reading"));
            match reading {
                Ok(reading) => {
                    slice.rows.push(StoredReading { subject, id: Uuid::from_bytes(id), reading });
                }
                Err(StoreError::Newer(schema)) => return Err(StoreError::Newer(schema)),
                Err(_) => slice.unreadable += 1,
            }
        }
        Ok(slice)
    }

    /// How many readings are from before a moment, and how many are not.
    pub fn count_readings(&self, before: Timestamp, from: Option<&[u8]>) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        swept.next = self.some_readings(None, from, |_, id, _| {
            *(if moment(&id) < before { &mut swept.old } else { &mut swept.kept }) += 1;
        })?;
        Ok(swept)
    }

    /// Which keys seal the readings about a subject.
    #[cfg(test)]
    pub(crate) fn reading_slots(&self, subject: SubjectId) -> Result<Vec<Slot>, StoreError> {
        let mut slots = Vec::new();
        self.each_row(&table::subject_prefix(table::READINGS, subject), |_, value| {
            slots.push(envelope::peek(value)?.slot);
            Ok(())
        })?;
        Ok(slots)
    }

    /// Visits some rows of the table; the key to go on from.
    fn some_readings(
        &self,
        of: Option<SubjectId>,
        from: Option<&[u8]>,
        mut visit: impl FnMut(SubjectId, [u8; 16], &[u8]),
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let prefix = match of {
            Some(subject) => table::subject_prefix(table::READINGS, subject),
            None => vec![table::READINGS],
        };
        let mut count = 0;
        let mut next = None;
        self.scan(&prefix, from.unwrap_or(&prefix), &mut |key, value| {
            if count == SLICE {
                next = Some(key.to_vec());
                return ControlFlow::Break(());
            }
            count += 1;
            if let Some((subject, id)) = split(key) {
                visit(subject, id, value);
            }
            ControlFlow::Continue(())
        })?;
        Ok(next)
    }
}

impl WriteTxn<'_> {
    /// Stages a reading about a person; `false` when there is no such person any more. It is no change of a record, and
    /// leaves no history.
    pub fn log_reading(&mut self, subject: SubjectId, reading: &Reading) -> Result<bool, StoreError> {
        let Some(slot) = self.read().slot_of(subject)? else { return Ok(false) };
        let millis = u64::try_from(reading.at.millis()).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &self.state.env.random()).into_uuid();
        let sealed = self.seal_reading(subject, id, slot, reading)?;
        self.own.insert(table::record_prefix(table::READINGS, subject, id.as_bytes()), Some(sealed));
        Ok(true)
    }

    fn seal_reading(
        &self,
        subject: SubjectId,
        id: Uuid,
        slot: Slot,
        reading: &Reading,
    ) -> Result<Vec<u8>, StoreError> {
        let plain = zeroize::Zeroizing::new(codec::encode(reading)?);
        let place = Place { table: table::READINGS, subject, id: *id.as_bytes(), chunk: 0 };
        let key = self.state.keyring.subject_key(slot)?;
        let salt = self.state.env.random();
        Ok(envelope::seal(key, &place, self.state.store, codec::SCHEMA, slot, salt, &plain)?)
    }

    /// The keyed hash that stands for a number or an address nobody here has: it tells two searches for the same apart
    /// from two for different ones, and nothing else without the store's key.
    pub fn hash_searched(&self, what: &str) -> Result<[u8; 32], StoreError> {
        let key = self.state.keyring.derive("searches that found nobody");
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&key[..]).map_err(|_| StoreError::Encoding("a search"))?;
        mac.update(what.as_bytes());
        Ok(mac.finalize().into_bytes().into())
    }

    /// Takes some readings from before a moment out of the log; goes on where a slice before ended.
    pub fn sweep_readings(&mut self, before: Timestamp, from: Option<&[u8]>) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        let mut old = Vec::new();
        swept.next = self.read().some_readings(None, from, |subject, id, _| {
            if moment(&id) < before {
                swept.old += 1;
                old.push(table::record_prefix(table::READINGS, subject, &id));
            } else {
                swept.kept += 1;
            }
        })?;
        self.own.extend(old.into_iter().map(|key| (key, None)));
        Ok(swept)
    }
}
