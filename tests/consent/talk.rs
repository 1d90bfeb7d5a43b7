//! What the tests of consent share: people, and calls with them.

use callbook::domain::time::Timestamp;
use callbook::env::Env;
use serde_json::{Value as Json, json};

use crate::support::shell::Shell;

const DAY: i64 = 86_400;

/// So many seconds ago; fewer than none lie ahead.
pub(crate) fn ago(seconds: i64) -> String {
    Timestamp::from_millis(Env::system().clock.now().millis() - seconds * 1000).to_string()
}

/// A store whose messages have a sender, and whose proofs name everybody they should.
pub(crate) fn shell() -> Shell {
    let shell = Shell::new();
    let set = ["contact=privacy@example.com", "dpo_contact=dpo@example.com", "authority=Aufsicht"];
    let set = set.iter().chain(&["controller_address=Musterweg 1, 12345 Musterstadt"]);
    let words: Vec<&str> = set.flat_map(|one| ["--set", one]).collect();
    shell.ok(&[&["settings", "edit"], &words[..]].concat());
    shell
}

/// Somebody in Germany who speaks German, with a number and an address.
pub(crate) fn person(shell: &Shell, given: &str, phone: &str) -> String {
    let email = format!("{}@example.com", given.to_lowercase());
    let who =
        ["contact", "add", "--given", given, "--family", "Schmidt", "--phone", phone, "--email", &email];
    let grounds = ["--basis", "consent", "--reason", "asked to be called", "--source", "trade fair Berlin"];
    shell.ok(&[&who[..], &["--country", "DE", "--language", "de"], &grounds].concat()).trim().to_owned()
}

/// Notes what a person said yesterday.
pub(crate) fn say(shell: &Shell, id: &str, kind: &str, purpose: &str, channel: &str) {
    let record = ["consent", "record", id, "--purpose", purpose, "--channel", channel, "--kind", kind];
    shell.ok(&[&record[..], &["--way", "in_person", "--words", "so I say", "--at", &ago(DAY)]].concat());
}

/// Somebody who said yesterday that they may be called.
pub(crate) fn agreed(shell: &Shell, given: &str, phone: &str) -> String {
    let id = person(shell, given, phone);
    say(shell, &id, "given", "sales", "phone");
    id
}

/// A call that ended a moment ago, in which the script was read out and the person said yes to being called.
pub(crate) fn call() -> Json {
    json!({
        "purpose": "sales",
        "answered_by": "person",
        "identity": "full name and company",
        "started_at": ago(240),
        "answered_at": ago(230),
        "read_at": ago(60),
        "ended_at": ago(2),
        "script": "sales-de@1",
        "answers": [{"purpose": "sales", "channel": "phone", "reply": "yes", "words": "Ja, gern.", "at": ago(30)}],
    })
}

/// The same with something else in some of its places.
pub(crate) fn call_with(changes: Json) -> Json {
    let mut call = call();
    for (key, value) in changes.as_object().unwrap() {
        call[key] = value.clone();
    }
    call
}

/// What holds for a purpose and channel.
pub(crate) fn state(shell: &Shell, id: &str, purpose: &str, channel: &str) -> String {
    let book = shell.json(&["consent", "list", id]);
    let line = book["items"].as_array().unwrap().iter();
    let line = line.clone().find(|one| one["purpose"] == purpose && one["channel"] == channel).unwrap();
    line["state"].as_str().unwrap().to_owned()
}

/// How many entries the store's history has: what changed nothing adds none.
pub(crate) fn entries(shell: &Shell) -> u64 {
    shell.json(&["status"])["entries"].as_u64().unwrap()
}

/// The items of a list.
pub(crate) fn items(list: &Json) -> &Vec<Json> {
    list["items"].as_array().unwrap()
}
