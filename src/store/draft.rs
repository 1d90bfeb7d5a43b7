//! Drafts: what somebody typed and did not save, kept until the form is finished.
//!
//! A draft is no record: it has no history, is no part of the digest of the live records, and its rows are deleted, not
//! changed. It is sealed under the key of the person it is about, so that whoever is forgotten is forgotten here too; what
//! is about nobody who is stored yet lies under the store's own key and expires.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::StoreError;
use super::codec;
use super::envelope::Place;
use super::reader::Reader;
use super::table;
use super::txn::WriteTxn;
use crate::domain::draft::Draft;
use crate::domain::id::{SubjectId, UserId};

/// A draft and where it lies.
#[derive(Clone, PartialEq, Debug)]
pub struct KeptDraft {
    pub subject: SubjectId,
    pub id: Uuid,
    /// Whose it is and what it says; absent where that cannot be read any more, because the person was forgotten.
    pub content: Option<(UserId, Draft)>,
}

impl Reader<'_> {
    /// All drafts of all users; there are few.
    pub fn drafts(&self) -> Result<Vec<KeptDraft>, StoreError> {
        let mut found = Vec::new();
        self.each_row(&[table::DRAFTS], |key, value| {
            let Some((subject, id, 0)) = table::split_record_key(key) else { return Ok(()) };
            let place = Place { table: table::DRAFTS, subject, id, chunk: 0 };
            let piece = |chunk| table::record_key(table::DRAFTS, subject, &id, chunk);
            let content = self
                .assemble(place, value, piece)
                .and_then(|whole| codec::decode::<codec::Draft>(whole.schema(), whole.content(), "a draft"));
            let content = match content {
                Ok(codec::Draft { user, draft }) => Some((user, draft)),
                // A draft that cannot be read is worth no more than none: it must not keep anybody from working.
                Err(_) => None,
            };
            found.push(KeptDraft { subject, id: Uuid::from_bytes(id), content });
            Ok(())
        })?;
        Ok(found)
    }
}

impl WriteTxn<'_> {
    /// Keeps a draft about a subject; false when there is no such subject.
    pub fn keep_draft(&mut self, subject: SubjectId, user: UserId, draft: Draft) -> Result<bool, StoreError> {
        let Some(slot) = self.read().slot_of(subject)? else { return Ok(false) };
        let id = self.env().ids.next();
        let plain = Zeroizing::new(codec::encode(&codec::Draft { user, draft })?);
        for (chunk, sealed) in self.seal_pieces(table::DRAFTS, subject, id, slot, &plain)? {
            self.own.insert(table::record_key(table::DRAFTS, subject, id.as_bytes(), chunk), Some(sealed));
        }
        Ok(true)
    }

    /// Deletes the rows of a draft.
    pub fn drop_draft(&mut self, draft: &KeptDraft) -> Result<(), StoreError> {
        for chunk in 0..=u16::MAX {
            let key = table::record_key(table::DRAFTS, draft.subject, draft.id.as_bytes(), chunk);
            if self.read().get(&key)?.is_none() {
                break;
            }
            self.own.insert(key, None);
        }
        Ok(())
    }
}
