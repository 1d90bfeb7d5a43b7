//! What is inside the envelopes: the stored forms, by schema version, and the canonical bytes of history headers.
//!
//! bincode 1.3 with variable-length integers, a size limit, and no bytes left over. Version 1 of every form:
//!
//! - [`Record`]: revision, times, number of the last history entry, fields as (number, value) in ascending order.
//! - [`Body`]: 32 random bytes `r`, and the changes.
//! - [`Page`]: what a run of entries has in common, and the entries.
//! - [`Head`]: edge of the Merkle tree, digest of the live records.
//! - [`Draft`]: whose it is; the form: word of its kind, record, contact; texts as (number, text); the time.
//! - [`Reading`]: who looked, when, how, at what; under the person's key.
//! - [`Denial`]: who was refused what, when, how often, why; under the store's key.
//! - [`Mark`]: time, size and root of the last checkpoint.
//! - [`Forgetting`]: who is forgotten, and how far that has come.
//!
//! A later version is a new frozen struct that climbs to today's type by `From`; `codec/golden` keeps one sample of each
//! version, which must decode for ever.

use bincode::Options;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use super::StoreError;
use crate::domain::denial::Why;
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::history::{Action, Change};
use crate::domain::id::{SessionId, SubjectId, UserId};
use crate::domain::reading::ReadKind;
use crate::domain::time::Timestamp;

/// The schema version that this program writes.
pub const SCHEMA: u8 = 1;

/// The longest stored form, before it is cut into rows: a text of 1 MiB before and after, and what goes with it.
const LIMIT: u64 = 8 << 20;

/// A record as stored. What its fields are read as is up to the reader.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record<F = Fields> {
    /// From 1, one more with each change.
    pub revision: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The history entry of the last change.
    pub last_seq: u64,
    pub fields: F,
}

/// What changed, as stored under the subject's key. When that key is destroyed, the header's commitment says nothing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Body {
    pub r: [u8; 32],
    pub changes: Vec<Change>,
}

impl Body {
    /// The commitment in the header: HMAC-SHA-256 under `r` of the encoded changes.
    pub fn commitment(&self) -> Result<[u8; 32], StoreError> {
        let bytes = encode(&self.changes)?;
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.r).map_err(|_| StoreError::Encoding("commitment"))?;
        mac.update(&bytes);
        Ok(mac.finalize().into_bytes().into())
    }
}

/// What the log says about a change without telling what it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    pub seq: u64,
    pub at: Timestamp,
    pub actor: UserId,
    pub session: SessionId,
    pub action: Action,
    /// The number of the transaction's first entry.
    pub transaction: u64,
    pub kind: RecordKind,
    pub subject: SubjectId,
    pub record: Uuid,
    /// The record's revision after the change.
    pub revision: u64,
    /// The commitment to the changes.
    pub cm: [u8; 32],
}

impl Header {
    /// The bytes whose leaf hash is in the tree: a version byte and every part at its full width, big-endian, so that
    /// there is one way to write a header and none that two headers share.
    pub fn canonical(&self) -> Vec<u8> {
        let Header { seq, at, actor, session, action, transaction, kind, subject, record, revision, cm } =
            self;
        let mut bytes = Vec::with_capacity(139);
        bytes.push(1);
        bytes.extend_from_slice(&seq.to_be_bytes());
        bytes.extend_from_slice(&at.millis().to_be_bytes());
        bytes.extend_from_slice(actor.bytes());
        bytes.extend_from_slice(session.bytes());
        bytes.push(action_code(*action));
        bytes.extend_from_slice(&transaction.to_be_bytes());
        bytes.push(super::table::of(*kind));
        bytes.extend_from_slice(subject.bytes());
        bytes.extend_from_slice(record.as_bytes());
        bytes.extend_from_slice(&revision.to_be_bytes());
        bytes.extend_from_slice(cm);
        bytes
    }
}

/// What a stranger reads of the canonical bytes of a header.
pub struct Canonical {
    pub at: Timestamp,
    pub record: Uuid,
    pub cm: [u8; 32],
}

impl Canonical {
    /// Reads the bytes that [`Header::canonical`] writes; `None` when they are others.
    pub fn parse(bytes: &[u8]) -> Option<Canonical> {
        const LONG: usize = 1 + 8 + 8 + 16 + 16 + 1 + 8 + 1 + 16 + 16 + 8 + 32;
        if bytes.len() != LONG || bytes.first() != Some(&1) {
            return None;
        }
        Some(Canonical {
            at: Timestamp::from_millis(i64::from_be_bytes(bytes.get(9..17)?.try_into().ok()?)),
            record: Uuid::from_bytes(bytes.get(75..91)?.try_into().ok()?),
            cm: bytes.get(99..131)?.try_into().ok()?,
        })
    }
}

/// The number of an action in canonical headers. Numbers are never reused.
fn action_code(action: Action) -> u8 {
    match action {
        Action::Create => 1,
        Action::Edit => 2,
        Action::Delete => 3,
        Action::Restore => 4,
        Action::Merge => 5,
        Action::Import => 6,
        Action::Bulk => 7,
        Action::Undo => 8,
        Action::Redo => 9,
        Action::Export => 10,
        Action::Checkpoint => 11,
        Action::Init => 12,
        Action::Consent => 13,
        Action::Withdraw => 14,
        Action::Call => 15,
        Action::Erase => 16,
        Action::Backup => 30,
        Action::Recover => 31,
    }
}

/// A run of entries of one transaction, as stored.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Page {
    pub first: u64,
    pub at: Timestamp,
    pub actor: UserId,
    pub session: SessionId,
    pub action: Action,
    pub transaction: u64,
    pub entries: Vec<PageEntry>,
}

/// What distinguishes the entries of a page.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PageEntry {
    pub table: u8,
    pub subject: SubjectId,
    /// Absent where the record is the subject itself.
    pub record: Option<Uuid>,
    pub revision: u64,
    pub cm: [u8; 32],
}

/// Entries a page holds at most, so that it fits one row.
pub const PAGE: usize = 32;

impl Page {
    pub fn of(headers: &[Header]) -> Option<Page> {
        let first = headers.first()?;
        Some(Page {
            first: first.seq,
            at: first.at,
            actor: first.actor,
            session: first.session,
            action: first.action,
            transaction: first.transaction,
            entries: headers
                .iter()
                .map(|header| PageEntry {
                    table: super::table::of(header.kind),
                    subject: header.subject,
                    record: (header.record != header.subject.0).then_some(header.record),
                    revision: header.revision,
                    cm: header.cm,
                })
                .collect(),
        })
    }

    pub fn headers(&self) -> Result<Vec<Header>, StoreError> {
        let mut headers = Vec::with_capacity(self.entries.len());
        for (at, entry) in self.entries.iter().enumerate() {
            headers.push(Header {
                seq: self.first + at as u64,
                at: self.at,
                actor: self.actor,
                session: self.session,
                action: self.action,
                transaction: self.transaction,
                kind: super::table::kind(entry.table).ok_or(StoreError::Encoding("a header's table"))?,
                subject: entry.subject,
                record: entry.record.unwrap_or(entry.subject.0),
                revision: entry.revision,
                cm: entry.cm,
            });
        }
        Ok(headers)
    }
}

/// The end of the log and the state of the live records.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Head {
    /// [`Frontier::encode`](super::merkle::tree::Frontier::encode).
    pub frontier: Vec<u8>,
    /// Sum of the keyed hashes of all live rows: lost, added and old rows show.
    pub digest: [u8; 32],
    pub records: u64,
}

/// What was typed into a form and not saved.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Draft {
    pub user: UserId,
    pub draft: crate::domain::draft::Draft,
}

/// One look at a person's data, as stored under that person's key; under the store's own, where a search found nobody.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Reading {
    pub at: Timestamp,
    pub user: UserId,
    pub session: SessionId,
    pub kind: ReadKind,
    /// Absent where the record is the person itself, not a note.
    pub record: Option<Uuid>,
    /// The moment as of which it was shown.
    pub as_of: Option<Timestamp>,
    /// What for, where that was said.
    pub purpose: String,
    /// Fields of which only a mask was shown.
    pub masked: Vec<FieldKey>,
    /// Keyed hash of the number or address that was searched and belongs to nobody here.
    pub searched: Option<[u8; 32]>,
}

/// Denials of one kind to one user within a short time, as stored under the store's own key. It holds no value of anybody's.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Denial {
    /// The first and the last of them.
    pub at: Timestamp,
    pub last: Timestamp,
    pub count: u64,
    /// Absent where an account of the machine is no user.
    pub user: Option<UserId>,
    /// The first few sessions; none where a session did not begin.
    pub sessions: Vec<SessionId>,
    /// The request's name.
    pub request: String,
    pub kind: Option<RecordKind>,
    /// The first few records that were named.
    pub records: Vec<Uuid>,
    pub why: Why,
}

/// What the last checkpoint stated about the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    pub at: Timestamp,
    pub size: u64,
    pub root: [u8; 32],
}

/// Persons whose keys are destroyed or about to be, as stored under the store's own key. It names ids alone, which the log's
/// headers keep too.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Forgetting {
    pub at: Timestamp,
    /// The epoch of the ring before; a later one says that the keys are gone.
    pub epoch: u64,
    /// The rows are gone too.
    pub done: bool,
    /// With the slots their keys had.
    pub people: Vec<(SubjectId, u32)>,
}

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(LIMIT)
}

/// The stored bytes of a form.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    options().serialize(value).map_err(|_| StoreError::TooLarge)
}

/// Reads a stored form of a schema version.
pub fn decode<'a, T: Deserialize<'a>>(
    schema: u8,
    bytes: &'a [u8],
    what: &'static str,
) -> Result<T, StoreError> {
    match schema {
        SCHEMA => options().deserialize(bytes).map_err(|_| StoreError::Encoding(what)),
        newer => Err(StoreError::Newer(newer)),
    }
}

#[cfg(test)]
mod tests;
