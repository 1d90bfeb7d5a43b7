//! Backups on a schedule, made beside everything else.
//!
//! When the last one was made is read from what is registered, so that it does not matter how often the server started
//! meanwhile: what was missed is made up once. A backup that fails is tried again at the next time; that it failed is told
//! by `status`, `doctor` and the log.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{DAY, Shared};
use crate::api::{BackupView, Error};
use crate::domain::time::Timestamp;
use crate::env::Zone;
use crate::env::schedule::Schedule;

pub use crate::service::rotation::Rotation;

/// How often is looked whether one is due: the machine may have slept, or its clock been set.
const LOOK: Duration = Duration::from_secs(15 * 60);
/// Between two turns of work on one, so that sessions have the storage thread to themselves.
const PAUSE: Duration = Duration::from_millis(30);

/// When backups are made, and where.
pub struct Backups {
    pub schedule: Schedule,
    pub rotation: Rotation,
}

pub(super) struct Scheduled {
    what: Backups,
    running: AtomicBool,
    stopping: AtomicBool,
    /// When this process last began one.
    tried: Mutex<Option<Timestamp>>,
}

impl Scheduled {
    pub(super) fn new(what: Backups) -> Scheduled {
        Scheduled {
            what,
            running: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            tried: Mutex::default(),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.load(Ordering::SeqCst)
    }

    /// Ends one that is being made; nothing is left of it.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }
}

/// Begins a backup where one is due, on a thread of its own; says after how long to look again.
pub(super) fn begin_if_due(shared: &Arc<Shared>) -> Duration {
    let Some(scheduled) = &shared.scheduled else { return DAY };
    if scheduled.is_running() {
        return LOOK;
    }
    let (now, zone) = (shared.env.now(), Zone::Local);
    let last = match shared.gate.with(|service, _| service.last_scheduled(&scheduled.what.rotation, now)) {
        // A locked store is looked at again.
        None => return LOOK,
        Some(Ok(last)) => last,
        Some(Err(error)) => {
            shared.log.warn("no_backup", &[("code", &error.code)]);
            return LOOK;
        }
    };
    let mut tried = scheduled.tried.lock().unwrap_or_else(PoisonError::into_inner);
    // A clock that was set back makes nothing wait for the time it showed.
    if let Some(last) = last.max(tried.filter(|tried| *tried <= now))
        && !scheduled.what.schedule.is_due(last, now, zone)
    {
        let next = scheduled.what.schedule.next_after(last, zone);
        let left = next.map_or(i64::MAX, |next| next.millis().saturating_sub(now.millis()));
        return LOOK.min(Duration::from_millis(u64::try_from(left).unwrap_or(0).max(1)));
    }
    *tried = Some(now);
    scheduled.running.store(true, Ordering::SeqCst);
    let own = Arc::clone(shared);
    let thread = std::thread::Builder::new().name("backup".to_owned()).spawn(move || {
        if let Some(scheduled) = &own.scheduled {
            run(&own, scheduled, now);
            scheduled.running.store(false, Ordering::SeqCst);
        }
        own.bell.ring();
    });
    if thread.is_err() {
        scheduled.running.store(false, Ordering::SeqCst);
    }
    LOOK
}

fn run(shared: &Shared, scheduled: &Scheduled, now: Timestamp) {
    let made = make(shared, scheduled, now);
    let failure = match &made {
        // It was stopped, or the store was locked under it: no failure, and made up.
        Ok(None) => {
            *scheduled.tried.lock().unwrap_or_else(PoisonError::into_inner) = None;
            shared.log.info("backup_stopped", &[]);
            return;
        }
        Ok(Some(view)) => {
            shared.log.info("backup", &[("file", &view.path), ("bytes", &view.bytes)]);
            None
        }
        Err(error) => {
            shared.log.warn("backup_failed", &[("why", &error.message)]);
            Some(error.message.clone())
        }
    };
    shared.gate.with(|service, _| service.note_backup(failure));
}

/// Makes one, a turn at a time; nothing where it was stopped.
fn make(shared: &Shared, scheduled: &Scheduled, now: Timestamp) -> Result<Option<BackupView>, Error> {
    let rotation = &scheduled.what.rotation;
    let Some(job) = shared.gate.with(|service, _| service.begin_scheduled(rotation, now)) else {
        return Ok(None);
    };
    let mut job = job?;
    loop {
        if scheduled.stopping.load(Ordering::SeqCst) {
            return Ok(None);
        }
        match shared.gate.with(|service, _| service.step_backup(&mut job)) {
            None => return Ok(None),
            Some(Ok(true)) => std::thread::park_timeout(PAUSE),
            Some(Ok(false)) => break,
            Some(Err(error)) => return Err(error),
        }
    }
    shared.gate.with(|service, _| service.end_scheduled(job, rotation, now)).transpose()
}
