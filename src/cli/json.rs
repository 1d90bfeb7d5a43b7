//! Records as JSON: snake_case, times RFC 3339 UTC, numbers E.164, absent rather than null.

use serde_json::{Map, Value as Json, json};

use crate::api::{ChangeView, Entry, Shown, Similar, View};
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::schema::{FieldInfo, Schema};
use crate::domain::value::Value;
pub(crate) use crate::interchange::export::json::value_json as value;

/// Sets a key unless the text is empty.
pub(crate) fn put_text(object: &mut Map<String, Json>, key: &str, text: &str) {
    if !text.is_empty() {
        object.insert(key.to_owned(), Json::from(text));
    }
}

/// A field as JSON; a masked one is its mask.
pub(crate) fn shown(shown: &Shown) -> Json {
    match &shown.value {
        Some(of) => value(of, &shown.text),
        None => Json::from(shown.text.as_str()),
    }
}

/// A record. With `only`, these fields and what identifies it.
pub(crate) fn record(view: &View, schema: &Schema, only: Option<&[FieldKey]>) -> Map<String, Json> {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(view.id));
    object.insert("revision".to_owned(), json!(view.revision));
    if view.kind == RecordKind::Contact {
        object.insert("display_name".to_owned(), Json::from(view.title.as_str()));
    }
    let wanted = |field: &&FieldInfo| only.is_none_or(|keys| keys.contains(&field.key));
    let mut own = Map::new();
    for field in schema.of(view.kind).iter().filter(wanted) {
        match view.get(field.key) {
            Some(one) if field.custom => {
                own.insert(field.name.clone(), shown(one));
            }
            Some(one) => {
                object.insert(field.name.clone(), shown(one));
                if let Some(id) = one.value.as_ref().and_then(Value::record) {
                    object.insert(format!("{}_id", field.name), json!(id));
                }
            }
            // Lists are there even when empty, so that scripts can go through them.
            None if field.kind.is_list() && !field.custom => {
                object.insert(field.name.clone(), json!([]));
            }
            None => {}
        }
    }
    object.insert("created_at".to_owned(), json!(view.created_at));
    object.insert("updated_at".to_owned(), json!(view.updated_at));
    let takes_own = view.kind.indexed().is_some();
    if takes_own && (only.is_none() || !own.is_empty()) {
        object.insert("custom".to_owned(), Json::Object(own));
    }
    if view.deleted {
        object.insert("deleted".to_owned(), json!(true));
    }
    object
}

/// A change of one field.
pub(crate) fn change(change: &ChangeView, old: &str, new: &str) -> Json {
    let mut object = Map::new();
    let name = if change.field.is_custom() && !change.name.starts_with("custom.") {
        format!("custom.{}", change.name)
    } else {
        change.name.clone()
    };
    object.insert("field".to_owned(), Json::from(name));
    if let Some(before) = &change.old {
        object.insert(old.to_owned(), shown(before));
    }
    if let Some(after) = &change.new {
        object.insert(new.to_owned(), shown(after));
    }
    Json::Object(object)
}

pub(crate) fn changes(of: &[ChangeView]) -> Json {
    Json::Array(of.iter().map(|one| change(one, "old", "new")).collect())
}

/// An entry of the log.
pub(crate) fn entry(entry: &Entry) -> Json {
    let mut object = Map::new();
    object.insert("seq".to_owned(), json!(entry.seq));
    object.insert("at".to_owned(), json!(entry.at));
    object.insert("actor".to_owned(), json!(entry.actor));
    object.insert("session".to_owned(), json!(entry.session));
    object.insert("action".to_owned(), json!(entry.action));
    object.insert("kind".to_owned(), json!(entry.kind));
    object.insert("id".to_owned(), json!(entry.id));
    if let Some(about) = entry.about {
        object.insert("about".to_owned(), json!(about));
    }
    put_text(&mut object, "title", &entry.title);
    object.insert("revision".to_owned(), json!(entry.revision));
    object.insert("transaction".to_owned(), json!(entry.transaction));
    object.insert("changes".to_owned(), changes(&entry.changes));
    if entry.erased {
        object.insert("erased".to_owned(), json!(true));
    }
    Json::Object(object)
}

/// A contact that could be the same person.
pub(crate) fn similar(similar: &Similar) -> Json {
    let mut object = Map::new();
    if let Some(id) = similar.id {
        object.insert("id".to_owned(), json!(id));
    }
    put_text(&mut object, "ask", &similar.ask);
    object.insert("display_name".to_owned(), json!(similar.title));
    put_text(&mut object, "company", &similar.company);
    if !similar.same.is_empty() {
        object.insert("same".to_owned(), json!(similar.same));
    }
    Json::Object(object)
}

#[cfg(test)]
mod tests {
    use super::record;
    use crate::client::fake::{anna, schema};
    use crate::domain::contact::ContactField;

    #[test]
    fn a_contact_has_what_the_contract_says() {
        insta::assert_json_snapshot!(record(&anna(), &schema(), None));
    }

    #[test]
    fn columns_narrow_it_down() {
        let only = [ContactField::given_name.key(), ContactField::job_title.key(), ContactField::tags.key()];
        let object = record(&anna(), &schema(), Some(&only));
        let keys: Vec<&str> = object.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            ["id", "revision", "display_name", "given_name", "tags", "created_at", "updated_at"]
        );
    }
}
