//! The rows of a backup, or of a store that is copied, under keys: which open, and which are of somebody forgotten.

use std::collections::BTreeMap;
use std::path::Path;

use super::BackupError;
use super::read::{Contents, read};
use crate::domain::id::{StoreId, SubjectId};
use crate::store::StoreError;
use crate::store::codec::{self, Head};
use crate::store::envelope::{self, EnvelopeError, Place};
use crate::store::keyring::{Keyring, Slot};
use crate::store::merkle::tree::Frontier;
use crate::store::table;
use crate::store::txn::{Digest, RowHash};

/// Rows that do not open, told one by one.
const MOST_TOLD: usize = 100;

/// What becomes of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    Keep,
    /// The key was destroyed: nobody reads it again.
    Forgotten,
    /// It does not open although it should.
    Lost(String),
}

/// Somebody whose key was destroyed since.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Gone {
    /// In which the key was.
    pub slot: u32,
    /// Rows about them.
    pub rows: u64,
}

/// Everybody whose key was destroyed since.
pub type Forgotten = BTreeMap<SubjectId, Gone>;

/// All rows that were looked at.
pub struct Opened {
    pub(super) keyring: Keyring,
    pub(super) store: StoreId,
    hash: RowHash,
    /// Of all live rows, and of those that stay.
    all: Digest,
    pub(super) kept: Digest,
    all_records: u64,
    pub(super) records: u64,
    pub(super) head: Option<Head>,
    pub forgotten: Forgotten,
    pub rows: u64,
    /// Rows that do not open although they should, in words: the first [`MOST_TOLD`].
    pub problems: Vec<String>,
    pub lost: u64,
}

impl Opened {
    pub fn new(keyring: Keyring, store: StoreId) -> Result<Opened, StoreError> {
        let hash = RowHash::new(&keyring.derive("digest of the live records"));
        Ok(Opened {
            hash: hash.ok_or(StoreError::Encoding("the key of the digest"))?,
            keyring,
            store,
            all: Digest::default(),
            kept: Digest::default(),
            all_records: 0,
            records: 0,
            head: None,
            forgotten: Forgotten::new(),
            rows: 0,
            problems: Vec::new(),
            lost: 0,
        })
    }

    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Looks at a row.
    pub fn row(&mut self, key: &[u8], value: &[u8]) -> Result<Fate, StoreError> {
        self.rows += 1;
        let record = is_record(key);
        if let Some(first) = record {
            self.all.add(&self.hash.of(key, value));
            self.all_records += u64::from(first);
        }
        let fate = self.fate(key, value)?;
        match &fate {
            Fate::Keep => {}
            Fate::Forgotten => {
                if let Some(subject) = table::subject_in(key) {
                    let gone = self.forgotten.entry(subject).or_default();
                    gone.slot = envelope::peek(value)?.slot.0;
                    gone.rows += 1;
                }
            }
            Fate::Lost(why) => {
                self.lost += 1;
                if self.problems.len() < MOST_TOLD {
                    self.problems.push(why.clone());
                }
            }
        }
        Ok(fate)
    }

    fn fate(&mut self, key: &[u8], value: &[u8]) -> Result<Fate, StoreError> {
        let table = key.first().copied().unwrap_or_default();
        if matches!(table, table::LEAVES | table::NODES) {
            return Ok(Fate::Keep);
        }
        let lost = |why: String| Ok(Fate::Lost(format!("a row of table {table}: {why}")));
        let Some(place) = table::place(key) else { return lost("its key makes no sense".to_owned()) };
        match envelope::open(&place, self.store, |slot| self.keyring.subject_key(slot).ok(), value) {
            Ok(opened) => {
                if table == table::HEAD {
                    self.head =
                        codec::decode(opened.schema, &opened.plain, "the head of the history log").ok();
                }
                self.keyring.mark_used(opened.slot)?;
                Ok(Fate::Keep)
            }
            // The key of that slot is another one now.
            Err(EnvelopeError::WrongKey { slot })
                if Slot(slot) != Slot::STORE && place.subject != SubjectId::NOBODY =>
            {
                Ok(Fate::Forgotten)
            }
            Err(error) => lost(error.to_string()),
        }
    }

    /// Counts a row that stays, as it stays.
    pub fn keep(&mut self, key: &[u8], value: &[u8]) {
        if let Some(first) = is_record(key) {
            self.kept.add(&self.hash.of(key, value));
            self.records += u64::from(first);
        }
    }

    /// The same row under a fresh record key; rows that lie in clear are the same.
    pub fn reseal(&self, key: &[u8], value: &[u8], salt: [u8; 16]) -> Result<Vec<u8>, StoreError> {
        if matches!(key.first(), Some(&(table::LEAVES | table::NODES))) {
            return Ok(value.to_vec());
        }
        let place: Place = table::place(key).ok_or(StoreError::Encoding("the key of a row"))?;
        let find = |slot| self.keyring.subject_key(slot).ok();
        let opened = envelope::open(&place, self.store, find, value)?;
        let subject = self.keyring.subject_key(opened.slot)?;
        Ok(envelope::seal(subject, &place, self.store, opened.schema, opened.slot, salt, &opened.plain)?)
    }

    /// The log's edge, as the head of the log has it.
    pub fn frontier(&self) -> Result<Option<Frontier>, StoreError> {
        Ok(self.head.as_ref().map(|head| Frontier::decode(&head.frontier)).transpose()?)
    }

    /// Compares what was looked at with what the head of the log says of it; adds what is wrong to the problems.
    pub fn check_head(&mut self, entries: u64, root: [u8; 32]) -> Result<(), StoreError> {
        let frontier = self.frontier()?;
        let wrong = match (&self.head, frontier) {
            (Some(head), Some(frontier)) => {
                if frontier.size() != entries || frontier.root() != root {
                    Some("the head of the history is not that of its entries")
                } else if head.digest != self.all.0 || head.records != self.all_records {
                    Some("the live records are not those that were written")
                } else {
                    None
                }
            }
            _ => Some("the head of the history log is missing"),
        };
        if let Some(wrong) = wrong {
            self.problems.push(wrong.to_owned());
        }
        Ok(())
    }
}

/// Whether a row is of a record, and then whether it is the first piece of one.
fn is_record(key: &[u8]) -> Option<bool> {
    table::kind(*key.first()?)?;
    Some(table::split_record_key(key).is_none_or(|(_, _, chunk)| chunk == 0))
}

/// Opens every row of the backup at `path` with these keys, and checks its seal, its log and its records.
pub fn open_all(
    path: &Path,
    keyring: Keyring,
    going: &mut dyn FnMut(u64) -> bool,
) -> Result<(Contents, Opened), StoreError> {
    let header = super::read::head(path)?;
    let ours = keyring.store_id();
    if header.store != ours {
        return Err(BackupError::OtherStore { path: path.into(), theirs: header.store, ours }.into());
    }
    let mut opened = Opened::new(keyring, ours)?;
    let mut look = |key: &[u8], value: &[u8]| opened.row(key, value).map(drop);
    let contents = read(path, &mut look, going)?;
    contents.check_seal(opened.keyring())?;
    opened.check_head(contents.header.entries, contents.header.root)?;
    Ok((contents, opened))
}
