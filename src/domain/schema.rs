//! The fields a store has: the built-in ones and its own.

use serde::{Deserialize, Serialize};

use crate::domain::contact::Contact;
use crate::domain::custom::{CustomField, CustomKind};
use crate::domain::entity::{Entity, Fields, RecordKind, specs_of};
use crate::domain::field::{Category, Edit, FieldKey, FieldSpec};
use crate::domain::id::FieldId;
use crate::domain::value::{Invalid, Kind, Value};

/// A field, built in or custom.
#[derive(Clone, Debug)]
pub struct FieldInfo {
    pub key: FieldKey,
    /// The word in commands, JSON and CSV headers; custom ones are addressed as `custom.NAME`.
    pub name: String,
    pub label: String,
    pub kind: Kind,
    /// The words a custom choice is made from.
    pub choices: Vec<String>,
    pub category: Category,
    pub why: String,
    pub edit: Edit,
    /// Whether no record is without it.
    pub needed: bool,
    pub custom: bool,
    /// A retired custom field is shown and takes no new values.
    pub retired: bool,
    /// What a custom field is for, in the words it was justified with.
    pub purpose: String,
}

/// A custom field as stored.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StoredCustom {
    pub id: FieldId,
    pub revision: u64,
    pub fields: Fields,
}

/// The fields of every kind of record of one store.
#[derive(Clone, Debug)]
pub struct Schema {
    kinds: Vec<(RecordKind, Vec<FieldInfo>)>,
}

impl Schema {
    pub fn new(customs: &[StoredCustom]) -> Schema {
        let mut kinds: Vec<(RecordKind, Vec<FieldInfo>)> = RecordKind::ALL
            .iter()
            .map(|kind| (*kind, specs_of(*kind).iter().map(|spec| built_in(spec)).collect()))
            .collect();
        for stored in customs {
            let Ok(field) = CustomField::from_fields(stored.fields.clone()) else { continue };
            let Some(on) = field.on.0 else { continue };
            if let Some((_, fields)) = kinds.iter_mut().find(|(kind, _)| *kind == on.record()) {
                fields.push(custom(&field));
            }
        }
        Schema { kinds }
    }

    /// The fields of a kind, built-in ones first, in the order people see them.
    pub fn of(&self, kind: RecordKind) -> &[FieldInfo] {
        self.kinds.iter().find(|(one, _)| *one == kind).map_or(&[], |(_, fields)| fields)
    }

    /// A field by its number.
    pub fn by_key(&self, kind: RecordKind, key: FieldKey) -> Option<&FieldInfo> {
        self.of(kind).iter().find(|field| field.key == key)
    }

    /// A field by the word for it: `job_title`, `custom.budget`, or `budget` where no built-in field is called so.
    pub fn by_name(&self, kind: RecordKind, name: &str) -> Result<&FieldInfo, Invalid> {
        let wanted = name.trim().to_lowercase().replace(['-', ' '], "_");
        let fields = self.of(kind);
        let own = wanted.strip_prefix("custom.");
        let found = match own {
            Some(own) => fields.iter().find(|field| field.custom && field.name == own),
            None => fields.iter().find(|field| field.name == wanted),
        };
        found.ok_or_else(|| {
            let nearest = fields
                .iter()
                .map(|field| (strsim::osa_distance(&field.name, own.unwrap_or(&wanted)), &field.name))
                .filter(|(distance, _)| *distance <= 3)
                .min();
            match nearest {
                Some((_, near)) => {
                    Invalid::new(format!("a {kind} has no field `{name}`; did you mean `{near}`?"))
                }
                None => Invalid::new(format!("a {kind} has no field `{name}`")),
            }
        })
    }
}

impl FieldInfo {
    /// Checks what only a custom field asks for: the words of a choice.
    pub fn check(&self, value: &Value) -> Result<(), Invalid> {
        match value {
            Value::Text(text) if !self.choices.is_empty() && !self.choices.contains(text) => {
                Err(Invalid::new(format!("`{text}` is none of {}", self.choices.join(", "))))
            }
            _ => Ok(()),
        }
    }

    /// The word by which edits address it.
    pub fn address(&self) -> String {
        if self.custom { format!("custom.{}", self.name) } else { self.name.clone() }
    }

    /// The description of a built-in field of contacts, if this is one.
    pub fn contact_spec(&self) -> Option<&'static FieldSpec> {
        Contact::spec_of(self.key)
    }
}

fn built_in(spec: &FieldSpec) -> FieldInfo {
    FieldInfo {
        key: spec.key,
        name: spec.name.to_owned(),
        label: spec.label.to_owned(),
        kind: spec.kind,
        choices: Vec::new(),
        category: spec.category,
        why: spec.why.to_owned(),
        edit: spec.edit,
        needed: spec.needed,
        custom: false,
        retired: false,
        purpose: String::new(),
    }
}

fn custom(field: &CustomField) -> FieldInfo {
    let kind = field.kind.0.unwrap_or(CustomKind::Text);
    FieldInfo {
        key: FieldKey(
            FieldKey::CUSTOM
                .saturating_add(u16::try_from(field.number).unwrap_or(u16::MAX - FieldKey::CUSTOM)),
        ),
        name: field.name.clone(),
        label: if field.label.is_empty() { field.name.clone() } else { field.label.clone() },
        kind: kind.kind(),
        choices: field.choices.0.clone(),
        category: field.category.0.unwrap_or(Category::Relation),
        why: field.justification.clone(),
        edit: Edit::Free,
        needed: false,
        custom: true,
        retired: field.retired,
        purpose: field.purpose.clone(),
    }
}
