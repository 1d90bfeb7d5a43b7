//! The read log: who looked at whom, in rows of their own beside the records.
//!
//! A row lies under the person it is about and is sealed under that person's key, so that forgetting the person takes
//! it along. Its id is a UUIDv7 of the moment, so that old rows are found, counted and swept by their keys alone, even
//! when the key that opens them is gone ([`moments`]).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::StoreError;
use super::codec::{self, Reading};
use super::envelope::{self, Place};
use super::keyring::Slot;
use super::moments::{self, Dated, moment};
use super::reader::Reader;
use super::table;
use super::txn::WriteTxn;
use crate::domain::id::SubjectId;
use crate::domain::time::Timestamp;

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
        slice.next = self.some_dated(Dated::Readings, of, from, |subject, id, value| {
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
}

impl WriteTxn<'_> {
    /// Stages a reading about a person; `false` when there is no such person any more. It is no change of a record, and
    /// leaves no history.
    pub fn log_reading(&mut self, subject: SubjectId, reading: &Reading) -> Result<bool, StoreError> {
        let Some(slot) = self.read().slot_of(subject)? else { return Ok(false) };
        let id = moments::id_of(reading.at, &self.state.env.random());
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
}
