//! The one way in: finds out what a file is, and reads it.

use std::io::{Cursor, Read};
use std::sync::Arc;

use encoding_rs::Encoding;

use super::charset::{self, Counted, Decoded, SAMPLE, Tracker};
use super::csv::{CsvImport, Dialect};
use super::json::JsonImport;
use super::mapping::{CustomColumn, Mapping};
use super::vcard::{VCardImport, is_mark};
use super::{Dropped, ImportError, Incoming, NO_FIELD, RowError};

/// Columns of our own exports that are not taken back.
const OWN: &[&str] = &["callbook_id", "revision", "display_name", "created_at", "updated_at"];

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Csv,
    VCard,
    /// One object or many, in an array, one a line, or `{"items":[…]}`; JSContact cards (RFC 9553) among them.
    Json,
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Format::Csv => "CSV",
            Format::VCard => "vCard",
            Format::Json => "JSON",
        })
    }
}

/// What the caller knows about a file better than the file tells.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub format: Option<Format>,
    /// The name of the charset, as of the WHATWG's Encoding Standard: `windows-1252`, `utf-8`.
    pub charset: Option<String>,
    pub delimiter: Option<u8>,
    /// Whether the first record of a table holds headers.
    pub headers: Option<bool>,
    /// Header and target, as [`Mapping::apply`] takes them.
    pub map: Vec<(String, String)>,
    /// Headers of columns nothing is taken from.
    pub skip: Vec<String>,
    /// The custom fields of contacts.
    pub custom: Vec<CustomColumn>,
}

/// What a file turned out to be.
#[derive(Clone, Debug)]
pub struct Description {
    pub format: Format,
    /// The name of the charset as far as it was read: `ASCII` until a character beyond it came.
    pub charset: &'static str,
    /// How a table is written.
    pub dialect: Option<Dialect>,
    /// What its columns hold.
    pub mapping: Option<Mapping>,
}

type Bytes<'r> = Box<dyn Read + Send + 'r>;

enum Kind<'r> {
    Csv(Box<CsvImport<Decoded<Bytes<'r>>>>),
    VCard(Box<VCardImport<Bytes<'r>>>),
    Json(Box<JsonImport<Decoded<Bytes<'r>>>>),
}

/// A file of contacts, read row by row.
///
/// Forbidden columns of a table are never read; whether their presence refuses the import is for the caller to decide,
/// who finds them in [`Mapping::forbidden`] before the first row.
pub struct Source<'r> {
    kind: Kind<'r>,
    tracker: Arc<Tracker>,
    /// Columns of a table that are not taken, with the number of rows read.
    rows: u64,
}

impl<'r> Source<'r> {
    /// Looks at the beginning of a file. `name` is the file's, whose ending decides where the contents leave it open.
    pub fn open(
        reader: impl Read + Send + 'r,
        name: Option<&str>,
        options: &Options,
    ) -> Result<Source<'r>, ImportError> {
        let tracker = Arc::new(Tracker::default());
        let mut counted = Counted { inner: reader, tracker: Arc::clone(&tracker) };
        let mut head = vec![0; SAMPLE];
        let length = charset::fill(&mut counted, &mut head)?;
        head.truncate(length);
        if head.iter().all(u8::is_ascii_whitespace) && length < SAMPLE {
            return Err(ImportError::Empty);
        }
        let wanted = match &options.charset {
            Some(label) => Some(
                Encoding::for_label(label.as_bytes()).ok_or_else(|| ImportError::Charset(label.clone()))?,
            ),
            None => None,
        };
        let wide = wanted
            .or(charset::by_mark(&head).map(|(encoding, _)| encoding))
            .filter(|one| !one.is_ascii_compatible());
        let mut text = Vec::new();
        Decoded::new(head.as_slice(), wanted, Arc::new(Tracker::default()))?.read_to_end(&mut text)?;
        let sample = String::from_utf8_lossy(&text).into_owned();
        let format = match options.format {
            Some(format) => format,
            None => sniff(&sample, name)?,
        };
        // A card says the charset of each property itself, so it is read as bytes, except in UTF-16.
        let marked = charset::by_mark(&head);
        let fallback = wanted.or_else(|| (!head.is_ascii()).then(|| charset::guess(&head)));
        let bytes: Bytes<'r> = Box::new(Cursor::new(head).chain(counted));
        let kind = match format {
            Format::Csv => {
                let decoded = Decoded::new(bytes, wanted, Arc::clone(&tracker))?;
                Kind::Csv(Box::new(CsvImport::open(decoded, options)?))
            }
            Format::Json => {
                Kind::Json(Box::new(JsonImport::new(Decoded::new(bytes, wanted, Arc::clone(&tracker))?)))
            }
            Format::VCard => {
                let (bytes, fallback) = match wide {
                    Some(wide) => {
                        let decoded: Bytes<'r> =
                            Box::new(Decoded::new(bytes, Some(wide), Arc::clone(&tracker))?);
                        (decoded, None)
                    }
                    None => {
                        if let Some(charset) = fallback.or(marked.map(|(encoding, _)| encoding)) {
                            tracker.decide(charset);
                        }
                        (bytes, fallback)
                    }
                };
                Kind::VCard(Box::new(VCardImport::new(bytes, fallback)))
            }
        };
        Ok(Source { kind, tracker, rows: 0 })
    }

    /// What the file is.
    pub fn describe(&self) -> Description {
        let (format, dialect) = match &self.kind {
            Kind::Csv(csv) => (Format::Csv, Some(csv.dialect().clone())),
            Kind::VCard(_) => (Format::VCard, None),
            Kind::Json(_) => (Format::Json, None),
        };
        Description { format, charset: self.tracker.charset(), dialect, mapping: self.mapping().cloned() }
    }

    /// What the columns of a table hold.
    pub fn mapping(&self) -> Option<&Mapping> {
        match &self.kind {
            Kind::Csv(csv) => Some(csv.mapping()),
            Kind::VCard(_) | Kind::Json(_) => None,
        }
    }

    /// The mapping of a table, to be corrected before the first row is read.
    pub fn mapping_mut(&mut self) -> Option<&mut Mapping> {
        match &mut self.kind {
            Kind::Csv(csv) => Some(csv.mapping_mut()),
            Kind::VCard(_) | Kind::Json(_) => None,
        }
    }

    /// Bytes of the file read so far, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.tracker.bytes_read()
    }

    /// The same count, to be looked at from another thread.
    pub fn tracker(&self) -> Arc<Tracker> {
        Arc::clone(&self.tracker)
    }

    /// What was in the rows read so far and is not taken: properties, or columns of a table.
    pub fn dropped(&self) -> Vec<Dropped> {
        match &self.kind {
            Kind::Csv(csv) => csv
                .mapping()
                .not_taken()
                .into_iter()
                .map(|guess| Dropped {
                    field: guess.header.clone(),
                    rows: self.rows,
                    reason: match (guess.forbidden, guess.chosen) {
                        (Some(forbidden), _) => forbidden.why.to_owned(),
                        (None, true) => "skipped as asked".to_owned(),
                        (None, false) if OWN.contains(&guess.header.as_str()) => {
                            "the store gives ids, revisions and times itself".to_owned()
                        }
                        (None, false) => NO_FIELD.to_owned(),
                    },
                })
                .collect(),
            Kind::VCard(cards) => cards.dropped(),
            Kind::Json(objects) => objects.dropped(),
        }
    }

    /// The error that ended reading early, if one did. To be looked at when the rows have ended.
    pub fn failure(&self) -> Option<&std::io::Error> {
        match &self.kind {
            Kind::Csv(csv) => csv.failure(),
            Kind::VCard(cards) => cards.failure(),
            Kind::Json(objects) => objects.failure(),
        }
    }
}

impl Iterator for Source<'_> {
    type Item = Result<Incoming, RowError>;

    fn next(&mut self) -> Option<Result<Incoming, RowError>> {
        let next = match &mut self.kind {
            Kind::Csv(csv) => csv.next(),
            Kind::VCard(cards) => cards.next(),
            Kind::Json(objects) => objects.next(),
        };
        self.rows += u64::from(next.is_some());
        next
    }
}

/// What a file is by its beginning, then by its name.
fn sniff(sample: &str, name: Option<&str>) -> Result<Format, ImportError> {
    let start = sample.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let refuse = |what: &str| {
        Err(ImportError::Unreadable(format!(
            "the file is {what}; CSV, vCard and JSON are read. Export it as CSV and try again"
        )))
    };
    for (magic, what) in [
        ("PK\u{3}\u{4}", "a ZIP archive or a spreadsheet (xlsx, ods)"),
        ("%PDF", "a PDF"),
        ("<?xml", "XML"),
        ("<!DOCTYPE", "a web page"),
        ("<html", "a web page"),
    ] {
        if sample.starts_with(magic) || start.starts_with(magic) {
            return refuse(what);
        }
    }
    if sample.starts_with("\u{d0}\u{cf}\u{11}\u{e0}") || sample.starts_with("ÐÏ\u{11}à") {
        return refuse("an old Excel workbook");
    }
    if start.lines().next().is_some_and(|line| is_mark(line.as_bytes(), "BEGIN")) {
        return Ok(Format::VCard);
    }
    let ending = name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending.to_ascii_lowercase());
    let bare: String = start.chars().filter(|c| !c.is_whitespace()).take(3).collect();
    if bare.starts_with("{\"") || bare.starts_with("[{") || bare.starts_with("[]") || bare.starts_with("{}") {
        return Ok(Format::Json);
    }
    match ending.as_deref() {
        Some("vcf" | "vcard") => Ok(Format::VCard),
        Some("json" | "ndjson" | "jsonl") => Ok(Format::Json),
        _ if sample.matches('\0').count() > 8 + sample.len() / 20 => refuse("no text"),
        _ => Ok(Format::Csv),
    }
}
