//! One column of a table, such as a list of numbers: nothing else of it is looked at.

use std::io::{Cursor, Read};
use std::sync::Arc;

use encoding_rs::Encoding;

use super::dialect::{self, Dialect, detect};
use super::record;
use crate::domain::fold;
use crate::interchange::charset::{Counted, Decoded, SAMPLE, Tracker, fill};
use crate::interchange::{ImportError, RowError};

/// Which column, and what the caller knows of the file better than it tells.
#[derive(Clone, Debug, Default)]
pub struct ColumnOptions {
    /// Its header, or its number from 1; the first one when absent.
    pub column: Option<String>,
    /// Another one, whose cell is told [beside](ColumnRows::beside) each.
    pub beside: Option<String>,
    pub charset: Option<String>,
    pub delimiter: Option<u8>,
}

/// The file as UTF-8.
type Text<'r> = Decoded<Counted<Box<dyn Read + Send + 'r>>>;

/// The cells of one column, row by row, whatever the size of the file.
pub struct ColumnRows<'r> {
    records: record::Records<std::io::Chain<Cursor<Vec<u8>>, Text<'r>>>,
    dialect: Dialect,
    tracker: Arc<Tracker>,
    at: usize,
    beside: Option<usize>,
    header: Option<String>,
    header_pending: bool,
    failed: Option<std::io::Error>,
}

impl<'r> ColumnRows<'r> {
    pub fn open(
        reader: impl Read + Send + 'r,
        options: &ColumnOptions,
    ) -> Result<ColumnRows<'r>, ImportError> {
        let tracker = Arc::new(Tracker::default());
        let wanted = match &options.charset {
            Some(label) => Some(
                Encoding::for_label(label.as_bytes()).ok_or_else(|| ImportError::Charset(label.clone()))?,
            ),
            None => None,
        };
        let reader: Box<dyn Read + Send + 'r> = Box::new(reader);
        let counted = Counted { inner: reader, tracker: Arc::clone(&tracker) };
        let mut text = Decoded::new(counted, wanted, Arc::clone(&tracker))?;
        let mut head = vec![0; SAMPLE];
        let length = fill(&mut text, &mut head)?;
        head.truncate(length);
        let complete = length < SAMPLE;
        if head.iter().filter(|byte| **byte == 0).count() > 8 + head.len() / 20 {
            return Err(ImportError::Unreadable(
                "the file is no text; export it as CSV and try again".to_owned(),
            ));
        }
        let mut dialect = detect(&head, complete, options.delimiter, None);
        let body = dialect::sep_line(&head).map_or(0, |(_, length)| length);
        let sample = head.get(body..).unwrap_or_default();
        let samples = dialect::sample_records(sample, complete, &dialect);
        let Some(first) = samples.first() else {
            return Err(if sample.iter().all(u8::is_ascii_whitespace) {
                ImportError::Empty
            } else {
                ImportError::Unreadable(
                    "the first record of the table cannot be read; is a quote not closed?".to_owned(),
                )
            });
        };
        let at = column(first, options.column.as_deref())?;
        let beside = options.beside.as_deref().map(|wanted| column(first, Some(wanted))).transpose()?;
        let cell = first.get(at).map(|cell| cell.trim()).unwrap_or_default();
        // What numbers stand under has no digits.
        dialect.headers = !cell.contains(|c: char| c.is_ascii_digit());
        let header = (dialect.headers && !cell.is_empty()).then(|| cell.to_owned());
        let lines = u64::from(dialect.sep_line);
        let rest = Cursor::new(head.split_off(body)).chain(text);
        let records = record::Records::new(rest, &dialect, lines);
        let header_pending = dialect.headers;
        Ok(ColumnRows { records, dialect, tracker, at, beside, header, header_pending, failed: None })
    }

    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// What stands above the column, if something does.
    pub fn header(&self) -> Option<&str> {
        self.header.as_deref()
    }

    /// How much of the file was read, to be looked at while it is.
    pub fn tracker(&self) -> Arc<Tracker> {
        Arc::clone(&self.tracker)
    }

    /// The cell of the other column in the row that came last; nothing where it is empty, or none was asked for.
    pub fn beside(&self) -> Option<&str> {
        self.records.cell(self.beside?).map(str::trim).filter(|cell| !cell.is_empty())
    }

    /// The error that ended reading, if one did.
    pub fn failure(&self) -> Option<&std::io::Error> {
        self.failed.as_ref()
    }
}

/// Where the column stands.
fn column(first: &[String], wanted: Option<&str>) -> Result<usize, ImportError> {
    let Some(wanted) = wanted else { return Ok(0) };
    let key = fold::fold(wanted);
    if let Some(at) = first.iter().position(|cell| fold::fold(cell) == key && !key.is_empty()) {
        return Ok(at);
    }
    match wanted.trim().parse::<usize>() {
        Ok(number) if (1..=first.len()).contains(&number) => Ok(number - 1),
        _ => {
            let named: Vec<&str> = first.iter().map(String::as_str).take(20).collect();
            Err(ImportError::Unreadable(format!(
                "the table has no column `{wanted}`; the first row is: {}",
                named.join(", ")
            )))
        }
    }
}

impl Iterator for ColumnRows<'_> {
    type Item = Result<(u64, String), RowError>;

    fn next(&mut self) -> Option<Result<(u64, String), RowError>> {
        while self.failed.is_none() {
            let row = match self.records.next_record() {
                Ok(row) => row?,
                Err(error) => {
                    self.failed = Some(error);
                    return None;
                }
            };
            if std::mem::take(&mut self.header_pending) {
                continue;
            }
            if let Some(problem) = row.problem {
                return Some(Err(RowError::new(row.line, problem)));
            }
            match self.records.cell(self.at).map(str::trim) {
                Some("") => {}
                Some(cell) => return Some(Ok((row.line, cell.to_owned()))),
                None => {
                    let empty = (0..self.records.width())
                        .all(|at| self.records.cell(at).is_none_or(|cell| cell.trim().is_empty()));
                    if !empty {
                        return Some(Err(RowError::new(
                            row.line,
                            format!("the row has no column {}", self.at + 1),
                        )));
                    }
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = Vec<Result<(u64, String), u64>>;

    fn read(text: &[u8], column: Option<&str>) -> Result<Rows, String> {
        let options = ColumnOptions { column: column.map(str::to_owned), ..ColumnOptions::default() };
        let rows = ColumnRows::open(text, &options).map_err(|error| error.to_string())?;
        Ok(rows.map(|row| row.map_err(|error| error.row)).collect())
    }

    fn cells(text: &str, column: Option<&str>) -> Vec<(u64, String)> {
        read(text.as_bytes(), column).unwrap().into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn one_column_of_any_dialect() {
        let two =
            |first: u64| vec![(first, "020 7946 0958".to_owned()), (first + 1, "020 7946 0959".to_owned())];
        for (text, column, first) in [
            ("020 7946 0958\n020 7946 0959\n", None, 1),
            ("Number\r\n020 7946 0958\r\n020 7946 0959", None, 2),
            ("Number;Added\n020 7946 0958;2026-01-01\n020 7946 0959;2026-01-02\n", None, 2),
            (
                "Added;Phone Number\n2026-01-01;\"020 7946 0958\"\n2026-01-02;020 7946 0959\n",
                Some("phone number"),
                2,
            ),
            ("a\t020 7946 0958\nb\t020 7946 0959\n", Some("2"), 1),
            ("sep=;\n1;020 7946 0958\n2;020 7946 0959\n", Some("2"), 2),
            ("\u{feff}020 7946 0958\n020 7946 0959\n", None, 1),
        ] {
            assert_eq!(cells(text, column), two(first), "{text:?}");
        }
        assert_eq!(cells("Number\n\n020 7946 0958\n,\n", None), [(3, "020 7946 0958".to_owned())]);
    }

    #[test]
    fn another_column_is_told_beside_it() {
        let text = "Added;Number\n2026-01-01;020 7946 0958\n;020 7946 0959\n";
        let options = ColumnOptions {
            column: Some("number".into()),
            beside: Some("added".into()),
            ..ColumnOptions::default()
        };
        let mut rows = ColumnRows::open(text.as_bytes(), &options).unwrap();
        let mut next = || (rows.next().map(|row| row.unwrap().1), rows.beside().map(str::to_owned));
        assert_eq!(next(), (Some("020 7946 0958".into()), Some("2026-01-01".into())));
        assert_eq!(next(), (Some("020 7946 0959".into()), None));
        let options = ColumnOptions { beside: Some("nosuch".into()), ..options };
        assert!(ColumnRows::open(text.as_bytes(), &options).is_err());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert!(read(b"a,b\n1,2\n", Some("c")).unwrap_err().contains("no column `c`"));
        assert!(read(b"1\n", Some("0")).is_err() && read(b"1\n", Some("2")).is_err());
        assert!(read(b"", None).is_err() && read(b"\n\n", None).is_err());
        assert!(read(&[0; 4096], None).is_err());
        let rows = read(b"x,020 7946 0958\ny\n", Some("2")).unwrap();
        assert_eq!(rows, [Ok((1, "020 7946 0958".to_owned())), Err(2)]);
        let rows = read(b"1,020 7946 0958\n2,\"020 7946 0959\n", Some("2")).unwrap();
        assert_eq!(rows, [Ok((1, "020 7946 0958".to_owned())), Err(2)], "cut off in a quote");
    }
}
