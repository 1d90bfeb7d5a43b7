//! Calls as stories: what is asked, what is answered, and what others do meanwhile.

mod after;
mod dial;
mod merged;
mod rules;

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
        [("sales", Channel::Phone), ("sales", Channel::Storage), ("newsletter", Channel::Email)]
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
    assert_eq!(text(ConsentField::question), script.questions[0].text);
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
