//! Plans, sweeps and reviews, as sessions ask for them.

use std::sync::Arc;

use super::explain::moment_of;
use super::noted::{counts, view};
use super::plan::{Looking, Made, Up, open_requests};
use super::sweep::{By, Running};
use crate::api::retention::{ApplyPart, PlanMade, PlanPage, ReviewView, SweepProgress, SweepView};
use crate::api::{
    Error, RetentionApply, RetentionApprove, RetentionPlan, RetentionPlanPage, ReviewErase, Reviews,
};
use crate::domain::entity::RecordKind;
use crate::domain::erasure::Ground;
use crate::domain::id::{ContactId, SubjectId};
use crate::domain::purpose::AtEnd;
use crate::domain::retention::SweepState;
use crate::domain::retention::plan::Plan;
use crate::service::erasure::Order;
use crate::service::{Ask, read_lock};

/// People in one page of a plan, and in one part of one that is sent.
pub const PAGE: usize = 5_000;
/// People that a plan may name.
const MOST: usize = 4_000_000;

/// What a session has before it of a plan that is to be carried out.
pub enum Begun {
    Upload(Box<Plan>),
    Running(Box<Running>),
}

impl Ask<'_> {
    fn by(&self) -> By {
        let actor = self.grant.actor();
        By { user: Some(actor.user), session: actor.session }
    }

    /// Makes a plan; its people are asked for page by page.
    pub(in crate::service) fn retention_plan(&self, asked: &RetentionPlan) -> Result<PlanMade, Error> {
        let plan = self.service.retention_plan(self.now, asked.as_of, &|| false)?;
        if asked.as_of.is_none() {
            self.service.know_reviews(reviews_of(&plan));
        }
        let made = Made { sha256: plan.sha256(), plan };
        let sweep = match asked.propose {
            true => Some(self.service.propose(&made, self.by(), self.now, asked.clock_is_right)?),
            false => None,
        };
        let (by_rule, stay) = counts(&made.plan);
        let answer = PlanMade {
            head: made.plan.head.clone(),
            sha256: made.sha256.clone(),
            records: made.plan.records.len() as u64,
            skipped: made.plan.skipped.len() as u64,
            by_rule: by_rule.into_iter().collect(),
            stay: stay.into_iter().collect(),
            leaving: made.plan.leaving(),
            two_persons: made.plan.leaving() > self.service.limits.two_persons_above,
            sweep,
        };
        self.memory().plan = Some(Arc::new(made));
        Ok(answer)
    }

    pub(in crate::service) fn retention_plan_page(
        &self,
        asked: &RetentionPlanPage,
    ) -> Result<PlanPage, Error> {
        let made = self.memory().plan.clone().filter(|made| made.sha256 == asked.sha256);
        let made =
            made.ok_or_else(|| Error::conflict("this session made no such plan").hint("make it anew"))?;
        let from = usize::try_from(asked.from).unwrap_or(usize::MAX);
        Ok(PlanPage {
            records: made.plan.records.iter().skip(from).take(PAGE).cloned().collect(),
            skipped: made.plan.skipped.iter().skip(from).take(PAGE).cloned().collect(),
        })
    }

    /// Takes a plan in part by part, then carries it out step by step.
    pub(in crate::service) fn retention_apply(&self, asked: RetentionApply) -> Result<SweepProgress, Error> {
        match asked.part {
            ApplyPart::Begin(head) => {
                let plan = Plan { head, records: Vec::new(), skipped: Vec::new() };
                self.memory().sweep = Some(Begun::Upload(Box::new(plan)));
                Ok(SweepProgress::default())
            }
            ApplyPart::People { records, skipped } => {
                let mut memory = self.memory();
                let Some(Begun::Upload(plan)) = &mut memory.sweep else { return Err(nothing_begun()) };
                if plan.records.len() + plan.skipped.len() + records.len() + skipped.len() > MOST {
                    return Err(Error::usage(format!("a plan names at most {MOST} people")));
                }
                plan.records.extend(records);
                plan.skipped.extend(skipped);
                Ok(SweepProgress::default())
            }
            ApplyPart::Run { sha256, clock_is_right } => {
                // Taken out while it is worked on: other requests of the session need not wait.
                let Some(Begun::Upload(plan)) = self.memory().sweep.take() else {
                    return Err(nothing_begun());
                };
                if plan.sha256() != sha256.trim().to_lowercase() {
                    return Err(Error::conflict(
                        "the plan is not the one that its hash names: it was changed",
                    )
                    .hint("make it anew; a plan is carried out as it was made"));
                }
                let (plan, by) = (Arc::from(plan), self.by());
                let running = self.service.begin_sweep(plan, by, self.now, clock_is_right, &|| false)?;
                let progress = SweepProgress { done: running.done, total: running.total, receipt: None };
                self.memory().sweep = Some(Begun::Running(Box::new(running)));
                Ok(progress)
            }
            ApplyPart::Step => {
                let mut running = self.running()?;
                let receipt = self.service.step_sweep(&mut running, self.now)?;
                let progress = SweepProgress {
                    done: running.done,
                    total: running.total,
                    receipt: receipt.map(Box::new),
                };
                if progress.receipt.is_none() {
                    self.memory().sweep = Some(Begun::Running(running));
                }
                Ok(progress)
            }
            ApplyPart::Cancel => {
                let running = self.running()?;
                let (state, words) = (SweepState::Cancelled, "cancelled; what was done is done");
                let receipt = self.service.end_sweep(&running, state, words, self.now)?;
                Ok(SweepProgress {
                    done: running.done,
                    total: running.total,
                    receipt: Some(Box::new(receipt)),
                })
            }
        }
    }

    fn running(&self) -> Result<Box<Running>, Error> {
        match self.memory().sweep.take() {
            Some(Begun::Running(running)) => Ok(running),
            Some(Begun::Upload(_)) | None => Err(nothing_begun()),
        }
    }

    pub(in crate::service) fn retention_approve(&self, asked: &RetentionApprove) -> Result<SweepView, Error> {
        self.service.approve(&asked.sha256, self.by(), self.now)
    }

    /// What was planned and carried out, latest first.
    pub(in crate::service) fn sweeps(&self) -> Vec<SweepView> {
        let world = self.world();
        let mut all: Vec<_> = world.retained.sweeps().collect();
        all.sort_by_key(|one| std::cmp::Reverse((one.sweep.planned_at, one.id)));
        all.into_iter().map(|one| view(&world, one.id, &one.sweep)).collect()
    }

    /// Whose time is up and who waits for a decision, the longest first.
    pub(in crate::service) fn reviews(&self, _: &Reviews) -> Result<Vec<ReviewView>, Error> {
        let at = moment_of(&self.world(), self.now, None);
        let mut up = self.service.all_up(at, &|| false)?;
        up.retain(|one| one.action == AtEnd::Review && one.stays.is_none());
        up.sort_by_key(|one| (one.due, one.contact));
        self.service.know_reviews(up.len() as u64);
        let mut views = Vec::new();
        for part in up.chunks(200) {
            let (part, sight, world) = (part.to_vec(), self.sight().clone(), Arc::clone(&self.service.world));
            views.extend(self.service.store.read(move |reader| {
                let world = read_lock(&world);
                let mut views = Vec::new();
                for one in part {
                    let kind = RecordKind::Contact;
                    let Some(stored) = sight.record(reader, &world, kind, one.contact)? else { continue };
                    let Up { contact, rule, due, reason, .. } = one;
                    views.push(ReviewView {
                        contact: ContactId(contact),
                        name: sight.title(&stored, sight.relation_of(&world, &stored))?,
                        rule: rule.name,
                        due,
                        reason,
                    });
                }
                Ok::<_, Error>(views)
            })?);
        }
        Ok(views)
    }

    /// Decides that somebody who waits for a decision goes.
    pub(in crate::service) fn review_erase(&self, asked: &ReviewErase) -> Result<(), Error> {
        let contact = asked.contact.0;
        let (sight, world) = (self.sight().clone(), Arc::clone(&self.service.world));
        self.service
            .store
            .read(move |reader| sight.fetch(reader, &world, RecordKind::Contact, contact).map(drop))?;
        let up = {
            let world = self.world();
            let at = moment_of(&world, self.now, None);
            Looking::of(&world, at).at(contact, &open_requests(&world))
        };
        let Some(up) = up.filter(|up| up.action == AtEnd::Review) else {
            return Err(Error::conflict("the person does not wait for a decision")
                .hint("`callbook retention reviews` shows who does"));
        };
        if let Some((why, _)) = up.stays {
            return Err(Error::refused(format!("the person stays: {}", why.word().replace('_', " "))));
        }
        let By { user, session } = self.by();
        let order = Order {
            ground: Ground::Retention,
            request: None,
            sweep: String::new(),
            anonymise: asked.anonymise,
            by: user,
            session,
        };
        self.service.erase_batch(&[SubjectId(contact)], &order, self.now).map(drop)
    }
}

/// How many of a plan wait for a decision.
pub fn reviews_of(plan: &Plan) -> u64 {
    plan.records.iter().filter(|one| one.action == AtEnd::Review).count() as u64
}

fn nothing_begun() -> Error {
    Error::conflict("no plan is being carried out in this session").hint("begin again with the plan")
}
