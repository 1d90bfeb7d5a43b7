//! A new master key: everything in `keys/` is sealed anew under it, and nothing else is touched.
//!
//! ```text
//! keys.next/   all files of `keys/`, written and synced; then the two directories change places in one step
//! ```
//! That exchange (renameat2(2), RENAME_EXCHANGE) is the commit point: before it `keys/` is the old one, after it the new
//! one, and at no instant is there none. What then lies in `keys.next/` is wiped, by this or by the next unlocking: after
//! a crash before the exchange it is an unfinished new one, after it the old one, and either way of no value.
//!
//! A way to unlock is carried over only by its secret, which wraps the new master key; kept in wrapped form, it would hand
//! the new master key to whoever has the old one, which is what a new one is to prevent.

use std::io::Write;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use zeroize::Zeroizing;

use super::memory::Roots;
use super::{KeyError, Keyring, PreparedWay, slots_of};
use crate::store::files::{self, Doing, FileError};

/// Asks backup tools to leave the directory out; `layout` writes it first.
const TAG: &str = "CACHEDIR.TAG";

impl Keyring {
    /// Replaces the master key. Only `ways` unlock from then on; epoch and free keys are renewed too. On an error nothing
    /// has changed, or the keyring is [broken](KeyError::Broken) and unlocking again finds the old or the new state.
    pub fn rotate(&mut self, ways: &[PreparedWay]) -> Result<(), KeyError> {
        if self.broken {
            return Err(KeyError::Broken);
        }
        if ways.is_empty() {
            return Err(KeyError::LastWay);
        }
        let mut roots = Roots::new();
        roots.set_master(&Zeroizing::new(self.env.random::<32>()));
        roots.set_root(self.roots.root());
        let slots = slots_of(self.store, ways, &roots, &self.env)?;
        let ring = self.ring.without(&[], &self.env);
        let mut next = Keyring::of(&self.dir, self.store, &self.env, roots, slots, self.epoch, ring);
        #[cfg(test)]
        std::mem::swap(&mut next.points_left, &mut self.points_left);
        if self.volatile {
            next.volatile = true;
            next.epoch += 1;
            *self = next;
            return Ok(());
        }
        self.broken = true;
        let beside = beside(&self.dir);
        wipe_leftover(&self.dir)?;
        next.point()?;
        files::create_dir(&beside)?;
        if let Some(tag) = files::read_if_there(&self.dir.join(TAG), 1 << 16)? {
            let path = beside.join(TAG);
            let mut file = files::create_new(&path)?;
            file.write_all(&tag).and_then(|()| file.sync_all()).doing("write", &path)?;
        }
        next.write_anew(&beside, self.epoch + 1)?;
        files::sync_dir_of(&self.dir)?;
        next.point()?;
        if let Err(errno) = renameat_with(CWD, &beside, CWD, &self.dir, RenameFlags::EXCHANGE) {
            use rustix::io::Errno;
            wipe_leftover(&self.dir)?;
            self.broken = false;
            return Err(match errno {
                Errno::INVAL | Errno::NOSYS | Errno::XDEV | Errno::OPNOTSUPP => {
                    KeyError::NoExchange(self.dir.clone())
                }
                errno => FileError::new("exchange", &self.dir, errno.into()).into(),
            });
        }
        files::sync_dir_of(&self.dir)?;
        next.point()?;
        *self = next;
        self.broken = true;
        wipe_leftover(&self.dir)?;
        self.broken = false;
        Ok(())
    }
}

fn beside(dir: &Path) -> PathBuf {
    let mut name = dir.as_os_str().to_owned();
    name.push(".next");
    name.into()
}

/// Wipes what a rotation left, unfinished or replaced; whether there was anything.
pub(super) fn wipe_leftover(dir: &Path) -> Result<bool, KeyError> {
    let beside = beside(dir);
    if std::fs::symlink_metadata(&beside).is_err() {
        return Ok(false);
    }
    for name in files::names(&beside)? {
        files::wipe(&beside.join(name))?;
    }
    std::fs::remove_dir(&beside).doing("remove", &beside)?;
    files::sync_dir_of(dir)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::StoreId;
    use crate::env::Env;
    use crate::store::keyring::{KdfCost, KeyFile, Secret, Slot};

    const STORE: StoreId = StoreId::from_bytes([7; 16]);

    struct Home {
        _dir: tempfile::TempDir,
        keys: PathBuf,
        env: Env,
        old: Secret,
        new: Secret,
    }

    fn home() -> (Home, Keyring) {
        let (dir, env) = (tempfile::tempdir().unwrap(), Env::system());
        let keys = dir.path().join("keys");
        files::create_dir(&keys).unwrap();
        std::fs::write(keys.join(TAG), "tag").unwrap();
        let secret = || Secret::KeyFile(KeyFile::generate(&env));
        let (old, new) = (secret(), secret());
        let ring = Keyring::create(&keys, STORE, std::slice::from_ref(&old), KdfCost::MINIMUM, &env).unwrap();
        (Home { _dir: dir, keys, env, old, new }, ring)
    }

    fn prepared(secret: &Secret, env: &Env) -> Vec<PreparedWay> {
        PreparedWay::all(std::slice::from_ref(secret), KdfCost::MINIMUM, env).unwrap()
    }

    impl Home {
        fn unlock(&self, secret: &Secret) -> Result<Keyring, KeyError> {
            Keyring::unlock(&self.keys, STORE, secret, &self.env)
        }

        fn rotate(&self, ring: &mut Keyring) -> Result<(), KeyError> {
            ring.rotate(&prepared(&self.new, &self.env))
        }
    }

    #[test]
    fn only_the_new_ways_unlock_and_everything_else_stays() {
        let (home, mut ring) = home();
        let person = ring.allocate().unwrap();
        let key = *ring.subject_key(person).unwrap().bytes();
        let (mark, master) = (ring.derive("suppression"), *ring.roots.master());
        let free = *ring.subject_key(Slot(person.0 + 1)).unwrap().bytes();
        home.rotate(&mut ring).unwrap();
        for ring in [ring, home.unlock(&home.new).unwrap()] {
            assert!(*ring.roots.master() != master);
            assert!(*ring.subject_key(person).unwrap().bytes() == key);
            assert!(*ring.derive("suppression") == *mark, "what is derived survives");
            assert!(*ring.subject_key(Slot(person.0 + 1)).unwrap().bytes() != free, "free keys are renewed");
            assert_eq!((ring.epoch(), ring.list_ways().len()), (1, 1));
        }
        assert!(matches!(home.unlock(&home.old), Err(KeyError::WrongSecret(_))));
        assert!(!beside(&home.keys).exists());
        assert!(home.keys.join(TAG).exists(), "backup tools still leave the keys out");
    }

    #[test]
    fn a_second_rotation_and_forgetting_go_on_from_the_first() {
        let (home, mut ring) = home();
        let (one, two) = (ring.allocate().unwrap(), ring.allocate().unwrap());
        let keys = [one, two].map(|slot| *ring.subject_key(slot).unwrap().bytes());
        home.rotate(&mut ring).unwrap();
        ring.forget(&[one]).unwrap();
        home.rotate(&mut ring).unwrap();
        drop(ring);
        let ring = home.unlock(&home.new).unwrap();
        assert!(*ring.subject_key(one).unwrap().bytes() != keys[0]);
        assert!(*ring.subject_key(two).unwrap().bytes() == keys[1]);
        assert_eq!(ring.epoch(), 3);
    }

    /// Whatever step is the last, one of the two secrets opens the store, with the same keys; both never do.
    #[test]
    fn killed_at_each_step() {
        let mut steps = 0;
        loop {
            let (home, mut ring) = home();
            let person = ring.allocate().unwrap();
            let key = *ring.subject_key(person).unwrap().bytes();
            let mark = ring.derive("suppression");
            *ring.points_left.get_mut() = steps;
            let done = home.rotate(&mut ring).is_ok();
            drop(ring);
            let opened: Vec<Keyring> =
                [&home.old, &home.new].into_iter().filter_map(|secret| home.unlock(secret).ok()).collect();
            assert_eq!(opened.len(), 1, "step {steps}");
            assert!(*opened[0].subject_key(person).unwrap().bytes() == key);
            assert!(*opened[0].derive("suppression") == *mark);
            assert!(!beside(&home.keys).exists(), "step {steps}: nothing is left of the other");
            if done {
                break;
            }
            steps += 1;
        }
        assert!(steps >= 5, "{steps}");
    }

    #[test]
    fn a_store_without_a_root_gets_one_that_changes_nothing() {
        let (home, mut ring) = home();
        // As it was before there was one.
        let master = *ring.roots.master();
        ring.roots.set_root(&master);
        let mut slots = super::super::slots::Slots::new(STORE);
        slots.add(&prepared(&home.old, &home.env)[0], &master, &home.env).unwrap();
        slots.write(&home.keys.join("slots")).unwrap();
        let mark = ring.derive("suppression");
        let mut ring = home.unlock(&home.old).unwrap();
        assert!(*ring.derive("suppression") == *mark);
        home.rotate(&mut ring).unwrap();
        assert!(*home.unlock(&home.new).unwrap().derive("suppression") == *mark);
    }

    #[test]
    fn looking_changes_nothing_and_takes_the_good_copy() {
        let (home, mut ring) = home();
        let person = ring.allocate().unwrap();
        let key = *ring.subject_key(person).unwrap().bytes();
        drop(ring);
        let broken = home.keys.join("ring.0.0");
        let mut bytes = std::fs::read(&broken).unwrap();
        bytes[5000] ^= 1;
        std::fs::write(&broken, &bytes).unwrap();
        let look = || Keyring::look(&home.keys, STORE, &home.old, &home.env);
        assert!(*look().unwrap().subject_key(person).unwrap().bytes() == key);
        assert_eq!(std::fs::read(&broken).unwrap(), bytes, "not even repaired");
        std::fs::remove_file(home.keys.join("ring.0.1")).unwrap();
        assert!(matches!(look(), Err(KeyError::Corrupt { .. })));
    }

    #[test]
    fn keys_settle_elsewhere_with_the_same_or_other_ways() {
        let (home, mut ring) = home();
        let person = ring.allocate().unwrap();
        let key = *ring.subject_key(person).unwrap().bytes();
        drop(ring);
        let there = tempfile::tempdir().unwrap();
        for (name, ways) in [("same", None), ("other", Some(prepared(&home.new, &home.env)))] {
            let dir = there.path().join(name);
            files::create_dir(&dir).unwrap();
            let mut ring = Keyring::look(&home.keys, STORE, &home.old, &home.env).unwrap();
            ring.mark_used(person).unwrap();
            drop(ring.settle_in(&dir, ways.as_deref()).unwrap());
            let secret = if ways.is_some() { &home.new } else { &home.old };
            let ring = Keyring::unlock(&dir, STORE, secret, &home.env).unwrap();
            assert!(*ring.subject_key(person).unwrap().bytes() == key);
            assert_eq!(ring.epoch(), 1);
        }
        assert_eq!(home.unlock(&home.old).unwrap().epoch(), 0, "the old keys are as they were");
    }
}
