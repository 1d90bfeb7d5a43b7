//! The log of denials: who was refused what, in rows of the store's own beside the records.
//!
//! A row stands for all denials of one kind to one user within a short time, and is written anew under the same key when
//! there were more of them. It holds ids and names of requests, and no value of anybody's.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::StoreError;
use super::codec::{self, Denial};
use super::envelope::{self, Place};
use super::keyring::Slot;
use super::moments::{Dated, moment};
use super::reader::Reader;
use super::table;
use super::txn::WriteTxn;
use crate::domain::id::SubjectId;
use crate::domain::time::Timestamp;

/// Some of the denials, and where to go on.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Slice {
    pub rows: Vec<(Uuid, Denial)>,
    /// Rows that do not open: damaged.
    pub unreadable: u64,
    /// The key to go on from; none at the end.
    pub next: Option<Vec<u8>>,
}

impl Reader<'_> {
    /// Denials that began between two moments, the first inclusive; from a key that a slice before ended with.
    pub fn denials(&self, from: Option<&[u8]>, between: (Timestamp, Timestamp)) -> Result<Slice, StoreError> {
        let mut slice = Slice::default();
        let mut found: Vec<(SubjectId, [u8; 16], Vec<u8>)> = Vec::new();
        slice.next = self.some_dated(Dated::Denials, None, from, |subject, id, value| {
            let at = moment(&id);
            if between.0 <= at && at < between.1 {
                found.push((subject, id, value.to_vec()));
            }
        })?;
        for (subject, id, value) in found {
            let opened = self.open_place(table::DENIALS, subject, id, 0, &value);
            match opened.and_then(|opened| codec::decode(opened.schema, &opened.plain, "a denial")) {
                Ok(denial) => slice.rows.push((Uuid::from_bytes(id), denial)),
                Err(StoreError::Newer(schema)) => return Err(StoreError::Newer(schema)),
                Err(_) => slice.unreadable += 1,
            }
        }
        Ok(slice)
    }
}

impl WriteTxn<'_> {
    /// Stages a row of the log, in place of an earlier state of it.
    pub fn log_denial(&mut self, id: Uuid, denial: &Denial) -> Result<(), StoreError> {
        let plain = Zeroizing::new(codec::encode(denial)?);
        self.put_own(table::DENIALS, *id.as_bytes(), &plain)
    }

    /// Stages a row under the store's own key.
    pub(super) fn put_own(&mut self, table: u8, id: [u8; 16], plain: &[u8]) -> Result<(), StoreError> {
        let place = Place { table, subject: SubjectId::NOBODY, id, chunk: 0 };
        let (salt, key) = (self.state.env.random(), self.state.keyring.store_key()?);
        let sealed = envelope::seal(key, &place, self.state.store, codec::SCHEMA, Slot::STORE, salt, plain)?;
        self.own.insert(table::log_key(table, &id), Some(sealed));
        Ok(())
    }
}
