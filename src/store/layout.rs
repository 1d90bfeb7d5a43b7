//! The directory of a store: what lies where, and when it is one.
//!
//! ```text
//! HEADER       block twice: format u16 LE | store id 16 | created i64 LE, milliseconds    written last
//! LOCK         see `lock.rs`
//! UNFINISHED   only while `init` runs, and after one that was killed
//! keys/        see `keyring`; with CACHEDIR.TAG
//! keys.next/   only while the master key is replaced, and after a process that was killed then
//! data/        see `backend`; since format 2 with a journal
//! ```
//! Making a store is atomic in effect: `UNFINISHED` is written first and removed last, after `HEADER` is on the disk.
//! A directory with `UNFINISHED` but no `HEADER` never held anything acknowledged and may be removed; one without both
//! but with keys is a damaged store, and nothing of it is ever removed.
//!
//! `CACHEDIR.TAG` (<https://bford.info/cachedir/>) asks backup tools (`tar --exclude-caches`, borg, restic) to leave out
//! `keys/`. Forgetting a person means destroying a key; a backup tool that keeps versions of `keys/` would keep the key.
//! It is not at the top, because `data/` is ciphertext and may be copied anywhere; keys are saved by the key escrow.
//!
//! The directory is the caller's own and closed to others (mode 0700), or it is refused. It is not quietly repaired:
//! whoever owned the open directory should learn that others may have read or changed it.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, RenameFlags, renameat_with};

use super::block::{self, Fields, Kind, Twins};
use super::files::{self, Doing, FileError};
use super::lock::{LockError, StoreLock};
use crate::domain::id::StoreId;
use crate::domain::time::Timestamp;

/// The newest layout of a store that this program reads, and the one it writes.
pub const FORMAT: u16 = 2;

const HEADER: &str = "HEADER";
const LOCK: &str = "LOCK";
const UNFINISHED: &str = "UNFINISHED";
const KEYS: &str = "keys";
const DATA: &str = "data";
const CACHEDIR_TAG: &str = "CACHEDIR.TAG";

const HEADER_KIND: Kind = Kind { magic: b"CALLBOOK", version: 1 };

const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55
# This file asks backup tools to leave this directory out. It holds the keys of a Callbook store, and forgetting a
# person means destroying a key: copies of it would bring the forgotten back. Save the keys with `callbook keys escrow`.
# About cache directory tags: https://bford.info/cachedir/
";

#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    #[error("there is no store at {0}; make one with `callbook init`, or name another with --store")]
    NotThere(PathBuf),
    #[error("{0} is not a Callbook store; name another directory with --store")]
    NotAStore(PathBuf),
    #[error("there is already a store at {0}; it is not overwritten")]
    Exists(PathBuf),
    #[error("{0} has other files in it; name an empty or a new directory")]
    NotEmpty(PathBuf),
    #[error("making the store at {0} was interrupted, and nothing was in it yet; run `callbook init` again")]
    Unfinished(PathBuf),
    #[error("{0} is a symbolic link; name the directory it points to")]
    Symlink(PathBuf),
    #[error("{path} belongs to uid {owner}, not to you (uid {you}); run callbook as its owner")]
    NotYours { path: PathBuf, owner: u32, you: u32 },
    #[error("{path} is open to others (mode {mode:04o}); if that was a mistake, run: chmod 700 {path}")]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error("the store at {path} has format {format}, made by a newer version of callbook; update callbook")]
    Newer { path: PathBuf, format: u16 },
    #[error("the header of the store at {0} is damaged; restore the file HEADER from a backup")]
    DamagedHeader(PathBuf),
    #[error("the store at {0} lacks its header; restore the file HEADER from a backup")]
    LostHeader(PathBuf),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    File(#[from] FileError),
}

/// A store's directory, locked by this process.
pub struct StoreDir {
    path: PathBuf,
    store: StoreId,
    format: u16,
    created: Timestamp,
    repaired: bool,
    _lock: StoreLock,
}

/// A store being made. Dropped without [`finish`](NewStore::finish), it stays behind as unfinished.
pub struct NewStore {
    path: PathBuf,
    lock: StoreLock,
}

impl StoreDir {
    /// Checks and locks the store at `path`, and repairs one damaged copy of its header.
    pub fn open(path: &Path) -> Result<StoreDir, LayoutError> {
        check_directory(path)?;
        let names = files::names(path)?;
        let has = |name: &str| names.iter().any(|n| n == name);
        if !has(HEADER) {
            return Err(match (has(UNFINISHED), has(KEYS) || has(DATA)) {
                (true, _) => LayoutError::Unfinished(path.into()),
                (false, true) => LayoutError::LostHeader(path.into()),
                (false, false) => LayoutError::NotAStore(path.into()),
            });
        }
        // Read before the lock is taken, so that nothing is made in a directory that is not a store.
        let header = Header::read(path)?;
        for inner in [KEYS, DATA] {
            check_directory(&path.join(inner))?;
        }
        let lock = StoreLock::acquire(&path.join(LOCK))?;
        if header.repair {
            header.write(path)?;
        }
        if has(UNFINISHED) {
            files::remove(&path.join(UNFINISHED))?;
            files::sync_dir(path)?;
        }
        Ok(StoreDir {
            path: path.into(),
            store: header.store,
            format: header.format,
            created: header.created,
            repaired: header.repair,
            _lock: lock,
        })
    }

    /// Refuses a directory in which a store cannot be begun: with a store in it, or with something else.
    pub fn vacant(path: &Path) -> Result<(), LayoutError> {
        if !path.exists() {
            return Ok(());
        }
        check_directory(path)?;
        let names = files::names(path)?;
        let has = |name: &str| names.iter().any(|n| n == name);
        if has(HEADER) {
            return Err(LayoutError::Exists(path.into()));
        }
        if !names.is_empty() && !has(UNFINISHED) {
            return Err(if has(KEYS) || has(DATA) {
                LayoutError::LostHeader(path.into())
            } else {
                LayoutError::NotEmpty(path.into())
            });
        }
        Ok(())
    }

    /// Begins a store at `path`, which is not there, is empty, or is an unfinished store (which is begun anew).
    pub fn begin(path: &Path) -> Result<NewStore, LayoutError> {
        match files::create_dir(path) {
            Ok(()) => files::sync_dir_of(path)?,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => StoreDir::vacant(path)?,
            Err(error) => return Err(error.into()),
        }
        let mark = path.join(UNFINISHED);
        files::open_or_create(&mark)?.sync_all().doing("sync", &mark)?;
        let lock = StoreLock::acquire(&path.join(LOCK))?;
        // Another process may have finished the store between the look and the lock.
        if path.join(HEADER).exists() {
            return Err(LayoutError::Exists(path.into()));
        }
        for inner in [path.join(KEYS), path.join(DATA)] {
            match std::fs::remove_dir_all(&inner) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(FileError::new("remove", &inner, error).into());
                }
                _ => files::create_dir(&inner)?,
            }
        }
        let tag = path.join(KEYS).join(CACHEDIR_TAG);
        let mut file = files::create_new(&tag)?;
        file.write_all(TAG_TEXT.as_bytes()).and_then(|()| file.sync_all()).doing("write", &tag)?;
        files::sync_dir(path)?;
        Ok(NewStore { path: path.into(), lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn store_id(&self) -> StoreId {
        self.store
    }

    /// The format it was found in, or was brought to.
    pub fn format(&self) -> u16 {
        self.format
    }

    /// Declares that what lies in the directory has the newest format now.
    pub fn upgraded(&mut self) -> Result<(), LayoutError> {
        self.format = FORMAT;
        Header { store: self.store, format: FORMAT, created: self.created, repair: false }.write(&self.path)
    }

    #[cfg(test)]
    pub(super) fn pretend(&mut self, format: u16) {
        self.format = format;
        let header = Header { store: self.store, format, created: self.created, repair: false };
        header.write(&self.path).unwrap_or_else(|error| unreachable!("{error}"));
    }

    pub fn created(&self) -> Timestamp {
        self.created
    }

    pub fn keys(&self) -> PathBuf {
        self.path.join(KEYS)
    }

    pub fn data(&self) -> PathBuf {
        self.path.join(DATA)
    }

    /// Whether a damaged copy of the header was found and written anew.
    pub fn repaired(&self) -> bool {
        self.repaired
    }
}

impl NewStore {
    pub fn keys(&self) -> PathBuf {
        self.path.join(KEYS)
    }

    pub fn data(&self) -> PathBuf {
        self.path.join(DATA)
    }

    /// Makes it a store: everything in `keys/` and `data/` is on the disk already.
    pub fn finish(self, store: StoreId, created: Timestamp) -> Result<StoreDir, LayoutError> {
        for dir in [self.keys(), self.data()] {
            files::sync_dir(&dir)?;
        }
        Header { store, format: FORMAT, created, repair: false }.write(&self.path)?;
        files::remove(&self.path.join(UNFINISHED))?;
        files::sync_dir(&self.path)?;
        Ok(StoreDir { path: self.path, store, format: FORMAT, created, repaired: false, _lock: self.lock })
    }
}

/// Whose store lies at `path`, and since when, without its lock.
pub fn look(path: &Path) -> Result<(StoreId, Timestamp), LayoutError> {
    check_directory(path)?;
    if !path.join(HEADER).exists() {
        return Err(LayoutError::NotAStore(path.into()));
    }
    let header = Header::read(path)?;
    Ok((header.store, header.created))
}

/// Makes two stores change places in one step, durably.
pub fn exchange(one: &Path, other: &Path) -> Result<(), LayoutError> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).doing("exchange with another store", other)?;
    files::sync_dir_of(one)?;
    Ok(files::sync_dir_of(other)?)
}

struct Header {
    store: StoreId,
    format: u16,
    created: Timestamp,
    repair: bool,
}

impl Header {
    fn read(path: &Path) -> Result<Header, LayoutError> {
        let damaged = || LayoutError::DamagedHeader(path.into());
        let bytes = files::read(&path.join(HEADER), 1 << 16)?;
        let (payload, repair) = match block::read_twins(HEADER_KIND, &bytes) {
            Twins::Valid { payload, repair } => (payload, repair),
            Twins::Newer(format) => return Err(LayoutError::Newer { path: path.into(), format }),
            Twins::Damaged => return Err(damaged()),
        };
        let mut fields = Fields(&payload);
        let format = u16::from_le_bytes(fields.array().ok_or_else(damaged)?);
        if format > FORMAT {
            return Err(LayoutError::Newer { path: path.into(), format });
        }
        let store = StoreId::from_bytes(fields.array().ok_or_else(damaged)?);
        let created = Timestamp::from_millis(fields.i64().ok_or_else(damaged)?);
        Ok(Header { store, format, created, repair })
    }

    fn write(&self, path: &Path) -> Result<(), LayoutError> {
        let mut payload = self.format.to_le_bytes().to_vec();
        payload.extend_from_slice(self.store.bytes());
        payload.extend_from_slice(&self.created.millis().to_le_bytes());
        let bytes =
            block::twins(HEADER_KIND, &payload).ok_or_else(|| LayoutError::DamagedHeader(path.into()))?;
        Ok(files::replace(&path.join(HEADER), &bytes)?)
    }
}

/// Refuses what is not a directory of the caller's own, closed to others. Looks at the very directory opened, without
/// following a link, so that it cannot be exchanged in between.
fn check_directory(path: &Path) -> Result<(), LayoutError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let dir: OwnedFd = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(dir) => dir,
        Err(rustix::io::Errno::NOENT) => return Err(LayoutError::NotThere(path.into())),
        Err(errno) => {
            return Err(match std::fs::symlink_metadata(path) {
                Ok(data) if data.is_symlink() => LayoutError::Symlink(path.into()),
                Ok(data) if !data.is_dir() => LayoutError::NotAStore(path.into()),
                Ok(data) if data.uid() != rustix::process::geteuid().as_raw() => not_yours(path, data.uid()),
                _ => FileError::new("open the directory", path, errno.into()).into(),
            });
        }
    };
    let data = std::fs::File::from(dir).metadata().doing("look at", path)?;
    if data.uid() != rustix::process::geteuid().as_raw() {
        return Err(not_yours(path, data.uid()));
    }
    let mode = data.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(LayoutError::OpenToOthers { path: path.into(), mode });
    }
    Ok(())
}

fn not_yours(path: &Path, owner: u32) -> LayoutError {
    LayoutError::NotYours { path: path.into(), owner, you: rustix::process::geteuid().as_raw() }
}

/// The name of the file system of `path`, where overwriting keeps the old blocks: there, snapshots of `keys/` would
/// bring the forgotten back, and `doctor` should warn.
pub fn copy_on_write(path: &Path) -> Option<&'static str> {
    // Magic numbers: linux/magic.h, and the sources of ZFS and bcachefs.
    match u64::from_ne_bytes(rustix::fs::statfs(path).ok()?.f_type.to_ne_bytes()) & 0xffff_ffff {
        0x9123_683E => Some("btrfs"),
        0x2FC1_2FC1 => Some("zfs"),
        0xCA45_1A4E => Some("bcachefs"),
        0x0000_3434 => Some("nilfs2"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
