//! How many people somebody is handed the numbers and addresses of, in lists.
//!
//! Whoever may not export must not be able to do so by reading lists: in the screens, by a script, through a pipe, or with a
//! client of one's own (scenario 8). A list shows everybody in sight, but a role without `export` is handed the contact
//! details of at most [`MOST`] people an hour; of all others it sees masks, as of a colleague's contacts, and the record of
//! one person at a time, which is logged. Looking at the same people again costs nothing. It counts by user, not by
//! session, for sessions cost nothing either.
//!
//! Whoever may export reads on; beyond the same number each person is in the read log as one who was exported.

use std::collections::{HashMap, HashSet};
use std::sync::{MutexGuard, PoisonError};

use uuid::Uuid;

use super::Ask;
use super::world::World;
use crate::api::view::{Page, View};
use crate::domain::access::Verb;
use crate::domain::access::mask::mask;
use crate::domain::entity::RecordKind;
use crate::domain::field::{Category, FieldKey};
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;

/// People whose contact details are handed out in lists within [`HOUR`], to one user.
pub const MOST: usize = 500;
/// After so many milliseconds it is counted anew.
const HOUR: i64 = 60 * 60 * 1_000;
/// What a list says of those whose details were masked for it.
const MASKED: &str = "masked";

/// Whom users were handed.
#[derive(Default)]
pub(super) struct Ledgers(HashMap<UserId, Handed>);

struct Handed {
    since: Timestamp,
    people: HashSet<Uuid>,
}

impl Ledgers {
    /// Counts these people; answers with those who are too many.
    fn count(&mut self, user: UserId, people: &[Uuid], now: Timestamp) -> HashSet<Uuid> {
        let handed = self.0.entry(user).or_insert_with(|| Handed { since: now, people: HashSet::new() });
        // A clock that was set back begins anew, too: it gives away no more than waiting does.
        if !(0..HOUR).contains(&(now.millis() - handed.since.millis())) {
            *handed = Handed { since: now, people: HashSet::new() };
        }
        let mut over = HashSet::new();
        for person in people {
            if handed.people.contains(person) {
                continue;
            }
            if handed.people.len() < MOST {
                handed.people.insert(*person);
            } else {
                over.insert(*person);
            }
        }
        over
    }
}

impl Ask<'_> {
    fn ledgers(&self) -> MutexGuard<'_, Ledgers> {
        self.service.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Masks the contact details of those who are too many for a role that does not export; answers with those who are too
    /// many for one that does.
    pub(super) fn hand_out(&self, page: &mut Page) -> HashSet<Uuid> {
        let details = details(&self.world());
        let told = |view: &&View| {
            view.kind == RecordKind::Contact
                && view.fields.iter().any(|shown| shown.value.is_some() && details.contains(&shown.key))
        };
        let people: Vec<Uuid> = page.items.iter().filter(told).map(|view| view.id).collect();
        if people.is_empty() {
            return HashSet::new();
        }
        let over = self.ledgers().count(self.grant.actor().user, &people, self.now);
        if self.sight().may(Verb::Export) || over.is_empty() {
            return over;
        }
        for view in page.items.iter_mut().filter(|view| over.contains(&view.id)) {
            for shown in view.fields.iter_mut().filter(|shown| details.contains(&shown.key)) {
                if let Some(value) = shown.value.take() {
                    shown.text = mask(&value);
                }
            }
        }
        page.withheld.insert(MASKED.to_owned(), over.len() as u64);
        HashSet::new()
    }
}

/// The fields by which people are reached.
fn details(world: &World) -> Vec<FieldKey> {
    let fields = world.schema.of(RecordKind::Contact).iter();
    fields.filter(|info| info.category == Category::Reach).map(|info| info.key).collect()
}
