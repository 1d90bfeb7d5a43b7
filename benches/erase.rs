//! Erasing people: the keys alone, one person, a thousand, and what others notice of it.
//!
//! `cargo bench --bench erase [-- CONTACTS]` (100 000 unless told; 1 000 000 for the second aim). Each contact has a note;
//! the erased person has ten. Figures are of one run but for the keys and one person, which are medians of five.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use callbook::api::{Add, Get, Import, List, LogVerify, Provenance, Window};
use callbook::client::Client;
use callbook::client::open::{InitOptions, KdfCost, Local, Secret, init, service};
use callbook::domain::edit::{FieldEdit, Incoming};
use callbook::domain::entity::RecordKind;
use callbook::domain::erasure::Ground;
use callbook::domain::id::{ContactId, SessionId, StoreId, SubjectId};
use callbook::env::Env;
use callbook::service::erasure::Order;
use callbook::store::keyring::{KeyFile, Keyring, Secret as KeySecret, Slot};

const CHUNK: u64 = 5_000;

fn median(mut took: Vec<Duration>) -> f64 {
    took.sort();
    took[took.len() / 2].as_secs_f64() * 1e3
}

fn row(n: u64) -> Incoming {
    let fields = [
        ("given_name", format!("Given{n}")),
        ("family_name", format!("Family{}", n.wrapping_mul(0x9E37_79B9) % 1_000_003)),
        ("emails", format!("p{n}@example.com")),
        ("phones", format!("+1504555{:04}", n % 10_000)),
    ];
    let fields = fields.into_iter().map(|(field, text)| FieldEdit::text(field, text)).collect();
    let note = format!("asked for an offer of {n} pieces, talks to somebody else");
    Incoming { row: n, fields, notes: vec![note] }
}

fn import(client: &Client, count: u64) {
    let text = |text: &str| text.to_owned();
    let provenance = Provenance {
        source: text("list"),
        basis: text("contract"),
        reason: text("ordered"),
        ..Provenance::default()
    };
    for from in (0..count).step_by(CHUNK as usize) {
        let rows = (from..count.min(from + CHUNK)).map(row).collect();
        client.call(Import { rows, provenance: provenance.clone(), dry_run: false }).unwrap();
    }
}

/// The people from `offset` on, by name.
fn people(client: &Client, offset: u64, limit: u64) -> Vec<SubjectId> {
    let window = Window { offset, limit: Some(limit), ..Window::default() };
    let list = List {
        kind: RecordKind::Contact,
        query: String::new(),
        sort: "created_at".into(),
        window,
        columns: vec![],
    };
    client.call(list).unwrap().items.into_iter().map(|view| SubjectId(view.id)).collect()
}

fn main() {
    let count: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let aim = if count > 100_000 { 500 } else { 100 };
    let temporary =
        tempfile::Builder::new().prefix("callbook-bench").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let env = Env::system();

    let keys = temporary.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    let way = KeySecret::KeyFile(KeyFile::generate(&env));
    let store = StoreId(env.ids.next());
    let mut ring = Keyring::create(&keys, store, &[way], KdfCost::MINIMUM, &env).unwrap();
    let slots: Vec<Slot> = (0..count).map(|_| ring.allocate().unwrap()).collect();
    for forgotten in [1, 1_000] {
        let rounds = (0..5).map(|round| {
            let from = round * forgotten;
            let started = Instant::now();
            ring.forget(&slots[from..from + forgotten]).unwrap();
            started.elapsed()
        });
        println!("keys of {forgotten:>5} of {count}    {:>9.1} ms  aim {aim} ms", median(rounds.collect()));
    }
    drop(ring);

    let key = temporary.path().join("key");
    let secret = || Secret::KeyFile(key.clone());
    let options = InitOptions {
        address: String::new(),
        contact: String::new(),
        controller: "Bench GmbH".into(),
        country: "US".into(),
        user: "bench".into(),
        unix: "bench".into(),
        cost: KdfCost::MINIMUM,
    };
    let path = temporary.path().join("store");
    drop(init(&path, &options, &secret(), &env).unwrap());
    let (service, _dir) = service(&path, &secret(), &env).unwrap();
    let service = Arc::new(service);
    let client = || {
        let session = service.session_of("bench").unwrap();
        Client::new(Arc::new(Local::new(Arc::clone(&service), session, None)))
    };
    let own = client();
    import(&own, count);
    let order = Order {
        ground: Ground::Retention,
        request: None,
        sweep: String::new(),
        anonymise: false,
        by: None,
        session: SessionId(env.ids.next()),
    };
    let mut rounds = Vec::new();
    for one in people(&own, 10, 5) {
        for n in 0..9 {
            let fields = vec![FieldEdit::text("text", format!("note {n}"))];
            own.call(Add { kind: RecordKind::Note, about: Some(ContactId(one.0)), fields }).unwrap();
        }
        let started = Instant::now();
        service.erase_batch(&[one], &order, env.now()).unwrap();
        rounds.push(started.elapsed());
    }
    println!(
        "one person of {count}, all of it {:>9.1} ms  with the search for mentions in {count} notes",
        median(rounds)
    );

    // What somebody who looks at records meanwhile waits for.
    let (over, looked) = (AtomicBool::new(false), people(&own, 50_000.min(count / 2), 100));
    let other = client();
    let (took, mut waits) = std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut waits = Vec::new();
            while !over.load(Ordering::Relaxed) {
                for one in &looked {
                    let started = Instant::now();
                    let get = Get { kind: RecordKind::Contact, id: one.0, at: None };
                    other.call(get).unwrap();
                    waits.push(started.elapsed());
                }
            }
            waits
        });
        let goes = people(&own, 100, 1_000);
        let started = Instant::now();
        let receipt = service.erase_batch(&goes, &order, env.now()).unwrap();
        let took = started.elapsed();
        over.store(true, Ordering::Relaxed);
        assert_eq!(receipt.erased.len(), goes.len());
        (took, looking.join().unwrap())
    });
    waits.sort();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("a thousand of {count}, all of it {:>9.1} ms", took.as_secs_f64() * 1e3);
    println!(
        "  somebody who looks meanwhile   {:>9.1} ms  p50, {:.1} ms p99, {:.1} ms at most, of {}",
        at(0.5),
        at(0.99),
        at(1.0),
        waits.len()
    );
    assert_eq!(own.call(LogVerify {}).unwrap().problems, Vec::<String>::new());
}
