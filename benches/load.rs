//! A team at work on one server: how long people wait, what the server costs.
//!
//! `cargo bench --bench load [-- CONTACTS]` (100 000 unless told). The server is the program itself, in a process of its
//! own; the people are threads of this one, each with a session.
#![allow(clippy::wildcard_imports)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic
)]

#[path = "../tests/support/served.rs"]
#[allow(dead_code, unreachable_pub, reason = "a benchmark uses a part of it")]
mod served;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use callbook::api::*;
use callbook::client::Client;
use callbook::domain::edit::FieldEdit;
use callbook::domain::entity::RecordKind;
use served::{Served, connect, import, list};
use uuid::Uuid;

/// People at work at once.
const PEOPLE: usize = 100;
/// One action of each in so long.
const EVERY: Duration = Duration::from_secs(2);
/// How long they work.
const SHIFT: Duration = Duration::from_secs(30);
/// How long edits are counted.
const RACE: Duration = Duration::from_secs(5);
/// Sessions that hear what one of them does, and how often it does something.
const LISTENERS: usize = 50;
const EDITS: usize = 200;
/// Sessions that do nothing.
const IDLE: usize = 500;

fn main() {
    let count: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let served = Served::start_with(&["--max-sessions", "4000"]);
    let client = connect(&served.socket).client();
    let started = Instant::now();
    import(&client, 0..count);
    println!("{count} contacts imported through the socket in {:.1} s", started.elapsed().as_secs_f64());
    starts(&served);
    idle(&served);
    news(&served);
    work(&served, count);
    race(&served);
    let problems = client.call(LogVerify {}).unwrap().problems;
    println!("the log verifies: {}", problems.is_empty());
}

/// A new client until it has what its first screen shows.
fn starts(served: &Served) {
    let mut took: Vec<Duration> = (0..50)
        .map(|_| {
            let started = Instant::now();
            let client = connect(&served.socket).client();
            client.call(Whoami {}).unwrap();
            client.call(SchemaGet {}).unwrap();
            list(&client, "", Some(100));
            started.elapsed()
        })
        .collect();
    took.sort();
    println!("start to first list: median {:.1} ms, worst {:.1} ms", ms(took[25]), ms(took[49]));
}

fn idle(served: &Served) {
    let before = resident(served.pid());
    let sessions: Vec<Client> = (0..IDLE)
        .map(|_| {
            let client = connect(&served.socket).client();
            client.call(Whoami {}).unwrap();
            list(&client, "", Some(50));
            client
        })
        .collect();
    let each = resident(served.pid()).saturating_sub(before) / IDLE as u64;
    let cpu = cpu(served.pid());
    std::thread::sleep(Duration::from_secs(5));
    let spent = self::cpu(served.pid()).saturating_sub(cpu);
    println!("{IDLE} idle sessions: {} KiB each, {} ms of CPU in 5 s", each >> 10, spent.as_millis());
    drop(sessions);
}

/// How long it takes from the sending of an edit until others hear of it and have the record as it is now: what their
/// screens show next. Every listener is counted, for each edit.
fn news(served: &Served) {
    let editor = connect(&served.socket).client();
    let id = list(&editor, "number7", Some(1)).items.remove(0).id;
    let (sender, heard) = mpsc::channel();
    let sessions: Vec<Client> = (0..LISTENERS)
        .map(|_| {
            let client = connect(&served.socket).client();
            client.call(Whoami {}).unwrap();
            let (events, arrived) = mpsc::channel();
            client.listen(std::sync::Arc::new(move |event| {
                let _ = events.send(event);
            }));
            assert_eq!(arrived.recv_timeout(Duration::from_secs(5)), Ok(Event::Live));
            let (sender, asking) = (sender.clone(), client.clone());
            std::thread::spawn(move || {
                for event in arrived {
                    let Event::Changed(changed) = event else { continue };
                    asking.call(Get { kind: RecordKind::Contact, id: changed.id, at: None }).unwrap();
                    if sender.send(Instant::now()).is_err() {
                        break;
                    }
                }
            });
            client
        })
        .collect();
    let mut took = Vec::new();
    for n in 0..EDITS {
        let sent = Instant::now();
        edit(&editor, id, &format!("News {n}"));
        for _ in 0..LISTENERS {
            took.push(heard.recv_timeout(Duration::from_secs(5)).unwrap() - sent);
        }
    }
    took.sort();
    let at = |part: f64| ms(took[((took.len() - 1) as f64 * part) as usize]);
    println!(
        "an edit is with {LISTENERS} others: p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms, of {}",
        at(0.5),
        at(0.99),
        at(1.0),
        took.len()
    );
    drop(sessions);
}

/// People who search, open and edit, each action some time after the one before.
fn work(served: &Served, count: u64) {
    let cpu = cpu(served.pid());
    let started = Instant::now();
    let threads: Vec<_> = (0..PEOPLE)
        .map(|person| {
            let client = connect(&served.socket).client();
            std::thread::spawn(move || {
                let (mut searches, mut opens, mut edits) = (Vec::new(), Vec::new(), Vec::new());
                let mut random = person as u64 + 1;
                std::thread::sleep(EVERY.mul_f64(person as f64 / PEOPLE as f64));
                while started.elapsed() < SHIFT {
                    let begun = Instant::now();
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let n = (random >> 33) % count;
                    let page = timed(&mut searches, || list(&client, &format!("number{n}"), Some(50)));
                    let Some(id) = page.items.first().map(|view| view.id) else { continue };
                    pause(begun, 1);
                    timed(&mut opens, || {
                        client.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap()
                    });
                    pause(begun, 2);
                    timed(&mut edits, || edit(&client, id, &format!("Title {random}")));
                    pause(begun, 3);
                }
                (searches, opens, edits)
            })
        })
        .collect();
    let (mut searches, mut opens, mut edits) = (Vec::new(), Vec::new(), Vec::new());
    for thread in threads {
        let (search, open, edit) = thread.join().unwrap();
        searches.extend(search);
        opens.extend(open);
        edits.extend(edit);
    }
    let share = (self::cpu(served.pid()) - cpu).as_secs_f64() / started.elapsed().as_secs_f64();
    println!("{PEOPLE} sessions, an action each in {} s:", EVERY.as_secs());
    for (name, mut took) in [("search", searches), ("open", opens), ("durable edit", edits)] {
        took.sort();
        let at = |part: f64| ms(took[((took.len() - 1) as f64 * part) as usize]);
        println!("  {name}: p50 {:.2} ms, p99 {:.2} ms, of {}", at(0.5), at(0.99), took.len());
    }
    println!("  server: {share:.2} cores");
}

/// As many durable edits as go: of one, and of all.
fn race(served: &Served) {
    let mut alone = 0.0;
    for people in [1, PEOPLE] {
        let stop = AtomicBool::new(false);
        let clients: Vec<(Client, Uuid, u64)> = (0..people)
            .map(|person| {
                let client = connect(&served.socket).client();
                let view = list(&client, &format!("number{person}"), Some(1)).items.remove(0);
                (client, view.id, view.revision)
            })
            .collect();
        let done: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = clients
                .iter()
                .map(|(client, id, _)| {
                    scope.spawn(|| {
                        let mut done = 0;
                        while !stop.load(Ordering::Relaxed) {
                            done += 1;
                            edit(client, *id, &format!("Race {done}"));
                        }
                        done
                    })
                })
                .collect();
            std::thread::sleep(RACE);
            stop.store(true, Ordering::Relaxed);
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        let there: u64 = clients
            .iter()
            .map(|(client, id, before)| {
                let card = client.call(Get { kind: RecordKind::Contact, id: *id, at: None }).unwrap();
                card.record.revision - before
            })
            .sum();
        let rate = done as f64 / RACE.as_secs_f64();
        let lost = done.saturating_sub(there);
        if people == 1 {
            alone = rate;
        }
        println!("{people} editing: {rate:.0} edits/s ({:.1}x), {lost} lost", rate / alone);
    }
}

fn edit(client: &Client, id: Uuid, title: &str) {
    let fields = vec![FieldEdit::text("job_title", title)];
    client.call(Edit { kind: RecordKind::Contact, id, fields, expect_revision: None }).unwrap();
}

fn timed<R>(took: &mut Vec<Duration>, f: impl FnOnce() -> R) -> R {
    let started = Instant::now();
    let result = f();
    took.push(started.elapsed());
    result
}

/// Until it is time for the next action.
fn pause(begun: Instant, actions: u32) {
    std::thread::sleep((EVERY * actions).saturating_sub(begun.elapsed()));
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn stat(pid: u32) -> Vec<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name in parentheses may have blanks in it.
    text.rsplit(')').next().unwrap().split_whitespace().skip(1).map(|n| n.parse().unwrap_or(0)).collect()
}

/// Bytes in memory.
fn resident(pid: u32) -> u64 {
    stat(pid)[20] * 4096
}

/// Time on a processor, in steps of 10 ms.
fn cpu(pid: u32) -> Duration {
    let stat = stat(pid);
    Duration::from_millis((stat[10] + stat[11]) * 10)
}
