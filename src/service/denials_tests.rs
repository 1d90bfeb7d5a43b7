//! Who was refused is known: the stories of the log of denials.

use std::sync::atomic::Ordering;

use uuid::Uuid;

use super::denials::A_DAY;
use super::open::{self, InitOptions, KdfCost, Secret};
use super::tests::{Fixture, add, anna, edit, verified};
use super::users::Login;
use crate::api::*;
use crate::client::Client;
use crate::domain::denial::{VARIOUS, Why};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;
use crate::env::Env;

fn everything() -> Denials {
    Denials { user: String::new(), from: None, to: None, before: None, limit: 1_000 }
}

fn denials(client: &Client) -> Vec<DenialView> {
    let page = client.call(everything()).unwrap();
    assert_eq!((page.total, page.unreadable), (page.items.len() as u64, 0));
    page.items
}

/// What the log says, in words, the first first: who, what, why, how often.
fn told(client: &Client) -> Vec<String> {
    let words = |one: DenialView| {
        let kind = one.kind.map(|kind| format!(" {kind}")).unwrap_or_default();
        format!("{} {}{kind}: {} {}", one.user, one.request, one.why, one.count)
    };
    denials(client).into_iter().rev().map(words).collect()
}

fn get(client: &Client, id: Uuid) -> Result<Card, Error> {
    client.call(Get { kind: RecordKind::Contact, id, at: None })
}

#[test]
fn what_is_refused_is_recorded_with_whom_and_why() {
    let fixture = Fixture::new();
    let (owner, rep, dpo) = (fixture.client("owner"), fixture.client("rep"), fixture.client("dpo"));
    let mine = add(&owner, anna()).unwrap().id;
    edit(&owner, mine, "owner", "owner", None).unwrap();
    assert_eq!(told(&dpo), Vec::<String>::new());
    let before = fixture.clock.0.load(Ordering::SeqCst);
    // By role; of what is out of sight; once more within the minute.
    assert_eq!(rep.call(LogVerify {}).unwrap_err().code, Code::Denied);
    assert_eq!(get(&rep, mine).unwrap_err().code, Code::NotFound);
    assert_eq!(get(&rep, mine).unwrap_err().code, Code::NotFound);
    // What never was is not denied.
    assert_eq!(get(&rep, Uuid::from_u128(77)).unwrap_err().code, Code::NotFound);
    assert_eq!(told(&dpo), ["rep LogVerify: role 1", "rep Get contact: reach 2"]);
    let all = denials(&dpo);
    let session = rep.call(Whoami {}).unwrap().session;
    assert_eq!((all[0].records.as_slice(), all[0].sessions.as_slice()), (&[mine][..], &[session][..]));
    assert!(all[0].at.millis() >= before && all[0].last > all[0].at);
    // Of many, the first few are named.
    let ids: Vec<Uuid> = (1..100).map(Uuid::from_u128).collect();
    let bulk = Bulk {
        kind: RecordKind::Contact,
        targets: Targets::Ids(ids.clone()),
        deed: Deed::Delete,
        dry_run: false,
        expect: None,
    };
    assert_eq!(rep.call(bulk).unwrap_err().code, Code::Denied);
    assert_eq!(denials(&dpo)[0].records, ids[..8]);
    // Asking who was refused is refused too, but to those who audit; they see ids where they see no names.
    assert_eq!(rep.call(everything()).unwrap_err().code, Code::Denied);
    let auditor = fixture.client("auditor");
    assert_eq!(denials(&auditor)[0].user, rep.call(Whoami {}).unwrap().user.to_string());
    // By user, by time, by page.
    let ask = |asked: Denials| dpo.call(asked).unwrap().items.len();
    assert_eq!(ask(Denials { user: "rep".into(), ..everything() }), 4);
    assert_eq!(ask(Denials { user: "owner".into(), ..everything() }), 0);
    assert_eq!(ask(Denials { from: Some(all[0].at), ..everything() }), 3);
    assert_eq!(ask(Denials { to: Some(all[0].at), ..everything() }), 1);
    let page = dpo.call(Denials { limit: 1, before: Some(all[0].id), ..everything() }).unwrap();
    assert_eq!((page.items.len(), page.total, page.items[0].why), (1, 4, Why::Role));
    assert_eq!(dpo.call(Denials { user: "nobody".into(), ..everything() }).unwrap_err().code, Code::Usage);
    verified(&owner);
}

#[test]
fn sessions_that_do_not_begin_and_those_that_are_over_are_recorded() {
    let fixture = Fixture::new();
    let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
    assert!(fixture.service.session_of("mallory").is_err());
    let password = |text: &str| Some(zeroize::Zeroizing::new(text.to_owned()));
    let own = password("correct horse").map(Hush::new);
    owner.call(SetPassword { user: Some("lead".into()), password: own, old: None }).unwrap();
    let begin = |words: &str| {
        let login = Login { user: None, password: password(words) };
        fixture.service.session_by_password("lead", &login).map(drop)
    };
    // To be asked for a password is no denial; three wrong ones are, and the right one that comes too early.
    assert!(fixture.service.session_of("lead").is_err());
    for words in ["wrong horse", "wrong mare", "wrong foal", "correct horse"] {
        assert_eq!(begin(words).unwrap_err().code, Code::Locked);
    }
    let id = rep.call(Whoami {}).unwrap().user;
    let fields = vec![FieldEdit::text("inactive", "yes")];
    owner.call(Edit { kind: RecordKind::User, id, fields, expect_revision: None }).unwrap();
    assert_eq!(rep.call(Whoami {}).unwrap_err().code, Code::Denied);
    assert!(fixture.service.session_of("rep").is_err());
    assert!(!fixture.service.may_lock(&fixture.service.session_of("auditor").unwrap()));
    let mut all = told(&owner);
    all.sort();
    assert_eq!(
        all,
        [
            " Login: account 1",
            "auditor Lock: role 1",
            "lead Login: password 4",
            "rep Login: inactive 1",
            "rep Whoami: inactive 1",
        ]
    );
}

/// Whoever asks a million times what he may not gets a few rows, and the counts are right.
#[test]
fn a_flood_of_denials_is_a_few_rows() {
    let fixture = Fixture::new();
    let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
    let rows = || {
        fixture.service.flush_denials();
        let between = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
        let slice = fixture.service.store.read(move |reader| reader.denials(None, between)).unwrap();
        assert_eq!(slice.next, None);
        slice.rows
    };
    // The same request, of another record each time, in one minute of the clock.
    let minute = (fixture.clock.0.load(Ordering::SeqCst) / 86_400_000 + 1) * 86_400_000;
    for n in 0..20_000 {
        fixture.clock.0.store(minute, Ordering::SeqCst);
        let sweep = Readings {
            about: Some(ContactId(Uuid::from_u128(n))),
            user: String::new(),
            from: None,
            to: None,
            before: None,
            limit: 1,
        };
        assert_eq!(rep.call(sweep).unwrap_err().code, Code::Denied);
    }
    let all = rows();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].1.count, all[0].1.records.len()), (20_000, 8));
    // Minute after minute for a day: so many rows of that user, then one an hour of anything.
    for n in 0..1_440 {
        fixture.clock.0.store(minute + n * 60_000, Ordering::SeqCst);
        rep.call(LogVerify {}).unwrap_err();
        rep.call(Inventory {}).unwrap_err();
    }
    let all = rows();
    assert!(all.len() <= A_DAY as usize + 24, "{}", all.len());
    let various: Vec<_> = all.iter().filter(|(_, one)| one.request == VARIOUS).collect();
    assert!(various.len() > 10 && various.iter().all(|(_, one)| one.kind.is_none()));
    assert_eq!(all.iter().map(|(_, one)| one.count).sum::<u64>(), 20_000 + 2 * 1_440);
    // Others still have their own.
    fixture.client("auditor").call(Doctor {}).unwrap_err();
    assert_eq!(denials(&owner)[0].request, "Doctor");
    // And a day later so has this user.
    fixture.days_later(2);
    rep.call(LogVerify {}).unwrap_err();
    assert_eq!(denials(&owner)[0].request, "LogVerify");
}

#[test]
fn the_log_is_kept_as_long_as_readings_are() {
    let fixture = Fixture::new();
    let (owner, rep) = (fixture.client("owner"), fixture.client("rep"));
    rep.call(LogVerify {}).unwrap_err();
    fixture.days_later(200);
    rep.call(LogVerify {}).unwrap_err();
    fixture.days_later(200);
    let swept = |dry_run| {
        let swept = owner.call(SweepReadings { dry_run }).unwrap();
        (swept.denials_removed, swept.denials_kept, swept.removed)
    };
    // Somebody who audits looked at nobody: no readings.
    let checks = owner.call(Doctor {}).unwrap().checks;
    let line = checks.iter().find(|line| line.name == "log of denials").unwrap();
    assert_eq!(
        (line.level, line.message.as_str()),
        (Level::Warning, "1 rows are older than the 12 months they are kept")
    );
    assert_eq!(swept(true), (1, 1, 0));
    assert_eq!(denials(&owner).len(), 2);
    assert_eq!(swept(false), (1, 1, 0));
    assert_eq!(denials(&owner).len(), 1);
    // A clock that was set back sweeps nothing, and counts anew.
    add(&owner, anna()).unwrap();
    fixture.days_later(-300);
    assert_eq!(owner.call(SweepReadings { dry_run: false }).unwrap_err().code, Code::Refused);
    rep.call(LogVerify {}).unwrap_err();
    assert_eq!(denials(&owner).len(), 2);
    verified(&owner);
}

/// What was counted is there after the end, and no word of what was sent is on the disk or in the log.
#[test]
fn counts_outlive_the_service_and_hold_nothing_that_was_sent() {
    let (dir, env) = (tempfile::tempdir().unwrap(), Env::system());
    let (path, key) = (dir.path().join("store"), Secret::KeyFile(dir.path().join("key")));
    let options = InitOptions {
        address: String::new(),
        contact: String::new(),
        controller: "Muster GmbH".into(),
        country: "DE".into(),
        user: "olga".into(),
        unix: "olga".into(),
        cost: KdfCost::MINIMUM,
    };
    let made = open::create(&path, &options, &key, &env).unwrap();
    {
        let text = |(field, text): (&str, &str)| FieldEdit::text(field, text);
        let olga = made.service.session_of("olga").unwrap();
        let fields = [("name", "adam"), ("unix", "adam"), ("role", "admin")].map(text).to_vec();
        let add = Add { kind: RecordKind::User, about: None, fields };
        made.service.call(&olga, add.into_request()).unwrap();
        let adam = made.service.session_of("adam").unwrap();
        for _ in 0..3 {
            let fields = vec![text(("given_name", "Geheimnis"))];
            let add = Add { kind: RecordKind::Contact, about: None, fields };
            made.service.call(&adam, add.into_request()).unwrap_err();
        }
    }
    drop(made);
    let (service, _held) = open::unlock(&path, &key, &env).unwrap();
    let between = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    let rows = service.store.read(move |reader| reader.denials(None, between)).unwrap().rows;
    assert_eq!((rows.len(), rows[0].1.count, rows[0].1.request.as_str()), (1, 3, "Add"));
    assert!(!format!("{rows:?}").contains("Geheimnis"));
}
