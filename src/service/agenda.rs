//! Tasks, and what is to be done today.

use std::sync::Arc;

use uuid::Uuid;

use super::calls::day_at_home;
use super::sight::Sight;
use super::view::is_deleted;
use super::work::Todo;
use super::world::World;
use super::{Ask, edit, lists, read_lock, requests, rules};
use crate::api::view::Edited;
use crate::api::work::{DayWork, Expiring, TaskView};
use crate::api::{Error, TaskDone, Tasks, Today};
use crate::domain::access::{Relation, Verb};
use crate::domain::consent::State;
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::ContactId;
use crate::domain::request::RequestState;
use crate::domain::task::{TaskField, TaskKind};
use crate::domain::time::Timestamp;
use crate::domain::value::Value;
use crate::law::zone::Zone;
use crate::store::Reader;

/// Most rows of one part of the day.
const PART: usize = 200;
/// Days before a consent's end in which it is told.
const EXPIRING: i64 = 30;
/// Days before a request is due in which it is told.
const REQUESTS: i64 = 7;
const DAY: i64 = 86_400_000;

/// The end of the day at the controller's place.
fn end_of_today(world: &World, now: Timestamp) -> Timestamp {
    let zone = world.settings.country.and_then(Zone::of).unwrap_or(Zone::UTC);
    let next = zone.local(now).date_naive().succ_opt();
    let end = next.and_then(|day| zone.moment(day.and_time(chrono::NaiveTime::MIN)));
    end.unwrap_or(now)
}

fn name_of(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &World,
    contact: Uuid,
) -> Result<Option<String>, Error> {
    let Some(person) = sight.record(reader, world, RecordKind::Contact, contact)? else { return Ok(None) };
    if is_deleted(&person.record.fields, RecordKind::Contact) {
        return Ok(None);
    }
    Ok(Some(sight.title(&person, sight.relation_of(world, &person))?))
}

/// Tasks as they are shown, the oldest due first, those without a date last.
fn tasks(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &World,
    now: Timestamp,
    of: impl Iterator<Item = Todo>,
    most: usize,
) -> Result<Vec<TaskView>, Error> {
    let mut todos: Vec<Todo> = of.filter(|todo| sight.sees(world, RecordKind::Task, todo.id)).collect();
    todos.sort_by_key(|todo| (todo.due.map_or(i64::MAX, Timestamp::millis), todo.id));
    let mut views = Vec::new();
    for todo in todos {
        if views.len() == most {
            break;
        }
        let Some(name) = name_of(reader, sight, world, todo.contact)? else { continue };
        let Some(stored) = sight.record(reader, world, RecordKind::Task, todo.id)? else { continue };
        views.push(TaskView {
            task: sight.view(world, &stored, &[])?,
            contact: ContactId(todo.contact),
            name,
            due: todo.due,
            overdue: todo.due.is_some_and(|due| due < now),
        });
    }
    Ok(views)
}

impl Ask<'_> {
    /// Notes that a task is done, or that it is not.
    pub(super) fn task_done(&self, done: &TaskDone) -> Result<Edited, Error> {
        let (now, sight, done) = (self.now, self.sight().clone(), done.clone());
        self.write(Action::Edit, move |txn, world| {
            let stored = sight.fetch_to_change(&txn.read(), world, RecordKind::Task, done.id)?;
            if is_deleted(&stored.record.fields, RecordKind::Task) {
                return Err(rules::deleted(RecordKind::Task));
            }
            let mut fields = stored.record.fields.clone();
            let key = TaskField::done_at.key();
            match (done.done, fields.contains_key(&key)) {
                (true, false) => drop(fields.insert(key, Value::Time(now))),
                (false, true) => drop(fields.remove(&key)),
                (true, true) | (false, false) => {}
            }
            edit::change(txn, world, &stored, fields, Vec::new())
        })
    }

    /// Tasks that are not done, in sight.
    pub(super) fn tasks(&self, asked: &Tasks) -> Result<Vec<TaskView>, Error> {
        let me = self.grant.actor().user;
        let owner = match asked.owner.trim() {
            "" => None,
            name => Some(self.world().user_named(name, me)?.0),
        };
        let (now, sight, before, about) = (self.now, self.sight().clone(), asked.before, asked.about);
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let keep = |todo: &Todo| {
                owner.is_none_or(|owner| todo.owner == Some(owner))
                    && before.is_none_or(|before| todo.due.is_some_and(|due| due <= before))
                    && about.is_none_or(|about| todo.contact == about.0)
            };
            let of = world.work.todos().filter(|todo| keep(todo)).copied();
            tasks(reader, &sight, &world, now, of, usize::MAX)
        })
    }

    /// What is to be done today.
    pub(super) fn today(&self, _: &Today) -> Result<DayWork, Error> {
        let open = self.calls_open()?;
        let (now, sight, me) = (self.now, self.sight().clone(), self.grant.actor().user.0);
        let world = Arc::clone(&self.service.world);
        let reviews = if sight.may(Verb::Retain) { self.service.reviews_known() } else { 0 };
        self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let until = end_of_today(&world, now);
            let due = |calls: bool| {
                let due = world.work.due_before(me, until).copied();
                due.filter(move |todo| (todo.kind == TaskKind::Call) == calls)
            };
            let calls = tasks(reader, &sight, &world, now, due(true), PART)?;
            let others = tasks(reader, &sight, &world, now, due(false), PART)?;
            let today = day_at_home(&world, now);
            let week = Timestamp::from_millis(now.millis().saturating_add(REQUESTS * DAY));
            let before = day_at_home(&world, week);
            Ok(DayWork {
                until,
                open,
                calls,
                tasks: others,
                lists: lists::with_work(&world, &sight, now),
                expiring: expiring(reader, &sight, &world, now)?,
                requests: requests::list(reader, &sight, &world, today, |asked| {
                    asked.state == RequestState::Open && asked.due.is_none_or(|due| due <= before)
                })?,
                reviews,
                plans: if sight.may(Verb::Retain) { world.retained.plans_waiting() } else { 0 },
            })
        })
    }
}

/// Consents of one's own people that run out soon, the next first.
fn expiring(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &World,
    now: Timestamp,
) -> Result<Vec<Expiring>, Error> {
    let last = Timestamp::from_millis(now.millis().saturating_add(EXPIRING * DAY));
    let mut found = Vec::new();
    for contact in world.consents.ending(now, last) {
        let Some(ledger) = world.consents.ledger(contact) else { continue };
        let own = world.contacts.holder(contact).is_some_and(|(owner, team)| {
            owner == Some(sight.user()) && sight.relation(owner, team) == Relation::Own
        });
        if !own || !sight.sees_about(world, RecordKind::Consent, contact) {
            continue;
        }
        for (purpose, channel) in ledger.named() {
            let standing = world.consents.standing(contact, *purpose, channel, now);
            if let (State::Given, Some(until)) = (standing.state, standing.until)
                && until <= last
                && let Some(known) = world.consents.get(*purpose)
            {
                found.push((until, contact, known.purpose.name.clone(), channel));
            }
        }
    }
    found.sort();
    let mut views = Vec::new();
    for (until, contact, purpose, channel) in found.into_iter().take(PART) {
        let Some(name) = name_of(reader, sight, world, contact)? else { continue };
        views.push(Expiring { contact: ContactId(contact), name, purpose, channel, until });
    }
    Ok(views)
}
