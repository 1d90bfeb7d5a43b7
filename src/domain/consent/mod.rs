//! The ledger of consent: events, each recorded once and never changed, from which it is derived what holds.
//!
//! An event is about a person, a purpose and a channel. What holds is never stored: it follows from the events
//! ([`standing`]), and where there is none it is unknown. Other legal bases than consent are recorded the same way
//! ([`ConsentKind::Asserted`]), with their reason.

pub mod p1;
pub mod receipt;
pub mod standing;

pub use receipt::{Receipt, ReceiptEvent};
pub use standing::{Ledger, Standing, State};

use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::country::Language;
use crate::domain::entity::entity;
use crate::domain::time::Timestamp;
use crate::domain::value::{Kind, OneOf, words};

words! {
    /// What happened.
    ConsentKind {
        /// The person was asked, and has not answered: a double opt-in is under way.
        Requested = "requested",
        /// The person said yes.
        Given = "given",
        /// The person said no.
        Refused = "refused",
        /// The person said: later.
        Deferred = "deferred",
        /// The person proved the address by answering from it (R27).
        Confirmed = "confirmed",
        /// A consent that there was, said again.
        Renewed = "renewed",
        /// Art. 7(3) GDPR: the person took it back.
        Withdrawn = "withdrawn",
        /// Art. 21 GDPR: the person does not want this use, whatever its ground.
        Objected = "objected",
        /// Its time was up.
        Expired = "expired",
        /// The controller gave it up.
        Revoked = "revoked",
        /// It never was one: the wrong person, a mistake of whoever recorded it.
        Invalidated = "invalidated",
        /// Another legal basis than consent holds, for the reason that is given.
        Asserted = "asserted",
        /// The person was reached, listed or handed over on its ground.
        Used = "used",
        /// The person was sent, in writing, what was said in a call; whether it arrived is told.
        Notified = "notified",
    }
}

words! {
    /// What became of a message that confirms a call.
    Delivery {
        Sent = "sent",
        Delivered = "delivered",
        /// It came back, or the address is none.
        Failed = "failed",
    }
}

impl ConsentKind {
    /// Whether the person said no.
    pub fn is_no(self) -> bool {
        match self {
            ConsentKind::Refused | ConsentKind::Withdrawn | ConsentKind::Objected => true,
            ConsentKind::Requested
            | ConsentKind::Given
            | ConsentKind::Deferred
            | ConsentKind::Confirmed
            | ConsentKind::Renewed
            | ConsentKind::Expired
            | ConsentKind::Revoked
            | ConsentKind::Invalidated
            | ConsentKind::Asserted
            | ConsentKind::Used
            | ConsentKind::Notified => false,
        }
    }
}

words! {
    /// How it became known.
    Way {
        Call = "call",
        /// A form on paper or on a screen.
        Form = "form",
        Mail = "mail",
        Letter = "letter",
        InPerson = "in_person",
        /// The link of a double opt-in.
        OptIn = "opt_in",
        /// A file that the person made from what was handed to them (R32).
        SelfService = "self_service",
        /// Taken over from another record of the same person.
        Merge = "merge",
        /// Another system, whose evidence is named.
        Transfer = "transfer",
        /// The program itself, when a time was up.
        System = "system",
    }
}

/// An event that is recorded longer than this after it happened is late, in milliseconds: one hour. Whoever writes down
/// a call the next day writes from memory, so a late entry is labelled, and is no proof of a call (P1).
pub const LATE_AFTER: i64 = 60 * 60 * 1000;

entity! {
    /// One event of the ledger. Nothing changes or deletes it but the erasure of the person.
    ConsentEvent, ConsentField, Consent {
        1 kind "kind": OneOf<ConsentKind>, Kind::Word(ConsentKind::WORDS), Provenance, Operation, "What", "what happened", [], None, None;
        2 purpose "purpose": String, Kind::Text, Provenance, Operation, "Purpose", "what for", [], None, None;
        3 purpose_version "purpose_version": i64, Kind::Number, Provenance, Operation, "Version of the purpose", "what the purpose said at that time", [], None, None;
        4 channel "channel": OneOf<Channel>, Kind::Word(Channel::WORDS), Provenance, Operation, "Channel", "by which way", [], None, None;
        5 basis "basis": Option<Basis>, Kind::Basis, Provenance, Operation, "Legal basis", "Art. 6(1) GDPR", [], None, None;
        6 at "at": Option<Timestamp>, Kind::Time, Provenance, Operation, "When", "when it happened; the log says when it was recorded", [], None, None;
        7 zone "zone": String, Kind::Text, Provenance, Operation, "Time zone", "of whoever recorded it: offset and IANA name", [], None, None;
        8 until "until": Option<Timestamp>, Kind::Time, Provenance, Operation, "Until", "when it expires; never when empty", [], None, None;
        9 way "way": OneOf<Way>, Kind::Word(Way::WORDS), Provenance, Operation, "How", "how it became known", [], None, None;
        10 question "question": String, Kind::LongText, Content, Operation, "Question", "what the person was asked", [], None, None;
        11 words "words": String, Kind::LongText, Content, Operation, "Words", "what the person said, word for word", [], None, None;
        12 language "language": Option<Language>, Kind::Language, Preference, Operation, "Language", "in which it was said", [], None, None;
        13 reason "reason": String, Kind::LongText, Provenance, Operation, "Reason", "why it is so, for other bases than consent and for what the controller did", [], None, None;
        14 evidence "evidence": String, Kind::LongText, Provenance, Operation, "Evidence", "where the proof lies, such as the number of a letter", [], None, None;
        15 refers "refers": String, Kind::Text, Provenance, Operation, "Refers to", "the event that this one confirms, takes back or uses", [], None, None;
        16 call "call": String, Kind::Text, Provenance, Operation, "Call", "the call in which it was said", [], None, None;
        17 script "script": String, Kind::Text, Provenance, Operation, "Script", "what was read out, and its version", [], None, None;
        18 notice "notice": String, Kind::Text, Provenance, Operation, "Privacy notice", "which version the person was pointed at", [], None, None;
        19 late "late": bool, Kind::Flag, Provenance, Operation, "Late entry", "recorded more than an hour after it happened", [], None, None;
        20 products "products": String, Kind::Text, Relation, Operation, "Products", "what the person agreed to be called about", [], None, None;
        21 third_parties "third_parties": String, Kind::Text, Provenance, Operation, "Third parties", "who was named as a recipient", [], None, None;
        22 age "age": String, Kind::Text, Provenance, Operation, "Age", "how it was made sure that the person is of age, where it was needed", [], None, None;
        23 address "address": String, Kind::Text, Reach, Operation, "Address", "that was written to, and proven by the answer", [], None, None;
        24 token "token": String, Kind::Text, Provenance, Secret, "Token", "the SHA-256 of the token that was sent", [], None, None;
        25 token_until "token_until": Option<Timestamp>, Kind::Time, Provenance, Operation, "Token until", "when it can be used no more", [], None, None;
        26 used_for "used_for": String, Kind::Text, Provenance, Operation, "Used for", "the call, list or export", [], None, None;
        28 unconfirmed "unconfirmed": bool, Kind::Flag, Provenance, Operation, "Unconfirmed", "the yes counts only when it is confirmed", [], None, None;
        29 delivery "delivery": OneOf<Delivery>, Kind::Word(Delivery::WORDS), Provenance, Operation, "Delivery", "what became of the message that confirms a call", [], None, None;
        27 who_answered "who_answered": String, Kind::Text, Provenance, Operation, "Who answered", "the person, or why it counts for nothing", [], None, None;
    }
}
