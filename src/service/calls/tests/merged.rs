//! What hangs on two records of one person, when they become one and when that is taken back.

use super::*;
use crate::domain::call::EntryState;
use crate::domain::task::TaskField;

fn merge(client: &Client, keep: ContactId, other: ContactId) -> Result<MergeReport, Error> {
    client.call(Merge { keep, other, dry_run: false })
}

fn tasks(client: &Client) -> Vec<(ContactId, String)> {
    let all = client.call(Tasks { owner: String::new(), before: None, about: None }).unwrap();
    all.into_iter().map(|task| (task.contact, task.task.text(TaskField::text.key()).to_owned())).collect()
}

#[test]
fn calls_tasks_places_and_requests_go_with_the_one_who_is_kept() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let (keep, other) = (agreed(&owner), agreed(&owner));
    let fields = vec![FieldEdit::text("phones", "030 901822")];
    owner.call(Edit { kind: RecordKind::Contact, id: other.0, fields, expect_revision: None }).unwrap();
    // Of the other: a call with a follow-up and a request, a place on a list, a task.
    let list = CallListMake {
        name: "south".into(),
        purpose: "sales".into(),
        query: "901822".into(),
        team: String::new(),
    };
    let list = owner.call(list).unwrap().id.to_string();
    let mut said = spoke(&fixture, Some(begin(&owner, other).unwrap().call));
    said.requests = vec![AskedFor { right: Right::Access, words: "what do you hold?".into() }];
    said.follow_up =
        Some(FollowUp { text: "send the letter".into(), kind: None, due: Some(at(now(&fixture))) });
    let call = record(&owner, other, &said).unwrap().call;
    // While somebody has one of them on the phone they stay two.
    let under = begin(&owner, other).unwrap().call;
    let error = merge(&owner, keep, other).unwrap_err();
    assert!(error.code == Code::Conflict && error.message.contains("calling this person"), "{error}");
    owner.call(CallDrop { call: under }).unwrap();

    let report = merge(&owner, keep, other).unwrap();
    assert_eq!((report.tasks_moved, report.places_moved, report.calls, report.requests), (1, 1, 1, 1));
    for reloaded in [false, true] {
        if reloaded {
            fixture.reload();
        }
        assert_eq!(tasks(&owner), [(keep, "send the letter".to_owned())]);
        let seen: Vec<Uuid> = calls(&owner, keep).iter().map(|view| view.id).collect();
        assert_eq!(seen, [call]);
        let card = check(&owner, keep);
        assert_eq!((card.calls.len(), card.tasks.len(), card.attempts), (1, 1, 1));
        let asked = owner.call(Requests { before: None, state: None, right: None, about: None }).unwrap();
        assert_eq!(asked.iter().map(|one| one.contact).collect::<Vec<_>>(), [Some(keep)]);
        let day = owner.call(Today {}).unwrap();
        assert_eq!(day.tasks.iter().map(|task| task.contact).collect::<Vec<_>>(), [keep]);
        let places = owner.call(CallListShow { list: list.clone() }).unwrap().places;
        let states: Vec<_> = places.iter().map(|place| (place.contact, place.state)).collect();
        assert!(states.contains(&(keep, EntryState::Open)), "{states:?}");
        assert!(states.contains(&(other, EntryState::Withheld)), "{states:?}");
    }
    // Who is next is the one that is there.
    let next = owner.call(CallListNext { list: list.clone() }).unwrap().unwrap();
    assert_eq!(next.contact, keep);
    let put = crate::api::work::PutBack::Release;
    owner.call(CallListPut { list: list.clone(), contact: keep, put }).unwrap();
    verified(&owner);
}

#[test]
fn a_merge_that_is_taken_back_leaves_each_with_its_own() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let (keep, other) = (agreed(&owner), agreed(&owner));
    let make = |name: &str| CallListMake {
        name: name.into(),
        purpose: "sales".into(),
        query: "901820".into(),
        team: String::new(),
    };
    // Both stand on this one.
    let list = owner.call(make("both")).unwrap().id.to_string();
    let fields = vec![FieldEdit::text("text", "ring twice")];
    owner.call(Add { kind: RecordKind::Task, about: Some(other), fields }).unwrap();
    let call = record(&owner, other, &spoke(&fixture, None)).unwrap().call;
    let states = || {
        let places = owner.call(CallListShow { list: list.clone() }).unwrap().places;
        let mut states: Vec<_> = places.iter().map(|place| (place.contact, place.state)).collect();
        states.sort();
        states
    };
    let before = states();
    let report = merge(&owner, keep, other).unwrap();
    assert_eq!((report.tasks_moved, report.places_moved), (1, 0), "on no list twice");
    assert!(states().contains(&(other, EntryState::Withheld)));
    assert_eq!(check(&owner, keep).attempts, 1, "the call counts against the one person's cap");
    owner.call(Undo { seq: None }).unwrap();
    for reloaded in [false, true] {
        if reloaded {
            fixture.reload();
        }
        assert_eq!(states(), before);
        assert_eq!(tasks(&owner), [(other, "ring twice".to_owned())]);
        assert_eq!((check(&owner, keep).attempts, check(&owner, other).attempts), (0, 1));
        assert_eq!(calls(&owner, keep), []);
        assert_eq!(calls(&owner, other)[0].id, call);
    }
    owner.call(Redo {}).unwrap();
    assert_eq!(tasks(&owner), [(keep, "ring twice".to_owned())]);
    assert_eq!(check(&owner, keep).attempts, 1);
    // What the person refuses as either holds for both, and taking the merge back loosens nothing.
    withdraw(&owner, keep, false);
    owner.call(Undo { seq: None }).unwrap();
    assert!(!check(&owner, keep).allowed);
    verified(&owner);
}
