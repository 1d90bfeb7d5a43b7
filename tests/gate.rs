//! The gate by commands: purposes, recipients, lists and exports that hold whom they may.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "whatever goes wrong here is a failed test"
)]

mod support;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use support::shell::{GROUNDS, Shell, err};

fn yes(shell: &Shell, id: &str, purpose: &str, channel: &str) {
    let record = ["consent", "record", id, "--purpose", purpose, "--channel", channel, "--kind", "given"];
    shell.ok(&[&record[..], &["--way", "in_person", "--words", "yes, do that"]].concat());
}

#[test]
fn an_export_goes_to_a_registered_recipient_with_its_manifest() {
    let shell = Shell::new();
    let ids = [("Anna", "030 901820"), ("Bea", "030 901821"), ("Cem", "030 901822")]
        .map(|(given, phone)| shell.add(given, "Schmidt", phone));
    yes(&shell, &ids[0], "sales", "phone");
    yes(&shell, &ids[1], "sales", "phone");
    shell.ok(&["consent", "withdraw", &ids[1], "--purpose", "sales", "--words", "no more"]);

    let list = shell.json(&["contact", "list", "--purpose", "sales", "--channel", "phone"]);
    assert_eq!((&list["total"], &list["withheld"]), (&json!(1), &json!({"withdrawn": 1, "no_basis": 1})));
    assert_eq!(list["items"][0]["given_name"], "Anna");
    assert_eq!(shell.ok(&["contact", "list", "consent:sales=withdrawn", "--format", "ids"]).trim(), ids[1]);
    shell.fails(2, &["contact", "list", "--channel", "phone"]);
    shell.fails(2, &["company", "list", "--purpose", "sales"]);

    let export = ["contact", "export", "--purpose", "sales", "--channel", "phone", "--out", "out.csv"];
    let to = [&export[..], &["--to", "dialler", "--manifest", "out.json"]].concat();
    shell.fails(5, &to);
    shell.ok(&["processor", "add", "dialler", "--country", "DE", "--agreement", "cabinet 4"]);
    let letters: Vec<&str> =
        ["a", "b", "c", "d", "e", "f", "g", "h"].iter().flat_map(|l| ["--checklist", *l]).collect();
    assert!(shell.fails(5, &to).contains("lacks Art. 28(3) (a)"));
    shell.ok(&[&["recipient", "edit", "dialler"], &letters[..]].concat());
    assert!(shell.fails(5, &to).contains("no recipient of the purpose"));
    shell.ok(&["purpose", "edit", "sales", "--recipient", "dialler"]);
    assert!(!shell.dir.path().join("out.csv").exists(), "what was refused left nothing");
    let done = shell.run(&to);
    assert!(done.status.success(), "{}", err(&done));
    assert!(
        err(&done).contains("1 written") && err(&done).contains("1 withheld: withdrawn"),
        "{}",
        err(&done)
    );
    let file = std::fs::read(shell.dir.path().join("out.csv")).unwrap();
    let rows = String::from_utf8(file.clone()).unwrap();
    assert!(rows.contains("Anna") && !rows.contains("Bea") && !rows.contains("Cem"), "{rows}");
    let manifest = std::fs::read(shell.dir.path().join("out.json")).unwrap();
    let manifest: Json = serde_json::from_slice(&manifest).unwrap();
    let hash: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((&manifest["sha256"], &manifest["bytes"]), (&json!(hash), &json!(file.len())));
    assert_eq!((&manifest["recipient"], &manifest["purpose_version"]), (&json!("dialler"), &json!(2)));
    assert_eq!((&manifest["records"], &manifest["withheld"]["no_basis"]), (&json!(1), &json!(1)));
    let events = shell.json(&["consent", "list", &ids[0], "--events"]);
    let used = events["items"].as_array().unwrap().iter().filter(|one| one["kind"] == "used");
    assert_eq!(used.count(), 1);
    shell.ok(&["history", "verify"]);
}

#[test]
fn purposes_are_registered_versioned_and_retired() {
    let shell = Shell::new();
    // As a stranger's first session has it: the store came with a newsletter.
    let add = ["purpose", "add", "newsletter", "--title", "Monthly letter", "--basis", "consent"];
    let add = [&add[..], &["--channel", "email", "--retention", "P2Y"]].concat();
    shell.ok(&add);
    shell.fails(6, &add);
    let now = shell.json(&["purpose", "show", "newsletter"]);
    assert_eq!((&now["title"], &now["version"]), (&json!("Monthly letter"), &json!(2)));
    let before = shell.json(&["purpose", "show", "newsletter@1"]);
    assert_eq!((&before["title"], &before["version"]), (&json!("Newsletter"), &json!(1)));
    shell.fails(3, &["purpose", "show", "newsletter@7"]);
    shell.fails(2, &["purpose", "show", "newsletter@x"]);
    assert!(shell.fails(3, &["purpose", "show", "newsleter"]).contains("did you mean `newsletter`?"));
    let fairs =
        ["purpose", "add", "fairs", "--title", "Invitations", "--basis", "consent", "--channel", "post"];
    assert!(shell.fails(5, &fairs).contains("retention"), "R12");
    shell.ok(&[&fairs[..], &["--channel", "email", "--retention", "P1Y"]].concat());
    let fairs = shell.json(&["purpose", "show", "fairs"]);
    assert_eq!(fairs["description"], "Invitations");
    shell.fails(5, &["purpose", "edit", "fairs", "--risky", "yes"]);
    shell.fails(2, &["purpose", "edit", "fairs"]);
    assert_eq!(shell.json(&["purpose", "history", "fairs"])["items"].as_array().unwrap().len(), 1);
    shell.ok(&["purpose", "retire", "fairs"]);
    let names = |words: &[&str]| {
        let found = shell.json(words);
        let items = found["items"].as_array().unwrap().clone();
        items.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&["purpose", "list"]), ["contract", "newsletter", "sales"]);
    assert_eq!(names(&["purpose", "list", "--all"]), ["contract", "fairs", "newsletter", "sales"]);
    for format in ["table", "csv", "tsv", "ndjson", "ids"] {
        let text = shell.ok(&["purpose", "list", "--format", format]);
        assert!(text.lines().count() >= 3, "{format}: {text}");
    }
    shell.ok(&["recipient", "add", "bank", "--title", "Bank AG", "--role", "controller", "--country", "DE"]);
    shell.fails(6, &["recipient", "add", "bank", "--role", "controller", "--country", "DE"]);
    shell.fails(5, &["recipient", "add", "nowhere", "--role", "controller"]);
    assert_eq!(names(&["recipient", "list"]), ["bank"]);
    assert!(names(&["processor", "list"]).is_empty());
}

#[test]
fn bought_leads_are_told_by_the_import_and_found_by_who_may() {
    let shell = Shell::new();
    shell.write(
        "leads.csv",
        "given name,family name,phone\nAnna,Muster,+49 30 901820\nBea,Muster,+49 30 901821\n",
    );
    let words = [&["contact", "import", "leads.csv"], GROUNDS, &["--supplier", "Messe AG"]].concat();
    assert_eq!(shell.json(&[&words[..], &["--dry-run"]].concat())["quarantined"], 2);
    assert_eq!(shell.json(&words)["quarantined"], 2);
    assert_eq!(shell.json(&["contact", "list", "is:quarantined"])["total"], 2);
    let list = shell.json(&["contact", "list", "--purpose", "sales"]);
    assert_eq!((&list["total"], &list["withheld"]), (&json!(0), &json!({"quarantined": 2})));
    let swept = shell.json(&["consent", "sweep", "--dry-run"]);
    assert_eq!(swept["expired"], 0);
}
