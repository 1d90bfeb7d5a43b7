//! Beginning a call, keeping what is said in it, and forgetting one that was not made.

use std::sync::Arc;

use uuid::Uuid;

use super::card::{card, reads_numbers};
use super::script::{self, Asked};
use super::situation::Question;
use super::under::{self, HELD, Kept, Under};
use crate::api::call::{CallBegun, CallKept, OpenCall};
use crate::api::{BookLine, CallBegin, CallDrop, CallKeep, Code, Error};
use crate::domain::call::CallList;
use crate::domain::channel::Channel;
use crate::domain::consent::State;
use crate::domain::contact::Contact;
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::time::Timestamp;
use crate::service::view::is_deleted;
use crate::service::world::World;
use crate::service::{Ask, read_lock, rules};
use crate::store::Stored;

/// Until when a person is held for a call of which was heard now.
fn held_until(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.millis().saturating_add(HELD))
}

/// What a person said no to by now, of what a call under way asks about: a yes to that counts for nothing.
fn no_more(world: &World, under: &Under, now: Timestamp) -> Vec<BookLine> {
    let asked = under.script.iter().flat_map(|script| &script.questions);
    let asked = asked.map(|question| (question.purpose.as_str(), question.channel));
    let mut lines: Vec<BookLine> = Vec::new();
    for (purpose, channel) in asked.chain([(under.purpose.as_str(), Channel::Phone)]) {
        let Ok((number, _)) = world.consents.named(purpose) else { continue };
        let standing = world.consents.standing(under.contact.0, number, channel, now);
        let line = BookLine { purpose: purpose.to_owned(), channel, standing };
        if standing.state.is_no() && standing.since >= under.begun_at && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Why a call under way must end: the person objected, or said no to all that it is for, elsewhere since it began. Who
/// wants no more calls and said nothing of the rest is asked about the rest.
pub fn stopped(world: &World, under: &Under, now: Timestamp) -> Option<String> {
    if world.is_restricted(under.contact.0) {
        return Some("the person's data are restricted".to_owned());
    }
    let Ok((number, known)) = world.consents.active(&under.purpose) else {
        return Some(format!("the purpose `{}` is retired", under.purpose));
    };
    let standing = |channel| world.consents.standing(under.contact.0, number, channel, now);
    let by_phone = standing(Channel::Phone);
    let all = known.purpose.channels().all(|channel| standing(channel).state.is_no());
    (by_phone.state == State::Objected || by_phone.state.is_no() && all).then(|| {
        format!(
            "the person is {} for `{}` since {}",
            by_phone.state.word(),
            known.purpose.name,
            by_phone.since
        )
    })
}

/// Refuses a call list that there is not, that is closed, for something else or another team's, or that does not have the
/// person: a call that names it counts there.
fn check_list(
    world: &World,
    sight: &crate::service::sight::Sight,
    list: Uuid,
    purpose: &str,
    contact: Uuid,
) -> Result<(), Error> {
    let refused = |why: String| Error::refused(why).at("list");
    let Some(listed) = world.work.list(list) else {
        return Err(Error::not_found(format!("there is no call list {list}"))
            .hint("`callbook call-list list` shows them")
            .at("list"));
    };
    let CallList { name, purpose: its, team, closed_at, .. } = &listed.list;
    if closed_at.is_some() {
        return Err(refused(format!("the call list `{name}` is closed: nobody is called from it")));
    }
    if its != purpose {
        return Err(refused(format!("the call list `{name}` is for `{its}`, not for `{purpose}`")));
    }
    if !team.is_empty() && team != sight.team() {
        return Err(refused(format!("the call list `{name}` is worked on by the team {team}")));
    }
    if !world.work.placed(contact).any(|(one, _)| one.id == list) {
        return Err(refused(format!("the person is not on the call list `{name}`"))
            .hint("leave the list out: a call counts where the person stands"));
    }
    Ok(())
}

/// The refusal of a call that must end.
fn must_end(why: &str) -> Error {
    Error::refused(format!("the call must end: {why}"))
        .hint("say goodbye; what was answered before is kept, and is recorded without a yes")
}

/// Refuses what the role does not reach: a call needs the person's own number, and somebody who records it.
pub fn may_call(
    ask_sight: &crate::service::sight::Sight,
    world: &World,
    person: &Stored,
) -> Result<(), Error> {
    if is_deleted(&person.record.fields, RecordKind::Contact) {
        return Err(rules::deleted(RecordKind::Contact));
    }
    let relation = ask_sight.relation_of(world, person);
    if !ask_sight.writes(RecordKind::Call, relation) || !reads_numbers(ask_sight, world, person) {
        return Err(ask_sight.unchangeable(world, person));
    }
    Ok(())
}

impl Ask<'_> {
    /// Begins a call, if it is allowed at this very moment and nobody else has the person.
    pub(in crate::service) fn call_begin(&self, begin: CallBegin) -> Result<CallBegun, Error> {
        let (now, sight, law, me) = (self.now, self.sight().clone(), self.law(), self.grant.actor().user);
        let world = Arc::clone(&self.service.world);
        self.service.writable()?;
        self.service.store.write(self.origin(Action::Call), move |txn| {
            let person = sight.fetch(&txn.read(), &world, RecordKind::Contact, begin.contact.0)?;
            let world = read_lock(&world);
            may_call(&sight, &world, &person)?;
            let (number, known) = world.consents.active(&begin.purpose)?;
            let question = Question { number, known, now };
            if let Some(list) = begin.list {
                check_list(&world, &sight, list, &known.purpose.name, person.id)?;
            }
            let (card, judged) =
                card(&txn.read(), &law, &sight, &world, &person, &question, begin.number.as_deref())?;
            let own: Option<Kept> = under::all(&txn.read())?
                .into_iter()
                .find(|kept| kept.under.contact == begin.contact && kept.user == me);
            if let Some(kept) = own.as_ref().filter(|kept| kept.under.purpose != known.purpose.name) {
                return Err(Error::conflict(format!(
                    "you have begun to call this person for `{}`, and not recorded it",
                    kept.under.purpose
                ))
                .hint("record that call, or drop it if nobody was dialled"));
            }
            if let Some(who) = &card.busy {
                return Err(Error::conflict(format!("{who} is calling this person at this moment"))
                    .hint("call somebody else"));
            }
            if !card.allowed {
                let hint = match card.next_allowed_at {
                    Some(at) => format!("it will be allowed from {at} on"),
                    None => "waiting does not change it; `callbook call check` tells all that was looked at"
                        .to_owned(),
                };
                return Err(Error::refused(card.verdict.clone()).hint(hint));
            }
            // A call of one's own goes on: with the same words, for they may have been read out already.
            if let Some(kept) = own {
                let mut under = kept.under;
                under.until = held_until(now);
                under::keep(txn, me, &under, Some(&kept.draft), now)?;
                return Ok(CallBegun {
                    call: under.call,
                    card,
                    script: under.script,
                    begun_at: under.begun_at,
                    until: under.until,
                });
            }
            let contact: &Contact = &judged.contact;
            let asked = Asked { law: &law, agent: me.0, person: person.id, contact, purpose: known, now };
            let script = script::fill(&world, &asked, begin.language.as_ref())?;
            let call = txn.env().ids.next();
            let under = Under {
                call,
                contact: begin.contact,
                purpose: known.purpose.name.clone(),
                number: judged.phone.as_ref().map(|phone| phone.value.to_string()).unwrap_or_default(),
                language: script.as_ref().map(|script| script.language.clone()).or(begin.language),
                list: begin.list,
                begun_at: now,
                until: held_until(now),
                script: script.clone(),
                decision: judged.verdict.json,
                screening: judged.verdict.screening,
                person_zone: judged.verdict.zone.name().to_owned(),
                answers: None,
            };
            under::keep(txn, me, &under, None, now)?;
            Ok(CallBegun { call, card, script, begun_at: now, until: under.until })
        })
    }

    /// Keeps what was said so far, and tells when the call must end.
    pub(in crate::service) fn call_keep(&self, keep: CallKeep) -> Result<CallKept, Error> {
        let (now, me, sight) = (self.now, self.grant.actor().user, self.sight().clone());
        let world = Arc::clone(&self.service.world);
        self.service.writable()?;
        let (kept, stopped) = self.service.store.write(self.origin(Action::Call), move |txn| {
            let kept = under::own(&txn.read(), me, keep.call)?;
            let mut under = kept.under;
            sight.fetch(&txn.read(), &world, RecordKind::Contact, under.contact.0)?;
            let (stopped, no_more) = {
                let world = read_lock(&world);
                (stopped(&world, &under, now), no_more(&world, &under, now))
            };
            super::said::check_texts(&keep.answers)?;
            under.until = held_until(now);
            under.answers = Some(keep.answers);
            under::keep(txn, me, &under, Some(&kept.draft), now)?;
            // What was typed is kept in any case.
            Ok::<_, Error>((CallKept { until: under.until, no_more }, stopped))
        })?;
        match stopped {
            Some(why) => Err(must_end(&why)),
            None => Ok(kept),
        }
    }

    /// The own calls that were begun and not recorded.
    pub(in crate::service) fn calls_open(&self) -> Result<Vec<OpenCall>, Error> {
        let (now, me, sight) = (self.now, self.grant.actor().user, self.sight().clone());
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let mut open = Vec::new();
            for kept in under::all(reader)?.into_iter().filter(|kept| kept.user == me) {
                let under = kept.under;
                let person = match sight.fetch(reader, &world, RecordKind::Contact, under.contact.0) {
                    Ok(person) => person,
                    // Gone out of sight since: nothing is told of the person.
                    Err(error) if error.code == Code::NotFound => continue,
                    Err(error) => return Err(error),
                };
                let world = read_lock(&world);
                open.push(OpenCall {
                    call: under.call,
                    contact: under.contact,
                    name: sight.title(&person, sight.relation_of(&world, &person))?,
                    stopped: stopped(&world, &under, now),
                    purpose: under.purpose,
                    number: under.number,
                    script: under.script,
                    list: under.list,
                    begun_at: under.begun_at,
                    until: under.until,
                    answers: under.answers,
                });
            }
            open.sort_by_key(|one| std::cmp::Reverse(one.begun_at));
            Ok(open)
        })
    }

    /// Forgets a call that was not made.
    pub(in crate::service) fn call_drop(&self, drop: &CallDrop) -> Result<(), Error> {
        let (me, call) = (self.grant.actor().user, drop.call);
        self.service.writable()?;
        self.service.store.write(self.origin(Action::Call), move |txn| {
            let kept = under::own(&txn.read(), me, call)?;
            let said = kept.under.answers.as_ref();
            if said.is_some_and(|said| !said.answers.is_empty() || said.objection.is_some()) {
                return Err(Error::refused(
                    "somebody was called and has answered: the call is recorded, not dropped",
                )
                .hint("record it, as interrupted if it ended in the middle"));
            }
            txn.drop_draft(&kept.draft)?;
            Ok(())
        })
    }
}
