//! A backend in memory: for `callbook demo`, and the reference the others are compared with.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Backend, BackendError, Batch, Op, Pair, Visit, last_bounds, scan_bounds};

/// What a [`MemoryBackend`] stores, so that a test can open it again after its backend is gone.
#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>);

impl MemoryDisk {
    pub fn new() -> MemoryDisk {
        MemoryDisk::default()
    }

    fn pairs(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
        // A visitor that panicked while reading has not changed the map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pairs in a `BTreeMap`. "Durable" here means: as long as its [`MemoryDisk`] lives.
#[derive(Default)]
pub struct MemoryBackend {
    disk: MemoryDisk,
}

impl MemoryBackend {
    pub fn new() -> MemoryBackend {
        MemoryBackend::default()
    }

    /// Opens what is on `disk`.
    pub fn on(disk: MemoryDisk) -> MemoryBackend {
        MemoryBackend { disk }
    }
}

impl Backend for MemoryBackend {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        Ok(self.disk.pairs().get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), BackendError> {
        let Some(bounds) = scan_bounds(prefix, from) else { return Ok(()) };
        for (key, value) in self.disk.pairs().range(bounds) {
            if visit(key, value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn last_at_or_before(&self, prefix: &[u8], at: &[u8]) -> Result<Option<Pair>, BackendError> {
        let Some(bounds) = last_bounds(prefix, at) else { return Ok(None) };
        Ok(self.disk.pairs().range(bounds).next_back().map(|(key, value)| (key.clone(), value.clone())))
    }

    fn apply(&mut self, batch: Batch) -> Result<(), BackendError> {
        batch.check()?;
        let mut pairs = self.disk.pairs();
        for op in batch.ops {
            match op {
                Op::Put(key, value) => pairs.insert(key, value),
                Op::Delete(key) => pairs.remove(&key),
            };
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), BackendError> {
        Ok(())
    }

    fn bytes_on_disk(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::backend::contract;

    #[test]
    fn keeps_the_contract() {
        contract::check(&mut || Box::new(MemoryBackend::new()));
    }

    #[test]
    fn survives_on_its_disk() {
        let disk = MemoryDisk::new();
        contract::check_reopen(&mut || Box::new(MemoryBackend::on(disk.clone())));
    }
}
