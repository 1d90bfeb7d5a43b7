use uuid::Uuid;

use crate::api::{Added, ChangeView, Error, Request, Response, Shown, View};
use crate::domain::contact::{NoteField, NoteKind};
use crate::domain::edit::Input;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;
use crate::domain::value::Value;
use crate::env::Zone;
use crate::tui::forms::Memory;
use crate::tui::forms::note::{NoteEditor, when};
use crate::tui::forms::robot::{Robot, ctx};

fn view(kind: RecordKind, title: &str, fields: Vec<Shown>) -> View {
    View {
        kind,
        id: Uuid::from_u128(7),
        revision: 3,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
        title: title.into(),
        deleted: false,
        fields,
    }
}

fn note(kind: NoteKind, memory: &Memory) -> Robot {
    Robot::new(NoteEditor::new(
        &view(RecordKind::Contact, "Anna Schmidt", vec![]),
        kind,
        &ctx(),
        memory.clone(),
    ))
}

#[test]
fn an_activity_is_logged_with_its_kind_and_time() {
    let mut robot = note(NoteKind::Call, &Memory::default());
    robot.type_in("Wants an offer").press("enter").type_in("by Friday");
    insta::assert_snapshot!("call_80x24", robot.screen(80, 24));
    insta::assert_snapshot!("call_60x20", robot.screen(60, 20));
    robot.press("tab right tab ctrl-u").type_in("09:30").press("ctrl-s");
    let Some((_, _, Request::Add(add))) = robot.calls.first().cloned() else { panic!() };
    assert_eq!(add.about, Some(ContactId(Uuid::from_u128(7))));
    let field = |name: &str| add.fields.iter().find(|edit| edit.field == name).map(|edit| edit.input.clone());
    assert_eq!(field("kind"), Some(Input::Value(Value::Word("email".into()))));
    assert_eq!(field("text"), Some(Input::Text("Wants an offer\nby Friday".into())));
    let Some(Input::Value(Value::Time(time))) = field("happened_at") else { panic!() };
    assert_eq!(time.utc().format("%Y-%m-%d %H:%M").to_string(), "2026-11-22 09:30");
    robot.answer(Ok(Response::Add(Added {
        id: Uuid::nil(),
        revision: 1,
        similar: vec![],
        warnings: vec![],
    })));
    assert_eq!(robot.closed(), Some(None));
}

#[test]
fn special_categories_are_warned_of_before_saving() {
    let mut robot = note(NoteKind::Note, &Memory::default());
    robot.type_in("Ist in der Gewerkschaft, ");
    assert!(robot.screen(80, 24).contains("* This seems to tell union"));
    robot.press("ctrl-s");
    insta::assert_snapshot!("warning_80x24", robot.screen(80, 24));
    robot.press("enter");
    assert!(robot.calls.is_empty(), "No is the default");
    robot.press("ctrl-s y");
    assert_eq!(robot.calls.len(), 1);
}

#[test]
fn drafts_and_the_editor() {
    let memory = Memory::default();
    let mut robot = note(NoteKind::Note, &memory);
    robot.type_in("half a no").press("alt-e");
    assert_eq!(robot.editor.as_ref().unwrap().2, "half a no");
    robot.edited("a whole note\x1b]0;\x07\n\n");
    drop(robot);
    assert_eq!(memory.drafts().len(), 1);
    let mut robot = note(NoteKind::Note, &memory);
    robot.press("ctrl-r");
    assert!(robot.screen(80, 24).contains("a whole note]0;"));
    robot.press("esc y");
    drop(robot);
    let mut robot = note(NoteKind::Note, &Memory::default());
    robot.press("ctrl-s");
    assert!(robot.screen(60, 20).contains("An empty note says nothing."));
    robot.press("esc");
    assert_eq!(robot.closed(), Some(None));
}

#[test]
fn a_note_that_somebody_else_changed_is_not_overwritten_unseen() {
    let text =
        Shown { key: NoteField::text.key(), value: Some(Value::Text("old".into())), text: "old".into() };
    let mut robot = Robot::new(NoteEditor::edit(
        &view(RecordKind::Note, "old", vec![text.clone()]),
        &ctx(),
        Memory::default(),
    ));
    robot.type_in("er").press("ctrl-s");
    let mut error = Error::conflict("changed meanwhile");
    let theirs = Shown { text: "oldest".into(), ..text };
    error.conflicts = vec![ChangeView {
        field: theirs.key,
        name: "text".into(),
        label: "Text".into(),
        old: Some(theirs),
        new: None,
    }];
    let Request::Edit(first) = robot.answer(Err(error)) else { panic!() };
    assert_eq!(first.expect_revision, Some(3));
    assert!(robot.screen(80, 24).contains("meanwhile to: oldest"));
    robot.press("ctrl-s");
    let Some((_, _, Request::Edit(second))) = robot.calls.first() else { panic!() };
    assert_eq!(second.fields[0].input, Input::Text("older".into()));
    assert_eq!(second.expect_revision, None, "what was seen is overwritten knowingly");
}

#[test]
fn times_as_people_write_them() {
    let now = ctx().now;
    let read_in = |zone: Zone, text: &str| {
        when(text, now, zone).map(|time| time.map(|time| time.utc().format("%m-%d %H:%M").to_string()))
    };
    let read = |text: &str| read_in(Zone::UTC, text);
    assert_eq!(read(""), Ok(None));
    assert_eq!(read("now").unwrap().unwrap(), "11-22 10:00");
    assert_eq!(read("14:30").unwrap().unwrap(), "11-22 14:30");
    assert_eq!(read("2026-01-31 08:05 UTC").unwrap().unwrap(), "01-31 08:05");
    assert_eq!(read("2026-01-31T08:05:00+01:00").unwrap().unwrap(), "01-31 07:05");
    // 22 November, 10:00 UTC is the 23rd in Kiribati.
    assert_eq!(read_in(Zone::East(50_400), "14:30").unwrap().unwrap(), "11-23 00:30");
    assert_eq!(read_in(Zone::East(50_400), "14:30 UTC").unwrap().unwrap(), "11-22 14:30");
    assert_eq!(read_in(Zone::East(-3600), "2026-01-31 08:05").unwrap().unwrap(), "01-31 09:05");
    assert!(read("2026-01-31").is_err(), "a day is no time");
    assert!(read("25:00").is_err() && read("yesterday").is_err());
}
