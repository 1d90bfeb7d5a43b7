//! What one actor sees: records within the role's scope, fields as the role has them. The only way to rows and to what is
//! said about them.
//!
//! A record out of sight is not there: the same words, after the same look-up, as for one that never was. A masked value
//! leaves as its mask, a hidden one not at all.

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};

use uuid::Uuid;

use super::index;
use super::view::is_deleted;
use super::world::{World, subject_of};
use super::{no_such, read_lock, views};
use crate::api::view::{ChangeView, Entry, Shown, View};
use crate::api::{Code, Error};
use crate::domain::access::mask::mask;
use crate::domain::access::{Access, Relation, RoleRules, Scope, Verb};
use crate::domain::contact::{Company, Contact, ContactField, Note, NoteField};
use crate::domain::custom::CustomField;
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::history::{Change, diff};
use crate::domain::id::{ContactId, SubjectId};
use crate::domain::schema::{FieldInfo, Schema};
use crate::domain::user::{ExportRun, User};
use crate::domain::value::Value;
use crate::domain::view::SavedView;
use crate::store::codec::{Body, Header};
use crate::store::{Reader, StoreError, Stored};

/// For each kind of record and relation, what each field of the schema is to a role.
#[derive(Debug)]
pub struct Table(Vec<Vec<(FieldKey, Access)>>);

impl Table {
    pub fn new(rules: &RoleRules, schema: &Schema) -> Table {
        let of = |kind: RecordKind, relation| {
            let access = |info: &FieldInfo| (info.key, rules.kind(kind).of_info(info, relation));
            let mut fields: Vec<(FieldKey, Access)> = schema.of(kind).iter().map(access).collect();
            fields.sort_unstable_by_key(|(key, _)| *key);
            fields
        };
        let all = RecordKind::ALL.iter().flat_map(|kind| Relation::ALL.map(|relation| of(*kind, relation)));
        Table(all.collect())
    }

    fn get(&self, kind: RecordKind, relation: Relation, key: FieldKey) -> Option<Access> {
        let fields = self.0.get(kind as usize * Relation::ALL.len() + relation as usize)?;
        let at = fields.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        fields.get(at).map(|(_, access)| *access)
    }
}

/// What an actor sees. Cheap to clone, so that it can go along to the storage thread.
#[derive(Clone, Debug)]
pub struct Sight(Arc<Eyes>);

#[derive(Debug)]
struct Eyes {
    user: Uuid,
    team: String,
    /// Everybody of the same team, the user included.
    mates: BTreeSet<Uuid>,
    rules: Arc<RoleRules>,
    table: Arc<Table>,
}

impl Sight {
    pub fn new(
        user: Uuid,
        team: &str,
        mates: BTreeSet<Uuid>,
        rules: Arc<RoleRules>,
        table: Arc<Table>,
    ) -> Sight {
        Sight(Arc::new(Eyes { user, team: team.to_owned(), mates, rules, table }))
    }

    pub fn rules(&self) -> &RoleRules {
        &self.0.rules
    }

    pub fn user(&self) -> Uuid {
        self.0.user
    }

    pub fn team(&self) -> &str {
        &self.0.team
    }

    pub fn may(&self, verb: Verb) -> bool {
        self.0.rules.may(verb)
    }

    /// Whose a record is that has this owner and team.
    pub fn relation(&self, owner: Option<Uuid>, team: &str) -> Relation {
        let ours = !team.is_empty() && team == self.0.team;
        match owner {
            Some(owner) if owner == self.0.user => Relation::Own,
            Some(owner) if ours || self.0.mates.contains(&owner) => Relation::Team,
            Some(_) => Relation::Other,
            // What nobody answers for is there for whoever takes it.
            None if ours || team.is_empty() => Relation::Own,
            None => Relation::Other,
        }
    }

    /// Whose a record is, from memory; `None` when there is no such record.
    fn relation_by_id(&self, world: &World, kind: RecordKind, id: Uuid) -> Option<Relation> {
        let contact = |id| world.contacts.holder(id).map(|(owner, team)| self.relation(owner, team));
        match kind {
            RecordKind::Contact => contact(id),
            RecordKind::Company => world.companies.holder(id).map(|(owner, team)| self.relation(owner, team)),
            RecordKind::Note => contact(*world.note_subjects.get(&id)?),
            RecordKind::View => match world.views.get(&id) {
                Some((_, view)) if !views::shows(self, view) => None,
                // A deleted one is decided about when it is read.
                Some(_) | None => Some(Relation::Own),
            },
            RecordKind::User | RecordKind::CustomField | RecordKind::Settings | RecordKind::ExportRun => {
                Some(Relation::Own)
            }
        }
    }

    /// Whose a record is, as it stands here: it may be staged and not yet in memory.
    pub fn relation_of(&self, world: &World, stored: &Stored) -> Relation {
        match stored.kind {
            RecordKind::Contact | RecordKind::Company => {
                self.relation_with(stored.kind, &stored.record.fields)
            }
            RecordKind::Note => {
                self.relation_by_id(world, RecordKind::Contact, stored.subject.0).unwrap_or(Relation::Other)
            }
            RecordKind::User
            | RecordKind::CustomField
            | RecordKind::Settings
            | RecordKind::ExportRun
            | RecordKind::View => Relation::Own,
        }
    }

    /// Whose a contact or company with these fields is.
    pub fn relation_with(&self, kind: RecordKind, fields: &Fields) -> Relation {
        let Some((owner, team)) = super::view::holder_fields(kind) else { return Relation::Own };
        let owner = match fields.get(&owner) {
            Some(Value::User(id)) => Some(id.0),
            _ => None,
        };
        let team = match fields.get(&team) {
            Some(Value::Text(team)) => team.as_str(),
            _ => "",
        };
        self.relation(owner, team)
    }

    /// Whether records of a kind in this relation are in sight.
    fn reads(&self, kind: RecordKind, relation: Relation) -> bool {
        let rules = &self.0.rules;
        rules.kind(kind).read.holds(relation)
            // A note is seen with the person it is about.
            && (kind != RecordKind::Note || rules.kind(RecordKind::Contact).read.holds(relation))
    }

    pub fn writes(&self, kind: RecordKind, relation: Relation) -> bool {
        self.reads(kind, relation) && self.0.rules.kind(kind).write.holds(relation)
    }

    /// Whether there is such a record for the actor.
    pub fn sees(&self, world: &World, kind: RecordKind, id: Uuid) -> bool {
        self.relation_by_id(world, kind, id).is_some_and(|relation| self.reads(kind, relation))
    }

    pub fn sees_stored(&self, world: &World, stored: &Stored) -> bool {
        self.reads(stored.kind, self.relation_of(world, stored)) && views::shows_stored(self, stored)
    }

    /// Whether notes about a contact are in sight.
    pub fn sees_notes_of(&self, world: &World, contact: Uuid) -> bool {
        let relation = self.relation_by_id(world, RecordKind::Contact, contact);
        relation.is_some_and(|relation| self.reads(RecordKind::Note, relation))
    }

    /// What a field is in records of this relation.
    pub fn access(&self, kind: RecordKind, relation: Relation, key: FieldKey) -> Access {
        let known = self.0.table.get(kind, relation, key);
        known.unwrap_or_else(|| self.0.rules.kind(kind).of_unknown(key, relation))
    }

    fn reads_field(&self, kind: RecordKind, relation: Relation, key: FieldKey) -> bool {
        self.access(kind, relation, key) >= Access::Read
    }

    /// Whether this record is in sight and the field of it can be read: then that a search found it tells nothing new.
    pub fn reads_of(&self, world: &World, kind: RecordKind, id: Uuid, key: FieldKey) -> bool {
        self.relation_by_id(world, kind, id)
            .is_some_and(|relation| self.reads(kind, relation) && self.reads_field(kind, relation, key))
    }

    /// The least that a field is in any record in sight.
    pub fn least(&self, kind: RecordKind, key: FieldKey) -> Access {
        self.access(kind, self.farthest(kind), key)
    }

    /// The relation of the records farthest away that are in sight.
    fn farthest(&self, kind: RecordKind) -> Relation {
        match self.0.rules.kind(kind).read {
            Scope::None | Scope::Own => Relation::Own,
            Scope::Team => Relation::Team,
            Scope::All => Relation::Other,
        }
    }

    /// The records of a kind that are in sight, for the index.
    pub fn scope(&self, kind: RecordKind) -> index::Scope {
        self.index_scope(self.0.rules.kind(kind).read)
    }

    /// Those in sight of which a field can be read.
    pub fn scope_reading(&self, kind: RecordKind, key: FieldKey) -> index::Scope {
        let reads = |relation| self.reads_field(kind, relation, key);
        let most = if reads(Relation::Other) {
            Scope::All
        } else if reads(Relation::Team) {
            Scope::Team
        } else if reads(Relation::Own) {
            Scope::Own
        } else {
            Scope::None
        };
        self.index_scope(most.min(self.0.rules.kind(kind).read))
    }

    fn index_scope(&self, scope: Scope) -> index::Scope {
        let pools = || {
            let team = (!self.0.team.is_empty()).then(|| self.0.team.clone());
            std::iter::once(String::new()).chain(team).collect::<Vec<String>>()
        };
        match scope {
            Scope::None => index::Scope::Of { owners: vec![], teams: vec![], pools: vec![] },
            Scope::Own => index::Scope::Of { owners: vec![self.0.user], teams: vec![], pools: pools() },
            Scope::Team => index::Scope::Of {
                owners: self.0.mates.iter().copied().chain([self.0.user]).collect(),
                teams: vec![self.0.team.clone()],
                pools: pools(),
            },
            Scope::All => index::Scope::All,
        }
    }

    /// The fields that free text is found in, and those of records that are closer.
    pub fn fields(&self, kind: RecordKind) -> (index::FieldSet, Vec<(index::Scope, index::FieldSet)>) {
        let of = |relation| {
            let fields = super::view::searched(kind).iter();
            index::FieldSet::of(
                fields.filter(|(_, key)| self.reads_field(kind, relation, *key)).map(|(field, _)| *field),
            )
        };
        let farthest = self.farthest(kind);
        let base = of(farthest);
        let nearer = [(Relation::Own, Scope::Own), (Relation::Team, Scope::Team)];
        let nearer = nearer.into_iter().filter(|(relation, _)| *relation < farthest);
        let closer: Vec<_> =
            nearer.map(|(relation, scope)| (self.index_scope(scope), of(relation))).collect();
        if closer.iter().all(|(_, fields)| *fields == base) { (base, Vec::new()) } else { (base, closer) }
    }

    /// A record by its id, deleted ones too.
    pub fn fetch(
        &self,
        reader: &Reader<'_>,
        world: &RwLock<World>,
        kind: RecordKind,
        id: Uuid,
    ) -> Result<Stored, Error> {
        let place = {
            let world = read_lock(world);
            self.sees(&world, kind, id).then(|| subject_of(&world, kind, id))
        };
        let Some(subject) = place else {
            // What is out of sight costs the look-up that finds nothing, so that the time does not tell either.
            let _ = reader.record(kind, SubjectId::NOBODY, Uuid::nil())?;
            return Err(no_such(kind, id));
        };
        let stored = reader.record(kind, subject, id)?;
        stored.filter(|stored| self.sees_stored(&read_lock(world), stored)).ok_or_else(|| no_such(kind, id))
    }

    /// The same, to change it.
    pub fn fetch_to_change(
        &self,
        reader: &Reader<'_>,
        world: &RwLock<World>,
        kind: RecordKind,
        id: Uuid,
    ) -> Result<Stored, Error> {
        let stored = self.fetch(reader, world, kind, id)?;
        let world = read_lock(world);
        if self.writes(kind, self.relation_of(&world, &stored)) {
            return Ok(stored);
        }
        Err(self.unchangeable(&world, &stored))
    }

    pub fn unchangeable(&self, world: &World, stored: &Stored) -> Error {
        let holder = self.holder(
            world,
            stored.kind,
            if stored.kind == RecordKind::Note { stored.subject.0 } else { stored.id },
        );
        Error::new(
            Code::Denied,
            format!("the role `{}` reads this {} and does not change it", self.0.rules.name, stored.kind),
        )
        .hint(match holder {
            Some(holder) => format!("ask {holder}"),
            None => "ask the lead of the team".to_owned(),
        })
    }

    /// Whom to ask about a record: the owner, or the team.
    pub fn holder(&self, world: &World, kind: RecordKind, id: Uuid) -> Option<String> {
        let index = if kind == RecordKind::Company { &world.companies } else { &world.contacts };
        let (owner, team) = index.holder(id)?;
        match owner {
            Some(owner) => Some(world.user_name(owner)),
            None => (!team.is_empty()).then(|| format!("the team {team}")),
        }
    }

    /// Whom to ask about a contact out of sight that has this number or address, where the role may learn of it.
    pub fn taken(&self, world: &World, id: Uuid, field: ContactField) -> Option<String> {
        let by_address = matches!(field, ContactField::phones | ContactField::emails);
        if !by_address || !self.may(Verb::SeeTaken) || world.is_deleted(id) {
            return None;
        }
        Some(
            self.holder(world, RecordKind::Contact, id)
                .unwrap_or_else(|| "the owner of the store".to_owned()),
        )
    }

    /// A contact with what the actor reads of it, and nothing else.
    pub fn readable(&self, relation: Relation, stored: &Stored) -> Result<Contact, StoreError> {
        let fields = stored.record.fields.iter();
        let fields = fields.filter(|(key, _)| self.reads_field(RecordKind::Contact, relation, **key));
        let fields: Fields = fields.map(|(key, value)| (*key, value.clone())).collect();
        super::view::typed(&fields)
    }

    /// A record that a list found. `None` when it is gone, or out of sight by now.
    pub fn record(
        &self,
        reader: &Reader<'_>,
        world: &World,
        kind: RecordKind,
        id: Uuid,
    ) -> Result<Option<Stored>, StoreError> {
        if !self.sees(world, kind, id) {
            return Ok(None);
        }
        let stored = reader.record(kind, subject_of(world, kind, id), id)?;
        Ok(stored.filter(|stored| self.sees_stored(world, stored)))
    }

    /// All records of a kind that lie under a subject and are in sight, deleted ones too.
    pub fn records_of(
        &self,
        reader: &Reader<'_>,
        world: &World,
        kind: RecordKind,
        subject: SubjectId,
    ) -> Result<Vec<Stored>, StoreError> {
        if kind == RecordKind::Note && !self.sees(world, RecordKind::Contact, subject.0) {
            return Ok(Vec::new());
        }
        let mut found = reader.records_of(kind, subject)?;
        found.retain(|stored| self.sees_stored(world, stored));
        Ok(found)
    }

    /// Refuses a field that the actor does not edit.
    pub fn may_edit(&self, kind: RecordKind, relation: Relation, info: &FieldInfo) -> Result<(), Error> {
        let access = self.access(kind, relation, info.key);
        if access == Access::Edit {
            return Ok(());
        }
        let what = match access {
            Access::Hidden => "hidden from",
            Access::Masked => "masked for",
            Access::Read | Access::Edit => "only to be read by",
        };
        Err(Error::new(
            Code::Denied,
            format!("`{}` of this {kind} is {what} the role `{}`", info.address(), self.0.rules.name),
        )
        .hint("`callbook access explain` tells which rule says so"))
    }

    /// Refuses a change of fields that the actor does not edit. What operations of their own set is theirs to decide.
    pub fn may_change(
        &self,
        schema: &Schema,
        kind: RecordKind,
        relation: Relation,
        old: &Fields,
        new: &Fields,
    ) -> Result<(), Error> {
        for change in diff(old, new) {
            match schema.by_key(kind, change.field) {
                Some(info) if info.edit != crate::domain::field::Edit::Free => {}
                Some(info) => self.may_edit(kind, relation, info)?,
                None => {
                    return Err(Error::new(
                        Code::Denied,
                        format!("field number {} is unknown here", change.field.0),
                    ));
                }
            }
        }
        Ok(())
    }

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
        let seen = self.reads(header.kind, relation);
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
            RecordKind::View => stored.entity::<SavedView>()?.name,
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
