//! Clocks, holds and sweeps by command, against a real store.

use serde_json::Value as Json;

use crate::cli::fake::Fixture;
use crate::client::open::in_memory;
use crate::domain::user::{Role, Settings, User};
use crate::env::Env;

fn callbook() -> Fixture {
    let owner =
        User { name: "olga".into(), unix: "olga".into(), role: Role::Owner.into(), ..User::default() };
    let settings = Settings { country: "DE".parse().ok(), ..Settings::default() };
    let service = in_memory(settings, vec![owner], false, &Env::system()).unwrap();
    let session = service.session_of("olga").unwrap();
    Fixture::new(move |request| service.call(&session, request))
}

fn json(callbook: &Fixture) -> Json {
    let out = callbook.out();
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

fn add(callbook: &mut Fixture, name: &str) -> String {
    let words = [
        "contact",
        "add",
        "--given",
        name,
        "--family",
        "Berg",
        "--basis",
        "consent",
        "--reason",
        "asked",
        "--source",
        "fair",
        "--set",
        "obtained_on=2020-01-31",
        "--format",
        "ids",
    ];
    assert_eq!(callbook.run(&words), 0, "{}", callbook.err());
    callbook.out().trim().to_owned()
}

#[test]
fn a_plan_goes_from_the_file_to_the_receipt_as_it_was_made() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("plan.json");
    let path = file.to_str().unwrap();
    let mut callbook = callbook();
    let (gone, held) = (add(&mut callbook, "Anna"), add(&mut callbook, "Berta"));
    assert_eq!(callbook.run(&["retention", "explain", &gone]), 0);
    assert!(
        callbook
            .out()
            .starts_with("deleted on 2022-01-31: two years since the collection on 2020-01-31; hold: none\n")
    );
    let until = ["retention", "hold", &held, "--reason", "a claim", "--until", "2040-12-31"];
    assert_eq!(callbook.run(&until), 0, "{}", callbook.err());
    callbook.out();
    assert_eq!(callbook.run(&["contact", "show", &held, "--format", "json"]), 0);
    let shown = json(&callbook);
    assert_eq!(shown["retention"]["due"], "2041-01-01");
    assert_eq!(shown["retention"]["holds"][0]["reason"], "a claim");
    assert_eq!(callbook.run(&["retention", "holds", "--format", "json"]), 0);
    assert_eq!(json(&callbook)["items"][0]["contact"], held.as_str());

    assert_eq!(callbook.run(&["retention", "plan", "--format", "json"]), 0);
    assert_eq!((json(&callbook)["leaving"].as_u64(), file.exists()), (Some(1), false));
    assert_eq!(
        callbook.run(&["retention", "plan", "--out", path, "--format", "json"]),
        0,
        "{}",
        callbook.err()
    );
    let made = json(&callbook);
    assert_eq!(made["skipped_by"]["hold"], 1);
    let text = std::fs::read_to_string(&file).unwrap();
    let plan: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(plan["sha256"], made["sha256"]);
    assert_eq!(plan["plan"]["records"][0]["contact"], gone.as_str());

    assert_eq!(callbook.run(&["retention", "apply", path]), 2, "nobody can be asked, and nobody said --yes");
    for (from, to) in [
        ("\"delete\"", "\"anonymise\""),
        ("\"revision\":1", "\"revision\":7"),
        ("\"sha256\":\"", "\"sha256\":\"0"),
    ] {
        std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
        assert_eq!(callbook.run(&["retention", "apply", path, "--yes"]), 6, "{from}: {}", callbook.err());
    }
    std::fs::write(&file, "{}").unwrap();
    assert_eq!(callbook.run(&["retention", "apply", path, "--yes"]), 6);
    assert_eq!(callbook.run(&["retention", "apply", dir.path().to_str().unwrap(), "--yes"]), 2);
    std::fs::write(&file, serde_json::to_string_pretty(&plan).unwrap()).unwrap();
    callbook.out();
    assert_eq!(
        callbook.run(&["retention", "apply", path, "--yes", "--format", "json"]),
        0,
        "{}",
        callbook.err()
    );
    let receipt = json(&callbook);
    assert_eq!((receipt["state"].as_str(), receipt["done"].as_u64()), (Some("done"), Some(1)));
    assert_eq!(callbook.run(&["contact", "show", &gone]), 3);
    assert_eq!(callbook.run(&["contact", "show", &held]), 0);
    assert_eq!(callbook.run(&["retention", "apply", path, "--yes"]), 6, "once");
    callbook.out();
    assert_eq!(callbook.run(&["retention", "sweeps", "--format", "json"]), 0);
    assert_eq!(json(&callbook)["items"][0]["plan"], made["sha256"]);
    assert_eq!(callbook.run(&["retention", "reviews", "--format", "json"]), 0);
    assert_eq!(json(&callbook)["total"], 0);
}

#[test]
fn rules_are_listed_edited_and_retired() {
    let mut callbook = callbook();
    let rule = |words: &[&str]| -> Vec<String> {
        ["retention", "rule"].iter().chain(words).map(|word| (*word).to_owned()).collect()
    };
    let mut run = |words: &[&str]| {
        let words = rule(words);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let code = callbook.run(&words);
        (code, callbook.out(), callbook.err())
    };
    let (code, out, _) = run(&["list", "--format", "json"]);
    assert!(code == 0 && out.contains("de-prospect") && out.contains("any-quarantined"), "{out}");
    assert_eq!(run(&["add", "fairs", "--kept", "prospect", "--period", "P1Y", "--purpose", "sales"]).0, 0);
    assert_eq!(run(&["edit", "fairs", "--period", "P18M"]).0, 0);
    assert!(run(&["show", "fairs"]).1.contains("P18M"));
    assert_eq!(run(&["edit", "fairs", "--period", "soon"]).0, 5);
    let (code, _, err) = run(&["retire", "fair"]);
    assert!(code == 3 && err.contains("did you mean `fairs`?"), "{err}");
    assert_eq!(run(&["retire", "fairs"]).0, 0);
    assert!(!run(&["list", "--format", "ids"]).1.contains("fairs"));
    assert!(
        run(&["history", "fairs"]).1.contains("retired") || run(&["history", "fairs"]).1.contains("Retired")
    );
}
