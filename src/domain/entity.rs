//! Entities: records made of fields, each declared once by [`entity!`].

use std::collections::BTreeMap;

use crate::domain::field::{FieldKey, FieldSpec};
use crate::domain::value::Value;

pub use crate::domain::kind::{Indexed, Lies, RecordKind};

/// A record as its fields. What is stored, compared, undone and folded is this form.
pub type Fields = BTreeMap<FieldKey, Value>;

/// A value of another kind than its field, or a field the entity does not have. Only a corrupt or newer store has such.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a {kind} has no field number {} of that kind", key.0)]
pub struct WrongField {
    pub kind: RecordKind,
    pub key: FieldKey,
}

/// A record made of fields.
pub trait Entity: Clone + Default + PartialEq + Send + Sync + 'static {
    const KIND: RecordKind;

    /// The built-in fields in the order people see them.
    fn specs() -> &'static [&'static FieldSpec];

    /// The value of a field; `None` when empty or unknown.
    fn get(&self, key: FieldKey) -> Option<Value>;

    /// Sets or clears a field.
    fn set(&mut self, key: FieldKey, value: Option<Value>) -> Result<(), WrongField>;

    /// All values that are not empty.
    fn fields(&self) -> Fields;

    /// The record that has these values.
    fn from_fields(fields: Fields) -> Result<Self, WrongField> {
        let mut record = Self::default();
        for (key, value) in fields {
            record.set(key, Some(value))?;
        }
        Ok(record)
    }

    /// The same of values that stay where they are.
    fn of_fields(fields: &Fields) -> Result<Self, WrongField> {
        let mut record = Self::default();
        for (key, value) in fields {
            record.set(*key, Some(value.clone()))?;
        }
        Ok(record)
    }

    /// The description of a built-in field by its name.
    fn spec(name: &str) -> Option<&'static FieldSpec> {
        Self::specs().iter().copied().find(|spec| spec.name == name)
    }

    /// The description of a built-in field by its number.
    fn spec_of(key: FieldKey) -> Option<&'static FieldSpec> {
        Self::specs().iter().copied().find(|spec| spec.key == key)
    }
}

/// The built-in fields of a kind of record.
pub fn specs_of(kind: RecordKind) -> &'static [&'static FieldSpec] {
    match kind {
        RecordKind::Contact => crate::domain::contact::Contact::specs(),
        RecordKind::Company => crate::domain::contact::Company::specs(),
        RecordKind::Note => crate::domain::contact::Note::specs(),
        RecordKind::User => crate::domain::user::User::specs(),
        RecordKind::CustomField => crate::domain::custom::CustomField::specs(),
        RecordKind::Settings => crate::domain::user::Settings::specs(),
        RecordKind::ExportRun => crate::domain::user::ExportRun::specs(),
        RecordKind::View => crate::domain::view::SavedView::specs(),
        RecordKind::Purpose => crate::domain::purpose::Purpose::specs(),
        RecordKind::Consent => crate::domain::consent::ConsentEvent::specs(),
        RecordKind::Call => crate::domain::call::Call::specs(),
        RecordKind::CallList => crate::domain::call::CallList::specs(),
        RecordKind::CallEntry => crate::domain::call::CallEntry::specs(),
        RecordKind::Recipient => crate::domain::recipient::Recipient::specs(),
        RecordKind::Task => crate::domain::task::Task::specs(),
        RecordKind::Request => crate::domain::request::SubjectRequest::specs(),
        RecordKind::Wording => crate::domain::wording::Wording::specs(),
        RecordKind::Suppression => crate::domain::suppression::Suppression::specs(),
        RecordKind::ScreeningList => crate::domain::suppression::ScreeningList::specs(),
        RecordKind::Hold => crate::domain::retention::Hold::specs(),
        RecordKind::RetentionRule => crate::domain::retention::RetentionRule::specs(),
        RecordKind::Sweep => crate::domain::retention::Sweep::specs(),
        RecordKind::Certificate => crate::domain::erasure::Certificate::specs(),
        RecordKind::KeptProof => crate::domain::erasure::KeptProof::specs(),
        RecordKind::Mention => crate::domain::erasure::Mention::specs(),
        RecordKind::Aggregate => crate::domain::erasure::Aggregate::specs(),
        RecordKind::Backup => crate::domain::backup::Backup::specs(),
        RecordKind::Incident => crate::domain::accountability::Incident::specs(),
        RecordKind::Training => crate::domain::accountability::Training::specs(),
        RecordKind::RegisterVersion => crate::domain::accountability::RegisterVersion::specs(),
        RecordKind::Publication => crate::domain::accountability::Publication::specs(),
        RecordKind::Invitation => crate::domain::request::Invitation::specs(),
    }
}

/// Declares an entity: the struct, the enum of its fields, and everything [`Entity`] derives from them.
///
/// Each field: `NUMBER name: Type, Kind, Category, RULE, "label", "why", [headers], vcard, jscontact;`. A field that is
/// added appears in the enum, so every exhaustive `match` over the enum (export, import, screens) must decide about it.
macro_rules! entity {
    (
        $(#[$doc:meta])*
        $name:ident, $field:ident, $kind:ident {
            $($(#[$fdoc:meta])* $key:literal $member:ident $word:literal : $ty:ty, $fkind:expr, $category:ident, $edit:ident,
              $label:literal, $why:literal, [$($header:literal),*], $vcard:expr, $jscontact:expr;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Default, Debug)]
        pub struct $name {
            $($(#[$fdoc])* pub $member: $ty,)*
            /// Values of custom fields, by the field's number.
            pub custom: std::collections::BTreeMap<$crate::domain::field::FieldKey, $crate::domain::value::Value>,
        }

        #[doc = concat!("The built-in fields of [`", stringify!($name), "`].")]
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $field { $($(#[$fdoc])* $member,)* }

        impl $field {
            pub const ALL: &'static [$field] = &[$($field::$member,)*];

            pub const fn spec(self) -> &'static $crate::domain::field::FieldSpec {
                match self {
                    $($field::$member => {
                        const SPEC: &$crate::domain::field::FieldSpec = &$crate::domain::field::FieldSpec {
                            key: $crate::domain::field::FieldKey($key),
                            name: $word,
                            label: $label,
                            kind: $fkind,
                            category: $crate::domain::field::Category::$category,
                            why: $why,
                            edit: $crate::domain::field::rule::$edit.0,
                            needed: $crate::domain::field::rule::$edit.1,
                            headers: &[$($header),*],
                            vcard: $vcard,
                            jscontact: $jscontact,
                        };
                        SPEC
                    })*
                }
            }

            pub const fn key(self) -> $crate::domain::field::FieldKey {
                self.spec().key
            }

            pub fn of(key: $crate::domain::field::FieldKey) -> Option<$field> {
                match key.0 { $($key => Some($field::$member),)* _ => None }
            }
        }

        impl $crate::domain::entity::Entity for $name {
            const KIND: $crate::domain::entity::RecordKind = $crate::domain::entity::RecordKind::$kind;

            fn specs() -> &'static [&'static $crate::domain::field::FieldSpec] {
                const SPECS: &[&$crate::domain::field::FieldSpec] = &[$($field::$member.spec(),)*];
                SPECS
            }

            fn get(&self, key: $crate::domain::field::FieldKey) -> Option<$crate::domain::value::Value> {
                match $field::of(key) {
                    $(Some($field::$member) => $crate::domain::value::Held::to_value(&self.$member),)*
                    None => self.custom.get(&key).cloned(),
                }
            }

            fn set(
                &mut self,
                key: $crate::domain::field::FieldKey,
                value: Option<$crate::domain::value::Value>,
            ) -> Result<(), $crate::domain::entity::WrongField> {
                let wrong = $crate::domain::entity::WrongField { kind: <Self as $crate::domain::entity::Entity>::KIND, key };
                match $field::of(key) {
                    $(Some($field::$member) => {
                        self.$member = $crate::domain::value::Held::from_value(value).ok_or(wrong)?;
                    })*
                    None if key.is_custom() => {
                        match value {
                            Some(value) => self.custom.insert(key, value),
                            None => self.custom.remove(&key),
                        };
                    }
                    None => return Err(wrong),
                }
                Ok(())
            }

            fn fields(&self) -> $crate::domain::entity::Fields {
                let mut fields = self.custom.clone();
                $(if let Some(value) = $crate::domain::value::Held::to_value(&self.$member) {
                    fields.insert($field::$member.key(), value);
                })*
                fields
            }
        }
    };
}
pub(crate) use entity;
