//! Records and changes as they are shown to the asker.

use super::world::World;
use crate::api::view::{ChangeView, Entry, Shown, View};
use crate::domain::contact::{Company, Contact, Note, NoteField};
use crate::domain::custom::CustomField;
use crate::domain::entity::{Entity, Fields, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::history::Change;
use crate::domain::id::ContactId;
use crate::domain::reach::Labelled;
use crate::domain::user::{ExportRun, User};
use crate::domain::value::Value;
use crate::store::codec::{Body, Header};
use crate::store::{StoreError, Stored};

impl World {
    /// A record with names in place of ids. `columns` chooses fields; all when empty.
    pub fn view(&self, stored: &Stored, columns: &[FieldKey]) -> Result<View, StoreError> {
        let record = &stored.record;
        let known = self.schema.of(stored.kind).iter().map(|info| info.key);
        // What the schema does not know is shown too, last: nothing that is held may be invisible.
        let unknown =
            record.fields.keys().copied().filter(|key| self.schema.by_key(stored.kind, *key).is_none());
        let fields = known
            .chain(unknown)
            .filter(|key| columns.is_empty() || columns.contains(key))
            .filter_map(|key| Some(self.shown(key, record.fields.get(&key)?)))
            .collect();
        Ok(View {
            kind: stored.kind,
            id: stored.id,
            revision: record.revision,
            created_at: record.created_at,
            updated_at: record.updated_at,
            title: title(stored)?,
            deleted: is_deleted(&record.fields, stored.kind),
            fields,
        })
    }

    fn shown(&self, key: FieldKey, value: &Value) -> Shown {
        Shown { key, value: Some(value.clone()), text: self.text(value) }
    }

    /// A value for people.
    pub fn text(&self, value: &Value) -> String {
        fn each<T>(items: &[Labelled<T>], text: impl Fn(&T) -> String) -> String {
            let one = |item: &Labelled<T>| {
                let text = text(&item.value);
                if item.label.is_empty() { text } else { format!("{text} ({})", item.label) }
            };
            items.iter().map(one).collect::<Vec<_>>().join("; ")
        }
        match value {
            Value::Company(id) => self.company_names.get(&id.0).cloned().unwrap_or_else(|| id.to_string()),
            Value::User(id) => self.user_name(id.0),
            Value::Phones(items) => each(items, |phone| phone.readable()),
            Value::Emails(items) => each(items, ToString::to_string),
            Value::Links(items) => each(items, ToString::to_string),
            Value::Addresses(items) => each(items, |address| address.readable()),
            Value::Country(country) => country.code().to_owned(),
            Value::Text(_)
            | Value::Tags(_)
            | Value::Language(_)
            | Value::Basis(_)
            | Value::Contact(_)
            | Value::Day(_)
            | Value::Time(_)
            | Value::Flag(_)
            | Value::Number(_)
            | Value::Word(_)
            | Value::Words(_) => value.to_string(),
        }
    }

    /// A change of one field.
    pub fn change(&self, kind: RecordKind, change: &Change) -> ChangeView {
        let info = self.schema.by_key(kind, change.field);
        ChangeView {
            field: change.field,
            name: info.map_or_else(|| format!("field-{}", change.field.0), |info| info.address()),
            label: info.map_or_else(|| format!("Field {}", change.field.0), |info| info.label.clone()),
            old: change.old.as_ref().map(|value| self.shown(change.field, value)),
            new: change.new.as_ref().map(|value| self.shown(change.field, value)),
        }
    }

    /// An entry of the log; `current` is the record as it is now.
    pub fn entry(
        &self,
        header: &Header,
        body: Option<&Body>,
        current: Option<&Stored>,
    ) -> Result<Entry, StoreError> {
        Ok(Entry {
            seq: header.seq,
            at: header.at,
            actor: self.user_name(header.actor.0),
            session: header.session,
            action: header.action,
            kind: header.kind,
            id: header.record,
            about: (header.subject != crate::domain::id::SubjectId::NOBODY)
                .then_some(ContactId(header.subject.0)),
            title: current.map(title).transpose()?.unwrap_or_default(),
            revision: header.revision,
            changes: body
                .map(|body| body.changes.iter().map(|change| self.change(header.kind, change)).collect())
                .unwrap_or_default(),
            transaction: header.transaction,
            erased: body.is_none(),
        })
    }
}

/// The name a record is listed by.
pub fn title(stored: &Stored) -> Result<String, StoreError> {
    Ok(match stored.kind {
        RecordKind::Contact => stored.entity::<Contact>()?.display_name(),
        RecordKind::Company => stored.entity::<Company>()?.name,
        RecordKind::Note => {
            let note: Note = stored.entity()?;
            let line = note.text.lines().next().unwrap_or_default();
            line.chars().take(60).collect()
        }
        RecordKind::User => stored.entity::<User>()?.name,
        RecordKind::CustomField => stored.entity::<CustomField>()?.name,
        RecordKind::Settings => "settings".to_owned(),
        RecordKind::ExportRun => stored.entity::<ExportRun>()?.purpose,
    })
}

/// The field that says when a record was deleted, where records of the kind can be.
pub fn deletion_field(kind: RecordKind) -> Option<FieldKey> {
    match kind {
        RecordKind::Contact => Some(crate::domain::contact::ContactField::deleted_at.key()),
        RecordKind::Company => Some(crate::domain::contact::CompanyField::deleted_at.key()),
        RecordKind::Note => Some(NoteField::deleted_at.key()),
        RecordKind::User | RecordKind::CustomField | RecordKind::Settings | RecordKind::ExportRun => None,
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
