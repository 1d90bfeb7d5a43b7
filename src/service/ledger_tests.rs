//! What the ledger takes, and what nobody can make it take.

use uuid::Uuid;

use super::tests::{Fixture, add, anna};
use crate::api::*;
use crate::client::Client;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, State, Way};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;

const NOW: i64 = 1_780_000_000_000;

fn said(kind: ConsentKind, purpose: &str, channel: Channel) -> Said {
    Said::new(kind, purpose, channel, Way::InPerson, "yes, do that")
}

fn record(client: &Client, id: Uuid, said: Said) -> Result<Recorded, Error> {
    client.call(ConsentRecord { contact: ContactId(id), said: vec![said] })
}

fn withdraw(client: &Client, id: Uuid, purpose: Option<&str>, objection: bool) -> Result<Recorded, Error> {
    client.call(ConsentWithdraw {
        contact: ContactId(id),
        purpose: purpose.map(str::to_owned),
        channel: None,
        words: "no more calls".into(),
        way: Way::Mail,
        at: None,
        zone: String::new(),
        objection,
    })
}

fn state(client: &Client, id: Uuid, purpose: &str, channel: Channel, at: Option<Timestamp>) -> State {
    let book = client.call(Consents { contact: ContactId(id), at }).unwrap();
    let line = book.lines.iter().find(|line| line.purpose == purpose && line.channel == channel);
    line.map_or(State::Unknown, |line| line.standing.state)
}

#[test]
fn what_was_said_holds_until_it_is_taken_back_and_is_told_as_it_stood() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, anna()).unwrap().id;
    // What the contact was added with is no consent to anything.
    assert_eq!(state(&owner, id, "sales", Channel::Phone, None), State::Unknown);
    record(&owner, id, said(ConsentKind::Given, "sales", Channel::Storage)).unwrap();
    assert_eq!(
        state(&owner, id, "sales", Channel::Phone, None),
        State::Unknown,
        "to be kept is not to be called"
    );
    let given = record(&owner, id, said(ConsentKind::Given, "sales", Channel::Phone)).unwrap();
    assert_eq!(given.lines[0].standing.state, State::Given);
    assert!(given.lines[0].standing.until.is_some(), "as long as the purpose says");
    let then = Timestamp::from_millis(NOW + 60_000);
    fixture.days_later(3);
    let gone = withdraw(&fixture.client("lead"), id, Some("sales"), false).unwrap();
    assert_eq!(gone.ids.len(), 2, "each channel of the purpose");
    assert_eq!(gone.delete_on.unwrap().to_string(), "2026-06-30", "nothing else holds the person");
    for reloaded in [false, true] {
        if reloaded {
            fixture.reload();
        }
        assert_eq!(state(&owner, id, "sales", Channel::Phone, None), State::Withdrawn);
        assert_eq!(state(&owner, id, "sales", Channel::Phone, Some(then)), State::Given);
    }
    // Recorded late, and before the withdrawal: it changes nothing.
    let mut late = said(ConsentKind::Given, "sales", Channel::Phone);
    late.at = Some(then);
    record(&owner, id, late).unwrap();
    assert_eq!(state(&owner, id, "sales", Channel::Phone, None), State::Withdrawn);
    let book = owner.call(Consents { contact: ContactId(id), at: None }).unwrap();
    let late = book
        .events
        .iter()
        .filter(|event| event.record.get(crate::domain::consent::ConsentField::late.key()).is_some());
    assert_eq!(late.count(), 1, "and is labelled");
    assert!(owner.call(LogVerify {}).unwrap().problems.is_empty());
}

#[test]
fn an_objection_ends_all_marketing_and_a_newsletter_waits_for_its_confirmation() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, anna()).unwrap().id;
    record(&owner, id, said(ConsentKind::Given, "newsletter", Channel::Email)).unwrap();
    assert_eq!(state(&owner, id, "newsletter", Channel::Email, None), State::Pending);
    record(&owner, id, said(ConsentKind::Given, "sales", Channel::Phone)).unwrap();
    let mut contract = said(ConsentKind::Asserted, "contract", Channel::Phone);
    contract.basis = Some(crate::domain::basis::Basis::Contract);
    contract.reason = "ordered on Monday".into();
    record(&owner, id, contract).unwrap();
    let gone = withdraw(&fixture.client("rep"), id, None, true).unwrap();
    assert_eq!(gone.delete_on, None, "the contract holds the person");
    assert_eq!(state(&owner, id, "sales", Channel::Phone, None), State::Objected);
    assert_eq!(state(&owner, id, "newsletter", Channel::Email, None), State::Objected);
    assert_eq!(state(&owner, id, "contract", Channel::Phone, None), State::Asserted);
}

#[test]
fn what_proves_nothing_is_refused_and_nothing_is_recorded() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, anna()).unwrap().id;
    let given = || said(ConsentKind::Given, "sales", Channel::Phone);
    let wrong: [(Said, Code, &str); 9] = [
        (Said { words: " ".into(), ..given() }, Code::Refused, "words"),
        (
            Said { at: Some(Timestamp::from_millis(NOW + 86_400_000)), ..given() },
            Code::Refused,
            "not come yet",
        ),
        (Said { at: Some(Timestamp::from_millis(i64::MIN)), ..given() }, Code::Refused, "century"),
        (Said { purpose: "sails".into(), ..given() }, Code::NotFound, "there is no purpose"),
        (Said { channel: Channel::Fax, ..given() }, Code::Refused, "does not have the channel"),
        (Said { kind: ConsentKind::Asserted, reason: "x".into(), ..given() }, Code::Refused, "not asserted"),
        (Said { kind: ConsentKind::Renewed, ..given() }, Code::Refused, "no consent to renew"),
        (Said { kind: ConsentKind::Confirmed, ..given() }, Code::Usage, "not recorded like this"),
        (
            Said { until: Some(Timestamp::from_millis(NOW * 2)), ..given() },
            Code::Refused,
            "lasts P2Y at most",
        ),
    ];
    for (said, code, words) in wrong {
        let error = record(&owner, id, said).unwrap_err();
        assert!(error.code == code && error.message.contains(words), "{error:?}");
    }
    // All of it, or nothing.
    let both = vec![given(), Said { words: String::new(), ..given() }];
    owner.call(ConsentRecord { contact: ContactId(id), said: both }).unwrap_err();
    assert!(owner.call(Consents { contact: ContactId(id), at: None }).unwrap().events.is_empty());
}

#[test]
fn no_other_operation_writes_or_changes_an_event() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, anna()).unwrap().id;
    let event = record(&owner, id, said(ConsentKind::Refused, "sales", Channel::Phone)).unwrap().ids[0];
    let kind = RecordKind::Consent;
    let yes = vec![FieldEdit::text("kind", "given"), FieldEdit::text("purpose", "sales")];
    let about = Some(ContactId(id));
    owner.call(Add { kind, about, fields: yes.clone() }).unwrap_err();
    owner.call(Edit { kind, id: event, fields: yes.clone(), expect_revision: None }).unwrap_err();
    owner.call(Delete { kind, id: event, expect_revision: None }).unwrap_err();
    owner.call(Restore { kind, id: event }).unwrap_err();
    let targets = Targets::Ids(vec![event]);
    owner.call(Bulk { kind, targets, deed: Deed::Edit(yes), dry_run: false, expect: None }).unwrap_err();
    let seq = owner.call(Consents { contact: ContactId(id), at: None }).unwrap().events[0].seq;
    owner.call(Undo { seq: Some(seq) }).unwrap_err();
    assert_eq!(state(&owner, id, "sales", Channel::Phone, None), State::Refused);
}

#[test]
fn a_colleague_takes_a_no_and_gives_no_yes() {
    let fixture = Fixture::of(vec![
        user("olga", "owner", ""),
        user("rita", "rep", "south"),
        user("rolf", "rep", "south"),
        user("nora", "rep", "north"),
    ]);
    let owner = fixture.client("olga");
    let mut fields = anna();
    fields.push(FieldEdit::text("owner", "rita"));
    let id = add(&owner, fields).unwrap().id;
    let denied = record(&fixture.client("rolf"), id, said(ConsentKind::Given, "sales", Channel::Phone));
    assert_eq!(denied.unwrap_err().code, Code::Denied);
    withdraw(&fixture.client("rolf"), id, Some("sales"), false).unwrap();
    let unseen = withdraw(&fixture.client("nora"), id, Some("sales"), false);
    assert_eq!(unseen.unwrap_err().code, Code::NotFound);
    record(&fixture.client("rita"), id, said(ConsentKind::Given, "sales", Channel::Phone)).unwrap();
}

fn user(name: &str, role: &str, team: &str) -> crate::domain::user::User {
    crate::domain::user::User {
        name: name.into(),
        unix: name.into(),
        role: role.parse().unwrap(),
        team: team.into(),
        ..Default::default()
    }
}

#[test]
fn the_card_says_what_holds_as_the_book_does() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, anna()).unwrap().id;
    let card = |at| owner.call(Get { kind: RecordKind::Contact, id, at }).unwrap().held.unwrap();
    assert!(card(None).lines.iter().all(|line| line.standing.state == State::Unknown));
    record(&owner, id, said(ConsentKind::Given, "sales", Channel::Phone)).unwrap();
    let then = Timestamp::from_millis(NOW + 60_000);
    fixture.days_later(3);
    withdraw(&owner, id, None, true).unwrap();
    for at in [None, Some(then)] {
        let (held, book) = (card(at), owner.call(Consents { contact: ContactId(id), at }).unwrap());
        let of_card: Vec<_> =
            held.lines.iter().map(|line| (line.purpose.clone(), line.channel, line.standing)).collect();
        // Whether a contract is unknown says nothing about the person's will.
        let told = book.lines.iter().filter(|line| line.purpose != "contract");
        let of_book: Vec<_> = told.map(|line| (line.purpose.clone(), line.channel, line.standing)).collect();
        assert_eq!(of_card, of_book, "{at:?}");
        assert_eq!((held.objected_at, held.delete_on), (book.objected_at, book.delete_on), "{at:?}");
        assert!(held.lines.iter().any(|line| line.title == "Sales calls"));
    }
    assert_eq!(card(Some(then)).objected_at, None, "it had not been said yet");
    // Nothing of it is anybody else's business.
    let company = vec![FieldEdit::text("name", "Muster GmbH")];
    let company = owner.call(Add { kind: RecordKind::Company, about: None, fields: company }).unwrap().id;
    let card = owner.call(Get { kind: RecordKind::Company, id: company, at: None }).unwrap();
    assert_eq!(card.held, None);
}
