//! `callbook status`

use serde_json::{Map, Value as Json, json};

use crate::api::{Status, Whoami};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::out::object;
use crate::domain::text::neutralise;

pub(crate) fn run(ctx: &mut Ctx<'_>) -> Done {
    let client = ctx.client()?;
    let who = client.call(Whoami {})?;
    let status = client.call(Status {})?;
    let mut out = Map::new();
    out.insert("store".to_owned(), json!(status.store));
    out.insert("controller".to_owned(), json!(who.controller));
    out.insert("country".to_owned(), json!(who.country));
    out.insert("user".to_owned(), json!(who.name));
    out.insert("role".to_owned(), json!(who.role));
    crate::cli::json::put_text(&mut out, "team", &who.team);
    out.insert("version".to_owned(), json!(status.version));
    out.insert("format".to_owned(), json!(status.format));
    out.insert("contacts".to_owned(), json!(status.contacts));
    out.insert("companies".to_owned(), json!(status.companies));
    out.insert("notes".to_owned(), json!(status.notes));
    out.insert("deleted".to_owned(), json!(status.deleted));
    out.insert("entries".to_owned(), json!(status.entries));
    out.insert("bytes_on_disk".to_owned(), json!(status.bytes_on_disk));
    if let Some(bytes) = status.resident_bytes {
        out.insert("resident_bytes".to_owned(), json!(bytes));
    }
    out.insert("started_at".to_owned(), json!(status.started_at));
    out.insert("ways_to_unlock".to_owned(), json!(status.ways_to_unlock));
    let lines: String = out
        .iter()
        .map(|(key, value)| {
            let text = match value {
                Json::String(text) => text.clone(),
                Json::Array(items) => items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", "),
                other => other.to_string(),
            };
            format!("{:<16}  {}\n", key.replace('_', " "), neutralise(&text))
        })
        .collect();
    object(ctx, &status.store.to_string(), Json::Object(out), |_| lines)
}
