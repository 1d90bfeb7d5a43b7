//! A session on a real store, as a person at a shell has it: the program itself, a directory, exit codes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of a test may end it"
)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;
use support::shell::{GROUNDS, Shell, err, out};

#[test]
fn a_contact_from_first_note_to_restored() {
    let shell = Shell::new();
    let id = shell.add("Anna", "Schmidt", "030 901820");
    let contact = shell.json(&["contact", "show", &id]);
    assert_eq!(contact["phones"][0]["number"], "+4930901820");
    assert_eq!(contact["display_name"], "Anna Schmidt");
    assert_eq!(contact["custom"], serde_json::json!({}));

    shell.ok(&["contact", "edit", &id, "--set", "job_title=Head of Purchasing", "--expect-revision", "1"]);
    let conflict =
        shell.fails(6, &["contact", "edit", &id, "--set", "job_title=Buyer", "--expect-revision", "1"]);
    assert!(conflict.contains("Head of Purchasing"), "{conflict}");
    // Two scripts that write the same on the same revision: the second learns that it was not the first.
    shell.fails(
        6,
        &["contact", "edit", &id, "--set", "job_title=Head of Purchasing", "--expect-revision", "1"],
    );
    shell.ok(&["tag", "add", &id, "fair"]);
    shell.ok(&["note", "add", &id, "called back", "--kind", "call"]);
    let contact = shell.json(&["contact", "show", &id]);
    assert_eq!(contact["tags"], serde_json::json!(["fair"]));
    assert_eq!(contact["notes"][0]["text"], "called back");
    let before = shell.json(&["contact", "history", &id]);
    let first = before["items"].as_array().unwrap().last().unwrap();
    assert_eq!(first["action"], "create");
    let past = shell.json(&["contact", "show", &id, "--at", first["at"].as_str().unwrap()]);
    assert_eq!(past.get("job_title"), None, "as it stood before the edit");

    assert_eq!(shell.json(&["contact", "list", "anna tag:fair"])["total"], 1);
    assert_eq!(shell.ok(&["contact", "list", "030/901820", "--format", "ids"]).trim(), id);
    shell.ok(&["contact", "delete", &id]);
    assert_eq!(shell.json(&["contact", "list"])["total"], 0);
    shell.ok(&["contact", "restore", &id]);
    assert_eq!(shell.json(&["contact", "list"])["total"], 1);
    assert_eq!(shell.json(&["tag", "list"])["items"][0]["tag"], "fair");
    assert_eq!(shell.json(&["status"])["contacts"], 1);
    shell.fails(3, &["contact", "show", "00000000-0000-4000-8000-000000000001"]);
    shell.fails(5, &["contact", "add", "--given", "Nobody", "--family", "Knows"]);
    shell.fails(2, &["contact", "list", "nonsense:filter"]);
}

#[test]
fn many_in_one_step_and_two_that_are_one() {
    let shell = Shell::new();
    let anna = shell.add("Anna", "Schmidt", "030 901820");
    let again = shell.add("Anna", "Schmid", "+49 30 901820");
    shell.add("Bernd", "Maier", "030 901830");
    let ids = shell.ok(&["contact", "list", "--format", "ids"]);
    let tagged = shell.fed(&["tag", "add", "-", "fair"], &ids);
    assert_eq!(tagged.status.code(), Some(0), "{}", err(&tagged));
    assert_eq!(shell.json(&["contact", "list", "tag:fair"])["total"], 3);
    shell.fails(2, &["contact", "edit", "--query", "tag:fair", "--set", "team=south"]);
    let report = shell.json(&["contact", "edit", "--query", "tag:fair", "--set", "team=south", "--yes"]);
    assert_eq!(report["changed"], 3);
    let step = report["transaction"].to_string();
    shell.ok(&["history", "undo", &step]);
    assert_eq!(shell.json(&["contact", "list", "team:south"])["total"], 0);

    let groups = shell.json(&["contact", "duplicates"]);
    assert_eq!(groups["items"][0]["contacts"].as_array().unwrap().len(), 2, "{groups}");
    let told = shell.ok(&["contact", "merge", &anna, &again]);
    assert!(told.contains("kept: family_name Schmidt, not Schmid"), "{told}");
    assert_eq!(shell.json(&["contact", "list"])["total"], 2);
}

#[test]
fn files_in_and_out() {
    let shell = Shell::new();
    shell.write("leads.csv", "Vorname;Nachname;E-Mail Adresse;Religion\nAnna;Schmidt;anna@example.com;x\nBernd;Maier;not an address;y\n");
    let words = [&["contact", "import", "leads.csv"], GROUNDS].concat();
    assert!(shell.fails(5, &words).contains("--skip-column 'Religion'"));
    let words = [&words[..], &["--skip-column", "Religion", "--format", "json"]].concat();
    let dry = shell.run(&[&words[..], &["--dry-run"]].concat());
    assert_eq!(dry.status.code(), Some(9), "{}", err(&dry));
    assert_eq!(shell.json(&["contact", "list"])["total"], 0, "a dry run changes nothing");
    let done = shell.run(&words);
    assert_eq!(done.status.code(), Some(9), "{}", err(&done));
    let report: Json = serde_json::from_str(&out(&done)).unwrap();
    assert_eq!((&report["read"], &report["created"]), (&Json::from(2), &Json::from(1)), "{report}");
    assert_eq!(report["rejected"][0]["row"], 3, "{report}");
    let again: Json = serde_json::from_str(&out(&shell.run(&words))).unwrap();
    assert_eq!((&again["created"], &again["unchanged"]), (&Json::from(0), &Json::from(1)), "{again}");

    let card =
        "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Zoe Muster\r\nN:Muster;Zoe;;;\r\nBDAY:19800101\r\nEND:VCARD\r\n";
    shell.write("cards.vcf", card);
    let report = shell.json(&[&["contact", "import", "cards.vcf"], GROUNDS].concat());
    assert_eq!(report["created"], 1, "{report}");
    assert_eq!(report["dropped"][0]["field"], "BDAY", "{report}");

    for id in shell.ok(&["contact", "list", "--format", "ids"]).lines() {
        let said = ["consent", "record", id, "--purpose", "sales", "--channel", "storage", "--kind", "given"];
        shell.ok(&[&said[..], &["--way", "form", "--words", "keep my card"]].concat());
    }
    for (kind, name) in
        [("csv", "a.csv"), ("vcard", "a.vcf"), ("jscontact", "a.jscontact"), ("json", "a.json")]
    {
        let words =
            ["contact", "export", "--purpose", "sales", "--channel", "storage", "--as", kind, "--out", name];
        shell.ok(&words);
        let text = std::fs::read_to_string(shell.dir.path().join(name)).unwrap();
        assert!(text.contains("Zoe") && text.contains("anna@example.com"), "{kind}: {text}");
        assert!(!text.contains("1980"));
    }
    let left: Vec<String> = std::fs::read_dir(shell.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn the_log_proves_what_was_done() {
    let shell = Shell::new();
    let id = shell.add("Anna", "Schmidt", "030 901820");
    shell.ok(&["history", "verify"]);
    let seq = shell.json(&["contact", "history", &id])["items"][0]["seq"].to_string();
    shell.ok(&["history", "prove", &seq, "--out", "proof.json"]);
    assert!(shell.json(&["status"])["checkpoint_at"].is_null());
    shell.ok(&["history", "checkpoint", "--out", "checkpoint.txt"]);
    let status = shell.json(&["status"]);
    assert_eq!((&status["checkpoint_entries"], &status["entries_since"]), (&status["entries"], &0.into()));
    let proof = shell.dir.path().join("proof.json");
    // A stranger has neither store nor key.
    let stranger = |proof: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callbook"));
        let checkpoint = shell.dir.path().join("checkpoint.txt");
        command
            .args(["history", "check"])
            .arg(proof)
            .arg(checkpoint)
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let checked = stranger(&proof);
    let honest = checked.status.code();
    let text = std::fs::read_to_string(&proof).unwrap();
    let mut forged: Json = serde_json::from_str(&text).unwrap();
    forged["leaf_index"] = Json::from(forged["leaf_index"].as_u64().unwrap() + 1);
    std::fs::write(&proof, forged.to_string()).unwrap();
    assert_eq!(stranger(&proof).status.code(), Some(8));
    assert_eq!(honest, Some(0), "{}", err(&checked));
}

#[test]
fn a_locked_store_says_what_unlocks_it() {
    let shell = Shell::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_callbook"));
    let done = command
        .args(["contact", "list", "--store", "store", "--format", "json"])
        .current_dir(shell.dir.path())
        .env_clear()
        .env("HOME", shell.dir.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(7));
    let error: Json = serde_json::from_str(&err(&done)).unwrap();
    assert!(error["error"]["hint"].as_str().unwrap().contains("--passphrase-file"));
    shell.write("wrong", "four quite wrong words\n");
    shell.fails(7, &["contact", "list", "--passphrase-file", "wrong"]);
    shell.fails(3, &["contact", "list", "--store", "elsewhere"]);
    let told = shell.fails(5, &["init", "--controller", "Again", "--country", "DE"]);
    assert!(told.contains("already a store"), "{told}");
    // Of an `init` that was killed nothing was acknowledged: it is simply done again.
    std::fs::remove_file(shell.dir.path().join("store/HEADER")).unwrap();
    shell.write("store/UNFINISHED", "");
    let told = shell.fails(1, &["status"]);
    assert!(told.contains("run `callbook init` again"), "{told}");
    shell.ok(&["init", "--controller", "Again", "--country", "DE"]);
    assert_eq!(shell.json(&["status"])["controller"], "Again");
}

#[test]
fn a_damaged_store_has_a_doctor() {
    let shell = Shell::new();
    std::fs::remove_file(shell.dir.path().join("store/data/sled/db")).unwrap();
    shell.fails(8, &["contact", "list"]);
    let done = shell.run(&["doctor", "--format", "json"]);
    assert_eq!(done.status.code(), Some(8), "{}", err(&done));
    let report: Json = serde_json::from_str(&out(&done)).unwrap();
    assert_eq!(report["items"][0]["level"], "error");
    assert!(report["items"][0]["message"].as_str().unwrap().contains("sled/db is missing"), "{report}");
    assert!(report["items"][0]["hint"].as_str().unwrap().contains("backup"), "{report}");
}

#[test]
fn a_reader_who_leaves_is_no_failure() {
    let shell = Shell::new();
    let mut table = String::from("given name,family name\n");
    for n in 0..3000 {
        table.push_str(&format!("Person{n},Number{n}\n"));
    }
    shell.write("many.csv", &table);
    assert_eq!(shell.json(&[&["contact", "import", "many.csv"], GROUNDS].concat())["created"], 3000);
    let mut child = shell
        .command(&["contact", "list", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(err(&done), "");
}

#[test]
fn the_first_store_of_a_new_account() {
    let home = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_callbook"))
            .args(words)
            .args(["--key-file", "key"])
            .current_dir(home.path())
            .env_clear()
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let made = run(&["init", "--controller", "Muster GmbH", "--country", "DE"]);
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    assert!(home.path().join(".local/share/callbook/HEADER").exists());
    assert_eq!(run(&["status"]).status.code(), Some(0));
}

#[test]
fn what_a_form_of_an_attacker_leaves_in_a_list() {
    let shell = Shell::new();
    let table = "given name,family name,street,city,note\n\
         \x1b[31mRed,\x1b]0;owned\x07Esc,Weg\x1b[2J 1,Bonn,see\x1b[8m me\n\
         \u{202e}evil,\u{9b}31mzero\u{200b}width,Weg 2,Bonn,\n";
    shell.write("evil.csv", table);
    let grounds = ["--source", "fair list", "--basis", "contract", "--reason", "asked for an offer"];
    assert_eq!(shell.json(&[&["contact", "import", "evil.csv"], &grounds[..]].concat())["created"], 2);
    for format in ["table", "csv", "tsv", "json", "ndjson"] {
        let list = shell.ok(&["contact", "list", "--format", format]);
        assert!(!list.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')), "{format}: {list:?}");
    }
    let table = shell.ok(&["contact", "list"]);
    assert!(table.contains("evil") && !table.contains(['\u{202e}', '\u{200b}']), "{table:?}");
    let id = shell.ok(&["contact", "list", "red", "--format", "ids"]);
    let card = shell.ok(&["contact", "show", id.trim()]);
    assert!(card.contains("see") && !card.contains('\x1b'), "{card:?}");
    for kind in ["csv", "vcard", "jscontact", "json"] {
        let words = ["contact", "export", "--purpose", "contract", "--channel", "post", "--as", kind];
        let file = shell.ok(&words);
        assert!(!file.contains(['\x1b', '\x07', '\u{9b}']), "{kind}: {file:?}");
        shell.write("back", &file);
        let report = shell.json(&[&["contact", "import", "back"], &grounds[..]].concat());
        assert_eq!(report["unchanged"], 2, "{kind}: {report}");
    }
}

#[test]
fn words_that_are_none() {
    let shell = Shell::new();
    let told = shell.fails(2, &["contact", "list", "tag:"]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[..3], ["error: `tag:` needs a value", "  tag:", "  ^^^^"], "{told}");
    assert!(lines[3].starts_with("hint: for example tag:fair") && lines.len() == 4, "{told}");
    let told = shell.fails(2, &["contact", "list", "tag:", "--format", "json"]);
    let error: Json = serde_json::from_str(&told).unwrap();
    assert_eq!(error["error"]["message"], "`tag:` needs a value");
    for words in [
        &["contact", "show", "nobody"][..],
        &["contact", "delete", "nobody"],
        &["contact", "list", "--after", "nobody"],
        &["note", "add", "nobody", "text"],
    ] {
        let told = shell.fails(2, words);
        assert!(told.contains("`nobody` is no id; ids look like"), "{words:?}: {told}");
    }
    shell.add("Anna", "Schmidt", "030 901820");
    let gone = "00000000-0000-4000-8000-000000000001";
    shell.fails(6, &["contact", "list", "--after", gone]);
    shell.fails(2, &["contact", "list", "--sort", "nonsense"]);
}

#[test]
fn a_list_of_people_that_is_none() {
    let shell = Shell::new();
    shell.write("deep.json", &"[".repeat(100_000));
    shell.write("cut.json", "{\"items\":[\n{\"given_name\":\"Anna\",\"family_name\":\"Muster\"}");
    for (file, created) in [("deep.json", 0), ("cut.json", 1)] {
        let done = shell.run(&[&["contact", "import", file, "--format", "json"], GROUNDS].concat());
        assert_eq!(done.status.code(), Some(9), "{file}: {}{}", out(&done), err(&done));
        let report: Json = serde_json::from_str(&out(&done)).unwrap();
        assert_eq!(report["created"], created, "{report}");
        assert_eq!(report["rejected"].as_array().unwrap().len(), 1, "{report}");
    }
}

#[test]
fn an_import_from_a_timer_writes_nobody_into_the_journal() {
    let shell = Shell::new();
    shell.write("leads.csv", "Vorname;Nachname\nKanariella;Vogelsang\n");
    let words = [&["contact", "import", "leads.csv"], GROUNDS].concat();
    let dry = shell.run(&[&words[..], &["--dry-run"]].concat());
    assert!(err(&dry).contains("Vorname → given_name: Kanariella"), "{}", err(&dry));
    let done = shell.run(&words);
    assert!(err(&done).contains("Vorname → given_name\n"), "{}", err(&done));
    assert!(!err(&done).contains("Kanariella"), "{}", err(&done));
}

#[test]
fn views_stand_for_their_filters_and_who_looked_is_known() {
    let shell = Shell::new();
    let ids = [("Anna", "030 901820"), ("Bea", "030 901821"), ("Cem", "030 901822")]
        .map(|(given, phone)| shell.add(given, "Schmidt", phone));
    shell.ok(&["tag", "add", &ids[0], "fair"]);
    shell.ok(&["tag", "add", &ids[1], "fair"]);
    let add = ["view", "add", "fair", "--filter", "tag:fair", "--title", "The fair", "--sort", "-name"];
    shell.ok(&[&add[..], &["--columns", "phones,created_at"]].concat());
    let table = shell.ok(&["contact", "list", "@fair"]);
    assert!(table.starts_with("Phones") && table.contains("901820") && !table.contains("901822"), "{table}");
    let names = |query: &str| {
        let found = shell.json(&["contact", "list", query]);
        let items = found["items"].as_array().unwrap().clone();
        items.iter().map(|one| one["given_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("@fair"), ["Bea", "Anna"]);
    assert_eq!(names("@fair -bea"), ["Anna"]);
    assert!(shell.fails(2, &["contact", "list", "@fare"]).contains("did you mean `@fair`?"));
    shell.fails(2, &["view", "edit", "fair", "--filter", "@fair"]);
    shell.ok(&["view", "edit", "fair", "--filter", "tag:fair anna", "--columns", ""]);
    assert_eq!(names("@fair"), ["Anna"]);
    let view = shell.json(&["view", "show", "fair"]);
    assert_eq!(
        (&view["belongs"], &view["title"], &view["sort"]),
        (&"user".into(), &"The fair".into(), &"-name".into())
    );
    let listed = shell.json(&["view", "list", "--kind", "contact"]);
    let listed: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|view| view["name"].as_str().unwrap()).collect();
    assert!(listed.contains(&"fair") && listed.contains(&"mine"), "{listed:?}");
    shell.fails(5, &["view", "delete", "new"]);
    shell.fails(3, &["view", "show", "fare"]);
    shell.ok(&["view", "delete", "fair"]);
    shell.fails(2, &["contact", "list", "@fair"]);
    shell.ok(&["view", "restore", view["id"].as_str().unwrap()]);
    assert_eq!(names("@fair"), ["Anna"]);

    shell.ok(&["contact", "show", &ids[2], "--format", "json"]);
    let said = ["consent", "record", &ids[2], "--purpose", "sales", "--channel", "phone", "--kind", "given"];
    shell.ok(&[&said[..], &["--way", "in_person", "--words", "yes, do call me"]].concat());
    shell.ok(&["contact", "export", "--purpose", "sales", "--channel", "phone", "--query", "cem"]);
    let reads = shell.json(&["history", "reads", &ids[2]]);
    let kinds: Vec<&str> =
        reads["items"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["export", "open"]);
    assert_eq!(reads["items"][0]["purpose"], "sales (phone)");
    assert_eq!(reads["items"][1]["display_name"], "Cem Schmidt");
    assert_eq!(shell.ok(&["history", "reads", "--format", "ids"]).lines().count(), 2);
    let nobody = ["history", "reads", "--to", "2020-01-01"];
    assert_eq!(shell.json(&nobody)["total"], 0);
    shell.fails(3, &["history", "reads", "00000000-0000-4000-8000-000000000001"]);
    shell.fails(2, &["settings", "edit", "--set", "readings_months=0x"]);
    shell.ok(&["settings", "edit", "--set", "readings_months=6"]);
    let swept = shell.json(&["history", "sweep", "--dry-run"]);
    assert_eq!((&swept["removed"], &swept["kept"], &swept["months"]), (&0.into(), &2.into(), &6.into()));
    shell.ok(&["history", "verify"]);
}

#[test]
fn a_law_file_in_the_settings_counts() {
    let shell = Shell::new();
    shell.write("config.toml", "[law]\nfile = \"law.toml\"\n");
    let law = "[ages.PL]\ndigital_consent = 16\ncontract = 18\ncitation = \"RODO art. 8\"\nsource = \"isap\"\n\
               checked = 2026-11-01\nverified = true\n";
    let show = ["law", "show", "PL", "--of", "ages", "--config", "config.toml"];
    // A file that is named and not there, or wrong, is not passed over in silence.
    assert!(shell.fails(2, &show).contains("law.toml cannot be read"));
    shell.write("law.toml", &law.replace("16", "6"));
    assert!(
        shell.fails(2, &show).contains("ages.PL.digital_consent: a whole number from 13 to 30 is wanted")
    );
    shell.write("law.toml", law);
    let shown = shell.json(&show);
    assert_eq!(shown["items"][0]["citation"], "RODO art. 8");
    assert_eq!(
        shell.json(&["law", "show", "PL", "--of", "ages"])["total"],
        0,
        "without the settings, it is not there"
    );
}

/// Scenario 4 by commands: whoever is suppressed comes in by no notation; and a do-not-call list beside it.
#[test]
fn what_is_suppressed_comes_in_by_no_notation() {
    let shell = Shell::new();
    let done = shell.json(&["suppression", "add", "--phone", "+49 1511 2345678", "--reason", "objection"]);
    assert_eq!((done["channel"].as_str(), done["contacts"].as_u64()), (Some("phone"), Some(0)));
    shell.ok(&["suppression", "add", "--email", "erased@example.com"]);
    shell.write(
        "leads.csv",
        "given name,family name,phone,e-mail\nEins,Berg,0049 (0)1511 2345 678,\nZwei,Berg,,ErAsEd@Example.COM\nDrei,Berg,030 901890,\n",
    );
    let words = [&["contact", "import", "leads.csv", "--format", "json"], GROUNDS].concat();
    let run = shell.run(&words);
    assert_eq!(run.status.code(), Some(9));
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!((report["created"].as_u64(), report["suppressed"].as_u64()), (Some(1), Some(2)));
    assert_eq!(report["suppressed_rows"], serde_json::json!([2, 3]));
    assert_eq!(report["rejected"], serde_json::json!([]));
    let told = shell.fails(
        5,
        &[&["contact", "add", "--given", "Eins", "--family", "Berg", "--phone", "01511/2345678"], GROUNDS]
            .concat(),
    );
    assert!(told.contains("suppressed") && !told.contains("objection"), "{told}");
    let check = shell.json(&["suppression", "check", "--phone", "01511 2345678"]);
    assert_eq!((check["suppressed"].as_bool(), check["scope"].as_str()), (Some(true), Some("all")));
    assert_eq!(shell.json(&["suppression", "check", "--email", "free@example.com"])["suppressed"], false);
    let list = shell.json(&["suppression", "list"]);
    assert_eq!(list["total"], 2);
    assert!(!list.to_string().contains("2345678") && !list.to_string().contains("example.com"), "{list}");
    assert_eq!(shell.json(&["suppression", "list", "--counts"])["by_reason"]["objection"], 1);
    // Nobody gives both, or neither.
    shell.fails(2, &["suppression", "check"]);
    shell.fails(2, &["suppression", "check", "--phone", "030 901890", "--email", "a@example.com"]);

    let import = |file: &str, date: &str, more: &[&str]| {
        let words = ["suppression", "import", file, "--list", "TPS", "--country", "GB", "--date", date];
        shell.run(&[&words[..], &["--format", "json"], more].concat())
    };
    let mut numbers = String::from("Added;Number\r\n");
    (0..3_000).for_each(|n| numbers.push_str(&format!("2026-01-01;020 7946 {n:04}\r\n")));
    shell.write("tps.csv", &numbers);
    let done = import("tps.csv", "2026-01-02", &["--column", "number"]);
    assert!(done.status.success(), "{}", err(&done));
    let done: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((done["numbers"].as_u64(), done["list"].as_str()), (Some(3_000), Some("TPS (GB)")));
    let listed = |number: &str| {
        let check = shell.json(&["suppression", "check", "--country", "GB", "--phone", number]);
        (
            check["lists"][0]["date"].as_str().unwrap().to_owned(),
            check["lists"][0]["listed"].as_bool().unwrap(),
        )
    };
    assert_eq!(listed("020 7946 2999"), ("2026-01-02".to_owned(), true));
    // Another column, a list cut short, an older one, no list at all: the one in force stays.
    assert_eq!(import("tps.csv", "2026-01-03", &[]).status.code(), Some(5));
    shell.write("cut.csv", numbers.get(..2_000).unwrap());
    assert_eq!(import("cut.csv", "2026-01-03", &["--column", "2"]).status.code(), Some(5));
    assert_eq!(import("tps.csv", "2026-01-01", &["--column", "2"]).status.code(), Some(6));
    assert_eq!(import("none.csv", "2026-01-03", &[]).status.code(), Some(1));
    shell.write("empty.csv", "");
    assert_eq!(import("empty.csv", "2026-01-03", &[]).status.code(), Some(1));
    assert_eq!(listed("020 7946 2999"), ("2026-01-02".to_owned(), true));
    // A row that is no number is told, and the others are taken.
    shell.write("short.csv", "020 7946 0001\n020 7946 0002\nno number\n");
    let done = import("short.csv", "2026-01-03", &["--accept-smaller"]);
    assert_eq!(done.status.code(), Some(9), "{}", err(&done));
    let done: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((done["rejected"][0]["row"].as_u64(), done["replaced"].as_u64()), (Some(3), Some(3_000)));
    let lists = shell.json(&["suppression", "lists"]);
    assert_eq!(
        (lists["items"][0]["numbers"].as_u64(), lists["items"][0]["date"].as_str()),
        (Some(2), Some("2026-01-03"))
    );
    assert_eq!(listed("020 7946 2999"), ("2026-01-03".to_owned(), false));
}

#[test]
fn a_newsletter_is_confirmed_by_the_code_that_was_sent_and_by_no_other() {
    let shell = Shell::new();
    let id = shell.add("Anna", "Schmidt", "030 901820");
    shell.ok(&["contact", "edit", &id, "--set", "emails=anna@example.com", "--set", "language=de"]);
    let request = ["consent", "request", &id, "--purpose", "newsletter", "--channel", "email"];
    // Nothing says how it gets out; then nobody could answer it (R25).
    assert!(shell.fails(2, &request).contains("mail_command"));
    let to_file = [&request[..], &["--out", "ask.eml"]].concat();
    assert!(shell.fails(5, &to_file).contains("unsubscribe"));
    shell.ok(&["settings", "edit", "--set", "contact=privacy@example.com"]);

    // A program that fails leaves nothing behind.
    shell.write("bad.toml", "mail_command = [\"/bin/false\"]\n");
    assert!(
        shell.fails(1, &[&["--config", "bad.toml"], &request[..]].concat()).contains("nothing was recorded")
    );
    shell.write("gone.toml", "mail_command = [\"no-such-program-here\"]\n");
    shell.fails(1, &[&["--config", "gone.toml"], &request[..]].concat());
    assert_eq!(shell.json(&["consent", "list", &id])["events"].as_array().unwrap().len(), 0);
    assert!(!shell.dir.path().join("ask.eml").exists());

    shell.write("good.toml", "mail_command = [\"/bin/sh\", \"-c\", \"cat > sent.eml\"]\nopt_in_days = 3\n");
    shell.ok(&[&["--config", "good.toml"], &request[..]].concat());
    shell.ok(&to_file);
    let code_in = |name: &str| {
        let mail = std::fs::read_to_string(shell.dir.path().join(name)).unwrap();
        let message = mail_parser::MessageParser::new().parse(mail.as_bytes()).unwrap();
        assert_eq!(message.to().unwrap().first().unwrap().address(), Some("anna@example.com"));
        let text = message.body_text(0).unwrap();
        text.split("?subject=").nth(1).unwrap()[..32].to_owned()
    };
    let (first, second) = (code_in("sent.eml"), code_in("ask.eml"));
    assert_ne!(first, second);
    shell.fails(3, &["consent", "confirm", "abcdefghijklmnopqrstuvwxyz234567"]);
    shell.fails(5, &["consent", "confirm", &first, "--contact", "00000000-0000-4000-8000-000000000001"]);
    let fed = shell.fed(&["consent", "confirm", "-", "--format", "json"], &format!("{first}\n"));
    assert_eq!(fed.status.code(), Some(0), "{}", err(&fed));
    let done: Json = serde_json::from_str(&out(&fed)).unwrap();
    assert_eq!(
        (&done["address"], &done["states"][0]["state"]),
        (&Json::from("anna@example.com"), &Json::from("given"))
    );
    assert!(done["asked_at"].as_str() <= done["confirmed_at"].as_str());
    assert!(shell.fails(5, &["consent", "confirm", &first]).contains("used already"));
    shell.ok(&["consent", "withdraw", &id, "--purpose", "newsletter"]);
    shell.write("code.txt", &second);
    assert!(
        shell
            .fails(5, &["--key-file", "key", "consent", "confirm", "--file", "code.txt"])
            .contains("withdrawn")
    );
    let event = done["events"][0].as_str().unwrap();
    let receipt: Json = serde_json::from_str(&shell.ok(&["consent", "receipt", event])).unwrap();
    let statuses = receipt["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"].as_array().unwrap().len();
    assert_eq!(statuses, 3, "asked twice, and confirmed");
    shell.ok(&[
        "consent",
        "prove",
        &id,
        "--purpose",
        "newsletter",
        "--channel",
        "email",
        "--out",
        "proof.json",
    ]);
    assert!(shell.ok(&["history", "check", "proof.json"]).contains("with these very words"));
}
