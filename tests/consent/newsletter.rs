//! A newsletter goes to exactly those who agreed to it at that moment, and says how many were held back and why.

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::hostile::code_in;
use crate::support::shell::{Shell, err};
use crate::talk::{person, say, shell};

/// The addresses in what is written for a newsletter, and why the others are held back.
fn sent_to(shell: &Shell) -> (Vec<String>, Json) {
    let export = ["contact", "export", "--purpose", "newsletter", "--channel", "email", "--as", "ndjson"];
    let done = shell.run(&[&export[..], &["--out", "news.ndjson", "--manifest", "news.json"]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let file = std::fs::read(shell.dir.path().join("news.ndjson")).unwrap();
    let manifest = std::fs::read(shell.dir.path().join("news.json")).unwrap();
    let manifest: Json = serde_json::from_slice(&manifest).unwrap();
    let rows: Vec<Json> = file
        .split(|byte| *byte == b'\n')
        .filter(|row| !row.is_empty())
        .map(|row| serde_json::from_slice(row).unwrap())
        .collect();
    let hash: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((&manifest["sha256"], &manifest["bytes"]), (&json!(hash), &json!(file.len())));
    assert_eq!(manifest["records"], json!(rows.len()));
    assert_eq!((&manifest["purpose"], &manifest["channel"]), (&json!("newsletter"), &json!("email")));
    for (reason, count) in manifest["withheld"].as_object().unwrap() {
        let line = format!("{count} withheld: {reason}");
        assert!(err(&done).contains(&line), "{line}: {}", err(&done));
    }
    // A newsletter needs no phone number.
    assert!(!String::from_utf8(file).unwrap().contains("+4930"));
    let mut all: Vec<String> =
        rows.iter().map(|row| row["emails"][0]["address"].as_str().unwrap().to_owned()).collect();
    all.sort();
    // The list says the same as the file.
    let list = shell.json(&["contact", "list", "--purpose", "newsletter", "--channel", "email"]);
    assert_eq!((&list["total"], &list["withheld"]), (&json!(all.len()), &manifest["withheld"]));
    (all, manifest["withheld"].clone())
}

fn confirmed(shell: &Shell, id: &str) {
    shell.ok(&[
        "consent",
        "request",
        id,
        "--purpose",
        "newsletter",
        "--channel",
        "email",
        "--out",
        "ask.eml",
    ]);
    let code = code_in(shell, "ask.eml");
    shell.ok(&["consent", "confirm", &code, "--contact", id]);
}

#[test]
fn a_newsletter_goes_to_who_agreed_and_to_nobody_else() {
    let shell = shell();
    let names = ["Anna", "Bea", "Cem", "Dora", "Emil", "Fay", "Gil", "Hana", "Ida"];
    let ids: Vec<String> =
        names.iter().enumerate().map(|(n, name)| person(&shell, name, &format!("030 90182{n}"))).collect();
    let [anna, bea, cem, dora, emil, fay, gil, hana, ida] = ids.try_into().unwrap();
    assert_eq!(sent_to(&shell), (vec![], json!({"no_basis": 9})));
    // Two confirmed it with the code that was sent to them.
    confirmed(&shell, &anna);
    confirmed(&shell, &bea);
    // One said yes, which counts only when it is confirmed; one was asked; one refused; one wants to be asked later.
    say(&shell, &cem, "given", "newsletter", "email");
    shell.ok(&[
        "consent",
        "request",
        &dora,
        "--purpose",
        "newsletter",
        "--channel",
        "email",
        "--out",
        "dora.eml",
    ]);
    say(&shell, &emil, "refused", "newsletter", "email");
    say(&shell, &fay, "deferred", "newsletter", "email");
    // One agreed to calls, which is no letter; one confirmed and objected; one confirmed, and the address is suppressed.
    say(&shell, &gil, "given", "sales", "phone");
    confirmed(&shell, &hana);
    shell.ok(&["consent", "object", &hana, "--words", "no advertising", "--way", "mail"]);
    confirmed(&shell, &ida);
    shell.ok(&["suppression", "add", "--email", "IDA@example.com", "--reason", "objection"]);
    let both = vec!["anna@example.com".to_owned(), "bea@example.com".to_owned()];
    let (sent, withheld) = sent_to(&shell);
    assert_eq!(sent, both);
    let why = withheld.as_object().unwrap();
    assert_eq!(why.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), 7, "{withheld}");
    for (reason, count) in [("refused", 1), ("objected", 1), ("suppressed", 1)] {
        assert_eq!(withheld[reason], json!(count), "{reason}: {withheld}");
    }
    // At that moment: who takes it back is not in the next.
    shell.ok(&["consent", "withdraw", &bea, "--purpose", "newsletter", "--words", "enough"]);
    let (sent, withheld) = sent_to(&shell);
    assert_eq!(sent, both[..1]);
    assert_eq!(withheld["withdrawn"], 1, "{withheld}");
    // Who is deleted is neither sent to nor counted.
    shell.ok(&["contact", "delete", &emil]);
    let (_, withheld) = sent_to(&shell);
    assert_eq!(withheld.get("refused"), None, "{withheld}");
    // Each use stands in the ledger of whom it was a use of, and of nobody else.
    let uses = |id: &str| {
        let events = shell.json(&["consent", "list", id, "--events"]);
        events["items"].as_array().unwrap().iter().filter(|one| one["kind"] == "used").count()
    };
    assert_eq!((uses(&anna), uses(&bea), uses(&cem), uses(&hana)), (3, 1, 0, 0));
    shell.ok(&["history", "verify"]);
}

#[test]
fn what_cannot_be_proved_to_have_left_does_not_leave() {
    let shell = shell();
    let anna = person(&shell, "Anna", "030 901820");
    confirmed(&shell, &anna);
    let export = ["contact", "export", "--purpose", "newsletter", "--channel", "email", "--out", "news.csv"];
    let files = || {
        let mut names: Vec<String> = std::fs::read_dir(shell.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("news"))
            .collect();
        names.sort();
        names
    };
    let before = crate::talk::entries(&shell);
    // A manifest that cannot be written, or would be written over the file itself.
    shell.fails(1, &[&export[..], &["--manifest", "no/such/news.json"]].concat());
    for same in ["news.csv", "./news.csv", "../$DIR/news.csv"] {
        let dir = shell.dir.path().file_name().unwrap().to_str().unwrap();
        let told = shell.fails(2, &[&export[..], &["--manifest", &same.replace("$DIR", dir)]].concat());
        assert!(told.contains("the manifest would take the place"), "{told}");
    }
    // A purpose or channel that is not there, one that is given to somebody who is not registered.
    shell.fails(3, &["contact", "export", "--purpose", "news", "--channel", "email", "--out", "news.csv"]);
    shell.fails(
        5,
        &["contact", "export", "--purpose", "newsletter", "--channel", "phone", "--out", "news.csv"],
    );
    shell.fails(5, &[&export[..], &["--to", "printer"]].concat());
    shell.fails(2, &[&export[..], &["--columns", "nosuch"]].concat());
    // More than the purpose needs does not leave.
    let told = shell.run(&[&export[..], &["--columns", "emails,phones"]].concat());
    assert_eq!(told.status.code(), Some(5), "{}", err(&told));
    assert_eq!(files(), [""; 0], "what was refused left nothing");
    assert_eq!(crate::talk::entries(&shell), before);
    shell.ok(&[&export[..], &["--manifest", "news.json"]].concat());
    assert_eq!(files(), ["news.csv", "news.json"]);
    use std::os::unix::fs::PermissionsExt;
    for name in files() {
        let mode = std::fs::metadata(shell.dir.path().join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is nobody else's to read");
    }
}
