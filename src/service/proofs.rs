//! Proof of what a person said: as it stood at a moment, with the entries of the log, checkable without the store.
//!
//! The log commits to what was recorded and does not tell it. A proof therefore carries, beside the inclusion of each
//! entry, what opens its commitment; both together prove the very words. Who does not read all of an event gets the
//! inclusion alone.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::ledger::events_of;
use super::list::as_of;
use super::report::{origin, signer};
use super::{Ask, read_lock};
use crate::api::consent::{ConsentProof, EventView, Opening, ProvenEvent, StoredPurpose};
use crate::api::{ConsentProve, ConsentReceipt, Error, Receipt, View};
use crate::domain::consent::{ConsentEvent, ConsentField, ConsentKind, Ledger, ReceiptEvent, p1};
use crate::domain::contact::ContactField;
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::history::fold;
use crate::domain::purpose::Purpose;
use crate::store::codec;
use crate::store::merkle::checkpoint::Checkpoint;
use crate::store::merkle::proof::Proof;
use crate::store::{Reader, Stored};

/// Uses that are told one by one; of those before, their number.
const MOST_USES: usize = 100;

impl Ask<'_> {
    pub(super) fn consent_prove(&self, prove: &ConsentProve) -> Result<ConsentProof, Error> {
        let (now, sight, prove) = (self.now, self.sight().clone(), prove.clone());
        let at = prove.at.unwrap_or(now);
        let world = std::sync::Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let person = sight.fetch(reader, &world, RecordKind::Contact, prove.contact.0)?;
            let id = read_lock(&world).consents.named(&prove.purpose)?.1.id;
            let stored = sight.fetch(reader, &world, RecordKind::Purpose, id)?;
            let then = as_of(reader, stored.clone(), at)?;
            let purpose: Purpose = then.entity()?;
            let mut events = {
                let world = read_lock(&world);
                let mut events = events_of(reader, &sight, &world, &person)?;
                events.retain(|(stored, event)| {
                    let here = event.purpose == purpose.name && event.channel.0 == Some(prove.channel);
                    // An objection to some marketing is one to all of it (Art. 21(3) GDPR).
                    let objects = purpose.marketing && event.kind.0 == Some(ConsentKind::Objected);
                    (here || objects)
                        && stored.record.created_at <= at
                        && event.at.is_none_or(|when| when <= at)
                });
                events
            };
            let standing = Ledger::of(events.iter().map(|(_, event)| event)).standing(
                &purpose.name,
                prove.channel,
                purpose.marketing,
                at,
            );
            let uses = events.iter().filter(|(_, event)| event.kind.0 == Some(ConsentKind::Used)).count();
            let mut drop = uses.saturating_sub(MOST_USES);
            let uses_left_out = drop as u64;
            events.retain(|(_, event)| {
                let goes = drop > 0 && event.kind.0 == Some(ConsentKind::Used);
                drop -= usize::from(goes);
                !goes
            });
            let numbers: BTreeSet<u64> =
                events.iter().filter_map(|(_, event)| u64::try_from(event.purpose_version).ok()).collect();
            let versions = versions(reader, &stored, &numbers)?;
            let mut calls: BTreeMap<Uuid, Option<Stored>> = BTreeMap::new();
            for (stored, _) in &events {
                if let Some(call) = p1::call_of(&stored.record.fields) {
                    calls.insert(call, sight.fetch(reader, &world, RecordKind::Call, call).ok());
                }
            }
            let signer = signer(reader)?;
            let checkpoint = Checkpoint::new(&origin(reader), reader.frontier(), Some(now));
            let checkpoint = checkpoint.sign(&signer).map_err(|error| Error::failed(error.to_string()))?;
            let world = read_lock(&world);
            let mut proven = Vec::new();
            for (stored, _) in &events {
                let header = reader.header(stored.record.last_seq)?.ok_or_else(|| {
                    Error::integrity(format!("history entry {} is missing", stored.record.last_seq))
                })?;
                let inclusion = Proof::make(
                    reader,
                    &header.canonical(),
                    header.seq,
                    &checkpoint,
                    Some(signer.verifier()),
                    None,
                )
                .map_err(|error| Error::integrity(error.to_string()))?;
                let record = sight.view(&world, stored, &[])?;
                let opening = match reads_all(stored, &record) {
                    true => reader.body(&header)?,
                    false => None,
                };
                let opening = opening
                    .map(|body| Ok::<_, Error>(Opening { r: body.r, changes: codec::encode(&body.changes)? }))
                    .transpose()?;
                let call = p1::call_of(&stored.record.fields).and_then(|id| calls.get(&id)?.as_ref());
                proven.push(ProvenEvent {
                    event: EventView {
                        id: stored.id,
                        seq: header.seq,
                        recorded_at: stored.record.created_at,
                        record,
                    },
                    recorded_by: world.user_name(header.actor.0),
                    call: call.map(|call| sight.view(&world, call, &[])).transpose()?,
                    inclusion: inclusion.to_json().map_err(|error| Error::failed(error.to_string()))?,
                    opening,
                });
            }
            let settings = &world.settings;
            Ok(ConsentProof {
                made_at: now,
                at,
                controller: settings.controller.clone(),
                controller_address: settings.controller_address.clone(),
                country: settings.country.map(|country| country.to_string()).unwrap_or_default(),
                dpo: settings.dpo_contact.clone(),
                authority: settings.authority.clone(),
                contact: prove.contact,
                person: sight.view(&world, &person, &[])?.title,
                channel: prove.channel,
                purpose: told(&then),
                versions,
                standing,
                events: proven,
                uses_left_out,
                checkpoint,
                key: signer.verifier().to_string(),
            })
        })
    }

    /// The facts of a receipt about one event of consent.
    pub(super) fn consent_receipt(&self, asked: &ConsentReceipt) -> Result<Receipt, Error> {
        let (now, sight, id) = (self.now, self.sight().clone(), asked.event);
        let (store, number) = (self.service.id, self.service.env.ids.next());
        let world = std::sync::Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let stored = sight.fetch(reader, &world, RecordKind::Consent, id)?;
            let event: ConsentEvent = stored.entity()?;
            if let Some(kind @ (ConsentKind::Asserted | ConsentKind::Used | ConsentKind::Notified)) =
                event.kind.0
            {
                return Err(Error::refused(format!("`{kind}` is no consent: there is nothing to receive"))
                    .hint(
                        "`consent list ID --events` shows the events; `consent prove` tells this one too",
                    ));
            }
            let person = sight.fetch(reader, &world, RecordKind::Contact, stored.subject.0)?;
            let purpose = read_lock(&world).consents.named(&event.purpose)?.1.id;
            let purpose = sight.fetch(reader, &world, RecordKind::Purpose, purpose)?;
            let number_of = u64::try_from(event.purpose_version).unwrap_or_default();
            let version = versions(reader, &purpose, &[number_of].into())?.pop();
            let version = version.unwrap_or_else(|| told(&purpose));
            let world = read_lock(&world);
            let before = |(one, other): &(Stored, ConsentEvent)| {
                other.purpose == event.purpose
                    && other.channel == event.channel
                    && !matches!(
                        other.kind.0,
                        Some(ConsentKind::Asserted | ConsentKind::Used | ConsentKind::Notified)
                    )
                    && (other.at, one.id) <= (event.at, stored.id)
            };
            let mut events = Vec::new();
            for (one, _) in events_of(reader, &sight, &world, &person)?.iter().filter(|one| before(one)) {
                let view = sight.view(&world, one, &[])?;
                events.push(ReceiptEvent {
                    id: one.id,
                    recorded_at: one.record.created_at,
                    fields: view
                        .fields
                        .into_iter()
                        .filter_map(|shown| Some((shown.key, shown.value?)))
                        .collect(),
                });
            }
            let shown = sight.view(&world, &person, &[])?;
            let settings = &world.settings;
            Ok(Receipt {
                id: number,
                made_at: now,
                store: store.0,
                controller: settings.controller.clone(),
                controller_address: settings.controller_address.clone(),
                contact: settings.contact.clone(),
                dpo: settings.dpo_contact.clone(),
                authority: settings.authority.clone(),
                country: settings.country.map(|country| country.to_string()).unwrap_or_default(),
                person: person.id,
                source: shown.text(ContactField::source.key()).to_owned(),
                person_name: shown.title,
                purpose_version: version.revision,
                purpose: version.fields,
                events,
            })
        })
    }
}

/// Whether the asker reads all of an event, the hash of a token excepted, which nobody does.
fn reads_all(stored: &Stored, shown: &View) -> bool {
    let keys = stored.record.fields.keys().filter(|key| **key != ConsentField::token.key());
    keys.into_iter().all(|key| shown.get(*key).is_some_and(|one| one.value.is_some()))
}

fn told(purpose: &Stored) -> StoredPurpose {
    StoredPurpose { id: purpose.id, revision: purpose.record.revision, fields: purpose.record.fields.clone() }
}

/// A record as it was in these revisions, folded from its history.
pub(super) fn versions(
    reader: &Reader<'_>,
    stored: &Stored,
    wanted: &BTreeSet<u64>,
) -> Result<Vec<StoredPurpose>, Error> {
    let mut found = Vec::new();
    let mut fields = Fields::new();
    for (seq, body) in reader.bodies(stored)? {
        let header =
            reader.header(seq)?.ok_or_else(|| Error::integrity(format!("history entry {seq} is missing")))?;
        fold(&mut fields, &body.changes).map_err(|error| Error::integrity(error.to_string()))?;
        if wanted.contains(&header.revision) {
            found.push(StoredPurpose { id: stored.id, revision: header.revision, fields: fields.clone() });
        }
    }
    Ok(found)
}
