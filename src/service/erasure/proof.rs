//! Proof of consent and withdrawal that outlives a person's data, for legal claims alone (Art. 17(3)(e) GDPR).
//!
//! For each purpose the events are written out as JSON with what opens their commitments in the log, whose headers and
//! leaves stay: together they still prove the very words. The record lies under a key of its own; when its time is up that
//! key is destroyed like a person's. Nothing reads it but the officer who names the number or address it is about, and no
//! index, list or gate knows of it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::found::Looking;
use crate::api::Error;
use crate::domain::call::{Call, CallField};
use crate::domain::consent::{ConsentEvent, ConsentField, ConsentKind, p1};
use crate::domain::contact::Contact;
use crate::domain::entity::{RecordKind, specs_of};
use crate::domain::reach::{Email, Phone};
use crate::domain::retention::Kept;
use crate::domain::suppression::Identifier;
use crate::domain::value::Day;
use crate::store::{Reader, StoreError, Stored, codec};

/// What is kept of one purpose.
pub struct Proof {
    pub purpose: String,
    pub json: Map<String, Json>,
    pub until: Day,
    /// The rule by which it is kept that long.
    pub rule: String,
    /// By which it is found.
    pub identifiers: BTreeSet<Identifier>,
    /// The entries of the log whose commitments are to be opened.
    events: Vec<Stored>,
}

/// Proofs whose keys are destroyed at once.
pub const PROOFS: usize = 1_000;

/// Whether an event is about consent: said, taken back or used.
fn proves(kind: ConsentKind) -> bool {
    match kind {
        ConsentKind::Given
        | ConsentKind::Refused
        | ConsentKind::Confirmed
        | ConsentKind::Renewed
        | ConsentKind::Withdrawn
        | ConsentKind::Objected
        | ConsentKind::Expired
        | ConsentKind::Revoked
        | ConsentKind::Invalidated
        | ConsentKind::Notified
        | ConsentKind::Used => true,
        ConsentKind::Requested | ConsentKind::Deferred | ConsentKind::Asserted => false,
    }
}

/// Whether somebody may later claim that there was none, or that it was not heeded.
fn matters(kind: ConsentKind) -> bool {
    match kind {
        ConsentKind::Given
        | ConsentKind::Confirmed
        | ConsentKind::Renewed
        | ConsentKind::Withdrawn
        | ConsentKind::Objected => true,
        ConsentKind::Requested
        | ConsentKind::Refused
        | ConsentKind::Deferred
        | ConsentKind::Expired
        | ConsentKind::Revoked
        | ConsentKind::Invalidated
        | ConsentKind::Asserted
        | ConsentKind::Notified
        | ConsentKind::Used => false,
    }
}

/// What is to be kept of a person's ledger. What was never consent, or is older than the law lets it be, is not.
pub fn of(
    look: &Looking<'_>,
    contact: &Contact,
    kept: &Stored,
    events: &[(&Stored, ConsentEvent)],
    records: &[Stored],
) -> Result<Vec<Proof>, Error> {
    let Some(preset) = look.law.retention(contact.country, Kept::ConsentProof) else { return Ok(Vec::new()) };
    let mut purposes: BTreeMap<&str, Vec<(&Stored, &ConsentEvent)>> = BTreeMap::new();
    for (stored, event) in events.iter().filter(|(_, event)| event.kind.0.is_some_and(proves)) {
        purposes.entry(&event.purpose).or_default().push((stored, event));
    }
    let mut proofs = Vec::new();
    for (purpose, events) in purposes {
        if !events.iter().any(|(_, event)| event.kind.0.is_some_and(matters)) {
            continue;
        }
        // From the grant and from each use anew, or from what took it back.
        let last = events.iter().filter_map(|(stored, event)| {
            Some(event.at.unwrap_or(stored.record.created_at).date())
                .filter(|_| event.kind.0 != Some(ConsentKind::Expired))
        });
        let Some(until) = last.max().and_then(|last| preset.due(last)).map(Day) else { continue };
        if until < look.today {
            continue;
        }
        let calls: BTreeSet<Uuid> =
            events.iter().filter_map(|(stored, _)| p1::call_of(&stored.record.fields)).collect();
        let calls: Vec<&Stored> =
            records.iter().filter(|one| one.kind == RecordKind::Call && calls.contains(&one.id)).collect();
        let mut identifiers: BTreeSet<Identifier> =
            Identifier::all_of(RecordKind::Contact, &kept.record.fields).into_iter().collect();
        identifiers.extend(reached(&events, &calls)?);
        let mut json = Map::new();
        json.insert("purpose".to_owned(), json!(purpose));
        json.insert("person".to_owned(), json!({ "id": kept.id, "name": contact.display_name() }));
        json.insert(
            "reached_at".to_owned(),
            json!(identifiers.iter().map(Identifier::text).collect::<Vec<_>>()),
        );
        json.insert("calls".to_owned(), calls.iter().map(|call| fields(call, CALL_LEFT_OUT)).collect());
        proofs.push(Proof {
            purpose: purpose.to_owned(),
            json,
            until,
            rule: preset.id.clone(),
            identifiers,
            events: events.into_iter().map(|(stored, _)| stored.clone()).collect(),
        });
    }
    Ok(proofs)
}

/// Of a call, what was agreed beside is no proof of consent.
const CALL_LEFT_OUT: &[&str] = &[CallField::note.spec().name];
/// The hash of a token proves nothing any more.
const EVENT_LEFT_OUT: &[&str] = &[ConsentField::token.spec().name];

fn fields(stored: &Stored, left_out: &[&str]) -> Json {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(stored.id));
    out.insert("recorded_at".to_owned(), json!(stored.record.created_at));
    for spec in specs_of(stored.kind).iter().filter(|spec| !left_out.contains(&spec.name)) {
        if let Some(value) = stored.record.fields.get(&spec.key) {
            out.insert(spec.name.to_owned(), json!(value.to_string()));
        }
    }
    Json::Object(out)
}

/// The numbers and addresses at which it was said.
fn reached(
    events: &[(&Stored, &ConsentEvent)],
    calls: &[&Stored],
) -> Result<BTreeSet<Identifier>, StoreError> {
    let mut found = BTreeSet::new();
    for (_, event) in events {
        found.extend(Email::parse(&event.address).ok().map(|email| Identifier::email(&email)));
    }
    for call in calls {
        let number = call.entity::<Call>()?.number;
        found.extend(Phone::parse(&number, None).ok().map(|phone| Identifier::phone(&phone)));
    }
    Ok(found)
}

impl Proof {
    /// The whole text, with what opens the entries of the log. It must be read before the persons' keys are gone.
    pub fn text(&self, reader: &Reader<'_>) -> Result<String, Error> {
        let mut json = self.json.clone();
        let mut events = Vec::new();
        for stored in &self.events {
            let mut event = fields(stored, EVENT_LEFT_OUT);
            let header = reader.header(stored.record.last_seq)?;
            if let (Json::Object(event), Some(header)) = (&mut event, header) {
                event.insert("seq".to_owned(), json!(header.seq));
                event.insert("header".to_owned(), json!(BASE64.encode(header.canonical())));
                if let Some(body) = reader.body(&header)? {
                    event.insert("r".to_owned(), json!(BASE64.encode(body.r)));
                    event.insert("changes".to_owned(), json!(BASE64.encode(codec::encode(&body.changes)?)));
                }
            }
            events.push(event);
        }
        json.insert("events".to_owned(), Json::Array(events));
        Ok(Json::Object(json).to_string())
    }
}
