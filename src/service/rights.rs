//! Rectification (Art. 16 GDPR), and objection and withdrawal by request (Art. 21 and 7(3) GDPR).

use std::sync::RwLock;

use uuid::Uuid;

use super::edit::{check_revision, link_company, resolve};
use super::ledger::{append, check_time, suppress_objected, withdrawals};
use super::recipients::{Told, given, notify};
use super::requests::{self, by_request, decide, put};
use super::sight::Sight;
use super::view::is_deleted;
use super::world::World;
use super::{Ask, publish, read_lock, rules, suppression};
use crate::api::rights::{Objected, Rectified};
use crate::api::view::Edited;
use crate::api::{ConsentWithdraw, Error, SubjectObject, SubjectRectify};
use crate::domain::contact::Contact;
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::fold;
use crate::domain::history::{Action, diff};
use crate::domain::id::{ContactId, UserId};
use crate::domain::request::{RequestState, Right, SubjectRequest};
use crate::domain::time::Timestamp;
use crate::store::{Stored, WriteTxn};

const KIND: RecordKind = RecordKind::Contact;

/// The names of fields, as they are told to others.
fn labels(world: &World, changed: &[FieldKey]) -> String {
    let label = |key: &FieldKey| world.schema.by_key(KIND, *key).map(|info| info.label.clone());
    changed.iter().filter_map(label).collect::<Vec<_>>().join(", ")
}

/// Stages the tasks that tell recipients of a correction, and answers with them.
pub(super) fn tell_of_correction(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    sight: &Sight,
    me: UserId,
    before: &Stored,
    changed: &[FieldKey],
    request: Option<i64>,
    now: Timestamp,
) -> Result<Vec<(Uuid, String)>, Error> {
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let (given, fields) = {
        let world = read_lock(world);
        (given(&txn.read(), sight, &world, before)?, labels(&world, changed))
    };
    let tasks = notify(txn, me, before, &given, Told::Rectified(&fields), request, now)?;
    publish(world, txn, std::slice::from_ref(before))?;
    Ok(tasks)
}

impl Ask<'_> {
    pub(super) fn subject_rectify(&self, asked: SubjectRectify) -> Result<Rectified, Error> {
        let SubjectRectify { contact, request, fields: edits, expect_revision } = asked;
        let (now, sight, me) = (self.now, self.sight().clone(), self.grant.actor().user);
        let (rectified, _) = self.transact(Action::Edit, move |txn, world| {
            if let Some(number) = request {
                by_request(&txn.read(), &sight, world, number, contact, &[Right::Rectification])?;
            }
            let stored = sight.fetch_to_change(&txn.read(), world, KIND, contact.0)?;
            let now_fields: &Fields = &stored.record.fields;
            if is_deleted(now_fields, KIND) {
                return Err(rules::deleted(KIND));
            }
            let relation = sight.relation_of(&read_lock(world), &stored);
            let resolved =
                resolve(&read_lock(world), &sight, Some(relation), KIND, edits, now_fields, None, me)?;
            let mut fields = resolved.applied(now_fields);
            let mut warnings = Vec::new();
            if let Some(name) = &resolved.new_company {
                warnings.extend(link_company(txn, world, &mut fields, name)?);
            }
            if let Some(expected) = expect_revision {
                let named: Vec<FieldKey> = resolved.fields.iter().map(|(key, _)| *key).collect();
                check_revision(&txn.read(), world, &sight, &stored, expected, &named, &fields)?;
            }
            warnings.extend(rules::check(KIND, Some(now_fields), &fields)?);
            let suppressed =
                suppression::guard::warnings(&read_lock(world).suppression, KIND, Some(now_fields), &fields);
            warnings.extend(suppressed);
            let changed: Vec<FieldKey> = diff(now_fields, &fields).iter().map(|one| one.field).collect();
            let revision =
                txn.update(&stored, fields)?.map_or(stored.record.revision, |one| one.record.revision);
            let tasks = tell_of_correction(txn, world, &sight, me, &stored, &changed, request, now)?;
            publish(world, txn, std::slice::from_ref(&stored))?;
            Ok(Rectified { edited: Edited { revision, changed, warnings }, tasks })
        })?;
        Ok(rectified)
    }

    pub(super) fn subject_object(&self, asked: SubjectObject) -> Result<Objected, Error> {
        let SubjectObject { contact, request, purpose, objection, words, way, zone } = asked;
        let (now, sight, me) = (self.now, self.sight().clone(), self.grant.actor().user);
        let action = Action::Withdraw;
        let (objected, _) = self.transact(action, move |txn, world| {
            let right = if objection { Right::Objection } else { Right::Withdrawal };
            let asked = match request {
                Some(number) => Some(by_request(&txn.read(), &sight, world, number, contact, &[right])?),
                None => None,
            };
            let person = sight.fetch(&txn.read(), world, KIND, contact.0)?;
            let mut closing: Option<SubjectRequest> = asked.as_ref().map(Stored::entity).transpose()?;
            // What the person wrote is in the request, unless somebody says more.
            let words = match &closing {
                Some(asked) if words.trim().is_empty() => asked.words.clone(),
                Some(_) | None => words,
            };
            check_time(now, now)?;
            let (channel, at) = (None, None);
            let withdraw = ConsentWithdraw { contact, purpose, channel, words, way, at, zone, objection };
            let events = withdrawals(&read_lock(world), &person, &withdraw, now)?;
            let shared = shared(txn, world, &sight, &person)?;
            let concerned = suppress_objected(txn, world, &person, &events)?;
            let recorded = append(txn, world, &person, &events, &concerned, now)?;
            let mut view = None;
            if let (Some(stored), Some(one)) = (&asked, &mut closing) {
                decide(one, RequestState::Done, me, now);
                let after = put(txn, world, stored, one)?;
                let world = read_lock(world);
                let today = super::calls::day_at_home(&world, now);
                view = Some(requests::view(&txn.read(), &sight, &world, &after, today)?);
            }
            Ok(Objected { lines: recorded.lines, delete_on: recorded.delete_on, request: view, shared })
        })?;
        Ok(objected)
    }
}

/// Who else in sight has a number or an address of the person, and which.
fn shared(
    txn: &WriteTxn<'_>,
    world: &RwLock<World>,
    sight: &Sight,
    person: &Stored,
) -> Result<Vec<(ContactId, String, String)>, Error> {
    let contact: Contact = person.entity()?;
    let world = read_lock(world);
    let mut found: Vec<(Uuid, String)> = Vec::new();
    for phone in &contact.phones {
        let ids = world.contacts.by_phone(phone.value.e164());
        found.extend(ids.into_iter().map(|id| (id, phone.value.readable())));
    }
    for email in &contact.emails {
        let ids = world.contacts.by_email(&fold::email(email.value.as_str()));
        found.extend(ids.into_iter().map(|id| (id, email.value.to_string())));
    }
    let mut shared = Vec::new();
    for (id, what) in found {
        if id == person.id || world.is_deleted(id) {
            continue;
        }
        let Some(other) = sight.record(&txn.read(), &world, KIND, id)? else { continue };
        let name = sight.title(&other, sight.relation_of(&world, &other))?;
        shared.push((ContactId(id), name, what));
    }
    shared.sort();
    shared.dedup();
    Ok(shared)
}
