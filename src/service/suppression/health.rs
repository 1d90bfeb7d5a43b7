//! Whether the do-not-call lists are those that the law asks for, and of a day that is near enough.

use std::collections::BTreeMap;

use super::held::Held;
use crate::api::view::{CheckLine, Level};
use crate::domain::country::Country;
use crate::law::telephone::{OnOld, Override, Regime, Screening};
use crate::service::Ask;
use crate::service::index::{Completion, Scope};
use crate::service::world::World;

/// What the lines are called.
const NAME: &str = "do-not-call lists";

impl Ask<'_> {
    /// One line for each list that a rule of today asks for in a country where contacts live, and for each that cannot be
    /// asked.
    pub(in crate::service) fn list_checks(&self) -> Vec<CheckLine> {
        let world = self.world();
        let today = self.now.date();
        let people = people(&world);
        // Of several rules of one country the strictest about age is told.
        let mut wanted: BTreeMap<(Country, String), (&Regime, &Screening)> = BTreeMap::new();
        let law = self.service.law();
        for regime in law.regimes().filter(|regime| regime.holds_on(today)) {
            let Some(screening) = &regime.screening else { continue };
            if !people.contains_key(&regime.country) {
                continue;
            }
            for list in &screening.lists {
                let place = wanted.entry((regime.country, list.clone())).or_insert((regime, screening));
                if screening.max_age_days < place.1.max_age_days {
                    *place = (regime, screening);
                }
            }
        }
        let mut lines = Vec::new();
        for ((country, list), (regime, screening)) in wanted {
            let there = world.suppression.list(&list, Some(country)).map(|(_, held)| held);
            let count = people.get(&country).copied().unwrap_or_default();
            lines.push(line(country, &list, there, regime, screening, count, today));
        }
        for (_, held) in world.suppression.lists() {
            if let Err(problem) = &held.tags {
                lines.push(CheckLine {
                    name: NAME.to_owned(),
                    level: Level::Error,
                    message: format!("{} cannot be asked: {problem}", held.list.title()),
                    hint: "bring it in again".to_owned(),
                });
            }
        }
        lines
    }
}

/// How many contacts live where.
fn people(world: &World) -> BTreeMap<Country, usize> {
    let counts = world.contacts.completions(Completion::Country, "", &Scope::All);
    counts.into_iter().filter_map(|(code, count)| Some((code.parse().ok()?, count))).collect()
}

fn line(
    country: Country,
    list: &str,
    there: Option<&Held>,
    regime: &Regime,
    screening: &Screening,
    people: usize,
    today: chrono::NaiveDate,
) -> CheckLine {
    let title = format!("{list} ({country})");
    let bring = format!("callbook suppression import FILE --list {list} --country {country} --date DAY");
    let is = |level, message, hint: &str| CheckLine {
        name: NAME.to_owned(),
        level,
        message,
        hint: hint.to_owned(),
    };
    let Some(dated) = there.and_then(|held| held.list.dated) else {
        return is(
            Level::Warning,
            format!(
                "{title} was never brought in, and {} asks for it ({}): {people} contacts live there",
                regime.id, regime.source.citation
            ),
            &bring,
        );
    };
    let age = today.signed_duration_since(dated.0).num_days();
    if age > i64::from(screening.max_age_days) {
        let then = match screening.when_old {
            OnOld::Deny => "nobody is called by it",
            OnOld::Warn => "calls are made all the same, and say so",
        };
        return is(
            Level::Warning,
            format!(
                "{title} is of {dated}, {age} days old; {} permits {}: {then}",
                regime.id, screening.max_age_days
            ),
            &bring,
        );
    }
    let tells = there.is_some_and(|held| !held.list.days.is_empty());
    if screening.consent == Override::IfLater && !tells {
        return is(
            Level::Note,
            format!(
                "{title} of {dated} does not tell since when a number is on it: only a consent after {dated} counts against it"
            ),
            "bring it in with --since-column, where the file has such a column",
        );
    }
    is(Level::Ok, format!("{title} is of {dated}"), "")
}
