//! Who is there, and what they are told of each other's work.
//!
//! After a commit, the thread of whoever changed something offers short notes to the sessions that listen. A note goes into
//! a bounded queue; a full queue is emptied and becomes one [`Event::Resync`]. So nobody waits for anybody: neither the
//! storage thread, which knows nothing of this, nor the session that changed something. What a session may see of the notes
//! is decided when it takes them, by the session's sight of that moment.
//!
//! A record that leaves a session's sight is told by its id, and only where it was in sight when the session took its
//! notes the last time: one that came and went in between is not named. Where the sight itself has changed, with the
//! user's role or team, the session is told to look again, and not at what.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::sight::{Sight, deciding};
use super::{Ask, Service, Session, no_such};
use crate::api::event::{Changed, Event, Presence};
use crate::api::names::Named;
use crate::api::{Error, Present};
use crate::domain::access::Verb;
use crate::domain::denial::Why;
use crate::domain::entity::{Fields, Lies, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SessionId, SubjectId, UserId};
use crate::store::{FORMER, Stored, WriteTxn};

/// Notes kept for a session that does not take them.
pub(super) const QUEUE: usize = 256;
/// A transaction that touches more records than this is told as [`Event::Resync`].
pub(super) const MANY: usize = FORMER;

/// Calls whoever takes the notes of a session. It must not wait for anything.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// A record that a transaction changed.
#[derive(Clone, Debug)]
pub(super) struct Touched {
    seq: u64,
    kind: RecordKind,
    id: Uuid,
    subject: SubjectId,
    /// What decided who saw it before; nothing when it was made.
    was: Option<Arc<Fields>>,
}

impl Touched {
    fn of(stored: &Stored, former: Option<&Fields>) -> Touched {
        let Stored { kind, subject, id, slot: _, record } = stored;
        let was = former.map(|fields| Arc::new(deciding(*kind, fields)));
        Touched { seq: record.last_seq, kind: *kind, id: *id, subject: *subject, was }
    }

    /// A person who is gone, told to whoever saw them.
    pub(super) fn gone(stored: &Stored) -> Option<Touched> {
        (stored.kind.lies() == Lies::Person).then(|| Touched::of(stored, Some(&stored.record.fields)))
    }

    /// Everything that a transaction changed.
    pub(super) fn by(txn: &WriteTxn<'_>) -> Vec<Touched> {
        txn.touched().iter().map(|stored| Touched::of(stored, txn.former(stored.id))).collect()
    }
}

/// All sessions of a service.
#[derive(Default)]
pub(super) struct Hub {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Sessions that have begun and not ended, with whether they listen.
    sessions: HashMap<SessionId, Seat>,
}

struct Seat {
    user: UserId,
    listener: Option<Arc<Listener>>,
    /// The record it has open.
    open: Option<(RecordKind, Uuid)>,
}

struct Listener {
    queue: Mutex<Queue>,
    wake: Wake,
}

#[derive(Default)]
struct Queue {
    notes: VecDeque<Note>,
    overrun: bool,
    /// What the session saw when it took its notes the last time.
    sight: Option<Sight>,
}

#[derive(Clone)]
enum Note {
    Touched {
        touched: Touched,
        action: Action,
        actor: UserId,
    },
    /// Who has this record open changed.
    Presence(RecordKind, Uuid),
    Resync,
}

impl Listener {
    fn offer(&self, notes: &[Note]) {
        {
            let mut queue = locked(&self.queue);
            if queue.notes.len() + notes.len() > QUEUE {
                queue.notes.clear();
                queue.overrun = true;
            } else if !queue.overrun {
                queue.notes.extend(notes.iter().cloned());
            }
        }
        (self.wake)();
    }
}

impl Hub {
    pub(super) fn enter(&self, session: SessionId, user: UserId) {
        locked(&self.inner).sessions.insert(session, Seat { user, listener: None, open: None });
    }

    pub(super) fn leave(&self, session: SessionId) {
        let seat = locked(&self.inner).sessions.remove(&session);
        if let Some((kind, id)) = seat.and_then(|seat| seat.open) {
            self.offer(None, &[Note::Presence(kind, id)]);
        }
    }

    /// Offers notes to everybody who listens, except to the session they come from.
    fn offer(&self, from: Option<SessionId>, notes: &[Note]) {
        let listeners: Vec<Arc<Listener>> = {
            let inner = locked(&self.inner);
            let others = inner.sessions.iter().filter(|(id, _)| Some(**id) != from);
            others.filter_map(|(_, seat)| seat.listener.clone()).collect()
        };
        for listener in listeners {
            listener.offer(notes);
        }
    }

    /// Tells the others what a transaction changed; called after it is durable.
    pub(super) fn committed(&self, session: SessionId, actor: UserId, action: Action, touched: Vec<Touched>) {
        if touched.is_empty() {
            return;
        }
        if touched.len() > MANY {
            return self.offer(Some(session), &[Note::Resync]);
        }
        let notes: Vec<Note> =
            touched.into_iter().map(|touched| Note::Touched { touched, action, actor }).collect();
        self.offer(Some(session), &notes);
    }

    /// Users who have a record open in other sessions.
    fn who(&self, session: SessionId, user: UserId, record: (RecordKind, Uuid)) -> Vec<UserId> {
        let inner = locked(&self.inner);
        let others = inner.sessions.iter().filter(|(id, seat)| **id != session && seat.user != user);
        others.filter(|(_, seat)| seat.open == Some(record)).map(|(_, seat)| seat.user).collect()
    }

    fn opened_by(&self, session: SessionId) -> Option<(RecordKind, Uuid)> {
        locked(&self.inner).sessions.get(&session).and_then(|seat| seat.open)
    }

    /// Notes which record a session has open, and tells the others.
    fn open(&self, session: SessionId, open: Option<(RecordKind, Uuid)>) {
        let before = {
            let mut inner = locked(&self.inner);
            let Some(seat) = inner.sessions.get_mut(&session) else { return };
            std::mem::replace(&mut seat.open, open)
        };
        if before != open {
            let notes: Vec<Note> =
                before.into_iter().chain(open).map(|(kind, id)| Note::Presence(kind, id)).collect();
            self.offer(Some(session), &notes);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    /// From now on the session hears of what others do; `wake` is called when there is something to [take](Self::events).
    pub fn listen(&self, session: &Session, wake: Wake) {
        let sight = self.actor(session).ok().map(|actor| actor.sight);
        let queue = Mutex::new(Queue { sight, ..Queue::default() });
        let listener = Arc::new(Listener { queue, wake });
        if let Some(seat) = locked(&self.hub.inner).sessions.get_mut(&session.id) {
            seat.listener = Some(listener);
        }
    }

    /// What happened since the last call, as far as the session may see it.
    pub fn events(&self, session: &Session) -> Vec<Event> {
        let listener = {
            let inner = locked(&self.hub.inner);
            inner.sessions.get(&session.id).and_then(|seat| seat.listener.clone())
        };
        let Some(listener) = listener else { return Vec::new() };
        let Ok(sight) = self.actor(session).map(|actor| actor.sight) else { return Vec::new() };
        let Queue { notes, overrun, sight: before } = {
            let mut queue = locked(&listener.queue);
            std::mem::replace(&mut *queue, Queue { sight: Some(sight.clone()), ..Queue::default() })
        };
        // What is out of sight is not open any more, and nothing is told of who looks at it.
        if let Some((kind, id)) = self.hub.opened_by(session.id)
            && !sight.sees(&self.read_world(), kind, id)
        {
            self.hub.open(session.id, None);
        }
        if overrun || before.is_some_and(|before| !before.is_that_of(&sight)) {
            return vec![Event::Resync];
        }
        let mut events = Vec::new();
        let mut unheard = HashSet::new();
        for note in notes {
            let event = match note {
                Note::Resync => Some(Event::Resync),
                Note::Touched { touched, action, actor } => {
                    self.changed(&sight, &touched, action, actor, &mut unheard)
                }
                Note::Presence(kind, id) => {
                    let open = self.hub.opened_by(session.id) == Some((kind, id));
                    open.then(|| Event::Presence(self.presence(session, kind, id)))
                }
            };
            events.extend(event);
        }
        events.dedup();
        events
    }

    /// What somebody with this sight is told of a change. `unheard` are records that were not in sight when notes were
    /// taken the last time.
    fn changed(
        &self,
        sight: &Sight,
        touched: &Touched,
        action: Action,
        actor: UserId,
        unheard: &mut HashSet<Uuid>,
    ) -> Option<Event> {
        let Touched { seq, kind, id, subject, was } = touched;
        let (seq, kind, id, subject) = (*seq, *kind, *id, *subject);
        let world = self.read_world();
        let about_person = kind.lies() == Lies::AboutPerson;
        let saw = was.as_ref().is_some_and(|was| sight.saw(&world, kind, subject, was));
        if !saw {
            unheard.insert(id);
        }
        let knew = !unheard.contains(&id);
        let sees = match kind {
            kind if about_person => sight.sees_about(&world, kind, subject.0),
            kind => sight.sees(&world, kind, id),
        };
        if !sees {
            // The person a record is about goes out of sight under an id of their own.
            return (knew && !about_person).then_some(Event::Gone(id));
        }
        let about = about_person.then_some(ContactId(subject.0));
        let actor = world.user_name(actor.0);
        Some(Event::Changed(Changed { seq, kind, id, about, action, entered: !knew, actor }))
    }

    fn presence(&self, session: &Session, kind: RecordKind, id: Uuid) -> Presence {
        let users = self.hub.who(session.id, session.user, (kind, id));
        let world = self.read_world();
        let mut names: Vec<String> = users.iter().map(|user| world.user_name(user.0)).collect();
        names.sort();
        names.dedup();
        Presence { id, names }
    }

    /// Whether the session's user may lock the store for everybody; that somebody wanted to and may not is recorded.
    pub fn may_lock(&self, session: &Session) -> bool {
        let may = self.actor(session).is_ok_and(|actor| actor.sight.may(Verb::Operate));
        if !may {
            self.deny_request(session, "Lock", &Named::default(), Why::Role);
        }
        may
    }
}

impl Ask<'_> {
    /// Says which record the session has open, and is told who else has.
    pub(super) fn present(&self, present: &Present) -> Result<Presence, Error> {
        let actor = self.grant.actor();
        let open = present.id.map(|id| (present.kind, id));
        if let Some((kind, id)) = open
            && !self.sight().sees(&self.world(), kind, id)
        {
            return Err(no_such(kind, id));
        }
        self.service.hub.open(actor.session, open);
        Ok(open.map_or_else(Presence::default, |(kind, id)| self.service.presence(self.session, kind, id)))
    }
}
