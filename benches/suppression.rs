//! Suppression: a check against a list of five million numbers, its memory, and bringing such a list in.
//!
//! `cargo bench --bench suppression [-- NUMBERS]` (5 000 000 unless told). The list is brought in through the door of a store
//! on the disk, from a file. Figures are of one run but for the check, which is the mean of a million.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic
)]

use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

use callbook::api::{ListHead, ScreeningLists};
use callbook::client::lists::{self, FileHash};
use callbook::client::open::{InitOptions, KdfCost, Secret, init, open};
use callbook::domain::plain_number::PlainNumbers;
use callbook::domain::reach::Phone;
use callbook::domain::suppression::Class;
use callbook::env::Env;
use callbook::interchange::csv::{ColumnOptions, ColumnRows};
use callbook::service::suppression::tagset::TagSet;
use callbook::store::suppression::Marker;

/// Numbers that are spread over the plan and never given out: all are made up.
fn national(n: u64) -> String {
    format!("01632{:06}", n.wrapping_mul(0x9E37_79B9) % 1_000_000)
}

fn nanos(took: Duration, count: u64) -> f64 {
    took.as_nanos() as f64 / count as f64
}

fn main() {
    let count: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(5_000_000);
    let marker = Marker::keyed(&[7; 32]).unwrap();
    let mut tags: Vec<u64> =
        (0..count).map(|n| marker.of_text(Class::Phone, &format!("+44{n:010}")).tag()).collect();
    tags.sort_unstable();
    tags.dedup();
    let set = TagSet::of_sorted(tags);
    let asked: Vec<String> = (0..1_000_000u64).map(|n| format!("+44{:010}", n * 11)).collect();
    let started = Instant::now();
    let hits = asked.iter().filter(|number| set.contains(marker.of_text(Class::Phone, number).tag())).count();
    let check = nanos(started.elapsed(), asked.len() as u64);
    let marks: Vec<u64> = asked.iter().map(|number| marker.of_text(Class::Phone, number).tag()).collect();
    let started = Instant::now();
    let again = marks.iter().filter(|tag| set.contains(**tag)).count();
    let look = nanos(started.elapsed(), marks.len() as u64);
    assert!(hits > 0 && hits == again);
    println!(
        "check, {} numbers       {check:>9.0} ns  aim 1000 ns; of it {look:.0} ns the look, the rest the HMAC",
        set.len()
    );
    println!("memory of the list              {:>9.1} MB  aim 100 MB", set.bytes() as f64 / 1e6);
    drop(set);

    let country = "GB".parse().ok();
    let (plain, mut out) = (PlainNumbers::of(country), String::new());
    let started = Instant::now();
    let read = (0..1_000_000).filter(|n| plain.read(&national(*n), &mut out)).count();
    println!(
        "a plain number read             {:>9.0} ns  {} of a million were plain",
        nanos(started.elapsed(), 1_000_000),
        read
    );
    let started = Instant::now();
    (0..20_000).for_each(|n| drop(Phone::parse(&national(n), country)));
    println!("the same by the whole plan      {:>9.0} ns", nanos(started.elapsed(), 20_000));

    let temporary =
        tempfile::Builder::new().prefix("callbook-bench").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = temporary.path().join("list.csv");
    let mut file = BufWriter::new(std::fs::File::create(&path).unwrap());
    file.write_all(b"number\n").unwrap();
    (0..count).for_each(|n| writeln!(file, "01{:09}", 600_000_000 + n * 37 % 399_999_999).unwrap());
    file.flush().unwrap();
    let options = InitOptions {
        controller: "Bench Ltd".into(),
        country: "GB".into(),
        user: "bench".into(),
        unix: "bench".into(),
        cost: KdfCost::MINIMUM,
        address: String::new(),
        contact: String::new(),
    };
    let env = Env::system();
    let store = temporary.path().join("store");
    let secret = || Secret::KeyFile(temporary.path().join("key"));
    let client = init(&store, &options, &secret(), &env).unwrap().client;
    for round in ["first", "again"] {
        let hash = FileHash::default();
        let reader = hash.of(std::fs::File::open(&path).unwrap());
        let mut rows = ColumnRows::open(reader, &ColumnOptions::default()).unwrap();
        let head = ListHead {
            name: "TPS".into(),
            country: "GB".into(),
            dated: "2026-01-01".parse().unwrap(),
            source: String::new(),
        };
        let started = Instant::now();
        let end = lists::import(&client, &mut rows, head, false, &|| false, &mut || (), &hash);
        let took = started.elapsed();
        assert_eq!(end.failed, None);
        println!(
            "list brought in, {round}          {:>9.1} s   {} rows, {} numbers, {} not taken",
            took.as_secs_f64(),
            end.progress.read,
            end.progress.numbers,
            end.progress.not_taken
        );
    }
    drop(client);
    let started = Instant::now();
    let client = open(&store, "bench", &secret(), &env).unwrap();
    let lists = client.call(ScreeningLists {}).unwrap();
    println!("unlocked, {} numbers      {:>9.2} s", lists[0].numbers, started.elapsed().as_secs_f64());
}
