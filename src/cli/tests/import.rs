//! `contact import` against a scripted store.

use serde_json::Value as Json;

use super::script::store;
use crate::api::Request;
use crate::cli::fake::Fixture;

struct Import {
    dir: tempfile::TempDir,
    callbook: Fixture,
}

impl Import {
    fn new() -> Import {
        Import { dir: tempfile::tempdir().unwrap(), callbook: Fixture::new(store) }
    }

    fn run(&mut self, name: &str, content: &str, words: &[&str]) -> u8 {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        let path = path.display().to_string();
        let all: Vec<&str> = ["contact", "import", &path].into_iter().chain(words.iter().copied()).collect();
        self.callbook.run(&all)
    }
}

const GROUNDS: &[&str] = &["--source", "fair list", "--basis", "consent", "--reason", "asked for it"];

#[test]
fn an_import_reports_every_row() {
    let mut import = Import::new();
    let table = "Vorname,Nachname,Shoe size\nAnna,Schmidt,38\n,,39\nBernd,Maier,44\n";
    let report = import.dir.path().join("report.csv");
    let words =
        [GROUNDS, &["--tag", "Fair", "--format", "json", "--report", report.to_str().unwrap()]].concat();
    assert_eq!(import.run("leads.csv", table, &words), 9);
    let json: Json = serde_json::from_str(&import.callbook.out()).unwrap();
    assert_eq!(json["read"], 3);
    assert_eq!(json["rejected"][0]["row"], 3);
    assert_eq!(json["dropped"][0]["field"], "Shoe size");
    for key in ["created", "updated", "unchanged", "suppressed", "quarantined"] {
        assert!(json[key].is_u64(), "{key}");
    }
    assert!(std::fs::read_to_string(report).unwrap().starts_with("file,row,reason\n,3,"));
    let told = import.callbook.err();
    assert!(told.contains("Vorname → given_name"), "{told}");
    assert!(told.contains("Shoe size → not taken"), "{told}");
    assert!(told.contains("read as in DE"), "{told}");
    let asked = import.callbook.asked();
    let Some(Request::Import(call)) = asked.last() else { panic!("{asked:?}") };
    assert_eq!(
        (call.provenance.source.as_str(), call.provenance.tags.as_slice()),
        ("fair list", &["fair".to_owned()][..])
    );
}

#[test]
fn an_import_without_grounds_or_with_forbidden_columns_is_refused() {
    let mut import = Import::new();
    let table = "given name,Religion\nAnna,x\n";
    assert_eq!(import.run("a.csv", table, GROUNDS), 5);
    let told = import.callbook.err();
    assert!(told.contains("`Religion`") && told.contains("--skip-column 'Religion'"), "{told}");
    let skip = [GROUNDS, &["--skip-column", "Religion"]].concat();
    assert_eq!(import.run("a.csv", table, &skip), 0);
    import.callbook.asked();

    for (missing, option) in [(0, "--source"), (2, "--basis"), (4, "--reason")] {
        let words: Vec<&str> = GROUNDS[..missing].iter().chain(&GROUNDS[missing + 2..]).copied().collect();
        assert_eq!(import.run("b.csv", "given name\nAnna\n", &words), 5, "{option}");
        assert!(import.callbook.err().contains(option));
    }
    let asked = import.callbook.asked();
    assert!(!asked.iter().any(|request| matches!(request, Request::Import(_))), "nothing was sent");
    // A table that says it for each row needs no options.
    let table = "given name,source,basis,reason\nAnna,fair,consent,asked\n";
    assert_eq!(import.run("c.csv", table, &[]), 0, "{}", import.callbook.err());
    assert_eq!(import.run("c.csv", table, &["--basis", "whim"]), 2);
    assert_eq!(import.run("c.csv", table, &["--map", "Vornam=given_name"]), 2);
    assert_eq!(import.run("empty.csv", "", GROUNDS), 1);
}
