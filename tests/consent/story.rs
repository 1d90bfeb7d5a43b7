//! From the first question to the withdrawal: a person is called, asked, recorded, proved, withdrawn, and then not callable.

use std::process::Command;

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::support::shell::{Shell, err, out};
use crate::talk::{ago, agreed, call, items, shell, state};

/// Each field that requirements.md (P1) wants of a consent given by phone, and where the proof has it.
const P1: &[(&str, &str)] = &[
    ("record id", "/event/id"),
    ("call id", "/event/call"),
    ("direction", "/p1/direction"),
    ("the rule that permitted this very call", "/p1/permitted_by"),
    ("agent", "/p1/agent"),
    ("controller with address", "/p1/controller"),
    ("on whose behalf", "/p1/on_behalf_of"),
    ("number dialled", "/p1/number_dialled"),
    ("number displayed", "/p1/number_displayed"),
    ("result and date of the external do-not-call check", "/p1/screening"),
    ("who answered", "/p1/answered_by"),
    ("relation to the subscriber", "/p1/relation"),
    ("how identity was confirmed", "/p1/identity"),
    ("start as UTC", "/p1/started_at"),
    ("answer as UTC", "/p1/answered_at"),
    ("end as UTC", "/p1/ended_at"),
    ("offset and IANA zone", "/p1/zone"),
    ("language", "/p1/language"),
    ("script id and version", "/p1/script"),
    ("full wording as read", "/p1/wording"),
    ("SHA-256 of the wording", "/p1/wording_sha256"),
    ("question", "/p1/question"),
    ("verbatim answer", "/p1/words"),
    ("result", "/p1/result"),
    ("duration", "/p1/until"),
    ("products", "/p1/products"),
    ("legal basis", "/p1/basis"),
    ("notice version", "/p1/notice"),
    ("that retention and both rights were told", "/p1/told"),
    ("third parties named", "/p1/third_parties"),
    ("age assurance", "/p1/age"),
    ("confirmation sent: the text", "/p1/confirmation"),
    ("confirmation sent: channel, time, delivery", "/p1/confirmation_by"),
    ("confirmation sent: hash", "/p1/confirmation_sha256"),
    ("purpose, in its version", "/event/purpose_version"),
    ("channel", "/event/channel"),
    ("whether it is a late entry", "/late"),
];

/// Somebody in the United Kingdom, whose rule wants the number looked up in a do-not-call list before the call.
fn gwen(shell: &Shell) -> String {
    let who = ["contact", "add", "--given", "Gwen", "--family", "Muster", "--phone", "+44 20 7946 0958"];
    let grounds = ["--basis", "legitimate_interests", "--reason", "met at the fair", "--source", "fair"];
    let id = shell.ok(&[&who[..], &["--country", "GB", "--language", "en"], &grounds].concat());
    shell.ok(&[
        "recipient",
        "add",
        "bank",
        "--title",
        "Beispielbank AG",
        "--role",
        "controller",
        "--country",
        "DE",
    ]);
    shell.ok(&["purpose", "edit", "sales", "--recipient", "bank"]);
    id.trim().to_owned()
}

fn check(shell: &Shell, id: &str, code: i32) -> Json {
    let done = shell.run(&["call", "check", id, "--purpose", "sales", "--format", "json"]);
    assert_eq!(done.status.code(), Some(code), "{}{}", out(&done), err(&done));
    assert!(!out(&done).is_empty(), "the rule is told either way");
    serde_json::from_str(&out(&done)).unwrap()
}

fn prove(shell: &Shell, id: &str) -> Json {
    shell.json(&["consent", "prove", id, "--purpose", "sales", "--channel", "phone"])
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_person_is_called_asked_recorded_proved_withdrawn_and_then_not_callable() {
    let shell = shell();
    let id = gwen(&shell);
    // Not before the number was looked up.
    let card = check(&shell, &id, 5);
    assert_eq!(card["rule"]["id"], "gb-person");
    assert_eq!(card["refusals"], json!(["the number was never checked against TPS"]));
    shell.write("tps.csv", "number\n020 7946 0001\n");
    let today = ago(0)[..10].to_owned();
    shell.ok(&["suppression", "import", "tps.csv", "--list", "TPS", "--country", "GB", "--date", &today]);
    assert_eq!(check(&shell, &id, 0)["allowed"], true);

    // The call, with the script as it is on the screen.
    let begun = shell.json(&["call", "begin", &id, "--purpose", "sales"]);
    let script = &begun["script"];
    let read = script["text"].as_str().unwrap();
    assert!(read.contains("Gwen Muster") && read.contains("Muster GmbH") && !read.contains("{{"), "{read}");
    assert!(read.contains("Beispielbank AG"), "persons are told who gets their data by its name: {read}");
    assert_eq!(script["sha256"], hash(read));
    let mut questions = script["questions"].as_array().unwrap().iter();
    let question = questions.find(|one| one["purpose"] == "sales" && one["channel"] == "phone").unwrap();
    let mut said = call();
    for (key, value) in [
        ("id", begun["call"].clone()),
        ("started_at", begun["begun_at"].clone()),
        ("answered_at", begun["begun_at"].clone()),
        ("read_at", begun["begun_at"].clone()),
        ("ended_at", json!(ago(0))),
        ("number", begun["dial"]["number"].clone()),
        ("shown_number", json!("+49 30 901700")),
        ("on_behalf_of", json!("Beispiel AG")),
        ("script", script["script"].clone()),
        ("wording_sha256", script["sha256"].clone()),
        ("age", json!("speaks for a company")),
        ("confirmation", json!({"text": "You said yes.", "by": "letter of the same day, on its way"})),
        ("follow_up", json!({"text": "send the price list", "due": ago(-86_400)})),
        ("note", json!("was in a hurry")),
    ] {
        said[key] = value;
    }
    let begun_at = begun["begun_at"].clone();
    said["answers"] = json!([
        {"purpose": "sales", "channel": "storage", "reply": "yes", "words": "Yes, keep it.", "at": begun_at},
        {"purpose": "sales", "channel": "phone", "reply": "yes", "words": "Yes, do.", "at": begun_at, "products": "printers"},
        {"purpose": "newsletter", "channel": "email", "reply": "no", "words": "No, thanks.", "at": begun_at},
    ]);
    shell.write("call.json", &said.to_string());
    let recorded = shell.json(&["call", "record", &id, "--answers", "call.json"]);
    assert_eq!(
        (&recorded["id"], &recorded["late"], &recorded["again"]),
        (&begun["call"], &json!(false), &json!(false))
    );
    let states: Vec<&str> = items(&json!({"items": recorded["lines"]}))
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .map(|state| match state {
            "given" => "given",
            "refused" => "refused",
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(states, ["given", "given", "refused"]);
    assert_eq!(recorded["tasks"].as_array().unwrap().len(), 1);
    // Handed in again, it is the same call.
    let before = shell.json(&["consent", "list", &id])["events"].as_array().unwrap().len();
    assert_eq!(shell.json(&["call", "record", &id, "--answers", "call.json"])["again"], true);
    assert_eq!(shell.json(&["consent", "list", &id])["events"].as_array().unwrap().len(), before);

    // The proof, field by field.
    let proof = prove(&shell, &id);
    assert_eq!(proof["standing"]["state"], "given");
    let event = &proof["events"][0];
    let lacking: Vec<&str> = P1
        .iter()
        .filter(|(_, place)| event.pointer(place).is_none_or(|value| value.is_null() || value == ""))
        .map(|(field, _)| *field)
        .collect();
    assert_eq!(lacking, [""; 0], "{event}");
    let known: Vec<&str> = P1.iter().filter_map(|(_, place)| place.strip_prefix("/p1/")).collect();
    for field in event["p1"].as_object().unwrap().keys() {
        assert!(known.contains(&field.as_str()) || field == "read_at", "`{field}` is no field of P1 here");
    }
    assert_eq!(
        (&event["p1_missing"], &event["call_grade"], &event["late"]),
        (&json!([]), &json!(true), &json!(false))
    );
    let p1 = &event["p1"];
    for (field, words) in [
        ("direction", "outgoing"),
        ("agent", shell.json(&["status"])["user"].as_str().unwrap()),
        ("controller", "Muster GmbH, Musterweg 1, 12345 Musterstadt"),
        ("on_behalf_of", "Beispiel AG"),
        ("number_dialled", "+442079460958"),
        ("number_displayed", "+49 30 901700"),
        ("answered_by", "person"),
        ("relation", "self"),
        ("identity", "full name and company"),
        ("started_at", begun["begun_at"].as_str().unwrap()),
        ("language", "en"),
        ("script", "sales-en@1"),
        ("wording", read),
        ("wording_sha256", &hash(read)),
        ("question", question["text"].as_str().unwrap()),
        ("words", "Yes, do."),
        ("products", "printers"),
        ("basis", "consent"),
        ("notice", "notice-en@1"),
        ("told", "retention, right_to_withdraw, right_to_object"),
        ("third_parties", "Beispielbank AG"),
        ("age", "speaks for a company"),
        ("confirmation", "You said yes."),
        ("confirmation_sha256", &hash("You said yes.")),
    ] {
        assert_eq!(p1[field], words, "{field}");
    }
    assert!(p1["screening"].as_str().unwrap().contains(&format!("TPS of {today}")), "{}", p1["screening"]);
    assert!(p1["zone"].as_str().unwrap().ends_with(" Europe/Berlin"), "{}", p1["zone"]);
    let rule: Json = serde_json::from_str(p1["permitted_by"].as_str().unwrap()).unwrap();
    assert_eq!((&rule["allowed"], &rule["rule"]["id"]), (&json!(true), &json!("gb-person")));

    // Later events: renewed, used, withdrawn.
    let renew = ["consent", "record", &id, "--purpose", "sales", "--channel", "phone", "--kind", "renewed"];
    shell.ok(&[&renew[..], &["--way", "mail", "--words", "still fine"]].concat());
    shell.ok(&["contact", "export", "--purpose", "sales", "--channel", "phone", "--out", "calls.csv"]);
    shell.ok(&[
        "consent",
        "withdraw",
        &id,
        "--purpose",
        "sales",
        "--words",
        "Stop calling me.",
        "--way",
        "mail",
    ]);
    let card = check(&shell, &id, 5);
    assert!(card["verdict"].as_str().unwrap().contains("withdrew consent"), "{}", card["verdict"]);
    let denied = shell.fails(5, &["call", "begin", &id, "--purpose", "sales"]);
    assert!(denied.contains("withdrew consent") && denied.contains("hint: "), "{denied}");
    let proof = prove(&shell, &id);
    let kinds: Vec<&str> = proof["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["event"]["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["given", "renewed", "used", "withdrawn"]);
    assert!(proof["events"][2]["event"]["used_for"].as_str().unwrap().starts_with("export "));
    // As it stood before, it is proved still.
    let then = begun["begun_at"].as_str().unwrap();
    let at =
        shell.json(&["consent", "prove", &id, "--purpose", "sales", "--channel", "phone", "--at", &ago(0)]);
    assert_eq!(at["standing"]["state"], "withdrawn");
    let at = shell.json(&["consent", "prove", &id, "--purpose", "sales", "--channel", "phone", "--at", then]);
    assert_eq!(at["standing"]["state"], "unknown", "it was recorded after it was said");
    stranger_checks(&shell, &id);
    shell.ok(&["history", "verify"]);
}

/// A stranger has neither the store nor its key: the files are enough.
fn stranger_checks(shell: &Shell, id: &str) {
    shell.ok(&["consent", "prove", id, "--purpose", "sales", "--channel", "phone", "--out", "proof.json"]);
    let stranger = |file: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callbook"));
        command.args(["history", "check"]).arg(shell.dir.path().join(file)).env_clear();
        command.output().unwrap()
    };
    let done = stranger("proof.json");
    assert!(
        done.status.success() && out(&done).contains("with these very words"),
        "{}{}",
        out(&done),
        err(&done)
    );
    let text = std::fs::read_to_string(shell.dir.path().join("proof.json")).unwrap();
    assert!(text.contains("Yes, do."));
    shell.write("forged.json", &text.replace("Yes, do.", "Yes, sure."));
    assert_eq!(stranger("forged.json").status.code(), Some(8));
    // Told in words, and as a receipt.
    let told = shell.ok(&["consent", "prove", id, "--purpose", "sales", "--channel", "phone"]);
    assert!(
        told.starts_with("PROOF OF CONSENT\n") && told.contains("The person had taken the consent back"),
        "{told}"
    );
    let event =
        shell.json(&["consent", "list", id, "--events"])["items"][0]["id"].as_str().unwrap().to_owned();
    let receipt = shell.json(&["consent", "receipt", &event]);
    assert_eq!(receipt["@type"], "dpv:ConsentReceipt");
    assert_eq!(receipt["dct:conformsTo"]["@id"], "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr");
}

/// Scenario 1: a hang-up after one answer of three keeps one.
#[test]
fn who_hangs_up_has_answered_what_was_answered() {
    let shell = shell();
    let id = agreed(&shell, "Anna", "030 901820");
    let mut said = call();
    said["answers"] =
        json!([{"purpose": "sales", "channel": "storage", "reply": "yes", "words": "Ja", "at": ago(30)}]);
    said["outcome"] = json!("hung_up");
    shell.write("call.json", &said.to_string());
    shell.ok(&["call", "record", &id, "--answers", "call.json"]);
    assert_eq!(state(&shell, &id, "sales", "storage"), "given");
    assert_eq!(state(&shell, &id, "newsletter", "email"), "unknown");
    // Scenario 2: what a spouse says counts for nothing, and is told so; the call itself is recorded.
    said["answered_by"] = json!("other");
    said["relation"] = json!("spouse");
    said.as_object_mut().unwrap().remove("outcome");
    shell.write("call.json", &said.to_string());
    let told = shell.fails(5, &["call", "record", &id, "--answers", "call.json"]);
    assert!(told.contains("somebody else answered: what they say counts for nothing"), "{told}");
    said["answers"] = json!([]);
    shell.write("call.json", &said.to_string());
    let recorded = shell.json(&["call", "record", &id, "--answers", "call.json"]);
    assert_eq!(recorded["events"], json!([]));
    let calls = shell.json(&["call", "list", &id]);
    assert_eq!(calls["total"], 2);
    assert_eq!(items(&calls).iter().filter(|one| one["answered_by"] == "other").count(), 1);
}

/// Scenario 3: a withdrawal that arrives between the look and the dial.
#[test]
fn a_withdrawal_meanwhile_stops_the_dial_and_the_yes() {
    let shell = shell();
    let id = agreed(&shell, "Anna", "030 901820");
    check(&shell, &id, 0);
    let begun = shell.json(&["call", "begin", &id, "--purpose", "sales"]);
    shell.ok(&["consent", "withdraw", &id, "--words", "no more calls", "--way", "mail"]);
    shell.fails(5, &["call", "begin", &id, "--purpose", "sales"]);
    let mut said = call();
    (said["id"], said["started_at"]) = (begun["call"].clone(), begun["begun_at"].clone());
    for key in ["answered_at", "read_at"] {
        said[key] = begun["begun_at"].clone();
    }
    (said["ended_at"], said["answers"][0]["at"]) = (json!(ago(0)), begun["begun_at"].clone());
    shell.write("call.json", &said.to_string());
    let told = shell.fails(5, &["call", "record", &id, "--answers", "call.json"]);
    assert!(told.contains("the person has withdrawn meanwhile"), "{told}");
    assert_eq!(state(&shell, &id, "sales", "phone"), "withdrawn");
    shell.ok(&["call", "drop", begun["call"].as_str().unwrap()]);
    assert_eq!(shell.json(&["call", "list", &id])["total"], 0);
}

/// Scenario 13: the script is changed after the consent, and retired; the proof has the very words that were read out.
#[test]
fn the_words_that_were_read_out_stay_when_the_script_changes() {
    let shell = shell();
    let id = agreed(&shell, "Anna", "030 901820");
    shell.write("call.json", &call().to_string());
    shell.ok(&["call", "record", &id, "--answers", "call.json"]);
    let words = |shell: &Shell| {
        prove(shell, &id)["events"].as_array().unwrap().last().unwrap()["p1"]["wording"].clone()
    };
    let before = words(&shell);
    assert!(before.as_str().unwrap().contains("Guten Tag"));
    let old = shell.ok(&["script", "show", "sales-de@1", "--text"]);
    shell.write("script.md", &old.replace("Guten Tag", "Moin"));
    let add = ["script", "add", "sales-de", "--language", "de", "--file", "script.md"];
    assert_eq!(shell.ok(&add).trim(), "sales-de@2");
    // The file changes on disk; what is in the store does not.
    shell.write("script.md", "gone");
    assert!(shell.ok(&["script", "show", "sales-de@2", "--text"]).contains("Moin"));
    assert_eq!(shell.ok(&["script", "show", "sales-de@1", "--text"]), old);
    shell.ok(&["script", "retire", "sales-de"]);
    assert_eq!(words(&shell), before);
}

/// Scenario 9: two people, one number; one of them objects on the phone.
#[test]
fn an_objection_by_a_shared_number_leaves_both_alone() {
    let shell = shell();
    let (anna, ben) = (agreed(&shell, "Anna", "030 901850"), agreed(&shell, "Ben", "0049 30 901850"));
    let mut said = call();
    said["answers"] = json!([]);
    said["objection"] = json!({"words": "Lassen Sie uns in Ruhe.", "at": ago(20)});
    shell.write("call.json", &said.to_string());
    shell.ok(&["call", "record", &anna, "--answers", "call.json"]);
    assert!(check(&shell, &anna, 5)["verdict"].as_str().unwrap().contains("objected"));
    assert!(check(&shell, &ben, 5)["verdict"].as_str().unwrap().contains("suppression list"));
    let hit = shell.json(&["suppression", "check", "--phone", "(030) 90 18 50"]);
    assert_eq!((&hit["suppressed"], &hit["reason"]), (&json!(true), &json!("objection")));
}

/// Scenario 15: one record of a person agreed, the other objected; the objection wins, whichever is kept.
#[test]
fn of_two_records_of_one_person_the_no_wins() {
    for objector_is_kept in [true, false] {
        let shell = shell();
        let (yes, no) = (agreed(&shell, "Anna", "030 901820"), agreed(&shell, "Anna", "030 901821"));
        shell.ok(&["consent", "object", &no, "--words", "no advertising", "--way", "letter"]);
        let (keep, other) = if objector_is_kept { (&no, &yes) } else { (&yes, &no) };
        shell.ok(&["contact", "merge", keep, other]);
        assert_eq!(state(&shell, keep, "sales", "phone"), "objected");
        check(&shell, keep, 5);
        // Taking the merge back loosens nothing.
        let seq = shell.json(&["contact", "history", keep])["items"][0]["seq"].to_string();
        shell.ok(&["history", "undo", &seq]);
        check(&shell, keep, 5);
        check(&shell, &no, 5);
    }
}

/// Scenario 19: nobody grants consent by an edit, of one or of many, nor by an import.
#[test]
fn consent_is_granted_by_no_edit_and_by_no_import() {
    let shell = shell();
    let id = crate::talk::person(&shell, "Anna", "030 901820");
    let before = shell.json(&["consent", "list", &id])["events"].clone();
    shell.ok(&["contact", "edit", &id, "--set", "job_title=consent: yes"]);
    shell.fails(2, &["contact", "edit", "--query", "anna", "--set", "consent=given", "--yes"]);
    shell.fails(2, &["contact", "edit", &id, "--set", "consent:sales=given"]);
    let edited = shell.run(&["contact", "edit", &id, "--set", "basis=contract"]);
    assert!(edited.status.success(), "{}", err(&edited));
    assert!(
        shell.fails(5, &["contact", "edit", &id, "--set", "basis=consent"]).contains("not given by an edit")
    );
    shell.write(
        "leads.csv",
        "given name,family name,email,consent,newsletter\nAnna,Schmidt,anna@example.com,yes,yes\n",
    );
    let grounds = ["--source", "list", "--basis", "consent", "--reason", "says the list"];
    shell.ok(&[&["contact", "import", "leads.csv"], &grounds[..]].concat());
    assert_eq!(shell.json(&["consent", "list", &id])["events"], before);
    assert_eq!(shell.json(&["contact", "list", "--purpose", "newsletter"])["total"], 0);
}
