//! The store behind the server: open or locked, and how it becomes the other.
//!
//! A request is carried out while a read lock is held; locking takes the write lock, so it waits for what is being done,
//! and nothing begins meanwhile. Dropping the service wipes its keys and closes the store. The directory stays held by
//! this process, so that nobody opens the store beside a locked server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, TryLockError};
use std::time::Duration;

use crate::api::frame::Key;
use crate::api::{Cause, Code, Error};
use crate::env::Env;
use crate::service::Service;
use crate::service::law::Configured;
use crate::service::open::{self, Secret, StoreDir};

/// So many wrong keys cost nothing but the derivation.
const FREE_TRIES: u32 = 3;
/// The longest pause between two tries, in seconds.
const LONGEST_PAUSE: u64 = 60;

pub(super) struct Gate {
    held: Mutex<StoreDir>,
    /// What the configuration says: roles, law.
    with: Configured,
    env: Env,
    open: RwLock<Option<Service>>,
    /// One more with each unlocking: sessions of an earlier one are over.
    generation: AtomicU64,
    tries: Mutex<Tries>,
}

/// Wrong keys so far, of everybody together: who guesses could connect anew for each try.
#[derive(Default)]
struct Tries {
    wrong: u32,
    /// No try is made before then.
    until: Duration,
}

impl Gate {
    pub(super) fn new(held: StoreDir, service: Option<Service>, with: Configured, env: &Env) -> Gate {
        Gate {
            held: Mutex::new(held),
            with,
            env: env.clone(),
            open: RwLock::new(service),
            generation: AtomicU64::new(0),
            tries: Mutex::default(),
        }
    }

    /// Does something with the store, if it is open. The number tells one unlocking from the next.
    pub(super) fn with<R>(&self, f: impl FnOnce(&Service, u64) -> R) -> Option<R> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().map(|service| f(service, self.generation.load(Ordering::SeqCst)))
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Closes the store and wipes its keys; waits for what is being done.
    pub(super) fn lock(&self) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        drop(open.take());
    }

    /// Unlocks the store; says only whether the key is right where it is open already.
    pub(super) fn unlock(&self, key: Key) -> Result<(), Error> {
        let mut tries = match self.tries.try_lock() {
            Ok(tries) => tries,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // One derivation at a time: each takes a second and a lot of memory.
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(Code::Locked, "another key is being tried")
                    .hint("try again in a moment")
                    .because(Cause::Busy));
            }
        };
        let left = tries.until.saturating_sub(self.env.clock.elapsed());
        if !left.is_zero() {
            let seconds = left.as_secs() + 1;
            return Err(Error::new(Code::Locked, "too many wrong keys were tried")
                .hint(format!("the next try is possible in {seconds} seconds")));
        }
        let secret = match key {
            Key::Passphrase(words) => Secret::Passphrase(words.into_words()),
            Key::Recovery(words) => Secret::Recovery(words.into_words()),
            Key::KeyFile(words) => Secret::KeyText(words.into_words()),
        };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let unlocked = if self.is_open() {
            open::check(&held, &secret)
        } else {
            open::unlock_held(&mut held, &secret, &self.env).map(|service| {
                let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
                self.generation.fetch_add(1, Ordering::SeqCst);
                *open = Some(service.configured(&self.with));
            })
        };
        match &unlocked {
            Ok(()) => *tries = Tries::default(),
            Err(error) if error.code == Code::Locked => {
                tries.wrong = tries.wrong.saturating_add(1);
                if tries.wrong >= FREE_TRIES {
                    let pause = 2u64.saturating_pow(tries.wrong - FREE_TRIES + 1).min(LONGEST_PAUSE);
                    tries.until = self.env.clock.elapsed() + Duration::from_secs(pause);
                }
            }
            Err(_) => {}
        }
        unlocked
    }
}
