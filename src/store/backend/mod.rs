//! Ordered pairs of bytes on a disk: the narrow door behind which one storage engine can stand in for another.
//!
//! The contract is on [`Backend`], and `contract.rs` runs it as one suite against every implementation.

#[cfg(test)]
pub(in crate::store) mod contract;
#[doc(hidden)]
pub mod fault;
pub mod journal;
mod memory;
mod quiet;
mod sled;

use std::ops::Bound::{self, Excluded, Included, Unbounded};
use std::ops::ControlFlow;

use super::files::FileError;

pub use self::journal::{JournalFile, Journaled};
pub use self::memory::{MemoryBackend, MemoryDisk};
pub use self::sled::{SledBackend, SledMode, SledOptions};

/// Longest value in bytes. sled moves larger pages to files it never syncs, so the layer above cuts values up.
pub const MAX_VALUE: usize = 4096;

/// Longest key in bytes; the layer above uses 33 to 40.
pub const MAX_KEY: usize = 255;

/// Why a backend did not do what it was asked.
///
/// After [`Corrupt`](BackendError::Corrupt), [`SyncFailed`](BackendError::SyncFailed) or
/// [`Io`](BackendError::Io) the backend is poisoned: every later call answers
/// [`Poisoned`](BackendError::Poisoned), because nothing it says about the disk could be trusted.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    #[error("the database is damaged ({0}); restore it from a backup, or run `callbook doctor`")]
    Corrupt(String),
    #[error(
        "the disk did not confirm a write ({0}); what was not acknowledged may be lost. Check the disk, then start again"
    )]
    SyncFailed(String),
    #[error(
        "the database could not be read or written ({0}); check the disk and its free space, then start again"
    )]
    Io(String),
    #[error("the database was closed after an earlier failure ({0}); start again")]
    Poisoned(String),
    #[error(
        "a value of {len} bytes is longer than the {MAX_VALUE} one row may have; it must be cut into chunks"
    )]
    ValueTooLong { len: usize },
    #[error("a key of {len} bytes is outside the permitted 1 to {MAX_KEY}")]
    KeyLength { len: usize },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("there is already a database in {0}; it is not overwritten")]
    Exists(std::path::PathBuf),
    #[error("{0} is missing or empty, although the store has a database; restore it from a backup")]
    Missing(std::path::PathBuf),
}

/// Changes that land together or not at all; a later change of a key replaces an earlier one.
#[derive(Clone, Default)]
pub struct Batch {
    ops: Vec<Op>,
}

/// One change of a batch.
#[derive(Clone)]
pub enum Op {
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
}

impl Batch {
    pub fn new() -> Batch {
        Batch::default()
    }

    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.ops.push(Op::Put(key.into(), value.into()));
    }

    pub fn delete(&mut self, key: impl Into<Vec<u8>>) {
        self.ops.push(Op::Delete(key.into()));
    }

    pub fn len(&self) -> usize {
        self.ops.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The changes of `later` after those of this batch, as one.
    pub fn append(&mut self, mut later: Batch) {
        self.ops.append(&mut later.ops);
    }

    /// Refuses what some backend could not store, before any of it is applied.
    fn check(&self) -> Result<(), BackendError> {
        for op in &self.ops {
            let key = match op {
                Op::Put(key, value) => {
                    if value.len() > MAX_VALUE {
                        return Err(BackendError::ValueTooLong { len: value.len() });
                    }
                    key
                }
                Op::Delete(key) => key,
            };
            if key.is_empty() || key.len() > MAX_KEY {
                return Err(BackendError::KeyLength { len: key.len() });
            }
        }
        Ok(())
    }
}

/// An ordered map of bytes to bytes with atomic batches. One owner, one thread; keys compare as unsigned bytes.
///
/// *Atomic*: after [`apply`](Backend::apply) returns `Ok`, reads see all of the batch. After it returns an error, or
/// after a crash at any instant, a reopened backend holds all of the batch or nothing of it. A batch refused for its
/// keys or values ([`BackendError::ValueTooLong`], [`BackendError::KeyLength`]) changes nothing and harms nothing.
///
/// *Durable*: `apply` alone promises nothing about a crash. When [`sync`](Backend::sync) returns `Ok`, every batch
/// applied before it survives `kill -9` and loss of power, as far as the disk honours fdatasync. Batches become
/// durable in the order of their application: a later one never survives without an earlier one.
///
/// *A failed sync is final.* Linux may mark pages clean whose writing failed, so that a second fsync succeeds without
/// having written them (the "fsyncgate" of PostgreSQL, 2018). After a failure nothing is known about the batches since
/// the last good sync; the backend is poisoned, answers every call with an error, and never tries again. Only opening
/// anew tells what is there.
pub trait Backend: Send {
    /// The value of `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError>;

    /// Visits all pairs whose key starts with `prefix`, in key order, from the first key at or after `from`
    /// (`from` may be the prefix itself), until the visitor breaks. The visitor must not call the backend.
    fn scan(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), BackendError>;

    /// The last pair whose key starts with `prefix` and is at or before `at`.
    fn last_at_or_before(&self, prefix: &[u8], at: &[u8]) -> Result<Option<Pair>, BackendError>;

    /// Makes all changes of `batch` visible, atomically. See the trait.
    fn apply(&mut self, batch: Batch) -> Result<(), BackendError>;

    /// Makes everything applied so far durable. See the trait.
    fn sync(&mut self) -> Result<(), BackendError>;

    /// Does a piece of work that was put off, if there is enough of it, and tells whether there is more to do. Called when
    /// nobody waits for an answer; changes nothing that can be read, and loses nothing when it fails.
    fn tidy(&mut self) -> Result<bool, BackendError> {
        Ok(false)
    }

    /// Bytes the database takes on the disk, roughly; 0 where there is no disk.
    fn bytes_on_disk(&self) -> u64;
}

/// What looks at the pairs of a scan, and may end it.
pub type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

impl<B: Backend + ?Sized> Backend for Box<B> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        (**self).get(key)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), BackendError> {
        (**self).scan(prefix, from, visit)
    }

    fn last_at_or_before(&self, prefix: &[u8], at: &[u8]) -> Result<Option<Pair>, BackendError> {
        (**self).last_at_or_before(prefix, at)
    }

    fn apply(&mut self, batch: Batch) -> Result<(), BackendError> {
        (**self).apply(batch)
    }

    fn sync(&mut self) -> Result<(), BackendError> {
        (**self).sync()
    }

    fn tidy(&mut self) -> Result<bool, BackendError> {
        (**self).tidy()
    }

    fn bytes_on_disk(&self) -> u64 {
        (**self).bytes_on_disk()
    }
}

/// Visits the rows of a scan with `above` laid over them: in key order, a row of `above` in place of one of the scan with
/// the same key; where it is `None`, neither is visited. `above` holds rows that the scan could visit, in key order.
pub(in crate::store) fn scan_over<'r, E>(
    above: impl Iterator<Item = (&'r [u8], Option<&'r [u8]>)>,
    scan: impl FnOnce(Visit<'_>) -> Result<(), E>,
    visit: Visit<'_>,
) -> Result<(), E> {
    let mut above = above.peekable();
    if above.peek().is_none() {
        return scan(visit);
    }
    let mut stopped = false;
    scan(&mut |key, value| {
        while let Some((above_key, above_value)) = above.next_if(|(above, _)| *above < key) {
            if let Some(value) = above_value
                && visit(above_key, value).is_break()
            {
                stopped = true;
                return ControlFlow::Break(());
            }
        }
        let value = match above.next_if(|(above, _)| *above == key) {
            Some((_, Some(value))) => value,
            Some((_, None)) => return ControlFlow::Continue(()),
            None => value,
        };
        let flow = visit(key, value);
        stopped = flow.is_break();
        flow
    })?;
    for (key, value) in above {
        if stopped {
            break;
        }
        if let Some(value) = value {
            stopped = visit(key, value).is_break();
        }
    }
    Ok(())
}

/// The keys from `from` on that start with `prefix`, as bounds of a range; `None` when there can be none.
fn scan_bounds(prefix: &[u8], from: &[u8]) -> Option<Bounds> {
    let start = if from < prefix { prefix } else { from };
    let end = successor(prefix);
    if end.as_deref().is_some_and(|end| start >= end) {
        return None;
    }
    Some((Included(start.to_vec()), end.map_or(Unbounded, Excluded)))
}

/// The keys up to and including `at` that start with `prefix`, as bounds of a range; `None` when there can be none.
fn last_bounds(prefix: &[u8], at: &[u8]) -> Option<Bounds> {
    if at < prefix {
        return None;
    }
    let end = match successor(prefix) {
        Some(end) if at >= end.as_slice() => Excluded(end),
        _ => Included(at.to_vec()),
    };
    Some((Included(prefix.to_vec()), end))
}

type Bounds = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// The first key after all keys that start with `prefix`; `None` when they reach to the end of all keys.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte != u8::MAX)?;
    let mut next = prefix[..=last].to_vec();
    next[last] += 1;
    Some(next)
}
