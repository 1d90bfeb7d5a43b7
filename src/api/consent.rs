//! Purposes and consent, as they cross the door.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::View;
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, Standing, Way};
use crate::domain::country::Language;
use crate::domain::entity::Fields;
use crate::domain::id::ContactId;
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

/// What holds for one purpose and channel, with what the purpose is called.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HeldLine {
    pub purpose: String,
    pub title: String,
    pub channel: Channel,
    pub standing: Standing,
}

/// What a person said about the use of the data, as it stands: what is always seen of a contact.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Held {
    /// Of every purpose in use that stands on consent, and of others that something was said about.
    pub lines: Vec<HeldLine>,
    /// When the person objected to all direct marketing.
    pub objected_at: Option<Timestamp>,
    /// The day on which the person is to be deleted, since no ground is left.
    pub delete_on: Option<Day>,
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

/// What opens the commitment of an entry of the log: whoever has it can tell that the entry is about these very changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Opening {
    /// The random key under which the changes were committed to.
    pub r: [u8; 32],
    /// The changes as they were committed to.
    pub changes: Vec<u8>,
}

/// An event with all that proves it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ProvenEvent {
    pub event: EventView,
    /// Who recorded it.
    pub recorded_by: String,
    /// The call in which it was said, where the event points at one and the asker sees it.
    pub call: Option<View>,
    /// That its entry is in the log: a file of `history prove`.
    pub inclusion: String,
    /// Absent where the asker does not read all of the event.
    pub opening: Option<Opening>,
}

/// What held for a person, a purpose and a channel at a moment, and what proves it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ConsentProof {
    pub made_at: Timestamp,
    /// The moment that is looked back at.
    pub at: Timestamp,
    pub controller: String,
    pub controller_address: String,
    pub country: String,
    pub dpo: String,
    pub authority: String,
    pub contact: ContactId,
    /// What the person is called.
    pub person: String,
    pub channel: Channel,
    /// The purpose as it stood at that moment.
    pub purpose: StoredPurpose,
    /// Each version that an event was about.
    pub versions: Vec<StoredPurpose>,
    pub standing: Standing,
    /// In the order in which they happened.
    pub events: Vec<ProvenEvent>,
    /// Uses of the consent before these, which are counted and not told one by one.
    pub uses_left_out: u64,
    /// The log's signed statement that the proofs are about.
    pub checkpoint: String,
    /// The key that it is signed with.
    pub key: String,
}

/// A message that asks for a confirmation, to be sent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OptInMessage {
    /// By which it is said to be out, in the same session.
    pub handle: Uuid,
    pub made_at: Timestamp,
    pub from_name: String,
    pub from: String,
    pub to_name: String,
    pub to: String,
    pub subject: String,
    /// With the code, which stands nowhere else.
    pub text: String,
    /// BCP 47.
    pub language: String,
    pub message_id: String,
    /// Until when the code is good.
    pub until: Timestamp,
    pub warnings: Vec<String>,
}

/// What a code that came back confirmed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OptInConfirmed {
    pub contact: ContactId,
    pub purpose: String,
    pub channel: Channel,
    /// The address that is proven.
    pub address: String,
    pub asked_at: Timestamp,
    pub confirmed_at: Timestamp,
    pub recorded: Recorded,
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
