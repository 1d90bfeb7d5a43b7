//! What is written of plans and sweeps: that one was made, who approved it, how far it is; and whether the clock is believed.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::known::Swept;
use super::plan::Made;
use super::sweep::By;
use crate::api::Error;
use crate::api::retention::SweepView;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::{SubjectId, UserId};
use crate::domain::retention::plan::Plan;
use crate::domain::retention::{Sweep, SweepState};
use crate::domain::time::Timestamp;
use crate::domain::value::OneOf;
use crate::service::world::World;
use crate::service::{Service, live, publish, read_lock, rows};
use crate::store::Origin;

/// The clock may have been set back so far, in milliseconds: an hour, as clocks are corrected.
const BACK: i64 = 3_600_000;
const DAY: i64 = 86_400_000;
/// Entries of the log that are gone through for steps of the clock, at most, and at once.
const ENTRIES: usize = 100_000;
const AT_ONCE: usize = 1_000;

pub(super) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What a sweep says, for people.
pub fn view(world: &World, id: Uuid, sweep: &Sweep) -> SweepView {
    let name = |user: Option<UserId>| user.map(|user| world.user_name(user.0)).unwrap_or_default();
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    SweepView {
        id,
        plan: sweep.plan.clone(),
        state: sweep.state.0,
        planned_at: sweep.planned_at,
        planned_by: name(sweep.planned_by),
        approved_by: name(sweep.approved_by),
        started_at: sweep.started_at,
        ended_at: sweep.ended_at,
        records: count(sweep.records),
        done: count(sweep.done),
        counts: sweep.counts.lines().map(str::to_owned).collect(),
        skipped: sweep.skipped.lines().map(str::to_owned).collect(),
        epoch: count(sweep.epoch),
        checkpoint: sweep.checkpoint.clone(),
        words: sweep.words.clone(),
    }
}

pub(super) fn lines(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(word, count)| format!("{word} {count}")).collect::<Vec<_>>().join("\n")
}

/// How many each rule and action are about, and how many stay, by reason.
pub fn counts(plan: &Plan) -> (BTreeMap<String, u64>, BTreeMap<String, u64>) {
    let (mut by_rule, mut stay) = (BTreeMap::new(), BTreeMap::new());
    for one in &plan.records {
        let rule = plan.rule(one.rule).map_or("?", |rule| rule.name.as_str());
        *by_rule.entry(format!("{rule} {}", one.action)).or_default() += 1;
    }
    for one in &plan.skipped {
        *stay.entry(one.why.word().to_owned()).or_default() += 1;
    }
    (by_rule, stay)
}

impl Service {
    /// Refuses while the clock made a step that is not believed since the last sweep: back by more than a moment, or far
    /// forth (an attack on, or a mistake of, the clock would delete everybody). Whoever looks after the machine confirms it.
    pub(super) fn believe_clock(&self, now: Timestamp, confirmed: bool) -> Result<(), Error> {
        if confirmed {
            return Ok(());
        }
        let since = self.read_world().retained.last_sweep().map(|swept| swept.seq);
        let most = i64::from(self.limits.clock_step_days) * DAY;
        let (mut later, mut before, mut seen) = (now, u64::MAX, 0);
        loop {
            let headers = self.store.read(move |reader| reader.headers_before(before, AT_ONCE))?;
            let Some(last) = headers.last() else { return Ok(()) };
            before = last.seq;
            for header in &headers {
                let step = later.millis().saturating_sub(header.at.millis());
                let went = match step {
                    step if step < -BACK => "back",
                    step if step > most => "forth",
                    _ => "",
                };
                if !went.is_empty() {
                    return Err(Error::refused(format!(
                        "the clock went {went} from {} to {later}: what is due by it is not believed",
                        header.at
                    ))
                    .hint(
                        "look at the clock of the machine; when it is right, say so with --clock-is-right",
                    ));
                }
                later = header.at;
                if since.is_some_and(|since| header.seq <= since) {
                    return Ok(());
                }
            }
            seen += headers.len();
            if seen >= ENTRIES {
                return Ok(());
            }
        }
    }

    /// Writes what became of a sweep.
    pub(super) fn note(
        &self,
        id: Uuid,
        origin: Origin,
        change: impl FnOnce(&mut Sweep) + Send + 'static,
    ) -> Result<SweepView, Error> {
        let world = Arc::clone(&self.world);
        let (view, touched) = self.store.write(origin, move |txn| {
            let kind = RecordKind::Sweep;
            let stored = rows::of_entry(&txn.read(), kind, SubjectId::NOBODY, id)?
                .ok_or_else(|| crate::service::no_such(kind, id))?;
            let mut sweep: Sweep = stored.entity()?;
            change(&mut sweep);
            txn.update(&stored, sweep.fields())?;
            publish(&world, txn, std::slice::from_ref(&stored))?;
            Ok::<_, Error>((view(&read_lock(&world), id, &sweep), live::Touched::by(txn)))
        })?;
        self.hub.committed(origin.session, origin.actor, origin.action, touched);
        Ok(view)
    }

    /// Notes that a plan was made, by its hash: only such a plan is carried out.
    pub(super) fn propose(
        &self,
        made: &Made,
        by: By,
        now: Timestamp,
        confirmed: bool,
    ) -> Result<SweepView, Error> {
        self.writable()?;
        self.believe_clock(now, confirmed)?;
        let (by_rule, stay) = counts(&made.plan);
        let alone = made.plan.leaving() <= self.limits.two_persons_above;
        let sweep = Sweep {
            plan: made.sha256.clone(),
            state: OneOf(Some(if alone { SweepState::Approved } else { SweepState::Proposed })),
            planned_at: Some(made.plan.head.made_at),
            planned_by: by.user,
            records: number(made.plan.records.len() as u64),
            counts: lines(&by_rule),
            skipped: lines(&stay),
            ..Sweep::default()
        };
        let origin = by.origin(now, Action::Create);
        let world = Arc::clone(&self.world);
        let (view, touched) = self.store.write(origin, move |txn| {
            let stored = txn.create(SubjectId::NOBODY, &sweep)?;
            publish(&world, txn, &[])?;
            Ok::<_, Error>((view(&read_lock(&world), stored.id, &sweep), live::Touched::by(txn)))
        })?;
        self.hub.committed(origin.session, origin.actor, origin.action, touched);
        Ok(view)
    }

    /// Notes that a second user agrees with a plan.
    pub(super) fn approve(&self, sha256: &str, by: By, now: Timestamp) -> Result<SweepView, Error> {
        self.writable()?;
        let swept = self.sweep_of(sha256)?;
        match swept.sweep.state.0 {
            Some(SweepState::Proposed) => {}
            Some(SweepState::Approved) => {
                return Err(Error::conflict("the plan needs no other user's approval"));
            }
            state => {
                let state = state.map_or("?", SweepState::word);
                return Err(Error::conflict(format!("the plan is {state} already")));
            }
        }
        if swept.sweep.planned_by == by.user {
            return Err(Error::refused("whoever made the plan does not approve it: it takes two people")
                .hint("ask another user who may decide about retention"));
        }
        let user = by.user;
        self.note(swept.id, by.origin(now, Action::Edit), move |sweep| {
            sweep.state = OneOf(Some(SweepState::Approved));
            sweep.approved_by = user;
        })
    }

    pub(super) fn sweep_of(&self, sha256: &str) -> Result<Swept, Error> {
        let wanted = sha256.trim().to_lowercase();
        self.read_world().retained.sweep_of(&wanted).cloned().ok_or_else(|| {
            Error::conflict(format!("no plan with the hash {} was made in this store", sha256.trim()))
                .hint("it was changed after it was made, or belongs to another store; make it anew")
        })
    }
}
