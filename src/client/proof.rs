//! Checking a proof of consent without the store: the file that `callbook consent prove` writes as JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value as Json;

use crate::api::Error;
use crate::domain::consent::ConsentEvent;
use crate::domain::entity::Entity;
use crate::domain::field::Edit;
use crate::interchange::export::json::value_json;
use crate::service::check::{Checked, check, open};

pub use crate::service::check::{CheckedBundle, check_bundle};

/// The value of `format` in the file.
pub const FORMAT: &str = "callbook-consent-proof";
/// The value of `version` in the file.
pub const VERSION: u64 = 1;
/// The longest file that is read, in bytes.
pub const MAX_FILE: u64 = 64 << 20;

/// What was established about one event.
pub struct CheckedEvent {
    pub id: String,
    pub checked: Checked,
    /// Whether the entry is proven to be about the very words in the file, or only to be there.
    pub words: bool,
}

/// Whether a file is such a proof, rather than one of a single entry.
pub fn is_consent_proof(text: &str) -> bool {
    serde_json::from_str::<Json>(text)
        .is_ok_and(|json| json.get("format").and_then(Json::as_str) == Some(FORMAT))
}

/// Checks each event of a proof against a checkpoint: the one inside, when none is given.
pub fn check_consent(
    text: &str,
    checkpoint: Option<&str>,
    key: Option<&str>,
) -> Result<Vec<CheckedEvent>, Error> {
    let wrong =
        |why: &str| Error::integrity(format!("this is no proof of consent that can be checked: {why}"));
    let json: Json = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
    let version = json.get("version").and_then(Json::as_u64);
    if version != Some(VERSION) {
        return Err(wrong(&format!("this program reads version {VERSION}")));
    }
    let inside =
        json.get("checkpoint").and_then(Json::as_str).ok_or_else(|| wrong("it has no checkpoint"))?;
    let events = json.get("events").and_then(Json::as_array).ok_or_else(|| wrong("it has no events"))?;
    let mut all = Vec::new();
    for one in events {
        let told = one.get("event").and_then(Json::as_object).ok_or_else(|| wrong("an event is missing"))?;
        let id = told.get("id").and_then(Json::as_str).ok_or_else(|| wrong("an event has no number"))?;
        let proof = one.get("proof").ok_or_else(|| wrong("an event has no proof"))?.to_string();
        let checked = check(&proof, checkpoint.unwrap_or(inside), key)?;
        if told.get("seq").and_then(Json::as_u64) != Some(checked.entry) {
            return Err(wrong(&format!("the event {id} names another entry than its proof")));
        }
        let Some(opening) = one.get("opening") else {
            all.push(CheckedEvent { id: id.to_owned(), checked, words: false });
            continue;
        };
        let bytes = |name: &str| {
            let text = opening.get(name).and_then(Json::as_str).unwrap_or_default();
            BASE64.decode(text).map_err(|_| wrong(&format!("`{name}` of the event {id} is not base64")))
        };
        let opened = open(&proof, &bytes("r")?, &bytes("changes")?)?;
        if opened.record.to_string() != id {
            return Err(wrong(&format!("the event {id} has the proof of another record")));
        }
        let recorded = serde_json::to_value(opened.at).unwrap_or_default();
        if told.get("recorded_at") != Some(&recorded) {
            return Err(wrong(&format!("the event {id} was recorded at {}", opened.at)));
        }
        for spec in ConsentEvent::specs().iter().filter(|spec| spec.edit != Edit::Secret) {
            let held = opened.fields.get(&spec.key).map(|value| value_json(value, &value.to_string()));
            if told.get(spec.name) != held.as_ref() {
                return Err(wrong(&format!(
                    "`{}` of the event {id} is not what the log has committed to",
                    spec.name
                )));
            }
        }
        all.push(CheckedEvent { id: id.to_owned(), checked, words: true });
    }
    Ok(all)
}
