//! Forms and their answers: taken in once, in time, from the right form, and never to loosen anything.

use uuid::Uuid;

use super::gate_tests::say;
use super::rights_tests::open;
use super::tests::{Fixture, add, anna, verified};
use crate::api::rights::{Ingested, Invited};
use crate::api::*;
use crate::client::Client;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, State};
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::preferences::{self, Answer, Correction, KEY, Sealed, Withdrawn, unhex};
use crate::domain::request::{IdentityOutcome, RequestState, Right};
use crate::domain::wording::sentence::Tongue;

fn invite(client: &Client, contact: Uuid) -> Result<Invited, Error> {
    let (contact, request, language) = (ContactId(contact), None, "fr".parse().ok());
    client.call(RequestInvite { contact, request, days: 30, language })
}

fn key(invited: &Invited) -> [u8; KEY] {
    unhex(invited.key.words()).unwrap()
}

fn nothing(invited: &Invited) -> Answer {
    Answer {
        invitation: invited.form.invitation,
        answered_at: "2026-05-29T08:00:00Z".into(),
        corrections: vec![],
        withdraw: vec![],
        object_to_marketing: false,
        ask: vec![],
        words: String::new(),
    }
}

fn seal(invited: &Invited, answer: &Answer) -> Sealed {
    Sealed::seal(&key(invited), answer).unwrap()
}

/// A text under the key of a form, whatever it says.
fn seal_text(invited: &Invited, text: &str) -> Sealed {
    let invitation = invited.form.invitation;
    let mac = preferences::mac(&key(invited), invitation, text);
    Sealed { format: preferences::FORMAT.into(), invitation, answer: text.into(), mac }
}

fn ingest(client: &Client, sealed: &Sealed) -> Result<Ingested, Error> {
    let Sealed { format: _, invitation, answer, mac } = sealed.clone();
    client.call(RequestIngest { invitation, answer, mac, received: None })
}

fn state(client: &Client, id: Uuid, purpose: &str, channel: Channel) -> State {
    let book = client.call(Consents { contact: ContactId(id), at: None }).unwrap();
    book.lines.iter().find(|line| line.purpose == purpose && line.channel == channel).unwrap().standing.state
}

#[test]
fn an_answer_becomes_what_it_says_once() {
    let fixture = Fixture::new();
    let (owner, dpo, rep) = (fixture.client("owner"), fixture.client("dpo"), fixture.client("rep"));
    let id = add(&owner, anna()).unwrap().id;
    say(&owner, id, ConsentKind::Given, "sales", Channel::Phone);
    say(&owner, id, ConsentKind::Given, "sales", Channel::Storage);
    assert_eq!(invite(&rep, id).unwrap_err().code, Code::Denied, "it takes a person's data out");
    let invited = invite(&dpo, id).unwrap();
    assert!(!format!("{invited:?}").contains(invited.key.words()), "the key is in no log");
    let form = &invited.form;
    assert_eq!(
        (form.tongue, form.controller.as_str(), form.until.as_str()),
        (Tongue::Fr, "Muster GmbH", "27 juin 2026")
    );
    assert!(form.lines.iter().any(|line| line.field == "phones" && line.value.contains("901820")));
    assert!(
        form.lines.iter().all(|line| line.field != "reason" && line.field != "owner"),
        "what is ours is not theirs"
    );
    assert_eq!(form.consents.len(), 2);
    let reads = Readings {
        about: Some(ContactId(id)),
        user: String::new(),
        from: None,
        to: None,
        before: None,
        limit: 9,
    };
    assert!(owner.call(reads).unwrap().items.iter().any(|one| one.purpose.contains("preferences page")));
    // Nobody is shown the key, who may see everything else of it.
    let (kind, at) = (RecordKind::Invitation, None);
    let card = dpo.call(Get { kind, id: form.invitation, at }).unwrap();
    let history = dpo.call(History { kind, id: form.invitation }).unwrap();
    assert!(!format!("{card:?}{history:?}").contains(invited.key.words()));

    fixture.days_later(2);
    let answer = Answer {
        corrections: vec![
            Correction { field: "phones".into(), value: "030 901821 <b>".into() },
            Correction { field: "given_name".into(), value: "Anne".into() },
        ],
        withdraw: vec![Withdrawn { purpose: "sales".into(), channel: Channel::Phone }],
        ask: vec![Right::Access, Right::Erasure, Right::Access],
        words: "Please hurry.\nAnna".into(),
        ..nothing(&invited)
    };
    let sealed = seal(&invited, &answer);
    let taken = ingest(&rep, &sealed).unwrap();
    let told: Vec<(&str, RequestState)> =
        taken.requests.iter().map(|one| (one.right.as_str(), one.state)).collect();
    assert_eq!(
        told,
        [
            ("withdrawal", RequestState::Done),
            ("rectification", RequestState::Open),
            ("access", RequestState::Open),
            ("erasure", RequestState::Open)
        ]
    );
    assert_eq!((taken.name.as_str(), taken.task), ("Anna Schmidt", None));
    assert_eq!(state(&dpo, id, "sales", Channel::Phone), State::Withdrawn, "at once");
    assert_eq!(state(&dpo, id, "sales", Channel::Storage), State::Given, "and nothing else");
    let card = dpo.call(RequestShow { number: 2 }).unwrap();
    assert_eq!(card.request.identity, Some(IdentityOutcome::Confirmed));
    let words = card.record.text(crate::domain::request::RequestField::words.key());
    assert_eq!(words, "phones: 030 901821 <b>\ngiven_name: Anne\n\nPlease hurry.\nAnna", "as it was written");
    let card = dpo.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap().record;
    assert!(card.title == "Anna Schmidt", "nothing is corrected before somebody looked at it");
    // Once, by whomever, also after a restart.
    for client in [&rep, &dpo] {
        assert_eq!(ingest(client, &sealed).unwrap_err().code, Code::Conflict);
        let other = Answer { object_to_marketing: true, ..nothing(&invited) };
        assert_eq!(ingest(client, &seal(&invited, &other)).unwrap_err().code, Code::Conflict);
        fixture.reload();
    }
    assert_eq!(dpo.call(Requests { before: None, state: None, right: None, about: None }).unwrap().len(), 4);
    verified(&dpo);
}

#[test]
fn what_is_forged_late_or_of_nobody_is_refused_and_changes_nothing() {
    let fixture = Fixture::new();
    let (owner, dpo, rep) = (fixture.client("owner"), fixture.client("dpo"), fixture.client("rep"));
    let id = add(&owner, anna()).unwrap().id;
    let other = add(&owner, anna()).unwrap().id;
    let (invited, others) = (invite(&dpo, id).unwrap(), invite(&dpo, other).unwrap());
    let wish = Answer { ask: vec![Right::Erasure], ..nothing(&invited) };
    let sealed = seal(&invited, &wish);
    let forged = [
        Sealed { mac: "0".repeat(64), ..sealed.clone() },
        Sealed { mac: String::new(), ..sealed.clone() },
        Sealed { answer: sealed.answer.replace("erasure", "access"), ..sealed.clone() },
        // A genuine answer under another form's number, and another form's answer under this one's key.
        Sealed { invitation: others.form.invitation, ..sealed.clone() },
        seal(&others, &wish),
        seal_text(&invited, &serde_json::to_string(&nothing(&others)).unwrap()),
    ];
    for (at, sealed) in forged.iter().enumerate() {
        assert_eq!(ingest(&rep, sealed).unwrap_err().code, Code::Refused, "{at}");
    }
    // Genuine, and nothing that an answer can say: a yes, a purpose that there is not, nothing at all.
    let number = invited.form.invitation;
    for (wish, why) in [
        ("\"give\":[{\"purpose\":\"sales\",\"channel\":\"phone\"}]", "not understood"),
        (
            "\"corrections\":[{\"field\":\"basis\",\"value\":\"consent\",\"state\":\"given\"}]",
            "not understood",
        ),
        ("\"withdraw\":[{\"purpose\":\"sails\",\"channel\":\"phone\"}]", "what there is not"),
        ("\"withdraw\":[{\"purpose\":\"sales\",\"channel\":\"fax\"}]", "what there is not"),
        ("\"words\":\"\"", "says nothing"),
    ] {
        let error = ingest(&rep, &seal_text(&invited, &format!("{{\"invitation\":\"{number}\",{wish}}}")))
            .unwrap_err();
        assert_eq!(error.code, Code::Refused, "{wish}");
        assert!(error.message.contains(why), "{wish}: {error}");
    }
    assert_eq!(state(&dpo, id, "sales", Channel::Phone), State::Unknown);
    let all = Requests { before: None, state: None, right: None, about: None };
    assert!(dpo.call(all.clone()).unwrap().is_empty());
    // A form that there is not, of a person who was erased or is out of sight: the same words.
    let never = Sealed { invitation: Uuid::from_u128(9), ..sealed.clone() };
    let unknown = ingest(&rep, &never).unwrap_err();
    assert!(unknown.message.contains("erased") && unknown.hint.is_some(), "{unknown}");
    let (contact, request, until) = (ContactId(id), None, None);
    let (reason, terms) = (crate::domain::request::RestrictionReason::Claims, String::new());
    dpo.call(SubjectRestrict { contact, request, reason, until, terms }).unwrap();
    assert_eq!(ingest(&rep, &sealed).unwrap_err(), unknown);
    // Not used up by all that; the officer takes it in, though the person is restricted.
    assert_eq!(ingest(&dpo, &sealed).unwrap().requests.len(), 1);
    // Late.
    let late = seal(&others, &Answer { object_to_marketing: true, ..nothing(&others) });
    fixture.days_later(31);
    let error = ingest(&rep, &late).unwrap_err();
    assert!(error.code == Code::Refused && error.message.contains("good until"), "{error}");
    assert_eq!(state(&dpo, other, "sales", Channel::Phone), State::Unknown);
    verified(&dpo);
}

#[test]
fn an_objection_by_the_form_holds_at_once_and_words_alone_are_read_by_somebody() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let id = add(&owner, anna()).unwrap().id;
    say(&owner, id, ConsentKind::Given, "sales", Channel::Phone);
    let number = open(&owner, id, Right::Access, "2026-05-28").number;
    let (contact, language) = (ContactId(id), None);
    let of = |request, days| dpo.call(RequestInvite { contact, request, days, language: language.clone() });
    for days in [0, 367] {
        assert_eq!(of(None, days).unwrap_err().code, Code::Usage);
    }
    assert_eq!(of(Some(99), 30).unwrap_err().code, Code::NotFound);
    let invited = of(Some(number), 30).unwrap();
    assert_eq!(invited.form.tongue, Tongue::De, "the controller's country's");
    let object = Answer { object_to_marketing: true, ..nothing(&invited) };
    let taken = ingest(&dpo, &seal(&invited, &object)).unwrap();
    assert!(taken.lines.iter().all(|line| line.standing.state == State::Objected) && !taken.lines.is_empty());
    assert_eq!(state(&dpo, id, "sales", Channel::Phone), State::Objected);
    let invited = of(None, 1).unwrap();
    let words = Answer { words: format!("I moved.\n{}", "x".repeat(5_000)), ..nothing(&invited) };
    let taken = ingest(&dpo, &seal(&invited, &words)).unwrap();
    assert!(taken.requests.is_empty() && taken.task.is_some());
    let tasks = dpo.call(Tasks { owner: "me".into(), before: None, about: Some(contact) }).unwrap();
    assert_eq!(tasks.len(), 1);
    let card = dpo.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap();
    assert_eq!(card.notes.len(), 1, "all of it");
    // Who is deleted is asked about no more.
    owner.call(Delete { kind: RecordKind::Contact, id, expect_revision: None }).unwrap();
    assert_eq!(of(None, 30).unwrap_err().code, Code::Refused);
    verified(&dpo);
}
