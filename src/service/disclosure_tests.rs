//! Stories of answers to persons: nothing of the person is missing, nothing of another is in it, and who may ask when.

use std::sync::Arc;

use uuid::Uuid;

use super::tests::{Fixture, add, anna, edit};
use super::{publish, rows};
use crate::api::*;
use crate::client::Client;
use crate::domain::accountability::Publication;
use crate::domain::call::{Call, CallEntry};
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentKind, Way};
use crate::domain::contact::{Contact, Note};
use crate::domain::disclosure::redact::{self, Why};
use crate::domain::disclosure::{Disclosure, Person, Trace};
use crate::domain::draft::{Draft, Form};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::{Entity, Fields, Lies, RecordKind};
use crate::domain::erasure::{Certificate, KeptProof};
use crate::domain::field::Edit as Rule;
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SubjectId};
use crate::domain::request::{IdentityCheck, Invitation, RequestField, Right, SubjectRequest};
use crate::domain::retention::Hold;
use crate::domain::suppression::{Class, Identifier, Reason, Scope};
use crate::domain::task::Task;
use crate::domain::user::{Role, User};
use crate::domain::value::{Kind, OneOf, Value, WordList};
use crate::store::{Origin, StoreError, WriteTxn};

/// Writes records as operations of their own would.
fn write<R: Send + 'static>(
    fixture: &Fixture,
    stage: impl FnOnce(&mut WriteTxn<'_>) -> Result<R, StoreError> + Send + 'static,
) -> R {
    let service = &fixture.service;
    let session = service.session_of("owner").unwrap();
    let origin =
        Origin { at: service.env.now(), actor: session.user, session: session.id, action: Action::Edit };
    let world = Arc::clone(&service.world);
    let done = service.store.write(origin, move |txn| {
        let result = stage(txn)?;
        publish(&world, txn, &[])?;
        Ok::<_, Error>(result)
    });
    done.unwrap()
}

/// A store with settings, of a company that answers.
pub(crate) fn office() -> Fixture {
    let user = |name: &str, role: Role, full_name: &str| User {
        name: name.into(),
        unix: name.into(),
        role: role.into(),
        full_name: full_name.into(),
        ..User::default()
    };
    let fixture = Fixture::of(vec![
        user("owner", Role::Owner, "Olga Herzog"),
        user("rep", Role::Rep, "Lena Winter"),
        user("dpo", Role::Dpo, "Dora Klein"),
        user("auditor", Role::Auditor, ""),
    ]);
    let owner = fixture.client("owner");
    let all = List {
        kind: RecordKind::Settings,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    let id = owner.call(all).unwrap().items[0].id;
    let fields = [
        ("controller_address", "Musterweg 1, 10115 Berlin"),
        ("contact", "datenschutz@example.com"),
        ("dpo_contact", "dsb@example.com"),
        ("authority", "Berliner Beauftragte für Datenschutz und Informationsfreiheit"),
    ];
    let fields = fields.map(|(field, text)| FieldEdit::text(field, text)).to_vec();
    owner.call(Edit { kind: RecordKind::Settings, id, fields, expect_revision: None }).unwrap();
    fixture
}

pub(crate) fn note(client: &Client, about: Uuid, text: &str) -> Uuid {
    let fields = vec![FieldEdit::text("text", text)];
    client.call(Add { kind: RecordKind::Note, about: Some(ContactId(about)), fields }).unwrap().id
}

/// A note as an older version or another program may have left it, with whatever is in it.
pub(crate) fn raw_note(fixture: &Fixture, about: Uuid, text: String) {
    write(fixture, move |txn| {
        txn.create(SubjectId(about), &Note { text, ..Note::default() })?;
        Ok(())
    });
}

/// Somebody of whom something of each kind is held, with others around; the person, and somebody else.
pub(crate) fn invented(fixture: &Fixture) -> (Uuid, Uuid) {
    let owner = fixture.client("owner");
    let mut fields = anna();
    fields.retain(|edit| edit.field != "family_name" && edit.field != "addresses");
    fields.extend([
        FieldEdit::text("family_name", "Schöne"),
        FieldEdit::text("language", "de"),
        FieldEdit::text("country", "DE"),
        FieldEdit::text("owner", "rep"),
        FieldEdit::text("addresses", "home: Lindenweg 7 | 10115 | Berlin | | DE"),
    ]);
    let person = add(&owner, fields).unwrap().id;
    let other = [
        ("given_name", "Peter"),
        ("family_name", "Müller"),
        ("phones", "030 901821"),
        ("emails", "peter@example.org"),
        ("basis", "contract"),
        ("reason", "asked for an offer"),
        ("source", "fair"),
    ];
    let other = add(&owner, other.map(|(field, text)| FieldEdit::text(field, text)).to_vec()).unwrap().id;
    let rep = fixture.client("rep");
    note(&rep, person, "Will ein Angebot. Peter Mueller (030 901821, peter@example.org) entscheidet mit.");
    note(&rep, other, "Nichts davon geht Anna an.");
    edit(&rep, person, "job_title", "Einkäuferin", None).unwrap();
    let said =
        Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::InPerson, "Ja, rufen Sie mich an.");
    owner.call(ConsentRecord { contact: ContactId(person), said: vec![said] }).unwrap();
    let (words, zone, at, way) = ("Bitte nicht mehr.".to_owned(), String::new(), None, Way::Mail);
    let purpose = Some("sales".to_owned());
    let withdraw = ConsentWithdraw {
        contact: ContactId(person),
        purpose,
        channel: None,
        words,
        way,
        at,
        zone,
        objection: false,
    };
    owner.call(withdraw).unwrap();
    (person, other)
}

/// A request of a person, whose identity is made sure of or not.
pub(crate) fn asked(fixture: &Fixture, person: Uuid, right: Right, identified: bool) -> i64 {
    let (received, how, words) = (None, "mail".to_owned(), "Was haben Sie über mich?".to_owned());
    let (contact, language) = (Some(ContactId(person)), None);
    let open = RequestOpen { contact, person: String::new(), language, right, received, how, words };
    let number = fixture.client("rep").call(open).unwrap().number;
    if identified {
        outcome_of_identity(fixture, person, number, "confirmed");
    }
    number
}

/// How the check of identity ended.
fn outcome_of_identity(fixture: &Fixture, person: Uuid, number: i64, outcome: &'static str) {
    write(fixture, move |txn| {
        let all = rows::whole_person(&txn.read(), SubjectId(person))?;
        for stored in all.into_iter().filter(|stored| stored.kind == RecordKind::Request) {
            let mut request: SubjectRequest = stored.entity()?;
            if request.number == number {
                request.identity = OneOf(Some(IdentityCheck::KnownAddress));
                request.identity_at = Some(txn.origin().at);
                request.identity_outcome = outcome.to_owned();
                txn.update(&stored, request.fields())?;
            }
        }
        Ok(())
    });
}

pub(crate) fn disclose(client: &Client, person: Uuid) -> Disclosure {
    let of = Whom::Contact(ContactId(person));
    client.call(Disclose { of, right: Right::Access, request: None, review: false }).unwrap()
}

fn person_of(disclosure: Disclosure) -> Person {
    disclosure.person.unwrap()
}

/// Fields of each kind, with a word of its own in each text.
fn canaries(kind: RecordKind, mark: &str) -> (Fields, Vec<String>) {
    let (mut fields, mut words) = (Fields::new(), Vec::new());
    for spec in crate::domain::entity::specs_of(kind) {
        let word = format!("{mark}{}q{}q", kind.word().replace('_', ""), spec.name.replace('_', ""));
        let value = match spec.kind {
            Kind::Text | Kind::LongText | Kind::Slug => Value::Text(word.clone()),
            Kind::Tags => Value::Tags(vec![word.clone()]),
            Kind::Words => Value::Words(vec![word.clone()]),
            _ => continue,
        };
        fields.insert(spec.key, value);
        if spec.edit != Rule::Secret {
            words.push(word);
        }
    }
    (fields, words)
}

/// A person of whom a record of every kind is held, with a word of its own in every text of it.
fn full(fixture: &Fixture, mark: &'static str) -> (Uuid, Vec<String>) {
    write(fixture, move |txn| {
        let mut all = Vec::new();
        let mut of = |kind: RecordKind| {
            let (fields, words) = canaries(kind, mark);
            all.extend(words);
            fields
        };
        fn one<T: Entity>(fields: Fields) -> T {
            T::from_fields(fields).unwrap()
        }
        let mut contact: Contact = one(of(RecordKind::Contact));
        contact.basis = Some(crate::domain::basis::Basis::Contract);
        let person = txn.create(SubjectId::NOBODY, &contact)?.id;
        let about = SubjectId(person);
        for kind in RecordKind::ALL.iter().filter(|kind| kind.lies() == Lies::AboutPerson) {
            let fields = of(*kind);
            match kind {
                RecordKind::Note => txn.create(about, &one::<Note>(fields))?,
                RecordKind::Consent => txn.create(about, &one::<ConsentEvent>(fields))?,
                RecordKind::Call => txn.create(about, &one::<Call>(fields))?,
                RecordKind::CallEntry => txn.create(about, &one::<CallEntry>(fields))?,
                RecordKind::Task => txn.create(about, &one::<Task>(fields))?,
                RecordKind::Request => txn.create(about, &one::<SubjectRequest>(fields))?,
                RecordKind::Hold => txn.create(about, &one::<Hold>(fields))?,
                RecordKind::Publication => txn.create(about, &one::<Publication>(fields))?,
                RecordKind::Invitation => txn.create(about, &one::<Invitation>(fields))?,
                other => panic!("a person has a {other}, of which this test knows nothing"),
            };
        }
        Ok((person, all))
    })
}

#[test]
fn every_word_of_the_person_is_told_and_none_of_another() {
    let fixture = office();
    let (person, words) = full(&fixture, "cnry");
    let (other, _) = full(&fixture, "othr");
    let dpo = fixture.client("dpo");
    edit(&dpo, person, "job_title", "cnrychangedq", None).unwrap();
    let disclosure = disclose(&dpo, person);
    let told = format!("{disclosure:?}");
    for word in words.iter().map(String::as_str).chain(["cnrychangedq"]) {
        assert!(told.contains(word), "{word} is missing");
    }
    assert!(!told.contains("othr") && !told.contains(&other.to_string()));
    assert!(
        !told.contains("consentqtokenq") && !told.contains("invitationqkeyq"),
        "secrets stay where they are"
    );
    // In both of the files that are for people and for programs, too.
    let tongue = crate::domain::wording::sentence::Tongue::De;
    let files = crate::interchange::pack::bundle(disclosure, Right::Access, None, tongue, vec![]).unwrap();
    for name in ["answer.html", "answer.json"] {
        let file = files.iter().find(|file| file.name == name).unwrap();
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        for word in words.iter().map(String::as_str).chain(["cnrychangedq"]) {
            assert!(text.contains(word), "{word} is not in {name}");
        }
    }
    for file in &files {
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        assert!(!text.contains("othr") && !text.contains(&other.to_string()), "{}", file.name);
        assert!(!text.contains("consentqtokenq") && !text.contains("invitationqkeyq"), "{}", file.name);
    }
}

#[test]
fn third_persons_are_proposed_and_employees_are_told_by_their_role() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    note(&fixture.client("rep"), person, "Lena Winter ruft sie zurück, sagt Frau Huber.");
    let rep = fixture.client("rep");
    rep.call(Get { kind: RecordKind::Contact, id: person, at: None }).unwrap();
    let told = person_of(disclose(&fixture.client("dpo"), person));
    let mut marks: Vec<(&str, Why)> = told.marks.iter().map(|mark| (mark.text.as_str(), mark.why)).collect();
    marks.sort_unstable();
    let third = Why::ThirdPerson;
    let want = [
        ("030 901821", third),
        ("Huber", third),
        ("Lena Winter", Why::Employee),
        ("Peter Mueller", third),
        ("peter@example.org", third),
    ];
    assert_eq!(marks, want);
    let own = &told.records[0];
    let owner = crate::domain::contact::ContactField::owner.key();
    assert_eq!((own.text(owner), own.value(owner)), ("rep", None), "no employee is named");
    assert!(told.looks.iter().any(|look| look.by == "rep"), "{:?}", told.looks);
    assert!(told.history.iter().any(|entry| entry.by == "rep"));
    let words = format!("{:?}", (&told.records, &told.history, &told.looks));
    let rep_id =
        fixture.service.read_world().users.iter().find(|(_, user)| user.name == "rep").map(|(id, _)| *id);
    assert!(!words.contains(&rep_id.unwrap().to_string()), "nor by a number");
}

#[test]
fn that_somebody_answered_is_in_the_read_log_with_the_request() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    let number = asked(&fixture, person, Right::Access, true);
    let dpo = fixture.client("dpo");
    let of = Whom::Contact(ContactId(person));
    for review in [true, false] {
        dpo.call(Disclose { of: of.clone(), right: Right::Access, request: Some(number), review }).unwrap();
    }
    let (about, user) = (Some(ContactId(person)), String::new());
    let looks = dpo.call(Readings { about, user, from: None, to: None, before: None, limit: 100 }).unwrap();
    let purposes: Vec<&str> = looks.items.iter().map(|look| look.purpose.as_str()).collect();
    let told = format!("answer to request {number} (access)");
    assert_eq!(purposes, [told.as_str(), &format!("{told}, looked through")]);
}

#[test]
fn nothing_leaves_for_a_request_before_it_is_known_who_asks() {
    let fixture = office();
    let (person, other) = invented(&fixture);
    let number = asked(&fixture, person, Right::Access, false);
    let dpo = fixture.client("dpo");
    let ask = |contact: Uuid, right: Right, request: i64, review: bool| {
        let of = Whom::Contact(ContactId(contact));
        dpo.call(Disclose { of, right, request: Some(request), review })
    };
    let error = ask(person, Right::Access, number, false).unwrap_err();
    assert_eq!(error.code, Code::Refused, "{error}");
    assert!(error.message.contains("12(6)"), "{error}");
    ask(person, Right::Access, number, true).unwrap();
    let hash = Disclosed { contact: ContactId(person), request: number, sha256: "a".repeat(64) };
    assert_eq!(dpo.call(hash.clone()).unwrap_err().code, Code::Refused);
    outcome_of_identity(&fixture, person, number, "failed");
    assert_eq!(
        ask(person, Right::Access, number, false).unwrap_err().code,
        Code::Refused,
        "checked, and not the person"
    );

    let number = asked(&fixture, person, Right::Access, true);
    assert_eq!(
        ask(person, Right::Portability, number, false).unwrap_err().code,
        Code::Refused,
        "another right"
    );
    assert_eq!(ask(other, Right::Access, number, false).unwrap_err().code, Code::NotFound, "another person");
    assert_eq!(ask(person, Right::Erasure, number, false).unwrap_err().code, Code::Usage);
    let case = ask(person, Right::Access, number, false).unwrap().case.unwrap();
    assert!(case.identified && case.number == number);

    for wrong in ["", "A", &"A".repeat(64), &"g".repeat(64)] {
        let one = Disclosed { sha256: wrong.into(), request: number, ..hash.clone() };
        assert_eq!(dpo.call(one).unwrap_err().code, Code::Usage, "{wrong}");
    }
    let done = dpo.call(Disclosed { request: number, ..hash.clone() }).unwrap();
    assert_eq!(done.changed, [RequestField::delivered_hash.key()]);
    let held = person_of(disclose(&dpo, person));
    let requests = held.records.iter().filter(|held| held.kind == RecordKind::Request);
    assert!(requests.clone().any(|held| held.text(RequestField::delivered_hash.key()) == "a".repeat(64)));
    super::tests::verified(&fixture.client("owner"));
}

#[test]
fn only_who_answers_persons_may_ask() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    for name in ["rep", "auditor"] {
        let of = Whom::Contact(ContactId(person));
        let asked = Disclose { of, right: Right::Access, request: None, review: true };
        assert_eq!(fixture.client(name).call(asked).unwrap_err().code, Code::Denied, "{name}");
    }
}

#[test]
fn who_is_in_quarantine_or_deleted_is_answered_like_anybody() {
    let fixture = office();
    let owner = fixture.client("owner");
    let mut fields = anna();
    fields.push(FieldEdit::text("supplier", "Adress AG"));
    let person = add(&owner, fields).unwrap().id;
    assert!(fixture.service.read_world().is_quarantined(person));
    let dpo = fixture.client("dpo");
    assert_eq!(person_of(disclose(&dpo, person)).name, "Anna Schmidt");
    owner.call(Delete { kind: RecordKind::Contact, id: person, expect_revision: None }).unwrap();
    assert!(person_of(disclose(&dpo, person)).records[0].deleted);
}

#[test]
fn a_record_that_was_united_with_the_persons_is_told_too() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    let owner = fixture.client("owner");
    let mut fields = anna();
    fields.push(FieldEdit::text("department", "Zweitabteilung"));
    let second = add(&owner, fields).unwrap().id;
    let dpo = fixture.client("dpo");
    let warned = disclose(&dpo, person).warnings;
    assert!(warned.iter().any(|warning| warning.contains(&second.to_string())), "{warned:?}");
    owner.call(Merge { keep: ContactId(person), other: ContactId(second), dry_run: false }).unwrap();
    let told = disclose(&dpo, person);
    assert!(!told.warnings.iter().any(|warning| warning.contains(&second.to_string())));
    let told = person_of(told);
    let records: Vec<Uuid> =
        told.records.iter().filter(|held| held.kind == RecordKind::Contact).map(|held| held.id).collect();
    assert_eq!(records, [person, second]);
}

#[test]
fn to_whom_data_was_handed_is_told_by_name() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    let owner = fixture.client("owner");
    let fields = [("name", "mailer"), ("title", "Versand GmbH"), ("role", "controller"), ("country", "NL")];
    let fields = fields.map(|(field, text)| FieldEdit::text(field, text)).to_vec();
    owner.call(Add { kind: RecordKind::Recipient, about: None, fields }).unwrap();
    let purpose = owner.call(Purposes { retired: false }).unwrap();
    let newsletter =
        purpose.iter().find(|one| format!("{:?}", one.fields).contains("\"newsletter\"")).unwrap();
    let fields = vec![FieldEdit::text("recipients", "mailer"), FieldEdit::text("confirmed", "")];
    owner.call(Edit { kind: RecordKind::Purpose, id: newsletter.id, fields, expect_revision: None }).unwrap();
    let said = Said::new(ConsentKind::Given, "newsletter", Channel::Email, Way::InPerson, "Ja, bitte.");
    owner.call(ConsentRecord { contact: ContactId(person), said: vec![said] }).unwrap();
    let (query, purpose, channel, to) =
        (String::new(), "newsletter".to_owned(), Channel::Email, "mailer".to_owned());
    let export =
        Export { query, purpose, channel, window: Window::default(), columns: vec![], to, run: None };
    assert_eq!(owner.call(export).unwrap().page.items.len(), 1);
    let told = disclose(&fixture.client("dpo"), person);
    let handed = &told.person.as_ref().unwrap().handed;
    assert_eq!(handed.len(), 1, "once, not once for the ledger and once for the read log: {handed:?}");
    assert_eq!((handed[0].recipient.as_str(), handed[0].purpose.as_str()), ("mailer", "newsletter"));
    assert!(handed[0].fields.contains(&"emails".to_owned()));
    assert!(format!("{:?}", told.recipients).contains("Versand GmbH"));
    assert!(
        told.person
            .unwrap()
            .receipts
            .iter()
            .any(|receipt| format!("{:?}", receipt.purpose).contains("newsletter"))
    );
}

#[test]
fn what_somebody_began_to_write_is_told_to_be_there_and_no_more() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    let text = crate::domain::contact::NoteField::text.key();
    let form = Form { kind: RecordKind::Note, id: None, about: Some(person) };
    let at = fixture.service.env.now();
    let draft = Draft { form, texts: vec![(text, "halbfertig".into())], at };
    fixture.client("rep").call(KeepDraft { draft }).unwrap();
    let told = disclose(&fixture.client("dpo"), person);
    assert!(!format!("{told:?}").contains("halbfertig"));
    let unsaved = person_of(told).unsaved;
    assert_eq!((unsaved.len(), unsaved[0].by.as_str(), unsaved[0].kind), (1, "rep", RecordKind::Note));
}

fn named(identifiers: &[(Class, &str)], name: &str, case: Option<i64>, somebody_else: bool) -> Disclose {
    let of =
        |(class, text): &(Class, &str)| Typed { class: *class, text: (*text).into(), country: String::new() };
    let identifiers = identifiers.iter().map(of).collect();
    let of = Whom::Named { name: name.into(), identifiers, case, somebody_else };
    Disclose { of, right: Right::Access, request: None, review: false }
}

#[test]
fn who_is_not_held_gets_a_proper_answer_and_who_is_held_is_not_told_no() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    let dpo = fixture.client("dpo");
    let nothing = dpo.call(named(&[(Class::Phone, "030 901 899")], "Nemo Niemand", None, false)).unwrap();
    assert!(nothing.person.is_none() && nothing.traces.is_empty());
    assert_eq!(nothing.asked.identifiers, [(Class::Phone, "+4930901899".to_owned())]);

    for (identifiers, name) in [(vec![(Class::Email, "ANNA@example.com")], ""), (vec![], "anna schöne")] {
        let error = dpo.call(named(&identifiers, name, None, false)).unwrap_err();
        assert_eq!(error.code, Code::Refused, "{error}");
        assert!(error.message.contains(&person.to_string()), "{error}");
    }
    let namesake = dpo.call(named(&[], "Anna Schöne", None, true)).unwrap();
    assert!(namesake.person.is_none());
    assert!(
        namesake.warnings.iter().any(|warning| warning.contains("by a name alone")),
        "{:?}",
        namesake.warnings
    );
    assert_eq!(dpo.call(named(&[], " ", None, false)).unwrap_err().code, Code::Usage);

    let of = Typed { class: Class::Phone, text: "030 901899".into(), country: String::new() };
    let (scope, reason, words) = (Scope::All, Reason::Objection, String::new());
    fixture.client("owner").call(Suppress { of, scope, reason, words }).unwrap();
    let barred = dpo.call(named(&[(Class::Phone, "+49 30 901899")], "", None, false)).unwrap();
    assert!(
        matches!(barred.traces[..], [Trace::Suppressed { class: Class::Phone, .. }]),
        "{:?}",
        barred.traces
    );
}

#[test]
fn what_is_left_of_an_erased_person_is_found_by_number_or_by_case() {
    let fixture = office();
    let identifier = Identifier::parse(Class::Email, "weg@example.com", None).unwrap();
    let mark = fixture.service.read_world().suppression.mark(&identifier).to_string();
    write(&fixture, move |txn| {
        let certificate = Certificate { number: 4, request: 17, subjects: 1, ..Certificate::default() };
        txn.create(SubjectId::NOBODY, &certificate)?;
        let many = Certificate { number: 5, request: 18, subjects: 900, ..Certificate::default() };
        txn.create(SubjectId::NOBODY, &many)?;
        let proof = KeptProof {
            certificate: 4,
            purpose: "sales".into(),
            proof: "{\"said\":\"yes\"}".into(),
            marks: WordList(vec![mark]),
            ..KeptProof::default()
        };
        // Under whose key it lies does not matter here.
        txn.create(SubjectId::NOBODY, &proof)?;
        Ok(())
    });
    let dpo = fixture.client("dpo");
    let found = dpo.call(named(&[(Class::Email, "Weg@Example.com")], "", None, false)).unwrap();
    assert!(
        matches!(found.traces[..], [Trace::Proof { .. }, Trace::Certificate { .. }]),
        "{:?}",
        found.traces
    );
    let found = dpo.call(named(&[], "Wer auch immer", Some(17), false)).unwrap();
    assert!(matches!(found.traces[..], [Trace::Certificate { .. }]), "{:?}", found.traces);
    let many = dpo.call(named(&[], "Wer auch immer", Some(18), false)).unwrap();
    assert!(many.traces.is_empty(), "a certificate of many tells nothing of one");
}

#[test]
fn a_review_holds_for_the_texts_it_was_made_of() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    let dpo = fixture.client("dpo");
    let review = redact::review(&person_of(disclose(&dpo, person)));
    let settle = |review: &redact::Review| {
        let mut told = person_of(disclose(&dpo, person));
        redact::settle(&mut told, Some(review.clone()), |_| "[…]".to_owned()).map(|done| (told, done))
    };
    let (told, done) = settle(&review).unwrap();
    assert_eq!(
        done.iter().map(|one| one.times).sum::<usize>(),
        6,
        "three words, in the note and in its history"
    );
    let text = format!("{told:?}");
    assert!(
        !text.contains("Mueller") && !text.contains("901821") && text.contains("entscheidet mit"),
        "{text}"
    );

    let mut kept = review.clone();
    kept.marks.iter_mut().for_each(|mark| mark.act = redact::Act::Keep);
    assert!(settle(&kept).unwrap().1.is_empty());
    let mut silent = review.clone();
    silent.marks.pop();
    assert!(matches!(settle(&silent).unwrap_err(), redact::Unfit::Undecided { .. }));
    let mut more = review.clone();
    more.marks[0].text = "nirgends".into();
    more.marks.extend(review.marks.iter().take(1).cloned());
    assert!(matches!(settle(&more).unwrap_err(), redact::Unfit::NotThere { .. }));

    // Who only looked, or noted the hash of an answer, changed no text.
    dpo.call(Get { kind: RecordKind::Contact, id: person, at: None }).unwrap();
    settle(&review).unwrap();
    let third = note(&fixture.client("rep"), person, "Noch etwas.");
    assert!(matches!(settle(&review).unwrap_err(), redact::Unfit::New { id, .. } if id == third));
    let review = redact::review(&person_of(disclose(&dpo, person)));
    let fields = vec![FieldEdit::text("text", "Doch etwas anderes.")];
    fixture
        .client("rep")
        .call(Edit { kind: RecordKind::Note, id: third, fields, expect_revision: None })
        .unwrap();
    let mut told = person_of(disclose(&dpo, person));
    let error = redact::settle(&mut told, Some(review), |_| String::new()).unwrap_err();
    assert!(matches!(error, redact::Unfit::Changed { id, .. } if id == third));
}
