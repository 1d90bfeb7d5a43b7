//! A journal in front of a backend: a commit costs one write at the end of a file and one fdatasync.
//!
//! sled makes a batch durable by rewriting pieces of pages in its own threads, and its flush waits for them: several
//! times the cost of an append, for every commit. Here the rows of a commit go to the journal, and into a map in
//! memory through which everything is read. When [`FOLD`] bytes have gathered, [`tidy`](Backend::tidy), which the
//! storage thread calls when it has answered and again while nobody asks it for anything, gives the map to the backend
//! behind in key order, a [piece](PIECE) at a time, so that nobody waits for more than that; rows that are written
//! meanwhile are given once more. When the backend behind has all of them, the journal begins anew. A crash at any point of
//! that is harmless: rows are whole values, so giving them once more from the beginning of the journal leads to the same
//! end.
//!
//! ```text
//! 2 equal blocks (block.rs)   magic CBJOURNL, version 1, payload: run 16, random, another one each time it begins anew
//! records, one a commit       run 16 | number u64 LE, from 0 | length of the rows u32 LE | rows | check 16
//! a row                       1 | key length u8 | key | value length u16 LE | value      or      0 | key length u8 | key
//! check                       the first 16 bytes of SHA-256 over the record before it
//! ```
//! Records of an earlier run that lie behind the last one have another `run`. A record that was cut by a crash is the
//! last one and was promised to nobody: it is overwritten. A whole record *behind* a broken one means that what was
//! promised is damaged: the journal is refused, for going on would lose it without a word.
//!
//! The file grows ahead of its records in steps, so that an fdatasync need not write its size as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::ops::Bound::{Excluded, Unbounded};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::{Backend, BackendError, Batch, MAX_VALUE, Op, Pair, Visit, last_bounds, scan_bounds, scan_over};
use crate::env::Env;
use crate::store::block::{self, BLOCK, Kind, Twins};
use crate::store::files::{self, Doing, FileError};

/// Bytes of records after which the rows move to the backend behind.
const FOLD: u64 = 4 << 20;
/// Rows given to the backend behind at once: it holds every page that a batch touches in memory until it ends.
const FOLD_ROWS: usize = 512;
/// Rows given to the backend behind between two requests: about a millisecond, where all at once were 150.
const PIECE: usize = 128;
/// A file longer than this shrinks when the journal begins anew.
const LARGEST_KEPT: u64 = 4 * FOLD;
/// The file grows by as much again, at least by this.
const STEP: u64 = 64 << 10;

const KIND: Kind = Kind { magic: b"CBJOURNL", version: 1 };
/// Where the records begin.
const START: u64 = 2 * BLOCK as u64;
const RUN: usize = 16;
const HEAD: usize = RUN + 8 + 4;
const CHECK: usize = 16;
const PUT: u8 = 1;
const DELETE: u8 = 0;

/// The file a journal lies in. A fault in the tests is another implementation.
pub trait Medium: Send {
    /// All of it.
    fn read(&mut self) -> Result<Vec<u8>, FileError>;
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), FileError>;
    /// Makes everything written durable, the length included.
    fn sync(&mut self) -> Result<(), FileError>;
    /// Cuts the file.
    fn cut(&mut self, len: u64) -> Result<(), FileError>;
}

/// A journal in a file of its own.
pub struct JournalFile {
    path: PathBuf,
    file: File,
}

impl JournalFile {
    const NAME: &'static str = "journal";

    /// Makes an empty file in `dir`, in place of one that nobody relies on.
    pub fn create(dir: &Path) -> Result<JournalFile, BackendError> {
        let path = dir.join(JournalFile::NAME);
        files::remove(&path)?;
        let file = files::create_new(&path)?;
        files::sync_dir(dir)?;
        Ok(JournalFile { path, file })
    }

    /// Opens the journal in `dir`.
    pub fn open(dir: &Path) -> Result<JournalFile, BackendError> {
        let path = dir.join(JournalFile::NAME);
        match files::open_rw(&path) {
            Ok(file) => Ok(JournalFile { path, file }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(BackendError::Missing(path)),
            Err(error) => Err(error.into()),
        }
    }
}

impl Medium for JournalFile {
    fn read(&mut self) -> Result<Vec<u8>, FileError> {
        let mut bytes = Vec::new();
        // A second handle reads from the beginning, whatever was read or written before.
        files::open(&self.path)?.read_to_end(&mut bytes).doing("read", &self.path)?;
        Ok(bytes)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.file.write_all_at(bytes, offset).doing("write", &self.path)
    }

    fn sync(&mut self) -> Result<(), FileError> {
        self.file.sync_data().doing("sync", &self.path)
    }

    fn cut(&mut self, len: u64) -> Result<(), FileError> {
        self.file.set_len(len).doing("shorten", &self.path)
    }
}

/// Rows that the backend behind does not have yet; `None` is a deleted one.
type Rows = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// How far the rows of a journal are with the backend behind.
#[derive(Default)]
struct Fold {
    /// The last key that was given; none at the beginning.
    last: Option<Vec<u8>>,
    /// Every row was given once.
    over: bool,
    /// Rows that were written after they had been given.
    again: BTreeSet<Vec<u8>>,
}

impl Fold {
    /// Notes that a row is written.
    fn written(&mut self, key: &[u8]) {
        if self.over || self.last.as_deref().is_some_and(|last| key <= last) {
            self.again.insert(key.to_vec());
        }
    }
}

/// A backend with a journal in front. See the module.
pub struct Journaled<B: Backend, M: Medium> {
    behind: B,
    medium: M,
    env: Env,
    run: [u8; RUN],
    /// The number of the next record.
    number: u64,
    /// Where the next record goes.
    end: u64,
    /// How far the file reaches.
    len: u64,
    rows: Rows,
    fold: Option<Fold>,
    /// Rows applied since the last piece of a fold: as long as it is given more than that, the fold comes to an end.
    fresh: usize,
    /// The rows applied since the last sync, as they will stand in the record.
    staged: Vec<u8>,
    poison: OnceLock<String>,
}

impl<B: Backend, M: Medium> Journaled<B, M> {
    /// Begins a journal on an empty medium.
    pub fn create(behind: B, medium: M, env: &Env) -> Result<Journaled<B, M>, BackendError> {
        let mut journal = Journaled::with(behind, medium, env);
        journal.begin(START)?;
        Ok(journal)
    }

    /// Reads a journal; what it promised and the backend behind may not have is in memory then.
    pub fn open(behind: B, mut medium: M, env: &Env) -> Result<Journaled<B, M>, BackendError> {
        let bytes = medium.read()?;
        let mut journal = Journaled::with(behind, medium, env);
        journal.len = bytes.len() as u64;
        let head = bytes.get(..START as usize).unwrap_or(&bytes);
        let (payload, repair) = match block::read_twins(KIND, head) {
            Twins::Valid { payload, repair } => (payload, repair),
            Twins::Newer(_) => {
                return Err(BackendError::Corrupt(
                    "its journal was written by a newer version of callbook".into(),
                ));
            }
            Twins::Damaged => return Err(BackendError::Corrupt("the head of its journal is damaged".into())),
        };
        journal.run = payload
            .try_into()
            .map_err(|_| BackendError::Corrupt("the head of its journal is damaged".into()))?;
        let mut rest = bytes.get(START as usize..).unwrap_or_default();
        while let Some((rows, after)) = read_record(rest, &journal.run, journal.number) {
            journal.take_in(rows)?;
            journal.number += 1;
            journal.end += (rest.len() - after.len()) as u64;
            rest = after;
        }
        if later_record(rest, &journal.run, journal.number) {
            return Err(BackendError::Corrupt(format!(
                "record {} of its journal is damaged, and later ones are not",
                journal.number
            )));
        }
        if repair {
            journal.write_head()?;
        }
        Ok(journal)
    }

    fn with(behind: B, medium: M, env: &Env) -> Journaled<B, M> {
        Journaled {
            behind,
            medium,
            env: env.clone(),
            run: [0; RUN],
            number: 0,
            end: START,
            len: 0,
            rows: Rows::new(),
            fold: None,
            fresh: 0,
            staged: Vec::new(),
            poison: OnceLock::new(),
        }
    }

    /// Takes the rows of a record into memory.
    fn take_in(&mut self, mut rows: &[u8]) -> Result<(), BackendError> {
        let damaged = || BackendError::Corrupt("a record of its journal does not decode".into());
        while !rows.is_empty() {
            let (key, value, rest) = read_row(rows).ok_or_else(damaged)?;
            self.rows.insert(key.to_vec(), value.map(<[u8]>::to_vec));
            rows = rest;
        }
        Ok(())
    }

    /// Begins the journal anew, with nothing in it; the file keeps its length up to `keep`.
    fn begin(&mut self, keep: u64) -> Result<(), BackendError> {
        self.run = self.env.random();
        if self.len > keep {
            self.medium.cut(START)?;
            self.len = START;
        }
        self.write_head()?;
        self.number = 0;
        self.end = START;
        Ok(())
    }

    fn write_head(&mut self) -> Result<(), BackendError> {
        let head = block::twins(KIND, &self.run)
            .ok_or_else(|| BackendError::Corrupt("the head of its journal does not fit".into()))?;
        self.medium.write_at(0, &head)?;
        self.medium.sync()?;
        self.len = self.len.max(START);
        Ok(())
    }

    /// Writes the staged rows as one record.
    fn write_record(&mut self) -> Result<(), BackendError> {
        let length = u32::try_from(self.staged.len())
            .map_err(|_| BackendError::Io("more than 4 GiB were to be written at once".into()))?;
        let mut record = Vec::with_capacity(HEAD + self.staged.len() + CHECK);
        record.extend_from_slice(&self.run);
        record.extend_from_slice(&self.number.to_le_bytes());
        record.extend_from_slice(&length.to_le_bytes());
        record.extend_from_slice(&self.staged);
        let check = Sha256::digest(&record);
        record.extend_from_slice(&check[..CHECK]);
        let end = self.end + record.len() as u64;
        if end > self.len {
            let grown = (self.len + (self.len - START).clamp(STEP, FOLD)).max(end.next_multiple_of(STEP));
            let zeros = vec![0; (grown - end) as usize];
            self.medium.write_at(end, &zeros)?;
            self.len = grown;
        }
        self.medium.write_at(self.end, &record)?;
        self.medium.sync()?;
        self.end = end;
        self.number += 1;
        self.staged.clear();
        Ok(())
    }

    /// Gives some rows to the backend behind; whether it has all of them.
    fn give(&mut self, most: usize) -> Result<bool, BackendError> {
        let fold = self.fold.get_or_insert_default();
        let mut left = most;
        while left > 0 && !(fold.over && fold.again.is_empty()) {
            let mut batch = Batch::new();
            let mut add = |key: &[u8], value: &Option<Vec<u8>>| match value {
                Some(value) => batch.put(key, value.clone()),
                None => batch.delete(key),
            };
            let few = left.min(FOLD_ROWS);
            if fold.over {
                for key in std::iter::from_fn(|| fold.again.pop_first()).take(few) {
                    if let Some(value) = self.rows.get(&key) {
                        add(&key, value);
                    }
                }
            } else {
                let from = fold.last.as_deref().map_or(Unbounded, Excluded);
                let mut last = None;
                for (key, value) in self.rows.range::<[u8], _>((from, Unbounded)).take(few) {
                    add(key, value);
                    last = Some(key);
                }
                let last = last.cloned();
                fold.over = batch.len() < few;
                fold.last = last.or(fold.last.take());
            }
            left = left.saturating_sub(few);
            if !batch.is_empty() {
                self.behind.apply(batch)?;
            }
        }
        Ok(fold.over && fold.again.is_empty())
    }

    /// Gives everything to the backend behind and begins anew.
    fn fold(&mut self, keep: u64) -> Result<(), BackendError> {
        self.give(usize::MAX)?;
        self.begin_anew(keep)
    }

    /// The backend behind has everything: once it is on the disk there, nobody needs the journal. One sync for all pieces:
    /// each costs a wait for the disk, which is worth more than what it writes.
    fn begin_anew(&mut self, keep: u64) -> Result<(), BackendError> {
        self.behind.sync()?;
        self.rows.clear();
        self.fold = None;
        self.begin(keep)
    }

    /// Goes on with a fold, or begins one when it is time; whether there is more to do.
    fn fold_on(&mut self) -> Result<bool, BackendError> {
        if self.fold.is_none() && self.end - START < FOLD {
            return Ok(false);
        }
        let most = PIECE.max(2 * std::mem::take(&mut self.fresh));
        if !self.give(most)? {
            return Ok(true);
        }
        self.begin_anew(LARGEST_KEPT)?;
        Ok(false)
    }

    fn alive(&self) -> Result<(), BackendError> {
        match self.poison.get() {
            Some(why) => Err(BackendError::Poisoned(why.clone())),
            None => Ok(()),
        }
    }

    /// An error that leaves the state of the disk unknown closes the backend for good.
    fn guarded<T>(&self, result: Result<T, BackendError>) -> Result<T, BackendError> {
        if let Err(
            error @ (BackendError::Corrupt(_)
            | BackendError::SyncFailed(_)
            | BackendError::Io(_)
            | BackendError::File(_)
            | BackendError::Poisoned(_)),
        ) = &result
        {
            let why = match error {
                BackendError::Corrupt(why)
                | BackendError::SyncFailed(why)
                | BackendError::Io(why)
                | BackendError::Poisoned(why) => why.clone(),
                other => other.to_string(),
            };
            let _ = self.poison.set(why);
        }
        result
    }
}

impl<B: Backend, M: Medium> Backend for Journaled<B, M> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        self.alive()?;
        match self.rows.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.guarded(self.behind.get(key)),
        }
    }

    fn scan(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), BackendError> {
        self.alive()?;
        let Some(bounds) = scan_bounds(prefix, from) else { return Ok(()) };
        let rows = self.rows.range(bounds).map(|(key, value)| (key.as_slice(), value.as_deref()));
        self.guarded(scan_over(rows, |visit| self.behind.scan(prefix, from, visit), visit))
    }

    fn last_at_or_before(&self, prefix: &[u8], at: &[u8]) -> Result<Option<Pair>, BackendError> {
        self.alive()?;
        let Some(bounds) = last_bounds(prefix, at) else { return Ok(None) };
        let own = self
            .rows
            .range(bounds)
            .rev()
            .find_map(|(key, value)| value.as_ref().map(|value| (key.clone(), value.clone())));
        let Some(behind) = self.guarded(self.behind.last_at_or_before(prefix, at))? else { return Ok(own) };
        if own.as_ref().is_some_and(|own| own.0 >= behind.0) {
            return Ok(own);
        }
        if !self.rows.contains_key(&behind.0) {
            return Ok(Some(behind));
        }
        // The last one behind is deleted: what is before it shows only in the whole.
        let mut last = None;
        self.scan(prefix, prefix, &mut |key, value| {
            if key > at {
                return std::ops::ControlFlow::Break(());
            }
            last = Some((key.to_vec(), value.to_vec()));
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(last)
    }

    fn apply(&mut self, batch: Batch) -> Result<(), BackendError> {
        self.alive()?;
        batch.check()?;
        self.fresh += batch.ops.len();
        for op in batch.ops {
            if let (Some(fold), Op::Put(key, _) | Op::Delete(key)) = (&mut self.fold, &op) {
                fold.written(key);
            }
            match op {
                Op::Put(key, value) => {
                    self.staged.extend_from_slice(&[PUT, key.len() as u8]);
                    self.staged.extend_from_slice(&key);
                    self.staged.extend_from_slice(&(value.len() as u16).to_le_bytes());
                    self.staged.extend_from_slice(&value);
                    self.rows.insert(key, Some(value));
                }
                Op::Delete(key) => {
                    self.staged.extend_from_slice(&[DELETE, key.len() as u8]);
                    self.staged.extend_from_slice(&key);
                    self.rows.insert(key, None);
                }
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), BackendError> {
        self.alive()?;
        if self.staged.is_empty() {
            return Ok(());
        }
        let written = self.write_record().map_err(|error| match error {
            BackendError::File(error) => BackendError::SyncFailed(error.to_string()),
            other => other,
        });
        self.guarded(written)
    }

    fn tidy(&mut self) -> Result<bool, BackendError> {
        self.alive()?;
        if !self.staged.is_empty() {
            return Ok(false);
        }
        let folded = self.fold_on();
        self.guarded(folded)
    }

    fn bytes_on_disk(&self) -> u64 {
        self.behind.bytes_on_disk() + self.len
    }
}

impl<B: Backend, M: Medium> Drop for Journaled<B, M> {
    /// Leaves an empty journal behind, so that the next opening need not read it. What was applied and not synced was
    /// promised to nobody; it must not reach the backend behind, for part of it could be half of something.
    fn drop(&mut self) {
        if self.poison.get().is_none() && self.staged.is_empty() && self.len > START {
            // If it fails, everything is still in the journal.
            let _ = self.fold(START);
        }
    }
}

/// The rows of the record at the beginning of `bytes`, when it is whole, of this run and has this number; and what
/// comes after it.
fn read_record<'b>(bytes: &'b [u8], run: &[u8; RUN], number: u64) -> Option<(&'b [u8], &'b [u8])> {
    let (found, length) = read_head(bytes, run)?;
    let body = HEAD + length;
    let check = bytes.get(body..body + CHECK)?;
    if found != number || Sha256::digest(&bytes[..body])[..CHECK] != *check {
        return None;
    }
    Some((&bytes[HEAD..body], &bytes[body + CHECK..]))
}

/// The number of a record and the length of its rows.
fn read_head(bytes: &[u8], run: &[u8; RUN]) -> Option<(u64, usize)> {
    let head = bytes.get(..HEAD)?.strip_prefix(run)?;
    let (number, length) = head.split_first_chunk::<8>()?;
    let length = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?;
    Some((u64::from_le_bytes(*number), length))
}

/// Whether a whole record of this run with a number after `number` lies anywhere in `bytes`.
fn later_record(bytes: &[u8], run: &[u8; RUN], number: u64) -> bool {
    memchr::memmem::find_iter(bytes, run).any(|at| {
        let rest = &bytes[at..];
        read_head(rest, run)
            .is_some_and(|(found, _)| found > number && read_record(rest, run, found).is_some())
    })
}

type Row<'b> = (&'b [u8], Option<&'b [u8]>, &'b [u8]);

/// The first row of `bytes`, and what comes after it.
fn read_row(bytes: &[u8]) -> Option<Row<'_>> {
    let (&[what, length], rest) = bytes.split_first_chunk::<2>()?;
    let (key, rest) = rest.split_at_checked(usize::from(length))?;
    match what {
        DELETE => Some((key, None, rest)),
        PUT => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            let length = usize::from(u16::from_le_bytes(*length));
            let (value, rest) = rest.split_at_checked(length).filter(|_| length <= MAX_VALUE)?;
            Some((key, Some(value), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
