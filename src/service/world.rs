//! What is held in memory: the search indexes, names, schema, users, settings. Built at unlock, kept by every commit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use uuid::Uuid;

use super::consents::Consents;
use super::gate;
use super::index::{Doc, HasFlags, Index, KeptOut, KeptOuts, Run};
use super::known::{Batch, Ready};
use super::merged::Merged;
use super::retention::known::Retained;
use super::suppression::Suppressions;
use super::wordings::Used;
use super::work::Work;
use crate::api::Error;
use crate::domain::call::Call;
use crate::domain::consent::ConsentEvent;
use crate::domain::contact::ContactField;
use crate::domain::custom::CustomField;
use crate::domain::entity::{Fields, Lies, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::fold;
use crate::domain::history::Action;
use crate::domain::id::{CompanyId, FieldId, SessionId, SubjectId, UserId};
use crate::domain::query::Has;
use crate::domain::recipient::Recipient;
use crate::domain::schema::{Schema, StoredCustom};
use crate::domain::suppression::Barred;
use crate::domain::time::Timestamp;
use crate::domain::user::{Settings, User};
use crate::domain::value::Value;
use crate::domain::view::SavedView;
use crate::domain::wording::{Book, Version, WordingKind};
use crate::store::load::Raw;
use crate::store::suppression::Marker;
use crate::store::{Origin, Store, StoreError, Stored};

/// Companies, users and notes before contacts, which refer to them.
const ORDER: &[RecordKind] = &[
    RecordKind::Settings,
    RecordKind::User,
    RecordKind::CustomField,
    RecordKind::ExportRun,
    RecordKind::Suppression,
    RecordKind::ScreeningList,
    RecordKind::View,
    RecordKind::Purpose,
    RecordKind::Recipient,
    RecordKind::CallList,
    RecordKind::Wording,
    RecordKind::RetentionRule,
    RecordKind::Sweep,
    RecordKind::Certificate,
    RecordKind::KeptProof,
    RecordKind::Mention,
    RecordKind::Aggregate,
    RecordKind::Backup,
    RecordKind::Incident,
    RecordKind::Training,
    RecordKind::RegisterVersion,
    RecordKind::Company,
    RecordKind::Note,
    RecordKind::Consent,
    RecordKind::Call,
    RecordKind::CallEntry,
    RecordKind::Task,
    RecordKind::Request,
    RecordKind::Hold,
    RecordKind::Publication,
    RecordKind::Invitation,
    RecordKind::Contact,
];

/// How a document gets into an index: among others, or as one of very many.
type Put = fn(&mut Index, &Doc<'_>, Run, &str);

/// The state in memory. Never held locked while the storage thread is asked for something.
pub struct World {
    pub contacts: Index,
    pub companies: Index,
    /// Names of the companies that are not deleted or once were.
    pub company_names: HashMap<Uuid, String>,
    /// Companies that are there, by folded name.
    company_by_name: HashMap<String, CompanyId>,
    /// Contacts by the hash of their external id; the record says whether it is really the same.
    external: HashMap<u64, Vec<Uuid>>,
    hasher: RandomState,
    pub users: HashMap<Uuid, User>,
    pub customs: Vec<StoredCustom>,
    pub schema: Schema,
    pub settings: Settings,
    /// Saved views that are not deleted, with their revisions.
    pub views: BTreeMap<Uuid, (u64, SavedView)>,
    /// Scripts, notices and templates of messages, in all versions.
    pub wordings: Book,
    pub wordings_used: Used,
    /// Values of custom fields, which the index does not hold.
    pub custom_values: HashMap<Uuid, Fields>,
    /// Notes that are not deleted, by contact.
    pub notes: HashMap<Uuid, u32>,
    pub notes_total: u64,
    /// The contact a record is about, by record.
    pub abouts: HashMap<Uuid, Uuid>,
    pub consents: Consents,
    pub work: Work,
    /// What says how long whose data is kept.
    pub retained: Retained,
    /// Whom data may be given to, by name.
    pub recipients: BTreeMap<String, Recipient>,
    deleted: HashMap<Uuid, RecordKind>,
    merged: Merged,
    /// What is not to be used.
    pub suppression: Suppressions,
}

impl World {
    /// Of a store with nothing in it.
    pub fn empty(marker: Marker) -> World {
        World {
            contacts: Index::new(),
            companies: Index::new(),
            company_names: HashMap::new(),
            company_by_name: HashMap::new(),
            external: HashMap::new(),
            hasher: RandomState::new(),
            users: HashMap::new(),
            customs: Vec::new(),
            schema: Schema::new(&[]),
            settings: Settings::default(),
            views: BTreeMap::new(),
            wordings: Book::default(),
            wordings_used: Used::default(),
            custom_values: HashMap::new(),
            notes: HashMap::new(),
            notes_total: 0,
            abouts: HashMap::new(),
            consents: Consents::default(),
            work: Work::default(),
            retained: Retained::default(),
            recipients: BTreeMap::new(),
            deleted: HashMap::new(),
            merged: Merged::default(),
            suppression: Suppressions::new(marker),
        }
    }

    /// Reads everything; whether the live rows are those that were written.
    pub fn load(store: &Store) -> Result<(World, bool), StoreError> {
        // Before the contacts, each of which is looked at once as it is read.
        let suppression = store.read(Suppressions::load)?;
        let mut world = World::empty(suppression.marker());
        let (world, slots, whole) = store.read(move |reader| {
            let records = usize::try_from(reader.live_records()).unwrap_or_default();
            world.contacts.reserve(records);
            let mut slots = Vec::with_capacity(records);
            let add = |batch: &mut Batch, raw: &Raw<'_>| batch.add(raw, &suppression);
            let whole = reader.load(ORDER, add, |batch| {
                slots.extend(batch.slots());
                world.take_in(&batch)
            })?;
            let found = std::mem::replace(&mut world.suppression, suppression);
            world.suppression.take_contacts_of(found);
            world.contacts.settle();
            Ok::<_, StoreError>((world, slots, whole))
        })?;
        let origin = Origin {
            at: Timestamp::from_millis(0),
            actor: UserId(Uuid::nil()),
            session: SessionId(Uuid::nil()),
            action: Action::Init,
        };
        store.write(origin, move |txn| txn.mark_used(slots))?;
        Ok((world, whole))
    }

    /// Takes in what was read while loading.
    fn take_in(&mut self, batch: &Batch) -> Result<(), StoreError> {
        for stored in &batch.others {
            // What is suppressed was read before.
            if !matches!(stored.kind, RecordKind::Suppression | RecordKind::ScreeningList) {
                self.apply(None, stored)?;
            }
        }
        for ready in batch.rows() {
            if ready.row.is_company {
                self.company(&ready, Index::append_run);
            } else {
                self.suppression.bar(ready.row.id, ready.row.barred);
                self.contact("", &ready, Index::append_run);
            }
        }
        self.companies.found_from_here();
        self.contacts.found_from_here();
        Ok(())
    }

    /// Takes in what a commit left. `before` is the record as it was, if it was.
    pub fn apply(&mut self, before: Option<&Stored>, stored: &Stored) -> Result<(), StoreError> {
        if stored.kind.lies() == Lies::AboutPerson {
            self.abouts.insert(stored.id, stored.subject.0);
        }
        match stored.kind {
            RecordKind::Contact => {
                let old_external = match before.map(|before| &before.record.fields) {
                    Some(fields) => match fields.get(&ContactField::external_id.key()) {
                        Some(Value::Text(text)) => text,
                        _ => "",
                    },
                    None => "",
                };
                for contact in Batch::of(stored)?.rows() {
                    self.contact(old_external, &contact, Index::insert_run);
                }
                self.suppression.note(stored.id, &stored.record.fields);
            }
            RecordKind::Company => {
                for company in Batch::of(stored)?.rows() {
                    self.company(&company, Index::insert_run);
                }
            }
            RecordKind::Note => {
                self.retained.take_note(stored)?;
                let is = stored.entity::<crate::domain::contact::Note>()?.deleted_at.is_none();
                let was = match before {
                    Some(before) => before.entity::<crate::domain::contact::Note>()?.deleted_at.is_none(),
                    None => false,
                };
                let count = self.notes.entry(stored.subject.0).or_default();
                *count = (*count + u32::from(is)).saturating_sub(u32::from(was));
                self.notes_total = (self.notes_total + u64::from(is)).saturating_sub(u64::from(was));
            }
            RecordKind::User => {
                let user: User = stored.entity()?;
                self.contacts.name_owner(stored.id, &user.name);
                self.companies.name_owner(stored.id, &user.name);
                self.users.insert(stored.id, user);
            }
            RecordKind::CustomField => {
                stored.entity::<CustomField>()?;
                self.customs.retain(|one| one.id.0 != stored.id);
                self.customs.push(StoredCustom {
                    id: FieldId(stored.id),
                    revision: stored.record.revision,
                    fields: stored.record.fields.clone(),
                });
                self.customs.sort_by_key(|one| {
                    one.fields
                        .get(&crate::domain::custom::CustomFieldField::number.key())
                        .map(ToString::to_string)
                });
                self.schema = Schema::new(&self.customs);
            }
            RecordKind::Settings => self.settings = stored.entity()?,
            // Read where they are needed.
            RecordKind::ExportRun
            | RecordKind::KeptProof
            | RecordKind::Mention
            | RecordKind::Aggregate
            | RecordKind::Backup
            | RecordKind::Incident
            | RecordKind::Training
            | RecordKind::RegisterVersion
            | RecordKind::Publication
            | RecordKind::Invitation => {}
            RecordKind::Recipient => {
                let recipient: Recipient = stored.entity()?;
                self.recipients.insert(recipient.name.clone(), recipient);
            }
            RecordKind::Hold => self.retained.take_hold(stored)?,
            RecordKind::Sweep => self.retained.take_sweep(stored)?,
            RecordKind::RetentionRule => self.retained.take_rule(stored)?,
            RecordKind::Call => {
                let call: Call = stored.entity()?;
                self.wordings_used.note(WordingKind::Script, &call.script, call.started_at);
                self.wordings_used.note(WordingKind::Notice, &call.notice, call.started_at);
                self.retained.take_call(stored, &call);
                self.work.take_call(stored, call);
            }
            RecordKind::CallList => self.work.take_list(stored)?,
            RecordKind::CallEntry => self.work.take_entry(stored)?,
            RecordKind::Task => self.work.take_task(stored)?,
            RecordKind::Request => self.work.take_request(stored)?,
            RecordKind::Certificate => self.work.take_certificate(stored)?,
            RecordKind::Purpose => {
                self.consents.take_purpose(stored)?;
                // An objection reaches what is marketing by now.
                let people: Vec<Uuid> = self.consents.people().map(|(id, _)| id).collect();
                people.into_iter().for_each(|id| self.look_at_quarantine(id));
            }
            RecordKind::Consent => {
                let event: ConsentEvent = stored.entity()?;
                self.wordings_used.note(WordingKind::Script, &event.script, event.at);
                self.wordings_used.note(WordingKind::Notice, &event.notice, event.at);
                self.consents.take_event(stored, &event)?;
                self.work.take_event(stored.subject.0, &event);
                self.retained.take_event(stored.subject.0, &event);
                self.look_at_quarantine(stored.subject.0);
            }
            RecordKind::Suppression => self.suppression.take(stored)?,
            RecordKind::ScreeningList => self.suppression.take_list(stored)?,
            RecordKind::View => {
                let view: SavedView = stored.entity()?;
                if view.deleted_at.is_some() {
                    self.views.remove(&stored.id);
                } else {
                    self.views.insert(stored.id, (stored.record.revision, view));
                }
            }
            RecordKind::Wording => self.wordings.put(Version {
                id: stored.id,
                created_at: stored.record.created_at,
                wording: stored.entity()?,
            }),
        }
        Ok(())
    }

    /// Takes in a contact whose external id was this.
    fn contact(&mut self, old_external: &str, contact: &Ready<'_>, put: Put) {
        let Ready { row, run, texts, .. } = contact;
        let id = row.id;
        if !row.custom.is_empty() {
            self.custom_values.insert(id, row.custom.clone());
        } else if !self.custom_values.is_empty() {
            self.custom_values.remove(&id);
        }
        if old_external != texts.external_id {
            if let Some(ids) = self.external.get_mut(&self.hasher.hash_one(old_external)) {
                ids.retain(|one| *one != id);
            }
            if !texts.external_id.is_empty() {
                self.external.entry(self.hasher.hash_one(texts.external_id)).or_default().push(id);
            }
        }
        self.mark_deleted(id, RecordKind::Contact, row.deleted);
        self.merged.note(id, row.merged_into);
        self.retained.obtained(id, row.obtained);
        let mut has = HasFlags::default();
        has.set(Has::Note, self.notes.get(&id).is_some_and(|count| *count > 0));
        let quarantined = gate::quarantined(row.basis, texts.supplier, || self.consents.grounded(id));
        has.set_kept_out(KeptOut::Quarantined, quarantined);
        has.set_kept_out(KeptOut::Restricted, row.restricted);
        let company = row.company.and_then(|id| Some((id, self.company_names.get(&id)?.as_str())));
        put(&mut self.contacts, &Doc { company, has, ..contact.doc() }, row.run, run);
    }

    fn company(&mut self, company: &Ready<'_>, put: Put) {
        let Ready { row, run, texts, .. } = company;
        let id = row.id;
        let name = texts.name.to_owned();
        if let Some(old) = self.company_names.get(&id) {
            let key = fold::fold(old);
            if self.company_by_name.get(&key) == Some(&CompanyId(id)) {
                self.company_by_name.remove(&key);
            }
        }
        self.mark_deleted(id, RecordKind::Company, row.deleted);
        if !row.deleted {
            self.company_by_name.insert(fold::fold(&name), CompanyId(id));
        }
        self.company_names.insert(id, name);
        put(&mut self.companies, &company.doc(), row.run, run);
    }

    /// Quarantine ends, and begins, with what is recorded of a person.
    fn look_at_quarantine(&mut self, contact: Uuid) {
        let Some(brief) = self.contacts.brief(contact) else { return };
        let basis = brief.basis.parse().ok();
        let yes = gate::quarantined(basis, brief.supplier, || self.consents.grounded(contact));
        self.contacts.set_kept_out(contact, KeptOut::Quarantined, yes);
    }

    /// Whether a contact is in quarantine (R15).
    pub fn is_quarantined(&self, contact: Uuid) -> bool {
        self.is_kept_out(contact, KeptOuts::of([KeptOut::Quarantined]))
    }

    /// Whether a contact's data are restricted (Art. 18 GDPR): kept, and not used.
    pub fn is_restricted(&self, contact: Uuid) -> bool {
        self.is_kept_out(contact, KeptOuts::of([KeptOut::Restricted]))
    }

    /// Whether a contact is kept out for any of these reasons.
    pub fn is_kept_out(&self, contact: Uuid, why: KeptOuts) -> bool {
        let why = self.contacts.any_kept_out(why);
        !why.is_empty() && self.contacts.brief(contact).is_some_and(|brief| brief.has.kept_out_for(why))
    }

    fn mark_deleted(&mut self, id: Uuid, kind: RecordKind, deleted: bool) {
        if deleted {
            self.deleted.insert(id, kind);
        } else if !self.deleted.is_empty() {
            self.deleted.remove(&id);
        }
    }

    /// The contact that stands for this one now: itself, or the one it was merged into.
    pub fn kept(&self, contact: Uuid) -> Uuid {
        self.merged.kept(contact)
    }

    /// A contact and those that were merged into it: the same person, whose records lie under several keys.
    pub fn selves(&self, contact: Uuid) -> Vec<Uuid> {
        self.merged.selves(contact)
    }

    /// When a person was called for one of some purposes, answered or not, also as they were entered before a merge.
    pub fn attempts(&self, contact: Uuid, counts: impl Fn(&str) -> bool) -> Vec<Timestamp> {
        self.selves(contact).into_iter().flat_map(|one| self.work.attempts(one, &counts)).collect()
    }

    /// When a person last said in a call that they want no more of this, also before a merge.
    pub fn refused_at(&self, contact: Uuid) -> Option<Timestamp> {
        self.selves(contact).into_iter().filter_map(|one| self.work.refused_at(one)).max()
    }

    pub fn is_deleted(&self, id: Uuid) -> bool {
        self.deleted.contains_key(&id)
    }

    pub fn deleted(&self) -> impl Iterator<Item = (Uuid, RecordKind)> {
        self.deleted.iter().map(|(id, kind)| (*id, *kind))
    }

    pub fn deleted_count(&self) -> u64 {
        self.deleted.len() as u64
    }

    /// All contacts that are one person by their merges, the one that is kept first.
    pub fn same_person(&self, id: Uuid) -> Vec<Uuid> {
        self.selves(self.kept(id))
    }

    /// Forgets people who were erased. `records` are all that there was of them.
    pub fn forget(&mut self, people: &HashSet<Uuid>, records: &[Stored]) {
        for id in people {
            self.contacts.remove(*id);
            self.custom_values.remove(id);
            let notes = self.notes.remove(id).unwrap_or_default();
            self.notes_total = self.notes_total.saturating_sub(u64::from(notes));
            self.deleted.remove(id);
            self.merged.note(*id, None);
            self.suppression.bar(*id, Barred::default());
        }
        for stored in records {
            self.abouts.remove(&stored.id);
            self.deleted.remove(&stored.id);
            if let (RecordKind::Contact, Some(Value::Text(external))) =
                (stored.kind, stored.record.fields.get(&ContactField::external_id.key()))
            {
                let hash = self.hasher.hash_one(external.as_str());
                if let Some(ids) = self.external.get_mut(&hash) {
                    ids.retain(|id| *id != stored.id);
                    if ids.is_empty() {
                        self.external.remove(&hash);
                    }
                }
            }
        }
        self.consents.forget(people);
        self.work.forget(people);
        self.retained.forget(people);
    }

    /// The contacts whose external id may be this.
    pub fn by_external(&self, external: &str) -> Vec<Uuid> {
        self.external.get(&self.hasher.hash_one(external)).cloned().unwrap_or_default()
    }

    /// The company of this name, without regard to case and accents.
    pub fn company_named(&self, name: &str) -> Option<CompanyId> {
        self.company_by_name.get(&fold::fold(name)).copied()
    }

    /// The user who is called so, active or not; for what is done to users.
    pub fn any_user_named(&self, name: &str, me: UserId) -> Result<UserId, Error> {
        let wanted = fold::fold(name);
        let id = name.trim().parse::<Uuid>().ok();
        let mut same =
            self.users.iter().filter(|(one, user)| Some(**one) == id || fold::fold(&user.name) == wanted);
        match same.next() {
            Some((id, _)) => Ok(UserId(*id)),
            None => self.user_named(name, me),
        }
    }

    /// To whom data may go for a purpose, by the names that persons are told (Art. 13(1)(e) GDPR).
    pub fn recipients_told(&self, purpose: &crate::domain::purpose::Purpose) -> Vec<String> {
        let told = |name: &String| match self.recipients.get(name) {
            Some(recipient) if !recipient.title.is_empty() => recipient.title.clone(),
            Some(_) | None => name.clone(),
        };
        purpose.recipients.0.iter().map(told).collect()
    }

    /// The active user who is called so.
    pub fn user_named(&self, name: &str, me: UserId) -> Result<UserId, Error> {
        let wanted = fold::fold(name);
        if wanted == "me" {
            return Ok(me);
        }
        let mut users: Vec<(&Uuid, &User)> = self.users.iter().filter(|(_, user)| !user.inactive).collect();
        users.sort_by(|a, b| a.1.name.cmp(&b.1.name));
        if let Some((id, _)) = users
            .iter()
            .find(|(_, user)| fold::fold(&user.name) == wanted || fold::fold(&user.full_name) == wanted)
        {
            return Ok(UserId(**id));
        }
        let nearest =
            users.iter().map(|(_, user)| (strsim::osa_distance(&user.name, name), &user.name)).min();
        let error = Error::usage(format!("there is no user `{name}`"));
        Err(match nearest {
            Some((distance, near)) if distance <= 3 => error.hint(format!("did you mean `{near}`?")),
            _ => error.hint(format!(
                "users are: {}",
                users.iter().map(|(_, user)| user.name.as_str()).collect::<Vec<_>>().join(", ")
            )),
        })
    }

    /// Changes with every change of the custom fields.
    pub fn schema_epoch(&self) -> u64 {
        self.customs.iter().map(|custom| custom.revision).sum()
    }

    pub fn user_name(&self, id: Uuid) -> String {
        self.users.get(&id).map_or_else(|| "?".to_owned(), |user| user.name.clone())
    }

    /// The next free number of a custom field.
    pub fn next_custom_number(&self) -> i64 {
        let used = self.schema.of(RecordKind::Contact).iter().chain(self.schema.of(RecordKind::Company));
        used.filter(|field| field.custom)
            .map(|field| i64::from(field.key.0 - FieldKey::CUSTOM) + 1)
            .max()
            .unwrap_or(0)
    }
}

/// The subject under which a record lies.
pub fn subject_of(world: &World, kind: RecordKind, id: Uuid) -> SubjectId {
    match kind.lies() {
        Lies::Person | Lies::Itself => SubjectId(id),
        Lies::AboutPerson => SubjectId(world.abouts.get(&id).copied().unwrap_or_default()),
        Lies::Nobody => SubjectId::NOBODY,
    }
}
