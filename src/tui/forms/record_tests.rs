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

#[test]
fn duplicates_are_shown_while_typing() {
    let asked = Rc::new(RefCell::new(0));
    let count = asked.clone();
    let mut robot = add().answering(move |request| match request {
        Request::FindSimilar(_) => {
            *count.borrow_mut() += 1;
            Some(Ok(Response::FindSimilar(vec![similar()])))
        }
        Request::Complete(_) => Some(Ok(Response::Complete(vec![]))),
        _ => None,
    });
    to(&mut robot, "Phones");
    robot.type_in("030 901820");
    assert!(*asked.borrow() >= 1);
    insta::assert_snapshot!(robot.screen(80, 24));
    to(&mut robot, "Legal basis");
    robot
        .press("enter")
        .type_in("contract")
        .press("enter")
        .type_in("r")
        .press("tab")
        .type_in("s")
        .press("ctrl-s");
    assert!(robot.screen(80, 24).contains("Add anyway"));
    robot.press("enter ctrl-s y");
    assert!(matches!(robot.calls.last(), Some((_, _, Request::Add(_)))));

    let memory = Memory::default();
    let mut robot = Robot::new(RecordForm::add(RecordKind::Contact, &[], &ctx(), memory.clone()))
        .answering(|_| Some(Ok(Response::FindSimilar(vec![similar()]))));
    to(&mut robot, "Family name");
    robot.type_in("Schmidt").press("ctrl-o");
    assert_eq!(robot.closed(), Some(None));
    assert_eq!(robot.log.last(), Some(&format!("show contact {}", Uuid::from_u128(7))));
    assert_eq!(memory.drafts().len(), 1, "it may have been somebody else after all");
}

#[test]
fn one_question_at_a_time_and_only_the_latest_counts() {
    let mut robot = add();
    to(&mut robot, "Company");
    robot.calls.clear();
    robot.type_in("Mus");
    let complete = |robot: &Robot| {
        robot
            .calls
            .iter()
            .filter_map(|(_, _, call)| match call {
                Request::Complete(call) => Some(call.prefix.clone()),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(complete(&robot), ["M"]);
    robot.answer(Ok(Response::Complete(vec![Completion { text: "Mallet".into(), count: 1 }])));
    assert!(!robot.screen(80, 24).contains("Mallet"), "it does not begin with what is typed now");
    assert_eq!(complete(&robot), ["Mus"]);
    robot.answer(Ok(Response::Complete(vec![Completion { text: "Muster GmbH".into(), count: 3 }])));
    assert!(robot.screen(80, 24).contains("Muster GmbH  3 records"));
    robot.press("down enter");
    assert!(robot.screen(80, 24).contains("Muster GmbH"));
}

#[test]
fn fields_changed_by_both_are_chosen_one_by_one() {
    let conflict = || {
        let mut error = Error::conflict("changed meanwhile");
        error.conflicts = vec![ChangeView {
            field: ContactField::job_title.key(),
            name: "job_title".into(),
            label: "Job title".into(),
            old: Some(Shown {
                key: ContactField::job_title.key(),
                value: Some(Value::Text("CFO".into())),
                text: "CFO".into(),
            }),
            new: None,
        }];
        error
    };
    let fresh = || {
        let mut view = anna();
        view.revision = 6;
        view.fields[3].value = Some(Value::Text("CFO".into()));
        view.fields[3].text = "CFO".into();
        Ok(Response::Get(crate::api::Card { record: view, notes: vec![], people: vec![], held: None }))
    };
    let start = || {
        let mut robot = edit(&Memory::default());
        robot.press("ctrl-u").type_in("CEO").press("tab tab ctrl-s");
        robot.calls.retain(|(_, _, call)| matches!(call, Request::Edit(_)));
        robot.answer(Err(conflict()));
        robot
    };
    let mut robot = start();
    insta::assert_snapshot!(robot.screen(80, 24));
    robot.press("enter");
    assert!(robot.calls.is_empty(), "nothing is chosen yet");
    robot.press("m enter");
    robot.answer(fresh());
    let Some((_, _, Request::Edit(call))) = robot.calls.pop() else { panic!() };
    assert_eq!((call.expect_revision, call.fields.len()), (Some(6), 1));
    assert_eq!(call.fields[0].input, Input::Text("CEO".into()));

    let mut robot = start();
    robot.press("t ctrl-s");
    robot.answer(fresh());
    assert_eq!(robot.closed(), Some(None), "their value stands, and there is nothing to save");
    assert_eq!(robot.log.first().map(String::as_str), Some("Info: Their values stand."));

    let mut robot = start();
    robot.press("m enter");
    robot.answer(match fresh() {
        Ok(Response::Get(mut card)) => {
            card.record.fields[3].value = Some(Value::Text("CTO".into()));
            card.record.fields[3].text = "CTO".into();
            Ok(Response::Get(card))
        }
        other => other,
    });
    assert!(robot.screen(80, 24).contains("t theirs  CTO"), "it changed once more, so it is asked once more");
    assert!(robot.calls.is_empty());
}

#[test]
fn an_error_of_the_service_stands_at_its_field() {
    let mut robot = edit(&Memory::default());
    robot.type_in("s").press("ctrl-s");
    robot.calls.retain(|(_, _, call)| matches!(call, Request::Edit(_)));
    robot.answer(Err(Error::new(Code::Refused, "there is no company `Nowhere` in `company`")
        .hint("Add it first.")
        .at("company")));
    let screen = robot.screen(80, 24);
    assert!(screen.contains(">Company") && screen.contains("Add it first."), "{screen}");
    robot.press("ctrl-s");
    robot.calls.retain(|(_, _, call)| matches!(call, Request::Edit(_)));
    robot.answer(Err(Error::new(Code::Locked, "the store is locked")));
    assert!(robot.screen(80, 24).contains("! the store is locked"));
    assert!(robot.unsaved(), "a lost connection loses nothing");
}

#[test]
fn what_was_typed_outlives_the_form() {
    let memory = Memory::default();
    let mut robot = edit(&memory);
    robot.type_in(" for wood");
    drop(robot);
    let mut robot = edit(&memory);
    assert!(robot.screen(80, 24).contains("Ctrl-R brings it back"));
    robot.press("ctrl-r");
    assert!(robot.screen(80, 24).contains("Buyer for wood"));
    robot.press("ctrl-s");
    robot.calls.retain(|(_, _, call)| matches!(call, Request::Edit(_)));
    robot.answer(Ok(Response::Edit(Edited { revision: 5, changed: vec![], warnings: vec![] })));
    drop(robot);
    assert_eq!(memory.drafts(), []);
}

#[test]
fn all_fields_as_one_text() {
    let form = RecordForm::edit_as_text(&anna(), &ctx(), Memory::default());
    let mut robot = Robot::new(form);
    let text = robot.editor.as_ref().unwrap().2.clone();
    assert!(text.contains("job_title: Buyer\n") && text.contains("phones:\n  work: +4930901820\n"), "{text}");
    assert!(!text.contains("reason:"), "what is masked does not go to an editor");
    robot.edited(&text.replace("Buyer", "CEO\x1b[2J").replace("  work: +4930901820\n", "  nonsense\n"));
    let screen = robot.screen(80, 24);
    assert!(screen.contains("nonsense") && screen.contains("no phone number"), "{screen}");
    assert_eq!(robot.closed(), None, "it is looked at before it is saved");

    let mut robot = Robot::new(RecordForm::edit_as_text(&anna(), &ctx(), Memory::default()));
    let text = robot.editor.as_ref().unwrap().2.clone();
    robot.edited(&text);
    assert_eq!(robot.closed(), Some(None));
    let mut robot = Robot::new(RecordForm::edit_as_text(&anna(), &ctx(), Memory::default()));
    robot.edited("religion: none\njust words\n");
    assert!(robot.screen(80, 24).contains("there is no field `religion`"));
}

#[test]
fn a_form_and_the_real_service() {
    use std::sync::Arc;

    use crate::client::Client;
    use crate::client::Door;
    use crate::client::open::{Local, in_memory};
    use crate::domain::user::{Role, Settings, User};
    use crate::env::Env;

    let env = Env::system();
    let settings =
        Settings { controller: "Muster GmbH".into(), country: "DE".parse().ok(), ..Settings::default() };
    let user = User { name: "ines".into(), unix: "ines".into(), role: Role::Owner.into(), ..User::default() };
    let service = in_memory(settings, vec![user], false, &env).unwrap();
    let door: Arc<dyn Door> =
        Arc::new(Local::new(service.clone(), service.session_of("ines").unwrap(), None));
    let client = Client::new(door.clone());
    let ask = |door: &Arc<dyn Door>| {
        let door = door.clone();
        move |request: &Request| Some(door.request(request.clone()))
    };
    let memory = Memory::default();
    let mut robot =
        Robot::new(RecordForm::add(RecordKind::Contact, &[], &ctx(), memory.clone())).answering(ask(&door));
    to(&mut robot, "Given name");
    robot.type_in("Anna").press("tab tab").type_in("Schmidt");
    to(&mut robot, "Phones");
    robot.type_in("work: 030 901820");
    to(&mut robot, "Legal basis");
    robot
        .press("enter")
        .type_in("consent")
        .press("enter")
        .type_in("asked")
        .press("tab")
        .type_in("fair")
        .press("ctrl-s");
    assert_eq!(robot.closed(), Some(None), "{}", robot.screen(80, 40));

    let list = |query: &str| {
        let query = query.to_owned();
        let window = crate::api::Window::default();
        let call = crate::api::List {
            kind: RecordKind::Contact,
            query,
            sort: String::new(),
            window,
            columns: vec![],
        };
        client.call(call).unwrap().items
    };
    let view = list("anna").remove(0);
    let edit = |at: ContactField, view: &View| {
        Robot::new(RecordForm::edit(view, Some(at.key()), &ctx(), Memory::default())).answering(ask(&door))
    };
    // Two people have the same record open: other fields merge, the same field asks.
    let mut first = edit(ContactField::job_title, &view);
    let mut second = edit(ContactField::department, &view);
    let mut third = edit(ContactField::job_title, &view);
    first.type_in("CEO").press("ctrl-s");
    second.type_in("Sales").press("ctrl-s");
    assert_eq!((first.closed(), second.closed()), (Some(None), Some(None)));
    third.type_in("CFO").press("ctrl-s");
    assert!(third.screen(80, 24).contains("t theirs  CEO"), "{}", third.screen(80, 24));
    third.press("m enter");
    assert_eq!(third.closed(), Some(None), "{}", third.screen(80, 24));
    let view = list("anna").remove(0);
    assert_eq!(
        (view.text(ContactField::job_title.key()), view.text(ContactField::department.key())),
        ("CFO", "Sales")
    );

    // A company nobody has heard of: whatever the service says stands in the form, not in a log.
    let mut fourth = edit(ContactField::owner, &view);
    fourth.press("ctrl-u").type_in("nobody").press("ctrl-s");
    let screen = fourth.screen(100, 50);
    assert!(fourth.closed().is_none() && screen.contains("! ") && fourth.unsaved(), "{screen}");
    assert!(screen.contains(">Owner"), "the error stands at its field:\n{screen}");

    // The same person again is seen before it is saved.
    let mut again =
        Robot::new(RecordForm::add(RecordKind::Contact, &[], &ctx(), memory)).answering(ask(&door));
    to(&mut again, "Phones");
    again.type_in("+49 30 901820");
    assert!(again.screen(100, 50).contains("Anna Schmidt: same phone"), "{}", again.screen(100, 50));
}
