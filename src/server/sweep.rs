//! The sweep of what has run out, on a schedule, beside everything else.
//!
//! When the last one came to its end is read from the receipts, so that it does not matter how often the server started meanwhile:
//! what was missed is made up once. A store that was never swept waits for its next time. Between two steps the store is let go
//! of: a lock, or the end of the server, waits for some people and not for all. One that was ended like that is noted by the next.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{DAY, Shared};
use crate::domain::time::Timestamp;
use crate::env::Zone;
use crate::env::schedule::Schedule;
use crate::service::Service;

/// How often is looked whether one is due: the machine may have slept, or its clock been set.
const LOOK: Duration = Duration::from_secs(15 * 60);
/// Between two steps, so that sessions have the storage thread to themselves.
const PAUSE: Duration = Duration::from_millis(30);

pub(super) struct Sweeps {
    schedule: Schedule,
    /// When the server began.
    since: Timestamp,
    running: AtomicBool,
    stopping: AtomicBool,
    /// When this process last began one.
    tried: Mutex<Option<Timestamp>>,
}

impl Sweeps {
    pub(super) fn new(schedule: Schedule, since: Timestamp) -> Sweeps {
        let (running, stopping) = (AtomicBool::new(false), AtomicBool::new(false));
        Sweeps { schedule, since, running, stopping, tried: Mutex::default() }
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.load(Ordering::SeqCst)
    }

    /// No further step is begun.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }
}

/// Begins a sweep where one is due, on a thread of its own; says after how long to look again.
pub(super) fn begin_if_due(shared: &Arc<Shared>) -> Duration {
    let Some(sweeps) = &shared.sweeps else { return DAY };
    if sweeps.is_running() {
        return LOOK;
    }
    let now = shared.env.now();
    // A locked store is looked at again.
    let Some(last) = shared.gate.with(|service, _| service.last_scheduled_sweep()) else { return LOOK };
    let mut tried = sweeps.tried.lock().unwrap_or_else(PoisonError::into_inner);
    let last = last.max(*tried).unwrap_or(sweeps.since);
    if !sweeps.schedule.is_due(last, now, Zone::Local) {
        let next = sweeps.schedule.next_after(last, Zone::Local);
        let left = next.map_or(i64::MAX, |next| next.millis().saturating_sub(now.millis()));
        return LOOK.min(Duration::from_millis(u64::try_from(left).unwrap_or(0).max(1)));
    }
    *tried = Some(now);
    sweeps.running.store(true, Ordering::SeqCst);
    let own = Arc::clone(shared);
    let thread = std::thread::Builder::new().name("sweep".to_owned()).spawn(move || {
        if let Some(sweeps) = &own.sweeps {
            sweep(&own, sweeps);
            sweeps.running.store(false, Ordering::SeqCst);
        }
        own.bell.ring();
    });
    if thread.is_err() {
        sweeps.running.store(false, Ordering::SeqCst);
    }
    LOOK
}

/// One sweep from its beginning to its end.
fn sweep(shared: &Shared, sweeps: &Sweeps) {
    let log = &shared.log;
    let refused = |error: &crate::api::Error| log.warn("sweep_refused", &[("why", &error.message)]);
    let begun = shared.gate.with(|service, _| Service::begin_sweeping(service, shared.env.now()));
    let (mut run, ran) = match begun {
        Some(Ok(begun)) => begun,
        Some(Err(error)) => return refused(&error),
        None => return,
    };
    let counts: [(&str, &dyn std::fmt::Display); 3] =
        [("consents", &ran.consents), ("readings", &ran.readings), ("proofs", &ran.proofs)];
    log.info("swept", &counts);
    while !sweeps.stopping.load(Ordering::SeqCst) {
        match shared.gate.with(|service, _| service.step_sweeping(&mut run, shared.env.now())) {
            Some(Ok(None)) => std::thread::park_timeout(PAUSE),
            Some(Ok(Some(receipt))) => {
                let state = receipt.state.map_or("?", |state| state.word());
                return log.info(
                    "sweep",
                    &[("state", &state), ("named", &receipt.records), ("done", &receipt.done)],
                );
            }
            Some(Err(error)) => return refused(&error),
            None => return,
        }
    }
}
