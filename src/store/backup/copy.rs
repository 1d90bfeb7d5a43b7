//! A new store made of the rows of another: what restoring and rebuilding have in common.
//!
//! The new directory is `UNFINISHED` until everything in it is on the disk (`layout`): killed before that, it is thrown
//! away by whoever tries again, and the old store is as it was.

use std::path::{Path, PathBuf};

use super::opened::Opened;
use crate::domain::time::Timestamp;
use crate::env::Env;
use crate::store::backend::{Backend, Batch, JournalFile, Journaled, SledBackend, SledOptions};
use crate::store::keyring::PreparedWay;
use crate::store::layout::{NewStore, StoreDir};
use crate::store::merkle::tree::Frontier;
use crate::store::{Store, StoreError, open};

/// Rows in a batch: sled holds every page that a batch touches in memory until it ends.
const BATCH: usize = 512;
/// Batches between two syncs, so that what waits for the disk stays bounded.
const SYNC_EVERY: u32 = 256;

/// A store that is being made.
pub struct Copy {
    dir: Option<NewStore>,
    path: PathBuf,
    /// The directory was made here, and goes with a failure.
    made: bool,
    sled: Option<SledBackend>,
    batch: Batch,
    batches: u32,
}

/// What a new store has that no row says.
pub struct Terms<'a> {
    /// The log's edge.
    pub frontier: Frontier,
    /// The ways to unlock, where they are not those of the keys.
    pub ways: Option<&'a [PreparedWay]>,
    pub created: Timestamp,
}

/// A store that was made, closed again.
pub struct Copied<R> {
    pub dir: StoreDir,
    /// What the last step had to say.
    pub done: R,
}

impl Copy {
    /// Begins a store in `into`, which is not there, or empty.
    pub fn begin(into: &Path) -> Result<Copy, StoreError> {
        let made = std::fs::symlink_metadata(into).is_err();
        let path = into.to_path_buf();
        // From here on it is removed by whatever fails, the making of the directory itself included.
        let mut copy = Copy { dir: None, path, made, sled: None, batch: Batch::new(), batches: 0 };
        let dir = copy.dir.insert(StoreDir::begin(into)?);
        copy.sled = Some(SledBackend::create(&dir.data(), SledOptions::default())?);
        Ok(copy)
    }

    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.batch.put(key, value);
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let Some(sled) = &mut self.sled else { return Ok(()) };
        sled.apply(std::mem::take(&mut self.batch))?;
        self.batches += 1;
        if self.batches.is_multiple_of(SYNC_EVERY) {
            sled.sync()?;
        }
        Ok(())
    }

    /// Makes it a store: with these keys in their next epoch, and whatever `last` writes
    /// when it is open, which must be at least one change, since that seals the head of the log anew; it closes the store.
    pub fn finish<R, E: From<StoreError>>(
        mut self,
        opened: Opened,
        terms: Terms<'_>,
        env: &Env,
        last: impl FnOnce(Store) -> Result<R, E>,
    ) -> Result<Copied<R>, E> {
        self.flush()?;
        let (store, Terms { frontier, ways, created }) = (opened.store, terms);
        let (Some(dir), Some(mut sled)) = (self.dir.take(), self.sled.take()) else {
            return Err(StoreError::Closed("the copy was ended before".to_owned()).into());
        };
        let finish = || -> Result<_, E> {
            sled.sync().map_err(StoreError::from)?;
            let journal = JournalFile::create(&dir.data()).map_err(StoreError::from)?;
            let backend = Box::new(Journaled::create(sled, journal, env).map_err(StoreError::from)?);
            let keyring = opened.keyring.settle_in(&dir.keys(), ways).map_err(StoreError::from)?;
            let open = open::copied(backend, keyring, store, env, frontier, opened.kept, opened.records)?;
            let done = last(open)?;
            Ok((done, dir.finish(store, created).map_err(StoreError::from)?))
        };
        let (done, dir) = finish()?;
        self.made = false;
        Ok(Copied { dir, done })
    }
}

impl Drop for Copy {
    /// Nothing is left of what was not finished, where that can be.
    fn drop(&mut self) {
        drop(self.sled.take());
        drop(self.dir.take());
        if self.made {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
