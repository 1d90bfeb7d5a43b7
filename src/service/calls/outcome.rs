//! What follows from a call beside the ledger: tasks, requests of the person, where the person stands on the call list.

use std::sync::RwLock;

use uuid::Uuid;

use super::said::Times;
use crate::api::Error;
use crate::domain::answers::CallAnswers;
use crate::domain::call::{Call, CallEntry, CallOutcome, EntryState};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::id::UserId;
use crate::domain::request::{RequestState, SubjectRequest};
use crate::domain::task::{Task, TaskKind};
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, OneOf};
use crate::law::Law;
use crate::law::deadline::{self, Place};
use crate::law::zone::Zone;
use crate::service::read_lock;
use crate::service::rows;
use crate::service::world::World;
use crate::store::{Stored, WriteTxn};

/// When somebody who did not answer is called again from a list, in milliseconds after the call: three hours, so that
/// another part of the day is tried.
const TRY_AGAIN: i64 = 3 * 60 * 60 * 1000;

/// The tasks that a call leaves: a follow-up, and the call that was promised.
pub fn tasks(
    txn: &mut WriteTxn<'_>,
    me: UserId,
    person: &Stored,
    call: &CallAnswers,
    record: &Call,
) -> Result<Vec<Uuid>, Error> {
    let purpose = record.purposes.0.first().cloned().unwrap_or_default();
    let mut made = Vec::new();
    let follow = call.follow_up.as_ref().map(|follow| Task {
        text: follow.text.trim().to_owned(),
        kind: OneOf(Some(follow.kind.unwrap_or(TaskKind::Other))),
        due: follow.due,
        owner: Some(me),
        purpose: if follow.kind == Some(TaskKind::Call) { purpose.clone() } else { String::new() },
        ..Task::default()
    });
    let back = call.call_back.map(|due| Task {
        text: "Call back".to_owned(),
        kind: OneOf(Some(TaskKind::Call)),
        due: Some(due),
        owner: Some(me),
        purpose: purpose.clone(),
        ..Task::default()
    });
    for task in follow.into_iter().chain(back).filter(|task| !task.text.is_empty()) {
        made.push(txn.create(person.subject, &task)?.id);
    }
    Ok(made)
}

/// The day of a moment at the controller's place, where a request counts as received.
pub fn day_at_home(world: &World, at: Timestamp) -> Day {
    let zone = world.settings.country.and_then(Zone::of).unwrap_or(Zone::UTC);
    Day(zone.local(at).date_naive())
}

/// A request as it is taken in, with its number and the day on which it must be answered.
pub fn request(
    law: &Law,
    world: &World,
    me: UserId,
    number: i64,
    right: crate::domain::request::Right,
    received: Day,
) -> SubjectRequest {
    SubjectRequest {
        number,
        right: OneOf(Some(right)),
        received: Some(received),
        state: OneOf(Some(RequestState::Open)),
        due: due(law, world, received),
        taken_by: Some(me),
        ..SubjectRequest::default()
    }
}

/// Whose public holidays count: those of the controller's country, and of the part of it that the settings name.
pub fn place_of(world: &World) -> Option<Place<'_>> {
    let country = world.settings.country?;
    let region = Some(world.settings.region.trim()).filter(|region| !region.is_empty());
    Some(Place { country, region })
}

/// When a request received on a day must be answered (Art. 12(3) GDPR).
fn due(law: &Law, world: &World, received: Day) -> Option<Day> {
    deadline::answer(law, place_of(world)?, received.0).map(|deadline| deadline.due)
}

/// The requests that the person made in the call.
pub fn requests(
    txn: &mut WriteTxn<'_>,
    law: &Law,
    world: &RwLock<World>,
    me: UserId,
    person: &Stored,
    call: &CallAnswers,
    made: &Stored,
    times: Times,
) -> Result<Vec<i64>, Error> {
    let mut numbers = Vec::new();
    let world = read_lock(world);
    let received = call.received.unwrap_or_else(|| day_at_home(&world, times.ended));
    for (at, asked) in (0_i64..).zip(&call.requests) {
        let number = world.work.next_request().saturating_add(at);
        let request = SubjectRequest {
            how: "by call".to_owned(),
            words: asked.words.clone(),
            call: made.id.to_string(),
            ..request(law, &world, me, number, asked.right, received)
        };
        txn.create(person.subject, &request)?;
        numbers.push(number);
    }
    Ok(numbers)
}

/// Notes on the call list where the person stands now.
pub fn entry(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    me: UserId,
    person: &Stored,
    call: &CallAnswers,
    record: &Call,
    made: &Stored,
    times: Times,
    before: &mut Vec<Stored>,
) -> Result<(), Error> {
    let Ok(list) = record.list.parse::<Uuid>() else { return Ok(()) };
    let place = {
        let world = read_lock(world);
        world.work.placed(person.id).find(|(listed, _)| listed.id == list).map(|(_, place)| place.id)
    };
    let Some(place) = place else { return Ok(()) };
    let Some(stored) = rows::of_entry(&txn.read(), RecordKind::CallEntry, person.subject, place)? else {
        return Ok(());
    };
    let mut entry: CallEntry = stored.entity()?;
    let (state, due, reason) = match record.outcome.0 {
        Some(CallOutcome::CallBack) => (EntryState::Later, call.call_back, String::new()),
        Some(CallOutcome::NotReached) => {
            let again = Timestamp::from_millis(times.ended.millis().saturating_add(TRY_AGAIN));
            (EntryState::Later, Some(again), String::new())
        }
        Some(CallOutcome::WrongNumber) => (EntryState::Skipped, None, "wrong number".to_owned()),
        Some(CallOutcome::Objected) => (EntryState::Withheld, None, "objection".to_owned()),
        Some(CallOutcome::Reached | CallOutcome::HungUp) | None => (EntryState::Done, None, String::new()),
    };
    entry.state = OneOf(Some(state));
    entry.due = due;
    entry.reason = reason;
    entry.claimed_by = Some(me);
    entry.claimed_until = None;
    entry.attempts = entry.attempts.saturating_add(1);
    entry.call = made.id.to_string();
    txn.update(&stored, entry.fields())?;
    before.push(stored);
    Ok(())
}
