//! What a proof tells, to whom, and what it is made of.

use uuid::Uuid;

use super::tests::{Fixture, add, anna};
use crate::api::*;
use crate::client::Client;
use crate::domain::call::{Answered, Call, Direction};
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentKind, State, Way};
use crate::domain::country::Language;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SessionId, SubjectId, UserId};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::value::{OneOf, WordList};
use crate::store::Origin;

const NOW: i64 = 1_780_000_000_000;

/// A call with every part of P1, and the yes that was said in it.
pub(crate) fn called(fixture: &Fixture, contact: Uuid) -> (Uuid, Uuid) {
    let language: Option<Language> = "de".parse().ok();
    let time = |minutes: i64| Some(Timestamp::from_millis(NOW + minutes * 60_000));
    let call = Call {
        direction: OneOf(Some(Direction::Outgoing)),
        purposes: WordList(vec!["sales".into()]),
        decision: "{\"rule\":\"de.b2c.consent\"}".into(),
        agent: Some(UserId(Uuid::from_u128(9))),
        controller: "Muster GmbH, Musterweg 1, 12345 Musterstadt".into(),
        on_behalf_of: "Muster GmbH".into(),
        number: "+4930901820".into(),
        shown_number: "+4930901800".into(),
        screening: "not needed in DE".into(),
        answered_by: OneOf(Some(Answered::Person)),
        relation: "subscriber".into(),
        identity: "said name and address".into(),
        started_at: time(0),
        answered_at: time(1),
        ended_at: time(4),
        zone: "+02:00 Europe/Berlin".into(),
        language: language.clone(),
        script: "sales-de@1".into(),
        wording: "Guten Tag, hier ist die Muster GmbH.\nDürfen wir Sie anrufen?".into(),
        wording_sha256: "00ff".into(),
        read_at: time(2),
        notice: "notice-de@1".into(),
        told: WordList(vec!["retention".into(), "withdrawal".into(), "objection".into()]),
        third_parties: WordList(vec!["nobody".into()]),
        age: "said to be of age".into(),
        confirmation: "Sie haben Ja gesagt.".into(),
        confirmation_sha256: "ff00".into(),
        confirmation_by: "email anna@example.com, delivered".into(),
        ..Call::default()
    };
    let origin = Origin {
        at: Timestamp::from_millis(NOW + 300_000),
        actor: UserId(Uuid::nil()),
        session: SessionId(Uuid::nil()),
        action: Action::Call,
    };
    let made = fixture.service.store.write(origin, move |txn| {
        let call = txn.create(SubjectId(contact), &call)?.id;
        let event = ConsentEvent {
            kind: OneOf(Some(ConsentKind::Given)),
            purpose: "sales".into(),
            purpose_version: 1,
            channel: OneOf(Some(Channel::Phone)),
            basis: Some(crate::domain::basis::Basis::Consent),
            at: time(3),
            zone: "+02:00 Europe/Berlin".into(),
            until: Some(Timestamp::from_millis(NOW + 63_000_000_000)),
            way: OneOf(Some(Way::Call)),
            question: "Dürfen wir Sie anrufen?".into(),
            words: "Ja, gerne.".into(),
            language,
            call: call.to_string(),
            script: "sales-de@1".into(),
            products: "Fenster".into(),
            ..ConsentEvent::default()
        };
        let event = txn.create(SubjectId(contact), &event)?.id;
        Ok::<_, crate::store::StoreError>((call, event))
    });
    let made = made.unwrap();
    fixture.reload();
    fixture.days_later(1);
    made
}

fn prove(client: &Client, id: Uuid, at: Option<Timestamp>) -> Result<ConsentProof, Error> {
    let (contact, purpose, channel) = (ContactId(id), "sales".to_owned(), Channel::Phone);
    client.call(ConsentProve { contact, purpose, channel, at })
}

#[test]
fn a_proof_tells_what_stood_then_and_in_which_words() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, anna()).unwrap().id;
    let (call, event) = called(&fixture, id);
    // The purpose is reworded afterwards, and the person takes the consent back.
    let purpose = owner.call(Purposes { retired: false }).unwrap();
    let named = |one: &&StoredPurpose| Purpose::of_fields(&one.fields).unwrap().name == "sales";
    let purpose = purpose.iter().find(named).unwrap().id;
    let then = Timestamp::from_millis(NOW + 3_600_000);
    let fields = vec![FieldEdit::text("description", "Something else.")];
    owner.call(Edit { kind: RecordKind::Purpose, id: purpose, fields, expect_revision: None }).unwrap();
    let withdraw = ConsentWithdraw {
        contact: ContactId(id),
        purpose: Some("sales".into()),
        channel: None,
        words: "Stop.".into(),
        way: Way::Mail,
        at: None,
        zone: String::new(),
        objection: false,
    };
    owner.call(withdraw).unwrap();

    let proof = prove(&owner, id, Some(then)).unwrap();
    assert_eq!(proof.standing.state, State::Given);
    assert_eq!(proof.events.len(), 1);
    let told = &proof.events[0];
    assert_eq!((told.event.id, told.call.as_ref().map(|call| call.id)), (event, Some(call)));
    let description = |one: &StoredPurpose| Purpose::of_fields(&one.fields).unwrap().description;
    assert!(description(&proof.purpose).starts_with("We keep your contact details"));
    assert!(description(&proof.versions[0]).starts_with("We keep your contact details"));

    let proof = prove(&owner, id, None).unwrap();
    assert_eq!(proof.standing.state, State::Withdrawn);
    assert_eq!(proof.events.len(), 2);
    assert_eq!(description(&proof.purpose), "Something else.");
    assert_eq!(proof.versions.iter().map(|one| one.revision).collect::<Vec<_>>(), [1, 2]);
    assert!(proof.events.iter().all(|one| one.opening.is_some()));
    let before = Timestamp::from_millis(NOW + 10);
    let proof = prove(&owner, id, Some(before)).unwrap();
    assert_eq!((proof.standing.state, proof.events.len()), (State::Unknown, 0));

    // Each is written down where who looked is.
    let readings = Readings {
        about: Some(ContactId(id)),
        user: String::new(),
        from: None,
        to: None,
        before: None,
        limit: 10,
    };
    let page = owner.call(readings).unwrap();
    let proofs = page.items.iter().filter(|one| one.purpose == "proof of consent: sales (phone)");
    assert_eq!(proofs.count(), 3);
}

#[test]
fn who_reads_a_part_proves_a_part() {
    let user = |name: &str, role: &str, team: &str| crate::domain::user::User {
        name: name.into(),
        unix: name.into(),
        role: role.parse().unwrap(),
        team: team.into(),
        ..Default::default()
    };
    let fixture = Fixture::of(vec![
        user("olga", "owner", ""),
        user("mara", "marketing", ""),
        user("aron", "auditor", ""),
        user("nora", "rep", "north"),
        user("rita", "rep", "south"),
        user("rolf", "rep", "south"),
    ]);
    let owner = fixture.client("olga");
    let mut fields = anna();
    fields.push(FieldEdit::text("owner", "rita"));
    let id = add(&owner, fields).unwrap().id;
    let (_, event) = called(&fixture, id);
    let mara = prove(&fixture.client("mara"), id, None).unwrap();
    let words = crate::domain::consent::ConsentField::words.key();
    assert!(mara.events[0].event.record.get(words).is_none(), "marketing does not read what was said");
    assert!(mara.events[0].call.is_none() && mara.events[0].opening.is_none());
    assert!(!format!("{mara:?}").contains("gerne"));
    let receipt = fixture.client("mara").call(ConsentReceipt { event }).unwrap();
    assert!(!format!("{receipt:?}").contains("gerne"));
    // A colleague is shown the call with a masked number.
    let rolf = prove(&fixture.client("rolf"), id, None).unwrap();
    assert!(!format!("{:?}", rolf.events[0].call).contains("901820"));
    for (name, code) in [("nora", Code::NotFound), ("aron", Code::Denied)] {
        let client = fixture.client(name);
        assert_eq!(prove(&client, id, None).unwrap_err().code, code, "{name}");
        assert_eq!(client.call(ConsentReceipt { event }).unwrap_err().code, code, "{name}");
    }
    let other =
        ConsentProve { contact: ContactId(id), purpose: "sails".into(), channel: Channel::Phone, at: None };
    assert_eq!(owner.call(other).unwrap_err().code, Code::NotFound);
    // Of a time before the purpose, nothing can be told.
    let early = prove(&owner, id, Some(Timestamp::from_millis(1)));
    assert_eq!(early.unwrap_err().code, Code::NotFound);
}

#[test]
fn a_receipt_is_about_a_consent() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, anna()).unwrap().id;
    let mut said = Said::new(ConsentKind::Asserted, "contract", Channel::Phone, Way::System, "");
    said.basis = Some(crate::domain::basis::Basis::Contract);
    said.reason = "ordered".into();
    let asserted = owner.call(ConsentRecord { contact: ContactId(id), said: vec![said] }).unwrap().ids[0];
    assert_eq!(owner.call(ConsentReceipt { event: asserted }).unwrap_err().code, Code::Refused);
    let nothing = owner.call(ConsentReceipt { event: Uuid::from_u128(1) }).unwrap_err();
    assert_eq!(nothing.code, Code::NotFound);
    assert_eq!(
        owner.call(ConsentReceipt { event: id }).unwrap_err().code,
        Code::NotFound,
        "a person is none"
    );
}
