//! What a form and its records are called.

use super::Target;
use crate::domain::draft::Form;
use crate::domain::entity::RecordKind;

/// Which form it is, for what is kept of it.
pub(super) fn form_of(kind: RecordKind, target: Target) -> Form {
    let id = match target {
        Target::New => None,
        Target::Known { id, .. } => Some(id),
    };
    Form { kind, id, about: None }
}
