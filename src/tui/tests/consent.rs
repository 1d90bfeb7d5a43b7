//! The consent panel, by keys alone.

use super::robot::Robot;

/// How many keys a press of these words is.
fn keys(robot: &mut Robot, presses: &str, typed: &str, then: &str) -> usize {
    robot.press(presses);
    robot.type_in(typed);
    robot.press(then);
    presses.split(' ').count() + typed.chars().count() + then.split(' ').count()
}

#[test]
fn a_yes_is_recorded_and_taken_back_with_fewer_keys() {
    let mut robot = Robot::alone(80, 24);
    robot.press("w").see(&["Consent of", "Sales calls", "keeping", "unknown", "unknown is not yes"]);
    let to_give = keys(&mut robot, "y p", "ja", "enter");
    robot.see(&["given", "recorded", "“ja”", "in person"]);
    let to_take_back = keys(&mut robot, "w m", "", "enter");
    robot.see(&["withdrawn", "from now on"]);
    assert!(to_take_back <= to_give, "{to_take_back} keys against {to_give}");
    robot.press("esc").see(&["[2 Contacts]"]);
}

#[test]
fn enter_alone_is_never_yes() {
    let mut robot = Robot::alone(80, 24);
    robot.press("w enter enter enter").see(&["unknown is not yes"]);
    robot.press("y").see(&["Yes, ", "how?"]).press("enter enter").see(&["how?"]);
    robot.press("p enter enter").see(&["what did the person say, word for word?"]);
    robot.press("esc esc").press("w").see(&["unknown is not yes"]);
}

#[test]
fn an_objection_ends_all_marketing() {
    let mut robot = Robot::alone(120, 40);
    robot.press("w").press("y p").type_in("yes").press("enter").see(&["given"]);
    robot.press("o c").type_in("never again").press("enter");
    robot.press("G").see(&["Objected to marketing on", "objected", "never again"]);
}

#[test]
fn where_an_age_is_asked_for_it_is_asked_here_and_the_words_are_kept() {
    use crate::api::{Edit, Purposes};
    use crate::domain::edit::FieldEdit;
    use crate::domain::entity::{Entity, RecordKind};
    use crate::domain::purpose::Purpose;

    let (mut robot, client) = Robot::with_colleague(80, 24);
    for one in client.call(Purposes { retired: false }).unwrap() {
        let name = Purpose::from_fields(one.fields.clone()).unwrap().name;
        if name == "sales" {
            let fields = vec![FieldEdit::text("age_check", "contract")];
            let edit = Edit { kind: RecordKind::Purpose, id: one.id, fields, expect_revision: None };
            client.call(edit).unwrap();
        }
    }
    robot.press("w G y p").type_in("yes, do").press("enter").see(&["How was the age made sure?"]);
    robot.press("enter").see(&["how was it made sure?"]);
    robot.type_in("born 1990").press("enter").see(&["no date of birth is held"]);
    robot.press("ctrl-u").type_in("said so").press("enter").see(&["given", "“yes, do”"]);
}
