//! The gate: how long it takes to sift 100 000 and 1 000 000 contacts for a purpose and a channel.
//!
//! `cargo bench --bench gate` prints a table; `-- 100000` measures that size only. One in three has said something about
//! newsletters, in four ways; half are held on a contract; one in ten is a bought lead.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, reason = "a benchmark")]

use std::time::{Duration, Instant};

use callbook::domain::channel::Channel;
use callbook::domain::consent::{ConsentEvent, ConsentKind};
use callbook::domain::purpose::shipped;
use callbook::domain::time::Timestamp;
use callbook::domain::value::OneOf;
use callbook::service::gate::{Use, sift, sift_any};
use callbook::service::index::{Doc, HasFlags};
use callbook::service::world::World;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const ROUNDS: usize = 7;

fn id(n: u64) -> Uuid {
    // Spread as the ids of real ones are.
    Uuid::from_u64_pair(n.wrapping_mul(0x9E37_79B9_7F4A_7C15), n)
}

fn world(size: u64) -> World {
    let mut world = World::empty(callbook::store::suppression::Marker::keyed(&[0; 32]).unwrap());
    for purpose in shipped() {
        world.consents.know(Uuid::from_u64_pair(9, purpose.name.len() as u64), 1, purpose).unwrap();
    }
    world.contacts.reserve(usize::try_from(size).unwrap());
    for n in 0..size {
        let event = |kind, until| ConsentEvent {
            kind: OneOf(Some(kind)),
            purpose: "newsletter".into(),
            channel: OneOf(Some(Channel::Email)),
            at: Some(Timestamp::from_millis(1_700_000_000_000 + i64::try_from(n).unwrap())),
            until,
            ..ConsentEvent::default()
        };
        match n % 12 {
            0 => world.consents.add(id(n), &event(ConsentKind::Given, None)).unwrap(),
            1 => world.consents.add(id(n), &event(ConsentKind::Given, Some(NOW))).unwrap(),
            2 => world.consents.add(id(n), &event(ConsentKind::Refused, None)).unwrap(),
            3 => world.consents.add(id(n), &event(ConsentKind::Objected, None)).unwrap(),
            _ => {}
        }
        let (phone, email) = (format!("+4930{n:07}"), format!("p{n}@example.com"));
        let mut has = HasFlags::default();
        has.set_kept_out(callbook::service::index::KeptOut::Quarantined, n % 10 == 9);
        world.contacts.insert(&Doc {
            id: id(n),
            given: "Anna",
            family: "Berg",
            phones: &[&phone],
            emails: &[&email],
            basis: if n % 2 == 0 { "contract" } else { "consent" },
            supplier: if n % 10 == 9 { "Messe AG" } else { "" },
            has,
            ..Doc::default()
        });
    }
    world
}

fn median<R>(mut f: impl FnMut() -> R) -> (Duration, R) {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        last = Some(f());
        times.push(start.elapsed());
    }
    times.sort();
    (times[ROUNDS / 2], last.unwrap())
}

fn main() {
    let sizes: Vec<u64> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    for size in if sizes.is_empty() { vec![100_000, 1_000_000] } else { sizes } {
        let world = world(size);
        let ids: Vec<Uuid> = (0..size).map(id).collect();
        println!("\n{size} contacts");
        for (name, channel) in
            [("newsletter", Channel::Email), ("contract", Channel::Phone), ("sales", Channel::Phone)]
        {
            let (number, known) = world.consents.named(name).unwrap();
            let asked = Use { number, known, channel, now: NOW };
            let (took, (through, withheld)) = median(|| sift(&world, &ids, &asked));
            let took = took.as_secs_f64() * 1_000.0;
            println!(
                "  {name} by {channel:<8}{took:>8.1} ms   {} through, withheld {withheld:?}",
                through.len()
            );
        }
        let (number, known) = world.consents.named("contract").unwrap();
        let (took, (through, _)) = median(|| sift_any(&world, &ids, number, known, NOW));
        println!(
            "  contract by any     {:>8.1} ms   {} through",
            took.as_secs_f64() * 1_000.0,
            through.len()
        );
    }
}
