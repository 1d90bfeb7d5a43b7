//! When what happens in the story: two years that end today.

use chrono::{Datelike, Days};

use crate::demo::rng::Rng;
use crate::domain::time::Timestamp;

/// How long the story is, in days.
pub(crate) const DAYS: u64 = 730;
/// The last day, counted back from today, on which somebody is added or changed before the story is two years old.
const OLDEST: u64 = DAYS - 3;
/// Contacts up to this number are added one by one, the others come with imports.
const BY_HAND: u64 = 300;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// What happens at a moment. To whom is decided when the story gets there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The store's own fields.
    CustomFields,
    /// Somebody is added by hand.
    Contact,
    /// Somebody is added who is there already.
    Duplicate,
    /// So many people come with an import.
    Import(u64),
    Edit,
    /// An edit that is taken back at once.
    EditAndUndo,
    /// A note, call, e-mail or meeting.
    Log,
    /// A tag for many.
    Bulk,
    /// The `n`th contact to be deleted.
    Delete(usize),
    /// Brings that one back.
    Restore(usize),
    Merge,
    /// What is to be done about the first customers and by the telephone is put down.
    Desk,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Planned {
    pub(crate) at: Timestamp,
    pub(crate) step: Step,
}

/// The plan for `n` contacts, in the order of time. Contacts, duplicates and rows of imports are `n` together.
pub(crate) fn plan(n: u64, today: Timestamp, rng: &mut Rng) -> Vec<Planned> {
    let mut plan = Plan { today, rng, steps: Vec::new() };
    plan.at(OLDEST + 1, Step::CustomFields);
    let duplicates = (n / 25).min(12 + n / 1_000);
    let by_hand = n.min(BY_HAND + duplicates);
    let imported = n - by_hand;
    plan.contacts(by_hand - duplicates);
    for _ in 0..duplicates {
        plan.between(25, 500, Step::Duplicate);
    }
    let chunk = (imported / 100).clamp(20, 1_000);
    for at in 0..imported.div_ceil(chunk) {
        plan.between(1, OLDEST - 7, Step::Import(chunk.min(imported - at * chunk)));
    }
    plan.edits(n / 3);
    for _ in 0..(2 * n).min(600 + n / 20) {
        plan.later(Step::Log);
    }
    if n >= 20 {
        for _ in 0..(1 + n / 200).min(10) {
            plan.between(2, 300, Step::EditAndUndo);
        }
        for slot in 0..(1 + n / 100).min(60) as usize {
            let deleted = 5 + plan.rng.below(300);
            plan.at(deleted, Step::Delete(slot));
            if slot % 3 == 0 {
                plan.at(deleted - 3, Step::Restore(slot));
            }
        }
        for _ in 0..(1 + n / 500).min(8) {
            plan.between(3, 200, Step::Bulk);
        }
    }
    for _ in 0..duplicates.div_ceil(4).min(3) {
        plan.between(1, 20, Step::Merge);
    }
    let mut steps = plan.steps;
    // Without a draw, so that everything else stays as it is.
    let yesterday = today.date().checked_sub_days(Days::new(1)).unwrap_or(today.date());
    let evening = Timestamp::start_of(yesterday).millis() + 17 * HOUR;
    steps.push(Planned { at: Timestamp::from_millis(evening), step: Step::Desk });
    steps.sort_by_key(|planned| planned.at);
    steps
}

struct Plan<'a> {
    today: Timestamp,
    rng: &'a mut Rng,
    steps: Vec<Planned>,
}

impl Plan<'_> {
    /// The first few at the beginning, the last few these days, the others evenly.
    fn contacts(&mut self, count: u64) {
        for at in 0..count {
            match at {
                0..8 => self.at(OLDEST, Step::Contact),
                _ if count - at <= 3 => self.between(0, 3, Step::Contact),
                _ => self.between(1, OLDEST, Step::Contact),
            }
        }
    }

    /// The last few today and yesterday, so that something has just happened.
    fn edits(&mut self, count: u64) {
        let fresh = (count / 4).min(12);
        for at in 0..count {
            if at < fresh {
                self.between(0, 1, Step::Edit);
            } else {
                self.later(Step::Edit);
            }
        }
    }

    /// At some time, rather late than early: the more contacts, the more happens.
    fn later(&mut self, step: Step) {
        let back = self.rng.below(OLDEST).min(self.rng.below(OLDEST));
        self.at(back, step);
    }

    fn between(&mut self, from: u64, to: u64, step: Step) {
        let back = from + self.rng.below(to - from + 1);
        self.at(back, step);
    }

    /// In office hours so many days ago, on the Friday when that is a weekend; if it is today, in the last hours.
    fn at(&mut self, back: u64, step: Step) {
        let at = if back == 0 {
            self.today.millis() - MINUTE - self.rng.below(5 * HOUR as u64) as i64
        } else {
            let day = self.today.date();
            let day = day.checked_sub_days(Days::new(back)).unwrap_or(day);
            let since_friday = u64::from(day.weekday().num_days_from_monday().saturating_sub(4));
            let day = day.checked_sub_days(Days::new(since_friday)).unwrap_or(day);
            let start = Timestamp::start_of(day).millis();
            match step {
                // Before everything else.
                Step::CustomFields => start + 6 * HOUR,
                _ => start + 7 * HOUR + self.rng.below(10 * HOUR as u64) as i64,
            }
        };
        self.steps.push(Planned { at: Timestamp::from_millis(at), step });
    }
}

#[cfg(test)]
mod tests {
    use super::{DAYS, Step, plan};
    use crate::demo::rng::Rng;
    use crate::domain::time::Timestamp;

    fn count(n: u64) -> u64 {
        let today = Timestamp::parse_as_of("2026-11-22T09:00:00Z").unwrap();
        let steps = plan(n, today, &mut Rng::new(1, 1));
        assert!(steps.is_sorted_by_key(|planned| planned.at));
        assert_eq!(steps.first().unwrap().step, Step::CustomFields);
        let span = today.millis() - steps.first().unwrap().at.millis();
        assert!(span < (DAYS as i64 + 2) * 86_400_000 && steps.last().unwrap().at < today);
        steps
            .iter()
            .map(|planned| match planned.step {
                Step::Contact | Step::Duplicate => 1,
                Step::Import(rows) => {
                    assert!((1..=1_000).contains(&rows));
                    rows
                }
                _ => 0,
            })
            .sum()
    }

    #[test]
    fn any_number_of_contacts_comes_out() {
        for n in [0, 1, 5, 20, 24, 25, 299, 300, 301, 313, 1_000, 12_345, 100_000] {
            assert_eq!(count(n), n);
        }
    }
}
