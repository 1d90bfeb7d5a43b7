//! Making a plan: everybody is looked at in memory, a part at a time; of those whose time is up the record is read.
//!
//! Nobody waits for it: the state in memory is held for a part of some thousand people, and the storage thread is asked for
//! some hundred records at once. What changes meanwhile is found when the plan is carried out, which makes it again.
//!
//! A plan is as of the beginning of a day at the controller's place, so that it is the same whenever on that day it is made.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::explain::moment_of;
use super::facts::{Asked, Origin, Person};
use crate::api::Error;
use crate::domain::contact::ContactField;
use crate::domain::entity::RecordKind;
use crate::domain::id::{ContactId, SubjectId};
use crate::domain::purpose::AtEnd;
use crate::domain::request::RequestState;
use crate::domain::retention::clock::{Facts, decide, reason};
use crate::domain::retention::plan::{FORMAT, Head, Plan, Planned, PlannedRule, RuleOf, Stay, Stays};
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Value};
use crate::service::index::Brief;
use crate::service::world::World;
use crate::service::{Service, read_lock, rows};
use crate::store::StoreError;

/// Places of the index that are looked at while the state in memory is held: some milliseconds.
const PART: usize = 2_048;
/// Records read in one visit of the storage thread.
const READ: usize = 128;

/// A plan, and the hash that names it.
#[derive(Debug)]
pub struct Made {
    pub plan: Plan,
    pub sha256: String,
}

/// Somebody whose time is up, before the record was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Up {
    pub contact: Uuid,
    pub rule: PlannedRule,
    pub action: AtEnd,
    pub due: Day,
    pub reason: String,
    /// Why the person stays, and until when.
    pub stays: Option<(Stay, Option<Day>)>,
}

/// What is the same for everybody in a part.
pub struct Looking<'w> {
    asked: Asked<'w>,
    world: &'w World,
}

impl<'w> Looking<'w> {
    pub fn of(world: &'w World, now: Timestamp) -> Looking<'w> {
        Looking { asked: Asked::of(world, now), world }
    }

    /// The same about one person.
    pub fn at(&self, id: Uuid, open: &HashMap<Uuid, Option<Day>>) -> Option<Up> {
        self.up(id, &self.world.contacts.brief(id)?, &mut Person::default(), open)
    }

    /// Whether somebody's time is up. `open` are those who asked for something that is not answered.
    fn up(
        &self,
        id: Uuid,
        brief: &Brief<'_>,
        person: &mut Person<'w>,
        open: &HashMap<Uuid, Option<Day>>,
    ) -> Option<Up> {
        let facts: Facts = self.asked.look(id, brief, person);
        let decided = decide(&facts, &person.terms);
        let today = self.asked.today;
        let (at, due) = (decided.by?, decided.due.filter(|due| *due <= today)?);
        let (term, origin) = (person.terms.get(at)?, person.origins.get(at)?);
        let (of, rule_id, revision) = match *origin {
            Origin::Purpose { id, revision } => (RuleOf::Purpose, id, revision),
            Origin::Rule { id, revision } => (RuleOf::Rule, id, revision),
        };
        let duty = decided.duty.is_some() && decided.free.is_none_or(|free| today < free);
        let stays = if self.world.is_restricted(id) {
            Some((Stay::Restricted, None))
        } else if let Some(until) = self.asked.held_until(id) {
            Some((Stay::Hold, Some(Day(until))))
        } else if let Some(due) = open.get(&id) {
            Some((Stay::RequestOpen, *due))
        } else if duty {
            Some((Stay::Statute, decided.free.and_then(|free| free.pred_opt()).map(Day)))
        } else {
            None
        };
        Some(Up {
            contact: id,
            rule: PlannedRule { name: term.name.to_owned(), of, id: rule_id, revision },
            action: term.at_end,
            due: Day(due),
            reason: reason(term, &facts),
            stays,
        })
    }
}

/// Whose requests are not answered, with the day on which each must be.
pub fn open_requests(world: &World) -> HashMap<Uuid, Option<Day>> {
    let mut open: HashMap<Uuid, Option<Day>> = HashMap::new();
    for asked in world.work.requests().filter(|asked| asked.state == RequestState::Open) {
        let due = open.entry(asked.contact).or_insert(asked.due);
        *due = (*due).max(asked.due);
    }
    open
}

/// Those of a part of the index whose time is up, or who stay though it is; and where the next part begins. `None` when there
/// are no more.
pub fn part_up(
    world: &World,
    at: Timestamp,
    from: usize,
    open: &HashMap<Uuid, Option<Day>>,
) -> Option<(Vec<Up>, usize)> {
    let part = world.contacts.part(from, PART)?;
    let (looking, mut person) = (Looking::of(world, at), Person::default());
    let up = part.filter_map(|(id, brief)| looking.up(id, &brief, &mut person, open)).collect();
    Some((up, from + PART))
}

impl Service {
    /// Everybody whose time is up on a day, or who stays then for another reason than the time.
    pub(super) fn all_up(&self, at: Timestamp, stop: &dyn Fn() -> bool) -> Result<Vec<Up>, Error> {
        let open = open_requests(&self.read_world());
        let (mut from, mut found) = (0, Vec::new());
        loop {
            if stop() {
                return Err(Error::new(crate::api::Code::Interrupted, "the plan was not made"));
            }
            let Some((up, next)) = part_up(&self.read_world(), at, from, &open) else { return Ok(found) };
            found.extend(up);
            from = next;
            std::thread::yield_now();
        }
    }

    /// The plan as of a day, today when none is named. `made_at` is what it says of itself.
    pub fn retention_plan(
        &self,
        made_at: Timestamp,
        as_of: Option<Day>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Plan, Error> {
        let (at, as_of) = {
            let world = self.read_world();
            let today = Day(super::facts::zone_of(&world).local(made_at).date_naive());
            let as_of = as_of.unwrap_or(today);
            (moment_of(&world, made_at, Some(as_of)), as_of)
        };
        let log_size = self.store.read(|reader| Ok::<_, StoreError>(reader.log_size()))?;
        let mut up = self.all_up(at, stop)?;
        up.sort_unstable_by_key(|one| one.contact);
        let mut rules: Vec<PlannedRule> = up.iter().map(|one| one.rule.clone()).collect();
        rules.sort_unstable();
        rules.dedup();
        let places: BTreeMap<PlannedRule, u32> = rules.iter().cloned().zip(0..).collect();
        let (mut records, mut skipped) = (Vec::new(), Vec::new());
        let mut up = up.into_iter();
        loop {
            if stop() {
                return Err(Error::new(crate::api::Code::Interrupted, "the plan was not made"));
            }
            let part: Vec<Up> = up.by_ref().take(READ).collect();
            if part.is_empty() {
                break;
            }
            for (one, revision) in self.with_revisions(part)? {
                let rule = places.get(&one.rule).copied().unwrap_or_default();
                let (contact, action, due) = (ContactId(one.contact), one.action, one.due);
                match one.stays {
                    Some((why, until)) => {
                        skipped.push(Stays { contact, revision, rule, action, due, why, until });
                    }
                    None => {
                        let reason = one.reason;
                        records.push(Planned { contact, revision, rule, action, due, reason });
                    }
                }
            }
        }
        let head = Head { format: FORMAT, store: self.id, made_at, as_of, log_size, rules };
        Ok(Plan { head, records, skipped })
    }

    /// The revisions of these people's records. Who is gone, or is a duplicate that became part of somebody else and goes
    /// with them, is left out.
    fn with_revisions(&self, part: Vec<Up>) -> Result<Vec<(Up, u64)>, Error> {
        let world = Arc::clone(&self.world);
        self.store.read(move |reader| {
            let mut read = Vec::with_capacity(part.len());
            for one in part {
                let subject = SubjectId(one.contact);
                let Some(stored) = rows::of_entry(reader, RecordKind::Contact, subject, one.contact)? else {
                    continue;
                };
                let merged = match stored.record.fields.get(&ContactField::merged_into.key()) {
                    Some(Value::Contact(into)) => read_lock(&world).contacts.contains(into.0),
                    _ => false,
                };
                if !merged {
                    read.push((one, stored.record.revision));
                }
            }
            Ok::<_, Error>(read)
        })
    }
}
