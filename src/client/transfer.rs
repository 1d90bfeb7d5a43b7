//! Imports and exports as jobs: many requests, one after the other, that a person can watch and stop.
//!
//! An import sends chunks, each of which is taken as a whole or not at all; what was acknowledged stays, and the same
//! file again changes nothing that is there already. An export fetches pages and writes as it goes.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use uuid::Uuid;

use crate::api::frame;
use crate::api::{Error, Export, ExportPage, Import, Outcome, Provenance, View, Window};
use crate::client::Client;
use crate::domain::channel::Channel;
use crate::domain::contact::NoteField;
use crate::domain::edit::Incoming;
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::schema::{FieldInfo, Schema};
use crate::interchange::RowError;
use crate::interchange::export::{ExportCell, ExportField, ExportFormat, ExportRecord, Exporter};

/// Rows in one request of an import.
pub const CHUNK: usize = 500;
/// Bytes of the rows in one request, about: a socket takes requests up to a limit.
pub const CHUNK_BYTES: u64 = (frame::REQUEST_MOST / 2 - (64 << 10)) as u64;
/// Records in one page of an export.
pub const PAGE: u64 = 1_000;

/// A row that was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    pub row: u64,
    pub reason: String,
}

/// What became of the rows so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportTally {
    pub read: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub rejected: Vec<Rejected>,
    /// Rows about people who must not be held again.
    pub suppressed: u64,
    /// Their numbers.
    pub suppressed_rows: Vec<u64>,
    /// New people who must not be used yet (R15).
    pub quarantined: u64,
}

/// How an import ended.
#[derive(Clone, PartialEq, Debug)]
pub struct ImportEnd {
    pub tally: ImportTally,
    /// Stopped by a person between two chunks.
    pub stopped: bool,
    /// What made it end early; the chunks before it were taken.
    pub failed: Option<Error>,
}

/// Sends rows, chunk by chunk, until `stop` says so. `progress` hears of each chunk that was taken.
pub fn import(
    client: &Client,
    rows: &mut dyn Iterator<Item = Result<Incoming, RowError>>,
    provenance: &Provenance,
    dry_run: bool,
    stop: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(&ImportTally),
) -> ImportEnd {
    let mut tally = ImportTally::default();
    let mut chunk: Vec<Incoming> = Vec::new();
    loop {
        if stop() {
            return ImportEnd { tally, stopped: true, failed: None };
        }
        // A file of nothing but bad rows must still be stoppable, so they fill chunks too.
        let mut bad = 0;
        let mut bytes = 0;
        let mut ended = false;
        while chunk.len() + bad < CHUNK && bytes < CHUNK_BYTES {
            match rows.next() {
                // Whatever comes before it, such a row does not fit into a request.
                Some(Ok(row)) if frame::size(&row) > CHUNK_BYTES => {
                    tally.read += 1;
                    let reason = format!("the row is longer than {} KiB", CHUNK_BYTES >> 10);
                    tally.rejected.push(Rejected { row: row.row, reason });
                    bad += 1;
                }
                Some(Ok(row)) => {
                    bytes += frame::size(&row);
                    chunk.push(row);
                }
                Some(Err(error)) => {
                    tally.read += 1;
                    tally.rejected.push(Rejected { row: error.row, reason: error.reason });
                    bad += 1;
                }
                None => {
                    ended = true;
                    break;
                }
            }
        }
        if !chunk.is_empty() {
            let sent = chunk.len() as u64;
            let call = Import { rows: std::mem::take(&mut chunk), provenance: provenance.clone(), dry_run };
            match client.call(call) {
                Ok(report) => {
                    tally.read += sent;
                    tally.quarantined += report.quarantined;
                    for row in report.rows {
                        match row.outcome {
                            Outcome::Created => tally.created += 1,
                            Outcome::Updated => tally.updated += 1,
                            Outcome::Unchanged => tally.unchanged += 1,
                            Outcome::Suppressed => {
                                tally.suppressed += 1;
                                tally.suppressed_rows.push(row.row);
                            }
                            Outcome::Rejected => {
                                tally.rejected.push(Rejected { row: row.row, reason: row.reason })
                            }
                        }
                    }
                }
                Err(error) => return ImportEnd { tally, stopped: false, failed: Some(error) },
            }
        }
        progress(&tally);
        if ended {
            tally.rejected.sort_by_key(|rejected| rejected.row);
            return ImportEnd { tally, stopped: false, failed: None };
        }
    }
}

/// What an export takes out of the store, why, and how it is written.
#[derive(Clone, Debug)]
pub struct ExportJob {
    pub query: String,
    pub purpose: String,
    pub channel: Channel,
    pub format: ExportFormat,
    /// Names of fields, `custom.NAME`, `notes`; all that the purpose needs and an import reads again when absent.
    pub columns: Option<Vec<String>>,
    /// The registered recipient; the controller itself when empty.
    pub to: String,
}

/// What an export wrote.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExportTally {
    pub written: u64,
    /// Everybody the query finds.
    pub total: u64,
    /// Who was left out, by reason.
    pub withheld: Vec<(String, u64)>,
    /// The entry that logs the export.
    pub logged: Option<u64>,
    /// The run of the export, by which its file is made known; none of a damaged store.
    pub run: Option<Uuid>,
}

/// Why an export did not end well. What was written until then is not whole.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] Error),
    #[error("writing failed: {0}")]
    Write(#[from] io::Error),
    #[error("stopped")]
    Stopped,
}

/// Writes what the job names to `out`, page by page.
pub fn export<W: Write>(
    client: &Client,
    schema: &Schema,
    job: &ExportJob,
    out: W,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(&ExportTally),
) -> Result<ExportTally, ExportError> {
    let wanted = wanted(schema, job)?;
    let mut tally = ExportTally::default();
    let mut exporter: Option<(Exporter<W>, Columns<'_>, Option<Uuid>)> = None;
    let mut out = Some(out);
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(ExportError::Stopped);
        }
        let after = exporter.as_ref().and_then(|(_, _, after)| *after);
        let page = client.call(Export {
            query: job.query.clone(),
            purpose: job.purpose.clone(),
            channel: job.channel,
            window: Window { after, offset: 0, limit: Some(PAGE) },
            columns: wanted.clone(),
            to: job.to.clone(),
            run: tally.run,
        })?;
        // Nothing is written before the store has agreed to the first page.
        let (mut writer, fields, _) = match (exporter.take(), out.take()) {
            (Some(writer), _) => writer,
            (None, Some(out)) => {
                tally.total = page.page.total;
                tally.withheld = page.page.withheld.clone().into_iter().collect();
                tally.logged = page.logged;
                tally.run = page.run;
                let fields = Columns::new(schema, job, &page)?;
                (Exporter::new(job.format, out, &fields.columns)?, fields, None)
            }
            (None, None) => return Err(Error::failed("the export lost its writer").into()),
        };
        for view in &page.page.items {
            fields.write(&mut writer, view, &page)?;
            tally.written += 1;
        }
        progress(&tally);
        if page.next.is_none() {
            writer.finish(&tally.withheld)?;
            return Ok(tally);
        }
        exporter = Some((writer, fields, page.next));
    }
}

/// The fields that are written.
struct Columns<'s> {
    columns: Vec<String>,
    fields: Vec<(String, &'s FieldInfo)>,
    notes: bool,
}

/// Columns that are no fields.
const OWN: &[&str] = &["id", "revision", "created_at", "updated_at", "display_name", "notes"];

/// The fields that are asked for by name; none where all are.
fn wanted(schema: &Schema, job: &ExportJob) -> Result<Vec<FieldKey>, Error> {
    let names = job.columns.iter().flatten().filter(|name| !OWN.contains(&name.as_str()));
    names.map(|name| Ok(schema.by_name(RecordKind::Contact, name)?.key)).collect()
}

impl<'s> Columns<'s> {
    /// What is written of what the store lets leave, which it says with the first page.
    fn new(schema: &'s Schema, job: &ExportJob, page: &ExportPage) -> Result<Columns<'s>, Error> {
        let leaves = |info: &&FieldInfo| page.fields.contains(&info.key);
        let all: Vec<&FieldInfo> = schema.of(RecordKind::Contact).iter().filter(leaves).collect();
        let Some(asked) = &job.columns else {
            let own: Vec<&str> =
                all.iter().filter(|info| info.custom).map(|info| info.name.as_str()).collect();
            let mut columns = vec!["id".to_owned()];
            let written = crate::interchange::export::csv::columns(&own);
            let leaves = |name: &String| {
                all.iter().any(|info| info.address() == *name) || page.with_notes && name == "notes"
            };
            columns.extend(written.into_iter().filter(leaves));
            let fields = all.iter().map(|info| (info.address(), *info)).collect();
            return Ok(Columns { columns, fields, notes: page.with_notes });
        };
        let mut chosen = Columns { columns: Vec::new(), fields: Vec::new(), notes: false };
        for name in asked {
            if OWN.contains(&name.as_str()) {
                chosen.notes |= name == "notes";
                chosen.columns.push(name.clone());
            } else {
                let info = schema.by_name(RecordKind::Contact, name)?;
                chosen.columns.push(info.address());
                chosen.fields.push((info.address(), info));
            }
        }
        Ok(chosen)
    }

    fn write<W: Write>(&self, writer: &mut Exporter<W>, view: &View, page: &ExportPage) -> io::Result<()> {
        let cells: Vec<(ExportField<'_>, ExportCell<'_>)> = self
            .fields
            .iter()
            .filter_map(|(name, info)| {
                let shown = view.get(info.key)?;
                let field = ExportField { name, label: &info.label, spec: info.contact_spec() };
                Some((field, ExportCell { value: shown.value.as_ref(), text: &shown.text }))
            })
            .collect();
        let about = page.notes.iter().filter(|(contact, _)| self.notes && contact.0 == view.id);
        let texts: Vec<&str> =
            about.flat_map(|(_, notes)| notes).map(|note| note.text(NoteField::text.key())).collect();
        writer.write(&ExportRecord {
            id: view.id,
            revision: view.revision,
            created_at: view.created_at,
            updated_at: view.updated_at,
            display_name: &view.title,
            fields: &cells,
            notes: &texts,
        })
    }
}

#[cfg(test)]
mod tests;
