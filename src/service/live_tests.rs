//! Who hears of what, and who is told of whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::tests::{Fixture, add, anna};
use super::{Session, live};
use crate::api::event::{Event, Presence};
use crate::api::*;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::user::{Role, User};
use uuid::Uuid;

struct Ear {
    session: Session,
    rung: Arc<AtomicUsize>,
}

fn fixture() -> Fixture {
    let user = |name: &str, role: Role| User {
        name: name.into(),
        unix: name.into(),
        role: role.into(),
        ..User::default()
    };
    Fixture::of(vec![
        user("owner", Role::Owner),
        user("dpo", Role::Dpo),
        user("rep", Role::Rep),
        user("admin", Role::Admin),
    ])
}

fn ear(fixture: &Fixture, name: &str) -> Ear {
    let session = fixture.service.session_of(name).unwrap();
    let rung = Arc::new(AtomicUsize::new(0));
    let bell = Arc::clone(&rung);
    fixture.service.listen(
        &session,
        Box::new(move || {
            bell.fetch_add(1, Ordering::SeqCst);
        }),
    );
    Ear { session, rung }
}

fn ask<C: Call>(fixture: &Fixture, ear: &Ear, call: C) -> Result<C::Answer, Error> {
    let response = fixture.service.call(&ear.session, call.into_request())?;
    Ok(C::answer(response).unwrap())
}

fn ids(events: &[Event]) -> Vec<Uuid> {
    events
        .iter()
        .map(|event| if let Event::Changed(changed) = event { changed.id } else { Uuid::nil() })
        .collect()
}

/// A contact that somebody answers for.
fn of(owner: &str) -> Vec<FieldEdit> {
    let mut fields = anna();
    fields.push(FieldEdit::text("owner", owner));
    fields
}

fn edit(fixture: &Fixture, ear: &Ear, id: Uuid, text: &str) {
    let fields = vec![FieldEdit::text("job_title", text)];
    ask(fixture, ear, Edit { kind: RecordKind::Contact, id, fields, expect_revision: None }).unwrap();
}

#[test]
fn each_session_hears_only_of_what_it_sees_and_not_of_itself() {
    let fixture = fixture();
    let (owner, dpo, rep, admin) =
        (ear(&fixture, "owner"), ear(&fixture, "dpo"), ear(&fixture, "rep"), ear(&fixture, "admin"));
    let others = add(&fixture.client("owner"), of("owner")).unwrap().id;
    let own = add(&fixture.client("owner"), of("rep")).unwrap().id;
    for ear in [&owner, &dpo, &rep, &admin] {
        fixture.service.events(&ear.session);
    }
    edit(&fixture, &owner, others, "Buyer");
    edit(&fixture, &owner, own, "Buyer");
    assert_eq!(fixture.service.events(&owner.session), vec![]);
    assert_eq!(ids(&fixture.service.events(&dpo.session)), vec![others, own]);
    assert_eq!(ids(&fixture.service.events(&rep.session)), vec![own]);
    assert_eq!(fixture.service.events(&admin.session), vec![], "the administrator sees no persons");
    // A refused change is no news, and neither is one that changes nothing.
    let refused = Edit {
        kind: RecordKind::Contact,
        id: others,
        fields: vec![FieldEdit::text("tags", "x")],
        expect_revision: None,
    };
    assert!(ask(&fixture, &admin, refused).is_err());
    edit(&fixture, &owner, own, "Buyer");
    assert_eq!(fixture.service.events(&dpo.session), vec![]);
    let Event::Changed(changed) = ({
        edit(&fixture, &owner, own, "Seller");
        fixture.service.events(&rep.session).remove(0)
    }) else {
        panic!("another event")
    };
    assert_eq!(changed.actor, "owner");
}

#[test]
fn whoever_does_not_take_the_news_is_told_once_that_there_was_more() {
    let fixture = fixture();
    let (owner, dpo) = (ear(&fixture, "owner"), ear(&fixture, "dpo"));
    let id = add(&fixture.client("owner"), of("owner")).unwrap().id;
    for n in 0..300 {
        edit(&fixture, &owner, id, &format!("Title {n}"));
    }
    assert!(dpo.rung.load(Ordering::SeqCst) >= 300);
    assert_eq!(fixture.service.events(&dpo.session), vec![Event::Resync]);
    edit(&fixture, &owner, id, "One more");
    assert_eq!(ids(&fixture.service.events(&dpo.session)), vec![id]);
    // Many at once are one word as well.
    let rows = (0..100).map(|n| crate::domain::edit::Incoming {
        row: n,
        fields: vec![
            FieldEdit::text("given_name", "Row"),
            FieldEdit::text("emails", format!("r{n}@example.com")),
        ],
        notes: vec![],
    });
    let provenance = Provenance {
        source: "list".into(),
        basis: "consent".into(),
        reason: "asked".into(),
        ..Provenance::default()
    };
    ask(&fixture, &owner, Import { rows: rows.collect(), provenance, dry_run: false }).unwrap();
    assert_eq!(fixture.service.events(&dpo.session), vec![Event::Resync]);
}

#[test]
fn who_has_the_same_record_open() {
    let fixture = fixture();
    let (owner, dpo, rep) = (ear(&fixture, "owner"), ear(&fixture, "dpo"), ear(&fixture, "rep"));
    let id = add(&fixture.client("owner"), of("owner")).unwrap().id;
    for ear in [&owner, &dpo, &rep] {
        fixture.service.events(&ear.session);
    }
    let kind = RecordKind::Contact;
    let open = |ear: &Ear, id| ask(&fixture, ear, Present { kind, id });
    assert_eq!(open(&owner, Some(id)).unwrap().names, Vec::<String>::new());
    assert_eq!(open(&dpo, Some(id)).unwrap().names, ["owner"]);
    let told = |names: &[&str]| {
        vec![Event::Presence(Presence { id, names: names.iter().map(|name| (*name).to_owned()).collect() })]
    };
    assert_eq!(fixture.service.events(&owner.session), told(&["dpo"]));
    // The same person twice is no company; another sees neither the record nor who is there.
    let again = ear(&fixture, "owner");
    assert_eq!(open(&again, Some(id)).unwrap().names, ["dpo"]);
    assert_eq!(open(&rep, Some(id)).unwrap_err().code, Code::NotFound);
    assert_eq!(fixture.service.events(&rep.session), vec![]);
    drop(again);
    // Closing it, or going, is told too.
    fixture.service.events(&owner.session);
    open(&dpo, None).unwrap();
    assert_eq!(fixture.service.events(&owner.session), told(&[]));
    open(&dpo, Some(id)).unwrap();
    fixture.service.events(&owner.session);
    drop(dpo);
    assert_eq!(fixture.service.events(&owner.session), told(&[]));
}

#[test]
fn many_touched_records_are_not_told_one_by_one() {
    // The bound lies below the queue's, or a single transaction could empty it.
    const { assert!(live::MANY < live::QUEUE) };
}
