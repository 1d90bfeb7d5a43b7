//! `kill -9` at any instant: nothing acknowledged is lost, nothing is half-done, the history verifies.
//!
//! The test starts itself as the program to be killed. `CALLBOOK_KILL_ROUNDS` sets how often; a few dozen unless told.

#![allow(clippy::wildcard_imports)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may end it")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use callbook::api::*;
use callbook::client::Client;
use callbook::client::open::{InitOptions, KdfCost, Secret, init, open};
use callbook::domain::edit::{FieldEdit, Incoming};
use callbook::domain::entity::RecordKind;
use callbook::env::Env;

const CHUNK: u64 = 40;

fn secret(dir: &Path) -> Secret {
    Secret::KeyFile(dir.join("key"))
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

fn row(n: u64) -> Incoming {
    let fields = vec![
        FieldEdit::text("given_name", "Row"),
        FieldEdit::text("family_name", format!("Number{n}")),
        FieldEdit::text("emails", format!("row{n}@example.com")),
    ];
    Incoming { row: n, fields, notes: vec![] }
}

fn list(client: &Client, query: &str) -> Page {
    let window = Window { limit: Some(1), ..Window::default() };
    client
        .call(List {
            kind: RecordKind::Contact,
            query: query.into(),
            sort: String::new(),
            window,
            columns: vec![],
        })
        .unwrap()
}

/// What is killed: imports chunks and edits one contact, telling each thing that was acknowledged.
#[test]
fn child() {
    let Some(dir) = std::env::var_os("CALLBOOK_KILL_DIR") else { return };
    let dir = Path::new(&dir);
    let client = open(&dir.join("store"), "tester", &secret(dir), &Env::system()).unwrap();
    let mut out = std::io::stdout();
    let mut next = list(&client, "row").total;
    let target = list(&client, "number0").items.first().map(|view| view.id);
    let mut edits: u64 = 0;
    loop {
        let rows = (next..next + CHUNK).map(row).collect();
        client.call(Import { rows, provenance: provenance(), dry_run: false }).unwrap();
        next += CHUNK;
        writeln!(out, "ACK rows {next}").unwrap();
        out.flush().unwrap();
        for _ in 0..5 {
            let Some(id) = target else { break };
            edits += 1;
            let fields = vec![FieldEdit::text("job_title", format!("{}:{edits}", std::process::id()))];
            client.call(Edit { kind: RecordKind::Contact, id, fields, expect_revision: None }).unwrap();
            writeln!(out, "ACK edit {}:{edits}", std::process::id()).unwrap();
            out.flush().unwrap();
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost() {
    let rounds: u64 =
        std::env::var("CALLBOOK_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(25);
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path();
    let options = InitOptions {
        controller: "Test GmbH".into(),
        country: "DE".into(),
        user: "tester".into(),
        unix: "tester".into(),
        cost: KdfCost::MINIMUM,
    };
    let client = init(&dir.join("store"), &options, &secret(dir), &Env::system()).unwrap().client;
    client.call(Import { rows: vec![row(0)], provenance: provenance(), dry_run: false }).unwrap();
    drop(client);
    let (mut acknowledged, mut title) = (1, String::new());
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child", "--exact", "--nocapture", "--test-threads=1"])
            .env("CALLBOOK_KILL_DIR", dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mixed = (round + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        // Some rounds are killed while the store opens, the others after some acknowledgements and a moment.
        let mut wanted = mixed % 9;
        let mut take = |line: String| {
            // The harness writes on the same line before the first.
            if let Some(rows) = line.split("ACK rows ").nth(1) {
                acknowledged = rows.trim().parse().unwrap();
            } else if let Some(edit) = line.split("ACK edit ").nth(1) {
                title = edit.trim().to_owned();
            }
        };
        while wanted > 0 {
            let Some(line) = lines.next() else { break };
            wanted -= u64::from(line.contains("ACK"));
            take(line);
        }
        std::thread::sleep(Duration::from_micros(mixed % 20_000));
        child.kill().unwrap();
        child.wait().unwrap();
        lines.for_each(take);

        let client = open(&dir.join("store"), "tester", &secret(dir), &Env::system()).unwrap();
        let report = client.call(LogVerify {}).unwrap();
        assert_eq!(report.problems, Vec::<String>::new(), "round {round}");
        let there = list(&client, "row").total;
        assert!(there >= acknowledged, "round {round}: {there} of {acknowledged} acknowledged rows");
        assert_eq!((there - 1) % CHUNK, 0, "round {round}: half a chunk");
        let now = list(&client, "number0");
        let key = callbook::domain::contact::ContactField::job_title.key();
        let held = now.items[0].text(key);
        let number = |text: &str| text.split(':').nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        let same_process = held.split(':').next() == title.split(':').next();
        assert!(
            !same_process || number(held) >= number(&title),
            "round {round}: {held} is older than the acknowledged {title}"
        );
        title = held.to_owned();
        acknowledged = there;
    }
}
