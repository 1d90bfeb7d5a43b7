//! Telephone marketing: which calls are permitted, to whom, when, and by which rule.
//!
//! A [`Regime`] is what one rule says about calls to one sort of people in one country, from one day to another. Every
//! day has at most one for each country, sort of people ([`About`]) and relation ([`Relation`]); where it has none, nobody
//! is called. [`decide()`] looks at everything in a fixed order and tells each thing it looked at.
//!
//! Calls that are no marketing (a delivery is late) are none of this room's business: whether a call is marketing follows
//! from its purpose. A call made only to ask for consent is marketing.

mod check;
mod decide;
mod hours;
mod situation;
mod words;

#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;

use super::read::Reader;
use super::{Law, Refused, Source};
use crate::domain::country::Country;
use crate::domain::value::words;

pub(super) use check::check;
pub use decide::{Decision, Fact, Looked, Outcome, Point, Rule, decide, refused_at};
pub use hours::{Hours, Span};
pub use situation::{Check, Consent, Found, Situation};

words! {
    /// Who is called.
    About {
        /// Somebody as a private person, also one who works at a company and is called at home.
        Person = "person",
        /// Somebody in business alone, or a partnership of such people: persons whom some countries protect as such.
        SoleTrader = "sole_trader",
        /// A legal person, through somebody who works there.
        Business = "business",
    }
}

words! {
    /// What the called person is to the controller.
    Relation {
        /// Nothing yet, or no longer.
        Prospect = "prospect",
        /// Has bought something.
        Customer = "customer",
        /// Has a running contract, and the call is about an offer related to it.
        Contract = "contract",
    }
}

words! {
    /// What a regime wants before anybody is called.
    Ground {
        /// The person's prior, express consent.
        Consent = "consent",
        /// Consent, or a consent that may be presumed, for a reason that is written down.
        Presumed = "presumed",
        /// Nothing, as long as the person has not refused.
        OptOut = "opt_out",
        /// No call is permitted.
        Never = "never",
    }
}

words! {
    /// Whether a person's consent counts although the number is on a list.
    Override {
        No = "no",
        /// If it was given after the number was listed: the later word of the person counts.
        IfLater = "if_later",
        Yes = "yes",
    }
}

words! {
    /// What it means that the last look into a list is older than it may be.
    OnOld {
        /// Nobody is called by it.
        Deny = "deny",
        /// What it said counts on, and it is told that it is old.
        Warn = "warn",
    }
}

/// Lists of people who want no calls, against which a number is checked before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Screening {
    /// The names of the lists; each must have been looked at.
    pub lists: Vec<String>,
    /// How old a check may be, in days of 24 hours.
    pub max_age_days: u32,
    /// What a check that is older means.
    pub when_old: OnOld,
    pub consent: Override,
}

/// How often one person is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cap {
    pub calls: u32,
    /// In so many calendar days, today among them, at the called person's place.
    pub days: u32,
}

/// What one rule says about calls to one sort of people in one country.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Regime {
    /// The key of the entry.
    pub id: String,
    pub country: Country,
    pub about: Vec<About>,
    pub relation: Vec<Relation>,
    /// The first day, in the called person's country.
    pub from: NaiveDate,
    /// The last day.
    pub until: Option<NaiveDate>,
    pub ground: Ground,
    pub screening: Option<Screening>,
    /// When calls are permitted, on the called person's clock; always, where nothing is said.
    pub hours: Option<Hours>,
    pub cap: Option<Cap>,
    /// Whole calendar days without a call after the day on which the person refused.
    pub pause_days: Option<u32>,
    /// Whether the caller's number must be shown.
    pub number_shown: bool,
    /// Whether each call must offer the right to object.
    pub offer_objection: bool,
    pub source: Source,
}

impl Regime {
    pub(super) fn read(key: &str, reader: Reader<'_>, origin: &str) -> Result<Regime, Refused> {
        let id = crate::domain::access::slug(key).map_err(|error| reader.refuse_all(error))?;
        let (about, relation) = (reader.need_list("about")?, reader.need_list("relation")?);
        let (from, until) = (reader.need_day("from")?, reader.day("until")?);
        if until.is_some_and(|until| until < from) {
            return Err(reader.refuse("until", "it ends before it begins"));
        }
        let screening = match reader.inner("screening")? {
            Some(inner) => Some(Screening::read(inner)?),
            None => None,
        };
        let hours = match reader.inner("hours")? {
            Some(inner) => Some(Hours::read(inner)?),
            None => None,
        };
        let cap = match reader.inner("cap")? {
            Some(inner) => Some(Cap::read(inner)?),
            None => None,
        };
        let regime = Regime {
            id,
            country: reader.need("country")?,
            about,
            relation,
            from,
            until,
            ground: reader.need("basis")?,
            screening,
            hours,
            cap,
            pause_days: reader.number("pause_days", 1..=3_660)?.and_then(|days| u32::try_from(days).ok()),
            number_shown: reader.need_flag("number_shown")?,
            offer_objection: reader.need_flag("offer_objection")?,
            source: Source::read(&reader, origin)?,
        };
        reader.finish()?;
        Ok(regime)
    }

    /// Whether the regime holds on a day.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    pub fn is_about(&self, about: About, relation: Relation) -> bool {
        self.about.contains(&about) && self.relation.contains(&relation)
    }
}

impl Screening {
    fn read(reader: Reader<'_>) -> Result<Screening, Refused> {
        let lists: Vec<String> = reader.list("lists")?;
        if lists.iter().all(|list| list.trim().is_empty()) {
            return Err(reader.refuse("lists", "screening is wanted, but no list is named"));
        }
        let screening = Screening {
            lists: lists.iter().map(|list| list.trim().to_owned()).collect(),
            max_age_days: whole(&reader, "max_age_days", 366)?,
            when_old: reader.parsed("when_old")?.unwrap_or(OnOld::Deny),
            consent: reader.need("consent_overrides")?,
        };
        reader.finish()?;
        Ok(screening)
    }
}

impl Cap {
    fn read(reader: Reader<'_>) -> Result<Cap, Refused> {
        let cap = Cap { calls: whole(&reader, "calls", 1_000)?, days: whole(&reader, "days", 366)? };
        reader.finish()?;
        Ok(cap)
    }
}

fn whole(reader: &Reader<'_>, key: &'static str, most: i64) -> Result<u32, Refused> {
    let number = reader.need_number(key, 1..=most)?;
    u32::try_from(number).map_err(|error| reader.refuse(key, error))
}

impl Law {
    /// The regime of a country on a day, if there is one.
    pub fn regime(
        &self,
        country: Country,
        about: About,
        relation: Relation,
        day: NaiveDate,
    ) -> Option<&Regime> {
        self.0.telephone.values().find(|regime| {
            regime.country == country && regime.is_about(about, relation) && regime.holds_on(day)
        })
    }

    /// Whether a country has any regime.
    pub fn regulates(&self, country: Country) -> bool {
        self.0.telephone.values().any(|regime| regime.country == country)
    }
}
