//! Contacts as the JSON that commands speak.

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use super::ExportRecord;
use crate::domain::contact::ContactField;
use crate::domain::reach::Labelled;
use crate::domain::value::Value;

/// A value as JSON: snake_case, times RFC 3339 UTC, numbers E.164, lists as arrays of objects. What names another record
/// is that record's name here, which `text` gives: names are what people and other stores know.
pub fn value_json(value: &Value, text: &str) -> Json {
    match value {
        Value::Text(text) | Value::Word(text) => Json::from(text.as_str()),
        Value::Phones(items) => labelled(items, |phone, put| {
            put("number", phone.e164());
            put("extension", phone.extension().unwrap_or_default());
        }),
        Value::Emails(items) => labelled(items, |email, put| put("address", email.as_str())),
        Value::Links(items) => labelled(items, |url, put| put("url", url.as_str())),
        Value::Addresses(items) => labelled(items, |address, put| {
            put("street", &address.street);
            put("postal_code", &address.postal_code);
            put("city", &address.city);
            put("region", &address.region);
            put("country", &address.country);
        }),
        Value::Tags(words) | Value::Words(words) => json!(words),
        Value::Country(country) => json!(country),
        Value::Language(language) => json!(language),
        Value::Basis(basis) => json!(basis),
        Value::Company(_) | Value::Contact(_) | Value::User(_) => Json::from(text),
        Value::Day(day) => json!(day),
        Value::Time(time) => json!(time),
        Value::Flag(yes) => json!(yes),
        Value::Number(number) => json!(number),
    }
}

/// Items as objects of their parts and their label, those that are not empty.
fn labelled<T>(items: &[Labelled<T>], parts: impl Fn(&T, &mut dyn FnMut(&str, &str))) -> Json {
    let objects = items.iter().map(|item| {
        let mut object = Map::new();
        let mut put = |name: &str, text: &str| {
            if !text.is_empty() {
                object.insert(name.to_owned(), Json::from(text));
            }
        };
        parts(&item.value, &mut put);
        put("label", &item.label);
        Json::Object(object)
    });
    Json::Array(objects.collect())
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
        object.insert(field.spec().name.to_owned(), value_json(value, text));
    }
    let custom: Map<String, Json> =
        record.custom().map(|(name, value, text)| (name.to_owned(), value_json(value, text))).collect();
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
