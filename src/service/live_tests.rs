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
        user("mate", Role::Rep),
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

/// What was told, in short.
fn told(fixture: &Fixture, ear: &Ear) -> Vec<String> {
    let words = |event: &Event| match event {
        Event::Changed(changed) if changed.entered => "entered".to_owned(),
        Event::Changed(changed) => changed.action.to_string(),
        Event::Gone(_) => "gone".to_owned(),
        other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
    };
    fixture.service.events(&ear.session).iter().map(words).collect()
}

fn give(fixture: &Fixture, ear: &Ear, id: Uuid, owner: &str) {
    let fields = vec![FieldEdit::text("owner", owner)];
    ask(fixture, ear, Edit { kind: RecordKind::Contact, id, fields, expect_revision: None }).unwrap();
}

fn set(fixture: &Fixture, ear: &Ear, user: &str, field: &str, text: &str) {
    let users = List {
        kind: RecordKind::User,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    let users = ask(fixture, ear, users).unwrap();
    let id = users.items.iter().find(|view| view.title == user).unwrap().id;
    let fields = vec![FieldEdit::text(field, text)];
    ask(fixture, ear, Edit { kind: RecordKind::User, id, fields, expect_revision: None }).unwrap();
}

#[test]
fn what_leaves_a_sight_is_told_by_its_id_to_those_who_had_it_there() {
    let fixture = fixture();
    let (owner, dpo, rep, mate, admin) = (
        ear(&fixture, "owner"),
        ear(&fixture, "dpo"),
        ear(&fixture, "rep"),
        ear(&fixture, "mate"),
        ear(&fixture, "admin"),
    );
    let everybody = [&owner, &dpo, &rep, &mate, &admin];
    let forget = || everybody.iter().for_each(|ear| drop(fixture.service.events(&ear.session)));
    let id = add(&fixture.client("owner"), of("rep")).unwrap().id;
    assert!(told(&fixture, &rep).iter().all(|word| word == "entered"));
    forget();
    give(&fixture, &owner, id, "mate");
    assert_eq!(fixture.service.events(&rep.session), vec![Event::Gone(id)], "the id, and nothing else");
    assert_eq!(told(&fixture, &mate), ["entered"]);
    assert_eq!(told(&fixture, &dpo), ["edit"]);
    assert_eq!(told(&fixture, &admin), [""; 0]);
    // Whoever never had it in sight hears neither of it nor of its going.
    give(&fixture, &owner, id, "owner");
    assert_eq!(told(&fixture, &mate), ["gone"]);
    assert_eq!(told(&fixture, &rep), [""; 0]);
    // It came and went between two takings: its id was never told, and is not now.
    forget();
    give(&fixture, &owner, id, "rep");
    edit(&fixture, &owner, id, "In between");
    give(&fixture, &owner, id, "owner");
    assert_eq!(told(&fixture, &rep), [""; 0]);
    // It went and came: it changed.
    give(&fixture, &owner, id, "rep");
    forget();
    give(&fixture, &owner, id, "mate");
    give(&fixture, &owner, id, "rep");
    assert_eq!(told(&fixture, &rep).first().map(String::as_str), Some("edit"));
    // A note about somebody out of sight is out of sight under no id of its own.
    forget();
    let fields = vec![FieldEdit::text("text", "called")];
    let about = Some(crate::domain::id::ContactId(id));
    ask(&fixture, &owner, Add { kind: RecordKind::Note, about, fields }).unwrap();
    give(&fixture, &owner, id, "mate");
    assert_eq!(fixture.service.events(&rep.session), vec![Event::Gone(id)]);
    // Deleted or merged away, it is still in sight: it is told as what it is.
    forget();
    let keep = add(&fixture.client("owner"), of("mate")).unwrap().id;
    forget();
    let (keep, other) = (crate::domain::id::ContactId(keep), crate::domain::id::ContactId(id));
    ask(&fixture, &owner, Merge { keep, other, dry_run: false }).unwrap();
    let merged = told(&fixture, &mate);
    assert!(merged.iter().any(|word| word == "merge") && !merged.iter().any(|word| word == "gone"));
    assert_eq!(told(&fixture, &rep), [""; 0]);
    ask(&fixture, &owner, Delete { kind: RecordKind::Contact, id: keep.0, expect_revision: None }).unwrap();
    assert_eq!(told(&fixture, &mate), ["delete"]);
    // A view that was for everybody and is somebody's own.
    let fields = vec![
        FieldEdit::text("name", "all"),
        FieldEdit::text("title", "All"),
        FieldEdit::text("kind", "contact"),
        FieldEdit::text("everybody", "yes"),
    ];
    let view = ask(&fixture, &owner, Add { kind: RecordKind::View, about: None, fields }).unwrap().id;
    forget();
    let fields = vec![FieldEdit::text("everybody", ""), FieldEdit::text("user", "owner")];
    ask(&fixture, &owner, Edit { kind: RecordKind::View, id: view, fields, expect_revision: None }).unwrap();
    assert_eq!(fixture.service.events(&rep.session), vec![Event::Gone(view)]);
}

#[test]
fn another_role_or_team_is_told_as_look_again_and_what_was_open_is_not() {
    let fixture = fixture();
    let (owner, rep, mate) = (ear(&fixture, "owner"), ear(&fixture, "rep"), ear(&fixture, "mate"));
    for name in ["rep", "mate"] {
        set(&fixture, &owner, name, "team", "south");
    }
    let id = add(&fixture.client("owner"), of("mate")).unwrap().id;
    let kind = RecordKind::Contact;
    for ear in [&owner, &rep, &mate] {
        fixture.service.events(&ear.session);
        ask(&fixture, ear, Present { kind, id: Some(id) }).unwrap();
        fixture.service.events(&ear.session);
    }
    fixture.service.events(&owner.session);
    // The team's record is out of the rep's sight with the mate's team: who saw what is worked out by nobody.
    set(&fixture, &owner, "mate", "team", "north");
    assert_eq!(fixture.service.events(&rep.session), vec![Event::Resync]);
    assert_eq!(fixture.service.events(&mate.session), vec![Event::Resync]);
    assert_eq!(fixture.service.events(&rep.session), vec![], "once");
    // The rep has it open no more, and is not told who has.
    let last = fixture.service.events(&owner.session).pop();
    assert_eq!(last, Some(Event::Presence(Presence { id, names: vec!["mate".into()] })));
    ask(&fixture, &mate, Present { kind, id: None }).unwrap();
    assert_eq!(fixture.service.events(&rep.session), vec![]);
    // Of what is given away while it is open, the same.
    ask(&fixture, &mate, Present { kind, id: Some(id) }).unwrap();
    fixture.service.events(&mate.session);
    give(&fixture, &owner, id, "owner");
    assert_eq!(fixture.service.events(&mate.session), vec![Event::Gone(id)]);
    ask(&fixture, &owner, Present { kind, id: None }).unwrap();
    assert_eq!(fixture.service.events(&mate.session), vec![]);
}

#[test]
fn among_some_records_a_query_finds_those_that_the_list_has() {
    let fixture = fixture();
    let (owner, rep) = (ear(&fixture, "owner"), ear(&fixture, "rep"));
    let client = fixture.client("owner");
    let names =
        ["Anna", "Hannah", "Johanna", "Bernd", "Barnaby", "Bernadette", "Mueller", "Müller", "Miller"];
    let mut ids = Vec::new();
    for (n, name) in names.iter().cycle().take(60).enumerate() {
        let mut fields = of(["owner", "rep", "mate"][n % 3]);
        fields.retain(|edit| edit.field != "given_name" && edit.field != "phones" && edit.field != "emails");
        fields.push(FieldEdit::text("given_name", *name));
        fields.push(FieldEdit::text("family_name", format!("Number{n}")));
        fields.push(FieldEdit::text("emails", format!("p{n}@example.com")));
        if n % 4 == 0 {
            fields.push(FieldEdit::text("tags", "fair"));
        }
        ids.push(add(&client, fields).unwrap().id);
    }
    for id in ids.iter().step_by(7) {
        ask(&fixture, &owner, Delete { kind: RecordKind::Contact, id: *id, expect_revision: None }).unwrap();
    }
    let unknown = Uuid::from_u128(1);
    for ear in [&owner, &rep] {
        for query in [
            "",
            "anna",
            "bern",
            "mlr",
            "tag:fair",
            "-tag:fair anna",
            "is:deleted",
            "owner:me",
            "p12@example.com",
        ] {
            let (kind, sort, columns) = (RecordKind::Contact, String::new(), vec![]);
            let all =
                List { kind, query: query.into(), sort, window: Window::default(), columns: columns.clone() };
            let listed: Vec<Uuid> =
                ask(&fixture, ear, all).unwrap().items.iter().map(|view| view.id).collect();
            let some: Vec<Uuid> = ids.iter().step_by(2).copied().chain([unknown]).collect();
            let among = Among { kind, query: query.into(), ids: some.clone(), columns, count: true };
            let page = ask(&fixture, ear, among).unwrap();
            let found: Vec<Uuid> = page.items.iter().map(|view| view.id).collect();
            let expected: Vec<Uuid> = some.into_iter().filter(|id| listed.contains(id)).collect();
            assert_eq!((found, page.total), (expected, listed.len() as u64), "{query:?}");
        }
    }
    let (columns, kind) = (vec![], RecordKind::Contact);
    let many = Among { kind, query: String::new(), ids: vec![unknown; 501], columns, count: false };
    assert_eq!(ask(&fixture, &owner, many).unwrap_err().code, Code::Usage);
}

#[test]
fn many_touched_records_are_not_told_one_by_one() {
    // The bound lies below the queue's, or a single transaction could empty it.
    const { assert!(live::MANY < live::QUEUE) };
}
