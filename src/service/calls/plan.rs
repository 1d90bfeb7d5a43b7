//! What will be written of a call: its record and the events of the ledger, judged by what is known before.

use uuid::Uuid;

use super::card::asserted_reason;
use super::said::{self, Times, refuse};
use super::script::{self, Asked};
use super::situation::{Question, Verdict, judge_by};
use super::under::Kept;
use crate::api::call::CallScript;
use crate::api::{ConsentWithdraw, Error, Said};
use crate::domain::answers::{Answer, CallAnswers, Reply};
use crate::domain::call::{Answered, Call, Direction};
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentKind, Ledger, Way};
use crate::domain::contact::Contact;
use crate::domain::id::{ContactId, UserId};
use crate::domain::reach::{Labelled, Phone};
use crate::domain::time::Timestamp;
use crate::domain::value::{OneOf, WordList};
use crate::law::Law;
use crate::law::zone::Zone;
use crate::service::world::World;
use crate::service::{ledger, rules};
use crate::store::Stored;

/// What is told in every script that was checked: it is refused without.
const TOLD: [&str; 3] = ["retention", "right_to_withdraw", "right_to_object"];

/// Everything that is known of a call before anything is written.
pub(super) struct Known<'a> {
    pub world: &'a World,
    pub person: &'a Stored,
    pub contact: &'a Contact,
    pub call: &'a CallAnswers,
    pub times: Times,
    pub now: Timestamp,
    /// What was recorded of the person before.
    pub events: &'a [(Stored, ConsentEvent)],
    pub kept: Option<&'a Kept>,
}

/// What will be written.
pub(super) struct Plan {
    pub record: Call,
    pub events: Vec<ConsentEvent>,
    pub warnings: Vec<String>,
}

impl Known<'_> {
    pub(super) fn plan(&self, law: &Law, me: UserId, phone: Option<&Labelled<Phone>>) -> Result<Plan, Error> {
        let Known { world, person, contact, call, times, .. } = *self;
        let (number, known) =
            world.consents.active(&call.purpose).map_err(|error| said::at("purpose", error))?;
        if let Some(kept) = self.kept {
            if kept.under.purpose != known.purpose.name {
                return Err(refuse("purpose", format!("the call was begun for `{}`", kept.under.purpose)));
            }
            // A clock apart by a moment is no other call.
            if times.started.millis() < kept.under.begun_at.millis() - 60_000 {
                return Err(refuse("started_at", format!("the call was begun at {}", kept.under.begun_at)));
            }
        }
        let incoming = call.is_incoming();
        let then = Question { number, known, now: times.started };
        let verdict = (!incoming).then(|| self.verdict(law, &then, phone));
        let zone = self.zone()?;
        let script = self.script(law, me, known)?;
        let mut events = Vec::new();
        for (index, answer) in call.answers.iter().enumerate() {
            let path = format!("answers[{index}]");
            // What nobody registered is told as that, and not as a question that nobody asked.
            let (purpose, channel) = (answer.purpose.trim(), answer.channel);
            world.consents.active_on(purpose, channel).map_err(|error| said::at(&path, error))?;
            if answer.reply == Reply::Yes {
                self.may_say_yes(&path, answer, verdict.as_ref())?;
            }
            events.push(self.event(law, &path, answer, script.as_ref(), &zone)?);
        }
        if let Some(objection) = &call.objection {
            let withdraw = ConsentWithdraw {
                contact: ContactId(person.id),
                purpose: None,
                channel: None,
                words: objection.words.clone(),
                way: Way::Call,
                at: Some(objection.at.unwrap_or(times.ended)),
                zone: zone.clone(),
                objection: true,
            };
            let objected = ledger::withdrawals(world, person, &withdraw, self.now);
            events.extend(objected.map_err(|error| said::at("objection", error))?);
        }
        for event in &mut events {
            event.late = times.late;
            event.who_answered = match call.answered_by {
                Answered::Person => Answered::Person.word().to_owned(),
                Answered::Other | Answered::Nobody => {
                    format!("{}: {}", call.answered_by.word(), call.relation.trim())
                }
            };
        }
        let mut purposes = vec![known.purpose.name.clone()];
        for answer in &call.answers {
            let name = answer.purpose.trim().to_owned();
            if !purposes.contains(&name) {
                purposes.push(name);
            }
        }
        let mut third_parties: Vec<String> = Vec::new();
        for purpose in &purposes {
            let Ok((_, known)) = world.consents.named(purpose) else { continue };
            third_parties.extend(world.recipients_told(&known.purpose));
        }
        third_parties.sort();
        third_parties.dedup();
        let read_out = script.as_ref().filter(|_| call.read_at.is_some());
        let outcome = call.outcome_or_follows();
        let decision = match (&verdict, self.kept) {
            (None, _) => r#"{"allowed":true,"because":"the person called"}"#.to_owned(),
            (Some(_), Some(kept)) => kept.under.decision.clone(),
            (Some(verdict), None) => verdict.json.clone(),
        };
        let confirmation = call.confirmation.as_ref();
        let record = Call {
            direction: OneOf(Some(call.direction.unwrap_or(Direction::Outgoing))),
            purposes: WordList(purposes),
            decision,
            agent: Some(me),
            // With the address, as it was told (P1).
            controller: [&world.settings.controller, &world.settings.controller_address]
                .into_iter()
                .filter(|part| !part.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join(", "),
            on_behalf_of: call.on_behalf_of.trim().to_owned(),
            number: phone.map(|phone| phone.value.to_string()).unwrap_or_default(),
            shown_number: call.shown_number.trim().to_owned(),
            screening: verdict.as_ref().map(|verdict| verdict.screening.clone()).unwrap_or_default(),
            answered_by: OneOf(Some(call.answered_by)),
            relation: match call.answered_by {
                Answered::Person if call.relation.trim().is_empty() => "self".to_owned(),
                Answered::Person | Answered::Other | Answered::Nobody => call.relation.trim().to_owned(),
            },
            identity: call.identity.trim().to_owned(),
            started_at: Some(times.started),
            answered_at: call.answered_at,
            ended_at: Some(times.ended),
            zone,
            person_zone: contact
                .country
                .and_then(Zone::of)
                .map(|zone| zone.name().to_owned())
                .unwrap_or_default(),
            language: script.as_ref().map(|script| script.language.clone()).or_else(|| call.language.clone()),
            script: read_out.map(|script| script.script.clone()).unwrap_or_default(),
            wording: read_out.map(|script| script.text.clone()).unwrap_or_default(),
            wording_sha256: read_out.map(|script| script.sha256.clone()).unwrap_or_default(),
            read_at: call.read_at,
            notice: read_out.map(|script| script.notice.clone()).unwrap_or_default(),
            told: WordList(read_out.map(|_| TOLD.map(str::to_owned).to_vec()).unwrap_or_default()),
            third_parties: WordList(third_parties),
            age: call.age.trim().to_owned(),
            outcome: OneOf(Some(outcome)),
            note: call.note.trim_end().to_owned(),
            confirmation: confirmation.map(|one| one.text.clone()).unwrap_or_default(),
            confirmation_sha256: confirmation
                .map(|one| crate::domain::wording::sha256(one.text.as_bytes()))
                .unwrap_or_default(),
            confirmation_by: confirmation.map(|one| one.by.trim().to_owned()).unwrap_or_default(),
            list: self.list(me, &known.purpose.name).map(|list| list.to_string()).unwrap_or_default(),
            late: times.late,
            interrupted: call.interrupted,
            custom: Default::default(),
        };
        let follow = call.follow_up.as_ref().map_or("", |follow| follow.text.as_str());
        let mut warnings = rules::text_warnings(&format!("{}\n{follow}", call.note));
        if let Some(verdict) = verdict.filter(|verdict| !verdict.allowed) {
            warnings.push(format!("this call was not permitted: {}", verdict.line));
        }
        if times.late {
            warnings.push("recorded more than an hour after the call: it is labelled as late, and is no proof of a call".to_owned());
        }
        Ok(Plan { record, events, warnings })
    }

    /// What the rules said when the call was made, by what was known to have happened before it.
    fn verdict(&self, law: &Law, then: &Question<'_>, phone: Option<&Labelled<Phone>>) -> Verdict {
        let purpose = &then.known.purpose;
        let started = self.times.started;
        let before = self.events.iter().map(|(_, event)| event);
        let ledger = Ledger::of(before.filter(|event| event.at.is_some_and(|at| at <= started)));
        let standing = ledger.standing(&purpose.name, Channel::Phone, purpose.marketing, started);
        let reason = asserted_reason(self.events, &purpose.name);
        judge_by(law, self.world, self.person.id, self.contact, phone, then, &standing, &reason)
    }

    /// The time zone of whoever called, as the record has it: offset and IANA name.
    fn zone(&self) -> Result<String, Error> {
        let own = self.call.zone.trim();
        let zone: Zone = if own.is_empty() {
            self.world.settings.country.and_then(Zone::of).unwrap_or(Zone::UTC)
        } else {
            own.parse().map_err(|why| refuse("zone", why))?
        };
        Ok(format!("{} {}", zone.local(self.times.started).format("%:z"), zone.name()))
    }

    /// What was read out.
    fn script(
        &self,
        law: &Law,
        me: UserId,
        purpose: &crate::service::consents::Known,
    ) -> Result<Option<CallScript>, Error> {
        let call = self.call;
        let named = call.script.trim();
        let script = match self.kept.and_then(|kept| kept.under.script.clone()) {
            // The words that were read out, whatever became of the script meanwhile.
            Some(script) if named.is_empty() || named == script.script => script,
            _ if named.is_empty() => return Ok(None),
            _ => {
                let asked = Asked {
                    law,
                    agent: me.0,
                    person: self.person.id,
                    contact: self.contact,
                    purpose,
                    now: self.times.started,
                };
                let answered: Vec<(String, Channel)> =
                    call.answers.iter().map(|one| (one.purpose.trim().to_owned(), one.channel)).collect();
                script::read_out(self.world, &asked, named, &answered)?
            }
        };
        let hash = call.wording_sha256.trim();
        if !hash.is_empty() && !hash.eq_ignore_ascii_case(&script.sha256) {
            return Err(refuse("wording_sha256", "what was read out is not what the store's script says")
                .hint("a script that was edited is a new version: add it, and name that one"));
        }
        if call.language.as_ref().is_some_and(|language| *language != script.language)
            && call.read_at.is_some()
        {
            return Err(refuse(
                "language",
                format!("the script {} is in `{}`", script.script, script.language),
            ));
        }
        Ok(Some(script))
    }

    /// Refuses a yes that counts for nothing: of a call that was not permitted, or when the person said no elsewhere since
    /// the call began.
    fn may_say_yes(&self, path: &str, answer: &Answer, verdict: Option<&Verdict>) -> Result<(), Error> {
        if let Some(verdict) = verdict.filter(|verdict| !verdict.allowed) {
            return Err(refuse(
                path,
                format!(
                    "the call was not permitted when it was made, so a yes in it counts for nothing ({})",
                    verdict.line
                ),
            )
            .hint("record the call without the yes"));
        }
        let started = self.times.started;
        let purpose = answer.purpose.trim();
        let marketing = self.world.consents.named(purpose).is_ok_and(|(_, known)| known.purpose.marketing);
        if marketing && self.call.objection.is_some() {
            return Err(refuse(path, "the person objected in the same call: there is no yes to marketing"));
        }
        for (stored, event) in self.events {
            let concerns = event.purpose == purpose && event.channel.0 == Some(answer.channel)
                || marketing && event.kind.0 == Some(ConsentKind::Objected);
            let no = event.kind.0.is_some_and(ConsentKind::is_no);
            let since = event.at.is_some_and(|at| at >= started) || stored.record.created_at >= started;
            if concerns && no && since {
                let kind = event.kind.0.map_or("", ConsentKind::word);
                return Err(refuse(
                    path,
                    format!(
                        "the person has {kind} meanwhile (recorded at {}): this yes counts for nothing",
                        stored.record.created_at
                    ),
                )
                .hint("record the call without the yes; ask anew in another call, if one is permitted"));
            }
        }
        Ok(())
    }

    /// The event that an answer becomes.
    fn event(
        &self,
        law: &Law,
        path: &str,
        answer: &Answer,
        script: Option<&CallScript>,
        zone: &str,
    ) -> Result<ConsentEvent, Error> {
        let purpose = answer.purpose.trim();
        let kind = match answer.reply {
            Reply::Yes => ConsentKind::Given,
            Reply::No => ConsentKind::Refused,
            Reply::Later => ConsentKind::Deferred,
        };
        let asked = script.and_then(|script| {
            let mut all = script.questions.iter();
            all.find(|question| question.purpose == purpose && question.channel == answer.channel)
        });
        let question = match answer.question.trim() {
            "" => asked.map(|question| question.text.clone()).unwrap_or_default(),
            own => own.to_owned(),
        };
        if answer.reply == Reply::Yes && question.is_empty() {
            return Err(refuse(
                format!("{path}.question"),
                "it is not told what the person was asked, and the script does not ask it",
            ));
        }
        let mut said = Said::new(kind, purpose, answer.channel, Way::Call, &answer.words);
        said.at = Some(answer.at.unwrap_or(self.times.ended));
        said.zone = zone.to_owned();
        said.question = question;
        said.language = script.map(|script| script.language.clone()).or_else(|| self.call.language.clone());
        said.until = answer.until;
        said.notice = script.map(|script| script.notice.clone()).unwrap_or_default();
        said.products = answer.products.trim().to_owned();
        said.age = self.call.age.trim().to_owned();
        if let Ok((_, known)) = self.world.consents.named(purpose) {
            said.third_parties = self.world.recipients_told(&known.purpose).join(", ");
        }
        let event = ledger::event_of(self.world, law, self.person, said, self.now);
        let mut event = event.map_err(|error| {
            let inner = error.field.as_deref().map(|field| format!("{path}.{field}"));
            said::at(inner.as_deref().unwrap_or(path), error)
        })?;
        event.script = script.map(|script| script.script.clone()).unwrap_or_default();
        Ok(event)
    }

    /// The call list that the call was made from: named when it was begun, or one from which the caller has the person.
    fn list(&self, me: UserId, purpose: &str) -> Option<Uuid> {
        if let Some(list) = self.kept.and_then(|kept| kept.under.list) {
            return Some(list);
        }
        let claimed = self.world.work.placed(self.person.id).filter(|(listed, place)| {
            listed.list.purpose == purpose
                && place.claimed_by == Some(me.0)
                && place.state == crate::domain::call::EntryState::Claimed
        });
        // Of several, the one that was taken last.
        claimed.map(|(listed, place)| (place.claimed_until, listed.id)).max().map(|(_, list)| list)
    }
}
