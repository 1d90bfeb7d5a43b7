//! `callbook subject …`: an answer to a person, as it is made and as the person opens it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value as Json;

use super::consent::shell;
use crate::api::Readings;
use crate::cli::fake::Fixture;
use crate::domain::id::ContactId;
use crate::domain::request::Right;
use crate::interchange::seal::tests::{open, passphrase};
use crate::service::disclosure_tests::{asked, invented, note, office};
use crate::service::tests as service;

const WORDS: &str = "orbit walnut cathedral pepper";

fn left(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn has(dir: &Path, words: &str) -> bool {
    std::fs::read_dir(dir).unwrap().any(|one| {
        let path = one.unwrap().path();
        if path.is_dir() {
            return has(&path, words);
        }
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    })
}

struct Desk {
    store: service::Fixture,
    callbook: Fixture,
    person: uuid::Uuid,
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        let store = office();
        let (person, _) = invented(&store);
        let callbook = shell(&store, "dpo");
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("pass"), format!("{WORDS}\n")).unwrap();
        std::fs::set_permissions(dir.path().join("pass"), std::fs::Permissions::from_mode(0o600)).unwrap();
        Desk { store, callbook, person, dir }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// Runs `subject access` about the person; the answer is the exit code.
    fn access(&mut self, more: &[&str]) -> u8 {
        let person = self.person.to_string();
        let words = [&["subject", "access", person.as_str()][..], more].concat();
        self.callbook.run(&words)
    }
}

/// Scenario 17: an access request whose notes name another person.
#[test]
fn notes_that_name_another_are_looked_through_before_they_leave() {
    let mut desk = Desk::new();
    let number = asked(&desk.store, desk.person, Right::Access, true);
    let (request, review, pack, pass) =
        (number.to_string(), desk.path("review.json"), desk.path("pack.age"), desk.path("pass"));

    // The officer looks at what is proposed.
    assert_eq!(desk.access(&["--request", &request, "--review", &review]), 0, "{}", desk.callbook.err());
    desk.callbook.out();
    assert!(desk.callbook.err().contains("third persons in plain words"));
    let mut file: Json = serde_json::from_slice(&std::fs::read(&review).unwrap()).unwrap();
    let marks = file["marks"].as_array_mut().unwrap();
    let found: Vec<&str> = marks.iter().map(|mark| mark["text"].as_str().unwrap()).collect();
    assert_eq!(found, ["Peter Mueller", "030 901821", "peter@example.org"]);
    assert!(marks[0]["around"].as_str().unwrap().contains("Will ein Angebot. Peter Mueller ("));

    // The name may be told, for Anna brought him along; the reason for the number is in the officer's words; and
    // something was not found.
    marks[0]["action"] = "keep".into();
    marks[1]["reason"] = "private Nummer eines Dritten".into();
    let mut more = marks[1].clone();
    more["text"] = "entscheidet mit".into();
    more["reason"] = "".into();
    marks.push(more);
    std::fs::write(&review, file.to_string()).unwrap();
    let words = [
        "--request",
        &request,
        "--reviewed",
        &review,
        "--out",
        &pack,
        "--seal-passphrase-file",
        &pass,
        "--format",
        "json",
    ];
    assert_eq!(desk.access(&words), 0, "{}", desk.callbook.err());
    let told: Json = serde_json::from_str(&desk.callbook.out()).unwrap();
    assert_eq!((&told["request"], &told["language"]), (&Json::from(number), &Json::from("de")));

    // The person opens it with another program, and every word of the note is there but those.
    let sealed = std::fs::read(&pack).unwrap();
    let files = open(&sealed, &passphrase(WORDS)).unwrap();
    assert_eq!(files[0].0, "manifest.json");
    let letter = files.iter().find(|(name, _)| name == "answer.html").unwrap();
    let letter = String::from_utf8(letter.1.clone()).unwrap();
    for told in
        ["Will ein Angebot. Peter Mueller (", "private Nummer eines Dritten", "betrifft eine andere Person"]
    {
        assert!(letter.contains(told), "{told}");
    }
    for (name, bytes) in &files {
        let text = String::from_utf8(bytes.clone()).unwrap();
        for gone in ["901821", "peter@example.org", "entscheidet mit", "Nichts davon geht Anna an"] {
            assert!(!text.contains(gone), "{gone} in {name}");
        }
    }

    // Nothing of it lies about, but the review that the officer was told to delete; and only the officer reads the file.
    assert_eq!(left(desk.dir.path()), ["pack.age", "pass", "review.json"]);
    assert_eq!(std::fs::metadata(&pack).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::remove_file(&review).unwrap();
    assert!(!has(desk.dir.path(), "Schöne") && !has(desk.dir.path(), "anna@example.com"));

    // The request knows which file it was, and the read log that it left.
    let dpo = desk.store.client("dpo");
    let (about, user) = (Some(ContactId(desk.person)), String::new());
    let looks = dpo.call(Readings { about, user, from: None, to: None, before: None, limit: 10 }).unwrap();
    assert_eq!(looks.items[0].purpose, format!("answer to request {number} (access)"));
    assert_eq!(desk.access(&["--unsealed", &desk.path("again")]), 0);
    assert!(has(&desk.dir.path().join("again"), told["sha256"].as_str().unwrap()));
}

#[test]
fn a_review_of_a_text_that_changed_is_a_conflict() {
    let mut desk = Desk::new();
    let (review, pack, pass) = (desk.path("review.json"), desk.path("pack.age"), desk.path("pass"));
    assert_eq!(desk.access(&["--review", &review]), 0, "{}", desk.callbook.err());
    let words = ["--reviewed", &review, "--out", &pack, "--seal-passphrase-file", &pass];
    note(&desk.store.client("rep"), desk.person, "Inzwischen auch Frau Huber.");
    assert_eq!(desk.access(&words), 6, "{}", desk.callbook.err());
    assert!(desk.callbook.err().contains("has come since the review"));
    assert_eq!(left(desk.dir.path()), ["pass", "review.json"]);

    for (text, said) in
        [("", "no review"), ("{", "no review"), ("{\"format\":\"x\"}", "no review"), ("[]", "no review")]
    {
        std::fs::write(&review, text).unwrap();
        assert_eq!(desk.access(&words), 2, "{text}");
        assert!(desk.callbook.err().contains(said));
    }
    assert_eq!(left(desk.dir.path()), ["pass", "review.json"]);
}

#[test]
fn without_a_review_all_that_was_found_is_taken_out_and_nothing_is_half_written() {
    let mut desk = Desk::new();
    let (out, pass) = (desk.path("plain"), desk.path("pass"));
    assert_eq!(desk.access(&["--unsealed", &out]), 0, "{}", desk.callbook.err());
    let told = desk.callbook.err();
    assert!(
        told.contains("not sealed") && told.contains("3 places") && told.contains("belongs to no request"),
        "{told}"
    );
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(has(Path::new(&out), "Will ein Angebot") && !has(Path::new(&out), "901821"));
    assert_eq!(desk.access(&["--unsealed", &out]), 2, "what is there is not replaced");

    let nowhere = desk.path("no/such/pack.age");
    assert_eq!(desk.access(&["--out", &nowhere, "--seal-passphrase-file", &pass]), 1);
    let key = desk.path("pack.age");
    assert_eq!(desk.access(&["--out", &key, "--recipient", "AGE-SECRET-KEY-1QQQQ"]), 2);
    assert!(!desk.callbook.err().contains("SECRET"), "a secret key is not repeated");
    assert_eq!(desk.access(&["--out", &key]), 2);
    assert_eq!(desk.access(&[]), 2);
    std::fs::write(&pass, "short\n").unwrap();
    assert_eq!(desk.access(&["--out", &key, "--seal-passphrase-file", &pass]), 5, "{}", desk.callbook.err());
    assert_eq!(left(desk.dir.path()), ["pass", "plain"]);
}

#[test]
fn a_request_that_is_not_identified_stays_in_the_house() {
    let mut desk = Desk::new();
    let number = asked(&desk.store, desk.person, Right::Access, false).to_string();
    let (review, out) = (desk.path("review.json"), desk.path("plain"));
    assert_eq!(desk.access(&["--request", &number, "--unsealed", &out]), 5);
    assert!(desk.callbook.err().contains("12(6)"));
    assert_eq!(desk.access(&["--request", &number, "--review", &review]), 0);
    assert_eq!(left(desk.dir.path()), ["pass", "review.json"]);
    assert_eq!(desk.access(&["--request", "99", "--unsealed", &out]), 3);
}

#[test]
fn somebody_who_is_not_held_is_answered_and_sealed_for_a_key() {
    let mut desk = Desk::new();
    let identity = age::x25519::Identity::generate();
    let (key, pack) = (identity.to_public().to_string(), desk.path("no.age"));
    let words = [
        "subject",
        "access",
        "--phone",
        "030 901899",
        "--name",
        "Nemo Niemand",
        "--language",
        "nl",
        "--out",
        &pack,
        "--recipient",
        &key,
    ];
    assert_eq!(desk.callbook.run(&words), 0, "{}", desk.callbook.err());
    let files = open(&std::fs::read(&pack).unwrap(), &identity).unwrap();
    let letter =
        String::from_utf8(files.iter().find(|(name, _)| name == "answer.html").unwrap().1.clone()).unwrap();
    assert!(letter.contains("Goedendag Nemo Niemand") && letter.contains("verwerken geen persoonsgegevens"));
    // Whoever is held is not told no.
    let words = ["subject", "access", "--email", "anna@example.com", "--out", &pack, "--recipient", &key];
    assert_eq!(desk.callbook.run(&words), 5);
    assert!(desk.callbook.err().contains(&desk.person.to_string()));
}

#[test]
fn what_is_taken_along_is_a_subset_of_its_own() {
    let mut desk = Desk::new();
    let (person, out) = (desk.person.to_string(), desk.path("plain"));
    assert_eq!(
        desk.callbook.run(&["subject", "portability", &person, "--unsealed", &out]),
        0,
        "{}",
        desk.callbook.err()
    );
    let names = [
        "answer.html",
        "consents.jsonld",
        "contact.json",
        "contact.vcf",
        "data.csv",
        "data.json",
        "manifest.json",
    ];
    assert_eq!(left(Path::new(&out)), names);
    assert!(!has(Path::new(&out), "Will ein Angebot"));
    let rep = &mut shell(&desk.store, "rep");
    assert_eq!(rep.run(&["subject", "portability", &person, "--unsealed", &desk.path("x")]), 4);
}
