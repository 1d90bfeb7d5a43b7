//! All rows as they were at one commit, while sessions go on writing.
//!
//! A backend's scans are not snapshots. So whoever copies everything begins on the storage thread, between two commits,
//! and is then given the rows in key order, a slice at a time; what a commit changes of the rows that were not given yet
//! is kept as it was until they are. A commit so costs one more read for each such row, and a slice a few milliseconds,
//! in which nobody else is served; in between everybody is.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::StoreError;
use super::backend::{Backend, BackendError, Batch, Op, Pair, Visit, scan_over};
use super::backup::BackupError;
use super::merkle::tree::Frontier;
use super::reader::Reader;

/// Bytes of changed rows that a snapshot keeps at most; more were written meanwhile than it is worth.
const MOST: usize = 256 << 20;
/// What a kept row takes beside its bytes, roughly.
const OVERHEAD: usize = 96;

/// The snapshots that are being read.
#[derive(Clone, Default)]
pub(super) struct Pasts(Arc<Mutex<Vec<Weak<Mutex<Past>>>>>);

struct Past {
    /// The first key that was not given yet; nothing once all were.
    next: Option<Vec<u8>>,
    /// Rows from there on as they were; `None` where there was none.
    before: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    bytes: usize,
    overrun: bool,
}

/// A commit whose rows are being read.
pub struct Snapshot {
    past: Arc<Mutex<Past>>,
    /// The log at that commit.
    pub frontier: Frontier,
    pub records: u64,
    /// How often people had been forgotten.
    pub epoch: u64,
}

/// A backend that keeps what snapshots still need.
pub(super) struct Snapshotted {
    inner: Box<dyn Backend>,
    pasts: Pasts,
}

impl Snapshotted {
    pub(super) fn over(inner: Box<dyn Backend>) -> (Box<dyn Backend>, Pasts) {
        let pasts = Pasts::default();
        (Box::new(Snapshotted { inner, pasts: pasts.clone() }), pasts)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pasts {
    fn live(&self) -> Vec<Arc<Mutex<Past>>> {
        let mut pasts = locked(&self.0);
        pasts.retain(|past| past.strong_count() > 0);
        pasts.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Past {
    fn keep(
        &mut self,
        key: &[u8],
        row: impl FnOnce() -> Result<Option<Vec<u8>>, BackendError>,
    ) -> Result<(), BackendError> {
        let wanted = self.next.as_deref().is_some_and(|next| key >= next);
        if !wanted || self.overrun || self.before.contains_key(key) {
            return Ok(());
        }
        let row = row()?;
        self.bytes += size(key, row.as_deref());
        self.before.insert(key.to_vec(), row);
        if self.bytes > MOST {
            self.overrun = true;
            self.before.clear();
        }
        Ok(())
    }
}

fn size(key: &[u8], row: Option<&[u8]>) -> usize {
    key.len() + row.map_or(0, <[u8]>::len) + OVERHEAD
}

impl Backend for Snapshotted {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        self.inner.get(key)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), BackendError> {
        self.inner.scan(prefix, from, visit)
    }

    fn last_at_or_before(&self, prefix: &[u8], at: &[u8]) -> Result<Option<Pair>, BackendError> {
        self.inner.last_at_or_before(prefix, at)
    }

    fn apply(&mut self, batch: Batch) -> Result<(), BackendError> {
        for past in self.pasts.live() {
            let mut past = locked(&past);
            for op in batch.ops() {
                let (Op::Put(key, _) | Op::Delete(key)) = op;
                past.keep(key, || self.inner.get(key))?;
            }
        }
        self.inner.apply(batch)
    }

    fn sync(&mut self) -> Result<(), BackendError> {
        self.inner.sync()
    }

    fn tidy(&mut self) -> Result<bool, BackendError> {
        self.inner.tidy()
    }

    fn bytes_on_disk(&self) -> u64 {
        self.inner.bytes_on_disk()
    }
}

impl Reader<'_> {
    /// Begins to read all rows as they are now. Only from outside a transaction, whose rows are not committed.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.state();
        let past = Past { next: Some(Vec::new()), before: BTreeMap::new(), bytes: 0, overrun: false };
        let past = Arc::new(Mutex::new(past));
        locked(&state.pasts.0).push(Arc::downgrade(&past));
        Snapshot {
            past,
            frontier: state.frontier.clone(),
            records: state.records,
            epoch: state.keyring.epoch(),
        }
    }

    /// Gives the next rows of a snapshot to `take`, in key order, until they have `most` bytes; whether there are more.
    pub fn slice(
        &self,
        snapshot: &Snapshot,
        most: usize,
        mut take: impl FnMut(&[u8], &[u8]),
    ) -> Result<bool, StoreError> {
        let mut past = locked(&snapshot.past);
        if past.overrun {
            return Err(BackupError::ChangedTooMuch.into());
        }
        let Some(from) = past.next.take() else { return Ok(false) };
        let mut next: Option<Vec<u8>> = None;
        let mut bytes = 0;
        let above = past.before.iter().map(|(key, row)| (key.as_slice(), row.as_deref()));
        scan_over(above, |visit| self.state().backend.scan(&[], &from, visit), &mut |key, value| {
            if bytes >= most {
                next = Some(key.to_vec());
                return ControlFlow::Break(());
            }
            bytes += key.len() + value.len();
            take(key, value);
            ControlFlow::Continue(())
        })?;
        let kept = match &next {
            Some(next) => past.before.split_off(next),
            None => BTreeMap::new(),
        };
        let given = std::mem::replace(&mut past.before, kept);
        past.bytes -= given.iter().map(|(key, row)| size(key, row.as_deref())).sum::<usize>();
        past.next = next;
        Ok(past.next.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Company;
    use crate::domain::entity::Entity;
    use crate::domain::history::Action;
    use crate::domain::id::{SessionId, StoreId, SubjectId, UserId};
    use crate::domain::time::Timestamp;
    use crate::env::Env;
    use crate::store::backend::{MemoryBackend, MemoryDisk, contract};
    use crate::store::keyring::Keyring;
    use crate::store::{Origin, open};

    fn origin() -> Origin {
        let nobody = uuid::Uuid::nil();
        Origin {
            at: Timestamp::from_millis(0),
            actor: UserId(nobody),
            session: SessionId(nobody),
            action: Action::Create,
        }
    }

    fn company(n: u64) -> Company {
        Company { name: format!("Company {n}"), ..Company::default() }
    }

    #[test]
    fn keeps_the_contract_of_backends() {
        contract::check(&mut || Snapshotted::over(Box::new(MemoryBackend::new())).0);
        let disk = MemoryDisk::new();
        contract::check_reopen(&mut || Snapshotted::over(Box::new(MemoryBackend::on(disk.clone()))).0);
    }

    /// Between any two slices rows are added, changed and deleted; what is read is the state at the beginning.
    #[test]
    fn what_is_read_is_the_state_at_the_beginning() {
        let (env, disk) = (Env::system(), MemoryDisk::new());
        let id = StoreId(env.ids.next());
        let ring = Keyring::in_memory(id, &env).unwrap();
        let store = open::fresh(Box::new(MemoryBackend::on(disk.clone())), ring, id, &env).unwrap();
        let made: Vec<_> = (0..200)
            .map(|n| store.write(origin(), move |txn| txn.create(SubjectId::NOBODY, &company(n))).unwrap())
            .collect::<Vec<_>>();
        let expected = contract::all(&MemoryBackend::on(disk.clone()));
        let snapshot = Arc::new(store.read(|reader| Ok::<_, StoreError>(reader.snapshot())).unwrap());
        let mut found: Vec<Pair> = Vec::new();
        let mut rounds = 0;
        loop {
            let own = Arc::clone(&snapshot);
            let (rows, more) = store
                .read(move |reader| {
                    let mut rows = Vec::new();
                    let more =
                        reader.slice(&own, 3000, |key, value| rows.push((key.to_vec(), value.to_vec())))?;
                    Ok::<_, StoreError>((rows, more))
                })
                .unwrap();
            found.extend(rows);
            if !more {
                break;
            }
            let old = made[(rounds * 7) % made.len()].clone();
            store
                .write(origin(), move |txn| {
                    let now = txn.read().record(old.kind, old.subject, old.id)?.unwrap();
                    txn.update(&now, company(1000 + rounds as u64).fields())?;
                    txn.create(SubjectId::NOBODY, &company(5000))
                })
                .unwrap();
            rounds += 1;
        }
        assert!(rounds > 10, "{rounds}");
        assert!(found == expected);
        // Nothing is kept once nobody reads.
        assert!(locked(&snapshot.past).before.is_empty());
        drop(snapshot);
        store.write(origin(), |txn| txn.create(SubjectId::NOBODY, &company(1))).unwrap();
        assert!(contract::all(&MemoryBackend::on(disk)) != expected);
    }
}
