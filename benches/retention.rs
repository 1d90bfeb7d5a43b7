//! Retention: how long it takes to look at 100 000 and 1 000 000 contacts for whose time is up, and how long a writer waits for
//! it at most: the state in memory is held for one part at a time.
//!
//! `cargo bench --bench retention` prints a table; `-- 100000` measures that size only. One in three has said something, one
//! in ten is a bought lead, one in twenty is due. Reading the records of those, some microseconds each, is not in it.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, reason = "a benchmark")]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use callbook::domain::channel::Channel;
use callbook::domain::consent::{ConsentEvent, ConsentKind};
use callbook::domain::purpose::shipped;
use callbook::domain::time::Timestamp;
use callbook::domain::value::OneOf;
use callbook::law::Law;
use callbook::service::index::Doc;
use callbook::service::retention::{of_law, part_up};
use callbook::service::world::World;
use uuid::Uuid;

const NOW: i64 = 1_800_000_000_000;
const YEAR: i64 = 365 * 86_400_000;
const ROUNDS: usize = 5;

fn id(n: u64) -> Uuid {
    // Spread as the ids of real ones are.
    Uuid::from_u64_pair(n.wrapping_mul(0x9E37_79B9_7F4A_7C15), n)
}

fn world(size: u64) -> World {
    let mut world = World::empty(callbook::store::suppression::Marker::keyed(&[0; 32]).unwrap());
    world.settings.country = "DE".parse().ok();
    for purpose in shipped() {
        world.consents.know(Uuid::from_u64_pair(9, purpose.name.len() as u64), 1, purpose).unwrap();
    }
    let rules = of_law(&Law::built_in(), None).into_iter().chain(of_law(&Law::built_in(), "DE".parse().ok()));
    for (n, rule) in (0..).zip(rules) {
        world.retained.know_rule(Uuid::from_u64_pair(8, n), 1, rule);
    }
    world.contacts.reserve(usize::try_from(size).unwrap());
    for n in 0..size {
        let at = NOW - YEAR / 2;
        let event = |kind| ConsentEvent {
            kind: OneOf(Some(kind)),
            purpose: "sales".into(),
            channel: OneOf(Some(Channel::Phone)),
            at: Some(Timestamp::from_millis(at)),
            ..ConsentEvent::default()
        };
        match n % 9 {
            0 | 1 => world.consents.add(id(n), &event(ConsentKind::Given)).unwrap(),
            2 => world.consents.add(id(n), &event(ConsentKind::Asserted)).unwrap(),
            _ => {}
        }
        let years = if n % 20 == 7 { 3 } else { 1 };
        let (phone, email) = (format!("+4930{n:07}"), format!("p{n}@example.com"));
        world.contacts.insert(&Doc {
            id: id(n),
            given: "Anna",
            family: "Berg",
            phones: &[&phone],
            emails: &[&email],
            country: Some("DE"),
            basis: if n % 2 == 0 { "legitimate_interest" } else { "consent" },
            created: Timestamp::from_millis(NOW - years * YEAR),
            ..Doc::default()
        });
    }
    world
}

fn main() {
    let sizes: Vec<u64> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    for size in if sizes.is_empty() { vec![100_000, 1_000_000] } else { sizes } {
        let world = world(size);
        let (mut times, mut longest, mut due) = (Vec::new(), Duration::ZERO, 0);
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            (due, longest) = (0, Duration::ZERO);
            let mut from = 0;
            loop {
                let part = Instant::now();
                let Some((up, next)) = part_up(&world, Timestamp::from_millis(NOW), from, &HashMap::new())
                else {
                    break;
                };
                due += up.len();
                from = next;
                longest = longest.max(part.elapsed());
            }
            times.push(begun.elapsed());
        }
        times.sort();
        println!(
            "{size:>9} contacts: {:>8.1} ms, {due} due; the longest part {:>6.2} ms",
            times[ROUNDS / 2].as_secs_f64() * 1_000.0,
            longest.as_secs_f64() * 1_000.0
        );
    }
}
