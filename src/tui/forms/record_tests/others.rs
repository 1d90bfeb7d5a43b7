//! The form and others: who is there already, who changes the same record, what the service says.

use super::*;

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
        Ok(Response::Get(crate::api::Card {
            record: view,
            notes: vec![],
            people: vec![],
            held: None,
            retention: None,
        }))
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
