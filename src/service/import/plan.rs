//! What each row of a chunk does, before anything is staged.

use std::collections::HashMap;
use std::sync::RwLock;

use uuid::Uuid;

use crate::api::view::Outcome;
use crate::api::{Error, Provenance};
use crate::domain::access::Relation;
use crate::domain::contact::{Contact, ContactField, Note};
use crate::domain::country::Country;
use crate::domain::entity::{Entity, Fields, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::fold;
use crate::domain::id::UserId;
use crate::domain::reach::Labelled;
use crate::domain::suppression::Scope;
use crate::domain::time::Timestamp;
use crate::domain::value::Value;
use crate::service::edit::{Resolved, own_by_default};
use crate::service::sight::Sight;
use crate::service::suppression::guard;
use crate::service::view::is_deleted;
use crate::service::world::World;
use crate::service::{policy, read_lock, rules};
use crate::store::{Reader, Stored};

/// What becomes of one contact, by one or more rows.
pub(super) enum Plan {
    Create { fields: Fields, company: Option<String>, notes: Vec<String> },
    Update { stored: Box<Stored>, fields: Fields, company: Option<String>, notes: Vec<String> },
}

/// Where a row went.
pub(super) enum Row {
    To(usize, Outcome),
    Rejected(String),
    /// The row brings in what is not to be used again.
    Suppressed(String),
}

/// Why a row is not taken.
enum NotTaken {
    Suppressed(Error),
    Rejected(Error),
}

impl<E: Into<Error>> From<E> for NotTaken {
    fn from(error: E) -> NotTaken {
        NotTaken::Rejected(error.into())
    }
}

pub(super) struct Planner<'a> {
    reader: &'a Reader<'a>,
    world: &'a RwLock<World>,
    sight: &'a Sight,
    provenance: &'a Provenance,
    country: Option<Country>,
    me: UserId,
    now: Timestamp,
    pub(super) plans: Vec<Plan>,
    /// The plans of this chunk by the keys of their contacts.
    keys: HashMap<Key, Vec<usize>>,
    existing: HashMap<Uuid, usize>,
}

/// By what rows of one chunk find each other.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    External(String),
    Phone(String),
    Email(String),
    Name(String),
}

impl Key {
    /// The field that it is of.
    fn field(&self) -> ContactField {
        match self {
            Key::External(_) => ContactField::external_id,
            Key::Phone(_) => ContactField::phones,
            Key::Email(_) => ContactField::emails,
            Key::Name(_) => ContactField::family_name,
        }
    }
}

/// A row, parsed.
pub(super) struct Parsed {
    pub(super) row: u64,
    pub(super) given: Result<Resolved, Error>,
    pub(super) notes: Vec<String>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        reader: &'a Reader<'a>,
        world: &'a RwLock<World>,
        sight: &'a Sight,
        provenance: &'a Provenance,
        country: Option<Country>,
        me: UserId,
        now: Timestamp,
    ) -> Planner<'a> {
        Planner {
            reader,
            world,
            sight,
            provenance,
            country,
            me,
            now,
            plans: Vec::new(),
            keys: HashMap::new(),
            existing: HashMap::new(),
        }
    }

    pub(super) fn row(&mut self, row: Parsed) -> Row {
        match self.plan(row) {
            Ok((plan, outcome)) => Row::To(plan, outcome),
            Err(NotTaken::Rejected(error)) => Row::Rejected(error.message),
            Err(NotTaken::Suppressed(error)) => Row::Suppressed(error.message),
        }
    }

    fn plan(&mut self, row: Parsed) -> Result<(usize, Outcome), NotTaken> {
        let given = row.given?;
        let mut fields: Fields =
            given.fields.iter().filter_map(|(key, value)| Some((*key, value.clone()?))).collect();
        let own: Vec<FieldKey> = fields.keys().copied().collect();
        self.add_provenance(&mut fields)?;
        let company = given.new_company;
        match self.find(&fields, company.as_deref())? {
            None => {
                self.may_enter(None, &fields)?;
                rules::defaults(RecordKind::Contact, &mut fields, self.now, self.me);
                if let Some(country) = self.country {
                    fields.entry(ContactField::country.key()).or_insert(Value::Country(country));
                }
                own_by_default(self.sight, RecordKind::Contact, &mut fields, self.me);
                self.may_set(Relation::Own, &Fields::new(), &fields, &row.notes)?;
                rules::check(RecordKind::Contact, None, &fields)?;
                let at = self.plans.len();
                self.remember(at, &fields);
                self.plans.push(Plan::Create { fields, company, notes: notes_of(row.notes) });
                Ok((at, Outcome::Created))
            }
            Some(Found::Planned(at)) => {
                let stored = match self.plans.get(at) {
                    Some(Plan::Update { stored, .. }) => Some(stored),
                    Some(Plan::Create { .. }) | None => None,
                };
                self.may_enter(stored.map(|stored| &stored.record.fields), &fields)?;
                let news = match stored {
                    Some(stored) => self.new_notes(stored, row.notes)?,
                    None => notes_of(row.notes),
                };
                let changed = match self.plans.get_mut(at) {
                    Some(
                        Plan::Create { fields: there, company: firm, notes }
                        | Plan::Update { fields: there, company: firm, notes, .. },
                    ) => {
                        let grown = grow(there, &fields, &own);
                        if firm.is_none() && !there.contains_key(&ContactField::company.key()) {
                            *firm = company;
                        }
                        let before = notes.len();
                        let news: Vec<String> =
                            news.into_iter().filter(|note| !notes.contains(note)).collect();
                        notes.extend(news);
                        grown || notes.len() > before
                    }
                    None => false,
                };
                self.remember(at, &fields);
                Ok((at, if changed { Outcome::Updated } else { Outcome::Unchanged }))
            }
            Some(Found::Stored(stored)) => {
                if is_deleted(&stored.record.fields, RecordKind::Contact) {
                    return Err(NotTaken::Rejected(Error::refused(format!(
                        "the contact {} was deleted here; restore it to update it",
                        stored.id
                    ))));
                }
                rules::unrestricted(RecordKind::Contact, &stored.record.fields)?;
                let relation = self.sight.relation_of(&read_lock(self.world), &stored);
                if !self.sight.writes(RecordKind::Contact, relation) {
                    return Err(self.sight.unchangeable(&read_lock(self.world), &stored).into());
                }
                self.may_enter(Some(&stored.record.fields), &fields)?;
                let mut merged = stored.record.fields.clone();
                let mut changed = grow(&mut merged, &fields, &own);
                let company = company.filter(|_| !merged.contains_key(&ContactField::company.key()));
                changed |= company.is_some();
                let notes = self.new_notes(&stored, row.notes)?;
                self.may_set(relation, &stored.record.fields, &merged, &notes)?;
                rules::check(RecordKind::Contact, Some(&stored.record.fields), &merged)?;
                changed |= !notes.is_empty();
                let at = self.plans.len();
                self.existing.insert(stored.id, at);
                self.remember(at, &merged);
                self.plans.push(Plan::Update { stored, fields: merged, company, notes });
                Ok((at, if changed { Outcome::Updated } else { Outcome::Unchanged }))
            }
        }
    }

    /// What the row does not say about its origin, the import says.
    fn add_provenance(&self, fields: &mut Fields) -> Result<(), Error> {
        let given = self.provenance;
        let texts = [
            (ContactField::source, &given.source),
            (ContactField::supplier, &given.supplier),
            (ContactField::basis, &given.basis),
            (ContactField::reason, &given.reason),
        ];
        for (field, text) in texts {
            if let Some(value) = field.spec().kind.parse(text, None)? {
                fields.entry(field.key()).or_insert(value);
            }
        }
        if !given.tags.is_empty()
            && let Some(Value::Tags(mut tags)) =
                ContactField::tags.spec().kind.parse(&given.tags.join(","), None)?
        {
            if let Some(Value::Tags(own)) = fields.get(&ContactField::tags.key()) {
                tags.extend(own.iter().cloned());
            }
            tags.sort_unstable();
            tags.dedup();
            fields.insert(ContactField::tags.key(), Value::Tags(tags));
        }
        Ok(())
    }

    fn find(&self, fields: &Fields, new_company: Option<&str>) -> Result<Option<Found>, Error> {
        let contact = Contact::of_fields(fields).map_err(|error| Error::usage(error.to_string()))?;
        let name = name_key(&contact);
        let keys = keys_of(&contact);
        for key in keys.iter().filter(|key| !matches!(key, Key::Name(_))) {
            let exact = matches!(key, Key::External(_));
            let planned = self.keys.get(key).into_iter().flatten().copied();
            for at in planned {
                if exact || self.plan_name(at) == name || name.is_empty() {
                    return Ok(Some(Found::Planned(at)));
                }
            }
            if let Some(found) = self.stored_by(key, &name, &contact)? {
                return Ok(Some(found));
            }
        }
        if !contact.phones.is_empty() || !contact.emails.is_empty() || name.is_empty() {
            return Ok(None);
        }
        // Without an address, the same name at the same company is the same person.
        for at in self.keys.get(&Key::Name(name.clone())).into_iter().flatten().copied() {
            let same = match self.plans.get(at) {
                Some(Plan::Create { fields, company, .. } | Plan::Update { fields, company, .. }) => {
                    fields.get(&ContactField::company.key()) == contact.company.map(Value::Company).as_ref()
                        && company.as_deref() == new_company
                }
                None => false,
            };
            if same {
                return Ok(Some(Found::Planned(at)));
            }
        }
        if new_company.is_some() {
            return Ok(None);
        }
        self.stored_by(&Key::Name(name.clone()), &name, &contact)
    }

    /// A contact in the store that has this key, and is the one meant.
    fn stored_by(&self, key: &Key, name: &str, contact: &Contact) -> Result<Option<Found>, Error> {
        let ids = {
            let world = read_lock(self.world);
            match key {
                Key::External(external) => {
                    let mut ids = world.by_external(external);
                    // Our own exports carry our own ids.
                    let own = external.strip_prefix("urn:uuid:").unwrap_or(external);
                    ids.extend(own.parse::<Uuid>().ok().filter(|id| world.contacts.contains(*id)));
                    ids
                }
                Key::Phone(phone) => world.contacts.by_phone(phone),
                Key::Email(email) => world.contacts.by_email(email),
                Key::Name(name) => world.contacts.by_name(name),
            }
        };
        for id in ids {
            if let Some(at) = self.existing.get(&id) {
                return Ok(Some(Found::Planned(*at)));
            }
            // What is out of sight is not there, and neither is what the row would be told by.
            let seen =
                self.sight.reads_of(&read_lock(self.world), RecordKind::Contact, id, key.field().key());
            if !seen {
                self.taken(key, id)?;
                continue;
            }
            let stored = self.sight.fetch(self.reader, self.world, RecordKind::Contact, id)?;
            let there: Contact = stored.entity()?;
            let same = match key {
                Key::External(external) => {
                    there.external_id == *external
                        || external.strip_prefix("urn:uuid:").unwrap_or(external) == id.to_string()
                }
                Key::Phone(_) | Key::Email(_) => name.is_empty() || name_key(&there) == *name,
                Key::Name(_) => {
                    there.company == contact.company && there.phones.is_empty() && there.emails.is_empty()
                        || there.company == contact.company && contact.company.is_some()
                }
            };
            if same {
                return Ok(Some(Found::Stored(Box::new(stored))));
            }
        }
        Ok(None)
    }

    /// Refuses a row with a number or address that is suppressed, where it is not there already. Somebody who is new here
    /// must have none that is suppressed for marketing either: a bought list is no reason to begin with them again.
    fn may_enter(&self, there: Option<&Fields>, row: &Fields) -> Result<(), NotTaken> {
        let world = read_lock(self.world);
        let least = if there.is_some() { Scope::All } else { Scope::Channel };
        let hits = guard::hits(&world.suppression, RecordKind::Contact, there, row);
        match hits.into_iter().find(|(_, hit)| hit.scope >= least) {
            Some((class, _)) => Err(NotTaken::Suppressed(guard::refusal(class))),
            None => Ok(()),
        }
    }

    /// Refuses a row that sets what the actor does not edit.
    fn may_set(&self, relation: Relation, old: &Fields, new: &Fields, notes: &[String]) -> Result<(), Error> {
        let world = read_lock(self.world);
        self.sight.may_change(&world.schema, RecordKind::Contact, relation, old, new)?;
        if !notes.is_empty() && !self.sight.writes(RecordKind::Note, relation) {
            return Err(policy::denied(self.sight));
        }
        Ok(())
    }

    /// Refuses a row about somebody who is a contact already, out of sight, where the role may learn that.
    fn taken(&self, key: &Key, id: Uuid) -> Result<(), Error> {
        match self.sight.taken(&read_lock(self.world), id, key.field()) {
            Some(holder) => Err(Error::refused(format!(
                "somebody out of your sight has the same {}: ask {holder}",
                if matches!(key, Key::Phone(_)) { "number" } else { "address" }
            ))),
            None => Ok(()),
        }
    }

    fn plan_name(&self, at: usize) -> String {
        match self.plans.get(at) {
            Some(Plan::Create { fields, .. } | Plan::Update { fields, .. }) => {
                Contact::of_fields(fields).map(|contact| name_key(&contact)).unwrap_or_default()
            }
            None => String::new(),
        }
    }

    fn remember(&mut self, at: usize, fields: &Fields) {
        if let Ok(contact) = Contact::of_fields(fields) {
            for key in keys_of(&contact) {
                let plans = self.keys.entry(key).or_default();
                if !plans.contains(&at) {
                    plans.push(at);
                }
            }
        }
    }

    /// The notes that the contact does not have already.
    fn new_notes(&self, stored: &Stored, notes: Vec<String>) -> Result<Vec<String>, Error> {
        let notes = notes_of(notes);
        if notes.is_empty() {
            return Ok(notes);
        }
        let mut there = Vec::new();
        let world = read_lock(self.world);
        for note in self.sight.records_of(self.reader, &world, RecordKind::Note, stored.subject)? {
            there.push(note.entity::<Note>()?.text);
        }
        Ok(notes.into_iter().filter(|note| !there.contains(note)).collect())
    }
}

enum Found {
    Planned(usize),
    Stored(Box<Stored>),
}

/// Notes as they are stored, so that the second import finds them; what is no text is left out.
fn notes_of(notes: Vec<String>) -> Vec<String> {
    let parse = |text: String| match crate::domain::value::Kind::LongText.parse(&text, None) {
        Ok(Some(Value::Text(text))) => Some(text),
        _ => None,
    };
    let mut kept: Vec<String> = Vec::new();
    for note in notes.into_iter().filter_map(parse) {
        if !kept.contains(&note) {
            kept.push(note);
        }
    }
    kept
}

/// The name by which rows and contacts are compared.
pub(crate) fn name_key(contact: &Contact) -> String {
    let name = crate::domain::contact::join_words(
        [contact.given_name.as_str(), contact.family_name.as_str()].into_iter(),
    );
    fold::fold(&name)
}

fn keys_of(contact: &Contact) -> Vec<Key> {
    let mut keys = Vec::new();
    if !contact.external_id.is_empty() {
        keys.push(Key::External(contact.external_id.clone()));
    }
    keys.extend(contact.emails.iter().map(|email| Key::Email(fold::email(email.value.as_str()))));
    keys.extend(contact.phones.iter().map(|phone| Key::Phone(phone.value.e164().to_owned())));
    let name = name_key(contact);
    if !name.is_empty() {
        keys.push(Key::Name(name));
    }
    keys
}

/// Adds what a row says to what is there; whether that changed anything. `own` are the fields the row itself names.
fn grow(there: &mut Fields, row: &Fields, own: &[FieldKey]) -> bool {
    let before = there.clone();
    for (key, value) in row {
        let kept = match ContactField::of(*key) {
            Some(
                ContactField::basis
                | ContactField::reason
                | ContactField::source
                | ContactField::supplier
                | ContactField::obtained_on
                | ContactField::owner
                | ContactField::team
                | ContactField::external_id
                | ContactField::deleted_at
                | ContactField::merged_into
                | ContactField::restricted_at
                | ContactField::restricted_for
                | ContactField::restricted_until
                | ContactField::restricted_terms
                | ContactField::restriction_lifted,
            ) => true,
            _ => !own.contains(key) && *key != ContactField::tags.key(),
        };
        match there.get_mut(key) {
            None => {
                there.insert(*key, value.clone());
            }
            Some(old) => match (old, value) {
                (Value::Phones(old), Value::Phones(new)) => unite(old, new, |a, b| a == b),
                (Value::Emails(old), Value::Emails(new)) => unite(old, new, |a, b| a.folded() == b.folded()),
                (Value::Links(old), Value::Links(new)) => unite(old, new, |a, b| a == b),
                (Value::Addresses(old), Value::Addresses(new)) => unite(old, new, |a, b| a == b),
                (Value::Tags(old), Value::Tags(new)) => {
                    old.extend(new.iter().cloned());
                    old.sort_unstable();
                    old.dedup();
                }
                (old, new) if !kept => *old = new.clone(),
                _ => {}
            },
        }
    }
    *there != before
}

/// Adds the items that are not there yet.
pub(crate) fn unite<T: Clone>(
    old: &mut Vec<Labelled<T>>,
    new: &[Labelled<T>],
    same: impl Fn(&T, &T) -> bool,
) {
    for item in new {
        if !old.iter().any(|one| same(&one.value, &item.value)) {
            old.push(item.clone());
        }
    }
}
