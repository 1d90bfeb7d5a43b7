//! Tables: CSV in the dialects that spreadsheets, address books and CRMs write.

mod column;
mod dialect;
mod record;
mod row;

use std::io::{Cursor, Read};

use crate::interchange::charset::{SAMPLE, fill};
use crate::interchange::mapping::Mapping;
use crate::interchange::{ImportError, Incoming, Options, RowError};

pub use column::{ColumnOptions, ColumnRows};
pub use dialect::{Dialect, detect};
pub(crate) use row::{country_of, groups, push_name, tags};

/// The people in a table, row by row.
pub struct CsvImport<R> {
    dialect: Dialect,
    mapping: Mapping,
    records: record::Records<std::io::Chain<Cursor<Vec<u8>>, R>>,
    plan: Option<row::Plan>,
    /// The columns that the first record promised.
    width: usize,
    /// Where the headers stand, to be passed over.
    headers_pending: bool,
    failed: Option<std::io::Error>,
    ended: bool,
}

impl<R: Read> CsvImport<R> {
    /// Looks at the beginning of a table, which `reader` gives as UTF-8.
    pub fn open(mut reader: R, options: &Options) -> Result<CsvImport<R>, ImportError> {
        let mut head = vec![0; SAMPLE];
        let length = fill(&mut reader, &mut head)?;
        head.truncate(length);
        let complete = length < SAMPLE;
        let dialect = detect(&head, complete, options.delimiter, options.headers);
        let body = match dialect::sep_line(&head) {
            Some((_, length)) => length,
            None => 0,
        };
        let text = head.get(body..).unwrap_or_default();
        let mut samples = dialect::sample_records(text, complete, &dialect);
        let Some(first) = samples.first().cloned() else {
            return Err(if text.iter().all(u8::is_ascii_whitespace) {
                ImportError::Empty
            } else {
                ImportError::Unreadable(
                    "the first record of the table cannot be read; is a quote not closed?".to_owned(),
                )
            });
        };
        let width = first.len();
        let mut mapping = if dialect.headers {
            samples.remove(0);
            Mapping::guess(&first, &samples, &options.custom)
        } else {
            Mapping::guess_without_headers(&samples, width, &options.custom)
        };
        for header in &options.skip {
            mapping.skip(header)?;
        }
        for (header, target) in &options.map {
            mapping.apply(header, target)?;
        }
        let lines = u64::from(dialect.sep_line);
        let rest = Cursor::new(head.split_off(body)).chain(reader);
        let headers_pending = dialect.headers;
        let records = record::Records::new(rest, &dialect, lines);
        Ok(CsvImport {
            dialect,
            mapping,
            records,
            plan: None,
            width,
            headers_pending,
            failed: None,
            ended: false,
        })
    }

    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// The mapping, to be corrected before the first row is read.
    pub fn mapping_mut(&mut self) -> &mut Mapping {
        self.plan = None;
        &mut self.mapping
    }

    /// The error that ended reading, if one did.
    pub fn failure(&self) -> Option<&std::io::Error> {
        self.failed.as_ref()
    }
}

impl<R: Read> Iterator for CsvImport<R> {
    type Item = Result<Incoming, RowError>;

    fn next(&mut self) -> Option<Result<Incoming, RowError>> {
        let plan = self.plan.get_or_insert_with(|| row::Plan::new(&self.mapping));
        while !self.ended {
            let row = match self.records.next_record() {
                Ok(Some(row)) => row,
                Ok(None) => {
                    self.ended = true;
                    break;
                }
                Err(error) => {
                    self.ended = true;
                    self.failed = Some(error);
                    break;
                }
            };
            if std::mem::take(&mut self.headers_pending) {
                continue;
            }
            if let Some(problem) = row.problem {
                return Some(Err(RowError::new(row.line, problem)));
            }
            let found = self.records.width();
            let filled = |at: usize| self.records.cell(at).is_some_and(|cell| !cell.trim().is_empty());
            if (0..found).all(|at| !filled(at)) {
                continue;
            }
            // Empty cells added at the end do no harm. Cells missing could have been lost anywhere in the row.
            if found < self.width || (self.width..found).any(filled) {
                return Some(Err(RowError::new(row.line, wrong_width(found, self.width))));
            }
            match plan.read(row.line, |at| self.records.cell(at)) {
                Ok(Some(incoming)) => return Some(Ok(incoming)),
                Ok(None) => {
                    return Some(Err(RowError::new(row.line, "no column that is taken holds anything")));
                }
                Err(reason) => return Some(Err(RowError::new(row.line, reason))),
            }
        }
        None
    }
}

fn wrong_width(found: usize, promised: usize) -> String {
    format!("the row has {found} columns where {promised} were promised")
}
