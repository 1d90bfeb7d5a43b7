//! Different people and one contact.

use super::*;
use crate::domain::access::Access;

#[test]
fn rep_lead_marketing_and_officer_see_different_things_of_one_contact() {
    let fixture = team();
    let mut fields = person("Anna", "Berg", "+49 30 901820", "anna@example.com");
    fields.push(FieldEdit::text("job_title", "Buyer"));
    let id = add(&fixture.client("olga"), fields, "rita", "south");
    let kind = RecordKind::Note;
    let fields = vec![FieldEdit::text("text", "wants a discount")];
    let rita = fixture.client("rita");
    rita.call(Add { kind, about: Some(ContactId(id)), fields }).unwrap();
    let see = |name: &str| {
        let client = fixture.client(name);
        let card = get(&client, id).unwrap();
        let text = |field| shown(&client, id, field).unwrap_or_else(|| "-".to_owned());
        (text("phones"), text("emails"), text("job_title"), card.notes.len())
    };
    let row = |phone: &str, email: &str, job: &str, notes| {
        (phone.to_owned(), email.to_owned(), job.to_owned(), notes)
    };
    let all = row("+49 30 901820", "anna@example.com", "Buyer", 1);
    assert_eq!(see("rita"), all);
    assert_eq!(see("rolf"), row("+49 30 •••820", "anna@example.com", "Buyer", 1));
    assert_eq!(see("lena"), all);
    assert_eq!(see("dora"), all);
    assert_eq!(see("mara"), row("+49 30 •••820", "anna@example.com", "-", 0));
    assert_eq!(get(&fixture.client("nora"), id).unwrap_err().code, Code::NotFound);
    assert_eq!(get(&fixture.client("adam"), id).unwrap_err().code, Code::Denied);
    // The lead of another team knows that there is such a contact, and not how to reach it.
    let north = add(
        &fixture.client("olga"),
        person("Ben", "Fluss", "+49 30 901821", "ben@example.com"),
        "nora",
        "north",
    );
    let lena = fixture.client("lena");
    assert_eq!(shown(&lena, north, "phones").unwrap(), "+49 30 •••821");
    assert_eq!(shown(&lena, north, "emails").unwrap(), "b•••@example.com");
    assert_eq!(change(&lena, north, "job_title", "x").unwrap_err().code, Code::Denied);
    assert_eq!((count(&lena, "901821"), count(&lena, "901820"), count(&lena, "fluss")), (0, 1, 1));
    // History is masked like the record.
    change(&rita, id, "phones", "+49 30 901877").unwrap();
    let history = fixture.client("rolf").call(History { kind: RecordKind::Contact, id }).unwrap();
    let old = history[0].changes[0].old.as_ref().unwrap();
    assert_eq!((old.value.as_ref(), old.text.as_str()), (None, "+49 30 •••820"));
}

#[test]
fn what_is_masked_or_not_ones_own_is_not_changed() {
    let fixture = team();
    let id = add(
        &fixture.client("olga"),
        person("Anna", "Berg", "+49 30 901820", "anna@example.com"),
        "rita",
        "south",
    );
    let rolf = fixture.client("rolf");
    let error = change(&rolf, id, "job_title", "Buyer").unwrap_err();
    assert_eq!(error.code, Code::Denied);
    assert_eq!(error.hint.as_deref(), Some("ask rita"));
    assert_eq!(
        rolf.call(Delete { kind: RecordKind::Contact, id, expect_revision: None }).unwrap_err().code,
        Code::Denied
    );
    // A mask that comes back is no value, whoever sends it.
    let rita = fixture.client("rita");
    for (field, mask) in [("phones", "+49 30 •••820"), ("emails", "a•••@example.com"), ("reason", "•••")]
    {
        assert_eq!(change(&rita, id, field, mask).unwrap_err().code, Code::Usage, "{field}");
    }
    // Marketing edits nothing.
    assert_eq!(change(&fixture.client("mara"), id, "given_name", "x").unwrap_err().code, Code::Denied);
    // A lead edits many in one step; what belongs to others is told apart.
    let north = add(
        &fixture.client("olga"),
        person("Ben", "Fluss", "+49 30 901821", "ben@example.com"),
        "nora",
        "north",
    );
    let lena = fixture.client("lena");
    let bulk = lena.call(Bulk {
        kind: RecordKind::Contact,
        targets: Targets::Ids(vec![id, north, Uuid::from_u128(5)]),
        deed: Deed::Edit(vec![FieldEdit::text("job_title", "Buyer")]),
        dry_run: false,
        expect: None,
    });
    let bulk = bulk.unwrap();
    assert_eq!((bulk.changed, bulk.refused.len()), (1, 2));
    let denied = rita.call(Bulk {
        kind: RecordKind::Contact,
        targets: Targets::Query(String::new()),
        deed: Deed::Delete,
        dry_run: true,
        expect: None,
    });
    assert_eq!(denied.unwrap_err().code, Code::Denied);
}

/// Unowned records are work for whoever takes them; a given away one is no longer one's own.
#[test]
fn what_belongs_to_nobody_is_taken_and_given_away() {
    let fixture = team();
    let olga = fixture.client("olga");
    let free = add(&olga, person("Anna", "Berg", "+49 30 901820", "anna@example.com"), "", "");
    let norths = add(&olga, person("Ben", "Fluss", "+49 30 901821", "ben@example.com"), "", "north");
    let (rita, nora) = (fixture.client("rita"), fixture.client("nora"));
    assert_eq!(shown(&rita, free, "phones").unwrap(), "+49 30 901820");
    assert_eq!(get(&rita, norths).unwrap_err().code, Code::NotFound);
    assert_eq!(shown(&nora, norths, "phones").unwrap(), "+49 30 901821");
    assert_eq!((count(&rita, ""), count(&nora, "")), (1, 2));
    change(&rita, free, "owner", "me").unwrap();
    assert_eq!(get(&nora, free).unwrap_err().code, Code::NotFound);
    change(&rita, free, "owner", "nora").unwrap();
    assert_eq!(get(&rita, free).unwrap_err().code, Code::NotFound);
    assert_eq!(rita.call(History { kind: RecordKind::Contact, id: free }).unwrap_err().code, Code::NotFound);
    assert!(rita.call(Activity { before: None, limit: 100 }).unwrap().iter().all(|entry| entry.id != free));
    // One's own change is taken back all the same.
    rita.call(Undo { seq: None }).unwrap();
    assert_eq!(shown(&rita, free, "owner").unwrap(), "rita");
    // What a rep adds is the rep's.
    let mine = rita
        .call(Add {
            kind: RecordKind::Contact,
            about: None,
            fields: person("Cara", "Tal", "+49 30 901822", "c@example.com"),
        })
        .unwrap()
        .id;
    assert_eq!(shown(&rita, mine, "owner").unwrap(), "rita");
    assert_eq!(get(&nora, mine).unwrap_err().code, Code::NotFound);
}

#[test]
fn a_taken_number_is_told_with_whom_to_ask_and_nothing_else() {
    let fixture = team();
    let olga = fixture.client("olga");
    let secret = add(&olga, person("Geheim", "Nis", "+49 30 901820", "geheim@example.com"), "nora", "north");
    let rita = fixture.client("rita");
    let fields = person("Ina", "Neu", "030 901820", "ina@example.com");
    let found = rita.call(FindSimilar { fields: fields.clone(), except: None }).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].id, found[0].ask.as_str(), found[0].same.as_slice()),
        (None, "nora", &["phone".to_owned()][..])
    );
    let added = rita.call(Add { kind: RecordKind::Contact, about: None, fields }).unwrap();
    let words = format!("{:?}", added.similar);
    assert!(!words.contains("Geheim") && !words.contains(&secret.to_string()), "{words}");
    // Who has the same name somewhere else is nobody's business.
    let namesake = person("Geheim", "Nis", "+49 30 901899", "other@example.com");
    assert!(rita.call(FindSimilar { fields: namesake, except: None }).unwrap().is_empty());
    // A colleague's masked number is taken too, and not tied to the name that can be seen.
    add(&olga, person("Rolfs", "Kunde", "+49 30 901833", "kunde@example.com"), "rolf", "south");
    let found = rita
        .call(FindSimilar { fields: vec![FieldEdit::text("phones", "+4930901833")], except: None })
        .unwrap();
    assert_eq!((found[0].id, found[0].ask.as_str()), (None, "rolf"));
    // Marketing may not learn of it, and sees no numbers: nothing.
    let mara = fixture.client("mara");
    assert!(
        mara.call(FindSimilar { fields: vec![FieldEdit::text("phones", "+4930901820")], except: None })
            .unwrap()
            .is_empty()
    );
    // An import neither changes nor doubles what is out of sight.
    let lena = fixture.client("lena");
    let row = |row, phone: &str| Incoming {
        row,
        fields: person("Geheim", "Nis", phone, "neu@example.com"),
        notes: vec![],
    };
    let import = Import {
        rows: vec![row(1, "+4930901820"), row(2, "+4930901877")],
        provenance: Provenance::default(),
        dry_run: false,
    };
    let report = lena.call(import).unwrap();
    assert_eq!((report.rows[0].outcome, report.rows[0].id), (Outcome::Rejected, None));
    assert_eq!(report.rows[0].reason, "somebody out of your sight has the same number: ask nora");
    assert_eq!(report.rows[1].outcome, Outcome::Created);
    assert_eq!(get(&olga, secret).unwrap().record.revision, 1);
}

#[test]
fn counts_are_of_what_is_in_sight() {
    let fixture = team();
    let olga = fixture.client("olga");
    for (n, owner) in ["rita", "rolf", "nora"].into_iter().enumerate() {
        let (phone, email) = (format!("+49 30 90182{n}"), format!("p{n}@example.com"));
        add(&olga, person("Anna", &format!("Berg{n}"), &phone, &email), owner, "");
    }
    let contacts = |name: &str| fixture.client(name).call(Status {}).unwrap().contacts;
    assert_eq!((contacts("olga"), contacts("adam"), contacts("rita"), contacts("nora")), (3, 3, 2, 1));
    assert_eq!(contacts("aron"), 0);
}

#[test]
fn the_auditor_sees_that_something_happened_and_not_to_whom() {
    let fixture = team();
    let olga = fixture.client("olga");
    let id = add(&olga, person("Anna", "Berg", "+49 30 901820", "anna@example.com"), "rita", "");
    change(&olga, id, "job_title", "Buyer").unwrap();
    let aron = fixture.client("aron");
    let history = aron.call(History { kind: RecordKind::Contact, id }).unwrap();
    assert_eq!(history.len(), 2);
    assert!(history.iter().all(|entry| entry.title.is_empty() && entry.changes.is_empty() && !entry.erased));
    assert_eq!(history[0].actor, "olga");
    assert!(aron.call(Activity { before: None, limit: 10 }).unwrap().iter().any(|entry| entry.id == id));
    assert!(aron.call(LogVerify {}).unwrap().problems.is_empty());
    let adam = fixture.client("adam");
    assert!(
        adam.call(Activity { before: None, limit: 100 })
            .unwrap()
            .iter()
            .all(|entry| entry.kind != RecordKind::Contact)
    );
}

#[test]
fn why_is_explained_with_the_chain() {
    let fixture = team();
    let olga = fixture.client("olga");
    let id = add(&olga, person("Anna", "Berg", "+49 30 901820", "anna@example.com"), "rita", "south");
    let ask = |asker: &str, user: &str, field: &str| {
        fixture.client(asker).call(AccessExplain {
            user: (!user.is_empty()).then(|| user.to_owned()),
            contact: ContactId(id),
            field: (!field.is_empty()).then(|| field.to_owned()),
        })
    };
    let told = ask("olga", "rolf", "phones").unwrap();
    assert_eq!(told.access, Access::Masked);
    assert_eq!(told.decision, "rolf sees `phones` of the contact masked");
    assert_eq!(told.mask.as_deref(), Some("+49 30 •••820"));
    let chain: Vec<String> =
        told.steps.iter().map(|step| format!("{}: {}", step.rule, step.result)).collect();
    assert_eq!(
        chain,
        [
            "user: `rolf` is active, in the team `south`",
            "role: `rep`: Sales representative (built in)",
            "record: the contact belongs to `rita`, who is in the team `south`, and to the team `south`",
            "relation: it is rolf's team's",
            "scope: `rep` reads contacts: team (yes)",
            "scope: `rep` changes contacts: own (no)",
            "field: `phones` is of the category `contact_details`",
            "table: built in, rep.contact.fields: default = edit",
            "table: built in, rep.contact.not_own: phones = masked",
            "access: the least of it all: masked",
        ]
    );
    assert_eq!(ask("rita", "", "phones").unwrap().access, Access::Edit);
    assert_eq!(ask("rolf", "", "phones").unwrap().mask.as_deref(), Some("+49 30 •••820"));
    assert_eq!(ask("dora", "mara", "reason").unwrap().access, Access::Hidden);
    assert_eq!(ask("olga", "nora", "").unwrap().decision, "nora does not see the contact");
    // Whoever runs the machine explains, and learns nothing about the person.
    let told = ask("adam", "rolf", "phones").unwrap();
    assert_eq!((told.access, told.mask), (Access::Masked, None));
    // About others only who may; about oneself everybody, as far as the record is in sight.
    assert_eq!(ask("rolf", "rita", "phones").unwrap_err().code, Code::Denied);
    assert_eq!(ask("nora", "", "phones").unwrap_err().code, Code::NotFound);
    assert_eq!(ask("olga", "rolf", "birthday").unwrap_err().code, Code::Usage);
}
