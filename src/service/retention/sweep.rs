//! Carrying a plan out: exactly it, or nothing.
//!
//! ```text
//! plan --out ─ the hash is noted (a record `Sweep`) ─ approve, where more leave than one may decide ─ apply: the plan is made
//! again and must come out the same ─ people leave, some hundred at a time, each looked at once more ─ the receipt
//! ```
//! A plan that was changed by hand has another hash, which nobody noted; one of another store too. Whatever changed since,
//! a record, a rule, a hold, somebody new, makes the plan come out otherwise, and it is refused. A run that was ended in the
//! middle is gone on with by the same plan: who is gone by then is done. The receipt holds numbers and rules, no persons.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, PoisonError};

use uuid::Uuid;

use super::explain::moment_of;
use super::facts::zone_of;
use super::noted::{counts, lines, number};
use super::plan::{Looking, open_requests};
use crate::api::retention::SweepView;
use crate::api::{Code, Error};
use crate::domain::entity::RecordKind;
use crate::domain::erasure::Ground;
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SessionId, SubjectId, UserId};
use crate::domain::purpose::AtEnd;
use crate::domain::retention::plan::{FORMAT, Plan, Planned, RuleOf, leaves};
use crate::domain::retention::{Kept, SweepState};
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, OneOf};
use crate::service::erasure::Order;
use crate::service::{Service, rows};
use crate::store::{Origin, StoreError};

/// People who leave in one step.
const STEP: usize = 500;

/// Who carries a plan out.
#[derive(Clone, Copy, Debug)]
pub struct By {
    /// Nobody for the schedule.
    pub user: Option<UserId>,
    pub session: SessionId,
}

impl By {
    pub fn schedule() -> By {
        By { user: None, session: SessionId(Uuid::nil()) }
    }

    pub(super) fn origin(self, at: Timestamp, action: Action) -> Origin {
        Origin { at, actor: self.user.unwrap_or(UserId(Uuid::nil())), session: self.session, action }
    }
}

/// People who leave alike.
struct Batch {
    ground: Ground,
    anonymise: bool,
    people: Vec<Planned>,
}

/// Held while a plan is carried out: one after the other.
struct Turn(Arc<std::sync::atomic::AtomicBool>);

impl Turn {
    fn take(flag: &Arc<std::sync::atomic::AtomicBool>) -> Option<Turn> {
        let taken = flag.swap(true, std::sync::atomic::Ordering::SeqCst);
        (!taken).then(|| Turn(Arc::clone(flag)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.store(false, std::sync::atomic::Ordering::SeqCst);
    }
}

/// A plan that is being carried out.
pub struct Running {
    by: By,
    record: Uuid,
    sha256: String,
    plan: Arc<Plan>,
    at: Timestamp,
    left: VecDeque<Batch>,
    /// Who leaves by the plan.
    pub total: u64,
    pub done: u64,
    skipped: BTreeMap<String, u64>,
    epoch: u64,
    _turn: Turn,
}

impl Service {
    /// Begins to carry a plan out, or refuses it with what is not as it was.
    pub(super) fn begin_sweep(
        &self,
        plan: Arc<Plan>,
        by: By,
        now: Timestamp,
        confirmed: bool,
        stop: &dyn Fn() -> bool,
    ) -> Result<Running, Error> {
        self.writable()?;
        if plan.head.format != FORMAT {
            return Err(Error::integrity(format!(
                "the plan has the format {}, not {FORMAT}",
                plan.head.format
            )));
        }
        if plan.head.store != self.id {
            return Err(Error::conflict(format!("the plan was made for the store {}", plan.head.store))
                .hint("make one for this store"));
        }
        let sha256 = plan.sha256();
        let swept = self.sweep_of(&sha256)?;
        let resumed = match swept.sweep.state.0 {
            Some(SweepState::Done) => {
                return Err(Error::conflict("the plan was carried out already"));
            }
            Some(SweepState::Proposed) | None => {
                return Err(Error::refused(format!(
                    "{} people leave by the plan, more than {}: a second user must approve it",
                    plan.leaving(),
                    self.limits.two_persons_above
                ))
                .hint(format!("another user who may: callbook retention approve {sha256}")));
            }
            Some(SweepState::Running | SweepState::Cancelled) => true,
            Some(SweepState::Approved | SweepState::Refused) => false,
        };
        self.believe_clock(now, confirmed)?;
        let today = {
            let world = self.read_world();
            Day(zone_of(&world).local(now).date_naive())
        };
        if plan.head.as_of > today {
            return Err(Error::refused(format!("the plan is as of {}, and it is {today}", plan.head.as_of)));
        }
        let turn = Turn::take(&self.sweeping)
            .ok_or_else(|| Error::conflict("another plan is being carried out").hint("try again later"))?;
        let again = self.retention_plan(plan.head.made_at, Some(plan.head.as_of), stop)?;
        let gone = match self.compare(&plan, &again, resumed) {
            Ok(gone) => gone,
            Err(error) => {
                let words = error.message.clone();
                self.note(swept.id, by.origin(now, Action::Edit), move |sweep| {
                    sweep.words = words;
                })?;
                return Err(error);
            }
        };
        let at = moment_of(&self.read_world(), now, Some(plan.head.as_of));
        self.note(swept.id, by.origin(now, Action::Edit), move |sweep| {
            sweep.state = OneOf(Some(SweepState::Running));
            sweep.started_at = sweep.started_at.or(Some(now));
            sweep.words = String::new();
        })?;
        let (_, stay) = counts(&plan);
        Ok(Running {
            by,
            record: swept.id,
            left: self.batches(&plan, &gone),
            total: plan.leaving(),
            done: gone.len() as u64,
            skipped: stay,
            epoch: 0,
            sha256,
            plan,
            at,
            _turn: turn,
        })
    }

    fn batches(&self, plan: &Plan, gone: &BTreeSet<ContactId>) -> VecDeque<Batch> {
        let world = self.read_world();
        let mut alike: BTreeMap<(&'static str, bool), Vec<Planned>> = BTreeMap::new();
        for one in plan.records.iter().filter(|one| leaves(one.action) && !gone.contains(&one.contact)) {
            let rule = plan.rule(one.rule).filter(|rule| rule.of == RuleOf::Rule);
            let kept = rule.and_then(|rule| world.retained.rule_named(&rule.name));
            let ground = match kept.and_then(|ruled| ruled.rule.kept.0) {
                Some(Kept::Quarantined) => Ground::Quarantine,
                Some(_) | None => Ground::Retention,
            };
            let anonymise = one.action == AtEnd::Anonymise;
            alike.entry((ground.word(), anonymise)).or_default().push(one.clone());
        }
        let mut batches = VecDeque::new();
        for ((ground, anonymise), people) in alike {
            let ground = ground.parse().unwrap_or(Ground::Retention);
            for part in people.chunks(STEP) {
                batches.push_back(Batch { ground, anonymise, people: part.to_vec() });
            }
        }
        batches
    }

    /// Lets some more people go. Whether that was all; then the receipt is written.
    pub(super) fn step_sweep(
        &self,
        running: &mut Running,
        now: Timestamp,
    ) -> Result<Option<SweepView>, Error> {
        let Some(batch) = running.left.pop_front() else {
            return self.end_sweep(running, SweepState::Done, "", now).map(Some);
        };
        match self.let_go(running, &batch, now) {
            Ok(()) => Ok(None),
            Err(error) => {
                self.end_sweep(running, SweepState::Cancelled, &error.message, now)?;
                Err(error)
            }
        }
    }

    fn let_go(&self, running: &mut Running, batch: &Batch, now: Timestamp) -> Result<(), Error> {
        let mut same = self.unchanged(running, batch)?;
        let mut skip = |why: &str, count: usize| {
            if count > 0 {
                *running.skipped.entry(why.to_owned()).or_default() += count as u64;
            }
        };
        // Somebody worked with them since the plan was looked at: what is newer than the plan is not decided by it.
        skip("changed", batch.people.len() - same.len());
        let order = Order {
            ground: batch.ground,
            request: None,
            sweep: running.sha256.clone(),
            anonymise: batch.anonymise,
            by: running.by.user,
            session: running.by.session,
        };
        if same.is_empty() {
            return Ok(());
        }
        match self.erase_batch(&same, &order, now) {
            Ok(receipt) => {
                skip("held", receipt.skipped.len());
                let kept: BTreeSet<Uuid> = receipt.skipped.iter().map(|(id, _)| id.0).collect();
                same.retain(|id| !kept.contains(&id.0));
                running.done += same.len() as u64;
                running.epoch = running.epoch.max(receipt.epoch);
                Ok(())
            }
            Err(error) if error.code == Code::Refused => {
                skip("held", same.len());
                Ok(())
            }
            Err(error) if error.code == Code::NotFound => {
                skip("gone", same.len());
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Those of a part who are still as the plan says.
    fn unchanged(&self, running: &Running, batch: &Batch) -> Result<Vec<SubjectId>, Error> {
        let still: Vec<Planned> = {
            let world = self.read_world();
            let (looking, open) = (Looking::of(&world, running.at), open_requests(&world));
            let same = |one: &&Planned| {
                looking.at(one.contact.0, &open).is_some_and(|up| {
                    let rule = running.plan.rule(one.rule);
                    up.stays.is_none()
                        && up.action == one.action
                        && up.due == one.due
                        && rule == Some(&up.rule)
                })
            };
            batch.people.iter().filter(same).cloned().collect()
        };
        self.store.read(move |reader| {
            let mut same = Vec::with_capacity(still.len());
            for one in still {
                let subject = SubjectId(one.contact.0);
                let stored = rows::of_entry(reader, RecordKind::Contact, subject, one.contact.0)?;
                if stored.is_some_and(|stored| stored.record.revision == one.revision) {
                    same.push(subject);
                }
            }
            Ok::<_, Error>(same)
        })
    }

    /// Writes the receipt of a run.
    pub(super) fn end_sweep(
        &self,
        running: &Running,
        state: SweepState,
        words: &str,
        now: Timestamp,
    ) -> Result<SweepView, Error> {
        let (done, epoch, words) = (running.done, running.epoch, words.to_owned());
        let skipped = lines(&running.skipped);
        let mark = self.store.read(|reader| {
            Ok::<_, StoreError>(format!(
                "{} entries, root {}",
                reader.log_size(),
                hex(reader.frontier().root().as_ref())
            ))
        })?;
        self.note(running.record, running.by.origin(now, Action::Edit), move |sweep| {
            sweep.state = OneOf(Some(state));
            sweep.ended_at = Some(now);
            sweep.done = number(done);
            sweep.skipped = skipped;
            sweep.epoch = number(epoch);
            sweep.checkpoint = mark;
            sweep.words = words;
        })
    }

    /// Notes of every run that the end of the program ended: what was done by it stands in the certificates, and the same
    /// plan goes on with it.
    pub(super) fn note_broken_sweeps(&self, by: By, now: Timestamp) -> Result<(), Error> {
        let Some(_turn) = Turn::take(&self.sweeping) else { return Ok(()) };
        let broken: Vec<Uuid> = {
            let world = self.read_world();
            let running =
                world.retained.sweeps().filter(|one| one.sweep.state.0 == Some(SweepState::Running));
            running.map(|one| one.id).collect()
        };
        for id in broken {
            self.note(id, by.origin(now, Action::Edit), move |sweep| {
                sweep.state = OneOf(Some(SweepState::Cancelled));
                sweep.ended_at = Some(now);
                sweep.words = "the program ended in the middle; the same plan goes on with it".to_owned();
            })?;
        }
        Ok(())
    }

    /// How many wait for a decision, as of the last plan.
    pub(in crate::service) fn reviews_known(&self) -> u64 {
        *self.reviews.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn know_reviews(&self, count: u64) {
        *self.reviews.lock().unwrap_or_else(PoisonError::into_inner) = count;
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
