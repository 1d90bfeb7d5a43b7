use super::{
    About, Check, Consent, Decision, Fact, Found, Outcome, Point, Relation, Situation, decide, refused_at,
};
use crate::domain::country::Country;
use crate::domain::time::Timestamp;
use crate::law::Law;
use crate::law::zone::Zone;

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
}

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

fn situation(code: &str, now: &str) -> Situation {
    Situation::new(country(code), at(now))
}

fn given(since: &str) -> Consent {
    Consent::Given { since: at(since), until: None }
}

fn ask(situation: &Situation) -> Decision {
    let law = Law::built_in();
    let decision = decide(&law, situation);
    assert_eq!(refused_at(&law, situation), decision.refused().map(|looked| looked.point), "{decision:#?}");
    decision
}

fn refused(situation: &Situation) -> Vec<Point> {
    let decision = ask(situation);
    let refused = decision.because.iter().filter(|looked| looked.outcome == Outcome::Refused);
    let refused: Vec<Point> = refused.map(|looked| looked.point).collect();
    assert_eq!(decision.allowed, refused.is_empty());
    refused
}

fn rule(situation: &Situation) -> String {
    ask(situation).rule.unwrap().id
}

// 2027-01-11 is a Monday.
const MONDAY_11: &str = "2027-01-11T10:30:00Z";

#[test]
fn germany_wants_consent_and_of_businesses_a_presumed_one() {
    let mut anna = situation("DE", MONDAY_11);
    assert_eq!(refused(&anna), [Point::Basis]);
    anna.consent = given("2026-12-01T09:00:00Z");
    let decision = ask(&anna);
    assert!(decision.allowed);
    assert_eq!(
        decision.line(),
        "allowed: the person consented on 2026-12-01 (UWG § 7 (2) no. 1 and § 7a; TDDDG § 15 (2); de-person)"
    );
    assert!(decision.rule.as_ref().unwrap().number_shown && !decision.is_unverified());

    let mut firm = Situation { about: About::Business, ..situation("DE", MONDAY_11) };
    assert_eq!(refused(&firm), [Point::Basis]);
    firm.presumed = Some("  ".to_owned());
    assert_eq!(refused(&firm), [Point::Basis], "a blank is no reason");
    firm.presumed = Some("asked for a quote in November".to_owned());
    assert!(ask(&firm).allowed);
    // What may be presumed is not presumed against what was said.
    firm.consent = Consent::Refused { at: at("2026-12-24T10:00:00Z") };
    assert_eq!(refused(&firm), [Point::Basis]);
    // A private person's consent is not presumed.
    let person = Situation { about: About::Person, consent: Consent::None, ..firm };
    assert_eq!(refused(&person), [Point::Basis]);
}

#[test]
fn consent_holds_from_when_it_is_given_until_it_ends() {
    let mut anna = situation("AT", MONDAY_11);
    let until = |text: &str| Consent::Given { since: at("2026-01-01T00:00:00Z"), until: Some(at(text)) };
    anna.consent = until("2027-01-11T10:30:00.001Z");
    assert!(ask(&anna).allowed);
    anna.consent = until(MONDAY_11);
    let decision = ask(&anna);
    assert_eq!(
        decision.refused().unwrap().words,
        "the consent ended on 2027-01-11, and the rule wants consent before a call"
    );
    anna.consent = given("2027-01-12T00:00:00Z");
    assert!(ask(&anna).refused().unwrap().words.contains("lies ahead"));
}

#[test]
fn the_dutch_exception_for_customers_ended_in_2026() {
    let mut kees = Situation { relation: Relation::Customer, ..situation("NL", "2026-06-30T21:59:00Z") };
    // Until midnight there.
    assert_eq!(rule(&kees), "nl-customer-until-2026");
    assert!(ask(&kees).allowed);
    kees.now = at("2026-06-30T22:00:00Z");
    assert_eq!(rule(&kees), "nl-customer");
    assert_eq!(refused(&kees), [Point::Basis]);
    kees.relation = Relation::Contract;
    assert_eq!(refused(&kees), [Point::Basis]);
    kees.about = About::Business;
    assert!(ask(&kees).allowed && ask(&kees).is_unverified());
    let prospect = Situation { about: About::SoleTrader, ..situation("NL", "2026-06-01T10:00:00Z") };
    assert_eq!(refused(&prospect), [Point::Basis], "sole traders are protected as persons");
    let duties = ask(&prospect).rule.unwrap();
    assert!(duties.offer_objection && duties.number_shown);
}

fn check(list: &str, when: &str, found: Found) -> Check {
    Check { list: list.to_owned(), at: at(when), found, listed_since: None }
}

#[test]
fn belgium_and_the_kingdom_want_a_look_at_their_list() {
    let mut jean = Situation { relation: Relation::Customer, ..situation("BE", MONDAY_11) };
    assert_eq!(refused(&jean), [Point::Screening], "customers too");
    jean.checks = vec![check("DNCM", "2026-12-12T10:30:00Z", Found::Clear)];
    assert!(ask(&jean).allowed, "thirty days to the hour");
    jean.now = at("2027-01-11T10:30:00.001Z");
    assert_eq!(refused(&jean), [Point::Screening], "too long ago");
    jean.checks.push(check("dncm", "2027-01-10T10:00:00Z", Found::Clear));
    assert!(ask(&jean).allowed, "the last look counts");
    jean.checks.push(check("DNCM", "2027-01-10T10:00:00Z", Found::Listed));
    assert_eq!(refused(&jean), [Point::Screening], "of two at once, the stricter");
    jean.checks = vec![check("TPS", "2027-01-10T10:00:00Z", Found::Clear)];
    assert_eq!(refused(&jean), [Point::Screening], "another list");
    jean.checks = vec![check("DNCM", "2027-02-10T10:00:00Z", Found::Clear)];
    assert_eq!(refused(&jean), [Point::Screening], "a look in the future is none");

    // Of listing and consent, the later counts in Belgium.
    let mut listed = check("DNCM", "2027-01-10T10:00:00Z", Found::Listed);
    jean.consent = given("2026-06-01T10:00:00Z");
    jean.checks = vec![listed.clone()];
    assert_eq!(refused(&jean), [Point::Screening], "nobody knows since when");
    listed.listed_since = "2026-06-01".parse().ok();
    jean.checks = vec![listed.clone()];
    assert_eq!(refused(&jean), [Point::Screening], "the same day");
    listed.listed_since = "2026-05-31".parse().ok();
    jean.checks = vec![listed];
    assert!(ask(&jean).allowed);

    let mut mary = situation("GB", MONDAY_11);
    mary.checks = vec![check("TPS", "2027-01-10T10:00:00Z", Found::Listed)];
    assert_eq!(refused(&mary), [Point::Screening]);
    mary.consent = given("2026-06-01T10:00:00Z");
    let decision = ask(&mary);
    assert!(decision.allowed, "consent overrides");
    let screening = decision.because.iter().find(|looked| looked.point == Point::Screening).unwrap();
    assert_eq!(screening.outcome, Outcome::NotNeeded);
    mary.consent = Consent::Refused { at: at("2026-06-01T10:00:00Z") };
    mary.checks = vec![check("TPS", "2027-01-10T10:00:00Z", Found::Clear)];
    assert_eq!(refused(&mary), [Point::Basis], "whoever said no is not called, whatever the list says");
    let firm = Situation { about: About::Business, consent: Consent::None, ..mary };
    assert_eq!(refused(&firm), [Point::Screening], "companies are on another list");
}

#[test]
fn france_opts_in_from_11_august_2026() {
    // Mondays, at noon there.
    let mut luc = situation("FR", "2026-08-10T10:00:00Z");
    luc.checks = vec![check("Bloctel", "2026-08-01T10:00:00Z", Found::Clear)];
    assert!(ask(&luc).allowed);
    luc.now = at("2026-08-11T10:00:00Z");
    assert_eq!(refused(&luc), [Point::Basis]);
    luc.relation = Relation::Contract;
    assert!(ask(&luc).allowed, "a running contract is excepted");
    luc.relation = Relation::Customer;
    luc.consent = given("2026-08-11T09:00:00Z");
    let decision = ask(&luc);
    assert!(decision.allowed && decision.is_unverified());
    assert!(decision.line().ends_with("; fr-person, unverified)"), "{}", decision.line());
}

#[test]
fn french_hours_are_those_of_the_called() {
    let mut luc = Situation { consent: given("2026-09-01T09:00:00Z"), ..situation("FR", MONDAY_11) };
    let next = |now: &str| {
        let luc = Situation { now: at(now), ..luc.clone() };
        assert_eq!(refused(&luc), [Point::Hours], "{now}");
        ask(&luc).next_allowed_at.unwrap().to_string()
    };
    assert_eq!(next("2027-01-11T08:59:59Z"), "2027-01-11T09:00:00Z");
    // Lunch begins at 13:00 there.
    assert_eq!(next("2027-01-11T12:00:00Z"), "2027-01-11T13:00:00Z");
    assert_eq!(next("2027-01-11T19:00:00Z"), "2027-01-12T09:00:00Z");
    // From Friday evening to Monday; summer time begins in between.
    assert_eq!(next("2027-03-19T19:00:00Z"), "2027-03-22T09:00:00Z");
    assert_eq!(next("2027-03-26T19:30:00Z"), "2027-03-30T08:00:00Z", "Easter Monday is a holiday");
    assert_eq!(next("2027-07-14T10:00:00Z"), "2027-07-15T08:00:00Z", "so is the 14th of July");
    for open in ["2027-01-11T09:00:00Z", "2027-01-11T11:59:59Z", "2027-01-11T18:59:59Z"] {
        luc.now = at(open);
        assert!(ask(&luc).allowed, "{open}");
    }
    // Good Friday is a holiday in Alsace alone.
    luc.now = at("2027-03-26T10:00:00Z");
    assert!(ask(&luc).allowed);
    luc.region = Some("FR-67".to_owned());
    let decision = ask(&luc);
    assert!(decision.refused().unwrap().words.starts_with("it is Vendredi saint there"), "{decision:#?}");
    // Whoever lives by another clock is called by that one: it is 06:00 in Martinique.
    luc.region = None;
    luc.zone = Some("America/Martinique".parse().unwrap());
    assert_eq!(ask(&luc).next_allowed_at.unwrap().to_string(), "2027-03-26T14:00:00Z");
}

#[test]
fn french_calls_are_counted_and_paused() {
    let mut luc = Situation { consent: given("2026-09-01T09:00:00Z"), ..situation("FR", MONDAY_11) };
    luc.attempts =
        ["2026-12-13T10:00:00Z", "2026-12-20T10:00:00Z", "2027-01-04T10:00:00Z", "2027-01-05T10:00:00Z"]
            .map(at)
            .to_vec();
    // The 13th of December is the 30th day before, today among them.
    let decision = ask(&luc);
    assert_eq!(refused(&luc), [Point::Cap]);
    assert_eq!(decision.next_allowed_at.unwrap().to_string(), "2027-01-12T09:00:00Z");
    assert_eq!(decision.refused().unwrap().words, "4 of 4 calls in 30 days were made");
    luc.attempts.pop();
    assert!(ask(&luc).allowed);

    luc.attempts.clear();
    luc.refused_at = Some(at("2026-11-12T10:00:00Z"));
    assert_eq!(refused(&luc), [Point::Pause]);
    // Sixty whole days end with the 11th; and the first hour of the 12th is at ten there.
    assert_eq!(ask(&luc).next_allowed_at.unwrap().to_string(), "2027-01-12T09:00:00Z");
    luc.now = at("2027-01-12T09:00:00Z");
    assert!(ask(&luc).allowed);
    // Consent that will have ended by then does not wait.
    luc.now = at(MONDAY_11);
    luc.consent =
        Consent::Given { since: at("2026-09-01T09:00:00Z"), until: Some(at("2027-01-12T08:00:00Z")) };
    assert_eq!(ask(&luc).next_allowed_at, None);
}

#[test]
fn waiting_goes_over_to_the_next_rule() {
    // On the last evening of Bloctel, with a check but without consent: the next day another rule holds.
    let mut luc = situation("FR", "2026-08-10T19:00:00Z");
    luc.checks = vec![check("Bloctel", "2026-08-01T10:00:00Z", Found::Clear)];
    assert_eq!(refused(&luc), [Point::Hours]);
    assert_eq!(ask(&luc).next_allowed_at, None);
    luc.consent = given("2026-08-01T10:00:00Z");
    assert_eq!(ask(&luc).next_allowed_at.unwrap().to_string(), "2026-08-11T08:00:00Z");
}

#[test]
fn what_was_said_against_it_comes_first() {
    let mut anna = situation("FR", "2027-01-10T03:00:00Z");
    anna.suppressed = true;
    anna.restricted = true;
    anna.consent = Consent::Objected { at: at("2026-01-01T00:00:00Z") };
    assert_eq!(
        refused(&anna),
        [Point::Objection, Point::Suppression, Point::Restriction, Point::Basis, Point::Hours]
    );
    let decision = ask(&anna);
    assert_eq!(
        decision.line().split(" (").next().unwrap(),
        "denied: the person objected to marketing on 2026-01-01"
    );
    assert_eq!(decision.next_allowed_at, None);
    anna.consent = Consent::Withdrawn { at: at("2026-01-01T00:00:00Z") };
    anna.suppressed = false;
    anna.restricted = false;
    assert_eq!(refused(&anna), [Point::Withdrawal, Point::Basis, Point::Hours]);
    // Also where no consent is wanted.
    let mary = Situation {
        checks: vec![check("TPS", "2027-01-10T10:00:00Z", Found::Clear)],
        consent: Consent::Withdrawn { at: at("2026-01-01T00:00:00Z") },
        ..situation("GB", MONDAY_11)
    };
    assert_eq!(refused(&mary), [Point::Withdrawal, Point::Basis]);
}

#[test]
fn without_a_rule_nobody_is_called() {
    let mut jan = Situation { consent: given("2026-01-01T00:00:00Z"), ..situation("PL", MONDAY_11) };
    let decision = ask(&jan);
    assert_eq!(refused(&jan), [Point::Regime]);
    assert!(decision.rule.is_none());
    assert_eq!(decision.line(), "denied: no rule of Poland is known here, so nobody there is called");
    assert_eq!(decision.because.last().unwrap().point, Point::Regime, "nothing is looked at behind it");
    // Before the first rule of a country.
    let early = Situation { now: at("2020-01-01T00:00:00Z"), ..situation("NL", MONDAY_11) };
    assert_eq!(
        ask(&early).line(),
        "denied: no rule of Netherlands for persons who are no customers holds on 2020-01-01, so nobody is called"
    );
    // Where the country is not known, that of the number counts; where it is, it does not.
    jan.country = None;
    assert!(ask(&jan).line().contains("it is not known in which country"));
    jan.number_country = Some(country("DE"));
    assert_eq!(rule(&jan), "de-person");
    jan.country = Some(country("AT"));
    assert_eq!(rule(&jan), "at-person");
    let words = &ask(&jan).because[4].words;
    assert!(words.ends_with("; the number is one of Germany"), "{words}");
}

#[test]
fn a_decision_is_stored_and_read_again() {
    let mut luc = situation("FR", "2027-01-10T03:00:00Z");
    luc.zone = Some(Zone::UTC);
    luc.checks = vec![check("TPS", "2027-01-10T10:00:00Z", Found::Clear)];
    let decision = ask(&luc);
    let json = serde_json::to_string(&decision).unwrap();
    assert_eq!(serde_json::from_str::<Decision>(&json).unwrap(), decision);
    let bytes = crate::api::frame::encode(&decision, 1 << 16).unwrap();
    assert_eq!(crate::api::frame::read_one::<Decision>(bytes.as_slice(), 1 << 16).unwrap(), decision);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["rule"]["id"], "fr-person");
    assert_eq!(value["because"][0]["point"], "objection");
    assert!(matches!(decision.because[9].fact, Fact::Hours { .. }));
    assert_eq!(value["because"][9]["fact"]["hours"]["local"], "2027-01-10T03:00:00+00:00");
}

#[test]
fn each_sort_of_people_in_each_country_has_a_rule_today() {
    let law = Law::built_in();
    for code in ["DE", "NL", "BE", "FR", "AT", "GB"] {
        for about in About::ALL {
            for relation in Relation::ALL {
                let day = "2026-11-22".parse().unwrap();
                let rule = law.regime(country(code), *about, *relation, day);
                assert!(rule.is_some(), "{code} {about} {relation}");
            }
        }
    }
    // What the requirements give from memory is not verified.
    let unverified: Vec<&str> =
        law.regimes().filter(|regime| !regime.source.verified).map(|regime| regime.id.as_str()).collect();
    for id in ["at-business", "fr-person", "fr-person-until-2026", "fr-contract"] {
        assert!(unverified.contains(&id), "{id}");
    }
}
