//! Points in time and days.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds. Written as RFC 3339 in UTC with `Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_millis(ms: i64) -> Timestamp {
        Timestamp(ms)
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The calendar form; times outside chrono's years are clamped to the epoch's ends.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or(if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        })
    }

    /// The day in UTC.
    pub fn date(self) -> NaiveDate {
        self.utc().date_naive()
    }

    /// Midnight UTC at the start of `day`.
    pub fn start_of(day: NaiveDate) -> Timestamp {
        Timestamp(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis())
    }

    /// Reads RFC 3339, or a day `YYYY-MM-DD`, meaning the end of that day in UTC, so that "as of the 31st"
    /// includes what happened on the 31st.
    pub fn parse_as_of(text: &str) -> Option<Timestamp> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Timestamp(time.timestamp_millis()));
        }
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(Timestamp(Timestamp::start_of(day.succ_opt()?).0 - 1))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let precision = if self.0 % 1000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
        f.write_str(&self.utc().to_rfc3339_opts(precision, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            let time = DateTime::parse_from_rfc3339(&text).map_err(serde::de::Error::custom)?;
            Ok(Timestamp(time.timestamp_millis()))
        } else {
            i64::deserialize(deserializer).map(Timestamp)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn a_day_means_its_end() {
        let at = Timestamp::parse_as_of("2026-01-31").unwrap();
        assert_eq!(at.to_string(), "2026-01-31T23:59:59.999Z");
        assert_eq!(
            Timestamp::parse_as_of("2026-01-31T10:00:00+02:00").unwrap().to_string(),
            "2026-01-31T08:00:00Z"
        );
        assert_eq!(Timestamp::parse_as_of("yesterday"), None);
    }
}
