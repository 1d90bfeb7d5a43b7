//! The description of a field: the one place from which forms, history, import, export, inventory and filters derive.

use serde::{Deserialize, Serialize};

use crate::domain::value::{Kind, words};

/// A field of an entity on disk and in history: a number that is never reused. From [`FieldKey::CUSTOM`] on, custom fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldKey(pub u16);

impl FieldKey {
    /// The first number of custom fields.
    pub const CUSTOM: u16 = 0x4000;

    pub fn is_custom(self) -> bool {
        self.0 >= FieldKey::CUSTOM
    }
}

words! {
    /// What a field tells about a person; the columns of the inventory (R11).
    Category {
        Identity = "identity",
        Reach = "contact_details",
        Work = "professional",
        Preference = "preferences",
        Relation = "relationship",
        Provenance = "provenance",
        Content = "content",
        /// Nothing about a person.
        Operation = "operation",
    }
}

/// Who may change a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edit {
    /// Anybody with the right to edit the record.
    Free,
    /// Only an operation of its own (deleting, merging), never a generic edit, import or bulk change.
    Operation,
    /// Only an operation of its own, and nobody ever sees it.
    Secret,
}

/// The words by which the declaration of an entity says who may change a field, and whether a record needs it.
#[allow(non_upper_case_globals)]
pub(crate) mod rule {
    use super::Edit;

    pub const Free: (Edit, bool) = (Edit::Free, false);
    /// Free to be changed, and never absent.
    pub const Needed: (Edit, bool) = (Edit::Free, true);
    pub const Operation: (Edit, bool) = (Edit::Operation, false);
    pub const Secret: (Edit, bool) = (Edit::Secret, false);
}

/// A field, described once.
#[derive(Debug)]
pub struct FieldSpec {
    /// Stored number.
    pub key: FieldKey,
    /// The word in commands, JSON, CSV headers.
    pub name: &'static str,
    /// What a person reads on screen.
    pub label: &'static str,
    pub kind: Kind,
    pub category: Category,
    /// Why the field is needed (R7).
    pub why: &'static str,
    pub edit: Edit,
    /// Whether no record is without it.
    pub needed: bool,
    /// Headers under which other programs export it, in the languages of the product; lower case.
    pub headers: &'static [&'static str],
    /// Property in vCard 4 (RFC 6350), if it has one.
    pub vcard: Option<&'static str>,
    /// Property in JSContact (RFC 9553), if it has one.
    pub jscontact: Option<&'static str>,
}
