//! Purposes and what holds for whom, in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use crate::api::{Code, Error};
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, Ledger, Standing, State};
use crate::domain::purpose::Purpose;
use crate::domain::query::ConsentIs;
use crate::domain::time::Timestamp;
use crate::store::{StoreError, Stored};

/// A purpose by its place in [`Consents`]: two bytes for each entry of each person's ledger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PurposeNo(u16);

/// A purpose as it stands.
#[derive(Clone, Debug)]
pub struct Known {
    pub id: Uuid,
    /// The version that a consent given now is for.
    pub revision: u64,
    pub purpose: Purpose,
}

/// Every purpose, and every person's ledger.
#[derive(Default)]
pub struct Consents {
    numbers: BTreeMap<String, PurposeNo>,
    /// By number; events of a damaged store may name purposes that are not there.
    purposes: Vec<Option<Known>>,
    people: HashMap<Uuid, Ledger<PurposeNo>>,
    /// Of whom something ends on a day (since 1970), or was to end before somebody said otherwise.
    ends: BTreeMap<i64, Vec<Uuid>>,
    /// Person and event of a code that was sent, by its hash; also of those that are used or whose time is up, so that
    /// whoever has one is told so.
    asked: HashMap<[u8; 32], (Uuid, Uuid)>,
    /// Changes with every event and purpose.
    version: u64,
}

fn day_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(86_400_000)
}

/// The hash of the code that an event says was sent.
fn token_of(event: &ConsentEvent) -> Option<[u8; 32]> {
    let digits = event.token.as_bytes();
    if digits.len() != 64 || !event.token.is_ascii() {
        return None;
    }
    let mut hash = [0; 32];
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(event.token.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(hash)
}

impl Consents {
    /// The person whom a code was sent to, and the event that says so.
    pub fn asked_by(&self, hash: &[u8; 32]) -> Option<(Uuid, Uuid)> {
        self.asked.get(hash).copied()
    }

    fn number(&mut self, name: &str) -> Result<PurposeNo, StoreError> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        let number = u16::try_from(self.purposes.len()).map(PurposeNo).map_err(|_| StoreError::TooLarge)?;
        self.purposes.push(None);
        self.numbers.insert(name.to_owned(), number);
        Ok(number)
    }

    /// Takes in a purpose as a commit left it.
    pub fn take_purpose(&mut self, stored: &Stored) -> Result<(), StoreError> {
        self.know(stored.id, stored.record.revision, stored.entity()?)
    }

    /// The same, as it is known.
    pub fn know(&mut self, id: Uuid, revision: u64, purpose: Purpose) -> Result<(), StoreError> {
        let number = self.number(&purpose.name)?;
        self.version += 1;
        if let Some(place) = self.purposes.get_mut(usize::from(number.0)) {
            *place = Some(Known { id, revision, purpose });
        }
        Ok(())
    }

    /// Takes in an event.
    pub fn take_event(&mut self, stored: &Stored, event: &ConsentEvent) -> Result<(), StoreError> {
        if let Some(hash) = token_of(event) {
            self.asked.insert(hash, (stored.subject.0, stored.id));
        }
        self.add(stored.subject.0, event)
    }

    /// The same, as it is known. What says nothing about what holds takes no room.
    pub fn add(&mut self, person: Uuid, event: &ConsentEvent) -> Result<(), StoreError> {
        let number = self.number(&event.purpose)?;
        if let Some(until) = event.until {
            let people = self.ends.entry(day_of(until)).or_default();
            if people.last() != Some(&person) {
                people.push(person);
            }
        }
        match self.people.get_mut(&person) {
            Some(ledger) => {
                ledger.add(number, event);
            }
            None => {
                let mut ledger = Ledger::default();
                if ledger.add(number, event) {
                    self.people.insert(person, ledger);
                }
            }
        }
        self.version += 1;
        Ok(())
    }

    /// Changes with every event and purpose.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether something a person said, or another ground, lets the person's data be used at all, whenever it ends.
    pub fn grounded(&self, contact: Uuid) -> bool {
        let marketing = |purpose: &PurposeNo| self.get(*purpose).is_some_and(|known| known.purpose.marketing);
        self.people.get(&contact).is_some_and(|ledger| ledger.grounded(marketing))
    }

    pub fn get(&self, number: PurposeNo) -> Option<&Known> {
        self.purposes.get(usize::from(number.0))?.as_ref()
    }

    /// All purposes, by name.
    pub fn all(&self) -> impl Iterator<Item = (PurposeNo, &Known)> {
        self.numbers.values().filter_map(|number| Some((*number, self.get(*number)?)))
    }

    /// The purpose of this name; an error names the nearest.
    pub fn named(&self, name: &str) -> Result<(PurposeNo, &Known), Error> {
        let name = name.trim();
        if let Some(number) = self.numbers.get(name)
            && let Some(known) = self.get(*number)
        {
            return Ok((*number, known));
        }
        let near: Vec<&str> = self.all().map(|(_, known)| known.purpose.name.as_str()).collect();
        let error = Error::new(Code::NotFound, format!("there is no purpose `{name}`"));
        Err(match near.iter().find(|near| strsim::osa_distance(near, name) <= 2) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("purposes are: {}", near.join(", "))),
        })
    }

    /// The same, of one that is not retired.
    pub fn active(&self, name: &str) -> Result<(PurposeNo, &Known), Error> {
        let (number, known) = self.named(name)?;
        if known.purpose.retired {
            return Err(Error::refused(format!(
                "the purpose `{}` is retired: nothing is done for it",
                name.trim()
            )));
        }
        Ok((number, known))
    }

    /// The same, which persons are reached for by this channel.
    pub fn active_on(&self, name: &str, channel: Channel) -> Result<(PurposeNo, &Known), Error> {
        let (number, known) = self.active(name)?;
        if known.purpose.has(channel) {
            return Ok((number, known));
        }
        Err(Error::refused(format!(
            "the purpose `{}` does not have the channel {channel}",
            known.purpose.name
        ))
        .hint(format!("it has: {}", known.purpose.channels.0.join(", "))))
    }

    /// What holds for a person.
    pub fn standing(&self, contact: Uuid, purpose: PurposeNo, channel: Channel, now: Timestamp) -> Standing {
        let Some(ledger) = self.people.get(&contact) else { return Standing::default() };
        let marketing = self.get(purpose).is_some_and(|known| known.purpose.marketing);
        ledger.standing(&purpose, channel, marketing, now)
    }

    /// Whether what holds for a person is what a filter asks for. Of several channels one suffices, but what is unknown is
    /// unknown on all of them.
    pub fn meets(&self, contact: Uuid, asked: &ConsentIs, now: Timestamp) -> bool {
        let one = |number: PurposeNo, known: &Known| {
            let holds = |channel: Channel| {
                let state = self.standing(contact, number, channel, now).state;
                asked.state.map_or(state.allows(), |wanted| state == wanted)
            };
            if let Some(channel) = asked.channel {
                return holds(channel);
            }
            let mut channels: Vec<Channel> = known.purpose.channels().collect();
            if let Some(ledger) = self.people.get(&contact) {
                channels
                    .extend(ledger.named().filter(|(one, _)| **one == number).map(|(_, channel)| channel));
            }
            match asked.state {
                Some(State::Unknown) => channels.into_iter().all(holds),
                _ => channels.into_iter().any(holds),
            }
        };
        match &asked.purpose {
            Some(name) => self.named(name).is_ok_and(|(number, known)| one(number, known)),
            None => self.all().any(|(number, known)| one(number, known)),
        }
    }

    /// Consents whose time was up by a moment: of whom, for what, by which channel, since when.
    pub fn ended(&self, now: Timestamp) -> impl Iterator<Item = (Uuid, PurposeNo, Channel, Timestamp)> {
        self.people.iter().flat_map(move |(id, ledger)| {
            ledger.ended(now).map(|(purpose, channel, until)| (*id, *purpose, channel, until))
        })
    }

    /// Of whom something may end between two moments: in proportion to what does, not to how many people there are.
    pub fn ending(&self, from: Timestamp, to: Timestamp) -> BTreeSet<Uuid> {
        if from > to {
            return BTreeSet::new();
        }
        self.ends.range(day_of(from)..=day_of(to)).flat_map(|(_, people)| people).copied().collect()
    }

    /// The ledger of a person, where there is one.
    pub fn ledger(&self, contact: Uuid) -> Option<&Ledger<PurposeNo>> {
        self.people.get(&contact)
    }

    /// Everybody of whom events are recorded.
    pub fn people(&self) -> impl Iterator<Item = (Uuid, &Ledger<PurposeNo>)> {
        self.people.iter().map(|(id, ledger)| (*id, ledger))
    }

    /// Forgets people who were erased.
    pub fn forget(&mut self, people: &HashSet<Uuid>) {
        people.iter().for_each(|person| drop(self.people.remove(person)));
        self.asked.retain(|_, (person, _)| !people.contains(person));
        for ending in self.ends.values_mut() {
            ending.retain(|person| !people.contains(person));
        }
        self.version += 1;
    }
}
