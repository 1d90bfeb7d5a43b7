use std::sync::{Arc, Mutex};

use crate::api::{Error, ImportReport, Outcome, Request, Response, RowOutcome};
use crate::client::transfer::{ImportTally, Rejected};
use crate::client::{Client, Door};
use crate::tui::forms::Memory;
use crate::tui::forms::robot::{Robot, ctx};
use crate::tui::import::ImportScreen;
use crate::tui::import::run::{Tally, report, save};
use crate::tui::layer::{Input, JobNews};

/// Takes every row with an e-mail address, and remembers what it was asked.
#[derive(Default)]
struct Store(Mutex<Vec<(bool, usize, String)>>);

impl Door for Store {
    fn request(&self, request: Request) -> Result<Response, Error> {
        let Request::Import(import) = request else { return Err(Error::failed("not an import")) };
        let said =
            format!("{} {} {}", import.provenance.basis, import.provenance.source, import.provenance.country);
        self.0.lock().unwrap().push((import.dry_run, import.rows.len(), said));
        let rows = import.rows.iter().map(|row| {
            let taken = row.fields.iter().any(|edit| edit.field == "emails");
            RowOutcome {
                row: row.row,
                outcome: if taken { Outcome::Created } else { Outcome::Rejected },
                id: None,
                reason: if taken { String::new() } else { "it has neither a phone nor an e-mail".to_owned() },
            }
        });
        Ok(Response::Import(ImportReport { rows: rows.collect(), quarantined: 0 }))
    }
}

fn file(name: &str, text: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    (dir, path.to_string_lossy().into_owned())
}

const CSV: &str =
    "Vorname;Nachname;E-Mail;Konfession;Rang\nAnna;Schmidt;anna@example.com;ev;1\nBert;Maier;;rk;2\n";

/// The file's own name stands in the titles, its directory is by chance.
fn at_columns(path: &str) -> Robot {
    let mut robot = Robot::new(ImportScreen::new(&ctx(), Memory::default()));
    robot.paste(&format!("{path}\n")).press("enter");
    robot.run_job(None);
    robot
}

#[test]
fn a_file_is_mapped_tried_and_taken() {
    let (dir, path) = file("leads.csv", CSV);
    let store = Arc::new(Store::default());
    let client = Client::new(store.clone());
    let mut robot = at_columns(&path);
    insta::assert_snapshot!("columns_80x24", robot.screen(80, 24));
    insta::assert_snapshot!("columns_60x20", robot.screen(60, 20));
    robot.press("n");
    assert!(robot.screen(80, 24).contains("`Konfession` is not to be held"), "{}", robot.screen(80, 24));
    robot.press("enter");
    assert!(robot.screen(80, 24).contains("x skips"), "it can be mapped to nothing");
    robot.press("x enter").type_in("department").press("enter");
    assert!(robot.screen(80, 24).contains("department"));
    robot.press("tab");
    insta::assert_snapshot!("origin_80x24", robot.screen(80, 24));
    robot.press("ctrl-s");
    assert!(robot.screen(80, 24).contains("needed: Art. 14(2)(f)"), "{}", robot.screen(80, 24));
    robot.type_in("trade fair").press("tab tab enter enter");
    assert!(robot.screen(80, 24).contains("Nothing is chosen yet"), "Enter alone is no basis (R3)");
    robot.type_in("consent").press("enter").type_in("asked for it").press("ctrl-s");
    robot.run_job(Some(&client));
    insta::assert_snapshot!("tried_80x24", robot.screen(80, 24));
    robot.press("enter");
    assert!(robot.jobs.is_empty(), "Enter alone imports nothing");
    robot.press("i");
    robot.run_job(Some(&client));
    insta::assert_snapshot!("done_60x20", robot.screen(60, 20));
    assert_eq!(robot.log, ["changed"]);
    let asked = store.0.lock().unwrap().clone();
    assert_eq!(
        asked,
        [(true, 2, "consent trade fair DE".to_owned()), (false, 2, "consent trade fair DE".to_owned())]
    );
    robot.press("w enter");
    robot.run_job(None);
    let text = std::fs::read_to_string(dir.path().join("leads.report.csv")).unwrap();
    assert!(text.starts_with("row,reason\n3,"), "{text}");
    robot.press("enter");
    assert_eq!(robot.closed(), Some(None));
}

#[test]
fn names_of_files_are_completed() {
    let (dir, _) = file("leads-march.csv", CSV);
    std::fs::write(dir.path().join("leads-april.csv"), CSV).unwrap();
    std::fs::write(dir.path().join("\x1b[2Jevil.csv"), CSV).unwrap();
    std::fs::create_dir(dir.path().join("other")).unwrap();
    let start = format!("{}/", dir.path().display());
    let mut robot = Robot::new(ImportScreen::new(&ctx(), Memory::default()));
    robot.paste(&start).press("tab");
    let screen = robot.screen(120, 40);
    assert!(
        screen.contains("leads-april.csv") && screen.contains("other/") && !screen.contains("evil"),
        "{screen}"
    );
    robot.type_in("l").press("tab");
    assert!(robot.screen(120, 40).contains(&format!("{start}leads-")));
    robot.type_in("m").press("tab enter");
    robot.run_job(None);
    assert!(robot.screen(80, 24).contains("leads-march.csv: what the columns are"));
}

#[test]
fn files_that_cannot_be_taken_say_why() {
    let (dir, path) = file("empty.csv", "");
    for (path, why) in [
        (path.clone(), "the file is empty"),
        (format!("{path}.missing"), "No such file"),
        (dir.path().to_string_lossy().into_owned(), "is not a file"),
    ] {
        let mut robot = Robot::new(ImportScreen::new(&ctx(), Memory::default()));
        robot.paste(&path).press("enter");
        robot.run_job(None);
        let screen = robot.screen(200, 24);
        assert!(screen.contains(why), "{screen}");
        robot.press("esc");
        assert_eq!(robot.closed(), Some(None));
    }
}

#[test]
fn a_running_import_can_be_stopped() {
    let (_dir, path) =
        file("cards.vcf", "BEGIN:VCARD\nVERSION:4.0\nFN:Anna Schmidt\nEMAIL:anna@example.com\nEND:VCARD\n");
    let mut robot = at_columns(&path);
    assert!(robot.screen(80, 24).contains("where it comes from"), "cards have no columns");
    robot.type_in("card").press("tab tab").type_in("consent").press("enter").type_in("r").press("ctrl-s");
    robot.input(Input::Cancel);
    assert_eq!(robot.log, ["cancel job 2"]);
    robot.job_news(JobNews::Progress { done: 1, total: 2 });
    assert!(robot.screen(80, 24).contains("nothing is changed"));
    robot.press("esc q");
    assert_eq!(robot.closed(), None, "what runs is not left behind by a stray key");
}

#[test]
fn a_report_is_no_formula_and_overwrites_nothing() {
    let tally = Tally {
        rows: ImportTally {
            rejected: vec![Rejected {
                row: 2,
                reason: "=cmd|' /C calc'!A0 is no e-mail, \"quoted\"".to_owned(),
            }],
            ..ImportTally::default()
        },
        ..Tally::default()
    };
    let text = report(&tally);
    assert!(text.contains("\"'=cmd|"), "{text}");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.csv");
    save(&path, &text, 1).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert!(save(&path, "other", 2).unwrap_err().message.contains("exists already"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
}
