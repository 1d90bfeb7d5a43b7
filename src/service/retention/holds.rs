//! Holds: why a person's data is kept though its time is up, or though the person asks for erasure.

use std::sync::Arc;

use uuid::Uuid;

use super::facts::zone_of;
use crate::api::retention::HoldView;
use crate::api::{Error, HoldAdd, HoldRelease, Holds};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::field::Category;
use crate::domain::history::Action;
use crate::domain::id::ContactId;
use crate::domain::period::Period;
use crate::domain::retention::Hold;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Kind, Value, WordList};
use crate::service::sight::Sight;
use crate::service::world::World;
use crate::service::{Ask, publish, read_lock};
use crate::store::{Reader, Stored};

/// The longest hold: no claim is older before it is statute-barred (BGB § 197; the longest of the countries that presets
/// are for).
const LONGEST: Period = Period::years(30);

/// The day at the controller's place.
fn today(world: &World, now: Timestamp) -> Day {
    Day(zone_of(world).local(now).date_naive())
}

/// A text as it is stored; an error names the field.
fn text(text: &str, field: &str) -> Result<String, Error> {
    match Kind::Text.parse(text, None).map_err(|why| Error::from(why).at(field))? {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(Error::usage(format!("say why with --{field}")).at(field)),
    }
}

fn view(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &World,
    stored: &Stored,
    today: Day,
) -> Result<HoldView, Error> {
    let hold: Hold = stored.entity()?;
    let person = sight.record(reader, world, RecordKind::Contact, stored.subject.0)?;
    let name = match &person {
        Some(person) => sight.title(person, sight.relation_of(world, person))?,
        None => String::new(),
    };
    Ok(HoldView {
        id: stored.id,
        contact: ContactId(stored.subject.0),
        name,
        holds: hold.holds_on(today),
        reason: hold.reason,
        scope: hold.scope.0,
        until: hold.until,
        created_at: stored.record.created_at,
        released_at: hold.released_at,
        released_by: hold.released_by.map(|user| world.user_name(user.0)).unwrap_or_default(),
        released_why: hold.released_why,
    })
}

/// The holds about a person that hold on a day, for who reads holds.
pub fn of_person(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &World,
    contact: Uuid,
    today: Day,
) -> Result<Vec<HoldView>, Error> {
    let mut views = Vec::new();
    for held in world.retained.holds_of(contact).iter().filter(|held| held.holds_on(today)) {
        if let Some(stored) = sight.record(reader, world, RecordKind::Hold, held.id)? {
            views.push(view(reader, sight, world, &stored, today)?);
        }
    }
    views.sort_by_key(|one| (one.until, one.id));
    Ok(views)
}

impl Ask<'_> {
    pub(in crate::service) fn hold_add(&self, add: HoldAdd) -> Result<HoldView, Error> {
        let (now, sight) = (self.now, self.sight().clone());
        let hold = Hold {
            reason: text(&add.reason, "reason")?,
            scope: WordList(
                add.scope
                    .iter()
                    .map(|word| Ok(word.parse::<Category>()?.word().to_owned()))
                    .collect::<Result<_, crate::domain::value::Invalid>>()
                    .map_err(|why| Error::from(why).at("scope"))?,
            ),
            until: Some(add.until),
            ..Hold::default()
        };
        let (held, _) = self.transact(Action::Create, move |txn, world| {
            let person = sight.fetch(&txn.read(), world, RecordKind::Contact, add.contact.0)?;
            let today = {
                let world = read_lock(world);
                if !sight.writes(RecordKind::Hold, sight.relation_of(&world, &person)) {
                    return Err(sight.unchangeable(&world, &person));
                }
                today(&world, now)
            };
            if add.until < today {
                return Err(Error::refused(format!("{} is over: it is {today}", add.until)).at("until"));
            }
            if LONGEST.after(today.0).is_none_or(|last| add.until.0 > last) {
                return Err(Error::refused("a hold lasts thirty years at most")
                    .hint("name the day on which somebody looks again; it can be held anew then")
                    .at("until"));
            }
            let stored = txn.create(person.subject, &hold)?;
            publish(world, txn, &[])?;
            view(&txn.read(), &sight, &read_lock(world), &stored, today)
        })?;
        Ok(held)
    }

    pub(in crate::service) fn hold_release(&self, release: HoldRelease) -> Result<HoldView, Error> {
        let (now, sight, me) = (self.now, self.sight().clone(), self.grant.actor().user);
        let why = text(&release.why, "reason")?;
        let (held, _) = self.transact(Action::Edit, move |txn, world| {
            let stored = sight.fetch_to_change(&txn.read(), world, RecordKind::Hold, release.id)?;
            let mut hold: Hold = stored.entity()?;
            if let Some(at) = hold.released_at {
                return Err(Error::conflict(format!("the hold was released at {at}")));
            }
            hold.released_at = Some(now);
            hold.released_by = Some(me);
            hold.released_why = why;
            let after = txn.update(&stored, hold.fields())?;
            publish(world, txn, std::slice::from_ref(&stored))?;
            let world = read_lock(world);
            view(&txn.read(), &sight, &world, after.as_ref().unwrap_or(&stored), today(&world, now))
        })?;
        Ok(held)
    }

    /// Holds in sight, the first to end first.
    pub(in crate::service) fn holds(&self, asked: &Holds) -> Result<Vec<HoldView>, Error> {
        let (now, sight, asked) = (self.now, self.sight().clone(), asked.clone());
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            if let Some(contact) = asked.contact {
                sight.fetch(reader, &world, RecordKind::Contact, contact.0)?;
            }
            let world = read_lock(&world);
            let today = today(&world, now);
            let wanted = world.retained.holds().filter(|(contact, held)| {
                asked.contact.is_none_or(|one| one.0 == *contact) && (asked.ended || held.holds_on(today))
            });
            let ids: Vec<Uuid> = wanted.map(|(_, held)| held.id).collect();
            let mut views = Vec::new();
            for id in ids {
                if let Some(stored) = sight.record(reader, &world, RecordKind::Hold, id)? {
                    views.push(view(reader, &sight, &world, &stored, today)?);
                }
            }
            views.sort_by_key(|one| (one.until, one.id));
            Ok(views)
        })
    }
}
