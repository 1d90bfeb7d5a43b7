//! Erasing persons, as it crosses the door: what goes, what stays and why, and what proves it afterwards.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::entity::RecordKind;
use crate::domain::erasure::{Ground, MentionState};
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

/// A part of a person's data, in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErasureLine {
    /// Such as `notes`, or `suppression`.
    pub what: String,
    pub count: u64,
    /// Why it stays; empty where it goes.
    pub why: String,
    /// The last day it is kept; no end where there is none.
    pub until: Option<Day>,
}

/// What an erasure does to one person, before it is done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErasurePlan {
    pub contact: ContactId,
    pub name: String,
    pub goes: Vec<ErasureLine>,
    pub stays: Vec<ErasureLine>,
    /// Why it cannot be done now; it can when this is empty.
    pub refused: Vec<String>,
    /// Who was given the person's data, and is to be told (Art. 19 GDPR), and where it was made public (Art. 17(2)).
    pub recipients: Vec<String>,
    /// Places about others that may name the person; they are listed for review, not changed.
    pub mentions: u64,
}

/// A letter to somebody who was given the person's data. It names the person, and is kept nowhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErasureNotice {
    pub recipient: String,
    pub text: String,
}

/// A copy of the keys that lies elsewhere, after an erasure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErasureCopy {
    pub name: String,
    /// `escrow`, or `whole`: data and keys.
    pub form: String,
    /// `refreshed`, or `pending`: it still holds the person's key.
    pub state: String,
    /// The day by which it is destroyed.
    pub expires: Option<Day>,
}

/// A recipient or publication that is to be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErasureRecipient {
    pub name: String,
    pub told: bool,
}

/// What is left of an erasure: a certificate without values, with what is true of it by now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ErasureReceipt {
    pub id: Uuid,
    pub number: i64,
    pub ground: Option<Ground>,
    /// The number of the person's request.
    pub request: Option<i64>,
    pub received: Option<Day>,
    pub erased_at: Option<Timestamp>,
    /// The user's name; the schedule when empty.
    pub decided_by: String,
    pub persons: u64,
    /// Categories of the data that went.
    pub categories: Vec<String>,
    /// What remains, in words.
    pub kept: Vec<String>,
    /// Of the keys; the persons' keys are in no ring since.
    pub epoch: u64,
    /// Of the log after it, signed.
    pub checkpoint: String,
    pub copies: Vec<ErasureCopy>,
    pub recipients: Vec<ErasureRecipient>,
    /// Places that may name the person, and how many of them nobody has looked at.
    pub mentions: u64,
    pub mentions_open: u64,
    pub sweep: String,
}

/// The plan, and what came of it where it was carried out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Erased {
    pub plan: ErasurePlan,
    pub receipt: Option<ErasureReceipt>,
    pub notices: Vec<ErasureNotice>,
}

/// A place that may name an erased person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MentionView {
    pub id: Uuid,
    pub certificate: i64,
    pub kind: Option<RecordKind>,
    pub record: Option<Uuid>,
    /// The contact it is about, where it is about one.
    pub about: Option<ContactId>,
    pub field: String,
    pub state: MentionState,
    pub decided_by: String,
    pub decided_at: Option<Timestamp>,
    pub words: String,
}

/// Proof of consent that is kept of somebody who was erased.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct KeptProofView {
    pub id: Uuid,
    pub certificate: i64,
    pub purpose: String,
    pub until: Option<Day>,
    pub rule: String,
    /// JSON: the person, the events, what opens their commitments. Only where the number or address was named.
    pub proof: String,
}

/// What a sweep of kept proofs did, or would do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SweptProofs {
    pub expired: u64,
    pub kept: u64,
}

/// Persons as a number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AggregateLine {
    pub period: String,
    pub country: String,
    pub origin: String,
    pub outcome: String,
    pub persons: u64,
}

/// Persons who were anonymised, in groups that are large enough to be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AggregateReport {
    pub lines: Vec<AggregateLine>,
    /// Groups smaller than this are left out.
    pub smallest: u64,
    /// How many groups were.
    pub left_out: u64,
    /// The first month that is not told yet, because it is not over.
    pub open_from: String,
}
