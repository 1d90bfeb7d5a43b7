//! Records and changes as the actor sees them: the only way from a row to an answer.

use super::Sight;
use crate::api::view::{ChangeView, Entry, Shown, View};
use crate::domain::access::mask::mask;
use crate::domain::access::{Access, Relation, Verb};
use crate::domain::accountability::{Incident, RegisterVersion, Training};
use crate::domain::backup::Backup;
use crate::domain::call::{Call, CallEntry, CallList, CallOutcome, EntryState};
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentKind};
use crate::domain::contact::{Company, Contact, ContactField, Note, NoteField};
use crate::domain::custom::CustomField;
use crate::domain::entity::RecordKind;
use crate::domain::erasure::Certificate;
use crate::domain::field::FieldKey;
use crate::domain::history::Change;
use crate::domain::id::{ContactId, SubjectId};
use crate::domain::purpose::Purpose;
use crate::domain::recipient::Recipient;
use crate::domain::request::{Right, SubjectRequest};
use crate::domain::retention::RetentionRule;
use crate::domain::schema::FieldInfo;
use crate::domain::suppression::{ScreeningList, Suppression};
use crate::domain::task::{Task, TaskField};
use crate::domain::user::{ExportRun, User};
use crate::domain::value::Value;
use crate::domain::view::SavedView;
use crate::domain::wording::Wording;
use crate::service::view::is_deleted;
use crate::service::views;
use crate::service::world::World;
use crate::store::codec::{Body, Header};
use crate::store::{Reader, StoreError, Stored};

impl Sight {
    /// A record with names in place of ids. `columns` chooses fields; all when empty.
    pub fn view(&self, world: &World, stored: &Stored, columns: &[FieldKey]) -> Result<View, StoreError> {
        self.view_as(world, stored, self.relation_of(world, stored), columns)
    }

    /// The same of a record as it once was, which is now in this relation.
    pub fn view_as(
        &self,
        world: &World,
        stored: &Stored,
        relation: Relation,
        columns: &[FieldKey],
    ) -> Result<View, StoreError> {
        let record = &stored.record;
        let known = world.schema.of(stored.kind).iter().map(|info| info.key);
        // What the schema does not know is shown too, last: nothing that is held may be invisible.
        let unknown =
            record.fields.keys().copied().filter(|key| world.schema.by_key(stored.kind, *key).is_none());
        let fields = known
            .chain(unknown)
            .filter(|key| columns.is_empty() || columns.contains(key))
            .filter_map(|key| self.shown(world, stored.kind, relation, key, record.fields.get(&key)?))
            .collect();
        Ok(View {
            kind: stored.kind,
            id: stored.id,
            revision: record.revision,
            created_at: record.created_at,
            updated_at: record.updated_at,
            title: self.title(stored, relation)?,
            deleted: is_deleted(&record.fields, stored.kind),
            fields,
        })
    }

    /// A value as the actor sees it; `None` when hidden.
    fn shown(
        &self,
        world: &World,
        kind: RecordKind,
        relation: Relation,
        key: FieldKey,
        value: &Value,
    ) -> Option<Shown> {
        match self.access(kind, relation, key) {
            Access::Hidden => None,
            Access::Masked => Some(Shown { key, value: None, text: mask(value) }),
            Access::Read | Access::Edit => {
                Some(Shown { key, value: Some(value.clone()), text: world.text(value) })
            }
        }
    }

    /// A change of one field; `None` when the field is hidden.
    pub fn change(
        &self,
        world: &World,
        kind: RecordKind,
        relation: Relation,
        change: &Change,
    ) -> Option<ChangeView> {
        if self.access(kind, relation, change.field) == Access::Hidden {
            return None;
        }
        let info = world.schema.by_key(kind, change.field);
        let shown = |value: &Option<Value>| {
            value.as_ref().and_then(|value| self.shown(world, kind, relation, change.field, value))
        };
        Some(ChangeView {
            field: change.field,
            name: info.map_or_else(|| format!("field-{}", change.field.0), FieldInfo::address),
            label: info.map_or_else(|| format!("Field {}", change.field.0), |info| info.label.clone()),
            old: shown(&change.old),
            new: shown(&change.new),
        })
    }

    /// Changes of one record.
    pub fn changes(
        &self,
        world: &World,
        kind: RecordKind,
        relation: Relation,
        changes: &[Change],
    ) -> Vec<ChangeView> {
        changes.iter().filter_map(|change| self.change(world, kind, relation, change)).collect()
    }

    /// An entry of the log; `current` is the record as it is now. `None` when the record is out of sight. Whoever audits
    /// sees that there was something, and not of whom or what.
    pub fn entry(
        &self,
        world: &World,
        header: &Header,
        body: impl FnOnce() -> Result<Option<Body>, StoreError>,
        current: impl FnOnce() -> Result<Option<Stored>, StoreError>,
    ) -> Result<Option<Entry>, StoreError> {
        let relation = self.relation_by_id(world, header.kind, header.record);
        // The record of an erased person is nowhere: only who sees all can have seen it.
        let relation = relation.unwrap_or(Relation::Other);
        let seen = self.reads(header.kind, relation) && !self.keeps_out(world, header.subject.0);
        if !seen && !self.may(Verb::Audit) {
            return Ok(None);
        }
        let (mut seen, mut body, mut current) =
            if seen { (true, body()?, current()?) } else { (false, None, None) };
        // A view that is somebody else's alone shows itself to nobody; whoever audits sees that it changed.
        if current.as_ref().is_some_and(|stored| !views::shows_stored(self, stored)) {
            if !self.may(Verb::Audit) {
                return Ok(None);
            }
            (seen, body, current) = (false, None, None);
        }
        // Its fields may have been staged since memory was looked at.
        let relation = current.as_ref().map_or(relation, |stored| self.relation_of(world, stored));
        let changes = body.as_ref().map(|body| self.changes(world, header.kind, relation, &body.changes));
        Ok(Some(Entry {
            seq: header.seq,
            at: header.at,
            actor: world.user_name(header.actor.0),
            session: header.session,
            action: header.action,
            kind: header.kind,
            id: header.record,
            about: (header.subject != SubjectId::NOBODY).then_some(ContactId(header.subject.0)),
            title: current.map(|stored| self.title(&stored, relation)).transpose()?.unwrap_or_default(),
            revision: header.revision,
            changes: changes.unwrap_or_default(),
            transaction: header.transaction,
            erased: seen && body.is_none(),
        }))
    }

    /// The same, with what it takes read where it is in sight.
    pub fn entry_read(
        &self,
        reader: &Reader<'_>,
        world: &World,
        header: &Header,
    ) -> Result<Option<Entry>, StoreError> {
        let current = || reader.record(header.kind, header.subject, header.record);
        self.entry(world, header, || reader.body(header), current)
    }

    /// The name a record is listed by.
    pub fn title(&self, stored: &Stored, relation: Relation) -> Result<String, StoreError> {
        Ok(match stored.kind {
            RecordKind::Contact => self.contact_title(stored, relation)?,
            RecordKind::Company => stored.entity::<Company>()?.name,
            RecordKind::Note if !self.reads_field(RecordKind::Note, relation, NoteField::text.key()) => {
                String::new()
            }
            RecordKind::Note => {
                let note: Note = stored.entity()?;
                let line = note.text.lines().next().unwrap_or_default();
                line.chars().take(60).collect()
            }
            RecordKind::User => stored.entity::<User>()?.name,
            RecordKind::CustomField => stored.entity::<CustomField>()?.name,
            RecordKind::Settings => "settings".to_owned(),
            RecordKind::ExportRun => stored.entity::<ExportRun>()?.purpose,
            RecordKind::Suppression => stored.entity::<Suppression>()?.title(),
            RecordKind::ScreeningList => stored.entity::<ScreeningList>()?.title(),
            RecordKind::View => stored.entity::<SavedView>()?.name,
            RecordKind::Purpose => stored.entity::<Purpose>()?.name,
            RecordKind::Consent => {
                let event: ConsentEvent = stored.entity()?;
                let words = [event.kind.0.map(ConsentKind::word), event.channel.0.map(Channel::word)];
                let [kind, channel] = words.map(Option::unwrap_or_default);
                format!("{kind}: {} by {channel}", event.purpose)
            }
            RecordKind::Call => {
                let call: Call = stored.entity()?;
                call.outcome.0.map_or("call", CallOutcome::word).replace('_', " ")
            }
            RecordKind::CallList => stored.entity::<CallList>()?.name,
            RecordKind::CallEntry => {
                let entry: CallEntry = stored.entity()?;
                entry.state.0.map_or("", EntryState::word).to_owned()
            }
            RecordKind::Recipient => stored.entity::<Recipient>()?.name,
            RecordKind::Task if !self.reads_field(RecordKind::Task, relation, TaskField::text.key()) => {
                String::new()
            }
            RecordKind::Task => stored.entity::<Task>()?.text.chars().take(60).collect(),
            RecordKind::Request => {
                let request: SubjectRequest = stored.entity()?;
                let right = request.right.0.map_or("", Right::word).replace('_', " ");
                format!("{} {right}", request.number)
            }
            RecordKind::Wording => stored.entity::<Wording>()?.title(),
            RecordKind::RetentionRule => stored.entity::<RetentionRule>()?.name,
            RecordKind::Backup => stored.entity::<Backup>()?.name,
            RecordKind::Incident => {
                let incident: Incident = stored.entity()?;
                format!("{} {}", incident.number, incident.title)
            }
            RecordKind::Certificate => format!("certificate {}", stored.entity::<Certificate>()?.number),
            RecordKind::Training => stored.entity::<Training>()?.topic,
            RecordKind::RegisterVersion => format!("version {}", stored.entity::<RegisterVersion>()?.version),
            // Whatever else they hold is for those who read them whole.
            RecordKind::Hold
            | RecordKind::Sweep
            | RecordKind::KeptProof
            | RecordKind::Mention
            | RecordKind::Aggregate
            | RecordKind::Publication
            | RecordKind::Invitation => stored.kind.singular().to_owned(),
        })
    }

    /// The person's name, which is never masked; without one, what of an address may be seen.
    fn contact_title(&self, stored: &Stored, relation: Relation) -> Result<String, StoreError> {
        let contact: Contact = stored.entity()?;
        let name = contact.name();
        if !name.is_empty() {
            return Ok(name);
        }
        for key in [ContactField::emails, ContactField::phones] {
            let Some(value) = stored.record.fields.get(&key.key()) else { continue };
            match self.access(RecordKind::Contact, relation, key.key()) {
                Access::Hidden => {}
                Access::Masked => {
                    let mask = mask(value);
                    return Ok(mask.split("; ").next().unwrap_or_default().to_owned());
                }
                Access::Read | Access::Edit if key == ContactField::emails => {
                    return Ok(contact
                        .emails
                        .first()
                        .map(|email| email.value.to_string())
                        .unwrap_or_default());
                }
                Access::Read | Access::Edit => {
                    return Ok(contact
                        .phones
                        .first()
                        .map(|phone| phone.value.readable())
                        .unwrap_or_default());
                }
            }
        }
        Ok("(no name)".to_owned())
    }
}
