//! The store behind the screens: served by a server where one can be had, else opened by the screens themselves.

use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::api::frame::{Done, Greeting, Started};
use crate::api::{Code, Error, Hush};
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
    /// Which user of a shared account this is.
    pub(crate) login: Option<String>,
    /// What to tell once the screens are closed.
    pub(crate) note: Mutex<Option<String>>,
}

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
    /// Enters through a server with what a person typed.
    fn enter(&self, remote: &Remote, greeting: Greeting, secret: &Secret) -> Result<Client, Error> {
        match greeting {
            // Open already: what was typed must still be right, or the lock of the screens would be none.
            Greeting::Welcome | Greeting::Locked => match remote.unlock(key_of(secret)?)? {
                Done::Open | Done::Health(_) => Ok(remote.client()),
                Done::LoginWanted(error) => Err(error),
                Done::Locked => Err(Error::new(Code::Locked, "the server did not open the store")),
            },
            // A password of one's own, where the account is shared: what was typed is it.
            Greeting::LoginWanted(error) => match secret {
                Secret::Passphrase(words) => {
                    remote.login(self.login.clone(), Some(Hush::new(words.clone())))?;
                    Ok(remote.client())
                }
                Secret::KeyFile(_) | Secret::KeyText(_) | Secret::Recovery(_) => Err(error),
            },
            Greeting::Refused(error) => Err(error),
        }
    }

    /// Starts a server; nothing when this account or machine cannot have one.
    fn start(&self, secret: &Secret) -> Result<Option<Client>, Error> {
        let Some(starter) = &self.starter else { return Ok(None) };
        let why = match starter.start(&key_of(secret)?) {
            Ok(Started::Ready(socket)) => {
                let place = Place { socket: Some(socket), ..self.place.clone() };
                match place.reach_soon()? {
                    Some((remote, Greeting::Welcome)) => return Ok(Some(remote.client())),
                    Some((_, Greeting::Refused(error))) => return Err(error),
                    Some(_) | None => "it started and cannot be reached".to_owned(),
                }
            }
            Ok(Started::Failed(error)) if open::is_held(&error) => match self.place.reach_soon()? {
                // Somebody else's start was faster.
                Some((remote, greeting)) => return self.enter(&remote, greeting, secret).map(Some),
                None => return Err(error),
            },
            Ok(Started::Failed(error)) => match error.code {
                // What is wrong with the store or with what was typed is so in this process too.
                Code::Locked | Code::Integrity | Code::NotFound | Code::Denied => return Err(error),
                _ => error.message,
            },
            Err(error) => error.message,
        };
        let note =
            format!("The screens opened the store alone, so nothing else could use it meanwhile: {why}");
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = Some(note);
        Ok(None)
    }
}

impl Vault for ServedVault {
    fn place(&self) -> String {
        self.dir.place()
    }

    fn unlock(&self, secret: &Secret) -> Result<Client, Error> {
        if let Some((remote, greeting)) = self.place.reach()? {
            return self.enter(&remote, greeting, secret);
        }
        match self.start(secret)? {
            Some(client) => Ok(client),
            None => self.dir.unlock(secret),
        }
    }

    fn found(&self, new: &NewStore, passphrase: Zeroizing<String>) -> Result<Founded, Error> {
        self.dir.found(new, passphrase)
    }

    fn abandon(&self) -> Result<(), Error> {
        self.dir.abandon()
    }
}
