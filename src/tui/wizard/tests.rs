use std::rc::Rc;
use std::sync::Arc;

use crate::api::{Error, View};
use crate::domain::contact::NoteKind;
use crate::domain::draft::Draft;
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::env::Env;
use crate::tui::forms::robot::Robot;
use crate::tui::forms::widgets::Prompt;
use crate::tui::layer::{Ctx, Forms, Input, Layer};
use crate::tui::lock::tests::{Fake, client};
use crate::tui::wizard::{FirstRun, Offers};

struct Names;
impl Forms for Names {
    fn add(&self, kind: RecordKind, _: &[(FieldKey, String)], _: &Ctx) -> Box<dyn Layer> {
        Box::new(Prompt::new(format!("add {kind}"), "", ""))
    }
    fn edit(&self, _: &View, _: Option<FieldKey>, _: &Ctx) -> Box<dyn Layer> {
        unreachable!()
    }
    fn edit_as_text(&self, _: &View, _: &Ctx) -> Box<dyn Layer> {
        unreachable!()
    }
    fn note(&self, _: &View, _: NoteKind, _: &Ctx) -> Box<dyn Layer> {
        unreachable!()
    }
    fn edit_note(&self, _: &View, _: &Ctx) -> Box<dyn Layer> {
        unreachable!()
    }
    fn resume(&self, _: &Draft, _: Option<&View>, _: &Ctx) -> Box<dyn Layer> {
        unreachable!()
    }
    fn import(&self, _: &Ctx) -> Box<dyn Layer> {
        Box::new(Prompt::new("import", "", ""))
    }
    fn lock(&self, _: &Ctx) -> Option<Box<dyn Layer>> {
        None
    }
    fn restart(&self, _: &Ctx) -> Option<Box<dyn Layer>> {
        None
    }
}

fn run(fake: &Arc<Fake>) -> Robot {
    let demo: super::first_run::Demo = Arc::new(|| Ok(client()));
    let offers = Offers { forms: Rc::new(Names), demo: Some(demo) };
    Robot::new(FirstRun::new(fake.clone(), "ines", Env::system(), offers))
}

const PASSPHRASE: &str = "kestrel mop nine tin cloud";

/// Up to the passphrase typed twice.
fn answer(robot: &mut Robot) {
    robot.press("enter").type_in("Muster GmbH").press("enter").type_in("Deutschland").press("enter enter");
    robot.type_in(PASSPHRASE).press("enter").type_in(PASSPHRASE).press("enter");
}

/// The groups on the screen, in order.
fn groups(robot: &mut Robot) -> Vec<String> {
    let screen = robot.screen(80, 24);
    let words: Vec<&str> = screen.split("asked back.").nth(1).unwrap().split_whitespace().collect();
    (1..=7)
        .map(|number| {
            let at = words.iter().position(|word| *word == number.to_string()).unwrap();
            words[at + 1].to_owned()
        })
        .collect()
}

fn type_back(robot: &mut Robot, groups: &[String]) {
    let screen = robot.screen(80, 24);
    let number: usize =
        screen.split("group ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    robot.type_in(&groups[number - 1].to_lowercase()).press("enter");
}

#[test]
fn from_nothing_to_the_first_contact() {
    let fake = Arc::new(Fake::default());
    let mut robot = run(&fake);
    insta::assert_snapshot!("welcome_80x24", robot.screen(80, 24));
    insta::assert_snapshot!("welcome_60x20", robot.screen(60, 20));
    answer(&mut robot);
    assert!(robot.screen(80, 24).contains("Creating the store"));
    robot.run_job(None);
    insta::assert_snapshot!("code_80x24", robot.screen(80, 24));
    let groups = groups(&mut robot);
    robot.press("enter").type_in("WRNG").press("enter");
    assert!(robot.screen(80, 24).contains("This is not what"));
    robot.paste(&groups[0]);
    assert!(robot.screen(80, 24).contains("Please type it"));
    type_back(&mut robot, &groups);
    type_back(&mut robot, &groups);
    insta::assert_snapshot!("next_60x20", robot.screen(60, 20));
    robot.press("a");
    assert_eq!(robot.log, ["enter"]);
    assert!(robot.screen(80, 24).contains("add contact"));
    let founded = fake.founded.lock().unwrap();
    assert_eq!(
        (founded[0].controller.as_str(), founded[0].country.as_str(), founded[0].user.as_str()),
        ("Muster GmbH", "DE", "ines")
    );
}

#[test]
fn the_two_groups_are_different_ones_and_chosen_by_chance() {
    let fake = Arc::new(Fake::default());
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..40 {
        let mut robot = run(&fake);
        answer(&mut robot);
        robot.run_job(None);
        let groups = groups(&mut robot);
        robot.press("enter");
        let first = robot.screen(80, 24);
        type_back(&mut robot, &groups);
        let second = robot.screen(80, 24);
        assert!(second.contains("group") && !second.contains("This is not"), "{second}");
        assert_ne!(first, second);
        seen.insert(first);
    }
    assert!(seen.len() > 2);
}

#[test]
fn answers_that_cannot_be_taken() {
    let mut robot = run(&Arc::new(Fake::default()));
    robot.press("enter enter");
    assert!(robot.screen(80, 24).contains("names the controller"));
    robot.type_in("Muster GmbH").press("enter").type_in("Nirgendwo").press("enter");
    assert!(robot.screen(80, 24).contains("is no country"));
    robot.press("ctrl-u").type_in("nl").press("enter enter").type_in("short").press("enter");
    let screen = robot.screen(80, 24);
    assert!(screen.contains("Not taken: 7 more") && !screen.contains("short"), "{screen}");
    robot.press("ctrl-u").type_in(PASSPHRASE).press("enter").type_in("something else").press("enter");
    assert!(robot.screen(80, 24).contains("not the same"));
    assert!(robot.jobs.is_empty());
}

#[test]
fn ctrl_c_leaves_nothing_half_made() {
    // Before anything is written.
    for keys in ["", "enter", "enter x enter d e enter enter"] {
        let fake = Arc::new(Fake::default());
        let mut robot = run(&fake);
        robot.press(keys);
        robot.input(Input::Cancel);
        assert_eq!(robot.log, ["quit"], "{keys}");
        assert!(fake.founded.lock().unwrap().is_empty());
    }
    // While it is made.
    let fake = Arc::new(Fake::default());
    let mut robot = run(&fake);
    answer(&mut robot);
    robot.input(Input::Cancel);
    robot.run_job(None);
    robot.run_job(None);
    assert_eq!((*fake.abandoned.lock().unwrap(), robot.log.as_slice()), (1, &["quit".to_owned()][..]));
    // With the code on the screen.
    let fake = Arc::new(Fake::default());
    let mut robot = run(&fake);
    answer(&mut robot);
    robot.run_job(None);
    robot.input(Input::Cancel);
    robot.press("enter");
    assert_eq!(*fake.abandoned.lock().unwrap(), 0, "No is the default");
    robot.input(Input::Cancel);
    robot.press("y");
    robot.run_job(None);
    assert_eq!((*fake.abandoned.lock().unwrap(), robot.log.as_slice()), (1, &["quit".to_owned()][..]));
}

#[test]
fn a_store_that_cannot_be_made_says_why() {
    let fake = Arc::new(Fake::default());
    *fake.fails.lock().unwrap() = Some(Error::failed("the disk is full").hint("Make room."));
    let mut robot = run(&fake);
    answer(&mut robot);
    robot.run_job(None);
    assert!(robot.screen(80, 24).contains("the disk is full Make room."));
    robot.press("esc esc esc");
    assert!(
        robot.screen(80, 24).contains("Muster GmbH"),
        "what was typed is still there, but for the passphrase"
    );
}

#[test]
fn the_demo_needs_no_answers() {
    let mut robot = run(&Arc::new(Fake::default()));
    robot.press("d");
    robot.run_job(None);
    assert_eq!((robot.closed(), robot.log.as_slice()), (Some(None), &["enter".to_owned()][..]));
    for (width, height) in [(40, 10), (1, 2), (200, 60)] {
        let mut robot = run(&Arc::new(Fake::default()));
        answer(&mut robot);
        robot.run_job(None);
        robot.screen(width, height);
    }
}
