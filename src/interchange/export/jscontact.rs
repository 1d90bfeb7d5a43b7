//! JSContact, version 1.0 (RFC 9553).

use serde_json::{Map, Value as Json, json};

use super::ExportRecord;
use super::json::value_json;
use crate::domain::contact::ContactField;
use crate::domain::country::Country;
use crate::domain::reach::{Address, Labelled};
use crate::domain::value::Value;
use crate::interchange::vcard::PRODID;

/// Before the names of properties of Callbook's own. RFC 9553, 1.8.1 wants a domain there; `internal` is reserved for
/// private use, so nobody else's names can be meant.
pub(crate) const VENDOR: &str = "callbook.internal:";

/// A contact as a card.
pub fn card(record: &ExportRecord<'_>) -> Json {
    let mut card = Map::new();
    let mut set = |name: &str, value: Json| {
        card.insert(name.to_owned(), value);
    };
    set("@type", json!("Card"));
    set("version", json!("1.0"));
    set("uid", json!(format!("urn:uuid:{}", record.id)));
    set("prodId", json!(PRODID));
    set("kind", json!("individual"));
    set("created", json!(record.created_at.to_string()));
    set("updated", json!(record.updated_at.to_string()));
    let mut components = Vec::new();
    let (mut company, mut department) = ("", "");
    for (field, value, text) in record.built_in() {
        let word = match value {
            Value::Text(text) => text.as_str(),
            _ => text,
        };
        let mut component = |kind: &str| components.push(json!({ "kind": kind, "value": word }));
        match field {
            ContactField::name_prefix => component("title"),
            ContactField::given_name => component("given"),
            ContactField::middle_name => component("given2"),
            ContactField::family_name => component("surname"),
            ContactField::name_suffix => component("credential"),
            ContactField::company => company = word,
            ContactField::department => department = word,
            ContactField::job_title => set("titles", json!({ "t1": { "kind": "title", "name": word } })),
            ContactField::phones
            | ContactField::emails
            | ContactField::addresses
            | ContactField::websites
            | ContactField::language
            | ContactField::tags => {
                if let (Some(name), Some(value)) = (field.spec().jscontact, native(value)) {
                    set(name, value);
                }
            }
            ContactField::owner => set(&format!("{VENDOR}{}", field.spec().name), json!(text)),
            ContactField::form_of_address
            | ContactField::country
            | ContactField::team
            | ContactField::basis
            | ContactField::reason
            | ContactField::source
            | ContactField::supplier
            | ContactField::obtained_on
            | ContactField::verified_on
            | ContactField::external_id => {
                set(&format!("{VENDOR}{}", field.spec().name), value_json(value, text))
            }
            // What is deleted or merged is not exported.
            ContactField::deleted_at
            | ContactField::merged_into
            | ContactField::restricted_at
            | ContactField::restricted_for
            | ContactField::restricted_until
            | ContactField::restricted_terms
            | ContactField::restriction_lifted => {}
        }
    }
    let mut name = Map::new();
    if !components.is_empty() {
        name.insert("components".to_owned(), Json::Array(components));
        name.insert("isOrdered".to_owned(), json!(false));
    }
    if !record.display_name.trim().is_empty() {
        name.insert("full".to_owned(), json!(record.display_name));
    }
    if !name.is_empty() {
        set("name", Json::Object(name));
    }
    let mut organization = Map::new();
    if !company.is_empty() {
        organization.insert("name".to_owned(), json!(company));
    }
    if !department.is_empty() {
        organization.insert("units".to_owned(), json!([{ "name": department }]));
    }
    if !organization.is_empty() {
        set("organizations", json!({ "o1": organization }));
    }
    if !record.notes.is_empty() {
        let notes = record.notes.iter().enumerate();
        let notes: Map<String, Json> =
            notes.map(|(at, note)| (key("n", at), json!({ "note": note }))).collect();
        set("notes", Json::Object(notes));
    }
    let custom: Map<String, Json> =
        record.custom().map(|(name, value, text)| (name.to_owned(), value_json(value, text))).collect();
    if !custom.is_empty() {
        set(&format!("{VENDOR}custom"), Json::Object(custom));
    }
    Json::Object(card)
}

/// The key of an item: its place, written so that keys sort as places do.
fn key(prefix: &str, at: usize) -> String {
    format!("{prefix}{:04}", at + 1)
}

/// A value that JSContact has a property for.
fn native(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Phones(items) => map("p", items, |object, phone| {
            let uri = match phone.extension() {
                Some(extension) => format!("tel:{};ext={extension}", phone.e164()),
                None => format!("tel:{}", phone.e164()),
            };
            object.insert("number".to_owned(), json!(uri));
        }),
        Value::Emails(items) => map("e", items, |object, email| {
            object.insert("address".to_owned(), json!(email.as_str()));
        }),
        Value::Links(items) => map("l", items, |object, url| {
            object.insert("uri".to_owned(), json!(url.as_str()));
        }),
        Value::Addresses(items) => map("a", items, address),
        Value::Language(language) => json!({ "l1": { "language": language.as_str() } }),
        Value::Tags(tags) => Json::Object(tags.iter().map(|tag| (tag.clone(), json!(true))).collect()),
        Value::Text(_)
        | Value::Country(_)
        | Value::Basis(_)
        | Value::Company(_)
        | Value::Contact(_)
        | Value::User(_)
        | Value::Day(_)
        | Value::Time(_)
        | Value::Flag(_)
        | Value::Number(_)
        | Value::Word(_)
        | Value::Words(_) => return None,
    })
}

fn map<T>(prefix: &str, items: &[Labelled<T>], write: impl Fn(&mut Map<String, Json>, &T)) -> Json {
    let items = items.iter().enumerate().map(|(at, item)| {
        let mut object = Map::new();
        write(&mut object, &item.value);
        let label = item.label.as_str();
        if !label.is_empty() {
            object.insert("label".to_owned(), json!(label));
        }
        if let Some(context) = match label {
            "work" | "work fax" => Some("work"),
            "home" | "home fax" => Some("private"),
            _ => None,
        } {
            object.insert("contexts".to_owned(), json!({ context: true }));
        }
        if let Some(feature) = match label {
            "mobile" | "pager" | "fax" => Some(label),
            "work fax" | "home fax" => Some("fax"),
            _ => None,
        }
        .filter(|_| prefix == "p")
        {
            object.insert("features".to_owned(), json!({ feature: true }));
        }
        (key(prefix, at), Json::Object(object))
    });
    Json::Object(items.collect())
}

fn address(object: &mut Map<String, Json>, address: &Address) {
    // Postal code before city, as most of Europe writes it; `isOrdered` stays false, so nothing depends on it.
    let parts = [
        ("name", &address.street),
        ("postcode", &address.postal_code),
        ("locality", &address.city),
        ("region", &address.region),
    ];
    let mut components: Vec<Json> = parts
        .into_iter()
        .filter(|(_, part)| !part.is_empty())
        .map(|(kind, part)| json!({ "kind": kind, "value": part }))
        .collect();
    match address.country.parse::<Country>() {
        Ok(country) if country.code() == address.country => {
            object.insert("countryCode".to_owned(), json!(country.code()));
        }
        _ if address.country.is_empty() => {}
        _ => components.push(json!({ "kind": "country", "value": address.country })),
    }
    if !components.is_empty() {
        object.insert("components".to_owned(), Json::Array(components));
    }
}
