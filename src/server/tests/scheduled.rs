//! Backups that a server makes by itself.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::domain::time::Timestamp;
use crate::domain::user::{Role, Settings, User};
use crate::env::Clock;
use crate::server::{Backups as Plan, Rotation};
use crate::service::open::in_memory;

struct Wall(AtomicI64);

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(1, Ordering::SeqCst))
    }
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

const NOW: i64 = 1_780_000_000_000;
const DAY: i64 = 86_400_000;

fn running(directory: &Path) -> (Running, Arc<Wall>) {
    let clock = Arc::new(Wall(AtomicI64::new(NOW)));
    let env = Env { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..Env::system() };
    let olga = User { name: "olga".into(), unix: "olga".into(), role: Role::Owner.into(), ..User::default() };
    let settings = Settings { country: "DE".parse().ok(), ..Settings::default() };
    let service = Arc::into_inner(in_memory(settings, vec![olga], false, &env).unwrap()).unwrap();
    let rotation = Rotation { directory: directory.to_path_buf(), keep: 2 };
    let plan = Plan { schedule: "0 3 * * *".parse().unwrap(), rotation };
    (Running::with(service, &env, Some(plan)), clock)
}

/// Waits until something is so.
fn wait(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..PATIENCE.as_millis() {
        if so() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    panic!("{what} did not come");
}

fn made(running: &Running) -> Vec<BackupView> {
    running.as_user("olga", crate::api::Backups {}).unwrap()
}

fn files(directory: &Path) -> usize {
    std::fs::read_dir(directory).unwrap().count()
}

#[test]
fn one_is_made_at_once_and_one_for_all_that_were_missed() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().canonicalize().unwrap();
    let (running, clock) = running(&directory);
    wait("the first", || made(&running).len() == 1);
    assert_eq!(files(&directory), 1);
    // Nothing is due before the next time, however often it is looked at.
    for _ in 0..3 {
        running.shared.bell.ring();
        running.as_user("olga", Status {}).unwrap();
    }
    assert_eq!(made(&running).len(), 1);
    for days in [3, 10] {
        let before = made(&running)[0].made_at;
        clock.0.fetch_add(days * DAY, Ordering::SeqCst);
        wait("the next", || {
            running.shared.bell.ring();
            made(&running)[0].made_at > before
        });
    }
    wait("the oldest to go", || files(&directory) == 2);
    assert_eq!(made(&running).len(), 2, "three were made, two are kept");
    let status = running.as_user("olga", Status {}).unwrap();
    assert_eq!((status.backup_failed, status.last_backup), (None, Some(made(&running)[0].made_at)));
    let told = running.stop();
    assert_eq!(told.matches("backup_failed").count(), 0, "{told}");
}

#[test]
fn one_that_fails_is_told_and_tried_at_the_next_time() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().canonicalize().unwrap().join("not mounted");
    let (running, clock) = running(&directory);
    let failed = || running.as_user("olga", Status {}).unwrap().backup_failed;
    wait("the failure", || failed().is_some());
    let checks = running.as_user("olga", Doctor {}).unwrap().checks;
    assert!(
        checks.iter().any(|line| line.name == "scheduled backup" && line.message.contains("not mounted"))
    );
    std::fs::create_dir(&directory).unwrap();
    clock.0.fetch_add(2 * DAY, Ordering::SeqCst);
    wait("the backup", || {
        running.shared.bell.ring();
        made(&running).len() == 1
    });
    wait("the good news", || failed().is_none());
    assert!(running.stop().contains("backup_failed"));
}

/// A clock that was far ahead when one was made does not keep the next from being made for years.
#[test]
fn a_clock_that_is_set_back_makes_the_next_due() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().canonicalize().unwrap();
    let (running, clock) = running(&directory);
    wait("the first", || made(&running).len() == 1);
    clock.0.store(NOW - 400 * DAY, Ordering::SeqCst);
    wait("another", || {
        running.shared.bell.ring();
        made(&running).len() == 2
    });
    drop(running.stop());
}
