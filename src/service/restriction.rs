//! Restriction (Art. 18 GDPR): a person's data are kept and used for nothing, until what is contested is settled.
//!
//! Whoever is restricted is there for those alone who answer persons ([`Verb::Answer`](crate::domain::access::Verb::Answer)),
//! by the same notion as a quarantine ([`KeptOut`](super::index::KeptOut)): what is kept out is in no list, count, search,
//! export, call or task of anybody else. Duplicates that were merged into the person are restricted with them. It ends by a
//! decision, of which the person is told before (Art. 18(3) GDPR), and not by itself.

use std::sync::RwLock;

use super::calls::day_at_home;
use super::recipients::{Told, given, notify};
use super::requests::{by_request, lacking, letter_facts, needed, past, text, tongue};
use super::sight::Sight;
use super::world::World;
use super::{Ask, publish, read_lock};
use crate::api::rights::Restricted;
use crate::api::{Error, SubjectLift, SubjectRestrict};
use crate::domain::contact::Contact;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::ContactId;
use crate::domain::request::Right;
use crate::domain::value::{Kind, OneOf};
use crate::domain::wording::{Letter, LetterFacts, letter};
use crate::store::{Reader, Stored};

/// The records of a person: the one that is named, and those that were merged into it.
fn all_of(
    reader: &Reader<'_>,
    sight: &Sight,
    world: &RwLock<World>,
    contact: ContactId,
) -> Result<Vec<Stored>, Error> {
    let mut all = vec![sight.fetch_to_change(reader, world, RecordKind::Contact, contact.0)?];
    let world = read_lock(world);
    for id in world.selves(contact.0).into_iter().filter(|id| *id != contact.0) {
        all.extend(sight.record(reader, &world, RecordKind::Contact, id)?);
    }
    Ok(all)
}

impl Ask<'_> {
    pub(super) fn subject_restrict(&self, asked: SubjectRestrict) -> Result<Restricted, Error> {
        let SubjectRestrict { contact, request, reason, until, terms } = asked;
        let terms = text(Kind::LongText, &terms, "terms")?;
        let (now, sight, me) = (self.now, self.sight().clone(), self.grant.actor().user);
        let (restricted, _) = self.transact(Action::Edit, move |txn, world| {
            if let Some(number) = request {
                // To contest data or to object restricts them as well, until it is decided.
                let rights = [Right::Restriction, Right::Rectification, Right::Objection, Right::Erasure];
                by_request(&txn.read(), &sight, world, number, contact, &rights)?;
            }
            let all = all_of(&txn.read(), &sight, world, contact)?;
            let Some(person) = all.first() else { return Err(Error::failed("the person is not there")) };
            if let Some(since) = person.entity::<Contact>()?.restricted_at {
                return Err(Error::conflict(format!("the person's data are restricted since {since}")));
            }
            let today = day_at_home(&read_lock(world), now);
            if until.is_some_and(|until| until <= today) {
                return Err(Error::usage("the day on which it is looked at again lies ahead").at("until"));
            }
            let given = given(&txn.read(), &sight, &read_lock(world), person)?;
            for stored in &all {
                let mut one: Contact = stored.entity()?;
                one.restricted_at = Some(now);
                one.restricted_for = OneOf(Some(reason));
                one.restricted_until = until;
                one.restricted_terms = terms.clone();
                one.restriction_lifted = String::new();
                txn.update(stored, one.fields())?;
            }
            let tasks = notify(txn, me, person, &given, Told::Restricted, request, now)?;
            publish(world, txn, &all)?;
            let (since, reason, letter) = (Some(now), Some(reason), String::new());
            Ok(Restricted { contact, since, reason, until, tasks, letter, warnings: Vec::new() })
        })?;
        Ok(restricted)
    }

    pub(super) fn subject_lift(&self, asked: SubjectLift) -> Result<Restricted, Error> {
        let SubjectLift { contact, reason, told } = asked;
        let why = "say what was settled: a restriction does not end by itself";
        let reason = needed(Kind::LongText, &reason, "reason", why)?;
        let (now, sight, me) = (self.now, self.sight().clone(), self.grant.actor().user);
        let (lifted, _) = self.transact(Action::Edit, move |txn, world| {
            let all = all_of(&txn.read(), &sight, world, contact)?;
            let Some(person) = all.first() else { return Err(Error::failed("the person is not there")) };
            let was: Contact = person.entity()?;
            let Some(since) = was.restricted_at else {
                return Err(Error::refused("the person's data are not restricted"));
            };
            let (today, began, letter, warnings) = {
                let world = read_lock(world);
                let today = day_at_home(&world, now);
                let facts =
                    LetterFacts { reason: reason.clone(), ..letter_facts(&world, today, was.display_name()) };
                let letter = letter(Letter::Lifting, tongue(&world, None, Some(&was)), &facts);
                (today, day_at_home(&world, since), letter, lacking(&world))
            };
            let answer = |since, reason, until, tasks| Restricted {
                contact,
                since,
                reason,
                until,
                tasks,
                letter,
                warnings,
            };
            let Some(told) = told else {
                return Ok(answer(Some(since), was.restricted_for.0, was.restricted_until, Vec::new()));
            };
            let told = past(told, today, "told")?;
            if told < began {
                return Err(Error::refused(format!("on {told} the data were not restricted yet")).at("told"));
            }
            let given = given(&txn.read(), &sight, &read_lock(world), person)?;
            for stored in &all {
                let mut one: Contact = stored.entity()?;
                one.restricted_at = None;
                one.restricted_for = OneOf(None);
                one.restricted_until = None;
                one.restricted_terms = String::new();
                one.restriction_lifted = format!("{today}: {reason} (the person was told on {told})");
                txn.update(stored, one.fields())?;
            }
            let tasks = notify(txn, me, person, &given, Told::Lifted, None, now)?;
            publish(world, txn, &all)?;
            Ok(answer(None, None, None, tasks))
        })?;
        Ok(lifted)
    }
}
