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
    // Each has a number of their own: what one objects to holds for whoever shares it.
    let numbers = std::cell::Cell::new(820);
    let new = |name: &str| {
        numbers.set(numbers.get() + 1);
        let phone = format!("030 901{}", numbers.get());
        add(&owner, person(name, &[("phones", phone.as_str())])).unwrap().id
    };
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
    add(&owner, person("Jo", &[("phones", "030 901899"), ("supplier", "Messe AG")])).unwrap();
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

/// The contacts that are exported for sales calls, page by page, and the manifest.
fn export(client: &Client, page: u64) -> Result<(Vec<Uuid>, ExportPage), Error> {
    let mut ask = Export {
        query: String::new(),
        purpose: "sales".into(),
        channel: Channel::Phone,
        window: Window { limit: Some(page), ..Window::default() },
        columns: vec![],
        to: String::new(),
        run: None,
    };
    let first = client.call(ask.clone())?;
    let mut ids: Vec<Uuid> = first.page.items.iter().map(|view| view.id).collect();
    let mut next = first.next;
    while let Some(after) = next {
        ask = Export { window: Window { after: Some(after), ..ask.window }, run: first.run, ..ask };
        let page = client.call(ask.clone())?;
        ids.extend(page.page.items.iter().map(|view| view.id));
        next = page.next;
    }
    Ok((ids, first))
}

fn used(client: &Client, id: Uuid) -> usize {
    let book = client.call(Consents { contact: ContactId(id), at: None }).unwrap();
    let kind = crate::domain::consent::ConsentField::kind.key();
    book.events.iter().filter(|event| event.record.text(kind) == "used").count()
}

#[test]
fn an_export_is_a_run_of_pages_that_uses_each_consent_once_and_is_sealed_with_its_hash() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let mut yes = Vec::new();
    for (at, name) in ["Ada", "Bea", "Cem", "Dirk", "Elif"].iter().enumerate() {
        let id = add(&owner, person(name, &[("phones", &format!("030 90182{at}"))])).unwrap().id;
        if *name != "Dirk" {
            say(&owner, id, ConsentKind::Given, "sales", Channel::Phone);
            yes.push(id);
        }
    }
    let (ids, first) = export(&owner, 2).unwrap();
    assert_eq!(ids, yes, "in the order of names");
    assert_eq!((first.page.total, first.page.withheld), (4, counts(&[("no_basis", 1)])));
    assert!(yes.iter().all(|id| used(&owner, *id) == 1));
    let run = first.run.unwrap();
    let seal = SealExport { run, sha256: "ab".repeat(32), bytes: 17, records: 4 };
    // Nobody else closes it, and nothing but a hash is one.
    assert_eq!(fixture.client("lead").call(seal.clone()).unwrap_err().code, Code::Refused);
    let wrong = SealExport { sha256: "AB".repeat(32), ..seal.clone() };
    assert_eq!(owner.call(wrong).unwrap_err().code, Code::Usage);
    let manifest = owner.call(seal.clone()).unwrap();
    assert_eq!((manifest.by.as_str(), manifest.purpose.as_str(), manifest.records), ("owner", "sales", 4));
    assert_eq!((manifest.sha256, manifest.logged), ("ab".repeat(32), first.logged));
    assert_eq!(owner.call(seal).unwrap_err().code, Code::Refused, "once");
    let runs = owner
        .call(List {
            kind: RecordKind::ExportRun,
            query: String::new(),
            sort: String::new(),
            window: Window::default(),
            columns: vec![],
        })
        .unwrap();
    assert_eq!(runs.total, 2, "the run, and what closed it");
    assert!(owner.call(LogVerify {}).unwrap().problems.is_empty());
    // Nobody gets pages of a run without having begun it, for another purpose, or after its end.
    let page = |run, purpose: &str| Export {
        query: String::new(),
        purpose: purpose.into(),
        channel: Channel::Phone,
        window: Window { after: Some(yes[0]), ..Window::default() },
        columns: vec![],
        to: String::new(),
        run,
    };
    for (run, purpose) in
        [(None, "sales"), (Some(run), "sales"), (Some(Uuid::from_u128(7)), "sales"), (Some(run), "contract")]
    {
        assert_eq!(owner.call(page(run, purpose)).unwrap_err().code, Code::Refused);
    }
    assert_eq!(fixture.client("rep").call(page(Some(run), "sales")).unwrap_err().code, Code::Denied);
}

#[test]
fn a_withdrawal_between_two_pages_keeps_the_person_in() {
    let fixture = Fixture::new();
    let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
    let mut ids = Vec::new();
    for (at, name) in ["Ada", "Bea", "Cem"].iter().enumerate() {
        let mut fields = person(name, &[("phones", &format!("030 90182{at}"))]);
        fields.push(FieldEdit::text("owner", "rep"));
        let id = add(&owner, fields).unwrap().id;
        say(&owner, id, ConsentKind::Given, "sales", Channel::Phone);
        ids.push(id);
    }
    let mut ask = Export {
        query: String::new(),
        purpose: "sales".into(),
        channel: Channel::Phone,
        window: Window { limit: Some(1), ..Window::default() },
        columns: vec![],
        to: String::new(),
        run: None,
    };
    let first = owner.call(ask.clone()).unwrap();
    take_back(&rep, ids[1], "sales", false);
    ask.window.after = first.next;
    ask.run = first.run;
    let second = owner.call(ask).unwrap();
    assert_eq!(second.page.items[0].id, ids[2]);
    assert_eq!((second.next, used(&owner, ids[1])), (None, 0));
}

#[test]
fn only_what_the_purpose_needs_leaves() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let edit = |fields: &[(&str, &str)]| {
        let purposes = owner.call(Purposes { retired: false }).unwrap();
        let sales = purposes.iter().find(|one| one.fields.values().any(|value| value.to_string() == "sales"));
        owner
            .call(Edit {
                kind: RecordKind::Purpose,
                id: sales.unwrap().id,
                fields: fields.iter().map(|(field, text)| FieldEdit::text(field, *text)).collect(),
                expect_revision: None,
            })
            .unwrap();
    };
    let more = [("phones", "030 901820"), ("job_title", "Buyer"), ("language", "de")];
    let id = add(&owner, person("Ada", &more)).unwrap().id;
    say(&owner, id, ConsentKind::Given, "sales", Channel::Phone);
    edit(&[("fields", "phones, language")]);
    let (_, page) = export(&owner, 10).unwrap();
    let view = &page.page.items[0];
    let names: Vec<&str> = view.fields.iter().map(|shown| shown.text.as_str()).collect();
    assert_eq!((names.len(), view.title.as_str()), (2, ""), "{names:?}");
    assert!(!page.with_notes && page.notes.is_empty());
    let job_title = crate::domain::contact::ContactField::job_title.key();
    let ask = Export {
        query: String::new(),
        purpose: "sales".into(),
        channel: Channel::Phone,
        window: Window::default(),
        columns: vec![job_title],
        to: String::new(),
        run: None,
    };
    let refused = owner.call(ask).unwrap_err();
    assert_eq!(refused.code, Code::Refused);
    assert!(refused.message.contains("job_title"), "{refused:?}");
    assert_eq!(used(&owner, id), 1, "what was refused used nothing");
    edit(&[("fields", ""), ("categories", "identity")]);
    let (_, page) = export(&owner, 10).unwrap();
    assert_eq!(page.page.items[0].title, "Ada Schmidt");
    assert!(page.page.items[0].fields.iter().all(|shown| ["Ada", "Schmidt"].contains(&shown.text.as_str())));
}

#[test]
fn data_is_given_only_to_who_is_registered_safe_and_told_of() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, person("Ada", &[("phones", "030 901820")])).unwrap().id;
    say(&owner, id, ConsentKind::Given, "sales", Channel::Phone);
    let to = |name: &str| {
        owner.call(Export {
            query: String::new(),
            purpose: "sales".into(),
            channel: Channel::Phone,
            window: Window::default(),
            columns: vec![],
            to: name.into(),
            run: None,
        })
    };
    let refused = |name: &str, why: &str| {
        let error = to(name).unwrap_err();
        assert_eq!(error.code, Code::Refused);
        assert!(error.message.contains(why), "{}", error.message);
    };
    refused("dialler", "no registered recipient");
    let recipient = |fields: &[(&str, &str)]| {
        let fields = fields.iter().map(|(field, text)| FieldEdit::text(field, *text)).collect();
        owner.call(Add { kind: RecordKind::Recipient, about: None, fields }).unwrap().id
    };
    let change = |kind, id, field: &str, text: &str| {
        let fields = vec![FieldEdit::text(field, text)];
        owner.call(Edit { kind, id, fields, expect_revision: None }).unwrap();
    };
    let dialler = recipient(&[
        ("name", "dialler"),
        ("title", "Dialler Inc."),
        ("role", "processor"),
        ("country", "US"),
    ]);
    refused("dialler", "needs a safeguard");
    change(RecordKind::Recipient, dialler, "safeguard", "standard contractual clauses of 2026-01-02");
    refused("dialler", "no contract");
    change(RecordKind::Recipient, dialler, "agreement", "cabinet 4");
    change(RecordKind::Recipient, dialler, "checklist", "a, b, c, d, e, f, g");
    refused("dialler", "lacks Art. 28(3) (h)");
    change(RecordKind::Recipient, dialler, "checklist", "a, b, c, d, e, f, g, h");
    refused("dialler", "no recipient of the purpose");
    let sales = fixture.service.read_world().consents.named("sales").unwrap().1.id;
    change(RecordKind::Purpose, sales, "recipients", "dialler");
    assert_eq!(to("dialler").unwrap().page.total, 1);
    change(RecordKind::Recipient, dialler, "retired", "yes");
    refused("dialler", "retired");
    fixture.reload();
    refused("dialler", "retired");
}

#[test]
fn a_list_for_a_purpose_has_those_who_may_be_reached_and_counts_the_others() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let yes = add(&owner, person("Ada", &[("phones", "030 901820"), ("tags", "fair")])).unwrap().id;
    say(&owner, yes, ConsentKind::Given, "sales", Channel::Phone);
    let storage = add(&owner, person("Bea", &[("phones", "030 901821")])).unwrap().id;
    say(&owner, storage, ConsentKind::Given, "sales", Channel::Storage);
    add(&owner, person("Cem", &[("phones", "030 901822")])).unwrap();
    let ask = |purpose: &str, channel, query: &str| {
        owner.call(Reachable {
            query: query.into(),
            purpose: purpose.into(),
            channel,
            sort: String::new(),
            window: Window::default(),
            columns: vec![],
        })
    };
    let ids = |page: Page| page.items.iter().map(|view| view.id).collect::<Vec<_>>();
    let page = ask("sales", Some(Channel::Phone), "").unwrap();
    assert_eq!((page.total, &page.withheld), (1, &counts(&[("no_basis", 2)])));
    assert_eq!(ids(page), [yes]);
    assert_eq!(ids(ask("sales", None, "").unwrap()), [yes, storage]);
    assert_eq!(ask("sales", Some(Channel::Phone), "-tag:fair").unwrap().total, 0);
    // A wrong purpose: nobody, with counts (R6); one that there is not, an error.
    let wrong = ask("newsletter", Some(Channel::Email), "").unwrap();
    assert_eq!((wrong.total, wrong.withheld), (0, counts(&[("no_basis", 3)])));
    assert_eq!(ask("fun", None, "").unwrap_err().code, Code::NotFound);
    assert_eq!(ask("sales", Some(Channel::Fax), "").unwrap_err().code, Code::Refused);
}

#[test]
fn a_bought_lead_is_nobodys_but_those_who_decide_about_it() {
    let fixture = Fixture::new();
    let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
    let more = [("phones", "030 901820"), ("supplier", "Messe AG"), ("tags", "fair")];
    let added = add(&owner, person("Ada", &more)).unwrap();
    assert!(added.warnings.iter().any(|warning| warning.contains("quarantine")), "{:?}", added.warnings);
    let id = added.id;
    let note = Add {
        kind: RecordKind::Note,
        about: Some(ContactId(id)),
        fields: vec![FieldEdit::text("text", "bought for the fair")],
    };
    let note = owner.call(note).unwrap().id;
    let list = |query: &str| List {
        kind: RecordKind::Contact,
        query: query.into(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    let complete = |field: &str| Complete {
        kind: RecordKind::Contact,
        field: field.into(),
        prefix: String::new(),
        limit: 10,
    };
    for name in ["owner", "lead", "dpo"] {
        let client = fixture.client(name);
        assert_eq!(client.call(list("is:quarantined")).unwrap().total, 1, "{name}");
        client.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap();
    }
    for query in ["", "ada", "is:quarantined", "030 901820", "tag:fair", "supplier:messe"] {
        assert_eq!(rep.call(list(query)).unwrap().total, 0, "{query}");
    }
    for (kind, id) in [(RecordKind::Contact, id), (RecordKind::Note, note)] {
        assert_eq!(rep.call(Get { kind, id, at: None }).unwrap_err().code, Code::NotFound);
        assert_eq!(rep.call(History { kind, id }).unwrap_err().code, Code::NotFound);
    }
    assert!(rep.call(complete("tag")).unwrap().is_empty());
    assert!(
        !rep.call(Activity { before: None, limit: 100 })
            .unwrap()
            .iter()
            .any(|entry| entry.id == id || entry.id == note)
    );
    let described = vec![FieldEdit::text("phones", "030 901820")];
    assert!(rep.call(FindSimilar { fields: described, except: None }).unwrap().is_empty());
    let said = Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::InPerson, "yes");
    let record = ConsentRecord { contact: ContactId(id), said: vec![said] };
    assert_eq!(rep.call(record.clone()).unwrap_err().code, Code::NotFound);
    // A lead asks, the person says yes, and there is a contact for everybody.
    owner.call(record).unwrap();
    assert_eq!(rep.call(list("tag:fair")).unwrap().total, 1);
    assert_eq!(rep.call(list("is:quarantined")).unwrap().total, 0);
    rep.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap();
    assert_eq!(rep.call(complete("tag")).unwrap().len(), 1);
}

#[test]
fn filters_tell_what_holds() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let new = |name: &str| add(&owner, person(name, &[])).unwrap().id;
    let (given, withdrew, objected, storage) = (new("Ada"), new("Bea"), new("Cem"), new("Dirk"));
    new("Elif");
    say(&owner, given, ConsentKind::Given, "sales", Channel::Phone);
    say(&owner, withdrew, ConsentKind::Given, "sales", Channel::Phone);
    take_back(&owner, withdrew, "sales", false);
    take_back(&owner, objected, "sales", true);
    say(&owner, storage, ConsentKind::Given, "sales", Channel::Storage);
    let find = |query: &str| super::tests::find(&owner, query).join(" ").replace(" Schmidt", "");
    for (query, found) in [
        ("consent:sales=given", "Ada Dirk"),
        ("consent:sales.phone=given", "Ada"),
        ("consent:sales.phone", "Ada"),
        ("consent:given", "Ada Dirk"),
        ("consent:sales=withdrawn", "Bea"),
        ("consent:objected", "Cem"),
        ("consent:newsletter=objected", "Cem"),
        ("consent:sales=given,withdrawn", "Ada Bea Dirk"),
        ("consent:sales=unknown", "Elif"),
        ("consent:none", "Elif"),
        ("-consent:none has:consent", "Ada Dirk"),
        ("-has:consent", "Bea Cem Elif"),
        ("is:leaving", "Bea Cem"),
        ("-is:leaving", "Ada Dirk Elif"),
    ] {
        assert_eq!(find(query), found, "{query}");
    }
    let wrong = |query: &str| {
        let list = List {
            kind: RecordKind::Contact,
            query: query.into(),
            sort: String::new(),
            window: Window::default(),
            columns: vec![],
        };
        owner.call(list).unwrap_err().code
    };
    assert_eq!(wrong("consent:sails=given"), Code::NotFound);
    assert_eq!(wrong("consent:sales=givven"), Code::Usage);
    assert_eq!(wrong("consent:sales.pigeon=given"), Code::Usage);
    let offered = owner.call(Complete {
        kind: RecordKind::Contact,
        field: "consent".into(),
        prefix: "newsletter.e".into(),
        limit: 5,
    });
    assert_eq!(offered.unwrap()[0].text, "newsletter.email");
    // What is withdrawn is so for the next search.
    take_back(&owner, given, "sales", false);
    assert_eq!(find("consent:sales=given"), "Dirk");
    fixture.days_later(800);
    assert_eq!(find("consent:sales=expired"), "Dirk");
}

#[test]
fn of_two_records_of_one_person_the_stricter_holds() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let keep = add(&owner, person("Ada", &[("phones", "030 901820")])).unwrap().id;
    let other = add(&owner, person("Ada", &[("phones", "030 901820")])).unwrap().id;
    take_back(&owner, other, "sales", true);
    say(&owner, other, ConsentKind::Given, "contract", Channel::Email);
    say(&owner, keep, ConsentKind::Given, "sales", Channel::Phone);
    let merge = |dry_run| Merge { keep: ContactId(keep), other: ContactId(other), dry_run };
    let report = owner.call(merge(true)).unwrap();
    let told: Vec<String> = report
        .refusals
        .iter()
        .map(|line| format!("{} {} {}", line.standing.state, line.purpose, line.channel))
        .collect();
    assert_eq!(told, ["objected sales phone", "objected sales storage"]);
    let phone = |client: &Client| {
        let book = client.call(Consents { contact: ContactId(keep), at: None }).unwrap();
        let state = |purpose: &str, channel| {
            let line = book.lines.iter().find(|line| line.purpose == purpose && line.channel == channel);
            line.unwrap().standing.state
        };
        (state("sales", Channel::Phone), state("contract", Channel::Email))
    };
    use crate::domain::consent::State;
    assert_eq!(phone(&owner), (State::Given, State::Unknown), "a trial changes nothing");
    owner.call(merge(false)).unwrap();
    assert_eq!(phone(&owner), (State::Objected, State::Unknown), "a no is taken over, a yes is not");
    owner.call(Undo { seq: None }).unwrap();
    owner.call(Get { kind: RecordKind::Contact, id: other, at: None }).unwrap();
    assert_eq!(phone(&owner).0, State::Objected, "taking the merge back loosens nothing");
    owner.call(Redo {}).unwrap();
    fixture.reload();
    assert_eq!(phone(&owner).0, State::Objected);
    assert!(owner.call(LogVerify {}).unwrap().problems.is_empty());
}

#[test]
fn the_end_of_a_consent_is_recorded_once() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, person("Ada", &[("supplier", "Messe AG")])).unwrap().id;
    say(&owner, id, ConsentKind::Given, "sales", Channel::Phone);
    let sweep = |dry_run| owner.call(SweepConsents { dry_run }).unwrap();
    assert_eq!(sweep(false), SweptConsents::default());
    fixture.days_later(731);
    assert!(!fixture.service.read_world().is_quarantined(id));
    let one = SweptConsents { people: 1, expired: 1 };
    assert_eq!((sweep(true), sweep(false)), (one.clone(), one));
    assert_eq!(sweep(false), SweptConsents::default(), "once");
    assert!(
        fixture.service.read_world().is_quarantined(id),
        "a bought lead whose consent ended is one again"
    );
    assert_eq!(fixture.client("rep").call(SweepConsents { dry_run: true }).unwrap_err().code, Code::Denied);
    fixture.days_later(-700);
    assert_eq!(
        owner.call(SweepConsents { dry_run: false }).unwrap_err().code,
        Code::Refused,
        "the clock was set back"
    );
}

#[test]
fn reading_lists_is_no_export() {
    let fixture = Fixture::new();
    let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
    let most = super::handed::MOST as u64;
    let row = |row: u64| crate::domain::edit::Incoming {
        row,
        fields: person(&format!("Ada{row:04}"), &[("phones", &format!("030 90{row:04}"))]),
        notes: vec![],
    };
    let rows: Vec<_> = (1..=most + 20).map(row).collect();
    owner.call(Import { rows, provenance: Provenance::default(), dry_run: false }).unwrap();
    let list = |query: &str| List {
        kind: RecordKind::Contact,
        query: query.into(),
        sort: "name".into(),
        window: Window::default(),
        columns: vec![],
    };
    let phones = crate::domain::contact::ContactField::phones.key();
    let told = |client: &Client, query: &str| {
        let page = client.call(list(query)).unwrap();
        let told =
            page.items.iter().filter(|view| view.get(phones).is_some_and(|shown| shown.value.is_some()));
        (page.total, told.count() as u64, page.withheld.get("masked").copied())
    };
    assert_eq!(told(&rep, ""), (most + 20, most, Some(20)));
    // Neither a second session, nor parts of the list, nor another request gives more; looking again costs nothing.
    let again = fixture.client("rep");
    assert_eq!(told(&again, ""), (most + 20, most, Some(20)));
    let last = format!("ada{:04}", most + 20);
    assert_eq!(told(&again, &last).1, 0);
    let ids: Vec<Uuid> = again.call(list(&last)).unwrap().items.iter().map(|view| view.id).collect();
    let among = Among {
        kind: RecordKind::Contact,
        query: String::new(),
        ids: ids.clone(),
        columns: vec![],
        count: false,
    };
    assert!(again.call(among).unwrap().items[0].get(phones).unwrap().value.is_none());
    // The record of one person is there, and that it was opened is known.
    let card = rep.call(Get { kind: RecordKind::Contact, id: ids[0], at: None }).unwrap();
    assert!(card.record.get(phones).unwrap().value.is_some());
    fixture.days_later(1);
    assert_eq!(told(&rep, &last).1, 1);
    // Who may export reads on, and is known to have.
    assert_eq!(told(&owner, ""), (most + 20, most + 20, None));
    let seen = Readings {
        about: Some(ContactId(ids[0])),
        user: "owner".into(),
        from: None,
        to: None,
        before: None,
        limit: 10,
    };
    let seen = owner.call(seen).unwrap();
    assert!(seen.items.iter().any(|one| one.purpose.contains("without a purpose")), "{seen:?}");
}
