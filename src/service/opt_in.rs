//! Double opt-in (R27): a code is sent to an address, and who sends it back has proven the address and the wish.
//!
//! The order is: prepare, send, record. A message that could not be sent was never asked for: nothing is recorded of it.
//! What a crash in between leaves is a message whose code confirms nothing, for the store knows only codes of messages
//! that it was told are out; the person is asked again. The other order would leave people recorded as asked whom nobody
//! wrote to.
//!
//! A code has 160 random bits and is good once, until its time is up, for the person, purpose, channel and address that
//! its event names. The store keeps its SHA-256, under the person's key; in memory the hash finds the event. Who guesses
//! is told the same of every code that there is not, and of those of people out of sight, and waits longer each time.
//! Everybody who sees the person may hand in a code: it is the person's own deed, and the code proves it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::gate::is_barred;
use super::ledger::{append, events_of, lasting, person_to_change};
use super::view::is_deleted;
use super::world::World;
use super::{Ask, read_lock};
use crate::api::consent::{OptInConfirmed, OptInMessage, Recorded};
use crate::api::{Error, OptInConfirm, OptInPrepare, OptInSent};
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentKind, State, Way};
use crate::domain::contact::Contact;
use crate::domain::country::Language;
use crate::domain::entity::RecordKind;
use crate::domain::fold;
use crate::domain::history::Action;
use crate::domain::id::ContactId;
use crate::domain::reach::{Email, Labelled};
use crate::domain::suppression::Identifier;
use crate::domain::time::Timestamp;
use crate::domain::value::OneOf;
use crate::domain::wording::{Facts, PurposeFacts, Usage, WordingKind, render};
use crate::store::Stored;

/// Random bytes of a code.
const BYTES: usize = 20;
/// Characters of a code: five bits each (RFC 4648, lower case).
const LONG: usize = BYTES * 8 / 5;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// The longest that a code may be good for, in days.
const MOST_DAYS: u16 = 30;
/// Messages of a session that are prepared and not known to be out, at most.
const MOST_PREPARED: usize = 1_000;
/// What stands in the record for the code that was in the message.
const BLANK: &str = "[code]";

/// A message that is prepared and not known to be out.
pub struct Prepared {
    contact: ContactId,
    event: ConsentEvent,
}

/// Wrong codes in a row, by user, and until when no other is looked at.
#[derive(Default)]
pub struct Guesses(Mutex<HashMap<Uuid, (u32, Duration)>>);

impl Guesses {
    /// Wrong codes that cost nothing: a slip of the hand.
    const FREE: u32 = 5;
    const LONGEST: Duration = Duration::from_secs(300);

    fn check(&self, user: Uuid, now: Duration) -> Result<(), Error> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = all.get(&user).map_or(Duration::ZERO, |(_, until)| *until);
        match until.checked_sub(now).filter(|wait| !wait.is_zero()) {
            Some(wait) => Err(Error::refused(format!(
                "too many codes that there are not: wait {} seconds",
                wait.as_secs() + 1
            ))),
            None => Ok(()),
        }
    }

    fn note(&self, user: Uuid, now: Duration, right: bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if right {
            all.remove(&user);
            return;
        }
        let (count, until) = all.entry(user).or_default();
        *count = count.saturating_add(1);
        if let Some(over) = count.checked_sub(Guesses::FREE) {
            *until = now + Guesses::LONGEST.min(Duration::from_secs(1 << over.min(16)));
        }
    }
}

/// The bytes as letters and digits that survive being read out and typed.
fn spelled(bytes: &[u8; BYTES]) -> String {
    let mut text = String::with_capacity(LONG);
    for five in bytes.as_chunks::<5>().0 {
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for place in (0..8).rev() {
            let at = usize::try_from(bits >> (place * 5) & 31).unwrap_or_default();
            text.push(ALPHABET.get(at).copied().map_or('a', char::from));
        }
    }
    text
}

/// A code as people send it back: in any case, with blanks and dashes. An error says that it is none at all, which is no
/// guess.
fn read_code(text: &str) -> Result<String, Error> {
    let code: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_lowercase())
        .take(LONG + 1)
        .collect();
    if code.len() == LONG && code.bytes().all(|byte| ALPHABET.contains(&byte)) {
        return Ok(code);
    }
    Err(Error::usage(format!("this is no code: one has {LONG} letters a to z and digits 2 to 7"))
        .hint("copy it from the message, whole"))
}

/// What is kept of a code. The words before it set the hash apart from any other use.
pub fn hash(code: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"callbook double opt-in\0");
    hash.update(code.as_bytes());
    hash.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same of every code that there is not, and of one whose person is out of sight.
fn unknown() -> Error {
    Error::not_found("this code confirms nothing here")
        .hint("it may be mistyped, from another store, or of a message that was never recorded as sent; ask anew with `consent request`")
}

/// Whether the contact has this address.
fn has(contact: &Contact, address: &str) -> bool {
    let wanted = fold::email(address);
    contact.emails.iter().any(|one| fold::email(one.value.as_str()) == wanted)
}

/// Refuses to ask a person who said no, unless the person said otherwise since.
fn check_asking(
    world: &World,
    events: &[(Stored, ConsentEvent)],
    person: Uuid,
    purpose: &str,
    channel: Channel,
    now: Timestamp,
) -> Result<(), Error> {
    let (number, known) = world.consents.active_on(purpose, channel)?;
    let standing = world.consents.standing(person, number, channel, now);
    let anew = events.iter().any(|(_, event)| {
        event.kind.0 == Some(ConsentKind::Given)
            && event.purpose == purpose
            && event.channel.0 == Some(channel)
            && event.at > Some(standing.since)
    });
    if standing.state.is_no() && !anew {
        return Err(Error::refused(format!(
            "the person has {} since {}: to ask again would be advertising",
            standing.state, standing.since
        ))
        .hint(
            "when the person says yes again, record it with `consent record`, then ask for the confirmation",
        ));
    }
    if super::gate::suppressed(world, person, &known.purpose, channel) {
        return Err(Error::refused("the address is on a suppression list")
            .hint("`callbook suppression check --email …` tells more"));
    }
    Ok(())
}

impl Ask<'_> {
    /// The message to be sent, with a new code. Nothing is recorded yet.
    pub(super) fn opt_in_prepare(&self, asked: OptInPrepare) -> Result<OptInMessage, Error> {
        let (now, sight) = (self.now, self.sight().clone());
        let channel = asked.channel;
        if channel != Channel::Email {
            return Err(
                Error::refused(format!("a double opt-in goes by email, not by {channel}")).at("channel")
            );
        }
        if !(1..=MOST_DAYS).contains(&asked.days) {
            return Err(Error::usage(format!("a code is good for 1 to {MOST_DAYS} days")).at("days"));
        }
        if let Some(link) = &asked.link {
            let sound = link.starts_with("https://")
                && link.matches("{code}").count() == 1
                && link.chars().all(|c| c.is_ascii_graphic());
            if !sound || link.len() > 500 {
                return Err(Error::usage(
                    "the link begins with https://, and has {code} where the code goes",
                ));
            }
        }
        let code = spelled(&self.service.env.random());
        let agent = self.grant.actor().user;
        let number = self.service.env.ids.next();
        let world = std::sync::Arc::clone(&self.service.world);
        let (message, prepared) = self.service.store.read(move |reader| {
            let person = person_to_change(reader, &world, &sight, asked.contact)?;
            let world = read_lock(&world);
            let contact: Contact = person.entity()?;
            let (_, known) = world.consents.active_on(&asked.purpose, channel)?;
            let purpose = &known.purpose;
            let events = events_of(reader, &sight, &world, &person)?;
            check_asking(&world, &events, person.id, &purpose.name, channel, now)?;
            let address = match &asked.address {
                Some(address) => Email::parse(address)?.as_str().to_owned(),
                None => {
                    let free = |one: &&Labelled<Email>| !is_barred(&world, &Identifier::email(&one.value), purpose);
                    let one = contact.emails.iter().find(free).or(contact.emails.first());
                    one.map(|one| one.value.as_str().to_owned()).ok_or_else(|| {
                        Error::refused("the person has no e-mail address").hint("add one with `contact edit`")
                    })?
                }
            };
            if !has(&contact, &address) {
                return Err(Error::refused(format!("`{address}` is no address of this person"))
                    .hint("add it to the contact first")
                    .at("address"));
            }
            if is_barred(&world, &Identifier::email(&Email::parse(&address)?), purpose) {
                return Err(Error::refused("this address is on the suppression list")
                    .hint("`callbook suppression check --email …` tells more; another of the person's may be written to")
                    .at("address"));
            }
            let settings = &world.settings;
            let sender = Email::parse(&settings.contact).map_err(|_| {
                Error::refused("no message without a sender and a way to unsubscribe and to ask what is held (R25)")
                    .hint("set the e-mail address that answers: callbook settings edit --set contact=privacy@example.com")
            })?;
            let until = Timestamp::from_millis(now.millis() + i64::from(asked.days) * 86_400_000);
            let wanted = asked.language.clone().or_else(|| contact.language.clone());
            let country = settings.country.map(|country| country.to_string().to_lowercase());
            let more = country.iter().map(String::as_str).chain(["en"]).filter_map(|tag| tag.parse::<Language>().ok());
            let languages: Vec<Language> = wanted.clone().into_iter().chain(more).collect();
            let version = languages
                .iter()
                .find_map(|one| {
                    world.wordings.offer(WordingKind::Message, Some(Usage::OptIn), Some(&purpose.name), one)
                })
                .ok_or_else(|| {
                    Error::refused("there is no message for a double opt-in")
                        .hint("`callbook message list` shows what there is; add one with --usage opt_in")
                })?;
            let language = version.wording.language.clone().ok_or_else(|| Error::integrity("a stored message is in no language"))?;
            let user = world.users.get(&agent.0);
            let link = |code: &str| match &asked.link {
                Some(link) => link.replace("{code}", code),
                None => format!("mailto:{}?subject={code}", sender.as_str()),
            };
            let facts = Facts {
                controller: settings.controller.clone(),
                controller_address: settings.controller_address.clone(),
                contact: settings.contact.clone(),
                dpo: settings.dpo_contact.clone(),
                authority: settings.authority.clone(),
                agent: user.map(|user| if user.full_name.is_empty() { user.name.clone() } else { user.full_name.clone() }).unwrap_or_default(),
                person: contact.name(),
                source: contact.source.clone(),
                purposes: vec![PurposeFacts {
                    slug: purpose.name.clone(),
                    title: purpose.title_in(&language).to_owned(),
                    description: purpose.description_in(&language).to_owned(),
                    basis: Some(purpose.ground()),
                    retention: purpose.retention.clone(),
                    recipients: world.recipients_told(purpose),
                    channels: vec![channel],
                }],
                unsubscribe: settings.contact.clone(),
                access: settings.contact.clone(),
                address: address.clone(),
                confirm: link(&code),
                until: Some(until.date()),
                date: Some(now.date()),
                ..Facts::default()
            };
            let unfit = |why| {
                Error::refused(format!("the message {} cannot be filled in: {why}", version.wording.title()))
                    .hint("`callbook message check` tells what it needs; settings and the contact hold the rest")
            };
            let rendered = render(&version.wording, &facts).map_err(unfit)?;
            let notice = world.wordings.offer(WordingKind::Notice, None, Some(&purpose.name), &language);
            let event = ConsentEvent {
                kind: OneOf(Some(ConsentKind::Requested)),
                purpose: purpose.name.clone(),
                purpose_version: i64::try_from(known.revision).unwrap_or(i64::MAX),
                channel: OneOf(Some(channel)),
                way: OneOf(Some(Way::OptIn)),
                // What was written, without what only the person may have.
                question: rendered.text.replace(&code, BLANK),
                language: Some(language.clone()),
                evidence: format!("SHA-256 of the message's text: {}", rendered.sha256),
                script: version.wording.title(),
                notice: notice.map(|one| one.wording.title()).unwrap_or_default(),
                address: address.clone(),
                token: hex(&hash(&code)),
                token_until: Some(until),
                ..ConsentEvent::default()
            };
            let mut warnings = Vec::new();
            let number_of = world.consents.named(&purpose.name)?.0;
            let before = world.consents.standing(person.id, number_of, channel, now).state;
            if before == State::Unknown {
                warnings.push(
                    "no yes of this person is recorded yet: in many countries a message that asks for one is advertising itself"
                        .to_owned(),
                );
            }
            if before == State::Given {
                warnings.push("the person has consented already".to_owned());
            }
            let domain = sender.as_str().rsplit('@').next().unwrap_or("localhost").to_owned();
            let message = OptInMessage {
                handle: number,
                made_at: now,
                from_name: settings.controller.clone(),
                from: sender.as_str().to_owned(),
                to_name: contact.name(),
                to: address,
                subject: rendered.subject.unwrap_or_default(),
                text: rendered.text,
                language: language.to_string(),
                message_id: format!("{number}@{domain}"),
                until,
                warnings,
            };
            Ok::<_, Error>((message, Prepared { contact: asked.contact, event }))
        })?;
        let mut memory = self.memory();
        if memory.opt_ins.len() >= MOST_PREPARED {
            return Err(Error::refused("too many messages were prepared and not said to be sent"));
        }
        memory.opt_ins.insert(message.handle, prepared);
        Ok(message)
    }

    /// Records that a prepared message is out. From now on its code confirms.
    pub(super) fn opt_in_sent(&self, sent: OptInSent) -> Result<Recorded, Error> {
        let prepared = self.memory().opt_ins.remove(&sent.handle);
        let Some(Prepared { contact, mut event }) = prepared else {
            return Err(Error::not_found(
                "there is no such message: it was prepared by another session, or is recorded already",
            )
            .hint("its code confirms nothing; ask anew with `consent request`"));
        };
        let (now, sight) = (self.now, self.sight().clone());
        event.at = Some(now);
        event.zone = sent.zone;
        let (recorded, _) = self.transact(Action::Consent, move |txn, world| {
            let person = person_to_change(&txn.read(), world, &sight, contact)?;
            if !has(&person.entity()?, &event.address) {
                return Err(Error::refused("the address is no longer this person's"));
            }
            {
                let world = read_lock(world);
                let events = events_of(&txn.read(), &sight, &world, &person)?;
                // An objection that came while the message was on its way.
                check_asking(&world, &events, person.id, &event.purpose, Channel::Email, now)?;
            }
            append(txn, world, &person, &[event], &[], now)
        })?;
        Ok(recorded)
    }

    /// Takes a code that came back.
    pub(super) fn opt_in_confirm(&self, confirm: OptInConfirm) -> Result<OptInConfirmed, Error> {
        let code = read_code(confirm.code.words())?;
        let (user, elapsed) = (self.grant.actor().user.0, self.service.env.clock.elapsed());
        let guesses = &self.service.guesses;
        guesses.check(user, elapsed)?;
        let found = self.world().consents.asked_by(&hash(&code));
        let found =
            found.filter(|(contact, _)| self.sight().sees(&self.world(), RecordKind::Contact, *contact));
        guesses.note(user, elapsed, found.is_some());
        let Some((contact, asked)) = found else { return Err(unknown()) };
        let (now, sight) = (self.now, self.sight().clone());
        let (confirmed, _) = self.transact(Action::Consent, move |txn, world| {
            let person =
                sight.fetch(&txn.read(), world, RecordKind::Contact, contact).map_err(|_| unknown())?;
            let (event, request) = {
                let world = read_lock(world);
                let events = events_of(&txn.read(), &sight, &world, &person)?;
                let request =
                    events.iter().find(|(stored, _)| stored.id == asked).ok_or_else(unknown)?.1.clone();
                (confirmation(&world, &person, &events, asked, &request, &confirm, now)?, request)
            };
            let recorded = append(txn, world, &person, &[event], &[], now)?;
            Ok(OptInConfirmed {
                contact: ContactId(contact),
                purpose: request.purpose,
                channel: Channel::Email,
                address: request.address,
                asked_at: request.at.unwrap_or_default(),
                confirmed_at: now,
                recorded,
            })
        })?;
        Ok(confirmed)
    }
}

/// The event of a code that came back, or why it confirms nothing. Only who has the code is told why.
fn confirmation(
    world: &World,
    person: &Stored,
    events: &[(Stored, ConsentEvent)],
    asked: Uuid,
    request: &ConsentEvent,
    confirm: &OptInConfirm,
    now: Timestamp,
) -> Result<ConsentEvent, Error> {
    let refuse = |why: String| Err(Error::refused(why).hint("ask anew with `consent request`"));
    let asked_at = request.at.unwrap_or_default();
    if confirm.contact.is_some_and(|one| one.0 != person.id) {
        return refuse("this code was sent to another person".to_owned());
    }
    if confirm.purpose.as_ref().is_some_and(|one| one.trim() != request.purpose) {
        return refuse("this code is for another purpose".to_owned());
    }
    if confirm.channel.is_some_and(|one| Some(one) != request.channel.0) {
        return refuse("this code is for another channel".to_owned());
    }
    let used = events
        .iter()
        .find(|(_, event)| event.kind.0 == Some(ConsentKind::Confirmed) && event.refers == asked.to_string());
    if let Some((_, event)) = used {
        return refuse(format!("this code was used already, on {}", event.at.unwrap_or_default()));
    }
    if is_deleted(&person.record.fields, RecordKind::Contact) {
        return refuse(
            "the person's record was deleted, or merged with another, since this code was sent".to_owned(),
        );
    }
    if now < asked_at {
        return Err(Error::refused(format!(
            "the clock says {now}, and the code was sent at {asked_at}: it was set back"
        ))
        .hint("set the clock of this machine right first"));
    }
    if let Some(until) = request.token_until.filter(|until| *until <= now) {
        return refuse(format!("this code was good until {until}"));
    }
    if !has(&person.entity()?, &request.address) {
        return refuse("the address that the code was sent to is no longer this person's".to_owned());
    }
    let channel = request.channel.0.unwrap_or(Channel::Email);
    let (number, known) = world.consents.active_on(&request.purpose, channel)?;
    let standing = world.consents.standing(person.id, number, channel, now);
    let closed = standing.state.is_no() || matches!(standing.state, State::Revoked | State::Invalidated);
    if closed && standing.since >= asked_at {
        return refuse(format!(
            "it is {} since {}, after this code was sent",
            standing.state, standing.since
        ));
    }
    Ok(ConsentEvent {
        kind: OneOf(Some(ConsentKind::Confirmed)),
        purpose: request.purpose.clone(),
        purpose_version: request.purpose_version,
        channel: request.channel,
        basis: Some(crate::domain::basis::Basis::Consent),
        at: Some(now),
        zone: confirm.zone.clone(),
        until: lasting(known, now, None)?,
        way: OneOf(Some(Way::OptIn)),
        question: request.question.clone(),
        language: request.language.clone(),
        script: request.script.clone(),
        notice: request.notice.clone(),
        evidence: format!("the code that was sent at {asked_at} came back"),
        refers: asked.to_string(),
        address: request.address.clone(),
        ..ConsentEvent::default()
    })
}

#[cfg(test)]
#[path = "opt_in_tests.rs"]
mod tests;
