//! Opening and creating a store for this process.

use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Client, Door};
use crate::api::law::LawEntry;
use crate::api::{Cause, Code, Error, Request, Response};
use crate::env::Env;
use crate::law::Law;
use crate::service::{Service, Session, law, open as stores};

pub use crate::service::Login;
pub use crate::service::law::Configured;
pub use crate::service::open::{
    InitOptions, KdfCost, Secret, StoreDir, account, harden, in_memory, key_text, unlock as service, vacant,
};

/// A new store, open, with the code that unlocks it when everything else is lost. It is shown once.
pub struct Initialised {
    pub client: Client,
    /// The code in groups, as a person writes it down.
    pub recovery_code: Vec<Zeroizing<String>>,
}

/// A service in this process, asked by one session.
pub struct Local {
    service: Arc<Service>,
    session: Session,
    /// Locked as long as the service lives.
    _dir: Option<Arc<StoreDir>>,
}

impl Local {
    pub fn new(service: Arc<Service>, session: Session, dir: Option<Arc<StoreDir>>) -> Local {
        Local { service, session, _dir: dir }
    }
}

impl Door for Local {
    fn request(&self, request: Request) -> Result<Response, Error> {
        self.service.call(&self.session, request)
    }
}

/// Creates a store in `dir`, which does not exist or is empty. With a key file, the file is made if it is not there.
pub fn init(dir: &Path, options: &InitOptions, secret: &Secret, env: &Env) -> Result<Initialised, Error> {
    let made = stores::create(dir, options, secret, env)?;
    let session = made.service.session_of(&options.unix)?;
    let client = Client::new(Arc::new(Local::new(Arc::new(made.service), session, Some(Arc::new(made.dir)))));
    Ok(Initialised { client, recovery_code: made.recovery_code })
}

/// Whether another process holds the store: nothing is said about what was to unlock it.
pub fn is_held(error: &Error) -> bool {
    error.cause == Some(Cause::Held)
}

/// Unlocks the store in `dir`, as the user whose account on this machine is `unix`.
pub fn open(dir: &Path, unix: &str, secret: &Secret, env: &Env) -> Result<Client, Error> {
    open_as(dir, unix, &Configured::default(), Login::default(), secret, env, &mut |error| Err(error))
}

/// The same with what a configuration says, and where the account alone may not say who this is: `ask` is told what is wanted, and answers it once.
pub fn open_as(
    dir: &Path,
    unix: &str,
    with: &Configured,
    login: Login,
    secret: &Secret,
    env: &Env,
    ask: &mut dyn FnMut(Error) -> Result<Login, Error>,
) -> Result<Client, Error> {
    let unlocked = unlock(dir, unix, with, secret, env)?;
    match unlocked.begin(&login) {
        Err(error) if error.code == Code::Locked => unlocked.begin(&ask(error)?),
        begun => begun,
    }
}

/// A store that is unlocked in this process, while it has still to be said who sits here. Wrong passwords are counted as
/// long as it lives.
pub struct Unlocked {
    service: Arc<Service>,
    dir: Arc<StoreDir>,
    unix: String,
}

impl Unlocked {
    /// Begins the session.
    pub fn begin(&self, login: &Login) -> Result<Client, Error> {
        let session = self.service.session_by_password(&self.unix, login)?;
        let local = Local::new(Arc::clone(&self.service), session, Some(Arc::clone(&self.dir)));
        Ok(Client::new(Arc::new(local)))
    }
}

/// Unlocks the store in `dir`, for the user whose account on this machine is `unix`.
pub fn unlock(
    dir: &Path,
    unix: &str,
    with: &Configured,
    secret: &Secret,
    env: &Env,
) -> Result<Unlocked, Error> {
    let (service, dir) = stores::unlock(dir, secret, env)?;
    let service = Arc::new(service.configured(with));
    Ok(Unlocked { service, dir: Arc::new(dir), unix: unix.to_owned() })
}

/// The entries of a law in words; only those of a file that was laid over the built-in ones, where `own` are wanted.
pub fn law_entries(law: &Law, today: chrono::NaiveDate, own: bool) -> Vec<LawEntry> {
    if own { law::entries_of_file(law, today) } else { law::entries(law, today) }
}
