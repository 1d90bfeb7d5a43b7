//! Adding and changing records.

use std::sync::RwLock;

use uuid::Uuid;

use super::requests::has_open;
use super::rights::tell_of_correction;
use super::sight::Sight;
use super::view::{country_field, deletion_field, holder_fields, is_deleted};
use super::world::World;
use super::{
    Ask, accountability, index, no_such, publish, read_lock, retention, rules, suppression, users, views,
};
use crate::api::view::{Added, ChangeView, Edited};
use crate::api::{Add, Delete, Edit, Error, Restore};
use crate::domain::access::mask::MASK;
use crate::domain::access::{Relation, Scope, Verb};
use crate::domain::contact::{Company, Contact, ContactField, Note};
use crate::domain::country::Country;
use crate::domain::custom::{CustomField, CustomFieldField};
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::{Entity, Fields, RecordKind};
use crate::domain::field::{Edit as Editable, FieldKey};
use crate::domain::history::{Action, Change, diff};
use crate::domain::id::{SubjectId, UserId};
use crate::domain::purpose::Purpose;
use crate::domain::query::{Filter, FilterKey, FilterName, Query, Term, TermKind, Value as QueryValue};
use crate::domain::recipient::Recipient;
use crate::domain::request::Right;
use crate::domain::retention::RetentionRule;
use crate::domain::schema::FieldInfo;
use crate::domain::task::Task;
use crate::domain::user::User;
use crate::domain::value::{Kind, Value};
use crate::domain::view::SavedView;
use crate::store::{Reader, Stored, WriteTxn};

/// What an edit is understood as, before anything is staged.
#[derive(Default)]
pub(super) struct Resolved {
    pub fields: Vec<(FieldKey, Option<Value>)>,
    /// A company that does not exist yet, by name.
    pub new_company: Option<String>,
}

impl Resolved {
    /// The record's fields after the edit.
    pub fn applied(&self, old: &Fields) -> Fields {
        let mut fields = old.clone();
        for (key, value) in &self.fields {
            match value {
                Some(value) => fields.insert(*key, value.clone()),
                None => fields.remove(key),
            };
        }
        fields
    }
}

/// Parses an edit of a record that now has the fields `now`. An error names the field. `within` says whose the record is;
/// then only fields that the actor edits there are taken.
pub(super) fn resolve(
    world: &World,
    sight: &Sight,
    within: Option<Relation>,
    kind: RecordKind,
    edits: Vec<FieldEdit>,
    now: &Fields,
    default: Option<Country>,
    me: UserId,
) -> Result<Resolved, Error> {
    let mut resolved = Resolved::default();
    let country = numbering_country(world, kind, &edits, now, default);
    for edit in edits {
        let info = world.schema.by_name(kind, &edit.field)?;
        resolve_one(world, kind, sight, within, info, edit, now, country, me, &mut resolved)
            .map_err(|error| error.at(info.address()))?;
    }
    Ok(resolved)
}

/// Whether somebody sends back the mask that a form showed.
fn is_mask(input: &Input) -> bool {
    let masked = |text: &str| text.contains(MASK);
    match input {
        Input::Text(text) => masked(text),
        Input::Items(items) => items.iter().any(|item| masked(&item.value)),
        Input::Value(Value::Text(text)) => masked(text),
        Input::Value(Value::Emails(items)) => items.iter().any(|item| masked(item.value.as_str())),
        Input::Value(_) | Input::Clear | Input::AddTags(_) | Input::RemoveTags(_) => false,
    }
}

/// Takes one edit in.
fn resolve_one(
    world: &World,
    kind: RecordKind,
    sight: &Sight,
    within: Option<Relation>,
    info: &FieldInfo,
    edit: FieldEdit,
    now: &Fields,
    country: Option<Country>,
    me: UserId,
    resolved: &mut Resolved,
) -> Result<(), Error> {
    if info.edit != Editable::Free {
        return Err(Error::usage(format!("`{}` is not edited; an operation of its own sets it", info.name)));
    }
    if info.retired && edit.input != Input::Clear {
        return Err(Error::refused(format!("the field `{}` is retired and takes no new values", info.name)));
    }
    if let Some(relation) = within {
        sight.may_edit(kind, relation, info)?;
    }
    if is_mask(&edit.input) {
        return Err(Error::usage(format!("{}: this is a mask, not a value", info.address()))
            .hint("leave the field as it is"));
    }
    let named = |error: crate::domain::value::Invalid| Error::usage(format!("{}: {error}", info.address()));
    let input = match (info.kind, edit.input) {
        (Kind::User, Input::Text(name))
            if !name.trim().is_empty() && name.trim().parse::<Uuid>().is_err() =>
        {
            Input::Value(Value::User(world.user_named(name.trim(), me)?))
        }
        (Kind::Company, Input::Text(name))
            if !name.trim().is_empty() && name.trim().parse::<Uuid>().is_err() =>
        {
            match world.company_named(name.trim()) {
                Some(id) => Input::Value(Value::Company(id)),
                None => {
                    // Parsed as a line, so that the name of a company is bounded like any other text.
                    if let Some(Value::Text(name)) = Kind::Text.parse(&name, None).map_err(named)? {
                        resolved.new_company = Some(name);
                    }
                    return Ok(());
                }
            }
        }
        (_, input) => input,
    };
    // A second edit of a field goes on from the first.
    let earlier =
        resolved.fields.iter().rev().find(|(key, _)| *key == info.key).map(|(_, value)| value.as_ref());
    let current = earlier.unwrap_or(now.get(&info.key));
    let value = input.resolve(info.kind, current, country).map_err(named)?;
    match &value {
        // A company out of sight is not there, but where the record names it already.
        Some(Value::Company(id))
            if !world.company_names.contains_key(&id.0)
                || current != value.as_ref() && !sight.sees(world, RecordKind::Company, id.0) =>
        {
            return Err(no_such(RecordKind::Company, id.0));
        }
        Some(Value::User(id)) if !world.users.contains_key(&id.0) => {
            return Err(no_such(RecordKind::User, id.0));
        }
        Some(value) => info.check(value).map_err(named)?,
        None => {}
    }
    resolved.fields.push((info.key, value));
    Ok(())
}

/// The country of numbers in an edit: of the record as it will be, else of the store.
fn numbering_country(
    world: &World,
    kind: RecordKind,
    edits: &[FieldEdit],
    now: &Fields,
    default: Option<Country>,
) -> Option<Country> {
    let key = country_field(kind)?;
    let given = edits.iter().rev().find(|edit| edit.field == "country").and_then(|edit| match &edit.input {
        Input::Text(text) => text.parse().ok(),
        Input::Value(Value::Country(country)) => Some(*country),
        _ => None,
    });
    given
        .or(match now.get(&key) {
            Some(Value::Country(country)) => Some(*country),
            _ => None,
        })
        .or(default)
        .or(world.settings.country)
}

/// The company an edit names: the one that is there meanwhile, or one staged now; whether it is new.
pub(super) fn ensure_company(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    name: &str,
    country: Option<Country>,
) -> Result<(Value, bool), Error> {
    if let Some(id) = read_lock(world).company_named(name) {
        return Ok((Value::Company(id), false));
    }
    let company = Company { name: name.to_owned(), country, ..Company::default() };
    let stored = txn.create(SubjectId::NOBODY, &company)?;
    Ok((Value::Company(crate::domain::id::CompanyId(stored.id)), true))
}

/// What is told of a contact that only those see who decide about it (R15).
const QUARANTINED: &str = "this is a bought lead without a basis: it is in quarantine, and leads and the data protection officer alone see it, until a consent or another basis is recorded";

impl Ask<'_> {
    pub(super) fn add(&self, add: Add) -> Result<Added, Error> {
        let kind = add.kind;
        let me = self.grant.actor().user;
        let now = self.now;
        let similar =
            if add.kind == RecordKind::Contact { self.similar_to(&add.fields, None)? } else { Vec::new() };
        self.witness_similar(&similar)?;
        let (sight, roles) = (self.sight().clone(), self.service.roles.clone());
        let stage = move |txn: &mut WriteTxn<'_>, world: &RwLock<World>| {
            let mut fields = Fields::new();
            rules::defaults(add.kind, &mut fields, now, me);
            let own = Some(Relation::Own);
            let resolved = resolve(&read_lock(world), &sight, own, add.kind, add.fields, &fields, None, me)?;
            fields = resolved.applied(&fields);
            let mut warnings = Vec::new();
            if let Some(name) = &resolved.new_company {
                add_default_country(&read_lock(world), add.kind, &mut fields);
                warnings.extend(link_company(txn, world, &mut fields, name)?);
            }
            let about = match (add.kind, add.about) {
                (RecordKind::Note | RecordKind::Task, Some(contact)) => {
                    let stored = sight.fetch(&txn.read(), world, RecordKind::Contact, contact.0)?;
                    if !sight.writes(add.kind, sight.relation_of(&read_lock(world), &stored)) {
                        return Err(sight.unchangeable(&read_lock(world), &stored));
                    }
                    if is_deleted(&stored.record.fields, RecordKind::Contact) {
                        return Err(rules::deleted(RecordKind::Contact));
                    }
                    stored.subject
                }
                (RecordKind::Note | RecordKind::Task, None) => {
                    return Err(Error::usage(format!("a {} is about a contact; name it", add.kind)));
                }
                _ => SubjectId::NOBODY,
            };
            let stored = match add.kind {
                RecordKind::Contact => {
                    add_default_country(&read_lock(world), add.kind, &mut fields);
                    own_by_default(&sight, add.kind, &mut fields, me);
                    warnings.extend(rules::check(add.kind, None, &fields)?);
                    warnings.extend(rules::telling(None, &fields));
                    txn.create(about, &typed::<Contact>(fields)?)?
                }
                RecordKind::Company => {
                    add_default_country(&read_lock(world), add.kind, &mut fields);
                    own_by_default(&sight, add.kind, &mut fields, me);
                    warnings.extend(rules::check(add.kind, None, &fields)?);
                    let company: Company = typed(fields)?;
                    if read_lock(world).company_named(&company.name).is_some() {
                        return Err(Error::conflict(format!(
                            "there is a company `{}` already",
                            company.name
                        )));
                    }
                    txn.create(about, &company)?
                }
                RecordKind::Note => {
                    warnings.extend(rules::check(add.kind, None, &fields)?);
                    txn.create(about, &typed::<Note>(fields)?)?
                }
                RecordKind::CustomField => {
                    let number = read_lock(world).next_custom_number();
                    fields.insert(CustomFieldField::number.key(), Value::Number(number));
                    if number == 0 {
                        fields.remove(&CustomFieldField::number.key());
                    }
                    warnings.extend(rules::check(add.kind, None, &fields)?);
                    let field: CustomField = typed(fields)?;
                    if let Some(on) = field.on.0
                        && read_lock(world).schema.of(on.record()).iter().any(|info| info.name == field.name)
                    {
                        return Err(Error::conflict(format!("there is a field `{}` already", field.name)));
                    }
                    txn.create(about, &field)?
                }
                RecordKind::View => {
                    views::own_by_default(&sight, &mut fields);
                    views::vet(&read_lock(world), &sight, add.kind, None, &fields)?;
                    txn.create(about, &typed::<SavedView>(fields)?)?
                }
                RecordKind::User => {
                    warnings.extend(users::checked(
                        &read_lock(world),
                        &roles,
                        &sight,
                        None,
                        None,
                        &mut fields,
                    )?);
                    txn.create(about, &typed::<User>(fields)?)?
                }
                RecordKind::Task => {
                    warnings.extend(rules::check(add.kind, None, &fields)?);
                    txn.create(about, &typed::<Task>(fields)?)?
                }
                RecordKind::Purpose => {
                    warnings.extend(rules::check(add.kind, None, &fields)?);
                    let purpose: Purpose = typed(fields)?;
                    rules::purpose_fields(&read_lock(world).schema, &purpose)?;
                    if read_lock(world).consents.named(&purpose.name).is_ok() {
                        let name = &purpose.name;
                        return Err(Error::conflict(format!("there is a purpose `{name}` already"))
                            .hint("`callbook purpose edit` changes it; consents keep the version they were given for"));
                    }
                    txn.create(about, &purpose)?
                }
                RecordKind::Recipient => {
                    warnings.extend(rules::check(add.kind, None, &fields)?);
                    let recipient: Recipient = typed(fields)?;
                    for stored in
                        sight.records_of(&txn.read(), &read_lock(world), add.kind, SubjectId::NOBODY)?
                    {
                        if stored.entity::<Recipient>()?.name == recipient.name {
                            let name = &recipient.name;
                            return Err(Error::conflict(format!("there is a recipient `{name}` already")));
                        }
                    }
                    txn.create(about, &recipient)?
                }
                RecordKind::Incident => {
                    warnings.extend(rules::check(add.kind, None, &fields)?);
                    let incident =
                        accountability::opened(txn, &read_lock(world), &sight, typed(fields)?, now)?;
                    txn.create(about, &incident)?
                }
                RecordKind::RetentionRule => {
                    warnings.extend(rules::check(add.kind, None, &fields)?);
                    retention::vet(&read_lock(world), add.kind, None, &fields)?;
                    let rule: RetentionRule = typed(fields)?;
                    txn.create(about, &rule)?
                }
                RecordKind::Settings
                | RecordKind::ExportRun
                | RecordKind::Suppression
                | RecordKind::ScreeningList
                | RecordKind::Consent
                | RecordKind::Call
                | RecordKind::CallList
                | RecordKind::CallEntry
                | RecordKind::Request
                | RecordKind::Hold
                | RecordKind::Sweep
                | RecordKind::Certificate
                | RecordKind::KeptProof
                | RecordKind::Mention
                | RecordKind::Aggregate
                | RecordKind::Backup
                | RecordKind::Training
                | RecordKind::RegisterVersion
                | RecordKind::Publication
                | RecordKind::Invitation
                | RecordKind::Wording => {
                    return Err(Error::usage(format!("a {} is not added like this", add.kind)));
                }
            };
            warnings.extend(suppression::guard::warnings(
                &read_lock(world).suppression,
                stored.kind,
                None,
                &stored.record.fields,
            ));
            publish(world, txn, &[])?;
            if add.kind == RecordKind::Contact && read_lock(world).is_quarantined(stored.id) {
                warnings.push(QUARANTINED.to_owned());
            }
            Ok((stored.id, stored.record.revision, warnings))
        };
        let (id, revision, warnings) = match kind {
            // A user is not taken back by undoing: it is deactivated. A purpose or recipient is retired.
            RecordKind::User
            | RecordKind::Purpose
            | RecordKind::Recipient
            | RecordKind::Incident
            | RecordKind::RetentionRule => self.transact(Action::Create, stage)?.0,
            _ => self.write(Action::Create, stage)?,
        };
        Ok(Added { id, revision, similar, warnings })
    }

    pub(super) fn edit(&self, edit: Edit) -> Result<Edited, Error> {
        let me = self.grant.actor().user;
        let (sight, roles, kind) = (self.sight().clone(), self.service.roles.clone(), edit.kind);
        let at = self.now;
        let stage = move |txn: &mut WriteTxn<'_>, world: &RwLock<World>| {
            let stored = sight.fetch_to_change(&txn.read(), world, edit.kind, edit.id)?;
            if is_deleted(&stored.record.fields, edit.kind) {
                return Err(rules::deleted(edit.kind));
            }
            let relation = sight.relation_of(&read_lock(world), &stored);
            let now = &stored.record.fields;
            let resolved =
                resolve(&read_lock(world), &sight, Some(relation), edit.kind, edit.fields, now, None, me)?;
            let mut fields = resolved.applied(&stored.record.fields);
            let mut warnings = Vec::new();
            if let Some(name) = &resolved.new_company {
                warnings.extend(link_company(txn, world, &mut fields, name)?);
            }
            if let Some(expected) = edit.expect_revision {
                let named: Vec<FieldKey> = resolved.fields.iter().map(|(key, _)| *key).collect();
                check_revision(&txn.read(), world, &sight, &stored, expected, &named, &fields)?;
            }
            warnings.extend(rules::check(edit.kind, Some(&stored.record.fields), &fields)?);
            if edit.kind == RecordKind::Purpose {
                rules::purpose_fields(&read_lock(world).schema, &typed(fields.clone())?)?;
            }
            if edit.kind == RecordKind::Contact {
                warnings.extend(rules::telling(Some(&stored.record.fields), &fields));
            }
            if edit.kind == RecordKind::User {
                let old = Some(&stored.record.fields);
                warnings.extend(users::checked(
                    &read_lock(world),
                    &roles,
                    &sight,
                    Some(edit.id),
                    old,
                    &mut fields,
                )?);
            }
            views::vet(&read_lock(world), &sight, edit.kind, Some(&stored), &fields)?;
            retention::vet(&read_lock(world), edit.kind, Some(&stored.record.fields), &fields)?;
            let now = &stored.record.fields;
            warnings.extend(suppression::guard::warnings(
                &read_lock(world).suppression,
                edit.kind,
                Some(now),
                &fields,
            ));
            let edited = change(txn, world, &stored, fields, warnings)?;
            // A correction that the person asked for, by whoever answers persons: those who were given the data are told.
            let corrects = edit.kind == RecordKind::Contact && sight.may(Verb::Answer);
            let asked =
                corrects.then(|| has_open(&read_lock(world), edit.id, Right::Rectification)).flatten();
            if asked.is_some() {
                tell_of_correction(txn, world, &sight, me, &stored, &edited.changed, asked, at)?;
            }
            Ok(edited)
        };
        match kind {
            RecordKind::User => Ok(self.transact(Action::Edit, stage)?.0),
            _ => self.write(Action::Edit, stage),
        }
    }

    pub(super) fn delete(&self, delete: Delete) -> Result<Edited, Error> {
        let now = self.now;
        let sight = self.sight().clone();
        self.write(Action::Delete, move |txn, world| {
            let stored = sight.fetch_to_change(&txn.read(), world, delete.kind, delete.id)?;
            let Some(key) = deletion_field(delete.kind) else {
                return Err(Error::usage(format!("a {} is not deleted; retire it", delete.kind)));
            };
            rules::unrestricted(delete.kind, &stored.record.fields)?;
            let mut fields = stored.record.fields.clone();
            if fields.contains_key(&key) {
                return Ok(Edited {
                    revision: stored.record.revision,
                    changed: Vec::new(),
                    warnings: Vec::new(),
                });
            }
            fields.insert(key, Value::Time(now));
            views::vet(&read_lock(world), &sight, delete.kind, Some(&stored), &fields)?;
            if let Some(expected) = delete.expect_revision {
                // Deleting touches everything, so any change meanwhile is in the way.
                if expected != stored.record.revision {
                    return Err(Error::conflict(format!(
                        "the {} was changed meanwhile: it is at revision {}, not {expected}",
                        delete.kind, stored.record.revision
                    ))
                    .hint("look at it again, then decide"));
                }
            }
            change(txn, world, &stored, fields, Vec::new())
        })
    }

    pub(super) fn restore(&self, restore: Restore) -> Result<Edited, Error> {
        let sight = self.sight().clone();
        self.write(Action::Restore, move |txn, world| {
            let stored = sight.fetch_to_change(&txn.read(), world, restore.kind, restore.id)?;
            let fields = restored(restore.kind, &stored.record.fields)?;
            views::vet(&read_lock(world), &sight, restore.kind, Some(&stored), &fields)?;
            change(txn, world, &stored, fields, Vec::new())
        })
    }
}

/// The fields of a record that is taken back into the lists. Refused for a contact that was merged into another.
pub(super) fn restored(kind: RecordKind, now: &Fields) -> Result<Fields, Error> {
    let mut fields = now.clone();
    if let Some(Value::Contact(into)) = fields.get(&ContactField::merged_into.key()) {
        return Err(
            Error::refused(format!("the contact was merged into {into}")).hint("undo the merge instead")
        );
    }
    rules::unrestricted(kind, now)?;
    if let Some(key) = deletion_field(kind) {
        fields.remove(&key);
    }
    rules::check(kind, Some(now), &fields)?;
    Ok(fields)
}

/// Stages a change and takes it into memory.
pub(super) fn change(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    stored: &Stored,
    fields: Fields,
    warnings: Vec<String>,
) -> Result<Edited, Error> {
    let changed: Vec<FieldKey> =
        diff(&stored.record.fields, &fields).iter().map(|change| change.field).collect();
    let revision = match txn.update(stored, fields)? {
        Some(stored) => stored.record.revision,
        None => stored.record.revision,
    };
    publish(world, txn, std::slice::from_ref(stored))?;
    Ok(Edited { revision, changed, warnings })
}

/// The contacts of a company that memory still knows by another name; their index entries carry it.
pub(super) fn people_of_renamed(world: &World, company: &Stored) -> Result<Vec<Uuid>, Error> {
    let known = world.company_names.get(&company.id);
    Ok(match known {
        Some(known) if *known != company.entity::<Company>()?.name => ids_at_company(world, company.id),
        _ => Vec::new(),
    })
}

/// The contacts, deleted ones too, that work at a company or one whose name begins alike.
pub(super) fn ids_at_company(world: &World, company: Uuid) -> Vec<Uuid> {
    let Some(name) = world.company_names.get(&company) else { return Vec::new() };
    let at = |deleted: bool| {
        let filter = |key, values| Term {
            excluded: false,
            kind: TermKind::Filter(Filter { name: FilterName::Known(key), values }),
        };
        let mut terms = vec![filter(FilterKey::Company, vec![QueryValue::Text(name.clone())])];
        if deleted {
            terms.push(filter(FilterKey::Is, vec![QueryValue::Is(crate::domain::query::Is::Deleted)]));
        }
        let context = index::Context {
            now: crate::domain::time::Timestamp::from_millis(0),
            me: None,
            scope: &index::Scope::All,
            fields: index::FieldSet::ALL,
            closer: &[],
            extra: &index::NoExtra,
            epoch: 0,
            cancelled: &|| false,
        };
        let sort = index::Sort { by: index::SortKey::Name, descending: false };
        let mut session = index::Session::default();
        let found = world.contacts.search(
            &mut session,
            &Query { terms },
            sort,
            index::Window::first(usize::MAX),
            &context,
        );
        found.map(|page| page.hits.into_iter().map(|hit| hit.id).collect::<Vec<_>>()).unwrap_or_default()
    };
    let mut ids = at(false);
    ids.extend(at(true));
    ids
}

/// Refuses when a field that this edit names was changed since the revision the editor saw, even to the same value: of
/// two who set `team=south` on revision 1 to claim a contact, one must learn that the other was first.
pub(super) fn check_revision(
    reader: &Reader<'_>,
    world: &RwLock<World>,
    sight: &Sight,
    stored: &Stored,
    expected: u64,
    named: &[FieldKey],
    wanted: &Fields,
) -> Result<(), Error> {
    let current = stored.record.revision;
    if expected == current {
        return Ok(());
    }
    if expected == 0 || expected > current {
        return Err(Error::usage(format!(
            "the {} has no revision {expected}; it is at {current}",
            stored.kind
        )));
    }
    let mut seen = Fields::new();
    // Each body is one revision, in order.
    for (_, body) in reader.bodies(stored)?.into_iter().take(usize::try_from(expected).unwrap_or(usize::MAX))
    {
        crate::domain::history::fold(&mut seen, &body.changes)
            .map_err(|error| Error::integrity(error.to_string()))?;
    }
    let theirs = diff(&seen, &stored.record.fields);
    let mut mine = diff(&stored.record.fields, wanted);
    let kept = |field: &FieldKey| {
        let value = stored.record.fields.get(field).cloned();
        Change { field: *field, old: value.clone(), new: value }
    };
    let same: Vec<FieldKey> =
        named.iter().copied().filter(|field| !mine.iter().any(|change| change.field == *field)).collect();
    mine.extend(same.iter().map(kept));
    let world = read_lock(world);
    let conflicts: Vec<ChangeView> = mine
        .iter()
        .filter(|change| theirs.iter().any(|their| their.field == change.field))
        .filter_map(|change| sight.change(&world, stored.kind, sight.relation_of(&world, stored), change))
        .collect();
    if conflicts.is_empty() {
        return Ok(());
    }
    let fields: Vec<&str> = conflicts.iter().map(|change| change.label.as_str()).collect();
    let mut error = Error::conflict(format!(
        "somebody changed {} meanwhile: the {} is at revision {current}, the edit was made on {expected}",
        fields.join(", "),
        stored.kind
    ))
    .hint("look at both values, then decide");
    error.conflicts = conflicts;
    Err(error)
}

/// What somebody adds who changes only own records is that person's, unless said otherwise.
pub(super) fn own_by_default(sight: &Sight, kind: RecordKind, fields: &mut Fields, me: UserId) {
    if sight.rules().kind(kind).write == Scope::Own
        && let Some((owner, _)) = holder_fields(kind)
    {
        fields.entry(owner).or_insert(Value::User(me));
    }
}

/// A contact or company without a country is in the store's.
fn add_default_country(world: &World, kind: RecordKind, fields: &mut Fields) {
    let Some(key) = country_field(kind) else { return };
    if let Some(country) = world.settings.country {
        fields.entry(key).or_insert(Value::Country(country));
    }
}

/// Makes the company that a contact's edit names, and links it.
pub(super) fn link_company(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    fields: &mut Fields,
    name: &str,
) -> Result<Option<String>, Error> {
    let country = match fields.get(&ContactField::country.key()) {
        Some(Value::Country(country)) => Some(*country),
        _ => None,
    };
    let (value, new) = ensure_company(txn, world, name, country)?;
    fields.insert(ContactField::company.key(), value);
    Ok(new.then(|| format!("the company `{name}` was not there and has been added")))
}

fn typed<T: Entity>(fields: Fields) -> Result<T, Error> {
    T::from_fields(fields).map_err(|error| Error::usage(error.to_string()))
}
