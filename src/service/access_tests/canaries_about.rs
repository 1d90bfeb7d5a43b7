//! The same of what is about persons beside notes: calls, places on call lists, tasks, requests, consents, holds,
//! publications and invitations; and of the call list they stand on. Every text of every such record is one of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::canaries::{Store, store};
use super::*;
use crate::api::event::Event;
use crate::domain::access::{Access, Relation};
use crate::domain::accountability::Publication;
use crate::domain::call::{Call, CallEntry, CallEntryField, CallField, CallList, CallListField, EntryState};
use crate::domain::consent::{ConsentEvent, ConsentField};
use crate::domain::entity::{Entity, Fields, specs_of};
use crate::domain::field::{Edit as EditRule, FieldKey};
use crate::domain::history::Action;
use crate::domain::id::{SessionId, SubjectId, UserId};
use crate::domain::request::{Invitation, RequestField, RequestState, Right, SubjectRequest};
use crate::domain::retention::Hold;
use crate::domain::task::Task;
use crate::domain::value::{Day, Kind, Value};
use crate::store::{Origin, StoreError, WriteTxn};

const NOW: i64 = 1_780_000_000_000;

/// Words that stand in one field of one record only.
struct Planted {
    kind: RecordKind,
    record: Uuid,
    /// The person it is about; nobody for a call list.
    about: Option<Uuid>,
    field: FieldKey,
    /// Shown to nobody at all, such as the key of an invitation.
    secret: bool,
    words: String,
}

/// What is about a person, but notes, which the other canaries are.
fn kinds() -> Vec<RecordKind> {
    let about = |kind: &RecordKind| kind.lies() == Lies::AboutPerson && *kind != RecordKind::Note;
    RecordKind::ALL.iter().copied().filter(about).collect()
}

/// Fields that must say what is so, or nothing would ever look at the record: they name other records or a purpose.
fn true_to_life(kind: RecordKind, list: Uuid) -> Vec<(FieldKey, Value)> {
    let time = |at| Value::Time(Timestamp::from_millis(at));
    let word = |word: &str| Value::Word(word.to_owned());
    match kind {
        RecordKind::Consent => vec![
            (ConsentField::kind.key(), word(ConsentKind::Given.word())),
            (ConsentField::purpose.key(), Value::Text("sales".into())),
            (ConsentField::channel.key(), word(Channel::Phone.word())),
            (ConsentField::way.key(), word(Way::Call.word())),
            (ConsentField::at.key(), time(NOW)),
            (ConsentField::until.key(), time(NOW + 20 * 86_400_000)),
        ],
        RecordKind::Call => vec![
            (CallField::purposes.key(), Value::Words(vec!["sales".into()])),
            (CallField::started_at.key(), time(NOW)),
            (CallField::ended_at.key(), time(NOW)),
        ],
        RecordKind::CallEntry => vec![
            (CallEntryField::list.key(), Value::Text(list.to_string())),
            (CallEntryField::state.key(), word(EntryState::Open.word())),
        ],
        RecordKind::Request => vec![
            (RequestField::right.key(), word(Right::Access.word())),
            (RequestField::state.key(), word(RequestState::Open.word())),
            (RequestField::received.key(), Value::Day("2026-05-20".parse::<Day>().unwrap())),
            (RequestField::due.key(), Value::Day("2026-05-30".parse::<Day>().unwrap())),
        ],
        _ => Vec::new(),
    }
}

/// A record with words of its own in every text, and which.
fn record(kind: RecordKind, n: usize, list: Uuid) -> (Fields, Vec<(FieldKey, bool, String)>) {
    let mut fields: Fields = true_to_life(kind, list).into_iter().collect();
    let mut planted = Vec::new();
    for spec in specs_of(kind) {
        if fields.contains_key(&spec.key) {
            continue;
        }
        let words = format!("{}{}{n}qz", kind.word(), spec.name).replace('_', "");
        let value = match spec.kind {
            Kind::Text | Kind::LongText => Value::Text(words.clone()),
            Kind::Words => Value::Words(vec![words.clone()]),
            _ => continue,
        };
        fields.insert(spec.key, value);
        planted.push((spec.key, spec.edit == EditRule::Secret, words));
    }
    (fields, planted)
}

/// Writes a record as it is, past all handlers.
fn write(txn: &mut WriteTxn<'_>, kind: RecordKind, about: Uuid, fields: Fields) -> Result<Uuid, StoreError> {
    fn of<E: Entity>(txn: &mut WriteTxn<'_>, about: Uuid, fields: Fields) -> Result<Uuid, StoreError> {
        Ok(txn.create(SubjectId(about), &E::from_fields(fields).unwrap())?.id)
    }
    match kind {
        RecordKind::Consent => of::<ConsentEvent>(txn, about, fields),
        RecordKind::Call => of::<Call>(txn, about, fields),
        RecordKind::CallEntry => of::<CallEntry>(txn, about, fields),
        RecordKind::Task => of::<Task>(txn, about, fields),
        RecordKind::Request => of::<SubjectRequest>(txn, about, fields),
        RecordKind::Hold => of::<Hold>(txn, about, fields),
        RecordKind::Publication => of::<Publication>(txn, about, fields),
        RecordKind::Invitation => of::<Invitation>(txn, about, fields),
        other => panic!("a {other} is about a person: plant it here"),
    }
}

struct Planting {
    store: Store,
    list: Uuid,
    planted: Vec<Planted>,
}

fn planting() -> Planting {
    let store = store();
    let origin = || Origin {
        at: Timestamp::from_millis(NOW),
        actor: UserId(Uuid::nil()),
        session: SessionId(Uuid::nil()),
        action: Action::Call,
    };
    let mut planted = Vec::new();
    let query = "calllistqueryqz".to_owned();
    let list = CallList {
        name: "Planted".into(),
        purpose: "sales".into(),
        query: query.clone(),
        size: i64::try_from(store.contacts.len()).unwrap(),
        ..CallList::default()
    };
    let made = store
        .fixture
        .service
        .store
        .write(origin(), move |txn| Ok::<_, StoreError>(txn.create(SubjectId::NOBODY, &list)?.id));
    let list = made.unwrap();
    let (kind, field) = (RecordKind::CallList, CallListField::query.key());
    planted.push(Planted { kind, record: list, about: None, field, secret: false, words: query });
    for (n, about) in store.contacts.iter().copied().enumerate() {
        for kind in kinds() {
            let (fields, words) = record(kind, n, list);
            let made =
                store.fixture.service.store.write(origin(), move |txn| write(txn, kind, about, fields));
            let record = made.unwrap();
            let of =
                |(field, secret, words)| Planted { kind, record, about: Some(about), field, secret, words };
            planted.extend(words.into_iter().map(of));
        }
    }
    store.fixture.reload();
    // Tasks have a past, which is told as well.
    let olga = store.fixture.client("olga");
    let tasks: BTreeSet<(Uuid, Uuid)> = planted
        .iter()
        .filter(|one| one.kind == RecordKind::Task)
        .filter_map(|one| Some((one.record, one.about?)))
        .collect();
    for (n, (id, about)) in tasks.into_iter().enumerate() {
        // Of who is deleted nothing is changed, and of who is restricted not by the owner.
        if about == store.contacts[5] || store.fixture.service.read_world().is_restricted(about) {
            continue;
        }
        let words = format!("taskanew{n}qz");
        let fields = vec![FieldEdit::text("text", words.clone())];
        olga.call(Edit { kind: RecordKind::Task, id, fields, expect_revision: None }).unwrap();
        let field = crate::domain::task::TaskField::text.key();
        let kind = RecordKind::Task;
        planted.push(Planted { kind, record: id, about: Some(about), field, secret: false, words });
    }
    Planting { store, list, planted }
}

impl Planting {
    fn of(&self, kind: RecordKind) -> Vec<Uuid> {
        let of: BTreeSet<Uuid> =
            self.planted.iter().filter(|one| one.kind == kind).map(|one| one.record).collect();
        if of.is_empty() { vec![Uuid::from_u128(1)] } else { of.into_iter().collect() }
    }

    /// Everything that can be asked, about these records.
    fn requests(&self) -> Vec<(String, Request)> {
        let Store { contacts, companies, notes, .. } = &self.store;
        let mut all = requests_about(contacts, companies, notes, &|kind| self.of(kind));
        let mut more: Vec<Request> = Vec::new();
        let list = self.list.to_string();
        more.push(Request::CallListShow(CallListShow { list: list.clone() }));
        for about in contacts {
            for kind in kinds() {
                more.push(Request::List(super::list(kind, &about.to_string())));
            }
            let (contact, purpose) = (ContactId(*about), "sales".to_owned());
            for channel in [Channel::Phone, Channel::Storage] {
                let purpose = purpose.clone();
                more.push(Request::ConsentProve(ConsentProve { contact, purpose, channel, at: None }));
            }
            more.push(Request::Get(Get { kind: RecordKind::Contact, id: *about, at: None }));
            let put = crate::api::work::PutBack::Skip { reason: "x".into() };
            more.push(Request::CallListPut(CallListPut { list: list.clone(), contact, put }));
        }
        for event in self.of(RecordKind::Consent) {
            more.push(Request::ConsentReceipt(ConsentReceipt { event }));
        }
        let owner = String::new();
        more.push(Request::Tasks(Tasks { owner, before: None, about: None }));
        more.push(Request::CallListNext(CallListNext { list }));
        for channel in [Channel::Phone, Channel::Storage] {
            more.push(Request::Export(Export {
                query: String::new(),
                purpose: "sales".into(),
                channel,
                window: Window::default(),
                columns: vec![],
                to: String::new(),
                run: None,
            }));
        }
        more.push(Request::Activity(Activity { before: None, limit: 10_000 }));
        // Before everything is deleted.
        more.extend(all.drain(..).map(|(_, request)| request));
        more.into_iter().map(|request| (request.name().to_owned(), request)).collect()
    }

    /// What a user must not be told, and the records that are out of the user's sight.
    fn secrets(&self, name: &str) -> (Vec<&Planted>, BTreeSet<Uuid>) {
        let service = &self.store.fixture.service;
        let session = service.session_of(name).unwrap();
        let sight = service.actor(&session).unwrap().sight;
        let world = service.read_world();
        let (mut secret, mut unseen) = (Vec::new(), BTreeSet::new());
        for one in &self.planted {
            let relation = one.about.map_or(Relation::Own, |about| {
                let (owner, team) = world.contacts.holder(about).unwrap();
                sight.relation(owner, team)
            });
            let seen = sight.sees(&world, one.kind, one.record);
            if !seen {
                unseen.insert(one.record);
            }
            if one.secret || !seen || sight.access(one.kind, relation, one.field) < Access::Read {
                secret.push(one);
            }
        }
        (secret, unseen)
    }
}

/// The planted words that a text holds, also behind what an escape leaves, as the n of a line break.
fn found<'t>(planted: &BTreeMap<&str, &'t Planted>, text: &str) -> Vec<&'t Planted> {
    let runs = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| run.ends_with("qz"));
    let words = runs.flat_map(|run| (0..run.len()).filter_map(move |at| run.get(at..)));
    words.filter_map(|word| planted.get(word).copied()).collect()
}

#[test]
fn what_is_about_persons_out_of_sight_reaches_no_answer_and_no_event() {
    let everybody = USERS.iter().map(|(name, role, _)| (*name, Some(*role))).chain([("ines", None)]);
    for (name, role) in everybody {
        let planting = planting();
        let service = &planting.store.fixture.service;
        let session = service.session_of(name).unwrap();
        let (secret, unseen) = planting.secrets(name);
        let secret: BTreeMap<&str, &Planted> =
            secret.into_iter().map(|one| (one.words.as_str(), one)).collect();
        service.listen(&session, Box::new(|| ()));
        service.events(&session);
        // Somebody else changes one of each person, which is an event.
        let olga = planting.store.fixture.client("olga");
        for id in planting.of(RecordKind::Task) {
            drop(olga.call(TaskDone { id, done: true }));
        }
        for id in planting.of(RecordKind::Task) {
            drop(olga.call(TaskDone { id, done: false }));
        }
        for event in service.events(&session) {
            let words = format!("{event:?}");
            assert!(found(&secret, &words).is_empty(), "{name} hears {words}");
            if let Event::Changed(changed) = event {
                assert!(!unseen.contains(&changed.id), "{name} hears of a record out of sight: {words}");
            }
        }
        let all: BTreeMap<&str, &Planted> =
            planting.planted.iter().map(|one| (one.words.as_str(), one)).collect();
        let mut told = BTreeSet::new();
        for (label, request) in planting.requests() {
            let answer = format!("{:?}", service.call(&session, request));
            if let Some(one) = found(&secret, &answer).first() {
                panic!("{name} is told {} ({}) by {label}: {answer}", one.words, one.kind);
            }
            told.extend(found(&all, &answer).into_iter().map(|one| one.words.as_str()));
        }
        if matches!(role, Some(Role::Owner | Role::Dpo)) {
            // What nothing is hidden from must have been told, or the test proves nothing.
            // Of whom nobody sees but who answers persons (Art. 18 GDPR), the owner is told nothing.
            let world = service.read_world();
            let restricted = |one: &Planted| one.about.is_some_and(|about| world.is_restricted(about));
            assert!(secret.values().all(|one| one.secret || restricted(one)), "{name}");
            for one in
                planting.planted.iter().filter(|one| !secret.contains_key(one.words.as_str()) && !one.secret)
            {
                assert!(
                    told.contains(one.words.as_str()),
                    "{name} is never told {} of a {}",
                    one.words,
                    one.kind
                );
            }
        } else {
            assert!(secret.values().any(|one| !one.secret), "{name}");
        }
        if matches!(role, Some(Role::Rep) | None) {
            assert!(!unseen.is_empty() && unseen.len() < planting.contacts_times_kinds(), "{name}");
        }
    }
}

impl Planting {
    fn contacts_times_kinds(&self) -> usize {
        self.store.contacts.len() * kinds().len() + 1
    }
}

/// Searching, filtering and counting tell nothing of it either.
#[test]
fn what_is_about_persons_is_found_by_no_search() {
    let planting = planting();
    for (name, _, _) in USERS {
        let client = planting.store.fixture.client(name);
        let (secret, _) = planting.secrets(name);
        let mut once = BTreeSet::new();
        for one in secret.iter().filter(|one| once.insert((one.kind, one.field))) {
            let Ok(page) = client.call(list(RecordKind::Contact, &one.words)) else { continue };
            assert_eq!(page.total, 0, "{name} finds somebody by {}", one.words);
        }
        // A list about somebody out of sight is refused as one about nobody.
        for kind in kinds() {
            let about = |id: Uuid| {
                let answer = client.call(list(kind, &id.to_string()));
                format!("{answer:?}").replace(&id.to_string(), "ID")
            };
            let service = &planting.store.fixture.service;
            let session = service.session_of(name).unwrap();
            let there = planting.store.contacts[2];
            if !service.sees(&session, RecordKind::Contact, there) {
                assert_eq!(about(there), about(Uuid::from_u128(0x1234_5678)), "{name}: {kind}");
            }
        }
    }
}
