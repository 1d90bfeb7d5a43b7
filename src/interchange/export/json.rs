//! Contacts as the JSON that commands speak.

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use super::ExportRecord;
use crate::domain::contact::ContactField;
use crate::domain::reach::Labelled;
use crate::domain::value::Value;

/// A value as JSON: lists as arrays of objects, times as RFC 3339, ids as UUIDs.
pub fn value_json(value: &Value) -> Json {
    fn items<T: std::fmt::Display>(items: &[Labelled<T>], name: &str) -> Json {
        items
            .iter()
            .map(|item| {
                labelled(item, |object, value| {
                    object.insert(name.to_owned(), Json::String(value.to_string()));
                })
            })
            .collect()
    }
    match value {
        Value::Text(text) | Value::Word(text) => Json::String(text.clone()),
        Value::Phones(phones) => items(phones, "number"),
        Value::Emails(emails) => items(emails, "address"),
        Value::Links(links) => items(links, "url"),
        Value::Addresses(addresses) => addresses
            .iter()
            .map(|item| {
                labelled(item, |object, address| {
                    let parts = [
                        ("street", &address.street),
                        ("postal_code", &address.postal_code),
                        ("city", &address.city),
                        ("region", &address.region),
                        ("country", &address.country),
                    ];
                    for (name, part) in parts.into_iter().filter(|(_, part)| !part.is_empty()) {
                        object.insert(name.to_owned(), Json::String(part.clone()));
                    }
                })
            })
            .collect(),
        Value::Tags(words) | Value::Words(words) => {
            words.iter().map(|word| Json::String(word.clone())).collect()
        }
        Value::Country(country) => Json::String(country.to_string()),
        Value::Language(language) => Json::String(language.to_string()),
        Value::Basis(basis) => Json::String(basis.to_string()),
        Value::Company(id) => Json::String(id.to_string()),
        Value::Contact(id) => Json::String(id.to_string()),
        Value::User(id) => Json::String(id.to_string()),
        Value::Day(day) => Json::String(day.to_string()),
        Value::Time(time) => Json::String(time.to_string()),
        Value::Flag(yes) => Json::Bool(*yes),
        Value::Number(number) => json!(number),
    }
}

fn labelled<T>(item: &Labelled<T>, fill: impl Fn(&mut Map<String, Json>, &T)) -> Json {
    let mut object = Map::new();
    fill(&mut object, &item.value);
    if !item.label.is_empty() {
        object.insert("label".to_owned(), Json::String(item.label.clone()));
    }
    Json::Object(object)
}

/// A contact as an object. Lists that are empty are there, and empty; other fields are absent.
pub fn contact(record: &ExportRecord<'_>) -> Json {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(record.id.to_string()));
    object.insert("revision".to_owned(), json!(record.revision));
    object.insert("display_name".to_owned(), json!(record.display_name));
    object.insert("created_at".to_owned(), json!(record.created_at.to_string()));
    object.insert("updated_at".to_owned(), json!(record.updated_at.to_string()));
    for field in [ContactField::phones, ContactField::emails, ContactField::tags] {
        object.insert(field.spec().name.to_owned(), json!([]));
    }
    for (field, value, text) in record.built_in() {
        let written = match field {
            // Names are what people and other stores know; ids mean nothing outside.
            ContactField::company | ContactField::owner => Json::String(text.to_owned()),
            ContactField::form_of_address
            | ContactField::name_prefix
            | ContactField::given_name
            | ContactField::middle_name
            | ContactField::family_name
            | ContactField::name_suffix
            | ContactField::job_title
            | ContactField::department
            | ContactField::phones
            | ContactField::emails
            | ContactField::addresses
            | ContactField::websites
            | ContactField::country
            | ContactField::language
            | ContactField::team
            | ContactField::tags
            | ContactField::basis
            | ContactField::reason
            | ContactField::source
            | ContactField::supplier
            | ContactField::obtained_on
            | ContactField::verified_on
            | ContactField::external_id
            | ContactField::deleted_at
            | ContactField::merged_into => value_json(value),
        };
        object.insert(field.spec().name.to_owned(), written);
    }
    let custom: Map<String, Json> =
        record.custom().map(|(name, value)| (name.to_owned(), value_json(value))).collect();
    object.insert("custom".to_owned(), Json::Object(custom));
    if !record.notes.is_empty() {
        object.insert("notes".to_owned(), json!(record.notes));
    }
    Json::Object(object)
}

/// A JSON file with many objects, one a line: an array, or `{"items":[…],"total":n,"withheld":{…}}`.
pub struct Items<W: Write> {
    out: W,
    total: u64,
    wrapped: bool,
}

impl<W: Write> Items<W> {
    pub fn plain(mut out: W) -> io::Result<Items<W>> {
        out.write_all(b"[")?;
        Ok(Items { out, total: 0, wrapped: false })
    }

    pub fn wrapped(mut out: W) -> io::Result<Items<W>> {
        out.write_all(b"{\"items\":[")?;
        Ok(Items { out, total: 0, wrapped: true })
    }

    pub fn write(&mut self, item: &Json) -> io::Result<()> {
        self.out.write_all(if self.total == 0 { b"\n" } else { b",\n" })?;
        self.total += 1;
        Ok(serde_json::to_writer(&mut self.out, item)?)
    }

    pub fn finish(mut self, withheld: &[(String, u64)]) -> io::Result<W> {
        self.out.write_all(b"\n]")?;
        if self.wrapped {
            let withheld: Map<String, Json> =
                withheld.iter().map(|(reason, count)| (reason.clone(), json!(count))).collect();
            write!(self.out, ",\"total\":{}", self.total)?;
            if !withheld.is_empty() {
                write!(self.out, ",\"withheld\":{}", Json::Object(withheld))?;
            }
            self.out.write_all(b"}")?;
        }
        self.out.write_all(b"\n")?;
        Ok(self.out)
    }
}
