//! Changes of records, and records as they stood.

use serde::{Deserialize, Serialize};

use crate::domain::entity::Fields;
use crate::domain::field::FieldKey;
use crate::domain::value::{Value, words};

words! {
    /// What was done in a request, as history calls it.
    Action {
        Create = "create",
        Edit = "edit",
        Delete = "delete",
        Restore = "restore",
        Merge = "merge",
        Import = "import",
        Bulk = "bulk",
        Undo = "undo",
        Redo = "redo",
        Export = "export",
        Checkpoint = "checkpoint",
        Init = "init",
        /// What a person said about the use of data, or on which other ground it is used.
        Consent = "consent",
        Withdraw = "withdraw",
        Call = "call",
        /// A person was forgotten.
        Erase = "erase",
        /// What lies elsewhere was made, or is gone: backups, escrows.
        Backup = "backup",
        /// The store was made of a backup, or anew of what was left of it.
        Recover = "recover",
    }
}

/// One field's value before and after.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    pub field: FieldKey,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

/// What turns `old` into `new`, in the order of field numbers.
pub fn diff(old: &Fields, new: &Fields) -> Vec<Change> {
    let mut keys: Vec<FieldKey> = old.keys().chain(new.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .filter(|key| old.get(key) != new.get(key))
        .map(|field| Change { field, old: old.get(&field).cloned(), new: new.get(&field).cloned() })
        .collect()
}

/// A change does not follow from what was there: history and record disagree.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("field number {} does not have the value the change starts from", field.0)]
pub struct DoesNotFollow {
    pub field: FieldKey,
}

/// Applies changes in place.
pub fn fold(fields: &mut Fields, changes: &[Change]) -> Result<(), DoesNotFollow> {
    for change in changes {
        if fields.get(&change.field) != change.old.as_ref() {
            return Err(DoesNotFollow { field: change.field });
        }
        match &change.new {
            Some(value) => fields.insert(change.field, value.clone()),
            None => fields.remove(&change.field),
        };
    }
    Ok(())
}

/// The changes that take these back.
pub fn inverse(changes: &[Change]) -> Vec<Change> {
    changes
        .iter()
        .map(|change| Change { field: change.field, old: change.new.clone(), new: change.old.clone() })
        .collect()
}
