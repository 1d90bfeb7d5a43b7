//! What the screens for locking and founding need of stores.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::api::{Cause, Code, Error};
use crate::client::Client;
use crate::client::open::{self, Configured, InitOptions, KdfCost, Login, Secret, Unlocked};
use crate::env::Env;
use crate::tui::layer::{Job, JobHandle};

/// What a new store is told about its owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewStore {
    pub controller: String,
    /// ISO code.
    pub country: String,
    /// The first user.
    pub user: String,
}

/// A new store, open.
pub struct Founded {
    pub client: Client,
    /// The recovery code in its groups.
    pub recovery: Vec<Zeroizing<String>>,
}

/// One place where a store is or will be. Its functions take a second and run on a worker.
pub trait Vault: Send + Sync {
    /// Where that is, for people.
    fn place(&self) -> String;
    /// Opens it. Where the user has an own password, that fails with [`Cause::Password`], and [`Vault::login`] goes on.
    fn unlock(&self, secret: &Secret) -> Result<Client, Error>;
    /// Says who sits here, by the user's own password.
    fn login(&self, password: Zeroizing<String>) -> Result<Client, Error>;
    /// Whether the password alone is asked for, since the store is open.
    fn asks_password(&self) -> bool {
        false
    }
    /// Whether [`Vault::unlock_unasked`] can be tried.
    fn has_file(&self) -> bool {
        false
    }
    /// Opens it by the file that was named for that when the program was started.
    fn unlock_unasked(&self) -> Result<Client, Error> {
        Err(Error::new(Code::Locked, "no file was named that unlocks the store"))
    }
    fn found(&self, new: &NewStore, passphrase: Zeroizing<String>) -> Result<Founded, Error>;
    /// Takes away a store that [`Vault::found`] made and nobody wants after all. Its client is gone by then.
    fn abandon(&self) -> Result<(), Error>;
}

/// A store in a directory.
pub struct DirVault {
    pub dir: PathBuf,
    /// The account of whoever sits here.
    pub unix: String,
    /// What guessing a passphrase of a new store costs.
    pub cost: KdfCost,
    /// What the settings say: roles, law.
    pub with: Configured,
    /// Who of those that share the account, and the password where a file has it.
    pub login: Login,
    pub env: Env,
    /// Open, and waiting for the user's own password.
    pub unlocked: Mutex<Option<Unlocked>>,
}

impl DirVault {
    fn waiting(&self) -> MutexGuard<'_, Option<Unlocked>> {
        self.unlocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the session; the store stays open for another try of the password.
    fn begin(&self, unlocked: Unlocked, login: &Login) -> Result<Client, Error> {
        let begun = unlocked.begin(login);
        if begun.as_ref().is_err_and(|error| error.cause == Some(Cause::Password)) {
            *self.waiting() = Some(unlocked);
        }
        begun
    }
}

impl Vault for DirVault {
    fn place(&self) -> String {
        self.dir.display().to_string()
    }

    fn unlock(&self, secret: &Secret) -> Result<Client, Error> {
        // This process may hold it, from a try before.
        drop(self.waiting().take());
        let unlocked = open::unlock(&self.dir, &self.unix, &self.with, secret, &self.env)?;
        self.begin(unlocked, &self.login)
    }

    fn login(&self, password: Zeroizing<String>) -> Result<Client, Error> {
        let waiting = self.waiting().take();
        let Some(unlocked) = waiting else {
            return Err(Error::new(Code::Locked, "the store has to be unlocked before").because(Cause::Gone));
        };
        self.begin(unlocked, &Login { password: Some(password), ..self.login.clone() })
    }

    fn asks_password(&self) -> bool {
        self.waiting().is_some()
    }

    fn found(&self, new: &NewStore, passphrase: Zeroizing<String>) -> Result<Founded, Error> {
        let options = InitOptions {
            address: String::new(),
            contact: String::new(),
            controller: new.controller.clone(),
            country: new.country.clone(),
            user: new.user.clone(),
            unix: self.unix.clone(),
            cost: self.cost,
        };
        let made = open::init(&self.dir, &options, &Secret::Passphrase(passphrase), &self.env)?;
        Ok(Founded { client: made.client, recovery: made.recovery_code })
    }

    fn abandon(&self) -> Result<(), Error> {
        std::fs::remove_dir_all(&self.dir)
            .map_err(|error| Error::failed(format!("{} could not be removed: {error}", self.dir.display())))
    }
}

/// Where a job leaves what it made: a job itself gives back only a sentence.
pub(crate) struct Tray<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for Tray<T> {
    fn clone(&self) -> Tray<T> {
        Tray(Arc::clone(&self.0))
    }
}

impl<T: Send + 'static> Tray<T> {
    pub(crate) fn new() -> Tray<T> {
        Tray(Arc::new(Mutex::new(None)))
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.0.lock().ok().and_then(|mut held| held.take())
    }

    pub(crate) fn put(&self, made: T) {
        if let Ok(mut held) = self.0.lock() {
            *held = Some(made);
        }
    }

    /// A job that leaves here what `work` makes.
    pub(crate) fn job(
        &self,
        title: &str,
        work: impl FnOnce(&dyn JobHandle) -> Result<T, Error> + Send + 'static,
    ) -> Job {
        let tray = self.clone();
        Job {
            title: title.to_owned(),
            work: Box::new(move |_, handle| {
                let made = work(handle)?;
                match tray.0.lock() {
                    Ok(mut held) => *held = Some(made),
                    Err(_) => return Err(Error::failed("another thread broke off")),
                }
                Ok(String::new())
            }),
        }
    }
}
