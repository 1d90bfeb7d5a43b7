//! JSContact cards (RFC 9553) as edits.

use serde_json::{Map, Value as Json};

use super::{Drop, push_country, push_items, read_custom, read_field, text};
use crate::domain::contact::{Contact, ContactField};
use crate::domain::edit::{FieldEdit, Incoming, Input};
use crate::domain::entity::Entity;
use crate::domain::field::Edit;
use crate::domain::forbidden;
use crate::domain::reach::{Address, Labelled, Url};
use crate::domain::value::Value;
use crate::interchange::NO_FIELD;
use crate::interchange::csv::{push_name, tags};
use crate::interchange::export::jscontact::VENDOR;
use crate::interchange::mapping::join_labels;
use crate::interchange::vcard::{PRODID, is_ours, tel};

/// Properties that say something about the card and nothing about the person.
const SILENT: &[&str] = &["@type", "version", "prodId", "kind", "created", "updated", "language", "members"];

/// Properties with data that is not held.
const FORBIDDEN: &[(&str, &str)] = &[
    ("anniversaries", "R8, R9: birthdays and anniversaries are not needed to sell"),
    ("speakToAs", "Art. 9(1) GDPR: what it tells about gender is not needed to sell"),
    ("media", "R8: photos are not needed to sell"),
    ("personalInfo", "R8: hobbies and interests are not needed to sell"),
    ("relatedTo", "it is about other people"),
];

pub(super) fn read(card: &Map<String, Json>, incoming: &mut Incoming, drop: Drop<'_>) -> Result<(), String> {
    if let Some(kind @ ("group" | "location" | "application" | "device")) =
        card.get("kind").and_then(Json::as_str)
    {
        return Err(format!("the card stands for a {kind}, not for a person"));
    }
    let ours = card.get("prodId").and_then(Json::as_str) == Some(PRODID);
    let mut addresses = Vec::new();
    for (key, value) in card {
        match key.as_str() {
            "name" => name(value, ours, incoming),
            "organizations" => organization(value, incoming),
            "titles" => {
                let title = values(value).into_iter().find_map(|title| title.get("name").and_then(text));
                push(incoming, ContactField::job_title, title);
            }
            "phones" => {
                let phones = items(value, "number").into_iter().map(|(label, number)| (label, tel(&number)));
                push_items(incoming, ContactField::phones, labelled(phones))?;
            }
            "emails" => {
                push_items(incoming, ContactField::emails, labelled(items(value, "address").into_iter()))?
            }
            "links" => {
                let mut links = labelled(items(value, "uri").into_iter());
                links.retain(|link| {
                    let fits = Url::parse(&link.value).is_ok();
                    if !fits {
                        drop("links", "it is no web address of http or https");
                    }
                    fits
                });
                push_items(incoming, ContactField::websites, links)?;
            }
            "addresses" => {
                for item in values(value) {
                    let address = address(item);
                    if !address.is_empty() {
                        addresses.push(Labelled { label: label(item), value: address.tidy() });
                    }
                }
            }
            "preferredLanguages" => {
                let language = values(value).into_iter().find_map(|item| item.get("language").and_then(text));
                push(incoming, ContactField::language, language);
            }
            "keywords" => {
                let words: Vec<String> =
                    value.as_object().into_iter().flatten().flat_map(|(word, _)| tags(word)).collect();
                if !words.is_empty() {
                    let field = ContactField::tags.spec().name.to_owned();
                    incoming.fields.push(FieldEdit { field, input: Input::AddTags(words) });
                }
            }
            "notes" => incoming
                .notes
                .extend(values(value).into_iter().filter_map(|note| note.get("note").and_then(text))),
            "uid" if ours => {}
            "uid" => push(incoming, ContactField::external_id, text(value)),
            key if SILENT.contains(&key) => {}
            key => match key.strip_prefix(VENDOR) {
                Some("custom") => {
                    if let Some(custom) = value.as_object() {
                        read_custom(custom, incoming, drop);
                    }
                }
                Some(name) => {
                    let spec = Contact::spec(name).filter(|spec| spec.edit == Edit::Free);
                    match spec.and_then(|spec| ContactField::of(spec.key)).filter(|field| is_ours(*field)) {
                        Some(field) => read_field(field, "", value, incoming)?,
                        None => drop(key, NO_FIELD),
                    }
                }
                None => {
                    let why = FORBIDDEN.iter().find(|(forbidden, _)| *forbidden == key).map(|(_, why)| *why);
                    drop(key, why.or(forbidden::by_name(key).map(|found| found.why)).unwrap_or(NO_FIELD));
                }
            },
        }
    }
    if !addresses.is_empty() {
        if !ours {
            push_country(incoming, &addresses);
        }
        incoming
            .fields
            .push(FieldEdit::value(ContactField::addresses.spec().name, Value::Addresses(addresses)));
    }
    Ok(())
}

fn push(incoming: &mut Incoming, field: ContactField, text: Option<String>) {
    if let Some(text) = text {
        incoming.fields.push(FieldEdit::text(field.spec().name, text));
    }
}

/// The values of a map of items, the preferred ones first, then in the order of their keys.
fn values(map: &Json) -> Vec<&Json> {
    let mut values: Vec<&Json> = map.as_object().into_iter().flatten().map(|(_, value)| value).collect();
    values.sort_by_key(|value| value.get("pref").and_then(Json::as_u64).unwrap_or(101));
    values
}

fn items(map: &Json, key: &str) -> Vec<(String, String)> {
    let items = values(map).into_iter();
    items.filter_map(|item| Some((label(item), item.get(key)?.as_str()?.to_owned()))).collect()
}

fn labelled(items: impl Iterator<Item = (String, String)>) -> Vec<Labelled<String>> {
    items.map(|(label, value)| Labelled { label, value }).collect()
}

fn label(item: &Json) -> String {
    if let Some(label) = item.get("label").and_then(Json::as_str) {
        return label.to_owned();
    }
    let set = |name: &str| {
        item.get(name).and_then(Json::as_object).into_iter().flatten().map(|(word, _)| word.as_str())
    };
    let words: Vec<&str> = set("contexts")
        .chain(set("features"))
        .map(|word| if word == "private" { "home" } else { word })
        .filter(|word| !matches!(*word, "voice" | "text" | "video" | "main-number" | "textphone"))
        .collect();
    join_labels(&words)
}

fn name(name: &Json, ours: bool, incoming: &mut Incoming) {
    let components: Vec<&Json> =
        name.get("components").and_then(Json::as_array).into_iter().flatten().collect();
    let kinds: [(ContactField, &[&str]); 5] = [
        (ContactField::name_prefix, &["title"]),
        (ContactField::given_name, &["given"]),
        (ContactField::middle_name, &["given2"]),
        (ContactField::family_name, &["surname", "surname2"]),
        (ContactField::name_suffix, &["credential", "generation"]),
    ];
    for (field, kinds) in kinds {
        let values = components.iter().filter(|component| {
            component.get("kind").and_then(Json::as_str).is_some_and(|kind| kinds.contains(&kind))
        });
        let values: Vec<&str> = values.filter_map(|component| component.get("value")?.as_str()).collect();
        push(incoming, field, Some(values.join(" ")).filter(|joined| !joined.trim().is_empty()));
    }
    let full = name.get("full").and_then(Json::as_str).filter(|full| !full.contains('@'));
    if let Some(full) = full.filter(|_| components.is_empty() && !ours) {
        push_name(incoming, full);
    }
}

fn organization(organizations: &Json, incoming: &mut Incoming) {
    let Some(first) = values(organizations).into_iter().next() else { return };
    push(incoming, ContactField::company, first.get("name").and_then(text));
    let units = first.get("units").and_then(Json::as_array).into_iter().flatten();
    let units: Vec<&str> = units.filter_map(|unit| unit.get("name")?.as_str()).collect();
    push(
        incoming,
        ContactField::department,
        Some(units.join(", ")).filter(|joined| !joined.trim().is_empty()),
    );
}

fn address(item: &Json) -> Address {
    let mut address = Address::default();
    let mut number = String::new();
    for component in item.get("components").and_then(Json::as_array).into_iter().flatten() {
        let (Some(kind), Some(value)) =
            (component.get("kind").and_then(Json::as_str), component.get("value").and_then(Json::as_str))
        else {
            continue;
        };
        // The bar separates the parts of an address in its notation.
        let value = value.replace('|', "/");
        let (place, between) = match kind {
            "postcode" => (&mut address.postal_code, " "),
            "locality" => (&mut address.city, ", "),
            "region" => (&mut address.region, ", "),
            "country" => (&mut address.country, ", "),
            "number" => (&mut number, " "),
            "separator" => continue,
            _ => (&mut address.street, ", "),
        };
        if !place.is_empty() {
            place.push_str(between);
        }
        place.push_str(&value);
    }
    if !number.is_empty() {
        address.street = format!("{} {number}", address.street).trim().to_owned();
    }
    if let Some(code) = item.get("countryCode").and_then(Json::as_str) {
        address.country = code.to_owned();
    }
    if address.is_empty()
        && let Some(full) = item.get("full").and_then(Json::as_str)
    {
        address.street = full.replace('|', "/");
    }
    address
}
