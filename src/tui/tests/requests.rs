//! Requests of persons in front of the real service: taken in by a rep, carried out by the data protection officer.

use std::time::Duration;

use super::robot::Robot;
use crate::api::{Add, RequestOpen, RequestShow, Requests};
use crate::client::Client;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::request::{IdentityOutcome, RequestField, RequestState, Right};
use crate::domain::value::Day;
use crate::tui::saved::Saved;

/// Long enough for messages to be gone.
const AGES: Duration = Duration::from_secs(60);

/// A store with a data protection officer in it, seen by the owner.
fn stand(width: u16, height: u16) -> (Robot, Client) {
    let (robot, client) = Robot::with_colleague(width, height);
    let fields = [("name", "dora"), ("unix", "dora"), ("role", "dpo")];
    let fields = fields.into_iter().map(|(name, text)| FieldEdit::text(name, text)).collect();
    client.call(Add { kind: RecordKind::User, about: None, fields }).unwrap();
    (robot, client)
}

fn officer(robot: &Robot) -> Robot {
    robot.started_by("dora", Saved { screen: "requests".to_owned(), ..Saved::default() })
}

fn first(robot: &Robot) -> ContactId {
    ContactId(robot.app.contacts.rows[0].id)
}

fn open(client: &Client, contact: ContactId, right: Right, received: &str) -> i64 {
    let received: Option<Day> = received.parse().ok();
    let (person, words) = (String::new(), "please".to_owned());
    let contact = Some(contact);
    let how = "letter".to_owned();
    client.call(RequestOpen { contact, person, language: None, right, received, how, words }).unwrap().number
}

#[test]
fn a_request_is_taken_in_by_whoever_hears_it() {
    let (mut robot, client) = stand(80, 24);
    robot.press("a r").see(&["Request of", "Asks for", "nothing chosen", "within a month"]);
    insta::assert_snapshot!("take_in_80x24", robot.picture());
    // Nothing is chosen beforehand, and nothing is sent without a right.
    robot.press("ctrl-s").see(&["what does the person ask for?"]);
    assert!(
        client.call(Requests { before: None, state: None, right: None, about: None }).unwrap().is_empty()
    );
    robot.press("e").see(&["< erasure >"]).press("tab").type_in("forget me").press("tab").type_in("call");
    robot.press("tab").type_in("2026-06-31").press("enter").see(&["is no day"]);
    robot.press("ctrl-u").type_in("2027-01-01").press("enter").see(&["has not come yet"]);
    robot.press("ctrl-u").type_in("2026-06-10").press("enter").see(&["request 1 is taken in", "2026-07-10"]);
    let one = &client.call(Requests { before: None, state: None, right: None, about: None }).unwrap()[0];
    assert_eq!((one.right.as_str(), one.contact), ("erasure", Some(first(&robot))));
    assert_eq!(one.received.unwrap().to_string(), "2026-06-10");
    // Somebody who is no contact, among the requests.
    robot.press("8").see(&["1 open", "erasure", "[8 Requests]"]).press("a r").see(&["Request of somebody"]);
    robot.press("ctrl-s").see(&["who asks?"]).type_in("Nora Vance, 1 Sample Street").press("tab a ctrl-s");
    robot.see(&["request 2 is taken in", "Nora Vance", "2 open"]);
    // Another rep takes one in as well.
    let mut rep = robot.colleague("ben");
    rep.press("a r p ctrl-s").see(&["request 3 is taken in"]);
}

#[test]
fn the_register_says_in_words_what_is_next_and_what_is_late() {
    let (mut robot, client) = stand(80, 24);
    robot.press("8").see(&["Nobody has asked for anything. ar takes a request in."]).press("2");
    let person = first(&robot);
    let late = open(&client, person, Right::Access, "2026-05-11");
    let soon = open(&client, person, Right::Erasure, "2026-05-18");
    let far = open(&client, person, Right::Objection, "2026-06-12");
    let mut dora = officer(&robot);
    dora.see(&[
        "[8 Requests]",
        "3 open, 1 overdue, 0 closed",
        "overdue by 4 days",
        "3 days left",
        "2026-07-13",
    ]);
    insta::assert_snapshot!("register_80x24", dora.picture());
    let at = |robot: &Robot, words: &str| robot.lines().iter().position(|line| line.contains(words)).unwrap();
    assert!(at(&dora, "overdue by") < at(&dora, "3 days left"));
    assert_eq!((late, soon, far), (1, 2, 3));
    // Alarms of the day, and from there to the request, not to the person.
    dora.press("1").see(&[
        "Requests of persons (2)",
        "overdue by 4 days: access, no 1",
        "requests 2 (1 overdue)",
    ]);
    dora.press("enter").see(&["Request 1: access", "overdue by 4 days", "2026-06-11"]);
    dora.press("esc").see(&["[1 Today]"]);
    // Those who answer nobody have no screen for it among the others, and get there all the same.
    let mut rep = robot.colleague("ben");
    rep.not_see("8 Requests").press("8").see(&["[8 Requests]", "overdue by 4 days"]);
    rep.press("X").type_in("no").press("enter").see(&["may not"]);
    assert_eq!(client.call(RequestShow { number: 1 }).unwrap().request.state, RequestState::Open);
}

#[test]
fn a_request_is_looked_after_and_answered() {
    let (robot, client) = stand(80, 24);
    let person = first(&robot);
    open(&client, person, Right::Access, "2026-06-01");
    let show = |number| client.call(RequestShow { number }).unwrap();
    let mut dora = officer(&robot);
    dora.press("o").see(&["Assign: request 1"]).type_in("me").press("enter").see(&["request 1 is dora's"]);
    dora.press("enter").see(&[
        "Request 1: access",
        "Carried out by",
        "dora",
        "2026-07-01",
        "nobody has noted",
    ]);
    // Confirmed takes a way.
    dora.press("i c ctrl-s").see(&["how was it made sure"]).press("esc");
    dora.press("i a tab tab").type_in("2026-06-03").press("enter").see(&["its deadline runs on"]);
    dora.see(&["By identity", "2026-07-15", "2026-07-01"]);
    assert_eq!(show(1).request.identity, Some(IdentityOutcome::Asked));
    insta::assert_snapshot!("request_80x24", dora.picture());
    dora.press("i c tab k ctrl-s").wait(AGES).see(&["confirmed", "known address"]);
    assert_eq!(show(1).request.identity, Some(IdentityOutcome::Confirmed));
    dora.press("x ctrl-s").see(&["why? The person is told"]).type_in("many requests").press("ctrl-s");
    dora.see(&["request 1 is extended to 2026-09-01"]);
    let letter = show(1).letter;
    dora.press("y t");
    assert_eq!(dora.copied, [letter]);
    dora.press("d enter ctrl-s").see(&["which way did the answer go?"]).type_in("letter").press("ctrl-s");
    dora.see(&["request 1 is answered and closed"]).wait(AGES);
    assert_eq!(show(1).request.state, RequestState::Done);
    assert_eq!(show(1).record.text(RequestField::delivered_by.key()), "letter");
    dora.press("x").see(&["it is closed"]).press("enter").see(&["[2 Contacts]"]).press("esc");
    dora.see(&["Request 1: access"]).press("esc").see(&["0 open, 1 closed", "answered"]);
}

#[test]
fn a_refusal_has_a_reason_and_a_letter() {
    let (robot, client) = stand(80, 24);
    open(&client, first(&robot), Right::Erasure, "2026-06-01");
    let mut dora = officer(&robot);
    dora.press("X ctrl-s").see(&["why? The person is told (Art. 12(4) GDPR)"]).type_in("a duty to keep");
    // What is typed is not lost by leaving.
    dora.press("ctrl-s").see(&["request 1 is refused", "stands at its end"]);
    dora.press("enter").wait(AGES).see(&["Refused", "because", "a duty to keep"]);
    let card = client.call(RequestShow { number: 1 }).unwrap();
    assert_eq!(card.request.state, RequestState::Refused);
    assert!(card.letter.contains("a duty to keep"), "{}", card.letter);
}

#[test]
fn requests_are_read_to_their_end_at_every_size() {
    let (robot, client) = stand(80, 24);
    let words = format!("{} END", "I want all of it. ".repeat(60));
    client
        .call(RequestOpen {
            contact: None,
            person: "Nora Vance".into(),
            language: None,
            right: Right::Portability,
            received: None,
            how: String::new(),
            words,
        })
        .unwrap();
    for (width, height) in [(60, 20), (80, 24), (120, 40)] {
        let mut dora = officer(&robot);
        dora.send(crate::tui::msg::Msg::Resize(ratatui::layout::Size { width, height }));
        dora.see(&["portability"]).press("enter").see(&["no contact here", "Person"]);
        dora.press("G").see(&["Identity"]).press("g g").see(&["Person"]);
        let mut seen = String::new();
        for _ in 0..40 {
            seen.push_str(&dora.screen());
            dora.press("j");
        }
        assert!(seen.contains("END"), "{seen}");
        dora.press("enter").see(&["the person is no contact here"]);
    }
}

#[test]
fn others_changes_come_by_themselves() {
    let (mut robot, client) = Robot::listening("anna", 80, 24);
    robot.press("8").see(&["Nobody has asked"]);
    open(&client, first(&robot), Right::Access, "2026-06-01");
    robot.hear().wait(Duration::from_secs(2)).see(&["1 open", "access"]);
}
