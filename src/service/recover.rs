//! Stores made of backups, and made anew of what is left of one; backups looked at without a store in service.
//!
//! # What a restored store has
//!
//! The rows of the backup whose keys are still there: keys come from the store as it is today, or from an escrow, never
//! from the backup, so whoever was erased since stays erased. Where today's store can still be read, what was recorded in it
//! since the backup and protects somebody is carried over before anything is shown: suppressions, every no, certificates
//! of erasure and kept proofs, requests, holds, incidents, what is registered of backups and escrows. What concerns persons
//! who are not in the backup is counted and told. From an escrow alone nothing can be carried over, and that is told too.
//!
//! The log goes on from the backup's, with an entry that says from what it was restored. For whoever remembers a later
//! checkpoint, the log has forked: that is so, and the entry is the explanation.
//!
//! The store that is replaced, with its keys, is a copy of everybody in it: it is registered like a backup with keys, and
//! named in each receipt of an erasure until somebody says that it is gone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use uuid::Uuid;
use zeroize::Zeroizing;

use super::backups::hex;
use super::open::{Secret, hold, key_error, key_text, layout_error, make_parents, presented, read_secret};
use super::rows;
use crate::api::{Cause, Error};
use crate::domain::backup::{Backup as Record, Form, State};
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::{SessionId, StoreId, SubjectId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::domain::value::OneOf;
use crate::env::Env;
use crate::store::backup::{
    self, BackupError, Carried, Contents, Copied, Copy, Fate, Forgotten, Header, Opened, Terms, carry, rescue,
};
use crate::store::keyring::escrow::Escrow;
use crate::store::keyring::{self, KdfCost, Keyring, Passphrase, PreparedWay, RecoveryCode, Slot};
use crate::store::layout::{StoreDir, exchange, look};
use crate::store::merkle::tree::Frontier;
use crate::store::{Origin, Store, StoreError, open as stores};

/// Rows between two looks whether to go on.
const LOOK: u64 = 1024;

/// Where the keys come from.
pub enum Keys {
    /// A store, as it is today.
    Store { dir: PathBuf, secret: Secret },
    /// A key escrow, or a backup that has its keys in it.
    Escrow { path: PathBuf, passphrase: Zeroizing<String> },
}

/// A backup that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Looked {
    pub form: Form,
    pub store: StoreId,
    pub made_at: Timestamp,
    pub epoch: u64,
    pub entries: u64,
    pub root: [u8; 32],
    pub records: u64,
    pub rows: u64,
    pub bytes: u64,
    /// Hexadecimal, of the file.
    pub sha256: String,
    /// The log's checkpoint, a signed note.
    pub checkpoint: String,
    /// With keys.
    pub opened: Option<LookedInto>,
}

/// What keys showed of a backup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookedInto {
    /// Persons whose keys were destroyed since.
    pub forgotten: u64,
    pub forgotten_rows: u64,
    /// Rows that should open and do not.
    pub lost: u64,
    pub problems: Vec<String>,
}

impl LookedInto {
    fn of(opened: &Opened) -> LookedInto {
        LookedInto {
            forgotten: opened.forgotten.len() as u64,
            forgotten_rows: opened.forgotten.values().map(|gone| gone.rows).sum(),
            lost: opened.lost,
            problems: opened.problems.clone(),
        }
    }
}

/// What is asked of a new store.
pub struct Wish<'a> {
    pub into: &'a Path,
    /// Puts it in the place of this one, which is then in `into`.
    pub swap: Option<&'a Path>,
    /// The account on this machine of whoever does it.
    pub account: &'a str,
    /// What guessing a new passphrase costs, where there is one.
    pub cost: KdfCost,
    /// Goes on where rows are lost, and tells how many.
    pub accept_losses: bool,
    /// Hears how many bytes or rows are done; ends it with `false`.
    pub going: &'a mut dyn FnMut(u64) -> bool,
}

/// A store that was made.
pub struct Made {
    pub rows: u64,
    pub opened: LookedInto,
    /// What was carried over from today's store, by the word of its kind, and what could not be.
    pub carried: BTreeMap<&'static str, u64>,
    pub left: BTreeMap<&'static str, u64>,
    /// Why nothing was carried over.
    pub not_carried: Option<String>,
    /// When the keys were written, where they are not those of today: whoever was erased since is in the store again.
    pub keys_of: Option<Timestamp>,
    /// What verifying the new store found, beside the persons who are forgotten.
    pub problems: Vec<String>,
    pub entries: u64,
    /// Where the store lies that was there before.
    pub before: Option<PathBuf>,
    /// A new recovery code in groups, where the ways to unlock are new.
    pub recovery_code: Vec<Zeroizing<String>>,
}

/// Reads a backup to its end; with keys, opens every row of it.
pub fn look_at(
    path: &Path,
    keys: Option<&Keys>,
    env: &Env,
    going: &mut dyn FnMut(u64) -> bool,
) -> Result<Looked, Error> {
    let (contents, opened) = match keys {
        None => (backup::read(path, &mut |_, _| Ok(()), going)?, None),
        Some(keys) => {
            let (contents, opened) = backup::open_all(path, keyring_of(keys, env)?.keyring, going)?;
            (contents, Some(LookedInto::of(&opened)))
        }
    };
    let Contents { rows, bytes, sha256, checkpoint, header, .. } = contents;
    let Header { form, store, id: _, made_at, epoch, entries, root, records, format: _ } = header;
    let form = match form {
        backup::Form::Data => Form::Data,
        backup::Form::Whole => Form::Whole,
    };
    let sha256 = hex(&sha256);
    Ok(Looked {
        form,
        store,
        made_at,
        epoch,
        entries,
        root,
        records,
        rows,
        bytes,
        sha256,
        checkpoint,
        opened,
    })
}

struct Found {
    keyring: Keyring,
    created: Option<Timestamp>,
    /// They come without ways to unlock.
    bare: bool,
    /// When they were written, where they are not those of today.
    of: Option<Timestamp>,
}

fn keyring_of(keys: &Keys, env: &Env) -> Result<Found, Error> {
    match keys {
        Keys::Store { dir, secret } => {
            let (store, created) = look(dir).map_err(|error| layout_error(&error))?;
            let keyring = Keyring::look(&dir.join("keys"), store, &presented(secret)?, env);
            let keyring = keyring.map_err(|error| key_error(&error))?;
            Ok(Found { keyring, created: Some(created), bare: false, of: None })
        }
        Keys::Escrow { path, passphrase } => {
            let escrow = match backup::head(path) {
                Ok(_) => {
                    backup::read(path, &mut |_, _| Ok(()), &mut |_| true)?.escrow()?.ok_or_else(|| {
                        Error::refused(format!("the backup {} has no keys in it", path.display()))
                            .hint("name the store's directory, or the key escrow")
                    })?
                }
                Err(StoreError::Backup(BackupError::NotABackup(_))) => {
                    Escrow::read(path).map_err(|error| key_error(&error))?
                }
                Err(error) => return Err(error.into()),
            };
            let words = Passphrase::new(passphrase)
                .map_err(|_| key_error(&keyring::KeyError::WrongEscrowPassphrase))?;
            let keyring = escrow.open(words, env).map_err(|error| key_error(&error))?;
            Ok(Found { keyring, created: None, bare: true, of: Some(escrow.made_at) })
        }
    }
}

/// Makes a store of a backup. `way` is what unlocks it, where the keys come without.
pub fn restore(
    file: &Path,
    keys: &Keys,
    way: Option<&Secret>,
    wish: &mut Wish<'_>,
    env: &Env,
) -> Result<Made, Error> {
    let header = backup::head(file)?;
    // First, because starting it completes an erasure that was interrupted: the keys of today are those after it.
    let (today, not_carried) = match keys {
        Keys::Store { dir, secret } => open_today(dir, secret, env)?,
        Keys::Escrow { .. } => (None, Some("the keys come from an escrow".to_owned())),
    };
    let Found { keyring, created, bare, of } = keyring_of(keys, env)?;
    let ours = keyring.store_id();
    if header.store != ours {
        let (path, theirs) = (file.to_path_buf(), header.store);
        return Err(StoreError::from(BackupError::OtherStore { path, theirs, ours }).into());
    }
    let (ways, recovery_code) = if bare { new_ways(way, wish.cost, env)? } else { (None, Vec::new()) };
    let place = place_of(wish)?;
    make_parents(&place)?;
    let mut copy = Copy::begin(&place)?;
    let mut opened = Opened::new(keyring, ours)?;
    let mut put = |key: &[u8], value: &[u8]| match opened.row(key, value)? {
        Fate::Keep => {
            opened.keep(key, value);
            copy.put(key, value)
        }
        Fate::Forgotten | Fate::Lost(_) => Ok(()),
    };
    let contents = backup::read(file, &mut put, wish.going)?;
    contents.check_seal(opened.keyring())?;
    opened.check_head(contents.header.entries, contents.header.root)?;
    let found = LookedInto::of(&opened);
    refuse_losses(&found, wish)?;
    let frontier = opened.frontier()?;
    let frontier = frontier.ok_or_else(|| Error::integrity("the head of the history is missing"))?;
    let record = Record {
        name: name_of(file),
        form: OneOf(Some(match contents.header.form {
            backup::Form::Data => Form::Data,
            backup::Form::Whole => Form::Whole,
        })),
        path: absolute(file),
        made_at: Some(contents.header.made_at),
        epoch: number(contents.header.epoch),
        log_size: number(contents.header.entries),
        sha256: hex(&contents.sha256),
        bytes: number(contents.bytes),
        state: OneOf(Some(State::Current)),
        ..Record::default()
    };
    let before = match keys {
        Keys::Store { dir, .. } => Some(old_store(dir, wish, opened.keyring(), env)),
        Keys::Escrow { .. } => None,
    };
    let (id, account) = (contents.header.id, wish.account.to_owned());
    let forgotten = opened.forgotten.clone();
    let terms = Terms { frontier, ways: ways.as_deref(), created: created.unwrap_or_else(|| env.now()) };
    let Copied { dir, done } = copy.finish(opened, terms, env, |store| {
        let origin = origin(&store, &account, env)?;
        store.write(origin, move |txn| {
            txn.create_as(SubjectId::NOBODY, id, &record)?;
            if let Some(before) = before {
                txn.create(SubjectId::NOBODY, &before)?;
            }
            Ok::<_, Error>(())
        })?;
        bury(&store, origin, forgotten)?;
        let carried = match &today {
            Some(today) => carry(today, &store, header.entries, origin)?,
            None => Carried::default(),
        };
        let verified = store.read(|reader| reader.verify())?;
        close(store)?;
        Ok::<_, Error>((carried, verified))
    })?;
    drop(today);
    let (carried, verified) = done;
    let before = put_in_place(dir, wish)?;
    Ok(Made {
        rows: contents.rows - found.forgotten_rows - found.lost,
        opened: found,
        carried: words(carried.carried),
        left: words(carried.left),
        not_carried,
        keys_of: of,
        problems: verified.problems,
        entries: verified.entries,
        before,
        recovery_code,
    })
}

/// Makes a store anew of what can be read of the one in `dir`: every row sealed under a fresh key of its own, nothing left
/// of what was overwritten or deleted.
pub fn rebuild(dir: &Path, secret: &Secret, wish: &mut Wish<'_>, env: &Env) -> Result<Made, Error> {
    let mut held = hold(dir)?;
    let id = held.store_id();
    let keyring = Keyring::look(&held.keys(), id, &presented(secret)?, env);
    let keyring = keyring.map_err(|error| key_error(&error))?;
    let epoch = keyring.epoch();
    let place = place_of(wish)?;
    make_parents(&place)?;
    let mut copy = Copy::begin(&place)?;
    let mut opened = Opened::new(keyring, id)?;
    let (mut leaves, mut rows) = (Frontier::new(), 0);
    let going = &mut *wish.going;
    let mut put = |key: &[u8], value: &[u8]| match opened.row(key, value)? {
        Fate::Keep => {
            let sealed = opened.reseal(key, value, env.random())?;
            opened.keep(key, &sealed);
            backup::append_leaves(&mut leaves, key, value)?;
            rows += 1;
            if rows % LOOK == 0 && !going(rows) {
                return Err(BackupError::Stopped.into());
            }
            copy.put(key, &sealed)
        }
        Fate::Forgotten | Fate::Lost(_) => Ok(()),
    };
    let read = rescue(&mut held, env, &mut put)?;
    opened.problems.extend(read);
    let frontier = match opened.frontier()? {
        Some(frontier) => {
            opened.check_head(leaves.size(), leaves.root())?;
            frontier
        }
        None => {
            opened.problems.push("the head of the history was lost, and made anew of its entries".to_owned());
            leaves
        }
    };
    let found = LookedInto::of(&opened);
    refuse_losses(&found, wish)?;
    let before = old_store(dir, wish, opened.keyring(), env);
    let (account, forgotten) = (wish.account.to_owned(), opened.forgotten.clone());
    let terms = Terms { frontier, ways: None, created: held.created() };
    let Copied { dir: new, done: verified } = copy.finish(opened, terms, env, |store| {
        let origin = origin(&store, &account, env)?;
        store.write(origin, move |txn| txn.create(SubjectId::NOBODY, &before).map(drop))?;
        finish_forgetting(&store, origin, epoch)?;
        bury(&store, origin, forgotten)?;
        let verified = store.read(|reader| reader.verify())?;
        close(store)?;
        Ok::<_, Error>(verified)
    })?;
    drop(held);
    let before = put_in_place(new, wish)?;
    Ok(Made {
        rows,
        opened: found,
        carried: BTreeMap::new(),
        left: BTreeMap::new(),
        not_carried: None,
        keys_of: None,
        problems: verified.problems,
        entries: verified.entries,
        before,
        recovery_code: Vec::new(),
    })
}

/// Today's store, as far as it can be read; or why it cannot.
fn open_today(dir: &Path, secret: &Secret, env: &Env) -> Result<(Option<Store>, Option<String>), Error> {
    let mut held = match hold(dir) {
        Ok(held) => held,
        // Whoever holds it goes on writing what would be lost.
        Err(error) if error.cause == Some(Cause::Held) => {
            return Err(error.hint("end the server first: what it writes meanwhile would be lost"));
        }
        Err(error) => return Ok((None, Some(error.message))),
    };
    let mut open = || -> Result<Store, Error> {
        let id = held.store_id();
        let keyring = Keyring::unlock(&held.keys(), id, &presented(secret)?, env);
        let keyring = keyring.map_err(|error| key_error(&error))?;
        let backend = stores::disk(&mut held, env)?;
        Ok(stores::existing(backend, keyring, id, env)?)
    };
    match open() {
        Ok(store) => Ok((Some(store), None)),
        Err(error) => Ok((None, Some(error.message))),
    }
}

/// Ways to unlock, where they are new, and a recovery code in groups.
type NewWays = (Option<Vec<PreparedWay>>, Vec<Zeroizing<String>>);

/// What unlocks a store whose keys come from an escrow: what was named, and a new recovery code.
fn new_ways(way: Option<&Secret>, cost: KdfCost, env: &Env) -> Result<NewWays, Error> {
    let way = way.ok_or_else(|| {
        Error::usage("keys from an escrow need a new way to unlock")
            .hint("name --passphrase-file FILE or --key-file FILE for the new store")
    })?;
    let code = RecoveryCode::generate(env);
    let groups = code.groups();
    let way = match way {
        Secret::KeyFile(path) if !path.exists() => Secret::KeyText(key_text(path, true, env)?),
        Secret::KeyFile(path) => Secret::KeyFile(path.clone()),
        Secret::KeyText(text) => Secret::KeyText(text.clone()),
        Secret::Passphrase(words) => Secret::Passphrase(words.clone()),
        Secret::Recovery(words) => Secret::Recovery(words.clone()),
    };
    let secrets = [read_secret(&way)?, keyring::Secret::RecoveryCode(code)];
    let ways = PreparedWay::all(&secrets, cost, env).map_err(|error| key_error(&error))?;
    Ok((Some(ways), groups))
}

fn refuse_losses(found: &LookedInto, wish: &Wish<'_>) -> Result<(), Error> {
    if found.problems.is_empty() || wish.accept_losses {
        return Ok(());
    }
    let first = found.problems.first().cloned().unwrap_or_default();
    Err(Error::integrity(format!("{} rows do not open ({first}); nothing was made", found.lost))
        .hint("another backup or another escrow may have them; --accept-losses goes on without"))
}

/// Where the new store is made: with a swap, in the place to which the old one goes.
fn place_of(wish: &Wish<'_>) -> Result<PathBuf, Error> {
    let place = std::path::absolute(wish.into)
        .map_err(|error| Error::usage(format!("{}: {error}", wish.into.display())))?;
    if wish.swap.is_some_and(|store| place.starts_with(store)) {
        return Err(Error::usage("the new store cannot lie in the one that it replaces"));
    }
    Ok(place)
}

/// Exchanges the new store with the one it replaces, where that is wanted; where the old one then lies.
fn put_in_place(dir: StoreDir, wish: &Wish<'_>) -> Result<Option<PathBuf>, Error> {
    let Some(store) = wish.swap else { return Ok(None) };
    let new = dir.path().to_path_buf();
    drop(dir);
    // Nobody works in it while it goes.
    let held = hold(store)?;
    exchange(&new, store).map_err(|error| {
        layout_error(&error).hint(format!("the new store is whole, in {}", new.display()))
    })?;
    drop(held);
    Ok(Some(new))
}

/// The store that is replaced, as a backup with keys, which it is from now on.
fn old_store(dir: &Path, wish: &Wish<'_>, keyring: &Keyring, env: &Env) -> Record {
    let now = env.now();
    let place = if wish.swap.is_some() { wish.into } else { dir };
    Record {
        name: format!("the store before {}", now.utc().format("%Y-%m-%d %H:%M:%S")),
        form: OneOf(Some(Form::Whole)),
        state: OneOf(Some(State::Current)),
        path: absolute(place),
        made_at: Some(now),
        epoch: number(keyring.epoch()),
        ..Record::default()
    }
}

/// As whom the entry is written: the user with this account.
fn origin(store: &Store, account: &str, env: &Env) -> Result<Origin, Error> {
    let account = account.to_owned();
    let user = store.read(move |reader| {
        let mut user = None;
        rows::each(reader, RecordKind::User, |stored| {
            if stored.entity::<User>()?.unix == account {
                user = Some(UserId(stored.id));
            }
            Ok(())
        })?;
        Ok::<_, StoreError>(user)
    })?;
    Ok(Origin {
        at: env.now(),
        actor: user.unwrap_or(UserId(Uuid::nil())),
        session: SessionId(env.ids.next()),
        action: Action::Recover,
    })
}

/// Destroys the keys of people whose forgetting had begun in the epoch of the old keys and had not got that far. Their rows
/// went when the new store was opened.
fn finish_forgetting(store: &Store, origin: Origin, epoch: u64) -> Result<(), Error> {
    let begun = store.read(|reader| reader.forgettings())?;
    let begun = begun.into_iter().filter(|(_, one)| one.epoch == epoch);
    let slots: Vec<Slot> = begun.flat_map(|(_, one)| one.people).map(|(_, slot)| Slot(slot)).collect();
    if slots.is_empty() {
        return Ok(());
    }
    store.write(origin, move |txn| txn.keys().forget(&slots).map_err(|error| key_error(&error)))
}

/// Says in the log who was forgotten since the rows were written.
fn bury(store: &Store, origin: Origin, forgotten: Forgotten) -> Result<(), Error> {
    if forgotten.is_empty() {
        return Ok(());
    }
    let origin = Origin { action: Action::Erase, ..origin };
    store.write(origin, move |txn| Ok::<_, Error>(txn.bury(&forgotten).map(drop)?))
}

fn close(store: Store) -> Result<(), Error> {
    let failure = store.failure().map(str::to_owned);
    drop(store);
    failure.map_or(Ok(()), |why| Err(StoreError::Closed(why).into()))
}

fn words(counts: BTreeMap<RecordKind, u64>) -> BTreeMap<&'static str, u64> {
    counts.into_iter().map(|(kind, count)| (kind.plural(), count)).collect()
}

fn name_of(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.into()).display().to_string()
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
