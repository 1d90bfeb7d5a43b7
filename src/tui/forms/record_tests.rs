use std::cell::RefCell;
use std::rc::Rc;

use uuid::Uuid;

use crate::api::{
    Added, ChangeView, Code, Completion, Edited, Error, Request, Response, Shown, Similar, View,
};
use crate::domain::contact::ContactField;
use crate::domain::edit::Input;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::reach::Labelled;
use crate::domain::time::Timestamp;
use crate::domain::value::Value;
use crate::tui::forms::robot::{Robot, ctx};
use crate::tui::forms::{Memory, RecordForm};

fn add() -> Robot {
    Robot::new(RecordForm::add(RecordKind::Contact, &[], &ctx(), Memory::default()))
}

fn anna() -> View {
    let shown = |field: ContactField, value: Value, text: &str| Shown {
        key: field.key(),
        value: Some(value),
        text: text.to_owned(),
    };
    View {
        kind: RecordKind::Contact,
        id: Uuid::from_u128(7),
        revision: 4,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
        title: "Anna Schmidt".to_owned(),
        deleted: false,
        fields: vec![
            shown(ContactField::given_name, Value::Text("Anna".into()), "Anna"),
            shown(ContactField::family_name, Value::Text("Schmidt".into()), "Schmidt"),
            shown(
                ContactField::company,
                Value::Company(crate::domain::id::CompanyId(Uuid::from_u128(9))),
                "Muster GmbH",
            ),
            shown(ContactField::job_title, Value::Text("Buyer".into()), "Buyer"),
            shown(
                ContactField::phones,
                Value::Phones(vec![Labelled {
                    label: "work".into(),
                    value: "+4930901820".to_owned().try_into().unwrap(),
                }]),
                "work: +49 30 901820",
            ),
            Shown { key: ContactField::reason.key(), value: None, text: "•••".to_owned() },
            shown(ContactField::basis, Value::Basis(crate::domain::basis::Basis::Contract), "contract"),
            shown(ContactField::source, Value::Text("fair".into()), "fair"),
        ],
    }
}

fn edit(memory: &Memory) -> Robot {
    Robot::new(RecordForm::edit(&anna(), Some(ContactField::job_title.key()), &ctx(), memory.clone()))
}

fn similar() -> Similar {
    Similar {
        id: Some(ContactId(Uuid::from_u128(7))),
        title: "Anna Schmidt".into(),
        company: "Muster GmbH".into(),
        same: vec!["phone".into(), "name".into()],
        ask: String::new(),
    }
}

/// Goes to a field by its label, as a person would: with Tab.
fn to(robot: &mut Robot, label: &str) {
    for _ in 0..60 {
        let screen = robot.screen(100, 50);
        if screen.lines().any(|line| line.trim_start_matches(['│', ' ']).starts_with(&format!(">{label}")))
        {
            return;
        }
        robot.press("tab");
    }
    panic!("there is no field {label}:\n{}", robot.screen(100, 50));
}

#[test]
fn a_contact_is_added_with_everything_the_law_asks_for() {
    let mut robot = add();
    assert!(robot.screen(80, 24).contains(">Given name"), "the cursor is where a new person begins");
    robot.type_in("Anna").press("tab tab").type_in("Schmidt");
    to(&mut robot, "Phones");
    robot.type_in("work: 030 901820").press("enter").type_in("mobile: 0151 23456789");
    robot.press("ctrl-s");
    // Without a basis, a reason and a source nothing is sent (R1), and the cursor is where something is missing.
    assert!(robot.calls.iter().all(|(_, _, call)| !matches!(call, Request::Add(_))));
    let screen = robot.screen(80, 24);
    assert!(screen.contains(">Legal basis*") && screen.contains("needed: Art. 6(1)"), "{screen}");
    insta::assert_snapshot!("missing_80x24", screen);
    robot.press("enter");
    insta::assert_snapshot!("basis_60x20", robot.screen(60, 20));
    robot.press("enter enter");
    assert!(robot.screen(80, 24).contains("Nothing is chosen yet"), "Enter alone is no basis (R3)");
    robot.type_in("consent").press("enter");
    robot.type_in("asked to be called").press("enter").type_in("trade fair").press("ctrl-s");
    let (_, _, call) = robot.calls.pop().unwrap();
    let Request::Add(add) = call else { panic!("{call:?}") };
    let field = |name: &str| add.fields.iter().find(|edit| edit.field == name).map(|edit| edit.input.clone());
    assert_eq!(field("given_name"), Some(Input::Text("Anna".into())));
    assert_eq!(field("basis"), Some(Input::Text("consent".into())));
    assert_eq!(
        field("phones"),
        Some(Input::Items(vec![
            Labelled { label: "work".into(), value: "030 901820".into() },
            Labelled { label: "mobile".into(), value: "0151 23456789".into() },
        ]))
    );
    assert_eq!(field("owner"), None);
}

#[test]
fn what_was_used_last_is_offered_and_the_basis_is_not() {
    let memory = Memory::default();
    let done = |request: &Request| match request {
        Request::Add(_) => Some(Ok(Response::Add(Added {
            id: Uuid::from_u128(1),
            revision: 1,
            similar: vec![],
            warnings: vec!["look at it".into()],
        }))),
        _ => Some(Ok(Response::Complete(vec![]))),
    };
    let form = |memory: &Memory| {
        Robot::new(RecordForm::add(RecordKind::Contact, &[], &ctx(), memory.clone())).answering(done)
    };
    let mut first = form(&memory);
    to(&mut first, "Legal basis");
    first
        .press("enter")
        .type_in("consent")
        .press("enter")
        .type_in("asked")
        .press("tab")
        .type_in("fair Berlin");
    first.press("ctrl-s");
    assert_eq!(first.closed(), Some(None));
    assert_eq!(
        first.log,
        [
            "changed",
            "Done: The contact was added.",
            "Warning: look at it",
            &format!("show contact {}", Uuid::from_u128(1))
        ]
    );

    let mut second = form(&memory);
    to(&mut second, "Legal basis");
    assert!(second.screen(80, 24).contains("Legal basis*      —"), "{}", second.screen(80, 24));
    to(&mut second, "Source");
    assert!(second.screen(80, 24).contains("fair Berlin  used last"));
    second.press("down enter");
    assert!(second.screen(80, 24).contains("fair Berlin"));
    second.press("ctrl-s");
    assert!(
        second.screen(80, 24).contains("2 fields need your attention"),
        "the basis and the reason are still missing"
    );
}

#[test]
fn forms_at_every_size() {
    for (width, height) in [(60, 20), (80, 24), (120, 40)] {
        let mut robot = edit(&Memory::default());
        robot.ctx.size = ratatui::layout::Size::new(width, height);
        insta::assert_snapshot!(format!("edit_{width}x{height}"), robot.screen(width, height));
    }
    for (width, height) in [(40, 10), (200, 60), (1, 2), (3, 3), (12, 4)] {
        let mut robot = edit(&Memory::default());
        for _ in 0..30 {
            robot.screen(width, height);
            robot.press("tab");
        }
    }
}

#[test]
fn wide_and_combining_letters_line_up() {
    let mut robot = add();
    to(&mut robot, "Given name");
    robot.paste("山田\n").press("tab tab").paste("क्षत्रिय\u{202e}").press("tab tab");
    insta::assert_snapshot!(robot.screen(80, 24));
}

#[test]
fn only_what_changed_is_sent_with_the_revision_that_was_seen() {
    let mut robot = edit(&Memory::default());
    robot.press("ctrl-u").type_in("Head of Purchasing").press("ctrl-s");
    let (_, _, call) = robot.calls.remove(0);
    let call = match call {
        Request::Complete(_) => robot.calls.pop().unwrap().2,
        other => other,
    };
    let Request::Edit(call) = call else { panic!("{call:?}") };
    assert_eq!(call.expect_revision, Some(4));
    assert_eq!(call.fields.len(), 1);
    assert_eq!(call.fields[0].field, "job_title");
    assert_eq!(call.fields[0].input, Input::Text("Head of Purchasing".into()));
}

#[test]
fn a_masked_field_is_neither_shown_nor_sent() {
    let mut robot = edit(&Memory::default());
    to(&mut robot, "Reason");
    robot.type_in("x").paste("y").press("backspace");
    assert!(robot.screen(80, 24).contains("hidden from your role"));
    robot.press("ctrl-s");
    assert_eq!(robot.log, ["Info: Nothing was changed."]);
}

#[test]
fn esc_asks_when_changed_and_a_paste_never_submits() {
    let mut robot = edit(&Memory::default());
    robot.press("esc");
    assert_eq!(robot.closed(), Some(None));

    let memory = Memory::default();
    let mut robot = edit(&memory);
    robot.paste("Buyer\nand more\r\n\x1b[2J\0\n");
    assert_eq!(robot.closed(), None);
    assert!(robot.screen(80, 24).contains("BuyerBuyer and more [2J"));
    assert!(robot.unsaved());
    robot.press("esc enter");
    assert_eq!(robot.closed(), None, "No is the default");
    robot.press("esc esc y");
    assert_eq!(robot.closed(), None, "the second Esc closed the question");
    robot.press("esc y");
    assert_eq!(robot.closed(), Some(None));
    assert_eq!(memory.drafts(), []);
}

#[test]
fn a_megabyte_is_pasted_into_every_field() {
    let mut robot = add();
    let bomb = "\x1b]52;c;AAAA\x07\0é\u{202e}\n".repeat(1 << 16);
    for _ in 0..24 {
        robot.paste(&bomb);
        robot.screen(60, 20);
        robot.press("tab");
    }
    assert!(robot.calls.iter().all(|(_, _, call)| !matches!(call, Request::Add(_))));
}

mod others;
