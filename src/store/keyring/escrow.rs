//! The key escrow: the current keys in one file, under a passphrase of its own, kept where the store is not.
//!
//! ```text
//! block (block.rs)   magic CBESCROW, version 1: store id 16 | escrow id 16 | epoch u64 LE | made i64 LE ms |
//!                    chunks u32 LE | lock
//! lock               memory KiB u32 | passes u32 | lanes u32 | salt 32 | public key 32 | box 96
//! ephemeral key 32
//! box 128            master key 32 | root 32
//! chunks times       box of 4096 keys, as the ring has them: 131072 bytes and 64 of overhead
//! SHA-256 of all before, 32
//! ```
//! The box of the lock is an X25519 secret key (RFC 7748) sealed under the passphrase (Argon2id); its public key stands
//! beside it. What follows is sealed under the secret that the public key shares with an ephemeral one, which is thrown
//! away. So the store, which keeps the lock, can write the escrow anew whenever a key was destroyed, without knowing the
//! passphrase — and without being able to open what it wrote: whoever has the unlocked store and an *old* copy of the
//! escrow still does not have the keys of the forgotten. Only the escrow's own passphrase opens such a copy; therefore it
//! is overwritten, never versioned, and must not be copied about.
//!
//! The lock in the file is never trusted for writing: the one that the store registered is, or whoever exchanges the file
//! would be sent the keys.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};
use zeroize::Zeroizing;

use super::memory::Roots;
use super::ring::{CHUNK_SLOTS, Ring};
use super::slots::Slots;
use super::{KdfCost, KeyError, Keyring, Passphrase, Secret};
use crate::domain::id::StoreId;
use crate::domain::time::Timestamp;
use crate::env::Env;
use crate::store::block::{self, BLOCK, Block, Fields, Kind};
use crate::store::crypto::{BOX_OVERHEAD, BoxError, open_box, seal_box};
use crate::store::files::{self, Doing};

const KIND: Kind = Kind { magic: b"CBESCROW", version: 1 };
const LOCK_LABEL: &[u8] = b"callbook escrow lock";
const ROOTS_LABEL: &[u8] = b"callbook escrow roots";
const CHUNK_LABEL: &[u8] = b"callbook escrow ring";
const LOCK: usize = 12 + 32 + 32 + 32 + BOX_OVERHEAD;
const ROOTS: usize = 64 + BOX_OVERHEAD;
const CHUNK: usize = CHUNK_SLOTS * 32 + BOX_OVERHEAD;
/// The version of a lock's text.
const TEXT: &str = "1 ";

/// What an escrow is sealed to: nothing in it is secret, and the passphrase opens it.
#[derive(Clone, PartialEq, Eq)]
pub struct Lock {
    cost: [u8; 12],
    salt: [u8; 32],
    public: [u8; 32],
    sealed: [u8; 32 + BOX_OVERHEAD],
}

impl Lock {
    /// A lock that this passphrase opens, for the escrow with this id.
    pub fn new(
        store: StoreId,
        id: Uuid,
        passphrase: Passphrase,
        cost: KdfCost,
        env: &Env,
    ) -> Result<Lock, KeyError> {
        let secret = Zeroizing::new(env.random::<32>());
        let mut lock = Lock {
            cost: cost.to_bytes(),
            salt: env.random(),
            public: x25519(*secret, X25519_BASEPOINT_BYTES),
            sealed: [0; 32 + BOX_OVERHEAD],
        };
        let key = Secret::Passphrase(passphrase).stretch(&lock.salt, cost)?;
        lock.sealed = seal_box(&key, LOCK_LABEL, &lock.associated(store, id), &*secret, env)
            .and_then(|sealed| sealed.try_into().ok())
            .ok_or(KeyError::Sealing)?;
        Ok(lock)
    }

    fn associated(&self, store: StoreId, id: Uuid) -> Vec<u8> {
        [store.bytes().as_slice(), id.as_bytes(), &self.cost, &self.salt, &self.public].concat()
    }

    /// The secret key.
    fn open(
        &self,
        store: StoreId,
        id: Uuid,
        passphrase: Passphrase,
    ) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let mut cost = Fields(&self.cost);
        let cost = match (cost.u32(), cost.u32(), cost.u32()) {
            (Some(memory), Some(passes), Some(lanes)) => KdfCost::new(memory, passes, lanes),
            _ => None,
        };
        let key = Secret::Passphrase(passphrase).stretch(&self.salt, cost.ok_or(KeyError::RefusedCost)?)?;
        match open_box(&key, LOCK_LABEL, &self.associated(store, id), &self.sealed) {
            Ok(plain) => {
                let secret = plain.first_chunk().copied().map(Zeroizing::new);
                secret.ok_or(KeyError::DamagedEscrow("its lock holds no key"))
            }
            Err(BoxError::WrongKey) => Err(KeyError::WrongEscrowPassphrase),
            Err(BoxError::Damaged) => Err(KeyError::DamagedEscrow("its lock was changed")),
        }
    }

    fn bytes(&self) -> [u8; LOCK] {
        let mut bytes = [0; LOCK];
        bytes[..12].copy_from_slice(&self.cost);
        bytes[12..44].copy_from_slice(&self.salt);
        bytes[44..76].copy_from_slice(&self.public);
        bytes[76..].copy_from_slice(&self.sealed);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Lock> {
        let mut fields = Fields(bytes);
        let lock = Lock {
            cost: fields.array()?,
            salt: fields.array()?,
            public: fields.array()?,
            sealed: fields.array()?,
        };
        fields.0.is_empty().then_some(lock)
    }

    /// As the store keeps it.
    pub fn to_text(&self) -> String {
        format!("{TEXT}{}", BASE64.encode(self.bytes()))
    }

    /// Reads what [`to_text`](Lock::to_text) wrote.
    pub fn parse(text: &str) -> Option<Lock> {
        Lock::read(&BASE64.decode(text.strip_prefix(TEXT)?).ok()?)
    }
}

/// An escrow that the store keeps current.
#[derive(Clone)]
pub struct Registered {
    pub id: Uuid,
    pub path: PathBuf,
    pub lock: Lock,
}

/// Sealed keys, not yet written.
pub struct Sealed {
    pub id: Uuid,
    path: PathBuf,
    store: StoreId,
    bytes: Vec<u8>,
    /// What the keys are that it holds.
    pub epoch: u64,
    pub slots: u32,
}

/// An escrow as it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    pub epoch: u64,
    pub slots: u32,
    /// Of the whole file.
    pub sha256: [u8; 32],
}

/// Seals the keys of today to each escrow. This is all that has to wait for the keys; the files are written elsewhere.
pub fn seal_all(
    keyring: &Keyring,
    escrows: &[Registered],
    at: Timestamp,
) -> Vec<(Uuid, Result<Sealed, KeyError>)> {
    let seal = |escrow: &Registered| {
        let bytes = keyring.seal_escrow(escrow.id, &escrow.lock, at)?;
        let (path, store) = (escrow.path.clone(), keyring.store);
        Ok(Sealed { id: escrow.id, path, store, bytes, epoch: keyring.epoch(), slots: keyring.slots() })
    };
    escrows.iter().map(|escrow| (escrow.id, seal(escrow))).collect()
}

/// Writes each escrow anew: what [`seal_all`] and [`Sealed::write`] do, in one step, for whoever holds the keys anyway.
pub fn refresh_all(
    keyring: &Keyring,
    escrows: &[Registered],
    at: Timestamp,
) -> Vec<(Uuid, Result<Written, KeyError>)> {
    let sealed = seal_all(keyring, escrows, at);
    sealed.into_iter().map(|(id, sealed)| (id, sealed.and_then(|sealed| sealed.write()))).collect()
}

impl Sealed {
    /// The bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Puts the file in place of the one before, whose bytes are then overwritten. A file that is no escrow of this store
    /// is let be.
    pub fn write(&self) -> Result<Written, KeyError> {
        let before = check_place(&self.path, self.store)?;
        files::replace(&self.path, &self.bytes)?;
        if let Some(mut file) = before {
            let len = file.metadata().doing("look at", &self.path)?.len();
            let zeros = vec![0; 1 << 16];
            let mut at = 0;
            while at < len {
                let n = (len - at).min(zeros.len() as u64);
                files::write_at(&mut file, at, &zeros[..n as usize], &self.path)?;
                at += n;
            }
            file.flush().and_then(|()| file.sync_data()).doing("overwrite the old", &self.path)?;
        }
        Ok(Written { epoch: self.epoch, slots: self.slots, sha256: Sha256::digest(&self.bytes).into() })
    }
}

/// Refuses a place where something else lies than an escrow of this store; the escrow that lies there, if one does.
pub fn check_place(path: &Path, store: StoreId) -> Result<Option<File>, KeyError> {
    let mut file = match files::open_rw(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut head = Vec::with_capacity(BLOCK);
    (&mut file).take(BLOCK as u64).read_to_end(&mut head).doing("read", path)?;
    match block::decode(KIND, &head) {
        Block::Valid(payload) if payload.starts_with(store.bytes()) => Ok(Some(file)),
        _ => Err(KeyError::NotOurEscrow(path.into())),
    }
}

impl Keyring {
    /// The bytes of an escrow of these keys.
    pub fn seal_escrow(&self, id: Uuid, lock: &Lock, at: Timestamp) -> Result<Vec<u8>, KeyError> {
        let chunks = self.ring.plain_chunks();
        let payload = [
            self.store.bytes().as_slice(),
            id.as_bytes(),
            &self.epoch.to_le_bytes(),
            &at.millis().to_le_bytes(),
            &(chunks.len() as u32).to_le_bytes(),
            &lock.bytes(),
        ]
        .concat();
        let block = block::encode(KIND, &payload).ok_or(KeyError::Sealing)?;
        let secret = Zeroizing::new(self.env.random::<32>());
        let ephemeral = x25519(*secret, X25519_BASEPOINT_BYTES);
        let key = shared(&secret, &lock.public, &ephemeral, &lock.public).ok_or(KeyError::Sealing)?;
        let seal = |label: &[u8], n: u32, plain: &[u8]| {
            seal_box(&*key, label, &associated(&payload, n), plain, &self.env).ok_or(KeyError::Sealing)
        };
        let mut bytes = Vec::with_capacity(BLOCK + 32 + ROOTS + chunks.len() * CHUNK + 32);
        bytes.extend_from_slice(&block);
        bytes.extend_from_slice(&ephemeral);
        let mut roots = Zeroizing::new([0; 64]);
        roots[..32].copy_from_slice(self.roots.master());
        roots[32..].copy_from_slice(self.roots.root());
        bytes.extend_from_slice(&seal(ROOTS_LABEL, 0, &*roots)?);
        for (n, chunk) in chunks.enumerate() {
            bytes.extend_from_slice(&seal(CHUNK_LABEL, n as u32, &chunk)?);
        }
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        Ok(bytes)
    }
}

/// An escrow that was read, whole and not yet opened.
pub struct Escrow {
    pub store: StoreId,
    pub id: Uuid,
    pub epoch: u64,
    pub made_at: Timestamp,
    /// Keys in it.
    pub slots: u32,
    chunks: u32,
    lock: Lock,
    payload: Vec<u8>,
    body: Vec<u8>,
}

impl Escrow {
    /// Whether a file that begins so is an escrow, whole or not.
    pub fn is(head: &[u8]) -> bool {
        head.starts_with(KIND.magic)
    }

    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Escrow, KeyError> {
        // The largest ring there can be has 8 GiB; nobody's has.
        let bytes = files::read(path, 1 << 32)?;
        if !Escrow::is(&bytes) {
            return Err(KeyError::NotAnEscrow(path.into()));
        }
        Escrow::parse(&bytes, path)
    }

    /// Reads the bytes of an escrow; `path` is where they came from, for messages.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Escrow, KeyError> {
        let damaged = KeyError::DamagedEscrow;
        let payload = match block::decode(KIND, block::nth(bytes, 0)) {
            Block::Valid(payload) => payload,
            Block::Newer(version) => return Err(KeyError::newer(path, version)),
            Block::Empty | Block::Damaged => return Err(damaged("its head")),
        };
        let mut fields = Fields(payload);
        let mut head = || {
            Some((
                StoreId::from_bytes(fields.array()?),
                Uuid::from_bytes(fields.array()?),
                fields.u64()?,
                Timestamp::from_millis(fields.i64()?),
                fields.u32()?,
                Lock::read(fields.0)?,
            ))
        };
        let (store, id, epoch, made_at, chunks, lock) = head().ok_or(damaged("its head"))?;
        let (rest, sum) = bytes.split_last_chunk::<32>().ok_or(damaged("its end"))?;
        let body = rest.get(BLOCK..).ok_or(damaged("its end"))?;
        let length = usize::try_from(chunks).ok().and_then(|chunks| chunks.checked_mul(CHUNK));
        if length.and_then(|length| length.checked_add(32 + ROOTS)) != Some(body.len()) {
            return Err(damaged("its length"));
        }
        if Sha256::digest(rest)[..] != sum[..] {
            return Err(damaged("its checksum"));
        }
        let slots = chunks.saturating_mul(CHUNK_SLOTS as u32);
        let (payload, body) = (payload.to_vec(), body.to_vec());
        Ok(Escrow { store, id, epoch, made_at, slots, chunks, lock, payload, body })
    }

    /// The keys in it, in memory; nothing unlocks them until they [settle](Keyring::settle_in) with new ways.
    pub fn open(&self, passphrase: Passphrase, env: &Env) -> Result<Keyring, KeyError> {
        let damaged = || KeyError::DamagedEscrow("it does not open");
        let secret = self.lock.open(self.store, self.id, passphrase)?;
        let (ephemeral, rest) = self.body.split_first_chunk::<32>().ok_or_else(damaged)?;
        let key = shared(&secret, ephemeral, ephemeral, &self.lock.public).ok_or_else(damaged)?;
        let open = |label: &[u8], n: u32, sealed: &[u8]| {
            open_box(&*key, label, &associated(&self.payload, n), sealed).map_err(|_| damaged())
        };
        let (sealed, rest) = rest.split_at_checked(ROOTS).ok_or_else(damaged)?;
        let plain = open(ROOTS_LABEL, 0, sealed)?;
        let (master, root) = plain.split_first_chunk::<32>().ok_or_else(damaged)?;
        let mut roots = Roots::new();
        roots.set_master(master);
        roots.set_root(root.first_chunk().ok_or_else(damaged)?);
        let mut chunks = Vec::new();
        for (n, sealed) in (0..self.chunks).zip(rest.chunks_exact(CHUNK)) {
            chunks.push(open(CHUNK_LABEL, n, sealed)?);
        }
        let ring = Ring::of_chunks(chunks).ok_or_else(damaged)?;
        let slots = Slots::new(self.store);
        let mut keyring = Keyring::of(Path::new(""), self.store, env, roots, slots, self.epoch, ring);
        keyring.volatile = true;
        Ok(keyring)
    }
}

/// What two keys share, with both public ones (RFC 7748, 6.1); `None` when it is zero, as with a key of small order.
fn shared(
    secret: &[u8; 32],
    theirs: &[u8; 32],
    ephemeral: &[u8; 32],
    public: &[u8; 32],
) -> Option<Zeroizing<[u8; 96]>> {
    let mut key = Zeroizing::new([0; 96]);
    let both = Zeroizing::new(x25519(*secret, *theirs));
    if *both == [0; 32] {
        return None;
    }
    key[..32].copy_from_slice(&*both);
    key[32..64].copy_from_slice(ephemeral);
    key[64..].copy_from_slice(public);
    Some(key)
}

fn associated(payload: &[u8], n: u32) -> Vec<u8> {
    [payload, n.to_le_bytes().as_slice()].concat()
}

#[cfg(test)]
mod tests;
