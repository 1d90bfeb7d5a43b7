//! Reading records, and staging changes of them with the history that follows from the difference.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::StoreError;
use super::backend::{Backend, Batch, Pair, Visit};
use super::codec::{self, Body, Header, Record};
use super::envelope::{self, MAX_PLAIN, Opened, Place};
use super::keyring::{Keyring, Slot};
use super::merkle::tree::Frontier;
use super::table;
use crate::domain::entity::{Entity, Fields, RecordKind};
use crate::domain::history::{Action, Change, diff};
use crate::domain::id::{SessionId, StoreId, SubjectId, UserId};
use crate::domain::time::Timestamp;
use crate::env::Env;

/// Bytes of a stored form in one row; two bytes of each row count or number the pieces.
const PIECE: usize = MAX_PLAIN - HEAD;
/// Those two bytes.
const HEAD: usize = 2;

/// Rows that a scan holds in memory.
const SLICE: usize = 512;

/// Who changes something, when, by what kind of request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin {
    pub at: Timestamp,
    pub actor: UserId,
    pub session: SessionId,
    pub action: Action,
}

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
struct Assembled {
    schema: u8,
    slot: Slot,
    plain: Zeroizing<Vec<u8>>,
}

impl Assembled {
    fn content(&self) -> &[u8] {
        self.plain.get(HEAD..).unwrap_or_default()
    }
}

/// The state that the storage thread owns between transactions.
pub(super) struct State {
    pub backend: Box<dyn Backend>,
    pub keyring: Keyring,
    pub store: StoreId,
    pub env: Env,
    pub frontier: Frontier,
    pub digest: Digest,
    pub digest_key: Zeroizing<[u8; 32]>,
    pub records: u64,
}

/// A sum of keyed hashes, one for each live row, modulo 2^256: it does not depend on the order, and whoever lacks the
/// key cannot make two sets with one sum.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Digest(pub [u8; 32]);

impl Digest {
    pub fn add(&mut self, hash: &[u8; 32]) {
        let mut carry = 0u16;
        for (byte, other) in self.0.iter_mut().zip(hash) {
            let sum = u16::from(*byte) + u16::from(*other) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
    }

    pub fn remove(&mut self, hash: &[u8; 32]) {
        let mut borrow = 0i16;
        for (byte, other) in self.0.iter_mut().zip(hash) {
            let difference = i16::from(*byte) - i16::from(*other) - borrow;
            *byte = difference as u8;
            borrow = i16::from(difference < 0);
        }
    }
}

/// The keyed hash of a row: of its key and of the head of its envelope, which no other envelope shares.
pub(super) fn row_hash(digest_key: &[u8; 32], key: &[u8], value: &[u8]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(digest_key) else { return [0; 32] };
    mac.update(key);
    mac.update(value.get(..54).unwrap_or(value));
    mac.finalize().into_bytes().into()
}

/// Changes that are staged and not committed: `None` is a deleted row.
pub(super) type Overlay = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

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

    pub(super) fn digest_matches(&self) -> Result<bool, StoreError> {
        let mut digest = Digest::default();
        for kind in RecordKind::ALL {
            let prefix = [table::of(*kind)];
            self.scan(&prefix, &prefix, &mut |key, value| {
                digest.add(&row_hash(&self.state.digest_key, key, value));
                ControlFlow::Continue(())
            })?;
        }
        Ok(digest == self.state.digest)
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.own.get(key).or_else(|| self.group.get(key)) {
            Some(staged) => Ok(staged.clone()),
            None => Ok(self.state.backend.get(key)?),
        }
    }

    pub(super) fn scan(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), StoreError> {
        let staged: Vec<(&Vec<u8>, &Option<Vec<u8>>)> = merged(self.group, self.own, prefix, from);
        if staged.is_empty() {
            return Ok(self.state.backend.scan(prefix, from, visit)?);
        }
        let mut staged = staged.into_iter().peekable();
        let mut stopped = false;
        self.state.backend.scan(prefix, from, &mut |key, value| {
            while let Some((staged_key, staged_value)) = staged.next_if(|(k, _)| k.as_slice() < key) {
                if let Some(value) = staged_value
                    && visit(staged_key, value).is_break()
                {
                    stopped = true;
                    return ControlFlow::Break(());
                }
            }
            let value = match staged.next_if(|(k, _)| k.as_slice() == key) {
                Some((_, Some(value))) => value.as_slice(),
                Some((_, None)) => return ControlFlow::Continue(()),
                None => value,
            };
            let flow = visit(key, value);
            stopped = flow.is_break();
            flow
        })?;
        for (key, value) in staged {
            if stopped {
                break;
            }
            if let Some(value) = value {
                stopped = visit(key, value).is_break();
            }
        }
        Ok(())
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
    fn assemble(
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
            if plain.capacity() - plain.len() < content.len() {
                // Grown by hand, because a vector that moves leaves its old bytes behind.
                let mut larger = Zeroizing::new(Vec::with_capacity(plain.capacity() * 2 + content.len()));
                larger.extend_from_slice(&plain);
                plain = larger;
            }
            plain.extend_from_slice(content);
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

    /// Visits every record of all kinds, in this order of kinds, and tells whether the live rows are those that were
    /// written: sled may lose rows to a damaged file without a word.
    pub fn load(
        &self,
        kinds: &[RecordKind],
        mut visit: impl FnMut(Stored) -> Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        let mut digest = Digest::default();
        for kind in kinds {
            self.each_row(&[table::of(*kind)], |key, value| {
                digest.add(&row_hash(&self.state.digest_key, key, value));
                match table::split_record_key(key) {
                    Some((subject, id, 0)) => visit(self.read_record(*kind, subject, id, value)?),
                    _ => Ok(()),
                }
            })?;
        }
        Ok(digest == self.state.digest)
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
        match self.get(&table::body_key(header.subject, &id, header.seq, 0))? {
            Some(row) => self.read_body(header.subject, id, header.seq, &row).map(Some),
            None => Ok(None),
        }
    }

    fn read_body(&self, subject: SubjectId, id: [u8; 16], seq: u64, row: &[u8]) -> Result<Body, StoreError> {
        let place = Place { table: table::BODIES, subject, id, chunk: 0 };
        let whole = self.assemble(place, row, |chunk| table::body_key(subject, &id, seq, chunk))?;
        codec::decode(whole.schema, whole.content(), "a history entry")
    }

    /// The changes of a record with their numbers in the log, oldest first.
    pub fn bodies(&self, subject: SubjectId, id: Uuid) -> Result<Vec<(u64, Body)>, StoreError> {
        let mut found = Vec::new();
        let id = *id.as_bytes();
        self.each_row(&table::record_prefix(table::BODIES, subject, &id), |key, value| {
            if let Some((seq, 0)) = table::split_body_key(key) {
                found.push((seq, self.read_body(subject, id, seq, value)?));
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The slot of a subject's key, from any row about the subject.
    pub fn slot_of(&self, subject: SubjectId) -> Result<Option<Slot>, StoreError> {
        if subject == SubjectId::NOBODY {
            return Ok(Some(Slot::STORE));
        }
        let key = table::record_key(table::of(RecordKind::Contact), subject, subject.bytes(), 0);
        match self.get(&key)? {
            Some(row) => Ok(Some(envelope::peek(&row)?.slot)),
            None => Ok(None),
        }
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

/// A transaction: everything it stages lands in one batch, or nothing does.
pub struct WriteTxn<'a> {
    pub(super) state: &'a mut State,
    pub(super) group: &'a Overlay,
    pub(super) own: Overlay,
    pub(super) origin: Origin,
    /// Number of the first entry of this transaction.
    pub(super) first_seq: u64,
    pub(super) headers: Vec<Header>,
    pub(super) digest: Digest,
    pub(super) records: u64,
    pub(super) touched: Vec<Stored>,
    /// Where in `touched` a record stands.
    pub(super) places: HashMap<Uuid, usize>,
}

impl WriteTxn<'_> {
    /// What can be read at this point, staged changes included.
    pub fn read(&self) -> Reader<'_> {
        Reader { state: self.state, group: self.group, own: &self.own, frontier: &self.state.frontier }
    }

    pub fn origin(&self) -> Origin {
        self.origin
    }

    pub fn env(&self) -> &Env {
        &self.state.env
    }

    /// Tells the ring which of its slots records name. Changes nothing on the disk.
    pub fn mark_used(&mut self, slots: impl IntoIterator<Item = u32>) -> Result<(), StoreError> {
        Ok(self.state.keyring.set_used(slots.into_iter().map(Slot))?)
    }

    /// The number of the transaction's first entry, once there is one.
    pub fn number(&self) -> Option<u64> {
        (!self.headers.is_empty()).then_some(self.first_seq)
    }

    /// The records as this transaction leaves them, in the order of their first change.
    pub fn touched(&self) -> &[Stored] {
        &self.touched
    }

    /// Makes a record with a fresh id. A contact gets a subject of its own, and with it a key.
    pub fn create<T: Entity>(&mut self, about: SubjectId, entity: &T) -> Result<Stored, StoreError> {
        let id = self.state.env.ids.next();
        let (subject, slot) = if T::KIND == RecordKind::Contact {
            (SubjectId(id), self.state.keyring.allocate()?)
        } else {
            let slot = self.read().slot_of(about)?;
            (about, slot.ok_or_else(|| StoreError::Damaged("a note is about nobody".to_owned()))?)
        };
        self.stage(T::KIND, subject, id, slot, None, entity.fields())
    }

    /// Changes a record to `fields`. When nothing differs, nothing is staged and `None` is the answer.
    pub fn update(&mut self, old: &Stored, fields: Fields) -> Result<Option<Stored>, StoreError> {
        if old.record.fields == fields {
            return Ok(None);
        }
        self.stage(old.kind, old.subject, old.id, Slot(old.slot), Some(&old.record), fields).map(Some)
    }

    fn stage(
        &mut self,
        kind: RecordKind,
        subject: SubjectId,
        id: Uuid,
        slot: Slot,
        old: Option<&Record>,
        fields: Fields,
    ) -> Result<Stored, StoreError> {
        let nothing = Fields::new();
        let changes = diff(old.map_or(&nothing, |old| &old.fields), &fields);
        let seq = self.first_seq + self.headers.len() as u64;
        let revision = old.map_or(1, |old| old.revision + 1);
        let record = Record {
            revision,
            created_at: old.map_or(self.origin.at, |old| old.created_at),
            updated_at: self.origin.at,
            last_seq: seq,
            fields,
        };
        self.put_pieces(kind, subject, id, slot, &record, old.is_none())?;
        self.put_body(kind, subject, id, slot, seq, revision, changes)?;
        let stored = Stored { kind, subject, id, slot: slot.0, record };
        match self.places.get(&id).and_then(|at| self.touched.get_mut(*at)) {
            Some(place) => *place = stored.clone(),
            None => {
                self.places.insert(id, self.touched.len());
                self.touched.push(stored.clone());
            }
        }
        Ok(stored)
    }

    fn put_pieces(
        &mut self,
        kind: RecordKind,
        subject: SubjectId,
        id: Uuid,
        slot: Slot,
        record: &Record,
        new: bool,
    ) -> Result<(), StoreError> {
        let table = table::of(kind);
        let plain = Zeroizing::new(codec::encode(record)?);
        let key = |chunk| table::record_key(table, subject, id.as_bytes(), chunk);
        let mut pieces = 0;
        for (chunk, sealed) in self.seal_pieces(table, subject, id, slot, &plain)? {
            pieces = chunk + 1;
            self.replace(key(chunk), Some(sealed), new)?;
        }
        // A shorter record leaves no piece of the longer one behind.
        while !new && self.read().get(&key(pieces))?.is_some() {
            self.replace(key(pieces), None, false)?;
            pieces += 1;
        }
        if new {
            self.records += 1;
        }
        Ok(())
    }

    fn put_body(
        &mut self,
        kind: RecordKind,
        subject: SubjectId,
        id: Uuid,
        slot: Slot,
        seq: u64,
        revision: u64,
        changes: Vec<Change>,
    ) -> Result<(), StoreError> {
        let body = Body { r: self.state.env.random(), changes };
        let cm = body.commitment()?;
        let plain = Zeroizing::new(codec::encode(&body)?);
        for (chunk, sealed) in self.seal_pieces(table::BODIES, subject, id, slot, &plain)? {
            self.own.insert(table::body_key(subject, id.as_bytes(), seq, chunk), Some(sealed));
        }
        let Origin { at, actor, session, action } = self.origin;
        let transaction = self.first_seq;
        self.headers.push(Header {
            seq,
            at,
            actor,
            session,
            action,
            transaction,
            kind,
            subject,
            record: id,
            revision,
            cm,
        });
        Ok(())
    }

    fn seal_pieces(
        &self,
        table: u8,
        subject: SubjectId,
        id: Uuid,
        slot: Slot,
        plain: &[u8],
    ) -> Result<Vec<(u16, Vec<u8>)>, StoreError> {
        let count = u16::try_from(plain.len().div_ceil(PIECE).max(1)).map_err(|_| StoreError::TooLarge)?;
        let key = self.state.keyring.subject_key(slot)?;
        let mut sealed = Vec::with_capacity(usize::from(count));
        for chunk in 0..count {
            let from = usize::from(chunk) * PIECE;
            let piece = plain.get(from..plain.len().min(from + PIECE)).unwrap_or_default();
            // The first piece says how many there are, the others which they are.
            let mut bytes = Zeroizing::new(Vec::with_capacity(piece.len() + 2));
            bytes.extend_from_slice(&(if chunk == 0 { count } else { chunk }).to_be_bytes());
            bytes.extend_from_slice(piece);
            let place = Place { table, subject, id: *id.as_bytes(), chunk };
            let salt = self.state.env.random();
            sealed.push((
                chunk,
                envelope::seal(key, &place, self.state.store, codec::SCHEMA, slot, salt, &bytes)?,
            ));
        }
        Ok(sealed)
    }

    /// Replaces a live row, keeping the digest of the live rows. A new record's rows were not there before.
    fn replace(&mut self, key: Vec<u8>, value: Option<Vec<u8>>, new: bool) -> Result<(), StoreError> {
        if let Some(old) = if new { None } else { self.read().get(&key)? } {
            self.digest.remove(&row_hash(&self.state.digest_key, &key, &old));
        }
        if let Some(new) = &value {
            self.digest.add(&row_hash(&self.state.digest_key, &key, new));
        }
        self.own.insert(key, value);
        Ok(())
    }
}

/// The staged rows as a batch.
pub(super) fn batch_of(overlay: Overlay) -> Batch {
    let mut batch = Batch::new();
    for (key, value) in overlay {
        match value {
            Some(value) => batch.put(key, value),
            None => batch.delete(key),
        }
    }
    batch
}

/// The size of a batch in bytes, by which groups are bounded.
pub(super) fn bytes_of(overlay: &Overlay) -> usize {
    overlay.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum()
}
