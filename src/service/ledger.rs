//! Recording what persons said about the use of their data, and telling what holds.
//!
//! Only these operations write events. They are append-only in the store itself
//! ([`RecordKind::only_grows`](crate::domain::entity::RecordKind::only_grows)), a generic edit, import, merge, bulk
//! operation or undo cannot reach them (R28, R38).

use std::sync::RwLock;

use chrono::NaiveDate;
use uuid::Uuid;

use super::consents::{Known, PurposeNo};
use super::sight::Sight;
use super::view::is_deleted;
use super::world::World;
use super::{Ask, publish_with, read_lock, rules, suppression};
use crate::api::consent::{Book, BookLine, EventView, Purposes, Recorded, Said, StoredPurpose};
use crate::api::{ConsentRecord, ConsentWithdraw, Consents, Error};
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentKind, LATE_AFTER, Ledger, Standing, State, Way};
use crate::domain::contact::ContactField;
use crate::domain::country::Country;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::ContactId;
use crate::domain::period::Period;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, OneOf, Value};
use crate::law::Law;
use crate::store::{Reader, Stored, WriteTxn};

/// How long a person is kept of whom no ground is left: what is needed to answer the withdrawal, and no more.
pub const GRACE: Period = Period::days(30);

/// When somebody of whom no ground was left at this moment is to be deleted.
pub fn delete_on(without_ground_since: Timestamp) -> Option<NaiveDate> {
    GRACE.after(without_ground_since.date())
}

impl Ask<'_> {
    pub(super) fn purposes(&self, asked: &Purposes) -> Vec<StoredPurpose> {
        let world = self.world();
        let shown = world.consents.all().filter(|(_, known)| asked.retired || !known.purpose.retired);
        shown
            .map(|(_, known)| StoredPurpose {
                id: known.id,
                revision: known.revision,
                fields: known.purpose.fields(),
            })
            .collect()
    }

    /// Records what a person said, or on which other ground the data is used.
    pub(super) fn consent_record(&self, record: ConsentRecord) -> Result<Recorded, Error> {
        if record.said.is_empty() {
            return Err(Error::usage("nothing was said"));
        }
        let (now, sight, law) = (self.now, self.sight().clone(), self.law());
        let (recorded, _) = self.transact(Action::Consent, move |txn, world| {
            let person = person_to_change(&txn.read(), world, &sight, record.contact)?;
            let mut events = Vec::new();
            for said in record.said {
                events.push(event_of(&read_lock(world), &law, &person, said, now)?);
            }
            append(txn, world, &person, &events, &[], now)
        })?;
        Ok(recorded)
    }

    /// Takes a consent back, or notes an objection. Anybody who sees the person may do it: it cannot be told too late.
    pub(super) fn consent_withdraw(&self, withdraw: ConsentWithdraw) -> Result<Recorded, Error> {
        let (now, sight) = (self.now, self.sight().clone());
        let (recorded, _) = self.transact(Action::Withdraw, move |txn, world| {
            let person = sight.fetch(&txn.read(), world, RecordKind::Contact, withdraw.contact.0)?;
            let events = withdrawals(&read_lock(world), &person, &withdraw, now)?;
            let concerned = suppress_objected(txn, world, &person, &events)?;
            append(txn, world, &person, &events, &concerned, now)
        })?;
        Ok(recorded)
    }

    /// What holds for a person, and why: the events, also as they stood at a moment.
    pub(super) fn consents(&self, asked: &Consents) -> Result<Book, Error> {
        let (now, sight) = (self.now, self.sight().clone());
        let (contact, at) = (asked.contact, asked.at);
        let world = std::sync::Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let person = sight.fetch(reader, &world, RecordKind::Contact, contact.0)?;
            let world = read_lock(&world);
            let moment = at.unwrap_or(now);
            let events = events_of(reader, &sight, &world, &person)?;
            let known = events.into_iter().filter(|(stored, event)| {
                stored.record.created_at <= moment && event.at.is_none_or(|at| at <= moment)
            });
            book(&world, &sight, &known.collect::<Vec<_>>(), moment)
        })
    }
}

/// The events of a person's ledger that are in sight, in the order in which they happened.
pub fn events_of(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &World,
    person: &Stored,
) -> Result<Vec<(Stored, ConsentEvent)>, Error> {
    let mut events = Vec::new();
    for stored in sight.records_of(reader, world, RecordKind::Consent, person.subject)? {
        let event: ConsentEvent = stored.entity()?;
        events.push((stored, event));
    }
    events.sort_by_key(|(stored, event)| (event.at, stored.id));
    Ok(events)
}

/// A person whose ledger is written to.
pub fn person_to_change(
    reader: &Reader<'_>,
    world: &RwLock<World>,
    sight: &Sight,
    contact: ContactId,
) -> Result<Stored, Error> {
    let person = sight.fetch(reader, world, RecordKind::Contact, contact.0)?;
    if is_deleted(&person.record.fields, RecordKind::Contact) {
        return Err(rules::deleted(RecordKind::Contact));
    }
    let world = read_lock(world);
    if !sight.writes(RecordKind::Consent, sight.relation_of(&world, &person)) {
        return Err(sight.unchangeable(&world, &person));
    }
    Ok(person)
}

/// Refuses a time that has not come yet, or that no store of today can know of.
pub fn check_time(at: Timestamp, now: Timestamp) -> Result<(), Error> {
    const OLDEST: Period = Period::years(100);
    if at > now {
        return Err(Error::refused(format!("{at} has not come yet: it is {now}"))
            .hint("say when it happened; if the clock of this machine is wrong, set it right first")
            .at("at"));
    }
    if OLDEST.after_moment(at).is_some_and(|limit| limit < now) {
        return Err(Error::refused(format!("{at} is a century ago")).at("at"));
    }
    Ok(())
}

/// When a no counts as said. What stands in the ledger happened before what is heard now; so where something in it lies
/// ahead, this machine's clock was set back since, and by it a no would come before the yes that it takes back and change
/// nothing. It counts from the latest that is recorded.
pub fn no_earlier(world: &World, person: &Stored, at: Timestamp, now: Timestamp) -> Timestamp {
    let latest = world.consents.ledger(person.id).and_then(Ledger::latest);
    latest.filter(|latest| *latest > now).unwrap_or(at)
}

/// An event as it will be recorded, checked against the rules for its kind.
pub fn event_of(
    world: &World,
    law: &Law,
    person: &Stored,
    said: Said,
    now: Timestamp,
) -> Result<ConsentEvent, Error> {
    let Said {
        kind,
        purpose,
        channel,
        at,
        zone,
        way,
        question,
        words,
        language,
        until,
        basis,
        reason,
        evidence,
        notice,
        products,
        third_parties,
        age,
    } = said;
    let at = at.unwrap_or(now);
    check_time(at, now)?;
    let (number, known) = world.consents.active_on(&purpose, channel)?;
    let needs_words = match kind {
        ConsentKind::Given | ConsentKind::Renewed | ConsentKind::Refused | ConsentKind::Deferred => true,
        ConsentKind::Asserted | ConsentKind::Revoked | ConsentKind::Invalidated => false,
        ConsentKind::Requested
        | ConsentKind::Confirmed
        | ConsentKind::Withdrawn
        | ConsentKind::Objected
        | ConsentKind::Expired
        | ConsentKind::Used
        | ConsentKind::Notified => {
            return Err(Error::usage(format!("`{kind}` is not recorded like this"))
                .hint("`consent withdraw`, `consent request`, `consent confirm` and `call confirm` do; expiry and use are recorded by the program"));
        }
    };
    if needs_words && words.trim().is_empty() {
        return Err(Error::refused(format!("`{kind}` without the person's own words proves nothing"))
            .hint("say what the person said, word for word (--words)")
            .at("words"));
    }
    if !needs_words && reason.trim().is_empty() {
        return Err(Error::refused(format!("`{kind}` needs a reason"))
            .hint("give it with --reason")
            .at("reason"));
    }
    let country = match person.record.fields.get(&ContactField::country.key()) {
        Some(Value::Country(country)) => Some(*country),
        Some(_) | None => None,
    };
    if let Some(years) = age_asked(law, known, country)
        && matches!(kind, ConsentKind::Given | ConsentKind::Renewed)
        && age.trim().is_empty()
    {
        return Err(Error::refused(format!(
            "`{}` is for people from {years} on, and it is not told how that was made sure",
            known.purpose.name
        ))
        .hint("say how, without a birth date: \"said that she is of age\" (--age, `age` in a file)")
        .at("age"));
    }
    let basis = match (kind, basis) {
        (ConsentKind::Asserted, Some(Basis::Consent) | None) => {
            return Err(Error::refused("consent is not asserted: it is given by the person")
                .hint("name one of the other bases of Art. 6(1) GDPR with --basis")
                .at("basis"));
        }
        (ConsentKind::Asserted, Some(basis)) => Some(basis),
        (_, Some(basis)) if basis != Basis::Consent => {
            return Err(Error::usage(format!("`{kind}` is about consent, not about {basis}")).at("basis"));
        }
        _ => Some(Basis::Consent),
    };
    let takes_away = kind.is_no() || matches!(kind, ConsentKind::Revoked | ConsentKind::Invalidated);
    let at = if takes_away { no_earlier(world, person, at, now) } else { at };
    let before = world.consents.standing(person.id, number, channel, now);
    if kind == ConsentKind::Renewed && !matches!(before.state, State::Given | State::Expired) {
        return Err(Error::refused(format!("there is no consent to renew: it is {}", before.state))
            .hint("record what the person says now as `given`"));
    }
    if matches!(kind, ConsentKind::Revoked | ConsentKind::Invalidated) && !before.state.decides() {
        return Err(Error::refused(format!("there is nothing to take back: it is {}", before.state)));
    }
    let until = match kind {
        ConsentKind::Given | ConsentKind::Renewed | ConsentKind::Asserted => lasting(known, at, until)?,
        _ if until.is_some() => return Err(Error::usage(format!("`{kind}` does not end")).at("until")),
        _ => None,
    };
    Ok(ConsentEvent {
        kind: OneOf(Some(kind)),
        purpose: known.purpose.name.clone(),
        purpose_version: i64::try_from(known.revision).unwrap_or(i64::MAX),
        channel: OneOf(Some(channel)),
        basis,
        at: Some(at),
        zone,
        until,
        way: OneOf(Some(way)),
        question,
        words,
        language,
        reason,
        evidence,
        notice,
        late: now.millis() - at.millis() > LATE_AFTER,
        products,
        third_parties,
        age,
        unconfirmed: kind == ConsentKind::Given && known.purpose.needs_confirmation(channel),
        ..ConsentEvent::default()
    })
}

/// From which age a yes of a person of this country to a purpose counts, in years, where that must be made sure (R9).
pub fn age_asked(law: &Law, known: &Known, country: Option<Country>) -> Option<u8> {
    known.purpose.age_check.0.map(|check| law.age_for(country, check))
}

/// Until when a consent holds: no longer than the purpose says.
pub fn lasting(known: &Known, at: Timestamp, until: Option<Timestamp>) -> Result<Option<Timestamp>, Error> {
    let most = known.purpose.consent_period().and_then(|period| period.after_moment(at));
    match (until, most) {
        (Some(until), _) if until <= at => Err(Error::usage("it would end before it begins").at("until")),
        (Some(until), Some(most)) if until > most => Err(Error::refused(format!(
            "a consent for `{}` lasts {} at most",
            known.purpose.name, known.purpose.consent_for
        ))
        .at("until")),
        (Some(until), _) => Ok(Some(until)),
        (None, most) => Ok(most),
    }
}

/// The events of a withdrawal or objection: one for each purpose and channel that it ends or closes.
pub fn withdrawals(
    world: &World,
    person: &Stored,
    withdraw: &ConsentWithdraw,
    now: Timestamp,
) -> Result<Vec<ConsentEvent>, Error> {
    let at = withdraw.at.unwrap_or(now);
    check_time(at, now)?;
    let at = no_earlier(world, person, at, now);
    let kind = if withdraw.objection { ConsentKind::Objected } else { ConsentKind::Withdrawn };
    let named = match &withdraw.purpose {
        Some(name) => vec![world.consents.named(name)?],
        // An objection to marketing is one to all of it; what is taken back without a name is everything.
        None => {
            world.consents.all().filter(|(_, known)| !withdraw.objection || known.purpose.marketing).collect()
        }
    };
    let mut events = Vec::new();
    for (number, known) in named {
        // Also channels that the purpose had when the consent was given, and has no longer.
        let mut channels: Vec<Channel> = known.purpose.channels().collect();
        if let Some(ledger) = world.consents.ledger(person.id) {
            channels.extend(ledger.named().filter(|(one, _)| **one == number).map(|(_, channel)| channel));
        }
        channels.sort_unstable();
        channels.dedup();
        if let Some(channel) = withdraw.channel {
            if !channels.contains(&channel) {
                return Err(Error::usage(format!(
                    "the purpose `{}` does not have the channel {channel}",
                    known.purpose.name
                ))
                .at("channel"));
            }
            channels = vec![channel];
        }
        for channel in channels {
            events.push(ConsentEvent {
                kind: OneOf(Some(kind)),
                purpose: known.purpose.name.clone(),
                purpose_version: i64::try_from(known.revision).unwrap_or(i64::MAX),
                channel: OneOf(Some(channel)),
                at: Some(at),
                zone: withdraw.zone.clone(),
                way: OneOf(Some(withdraw.way)),
                words: withdraw.words.clone(),
                late: now.millis() - at.millis() > LATE_AFTER,
                ..ConsentEvent::default()
            });
        }
    }
    if events.is_empty() {
        return Err(Error::usage("there is no purpose that this could be about")
            .hint("name one with --purpose; `callbook purpose list` shows them"));
    }
    Ok(events)
}

/// Puts the numbers and addresses of a person on the suppression list where these events object to marketing (R24), and
/// tells the contacts that this concerns. Not where the person has said yes to some of it since: an objection that is told
/// late takes back no yes that is younger.
pub fn suppress_objected(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    person: &Stored,
    events: &[ConsentEvent],
) -> Result<Vec<Uuid>, Error> {
    let way = {
        let world = read_lock(world);
        let marketing = |event: &&ConsentEvent| {
            event.kind.0 == Some(ConsentKind::Objected)
                && world.consents.named(&event.purpose).is_ok_and(|(_, known)| known.purpose.marketing)
        };
        let Some(event) = events.iter().find(marketing) else { return Ok(Vec::new()) };
        let (way, at) = (event.way.0.unwrap_or(Way::Call), event.at.unwrap_or_default());
        let younger = |ledger: &Ledger<PurposeNo>| {
            ledger.places().any(|(number, _, standing)| {
                standing.state.allows()
                    && standing.since > at
                    && world.consents.get(*number).is_some_and(|known| known.purpose.marketing)
            })
        };
        if world.consents.ledger(person.id).is_some_and(younger) {
            return Ok(Vec::new());
        }
        way
    };
    Ok(suppression::suppress_for_objection(txn, world, person, way)?.contacts)
}

/// Appends events to a person's ledger, and answers with what holds then. `concerned` are the contacts that suppressions of
/// the same transaction concern.
pub fn append(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    person: &Stored,
    events: &[ConsentEvent],
    concerned: &[Uuid],
    now: Timestamp,
) -> Result<Recorded, Error> {
    let mut ids = Vec::new();
    for event in events {
        ids.push(txn.create(person.subject, event)?.id);
    }
    publish_with(world, txn, &[], concerned)?;
    let Doing { lines, delete_on } = doing(&read_lock(world), person, events, now);
    Ok(Recorded { ids, lines, delete_on })
}

/// What events leave once they are taken into memory.
pub struct Doing {
    /// What holds for what they are about.
    pub lines: Vec<BookLine>,
    /// When the person is to be deleted, since no ground is left.
    pub delete_on: Option<Day>,
}

pub fn doing(world: &World, person: &Stored, events: &[ConsentEvent], now: Timestamp) -> Doing {
    let mut lines: Vec<BookLine> =
        events.iter().filter_map(|event| line_of(world, person.id, event, now)).collect();
    lines.dedup();
    let without = world.consents.ledger(person.id).and_then(|ledger| ledger.without_ground_since(now));
    // Who is held on another ground than consent stays for that.
    let consent_alone = world.contacts.basis(person.id) == Some(Basis::Consent);
    Doing { lines, delete_on: without.filter(|_| consent_alone).and_then(delete_on).map(Day) }
}

/// What holds now for the purpose and channel of an event.
pub fn line_of(world: &World, contact: Uuid, event: &ConsentEvent, now: Timestamp) -> Option<BookLine> {
    let channel = event.channel.0?;
    let (number, _) = world.consents.named(&event.purpose).ok()?;
    Some(line(&event.purpose, channel, world.consents.standing(contact, number, channel, now)))
}

fn line(purpose: &str, channel: Channel, standing: Standing) -> BookLine {
    BookLine { purpose: purpose.to_owned(), channel, standing }
}

/// What these events say at a moment, for every purpose there is and every one that they name.
fn book(
    world: &World,
    sight: &Sight,
    events: &[(Stored, ConsentEvent)],
    at: Timestamp,
) -> Result<Book, Error> {
    let ledger = Ledger::of(events.iter().map(|(_, event)| event));
    let mut places: Vec<(String, Channel)> = world
        .consents
        .all()
        .filter(|(_, known)| !known.purpose.retired)
        .flat_map(|(_, known)| known.purpose.channels().map(|channel| (known.purpose.name.clone(), channel)))
        .chain(ledger.named().map(|(purpose, channel)| (purpose.clone(), channel)))
        .collect();
    places.sort();
    places.dedup();
    let marketing =
        |purpose: &str| world.consents.named(purpose).is_ok_and(|(_, known)| known.purpose.marketing);
    let lines = places
        .into_iter()
        .map(|(purpose, channel)| {
            let standing = ledger.standing(&purpose, channel, marketing(&purpose), at);
            BookLine { purpose, channel, standing }
        })
        .collect();
    let mut shown = Vec::new();
    for (stored, _) in events {
        shown.push(EventView {
            id: stored.id,
            seq: stored.record.last_seq,
            recorded_at: stored.record.created_at,
            record: sight.view(world, stored, &[])?,
        });
    }
    Ok(Book {
        lines,
        events: shown,
        objected_at: ledger.objected_at(),
        delete_on: ledger.without_ground_since(at).and_then(delete_on).map(Day),
    })
}
