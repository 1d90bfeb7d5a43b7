//! Files of other programs: bytes ↔ domain, without I/O of its own.
//!
//! Reading goes through [`Source`], which finds out what a file is and yields one [`Incoming`] for each person in it, row
//! by row, whatever its size. Nothing here decides whether a person may be held: that is the service's, which gets what
//! the file says. What never leaves this module is data of a forbidden kind (R8, R9): a column or property so named is
//! not read.
//!
//! Writing goes through the exporters in [`export`], each of which decides about every field of a contact, so that what
//! was exported comes back unchanged through [`Source`].

pub mod charset;
pub mod csv;
pub mod dpv;
pub mod export;
pub mod json;
pub mod mail;
pub mod mapping;
pub mod names;
mod notation;
pub mod pack;
pub mod preferences;
pub mod register;
pub mod seal;
pub mod source;
pub mod vcard;

#[cfg(test)]
mod tests;

pub use crate::domain::edit::Incoming;
pub use mapping::{CustomColumn, Guess, MapError, Mapping, Target};
pub use source::{Description, Format, Options, Source};

/// The longest field of a record in a file, in bytes.
pub const MAX_FIELD: usize = 1 << 20;
/// The longest record in a file, in bytes; also what reading one may take of memory.
pub const MAX_RECORD: usize = 4 << 20;

/// A row that is not taken, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("row {row}: {reason}")]
pub struct RowError {
    /// The line on which a CSV record or JSON object begins, the number of a card; from 1.
    pub row: u64,
    pub reason: String,
}

impl RowError {
    pub(crate) fn new(row: u64, reason: impl Into<String>) -> RowError {
        RowError { row, reason: reason.into() }
    }
}

/// A file that cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("reading failed: {0}")]
    Io(#[from] std::io::Error),
    #[error("the file is empty")]
    Empty,
    #[error("{0}")]
    Unreadable(String),
    #[error("`{0}` is no charset; utf-8, windows-1252 and utf-16le are some")]
    Charset(String),
    #[error(transparent)]
    Map(#[from] MapError),
}

/// What a file holds and Callbook does not take: counted, never kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dropped {
    /// The property or column.
    pub field: String,
    /// In how many rows it stood.
    pub rows: u64,
    pub reason: String,
}

/// A tally of [`Dropped`].
#[derive(Clone, Default, Debug)]
pub(crate) struct Tally(Vec<(Dropped, u64)>);

impl Tally {
    /// The most names that are told apart; a hostile file could have as many as it has lines.
    const MOST: usize = 200;

    pub(crate) fn count(&mut self, row: u64, field: &str, reason: &str) {
        if let Some((dropped, last)) =
            self.0.iter_mut().find(|(one, _)| one.field == field && one.reason == reason)
        {
            dropped.rows += u64::from(*last != row);
            *last = row;
        } else if self.0.len() < Tally::MOST || field == "…" {
            let field: String = field.chars().take(80).collect();
            self.0.push((Dropped { field, rows: 1, reason: reason.to_owned() }, row));
        } else {
            self.count(row, "…", "more properties than are listed");
        }
    }

    pub(crate) fn list(&self) -> Vec<Dropped> {
        self.0.iter().map(|(dropped, _)| dropped.clone()).collect()
    }
}

/// The reason given for what has no place in a contact.
pub(crate) const NO_FIELD: &str = "Callbook has no field for it";
