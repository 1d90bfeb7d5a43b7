//! `callbook status`

use serde_json::{Map, Value as Json, json};

use crate::api::frame::Health;
use crate::api::{Status, Whoami};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::out::object;
use crate::domain::text::neutralise;
use crate::env::Zone;

pub(crate) fn run(ctx: &mut Ctx<'_>) -> Done {
    // Asked before the store: a server that holds it locked can still tell about itself.
    let health = match ctx.embedded() {
        true => None,
        false => ctx.reach()?.map(|(remote, _)| remote.health()).transpose()?,
    };
    if let Some(health) = health.as_ref().filter(|health| health.locked) {
        let mut out = Map::new();
        put_health(&mut out, health);
        return object(ctx, &health.socket, Json::Object(out.clone()), |_| lines(&out));
    }
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
    if let Some(last) = &status.checkpoint {
        out.insert("checkpoint_at".to_owned(), json!(last.at));
        out.insert("checkpoint_entries".to_owned(), json!(last.size));
        out.insert("entries_since".to_owned(), json!(status.entries.saturating_sub(last.size)));
    }
    out.insert("bytes_on_disk".to_owned(), json!(status.bytes_on_disk));
    if let Some(bytes) = status.resident_bytes {
        out.insert("resident_bytes".to_owned(), json!(bytes));
    }
    out.insert("started_at".to_owned(), json!(status.started_at));
    if let Some(at) = status.swept_at {
        out.insert("swept_at".to_owned(), json!(at));
        let next = ctx.config.retention.schedule.as_ref().and_then(|when| when.next_after(at, Zone::Local));
        if let Some(next) = next {
            out.insert("next_sweep".to_owned(), json!(next));
        }
    }
    out.insert("ways_to_unlock".to_owned(), json!(status.ways_to_unlock));
    if let Some(last) = status.last_backup {
        out.insert("last_backup".to_owned(), json!(last));
    }
    crate::cli::json::put_text(
        &mut out,
        "backup_failed",
        status.backup_failed.as_deref().unwrap_or_default(),
    );
    if let Some(health) = &health {
        put_health(&mut out, health);
    }
    object(ctx, &status.store.to_string(), Json::Object(out.clone()), |_| lines(&out))
}

/// How the server is.
fn put_health(out: &mut Map<String, Json>, health: &Health) {
    let state = if health.locked { "locked" } else { "open" };
    out.insert("server".to_owned(), json!(state));
    out.insert("pid".to_owned(), json!(health.pid));
    out.insert("socket".to_owned(), json!(health.socket));
    out.insert("sessions".to_owned(), json!(health.sessions));
    out.insert("uptime_seconds".to_owned(), json!(health.uptime));
    out.insert("on_demand".to_owned(), json!(health.on_demand));
}

fn lines(out: &Map<String, Json>) -> String {
    out.iter()
        .map(|(key, value)| {
            let text = match value {
                Json::String(text) => text.clone(),
                Json::Array(items) => items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", "),
                other => other.to_string(),
            };
            format!("{:<18}  {}\n", key.replace('_', " "), neutralise(&text))
        })
        .collect()
}
