//! Persons as a number (R48): what reports keep of those who were anonymised.
//!
//! Before a person's data is erased they are counted into a group: the month in which that happens, their country, whether
//! they were bought or came by themselves, and how it ended. There is no free text in it. A month is told only when it is
//! over, from which on its numbers never change; so two reports of different days differ by whole months, and no
//! difference shows one person. Groups smaller than [`SMALLEST`] are left out, and no sum is told that would tell them.

use std::collections::BTreeMap;

use super::{Ask, rows};
use crate::api::Error;
use crate::api::erasure::{AggregateLine, AggregateReport};
use crate::domain::consent::State;
use crate::domain::contact::Contact;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::erasure::Aggregate;
use crate::domain::id::SubjectId;
use crate::domain::value::{Day, words};
use crate::store::{StoreError, Stored, WriteTxn};

/// Groups of fewer persons than this are not told.
pub const SMALLEST: u64 = 5;

words! {
    /// Where a person came from.
    Origin {
        /// Somebody handed the data over.
        Supplied = "supplied",
        Own = "own",
    }
}

words! {
    /// How it ended with a person.
    Outcome {
        Consented = "consented",
        /// On another ground than consent.
        Grounded = "grounded",
        Refused = "refused",
        Withdrawn = "withdrawn",
        Objected = "objected",
        /// Asked, and never answered; or never asked.
        Unanswered = "unanswered",
    }
}

/// Whom a person is counted with.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Group {
    pub period: String,
    pub country: String,
    pub origin: Origin,
    pub outcome: Outcome,
}

/// The month of a day.
fn month(day: Day) -> String {
    day.0.format("%Y-%m").to_string()
}

impl Group {
    pub fn of(contact: &Contact, states: &[State], today: Day) -> Group {
        let any = |wanted: &[State]| states.iter().any(|state| wanted.contains(state));
        let outcome = if any(&[State::Objected]) {
            Outcome::Objected
        } else if any(&[State::Withdrawn]) {
            Outcome::Withdrawn
        } else if any(&[State::Given, State::Expired]) {
            Outcome::Consented
        } else if any(&[State::Refused]) {
            Outcome::Refused
        } else if any(&[State::Asserted]) {
            Outcome::Grounded
        } else {
            Outcome::Unanswered
        };
        Group {
            period: month(today),
            country: contact.country.map(|country| country.to_string()).unwrap_or_default(),
            origin: if contact.supplier.is_empty() { Origin::Own } else { Origin::Supplied },
            outcome,
        }
    }

    fn of_record(record: &Aggregate) -> Option<Group> {
        Some(Group {
            period: record.period.clone(),
            country: record.country.clone(),
            origin: record.origin.parse().ok()?,
            outcome: record.outcome.parse().ok()?,
        })
    }
}

/// Stages that so many persons more are in each group.
pub fn add<'g>(txn: &mut WriteTxn<'_>, groups: impl Iterator<Item = &'g Group>) -> Result<(), Error> {
    let mut counts: BTreeMap<Group, i64> = BTreeMap::new();
    for group in groups {
        *counts.entry(group.clone()).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let mut there: Vec<(Stored, Aggregate)> = Vec::new();
    for stored in rows::about(&txn.read(), RecordKind::Aggregate, SubjectId::NOBODY)? {
        let record = stored.entity()?;
        there.push((stored, record));
    }
    for (group, more) in counts {
        match there.iter().find(|(_, record)| Group::of_record(record).as_ref() == Some(&group)) {
            Some((stored, record)) => {
                let count = record.count.saturating_add(more);
                txn.update(stored, Aggregate { count, ..record.clone() }.fields())?;
            }
            None => {
                let record = Aggregate {
                    period: group.period,
                    country: group.country,
                    origin: group.origin.word().to_owned(),
                    outcome: group.outcome.word().to_owned(),
                    count: more,
                    ..Aggregate::default()
                };
                txn.create(SubjectId::NOBODY, &record)?;
            }
        }
    }
    Ok(())
}

/// What may be told of these groups on a day.
fn told(groups: Vec<Aggregate>, today: Day) -> AggregateReport {
    let open_from = month(today);
    let (mut lines, mut left_out) = (Vec::new(), 0);
    for group in groups.into_iter().filter(|group| group.period < open_from) {
        let persons = u64::try_from(group.count).unwrap_or_default();
        if persons < SMALLEST {
            left_out += 1;
            continue;
        }
        let Aggregate { period, country, origin, outcome, .. } = group;
        lines.push(AggregateLine { period, country, origin, outcome, persons });
    }
    lines.sort_by(|a, b| {
        (&a.period, &a.country, &a.origin, &a.outcome).cmp(&(&b.period, &b.country, &b.origin, &b.outcome))
    });
    AggregateReport { lines, smallest: SMALLEST, left_out, open_from }
}

impl Ask<'_> {
    /// Persons who were anonymised, in groups.
    pub(super) fn aggregates(&self) -> Result<AggregateReport, Error> {
        let groups = self.service.store.read(|reader| {
            let mut groups: Vec<Aggregate> = Vec::new();
            rows::each(reader, RecordKind::Aggregate, |stored| {
                groups.push(stored.entity()?);
                Ok(())
            })?;
            Ok::<_, StoreError>(groups)
        })?;
        Ok(told(groups, super::calls::day_at_home(&self.world(), self.now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(period: &str, country: &str, count: i64) -> Aggregate {
        Aggregate {
            period: period.into(),
            country: country.into(),
            origin: "own".into(),
            outcome: "refused".into(),
            count,
            ..Aggregate::default()
        }
    }

    #[test]
    fn small_groups_and_months_that_are_not_over_are_not_told() {
        let today: Day = "2027-03-31".parse().unwrap();
        let groups = vec![
            group("2027-03", "DE", 900),
            group("2027-02", "NL", 4),
            group("2027-02", "DE", 5),
            group("2026-12", "FR", 17),
        ];
        let report = told(groups.clone(), today);
        let lines: Vec<(&str, &str, u64)> = report
            .lines
            .iter()
            .map(|line| (line.period.as_str(), line.country.as_str(), line.persons))
            .collect();
        assert_eq!(lines, [("2026-12", "FR", 17), ("2027-02", "DE", 5)]);
        assert_eq!((report.left_out, report.smallest, report.open_from.as_str()), (1, 5, "2027-03"));
        // A person who is counted today changes nothing of what was told, only what will be.
        let mut more = groups;
        more[0].count += 1;
        assert_eq!(told(more, today), report);
    }

    #[test]
    fn a_person_becomes_words_that_are_shared() {
        let today: Day = "2027-03-31".parse().unwrap();
        let contact =
            Contact { supplier: "Messe AG".into(), country: "NL".parse().ok(), ..Contact::default() };
        let group = Group::of(&contact, &[State::Given, State::Objected], today);
        assert_eq!((group.period.as_str(), group.country.as_str()), ("2027-03", "NL"));
        assert_eq!((group.origin, group.outcome), (Origin::Supplied, Outcome::Objected));
        assert_eq!(Group::of(&Contact::default(), &[], today).outcome, Outcome::Unanswered);
        assert_eq!(Group::of(&Contact::default(), &[State::Expired], today).outcome, Outcome::Consented);
    }
}
