//! Calls, consent and the day, a line after another.

use std::sync::Arc;

use super::super::Session;
use super::ANNA;
use crate::client::Client;
use crate::client::open::{Local, in_memory};
use crate::domain::time::Timestamp;
use crate::domain::user::{Role, Settings, User};
use crate::env::{Clock, Env, Zone};
use crate::tui::plain::Plain;

/// A Monday morning, that stays.
struct Monday;

impl Clock for Monday {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_781_515_800_000)
    }
    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
}

fn env() -> Env {
    Env { clock: Arc::new(Monday), ..Env::system() }
}

/// Says lines to a store that is there; gives what it said.
fn talk(client: &Client, lines: &str) -> String {
    let mut output = Vec::new();
    {
        let mut plain = Plain::new(lines.as_bytes(), &mut output);
        Session::new(&mut plain, client.clone(), env(), None, Zone::UTC).unwrap().run().unwrap();
    }
    String::from_utf8(output).unwrap()
}

#[track_caller]
fn hears(said: &str, lines: &[&str]) {
    let mut rest = said;
    for line in lines {
        let Some(at) = rest.find(line) else { panic!("{line:?} is not said, or not in this order:\n{said}") };
        rest = &rest[at..];
    }
}

/// More than enough for any script; at its end an Enter is nothing.
fn read_out() -> String {
    "\n".repeat(80)
}

/// A store with the scripts of the program.
fn store() -> Client {
    let settings =
        Settings { controller: "Muster GmbH".into(), country: "DE".parse().ok(), ..Settings::default() };
    let user = User { name: "ines".into(), unix: "ines".into(), role: Role::Owner.into(), ..User::default() };
    let service = in_memory(settings, vec![user], true, &env()).unwrap();
    let session = service.session_of("ines").unwrap();
    Client::new(Arc::new(Local::new(service, session, None)))
}

/// Anna, who agreed to be called.
fn agreed() -> Client {
    let client = store();
    let said = talk(&client, &format!("{ANNA}w\n6\ny\np\n\nja, rufen Sie an\n\nq\n"));
    hears(
        &said,
        &[
            "6 Sales calls, by phone: unknown",
            "Chosen: 6, Sales calls, by phone.",
            "unknown is not yes",
            "Yes, Sales calls, by phone: how?",
            "Not done: what did the person say, word for word?",
            "Recorded; it cannot be changed",
            "6 Sales calls, by phone: given since 2026-06-15 until 2028-06-15",
            "in person: “ja, rufen Sie an”",
        ],
    );
    client
}

#[test]
fn a_call_from_the_first_word_to_the_record() {
    let client = agreed();
    let said = talk(
        &client,
        &format!(
            "schmidt\n1\ncall\nc\np\ny\nf\n\nr\ny\n{}r\n\nhm\ny\n\nja, gern\nt\nh\nmag Kaffee\nsend the offer\n+3d\nyes\nrecord\nq\n",
            read_out()
        ),
    );
    hears(
        &said,
        &[
            "Sales calls, by phone: given since",
            "This call is allowed.",
            "+49 30 901820, for Sales calls.",
            "Who answered?",
            "p the person; s somebody else; n nobody, or a machine",
            "How is it confirmed that this is the person?",
            "Good day, my name is",
            "Not done: there is more to be read out first",
            "Not done: locked until the text was read out to its end",
            "r: I have read it out",
            "Question 1 of 3: Sales calls, by phone",
            "May we call you about “Sales calls”?",
            "Not done: Enter is no answer",
            "Not done: one letter is asked for",
            "YES is recorded with these words",
            "Not done: what did the person say, word for word?",
            "Question 2 of 3: Sales calls, keeping your data",
            "Over. One answer was taken.",
            "Note, Enter goes on:",
            "When, such as tomorrow 10:00",
            "Not done: nothing is recorded before you say record",
            "Recorded. Nothing changes it any more.",
        ],
    );
    let said = talk(&client, "schmidt\n1\nw\n6\nw\nm\n\n\ncall\n.\nq\n");
    hears(
        &said,
        &["Withdrawn, from now on", "6 Sales calls, by phone: withdrawn", "This call is not allowed."],
    );
}

#[test]
fn whoever_goes_away_in_the_middle_finds_the_call_again() {
    let client = agreed();
    let said = talk(&client, &format!("schmidt\n1\ncall\nc\np\nf\n{}r\ny\nja, gern\n", read_out()));
    hears(&said, &["Question 1 of 3", "Question 2 of 3"]);
    let said = talk(&client, "r\nh\n\n\nrecord\nq\n");
    hears(&said, &["was begun at", "One answer is kept.", "Question 2 of 3", "Recorded."]);
    let said = talk(&client, "schmidt\nq\n");
    assert!(!said.contains("was begun at"), "{said}");
}

#[test]
fn the_day_is_told_and_done() {
    let client = agreed();
    let nothing = talk(&client, "today\nx 1\nq\n");
    hears(&nothing, &["Nothing is due today.", "There is no task 1"]);
    let anna = client.call(crate::api::List {
        kind: crate::domain::entity::RecordKind::Contact,
        query: String::new(),
        sort: String::new(),
        window: crate::api::Window::default(),
        columns: Vec::new(),
    });
    let about = Some(crate::domain::id::ContactId(anna.unwrap().items[0].id));
    let fields =
        [("text", "call back"), ("kind", "call"), ("due", "2026-06-15T08:00:00Z"), ("owner", "ines")]
            .map(|(name, text)| crate::domain::edit::FieldEdit::text(name, text))
            .to_vec();
    client.call(crate::api::Add { kind: crate::domain::entity::RecordKind::Task, about, fields }).unwrap();
    let said = talk(&client, "today\n1\nx 1\ntoday\nu\ntoday\nq\n");
    hears(
        &said,
        &[
            "Calls due:",
            "1 overdue since 08:00 Anna Schmidt: call back",
            "Anna Schmidt, contact.",
            "Done. u takes it back.",
            "Nothing is due today.",
            "Taken back:",
            "Calls due:",
        ],
    );
}
