//! Dates and ages in filters.
//!
//! A point is a stretch of time: a day, month or year in UTC, from its first to its last millisecond. `>` means
//! after its end, `>=` from its start, `<` before its start, `<=` up to its end; alone it means within it.
//!
//! An age (`7d`) is the instant that long ago: days of 24 hours, weeks of 7 days, calendar months and years (the
//! 31st clamped to the month's last day). Ages compare as ages do: `<7d` is younger, so *later* than that instant;
//! `>30d` is older. Alone, `7d` is `<=7d`.
//!
//! `a..b` runs from the start of `a` to the end of `b`, both included; either may be missing, not both.

use std::fmt;

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::domain::time::Timestamp;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    In(Point),
    Compared(Comparison, Point),
    Range(Option<Point>, Option<Point>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    Day(NaiveDate),
    /// Year and month, 1 to 12.
    Month(i32, u32),
    Year(i32),
    Today,
    Yesterday,
    /// So long ago.
    Ago(u16, Unit),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    Days,
    Weeks,
    Months,
    Years,
}

/// The milliseconds a [`When`] covers, both ends included. Empty when `from > to`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Bound {
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at <= self.to
    }
}

const FIRST: Timestamp = Timestamp::from_millis(i64::MIN);
const LAST: Timestamp = Timestamp::from_millis(i64::MAX);

impl When {
    pub fn parse(text: &str) -> Option<When> {
        if let Some((from, to)) = text.split_once("..") {
            let end = |text: &str| if text.is_empty() { Some(None) } else { Point::parse(text).map(Some) };
            let (from, to) = (end(from)?, end(to)?);
            return (from.is_some() || to.is_some()).then_some(When::Range(from, to));
        }
        for (sign, comparison) in COMPARISONS {
            if let Some(point) = text.strip_prefix(sign) {
                return Some(When::Compared(comparison, Point::parse(point)?));
            }
        }
        Point::parse(text).map(When::In)
    }

    /// The stretch of time meant at the moment `now`.
    pub fn resolve(&self, now: Timestamp) -> Bound {
        match *self {
            When::In(point @ Point::Ago(..)) => Bound { from: point.start(now), to: LAST },
            When::In(point) => Bound { from: point.start(now), to: point.end(now) },
            When::Compared(comparison, point) => {
                let aged = matches!(point, Point::Ago(..));
                let (start, end) = (point.start(now), point.end(now));
                match (comparison, aged) {
                    (Comparison::Less, false) | (Comparison::Greater, true) => {
                        Bound { from: FIRST, to: before(start) }
                    }
                    (Comparison::LessOrEqual, false) | (Comparison::GreaterOrEqual, true) => {
                        Bound { from: FIRST, to: end }
                    }
                    (Comparison::Greater, false) | (Comparison::Less, true) => {
                        Bound { from: after(end), to: LAST }
                    }
                    (Comparison::GreaterOrEqual, false) | (Comparison::LessOrEqual, true) => {
                        Bound { from: start, to: LAST }
                    }
                }
            }
            When::Range(from, to) => Bound {
                from: from.map_or(FIRST, |point| point.start(now)),
                to: to.map_or(LAST, |point| point.end(now)),
            },
        }
    }

    /// Whether the answer changes with the clock.
    pub fn is_relative(&self) -> bool {
        let relative = |point: &Point| matches!(point, Point::Today | Point::Yesterday | Point::Ago(..));
        match self {
            When::In(point) | When::Compared(_, point) => relative(point),
            When::Range(from, to) => from.as_ref().is_some_and(relative) || to.as_ref().is_some_and(relative),
        }
    }
}

const COMPARISONS: [(&str, Comparison); 4] = [
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

fn before(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.millis().saturating_sub(1))
}

fn after(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.millis().saturating_add(1))
}

impl Point {
    fn parse(text: &str) -> Option<Point> {
        if text.eq_ignore_ascii_case("today") {
            return Some(Point::Today);
        }
        if text.eq_ignore_ascii_case("yesterday") {
            return Some(Point::Yesterday);
        }
        if !text.is_ascii() || !text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let unit = match text.as_bytes().last()?.to_ascii_lowercase() {
            b'd' => Some(Unit::Days),
            b'w' => Some(Unit::Weeks),
            b'm' => Some(Unit::Months),
            b'y' => Some(Unit::Years),
            _ => None,
        };
        if let Some(unit) = unit {
            let count = &text[..text.len() - 1];
            return Some(Point::Ago(number(count, 1, 5)?.try_into().ok()?, unit));
        }
        let mut parts = text.split('-');
        let year = i32::try_from(number(parts.next()?, 4, 4)?).ok()?;
        let month = parts.next().map(|part| number(part, 2, 2));
        let day = parts.next().map(|part| number(part, 2, 2));
        match (month, day, parts.next()) {
            (None, None, None) => Some(Point::Year(year)),
            (Some(month), None, None) => {
                NaiveDate::from_ymd_opt(year, month?, 1).map(|_| Point::Month(year, month.unwrap_or(1)))
            }
            (Some(month), Some(day), None) => NaiveDate::from_ymd_opt(year, month?, day?).map(Point::Day),
            _ => None,
        }
    }

    /// The first millisecond.
    fn start(self, now: Timestamp) -> Timestamp {
        let day = match self {
            Point::Ago(count, unit) => return ago(now, count, unit),
            Point::Day(day) => Some(day),
            Point::Month(year, month) => NaiveDate::from_ymd_opt(year, month, 1),
            Point::Year(year) => NaiveDate::from_ymd_opt(year, 1, 1),
            Point::Today => Some(now.date()),
            Point::Yesterday => now.date().pred_opt(),
        };
        day.map_or(FIRST, Timestamp::start_of)
    }

    /// The last millisecond.
    fn end(self, now: Timestamp) -> Timestamp {
        let next = match self {
            Point::Ago(..) => return self.start(now),
            Point::Day(day) => day.succ_opt(),
            Point::Month(year, month) => NaiveDate::from_ymd_opt(year, month, 1)
                .and_then(|first| first.checked_add_months(Months::new(1))),
            Point::Year(year) => NaiveDate::from_ymd_opt(year + 1, 1, 1),
            Point::Today => now.date().succ_opt(),
            Point::Yesterday => Some(now.date()),
        };
        next.map_or(LAST, |next| before(Timestamp::start_of(next)))
    }
}

fn ago(now: Timestamp, count: u16, unit: Unit) -> Timestamp {
    let then = now.utc();
    let count = u32::from(count);
    let then = match unit {
        Unit::Days => then.checked_sub_days(Days::new(count.into())),
        Unit::Weeks => then.checked_sub_days(Days::new(u64::from(count) * 7)),
        Unit::Months => then.checked_sub_months(Months::new(count)),
        Unit::Years => then.checked_sub_months(Months::new(count * 12)),
    };
    then.map_or(FIRST, |then| Timestamp::from_millis(then.timestamp_millis()))
}

fn number(text: &str, least: usize, most: usize) -> Option<u32> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::In(point) => point.fmt(f),
            When::Compared(comparison, point) => {
                let sign =
                    COMPARISONS.iter().find(|(_, known)| known == comparison).map_or("", |(sign, _)| sign);
                write!(f, "{sign}{point}")
            }
            When::Range(from, to) => {
                if let Some(from) = from {
                    from.fmt(f)?;
                }
                f.write_str("..")?;
                to.map_or(Ok(()), |to| to.fmt(f))
            }
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Point::Day(day) => write!(f, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day()),
            Point::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Point::Year(year) => write!(f, "{year:04}"),
            Point::Today => f.write_str("today"),
            Point::Yesterday => f.write_str("yesterday"),
            Point::Ago(count, unit) => {
                let unit = match unit {
                    Unit::Days => 'd',
                    Unit::Weeks => 'w',
                    Unit::Months => 'm',
                    Unit::Years => 'y',
                };
                write!(f, "{count}{unit}")
            }
        }
    }
}
