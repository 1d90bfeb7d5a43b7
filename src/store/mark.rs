//! The last checkpoint that was made: what was stated about the log, and when.
//!
//! It is there to be told, and to be compared with the log when that is verified. Whoever replaces the whole database
//! replaces it too: only a checkpoint that is kept elsewhere shows that.

use super::StoreError;
use super::codec::{self, Mark};
use super::reader::Reader;
use super::table;
use super::txn::WriteTxn;
use crate::domain::id::SubjectId;

const ID: [u8; 16] = [0; 16];

impl Reader<'_> {
    /// What the last checkpoint stated; nothing where none was made yet.
    pub fn last_checkpoint(&self) -> Result<Option<Mark>, StoreError> {
        let Some(row) = self.get(&table::log_key(table::CHECKPOINT, &ID))? else { return Ok(None) };
        let opened = self.open_place(table::CHECKPOINT, SubjectId::NOBODY, ID, 0, &row)?;
        codec::decode(opened.schema, &opened.plain, "the last checkpoint").map(Some)
    }
}

impl WriteTxn<'_> {
    /// Stages what a checkpoint states, in place of what the one before did.
    pub fn keep_checkpoint(&mut self, mark: &Mark) -> Result<(), StoreError> {
        self.put_own(table::CHECKPOINT, ID, &codec::encode(mark)?)
    }
}
