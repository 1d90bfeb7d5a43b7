//! Saved views at the door: whose they are, what a name stands for, what they do not widen.

use uuid::Uuid;

use super::gate_tests::say;
use super::tests::{Fixture, add, anna, find, verified};
use crate::api::*;
use crate::client::Client;
use crate::domain::channel::Channel;
use crate::domain::consent::ConsentKind;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::view::Belongs;

const KIND: RecordKind = RecordKind::View;

fn save(client: &Client, fields: &[(&str, &str)]) -> Result<Uuid, Error> {
    let given = |name| fields.iter().any(|(field, _)| *field == name);
    let mut all: Vec<FieldEdit> = fields.iter().map(|(field, text)| FieldEdit::text(field, *text)).collect();
    if !given("kind") {
        all.push(FieldEdit::text("kind", "contact"));
    }
    client.call(Add { kind: KIND, about: None, fields: all }).map(|added| added.id)
}

fn change(client: &Client, id: Uuid, field: &str, text: &str) -> Result<Edited, Error> {
    client.call(Edit { kind: KIND, id, fields: vec![FieldEdit::text(field, text)], expect_revision: None })
}

fn views(client: &Client, all: bool) -> Vec<ViewInfo> {
    client.call(Views { kind: Some(RecordKind::Contact), all }).unwrap()
}

fn view(client: &Client, name: &str) -> ViewInfo {
    views(client, false).into_iter().find(|view| view.name == name).unwrap()
}

fn list(client: &Client, query: &str) -> Result<Page, Error> {
    client.call(List {
        kind: RecordKind::Contact,
        query: query.into(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    })
}

/// Anna, Bea and Cem; Anna is the rep's, and Bea and Cem are tagged.
fn people(client: &Client) {
    for (given, owner, tags) in [("Anna", "rep", ""), ("Bea", "", "fair"), ("Cem", "", "fair, vip")] {
        let mut fields: Vec<FieldEdit> =
            anna().into_iter().filter(|edit| edit.field != "given_name" && edit.field != "phones").collect();
        for (field, text) in [("given_name", given), ("owner", owner), ("tags", tags)] {
            fields.push(FieldEdit::text(field, text));
        }
        add(client, fields).unwrap();
    }
}

#[test]
fn a_name_stands_for_a_filter_wherever_a_query_is_taken() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    people(&owner);
    save(&owner, &[("name", "fair"), ("title", "The fair"), ("filter", "tag:fair"), ("sort", "-name")])
        .unwrap();
    assert_eq!(find(&owner, "@fair"), ["Cem Schmidt", "Bea Schmidt"], "in the order of the view");
    assert_eq!(find(&owner, "@FAIR tag:vip"), ["Cem Schmidt"]);
    assert_eq!(find(&owner, "bea @fair"), ["Bea Schmidt"]);
    assert_eq!(find(&fixture.client("rep"), "@mine"), ["Anna Schmidt"], "me is whoever asks");
    let fields = vec![FieldEdit::text("job_title", "Buyer")];
    let targets = Targets::Query("@fair".into());
    let deed = Deed::Edit(fields);
    let bulk = Bulk { kind: RecordKind::Contact, targets, deed, dry_run: false, expect: None };
    let report = owner.call(bulk).unwrap();
    assert_eq!(report.changed, 2);
    let export = Export {
        query: "@fair tag:vip".into(),
        purpose: "sales".into(),
        channel: Channel::Email,
        window: Window::default(),
        columns: vec![],
        to: String::new(),
        run: None,
    };
    assert_eq!(
        owner.call(export.clone()).unwrap_err().code,
        Code::Refused,
        "nobody is written to about sales"
    );
    let export = Export { channel: Channel::Storage, ..export };
    let cem = owner
        .call(List {
            kind: RecordKind::Contact,
            query: "@fair tag:vip".into(),
            sort: String::new(),
            window: Window::default(),
            columns: vec![],
        })
        .unwrap()
        .items[0]
        .id;
    say(&owner, cem, ConsentKind::Given, "sales", Channel::Storage);
    assert_eq!(owner.call(export).unwrap().page.total, 1);
    // What left is known by what the view stood for then.
    let log = owner.call(Activity { before: None, limit: 10 }).unwrap();
    let run = log.iter().find(|entry| entry.kind == RecordKind::ExportRun).unwrap();
    let query = run.changes.iter().find(|change| change.name == "query").unwrap();
    assert_eq!(query.new.as_ref().unwrap().text, "tag:fair tag:vip");
    verified(&owner);
    fixture.reload();
    assert_eq!(find(&owner, "@fair").len(), 2);
}

#[test]
fn an_unknown_name_is_told_with_the_nearest() {
    let fixture = Fixture::new();
    let rep = fixture.client("rep");
    let error = list(&rep, "@mien").unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (Code::Usage, "there is no view `@mien`"));
    assert!(error.hint.unwrap().starts_with("did you mean `@mine`?"));
    let error = list(&rep, "@xylophone").unwrap_err();
    assert!(error.hint.unwrap().contains("view list"));
    // What is shipped for another role is not there.
    assert!(list(&rep, "@own-interests").is_err());
    list(&fixture.client("dpo"), "@own-interests").unwrap();
    save(&rep, &[("name", "plants"), ("kind", "company"), ("filter", "country:DE")]).unwrap();
    let error = list(&rep, "@plants").unwrap_err();
    assert_eq!(error.message, "the view `@plants` lists no contact records");
    for (query, part) in [("-@mine", "cannot be left out"), ("@example.com x:y", "no filter `x:`")] {
        assert!(list(&rep, query).unwrap_err().message.contains(part), "{query}");
    }
    assert_eq!(list(&rep, "@example.com").unwrap().total, 0, "part of an address is none");
}

#[test]
fn a_view_must_be_sound() {
    let fixture = Fixture::new();
    let rep = fixture.client("rep");
    for (field, text, part) in [
        ("name", "My View", "cannot name a view"),
        ("name", "a.b", "cannot name a view"),
        ("filter", "tga:x", "no filter `tga:`"),
        ("filter", "@mine tag:x", "names no other view"),
        ("filter", "field.shoes:41", "no field"),
        ("filter", "has:field.shoes", "no field"),
        ("columns", "name,shoes", "no field"),
        ("columns", "shoes", "no field `shoes`"),
        ("sort", "shoes", "not sorted by `shoes`"),
        ("kind", "note", "none of contact, company"),
        ("user", "dpo", "that user's alone"),
        ("team", "south", "changed by its lead"),
        ("role", "rep", "owner or the data protection officer"),
        ("everybody", "yes", "owner or the data protection officer"),
    ] {
        let mut fields = vec![("name", "sound"), ("filter", "tag:fair")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, text));
        let error = save(&rep, &fields).unwrap_err();
        assert!(error.message.contains(part), "{field}={text}: {}", error.message);
    }
    let both = [("name", "x"), ("user", "me"), ("everybody", "yes")];
    assert!(save(&fixture.client("owner"), &both).unwrap_err().message.contains("one of them alone"));
    let id = save(&rep, &[("name", "sound"), ("columns", "phones,custom_less"), ("filter", "")]).unwrap_err();
    assert_eq!(id.code, Code::Usage);
    let id =
        save(&rep, &[("name", "sound"), ("columns", "display_name,phones"), ("sort", "-updated")]).unwrap();
    assert!(change(&rep, id, "filter", "@sound").is_err(), "not even itself");
    assert_eq!(save(&rep, &[("name", "sound")]).unwrap_err().code, Code::Conflict);
    save(&rep, &[("name", "sound"), ("kind", "company")]).unwrap();
}

#[test]
fn the_nearest_of_a_name_wins() {
    let fixture = Fixture::new();
    let (owner, dpo, rep) = (fixture.client("owner"), fixture.client("dpo"), fixture.client("rep"));
    assert_eq!((view(&rep, "mine").belongs, view(&rep, "mine").id), (Belongs::Shipped, None));
    let everybody = save(&owner, &[("name", "mine"), ("filter", "tag:e"), ("everybody", "yes")]).unwrap();
    assert_eq!(view(&rep, "mine").filter, "tag:e");
    let role = save(&dpo, &[("name", "mine"), ("filter", "tag:r"), ("role", "rep")]).unwrap();
    assert_eq!(view(&rep, "mine").filter, "tag:r");
    let team = save(&owner, &[("name", "mine"), ("filter", "tag:t"), ("team", "south")]).unwrap();
    assert_eq!(view(&rep, "mine").filter, "tag:r", "the rep is in no team");
    let own = save(&rep, &[("name", "mine"), ("filter", "tag:u")]).unwrap();
    assert_eq!(view(&rep, "mine").filter, "tag:u");
    // An id stands for that one, whatever is nearer.
    people(&owner);
    assert!(list(&rep, &format!("@{role}")).is_ok());
    assert!(list(&rep, &format!("@{team}")).is_err(), "another team's is not there");
    let told: Vec<_> = views(&rep, true).into_iter().filter(|one| one.name == "mine").collect();
    let whose: Vec<_> = told.iter().map(|one| (one.belongs, one.hidden, one.editable)).collect();
    assert_eq!(
        whose,
        [
            (Belongs::User, false, true),
            (Belongs::Role, true, false),
            (Belongs::Everybody, true, false),
            (Belongs::Shipped, true, false)
        ]
    );
    assert!(views(&owner, true).iter().any(|one| one.id == Some(team) && one.editable && one.hidden));
    // Deleted, the next one takes its place; and it comes back.
    rep.call(Delete { kind: KIND, id: own, expect_revision: None }).unwrap();
    assert_eq!(view(&rep, "mine").filter, "tag:r");
    rep.call(Undo { seq: None }).unwrap();
    assert_eq!(view(&rep, "mine").filter, "tag:u");
    for id in [everybody, role] {
        assert_eq!(change(&rep, id, "title", "Mine now").unwrap_err().code, Code::Denied);
        assert_eq!(
            rep.call(Delete { kind: KIND, id, expect_revision: None }).unwrap_err().code,
            Code::Denied
        );
    }
    verified(&owner);
}

#[test]
fn views_of_others_are_not_there() {
    let fixture = Fixture::new();
    let (owner, lead, rep) = (fixture.client("owner"), fixture.client("lead"), fixture.client("rep"));
    let id = save(&rep, &[("name", "secret"), ("filter", "schmidt")]).unwrap();
    for other in [&owner, &lead] {
        assert!(views(other, true).iter().all(|one| one.id != Some(id)));
        let found = other.call(List {
            kind: KIND,
            query: String::new(),
            sort: String::new(),
            window: Window::default(),
            columns: vec![],
        });
        assert_eq!(found.unwrap().total, 0);
        assert_eq!(other.call(Get { kind: KIND, id, at: None }).unwrap_err().code, Code::NotFound);
        assert_eq!(change(other, id, "title", "x").unwrap_err().code, Code::NotFound);
        assert_eq!(
            other.call(Delete { kind: KIND, id, expect_revision: None }).unwrap_err().code,
            Code::NotFound
        );
        assert!(list(other, &format!("@{id}")).is_err());
    }
    assert_eq!(lead.call(History { kind: KIND, id }).unwrap_err().code, Code::NotFound);
    // Whoever audits sees that there is something, and not what.
    let log = [owner.call(History { kind: KIND, id }), owner.call(Activity { before: None, limit: 1 })];
    for entries in log {
        let entries = entries.unwrap();
        assert_eq!((entries[0].id, entries[0].title.as_str(), entries[0].changes.len()), (id, "", 0));
    }
    for name in ["admin", "auditor"] {
        let client = fixture.client(name);
        assert_eq!(client.call(Views { kind: None, all: true }).unwrap_err().code, Code::Denied);
        assert_eq!(save(&client, &[("name", "x")]).unwrap_err().code, Code::Denied);
    }
    // Its owner has it, with its history, and cannot give it away.
    assert_eq!(rep.call(Get { kind: KIND, id, at: None }).unwrap().record.title, "secret");
    change(&rep, id, "filter", "schmidt tag:fair").unwrap();
    assert_eq!(rep.call(History { kind: KIND, id }).unwrap().len(), 2);
    assert_eq!(change(&rep, id, "user", "lead").unwrap_err().code, Code::Denied);
    let complete = |prefix: &str| {
        let kind = RecordKind::Contact;
        let asked = Complete { kind, field: "view".into(), prefix: prefix.into(), limit: 10 };
        rep.call(asked).unwrap().into_iter().map(|one| one.text).collect::<Vec<_>>()
    };
    assert_eq!(complete("se"), ["secret"]);
    assert_eq!(complete("mi"), ["mine"]);
}
