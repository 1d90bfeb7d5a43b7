//! The work behind the screen: looking at a file, and sending its rows.

use std::fs::File;
use std::path::Path;

use crate::api::{Code, Error, Provenance};
use crate::client::Client;
use crate::client::transfer::{self, ImportEnd, ImportTally, Rejected};
use crate::domain::schema::Schema;
use crate::interchange::{CustomColumn, Dropped, Format, Mapping, Options, Source};
use crate::tui::layer::JobHandle;

/// What a file turned out to be.
#[derive(Clone, Debug)]
pub struct Looked {
    pub format: Format,
    /// For people: charset and dialect.
    pub about: String,
    pub mapping: Option<Mapping>,
}

/// What became of the rows.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Tally {
    pub rows: ImportTally,
    pub dropped: Vec<Dropped>,
    /// A person ended it between two chunks.
    pub stopped: bool,
    /// What made it end early; the chunks before it were taken.
    pub failed: Option<Error>,
}

/// The options for a file, with the custom fields columns may be taken for.
pub(crate) fn options(schema: &Schema) -> Options {
    let own = schema.of(crate::domain::entity::RecordKind::Contact).iter();
    let own = own.filter(|info| info.custom && !info.retired);
    Options {
        custom: own.map(|info| CustomColumn { name: info.name.clone(), label: info.label.clone() }).collect(),
        ..Options::default()
    }
}

fn open(path: &Path, options: &Options) -> Result<Source<'static>, Error> {
    let said = |error: &dyn std::fmt::Display| Error::failed(format!("{}: {error}", path.display()));
    let meta = std::fs::metadata(path).map_err(|error| said(&error))?;
    if !meta.is_file() {
        // A pipe or a device could keep the program waiting for ever.
        return Err(Error::usage(format!("{} is not a file", path.display())));
    }
    let file = File::open(path).map_err(|error| said(&error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Source::open(file, name.as_deref(), options).map_err(|error| said(&error))
}

/// Looks at the beginning of a file.
pub fn look(path: &Path, options: &Options) -> Result<Looked, Error> {
    let source = open(path, options)?;
    let is = source.describe();
    let mut about = format!("{}, {}", is.format, is.charset);
    if let Some(dialect) = &is.dialect {
        let between = match dialect.delimiter {
            b'\t' => "tabs".to_owned(),
            other => format!("`{}`", char::from(other)),
        };
        about.push_str(&format!(", columns separated by {between}"));
        if !dialect.headers {
            about.push_str(", without headers");
        }
    }
    Ok(Looked { format: is.format, about, mapping: is.mapping })
}

/// Sends the rows of a file, chunk by chunk, each of which is taken as a whole or not at all.
pub fn import(
    client: &Client,
    path: &Path,
    options: &Options,
    provenance: &Provenance,
    dry_run: bool,
    handle: &dyn JobHandle,
) -> Result<Tally, Error> {
    let size = std::fs::metadata(path).map_or(0, |meta| meta.len());
    let mut source = open(path, options)?;
    if let Some(found) =
        source.mapping().and_then(|mapping| mapping.forbidden().first().map(|one| one.header.clone()))
    {
        return Err(Error::refused(format!("the column `{found}` is not to be held, and was not skipped")));
    }
    let tracker = source.tracker();
    let ImportEnd { tally, stopped, mut failed } =
        transfer::import(client, &mut source, provenance, dry_run, &|| handle.cancelled(), &mut |_| {
            handle.progress(tracker.bytes_read(), size)
        });
    if failed.is_none()
        && let Some(error) = source.failure()
    {
        failed = Some(Error::failed(format!("{} cannot be read to its end: {error}", path.display())));
    }
    Ok(Tally { rows: tally, dropped: source.dropped(), stopped, failed })
}

/// The rows that were not taken, as CSV (RFC 4180). It holds no personal data but what reasons quote.
pub fn report(tally: &Tally) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut written = writer.write_record(["row", "reason"]).is_ok();
    for Rejected { row, reason } in &tally.rows.rejected {
        // A reason quotes the file; a spreadsheet must not run what was quoted.
        let reason = match reason.chars().next() {
            Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{reason}"),
            _ => reason.clone(),
        };
        written &= writer.write_record([row.to_string(), reason]).is_ok();
    }
    let bytes = writer.into_inner().unwrap_or_default();
    if written { String::from_utf8(bytes).unwrap_or_default() } else { String::new() }
}

/// Writes a report beside its place and moves it there, so that there never is half of one. Nothing is overwritten.
pub fn save(path: &Path, text: &str, suffix: u64) -> Result<(), Error> {
    use std::io::Write;
    let failed =
        |error: std::io::Error| Error::failed(format!("{} cannot be written: {error}", path.display()));
    if path.exists() {
        return Err(Error::new(
            Code::Failed,
            format!("{} exists already; choose another name", path.display()),
        ));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if name.is_empty() {
        return Err(Error::usage("the report needs a name"));
    }
    let beside = path.with_file_name(format!(".{name}.{suffix:x}.part"));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::hard_link(&beside, path).or_else(|_| std::fs::rename(&beside, path)));
    let _ = std::fs::remove_file(&beside);
    written.map_err(failed)
}
