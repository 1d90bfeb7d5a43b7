//! Calls, call lists, tasks and requests, in memory: what is asked of very many people at once.
//!
//! Built at unlock and kept by every commit, like all that is in memory; what it holds are times, ids and states, no words.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use crate::domain::call::{Call, CallEntry, CallList, CallOutcome, Direction, EntryState};
use crate::domain::consent::{ConsentEvent, ConsentKind, Way};
use crate::domain::erasure::Certificate;
use crate::domain::request::{RequestState, Right, SubjectRequest};
use crate::domain::task::{Task, TaskKind};
use crate::domain::time::Timestamp;
use crate::domain::value::Day;
use crate::store::{StoreError, Stored};

/// A call as far as rules ask about it.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    pub id: Uuid,
    pub at: Timestamp,
    pub outgoing: bool,
    pub wrong_number: bool,
}

/// A call with its purposes.
#[derive(Clone, Debug)]
struct Kept {
    made: Made,
    purposes: Vec<String>,
}

/// A person on a call list, as it stands.
#[derive(Clone, Debug)]
pub struct Place {
    pub id: Uuid,
    pub contact: Uuid,
    pub place: i64,
    pub state: EntryState,
    pub claimed_by: Option<Uuid>,
    pub claimed_until: Option<Timestamp>,
    pub attempts: i64,
    pub due: Option<Timestamp>,
    pub reason: String,
}

impl Place {
    /// Whether somebody has the person before them at a moment.
    pub fn is_claimed(&self, now: Timestamp) -> bool {
        self.state == EntryState::Claimed && self.claimed_until.is_some_and(|until| now < until)
    }

    /// Whether the person can be taken at a moment: open, due, or left by whoever took it.
    pub fn is_free(&self, now: Timestamp) -> bool {
        match self.state {
            EntryState::Open => true,
            EntryState::Claimed => !self.is_claimed(now),
            EntryState::Later => self.due.is_none_or(|due| due <= now),
            EntryState::Done | EntryState::Skipped | EntryState::Withheld => false,
        }
    }
}

/// The place of a contact on a list, and its entry.
type Key = (i64, Uuid);

/// A call list, as it stands.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: Uuid,
    pub revision: u64,
    pub created_at: Timestamp,
    pub list: CallList,
    /// By place.
    pub places: BTreeMap<Key, Place>,
}

/// A task that is neither done nor deleted.
#[derive(Clone, Copy, Debug)]
pub struct Todo {
    pub id: Uuid,
    pub contact: Uuid,
    pub kind: TaskKind,
    pub due: Option<Timestamp>,
    pub owner: Option<Uuid>,
}

impl Todo {
    /// Its place among those of its owner.
    fn owned(&self) -> Option<(Uuid, i64, Uuid)> {
        Some((self.owner?, self.due.map_or(i64::MAX, Timestamp::millis), self.id))
    }
}

/// A request of a person, open or closed.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub id: Uuid,
    /// Nil where the person is no contact.
    pub contact: Uuid,
    pub number: i64,
    pub right: Option<Right>,
    pub state: RequestState,
    /// The last day, of the longer period where it was extended.
    pub due: Option<Day>,
    pub taken_by: Option<Uuid>,
}

/// All of it.
#[derive(Default)]
pub struct Work {
    /// By contact.
    calls: HashMap<Uuid, Vec<Kept>>,
    /// When a person last said no in a call.
    refused: HashMap<Uuid, Timestamp>,
    lists: BTreeMap<Uuid, Listed>,
    /// Where each contact stands on lists: the list, and the place there.
    placed: HashMap<Uuid, Vec<(Uuid, Key)>>,
    todos: BTreeMap<Uuid, Todo>,
    /// Those that somebody is to do, by who and when; what has no date stands last.
    by_owner: BTreeSet<(Uuid, i64, Uuid)>,
    requests: BTreeMap<Uuid, Asked>,
    last_request: i64,
    last_certificate: i64,
}

impl Work {
    pub fn take_call(&mut self, stored: &Stored, call: Call) {
        let made = Made {
            id: stored.id,
            at: call.started_at.unwrap_or(stored.record.created_at),
            outgoing: call.direction.0 != Some(Direction::Incoming),
            wrong_number: call.outcome.0 == Some(CallOutcome::WrongNumber),
        };
        let kept = self.calls.entry(stored.subject.0).or_default();
        kept.retain(|one| one.made.id != stored.id);
        kept.push(Kept { made, purposes: call.purposes.0 });
    }

    /// Takes in what an event says about how calls are received.
    pub fn take_event(&mut self, person: Uuid, event: &ConsentEvent) {
        let no = event.kind.0.is_some_and(ConsentKind::is_no);
        if let (true, Some(Way::Call), Some(at)) = (no, event.way.0, event.at) {
            let last = self.refused.entry(person).or_insert(at);
            *last = at.max(*last);
        }
    }

    pub fn take_list(&mut self, stored: &Stored) -> Result<(), StoreError> {
        let list: CallList = stored.entity()?;
        let places = self.lists.remove(&stored.id).map(|one| one.places).unwrap_or_default();
        let listed = Listed {
            id: stored.id,
            revision: stored.record.revision,
            created_at: stored.record.created_at,
            list,
            places,
        };
        self.lists.insert(stored.id, listed);
        Ok(())
    }

    pub fn take_entry(&mut self, stored: &Stored) -> Result<(), StoreError> {
        let entry: CallEntry = stored.entity()?;
        let Ok(list) = entry.list.parse::<Uuid>() else { return Ok(()) };
        let Some(listed) = self.lists.get_mut(&list) else { return Ok(()) };
        let place = Place {
            id: stored.id,
            contact: stored.subject.0,
            place: entry.place,
            state: entry.state.0.unwrap_or(EntryState::Withheld),
            claimed_by: entry.claimed_by.map(|user| user.0),
            claimed_until: entry.claimed_until,
            attempts: entry.attempts,
            due: entry.due,
            reason: entry.reason,
        };
        let key = (entry.place, stored.id);
        if listed.places.insert(key, place).is_none() {
            self.placed.entry(stored.subject.0).or_default().push((list, key));
        }
        Ok(())
    }

    pub fn take_task(&mut self, stored: &Stored) -> Result<(), StoreError> {
        let task: Task = stored.entity()?;
        if let Some(key) = self.todos.remove(&stored.id).as_ref().and_then(Todo::owned) {
            self.by_owner.remove(&key);
        }
        if task.done_at.is_some() || task.deleted_at.is_some() {
            return Ok(());
        }
        let todo = Todo {
            id: stored.id,
            contact: stored.subject.0,
            kind: task.kind.0.unwrap_or(TaskKind::Other),
            due: task.due,
            owner: task.owner.map(|user| user.0),
        };
        self.by_owner.extend(todo.owned());
        self.todos.insert(stored.id, todo);
        Ok(())
    }

    pub fn take_request(&mut self, stored: &Stored) -> Result<(), StoreError> {
        let request: SubjectRequest = stored.entity()?;
        self.last_request = self.last_request.max(request.number);
        let asked = Asked {
            id: stored.id,
            contact: stored.subject.0,
            number: request.number,
            right: request.right.0,
            state: request.state.0.unwrap_or(RequestState::Open),
            due: request.extended_to.or(request.due),
            taken_by: request.taken_by.map(|user| user.0),
        };
        self.requests.insert(stored.id, asked);
        Ok(())
    }

    /// When a person was called for one of some purposes, answered or not.
    pub fn attempts(&self, contact: Uuid, counts: impl Fn(&str) -> bool) -> Vec<Timestamp> {
        let Some(calls) = self.calls.get(&contact) else { return Vec::new() };
        let calls = calls.iter().filter(|call| {
            call.made.outgoing && !call.made.wrong_number && call.purposes.iter().any(|one| counts(one))
        });
        calls.map(|call| call.made.at).collect()
    }

    /// How many calls of a contact there are.
    pub fn calls_of(&self, contact: Uuid) -> usize {
        self.calls.get(&contact).map_or(0, Vec::len)
    }

    /// When a person last said in a call that they want no more of this.
    pub fn refused_at(&self, contact: Uuid) -> Option<Timestamp> {
        self.refused.get(&contact).copied()
    }

    pub fn lists(&self) -> impl Iterator<Item = &Listed> {
        self.lists.values()
    }

    pub fn list(&self, id: Uuid) -> Option<&Listed> {
        self.lists.get(&id)
    }

    /// Tasks that are neither done nor deleted, in no order that means anything.
    pub fn todos(&self) -> impl Iterator<Item = &Todo> {
        self.todos.values()
    }

    /// The same of one owner that are due before a moment, the oldest first.
    pub fn due_before(&self, owner: Uuid, before: Timestamp) -> impl Iterator<Item = &Todo> {
        let until = (owner, before.millis(), Uuid::nil());
        let due = self.by_owner.range((owner, i64::MIN, Uuid::nil())..until);
        due.filter_map(|(_, _, id)| self.todos.get(id))
    }

    /// Where a contact stands on lists, closed ones too.
    pub fn placed(&self, contact: Uuid) -> impl Iterator<Item = (&Listed, &Place)> {
        let all = self.placed.get(&contact).into_iter().flatten();
        all.filter_map(|(list, key)| {
            let listed = self.lists.get(list)?;
            Some((listed, listed.places.get(key)?))
        })
    }

    /// All requests, open or closed.
    pub fn requests(&self) -> impl Iterator<Item = &Asked> {
        self.requests.values()
    }

    /// A request by its id.
    pub fn request(&self, id: Uuid) -> Option<&Asked> {
        self.requests.get(&id)
    }

    /// The number of the next request.
    pub fn next_request(&self) -> i64 {
        self.last_request.saturating_add(1)
    }

    /// Forgets people who were erased.
    pub fn forget(&mut self, people: &HashSet<Uuid>) {
        for person in people {
            self.calls.remove(person);
            self.refused.remove(person);
            for (list, key) in self.placed.remove(person).unwrap_or_default() {
                if let Some(listed) = self.lists.get_mut(&list) {
                    listed.places.remove(&key);
                }
            }
        }
        let gone = self.todos.values().filter(|todo| people.contains(&todo.contact));
        for todo in gone.copied().collect::<Vec<_>>() {
            self.todos.remove(&todo.id);
            if let Some(key) = todo.owned() {
                self.by_owner.remove(&key);
            }
        }
        self.requests.retain(|_, asked| !people.contains(&asked.contact));
    }

    /// What is left of requests that went with their persons: their numbers, which are not given again.
    pub fn take_certificate(&mut self, stored: &Stored) -> Result<(), StoreError> {
        let certificate: Certificate = stored.entity()?;
        self.last_certificate = self.last_certificate.max(certificate.number);
        self.last_request = self.last_request.max(certificate.request);
        Ok(())
    }

    /// The number of the next certificate.
    pub fn next_certificate(&self) -> i64 {
        self.last_certificate.saturating_add(1)
    }
}
