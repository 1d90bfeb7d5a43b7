//! What is masked, hidden or out of sight reaches no answer of any request: each value is one of its own, and is looked
//! for in everything that is said.

use std::collections::BTreeSet;

use super::*;
use crate::domain::access::{Access, Relation};
use crate::domain::entity::specs_of;
use crate::service::tests::Fixture;

/// A value that stands in one field of one record only.
pub(crate) struct Canary {
    record: Uuid,
    kind: RecordKind,
    /// The contact it is about, for a note.
    about: Uuid,
    field: &'static str,
    pub(crate) words: String,
}

pub(crate) struct Store {
    pub(crate) fixture: Fixture,
    pub(crate) contacts: Vec<Uuid>,
    pub(crate) companies: Vec<Uuid>,
    pub(crate) notes: Vec<Uuid>,
    pub(crate) canaries: Vec<Canary>,
}

impl Store {
    /// What a user must not be told, and the records that are out of the user's sight.
    pub(crate) fn secrets(&self, name: &str) -> (Vec<&Canary>, BTreeSet<Uuid>) {
        let service = &self.fixture.service;
        let session = service.session_of(name).unwrap();
        let sight = service.actor(&session).unwrap().sight;
        let world = service.read_world();
        let (mut secret, mut unseen) = (Vec::new(), BTreeSet::new());
        for canary in &self.canaries {
            let (owner, team) = world.contacts.holder(canary.about).unwrap();
            let relation: Relation = sight.relation(owner, team);
            let key = world.schema.by_name(canary.kind, canary.field).unwrap().key;
            let seen = sight.sees(&world, canary.kind, canary.record);
            if !seen {
                unseen.insert(canary.record);
            }
            if !seen || sight.access(canary.kind, relation, key) < Access::Read {
                secret.push(canary);
            }
        }
        (secret, unseen)
    }

    /// Whether the golden table grants a user each of these requests.
    pub(crate) fn granted(&self, name: &str, requests: &[(String, Request)]) -> Vec<bool> {
        let service = &self.fixture.service;
        let session = service.session_of(name).unwrap();
        let granted =
            |request| crate::service::policy::authorize(service.actor(&session).unwrap(), request).is_ok();
        requests.iter().map(|(_, request)| granted(request)).collect()
    }

    /// All the requests there are, about these records.
    pub(crate) fn requests(&self) -> Vec<(String, Request)> {
        requests(&self.contacts, &self.companies, &self.notes)
    }
}

/// Which contact has no name.
const NAMELESS: usize = 6;
/// Which one is in quarantine.
const QUARANTINED: usize = 8;
/// Whose data are restricted.
const RESTRICTED: usize = 9;

/// Fields of contacts whose values can be told apart, and the text that is written into them.
fn texts(n: usize, time: &str) -> Vec<(&'static str, String, String)> {
    let mut all = Vec::new();
    for field in [
        "name_prefix",
        "given_name",
        "middle_name",
        "family_name",
        "job_title",
        "department",
        "supplier",
        "reason",
        "source",
        "external_id",
        "custom.hint",
    ] {
        // One is nobody by name: the list names it by an address, which may be masked.
        if n == NAMELESS && matches!(field, "name_prefix" | "given_name" | "middle_name" | "family_name") {
            continue;
        }
        let words = format!("{}{time}{n}qz", field.replace(['_', '.'], ""));
        all.push((field, words.clone(), words));
    }
    let tag = format!("tag{time}{n}qz");
    all.push(("tags", tag.clone(), tag));
    let city = format!("city{time}{n}qz");
    all.push(("addresses", city.clone(), format!("Weg 1 | 10115 | {city} | | DE")));
    let name = format!("mail{time}{n}qz");
    all.push(("emails", name.clone(), format!("{name}@example.com")));
    // The mask of it is `+49 30 •••`, and three digits.
    let digits = format!("90{}{}", if time == "old" { 2 } else { 1 }, 100 + n);
    all.push(("phones", digits.clone(), format!("label{time}{n}qz: +49 30 {digits}")));
    all.push(("phones", format!("label{time}{n}qz"), String::new()));
    all
}

pub(crate) fn store() -> Store {
    let fixture = team();
    let olga = fixture.client("olga");
    let hint = [
        ("name", "hint"),
        ("on", "contact"),
        ("kind", "text"),
        ("purpose", "offers"),
        ("justification", "to make them"),
        ("category", "relationship"),
    ];
    let fields = hint.map(|(field, text)| FieldEdit::text(field, text)).to_vec();
    olga.call(Add { kind: RecordKind::CustomField, about: None, fields }).unwrap();
    let holders = [
        ("rita", "south"),
        ("rolf", ""),
        ("nora", "north"),
        ("none", "north"),
        ("", ""),
        ("nora", ""),
        ("rolf", ""),
        ("ines", ""),
        ("rita", "south"),
        ("rita", "south"),
    ];
    let mut store = Store { fixture, contacts: vec![], companies: vec![], notes: vec![], canaries: vec![] };
    for (n, (owner, team)) in holders.into_iter().enumerate() {
        let edits = |time: &str| {
            let texts = texts(n, time).into_iter().filter(|(_, _, text)| !text.is_empty());
            texts.map(|(field, _, text)| FieldEdit::text(field, text)).collect::<Vec<FieldEdit>>()
        };
        let mut fields = edits("old");
        // One is a bought lead without a basis: out of sight for most, whoever owns it.
        fields.push(FieldEdit::text("basis", if n == QUARANTINED { "consent" } else { "contract" }));
        let owner = if owner == "none" { "" } else { owner };
        let id = add(&olga, fields, owner, team);
        store.fixture.clock.0.fetch_add(100_000, std::sync::atomic::Ordering::SeqCst);
        let edit = Edit { kind: RecordKind::Contact, id, fields: edits("new"), expect_revision: None };
        olga.call(edit).unwrap();
        for (field, words, _) in texts(n, "old").into_iter().chain(texts(n, "new")) {
            let canary = Canary { record: id, kind: RecordKind::Contact, about: id, field, words };
            store.canaries.push(canary);
        }
        let words = format!("note{n}qz");
        let note = olga.call(Add {
            kind: RecordKind::Note,
            about: Some(ContactId(id)),
            fields: vec![FieldEdit::text("text", words.clone())],
        });
        let note = note.unwrap().id;
        store.canaries.push(Canary { record: note, kind: RecordKind::Note, about: id, field: "text", words });
        store.contacts.push(id);
        store.notes.push(note);
    }
    // No moment of what follows ends in the digits of a number.
    store.fixture.clock.0.fetch_add(50_000, std::sync::atomic::Ordering::SeqCst);
    let fields = vec![FieldEdit::text("name", "Erste GmbH"), FieldEdit::text("owner", "nora")];
    store.companies.push(olga.call(Add { kind: RecordKind::Company, about: None, fields }).unwrap().id);
    // One is restricted: there for the officer alone, whoever owns it.
    let (contact, request, until) = (ContactId(store.contacts[RESTRICTED]), None, None);
    let (reason, terms) = (crate::domain::request::RestrictionReason::Accuracy, String::new());
    let restrict = SubjectRestrict { contact, request, reason, until, terms };
    store.fixture.client("dora").call(restrict).unwrap();
    // One of those out of sight is deleted.
    let (kind, id) = (RecordKind::Contact, store.contacts[5]);
    olga.call(Delete { kind, id, expect_revision: None }).unwrap();
    store
}

/// Everything that a user is told by any request, answers and refusals.
fn told(store: &Store, name: &str) -> Vec<(String, String)> {
    let service = &store.fixture.service;
    let session = service.session_of(name).unwrap();
    let mut told = Vec::new();
    for (label, request) in store.requests() {
        let answer = service.call(&session, request);
        told.push((label, format!("{answer:?}")));
    }
    told
}

#[test]
fn what_is_masked_hidden_or_out_of_sight_reaches_no_answer() {
    let everybody = USERS.iter().map(|(name, role, _)| (*name, Some(*role))).chain([("ines", None)]);
    for (name, role) in everybody {
        let store = store();
        // What may be known is worked out before anything is asked, since the answers change the store.
        let (secret, unseen) = store.secrets(name);
        let told = told(&store, name);
        for (label, words) in &told {
            for canary in &secret {
                assert!(
                    !words.contains(&canary.words),
                    "{name} is told `{}` of {} by {label}: {words}",
                    canary.field,
                    canary.words
                );
            }
        }
        // What nothing is hidden from must have been told, or the test proves nothing.
        if matches!(role, Some(Role::Owner | Role::Dpo)) {
            let restricted = store.contacts[RESTRICTED];
            let kept_out = |canary: &Canary| role == Some(Role::Owner) && canary.about == restricted;
            assert!(secret.iter().all(|canary| kept_out(canary)));
            for canary in store.canaries.iter().filter(|canary| !kept_out(canary)) {
                assert!(
                    told.iter().any(|(_, words)| words.contains(&canary.words)),
                    "{name} is never told {}",
                    canary.words
                );
            }
        } else {
            assert!(!secret.is_empty(), "{name}");
        }
        if matches!(role, Some(Role::Rep) | None) {
            assert!(!unseen.is_empty() && unseen.len() < store.contacts.len() + store.notes.len());
        }
    }
}

/// A record out of sight and one that never was: the same words.
#[test]
fn what_is_out_of_sight_is_answered_like_what_never_was() {
    let store = store();
    for at in [2, RESTRICTED] {
        let (hidden, note) = (store.contacts[at], store.notes[at]);
        let never = Uuid::from_u128(0x1234_5678);
        for (name, role, _) in USERS {
            let service = &store.fixture.service;
            let session = service.session_of(name).unwrap();
            let sees = service.sees(&session, RecordKind::Contact, hidden);
            let explains = matches!(role, Role::Owner | Role::Dpo | Role::Admin);
            if sees || role == Role::Auditor || explains {
                continue;
            }
            let there = requests(&[hidden, store.contacts[0]], &store.companies, &[note]);
            let gone = requests(&[never, store.contacts[0]], &store.companies, &[Uuid::from_u128(0x9876)]);
            for ((label, there), (_, gone)) in there.into_iter().zip(gone) {
                // A bulk edit by a lead changes the other one, and tells when.
                let timed = role == Role::Lead && matches!(there, Request::Bulk(_));
                if timed || matches!(there, Request::Activity(_) | Request::Undo(_) | Request::Redo(_)) {
                    continue;
                }
                let about = format!("{there:?}");
                if !about.contains(&hidden.to_string()) && !about.contains(&note.to_string()) {
                    continue;
                }
                let answer = |request| {
                    let words = format!("{:?}", service.call(&session, request));
                    let words = words.replace(&hidden.to_string(), "ID").replace(&never.to_string(), "ID");
                    words
                        .replace(&note.to_string(), "NOTE")
                        .replace(&Uuid::from_u128(0x9876).to_string(), "NOTE")
                };
                assert_eq!(answer(there), answer(gone), "{role}: {label}");
            }
        }
    }
}

/// The order, the count and the offers of a list tell nothing of what is masked.
#[test]
fn searching_by_what_is_masked_finds_nothing() {
    let store = store();
    let rita = store.fixture.client("rita");
    for (n, found) in [(0, 1), (1, 0), (2, 0), (4, 1)] {
        let digits = format!("901{}", 100 + n);
        assert_eq!(count(&rita, &digits), found, "own and free ones are found by number, {n}");
        assert_eq!(count(&rita, &format!("+4930{digits}")), found, "{n}");
        let hint = format!("customhintnew{n}qz");
        assert_eq!(count(&rita, &format!("field.hint:{hint}")), u64::from(n != 2), "{n}");
    }
    // The team's are found by their names.
    assert_eq!(count(&rita, "familynamenew1qz"), 1);
    assert_eq!(count(&rita, "901100"), 1);
    assert_eq!(count(&rita, "90"), 2);
    assert_eq!(count(&rita, "-90"), 3, "excluding by what is masked leaves it out of the question");
    let mara = store.fixture.client("mara");
    assert_eq!(count(&mara, "jobtitlenew1qz"), 0);
    assert_eq!(count(&mara, "citynew1qz"), 0);
    assert_eq!(count(&mara, "mailnew1qz"), 1);
    assert_eq!(count(&mara, "field.hint:customhintnew1qz"), 0);
    assert_eq!(count(&mara, "has:phone"), 7, "that there is a number shows in its mask");
    for query in ["has:address", "has:note", "has:job_title"] {
        let error = mara.call(list(RecordKind::Contact, query)).unwrap_err();
        assert_eq!(error.code, Code::Denied, "{query}: {error}");
    }
    assert!(specs_of(RecordKind::Contact).iter().any(|spec| spec.name == "reason"));
}
