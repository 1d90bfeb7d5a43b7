//! Requests of persons, restriction, rectification, objection: the stories of scenarios 9, 10 and 12.

use std::sync::atomic::Ordering;

use uuid::Uuid;

use super::gate_tests::say;
use super::tests::{Fixture, add, anna, edit, find, verified};
use crate::api::event::Event;
use crate::api::rights::Restricted;
use crate::api::work::{RequestCard, RequestView};
use crate::api::*;
use crate::client::Client;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, State, Way};
use crate::domain::draft::{Draft, Form};
use crate::domain::edit::{FieldEdit, Incoming};
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::request::{IdentityCheck, IdentityOutcome, RequestState, RestrictionReason, Right};
use crate::domain::suppression::{Class, Reason, Scope};
use crate::domain::task::TaskField;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn to(fixture: &Fixture, text: &str) {
    let at = Timestamp::start_of(day(text).0).millis() + 10 * 3_600_000;
    fixture.clock.0.store(at, Ordering::SeqCst);
}

pub(super) fn open(client: &Client, contact: Uuid, right: Right, received: &str) -> RequestView {
    let (person, language, how) = (String::new(), None, "by letter".to_owned());
    let (contact, received) = (Some(ContactId(contact)), Some(day(received)));
    let words = "These are my words.".to_owned();
    client.call(RequestOpen { contact, person, language, right, received, how, words }).unwrap()
}

fn show(client: &Client, number: i64) -> RequestCard {
    client.call(RequestShow { number }).unwrap()
}

fn extend(
    client: &Client,
    number: i64,
    told: Option<&str>,
) -> Result<crate::api::work::RequestDecided, Error> {
    client.call(RequestExtend { number, reason: "many records".into(), told: told.map(day) })
}

fn restrict(client: &Client, contact: Uuid, request: Option<i64>) -> Result<Restricted, Error> {
    let (contact, until, terms) = (ContactId(contact), None, "the address is checked".to_owned());
    client.call(SubjectRestrict { contact, request, reason: RestrictionReason::Accuracy, until, terms })
}

fn lift(client: &Client, contact: Uuid, told: Option<&str>) -> Result<Restricted, Error> {
    let (contact, reason) = (ContactId(contact), "the address is right now".to_owned());
    client.call(SubjectLift { contact, reason, told: told.map(day) })
}

fn set(client: &Client, field: &str, text: &str) -> Result<Edited, Error> {
    let settings = client
        .call(List {
            kind: RecordKind::Settings,
            query: String::new(),
            sort: String::new(),
            window: Window::default(),
            columns: vec![],
        })
        .unwrap();
    let (kind, id, expect_revision) = (RecordKind::Settings, settings.items[0].id, None);
    client.call(Edit { kind, id, fields: vec![FieldEdit::text(field, text)], expect_revision })
}

/// Somebody else than Anna, of whom the numbers and addresses are one's own.
fn other(name: &str, phone: &str) -> Vec<FieldEdit> {
    let mut fields = anna();
    fields.retain(|edit| !matches!(edit.field.as_str(), "given_name" | "phones" | "emails"));
    fields.push(FieldEdit::text("given_name", name));
    fields.push(FieldEdit::text("phones", phone));
    fields
}

/// Scenario 10: received on the 31st, a holiday at the end, an extension that comes a day late.
#[test]
fn a_request_received_on_the_31st_is_extended_in_time_or_not_at_all() {
    let fixture = Fixture::new();
    let (rep, dpo) = (fixture.client("rep"), fixture.client("dpo"));
    let id = add(&rep, anna()).unwrap().id;
    to(&fixture, "2027-01-31");
    // Whoever hears of it takes it in.
    let first = open(&rep, id, Right::Access, "2027-01-31");
    assert_eq!((first.number, first.due, first.days_left), (1, Some(day("2027-03-01")), Some(29)));
    let second = open(&rep, id, Right::Portability, "2027-01-31").number;
    assert_eq!(
        show(&rep, 1).moved,
        ["2027-02-28: Sunday"],
        "there is no 31st of February, and the 28th is a Sunday"
    );
    assert!(dpo.call(Today {}).unwrap().requests.is_empty(), "a month is no alarm");
    to(&fixture, "2027-02-22");
    let alarms = dpo.call(Today {}).unwrap().requests;
    assert_eq!(
        alarms.iter().map(|one| (one.number, one.days_left, one.overdue)).collect::<Vec<_>>(),
        [(1, Some(7), false), (2, Some(7), false)]
    );
    // On the last day of the month it is in time; a day later it is not.
    to(&fixture, "2027-03-01");
    assert_eq!(extend(&rep, 1, None).unwrap_err().code, Code::Denied, "a rep carries nothing out");
    let decided = extend(&dpo, 1, None).unwrap();
    assert_eq!(decided.request.due, Some(day("2027-04-30")), "three months from receipt, counted afresh");
    assert!(
        decided.letter.contains("30. April 2027") && decided.letter.contains("many records"),
        "{}",
        decided.letter
    );
    assert!(
        decided.warnings.iter().any(|one| one.contains("supervisory authority")),
        "{:?}",
        decided.warnings
    );
    assert_eq!(extend(&dpo, 1, None).unwrap_err().code, Code::Conflict);
    to(&fixture, "2027-03-02");
    for told in [None, Some("2027-03-02")] {
        let late = extend(&dpo, second, told).unwrap_err();
        assert_eq!((late.code, late.field.as_deref()), (Code::Refused, Some("told")));
        assert!(late.message.contains("2027-03-01"), "{late}");
    }
    let alarm = dpo.call(Today {}).unwrap().requests;
    assert_eq!((alarm.len(), alarm[0].number, alarm[0].overdue, alarm[0].days_left), (1, 2, true, Some(-1)));
    // The person was told in time, and it is written down a day late: that is no late extension.
    assert_eq!(extend(&dpo, second, Some("2027-01-30")).unwrap_err().field.as_deref(), Some("told"));
    assert_eq!(extend(&dpo, second, Some("2027-03-03")).unwrap_err().field.as_deref(), Some("told"));
    extend(&dpo, second, Some("2027-02-28")).unwrap();
    // Three public holidays and a Sunday at the end of a month.
    let christmas = open(&rep, id, Right::Erasure, "2026-11-25");
    assert_eq!(christmas.due, Some(day("2026-12-28")));
    assert!(christmas.overdue && show(&rep, christmas.number).moved.len() == 3);
    fixture.reload();
    assert_eq!(show(&dpo, 1).request.due, Some(day("2027-04-30")));
    verified(&dpo);
}

#[test]
fn a_part_of_the_country_has_its_own_holidays() {
    let fixture = Fixture::new();
    let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
    let id = add(&rep, anna()).unwrap().id;
    to(&fixture, "2027-10-02");
    assert_eq!(open(&rep, id, Right::Access, "2027-10-01").due, Some(day("2027-11-01")));
    set(&owner, "region", "DE-BY").unwrap();
    assert_eq!(open(&rep, id, Right::Access, "2027-10-01").due, Some(day("2027-11-02")));
    for wrong in ["FR-67", "DE", "DE-", "DE-BAYERN", "Bayern"] {
        assert_eq!(set(&owner, "region", wrong).unwrap_err().field.as_deref(), Some("region"), "{wrong}");
    }
}

#[test]
fn a_check_of_identity_pauses_nothing_silently() {
    let fixture = Fixture::new();
    let (rep, dpo) = (fixture.client("rep"), fixture.client("dpo"));
    let id = add(&rep, anna()).unwrap().id;
    to(&fixture, "2027-06-01");
    let number = open(&rep, id, Right::Access, "2027-06-01").number;
    let identify = |method, outcome, on: Option<&str>| {
        dpo.call(RequestIdentify { number, method, outcome, on: on.map(day) })
    };
    assert_eq!(show(&dpo, number).due_by_identity, None);
    identify(None, IdentityOutcome::Asked, None).unwrap();
    to(&fixture, "2027-06-15");
    let card = show(&dpo, number);
    assert_eq!(card.request.due, Some(day("2027-07-01")), "the alarms go by receipt");
    assert_eq!(card.due_by_identity, Some(day("2027-07-15")), "while nobody has answered, as of today");
    assert_eq!(identify(None, IdentityOutcome::Confirmed, None).unwrap_err().code, Code::Usage);
    assert_eq!(
        identify(Some(IdentityCheck::CallBack), IdentityOutcome::Confirmed, Some("2027-05-31"))
            .unwrap_err()
            .code,
        Code::Refused
    );
    identify(Some(IdentityCheck::CallBack), IdentityOutcome::Confirmed, Some("2027-06-10")).unwrap();
    to(&fixture, "2027-06-20");
    let card = show(&dpo, number);
    assert_eq!((card.request.due, card.due_by_identity), (Some(day("2027-07-01")), Some(day("2027-07-12"))));
    assert_eq!(card.request.identity, Some(IdentityOutcome::Confirmed));
}

#[test]
fn all_eight_rights_are_registered_also_of_somebody_unknown() {
    let fixture = Fixture::new();
    let (rep, dpo, lead) = (fixture.client("rep"), fixture.client("dpo"), fixture.client("lead"));
    let id = add(&rep, anna()).unwrap().id;
    to(&fixture, "2027-06-01");
    for right in Right::ALL {
        assert_eq!(open(&rep, id, *right, "2027-06-01").right, right.word());
    }
    let unknown = |person: &str, contact: Option<ContactId>| {
        let (person, language, received) = (person.to_owned(), "fr".parse().ok(), None);
        let (how, words) = ("by mail".into(), "What do you know of me?".into());
        rep.call(RequestOpen { contact, person, language, right: Right::Access, received, how, words })
    };
    assert_eq!(unknown(" ", None).unwrap_err().code, Code::Usage);
    assert_eq!(unknown("Claire", Some(ContactId(id))).unwrap_err().code, Code::Usage);
    let claire = unknown("Claire Inconnue\n1 rue du Test, Lyon", None).unwrap();
    assert_eq!((claire.contact, claire.name.as_str(), claire.number), (None, "Claire Inconnue", 9));
    fixture.reload();
    // Who took it in sees it, and who carries it out; nobody else.
    assert_eq!(show(&rep, 9).request.name, "Claire Inconnue");
    assert_eq!(lead.call(RequestShow { number: 9 }).unwrap_err().code, Code::NotFound);
    let all = |client: &Client| {
        client.call(Requests { before: None, state: None, right: None, about: None }).unwrap()
    };
    assert_eq!((all(&dpo).len(), all(&rep).len(), all(&lead).len()), (9, 9, 0), "Anna is the rep's");
    let access = Requests { before: None, state: None, right: Some(Right::Access), about: None };
    assert_eq!(dpo.call(access).unwrap().len(), 2);
    dpo.call(RequestAssign { number: 9, user: "owner".into() }).unwrap();
    assert_eq!(show(&dpo, 9).request.assigned, "owner");
    let refused =
        dpo.call(RequestRefuse { number: 9, reason: "Nobody here can tell who you are.".into() }).unwrap();
    assert_eq!(refused.request.state, RequestState::Refused);
    for part in
        ["Claire Inconnue", "1 rue du Test, Lyon", "articles 77 et 79", "Nobody here can tell who you are"]
    {
        assert!(refused.letter.contains(part), "{part}: {}", refused.letter);
    }
    assert_eq!(dpo.call(RequestRefuse { number: 9, reason: "x".into() }).unwrap_err().code, Code::Conflict);
    assert_eq!(dpo.call(RequestRefuse { number: 1, reason: " ".into() }).unwrap_err().code, Code::Refused);
    assert_eq!(dpo.call(RequestRefuse { number: 77, reason: "x".into() }).unwrap_err().code, Code::NotFound);
    // There are no automated decisions, and the person is told so (R54).
    assert!(show(&dpo, 8).letter.contains("kein Profil"), "{}", show(&dpo, 8).letter);
    let close = |number, hash: &str| {
        let (delivered_by, delivered_at) = ("letter".into(), None);
        dpo.call(RequestClose { number, delivered_by, delivered_at, sha256: hash.into() })
    };
    assert_eq!(close(8, "abc").unwrap_err().code, Code::Usage);
    let closed = close(8, &"a".repeat(64)).unwrap();
    assert_eq!((closed.request.state, closed.request.days_left), (RequestState::Done, None));
    assert!(closed.warnings.iter().any(|one| one.contains("who asks")), "{:?}", closed.warnings);
    let open = Requests { before: None, state: Some(RequestState::Open), right: None, about: None };
    assert_eq!(dpo.call(open).unwrap().len(), 7);
    verified(&dpo);
}

/// Scenario 9: two people share a number, and one of them objects.
#[test]
fn an_objection_from_a_shared_number_is_one_persons_and_stops_the_number_for_both() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let anna = add(&owner, other("Anna", "+49 30 901820")).unwrap().id;
    let ben = add(&owner, other("Ben", "+49 30 901820")).unwrap().id;
    for id in [anna, ben] {
        say(&owner, id, ConsentKind::Given, "sales", Channel::Phone);
    }
    to(&fixture, "2026-06-08");
    let may_call = |id: Uuid| {
        let (contact, purpose, number) = (ContactId(id), "sales".to_owned(), None);
        owner.call(CallCheck { contact, purpose, number }).unwrap()
    };
    assert!(may_call(anna).allowed && may_call(ben).allowed);
    let number = open(&owner, anna, Right::Objection, "2026-06-08").number;
    let object = |contact: Uuid, request| {
        let (contact, purpose, words, zone) = (ContactId(contact), None, String::new(), String::new());
        dpo.call(SubjectObject { contact, request, purpose, objection: true, words, way: Way::Letter, zone })
    };
    assert_eq!(object(ben, Some(number)).unwrap_err().code, Code::Refused, "it is another person's request");
    let wrong = open(&owner, anna, Right::Access, "2026-06-08").number;
    assert_eq!(object(anna, Some(wrong)).unwrap_err().code, Code::Refused, "it asks for something else");
    let objected = object(anna, Some(number)).unwrap();
    assert!(objected.lines.iter().all(|line| line.standing.state == State::Objected));
    assert_eq!(objected.request.unwrap().state, RequestState::Done);
    assert_eq!(objected.shared, [(ContactId(ben), "Ben Schmidt".to_owned(), "+49 30 901820".to_owned())]);
    let book = dpo.call(Consents { contact: ContactId(anna), at: None }).unwrap();
    let words =
        book.events.last().unwrap().record.text(crate::domain::consent::ConsentField::words.key()).to_owned();
    assert_eq!(words, "These are my words.", "what the person wrote is in the request");
    assert!(!may_call(anna).allowed && !may_call(ben).allowed, "whoever answers there is left alone");
    assert_eq!(object(anna, Some(number)).unwrap_err().code, Code::Conflict, "it is done");
    // Whoever answers at that number is left alone, whoever it is.
    let of = Typed { class: Class::Phone, text: "030 901820".into(), country: String::new() };
    let (scope, reason, words) = (Scope::Marketing, Reason::Objection, "asked at the door".to_owned());
    dpo.call(Suppress { of, scope, reason, words }).unwrap();
    assert!(!may_call(ben).allowed);
    verified(&dpo);
}

#[test]
fn a_correction_is_told_to_everybody_who_was_given_the_data() {
    let fixture = Fixture::new();
    let (owner, dpo, rep) = (fixture.client("owner"), fixture.client("dpo"), fixture.client("rep"));
    let id = add(&owner, anna()).unwrap().id;
    say(&owner, id, ConsentKind::Given, "sales", Channel::Phone);
    let more = |fields: &[(&str, &str)]| {
        let fields = fields.iter().map(|(field, text)| FieldEdit::text(field, *text)).collect();
        owner.call(Add { kind: RecordKind::Recipient, about: None, fields }).unwrap()
    };
    for (name, title) in [("mailer", "Mailer GmbH"), ("printer", "Printer GmbH"), ("never", "Never GmbH")] {
        let list = "a, b, c, d, e, f, g, h";
        let fields = [("name", name), ("title", title), ("role", "processor"), ("country", "DE")];
        more(
            &[
                &fields[..],
                &[("agreement", "cabinet 4"), ("checklist", list), ("contact", "privacy@example.com")],
            ]
            .concat(),
        );
    }
    let sales = fixture.service.read_world().consents.named("sales").unwrap().1.id;
    let fields = vec![FieldEdit::text("recipients", "mailer, printer, never")];
    owner.call(Edit { kind: RecordKind::Purpose, id: sales, fields, expect_revision: None }).unwrap();
    for to in ["mailer", "printer", "mailer", ""] {
        let (query, purpose, window, columns) =
            (String::new(), "sales".to_owned(), Window::default(), vec![]);
        let (channel, to, run) = (Channel::Phone, to.to_owned(), None);
        owner.call(Export { query, purpose, channel, window, columns, to, run }).unwrap();
    }
    let contact = ContactId(id);
    let (place, tell, what) =
        ("https://example.com/team".to_owned(), "web team".to_owned(), "name".to_owned());
    let published = owner.call(PublicationAdd { contact, place, what, tell, published_on: None }).unwrap();
    let given = dpo.call(GivenTo { contact }).unwrap();
    let names: Vec<(&str, u64)> = given.recipients.iter().map(|one| (one.name.as_str(), one.times)).collect();
    assert_eq!(names, [("mailer", 2), ("printer", 1)], "who was given nothing is not told");
    let seen = rep.call(GivenTo { contact }).unwrap();
    assert_eq!(
        (seen.recipients.len(), seen.publications.len()),
        (0, 1),
        "exports are none of a rep's business"
    );
    to(&fixture, "2026-06-08");
    let number = open(&rep, id, Right::Rectification, "2026-06-08").number;
    let rectify = |client: &Client, field: &str, text: &str, request| {
        let (fields, expect_revision) = (vec![FieldEdit::text(field, text)], None);
        client.call(SubjectRectify { contact, request, fields, expect_revision })
    };
    assert_eq!(rectify(&rep, "family_name", "Schmitt", Some(number)).unwrap_err().code, Code::Denied);
    let done = rectify(&dpo, "family_name", "Schmitt", Some(number)).unwrap();
    let told: Vec<&str> = done.tasks.iter().map(|(_, whom)| whom.as_str()).collect();
    assert_eq!(told, ["mailer", "printer", "https://example.com/team"]);
    let tasks = |client: &Client| {
        let tasks = client.call(Tasks { owner: String::new(), before: None, about: Some(contact) }).unwrap();
        tasks.iter().map(|one| one.task.text(TaskField::text.key()).to_owned()).collect::<Vec<_>>()
    };
    let all = tasks(&dpo);
    assert_eq!(all.len(), 3);
    assert!(
        all.iter()
            .any(|one| one.contains("Mailer GmbH (privacy@example.com)") && one.contains("Family name")),
        "{all:?}"
    );
    assert!(
        rectify(&dpo, "family_name", "Schmitt", Some(number)).unwrap().tasks.is_empty(),
        "nothing changed"
    );
    // An edit by who answers persons, while the person waits for a correction, is one.
    dpo.call(PublicationWithdraw { id: published.id }).unwrap();
    edit(&dpo, id, "given_name", "Anne", None).unwrap();
    assert_eq!(tasks(&dpo).len(), 5, "what was taken away needs nobody told");
    edit(&rep, id, "job_title", "Buyer", None).unwrap();
    assert_eq!(tasks(&dpo).len(), 5, "a rep's edit is an edit");
    // Told of a restriction, and of its end.
    let restricted = restrict(&dpo, id, Some(number)).unwrap();
    assert_eq!(restricted.tasks.len(), 2);
    assert!(tasks(&rep).is_empty(), "they are about somebody who is not there for a rep");
    assert_eq!(lift(&dpo, id, Some("2026-06-08")).unwrap().tasks.len(), 2);
    fixture.reload();
    assert_eq!(tasks(&rep).len(), 9);
    verified(&dpo);
}

fn contacts(client: &Client, query: &str) -> u64 {
    let (sort, window, columns) = (String::new(), Window::default(), vec![]);
    client.call(List { kind: RecordKind::Contact, query: query.into(), sort, window, columns }).unwrap().total
}

/// Scenario 12: who is restricted is in nothing that anybody but the officer is shown, and nothing changes them.
#[test]
fn whoever_is_restricted_is_there_for_the_officer_alone_and_nothing_changes_them() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let (rep, lead) = (fixture.client("rep"), fixture.client("lead"));
    let mut fields = other("Canary", "+49 30 901820");
    fields.extend([FieldEdit::text("tags", "cage"), FieldEdit::text("supplier", "Messe AG")]);
    fields.retain(|edit| edit.field != "basis");
    fields.push(FieldEdit::text("basis", "contract"));
    let id = add(&owner, fields.clone()).unwrap().id;
    let double = add(&owner, other("Canary", "+49 30 901829")).unwrap().id;
    let contact = ContactId(id);
    say(&owner, id, ConsentKind::Given, "sales", Channel::Phone);
    edit(&rep, id, "job_title", "Buyer", None).unwrap();
    owner.call(Merge { keep: contact, other: ContactId(double), dry_run: false }).unwrap();
    to(&fixture, "2026-06-08");
    let task = |client: &Client| {
        let fields =
            vec![FieldEdit::text("text", "ring back"), FieldEdit::text("due", "2026-06-08T09:00:00Z")];
        client.call(Add { kind: RecordKind::Task, about: Some(contact), fields }).unwrap().id
    };
    task(&rep);
    let (name, purpose, query, team) =
        ("Fair".to_owned(), "sales".to_owned(), "tag:cage".to_owned(), String::new());
    assert_eq!(owner.call(CallListMake { name, purpose, query, team }).unwrap().size, 1);
    let number = open(&rep, id, Right::Restriction, "2026-06-08").number;
    let form = Form { kind: RecordKind::Note, id: None, about: Some(id) };
    let at = Timestamp::from_millis(fixture.clock.0.load(Ordering::SeqCst));
    rep.call(KeepDraft { draft: Draft { form, texts: vec![], at } }).unwrap();

    // Somebody has the person open, and hears that they are gone.
    let session = fixture.service.session_of("rep").unwrap();
    fixture.service.listen(&session, Box::new(|| {}));
    let present = Present { kind: RecordKind::Contact, id: Some(id) };
    fixture.service.call(&session, present.into_request()).unwrap();
    let _ = fixture.service.events(&session);
    assert_eq!(restrict(&owner, id, Some(number)).unwrap_err().code, Code::Denied);
    let restricted = restrict(&dpo, id, Some(number)).unwrap();
    assert_eq!(restricted.reason, Some(RestrictionReason::Accuracy));
    let events = fixture.service.events(&session);
    assert!(events.contains(&Event::Gone(id)), "{events:?}");
    assert!(!events.iter().any(|one| matches!(one, Event::Changed(_))), "and nothing else: {events:?}");
    assert_eq!(restrict(&dpo, id, None).unwrap_err().code, Code::Conflict);

    for round in ["at once", "after a restart"] {
        for (name, client) in [("owner", &owner), ("rep", &rep), ("lead", &lead)] {
            for query in
                ["", "canary", "is:restricted", "030 901820", "tag:cage", "supplier:messe", "is:deleted"]
            {
                assert_eq!(contacts(client, query), 0, "{round}: {name}: {query}");
            }
            for field in ["tag", "supplier", "company", "job_title"] {
                let complete = Complete {
                    kind: RecordKind::Contact,
                    field: field.into(),
                    prefix: String::new(),
                    limit: 9,
                };
                assert!(client.call(complete).unwrap().is_empty(), "{round}: {name}: {field}");
            }
            let gone = [
                client.call(Get { kind: RecordKind::Contact, id, at: None }).map(drop),
                client.call(Consents { contact, at: None }).map(drop),
                client.call(CallCheck { contact, purpose: "sales".into(), number: None }).map(drop),
                edit(client, id, "job_title", "x", None).map(drop),
                client.call(Delete { kind: RecordKind::Contact, id, expect_revision: None }).map(drop),
                client.call(Restore { kind: RecordKind::Contact, id: double }).map(drop),
                client.call(RequestShow { number }).map(drop),
            ];
            for one in gone {
                assert_eq!(one.unwrap_err().code, Code::NotFound, "{round}: {name}");
            }
            // Who audits sees that there is a history, and nothing of it.
            let history = client.call(History { kind: RecordKind::Contact, id });
            assert!(!format!("{history:?}").contains("Canary"), "{round}: {name}: {history:?}");
            // Who runs the store is told how big it is.
            let runs = u64::from(name == "owner");
            assert_eq!(client.call(Status {}).unwrap().contacts, runs, "{round}: {name}");
            assert!(client.call(Duplicates { limit: None }).unwrap().is_empty());
            let day = client.call(Today {}).unwrap();
            assert!(
                day.tasks.is_empty()
                    && day.calls.is_empty()
                    && day.requests.is_empty()
                    && day.lists.is_empty()
            );
            assert!(
                client.call(Tasks { owner: String::new(), before: None, about: None }).unwrap().is_empty()
            );
            assert!(client.call(Drafts {}).unwrap().is_empty(), "{round}: {name}");
            let lists = client.call(CallLists { closed: true }).unwrap();
            assert_eq!((lists[0].size, lists[0].states.len()), (0, 0), "{round}: {name}");
            let activity = client.call(Activity { before: None, limit: 1_000 }).unwrap();
            // Who audits sees that something happened, and not to whom.
            assert!(!format!("{activity:?}").contains("Canary"), "{round}: {name}");
            // Somebody new has the number: it is taken, and nobody says by whom.
            let similar = client.call(FindSimilar { fields: fields.clone(), except: None }).unwrap();
            let said: Vec<_> = similar.iter().map(|one| (one.id, one.ask.as_str())).collect();
            assert_eq!(said, [(None, "the data protection officer")], "{round}: {name}");
        }
        // Nobody's bulk edit, export or import reaches them.
        for targets in [Targets::Query(String::new()), Targets::Ids(vec![id, double])] {
            let deed = Deed::Edit(vec![FieldEdit::text("job_title", "x")]);
            let bulk = Bulk { kind: RecordKind::Contact, targets, deed, dry_run: false, expect: None };
            assert_eq!(owner.call(bulk).unwrap().changed, 0, "{round}");
        }
        let (query, purpose, window, columns) =
            (String::new(), "sales".to_owned(), Window::default(), vec![]);
        let (channel, to, run) = (Channel::Phone, String::new(), None);
        let page = owner.call(Export { query, purpose, channel, window, columns, to, run }).unwrap().page;
        assert!(page.items.is_empty() && page.withheld.is_empty(), "{round}: not even counted: {page:?}");
        let row = Incoming { row: 1, fields: fields.clone(), notes: vec!["new".into()] };
        let import = Import { rows: vec![row], provenance: Provenance::default(), dry_run: false };
        let report = owner.call(import).unwrap();
        assert_eq!(report.rows[0].outcome, Outcome::Rejected, "{round}: {:?}", report.rows);
        let merge = Merge { keep: contact, other: ContactId(double), dry_run: true };
        assert_eq!(owner.call(merge).unwrap_err().code, Code::NotFound);
        fixture.reload();
    }
    assert_eq!(owner.call(CallListNext { list: "Fair".into() }).unwrap(), None, "nobody is called");
    // What one did before is not taken back, for the person is not there.
    assert_eq!(rep.call(Undo { seq: None }).map(drop).unwrap_err().code, Code::NotFound);
    // A consent that ends meanwhile is left as it is.
    fixture.days_later(3 * 365);
    assert_eq!(owner.call(SweepConsents { dry_run: false }).unwrap().expired, 0);

    // The officer sees them, marked as such, and does no more with them than the right allows.
    assert_eq!(contacts(&dpo, "is:restricted"), 1);
    assert_eq!(find(&dpo, "canary"), ["Canary Schmidt"]);
    let card = dpo.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap().record;
    assert_eq!(card.text(crate::domain::contact::ContactField::restricted_for.key()), "accuracy");
    assert!(show(&dpo, number).request.restricted);
    for refused in [
        dpo.call(Delete { kind: RecordKind::Contact, id, expect_revision: None }).map(drop),
        dpo.call(CallBegin { contact, purpose: "sales".into(), number: None, language: None, list: None })
            .map(drop),
        dpo.call(Undo { seq: Some(history(&dpo, id)) }).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code, Code::Refused);
    }
    let reach = Reachable {
        query: String::new(),
        purpose: "contract".into(),
        channel: None,
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    let page = dpo.call(reach).unwrap();
    assert_eq!((page.total, page.withheld.get("restricted")), (0, Some(&1)));
    // It ends when the person was told, and not before.
    let drafted = lift(&dpo, id, None).unwrap();
    assert!(drafted.since.is_some() && drafted.letter.contains("Artikel 18"), "{}", drafted.letter);
    assert_eq!(contacts(&rep, "canary"), 0);
    assert_eq!(lift(&dpo, id, Some("2026-06-01")).unwrap_err().field.as_deref(), Some("told"));
    assert_eq!(lift(&dpo, id, Some("2099-01-01")).unwrap_err().field.as_deref(), Some("told"));
    assert_eq!(lift(&rep, id, Some("2026-06-09")).unwrap_err().code, Code::Denied);
    let lifted = lift(&dpo, id, Some("2026-06-09")).unwrap();
    assert_eq!((lifted.since, lifted.reason), (None, None));
    assert_eq!((contacts(&rep, "canary"), contacts(&rep, "is:deleted")), (1, 1));
    let card = rep.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap().record;
    let said = card.text(crate::domain::contact::ContactField::restriction_lifted.key());
    assert!(said.contains("the address is right now") && said.contains("2026-06-09"), "{said}");
    assert_eq!(lift(&dpo, id, None).unwrap_err().code, Code::Refused);
    // And not by taking it back, either way.
    assert_eq!(dpo.call(Undo { seq: Some(history(&dpo, id)) }).unwrap_err().code, Code::Refused);
    fixture.reload();
    assert_eq!(contacts(&rep, "canary"), 1);
    verified(&dpo);
}

/// The number of the last change of a contact.
fn history(client: &Client, id: Uuid) -> u64 {
    client.call(History { kind: RecordKind::Contact, id }).unwrap()[0].seq
}
