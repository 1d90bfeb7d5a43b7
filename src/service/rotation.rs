//! Backups that nobody asks for: a number of them in one directory, the newest in place of the oldest.

use std::path::{Path, PathBuf};

use super::backups::{Job, record_of};
use super::{Service, live, rows};
use crate::api::{BackupView, Error};
use crate::domain::backup::{Backup as Record, Form, State};
use crate::domain::entity::Entity;
use crate::domain::history::Action;
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::value::OneOf;
use crate::store::{Origin, Stored};

const SUFFIX: &str = ".backup";

/// Where scheduled backups go, and how many are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rotation {
    pub directory: PathBuf,
    pub keep: usize,
}

impl Service {
    /// What a schedule does is done by nobody.
    fn by_itself(&self, at: Timestamp) -> Origin {
        let nobody = uuid::Uuid::nil();
        Origin { at, actor: UserId(nobody), session: SessionId(nobody), action: Action::Backup }
    }

    /// What the files of this store begin with.
    fn prefix(&self) -> String {
        let id = self.id.to_string();
        format!("callbook-{}-", id.split('-').next_back().unwrap_or(&id))
    }

    /// Scheduled backups that are registered, the oldest first.
    fn scheduled(&self, rotation: &Rotation) -> Result<Vec<(Stored, Record)>, Error> {
        let prefix = self.prefix();
        let mut found = self.store.read(rows::backups)?;
        found.retain(|(_, record)| {
            record.form.0 == Some(Form::Data)
                && record.state.0 != Some(State::Destroyed)
                && record.name.starts_with(&prefix)
                && Path::new(&record.path).parent() == Some(rotation.directory.as_path())
        });
        found.sort_by_key(|(_, record)| record.made_at);
        Ok(found)
    }

    /// When the last scheduled backup was made; one that a clock made that was ahead does not count.
    pub fn last_scheduled(&self, rotation: &Rotation, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let made = self.scheduled(rotation)?.into_iter().filter_map(|(_, record)| record.made_at);
        Ok(made.filter(|made| *made <= now).max())
    }

    /// Begins a scheduled backup; what one that was killed left is removed.
    pub fn begin_scheduled(&self, rotation: &Rotation, now: Timestamp) -> Result<Job, Error> {
        let cannot = |error: std::io::Error| {
            Error::failed(format!("the directory {} cannot be used: {error}", rotation.directory.display()))
        };
        let prefix = self.prefix();
        for entry in std::fs::read_dir(&rotation.directory).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let name = entry.file_name();
            if name
                .to_str()
                .is_some_and(|name| name.starts_with(&prefix) && name.ends_with(&format!("{SUFFIX}.new")))
            {
                std::fs::remove_file(entry.path()).map_err(cannot)?;
            }
        }
        let name = format!("{prefix}{}{SUFFIX}", now.utc().format("%Y%m%dT%H%M%SZ"));
        let path = rotation.directory.join(&name);
        let path = path.to_str().ok_or_else(|| Error::usage("the directory of backups is not UTF-8"))?;
        self.begin_backup(path, &name, None, now)
    }

    /// Ends it: registered in the place of the oldest where there are enough, whose files are then removed.
    pub fn end_scheduled(&self, job: Job, rotation: &Rotation, now: Timestamp) -> Result<BackupView, Error> {
        let mut old = self.scheduled(rotation)?;
        old.truncate((old.len() + 1).saturating_sub(rotation.keep.max(1)));
        if old.is_empty() {
            return self.end_backup(job, self.by_itself(now));
        }
        let (record, _) = record_of(job)?;
        let view = super::backups::view_of(&record, now, String::new());
        let files: Vec<PathBuf> = old.iter().map(|(_, record)| PathBuf::from(&record.path)).collect();
        let origin = self.by_itself(now);
        let touched = self.store.write(origin, move |txn| {
            let mut old = old.into_iter();
            if let Some((oldest, _)) = old.next() {
                txn.update(&oldest, record.fields())?;
            }
            for (stored, mut record) in old {
                record.state = OneOf(Some(State::Destroyed));
                txn.update(&stored, record.fields())?;
            }
            Ok::<_, Error>(live::Touched::by(txn))
        })?;
        self.hub.committed(origin.session, origin.actor, origin.action, touched);
        for file in files {
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::failed(format!("{} cannot be removed: {error}", file.display())));
                }
                _ => {}
            }
        }
        Ok(view)
    }

    /// Writes escrows anew that are not current, where there are such.
    pub fn refresh_pending(&self, now: Timestamp) -> Result<Vec<BackupView>, Error> {
        let pending = self
            .copies(now)?
            .iter()
            .any(|view| view.form == Form::Escrow.word() && view.state != State::Current.word());
        if pending { self.refresh_escrows(self.by_itself(now)) } else { Ok(Vec::new()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::tests::Fixture;

    /// Each day one; four at most; a leftover of a killed one goes.
    #[test]
    fn the_newest_take_the_place_of_the_oldest() {
        let (fixture, dir) = (Fixture::new(), tempfile::tempdir().unwrap());
        let service = &fixture.service;
        let rotation = Rotation { directory: dir.path().canonicalize().unwrap(), keep: 4 };
        assert_eq!(service.last_scheduled(&rotation, Timestamp::from_millis(0)).unwrap(), None);
        let day = |n: i64| Timestamp::from_millis(1_780_000_000_000 + n * 86_400_000);
        std::fs::write(dir.path().join("letter.backup.new"), "somebody's").unwrap();
        std::fs::write(dir.path().join(format!("{}x.backup.new", service.prefix())), "half").unwrap();
        for n in 0..7 {
            let mut job = service.begin_scheduled(&rotation, day(n)).unwrap();
            while service.step_backup(&mut job).unwrap() {}
            service.end_scheduled(job, &rotation, day(n)).unwrap();
            assert_eq!(service.last_scheduled(&rotation, day(n)).unwrap(), Some(day(n)));
        }
        let mut names: Vec<String> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names.len(), 5, "{names:?}");
        assert_eq!(names[4], "letter.backup.new", "what is not ours stays");
        let registered = service.backups(day(7)).unwrap();
        let mut paths: Vec<String> = registered.iter().map(|view| view.name.clone()).collect();
        paths.sort();
        assert_eq!(paths, names[..4]);
        // Fewer are wanted than there are.
        let fewer = Rotation { keep: 2, ..rotation.clone() };
        let mut job = service.begin_scheduled(&fewer, day(8)).unwrap();
        while service.step_backup(&mut job).unwrap() {}
        service.end_scheduled(job, &fewer, day(8)).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
        assert_eq!(service.scheduled(&fewer).unwrap().len(), 2);
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        let fixture = Fixture::new();
        let rotation = Rotation { directory: "/nowhere/at/all".into(), keep: 3 };
        let refused = fixture.service.begin_scheduled(&rotation, Timestamp::from_millis(0)).err().unwrap();
        assert!(refused.message.contains("/nowhere/at/all"), "{refused}");
    }
}
