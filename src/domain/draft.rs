//! What somebody typed into a form and did not save.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::entity::RecordKind;
use super::field::FieldKey;
use super::time::Timestamp;

/// Which form it is: of which record, or of a new one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Form {
    pub kind: RecordKind,
    /// The record that is edited; a new one when absent.
    pub id: Option<Uuid>,
    /// The contact a new note is about.
    pub about: Option<Uuid>,
}

/// What was typed into a form and not saved.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub form: Form,
    /// The texts that differ from what the form began with.
    pub texts: Vec<(FieldKey, String)>,
    pub at: Timestamp,
}

/// Without the texts: they are about people.
impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draft({:?}, {} texts)", self.form, self.texts.len())
    }
}
