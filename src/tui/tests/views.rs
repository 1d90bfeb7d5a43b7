//! Saved views.

use super::robot::Robot;

#[test]
fn a_view_is_chosen_by_a_few_letters_and_left_by_esc() {
    let mut robot = Robot::alone(80, 24);
    robot.press("S").see(&["Views", "My contacts", "@mine", "owner:me", "New this week"]);
    robot.type_in("nobody").see(&["Nobody's yet", "owner:none"]).not_see("@mine");
    robot.press("enter").see(&["[Nobody's yet]", "1/200", "Source"]).not_see("by -created");
    // What is typed narrows within the view.
    robot.press("/").type_in("tag:fair").press("enter").see(&["[Nobody's yet]", "1/50"]);
    robot.press("esc").see(&["[Nobody's yet]", "1/200"]);
    robot.press("S").see(&["All contacts", "* Nobody's yet"]).press("esc");
    robot.press("o").type_in("be").see(&["ben"]).press("down enter enter").see(&["/199"]);
    robot.press("S").type_in("mine").press("enter").see(&["No contacts in this view", "esc leaves the view"]);
    robot.press("esc").see(&["1/200"]).not_see("[Nobody");
}

#[test]
fn what_is_shown_is_saved_as_a_view_and_comes_back_with_the_program() {
    let mut robot = Robot::alone(80, 24);
    robot.press("/").type_in("tag:fair").press("enter").see(&["1/50"]);
    robot.press("S ctrl-s").see(&["Save as a view", "tag:fair", "you alone"]).type_in("The fair");
    robot.see(&["@the-fair"]).press("enter").see(&["[The fair]", "1/50", "saved as @the-fair"]);
    // The name stands for it in the search box, completed by a few letters.
    robot.press("esc esc /").type_in("@the").see(&["the-fair"]).press("tab").see(&["/ @the-fair", "/50"]);
    robot.press("enter").see(&["1/50"]).press("esc");
    robot
        .press("/")
        .type_in("@thefair")
        .press("enter")
        .see(&["there is no view `@thefair`"])
        .press("esc esc");
    // Saved again under the title, it asks before it replaces.
    robot.press("/").type_in("tag:berlin").press("enter S ctrl-s").type_in("The fair").press("enter");
    robot.see(&["enter again replaces it"]).press("enter").see(&["[The fair]"]);
    robot.press("q");
    let saved = robot.saved.clone().unwrap();
    assert!(saved.view_contacts.parse::<uuid::Uuid>().is_ok(), "an id says nothing: {saved:?}");
    let mut again = robot.again(saved);
    again.see(&["[The fair]", "1/50"]).press("S").see(&["tag:berlin"]).press("esc");
    // Taken away, it is gone, also from where it was remembered; and it comes back.
    again.press("S").type_in("fair").press("ctrl-d").see(&["u brings it back"]).press("esc");
    again
        .see(&["1/200"])
        .not_see("[The fair]")
        .press("u")
        .see(&["taken back"])
        .press("S")
        .see(&["@the-fair"]);
}
