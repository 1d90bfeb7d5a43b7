//! Accountability (Art. 5(2) GDPR): incidents, training, approved versions of the register, publications.

use crate::domain::entity::entity;
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Kind, OneOf, WordList, words};

words! {
    IncidentState {
        Open = "open",
        /// The authority was told; more may follow (Art. 33(4) GDPR).
        Reported = "reported",
        Closed = "closed",
    }
}

words! {
    /// What a breach does to persons (Art. 33(1), 34(1) GDPR).
    Risk {
        Unlikely = "unlikely",
        /// The authority is told within 72 hours.
        Risk = "risk",
        /// The persons are told as well.
        High = "high",
    }
}

entity! {
    /// A breach of the protection of personal data, or what may be one. All are documented (Art. 33(5) GDPR).
    Incident, IncidentField, Incident {
        1 number "number": i64, Kind::Number, Operation, Operation, "Number", "by which people speak of it", [], None, None;
        2 title "title": String, Kind::Text, Content, Needed, "Title", "what happened, in a few words", [], None, None;
        3 aware_at "aware_at": Option<Timestamp>, Kind::Time, Operation, Needed, "Aware at", "from when on the 72 hours of Art. 33(1) run", [], None, None;
        4 state "state": OneOf<IncidentState>, Kind::Word(IncidentState::WORDS), Operation, Operation, "State", "how far it has come", [], None, None;
        5 risk "risk": OneOf<Risk>, Kind::Word(Risk::WORDS), Operation, Free, "Risk", "to the rights and freedoms of persons", [], None, None;
        6 nature "nature": String, Kind::LongText, Content, Free, "Nature", "Art. 33(3)(a): what kind of breach", [], None, None;
        7 categories "categories": WordList, Kind::Words, Operation, Free, "Categories", "of persons and of data", [], None, None;
        8 persons "persons": i64, Kind::Number, Operation, Free, "Persons", "approximately", [], None, None;
        9 records "records": i64, Kind::Number, Operation, Free, "Records", "approximately", [], None, None;
        10 consequences "consequences": String, Kind::LongText, Content, Free, "Consequences", "Art. 33(3)(c)", [], None, None;
        11 measures "measures": String, Kind::LongText, Content, Free, "Measures", "Art. 33(3)(d)", [], None, None;
        12 reported_at "reported_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Authority told at", "when the first report went out", [], None, None;
        13 late_reason "late_reason": String, Kind::LongText, Content, Operation, "Late because", "Art. 33(1): reasons for a report after the 72 hours", [], None, None;
        14 persons_told_at "persons_told_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Persons told at", "Art. 34", [], None, None;
        15 phases "phases": String, Kind::LongText, Content, Operation, "Phases", "what was reported when, one a line", [], None, None;
        16 scope "scope": String, Kind::LongText, Operation, Operation, "Scope", "whose data it was, by id, one a line", [], None, None;
        17 closed_at "closed_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Closed at", "when", [], None, None;
        18 lessons "lessons": String, Kind::LongText, Content, Operation, "Lessons", "what is done so that it does not happen again", [], None, None;
    }
}

entity! {
    /// That somebody was told about the protection of data (Art. 39(1)(b) GDPR).
    Training, TrainingField, Training {
        1 user "user": Option<UserId>, Kind::User, Operation, Operation, "User", "who", [], None, None;
        2 topic "topic": String, Kind::Text, Operation, Operation, "Topic", "about what", [], None, None;
        3 held_on "held_on": Option<Day>, Kind::Day, Operation, Operation, "Held on", "when", [], None, None;
        4 by "by": String, Kind::Text, Operation, Operation, "By", "who taught", [], None, None;
        5 again_by "again_by": Option<Day>, Kind::Day, Operation, Operation, "Again by", "when it is due anew", [], None, None;
    }
}

entity! {
    /// A version of the register of processing (Art. 30 GDPR) as it was approved.
    RegisterVersion, RegisterField, RegisterVersion {
        1 version "version": i64, Kind::Number, Operation, Operation, "Version", "the first is 1", [], None, None;
        2 approved_by "approved_by": Option<UserId>, Kind::User, Operation, Operation, "Approved by", "who", [], None, None;
        3 content "content": String, Kind::LongText, Operation, Operation, "Content", "the register as JSON", [], None, None;
        4 sha256 "sha256": String, Kind::Text, Operation, Operation, "SHA-256", "of the content, hexadecimal", [], None, None;
        5 words "words": String, Kind::Text, Operation, Operation, "Words", "what changed", [], None, None;
    }
}

entity! {
    /// Where a person's data was made public, so that whoever shows it can be told of an erasure (Art. 17(2) GDPR, R51).
    Publication, PublicationField, Publication {
        1 place "place": String, Kind::Text, Content, Needed, "Place", "an address on the web, or the name of a print", [], None, None;
        2 published_on "published_on": Option<Day>, Kind::Day, Operation, Free, "Published on", "when", [], None, None;
        3 what "what": String, Kind::Text, Content, Free, "What", "which data", [], None, None;
        4 contact "contact": String, Kind::Text, Content, Free, "Contact", "whom to tell", [], None, None;
        5 withdrawn_at "withdrawn_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Withdrawn at", "when it was taken away", [], None, None;
    }
}
