//! What others do while one looks at it.

use std::time::Duration;

use uuid::Uuid;

use super::robot::Robot;
use crate::api::event::{Changed, Event, Presence};
use crate::api::{self, Cause, Code, Error};
use crate::client::Client;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::tui::msg::Msg;

/// What another session did, as the server tells it.
fn told(kind: RecordKind, id: Uuid) -> Msg {
    let action = crate::domain::history::Action::Edit;
    Msg::Event(Event::Changed(Changed {
        seq: 1,
        kind,
        id,
        about: None,
        action,
        entered: false,
        actor: "ben".into(),
    }))
}

fn edit(client: &Client, id: Uuid, field: &str, text: &str) {
    let fields = vec![FieldEdit::text(field, text)];
    client.call(api::Edit { kind: RecordKind::Contact, id, fields, expect_revision: None }).unwrap();
}

fn add(client: &Client, given: &str, more: &[(&str, &str)]) -> Uuid {
    let mut fields: Vec<FieldEdit> =
        [("given_name", given), ("basis", "contract"), ("reason", "asked for an offer"), ("source", "fair")]
            .iter()
            .chain(more)
            .map(|(field, text)| FieldEdit::text(field, *text))
            .collect();
    fields.push(FieldEdit::text("country", "DE"));
    client.call(api::Add { kind: RecordKind::Contact, about: None, fields }).unwrap().id
}

#[test]
fn what_a_colleague_changes_is_marked_and_moves_nothing() {
    let (mut robot, colleague) = Robot::with_colleague(80, 24);
    let third = robot.app.contacts.rows[2].clone();
    edit(&colleague, third.id, "job_title", "Director");
    let before = robot.lines();
    robot.press("j").send(told(RecordKind::Contact, third.id));
    let lines = robot.lines();
    let row = before.iter().position(|line| line.contains(&third.title)).unwrap();
    assert!(lines[row].starts_with("  ~") && lines[row].contains("Director"), "{:?}", lines[row]);
    assert!(lines[row - 1].starts_with('>'), "{:?}", lines[row - 1]);
    // Whoever has looked at it knows.
    robot.press("j").press("j");
    assert!(!robot.lines()[row].contains('~'));
    // One that would now be the last stands where it stood, until the list is asked for anew.
    edit(&colleague, third.id, "family_name", "Zzz-last");
    robot.send(told(RecordKind::Contact, third.id));
    assert!(robot.lines()[row].starts_with("  ~"), "{:?}", robot.lines()[row]);
    robot.wait(Duration::from_millis(500)).see(&["Zzz-last"]);
    assert!(robot.lines()[row].starts_with("  ~"), "{:?}", robot.lines()[row]);
    // A new one is not squeezed in; one that is not held asks for nothing.
    robot.send(told(RecordKind::Contact, Uuid::from_u128(1))).see(&["/200"]);
}

#[test]
fn an_open_record_shows_what_changed_and_who_is_there() {
    let (mut robot, colleague) = Robot::with_colleague(80, 24);
    robot.send(Msg::Event(Event::Live)).press("enter");
    let id = robot.app.detail.as_ref().unwrap().id;
    edit(&colleague, id, "job_title", "Director of Everything");
    let cursor = robot.app.detail.as_ref().unwrap().cursor;
    robot.send(told(RecordKind::Contact, id)).see(&["Director of Everything", "ben changed this"]);
    let line = robot.lines().into_iter().find(|line| line.contains("Director of")).unwrap();
    assert!(line.chars().take(3).any(|c| c == '~'), "{line:?}");
    assert_eq!(robot.app.detail.as_ref().unwrap().cursor, cursor);
    let names = vec!["ben".to_owned(), "cleo".to_owned()];
    robot.send(Msg::Event(Event::Presence(Presence { id, names }))).see(&["[also here: ben, cleo]"]);
    robot.send(Msg::Event(Event::Presence(Presence { id, names: vec![] })));
    assert!(!robot.lines().join("\n").contains("also here"));
    robot.send(Msg::Event(Event::Lost)).see(&["the server is gone"]);
    robot.send(Msg::Event(Event::Back)).see(&["there again", "Director of Everything"]);
}

#[test]
fn a_row_that_is_given_away_is_shown_as_gone_and_nothing_moves() {
    let (mut robot, anna) = Robot::listening("ben", 120, 40);
    let third = robot.app.contacts.rows[2].clone();
    robot.press("j j space k").see(&["1 marked", "3/200"]);
    let before = robot.lines();
    edit(&anna, third.id, "owner", "anna");
    robot.hear();
    let lines = robot.lines();
    assert!(lines[5].starts_with(&format!("> -{}", third.title)), "{:?}", lines[5]);
    let list = |line: &str| line.split('│').next().unwrap().to_owned();
    assert_eq!(list(&lines[6]), list(&before[6]), "the next stays where it is");
    robot.see(&["1 gone: R clears them", "3/200", "This contact is no longer yours to see."]);
    robot.not_see("1 marked");
    // A change of what is out of sight is no news.
    let asked = robot.asked.len();
    edit(&anna, third.id, "job_title", "Director");
    robot.hear();
    assert_eq!((robot.asked.len(), robot.app.deadline()), (asked, None));
    robot.press("R").see(&["3/199"]).not_see("gone:").not_see(&third.title).not_see("no longer yours");
}

#[test]
fn an_open_record_that_is_given_away_closes_into_a_message() {
    let (mut robot, anna) = Robot::listening("ben", 80, 24);
    robot.press("enter").see(&["[Fields]"]);
    let id = robot.app.detail.as_ref().unwrap().id;
    let title = robot.app.contacts.rows[0].title.clone();
    edit(&anna, id, "owner", "anna");
    robot.hear().see(&["This contact is no longer yours to see.", "esc goes back"]).not_see(&title);
    // Nothing of it is held any more, and nothing can be done with it.
    robot.press("tab e").see(&["This contact is no longer yours to see."]).not_see(&title);
    robot.press("esc").see(&["/199"]).not_see(&title);
}

#[test]
fn what_was_typed_into_a_record_that_is_given_away_stays() {
    let (mut robot, anna) = Robot::listening("ben", 80, 24);
    robot.press("enter e ctrl-u").type_in("Wilhelmina");
    let id = robot.app.detail.as_ref().unwrap().id;
    edit(&anna, id, "owner", "anna");
    robot.hear().see(&["Wilhelmina", "what you typed stays here"]);
    robot.press("ctrl-s").see(&["Wilhelmina", "there is no contact"]);
    // A form that nothing was typed into goes with the record.
    let (mut robot, anna) = Robot::listening("ben", 80, 24);
    robot.press("enter e").see(&["Edit"]);
    let id = robot.app.detail.as_ref().unwrap().id;
    edit(&anna, id, "owner", "anna");
    robot.hear().see(&["This contact is no longer yours to see."]).not_see("Edit");
}

#[test]
fn what_others_add_is_told_and_shown_when_asked_for() {
    let (mut robot, anna) = Robot::listening("ben", 80, 24);
    robot.press("/").type_in("tag:fair").press("enter j j").see(&["3/50"]);
    let before = robot.lines();
    let new = add(&anna, "Aaron", &[("tags", "fair")]);
    add(&anna, "Aalto", &[("tags", "else")]);
    robot.hear().see(&["1 new: R shows them", "3/50"]);
    assert_eq!(robot.lines()[3..], before[3..], "nothing moves");
    // One that comes into the list by a change, and one that leaves it so.
    let (on, off) = (robot.app.contacts.rows[4].id, add(&anna, "Abel", &[]));
    edit(&anna, on, "tags", "");
    edit(&anna, off, "tags", "fair");
    robot.hear().wait(Duration::from_millis(500)).see(&["2 new, 1 gone: R shows", "3/50"]);
    assert!(robot.lines()[3 + 4].starts_with("  -"), "{:?}", robot.lines()[7]);
    let under = robot.app.contacts.current().unwrap().id;
    robot.press("R").see(&["/51"]).not_see(" new:");
    assert_eq!(robot.app.contacts.current().unwrap().id, under);
    // What is new is marked until it was looked at.
    assert!(robot.app.contacts.rows.iter().any(|row| row.id == new));
    robot.press("g g").see(&["Aaron", "  ~Abel"]);
    // What is taken away again was never there.
    let short = add(&anna, "Anton", &[("tags", "fair")]);
    robot.hear().wait(Duration::from_millis(500)).see(&["1 new"]);
    anna.call(api::Delete { kind: RecordKind::Contact, id: short, expect_revision: None }).unwrap();
    robot.hear().wait(Duration::from_millis(500)).not_see("1 new").see(&["/51"]);
}

#[test]
fn many_changes_cost_few_questions_and_none_when_nothing_happens() {
    let (mut robot, anna) = Robot::listening("ben", 80, 24);
    robot.press("/").type_in("has:phone").press("enter").see(&["1/200"]);
    let ids: Vec<Uuid> = robot.app.contacts.rows.iter().map(|row| row.id).collect();
    robot.asked.clear();
    for id in ids.iter().cycle().take(60) {
        edit(&anna, *id, "job_title", &format!("Title {id} {}", robot.asked.len()));
        robot.hear();
    }
    assert_eq!(robot.asked, ["Among"], "the first at once, the others together");
    assert_eq!(robot.app.deadline().map(|at| at.as_millis()), Some(robot.elapsed().as_millis() + 500));
    robot.wait(Duration::from_millis(500));
    assert_eq!(robot.asked, ["Among", "Among"]);
    robot.see(&["Title"]).wait(Duration::from_secs(60));
    assert_eq!((robot.asked.len(), robot.app.deadline()), (2, None));
    // In a list that is longer than what is held, a change elsewhere in it is told apart from what comes into it.
    let last = anna.call(list("has:phone", 199)).unwrap().items[0].id;
    assert!(!ids.contains(&last));
    edit(&anna, last, "job_title", "CTO");
    robot.hear().wait(Duration::from_millis(500)).not_see(" new:");
    let other = add(&anna, "Aaron", &[]);
    robot.hear().wait(Duration::from_millis(500)).not_see(" new:");
    edit(&anna, other, "phones", "+44 20 7946 0999");
    robot.hear().wait(Duration::from_millis(500)).see(&["1 new: R shows them"]);
    edit(&anna, other, "job_title", "CTO");
    robot.hear().wait(Duration::from_millis(500)).see(&["1 new: R shows them"]);
    // In the whole list it changes nothing, and nothing is asked.
    robot.press("esc R").see(&["/201"]);
    robot.asked.clear();
    edit(&anna, last, "job_title", "CEO");
    robot.hear().wait(Duration::from_secs(1));
    assert_eq!(robot.asked, [""; 0]);
}

fn list(query: &str, offset: u64) -> api::List {
    let window = api::Window { after: None, offset, limit: Some(1) };
    let (sort, columns) = (String::new(), Vec::new());
    api::List { kind: RecordKind::Contact, query: query.into(), sort, window, columns }
}

#[test]
fn more_than_is_named_is_counted_without_moving_anything() {
    let (mut robot, anna) = Robot::listening("ben", 80, 24);
    robot.press("G k").see(&["199/200"]);
    let before = robot.lines();
    let rows = (0..100).map(|n| crate::domain::edit::Incoming {
        row: n,
        fields: vec![
            FieldEdit::text("given_name", "Aaron"),
            FieldEdit::text("emails", format!("r{n}@example.org")),
        ],
        notes: vec![],
    });
    let provenance = api::Provenance {
        source: "list".into(),
        basis: "consent".into(),
        reason: "asked".into(),
        ..api::Provenance::default()
    };
    anna.call(api::Import { rows: rows.collect(), provenance, dry_run: false }).unwrap();
    robot.hear().see(&["100 new: R shows them", "199/200"]);
    assert_eq!(robot.lines()[3..], before[3..], "nothing moves");
    // Scrolling on, the rows that come have moved; the cursor goes along.
    let under = robot.app.contacts.current().unwrap().id;
    robot.press("R").see(&["299/300"]).not_see(" new:");
    assert_eq!(robot.app.contacts.current().unwrap().id, under);
    // With another role or team, other rows are in sight.
    robot.press("g g");
    let ben = robot.app.ctx.identity.as_ref().unwrap().user;
    let fields = vec![FieldEdit::text("role", "admin")];
    anna.call(api::Edit { kind: RecordKind::User, id: ben, fields, expect_revision: None }).unwrap();
    robot.hear().wait(Duration::from_millis(500));
    assert_eq!(robot.app.ctx.identity.as_ref().unwrap().role.to_string(), "admin");
}

#[test]
fn a_server_that_ended_is_started_again_and_everything_is_where_it_was() {
    use crate::tui::lock::tests::Fake;
    let mut robot = Robot::with_lock(std::sync::Arc::new(Fake::default()));
    robot.press("j enter tab").see(&["[Notes"]);
    robot.press("a n").type_in("asked for lot 7");
    robot.send(Msg::Event(Event::Lost)).see(&["trying to reach it again", "asked for lot 7"]);
    robot.send(Msg::Event(Event::Ended)).see(&["The server has ended", "Passphrase: ", "asked"]);
    // It is offered once, and again when something is asked that nobody answers.
    robot.send(Msg::Event(Event::Ended)).press("esc").not_see("The server has ended").see(&["lot 7"]);
    robot.send(Msg::Event(Event::Ended)).see(&["The server has ended"]);
    robot.type_in("correct horse").press("enter").not_see("The server has ended");
    robot.see(&["asked for lot 7"]).press("ctrl-s").see(&["Note saved", "[Notes"]);
    // Somebody else was faster.
    robot.send(Msg::Event(Event::Ended)).see(&["The server has ended"]);
    robot.send(Msg::Event(Event::Back)).not_see("The server has ended").see(&["there again", "[Notes"]);
    // With a file that unlocks, nobody is asked.
    let mut robot = Robot::with_lock(std::sync::Arc::new(Fake { file: true, ..Fake::default() }));
    robot.press("n").type_in("Zora");
    robot.send(Msg::Event(Event::Ended)).not_see("The server has ended").see(&["Zora"]);
}

#[test]
fn a_list_stays_readable_while_the_server_is_gone() {
    let mut robot = Robot::with_lock(std::sync::Arc::new(crate::tui::lock::tests::Fake::default()));
    let gone = || Err(Error::new(Code::Locked, "the server is gone").because(Cause::Gone));
    robot.hold = true;
    let title = robot.app.contacts.rows[0].title.clone();
    robot.press("R");
    let id = robot.last_call();
    robot.answer(id, gone()).see(&[&title, "the server is gone"]).not_see("The server has ended");
    robot.send(Msg::Event(Event::Ended)).press("esc R");
    let id = robot.last_call();
    robot.answer(id, gone()).see(&[&title, "The server has ended"]);
}
