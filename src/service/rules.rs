//! What may be stored at all: the rules of `requirements.md` that a single record must meet.

use super::view::typed;
use crate::api::{Code, Error};
use crate::domain::basis::Basis;
use crate::domain::contact::{Company, Contact, ContactField, Note, NoteField};
use crate::domain::custom::{CustomField, CustomKind};
use crate::domain::entity::{Entity, Fields, RecordKind, specs_of};
use crate::domain::field::{FieldKey, FieldSpec};
use crate::domain::forbidden;
use crate::domain::purpose::{Purpose, PurposeField};
use crate::domain::reading::MOST_MONTHS;
use crate::domain::recipient::{Recipient, RecipientField};
use crate::domain::retention::RetentionRule;
use crate::domain::schema::{FieldInfo, Schema};
use crate::domain::task::{Task, TaskField};
use crate::domain::user::Settings;
use crate::domain::value::Value;

/// The refusal to do with restricted data what is more than keeping them (Art. 18(2) GDPR).
pub fn restricted() -> Error {
    Error::refused("the person's data are restricted (Art. 18 GDPR): they are kept as they are")
        .hint("`callbook subject lift` ends the restriction, once the person was told")
}

/// Refuses where the fields are those of somebody whose data are restricted.
pub fn unrestricted(kind: RecordKind, fields: &Fields) -> Result<(), Error> {
    let is = kind == RecordKind::Contact && fields.contains_key(&ContactField::restricted_at.key());
    if is { Err(restricted()) } else { Ok(()) }
}

/// Checks a record as it is about to be stored; answers with what should be looked at.
pub fn check(kind: RecordKind, old: Option<&Fields>, new: &Fields) -> Result<Vec<String>, Error> {
    match kind {
        RecordKind::Contact => contact(old, new),
        RecordKind::Company => company(new),
        RecordKind::Note => note(new),
        RecordKind::CustomField => custom_field(old, new).map(|()| Vec::new()),
        RecordKind::Settings => settings(new).map(|()| Vec::new()),
        // A view is checked where the schema and whose it is are known: `views::vet`.
        RecordKind::View => Ok(Vec::new()),
        RecordKind::Purpose => purpose(old, new).map(|()| Vec::new()),
        RecordKind::Recipient => recipient(old, new),
        RecordKind::RetentionRule => retention_rule(new).map(|()| Vec::new()),
        RecordKind::Task => task(new),
        // Operations of their own write these, and check what they write.
        _ => Ok(Vec::new()),
    }
}

fn retention_rule(new: &Fields) -> Result<(), Error> {
    let rule: RetentionRule = typed(new).map_err(super::store_error)?;
    let missing = missing::<RetentionRule>(new);
    if !missing.is_empty() {
        return Err(Error::refused(format!("no retention rule without {}", missing.join(", "))));
    }
    rule.check().map_err(|(field, why)| Error::refused(format!("{field}: {why}")).at(field))
}

/// Refuses a purpose that names a field which contacts do not have: what leaves for a purpose are the fields it names, and
/// one that is misspelt would silently stay behind. Checked where the store's own fields are known.
pub fn purpose_fields(schema: &Schema, purpose: &Purpose) -> Result<(), Error> {
    let mut known: Vec<String> = schema.of(RecordKind::Contact).iter().map(FieldInfo::address).collect();
    known.push("notes".to_owned());
    for name in &purpose.fields.0 {
        if known.contains(name) {
            continue;
        }
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        let error = Error::usage(format!("fields: a contact has no field `{name}`")).at("fields");
        return Err(match crate::domain::text::nearest(name, &names) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("there are: {}", known.join(", "))),
        });
    }
    Ok(())
}

fn purpose(old: Option<&Fields>, new: &Fields) -> Result<(), Error> {
    let purpose: Purpose = typed(new).map_err(super::store_error)?;
    let missing = missing::<Purpose>(new);
    if let Some(first) = missing.first() {
        return Err(Error::refused(format!("no purpose without {}", missing.join(", ")))
            .hint("a purpose says what it is, on which legal basis it stands, by which channels persons are reached and how long data is kept (--title, --description, --basis, --channel, --retention)")
            .at(*first));
    }
    purpose.check().map_err(|(field, why)| Error::refused(format!("{field}: {why}")).at(field))?;
    if let Some(fixed) = changed_name(old, new, PurposeField::name.key()) {
        return Err(Error::usage(format!("the purpose `{fixed}` keeps its name: consents point at it"))
            .hint("change its title, or retire it and add another")
            .at("name"));
    }
    Ok(())
}

/// The name that a record had and no longer has.
fn changed_name(old: Option<&Fields>, new: &Fields, key: FieldKey) -> Option<String> {
    let had = old?.get(&key)?;
    (new.get(&key) != Some(had)).then(|| had.to_string())
}

fn recipient(old: Option<&Fields>, new: &Fields) -> Result<Vec<String>, Error> {
    let recipient: Recipient = typed(new).map_err(super::store_error)?;
    let missing = missing::<Recipient>(new);
    if let Some(first) = missing.first() {
        return Err(Error::refused(format!("no recipient without {}", missing.join(", "))).at(*first));
    }
    crate::domain::access::slug(&recipient.name)
        .map_err(|error| Error::usage(error.to_string()).at("name"))?;
    if changed_name(old, new, RecipientField::name.key()).is_some() {
        return Err(Error::usage("a recipient keeps its name: exports point at it").at("name"));
    }
    Ok(Vec::new())
}

fn task(new: &Fields) -> Result<Vec<String>, Error> {
    let task: Task = typed(new).map_err(super::store_error)?;
    if task.text.trim().is_empty() {
        return Err(Error::usage("the task is empty").at("text"));
    }
    Ok(text_warnings(&task.text))
}

fn settings(new: &Fields) -> Result<(), Error> {
    let settings: Settings = typed(new).map_err(super::store_error)?;
    if !(0..=MOST_MONTHS).contains(&settings.readings_months) {
        return Err(Error::usage(format!(
            "who looked at whom is kept for 1 to {MOST_MONTHS} months, not {}",
            settings.readings_months
        )));
    }
    let region = settings.region.trim();
    let of_country = settings.country.is_some_and(|country| {
        let part = region.strip_prefix(country.code()).and_then(|rest| rest.strip_prefix('-'));
        part.is_some_and(|part| {
            (1..=3).contains(&part.len())
                && part.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        })
    });
    if !region.is_empty() && !of_country {
        return Err(Error::usage(format!("`{region}` is no part of the controller's country"))
            .hint("write it by ISO 3166-2, as DE-BY")
            .at("region"));
    }
    Ok(())
}

fn contact(old: Option<&Fields>, new: &Fields) -> Result<Vec<String>, Error> {
    let contact: Contact = typed(new).map_err(super::store_error)?;
    let missing = missing::<Contact>(new);
    if let Some(first) = missing.first() {
        return Err(Error::refused(format!("no contact without a legal basis, its reason and a source: {} missing", missing.join(", ")))
            .hint("say on what ground the person's data is held (--basis), why it applies (--reason), and where it came from (--source)")
            .at(*first));
    }
    if contact.display_name().is_empty() {
        return Err(Error::usage("a contact needs a name, an e-mail address or a phone number"));
    }
    let basis = |fields: &Fields| fields.get(&ContactField::basis.key()).cloned();
    if let Some(old) = old
        && contact.basis == Some(Basis::Consent)
        && basis(old).is_some()
        && basis(old) != basis(new)
    {
        return Err(Error::refused(
            "consent is not given by an edit: it is recorded when the person gives it",
        )
        .hint("keep the basis as it is, or record the person's own words")
        .at("basis"));
    }
    Ok(Vec::new())
}

fn company(new: &Fields) -> Result<Vec<String>, Error> {
    let company: Company = typed(new).map_err(super::store_error)?;
    if company.name.is_empty() {
        return Err(Error::usage("a company needs a name").hint("give it with --name").at("name"));
    }
    Ok(Vec::new())
}

fn note(new: &Fields) -> Result<Vec<String>, Error> {
    let note: Note = typed(new).map_err(super::store_error)?;
    if note.text.trim().is_empty() {
        return Err(Error::usage("the note is empty").at("text"));
    }
    Ok(text_warnings(&note.text))
}

/// The words for what a record of this kind needs and this one lacks.
fn missing<E: Entity>(fields: &Fields) -> Vec<&'static str> {
    let empty = |value: &Value| value.to_string().trim().is_empty();
    let lacks = |spec: &&FieldSpec| spec.needed && fields.get(&spec.key).is_none_or(empty);
    E::specs().iter().copied().filter(lacks).map(|spec| spec.name).collect()
}

/// What newly written tags and own fields of a person hint at that should not be held: their names were checked when they
/// were made, and what is written into them is as free as a note.
pub fn telling(old: Option<&Fields>, new: &Fields) -> Vec<String> {
    let free = |key: FieldKey| key.is_custom() || key == ContactField::tags.key();
    let written = |(key, value): &(&FieldKey, &Value)| {
        free(**key) && old.and_then(|old| old.get(key)).is_none_or(|had| had != *value)
    };
    let texts: Vec<String> = new.iter().filter(written).map(|(_, value)| value.to_string()).collect();
    if texts.is_empty() { Vec::new() } else { text_warnings(&texts.join("\n")) }
}

/// What a free text hints at that should not be held (R8).
pub fn text_warnings(text: &str) -> Vec<String> {
    forbidden::in_text(text)
        .iter()
        .map(|found| {
            format!(
                "the text seems to tell of {} ({}); leave out what is not needed",
                found.kind.replace('_', " "),
                found.why
            )
        })
        .collect()
}

fn custom_field(old: Option<&Fields>, new: &Fields) -> Result<(), Error> {
    let field: CustomField = typed(new).map_err(super::store_error)?;
    let mut missing = Vec::new();
    if field.purpose.trim().is_empty() {
        missing.push("purpose");
    }
    if field.justification.trim().is_empty() {
        missing.push("justification");
    }
    if let Some(first) = missing.first() {
        return Err(Error::refused(format!(
            "no field without purpose and justification: {} missing",
            missing.join(", ")
        ))
        .hint("say what the data is for (--purpose) and why it cannot be done without (--justification)")
        .at(*first));
    }
    for name in [&field.name, &field.label].into_iter().chain(&field.choices.0) {
        if let Some(found) = forbidden::by_name(name) {
            return Err(Error::refused(format!(
                "`{name}` is data that is not held: {} ({})",
                found.kind.replace('_', " "),
                found.why
            )));
        }
    }
    let slug = |name: &str| {
        !name.is_empty()
            && name.len() <= 40
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    if !slug(&field.name) {
        return Err(Error::usage(format!("`{}` cannot name a field", field.name))
            .hint("use up to 40 lower-case letters, digits and _, beginning with a letter; the label may be anything")
            .at("name"));
    }
    let (Some(on), Some(kind)) = (field.on.0, field.kind.0) else {
        return Err(Error::usage("a field needs a kind (--kind) and the records it is on (--on)"));
    };
    if specs_of(on.record()).iter().any(|spec| spec.name == field.name) {
        return Err(Error::usage(format!("`{}` is a built-in field already", field.name)).at("name"));
    }
    if (kind == CustomKind::Choice) == field.choices.0.is_empty() {
        return Err(Error::usage(
            "a choice needs the words to choose from (--choices), and only a choice does",
        )
        .at("choices"));
    }
    if let Some(old) = old {
        for fixed in ["name", "on", "kind"] {
            let key =
                specs_of(RecordKind::CustomField).iter().find(|spec| spec.name == fixed).map(|spec| spec.key);
            if let Some(key) = key
                && old.get(&key) != new.get(&key)
            {
                return Err(Error::usage(format!(
                    "the {fixed} of a field cannot change: values are stored under it"
                ))
                .hint("retire the field and add another")
                .at(fixed));
            }
        }
    }
    Ok(())
}

/// Fields a record gets when nobody says otherwise.
pub fn defaults(
    kind: RecordKind,
    fields: &mut Fields,
    now: crate::domain::time::Timestamp,
    actor: crate::domain::id::UserId,
) {
    match kind {
        RecordKind::Note => {
            fields.entry(NoteField::kind.key()).or_insert_with(|| Value::Word("note".to_owned()));
            fields.entry(NoteField::happened_at.key()).or_insert(Value::Time(now));
            fields.insert(NoteField::author.key(), Value::User(actor));
        }
        RecordKind::Contact => {
            fields
                .entry(ContactField::obtained_on.key())
                .or_insert(Value::Day(crate::domain::value::Day(now.date())));
        }
        RecordKind::Task => {
            fields.entry(TaskField::kind.key()).or_insert_with(|| Value::Word("other".to_owned()));
            fields.entry(TaskField::owner.key()).or_insert(Value::User(actor));
        }
        _ => {}
    }
}

/// A refusal for a record that is deleted.
pub fn deleted(kind: RecordKind) -> Error {
    Error::new(Code::Refused, format!("the {kind} is deleted")).hint("restore it first")
}
