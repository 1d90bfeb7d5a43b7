//! Calls as stories: what is asked, what is answered, and what others do meanwhile.

use std::sync::atomic::Ordering;

use uuid::Uuid;

use crate::api::*;
use crate::client::Client;
use crate::domain::answers::{Answer, AskedFor, CallAnswers, FollowUp, Objection, Reply};
use crate::domain::call::{Answered, CallField, CallOutcome};
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentField, ConsentKind, State, Way};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::request::{RequestField, Right};
use crate::domain::task::TaskField;
use crate::domain::time::Timestamp;
use crate::domain::wording::WordingKind;
use crate::service::tests::{Fixture, add, anna, verified};

const MINUTE: i64 = 60_000;

fn now(fixture: &Fixture) -> i64 {
    fixture.clock.0.load(Ordering::SeqCst)
}

fn later(fixture: &Fixture, millis: i64) {
    fixture.clock.0.fetch_add(millis, Ordering::SeqCst);
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Anna Schmidt of Berlin, who agreed at a fair to be called.
fn agreed(owner: &Client) -> ContactId {
    let mut fields = anna();
    fields.push(FieldEdit::text("language", "de"));
    fields.push(FieldEdit::text("country", "DE"));
    let contact = ContactId(add(owner, fields).unwrap().id);
    let said = Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::InPerson, "do call me");
    owner.call(ConsentRecord { contact, said: vec![said] }).unwrap();
    contact
}

fn check(client: &Client, contact: ContactId) -> CallCard {
    client.call(CallCheck { contact, purpose: "sales".into(), number: None }).unwrap()
}

fn begin(client: &Client, contact: ContactId) -> Result<CallBegun, Error> {
    let (purpose, number, language, list) = ("sales".into(), None, None, None);
    client.call(CallBegin { contact, purpose, number, language, list })
}

/// A call of some minutes that the person answered, and that is over now.
fn spoke(fixture: &Fixture, call: Option<Uuid>) -> CallAnswers {
    later(fixture, 5 * MINUTE);
    let ended = now(fixture) - 1;
    let mut answers = CallAnswers::dialled("sales", at(ended - 3 * MINUTE));
    answers.id = call;
    answers.answered_by = Answered::Person;
    answers.answered_at = Some(at(ended - 2 * MINUTE));
    answers.ended_at = Some(at(ended));
    answers.identity = "full name and company".into();
    answers
}

fn answer(purpose: &str, channel: Channel, reply: Reply, words: &str) -> Answer {
    let (purpose, words) = (purpose.to_owned(), words.to_owned());
    Answer {
        purpose,
        channel,
        reply,
        words,
        at: None,
        question: String::new(),
        until: None,
        products: String::new(),
    }
}

fn record(client: &Client, contact: ContactId, answers: &CallAnswers) -> Result<CallRecorded, Error> {
    client.call(CallRecord { contact, answers: answers.clone() })
}

fn state(client: &Client, contact: ContactId, purpose: &str, channel: Channel) -> State {
    let book = client.call(Consents { contact, at: None }).unwrap();
    let line = book.lines.iter().find(|line| line.purpose == purpose && line.channel == channel);
    line.map_or(State::Unknown, |line| line.standing.state)
}

fn calls(client: &Client, contact: ContactId) -> Vec<View> {
    let list = List {
        kind: RecordKind::Call,
        query: contact.to_string(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    client.call(list).unwrap().items
}

fn withdraw(client: &Client, contact: ContactId, objection: bool) {
    let (purpose, channel, at, zone) = (None, None, None, String::new());
    let (words, way) = ("no more".to_owned(), Way::Mail);
    client.call(ConsentWithdraw { contact, purpose, channel, words, way, at, zone, objection }).unwrap();
}

/// A call in which the script was read out to its end.
fn read_to(fixture: &Fixture, begun: &CallBegun, answers: Vec<Answer>) -> CallAnswers {
    let mut said = spoke(fixture, Some(begun.call));
    let script = begun.script.as_ref().unwrap();
    said.script.clone_from(&script.script);
    said.wording_sha256.clone_from(&script.sha256);
    said.language = Some(script.language.clone());
    said.read_at = Some(at(now(fixture) - MINUTE));
    said.zone = "Europe/Berlin".into();
    said.answers = answers;
    said
}

/// A store with the program's own scripts.
fn with_scripts() -> Fixture {
    let fixture = Fixture::new();
    fixture.service.add_shipped_wordings().unwrap();
    fixture
}

/// P1: everything that must be known of a consent years later.
#[test]
fn a_whole_call_holds_everything_that_must_be_known_of_it() {
    let fixture = with_scripts();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    let card = check(&owner, contact);
    assert_eq!(card.scripts[0].script, "sales-de@1", "in the person's language first");
    let begun = begin(&owner, contact).unwrap();
    let script = begun.script.clone().unwrap();
    assert!(
        script.text.contains("Anna Schmidt")
            && script.text.contains("Muster GmbH")
            && !script.text.contains("{{")
    );
    assert_eq!(script.sha256, crate::domain::wording::sha256(script.text.as_bytes()));
    let topics: Vec<(&str, Channel)> =
        script.questions.iter().map(|one| (one.purpose.as_str(), one.channel)).collect();
    assert_eq!(
        topics,
        [("sales", Channel::Storage), ("sales", Channel::Phone), ("newsletter", Channel::Email)]
    );
    assert_eq!(script.notice, "notice-de@1");
    let mut said = read_to(
        &fixture,
        &begun,
        vec![
            answer("sales", Channel::Storage, Reply::Yes, "Ja, das dürfen Sie."),
            Answer {
                products: "printers".into(),
                ..answer("sales", Channel::Phone, Reply::Yes, "Ja, gern.")
            },
            answer("newsletter", Channel::Email, Reply::No, "Nein danke."),
        ],
    );
    said.number = "030 901820".into();
    said.shown_number = "+49 30 901700".into();
    said.on_behalf_of = "Beispiel AG".into();
    said.age = "speaks for a company".into();
    said.note = "wants an offer".into();
    said.confirmation = Some(crate::domain::answers::Confirmation {
        text: "Sie haben zugestimmt.".into(),
        by: "email anna@example.com, sent".into(),
    });
    let recorded = record(&owner, contact, &said).unwrap();
    assert_eq!((recorded.events.len(), recorded.late, recorded.warnings.len()), (3, false, 0));
    assert_eq!(state(&owner, contact, "sales", Channel::Storage), State::Given);
    assert_eq!(state(&owner, contact, "newsletter", Channel::Email), State::Refused);
    let card = owner.call(Get { kind: RecordKind::Call, id: recorded.call, at: None }).unwrap().record;
    let text = |field: CallField| card.text(field.key());
    for (field, words) in [
        (CallField::direction, "outgoing"),
        (CallField::purposes, "sales, newsletter"),
        (CallField::agent, "owner"),
        (CallField::controller, "Muster GmbH"),
        (CallField::on_behalf_of, "Beispiel AG"),
        (CallField::number, "+4930901820"),
        (CallField::shown_number, "+49 30 901700"),
        (CallField::answered_by, "person"),
        (CallField::relation, "self"),
        (CallField::identity, "full name and company"),
        (CallField::zone, "+02:00 Europe/Berlin"),
        (CallField::person_zone, "Europe/Berlin"),
        (CallField::language, "de"),
        (CallField::script, "sales-de@1"),
        (CallField::wording, script.text.trim_end()),
        (CallField::wording_sha256, &script.sha256),
        (CallField::notice, "notice-de@1"),
        (CallField::told, "retention, right_to_withdraw, right_to_object"),
        (CallField::age, "speaks for a company"),
        (CallField::outcome, "reached"),
        (CallField::note, "wants an offer"),
        (CallField::confirmation, "Sie haben zugestimmt."),
        (CallField::confirmation_by, "email anna@example.com, sent"),
    ] {
        assert_eq!(text(field).trim_end(), words, "{}", field.spec().name);
    }
    for field in [
        CallField::started_at,
        CallField::answered_at,
        CallField::ended_at,
        CallField::read_at,
        CallField::confirmation_sha256,
    ] {
        assert!(!text(field).is_empty(), "{}", field.spec().name);
    }
    let decision: serde_json::Value = serde_json::from_str(text(CallField::decision)).unwrap();
    assert_eq!((&decision["allowed"], &decision["rule"]["id"]), (&true.into(), &"de-person".into()));
    let book = owner.call(Consents { contact, at: None }).unwrap();
    let event = book.events.iter().find(|event| event.id == recorded.events[1]).unwrap();
    let text = |field: ConsentField| event.record.text(field.key()).to_owned();
    assert_eq!(text(ConsentField::words), "Ja, gern.");
    assert_eq!(text(ConsentField::question), script.questions[1].text);
    assert_eq!(text(ConsentField::script), "sales-de@1");
    assert_eq!(text(ConsentField::notice), "notice-de@1");
    assert_eq!(text(ConsentField::language), "de");
    assert_eq!(text(ConsentField::zone), "+02:00 Europe/Berlin");
    assert_eq!(text(ConsentField::products), "printers");
    assert_eq!(text(ConsentField::call), recorded.call.to_string());
    assert_eq!(text(ConsentField::who_answered), "person");
    assert!(!text(ConsentField::until).is_empty(), "as long as the purpose says");
    // The next time only what is open is asked beside the call's own purpose.
    let begun = begin(&owner, contact).unwrap();
    assert!(
        begun.script.unwrap().questions.iter().all(|one| one.purpose == "sales"),
        "who said no is not asked again"
    );
    verified(&owner);
}

/// Scenario 1.
#[test]
fn who_hangs_up_has_answered_what_was_answered() {
    let fixture = with_scripts();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    let begun = begin(&owner, contact).unwrap();
    let mut said = read_to(&fixture, &begun, vec![answer("sales", Channel::Storage, Reply::Yes, "Ja")]);
    said.outcome = Some(CallOutcome::HungUp);
    let recorded = record(&owner, contact, &said).unwrap();
    assert_eq!(recorded.events.len(), 1);
    assert_eq!(state(&owner, contact, "sales", Channel::Storage), State::Given);
    assert_eq!(state(&owner, contact, "newsletter", Channel::Email), State::Unknown);
}

/// Scenario 3, the yes.
#[test]
fn a_yes_of_somebody_who_said_no_elsewhere_meanwhile_is_refused() {
    for objection in [false, true] {
        let fixture = with_scripts();
        let (owner, lead) = (fixture.client("owner"), fixture.client("lead"));
        let contact = agreed(&owner);
        let begun = begin(&owner, contact).unwrap();
        let mut said = read_to(&fixture, &begun, vec![answer("sales", Channel::Phone, Reply::Yes, "Ja")]);
        withdraw(&lead, contact, objection);
        let error = record(&owner, contact, &said).unwrap_err();
        assert!(error.code == Code::Refused && error.message.contains("meanwhile"), "{error}");
        assert_eq!(error.field.as_deref(), Some("answers[0]"));
        assert_eq!(calls(&owner, contact), [], "nothing of it is recorded");
        // Nor is it recorded once the withdrawal is hours old.
        later(&fixture, 3 * 60 * MINUTE);
        assert_eq!(record(&owner, contact, &said).unwrap_err().code, Code::Refused);
        said.answers.clear();
        assert!(record(&owner, contact, &said).unwrap().late);
        assert!(!state(&owner, contact, "sales", Channel::Phone).allows());
    }
}

#[test]
fn a_yes_in_a_call_that_was_not_permitted_counts_for_nothing_and_a_no_always_does() {
    let fixture = with_scripts();
    let owner = fixture.client("owner");
    let contact = ContactId(add(&owner, anna()).unwrap().id);
    let mut said = spoke(&fixture, None);
    said.script = "sales-de@1".into();
    said.read_at = Some(at(now(&fixture) - MINUTE));
    said.answers = vec![answer("sales", Channel::Phone, Reply::Yes, "Ja")];
    let error = record(&owner, contact, &said).unwrap_err();
    assert!(error.message.contains("not permitted when it was made"), "{error}");
    said.answers[0].reply = Reply::No;
    let recorded = record(&owner, contact, &said).unwrap();
    assert!(recorded.warnings[0].contains("not permitted"), "{:?}", recorded.warnings);
    assert_eq!(state(&owner, contact, "sales", Channel::Phone), State::Refused);
    // Whoever calls themselves needs no permission to be called.
    let other = ContactId(add(&owner, anna()).unwrap().id);
    said.answers[0].reply = Reply::Yes;
    said.direction = Some(crate::domain::call::Direction::Incoming);
    record(&owner, other, &said).unwrap();
    assert_eq!(state(&owner, other, "sales", Channel::Phone), State::Given);
}

/// Scenario 13.
#[test]
fn what_was_read_out_stays_what_it_was_when_the_script_is_changed() {
    let fixture = with_scripts();
    let owner = fixture.client("owner");
    let contact = agreed(&owner);
    let begun = begin(&owner, contact).unwrap();
    let old =
        owner.call(WordingGet { kind: WordingKind::Script, name: "sales-de".into(), version: None }).unwrap();
    let add = WordingAdd {
        kind: WordingKind::Script,
        name: "sales-de".into(),
        language: "de".into(),
        subject: String::new(),
        text: old.text.replace("Guten Tag", "Schönen guten Tag"),
        purposes: vec![],
        usage: None,
    };
    assert_eq!(owner.call(add).unwrap().version, 2);
    let yes = || vec![answer("sales", Channel::Phone, Reply::Yes, "Ja")];
    let recorded = record(&owner, contact, &read_to(&fixture, &begun, yes())).unwrap();
    let wording = |call: Uuid| {
        let card = owner.call(Get { kind: RecordKind::Call, id: call, at: None }).unwrap().record;
        (card.text(CallField::script.key()).to_owned(), card.text(CallField::wording.key()).to_owned())
    };
    let (script, text) = wording(recorded.call);
    assert_eq!(script, "sales-de@1");
    assert!(text.contains("Guten Tag") && !text.contains("Schönen"));
    // From a file, the version that is named is the one that was read out; another hash is another text.
    let mut said = spoke(&fixture, None);
    said.read_at = Some(at(now(&fixture) - MINUTE));
    said.answers = yes();
    for (script, greets) in [("sales-de@1", "Guten Tag"), ("sales-de@2", "Schönen guten Tag")] {
        said.script = script.into();
        let recorded = record(&owner, contact, &said).unwrap();
        assert!(wording(recorded.call).1.contains(greets));
    }
    for (script, hash, field) in [
        ("sales-de@2", "0".repeat(64), "wording_sha256"),
        ("sales-de", String::new(), "script"),
        ("sales-de@3", String::new(), "script"),
        ("nosuch@1", String::new(), "script"),
    ] {
        said.script = script.into();
        said.wording_sha256 = hash;
        assert_eq!(record(&owner, contact, &said).unwrap_err().field.as_deref(), Some(field), "{script}");
    }
}

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
