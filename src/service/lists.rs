//! Call lists: people to call for one purpose, worked one after another, each by one person at a time.
//!
//! Whoever asks for the next gets a person that may be called at that moment, held for a quarter of an hour inside the
//! storage transaction, so that two never get the same. Whom no rule permits any more is withheld and not dialled.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::calls::{HELD, Question, begin_may_call, card_of, held_elsewhere, judged};
use super::sight::Sight;
use super::view::is_deleted;
use super::work::{Listed, Place};
use super::world::World;
use super::{Ask, publish, read_lock};
use crate::api::work::{CallListCard, CallListView, CallPlace, NextCall, PutBack};
use crate::api::{
    CallListClose, CallListMake, CallListNext, CallListPut, CallListShow, CallLists, Code, Error,
};
use crate::domain::access::{Access, Relation, Verb};
use crate::domain::call::{CallEntry, CallList, CallListField, EntryState};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SubjectId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::value::{Kind, OneOf, Value, WordList};
use crate::store::{Stored, WriteTxn};

/// Most people on one list: more than a team calls in a month.
const MOST: usize = 10_000;
/// Records read in one visit of the storage thread.
const SLICE: usize = 1_000;

fn closed(name: &str) -> Error {
    Error::refused(format!("the call list `{name}` is closed: nobody is called from it"))
}

/// The list of this id or name; of several with one name, the one that was made last and is open.
fn find<'w>(world: &'w World, wanted: &str) -> Result<&'w Listed, Error> {
    let wanted = wanted.trim();
    if let Some(listed) = wanted.parse::<Uuid>().ok().and_then(|id| world.work.list(id)) {
        return Ok(listed);
    }
    let named = world.work.lists().filter(|listed| listed.list.name == wanted);
    let found = named.max_by_key(|listed| (listed.list.closed_at.is_none(), listed.created_at, listed.id));
    found.ok_or_else(|| {
        let near = world
            .work
            .lists()
            .map(|listed| (strsim::osa_distance(&listed.list.name, wanted), &listed.list.name))
            .min();
        let error = Error::not_found(format!("there is no call list `{wanted}`"));
        match near {
            Some((distance, near)) if distance <= 3 => error.hint(format!("did you mean `{near}`?")),
            Some(_) | None => error.hint("`callbook call-list list` shows them"),
        }
    })
}

/// A list as somebody is shown it: the query, which can name persons, to whoever sees them all (`domain::access`); whoever is
/// kept from the actor is not counted.
fn view(world: &World, sight: &Sight, listed: &Listed) -> CallListView {
    let key = CallListField::query.key();
    let reads_query = sight.access(RecordKind::CallList, Relation::Own, key) >= Access::Read;
    let CallList { name, purpose, query, team, owner, size, withheld, closed_at, .. } = &listed.list;
    let mut states: BTreeMap<EntryState, u64> = BTreeMap::new();
    let mut done: BTreeMap<Uuid, u64> = BTreeMap::new();
    let mut kept_out = 0_u64;
    for place in listed.places.values() {
        if sight.keeps_out(world, place.contact) {
            kept_out += 1;
            continue;
        }
        *states.entry(place.state).or_default() += 1;
        if let (EntryState::Done, Some(user)) = (place.state, place.claimed_by) {
            *done.entry(user).or_default() += 1;
        }
    }
    let counted = |word: &String| {
        let (reason, count) = word.rsplit_once(' ')?;
        Some((reason.to_owned(), count.parse().ok()?))
    };
    CallListView {
        id: listed.id,
        name: name.clone(),
        purpose: purpose.clone(),
        query: if reads_query { query.clone() } else { String::new() },
        team: team.clone(),
        owner: owner.map(|user| world.user_name(user.0)).unwrap_or_default(),
        created_at: listed.created_at,
        closed_at: *closed_at,
        size: u64::try_from(*size).unwrap_or_default().saturating_sub(kept_out),
        left_out: withheld.0.iter().filter_map(counted).collect(),
        states: states.into_iter().collect(),
        done_by: done.into_iter().map(|(user, count)| (world.user_name(user), count)).collect(),
    }
}

impl Ask<'_> {
    /// Makes a list of those whom a query finds and who may be called for a purpose, if not at this hour.
    pub(super) fn call_list_make(&self, make: CallListMake) -> Result<CallListView, Error> {
        let line = |text: &str, field: &str| {
            let value = Kind::Text.parse(text, None).map_err(|why| Error::from(why).at(field))?;
            Ok::<_, Error>(match value {
                Some(Value::Text(text)) => text,
                Some(_) | None => String::new(),
            })
        };
        let (name, query, team) =
            (line(&make.name, "name")?, line(&make.query, "query")?, line(&make.team, "team")?);
        if name.is_empty() {
            return Err(Error::usage("a call list needs a name").at("name"));
        }
        let ids = self.find(RecordKind::Contact, &query)?;
        let (now, law, me) = (self.now, self.law(), self.grant.actor().user);
        let mut taken = Vec::new();
        let mut left: BTreeMap<String, u64> = BTreeMap::new();
        for slice in ids.chunks(SLICE) {
            let (slice, sight, law, purpose) =
                (slice.to_vec(), self.sight().clone(), law.clone(), make.purpose.clone());
            let world = Arc::clone(&self.service.world);
            let verdicts = self.service.store.read(move |reader| {
                let world = read_lock(&world);
                let (number, known) = world.consents.active(&purpose)?;
                let question = Question { number, known, now };
                let mut verdicts = Vec::with_capacity(slice.len());
                for id in slice {
                    let Some(person) = sight.record(reader, &world, RecordKind::Contact, id)? else {
                        continue;
                    };
                    let verdict = judged(reader, &law, &sight, &world, &person, &question)?.verdict;
                    let waits = !verdict.allowed && verdict.next_allowed_at.is_some();
                    let why = verdict.looked.iter().find(|looked| looked.outcome == "refused");
                    let why = why.filter(|_| !verdict.allowed && !waits).map(|looked| looked.point.clone());
                    verdicts.push((id, why));
                }
                Ok::<_, Error>(verdicts)
            })?;
            for (id, why) in verdicts {
                match why {
                    None => taken.push(id),
                    Some(why) => *left.entry(why).or_default() += 1,
                }
            }
            if taken.len() > MOST {
                return Err(Error::refused(format!(
                    "more than {MOST} people may be called: that is more than a list holds"
                ))
                .hint("narrow the query, by country, team or tag"));
            }
        }
        if taken.is_empty() {
            let reasons: Vec<String> = left.iter().map(|(why, count)| format!("{count} {why}")).collect();
            let error = Error::refused("nobody of these may be called for that purpose");
            return Err(if reasons.is_empty() {
                error.hint("the query finds nobody")
            } else {
                error.hint(format!("held back: {}", reasons.join(", ")))
            });
        }
        let purpose = self.world().consents.active(&make.purpose)?.1.purpose.name.clone();
        let list = CallList {
            name,
            purpose,
            query,
            team,
            owner: Some(me),
            size: i64::try_from(taken.len()).unwrap_or(i64::MAX),
            withheld: WordList(left.iter().map(|(why, count)| format!("{why} {count}")).collect()),
            closed_at: None,
            custom: BTreeMap::new(),
        };
        let sight = self.sight().clone();
        let (made, _) = self.transact(Action::Call, move |txn, world| {
            let open = read_lock(world)
                .work
                .lists()
                .any(|one| one.list.name == list.name && one.list.closed_at.is_none());
            if open {
                return Err(Error::conflict(format!("there is an open call list `{}` already", list.name))
                    .hint("close it, or take another name")
                    .at("name"));
            }
            let stored = txn.create(SubjectId::NOBODY, &list)?;
            for (place, id) in (1_i64..).zip(&taken) {
                let entry = CallEntry {
                    list: stored.id.to_string(),
                    place,
                    state: OneOf(Some(EntryState::Open)),
                    ..CallEntry::default()
                };
                txn.create(SubjectId(*id), &entry)?;
            }
            publish(world, txn, &[])?;
            let world = read_lock(world);
            let listed = world.work.list(stored.id).ok_or_else(|| Error::failed("the list is not there"))?;
            Ok(view(&world, &sight, listed))
        })?;
        Ok(made)
    }

    pub(super) fn call_lists(&self, asked: &CallLists) -> Vec<CallListView> {
        let world = self.world();
        let shown = world.work.lists().filter(|listed| asked.closed || listed.list.closed_at.is_none());
        let mut lists: Vec<CallListView> = shown.map(|listed| view(&world, self.sight(), listed)).collect();
        lists.sort_by_key(|list| (list.closed_at.is_some(), std::cmp::Reverse(list.created_at), list.id));
        lists
    }

    pub(super) fn call_list_show(&self, asked: &CallListShow) -> Result<CallListCard, Error> {
        let (sight, wanted) = (self.sight().clone(), asked.list.clone());
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let listed = find(&world, &wanted)?;
            let mut places = Vec::new();
            for place in listed.places.values() {
                if !sight.sees(&world, RecordKind::CallEntry, place.id) {
                    continue;
                }
                let Some(person) = sight.record(reader, &world, RecordKind::Contact, place.contact)? else {
                    continue;
                };
                places.push(CallPlace {
                    contact: ContactId(place.contact),
                    name: sight.title(&person, sight.relation_of(&world, &person))?,
                    place: place.place,
                    state: place.state,
                    claimed_by: place.claimed_by.map(|user| world.user_name(user)).unwrap_or_default(),
                    attempts: place.attempts,
                    due: place.due,
                    reason: place.reason.clone(),
                });
            }
            Ok(CallListCard { list: view(&world, &sight, listed), places })
        })
    }

    /// Whom to call next from a list: nobody when nobody is left who may be called now.
    pub(super) fn call_list_next(&self, asked: &CallListNext) -> Result<Option<NextCall>, Error> {
        let (now, sight, law, me) = (self.now, self.sight().clone(), self.law(), self.grant.actor().user);
        let wanted = asked.list.clone();
        let (next, _) = self.transact(Action::Call, move |txn, world| {
            let (list, purpose, mut places) = {
                let world = read_lock(world);
                let listed = find(&world, &wanted)?;
                if listed.list.closed_at.is_some() {
                    return Err(closed(&listed.list.name));
                }
                if !listed.list.team.is_empty() && listed.list.team != sight.team() {
                    return Err(Error::new(
                        Code::Denied,
                        format!("the call list is worked on by the team {}", listed.list.team),
                    ));
                }
                let places: Vec<Place> = listed.places.values().cloned().collect();
                (listed.id, listed.list.purpose.clone(), places)
            };
            // Whom one has already; then who asked to be called at a time that has come; then the list in its order.
            let rank = |place: &Place| {
                let mine = place.claimed_by == Some(me.0) && place.is_claimed(now);
                (!mine, place.state != EntryState::Later, place.due, place.place)
            };
            places.sort_by_key(rank);
            let mut before = Vec::new();
            let mut found = None;
            for place in places {
                let mine = place.claimed_by == Some(me.0) && place.is_claimed(now);
                if !mine && !place.is_free(now) {
                    continue;
                }
                let step = take(txn, &read_lock(world), &law, &sight, me, &place, &purpose, now)?;
                let Some((stored, entry, card)) = step else { continue };
                txn.update(&stored, entry.fields())?;
                before.push(stored);
                if let Some(card) = card {
                    let until = entry.claimed_until.unwrap_or(now);
                    found = Some(NextCall { list, contact: ContactId(place.contact), until, card });
                    break;
                }
            }
            publish(world, txn, &before)?;
            Ok(found)
        })?;
        if let Some(next) = &next {
            self.witness_call(next.contact)?;
        }
        Ok(next)
    }

    /// Puts a person back whom one has before one: for later, for others, or not from this list.
    pub(super) fn call_list_put(&self, put: CallListPut) -> Result<(), Error> {
        let (now, sight, me) = (self.now, self.sight().clone(), self.grant.actor().user);
        if let PutBack::Later { at } = &put.put
            && *at <= now
        {
            return Err(Error::refused(format!("{at} is over")).hint("name a time that lies ahead").at("at"));
        }
        self.transact(Action::Call, move |txn, world| {
            let place = {
                let world = read_lock(world);
                let listed = find(&world, &put.list)?;
                let of_list = world.work.placed(put.contact.0).find(|(one, _)| one.id == listed.id);
                let place = of_list.map(|(_, place)| place);
                let place =
                    place.filter(|place| sight.sees(&world, RecordKind::CallEntry, place.id)).cloned();
                place.ok_or_else(|| Error::not_found("the person is not on this call list"))?
            };
            let stored = sight.fetch_to_change(&txn.read(), world, RecordKind::CallEntry, place.id)?;
            if place.is_claimed(now) && place.claimed_by != Some(me.0) {
                let who = read_lock(world).user_name(place.claimed_by.unwrap_or_default());
                return Err(Error::conflict(format!("{who} has this person before them")));
            }
            let mut entry: CallEntry = stored.entity()?;
            let (state, due, reason) = match put.put {
                PutBack::Skip { reason } => {
                    let reason = match Kind::Text.parse(&reason, None)? {
                        Some(Value::Text(reason)) => reason,
                        Some(_) | None => String::new(),
                    };
                    (EntryState::Skipped, None, reason)
                }
                PutBack::Later { at } => (EntryState::Later, Some(at), String::new()),
                PutBack::Release => (EntryState::Open, None, String::new()),
            };
            (entry.state, entry.due, entry.reason) = (OneOf(Some(state)), due, reason);
            (entry.claimed_by, entry.claimed_until) = (None, None);
            txn.update(&stored, entry.fields())?;
            publish(world, txn, std::slice::from_ref(&stored))
        })?;
        Ok(())
    }

    /// Closes a list: nobody is called from it any more.
    pub(super) fn call_list_close(&self, close: &CallListClose) -> Result<CallListView, Error> {
        let (now, sight, wanted) = (self.now, self.sight().clone(), close.list.clone());
        let (view, _) = self.transact(Action::Call, move |txn, world| {
            let id = find(&read_lock(world), &wanted)?.id;
            let stored = sight.fetch_to_change(&txn.read(), world, RecordKind::CallList, id)?;
            let mut list: CallList = stored.entity()?;
            if list.closed_at.is_none() {
                list.closed_at = Some(now);
                txn.update(&stored, list.fields())?;
                publish(world, txn, std::slice::from_ref(&stored))?;
            }
            let world = read_lock(world);
            Ok(view(&world, &sight, find(&world, &id.to_string())?))
        })?;
        Ok(view)
    }
}

/// Looks at one person of a list: `None` when the person is somebody else's; else the entry as it is to be, with the card
/// when the person was taken.
fn take(
    txn: &WriteTxn<'_>,
    world: &World,
    law: &crate::law::Law,
    sight: &Sight,
    me: UserId,
    place: &Place,
    purpose: &str,
    now: Timestamp,
) -> Result<Option<(Stored, CallEntry, Option<crate::api::CallCard>)>, Error> {
    let reader = txn.read();
    let Some(stored) = sight.record(&reader, world, RecordKind::CallEntry, place.id)? else {
        return Ok(None);
    };
    let Some(person) = sight.record(&reader, world, RecordKind::Contact, place.contact)? else {
        return Ok(None);
    };
    let mut entry: CallEntry = stored.entity()?;
    if is_deleted(&person.record.fields, RecordKind::Contact) {
        (entry.state, entry.reason) = (OneOf(Some(EntryState::Withheld)), "deleted".to_owned());
        (entry.claimed_by, entry.claimed_until) = (None, None);
        return Ok(Some((stored, entry, None)));
    }
    if begin_may_call(sight, world, &person).is_err() {
        return Ok(None);
    }
    let (number, known) = world.consents.active(purpose)?;
    let question = Question { number, known, now };
    if held_elsewhere(&reader, world, &question, place.contact, me.0)? {
        return Ok(None);
    }
    let (card, verdict) = card_of(&reader, law, sight, world, &person, &question)?;
    if verdict.allowed {
        let until = Timestamp::from_millis(now.millis().saturating_add(HELD));
        entry.state = OneOf(Some(EntryState::Claimed));
        (entry.claimed_by, entry.claimed_until, entry.due) = (Some(me), Some(until), None);
        return Ok(Some((stored, entry, Some(card))));
    }
    (entry.claimed_by, entry.claimed_until) = (None, None);
    match verdict.next_allowed_at {
        Some(at) => (entry.state, entry.due) = (OneOf(Some(EntryState::Later)), Some(at)),
        None => {
            entry.state = OneOf(Some(EntryState::Withheld));
            entry.due = None;
            let why = verdict.looked.iter().find(|looked| looked.outcome == "refused");
            entry.reason = why.map(|looked| looked.point.clone()).unwrap_or_default();
        }
    }
    Ok(Some((stored, entry, None)))
}

/// Whether anything of a list is left to be done by somebody of a team.
fn has_work(world: &World, sight: &Sight, listed: &Listed, now: Timestamp) -> bool {
    let free = |place: &Place| place.is_free(now) && !sight.keeps_out(world, place.contact);
    listed.list.closed_at.is_none()
        && (listed.list.team.is_empty() || listed.list.team == sight.team())
        && listed.places.values().any(free)
}

/// The lists on which somebody has work, for the day's work: nothing for whoever calls nobody or is shown no lists.
pub fn with_work(world: &World, sight: &Sight, now: Timestamp) -> Vec<CallListView> {
    let shown = sight.rules().kind(RecordKind::CallList).read.holds(Relation::Own);
    if !shown || !sight.may(Verb::Consent) {
        return Vec::new();
    }
    let lists = world.work.lists().filter(|listed| has_work(world, sight, listed, now));
    lists.map(|listed| view(world, sight, listed)).collect()
}
