//! Lengths of time in the calendar, as ISO 8601 writes them: `P3Y`, `P18M`, `P28D`.
//!
//! A period is no number of seconds: a year from 29 February is a day that depends on where one stands. So it is kept as
//! it was written and only added to days.

use std::fmt;
use std::str::FromStr;

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::domain::value::Invalid;

/// Years, months, weeks and days, at least one of them above zero (ISO 8601-1, 5.5.2, without a time of day).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    years: u16,
    months: u16,
    weeks: u16,
    days: u16,
}

impl Period {
    pub const fn years(years: u16) -> Period {
        Period { years, months: 0, weeks: 0, days: 0 }
    }

    pub const fn months(months: u16) -> Period {
        Period { years: 0, months, weeks: 0, days: 0 }
    }

    pub const fn days(days: u16) -> Period {
        Period { years: 0, months: 0, weeks: 0, days }
    }

    /// How many of what, the greatest first: years, months, weeks, days.
    pub const fn parts(self) -> [u16; 4] {
        [self.years, self.months, self.weeks, self.days]
    }

    /// The day that lies this long after `day`: years and months first, ending on the last day of a month that has no such
    /// date; then weeks and days. `None` outside the calendar.
    pub fn after(self, day: NaiveDate) -> Option<NaiveDate> {
        let months = u32::from(self.years) * 12 + u32::from(self.months);
        let days = u64::from(self.weeks) * 7 + u64::from(self.days);
        day.checked_add_months(Months::new(months))?.checked_add_days(Days::new(days))
    }

    /// The moment that lies this long after `from`: on the day that [`Period::after`] gives, at the same time in UTC.
    pub fn after_moment(self, from: Timestamp) -> Option<Timestamp> {
        let day = from.date();
        let into_day = from.millis() - Timestamp::start_of(day).millis();
        Some(Timestamp::from_millis(Timestamp::start_of(self.after(day)?).millis() + into_day))
    }

    /// The day that lies this long before `day`.
    pub fn before(self, day: NaiveDate) -> Option<NaiveDate> {
        let months = u32::from(self.years) * 12 + u32::from(self.months);
        let days = u64::from(self.weeks) * 7 + u64::from(self.days);
        day.checked_sub_months(Months::new(months))?.checked_sub_days(Days::new(days))
    }
}

impl FromStr for Period {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Period, Invalid> {
        let wrong = || {
            Invalid::new(format!(
                "`{}` is no period; write it as ISO 8601 does: P3Y, P18M, P2W, P28D",
                text.trim().chars().take(40).collect::<String>()
            ))
        };
        let mut rest = text.trim().strip_prefix('P').ok_or_else(wrong)?;
        let mut period = Period { years: 0, months: 0, weeks: 0, days: 0 };
        // Each unit at most once, the greatest first.
        for (unit, part) in [
            ('Y', &mut period.years),
            ('M', &mut period.months),
            ('W', &mut period.weeks),
            ('D', &mut period.days),
        ] {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if let (Some(number), Some(after)) = (rest.get(..digits), rest.get(digits..))
                && let Some(after) = after.strip_prefix(unit)
            {
                *part = number.parse().map_err(|_| wrong())?;
                rest = after;
            }
        }
        let nothing = Period { years: 0, months: 0, weeks: 0, days: 0 };
        if rest.is_empty() && period != nothing { Ok(period) } else { Err(wrong()) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::from("P");
        for (number, unit) in [(self.years, 'Y'), (self.months, 'M'), (self.weeks, 'W'), (self.days, 'D')] {
            if number > 0 {
                text.push_str(&number.to_string());
                text.push(unit);
            }
        }
        f.pad(&text)
    }
}

impl TryFrom<String> for Period {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Period, Invalid> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> String {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::Period;

    #[test]
    fn periods_are_read_and_written() {
        for text in ["P3Y", "P18M", "P2W", "P28D", "P1Y6M", "P1Y2M3W4D"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for text in [
            "", "P", "3Y", "P3", "PY", "P-1Y", "P1D2Y", "P1Y1Y", "PT1H", "P1.5Y", "P0D", "p1y", "P99999Y",
            "P1Y x",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn they_are_added_in_the_calendar() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let after = |period: &str, from: &str| period.parse::<Period>().unwrap().after(day(from));
        assert_eq!(after("P1Y", "2024-02-29"), Some(day("2025-02-28")));
        assert_eq!(after("P1M", "2027-01-31"), Some(day("2027-02-28")));
        assert_eq!(after("P1M1D", "2027-01-31"), Some(day("2027-03-01")));
        assert_eq!(after("P2W", "2026-12-25"), Some(day("2027-01-08")));
        assert_eq!(Period::years(3).before(day("2027-02-28")), Some(day("2024-02-28")));
        assert_eq!(Period::years(u16::MAX).after(NaiveDate::MAX), None);
    }
}
