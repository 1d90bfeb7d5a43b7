//! Contacts in JSON: the program's own, JSContact (RFC 9553), and flat objects whose keys are those of a table.

mod jscontact;
mod objects;

use std::io::Read;

use serde_json::{Map, Value as Json};

use crate::domain::contact::{Contact, ContactField};
use crate::domain::edit::{FieldEdit, Incoming, Input};
use crate::domain::entity::Entity;
use crate::domain::field::Edit;
use crate::domain::forbidden;
use crate::domain::reach::{Address, Labelled};
use crate::domain::value::{Kind, Value};
use crate::interchange::csv::{country_of, push_name, tags};
use crate::interchange::mapping::{self, Target, is_list};
use crate::interchange::{Dropped, NO_FIELD, RowError, Tally, notation};

/// The people in a JSON file, object by object.
pub struct JsonImport<R> {
    objects: objects::Objects<R>,
    tally: Tally,
    failed: Option<std::io::Error>,
    ended: bool,
}

impl<R: Read> JsonImport<R> {
    /// `reader` gives UTF-8.
    pub fn new(reader: R) -> JsonImport<R> {
        JsonImport {
            objects: objects::Objects::new(reader),
            tally: Tally::default(),
            failed: None,
            ended: false,
        }
    }

    /// What was in the objects read so far and is not taken.
    pub fn dropped(&self) -> Vec<Dropped> {
        self.tally.list()
    }

    /// The error that ended reading, if one did.
    pub fn failure(&self) -> Option<&std::io::Error> {
        self.failed.as_ref()
    }
}

impl<R: Read> Iterator for JsonImport<R> {
    type Item = Result<Incoming, RowError>;

    fn next(&mut self) -> Option<Result<Incoming, RowError>> {
        if self.ended {
            return None;
        }
        match self.objects.next_object() {
            Ok(Some(Ok((row, bytes)))) => {
                let tally = &mut self.tally;
                let mut drop = |field: &str, why: &str| tally.count(row, field, why);
                Some(read(row, &bytes, &mut drop).map_err(|reason| RowError::new(row, reason)))
            }
            Ok(Some(Err(error))) => Some(Err(error)),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                self.failed = Some(error);
                None
            }
        }
    }
}

type Drop<'a> = &'a mut dyn FnMut(&str, &str);

fn read(row: u64, bytes: &[u8], drop: Drop<'_>) -> Result<Incoming, String> {
    let object: Map<String, Json> =
        serde_json::from_slice(bytes).map_err(|error| format!("no JSON: {error}"))?;
    let mut incoming = Incoming { row, ..Incoming::default() };
    if object.get("@type").and_then(Json::as_str) == Some("Card") {
        jscontact::read(&object, &mut incoming, drop)?;
    } else {
        read_flat(&object, &mut incoming, drop)?;
    }
    if let Some(lost) = lost_text(&object) {
        return Err(format!(
            "`{lost}` holds a NUL or a character that was lost; what stood there is not known"
        ));
    }
    if incoming.fields.is_empty() && incoming.notes.is_empty() {
        return Err("the object holds nothing that is taken".to_owned());
    }
    Ok(incoming)
}

/// The key of a text that is damaged.
fn lost_text(object: &Map<String, Json>) -> Option<&str> {
    fn is_lost(value: &Json) -> bool {
        match value {
            Json::String(text) => text.contains(['\0', '\u{fffd}']),
            Json::Array(items) => items.iter().any(is_lost),
            Json::Object(object) => object.values().any(is_lost),
            Json::Null | Json::Bool(_) | Json::Number(_) => false,
        }
    }
    object.iter().find(|(_, value)| is_lost(value)).map(|(key, _)| key.as_str())
}

/// Keys of the program's own objects that say nothing about the person.
const SILENT: &[&str] = &[
    "id",
    "revision",
    "display_name",
    "created_at",
    "updated_at",
    "deleted_at",
    "merged_into",
    "quarantined",
    "restricted",
    "restricted_at",
    "restricted_for",
    "restricted_until",
    "restricted_terms",
    "restriction_lifted",
];

fn read_flat(object: &Map<String, Json>, incoming: &mut Incoming, drop: Drop<'_>) -> Result<(), String> {
    let mut full_name = None;
    for (key, value) in object {
        if value.is_null() {
            continue;
        }
        if let Some(forbidden) = mapping::forbidden_header(key) {
            drop(key, forbidden.why);
            continue;
        }
        match (key.as_str(), value) {
            ("custom", Json::Object(custom)) => read_custom(custom, incoming, drop),
            ("note", Json::String(note)) => incoming.notes.push(note.clone()),
            ("notes", _) => read_notes(value, incoming),
            (key, _) if SILENT.contains(&key) => {}
            (name, _) => {
                let spec = Contact::spec(name).filter(|spec| spec.edit == Edit::Free);
                match spec.and_then(|spec| ContactField::of(spec.key)) {
                    Some(field) => read_field(field, "", value, incoming)?,
                    None => match mapping::target_of(name) {
                        Some(Target::Field { field, label }) => read_field(field, &label, value, incoming)?,
                        Some(Target::Name) => full_name = text(value),
                        Some(Target::Note) => incoming.notes.extend(text(value)),
                        Some(Target::Skip | Target::Part { .. } | Target::LabelOf(_) | Target::Custom(_))
                        | None => {
                            drop(name, NO_FIELD);
                        }
                    },
                }
            }
        }
    }
    let named = |edit: &FieldEdit| {
        edit.field == ContactField::given_name.spec().name
            || edit.field == ContactField::family_name.spec().name
    };
    if let Some(full) = full_name.filter(|_| !incoming.fields.iter().any(named)) {
        push_name(incoming, &full);
    }
    Ok(())
}

fn read_custom(custom: &Map<String, Json>, incoming: &mut Incoming, drop: Drop<'_>) {
    for (name, value) in custom {
        if let Some(forbidden) = forbidden::by_name(name) {
            drop(name, forbidden.why);
        } else if let Some(text) = text(value) {
            incoming.fields.push(FieldEdit::text(&format!("custom.{name}"), text));
        }
    }
}

fn read_notes(value: &Json, incoming: &mut Incoming) {
    let texts = match value {
        Json::Array(notes) => {
            notes.iter().filter_map(|note| text(note.get("text").unwrap_or(note))).collect()
        }
        other => text(other).into_iter().collect::<Vec<_>>(),
    };
    incoming.notes.extend(texts.into_iter().filter(|note| !note.trim().is_empty()));
}

/// A value as the text a person would write for it; `None` when there is none.
fn text(value: &Json) -> Option<String> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Json::Array(items) => items.iter().filter_map(text).collect::<Vec<_>>().join(", "),
        Json::Object(object) => return object.get("name").and_then(text),
        Json::Null => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

fn read_field(field: ContactField, label: &str, value: &Json, incoming: &mut Incoming) -> Result<(), String> {
    let input = if is_list(field) {
        let items = match value {
            Json::Array(items) => items.clone(),
            Json::String(cell) if field != ContactField::addresses => {
                let items = notation::read_items(cell, field, label);
                return push_items(incoming, field, items);
            }
            other => vec![other.clone()],
        };
        if field == ContactField::addresses {
            let mut addresses = Vec::new();
            for item in &items {
                addresses.push(address(item)?);
            }
            if addresses.is_empty() {
                return Ok(());
            }
            Input::Value(Value::Addresses(addresses))
        } else {
            let key = match field.spec().kind {
                Kind::Phones => "number",
                Kind::Links => "url",
                _ => "address",
            };
            let items = items.iter().filter_map(|item| {
                let own = item.get("label").and_then(Json::as_str).unwrap_or(label).to_owned();
                let value = item.get(key).or_else(|| item.get("value")).unwrap_or(item).as_str()?;
                let value = match item.get("extension").and_then(Json::as_str).map(str::trim) {
                    Some(extension) if !extension.is_empty() => format!("{value}x{extension}"),
                    Some(_) | None => value.to_owned(),
                };
                Some(Labelled { label: own, value })
            });
            return push_items(incoming, field, items.collect());
        }
    } else if field == ContactField::tags {
        let words = match value {
            Json::Array(items) => items.iter().filter_map(Json::as_str).flat_map(tags).collect(),
            other => text(other).map(|text| tags(&text)).unwrap_or_default(),
        };
        if words.is_empty() {
            return Ok(());
        }
        Input::AddTags(words)
    } else {
        match text(value) {
            Some(text) => Input::Text(text),
            None => return Ok(()),
        }
    };
    incoming.fields.push(FieldEdit { field: field.spec().name.to_owned(), input });
    Ok(())
}

fn push_items(
    incoming: &mut Incoming,
    field: ContactField,
    items: Vec<Labelled<String>>,
) -> Result<(), String> {
    if items.is_empty() {
        return Ok(());
    }
    let name = field.spec().name;
    // `email` and `phone` of a flat object are items of the same list.
    if let Some(FieldEdit { input: Input::Items(there), .. }) =
        incoming.fields.iter_mut().find(|edit| edit.field == name)
    {
        there.extend(items);
    } else {
        incoming.fields.push(FieldEdit { field: name.to_owned(), input: Input::Items(items) });
    }
    Ok(())
}

fn address(item: &Json) -> Result<Labelled<Address>, String> {
    if let Some(text) = item.as_str() {
        return Address::parse(text).map(Labelled::plain).map_err(|why| why.to_string());
    }
    let part = |name: &str| item.get(name).and_then(text).unwrap_or_default().trim().to_owned();
    let address = Address {
        street: part("street"),
        postal_code: part("postal_code"),
        city: part("city"),
        region: part("region"),
        country: part("country"),
    }
    .tidy();
    address.check().map_err(|why| why.to_string())?;
    Ok(Labelled { label: part("label"), value: address })
}

/// Sets the person's country to that of the first address, where nothing else names it.
fn push_country(incoming: &mut Incoming, addresses: &[Labelled<Address>]) {
    let name = ContactField::country.spec().name;
    if !incoming.fields.iter().any(|edit| edit.field == name) {
        incoming.fields.extend(country_of(addresses));
    }
}
