//! Reading all records at once, as unlocking does: on as many threads as there are processors.
//!
//! ```text
//! storage thread: rows ─ slices ─► workers: hash, open, decode, prepare ─ in the order of the slices ─► one that takes in
//! ```
//!
//! A slice goes to the workers in turn, and what becomes of it is asked of them in the same turn, so that the order of
//! rows is kept without anybody waiting for it. All channels are short: what is under way at once is a few slices.

use std::ops::{ControlFlow, Range};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use serde::Deserialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::StoreError;
use super::codec::{self, Record};
use super::envelope::{self, Place};
use super::keyring::Keyring;
use super::reader::{Reader, Stored};
use super::table;
use super::txn::{Digest, HEAD, RowHash};
use crate::domain::entity::RecordKind;
use crate::domain::id::{StoreId, SubjectId};

/// Bytes of rows after which a slice ends, at the next record.
const SLICE: usize = 96 << 10;
/// Slices that wait before each worker, and behind it.
const WAITING: usize = 2;
/// More workers than this would wait for the one thread that scans.
const MOST_WORKERS: usize = 4;

/// A record whose row is open: not yet decoded, lying where the row lay.
pub struct Raw<'a> {
    pub kind: RecordKind,
    pub subject: SubjectId,
    pub id: Uuid,
    pub slot: u32,
    schema: u8,
    content: &'a [u8],
}

impl<'a> Raw<'a> {
    /// The record, with its fields read as `F`.
    pub fn record<F: Deserialize<'a>>(&self) -> Result<Record<F>, StoreError> {
        codec::decode(self.schema, self.content, "a record")
    }

    pub fn stored(&self) -> Result<Stored, StoreError> {
        let Raw { kind, subject, id, slot, .. } = *self;
        Ok(Stored { kind, subject, id, slot, record: self.record()? })
    }
}

/// Rows of one kind, whole records only.
struct Slice {
    kind: RecordKind,
    /// Keys and sealed values, one after the other; values are opened in place.
    bytes: Zeroizing<Vec<u8>>,
    /// The end of each key, and of the value behind it.
    ends: Vec<(usize, usize)>,
}

impl Slice {
    /// In a used buffer, if there is one. Its bytes are overwritten or, at last, wiped; wiping each time would take
    /// as long as opening.
    fn new(kind: RecordKind, buffer: Option<Zeroizing<Vec<u8>>>) -> Slice {
        let mut bytes = buffer.unwrap_or_else(|| Zeroizing::new(Vec::with_capacity(SLICE + SLICE / 2)));
        bytes.clear();
        Slice { kind, bytes, ends: Vec::new() }
    }

    fn push(&mut self, key: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(key);
        let end = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.ends.push((end, self.bytes.len()));
    }
}

impl Reader<'_> {
    /// Reads every record of these kinds, in this order of kinds, and tells whether the live rows are those that were
    /// written: sled may lose rows to a damaged file without a word.
    ///
    /// `prepare` is called on several threads, and adds each record to what becomes of its slice; `take` gets these one
    /// after the other, in the order of the rows.
    pub fn load<P: Default + Send>(
        &self,
        kinds: &[RecordKind],
        prepare: impl Fn(&mut P, &Raw<'_>) -> Result<(), StoreError> + Sync,
        mut take: impl FnMut(P) -> Result<(), StoreError> + Send,
    ) -> Result<bool, StoreError> {
        let gone = || StoreError::Closed("a thread that reads ended early".to_owned());
        let opener = Opener {
            keyring: self.keyring(),
            store: self.store_id(),
            hash: RowHash::new(self.digest_key()).ok_or(StoreError::Encoding("the key of the digest"))?,
        };
        let workers = std::thread::available_parallelism().map_or(1, |n| n.get().min(MOST_WORKERS));
        let (opener, prepare) = (&opener, &prepare);
        std::thread::scope(|scope| {
            let mut lanes = Vec::new();
            let mut results: Vec<Receiver<Result<(P, Digest), StoreError>>> = Vec::new();
            let mut working = Vec::new();
            let (used, buffers) = channel();
            for _ in 0..workers {
                let (lane, slices) = sync_channel::<Slice>(WAITING);
                let (done, result) = sync_channel(WAITING);
                lanes.push(lane);
                results.push(result);
                let used = used.clone();
                working.push(spawn(scope, "store-open", move || {
                    for mut slice in slices {
                        // When nobody takes it, the one who does has an error, and that is told.
                        if done.send(opener.prepare(&mut slice, prepare)).is_err() {
                            break;
                        }
                        // The scan may have come to its end.
                        let _ = used.send(slice.bytes);
                    }
                })?);
            }
            let taking = spawn(scope, "store-take", move || {
                let mut sum = Digest::default();
                // The worker whose turn it is has ended when all slices are through.
                for result in results.iter().cycle().map_while(|result| result.recv().ok()) {
                    let (prepared, digest) = result?;
                    sum.add(&digest.0);
                    take(prepared)?;
                }
                Ok::<_, StoreError>(sum)
            })?;
            let scanned = self.scan_slices(kinds, &lanes, &buffers);
            drop(lanes);
            // What another thread stumbled over is the cause, where several have an error.
            let taken = taking.join().map_err(|_| gone())?;
            for worker in working {
                worker.join().map_err(|_| gone())?;
            }
            let sum = taken?;
            if !scanned? {
                return Err(gone());
            }
            Ok(self.is_digest(&sum))
        })
    }

    /// Sends all rows of these kinds to the workers in turn; `false` when one of them is gone.
    fn scan_slices(
        &self,
        kinds: &[RecordKind],
        lanes: &[SyncSender<Slice>],
        buffers: &Receiver<Zeroizing<Vec<u8>>>,
    ) -> Result<bool, StoreError> {
        let mut turns = lanes.iter().cycle();
        let mut send = |slice: Slice| turns.next().is_some_and(|lane| lane.send(slice).is_ok());
        for &kind in kinds {
            let prefix = [table::of(kind)];
            let mut slice = Slice::new(kind, buffers.try_recv().ok());
            let mut gone = false;
            self.scan(&prefix, &prefix, &mut |key, value| {
                // The pieces of a long record stay together.
                let whole = table::split_record_key(key).is_none_or(|(_, _, chunk)| chunk == 0);
                if whole && slice.bytes.len() >= SLICE {
                    let next = Slice::new(kind, buffers.try_recv().ok());
                    gone = !send(std::mem::replace(&mut slice, next));
                }
                slice.push(key, value);
                if gone { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            if gone || !slice.ends.is_empty() && !send(slice) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What a worker needs to open rows.
struct Opener<'a> {
    keyring: &'a Keyring,
    store: StoreId,
    hash: RowHash,
}

impl Opener<'_> {
    fn prepare<P: Default>(
        &self,
        slice: &mut Slice,
        prepare: impl Fn(&mut P, &Raw<'_>) -> Result<(), StoreError>,
    ) -> Result<(P, Digest), StoreError> {
        let mut prepared = P::default();
        let mut digest = Digest::default();
        let Slice { kind, bytes, ends } = slice;
        let mut rows = Rows { bytes, ends: ends.iter(), at: 0 };
        let mut long = Zeroizing::new(Vec::new());
        let mut next = rows.next();
        while let Some((key, value)) = next {
            digest.add(&self.hash.of(rows.get(&key), rows.get(&value)));
            let place = table::split_record_key(rows.get(&key));
            next = rows.next();
            let Some((subject, id, 0)) = place else { continue };
            let (peek, first) = self.open(*kind, subject, id, 0, &mut rows, &value)?;
            let pieces = rows.get(&first).first_chunk::<HEAD>().map(|count| u16::from_be_bytes(*count));
            let pieces = pieces.ok_or(StoreError::Encoding("the first piece of a record"))?;
            let first = first.start + HEAD..first.end;
            let content = if pieces <= 1 {
                rows.get(&first)
            } else {
                long.clear();
                append(&mut long, rows.get(&first));
                for chunk in 1..pieces {
                    let missing = || StoreError::Damaged("a piece of a long record is missing".to_owned());
                    let (key, value) = next.ok_or_else(missing)?;
                    if table::split_record_key(rows.get(&key)) != Some((subject, id, chunk)) {
                        return Err(missing());
                    }
                    digest.add(&self.hash.of(rows.get(&key), rows.get(&value)));
                    next = rows.next();
                    let (_, piece) = self.open(*kind, subject, id, chunk, &mut rows, &value)?;
                    let piece = rows.get(&piece).get(HEAD..);
                    append(&mut long, piece.ok_or(StoreError::Encoding("a piece of a record"))?);
                }
                &long
            };
            let (id, schema, slot) = (Uuid::from_bytes(id), peek.schema, peek.slot.0);
            prepare(&mut prepared, &Raw { kind: *kind, subject, id, slot, schema, content })?;
        }
        Ok((prepared, digest))
    }

    /// Opens a row in place; where its plaintext lies.
    fn open(
        &self,
        kind: RecordKind,
        subject: SubjectId,
        id: [u8; 16],
        chunk: u16,
        rows: &mut Rows<'_>,
        value: &Range<usize>,
    ) -> Result<(envelope::Peek, Range<usize>), StoreError> {
        let place = Place { table: table::of(kind), subject, id, chunk };
        let sealed = rows.bytes.get_mut(value.clone()).unwrap_or_default();
        let key = |slot| self.keyring.subject_key(slot).ok();
        let (peek, plain) = envelope::open_in_place(&place, self.store, key, sealed)?;
        Ok((peek, value.start + plain.start..value.start + plain.end))
    }
}

/// The rows of a slice.
struct Rows<'s> {
    bytes: &'s mut Vec<u8>,
    ends: std::slice::Iter<'s, (usize, usize)>,
    at: usize,
}

impl Rows<'_> {
    /// Where the next key lies, and its value.
    fn next(&mut self) -> Option<(Range<usize>, Range<usize>)> {
        let (key, value) = *self.ends.next()?;
        let start = std::mem::replace(&mut self.at, value);
        Some((start..key, key..value))
    }

    fn get(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

fn spawn<'s, R: Send + 's>(
    scope: &'s Scope<'s, '_>,
    name: &str,
    run: impl FnOnce() -> R + Send + 's,
) -> Result<ScopedJoinHandle<'s, R>, StoreError> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn_scoped(scope, run).map_err(|error| StoreError::Closed(error.to_string()))
}

/// Grown by hand, because a vector that moves leaves its old bytes behind.
pub(super) fn append(plain: &mut Zeroizing<Vec<u8>>, content: &[u8]) {
    if plain.capacity() - plain.len() < content.len() {
        let mut larger = Zeroizing::new(Vec::with_capacity(plain.capacity() * 2 + content.len()));
        larger.extend_from_slice(plain);
        *plain = larger;
    }
    plain.extend_from_slice(content);
}

#[cfg(test)]
mod tests;
