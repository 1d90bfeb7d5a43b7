//! Accountability at the door, as stories.

use std::collections::BTreeMap;

use crate::api::accountability::{Addressee, EvidenceBundle};
use crate::api::*;
use crate::client::Client;
use crate::domain::accountability::IncidentState;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::time::Timestamp;
use crate::service::check::check_bundle;
use crate::service::tests::{Fixture, add, anna, verified};

const HOUR: i64 = 3_600_000;

fn now(client: &Client) -> Timestamp {
    client.call(Status {}).unwrap().started_at
}

fn later(at: Timestamp, millis: i64) -> Timestamp {
    Timestamp::from_millis(at.millis() + millis)
}

fn opened(client: &Client, aware: Timestamp) -> u64 {
    let fields = vec![
        FieldEdit::text("title", "a laptop was lost"),
        FieldEdit::text("aware_at", aware.to_string()),
        FieldEdit::text("nature", "a laptop with the store was left on a train"),
    ];
    client.call(Add { kind: RecordKind::Incident, about: None, fields }).unwrap();
    client.call(Incidents { open: true }).unwrap()[0].number
}

fn edit(client: &Client, number: u64, field: &str, text: &str) -> Result<Edited, Error> {
    let id =
        client.call(Incidents { open: false }).unwrap().iter().find(|one| one.number == number).unwrap().id;
    let fields = vec![FieldEdit::text(field, text)];
    client.call(Edit { kind: RecordKind::Incident, id, fields, expect_revision: None })
}

fn told(client: &Client, number: u64, to: Addressee, late_reason: &str) -> Result<Vec<String>, Error> {
    let (words, late_reason) = ("first report".to_owned(), late_reason.to_owned());
    client.call(IncidentReport { number, to, at: None, words, late_reason }).map(|one| one.phases)
}

#[test]
fn seventy_two_hours_run_over_a_weekend_and_are_documented_when_they_are_over() {
    let fixture = Fixture::new();
    let dpo = fixture.client("dpo");
    let number = opened(&dpo, now(&dpo));
    let one = dpo.call(Incidents { open: true }).unwrap().remove(0);
    assert_eq!(one.due.millis() - one.aware_at.millis(), 72 * HOUR);
    assert!(!one.overdue);
    let ahead = vec![
        FieldEdit::text("title", "x"),
        FieldEdit::text("aware_at", later(now(&dpo), 24 * HOUR).to_string()),
    ];
    let refused = dpo.call(Add { kind: RecordKind::Incident, about: None, fields: ahead }).unwrap_err();
    assert_eq!(refused.code, Code::Refused, "{refused:?}");

    fixture.days_later(4);
    assert!(dpo.call(Incidents { open: true }).unwrap()[0].overdue);
    // A late report gives the reasons (Art. 33(1) GDPR).
    let error = told(&dpo, number, Addressee::Authority, "").unwrap_err();
    assert_eq!(error.code, Code::Refused);
    assert_eq!(error.field.as_deref(), Some("late_reason"));
    let phases = told(&dpo, number, Addressee::Authority, "the extent was not known").unwrap();
    assert!(phases[0].contains("authority: first report"), "{phases:?}");
    // Reports may follow in phases, and need no reason again.
    assert_eq!(told(&dpo, number, Addressee::Authority, "").unwrap().len(), 2);
    let one = dpo.call(Incidents { open: true }).unwrap().remove(0);
    assert_eq!((one.state, one.overdue), (IncidentState::Reported, false));
    assert_eq!(one.late_reason, "the extent was not known");
    verified(&dpo);
}

#[test]
fn an_incident_is_closed_when_somebody_decided_and_never_goes_away() {
    let fixture = Fixture::new();
    let dpo = fixture.client("dpo");
    let number = opened(&dpo, now(&dpo));
    let close = || dpo.call(IncidentClose { number, lessons: "disks are encrypted".into() });
    assert_eq!(close().unwrap_err().field.as_deref(), Some("risk"));
    edit(&dpo, number, "risk", "high").unwrap();
    assert!(close().unwrap_err().message.contains("Art. 33"));
    told(&dpo, number, Addressee::Authority, "").unwrap();
    assert!(close().unwrap_err().message.contains("Art. 34"));
    told(&dpo, number, Addressee::Persons, "").unwrap();
    assert_eq!(close().unwrap().state, IncidentState::Closed);
    assert_eq!(close().unwrap_err().code, Code::Conflict);
    assert!(dpo.call(Incidents { open: true }).unwrap().is_empty());
    let one = dpo.call(Incidents { open: false }).unwrap().remove(0);
    let delete = Delete { kind: RecordKind::Incident, id: one.id, expect_revision: None };
    assert_eq!(dpo.call(delete).unwrap_err().code, Code::Denied);
    // Nobody who sells hears of it, nor does who runs the machine.
    for name in ["rep", "lead", "admin"] {
        assert_eq!(
            fixture.client(name).call(Incidents { open: false }).unwrap_err().code,
            Code::Denied,
            "{name}"
        );
    }
}

#[test]
fn whose_data_a_colleague_read_is_known_from_the_read_log() {
    let fixture = Fixture::new();
    let (dpo, rep) = (fixture.client("dpo"), fixture.client("rep"));
    let from = now(&dpo);
    let one = add(&rep, anna()).unwrap().id;
    let other = add(
        &rep,
        vec![
            FieldEdit::text("given_name", "Bert"),
            FieldEdit::text("family_name", "Beispiel"),
            FieldEdit::text("country", "DE"),
            FieldEdit::text("basis", "consent"),
            FieldEdit::text("reason", "asked at the fair"),
            FieldEdit::text("source", "fair"),
        ],
    )
    .unwrap()
    .id;
    let unread = add(
        &dpo_or_owner(&fixture),
        vec![
            FieldEdit::text("given_name", "Cora"),
            FieldEdit::text("family_name", "Unbesehen"),
            FieldEdit::text("country", "DE"),
            FieldEdit::text("basis", "consent"),
            FieldEdit::text("reason", "asked at the fair"),
            FieldEdit::text("source", "fair"),
        ],
    )
    .unwrap()
    .id;
    for id in [one, other] {
        rep.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap();
    }
    let number = opened(&dpo, now(&dpo));
    let scope = |keep, user: &str| {
        let to = later(from, 24 * HOUR);
        dpo.call(IncidentScope { user: user.into(), session: None, from, to, keep })
    };
    let reach = scope(Some(number), "rep").unwrap();
    let found: Vec<_> = reach.persons.iter().map(|one| one.contact.0).collect();
    assert!(found.contains(&one) && found.contains(&other) && !found.contains(&unread), "{reach:?}");
    assert_eq!(reach.kept_with, Some(number));
    let kept = dpo.call(Incidents { open: true }).unwrap().remove(0);
    assert_eq!((kept.scope, kept.persons), (2, 2));
    // Nobody else's; and of a time in which nothing was read, nothing.
    assert!(scope(None, "lead").unwrap().persons.is_empty());
    let early =
        IncidentScope { user: "rep".into(), session: None, from: later(from, -HOUR), to: from, keep: None };
    assert!(dpo.call(early).unwrap().persons.is_empty());
    assert_eq!(scope(None, "").unwrap_err().code, Code::Usage);
}

fn dpo_or_owner(fixture: &Fixture) -> Client {
    fixture.client("owner")
}

#[test]
fn the_register_follows_the_configuration_and_tells_what_changed() {
    let fixture = Fixture::new();
    let dpo = fixture.client("dpo");
    let first = dpo.call(RegisterShow {}).unwrap();
    assert!(first.approved.is_none() && !first.drift.is_empty());
    // What is approved is what was read.
    let approve = |sha256: &str| dpo.call(RegisterApprove { sha256: sha256.into(), words: "first".into() });
    assert_eq!(approve(&"0".repeat(64)).unwrap_err().code, Code::Conflict);
    assert_eq!(approve(&first.sha256).unwrap().version, 1);
    assert_eq!(approve(&first.sha256).unwrap_err().code, Code::Conflict);
    assert!(dpo.call(RegisterShow {}).unwrap().drift.is_empty());

    let purpose = [
        ("name", "reviews"),
        ("title", "Asking for reviews"),
        ("description", "Customers are asked how it went"),
        ("basis", "consent"),
        ("channels", "email"),
        ("categories", "identity"),
        ("retention", "P1Y"),
    ];
    let fields = purpose.iter().map(|(field, text)| FieldEdit::text(field, *text)).collect();
    dpo.call(Add { kind: RecordKind::Purpose, about: None, fields }).unwrap();
    fixture.reload();
    let now = dpo.call(RegisterShow {}).unwrap();
    assert_ne!(now.sha256, first.sha256);
    let drift: Vec<&str> = now.drift.iter().map(|one| one.at.as_str()).collect();
    assert_eq!(drift, ["activities.reviews"]);
    assert_eq!(approve(&first.sha256).unwrap_err().code, Code::Conflict, "it is not what there is now");
    assert_eq!(approve(&now.sha256).unwrap().version, 2);
    assert_eq!(fixture.client("auditor").call(RegisterVersions {}).unwrap().len(), 2);
    let denied = fixture.client("auditor").call(RegisterApprove { sha256: now.sha256, words: String::new() });
    assert_eq!(denied.unwrap_err().code, Code::Denied);
}

#[test]
fn who_was_told_what_and_who_is_due_again() {
    let fixture = Fixture::new();
    let dpo = fixture.client("dpo");
    let today = now(&dpo).date();
    let add = |held_on, again_by| {
        dpo.call(TrainingAdd {
            user: "rep".into(),
            topic: "consent by phone".into(),
            held_on: crate::domain::value::Day(held_on),
            by: "dora".into(),
            again_by: Some(crate::domain::value::Day(again_by)),
        })
    };
    let day = chrono::Days::new(1);
    assert_eq!(add(today + day, today + day + day).unwrap_err().code, Code::Refused);
    assert_eq!(add(today, today).unwrap_err().code, Code::Usage);
    assert!(!add(today, today + day).unwrap().overdue);
    fixture.days_later(3);
    assert!(dpo.call(Trainings {}).unwrap()[0].overdue);
    // A later one takes its place.
    add(today + day + day, today + chrono::Days::new(400)).unwrap();
    assert_eq!(dpo.call(Trainings {}).unwrap().iter().filter(|one| one.overdue).count(), 0);
}

fn files(bundle: &EvidenceBundle) -> BTreeMap<String, Vec<u8>> {
    bundle.files.iter().map(|file| (file.name.clone(), file.text.clone().into_bytes())).collect()
}

#[test]
fn the_bundle_is_signed_and_names_nobody() {
    let fixture = Fixture::new();
    let (dpo, rep, auditor) = (fixture.client("dpo"), fixture.client("rep"), fixture.client("auditor"));
    add(&rep, anna()).unwrap();
    opened(&dpo, now(&dpo));
    dpo.call(RegisterApprove { sha256: dpo.call(RegisterShow {}).unwrap().sha256, words: String::new() })
        .unwrap();
    rep.call(Trainings {}).unwrap_err();
    let (from, to) = (later(now(&dpo), -24 * HOUR), later(now(&dpo), 24 * HOUR));
    for client in [&dpo, &auditor] {
        let bundle = client.call(Evidence { from, to }).unwrap();
        let whole = files(&bundle);
        let checked = check_bundle(&whole, &bundle.key).unwrap();
        for name in
            ["policy.csv", "register.json", "consents.csv", "denials.csv", "checkpoint.txt", "proofs.json"]
        {
            assert!(checked.files.contains(&name.to_owned()), "{name}");
        }
        let all: String = bundle.files.iter().map(|file| file.text.as_str()).collect();
        for never in ["Schmidt", "anna@example", "901820", "laptop"] {
            assert!(!all.contains(never), "{never} is in the bundle");
        }
        assert!(all.contains("Trainings"), "the denial is counted");
        // A byte changed, a file taken out or put in, another key.
        for name in whole.keys() {
            let mut changed = whole.clone();
            changed.get_mut(name).unwrap().push(b' ');
            assert_eq!(
                check_bundle(&changed, &bundle.key).map(|_| ()).unwrap_err().code,
                Code::Integrity,
                "{name}"
            );
            let mut less = whole.clone();
            less.remove(name);
            assert!(check_bundle(&less, &bundle.key).is_err(), "{name}");
        }
        let mut more = whole.clone();
        more.insert("extra.csv".into(), b"x".to_vec());
        assert!(check_bundle(&more, &bundle.key).is_err());
        assert_eq!(check_bundle(&whole, "no key").map(|_| ()).unwrap_err().code, Code::Usage);
    }
    assert_eq!(rep.call(Evidence { from, to }).unwrap_err().code, Code::Denied);
    assert_eq!(dpo.call(Evidence { from: to, to: from }).unwrap_err().code, Code::Usage);
}
