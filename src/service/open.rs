//! Making and unlocking stores, and taking them into service.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Service, Surroundings};
use crate::api::{Cause, Code, Error};
use crate::domain::country::Country;
use crate::domain::id::StoreId;
use crate::domain::user::{Role, Settings, User};
use crate::env::Env;
use crate::store::backend::MemoryBackend;
use crate::store::keyring::{self, KeyFile, Keyring, Passphrase, RecoveryCode, WayKind};
use crate::store::layout::{self, LayoutError};
use crate::store::lock::LockError;
use crate::store::open as stores;

pub use crate::store::keyring::KdfCost;
pub use crate::store::layout::StoreDir;

/// How a store is unlocked.
pub enum Secret {
    Passphrase(Zeroizing<String>),
    KeyFile(PathBuf),
    /// What stands in a key file that another process has read.
    KeyText(Zeroizing<String>),
    /// As printed by `init`, in any spelling a person may type.
    Recovery(Zeroizing<String>),
}

/// What a new store needs to know.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// Who decides about the data (Art. 4(7) GDPR).
    pub controller: String,
    /// The controller's postal address, told to every person who is called; empty when it is set later.
    pub address: String,
    /// How a person reaches the controller: an e-mail address or a number; empty when it is set later.
    pub contact: String,
    /// ISO code or name; the default country of contacts.
    pub country: String,
    /// The first user, role owner.
    pub user: String,
    /// The user's account on this machine.
    pub unix: String,
    /// What guessing the passphrase costs.
    pub cost: KdfCost,
}

/// A new store in service.
pub struct Created {
    pub service: Service,
    pub dir: StoreDir,
    /// The recovery code in groups, as a person writes it down. It is shown once.
    pub recovery_code: Vec<Zeroizing<String>>,
}

/// The text of a key file, for a process that cannot read it; with `make`, a file that is not there is made.
pub fn key_text(path: &Path, make: bool, env: &Env) -> Result<Zeroizing<String>, Error> {
    let failed = |error: &keyring::KeyFileError| Error::new(Code::Locked, error.to_string());
    if make && !path.exists() {
        KeyFile::generate(env).write_new(path).map_err(|error| failed(&error))?;
    }
    // Read once as a key, for a good message where it is none.
    KeyFile::read(path).map_err(|error| failed(&error))?;
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::failed(format!("{} cannot be read: {error}", path.display())))?;
    Ok(Zeroizing::new(text))
}

/// The user account this process runs under.
pub fn account() -> String {
    crate::env::account::own()
}

/// Keeps this process's memory out of core dumps and away from debuggers of the same user, as far as the system allows.
pub fn harden() {
    keyring::harden_process();
}

/// Creates a store in `dir`, which does not exist or is empty. With a key file, the file is made if it is not there.
pub fn create(dir: &Path, options: &InitOptions, secret: &Secret, env: &Env) -> Result<Created, Error> {
    let country: Country = options.country.parse()?;
    if options.controller.trim().is_empty() {
        return Err(Error::usage("a store needs a controller: who decides about the data")
            .hint("name the company with --controller"));
    }
    let recovery = RecoveryCode::generate(env);
    let groups = recovery.groups();
    let way = match secret {
        Secret::KeyFile(path) if !path.exists() => {
            let file = KeyFile::generate(env);
            file.write_new(path).map_err(|error| Error::failed(error.to_string()))?;
            keyring::Secret::KeyFile(file)
        }
        // A passphrase that cannot be right does not unlock; one that shall become the store's is refused by rule.
        Secret::Passphrase(typed) => keyring::Secret::Passphrase(
            Passphrase::new(typed)
                .map_err(|error| Error::refused(error.to_string()).hint("take four or more unusual words"))?,
        ),
        secret => read_secret(secret)?,
    };
    make_parents(dir)?;
    let begun = StoreDir::begin(dir).map_err(|error| layout_error(&error))?;
    let id = StoreId(env.ids.next());
    let ways = [way, keyring::Secret::RecoveryCode(recovery)];
    let keyring =
        Keyring::create(&begun.keys(), id, &ways, options.cost, env).map_err(|error| key_error(&error))?;
    let backend = stores::new_disk(&begun.data(), env)?;
    let surroundings = surroundings(&keyring, dir, false);
    let store = stores::fresh(backend, keyring, id, env)?;
    let service = Service::open(store, id, surroundings, env)?;
    let settings = Settings {
        controller: options.controller.trim().to_owned(),
        country: Some(country),
        controller_address: options.address.trim().to_owned(),
        contact: options.contact.trim().to_owned(),
        ..Settings::default()
    };
    let owner = User {
        name: options.user.clone(),
        unix: options.unix.clone(),
        role: Role::Owner.into(),
        ..User::default()
    };
    service.found(settings, vec![owner])?;
    service.add_shipped_wordings()?;
    // Only now is it a store: with settings and a user in it, on the disk.
    let dir = begun.finish(id, env.now()).map_err(|error| layout_error(&error))?;
    Ok(Created { service, dir, recovery_code: groups })
}

/// Refuses a directory that cannot become a store: [`create`] would, but only after a passphrase was asked for.
pub fn vacant(dir: &Path) -> Result<(), Error> {
    StoreDir::vacant(dir).map_err(|error| layout_error(&error))
}

/// Makes the directories above a new store, closed to others as the XDG base directory specification asks: on a new
/// account `~/.local/share` is not there yet.
pub(super) fn make_parents(dir: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists())
    else {
        return Ok(());
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(|error| {
        Error::failed(format!("the directory {} cannot be made: {error}", parent.display()))
            .hint("name another directory with --store DIR")
    })
}

/// Unlocks the store in `dir` and takes it into service.
pub fn unlock(dir: &Path, secret: &Secret, env: &Env) -> Result<(Service, StoreDir), Error> {
    let mut store_dir = hold(dir)?;
    let service = unlock_held(&mut store_dir, secret, env)?;
    Ok((service, store_dir))
}

/// Takes the store in `dir` for this process, without unlocking it.
pub fn hold(dir: &Path) -> Result<StoreDir, Error> {
    StoreDir::open(dir).map_err(|error| layout_error(&error))
}

/// A secret that is to unlock a store.
pub(super) fn presented(secret: &Secret) -> Result<keyring::Secret, Error> {
    match secret {
        // One that no store can have is as wrong as any other.
        Secret::Passphrase(typed) => Ok(keyring::Secret::Passphrase(
            Passphrase::new(typed)
                .map_err(|_| key_error(&keyring::KeyError::WrongSecret(WayKind::Passphrase)))?,
        )),
        Secret::KeyFile(_) | Secret::KeyText(_) | Secret::Recovery(_) => read_secret(secret),
    }
}

/// Whether a secret unlocks the store. Nothing is opened or changed.
pub fn check(store_dir: &StoreDir, secret: &Secret) -> Result<(), Error> {
    let secret = presented(secret)?;
    Keyring::check(&store_dir.keys(), store_dir.store_id(), &secret).map_err(|error| key_error(&error))
}

/// Unlocks a store that this process holds, and takes it into service.
pub fn unlock_held(store_dir: &mut StoreDir, secret: &Secret, env: &Env) -> Result<Service, Error> {
    let (dir, id) = (store_dir.path().to_path_buf(), store_dir.store_id());
    let secret = presented(secret)?;
    let keyring = Keyring::unlock(&store_dir.keys(), id, &secret, env).map_err(|error| key_error(&error))?;
    let backend = stores::disk(store_dir, env)?;
    let mut surroundings = surroundings(&keyring, &dir, false);
    if store_dir.repaired() {
        surroundings
            .repairs
            .push("the header of the store had a damaged copy; repaired from the other".to_owned());
    }
    let store = stores::existing(backend, keyring, id, env)?;
    Service::open(store, id, surroundings, env)
}

/// A store in memory, with these users, which leaves nothing behind.
pub fn in_memory(settings: Settings, users: Vec<User>, demo: bool, env: &Env) -> Result<Arc<Service>, Error> {
    let id = StoreId(env.ids.next());
    let keyring = Keyring::in_memory(id, env).map_err(|error| key_error(&error))?;
    let store = stores::fresh(Box::new(MemoryBackend::new()), keyring, id, env)?;
    let service = Service::open(store, id, Surroundings { demo, ..Surroundings::default() }, env)?;
    service.found(settings, users)?;
    if demo {
        service.add_shipped_wordings()?;
    }
    Ok(Arc::new(service))
}

pub(super) fn surroundings(keyring: &Keyring, dir: &Path, demo: bool) -> Surroundings {
    Surroundings {
        ways: keyring.list_ways().iter().map(|way| way.kind.to_string()).collect(),
        repairs: keyring.repairs().to_vec(),
        keys_locked_in_memory: keyring.locked_in_memory(),
        copy_on_write: layout::copy_on_write(dir).map(str::to_owned),
        dir: dir.canonicalize().ok(),
        demo,
    }
}

pub(super) fn read_secret(secret: &Secret) -> Result<keyring::Secret, Error> {
    Ok(match secret {
        Secret::Passphrase(typed) => {
            keyring::Secret::Passphrase(Passphrase::new(typed).map_err(|error| key_error(&error))?)
        }
        Secret::KeyFile(path) => keyring::Secret::KeyFile(
            KeyFile::read(path).map_err(|error| Error::new(Code::Locked, error.to_string()))?,
        ),
        Secret::KeyText(text) => keyring::Secret::KeyFile(
            KeyFile::parse(text.as_bytes(), Path::new("sent"))
                .map_err(|error| Error::new(Code::Locked, error.to_string()))?,
        ),
        Secret::Recovery(typed) => keyring::Secret::RecoveryCode(
            RecoveryCode::parse(typed).map_err(|error| Error::new(Code::Locked, error.to_string()))?,
        ),
    })
}

pub(super) fn key_error(error: &keyring::KeyError) -> Error {
    use keyring::KeyError;
    let code = match error {
        KeyError::WrongSecret(WayKind::Passphrase | WayKind::KeyFile | WayKind::RecoveryCode)
        | KeyError::NoSuchWay(_)
        | KeyError::PassphraseTooShort
        | KeyError::WrongEscrowPassphrase
        | KeyError::KeyFile(_)
        | KeyError::RecoveryCode(_) => Code::Locked,
        KeyError::Corrupt { .. }
        | KeyError::Newer { .. }
        | KeyError::RefusedCost
        | KeyError::DamagedEscrow(_)
        | KeyError::SlotBeyondRing { .. } => Code::Integrity,
        KeyError::NotOurEscrow(_) | KeyError::TooManyWays | KeyError::LastWay => Code::Refused,
        KeyError::NotAnEscrow(_) => Code::Usage,
        KeyError::UnknownWay(_) => Code::NotFound,
        _ => Code::Failed,
    };
    Error::new(code, error.to_string())
}

pub(super) fn layout_error(error: &LayoutError) -> Error {
    let code = match error {
        LayoutError::Lock(LockError::Held { .. } | LockError::HeldBySomebody) => Code::Locked,
        LayoutError::Exists(_) | LayoutError::NotEmpty(_) => Code::Refused,
        LayoutError::NotThere(_) | LayoutError::NotAStore(_) => Code::NotFound,
        LayoutError::Newer { .. } | LayoutError::LostHeader(_) | LayoutError::DamagedHeader(_) => {
            Code::Integrity
        }
        _ => Code::Failed,
    };
    let told = Error::new(code, error.to_string());
    match error {
        LayoutError::NotThere(_) => {
            told.hint("create a store with `callbook init`, or look at `callbook demo`")
        }
        LayoutError::Lock(LockError::Held { .. } | LockError::HeldBySomebody) => told.because(Cause::Held),
        LayoutError::Exists(_) => told.hint("`callbook status` opens it; another is made with --store DIR"),
        LayoutError::File(error) | LayoutError::Lock(LockError::File(error)) => match error.kind() {
            // Who has it open is written down there, and the storage engine tidies up whenever it starts.
            ErrorKind::ReadOnlyFilesystem => told.hint(
                "the disk is mounted read-only, and a store is written to also when it is only read: mount it \
                 writable, or copy the store to another disk and name that with --store DIR",
            ),
            ErrorKind::PermissionDenied => {
                told.hint("a store is written to also when it is only read: see who owns it and may write there")
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                told.hint("no space is left: free some; nothing that was acknowledged is lost")
            }
            _ => told,
        },
        _ => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_passphrase_is_wrong_whatever_its_length() {
        let dir = tempfile::tempdir().unwrap();
        let (store, env) = (dir.path().join("store"), Env::system());
        let options = InitOptions {
            address: String::new(),
            contact: String::new(),
            controller: "Muster GmbH".into(),
            country: "DE".into(),
            user: "anna".into(),
            unix: "anna".into(),
            cost: KdfCost::MINIMUM,
        };
        let secret = |typed: &str| Secret::Passphrase(Zeroizing::new(typed.to_owned()));
        let short = create(&store, &options, &secret("short"), &env).map(drop).unwrap_err();
        assert!(short.message.contains("too short"), "a new one is told how long it must be: {short}");
        drop(create(&store, &options, &secret("kestrel mop nine"), &env).unwrap());
        let wrong = |typed: &str| unlock(&store, &secret(typed), &env).map(drop).unwrap_err();
        let long = wrong("kestrel mop ten");
        assert_eq!((long.code, &long.message), (Code::Locked, &wrong("short").message));
        assert_eq!(long.message, wrong("").message);
        assert!(unlock(&store, &secret("kestrel mop nine"), &env).is_ok());
    }
}
