//! Opening and creating a store for this process.

use std::path::Path;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::api::Error;
use crate::client::Client;
use crate::env::Env;

/// How a store is unlocked.
pub enum Secret {
    Passphrase(Zeroizing<String>),
    KeyFile(PathBuf),
    /// As printed by `init`, in any spelling a person may type.
    Recovery(Zeroizing<String>),
}

/// What a new store needs to know.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// Who decides about the data (Art. 4(7) GDPR).
    pub controller: String,
    /// ISO code or name; the default country of contacts.
    pub country: String,
    /// The first user, role owner.
    pub user: String,
    /// The user's account on this machine.
    pub unix: String,
}

/// A new store, open, with the code that unlocks it when everything else is lost. It is shown once.
pub struct Initialised {
    pub client: Client,
    pub recovery_code: Zeroizing<String>,
}

/// Creates a store in `dir`, which must not exist or be empty.
pub fn init(dir: &Path, options: &InitOptions, secret: &Secret, env: &Env) -> Result<Initialised, Error> {
    let _ = (dir, options, secret, env);
    Err(Error::failed("not built yet"))
}

/// Unlocks the store in `dir`, as the user whose account on this machine is `unix`.
pub fn open(dir: &Path, unix: &str, secret: &Secret, env: &Env) -> Result<Client, Error> {
    let _ = (dir, unix, secret, env);
    Err(Error::failed("not built yet"))
}
