//! Backups made while a session works, verified, restored; a store made anew. Each beside a plain copy of as many bytes.
//!
//! `cargo bench --bench backup [-- CONTACTS]` (100 000 unless told).
#![allow(clippy::wildcard_imports)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic
)]

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use callbook::api::*;
use callbook::client::Client;
use callbook::client::open::{InitOptions, KdfCost, Local, Secret, init, service};
use callbook::client::recover::{Keys, Wish, look_at, rebuild, restore};
use callbook::domain::edit::{FieldEdit, Incoming};
use callbook::domain::entity::RecordKind;
use callbook::env::Env;

fn import(client: &Client, count: u64) {
    for from in (0..count).step_by(500) {
        let rows = (from..count.min(from + 500))
            .map(|n| Incoming {
                row: n,
                fields: vec![
                    FieldEdit::text("given_name", format!("Given{}", n % 977)),
                    FieldEdit::text("family_name", format!("Family{n}")),
                    FieldEdit::text("emails", format!("person{n}@example.com")),
                    FieldEdit::text("job_title", format!("Head of Department {}", n % 31)),
                ],
                notes: vec![],
            })
            .collect();
        let provenance = Provenance {
            source: "list".into(),
            basis: "consent".into(),
            reason: "asked".into(),
            ..Provenance::default()
        };
        client.call(Import { rows, provenance, dry_run: false }).unwrap();
    }
}

fn rate(bytes: u64, took: Duration) -> f64 {
    bytes as f64 / 1e6 / took.as_secs_f64()
}

fn main() {
    let count: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let temporary =
        tempfile::Builder::new().prefix("callbook-bench").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let dir = temporary.path();
    let (key, store, env) = (dir.join("key"), dir.join("store"), Env::system());
    let options = InitOptions {
        address: String::new(),
        contact: String::new(),
        controller: "Bench GmbH".into(),
        country: "US".into(),
        user: "bench".into(),
        unix: "bench".into(),
        cost: KdfCost::MINIMUM,
    };
    let secret = || Secret::KeyFile(key.clone());
    let client = init(&store, &options, &secret(), &env).unwrap().client;
    import(&client, count);
    drop(client);

    let (served, held) = service(&store, &secret(), &env).unwrap();
    let (served, held) = (Arc::new(served), Arc::new(held));
    let session = || {
        let session = served.session_of("bench").unwrap();
        Client::new(Arc::new(Local::new(Arc::clone(&served), session, Some(Arc::clone(&held)))))
    };
    println!("{count} contacts");
    for (what, edits) in [("alone", false), ("while a session edits", true)] {
        let stop = Arc::new(AtomicBool::new(false));
        let (client, flag) = (session(), Arc::clone(&stop));
        let worker = edits.then(|| std::thread::spawn(move || edit_until(&client, &flag)));
        let client = session();
        let path = dir.join(what);
        let started = Instant::now();
        let begin = BackupBegin { path: path.display().to_string(), name: String::new(), with_keys: None };
        client.call(begin).unwrap();
        let done = loop {
            if let Some(done) = client.call(BackupStep {}).unwrap().done {
                break done;
            }
        };
        let took = started.elapsed();
        stop.store(true, Ordering::SeqCst);
        println!(
            "backup {what:<24} {:>8.2} s {:>7.0} MB/s  {:>6.1} MB",
            took.as_secs_f64(),
            rate(done.bytes, took),
            done.bytes as f64 / 1e6
        );
        if let Some(worker) = worker {
            let mut felt = worker.join().unwrap();
            felt.sort_unstable();
            let at = |part: f64| felt[((felt.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
            println!(
                "  {} durable edits meanwhile: median {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
                felt.len(),
                at(0.5),
                at(0.99),
                at(1.0)
            );
        }
    }
    let file = dir.join("alone");
    let bytes = std::fs::metadata(&file).unwrap().len();
    let started = Instant::now();
    plain_copy(&file, &dir.join("copy"));
    let took = started.elapsed();
    println!("a plain copy, synced            {:>8.2} s {:>7.0} MB/s", took.as_secs_f64(), rate(bytes, took));
    drop((served, held));

    let started = Instant::now();
    look_at(&file, None, &env, &mut |_| true).unwrap();
    let took = started.elapsed();
    println!("verified without keys           {:>8.2} s {:>7.0} MB/s", took.as_secs_f64(), rate(bytes, took));
    let keys = Keys::Store { dir: store.clone(), secret: secret() };
    let started = Instant::now();
    let looked = look_at(&file, Some(&keys), &env, &mut |_| true).unwrap();
    assert!(looked.opened.unwrap().problems.is_empty());
    println!("verified with keys              {:>8.2} s", started.elapsed().as_secs_f64());
    for name in ["restored", "rebuilt"] {
        let into = dir.join(name);
        let mut wish = Wish {
            into: &into,
            swap: None,
            account: "bench",
            cost: KdfCost::MINIMUM,
            accept_losses: false,
            going: &mut |_| true,
        };
        let started = Instant::now();
        let made = match name {
            "restored" => restore(&file, &keys, None, &mut wish, &env).unwrap(),
            _ => rebuild(&store, &secret(), &mut wish, &env).unwrap(),
        };
        assert!(made.problems.is_empty(), "{:?}", made.problems);
        println!("{name:<9} and verified          {:>8.2} s", started.elapsed().as_secs_f64());
    }
}

fn edit_until(client: &Client, stop: &AtomicBool) -> Vec<Duration> {
    let window = Window { limit: Some(50), ..Window::default() };
    let list = List {
        kind: RecordKind::Contact,
        query: String::new(),
        sort: "created_at".into(),
        window,
        columns: vec![],
    };
    let ids: Vec<_> = client.call(list).unwrap().items.iter().map(|view| view.id).collect();
    let mut felt = Vec::new();
    let mut n = 0;
    while !stop.load(Ordering::SeqCst) {
        let started = Instant::now();
        let fields = vec![FieldEdit::text("job_title", format!("Edit {n}"))];
        let id = ids[n % ids.len()];
        client.call(Edit { kind: RecordKind::Contact, id, fields, expect_revision: None }).unwrap();
        felt.push(started.elapsed());
        n += 1;
    }
    felt
}

fn plain_copy(from: &Path, to: &Path) {
    let bytes = std::fs::read(from).unwrap();
    let mut file = std::fs::File::create(to).unwrap();
    file.write_all(&bytes).unwrap();
    file.sync_all().unwrap();
}
