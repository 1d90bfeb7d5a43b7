//! Staging changes of records, with the history that follows from the difference.
//!
//! The first entry of a record says nothing that the record, as long as it is unchanged, does not say itself: its changes
//! are written down when the record is changed for the first time. Most people that were imported are never changed, so
//! this is a third of the disk.

use std::collections::{BTreeMap, HashMap, HashSet};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::StoreError;
use super::backend::{Backend, Batch};
use super::codec::{self, Body, Header, Record};
use super::envelope::{self, MAX_PLAIN, Place};
use super::keyring::{Keyring, Slot};
use super::merkle::tree::Frontier;
use super::reader::{Reader, Stored};
use super::snapshot::Pasts;
use super::table;
use crate::domain::entity::{Entity, Fields, Lies, RecordKind};
use crate::domain::history::{Action, diff};
use crate::domain::id::{SessionId, StoreId, SubjectId, UserId};
use crate::domain::time::Timestamp;
use crate::env::Env;

/// Bytes of a stored form in one row; two bytes of each row count or number the pieces.
const PIECE: usize = MAX_PLAIN - HEAD;
/// Those two bytes.
pub(super) const HEAD: usize = 2;
/// So many records a transaction remembers as they were before it; whoever tells others of more does not name them.
pub const FORMER: usize = 64;

/// Who changes something, when, by what kind of request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin {
    pub at: Timestamp,
    pub actor: UserId,
    pub session: SessionId,
    pub action: Action,
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
    /// Persons whose keys are gone and of whom rows may be left: nobody reads those any more.
    pub dying: HashSet<SubjectId>,
    /// What backups that are being made still need of the rows that change.
    pub pasts: Pasts,
}

/// A sum of keyed hashes, one for each live row, modulo 2^256: it does not depend on the order, and whoever lacks the
/// key cannot make two sets with one sum.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Digest(pub [u8; 32]);

impl Digest {
    pub fn add(&mut self, hash: &[u8; 32]) {
        let mut carry = false;
        for (limb, other) in self.0.as_chunks_mut::<8>().0.iter_mut().zip(hash.as_chunks::<8>().0) {
            let (sum, over) = u64::from_le_bytes(*limb).overflowing_add(u64::from_le_bytes(*other));
            let (sum, carried) = sum.overflowing_add(u64::from(carry));
            carry = over || carried;
            *limb = sum.to_le_bytes();
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
    RowHash::new(digest_key).map_or([0; 32], |keyed| keyed.of(key, value))
}

/// [`row_hash`] for many rows: what the key alone decides is computed once.
pub(super) struct RowHash(Hmac<Sha256>);

impl RowHash {
    pub fn new(digest_key: &[u8; 32]) -> Option<RowHash> {
        Hmac::<Sha256>::new_from_slice(digest_key).ok().map(RowHash)
    }

    pub fn of(&self, key: &[u8], value: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(key);
        mac.update(value.get(..54).unwrap_or(value));
        mac.finalize().into_bytes().into()
    }
}

/// Changes that are staged and not committed: `None` is a deleted row.
pub(super) type Overlay = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

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
    /// The fields that the first of them had before; what was made here had none.
    pub(super) former: HashMap<Uuid, Fields>,
    /// Who is to be forgotten once this is on the disk.
    pub(super) forget: Vec<(SubjectId, Slot)>,
    /// Persons of whom nothing is left with this.
    pub(super) buried: Vec<SubjectId>,
}

impl WriteTxn<'_> {
    /// What can be read at this point, staged changes included.
    pub fn read(&self) -> Reader<'_> {
        Reader::new(self.state, self.group, &self.own, &self.state.frontier)
    }

    pub fn origin(&self) -> Origin {
        self.origin
    }

    pub fn env(&self) -> &Env {
        &self.state.env
    }

    /// The keys, to change how they are unlocked. That is done at once and is no part of the transaction.
    pub fn keys(&mut self) -> &mut Keyring {
        &mut self.state.keyring
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

    /// The fields that one of the first [`FORMER`] touched records had before; nothing when it was made here.
    pub fn former(&self, id: Uuid) -> Option<&Fields> {
        self.former.get(&id)
    }

    /// Makes a record with a fresh id. A contact gets a subject of its own, and with it a key; so does what is to be
    /// forgotten alone.
    pub fn create<T: Entity>(&mut self, about: SubjectId, entity: &T) -> Result<Stored, StoreError> {
        let id = self.state.env.ids.next();
        let (subject, slot) = match T::KIND.lies() {
            Lies::Person | Lies::Itself => (SubjectId(id), self.state.keyring.allocate()?),
            Lies::AboutPerson | Lies::Nobody => {
                let slot = self.read().slot_of(about)?;
                (about, slot.ok_or_else(|| StoreError::Damaged("a note is about nobody".to_owned()))?)
            }
        };
        self.stage(T::KIND, subject, id, slot, None, entity.fields())
    }

    /// Makes a record about somebody under an id that was given to it before; nothing else may have it.
    pub fn create_as<T: Entity>(
        &mut self,
        about: SubjectId,
        id: Uuid,
        entity: &T,
    ) -> Result<Stored, StoreError> {
        if T::KIND == RecordKind::Contact || self.read().record(T::KIND, about, id)?.is_some() {
            return Err(StoreError::Damaged("a record of this id is there already".to_owned()));
        }
        let slot = self.read().slot_of(about)?;
        let slot = slot.ok_or_else(|| StoreError::Damaged("a record is about nobody".to_owned()))?;
        self.stage(T::KIND, about, id, slot, None, entity.fields())
    }

    /// Makes a record that was made in another store before, under this key.
    pub(super) fn put_as(&mut self, old: &Stored, slot: Slot) -> Result<Stored, StoreError> {
        self.stage(old.kind, old.subject, old.id, slot, None, old.record.fields.clone())
    }

    /// Changes a record to `fields`. When nothing differs, nothing is staged and `None` is the answer.
    pub fn update(&mut self, old: &Stored, fields: Fields) -> Result<Option<Stored>, StoreError> {
        if old.record.fields == fields {
            return Ok(None);
        }
        if old.kind.only_grows() {
            return Err(StoreError::OnlyGrows(old.kind));
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
        let body = match old {
            None => {
                Body { r: self.state.keyring.subject_key(slot)?.creation_r(id.as_bytes(), seq)?, changes }
            }
            Some(old) => {
                if let Some(first) = self.read().creation(subject, id, slot, old)? {
                    self.put_body(subject, id, slot, old.last_seq, &first)?;
                }
                let body = Body { r: self.state.env.random(), changes };
                self.put_body(subject, id, slot, seq, &body)?;
                body
            }
        };
        let Origin { at, actor, session, action } = self.origin;
        self.headers.push(Header {
            seq,
            at,
            actor,
            session,
            action,
            transaction: self.first_seq,
            kind,
            subject,
            record: id,
            revision,
            cm: body.commitment()?,
        });
        let stored = Stored { kind, subject, id, slot: slot.0, record };
        match self.places.get(&id).and_then(|at| self.touched.get_mut(*at)) {
            Some(place) => *place = stored.clone(),
            None => {
                if let Some(old) = old.filter(|_| self.touched.len() < FORMER) {
                    self.former.insert(id, old.fields.clone());
                }
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
        subject: SubjectId,
        id: Uuid,
        slot: Slot,
        seq: u64,
        body: &Body,
    ) -> Result<(), StoreError> {
        let plain = Zeroizing::new(codec::encode(body)?);
        for (chunk, sealed) in self.seal_pieces(table::BODIES, subject, id, slot, &plain)? {
            self.own.insert(table::body_key(subject, id.as_bytes(), seq, chunk), Some(sealed));
        }
        Ok(())
    }

    pub(super) fn seal_pieces(
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
    pub(super) fn replace(
        &mut self,
        key: Vec<u8>,
        value: Option<Vec<u8>>,
        new: bool,
    ) -> Result<(), StoreError> {
        if let Some(old) = if new { None } else { self.read().get_any(&key)? } {
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

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::domain::contact::Company;
    use crate::domain::history::fold;
    use crate::store::Store;
    use crate::store::backend::{MemoryBackend, MemoryDisk};
    use crate::store::open as stores;

    fn rows(disk: &MemoryDisk, table: u8) -> usize {
        let mut count = 0;
        MemoryBackend::on(disk.clone())
            .scan(&[table], &[table], &mut |_, _| {
                count += 1;
                ControlFlow::Continue(())
            })
            .unwrap();
        count
    }

    fn write<R: Send + 'static>(
        store: &Store,
        action: Action,
        f: impl FnOnce(&mut WriteTxn<'_>) -> Result<R, StoreError> + Send + 'static,
    ) -> R {
        let origin = Origin {
            at: Timestamp::from_millis(0),
            actor: UserId(Uuid::nil()),
            session: SessionId(Uuid::nil()),
            action,
        };
        store.write(origin, f).unwrap()
    }

    #[test]
    fn the_first_entry_is_written_down_with_the_first_change() {
        let (env, disk) = (Env::system(), MemoryDisk::new());
        let id = StoreId(env.ids.next());
        let ring = Keyring::in_memory(id, &env).unwrap();
        let store = stores::fresh(Box::new(MemoryBackend::on(disk.clone())), ring, id, &env).unwrap();
        let named = |name: &str| Company { name: name.to_owned(), ..Company::default() };
        let first = named("Muster");
        let company = first.clone();
        let made = write(&store, Action::Create, move |txn| txn.create(SubjectId::NOBODY, &company));
        assert_eq!(rows(&disk, table::BODIES), 0);
        let before = made.clone();
        let entries = store.read(move |reader| reader.bodies(&before)).unwrap();
        let mut fields = Fields::new();
        fold(&mut fields, &entries[0].1.changes).unwrap();
        assert_eq!((entries.len(), &fields), (1, &first.fields()));
        let as_made = entries[0].1.commitment().unwrap();

        let second = named("Muster & Co").fields();
        let changed = write(&store, Action::Edit, {
            let (made, second) = (made.clone(), second.clone());
            move |txn| txn.update(&made, second)
        });
        assert_eq!(rows(&disk, table::BODIES), 2);
        let after = changed.unwrap();
        let entries = store.read(move |reader| reader.bodies(&after)).unwrap();
        assert_eq!(entries[0].1.commitment().unwrap(), as_made, "the same changes under the same commitment");
        let mut fields = Fields::new();
        entries.iter().for_each(|(_, body)| fold(&mut fields, &body.changes).unwrap());
        assert_eq!(fields, second);
        // Made and changed in one transaction.
        write(&store, Action::Import, move |txn| {
            let made = txn.create(SubjectId::NOBODY, &named("Other"))?;
            txn.update(&made, named("Another").fields())
        });
        assert_eq!(store.read(|reader| reader.verify()).unwrap().problems, Vec::<String>::new());
    }
}
