//! Time zones of the IANA database: the hour at somebody's place.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};
use serde::{Deserialize, Serialize};

use crate::domain::country::Country;
use crate::domain::time::Timestamp;
use crate::domain::value::Invalid;

/// A time zone by its IANA name, such as `Europe/Berlin`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

/// Country, zone. Made from `zone.tab` of the IANA database (public domain).
const DEFAULTS: &str = include_str!("../../assets/law/zones.tsv");

impl Zone {
    pub const UTC: Zone = Zone(Tz::UTC);

    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The zone in which people of a country live who have not said otherwise. A country of several has the one of its
    /// capital, or where that is not the greatest part by far, of most people: `assets/law/zones.tsv` says which.
    pub fn of(country: Country) -> Option<Zone> {
        static ZONES: LazyLock<HashMap<Country, Zone>> = LazyLock::new(|| {
            let rows = DEFAULTS.lines().filter_map(|line| line.split_once('\t'));
            rows.filter_map(|(code, zone)| Some((code.parse().ok()?, zone.parse().ok()?))).collect()
        });
        ZONES.get(&country).copied()
    }

    /// The clock on the wall at a moment.
    pub fn local(self, at: Timestamp) -> DateTime<Tz> {
        // Beyond these years, a zone's offset could leave the calendar.
        const LEAST: i64 = -62_135_596_800_000; // 0001-01-01
        const MOST: i64 = 253_402_214_400_000; // 9999-12-31
        Timestamp::from_millis(at.millis().clamp(LEAST, MOST)).utc().with_timezone(&self.0)
    }

    /// The moment at which the clock on the wall shows this: the first of two, and where a clock change leaves it out, as
    /// many quarters of an hour later as it takes.
    pub fn moment(self, local: NaiveDateTime) -> Option<Timestamp> {
        // No clock was ever put forward by more than a day (Samoa left out one in 2011).
        for quarters in 0..=100 {
            let at = local.checked_add_signed(TimeDelta::minutes(15 * quarters))?;
            match self.0.from_local_datetime(&at) {
                LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => {
                    return Some(Timestamp::from_millis(time.timestamp_millis()));
                }
                LocalResult::None => {}
            }
        }
        None
    }
}

impl FromStr for Zone {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Zone, Invalid> {
        let text = text.trim();
        let exact = text.parse().ok();
        let found =
            exact.or_else(|| TZ_VARIANTS.iter().copied().find(|tz| tz.name().eq_ignore_ascii_case(text)));
        found.map(Zone).ok_or_else(|| {
            Invalid::new(format!(
                "`{}` is no time zone; write it as Europe/Berlin",
                text.chars().take(60).collect::<String>()
            ))
        })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Zone, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Zone;
    use crate::domain::country::Country;
    use crate::domain::time::Timestamp;

    #[test]
    fn every_inhabited_country_has_a_zone() {
        let without: Vec<String> = Country::all()
            .into_iter()
            .filter(|country| Zone::of(*country).is_none())
            .map(|country| country.to_string())
            .collect();
        assert_eq!(without.join(" "), "BV HM");
        assert_eq!(Zone::of("GB".parse().unwrap()).unwrap().name(), "Europe/London");
        assert_eq!("europe/berlin".parse::<Zone>().unwrap().name(), "Europe/Berlin");
        assert!("Europe/Atlantis".parse::<Zone>().is_err());
    }

    #[test]
    fn clocks_that_are_changed_have_gaps_and_double_hours() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let moment = |text: &str| berlin.moment(text.parse().unwrap()).unwrap().to_string();
        assert_eq!(moment("2027-03-28T01:59:00"), "2027-03-28T00:59:00Z");
        assert_eq!(
            moment("2027-03-28T02:10:00"),
            "2027-03-28T01:10:00Z",
            "02:10 was left out, 03:10 is the next"
        );
        assert_eq!(moment("2027-10-31T02:30:00"), "2027-10-31T00:30:00Z", "the first of two");
        let apia: Zone = "Pacific/Apia".parse().unwrap();
        assert!(apia.moment("2011-12-30T12:00:00".parse().unwrap()).is_some(), "a day that was left out");
        for millis in [i64::MIN, i64::MAX] {
            assert!(apia.local(Timestamp::from_millis(millis)).naive_local().to_string().len() > 8);
        }
    }
}
