//! The end of consents: what ran out is recorded as such.
//!
//! What holds is derived from the time either way, so that nothing depends on this being done in time. It is done so that the
//! ledger tells of the end as of everything else, and so that bought leads whose consent ran out are in quarantine again.

use uuid::Uuid;

use super::{Ask, Service, live, publish, read_lock};
use crate::api::view::SweptConsents;
use crate::api::{Error, SweepConsents};
use crate::domain::consent::{ConsentEvent, ConsentKind, Way};
use crate::domain::history::Action;
use crate::domain::id::SubjectId;
use crate::domain::value::OneOf;
use crate::store::Origin;

/// Events in one transaction, so that others get their turn.
const SLICE: usize = 500;

impl Service {
    /// Records the end of each consent whose time is up; for whatever does so by itself as for whoever asks. Refused while the
    /// clock stands before the last entry of the history: it was set back, and what is over cannot be told.
    pub fn sweep_consents(&self, origin: Origin, dry_run: bool) -> Result<SweptConsents, Error> {
        let last = self.store.read(|reader| {
            let latest = reader.headers_before(u64::MAX, 1)?;
            Ok::<_, crate::store::StoreError>(latest.first().map(|header| header.at))
        })?;
        if let Some(last) = last.filter(|last| *last > origin.at) {
            return Err(Error::refused(format!(
                "the clock says {}, and the last change was made at {last}: it was set back",
                origin.at
            ))
            .hint("set the clock; nothing was recorded"));
        }
        let mut ended: Vec<(Uuid, ConsentEvent)> = {
            let world = self.read_world();
            // Restricted data are kept as they are (Art. 18 GDPR).
            let ended = world.consents.ended(origin.at).filter(|(person, ..)| !world.is_restricted(*person));
            let ended = ended.filter_map(|(person, number, channel, until)| {
                let known = world.consents.get(number)?;
                let event = ConsentEvent {
                    kind: OneOf(Some(ConsentKind::Expired)),
                    purpose: known.purpose.name.clone(),
                    purpose_version: i64::try_from(known.revision).unwrap_or(i64::MAX),
                    channel: OneOf(Some(channel)),
                    at: Some(until),
                    way: OneOf(Some(Way::System)),
                    reason: "its time was up".to_owned(),
                    ..ConsentEvent::default()
                };
                Some((person, event))
            });
            ended.collect()
        };
        ended.sort_by_key(|(person, _)| *person);
        let mut swept = SweptConsents { expired: ended.len() as u64, ..SweptConsents::default() };
        let mut people: Vec<Uuid> = ended.iter().map(|(person, _)| *person).collect();
        people.dedup();
        swept.people = people.len() as u64;
        if dry_run {
            return Ok(swept);
        }
        self.writable()?;
        while !ended.is_empty() {
            let slice: Vec<_> = ended.drain(..ended.len().min(SLICE)).collect();
            let world = std::sync::Arc::clone(&self.world);
            let touched = self.store.write(origin, move |txn| {
                for (person, event) in slice {
                    let still = read_lock(&world).consents.ledger(person).is_some_and(|ledger| {
                        ledger
                            .ended(origin.at)
                            .any(|(_, on, until)| event.channel.0 == Some(on) && event.at == Some(until))
                    });
                    // Somebody may have renewed or withdrawn it meanwhile, or the person may be gone.
                    if still {
                        txn.create(SubjectId(person), &event)?;
                    }
                }
                publish(&world, txn, &[])?;
                Ok::<_, Error>(live::Touched::by(txn))
            })?;
            self.hub.committed(origin.session, origin.actor, origin.action, touched);
        }
        Ok(swept)
    }
}

impl Ask<'_> {
    pub(super) fn sweep_consents(&self, sweep: &SweepConsents) -> Result<SweptConsents, Error> {
        self.service.sweep_consents(self.origin(Action::Consent), sweep.dry_run)
    }
}
