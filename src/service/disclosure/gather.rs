//! Gathering what is held of a person: by the person's key alone, so that it costs what the person has, whatever the store
//! holds of others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::{answerable, case_of, controller, gaps, request_of};
use crate::api::{Disclose, Error};
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentField, ConsentKind, Receipt, ReceiptEvent, State};
use crate::domain::contact::{Contact, ContactField};
use crate::domain::disclosure::{
    Asked, Changed, Disclosure, Handed, Held, HeldField, HistoryEntry, Look, Person, PurposeTold, Shown,
    Told, Trace, Unsaved,
};
use crate::domain::entity::{Entity, Fields, RecordKind};
use crate::domain::field::{Category, Edit, FieldKey};
use crate::domain::fold;
use crate::domain::history::{Action, Change};
use crate::domain::id::{ContactId, SubjectId};
use crate::domain::purpose::Purpose;
use crate::domain::reading::ReadKind;
use crate::domain::retention::RetentionRule;
use crate::domain::suppression::Identifier;
use crate::domain::time::Timestamp;
use crate::domain::user::ExportRun;
use crate::domain::value::Value;
use crate::domain::wording::{WordingKind, name_and_version};
use crate::env::Env;
use crate::service::consents::Known;
use crate::service::world::World;
use crate::service::{no_such, proofs, rows, view};
use crate::store::codec::Header;
use crate::store::{Reader, Stored};

/// The events of one purpose and channel.
type Events<'e, 's> = Vec<&'e (&'s Stored, ConsentEvent)>;

/// So many of a name are looked at, whether they were merged into the person.
const NAMESAKES: usize = 100;

/// What is asked, and of what.
pub(super) struct About<'a> {
    pub reader: &'a Reader<'a>,
    pub world: &'a World,
    pub env: &'a Env,
    pub now: Timestamp,
    /// The store's id.
    pub store: Uuid,
    /// How long it is kept who looked.
    pub months: u64,
}

impl About<'_> {
    pub fn person(&self, contact: ContactId, asked: &Disclose) -> Result<Disclosure, Error> {
        let mut records = rows::whole_person(self.reader, SubjectId(contact.0))?;
        let Some(own) = records.first().cloned() else { return Err(no_such(RecordKind::Contact, contact.0)) };
        let entity: Contact = own.entity()?;
        let request = asked.request.map(|number| request_of(&records, number)).transpose()?;
        if let Some((_, request)) = &request {
            answerable(request, Some(asked.right), !asked.review)?;
        }
        let mut subjects = vec![own.subject];
        for other in self.duplicates(&own, &entity, &records)? {
            subjects.push(SubjectId(other));
            records.extend(rows::whole_person(self.reader, SubjectId(other))?);
        }
        let mut history = Vec::new();
        let mut held = Vec::new();
        for stored in &records {
            held.push(self.held(stored, &mut history)?);
        }
        history.sort_by_key(|(seq, _)| *seq);
        let identifiers: BTreeSet<Identifier> = records
            .iter()
            .flat_map(|stored| Identifier::all_of(stored.kind, &stored.record.fields))
            .collect();
        let controller = controller(self.world);
        let mut warnings = gaps(&controller);
        if asked.request.is_none() && !asked.review {
            warnings
                .push("the answer belongs to no request: nobody made sure who asks (--request N)".to_owned());
        }
        warnings.extend(self.namesakes(&subjects, &identifiers));
        let events = events(&records)?;
        let looks = self.looks(&subjects, &mut warnings)?;
        let handed = self.handed(&events, &looks)?;
        let purposes = self.purposes(contact.0, &events, entity.basis);
        let recipients = self.recipients(&purposes, &handed);
        let person = Person {
            id: contact.0,
            name: entity.display_name(),
            language: entity.language.clone(),
            country: entity.country,
            records: held,
            history: history.into_iter().map(|(_, entry)| entry).collect(),
            looks: looks.into_iter().map(|(_, look)| look).collect(),
            looks_kept: self.months,
            handed,
            unsaved: self.unsaved(&subjects)?,
            receipts: self.receipts(&own, &entity, &events)?,
            shown: self.shown(&records),
            marks: Vec::new(),
        };
        Ok(Disclosure {
            made_at: self.now,
            store: self.store,
            controller,
            case: request.as_ref().map(|(_, request)| case_of(request)),
            asked: Asked::default(),
            person: Some(person),
            traces: traces(self.world, &identifiers),
            purposes,
            recipients,
            rules: self.rules(entity.country)?,
            warnings,
        })
    }

    /// Records of the same person that were merged into this one. A merge changes both in one transaction, if it changes the
    /// kept one at all; else the two have a number, an address or the name in common.
    fn duplicates(&self, own: &Stored, entity: &Contact, records: &[Stored]) -> Result<Vec<Uuid>, Error> {
        let mut entries: BTreeSet<u64> = self.reader.bodies(own)?.into_iter().map(|(seq, _)| seq).collect();
        entries.extend(records.iter().map(|stored| stored.record.last_seq));
        let mut found = BTreeSet::new();
        for seq in entries {
            let Some(header) = self.reader.header(seq)? else { continue };
            if header.action != Action::Merge {
                continue;
            }
            let others = self.reader.transaction(seq)?;
            found.extend(others.iter().filter(|one| one.kind == RecordKind::Contact).map(|one| one.record));
        }
        for identifier in Identifier::all_of(own.kind, &own.record.fields) {
            found.extend(super::suppression::having(self.world, &identifier));
        }
        let name = format!("{} {}", entity.given_name, entity.family_name);
        found.extend(self.world.contacts.by_name(&fold::fold(&name)).into_iter().take(NAMESAKES));
        found.remove(&own.id);
        let merged = |id: &Uuid| -> Result<bool, Error> {
            let stored = rows::of_entry(self.reader, RecordKind::Contact, SubjectId(*id), *id)?;
            let into =
                stored.and_then(|stored| stored.record.fields.get(&ContactField::merged_into.key()).cloned());
            Ok(into == Some(Value::Contact(ContactId(own.id))))
        };
        let mut sure = Vec::new();
        for id in found {
            if merged(&id)? {
                sure.push(id);
            }
        }
        Ok(sure)
    }

    /// Others who have the same number or address, and may be the same person under another record.
    fn namesakes(&self, subjects: &[SubjectId], identifiers: &BTreeSet<Identifier>) -> Vec<String> {
        let mut others: BTreeSet<Uuid> = BTreeSet::new();
        for identifier in identifiers {
            others.extend(super::suppression::having(self.world, identifier));
        }
        others.retain(|id| !subjects.contains(&SubjectId(*id)));
        others
            .into_iter()
            .map(|id| {
                format!(
                    "contact {id} has the same number or address: if it is the same person, merge them first"
                )
            })
            .collect()
    }

    /// A value with the words for it; employees are told by their role.
    fn told(&self, kind: RecordKind, key: FieldKey, value: &Value) -> Told {
        use crate::domain::call::{CallEntryField, CallField};
        if let Value::User(user) = value {
            return Told { value: None, text: role_of(self.world, user.0) };
        }
        let list = kind == RecordKind::Call && key == CallField::list.key()
            || kind == RecordKind::CallEntry && key == CallEntryField::list.key();
        let named = match value {
            Value::Text(id) if list => id.parse().ok().and_then(|id| self.world.work.list(id)),
            _ => None,
        };
        let text = named.map_or_else(|| self.world.text(value), |listed| listed.list.name.clone());
        Told { value: Some(value.clone()), text }
    }

    /// How a field is called, what it tells, and whether it is told to nobody.
    fn described(&self, kind: RecordKind, key: FieldKey) -> (String, String, Category, bool) {
        match self.world.schema.by_key(kind, key) {
            Some(info) => (info.address(), info.label.clone(), info.category, info.edit == Edit::Secret),
            // Nothing that is held may be missing because nobody knows any more what it was.
            None => (format!("field-{}", key.0), format!("Field {}", key.0), Category::Content, false),
        }
    }

    /// A record as it is, and its history.
    fn held(&self, stored: &Stored, history: &mut Vec<(u64, HistoryEntry)>) -> Result<Held, Error> {
        let kind = stored.kind;
        let mut last: HashMap<FieldKey, (Timestamp, String)> = HashMap::new();
        for (seq, changes) in self.changes(stored)? {
            let header = self.header(seq)?;
            let by = role_of(self.world, header.actor.0);
            for change in &changes {
                last.insert(change.field, (header.at, by.clone()));
            }
            let Header { at, action, record, revision, .. } = header;
            let changes = changes.iter().filter_map(|change| self.changed(kind, change)).collect();
            history.push((seq, HistoryEntry { at, by, action, kind, record, revision, changes }));
        }
        let known = self.world.schema.of(kind).iter().map(|info| info.key);
        let unknown = stored.record.fields.keys().copied();
        let unknown = unknown.filter(|key| self.world.schema.by_key(kind, *key).is_none());
        let (mut fields, mut hidden) = (Vec::new(), false);
        for key in known.chain(unknown) {
            let Some(value) = stored.record.fields.get(&key) else { continue };
            let (name, label, category, secret) = self.described(kind, key);
            if secret {
                hidden = true;
                continue;
            }
            let (since, by) = last.remove(&key).unwrap_or_else(|| {
                let by =
                    self.header(stored.record.last_seq).map(|header| role_of(self.world, header.actor.0));
                (stored.record.created_at, by.unwrap_or_default())
            });
            fields.push(HeldField {
                key,
                name,
                label,
                category,
                told: self.told(kind, key, value),
                since,
                by,
            });
        }
        Ok(Held {
            kind,
            id: stored.id,
            revision: stored.record.revision,
            created_at: stored.record.created_at,
            updated_at: stored.record.updated_at,
            deleted: view::is_deleted(&stored.record.fields, kind),
            fields,
            secret: hidden,
        })
    }

    /// The changes of a record; of one that never changes, only that it was written, for it stands there itself.
    fn changes(&self, stored: &Stored) -> Result<Vec<(u64, Vec<Change>)>, Error> {
        if stored.kind.only_grows() {
            return Ok(vec![(stored.record.last_seq, Vec::new())]);
        }
        Ok(self.reader.bodies(stored)?.into_iter().map(|(seq, body)| (seq, body.changes)).collect())
    }

    fn header(&self, seq: u64) -> Result<Header, Error> {
        let header = self.reader.header(seq)?;
        header.ok_or_else(|| Error::integrity(format!("history entry {seq} is missing")))
    }

    fn changed(&self, kind: RecordKind, change: &Change) -> Option<Changed> {
        let (name, label, category, secret) = self.described(kind, change.field);
        let told = |value: &Option<Value>| value.as_ref().map(|value| self.told(kind, change.field, value));
        let (old, new) = (told(&change.old), told(&change.new));
        (!secret).then_some(Changed { key: change.field, name, label, category, old, new })
    }

    /// Who looked, oldest first, with the session's moment by which an export is found.
    fn looks(&self, subjects: &[SubjectId], warnings: &mut Vec<String>) -> Result<Vec<(Uuid, Look)>, Error> {
        let always = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
        let (mut looks, mut unreadable) = (Vec::new(), 0);
        for subject in subjects {
            let mut from: Option<Vec<u8>> = None;
            loop {
                let slice = self.reader.readings(Some(*subject), from.as_deref(), always)?;
                unreadable += slice.unreadable;
                for row in slice.rows {
                    let reading = row.reading;
                    let by = role_of(self.world, reading.user.0);
                    let (at, kind, purpose, as_of) =
                        (reading.at, reading.kind, reading.purpose, reading.as_of);
                    looks.push((row.id, Look { at, by, kind, purpose, as_of }));
                }
                from = slice.next;
                if from.is_none() {
                    break;
                }
            }
        }
        if unreadable > 0 {
            warnings
                .push(format!("{unreadable} rows of the read log are damaged and stand not in the answer"));
        }
        looks.sort_by_key(|(id, look)| (look.at, *id));
        Ok(looks)
    }

    /// The exports in which the person was. A use of a consent names its export; of others the read log has the moment and
    /// the purpose, and the export is the last one that had begun for it by then.
    fn handed(
        &self,
        events: &[(&Stored, ConsentEvent)],
        looks: &[(Uuid, Look)],
    ) -> Result<Vec<Handed>, Error> {
        let mut handed = Vec::new();
        let mut told: BTreeSet<(Timestamp, String)> = BTreeSet::new();
        for (_, event) in events.iter().filter(|(_, event)| event.kind.0 == Some(ConsentKind::Used)) {
            let Some(run) = event.used_for.strip_prefix("export ").and_then(|id| id.parse().ok()) else {
                continue;
            };
            let Some(stored) = rows::of_entry(self.reader, RecordKind::ExportRun, SubjectId::NOBODY, run)?
            else {
                continue;
            };
            let at = event.at.unwrap_or(stored.record.created_at);
            let run: ExportRun = stored.entity()?;
            told.insert((at, format!("{} ({})", run.purpose, run.channel)));
            handed.push(handed_of(at, run));
        }
        let left = |(_, look): &&(Uuid, Look)| look.kind == ReadKind::Export;
        let open: Vec<&Look> = looks
            .iter()
            .filter(left)
            .map(|(_, look)| look)
            .filter(|look| !told.contains(&(look.at, look.purpose.clone())))
            .collect();
        if !open.is_empty() {
            let mut runs = Vec::new();
            rows::each(self.reader, RecordKind::ExportRun, |stored| {
                let run: ExportRun = stored.entity()?;
                if run.seals.is_empty() {
                    runs.push((stored.record.created_at, run));
                }
                Ok(())
            })?;
            runs.sort_by_key(|(at, _)| *at);
            for look in open {
                let same = |(at, run): &&(Timestamp, ExportRun)| {
                    *at <= look.at && format!("{} ({})", run.purpose, run.channel) == look.purpose
                };
                if let Some((_, run)) = runs.iter().rev().find(same) {
                    handed.push(handed_of(look.at, run.clone()));
                }
            }
        }
        handed.sort_by_key(|one| one.at);
        Ok(handed)
    }

    fn unsaved(&self, subjects: &[SubjectId]) -> Result<Vec<Unsaved>, Error> {
        let drafts = self.reader.drafts()?.into_iter().filter(|draft| subjects.contains(&draft.subject));
        let told = drafts.filter_map(|draft| draft.content).map(|(user, draft)| Unsaved {
            at: draft.at,
            by: role_of(self.world, user.0),
            kind: draft.form.kind,
        });
        Ok(told.collect())
    }

    /// The purposes of which anything is said for the person, or whose ground is the person's.
    fn purposes(
        &self,
        contact: Uuid,
        events: &[(&Stored, ConsentEvent)],
        basis: Option<Basis>,
    ) -> Vec<PurposeTold> {
        let named: BTreeSet<&str> = events.iter().map(|(_, event)| event.purpose.as_str()).collect();
        let mut all = Vec::new();
        for (number, known) in self.world.consents.all() {
            let Known { revision, purpose, .. } = known;
            let standing = |channel: Channel| {
                let standing = self.world.consents.standing(contact, number, channel, self.now);
                (standing.state != State::Unknown).then_some((channel, standing))
            };
            let standings: Vec<_> = purpose.channels().filter_map(standing).collect();
            let grounded =
                !purpose.retired && purpose.ground() != Basis::Consent && basis == Some(purpose.ground());
            if grounded || !standings.is_empty() || named.contains(purpose.name.as_str()) {
                all.push(PurposeTold { revision: *revision, fields: purpose.fields(), standings });
            }
        }
        all
    }

    /// Those who are given data for these purposes, and those who were.
    fn recipients(&self, purposes: &[PurposeTold], handed: &[Handed]) -> Vec<Fields> {
        let mut names: BTreeSet<String> = handed.iter().map(|one| one.recipient.clone()).collect();
        for told in purposes {
            names.extend(Purpose::of_fields(&told.fields).unwrap_or_default().recipients.0);
        }
        let known = names.iter().filter_map(|name| self.world.recipients.get(name));
        known.map(Entity::fields).collect()
    }

    /// The rules of retention for somebody in this country.
    fn rules(&self, country: Option<crate::domain::country::Country>) -> Result<Vec<Fields>, Error> {
        let country = country.or(self.world.settings.country);
        let mut rules = Vec::new();
        rows::each(self.reader, RecordKind::RetentionRule, |stored| {
            let rule: RetentionRule = stored.entity()?;
            if !rule.retired && (rule.country.is_none() || rule.country == country) {
                rules.push(rule.fields());
            }
            Ok(())
        })?;
        Ok(rules)
    }

    /// What the person was pointed at and read: each version that an event or a call names.
    fn shown(&self, records: &[Stored]) -> Vec<Shown> {
        use crate::domain::call::CallField;
        let mut titles: BTreeSet<(WordingKind, String)> = BTreeSet::new();
        for stored in records {
            let keys = match stored.kind {
                RecordKind::Consent => [ConsentField::notice.key(), ConsentField::script.key()],
                RecordKind::Call => [CallField::notice.key(), CallField::script.key()],
                _ => continue,
            };
            for (kind, key) in [WordingKind::Notice, WordingKind::Script].into_iter().zip(keys) {
                if let Some(Value::Text(title)) = stored.record.fields.get(&key) {
                    titles.insert((kind, title.clone()));
                }
            }
        }
        let version = |(kind, title): (WordingKind, String)| {
            let (name, number) = name_and_version(&title).ok()?;
            let version = self.world.wordings.version(kind, &name, number)?;
            let wording = &version.wording;
            Some(Shown {
                kind,
                title: wording.title(),
                language: wording.language.as_ref().map(ToString::to_string).unwrap_or_default(),
                sha256: wording.sha256.clone(),
                text: wording.text.clone(),
            })
        };
        titles.into_iter().filter_map(version).collect()
    }

    /// The facts of a receipt for each purpose and channel about which something was said.
    fn receipts(
        &self,
        own: &Stored,
        entity: &Contact,
        events: &[(&Stored, ConsentEvent)],
    ) -> Result<Vec<Receipt>, Error> {
        let mut places: BTreeMap<(String, Option<Channel>), Events<'_, '_>> = BTreeMap::new();
        for one in events.iter().filter(|(stored, _)| stored.subject == own.subject) {
            if !matches!(
                one.1.kind.0,
                None | Some(ConsentKind::Asserted | ConsentKind::Used | ConsentKind::Notified)
            ) {
                places.entry((one.1.purpose.clone(), one.1.channel.0)).or_default().push(one);
            }
        }
        let settings = &self.world.settings;
        let mut receipts = Vec::new();
        for ((name, _), events) in places {
            let Ok((_, known)) = self.world.consents.named(&name) else { continue };
            let Some((_, last)) = events.last() else { continue };
            let number = u64::try_from(last.purpose_version).unwrap_or_default();
            let version = match number == known.revision {
                true => None,
                false => {
                    let stored =
                        rows::of_entry(self.reader, RecordKind::Purpose, SubjectId::NOBODY, known.id)?;
                    let stored = stored.ok_or_else(|| no_such(RecordKind::Purpose, known.id))?;
                    proofs::versions(self.reader, &stored, &[number].into())?.pop()
                }
            };
            let (purpose_version, purpose) = match version {
                Some(version) => (version.revision, version.fields),
                None => (known.revision, known.purpose.fields()),
            };
            let told = |(stored, _): &&(&Stored, ConsentEvent)| {
                let mut fields = stored.record.fields.clone();
                fields.remove(&ConsentField::token.key());
                ReceiptEvent { id: stored.id, recorded_at: stored.record.created_at, fields }
            };
            receipts.push(Receipt {
                id: self.env.ids.next(),
                made_at: self.now,
                store: self.store,
                controller: settings.controller.clone(),
                controller_address: settings.controller_address.clone(),
                contact: settings.contact.clone(),
                dpo: settings.dpo_contact.clone(),
                authority: settings.authority.clone(),
                country: settings.country.map(|country| country.to_string()).unwrap_or_default(),
                person: own.id,
                person_name: entity.display_name(),
                // Somebody may be named in it, who is taken out elsewhere.
                source: String::new(),
                purpose_version,
                purpose,
                events: events.iter().map(told).collect(),
            });
        }
        Ok(receipts)
    }
}

/// The events of the ledger, in the order in which they happened.
fn events(records: &[Stored]) -> Result<Vec<(&Stored, ConsentEvent)>, Error> {
    let mut events = Vec::new();
    for stored in records.iter().filter(|stored| stored.kind == RecordKind::Consent) {
        events.push((stored, stored.entity::<ConsentEvent>()?));
    }
    events.sort_by_key(|(stored, event)| (event.at, stored.id));
    Ok(events)
}

fn handed_of(at: Timestamp, run: ExportRun) -> Handed {
    let ExportRun { purpose, channel, recipient, fields, .. } = run;
    Handed { at, purpose, channel, recipient, fields: fields.0 }
}

/// The role of a user, whatever the user is called; empty for the program itself.
fn role_of(world: &World, user: Uuid) -> String {
    match world.users.get(&user) {
        Some(user) => user.role.to_string(),
        None => String::new(),
    }
}

/// What lists say of numbers and addresses.
pub(super) fn traces(world: &World, identifiers: &BTreeSet<Identifier>) -> Vec<Trace> {
    let mut traces = Vec::new();
    for identifier in identifiers {
        if let Some(hit) = world.suppression.hit(identifier) {
            traces.push(Trace::Suppressed { class: identifier.class(), hit });
        }
        traces.extend(
            world.suppression.screenings(identifier).into_iter().map(|check| Trace::Screened { check }),
        );
    }
    traces
}
