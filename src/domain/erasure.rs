//! What is left after a person was erased, and only that: a certificate without values, proof of consent for legal claims,
//! places that still may name the person, and the person as a number.

use crate::domain::entity::entity;
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Kind, OneOf, WordList, words};

words! {
    /// On what ground a person was erased.
    Ground {
        /// The person asked (Art. 17 GDPR).
        Request = "request",
        /// The time was up.
        Retention = "retention",
        /// A bought lead for which no basis was found (R15).
        Quarantine = "quarantine",
        /// The last basis was withdrawn.
        Withdrawal = "withdrawal",
    }
}

entity! {
    /// That a person, or a number of them, was erased: ids, dates, the decision, categories; no values.
    Certificate, CertificateField, Certificate {
        1 number "number": i64, Kind::Number, Operation, Operation, "Number", "by which people speak of it", [], None, None;
        2 ground "ground": OneOf<Ground>, Kind::Word(Ground::WORDS), Operation, Operation, "Ground", "why", [], None, None;
        3 request "request": i64, Kind::Number, Operation, Operation, "Request", "number of the request, where there was one", [], None, None;
        4 received "received": Option<Day>, Kind::Day, Operation, Operation, "Received", "when the person asked", [], None, None;
        5 erased_at "erased_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Erased at", "when the keys were destroyed", [], None, None;
        6 decided_by "decided_by": Option<UserId>, Kind::User, Operation, Operation, "Decided by", "who carried it out; the schedule when empty", [], None, None;
        7 subjects "subjects": i64, Kind::Number, Operation, Operation, "Persons", "how many", [], None, None;
        8 categories "categories": WordList, Kind::Words, Operation, Operation, "Categories", "of the data that went", [], None, None;
        9 kept "kept": WordList, Kind::Words, Operation, Operation, "Kept", "what remains, by the words of the requirements", [], None, None;
        10 epoch "epoch": i64, Kind::Number, Operation, Operation, "Epoch", "of the keys, after it", [], None, None;
        11 checkpoint "checkpoint": String, Kind::LongText, Operation, Operation, "Checkpoint", "of the log, after it", [], None, None;
        12 copies "copies": String, Kind::LongText, Operation, Operation, "Copies", "escrows and self-contained backups, one a line: name, state, expiry", [], None, None;
        13 recipients "recipients": WordList, Kind::Words, Operation, Operation, "Recipients to tell", "Art. 19 GDPR", [], None, None;
        14 told "told": WordList, Kind::Words, Operation, Operation, "Recipients told", "those of them who were", [], None, None;
        15 mentions "mentions": i64, Kind::Number, Operation, Operation, "Mentions", "places found that may still name the person", [], None, None;
        16 sweep "sweep": String, Kind::Text, Operation, Operation, "Sweep", "the retention plan it belongs to", [], None, None;
    }
}

entity! {
    /// Proof of consent and withdrawal of a person who was erased, for the data protection officer and legal claims alone
    /// (Art. 17(3)(e) GDPR). It lies under a key of its own and goes at its own time; it makes nobody reachable.
    KeptProof, KeptProofField, KeptProof {
        1 certificate "certificate": i64, Kind::Number, Operation, Operation, "Certificate", "of the erasure", [], None, None;
        2 purpose "purpose": String, Kind::Text, Operation, Operation, "Purpose", "for which consent was given", [], None, None;
        3 proof "proof": String, Kind::LongText, Content, Operation, "Proof", "the events with their words and inclusion proofs, as JSON", [], None, None;
        4 until "until": Option<Day>, Kind::Day, Operation, Operation, "Until", "the last day it is kept", [], None, None;
        5 rule "rule": String, Kind::Text, Operation, Operation, "Rule", "by which it is kept that long", [], None, None;
        6 marks "marks": WordList, Kind::Words, Operation, Operation, "Marks", "keyed hashes of numbers and addresses, by which it is found", [], None, None;
    }
}

words! {
    /// What became of a mention.
    MentionState {
        Open = "open",
        /// The text was changed.
        Redacted = "redacted",
        /// It was somebody else, or must stay.
        Kept = "kept",
    }
}

entity! {
    /// A place that may still name an erased person: where, never whom.
    Mention, MentionField, Mention {
        1 certificate "certificate": i64, Kind::Number, Operation, Operation, "Certificate", "of the erasure", [], None, None;
        2 kind "kind": String, Kind::Slug, Operation, Operation, "Kind", "of the record", [], None, None;
        3 record "record": String, Kind::Text, Operation, Operation, "Record", "its id", [], None, None;
        4 about "about": String, Kind::Text, Operation, Operation, "About", "the person whose record it is, by id", [], None, None;
        5 field "field": String, Kind::Text, Operation, Operation, "Field", "in which the words stand", [], None, None;
        6 state "state": OneOf<MentionState>, Kind::Word(MentionState::WORDS), Operation, Operation, "State", "whether somebody looked", [], None, None;
        7 decided_by "decided_by": Option<UserId>, Kind::User, Operation, Operation, "Decided by", "who looked", [], None, None;
        8 decided_at "decided_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Decided at", "when", [], None, None;
        9 words "words": String, Kind::Text, Operation, Operation, "Words", "why it stays", [], None, None;
    }
}

entity! {
    /// Persons as a number, when they themselves are gone (R48). Too small a number is not told.
    Aggregate, AggregateField, Aggregate {
        1 period "period": String, Kind::Text, Operation, Operation, "Period", "a month such as 2026-03; no day", [], None, None;
        2 country "country": String, Kind::Text, Operation, Operation, "Country", "of the persons", [], None, None;
        3 origin "origin": String, Kind::Text, Operation, Operation, "Origin", "what kind of source they came from", [], None, None;
        4 outcome "outcome": String, Kind::Text, Operation, Operation, "Outcome", "how it ended with them", [], None, None;
        5 count "count": i64, Kind::Number, Operation, Operation, "Persons", "how many", [], None, None;
    }
}
