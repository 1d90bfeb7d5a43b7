//! An answer to a person: how long it takes in a store of 100 000 contacts, beside reading the person's notes alone.
//!
//! `cargo bench --bench subject [-- CONTACTS]`. The store is in memory, so that what is measured is the gathering, the search
//! for third persons and the making of the files. The person has 200 notes of some 400 letters, each naming two others, and
//! 100 statements about the use of the data. The aim at 1 000 000 contacts: 200 ms without the seal, whose passphrase costs
//! a second on purpose.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, reason = "a benchmark")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use callbook::api::{Add, ConsentRecord, Disclose, Get, Import, Provenance, Said, Whom};
use callbook::client::Client;
use callbook::client::open::Local;
use callbook::domain::channel::Channel;
use callbook::domain::consent::{ConsentKind, Way};
use callbook::domain::edit::{FieldEdit, Incoming};
use callbook::domain::entity::RecordKind;
use callbook::domain::id::ContactId;
use callbook::domain::request::Right;
use callbook::domain::user::{Role, Settings, User};
use callbook::domain::wording::sentence::Tongue;
use callbook::env::Env;
use callbook::interchange::pack::bundle;
use callbook::service::open::in_memory;

const ROUNDS: usize = 9;
const NOTES: u64 = 200;

fn row(n: u64) -> Incoming {
    let fields = [
        ("given_name", format!("Given{}", n % 5_000)),
        ("family_name", format!("Family{n}")),
        ("phones", format!("+4930{:07}", 2_000_000 + n)),
        ("emails", format!("p{n}@example.com")),
    ];
    Incoming {
        row: n + 1,
        fields: fields.map(|(field, text)| FieldEdit::text(field, text)).to_vec(),
        notes: vec![],
    }
}

fn median<R>(mut f: impl FnMut() -> R) -> (Duration, R) {
    let mut last = None;
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            last = Some(f());
            start.elapsed()
        })
        .collect();
    times.sort();
    (times[ROUNDS / 2], last.unwrap())
}

fn main() {
    let count: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let user = |name: &str, role: Role| User {
        name: name.into(),
        unix: name.into(),
        role: role.into(),
        ..User::default()
    };
    let settings =
        Settings { controller: "Bench GmbH".into(), country: "DE".parse().ok(), ..Settings::default() };
    let service =
        in_memory(settings, vec![user("owner", Role::Owner), user("dpo", Role::Dpo)], false, &Env::system())
            .unwrap();
    let client = |name: &str| {
        let session = service.session_of(name).unwrap();
        Client::new(Arc::new(Local::new(Arc::clone(&service), session, None)))
    };
    let (owner, dpo) = (client("owner"), client("dpo"));
    let provenance = Provenance {
        source: "list".into(),
        basis: "contract".into(),
        reason: "asked for an offer".into(),
        ..Provenance::default()
    };
    let mut person = None;
    for from in (0..count).step_by(500) {
        let rows: Vec<Incoming> = (from..count.min(from + 500)).map(row).collect();
        let report = owner.call(Import { rows, provenance: provenance.clone(), dry_run: false }).unwrap();
        person = person.or(report.rows.first().and_then(|row| row.id));
    }
    let person: ContactId = person.unwrap();
    for n in 0..NOTES {
        let (a, b) = (1 + n * 7 % (count - 1), 1 + n * 13 % (count - 1));
        let others = format!(
            "Given{} Family{a} (+4930{:07}) and Given{} Family{b} were there. ",
            a % 5_000,
            2_000_000 + a,
            b % 5_000
        );
        let text = format!(
            "{others}{}",
            "They talked about prices, delivery and the next meeting at length. ".repeat(5)
        );
        let fields = vec![FieldEdit::text("text", text)];
        owner.call(Add { kind: RecordKind::Note, about: Some(person), fields }).unwrap();
    }
    for _ in 0..50 {
        let said = Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::InPerson, "Yes, do call me.");
        owner.call(ConsentRecord { contact: person, said: vec![said] }).unwrap();
    }
    let (read, _) = median(|| owner.call(Get { kind: RecordKind::Contact, id: person.0, at: None }).unwrap());
    let asked = || Disclose { of: Whom::Contact(person), right: Right::Access, request: None, review: false };
    let (gather, told) = median(|| dpo.call(asked()).unwrap());
    let held = told.person.as_ref().unwrap();
    println!(
        "{count} contacts; {} records of the person, {} places that name others",
        held.records.len(),
        held.marks.len()
    );
    let (files, made) = median(|| bundle(told.clone(), Right::Access, None, Tongue::De, vec![]).unwrap());
    let bytes: usize = made.iter().map(|file| file.bytes.len()).sum();
    let ms = |took: Duration| took.as_secs_f64() * 1e3;
    println!("record and notes read            {:>8.1} ms", ms(read));
    println!("gathered and looked through      {:>8.1} ms", ms(gather));
    println!("{} files made, {} KiB          {:>8.1} ms", made.len(), bytes >> 10, ms(files));
    println!("the answer                       {:>8.1} ms", ms(gather + files));
}
