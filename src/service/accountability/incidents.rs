//! Incidents: breaches of the protection of personal data (Art. 4(12), 33, 34 GDPR).
//!
//! The clock runs from the moment at which somebody became aware, for 72 hours that no weekend and no change of the clock
//! moves. Every incident stays documented, also one that turned out to be none. Whose data it was is read from the read log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use super::super::sight::Sight;
use super::super::world::World;
use super::super::{Ask, publish, read_lock};
use super::text;
use crate::api::accountability::{Addressee, IncidentReach, IncidentView, ScopedPerson};
use crate::api::{Error, IncidentClose, IncidentReport, IncidentScope, Incidents};
use crate::domain::accountability::{Incident, IncidentState, Risk};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SubjectId};
use crate::domain::reading::ReadKind;
use crate::domain::time::Timestamp;
use crate::domain::value::{Kind, OneOf};
use crate::law::deadline;
use crate::store::{Reader, Stored, WriteTxn};

/// Persons of a scope that are kept with an incident: as many ids as a text holds.
const MOST_KEPT: usize = 25_000;
/// Moments ahead of the clock that are taken for a clock that is a little off.
const SLACK: i64 = 120_000;

/// An incident as it is first written: with its number, and a moment that has come.
pub fn opened(
    txn: &WriteTxn<'_>,
    world: &World,
    sight: &Sight,
    mut incident: Incident,
    now: Timestamp,
) -> Result<Incident, Error> {
    let aware = incident.aware_at.unwrap_or(now);
    not_ahead(aware, now, "aware_at")?;
    let all = sight.records_of(&txn.read(), world, RecordKind::Incident, SubjectId::NOBODY)?;
    let mut last = 0;
    for stored in &all {
        last = last.max(stored.entity::<Incident>()?.number);
    }
    incident.aware_at = Some(aware);
    incident.number = last.saturating_add(1);
    incident.state = OneOf(Some(IncidentState::Open));
    Ok(incident)
}

fn not_ahead(at: Timestamp, now: Timestamp, field: &str) -> Result<(), Error> {
    if at.millis() > now.millis().saturating_add(SLACK) {
        return Err(Error::refused(format!("{at} has not come yet: it is {now}")).at(field));
    }
    Ok(())
}

pub(super) fn view(stored: &Stored, now: Timestamp) -> Result<IncidentView, Error> {
    let one: Incident = stored.entity()?;
    let aware_at = one.aware_at.unwrap_or(stored.record.created_at);
    let due = deadline::breach(aware_at);
    let state = one.state.0.unwrap_or(IncidentState::Open);
    let needs_report = one.risk.0 != Some(Risk::Unlikely) && state == IncidentState::Open;
    let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    Ok(IncidentView {
        id: stored.id,
        revision: stored.record.revision,
        number: u64::try_from(one.number).unwrap_or_default(),
        title: one.title,
        state,
        risk: one.risk.0,
        aware_at,
        due,
        overdue: needs_report && one.reported_at.is_none() && due < now,
        nature: one.nature,
        categories: one.categories.0,
        persons: one.persons,
        records: one.records,
        consequences: one.consequences,
        measures: one.measures,
        reported_at: one.reported_at,
        late_reason: one.late_reason,
        persons_told_at: one.persons_told_at,
        phases: lines(&one.phases),
        scope: one.scope.lines().count() as u64,
        closed_at: one.closed_at,
        lessons: one.lessons,
    })
}

/// The incident of a number.
fn numbered(reader: &Reader<'_>, world: &World, sight: &Sight, number: u64) -> Result<Stored, Error> {
    for stored in sight.records_of(reader, world, RecordKind::Incident, SubjectId::NOBODY)? {
        if u64::try_from(stored.entity::<Incident>()?.number) == Ok(number) {
            return Ok(stored);
        }
    }
    Err(Error::not_found(format!("there is no incident {number}"))
        .hint("`callbook incident list` shows them"))
}

impl Ask<'_> {
    pub(super) fn incident(&self, number: u64) -> Result<IncidentView, Error> {
        let (sight, world, now) = (self.sight().clone(), Arc::clone(&self.service.world), self.now);
        self.service
            .store
            .read(move |reader| view(&numbered(reader, &read_lock(&world), &sight, number)?, now))
    }

    pub(in crate::service) fn incidents(&self, asked: &Incidents) -> Result<Vec<IncidentView>, Error> {
        let (sight, world, now) = (self.sight().clone(), Arc::clone(&self.service.world), self.now);
        let mut all = self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let stored = sight.records_of(reader, &world, RecordKind::Incident, SubjectId::NOBODY)?;
            stored.iter().map(|one| view(one, now)).collect::<Result<Vec<_>, Error>>()
        })?;
        all.retain(|one| !asked.open || one.state != IncidentState::Closed);
        all.sort_by_key(|one| std::cmp::Reverse(one.number));
        Ok(all)
    }

    /// Changes an incident.
    fn incident_change(
        &self,
        number: u64,
        change: impl FnOnce(&mut Incident) -> Result<(), Error> + Send + 'static,
    ) -> Result<IncidentView, Error> {
        let (sight, now) = (self.sight().clone(), self.now);
        let (view, _) = self.transact(Action::Edit, move |txn, world| {
            let stored = numbered(&txn.read(), &read_lock(world), &sight, number)?;
            let mut incident: Incident = stored.entity()?;
            change(&mut incident)?;
            let changed = txn.update(&stored, incident.fields())?;
            publish(world, txn, std::slice::from_ref(&stored))?;
            view(changed.as_ref().unwrap_or(&stored), now)
        })?;
        Ok(view)
    }

    pub(in crate::service) fn incident_report(&self, report: IncidentReport) -> Result<IncidentView, Error> {
        let now = self.now;
        let at = report.at.unwrap_or(now);
        not_ahead(at, now, "at")?;
        let words = text(Kind::Text, &report.words, "words")?;
        let late = text(Kind::LongText, &report.late_reason, "late_reason")?;
        self.incident_change(report.number, move |incident| {
            if incident.state.0 == Some(IncidentState::Closed) {
                return Err(Error::conflict("the incident is closed"));
            }
            let aware = incident.aware_at.unwrap_or(now);
            if at < aware {
                return Err(Error::refused(format!(
                    "it was reported before anybody was aware of it, at {aware}"
                ))
                .at("at"));
            }
            let to = match report.to {
                Addressee::Authority => "authority",
                Addressee::Persons => "persons",
            };
            match report.to {
                Addressee::Authority if incident.reported_at.is_none() => {
                    let due = deadline::breach(aware);
                    if at > due && late.is_empty() {
                        return Err(Error::refused(format!(
                            "the 72 hours ended at {due}: a late report gives the reasons (Art. 33(1) GDPR)"
                        ))
                        .hint("--late-reason '…'")
                        .at("late_reason"));
                    }
                    incident.reported_at = Some(at);
                    incident.state = OneOf(Some(IncidentState::Reported));
                    incident.late_reason = late;
                }
                Addressee::Authority => {}
                Addressee::Persons => {
                    incident.persons_told_at.get_or_insert(at);
                }
            }
            let line = format!("{at} {to}: {words}");
            let phases = std::mem::take(&mut incident.phases);
            incident.phases = [phases.as_str(), line.trim_end_matches([':', ' '])]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("\n");
            Ok(())
        })
    }

    pub(in crate::service) fn incident_close(&self, close: IncidentClose) -> Result<IncidentView, Error> {
        let now = self.now;
        let lessons = text(Kind::LongText, &close.lessons, "lessons")?;
        self.incident_change(close.number, move |incident| {
            if incident.state.0 == Some(IncidentState::Closed) {
                return Err(Error::conflict("the incident is closed already"));
            }
            let Some(risk) = incident.risk.0 else {
                return Err(Error::refused("what risk it is to persons has not been decided")
                    .hint("`callbook incident edit N --set risk=unlikely|risk|high`")
                    .at("risk"));
            };
            if risk != Risk::Unlikely && incident.reported_at.is_none() {
                return Err(Error::refused("the authority has not been told (Art. 33 GDPR)")
                    .hint("`callbook incident report N`, or decide that the risk is unlikely"));
            }
            if risk == Risk::High && incident.persons_told_at.is_none() && incident.measures.is_empty() {
                return Err(Error::refused(
                    "the persons have not been told, and no measures are named that make it unnecessary (Art. 34(3) GDPR)",
                ));
            }
            incident.state = OneOf(Some(IncidentState::Closed));
            incident.closed_at = Some(now);
            incident.lessons = lessons;
            Ok(())
        })
    }

    pub(in crate::service) fn incident_scope(&self, asked: &IncidentScope) -> Result<IncidentReach, Error> {
        if asked.from >= asked.to {
            return Err(Error::usage("the time ends before it begins").at("to"));
        }
        let user = if asked.user.is_empty() { None } else { Some(self.any_user(&asked.user)?) };
        if user.is_none() && asked.session.is_none() && asked.keep.is_none() {
            return Err(Error::usage("whose readings: name a user or a session")
                .hint("--user NAME, --session ID; `callbook history reads` shows sessions"));
        }
        struct Looks {
            looks: u64,
            kinds: BTreeSet<ReadKind>,
            first: Timestamp,
            last: Timestamp,
        }
        let mut reach = IncidentReach::default();
        let mut people: BTreeMap<Uuid, Looks> = BTreeMap::new();
        let mut from: Option<Vec<u8>> = None;
        let all = (Timestamp::from_millis(i64::MIN), asked.to);
        loop {
            let key = from.take();
            let slice = self.service.store.read(move |reader| reader.readings(None, key.as_deref(), all))?;
            reach.unreadable += slice.unreadable;
            for row in slice.rows {
                let at = row.reading.at;
                let earliest = reach.log_from.get_or_insert(at);
                *earliest = at.min(*earliest);
                let theirs = user.is_none_or(|user| row.reading.user == user)
                    && asked.session.is_none_or(|session| row.reading.session.0 == session);
                if !theirs || at < asked.from {
                    continue;
                }
                reach.looks += 1;
                if row.subject == SubjectId::NOBODY {
                    reach.nobody += 1;
                    continue;
                }
                let looks = people.entry(row.subject.0).or_insert_with(|| Looks {
                    looks: 0,
                    kinds: BTreeSet::new(),
                    first: at,
                    last: at,
                });
                looks.looks += 1;
                looks.kinds.insert(row.reading.kind);
                (looks.first, looks.last) = (looks.first.min(at), looks.last.max(at));
            }
            from = slice.next;
            if from.is_none() {
                break;
            }
        }
        if let Some(number) = asked.keep {
            if people.len() > MOST_KEPT {
                return Err(Error::refused(format!(
                    "{} persons are more than the {MOST_KEPT} that are kept with an incident",
                    people.len()
                ))
                .hint("narrow the time, or keep the file that `--format csv` gives beside it"));
            }
            let ids: Vec<String> = people.keys().map(Uuid::to_string).collect();
            let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
            let kept = self.incident_change(number, move |incident| {
                if incident.state.0 == Some(IncidentState::Closed) {
                    return Err(Error::conflict("the incident is closed"));
                }
                incident.scope = ids.join("\n");
                incident.persons = count;
                Ok(())
            })?;
            reach.kept_with = Some(kept.number);
        }
        let names = self.names_of(people.keys().copied().collect())?;
        reach.persons = people
            .into_iter()
            .map(|(id, looks)| ScopedPerson {
                contact: ContactId(id),
                name: names.get(&id).cloned().unwrap_or_default(),
                looks: looks.looks,
                kinds: looks.kinds.into_iter().collect(),
                first: looks.first,
                last: looks.last,
            })
            .collect();
        reach.persons.sort_by_key(|one| (std::cmp::Reverse(one.looks), one.contact));
        Ok(reach)
    }
}
