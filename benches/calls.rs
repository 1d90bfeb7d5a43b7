//! Calls and what is done with consent, on a store on the disk: each request as whoever waits for it sees it.
//!
//! `cargo bench --bench calls [-- CONTACTS]` (100 000 unless told). Everybody has agreed to be called, one in a hundred until
//! some day of this month; one in fifty is to be called today by whoever asks. Aims: a decision 1 ms, a whole call durable
//! 10 ms, the day's work 50 ms.
#![allow(clippy::wildcard_imports)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::panic
)]

use std::path::Path;
use std::time::{Duration, Instant};

use callbook::api::*;
use callbook::client::Client;
use callbook::client::open::{InitOptions, KdfCost, Secret, init, open};
use callbook::domain::answers::{Answer, CallAnswers, Reply};
use callbook::domain::call::Answered;
use callbook::domain::channel::Channel;
use callbook::domain::consent::{ConsentKind, Way};
use callbook::domain::edit::{FieldEdit, Incoming};
use callbook::domain::entity::RecordKind;
use callbook::domain::id::ContactId;
use callbook::domain::time::Timestamp;
use callbook::env::Env;
use uuid::Uuid;

/// Requests of one sort that are timed.
const TIMED: usize = 300;
/// Threads that fill the store: their commits are made in groups.
const WRITERS: usize = 64;
/// People of one page of an export.
const PAGE: u64 = 2_000;

fn main() {
    let count: u64 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let temporary =
        tempfile::Builder::new().prefix("callbook-calls").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let dir = temporary.path();
    let secret = || Secret::KeyFile(dir.join("key"));
    let started = Instant::now();
    fill(&init(&dir.join("store"), &options(), &secret(), &Env::system()).unwrap().client, count);
    println!("{count} contacts, each with what they agreed to: {:.0} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let client = open(&dir.join("store"), "bench", &secret(), &Env::system()).unwrap();
    println!("opened in {:.2} s", started.elapsed().as_secs_f64());
    let ids = some(&client, 3 * TIMED as u64);
    println!("{:<44}{:>10}{:>10}{:>10}", "", "median", "p99", "worst");
    decisions(&client, &ids[..TIMED]);
    whole(&client, &ids[TIMED..2 * TIMED]);
    day(&client);
    export(&client, dir, count);
}

fn options() -> InitOptions {
    InitOptions {
        address: "Street 1, Berlin".into(),
        contact: "privacy@example.com".into(),
        controller: "Bench GmbH".into(),
        country: "DE".into(),
        user: "bench".into(),
        unix: "bench".into(),
        cost: KdfCost::MINIMUM,
    }
}

fn now() -> i64 {
    Env::system().now().millis()
}

fn fill(client: &Client, count: u64) {
    let provenance = || Provenance {
        source: "list".into(),
        basis: "consent".into(),
        reason: "asked at the fair".into(),
        country: "DE".into(),
        ..Provenance::default()
    };
    for first in (0..count).step_by(1_000) {
        let row = |n: u64| {
            let fields = vec![
                FieldEdit::text("given_name", "Anna"),
                FieldEdit::text("family_name", format!("Number{n}")),
                FieldEdit::text("phones", format!("+4930{:08}", 10_000_000 + n)),
                FieldEdit::text("emails", format!("number{n}@example.com")),
                FieldEdit::text("language", "de"),
                FieldEdit::text("owner", "bench"),
            ];
            Incoming { row: n, fields, notes: vec![] }
        };
        let rows = (first..count.min(first + 1_000)).map(row).collect();
        client.call(Import { rows, provenance: provenance(), dry_run: false }).unwrap();
    }
    let window = Window::default();
    let (query, sort, columns) = (String::new(), String::new(), vec![name_key()]);
    let ids: Vec<Uuid> = client
        .call(List { kind: RecordKind::Contact, query, sort, window, columns })
        .unwrap()
        .items
        .iter()
        .map(|view| view.id)
        .collect();
    let share = ids.len().div_ceil(WRITERS).max(1);
    std::thread::scope(|scope| {
        for part in ids.chunks(share) {
            scope.spawn(move || {
                for (n, id) in part.iter().enumerate() {
                    agree(client, ContactId(*id), n);
                }
            });
        }
    });
}

fn name_key() -> callbook::domain::field::FieldKey {
    callbook::domain::contact::ContactField::family_name.key()
}

fn agree(client: &Client, contact: ContactId, n: usize) {
    let said = |channel, until: Option<i64>| {
        let mut said = Said::new(ConsentKind::Given, "sales", channel, Way::InPerson, "yes, do call me");
        said.until = until.map(Timestamp::from_millis);
        said
    };
    let soon = n.is_multiple_of(100).then(|| now() + 86_400_000 * (1 + n as i64 / 100 % 28));
    let said = vec![said(Channel::Storage, None), said(Channel::Phone, soon)];
    client.call(ConsentRecord { contact, said }).unwrap();
    if n.is_multiple_of(50) {
        let fields = vec![
            FieldEdit::text("text", "call about the offer"),
            FieldEdit::text("kind", "call"),
            FieldEdit::text("due", Timestamp::from_millis(now() - 3_600_000).to_string()),
            FieldEdit::text("owner", "bench"),
        ];
        client.call(Add { kind: RecordKind::Task, about: Some(contact), fields }).unwrap();
    }
}

/// Some people, from all over the list.
fn some(client: &Client, many: u64) -> Vec<ContactId> {
    let total = page(client, 0, 1).total;
    let step = (total / many).max(1);
    let each = (0..many).map(|n| ContactId(page(client, n * step % total, 1).items[0].id));
    each.collect()
}

fn page(client: &Client, offset: u64, limit: u64) -> Page {
    let window = Window { after: None, offset, limit: Some(limit) };
    let (query, sort, columns) = (String::new(), String::new(), vec![name_key()]);
    client.call(List { kind: RecordKind::Contact, query, sort, window, columns }).unwrap()
}

fn tell(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let at = |part: f64| ms(took[((took.len() - 1) as f64 * part) as usize]);
    println!("{what:<44}{:>7.2} ms{:>7.2} ms{:>7.2} ms", at(0.5), at(0.99), at(1.0));
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn timed<T>(took: &mut Vec<Duration>, f: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let answer = f();
    took.push(started.elapsed());
    answer
}

/// Whether somebody may be called: the first look is in the read log before it is answered, the next within a minute is the
/// same look.
fn decisions(client: &Client, ids: &[ContactId]) {
    for what in ["a decision, with its durable look", "a decision"] {
        let mut took = Vec::new();
        for contact in ids {
            let check = CallCheck { contact: *contact, purpose: "sales".into(), number: None };
            let card = timed(&mut took, || client.call(check).unwrap());
            assert!(card.allowed, "{}", card.verdict);
        }
        tell(what, took);
    }
}

/// A call that is begun, and recorded with three answers.
fn whole(client: &Client, ids: &[ContactId]) {
    let (mut begins, mut keeps, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for contact in ids {
        let begin = CallBegin {
            contact: *contact,
            purpose: "sales".into(),
            number: None,
            language: None,
            list: None,
        };
        let begun = timed(&mut begins, || client.call(begin).unwrap());
        let script = begun.script.unwrap();
        let mut call = CallAnswers::dialled("sales", begun.begun_at);
        call.id = Some(begun.call);
        call.answered_by = Answered::Person;
        call.identity = "full name and company".into();
        call.script.clone_from(&script.script);
        call.wording_sha256.clone_from(&script.sha256);
        (call.answered_at, call.read_at, call.ended_at) =
            (Some(begun.begun_at), Some(begun.begun_at), Some(begun.begun_at));
        let answer = |question: &CallQuestion| Answer {
            purpose: question.purpose.clone(),
            channel: question.channel,
            reply: if question.purpose == "sales" { Reply::Yes } else { Reply::No },
            words: "Ja, das können Sie gern machen.".into(),
            at: None,
            question: String::new(),
            until: None,
            products: String::new(),
        };
        call.answers = script.questions.iter().map(answer).collect();
        timed(&mut keeps, || client.call(CallKeep { call: begun.call, answers: call.clone() }).unwrap());
        let recorded =
            timed(&mut records, || client.call(CallRecord { contact: *contact, answers: call }).unwrap());
        assert_eq!(recorded.events.len(), script.questions.len());
    }
    tell("a call begun, durable", begins);
    tell("its answers kept, durable", keeps);
    tell("a whole call recorded, durable", records);
}

fn day(client: &Client) {
    let mut took = Vec::new();
    for _ in 0..21 {
        let day = timed(&mut took, || client.call(Today {}).unwrap());
        assert!(!day.calls.is_empty() && !day.expiring.is_empty());
    }
    tell("the day's work", took);
}

/// Everybody who may be called, page by page into a file's place, each use recorded.
fn export(client: &Client, dir: &Path, count: u64) {
    let started = Instant::now();
    let (mut after, mut run, mut rows, mut took) = (None, None, 0, Vec::new());
    loop {
        let export = Export {
            query: String::new(),
            purpose: "sales".into(),
            channel: Channel::Phone,
            window: Window { after, offset: 0, limit: Some(PAGE) },
            columns: vec![],
            to: String::new(),
            run,
        };
        let page = timed(&mut took, || client.call(export).unwrap());
        rows += page.page.items.len() as u64;
        (after, run) = (page.next, page.run);
        if after.is_none() {
            break;
        }
    }
    let whole = started.elapsed();
    tell(&format!("a page of {PAGE} of an export, durable"), took);
    println!(
        "export of {rows} of {count} with a use recorded for each: {:.1} s, {:.0} rows/s; the store has {:.0} MB",
        whole.as_secs_f64(),
        rows as f64 / whole.as_secs_f64(),
        size(&dir.join("store")) as f64 / 1e6
    );
}

fn size(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    let entries = entries.flatten().map(|entry| (entry.path(), entry.metadata()));
    let of = |(path, data): (std::path::PathBuf, std::io::Result<std::fs::Metadata>)| match data {
        Ok(data) if data.is_dir() => size(&path),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    entries.map(of).sum()
}
