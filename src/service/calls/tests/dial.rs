//! Before dialling, and while somebody is on the phone.

use super::*;

#[test]
fn before_dialling_one_knows_whether_by_which_rule_and_what_there_is() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    let card = check(&owner, contact);
    assert!(card.allowed, "{}", card.verdict);
    let rule = card.rule.unwrap();
    assert_eq!((rule.id.as_str(), rule.number_shown), ("de-person", true));
    assert!(rule.citation.contains("UWG"));
    assert_eq!(card.dial.unwrap().uri, "tel:+4930901820");
    assert_eq!(
        (card.local_time.as_str(), card.zone.as_str()),
        ("2026-05-28T22:26:40+02:00", "Europe/Berlin")
    );
    assert!(card.looked.len() >= 6 && card.refusals.is_empty());
    assert_eq!(card.lines.iter().filter(|line| line.standing.state == State::Given).count(), 1);
    // Somebody of whom nothing is known, in a country that wants consent before.
    let mut fields = anna();
    fields.retain(|edit| edit.field != "emails" && edit.field != "phones");
    fields.push(FieldEdit::text("phones", "+49 30 901821; mobile: +49 151 23456789"));
    let stranger = ContactId(add(&owner, fields).unwrap().id);
    let card = check(&owner, stranger);
    assert!(!card.allowed && card.verdict.contains("UWG") && !card.refusals.is_empty());
    assert_eq!((card.next_allowed_at, card.numbers.len()), (None, 2));
    let error = begin(&owner, stranger).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    // Of several numbers one is named, by any spelling; another is none of theirs.
    let by = |number: &str| {
        let number = Some(number.to_owned());
        owner.call(CallCheck { contact: stranger, purpose: "sales".into(), number })
    };
    assert_eq!(by("0151 23456789").unwrap().dial.unwrap().label, "mobile");
    assert_eq!(by("030 901999").unwrap_err().field.as_deref(), Some("number"));
    // What is no marketing needs a ground of its own, and no permission of the law on calls.
    let contract =
        |contact| owner.call(CallCheck { contact, purpose: "contract".into(), number: None }).unwrap();
    assert!(!contract(stranger).allowed);
    let mut said = Said::new(ConsentKind::Asserted, "contract", Channel::Phone, Way::Mail, "");
    said.basis = Some(crate::domain::basis::Basis::Contract);
    said.reason = "asked for an offer".into();
    owner.call(ConsentRecord { contact: stranger, said: vec![said] }).unwrap();
    assert!(contract(stranger).allowed);
    let unknown = owner.call(CallCheck { contact, purpose: "sails".into(), number: None });
    assert_eq!(unknown.unwrap_err().code, Code::NotFound);
    // Whoever looks before dialling has looked at the person.
    let readings =
        Readings { about: Some(contact), user: String::new(), from: None, to: None, before: None, limit: 10 };
    assert!(owner.call(readings).unwrap().total > 0);
}

#[test]
fn while_somebody_calls_a_person_nobody_else_does() {
    let fixture = Fixture::new();
    let (owner, lead) = (fixture.client("owner"), fixture.client("lead"));
    let contact = agreed(&owner);
    let begun = begin(&owner, contact).unwrap();
    let error = begin(&lead, contact).unwrap_err();
    assert_eq!(error.code, Code::Conflict);
    assert!(error.message.contains("owner"), "{error}");
    assert_eq!(check(&lead, contact).busy.as_deref(), Some("owner"));
    // The same person again, or after a restart, is the same call.
    fixture.reload();
    assert_eq!(begin(&fixture.client("owner"), contact).unwrap().call, begun.call);
    assert_eq!(owner.call(CallsOpen {}).unwrap()[0].call, begun.call);
    assert!(lead.call(CallsOpen {}).unwrap().is_empty());
    assert_eq!(lead.call(CallDrop { call: begun.call }).unwrap_err().code, Code::NotFound);
    // Calls under way are no forms that were left.
    assert!(owner.call(Drafts {}).unwrap().is_empty());
    // What was kept lets the others wait on; a quarter of an hour of silence does not.
    later(&fixture, 10 * MINUTE);
    let mut answers = spoke(&fixture, Some(begun.call));
    answers.note = "on the phone".into();
    owner.call(CallKeep { call: begun.call, answers: answers.clone() }).unwrap();
    later(&fixture, 10 * MINUTE);
    assert_eq!(begin(&lead, contact).unwrap_err().code, Code::Conflict);
    later(&fixture, 10 * MINUTE);
    let theirs = begin(&lead, contact).unwrap();
    assert_ne!(theirs.call, begun.call);
    lead.call(CallDrop { call: theirs.call }).unwrap();
    // The answers are there still, and are recorded as of an interrupted call.
    let open = owner.call(CallsOpen {}).unwrap();
    assert_eq!(open[0].answers.as_ref().unwrap().note, "on the phone");
    let mut left = open[0].answers.clone().unwrap();
    (left.interrupted, left.ended_at) = (true, None);
    let recorded = record(&owner, contact, &left).unwrap();
    assert_eq!(recorded.call, begun.call);
    assert!(owner.call(CallsOpen {}).unwrap().is_empty());
    let call = &calls(&owner, contact)[0];
    assert_eq!(call.text(CallField::interrupted.key()), "yes");
    assert_eq!(call.text(CallField::outcome.key()), "hung_up");
    verified(&owner);
}

#[test]
fn two_who_begin_at_once_are_one_too_many() {
    let fixture = Fixture::new();
    let contact = agreed(&fixture.client("owner"));
    let begun: Vec<bool> = std::thread::scope(|scope| {
        let names = ["owner", "lead", "dpo", "rep"];
        let tries: Vec<_> = names
            .iter()
            .map(|name| {
                let client = fixture.client(name);
                scope.spawn(move || begin(&client, contact).is_ok())
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(begun.iter().filter(|one| **one).count(), 1, "{begun:?}");
}

/// Scenario 3.
#[test]
fn who_withdraws_while_another_session_calls_is_not_called_and_does_not_agree() {
    for objection in [false, true] {
        let fixture = Fixture::new();
        let (owner, lead) = (fixture.client("owner"), fixture.client("lead"));
        let contact = agreed(&owner);
        let begun = begin(&owner, contact).unwrap();
        let mut answers = spoke(&fixture, Some(begun.call));
        owner.call(CallKeep { call: begun.call, answers: answers.clone() }).unwrap();
        withdraw(&lead, contact, objection);
        // The very next request of the call is refused, and what was said is kept.
        answers.note = "was friendly".into();
        let error = owner.call(CallKeep { call: begun.call, answers: answers.clone() }).unwrap_err();
        assert!(error.code == Code::Refused && error.message.contains("the call must end"), "{error}");
        let open = owner.call(CallsOpen {}).unwrap();
        assert!(open[0].stopped.is_some());
        assert_eq!(open[0].answers.as_ref().unwrap().note, "was friendly");
        // Nobody dials any more.
        assert_eq!(begin(&owner, contact).unwrap_err().code, Code::Refused);
        assert_eq!(begin(&lead, contact).unwrap_err().code, Code::Conflict, "owner is still in the call");
        // It was a call that was permitted when it was made.
        let recorded = record(&owner, contact, &answers).unwrap();
        assert_eq!(recorded.warnings, Vec::<String>::new());
        assert_eq!(begin(&lead, contact).unwrap_err().code, Code::Refused);
        assert!(!state(&owner, contact, "sales", Channel::Phone).allows());
    }
}

#[test]
fn a_colleagues_contact_is_not_called() {
    let user = |name: &str, role: &str| crate::domain::user::User {
        name: name.into(),
        unix: name.into(),
        role: role.parse().unwrap(),
        team: "south".into(),
        ..Default::default()
    };
    let fixture = Fixture::of(vec![
        user("olga", "owner"),
        user("rita", "rep"),
        user("rolf", "rep"),
        user("mara", "marketing"),
    ]);
    let (olga, rita, rolf) = (fixture.client("olga"), fixture.client("rita"), fixture.client("rolf"));
    let contact = agreed(&olga);
    let fields = vec![FieldEdit::text("owner", "rita")];
    olga.call(Edit { kind: RecordKind::Contact, id: contact.0, fields, expect_revision: None }).unwrap();
    let card = check(&rolf, contact);
    assert!(
        card.allowed && card.dial.is_none() && card.numbers.is_empty(),
        "the number is masked for a colleague"
    );
    assert_eq!(begin(&rolf, contact).unwrap_err().code, Code::Denied);
    assert_eq!(record(&rolf, contact, &spoke(&fixture, None)).unwrap_err().code, Code::Denied);
    let mara = fixture.client("mara").call(CallCheck { contact, purpose: "sales".into(), number: None });
    assert_eq!(mara.unwrap_err().code, Code::Denied);
    let begun = begin(&rita, contact).unwrap();
    record(&rita, contact, &spoke(&fixture, Some(begun.call))).unwrap();
}
