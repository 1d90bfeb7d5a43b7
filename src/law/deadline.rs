//! Deadlines of the GDPR: requests of persons (Art. 12(3)) and breaches (Art. 33(1)).
//!
//! Periods of months run by Regulation (EEC, Euratom) 1182/71: the day on which the event falls does not count (Art. 3(1)),
//! the period ends with the last hour of the day of the last month that has the same date, or of that month's last day
//! where there is no such date (Art. 3(2)(c)), and where that is a public holiday, a Sunday or a Saturday, with the last hour
//! of the following working day (Art. 3(4)). Public holidays are those of the calendar that is given: the controller's.

use chrono::{Datelike, Months, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::Law;
use super::zone::Zone;
use crate::domain::country::Country;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

/// Months to answer a request: Art. 12(3), first sentence.
const ANSWER: u32 = 1;
/// Months in all once it was extended: one, and two further ones (Art. 12(3), second sentence).
const EXTENDED: u32 = 3;
/// Hours to notify a breach: Art. 33(1).
const BREACH_HOURS: i64 = 72;

/// Where public holidays count: a country, and a part of it by ISO 3166-2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place<'a> {
    pub country: Country,
    pub region: Option<&'a str>,
}

impl Place<'_> {
    /// The whole of a country.
    pub fn of(country: Country) -> Place<'static> {
        Place { country, region: None }
    }
}

/// When something is due, and how that came about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deadline {
    /// The day of receipt, which does not count.
    pub received: Day,
    /// The last day of the period by the months alone.
    pub ends: Day,
    /// The last day on which it is in time.
    pub due: Day,
    /// Why it is due later than the months end: the days that were passed over.
    pub moved: Vec<String>,
    /// The country whose public holidays were looked at; `None` where the law has no calendar of it, and only weekends
    /// moved the end. That is the earlier day of the two, so the safe one.
    pub calendar: Option<Country>,
}

impl Deadline {
    /// The moment at which it is too late: the end of the day at the controller's place.
    pub fn too_late_at(&self, zone: Zone) -> Option<Timestamp> {
        zone.moment(self.due.0.succ_opt()?.and_time(chrono::NaiveTime::MIN))
    }
}

/// When a request of a person must be answered. `None` at the end of the calendar.
pub fn answer(law: &Law, place: Place<'_>, received: NaiveDate) -> Option<Deadline> {
    months(law, place, received, ANSWER)
}

/// When it must be answered once the period was extended: three months in all, counted from receipt afresh. The person must
/// have been told, with the reasons, by the day of [`answer`].
pub fn extended(law: &Law, place: Place<'_>, received: NaiveDate) -> Option<Deadline> {
    months(law, place, received, EXTENDED)
}

/// When a breach must be notified to the authority: 72 hours from the moment at which the controller became aware of it.
/// Neither weekends nor holidays move it, and a clock change does not make it longer or shorter.
pub fn breach(aware: Timestamp) -> Timestamp {
    Timestamp::from_millis(aware.millis().saturating_add(BREACH_HOURS * 3_600_000))
}

/// The day of receipt: that of the moment, at the controller's place.
pub fn day_of_receipt(at: Timestamp, zone: Zone) -> NaiveDate {
    zone.local(at).date_naive()
}

fn months(law: &Law, place: Place<'_>, received: NaiveDate, months: u32) -> Option<Deadline> {
    let calendar = law.calendar(place.country);
    let ends = received.checked_add_months(Months::new(months))?;
    let mut due = ends;
    let mut moved = Vec::new();
    // A law file could make a holiday of every day of a year.
    while moved.len() < 100 {
        let holiday = calendar.and_then(|calendar| calendar.holiday(due, place.region));
        let why = match (due.weekday(), holiday) {
            (_, Some(holiday)) => holiday.name.as_str(),
            (Weekday::Sat, None) => "Saturday",
            (Weekday::Sun, None) => "Sunday",
            (Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri, None) => break,
        };
        moved.push(format!("{due}: {why}"));
        due = due.succ_opt()?;
    }
    let calendar = calendar.map(|_| place.country);
    Some(Deadline { received: Day(received), ends: Day(ends), due: Day(due), moved, calendar })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Datelike, NaiveDate};
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{Deadline, Place, answer, breach, day_of_receipt, extended};
    use crate::domain::country::Country;
    use crate::domain::time::Timestamp;
    use crate::law::Law;
    use crate::law::zone::Zone;

    fn country(code: &str) -> Country {
        code.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    fn of(code: &str, received: &str) -> Deadline {
        answer(&Law::built_in(), Place::of(country(code)), received.parse().unwrap()).unwrap()
    }

    #[test]
    fn one_month_to_answer() {
        for (received, due) in [
            ("2027-01-31", "2027-03-01"),
            ("2027-08-31", "2027-09-30"),
            ("2026-11-25", "2026-12-28"),
            ("2024-01-31", "2024-02-29"),
            ("2027-06-15", "2027-07-15"),
        ] {
            for code in ["DE", "NL"] {
                assert_eq!(of(code, received).due.to_string(), due, "{code} {received}");
            }
        }
        // Good Friday and King's day are not holidays everywhere.
        for (received, german, dutch) in
            [("2027-02-26", "2027-03-30", "2027-03-26"), ("2027-03-27", "2027-04-27", "2027-04-28")]
        {
            assert_eq!(of("DE", received).due.to_string(), german);
            assert_eq!(of("NL", received).due.to_string(), dutch);
        }
    }

    #[test]
    fn why_it_was_moved_is_told() {
        let deadline = of("DE", "2027-02-26");
        assert_eq!(deadline.ends.to_string(), "2027-03-26");
        assert_eq!(
            deadline.moved,
            [
                "2027-03-26: Karfreitag",
                "2027-03-27: Saturday",
                "2027-03-28: Sunday",
                "2027-03-29: Ostermontag"
            ]
        );
        assert_eq!(deadline.calendar, Some(country("DE")));
        // Without a calendar, only weekends count: earlier, so safe.
        let deadline = of("PL", "2026-11-25");
        assert_eq!((deadline.due.to_string().as_str(), deadline.calendar), ("2026-12-25", None));
    }

    #[test]
    fn a_part_of_the_country_has_its_own_days() {
        let law = Law::built_in();
        let place = |region| Place { country: country("DE"), region };
        let due =
            |region| answer(&law, place(region), "2027-10-01".parse().unwrap()).unwrap().due.to_string();
        assert_eq!(due(None), "2027-11-01");
        assert_eq!(due(Some("DE-BY")), "2027-11-02");
    }

    #[test]
    fn three_months_are_counted_afresh() {
        let law = Law::built_in();
        let of = |text: &str| {
            extended(&law, Place::of(country("DE")), text.parse().unwrap()).unwrap().due.to_string()
        };
        // Not three times a month: one month from the 31st of January ends on the 1st of March.
        assert_eq!(of("2027-01-31"), "2027-04-30");
        assert_eq!(of("2026-11-30"), "2027-03-01");
        assert_eq!(of("2027-02-01"), "2027-05-03");
    }

    #[test]
    fn the_day_is_that_of_the_controllers_place() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        assert_eq!(day_of_receipt(at("2027-01-30T23:30:00Z"), berlin).to_string(), "2027-01-31");
        // The last hour of the day counts; summer time has begun by then.
        let late = of("DE", "2027-02-26").too_late_at(berlin).unwrap();
        assert_eq!(late.to_string(), "2027-03-30T22:00:00Z");
    }

    #[test]
    fn a_breach_has_72_hours_whatever_the_clocks_show() {
        assert_eq!(breach(at("2027-03-26T17:30:00+01:00")), at("2027-03-29T18:30:00+02:00"));
        assert_eq!(breach(at("2027-10-29T17:30:00+02:00")), at("2027-11-01T16:30:00+01:00"));
        assert_eq!(breach(Timestamp::from_millis(i64::MAX)).millis(), i64::MAX);
    }

    #[test]
    fn the_calendar_ends() {
        let law = Law::built_in();
        assert_eq!(answer(&law, Place::of(country("DE")), NaiveDate::MAX), None);
        answer(&law, Place::of(country("DE")), NaiveDate::MIN).unwrap();
    }

    proptest! {
        #[test]
        fn it_ends_on_the_first_working_day(days in 0_u64..48_000, code in 0_usize..6) {
            let law = Law::built_in();
            let country = country(["DE", "NL", "BE", "FR", "AT", "GB"][code]);
            let received = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Days::new(days);
            let deadline = answer(&law, Place::of(country), received).unwrap();
            let calendar = law.calendar(country).unwrap();
            prop_assert!(calendar.is_working(deadline.due.0, None));
            let passed: Vec<NaiveDate> = deadline.ends.0.iter_days().take_while(|day| *day < deadline.due.0).collect();
            prop_assert!(passed.iter().all(|day| !calendar.is_working(*day, None)));
            prop_assert_eq!(passed.len(), deadline.moved.len());
            prop_assert_eq!(deadline.ends.0.month0(), (received.month0() + 1) % 12);
            prop_assert!(deadline.ends.0.day() <= received.day());
            let long = extended(&law, Place::of(country), received).unwrap();
            prop_assert!(long.due.0 > deadline.due.0);
        }
    }
}
