//! Recording a call: all of it in one transaction, or nothing.

use std::sync::RwLock;

use uuid::Uuid;

use super::card::chosen;
use super::outcome;
use super::plan::{Known, Plan};
use super::said::{self, Times, refuse};
use super::under::{self, Kept};
use crate::api::call::CallRecorded;
use crate::api::{CallRecord, Error};
use crate::domain::answers::CallAnswers;
use crate::domain::call::{Call, CallOutcome};
use crate::domain::contact::Contact;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::{ContactId, UserId};
use crate::domain::reach::{Labelled, Phone};
use crate::domain::time::Timestamp;
use crate::law::Law;
use crate::service::ledger::{self, Doing};
use crate::service::sight::Sight;
use crate::service::view::is_deleted;
use crate::service::world::World;
use crate::service::{Ask, publish_with, read_lock, rules};
use crate::store::{Stored, WriteTxn};

impl Ask<'_> {
    /// Records a call that was begun, or one of which a file tells.
    pub(in crate::service) fn call_record(&self, record: CallRecord) -> Result<CallRecorded, Error> {
        let CallRecord { contact, answers } = record;
        let times = said::check(&answers, self.now)?;
        let (now, sight, law, me) = (self.now, self.sight().clone(), self.law(), self.grant.actor().user);
        let (recorded, _) = self.transact(Action::Call, move |txn, world| {
            stage(txn, world, &law, &sight, me, contact, &answers, times, now)
        })?;
        Ok(recorded)
    }
}

fn stage(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    law: &Law,
    sight: &Sight,
    me: UserId,
    id: ContactId,
    call: &CallAnswers,
    times: Times,
    now: Timestamp,
) -> Result<CallRecorded, Error> {
    let person = sight.fetch(&txn.read(), world, RecordKind::Contact, id.0)?;
    if is_deleted(&person.record.fields, RecordKind::Contact) {
        return Err(rules::deleted(RecordKind::Contact));
    }
    if !sight.writes(RecordKind::Call, sight.relation_of(&read_lock(world), &person)) {
        return Err(sight.unchangeable(&read_lock(world), &person));
    }
    if let Some(call) = call.id
        && let Some(recorded) = again(txn, &read_lock(world), sight, &person, call, now)?
    {
        return Ok(recorded);
    }
    let kept = match call.id {
        Some(id) => mine(txn, me, id, &person)?,
        None => None,
    };
    let contact: Contact = person.entity()?;
    let phone =
        chosen(&read_lock(world), &contact, Some(&call.number)).map_err(|error| said::at("number", error))?;
    let events = ledger::events_of(&txn.read(), sight, &read_lock(world), &person)?;
    let plan = {
        let world = read_lock(world);
        let known = Known {
            world: &world,
            person: &person,
            contact: &contact,
            call,
            times,
            now,
            events: &events,
            kept: kept.as_ref(),
        };
        known.plan(law, me, phone)?
    };
    write(txn, law, world, me, &person, &contact, phone, call, plan, kept, times, now)
}

/// What was recorded under this id before, if it was. Another's record, or anything else of this id, is in the way.
fn again(
    txn: &WriteTxn<'_>,
    world: &World,
    sight: &Sight,
    person: &Stored,
    call: Uuid,
    now: Timestamp,
) -> Result<Option<CallRecorded>, Error> {
    let taken = || refuse("id", "the id is taken").hint("leave it out, or make another one up");
    if call.is_nil() {
        return Err(taken());
    }
    let reader = txn.read();
    let calls = sight.records_of(&reader, world, RecordKind::Call, person.subject)?;
    let Some(stored) = calls.into_iter().find(|stored| stored.id == call) else {
        let known = world.abouts.contains_key(&call)
            || world.contacts.contains(call)
            || world.companies.contains(call)
            || world.users.contains_key(&call);
        return if known { Err(taken()) } else { Ok(None) };
    };
    let record: Call = stored.entity()?;
    let word = call.to_string();
    let mut recorded = CallRecorded { call, late: record.late, again: true, ..CallRecorded::default() };
    for (event, said) in ledger::events_of(&reader, sight, world, person)? {
        if said.call == word {
            recorded.events.push(event.id);
            recorded.lines.extend(ledger::line_of(world, person.id, &said, now));
        }
    }
    for stored in sight.records_of(&reader, world, RecordKind::Request, person.subject)? {
        let request: crate::domain::request::SubjectRequest = stored.entity()?;
        if request.call == word {
            recorded.requests.push(request.number);
        }
    }
    Ok(Some(recorded))
}

/// The own call under way that has this id, if it was begun here.
fn mine(txn: &WriteTxn<'_>, me: UserId, call: Uuid, person: &Stored) -> Result<Option<Kept>, Error> {
    let Some(kept) = under::all(&txn.read())?.into_iter().find(|kept| kept.under.call == call) else {
        return Ok(None);
    };
    if kept.user != me || kept.under.contact.0 != person.id {
        return Err(refuse("id", "another call was begun under this id")
            .hint("record it of the person who was called"));
    }
    Ok(Some(kept))
}

/// Writes all of it.
fn write(
    txn: &mut WriteTxn<'_>,
    law: &Law,
    world: &RwLock<World>,
    me: UserId,
    person: &Stored,
    contact: &Contact,
    phone: Option<&Labelled<Phone>>,
    call: &CallAnswers,
    plan: Plan,
    kept: Option<Kept>,
    times: Times,
    now: Timestamp,
) -> Result<CallRecorded, Error> {
    let Plan { record, mut events, warnings } = plan;
    let id = call.id.unwrap_or_else(|| txn.env().ids.next());
    let made = txn.create_as(person.subject, id, &record)?;
    let mut ids = Vec::new();
    for event in &mut events {
        event.call = made.id.to_string();
        ids.push(txn.create(person.subject, event)?.id);
    }
    let mut before: Vec<Stored> = Vec::new();
    if record.outcome.0 == Some(CallOutcome::WrongNumber)
        && let Some(phone) = phone
    {
        let mut marked = contact.clone();
        for one in marked.phones.iter_mut().filter(|one| one.value == phone.value) {
            super::situation::WRONG_NUMBER.clone_into(&mut one.label);
        }
        txn.update(person, marked.fields())?;
        before.push(person.clone());
    }
    let tasks = outcome::tasks(txn, me, person, call, &record)?;
    let requests = outcome::requests(txn, law, world, me, person, call, &made, times)?;
    outcome::entry(txn, world, me, person, call, &record, &made, times, &mut before)?;
    if let Some(kept) = kept {
        txn.drop_draft(&kept.draft)?;
    }
    let concerned = ledger::suppress_objected(txn, world, person, &events)?;
    publish_with(world, txn, &before, &concerned)?;
    let Doing { lines, delete_on } = ledger::doing(&read_lock(world), person, &events, now);
    Ok(CallRecorded {
        call: made.id,
        events: ids,
        lines,
        tasks,
        requests,
        delete_on,
        late: times.late,
        again: false,
        warnings,
    })
}
