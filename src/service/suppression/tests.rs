//! Stories of the suppression list: scenarios 4, 8, 9 and 15 of the requirements, and what must not be seen.

use proptest::prelude::*;

use std::sync::Arc;

use super::*;
use crate::api::*;
use crate::client::Client;
use crate::domain::edit::{FieldEdit, Incoming};
use crate::domain::id::ContactId;
use crate::domain::reach::Phone;
use crate::domain::suppression::Barred;
use crate::service::tests::{Fixture, add, anna, edit};

const MOBILE: &str = "0049 (0)1511 2345 678";

fn typed(text: &str) -> Typed {
    let class = if text.contains('@') { Class::Email } else { Class::Phone };
    Typed { class, text: text.into(), country: String::new() }
}

fn suppress(client: &Client, text: &str, scope: Scope, reason: Reason) -> Result<Suppressed, Error> {
    client.call(Suppress { of: typed(text), scope, reason, words: String::new() })
}

fn lift(client: &Client, text: &str) -> Result<Unsuppressed, Error> {
    client.call(LiftSuppression { of: typed(text), words: "gave consent anew at the fair".into() })
}

fn state(client: &Client, text: &str) -> Option<Scope> {
    client.call(SuppressionCheck { of: typed(text) }).unwrap().hit.map(|hit| hit.scope)
}

fn person(given: &str, phone: &str, email: &str) -> Vec<FieldEdit> {
    [
        ("given_name", given),
        ("family_name", "Berg"),
        ("phones", phone),
        ("emails", email),
        ("basis", "contract"),
        ("reason", "asked for an offer"),
        ("source", "fair"),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(field, text)| FieldEdit::text(field, text))
    .collect()
}

fn import(client: &Client, rows: Vec<Vec<FieldEdit>>) -> Vec<(Outcome, String)> {
    let rows = rows
        .into_iter()
        .enumerate()
        .map(|(n, fields)| Incoming { row: n as u64 + 1, fields, notes: vec![] })
        .collect();
    let report = client.call(Import { rows, provenance: Provenance::default(), dry_run: false }).unwrap();
    report.rows.into_iter().map(|row| (row.outcome, row.reason)).collect()
}

fn barred(fixture: &Fixture, contact: Uuid) -> Barred {
    fixture.service.read_world().suppression.of_contact(contact)
}

/// Memory as it is, and as it is read anew: the same.
fn barred_also_anew(fixture: &Fixture, contact: Uuid) -> Barred {
    let now = barred(fixture, contact);
    fixture.reload();
    assert_eq!(barred(fixture, contact), now, "memory differs from what is read anew");
    now
}

/// Scenario 4: an erased person comes back on a list, in other notations.
#[test]
fn an_erased_person_is_not_brought_in_again() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let identifiers = [
        Identifier::parse(Class::Phone, "+49 1511 2345678", None).unwrap(),
        Identifier::parse(Class::Email, "erased@example.com", None).unwrap(),
    ];
    let session = fixture.service.session_of("dpo").unwrap();
    let origin = crate::store::Origin {
        at: fixture.service.env.now(),
        actor: session.user,
        session: session.id,
        action: Action::Delete,
    };
    let world = Arc::clone(&fixture.service.world);
    fixture
        .service
        .store
        .write(origin, move |txn| {
            let staged = suppress_for_erasure(txn, &world, &identifiers)?;
            publish_with(&world, txn, &[], &staged.contacts)
        })
        .unwrap();
    for _ in 0..2 {
        let rows = import(
            &owner,
            vec![
                person("Eins", MOBILE, "one@example.com"),
                person("Zwei", "030 901821", "ErAsEd@Example.COM"),
                person("Drei", "030 901822", "three@example.com"),
            ],
        );
        let outcomes: Vec<Outcome> = rows.iter().map(|(outcome, _)| *outcome).collect();
        assert_eq!(outcomes[..2], [Outcome::Suppressed, Outcome::Suppressed]);
        assert_ne!(outcomes[2], Outcome::Suppressed);
        assert!(rows[0].1.contains("suppressed") && !rows[0].1.contains("eras"), "{}", rows[0].1);
        for (phone, email) in [(MOBILE, ""), ("", "erased@EXAMPLE.com")] {
            let error = add(&owner, person("Vier", phone, email)).unwrap_err();
            assert_eq!(error.code, Code::Refused);
            assert!(!format!("{error:?}").contains("eras"), "it tells why: {error:?}");
        }
        fixture.reload();
    }
    // A company's number is no way around it.
    let fields = vec![FieldEdit::text("name", "Neue GmbH"), FieldEdit::text("phones", MOBILE)];
    let error = owner.call(Add { kind: RecordKind::Company, about: None, fields }).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    let page = fixture.client("dpo").call(SuppressionEntries { limit: None }).unwrap();
    assert_eq!((page.total, page.items[0].marks), (1, 2));
    assert_eq!(page.by_reason, [(Reason::Erasure, 2)]);
}

/// Scenario 8: whatever the way in.
#[test]
fn no_way_in_is_open() {
    let fixture = Fixture::new();
    let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
    let free = add(&rep, person("Frei", "030 901830", "free@example.com")).unwrap().id;
    let gone = add(&rep, person("Weg", MOBILE, "")).unwrap().id;
    let kind = RecordKind::Contact;
    edit(&rep, gone, "phones", "030 901831", None).unwrap();
    suppress(&rep, "+4915112345678", Scope::All, Reason::Objection).unwrap();
    // Editing, also among others, and one of many at once.
    assert_eq!(
        edit(&rep, free, "phones", &format!("030 901830; {MOBILE}"), None).unwrap_err().code,
        Code::Refused
    );
    let bulk = |client: &Client| {
        client.call(Bulk {
            kind,
            targets: Targets::Ids(vec![free]),
            deed: crate::api::Deed::Edit(vec![FieldEdit::text("phones", MOBILE)]),
            dry_run: false,
            expect: None,
        })
    };
    assert_eq!(bulk(&owner).unwrap_err().code, Code::Refused);
    // Taking back the edit that took the number away.
    let undone = rep.call(Undo { seq: None });
    assert_eq!(undone.unwrap_err().code, Code::Refused);
    // A row for somebody who is there.
    let rows = import(&owner, vec![person("Frei", MOBILE, "free@example.com")]);
    assert_eq!(rows[0].0, Outcome::Suppressed);
    // Restoring.
    let was = add(&rep, person("War", "030 901832", "was@example.com")).unwrap().id;
    rep.call(Delete { kind, id: was, expect_revision: None }).unwrap();
    suppress(&rep, "was@example.com", Scope::All, Reason::Objection).unwrap();
    assert_eq!(rep.call(Restore { kind, id: was }).unwrap_err().code, Code::Refused);
    // Nothing of it happened.
    let page = owner.call(Get { kind, id: free, at: None }).unwrap();
    assert_eq!(page.record.revision, 1);
    assert_eq!(owner.call(LogVerify {}).unwrap().problems, Vec::<String>::new());
}

#[test]
fn what_is_held_already_can_be_worked_with() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, person("Anna", MOBILE, "anna@example.com")).unwrap().id;
    let done = suppress(&owner, MOBILE, Scope::All, Reason::WrongNumber).unwrap();
    assert_eq!((done.contacts, done.class), (1, Class::Phone));
    edit(&owner, id, "job_title", "Buyer", None).unwrap();
    edit(&owner, id, "phones", &format!("work: {MOBILE}; 030 901840"), None).unwrap();
    assert!(barred_also_anew(&fixture, id).all);
    // What is there already is no reason to refuse a row; that it is there is not changed by it.
    let rows = import(&owner, vec![person("Anna", MOBILE, "anna@example.com")]);
    assert_eq!(rows[0].0, Outcome::Unchanged, "{}", rows[0].1);
    edit(&owner, id, "phones", "030 901840", None).unwrap();
    assert!(!barred_also_anew(&fixture, id).any());
    assert_eq!(edit(&owner, id, "phones", MOBILE, None).unwrap_err().code, Code::Refused);
}

/// Scenario 9: an objection from a number that two contacts share.
#[test]
fn an_objection_from_a_shared_number_holds_for_both() {
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let ids: Vec<Uuid> =
        [("Anna", "030 901850; 030 901851", "anna@example.com"), ("Ben", "0049 30 901850", "")]
            .map(|(given, phone, email)| add(&owner, person(given, phone, email)).unwrap().id)
            .to_vec();
    let other = add(&owner, person("Cleo", "030 901852", "")).unwrap().id;
    let done = suppress(&owner, "(030) 90 18 50", Scope::Marketing, Reason::Objection).unwrap();
    assert_eq!(done.contacts, 2);
    for id in &ids {
        assert!(barred_also_anew(&fixture, *id).from_marketing());
    }
    assert!(!barred(&fixture, other).any());
    // Both stay, and can be worked with; somebody new with that number is warned about, not refused.
    edit(&owner, ids[1], "job_title", "Buyer", None).unwrap();
    let added = add(&owner, person("Dora", "030 901850", "")).unwrap();
    assert!(added.warnings.iter().any(|warning| warning.contains("marketing")), "{:?}", added.warnings);
    assert!(barred_also_anew(&fixture, added.id).from_marketing());
    // A list is no reason to begin with them again.
    let rows = import(
        &owner,
        vec![person("Emil", "030 901850", ""), person("Ben", "030 901850", "ben@example.com")],
    );
    assert_eq!((rows[0].0, rows[1].0), (Outcome::Suppressed, Outcome::Updated));
}

/// R24: an objection is one rule, wherever it was heard. It ends all channels, for whoever has a number or address of the
/// person's, and the way in.
#[test]
fn an_objection_suppresses_every_number_and_address_of_the_person() {
    use crate::domain::channel::Channel;
    use crate::domain::consent::{ConsentKind, Way};
    const ALL: [&str; 3] = ["030 901890", "+49 30 901891", "ANNA@example.com"];
    let object =
        |client: &Client, id: Uuid, purpose: Option<&str>, objection: bool, at: Option<Timestamp>| {
            let (purpose, channel, zone) = (purpose.map(str::to_owned), None, String::new());
            let (words, way) = ("call 030 901890 no more".to_owned(), Way::Letter);
            let contact = ContactId(id);
            client
                .call(ConsentWithdraw { contact, purpose, channel, words, way, at, zone, objection })
                .unwrap();
        };
    let states = |client: &Client| ALL.map(|one| state(client, one));
    for purpose in [None, Some("sales")] {
        let fixture = Fixture::new();
        let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
        let anna = add(&owner, person("Anna", "030 901890; 030 901891", "anna@example.com")).unwrap().id;
        let ben = add(&owner, person("Ben", "030 901892", "anna@example.com")).unwrap().id;
        let cleo = add(&owner, person("Cleo", "030 901893", "cleo@example.com")).unwrap().id;
        // Neither a withdrawal nor an objection to what is no marketing is a word on that.
        object(&rep, anna, None, false, None);
        object(&rep, anna, Some("contract"), true, None);
        assert_eq!(states(&owner), [None; 3]);
        object(&rep, anna, purpose, true, None);
        assert_eq!(states(&owner), [Some(Scope::Marketing); 3], "{purpose:?}");
        for (id, marketing) in [(anna, true), (ben, true), (cleo, false)] {
            assert_eq!(barred_also_anew(&fixture, id).from_marketing(), marketing);
        }
        let page = fixture.client("dpo").call(SuppressionEntries { limit: None }).unwrap();
        let entry = &page.items[0];
        assert_eq!((page.total, entry.marks, entry.by.as_str()), (1, 3, "rep"));
        assert_eq!((entry.reason, entry.words.as_str()), (Some(Reason::Objection), "by letter"));
        // The person's own word is what is told of the person, the suppression of whoever shares the address.
        let asked = Reachable {
            query: String::new(),
            purpose: "newsletter".into(),
            channel: Some(Channel::Email),
            sort: String::new(),
            window: Window::default(),
            columns: vec![],
        };
        let withheld = owner.call(asked).unwrap().withheld;
        assert_eq!(
            (withheld.get("objected"), withheld.get("suppressed")),
            (Some(&1), Some(&1)),
            "{withheld:?}"
        );
        // Gone and brought in again, by whichever of them: it stays a no.
        owner.call(Delete { kind: RecordKind::Contact, id: anna, expect_revision: None }).unwrap();
        for (phone, email) in [("0049 30 901890", ""), ("(030) 90 18 91", ""), ("", "Anna@Example.com")] {
            let rows = import(&owner, vec![person("Anne", phone, email)]);
            assert_eq!(rows[0].0, Outcome::Suppressed, "{phone}{email}: {}", rows[0].1);
        }
        // Nobody undoes it in passing.
        drop(rep.call(Undo { seq: None }));
        assert_eq!(states(&owner), [Some(Scope::Marketing); 3]);
    }
    // Told late, it takes back no yes that is younger.
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let anna = add(&owner, person("Anna", "030 901890; 030 901891", "anna@example.com")).unwrap().id;
    let before = Timestamp::from_millis(fixture.clock.0.load(std::sync::atomic::Ordering::SeqCst));
    fixture.days_later(1);
    let said = Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::InPerson, "yes");
    owner.call(ConsentRecord { contact: ContactId(anna), said: vec![said] }).unwrap();
    object(&owner, anna, None, true, Some(before));
    assert_eq!(states(&owner), [None; 3]);
    object(&owner, anna, None, true, None);
    assert_eq!(states(&owner), [Some(Scope::Marketing); 3]);
}

/// What is suppressed is held back by the gate, whatever ground there is.
#[test]
fn the_gate_holds_back_what_is_suppressed() {
    use crate::domain::channel::Channel::{Email, Phone as Call, Post, Storage};
    use crate::domain::purpose::Purpose;
    let fixture = Fixture::new();
    let owner = fixture.client("owner");
    let id = add(&owner, person("Anna", "030 901880", "anna@example.com")).unwrap().id;
    let held_back = |channel, marketing| {
        let purpose = Purpose { marketing, ..Purpose::default() };
        crate::service::gate::suppressed(&fixture.service.read_world(), id, &purpose, channel)
    };
    let table =
        || [Call, Email, Post, Storage].map(|channel| (held_back(channel, true), held_back(channel, false)));
    assert_eq!(table(), [(false, false); 4]);
    suppress(&owner, "030 901880", Scope::Channel, Reason::WrongNumber).unwrap();
    assert_eq!(table(), [(true, false), (false, false), (false, false), (false, false)]);
    suppress(&owner, "anna@example.com", Scope::Marketing, Reason::Objection).unwrap();
    assert_eq!(table(), [(true, false), (true, false), (true, false), (false, false)]);
    suppress(&owner, "anna@example.com", Scope::All, Reason::Objection).unwrap();
    assert_eq!(table(), [(true, true), (true, true), (true, true), (false, false)]);
}

/// Scenario 15: the merge of somebody who objected keeps the objection.
#[test]
fn a_merge_keeps_what_is_suppressed() {
    for (scope, keep) in [(Scope::Marketing, 0), (Scope::Marketing, 1), (Scope::All, 0), (Scope::All, 1)] {
        let fixture = Fixture::new();
        let owner = fixture.client("owner");
        let ids = [
            add(&owner, person("Anna", "030 901860", "a@example.com")).unwrap().id,
            add(&owner, person("Anna", "030 901861", "b@example.com")).unwrap().id,
        ];
        suppress(&owner, "B@example.com", scope, Reason::Objection).unwrap();
        assert_eq!([barred(&fixture, ids[0]).any(), barred(&fixture, ids[1]).any()], [false, true]);
        let merge = Merge { keep: ContactId(ids[keep]), other: ContactId(ids[1 - keep]), dry_run: false };
        owner.call(merge).unwrap();
        assert!(barred_also_anew(&fixture, ids[keep]).from_marketing(), "{scope} {keep}");
        // Taken back, each has what it had.
        let undone = owner.call(Undo { seq: None });
        if scope == Scope::Marketing {
            undone.unwrap();
            assert!(!barred_also_anew(&fixture, ids[0]).any() && barred(&fixture, ids[1]).any());
        }
    }
}

#[test]
fn the_strongest_holds_until_the_officer_lifts_it() {
    let fixture = Fixture::new();
    let (owner, rep, dpo) = (fixture.client("owner"), fixture.client("rep"), fixture.client("dpo"));
    let id = add(&rep, person("Anna", "030 901870", "")).unwrap().id;
    for (scope, holds) in
        [(Scope::Channel, Scope::Channel), (Scope::All, Scope::All), (Scope::Marketing, Scope::All)]
    {
        suppress(&rep, "030 901870", scope, Reason::Manual).unwrap();
        assert_eq!(state(&rep, "+4930901870"), Some(holds));
    }
    for client in [&owner, &rep, &fixture.client("lead")] {
        assert_eq!(lift(client, "030 901870").unwrap_err().code, Code::Denied);
    }
    let nothing = LiftSuppression { of: typed("030 901870"), words: "  ".into() };
    assert_eq!(dpo.call(nothing).unwrap_err().code, Code::Usage);
    assert_eq!(lift(&dpo, "030 901870").unwrap().was.scope, Scope::All);
    assert_eq!(lift(&dpo, "030 901870").unwrap_err().code, Code::NotFound);
    assert_eq!(state(&rep, "030 901870"), None);
    assert!(!barred_also_anew(&fixture, id).any());
    // It stands in the list that it was lifted, by whom and why; and it can be suppressed again.
    let page = dpo.call(SuppressionEntries { limit: Some(1) }).unwrap();
    let last = &page.items[0];
    assert_eq!((page.total, page.items.len(), last.deed), (4, 1, super::Deed::Lift));
    assert_eq!((last.by.as_str(), last.words.as_str()), ("dpo", "gave consent anew at the fair"));
    suppress(&rep, "030 901870", Scope::Marketing, Reason::Objection).unwrap();
    assert_eq!(state(&rep, "030 901870"), Some(Scope::Marketing));
    fixture.reload();
    assert_eq!(state(&rep, "030 901870"), Some(Scope::Marketing));
}

#[test]
fn an_entry_is_neither_undone_nor_edited_nor_tells_anybody() {
    let fixture = Fixture::new();
    let (owner, dpo) = (fixture.client("owner"), fixture.client("dpo"));
    let id = suppress(&owner, MOBILE, Scope::All, Reason::Objection).unwrap().id;
    assert_eq!(owner.call(Undo { seq: None }).unwrap_err().code, Code::NotFound);
    let seq = owner.call(Activity { before: None, limit: 1 }).unwrap()[0].seq;
    assert!(owner.call(Undo { seq: Some(seq) }).is_err());
    let kind = RecordKind::Suppression;
    for client in [&owner, &dpo] {
        let fields = vec![FieldEdit::text("scope", "channel")];
        assert!(client.call(Edit { kind, id, fields, expect_revision: None }).is_err());
        assert!(client.call(Delete { kind, id, expect_revision: None }).is_err());
        let fields = vec![FieldEdit::text("scope", "all")];
        assert!(client.call(Add { kind, about: None, fields }).is_err());
        let shown = format!("{:?}", client.call(Get { kind, id, at: None }).unwrap());
        assert!(!shown.contains("phone:") && !shown.contains("2345678"), "{shown}");
        assert!(!format!("{:?}", client.call(History { kind, id }).unwrap()).contains("phone:"));
    }
    for words in ["called 01511/2345678 today", "wrote to Erased@example.com"] {
        let text = if words.contains('@') { "erased@example.com" } else { MOBILE };
        let (scope, reason) = (Scope::All, Reason::Manual);
        let told = owner.call(Suppress { of: typed(text), scope, reason, words: words.into() });
        assert_eq!(told.unwrap_err().code, Code::Usage, "{words}");
    }
    for wrong in ["", "12", "no number", "a@b", "@example.com"] {
        assert_eq!(
            suppress(&owner, wrong, Scope::All, Reason::Manual).unwrap_err().code,
            Code::Usage,
            "{wrong}"
        );
    }
}

/// Whoever could ask unseen could try numbers out.
#[test]
fn who_asks_is_written_down() {
    let fixture = Fixture::new();
    let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
    let anna = add(&owner, anna()).unwrap().id;
    state(&rep, "030 901820");
    state(&rep, "030 901889");
    let readings = owner
        .call(Readings { about: None, user: "rep".into(), from: None, to: None, before: None, limit: 10 })
        .unwrap()
        .items;
    let kinds: Vec<_> = readings.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [crate::domain::reading::ReadKind::Suppression; 2]);
    assert_eq!(readings.iter().filter(|one| one.about.is_some_and(|about| about.0 == anna)).count(), 1);
    assert_eq!(readings.iter().filter(|one| !one.searched.is_empty()).count(), 1);
    assert_eq!(
        fixture.client("auditor").call(SuppressionCheck { of: typed("030 1") }).unwrap_err().code,
        Code::Denied
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Every notation of a number, and every case of an address, is the same mark; another number is another.
    #[test]
    fn notations_of_one_are_one_mark(
        digits in "1[567][0-9]{8,9}",
        other in "1[567][0-9]{8,9}",
        cuts in proptest::collection::vec((0..10usize, prop_oneof![Just(" "), Just("-"), Just("/"), Just(" / "), Just("."), Just("\u{a0}")]), 0..4),
        notation in 0..6u8,
        local in "[a-z][a-z0-9.+_-]{0,20}[a-z0-9]",
        upper in proptest::collection::vec(any::<bool>(), 40),
    ) {
        let marker = crate::store::suppression::Marker::keyed(&[3; 32]).unwrap();
        let germany = "DE".parse().ok();
        let mut cut = digits.clone();
        for (at, separator) in cuts {
            cut.insert_str(cut.char_indices().map(|(at, _)| at).nth(at).unwrap_or(0).max(1), separator);
        }
        let text = match notation {
            0 => format!("0{cut}"),
            1 => format!("+49{cut}"),
            2 => format!("0049 {cut}"),
            3 => format!("+49 (0){cut}"),
            4 => format!("tel:+49{cut}"),
            _ => format!("0049 (0){cut}"),
        };
        let plain = Identifier::phone(&Phone::parse(&format!("+49{digits}"), None).unwrap());
        let mark = marker.mark(&plain);
        let noted = Identifier::parse(Class::Phone, &text, germany).unwrap();
        prop_assert_eq!(marker.mark(&noted), mark, "{}", text);
        let second = Identifier::phone(&Phone::parse(&format!("+49{other}"), None).unwrap());
        prop_assert_eq!(marker.mark(&second) == mark, digits == other);

        prop_assume!(!local.contains(".."));
        let address = format!("{local}@example.com");
        let mixed: String = address
            .chars()
            .zip(upper.into_iter().cycle())
            .map(|(c, up)| if up { c.to_ascii_uppercase() } else { c })
            .collect();
        let one = Identifier::parse(Class::Email, &address, None).unwrap();
        let two = Identifier::parse(Class::Email, &mixed, None).unwrap();
        prop_assert_eq!(marker.mark(&one), marker.mark(&two));
    }
}
