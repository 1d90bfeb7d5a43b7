//! The import rule of the crate's picture (`src/lib.rs`): rooms see only what stands below them, and each outside
//! package has its one place.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test may end it"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms a room may name.
const SEES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("law", &["domain"]),
    ("env", &["domain"]),
    ("api", &["domain"]),
    ("interchange", &["domain"]),
    ("config", &["domain", "env", "api", "law"]),
    ("store", &["domain", "env"]),
    ("service", &["domain", "env", "api", "law", "store"]),
    ("server", &["domain", "env", "api", "service"]),
    ("client", &["domain", "env", "api", "law", "interchange", "service"]),
    ("demo", &["domain", "env", "api", "client"]),
    ("tui", &["domain", "env", "api", "interchange", "client"]),
    ("cli", &["domain", "env", "api", "interchange", "config", "client", "demo", "tui", "server"]),
    ("main", &["cli"]),
];

/// Where a package may be named.
const PACKAGES: &[(&str, &[&str])] = &[
    ("sled", &["store/backend"]),
    ("aes_gcm", &["store"]),
    ("argon2", &["store/keyring"]),
    ("bincode", &["store/codec.rs", "api/frame.rs"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("clap", &["cli", "main.rs"]),
    ("croner", &["env/schedule.rs"]),
    ("x25519_dalek", &["store/keyring"]),
    ("chrono_tz", &["law"]),
    ("getrandom", &["env.rs"]),
    ("mail_builder", &["interchange/mail.rs"]),
    ("age", &["interchange/seal.rs"]),
    ("tar", &["interchange/seal.rs", "cli/register.rs"]),
    ("minijinja", &["interchange/pack", "interchange/register.rs"]),
    ("iana_time_zone", &["env.rs"]),
];

fn sources() -> Vec<(String, String)> {
    fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    let text = |path: &PathBuf| fs::read_to_string(path).unwrap();
    paths.iter().map(|path| (path.strip_prefix(&root).unwrap().display().to_string(), text(path))).collect()
}

/// The code of a file: without comments, and without the tests at its end, which may use what they need.
fn code(name: &str, text: &str) -> String {
    let of_tests = name.ends_with("tests.rs") || name.contains("/tests/") || name.contains("robot");
    if of_tests {
        return String::new();
    }
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn room(name: &str) -> &str {
    name.split('/').next().unwrap_or(name).trim_end_matches(".rs")
}

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let own = room(&name);
        if own == "lib" {
            continue;
        }
        let sees = SEES
            .iter()
            .find(|(one, _)| *one == own)
            .unwrap_or_else(|| panic!("{own} has no place in the picture"))
            .1;
        let code = code(&name, &text);
        for prefix in ["crate::", "callbook::"] {
            for (at, _) in code.match_indices(prefix) {
                let seen: String = code[at + prefix.len()..]
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let known = SEES.iter().any(|(one, _)| *one == seen);
                if known && seen != own && !sees.contains(&seen.as_str()) {
                    wrong.push(format!("{name} names {seen}"));
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "rooms see what they must not:\n{}", wrong.join("\n"));
}

/// Where the service reads records: through what an actor sees, and for what the service itself must know.
const READS_ROWS: &[&str] = &["service/sight", "service/rows.rs"];

#[test]
fn rows_are_read_through_a_sight() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        if !name.starts_with("service/") || READS_ROWS.iter().any(|place| name.starts_with(place)) {
            continue;
        }
        let code = code(&name, &text);
        for call in
            ["reader.record(", "reader.records_of(", "read().record(", "read().records_of(", "each_record("]
        {
            if code.contains(call) {
                wrong.push(format!("{name} reads rows by itself: `{call}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "handlers get at rows through service::sight only:\n{}", wrong.join("\n"));
}

#[test]
fn each_package_has_its_one_place() {
    let mut wrong = Vec::new();
    for (name, text) in sources() {
        let code = code(&name, &text);
        for (package, places) in PACKAGES {
            let named = code.match_indices(&format!("{package}::")).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
            });
            if named && !places.iter().any(|place| name.starts_with(place)) {
                wrong.push(format!("{name} names {package}"));
            }
        }
    }
    assert!(wrong.is_empty(), "packages are named outside their place:\n{}", wrong.join("\n"));
}

#[test]
fn the_rule_sees_a_violation() {
    assert_eq!(room("store/backend/sled.rs"), "store");
    assert_eq!(room("env.rs"), "env");
    assert!(code("a.rs", "// crate::store\nuse crate::api;\n").contains("crate::api"));
    assert!(!code("a.rs", "// crate::store\n").contains("store"));
}
