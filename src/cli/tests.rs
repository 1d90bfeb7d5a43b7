//! Command lines against a scripted store: what is asked, what is written, how it ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::Value as Json;
use uuid::Uuid;

use crate::api::{Card, Code, Deed, Error, Page, Request, Response, Targets, Window};
use crate::cli::fake::Fixture;
use crate::cli::{Line, run_line};
use crate::client::fake::{anna, door, note};
use crate::config::Config;
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::env::Env;

mod access;
mod consent;
mod import;
mod law;
mod prove;
mod request;
mod retention;
mod script;
mod subject;
mod wording;

use script::{ID, entry, store};

#[test]
fn words_become_requests() {
    let mut callbook = Fixture::new(store);
    assert_eq!(
        callbook.run(&[
            "contact",
            "edit",
            ID,
            "--set",
            "job_title=Head of Purchasing",
            "--expect-revision",
            "1"
        ]),
        0
    );
    let asked = callbook.asked();
    let [Request::Edit(edit)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(edit.fields, [FieldEdit::text("job_title", "Head of Purchasing")]);
    assert_eq!(edit.expect_revision, Some(1));

    assert_eq!(callbook.run(&["contact", "show", ID, "--at", "2026-01-31"]), 0);
    let asked = callbook.asked();
    let [Request::Get(get)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(get.at.unwrap().to_string(), "2026-01-31T23:59:59.999Z");

    assert_eq!(
        callbook.run(&["contact", "list", "anna", "tag:fair", "--sort", "-updated_at", "--limit", "5"]),
        0
    );
    let asked = callbook.asked();
    let [Request::List(list)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((list.query.as_str(), list.sort.as_str()), ("anna tag:fair", "-updated_at"));
    assert_eq!(list.window, Window { after: None, offset: 0, limit: Some(5) });

    assert_eq!(callbook.run(&["note", "add", ID, "called back", "--kind", "call"]), 0);
    let asked = callbook.asked();
    let [Request::Add(add)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(add.about, Some(ContactId(ID.parse().unwrap())));
    assert_eq!(add.fields, [FieldEdit::text("kind", "call"), FieldEdit::text("text", "called back")]);

    assert_eq!(callbook.run(&["tag", "add", ID, "Fair", "#VIP"]), 0);
    let asked = callbook.asked();
    let [Request::Edit(edit)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(edit.fields[0].input, Input::AddTags(vec!["fair".to_owned(), "vip".to_owned()]));

    assert_eq!(callbook.run(&["field", "retire", "custom.budget"]), 0);
    let asked = callbook.asked();
    let [Request::Edit(edit)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((edit.kind, edit.id), (RecordKind::CustomField, Uuid::from_u128(77)));
    assert_eq!(callbook.run(&["field", "retire", "bugdet"]), 3);
    assert!(callbook.err().contains("did you mean `budget`?"));
}

#[test]
fn text_and_ids_come_from_standard_input() {
    let mut callbook = Fixture::new(store);
    callbook.input = b"line one\nline two\n".to_vec();
    assert_eq!(callbook.run(&["note", "add", ID, "-"]), 0);
    let asked = callbook.asked();
    let [Request::Add(add)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(add.fields[1], FieldEdit::text("text", "line one\nline two\n"));

    callbook.input = format!("{ID}\n\n 00000000-0000-0000-0000-000000000001 \n").into_bytes();
    assert_eq!(callbook.run(&["tag", "add", "-", "fair"]), 0);
    let asked = callbook.asked();
    let [Request::Bulk(bulk)] = asked.as_slice() else { panic!("{asked:?}") };
    let Targets::Ids(ids) = &bulk.targets else { panic!() };
    assert_eq!(ids.len(), 2);
    assert!(!bulk.dry_run);

    callbook.input = b"not an id\n".to_vec();
    assert_eq!(callbook.run(&["tag", "add", "-", "fair"]), 2);
    callbook.input = b"\xff\xfe".to_vec();
    assert_eq!(callbook.run(&["note", "add", ID, "-"]), 2);
    assert_eq!(callbook.asked(), []);
}

#[test]
fn every_code_has_its_exit() {
    for code in Code::ALL {
        let code = *code;
        let mut callbook = Fixture::new(move |_| Err(Error::new(code, "no").hint("try")));
        assert_eq!(callbook.run(&["contact", "show", ID]), code.exit());
        assert_eq!(callbook.err(), "error: no\nhint: try\n");
        assert_eq!(callbook.run(&["contact", "show", ID, "--format", "json"]), code.exit());
        let error: Json = serde_json::from_str(&callbook.err()).unwrap();
        assert_eq!(
            error,
            serde_json::json!({"error": {"code": code.word(), "message": "no", "hint": "try"}})
        );
        assert_eq!(callbook.out(), "");
    }
    let exits: Vec<u8> = Code::ALL.iter().map(|code| code.exit()).collect();
    assert_eq!(exits, [1, 2, 3, 4, 5, 6, 7, 8, 9, 130]);
}

#[test]
fn usage_errors_are_2_and_json_where_asked() {
    let mut callbook = Fixture::new(store);
    for words in [
        &["contact"][..],
        &["nonsense"],
        &["contact", "show"],
        &["contact", "show", "not-an-id"],
        &["contact", "show", ID, "--at", "yesterday"],
        &["contact", "list", "--format", "xml"],
        &["contact", "list", "--columns", "nonsense"],
        &["contact", "edit", ID],
        &["contact", "edit", "--set", "a=b"],
        &["contact", "add"],
        &["contact", "merge", ID, ID],
        &["note", "add", ID],
        &["field", "add", "budget", "--purpose", "offers"],
        &["field", "add", "colour", "--purpose", "p", "--justification", "j", "--kind", "choice"],
        &["contact", "import", "x.csv", "--report", "report.txt"],
        &["contact", "list", "--key-file", "a", "--passphrase-file", "b"],
        &[],
        &["demo"],
    ] {
        callbook.err();
        assert_eq!(callbook.run(words), 2, "{words:?}");
        assert!(callbook.err().contains("rror") || words == ["contact"], "{words:?}");
        let with_json: Vec<&str> = words.iter().copied().chain(["--format=json"]).collect();
        if !words.contains(&"--format") {
            assert_eq!(callbook.run(&with_json), 2, "{words:?}");
            let text = callbook.err();
            let error: Json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{words:?}: {text}"));
            assert_eq!(error["error"]["code"], "usage");
        }
        assert_eq!(callbook.out(), "", "{words:?}");
    }
    assert_eq!(callbook.run(&["--help"]), 0);
    assert!(callbook.out().contains("People and companies:"));
    assert_eq!(callbook.run(&["--version"]), 0);
    assert!(callbook.out().starts_with("callbook "));
}

#[test]
fn a_list_in_every_format() {
    let mut callbook = Fixture::new(store);
    for format in ["table", "json", "ndjson", "csv", "tsv", "ids"] {
        assert_eq!(callbook.run(&["contact", "list", "--format", format]), 0);
        insta::assert_snapshot!(format!("contact_list_{format}"), callbook.out());
        assert!(callbook.err().contains("2 withheld: objection"));
    }
    assert_eq!(
        callbook.run(&["contact", "list", "--format", "csv", "--columns", "given_name,custom.budget,id"]),
        0
    );
    assert_eq!(callbook.out(), format!("given_name,custom.budget,id\nAnna,1200,{ID}\n"));
    let asked = callbook.asked();
    let Some(Request::List(list)) = asked.last() else { panic!("{asked:?}") };
    assert_eq!(list.columns.len(), 2);
}

#[test]
fn records_and_reports_in_json() {
    let mut callbook = Fixture::new(store);
    for (name, words) in [
        ("show", &["contact", "show", ID][..]),
        ("history", &["contact", "history", ID]),
        ("add", &["contact", "add", "--given", "Anna"]),
        ("edit", &["contact", "edit", ID, "--set", "job_title=x"]),
        ("bulk", &["contact", "edit", "--query", "tag:fair", "--add-tag", "x", "--dry-run"]),
        ("note_list", &["note", "list", ID]),
        ("field_list", &["field", "list"]),
        ("verify", &["history", "verify"]),
        ("undo", &["history", "undo", "5"]),
    ] {
        let words: Vec<&str> = words.iter().copied().chain(["--format", "json"]).collect();
        assert_eq!(callbook.run(&words), 0, "{words:?}: {}", callbook.err());
        let json: Json = serde_json::from_str(&callbook.out()).unwrap();
        assert!(!has_null(&json), "absent rather than null");
        insta::assert_json_snapshot!(format!("json_{name}"), json);
    }
    assert!(callbook.err().contains("Anna Schmitt, Muster GmbH"), "who is similar is told on stderr");
}

fn has_null(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Array(items) => items.iter().any(has_null),
        Json::Object(map) => map.values().any(has_null),
        Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

#[test]
fn tables_for_people() {
    let mut callbook = Fixture::new(store);
    for (name, words) in [("show", &["contact", "show", ID][..]), ("history", &["contact", "history", ID])] {
        assert_eq!(callbook.run(words), 0);
        insta::assert_snapshot!(format!("table_{name}"), callbook.out());
    }
}

#[test]
fn hostile_names_reach_no_terminal() {
    let nasty = "Eve\x1b]0;owned\x07\u{202E}\r\nroot";
    let mut callbook = Fixture::new(move |request| {
        let evil = || {
            let mut view = anna();
            view.title = nasty.to_owned();
            for shown in &mut view.fields {
                shown.text = nasty.to_owned();
            }
            view
        };
        Ok(match request {
            Request::List(_) => Response::List(Page {
                items: vec![evil()],
                total: 1,
                offset: 0,
                withheld: [(nasty.to_owned(), 1)].into(),
                leaving: BTreeMap::new(),
            }),
            Request::Get(_) => Response::Get(Card {
                record: evil(),
                notes: vec![note(), evil()],
                people: vec![evil()],
                held: None,
                retention: None,
            }),
            Request::Edit(_) => return Err(Error::conflict(nasty).hint(nasty)),
            Request::History(_) => {
                let mut entry = entry(1);
                entry.title = nasty.to_owned();
                entry.actor = nasty.to_owned();
                entry.changes[0].name = nasty.to_owned();
                Response::History(vec![entry])
            }
            other => return store(other),
        })
    });
    for words in [
        &["contact", "list"][..],
        &["contact", "show", ID],
        &["contact", "history", ID],
        &["contact", "edit", ID, "--set", "team=x"],
    ] {
        callbook.run(words);
        let text = callbook.out() + &callbook.err();
        assert!(text.contains("root"), "{words:?}: {text}");
        assert!(
            !text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202E}'),
            "{words:?}: {text:?}"
        );
    }
    // In JSON the data is as it is, escaped.
    assert_eq!(callbook.run(&["contact", "list", "--format", "json"]), 0);
    let out = callbook.out();
    assert!(!out.contains('\x1b'));
    let json: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(json["items"][0]["display_name"], nasty);
}

/// A store of `total` contacts, numbered.
fn many(total: u64) -> impl Fn(Request) -> Result<Response, Error> {
    move |request| {
        let Request::List(list) = request else { return store(request) };
        let from = list.window.after.map_or(0, |id| u64::from(id.as_fields().0) + 1);
        let upto = total.min(from + list.window.limit.unwrap());
        let items = (from..upto).map(|n| {
            let mut view = anna();
            view.id = Uuid::from_fields(n as u32, 0, 0, &[0; 8]);
            view
        });
        Ok(Response::List(Page {
            items: items.collect(),
            total,
            offset: from,
            withheld: BTreeMap::new(),
            leaving: BTreeMap::new(),
        }))
    }
}

#[test]
fn long_lists_come_in_windows() {
    let mut callbook = Fixture::new(many(2345));
    assert_eq!(callbook.run(&["contact", "list", "--format", "json"]), 0);
    let json: Json = serde_json::from_str(&callbook.out()).unwrap();
    assert_eq!(json["items"].as_array().unwrap().len(), 2345);
    assert_eq!(json["total"], 2345);
    assert_eq!(callbook.asked().len(), 3);

    assert_eq!(callbook.run(&["contact", "list", "--format", "ids", "--limit", "1200"]), 0);
    assert_eq!(callbook.out().lines().count(), 1200);
    let limits: Vec<Option<u64>> = callbook
        .asked()
        .into_iter()
        .filter_map(|request| match request {
            Request::List(list) => Some(list.window.limit),
            _ => None,
        })
        .collect();
    assert_eq!(limits, [Some(1000), Some(200)]);

    assert_eq!(callbook.run(&["contact", "list", "--limit", "3"]), 0);
    assert!(callbook.err().contains("3 of 2345"), "a table says that there is more");

    let mut nobody = Fixture::new(many(0));
    assert_eq!(nobody.run(&["contact", "list", "--format", "json"]), 0);
    assert_eq!(nobody.out(), "{\"items\":[],\"total\":0,\"withheld\":{}}\n");
    assert_eq!(nobody.run(&["contact", "list"]), 0);
    assert_eq!((nobody.out().as_str(), nobody.err().as_str()), ("", "nothing found\n"));
}

#[test]
fn activity_comes_in_windows_too() {
    let mut callbook = Fixture::new(store);
    assert_eq!(callbook.run(&["history", "activity", "--limit", "1500", "--format", "json"]), 0);
    let json: Json = serde_json::from_str(&callbook.out()).unwrap();
    let items = json["items"].as_array().unwrap();
    assert_eq!(
        (items.len(), &items[0]["seq"], &items[1499]["seq"]),
        (1500, &Json::from(2499), &Json::from(1000))
    );
    assert_eq!(json["total"], 2500);
    assert_eq!(callbook.asked().len(), 2);
}

#[test]
fn many_are_changed_only_after_a_yes() {
    let mut callbook = Fixture::new(store);
    let words = ["contact", "edit", "--query", "tag:fair", "--set", "team=south"];
    assert_eq!(callbook.run(&words), 2);
    assert!(callbook.err().contains("add --yes"));
    assert_eq!(callbook.asked(), []);

    let dry: Vec<&str> = words.iter().copied().chain(["--dry-run"]).collect();
    assert_eq!(callbook.run(&dry), 0);
    assert!(callbook.out().contains("Buyer → Head of Purchasing"));
    let asked = callbook.asked();
    assert!(matches!(asked.as_slice(), [Request::Bulk(bulk)] if bulk.dry_run), "{asked:?}");

    let yes: Vec<&str> = words.iter().copied().chain(["--yes"]).collect();
    assert_eq!(callbook.run(&yes), 0);
    let asked = callbook.asked();
    assert!(matches!(asked.as_slice(), [Request::Bulk(bulk)] if !bulk.dry_run), "{asked:?}");
    assert!(callbook.err().contains("history undo 12"));

    // At a terminal the changes are shown, and Enter alone means no.
    callbook.asks = true;
    callbook.input = b"\n".to_vec();
    assert_eq!(callbook.run(&words), 130);
    assert!(callbook.err().contains("Change 2 of 3 records? [y/N]"));
    assert!(callbook.asked().iter().all(|request| matches!(request, Request::Bulk(bulk) if bulk.dry_run)));
    callbook.input = b"y\n".to_vec();
    assert_eq!(callbook.run(&words), 0);
    assert!(matches!(callbook.asked().last(), Some(Request::Bulk(bulk)) if !bulk.dry_run));
}

#[test]
fn many_are_deleted_and_restored_in_one_step() {
    let other = "00000000-0000-0000-0000-000000000001";
    for (verb, question, deed) in [
        ("delete", "Delete 2 of 3 records? [y/N]", Deed::Delete),
        ("restore", "Restore 2 of 3", Deed::Restore),
    ] {
        let mut callbook = Fixture::new(store);
        // One, by its id alone, is a single change.
        assert_eq!(callbook.run(&["contact", verb, ID]), 0);
        assert!(matches!(callbook.asked().as_slice(), [Request::Delete(_) | Request::Restore(_)]));
        for many in [&[ID, other][..], &["--query", "tag:fair"]] {
            let words: Vec<&str> = ["contact", verb].iter().chain(many).copied().collect();
            assert_eq!(callbook.run(&words), 2);
            assert!(callbook.err().contains("add --yes"));
            assert_eq!(callbook.asked(), []);

            let dry: Vec<&str> = words.iter().copied().chain(["--dry-run"]).collect();
            assert_eq!(callbook.run(&dry), 0);
            assert!(matches!(callbook.asked().as_slice(), [Request::Bulk(bulk)] if bulk.dry_run));

            let yes: Vec<&str> = words.iter().copied().chain(["--yes"]).collect();
            assert_eq!(callbook.run(&yes), 0);
            let asked = callbook.asked();
            let [Request::Bulk(bulk)] = asked.as_slice() else { panic!("{asked:?}") };
            assert_eq!((bulk.dry_run, &bulk.deed, bulk.expect), (false, &deed, None));
            assert!(callbook.err().contains("history undo 12"));
        }
        // What somebody at a terminal agreed to is what is done.
        callbook.asks = true;
        callbook.input = b"y\n".to_vec();
        assert_eq!(callbook.run(&["contact", verb, ID, other]), 0);
        assert!(callbook.err().contains(question), "{}", callbook.err());
        let asked = callbook.asked();
        assert!(matches!(asked.last(), Some(Request::Bulk(bulk)) if bulk.expect == Some(2)), "{asked:?}");
        callbook.asks = false;
        assert_eq!(callbook.run(&["contact", verb]), 2);
        assert!(callbook.err().contains("no record is named"));
    }
    let mut callbook = Fixture::new(store);
    assert_eq!(callbook.run(&["contact", "delete", ID, other, "--yes", "--expect-revision", "1"]), 2);
    assert_eq!(callbook.run(&["note", "delete", ID, other, "--yes"]), 0);
    assert!(matches!(callbook.asked().as_slice(), [Request::Bulk(bulk)] if bulk.kind == RecordKind::Note));
}

#[test]
fn a_doctor_who_finds_an_error_fails() {
    let mut callbook = Fixture::new(store);
    assert_eq!(callbook.run(&["doctor"]), 1);
    assert!(callbook.out().contains("escrow"));
    assert_eq!(callbook.err(), "");
}

#[test]
fn quiet_is_quiet() {
    let mut callbook = Fixture::new(store);
    assert_eq!(callbook.run(&["contact", "list", "--quiet"]), 0);
    assert_eq!(callbook.err(), "");
}

#[test]
fn the_screens_run_the_same_words() {
    let (client, seen) = door(store);
    let (env, config) = (Env::system(), Config::default());
    let line = Line {
        client: &client,
        env: &env,
        config: &config,
        width: Some(160),
        stop: Arc::new(AtomicBool::new(false)),
    };
    let run = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let mut out = Vec::new();
        run_line(&line, &words, &mut out).map(|code| (code, String::from_utf8(out).unwrap()))
    };
    let (code, text) = run(&["contact", "list", "anna"]).unwrap();
    assert_eq!(code, None);
    assert!(text.contains("Anna Schmidt") && text.contains("2 withheld"), "{text}");
    assert_eq!(run(&["doctor"]).unwrap().0, Some(Code::Failed));
    assert!(run(&["--help"]).unwrap().1.contains("contact"));
    seen.lock().unwrap().clear();
    for words in [
        &[][..],
        &["nonsense"],
        &["init", "--controller", "x", "--country", "DE"],
        &["demo"],
        &["man", "--out", "/nowhere"],
        &["note", "add", ID, "-"],
        &["note", "add", ID, "--file", "/etc/hostname"],
        &["contact", "import", "-"],
        &["contact", "list", "--store", "/elsewhere"],
        &["history", "check", "a", "b"],
        &["contact", "edit", "--query", "x", "--set", "team=y"],
    ] {
        assert_eq!(run(words).unwrap_err().code, Code::Usage, "{words:?}");
    }
    assert!(seen.lock().unwrap().is_empty(), "nothing was asked of the store");
}

#[test]
fn completions_and_pages_come_from_the_definition() {
    let mut callbook = Fixture::closed();
    for shell in ["bash", "zsh", "fish"] {
        assert_eq!(callbook.run(&["completions", shell]), 0);
        let script = callbook.out();
        assert!(script.contains("duplicates") && script.contains("skip-column"), "{shell}");
    }
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(callbook.run(&["man", "--out", dir.path().join("man").to_str().unwrap()]), 0);
    let page = std::fs::read_to_string(dir.path().join("man/callbook-contact-import.1")).unwrap();
    assert!(page.contains("skip"), "{page}");
    assert!(dir.path().join("man/callbook.1").exists());
}
