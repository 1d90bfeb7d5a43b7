//! Backups that are made, and what is registered of them; escrows of the keys, which follow each erasure.
//!
//! A backup is made in steps, each a request of its own: so a session sees how far it is and can stop, and others get
//! their turn in between. It is registered when it is whole. Files are written by the process that holds the store.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use uuid::Uuid;

use super::report::{origin as log_origin, signer};
use super::{Ask, Service, live, rows};
use crate::api::view::{CheckLine, Level};
use crate::api::{BackupBegin, BackupForget, BackupProgress, BackupView, Error, EscrowMake, WithKeys};
use crate::domain::backup::{Backup as Record, Form, State};
use crate::domain::entity::Entity;
use crate::domain::history::Action;
use crate::domain::id::SubjectId;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, OneOf};
use crate::store::backup::{Backup, BackupError};
use crate::store::keyring::escrow::{self, Lock, Registered};
use crate::store::keyring::{KeyError, Passphrase};
use crate::store::merkle::checkpoint::Checkpoint;
use crate::store::{Origin, StoreError, Stored};

/// How long one request works on a backup.
const TURN: Duration = Duration::from_millis(120);
/// A backup older than this is told by `doctor`.
const OLD_DAYS: i64 = 8;

/// A backup that is being made.
pub struct Job {
    backup: Backup,
    name: String,
    expires: Option<Day>,
}

impl Job {
    fn progress(&self) -> BackupProgress {
        let (rows, bytes) = self.backup.written();
        BackupProgress { rows, bytes, done: None }
    }
}

impl Service {
    /// Begins a backup at `path`.
    pub fn begin_backup(
        &self,
        path: &str,
        name: &str,
        with_keys: Option<WithKeys>,
        now: Timestamp,
    ) -> Result<Job, Error> {
        self.writable()?;
        let path = self.outside(path)?;
        let name = self.free_name(name, &path)?;
        let id = self.env.ids.next();
        let (expires, lock) = match with_keys {
            Some(with) => {
                if with.expires.0 <= now.date() {
                    return Err(Error::refused("a backup with keys ends on a day to come").hint(
                        "as long as it is there, it holds also those who are erased meanwhile: let it end soon",
                    ));
                }
                let words = Passphrase::new(with.passphrase.words()).map_err(key_error)?;
                let lock = Lock::new(self.id, id, words, self.cost(), &self.env).map_err(key_error)?;
                (Some(with.expires), Some(lock))
            }
            None => (None, None),
        };
        let backup = self.store.read(move |reader| {
            let signer = signer(reader)?;
            let checkpoint = Checkpoint::new(&log_origin(reader), reader.frontier(), Some(now));
            let checkpoint = checkpoint.sign(&signer).map_err(|error| Error::failed(error.to_string()))?;
            let keys = lock.map(|lock| reader.keyring().seal_escrow(id, &lock, now)).transpose();
            let keys = keys.map_err(key_error)?;
            Ok::<_, Error>(Backup::begin(reader, &path, id, now, &checkpoint, keys.as_deref())?)
        })?;
        Ok(Job { backup, name, expires })
    }

    /// Works on it for a moment; `true` while there is more to do.
    pub fn step_backup(&self, job: &mut Job) -> Result<bool, Error> {
        let begun = self.env.clock.elapsed();
        while job.backup.step(&self.store)? {
            if self.env.clock.elapsed().saturating_sub(begun) >= TURN {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ends it, and registers it.
    pub fn end_backup(&self, job: Job, origin: Origin) -> Result<BackupView, Error> {
        let (record, id) = record_of(job)?;
        let (view, path) = (view_of(&record, origin.at, String::new()), PathBuf::from(&record.path));
        let touched = self.store.write(origin, move |txn| {
            txn.create_as(SubjectId::NOBODY, id, &record)?;
            Ok::<_, Error>(live::Touched::by(txn))
        });
        match touched {
            Ok(touched) => self.hub.committed(origin.session, origin.actor, origin.action, touched),
            Err(error) => {
                // One that nobody knows of would be in no receipt.
                let _ = std::fs::remove_file(&path);
                return Err(error);
            }
        }
        Ok(view)
    }

    /// Makes a whole backup, for whatever does so by itself. `going` ends it with `false`.
    pub fn back_up(
        &self,
        path: &Path,
        name: &str,
        origin: Origin,
        going: &mut dyn FnMut() -> bool,
    ) -> Result<BackupView, Error> {
        let mut job = self.begin_backup(&path.display().to_string(), name, None, origin.at)?;
        while self.step_backup(&mut job)? {
            if !going() {
                return Err(StoreError::from(BackupError::Stopped).into());
            }
        }
        self.end_backup(job, origin)
    }

    /// Everything that is registered, the latest first.
    pub fn backups(&self, now: Timestamp) -> Result<Vec<BackupView>, Error> {
        let found = self.registered()?;
        let shape = self.store.read(|reader| Ok::<_, StoreError>(shape_of(reader.keyring())))?;
        let mut views: Vec<BackupView> =
            found.iter().map(|(_, record)| view_of(record, now, behind(record, shape))).collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.made_at));
        Ok(views)
    }

    /// When the last backup was made that is still there.
    pub(super) fn last_backup(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let mut views = self.backups(now)?;
        // A store that was replaced is a copy too, and no backup.
        views.retain(|view| {
            let is_backup = view.form != Form::Escrow.word() && !view.sha256.is_empty();
            is_backup && view.state != State::Destroyed.word()
        });
        Ok(views.iter().map(|view| view.made_at).max())
    }

    /// What may still hold somebody who is erased now: escrows, and backups with keys that nobody said are gone.
    pub fn copies(&self, now: Timestamp) -> Result<Vec<BackupView>, Error> {
        let mut views = self.backups(now)?;
        views.retain(|view| view.form != Form::Data.word() && view.state != State::Destroyed.word());
        Ok(views)
    }

    /// Writes every escrow anew with the keys of now, and notes which of them are and which are not. Called after each
    /// erasure, when the ring grew, and with a new master key.
    pub fn refresh_escrows(&self, origin: Origin) -> Result<Vec<BackupView>, Error> {
        let escrows: Vec<(Stored, Record)> = self
            .registered()?
            .into_iter()
            .filter(|(_, record)| {
                record.form.0 == Some(Form::Escrow) && record.state.0 != Some(State::Destroyed)
            })
            .collect();
        if escrows.is_empty() {
            return Ok(Vec::new());
        }
        let mut known = Vec::new();
        for (stored, record) in &escrows {
            let lock = Lock::parse(&record.sealed).ok_or_else(|| {
                Error::integrity(format!("the escrow `{}` is registered without its lock", record.name))
                    .hint("make it again with `callbook keys escrow`")
            })?;
            known.push(Registered { id: stored.id, path: PathBuf::from(&record.path), lock });
        }
        let at = origin.at;
        let sealed = self
            .store
            .read(move |reader| Ok::<_, StoreError>(escrow::seal_all(reader.keyring(), &known, at)))?;
        let entries = self.store.read(|reader| Ok::<_, StoreError>(reader.log_size()))?;
        let mut changed = Vec::new();
        let mut views = Vec::new();
        for ((stored, mut record), (_, sealed)) in escrows.into_iter().zip(sealed) {
            let written = sealed.and_then(|sealed| Ok((sealed.write()?, sealed.bytes().len() as u64)));
            let why = match written {
                Ok((written, bytes)) => {
                    record.state = OneOf(Some(State::Current));
                    record.made_at = Some(at);
                    record.epoch = number(written.epoch);
                    record.slots = i64::from(written.slots);
                    record.log_size = number(entries);
                    record.sha256 = hex(&written.sha256);
                    record.bytes = number(bytes);
                    String::new()
                }
                Err(error) => {
                    record.state = OneOf(Some(State::Pending));
                    error.to_string()
                }
            };
            views.push(view_of(&record, at, why));
            changed.push((stored.id, record));
        }
        let touched = self.store.write(origin, move |txn| {
            for (id, record) in &changed {
                // Somebody may have changed it meanwhile: what was just written counts.
                if let Some(now) = rows::backup(&txn.read(), *id)? {
                    txn.update(&now, record.fields())?;
                }
            }
            Ok::<_, Error>(live::Touched::by(txn))
        })?;
        self.hub.committed(origin.session, origin.actor, origin.action, touched);
        Ok(views)
    }

    /// Whether escrows lack keys that were made since they were written.
    pub(super) fn note_slots(&self, slots: u32) {
        if slots > self.slots.fetch_max(slots, Ordering::Relaxed) {
            self.escrows_behind.store(true, Ordering::Relaxed);
        }
    }

    /// Writes escrows anew where the ring grew. What fails leaves them pending, which is told.
    pub(super) fn follow_ring(&self, origin: Origin) {
        if self.escrows_behind.swap(false, Ordering::Relaxed) && self.refresh_escrows(origin).is_err() {
            self.escrows_behind.store(true, Ordering::Relaxed);
        }
    }

    /// What `doctor` says of backups and escrows.
    pub(super) fn backup_checks(&self, now: Timestamp) -> Result<Vec<CheckLine>, Error> {
        let mut lines = Vec::new();
        let mut line = |name: &str, level: Level, message: String, hint: &str| {
            lines.push(CheckLine { name: name.to_owned(), level, message, hint: hint.to_owned() });
        };
        let views = self.backups(now)?;
        let there = |form: Form| {
            let there =
                move |view: &&BackupView| view.form == form.word() && view.state != State::Destroyed.word();
            views.iter().filter(there)
        };
        if there(Form::Escrow).next().is_none() {
            let message = "there is no key escrow: whoever loses `keys/` loses everything".to_owned();
            line("key escrow", Level::Warning, message, "callbook keys escrow --out FILE, kept elsewhere");
        }
        for view in there(Form::Escrow) {
            if view.state == State::Current.word() {
                line("key escrow", Level::Ok, format!("`{}` has the keys of today", view.name), "");
            } else {
                let message = format!("`{}` in {} is pending: {}", view.name, view.path, view.why);
                let hint = "make its place reachable, then `callbook keys escrow --refresh`";
                line("key escrow", Level::Warning, message, hint);
            }
        }
        for view in there(Form::Whole).filter(|view| view.state == State::Expired.word()) {
            let message = format!("the backup with keys `{}` in {} is past its day", view.name, view.path);
            let hint = "destroy it, then `callbook backup forget NAME`";
            line("backups with keys", Level::Warning, message, hint);
        }
        match self.last_backup(now)? {
            None => {
                let hint = "callbook backup create --out FILE, or [backup] in config.toml";
                line("backup", Level::Warning, "there is no backup".to_owned(), hint);
            }
            Some(last) if now.date() - last.date() > chrono::Duration::days(OLD_DAYS) => {
                let message = format!("the last backup is of {last}");
                line("backup", Level::Warning, message, "callbook backup create --out FILE");
            }
            Some(last) => line("backup", Level::Ok, format!("the last one is of {last}"), ""),
        }
        if let Some(why) = self.backup_failure() {
            let message = format!("the last scheduled backup failed: {why}");
            line("scheduled backup", Level::Error, message, "see its directory and the free space there");
        }
        Ok(lines)
    }

    fn registered(&self) -> Result<Vec<(Stored, Record)>, Error> {
        Ok(self.store.read(rows::backups)?)
    }

    /// A place that a backup may have: an absolute path, out of the store's own directory.
    fn outside(&self, path: &str) -> Result<PathBuf, Error> {
        let path = PathBuf::from(path);
        let parent = path.parent().filter(|_| path.is_absolute() && path.file_name().is_some());
        let parent = parent
            .ok_or_else(|| Error::usage(format!("{} is no absolute path of a file", path.display())))?;
        let real = parent.canonicalize().map_err(|error| {
            Error::failed(format!("the directory {} cannot be used: {error}", parent.display()))
                .hint("files are written by the process that holds the store, as its account")
        })?;
        if self.surroundings.dir.as_ref().is_some_and(|dir| real.starts_with(dir)) {
            return Err(StoreError::from(BackupError::Inside(path)).into());
        }
        Ok(path)
    }

    /// The name of a new one: the file's, unless it is told. No two that are there share one.
    fn free_name(&self, wished: &str, path: &Path) -> Result<String, Error> {
        let of_file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = if wished.trim().is_empty() { of_file } else { wished.trim().to_owned() };
        let taken = self
            .registered()?
            .iter()
            .any(|(_, record)| record.name == name && record.state.0 != Some(State::Destroyed));
        if taken {
            return Err(Error::conflict(format!("there is a backup or an escrow `{name}` already")).hint(
                "name this one with --name, or say with `callbook backup forget` that the other is gone",
            ));
        }
        Ok(name)
    }
}

impl Ask<'_> {
    pub(super) fn backup_begin(&self, begin: BackupBegin) -> Result<BackupProgress, Error> {
        let job = self.service.begin_backup(&begin.path, &begin.name, begin.with_keys, self.now)?;
        let progress = job.progress();
        // One that was begun before and not ended is dropped, with what was written of it.
        self.memory().backup = Some(Box::new(job));
        Ok(progress)
    }

    pub(super) fn backup_step(&self) -> Result<BackupProgress, Error> {
        // Taken out, so that the session's memory is not held locked meanwhile; an error leaves nothing of it.
        let job = self.memory().backup.take();
        let mut job = job.ok_or_else(|| Error::conflict("no backup is being made in this session"))?;
        if self.service.step_backup(&mut job)? {
            let progress = job.progress();
            self.memory().backup = Some(job);
            return Ok(progress);
        }
        let progress = job.progress();
        let done = self.service.end_backup(*job, self.origin(Action::Backup))?;
        Ok(BackupProgress { bytes: done.bytes, done: Some(done), ..progress })
    }

    pub(super) fn backup_stop(&self) {
        drop(self.memory().backup.take());
    }

    pub(super) fn backup_forget(&self, forget: &BackupForget) -> Result<BackupView, Error> {
        let name = forget.name.trim().to_owned();
        let now = self.now;
        let (view, _) = self.transact(Action::Backup, move |txn, _| {
            let found = rows::backups(&txn.read())?;
            let found = found
                .into_iter()
                .find(|(_, record)| record.name == name && record.state.0 != Some(State::Destroyed));
            let (stored, mut record) =
                found.ok_or_else(|| Error::not_found(format!("there is no backup or escrow `{name}`")))?;
            // Whether the file is really gone, only people can tell; where it is still in its place, they are wrong.
            if Path::new(&record.path).exists() {
                return Err(Error::refused(format!("{} is still there", record.path))
                    .hint("destroy the file first, with every copy of it"));
            }
            record.state = OneOf(Some(State::Destroyed));
            record.sealed = String::new();
            txn.update(&stored, record.fields())?;
            Ok(view_of(&record, now, String::new()))
        })?;
        Ok(view)
    }

    pub(super) fn escrow_make(&self, make: EscrowMake) -> Result<BackupView, Error> {
        self.service.writable()?;
        let path = self.service.outside(&make.path)?;
        drop(escrow::check_place(&path, self.service.id).map_err(key_error)?);
        let place = path.display().to_string();
        let known = self.service.registered()?.into_iter().find(|(_, record)| {
            record.form.0 == Some(Form::Escrow)
                && record.path == place
                && record.state.0 != Some(State::Destroyed)
        });
        // Made again in its place, it gets another passphrase and stays the same escrow.
        let (id, name) = match &known {
            Some((stored, record)) => (stored.id, record.name.clone()),
            None => (self.service.env.ids.next(), self.service.free_name(&make.name, &path)?),
        };
        let words = Passphrase::new(make.passphrase.words()).map_err(key_error)?;
        let service = self.service;
        let lock = Lock::new(service.id, id, words, service.cost(), &service.env).map_err(key_error)?;
        let record = Record {
            name: name.clone(),
            form: OneOf(Some(Form::Escrow)),
            state: OneOf(Some(State::Pending)),
            path: place,
            made_at: Some(self.now),
            sealed: lock.to_text(),
            ..Record::default()
        };
        // Registered before it is written: from then on each erasure knows of it.
        self.transact(Action::Backup, move |txn, _| {
            match rows::backup(&txn.read(), id)? {
                Some(before) => drop(txn.update(&before, record.fields())?),
                None => drop(txn.create_as(SubjectId::NOBODY, id, &record)?),
            }
            Ok(())
        })?;
        let written = service.refresh_escrows(self.origin(Action::Backup))?;
        let own = written.into_iter().find(|view| view.name == name);
        let own = own.ok_or_else(|| Error::failed("the escrow was not registered"))?;
        if own.state != State::Current.word() {
            return Err(Error::failed(format!("the escrow was not written: {}", own.why))
                .hint("it is registered as pending; name another file, or `callbook backup forget` it"));
        }
        Ok(own)
    }
}

/// Finishes the file; what is registered of it, and its id.
pub(super) fn record_of(job: Job) -> Result<(Record, Uuid), Error> {
    let Job { backup, name, expires } = job;
    let done = backup.finish()?;
    let record = Record {
        name,
        form: OneOf(Some(if expires.is_some() { Form::Whole } else { Form::Data })),
        state: OneOf(Some(State::Current)),
        path: done.path.display().to_string(),
        made_at: Some(done.header.made_at),
        expires,
        epoch: number(done.header.epoch),
        log_size: number(done.header.entries),
        sha256: hex(&done.sha256),
        bytes: number(done.bytes),
        ..Record::default()
    };
    Ok((record, done.header.id))
}

/// What decides whether an escrow has the keys of now.
fn shape_of(keyring: &crate::store::keyring::Keyring) -> (u64, u32) {
    (keyring.epoch(), keyring.slots())
}

/// Why an escrow does not have the keys of now, where it does not.
fn behind(record: &Record, (epoch, slots): (u64, u32)) -> String {
    if record.form.0 != Some(Form::Escrow) || record.state.0 == Some(State::Destroyed) {
        return String::new();
    }
    if record.epoch != number(epoch) {
        "keys were destroyed since it was written, and it still has them".to_owned()
    } else if record.slots < i64::from(slots) {
        "keys were made since it was written, and it has not got them".to_owned()
    } else if record.state.0 == Some(State::Pending) {
        "it could not be written".to_owned()
    } else {
        String::new()
    }
}

pub(super) fn view_of(record: &Record, now: Timestamp, why: String) -> BackupView {
    let state = record.state.0.unwrap_or(State::Pending);
    let state = match (state, record.expires) {
        (State::Current, Some(day)) if day.0 < now.date() => State::Expired,
        (State::Current, _) if !why.is_empty() => State::Pending,
        (state, _) => state,
    };
    let natural = |number: i64| u64::try_from(number).unwrap_or_default();
    BackupView {
        name: record.name.clone(),
        form: record.form.0.map(|form| form.word().to_owned()).unwrap_or_default(),
        state: state.word().to_owned(),
        path: record.path.clone(),
        made_at: record.made_at.unwrap_or_default(),
        expires: record.expires,
        epoch: natural(record.epoch),
        entries: natural(record.log_size),
        sha256: record.sha256.clone(),
        bytes: natural(record.bytes),
        why,
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key_error(error: KeyError) -> Error {
    super::open::key_error(&error)
}
