//! The door as a whole, on a store in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use uuid::Uuid;

use super::{Service, Session};
use crate::api::*;
use crate::client::Client;
use crate::client::open::{Local, in_memory};
use crate::domain::edit::{FieldEdit, Incoming};
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::time::Timestamp;
use crate::domain::user::{Role, Settings, User};
use crate::env::{Clock, Entropy, Env, Ids};

/// Time that moves only when a test moves it.
pub(crate) struct TestClock(pub AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(1, Ordering::SeqCst))
    }
    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
}

struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, buf: &mut [u8]) {
        for chunk in buf.chunks_mut(8) {
            let next = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst);
            let mixed = (next ^ (next >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            chunk.copy_from_slice(&(mixed ^ (mixed >> 29)).to_le_bytes()[..chunk.len()]);
        }
    }
}

impl Ids for Counter {
    fn next(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

pub(crate) struct Fixture {
    pub(crate) service: Arc<Service>,
    pub(crate) clock: Arc<TestClock>,
}

impl Fixture {
    pub(crate) fn new() -> Fixture {
        let user = |name: &str, role: Role| User {
            name: name.into(),
            unix: name.into(),
            role: role.into(),
            ..User::default()
        };
        let mut users = vec![user("owner", Role::Owner), user("rep", Role::Rep), user("admin", Role::Admin)];
        users.extend([user("dpo", Role::Dpo), user("auditor", Role::Auditor), user("lead", Role::Lead)]);
        Fixture::of(users)
    }

    pub(crate) fn of(users: Vec<User>) -> Fixture {
        let clock = Arc::new(TestClock(AtomicI64::new(1_780_000_000_000)));
        let env = Env {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::new(Counter(AtomicU64::new(1))),
            ids: Arc::new(Counter(AtomicU64::new(2))),
        };
        let settings =
            Settings { controller: "Muster GmbH".into(), country: "DE".parse().ok(), ..Settings::default() };
        Fixture { service: in_memory(settings, users, false, &env).unwrap(), clock }
    }

    pub(crate) fn client(&self, name: &str) -> Client {
        let session: Session = self.service.session_of(name).unwrap();
        Client::new(Arc::new(Local::new(Arc::clone(&self.service), session, None)))
    }

    /// Builds what is in memory anew from the store.
    pub(crate) fn reload(&self) {
        let (world, whole) = super::world::World::load(&self.service.store).unwrap();
        assert!(whole);
        *self.service.world.write().unwrap() = world;
    }

    pub(crate) fn days_later(&self, days: i64) {
        self.clock.0.fetch_add(days * 86_400_000, Ordering::SeqCst);
    }
}

pub(crate) fn anna() -> Vec<FieldEdit> {
    [
        ("given_name", "Anna"),
        ("family_name", "Schmidt"),
        ("phones", "030 901820"),
        ("emails", "anna@example.com"),
        ("company", "Muster & Söhne"),
        ("basis", "consent"),
        ("reason", "asked to be called at the fair"),
        ("source", "trade fair Berlin"),
    ]
    .map(|(field, text)| FieldEdit::text(field, text))
    .to_vec()
}

pub(crate) fn add(client: &Client, fields: Vec<FieldEdit>) -> Result<Added, Error> {
    client.call(Add { kind: RecordKind::Contact, about: None, fields })
}

pub(crate) fn edit(
    client: &Client,
    id: Uuid,
    field: &str,
    text: &str,
    expect_revision: Option<u64>,
) -> Result<Edited, Error> {
    client.call(Edit {
        kind: RecordKind::Contact,
        id,
        fields: vec![FieldEdit::text(field, text)],
        expect_revision,
    })
}

pub(crate) fn find(client: &Client, query: &str) -> Vec<String> {
    let list = List {
        kind: RecordKind::Contact,
        query: query.into(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    client.call(list).unwrap().items.into_iter().map(|view| view.title).collect()
}

fn text(client: &Client, id: Uuid, at: Option<Timestamp>, field: &str) -> String {
    let card = client.call(Get { kind: RecordKind::Contact, id, at }).unwrap();
    let key =
        crate::domain::contact::ContactField::ALL.iter().find(|one| one.spec().name == field).unwrap().key();
    card.record.text(key).to_owned()
}

pub(crate) fn verified(client: &Client) {
    let report = client.call(LogVerify {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

#[test]
fn a_contact_needs_basis_reason_and_source() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    for missing in ["basis", "reason", "source"] {
        let fields = anna().into_iter().filter(|edit| edit.field != missing).collect();
        let error = add(&client, fields).unwrap_err();
        assert_eq!(error.code, Code::Refused);
        assert!(error.message.contains(missing), "{}", error.message);
    }
    assert!(find(&client, "").is_empty());
    add(&client, anna()).unwrap();
    assert_eq!(find(&client, "schmidt anna"), ["Anna Schmidt"]);
    assert_eq!(find(&client, "(030) 90 18 20"), ["Anna Schmidt"]);
    assert_eq!(find(&client, "sohne"), ["Anna Schmidt"]);
    verified(&client);
}

#[test]
fn edits_conflict_only_on_the_same_field() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let id = add(&client, anna()).unwrap().id;
    edit(&client, id, "job_title", "Buyer", Some(1)).unwrap();
    edit(&client, id, "given_name", "Anne", Some(1)).unwrap();
    let error = edit(&client, id, "job_title", "Head of Purchasing", Some(1)).unwrap_err();
    assert_eq!(error.code, Code::Conflict);
    assert_eq!(error.conflicts.len(), 1);
    assert_eq!(error.conflicts[0].old.as_ref().unwrap().text, "Buyer");
    assert_eq!(error.conflicts[0].new.as_ref().unwrap().text, "Head of Purchasing");
    assert_eq!(text(&client, id, None, "job_title"), "Buyer");
    assert_eq!(edit(&client, id, "job_title", "Buyer", Some(3)).unwrap().changed, vec![]);
    verified(&client);
}

#[test]
fn history_tells_who_what_when_and_the_past_can_be_seen() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let id = add(&client, anna()).unwrap().id;
    let before = fixture.clock.0.load(Ordering::SeqCst);
    fixture.days_later(10);
    edit(&fixture.client("rep"), id, "job_title", "Buyer", None).unwrap();
    let history = client.call(History { kind: RecordKind::Contact, id }).unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!((history[0].actor.as_str(), history[0].action), ("rep", Action::Edit));
    assert_eq!(history[0].changes.len(), 1);
    assert_eq!(history[0].changes[0].old, None);
    assert_eq!(history[0].changes[0].new.as_ref().unwrap().text, "Buyer");
    assert_eq!(history[1].action, Action::Create);
    assert_eq!(text(&client, id, Some(Timestamp::from_millis(before)), "job_title"), "");
    assert_eq!(text(&client, id, None, "job_title"), "Buyer");
    let early =
        client.call(Get { kind: RecordKind::Contact, id, at: Some(Timestamp::from_millis(0)) }).unwrap_err();
    assert_eq!(early.code, Code::NotFound);
    let activity = client.call(Activity { before: None, limit: 100 }).unwrap();
    assert_eq!(activity[0].title, "Anna Schmidt");
    verified(&client);
}

#[test]
fn undo_and_redo_are_new_changes() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let id = add(&client, anna()).unwrap().id;
    edit(&client, id, "job_title", "Buyer", None).unwrap();
    edit(&client, id, "job_title", "Boss", None).unwrap();
    client.call(Undo { seq: None }).unwrap();
    assert_eq!(text(&client, id, None, "job_title"), "Buyer");
    client.call(Redo {}).unwrap();
    assert_eq!(text(&client, id, None, "job_title"), "Boss");
    client.call(Undo { seq: None }).unwrap();
    client.call(Undo { seq: None }).unwrap();
    assert_eq!(text(&client, id, None, "job_title"), "");
    client.call(Undo { seq: None }).unwrap();
    assert!(find(&client, "").is_empty());
    assert_eq!(find(&client, "is:deleted"), ["Anna Schmidt"]);
    assert_eq!(client.call(Undo { seq: None }).unwrap_err().code, Code::NotFound);
    client.call(Redo {}).unwrap();
    assert_eq!(find(&client, ""), ["Anna Schmidt"]);
    // A colleague changed it since: nothing is overwritten.
    edit(&client, id, "job_title", "Chief", None).unwrap();
    edit(&fixture.client("rep"), id, "job_title", "Queen", None).unwrap();
    assert_eq!(client.call(Undo { seq: None }).unwrap_err().code, Code::Conflict);
    assert_eq!(text(&client, id, None, "job_title"), "Queen");
    verified(&client);
}

#[test]
fn consent_is_not_given_by_an_edit_or_an_undo() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let id = add(&client, anna()).unwrap().id;
    edit(&client, id, "basis", "contract", None).unwrap();
    assert_eq!(edit(&client, id, "basis", "consent", None).unwrap_err().code, Code::Refused);
    assert_eq!(client.call(Undo { seq: None }).unwrap_err().code, Code::Refused);
    assert_eq!(text(&client, id, None, "basis"), "contract");
}

#[test]
fn the_administrator_sees_no_persons() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, anna()).unwrap().id;
    let admin = fixture.client("admin");
    assert_eq!(admin.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap_err().code, Code::Denied);
    assert_eq!(add(&admin, anna()).unwrap_err().code, Code::Denied);
    assert!(admin.call(Status {}).is_ok());
}

#[test]
fn importing_twice_changes_nothing() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let row = |row: u64, given: &str, email: &str, title: &str| Incoming {
        row,
        fields: [
            ("given_name", given),
            ("family_name", "Muster"),
            ("emails", email),
            ("job_title", title),
            ("company", "Acme"),
        ]
        .map(|(field, text)| FieldEdit::text(field, text))
        .to_vec(),
        notes: vec!["met at the fair".into()],
    };
    let provenance = Provenance {
        source: "fair list".into(),
        supplier: "Messe AG".into(),
        basis: "consent".into(),
        reason: "ticked the box".into(),
        ..Provenance::default()
    };
    let rows = || {
        vec![
            row(2, "Bo", "bo@example.com", ""),
            row(3, "Cy", "cy@example.com", "Boss"),
            row(4, "Bo", "BO@example.com", "Buyer"),
            row(5, "Di", "nope", ""),
        ]
    };
    let import = |dry_run| Import { rows: rows(), provenance: provenance.clone(), dry_run };
    let outcomes = |report: ImportReport| report.rows.into_iter().map(|row| row.outcome).collect::<Vec<_>>();
    use Outcome::*;
    assert_eq!(outcomes(client.call(import(true)).unwrap()), [Created, Created, Updated, Rejected]);
    assert!(find(&client, "").is_empty());
    assert_eq!(outcomes(client.call(import(false)).unwrap()), [Created, Created, Updated, Rejected]);
    assert_eq!(outcomes(client.call(import(false)).unwrap()), [Unchanged, Unchanged, Unchanged, Rejected]);
    assert_eq!(find(&client, "company:acme has:note"), ["Bo Muster", "Cy Muster"]);
    let companies = List {
        kind: RecordKind::Company,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    assert_eq!(client.call(companies).unwrap().total, 1);
    let without = Import { rows: rows(), provenance: Provenance::default(), dry_run: false };
    assert!(client.call(without).unwrap().rows.iter().all(|row| row.outcome != Created));
    verified(&client);
}

#[test]
fn merging_unites_and_can_be_undone() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let keep = add(&client, anna()).unwrap().id;
    let mut fields = anna();
    fields.retain(|edit| edit.field != "emails");
    fields.extend([
        FieldEdit::text("emails", "work: schmidt@example.org"),
        FieldEdit::text("job_title", "Buyer"),
    ]);
    let second = add(&client, fields).unwrap();
    assert_eq!(second.similar[0].same, ["phone", "name"]);
    let other = second.id;
    client
        .call(Add {
            kind: RecordKind::Note,
            about: Some(crate::domain::id::ContactId(other)),
            fields: vec![FieldEdit::text("text", "likes tea")],
        })
        .unwrap();
    assert_eq!(client.call(Duplicates { limit: None }).unwrap().len(), 1);
    let merge = |dry_run| Merge {
        keep: crate::domain::id::ContactId(keep),
        other: crate::domain::id::ContactId(other),
        dry_run,
    };
    assert_eq!(client.call(merge(true)).unwrap().notes_moved, 1);
    let report = client.call(merge(false)).unwrap();
    assert_eq!(report.changes.len(), 2);
    let card = client.call(Get { kind: RecordKind::Contact, id: keep, at: None }).unwrap();
    assert_eq!(card.notes.len(), 1);
    assert_eq!(find(&client, "schmidt@example.org"), ["Anna Schmidt"]);
    assert!(client.call(Duplicates { limit: None }).unwrap().is_empty());
    let undone = client.call(Undo { seq: None }).unwrap();
    assert_eq!(undone.what, "merge of Anna Schmidt into Anna Schmidt");
    assert_eq!(find(&client, "anna").len(), 2);
    let redone = client.call(Redo {}).unwrap();
    assert_eq!(redone.what, "change of Anna Schmidt, Anna Schmidt and 2 notes");
    verified(&client);
}

#[test]
fn custom_fields_are_justified_and_then_like_any_other() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let define = |pairs: &[(&str, &str)]| {
        let fields = pairs.iter().map(|(field, text)| FieldEdit::text(field, *text)).collect();
        client.call(Add { kind: RecordKind::CustomField, about: None, fields })
    };
    let base = [
        ("on", "contact"),
        ("kind", "text"),
        ("purpose", "offers that fit"),
        ("justification", "prices depend on it"),
    ];
    let with = |name: &'static str| [&[("name", name)][..], &base].concat();
    assert_eq!(define(&with("budget")[..4]).unwrap_err().code, Code::Refused);
    assert_eq!(define(&with("religion")).unwrap_err().code, Code::Refused);
    assert_eq!(define(&with("job_title")).unwrap_err().code, Code::Usage);
    define(&with("budget")).unwrap();
    define(&with("budget")).unwrap_err();
    define(&with("segment")).unwrap();
    let id = add(&client, anna()).unwrap().id;
    edit(&client, id, "custom.budget", "10 000", None).unwrap();
    edit(&client, id, "custom.segment", "B", None).unwrap();
    assert_eq!(find(&client, "field.budget:10"), ["Anna Schmidt"]);
    assert_eq!(find(&client, "field.segment:C"), Vec::<String>::new());
    let inventory = client.call(Inventory {}).unwrap();
    let line = inventory.iter().find(|line| line.field == "custom.budget").unwrap();
    assert_eq!((line.purpose.as_str(), line.used), ("offers that fit", 1));
    verified(&client);
}

#[test]
fn a_renamed_company_is_found_by_its_new_name() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    add(&client, anna()).unwrap();
    let companies = |query: &str| {
        client
            .call(List {
                kind: RecordKind::Company,
                query: query.into(),
                sort: String::new(),
                window: Window::default(),
                columns: vec![],
            })
            .unwrap()
    };
    let company = companies("muster").items[0].id;
    client
        .call(Edit {
            kind: RecordKind::Company,
            id: company,
            fields: vec![FieldEdit::text("name", "Nord AG")],
            expect_revision: None,
        })
        .unwrap();
    assert_eq!(find(&client, "company:nord"), ["Anna Schmidt"]);
    assert!(find(&client, "company:muster").is_empty());
    let card = client.call(Get { kind: RecordKind::Company, id: company, at: None }).unwrap();
    assert_eq!(card.people.len(), 1);
}

#[test]
fn proofs_are_checked_without_the_store() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    for n in 0..70 {
        add(&client, [anna(), vec![FieldEdit::text("middle_name", n.to_string())]].concat()).unwrap();
    }
    let checkpoint = client.call(LogCheckpoint {}).unwrap();
    for seq in [0, 5, 63, 64, 70] {
        let proof = client.call(LogProve { seq }).unwrap();
        let checked =
            crate::client::check::check(&proof.json, &checkpoint.text, Some(&checkpoint.key)).unwrap();
        assert_eq!(checked.entry, seq);
        assert!(
            crate::client::check::check(
                &proof.json.replace("\"leaf_index\": ", "\"leaf_index\": 1"),
                &checkpoint.text,
                None
            )
            .is_err()
        );
    }
    assert_eq!(client.call(LogProve { seq: 1_000 }).unwrap_err().code, Code::NotFound);
    verified(&client);
}

#[test]
fn the_last_checkpoint_is_remembered() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let status = || client.call(Status {}).unwrap();
    assert_eq!(status().checkpoint, None);
    let text = client.call(LogCheckpoint {}).unwrap().text;
    let first = status().checkpoint.unwrap();
    assert_eq!((first.size, text.contains(&first.root)), (status().entries, true));
    // By itself only where the log grew.
    assert_eq!(fixture.service.checkpoint_if_grown().unwrap(), None);
    add(&client, anna()).unwrap();
    assert!(status().entries > first.size);
    assert_eq!(status().checkpoint, Some(first.clone()));
    let second = fixture.service.checkpoint_if_grown().unwrap().unwrap();
    assert!(second.at > first.at && second.root != first.root);
    assert_eq!((status().checkpoint, status().entries), (Some(second.clone()), second.size));
    assert_eq!(fixture.service.checkpoint_if_grown().unwrap(), None);
    verified(&client);
    // A log that is another one, or shorter, is found out.
    let claim = |size, root| {
        let mark = crate::store::codec::Mark { at: Timestamp::from_millis(0), size, root };
        let origin = crate::store::Origin {
            at: Timestamp::from_millis(0),
            actor: crate::domain::id::UserId(Uuid::nil()),
            session: crate::domain::id::SessionId(Uuid::nil()),
            action: Action::Checkpoint,
        };
        fixture.service.store.write(origin, move |txn| txn.keep_checkpoint(&mark)).unwrap();
        client.call(LogVerify {}).unwrap().problems
    };
    assert!(claim(second.size, [1; 32])[0].starts_with("the log is not the one that the checkpoint of "));
    assert!(claim(1_000, [1; 32])[0].contains("it was cut"));
}

#[test]
fn long_notes_and_hostile_names_are_kept_as_they_are() {
    let fixture = Fixture::new();
    let client = fixture.client("owner");
    let id = add(&client, [anna(), vec![FieldEdit::text("middle_name", "\u{1b}[2J\u{202e}evil")]].concat())
        .unwrap()
        .id;
    let about = Some(crate::domain::id::ContactId(id));
    let long = "ü".repeat(500_000);
    let added = client
        .call(Add { kind: RecordKind::Note, about, fields: vec![FieldEdit::text("text", long.clone())] })
        .unwrap();
    let shorter = Edit {
        kind: RecordKind::Note,
        id: added.id,
        fields: vec![FieldEdit::text("text", "short")],
        expect_revision: None,
    };
    client.call(shorter).unwrap();
    client.call(Undo { seq: None }).unwrap();
    let card = client.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap();
    assert_eq!(card.notes[0].text(crate::domain::contact::NoteField::text.key()), long);
    let too_long =
        Add { kind: RecordKind::Note, about, fields: vec![FieldEdit::text("text", "x".repeat(2 << 20))] };
    assert_eq!(client.call(too_long).unwrap_err().code, Code::Usage);
    verified(&client);
}
