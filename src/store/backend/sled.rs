//! sled 0.34.7 behind [`Backend`], with a mitigation for each of its known weaknesses.
//!
//! ```text
//! DIR/sled/       sled's own directory: db, conf, blobs/, snap.*
//! DIR/conf.copy   the bytes of conf (a block with checksum), written last: a database is made when this is there
//! ```
//! - `Db::flush` ends in `sync_file_range`, which is no fsync, and sled's background flusher logs an error and goes on.
//!   So the flusher is off, and [`sync`](Backend::sync) flushes, then calls fdatasync on a descriptor of our own.
//! - A crash while sled writes a snapshot leaves `snap.*.generating`, and every later open fails: removed first, which
//!   is safe because our own lock of the store is held.
//! - sled writes `conf` once, without fsync: restored from our copy when it is missing or differs.
//! - Damaged files make sled panic, also in threads of its own: caught, and the backend is closed for good. Rarely
//!   they make it lose rows silently: that is for the keyed digest of the layer above.
//! - A missing `db` would silently be a fresh database: refused, and so is one that lacks our tree.
//! - After a failure the `Db` is leaked on purpose: dropping it would flush again, which may write, panic or hang.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rustix::fs::FlockOperation;

use super::quiet::caught;
use super::{Backend, BackendError, Batch, Op, Pair, Visit, last_bounds, scan_bounds};
use crate::store::block::{self, Block, Kind};
use crate::store::files::{self, Doing, FileError};

/// Our tree; sled's default tree stays empty, so that losing the table of trees is noticed.
const TREE: &[u8] = b"callbook";

const CONF_COPY: Kind = Kind { magic: b"CBCONFCP", version: 1 };

/// How sled trades space for speed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum SledMode {
    /// Rewrites more, so that the file stays small and overwritten values go sooner.
    #[default]
    LowSpace,
    HighThroughput,
}

#[derive(Clone, Copy, Debug)]
pub struct SledOptions {
    /// Bytes of sled's page cache.
    ///
    /// Pages that a batch touches stay in memory until it ends, whatever this says. Measured with random keys and a
    /// million rows of 360 bytes: 1000 rows a batch take 2.5 GB at 64 MiB of cache and 0.5 GB at 256 MiB; 100 rows a
    /// batch take 127 MB at 64 MiB. So bulk imports should commit in batches of about a hundred rows.
    pub cache_bytes: u64,
    pub mode: SledMode,
}

impl Default for SledOptions {
    fn default() -> SledOptions {
        SledOptions { cache_bytes: 64 << 20, mode: SledMode::default() }
    }
}

/// A database in a directory of its own. See the module.
pub struct SledBackend {
    dir: PathBuf,
    /// Leaves only when the backend is dropped.
    engine: Option<(sled::Db, sled::Tree)>,
    /// Our descriptor of `db`, for fdatasync. Not locked, so that it does not disturb sled's lock.
    file: File,
    /// Why nothing is answered any more. A lock, because reads also may find damage.
    poison: Mutex<Option<String>>,
}

impl SledBackend {
    /// Makes an empty database in `dir`, which exists and has none.
    pub fn create(dir: &Path, options: SledOptions) -> Result<SledBackend, BackendError> {
        let paths = Paths::of(dir);
        if paths.sled.exists() || paths.conf_copy.exists() {
            return Err(BackendError::Exists(dir.to_path_buf()));
        }
        files::create_dir(&paths.sled)?;
        let (db, tree) = start(&paths.sled, options)?;
        let mut backend = SledBackend::new(dir, db, tree)?;
        backend.sync()?;
        // fdatasync covers the bytes of db; here also its name, and the file sled wrote without syncing.
        for file in [&paths.db, &paths.conf] {
            files::open(file)?.sync_all().doing("sync", file)?;
        }
        files::sync_dir(&paths.sled)?;
        paths.copy_conf()?;
        files::sync_dir(dir)?;
        Ok(backend)
    }

    /// Opens the database in `dir`. The caller holds the lock of the store.
    pub fn open(dir: &Path, options: SledOptions) -> Result<SledBackend, BackendError> {
        let paths = Paths::of(dir);
        match std::fs::metadata(&paths.db) {
            Ok(data) if data.len() > 0 => {}
            Ok(_) => return Err(BackendError::Missing(paths.db)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(BackendError::Missing(paths.db));
            }
            Err(error) => return Err(FileError::new("open", &paths.db, error).into()),
        }
        paths.remove_unfinished_snapshots()?;
        let copied = paths.restore_conf()?;
        let (db, tree) = start(&paths.sled, options)?;
        let backend = SledBackend::new(dir, db, tree)?;
        if !copied {
            paths.copy_conf()?;
        }
        Ok(backend)
    }

    fn new(dir: &Path, db: sled::Db, tree: sled::Tree) -> Result<SledBackend, BackendError> {
        let file = files::open(&Paths::of(dir).db)?;
        Ok(SledBackend { dir: dir.to_path_buf(), engine: Some((db, tree)), file, poison: Mutex::new(None) })
    }

    /// Waits until sled's threads, which may still hold the last reference for an instant, have given up its lock.
    fn await_release(&self) {
        const TRIES: u32 = 1000;
        for _ in 0..TRIES {
            // Our descriptor is an open file of its own, so that this asks whether anybody else holds the lock.
            if rustix::fs::flock(&self.file, FlockOperation::NonBlockingLockExclusive).is_ok() {
                let _ = rustix::fs::flock(&self.file, FlockOperation::Unlock);
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Runs one call of sled; an error or a panic closes the backend for good.
    fn guarded<T>(
        &self,
        call: impl FnOnce(&sled::Tree) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let mut poison = self.poison.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(why) = poison.as_ref() {
            return Err(BackendError::Poisoned(why.clone()));
        }
        let Some((_, tree)) = &self.engine else { return Err(BackendError::Poisoned("closed".into())) };
        let result = caught(|| call(tree)).unwrap_or_else(|panic| Err(BackendError::Corrupt(panic)));
        if let Err(error) = &result {
            *poison = Some(match error {
                BackendError::Corrupt(why) | BackendError::SyncFailed(why) | BackendError::Io(why) => {
                    why.clone()
                }
                other => other.to_string(),
            });
        }
        result
    }
}

impl Drop for SledBackend {
    /// Closes sled, which flushes; after a failure it is leaked instead. When this returns, it can be opened again.
    fn drop(&mut self) {
        let engine = self.engine.take();
        if self.poison.get_mut().is_ok_and(|poison| poison.is_none()) {
            // What is applied but not synced was promised to nobody, so a failure here is nobody's loss.
            let _ = caught(|| drop(engine));
            self.await_release();
        } else {
            std::mem::forget(engine);
        }
    }
}

impl Backend for SledBackend {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        self.guarded(|tree| Ok(tree.get(key).map_err(failed)?.map(|value| value.to_vec())))
    }

    fn scan(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), BackendError> {
        let Some(bounds) = scan_bounds(prefix, from) else { return Ok(()) };
        let mut pairs = self.guarded(|tree| Ok(tree.range(bounds)))?;
        // The visitor runs outside the guard: a panic of its own is no damage of the database.
        while let Some(pair) = self.guarded(|_| pairs.next().transpose().map_err(failed))? {
            if visit(&pair.0, &pair.1).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn last_at_or_before(&self, prefix: &[u8], at: &[u8]) -> Result<Option<Pair>, BackendError> {
        let Some(bounds) = last_bounds(prefix, at) else { return Ok(None) };
        self.guarded(|tree| {
            let last = tree.range(bounds).next_back().transpose().map_err(failed)?;
            Ok(last.map(|(key, value)| (key.to_vec(), value.to_vec())))
        })
    }

    fn apply(&mut self, batch: Batch) -> Result<(), BackendError> {
        batch.check()?;
        let mut changes = sled::Batch::default();
        for op in batch.ops {
            match op {
                Op::Put(key, value) => changes.insert(key, value),
                Op::Delete(key) => changes.remove(key),
            }
        }
        self.guarded(|tree| tree.apply_batch(changes).map_err(failed))
    }

    fn sync(&mut self) -> Result<(), BackendError> {
        self.guarded(|tree| {
            let flushed = tree.flush().map_err(|error| match failed(error) {
                BackendError::Io(why) => BackendError::SyncFailed(why),
                other => other,
            });
            flushed?;
            self.file.sync_data().map_err(|error| BackendError::SyncFailed(error.to_string()))
        })
    }

    fn bytes_on_disk(&self) -> u64 {
        fn size(dir: &Path) -> u64 {
            let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
            entries
                .flatten()
                .map(|entry| match entry.metadata() {
                    Ok(data) if data.is_dir() => size(&entry.path()),
                    Ok(data) => data.len(),
                    Err(_) => 0,
                })
                .sum()
        }
        size(&self.dir)
    }
}

/// sled's errors in our words; their text has no bytes of rows in it.
fn failed(error: sled::Error) -> BackendError {
    match error {
        // sled wraps the system's error into a text of its own.
        sled::Error::Io(error) => BackendError::Io(match error.to_string() {
            text if text.contains("StorageFull") => "no space is left on the disk".to_owned(),
            text => text,
        }),
        sled::Error::Corruption { .. } => BackendError::Corrupt("a checksum does not match".into()),
        sled::Error::Unsupported(why) => BackendError::Corrupt(format!("its settings do not fit: {why}")),
        sled::Error::ReportableBug(_) => {
            BackendError::Corrupt("the storage engine found itself inconsistent".into())
        }
        sled::Error::CollectionNotFound(_) => BackendError::Corrupt("a table is missing".into()),
    }
}

fn start(path: &Path, options: SledOptions) -> Result<(sled::Db, sled::Tree), BackendError> {
    let fresh = !path.join("db").exists();
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(options.cache_bytes)
        .mode(match options.mode {
            SledMode::LowSpace => sled::Mode::LowSpace,
            SledMode::HighThroughput => sled::Mode::HighThroughput,
        })
        .flush_every_ms(None);
    let opened = caught(|| {
        let db = config.open().map_err(failed)?;
        let ours = fresh || db.was_recovered() && db.tree_names().iter().any(|name| name == TREE);
        if !ours {
            // Closing would write to what should be looked at first.
            std::mem::forget(db);
            return Err(BackendError::Corrupt("it is empty, although it was in use".into()));
        }
        let tree = db.open_tree(TREE).map_err(failed)?;
        Ok((db, tree))
    });
    opened.unwrap_or_else(|panic| Err(BackendError::Corrupt(panic)))
}

struct Paths {
    sled: PathBuf,
    db: PathBuf,
    conf: PathBuf,
    conf_copy: PathBuf,
}

impl Paths {
    fn of(dir: &Path) -> Paths {
        let sled = dir.join("sled");
        Paths { db: sled.join("db"), conf: sled.join("conf"), conf_copy: dir.join("conf.copy"), sled }
    }

    fn remove_unfinished_snapshots(&self) -> Result<(), FileError> {
        for name in files::names(&self.sled)? {
            if name.starts_with("snap.") && name.ends_with(".generating") {
                files::remove(&self.sled.join(name))?;
            }
        }
        files::sync_dir(&self.sled)
    }

    /// Puts the copy in place of a conf that differs; `false` when there is no copy to trust.
    fn restore_conf(&self) -> Result<bool, BackendError> {
        let copy = files::read_if_there(&self.conf_copy, block::BLOCK as u64)?.unwrap_or_default();
        let good = match block::decode(CONF_COPY, &copy) {
            Block::Valid(good) => good,
            Block::Newer(_) => {
                return Err(BackendError::Corrupt("it was written by a newer version of callbook".into()));
            }
            Block::Empty | Block::Damaged => return Ok(false),
        };
        if files::read_if_there(&self.conf, block::BLOCK as u64).ok().flatten().as_deref() != Some(good) {
            files::replace(&self.conf, good)?;
        }
        Ok(true)
    }

    fn copy_conf(&self) -> Result<(), BackendError> {
        let conf = files::read(&self.conf, block::BLOCK as u64)?;
        let copy = block::encode(CONF_COPY, &conf)
            .ok_or_else(|| BackendError::Corrupt("its settings are longer than they can be".into()))?;
        Ok(files::replace(&self.conf_copy, &copy)?)
    }
}

#[cfg(test)]
mod tests;
