//! The day's work in front of the real service.

use super::robot::Robot;
use crate::api::{Add, CallListMake, ConsentRecord, Said, Tasks};
use crate::client::Client;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, Way};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::tui::saved::Saved;

/// The first people of the list, by row.
fn people(robot: &Robot, many: usize) -> Vec<ContactId> {
    robot.app.contacts.rows.iter().take(many).map(|row| ContactId(row.id)).collect()
}

fn agreed(client: &Client, contact: ContactId) {
    let said = Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::Letter, "please call me");
    client.call(ConsentRecord { contact, said: vec![said] }).unwrap();
}

fn task(client: &Client, contact: ContactId, fields: &[(&str, &str)]) {
    let fields = fields.iter().map(|(name, text)| FieldEdit::text(name, *text)).collect();
    client.call(Add { kind: RecordKind::Task, about: Some(contact), fields }).unwrap();
}

fn list(client: &Client, name: &str) {
    let (purpose, query) = ("sales".to_owned(), String::new());
    client.call(CallListMake { name: name.into(), purpose, query, team: String::new() }).unwrap();
}

#[test]
fn what_is_due_is_called_and_completed() {
    let (mut robot, client) = Robot::with_colleague(80, 24);
    robot.press("1").see(&["[1 Today]", "Nothing is due today."]).press("2").see(&["[2 Contacts]"]);
    let them = people(&robot, 2);
    agreed(&client, them[0]);
    let mine = ("owner", "anna");
    task(
        &client,
        them[0],
        &[
            ("text", "Ask about the offer"),
            ("kind", "call"),
            ("due", "2026-06-15T08:00:00Z"),
            ("purpose", "sales"),
            mine,
        ],
    );
    task(
        &client,
        them[1],
        &[("text", "Send the catalogue"), ("kind", "mail"), ("due", "2026-06-15T12:00:00Z"), mine],
    );
    robot.press("1").see(&["Calls due (1)", "Ask about the offer", "Tasks due (1)", "Send the catalogue"]);
    insta::assert_snapshot!("today_80x24", robot.picture());
    // The call, straight from here.
    robot.press("c").see(&["This call is allowed."]).press("esc").see(&["[1 Today]"]);
    robot.press("j x").see(&["done"]).not_see("Send the catalogue");
    robot.press("k x").see(&["Nothing is due today."]);
    assert!(client.call(Tasks { owner: "anna".into(), before: None, about: None }).unwrap().is_empty());
}

#[test]
fn a_follow_up_is_a_few_words_and_a_day() {
    let (mut robot, client) = Robot::with_colleague(120, 40);
    robot.press("t enter").type_in("today 16").press("enter").see(&["what is to be done?"]);
    robot.type_in("Call about lot 7").press("ctrl-s").see(&["to do about"]);
    robot.press("1").see(&["Tasks due (1)", "16:00", "Call about lot 7"]);
    insta::assert_snapshot!("today_120x40", robot.picture());
    robot
        .press("t")
        .type_in("and again")
        .press("enter")
        .type_in("yesterday")
        .press("enter")
        .see(&["is no time"]);
    robot.press("esc enter").see(&["[2 Contacts]"]);
    let tasks = client.call(Tasks { owner: "anna".into(), before: None, about: None }).unwrap();
    assert_eq!(tasks.len(), 1);
}

#[test]
fn a_call_list_gives_each_person_to_one() {
    let (mut robot, client) = Robot::with_colleague(80, 24);
    for contact in people(&robot, 2) {
        agreed(&client, contact);
    }
    list(&client, "spring");
    robot.press("1").see(&["Call lists (1)", "0 of 2", "spring"]);
    robot.press("enter").see(&[
        "spring for sales: 0 of 2 done",
        "may be called now",
        "Yours until",
        "c call",
    ]);
    insta::assert_snapshot!("call_list_80x24", robot.picture());
    let first = robot.screen();
    robot.press("c").see(&["This call is allowed."]).press("c n ctrl-s").see(&["Recorded."]).press("enter");
    robot.see(&["may be called now", "1 later"]);
    assert_ne!(robot.screen(), first, "the next person");
    // Skipping wants a reason, putting off a moment ahead.
    robot
        .press("s enter")
        .see(&["why?"])
        .press("esc l")
        .type_in("yesterday")
        .press("enter")
        .see(&["is no time"]);
    robot.press("ctrl-u").type_in("tomorrow").press("enter").see(&["Nobody is left who can be called now."]);
    robot.press("esc").see(&["[1 Today]"]);
}

#[test]
fn whom_somebody_else_has_is_not_the_next() {
    let (mut robot, client) = Robot::with_colleague(80, 24);
    agreed(&client, people(&robot, 1)[0]);
    list(&client, "spring");
    let mut other = robot.colleague("ben");
    other.press("g w").see(&["spring"]).press("enter").see(&["may be called now"]);
    robot.press("g w enter").see(&["Nobody is left who can be called now."]);
    // Given back, it is anybody's.
    other.press("esc");
    robot.press("n").see(&["may be called now"]).press("s").type_in("moved away").press("enter");
    robot.see(&["Nobody is left"]).press("esc esc");
    let lists = client.call(crate::api::CallLists { closed: false }).unwrap();
    assert_eq!(lists[0].count(crate::domain::call::EntryState::Skipped), 1);
}

#[test]
fn who_calls_people_starts_with_the_day() {
    let (robot, _) = Robot::with_colleague(80, 24);
    let first = |name: &str, screen: &str| {
        let saved = Saved { screen: screen.to_owned(), ..Saved::default() };
        robot.started_by(name, saved).screen().contains("[1 Today]")
    };
    assert!(first("ben", ""), "a rep");
    assert!(!first("anna", ""), "the owner");
    assert!(!first("ben", "companies"), "where it was left");
    assert!(first("anna", "today"));
}

#[test]
fn the_day_is_a_place_one_comes_back_to() {
    let (mut robot, client) = Robot::with_colleague(80, 24);
    let them = people(&robot, 3);
    for (hour, contact) in (10..).zip(&them) {
        let due = format!("2026-06-15T{hour}:00:00Z");
        task(&client, *contact, &[("text", &format!("thing {hour}")), ("due", &due), ("owner", "anna")]);
    }
    agreed(&client, them[0]);
    list(&client, "spring");
    robot.press("1 j").see(&["Monday, 2026-06-15: calls 0, tasks 3", "x done"]);
    let second = robot.cursor();
    // Through the record and back, by another screen and back: the cursor stays where it was.
    robot.press("enter").see(&["[2 Contacts]", "[Fields]"]).press("H").see(&["[1 Today]"]);
    assert_eq!(robot.cursor(), second);
    robot.press("3 1").see(&["[1 Today]"]);
    assert_eq!(robot.cursor(), second);
    // What is above it goes; the cursor stays on its task.
    let first = client.call(Tasks { owner: "anna".into(), before: None, about: None }).unwrap()[0].task.id;
    client.call(crate::api::TaskDone { id: first, done: true }).unwrap();
    robot.press("R").see(&["tasks 2"]).not_see("thing 10");
    robot.press("x").see(&["done; u takes it back"]).not_see("thing 11").press("u").see(&["thing 11"]);
    // Consent and follow-up of whoever the cursor is on.
    robot.press("w").see(&["Consent of"]).press("esc t").see(&["Follow-up:"]).press("esc");
    robot.press("G x").see(&["this is no task"]);
    robot.press("g w").see(&["Call lists: enter", "spring", "0 of 1", "[1 Today]"]);
    insta::assert_snapshot!("call_lists_80x24", robot.picture());
    robot.press("H").see(&["tasks 2"]).press("L esc").see(&["tasks 2"]);
    // The program remembers that one was here.
    robot.press("q");
    assert_eq!(robot.saved.as_ref().unwrap().screen, "today");
}

#[test]
fn a_long_day_scrolls_with_its_headings() {
    let (mut robot, client) = Robot::with_colleague(80, 12);
    let them = people(&robot, 1);
    for nth in 0..20 {
        let due = format!("2026-06-15T10:{nth:02}:00Z");
        task(&client, them[0], &[("text", &format!("thing {nth}.")), ("due", &due), ("owner", "anna")]);
    }
    robot.press("1 G").see(&["thing 19."]).not_see("thing 0.");
    robot.press("k k").see(&["thing 19.", "thing 17."]);
    robot.press("g g").see(&["Tasks due (20)", "thing 0."]);
    robot.press("pgdn").see(&["of 21"]);
}
