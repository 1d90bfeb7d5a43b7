//! Bringing a do-not-call list in: many requests, one list, all or nothing.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::api::{Error, ListHead, ListPart, ListProgress, NotTaken, ScreeningImport, frame};
use crate::client::Client;
use crate::client::transfer::CHUNK_BYTES;
use crate::domain::value::Day;
use crate::interchange::RowError;
use crate::interchange::csv::ColumnRows;

/// Numbers in one request.
const CHUNK: usize = 20_000;
/// The longest cell that is sent, in bytes.
const LONGEST: usize = 200;
/// Rows that were not taken and are told one by one; the others are counted.
pub const TOLD: usize = 1_000;

/// A file that is read, and its SHA-256 so far.
pub struct Hashed<R> {
    inner: R,
    hash: FileHash,
}

/// The SHA-256 of what was read of a file.
#[derive(Clone, Default)]
pub struct FileHash(Arc<Mutex<Sha256>>);

impl FileHash {
    pub fn of<R: Read>(&self, inner: R) -> Hashed<R> {
        Hashed { inner, hash: self.clone() }
    }

    /// In hexadecimal digits.
    pub fn hex(&self) -> String {
        let hash = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().finalize();
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        let mut hash = self.hash.0.lock().unwrap_or_else(PoisonError::into_inner);
        hash.update(buf.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// How bringing a list in ended.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ListEnd {
    pub progress: ListProgress,
    /// The first rows that were not taken.
    pub not_taken: Vec<NotTaken>,
    /// Rows whose day is none: their numbers are listed all the same, as of the list's own day.
    pub no_days: u64,
    /// Stopped by a person; the list in force stays.
    pub stopped: bool,
    /// What made it end early; the list in force stays.
    pub failed: Option<Error>,
}

/// Sends a list; `hash` is that of the file the rows are read from. A file that cannot be read to its end is not brought in.
pub fn import(
    client: &Client,
    rows: &mut ColumnRows<'_>,
    head: ListHead,
    accept_smaller: bool,
    stop: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(),
    hash: &FileHash,
) -> ListEnd {
    let mut end = ListEnd::default();
    let part = |part| client.call(ScreeningImport { part });
    if let Err(error) = part(ListPart::Begin(head)) {
        return ListEnd { failed: Some(error), ..end };
    }
    let mut unread = 0;
    let mut more = true;
    while more {
        if stop() {
            // Nothing was written; the server forgets what it was sent with the session, if not now.
            let _ = part(ListPart::Abandon);
            return ListEnd { stopped: true, ..end };
        }
        let mut chunk: Vec<(u64, String, Option<Day>)> = Vec::with_capacity(CHUNK);
        let (mut bytes, mut bad) = (0, 0);
        while chunk.len() + bad < CHUNK && bytes < CHUNK_BYTES {
            match rows.next() {
                // What is in it is not repeated: it may be anything.
                Some(Ok((row, text))) if text.len() > LONGEST => {
                    bad += 1;
                    unread += 1;
                    let reason = format!("{} bytes are far too long for a number", text.len());
                    end.tell(NotTaken { row, reason });
                }
                Some(Ok((row, text))) => {
                    let since = rows.beside().map(str::parse::<Day>);
                    end.no_days += u64::from(matches!(since, Some(Err(_))));
                    let row = (row, text, since.and_then(Result::ok));
                    bytes += frame::size(&row);
                    chunk.push(row);
                }
                Some(Err(RowError { row, reason })) => {
                    bad += 1;
                    unread += 1;
                    end.tell(NotTaken { row, reason });
                }
                None => {
                    more = false;
                    break;
                }
            }
        }
        if !chunk.is_empty() {
            match part(ListPart::Dated(chunk)) {
                Ok(told) => {
                    told.rows.iter().for_each(|row| end.tell(row.clone()));
                    end.progress = told;
                }
                Err(error) => return ListEnd { failed: Some(error), ..end },
            }
        }
        progress();
    }
    if let Some(error) = rows.failure() {
        let failed = Error::failed(format!("the file cannot be read to its end: {error}"));
        let _ = part(ListPart::Abandon);
        return ListEnd { failed: Some(failed), ..end };
    }
    match part(ListPart::Finish { file_hash: hash.hex(), unread, accept_smaller }) {
        Ok(told) => end.progress = told,
        Err(error) => {
            end.progress.read += unread;
            end.progress.not_taken += unread;
            end.failed = Some(error);
        }
    }
    end.not_taken.sort_by_key(|one| one.row);
    end
}

impl ListEnd {
    fn tell(&mut self, row: NotTaken) {
        if self.not_taken.len() < TOLD {
            self.not_taken.push(row);
        }
    }
}
