use std::sync::atomic::{AtomicBool, Ordering};

use crate::api::{
    Call, Code, Error, ExportPage, ImportReport, Outcome, Page, Provenance, Request, Response, RowOutcome,
};
use crate::client::fake::{anna, door, schema};
use crate::client::transfer::{CHUNK, ExportError, ExportJob, PAGE, export, import};
use crate::domain::channel::Channel;
use crate::domain::edit::{FieldEdit, Incoming};
use crate::interchange::RowError;
use crate::interchange::export::ExportFormat;

fn row(row: u64) -> Result<Incoming, RowError> {
    let fields = vec![FieldEdit::text("given_name", format!("P{row}"))];
    Ok(Incoming { row, fields, notes: Vec::new() })
}

fn bad(row: u64) -> Result<Incoming, RowError> {
    Err(RowError { row, reason: "no".to_owned() })
}

/// Takes every row, except those whose number ends in 7.
fn taking(request: Request) -> Result<Response, Error> {
    let Request::Import(import) = request else { return Err(Error::failed("not an import")) };
    assert!(import.rows.len() <= CHUNK);
    let outcome = |row: &Incoming| RowOutcome {
        row: row.row,
        outcome: if row.row % 10 == 7 { Outcome::Rejected } else { Outcome::Created },
        id: None,
        reason: String::new(),
    };
    Ok(Response::Import(ImportReport { rows: import.rows.iter().map(outcome).collect(), quarantined: 0 }))
}

#[test]
fn an_import_goes_in_chunks_and_counts_every_row() {
    let (client, seen) = door(taking);
    let mut rows = (1..=1234).map(|n| if n % 100 == 0 { bad(n) } else { row(n) });
    let mut heard = Vec::new();
    let stop = AtomicBool::new(false);
    let end = import(
        &client,
        &mut rows,
        &Provenance::default(),
        false,
        &|| stop.load(Ordering::Relaxed),
        &mut |tally| heard.push(tally.read),
    );
    assert_eq!(end.failed, None);
    assert!(!end.stopped);
    assert_eq!(end.tally.read, 1234);
    assert_eq!(end.tally.rejected.len(), 12 + 123);
    assert_eq!(end.tally.created, 1234 - 12 - 123);
    assert!(end.tally.rejected.is_sorted_by_key(|rejected| rejected.row));
    assert_eq!(seen.lock().unwrap().len(), 3);
    assert_eq!(heard, [500, 1000, 1234]);
}

#[test]
fn a_stopped_import_tells_what_was_taken() {
    let (client, seen) = door(taking);
    let stop = AtomicBool::new(false);
    let mut rows = (1..).map(row);
    let end = import(
        &client,
        &mut rows,
        &Provenance::default(),
        false,
        &|| stop.load(Ordering::Relaxed),
        &mut |tally| {
            stop.store(tally.read >= 1000, Ordering::Relaxed);
        },
    );
    assert!(end.stopped);
    assert_eq!(end.tally.read, 1000);
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[test]
fn an_endless_file_of_bad_rows_can_be_stopped() {
    let (client, seen) = door(taking);
    let stop = AtomicBool::new(false);
    let mut rows = (1..).map(bad);
    let end = import(
        &client,
        &mut rows,
        &Provenance::default(),
        false,
        &|| stop.load(Ordering::Relaxed),
        &mut |tally| {
            stop.store(tally.read >= 2000, Ordering::Relaxed);
        },
    );
    assert!(end.stopped);
    assert!(seen.lock().unwrap().is_empty(), "nothing is sent where nothing is to send");
}

#[test]
fn a_failing_import_keeps_its_count() {
    let calls = std::sync::atomic::AtomicU64::new(0);
    let (client, _) = door(move |request| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => taking(request),
        _ => Err(Error::new(Code::Denied, "no longer")),
    });
    let stop = AtomicBool::new(false);
    let mut rows = (1..=900).map(row);
    let end = import(
        &client,
        &mut rows,
        &Provenance::default(),
        false,
        &|| stop.load(Ordering::Relaxed),
        &mut |_| {},
    );
    assert_eq!(end.failed.unwrap().code, Code::Denied);
    assert_eq!(end.tally.read, 500);
}

/// A store of `total` people that gives out pages.
fn paging(total: u64) -> impl Fn(Request) -> Result<Response, Error> {
    move |request| {
        let Request::Export(export) = request else { return Err(Error::failed("not an export")) };
        let from = export.window.after.map_or(0, |id| u64::from(id.as_fields().0) + 1);
        let upto = total.min(from + export.window.limit.unwrap_or(total));
        let items = (from..upto).map(|n| {
            let mut view = anna();
            view.id = uuid::Uuid::from_fields(n as u32, 0, 0, &[0; 8]);
            view
        });
        let page = Page {
            items: items.collect(),
            total,
            offset: from,
            withheld: [("objection".to_owned(), 2)].into(),
            ..Page::default()
        };
        let run = uuid::Uuid::from_u128(7);
        assert_eq!(export.run, (from > 0).then_some(run), "a page names the run it goes on with");
        let next = (upto < total).then(|| page.items.last().map(|view| view.id)).flatten();
        let fields =
            schema().of(crate::domain::entity::RecordKind::Contact).iter().map(|info| info.key).collect();
        let logged = (from == 0).then_some(7);
        let notes = Vec::new();
        Ok(Response::Export(ExportPage {
            page,
            notes,
            logged,
            run: Some(run),
            next,
            fields,
            with_notes: true,
        }))
    }
}

fn job(format: ExportFormat) -> ExportJob {
    ExportJob {
        query: String::new(),
        purpose: "letter".to_owned(),
        channel: Channel::Email,
        format,
        columns: None,
        to: String::new(),
    }
}

#[test]
fn an_export_asks_page_by_page() {
    let (client, seen) = door(paging(2 * PAGE + 5));
    let mut out = Vec::new();
    let stop = AtomicBool::new(false);
    let tally = export(&client, &schema(), &job(ExportFormat::NdJson), &mut out, &stop, &mut |_| {}).unwrap();
    assert_eq!((tally.written, tally.total, tally.logged), (2 * PAGE + 5, 2 * PAGE + 5, Some(7)));
    assert_eq!(tally.withheld, [("objection".to_owned(), 2)]);
    assert_eq!(seen.lock().unwrap().len(), 3);
    assert_eq!(out.iter().filter(|byte| **byte == b'\n').count() as u64, 2 * PAGE + 5);
}

#[test]
fn an_export_of_exactly_one_page_and_of_nobody() {
    for total in [0, PAGE] {
        let (client, _) = door(paging(total));
        let stop = AtomicBool::new(false);
        let mut out = Vec::new();
        let tally =
            export(&client, &schema(), &job(ExportFormat::Csv), &mut out, &stop, &mut |_| {}).unwrap();
        assert_eq!(tally.written, total);
        let rows = csv::Reader::from_reader(out.as_slice()).records().map(Result::unwrap).count();
        assert_eq!(rows as u64, total);
    }
}

#[test]
fn an_export_writes_the_columns_asked_for() {
    let (client, _) = door(paging(1));
    let stop = AtomicBool::new(false);
    let mut out = Vec::new();
    let columns = Some(vec!["id".to_owned(), "given_name".to_owned(), "tags".to_owned()]);
    let wanted = ExportJob { columns, ..job(ExportFormat::Csv) };
    export(&client, &schema(), &wanted, &mut out, &stop, &mut |_| {}).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().next(), Some("callbook_id,given_name,tags"));
    let unknown = ExportJob { columns: Some(vec!["nonsense".to_owned()]), ..job(ExportFormat::Csv) };
    let error = export(&client, &schema(), &unknown, Vec::new(), &stop, &mut |_| {}).unwrap_err();
    assert!(matches!(error, ExportError::Store(error) if error.code == Code::Usage));
}

#[test]
fn a_refused_export_writes_nothing() {
    let (client, _) = door(|_| Err(Error::refused("no such purpose")));
    let stop = AtomicBool::new(false);
    let mut out = Vec::new();
    assert!(export(&client, &schema(), &job(ExportFormat::Json), &mut out, &stop, &mut |_| {}).is_err());
    assert!(out.is_empty());
    stop.store(true, Ordering::Relaxed);
    let (client, seen) = door(paging(1));
    let error =
        export(&client, &schema(), &job(ExportFormat::Json), &mut out, &stop, &mut |_| {}).unwrap_err();
    assert!(matches!(error, ExportError::Stopped));
    assert!(seen.lock().unwrap().is_empty());
}

#[test]
fn requests_have_answers_of_their_own() {
    assert_eq!(crate::api::Whoami::answer(Response::Import(ImportReport::default())), None);
}
