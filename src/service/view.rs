//! Values in words, and what the service must know about the fields of records.

use super::index::FieldKind;
use super::world::World;
use crate::domain::contact::{CompanyField, ContactField, NoteField};
use crate::domain::entity::{Entity, Fields, Indexed, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::reach::Labelled;
use crate::domain::value::Value;
use crate::store::StoreError;

impl World {
    /// A value for people.
    pub fn text(&self, value: &Value) -> String {
        if let Some(items) = value.readable_items() {
            let one = |item: &Labelled<String>| match item.label.as_str() {
                "" => item.value.clone(),
                label => format!("{} ({label})", item.value),
            };
            return items.iter().map(one).collect::<Vec<_>>().join("; ");
        }
        if let Value::Company(id) = value {
            return self.company_names.get(&id.0).cloned().unwrap_or_else(|| id.to_string());
        }
        if let Value::User(id) = value {
            return self.user_name(id.0);
        }
        value.to_string()
    }
}

/// The fields that say who answers for a record: a user, and a team.
pub fn holder_fields(kind: RecordKind) -> Option<(FieldKey, FieldKey)> {
    match kind.indexed()? {
        Indexed::Contact => Some((ContactField::owner.key(), ContactField::team.key())),
        Indexed::Company => Some((CompanyField::owner.key(), CompanyField::team.key())),
    }
}

/// The field that says in which country somebody is: whose law applies, and how numbers are read.
pub fn country_field(kind: RecordKind) -> Option<FieldKey> {
    match kind.indexed()? {
        Indexed::Contact => Some(ContactField::country.key()),
        Indexed::Company => Some(CompanyField::country.key()),
    }
}

/// The fields that free text is searched in, by what the index calls them.
pub fn searched(kind: RecordKind) -> &'static [(FieldKind, FieldKey)] {
    const CONTACT: &[(FieldKind, FieldKey)] = &[
        (FieldKind::Name, ContactField::family_name.key()),
        (FieldKind::Company, ContactField::company.key()),
        (FieldKind::Email, ContactField::emails.key()),
        (FieldKind::Phone, ContactField::phones.key()),
        (FieldKind::Tag, ContactField::tags.key()),
        (FieldKind::JobTitle, ContactField::job_title.key()),
        (FieldKind::City, ContactField::addresses.key()),
    ];
    const COMPANY: &[(FieldKind, FieldKey)] = &[
        (FieldKind::Name, CompanyField::name.key()),
        (FieldKind::Email, CompanyField::emails.key()),
        (FieldKind::Phone, CompanyField::phones.key()),
        (FieldKind::Tag, CompanyField::tags.key()),
        (FieldKind::JobTitle, CompanyField::industry.key()),
        (FieldKind::City, CompanyField::addresses.key()),
    ];
    match kind.indexed() {
        Some(Indexed::Contact) => CONTACT,
        Some(Indexed::Company) => COMPANY,
        None => &[],
    }
}

/// The field that says when a record was deleted, where records of the kind can be.
pub fn deletion_field(kind: RecordKind) -> Option<FieldKey> {
    match kind {
        RecordKind::Contact => Some(crate::domain::contact::ContactField::deleted_at.key()),
        RecordKind::Company => Some(crate::domain::contact::CompanyField::deleted_at.key()),
        RecordKind::Note => Some(NoteField::deleted_at.key()),
        RecordKind::View => Some(crate::domain::view::ViewField::deleted_at.key()),
        RecordKind::Task => Some(crate::domain::task::TaskField::deleted_at.key()),
        _ => None,
    }
}

/// Whether the fields are those of a deleted record.
pub fn is_deleted(fields: &Fields, kind: RecordKind) -> bool {
    deletion_field(kind).is_some_and(|key| fields.contains_key(&key))
}

/// The record as its type, after a change of its fields.
pub fn typed<T: Entity>(fields: &Fields) -> Result<T, StoreError> {
    T::of_fields(fields).map_err(|_| StoreError::Encoding("a field of a record"))
}
