//! Backups and keys by commands: made, looked at, restored; escrows; ways to unlock; a store made anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "whatever goes wrong here is a failed test"
)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use support::shell::{Shell, err};

impl Elsewhere for Shell {}

/// The same program on another store.
trait Elsewhere: AsShell {
    fn on(&self, store: &str, words: &[&str]) -> std::process::Output {
        self.shell().command(words).env("CALLBOOK_STORE", store).output().unwrap()
    }

    fn json_on(&self, store: &str, words: &[&str]) -> Json {
        let words: Vec<&str> = words.iter().copied().chain(["--format", "json"]).collect();
        let done = self.on(store, &words);
        assert_eq!(done.status.code(), Some(0), "{words:?}: {}", err(&done));
        serde_json::from_slice(&done.stdout).unwrap()
    }
}

trait AsShell {
    fn shell(&self) -> &Shell;
}

impl AsShell for Shell {
    fn shell(&self) -> &Shell {
        self
    }
}

/// Whether a number that was suppressed still is.
const SUPPRESSED: &[&str] = &["suppression", "check", "--phone", "030 901829"];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn total(page: &Json) -> u64 {
    page["total"].as_u64().unwrap()
}

#[test]
fn restoring_brings_back_what_was_and_no_consent_that_was_withdrawn() {
    let shell = Shell::new();
    let anna = shell.add("Anna", "Schmidt", "030 901820");
    let bea = shell.add("Bea", "Kurz", "030 901821");
    let yes = ["consent", "record", &anna, "--purpose", "sales", "--channel", "phone", "--kind", "given"];
    shell.ok(&[&yes[..], &["--way", "in_person", "--words", "yes, do that"]].concat());

    let made = shell.json(&["backup", "create", "--out", "monday.backup", "--name", "monday"]);
    let file = shell.dir.path().join("monday.backup");
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(made["sha256"], hex(&Sha256::digest(&bytes)), "as `sha256sum` has it");
    assert_eq!((&made["form"], &made["state"]), (&json!("data"), &json!("current")));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for word in ["Schmidt", "901820", "yes, do that", "Muster"] {
        assert!(memchr::memmem::find(&bytes, word.as_bytes()).is_none(), "{word}");
    }
    let looked = shell.json(&["backup", "verify", "monday.backup"]);
    assert!(looked["checkpoint"].as_str().unwrap().starts_with("callbook/"));
    assert_eq!(looked.get("forgotten"), None, "nobody can tell without keys");
    let looked = shell.json(&["backup", "verify", "monday.backup", "--keys", "store"]);
    assert_eq!(
        (&looked["forgotten"], &looked["lost_rows"], &looked["problems"]),
        (&json!(0), &json!(0), &json!([]))
    );

    // What happens after the backup: things that are set back, and things that must never be.
    shell.ok(&["contact", "edit", &bea, "--set", "job_title=Buyer"]);
    shell.add("Dora", "Lang", "030 901822");
    shell.ok(&["consent", "withdraw", &anna, "--purpose", "sales", "--words", "no more"]);
    shell.ok(&["suppression", "add", "--phone", "030 901829"]);

    let restore = ["backup", "restore", "monday.backup", "--into", "new", "--keys", "store"];
    let restored = shell.json(&restore);
    assert_eq!(restored["carried"]["suppressions"], 1, "{restored}");
    assert_eq!(restored["carried"]["consent events"], 2, "by phone, and storage at all: {restored}");
    assert_eq!((&restored["lost_rows"], &restored["problems"]), (&json!(0), &json!([])));
    assert_eq!(restored.get("not_carried"), None);

    let people = shell.json_on("new", &["contact", "list"]);
    assert_eq!(total(&people), 2, "Dora came later");
    assert_eq!(shell.json_on("new", &["contact", "show", &bea]).get("job_title"), None);
    assert_eq!(shell.json_on("new", SUPPRESSED)["suppressed"], true);
    let call = shell.on("new", &["call", "check", &anna, "--purpose", "sales"]);
    assert_eq!(call.status.code(), Some(5), "the withdrawal holds: {}", err(&call));
    assert_eq!(shell.json_on("new", &["history", "verify"])["ok"], true);
    let activity = shell.json_on("new", &["history", "activity"]).to_string();
    assert!(activity.contains("recover"), "{activity}");
    let listed = shell.json_on("new", &["backup", "list"])["items"].clone();
    let names: Vec<&str> =
        listed.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.iter().any(|name| name.starts_with("the store before ")), "{names:?}");
    assert!(names.iter().any(|name| name.contains("monday")), "{names:?}");

    // The store it was restored beside is as it was.
    assert_eq!(total(&shell.json(&["contact", "list"])), 3);
    assert_eq!(shell.json(&["history", "verify"])["ok"], true);
    assert!(shell.fails(5, &restore).contains("not overwritten"), "never over a store");
}

#[test]
fn whoever_lost_everything_has_the_escrow() {
    let shell = Shell::new();
    shell.add("Anna", "Schmidt", "030 901820");
    let doctor = shell.ok(&["doctor"]);
    assert!(doctor.contains("there is no key escrow") && doctor.contains("there is no backup"), "{doctor}");
    shell.write("words", "a drawer far away from here\n");
    shell.write("wrong", "a drawer right beside it\n");
    let escrow =
        ["keys", "escrow", "--out", "keys.escrow", "--escrow-passphrase-file", "words", "--key-file", "key"];
    let made = shell.json(&escrow);
    assert_eq!(
        (&made["form"], &made["state"], &made["name"]),
        (&json!("escrow"), &json!("current"), &json!("keys.escrow"))
    );
    shell.ok(&["backup", "create", "--out", "all.backup"]);
    assert!(!shell.ok(&["doctor"]).contains("there is no key escrow"));

    // Written anew in its place, and nothing else is written over.
    assert_eq!(shell.json(&["keys", "escrow", "--refresh"])["total"], 1);
    shell.write("letter", "Dear all");
    let over =
        ["keys", "escrow", "--out", "letter", "--escrow-passphrase-file", "words", "--key-file", "key"];
    assert!(shell.fails(5, &over).contains("not overwritten"));
    assert_eq!(std::fs::read_to_string(shell.dir.path().join("letter")).unwrap(), "Dear all");
    shell.ok(&["doctor"]);

    std::fs::remove_dir_all(shell.dir.path().join("store")).unwrap();
    let restore = |keys: &'static str, words: &'static str| {
        [
            "backup",
            "restore",
            "all.backup",
            "--into",
            "new",
            "--keys",
            keys,
            "--escrow-passphrase-file",
            words,
        ]
    };
    let told = shell.fails(7, &[&restore("keys.escrow", "wrong")[..], &["--key-file", "new-key"]].concat());
    assert!(told.contains("passphrase of the key escrow is wrong"), "{told}");
    let told = shell.fails(2, &[&restore("letter", "words")[..], &["--key-file", "new-key"]].concat());
    assert!(told.contains("no key escrow"), "{told}");
    assert!(!shell.dir.path().join("new").exists(), "what failed leaves nothing");
    let done = shell.json(&[&restore("keys.escrow", "words")[..], &["--key-file", "new-key"]].concat());
    assert!(done["not_carried"].as_str().unwrap().contains("escrow"), "{done}");
    assert!(done["recovery_code"].as_str().unwrap().len() > 20);
    assert!(done["keys_of"].as_str().is_some(), "whoever was erased since would be in it");
    let people = shell.json_on("new", &["contact", "list", "--key-file", "new-key"]);
    assert_eq!(people["items"][0]["given_name"], "Anna");
    assert_eq!(
        shell.on("new", &["contact", "list"]).status.code(),
        Some(7),
        "the old key unlocks it no more"
    );
}

/// Last week's backup with the keys of today: of the person who was erased since there is nothing, and the log says so.
#[test]
fn whoever_was_erased_is_in_no_store_that_is_restored() {
    let shell = Shell::new();
    let anna = shell.add("Anna", "Schmidt", "030 901820");
    shell.add("Bea", "Kurz", "030 901821");
    shell.write("words", "a drawer far away from here\n");
    shell.ok(&["keys", "escrow", "--out", "e", "--escrow-passphrase-file", "words", "--key-file", "key"]);
    let with =
        ["--with-keys", "--expires", "2999-12-31", "--backup-passphrase-file", "words", "--key-file", "key"];
    shell.ok(&[&["backup", "create", "--out", "whole"][..], &with[..]].concat());
    shell.ok(&["backup", "create", "--out", "old"]);

    let opened = shell.json(&["request", "open", "--right", "erasure", "--contact", &anna]);
    let number = opened["number"].to_string();
    let erased = shell.ok(&["subject", "erase", &anna, "--request", &number, "--yes", "--format", "json"]);
    assert!(erased.contains("refreshed") && erased.contains("2999-12-31"), "both copies are named: {erased}");
    let states = shell.json(&["backup", "list"])["items"].clone();
    let escrow = states.as_array().unwrap().iter().find(|one| one["form"] == "escrow").unwrap();
    assert_eq!(escrow["state"], "current", "it was written anew");

    let looked = shell.json(&["backup", "verify", "old", "--keys", "store"]);
    assert_eq!((&looked["forgotten"], &looked["problems"]), (&json!(1), &json!([])));
    let escrowed = ["--keys", "e", "--escrow-passphrase-file", "words", "--key-file", "new-key"];
    for (into, keys) in [("a", &["--keys", "store"][..]), ("b", &escrowed[..])] {
        let words = [&["backup", "restore", "old", "--into", into][..], keys].concat();
        let done = shell.json(&words);
        assert_eq!((&done["forgotten"], &done["problems"]), (&json!(1), &json!([])), "{into}: {done}");
        let key = if into == "a" { "key" } else { "new-key" };
        let people = shell.json_on(into, &["contact", "list", "--key-file", key]);
        assert_eq!((total(&people), &people["items"][0]["given_name"]), (1, &json!("Bea")), "{into}");
        assert_eq!(shell.json_on(into, &["history", "verify", "--key-file", key])["ok"], true, "{into}");
        assert_ne!(shell.on(into, &["contact", "show", &anna, "--key-file", key]).status.code(), Some(0));
        let activity = shell.json_on(into, &["history", "activity", "--key-file", key]).to_string();
        assert!(!activity.contains("Schmidt") && activity.contains("erase"), "{into}: {activity}");
    }
}

#[test]
fn a_backup_with_keys_has_a_day_and_is_forgotten_when_it_is_gone() {
    let shell = Shell::new();
    shell.add("Anna", "Schmidt", "030 901820");
    shell.write("words", "in the safe upstairs\n");
    let create = |name: &'static str, day: &'static str| {
        let with =
            ["--with-keys", "--expires", day, "--backup-passphrase-file", "words", "--key-file", "key"];
        [&["backup", "create", "--out", name][..], &with[..]].concat()
    };
    shell.fails(2, &["backup", "create", "--out", "a", "--with-keys", "--key-file", "key"]);
    shell.fails(5, &create("a", "2020-01-01"));
    assert!(!shell.dir.path().join("a").exists());
    let made = shell.json(&create("all.backup", "2999-12-31"));
    assert_eq!((&made["form"], &made["expires"]), (&json!("whole"), &json!("2999-12-31")));
    shell.fails(6, &create("all.backup", "2999-12-31"));
    assert!(shell.fails(5, &["backup", "forget", "all.backup"]).contains("still there"));
    // It restores itself, with nothing but its passphrase.
    let restore = ["backup", "restore", "all.backup", "--into", "new", "--keys", "all.backup"];
    shell.ok(&[&restore[..], &["--escrow-passphrase-file", "words", "--key-file", "key"]].concat());
    assert_eq!(total(&shell.json_on("new", &["contact", "list"])), 1);

    std::fs::remove_file(shell.dir.path().join("all.backup")).unwrap();
    assert_eq!(shell.json(&["backup", "forget", "all.backup"])["state"], "destroyed");
    shell.fails(3, &["backup", "forget", "all.backup"]);
    shell.fails(2, &["backup", "create", "--out", "/"]);
    let inside = shell.fails(5, &["backup", "create", "--out", "store/data/all.backup"]);
    assert!(inside.contains("lost with it"), "{inside}");
}

#[test]
fn what_is_no_good_backup_is_refused() {
    let (shell, other) = (Shell::new(), Shell::new());
    shell.add("Anna", "Schmidt", "030 901820");
    shell.ok(&["backup", "create", "--out", "good"]);
    let good = std::fs::read(shell.dir.path().join("good")).unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(shell.dir.path().join(name), bytes).unwrap();
    write("cut", &good[..good.len() * 2 / 3]);
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    write("flipped", &flipped);
    let mut newer = good.clone();
    newer[8] = 9;
    let sum = Sha256::digest(&newer[..4096 - 32]);
    newer[4096 - 32..4096].copy_from_slice(&sum);
    write("newer", &newer);
    write("letter", b"Dear all");
    for (name, code, word) in [
        ("cut", 8, "cut off"),
        ("flipped", 8, "damaged"),
        ("newer", 8, "newer version"),
        ("letter", 2, "is no backup"),
    ] {
        assert!(shell.fails(code, &["backup", "verify", name]).contains(word), "{name}");
        let told = shell.fails(code, &["backup", "restore", name, "--into", "new", "--keys", "store"]);
        assert!(told.contains(word), "{name}: {told}");
        assert!(!shell.dir.path().join("new").exists(), "{name}");
    }
    let theirs = other.dir.path().join("store");
    let theirs = theirs.to_str().unwrap();
    let key = other.dir.path().join("key");
    let verify = ["backup", "verify", "good", "--keys", theirs, "--key-file", key.to_str().unwrap()];
    assert!(shell.fails(5, &verify).contains("of the store"));
}

#[test]
fn ways_to_unlock_come_and_go_and_the_master_key_is_replaced() {
    let shell = Shell::new();
    let anna = shell.add("Anna", "Schmidt", "030 901820");
    shell.ok(&["suppression", "add", "--phone", "030 901829"]);
    shell.write("words", "a drawer far away from here\n");
    shell.ok(&["keys", "escrow", "--out", "e", "--escrow-passphrase-file", "words", "--key-file", "key"]);
    let ids = |shell: &Shell| {
        let ways = shell.json(&["keys", "list"]);
        let ways = ways["items"].as_array().unwrap().clone();
        ways.iter()
            .map(|way| (way["id"].to_string(), way["kind"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&shell).len(), 2);
    shell.ok(&["keys", "add", "--new-key-file", "second", "--key-file", "key"]);
    let code = shell.ok(&["keys", "add", "--recovery"]).trim().to_owned();
    shell.write("paper", &code);
    assert_eq!(shell.ok(&["contact", "list", "--format", "ids", "--recovery-file", "paper"]).trim(), anna);
    assert_eq!(shell.ok(&["contact", "list", "--format", "ids", "--key-file", "second"]).trim(), anna);
    let all = ids(&shell);
    assert_eq!(all.len(), 4);
    shell.fails(3, &["keys", "remove", "77"]);
    for (id, _) in all.iter().filter(|(_, kind)| kind == "recovery code") {
        shell.ok(&["keys", "remove", id]);
    }
    shell.fails(7, &["contact", "list", "--recovery-file", "paper"]);

    // Without a yes nothing happens; then only what was named unlocks it.
    shell.fails(2, &["keys", "rotate"]);
    let before = std::fs::read(shell.dir.path().join("e")).unwrap();
    let code = shell.ok(&["keys", "rotate", "--yes"]).trim().to_owned();
    shell.write("paper", &code);
    assert_eq!(shell.ok(&["contact", "list", "--format", "ids", "--recovery-file", "paper"]).trim(), anna);
    shell.fails(7, &["contact", "list", "--key-file", "second"]);
    assert_eq!(ids(&shell).len(), 2);
    assert_eq!(shell.json(SUPPRESSED)["suppressed"], true);
    assert_eq!(shell.json(&["history", "verify"])["ok"], true);
    assert_ne!(std::fs::read(shell.dir.path().join("e")).unwrap(), before, "the escrow follows");
    assert!(!shell.dir.path().join("store/keys.next").exists());
    let last = ids(&shell);
    shell.ok(&["keys", "remove", &last.iter().find(|(_, kind)| kind == "recovery code").unwrap().0]);
    let (only, _) = &ids(&shell)[0];
    assert!(shell.fails(5, &["keys", "remove", only]).contains("last way"));
}

#[test]
fn a_store_is_made_anew_and_takes_the_place_of_the_old_one() {
    let shell = Shell::new();
    let anna = shell.add("Anna", "Schmidt", "030 901820");
    for n in 0..30 {
        shell.ok(&["contact", "edit", &anna, "--set", &format!("job_title=Title {n}")]);
    }
    shell.ok(&["suppression", "add", "--phone", "030 901829"]);
    let rebuilt = shell.json(&["rebuild", "--into", "new"]);
    assert_eq!((&rebuilt["lost_rows"], &rebuilt["problems"]), (&json!(0), &json!([])));
    assert_eq!(shell.json_on("new", &["history", "verify"])["ok"], true);
    assert_eq!(shell.json_on("new", &["contact", "show", &anna])["job_title"], "Title 29");
    assert_eq!(shell.json(&["history", "verify"])["ok"], true, "the old one is as it was");

    shell.fails(2, &["rebuild", "--into", "third", "--swap"]);
    let swapped = shell.json(&["rebuild", "--into", "third", "--swap", "--yes"]);
    assert!(swapped["before"].as_str().unwrap().ends_with("third"));
    assert_eq!(shell.json(&["history", "verify"])["ok"], true);
    assert_eq!(shell.json(SUPPRESSED)["suppressed"], true);
    // What lies elsewhere now has everybody in it, and is named until it is gone.
    let listed = shell.json(&["backup", "list"])["items"].clone();
    let old = listed.as_array().unwrap().iter().find(|one| one["form"] == "whole").unwrap().clone();
    assert!(old["path"].as_str().unwrap().ends_with("third"));
    shell.fails(5, &["backup", "forget", old["name"].as_str().unwrap()]);
    std::fs::remove_dir_all(shell.dir.path().join("third")).unwrap();
    shell.ok(&["backup", "forget", old["name"].as_str().unwrap()]);
}

/// What the journal held is lost with it; the rest is rescued, and what is lost is said.
#[test]
fn what_is_left_of_a_damaged_store_is_rescued() {
    let shell = Shell::new();
    shell.add("Anna", "Schmidt", "030 901820");
    shell.add("Bea", "Kurz", "030 901821");
    std::fs::write(shell.dir.path().join("store/data/journal"), b"nonsense").unwrap();
    shell.fails(8, &["contact", "list"]);
    let refused = shell.fails(8, &["rebuild", "--into", "new"]);
    assert!(refused.contains("--accept-losses"), "{refused}");
    assert!(!shell.dir.path().join("new").exists());
    let done = shell.run(&["rebuild", "--into", "new", "--accept-losses", "--format", "json"]);
    assert!(err(&done).contains("the latest changes are lost"), "{}", err(&done));
    // Each of these commands closed the store, so that the journal was empty.
    assert_eq!(total(&shell.json_on("new", &["contact", "list"])), 2);
}

/// Killed at any moment, restoring leaves the old store as it was, and the new one whole or unfinished.
#[test]
fn a_restore_that_is_killed_harms_nothing() {
    let shell = Shell::new();
    for n in 0..5 {
        shell.add(&format!("Given{n}"), "Schmidt", &format!("030 90182{n}"));
    }
    shell.ok(&["backup", "create", "--out", "b"]);
    let restore = ["backup", "restore", "b", "--into", "new", "--keys", "store"];
    let begun = Instant::now();
    shell.ok(&restore);
    let took = begun.elapsed();
    let new = shell.dir.path().join("new");
    std::fs::remove_dir_all(&new).unwrap();
    let mut unfinished = 0;
    for round in 0..8 {
        let quiet = || Stdio::null();
        let mut child = shell.command(&restore).stdout(quiet()).stderr(quiet()).spawn().unwrap();
        std::thread::sleep(took.mul_f64(f64::from(round) / 8.0).max(Duration::from_millis(1)));
        let _ = child.kill();
        child.wait().unwrap();
        if Path::new(&new).join("HEADER").exists() {
            assert_eq!(shell.json_on("new", &["history", "verify"])["ok"], true, "round {round}");
            std::fs::remove_dir_all(&new).unwrap();
            continue;
        }
        unfinished += usize::from(new.exists());
        assert_ne!(shell.on("new", &["contact", "list"]).status.code(), Some(0));
        // What is unfinished is begun anew.
        shell.ok(&restore);
        assert_eq!(total(&shell.json_on("new", &["contact", "list"])), 5);
        std::fs::remove_dir_all(&new).unwrap();
    }
    assert_eq!(total(&shell.json(&["contact", "list"])), 5, "{unfinished} were unfinished");
    assert_eq!(shell.json(&["history", "verify"])["ok"], true);
}
