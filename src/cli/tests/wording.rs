//! Scripts, notices and messages from the command line, at a store in memory.

use std::path::Path;

use serde_json::Value as Json;

use crate::cli::fake::Fixture;
use crate::service::tests::Fixture as Store;

fn owner(store: &Store) -> Fixture {
    as_user(store, "owner")
}

fn as_user(store: &Store, name: &str) -> Fixture {
    let client = store.client(name);
    Fixture::new(move |request| client.request(request))
}

const SCRIPT: &str = "Hello, {{ agent }} of {{ controller }}. {{ purposes }} {{ retention }} {{ right_to_withdraw }} \
                      {{ right_to_object }}\n\n{{ questions }}\n";

fn write(dir: &Path, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_script_is_added_shown_compared_and_retired() {
    let (store, dir) = (Store::new(), tempfile::tempdir().unwrap());
    let mut callbook = owner(&store);
    let file = write(dir.path(), "a.md", SCRIPT);
    let add = ["script", "add", "sales-en", "--language", "en", "--file", &file, "--purpose", "sales"];
    assert_eq!(callbook.run(&add), 0, "{}", callbook.err());
    assert_eq!(callbook.out(), "sales-en@1\n");
    assert_eq!(callbook.run(&add), 0);
    assert_eq!(callbook.out(), "sales-en@1\n");
    assert!(callbook.err().contains("says the same already"));
    // With the line ends of Windows it is the same text.
    write(dir.path(), "a.md", SCRIPT.replace('\n', "\r\n"));
    assert_eq!(callbook.run(&add), 0);
    assert_eq!(callbook.out(), "sales-en@1\n");
    write(dir.path(), "a.md", SCRIPT.replace("Hello", "Good day"));
    assert_eq!(callbook.run(&[&add[..], &["--format", "json"]].concat()), 0);
    let json: Json = serde_json::from_str(&callbook.out()).unwrap();
    assert_eq!(
        (&json["name"], &json["version"], &json["unchanged"]),
        (&"sales-en".into(), &2.into(), &false.into())
    );

    assert_eq!(callbook.run(&["script", "show", "sales-en@1", "--text"]), 0);
    assert_eq!(callbook.out(), SCRIPT);
    assert_eq!(callbook.run(&["script", "show", "sales-en", "--format", "json"]), 0);
    let shown: Json = serde_json::from_str(&callbook.out()).unwrap();
    assert_eq!(
        (&shown["version"], &shown["versions"], &shown["sha256"]),
        (&2.into(), &2.into(), &json["sha256"])
    );
    assert_eq!(shown["purposes"], serde_json::json!(["sales"]));
    assert_eq!(callbook.run(&["script", "show", "sales-en@2"]), 0);
    assert!(callbook.out().contains("\nGood day, {{ agent }}"));
    assert_eq!(callbook.run(&["script", "show", "sales-en", "--rendered"]), 0);
    let out = callbook.out();
    assert!(out.contains("Good day, owner of Muster GmbH.") && out.contains("## ? sales/phone"), "{out}");
    assert!(callbook.err().contains("invented"));

    assert_eq!(callbook.run(&["script", "diff", "sales-en@1", "sales-en"]), 0);
    let out = callbook.out();
    assert!(
        out.contains("--- sales-en@1\n+++ sales-en@2\n")
            && out.contains("\n-Hello,")
            && out.contains("\n+Good day,"),
        "{out}"
    );
    assert_eq!(callbook.run(&["script", "diff", "sales-en@1", "sales-en@1"]), 0);
    assert_eq!(callbook.out(), "");

    assert_eq!(callbook.run(&["script", "history", "sales-en@1"]), 0);
    assert!(callbook.out().contains("create"));
    assert_eq!(callbook.run(&["script", "retire", "sales-en"]), 0);
    assert_eq!(callbook.out(), "sales-en@2\n");
    assert_eq!(callbook.run(&["script", "list", "--format", "json"]), 0);
    let list: Json = serde_json::from_str(&callbook.out()).unwrap();
    assert!(list["total"] == 1 && list["items"][0]["retired_at"].is_string(), "{list}");
    for (words, code) in [
        (&["script", "show", "sales-en@3"][..], 3),
        (&["script", "show", "sales-end"], 3),
        (&["script", "show", "sales-en@zero"], 2),
        (&["notice", "show", "sales-en"], 3),
        (&["script", "add", "x"], 2),
        (&["script", "add", "x", "--language", "en", "--file", "/nowhere/at/all"], 1),
    ] {
        assert_eq!(callbook.run(words), code, "{words:?}: {}", callbook.err());
    }
    assert_eq!(as_user(&store, "rep").run(&add), 4);
}

#[test]
fn what_a_script_lacks_is_named() {
    let (store, dir) = (Store::new(), tempfile::tempdir().unwrap());
    let mut callbook = owner(&store);
    let file = write(dir.path(), "a.md", SCRIPT.replace("{{ retention }}", "{{ retenton }}"));
    let add = ["script", "add", "x", "--language", "en", "--file", &file];
    assert_eq!(callbook.run(&add), 5);
    assert!(callbook.err().contains("did you mean `retention`?"));
    assert_eq!(callbook.run(&["script", "check", &file]), 5);
    assert!(callbook.out().contains("line 1: there is no placeholder `retenton`; did you mean `retention`?"));
    write(dir.path(), "a.md", SCRIPT.replace("{{ retention }}", "").replace("{{ agent }}", ""));
    assert_eq!(callbook.run(&["script", "check", &file, "--format", "json"]), 5);
    let json: Json = serde_json::from_str(&callbook.out()).unwrap();
    let flaws: Vec<&str> =
        json["items"].as_array().unwrap().iter().map(|one| one["flaw"].as_str().unwrap()).collect();
    assert_eq!(
        flaws,
        [
            "it does not tell who is speaking: {{ agent }}",
            "it does not tell how long the data is kept: {{ retention }}"
        ]
    );
    // Not a store is needed to check.
    write(dir.path(), "a.md", SCRIPT);
    let mut closed = Fixture::closed();
    assert_eq!(closed.run(&["script", "check", &file, "--language", "de-AT"]), 0);
    assert_eq!(closed.run(&["script", "check", &file, "--language", "pl"]), 5);
    assert_eq!(closed.run(&["notice", "check", &file]), 5);
    write(dir.path(), "a.md", b"Gr\xFC\xDFe\n");
    assert_eq!(closed.run(&["script", "check", &file]), 5);
    assert!(closed.err().contains("is not UTF-8: line 1"));
    assert_eq!(closed.run(&["script", "check", "/dev/zero"]), 5, "an endless file is not read to its end");
    closed.input = SCRIPT.into();
    assert_eq!(closed.run(&["script", "check", "-"]), 0);
    assert_eq!(closed.run(&["script", "placeholders", "--format", "ids"]), 0);
    let words = closed.out();
    assert!(words.lines().any(|line| line == "right_to_withdraw") && !words.contains("unsubscribe"));
}

#[test]
fn a_message_takes_its_subject_from_the_file_or_beside_it() {
    let (store, dir) = (Store::new(), tempfile::tempdir().unwrap());
    let mut callbook = owner(&store);
    let lines = "{{ controller }} {{ purposes }} {{ address }} {{ confirm }} {{ right_to_withdraw }}\n\
                 {{ unsubscribe }} {{ access }}\n";
    let file = write(dir.path(), "a.txt", format!("Subject: Is it you?\n\n{lines}"));
    let add = ["message", "add", "opt-in-en", "--language", "en", "--file", &file, "--use", "opt_in"];
    assert_eq!(callbook.run(&add), 0, "{}", callbook.err());
    assert_eq!(callbook.out(), "opt-in-en@1\n");
    assert_eq!(callbook.run(&["message", "show", "opt-in-en", "--format", "json"]), 0);
    let json: Json = serde_json::from_str(&callbook.out()).unwrap();
    assert_eq!(
        (&json["subject"], &json["text"], &json["use"]),
        (&"Is it you?".into(), &lines.into(), &"opt_in".into())
    );
    write(dir.path(), "a.txt", lines);
    assert_eq!(callbook.run(&add), 5);
    assert!(callbook.err().contains("the subject: a message has one"));
    callbook.out();
    let beside: Vec<&str> = add.iter().copied().chain(["--subject", "Hello"]).collect();
    assert_eq!(callbook.run(&beside), 0);
    assert_eq!(callbook.run(&["message", "check", &file, "--subject", "x", "--use", "confirmation"]), 5);
    assert!(callbook.out().contains("what was agreed to"));
    assert_eq!(
        callbook.run(&["script", "add", "x", "--language", "en", "--file", &file, "--subject", "x"]),
        2
    );
}

#[test]
fn those_of_the_program_are_added_where_they_lack() {
    let (store, dir) = (Store::new(), tempfile::tempdir().unwrap());
    let mut callbook = owner(&store);
    let file = write(dir.path(), "a.md", SCRIPT);
    assert_eq!(callbook.run(&["script", "add", "sales-en", "--language", "en", "--file", &file]), 0);
    callbook.out();
    let added = |callbook: &mut Fixture, words: &[&str]| {
        assert_eq!(callbook.run(&[words, &["--format", "csv"]].concat()), 0, "{}", callbook.err());
        let out = callbook.out();
        let first = |line: &str| line.split(',').take(2).collect::<Vec<_>>().join("@");
        out.lines().skip(1).map(first).collect::<Vec<_>>()
    };
    assert_eq!(
        added(&mut callbook, &["script", "add", "--shipped"]),
        ["sales-de@1", "sales-nl@1", "sales-fr@1"]
    );
    assert_eq!(added(&mut callbook, &["script", "add", "--shipped"]), Vec::<String>::new());
    assert_eq!(added(&mut callbook, &["script", "add", "sales-en", "--shipped"]), ["sales-en@2"]);
    assert_eq!(added(&mut callbook, &["message", "add", "--shipped"]).len(), 12);
    assert_eq!(added(&mut callbook, &["notice", "add", "--shipped"]).len(), 4);
    assert_eq!(callbook.run(&["notice", "add", "notice-end", "--shipped"]), 3);
    assert!(callbook.err().contains("did you mean `notice-en`?"));
    for name in ["opt-in-fr", "confirmation-nl", "letter-de"] {
        assert_eq!(callbook.run(&["message", "show", name, "--rendered"]), 0);
    }
}
