//! Verbs on the marks, else on the row.

use super::robot::Robot;

#[test]
fn many_are_tagged_after_a_preview_and_it_is_one_step_back() {
    let mut robot = Robot::alone(80, 24);
    robot.press("/").type_in("tag:berlin").press("enter").see(&["1/50"]);
    robot.press("* #").see(&["Tags of 50 contacts"]).type_in("spring -fair").press("enter");
    robot.see(&["one after the other"]).press("ctrl-u").type_in("spring").press("enter");
    robot.see(&[
        "50 found: 50 would change",
        "Change 50 contacts?",
        "- berlin, fair",
        "+ berlin, fair, spring",
    ]);
    // Enter means no.
    robot.press("enter").not_see("Change 50").press("enter y").see(&["50 changed"]).not_see("Change 50");
    robot.press("esc /").type_in("tag:spring").press("enter").see(&["1/50"]);
    robot.press("u").see(&["taken back", "No contacts found"]);
    robot.press("U").see(&["1/50"]);
}

#[test]
fn one_is_tagged_at_once_with_completion() {
    let mut robot = Robot::alone(80, 24);
    robot.press("j #").type_in("fa").see(&["fair"]).press("tab enter").see(&["u takes it back"]);
    robot.press("o").type_in("be").see(&["ben"]).press("down enter enter").see(&["owner ben"]);
    robot.press("/").type_in("owner:ben").press("enter").see(&["1/1"]);
}

#[test]
fn deleting_asks_no_is_the_default_and_restoring_brings_back() {
    let mut robot = Robot::alone(80, 24);
    robot.press("D").see(&["[ No ]", "[ Yes ]"]).press("enter").see(&["1/200"]);
    robot.press("D y").see(&["/199", "u brings it back"]);
    robot.press("g d").see(&["1/1", "> x"]);
    robot.press("D").see(&["it is deleted; r restores it"]);
    robot.press("r").see(&["restored", "No contacts found"]).press("esc").see(&["/200"]);
}

#[test]
fn deleting_many_wants_the_number() {
    let mut robot = Robot::alone(80, 24);
    robot.press("/").type_in("tag:fair").press("enter * D");
    robot.see(&["Delete 50 contacts?", "50 found: 50 would change", "Type 50", "… and 40 more"]);
    // Neither Enter alone nor another key means yes.
    robot.press("y enter").see(&["that is not the number"]).type_in("49").press("enter");
    robot.see(&["that is not the number"]).press("esc").see(&["1/50"]).not_see("Type 50");
    robot.press("D").type_in("50").press("enter");
    robot.see(&["50 contacts deleted; u brings them back"]).press("esc esc").see(&["/150"]);
    // It was one step.
    robot.press("u").see(&["taken back: deletion of 50 contacts", "/200"]);
    robot.press("U").see(&["done again", "/150"]);
    robot
        .press("g d")
        .see(&["/50"])
        .press("* r")
        .see(&["50 contacts restored"])
        .press("esc esc")
        .see(&["/200"]);
}

#[test]
fn what_is_deleted_is_what_was_shown() {
    let mut robot = Robot::alone(80, 24);
    robot.press("/").type_in("tag:fair").press("enter * D").see(&["Type 50"]).press("esc");
    robot.press("esc j D y").see(&["u brings it back"]);
    robot.press("g d * D").see(&["0 would change, 1 are so already", "There is nothing to delete."]);
    robot.press("enter").not_see("nothing to delete");
}

#[test]
fn two_are_merged_after_a_preview() {
    let mut robot = Robot::alone(120, 40);
    robot.press("M").see(&["mark exactly two contacts"]);
    robot.press("space space M").see(&["Merge two contacts", "Stays:", "Taken over"]);
    robot.press("enter").see(&["/200"]).press("M x y").see(&["merged into", "/199"]);
}
