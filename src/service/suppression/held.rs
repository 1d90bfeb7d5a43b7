//! The suppression list and the do-not-call lists, as memory holds them: part of the [`World`](crate::service::world).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::tagset::TagSet;
use crate::domain::country::Country;
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::fold;
use crate::domain::reach::Phone;
use crate::domain::suppression::{
    Barred, Class, Deed, Hit, Identifier, ListCheck, Mark, Reason, Scope, ScreeningList, Suppression,
};
use crate::domain::value::Day;
use crate::service::rows;
use crate::store::suppression::Marker;
use crate::store::{Reader, StoreError, Stored};

/// What is suppressed. A check costs one HMAC and one look into a hash table.
pub struct Suppressions {
    marker: Marker,
    /// By the first half of the mark.
    marks: HashMap<[u8; 16], Hit>,
    /// The log's number of the last entry that was taken in: entries have an order, and rows have another.
    taken_to: Option<u64>,
    /// Contacts with a suppressed number or address, deleted ones too.
    contacts: HashMap<Uuid, Barred>,
    lists: BTreeMap<Uuid, Held>,
    /// Tags of lists whose record is about to be taken in, by version.
    incoming: HashMap<Uuid, Arc<TagSet>>,
}

/// A do-not-call list in memory.
pub struct Held {
    pub revision: u64,
    pub list: ScreeningList,
    /// Why it cannot be asked, where it cannot.
    pub tags: Result<Arc<TagSet>, String>,
}

impl Suppressions {
    /// Nothing is suppressed.
    pub fn new(marker: Marker) -> Suppressions {
        Suppressions {
            marker,
            marks: HashMap::new(),
            taken_to: None,
            contacts: HashMap::new(),
            lists: BTreeMap::new(),
            incoming: HashMap::new(),
        }
    }

    /// Reads what there is. Which contacts it concerns is not known yet: [`Suppressions::note`] is told of each.
    pub fn load(reader: &Reader<'_>) -> Result<Suppressions, StoreError> {
        let mut held = Suppressions::new(reader.marker()?);
        let mut entries: Vec<Stored> = Vec::new();
        rows::each(reader, RecordKind::Suppression, |stored| {
            entries.push(stored);
            Ok(())
        })?;
        entries.sort_by_key(|stored| stored.record.last_seq);
        entries.iter().try_for_each(|stored| held.take(stored))?;
        let mut lists: Vec<Stored> = Vec::new();
        rows::each(reader, RecordKind::ScreeningList, |stored| {
            lists.push(stored);
            Ok(())
        })?;
        for stored in lists {
            let list: ScreeningList = stored.entity()?;
            let tags = read_tags(reader, &list);
            held.lists.insert(stored.id, Held { revision: stored.record.revision, list, tags });
        }
        Ok(held)
    }

    /// Takes in an entry, once.
    pub fn take(&mut self, stored: &Stored) -> Result<(), StoreError> {
        if self.taken_to.is_some_and(|last| stored.record.last_seq <= last) {
            return Ok(());
        }
        self.taken_to = Some(stored.record.last_seq);
        let entry: Suppression = stored.entity()?;
        let damaged = || StoreError::Damaged("an entry of the suppression list does not decode".to_owned());
        let marks = entry.marks().map_err(|_| damaged())?;
        match entry.deed.0.ok_or_else(damaged)? {
            Deed::Add => {
                let (Some(scope), Some(reason)) = (entry.scope.0, entry.reason.0) else {
                    return Err(damaged());
                };
                let hit = Hit { scope, reason, since: stored.record.created_at };
                for mark in marks {
                    let held = self.marks.entry(mark.short()).or_insert(hit);
                    if held.scope < hit.scope {
                        *held = hit;
                    }
                }
            }
            Deed::Lift => {
                for mark in marks {
                    self.marks.remove(&mark.short());
                }
            }
        }
        Ok(())
    }

    /// Takes in a do-not-call list whose tags are [ready](Suppressions::expect).
    pub fn take_list(&mut self, stored: &Stored) -> Result<(), StoreError> {
        let list: ScreeningList = stored.entity()?;
        let ready = version(&list).and_then(|version| self.incoming.remove(&version));
        let same = self.lists.get(&stored.id).filter(|held| held.list.version == list.version);
        let tags = match (ready, same) {
            (Some(tags), _) => Ok(tags),
            (None, Some(held)) => held.tags.clone(),
            (None, None) => Err("its numbers were not read".to_owned()),
        };
        self.lists.insert(stored.id, Held { revision: stored.record.revision, list, tags });
        Ok(())
    }

    /// Tags of a version that is about to be named by its list.
    pub fn expect(&mut self, version: Uuid, tags: Arc<TagSet>) {
        // Of one that never was, nothing is kept.
        self.incoming.clear();
        self.incoming.insert(version, tags);
    }

    /// Looks at the fields of a contact as they are now.
    pub fn note(&mut self, contact: Uuid, fields: &Fields) {
        let mut barred = Barred::default();
        if !self.marks.is_empty() {
            for identifier in Identifier::all_of(RecordKind::Contact, fields) {
                barred.add(identifier.class(), self.hit(&identifier).map(|hit| hit.scope));
            }
        }
        self.bar(contact, barred);
    }

    /// What was found out about a contact.
    pub fn bar(&mut self, contact: Uuid, barred: Barred) {
        if barred.any() {
            self.contacts.insert(contact, barred);
        } else if !self.contacts.is_empty() {
            self.contacts.remove(&contact);
        }
    }

    /// What a number (E.164) or an address as it is written bars its contact from.
    pub fn look_at(&self, class: Class, text: &str, barred: &mut Barred) {
        if self.marks.is_empty() {
            return;
        }
        let mark = match class {
            Class::Phone => self.marker.of_text(class, text),
            Class::Email => self.marker.of_text(class, &fold::email(text)),
        };
        barred.add(class, self.marks.get(&mark.short()).map(|hit| hit.scope));
    }

    /// Takes over which contacts another has found.
    pub fn take_contacts_of(&mut self, other: Suppressions) {
        self.contacts = other.contacts;
    }

    /// Whether a number or address is suppressed, and how far.
    pub fn hit(&self, identifier: &Identifier) -> Option<Hit> {
        if self.marks.is_empty() {
            return None;
        }
        self.marks.get(&self.marker.mark(identifier).short()).copied()
    }

    pub fn mark(&self, identifier: &Identifier) -> Mark {
        self.marker.mark(identifier)
    }

    /// What a contact is barred from by all of its numbers and addresses; by a look into a table, for questions about
    /// very many.
    pub fn of_contact(&self, contact: Uuid) -> Barred {
        if self.contacts.is_empty() {
            return Barred::default();
        }
        self.contacts.get(&contact).copied().unwrap_or_default()
    }

    /// How many marks are in force, by reason.
    pub fn by_reason(&self) -> BTreeMap<Reason, u64> {
        let mut counts = BTreeMap::new();
        for hit in self.marks.values() {
            *counts.entry(hit.reason).or_default() += 1;
        }
        counts
    }

    /// How many marks are in force, by scope.
    pub fn by_scope(&self) -> BTreeMap<Scope, u64> {
        let mut counts = BTreeMap::new();
        for hit in self.marks.values() {
            *counts.entry(hit.scope).or_default() += 1;
        }
        counts
    }

    /// The do-not-call lists there are.
    pub fn lists(&self) -> impl Iterator<Item = (Uuid, &Held)> {
        self.lists.iter().map(|(id, held)| (*id, held))
    }

    /// The list of a name and country, without regard to case.
    pub fn list(&self, name: &str, country: Option<Country>) -> Option<(Uuid, &Held)> {
        let wanted = fold::fold(name);
        self.lists().find(|(_, held)| held.list.country == country && fold::fold(&held.list.name) == wanted)
    }

    /// Whether a number stands on a do-not-call list; `None` where there is no such list, or it cannot be asked.
    pub fn screened(&self, name: &str, country: Option<Country>, phone: &Phone) -> Option<ListCheck> {
        let (_, held) = self.list(name, country)?;
        self.check(held, self.marker.of_text(Class::Phone, phone.e164()))
    }

    /// The same of every list there is.
    pub fn screenings(&self, identifier: &Identifier) -> Vec<ListCheck> {
        if identifier.class() != Class::Phone || self.lists.is_empty() {
            return Vec::new();
        }
        let mark = self.marker.mark(identifier);
        self.lists.values().filter_map(|held| self.check(held, mark)).collect()
    }

    fn check(&self, held: &Held, mark: Mark) -> Option<ListCheck> {
        let tags = held.tags.as_ref().ok()?;
        let ScreeningList { name, country, dated, .. } = &held.list;
        let since = day_of(tags.since(mark.tag()));
        Some(ListCheck {
            list: name.clone(),
            country: *country,
            dated: *dated,
            listed: tags.contains(mark.tag()),
            since,
        })
    }

    /// The versions of lists that are named: all other pages of tags are nobody's.
    pub fn versions(&self) -> BTreeSet<Uuid> {
        let both = |held: &Held| [version(&held.list), days_version(&held.list)];
        self.lists.values().flat_map(both).flatten().collect()
    }

    pub fn marker(&self) -> Marker {
        self.marker.clone()
    }
}

fn version(list: &ScreeningList) -> Option<Uuid> {
    list.version.parse().ok()
}

fn days_version(list: &ScreeningList) -> Option<Uuid> {
    list.days.parse().ok()
}

/// A day in two bytes: of those since the end of 1999, counted from 1; 0 where there is none, or one that does not fit.
pub fn bytes_of(day: Option<Day>) -> u16 {
    let since = |day: Day| day.0.signed_duration_since(BEFORE).num_days();
    day.and_then(|day| u16::try_from(since(day)).ok()).unwrap_or_default()
}

fn day_of(bytes: u16) -> Option<Day> {
    let day = || BEFORE.checked_add_days(Days::new(u64::from(bytes)));
    (bytes > 0).then(day).flatten().map(Day)
}

/// The day before the first that a list can tell. No list of numbers is older.
const BEFORE: NaiveDate = match NaiveDate::from_ymd_opt(1999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// What stands in a list's record for its tags, and for its days where it has some.
pub fn digest(tags: &[u64], days: &[u16]) -> String {
    let mut hasher = Sha256::new();
    let mut bytes = Vec::with_capacity(8 * 1024);
    for tags in tags.chunks(1024) {
        bytes.clear();
        bytes.extend(tags.iter().flat_map(|tag| tag.to_be_bytes()));
        hasher.update(&bytes);
    }
    for days in days.chunks(1024) {
        bytes.clear();
        bytes.extend(days.iter().flat_map(|day| day.to_be_bytes()));
        hasher.update(&bytes);
    }
    super::hex(&hasher.finalize())
}

fn read_tags(reader: &Reader<'_>, list: &ScreeningList) -> Result<Arc<TagSet>, String> {
    let version = version(list).ok_or("its record names no version")?;
    let count = usize::try_from(list.numbers).map_err(|_| "its record tells no count".to_owned())?;
    let tags = reader.tags(version, count).map_err(|error| error.to_string())?;
    let days = match days_version(list) {
        Some(version) => reader.days(version, count).map_err(|error| error.to_string())?,
        None => Vec::new(),
    };
    if digest(&tags, &days) != list.digest {
        return Err("its numbers are not those that were brought in".to_owned());
    }
    Ok(Arc::new(TagSet::of_sorted(tags).with_days(days)))
}
