//! What is always seen of a contact: what the person said about the use of the data, as it stands.

use std::collections::BTreeSet;

use super::consents::Known;
use super::ledger;
use super::sight::Sight;
use super::world::World;
use crate::api::Error;
use crate::api::consent::{Held, HeldLine};
use crate::domain::access::{Access, Relation};
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentField, Ledger, Standing};
use crate::domain::entity::RecordKind;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;
use crate::store::{Reader, Stored};

/// The fields without which nothing can be said of it.
const NEEDED: [ConsentField; 4] =
    [ConsentField::kind, ConsentField::purpose, ConsentField::channel, ConsentField::at];

/// What holds for a person now, or held at a moment; `None` for whoever may not read that.
pub fn held(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &World,
    person: &Stored,
    relation: Relation,
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Held>, Error> {
    let reads =
        |field: &ConsentField| sight.access(RecordKind::Consent, relation, field.key()) >= Access::Read;
    if !sight.sees_about(world, RecordKind::Consent, person.id) || !NEEDED.iter().all(reads) {
        return Ok(None);
    }
    let Some(at) = at else { return Ok(Some(as_it_is(world, person, now))) };
    let events = ledger::events_of(reader, sight, world, person)?;
    let known = events.iter().filter(|(stored, event)| {
        stored.record.created_at <= at && event.at.is_none_or(|happened| happened <= at)
    });
    let ledger = Ledger::of(known.map(|(_, event)| event));
    let named = ledger.named().map(|(purpose, channel)| (purpose.clone(), channel));
    let mut held = told(world, named, |purpose, channel, marketing| {
        ledger.standing(&purpose.to_owned(), channel, marketing, at)
    });
    held.objected_at = ledger.objected_at();
    held.delete_on = ledger.without_ground_since(at).and_then(ledger::delete_on).map(Day);
    Ok(Some(held))
}

/// The same from memory, which knows what holds now.
fn as_it_is(world: &World, person: &Stored, now: Timestamp) -> Held {
    let ledger = world.consents.ledger(person.id);
    let named = ledger
        .into_iter()
        .flat_map(Ledger::named)
        .filter_map(|(number, channel)| Some((world.consents.get(*number)?.purpose.name.clone(), channel)));
    let mut held = told(world, named, |purpose, channel, _| match world.consents.named(purpose) {
        Ok((number, _)) => world.consents.standing(person.id, number, channel, now),
        Err(_) => Standing::default(),
    });
    held.objected_at = ledger.and_then(Ledger::objected_at);
    let since = ledger.and_then(|ledger| ledger.without_ground_since(now));
    held.delete_on = since.and_then(ledger::delete_on).map(Day);
    held
}

/// Every purpose in use that stands on consent, by each of its channels, and what else was said.
fn told(
    world: &World,
    named: impl Iterator<Item = (String, Channel)>,
    standing: impl Fn(&str, Channel, bool) -> Standing,
) -> Held {
    let asked = |known: &Known| !known.purpose.retired && known.purpose.ground() == Basis::Consent;
    let used = world.consents.all().filter(|(_, known)| asked(known));
    let places: BTreeSet<(String, Channel)> = used
        .flat_map(|(_, known)| known.purpose.channels().map(|channel| (known.purpose.name.clone(), channel)))
        .chain(named)
        .collect();
    let line = |(purpose, channel): (String, Channel)| {
        let known = world.consents.named(&purpose).ok().map(|(_, known)| &known.purpose);
        let title = known.map_or_else(|| purpose.clone(), |known| known.title.clone());
        let standing = standing(&purpose, channel, known.is_some_and(|known| known.marketing));
        HeldLine { purpose, title, channel, standing }
    };
    Held { lines: places.into_iter().map(line).collect(), ..Held::default() }
}
