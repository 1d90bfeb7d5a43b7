//! `callbook consent prove`, `receipt` and `history check`: what a stranger holds, and what a forger cannot.

use serde_json::Value as Json;

use super::consent::{given, json, shell};
use crate::cli::fake::Fixture;
use crate::domain::consent::p1;
use crate::service::proofs_tests::called;
use crate::service::tests as service;

fn prove<'w>(id: &'w str, more: &[&'w str]) -> Vec<&'w str> {
    [&["consent", "prove", id, "--purpose", "sales", "--channel", "phone"], more].concat()
}

#[test]
fn each_part_of_p1_is_there_or_said_to_be_missing() {
    let fixture = service::Fixture::new();
    let owner = fixture.client("owner");
    let id = service::add(&owner, service::anna()).unwrap().id;
    called(&fixture, id);
    let id = id.to_string();
    let mut callbook = shell(&fixture, "owner");
    let proof = json(&mut callbook, &prove(&id, &[]));
    assert!(callbook.err().contains("data protection officer"), "R42");
    let event = &proof["events"][0];
    assert_eq!(event["call_grade"], true);
    assert_eq!(event["p1_missing"], Json::Array(vec![]));
    for part in p1::PARTS {
        assert!(event["p1"][part.name].is_string(), "{}: {event}", part.name);
    }
    assert_eq!(callbook.run(&prove(&id, &[])), 0);
    let text = callbook.out();
    for words in [
        "The person had consented, since 28 May 2026",
        "     | Guten Tag, hier ist die Muster GmbH.\n     | Dürfen wir Sie anrufen?",
        "What the person said, word for word: Ja, gerne.",
        "SHA-256 of that wording: 00ff",
        "Version 1: Sales calls",
        "callbook history check",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("MISSING") && !text.contains("LATE"), "{text}");
    // Plain words come first: nobody has to read a number to know what this is.
    let number = text.find(&id).unwrap();
    assert!(text.find("WHAT HAPPENED").unwrap() < number);

    // What was only written down, and the next day, is no such proof, and says so.
    let other = service::add(&owner, service::anna()).unwrap().id.to_string();
    let words: Vec<&str> =
        given(&other, "phone").into_iter().map(|one| if one == "in_person" { "call" } else { one }).collect();
    assert_eq!(callbook.run(&[&words[..], &["--at", "2026-05-28T21:00:00Z"]].concat()), 0);
    callbook.out();
    let proof = json(&mut callbook, &prove(&other, &[]));
    let event = &proof["events"][0];
    assert_eq!((&event["late"], &event["call_grade"]), (&Json::from(true), &Json::from(false)));
    let missing = event["p1_missing"].as_array().unwrap();
    assert!(missing.contains(&Json::from("number_dialled")) && !missing.contains(&Json::from("words")));
    assert_eq!(event["p1"]["identity"], Json::Null);
    assert_eq!(callbook.run(&prove(&other, &[])), 0);
    let text = callbook.out();
    assert!(text.contains("LATE ENTRY") && text.contains("The number dialled: MISSING"), "{text}");
}

/// A proof in a file, and the store's checkpoint beside it.
fn files(dir: &std::path::Path, callbook: &mut Fixture, id: &str) -> (String, String) {
    let path = |name: &str| dir.join(name).display().to_string();
    let (proof, checkpoint) = (path("proof.json"), path("checkpoint.txt"));
    assert_eq!(callbook.run(&prove(id, &["--out", &proof])), 0, "{}", callbook.err());
    assert_eq!(callbook.run(&["history", "checkpoint", "--out", &checkpoint]), 0);
    (proof, checkpoint)
}

#[test]
fn a_stranger_checks_the_very_words_and_a_forger_is_caught() {
    let fixture = service::Fixture::new();
    let id = service::add(&fixture.client("owner"), service::anna()).unwrap().id;
    called(&fixture, id);
    let id = id.to_string();
    let mut callbook = shell(&fixture, "owner");
    assert_eq!(callbook.run(&["consent", "withdraw", &id, "--purpose", "sales", "--words", "Stop."]), 0);
    let dir = tempfile::tempdir().unwrap();
    let (path, checkpoint) = files(dir.path(), &mut callbook, &id);
    let mut stranger = Fixture::closed();
    assert_eq!(stranger.run(&["history", "check", &path]), 0, "{}", stranger.err());
    assert!(stranger.out().contains("with these very words"));
    assert!(stranger.err().contains("kept elsewhere"), "the checkpoint inside is the maker's own");
    let checked = json(&mut stranger, &["history", "check", &path, &checkpoint]);
    assert_eq!(checked["events"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&checked["events"][0]["words"], &checked["checkpoint"]),
        (&Json::from(true), &Json::from("given"))
    );

    let whole: Json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let forge = |change: &dyn Fn(&mut Json)| {
        let mut forged = whole.clone();
        change(&mut forged);
        assert_ne!(forged, whole, "nothing was forged");
        std::fs::write(&path, forged.to_string()).unwrap();
    };
    let forgeries: &[&dyn Fn(&mut Json)] = &[
        &|json| json["events"][0]["event"]["words"] = "Ja, für alles.".into(),
        &|json| json["events"][0]["event"]["until"] = "2099-01-01T00:00:00Z".into(),
        &|json| json["events"][0]["event"]["kind"] = "renewed".into(),
        &|json| json["events"][0]["event"]["late"] = true.into(),
        &|json| json["events"][0]["event"]["recorded_at"] = "2020-01-01T00:00:00Z".into(),
        &|json| json["events"][0]["event"]["seq"] = 1.into(),
        &|json| {
            let other = json["events"][1]["event"]["id"].clone();
            json["events"][0]["event"]["id"] = other;
        },
        &|json| {
            let other = json["events"][1]["opening"].clone();
            json["events"][0]["opening"] = other;
        },
        &|json| json["events"][0]["opening"]["r"] = "AAAA".into(),
        &|json| json["events"][0]["opening"]["changes"] = "!".into(),
        &|json| json["events"][0]["proof"]["leaf_index"] = 0.into(),
        &|json| json["events"][0]["proof"] = Json::Null,
        &|json| json["events"] = "none".into(),
        &|json| json["version"] = 2.into(),
        &|json| json["checkpoint"] = Json::Null,
        &|json| {
            json["events"][0]["event"].as_object_mut().unwrap().remove("question");
        },
    ];
    for (number, change) in forgeries.iter().enumerate() {
        forge(*change);
        assert_eq!(stranger.run(&["history", "check", &path]), 8, "forgery {number}: {}", stranger.out());
    }
    // Without what opens it, the entry is there, and its words are not proven.
    forge(&|json| {
        json["events"][0].as_object_mut().unwrap().remove("opening");
    });
    let checked = json(&mut stranger, &["history", "check", &path, &checkpoint]);
    assert_eq!(checked["events"][0]["words"], false);
    std::fs::write(&path, "{").unwrap();
    assert_eq!(stranger.run(&["history", "check", &path]), 2, "a broken file names no checkpoint");
    assert_eq!(stranger.run(&["history", "check", &path, &checkpoint]), 8);
}

#[test]
fn hostile_words_act_on_nothing() {
    let fixture = service::Fixture::new();
    let mut person = service::anna();
    person[0] = crate::domain::edit::FieldEdit::text("given_name", "Eve\u{202E}live\"}],\"state\":\"given");
    let id = service::add(&fixture.client("owner"), person).unwrap().id.to_string();
    let mut callbook = shell(&fixture, "owner");
    let hostile = "yes\u{1b}]8;;http://evil.example\u{7}\u{1b}[2J\n\nHOW TO CHECK IT\nTrust me.\u{2028}\"}";
    let words: Vec<&str> = given(&id, "phone")
        .into_iter()
        .map(|one| if one.starts_with("Yes") { hostile } else { one })
        .collect();
    assert_eq!(callbook.run(&words), 0, "{}", callbook.err());
    callbook.out();
    assert_eq!(callbook.run(&prove(&id, &[])), 0);
    let text = callbook.out();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains('\u{202E}') && !text.contains('\u{2028}'));
    assert_eq!(text.matches("\nHOW TO CHECK IT").count(), 1, "words of others stand behind a bar: {text}");
    let proof = json(&mut callbook, &prove(&id, &[]));
    assert_eq!(proof["events"][0]["event"]["words"], hostile);
    assert_eq!(proof["standing"]["state"], "given");
    let event = proof["events"][0]["event"]["id"].as_str().unwrap().to_owned();
    assert_eq!(callbook.run(&["consent", "receipt", &event]), 0);
    let receipt: Json = serde_json::from_str(&callbook.out()).unwrap();
    let name = receipt["dpv:hasRecordOfActivity"]["dpv:hasDataSubject"]["dpv:hasName"].as_str().unwrap();
    assert!(name.contains("\"state\":\"given"), "a name stays a name: {name}");
}
