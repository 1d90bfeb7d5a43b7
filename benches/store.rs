//! Durable edits, imports, unlocking, memory and disk, each beside something plain.
//!
//! `cargo bench --bench store [-- CONTACTS]` (100 000 unless told). Figures are medians where more than one run is
//! made. The passphrase's cost is left out: a key file unlocks.
//!
//! `-- CONTACTS keep DIR` imports into the new directory DIR, unlocks, and leaves the store there;
//! `-- unlock DIR ROUNDS` unlocks that one again and again, `-- edits DIR WRITERS` edits it.
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
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use callbook::api::*;
use callbook::client::Client;
use callbook::client::open::{InitOptions, KdfCost, Local, Secret, init, open, service};
use callbook::domain::edit::{FieldEdit, Incoming};
use callbook::domain::entity::RecordKind;
use callbook::env::Env;
use callbook::service::Service;

fn main() {
    let mut args = std::env::args().skip_while(|arg| arg != "unlock").skip(1);
    if let (Some(dir), Some(rounds)) = (args.next(), args.next()) {
        return unlock(Path::new(&dir), rounds.parse().unwrap());
    }
    let mut args = std::env::args().skip_while(|arg| arg != "edits").skip(1);
    if let (Some(dir), Some(writers)) = (args.next(), args.next()) {
        return edits(Path::new(&dir), writers.parse().unwrap());
    }
    let count: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let keep = std::env::args().skip_while(|arg| arg != "keep").nth(1);
    let temporary =
        tempfile::Builder::new().prefix("callbook-bench").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let dir = keep.as_deref().map_or(temporary.path(), Path::new);
    std::fs::create_dir_all(dir).unwrap();
    let key = dir.join("key");
    let store = dir.join("store");
    let env = Env::system();
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

    let started = Instant::now();
    for n in 0..10_000u64 {
        let text = format!("+1 504 {:03} {:04}", 200 + n % 700, n);
        callbook::domain::reach::Phone::parse(&text, None).unwrap();
    }
    println!("a phone number parsed            {:>9.1} µs", micros(started.elapsed()) / 1e4);
    let csv: u64 = (0..count).map(|n| csv_line(n).len() as u64).sum();
    let started = Instant::now();
    import(&client, count);
    let took = started.elapsed();
    println!(
        "import of {count} rows           {:>9.2} s   {:>8.0} rows/s",
        took.as_secs_f64(),
        count as f64 / took.as_secs_f64()
    );
    drop(client);

    // In a process of its own, as a person starts it.
    let told = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["unlock", dir.to_str().unwrap(), "1"])
        .output()
        .unwrap();
    print!("{}", String::from_utf8(told.stdout).unwrap());
    let disk = size(&store);
    println!(
        "disk, history included           {:>9.0} MB  {:.1} x the CSV of {:.0} MB",
        disk as f64 / 1e6,
        disk as f64 / csv as f64,
        csv as f64 / 1e6
    );
    if keep.is_some() {
        return;
    }
    let client = open(&store, "bench", &secret(), &env).unwrap();

    let ids: Vec<uuid::Uuid> = list(&client, 2_000).iter().map(|view| view.id).collect();
    let edit = median((0..200).map(|n| {
        let started = Instant::now();
        edit(&client, ids[n], &format!("Title {n}"));
        started.elapsed()
    }));
    let append = bare_append(dir, 1_800);
    println!(
        "durable edit                     {:>9.0} µs  {:.2} x a bare append + fdatasync of 1.8 KB ({:.0} µs)",
        micros(edit),
        micros(edit) / micros(append),
        micros(append)
    );
    // The first look at each is logged before it is answered; the next within a minute is the same look.
    let look = |id| {
        let started = Instant::now();
        client.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap();
        started.elapsed()
    };
    let logged = median(ids.iter().take(400).map(|id| look(*id)));
    let again = median(ids.iter().take(400).map(|id| look(*id)));
    println!(
        "a contact opened                 {:>9.0} µs  with its durable row in the read log; {:.0} µs without",
        micros(logged),
        micros(again)
    );
    drop(client);

    let (service, _dir) = service(&store, &secret(), &env).unwrap();
    let service = Arc::new(service);
    let one = edits_a_second(&service, &ids, 1);
    let hundred = edits_a_second(&service, &ids, 100);
    println!(
        "edits a second, 1 writer         {one:>9.0}\nedits a second, 100 writers      {hundred:>9.0}     {:.1} x",
        hundred / one
    );
    let session = service.session_of("bench").unwrap();
    let client = Client::new(Arc::new(Local::new(Arc::clone(&service), session, None)));
    let started = Instant::now();
    let report = client.call(LogVerify {}).unwrap();
    println!(
        "history verify, {} entries    {:>9.2} s   {} problems",
        report.entries,
        started.elapsed().as_secs_f64(),
        report.problems.len()
    );
}

/// Edits by so many threads, each as fast as it is answered, for two seconds.
fn edits_a_second(service: &Arc<Service>, ids: &[uuid::Uuid], writers: usize) -> f64 {
    let done = AtomicU64::new(0);
    let until = Instant::now() + Duration::from_secs(2);
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let session = service.session_of("bench").unwrap();
            let client = Client::new(Arc::new(Local::new(Arc::clone(service), session, None)));
            let done = &done;
            scope.spawn(move || {
                let mut n = 0;
                while Instant::now() < until {
                    edit_of(&client, ids[writer * 17 % ids.len()], &format!("{writer}/{n}"));
                    n += 1;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    done.load(Ordering::Relaxed) as f64 / 2.0
}

/// Only edits, in a store that an earlier run left, for a profiler.
fn edits(dir: &Path, writers: usize) {
    let secret = Secret::KeyFile(dir.join("key"));
    let (service, _dir) = service(&dir.join("store"), &secret, &Env::system()).unwrap();
    let service = Arc::new(service);
    let session = service.session_of("bench").unwrap();
    let client = Client::new(Arc::new(Local::new(Arc::clone(&service), session, None)));
    let ids: Vec<uuid::Uuid> = list(&client, 2_000).iter().map(|view| view.id).collect();
    for _ in 0..3 {
        println!("edits a second, {writers} writers      {:>9.0}", edits_a_second(&service, &ids, writers));
    }
}

fn unlock(dir: &Path, rounds: usize) {
    let mut client = None;
    for _ in 0..rounds {
        drop(client.take());
        let started = Instant::now();
        client = Some(
            open(&dir.join("store"), "bench", &Secret::KeyFile(dir.join("key")), &Env::system()).unwrap(),
        );
        first_page(client.as_ref().unwrap());
        println!(
            "unlock to first page             {:>9.2} s   (without the KDF)",
            started.elapsed().as_secs_f64()
        );
    }
    let client = client.unwrap();
    let status = client.call(Status {}).unwrap();
    println!("memory, resident                 {:>9.0} MB", status.resident_bytes.unwrap_or(0) as f64 / 1e6);
    for query in ["p", "pia", "pia lambert", "person4711", "0504 211", "company 77", "tag:newsletter buyer"] {
        let median = median((0..9).map(|_| {
            let started = Instant::now();
            page(&client, query, 60);
            started.elapsed()
        }));
        println!("search {query:<22}    {:>9.1} ms", micros(median) / 1e3);
    }
}

fn edit(client: &Client, id: uuid::Uuid, title: &str) {
    edit_of(client, id, title);
}

fn edit_of(client: &Client, id: uuid::Uuid, title: &str) {
    let fields = vec![FieldEdit::text("job_title", title)];
    client.call(Edit { kind: RecordKind::Contact, id, fields, expect_revision: None }).unwrap();
}

fn list(client: &Client, limit: u64) -> Vec<View> {
    page(client, "", limit)
}

fn page(client: &Client, query: &str, limit: u64) -> Vec<View> {
    let window = Window { limit: Some(limit), ..Window::default() };
    client
        .call(List {
            kind: RecordKind::Contact,
            query: query.to_owned(),
            sort: String::new(),
            window,
            columns: vec![],
        })
        .unwrap()
        .items
}

fn first_page(client: &Client) {
    assert_eq!(list(client, 60).len(), 60);
}

fn import(client: &Client, count: u64) {
    let provenance = Provenance {
        source: "fair list".into(),
        supplier: "Messe AG".into(),
        basis: "consent".into(),
        reason: "ticked the box".into(),
        country: "US".into(),
        tags: vec![],
    };
    let mut n = 0;
    while n < count {
        let rows: Vec<Incoming> = (n..count.min(n + 500)).map(row).collect();
        n += rows.len() as u64;
        let report = client.call(Import { rows, provenance: provenance.clone(), dry_run: false }).unwrap();
        let rejected = report.rows.iter().find(|row| row.outcome == Outcome::Rejected);
        assert!(rejected.is_none(), "{rejected:?}");
    }
}

const GIVEN: [&str; 16] = [
    "Ada", "Bela", "Cleo", "Dana", "Elia", "Fenna", "Gero", "Hanne", "Ilka", "Joost", "Karel", "Lotte",
    "Mats", "Nele", "Otto", "Pia",
];
const FAMILY: [&str; 16] = [
    "Albrecht", "Bakker", "Claes", "Dupont", "Ebner", "Fontaine", "Gruber", "Hofstra", "Iversen", "Jansen",
    "Keller", "Lambert", "Moreau", "Novak", "Olsen", "Peeters",
];

fn fields(n: u64) -> [(&'static str, String); 9] {
    let at = |n: u64| (n % 16) as usize;
    let mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    [
        ("given_name", GIVEN[at(mixed)].to_owned()),
        (
            "family_name",
            format!("{}{}", FAMILY[at(mixed >> 4)], ["", "-Berg", "son", "s"][at(mixed >> 8) % 4]),
        ),
        ("company", format!("Company {}", n / 8)),
        ("job_title", ["Buyer", "Head of Purchasing", "Engineer", "Owner"][at(mixed >> 12) % 4].to_owned()),
        ("phones", format!("+1 504 {:03} {:04}", 200 + n / 10_000 % 800, n % 10_000)),
        ("emails", format!("person{n}@example.com")),
        ("addresses", format!("{} Main Street | {:05} | Springfield | LA | US", n % 9_999, n % 99_999)),
        ("websites", format!("https://www{}.example.org", n / 8)),
        ("tags", ["fair", "newsletter", "fair, partner", ""][at(mixed >> 16) % 4].to_owned()),
    ]
}

fn row(n: u64) -> Incoming {
    let fields = fields(n).into_iter().map(|(field, text)| FieldEdit::text(field, text)).collect();
    Incoming { row: n, fields, notes: vec![] }
}

fn csv_line(n: u64) -> String {
    let mut line = fields(n).map(|(_, text)| text.replace(" | ", ",")).join(",");
    line.push('\n');
    line
}

fn bare_append(dir: &Path, bytes: usize) -> Duration {
    let mut file = std::fs::File::create(dir.join("append")).unwrap();
    let block = vec![7u8; bytes];
    median((0..200).map(|_| {
        let started = Instant::now();
        file.write_all(&block).unwrap();
        file.sync_data().unwrap();
        started.elapsed()
    }))
}

fn median(runs: impl Iterator<Item = Duration>) -> Duration {
    let mut runs: Vec<Duration> = runs.collect();
    runs.sort_unstable();
    runs[runs.len() / 2]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn size(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(dir).unwrap().flatten();
    entries
        .map(|entry| {
            if entry.path().is_dir() { size(&entry.path()) } else { entry.metadata().unwrap().blocks() * 512 }
        })
        .sum()
}
