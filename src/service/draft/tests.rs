use uuid::Uuid;

use crate::api::*;
use crate::client::Client;
use crate::domain::draft::{Draft, Form};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::time::Timestamp;
use crate::service::tests::Fixture;

const T: i64 = 1_780_000_000_000;

fn draft(form: Form, text: &str, at: i64) -> Draft {
    Draft { form, texts: vec![(FieldKey(1), text.to_owned())], at: Timestamp::from_millis(at) }
}

fn new_contact() -> Form {
    Form { kind: RecordKind::Contact, id: None, about: None }
}

fn note_about(contact: Uuid) -> Form {
    Form { kind: RecordKind::Note, id: None, about: Some(contact) }
}

fn contact(client: &Client) -> Uuid {
    let fields = vec![
        FieldEdit::text("given_name", "Zoë"),
        FieldEdit::text("source", "fair"),
        FieldEdit::text("basis", "consent"),
        FieldEdit::text("reason", "asked"),
    ];
    client.call(Add { kind: RecordKind::Contact, about: None, fields }).unwrap().id
}

#[test]
fn a_form_has_one_draft_until_it_is_dropped() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let zoe = contact(&owner);
    let long = "x".repeat(200_000);
    let entries = owner.call(Activity { before: None, limit: 100 }).unwrap().len();
    owner.call(KeepDraft { draft: draft(new_contact(), "a", T) }).unwrap();
    owner.call(KeepDraft { draft: draft(note_about(zoe), &long, T + 1) }).unwrap();
    owner.call(KeepDraft { draft: draft(new_contact(), "ab", T + 2) }).unwrap();
    assert_eq!(
        owner.call(Drafts {}).unwrap(),
        [draft(new_contact(), "ab", T + 2), draft(note_about(zoe), &long, T + 1)]
    );
    owner.call(DropDraft { form: note_about(zoe) }).unwrap();
    owner.call(DropDraft { form: note_about(zoe) }).unwrap();
    assert_eq!(owner.call(Drafts {}).unwrap(), [draft(new_contact(), "ab", T + 2)]);
    assert_eq!(owner.call(Activity { before: None, limit: 100 }).unwrap().len(), entries, "no history");
    assert!(owner.call(LogVerify {}).unwrap().problems.is_empty());
}

#[test]
fn a_draft_is_nobody_elses() {
    let fixture = Fixture::new();
    let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
    owner.call(KeepDraft { draft: draft(new_contact(), "a", T) }).unwrap();
    rep.call(KeepDraft { draft: draft(new_contact(), "b", T) }).unwrap();
    rep.call(DropDraft { form: new_contact() }).unwrap();
    assert_eq!(rep.call(Drafts {}).unwrap(), []);
    assert_eq!(owner.call(Drafts {}).unwrap(), [draft(new_contact(), "a", T)]);
    let admin = fixture.client("admin");
    assert_eq!(admin.call(Drafts {}).unwrap(), []);
    let denied = admin.call(KeepDraft { draft: draft(new_contact(), "c", T) }).unwrap_err();
    assert_eq!(denied.code, Code::Denied, "whoever adds nobody keeps nobody");
}

#[test]
fn drafts_are_few_expire_and_are_about_somebody() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let nobody = owner.call(KeepDraft { draft: draft(note_about(Uuid::from_u128(7)), "a", T) }).unwrap_err();
    assert_eq!(nobody.code, Code::NotFound);
    let company = |id: Uuid| Form { kind: RecordKind::Company, id: Some(id), about: None };
    let unknown = draft(company(Uuid::from_u128(7)), "a", T);
    assert_eq!(owner.call(KeepDraft { draft: unknown }).unwrap_err().code, Code::NotFound);
    let mut last = Uuid::nil();
    for n in 0..30 {
        let fields = vec![FieldEdit::text("name", format!("Company {n}"))];
        last = owner.call(Add { kind: RecordKind::Company, about: None, fields }).unwrap().id;
        owner.call(KeepDraft { draft: draft(company(last), "a", T + n) }).unwrap();
    }
    let kept = owner.call(Drafts {}).unwrap();
    assert_eq!(kept.len(), super::MOST);
    assert_eq!(kept.first().unwrap().form, company(last), "the oldest go first");
    owner.call(KeepDraft { draft: draft(new_contact(), "old", T - super::KEPT_FOR) }).unwrap();
    assert!(owner.call(Drafts {}).unwrap().iter().all(|one| one.form != new_contact()));
}
