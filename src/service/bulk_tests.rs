//! Many records changed, deleted and brought back in one step.

use uuid::Uuid;

use super::tests::{Fixture, add, anna, find, verified};
use crate::api::*;
use crate::client::Client;
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::ContactId;

const KIND: RecordKind = RecordKind::Contact;

/// Contacts called Anna who share neither number nor address.
fn annas(client: &Client, count: usize) -> Vec<Uuid> {
    let one = |n: usize| {
        let mut fields = anna();
        fields.retain(|edit| !matches!(edit.field.as_str(), "phones" | "emails"));
        fields.push(FieldEdit::text("middle_name", format!("{n}")));
        add(client, fields).unwrap().id
    };
    (0..count).map(one).collect()
}

fn bulk(targets: Targets, deed: Deed) -> Bulk {
    Bulk { kind: KIND, targets, deed, dry_run: false, expect: None }
}

fn tag(word: &str) -> Deed {
    Deed::Edit(vec![FieldEdit { field: "tags".into(), input: Input::AddTags(vec![word.into()]) }])
}

#[test]
fn many_are_tagged_after_a_preview_in_one_step() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    annas(&client, 30);
    let tag = |dry_run| Bulk { dry_run, ..bulk(Targets::Query("anna".into()), tag("Fair")) };
    let preview = client.call(tag(true)).unwrap();
    assert_eq!((preview.matched, preview.changed, preview.samples.len()), (30, 30, 10));
    assert!(find(&client, "tag:fair").is_empty());
    client.call(tag(false)).unwrap();
    assert_eq!(find(&client, "tag:fair").len(), 30);
    assert_eq!(client.call(tag(false)).unwrap().unchanged, 30);
    client.call(Undo { seq: None }).unwrap();
    assert!(find(&client, "tag:fair").is_empty());
    verified(&client);
}

#[test]
fn many_are_deleted_in_one_step_and_one_undo_brings_them_back() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let ids = annas(&client, 30);
    let delete = |dry_run| Bulk { dry_run, ..bulk(Targets::Query("anna".into()), Deed::Delete) };
    let preview = client.call(delete(true)).unwrap();
    assert_eq!((preview.matched, preview.changed, preview.transaction), (30, 30, None));
    assert_eq!(find(&client, "anna").len(), 30);

    let done = client.call(delete(false)).unwrap();
    assert_eq!((done.changed, done.refused.len()), (30, 0));
    assert!(find(&client, "anna").is_empty());
    assert_eq!(find(&client, "is:deleted").len(), 30);
    // Each has an entry of its own (R38), and all are one transaction.
    for id in &ids {
        let history = client.call(History { kind: KIND, id: *id }).unwrap();
        assert_eq!((history[0].action, Some(history[0].transaction)), (Action::Delete, done.transaction));
        assert_eq!(history[0].changes.len(), 1);
    }
    fixture.reload();
    assert!(find(&client, "anna").is_empty());

    assert_eq!(client.call(Undo { seq: None }).unwrap().records.len(), 30);
    assert_eq!(find(&client, "anna").len(), 30);
    client.call(Redo {}).unwrap();
    assert_eq!(find(&client, "is:deleted").len(), 30);

    let restored = client.call(bulk(Targets::Query("is:deleted".into()), Deed::Restore)).unwrap();
    assert_eq!(restored.changed, 30);
    assert_eq!(find(&client, "anna").len(), 30);
    client.call(Undo { seq: None }).unwrap();
    assert_eq!(find(&client, "is:deleted").len(), 30);
    verified(&client);
}

#[test]
fn what_cannot_be_deleted_or_restored_is_told_and_the_rest_is() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let ids = annas(&client, 4);
    client.call(Delete { kind: KIND, id: ids[1], expect_revision: None }).unwrap();
    let nobody = Uuid::from_u128(7);
    // Named twice is done once; what is deleted already stays as it is.
    let targets = Targets::Ids(vec![ids[0], ids[0], ids[1], nobody, ids[2]]);
    let done = client.call(bulk(targets, Deed::Delete)).unwrap();
    assert_eq!((done.matched, done.changed, done.unchanged), (4, 2, 1));
    assert_eq!(done.refused.len(), 1);
    assert_eq!(done.refused[0].0, nobody);
    assert_eq!(find(&client, "anna").len(), 1);

    // One that was merged into another comes back by undoing that, not like this.
    client.call(bulk(Targets::Ids(ids[..3].to_vec()), Deed::Restore)).unwrap();
    client.call(Merge { keep: ContactId(ids[0]), other: ContactId(ids[3]), dry_run: false }).unwrap();
    let done = client.call(bulk(Targets::Ids(vec![ids[3], ids[2]]), Deed::Restore)).unwrap();
    assert_eq!((done.changed, done.unchanged, done.transaction), (0, 1, None));
    assert!(done.refused[0].1.contains("merged into"), "{:?}", done.refused);

    // A deleted one is not edited along with others.
    client.call(Delete { kind: KIND, id: ids[2], expect_revision: None }).unwrap();
    let done = client.call(bulk(Targets::Ids(vec![ids[1], ids[2]]), tag("fair"))).unwrap();
    assert_eq!((done.changed, done.refused.len()), (1, 1));
    verified(&client);
}

#[test]
fn what_changed_since_the_preview_is_a_conflict_and_nothing_happens() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    annas(&client, 3);
    for deed in [Deed::Delete, tag("fair")] {
        let ask = |expect| Bulk { expect, ..bulk(Targets::Query("anna".into()), deed.clone()) };
        let error = client.call(ask(Some(2))).unwrap_err();
        assert_eq!(error.code, Code::Conflict, "{error:?}");
        assert!(error.message.contains("3 records would change by now, not 2"), "{error:?}");
        assert_eq!(find(&client, "anna").len(), 3);
        assert!(find(&client, "tag:fair").is_empty());
    }
    assert_eq!(client.call(Undo { seq: None }).unwrap().records.len(), 1, "the last that was added");
    let deed = bulk(Targets::Query("anna".into()), Deed::Delete);
    assert_eq!(client.call(Bulk { expect: Some(2), ..deed }).unwrap().changed, 2);
    verified(&client);
}

#[test]
fn notes_go_in_one_step_too_but_are_not_edited_so() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let about = Some(ContactId(annas(&client, 1)[0]));
    let note = |text: &str| {
        let fields = vec![FieldEdit::text("text", text)];
        client.call(Add { kind: RecordKind::Note, about, fields }).unwrap().id
    };
    let ids = vec![note("called"), note("wrote")];
    let ask = |deed| Bulk { kind: RecordKind::Note, ..bulk(Targets::Ids(ids.clone()), deed) };
    assert_eq!(find(&client, "has:note").len(), 1);
    assert_eq!(client.call(ask(Deed::Delete)).unwrap().changed, 2);
    assert!(find(&client, "has:note").is_empty());
    client.call(Undo { seq: None }).unwrap();
    assert_eq!(find(&client, "has:note").len(), 1);
    let edit = Deed::Edit(vec![FieldEdit::text("text", "all the same")]);
    assert_eq!(client.call(ask(edit)).unwrap_err().code, Code::Denied);
    verified(&client);
}

#[test]
fn who_may_not_change_many_deletes_none() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let ids = annas(&owner, 2);
    for name in ["rep", "admin"] {
        for deed in [Deed::Delete, Deed::Restore, tag("fair")] {
            let error = fixture.client(name).call(bulk(Targets::Ids(ids.clone()), deed)).unwrap_err();
            assert_eq!(error.code, Code::Denied, "{name}");
        }
    }
    assert_eq!(find(&owner, "anna").len(), 2);
}
