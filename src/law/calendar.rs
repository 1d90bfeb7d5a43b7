//! Public holidays, computed from rules for any year.

use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta, Weekday};

use super::read::Reader;
use super::{Refused, Source};
use crate::domain::value::Invalid;

/// The public holidays of a country.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    holidays: Vec<Holiday>,
    pub source: Source,
}

/// A public holiday: when it falls, and in which years and parts of the country.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holiday {
    pub name: String,
    on: On,
    /// The first and the last year, where it was not always one.
    from: Option<i32>,
    until: Option<i32>,
    /// Years in which it was moved or left out.
    except: Vec<i32>,
    /// By how many days it is moved when it falls on a day of the week, from Monday on.
    shift: [i8; 7],
    /// The parts of the country that have it, by ISO 3166-2; all of it, where none is named.
    pub regions: Vec<String>,
}

/// When a holiday falls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum On {
    /// Each year on this day and month.
    Fixed { month: u32, day: u32 },
    /// So many days after Easter Sunday.
    Easter(i64),
    /// The first (1) to fourth of a day of the week in a month.
    Nth { weekday: Weekday, nth: u8, month: u32 },
    /// The last of a day of the week in a month.
    Last { weekday: Weekday, month: u32 },
    /// The last of a day of the week before a date.
    Before { weekday: Weekday, month: u32, day: u32 },
    /// Once.
    Once(NaiveDate),
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Calendar {
    pub(super) fn read(reader: Reader<'_>, origin: &str) -> Result<Calendar, Refused> {
        let holidays: Vec<Holiday> =
            reader.rows("days")?.into_iter().map(Holiday::read).collect::<Result<_, _>>()?;
        if holidays.is_empty() {
            return Err(reader.refuse("days", "there is no holiday in it"));
        }
        let calendar = Calendar { holidays, source: Source::read(&reader, origin)? };
        reader.finish()?;
        Ok(calendar)
    }

    /// The public holiday on a day: of the whole country, and of a part of it, if one is named.
    pub fn holiday(&self, day: NaiveDate, region: Option<&str>) -> Option<&Holiday> {
        let years = [day.year(), day.year() - 1, day.year() + 1];
        self.holidays.iter().filter(|holiday| holiday.is_in(region)).find(|holiday| {
            // A shift can lead into a neighbouring year.
            let years = if holiday.shift == [0; 7] { &years[..1] } else { &years[..] };
            years.iter().any(|year| holiday.in_year(*year) == Some(day))
        })
    }

    /// Every public holiday of a year, in order.
    pub fn year(&self, year: i32, region: Option<&str>) -> Vec<(NaiveDate, &Holiday)> {
        let mine = self.holidays.iter().filter(|holiday| holiday.is_in(region));
        let mut days: Vec<_> = mine.filter_map(|holiday| Some((holiday.in_year(year)?, holiday))).collect();
        days.sort_by_key(|(day, _)| *day);
        days
    }

    /// Whether people work on a day: neither at the weekend nor on a public holiday.
    pub fn is_working(&self, day: NaiveDate, region: Option<&str>) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && self.holiday(day, region).is_none()
    }
}

impl Holiday {
    fn read(reader: Reader<'_>) -> Result<Holiday, Refused> {
        let year = |key| reader.number(key, 1583..=9_999);
        let small = |year: Option<i64>| year.and_then(|year| i32::try_from(year).ok());
        let mut shift = [0; 7];
        if let Some(inner) = reader.inner("shift")? {
            for (by, key) in shift.iter_mut().zip(DAYS) {
                *by = inner.number(key, -6..=6)?.and_then(|by| i8::try_from(by).ok()).unwrap_or(0);
            }
            inner.finish()?;
        }
        let holiday = Holiday {
            name: reader.need_text("name")?,
            on: reader.need("on")?,
            from: small(year("from")?),
            until: small(year("until")?),
            except: reader
                .numbers("except", 1583..=9_999)?
                .into_iter()
                .filter_map(|year| i32::try_from(year).ok())
                .collect(),
            shift,
            regions: reader.list("regions")?,
        };
        if let (Some(from), Some(until)) = (holiday.from, holiday.until)
            && until < from
        {
            return Err(reader.refuse("until", "it ends before it begins"));
        }
        reader.finish()?;
        Ok(holiday)
    }

    fn is_in(&self, region: Option<&str>) -> bool {
        self.regions.is_empty() || region.is_some_and(|region| self.regions.iter().any(|one| one == region))
    }

    /// The day in a year on which it is kept.
    fn in_year(&self, year: i32) -> Option<NaiveDate> {
        let counts = self.from.is_none_or(|from| from <= year)
            && self.until.is_none_or(|until| year <= until)
            && !self.except.contains(&year);
        let day = if counts { self.on.in_year(year)? } else { return None };
        let by = self.shift.get(day.weekday().num_days_from_monday() as usize).copied().unwrap_or(0);
        day.checked_add_signed(TimeDelta::days(i64::from(by)))
    }
}

impl On {
    fn in_year(self, year: i32) -> Option<NaiveDate> {
        match self {
            On::Fixed { month, day } => NaiveDate::from_ymd_opt(year, month, day),
            On::Easter(days) => easter(year)?.checked_add_signed(TimeDelta::days(days)),
            On::Nth { weekday, nth, month } => {
                NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth)
            }
            On::Last { weekday, month } => {
                let next = NaiveDate::from_ymd_opt(year, month, 1)?.checked_add_months(Months::new(1))?;
                last_before(weekday, next)
            }
            On::Before { weekday, month, day } => {
                last_before(weekday, NaiveDate::from_ymd_opt(year, month, day)?)
            }
            On::Once(day) => (day.year() == year).then_some(day),
        }
    }
}

fn last_before(weekday: Weekday, day: NaiveDate) -> Option<NaiveDate> {
    let yesterday = day.pred_opt()?;
    let back = yesterday.weekday().days_since(weekday);
    yesterday.checked_sub_days(Days::new(u64::from(back)))
}

/// Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, 2nd edition, chapter 8; the same as the tables
/// of the bull Inter gravissimas of 1582).
pub fn easter(year: i32) -> Option<NaiveDate> {
    if !(1583..=9_999).contains(&year) {
        return None;
    }
    let a = year % 19;
    let (b, c) = (year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let (month, day) = ((h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

impl std::str::FromStr for On {
    type Err = Invalid;

    /// `12-25`, `easter`, `easter+39`, `first monday of 05`, `last monday of 08`, `wednesday before 11-23`, `2022-09-19`.
    fn from_str(text: &str) -> Result<On, Invalid> {
        let wrong = || {
            Invalid::new(format!(
                "`{}` is no rule of a holiday; there are 12-25, easter+39, first monday of 05, last monday of 08, \
                 wednesday before 11-23, 2022-09-19",
                text.chars().take(40).collect::<String>()
            ))
        };
        let weekday = |word: &str| {
            DAYS.iter()
                .position(|day| *day == word)
                .and_then(|at| Weekday::try_from(u8::try_from(at).ok()?).ok())
        };
        let month = |word: &str| word.parse().ok().filter(|month| (1..=12).contains(month));
        let date = |word: &str| {
            let (month, day) = word.split_once('-')?;
            let (month, day) = (month.parse().ok()?, day.parse().ok()?);
            // 2000 had a 29 February.
            NaiveDate::from_ymd_opt(2000, month, day).map(|_| (month, day))
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let on = match words.as_slice() {
            [one] => {
                if let Some(days) = one.strip_prefix("easter") {
                    let days = if days.is_empty() { Some(0) } else { days.parse().ok() };
                    days.filter(|days: &i64| days.abs() <= 200).map(On::Easter)
                } else if let Some((month, day)) = date(one) {
                    Some(On::Fixed { month, day })
                } else {
                    NaiveDate::parse_from_str(one, "%Y-%m-%d").ok().map(On::Once)
                }
            }
            ["last", day, "of", of] => {
                weekday(day).zip(month(of)).map(|(weekday, month)| On::Last { weekday, month })
            }
            [nth, day, "of", of] => {
                let nth = ["first", "second", "third", "fourth"].iter().position(|word| word == nth);
                nth.zip(weekday(day)).zip(month(of)).and_then(|((nth, weekday), month)| {
                    Some(On::Nth { weekday, nth: u8::try_from(nth + 1).ok()?, month })
                })
            }
            [day, "before", before] => weekday(day)
                .zip(date(before))
                .map(|(weekday, (month, day))| On::Before { weekday, month, day }),
            _ => None,
        };
        on.ok_or_else(wrong)
    }
}
