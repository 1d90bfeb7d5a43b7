//! Forms that are given to persons, and their answers (R32).
//!
//! A form has a random key, which lies under the person's key and goes with the person: an answer of somebody who was erased
//! is one to a form that there is not. Of an answer the first that is looked at is whether it is genuine, so that who guesses
//! learns nothing of forms; then that it is the first, and in time. All of it lands, or nothing does.

use std::sync::RwLock;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::calls::{day_at_home, request_of};
use super::ledger::{doing, withdrawals};
use super::requests::{decide, numbered, past, tongue, view};
use super::view::is_deleted;
use super::world::World;
use super::{Ask, publish, read_lock, rules};
use crate::api::rights::{Ingested, Invited};
use crate::api::{BookLine, ConsentWithdraw, Error, Hush, RequestIngest, RequestInvite};
use crate::domain::consent::{ConsentEvent, State, Way};
use crate::domain::contact::{Contact, ContactField, Note, NoteKind};
use crate::domain::entity::{Entity, Fields, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::{ContactId, UserId};
use crate::domain::preferences::{Agreed, Answer, Form, KEY, Line, hex, is_genuine, unhex};
use crate::domain::request::{
    IdentityCheck, IdentityOutcome, Invitation, RequestState, Right, SubjectRequest,
};
use crate::domain::task::{Task, TaskKind};
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Kind, OneOf, Value};
use crate::domain::wording::sentence::Tongue;
use crate::law::Law;
use crate::store::{Stored, WriteTxn};

/// The longest that an answer is taken in, in days.
const MOST_DAYS: u16 = 366;
const DAY: i64 = 86_400_000;
/// Days in which what a person tells beside everything else is read.
const READ_WITHIN: i64 = 7;

/// The fields that a page shows, in its order.
const SHOWN: &[ContactField] = &[
    ContactField::form_of_address,
    ContactField::name_prefix,
    ContactField::given_name,
    ContactField::middle_name,
    ContactField::family_name,
    ContactField::name_suffix,
    ContactField::company,
    ContactField::job_title,
    ContactField::department,
    ContactField::phones,
    ContactField::emails,
    ContactField::addresses,
    ContactField::websites,
    ContactField::country,
    ContactField::language,
    ContactField::source,
];

/// The same of every answer to a form that there is not: made elsewhere, of a person who was erased, or out of sight.
fn no_such_form() -> Error {
    Error::refused(
        "no form of this number is out: it was made by another store, or the person was erased since",
    )
    .hint("what the file asks for can be taken in as a request of somebody unknown: request open --unknown")
}

impl Ask<'_> {
    /// Makes a form for a person.
    pub(super) fn request_invite(&self, asked: RequestInvite) -> Result<Invited, Error> {
        let RequestInvite { contact, request, days, language } = asked;
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Error::usage(format!("an answer is taken in for 1 to {MOST_DAYS} days")).at("days"));
        }
        let key: Zeroizing<[u8; KEY]> = Zeroizing::new(self.service.env.random());
        let (now, sight, me) = (self.now, self.sight().clone(), self.grant.actor().user);
        let (invited, _) = self.transact(Action::Create, move |txn, world| {
            let person = sight.fetch(&txn.read(), world, RecordKind::Contact, contact.0)?;
            if is_deleted(&person.record.fields, RecordKind::Contact) {
                return Err(rules::deleted(RecordKind::Contact));
            }
            if let Some(number) = request {
                let of = numbered(&txn.read(), &sight, world, number)?;
                if of.subject != person.subject {
                    return Err(
                        Error::refused(format!("the request {number} is another person's")).at("request")
                    );
                }
            }
            let expires = Timestamp::from_millis(now.millis().saturating_add(i64::from(days) * DAY));
            let hushed = Zeroizing::new(hex(&*key));
            let invitation = Invitation {
                key: hushed.to_string(),
                issued_at: Some(now),
                issued_by: Some(me),
                expires: Some(expires),
                request: request.unwrap_or_default(),
                ..Invitation::default()
            };
            let stored = txn.create(person.subject, &invitation)?;
            publish(world, txn, &[])?;
            let world = read_lock(world);
            let form = form(&world, &person, stored.id, expires, language.as_ref(), now)?;
            Ok(Invited { form, key: Hush::new(hushed) })
        })?;
        Ok(invited)
    }

    /// Takes an answer in.
    pub(super) fn request_ingest(&self, asked: RequestIngest) -> Result<Ingested, Error> {
        let RequestIngest { invitation, answer, mac, received } = asked;
        let (now, sight, law, me) = (self.now, self.sight().clone(), self.law(), self.grant.actor().user);
        let (ingested, _) = self.transact(Action::Withdraw, move |txn, world| {
            let fetch = |kind, id| sight.fetch(&txn.read(), world, kind, id).map_err(|_| no_such_form());
            let stored = fetch(RecordKind::Invitation, invitation)?;
            let mut form: Invitation = stored.entity()?;
            let key = unhex::<KEY>(&form.key).map(Zeroizing::new);
            if !key.is_some_and(|key| is_genuine(&key, invitation, &answer, &mac)) {
                return Err(Error::refused(
                    "the file was not made by the form that it names, or was changed since",
                ));
            }
            if let Some(used) = form.used_at {
                return Err(Error::conflict(format!(
                    "an answer to this form was taken in on {used}; there is only one"
                ))
                .hint("give the person a new form: request invite"));
            }
            if form.expires.is_none_or(|expires| expires <= now) {
                let until = form.expires.map(|expires| expires.to_string()).unwrap_or_default();
                return Err(Error::refused(format!("the form was good until {until}"))
                    .hint("what the person wants counts all the same: take it in with request open"));
            }
            let kept = read_lock(world).kept(stored.subject.0);
            let person = fetch(RecordKind::Contact, kept)?;
            if is_deleted(&person.record.fields, RecordKind::Contact) {
                return Err(rules::deleted(RecordKind::Contact));
            }
            let answer = Answer::read(&answer).map_err(|why| Error::refused(why.to_string()))?;
            if answer.invitation != invitation {
                return Err(Error::refused("the answer is to another form"));
            }
            let today = day_at_home(&read_lock(world), now);
            let received = past(received.unwrap_or(today), today, "received")?;
            form.used_at = Some(now);
            txn.update(&stored, form.fields())?;
            let by = Taken { law: &law, me, now, received, invitation };
            let Became { made, events, task } = by.apply(txn, world, &person, answer)?;
            publish(world, txn, std::slice::from_ref(&stored))?;
            let world = read_lock(world);
            let mut requests = Vec::new();
            for one in &made {
                requests.push(view(&txn.read(), &sight, &world, one, today)?);
            }
            let lines: Vec<BookLine> = doing(&world, &person, &events, now).lines;
            let name = sight.title(&person, sight.relation_of(&world, &person))?;
            Ok(Ingested { contact: ContactId(person.id), name, requests, lines, task })
        })?;
        Ok(ingested)
    }
}

/// What is said of an answer that is taken in.
struct Taken<'a> {
    law: &'a Law,
    me: UserId,
    now: Timestamp,
    received: Day,
    invitation: Uuid,
}

/// What an answer became.
struct Became {
    made: Vec<Stored>,
    events: Vec<ConsentEvent>,
    task: Option<Uuid>,
}

impl Taken<'_> {
    /// Stages what each wish becomes: requests, events of the ledger, a task.
    fn apply(
        &self,
        txn: &mut WriteTxn<'_>,
        world: &RwLock<World>,
        person: &Stored,
        answer: Answer,
    ) -> Result<Became, Error> {
        let Answer { invitation: _, answered_at: _, corrections, withdraw, object_to_marketing, ask, words } =
            answer;
        let words = line(Kind::LongText, &words)?;
        let mut events: Vec<ConsentEvent> = Vec::new();
        let mut rights: Vec<(Right, String, bool)> = Vec::new();
        {
            let world = read_lock(world);
            let mut said = |purpose, channel, objection| -> Result<(), Error> {
                let (contact, at, zone) = (ContactId(person.id), Some(self.now), String::new());
                let (words, way) = (words.clone(), Way::SelfService);
                let asked = ConsentWithdraw { contact, purpose, channel, words, way, at, zone, objection };
                events.extend(withdrawals(&world, person, &asked, self.now).map_err(|why| {
                    Error::refused(format!("the answer names what there is not: {}", why.message))
                })?);
                Ok(())
            };
            let mut taken = Vec::new();
            for one in &withdraw {
                said(Some(one.purpose.clone()), Some(one.channel), false)?;
                taken.push(format!("{} by {}", one.purpose, one.channel));
            }
            if !taken.is_empty() {
                rights.push((Right::Withdrawal, taken.join(", "), true));
            }
            if object_to_marketing {
                said(None, None, true)?;
                rights.push((Right::Objection, "all direct marketing".to_owned(), true));
            }
        }
        let mut wrong = Vec::new();
        for one in &corrections {
            wrong.push(format!("{}: {}", line(Kind::Text, &one.field)?, line(Kind::Text, &one.value)?));
        }
        if !wrong.is_empty() {
            rights.push((Right::Rectification, wrong.join("\n"), false));
        }
        for right in ask {
            if !rights.iter().any(|(one, ..)| *one == right) {
                rights.push((right, String::new(), false));
            }
        }
        for event in &events {
            txn.create(person.subject, event)?;
        }
        let mut made = Vec::new();
        let first = read_lock(world).work.next_request();
        for ((right, what, done), number) in rights.into_iter().zip(first..) {
            let all = [what, words.clone()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
            let mut request = SubjectRequest {
                how: format!("by the form {}", self.invitation),
                words: all.join("\n\n"),
                identity: OneOf(Some(IdentityCheck::Invitation)),
                identity_outcome: IdentityOutcome::Confirmed.word().to_owned(),
                identity_at: Some(self.now),
                ..request_of(self.law, &read_lock(world), self.me, number, right, self.received)
            };
            if done {
                decide(&mut request, RequestState::Done, self.me, self.now);
            }
            made.push(txn.create(person.subject, &request)?);
        }
        let mut task = None;
        if made.is_empty() {
            let note = Note {
                kind: OneOf(Some(NoteKind::Note)),
                text: words,
                happened_at: Some(self.now),
                author: Some(self.me),
                ..Note::default()
            };
            txn.create(person.subject, &note)?;
            let due = self.now.millis().saturating_add(READ_WITHIN * DAY);
            let told = Task {
                text: "Read what the person wrote in the form (a note), and answer".to_owned(),
                kind: OneOf(Some(TaskKind::Other)),
                due: Some(Timestamp::from_millis(due)),
                owner: Some(self.me),
                ..Task::default()
            };
            task = Some(txn.create(person.subject, &told)?.id);
        }
        Ok(Became { made, events, task })
    }
}

/// A text of an answer as a field of this kind takes it; what it does not take is refused.
fn line(kind: Kind, text: &str) -> Result<String, Error> {
    let value =
        kind.parse(text, None).map_err(|why| Error::refused(format!("a text of the answer: {why}")))?;
    Ok(value.map(|value| value.to_string()).unwrap_or_default())
}

/// What a page shows.
fn form(
    world: &World,
    person: &Stored,
    invitation: Uuid,
    expires: Timestamp,
    language: Option<&crate::domain::country::Language>,
    now: Timestamp,
) -> Result<Form, Error> {
    let contact: Contact = person.entity()?;
    let tongue: Tongue = tongue(world, language, Some(&contact));
    let settings = &world.settings;
    let answer_to = [&settings.contact, &settings.dpo_contact].into_iter().find(|one| !one.trim().is_empty());
    Ok(Form {
        invitation,
        tongue,
        expires,
        until: tongue.date(day_at_home(world, expires).0),
        controller: settings.controller.clone(),
        address: settings.controller_address.clone(),
        contact: answer_to.cloned().unwrap_or_default(),
        dpo: settings.dpo_contact.clone(),
        authority: settings.authority.clone(),
        person: contact.display_name(),
        lines: lines(world, &person.record.fields),
        consents: agreed(world, person.id, tongue, now),
    })
}

fn lines(world: &World, fields: &Fields) -> Vec<Line> {
    let line = |field: &ContactField| {
        let value: &Value = fields.get(&field.key())?;
        let spec = field.spec();
        Some(Line { field: spec.name.to_owned(), label: spec.label.to_owned(), value: world.text(value) })
    };
    SHOWN.iter().filter_map(line).collect()
}

/// What the person said about each purpose and channel, where anything is recorded.
fn agreed(world: &World, person: Uuid, tongue: Tongue, now: Timestamp) -> Vec<Agreed> {
    let language = tongue.word().parse().ok();
    let mut all = Vec::new();
    for (number, known) in world.consents.all() {
        let mut channels: Vec<_> = known.purpose.channels().collect();
        if let Some(ledger) = world.consents.ledger(person) {
            channels.extend(ledger.named().filter(|(one, _)| **one == number).map(|(_, channel)| channel));
        }
        channels.sort_unstable();
        channels.dedup();
        for channel in channels {
            let state = world.consents.standing(person, number, channel, now).state;
            if state == State::Unknown {
                continue;
            }
            let title = language
                .as_ref()
                .map_or(known.purpose.title.as_str(), |language| known.purpose.title_in(language));
            all.push(Agreed { purpose: known.purpose.name.clone(), title: title.to_owned(), channel, state });
        }
    }
    all
}
