//! Writing a backup: beside its place, in steps, renamed at the end; dropped before that, nothing is left of it.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{BackupError, CHECK, CHECKPOINT, CHUNK, END, Form, HEAD, Header, KEYS, LONGEST, PURPOSE, ROWS};
use crate::domain::time::Timestamp;
use crate::store::files::{self, Doing, FileError};
use crate::store::layout::FORMAT;
use crate::store::snapshot::Snapshot;
use crate::store::{Reader, Store, StoreError};

/// A backup that is being written.
pub struct Backup {
    path: PathBuf,
    beside: PathBuf,
    /// Gone once it is finished.
    file: Option<File>,
    header: Header,
    snapshot: Arc<Snapshot>,
    hash: Sha256,
    key: Zeroizing<[u8; 32]>,
    number: u32,
    rows: u64,
    bytes: u64,
    more: bool,
}

/// A backup as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finished {
    pub path: PathBuf,
    pub header: Header,
    pub rows: u64,
    pub bytes: u64,
    /// Of the whole file.
    pub sha256: [u8; 32],
}

impl Backup {
    /// Begins a backup of the store as it is now. `checkpoint` states the log in words of its own, signed; `keys` are an
    /// escrow of today's keys, for a whole one. Runs on the storage thread; what it writes there is a few kilobytes, and
    /// the keys.
    pub fn begin(
        reader: &Reader<'_>,
        path: &Path,
        id: Uuid,
        made_at: Timestamp,
        checkpoint: &str,
        keys: Option<&[u8]>,
    ) -> Result<Backup, StoreError> {
        // Said before anything is done; the end makes sure of it.
        if std::fs::symlink_metadata(path).is_ok() {
            return Err(BackupError::Exists(path.into()).into());
        }
        let snapshot = reader.snapshot();
        let header = Header {
            form: if keys.is_some() { Form::Whole } else { Form::Data },
            store: reader.store_id(),
            id,
            made_at,
            epoch: snapshot.epoch,
            entries: snapshot.frontier.size(),
            root: snapshot.frontier.root(),
            records: snapshot.records,
            format: FORMAT,
        };
        let beside = files::beside(path);
        files::remove(&beside)?;
        let file = files::create_new(&beside)?;
        let mut backup = Backup {
            path: path.into(),
            beside,
            file: Some(file),
            header,
            snapshot: Arc::new(snapshot),
            hash: Sha256::new(),
            key: reader.keyring().derive(PURPOSE),
            number: 0,
            rows: 0,
            bytes: 0,
            more: true,
        };
        let block = backup.header.encode().ok_or(StoreError::Encoding("the head of a backup"))?;
        backup.write(&block)?;
        backup.chunk(CHECKPOINT, checkpoint.as_bytes())?;
        for piece in keys.unwrap_or_default().chunks(LONGEST) {
            backup.chunk(KEYS, piece)?;
        }
        Ok(backup)
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Rows and bytes written so far.
    pub fn written(&self) -> (u64, u64) {
        (self.rows, self.bytes)
    }

    /// Writes some more; whether there is still more. Only reading waits for the storage thread.
    pub fn step(&mut self, store: &Store) -> Result<bool, StoreError> {
        if !self.more {
            return Ok(false);
        }
        let snapshot = Arc::clone(&self.snapshot);
        let (rows, count, more) = store.read(move |reader| {
            let (mut rows, mut count) = (Vec::with_capacity(CHUNK + CHUNK / 8), 0);
            let more = reader.slice(&snapshot, CHUNK, |key, value| {
                rows.push(key.len() as u8);
                rows.extend_from_slice(key);
                rows.extend_from_slice(&(value.len() as u16).to_le_bytes());
                rows.extend_from_slice(value);
                count += 1;
            })?;
            Ok::<_, StoreError>((rows, count, more))
        })?;
        if count > 0 {
            self.chunk(ROWS, &rows)?;
        }
        self.rows += count;
        self.more = more;
        Ok(more)
    }

    /// Ends it: everything is on the disk, and has its name, when this returns.
    pub fn finish(mut self) -> Result<Finished, StoreError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.key)
            .map_err(|_| StoreError::Encoding("the key of backups"))?;
        mac.update(&self.hash.clone().finalize());
        let seal = mac.finalize().into_bytes();
        let end = [self.rows.to_le_bytes().as_slice(), &seal].concat();
        self.chunk(END, &end)?;
        let Some(file) = self.file.take() else { return Err(BackupError::Stopped.into()) };
        let named = file.sync_all().doing("sync", &self.beside).map_err(BackupError::from);
        let named = named.and_then(|()| place(&self.beside, &self.path));
        if let Err(error) = named {
            self.file = Some(file);
            return Err(error.into());
        }
        files::sync_dir_of(&self.path)?;
        Ok(Finished {
            path: self.path.clone(),
            header: self.header.clone(),
            rows: self.rows,
            bytes: self.bytes,
            sha256: self.hash.clone().finalize().into(),
        })
    }

    fn chunk(&mut self, kind: u8, content: &[u8]) -> Result<(), StoreError> {
        let length = u32::try_from(content.len()).map_err(|_| StoreError::TooLarge)?;
        let mut head = [0; HEAD];
        head[0] = kind;
        head[1..5].copy_from_slice(&self.number.to_le_bytes());
        head[5..].copy_from_slice(&length.to_le_bytes());
        self.number += 1;
        self.write(&head)?;
        self.write(content)?;
        let check = self.hash.clone().finalize();
        Ok(self.write(&check[..CHECK])?)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        let Some(file) = &mut self.file else { return Err(BackupError::Stopped) };
        file.write_all(bytes).doing("write", &self.beside)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        if self.file.is_some() {
            // What cannot be removed has no name that anybody takes for a backup's.
            let _ = files::remove(&self.beside);
        }
    }
}

/// Renames without overwriting.
fn place(beside: &Path, path: &Path) -> Result<(), BackupError> {
    use rustix::io::Errno;
    match renameat_with(CWD, beside, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        // File systems that cannot promise it, such as those of networks.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            if std::fs::symlink_metadata(path).is_ok() {
                return Err(BackupError::Exists(path.into()));
            }
            Ok(std::fs::rename(beside, path).doing("rename to", path)?)
        }
        Err(errno) => {
            let error: std::io::Error = errno.into();
            match error.kind() {
                ErrorKind::AlreadyExists => Err(BackupError::Exists(path.into())),
                _ => Err(FileError::new("rename to", path, error).into()),
            }
        }
    }
}
