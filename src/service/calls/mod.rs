//! Calling people: what is known before, what is read out, and what is recorded of it.
//!
//! A call under way is kept as a sealed draft under the person's key ([`under`]): it says who calls whom, so that nobody else
//! does at the same time, and holds the answers, so that a lost connection loses none. It becomes a record when the call is
//! over ([`record`]), in the transaction that also appends the answers to the ledger.

mod begin;
mod card;
mod confirm;
mod delivery;
mod outcome;
mod plan;
mod record;
mod said;
mod script;
pub mod situation;
mod under;

#[cfg(test)]
mod tests;

use super::Ask;
use super::sight::Sight;
use super::world::World;
use crate::api::Error;
use crate::api::call::CallCard;
use crate::law::Law;
use crate::store::{Reader, Stored};
pub use begin::may_call as begin_may_call;
pub use outcome::{day_at_home, place_of, request as request_of};
pub use situation::{Question, Verdict};
pub use under::{HELD, is_call};

impl Ask<'_> {
    /// The law that decides here.
    pub(super) fn law(&self) -> Law {
        self.service.law().clone()
    }
}

/// What is decided about a call of a person by their first number.
pub fn judged(
    reader: &Reader<'_>,
    law: &Law,
    sight: &Sight,
    world: &World,
    person: &Stored,
    question: &Question<'_>,
) -> Result<card::Judged, Error> {
    card::decide(reader, law, sight, world, person, question, None)
}

/// The same with all that one knows before dialling.
pub fn card_of(
    reader: &Reader<'_>,
    law: &Law,
    sight: &Sight,
    world: &World,
    person: &Stored,
    question: &Question<'_>,
) -> Result<(CallCard, Verdict), Error> {
    let (card, judged) = card::card(reader, law, sight, world, person, question, None)?;
    Ok((card, judged.verdict))
}

/// Who has a person on the phone.
pub fn caller(
    reader: &Reader<'_>,
    contact: uuid::Uuid,
    now: crate::domain::time::Timestamp,
) -> Result<Option<uuid::Uuid>, Error> {
    let calls = under::all(reader)?;
    let call = calls.iter().find(|kept| kept.under.contact.0 == contact && kept.holds(now));
    Ok(call.map(|kept| kept.user.0))
}

/// Whether somebody else has a person on the phone, or before them.
pub fn held_elsewhere(
    reader: &Reader<'_>,
    world: &World,
    question: &Question<'_>,
    contact: uuid::Uuid,
    me: uuid::Uuid,
) -> Result<bool, Error> {
    Ok(card::busy(reader, world, question, contact, me)?.is_some())
}
