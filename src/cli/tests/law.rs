//! The law of a store and of a file.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::cli::fake::Fixture;
use crate::client::open::in_memory;
use crate::domain::user::{Role, Settings, User};
use crate::env::Env;
use crate::law::Law;

const POLAND: &str = r#"
[telephone.pl-all]
country = "PL"
about = ["person", "sole_trader", "business"]
relation = ["prospect", "customer", "contract"]
from = 2024-11-10
basis = "consent"
number_shown = true
offer_objection = false
citation = "Prawo komunikacji elektronicznej art. 398"
source = "https://isap.sejm.gov.pl"
checked = 2020-01-01
verified = true
"#;

/// A store by whose law Poles may be called.
fn callbook() -> Fixture {
    let owner =
        User { name: "olga".into(), unix: "olga".into(), role: Role::Owner.into(), ..User::default() };
    let service = in_memory(Settings::default(), vec![owner], false, &Env::system()).unwrap();
    let service = Arc::into_inner(service).unwrap().with_law(Law::load(POLAND, "law.toml").unwrap());
    let session = service.session_of("olga").unwrap();
    Fixture::new(move |request| service.call(&session, request))
}

fn json(callbook: &Fixture) -> Json {
    let out = callbook.out();
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

#[test]
fn the_law_of_the_store_is_shown_with_its_sources() {
    let mut callbook = callbook();
    assert_eq!(callbook.run(&["law", "show", "Poland", "--format", "ids"]), 0);
    let ids = callbook.out();
    assert!(ids.starts_with("telephone.pl-all\nretention.any-access-log\n"), "{ids}");
    assert!(!ids.contains("de-"), "of Poland, and what holds for all: {ids}");

    assert_eq!(callbook.run(&["law", "show", "--of", "telephone", "--format", "json"]), 0);
    let law = json(&callbook);
    let find = |key: &str| law["items"].as_array().unwrap().iter().find(|one| one["key"] == key).unwrap();
    let own = find("telephone.pl-all");
    assert_eq!(
        (&own["origin"], &own["stale"], &own["verified"]),
        (&"law.toml".into(), &true.into(), &true.into())
    );
    let french = find("telephone.fr-person-until-2026");
    assert_eq!((&french["from"], &french["until"]), (&"2023-03-01".into(), &"2026-08-10".into()));
    assert_eq!((&french["verified"], &french["origin"]), (&false.into(), &"built in".into()));
    assert_eq!(french["parts"]["cap"], "4 calls in 30 days");
    assert_eq!(
        french["rule"],
        "nothing, unless the person refused; not on Bloctel, looked at in the last 30 days, but for consent; \
         Mon-Fri 10:00-13:00, 14:00-20:00; not on public holidays; 4 calls in 30 days; \
         60 days' pause after a refusal; number shown; right to object offered"
    );
    assert!(law["items"].as_array().unwrap().iter().all(|one| one["table"] == "telephone"));

    assert_eq!(callbook.run(&["law", "show", "DE"]), 0);
    let table = callbook.out();
    for part in
        ["telephone.de-person", "UWG § 7", "retention.de-vouchers", "P8Y after year end", "holidays.DE"]
    {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert_eq!(callbook.run(&["law", "show", "PL", "--of", "telephone", "--format", "csv"]), 0);
    assert_eq!(
        callbook.out().lines().nth(1).unwrap(),
        "telephone.pl-all,\"person, sole_trader, business: prospect, customer, contract\",2024-11-10,,\
         consent before a call; number shown,Prawo komunikacji elektronicznej art. 398,2020-01-01,\"verified, stale\""
    );

    assert_eq!(callbook.run(&["law", "show", "Italy"]), 0);
    assert!(callbook.err().contains("no rule of Italy about calls is known: nobody there is called"));
    assert_eq!(callbook.run(&["law", "show", "Atlantis"]), 2);
    assert_eq!(callbook.run(&["law", "show", "--of", "weather"]), 2);
}

#[test]
fn a_file_is_checked_without_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("law.toml");
    let path = file.to_str().unwrap();
    let mut callbook = Fixture::closed();
    std::fs::write(&file, POLAND).unwrap();
    assert_eq!(callbook.run(&["law", "check", path, "--format", "json"]), 0);
    let found = json(&callbook);
    assert_eq!(found["items"][0]["key"], "telephone.pl-all", "it was looked up too long ago");
    assert_eq!(found["total"], 1);
    assert!(callbook.err().contains("law.toml can be used: 1 entry, 0 unverified, 1 stale"));

    std::fs::write(&file, POLAND.replace("consent", "consant")).unwrap();
    assert_eq!(callbook.run(&["law", "check", path]), 2);
    let said = callbook.err();
    assert!(
        said.contains("law.toml, telephone.pl-all.basis: `consant` is none of consent, presumed"),
        "{said}"
    );

    // The built-in law: what is from memory is listed.
    assert_eq!(callbook.run(&["law", "check", "--format", "ids"]), 0);
    let listed = callbook.out();
    assert!(
        listed.contains("telephone.at-business\n") && !listed.contains("telephone.de-person"),
        "{listed}"
    );
}
