//! `callbook consent …` against a store in memory: what holds, what is said, how it ends.

use clap::Parser;
use serde_json::Value as Json;

use crate::cli::Cli;
use crate::cli::fake::Fixture;
use crate::domain::edit::FieldEdit;
use crate::service::tests as service;

/// A command line of this user of a store, with a person in it.
pub(super) fn shell(fixture: &service::Fixture, user: &str) -> Fixture {
    let client = fixture.client(user);
    Fixture::new(move |request| client.request(request))
}

pub(super) fn json(callbook: &mut Fixture, words: &[&str]) -> Json {
    let words = [words, &["--format", "json"]].concat();
    assert_eq!(callbook.run(&words), 0, "{words:?}: {}", callbook.err());
    serde_json::from_str(&callbook.out()).unwrap()
}

pub(super) fn given<'w>(id: &'w str, channel: &'w str) -> Vec<&'w str> {
    let words = ["consent", "record", id, "--purpose", "sales", "--kind", "given", "--way", "in_person"];
    [&words[..], &["--words", "Yes, do call me.", "--channel", channel]].concat()
}

fn state<'j>(book: &'j Json, purpose: &str, channel: &str) -> &'j Json {
    let items = book["items"].as_array().unwrap();
    items.iter().find(|one| one["purpose"] == purpose && one["channel"] == channel).unwrap()
}

#[test]
fn what_was_said_is_recorded_listed_and_taken_back() {
    let fixture = service::Fixture::new();
    let owner = fixture.client("owner");
    let id = service::add(&owner, service::anna()).unwrap().id.to_string();
    let mut callbook = shell(&fixture, "owner");

    let book = json(&mut callbook, &["consent", "list", &id]);
    assert_eq!(state(&book, "sales", "phone")["state"], "unknown");
    assert_eq!(state(&book, "sales", "phone")["allows"], false);
    assert!(state(&book, "sales", "phone").get("since").is_none(), "of what is unknown, no time is told");

    let recorded = json(&mut callbook, &given(&id, "phone"));
    assert_eq!(recorded["states"][0]["state"], "given");
    let event = recorded["events"][0].as_str().unwrap().to_owned();
    assert_eq!(callbook.run(&["consent", "list", &id, "--format", "ids"]), 0);
    assert_eq!(callbook.out().trim(), event, "what a script goes on with");
    let book = json(&mut callbook, &["consent", "list", &id]);
    assert_eq!(book["total"], book["items"].as_array().unwrap().len());
    assert_eq!(state(&book, "sales", "storage")["state"], "unknown", "to be called is not to be kept");
    let told = &book["events"][0];
    assert_eq!((&told["words"], &told["kind"]), (&Json::from("Yes, do call me."), &Json::from("given")));
    assert!(told["zone"].as_str().unwrap().starts_with(['+', '-']), "{told}");
    let then = told["recorded_at"].as_str().unwrap().to_owned();

    fixture.days_later(3);
    let gone = json(&mut callbook, &["consent", "withdraw", &id, "--purpose", "sales", "--words", "Stop."]);
    assert_eq!(gone["states"].as_array().unwrap().len(), 2);
    assert!(gone["delete_on"].is_string(), "{gone}");
    assert!(callbook.err().contains("no ground is left"));
    let book = json(&mut callbook, &["consent", "list", &id]);
    assert_eq!(state(&book, "sales", "phone")["state"], "withdrawn");
    let book = json(&mut callbook, &["consent", "list", &id, "--at", &then]);
    assert_eq!(state(&book, "sales", "phone")["state"], "given", "as it stood");

    assert_eq!(callbook.run(&["consent", "list", &id, "--format", "csv"]), 0);
    let csv = callbook.out();
    assert!(csv.starts_with("purpose,channel,state,since,until,basis\n"), "{csv}");
    assert_eq!(callbook.run(&["consent", "list", &id, "--events", "--format", "tsv"]), 0);
    assert_eq!(callbook.out().lines().count(), 4, "a heading, a yes, and a no for each channel");
}

#[test]
fn an_objection_is_one_command_and_names_no_purpose() {
    let fixture = service::Fixture::new();
    let id = service::add(&fixture.client("owner"), service::anna()).unwrap().id.to_string();
    let mut callbook = shell(&fixture, "rep");
    assert_eq!(callbook.run(&["consent", "object", &id, "--words", "No advertising.", "--way", "mail"]), 0);
    assert!(callbook.out().contains("objected"));
    let book = json(&mut callbook, &["consent", "list", &id]);
    for (purpose, channel) in [("sales", "phone"), ("sales", "storage"), ("newsletter", "email")] {
        assert_eq!(state(&book, purpose, channel)["state"], "objected");
    }
    assert_eq!(state(&book, "contract", "phone")["state"], "unknown", "what is no marketing goes on");
    assert!(book["objected_at"].is_string());
}

#[test]
fn another_basis_is_asserted_with_its_reason() {
    let fixture = service::Fixture::new();
    let id = service::add(&fixture.client("owner"), service::anna()).unwrap().id.to_string();
    let mut callbook = shell(&fixture, "owner");
    let words =
        ["consent", "record", &id, "--purpose", "contract", "--channel", "phone", "--kind", "asserted"];
    assert_eq!(callbook.run(&words), 2, "neither a way nor a basis");
    let words = [&words[..], &["--basis", "contract"]].concat();
    assert_eq!(callbook.run(&words), 5);
    assert!(callbook.err().contains("--reason"));
    let recorded = json(&mut callbook, &[&words[..], &["--reason", "ordered on Monday"]].concat());
    assert_eq!(recorded["states"][0]["basis"], "contract");
}

#[test]
fn what_is_refused_ends_as_scripts_expect() {
    let fixture = service::Fixture::new();
    let owner = fixture.client("owner");
    let mut mine = service::anna();
    mine.push(FieldEdit::text("owner", "owner"));
    mine.push(FieldEdit::text("team", "north"));
    let id = service::add(&owner, mine).unwrap().id.to_string();
    let mut callbook = shell(&fixture, "owner");
    let nobody = "00000000-0000-4000-8000-000000000001";
    let with = |extra: &[&'static str]| [given(&id, "phone"), extra.to_vec()].concat();
    let without_words: Vec<&str> =
        given(&id, "phone").into_iter().filter(|one| !one.starts_with("Yes") && *one != "--words").collect();
    for (code, words, told) in [
        (3, given(nobody, "phone"), "there is no contact"),
        (5, without_words, "own words"),
        (5, given(&id, "fax"), "does not have the channel"),
        (2, given(&id, "pigeon"), "pigeon"),
        (5, with(&["--at", "2999-01-31T09:30:00Z"]), "has not come yet"),
        (2, with(&["--at", "2026-01-31"]), "is no moment"),
        (2, with(&["--at", "yesterday"]), "is no moment"),
        (2, with(&["--language", "!"]), "language"),
        (3, vec!["consent", "withdraw", &id, "--purpose", "sails"], "did you mean `sales`?"),
        (3, vec!["consent", "list", nobody], "there is no contact"),
    ] {
        assert_eq!(callbook.run(&words), code, "{words:?}");
        let err = callbook.err();
        assert!(err.contains(told), "{words:?}: {err}");
    }
    // Who does not see the person is told the same as of nobody; who may see no person at all is denied.
    let mut rep = shell(&fixture, "rep");
    assert_eq!(rep.run(&["consent", "withdraw", &id]), 3);
    let mut admin = shell(&fixture, "admin");
    assert_eq!(admin.run(&["consent", "list", &id]), 4);
    let book = json(&mut callbook, &["consent", "list", &id]);
    assert_eq!(book["events"], Json::Array(vec![]), "nothing of this was recorded");
}

#[test]
fn words_come_from_standard_input_and_act_on_no_terminal() {
    let fixture = service::Fixture::new();
    let id = service::add(&fixture.client("owner"), service::anna()).unwrap().id.to_string();
    let mut callbook = shell(&fixture, "owner");
    let hostile = "=cmd|' /C calc'!A0 \u{1b}]0;pwned\u{7}\u{1b}[2J\u{202E}no\r\nroot";
    callbook.input = format!("{hostile}\n").into_bytes();
    let mut words = given(&id, "phone");
    for word in words.iter_mut().filter(|word| word.starts_with("Yes")) {
        *word = "-";
    }
    assert_eq!(callbook.run(&words), 0, "{}", callbook.err());
    callbook.out();
    assert_eq!(callbook.run(&["consent", "list", &id]), 0);
    let table = callbook.out();
    assert!(table.chars().all(|c| c == '\n' || !c.is_control()) && !table.contains('\u{202E}'), "{table:?}");
    assert_eq!(callbook.run(&["consent", "list", &id, "--events", "--format", "csv"]), 0);
    assert!(!callbook.out().contains(",=cmd"), "no spreadsheet runs it");
    let book = json(&mut callbook, &["consent", "list", &id]);
    assert_eq!(book["events"][0]["words"], hostile, "and it is stored word for word");
}

/// R23: withdrawing takes no more than granting. Counted on the grammar: the words that each needs at least, and the
/// options that it cannot be without.
#[test]
fn taking_back_takes_no_more_words_than_giving() {
    let id = "6f9619ff-8b86-4d11-b42d-00c04fc964ff";
    let reads = |words: &[&str]| Cli::try_parse_from([&["callbook"], words].concat()).is_ok();
    let give = [
        "consent",
        "record",
        id,
        "--purpose",
        "sales",
        "--channel",
        "phone",
        "--kind",
        "given",
        "--way",
        "call",
        "--words",
        "yes",
    ];
    let take = ["consent", "withdraw", id, "--purpose", "sales", "--channel", "phone", "--words", "no"];
    assert!(reads(&give) && reads(&take));
    assert!(take.len() <= give.len());
    // Every option of granting can be left out of withdrawing, none the other way round.
    for verb in ["withdraw", "object"] {
        assert!(reads(&["consent", verb, id]), "{verb}");
        let needed = |verb: &str| {
            let command = crate::cli::help::command();
            let verb = command.find_subcommand("consent").unwrap().find_subcommand(verb).unwrap().clone();
            verb.get_arguments().filter(|one| one.is_required_set()).count()
        };
        assert!(needed(verb) < needed("record"), "{verb}");
    }
    let keys = |words: &[&str]| words.join(" ").len();
    assert!(keys(&["consent", "withdraw", id, "--purpose", "sales"]) < keys(&give));
}
