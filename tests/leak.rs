//! Nobody's data lies readable in the store's directory: not in a table, not in a log, not in a name of a file.

#![allow(clippy::unwrap_used, reason = "the helpers of a test may end it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Invented people whose names, addresses and numbers occur nowhere else.
fn canaries() -> Vec<[String; 4]> {
    (0..300)
        .map(|n| {
            [
                format!("Kanariella{n:03}"),
                format!("Vögelsänger{n:03}"),
                format!("Zwitscher{n:03}@example.com"),
                // Numbers that the US set aside for fiction: 555-0100 to 555-0199, in three areas.
                format!("{}1055501{:02}", 2 + n / 100, n % 100),
            ]
        })
        .collect()
}

fn callbook(dir: &Path, words: &[&str]) {
    let done = Command::new(env!("CARGO_BIN_EXE_callbook"))
        .args(words)
        .args(["--store", "store", "--key-file", "key"])
        .current_dir(dir)
        .env_clear()
        .env("HOME", dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// A text as a program could have written it: UTF-8 and UTF-16, as it is and in small letters.
fn spellings(text: &str) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for text in [text.to_owned(), text.to_lowercase()] {
        all.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        all.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
        all.push(text.into_bytes());
    }
    all
}

/// The files in which one of the texts is readable.
fn readable_in(dir: &Path, needles: &[String]) -> Vec<String> {
    let mut paths = Vec::new();
    files(dir, &mut paths);
    assert!(paths.len() > 4, "the store has files: {paths:?}");
    let spelt: Vec<Vec<u8>> = needles.iter().flat_map(|needle| spellings(needle)).collect();
    let mut found = Vec::new();
    for path in paths {
        let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
        bytes.extend(std::fs::read(&path).unwrap());
        for needle in spelt.iter().filter(|needle| memchr::memmem::find(&bytes, needle).is_some()) {
            found.push(format!("{}: {}", path.display(), String::from_utf8_lossy(needle)));
        }
    }
    found
}

#[test]
fn no_name_address_or_number_is_readable_on_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let people = canaries();
    let mut table = String::from("given name,family name,e-mail,phone,company,note\n");
    for [given, family, email, phone] in &people {
        table.push_str(&format!("{given},{family},{email},{phone},Volierenbau {family},trillert um acht\n"));
    }
    std::fs::write(dir.path().join("people.csv"), table).unwrap();
    callbook(dir.path(), &["init", "--controller", "Nistkasten Probe GmbH", "--country", "US"]);
    let grounds = ["--source", "Gimpelmesse", "--basis", "contract", "--reason", "Brieftaube"];
    callbook(dir.path(), &[&["contact", "import", "people.csv"], &grounds[..]].concat());
    // What is searched, listed and changed passes through memory only.
    callbook(dir.path(), &["contact", "list", "kanariella007"]);
    // Looks are written down: at who is found by a number, at whom nobody is found by, at everybody who leaves.
    callbook(dir.path(), &["contact", "list", "+12105550107"]);
    callbook(dir.path(), &["contact", "list", "+15105550107"]);
    callbook(dir.path(), &["contact", "list", "zaunkoenigin@example.com"]);
    let purpose = ["purpose", "add", "federpost", "--title", "Federpost", "--basis", "contract"];
    callbook(dir.path(), &[&purpose[..], &["--channel", "phone", "--retention", "P1Y"]].concat());
    let export =
        ["contact", "export", "--purpose", "federpost", "--channel", "phone", "--query", "kanariella00"];
    callbook(dir.path(), &export);
    callbook(
        dir.path(),
        &["view", "add", "brut", "--title", "Brutkasten", "--filter", "kanariella004 Nistmaterial"],
    );
    callbook(dir.path(), &["contact", "list", "@brut"]);
    let words = ["contact", "edit", "--query", "kanariella", "--set", "job_title=Stieglitzwart", "--yes"];
    callbook(dir.path(), &words);

    // Of what is suppressed, and of who wants no calls, hashes are kept.
    callbook(dir.path(), &["suppression", "add", "--phone", "(510) 555-0198", "--reason", "objection"]);
    callbook(dir.path(), &["suppression", "add", "--email", "Rotkehlchen@example.com"]);
    callbook(dir.path(), &["suppression", "check", "--phone", "+1 510 555 0196"]);
    std::fs::write(dir.path().join("dnc.csv"), "number\n510-555-0197\n5105550195\n").unwrap();
    let list = ["suppression", "import", "dnc.csv", "--list", "DNC", "--date", "2026-01-01"];
    callbook(dir.path(), &list);

    let mut needles: Vec<String> = people.iter().flatten().cloned().collect();
    needles.extend(people.iter().map(|[_, _, _, phone]| format!("+1{phone}")));
    for text in [
        "Volierenbau",
        "trillert um acht",
        "Gimpelmesse",
        "Brieftaube",
        "Stieglitzwart",
        "Nistkasten",
        "Federpost",
        "federpost",
        "zaunkoenigin",
        "5105550107",
        "5105550198",
        "555-0198",
        "otkehlchen",
        "5105550196",
        "5105550197",
        "555-0197",
        "5105550195",
        "Brutkasten",
        "Nistmaterial",
    ] {
        needles.push(text.to_owned());
    }
    assert_eq!(readable_in(&dir.path().join("store"), &needles), [""; 0]);

    // The search finds what is there.
    std::fs::copy(dir.path().join("people.csv"), dir.path().join("store/leak")).unwrap();
    let found = readable_in(&dir.path().join("store"), &needles[..1]);
    assert!(found.len() == 1 && found[0].contains("Kanariella000"), "{found:?}");
}
