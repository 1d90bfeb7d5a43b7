//! The keys of a store: who may open it, and what each data subject's values are sealed with.
//!
//! ```text
//! secret ── Argon2id or HKDF ── slot ── master key ─┬─ root ── HKDF ── keys with a purpose (checkpoints, suppression, digest)
//!                                        epoch secret ┴─ HKDF ── ring ── subject key of slot n ── one value
//! ```
//! Forgetting people is [`Keyring::forget`]: their 32 bytes are replaced by fresh random ones in a new ring under a new
//! epoch secret, and the old secret is destroyed. Whoever copied the old ring has noise, also with the passphrase.
//!
//! Removing a way to unlock does not change the master key: whoever kept a copy of the slots and knows the removed
//! secret still has the master key, and with a copy of today's `keys/` everything. It ends access through this store.
//! [`Keyring::rotate`] replaces the master key, so that what such a copy holds opens nothing that is written later.
//!
//! [`escrow`] is the copy of the keys that is kept elsewhere; [`Keyring::look`] reads keys without touching them.

mod copy;
mod epoch;
pub mod escrow;
mod kdf;
mod keyfile;
mod memory;
pub mod password;
mod recovery;
mod ring;
mod rotate;
mod slots;

use std::path::{Path, PathBuf};

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::envelope::SubjectKey;
use super::files::{self, FileError};
use crate::domain::id::StoreId;
use crate::domain::time::Timestamp;
use crate::env::Env;

use self::epoch::Epoch;
use self::memory::Roots;
use self::ring::{Ring, Seal};
use self::slots::Slots;

pub use self::kdf::{KdfCost, Passphrase, Secret, WayKind};
pub use self::keyfile::{KeyFile, KeyFileError};
pub use self::memory::{Hardening, harden_process};
pub use self::recovery::{GROUPS as RECOVERY_GROUPS, RecoveryCode, RecoveryCodeError};
pub use self::slots::{MAX_WAYS, PreparedWay};

/// The number of a key in the ring.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slot(pub u32);

impl Slot {
    /// The store's own key, for records about nobody.
    pub const STORE: Slot = Slot(0);
}

/// A way to unlock the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WayInfo {
    pub id: u8,
    pub kind: WayKind,
    pub created: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the {0} is wrong; check it, or use another way to unlock")]
    WrongSecret(WayKind),
    #[error("this store has no {0} to unlock it with; use another way")]
    NoSuchWay(WayKind),
    #[error("the passphrase is too short; take at least {} characters", Passphrase::SHORTEST)]
    PassphraseTooShort,
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    #[error(transparent)]
    RecoveryCode(#[from] RecoveryCodeError),
    #[error("{} is damaged: {what}; restore the keys from the key escrow", file.display())]
    Corrupt { file: PathBuf, what: String },
    #[error("{} has version {version}, made by a newer version of callbook; update callbook", file.display())]
    Newer { file: PathBuf, version: u16 },
    #[error(
        "a passphrase slot asks for a cost that callbook never writes: somebody changed it; restore the keys from the key escrow"
    )]
    RefusedCost,
    #[error("the passphrase could not be checked ({0}); free some memory and try again")]
    Argon2(String),
    #[error("a store has at most {MAX_WAYS} ways to unlock it; remove one first")]
    TooManyWays,
    #[error("there is no way to unlock with number {0}; list them with `callbook keys list`")]
    UnknownWay(u8),
    #[error("the last way to unlock cannot be removed; add another first")]
    LastWay,
    #[error(
        "a record uses key {slot}, but the ring has {slots}: keys were lost; restore the current keys from the key escrow"
    )]
    SlotBeyondRing { slot: u32, slots: u32 },
    #[error("the store's own key cannot be forgotten")]
    StoreKey,
    #[error("the ring has no room for more people")]
    RingFull,
    #[error("the passphrase of the key escrow is wrong; it has one of its own")]
    WrongEscrowPassphrase,
    #[error("{} is not a key escrow of this store; it is not overwritten, name another file", .0.display())]
    NotOurEscrow(PathBuf),
    #[error("{} is no key escrow; name the file that `callbook keys escrow` wrote", .0.display())]
    NotAnEscrow(PathBuf),
    #[error("the key escrow is cut or damaged ({0}); use another copy of it")]
    DamagedEscrow(&'static str),
    #[error(
        "the file system of {} cannot exchange two directories in one step, which a new master key needs; move the store to another", .0.display()
    )]
    NoExchange(PathBuf),
    #[error("an earlier change of the keys failed half way; start again, which completes or undoes it")]
    Broken,
    #[error("sealing failed, which should be impossible; report it")]
    Sealing,
    #[error(transparent)]
    File(#[from] FileError),
}

/// Why a store did not unlock.
pub type UnlockError = KeyError;

impl KeyError {
    fn corrupt(file: &Path, what: &str) -> KeyError {
        KeyError::Corrupt { file: file.into(), what: what.into() }
    }

    fn newer(file: &Path, version: u16) -> KeyError {
        KeyError::Newer { file: file.into(), version }
    }
}

/// The unlocked keys of a store. Its directory is under the store's lock.
pub struct Keyring {
    dir: PathBuf,
    store: StoreId,
    env: Env,
    roots: Roots,
    slots: Slots,
    epoch: u64,
    ring: Ring,
    repairs: Vec<String>,
    /// A change failed at a point where the files may be ahead of the memory.
    broken: bool,
    /// There are no files: the keys go with the process.
    volatile: bool,
    #[cfg(test)]
    points_left: std::sync::atomic::AtomicUsize,
}

impl Keyring {
    /// Makes the keys of a new store in `dir`, which exists and has none, unlocked by each of `ways`.
    pub fn create(
        dir: &Path,
        store: StoreId,
        ways: &[Secret],
        cost: KdfCost,
        env: &Env,
    ) -> Result<Keyring, KeyError> {
        if ways.is_empty() {
            return Err(KeyError::LastWay);
        }
        let mut roots = Roots::new();
        roots.set_master(&Zeroizing::new(env.random::<32>()));
        roots.set_root(&Zeroizing::new(env.random::<32>()));
        let slots = slots_of(store, &PreparedWay::all(ways, cost, env)?, &roots, env)?;
        let mut keyring = Keyring::of(dir, store, env, roots, slots, 0, Ring::generate(env));
        keyring.write_anew(dir, 0)?;
        Ok(keyring)
    }

    /// Writes all files of the keys to `dir`, which has none, under a fresh secret of the epoch `number`.
    fn write_anew(&mut self, dir: &Path, number: u64) -> Result<(), KeyError> {
        let epoch = Epoch::generate(number, self.store, self.roots.master(), &self.env)?;
        self.roots.set_epoch(&epoch.secret);
        self.epoch = number;
        self.point()?;
        self.ring.write(dir, self.seal(), &self.env)?;
        self.point()?;
        epoch::create(&dir.join("epoch"), &epoch)?;
        self.point()?;
        // Last, because a directory without slots has no keys.
        self.slots.write(&dir.join("slots"))?;
        files::sync_dir(dir)?;
        Ok(())
    }

    /// Makes keys that are never written: for the demo, and for tests of what stands above.
    pub fn in_memory(store: StoreId, env: &Env) -> Result<Keyring, KeyError> {
        let mut roots = Roots::new();
        roots.set_master(&Zeroizing::new(env.random()));
        roots.set_root(&Zeroizing::new(env.random()));
        let epoch = Epoch::generate(0, store, roots.master(), env)?;
        roots.set_epoch(&epoch.secret);
        let mut keyring =
            Keyring::of(Path::new(""), store, env, roots, Slots::new(store), 0, Ring::generate(env));
        keyring.volatile = true;
        Ok(keyring)
    }

    /// Whether a secret opens the keys in `dir`. Nothing is kept or changed.
    pub fn check(dir: &Path, store: StoreId, secret: &Secret) -> Result<(), UnlockError> {
        let path = dir.join("slots");
        let (slots, _) = Slots::read(&path, store)?;
        slots.unwrap(secret, &path).map(drop)
    }

    /// Opens the keys in `dir` with one secret; completes an interrupted change, repairs what has a good copy.
    pub fn unlock(dir: &Path, store: StoreId, secret: &Secret, env: &Env) -> Result<Keyring, UnlockError> {
        let path = dir.join("slots");
        let (slots, repair_slots) = Slots::read(&path, store)?;
        let mut roots = Roots::new();
        let master = slots.unwrap(secret, &path)?;
        roots.set_master(&master);
        roots.set_root(&*slots.root(&master, &path)?);
        let epoch_path = dir.join("epoch");
        let found = epoch::read(&epoch_path, store, roots.master())?;
        roots.set_epoch(&found.current.secret);
        let mut repairs = Vec::new();
        let number = found.current.number;
        let seal = Seal { store, epoch: number, master: roots.master(), secret: roots.epoch() };
        let ring = ring::load(dir, seal, &mut repairs)?;
        // Everything was read and is good: only now may anything be removed.
        if repair_slots {
            slots.write(&path)?;
            repairs
                .push(format!("{}: one of its copies was damaged; repaired from the other", path.display()));
        }
        if found.settle(&epoch_path)? {
            repairs.push(format!(
                "{}: an interrupted change was completed, or a copy repaired",
                epoch_path.display()
            ));
        }
        ring::wipe_others(dir, number)?;
        if rotate::wipe_leftover(dir)? {
            repairs.push(format!("{}: what a replacement of the master key left was wiped", dir.display()));
        }
        let mut keyring = Keyring::of(dir, store, env, roots, slots, number, ring);
        keyring.repairs = repairs;
        Ok(keyring)
    }

    fn of(
        dir: &Path,
        store: StoreId,
        env: &Env,
        roots: Roots,
        slots: Slots,
        epoch: u64,
        ring: Ring,
    ) -> Keyring {
        Keyring {
            dir: dir.into(),
            store,
            env: env.clone(),
            roots,
            slots,
            epoch,
            ring,
            repairs: Vec::new(),
            broken: false,
            volatile: false,
            #[cfg(test)]
            points_left: usize::MAX.into(),
        }
    }

    /// Whose keys these are.
    pub fn store_id(&self) -> StoreId {
        self.store
    }

    /// What unlocking repaired, in words, for `doctor` and the log.
    pub fn repairs(&self) -> &[String] {
        &self.repairs
    }

    /// Whether the master key is kept out of swap; `false` where the system allows no locked memory.
    pub fn locked_in_memory(&self) -> bool {
        self.roots.locked()
    }

    /// How often people were forgotten; goes up with each [`forget`](Keyring::forget).
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The key of a slot.
    pub fn subject_key(&self, slot: Slot) -> Result<&SubjectKey, KeyError> {
        self.ring.key(slot).ok_or(KeyError::SlotBeyondRing { slot: slot.0, slots: self.ring.len() })
    }

    /// The store's own key, for records about nobody.
    pub fn store_key(&self) -> Result<&SubjectKey, KeyError> {
        self.subject_key(Slot::STORE)
    }

    /// A key for one purpose, always the same for this store: HKDF-Extract (RFC 5869) of the root, salted with the
    /// purpose. Neither forgetting nor another master key changes it.
    pub fn derive(&self, purpose: &'static str) -> Zeroizing<[u8; 32]> {
        let salt = [b"callbook derive ", purpose.as_bytes()].concat();
        let (key, _) = Hkdf::<Sha256>::extract(Some(&salt), self.roots.root());
        Zeroizing::new(key.into())
    }

    /// Marks the slots that records name; called once after unlocking, before any [`allocate`](Keyring::allocate).
    pub fn set_used(&mut self, slots: impl IntoIterator<Item = Slot>) -> Result<(), KeyError> {
        slots.into_iter().try_for_each(|slot| self.mark_used(slot))
    }

    /// Marks one slot as used.
    pub fn mark_used(&mut self, slot: Slot) -> Result<(), KeyError> {
        self.ring.set_used(slot)
    }

    /// Whether a slot is taken.
    pub fn is_used(&self, slot: Slot) -> bool {
        self.ring.is_used(slot)
    }

    /// How many keys there are, taken or free; goes up when the ring grows.
    pub fn slots(&self) -> u32 {
        self.ring.len()
    }

    /// How many slots are taken, the store's own included.
    pub fn used_count(&self) -> u32 {
        self.ring.used_count()
    }

    /// Takes a free slot for a new person; its key is on the disk, twice. Taking itself is not recorded: a slot that
    /// no record names is free again after the next unlocking.
    ///
    /// After a crash of the machine, a key may so pass from a record that was never acknowledged to another person.
    /// Where that matters, call [`forget`](Keyring::forget) with no slots first, which renews all free keys.
    pub fn allocate(&mut self) -> Result<Slot, KeyError> {
        if self.broken {
            return Err(KeyError::Broken);
        }
        if let Some(slot) = self.ring.take() {
            return Ok(slot);
        }
        if self.volatile {
            self.ring.extend(&self.env)?;
            return self.ring.take().ok_or(KeyError::RingFull);
        }
        self.broken = true;
        // Not `self.seal()`, which would borrow all of self.
        let (master, secret) = (self.roots.master(), self.roots.epoch());
        let seal = Seal { store: self.store, epoch: self.epoch, master, secret };
        self.ring.grow(&self.dir, seal, &self.env)?;
        self.broken = false;
        self.ring.take().ok_or(KeyError::RingFull)
    }

    /// Destroys the keys of `slots`, in one step however many they are, and renews all free keys.
    ///
    /// The commit point is one synced block (see `epoch.rs`). An error leaves it open whether that was reached: the
    /// keyring is then broken, and unlocking again finds either all of them destroyed or none. The caller has committed
    /// the intent to the database before, and calls again until this succeeds.
    pub fn forget(&mut self, slots: &[Slot]) -> Result<(), KeyError> {
        if self.broken {
            return Err(KeyError::Broken);
        }
        for slot in slots {
            self.subject_key(*slot)?;
            if *slot == Slot::STORE {
                return Err(KeyError::StoreKey);
            }
        }
        if self.volatile {
            self.ring = self.ring.without(slots, &self.env);
            self.epoch += 1;
            return Ok(());
        }
        self.broken = true;
        let next = Epoch::generate(self.epoch + 1, self.store, self.roots.master(), &self.env)?;
        let ring = self.ring.without(slots, &self.env);
        let seal =
            Seal { store: self.store, epoch: next.number, master: self.roots.master(), secret: &next.secret };
        self.point()?;
        ring.write(&self.dir, seal, &self.env)?;
        let path = self.epoch_path();
        self.point()?;
        next.write(&path, 0)?;
        self.ring = ring;
        self.roots.set_epoch(&next.secret);
        self.epoch = next.number;
        self.point()?;
        next.write(&path, 1)?;
        self.point()?;
        next.wipe_other(&path)?;
        self.point()?;
        ring::wipe_others(&self.dir, self.epoch)?;
        self.broken = false;
        Ok(())
    }

    /// Adds a way to unlock, and gives its number.
    pub fn add_way(&mut self, way: &PreparedWay) -> Result<u8, KeyError> {
        let id = self.slots.add(way, self.roots.master(), &self.env)?;
        if self.volatile {
            return Ok(id);
        }
        if let Err(error) = self.slots.write(&self.slots_path()) {
            self.reread_slots();
            return Err(error);
        }
        Ok(id)
    }

    /// Removes a way to unlock; never the last.
    pub fn remove_way(&mut self, id: u8) -> Result<(), KeyError> {
        self.slots.remove(id)?;
        if self.volatile {
            return Ok(());
        }
        let written = self.slots.write(&self.slots_path());
        if written.is_err() {
            self.reread_slots();
        }
        written
    }

    /// What a guess of a further passphrase should cost: as much as of the first.
    pub fn kdf_cost(&self) -> KdfCost {
        // Keys in memory alone guard nothing that is guessed at.
        let without = if self.volatile { KdfCost::MINIMUM } else { KdfCost::STANDARD };
        self.slots.cost().unwrap_or(without)
    }

    /// The ways to unlock.
    pub fn list_ways(&self) -> Vec<WayInfo> {
        self.slots.ways()
    }

    /// After a failed write, what the disk says counts.
    fn reread_slots(&mut self) {
        if let Ok((slots, _)) = Slots::read(&self.slots_path(), self.store) {
            self.slots = slots;
        }
    }

    fn slots_path(&self) -> PathBuf {
        self.dir.join("slots")
    }

    fn epoch_path(&self) -> PathBuf {
        self.dir.join("epoch")
    }

    fn seal(&self) -> Seal<'_> {
        Seal { store: self.store, epoch: self.epoch, master: self.roots.master(), secret: self.roots.epoch() }
    }

    /// A place where tests let the process end.
    #[cfg(test)]
    fn point(&self) -> Result<(), KeyError> {
        use std::sync::atomic::Ordering::Relaxed;
        match self.points_left.load(Relaxed) {
            0 => Err(KeyError::Broken),
            usize::MAX => Ok(()),
            left => {
                self.points_left.store(left - 1, Relaxed);
                Ok(())
            }
        }
    }

    /// Lets the process end at a point to come.
    #[cfg(test)]
    pub(in crate::store) fn fail_after(&self, points: usize) {
        self.points_left.store(points, std::sync::atomic::Ordering::Relaxed);
    }

    #[cfg(not(test))]
    fn point(&self) -> Result<(), KeyError> {
        Ok(())
    }
}

/// Slots for these ways, with the root of the keys with a purpose; nowhere written.
fn slots_of(store: StoreId, ways: &[PreparedWay], roots: &Roots, env: &Env) -> Result<Slots, KeyError> {
    let mut slots = Slots::new(store);
    for way in ways {
        slots.add(way, roots.master(), env)?;
    }
    slots.set_root(roots.root(), roots.master(), env)?;
    Ok(slots)
}

#[cfg(test)]
mod tests;
