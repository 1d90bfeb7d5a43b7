//! `callbook request …` and `callbook subject …` against a store in memory: numbers, days, letters, exit codes.

use serde_json::Value as Json;

use super::consent::{json, shell};
use crate::service::tests as service;

/// The vectors of the requirements, through the command.
#[test]
fn a_request_is_due_when_the_regulation_says() {
    let fixture = service::Fixture::new();
    let id = service::add(&fixture.client("owner"), service::anna()).unwrap().id.to_string();
    // A year and a half later all of them have come in.
    fixture.days_later(520);
    let mut callbook = shell(&fixture, "owner");
    let mut open = |received: &str| {
        let words = ["request", "open", "--right", "access", "--contact", &id, "--received", received];
        json(&mut callbook, &words)["due"].as_str().unwrap().to_owned()
    };
    for (received, due) in [
        ("2027-01-31", "2027-03-01"),
        ("2027-08-31", "2027-09-30"),
        ("2026-11-25", "2026-12-28"),
        ("2027-02-26", "2027-03-30"),
        ("2027-03-27", "2027-04-27"),
    ] {
        assert_eq!(open(received), due, "DE {received}");
    }
    let mut callbook = shell(&fixture, "owner");
    assert_eq!(callbook.run(&["settings", "edit", "--set", "country=NL"]), 0, "{}", callbook.err());
    let _ = callbook.out();
    let mut open = |received: &str| {
        let words = ["request", "open", "--right", "access", "--contact", &id, "--received", received];
        json(&mut callbook, &words)["due"].as_str().unwrap().to_owned()
    };
    for (received, due) in [
        ("2027-01-31", "2027-03-01"),
        ("2027-08-31", "2027-09-30"),
        ("2026-11-25", "2026-12-28"),
        ("2027-02-26", "2027-03-26"),
        ("2027-03-27", "2027-04-28"),
    ] {
        assert_eq!(open(received), due, "NL {received}");
    }
}

#[test]
fn a_request_goes_its_way_by_command() {
    let fixture = service::Fixture::new();
    let id = service::add(&fixture.client("owner"), service::anna()).unwrap().id.to_string();
    let (mut rep, mut dpo) = (shell(&fixture, "rep"), shell(&fixture, "dpo"));
    let opened = json(
        &mut rep,
        &[
            "request",
            "open",
            "--right",
            "access",
            "--contact",
            &id,
            "--how",
            "by mail",
            "--words",
            "What do you hold?",
        ],
    );
    assert_eq!((&opened["number"], &opened["state"]), (&Json::from(1), &Json::from("open")));
    let unknown =
        ["request", "open", "--right", "erasure", "--unknown", "Nemo Niemand, Weg 1", "--language", "de"];
    let unknown = json(&mut rep, &unknown);
    assert_eq!((&unknown["number"], &unknown["name"]), (&Json::from(2), &Json::from("Nemo Niemand, Weg 1")));
    assert!(unknown.get("contact").is_none());
    assert_eq!(rep.run(&["request", "open", "--right", "erasure"]), 2);
    assert_eq!(rep.run(&["request", "refuse", "1", "--reason", "no"]), 4);
    assert_eq!(rep.run(&["request", "show", "9"]), 3);
    let shown = json(&mut dpo, &["request", "identify", "1", "--outcome", "asked"]);
    assert_eq!(
        (&shown["identity"], &shown["words"]),
        (&Json::from("asked"), &Json::from("What do you hold?"))
    );
    assert!(shown["due"].is_string() && shown["due_by_identity"].is_string(), "both days: {shown}");
    assert_eq!(dpo.run(&["request", "identify", "1", "--outcome", "confirmed"]), 2, "{}", dpo.err());
    assert_eq!(dpo.run(&["request", "identify", "1", "--outcome", "confirmed", "--method", "call_back"]), 0);
    let _ = dpo.out();
    let extended = json(&mut dpo, &["request", "extend", "1", "--reason", "much to look for"]);
    assert!(extended["letter"].as_str().unwrap().contains("much to look for"));
    assert!(extended["warnings"].as_array().unwrap().len() >= 2);
    assert_eq!(dpo.run(&["request", "extend", "1", "--reason", "again"]), 6);
    let refused = json(&mut dpo, &["request", "refuse", "2", "--reason", "Niemand weiß, wer Sie sind."]);
    let letter = refused["letter"].as_str().unwrap();
    for part in [
        "Muster GmbH",
        "Nemo Niemand, Weg 1",
        "Niemand weiß, wer Sie sind",
        "Aufsichtsbehörde",
        "gerichtlichen",
    ] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
    assert_eq!(dpo.run(&["request", "show", "2", "--letter"]), 0);
    assert!(dpo.out().contains("Aufsichtsbehörde"));
    assert_eq!(dpo.run(&["request", "refuse", "2", "--reason", "again"]), 6);
    assert_eq!(dpo.run(&["request", "close", "1", "--delivered-by", "letter", "--hash", "nonsense"]), 2);
    let hash = "AB".repeat(32);
    let closed = json(&mut dpo, &["request", "close", "1", "--delivered-by", "letter", "--hash", &hash]);
    assert_eq!(closed["state"], "done");
    let list = json(&mut dpo, &["request", "list"]);
    assert_eq!(list["total"], 0, "nothing is open");
    let list = json(&mut dpo, &["request", "list", "--all"]);
    assert_eq!(list["total"], 2);
    let list = json(&mut dpo, &["request", "list", "--state", "refused", "--right", "erasure"]);
    assert_eq!((&list["total"], &list["items"][0]["number"]), (&Json::from(1), &Json::from(2)));
    assert_eq!(dpo.run(&["request", "list", "--state", "refused", "--all"]), 2);
}

#[test]
fn what_is_overdue_is_told_wherever_one_looks() {
    let fixture = service::Fixture::new();
    let id = service::add(&fixture.client("owner"), service::anna()).unwrap().id.to_string();
    let mut rep = shell(&fixture, "rep");
    let words = ["request", "open", "--right", "access", "--contact", &id];
    assert_eq!(rep.run(&words), 0, "{}", rep.err());
    let _ = rep.out();
    fixture.days_later(40);
    let list = json(&mut rep, &["request", "list", "--due", "2026-07-31"]);
    assert_eq!(
        (&list["items"][0]["overdue"], &list["items"][0]["days_left"]),
        (&Json::from(true), &Json::from(-8))
    );
    assert!(rep.err().contains("1 overdue"), "it is said beside the data");
    assert_eq!(rep.run(&["request", "list"]), 0);
    assert!(rep.out().contains("overdue"));
    assert_eq!(rep.run(&["today"]), 0);
    assert!(rep.out().contains("(overdue)  Anna Schmidt  1 access"));
}

#[test]
fn a_person_is_corrected_restricted_and_let_be_by_command() {
    let fixture = service::Fixture::new();
    let id = service::add(&fixture.client("owner"), service::anna()).unwrap().id.to_string();
    let (mut rep, mut dpo) = (shell(&fixture, "rep"), shell(&fixture, "dpo"));
    let mut open = |right: &str| {
        let opened =
            json(&mut rep, &["request", "open", "--right", right, "--contact", &id, "--words", "mine"]);
        opened["number"].to_string()
    };
    let [correct, restrict, object] = ["rectification", "restriction", "objection"].map(&mut open);
    let words = ["subject", "rectify", &id, "--request", &correct, "--set", "family_name=Schmitt"];
    let corrected = json(&mut dpo, &words);
    assert_eq!(
        (&corrected["changed"][0], &corrected["tasks"]),
        (&Json::from("family_name"), &Json::Array(vec![]))
    );
    assert!(dpo.err().contains("request close"));
    assert_eq!(dpo.run(&["subject", "rectify", &id, "--request", &restrict, "--set", "family_name=X"]), 5);
    assert_eq!(dpo.run(&["subject", "rectify", &id, "--set", "family_name"]), 2);
    let published =
        json(&mut dpo, &["publication", "add", &id, "https://example.com/team", "--tell", "web team"]);
    let words =
        ["subject", "restrict", &id, "--request", &restrict, "--reason", "accuracy", "--terms", "checked"];
    assert_eq!(rep.run(&words), 4);
    let restricted = json(&mut dpo, &words);
    assert_eq!(
        (&restricted["restricted"], &restricted["reason"]),
        (&Json::from(true), &Json::from("accuracy"))
    );
    assert_eq!(restricted["tasks"][0]["tell"], "https://example.com/team");
    assert_eq!(rep.run(&["contact", "show", &id]), 3);
    let shown = json(&mut dpo, &["contact", "show", &id]);
    assert_eq!(
        (&shown["restricted_for"], &shown["restricted_terms"]),
        (&Json::from("accuracy"), &Json::from("checked"))
    );
    let drafted = json(&mut dpo, &["subject", "lift", &id, "--reason", "checked"]);
    assert_eq!(drafted["restricted"], true);
    assert!(drafted["letter"].as_str().unwrap().contains("checked"));
    assert!(dpo.err().contains("nothing was lifted"));
    let lifted = json(&mut dpo, &["subject", "lift", &id, "--reason", "checked", "--told", "2026-05-28"]);
    assert_eq!((&lifted["restricted"], lifted.get("since")), (&Json::from(false), None));
    let words = ["subject", "object", &id, "--request", &object, "--marketing"];
    let objected = json(&mut dpo, &words);
    assert_eq!(objected["request"]["state"], "done");
    assert!(objected["states"].as_array().unwrap().iter().all(|one| one["state"] == "objected"));
    assert_eq!(objected["shared"], Json::Array(vec![]));
    let listed = json(&mut dpo, &["publication", "list", &id]);
    assert_eq!((&listed["total"], &listed["items"][0]["id"]), (&Json::from(1), &published["id"]));
    let gone = published["id"].as_str().unwrap().to_owned();
    assert!(json(&mut dpo, &["publication", "withdraw", &gone])["withdrawn_at"].is_string());
    assert_eq!(json(&mut dpo, &["subject", "recipients", &id])["total"], 1);
}

/// A page goes out, an answer comes back, and is taken in once.
#[test]
fn a_page_is_made_and_its_answer_is_taken_in() {
    let fixture = service::Fixture::new();
    let owner = fixture.client("owner");
    let mut anna = service::anna();
    anna.push(crate::domain::edit::FieldEdit::text("job_title", "<script>alert(1)</script>"));
    let id = service::add(&owner, anna).unwrap().id.to_string();
    let (mut rep, mut dpo) = (shell(&fixture, "rep"), shell(&fixture, "dpo"));
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (page, answer) = (path("page.html"), path("answer.json"));
    assert_eq!(rep.run(&["request", "invite", &id, "--out", &page]), 4);
    assert_eq!(dpo.run(&["request", "invite", &id]), 2, "a page goes into a file");
    assert_eq!(dpo.run(&["request", "invite", &id, "--out", &page, "--expires", "soon"]), 2);
    let _ = dpo.err();
    let invited =
        json(&mut dpo, &["request", "invite", &id, "--out", &page, "--expires", "7d", "--language", "nl"]);
    assert_eq!(invited["language"], "nl");
    assert!(dpo.err().contains("where the answer goes"));
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("<html lang=\"nl\">"));
    assert!(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    let number = invited["invitation"].as_str().unwrap();
    assert!(html.contains(&format!("data-invitation=\"{number}\"")));
    let key = html.split("data-key=\"").nth(1).unwrap().split('"').next().unwrap();
    // As the script in the page does it.
    let wish = format!(
        "{{\"invitation\":\"{number}\",\"object_to_marketing\":true,\"ask\":[\"access\"],\"words\":\"Dank u.\"}}"
    );
    let (bytes, id_of) = (crate::domain::preferences::unhex(key).unwrap(), number.parse().unwrap());
    let mac = crate::domain::preferences::mac(&bytes, id_of, &wish);
    let file = |mac: &str| {
        serde_json::json!({"format": "callbook-answer-1", "invitation": number, "answer": wish, "mac": mac})
            .to_string()
    };
    std::fs::write(&answer, file(&"0".repeat(64))).unwrap();
    assert_eq!(rep.run(&["request", "ingest", &answer]), 5, "forged");
    for (bytes, code) in [(vec![b'x'; 70_000], 5), (b"{}".to_vec(), 5), (vec![0xff; 9], 5)] {
        std::fs::write(&answer, bytes).unwrap();
        assert_eq!(rep.run(&["request", "ingest", &answer]), code, "{}", rep.err());
    }
    assert_eq!(rep.run(&["request", "ingest", &path("missing.json")]), 1);
    std::fs::write(&answer, file(&mac)).unwrap();
    let _ = rep.err();
    let taken = json(&mut rep, &["request", "ingest", &answer]);
    assert_eq!(taken["requests"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&taken["requests"][0]["right"], &taken["requests"][0]["state"]),
        (&Json::from("objection"), &Json::from("done"))
    );
    assert!(taken["states"].as_array().unwrap().iter().all(|one| one["state"] == "objected"));
    assert_eq!(rep.run(&["request", "ingest", &answer]), 6, "there is only one answer");
    let shown = json(&mut dpo, &["request", "show", "2"]);
    assert_eq!((&shown["words"], &shown["identity"]), (&Json::from("Dank u."), &Json::from("confirmed")));
}
