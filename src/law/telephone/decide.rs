//! The decision about one call.
//!
//! Everything is looked at in one fixed order, which is the order of what is told: first what the person has said against
//! it (objection, the controller's own suppression list), then a restriction, then a withdrawal; then whether there is a
//! rule at all; then what the rule wants: basis, screening, how often, the pause after a refusal, the hours. Every refusal
//! is told, not only the first; without a rule, what a rule would want is not looked at. An objection beats everything:
//! nothing that is found later makes a call of it.

use chrono::{DateTime, Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::words::{fact, words_of};
use super::{Check, Consent, Found, Ground, OnOld, Override, Regime, Screening, Situation};
use crate::domain::country::Country;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, words};
use crate::law::Law;
use crate::law::zone::Zone;

pub use super::words::Fact;

words! {
    /// What is looked at, in this order.
    Point {
        Objection = "objection",
        Suppression = "suppression",
        Restriction = "restriction",
        Withdrawal = "withdrawal",
        Regime = "regime",
        Basis = "basis",
        Screening = "screening",
        Cap = "cap",
        Pause = "pause",
        Hours = "hours",
    }
}

impl Point {
    /// Whether waiting alone changes it.
    pub fn passes_with_time(self) -> bool {
        match self {
            Point::Cap | Point::Pause | Point::Hours => true,
            Point::Objection
            | Point::Suppression
            | Point::Restriction
            | Point::Withdrawal
            | Point::Regime
            | Point::Basis
            | Point::Screening => false,
        }
    }
}

words! {
    /// What came of looking.
    Outcome {
        Passed = "passed",
        Refused = "refused",
        /// The rule does not want it.
        NotNeeded = "not_needed",
    }
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Looked {
    pub point: Point,
    pub outcome: Outcome,
    /// What was found, as a sentence.
    pub words: String,
    /// What was found, as data.
    pub fact: Fact,
}

/// The rule by which was decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// The key of the entry.
    pub id: String,
    pub country: Country,
    pub ground: Ground,
    /// The statute and its section.
    pub citation: String,
    /// Where that can be read.
    pub source: String,
    pub checked: Day,
    /// Whether the entry was compared with its source.
    pub verified: bool,
    /// The file of the entry.
    pub origin: String,
    /// Whether the caller's number must be shown.
    pub number_shown: bool,
    /// Whether the call must offer the right to object.
    pub offer_objection: bool,
}

/// Whether a call is permitted, by which rule, and all that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decision {
    pub allowed: bool,
    /// `None` where no rule holds, and so nobody is called.
    pub rule: Option<Rule>,
    /// In the order of [`Point`].
    pub because: Vec<Looked>,
    /// When the call will be permitted, if waiting is all it takes.
    pub next_allowed_at: Option<Timestamp>,
}

impl Decision {
    /// The first refusal.
    pub fn refused(&self) -> Option<&Looked> {
        self.because.iter().find(|looked| looked.outcome == Outcome::Refused)
    }

    /// Whether it was made by an entry that nobody compared with its source.
    pub fn is_unverified(&self) -> bool {
        self.rule.as_ref().is_some_and(|rule| !rule.verified)
    }

    /// The decision in one line: the verdict, its first reason, the rule.
    pub fn line(&self) -> String {
        let verdict = if self.allowed { "allowed" } else { "denied" };
        let basis = self.because.iter().find(|looked| looked.point == Point::Basis);
        let reason = self.refused().or(basis).map(|looked| format!(": {}", looked.words)).unwrap_or_default();
        let rule = self.rule.as_ref().map(|rule| {
            let unverified = if rule.verified { "" } else { ", unverified" };
            format!(" ({}; {}{unverified})", rule.citation, rule.id)
        });
        format!("{verdict}{reason}{}", rule.unwrap_or_default())
    }
}

/// A situation with what follows from it at once.
pub(super) struct Case<'a> {
    pub law: &'a Law,
    pub situation: &'a Situation,
    /// The country whose rules hold.
    pub country: Option<Country>,
    pub zone: Option<Zone>,
    /// The clock at the person's place; in UTC where the place is not known.
    pub local: DateTime<Tz>,
    pub regime: Option<&'a Regime>,
}

impl<'a> Case<'a> {
    fn new(law: &'a Law, situation: &'a Situation, now: Timestamp) -> Case<'a> {
        let country = situation.country.or(situation.number_country);
        let zone = situation.zone.or_else(|| country.and_then(Zone::of));
        let local = zone.unwrap_or(Zone::UTC).local(now);
        let (about, relation) = (situation.about, situation.relation);
        let regime = country.and_then(|country| law.regime(country, about, relation, local.date_naive()));
        Case { law, situation, country, zone, local, regime }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.local.timestamp_millis())
    }

    pub(super) fn today(&self) -> NaiveDate {
        self.local.date_naive()
    }

    /// The day of a moment at the person's place.
    pub(super) fn day_of(&self, at: Timestamp) -> NaiveDate {
        self.zone.unwrap_or(Zone::UTC).local(at).date_naive()
    }

    /// Since when the person has agreed, if they do now.
    pub(super) fn agreed_since(&self) -> Option<Timestamp> {
        let now = self.now();
        match self.situation.consent {
            Consent::Given { since, until } => {
                (since <= now && until.is_none_or(|until| now < until)).then_some(since)
            }
            Consent::None
            | Consent::Refused { .. }
            | Consent::Withdrawn { .. }
            | Consent::Objected { .. } => None,
        }
    }

    /// Calls that count against a cap on a day.
    pub(super) fn counted(&self, days: u32) -> usize {
        let Some(first) = self.today().checked_sub_days(Days::new(u64::from(days).saturating_sub(1))) else {
            return self.situation.attempts.len();
        };
        self.situation.attempts.iter().filter(|at| self.day_of(**at) >= first).count()
    }

    /// The last day of the pause after a refusal.
    pub(super) fn paused_until(&self, days: u32) -> Option<NaiveDate> {
        let refused = self.day_of(self.situation.refused_at?);
        Some(refused.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX))
    }

    /// The public holiday at the person's place.
    pub(super) fn holiday(&self, day: NaiveDate) -> Option<&'a str> {
        let calendar = self.law.calendar(self.country?)?;
        calendar.holiday(day, self.situation.region.as_deref()).map(|holiday| holiday.name.as_str())
    }

    /// What comes of looking at a point.
    fn outcome(&self, point: Point) -> Outcome {
        let refused_if = |refused: bool| if refused { Outcome::Refused } else { Outcome::Passed };
        let situation = self.situation;
        let wants = |wanted: bool| if wanted { Outcome::Passed } else { Outcome::NotNeeded };
        match point {
            Point::Objection => refused_if(matches!(situation.consent, Consent::Objected { .. })),
            Point::Suppression => refused_if(situation.suppressed),
            Point::Restriction => refused_if(situation.restricted),
            Point::Withdrawal => refused_if(matches!(situation.consent, Consent::Withdrawn { .. })),
            Point::Regime => refused_if(self.regime.is_none()),
            Point::Basis => refused_if(!self.regime.is_some_and(|regime| self.has_basis(regime.ground))),
            Point::Screening => match self.regime.and_then(|regime| regime.screening.as_ref()) {
                None => Outcome::NotNeeded,
                Some(screening) if screening.consent == Override::Yes && self.agreed_since().is_some() => {
                    Outcome::NotNeeded
                }
                Some(screening) => refused_if(!self.is_screened(screening)),
            },
            Point::Cap => match self.regime.and_then(|regime| regime.cap) {
                None => Outcome::NotNeeded,
                Some(cap) => refused_if(self.counted(cap.days) >= cap.calls as usize),
            },
            Point::Pause => match self.regime.and_then(|regime| regime.pause_days) {
                None => Outcome::NotNeeded,
                Some(days) => match self.paused_until(days) {
                    None => wants(true),
                    Some(until) => refused_if(self.today() <= until),
                },
            },
            Point::Hours => match self.regime.and_then(|regime| regime.hours.as_ref()) {
                None => Outcome::NotNeeded,
                Some(hours) => {
                    let holiday = !hours.holidays && self.holiday(self.today()).is_some();
                    // At an unknown place no hour is the right one.
                    let open = self.zone.is_some() && hours.hold_at(self.local.naive_local());
                    refused_if(holiday || !open)
                }
            },
        }
    }

    fn has_basis(&self, ground: Ground) -> bool {
        let refused = match self.situation.consent {
            Consent::Refused { .. } | Consent::Withdrawn { .. } | Consent::Objected { .. } => true,
            Consent::None | Consent::Given { .. } => false,
        };
        let presumed = self.situation.presumed.as_ref().is_some_and(|reason| !reason.trim().is_empty());
        match ground {
            Ground::Consent => self.agreed_since().is_some(),
            Ground::Presumed => !refused && (self.agreed_since().is_some() || presumed),
            Ground::OptOut => !refused,
            Ground::Never => false,
        }
    }

    /// Whether each list was looked at lately enough, and does not speak against the call.
    fn is_screened(&self, screening: &Screening) -> bool {
        screening.lists.iter().all(|list| match self.screened(screening, list) {
            Screened::Clear | Screened::Overridden => true,
            Screened::Listed | Screened::Never | Screened::Old | Screened::Ahead => false,
        })
    }

    /// Whether a check is older than the rule has it.
    pub(super) fn is_old(&self, screening: &Screening, check: &Check) -> bool {
        let age = self.now().millis().saturating_sub(check.at.millis());
        age > i64::from(screening.max_age_days) * 86_400_000
    }

    /// The last look into a list; of two at the same moment, the stricter counts.
    pub(super) fn last_look(&self, list: &str) -> Option<&'a Check> {
        let looks = self.situation.checks.iter().filter(|check| check.list.trim().eq_ignore_ascii_case(list));
        looks.max_by_key(|check| (check.at, check.found))
    }

    /// What is to be said of one list.
    pub(super) fn screened(&self, screening: &Screening, list: &str) -> Screened {
        let Some(check) = self.last_look(list) else { return Screened::Never };
        if check.at > self.now() {
            return Screened::Ahead;
        }
        if screening.when_old == OnOld::Deny && self.is_old(screening, check) {
            return Screened::Old;
        }
        let later = || {
            let (Some(since), Some(listed)) = (self.agreed_since(), check.listed_since) else { return false };
            self.day_of(since) > listed
        };
        match (check.found, screening.consent) {
            (Found::Clear, _) => Screened::Clear,
            (Found::Listed, Override::IfLater) if later() => Screened::Overridden,
            (Found::Listed, Override::No | Override::IfLater | Override::Yes) => Screened::Listed,
        }
    }

    /// The refusals of this moment.
    fn refusals(&self) -> impl Iterator<Item = Point> {
        self.points().filter(|point| self.outcome(*point) == Outcome::Refused)
    }

    /// What is looked at: without a rule, nothing behind it.
    fn points(&self) -> impl Iterator<Item = Point> + use<> {
        let last = if self.regime.is_some() { Point::Hours } else { Point::Regime };
        Point::ALL.iter().copied().filter(move |point| *point <= last)
    }

    /// The first moment after this one at which a refusal that passes with time may have passed.
    fn passes(&self, point: Point) -> Option<Timestamp> {
        let zone = self.zone?;
        let regime = self.regime?;
        let start_of = |day: NaiveDate| zone.moment(day.and_time(NaiveTime::MIN));
        match point {
            Point::Pause => start_of(self.paused_until(regime.pause_days?)?.succ_opt()?),
            Point::Cap => {
                let cap = regime.cap?;
                let mut days: Vec<NaiveDate> =
                    self.situation.attempts.iter().map(|at| self.day_of(*at)).collect();
                days.sort_unstable_by(|one, other| other.cmp(one));
                // Once this call does not count any more, there is room for one.
                let counts = days.get(usize::try_from(cap.calls).ok()?.checked_sub(1)?)?;
                start_of(counts.checked_add_days(Days::new(u64::from(cap.days)))?)
            }
            Point::Hours => {
                let hours = regime.hours.as_ref()?;
                let today = self.today();
                // Whoever may be called in some hour of the week finds one within a year, whatever the holidays.
                for ahead in 0..=366 {
                    let day = today.checked_add_days(Days::new(ahead))?;
                    if !hours.holidays && self.holiday(day).is_some() {
                        continue;
                    }
                    let after = if ahead == 0 { self.local.time() } else { NaiveTime::MIN };
                    if let Some(begin) = hours.begin(day, after) {
                        return zone.moment(begin);
                    }
                }
                None
            }
            Point::Objection
            | Point::Suppression
            | Point::Restriction
            | Point::Withdrawal
            | Point::Regime
            | Point::Basis
            | Point::Screening => None,
        }
    }
}

/// What is to be said of one do-not-call list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Screened {
    Clear,
    Listed,
    /// Listed, and the person consented later.
    Overridden,
    /// Nobody looked.
    Never,
    /// Too long ago.
    Old,
    /// The look is dated in the future.
    Ahead,
}

/// Decides about a call.
pub fn decide(law: &Law, situation: &Situation) -> Decision {
    let case = Case::new(law, situation, situation.now);
    let because: Vec<Looked> = case
        .points()
        .map(|point| {
            let outcome = case.outcome(point);
            Looked { point, outcome, words: words_of(&case, point, outcome), fact: fact(&case, point) }
        })
        .collect();
    let allowed = because.iter().all(|looked| looked.outcome != Outcome::Refused);
    let rule = case.regime.map(|regime| Rule {
        id: regime.id.clone(),
        country: regime.country,
        ground: regime.ground,
        citation: regime.source.citation.clone(),
        source: regime.source.title.clone(),
        checked: Day(regime.source.checked),
        verified: regime.source.verified,
        origin: regime.source.origin.clone(),
        number_shown: regime.number_shown,
        offer_objection: regime.offer_objection,
    });
    let next_allowed_at = if allowed { None } else { next(law, situation) };
    Decision { allowed, rule, because, next_allowed_at }
}

/// The first refusal of a call, if there is one: what [`decide`] finds, without the words. For lists of many people.
pub fn refused_at(law: &Law, situation: &Situation) -> Option<Point> {
    Case::new(law, situation, situation.now).refusals().next()
}

/// When a call that is refused now will be permitted, if waiting is all it takes: everything is looked at again at the
/// moment found, because another rule may hold by then, or a consent have run out.
fn next(law: &Law, situation: &Situation) -> Option<Timestamp> {
    let mut now = situation.now;
    // A pause, then a cap, then hours, and the same once more under the next rule.
    for _ in 0..12 {
        let case = Case::new(law, situation, now);
        let refusals: Vec<Point> = case.refusals().collect();
        if refusals.is_empty() {
            return Some(now);
        }
        if !refusals.iter().all(|point| point.passes_with_time()) {
            return None;
        }
        let later = refusals.iter().map(|point| case.passes(*point)).collect::<Option<Vec<_>>>()?;
        let later = later.into_iter().max()?;
        if later <= now {
            return None;
        }
        now = later;
    }
    None
}
