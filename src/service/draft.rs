//! What was typed and not saved: kept for whoever typed it, and shown to nobody else.

use std::sync::Arc;

use super::world::subject_of;
use super::{Ask, read_lock};
use crate::api::{DropDraft, Error, KeepDraft};
use crate::domain::draft::Draft;
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::{SubjectId, UserId};
use crate::domain::time::Timestamp;
use crate::store::draft::KeptDraft;

/// Most drafts of one user; the oldest goes first.
const MOST: usize = 20;
/// Milliseconds after which a draft that nobody came back to goes, with what it says about people.
const KEPT_FOR: i64 = 30 * 24 * 3600 * 1000;

fn gone() -> Error {
    Error::not_found("the record of this form is not there any more")
}

impl Ask<'_> {
    /// Keeps a draft in place of an earlier one of the same form.
    pub(super) fn keep_draft(&self, keep: KeepDraft) -> Result<(), Error> {
        let (user, now, draft) = (self.grant.actor().user, self.now, keep.draft);
        let world = Arc::clone(&self.service.world);
        self.service.writable()?;
        let (form, sight) = (draft.form, self.sight());
        let in_sight = match (form.id, form.about) {
            (Some(id), _) => sight.sees(&self.world(), form.kind, id),
            (None, Some(contact)) => sight.sees_about(&self.world(), form.kind, contact),
            (None, None) => true,
        };
        if !in_sight {
            return Err(gone());
        }
        self.service.store.write(self.origin(Action::Edit), move |txn| {
            let form = draft.form;
            let subject = match (form.kind, form.id, form.about) {
                (RecordKind::Note | RecordKind::Task, None, Some(contact)) => SubjectId(contact),
                (kind, Some(id), _) => subject_of(&read_lock(&world), kind, id),
                (_, None, _) => SubjectId::NOBODY,
            };
            let mut mine: Vec<(Timestamp, KeptDraft)> = Vec::new();
            for kept in txn.read().drafts()? {
                match &kept.content {
                    Some((whose, other)) if is_alive(other, now) => {
                        if *whose != user || super::calls::is_call(other) {
                            continue;
                        }
                        if other.form == form { txn.drop_draft(&kept)? } else { mine.push((other.at, kept)) }
                    }
                    Some(_) | None => txn.drop_draft(&kept)?,
                }
            }
            mine.sort_by_key(|(at, _)| *at);
            for (_, oldest) in mine.iter().take((mine.len() + 1).saturating_sub(MOST)) {
                txn.drop_draft(oldest)?;
            }
            if txn.keep_draft(subject, user, draft)? { Ok(()) } else { Err(gone()) }
        })
    }

    /// The own drafts, latest first.
    pub(super) fn drafts(&self) -> Result<Vec<Draft>, Error> {
        let (user, now) = (self.grant.actor().user, self.now);
        let mut drafts = self.service.store.read(move |reader| {
            let mine =
                |kept: KeptDraft| kept.content.filter(|(whose, _)| *whose == user).map(|(_, draft)| draft);
            Ok::<Vec<Draft>, Error>(reader.drafts()?.into_iter().filter_map(mine).collect())
        })?;
        // Calls under way are not forms.
        drafts.retain(|draft| is_alive(draft, now) && !super::calls::is_call(draft));
        // Nor is anything told of persons who are kept from the actor by now.
        let (sight, world) = (self.sight(), self.world());
        drafts.retain(|draft| {
            let of = draft.form.id.map(|id| subject_of(&world, draft.form.kind, id).0);
            let person = draft.form.about.or(of);
            person.is_none_or(|person| !sight.keeps_out(&world, person))
        });
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.at));
        Ok(drafts)
    }

    /// Forgets the own draft of a form, if there is one.
    pub(super) fn drop_draft(&self, drop: &DropDraft) -> Result<(), Error> {
        let (user, form) = (self.grant.actor().user, drop.form);
        self.service.writable()?;
        self.service.store.write(self.origin(Action::Edit), move |txn| {
            let is_it = |content: &(UserId, Draft)| content.0 == user && content.1.form == form;
            for kept in txn.read().drafts()? {
                if kept.content.as_ref().is_some_and(is_it) {
                    txn.drop_draft(&kept)?;
                }
            }
            Ok(())
        })
    }
}

/// Clocks go back as well: what was typed in the future is kept.
fn is_alive(draft: &Draft, now: Timestamp) -> bool {
    now.millis().saturating_sub(draft.at.millis()) < KEPT_FOR
}

#[cfg(test)]
mod tests;
