//! What was looked at, as data and as a sentence.

use serde::{Deserialize, Serialize};

use super::decide::{Case, Outcome, Point, Screened};
use super::situation::{Check, Consent};
use super::{About, Ground, Relation};
use crate::domain::country::Country;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;
use crate::law::zone::Zone;

/// What was found, as data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// What the person has said; for the points objection and withdrawal.
    Consent(Consent),
    /// Whether the number is on the controller's own list.
    Suppressed(bool),
    Restricted(bool),
    Regime {
        country: Option<Country>,
        number_country: Option<Country>,
        about: About,
        relation: Relation,
        /// The day at the person's place.
        day: Day,
        /// The key of the entry.
        entry: Option<String>,
        verified: bool,
    },
    Basis {
        wanted: Option<Ground>,
        consent: Consent,
        presumed: Option<String>,
    },
    Screening {
        lists: Vec<String>,
        max_age_days: Option<u32>,
        checks: Vec<Check>,
    },
    Cap {
        calls: Option<u32>,
        days: Option<u32>,
        /// Calls in those days, today among them.
        made: u32,
    },
    Pause {
        days: Option<u32>,
        refused_at: Option<Timestamp>,
        /// The last day of the pause.
        until: Option<Day>,
    },
    Hours {
        /// The hours of the rule, as one line.
        permitted: Option<String>,
        zone: Option<Zone>,
        /// The clock at the person's place, with its offset (RFC 3339).
        local: String,
        /// The public holiday there.
        holiday: Option<String>,
    },
}

/// What was found at a point, as data.
pub(super) fn fact(case: &Case<'_>, point: Point) -> Fact {
    let (situation, regime) = (case.situation, case.regime);
    match point {
        Point::Objection | Point::Withdrawal => Fact::Consent(situation.consent),
        Point::Suppression => Fact::Suppressed(situation.suppressed),
        Point::Restriction => Fact::Restricted(situation.restricted),
        Point::Regime => Fact::Regime {
            country: situation.country,
            number_country: situation.number_country,
            about: situation.about,
            relation: situation.relation,
            day: Day(case.today()),
            entry: regime.map(|regime| regime.id.clone()),
            verified: regime.is_some_and(|regime| regime.source.verified),
        },
        Point::Basis => Fact::Basis {
            wanted: regime.map(|regime| regime.ground),
            consent: situation.consent,
            presumed: situation.presumed.clone(),
        },
        Point::Screening => {
            let screening = regime.and_then(|regime| regime.screening.as_ref());
            Fact::Screening {
                lists: screening.map(|screening| screening.lists.clone()).unwrap_or_default(),
                max_age_days: screening.map(|screening| screening.max_age_days),
                checks: situation.checks.clone(),
            }
        }
        Point::Cap => {
            let cap = regime.and_then(|regime| regime.cap);
            let made = cap.map_or(situation.attempts.len(), |cap| case.counted(cap.days));
            Fact::Cap {
                calls: cap.map(|cap| cap.calls),
                days: cap.map(|cap| cap.days),
                made: u32::try_from(made).unwrap_or(u32::MAX),
            }
        }
        Point::Pause => {
            let days = regime.and_then(|regime| regime.pause_days);
            Fact::Pause {
                days,
                refused_at: situation.refused_at,
                until: days.and_then(|days| case.paused_until(days)).map(Day),
            }
        }
        Point::Hours => Fact::Hours {
            permitted: regime.and_then(|regime| regime.hours.as_ref()).map(super::Hours::text),
            zone: case.zone,
            local: case.local.to_rfc3339(),
            holiday: case.holiday(case.today()).map(str::to_owned),
        },
    }
}

fn about_words(about: About) -> &'static str {
    match about {
        About::Person => "persons",
        About::SoleTrader => "sole traders",
        About::Business => "businesses",
    }
}

fn relation_words(relation: Relation) -> &'static str {
    match relation {
        Relation::Prospect => "who are no customers",
        Relation::Customer => "who are customers",
        Relation::Contract => "with a running contract that the offer is related to",
    }
}

/// What was found at a point, as a sentence without its full stop.
pub(super) fn words_of(case: &Case<'_>, point: Point, outcome: Outcome) -> String {
    let refused = outcome == Outcome::Refused;
    match point {
        Point::Objection => match case.situation.consent {
            Consent::Objected { at } => format!("the person objected to marketing on {}", case.day_of(at)),
            _ => "the person has not objected".to_owned(),
        },
        Point::Suppression if refused => "the number is on the suppression list".to_owned(),
        Point::Suppression => "the number is not on the suppression list".to_owned(),
        Point::Restriction if refused => "the person's data are restricted".to_owned(),
        Point::Restriction => "the person's data are not restricted".to_owned(),
        Point::Withdrawal => match case.situation.consent {
            Consent::Withdrawn { at } => format!("the person withdrew consent on {}", case.day_of(at)),
            _ => "no consent was withdrawn".to_owned(),
        },
        Point::Regime => regime(case),
        Point::Basis => basis(case, refused),
        Point::Screening => screening(case, outcome),
        Point::Cap => cap(case),
        Point::Pause => pause(case, refused),
        Point::Hours => hours(case, refused),
    }
}

fn regime(case: &Case<'_>) -> String {
    let situation = case.situation;
    let Some(country) = case.country else {
        return "it is not known in which country the person is, so no rule permits a call".to_owned();
    };
    let by_number = if situation.country.is_none() { ", by the country of the number" } else { "" };
    let foreign =
        situation.number_country.filter(|number| situation.country.is_some_and(|own| own != *number));
    let foreign =
        foreign.map(|number| format!("; the number is one of {}", number.name())).unwrap_or_default();
    match case.regime {
        Some(regime) => {
            let unverified = if regime.source.verified { "" } else { ", which nobody has verified" };
            format!(
                "the rule of {}{by_number} is {}{unverified}: {}{foreign}",
                country.name(),
                regime.id,
                regime.source.citation
            )
        }
        None if !case.law.regulates(country) => {
            format!(
                "no rule of {} is known here{by_number}, so nobody there is called{foreign}",
                country.name()
            )
        }
        None => format!(
            "no rule of {} for {} {} holds on {}{by_number}, so nobody is called{foreign}",
            country.name(),
            about_words(situation.about),
            relation_words(situation.relation),
            case.today()
        ),
    }
}

fn basis(case: &Case<'_>, refused: bool) -> String {
    let Some(regime) = case.regime else { return "without a rule there is no basis".to_owned() };
    if regime.ground == Ground::Never {
        return "the rule permits no call".to_owned();
    }
    if let Some(since) = case.agreed_since() {
        return format!("the person consented on {}", case.day_of(since));
    }
    let said = match case.situation.consent {
        Consent::None => "no consent is recorded".to_owned(),
        Consent::Given { since, until } => match until {
            Some(until) if until.millis() <= case.local.timestamp_millis() => {
                format!("the consent ended on {}", case.day_of(until))
            }
            _ => format!("the consent is dated {}, which lies ahead", case.day_of(since)),
        },
        Consent::Refused { at } => format!("the person refused on {}", case.day_of(at)),
        Consent::Withdrawn { at } => format!("the person withdrew consent on {}", case.day_of(at)),
        Consent::Objected { at } => format!("the person objected on {}", case.day_of(at)),
    };
    match (regime.ground, refused) {
        (Ground::Consent, _) => format!("{said}, and the rule wants consent before a call"),
        (Ground::Presumed, true) => {
            format!("{said}, and no reason is recorded why it may be presumed")
        }
        (Ground::Presumed, false) => {
            let reason = case.situation.presumed.as_deref().unwrap_or_default().trim();
            format!("{said}, but it may be presumed: {reason}")
        }
        (Ground::OptOut, true) => said,
        (Ground::OptOut, false) => {
            format!("{said}; the rule wants none as long as the person does not refuse")
        }
        (Ground::Never, _) => "the rule permits no call".to_owned(),
    }
}

fn screening(case: &Case<'_>, outcome: Outcome) -> String {
    let Some(screening) = case.regime.and_then(|regime| regime.screening.as_ref()) else {
        return "the rule wants no check against a do-not-call list".to_owned();
    };
    if outcome == Outcome::NotNeeded {
        return format!(
            "the person's consent counts whether or not {} has the number",
            screening.lists.join(", ")
        );
    }
    let each = screening.lists.iter().map(|list| {
        let look = case.last_look(list);
        // The day the list is of.
        let of = look.map(|check| case.day_of(check.at).to_string()).unwrap_or_default();
        let since = look.and_then(|check| check.listed_since);
        let since = since.map(|day| format!(" since {day}")).unwrap_or_default();
        let old = look.is_some_and(|check| case.is_old(screening, check));
        let old = if old { format!(", older than {} days", screening.max_age_days) } else { String::new() };
        match case.screened(screening, list) {
            Screened::Clear => format!("{list} of {of}{old}: the number is not listed"),
            Screened::Listed => format!("{list} of {of}{old}: the number is listed{since}"),
            Screened::Overridden => {
                let agreed = case.agreed_since().map(|at| case.day_of(at).to_string()).unwrap_or_default();
                format!("{list} of {of}{old}: the number is listed{since}, and the person consented later, on {agreed}")
            }
            Screened::Never => format!("the number was never checked against {list}"),
            Screened::Old => format!("{list} of {of}: the list is older than {} days", screening.max_age_days),
            Screened::Ahead => format!("{list} of {of}: that day lies ahead"),
        }
    });
    each.collect::<Vec<_>>().join("; ")
}

fn cap(case: &Case<'_>) -> String {
    match case.regime.and_then(|regime| regime.cap) {
        None => "the rule has no limit of calls".to_owned(),
        Some(cap) => {
            format!("{} of {} calls in {} days were made", case.counted(cap.days), cap.calls, cap.days)
        }
    }
}

fn pause(case: &Case<'_>, refused: bool) -> String {
    let Some(days) = case.regime.and_then(|regime| regime.pause_days) else {
        return "the rule has no pause after a refusal".to_owned();
    };
    match case.paused_until(days) {
        None => "the person has refused no call".to_owned(),
        Some(until) if refused => {
            format!("the person refused; the pause of {days} days lasts to the end of {until}")
        }
        Some(until) => format!("the pause of {days} days after a refusal ended with {until}"),
    }
}

fn hours(case: &Case<'_>, refused: bool) -> String {
    let Some(hours) = case.regime.and_then(|regime| regime.hours.as_ref()) else {
        return "the rule has no hours".to_owned();
    };
    let Some(zone) = case.zone else { return "the hour at the person's place is not known".to_owned() };
    let clock = case.local.format("%a %H:%M");
    if let Some(holiday) = case.holiday(case.today()).filter(|_| !hours.holidays) {
        return format!("it is {holiday} there, a public holiday ({})", hours.text());
    }
    let inside = if refused { "outside" } else { "within" };
    format!("it is {clock} there ({zone}), {inside} the hours ({})", hours.text())
}
