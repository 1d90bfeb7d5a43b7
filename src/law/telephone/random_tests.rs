//! What holds of every decision, whatever the situation.

use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{About, Check, Consent, Found, Outcome, Point, Relation, Situation, decide, refused_at};
use crate::domain::country::Country;
use crate::domain::time::Timestamp;
use crate::law::Law;

/// Mostly between 2026 and 2028, now and then anywhere.
fn times() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        9 => (1_767_225_600_000_i64..1_830_297_600_000).prop_map(Timestamp::from_millis),
        1 => any::<i64>().prop_map(Timestamp::from_millis),
    ]
}

fn consents() -> impl Strategy<Value = Consent> {
    prop_oneof![
        Just(Consent::None),
        (times(), prop::option::of(times())).prop_map(|(since, until)| Consent::Given { since, until }),
        Just(Consent::Given { since: Timestamp::from_millis(0), until: None }),
        times().prop_map(|at| Consent::Refused { at }),
        times().prop_map(|at| Consent::Withdrawn { at }),
        times().prop_map(|at| Consent::Objected { at }),
    ]
}

fn checks() -> impl Strategy<Value = Check> {
    let lists = prop::sample::select(vec!["TPS", "CTPS", "DNCM", "Bloctel"]);
    (lists, times(), prop::sample::select(Found::ALL.to_vec())).prop_map(|(list, at, found)| Check {
        list: list.to_owned(),
        at,
        found,
        listed_since: at.utc().date_naive().checked_sub_days(chrono::Days::new(9)),
    })
}

fn situations() -> impl Strategy<Value = Situation> {
    let countries = || {
        let codes = prop::sample::select(vec!["DE", "NL", "BE", "FR", "FR", "FR", "AT", "GB", "PL"]);
        prop::option::weighted(0.9, codes.prop_map(|code| code.parse::<Country>().unwrap()))
    };
    let zones = prop::sample::select(vec!["Europe/Paris", "Pacific/Apia", "America/St_Johns", "UTC"]);
    let zones = prop::option::of(zones.prop_map(|name| name.parse().unwrap()));
    let who = (
        countries(),
        countries(),
        prop::sample::select(About::ALL.to_vec()),
        prop::sample::select(Relation::ALL.to_vec()),
        zones,
    );
    let said =
        (times(), consents(), prop::option::of("[ a-z]{0,4}"), any::<bool>(), prop::bool::weighted(0.1));
    let done = (
        prop::collection::vec(checks(), 0..4),
        prop::collection::vec(times(), 0..6),
        prop::option::weighted(0.3, times()),
    );
    (who, said, done).prop_map(|(who, said, done)| Situation {
        country: who.0,
        number_country: who.1,
        region: None,
        about: who.2,
        relation: who.3,
        now: said.0,
        zone: who.4,
        consent: said.1,
        presumed: said.2,
        suppressed: said.3 && said.4,
        restricted: said.4,
        checks: done.0,
        attempts: done.1,
        refused_at: done.2,
    })
}

fn allowed(situation: &Situation) -> bool {
    decide(&Law::built_in(), situation).allowed
}

proptest! {
    #[test]
    fn an_objection_beats_everything(situation in situations(), at in times()) {
        let objected = Situation { consent: Consent::Objected { at }, ..situation };
        let decision = decide(&Law::built_in(), &objected);
        prop_assert!(!decision.allowed);
        prop_assert_eq!(decision.refused().map(|looked| looked.point), Some(Point::Objection));
        prop_assert_eq!(decision.next_allowed_at, None);
    }

    #[test]
    fn what_speaks_against_never_permits(situation in situations(), at in times()) {
        let base = allowed(&situation);
        let worse = [
            Situation { suppressed: true, ..situation.clone() },
            Situation { restricted: true, ..situation.clone() },
            Situation { consent: Consent::Withdrawn { at }, ..situation.clone() },
        ];
        for worse in worse {
            prop_assert!(!allowed(&worse));
        }
        // These may leave it permitted, but never make it so.
        let mut more = situation.clone();
        more.attempts.push(at);
        prop_assert!(base || !allowed(&more));
        let refused = Situation { refused_at: Some(situation.refused_at.map_or(at, |had| had.max(at))), ..situation.clone() };
        prop_assert!(base || !allowed(&refused));
        let silent = Situation { consent: Consent::None, ..situation.clone() };
        let no = Situation { consent: Consent::Refused { at }, ..situation.clone() };
        prop_assert!(allowed(&silent) || !allowed(&no));
        let fewer = Situation { presumed: None, ..situation };
        prop_assert!(base || !allowed(&fewer));
    }

    #[test]
    fn it_tells_what_it_looked_at(situation in situations()) {
        let law = Law::built_in();
        let decision = decide(&law, &situation);
        prop_assert_eq!(&decision, &decide(&law, &situation), "the same twice");
        prop_assert_eq!(refused_at(&law, &situation), decision.refused().map(|looked| looked.point));
        let refusals = decision.because.iter().filter(|looked| looked.outcome == Outcome::Refused).count();
        prop_assert_eq!(decision.allowed, refusals == 0);
        prop_assert!(decision.because.windows(2).all(|pair| pair[0].point < pair[1].point));
        prop_assert!(decision.because.iter().all(|looked| !looked.words.is_empty()));
        // A permitted call has a rule and every point of it.
        let all = decision.because.len() == Point::ALL.len();
        prop_assert_eq!(decision.rule.is_some(), all);
        prop_assert!(!decision.allowed || all);
    }

    #[test]
    fn nobody_is_called_outside_the_hours(situation in situations()) {
        let law = Law::built_in();
        let decision = decide(&law, &situation);
        let Some(rule) = &decision.rule else { return Ok(()) };
        let regime = law.regimes().find(|regime| regime.id == rule.id).unwrap();
        if let Some(hours) = &regime.hours && decision.allowed {
            let zone = situation.zone.or_else(|| crate::law::zone::Zone::of(rule.country)).unwrap();
            let local = zone.local(situation.now).naive_local();
            prop_assert!(hours.hold_at(local));
            prop_assert!(law.calendar(rule.country).unwrap().holiday(local.date(), None).is_none());
        }
    }

    #[test]
    fn the_next_moment_permits_it_and_none_before(situation in situations(), part in 0.0..1.0_f64) {
        let decision = decide(&Law::built_in(), &situation);
        let Some(next) = decision.next_allowed_at else { return Ok(()) };
        prop_assert!(!decision.allowed && next > situation.now);
        let then = Situation { now: next, ..situation.clone() };
        prop_assert!(allowed(&then));
        let between = situation.now.millis() + ((next.millis() - situation.now.millis() - 1) as f64 * part) as i64;
        let between = Situation { now: Timestamp::from_millis(between), ..situation };
        prop_assert!(!allowed(&between), "{} permits it before {}", between.now, next);
    }
}
