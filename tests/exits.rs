//! The exit codes that scripts depend on, each brought about on a real store by what its meaning names.
//!
//! | exit | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | failed (I/O, a bug) |
//! | 2 | usage |
//! | 3 | no such record, or none visible to you |
//! | 4 | denied to your role: of one user alone, who is the owner, there is nothing to see; `service::policy` tests it |
//! | 5 | refused by rule |
//! | 6 | conflict: changed meanwhile, plan outdated |
//! | 7 | locked, wrong passphrase, held by another process |
//! | 8 | integrity: tampering, corruption, newer format |
//! | 9 | some rows not taken |
//! | 130 | interrupted, nothing half-done |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test may end it"
)]

mod support;

use std::io::{Read, Seek, SeekFrom, Write};
use std::process::Stdio;

use support::shell::{GROUNDS, Shell, err, out};

const NOBODY: &str = "00000000-0000-4000-8000-000000000001";

#[test]
fn what_cannot_be_read_or_written_is_1() {
    let shell = Shell::new();
    shell.fails(1, &[&["contact", "import", "not-there.csv"], GROUNDS].concat());
    let export =
        ["contact", "export", "--purpose", "contract", "--channel", "post", "--out", "no/such/dir.csv"];
    shell.fails(1, &export);
}

#[test]
fn words_that_mean_nothing_are_2() {
    let shell = Shell::new();
    shell.write("leads.csv", "Vorname;Nachname\nAnna;Muster\n");
    let import = [&["contact", "import", "leads.csv"], GROUNDS].concat();
    let told = shell.fails(2, &[&import[..], &["--charset", "klingon"]].concat());
    assert!(told.contains("`klingon` is no charset; utf-8"), "{told}");
    shell.fails(2, &[&import[..], &["--delimiter", "→"]].concat());
    shell.fails(2, &[&import[..], &["--country", "Atlantis"]].concat());
    shell.fails(2, &[&import[..], &["--map", "Vorname"]].concat());
    shell.fails(2, &[&import[..], &["--map", "Vorname=nonsense"]].concat());
    shell.fails(2, &["contact", "import", "leads.csv", "--source", "fair", "--basis", "none"]);
    assert_eq!(shell.json(&["status"])["contacts"], 0);

    let export = |channel| ["contact", "export", "--purpose", "contract", "--channel", channel];
    let told = shell.fails(2, &export("e-mail"));
    assert!(told.contains("'email'") && told.contains("post"), "{told}");
    shell.fails(2, &export(""));
    shell.ok(&export("post"));
    shell.fails(2, &["contact", "export", "--purpose", "contract"]);
    let id = shell.add("Anna", "Schmidt", "030 901820");
    shell.fails(2, &["contact", "edit", &id, "--set", "nonsense=1"]);
    shell.fails(2, &["contact", "edit", &id]);
    shell.fails(2, &["contact", "delete"]);
    shell.fails(2, &["contact", "delete", "--query", "anna"]);
    shell.fails(2, &["init", "--controller", "Again", "--country", "Atlantis", "--store", "other"]);
}

#[test]
fn who_is_not_there_is_3() {
    let shell = Shell::new();
    shell.fails(3, &["contact", "show", NOBODY]);
    shell.fails(3, &["contact", "edit", NOBODY, "--set", "job_title=x"]);
    shell.fails(3, &["contact", "delete", NOBODY]);
    shell.fails(3, &["note", "add", NOBODY, "text"]);
    shell.fails(3, &["history", "undo", "4711"]);
    shell.fails(3, &["contact", "list", "--store", "elsewhere"]);
    let told = shell.fails(3, &["contact", "list", "--purpose", "newsleter"]);
    assert!(told.contains("did you mean `newsletter`?"), "{told}");
    shell.fails(3, &["contact", "export", "--purpose", "fun", "--channel", "post"]);
}

#[test]
fn what_a_rule_forbids_is_5() {
    let shell = Shell::new();
    let person = ["contact", "add", "--given", "Anna", "--family", "Muster"];
    shell.fails(5, &person);
    shell.fails(5, &[&person[..], &["--basis", "consent", "--source", "fair"]].concat());
    shell.write("leads.csv", "Vorname;Nachname;Religion\nAnna;Muster;none\n");
    shell.fails(5, &[&["contact", "import", "leads.csv"], GROUNDS].concat());
    shell.write("plain.csv", "Vorname;Nachname\nAnna;Muster\n");
    let told = shell.fails(5, &["contact", "import", "plain.csv", "--basis", "consent", "--reason", "asked"]);
    assert!(told.contains("source"), "{told}");
    shell.fails(5, &["contact", "export", "--purpose", " ", "--channel", "post"]);
    // A channel that the purpose does not have, a recipient nobody registered, a purpose that is retired.
    shell.fails(5, &["contact", "export", "--purpose", "contract", "--channel", "sms"]);
    let told =
        shell.fails(5, &["contact", "export", "--purpose", "contract", "--channel", "post", "--to", "x"]);
    assert!(told.contains("no registered recipient"), "{told}");
    shell.ok(&["purpose", "retire", "newsletter"]);
    shell.fails(5, &["contact", "list", "--purpose", "newsletter"]);
    shell.fails(5, &["init", "--controller", "Again", "--country", "DE"]);

    // A passphrase that a new store may not have is refused; the same at an existing store is simply wrong.
    shell.write("short", "seven77\n");
    let init =
        ["init", "--controller", "M", "--country", "DE", "--store", "new", "--passphrase-file", "short"];
    let told = shell.fails(5, &init);
    assert!(told.contains("too short") && told.contains("hint: "), "{told}");
    assert!(!shell.dir.path().join("new").exists(), "nothing was begun");
    shell.fails(7, &["contact", "list", "--passphrase-file", "short"]);
}

#[test]
fn what_changed_meanwhile_is_6() {
    let shell = Shell::new();
    let id = shell.add("Anna", "Schmidt", "030 901820");
    shell.ok(&["contact", "edit", &id, "--set", "job_title=Buyer"]);
    shell.fails(6, &["contact", "edit", &id, "--set", "job_title=Boss", "--expect-revision", "1"]);
    shell.fails(6, &["contact", "delete", &id, "--expect-revision", "1"]);
    shell.ok(&["contact", "edit", &id, "--set", "job_title=Head", "--expect-revision", "2"]);
    let page = shell.json(&["contact", "history", &id]);
    let second = page["items"].as_array().unwrap().iter().find(|entry| entry["revision"] == 2).unwrap();
    shell.fails(6, &["history", "undo", &second["seq"].to_string()]);
}

#[test]
fn what_is_locked_or_held_is_7() {
    let shell = Shell::new();
    shell.write("wrong", "four quite wrong words\n");
    shell.fails(7, &["contact", "list", "--passphrase-file", "wrong"]);
    shell.fails(7, &["contact", "list", "--passphrase-file", "not-there"]);
    let other = Shell::new();
    let key = other.dir.path().join("key").display().to_string();
    shell.fails(7, &["contact", "list", "--key-file", &key]);

    // An import that waits for the rest of its file holds the store.
    let words = [&["contact", "import", "-"], GROUNDS].concat();
    let mut holder = shell
        .command(&words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = holder.stdin.take().unwrap();
    // More than what is looked at to tell what the file is, so that the import begins.
    let row = "Anna;Muster;a@example.com\n";
    input.write_all(b"Vorname;Nachname;E-Mail\n").unwrap();
    input.write_all(row.repeat(128 * 1024 / row.len()).as_bytes()).unwrap();
    let mut said = [0; 8];
    holder.stderr.as_mut().unwrap().read_exact(&mut said).unwrap();
    let told = shell.fails(7, &["contact", "list"]);
    assert!(told.contains(&format!("held by pid {}", holder.id())), "{told}");
    drop(input);
    let mut rest = String::new();
    holder.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
    assert_eq!(holder.wait().unwrap().code(), Some(0), "{rest}");
}

#[test]
fn what_was_tampered_with_is_8() {
    let shell = Shell::new();
    shell.add("Anna", "Schmidt", "030 901820");
    let header = shell.dir.path().join("store/HEADER");
    let good = std::fs::read(&header).unwrap();
    std::fs::write(&header, vec![0x5a; good.len()]).unwrap();
    shell.fails(8, &["contact", "list"]);
    std::fs::write(&header, good).unwrap();
    shell.ok(&["contact", "list"]);

    let db = shell.dir.path().join("store/data/sled/db");
    let mut file = std::fs::File::options().read(true).write(true).open(&db).unwrap();
    let length = file.metadata().unwrap().len();
    let zeros = vec![0; usize::try_from(length).unwrap()];
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&zeros).unwrap();
    drop(file);
    shell.fails(8, &["contact", "list"]);
}

#[test]
fn rows_that_were_not_taken_are_9() {
    let shell = Shell::new();
    shell.write("leads.csv", "Vorname;Nachname;E-Mail\nAnna;Muster;a@example.com\nBo;Muster;nope\n");
    let done = shell.run(&[&["contact", "import", "leads.csv"], GROUNDS].concat());
    assert_eq!(done.status.code(), Some(9), "{}", err(&done));
    assert!(out(&done).contains("rejected"), "{}", out(&done));
    let id = shell.add("Cy", "Schmidt", "030 901820");
    shell.fails(9, &["contact", "delete", &id, NOBODY, "--yes"]);
    shell.fails(3, &["contact", "delete", NOBODY]);
}

#[test]
fn who_interrupts_leaves_nothing_half_done() {
    let shell = Shell::new();
    let words = [&["contact", "import", "-"], GROUNDS].concat();
    let mut child = shell
        .command(&words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"Vorname;Nachname;E-Mail\n").unwrap();
    let mut said = [0; 8];
    let row = |n: u32| format!("Anna;Muster;a{n}@example.com\n");
    let rows: String = (0..4_000).map(row).collect();
    input.write_all(rows.as_bytes()).unwrap();
    child.stderr.as_mut().unwrap().read_exact(&mut said).unwrap();
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    // It hears the signal when the next rows come, or the end.
    for n in 4_000..40_000 {
        if input.write_all(row(n).as_bytes()).is_err() {
            break;
        }
    }
    drop(input);
    let mut rest = String::new();
    child.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    shell.ok(&["history", "verify"]);
}

/// Scenario 14: what must not be held, under whatever name it comes, in the four languages of the product.
#[test]
fn what_must_not_be_held_is_seen_under_each_of_its_names() {
    const NAMES: [&str; 8] = [
        "Religion",
        "RELIGIOUS_BELIEF",
        "Konfession",
        "Religions-Zugehörigkeit",
        "godsdienst",
        "Geloof",
        "Croyance",
        "ÉGLISE",
    ];
    let shell = Shell::new();
    let id = shell.add("Anna", "Schmidt", "030 901820");
    let why = ["--purpose", "to advise people", "--justification", "they ask for it"];
    shell.ok(&[&["field", "add", "extra", "--label", "Extra"], &why[..]].concat());
    for (n, name) in NAMES.iter().enumerate() {
        // As the label of a field, new or old.
        let word = format!("word{n}");
        let told = shell.fails(5, &[&["field", "add", &word, "--label", name], &why[..]].concat());
        assert!(told.contains("Art. 9(1) GDPR") && told.contains("relig"), "{name}: {told}");
        shell.fails(5, &["field", "edit", "extra", "--label", name]);
        // As the heading of a column: nothing of the file is taken before somebody says what becomes of it.
        let table =
            format!("given name,family name,email,{name}\nBernd,Maier{n},b{n}@example.com,geheimqz\n");
        shell.write("leads.csv", &table);
        let import = [&["contact", "import", "leads.csv"], GROUNDS].concat();
        let told = shell.fails(5, &import);
        assert!(told.contains(name) && told.contains("--skip-column"), "{name}: {told}");
        assert_eq!(shell.json(&["contact", "list"])["total"], n + 1, "{name}");
        let report = shell.json(&[&import[..], &["--skip-column", name]].concat());
        assert_eq!(report["created"], 1, "{name}: {report}");
        // In a note: it is kept, for words mean other things too, and whoever wrote it is told.
        let noted = shell.run(&["note", "add", &id, &format!("{name}: the usual")]);
        assert_eq!(noted.status.code(), Some(0), "{name}: {}", err(&noted));
        assert!(err(&noted).contains("Art. 9(1) GDPR"), "{name}: {}", err(&noted));
    }
    let quiet = shell.run(&["note", "add", &id, "asked about the race at the weekend"]);
    assert_eq!((quiet.status.code(), err(&quiet).contains("Art. 9")), (Some(0), false), "{}", err(&quiet));
    // A vCard has properties of anybody's making.
    let card = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Cleo Berg\r\nN:Berg;Cleo;;;\r\nEMAIL:cleo@example.com\r\n\
        X-RELIGION:geheimqz\r\nX-KONFESSION:geheimqz\r\nEND:VCARD\r\n";
    shell.write("cleo.vcf", card);
    let taken = shell.run(&[&["contact", "import", "cleo.vcf"], GROUNDS].concat());
    assert!([0, 5, 9].contains(&taken.status.code().unwrap()), "{}", err(&taken));
    // None of it is anywhere.
    for words in [&["contact", "list"][..], &["history", "activity"], &["field", "list", "--all"]] {
        let all = shell.json(words).to_string();
        assert!(!all.contains("geheimqz"), "{words:?}: {all}");
    }
    for contact in shell.ok(&["contact", "list", "--format", "ids"]).lines() {
        assert!(!shell.ok(&["contact", "show", contact]).contains("geheimqz"));
    }
    assert_eq!(shell.json(&["field", "list"])["items"].as_array().unwrap().len(), 1);
}
