//! Rows that are read without a sight: what belongs to nobody's data, and what the service itself must know.

use uuid::Uuid;

use super::world::{World, subject_of};
use crate::api::Error;
use crate::domain::backup::Backup;
use crate::domain::entity::{Lies, RecordKind};
use crate::domain::id::SubjectId;
use crate::store::{Reader, StoreError, Stored};

/// A user, to be changed by operations that decide themselves who may.
pub fn user(reader: &Reader<'_>, id: Uuid) -> Result<Stored, Error> {
    let stored = reader.record(RecordKind::User, SubjectId::NOBODY, id)?;
    stored.ok_or_else(|| super::no_such(RecordKind::User, id))
}

/// A record that is out of sight, of which whoever audits sees that it changed.
pub fn unseen(reader: &Reader<'_>, world: &World, kind: RecordKind, id: Uuid) -> Result<Stored, Error> {
    let stored = reader.record(kind, subject_of(world, kind, id), id)?;
    stored.ok_or_else(|| super::no_such(kind, id))
}

/// All records of a kind, to be counted.
pub fn each(
    reader: &Reader<'_>,
    kind: RecordKind,
    visit: impl FnMut(Stored) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    reader.each_record(kind, visit)
}

/// All records of a kind about a person, whoever asks: what an erasure must find.
pub fn about(reader: &Reader<'_>, kind: RecordKind, subject: SubjectId) -> Result<Vec<Stored>, StoreError> {
    reader.records_of(kind, subject)
}

/// The record that an entry of the log is about, as it is now: to take a change of one's own back, or to take in what a
/// transaction touched.
pub fn of_entry(
    reader: &Reader<'_>,
    kind: RecordKind,
    subject: SubjectId,
    id: Uuid,
) -> Result<Option<Stored>, StoreError> {
    reader.record(kind, subject, id)
}

/// What is registered of backups and escrows.
pub fn backups(reader: &Reader<'_>) -> Result<Vec<(Stored, Backup)>, StoreError> {
    let found = reader.records_of(RecordKind::Backup, SubjectId::NOBODY)?;
    found.into_iter().map(|stored| stored.entity().map(|record| (stored, record))).collect()
}

/// One of them.
pub fn backup(reader: &Reader<'_>, id: Uuid) -> Result<Option<Stored>, StoreError> {
    reader.record(RecordKind::Backup, SubjectId::NOBODY, id)
}

/// A person's own record, then all that is about the person, for an answer to the person: whole, whatever a role sees of it.
/// Nothing when there is no such person.
pub fn whole_person(reader: &Reader<'_>, person: SubjectId) -> Result<Vec<Stored>, StoreError> {
    let mut all = reader.records_of(RecordKind::Contact, person)?;
    if all.is_empty() {
        return Ok(all);
    }
    for kind in RecordKind::ALL {
        match kind.lies() {
            Lies::AboutPerson => all.extend(reader.records_of(*kind, person)?),
            Lies::Person | Lies::Itself | Lies::Nobody => {}
        }
    }
    Ok(all)
}
