//! The gate: each reason for which somebody is held back, and who comes through.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::gate::{Use, sift, sift_any};
use super::tests::{Fixture, add, anna};
use crate::api::*;
use crate::client::Client;
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, Way};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;

pub(super) fn person(name: &str, more: &[(&str, &str)]) -> Vec<FieldEdit> {
    let mut fields = anna();
    fields.retain(|edit| !matches!(edit.field.as_str(), "given_name" | "phones" | "emails"));
    fields.push(FieldEdit::text("given_name", name));
    fields.extend(more.iter().map(|(field, text)| FieldEdit::text(field, *text)));
    fields
}

pub(super) fn say(client: &Client, id: Uuid, kind: ConsentKind, purpose: &str, channel: Channel) {
    let mut said = Said::new(kind, purpose, channel, Way::InPerson, "those were the words");
    if kind == ConsentKind::Asserted {
        said.basis = Some(Basis::Contract);
        said.reason = "ordered on Monday".into();
    }
    if matches!(kind, ConsentKind::Revoked | ConsentKind::Invalidated) {
        said.reason = "a mistake".into();
    }
    client.call(ConsentRecord { contact: ContactId(id), said: vec![said] }).unwrap();
}

pub(super) fn take_back(client: &Client, id: Uuid, purpose: &str, objection: bool) {
    let withdraw = ConsentWithdraw {
        contact: ContactId(id),
        purpose: Some(purpose.into()),
        channel: None,
        words: "no more".into(),
        way: Way::Mail,
        at: None,
        zone: String::new(),
        objection,
    };
    client.call(withdraw).unwrap();
}

/// The names of those who come through, and why the others do not.
fn through(fixture: &Fixture, purpose: &str, channel: Option<Channel>) -> (Vec<Uuid>, BTreeMap<String, u64>) {
    let world = fixture.service.read_world();
    let (number, known) = world.consents.named(purpose).unwrap();
    let now = Timestamp::from_millis(fixture.clock.0.load(std::sync::atomic::Ordering::SeqCst));
    let mut ids: Vec<Uuid> = Vec::new();
    let mut all = world.contacts.by_name("anna schmidt");
    for name in ["ada", "bea", "cem", "dirk", "elif", "finn", "gus", "hana", "ida", "jo", "kim"] {
        all.extend(world.contacts.by_name(&format!("{name} schmidt")));
    }
    ids.extend(all);
    match channel {
        Some(channel) => sift(&world, &ids, &Use { number, known, channel, now }),
        None => sift_any(&world, &ids, number, known, now),
    }
}

fn counts(of: &[(&str, u64)]) -> BTreeMap<String, u64> {
    of.iter().map(|(why, n)| ((*why).to_owned(), *n)).collect()
}

#[test]
fn each_reason_is_told_and_only_a_valid_yes_comes_through() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let phone = [("phones", "030 901820")];
    let new = |name: &str| add(&owner, person(name, &phone)).unwrap().id;
    let yes = new("Ada");
    say(&owner, yes, ConsentKind::Given, "sales", Channel::Phone);
    let withdrew = new("Bea");
    say(&owner, withdrew, ConsentKind::Given, "sales", Channel::Phone);
    take_back(&owner, withdrew, "sales", false);
    take_back(&owner, new("Cem"), "sales", true);
    say(&owner, new("Dirk"), ConsentKind::Refused, "sales", Channel::Phone);
    let _unknown = new("Elif");
    // A yes to being stored is none to being called (R4).
    say(&owner, new("Finn"), ConsentKind::Given, "sales", Channel::Storage);
    let mistaken = new("Gus");
    say(&owner, mistaken, ConsentKind::Given, "sales", Channel::Phone);
    say(&owner, mistaken, ConsentKind::Invalidated, "sales", Channel::Phone);
    let numberless = add(&owner, person("Hana", &[])).unwrap().id;
    say(&owner, numberless, ConsentKind::Given, "sales", Channel::Phone);
    let gone = new("Ida");
    say(&owner, gone, ConsentKind::Given, "sales", Channel::Phone);
    owner.call(Delete { kind: RecordKind::Contact, id: gone, expect_revision: None }).unwrap();
    add(&owner, person("Jo", &[("phones", "030 901821"), ("supplier", "Messe AG")])).unwrap();
    say(&owner, new("Kim"), ConsentKind::Deferred, "sales", Channel::Phone);

    let (ids, withheld) = through(&fixture, "sales", Some(Channel::Phone));
    assert_eq!(ids, [yes]);
    let all = [
        ("withdrawn", 1),
        ("objected", 1),
        ("refused", 1),
        ("no_basis", 2),
        ("invalidated", 1),
        ("no_address", 1),
        ("deleted", 1),
        ("quarantined", 1),
        ("deferred", 1),
    ];
    assert_eq!(withheld, counts(&all));
    // Its time is up after two years, whether or not anybody wrote that down.
    fixture.days_later(731);
    let (ids, withheld) = through(&fixture, "sales", Some(Channel::Phone));
    assert!(ids.is_empty());
    assert_eq!(withheld.get("expired"), Some(&2), "{withheld:?}");
    // The same after a restart.
    fixture.reload();
    assert_eq!(through(&fixture, "sales", Some(Channel::Phone)), (ids, withheld));
}

#[test]
fn another_ground_holds_where_the_purpose_stands_on_it() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let mut customer = person("Ada", &[("phones", "030 901820")]);
    customer.retain(|edit| edit.field != "basis");
    customer.push(FieldEdit::text("basis", "contract"));
    let customer = add(&owner, customer).unwrap().id;
    let asserted = add(&owner, person("Bea", &[("phones", "030 901821")])).unwrap().id;
    say(&owner, asserted, ConsentKind::Asserted, "contract", Channel::Phone);
    add(&owner, person("Cem", &[("phones", "030 901822")])).unwrap();
    let (ids, withheld) = through(&fixture, "contract", Some(Channel::Phone));
    assert_eq!((ids, withheld), (vec![customer, asserted], counts(&[("no_basis", 1)])));
    assert!(
        through(&fixture, "sales", Some(Channel::Phone)).0.is_empty(),
        "a contract is no consent to sales calls"
    );
    // By no e-mail, for there is none; by any of its channels, yes.
    assert_eq!(
        through(&fixture, "contract", Some(Channel::Email)).1,
        counts(&[("no_basis", 2), ("no_address", 1)])
    );
    assert_eq!(through(&fixture, "contract", None).0, [customer, asserted]);
    // An objection against this use stands before the ground.
    take_back(&owner, customer, "contract", true);
    assert_eq!(through(&fixture, "contract", Some(Channel::Phone)).1.get("objected"), Some(&1));
}

#[test]
fn a_newsletter_waits_for_its_confirmation() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, person("Ada", &[("emails", "ada@example.com")])).unwrap().id;
    say(&owner, id, ConsentKind::Given, "newsletter", Channel::Email);
    assert_eq!(
        through(&fixture, "newsletter", Some(Channel::Email)),
        (vec![], counts(&[("unconfirmed", 1)]))
    );
}

#[test]
fn a_bought_lead_leaves_quarantine_when_a_basis_is_recorded_and_comes_back_when_it_is_withdrawn() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let more = [("phones", "030 901820"), ("supplier", "Messe AG")];
    let id = add(&owner, person("Ada", &more)).unwrap().id;
    let quarantined = || fixture.service.read_world().is_quarantined(id);
    assert!(quarantined());
    fixture.reload();
    assert!(quarantined());
    say(&owner, id, ConsentKind::Given, "sales", Channel::Phone);
    assert!(!quarantined());
    take_back(&owner, id, "sales", true);
    assert!(quarantined());
    fixture.reload();
    assert!(quarantined());
    // What a supplier brought on a contract is no lead.
    owner
        .call(Edit {
            kind: RecordKind::Contact,
            id,
            fields: vec![FieldEdit::text("basis", "contract"), FieldEdit::text("reason", "ordered")],
            expect_revision: None,
        })
        .unwrap();
    assert!(!quarantined());
}
