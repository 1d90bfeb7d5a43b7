//! Requests of persons: the rights of Art. 12 to 22 GDPR (R19, R21).

use crate::domain::country::Language;
use crate::domain::entity::entity;
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
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
        10 identity "identity": OneOf<IdentityCheck>, Kind::Word(IdentityCheck::WORDS), Operation, Operation, "Identity by", "how it was made sure who asks", [], None, None;
        11 identity_outcome "identity_outcome": String, Kind::Text, Operation, Operation, "Outcome", "of the check of identity; no copies of papers", [], None, None;
        12 identity_at "identity_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Identity checked at", "when", [], None, None;
        13 identity_asked "identity_asked": Option<Day>, Kind::Day, Operation, Operation, "Identity asked on", "since when the person was asked to show who they are", [], None, None;
        14 extended_to "extended_to": Option<Day>, Kind::Day, Operation, Operation, "Extended to", "Art. 12(3): three months in all", [], None, None;
        15 extension_reason "extension_reason": String, Kind::LongText, Content, Operation, "Extended because", "as the person was told", [], None, None;
        16 extension_told "extension_told": Option<Day>, Kind::Day, Operation, Operation, "Extension told on", "within the first month", [], None, None;
        17 decided_at "decided_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Decided at", "when it was carried out or refused", [], None, None;
        18 decided_by "decided_by": Option<UserId>, Kind::User, Operation, Operation, "Decided by", "who", [], None, None;
        19 refusal_reason "refusal_reason": String, Kind::LongText, Content, Operation, "Refused because", "Art. 12(4): with the remedies, as the person was told", [], None, None;
        20 delivered_at "delivered_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Delivered at", "when the answer went out", [], None, None;
        21 delivered_by "delivered_by": String, Kind::Text, Operation, Operation, "Delivered by", "which way it went", [], None, None;
        22 delivered_hash "delivered_hash": String, Kind::Text, Operation, Operation, "SHA-256 of the answer", "hexadecimal", [], None, None;
        23 person "person": String, Kind::LongText, Content, Operation, "Person", "name and address of somebody who is no contact here", [], None, None;
        24 language "language": Option<Language>, Kind::Language, Content, Operation, "Language", "in which the person is answered; the contact's own when empty", [], None, None;
        25 assigned "assigned": Option<UserId>, Kind::User, Operation, Operation, "Assigned to", "who carries it out", [], None, None;
    }
}

words! {
    /// What came of checking who asks.
    IdentityOutcome {
        /// The person was asked to show who they are, and has not answered.
        Asked = "asked",
        Confirmed = "confirmed",
        /// It is not the person, or nobody can tell.
        Failed = "failed",
    }
}

words! {
    /// Why data are restricted: the four cases of Art. 18(1) GDPR.
    RestrictionReason {
        /// (a) The person contests that they are accurate.
        Accuracy = "accuracy",
        /// (b) Their use is unlawful, and the person does not want them erased.
        Unlawful = "unlawful",
        /// (c) The person needs them for legal claims.
        Claims = "claims",
        /// (d) The person objected, and it is not decided yet whose interest is the greater.
        Objection = "objection",
    }
}

words! {
    /// How it was made sure that it is the person who asks (Art. 12(6) GDPR). No copies of identity papers.
    IdentityCheck {
        /// By an answer from an address or number that was known before.
        KnownAddress = "known_address",
        CallBack = "call_back",
        /// By questions only the person can answer.
        Questions = "questions",
        InPerson = "in_person",
        /// By a form that was given to that person alone.
        Invitation = "invitation",
    }
}

entity! {
    /// A form given to a person, who may send back one answer: the preferences page of an access pack (R32).
    Invitation, InvitationField, Invitation {
        1 key "key": String, Kind::Text, Operation, Secret, "Key", "what its answer is authenticated by", [], None, None;
        2 issued_at "issued_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Issued at", "when it was given", [], None, None;
        3 issued_by "issued_by": Option<UserId>, Kind::User, Operation, Operation, "Issued by", "who gave it", [], None, None;
        4 expires "expires": Option<Timestamp>, Kind::Time, Operation, Operation, "Expires", "until when an answer is taken in", [], None, None;
        5 used_at "used_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Used at", "when an answer was taken in: there is only one", [], None, None;
        6 request "request": i64, Kind::Number, Operation, Operation, "Request", "the request whose answer it belongs to", [], None, None;
    }
}
