//! Backups: all rows of a store as they were at one commit, in one file, as ciphertext.
//!
//! ```text
//! block (block.rs)   magic CBBACKUP, version 1: form u8 | store id 16 | backup id 16 | made i64 LE ms | epoch u64 LE |
//!                    log entries u64 LE | root of the log 32 | records u64 LE | format of the store u16 LE
//! chunks             kind u8 | number u32 LE, from 0 | length u32 LE | content | check 16
//! ```
//! | kind | content |
//! |---|---|
//! | 1 rows | key length u8, key, value length u16 LE, value; and again; keys ascend through the whole file |
//! | 2 checkpoint | the log at that commit as a signed note (`merkle::checkpoint`) |
//! | 3 keys | a piece of a key escrow (`keyring::escrow`); only in the form *whole* |
//! | 255 end | rows u64 LE, seal 32 |
//!
//! *check* is the first 16 bytes of SHA-256 over the whole file up to there, so that a chunk that is missing, moved or
//! changed shows, and where. *seal* is HMAC-SHA-256 over the SHA-256 of all before the end, under a key derived for this:
//! who lacks the keys of the store cannot make a backup of it. What `sha256sum` says of the file is what is registered.
//!
//! A *data* backup holds no slot, no epoch and no ring. It may lie anywhere and there may be any number: what it says
//! without the keys are counts, sizes and times, and with the keys of today it says nothing of whom they have forgotten.
//! A *whole* one holds the keys of its day, and so those of everybody who is forgotten later, until it expires.

mod bury;
mod carry;
mod copy;
mod opened;
mod read;
mod rescue;
mod write;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::block::{self, BLOCK, Block, Fields, Kind};
use super::files::FileError;
use super::merkle::tree::Hash;
use crate::domain::id::StoreId;
use crate::domain::time::Timestamp;

pub use carry::{Carried, carry};
pub use copy::{Copied, Copy, Terms};
pub use opened::{Fate, Forgotten, Gone, Opened, open_all};
pub use read::{Contents, append_leaves, head, read, read_from};
pub use rescue::rescue;
pub use write::{Backup, Finished};

const KIND: Kind = Kind { magic: b"CBBACKUP", version: 1 };
/// Bytes of rows in a chunk, about; a slice of the storage thread's time.
const CHUNK: usize = 512 << 10;
/// The longest content of a chunk.
const LONGEST: usize = 2 << 20;
/// Kind, number, length.
const HEAD: usize = 9;
const CHECK: usize = 16;
const PURPOSE: &str = "backup";

const ROWS: u8 = 1;
const CHECKPOINT: u8 = 2;
const KEYS: u8 = 3;
const END: u8 = 255;

/// What is given the rows of a backup, or of a database, one after the other.
pub type Take<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), super::StoreError>;

/// What is in a backup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Rows alone.
    Data,
    /// With the keys.
    Whole,
}

/// What the head of a backup says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    pub form: Form,
    pub store: StoreId,
    pub id: Uuid,
    pub made_at: Timestamp,
    /// How often people had been forgotten when it was made.
    pub epoch: u64,
    pub entries: u64,
    pub root: Hash,
    pub records: u64,
    /// The layout of the store.
    pub format: u16,
}

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{} is no backup; name a file that `callbook backup create` wrote", .0.display())]
    NotABackup(PathBuf),
    #[error("the backup {} was made by a newer version of callbook ({version}); update callbook", path.display())]
    Newer { path: PathBuf, version: u16 },
    #[error("the backup {} is cut off after {bytes} bytes; use another one", path.display())]
    Cut { path: PathBuf, bytes: u64 },
    #[error("the backup {} is damaged: {what}; use another one", path.display())]
    Damaged { path: PathBuf, what: String },
    #[error("the backup {} is of the store {theirs}, these keys are of {ours}", path.display())]
    OtherStore { path: PathBuf, theirs: StoreId, ours: StoreId },
    #[error("the backup {} was not made with the keys of this store, or was changed by somebody who has not got them", path.display())]
    NotSealed { path: PathBuf },
    #[error("there is already a file {}; a backup does not overwrite it, name another", .0.display())]
    Exists(PathBuf),
    #[error("{} lies in the store's own directory, and would be lost with it; name another place", .0.display())]
    Inside(PathBuf),
    #[error("more was written meanwhile than a backup keeps in memory; make it when less is imported")]
    ChangedTooMuch,
    #[error("stopped; nothing is left of it")]
    Stopped,
    #[error(transparent)]
    File(#[from] FileError),
}

impl Header {
    fn encode(&self) -> Option<[u8; BLOCK]> {
        let Header { form, store, id, made_at, epoch, entries, root, records, format } = self;
        let form = match form {
            Form::Data => 0,
            Form::Whole => 1,
        };
        let mut payload = vec![form];
        payload.extend_from_slice(store.bytes());
        payload.extend_from_slice(id.as_bytes());
        payload.extend_from_slice(&made_at.millis().to_le_bytes());
        payload.extend_from_slice(&epoch.to_le_bytes());
        payload.extend_from_slice(&entries.to_le_bytes());
        payload.extend_from_slice(root);
        payload.extend_from_slice(&records.to_le_bytes());
        payload.extend_from_slice(&format.to_le_bytes());
        block::encode(KIND, &payload)
    }

    fn decode(bytes: &[u8], path: &Path) -> Result<Header, BackupError> {
        let damaged =
            || BackupError::Damaged { path: path.into(), what: "its head does not decode".to_owned() };
        if !bytes.starts_with(KIND.magic) {
            return Err(BackupError::NotABackup(path.into()));
        }
        if bytes.len() < BLOCK {
            return Err(BackupError::Cut { path: path.into(), bytes: bytes.len() as u64 });
        }
        let payload = match block::decode(KIND, bytes) {
            Block::Valid(payload) => payload,
            Block::Newer(version) => return Err(BackupError::Newer { path: path.into(), version }),
            Block::Empty | Block::Damaged => return Err(damaged()),
        };
        let mut fields = Fields(payload);
        let mut read = || {
            Some(Header {
                form: match fields.u8()? {
                    0 => Form::Data,
                    1 => Form::Whole,
                    _ => return None,
                },
                store: StoreId::from_bytes(fields.array()?),
                id: Uuid::from_bytes(fields.array()?),
                made_at: Timestamp::from_millis(fields.i64()?),
                epoch: fields.u64()?,
                entries: fields.u64()?,
                root: fields.array()?,
                records: fields.u64()?,
                format: fields.array().map(u16::from_le_bytes)?,
            })
        };
        let header = read().ok_or_else(damaged)?;
        if header.format > super::layout::FORMAT {
            return Err(BackupError::Newer { path: path.into(), version: header.format });
        }
        Ok(header)
    }
}
