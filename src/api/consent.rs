//! Purposes and consent, as they cross the door.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::View;
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, Standing, Way};
use crate::domain::country::Language;
use crate::domain::entity::Fields;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

pub use super::Purposes;

/// A purpose as stored; [`Purpose::from_fields`](crate::domain::entity::Entity::from_fields) reads the fields.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StoredPurpose {
    pub id: Uuid,
    /// The version that a consent given now is for.
    pub revision: u64,
    pub fields: Fields,
}

/// What somebody said, about one purpose and channel; or the other ground on which data is used.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Said {
    pub kind: ConsentKind,
    pub purpose: String,
    pub channel: Channel,
    /// When it happened; now when `None`. Never in the future.
    pub at: Option<Timestamp>,
    /// Offset and IANA name of the time zone of whoever records it.
    pub zone: String,
    pub way: Way,
    pub question: String,
    /// Word for word.
    pub words: String,
    pub language: Option<Language>,
    /// Until when it holds; as long as the purpose says when `None`, and no longer.
    pub until: Option<Timestamp>,
    /// Of an assertion: any basis but consent.
    pub basis: Option<Basis>,
    pub reason: String,
    pub evidence: String,
    pub notice: String,
    pub products: String,
    pub third_parties: String,
    pub age: String,
}

impl Said {
    /// Words about a purpose and channel, with nothing else said.
    pub fn new(kind: ConsentKind, purpose: &str, channel: Channel, way: Way, words: &str) -> Said {
        Said {
            kind,
            purpose: purpose.to_owned(),
            channel,
            at: None,
            zone: String::new(),
            way,
            question: String::new(),
            words: words.to_owned(),
            language: None,
            until: None,
            basis: None,
            reason: String::new(),
            evidence: String::new(),
            notice: String::new(),
            products: String::new(),
            third_parties: String::new(),
            age: String::new(),
        }
    }
}

/// What holds for one purpose and channel.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BookLine {
    pub purpose: String,
    pub channel: Channel,
    pub standing: Standing,
}

/// An event as it is recorded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EventView {
    pub id: Uuid,
    /// Its entry in the log, by which it can be proven.
    pub seq: u64,
    pub recorded_at: Timestamp,
    /// A [`ConsentEvent`](crate::domain::consent::ConsentEvent), with what the asker may read of it.
    pub record: View,
}

/// What holds for a person, and the events from which it follows, in the order in which they happened.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Book {
    pub lines: Vec<BookLine>,
    pub events: Vec<EventView>,
    pub objected_at: Option<Timestamp>,
    /// The day on which the person is to be deleted, since no ground is left.
    pub delete_on: Option<Day>,
}

/// What was recorded, and what holds then.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Recorded {
    /// The events.
    pub ids: Vec<Uuid>,
    pub lines: Vec<BookLine>,
    /// The day on which the person is to be deleted, since no ground is left.
    pub delete_on: Option<Day>,
}
