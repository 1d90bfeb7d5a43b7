//! Keys read without being touched, and written to another directory: what verifying and restoring a backup need.

use std::path::Path;

use super::epoch;
use super::memory::Roots;
use super::ring::{self, Seal};
use super::slots::Slots;
use super::{KeyError, Keyring, PreparedWay, Secret, UnlockError, slots_of};
use crate::domain::id::StoreId;
use crate::env::Env;

impl Keyring {
    /// Opens the keys in `dir` in memory. Nothing there is changed or repaired, and no lock is needed: where a change is
    /// being made meanwhile, it is an error, and a second try finds the one or the other state.
    pub fn look(dir: &Path, store: StoreId, secret: &Secret, env: &Env) -> Result<Keyring, UnlockError> {
        let path = dir.join("slots");
        let (slots, _) = Slots::read(&path, store)?;
        let master = slots.unwrap(secret, &path)?;
        let mut roots = Roots::new();
        roots.set_master(&master);
        roots.set_root(&*slots.root(&master, &path)?);
        let found = epoch::read(&dir.join("epoch"), store, roots.master())?;
        roots.set_epoch(&found.current.secret);
        let number = found.current.number;
        let seal = Seal { store, epoch: number, master: roots.master(), secret: roots.epoch() };
        let ring = ring::look(dir, seal)?;
        let mut keyring = Keyring::of(dir, store, env, roots, slots, number, ring);
        keyring.volatile = true;
        Ok(keyring)
    }

    /// Writes these keys to `dir`, which has none, and goes on there: in the next epoch, with all free keys renewed, so
    /// that no key that was ever given away without a record is given away again. The ways to unlock stay, or are `ways`.
    pub fn settle_in(mut self, dir: &Path, ways: Option<&[PreparedWay]>) -> Result<Keyring, KeyError> {
        if let Some(ways) = ways {
            self.slots = slots_of(self.store, ways, &self.roots, &self.env)?;
        }
        if self.slots.ways().is_empty() {
            return Err(KeyError::LastWay);
        }
        self.ring = self.ring.without(&[], &self.env);
        self.dir = dir.into();
        self.volatile = false;
        self.write_anew(dir, self.epoch + 1)?;
        Ok(self)
    }
}
