//! Calls as they cross the door: what is known before one dials, what is read out, and what was recorded.
//!
//! A guided call is: [`CallCheck`](super::CallCheck) (may this person be called?), [`CallBegin`](super::CallBegin) (now; nobody
//! else can meanwhile), [`CallKeep`](super::CallKeep) after each answer (so that nothing is lost with a connection, and so that
//! a withdrawal which came meanwhile is told at once), [`CallRecord`](super::CallRecord) (all of it, in one transaction). A call
//! that was begun and not recorded is among [`CallsOpen`](super::CallsOpen): whoever began it resumes it, records it as
//! interrupted, or drops it ([`CallDrop`](super::CallDrop)) when nobody was dialled.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::consent::BookLine;
use crate::api::view::View;
use crate::domain::answers::CallAnswers;
use crate::domain::channel::Channel;
use crate::domain::country::Language;
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

/// One thing that was looked at before a call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Found {
    /// What was looked at, as a word: `objection`, `basis`, `hours`.
    pub point: String,
    /// `passed`, `refused` or `not_needed`.
    pub outcome: String,
    /// What was found, as a sentence without its full stop.
    pub words: String,
}

/// The rule by which it was decided.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallRule {
    /// The key of the entry in the law.
    pub id: String,
    /// The statute and its section.
    pub citation: String,
    /// Where that can be read.
    pub source: String,
    pub checked: Day,
    /// Whether somebody compared the entry with its source.
    pub verified: bool,
    /// Whether the caller's number must be shown.
    pub number_shown: bool,
    /// Whether the call must offer the right to object.
    pub offer_objection: bool,
}

/// A number to dial.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Dial {
    /// E.164.
    pub number: String,
    /// As people read it.
    pub readable: String,
    pub label: String,
    /// `tel:` (RFC 3966), for a hyperlink or a dialling program.
    pub uri: String,
}

/// A script that can be read out in this call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Offered {
    /// `NAME@VERSION`.
    pub script: String,
    pub language: Language,
}

/// Whether somebody may be called for a purpose now, by which rule, and what one should know before dialling.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallCard {
    pub contact: ContactId,
    pub name: String,
    pub purpose: String,
    /// The purpose in the person's language.
    pub purpose_title: String,
    pub allowed: bool,
    /// Why, in one line: the verdict, its first reason, the rule.
    pub verdict: String,
    /// Why not, each reason as a sentence; empty when it is allowed.
    pub refusals: Vec<String>,
    /// `None` where no rule of the law was needed, or none is known.
    pub rule: Option<CallRule>,
    /// Everything that was looked at, in order.
    pub looked: Vec<Found>,
    /// When it will be allowed, if waiting is all it takes.
    pub next_allowed_at: Option<Timestamp>,
    /// The clock at the person's place, with its offset (RFC 3339).
    pub local_time: String,
    /// The person's time zone, as IANA names it.
    pub zone: String,
    /// The number that was decided about.
    pub dial: Option<Dial>,
    /// Every number the person has and the asker may read.
    pub numbers: Vec<Dial>,
    pub language: Option<Language>,
    /// In the person's language, else in the store's languages.
    pub scripts: Vec<Offered>,
    /// What holds for every purpose and channel.
    pub lines: Vec<BookLine>,
    /// How often the person was called for marketing in the last 30 days.
    pub attempts: u64,
    /// The last calls, the latest first.
    pub calls: Vec<View>,
    /// The last notes, the latest first.
    pub notes: Vec<View>,
    /// Tasks that are not done, the next first.
    pub tasks: Vec<View>,
    /// Who has the person on the phone, or before them, at this moment.
    pub busy: Option<String>,
}

/// A question of a script, with its place in the ledger.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallQuestion {
    pub purpose: String,
    pub channel: Channel,
    /// As it is put to the person.
    pub text: String,
    /// From which age a person answers this alone, in years, where that must be made sure before a yes.
    pub age: Option<u8>,
}

/// A script, filled in for one call: exactly what is read out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallScript {
    /// `NAME@VERSION`.
    pub script: String,
    pub language: Language,
    /// Markdown.
    pub text: String,
    /// SHA-256 of the text's bytes, in hexadecimal digits.
    pub sha256: String,
    pub questions: Vec<CallQuestion>,
    /// The privacy notice in force, `NAME@VERSION`; empty when there is none.
    pub notice: String,
}

/// A call that was begun.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallBegun {
    /// The call's id, to be handed in with the answers.
    pub call: Uuid,
    pub card: CallCard,
    /// `None` where there is no script in the language that was asked for: then no yes can be recorded.
    pub script: Option<CallScript>,
    pub begun_at: Timestamp,
    /// Until when nobody else can call the person; each [`CallKeep`](super::CallKeep) makes it later.
    pub until: Timestamp,
}

/// A call that was begun and is not recorded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OpenCall {
    pub call: Uuid,
    pub contact: ContactId,
    pub name: String,
    pub purpose: String,
    /// The number that was to be dialled, E.164.
    pub number: String,
    pub script: Option<CallScript>,
    /// From which call list, if from one.
    pub list: Option<Uuid>,
    pub begun_at: Timestamp,
    pub until: Timestamp,
    /// What was kept of it last.
    pub answers: Option<CallAnswers>,
    /// Why no yes of this call can be recorded any more: the person objected meanwhile, or withdrew all that it is for.
    pub stopped: Option<String>,
}

/// What was kept of a call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallKept {
    pub until: Timestamp,
    /// What the person said no to elsewhere since the call began, of what it asks about: a yes to that counts for nothing.
    pub no_more: Vec<BookLine>,
}

/// A message that confirms what was answered in a call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallMessage {
    /// `NAME@VERSION`.
    pub message: String,
    pub language: Language,
    /// The address it goes to: the first e-mail or postal address.
    pub to: String,
    /// Empty where it has none.
    pub subject: String,
    pub text: String,
    /// Of the text's bytes, in hexadecimal digits.
    pub sha256: String,
}

/// A call as it was recorded.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CallRecorded {
    pub call: Uuid,
    /// The events of the ledger, one for each answer.
    pub events: Vec<Uuid>,
    /// What holds now for what was asked.
    pub lines: Vec<BookLine>,
    /// The task that was made, for a follow-up or for calling back.
    pub tasks: Vec<Uuid>,
    /// The numbers of the requests that were opened.
    pub requests: Vec<i64>,
    /// The day on which the person is to be deleted, since no ground is left.
    pub delete_on: Option<Day>,
    /// Recorded more than an hour after it ended: labelled as such, and no proof of a call.
    pub late: bool,
    /// It was recorded before; nothing was written.
    pub again: bool,
    /// What should be looked at.
    pub warnings: Vec<String>,
}
