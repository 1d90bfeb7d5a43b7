//! What became of the message that confirms a call, recorded afterwards.
//!
//! A call's record never changes, and whether a letter arrived is known days later. So it is told in the ledger, beside each
//! answer that was confirmed: channel, address, time, SHA-256 of the text, delivery (P1).

use super::said::refuse;
use crate::api::{CallDelivery, Error, Recorded};
use crate::domain::call::Call;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentEvent, ConsentKind, LATE_AFTER, Way};
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::ContactId;
use crate::domain::value::{Kind, OneOf};
use crate::domain::wording::sha256;
use crate::service::ledger::{append, check_time, events_of, person_to_change};
use crate::service::{Ask, read_lock};

impl Ask<'_> {
    /// Records that a confirmation of a call was sent, arrived or came back.
    pub(in crate::service) fn call_delivery(&self, told: CallDelivery) -> Result<Recorded, Error> {
        let fits = |path: &str, kind: Kind, text: &str| {
            kind.parse(text, None).map(drop).map_err(|why| Error::usage(format!("{path}: {why}")).at(path))
        };
        fits("address", Kind::Text, &told.address)?;
        fits("text", Kind::LongText, &told.text)?;
        fits("evidence", Kind::LongText, &told.evidence)?;
        fits("zone", Kind::Text, &told.zone)?;
        match told.way {
            Way::Mail | Way::Letter if told.address.trim().is_empty() => {
                return Err(refuse("address", "it is not told where it was sent to"));
            }
            Way::Mail | Way::Letter | Way::InPerson => {}
            Way::Call
            | Way::Form
            | Way::OptIn
            | Way::SelfService
            | Way::Merge
            | Way::Transfer
            | Way::System => {
                return Err(refuse(
                    "way",
                    format!("what was said is confirmed in writing, not by `{}`", told.way),
                )
                .hint("by mail, by letter, or handed over in person"));
            }
        }
        let (now, sight) = (self.now, self.sight().clone());
        let at = told.at.unwrap_or(now);
        check_time(at, now)?;
        let (recorded, _) = self.transact(Action::Consent, move |txn, world| {
            let stored = sight.fetch(&txn.read(), world, RecordKind::Call, told.call)?;
            let call: Call = stored.entity()?;
            if call.ended_at.or(call.started_at).is_some_and(|ended| at < ended) {
                return Err(refuse("at", "it was sent before the call was over"));
            }
            let hash = match told.text.trim() {
                "" => call.confirmation_sha256.clone(),
                text => sha256(text.as_bytes()),
            };
            if hash.is_empty() {
                return Err(refuse("text", "no confirmation was kept with the call, and none is told")
                    .hint("say what was sent, with --text-file"));
            }
            let person = person_to_change(&txn.read(), world, &sight, ContactId(stored.subject.0))?;
            let known = events_of(&txn.read(), &sight, &read_lock(world), &person)?;
            let word = told.call.to_string();
            let of_call =
                |event: &&ConsentEvent| event.call == word && event.kind.0 != Some(ConsentKind::Notified);
            let mut topics: Vec<(String, i64, Option<Channel>)> = known
                .iter()
                .map(|(_, event)| event)
                .filter(of_call)
                .map(|event| (event.purpose.clone(), event.purpose_version, event.channel.0))
                .collect();
            topics.sort();
            topics.dedup_by(|one, other| (&one.0, one.2) == (&other.0, other.2));
            if topics.is_empty() {
                return Err(refuse("call", "nothing was answered in this call that could be confirmed"));
            }
            let evidence = match told.evidence.trim() {
                "" => format!("SHA-256 of the text: {hash}"),
                evidence => format!("SHA-256 of the text: {hash}; {evidence}"),
            };
            let events: Vec<ConsentEvent> = topics
                .into_iter()
                .map(|(purpose, purpose_version, channel)| ConsentEvent {
                    kind: OneOf(Some(ConsentKind::Notified)),
                    purpose,
                    purpose_version,
                    channel: OneOf(channel),
                    at: Some(at),
                    zone: told.zone.clone(),
                    way: OneOf(Some(told.way)),
                    words: told.text.trim().to_owned(),
                    evidence: evidence.clone(),
                    call: word.clone(),
                    late: now.millis() - at.millis() > LATE_AFTER,
                    address: told.address.trim().to_owned(),
                    delivery: OneOf(Some(told.delivery)),
                    ..ConsentEvent::default()
                })
                .collect();
            append(txn, world, &person, &events, &[], now)
        })?;
        Ok(recorded)
    }
}
