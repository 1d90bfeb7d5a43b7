//! When work that nobody asks for is due: a cron expression, read on the clock on the wall.
//!
//! Five fields: minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`,
//! `@yearly`. Due times are a function of the expression and the zone alone: they do not drift with how long the work
//! takes, and nothing is added to them. Runs that were missed, for the machine slept or nothing served, are made up once,
//! however many they were. An hour that the clock shows twice has its times once; times within one that it leaves out come
//! that much later.

use std::str::FromStr;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::Zone;
use crate::domain::time::Timestamp;
use crate::domain::value::Invalid;

/// How often a time that the clock shows twice is passed over before looking further.
const TRIES: usize = 200;

/// Times at which something is due.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    text: String,
}

impl Schedule {
    /// The first due time after `at`; none where there is none, such as with the 30th of February.
    pub fn next_after(&self, at: Timestamp, zone: Zone) -> Option<Timestamp> {
        let mut wall = zone.of(at).naive_local();
        for _ in 0..TRIES {
            wall = self.cron.find_next_occurrence(&wall, false).ok()?;
            let due = zone.moment(wall);
            if due > at {
                return Some(due);
            }
        }
        None
    }

    /// Whether a run is due: one or more due times have come since the last run.
    pub fn is_due(&self, last: Timestamp, now: Timestamp, zone: Zone) -> bool {
        self.next_after(last, zone).is_some_and(|due| due <= now)
    }
}

impl FromStr for Schedule {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Schedule, Invalid> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(text.trim()).map_err(|error| {
            Invalid::new(format!(
                "`{}` is no schedule ({error}); `30 2 * * *` is every day at half past two, `@weekly` every Sunday",
                text.trim()
            ))
        })?;
        Ok(Schedule { cron, text: text.trim().to_owned() })
    }
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Schedule) -> bool {
        self.text == other.text
    }
}

impl Eq for Schedule {}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Schedule, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(|error: Invalid| D::Error::custom(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Zone::UTC.parse(text).unwrap()
    }

    fn schedule(text: &str) -> Schedule {
        text.parse().unwrap()
    }

    #[test]
    fn due_times_are_on_the_wall() {
        for (text, zone, after, next) in [
            ("30 2 * * *", Zone::UTC, "2026-06-15 02:29", "2026-06-15 02:30"),
            ("30 2 * * *", Zone::UTC, "2026-06-15 02:30", "2026-06-16 02:30"),
            ("30 2 * * *", Zone::East(7200), "2026-06-15 00:29", "2026-06-15 00:30"),
            ("0 3 * * 1", Zone::UTC, "2026-06-16 00:00", "2026-06-22 03:00"),
            ("0 0 31 * *", Zone::UTC, "2026-06-01 00:00", "2026-07-31 00:00"),
            ("*/15 * * * *", Zone::UTC, "2026-06-15 23:50", "2026-06-16 00:00"),
            ("@daily", Zone::UTC, "2026-02-28 12:00", "2026-03-01 00:00"),
        ] {
            assert_eq!(schedule(text).next_after(at(after), zone), Some(at(next)), "{text} after {after}");
        }
        assert_eq!(schedule("0 0 30 2 *").next_after(at("2026-06-15 00:00"), Zone::UTC), None);
    }

    #[test]
    fn missed_runs_are_made_up_once() {
        let daily = schedule("0 2 * * *");
        let (last, now) = (at("2026-06-01 02:00"), at("2026-06-15 09:30"));
        assert!(daily.is_due(last, now, Zone::UTC), "two weeks were missed");
        assert!(!daily.is_due(now, now, Zone::UTC), "after one run nothing is due");
        assert_eq!(
            daily.next_after(now, Zone::UTC),
            Some(at("2026-06-16 02:00")),
            "at its own time, not a day later"
        );
        // A clock that was set back does not make everything due.
        assert!(!daily.is_due(now, last, Zone::UTC));
    }

    #[test]
    fn nonsense_is_refused_with_an_example() {
        for text in ["", "tomorrow", "61 * * * *", "* * * *", "0 0 0 * * * *", "* * * * * *", "@sometimes"] {
            let refused = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(refused.contains("30 2 * * *"), "{text}: {refused}");
        }
    }
}
