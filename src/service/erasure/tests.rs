mod remains;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use uuid::Uuid;

use super::*;
use crate::api::event::Event;
use crate::api::*;
use crate::client::Client;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, Way};
use crate::domain::edit::{FieldEdit, Incoming};
use crate::domain::erasure::MentionState;
use crate::domain::id::ContactId;
use crate::domain::request::Right;
use crate::domain::retention::Hold;
use crate::domain::suppression::Class;
use crate::service::tests::{Fixture, add, anna, find, verified};

fn person(name: &str, phone: &str, email: &str) -> Vec<FieldEdit> {
    let mut fields = anna();
    fields.retain(|edit| !matches!(edit.field.as_str(), "given_name" | "phones" | "emails" | "company"));
    fields.extend(
        [("given_name", name), ("phones", phone), ("emails", email)].map(|(f, t)| FieldEdit::text(f, t)),
    );
    fields
}

fn ask(contact: Uuid, request: Option<i64>) -> SubjectErase {
    SubjectErase {
        contact: ContactId(contact),
        request,
        ground: Ground::Request,
        reason: String::new(),
        anonymise: false,
        dry_run: false,
    }
}

fn requested(client: &Client, contact: Uuid) -> i64 {
    let open = RequestOpen {
        contact: Some(ContactId(contact)),
        person: String::new(),
        language: None,
        right: Right::Erasure,
        received: None,
        how: "by letter".into(),
        words: "forget me".into(),
    };
    client.call(open).unwrap().number
}

/// Erases at the person's request.
fn erase(fixture: &Fixture, contact: Uuid) -> crate::api::erasure::Erased {
    let dpo = fixture.client("dpo");
    let number = requested(&dpo, contact);
    dpo.call(ask(contact, Some(number))).unwrap()
}

fn say(client: &Client, contact: Uuid, kind: ConsentKind) {
    let said = Said::new(kind, "sales", Channel::Phone, Way::InPerson, "those were the words");
    client.call(ConsentRecord { contact: ContactId(contact), said: vec![said] }).unwrap();
}

fn note(client: &Client, about: Uuid, text: &str) -> Uuid {
    let fields = vec![FieldEdit::text("text", text)];
    client.call(Add { kind: RecordKind::Note, about: Some(ContactId(about)), fields }).unwrap().id
}

fn import(client: &Client, phone: &str, email: &str) -> Outcome {
    let fields = [("given_name", "Anna"), ("family_name", "Schmidt"), ("phones", phone), ("emails", email)];
    let fields = fields.into_iter().filter(|(_, text)| !text.is_empty());
    let fields = fields.map(|(field, text)| FieldEdit::text(field, text)).collect();
    let provenance = Provenance {
        source: "list".into(),
        basis: "contract".into(),
        reason: "ordered".into(),
        ..Provenance::default()
    };
    let rows = vec![Incoming { row: 1, fields, notes: vec![] }];
    client.call(Import { rows, provenance, dry_run: false }).unwrap().rows[0].outcome
}

fn hold(fixture: &Fixture, contact: Uuid, until: &str) {
    let hold = Hold { reason: "claim before a court".into(), until: until.parse().ok(), ..Hold::default() };
    let origin = program();
    fixture
        .service
        .store
        .write(origin, move |txn| Ok::<_, Error>(txn.create(SubjectId(contact), &hold)?))
        .unwrap();
}

fn program() -> Origin {
    let (actor, session) = (UserId(Uuid::nil()), SessionId(Uuid::nil()));
    Origin { at: Timestamp::from_millis(1_780_000_000_000), actor, session, action: Action::Create }
}

fn now(fixture: &Fixture) -> Timestamp {
    Timestamp::from_millis(fixture.clock.0.load(Ordering::SeqCst))
}

fn order(ground: Ground) -> Order {
    let session = SessionId(Uuid::nil());
    Order { ground, request: None, sweep: "plan".into(), anonymise: true, by: None, session }
}

#[test]
fn a_person_goes_and_what_remains_is_what_was_said() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let anna = add(&owner, person("Anna", "030 901820", "anna@example.com")).unwrap().id;
    let bert = add(&owner, person("Bert", "030 901821", "bert@example.com")).unwrap().id;
    note(&owner, anna, "likes tea");
    say(&owner, anna, ConsentKind::Given);
    let number = requested(&dpo, anna);
    let plan = dpo.call(SubjectErase { dry_run: true, ..ask(anna, Some(number)) }).unwrap();
    assert_eq!((plan.plan.name.as_str(), plan.receipt), ("Anna Schmidt", None));
    assert_eq!(plan.plan.refused, Vec::<String>::new());
    let goes: Vec<(&str, u64)> = plan.plan.goes.iter().map(|line| (line.what.as_str(), line.count)).collect();
    for line in [("contacts", 1), ("notes", 1), ("consent events", 1), ("requests", 1)] {
        assert!(goes.contains(&line), "{line:?} of {goes:?}");
    }
    let stays: Vec<&str> = plan.plan.stays.iter().map(|line| line.what.as_str()).collect();
    assert_eq!(stays, ["suppression", "proof of consent: sales", "certificate", "headers of the history"]);
    assert_eq!(find(&owner, "anna"), ["Anna Schmidt"], "nothing was done yet");

    let done = dpo.call(ask(anna, Some(number))).unwrap();
    let receipt = done.receipt.unwrap();
    assert_eq!((receipt.number, receipt.request, receipt.persons, receipt.epoch), (1, Some(number), 1, 1));
    assert_eq!(receipt.decided_by, "dpo");
    assert!(receipt.checkpoint.contains("callbook/"), "{}", receipt.checkpoint);
    assert_eq!(receipt.kept, ["certificate", "consent_proof", "history_headers", "suppression"]);
    assert!(receipt.categories.contains(&"content".to_owned()), "{:?}", receipt.categories);
    let certificate = format!("{:?}", dpo.call(CertificateGet { number: 1 }).unwrap());
    for value in ["Anna", "Schmidt", "901820", "anna@"] {
        assert!(!certificate.contains(value), "a certificate has no values: {certificate}");
    }
    for client in [&owner, &dpo] {
        assert_eq!(find(client, "schmidt"), ["Bert Schmidt"]);
        let gone = client.call(Get { kind: RecordKind::Contact, id: anna, at: None }).unwrap_err();
        assert_eq!(gone.code, Code::NotFound);
        verified(client);
    }
    assert_eq!(dpo.call(ask(anna, Some(number))).unwrap_err().code, Code::NotFound);
    // What was kept in memory is what is read anew, and no number is given twice.
    let (counts, requests) = (owner.call(Status {}).unwrap(), requested(&dpo, bert));
    fixture.reload();
    assert_eq!(owner.call(Status {}).unwrap().notes, counts.notes);
    assert_eq!(requests, number + 1);
    assert_eq!(erase(&fixture, bert).receipt.unwrap().number, 2);
    fixture.reload();
    let cara = add(&owner, person("Cara", "030 901822", "cara@example.com")).unwrap().id;
    assert_eq!(requested(&dpo, cara), number + 3);
    verified(&dpo);
}

#[test]
fn who_was_erased_does_not_come_back_by_import() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let anna = add(&owner, person("Anna", "+49 1515 0190123", "anna@example.com")).unwrap().id;
    erase(&fixture, anna);
    for (phone, email) in [
        ("0049 (0)1515 0190123", ""),
        ("+4915150190123", ""),
        ("", "ANNA@Example.COM"),
        ("01515/0190123", "new@example.org"),
    ] {
        assert_eq!(import(&owner, phone, email), Outcome::Suppressed, "{phone} {email}");
    }
    assert_eq!(add(&owner, person("Anna", "01515 0190123", "")).unwrap_err().code, Code::Refused);
    fixture.reload();
    assert_eq!(import(&owner, "0049 (0)1515 0190123", ""), Outcome::Suppressed);
    assert_eq!(find(&owner, ""), Vec::<String>::new());
}

#[test]
fn nothing_is_erased_without_a_word_for_it() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let anna = add(&owner, person("Anna", "030 901820", "anna@example.com")).unwrap().id;
    let bert = add(&owner, person("Bert", "030 901821", "bert@example.com")).unwrap().id;
    let of_bert = requested(&dpo, bert);
    let refused = |ask: SubjectErase, word: &str| {
        let error = dpo.call(ask).unwrap_err();
        assert!(error.code == Code::Refused && error.message.contains(word), "{word}: {error:?}");
    };
    refused(ask(anna, None), "answers a request");
    refused(ask(anna, Some(of_bert)), "no request");
    refused(ask(anna, Some(99)), "no request 99");
    let by = |ground| SubjectErase { ground, reason: "so it is".into(), ..ask(anna, None) };
    refused(by(Ground::Retention), "over its time");
    refused(by(Ground::Quarantine), "no bought lead");
    say(&owner, anna, ConsentKind::Given);
    refused(by(Ground::Withdrawal), "a ground left");
    let access = RequestOpen {
        contact: Some(ContactId(anna)),
        person: String::new(),
        language: None,
        right: Right::Access,
        received: None,
        how: String::new(),
        words: String::new(),
    };
    let access = dpo.call(access).unwrap().number;
    refused(ask(anna, Some(access)), "does not ask for erasure");
    for name in ["owner", "admin", "lead", "rep", "auditor"] {
        let error = fixture.client(name).call(ask(bert, Some(of_bert))).unwrap_err();
        assert_eq!(error.code, Code::Denied, "{name}");
    }
    // The last ground is gone, and nobody wrote a letter.
    let withdraw = ConsentWithdraw {
        contact: ContactId(anna),
        purpose: None,
        channel: None,
        words: "no more".into(),
        way: Way::Mail,
        at: None,
        zone: String::new(),
        objection: false,
    };
    dpo.call(withdraw).unwrap();
    refused(SubjectErase { ground: Ground::Withdrawal, ..ask(anna, None) }, "needs a reason");
    let done = dpo.call(by(Ground::Withdrawal)).unwrap();
    assert_eq!(done.receipt.unwrap().ground, Some(Ground::Withdrawal));
    assert_eq!(find(&owner, ""), ["Bert Schmidt"]);
}

#[test]
fn a_hold_stops_it_until_it_ends() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let anna = add(&owner, person("Anna", "030 901820", "anna@example.com")).unwrap().id;
    let bert = add(&owner, person("Bert", "030 901821", "bert@example.com")).unwrap().id;
    let today = now(&fixture).date();
    hold(&fixture, anna, &today.to_string());
    let number = requested(&dpo, anna);
    let plan = dpo.call(SubjectErase { dry_run: true, ..ask(anna, Some(number)) }).unwrap().plan;
    assert!(plan.refused.len() == 1 && plan.refused[0].contains("claim before a court"), "{plan:?}");
    let error = dpo.call(ask(anna, Some(number))).unwrap_err();
    assert!(error.code == Code::Refused && error.message.contains("held until"), "{error:?}");
    // Of several, the others go, and who stays is told.
    let people = [SubjectId(anna), SubjectId(bert)];
    let receipt = fixture.service.erase_batch(&people, &order(Ground::Retention), now(&fixture)).unwrap();
    assert_eq!((receipt.erased, receipt.skipped.len()), (vec![SubjectId(bert)], 1));
    assert_eq!(receipt.skipped[0].0, SubjectId(anna));
    assert_eq!(find(&owner, ""), ["Anna Schmidt"]);
    fixture.days_later(2);
    dpo.call(ask(anna, Some(number))).unwrap();
    assert_eq!(find(&owner, ""), Vec::<String>::new());
    let none = fixture.service.erase_batch(&people, &order(Ground::Retention), now(&fixture)).unwrap_err();
    assert_eq!(none.code, Code::NotFound);
    verified(&dpo);
}

#[test]
fn duplicates_go_too_and_a_number_that_others_have_stays_theirs() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let anna = add(&owner, person("Anna", "030 901820", "anna@example.com")).unwrap().id;
    let again = add(&owner, person("Annah", "030 901823", "annah@example.com")).unwrap().id;
    let colleague = add(&owner, person("Bert", "030 901820", "bert@example.com")).unwrap().id;
    owner.call(Merge { keep: ContactId(anna), other: ContactId(again), dry_run: false }).unwrap();
    owner.call(Merge { keep: ContactId(anna), other: ContactId(again), dry_run: true }).unwrap_err();
    // Whoever names the duplicate means the person.
    let number = requested(&dpo, anna);
    let done = dpo.call(ask(again, Some(number))).unwrap();
    assert_eq!(done.plan.contact, ContactId(anna));
    assert!(
        done.plan.goes.iter().any(|line| (line.what.as_str(), line.count) == ("contacts", 2)),
        "{:?}",
        done.plan
    );
    assert!(done.receipt.unwrap().kept.contains(&"shared_numbers_not_suppressed".to_owned()));
    for id in [anna, again] {
        let left = fixture.service.store.read(move |reader| {
            Ok::<_, StoreError>(super::super::rows::about(reader, RecordKind::Contact, SubjectId(id))?.len())
        });
        assert_eq!(left.unwrap(), 0);
    }
    let check = |text: &str| {
        let of = Typed { class: Class::Phone, text: text.into(), country: String::new() };
        dpo.call(SuppressionCheck { of }).unwrap().hit.is_some()
    };
    assert!(check("030 901823") && !check("030 901820"), "the switchboard is not the person's");
    assert!(owner.call(Get { kind: RecordKind::Contact, id: colleague, at: None }).is_ok());
    verified(&dpo);
}

#[test]
fn those_who_look_are_told_by_the_id_alone() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let anna = add(&owner, person("Anna", "030 901820", "anna@example.com")).unwrap().id;
    let session = fixture.service.session_of("owner").unwrap();
    let rung = Arc::new(Mutex::new(0));
    let bell = Arc::clone(&rung);
    fixture.service.listen(&session, Box::new(move || *bell.lock().unwrap() += 1));
    erase(&fixture, anna);
    assert!(*rung.lock().unwrap() > 0);
    let events = fixture.service.events(&session);
    assert!(events.contains(&Event::Gone(anna)), "{events:?}");
    assert!(!format!("{events:?}").contains("Anna"));
}

#[test]
fn places_that_name_the_person_are_listed_and_not_changed() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let anna = add(&owner, person("Anna", "030 901820", "anna@example.com")).unwrap().id;
    let bert = add(&owner, person("Bert", "030 901821", "bert@example.com")).unwrap().id;
    note(&owner, anna, "Anna Schmidt herself");
    let named = note(&owner, bert, "his boss is ANNA Schmidt, 030/90 18 20");
    note(&owner, bert, "Anna from accounting, and a Mr Schmidt");
    let done = erase(&fixture, anna);
    assert_eq!((done.plan.mentions, done.receipt.unwrap().mentions_open), (1, 1));
    let mentions = dpo.call(Mentions { certificate: Some(1), all: false }).unwrap();
    let one = &mentions[0];
    assert_eq!((mentions.len(), one.kind, one.record), (1, Some(RecordKind::Note), Some(named)));
    assert_eq!((one.about, one.field.as_str()), (Some(ContactId(bert)), "text"));
    let card = owner.call(Get { kind: RecordKind::Contact, id: bert, at: None }).unwrap();
    assert!(card.notes.iter().any(|note| format!("{note:?}").contains("ANNA Schmidt")), "it is Bert's");
    let doctor = || {
        let checks = dpo.call(Doctor {}).unwrap().checks.into_iter();
        checks.filter(|line| line.name == "erasures").map(|line| line.message).collect::<Vec<_>>()
    };
    assert!(doctor().len() == 1 && doctor()[0].contains("nobody has looked"), "{:?}", doctor());
    let decide = |state, words: &str| MentionDecide { id: one.id, state, words: words.into() };
    assert_eq!(dpo.call(decide(MentionState::Kept, " ")).unwrap_err().code, Code::Refused);
    assert_eq!(owner.call(decide(MentionState::Redacted, "")).unwrap_err().code, Code::Denied);
    let decided = dpo.call(decide(MentionState::Redacted, "")).unwrap();
    assert_eq!((decided.state, decided.decided_by.as_str()), (MentionState::Redacted, "dpo"));
    assert_eq!(dpo.call(Mentions { certificate: None, all: false }).unwrap(), []);
    assert_eq!(dpo.call(Mentions { certificate: None, all: true }).unwrap().len(), 1);
    assert_eq!(dpo.call(CertificateGet { number: 1 }).unwrap().mentions_open, 0);
    assert_eq!(doctor(), ["1 erasures, nothing is left to do"]);
    verified(&dpo);
}

#[test]
fn what_others_write_meanwhile_is_not_lost_sight_of() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let anna = add(&owner, person("Anna", "030 901820", "anna@example.com")).unwrap().id;
    let people = [SubjectId(anna)];
    let (batch, _) = fixture.service.batch(&people, Ground::Retention, now(&fixture)).unwrap();
    hold(&fixture, anna, "2030-01-01");
    let done = fixture.service.erase_found(batch, &order(Ground::Retention), now(&fixture)).unwrap();
    assert!(done.is_none(), "the hold came first");
    let error = fixture.service.erase_batch(&people, &order(Ground::Retention), now(&fixture)).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    let (batch, _) = fixture
        .service
        .batch(
            &[SubjectId(add(&owner, person("Bert", "", "")).unwrap().id)],
            Ground::Retention,
            now(&fixture),
        )
        .unwrap();
    note(&owner, anna, "about somebody else");
    assert!(fixture.service.erase_found(batch, &order(Ground::Retention), now(&fixture)).unwrap().is_some());
}

#[test]
fn an_undo_brings_nobody_back() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let anna = add(&owner, person("Anna", "030 901820", "anna@example.com")).unwrap().id;
    crate::service::tests::edit(&owner, anna, "job_title", "Head", None).unwrap();
    erase(&fixture, anna);
    assert_eq!(owner.call(Undo { seq: None }).unwrap_err().code, Code::NotFound);
    assert_eq!(owner.call(Restore { kind: RecordKind::Contact, id: anna }).unwrap_err().code, Code::NotFound);
    let log = owner.call(Activity { before: None, limit: 50 }).unwrap();
    assert!(!format!("{log:?}").contains("Anna"), "{log:?}");
    assert!(log.iter().any(|entry| entry.erased), "what was done shows, of whom does not");
}

/// While nobody active in another role has it, the owner erases; then no more.
#[test]
fn a_store_without_an_officer_can_still_erase() {
    let user = |name: &str, role: crate::domain::user::Role, inactive| crate::domain::user::User {
        name: name.into(),
        unix: name.into(),
        role: role.into(),
        inactive,
        ..crate::domain::user::User::default()
    };
    use crate::domain::user::Role;
    let fixture = Fixture::of(vec![user("owner", Role::Owner, false), user("dora", Role::Dpo, true)]);
    let owner = fixture.client("owner");
    let anna = add(&owner, person("Anna", "030 901820", "anna@example.com")).unwrap().id;
    let number = requested(&owner, anna);
    let explained = |client: &Client| {
        let ask = AccessExplain { user: None, contact: ContactId(anna), field: None };
        client.call(ask).unwrap().steps.iter().any(|step| step.rule == "vacant")
    };
    assert!(explained(&owner));
    let page = owner.call(List {
        kind: RecordKind::User,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    });
    let dora = page.unwrap().items.into_iter().find(|view| view.title == "dora").unwrap().id;
    let activate = |text: &str| {
        let fields = vec![FieldEdit::text("inactive", text)];
        owner.call(Edit { kind: RecordKind::User, id: dora, fields, expect_revision: None }).unwrap();
    };
    activate("no");
    assert!(!explained(&owner));
    assert_eq!(owner.call(ask(anna, Some(number))).unwrap_err().code, Code::Denied);
    activate("yes");
    owner.call(ask(anna, Some(number))).unwrap();
    assert_eq!(find(&owner, ""), Vec::<String>::new());
}
