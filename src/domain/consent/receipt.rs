//! What a receipt about a consent tells: the person is handed it, so it says what the store says, and no more.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::entity::Fields;
use crate::domain::time::Timestamp;

/// One event, with what the asker may read of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReceiptEvent {
    pub id: Uuid,
    pub recorded_at: Timestamp,
    /// Of a [`ConsentEvent`](super::ConsentEvent).
    pub fields: Fields,
}

/// The facts of a receipt: about one event, and those before it for the same purpose and channel.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// Its own number.
    pub id: Uuid,
    pub made_at: Timestamp,
    /// The store, which stands for the controller where an identifier is needed.
    pub store: Uuid,
    pub controller: String,
    pub controller_address: String,
    /// Where the controller is reached in matters of data.
    pub contact: String,
    pub dpo: String,
    pub authority: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub person: Uuid,
    pub person_name: String,
    /// Where the data comes from.
    pub source: String,
    /// The revision of the purpose that the event is about.
    pub purpose_version: u64,
    /// Of a [`Purpose`](crate::domain::purpose::Purpose), as it was then.
    pub purpose: Fields,
    /// In the order in which they happened; the last is the one that the receipt is about.
    pub events: Vec<ReceiptEvent>,
}
