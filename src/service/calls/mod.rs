//! Calling people: what is known before, what is read out, and what is recorded of it.
//!
//! A call under way is kept as a sealed draft under the person's key ([`under`]): it says who calls whom, so that nobody else
//! does at the same time, and holds the answers, so that a lost connection loses none. It becomes a record when the call is
//! over ([`record`]), in the transaction that also appends the answers to the ledger.

mod begin;
mod card;
mod outcome;
mod record;
mod said;
mod script;
pub mod situation;
mod under;

#[cfg(test)]
mod tests;

use super::Ask;
use crate::law::Law;
pub use under::is_call;

impl Ask<'_> {
    /// The law that decides here.
    fn law(&self) -> Law {
        self.service.law().clone()
    }
}
