//! Reading records and their history: committed rows, under those that a transaction has staged so far.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::StoreError;
use super::backend::{Pair, Visit, scan_over};
use super::codec::{self, Body, Header, Record};
use super::envelope::{self, Opened, Place};
use super::keyring::{Keyring, Slot};
use super::load::append;
use super::merkle::tree::Frontier;
use super::table;
use super::txn::{Digest, HEAD, Overlay, State, row_hash};
use crate::domain::entity::{Entity, Fields, RecordKind};
use crate::domain::history::diff;
use crate::domain::id::{StoreId, SubjectId};

/// Rows that a scan holds in memory.
const SLICE: usize = 512;

/// A record as it lies in the store.
#[derive(Clone, PartialEq, Debug)]
pub struct Stored {
    pub kind: RecordKind,
    pub subject: SubjectId,
    pub id: Uuid,
    pub slot: u32,
    pub record: Record,
}

impl Stored {
    /// The record as its type.
    pub fn entity<T: Entity>(&self) -> Result<T, StoreError> {
        if T::KIND != self.kind {
            return Err(StoreError::Encoding("a record of another kind"));
        }
        T::of_fields(&self.record.fields).map_err(|_| StoreError::Encoding("a field of a record"))
    }
}

/// A stored form put together: the number of pieces, then the content.
pub(super) struct Assembled {
    schema: u8,
    slot: Slot,
    plain: Zeroizing<Vec<u8>>,
}

impl Assembled {
    pub(super) fn schema(&self) -> u8 {
        self.schema
    }

    pub(super) fn content(&self) -> &[u8] {
        self.plain.get(HEAD..).unwrap_or_default()
    }
}

/// What can be read: the committed rows, under those staged so far.
pub struct Reader<'a> {
    state: &'a State,
    /// Staged by earlier transactions of the group, then by this one.
    group: &'a Overlay,
    own: &'a Overlay,
    frontier: &'a Frontier,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        state: &'a State,
        group: &'a Overlay,
        own: &'a Overlay,
        frontier: &'a Frontier,
    ) -> Reader<'a> {
        Reader { state, group, own, frontier }
    }

    pub(super) fn state(&self) -> &'a State {
        self.state
    }

    pub fn store_id(&self) -> StoreId {
        self.state.store
    }

    pub fn keyring(&self) -> &Keyring {
        &self.state.keyring
    }

    pub fn frontier(&self) -> &Frontier {
        self.frontier
    }

    pub fn bytes_on_disk(&self) -> u64 {
        self.state.backend.bytes_on_disk()
    }

    /// Live rows that the log's head counts.
    pub fn live_records(&self) -> u64 {
        self.state.records
    }

    pub(super) fn digest_key(&self) -> &[u8; 32] {
        &self.state.digest_key
    }

    /// Whether this is the digest of the live rows as the log's head has it.
    pub(super) fn is_digest(&self, digest: &Digest) -> bool {
        *digest == self.state.digest
    }

    pub(super) fn digest_matches(&self) -> Result<bool, StoreError> {
        let mut digest = Digest::default();
        for kind in RecordKind::ALL {
            let prefix = [table::of(*kind)];
            self.scan_all(&prefix, &prefix, &mut |key, value| {
                digest.add(&row_hash(&self.state.digest_key, key, value));
                ControlFlow::Continue(())
            })?;
        }
        Ok(digest == self.state.digest)
    }

    /// A row, unless it is about somebody who was forgotten.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if self.is_dying(key) { Ok(None) } else { self.get_any(key) }
    }

    fn is_dying(&self, key: &[u8]) -> bool {
        let dying = &self.state.dying;
        !dying.is_empty() && table::subject_in(key).is_some_and(|subject| dying.contains(&subject))
    }

    /// A row, whoever it is about.
    pub(super) fn get_any(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.own.get(key).or_else(|| self.group.get(key)) {
            Some(staged) => Ok(staged.clone()),
            None => Ok(self.state.backend.get(key)?),
        }
    }

    /// Visits rows but those about people who were forgotten.
    pub(super) fn scan(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), StoreError> {
        if self.state.dying.is_empty() {
            return self.scan_all(prefix, from, visit);
        }
        self.scan_all(prefix, from, &mut |key, value| {
            if self.is_dying(key) { ControlFlow::Continue(()) } else { visit(key, value) }
        })
    }

    /// Visits rows, whoever they are about.
    pub(super) fn scan_all(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), StoreError> {
        let staged = merged(self.group, self.own, prefix, from);
        let staged = staged.into_iter().map(|(key, value)| (key.as_slice(), value.as_deref()));
        scan_over(staged, |visit| Ok(self.state.backend.scan(prefix, from, visit)?), visit)
    }

    pub(super) fn last_at_or_before(&self, prefix: &[u8], at: &[u8]) -> Result<Option<Pair>, StoreError> {
        // Rows of the log are only ever added, so the later of the two is the one.
        let staged =
            merged(self.group, self.own, prefix, prefix).into_iter().rev().find_map(|(key, value)| {
                (key.as_slice() <= at)
                    .then(|| value.as_ref().map(|value| (key.clone(), value.clone())))
                    .flatten()
            });
        let committed = self.state.backend.last_at_or_before(prefix, at)?;
        Ok(match (staged, committed) {
            (Some(staged), Some(committed)) if committed.0 > staged.0 => Some(committed),
            (Some(staged), _) => Some(staged),
            (None, committed) => committed,
        })
    }

    /// Whether anything about these people was written since the log had so many entries, also what is only staged.
    pub fn changed_since(&self, size: u64, people: &HashSet<SubjectId>) -> Result<bool, StoreError> {
        let theirs = |key: &Vec<u8>| {
            key.first().is_some_and(|table| table::kind(*table).is_some())
                && table::subject_in(key).is_some_and(|subject| people.contains(&subject))
        };
        if self.group.keys().any(theirs) {
            return Ok(true);
        }
        let mut next = size;
        while let Some(page) = self.page_of(next)? {
            let headers = page.headers()?;
            if headers.iter().any(|header| header.seq >= size && people.contains(&header.subject)) {
                return Ok(true);
            }
            next = page.first + headers.len() as u64;
        }
        Ok(false)
    }

    pub(super) fn open_place(
        &self,
        table: u8,
        subject: SubjectId,
        id: [u8; 16],
        chunk: u16,
        value: &[u8],
    ) -> Result<Opened, StoreError> {
        let place = Place { table, subject, id, chunk };
        Ok(envelope::open(&place, self.state.store, |slot| self.state.keyring.subject_key(slot).ok(), value)?)
    }

    /// Puts the pieces of a stored form together. `key` gives the key of each piece but the first.
    pub(super) fn assemble(
        &self,
        place: Place,
        first: &[u8],
        key: impl Fn(u16) -> Vec<u8>,
    ) -> Result<Assembled, StoreError> {
        let Opened { schema, slot, mut plain } =
            self.open_place(place.table, place.subject, place.id, 0, first)?;
        let count = plain.first_chunk::<HEAD>().ok_or(StoreError::Encoding("the first piece of a record"))?;
        for chunk in 1..u16::from_be_bytes(*count) {
            let row = self
                .get(&key(chunk))?
                .ok_or_else(|| StoreError::Damaged("a piece of a long record is missing".to_owned()))?;
            let piece = self.open_place(place.table, place.subject, place.id, chunk, &row)?;
            let content = piece.plain.get(HEAD..).ok_or(StoreError::Encoding("a piece of a record"))?;
            append(&mut plain, content);
        }
        Ok(Assembled { schema, slot, plain })
    }

    /// One record.
    pub fn record(
        &self,
        kind: RecordKind,
        subject: SubjectId,
        id: Uuid,
    ) -> Result<Option<Stored>, StoreError> {
        let key = table::record_key(table::of(kind), subject, id.as_bytes(), 0);
        match self.get(&key)? {
            Some(row) => self.read_record(kind, subject, *id.as_bytes(), &row).map(Some),
            None => Ok(None),
        }
    }

    fn read_record(
        &self,
        kind: RecordKind,
        subject: SubjectId,
        id: [u8; 16],
        row: &[u8],
    ) -> Result<Stored, StoreError> {
        let table = table::of(kind);
        let place = Place { table, subject, id, chunk: 0 };
        let whole = self.assemble(place, row, |chunk| table::record_key(table, subject, &id, chunk))?;
        let record = codec::decode(whole.schema, whole.content(), "a record")?;
        Ok(Stored { kind, subject, id: Uuid::from_bytes(id), slot: whole.slot.0, record })
    }

    /// All records of a kind about a subject; with [`SubjectId::NOBODY`], those about nobody.
    pub fn records_of(&self, kind: RecordKind, subject: SubjectId) -> Result<Vec<Stored>, StoreError> {
        let mut found = Vec::new();
        self.each_row(&table::subject_prefix(table::of(kind), subject), |key, value| {
            if let Some((subject, id, 0)) = table::split_record_key(key) {
                found.push(self.read_record(kind, subject, id, value)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Visits every record of a kind.
    pub fn each_record(
        &self,
        kind: RecordKind,
        mut visit: impl FnMut(Stored) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.each_row(&[table::of(kind)], |key, value| match table::split_record_key(key) {
            Some((subject, id, 0)) => visit(self.read_record(kind, subject, id, value)?),
            _ => Ok(()),
        })
    }

    /// Visits at most so many records of a kind, from a key that a slice before ended with; where to go on.
    pub fn some_records(
        &self,
        kind: RecordKind,
        from: Option<&[u8]>,
        most: usize,
        mut visit: impl FnMut(Stored) -> Result<(), StoreError>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let prefix = [table::of(kind)];
        let mut rows: Vec<(SubjectId, [u8; 16], Vec<u8>)> = Vec::new();
        let mut next = None;
        self.scan(&prefix, from.unwrap_or(&prefix), &mut |key, value| {
            let Some((subject, id, 0)) = table::split_record_key(key) else {
                return ControlFlow::Continue(());
            };
            if rows.len() == most {
                next = Some(key.to_vec());
                return ControlFlow::Break(());
            }
            rows.push((subject, id, value.to_vec()));
            ControlFlow::Continue(())
        })?;
        for (subject, id, row) in rows {
            visit(self.read_record(kind, subject, id, &row)?)?;
        }
        Ok(next)
    }

    /// Visits rows in slices, so that the visitor may read: a backend must not be asked from within its own scan.
    pub(super) fn each_row(
        &self,
        prefix: &[u8],
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut from = prefix.to_vec();
        loop {
            let mut slice: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
            self.scan(prefix, &from, &mut |key, value| {
                slice.push((key.to_vec(), value.to_vec()));
                if slice.len() < SLICE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            for (key, value) in &slice {
                visit(key, value)?;
            }
            match slice.pop() {
                Some((mut last, _)) if slice.len() + 1 == SLICE => {
                    last.push(0);
                    from = last;
                }
                _ => return Ok(()),
            }
        }
    }

    /// The changes of one entry; `None` when they are gone.
    pub fn body(&self, header: &Header) -> Result<Option<Body>, StoreError> {
        let id = *header.record.as_bytes();
        if let Some(row) = self.get(&table::body_key(header.subject, &id, header.seq, 0))? {
            return self.read_body(header.subject, id, header.seq, &row).map(Some);
        }
        if header.revision != 1 {
            return Ok(None);
        }
        match self.record(header.kind, header.subject, header.record)? {
            Some(stored) if stored.record.last_seq == header.seq => self.first_body(&stored).map(Some),
            _ => Ok(None),
        }
    }

    /// The first entry of a record that is about to change, if it is not written down yet.
    pub(super) fn creation(
        &self,
        subject: SubjectId,
        id: Uuid,
        slot: Slot,
        record: &Record,
    ) -> Result<Option<Body>, StoreError> {
        let written = table::body_key(subject, id.as_bytes(), record.last_seq, 0);
        if record.revision != 1 || self.get(&written)?.is_some() {
            return Ok(None);
        }
        let r = self.state.keyring.subject_key(slot)?.creation_r(id.as_bytes(), record.last_seq)?;
        Ok(Some(Body { r, changes: diff(&Fields::new(), &record.fields) }))
    }

    fn first_body(&self, stored: &Stored) -> Result<Body, StoreError> {
        let Stored { subject, id, slot, record, .. } = stored;
        self.creation(*subject, *id, Slot(*slot), record)?
            .ok_or_else(|| StoreError::Damaged("the changes of a history entry are missing".to_owned()))
    }

    fn read_body(&self, subject: SubjectId, id: [u8; 16], seq: u64, row: &[u8]) -> Result<Body, StoreError> {
        let place = Place { table: table::BODIES, subject, id, chunk: 0 };
        let whole = self.assemble(place, row, |chunk| table::body_key(subject, &id, seq, chunk))?;
        codec::decode(whole.schema, whole.content(), "a history entry")
    }

    /// The changes of a record with their numbers in the log, oldest first.
    pub fn bodies(&self, stored: &Stored) -> Result<Vec<(u64, Body)>, StoreError> {
        let mut found = Vec::new();
        let (subject, id) = (stored.subject, *stored.id.as_bytes());
        self.each_row(&table::record_prefix(table::BODIES, subject, &id), |key, value| {
            if let Some((seq, 0)) = table::split_body_key(key) {
                found.push((seq, self.read_body(subject, id, seq, value)?));
            }
            Ok(())
        })?;
        if found.is_empty() {
            found.push((stored.record.last_seq, self.first_body(stored)?));
        }
        Ok(found)
    }

    /// The slot of a subject's key, from the record that is the subject.
    pub fn slot_of(&self, subject: SubjectId) -> Result<Option<Slot>, StoreError> {
        if subject == SubjectId::NOBODY {
            return Ok(Some(Slot::STORE));
        }
        for kind in [RecordKind::Contact, RecordKind::KeptProof] {
            let key = table::record_key(table::of(kind), subject, subject.bytes(), 0);
            if let Some(row) = self.get(&key)? {
                return Ok(Some(envelope::peek(&row)?.slot));
            }
        }
        Ok(None)
    }
}

fn merged<'o>(
    group: &'o Overlay,
    own: &'o Overlay,
    prefix: &[u8],
    from: &[u8],
) -> Vec<(&'o Vec<u8>, &'o Option<Vec<u8>>)> {
    let from = from.max(prefix).to_vec();
    let mut rows: BTreeMap<&Vec<u8>, &Option<Vec<u8>>> = BTreeMap::new();
    for overlay in [group, own] {
        rows.extend(overlay.range(from.clone()..).take_while(|(key, _)| key.starts_with(prefix)));
    }
    rows.into_iter().collect()
}
