//! Moments ahead, as people say them: `tomorrow 10:00`, `+3d`, `mon 14`, `2026-12-01 09:30`, `16:15`.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use crate::domain::time::Timestamp;
use crate::env::Zone;

/// The hour of a day for which none is said.
const MORNING: u32 = 9;
/// Nobody plans further ahead than this, in days: five years.
const FURTHEST: u64 = 5 * 366;

/// What can be written, for whoever has to be told.
pub const EXAMPLES: &str = "write it as tomorrow 10:00, mon 14:30, +3d, +2h or 2026-12-01 09:30";

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

/// The moment that is meant. It lies ahead, or the words are refused with what is wrong with them.
pub fn ahead(text: &str, now: Timestamp, zone: Zone) -> Result<Timestamp, String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let wall = zone.of(now).naive_local();
    let unreadable = || format!("`{}` is no time: {EXAMPLES}", text.trim());
    let at = match words.as_slice() {
        [] => return Err(EXAMPLES.to_owned()),
        [one] => match (span(one), day(one, wall.date()), time(one)) {
            (Some(after), _, _) => return bounded(now, Some(now.millis().saturating_add(after))),
            (None, Some(day), _) => at_hour(day, NaiveTime::from_hms_opt(MORNING, 0, 0)),
            (None, None, Some(time)) => {
                // An hour that is over today is meant for tomorrow.
                let today = NaiveDateTime::new(wall.date(), time);
                let tomorrow = wall.date().succ_opt().map(|day| NaiveDateTime::new(day, time));
                if today > wall { Some(today) } else { tomorrow }
            }
            (None, None, None) => return Err(unreadable()),
        },
        [one, hour] => {
            let (Some(day), Some(time)) = (day(one, wall.date()), time(hour)) else {
                return Err(unreadable());
            };
            at_hour(day, Some(time))
        }
        _ => return Err(unreadable()),
    };
    bounded(now, at.map(|at| zone.moment(at).millis()))
}

fn bounded(now: Timestamp, at: Option<i64>) -> Result<Timestamp, String> {
    let furthest = now.millis().saturating_add(i64::try_from(FURTHEST).unwrap_or(0) * 86_400_000);
    match at {
        Some(at) if at <= now.millis() => Err("that is over already".to_owned()),
        Some(at) if at <= furthest => Ok(Timestamp::from_millis(at)),
        Some(_) | None => Err("that is too far ahead".to_owned()),
    }
}

fn at_hour(day: NaiveDate, time: Option<NaiveTime>) -> Option<NaiveDateTime> {
    time.map(|time| NaiveDateTime::new(day, time))
}

/// `+2h`, `+30min`, in milliseconds.
fn span(word: &str) -> Option<i64> {
    let rest = word.strip_prefix('+')?;
    let (number, unit) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
    let each = match unit {
        "h" => 3_600_000,
        "min" => 60_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(each)
}

/// `today`, `tomorrow`, `mon`, `friday`, `+3d`, `+2w`, `2026-12-01`.
fn day(word: &str, today: NaiveDate) -> Option<NaiveDate> {
    match word {
        "today" => return Some(today),
        "tomorrow" => return today.succ_opt(),
        _ => {}
    }
    if let Some(rest) = word.strip_prefix('+') {
        let (number, unit) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
        let number: u64 = number.parse().ok()?;
        let days = match unit {
            "d" => number,
            "w" => number.checked_mul(7)?,
            _ => return None,
        };
        return today.checked_add_days(Days::new(days.min(FURTHEST * 2)));
    }
    let named = WEEKDAYS.iter().find(|(name, _)| word.len() >= 2 && name.starts_with(word));
    if let Some((_, weekday)) = named {
        // The next one: on a Monday `mon` is in a week.
        let away = (7 + weekday.num_days_from_monday() - today.weekday().num_days_from_monday() - 1) % 7 + 1;
        return today.checked_add_days(Days::new(u64::from(away)));
    }
    NaiveDate::parse_from_str(word, "%Y-%m-%d").ok()
}

/// `9`, `09:30`.
fn time(word: &str) -> Option<NaiveTime> {
    let (hour, minute) = word.split_once(':').unwrap_or((word, "0"));
    let number = |text: &str| match text.len() {
        1 | 2 if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse::<u32>().ok(),
        _ => None,
    };
    NaiveTime::from_hms_opt(number(hour)?, number(minute)?, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-06-15, a Monday, 09:30 UTC.
    const NOW: Timestamp = Timestamp::from_millis(1_781_515_800_000);

    fn read(text: &str) -> Result<String, String> {
        ahead(text, NOW, Zone::UTC).map(|at| at.utc().format("%Y-%m-%d %H:%M").to_string())
    }

    #[test]
    fn words_for_moments_ahead() {
        for (text, at) in [
            ("tomorrow 10:00", "2026-06-16 10:00"),
            ("tomorrow", "2026-06-16 09:00"),
            ("Today 16", "2026-06-15 16:00"),
            ("+3d", "2026-06-18 09:00"),
            ("+2w 14:30", "2026-06-29 14:30"),
            ("+2h", "2026-06-15 11:30"),
            ("+45min", "2026-06-15 10:15"),
            ("mon", "2026-06-22 09:00"),
            ("tue 8", "2026-06-16 08:00"),
            ("sunday 12:00", "2026-06-21 12:00"),
            ("16:15", "2026-06-15 16:15"),
            ("9", "2026-06-16 09:00"),
            ("2026-12-01 09:30", "2026-12-01 09:30"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(at), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_ahead_is_refused() {
        for text in [
            "",
            "soon",
            "tomorrow 25:00",
            "10:61",
            "+d",
            "+3x",
            "+3d 9 9",
            "m",
            "2026-02-30",
            "tomorrow +3d",
            "١٠",
        ] {
            assert!(read(text).unwrap_err().contains("tomorrow 10:00"), "{text}");
        }
        assert_eq!(read("today 9:00").unwrap_err(), "that is over already");
        assert_eq!(read("2020-01-01").unwrap_err(), "that is over already");
        assert_eq!(read("9999-01-01").unwrap_err(), "that is too far ahead");
        assert!(read("+99999999999999999999d").is_err());
        assert!(read("+9223372036854775807h").unwrap_err().contains("no time"));
    }

    #[test]
    fn the_clock_on_the_wall_counts() {
        let east = Zone::East(2 * 3600);
        let at = ahead("tomorrow 10:00", NOW, east).unwrap();
        assert_eq!(at.to_string(), "2026-06-16T08:00:00Z");
    }

    proptest::proptest! {
        #[test]
        fn nothing_typed_fails(text in "\\PC{0,24}") {
            if let Ok(at) = ahead(&text, NOW, Zone::UTC) {
                proptest::prop_assert!(at > NOW);
            }
        }
    }
}
