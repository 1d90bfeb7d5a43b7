//! What a consent given by phone must hold, and where it stands: the list that proofs are told by.
//!
//! The list is `P1` of the requirements (Art. 7(1) GDPR; § 7a UWG). A proof tells each of its parts, or that the part is
//! missing: what is left out silently is asked for by whoever reads the proof.

use super::ConsentField;
use crate::domain::call::CallField;
use crate::domain::entity::{Entity, Fields};
use crate::domain::field::FieldKey;
use crate::domain::value::Value;

/// One part of what must be held.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The word for it in JSON.
    pub name: &'static str,
    /// In plain words.
    pub label: &'static str,
    /// Where it stands in the event of the ledger.
    event: &'static [ConsentField],
    /// Where it stands in the call; looked at first.
    call: &'static [CallField],
}

use CallField as C;
use ConsentField as E;

macro_rules! parts {
    ($($name:literal, $label:literal, [$($event:expr),*], [$($call:expr),*];)*) => {
        /// Every part, in the order in which it is told.
        pub const PARTS: &[Part] =
            &[$(Part { name: $name, label: $label, event: &[$($event),*], call: &[$($call),*] },)*];
    };
}

parts! {
    "direction", "Who called whom", [], [C::direction];
    "permitted_by", "The rule that permitted this call", [], [C::decision];
    "agent", "Who called", [], [C::agent];
    "controller", "The company, with its address, as it was told", [], [C::controller];
    "on_behalf_of", "On whose behalf", [], [C::on_behalf_of];
    "number_dialled", "The number dialled", [], [C::number];
    "number_displayed", "The number displayed", [], [C::shown_number];
    "screening", "The do-not-call check", [], [C::screening];
    "answered_by", "Who answered", [E::who_answered], [C::answered_by];
    "relation", "Relation of who answered to the subscriber", [], [C::relation];
    "identity", "How it was confirmed who spoke", [], [C::identity];
    "started_at", "Dialled", [], [C::started_at];
    "answered_at", "Answered", [], [C::answered_at];
    "ended_at", "Ended", [], [C::ended_at];
    "zone", "Time zone", [E::zone], [C::zone];
    "language", "Language", [E::language], [C::language];
    "script", "Script and its version", [E::script], [C::script];
    "wording", "What was read out, word for word", [], [C::wording];
    "wording_sha256", "SHA-256 of that wording", [], [C::wording_sha256];
    "read_at", "Read to its end", [], [C::read_at];
    "question", "What was asked", [E::question], [];
    "words", "What the person said, word for word", [E::words], [];
    "result", "Result", [E::kind], [];
    "until", "Until when it holds", [E::until], [];
    "products", "What about", [E::products], [];
    "basis", "Legal basis", [E::basis], [];
    "notice", "Privacy notice and its version", [E::notice], [C::notice];
    "told", "That retention, withdrawal and objection were told", [], [C::told];
    "third_parties", "Third parties that were named", [E::third_parties], [C::third_parties];
    "age", "How the age was made sure", [E::age], [C::age];
    "confirmation", "What was sent to confirm it", [], [C::confirmation];
    "confirmation_by", "How, when and with what result it was sent", [], [C::confirmation_by];
    "confirmation_sha256", "SHA-256 of that text", [], [C::confirmation_sha256];
}

impl Part {
    /// Whether only a call has it.
    pub fn of_calls_only(&self) -> bool {
        self.event.is_empty()
    }

    /// The fields of an event in which it may stand.
    pub fn in_event(&self) -> impl Iterator<Item = FieldKey> {
        self.event.iter().map(|field| field.key())
    }

    /// The fields of a call in which it may stand.
    pub fn in_call(&self) -> impl Iterator<Item = FieldKey> {
        self.call.iter().map(|field| field.key())
    }
}

/// Whether somebody said this in a call, so that all of it must be held: what the person answered, but not what another
/// wrote down without a call.
pub fn is_due(event: &Fields) -> bool {
    use super::{ConsentKind, Way};
    let Ok(event) = super::ConsentEvent::of_fields(event) else { return false };
    let said = match event.kind.0 {
        Some(
            ConsentKind::Given
            | ConsentKind::Refused
            | ConsentKind::Deferred
            | ConsentKind::Renewed
            | ConsentKind::Confirmed,
        ) => true,
        Some(
            ConsentKind::Requested
            | ConsentKind::Withdrawn
            | ConsentKind::Objected
            | ConsentKind::Expired
            | ConsentKind::Revoked
            | ConsentKind::Invalidated
            | ConsentKind::Asserted
            | ConsentKind::Used
            | ConsentKind::Notified,
        )
        | None => false,
    };
    said && (event.way.0 == Some(Way::Call) || !event.call.is_empty())
}

/// The fields of the call that an event points at, by its id.
pub fn call_of(event: &Fields) -> Option<uuid::Uuid> {
    match event.get(&E::call.key()) {
        Some(Value::Text(id)) => id.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::Call;
    use crate::domain::consent::{ConsentEvent, ConsentKind, Way};
    use crate::domain::value::OneOf;

    #[test]
    fn each_field_of_a_call_is_a_part_or_is_none_for_a_reason() {
        // Where the call belongs, what came of it, and the person's own notes prove nothing about the consent.
        let none = [C::purposes, C::person_zone, C::outcome, C::note, C::list, C::late, C::interrupted];
        for spec in Call::specs() {
            let parts = PARTS.iter().filter(|part| part.in_call().any(|key| key == spec.key)).count();
            let left_out = none.iter().any(|field| field.key() == spec.key);
            assert_eq!(parts, usize::from(!left_out), "{}", spec.name);
        }
        let mut names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PARTS.len());
    }

    #[test]
    fn only_what_was_said_in_a_call_must_have_all_of_it() {
        let event = |kind, way| ConsentEvent {
            kind: OneOf(Some(kind)),
            way: OneOf(Some(way)),
            ..ConsentEvent::default()
        };
        assert!(is_due(&event(ConsentKind::Given, Way::Call).fields()));
        assert!(!is_due(&event(ConsentKind::Given, Way::Form).fields()));
        assert!(!is_due(&event(ConsentKind::Withdrawn, Way::Call).fields()));
        let call = uuid::Uuid::from_u128(7);
        let event = ConsentEvent { call: call.to_string(), ..event(ConsentKind::Refused, Way::System) };
        assert!(is_due(&event.fields()));
        assert_eq!(call_of(&event.fields()), Some(call));
    }
}
