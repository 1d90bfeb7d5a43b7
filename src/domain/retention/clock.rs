//! When the time is up: what is known of a person, the terms that count, and the day that follows.
//!
//! Days in, days out, at the controller's place: whoever asks turns moments into days first, so that the last minutes of a
//! year lie in the year in which people lived them, and a clock change moves nothing.
//!
//! # How a day is reached
//!
//! Each purpose that a person's data is kept for, and each rule that is about the person, is a [`Term`]: a clock, a period
//! and an end. Data may be kept as long as one of them still needs it, so the last to run out decides; one whose clock has
//! not begun (a contract that runs) keeps it. A duty to keep ([`Term::statute`]) decides nothing, it only keeps beyond that,
//! and so does a hold. The day that comes out is the first on which the end is carried out: two years since 2026-03-01 is
//! 2028-03-01, and not the day before (R14).

use chrono::{Datelike, NaiveDate};

use crate::domain::period::Period;
use crate::domain::purpose::{AtEnd, Clock};

/// The day from which a period is counted, where the clock's event was on this day: of a year's end the first day after
/// it, so that the last year is kept whole.
pub fn start(clock: Clock, event: NaiveDate) -> Option<NaiveDate> {
    match clock {
        Clock::YearEnd => NaiveDate::from_ymd_opt(event.year().checked_add(1)?, 1, 1),
        Clock::Collection
        | Clock::LastContact
        | Clock::LastOrder
        | Clock::RelationEnd
        | Clock::ConsentEnd
        | Clock::LastUse
        | Clock::Entry
        | Clock::Refusal => Some(event),
    }
}

/// What is known of a person, in days at the controller's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// When the data came from its source.
    pub collected: NaiveDate,
    /// When it was written down here.
    pub entered: NaiveDate,
    /// When the person was last in contact.
    pub last_contact: Option<NaiveDate>,
    pub last_order: Option<NaiveDate>,
    /// Since when nothing the person said, and no other ground, lets the data be kept.
    pub ground_gone: Option<NaiveDate>,
}

/// What a term counts beyond what is known of the person: the ground of its purpose.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct GroundSpan {
    /// When it was last granted or used.
    pub granted: Option<NaiveDate>,
    /// When it ended or will; `None` while it holds without an end.
    pub ended: Option<NaiveDate>,
}

/// One purpose or rule that says how long a person's data is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Term<'a> {
    /// The word for the purpose or rule.
    pub name: &'a str,
    pub clock: Clock,
    pub period: Period,
    pub at_end: AtEnd,
    /// A law demands that it is kept so long: it keeps, and ends nothing.
    pub statute: bool,
    pub ground: GroundSpan,
}

/// From when a term is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Since {
    pub day: NaiveDate,
    /// What happened then: not the term's own clock, where that falls back to the collection.
    pub what: Clock,
}

impl Term<'_> {
    /// The clock's event; `None` while it has not begun.
    pub fn since(&self, facts: &Facts) -> Option<Since> {
        let or_collected = |day: Option<NaiveDate>, what| match day {
            Some(day) => Since { day, what },
            None => Since { day: facts.collected, what: Clock::Collection },
        };
        let on = |day: Option<NaiveDate>| day.map(|day| Since { day, what: self.clock });
        match self.clock {
            Clock::Collection => Some(or_collected(None, Clock::Collection)),
            Clock::LastContact => Some(or_collected(facts.last_contact, Clock::LastContact)),
            Clock::LastOrder => Some(or_collected(facts.last_order, Clock::LastOrder)),
            Clock::RelationEnd | Clock::ConsentEnd => on(self.ground.ended),
            // The last time it was needed.
            Clock::YearEnd => {
                let last = facts.last_order.max(facts.last_contact).unwrap_or(facts.collected);
                NaiveDate::from_ymd_opt(last.year(), 12, 31).map(|day| Since { day, what: Clock::YearEnd })
            }
            Clock::LastUse => Some(or_collected(self.ground.granted, Clock::LastUse)),
            Clock::Entry => on(Some(facts.entered)),
            Clock::Refusal => on(facts.ground_gone),
        }
    }

    /// The first day on which it no longer keeps; `None` while its clock has not begun, or beyond the calendar.
    pub fn due(&self, facts: &Facts) -> Option<NaiveDate> {
        let since = self.since(facts)?;
        self.period.after(start(self.clock, since.day)?)
    }
}

/// What the terms of a person come to. The numbers are places among them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Decided {
    /// The term that decides; none where no term counts.
    pub by: Option<usize>,
    /// The day on which its end is due; none while a clock has not begun.
    pub due: Option<NaiveDate>,
    /// The duty that keeps longest.
    pub duty: Option<usize>,
    /// The first day on which no duty keeps any more; none where there is no duty, or no end of it.
    pub free: Option<NaiveDate>,
}

/// How careful an end is: of two that fall on one day the more careful is carried out.
fn care(end: AtEnd) -> u8 {
    match end {
        AtEnd::Delete => 0,
        AtEnd::Anonymise => 1,
        AtEnd::Review => 2,
    }
}

/// The term that decides, and the duty that keeps longest.
pub fn decide(facts: &Facts, terms: &[Term<'_>]) -> Decided {
    // A clock that has not begun ends after every other.
    let rank = |day: Option<NaiveDate>| day.unwrap_or(NaiveDate::MAX);
    let mut decided = Decided::default();
    let (mut last, mut longest) = (None, None);
    for (at, term) in terms.iter().enumerate() {
        let due = term.due(facts);
        if term.statute {
            if longest.is_none_or(|longest| rank(due) > longest) {
                longest = Some(rank(due));
                (decided.duty, decided.free) = (Some(at), due);
            }
        } else {
            let own = (rank(due), care(term.at_end));
            if last.is_none_or(|last| own > last) {
                last = Some(own);
                (decided.by, decided.due) = (Some(at), due);
            }
        }
    }
    decided
}

/// A number as people write it.
fn number(count: u16) -> String {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    WORDS.get(usize::from(count)).map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

/// A period as people say it: `two years`, `18 months`.
pub fn period_words(period: Period) -> String {
    let parts = period.parts().into_iter().zip(["year", "month", "week", "day"]);
    let said: Vec<String> = parts
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{} {unit}{}", number(count), if count == 1 { "" } else { "s" }))
        .collect();
    said.join(" and ")
}

/// What a clock counts from, as people say it.
pub fn clock_words(clock: Clock) -> &'static str {
    match clock {
        Clock::Collection => "the collection",
        Clock::LastContact => "the last contact",
        Clock::LastOrder => "the last order",
        Clock::RelationEnd => "the end of the relation",
        Clock::YearEnd => "the end of the year",
        Clock::ConsentEnd => "the end of the consent",
        Clock::LastUse => "the last use of the consent",
        Clock::Entry => "the entry",
        Clock::Refusal => "the end of the last ground",
    }
}

/// What happens at the end, as people say it.
pub fn end_words(end: AtEnd) -> &'static str {
    match end {
        AtEnd::Delete => "deleted",
        AtEnd::Anonymise => "anonymised",
        AtEnd::Review => "reviewed",
    }
}

/// Why a term ends when it does: `two years since the last contact on 2026-03-01`.
pub fn reason(term: &Term<'_>, facts: &Facts) -> String {
    match term.since(facts) {
        Some(since) => {
            format!("{} since {} on {}", period_words(term.period), clock_words(since.what), since.day)
        }
        None => format!("{} is not known or has not come", clock_words(term.clock)),
    }
}

/// The whole of it in a sentence: `deleted on 2028-03-01: two years since the last contact on 2026-03-01; hold: none`.
/// `held` is the last day of the longest hold.
pub fn sentence(facts: &Facts, terms: &[Term<'_>], decided: &Decided, held: Option<NaiveDate>) -> String {
    let hold = held.map_or_else(|| "none".to_owned(), |until| format!("until {until}"));
    let Some(term) = decided.by.and_then(|at| terms.get(at)) else {
        return format!("kept: no rule is about this person; hold: {hold}");
    };
    let duty = match decided.duty.and_then(|at| terms.get(at)) {
        Some(duty) if decided.free.is_none_or(|free| decided.due.is_none_or(|due| due < free)) => {
            format!("; kept by duty `{}`: {}", duty.name, reason(duty, facts))
        }
        Some(_) | None => String::new(),
    };
    match decided.due {
        Some(due) => {
            let day = earliest(decided, held).map_or_else(|| due.to_string(), |day| day.to_string());
            format!("{} on {day}: {}{duty}; hold: {hold}", end_words(term.at_end), reason(term, facts))
        }
        None => format!("kept: {}{duty}; hold: {hold}", reason(term, facts)),
    }
}

/// The first day on which the end can be carried out: when it is due, no duty keeps, and no hold does. `None` while it is
/// not due at all, or a duty has no end.
pub fn earliest(decided: &Decided, held: Option<NaiveDate>) -> Option<NaiveDate> {
    if decided.duty.is_some() && decided.free.is_none() {
        return None;
    }
    let after_hold = match held {
        Some(until) => Some(until.succ_opt()?),
        None => None,
    };
    decided.due.map(|due| due.max(decided.free.unwrap_or(due)).max(after_hold.unwrap_or(due)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn facts() -> Facts {
        let collected = day("2025-01-31");
        Facts {
            collected,
            entered: day("2025-02-01"),
            last_contact: None,
            last_order: None,
            ground_gone: None,
        }
    }

    fn term(clock: Clock, period: &str) -> Term<'static> {
        let (period, ground) = (period.parse().unwrap(), GroundSpan::default());
        Term { name: "r", clock, period, at_end: AtEnd::Delete, statute: false, ground }
    }

    /// Clock, period, what happened, the day that follows.
    #[test]
    fn vectors() {
        use Clock as C;
        let contact = |text| Facts { last_contact: Some(day(text)), ..facts() };
        let order = |text| Facts { last_order: Some(day(text)), ..facts() };
        for (clock, period, known, due) in [
            (C::LastContact, "P2Y", contact("2026-03-01"), "2028-03-01"),
            (C::LastContact, "P3Y", facts(), "2028-01-31"),
            (C::LastOrder, "P2Y", order("2026-03-01"), "2028-03-01"),
            (C::LastOrder, "P2Y", facts(), "2027-01-31"),
            // Days that not every year or month has.
            (C::LastContact, "P1Y", contact("2028-02-29"), "2029-02-28"),
            (C::LastContact, "P4Y", contact("2028-02-29"), "2032-02-29"),
            (C::Collection, "P1M", facts(), "2025-02-28"),
            (C::Entry, "P30D", facts(), "2025-03-03"),
            // A year counts to its end, from its last day as from its first.
            (C::YearEnd, "P10Y", order("2026-01-01"), "2037-01-01"),
            (C::YearEnd, "P10Y", order("2026-12-31"), "2037-01-01"),
            (C::YearEnd, "P6Y", facts(), "2032-01-01"),
            (C::Refusal, "P30D", Facts { ground_gone: Some(day("2026-02-10")), ..facts() }, "2026-03-12"),
        ] {
            assert_eq!(term(clock, period).due(&known), Some(day(due)), "{clock} {period}");
        }
        assert_eq!(term(C::RelationEnd, "P3Y").due(&facts()), None, "it has not ended");
        let ended = GroundSpan { ended: Some(day("2026-05-05")), granted: None };
        let ended = Term { ground: ended, ..term(C::RelationEnd, "P3Y") };
        assert_eq!(ended.due(&facts()), Some(day("2029-05-05")));
        let beyond = Facts { collected: NaiveDate::MAX, ..facts() };
        assert_eq!(term(C::YearEnd, "P1Y").due(&beyond), None);
    }

    #[test]
    fn what_still_needs_the_data_keeps_it_and_a_duty_ends_nothing() {
        let known =
            Facts { last_contact: Some(day("2026-03-01")), last_order: Some(day("2026-06-01")), ..facts() };
        let short = term(Clock::LastContact, "P2Y");
        let long = Term { name: "long", ..term(Clock::LastContact, "P3Y") };
        let decided = decide(&known, &[short, long, short]);
        assert_eq!((decided.by, decided.due), (Some(1), Some(day("2029-03-01"))));
        let open = term(Clock::RelationEnd, "P1D");
        assert_eq!(decide(&known, &[short, open]).due, None, "a contract that runs keeps");
        let review = Term { at_end: AtEnd::Review, ..short };
        assert_eq!(decide(&known, &[short, review, short]).by, Some(1), "somebody looks before it is gone");
        let duty = Term { statute: true, name: "letters", ..term(Clock::YearEnd, "P6Y") };
        let decided = decide(&known, &[duty, short]);
        assert_eq!((decided.due, decided.free), (Some(day("2028-03-01")), Some(day("2033-01-01"))));
        assert_eq!(earliest(&decided, None), Some(day("2033-01-01")));
        assert_eq!(decide(&known, &[duty]).due, None, "nothing says that it goes");
        assert_eq!(decide(&known, &[]), Decided::default());
        let endless = Term { statute: true, ..open };
        assert_eq!(earliest(&decide(&known, &[endless, short]), None), None);
    }

    #[test]
    fn it_is_said_in_words() {
        let known = Facts { last_contact: Some(day("2026-03-01")), ..facts() };
        let say =
            |known: &Facts, terms: &[Term<'_>], held| sentence(known, terms, &decide(known, terms), held);
        let two = term(Clock::LastContact, "P2Y");
        assert_eq!(
            say(&known, &[two], None),
            "deleted on 2028-03-01: two years since the last contact on 2026-03-01; hold: none"
        );
        assert_eq!(
            say(&known, &[two], Some(day("2030-06-30"))),
            "deleted on 2030-07-01: two years since the last contact on 2026-03-01; hold: until 2030-06-30"
        );
        let anonymised = Term { at_end: AtEnd::Anonymise, ..term(Clock::LastOrder, "P18M") };
        assert_eq!(
            say(&known, &[anonymised], None),
            "anonymised on 2026-07-31: 18 months since the collection on 2025-01-31; hold: none"
        );
        assert_eq!(
            say(&known, &[term(Clock::RelationEnd, "P3Y")], None),
            "kept: the end of the relation is not known or has not come; hold: none"
        );
        let duty = Term { statute: true, name: "letters", ..term(Clock::YearEnd, "P6Y") };
        assert_eq!(
            say(&known, &[two, duty], None),
            "deleted on 2033-01-01: two years since the last contact on 2026-03-01; \
             kept by duty `letters`: six years since the end of the year on 2026-12-31; hold: none"
        );
        assert_eq!(say(&known, &[], None), "kept: no rule is about this person; hold: none");
        assert_eq!(
            period_words("P1Y1M2W13D".parse().unwrap()),
            "one year and one month and two weeks and 13 days"
        );
    }

    proptest! {
        #[test]
        fn neither_a_term_nor_a_hold_more_makes_anything_end_sooner(
            periods in prop::collection::vec((0..Clock::ALL.len(), 1u16..40, any::<bool>()), 1..6),
            more in (0..Clock::ALL.len(), 1u16..40, any::<bool>()),
            contact in prop::option::of(0u64..4_000),
            held in prop::option::of(0u64..9_000),
        ) {
            let later = |days: u64| day("2024-01-01").checked_add_days(chrono::Days::new(days)).unwrap();
            let known = Facts { last_contact: contact.map(later), ..facts() };
            let term = |(clock, months, statute): (usize, u16, bool)| Term {
                clock: Clock::ALL[clock],
                period: Period::months(months),
                statute,
                ..term(Clock::Entry, "P1D")
            };
            // A duty alone ends nothing, so something else is always there.
            let mut terms = vec![term((0, 1, false))];
            terms.extend(periods.into_iter().map(term));
            let end = |terms: &[Term<'_>], held| earliest(&decide(&known, terms), held).unwrap_or(NaiveDate::MAX);
            let before = end(&terms, None);
            prop_assert!(end(&terms, held.map(later)) >= before);
            terms.push(term(more));
            prop_assert!(end(&terms, None) >= before);
        }
    }
}
