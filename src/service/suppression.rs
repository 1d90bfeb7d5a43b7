//! The suppression list (R24): who is not to be used or entered again, and what follows from it.
//!
//! Other capabilities ask `world.suppression` ([`Suppressions`]): [`hit`](Suppressions::hit) about one number or address,
//! [`of_contact`](Suppressions::of_contact) about everything a contact has, [`screened`](Suppressions::screened) about a
//! do-not-call list. What brings data in is stopped by [`guard`]. Entries are staged by [`stage`] and
//! [`suppress_for_erasure`] alone, and published by [`publish_with`] with the contacts they concern.

pub mod guard;
mod health;
pub mod held;
pub mod lists;
pub mod tagset;

#[cfg(test)]
mod lists_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::RwLock;

use chrono::Months;
use uuid::Uuid;

use super::world::World;
use super::{Ask, publish_with, read_lock, rows};
use crate::api::{
    Error, LiftSuppression, Suppress, Suppressed, SuppressionCheck, SuppressionEntries, SuppressionEntry,
    SuppressionPage, SuppressionState, Typed, Unsuppressed,
};
use crate::domain::consent::Way;
use crate::domain::contact::ContactField;
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::SubjectId;
use crate::domain::suppression::{Class, Deed, Identifier, Mark, REVIEW_YEARS, Reason, Scope, Suppression};
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Kind, OneOf, Value, WordList};
use crate::store::{StoreError, Stored, WriteTxn};

pub use held::Suppressions;

/// Marks in one entry, at most.
const MARKS: usize = 50;
/// Entries in one answer, at most.
const PAGE: u64 = 100_000;

/// What an entry says beside its marks.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Entry {
    pub deed: Deed,
    pub scope: Option<Scope>,
    pub reason: Option<Reason>,
    pub words: String,
}

/// What was staged: the entries, and the contacts that must be looked at again when they are published.
#[must_use = "the contacts are to be handed to `publish_with`"]
#[derive(Default)]
pub(super) struct Staged {
    pub entries: Vec<Uuid>,
    pub contacts: Vec<Uuid>,
}

/// Stages entries about some numbers and addresses.
pub(super) fn stage(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    identifiers: &[Identifier],
    entry: &Entry,
) -> Result<Staged, Error> {
    let marker = txn.marker()?;
    let origin = txn.origin();
    // In the order of the hashes, which tells nothing of who stood beside whom.
    let marks: BTreeSet<Mark> = identifiers.iter().map(|identifier| marker.mark(identifier)).collect();
    let marks: Vec<String> = marks.iter().map(ToString::to_string).collect();
    let mut staged = Staged::default();
    for marks in marks.chunks(MARKS) {
        let record = Suppression {
            deed: OneOf(Some(entry.deed)),
            scope: OneOf(entry.scope),
            reason: OneOf(entry.reason),
            words: entry.words.clone(),
            marks: WordList(marks.to_vec()),
            by: Some(origin.actor),
            review_on: (entry.deed == Deed::Add).then(|| review_on(origin.at)).flatten(),
            ..Suppression::default()
        };
        staged.entries.push(txn.create(SubjectId::NOBODY, &record)?.id);
    }
    let world = read_lock(world);
    let mut contacts: BTreeSet<Uuid> = BTreeSet::new();
    for identifier in identifiers {
        contacts.extend(having(&world, identifier));
    }
    staged.contacts = contacts.into_iter().collect();
    Ok(staged)
}

/// Stages what follows from an objection to marketing, however it was heard: nobody who has a number or address of the
/// person's gets any, by whatever channel, also another contact, and whoever is brought in with it later (R24).
pub(super) fn suppress_for_objection(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    person: &Stored,
    way: Way,
) -> Result<Staged, Error> {
    let entry = Entry {
        deed: Deed::Add,
        scope: Some(Scope::Marketing),
        reason: Some(Reason::Objection),
        words: format!("by {way}"),
    };
    stage(txn, world, &Identifier::all_of(person.kind, &person.record.fields), &entry)
}

/// Stages what remains of erased persons: that none of their numbers and addresses comes back. Part of the transaction
/// that erases them.
pub(super) fn suppress_for_erasure(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    identifiers: &[Identifier],
) -> Result<Staged, Error> {
    let entry = Entry {
        deed: Deed::Add,
        scope: Some(Scope::All),
        reason: Some(Reason::Erasure),
        words: String::new(),
    };
    stage(txn, world, identifiers, &entry)
}

/// The contacts, deleted ones too, that have a number or address.
pub(super) fn having(world: &World, identifier: &Identifier) -> Vec<Uuid> {
    match identifier.class() {
        Class::Phone => world.contacts.by_phone(identifier.text()),
        Class::Email => world.contacts.by_email(identifier.text()),
    }
}

fn review_on(at: Timestamp) -> Option<Day> {
    at.date().checked_add_months(Months::new(12 * REVIEW_YEARS)).map(Day)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Ask<'_> {
    /// What somebody typed as a number or an address.
    pub(super) fn identifier(&self, typed: &Typed) -> Result<Identifier, Error> {
        let country = match typed.country.trim() {
            "" => self.country(),
            text => Some(text.parse()?),
        };
        Ok(Identifier::parse(typed.class, &typed.text, country)?)
    }

    /// The words said about it, which must not tell what it is.
    fn words(identifier: &Identifier, words: &str) -> Result<String, Error> {
        let words = match Kind::Text.parse(words, None)? {
            Some(Value::Text(words)) => words,
            _ => String::new(),
        };
        if identifier.told_by(&words) {
            return Err(Error::usage("the words tell the number or address, of which only a hash is kept")
                .hint("say what happened without it"));
        }
        Ok(words)
    }

    pub(super) fn suppress(&self, suppress: Suppress) -> Result<Suppressed, Error> {
        let identifier = self.identifier(&suppress.of)?;
        let words = Self::words(&identifier, &suppress.words)?;
        let entry =
            Entry { deed: Deed::Add, scope: Some(suppress.scope), reason: Some(suppress.reason), words };
        let staged = self.record_suppression(identifier.clone(), entry)?;
        let id = staged.entries.first().copied().unwrap_or_default();
        let world = self.world();
        let seen =
            staged.contacts.iter().filter(|id| self.sees_reach(&world, identifier.class(), **id)).count();
        Ok(Suppressed {
            id,
            class: identifier.class(),
            scope: suppress.scope,
            reason: suppress.reason,
            contacts: seen as u64,
            review_on: review_on(self.now),
        })
    }

    pub(super) fn lift_suppression(&self, lift: LiftSuppression) -> Result<Unsuppressed, Error> {
        let identifier = self.identifier(&lift.of)?;
        let words = Self::words(&identifier, &lift.words)?;
        if words.is_empty() {
            return Err(Error::usage("a suppression is lifted for a reason")
                .hint("say what the person asked for, and when, with --reason"));
        }
        let Some(hit) = self.world().suppression.hit(&identifier) else {
            return Err(Error::not_found("it is not suppressed"));
        };
        let entry = Entry { deed: Deed::Lift, scope: None, reason: None, words };
        let staged = self.record_suppression(identifier.clone(), entry)?;
        let id = staged.entries.first().copied().unwrap_or_default();
        Ok(Unsuppressed { id, class: identifier.class(), was: hit })
    }

    /// One transaction, which undoing does not take back.
    fn record_suppression(&self, identifier: Identifier, entry: Entry) -> Result<Staged, Error> {
        let (staged, _) = self.transact(Action::Create, move |txn, world| {
            let staged = stage(txn, world, &[identifier], &entry)?;
            publish_with(world, txn, &[], &staged.contacts)?;
            Ok(staged)
        })?;
        Ok(staged)
    }

    /// Whether a number or address is suppressed. To ask is to look at whoever has it, and is logged as that.
    pub(super) fn suppression_check(&self, check: SuppressionCheck) -> Result<SuppressionState, Error> {
        let identifier = self.identifier(&check.of)?;
        let having = having(&self.world(), &identifier);
        self.witness_check(&identifier, having)?;
        let world = self.world();
        Ok(SuppressionState {
            class: identifier.class(),
            hit: world.suppression.hit(&identifier),
            lists: world.suppression.screenings(&identifier),
        })
    }

    /// The entries, latest first; they name nobody.
    pub(super) fn suppression_entries(&self, asked: &SuppressionEntries) -> Result<SuppressionPage, Error> {
        let limit = usize::try_from(asked.limit.unwrap_or(PAGE).min(PAGE)).unwrap_or(0);
        let entries = self.service.store.read(|reader| {
            let mut entries: Vec<Stored> = Vec::new();
            rows::each(reader, RecordKind::Suppression, |stored| {
                entries.push(stored);
                Ok(())
            })?;
            entries.sort_by_key(|stored| std::cmp::Reverse(stored.record.last_seq));
            Ok::<_, StoreError>(entries)
        })?;
        let world = self.world();
        let mut page = SuppressionPage {
            total: entries.len() as u64,
            by_reason: world.suppression.by_reason().into_iter().collect(),
            by_scope: world.suppression.by_scope().into_iter().collect(),
            items: Vec::new(),
        };
        for stored in entries.into_iter().take(limit) {
            let entry: Suppression = stored.entity()?;
            let marks = entry.marks().map_err(|error| Error::integrity(error.to_string()))?;
            let mut classes: Vec<Class> = marks.iter().map(|mark| mark.class).collect();
            classes.sort_unstable();
            classes.dedup();
            page.items.push(SuppressionEntry {
                id: stored.id,
                at: stored.record.created_at,
                by: entry.by.map(|user| world.user_name(user.0)).unwrap_or_default(),
                deed: entry.deed.0.unwrap_or(Deed::Add),
                classes,
                marks: marks.len() as u64,
                scope: entry.scope.0,
                reason: entry.reason.0,
                words: entry.words,
                review_on: entry.review_on,
            });
        }
        Ok(page)
    }

    /// Whether somebody sees of a contact how it is reached.
    fn sees_reach(&self, world: &World, class: Class, contact: Uuid) -> bool {
        let field = match class {
            Class::Phone => ContactField::phones,
            Class::Email => ContactField::emails,
        };
        self.sight().reads_of(world, RecordKind::Contact, contact, field.key())
    }
}

/// Looks again at contacts that a suppression concerns, as a transaction leaves them.
pub(super) fn look_again(world: &mut World, txn: &WriteTxn<'_>, contacts: &[Uuid]) -> Result<(), Error> {
    for id in contacts {
        if let Some(contact) = rows::of_entry(&txn.read(), RecordKind::Contact, SubjectId(*id), *id)? {
            world.suppression.note(*id, &contact.record.fields);
        }
    }
    Ok(())
}
