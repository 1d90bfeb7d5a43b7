//! What was typed outlives the terminal.

use super::robot::Robot;
use crate::tui::lock::tests::Fake;

#[test]
fn a_new_contact_outlives_a_hang_up_until_it_is_saved_or_thrown_away() {
    let mut robot = Robot::with_forms(80, 24);
    robot.press("n").type_in("Zora");
    let mut robot = robot.hang_up();
    robot.see(&["Continue the form you left at 09:30?", "a new contact, Zora"]);
    // Later is an answer as well.
    robot.press("esc");
    let mut robot = robot.start_again();
    robot.see(&["Continue the form"]).press("y").see(&["New contact", "Zora"]);
    // Nothing else was typed, and still nothing is lost.
    let mut robot = robot.start_again();
    robot.press("y").press("esc").see(&["Throw away"]).press("y");
    robot.start_again().not_see("Continue the form");
}

#[test]
fn a_change_and_a_note_come_back_to_their_records() {
    let mut robot = Robot::with_forms(80, 24);
    robot.press("/").type_in("020 7946 0042").press("enter enter a n").type_in("asked for lot 7");
    let mut robot = robot.hang_up();
    robot
        .see(&["a new note"])
        .press("y")
        .see(&["asked for lot 7", "Note"])
        .press("ctrl-s")
        .see(&["Note saved."]);
    let mut robot = robot.start_again();
    robot.not_see("Continue the form");
    robot.press("/").type_in("020 7946 0042").press("enter enter tab").see(&["asked for lot 7"]);
    robot.press("shift-tab e ctrl-u").type_in("Wilhelmina");
    let mut robot = robot.hang_up();
    robot.see(&["changes of a contact"]).press("y").see(&["Edit", "Wilhelmina"]);
    robot.press("ctrl-s").see(&["Saved."]);
    robot.start_again().not_see("Continue the form");
}

#[test]
fn what_is_declined_is_forgotten() {
    let mut robot = Robot::with_forms(80, 24);
    robot.press("n").type_in("Zora");
    let mut robot = robot.hang_up();
    robot.press("n").not_see("Continue");
    robot.start_again().not_see("Continue the form");
}

#[test]
fn an_untouched_form_leaves_nothing_behind() {
    let mut robot = Robot::with_forms(80, 24);
    robot.press("n");
    robot.hang_up().not_see("Continue the form");
}

#[test]
fn a_form_under_the_lock_is_in_the_store() {
    let mut robot = Robot::with_lock(std::sync::Arc::new(Fake::default()));
    robot.press("n").type_in("Zora").press("ctrl-c");
    robot.press("esc").lock().see(&["Callbook is locked"]);
    robot.start_again().see(&["a new contact, Zora"]);
}

#[test]
fn ctrl_c_twice_keeps_what_was_typed() {
    let mut robot = Robot::with_forms(80, 24);
    robot.press("n").type_in("Zora").press("ctrl-c ctrl-c");
    assert!(robot.quit);
    robot.start_again().see(&["a new contact, Zora"]);
}
