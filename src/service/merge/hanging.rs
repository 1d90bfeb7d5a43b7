//! What hangs on a contact that goes: what moves to the one that is kept, and what stays and is seen with it.
//!
//! Everything about a person lies under the person's key, so that what moves is written anew under the kept one's: notes,
//! tasks, places on call lists that are still to be called. What only grows stays where it is, calls and events of the
//! ledger; requests stay as well, for their number and their time run on. Memory knows who was merged into whom
//! (`World::selves`), so that calls and requests are seen with the kept one, and calls count against its caps. A merge that
//! is taken back leaves each with what it had.

use std::sync::RwLock;

use crate::api::{Code, Error};
use crate::domain::call::{CallEntry, EntryState};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::task::{Task, TaskField};
use crate::domain::time::Timestamp;
use crate::domain::value::{OneOf, Value};
use crate::service::sight::Sight;
use crate::service::view::is_deleted;
use crate::service::work::Place;
use crate::service::world::World;
use crate::service::{calls, read_lock, rows};
use crate::store::{Reader, Stored, WriteTxn};

/// Why the place of a contact that was merged is not called any more.
pub const MERGED: &str = "merged";

/// How much moved.
#[derive(Clone, Copy, Default)]
pub struct Along {
    pub notes: u64,
    pub tasks: u64,
    pub places: u64,
}

/// Refuses while somebody has the contact that goes on the phone: what is said would have no place any more.
pub fn nobody_calls(
    reader: &Reader<'_>,
    world: &RwLock<World>,
    other: &Stored,
    now: Timestamp,
) -> Result<(), Error> {
    match calls::caller(reader, other.id, now)? {
        Some(user) => {
            let who = read_lock(world).user_name(user);
            Err(Error::conflict(format!("{who} is calling this person at this moment"))
                .hint("merge them when the call is recorded"))
        }
        None => Ok(()),
    }
}

/// The tasks of the contact that goes, done ones too; refused where the actor does not see or change them.
pub fn tasks_to_move(
    reader: &Reader<'_>,
    world: &RwLock<World>,
    sight: &Sight,
    other: &Stored,
) -> Result<Vec<Stored>, Error> {
    let world = read_lock(world);
    let open = world.work.todos().filter(|todo| todo.contact == other.id).count();
    let mut tasks = sight.records_of(reader, &world, RecordKind::Task, other.subject)?;
    tasks.retain(|task| !is_deleted(&task.record.fields, RecordKind::Task));
    let relation = sight.relation_of(&world, other);
    if tasks.len() < open || !tasks.is_empty() && !sight.writes(RecordKind::Task, relation) {
        return Err(Error::new(
            Code::Denied,
            format!("the role `{}` does not move the tasks of the other contact", sight.rules().name),
        )
        .hint("ask the lead of the team to merge them"));
    }
    Ok(tasks)
}

pub fn move_tasks(
    txn: &mut WriteTxn<'_>,
    keep: &Stored,
    tasks: Vec<Stored>,
    now: Timestamp,
    before: &mut Vec<Stored>,
) -> Result<(), Error> {
    for task in tasks {
        txn.create(keep.subject, &task.entity::<Task>()?)?;
        let mut gone = task.record.fields.clone();
        gone.insert(TaskField::deleted_at.key(), Value::Time(now));
        txn.update(&task, gone)?;
        before.push(task);
    }
    Ok(())
}

/// Where the contact that goes is still to be called, on lists that are open.
pub fn places_to_move(world: &World, other: &Stored) -> Vec<Place> {
    let waiting = |place: &Place| match place.state {
        EntryState::Open | EntryState::Claimed | EntryState::Later => true,
        EntryState::Done | EntryState::Skipped | EntryState::Withheld => false,
    };
    let placed = world.work.placed(other.id).filter(|(listed, _)| listed.list.closed_at.is_none());
    placed.map(|(_, place)| place.clone()).filter(waiting).collect()
}

/// Puts the kept contact in these places, but on no list twice. Whoever merges, nobody is left to be called as somebody who
/// is gone.
pub fn move_places(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    keep: &Stored,
    other: &Stored,
    before: &mut Vec<Stored>,
) -> Result<u64, Error> {
    let mut moved = 0;
    let places = places_to_move(&read_lock(world), other);
    for place in places {
        let found = rows::of_entry(&txn.read(), RecordKind::CallEntry, other.subject, place.id)?;
        let Some(stored) = found else { continue };
        let entry: CallEntry = stored.entity()?;
        let there =
            read_lock(world).work.placed(keep.id).any(|(listed, _)| listed.id.to_string() == entry.list);
        if !there {
            let later = entry.state.0 == Some(EntryState::Later);
            let anew = CallEntry {
                state: OneOf(Some(if later { EntryState::Later } else { EntryState::Open })),
                claimed_by: None,
                claimed_until: None,
                ..entry.clone()
            };
            txn.create(keep.subject, &anew)?;
            moved += 1;
        }
        let gone = CallEntry {
            state: OneOf(Some(EntryState::Withheld)),
            claimed_by: None,
            claimed_until: None,
            due: None,
            reason: MERGED.to_owned(),
            ..entry
        };
        txn.update(&stored, gone.fields())?;
        before.push(stored);
    }
    Ok(moved)
}
