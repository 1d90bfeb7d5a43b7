//! Where rows lie: `table u8 | subject 16 | id 16 | suffix`.
//!
//! All rows of a table are one scan, all rows about a person a few. Records and history bodies are sealed under the
//! subject's key, header pages and the log's head under the store's own; leaf hashes and nodes lie in clear, since they
//! say nothing and must outlive every key.
//!
//! | table | subject | id | suffix | value |
//! |---|---|---|---|---|
//! | 1–15, 64 on: records | subject | record | chunk u16 BE | sealed [`codec::Record`](super::codec::Record), piece of |
//! | 16 bodies | subject | record | seq u64 BE, chunk u16 BE | sealed [`codec::Body`](super::codec::Body), piece of; none for the first entry of a record at revision 1 |
//! | 17 headers | nobody | 0⁸, first seq u64 BE | | sealed [`codec::Page`](super::codec::Page) |
//! | 18 leaves | nobody | 0⁸, first seq u64 BE | | leaf hashes, 32 bytes each, at most 64 |
//! | 19 nodes | nobody | level u8, 0⁷, index u64 BE | | one hash |
//! | 20 head | nobody | 0 | | sealed [`codec::Head`](super::codec::Head) |
//! | 21 drafts | subject, or nobody | draft | chunk u16 BE | sealed [`codec::Draft`](super::codec::Draft), piece of |
//! | 22 readings | subject | UUIDv7 of the moment | | sealed [`codec::Reading`](super::codec::Reading) |
//! | 23 denials | nobody | UUIDv7 of the first of them | | sealed [`codec::Denial`](super::codec::Denial) |
//! | 24 checkpoint | nobody | 0 | | sealed [`codec::Mark`](super::codec::Mark) |
//! | 28 tags | nobody | version of a screening list | page u16 BE | sealed tags, see [`tags`](super::tags) |
//! | 29 forgotten | nobody | forgetting | chunk u16 BE | sealed [`codec::Forgetting`](super::codec::Forgetting), piece of |
//!
//! Readings and denials are no records: they are in neither the Merkle log nor the digest, and are deleted when they are
//! old enough. The last checkpoint is not either: it is about the log. Neither are the tags of a list; the list's own
//! record holds a digest of them. Who was forgotten stands in the log as well, by which it is checked.

use super::envelope::Place;
use crate::domain::entity::RecordKind;
use crate::domain::id::SubjectId;

/// History bodies.
pub const BODIES: u8 = 16;
/// Pages of history headers.
pub const HEADERS: u8 = 17;
/// Leaf hashes.
pub const LEAVES: u8 = 18;
/// Nodes of the stored levels of the Merkle tree.
pub const NODES: u8 = 19;
/// The log's size and edge, and the digest of the live records.
pub const HEAD: u8 = 20;
/// What was typed and not saved; no records, see [`draft`](super::draft).
pub const DRAFTS: u8 = 21;
/// Who looked at whom.
pub const READINGS: u8 = 22;
/// Who was refused what.
pub const DENIALS: u8 = 23;
/// What was last stated about the log.
pub const CHECKPOINT: u8 = 24;
/// What the numbers on screening lists became.
pub const TAGS: u8 = 28;
/// Who was forgotten, and who is about to be.
pub const FORGOTTEN: u8 = 29;

/// The table of a kind of record. Numbers are never reused.
pub const fn of(kind: RecordKind) -> u8 {
    match kind {
        RecordKind::Contact => 1,
        RecordKind::Company => 2,
        RecordKind::Note => 3,
        RecordKind::User => 4,
        RecordKind::CustomField => 5,
        RecordKind::Settings => 6,
        RecordKind::ExportRun => 7,
        RecordKind::View => 8,
        RecordKind::Purpose => 9,
        RecordKind::Consent => 11,
        RecordKind::Call => 12,
        RecordKind::CallList => 13,
        RecordKind::CallEntry => 14,
        RecordKind::Recipient => 15,
        RecordKind::Task => 64,
        RecordKind::Request => 65,
        RecordKind::Wording => 10,
        RecordKind::Suppression => 66,
        RecordKind::ScreeningList => 67,
        RecordKind::Hold => 68,
        RecordKind::RetentionRule => 69,
        RecordKind::Sweep => 70,
        RecordKind::Certificate => 71,
        RecordKind::KeptProof => 72,
        RecordKind::Mention => 73,
        RecordKind::Aggregate => 74,
        RecordKind::Backup => 75,
        RecordKind::Incident => 76,
        RecordKind::Training => 77,
        RecordKind::RegisterVersion => 78,
        RecordKind::Publication => 79,
        RecordKind::Invitation => 80,
    }
}

/// The tables that have rows about persons.
pub fn of_people() -> impl Iterator<Item = u8> {
    RecordKind::ALL.iter().map(|kind| of(*kind)).chain([BODIES, DRAFTS, READINGS])
}

/// The subject in a key.
pub fn subject_in(key: &[u8]) -> Option<SubjectId> {
    Some(SubjectId::from_bytes(key.get(1..17)?.try_into().ok()?))
}

/// The kind of record in a table.
pub fn kind(table: u8) -> Option<RecordKind> {
    RecordKind::ALL.iter().copied().find(|kind| of(*kind) == table)
}

/// The start of every key of this subject in this table.
pub fn subject_prefix(table: u8, subject: SubjectId) -> Vec<u8> {
    let mut key = Vec::with_capacity(43);
    key.push(table);
    key.extend_from_slice(subject.bytes());
    key
}

/// The start of every key of this record in this table.
pub fn record_prefix(table: u8, subject: SubjectId, id: &[u8; 16]) -> Vec<u8> {
    let mut key = subject_prefix(table, subject);
    key.extend_from_slice(id);
    key
}

/// The row of one piece of a record.
pub fn record_key(table: u8, subject: SubjectId, id: &[u8; 16], chunk: u16) -> Vec<u8> {
    let mut key = record_prefix(table, subject, id);
    key.extend_from_slice(&chunk.to_be_bytes());
    key
}

/// The row of one piece of a history body.
pub fn body_key(subject: SubjectId, id: &[u8; 16], seq: u64, chunk: u16) -> Vec<u8> {
    let mut key = record_prefix(BODIES, subject, id);
    key.extend_from_slice(&seq.to_be_bytes());
    key.extend_from_slice(&chunk.to_be_bytes());
    key
}

/// The id of a row of the log that begins with an entry.
pub fn seq_id(seq: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&seq.to_be_bytes());
    id
}

/// The id of a stored node.
pub fn node_id(level: u8, index: u64) -> [u8; 16] {
    let mut id = seq_id(index);
    id[0] = level;
    id
}

/// A row of the log.
pub fn log_key(table: u8, id: &[u8; 16]) -> Vec<u8> {
    record_prefix(table, SubjectId::NOBODY, id)
}

/// The number at the end of the id of a row of the log.
pub fn seq_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(25..33)?.try_into().ok()?))
}

/// The parts of a record's key: subject, id, chunk.
pub fn split_record_key(key: &[u8]) -> Option<(SubjectId, [u8; 16], u16)> {
    let subject = SubjectId::from_bytes(key.get(1..17)?.try_into().ok()?);
    let id = key.get(17..33)?.try_into().ok()?;
    let chunk = u16::from_be_bytes(key.get(33..35)?.try_into().ok()?);
    (key.len() == 35).then_some((subject, id, chunk))
}

/// Where the sealed value of a row belongs: its id, and which piece of it the row is.
pub fn place(key: &[u8]) -> Option<Place> {
    let (&table, rest) = key.split_first()?;
    let (subject, rest) = rest.split_first_chunk::<16>()?;
    let (id, rest) = rest.split_first_chunk::<16>()?;
    let chunk = match (table, rest) {
        (BODIES, [_, _, _, _, _, _, _, _, high, low]) | (_, [high, low]) => u16::from_be_bytes([*high, *low]),
        (_, []) => 0,
        _ => return None,
    };
    Some(Place { table, subject: SubjectId::from_bytes(*subject), id: *id, chunk })
}

/// The sequence number and chunk at the end of a body's key.
pub fn split_body_key(key: &[u8]) -> Option<(u64, u16)> {
    let seq = u64::from_be_bytes(key.get(33..41)?.try_into().ok()?);
    let chunk = u16::from_be_bytes(key.get(41..43)?.try_into().ok()?);
    (key.len() == 43).then_some((seq, chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_lie_in_tables_of_their_own() {
        let tables: Vec<u8> = RecordKind::ALL.iter().map(|kind| of(*kind)).collect();
        let mut distinct = tables.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), tables.len());
        assert!(tables.iter().all(|table| !(BODIES..64).contains(table)), "16 to 63 are no records'");
    }
}
