use chrono::NaiveDate;

use super::{BUILT_IN_NAME, Calendar, Law, MAX_LEN, calendar};
use crate::domain::purpose::AtEnd;
use crate::domain::retention::Kept;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn refusal(text: &str) -> String {
    Law::load(text, "law.toml").unwrap_err().to_string()
}

/// An entry that is right, with lines in place of some of its own.
fn entry(changes: &[(&str, &str)]) -> String {
    let mut lines = vec![
        ("country", "country = \"PL\""),
        ("about", "about = [\"person\"]"),
        ("relation", "relation = \"prospect\""),
        ("from", "from = 2024-11-10"),
        ("basis", "basis = \"consent\""),
        ("number_shown", "number_shown = true"),
        ("offer_objection", "offer_objection = false"),
        ("citation", "citation = \"Prawo komunikacji elektronicznej art. 398\""),
        ("source", "source = \"https://isap.sejm.gov.pl\""),
        ("checked", "checked = 2026-11-01"),
        ("verified", "verified = true"),
    ];
    for (key, line) in changes {
        match lines.iter_mut().find(|(one, _)| one == key) {
            Some(found) => found.1 = line,
            None => lines.push((key, line)),
        }
    }
    let lines: Vec<&str> = lines.into_iter().map(|(_, line)| line).collect();
    format!("[telephone.pl-person]\n{}\n", lines.join("\n"))
}

#[test]
fn what_is_built_in_is_right() {
    super::built_in().unwrap();
    assert!(Law::built_in().regimes().count() >= 12);
    for regime in Law::built_in().regimes() {
        assert_eq!(regime.source.origin, BUILT_IN_NAME);
        assert!(regime.source.checked <= day("2026-11-22"), "{}", regime.id);
    }
}

#[test]
fn a_file_adds_and_replaces_entries() {
    let law = Law::load(&entry(&[]), "law.toml").unwrap();
    assert_eq!(law.regimes().count(), Law::built_in().regimes().count() + 1);
    let added = law.regimes().find(|regime| regime.id == "pl-person").unwrap();
    assert_eq!(added.source.origin, "law.toml");
    let text = entry(&[("country", "country = \"FR\""), ("relation", "relation = \"contract\"")]);
    let law = Law::load(&text.replace("pl-person", "fr-contract"), "law.toml").unwrap();
    let replaced = law.regimes().find(|regime| regime.id == "fr-contract").unwrap();
    assert!(replaced.hours.is_none(), "an entry is replaced as a whole");
    assert_eq!(law.regimes().count(), Law::built_in().regimes().count());
}

#[test]
fn the_entry_in_the_readme_is_right() {
    let readme = include_str!("../../README.md");
    let text = readme.split("```toml\n# law.toml;").nth(1).unwrap().split("```").next().unwrap();
    Law::load(&format!("#{text}"), "README.md").unwrap();
}

#[test]
fn wrong_entries_are_refused_by_their_place() {
    for (key, line, said) in [
        ("source", "", "telephone.pl-person: `source` is missing"),
        ("source", "source = \"  \"", "telephone.pl-person.source: there is nothing in it"),
        ("citation", "", "telephone.pl-person: `citation` is missing"),
        ("checked", "", "telephone.pl-person: `checked` is missing"),
        ("checked", "checked = \"recently\"", "telephone.pl-person.checked: a day is wanted: 2026-01-31"),
        (
            "checked",
            "checked = 2026-11-01T10:00:00Z",
            "telephone.pl-person.checked: a day is wanted: 2026-01-31",
        ),
        ("verified", "verified = \"yes\"", "telephone.pl-person.verified: true or false is wanted"),
        ("country", "country = \"Atlantis\"", "telephone.pl-person.country: `Atlantis` is no country"),
        ("country", "country = 48", "telephone.pl-person.country: a text in quotes is wanted"),
        (
            "about",
            "about = \"everybody\"",
            "telephone.pl-person.about: `everybody` is none of person, sole_trader, business",
        ),
        ("about", "about = []", "telephone.pl-person.about: there is nothing in it"),
        ("about", "about = [1]", "telephone.pl-person.about: texts in quotes are wanted"),
        (
            "basis",
            "basis = \"yes\"",
            "telephone.pl-person.basis: `yes` is none of consent, presumed, opt_out, never",
        ),
        ("until", "until = 2024-01-01", "telephone.pl-person.until: it ends before it begins"),
        (
            "untill",
            "untill = 2029-01-01",
            "telephone.pl-person: there is no `untill` here; did you mean `until`?",
        ),
        ("xylophone", "xylophone = 1", "telephone.pl-person: there is no `xylophone` here; there are about"),
        (
            "screening",
            "screening = { max_age_days = 28, consent_overrides = \"yes\" }",
            "telephone.pl-person.screening.lists: screening is wanted, but no list is named",
        ),
        (
            "screening",
            "screening = { lists = [\" \"], max_age_days = 28, consent_overrides = \"yes\" }",
            "telephone.pl-person.screening.lists: screening is wanted, but no list is named",
        ),
        (
            "screening",
            "screening = { lists = \"TPS\", max_age_days = 0, consent_overrides = \"yes\" }",
            "telephone.pl-person.screening.max_age_days: a whole number from 1 to 366 is wanted",
        ),
        ("screening", "screening = true", "telephone.pl-person.screening: a table is wanted"),
        (
            "hours",
            "hours = { monday = \"13:00-10:00\", holidays = true }",
            "telephone.pl-person.hours.monday: `13:00-10:00` ends before it begins",
        ),
        (
            "hours",
            "hours = { monday = [\"10:00-13:00\", \"12:00-14:00\"], holidays = true }",
            "telephone.pl-person.hours.monday: `12:00-14:00` begins before the hours before it end",
        ),
        (
            "hours",
            "hours = { monday = \"10-25\", holidays = true }",
            "telephone.pl-person.hours.monday: `10-25` are no hours; write 10:00-13:00",
        ),
        ("hours", "hours = { holidays = true }", "telephone.pl-person.hours: there is no hour in it"),
        (
            "hours",
            "hours = { mon = \"10:00-12:00\", monday = \"10:00-12:00\", holidays = true }",
            "telephone.pl-person.hours: there is no `mon` here; did you mean `monday`?",
        ),
        (
            "hours",
            "hours = { monday = \"10:00-12:00\", holidays = false }",
            "telephone.pl-person.hours.holidays: there are no public holidays of PL: add `[holidays.PL]`",
        ),
        (
            "cap",
            "cap = { calls = -4, days = 30 }",
            "telephone.pl-person.cap.calls: a whole number from 1 to 1000",
        ),
        (
            "pause_days",
            "pause_days = \"P60D\"",
            "telephone.pl-person.pause_days: a whole number from 1 to 3660",
        ),
    ] {
        let said_there = refusal(&entry(&[(key, line)]));
        assert!(said_there.starts_with(&format!("law.toml, {said}")), "{line}\n{said_there}");
    }
}

#[test]
fn rules_neither_overlap_nor_leave_days_out() {
    let two = |until: &str, from: &str| {
        let second = entry(&[("from", from)]).replace("pl-person", "pl-later");
        Law::load(&format!("{}{second}", entry(&[("until", until)])), "law.toml")
    };
    two("until = 2027-01-31", "from = 2027-02-01").unwrap();
    assert_eq!(
        two("until = 2027-02-01", "from = 2027-02-01").unwrap_err().to_string(),
        "law.toml, telephone.pl-later: `pl-person` and `pl-later` both hold on 2027-02-01 (PL, person, prospect)"
    );
    assert_eq!(
        two("until = 2027-01-29", "from = 2027-02-01").unwrap_err().to_string(),
        "law.toml, telephone.pl-later: no rule holds from 2027-01-30 to 2027-01-31, between `pl-person` and `pl-later` (PL, person, prospect)"
    );
    assert!(two("", "from = 2027-02-01").is_err(), "the first has no end");
    // With one that is built in: named is the one that can be changed.
    let said = refusal(&entry(&[("country", "country = \"DE\""), ("from", "from = 2020-01-01")]));
    assert!(said.starts_with("law.toml, telephone.pl-person: "), "{said}");
}

#[test]
fn files_that_are_no_law_are_refused() {
    assert_eq!(refusal(""), "law.toml: there is no entry in it");
    assert_eq!(refusal("# only a comment\n"), "law.toml: there is no entry in it");
    assert_eq!(refusal("[telephone]\n"), "law.toml, telephone: there is nothing in it");
    assert_eq!(refusal("telephone = 3"), "law.toml, telephone: a table is wanted");
    assert_eq!(refusal("[telephone]\nfr-person = 3"), "law.toml, telephone.fr-person: a table is wanted");
    assert_eq!(
        refusal("[telefone.x]\na = 1"),
        "law.toml: there is no `telefone` here; did you mean `telephone`?"
    );
    assert!(refusal("a = 1\n\n= 3").starts_with("law.toml, line 3: "));
    assert!(refusal(&format!("{0}{0}", entry(&[]))).starts_with("law.toml, line 13: duplicate key"));
    assert!(refusal(&"[".repeat(100_000)).starts_with("law.toml, line 1: "));
    assert!(refusal(&format!("a = {}", "[".repeat(100_000))).starts_with("law.toml, line 1: "));
    assert!(refusal(&"# long\n".repeat(MAX_LEN)).contains("are more than the 1048576"));
    assert!(refusal(&entry(&[]).replace("pl-person", "\"\\u001b[31m\"")).contains("is no name here"));
    assert!(refusal("[holidays.Atlantis]\n").contains("is no country"));
    assert!(
        refusal("[holidays.PL]\ndays = [{ name = \"x\", on = \"02-30\" }]")
            .contains("holidays.PL.days[0].on: `02-30` is no rule")
    );
}

#[test]
fn periods_are_presets_of_a_country_or_of_all() {
    let law = Law::built_in();
    let ends = |code: Option<&str>, kept, event: &str| {
        let preset = law.retention(code.map(|code| code.parse().unwrap()), kept)?;
        Some((preset.id.clone(), preset.due(day(event)).unwrap().to_string()))
    };
    let is = |id: &str, day: &str| Some((id.to_owned(), day.to_owned()));
    assert_eq!(ends(Some("FR"), Kept::Prospect, "2026-11-22"), is("fr-prospect", "2029-11-22"));
    assert_eq!(ends(Some("AT"), Kept::Prospect, "2026-11-22"), is("any-prospect", "2028-11-22"));
    assert_eq!(ends(Some("DE"), Kept::Vouchers, "2026-02-01"), is("de-vouchers", "2035-01-01"));
    assert_eq!(ends(Some("NL"), Kept::Letters, "2026-02-01"), is("nl-accounting", "2034-01-01"));
    assert_eq!(ends(Some("DE"), Kept::ConsentProof, "2024-02-29"), is("de-consent-proof", "2029-02-28"));
    assert_eq!(ends(None, Kept::ConsentProof, "2024-02-29"), is("any-consent-proof", "2027-02-28"));
    assert_eq!(ends(Some("BE"), Kept::RefusedConsent, "2026-11-22"), is("any-refused-consent", "2026-11-22"));
    assert_eq!(ends(Some("DE"), Kept::CustomerMarketing, "2026-11-22"), None);
    assert_eq!(law.retention(None, Kept::Suppression).unwrap().at_end, AtEnd::Review);
    let ages = |code: &str| law.ages(code.parse().unwrap()).map(|ages| (ages.digital_consent, ages.contract));
    assert_eq!((ages("FR"), ages("PL")), (Some((15, 18)), None));
    // What the requirements give from memory.
    for id in ["fr-accounting", "at-accounting", "gb-accounting", "any-consent-proof"] {
        assert!(!law.presets().find(|preset| preset.id == id).unwrap().source.verified, "{id}");
    }
}

#[test]
fn wrong_periods_and_ages_are_refused() {
    let source = "citation = \"a\"\nsource = \"b\"\nchecked = 2026-11-01\nverified = true\n";
    let preset = |lines: &str| format!("[retention.pl-books]\n{lines}\n{source}");
    let right = "country = \"PL\"\nkept = \"books\"\nclock = \"year_end\"\nperiod = \"P5Y\"";
    assert!(Law::load(&preset(right), "law.toml").is_ok());
    for (from, to, said) in [
        ("P5Y", "5 years", "retention.pl-books.period: `5 years` is no period; write it as ISO 8601 does"),
        ("period = \"P5Y\"", "", "retention.pl-books: `period` is missing (or `at_once = true`)"),
        ("period", "at_once = true\nperiod", "retention.pl-books.at_once: what goes at once has no period"),
        ("year_end", "midnight", "retention.pl-books.clock: `midnight` is none of collection"),
        (
            "\"PL\"",
            "\"DE\"",
            "retention.pl-books: `de-books` and `pl-books` both say how long books is kept (DE)",
        ),
    ] {
        let said_there = refusal(&preset(&right.replace(from, to)));
        assert!(said_there.starts_with(&format!("law.toml, {said}")), "{said_there}");
    }
    let ages = format!("[ages.PL]\ndigital_consent = 12\ncontract = 18\n{source}");
    assert_eq!(refusal(&ages), "law.toml, ages.PL.digital_consent: a whole number from 13 to 30 is wanted");
}

#[test]
fn easter_is_where_it_was_and_will_be() {
    // Tables of the Physikalisch-Technische Bundesanstalt and of the US Naval Observatory.
    for text in [
        "1970-03-29",
        "1981-04-19",
        "2000-04-23",
        "2008-03-23",
        "2011-04-24",
        "2024-03-31",
        "2025-04-20",
        "2026-04-05",
        "2027-03-28",
        "2038-04-25",
        "2049-04-18",
        "2076-04-19",
        "2100-03-28",
    ] {
        let known = day(text);
        assert_eq!(calendar::easter(chrono::Datelike::year(&known)), Some(known));
    }
    assert_eq!(calendar::easter(1582), None);
}

fn of(code: &str) -> Calendar {
    Law::built_in().calendar(code.parse().unwrap()).unwrap().clone()
}

fn days(code: &str, year: i32, region: Option<&str>) -> Vec<String> {
    of(code).year(year, region).into_iter().map(|(day, _)| day.format("%m-%d").to_string()).collect()
}

#[test]
fn public_holidays_of_a_year() {
    assert_eq!(days("DE", 2027, None).join(" "), "01-01 03-26 03-29 05-01 05-06 05-17 10-03 12-25 12-26");
    assert_eq!(
        days("DE", 2027, Some("DE-SN")).join(" "),
        "01-01 03-26 03-29 05-01 05-06 05-17 10-03 10-31 11-17 12-25 12-26"
    );
    assert_eq!(
        days("NL", 2027, None).join(" "),
        "01-01 03-28 03-29 04-27 05-05 05-06 05-16 05-17 12-25 12-26"
    );
    assert_eq!(
        days("BE", 2027, None).join(" "),
        "01-01 03-29 05-01 05-06 05-17 07-21 08-15 11-01 11-11 12-25"
    );
    assert_eq!(
        days("FR", 2027, None).join(" "),
        "01-01 03-29 05-01 05-06 05-08 05-17 07-14 08-15 11-01 11-11 12-25"
    );
    assert_eq!(
        days("AT", 2027, None).join(" "),
        "01-01 01-06 03-29 05-01 05-06 05-17 05-27 08-15 10-26 11-01 12-08 12-25 12-26"
    );
    // gov.uk/bank-holidays: with substitute days, the moved ones and the ones given once.
    assert_eq!(days("GB", 2021, None).join(" "), "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28");
    assert_eq!(
        days("GB", 2022, None).join(" "),
        "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27"
    );
    assert_eq!(days("GB", 2020, None).join(" "), "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28");
    assert_eq!(days("GB", 2023, None).join(" "), "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26");
    // King's day is kept on Saturday when it falls on Sunday.
    assert!(days("NL", 2014, None).contains(&"04-26".to_owned()));
    assert_eq!(of("NL").holiday(day("2025-04-26"), None).unwrap().name, "Koningsdag");
    assert!(of("NL").holiday(day("2025-04-27"), None).is_none());
    assert_eq!(of("DE").holiday(day("2017-10-31"), None).unwrap().name, "Reformationstag (500 Jahre)");
    assert!(of("DE").holiday(day("2018-10-31"), None).is_none());
}

#[test]
fn every_year_has_its_holidays_on_days_of_that_year() {
    for code in ["DE", "NL", "BE", "FR", "AT", "GB"] {
        let calendar = of(code);
        for year in 1970..=2100 {
            let days = calendar.year(year, None);
            assert!((6..=14).contains(&days.len()), "{code} {year}: {days:?}");
            for (day, holiday) in days {
                assert_eq!(chrono::Datelike::year(&day), year);
                assert!(calendar.holiday(day, None).is_some(), "{code} {day} {}", holiday.name);
            }
        }
    }
}

#[test]
fn what_was_checked_long_ago_is_stale() {
    let law = Law::built_in();
    let regime = law.regimes().next().unwrap();
    let checked = regime.source.checked;
    assert!(!regime.source.is_stale(checked + chrono::Months::new(12)));
    assert!(regime.source.is_stale(checked + chrono::Months::new(12) + chrono::Days::new(1)));
}
