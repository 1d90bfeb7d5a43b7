//! A backend that fails on purpose: what a full disk, a dying disk or a crash does, at any chosen operation.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Backend, BackendError, Batch, Op, Pair, Visit};

/// Which calls a fault counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// `get`, `scan` and `last_at_or_before`.
    Read,
    Apply,
    Sync,
    /// All of them.
    Any,
}

/// What is on the disk after the failing call, of the batches since the last good sync.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// None of them, as if the power had gone.
    Lost,
    /// The first `n` of them, whole: a crash keeps a prefix, never half a batch.
    Kept(usize),
    /// All of them, also the one being applied: the failure was only in the answer.
    Landed,
}

/// One planned failure: the `nth` call (from 1, counted from the arming) of the kind fails.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub call: Call,
    pub nth: u64,
    pub outcome: Outcome,
}

#[derive(Default)]
struct Plan {
    fault: Option<(Fault, u64)>,
    counts: Counts,
    dead: bool,
}

/// How many calls were made.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    pub reads: u64,
    pub applies: u64,
    pub syncs: u64,
}

/// The switch of a [`FaultBackend`] that has been moved elsewhere.
#[derive(Clone, Default)]
pub struct FaultSwitch(Arc<Mutex<Plan>>);

impl FaultSwitch {
    /// Plans a failure, replacing an earlier plan.
    pub fn arm(&self, fault: Fault) {
        self.plan().fault = Some((fault, 0));
    }

    /// Calls made so far.
    pub fn counts(&self) -> Counts {
        self.plan().counts
    }

    /// Whether the planned failure has happened.
    pub fn fired(&self) -> bool {
        self.plan().dead
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call; `Some` when this is the one to fail.
    fn count(&self, call: Call) -> Result<Option<Outcome>, BackendError> {
        let mut plan = self.plan();
        if plan.dead {
            return Err(BackendError::Poisoned("planned failure".into()));
        }
        match call {
            Call::Read => plan.counts.reads += 1,
            Call::Apply => plan.counts.applies += 1,
            Call::Sync | Call::Any => plan.counts.syncs += 1,
        }
        let Some((fault, seen)) = &mut plan.fault else { return Ok(None) };
        if fault.call != Call::Any && fault.call != call {
            return Ok(None);
        }
        *seen += 1;
        if *seen < fault.nth {
            return Ok(None);
        }
        let outcome = fault.outcome;
        plan.dead = true;
        Ok(Some(outcome))
    }
}

/// Any backend, with a planned failure. After it the wrapper is poisoned, as the contract says; the wrapped backend
/// then holds what a reopening would find.
pub struct FaultBackend<B> {
    inner: Mutex<B>,
    switch: FaultSwitch,
    /// For each batch since the last good sync, what undoes it.
    unsynced: Mutex<Vec<Batch>>,
}

impl<B: Backend> FaultBackend<B> {
    pub fn new(inner: B) -> (FaultBackend<B>, FaultSwitch) {
        let switch = FaultSwitch::default();
        let backend = FaultBackend {
            inner: Mutex::new(inner),
            switch: switch.clone(),
            unsynced: Mutex::new(Vec::new()),
        };
        (backend, switch)
    }

    /// What is left on the disk.
    pub fn into_inner(self) -> B {
        self.inner.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn inner(&self) -> MutexGuard<'_, B> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Undoes the unsynced batches that the outcome loses, the newest first.
    fn settle(&self, outcome: Outcome) -> Result<(), BackendError> {
        let mut unsynced = self.unsynced.lock().unwrap_or_else(PoisonError::into_inner);
        let keep = match outcome {
            Outcome::Lost => 0,
            Outcome::Kept(n) => n.min(unsynced.len()),
            Outcome::Landed => unsynced.len(),
        };
        let mut inner = self.inner();
        for undo in unsynced.drain(keep..).rev() {
            inner.apply(undo)?;
        }
        inner.sync()
    }

    fn read<T>(&self, read: impl FnOnce(&B) -> Result<T, BackendError>) -> Result<T, BackendError> {
        if let Some(outcome) = self.switch.count(Call::Read)? {
            self.settle(outcome)?;
            return Err(BackendError::Io("planned failure of a read".into()));
        }
        read(&self.inner())
    }
}

impl<B: Backend> Backend for FaultBackend<B> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        self.read(|inner| inner.get(key))
    }

    fn scan(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), BackendError> {
        self.read(|inner| inner.scan(prefix, from, visit))
    }

    fn last_at_or_before(&self, prefix: &[u8], at: &[u8]) -> Result<Option<Pair>, BackendError> {
        self.read(|inner| inner.last_at_or_before(prefix, at))
    }

    fn apply(&mut self, batch: Batch) -> Result<(), BackendError> {
        batch.check()?;
        let outcome = self.switch.count(Call::Apply)?;
        let mut undo = Batch::new();
        {
            let mut inner = self.inner();
            for op in batch.ops() {
                let (Op::Put(key, _) | Op::Delete(key)) = op;
                match inner.get(key)? {
                    Some(value) => undo.put(key.clone(), value),
                    None => undo.delete(key.clone()),
                }
            }
            inner.apply(batch)?;
        }
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner).push(undo);
        match outcome {
            Some(outcome) => {
                self.settle(outcome)?;
                Err(BackendError::Io("planned failure of a write".into()))
            }
            None => Ok(()),
        }
    }

    fn sync(&mut self) -> Result<(), BackendError> {
        if let Some(outcome) = self.switch.count(Call::Sync)? {
            self.settle(outcome)?;
            return Err(BackendError::SyncFailed("planned failure".into()));
        }
        self.inner().sync()?;
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }

    fn bytes_on_disk(&self) -> u64 {
        self.inner().bytes_on_disk()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::backend::{MemoryBackend, MemoryDisk, contract};

    fn put(key: &[u8], value: &[u8]) -> Batch {
        let mut batch = Batch::new();
        batch.put(key, value);
        batch
    }

    #[test]
    fn keeps_the_contract_while_unarmed() {
        contract::check(&mut || Box::new(FaultBackend::new(MemoryBackend::new()).0));
        let disk = MemoryDisk::new();
        contract::check_reopen(&mut || Box::new(FaultBackend::new(MemoryBackend::on(disk.clone())).0));
    }

    /// One synced batch, then two unsynced ones, then a failing sync.
    fn after(outcome: Outcome) -> Vec<Pair> {
        let disk = MemoryDisk::new();
        let (mut backend, switch) = FaultBackend::new(MemoryBackend::on(disk.clone()));
        backend.apply(put(b"a", b"old")).unwrap();
        backend.sync().unwrap();
        switch.arm(Fault { call: Call::Sync, nth: 1, outcome });
        backend.apply(put(b"a", b"new")).unwrap();
        backend.apply(put(b"b", b"more")).unwrap();
        assert!(matches!(backend.sync(), Err(BackendError::SyncFailed(_))));
        assert!(switch.fired());
        for _ in 0..2 {
            assert!(matches!(backend.sync(), Err(BackendError::Poisoned(_))), "never tried again");
            assert!(matches!(backend.get(b"a"), Err(BackendError::Poisoned(_))));
            assert!(matches!(backend.apply(put(b"c", b"")), Err(BackendError::Poisoned(_))));
        }
        contract::all(&MemoryBackend::on(disk))
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<Pair> {
        pairs.iter().map(|(key, value)| (key.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn a_failed_sync_leaves_any_prefix() {
        assert_eq!(after(Outcome::Lost), pairs(&[("a", "old")]));
        assert_eq!(after(Outcome::Kept(1)), pairs(&[("a", "new")]));
        assert_eq!(after(Outcome::Kept(9)), pairs(&[("a", "new"), ("b", "more")]));
        assert_eq!(after(Outcome::Landed), pairs(&[("a", "new"), ("b", "more")]));
    }

    #[test]
    fn fails_the_nth_call_of_its_kind() {
        for nth in 1..4 {
            let (mut backend, switch) = FaultBackend::new(MemoryBackend::new());
            switch.arm(Fault { call: Call::Apply, nth, outcome: Outcome::Kept(1) });
            for i in 1..nth {
                backend.apply(put(&[i as u8], b"")).unwrap();
                backend.get(b"x").unwrap();
                backend.sync().unwrap();
            }
            assert!(matches!(backend.apply(put(b"z", b"")), Err(BackendError::Io(_))));
            assert_eq!(switch.counts(), Counts { reads: nth - 1, applies: nth, syncs: nth - 1 });
            assert_eq!(
                contract::all(&backend.into_inner()).len() as u64,
                nth,
                "the last one landed though it failed"
            );
        }
    }

    #[test]
    fn a_refused_batch_is_not_counted() {
        let (mut backend, switch) = FaultBackend::new(MemoryBackend::new());
        assert!(matches!(backend.apply(put(b"", b"")), Err(BackendError::KeyLength { len: 0 })));
        assert_eq!(switch.counts(), Counts::default());
    }
}
