//! Records of a CSV file, one at a time, never more of one than a record may have.

use std::io::{self, Read};

use csv_core::ReadRecordResult;

use super::dialect::Dialect;
use crate::interchange::charset::{SAMPLE, fill};
use crate::interchange::{MAX_FIELD, MAX_RECORD};

/// The most columns of a record.
pub(super) const MAX_COLUMNS: usize = 2_000;
/// The most lines of a record: more are a quote that was never closed.
const MAX_LINES: u64 = 5_000;

/// Where a record stood, and what was wrong with its shape.
pub(super) struct Row {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    pub(super) problem: Option<String>,
}

/// Reads records. The one read last is looked at with [`cell`](Records::cell).
pub(super) struct Records<R> {
    input: R,
    core: csv_core::Reader,
    raw: Box<[u8]>,
    from: usize,
    to: usize,
    /// The input has no more bytes.
    ended: bool,
    /// The line break that a last record without one gets, so that a quote left open shows.
    closed: bool,
    out: Vec<u8>,
    text: String,
    ends: Vec<usize>,
    width: usize,
    line: u64,
    newline: u8,
}

impl<R: Read> Records<R> {
    /// `lines` lines have been read before.
    pub(super) fn new(input: R, dialect: &Dialect, lines: u64) -> Records<R> {
        let core = csv_core::ReaderBuilder::new()
            .delimiter(dialect.delimiter)
            .quote(dialect.quote)
            .escape(dialect.escape)
            .build();
        Records {
            input,
            core,
            raw: vec![0; SAMPLE].into_boxed_slice(),
            from: 0,
            to: 0,
            ended: false,
            closed: false,
            out: vec![0; 4096],
            text: String::new(),
            ends: vec![0; 64],
            width: 0,
            line: lines + 1,
            newline: if dialect.cr_only { b'\r' } else { b'\n' },
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.from = 0;
        self.to = fill(&mut self.input, &mut self.raw)?;
        self.ended = self.to < self.raw.len();
        Ok(())
    }

    /// Counts the lines in what was taken.
    fn take(&mut self, count: usize) {
        let taken = self.raw.get(self.from..self.from + count).unwrap_or_default();
        self.line += taken.iter().filter(|byte| **byte == self.newline).count() as u64;
        self.from += count;
    }

    /// Skips the ends of lines before a record, so that its line is known.
    fn skip_blank_lines(&mut self) -> io::Result<()> {
        loop {
            let rest = self.raw.get(self.from..self.to).unwrap_or_default();
            let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let all = blank == rest.len();
            self.take(blank);
            if !all || self.ended {
                return Ok(());
            }
            self.refill()?;
        }
    }

    /// The next record, or `None` at the end. A record with a problem has no cells worth looking at.
    pub(super) fn next_record(&mut self) -> io::Result<Option<Row>> {
        self.skip_blank_lines()?;
        let line = self.line;
        let (mut out_to, mut ends_to) = (0, 0);
        let mut problem = None;
        let mut lost_columns = 0;
        loop {
            if self.from == self.to && !self.ended {
                self.refill()?;
            }
            let last = self.from == self.to;
            let input = match last {
                true if !self.closed && (out_to > 0 || ends_to > 0) => b"\n".as_slice(),
                true => &[],
                false => self.raw.get(self.from..self.to).unwrap_or_default(),
            };
            let (result, read, written, fields) = self.core.read_record(
                input,
                self.out.get_mut(out_to..).unwrap_or_default(),
                self.ends.get_mut(ends_to..).unwrap_or_default(),
            );
            let closing = last && !input.is_empty();
            if closing {
                self.closed |= read > 0;
            } else {
                self.take(read);
            }
            out_to += written;
            ends_to += fields;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.out.len() < MAX_RECORD => {
                    self.out.resize((self.out.len() * 2).min(MAX_RECORD), 0);
                }
                ReadRecordResult::OutputFull => {
                    problem.get_or_insert_with(|| {
                        format!("the record is longer than {} MiB; is a quote not closed?", MAX_RECORD >> 20)
                    });
                    out_to = 0;
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < MAX_COLUMNS => {
                    self.ends.resize((self.ends.len() * 2).min(MAX_COLUMNS), 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    lost_columns += ends_to;
                    problem.get_or_insert_with(|| format!("the record has more than {MAX_COLUMNS} columns"));
                    ends_to = 0;
                    out_to = 0;
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => {
                    if out_to == 0 && ends_to == 0 && problem.is_none() {
                        return Ok(None);
                    }
                    break;
                }
            }
            // The added line break ended up inside the record: the quote was still open.
            if closing && result == ReadRecordResult::InputEmpty {
                problem.get_or_insert_with(|| {
                    format!(
                        "a quote is opened and never closed: the file ends inside the record ({} lines)",
                        self.line - line + 1
                    )
                });
            }
        }
        self.width = ends_to + lost_columns;
        if problem.is_none() && self.line - line > MAX_LINES {
            problem =
                Some(format!("the record goes on over {} lines; is a quote not closed?", self.line - line));
        }
        let mut start = 0;
        for at in 0..ends_to {
            let end = self.ends.get(at).copied().unwrap_or(start);
            if problem.is_none() && end - start > MAX_FIELD {
                problem = Some(format!(
                    "column {} holds more than {} MiB; is a quote not closed?",
                    at + 1,
                    MAX_FIELD >> 20
                ));
            }
            start = end;
        }
        self.text.clear();
        if problem.is_none() {
            // The input is UTF-8 and fields end at ASCII characters, so this does not fail.
            match std::str::from_utf8(self.out.get(..out_to).unwrap_or_default()) {
                Ok(text) => self.text.push_str(text),
                Err(_) => problem = Some("the record is no text".to_owned()),
            }
        }
        if self.out.len() > SAMPLE && out_to < SAMPLE {
            self.out.truncate(SAMPLE);
            self.out.shrink_to_fit();
        }
        Ok(Some(Row { line, problem }))
    }

    /// How many columns the record has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// A cell of the record.
    pub(super) fn cell(&self, at: usize) -> Option<&str> {
        if at >= self.width {
            return None;
        }
        let start = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start..*self.ends.get(at)?)
    }
}
