//! What is known of a person when it is asked how long the data is kept, and which terms count.
//!
//! # Which terms
//!
//! 1. Of a bought lead without a basis, the rules for these (R15), and no others.
//! 2. Of somebody held on consent of whom no consent is left, the rules for a refused or ended consent, and no others.
//! 3. Of anybody else, every purpose that the data is kept for, with its own period, and the rules for prospects or, where
//!    there is or was a contract, for customers.
//!
//! Of the rules for one thing those of the person's country count (R56); where it has none, those that name no country. A
//! rule that names a purpose counts for whom the data is kept for that purpose. Rules of bookkeeping are about vouchers and
//! letters: of persons without an order there are none.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::domain::basis::Basis;
use crate::domain::consent::{Ledger, State};
use crate::domain::country::Country;
use crate::domain::period::Period;
use crate::domain::purpose::{AtEnd, Clock, Purpose};
use crate::domain::retention::Kept;
use crate::domain::retention::clock::{Facts, GroundSpan, Term};
use crate::domain::time::Timestamp;
use crate::domain::value::Day;
use crate::law::zone::Zone;
use crate::service::consents::PurposeNo;
use crate::service::index::{Brief, KeptOut};
use crate::service::retention::known::Ruled;
use crate::service::world::World;

/// Where a term stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    Purpose { id: Uuid, revision: u64 },
    Rule { id: Uuid, revision: u64 },
}

/// A purpose with its period.
struct Counted<'w> {
    number: PurposeNo,
    purpose: &'w Purpose,
    origin: Origin,
    period: Period,
    clock: Clock,
}

/// Everything that is the same for all persons, at one moment.
pub struct Asked<'w> {
    world: &'w World,
    zone: Zone,
    home: Option<Country>,
    /// The moment as of which it is asked.
    pub now: Timestamp,
    /// The day at the controller's place.
    pub today: NaiveDate,
    purposes: Vec<Counted<'w>>,
    rules: Vec<&'w Ruled>,
}

/// What is known of one person. Reused for the next.
#[derive(Default)]
pub struct Person<'w> {
    pub terms: Vec<Term<'w>>,
    /// Where each term stands.
    pub origins: Vec<Origin>,
}

/// The zone of the controller's country, by whose days everything is counted.
pub fn zone_of(world: &World) -> Zone {
    world.settings.country.and_then(Zone::of).unwrap_or(Zone::UTC)
}

/// Whether the end of a purpose's ground is what it counts from: then it counts also when that is over.
fn counts_from_end(clock: Clock) -> bool {
    match clock {
        Clock::RelationEnd | Clock::ConsentEnd | Clock::YearEnd | Clock::LastUse => true,
        Clock::Collection | Clock::LastContact | Clock::LastOrder | Clock::Entry | Clock::Refusal => false,
    }
}

/// Whether a state tells that there was a ground once.
fn was_granted(state: State) -> bool {
    match state {
        State::Given | State::Asserted | State::Expired | State::Revoked | State::Withdrawn => true,
        // It never was one, or nobody knows.
        State::Unknown
        | State::Requested
        | State::Deferred
        | State::Pending
        | State::Invalidated
        | State::Refused
        | State::Objected => false,
    }
}

/// What a person's events say about one purpose.
#[derive(Clone, Copy, Default)]
struct Said {
    /// There is or was a ground.
    ever: bool,
    /// There is one.
    holds: bool,
    span: GroundSpan,
}

impl<'w> Asked<'w> {
    pub fn of(world: &'w World, now: Timestamp) -> Asked<'w> {
        let zone = zone_of(world);
        let purposes = world.consents.all().filter_map(|(number, known)| {
            let purpose = &known.purpose;
            Some(Counted {
                number,
                purpose,
                origin: Origin::Purpose { id: known.id, revision: known.revision },
                period: purpose.retention.parse().ok().filter(|_| !purpose.retired)?,
                clock: purpose.clock.0.unwrap_or(Clock::Collection),
            })
        });
        Asked {
            world,
            zone,
            home: world.settings.country,
            now,
            today: zone.local(now).date_naive(),
            purposes: purposes.collect(),
            rules: world.retained.active_rules().collect(),
        }
    }

    fn day(&self, at: Timestamp) -> NaiveDate {
        self.zone.local(at).date_naive()
    }

    /// The day on which the longest hold about somebody ends, where one holds.
    pub fn held_until(&self, contact: Uuid) -> Option<NaiveDate> {
        self.world.retained.held_until(contact, Day(self.today)).map(|day| day.0)
    }

    /// What is known of a person, with the terms that count put into `person`.
    pub fn look(&self, id: Uuid, brief: &Brief<'_>, person: &mut Person<'w>) -> Facts {
        person.terms.clear();
        person.origins.clear();
        let ledger = self.world.consents.ledger(id);
        let entered = self.day(brief.created);
        let mut facts = Facts {
            collected: self.world.retained.obtained_on(id).map_or(entered, |day| day.0),
            entered,
            last_contact: self.world.retained.last_contact(id).map(|at| self.day(at)),
            last_order: None,
            ground_gone: None,
        };
        let country = if brief.country.is_empty() { None } else { Some(brief.country) };
        let country = country.or(self.home.as_ref().map(Country::code)).unwrap_or_default();
        if brief.has.kept_out(KeptOut::Quarantined) {
            self.add_rules(Kept::Quarantined, country, |_| Some(GroundSpan::default()), person);
            if !person.terms.is_empty() {
                return facts;
            }
        }
        let on_consent = brief.basis == Basis::Consent.word();
        if let Some(gone) = ledger.and_then(|ledger| ledger.without_ground_since(self.now))
            && on_consent
        {
            facts.ground_gone = Some(self.day(gone));
            self.add_rules(Kept::RefusedConsent, country, |_| Some(GroundSpan::default()), person);
            if !person.terms.is_empty() {
                return facts;
            }
        }
        let mut customer = brief.basis == Basis::Contract.word();
        let mut contract = GroundSpan::default();
        let mut open_contract = false;
        let mut counted: Vec<(&str, GroundSpan)> = Vec::new();
        for known in &self.purposes {
            let ground = known.purpose.ground();
            let said = ledger.map_or_else(Said::default, |ledger| self.said(ledger, known));
            // A basis other than consent is recorded with the contact (R1), and lasts until it is said to have ended.
            let by_basis = ground != Basis::Consent && brief.basis == ground.word();
            if ground == Basis::Contract && (said.ever || by_basis) {
                customer = true;
                facts.last_order = facts.last_order.max(said.span.granted);
                open_contract |= said.span.ended.is_none();
                contract.granted = contract.granted.max(said.span.granted);
                contract.ended = contract.ended.max(said.span.ended);
            }
            if said.holds || by_basis || said.ever && counts_from_end(known.clock) {
                counted.push((&known.purpose.name, said.span));
                person.terms.push(Term {
                    name: &known.purpose.name,
                    clock: known.clock,
                    period: known.period,
                    at_end: known.purpose.at_end.0.unwrap_or(AtEnd::Delete),
                    statute: false,
                    ground: said.span,
                });
                person.origins.push(known.origin);
            }
        }
        if open_contract {
            contract.ended = None;
        }
        let kept = if customer { Kept::CustomerMarketing } else { Kept::Prospect };
        let span = |purpose: &str| match purpose {
            "" => Some(contract),
            named => counted.iter().find(|(name, _)| *name == named).map(|(_, span)| *span),
        };
        self.add_rules(kept, country, span, person);
        facts
    }

    /// What a person's events say about a purpose.
    fn said(&self, ledger: &Ledger<PurposeNo>, known: &Counted<'_>) -> Said {
        let mut said = Said::default();
        let mut endless = false;
        for (number, channel, _) in ledger.places().filter(|(number, _, _)| **number == known.number) {
            let standing = ledger.standing(number, channel, known.purpose.marketing, self.now);
            if !was_granted(standing.state) {
                continue;
            }
            said.ever = true;
            let holds = standing.state.allows();
            said.holds |= holds;
            let day = |at: Timestamp| Some(self.day(at));
            if holds {
                said.span.granted = said.span.granted.max(day(standing.since));
                endless |= standing.until.is_none();
            }
            let ended = if holds { standing.until } else { Some(standing.since) };
            said.span.ended = said.span.ended.max(ended.and_then(day));
        }
        if endless {
            said.span.ended = None;
        }
        said
    }

    /// Adds the rules about something: those of the country, or else those of none.
    fn add_rules(
        &self,
        kept: Kept,
        country: &str,
        span: impl Fn(&str) -> Option<GroundSpan>,
        person: &mut Person<'w>,
    ) {
        for own in [true, false] {
            let before = person.terms.len();
            for one in &self.rules {
                let of_country = match &one.rule.country {
                    Some(of) => own && of.code().eq_ignore_ascii_case(country),
                    None => !own,
                };
                if one.rule.kept.0 != Some(kept) || !of_country {
                    continue;
                }
                let Some(ground) = span(&one.rule.purpose) else { continue };
                person.terms.push(Term {
                    name: &one.rule.name,
                    clock: one.rule.clock(),
                    period: one.period,
                    at_end: one.rule.end(),
                    statute: one.rule.statute,
                    ground,
                });
                person.origins.push(Origin::Rule { id: one.id, revision: one.revision });
            }
            if person.terms.len() > before {
                return;
            }
        }
    }
}
