//! What a call leaves behind, and what cannot have been so.

use super::*;
use crate::domain::consent::Delivery;

#[test]
fn a_no_an_objection_and_what_the_person_asks_for_are_taken_at_once() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    let begun = begin(&owner, contact).unwrap();
    let mut said = spoke(&fixture, Some(begun.call));
    said.answers = vec![
        answer("sales", Channel::Storage, Reply::No, "nein"),
        answer("newsletter", Channel::Email, Reply::Later, "später"),
    ];
    said.objection = Some(Objection { words: "keine Werbung mehr".into(), at: None });
    said.requests = vec![
        AskedFor { right: Right::Access, words: "was haben Sie von mir?".into() },
        AskedFor { right: Right::Erasure, words: String::new() },
    ];
    said.follow_up = Some(FollowUp { text: "send the letter".into(), kind: None, due: None });
    let recorded = record(&owner, contact, &said).unwrap();
    assert_eq!(recorded.requests, [1, 2]);
    let asked = List {
        kind: RecordKind::Request,
        query: contact.to_string(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    let asked = owner.call(asked).unwrap().items;
    let (received, due) = (RequestField::received.key(), RequestField::due.key());
    assert_eq!(
        (asked[0].text(received), asked[0].text(due)),
        ("2026-05-28", "2026-06-29"),
        "the 28th is a Sunday"
    );
    assert_eq!(recorded.tasks.len(), 1);
    for (purpose, channel) in
        [("sales", Channel::Phone), ("sales", Channel::Storage), ("newsletter", Channel::Email)]
    {
        assert_eq!(state(&owner, contact, purpose, channel), State::Objected, "{purpose} {channel}");
    }
    let book = owner.call(Consents { contact, at: None }).unwrap();
    let word = begun.call.to_string();
    let of_call: Vec<_> = book
        .events
        .iter()
        .filter(|event| event.record.text(crate::domain::consent::ConsentField::call.key()) == word)
        .collect();
    assert_eq!(of_call.len(), recorded.events.len());
    assert!(of_call.len() >= 5);
    let call = &calls(&owner, contact)[0];
    assert_eq!(call.text(CallField::outcome.key()), "objected");
    assert!(!check(&owner, contact).allowed);
    // Handed in again, it is the same call: nothing is written.
    let again = record(&owner, contact, &said).unwrap();
    assert!(again.again && again.call == recorded.call);
    assert_eq!((again.events.len(), again.requests.clone()), (recorded.events.len(), vec![1, 2]));
    assert_eq!(owner.call(Consents { contact, at: None }).unwrap().events.len(), book.events.len());
    assert_eq!(calls(&owner, contact).len(), 1);
    // The same id for somebody else is refused.
    let other = agreed(&owner);
    assert_eq!(record(&owner, other, &said).unwrap_err().field.as_deref(), Some("id"));
    fixture.reload();
    let third = agreed(&owner);
    let mut said = spoke(&fixture, None);
    said.requests = vec![AskedFor { right: Right::Access, words: String::new() }];
    assert_eq!(record(&owner, third, &said).unwrap().requests, [3], "numbers go on");
    verified(&owner);
}

/// Scenario 9.
#[test]
fn an_objection_by_a_shared_number_leaves_everybody_alone_who_has_it() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let (anna, shared) = (agreed(&owner), agreed(&owner));
    let mut said = spoke(&fixture, Some(begin(&owner, anna).unwrap().call));
    said.objection = Some(Objection { words: "no more of this".into(), at: None });
    record(&owner, anna, &said).unwrap();
    for reloaded in [false, true] {
        if reloaded {
            fixture.reload();
        }
        let card = check(&owner, shared);
        assert!(!card.allowed && card.verdict.contains("suppression list"), "{}", card.verdict);
        assert_eq!(begin(&owner, shared).unwrap_err().code, Code::Refused);
    }
    // A contract of somebody who has it goes on.
    let mut said = Said::new(ConsentKind::Asserted, "contract", Channel::Phone, Way::Mail, "");
    said.basis = Some(crate::domain::basis::Basis::Contract);
    said.reason = "ordered".into();
    owner.call(ConsentRecord { contact: shared, said: vec![said] }).unwrap();
    let contract =
        owner.call(CallCheck { contact: shared, purpose: "contract".into(), number: None }).unwrap();
    assert!(contract.allowed, "{}", contract.verdict);
    verified(&owner);
}

#[test]
fn a_wrong_number_is_marked_and_not_dialled_again() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    let mut said = spoke(&fixture, Some(begin(&owner, contact).unwrap().call));
    said.answered_by = Answered::Other;
    said.identity = String::new();
    said.outcome = Some(CallOutcome::WrongNumber);
    record(&owner, contact, &said).unwrap();
    let card = check(&owner, contact);
    assert!(!card.allowed && card.refusals[0].contains("somebody else's"), "{:?}", card.refusals);
    assert_eq!(card.numbers[0].label, "wrong number");
    fixture.reload();
    assert!(!check(&owner, contact).allowed);
    // With another number, that one is dialled.
    let fields = vec![FieldEdit::text("phones", "wrong number: +49 30 901820; +49 30 901822")];
    owner.call(Edit { kind: RecordKind::Contact, id: contact.0, fields, expect_revision: None }).unwrap();
    let card = check(&owner, contact);
    assert_eq!((card.allowed, card.dial.unwrap().number.as_str()), (true, "+4930901822"));
    verified(&owner);
}

#[test]
fn who_is_to_be_called_back_has_a_task() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    let mut said = spoke(&fixture, Some(begin(&owner, contact).unwrap().call));
    let due = at(now(&fixture) + 24 * 60 * MINUTE);
    said.call_back = Some(due);
    let recorded = record(&owner, contact, &said).unwrap();
    let card = check(&owner, contact);
    assert_eq!(card.tasks[0].id, recorded.tasks[0]);
    assert_eq!(card.tasks[0].text(TaskField::due.key()), due.to_string());
    assert_eq!(card.calls[0].text(CallField::outcome.key()), "call_back");
    assert_eq!(card.attempts, 1);
    // A call that is recorded cannot be undone, changed or deleted.
    let id = recorded.call;
    owner.call(Undo { seq: None }).unwrap();
    let kind = RecordKind::Call;
    assert_eq!(owner.call(Delete { kind, id, expect_revision: None }).unwrap_err().code, Code::Denied);
    let fields = vec![FieldEdit::text("note", "x")];
    assert_eq!(owner.call(Edit { kind, id, fields, expect_revision: None }).unwrap_err().code, Code::Denied);
    assert_eq!(calls(&owner, contact).len(), 1);
}

#[test]
fn what_cannot_have_been_so_is_refused_and_nothing_is_recorded() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    let events = owner.call(Consents { contact, at: None }).unwrap().events.len();
    let base = spoke(&fixture, None);
    let ended = base.ended_at.unwrap().millis();
    let yes = answer("sales", Channel::Phone, Reply::Yes, "ja");
    let with = |change: &dyn Fn(&mut CallAnswers)| {
        let mut call = base.clone();
        change(&mut call);
        call
    };
    let answered = |answers: Vec<Answer>| with(&|call| call.answers.clone_from(&answers));
    let wrong: Vec<(CallAnswers, &str)> = vec![
        (with(&|call| call.started_at = at(ended + MINUTE)), "started_at"),
        (with(&|call| call.started_at = at(i64::MIN)), "started_at"),
        (with(&|call| call.started_at = at(ended - 13 * 60 * MINUTE)), "ended_at"),
        (with(&|call| call.answered_at = Some(at(ended - 10 * MINUTE))), "answered_at"),
        (with(&|call| call.answered_at = None), "answered_at"),
        (with(&|call| call.ended_at = Some(at(ended - 10 * MINUTE))), "ended_at"),
        (with(&|call| call.ended_at = Some(at(ended + 10 * MINUTE))), "ended_at"),
        (with(&|call| call.ended_at = None), "ended_at"),
        (with(&|call| call.read_at = Some(at(ended - 3 * MINUTE))), "read_at"),
        (with(&|call| call.read_at = Some(at(ended + MINUTE))), "read_at"),
        (with(&|call| call.call_back = Some(at(ended - 10 * MINUTE))), "call_back"),
        (with(&|call| call.outcome = Some(CallOutcome::CallBack)), "call_back"),
        (with(&|call| call.outcome = Some(CallOutcome::Objected)), "objection"),
        (with(&|call| call.purpose = "sails".into()), "purpose"),
        (with(&|call| call.purpose = String::new()), "purpose"),
        (with(&|call| call.number = "+49 30 901999".into()), "number"),
        (with(&|call| call.number = "x".into()), "number"),
        (with(&|call| call.zone = "Europe/Atlantis".into()), "zone"),
        (with(&|call| call.note = "a\0b".into()), "note"),
        (with(&|call| call.identity = "x".repeat(2_000)), "identity"),
        (with(&|call| call.id = Some(contact.0)), "id"),
        (with(&|call| call.id = Some(Uuid::nil())), "id"),
        (with(&|call| call.answered_by = Answered::Nobody), "identity"),
        (answered(vec![yes.clone()]), "script"),
        (
            with(&|call| {
                call.answers = vec![yes.clone()];
                call.script = "sales-de@1".into();
            }),
            "read_at",
        ),
        (
            with(&|call| {
                call.answers = vec![yes.clone()];
                call.identity = " ".into();
            }),
            "identity",
        ),
        (
            with(&|call| {
                call.answers = vec![Answer { at: Some(at(ended - MINUTE)), ..yes.clone() }];
                call.script = "sales-de@1".into();
                call.read_at = Some(at(ended - MINUTE / 2));
            }),
            "answers[0].at",
        ),
        (answered(vec![answer("sales", Channel::Phone, Reply::No, " ")]), "answers[0].words"),
        (answered(vec![answer("sails", Channel::Phone, Reply::No, "x")]), "answers[0]"),
        (answered(vec![answer("sales", Channel::Fax, Reply::No, "x")]), "answers[0]"),
        (
            answered(vec![
                answer("sales", Channel::Phone, Reply::No, "x"),
                answer("sales", Channel::Phone, Reply::Later, "x"),
            ]),
            "answers[1]",
        ),
        (
            answered(vec![Answer {
                at: Some(at(ended + 1)),
                ..answer("sales", Channel::Phone, Reply::No, "x")
            }]),
            "ended_at",
        ),
        (answered(vec![answer("sales", Channel::Phone, Reply::No, "x"); 101]), "answers"),
        // Scenario 2: the spouse says yes.
        (
            with(&|call| {
                call.answered_by = Answered::Other;
                call.relation = "spouse".into();
                call.answers = vec![yes.clone()];
            }),
            "answers[0]",
        ),
        (
            with(&|call| {
                call.outcome = Some(CallOutcome::WrongNumber);
                call.answers = vec![answer("sales", Channel::Phone, Reply::No, "x")];
            }),
            "answers",
        ),
    ];
    for (at, (call, field)) in wrong.iter().enumerate() {
        let error = record(&owner, contact, call).unwrap_err();
        assert_eq!(error.field.as_deref(), Some(*field), "{at}: {error:?}");
        assert!(matches!(error.code, Code::Refused | Code::Usage | Code::NotFound), "{at}: {error:?}");
        assert!(error.message.starts_with(field), "{at}: {error}");
    }
    assert_eq!(calls(&owner, contact), []);
    assert_eq!(owner.call(Consents { contact, at: None }).unwrap().events.len(), events);
    // Scenario 16: the clock was set back, so the call lies ahead.
    let call = begin(&owner, contact).unwrap().call;
    let said = spoke(&fixture, Some(call));
    later(&fixture, -2 * 365 * 24 * 60 * MINUTE);
    let error = record(&owner, contact, &said).unwrap_err();
    assert!(error.code == Code::Refused && error.message.contains("not come yet"), "{error}");
    assert_eq!(calls(&owner, contact), []);
}

#[test]
fn a_late_entry_is_labelled() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    let mut said = spoke(&fixture, None);
    said.answers = vec![answer("sales", Channel::Phone, Reply::Later, "nächste Woche")];
    later(&fixture, 61 * MINUTE);
    let recorded = record(&owner, contact, &said).unwrap();
    assert!(recorded.late && recorded.warnings.iter().any(|one| one.contains("no proof of a call")));
    let call = &calls(&owner, contact)[0];
    assert_eq!(call.text(CallField::late.key()), "yes");
    let book = owner.call(Consents { contact, at: None }).unwrap();
    let late = crate::domain::consent::ConsentField::late.key();
    assert_eq!(book.events.iter().filter(|event| event.record.text(late) == "yes").count(), 1);
}

/// P1: confirmation sent: channel, time, hash, delivery.
#[test]
fn what_became_of_the_confirmation_is_told_later_and_proved_with_the_answer() {
    let fixture = with_scripts();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    let begun = begin(&owner, contact).unwrap();
    let answers = vec![
        answer("sales", Channel::Storage, Reply::Yes, "Ja"),
        answer("sales", Channel::Phone, Reply::Yes, "Ja, gern."),
        answer("newsletter", Channel::Email, Reply::No, "Nein"),
    ];
    let recorded = record(&owner, contact, &read_to(&fixture, &begun, answers)).unwrap();
    let told = |delivery, text: &str| CallDelivery {
        call: recorded.call,
        way: Way::Mail,
        address: "anna@example.com".into(),
        at: None,
        delivery,
        text: text.into(),
        evidence: "message 4711".into(),
        zone: "+02:00 Europe/Berlin".into(),
    };
    // Nothing was kept with the call, so it is told what was sent.
    let error = owner.call(told(Delivery::Sent, "")).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("text"), "{error}");
    later(&fixture, 10 * MINUTE);
    let sent = owner.call(told(Delivery::Sent, "Sie haben zugestimmt.")).unwrap();
    assert_eq!(sent.ids.len(), 3, "one for each answer");
    later(&fixture, 3 * 24 * 60 * MINUTE);
    owner.call(told(Delivery::Delivered, "Sie haben zugestimmt.")).unwrap();
    let (purpose, channel) = ("sales".to_owned(), Channel::Phone);
    let proof = owner.call(ConsentProve { contact, purpose, channel, at: None }).unwrap();
    assert_eq!(proof.standing.state, State::Given, "it says nothing of what holds");
    let notified: Vec<_> = proof
        .events
        .iter()
        .map(|one| &one.event.record)
        .filter(|event| event.text(ConsentField::kind.key()) == "notified")
        .collect();
    let hash = crate::domain::wording::sha256("Sie haben zugestimmt.".as_bytes());
    let deliveries: Vec<&str> = notified.iter().map(|one| one.text(ConsentField::delivery.key())).collect();
    assert_eq!(deliveries, ["sent", "delivered"]);
    for one in notified {
        assert_eq!(one.text(ConsentField::address.key()), "anna@example.com");
        assert_eq!(one.text(ConsentField::way.key()), "mail");
        assert!(one.text(ConsentField::evidence.key()).contains(&hash));
        assert!(!one.text(ConsentField::at.key()).is_empty());
    }
    // What cannot have been so.
    let wrong = [
        (CallDelivery { way: Way::Call, ..told(Delivery::Sent, "x") }, "way"),
        (CallDelivery { address: " ".into(), ..told(Delivery::Sent, "x") }, "address"),
        (CallDelivery { at: Some(begun.begun_at), ..told(Delivery::Sent, "x") }, "at"),
        (CallDelivery { at: Some(at(now(&fixture) + MINUTE)), ..told(Delivery::Sent, "x") }, "at"),
    ];
    for (told, field) in wrong {
        assert_eq!(owner.call(told).unwrap_err().field.as_deref(), Some(field));
    }
    let nowhere = CallDelivery { call: Uuid::from_u128(9), ..told(Delivery::Sent, "x") };
    assert_eq!(owner.call(nowhere).unwrap_err().code, Code::NotFound);
    // A call with a confirmation in it needs no other text.
    let begun = begin(&owner, contact).unwrap();
    let mut said = read_to(&fixture, &begun, vec![answer("sales", Channel::Phone, Reply::Yes, "Ja")]);
    said.confirmation =
        Some(crate::domain::answers::Confirmation { text: "Danke.".into(), by: "letter".into() });
    let call = record(&owner, contact, &said).unwrap().call;
    let back = CallDelivery { call, delivery: Delivery::Failed, ..told(Delivery::Failed, "") };
    assert_eq!(owner.call(back).unwrap().ids.len(), 1);
    // Which versions were read out, and since when, is told of each.
    let wordings = owner.call(Wordings { kind: Some(WordingKind::Script) }).unwrap();
    let first = |name: &str| wordings.iter().find(|one| one.name == name).unwrap().first_used;
    assert!(first("sales-de").is_some() && first("sales-fr").is_none());
    fixture.reload();
    let again = owner.call(Wordings { kind: Some(WordingKind::Script) }).unwrap();
    assert_eq!(again, wordings);
    verified(&owner);
}
