//! Why somebody's data is kept, and until when, in words.

use std::sync::Arc;

use chrono::NaiveTime;
use uuid::Uuid;

use super::facts::{Asked, Person, zone_of};
use super::holds;
use crate::api::retention::{RetentionClock, RetentionView};
use crate::api::{Error, RetentionExplain};
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::request::RequestState;
use crate::domain::retention::clock::{decide, earliest, reason, sentence};
use crate::domain::time::Timestamp;
use crate::domain::value::Day;
use crate::service::sight::Sight;
use crate::service::world::World;
use crate::service::{Ask, read_lock};
use crate::store::Reader;

/// The moment as of which is asked: now, or the beginning of a day at the controller's place.
pub fn moment_of(world: &World, now: Timestamp, as_of: Option<Day>) -> Timestamp {
    let zone = zone_of(world);
    as_of.and_then(|day| zone.moment(day.0.and_time(NaiveTime::MIN))).unwrap_or(now)
}

/// What is told about a person's clock to somebody who sees the person. Why a hold is there is told to those who read holds.
pub fn told(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &World,
    contact: Uuid,
    now: Timestamp,
) -> Result<Option<RetentionView>, Error> {
    let Some(brief) = world.contacts.brief(contact) else { return Ok(None) };
    let asked = Asked::of(world, now);
    let mut person = Person::default();
    let facts = asked.look(contact, &brief, &mut person);
    let decided = decide(&facts, &person.terms);
    let held = asked.held_until(contact);
    let term = decided.by.and_then(|at| person.terms.get(at));
    let mut stopped = Vec::new();
    if let Some(until) = held {
        stopped.push(format!("a hold until {until}"));
    }
    for open in world.work.requests().filter(|one| one.contact == contact && one.state == RequestState::Open)
    {
        stopped.push(format!("request {} is open", open.number));
    }
    let clocks = person.terms.iter().map(|term| RetentionClock {
        rule: term.name.to_owned(),
        clock: term.clock,
        period: term.period.to_string(),
        at_end: term.at_end,
        statute: term.statute,
        since: term.since(&facts).map(|since| Day(since.day)),
        ends: term.due(&facts).map(Day),
        why: reason(term, &facts),
    });
    Ok(Some(RetentionView {
        contact: ContactId(contact),
        due: earliest(&decided, held).map(Day),
        action: term.map(|term| term.at_end),
        rule: term.map(|term| term.name.to_owned()).unwrap_or_default(),
        since: term.and_then(|term| term.since(&facts)).map(|since| Day(since.day)),
        why: sentence(&facts, &person.terms, &decided, held),
        holds: holds::of_person(reader, sight, world, contact, Day(asked.today))?,
        clocks: clocks.collect(),
        stopped,
    }))
}

impl Ask<'_> {
    pub(in crate::service) fn retention_explain(
        &self,
        explain: &RetentionExplain,
    ) -> Result<RetentionView, Error> {
        let (now, sight) = (self.now, self.sight().clone());
        let (id, as_of) = (explain.contact.0, explain.as_of);
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let stored = sight.fetch(reader, &world, RecordKind::Contact, id)?;
            let world = read_lock(&world);
            let now = moment_of(&world, now, as_of);
            told(reader, &sight, &world, stored.id, now)?
                .ok_or_else(|| crate::service::no_such(RecordKind::Contact, id))
        })
    }
}
