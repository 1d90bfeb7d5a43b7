//! Whom a person's data were given to, and telling them (Art. 19 GDPR); where they were published (Art. 17(2) GDPR, R51).
//!
//! That somebody was given a person's data is an event of the person's ledger, written with the export ([`super::export`]), so
//! it is known for as long as the person is, and gone with the person. Whoever erases a person asks here before.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::ledger::events_of;
use super::requests::{needed, past, text};
use super::sight::Sight;
use super::view::is_deleted;
use super::world::World;
use super::{Ask, publish, read_lock, rules};
use crate::api::rights::{Given, GivenTo, PublicationView};
use crate::api::{Error, GivenTo as AskGivenTo, PublicationAdd, PublicationWithdraw};
use crate::domain::accountability::Publication;
use crate::domain::consent::{ConsentEvent, ConsentKind};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::{ContactId, UserId};
use crate::domain::task::{Task, TaskKind};
use crate::domain::time::Timestamp;
use crate::domain::user::ExportRun;
use crate::domain::value::{Kind, OneOf};
use crate::store::{Reader, Stored, WriteTxn};

/// Within so many milliseconds recipients are told: a week, for "without undue delay".
const TOLD_WITHIN: i64 = 7 * 24 * 3_600_000;
/// What stands before the run in an event of use by an export.
pub const EXPORT: &str = "export ";

/// What recipients are told of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told<'a> {
    /// With the names of what was corrected.
    Rectified(&'a str),
    Restricted,
    Lifted,
}

/// Everybody a person's data were given to, by name, and where they are public.
pub fn given(reader: &Reader<'_>, sight: &Sight, world: &World, person: &Stored) -> Result<Given, Error> {
    let mut runs: BTreeMap<Uuid, Option<String>> = BTreeMap::new();
    let mut recipients: BTreeMap<String, GivenTo> = BTreeMap::new();
    let mut events = Vec::new();
    let mut publications = Vec::new();
    // Also those who were given the data of a duplicate, before it was merged.
    for id in world.selves(person.id) {
        let Some(one) = sight.record(reader, world, RecordKind::Contact, id)? else { continue };
        events.extend(events_of(reader, sight, world, &one)?);
        for stored in sight.records_of(reader, world, RecordKind::Publication, one.subject)? {
            publications.push(publication(&stored)?);
        }
    }
    for (stored, event) in events {
        let Some(run) = run_of(&event) else { continue };
        let name = match runs.get(&run) {
            Some(name) => name.clone(),
            None => {
                let found = sight.record(reader, world, RecordKind::ExportRun, run)?;
                let name = found.map(|found| found.entity::<ExportRun>()).transpose()?;
                let name = name.map(|run| run.recipient).filter(|name| !name.is_empty());
                runs.insert(run, name.clone());
                name
            }
        };
        let Some(name) = name else { continue };
        let at = event.at.unwrap_or(stored.record.created_at);
        let known = world.recipients.get(&name);
        let one = recipients.entry(name.clone()).or_insert_with(|| GivenTo {
            title: known.map_or_else(|| name.clone(), |known| known.title.clone()),
            contact: known.map(|known| known.contact.clone()).unwrap_or_default(),
            name,
            first: at,
            last: at,
            times: 0,
            purposes: Vec::new(),
        });
        one.first = one.first.min(at);
        one.last = one.last.max(at);
        one.times += 1;
        if !one.purposes.contains(&event.purpose) {
            one.purposes.push(event.purpose);
        }
    }
    publications.sort_by_key(|one| (one.published_on, one.id));
    Ok(Given { recipients: recipients.into_values().collect(), publications })
}

/// The export that an event of use names.
fn run_of(event: &ConsentEvent) -> Option<Uuid> {
    if event.kind.0 != Some(ConsentKind::Used) {
        return None;
    }
    event.used_for.strip_prefix(EXPORT)?.parse().ok()
}

fn publication(stored: &Stored) -> Result<PublicationView, Error> {
    let Publication { place, published_on, what, contact, withdrawn_at, custom: _ } = stored.entity()?;
    Ok(PublicationView {
        id: stored.id,
        contact: ContactId(stored.subject.0),
        place,
        what,
        tell: contact,
        published_on,
        withdrawn_at,
    })
}

/// One task for each recipient, and for each place where the data are still public. They are staged, not yet in memory.
pub fn notify(
    txn: &mut WriteTxn<'_>,
    me: UserId,
    person: &Stored,
    given: &Given,
    told: Told<'_>,
    request: Option<i64>,
    now: Timestamp,
) -> Result<Vec<(Uuid, String)>, Error> {
    let of = |what: &str| match request {
        Some(number) => format!("{what} (request {number}, Art. 19 GDPR)"),
        None => format!("{what} (Art. 19 GDPR)"),
    };
    let what = match told {
        Told::Rectified(fields) => of(&format!("the person's data were corrected: {fields}")),
        Told::Restricted => of("the person's data are restricted, and not to be used"),
        Told::Lifted => of("the restriction of the person's data has ended"),
    };
    let at = |contact: &str| if contact.is_empty() { String::new() } else { format!(" ({contact})") };
    let recipients =
        given.recipients.iter().map(|one| (one.name.clone(), format!("{}{}", one.title, at(&one.contact))));
    let open = given.publications.iter().filter(|one| one.withdrawn_at.is_none());
    let places = open.map(|one| (one.place.clone(), format!("{}{}", one.place, at(&one.tell))));
    let mut made = Vec::new();
    for (name, whom) in recipients.chain(places) {
        let task = Task {
            text: format!("Tell {whom}: {what}"),
            kind: OneOf(Some(TaskKind::Notify)),
            due: Some(Timestamp::from_millis(now.millis().saturating_add(TOLD_WITHIN))),
            owner: Some(me),
            ..Task::default()
        };
        made.push((txn.create(person.subject, &task)?.id, name));
    }
    Ok(made)
}

impl Ask<'_> {
    pub(super) fn given_to(&self, asked: &AskGivenTo) -> Result<Given, Error> {
        let (sight, contact) = (self.sight().clone(), asked.contact);
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let person = sight.fetch(reader, &world, RecordKind::Contact, contact.0)?;
            given(reader, &sight, &read_lock(&world), &person)
        })
    }

    pub(super) fn publication_add(&self, add: PublicationAdd) -> Result<PublicationView, Error> {
        let PublicationAdd { contact, place, what, tell, published_on } = add;
        let place = needed(
            Kind::Text,
            &place,
            "place",
            "say where it is published: an address, or the name of a print",
        )?;
        let (what, tell) = (text(Kind::Text, &what, "what")?, text(Kind::Text, &tell, "tell")?);
        let (now, sight) = (self.now, self.sight().clone());
        let (view, _) = self.transact(Action::Create, move |txn, world| {
            let person = sight.fetch(&txn.read(), world, RecordKind::Contact, contact.0)?;
            if is_deleted(&person.record.fields, RecordKind::Contact) {
                return Err(rules::deleted(RecordKind::Contact));
            }
            let today = {
                let world = read_lock(world);
                if !sight.writes(RecordKind::Publication, sight.relation_of(&world, &person)) {
                    return Err(sight.unchangeable(&world, &person));
                }
                super::calls::day_at_home(&world, now)
            };
            let published_on = published_on.map(|day| past(day, today, "published_on")).transpose()?;
            let made = Publication { place, what, contact: tell, published_on, ..Publication::default() };
            let stored = txn.create(person.subject, &made)?;
            publish(world, txn, &[])?;
            publication(&stored)
        })?;
        Ok(view)
    }

    pub(super) fn publication_withdraw(
        &self,
        withdraw: &PublicationWithdraw,
    ) -> Result<PublicationView, Error> {
        let (now, sight, id) = (self.now, self.sight().clone(), withdraw.id);
        let (view, _) = self.transact(Action::Edit, move |txn, world| {
            let stored = sight.fetch_to_change(&txn.read(), world, RecordKind::Publication, id)?;
            let mut made: Publication = stored.entity()?;
            if made.withdrawn_at.is_none() {
                made.withdrawn_at = Some(now);
            }
            let after = txn.update(&stored, made.fields())?.unwrap_or_else(|| stored.clone());
            publish(world, txn, std::slice::from_ref(&stored))?;
            publication(&after)
        })?;
        Ok(view)
    }
}
