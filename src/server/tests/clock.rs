//! A clock that jumps, and a day that passes.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use uuid::Uuid;
use zeroize::Zeroizing;

use super::*;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::time::Timestamp;
use crate::domain::user::{Role, Settings, User};
use crate::env::Clock;
use crate::service::open::in_memory;

/// What the wall shows, and what has passed: a test moves each.
struct Jumpy {
    wall: AtomicI64,
    passed: AtomicU64,
}

impl Clock for Jumpy {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.wall.fetch_add(1, Ordering::SeqCst))
    }
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.passed.load(Ordering::SeqCst))
    }
}

const NOW: i64 = 1_780_000_000_000;
const YEAR: i64 = 31_557_600_000;
const DAY: u64 = 86_400_000;

/// A store of an owner and a rep, who is the account that runs this test.
fn running() -> (Running, Arc<Jumpy>) {
    let clock = Arc::new(Jumpy { wall: AtomicI64::new(NOW), passed: AtomicU64::new(0) });
    let env = Env { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..Env::system() };
    let user = |name: &str, unix: &str, role: Role| User {
        name: name.into(),
        unix: unix.into(),
        role: role.into(),
        ..User::default()
    };
    let users = vec![user("olga", "olga", Role::Owner), user("rita", &own(), Role::Rep)];
    let settings = Settings { country: "DE".parse().ok(), ..Settings::default() };
    let service = Arc::into_inner(in_memory(settings, users, false, &env).unwrap()).unwrap();
    (Running::of(service, &env), clock)
}

fn add(wire: &mut Wire, n: usize) -> Uuid {
    let fields = [
        ("family_name", format!("Number{n}")),
        ("basis", "contract".to_owned()),
        ("reason", "asked".to_owned()),
        ("source", "fair".to_owned()),
    ]
    .map(|(field, text)| FieldEdit::text(field, text))
    .to_vec();
    wire.call(Add { kind: RecordKind::Contact, about: None, fields }).unwrap().id
}

fn status(running: &Running) -> StatusReport {
    running.as_user("olga", Status {}).unwrap()
}

#[test]
fn a_clock_that_jumps_ends_no_session_and_loses_nothing() {
    let (running, clock) = running();
    let mut wire = Wire::connect(&running);
    let mut idle = Wire::connect(&running);
    idle.control(Control::Listen).unwrap();
    let kind = RecordKind::Contact;
    let first = add(&mut wire, 0);
    let mut looks = 0;
    // Years forward, back before the beginning, before the epoch, and to where it was.
    for (n, wall) in [NOW + 5 * YEAR, NOW - 10 * YEAR, -YEAR, NOW + 90 * YEAR, NOW].into_iter().enumerate() {
        clock.wall.store(wall, Ordering::SeqCst);
        // A day or more may have passed too, or no time at all.
        clock.passed.fetch_add(u64::try_from(n % 2).unwrap() * DAY * 400, Ordering::SeqCst);
        let fields = vec![FieldEdit::text("job_title", format!("Title {n}"))];
        wire.call(Edit { kind, id: first, fields, expect_revision: None }).unwrap();
        let card = wire.call(Get { kind, id: first, at: None }).unwrap();
        looks += 1;
        assert!(card.record.updated_at.millis() >= wall);
        assert_eq!(wire.call(LogVerify {}).unwrap_err().code, Code::Denied);
        add(&mut wire, n + 1);
        assert!(wire.call(History { kind, id: first }).unwrap().len() >= n + 2);
        assert_eq!(idle.call(Whoami {}).unwrap().name, "rita");
    }
    // Everything is in the logs, each look and each denial.
    let everybody =
        Readings { about: None, user: String::new(), from: None, to: None, before: None, limit: 1_000 };
    let page = running.as_user("olga", everybody).unwrap();
    let opened = page.items.iter().filter(|one| one.kind == crate::domain::reading::ReadKind::Open);
    assert_eq!((opened.count(), page.unreadable), (looks, 0));
    let denials = Denials { user: "rita".into(), from: None, to: None, before: None, limit: 1_000 };
    let rows = running.as_user("olga", denials).unwrap().items;
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), looks as u64);
    // With the clock behind the last change nothing is swept.
    assert_eq!(
        running.as_user("olga", SweepReadings { dry_run: false }).map(drop),
        Ok(()),
        "the last change was made by this clock"
    );
    clock.wall.store(NOW - YEAR, Ordering::SeqCst);
    assert_eq!(running.as_user("olga", SweepReadings { dry_run: false }).unwrap_err().code, Code::Refused);
    assert_eq!(running.as_user("olga", LogVerify {}).unwrap().problems, Vec::<String>::new());
    assert!(!running.stop().contains("panic"));
}

/// Waits count what has passed, not what the wall shows.
#[test]
fn a_jump_of_the_clock_shortens_no_wait_and_makes_none() {
    let (running, clock) = running();
    let words = |text: &str| Some(Hush::new(Zeroizing::new(text.to_owned())));
    let set = SetPassword { user: Some("rita".into()), password: words("correct horse"), old: None };
    running.as_user("olga", set).unwrap();
    let (mut wire, greeting) = Wire::reach(&running);
    assert!(matches!(greeting, Greeting::LoginWanted(_)));
    let mut login = |text: &str| wire.control(Control::Login { user: None, password: words(text) });
    for _ in 0..4 {
        login("wrong horse").unwrap_err();
    }
    for wall in [NOW + 50 * YEAR, NOW - 50 * YEAR] {
        clock.wall.store(wall, Ordering::SeqCst);
        assert!(login("correct horse").unwrap_err().message.contains("too many wrong passwords"));
    }
    clock.passed.fetch_add(600_000, Ordering::SeqCst);
    assert_eq!(login("correct horse"), Ok(Done::Open));
    running.stop();
}

#[test]
fn a_checkpoint_is_made_each_day_and_at_the_end_where_the_log_grew() {
    let (running, clock) = running();
    let mut wire = Wire::connect(&running);
    add(&mut wire, 1);
    assert_eq!(status(&running).checkpoint, None, "nothing is due yet");
    let real = Env::system();
    let wait = |wanted: &dyn Fn(&Option<LastCheckpoint>) -> bool| {
        let from = real.clock.elapsed();
        loop {
            // Somebody who connects is what wakes the server here; a real one wakes by itself when the day is over.
            drop(UnixStream::connect(&running.socket).unwrap());
            let found = status(&running);
            if wanted(&found.checkpoint) {
                return found;
            }
            assert!(real.clock.elapsed() - from < PATIENCE, "{:?}", found.checkpoint);
        }
    };
    clock.passed.fetch_add(DAY, Ordering::SeqCst);
    let first = wait(&|last| last.is_some());
    let made = first.checkpoint.unwrap();
    assert_eq!(made.size, first.entries);
    // Without anything new, another day makes none; with it, it does.
    clock.passed.fetch_add(DAY, Ordering::SeqCst);
    drop(UnixStream::connect(&running.socket).unwrap());
    add(&mut wire, 2);
    clock.passed.fetch_add(DAY, Ordering::SeqCst);
    let second = wait(&|last| last.as_ref().is_some_and(|last| last.size > made.size));
    assert_eq!(second.checkpoint.as_ref().map(|last| last.size), Some(second.entries));
    add(&mut wire, 3);
    let last = status(&running).entries;
    drop(wire);
    let lines = running.stop();
    let told: Vec<&str> = lines.lines().filter(|line| line.contains(" event=checkpoint ")).collect();
    assert_eq!(told.len(), 3, "{lines}");
    assert!(told[2].contains(&format!(" entries={last} root=")), "{}", told[2]);
    assert!(lines.find("event=checkpoint").unwrap() < lines.find("event=stopping").unwrap());
}
