//! Call lists, tasks, requests and the day's work.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use super::tests::{Fixture, add, anna, verified};
use crate::api::work::{CallListView, NextCall, PutBack};
use crate::api::*;
use crate::client::Client;
use crate::domain::answers::CallAnswers;
use crate::domain::call::{Answered, EntryState};
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, Way};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::request::Right;
use crate::domain::task::TaskField;
use crate::domain::time::Timestamp;

const MINUTE: i64 = 60_000;

fn person(owner: &Client, n: usize, agrees: bool) -> ContactId {
    let mut fields = anna();
    fields.retain(|edit| !matches!(edit.field.as_str(), "phones" | "emails" | "family_name"));
    fields.push(FieldEdit::text("family_name", format!("Person {}", 10 + n)));
    fields.push(FieldEdit::text("phones", format!("+49 30 90{}", 1000 + n)));
    fields.push(FieldEdit::text("tags", "fair"));
    let contact = ContactId(add(owner, fields).unwrap().id);
    if agrees {
        let said = vec![Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::InPerson, "yes")];
        owner.call(ConsentRecord { contact, said }).unwrap();
    }
    contact
}

fn make(client: &Client, name: &str, query: &str) -> Result<CallListView, Error> {
    let (name, query) = (name.to_owned(), query.to_owned());
    client.call(CallListMake { name, purpose: "sales".into(), query, team: String::new() })
}

fn next(client: &Client, list: &str) -> Option<NextCall> {
    client.call(CallListNext { list: list.into() }).unwrap()
}

fn progress(client: &Client) -> CallListView {
    client.call(CallLists { closed: true }).unwrap().remove(0)
}

fn put(client: &Client, contact: ContactId, put: PutBack) -> Result<(), Error> {
    client.call(CallListPut { list: "Fair".into(), contact, put })
}

fn now(fixture: &Fixture) -> i64 {
    fixture.clock.0.load(Ordering::SeqCst)
}

fn called(fixture: &Fixture, client: &Client, contact: ContactId, by: Answered) {
    let ended = now(fixture) + 5 * MINUTE;
    fixture.clock.0.store(ended + 1, Ordering::SeqCst);
    let mut said = CallAnswers::dialled("sales", Timestamp::from_millis(ended - MINUTE));
    said.answered_by = by;
    said.answered_at = (by == Answered::Person).then(|| Timestamp::from_millis(ended - MINUTE));
    said.ended_at = Some(Timestamp::from_millis(ended));
    client.call(CallRecord { contact, answers: said }).unwrap();
}

#[test]
fn a_list_holds_who_may_be_called_and_counts_the_others() {
    let fixture = Fixture::new();
    let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
    let people: Vec<ContactId> = (0..4).map(|n| person(&owner, n, n != 1)).collect();
    assert_eq!(
        make(&rep, "Fair", "tag:fair").unwrap_err().code,
        Code::Denied,
        "a list is made by who may do many at once"
    );
    assert_eq!(make(&owner, "", "tag:fair").unwrap_err().code, Code::Usage);
    assert!(make(&owner, "Fair", "tag:nosuch").unwrap_err().hint.unwrap().contains("finds nobody"));
    let made = make(&owner, "Fair", "tag:fair").unwrap();
    assert_eq!((made.size, made.left_out.clone()), (3, vec![("basis".to_owned(), 1)]));
    assert_eq!(make(&owner, "Fair", "tag:fair").unwrap_err().code, Code::Conflict);
    // One after another, each held for whoever took them.
    let first = next(&owner, "Fair").unwrap();
    assert_eq!(
        (first.contact, next(&owner, "Fair").unwrap().contact),
        (people[0], people[0]),
        "the same until it is done"
    );
    let second = next(&rep, "Fair").unwrap();
    assert_eq!(second.contact, people[2]);
    let by_rep =
        CallBegin { contact: people[0], purpose: "sales".into(), number: None, language: None, list: None };
    assert_eq!(rep.call(by_rep).unwrap_err().code, Code::Conflict, "owner has this person");
    assert_eq!(put(&rep, people[0], PutBack::Release).unwrap_err().code, Code::Conflict);
    called(&fixture, &owner, first.contact, Answered::Person);
    let list = progress(&owner);
    assert_eq!(
        (list.count(EntryState::Done), list.count(EntryState::Claimed), list.count(EntryState::Open)),
        (1, 1, 1)
    );
    assert_eq!(list.done_by, [("owner".to_owned(), 1)]);
    // Nobody answered: tried again in another part of the day.
    called(&fixture, &rep, second.contact, Answered::Nobody);
    let card = owner.call(CallListShow { list: list.id.to_string() }).unwrap();
    assert_eq!((card.places[1].state, card.places[1].attempts), (EntryState::Later, 1));
    assert!(card.places[1].due.is_some());
    // Who withdraws meanwhile is withheld, and not dialled.
    let (purpose, channel, at, zone) = (None, None, None, String::new());
    let (words, way) = ("no".to_owned(), Way::Mail);
    let contact = people[3];
    owner
        .call(ConsentWithdraw { contact, purpose, channel, words, way, at, zone, objection: false })
        .unwrap();
    assert!(next(&rep, "Fair").is_none());
    let card = owner.call(CallListShow { list: "Fair".into() }).unwrap();
    assert_eq!((card.places[2].state, card.places[2].reason.as_str()), (EntryState::Withheld, "withdrawal"));
    fixture.reload();
    fixture.clock.0.fetch_add(4 * 60 * MINUTE, Ordering::SeqCst);
    assert_eq!(next(&owner, "Fair").unwrap().contact, people[2], "the time has come");
    let later = Timestamp::from_millis(now(&fixture) + 60 * MINUTE);
    put(&owner, people[2], PutBack::Later { at: later }).unwrap();
    assert!(put(&owner, people[2], PutBack::Later { at: Timestamp::from_millis(0) }).is_err());
    assert!(next(&owner, "Fair").is_none());
    put(&owner, people[2], PutBack::Skip { reason: "on holiday".into() }).unwrap();
    assert_eq!(progress(&owner).count(EntryState::Skipped), 1);
    owner.call(CallListClose { list: "Fair".into() }).unwrap();
    let error = owner.call(CallListNext { list: "Fair".into() }).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    assert!(owner.call(CallListNext { list: "Fairr".into() }).unwrap_err().hint.unwrap().contains("Fair"));
    verified(&owner);
}

#[test]
fn two_never_get_the_same_person_at_once() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let people: HashSet<ContactId> = (0..24).map(|n| person(&owner, n, true)).collect();
    make(&owner, "Fair", "tag:fair").unwrap();
    make(&owner, "Other", "tag:fair").unwrap();
    let names = ["owner", "lead", "rep", "owner", "lead", "rep", "owner", "lead"];
    // Each holds what it was given, and asks for more by letting nobody have it.
    let taken: Vec<(usize, ContactId)> = std::thread::scope(|scope| {
        let workers: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let client = fixture.client(name);
                let list = if at % 2 == 0 { "Fair" } else { "Other" };
                scope.spawn(move || {
                    let mut mine = Vec::new();
                    while let Some(next) = next(&client, list) {
                        if mine.contains(&(at, next.contact)) {
                            break;
                        }
                        mine.push((at, next.contact));
                    }
                    mine
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    // Sessions of one user share what the user has; no two users have the same person.
    let mut holders: std::collections::HashMap<ContactId, HashSet<&str>> = std::collections::HashMap::new();
    for (at, contact) in &taken {
        holders.entry(*contact).or_default().insert(names[*at]);
    }
    assert!(holders.values().all(|who| who.len() == 1), "{holders:?}");
    assert!(holders.len() >= 3 && holders.keys().all(|one| people.contains(one)));
    // Who does nothing loses them after a while.
    fixture.clock.0.fetch_add(16 * MINUTE, Ordering::SeqCst);
    let mut worked = HashSet::new();
    while let Some(next) = next(&owner, "Fair") {
        assert!(worked.insert(next.contact), "nobody twice");
        called(&fixture, &owner, next.contact, Answered::Person);
    }
    assert_eq!(worked.len(), 24);
    assert_eq!(progress_of(&owner, "Fair").count(EntryState::Done), 24);
}

fn progress_of(client: &Client, name: &str) -> CallListView {
    client.call(CallListShow { list: name.into() }).unwrap().list
}

#[test]
fn the_day_is_what_is_due_and_what_is_left() {
    let fixture = Fixture::new();
    let (owner, lead) = (fixture.client("owner"), fixture.client("lead"));
    let contact = person(&owner, 1, true);
    let task = |text: &str, due: i64, kind: &str| {
        let fields = vec![
            FieldEdit::text("text", text),
            FieldEdit::text("due", Timestamp::from_millis(now(&fixture) + due).to_string()),
            FieldEdit::text("kind", kind),
        ];
        owner.call(Add { kind: RecordKind::Task, about: Some(contact), fields }).unwrap().id
    };
    let overdue = task("send the offer", -MINUTE, "mail");
    let call = task("ring back", MINUTE, "call");
    task("next week", 7 * 24 * 60 * MINUTE, "other");
    make(&owner, "Fair", "tag:fair").unwrap();
    let opened = |right, received: Option<&str>| {
        let received = received.map(|day| day.parse().unwrap());
        let (contact, person, language) = (Some(contact), String::new(), None);
        let (how, words) = ("by letter".into(), String::new());
        lead.call(RequestOpen { contact, person, language, right, received, how, words })
    };
    assert_eq!(opened(Right::Access, Some("2026-05-29")).unwrap_err().field.as_deref(), Some("received"));
    let request = opened(Right::Access, Some("2026-05-01")).unwrap();
    assert_eq!((request.number, request.due.unwrap().to_string().as_str()), (1, "2026-06-01"));
    assert_eq!(opened(Right::Erasure, None).unwrap().due.unwrap().to_string(), "2026-06-29");
    let day = owner.call(Today {}).unwrap();
    assert_eq!(day.until.to_string(), "2026-05-28T22:00:00Z", "midnight in Berlin");
    assert_eq!((day.tasks.len(), day.tasks[0].task.id, day.tasks[0].overdue), (1, overdue, true));
    assert_eq!((day.calls.len(), day.calls[0].task.id, day.calls[0].overdue), (1, call, false));
    assert_eq!(
        (day.lists.len(), day.requests.len()),
        (1, 1),
        "the other request is due later than in a week"
    );
    assert!(lead.call(Today {}).unwrap().tasks.is_empty(), "another's tasks are another's");
    assert_eq!(lead.call(Tasks { owner: String::new(), before: None, about: None }).unwrap().len(), 3);
    owner.call(TaskDone { id: overdue, done: true }).unwrap();
    fixture.reload();
    assert!(owner.call(Today {}).unwrap().tasks.is_empty());
    let card = owner.call(Get { kind: RecordKind::Task, id: overdue, at: None }).unwrap().record;
    assert!(card.get(TaskField::done_at.key()).is_some());
    owner.call(TaskDone { id: overdue, done: false }).unwrap();
    assert_eq!(
        owner.call(Tasks { owner: "me".into(), before: None, about: Some(contact) }).unwrap().len(),
        3
    );
    owner.call(Undo { seq: None }).unwrap();
    assert_eq!(owner.call(Tasks { owner: "owner".into(), before: None, about: None }).unwrap().len(), 2);
    // A consent that runs out within thirty days is told to whom the person belongs.
    assert!(owner.call(Today {}).unwrap().expiring.is_empty());
    let fields = vec![FieldEdit::text("owner", "owner")];
    owner.call(Edit { kind: RecordKind::Contact, id: contact.0, fields, expect_revision: None }).unwrap();
    fixture.days_later(2 * 365 - 20);
    let expiring = owner.call(Today {}).unwrap().expiring;
    assert_eq!((expiring.len(), expiring[0].purpose.as_str()), (1, "sales"));
    assert!(lead.call(Today {}).unwrap().expiring.is_empty());
    assert!(
        owner
            .call(Requests { before: None, state: None, right: None, about: None })
            .unwrap()
            .iter()
            .all(|one| one.overdue)
    );
}
