//! Who looked is known: the stories of the read log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use uuid::Uuid;

use super::gate_tests::say;
use super::tests::{Fixture, add, anna, find, verified};
use super::{Service, Surroundings};
use crate::api::*;
use crate::client::Client;
use crate::client::open::Local;
use crate::domain::channel::Channel;
use crate::domain::consent::ConsentKind;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::{ContactId, StoreId, SubjectId};
use crate::domain::reading::ReadKind;
use crate::domain::user::{Role, Settings, User};
use crate::env::Env;
use crate::store::backend::{Backend, BackendError, Batch, MemoryBackend, Pair, Visit};
use crate::store::keyring::Keyring;
use crate::store::{StoreError, open as stores};

fn everybody() -> Readings {
    Readings { about: None, user: String::new(), from: None, to: None, before: None, limit: 1_000 }
}

fn readings(client: &Client, asked: Readings) -> ReadingsPage {
    client.call(asked).unwrap()
}

/// What the log says, in words: who, how, whom, what for.
fn told(client: &Client) -> Vec<String> {
    let mut told: Vec<String> = readings(client, everybody())
        .items
        .iter()
        .map(|one| format!("{} {} {} {}", one.user, one.kind, one.title, one.purpose).trim_end().to_owned())
        .collect();
    told.reverse();
    told
}

fn open(client: &Client, id: Uuid) -> Card {
    client.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap()
}

fn person(given: &str, phone: &str) -> Vec<FieldEdit> {
    let mut fields: Vec<FieldEdit> = anna()
        .into_iter()
        .filter(|edit| !["given_name", "phones", "emails"].contains(&&*edit.field))
        .collect();
    fields.push(FieldEdit::text("given_name", given));
    fields.push(FieldEdit::text("phones", phone));
    fields
}

#[test]
fn a_rep_opens_a_contact_and_the_dpo_sees_it() {
    let fixture = Fixture::new();
    let (rep, dpo) = (fixture.client("rep"), fixture.client("dpo"));
    let id = add(&rep, anna()).unwrap().id;
    assert_eq!(told(&dpo), Vec::<String>::new(), "who enters a person has not looked");
    let identity = rep.call(Whoami {}).unwrap();
    open(&rep, id);
    let page = readings(&dpo, Readings { about: Some(ContactId(id)), ..everybody() });
    let [one] = page.items.as_slice() else { panic!("{page:?}") };
    assert_eq!((one.user.as_str(), one.title.as_str(), one.kind), ("rep", "Anna Schmidt", ReadKind::Open));
    assert_eq!((one.about, one.session, one.as_of), (Some(ContactId(id)), identity.session, None));
    assert_eq!((page.total, page.unreadable, page.kept_months), (1, 0, 12));
    // The same look goes on; another day it is another.
    open(&rep, id);
    assert_eq!(readings(&dpo, everybody()).total, 1);
    fixture.days_later(1);
    open(&rep, id);
    rep.call(History { kind: RecordKind::Contact, id }).unwrap();
    let at = Some(page.items[0].at);
    rep.call(Get { kind: RecordKind::Contact, id, at }).unwrap();
    let page = readings(&dpo, everybody());
    let kinds: Vec<_> = page.items.iter().map(|one| (one.kind, one.as_of)).collect();
    assert_eq!(
        kinds,
        [(ReadKind::Open, at), (ReadKind::History, None), (ReadKind::Open, None), (ReadKind::Open, None)]
    );
    // Another session of the same user is another look.
    open(&fixture.client("rep"), id);
    assert_eq!(readings(&dpo, everybody()).total, 5);
    verified(&dpo);
}

#[test]
fn notes_are_about_their_person_and_lists_and_companies_are_about_nobody() {
    let fixture = Fixture::new();
    let (rep, dpo) = (fixture.client("rep"), fixture.client("dpo"));
    let id = add(&rep, anna()).unwrap().id;
    let fields = vec![FieldEdit::text("text", "asked for an offer")];
    let note = rep.call(Add { kind: RecordKind::Note, about: Some(ContactId(id)), fields }).unwrap().id;
    find(&rep, "");
    find(&rep, "anna");
    rep.call(Activity { before: None, limit: 10 }).unwrap();
    let page = rep.call(List {
        kind: RecordKind::Company,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    });
    let company = page.unwrap().items[0].id;
    rep.call(Get { kind: RecordKind::Company, id: company, at: None }).unwrap();
    assert_eq!(told(&dpo), Vec::<String>::new());
    rep.call(Get { kind: RecordKind::Note, id: note, at: None }).unwrap();
    rep.call(History { kind: RecordKind::Note, id: note }).unwrap();
    let page = readings(&dpo, Readings { about: Some(ContactId(id)), ..everybody() });
    let seen: Vec<_> = page.items.iter().map(|one| (one.kind, one.record)).collect();
    assert_eq!(seen, [(ReadKind::History, Some(note)), (ReadKind::Open, Some(note))]);
    // What is not there was not seen.
    assert!(rep.call(Get { kind: RecordKind::Contact, id: Uuid::from_u128(1), at: None }).is_err());
    assert_eq!(readings(&dpo, everybody()).total, 2);
}

#[test]
fn an_export_of_three_is_three_readings_with_the_purpose() {
    let fixture = Fixture::new();
    let (lead, dpo) = (fixture.client("lead"), fixture.client("dpo"));
    for (given, phone) in [("Anna", "030 901820"), ("Bea", "030 901821"), ("Cem", "030 901822")] {
        let id = add(&lead, person(given, phone)).unwrap().id;
        say(&lead, id, ConsentKind::Given, "sales", Channel::Phone);
    }
    let export = || Export {
        query: String::new(),
        purpose: "sales".into(),
        channel: Channel::Phone,
        window: Window::default(),
        columns: vec![],
        to: String::new(),
        run: None,
    };
    lead.call(export()).unwrap();
    let expected = ["Anna", "Bea", "Cem"].map(|name| format!("lead export {name} Schmidt sales (phone)"));
    let mut got = told(&dpo);
    got.sort_unstable();
    assert_eq!(got, expected);
    // An export is not a look that goes on.
    lead.call(export()).unwrap();
    assert_eq!(readings(&dpo, everybody()).total, 6);
    let long = Export { purpose: "ü".repeat(5_000), ..export() };
    assert_eq!(lead.call(long).unwrap_err().code, Code::NotFound);
    assert_eq!(readings(&dpo, everybody()).total, 6, "nobody left for a purpose that there is not");
}

#[test]
fn whole_numbers_and_addresses_that_are_searched_are_readings() {
    let fixture = Fixture::new();
    let (rep, dpo) = (fixture.client("rep"), fixture.client("dpo"));
    add(&rep, anna()).unwrap();
    for query in ["030", "030 9018", "anna@", "@example.com", "schmidt", "-030901820 schmidt"] {
        find(&rep, query);
    }
    assert_eq!(told(&dpo), Vec::<String>::new(), "parts of numbers and addresses are words");
    assert_eq!(find(&rep, "0049 30 90 18 20"), ["Anna Schmidt"]);
    find(&rep, "+4930901820");
    assert_eq!(find(&rep, "ANNA@example.com"), ["Anna Schmidt"]);
    assert_eq!(told(&dpo), ["rep search_number Anna Schmidt", "rep search_email Anna Schmidt"]);
    // Who is not here leaves a hash and nothing else, the same for the same search.
    for query in ["030 901899", "nobody@example.com", "+4930901899"] {
        assert!(find(&rep, query).is_empty());
    }
    fixture.days_later(1);
    find(&rep, "030 901899");
    let page = readings(&dpo, everybody());
    let [again, address, number, ..] = page.items.as_slice() else { panic!("{page:?}") };
    assert_eq!((again.about, again.title.as_str()), (None, ""));
    assert_eq!(again.searched, number.searched);
    assert_ne!(number.searched, address.searched);
    assert_eq!(number.searched.len(), 44);
    assert_eq!(page.total, 5);
    // Somebody who is about to enter a person learns whom the number belongs to.
    let fields = vec![FieldEdit::text("phones", "030 901820")];
    assert_eq!(rep.call(FindSimilar { fields, except: None }).unwrap().len(), 1);
    let fields = vec![FieldEdit::text("given_name", "Anna"), FieldEdit::text("family_name", "Schmidt")];
    assert_eq!(rep.call(FindSimilar { fields, except: None }).unwrap().len(), 1);
    let page = readings(&dpo, everybody());
    assert_eq!((page.total, page.items[0].kind), (6, ReadKind::Similar));
}

#[test]
fn who_may_see_who_looked() {
    let fixture = Fixture::new();
    let rep = fixture.client("rep");
    let id = add(&rep, anna()).unwrap().id;
    open(&rep, id);
    for name in ["rep", "lead", "admin"] {
        assert_eq!(fixture.client(name).call(everybody()).unwrap_err().code, Code::Denied, "{name}");
        let error = fixture.client(name).call(SweepReadings { dry_run: true }).unwrap_err();
        assert_eq!(error.code, Code::Denied, "{name}");
    }
    for name in ["owner", "dpo"] {
        assert_eq!(told(&fixture.client(name)), ["rep open Anna Schmidt"]);
    }
    // The auditor has ids alone.
    let auditor = fixture.client("auditor");
    let page = readings(&auditor, everybody());
    let [one] = page.items.as_slice() else { panic!("{page:?}") };
    assert_eq!((one.title.as_str(), one.about), ("", Some(ContactId(id))));
    assert_eq!(one.user, rep.call(Whoami {}).unwrap().user.to_string());
    assert_eq!(auditor.call(SweepReadings { dry_run: true }).unwrap_err().code, Code::Denied);
    let by = |user: &str| readings(&auditor, Readings { user: user.into(), ..everybody() }).total;
    assert_eq!((by("rep"), by("dpo"), by(&one.user)), (1, 0, 1));
    let error = auditor.call(Readings { user: "rpe".into(), ..everybody() }).unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("did you mean `rep`?"));
    let nobody = Readings { about: Some(ContactId(Uuid::from_u128(5))), ..everybody() };
    assert_eq!(auditor.call(nobody).unwrap_err().code, Code::NotFound);
}

#[test]
fn pages_and_times() {
    let fixture = Fixture::new();
    let (rep, dpo) = (fixture.client("rep"), fixture.client("dpo"));
    let id = add(&rep, anna()).unwrap().id;
    for _ in 0..5 {
        open(&rep, id);
        fixture.days_later(1);
    }
    let all = readings(&dpo, everybody()).items;
    assert!(all.windows(2).all(|pair| pair[0].at > pair[1].at && pair[0].id > pair[1].id));
    let first = readings(&dpo, Readings { limit: 2, ..everybody() });
    assert_eq!((first.items.as_slice(), first.total), (&all[..2], 5));
    let second = readings(&dpo, Readings { limit: 2, before: Some(all[1].id), ..everybody() });
    assert_eq!((second.items.as_slice(), second.total), (&all[2..4], 5));
    let some = readings(&dpo, Readings { from: Some(all[3].at), to: Some(all[1].at), ..everybody() });
    assert_eq!(some.items, &all[2..4]);
    assert_eq!(readings(&dpo, Readings { limit: 0, ..everybody() }).total, 5);
}

#[test]
fn after_thirteen_months_a_sweep_takes_them_and_the_history_stays() {
    let fixture = Fixture::new();
    let (rep, dpo) = (fixture.client("rep"), fixture.client("dpo"));
    let id = add(&rep, anna()).unwrap().id;
    open(&rep, id);
    let entries = dpo.call(LogVerify {}).unwrap().entries;
    fixture.days_later(365 + 31);
    find(&rep, "030 901820");
    let hint = |client: &Client| {
        let report = client.call(Doctor {}).unwrap();
        report.checks.into_iter().find(|check| check.name == "read log").unwrap().message
    };
    assert!(hint(&dpo).starts_with("1 readings are older than the 12 months"), "{}", hint(&dpo));
    let tried = dpo.call(SweepReadings { dry_run: true }).unwrap();
    assert_eq!((tried.removed, tried.kept, tried.months), (1, 1, 12));
    assert_eq!(readings(&dpo, everybody()).total, 2, "a dry run changes nothing");
    let swept = dpo.call(SweepReadings { dry_run: false }).unwrap();
    assert_eq!((swept.removed, swept.kept), (1, 1));
    assert_eq!(told(&dpo), ["rep search_number Anna Schmidt"]);
    assert!(hint(&dpo).starts_with("1 readings, none older"), "{}", hint(&dpo));
    let report = dpo.call(LogVerify {}).unwrap();
    assert_eq!((report.problems, report.entries), (Vec::new(), entries), "readings are no history");
    fixture.reload();
}

#[test]
fn how_long_they_are_kept_is_a_setting() {
    let fixture = Fixture::new();
    let (rep, dpo) = (fixture.client("rep"), fixture.client("dpo"));
    let id = add(&rep, anna()).unwrap().id;
    open(&rep, id);
    let list = List {
        kind: RecordKind::Settings,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    let settings = dpo.call(list).unwrap().items[0].id;
    let set = |client: &Client, months: &str| {
        let fields = vec![FieldEdit::text("readings_months", months)];
        client.call(Edit { kind: RecordKind::Settings, id: settings, fields, expect_revision: None })
    };
    assert_eq!(set(&rep, "1").unwrap_err().code, Code::Denied);
    for wrong in ["-1", "121", "soon"] {
        assert_eq!(set(&dpo, wrong).unwrap_err().code, Code::Usage, "{wrong}");
    }
    set(&dpo, "3").unwrap();
    fixture.days_later(70);
    assert_eq!(dpo.call(SweepReadings { dry_run: false }).unwrap().removed, 0);
    fixture.days_later(30);
    assert_eq!(dpo.call(SweepReadings { dry_run: false }).unwrap().removed, 1);
    assert_eq!(readings(&dpo, everybody()).kept_months, 3);
    // A clock that was set back sweeps nothing.
    fixture.days_later(-200);
    assert_eq!(dpo.call(SweepReadings { dry_run: false }).unwrap_err().code, Code::Refused);
}

#[test]
fn a_reading_lies_under_the_person_and_opens_with_that_key_alone() {
    let fixture = Fixture::new();
    let rep = fixture.client("rep");
    let id = add(&rep, anna()).unwrap().id;
    open(&rep, id);
    find(&rep, "030 901899");
    let subject = SubjectId(id);
    let (own, whose, nobody) = fixture
        .service
        .store
        .read(move |reader| {
            let contact = reader.slot_of(subject)?;
            Ok::<_, StoreError>((
                reader.reading_slots(subject)?,
                contact,
                reader.reading_slots(SubjectId::NOBODY)?,
            ))
        })
        .unwrap();
    assert_eq!(own, [whose.unwrap()]);
    assert_eq!(nobody, [crate::store::keyring::Slot::STORE]);
}

/// A disk that is full from some moment on: it reads, and writes nothing.
struct Full(MemoryBackend, Arc<AtomicBool>);

impl Backend for Full {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        self.0.get(key)
    }
    fn scan(&self, prefix: &[u8], from: &[u8], visit: Visit<'_>) -> Result<(), BackendError> {
        self.0.scan(prefix, from, visit)
    }
    fn last_at_or_before(&self, prefix: &[u8], at: &[u8]) -> Result<Option<Pair>, BackendError> {
        self.0.last_at_or_before(prefix, at)
    }
    fn apply(&mut self, batch: Batch) -> Result<(), BackendError> {
        if self.1.load(Ordering::SeqCst) {
            return Err(BackendError::Io("no space left on device".into()));
        }
        self.0.apply(batch)
    }
    fn sync(&mut self) -> Result<(), BackendError> {
        self.0.sync()
    }
    fn bytes_on_disk(&self) -> u64 {
        0
    }
}

#[test]
fn on_a_full_disk_nobody_looks_unseen_and_the_owner_rescues() {
    let env = Env::system();
    let id = StoreId(env.ids.next());
    let full = Arc::new(AtomicBool::new(false));
    let backend = Full(MemoryBackend::new(), Arc::clone(&full));
    let keyring = Keyring::in_memory(id, &env).unwrap();
    let store = stores::fresh(Box::new(backend), keyring, id, &env).unwrap();
    let service = Arc::new(Service::open(store, id, Surroundings::default(), &env).unwrap());
    let user = |name: &str, role: Role| User {
        name: name.into(),
        unix: name.into(),
        role: role.into(),
        ..User::default()
    };
    let users = vec![user("owner", Role::Owner), user("rep", Role::Rep)];
    service.found(Settings { country: "DE".parse().ok(), ..Settings::default() }, users).unwrap();
    let client = |name: &str| {
        let session = service.session_of(name).unwrap();
        Client::new(Arc::new(Local::new(Arc::clone(&service), session, None)))
    };
    let (rep, owner) = (client("rep"), client("owner"));
    let id = add(&rep, anna()).unwrap().id;
    full.store(true, Ordering::SeqCst);
    let error = rep.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap_err();
    assert_eq!(error.code, Code::Failed);
    assert!(error.message.starts_with("that you looked cannot be recorded: "), "{}", error.message);
    assert_eq!(open(&owner, id).record.title, "Anna Schmidt");
    let report = owner.call(Doctor {}).unwrap();
    let told = report.checks.iter().find(|check| check.message.contains("could not be logged")).unwrap();
    assert_eq!((told.level, told.message.starts_with("1 looks")), (Level::Warning, true));
    // Lists go on, also those that find by a part.
    assert_eq!(find(&rep, "schmidt"), ["Anna Schmidt"]);
}
