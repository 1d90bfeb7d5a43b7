//! The store behind the screens: served by a server where one can be had, else opened by the screens themselves.

use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::api::frame::{Done, Greeting, Started};
use crate::api::{Cause, Code, Error, Hush};
use crate::cli::secret::Named;
use crate::client::find::Place;
use crate::client::open::Secret;
use crate::client::socket::Remote;
use crate::client::spawn::{Starter, key_of};
use crate::client::{Client, open};
use crate::tui::lock::{DirVault, Founded, NewStore, Vault};

/// A store that other processes shall be able to use while the screens are open.
pub(crate) struct ServedVault {
    pub(crate) dir: DirVault,
    pub(crate) place: Place,
    /// How a server is started where none serves; without it, the screens open the store themselves.
    pub(crate) starter: Option<Starter>,
    /// A file that unlocks the store, so that nobody need be asked.
    pub(crate) file: Option<Named>,
    /// A server asked for the user's own password.
    pub(crate) password: AtomicBool,
    /// It is waiting for it.
    pub(crate) waiting: Mutex<Option<Remote>>,
    /// What to tell once the screens are closed.
    pub(crate) note: Mutex<Option<String>>,
}

/// How often a server is started, or waited for that somebody else has started: one that unlocks and loads a large store
/// holds it for a while before it listens, and may yet fail.
const ROUNDS: u32 = 8;
/// How often a key is tried while others are being tried, and the wait between.
const TURNS: u32 = 40;
const TURN: Duration = Duration::from_millis(250);

/// The arguments with which the program serves this store on demand.
pub(crate) fn on_demand_args(dir: &std::path::Path, config: Option<&std::path::Path>) -> Vec<OsString> {
    let absolute = |path: &std::path::Path| std::path::absolute(path).unwrap_or_else(|_| path.into());
    let mut args: Vec<OsString> = vec!["--quiet".into(), "--store".into(), absolute(dir).into()];
    if let Some(config) = config {
        args.extend(["--config".into(), absolute(config).into()]);
    }
    args.extend(["serve".into(), "--on-demand".into()]);
    args
}

impl ServedVault {
    fn waiting(&self) -> MutexGuard<'_, Option<Remote>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the server that asks for the user's own password, and asks for it.
    pub(crate) fn wants(&self, remote: &Remote, error: Error) -> Result<Client, Error> {
        self.password.store(true, Ordering::Relaxed);
        match &self.dir.login.password {
            Some(password) => self.say(remote, password.clone()),
            None => {
                *self.waiting() = Some(remote.clone());
                Err(error)
            }
        }
    }

    fn say(&self, remote: &Remote, password: Zeroizing<String>) -> Result<Client, Error> {
        match remote.login(self.dir.login.user.clone(), Some(Hush::new(password))) {
            Ok(_) => Ok(remote.client()),
            Err(error) => {
                if error.cause == Some(Cause::Password) {
                    *self.waiting() = Some(remote.clone());
                }
                Err(error)
            }
        }
    }

    /// Enters through a server with what a person typed.
    fn enter(&self, remote: &Remote, greeting: Greeting, secret: &Secret) -> Result<Client, Error> {
        match greeting {
            // Open already: what was typed must still be right, or the lock of the screens would be none.
            Greeting::Welcome | Greeting::Locked => match in_turn(|| remote.unlock(key_of(secret)?))? {
                Done::Open | Done::Health(_) => Ok(remote.client()),
                Done::LoginWanted(error) => self.wants(remote, error),
                Done::Locked => Err(Error::new(Code::Locked, "the server did not open the store")),
            },
            Greeting::LoginWanted(error) => self.wants(remote, error),
            Greeting::Refused(error) => Err(error),
        }
    }

    /// Starts a server; nothing when this account or machine cannot have one. Of several that are started at once one gets
    /// the store, and the others' screens go to that.
    fn start(&self, secret: &Secret) -> Result<Option<Client>, Error> {
        let Some(starter) = &self.starter else { return Ok(None) };
        let mut rounds = 0;
        let why = loop {
            rounds += 1;
            match starter.start(&key_of(secret)?) {
                Ok(Started::Ready(socket)) => {
                    let place = Place { socket: Some(socket), ..self.place.clone() };
                    match place.reach_soon()? {
                        Some((remote, Greeting::Welcome)) => return Ok(Some(remote.client())),
                        Some((remote, Greeting::LoginWanted(error))) => {
                            return self.wants(&remote, error).map(Some);
                        }
                        Some((_, Greeting::Refused(error))) => return Err(error),
                        Some((_, Greeting::Locked)) | None => {
                            break "it started and cannot be reached".to_owned();
                        }
                    }
                }
                Ok(Started::Failed(error)) if open::is_held(&error) => match self.place.reach_soon()? {
                    // Somebody else's start was faster.
                    Some((remote, greeting)) => return self.enter(&remote, greeting, secret).map(Some),
                    None if rounds < ROUNDS => {}
                    None => return Err(error),
                },
                Ok(Started::Failed(error)) => match error.code {
                    // What is wrong with the store or with what was typed is so in this process too.
                    Code::Locked | Code::Integrity | Code::NotFound | Code::Denied => return Err(error),
                    _ => break error.message,
                },
                Err(error) => break error.message,
            }
        };
        let note =
            format!("The screens opened the store alone, so nothing else could use it meanwhile: {why}");
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = Some(note);
        Ok(None)
    }
}

/// Tries a key; where another is being tried, waits for its turn.
fn in_turn(mut unlock: impl FnMut() -> Result<Done, Error>) -> Result<Done, Error> {
    for _ in 1..TURNS {
        match unlock() {
            Err(error) if error.cause == Some(Cause::Busy) => std::thread::sleep(TURN),
            tried => return tried,
        }
    }
    unlock()
}

impl Vault for ServedVault {
    fn place(&self) -> String {
        self.dir.place()
    }

    fn unlock(&self, secret: &Secret) -> Result<Client, Error> {
        drop(self.waiting().take());
        if let Some((remote, greeting)) = self.place.reach()? {
            return self.enter(&remote, greeting, secret);
        }
        match self.start(secret)? {
            Some(client) => Ok(client),
            None => self.dir.unlock(secret),
        }
    }

    fn login(&self, password: Zeroizing<String>) -> Result<Client, Error> {
        let waiting = self.waiting().take();
        if let Some(remote) = waiting {
            return self.say(&remote, password);
        }
        match self.place.reach()? {
            Some((remote, Greeting::LoginWanted(_))) => self.say(&remote, password),
            // Whoever has no own password any more is asked for what unlocks the store.
            Some((remote, greeting)) => {
                self.password.store(false, Ordering::Relaxed);
                self.enter(&remote, greeting, &Secret::Passphrase(password))
            }
            None => self.dir.login(password),
        }
    }

    fn asks_password(&self) -> bool {
        self.password.load(Ordering::Relaxed) || self.dir.asks_password()
    }

    fn has_file(&self) -> bool {
        self.file.is_some()
    }

    fn unlock_unasked(&self) -> Result<Client, Error> {
        match &self.file {
            Some(file) => self.unlock(&file.read()?),
            None => Err(Error::new(Code::Locked, "no file was named that unlocks the store")),
        }
    }

    fn found(&self, new: &NewStore, passphrase: Zeroizing<String>) -> Result<Founded, Error> {
        self.dir.found(new, passphrase)
    }

    fn abandon(&self) -> Result<(), Error> {
        self.dir.abandon()
    }
}
