//! What one knows before dialling.

use std::sync::Arc;

use uuid::Uuid;

use super::situation::{Question, Verdict, is_wrong, judge};
use super::{script, under};
use crate::api::call::{CallCard, Dial};
use crate::api::consent::BookLine;
use crate::api::{CallCheck, Error};
use crate::domain::access::Access;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentKind};
use crate::domain::contact::{Contact, ContactField};
use crate::domain::entity::RecordKind;
use crate::domain::reach::{Labelled, Phone};
use crate::domain::suppression::Identifier;
use crate::domain::task::{Task, TaskField};
use crate::domain::value::Value;
use crate::law::Law;
use crate::service::sight::Sight;
use crate::service::view::is_deleted;
use crate::service::world::World;
use crate::service::{Ask, ledger, read_lock, rules};
use crate::store::{Reader, Stored};

/// Notes, calls and tasks that are told.
const FEW: usize = 5;
/// Milliseconds in which attempts are counted for people to see: 30 days.
const LATELY: i64 = 30 * 86_400_000;

/// The number that is meant: one of the person's by any spelling, or the first that is not known to be wrong, of these the
/// first that is not suppressed.
pub fn chosen<'c>(
    world: &World,
    contact: &'c Contact,
    wanted: Option<&str>,
) -> Result<Option<&'c Labelled<Phone>>, Error> {
    let Some(wanted) = wanted.map(str::trim).filter(|wanted| !wanted.is_empty()) else {
        let sound = || contact.phones.iter().filter(|phone| !is_wrong(phone));
        let free =
            |phone: &&Labelled<Phone>| world.suppression.hit(&Identifier::phone(&phone.value)).is_none();
        return Ok(sound().find(free).or_else(|| sound().next()).or(contact.phones.first()));
    };
    let phone = Phone::parse(wanted, contact.country).map_err(|why| Error::from(why).at("number"))?;
    let found = contact.phones.iter().find(|one| one.value == phone);
    let found = found.or_else(|| contact.phones.iter().find(|one| one.value.e164() == phone.e164()));
    found.map(Some).ok_or_else(|| {
        Error::refused("the person does not have this number")
            .hint("add it to the contact first: a number comes from somewhere")
            .at("number")
    })
}

pub fn dial(phone: &Labelled<Phone>) -> Dial {
    Dial {
        number: phone.value.to_string(),
        readable: phone.value.readable(),
        label: phone.label.clone(),
        uri: phone.value.uri(),
    }
}

/// Why another ground than consent was recorded for a purpose by telephone.
pub fn asserted_reason(events: &[(Stored, ConsentEvent)], purpose: &str) -> String {
    let of = |event: &&ConsentEvent| {
        event.kind.0 == Some(ConsentKind::Asserted)
            && event.purpose == purpose
            && event.channel.0 == Some(Channel::Phone)
    };
    let last = events.iter().map(|(_, event)| event).filter(of).max_by_key(|event| event.at);
    last.map(|event| event.reason.clone()).unwrap_or_default()
}

/// Whether whoever asks reads the person's numbers.
pub fn reads_numbers(sight: &Sight, world: &World, person: &Stored) -> bool {
    let relation = sight.relation_of(world, person);
    sight.access(RecordKind::Contact, relation, ContactField::phones.key()) >= Access::Read
}

/// What was decided about a call of a stored person, with the person as a contact.
pub struct Judged {
    pub contact: Contact,
    pub phone: Option<Labelled<Phone>>,
    pub verdict: Verdict,
}

/// Decides about a call of a person as stored.
pub fn decide(
    reader: &Reader<'_>,
    law: &Law,
    sight: &Sight,
    world: &World,
    person: &Stored,
    question: &Question<'_>,
    number: Option<&str>,
) -> Result<Judged, Error> {
    let contact: Contact = person.entity()?;
    // Who reads no number names none.
    let number = number.filter(|_| reads_numbers(sight, world, person));
    let phone = chosen(world, &contact, number)?.cloned();
    let events = ledger::events_of(reader, sight, world, person)?;
    let reason = asserted_reason(&events, &question.known.purpose.name);
    let verdict = judge(law, world, person.id, &contact, phone.as_ref(), question, &reason);
    Ok(Judged { contact, phone, verdict })
}

/// Who has the person on the phone, or before them, and is not the one who asks.
pub fn busy(
    reader: &Reader<'_>,
    world: &World,
    question: &Question<'_>,
    contact: Uuid,
    me: Uuid,
) -> Result<Option<String>, Error> {
    let calls = under::all(reader)?;
    let mut calls = calls.iter().filter(|kept| kept.under.contact.0 == contact && kept.user.0 != me);
    if let Some(kept) = calls.find(|kept| kept.holds(question.now)) {
        return Ok(Some(world.user_name(kept.user.0)));
    }
    let mut claims = world.work.placed(contact).filter(|(listed, place)| {
        listed.list.closed_at.is_none() && place.is_claimed(question.now) && place.claimed_by != Some(me)
    });
    Ok(claims.next().and_then(|(_, place)| place.claimed_by).map(|user| world.user_name(user)))
}

/// All that one knows before dialling.
pub fn card(
    reader: &Reader<'_>,
    law: &Law,
    sight: &Sight,
    world: &World,
    person: &Stored,
    question: &Question<'_>,
    number: Option<&str>,
) -> Result<(CallCard, Judged), Error> {
    let judged = decide(reader, law, sight, world, person, question, number)?;
    let Judged { contact, phone, verdict } = &judged;
    let readable = reads_numbers(sight, world, person);
    let views = |kind: RecordKind, keep: &dyn Fn(&Stored) -> bool| {
        let mut found = sight.records_of_person(reader, world, kind, person.id)?;
        found.retain(|stored| !is_deleted(&stored.record.fields, kind) && keep(stored));
        Ok::<_, Error>(found)
    };
    let shown = |found: Vec<Stored>| {
        found
            .iter()
            .take(FEW)
            .map(|stored| Ok(sight.view(world, stored, &[])?))
            .collect::<Result<Vec<_>, Error>>()
    };
    let mut calls = views(RecordKind::Call, &|_| true)?;
    calls.sort_by_key(|stored| {
        std::cmp::Reverse((time_of(stored, crate::domain::call::CallField::started_at.key()), stored.id))
    });
    let mut notes = views(RecordKind::Note, &|_| true)?;
    notes.sort_by_key(|stored| {
        std::cmp::Reverse((time_of(stored, crate::domain::contact::NoteField::happened_at.key()), stored.id))
    });
    let open = |stored: &Stored| stored.entity::<Task>().is_ok_and(|task| task.done_at.is_none());
    let mut tasks = views(RecordKind::Task, &open)?;
    tasks.sort_by_key(|stored| {
        (time_of(stored, TaskField::due.key()).map_or(i64::MAX, |at| at.millis()), stored.id)
    });
    let marketing = |name: &str| world.consents.named(name).is_ok_and(|(_, known)| known.purpose.marketing);
    let attempts = world.attempts(person.id, marketing);
    let lately = attempts.iter().filter(|at| question.now.millis() - at.millis() < LATELY).count();
    let purpose = &question.known.purpose;
    let title = match &contact.language {
        Some(language) => purpose.title_in(language),
        None => &purpose.title,
    };
    let card = CallCard {
        contact: crate::domain::id::ContactId(person.id),
        name: sight.title(person, sight.relation_of(world, person))?,
        purpose: purpose.name.clone(),
        purpose_title: title.to_owned(),
        allowed: verdict.allowed,
        verdict: verdict.line.clone(),
        refusals: verdict.refusals.clone(),
        rule: verdict.rule.clone(),
        looked: verdict.looked.clone(),
        next_allowed_at: verdict.next_allowed_at,
        local_time: verdict.zone.local(question.now).to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
        zone: verdict.zone.name().to_owned(),
        dial: phone.as_ref().filter(|_| readable).map(dial),
        numbers: contact.phones.iter().filter(|_| readable).map(dial).collect(),
        language: contact.language.clone(),
        scripts: script::offered(world, &purpose.name, contact.language.as_ref()),
        lines: lines(world, person.id, question),
        attempts: lately as u64,
        calls: shown(calls)?,
        notes: shown(notes)?,
        tasks: shown(tasks)?,
        busy: busy(reader, world, question, person.id, sight.user())?,
    };
    Ok((card, judged))
}

fn time_of(stored: &Stored, key: crate::domain::field::FieldKey) -> Option<crate::domain::time::Timestamp> {
    match stored.record.fields.get(&key) {
        Some(Value::Time(at)) => Some(*at),
        Some(_) | None => None,
    }
}

/// What holds for every purpose that is in use, by each of its channels.
fn lines(world: &World, contact: Uuid, question: &Question<'_>) -> Vec<BookLine> {
    let mut lines = Vec::new();
    for (number, known) in world.consents.all().filter(|(_, known)| !known.purpose.retired) {
        for channel in known.purpose.channels() {
            let standing = world.consents.standing(contact, number, channel, question.now);
            lines.push(BookLine { purpose: known.purpose.name.clone(), channel, standing });
        }
    }
    lines
}

impl Ask<'_> {
    /// Whether somebody may be called, and what one should know before.
    pub(in crate::service) fn call_check(&self, asked: &CallCheck) -> Result<CallCard, Error> {
        let (now, sight, law, asked) = (self.now, self.sight().clone(), self.law(), asked.clone());
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let person = sight.fetch(reader, &world, RecordKind::Contact, asked.contact.0)?;
            if is_deleted(&person.record.fields, RecordKind::Contact) {
                return Err(rules::deleted(RecordKind::Contact));
            }
            let world = read_lock(&world);
            let (number, known) = world.consents.active(&asked.purpose)?;
            let question = Question { number, known, now };
            let (card, _) = card(reader, &law, &sight, &world, &person, &question, asked.number.as_deref())?;
            Ok(card)
        })
    }
}
