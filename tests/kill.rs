//! `kill -9` at any instant: nothing acknowledged is lost, nothing is half-done, the history verifies.
//!
//! The test starts itself as the program to be killed. What was acknowledged is checked after every kill; the whole
//! history, which takes longer the more there is, every [`VERIFY_EVERY`] rounds and before a store is left for a fresh
//! one. `CALLBOOK_KILL_ROUNDS` sets how often; a few dozen unless told. Hundreds take minutes:
//!
//! ```sh
//! CALLBOOK_KILL_ROUNDS=500 cargo test --test kill -- --nocapture
//! ```

#![allow(clippy::wildcard_imports)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may end it")]
#![allow(clippy::disallowed_methods, reason = "how long opening takes says when to kill in its middle")]
#![allow(clippy::print_stderr, reason = "who asks for hundreds of rounds wants to see them go by")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use callbook::api::*;
use callbook::client::Client;
use callbook::client::open::{InitOptions, KdfCost, Secret, init, open};
use callbook::domain::contact::ContactField;
use callbook::domain::edit::{FieldEdit, Incoming};
use callbook::domain::entity::RecordKind;
use callbook::env::Env;

/// Rows of one import.
const CHUNK: u64 = 40;
/// Contacts that are edited in turn: the edit with the number `n` goes to the one with the number `n % TARGETS`.
const TARGETS: u64 = 7;
/// Rounds of kills that one store goes through.
const FRESH_EVERY: u64 = 50;
/// Rounds from one check of the whole history to the next.
const VERIFY_EVERY: u64 = 10;

fn secret(dir: &Path) -> Secret {
    Secret::KeyFile(dir.join("key"))
}

fn reopen(dir: &Path) -> Client {
    open(&dir.join("store"), "tester", &secret(dir), &Env::system()).unwrap()
}

fn provenance() -> Provenance {
    let text = |text: &str| text.to_owned();
    Provenance {
        source: text("list"),
        basis: text("consent"),
        reason: text("asked"),
        ..Provenance::default()
    }
}

fn incoming(n: u64, given: &str, family: String) -> Incoming {
    let email = format!("{}@example.com", family.to_lowercase());
    let fields = vec![
        FieldEdit::text("given_name", given),
        FieldEdit::text("family_name", family),
        FieldEdit::text("emails", email),
    ];
    Incoming { row: n, fields, notes: vec![] }
}

fn row(n: u64) -> Incoming {
    incoming(n, "Row", format!("Number{n}"))
}

fn list(client: &Client, query: &str, limit: u64) -> Page {
    let window = Window { limit: Some(limit), ..Window::default() };
    let (query, sort) = (query.to_owned(), "created_at".to_owned());
    client.call(List { kind: RecordKind::Contact, query, sort, window, columns: vec![] }).unwrap()
}

/// How many rows of imports there are.
fn rows(client: &Client) -> u64 {
    list(client, "row", 1).total
}

/// The contacts that are edited, by number, each with the number of its latest edit.
fn targets(client: &Client) -> Vec<(uuid::Uuid, u64)> {
    let page = list(client, "target", TARGETS + 1);
    let mut found: Vec<(String, uuid::Uuid, u64)> = Vec::new();
    for view in &page.items {
        let edit = view.text(ContactField::job_title.key()).parse().unwrap_or(0);
        found.push((view.title.clone(), view.id, edit));
    }
    found.sort();
    assert_eq!(found.len() as u64, TARGETS, "{found:?}");
    found.into_iter().map(|(_, id, edit)| (id, edit)).collect()
}

/// What is killed: imports chunks and edits contacts in turn, telling each thing that was acknowledged.
#[test]
fn child() {
    let Some(dir) = std::env::var_os("CALLBOOK_KILL_DIR") else { return };
    let mut out = std::io::stdout();
    let mut tell = |what: &str, number: u64| {
        writeln!(out, "{what} {number}").unwrap();
        out.flush().unwrap();
    };
    tell("OPENING", 0);
    let client = reopen(Path::new(&dir));
    let mut next = rows(&client);
    let targets = targets(&client);
    let mut edit = targets.iter().map(|(_, edit)| *edit).max().unwrap();
    loop {
        let rows = (next..next + CHUNK).map(row).collect();
        client.call(Import { rows, provenance: provenance(), dry_run: false }).unwrap();
        next += CHUNK;
        tell("ACK rows", next);
        for _ in 0..5 {
            edit += 1;
            let (id, _) = targets[usize::try_from(edit % TARGETS).unwrap()];
            let fields = vec![FieldEdit::text("job_title", edit.to_string())];
            client.call(Edit { kind: RecordKind::Contact, id, fields, expect_revision: None }).unwrap();
            tell("ACK edit", edit);
        }
    }
}

/// What the killed processes were told is safe.
#[derive(Clone, Copy, Default)]
struct Told {
    rows: u64,
    edit: u64,
    acknowledgements: u64,
}

impl Told {
    fn take(&mut self, line: &str) {
        // The harness writes on the same line before the first.
        let number = |word: &str| line.split(word).nth(1).map(|rest| rest.trim().parse::<u64>().unwrap());
        if let Some(rows) = number("ACK rows ") {
            self.rows = rows;
            self.acknowledgements += 1;
        } else if let Some(edit) = number("ACK edit ") {
            self.edit = edit;
            self.acknowledgements += 1;
        }
    }
}

/// Numbers that look random and are the same in every run.
fn mixed(round: u64, salt: u64) -> u64 {
    (round + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17).wrapping_mul(salt | 1) >> 33
}

/// A process that works on a store, and what it says.
struct Worker {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Worker {
    fn start(dir: &Path) -> Worker {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["child", "--exact", "--nocapture", "--test-threads=1"])
            .env("CALLBOOK_KILL_DIR", dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Worker { process, lines }
    }

    /// Waits until it has said `word` so many times.
    fn hear(&mut self, word: &str, mut times: u64, told: &mut Told) {
        let mut line = String::new();
        while times > 0 {
            line.clear();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "the process ended by itself");
            times -= u64::from(line.contains(word));
            told.take(&line);
        }
    }

    /// Ends it at once, after a moment, and hears what it still had said.
    fn kill(mut self, moment: Duration, told: &mut Told) {
        std::thread::sleep(moment);
        assert_eq!(self.process.try_wait().unwrap(), None, "the process ended by itself");
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines.lines().map_while(Result::ok).for_each(|line| told.take(&line));
    }
}

/// A fresh store with the contacts that will be edited and one row.
fn fresh(dir: &Path) {
    let options = InitOptions {
        address: String::new(),
        contact: String::new(),
        controller: "Test GmbH".into(),
        country: "DE".into(),
        user: "tester".into(),
        unix: "tester".into(),
        cost: KdfCost::MINIMUM,
    };
    let client = init(&dir.join("store"), &options, &secret(dir), &Env::system()).unwrap().client;
    let mut rows: Vec<Incoming> = (0..TARGETS).map(|n| incoming(n, "Target", format!("Target{n}"))).collect();
    rows.push(row(0));
    client.call(Import { rows, provenance: provenance(), dry_run: false }).unwrap();
}

/// Compares what a store holds with what was acknowledged.
fn check(client: &Client, told: &mut Told, round: u64) {
    let there = rows(client);
    assert!(there >= told.rows, "round {round}: {there} of {} acknowledged rows", told.rows);
    assert_eq!((there - 1) % CHUNK, 0, "round {round}: half a chunk");
    let last = list(client, &format!("number{}", there - 1), 1);
    assert_eq!(last.total, 1, "round {round}: the last of {there} rows is missing");
    let held: Vec<u64> = targets(client).into_iter().map(|(_, edit)| edit).collect();
    let edit = held.iter().copied().max().unwrap();
    assert!(edit >= told.edit, "round {round}: edit {} was acknowledged, {edit} is the last", told.edit);
    // One edit came after the other, so none may be there without all before it.
    let expected: Vec<u64> =
        (0..TARGETS).map(|n| (0..=edit).rev().find(|edit| edit % TARGETS == n).unwrap_or(0)).collect();
    assert_eq!(held, expected, "round {round}: an edit is missing among others");
    (told.rows, told.edit) = (there, edit);
}

fn verify(client: &Client, round: u64) {
    let report = client.call(LogVerify {}).unwrap();
    assert_eq!(report.problems, Vec::<String>::new(), "round {round}");
}

#[test]
fn nothing_acknowledged_is_lost() {
    let rounds: u64 =
        std::env::var("CALLBOOK_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(25);
    let begun = Instant::now();
    let (mut acknowledgements, mut while_opening, mut verified) = (0, 0, 0);
    let mut stores = 0;
    let mut round = 0;
    while round < rounds {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path();
        stores += 1;
        fresh(dir);
        let mut told = Told { rows: 1, ..Told::default() };
        let mut opening = Duration::from_millis(50);
        let last = (round + FRESH_EVERY).min(rounds);
        while round < last {
            let mut worker = Worker::start(dir);
            worker.hear("ACK", 1 + mixed(round, 3) % 12, &mut told);
            worker.kill(Duration::from_micros(mixed(round, 5) % 20_000), &mut told);
            if round % 3 != 0 {
                // What the dead one left is not yet taken in again when the next dies over it.
                let mut worker = Worker::start(dir);
                worker.hear("OPENING", 1, &mut told);
                worker.kill(opening.mul_f64((mixed(round, 7) % 1_000) as f64 / 800.0), &mut told);
                while_opening += 1;
            }
            let asked = Instant::now();
            let client = reopen(dir);
            opening = asked.elapsed();
            check(&client, &mut told, round);
            round += 1;
            if round % VERIFY_EVERY == 0 || round == last {
                verify(&client, round);
                verified += 1;
            }
        }
        acknowledgements += told.acknowledgements;
        eprintln!(
            "{round} rounds in {:.0} s: {} stores, {acknowledgements} acknowledged writes, all there; {while_opening} \
             more kills while opening; {verified} times the whole history verified; {} rows at last",
            begun.elapsed().as_secs_f64(),
            stores,
            told.rows
        );
    }
    assert!(acknowledgements >= rounds, "{acknowledgements} acknowledgements in {rounds} rounds");
}
