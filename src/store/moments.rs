//! Rows whose id is a UUIDv7 of a moment: found, counted and swept by their keys alone, in slices.
//!
//! What only reads them goes through the table in slices, so that others get their turn on the storage thread.

use std::ops::ControlFlow;

use uuid::Uuid;

use super::StoreError;
use super::reader::Reader;
use super::table;
use super::txn::WriteTxn;
use crate::domain::id::SubjectId;
use crate::domain::time::Timestamp;

/// Rows that one visit of the storage thread goes through.
const SLICE: usize = 4_096;

/// What a slice of a sweep did, or would do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    pub old: u64,
    pub kept: u64,
    pub next: Option<Vec<u8>>,
}

/// The tables of such rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dated {
    Readings,
    Denials,
}

impl Dated {
    pub(super) const fn table(self) -> u8 {
        match self {
            Dated::Readings => table::READINGS,
            Dated::Denials => table::DENIALS,
        }
    }
}

/// The moment in a UUIDv7: its first 48 bits, in milliseconds.
pub(super) fn moment(id: &[u8; 16]) -> Timestamp {
    let mut millis = [0; 8];
    millis[2..].copy_from_slice(&id[..6]);
    Timestamp::from_millis(i64::from_be_bytes(millis))
}

/// The parts of such a row's key; none for a key that is none.
fn split(key: &[u8]) -> Option<(SubjectId, [u8; 16])> {
    let subject = SubjectId::from_bytes(key.get(1..17)?.try_into().ok()?);
    let id = key.get(17..33)?.try_into().ok()?;
    (key.len() == 33).then_some((subject, id))
}

/// An id for a row of a moment.
pub fn id_of(at: Timestamp, random: &[u8; 10]) -> Uuid {
    let millis = u64::try_from(at.millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}

impl Reader<'_> {
    /// How many rows are from before a moment, and how many are not.
    pub fn count_dated(
        &self,
        which: Dated,
        before: Timestamp,
        from: Option<&[u8]>,
    ) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        swept.next = self.some_dated(which, None, from, |_, id, _| {
            *(if moment(&id) < before { &mut swept.old } else { &mut swept.kept }) += 1;
        })?;
        Ok(swept)
    }

    /// Visits some rows of the table, of one subject or of all; the key to go on from.
    pub(super) fn some_dated(
        &self,
        which: Dated,
        of: Option<SubjectId>,
        from: Option<&[u8]>,
        mut visit: impl FnMut(SubjectId, [u8; 16], &[u8]),
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let prefix = match of {
            Some(subject) => table::subject_prefix(which.table(), subject),
            None => vec![which.table()],
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
    /// Takes some rows from before a moment out of the table; goes on where a slice before ended.
    pub fn sweep_dated(
        &mut self,
        which: Dated,
        before: Timestamp,
        from: Option<&[u8]>,
    ) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        let mut old = Vec::new();
        swept.next = self.read().some_dated(which, None, from, |subject, id, _| {
            if moment(&id) < before {
                swept.old += 1;
                old.push(table::record_prefix(which.table(), subject, &id));
            } else {
                swept.kept += 1;
            }
        })?;
        self.own.extend(old.into_iter().map(|key| (key, None)));
        Ok(swept)
    }
}
