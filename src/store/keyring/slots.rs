//! The ways to unlock: up to eight slots, each with the master key wrapped for one secret.
//!
//! `keys/slots` is a block twice (see `block.rs`), replaced as a whole, with the payload
//! ```text
//! store id 16 | count u8 | count times:
//!   id u8 | kind u8 | created i64 LE ms | memory KiB u32 | passes u32 | lanes u32 | salt 32 | box 96
//! root box 96
//! ```
//! The box is the master key sealed under the stretched secret; all other bytes of its slot and the store id are its
//! associated data, so that a slot changed in any way does not open. Costs are zero where there is no Argon2.
//!
//! The root box is the root of the keys with a purpose, sealed under the master key: it stays when the master key is
//! replaced. Stores made before there was one lack it, and their root is their first master key.

use std::io::Write;
use std::path::Path;

use zeroize::Zeroizing;

use super::kdf::{KdfCost, Secret, WayKind};
use super::{KeyError, WayInfo};
use crate::domain::id::StoreId;
use crate::domain::time::Timestamp;
use crate::env::Env;
use crate::store::block::{self, Fields, Kind, Twins};
use crate::store::crypto::{BOX_OVERHEAD, open_box, seal_box};
use crate::store::files::{self, Doing};

/// Most ways one store has.
pub const MAX_WAYS: usize = 8;

const KIND: Kind = Kind { magic: b"CBSLOTS\0", version: 1 };
const LABEL: &[u8] = b"callbook slot";
const ROOT_LABEL: &[u8] = b"callbook root";
const BOX: usize = 32 + BOX_OVERHEAD;

#[derive(Clone)]
pub(super) struct Slots {
    store: StoreId,
    list: Vec<WaySlot>,
    root: Option<[u8; BOX]>,
}

#[derive(Clone)]
struct WaySlot {
    id: u8,
    kind: WayKind,
    created: Timestamp,
    cost: [u8; 12],
    salt: [u8; 32],
    sealed: [u8; BOX],
}

/// A way to unlock that is ready to be added: what takes time, the stretching of a passphrase, is done. Good for one
/// adding, for its salt is part of what is stored.
pub struct PreparedWay {
    kind: WayKind,
    cost: [u8; 12],
    salt: [u8; 32],
    key: Zeroizing<Vec<u8>>,
}

impl PreparedWay {
    pub fn new(secret: &Secret, cost: KdfCost, env: &Env) -> Result<PreparedWay, KeyError> {
        let (kind, salt) = (secret.kind(), env.random());
        let key = secret.stretch(&salt, cost)?;
        let cost = if kind == WayKind::Passphrase { cost.to_bytes() } else { [0; 12] };
        Ok(PreparedWay { kind, cost, salt, key })
    }

    /// Each of these, in turn.
    pub fn all(secrets: &[Secret], cost: KdfCost, env: &Env) -> Result<Vec<PreparedWay>, KeyError> {
        secrets.iter().map(|secret| PreparedWay::new(secret, cost, env)).collect()
    }
}

impl Slots {
    pub(super) fn new(store: StoreId) -> Slots {
        Slots { store, list: Vec::new(), root: None }
    }

    /// Reads `path`; the flag says that one of its two blocks is damaged and the file should be written anew.
    pub(super) fn read(path: &Path, store: StoreId) -> Result<(Slots, bool), KeyError> {
        let damaged = |what| KeyError::corrupt(path, what);
        let bytes = files::read_if_there(path, 1 << 16)?.ok_or_else(|| damaged("it is missing"))?;
        let (payload, repair) = match block::read_twins(KIND, &bytes) {
            Twins::Valid { payload, repair } => (payload, repair),
            Twins::Newer(version) => return Err(KeyError::newer(path, version)),
            Twins::Damaged => return Err(damaged("both copies in it are damaged")),
        };
        let mut fields = Fields(&payload);
        let owner = fields.array().map(StoreId::from_bytes);
        if owner != Some(store) {
            return Err(damaged("it belongs to another store"));
        }
        let count = fields.u8().filter(|count| usize::from(*count) <= MAX_WAYS);
        let mut list = Vec::new();
        for _ in 0..count.ok_or_else(|| damaged("it claims too many ways"))? {
            list.push(WaySlot::read(&mut fields).ok_or_else(|| damaged("a slot in it makes no sense"))?);
        }
        let root = match fields.0.is_empty() {
            true => None,
            false => {
                Some(fields.array().ok_or_else(|| damaged("what follows the slots in it makes no sense"))?)
            }
        };
        Ok((Slots { store, list, root }, repair))
    }

    /// Replaces the file, then overwrites the old one's bytes, so that a removed way is gone from the disk.
    pub(super) fn write(&self, path: &Path) -> Result<(), KeyError> {
        let mut payload = self.store.bytes().to_vec();
        payload.push(self.list.len() as u8);
        for slot in &self.list {
            slot.write(&mut payload);
        }
        payload.extend(self.root.iter().flatten());
        let bytes =
            block::twins(KIND, &payload).ok_or_else(|| KeyError::corrupt(path, "it has too many ways"))?;
        let old = files::open_rw(path).ok();
        files::replace(path, &bytes)?;
        if let Some(mut old) = old {
            let zeros = vec![0; bytes.len()];
            old.write_all(&zeros).and_then(|()| old.sync_data()).doing("overwrite the old", path)?;
        }
        Ok(())
    }

    /// Keeps the root of the keys with a purpose under this master key; not yet written.
    pub(super) fn set_root(&mut self, root: &[u8; 32], master: &[u8; 32], env: &Env) -> Result<(), KeyError> {
        let sealed = seal_box(master, ROOT_LABEL, self.store.bytes(), root, env);
        self.root = Some(sealed.and_then(|sealed| sealed.try_into().ok()).ok_or(KeyError::Sealing)?);
        Ok(())
    }

    /// The root of the keys with a purpose.
    pub(super) fn root(&self, master: &[u8; 32], path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let Some(sealed) = &self.root else { return Ok(Zeroizing::new(*master)) };
        let damaged = || KeyError::corrupt(path, "the root of its derived keys was changed");
        let plain = open_box(master, ROOT_LABEL, self.store.bytes(), sealed).map_err(|_| damaged())?;
        Ok(Zeroizing::new(*plain.first_chunk().ok_or_else(damaged)?))
    }

    /// Adds a way; not yet written.
    pub(super) fn add(&mut self, way: &PreparedWay, master: &[u8; 32], env: &Env) -> Result<u8, KeyError> {
        if self.list.len() >= MAX_WAYS {
            return Err(KeyError::TooManyWays);
        }
        let unused = (1..=u8::MAX).find(|id| self.list.iter().all(|slot| slot.id != *id));
        let mut slot = WaySlot {
            id: unused.ok_or(KeyError::TooManyWays)?,
            kind: way.kind,
            created: env.now(),
            cost: way.cost,
            salt: way.salt,
            sealed: [0; BOX],
        };
        slot.sealed = seal_box(&way.key, LABEL, &slot.associated(self.store), master, env)
            .and_then(|sealed| sealed.try_into().ok())
            .ok_or(KeyError::Sealing)?;
        let id = slot.id;
        self.list.push(slot);
        Ok(id)
    }

    /// Removes a way; not yet written.
    pub(super) fn remove(&mut self, id: u8) -> Result<(), KeyError> {
        let at = self.list.iter().position(|slot| slot.id == id).ok_or(KeyError::UnknownWay(id))?;
        if self.list.len() == 1 {
            return Err(KeyError::LastWay);
        }
        self.list.remove(at);
        Ok(())
    }

    pub(super) fn ways(&self) -> Vec<WayInfo> {
        let info = |slot: &WaySlot| WayInfo { id: slot.id, kind: slot.kind, created: slot.created };
        self.list.iter().map(info).collect()
    }

    /// What a guess of the first passphrase costs.
    pub(super) fn cost(&self) -> Option<KdfCost> {
        self.list.iter().find(|slot| slot.kind == WayKind::Passphrase).and_then(WaySlot::cost)
    }

    /// The master key, if `secret` opens any slot.
    pub(super) fn unwrap(&self, secret: &Secret, path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let mut refused = KeyError::NoSuchWay(secret.kind());
        for slot in self.list.iter().filter(|slot| slot.kind == secret.kind()) {
            match slot.unwrap(secret, self.store, path) {
                Ok(master) => return Ok(master),
                // A slot that is more than a wrong try is worth more as an explanation.
                Err(error @ KeyError::WrongSecret(_)) => {
                    if matches!(refused, KeyError::NoSuchWay(_)) {
                        refused = error;
                    }
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

impl WaySlot {
    fn read(fields: &mut Fields<'_>) -> Option<WaySlot> {
        Some(WaySlot {
            id: fields.u8()?,
            kind: WayKind::of_code(fields.u8()?)?,
            created: Timestamp::from_millis(fields.i64()?),
            cost: fields.array()?,
            salt: fields.array()?,
            sealed: fields.array()?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.plain_fields());
        out.extend_from_slice(&self.sealed);
    }

    fn plain_fields(&self) -> [u8; 54] {
        let mut bytes = [0; 54];
        bytes[0] = self.id;
        bytes[1] = self.kind.code();
        bytes[2..10].copy_from_slice(&self.created.millis().to_le_bytes());
        bytes[10..22].copy_from_slice(&self.cost);
        bytes[22..].copy_from_slice(&self.salt);
        bytes
    }

    fn associated(&self, store: StoreId) -> Vec<u8> {
        [store.bytes().as_slice(), &self.plain_fields()].concat()
    }

    fn unwrap(&self, secret: &Secret, store: StoreId, path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let cost = match self.kind {
            WayKind::Passphrase => self.cost().ok_or(KeyError::RefusedCost)?,
            WayKind::KeyFile | WayKind::RecoveryCode => KdfCost::MINIMUM,
        };
        let key = secret.stretch(&self.salt, cost)?;
        let damaged = || KeyError::corrupt(path, "a slot in it was changed");
        match open_box(&key, LABEL, &self.associated(store), &self.sealed) {
            Ok(plain) => Ok(Zeroizing::new(*plain.first_chunk().ok_or_else(damaged)?)),
            Err(crate::store::crypto::BoxError::WrongKey) => Err(KeyError::WrongSecret(self.kind)),
            Err(crate::store::crypto::BoxError::Damaged) => Err(damaged()),
        }
    }

    fn cost(&self) -> Option<KdfCost> {
        let mut fields = Fields(&self.cost);
        KdfCost::new(fields.u32()?, fields.u32()?, fields.u32()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::keyring::keyfile::KeyFile;

    const STORE: StoreId = StoreId::from_bytes([9; 16]);

    /// A slot whose cost was lowered or raised is refused before any work is done, also by its rightful owner.
    #[test]
    fn tampered_costs_are_refused() {
        let env = Env::system();
        let path = Path::new("slots");
        let secret = Secret::Passphrase(super::super::Passphrase::new("correct horse").unwrap());
        let mut slots = Slots::new(STORE);
        slots.add(&PreparedWay::new(&secret, KdfCost::MINIMUM, &env).unwrap(), &[1; 32], &env).unwrap();
        for (at, value) in [(0, 1024u32), (0, u32::MAX), (4, 1), (4, 1 << 30), (8, 0), (8, 1 << 20)] {
            let mut tampered = Slots { list: slots.list.clone(), ..Slots::new(STORE) };
            tampered.list[0].cost[at..at + 4].copy_from_slice(&value.to_le_bytes());
            assert!(matches!(tampered.unwrap(&secret, path), Err(KeyError::RefusedCost)), "{at} {value}");
        }
        slots.list[0].cost = KdfCost::new(20 << 10, 2, 1).unwrap().to_bytes();
        assert!(matches!(slots.unwrap(&secret, path), Err(KeyError::WrongSecret(_))));
    }

    #[test]
    fn every_field_of_a_slot_is_bound() {
        let env = Env::system();
        let path = Path::new("slots");
        let secret = Secret::KeyFile(KeyFile::generate(&env));
        let mut slots = Slots::new(STORE);
        slots.add(&PreparedWay::new(&secret, KdfCost::MINIMUM, &env).unwrap(), &[1; 32], &env).unwrap();
        assert!(*slots.unwrap(&secret, path).unwrap() == [1; 32]);
        let mut bytes = Vec::new();
        slots.list[0].write(&mut bytes);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let Some(slot) = WaySlot::read(&mut Fields(&flipped)) else { continue };
            assert!(
                Slots { list: vec![slot], ..Slots::new(STORE) }.unwrap(&secret, path).is_err(),
                "bit {bit}"
            );
        }
        let elsewhere = Slots { list: slots.list, ..Slots::new(StoreId::from_bytes([8; 16])) };
        assert!(elsewhere.unwrap(&secret, path).is_err());
    }
}
