//! Erasure that holds: on the disk, in copies from before, over kills.
//!
//! Each command is a process of its own, on a store in files. After each of them the whole directory is copied: what an
//! earlier backup, snapshot or forgotten copy would be. `CALLBOOK_KILL_ROUNDS` sets how often an erasure is killed.

#![allow(clippy::wildcard_imports)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may end it")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use callbook::api::*;
use callbook::client::Client;
use callbook::client::open::{InitOptions, KdfCost, Secret, init, open};
use callbook::domain::edit::{FieldEdit, Incoming};
use callbook::domain::entity::RecordKind;
use callbook::domain::erasure::Ground;
use callbook::domain::id::ContactId;
use callbook::domain::request::Right;
use callbook::env::Env;

/// What occurs nowhere but in the erased person's data.
const CANARIES: &[&str] = &[
    "Kanariella",
    "Vögelsänger",
    "zwitscher@example.com",
    "5105550142",
    "510 555 0142",
    "trillert um acht",
    "Stieglitzwartin",
    "Gimpelmesse",
    "ja bitte gern anrufen",
    "vergesst mich",
];

struct Home(tempfile::TempDir);

impl Home {
    fn run_in(&self, store: &Path, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_callbook"))
            .args(words)
            .args(["--store", store.to_str().unwrap(), "--key-file", "key"])
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", self.0.path().join("home"))
            .env("TMPDIR", self.0.path().join("tmp"))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A command that must succeed; its output. The store as it then is, is kept as a generation.
    fn run(&self, words: &[&str]) -> String {
        let done = self.run_in(Path::new("store"), words);
        assert_eq!(done.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        let generations = self.path("generations");
        let number = std::fs::read_dir(&generations).unwrap().count();
        copy(&self.path("store"), &generations.join(number.to_string()));
        String::from_utf8(done.stdout).unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn readable_in(dir: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            readable_in(&path, found);
            continue;
        }
        let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
        bytes.extend(std::fs::read(&path).unwrap());
        for canary in CANARIES {
            let wide: Vec<u8> = canary.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for spelt in [canary.as_bytes().to_vec(), canary.to_lowercase().into_bytes(), wide] {
                if memchr::memmem::find(&bytes, &spelt).is_some() {
                    found.push(format!("{}: {canary}", path.display()));
                }
            }
        }
    }
}

/// What of the canaries a process told.
fn told(done: &Output) -> Vec<&'static str> {
    let all = [done.stdout.as_slice(), done.stderr.as_slice()].concat();
    CANARIES
        .iter()
        .copied()
        .filter(|canary| memchr::memmem::find(&all, canary.as_bytes()).is_some())
        .collect()
}

/// Scenarios 4 and 5.
#[test]
fn nothing_of_an_erased_person_is_left_anywhere() {
    let home = Home(tempfile::tempdir().unwrap());
    for dir in ["generations", "home", "tmp", "letters"] {
        std::fs::create_dir(home.path(dir)).unwrap();
    }
    home.run(&["init", "--controller", "Nistkasten Probe GmbH", "--country", "US"]);
    let grounds = ["--basis", "contract", "--reason", "asked for an offer", "--country", "US"];
    let add =
        |words: &[&str]| home.run(&[&["contact", "add"], words, &grounds[..]].concat()).trim().to_owned();
    let anna = add(&[
        "--given",
        "Kanariella",
        "--family",
        "Vögelsänger",
        "--phone",
        "510 555 0142",
        "--email",
        "zwitscher@example.com",
        "--source",
        "Gimpelmesse",
    ]);
    let bert =
        add(&["--given", "Bert", "--family", "Stays", "--email", "bert@example.com", "--source", "fair"]);
    home.run(&["note", "add", &anna, "trillert um acht"]);
    home.run(&["note", "add", &bert, "works with Kanariella Vögelsänger"]);
    home.run(&["contact", "edit", &anna, "--set", "job_title=Stieglitzwartin"]);
    home.run(&[
        "consent",
        "record",
        &anna,
        "--purpose",
        "sales",
        "--channel",
        "phone",
        "--kind",
        "given",
        "--way",
        "in_person",
        "--words",
        "ja bitte gern anrufen",
    ]);
    home.run(&["contact", "list", "kanariella"]);
    home.run(&["task", "add", &anna, "trillert um acht", "--due", "2030-01-01"]);
    let opened = home.run(&[
        "request",
        "open",
        "--right",
        "erasure",
        "--contact",
        &anna,
        "--words",
        "vergesst mich",
        "--format",
        "json",
    ]);
    let opened: serde_json::Value = serde_json::from_str(&opened).unwrap();
    let number = opened["number"].to_string();
    let erase = ["subject", "erase", &anna, "--request", &number, "--notices", "letters", "--format", "json"];
    let refused = home.run_in(Path::new("store"), &erase);
    assert_eq!(refused.status.code(), Some(2), "without a terminal it needs --yes: {refused:?}");
    let dry = home.run_in(Path::new("store"), &[&erase[..], &["--dry-run"]].concat());
    let dry: serde_json::Value = serde_json::from_slice(&dry.stdout).unwrap();
    assert_eq!((dry["name"].as_str(), dry["mentions"].as_u64()), (Some("Kanariella Vögelsänger"), Some(1)));
    let done = home.run(&[&erase[..], &["--yes"]].concat());
    let done: serde_json::Value = serde_json::from_str(&done).unwrap();
    assert_eq!(done["receipt"]["epoch"], 1);

    let shown = home.run(&["erasure", "show", "1"]);
    assert!(shown.contains("epoch         1") && shown.contains("checkpoint of the log"), "{shown}");
    let listed = home.run(&["erasure", "list"]);
    assert!(listed.contains("1 to look at"), "{listed}");
    let mentions = home.run(&["erasure", "mentions", "--format", "json"]);
    let mentions: serde_json::Value = serde_json::from_str(&mentions).unwrap();
    let mention = &mentions["items"][0];
    assert_eq!(mention["about"].as_str(), Some(bert.as_str()));
    home.run(&["note", "edit", mention["record"].as_str().unwrap(), "works with a colleague"]);
    home.run(&["erasure", "decide", mention["id"].as_str().unwrap(), "--as", "redacted"]);
    // The history of the other's note has the name still: it is that person's data, and goes with that person.
    let opened = home.run(&["request", "open", "--right", "erasure", "--contact", &bert, "--format", "json"]);
    let opened: serde_json::Value = serde_json::from_str(&opened).unwrap();
    home.run(&["subject", "erase", &bert, "--request", &opened["number"].to_string(), "--yes"]);
    for (verb, words) in [("verify", &[][..]), ("activity", &["--limit", "100"])] {
        let done = home.run_in(Path::new("store"), &[&["history", verb], words].concat());
        assert_eq!((done.status.code(), told(&done)), (Some(0), vec![]), "{verb}: {done:?}");
    }
    for words in [&["contact", "list"][..], &["contact", "show", &anna], &["contact", "history", &anna]] {
        assert_eq!(told(&home.run_in(Path::new("store"), words)), [""; 0], "{words:?}");
    }
    let live = home.path("generations").join("live");
    copy(&home.path("store"), &live);

    let mut found = Vec::new();
    for dir in ["store", "generations", "home", "tmp", "letters"] {
        readable_in(&home.path(dir), &mut found);
    }
    assert_eq!(found, [""; 0], "nothing was ever readable on the disk");

    // Every earlier state of the data, with the keys of today and the secret: as a backup is restored, or a copy opened.
    let mut generations = 0;
    for entry in std::fs::read_dir(home.path("generations")).unwrap() {
        let dir = entry.unwrap().path();
        std::fs::remove_dir_all(dir.join("keys")).unwrap();
        copy(&home.path("store/keys"), &dir.join("keys"));
        for words in [
            &["contact", "list"][..],
            &["contact", "list", "zwitscher@example.com"],
            &["contact", "show", &anna],
            &["contact", "history", &anna],
            &["history", "activity", "--limit", "100"],
            &["doctor"],
        ] {
            let done = home.run_in(&dir, words);
            // The copy's own words name what was asked for.
            let asked = words.contains(&"zwitscher@example.com");
            let told: Vec<_> =
                told(&done).into_iter().filter(|one| !asked || *one != "zwitscher@example.com").collect();
            assert_eq!(told, [""; 0], "{}: {words:?}", dir.display());
        }
        generations += 1;
    }
    assert!(generations > 10, "{generations}");

    // Scenario 4: the person comes back in a list, written otherwise.
    std::fs::write(
        home.path("list.csv"),
        "name,phone,email\nK,001 (510) 555-0142,\nK,,ZWITSCHER@Example.com\nNew,,new@example.com\n",
    )
    .unwrap();
    let import = [
        "contact", "import", "list.csv", "--source", "list", "--basis", "contract", "--reason", "r",
        "--format", "json",
    ];
    let done = home.run_in(Path::new("store"), &import);
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&report["created"], &report["suppressed"]), (&1.into(), &2.into()), "{report}");
}

fn secret(dir: &Path) -> Secret {
    Secret::KeyFile(dir.join("key"))
}

fn reopen(dir: &Path) -> Client {
    open(&dir.join("store"), "tester", &secret(dir), &Env::system()).unwrap()
}

fn incoming(n: u64) -> Incoming {
    let fields = vec![
        FieldEdit::text("given_name", "Row"),
        FieldEdit::text("family_name", format!("Number{n}")),
        FieldEdit::text("emails", format!("number{n}@example.com")),
    ];
    Incoming { row: n, fields, notes: vec![format!("first {n}"), format!("second {n}")] }
}

/// The numbers of those who are there, with their ids.
fn there(client: &Client) -> Vec<(u64, uuid::Uuid)> {
    let list = List {
        kind: RecordKind::Contact,
        query: "row".into(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    let items = client.call(list).unwrap().items.into_iter();
    let mut found: Vec<(u64, uuid::Uuid)> =
        items.map(|view| (view.title.rsplit("Number").next().unwrap().parse().unwrap(), view.id)).collect();
    found.sort_unstable();
    found
}

/// What is killed: erases one person after the other, the lowest number first, and tells each that is gone.
#[test]
fn child() {
    let Some(dir) = std::env::var_os("CALLBOOK_ERASE_DIR") else { return };
    let mut out = std::io::stdout();
    let client = reopen(Path::new(&dir));
    for (n, id) in there(&client) {
        let contact = ContactId(id);
        let (how, words, person) = (String::new(), String::new(), String::new());
        let (about, language) = (Some(contact), None);
        let open = RequestOpen {
            contact: about,
            person,
            language,
            right: Right::Erasure,
            received: None,
            how,
            words,
        };
        let request = Some(client.call(open).unwrap().number);
        let (ground, reason) = (Ground::Request, String::new());
        let erase = SubjectErase { contact, request, ground, reason, anonymise: true, dry_run: false };
        client.call(erase).unwrap();
        writeln!(out, "GONE {n}").unwrap();
        out.flush().unwrap();
    }
    writeln!(out, "OVER 0").unwrap();
    out.flush().unwrap();
    // To be killed even so.
    let mut forever = String::new();
    std::io::stdin().read_line(&mut forever).unwrap();
}

struct Eraser {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Eraser {
    fn start(dir: &Path) -> Eraser {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["child", "--exact", "--nocapture", "--test-threads=1"])
            .env("CALLBOOK_ERASE_DIR", dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Eraser { process, lines }
    }

    /// Hears of some who are gone, then ends it after a moment; the last who is.
    fn kill_after(mut self, times: u64, moment: Duration) -> Option<u64> {
        let number = |line: &str| line.split("GONE ").nth(1).map(|rest| rest.trim().parse::<u64>().unwrap());
        let mut last = None;
        let mut line = String::new();
        let mut heard = 0;
        // The harness writes lines of its own, and on the same line before the first.
        while heard < times && !line.contains("OVER") {
            line.clear();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "the process ended by itself");
            heard += u64::from(line.contains("GONE"));
            last = number(&line).or(last);
        }
        std::thread::sleep(moment);
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines.lines().map_while(Result::ok).for_each(|line| last = number(&line).or(last));
        last
    }
}

/// Numbers that look random and are the same in every run.
fn mixed(round: u64, salt: u64) -> u64 {
    (round + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17).wrapping_mul(salt | 1) >> 33
}

#[test]
fn whoever_is_gone_stays_gone_over_kills_and_nobody_else_goes() {
    let rounds: u64 =
        std::env::var("CALLBOOK_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path();
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
    let people = rounds * 5;
    let provenance = Provenance {
        source: "list".into(),
        basis: "contract".into(),
        reason: "asked".into(),
        ..Provenance::default()
    };
    client.call(Import { rows: (0..people).map(incoming).collect(), provenance, dry_run: false }).unwrap();
    drop(client);
    let mut lowest = 0;
    for round in 0..rounds {
        let told = Eraser::start(dir)
            .kill_after(1 + mixed(round, 3) % 3, Duration::from_micros(mixed(round, 5) % 40_000));
        let client = reopen(dir);
        let left = there(&client);
        let first = left.first().map_or(people, |(n, _)| *n);
        if let Some(told) = told {
            assert!(first > told, "round {round}: {told} was gone, and is back");
        }
        // One after the other: whoever comes after the first is still there, with all notes.
        assert_eq!(left.iter().map(|(n, _)| *n).collect::<Vec<_>>(), (first..people).collect::<Vec<_>>());
        assert!(first >= lowest, "round {round}");
        lowest = first;
        assert_eq!(client.call(LogVerify {}).unwrap().problems, Vec::<String>::new(), "round {round}");
        if let Some((n, id)) = left.first() {
            let card = client.call(Get { kind: RecordKind::Contact, id: *id, at: None }).unwrap();
            assert_eq!(card.notes.len(), 2, "round {round}: {n}");
        }
        let certificates = client.call(Certificates {}).unwrap();
        assert_eq!(certificates.len() as u64, first, "round {round}: one for each who is gone");
        assert!(certificates.iter().all(|one| one.epoch > 0 && !one.checkpoint.is_empty()), "round {round}");
        assert_eq!(certificates.first().map_or(0, |one| one.epoch), first, "each once");
    }
    assert!(lowest >= rounds, "{lowest}");
}
