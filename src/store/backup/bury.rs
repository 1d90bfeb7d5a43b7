//! In the log of a store that was made of a backup: who was forgotten after the backup was made.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Forgotten;
use crate::domain::entity::RecordKind;
use crate::domain::id::SubjectId;
use crate::store::codec::{Body, Forgetting, Header};
use crate::store::{Origin, StoreError, WriteTxn};

/// People in one row about who was forgotten.
const MOST: usize = 10_000;

impl WriteTxn<'_> {
    /// Says of people whose rows were left behind, for their keys are destroyed, that they were forgotten: with an entry of
    /// the log for each, as forgetting itself does, and in the list of the forgotten. Those whom the backup knows to be
    /// forgotten are passed over. Gives how many were new.
    ///
    /// The transaction's action must be [`Action::Erase`](crate::domain::history::Action::Erase).
    pub fn bury(&mut self, people: &Forgotten) -> Result<u64, StoreError> {
        let known = self.read().forgotten()?;
        let mut own: BTreeMap<SubjectId, (RecordKind, u64)> = BTreeMap::new();
        self.read().each_page(|page| {
            for header in page.headers()? {
                if header.record == header.subject.0 && people.contains_key(&header.subject) {
                    own.insert(header.subject, (header.kind, header.revision));
                }
            }
            Ok(())
        })?;
        let mut named = Vec::new();
        for (subject, gone) in people.iter().filter(|(subject, _)| !known.contains(subject)) {
            let (kind, revision) = own.get(subject).copied().ok_or_else(|| {
                StoreError::Damaged(format!(
                    "the log knows nothing of person {subject}, and rows about them do not open"
                ))
            })?;
            let Origin { at, actor, session, action } = self.origin();
            let cm = Body { r: self.env().random(), changes: Vec::new() }.commitment()?;
            let seq = self.first_seq + self.headers.len() as u64;
            self.headers.push(Header {
                seq,
                at,
                actor,
                session,
                action,
                transaction: self.first_seq,
                kind,
                subject: *subject,
                record: subject.0,
                revision: revision + 1,
                cm,
            });
            named.push((*subject, gone.slot));
        }
        let (at, count) = (self.origin().at, named.len() as u64);
        let epoch = self.state.keyring.epoch().saturating_sub(1);
        for people in named.chunks(MOST) {
            let id: Uuid = self.env().ids.next();
            let people = people.to_vec();
            self.put_forgetting(id, &Forgetting { at, epoch, done: true, people })?;
        }
        Ok(count)
    }
}
