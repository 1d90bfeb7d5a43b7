//! Calls, and lists of persons to call.

use crate::domain::country::Language;
use crate::domain::entity::entity;
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::domain::value::{Kind, OneOf, WordList, words};

words! {
    Direction {
        Outgoing = "outgoing",
        Incoming = "incoming",
    }
}

words! {
    /// Who answered. What anybody but the person says counts for nothing.
    Answered {
        Person = "person",
        /// Somebody else: a spouse, a colleague, the switchboard.
        Other = "other",
        /// Nobody, or a machine.
        Nobody = "nobody",
    }
}

words! {
    /// What came of a call.
    CallOutcome {
        Reached = "reached",
        NotReached = "not_reached",
        /// The number belongs to somebody else.
        WrongNumber = "wrong_number",
        /// The person asked to be called at another time.
        CallBack = "call_back",
        /// The person wants no such calls.
        Objected = "objected",
        /// It ended in the middle: hung up, or the connection was lost.
        HungUp = "hung_up",
    }
}

entity! {
    /// A call as it was, with everything that must be known of it years later (P1). The answers are events of the ledger
    /// that point here. Nothing changes it.
    Call, CallField, Call {
        1 direction "direction": OneOf<Direction>, Kind::Word(Direction::WORDS), Relation, Operation, "Direction", "who called whom", [], None, None;
        2 purposes "purposes": WordList, Kind::Words, Provenance, Operation, "Purposes", "what the call was for", [], None, None;
        3 decision "decision": String, Kind::LongText, Provenance, Operation, "Rule", "the rule that permitted this very call, and everything it looked at, as JSON", [], None, None;
        4 agent "agent": Option<UserId>, Kind::User, Provenance, Operation, "Agent", "who called", [], None, None;
        5 controller "controller": String, Kind::Text, Provenance, Operation, "Controller", "with address, as it was told", [], None, None;
        6 on_behalf_of "on_behalf_of": String, Kind::Text, Provenance, Operation, "On behalf of", "for whom, where it was not the controller", [], None, None;
        7 number "number": String, Kind::Text, Reach, Operation, "Number dialled", "E.164", [], None, None;
        8 shown_number "shown_number": String, Kind::Text, Operation, Operation, "Number displayed", "which number the person saw", [], None, None;
        9 screening "screening": String, Kind::Text, Provenance, Operation, "Do-not-call check", "list, date and result, where the rules need one", [], None, None;
        10 answered_by "answered_by": OneOf<Answered>, Kind::Word(Answered::WORDS), Provenance, Operation, "Who answered", "only the person's own words count", [], None, None;
        11 relation "relation": String, Kind::Text, Provenance, Operation, "Relation", "of whoever answered to the person", [], None, None;
        12 identity "identity": String, Kind::Text, Provenance, Operation, "Identity", "how it was confirmed who spoke", [], None, None;
        13 started_at "started_at": Option<Timestamp>, Kind::Time, Provenance, Operation, "Started", "when it was dialled", [], None, None;
        14 answered_at "answered_at": Option<Timestamp>, Kind::Time, Provenance, Operation, "Answered", "when somebody answered", [], None, None;
        15 ended_at "ended_at": Option<Timestamp>, Kind::Time, Provenance, Operation, "Ended", "when it was over", [], None, None;
        16 zone "zone": String, Kind::Text, Provenance, Operation, "Time zone", "of the agent: offset and IANA name", [], None, None;
        17 person_zone "person_zone": String, Kind::Text, Provenance, Operation, "Time zone of the person", "by which the permitted hours were judged", [], None, None;
        18 language "language": Option<Language>, Kind::Language, Preference, Operation, "Language", "in which it was held", [], None, None;
        19 script "script": String, Kind::Text, Provenance, Operation, "Script", "name and version", [], None, None;
        20 wording "wording": String, Kind::LongText, Provenance, Operation, "Wording", "what was read out, placeholders filled", [], None, None;
        21 wording_sha256 "wording_sha256": String, Kind::Text, Provenance, Operation, "SHA-256 of the wording", "in hexadecimal", [], None, None;
        22 read_at "read_at": Option<Timestamp>, Kind::Time, Provenance, Operation, "Read out", "when the script had been read to its end", [], None, None;
        23 notice "notice": String, Kind::Text, Provenance, Operation, "Privacy notice", "name and version", [], None, None;
        24 told "told": WordList, Kind::Words, Provenance, Operation, "Told", "that retention, withdrawal and objection were told", [], None, None;
        25 third_parties "third_parties": WordList, Kind::Words, Provenance, Operation, "Third parties", "who was named as a recipient", [], None, None;
        26 age "age": String, Kind::Text, Provenance, Operation, "Age", "how it was made sure that the person is of age", [], None, None;
        27 outcome "outcome": OneOf<CallOutcome>, Kind::Word(CallOutcome::WORDS), Relation, Operation, "Outcome", "what came of it", [], None, None;
        28 note "note": String, Kind::LongText, Content, Operation, "Note", "what was said or agreed", [], None, None;
        29 confirmation "confirmation": String, Kind::LongText, Provenance, Operation, "Confirmation", "the text that was sent afterwards", [], None, None;
        30 confirmation_sha256 "confirmation_sha256": String, Kind::Text, Provenance, Operation, "SHA-256 of the confirmation", "in hexadecimal", [], None, None;
        31 confirmation_by "confirmation_by": String, Kind::Text, Provenance, Operation, "Confirmed by", "channel and address, time and delivery", [], None, None;
        32 list "list": String, Kind::Text, Relation, Operation, "Call list", "from which it was made", [], None, None;
        33 late "late": bool, Kind::Flag, Provenance, Operation, "Late entry", "recorded more than an hour after it ended", [], None, None;
        34 interrupted "interrupted": bool, Kind::Flag, Provenance, Operation, "Interrupted", "the connection to the program was lost meanwhile", [], None, None;
    }
}

entity! {
    /// Persons to call for one purpose, as they were chosen.
    CallList, CallListField, CallList {
        1 name "name": String, Kind::Text, Operation, Needed, "Name", "what people call the list", [], None, None;
        2 purpose "purpose": String, Kind::Text, Operation, Operation, "Purpose", "what the calls are for", [], None, None;
        3 query "query": String, Kind::Text, Operation, Operation, "Query", "who was chosen", [], None, None;
        4 team "team": String, Kind::Text, Operation, Free, "Team", "who works on it; everybody who may call when empty", [], None, None;
        5 owner "owner": Option<UserId>, Kind::User, Operation, Free, "Owner", "who made it", [], None, None;
        6 size "size": i64, Kind::Number, Operation, Operation, "Persons", "how many were taken", [], None, None;
        7 withheld "withheld": WordList, Kind::Words, Operation, Operation, "Withheld", "how many were not, by reason", [], None, None;
        8 closed_at "closed_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Closed at", "nobody is called from it any more", [], None, None;
    }
}

words! {
    /// Where a person on a call list stands.
    EntryState {
        Open = "open",
        /// Somebody has the person before them.
        Claimed = "claimed",
        /// To be called at a certain time.
        Later = "later",
        Done = "done",
        Skipped = "skipped",
        /// May not be called any more.
        Withheld = "withheld",
    }
}

entity! {
    /// One person on a call list.
    CallEntry, CallEntryField, CallEntry {
        1 list "list": String, Kind::Text, Relation, Operation, "Call list", "which", [], None, None;
        2 place "place": i64, Kind::Number, Relation, Operation, "Place", "in the order of the list", [], None, None;
        3 state "state": OneOf<EntryState>, Kind::Word(EntryState::WORDS), Relation, Operation, "State", "whether the person is still to be called", [], None, None;
        4 claimed_by "claimed_by": Option<UserId>, Kind::User, Relation, Operation, "Claimed by", "who has the person before them", [], None, None;
        5 claimed_until "claimed_until": Option<Timestamp>, Kind::Time, Relation, Operation, "Claimed until", "when others may", [], None, None;
        6 attempts "attempts": i64, Kind::Number, Relation, Operation, "Attempts", "how often the person was called from this list", [], None, None;
        7 due "due": Option<Timestamp>, Kind::Time, Relation, Operation, "Due", "not before", [], None, None;
        8 call "call": String, Kind::Text, Relation, Operation, "Call", "the last one", [], None, None;
        9 reason "reason": String, Kind::Text, Relation, Operation, "Reason", "why skipped or withheld", [], None, None;
    }
}
