//! Call mode in front of the real service: called, asked, recorded, withdrawn, and then not callable any more.

use super::robot::Robot;
use crate::api::{ConsentWithdraw, Consents, Said};
use crate::client::Client;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, State, Way};
use crate::domain::id::ContactId;

/// The person under the cursor.
fn person(robot: &Robot) -> ContactId {
    ContactId(robot.app.contacts.current().unwrap().id)
}

/// The person agreed to be called, some time ago and on paper.
fn agreed(client: &Client, contact: ContactId) {
    let said = Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::Letter, "please call me");
    client.call(crate::api::ConsentRecord { contact, said: vec![said] }).unwrap();
}

fn state(client: &Client, contact: ContactId) -> State {
    let book = client.call(Consents { contact, at: None }).unwrap();
    let line = book.lines.iter().find(|line| line.purpose == "sales" && line.channel == Channel::Phone);
    line.unwrap().standing.state
}

/// Reads the script out to its end, and goes to the question about calls.
fn read_out(robot: &mut Robot) {
    for _ in 0..60 {
        let screen = robot.screen();
        if screen.contains("Sales calls, by phone ─") {
            return;
        }
        robot.press(if screen.contains("Question") { "tab" } else { "space" });
    }
    panic!("the end never came:\n{}", robot.screen());
}

#[test]
fn a_call_from_the_list_to_the_ledger() {
    let (mut robot, colleague) = Robot::with_colleague(80, 24);
    let contact = person(&robot);
    // Unknown is not yes: nothing to dial.
    robot.press("c").see(&["This call is not allowed."]).not_see("7946");
    robot.press("esc");
    agreed(&colleague, contact);
    robot.press("c").see(&["This call is allowed.", "+44 20 7946", "Europe/London"]);
    robot.press("c").see(&["Who answered?", "h end"]).press("p f").see(&["Read out", "Muster GmbH"]);
    read_out(&mut robot);
    robot.press("y").type_in("yes, do call me").press("enter h").see(&["One answer was taken"]);
    robot.type_in("liked the offer").press("tab").type_in("send the offer").press("tab").type_in("+3d");
    robot
        .press("ctrl-s")
        .see(&["Recorded.", "Sales calls, by phone: given", "Task"])
        .press("enter")
        .see(&["[2 Contacts]"]);
    let book = colleague.call(Consents { contact, at: None }).unwrap();
    let texts: Vec<&str> = book
        .events
        .iter()
        .flat_map(|event| event.record.fields.iter())
        .map(|field| field.text.as_str())
        .collect();
    assert!(texts.contains(&"yes, do call me"), "{texts:?}");
    // The person changes their mind in the next call: four keys, and nobody can call them any more.
    robot
        .press("c")
        .see(&["hung up: liked the offer", "send the offer"])
        .press("c p o enter")
        .see(&["Recorded.", "objected"]);
    assert_eq!(state(&colleague, contact), State::Objected);
    robot.press("enter").press("c").see(&["This call is not allowed."]).not_see("7946");
}

#[test]
fn a_withdrawal_in_another_session_is_seen_in_the_middle_of_the_call() {
    let (mut robot, colleague) = Robot::listening("anna", 80, 24);
    let contact = person(&robot);
    agreed(&colleague, contact);
    robot.hear().press("c c p f");
    read_out(&mut robot);
    robot.press("y").type_in("ye");
    let withdraw = ConsentWithdraw {
        contact,
        purpose: Some("sales".into()),
        channel: Some(Channel::Phone),
        words: String::new(),
        way: Way::Mail,
        at: None,
        zone: String::new(),
        objection: false,
    };
    colleague.call(withdraw).unwrap();
    robot.hear().see(&["withdrawn elsewhere", "no yes counts"]).not_see("YES is recorded");
    robot
        .press("y")
        .see(&["no yes"])
        .press("n")
        .type_in("no more")
        .press("enter h ctrl-s")
        .see(&["Recorded."]);
    assert!(state(&colleague, contact).is_no());
}

#[test]
fn a_call_outlives_the_connection() {
    let (mut robot, colleague) = Robot::with_colleague(80, 24);
    let contact = person(&robot);
    agreed(&colleague, contact);
    robot.press("c c p f");
    read_out(&mut robot);
    robot.press("y").type_in("yes, still").press("enter");
    // The terminal goes away; at the next start the call is the first that is asked about.
    let mut robot = robot.hang_up();
    robot.see(&["was begun at", "One answer is kept", "r resume", "i record as interrupted"]);
    robot.press("i").see(&["Recorded."]).press("enter");
    let mut robot = robot.start_again();
    robot.not_see("was begun at").see(&["[2 Contacts]"]);
    robot.press("c").see(&["hung up", "Sales calls, by phone: given"]);
}

#[test]
fn nobody_else_calls_whom_one_has_on_the_phone() {
    let (mut robot, colleague) = Robot::listening("ben", 80, 24);
    let contact = person(&robot);
    agreed(&colleague, contact);
    let begin =
        crate::api::CallBegin { contact, purpose: "sales".into(), number: None, language: None, list: None };
    colleague.call(begin).unwrap();
    robot.hear().press("c").see(&["anna is calling this person"]).not_see("7946");
}
