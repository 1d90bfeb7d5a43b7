//! What one actor sees: records within the role's scope, fields as the role has them. The only way to rows and to what is
//! said about them.
//!
//! A record out of sight is not there: the same words, after the same look-up, as for one that never was. A masked value
//! leaves as its mask, a hidden one not at all.

mod asked;
mod shown;
mod was;

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};

use uuid::Uuid;

use super::index::{self, KeptOut, KeptOuts};
use super::world::{World, subject_of};
use super::{no_such, read_lock, views};
use crate::api::{Code, Error};
use crate::domain::access::{Access, Relation, RoleRules, Scope, Verb};
use crate::domain::contact::{Contact, ContactField};
use crate::domain::entity::{Fields, Lies, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::history::diff;
use crate::domain::id::SubjectId;
use crate::domain::request::RequestField;
use crate::domain::schema::{FieldInfo, Schema};
use crate::domain::value::Value;
use crate::store::{Reader, StoreError, Stored};

pub use was::deciding;

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
        // A request of somebody who is no contact: whoever took it in sees it, and who sees all.
        let of_nobody = || {
            let taken_by = world.work.request(id).and_then(|asked| asked.taken_by);
            if taken_by == Some(self.0.user) { Relation::Own } else { Relation::Other }
        };
        match kind {
            RecordKind::Company => {
                return world.companies.holder(id).map(|(owner, team)| self.relation(owner, team));
            }
            RecordKind::View => {
                return match world.views.get(&id) {
                    Some((_, view)) if !views::shows(self, view) => None,
                    // A deleted one is decided about when it is read.
                    Some(_) | None => Some(Relation::Own),
                };
            }
            _ => {}
        }
        match kind.lies() {
            Lies::Person => contact(id),
            // What was about a contact that was merged is seen with the one that stands for it.
            Lies::AboutPerson => match *world.abouts.get(&id)? {
                person if person.is_nil() => Some(of_nobody()),
                person => contact(world.kept(person)),
            },
            Lies::Itself | Lies::Nobody => Some(Relation::Own),
        }
    }

    /// Whose a record is, as it stands here: it may be staged and not yet in memory.
    pub fn relation_of(&self, world: &World, stored: &Stored) -> Relation {
        match stored.kind.lies() {
            _ if stored.kind.indexed().is_some() => self.relation_with(stored.kind, &stored.record.fields),
            Lies::AboutPerson if stored.subject == SubjectId::NOBODY => {
                match stored.record.fields.get(&RequestField::taken_by.key()) {
                    Some(Value::User(user)) if user.0 == self.0.user => Relation::Own,
                    Some(_) | None => Relation::Other,
                }
            }
            Lies::AboutPerson => {
                let person = world.kept(stored.subject.0);
                self.relation_by_id(world, RecordKind::Contact, person).unwrap_or(Relation::Other)
            }
            Lies::Person | Lies::Itself | Lies::Nobody => Relation::Own,
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

    /// The reasons for which persons are kept from the actor: bought leads without a basis from all but those who find one
    /// (R15), restricted data from all but those who answer persons (Art. 18 GDPR).
    fn kept_outs(&self) -> KeptOuts {
        let sees = |why: &KeptOut| {
            self.may(match why {
                KeptOut::Quarantined => Verb::SeeQuarantined,
                KeptOut::Restricted => Verb::Answer,
            })
        };
        KeptOuts::of(KeptOut::ALL.into_iter().filter(|why| !sees(why)))
    }

    /// Whether what is about this person is kept from the actor, whoever answers for the person.
    pub fn keeps_out(&self, world: &World, person: Uuid) -> bool {
        world.is_kept_out(person, self.kept_outs())
    }

    /// The person that a record is or is about, from memory.
    fn person_of(world: &World, kind: RecordKind, id: Uuid) -> Option<Uuid> {
        match kind.lies() {
            Lies::Person => Some(id),
            Lies::AboutPerson => world.abouts.get(&id).copied(),
            Lies::Itself | Lies::Nobody => None,
        }
    }

    /// Whether records of a kind in this relation are in sight.
    fn reads(&self, kind: RecordKind, relation: Relation) -> bool {
        let rules = &self.0.rules;
        rules.kind(kind).read.holds(relation)
            // What is about a person is seen with the person.
            && (kind.lies() != Lies::AboutPerson || rules.kind(RecordKind::Contact).read.holds(relation))
    }

    pub fn writes(&self, kind: RecordKind, relation: Relation) -> bool {
        self.reads(kind, relation) && self.0.rules.kind(kind).write.holds(relation)
    }

    /// Whether there is such a record for the actor.
    pub fn sees(&self, world: &World, kind: RecordKind, id: Uuid) -> bool {
        self.relation_by_id(world, kind, id).is_some_and(|relation| self.reads(kind, relation))
            && Sight::person_of(world, kind, id).is_none_or(|person| !self.keeps_out(world, person))
    }

    /// Whether there is such a record, and not for the actor.
    pub fn hides(&self, world: &World, kind: RecordKind, id: Uuid) -> bool {
        let there = match kind {
            RecordKind::View => world.views.contains_key(&id),
            _ => self.relation_by_id(world, kind, id).is_some(),
        };
        there && !self.sees(world, kind, id)
    }

    pub fn sees_stored(&self, world: &World, stored: &Stored) -> bool {
        self.reads(stored.kind, self.relation_of(world, stored))
            && views::shows_stored(self, stored)
            && !self.keeps_out(world, stored.subject.0)
    }

    /// Whether records of a kind that are about a contact are in sight.
    pub fn sees_about(&self, world: &World, kind: RecordKind, contact: Uuid) -> bool {
        let relation = match contact.is_nil() {
            true => Some(Relation::Other),
            false => self.relation_by_id(world, RecordKind::Contact, contact),
        };
        relation.is_some_and(|relation| self.reads(kind, relation)) && !self.keeps_out(world, contact)
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
            && Sight::person_of(world, kind, id).is_none_or(|person| !self.keeps_out(world, person))
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
        self.open(kind, self.index_scope(self.0.rules.kind(kind).read))
    }

    /// A scope without those who are kept from the actor.
    fn open(&self, kind: RecordKind, scope: index::Scope) -> index::Scope {
        let why = self.kept_outs();
        match kind.lies() {
            Lies::Person if !why.is_empty() => index::Scope::Without(Box::new(scope), why),
            Lies::Person | Lies::AboutPerson | Lies::Itself | Lies::Nobody => scope,
        }
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
        self.open(kind, self.index_scope(most.min(self.0.rules.kind(kind).read)))
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
            if stored.kind.lies() == Lies::AboutPerson { stored.subject.0 } else { stored.id },
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
        // Not to be entered anew, and not to be told whose it is.
        if self.kept_outs().contains(KeptOut::Restricted) && world.is_restricted(id) {
            return Some("the data protection officer".to_owned());
        }
        if self.keeps_out(world, id) {
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
        if kind.lies() == Lies::AboutPerson && !self.sees(world, RecordKind::Contact, subject.0) {
            return Ok(Vec::new());
        }
        let mut found = reader.records_of(kind, subject)?;
        found.retain(|stored| self.sees_stored(world, stored));
        Ok(found)
    }

    /// The same of a person, also what lies under the contacts that were merged into this one.
    pub fn records_of_person(
        &self,
        reader: &Reader<'_>,
        world: &World,
        kind: RecordKind,
        contact: Uuid,
    ) -> Result<Vec<Stored>, StoreError> {
        let mut found = Vec::new();
        for one in world.selves(contact) {
            found.extend(self.records_of(reader, world, kind, SubjectId(one))?);
        }
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
}
