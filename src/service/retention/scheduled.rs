//! What is done by itself, on a schedule: a plan is made and carried out, and whatever else has run out goes.
//!
//! Where more people leave than one may decide alone, the plan is only noted, for the data protection officer to make one
//! and have it approved. A night on which nothing is due leaves a receipt as well: it proves that the sweep ran, and is what the
//! next one measures the clock by.

use std::sync::Arc;

use super::asked::reviews_of;
use super::plan::Made;
use super::sweep::{By, Running};
use crate::api::Error;
use crate::api::retention::SweepView;
use crate::domain::history::Action;
use crate::domain::id::{SessionId, UserId};
use crate::domain::retention::SweepState;
use crate::domain::time::Timestamp;
use crate::service::Service;
use crate::store::Origin;

/// A run that has begun.
pub struct Scheduled(State);

enum State {
    Proposed(Box<SweepView>),
    Running(Box<Running>),
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Ran {
    pub sweep: SweepView,
    /// Consents whose end was recorded, readings and proofs that went.
    pub consents: u64,
    pub readings: u64,
    pub proofs: u64,
}

impl Service {
    /// When the schedule last came to an end.
    pub fn last_scheduled_sweep(&self) -> Option<Timestamp> {
        let world = self.read_world();
        let own = world.retained.sweeps().filter(|one| one.sweep.planned_by.is_none());
        own.filter_map(|one| one.sweep.ended_at.or(one.sweep.planned_at)).max()
    }

    /// Begins the work of the schedule: first what needs no plan.
    pub fn begin_sweeping(&self, now: Timestamp) -> Result<(Scheduled, Ran), Error> {
        let by = By::schedule();
        self.believe_clock(now, false)?;
        self.note_broken_sweeps(by, now)?;
        let origin = Origin {
            at: now,
            actor: UserId(uuid::Uuid::nil()),
            session: SessionId(uuid::Uuid::nil()),
            action: Action::Consent,
        };
        let consents = self.sweep_consents(origin, false)?.expired;
        let swept = self.sweep_readings(origin, false)?;
        let proofs = self.sweep_proofs(now, false)?.expired;
        let plan = self.retention_plan(now, None, &|| false)?;
        self.know_reviews(reviews_of(&plan));
        let made = Made { sha256: plan.sha256(), plan };
        let sweep = self.propose(&made, by, now, false)?;
        let ran = Ran { sweep: sweep.clone(), consents, readings: swept.removed, proofs };
        if sweep.state == Some(SweepState::Proposed) {
            return Ok((Scheduled(State::Proposed(Box::new(sweep))), ran));
        }
        let running = self.begin_sweep(Arc::new(made.plan), by, now, false, &|| false)?;
        Ok((Scheduled(State::Running(Box::new(running))), ran))
    }

    /// Goes on with it for a moment. What it came to, when that was all.
    pub fn step_sweeping(&self, run: &mut Scheduled, now: Timestamp) -> Result<Option<SweepView>, Error> {
        match &mut run.0 {
            State::Proposed(sweep) => Ok(Some((**sweep).clone())),
            State::Running(running) => self.step_sweep(running, now),
        }
    }
}
