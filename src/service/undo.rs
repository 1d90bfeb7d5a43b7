//! Taking changes back, as new changes.

use std::collections::HashSet;

use super::view::deletion_field;
use super::{Ask, publish, read_lock, rows, rules, views};
use crate::api::view::{ChangeView, Undone};
use crate::api::{Error, Undo};
use crate::domain::call::{CallEntry, EntryState};
use crate::domain::contact::ContactField;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::{Action, Change, diff, inverse};
use crate::domain::id::SubjectId;
use crate::domain::value::{OneOf, Value};
use crate::store::{Reader, StoreError, Stored};

impl Ask<'_> {
    pub(super) fn undo(&self, undo: Undo) -> Result<Undone, Error> {
        let number = match undo.seq {
            Some(seq) => seq,
            None => {
                let last = self.memory().undo.last().copied();
                last.ok_or_else(|| {
                    Error::not_found("there is nothing to undo in this session")
                        .hint("name the change: `history undo SEQ`")
                })?
            }
        };
        let undone = self.revert(number, Action::Undo)?;
        self.memory().undo.retain(|one| *one != number);
        Ok(undone)
    }

    pub(super) fn redo(&self) -> Result<Undone, Error> {
        let last = self.memory().redo.last().copied();
        let number = last.ok_or_else(|| Error::not_found("there is nothing to redo in this session"))?;
        let undone = self.revert(number, Action::Redo)?;
        self.memory().redo.retain(|one| *one != number);
        Ok(undone)
    }

    /// Takes a whole transaction back. Refused when a field it changed was changed since.
    fn revert(&self, seq: u64, action: Action) -> Result<Undone, Error> {
        let (me, now) = (self.grant.actor().user, self.now);
        let sight = self.sight().clone();
        self.write(action, move |txn, world| {
            let headers = txn.read().transaction(seq)?;
            let Some(first) = headers.first() else {
                return Err(Error::not_found(format!("the log has no entry {seq}")));
            };
            if first.actor != me {
                return Err(Error::new(crate::api::Code::Denied, "only one's own changes are undone")
                    .hint("edit the record instead"));
            }
            let mut records = Vec::new();
            let mut before: Vec<Stored> = Vec::new();
            let mut seen: HashSet<uuid::Uuid> = HashSet::new();
            let mut conflicts: Vec<ChangeView> = Vec::new();
            let mut in_the_way = false;
            // Latest first, for a transaction may have changed a record twice.
            for header in headers.iter().rev() {
                // A no that a merge brought stays: taking a merge back loosens nothing.
                if header.kind == RecordKind::Consent && matches!(first.action, Action::Merge | Action::Undo)
                {
                    continue;
                }
                let place = header.kind == RecordKind::CallEntry
                    && matches!(first.action, Action::Merge | Action::Undo | Action::Redo);
                let undone = place
                    || matches!(
                        header.kind,
                        RecordKind::Contact
                            | RecordKind::Company
                            | RecordKind::Note
                            | RecordKind::CustomField
                            | RecordKind::View
                            | RecordKind::Task
                    );
                if !undone {
                    return Err(Error::usage(format!("a change of {} is not undone", header.kind)));
                }
                let gone = || Error::not_found(format!("the {} {} is gone", header.kind, header.record));
                let stored = rows::of_entry(&txn.read(), header.kind, header.subject, header.record)?
                    .ok_or_else(gone)?;
                // What is kept from the actor by now is not there, whoever changed it.
                if sight.keeps_out(&read_lock(world), stored.subject.0) {
                    return Err(super::no_such(header.kind, header.record));
                }
                let body = txn.read().body(header)?.ok_or_else(gone)?;
                let restricts = |change: &Change| {
                    ContactField::of(change.field).is_some_and(ContactField::is_of_restriction)
                };
                if header.kind == RecordKind::Contact && body.changes.iter().any(restricts) {
                    return Err(Error::refused("a restriction is not taken back like an edit")
                        .hint("`callbook subject lift` ends it, once the person was told"));
                }
                rules::unrestricted(header.kind, &stored.record.fields)?;
                let changes = if header.revision == 1 && place {
                    not_called(&stored)?
                } else if header.revision == 1 {
                    // What was made is not unmade: it is deleted, and can be restored.
                    let Some(key) = deletion_field(header.kind) else {
                        return Err(Error::usage(format!("a new {} is not undone; retire it", header.kind)));
                    };
                    let old = stored.record.fields.get(&key).cloned();
                    vec![Change { field: key, old, new: Some(Value::Time(now)) }]
                } else {
                    inverse(&body.changes)
                };
                let mut fields = stored.record.fields.clone();
                let mut lost = Vec::new();
                for change in &changes {
                    if fields.get(&change.field) != change.old.as_ref() {
                        let current = fields.get(&change.field).cloned();
                        let change = Change { field: change.field, old: current, new: change.new.clone() };
                        lost.push(change);
                        continue;
                    }
                    match &change.new {
                        Some(value) => fields.insert(change.field, value.clone()),
                        None => fields.remove(&change.field),
                    };
                }
                let relation = sight.relation_of(&read_lock(world), &stored);
                // A record given away is taken back by whoever it then is again.
                let after = sight.relation_with(header.kind, &fields);
                let within = if sight.writes(header.kind, relation) { relation } else { relation.min(after) };
                // Places on lists follow the person, whoever merges and takes it back.
                if !place && !sight.writes(header.kind, within) {
                    return Err(super::no_such(header.kind, header.record));
                }
                for change in lost {
                    conflicts.extend(sight.change(&read_lock(world), header.kind, relation, &change));
                    in_the_way = true;
                }
                if !place {
                    let schema = &read_lock(world).schema;
                    sight.may_change(schema, header.kind, within, &stored.record.fields, &fields)?;
                }
                rules::check(header.kind, Some(&stored.record.fields), &fields)?;
                views::vet(&read_lock(world), &sight, header.kind, Some(&stored), &fields)?;
                txn.update(&stored, fields)?;
                if seen.insert(stored.id) {
                    before.push(stored);
                }
                records.push((header.kind, header.record));
            }
            if in_the_way {
                let mut fields: Vec<&str> = conflicts.iter().map(|change| change.label.as_str()).collect();
                if fields.is_empty() {
                    fields.push("what is not shown to you");
                }
                let mut error = Error::conflict(format!(
                    "{} changed since; taking the change back would lose that",
                    fields.join(", ")
                ))
                .hint("edit the record instead");
                error.conflicts = conflicts;
                return Err(error);
            }
            publish(world, txn, &before)?;
            let name = |stored: &Stored| {
                let world = read_lock(world);
                if !sight.sees_stored(&world, stored) {
                    return Ok(format!("a {}", stored.kind));
                }
                sight.title(stored, sight.relation_of(&world, stored))
            };
            let what = told(&txn.read(), first.action, &before, &name)?;
            Ok(Undone { what, records })
        })
    }
}

/// What makes of a place on a call list that a merge made one from which nobody is called.
fn not_called(stored: &Stored) -> Result<Vec<Change>, Error> {
    let mut entry: CallEntry = stored.entity()?;
    entry.state = OneOf(Some(EntryState::Withheld));
    entry.reason = "the merge was taken back".to_owned();
    (entry.claimed_by, entry.claimed_until, entry.due) = (None, None, None);
    Ok(diff(&stored.record.fields, &entry.fields()))
}

/// The name of a record as the asker may read it.
type Name<'n> = dyn Fn(&Stored) -> Result<String, StoreError> + 'n;

/// What was taken back, in words: `merge of Ben Muster into Anna Muster`, `change of Anna Muster and 2 notes`.
fn told(reader: &Reader<'_>, action: Action, before: &[Stored], name: &Name<'_>) -> Result<String, Error> {
    // Names of more than a few are no help.
    const NAMED: usize = 3;
    let merged =
        before.iter().find_map(|one| match one.record.fields.get(&ContactField::merged_into.key()) {
            Some(Value::Contact(keep)) if action == Action::Merge => Some((one, *keep)),
            _ => None,
        });
    if let Some((gone, keep)) = merged {
        let keep = rows::of_entry(reader, RecordKind::Contact, SubjectId(keep.0), keep.0)?;
        let kept = keep.as_ref().map(name).transpose()?.unwrap_or_default();
        return Ok(format!("merge of {} into {kept}", name(gone)?));
    }
    let mut parts: Vec<String> = Vec::new();
    for kind in RecordKind::ALL {
        let of_kind: Vec<&Stored> = before.iter().filter(|one| one.kind == *kind).collect();
        match of_kind.len() {
            0 => {}
            // A note has no name but its text.
            n if n > NAMED || n > 1 && *kind == RecordKind::Note => parts.push(kind.counted(n as u64)),
            _ => parts.extend(of_kind.into_iter().map(name).collect::<Result<Vec<String>, _>>()?),
        }
    }
    let last = parts.pop().unwrap_or_default();
    let what = if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) };
    Ok(format!("{} of {what}", noun(action)))
}

/// What an action is called when it is spoken of.
fn noun(action: Action) -> &'static str {
    match action {
        Action::Create => "creation",
        Action::Edit | Action::Bulk => "change",
        Action::Delete => "deletion",
        Action::Restore => "restoration",
        Action::Merge => "merge",
        Action::Import => "import",
        // The change that was taken back stands again.
        Action::Undo | Action::Redo => "change",
        Action::Export => "export",
        Action::Checkpoint => "checkpoint",
        Action::Init => "founding",
        Action::Consent => "consent",
        Action::Withdraw => "withdrawal",
        Action::Call => "call",
        Action::Erase => "erasure",
        Action::Backup => "backup",
        Action::Recover => "recovery",
    }
}
