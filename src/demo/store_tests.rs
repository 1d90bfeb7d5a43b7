//! The story told to a real store.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::{CONTROLLER, COUNTRY, SEED, SeededIds, StoryClock, play, users, write_csv};
use crate::api::{Activity, Duplicates, Entry, List, Status, Window};
use crate::client::{Client, open};
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::time::Timestamp;
use crate::domain::user::{Settings, User};
use crate::env::Env;
use crate::service::Session;

const DAY: i64 = 86_400_000;

fn today() -> Timestamp {
    Timestamp::parse_as_of("2026-11-22T09:30:00Z").unwrap()
}

/// A store in memory in which the story has been told.
fn real_store(n: usize) -> (Client, Duration) {
    let system = Env::system();
    let clock = Arc::new(StoryClock::new(Arc::clone(&system.clock)));
    let env = Env {
        clock: clock.clone(),
        entropy: Arc::clone(&system.entropy),
        ids: Arc::new(SeededIds::new(SEED)),
    };
    let settings = Settings {
        controller: CONTROLLER.to_owned(),
        country: Some(COUNTRY.parse().unwrap()),
        ..Settings::default()
    };
    let records = users().into_iter().map(|user| User {
        name: user.name.to_owned(),
        full_name: user.full_name.to_owned(),
        unix: user.unix.to_owned(),
        role: user.role.into(),
        team: user.team.to_owned(),
        language: Some(user.language.parse().unwrap()),
        ..User::default()
    });
    let service = open::in_memory(settings, records.collect(), true, &env).unwrap();
    let sessions: Vec<Session> = users().iter().map(|user| service.session_of(user.unix).unwrap()).collect();
    let start = system.clock.elapsed();
    play(n, today(), &mut |act| {
        clock.set(act.at);
        service.call(&sessions[act.user], act.request.clone())
    })
    .unwrap();
    // Whoever looks does so on the day on which the story ends.
    clock.set(today());
    let took = system.clock.elapsed() - start;
    let session = service.session_of(users()[0].unix).unwrap();
    (Client::new(Arc::new(open::Local::new(service, session, None))), took)
}

#[test]
fn a_real_store_takes_the_whole_story() {
    let (client, _) = real_store(2_000);
    let status = client.call(Status {}).unwrap();
    // Some are deleted, some merged, all others are there.
    assert_eq!(status.contacts + status.deleted, 2_000, "{status:?}");
    assert!(status.deleted >= 5 && status.companies > 30 && status.notes > 600, "{status:?}");
    assert!(!client.call(Duplicates { limit: None }).unwrap().is_empty());
    let mut log = Vec::new();
    loop {
        // A page has a bound of its own.
        let before = log.last().map(|entry: &Entry| entry.seq);
        let page = client.call(Activity { before, limit: 1_000 }).unwrap();
        if page.is_empty() {
            break;
        }
        log.extend(page);
    }
    let actions: HashSet<Action> = log.iter().map(|entry| entry.action).collect();
    for action in [
        Action::Create,
        Action::Edit,
        Action::Delete,
        Action::Restore,
        Action::Merge,
        Action::Import,
        Action::Bulk,
        Action::Undo,
    ] {
        assert!(actions.contains(&action), "{action} is missing");
    }
    let work: Vec<_> = log.iter().filter(|entry| entry.action != Action::Init).collect();
    assert!(today().millis() - work.first().unwrap().at.millis() < DAY);
    assert!(today().millis() - work.last().unwrap().at.millis() > 720 * DAY);
}

#[test]
fn whoever_owns_the_store_has_something_to_do_today() {
    let (client, _) = real_store(150);
    let day = client.call(crate::api::Today {}).unwrap();
    // The clock of the store runs on from today, which is a Sunday.
    assert!(day.calls.len() >= 2 && !day.tasks.is_empty(), "{day:?}");
    assert!(day.calls.iter().any(|task| task.overdue), "{day:?}");
    assert!(!day.expiring.is_empty() && !day.lists.is_empty(), "{day:?}");
}

#[test]
fn a_real_store_is_the_same_every_time() {
    let list = || {
        let (client, _) = real_store(150);
        let list = List {
            kind: RecordKind::Contact,
            query: String::new(),
            sort: "name".to_owned(),
            window: Window::default(),
            columns: Vec::new(),
        };
        let page = client.call(list).unwrap();
        page.items.iter().map(|view| (view.id, view.revision, view.title.clone())).collect::<Vec<_>>()
    };
    let first = list();
    assert!(first.len() > 140);
    assert_eq!(first, list());
}

/// How long the big ones take; `cargo test --release -- --ignored --nocapture demo`.
#[test]
#[ignore = "measures"]
fn speed() {
    let clock = Env::system().clock;
    let start = clock.elapsed();
    write_csv(&mut std::io::sink(), 100_000, 1).unwrap();
    println!("csv, 100 000 rows: {:?}", clock.elapsed() - start);
    for n in [1_000, 10_000, 100_000] {
        println!("story of {n} into a store in memory: {:?}", real_store(n).1);
    }
}
