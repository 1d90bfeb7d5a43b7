//! Requests of persons (Art. 12 to 22 GDPR): taken in by anybody, carried out by who answers persons.
//!
//! The month counts from receipt, whoever asks and however long it takes to make sure who it is: a check of identity pauses
//! nothing by itself, so both days are told and the alarms go by the earlier. Of somebody who is no contact the request lies
//! under the store's own key.

use std::sync::{Arc, RwLock};

use uuid::Uuid;

use super::calls::{day_at_home, place_of, request_of};
use super::sight::Sight;
use super::work::Asked;
use super::world::World;
use super::{Ask, publish, read_lock};
use crate::api::work::{RequestCard, RequestDecided, RequestView};
use crate::api::{
    Error, RequestAssign, RequestClose, RequestExtend, RequestIdentify, RequestOpen, RequestRefuse,
    RequestShow, Requests,
};
use crate::domain::contact::Contact;
use crate::domain::country::Language;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SubjectId, UserId};
use crate::domain::request::{IdentityCheck, IdentityOutcome, RequestState, Right, SubjectRequest};
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Kind, OneOf};
use crate::domain::wording::sentence::Tongue;
use crate::domain::wording::{Letter, LetterFacts, letter};
use crate::law::deadline;
use crate::store::{Reader, Stored, WriteTxn};

const KIND: RecordKind = RecordKind::Request;

/// A text as a field of this kind takes it.
pub(super) fn text(kind: Kind, text: &str, field: &str) -> Result<String, Error> {
    let value = kind.parse(text, None).map_err(|why| Error::from(why).at(field))?;
    Ok(value.map(|value| value.to_string()).unwrap_or_default())
}

/// The same of a text that has to be there.
pub(super) fn needed(kind: Kind, given: &str, field: &str, why: &str) -> Result<String, Error> {
    match text(kind, given, field)? {
        empty if empty.is_empty() => Err(Error::refused(why).at(field)),
        text => Ok(text),
    }
}

/// A day that must not lie ahead.
pub(super) fn past(day: Day, today: Day, field: &str) -> Result<Day, Error> {
    if day > today {
        return Err(Error::refused(format!("{day} has not come yet: it is {today}")).at(field));
    }
    Ok(day)
}

fn days_between(from: Day, to: Day) -> i64 {
    to.0.signed_duration_since(from.0).num_days()
}

/// A request as it is shown.
pub(super) fn view(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &World,
    stored: &Stored,
    today: Day,
) -> Result<RequestView, Error> {
    let request: SubjectRequest = stored.entity()?;
    // Who was merged into another asks as that one.
    let contact = (stored.subject != SubjectId::NOBODY).then(|| ContactId(world.kept(stored.subject.0)));
    let name = match contact {
        None => request.person.lines().next().unwrap_or_default().to_owned(),
        Some(id) => match sight.record(reader, world, RecordKind::Contact, id.0)? {
            Some(person) => sight.title(&person, sight.relation_of(world, &person))?,
            None => String::new(),
        },
    };
    let state = request.state.0.unwrap_or(RequestState::Open);
    let due = request.extended_to.or(request.due);
    let left = due.filter(|_| state == RequestState::Open).map(|due| days_between(today, due));
    Ok(RequestView {
        id: stored.id,
        number: request.number,
        right: request.right.0.map_or("", Right::word).to_owned(),
        state,
        contact,
        name,
        received: request.received,
        due,
        days_left: left,
        overdue: left.is_some_and(|left| left < 0),
        assigned: request.assigned.map(|user| world.user_name(user.0)).unwrap_or_default(),
        identity: request.identity_outcome.parse().ok(),
        restricted: contact.is_some_and(|id| world.is_restricted(id.0)),
    })
}

/// Requests in sight that meet something, the next due first.
pub(super) fn list(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &World,
    today: Day,
    keep: impl Fn(&Asked) -> bool,
) -> Result<Vec<RequestView>, Error> {
    let all = world.work.requests().filter(|asked| keep(asked) && sight.sees(world, KIND, asked.id));
    let mut asked: Vec<Asked> = all.copied().collect();
    asked.sort_by_key(|asked| (asked.state != RequestState::Open, asked.due, asked.number));
    let mut views = Vec::new();
    for one in asked {
        let Some(stored) = sight.record(reader, world, KIND, one.id)? else { continue };
        views.push(view(reader, sight, world, &stored, today)?);
    }
    Ok(views)
}

/// The request of a number, where it is in sight.
pub(super) fn numbered(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &RwLock<World>,
    number: i64,
) -> Result<Stored, Error> {
    let id = read_lock(world).work.requests().find(|asked| asked.number == number).map(|asked| asked.id);
    let missing = || {
        Error::not_found(format!("there is no request {number}")).hint("`callbook request list` shows them")
    };
    // One that there is not costs the same look-up.
    sight.fetch(reader, world, KIND, id.unwrap_or_default()).map_err(|_| missing())
}

/// An open request, to be decided.
fn open_one(reader: &Reader<'_>, sight: &Sight, world: &RwLock<World>, number: i64) -> Result<Stored, Error> {
    let stored = numbered(reader, sight, world, number)?;
    let request: SubjectRequest = stored.entity()?;
    match request.state.0 {
        Some(RequestState::Open) | None => Ok(stored),
        Some(state @ (RequestState::Done | RequestState::Refused)) => {
            Err(Error::conflict(format!("the request {number} is {state} already"))
                .hint("open another when the person asks again"))
        }
    }
}

/// The open request by which something is done with a person's data: it has to be that person's, and ask for it.
pub(super) fn by_request(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &RwLock<World>,
    number: i64,
    contact: ContactId,
    rights: &[Right],
) -> Result<Stored, Error> {
    let stored = open_one(reader, sight, world, number)?;
    if read_lock(world).kept(stored.subject.0) != contact.0 {
        return Err(Error::refused(format!("the request {number} is another person's")).at("request"));
    }
    let right = stored.entity::<SubjectRequest>()?.right.0;
    if right.is_none_or(|right| !rights.contains(&right)) {
        let asked = right.map_or("something else", Right::word).replace('_', " ");
        return Err(Error::refused(format!("the request {number} asks for {asked}")).at("request"));
    }
    Ok(stored)
}

/// The language in which a person is answered: that of the request, the person's, the controller's country's.
pub(super) fn tongue(world: &World, asked: Option<&Language>, person: Option<&Contact>) -> Tongue {
    let of = |language: &Language| Tongue::of(language).ok();
    let own = asked.and_then(of).or_else(|| person.and_then(|person| person.language.as_ref()).and_then(of));
    let home = || match world.settings.country.map(|country| country.code().to_owned()).as_deref() {
        Some("DE" | "AT" | "CH" | "LI") => Tongue::De,
        Some("NL" | "BE" | "SR") => Tongue::Nl,
        Some("FR" | "LU" | "MC") => Tongue::Fr,
        Some(_) | None => Tongue::En,
    };
    own.unwrap_or_else(home)
}

/// What a letter of the controller says of itself.
pub(super) fn letter_facts(world: &World, today: Day, name: String) -> LetterFacts {
    let settings = &world.settings;
    let contact = [&settings.contact, &settings.dpo_contact].into_iter().find(|one| !one.trim().is_empty());
    LetterFacts {
        today: today.0,
        name,
        controller: settings.controller.clone(),
        address: settings.controller_address.clone(),
        contact: contact.cloned().unwrap_or_default(),
        dpo: settings.dpo_contact.clone(),
        authority: settings.authority.clone(),
        ..LetterFacts::default()
    }
}

/// What a letter lacks for want of settings.
pub(super) fn lacking(world: &World) -> Vec<String> {
    let settings = &world.settings;
    let lacks = [
        (
            &settings.authority,
            "no supervisory authority is set, so the letter names none (settings edit --set authority=…)",
        ),
        (
            &settings.dpo_contact,
            "no contact of a data protection officer is set, so the letter names none (settings edit --set dpo_contact=…)",
        ),
        (
            &settings.controller_address,
            "no address of the controller is set (settings edit --set controller_address=…)",
        ),
    ];
    lacks.into_iter().filter(|(text, _)| text.trim().is_empty()).map(|(_, why)| why.to_owned()).collect()
}

/// The letter that tells the person what was decided; empty where none is written.
fn letter_of(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &World,
    stored: &Stored,
    today: Day,
) -> Result<String, Error> {
    let request: SubjectRequest = stored.entity()?;
    let (what, reason) = match (request.state.0, request.right.0) {
        (Some(RequestState::Refused), _) => (Letter::Refusal, request.refusal_reason.clone()),
        (_, Some(Right::NoAutomatedDecision)) => (Letter::NoAutomatedDecision, String::new()),
        (Some(RequestState::Open) | None, _) if request.extended_to.is_some() => {
            (Letter::Extension, request.extension_reason.clone())
        }
        (Some(RequestState::Open | RequestState::Done) | None, _) => return Ok(String::new()),
    };
    let person = match stored.subject == SubjectId::NOBODY {
        true => None,
        false => sight.record(reader, world, RecordKind::Contact, world.kept(stored.subject.0))?,
    };
    let contact: Option<Contact> = person.map(|person| person.entity()).transpose()?;
    let name = contact.as_ref().map_or_else(|| request.person.clone(), Contact::display_name);
    let facts = LetterFacts {
        number: Some(request.number),
        received: request.received.map(|day| day.0),
        right: request.right.0,
        reason,
        until: request.extended_to.map(|day| day.0),
        ..letter_facts(world, today, name)
    };
    Ok(letter(what, tongue(world, request.language.as_ref(), contact.as_ref()), &facts))
}

/// Closes a request, decided by somebody at a moment.
pub(super) fn decide(request: &mut SubjectRequest, state: RequestState, by: UserId, at: Timestamp) {
    request.state = OneOf(Some(state));
    request.decided_at = Some(at);
    request.decided_by = Some(by);
}

impl Ask<'_> {
    /// Takes a request of a person in. Whoever sees the person may: it must not be lost because somebody else is away.
    pub(super) fn request_open(&self, open: RequestOpen) -> Result<RequestView, Error> {
        let (now, sight, law, me) = (self.now, self.sight().clone(), self.law(), self.grant.actor().user);
        let (how, words) = (text(Kind::Text, &open.how, "how")?, text(Kind::LongText, &open.words, "words")?);
        let person = text(Kind::LongText, &open.person, "person")?;
        match (open.contact, person.is_empty()) {
            (None, true) => {
                return Err(Error::usage("a request is a person's: name the contact, or who it is")
                    .hint("--contact ID, or --unknown 'name, address' for somebody who is no contact"));
            }
            (Some(_), false) => {
                return Err(Error::usage("the person is a contact, or is not: not both").at("person"));
            }
            (Some(_), true) | (None, false) => {}
        }
        let (view, _) = self.transact(Action::Create, move |txn, world| {
            let subject = match open.contact {
                Some(contact) => sight.fetch(&txn.read(), world, RecordKind::Contact, contact.0)?.subject,
                None => SubjectId::NOBODY,
            };
            let request = {
                let world = read_lock(world);
                let today = day_at_home(&world, now);
                let received = past(open.received.unwrap_or(today), today, "received")?;
                let number = world.work.next_request();
                let language = open.language;
                let request = request_of(&law, &world, me, number, open.right, received);
                SubjectRequest { how, words, person, language, ..request }
            };
            let stored = txn.create(subject, &request)?;
            publish(world, txn, &[])?;
            let world = read_lock(world);
            view(&txn.read(), &sight, &world, &stored, day_at_home(&world, now))
        })?;
        Ok(view)
    }

    /// Requests of persons in sight.
    pub(super) fn requests(&self, asked: &Requests) -> Result<Vec<RequestView>, Error> {
        let (now, sight, asked) = (self.now, self.sight().clone(), asked.clone());
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let world = read_lock(&world);
            list(reader, &sight, &world, day_at_home(&world, now), |one| {
                asked.before.is_none_or(|before| one.due.is_none_or(|due| due <= before))
                    && asked.state.is_none_or(|state| one.state == state)
                    && asked.right.is_none_or(|right| one.right == Some(right))
                    && asked.about.is_none_or(|about| world.kept(one.contact) == about.0)
            })
        })
    }

    /// One request, with its deadlines.
    pub(super) fn request_show(&self, asked: &RequestShow) -> Result<RequestCard, Error> {
        let (now, sight, law, number) = (self.now, self.sight().clone(), self.law(), asked.number);
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let stored = numbered(reader, &sight, &world, number)?;
            let world = read_lock(&world);
            let today = day_at_home(&world, now);
            let request: SubjectRequest = stored.entity()?;
            let place = place_of(&world);
            let answer = |day: Day| place.and_then(|place| deadline::answer(&law, place, day.0));
            let month = request.received.and_then(answer);
            let extended = |day: Day| place.and_then(|place| deadline::extended(&law, place, day.0));
            let shown = request.identity_at.map(|at| day_at_home(&world, at));
            let due_by_identity =
                request.identity_asked.and_then(|_| answer(shown.unwrap_or(today))).map(|one| one.due);
            Ok(RequestCard {
                request: view(reader, &sight, &world, &stored, today)?,
                record: sight.view(&world, &stored, &[])?,
                month_ends: request.due,
                moved: month.map(|month| month.moved).unwrap_or_default(),
                due_by_identity,
                at_most: request.received.and_then(extended).map(|one| one.due),
                letter: letter_of(reader, &sight, &world, &stored, today)?,
            })
        })
    }

    /// Changes an open request.
    fn decided(
        &self,
        number: i64,
        change: impl FnOnce(&mut SubjectRequest, &World, Day) -> Result<Vec<String>, Error> + Send + 'static,
    ) -> Result<RequestDecided, Error> {
        let (now, sight) = (self.now, self.sight().clone());
        let (decided, _) = self.transact(Action::Edit, move |txn, world| {
            let stored = open_one(&txn.read(), &sight, world, number)?;
            let mut request: SubjectRequest = stored.entity()?;
            let warnings = {
                let world = read_lock(world);
                change(&mut request, &world, day_at_home(&world, now))?
            };
            let after = put(txn, world, &stored, &request)?;
            let world = read_lock(world);
            let today = day_at_home(&world, now);
            Ok(RequestDecided {
                request: view(&txn.read(), &sight, &world, &after, today)?,
                letter: letter_of(&txn.read(), &sight, &world, &after, today)?,
                warnings,
            })
        })?;
        Ok(decided)
    }

    pub(super) fn request_identify(&self, asked: RequestIdentify) -> Result<RequestView, Error> {
        let RequestIdentify { number, method, outcome, on } = asked;
        if method.is_none() && outcome == IdentityOutcome::Confirmed {
            return Err(Error::usage("say how it was made sure who asks").hint(format!(
                "--method is one of {}; copies of identity papers are not kept",
                IdentityCheck::WORDS.join(", ")
            )));
        }
        let now = self.now;
        let decided = self.decided(number, move |request, _, today| {
            let on = past(on.unwrap_or(today), today, "on")?;
            if request.received.is_some_and(|received| on < received) {
                return Err(Error::refused(format!("{on} is before the request came")).at("on"));
            }
            if method.is_some() {
                request.identity = OneOf(method);
            }
            request.identity_outcome = outcome.word().to_owned();
            match outcome {
                IdentityOutcome::Asked => {
                    request.identity_asked = request.identity_asked.or(Some(on));
                    request.identity_at = None;
                }
                IdentityOutcome::Confirmed | IdentityOutcome::Failed => {
                    // Noon of another day is that day in every zone of Europe.
                    let then = Timestamp::start_of(on.0).millis().saturating_add(12 * 3_600_000);
                    let at = if on == today { now } else { Timestamp::from_millis(then) };
                    request.identity_at = Some(at);
                }
            }
            Ok(Vec::new())
        })?;
        Ok(decided.request)
    }

    pub(super) fn request_extend(&self, asked: RequestExtend) -> Result<RequestDecided, Error> {
        let RequestExtend { number, reason, told } = asked;
        let why = "an extension is told with its reasons (Art. 12(3) GDPR)";
        let reason = needed(Kind::LongText, &reason, "reason", why)?;
        let law = self.law();
        self.decided(number, move |request, world, today| {
            if let Some(until) = request.extended_to {
                return Err(Error::conflict(format!(
                    "it is extended to {until} already, which is the most there is"
                )));
            }
            let told = past(told.unwrap_or(today), today, "told")?;
            let (Some(received), Some(due)) = (request.received, request.due) else {
                return Err(Error::refused("the request has no deadline that could be extended")
                    .hint("set the controller's country: settings edit --set country=…"));
            };
            if told < received {
                return Err(Error::refused(format!("{told} is before the request came")).at("told"));
            }
            if told > due {
                return Err(Error::refused(format!(
                    "the first month ended on {due}: the person had to be told of an extension by then"
                ))
                .hint("answer at once; the request is overdue")
                .at("told"));
            }
            let extended = place_of(world).and_then(|place| deadline::extended(&law, place, received.0));
            request.extended_to = Some(
                extended.map(|one| one.due).ok_or_else(|| Error::refused("the calendar ends before that"))?,
            );
            request.extension_reason = reason;
            request.extension_told = Some(told);
            Ok(lacking(world))
        })
    }

    pub(super) fn request_refuse(&self, asked: RequestRefuse) -> Result<RequestDecided, Error> {
        let RequestRefuse { number, reason } = asked;
        let why = "a refusal is told with its reasons (Art. 12(4) GDPR)";
        let reason = needed(Kind::LongText, &reason, "reason", why)?;
        let (me, now) = (self.grant.actor().user, self.now);
        self.decided(number, move |request, world, _| {
            decide(request, RequestState::Refused, me, now);
            request.refusal_reason = reason;
            Ok(lacking(world))
        })
    }

    pub(super) fn request_close(&self, asked: RequestClose) -> Result<RequestDecided, Error> {
        let RequestClose { number, delivered_by, delivered_at, sha256 } = asked;
        let why = "say which way the answer went";
        let delivered_by = needed(Kind::Text, &delivered_by, "delivered_by", why)?;
        let is_hash =
            sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !sha256.is_empty() && !is_hash {
            return Err(Error::usage("a SHA-256 is 64 hexadecimal digits in lower case").at("sha256"));
        }
        let (me, now) = (self.grant.actor().user, self.now);
        let at = delivered_at.unwrap_or(now);
        super::ledger::check_time(at, now)?;
        self.decided(number, move |request, world, today| {
            decide(request, RequestState::Done, me, now);
            request.delivered_at = Some(at);
            request.delivered_by = delivered_by;
            request.delivered_hash = sha256;
            let mut warnings = Vec::new();
            if request.identity_outcome != IdentityOutcome::Confirmed.word() {
                warnings.push("nobody noted how it was made sure who asks (request identify)".to_owned());
            }
            let due = request.extended_to.or(request.due);
            if let Some(due) = due.filter(|due| day_at_home(world, at).max(*due) > *due) {
                warnings.push(format!("it was due on {due}, and is closed on {today}"));
            }
            Ok(warnings)
        })
    }

    pub(super) fn request_assign(&self, asked: RequestAssign) -> Result<RequestView, Error> {
        let me = self.grant.actor().user;
        let user = match asked.user.trim() {
            "" => None,
            name => Some(self.world().user_named(name, me)?),
        };
        let decided = self.decided(asked.number, move |request, _, _| {
            request.assigned = user;
            Ok(Vec::new())
        })?;
        Ok(decided.request)
    }
}

/// Stages a request as it is to be.
pub(super) fn put(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    stored: &Stored,
    request: &SubjectRequest,
) -> Result<Stored, Error> {
    let after = txn.update(stored, request.fields())?.unwrap_or_else(|| stored.clone());
    publish(world, txn, std::slice::from_ref(stored))?;
    Ok(after)
}

/// Whether a person has an open request of one of these rights.
pub(super) fn has_open(world: &World, contact: Uuid, right: Right) -> Option<i64> {
    let open = |asked: &&Asked| {
        world.kept(asked.contact) == contact
            && asked.state == RequestState::Open
            && asked.right == Some(right)
    };
    world.work.requests().find(open).map(|asked| asked.number)
}
