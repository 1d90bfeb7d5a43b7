//! Requests of persons: the rights of Art. 12 to 22 GDPR (R19, R21).

use crate::domain::entity::entity;
use crate::domain::id::UserId;
use crate::domain::value::{Day, Kind, OneOf, words};

words! {
    /// What a person asks for.
    Right {
        /// Art. 15.
        Access = "access",
        /// Art. 16.
        Rectification = "rectification",
        /// Art. 17.
        Erasure = "erasure",
        /// Art. 18.
        Restriction = "restriction",
        /// Art. 20.
        Portability = "portability",
        /// Art. 21.
        Objection = "objection",
        /// Art. 7(3).
        Withdrawal = "withdrawal",
        /// Art. 22.
        NoAutomatedDecision = "no_automated_decision",
    }
}

words! {
    RequestState {
        Open = "open",
        Done = "done",
        Refused = "refused",
    }
}

entity! {
    /// What a person asked for. Anybody takes it in; the data protection officer carries it out.
    SubjectRequest, RequestField, Request {
        1 number "number": i64, Kind::Number, Operation, Operation, "Number", "by which people speak of it", [], None, None;
        2 right "right": OneOf<Right>, Kind::Word(Right::WORDS), Provenance, Operation, "Right", "what the person asks for", [], None, None;
        3 received "received": Option<Day>, Kind::Day, Provenance, Operation, "Received", "from when on the month of Art. 12(3) runs", [], None, None;
        4 how "how": String, Kind::Text, Provenance, Operation, "How", "by call, mail, letter, in person", [], None, None;
        5 words "words": String, Kind::LongText, Content, Operation, "Words", "what the person wrote or said", [], None, None;
        6 state "state": OneOf<RequestState>, Kind::Word(RequestState::WORDS), Operation, Operation, "State", "whether it is still to be done", [], None, None;
        7 due "due": Option<Day>, Kind::Day, Operation, Operation, "Due", "the last day of the month", [], None, None;
        8 taken_by "taken_by": Option<UserId>, Kind::User, Operation, Operation, "Taken in by", "whom to ask", [], None, None;
        9 call "call": String, Kind::Text, Provenance, Operation, "Call", "in which it was said", [], None, None;
    }
}
