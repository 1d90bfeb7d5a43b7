//! Users, roles and explanations, on a store in memory.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::cli::fake::Fixture;
use crate::client::open::in_memory;
use crate::domain::user::{Role, Settings, User};
use crate::env::Env;

fn callbook() -> Fixture {
    let owner =
        User { name: "olga".into(), unix: "olga".into(), role: Role::Owner.into(), ..User::default() };
    let service = in_memory(Settings::default(), vec![owner], false, &Env::system()).unwrap();
    let session = service.session_of("olga").unwrap();
    let service = Arc::clone(&service);
    Fixture::new(move |request| service.call(&session, request))
}

fn json(callbook: &Fixture) -> Json {
    let out = callbook.out();
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

#[test]
fn users_are_added_listed_changed_and_ended() {
    let mut callbook = callbook();
    let add = [
        "user",
        "add",
        "anna",
        "--unix",
        "an",
        "--role",
        "rep",
        "--team",
        "south",
        "--full-name",
        "Anna Berg",
    ];
    assert_eq!(callbook.run(&add), 0, "{}", callbook.err());
    let id = callbook.out().trim().to_owned();
    assert_eq!(callbook.run(&["user", "list", "--format", "json"]), 0);
    let listed = json(&callbook);
    assert_eq!(listed["total"], 2);
    assert_eq!(listed["items"][0]["id"], id.as_str());
    assert_eq!(listed["items"][0]["role"], "rep");
    assert_eq!(listed["items"][0]["active"], true);
    assert_eq!(callbook.run(&["user", "edit", "anna", "--role", "lead", "--team", "north"]), 0);
    callbook.out();
    assert_eq!(callbook.run(&["user", "deactivate", "ANNA"]), 0);
    callbook.out();
    assert_eq!(callbook.run(&["user", "show", "anna", "--format", "json"]), 0);
    let shown = json(&callbook);
    assert_eq!(
        (&shown["role"], &shown["team"], &shown["active"]),
        (&"lead".into(), &"north".into(), &false.into())
    );
    assert_eq!(callbook.run(&["user", "activate", "anna"]), 0);
    callbook.out();
    assert_eq!(callbook.run(&["user", "list"]), 0);
    let table = callbook.out();
    assert!(table.contains("Anna Berg") && table.contains("lead"), "{table}");
    assert_eq!(callbook.run(&["user", "show", "ana"]), 3);
    assert!(callbook.err().contains("did you mean `anna`?"));
    assert_eq!(callbook.run(&["user", "deactivate", "olga"]), 5, "the last owner stays");
    assert_eq!(callbook.run(&["user", "edit", "anna"]), 2);
    assert_eq!(callbook.run(&["user", "add", "ben", "--unix", "b", "--role", "boss"]), 2);
    assert!(callbook.err().contains("the roles are owner, admin, dpo"));
}

#[test]
fn a_password_comes_from_a_file_or_a_terminal() {
    let mut callbook = callbook();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("password");
    std::fs::write(&file, "correct horse\n").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(callbook.run(&["user", "password", "olga", "--password-file", file]), 0, "{}", callbook.err());
    assert_eq!(callbook.out(), "the password is set\n");
    assert_eq!(callbook.run(&["user", "show", "olga"]), 0);
    assert!(!callbook.out().contains("argon2id"));
    // The own one is changed with the old one only; a wrong one is recorded.
    assert_eq!(callbook.run(&["user", "password", "--remove"]), 7);
    assert!(callbook.err().contains("--old-password-file"));
    let wrong = dir.path().join("wrong");
    std::fs::write(&wrong, "wrong horse\n").unwrap();
    let wrong = wrong.to_str().unwrap();
    assert_eq!(callbook.run(&["user", "password", "--remove", "--old-password-file", wrong]), 7);
    assert_eq!(callbook.run(&["history", "denials", "--user", "olga", "--format", "json"]), 0);
    let all = json(&callbook);
    let one = &all["items"][0];
    assert_eq!(
        (&one["user"], &one["request"], &one["why"]),
        (&"olga".into(), &"SetPassword".into(), &"password".into())
    );
    assert_eq!((&one["kind"], &one["count"]), (&"user".into(), &1.into()));
    for (format, lines) in [("ndjson", 1), ("csv", 2), ("tsv", 2), ("ids", 1), ("table", 3)] {
        assert_eq!(callbook.run(&["history", "denials", "--format", format]), 0);
        let out = callbook.out();
        assert!(out.lines().count() <= lines && !out.trim().is_empty(), "{format}: {out}");
        assert!(format == "ids" || out.contains("SetPassword"), "{format}: {out}");
    }
    assert_eq!(callbook.run(&["history", "denials", "--to", "2020-01-01", "--format", "ids"]), 0);
    assert_eq!(callbook.out(), "");
    assert_eq!(callbook.run(&["user", "password", "--remove", "--old-password-file", file]), 0);
    callbook.out();
    assert_eq!(callbook.run(&["user", "password"]), 7, "there is no terminal to ask");
    std::fs::write(file, "short\n").unwrap();
    assert_eq!(callbook.run(&["user", "password", "--password-file", file]), 2);
}

#[test]
fn roles_and_reasons_are_told_in_words_and_json() {
    let mut callbook = callbook();
    assert_eq!(callbook.run(&["role", "list", "--format", "ids"]), 0);
    assert_eq!(callbook.out(), "owner\nadmin\ndpo\nlead\nrep\nmarketing\nauditor\n");
    assert_eq!(callbook.run(&["role", "show", "rep", "--format", "json"]), 0);
    let role = json(&callbook);
    assert_eq!(role["records"]["contact"]["read"], "team");
    let phones = &role["records"]["contact"]["fields"]["phones"];
    assert_eq!(
        (&phones["own"], &phones["team"], &phones["other"]),
        (&"edit".into(), &"masked".into(), &"hidden".into())
    );
    assert_eq!(callbook.run(&["role", "show", "rep"]), 0);
    let text = callbook.out();
    assert!(text.contains("contact: reads team, changes own") && text.contains("see_taken"), "{text}");
    assert_eq!(callbook.run(&["role", "show", "rap"]), 3);
    assert!(callbook.err().contains("did you mean `rep`?"));

    assert_eq!(callbook.run(&["user", "add", "anna", "--unix", "an", "--role", "rep"]), 0);
    callbook.out();
    let add = [
        "contact",
        "add",
        "--given",
        "Cara",
        "--family",
        "Tal",
        "--phone",
        "+49 30 901820",
        "--basis",
        "contract",
        "--reason",
        "asked for an offer",
        "--source",
        "fair",
        "--owner",
        "olga",
    ];
    assert_eq!(callbook.run(&add), 0, "{}", callbook.err());
    let id = callbook.out().trim().to_owned();
    assert_eq!(callbook.run(&["access", "explain", "anna", &id, "phones", "--format", "json"]), 0);
    let told = json(&callbook);
    assert_eq!(told["access"], "hidden");
    assert_eq!(told["decision"], "anna does not see the contact");
    assert_eq!(told["steps"][0]["rule"], "user");
    assert_eq!(callbook.run(&["access", "explain", "me", &id, "phones"]), 0);
    let text = callbook.out();
    assert!(text.starts_with("olga reads and changes `phones` of the contact.\n  user "), "{text}");
    assert_eq!(callbook.run(&["access", "explain", "anna", "6f9619ff-8b86-4d11-b42d-00c04fc964ff"]), 3);
    assert_eq!(callbook.run(&["access", "explain", "nobody", &id]), 2);
}
