//! The application in front of a real service in memory, used by a robot that presses keys and looks at the screen.

mod calls;
mod consent;
mod drafts;
mod live;
mod requests;
mod robot;
mod stand;
mod stories;
mod today;
mod verbs;
mod views;
mod world;

use robot::Robot;

#[test]
fn screens_at_each_size() {
    for (width, height) in [(60, 20), (80, 24), (120, 40), (200, 50)] {
        let mut robot = Robot::new(width, height);
        insta::assert_snapshot!(format!("contacts_{width}x{height}"), robot.picture());
        robot.press("/").type_in("anna tag:fair").press("enter");
        insta::assert_snapshot!(format!("search_{width}x{height}"), robot.picture());
        robot.press("enter");
        insta::assert_snapshot!(format!("record_{width}x{height}"), robot.picture());
        robot.press("esc 3");
        insta::assert_snapshot!(format!("companies_{width}x{height}"), robot.picture());
        robot.press("7");
        insta::assert_snapshot!(format!("log_{width}x{height}"), robot.picture());
    }
}

#[test]
fn help_and_popups() {
    let mut robot = Robot::new(80, 24);
    robot.press("?");
    insta::assert_snapshot!("help_80x24", robot.picture());
    robot.press("esc g");
    insta::assert_snapshot!("go_to_80x24", robot.picture());
    robot.press("esc D");
    insta::assert_snapshot!("delete_80x24", robot.picture());
}
