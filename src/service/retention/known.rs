//! What retention asks of very many people at once, in memory: rules, holds, when a person was last in contact.
//!
//! Built at unlock and kept by every commit; what it holds of persons are days and ids, no words.
//!
//! A person's contact is a call that the person took part in, an answer of the person's own that is not a no, and a meeting
//! somebody noted. A mail or call that somebody merely noted is none: it does not tell that the person was there, and that
//! somebody tried again is no reason to keep anybody longer.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use crate::domain::call::{Answered, Call, CallOutcome, Direction};
use crate::domain::consent::{ConsentEvent, ConsentKind, Way};
use crate::domain::contact::{Note, NoteKind};
use crate::domain::period::Period;
use crate::domain::retention::{Hold, RetentionRule, Sweep, SweepState};
use crate::domain::time::Timestamp;
use crate::domain::value::Day;
use crate::store::{StoreError, Stored};

/// A rule as it stands.
#[derive(Clone, Debug)]
pub struct Ruled {
    pub id: Uuid,
    pub revision: u64,
    pub rule: RetentionRule,
    pub period: Period,
}

/// A hold as it stands, without its reason.
#[derive(Clone, Debug)]
pub struct Held {
    pub id: Uuid,
    /// The last day.
    pub until: Day,
    pub released: bool,
    /// The categories of data it is about; everything when empty.
    pub scope: Vec<String>,
}

impl Held {
    pub fn holds_on(&self, day: Day) -> bool {
        !self.released && day <= self.until
    }
}

/// A plan as it was noted and carried out.
#[derive(Clone, Debug)]
pub struct Swept {
    pub id: Uuid,
    /// Its last entry in the log.
    pub seq: u64,
    pub sweep: Sweep,
}

/// All of it.
#[derive(Default)]
pub struct Retained {
    sweeps: BTreeMap<Uuid, Swept>,
    rules: BTreeMap<Uuid, Ruled>,
    /// By contact.
    holds: HashMap<Uuid, Vec<Held>>,
    /// When the data came from its source, where that is not the day on which it was written down.
    obtained: HashMap<Uuid, Day>,
    /// When a person last took part in a call or answered.
    spoke: HashMap<Uuid, Timestamp>,
    /// Meetings, by contact: the note and when it was.
    met: HashMap<Uuid, Vec<(Uuid, Timestamp)>>,
}

impl Retained {
    pub fn take_rule(&mut self, stored: &Stored) -> Result<(), StoreError> {
        self.know_rule(stored.id, stored.record.revision, stored.entity()?);
        Ok(())
    }

    /// The same, as it is known.
    pub fn know_rule(&mut self, id: Uuid, revision: u64, rule: RetentionRule) {
        // It is checked before it is written; of a damaged store a rule that says nothing is none.
        if let Ok(period) = rule.period.parse() {
            self.rules.insert(id, Ruled { id, revision, rule, period });
        }
    }

    pub fn take_hold(&mut self, stored: &Stored) -> Result<(), StoreError> {
        let hold: Hold = stored.entity()?;
        let holds = self.holds.entry(stored.subject.0).or_default();
        holds.retain(|one| one.id != stored.id);
        if let Some(until) = hold.until {
            let released = hold.released_at.is_some();
            holds.push(Held { id: stored.id, until, released, scope: hold.scope.0 });
        }
        Ok(())
    }

    pub fn take_sweep(&mut self, stored: &Stored) -> Result<(), StoreError> {
        let (id, seq) = (stored.id, stored.record.last_seq);
        self.sweeps.insert(id, Swept { id, seq, sweep: stored.entity()? });
        Ok(())
    }

    pub fn sweeps(&self) -> impl Iterator<Item = &Swept> {
        self.sweeps.values()
    }

    /// The one whose entry in the log is the last.
    pub fn last_sweep(&self) -> Option<&Swept> {
        self.sweeps.values().max_by_key(|one| one.seq)
    }

    /// The latest plan waits for a second user: earlier ones are outdated.
    pub fn plans_waiting(&self) -> u64 {
        let waits = |one: &Swept| one.sweep.state.0 == Some(SweepState::Proposed);
        u64::from(self.last_sweep().is_some_and(waits))
    }

    /// The one whose plan has this hash.
    pub fn sweep_of(&self, sha256: &str) -> Option<&Swept> {
        self.sweeps.values().find(|one| !sha256.is_empty() && one.sweep.plan == sha256)
    }

    pub fn take_call(&mut self, stored: &Stored, call: &Call) {
        let took_part = match call.outcome.0 {
            Some(CallOutcome::Reached | CallOutcome::CallBack | CallOutcome::HungUp) => {
                call.answered_by.0 == Some(Answered::Person) || call.direction.0 == Some(Direction::Incoming)
            }
            // An objection is a contact that asks for no other.
            Some(CallOutcome::NotReached | CallOutcome::WrongNumber | CallOutcome::Objected) | None => false,
        };
        if took_part {
            self.spoke(stored.subject.0, call.started_at.unwrap_or(stored.record.created_at));
        }
    }

    pub fn take_event(&mut self, contact: Uuid, event: &ConsentEvent) {
        if let Some(at) = event.at.filter(|_| answered(event)) {
            self.spoke(contact, at);
        }
    }

    fn spoke(&mut self, contact: Uuid, at: Timestamp) {
        let last = self.spoke.entry(contact).or_insert(at);
        *last = at.max(*last);
    }

    pub fn take_note(&mut self, stored: &Stored) -> Result<(), StoreError> {
        let note: Note = stored.entity()?;
        let met = note.kind.0 == Some(NoteKind::Meeting) && note.deleted_at.is_none();
        if let Some(notes) = self.met.get_mut(&stored.subject.0) {
            notes.retain(|(id, _)| *id != stored.id);
        }
        if met {
            let at = note.happened_at.unwrap_or(stored.record.created_at);
            self.met.entry(stored.subject.0).or_default().push((stored.id, at));
        }
        Ok(())
    }

    /// Notes when a contact's data came from its source, where that is another day than that of its entry.
    pub fn obtained(&mut self, contact: Uuid, day: Option<Day>) {
        match day {
            Some(day) => drop(self.obtained.insert(contact, day)),
            None if self.obtained.is_empty() => {}
            None => drop(self.obtained.remove(&contact)),
        }
    }

    pub fn obtained_on(&self, contact: Uuid) -> Option<Day> {
        self.obtained.get(&contact).copied()
    }

    /// When a person was last in contact.
    pub fn last_contact(&self, contact: Uuid) -> Option<Timestamp> {
        let met = self.met.get(&contact).and_then(|met| met.iter().map(|(_, at)| *at).max());
        self.spoke.get(&contact).copied().max(met)
    }

    /// Every rule, retired ones too.
    pub fn rules(&self) -> impl Iterator<Item = &Ruled> {
        self.rules.values()
    }

    /// Every rule that counts.
    pub fn active_rules(&self) -> impl Iterator<Item = &Ruled> {
        self.rules.values().filter(|one| !one.rule.retired)
    }

    pub fn rule_named(&self, name: &str) -> Option<&Ruled> {
        self.rules.values().find(|one| one.rule.name == name)
    }

    /// The holds about a person, ended ones too.
    pub fn holds_of(&self, contact: Uuid) -> &[Held] {
        self.holds.get(&contact).map_or(&[], Vec::as_slice)
    }

    /// The last day of the longest hold that holds on a day: until then nothing of the person is deleted, for whatever
    /// reason. A hold of some categories holds the person, who goes as a whole or not at all.
    pub fn held_until(&self, contact: Uuid, day: Day) -> Option<Day> {
        self.holds_of(contact).iter().filter(|one| one.holds_on(day)).map(|one| one.until).max()
    }

    /// Every hold with its contact, ended ones too.
    pub fn holds(&self) -> impl Iterator<Item = (Uuid, &Held)> {
        self.holds.iter().flat_map(|(contact, holds)| holds.iter().map(|held| (*contact, held)))
    }

    /// Forgets people who were erased.
    pub fn forget(&mut self, people: &HashSet<Uuid>) {
        for person in people {
            self.holds.remove(person);
            self.obtained.remove(person);
            self.spoke.remove(person);
            self.met.remove(person);
        }
    }
}

/// Whether an event is an answer of the person's own, and not a no.
fn answered(event: &ConsentEvent) -> bool {
    let own = match event.way.0 {
        Some(
            Way::Call | Way::Form | Way::Mail | Way::Letter | Way::InPerson | Way::OptIn | Way::SelfService,
        ) => true,
        Some(Way::Merge | Way::Transfer | Way::System) | None => false,
    };
    let said = match event.kind.0 {
        Some(ConsentKind::Given | ConsentKind::Deferred | ConsentKind::Confirmed | ConsentKind::Renewed) => {
            true
        }
        Some(
            ConsentKind::Requested
            | ConsentKind::Refused
            | ConsentKind::Withdrawn
            | ConsentKind::Objected
            | ConsentKind::Expired
            | ConsentKind::Revoked
            | ConsentKind::Invalidated
            | ConsentKind::Asserted
            | ConsentKind::Used
            | ConsentKind::Notified,
        )
        | None => false,
    };
    own && said
}
