//! The hours of a week in which people may be called, on their own clock.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};

use crate::law::Refused;
use crate::law::read::Reader;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A part of a day, in minutes after midnight: from the first to before the second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Span {
    pub from: u16,
    pub to: u16,
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Span { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

/// The hours of a week in which people may be called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hours {
    /// From Monday on, each day's parts in their order.
    days: [Vec<Span>; 7],
    /// Whether that holds on public holidays too; otherwise nobody is called on them.
    pub holidays: bool,
}

/// The days as they are written.
const KEYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Hours {
    pub(super) fn read(reader: Reader<'_>) -> Result<Hours, Refused> {
        let mut days: [Vec<Span>; 7] = Default::default();
        for (day, key) in days.iter_mut().zip(KEYS) {
            let spans: Vec<String> = reader.list(key)?;
            for text in spans {
                let span = span(&text).map_err(|why| reader.refuse(key, why))?;
                if day.last().is_some_and(|before| span.from < before.to) {
                    return Err(reader.refuse(key, format!("`{text}` begins before the hours before it end")));
                }
                day.push(span);
            }
        }
        if days.iter().all(Vec::is_empty) {
            return Err(
                reader.refuse_all("there is no hour in it; where nobody may be called, the basis is `never`")
            );
        }
        let hours = Hours { days, holidays: reader.need_flag("holidays")? };
        reader.finish()?;
        Ok(hours)
    }

    pub fn on(&self, day: Weekday) -> &[Span] {
        self.days.get(day.num_days_from_monday() as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether these hours hold at a moment of a day that is no public holiday.
    pub fn hold_at(&self, local: NaiveDateTime) -> bool {
        let minute = local.time().hour() * 60 + local.time().minute();
        self.on(local.weekday())
            .iter()
            .any(|span| u32::from(span.from) <= minute && minute < u32::from(span.to))
    }

    /// Where on a day calls begin, at or after a time of it.
    pub(super) fn begin(&self, day: NaiveDate, after: NaiveTime) -> Option<NaiveDateTime> {
        let midnight = day.and_time(NaiveTime::MIN);
        let start = day.and_time(after);
        self.on(day.weekday()).iter().find_map(|span| {
            let from = midnight.checked_add_signed(TimeDelta::minutes(i64::from(span.from)))?;
            let to = midnight.checked_add_signed(TimeDelta::minutes(i64::from(span.to)))?;
            (start < to).then(|| from.max(start))
        })
    }

    /// The week as one line: `Mon-Fri 10:00-13:00, 14:00-20:00`.
    pub fn text(&self) -> String {
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let mut parts: Vec<String> = Vec::new();
        let mut at = 0;
        while let (Some(spans), Some(name)) = (self.days.get(at), names.get(at)) {
            let same = self.days.iter().skip(at).take_while(|other| *other == spans).count();
            if !spans.is_empty() {
                let last = names.get(at + same - 1).filter(|_| same > 1);
                let days = last.map_or_else(|| (*name).to_owned(), |last| format!("{name}-{last}"));
                let spans: Vec<String> = spans.iter().map(ToString::to_string).collect();
                parts.push(format!("{days} {}", spans.join(", ")));
            }
            at += same;
        }
        let holidays = if self.holidays { "" } else { "; not on public holidays" };
        format!("{}{holidays}", parts.join("; "))
    }
}

fn span(text: &str) -> Result<Span, String> {
    let wrong = || format!("`{}` are no hours; write 10:00-13:00", text.chars().take(40).collect::<String>());
    let minute = |text: &str| -> Option<u16> {
        let (hour, minute) = text.trim().split_once(':')?;
        let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(hour) || !digits(minute) {
            return None;
        }
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let at = hour * 60 + minute;
        (minute < 60 && at <= DAY).then_some(at)
    };
    let (from, to) = text.split_once(['-', '–']).ok_or_else(wrong)?;
    let (from, to) = (minute(from).ok_or_else(wrong)?, minute(to).ok_or_else(wrong)?);
    if to <= from {
        return Err(format!("`{text}` ends before it begins"));
    }
    Ok(Span { from, to })
}
