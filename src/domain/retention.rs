//! Retention: how long what is kept, what holds it beyond that, and what was done when the time was up (Art. 5(1)(e) GDPR).
//!
//! A purpose has its own period ([`Purpose::retention`](crate::domain::purpose::Purpose)). A [`RetentionRule`] is for a
//! category of data beside it: vouchers, the proof of a consent, the log of who looked. The longest hold wins, then the
//! rule's end is carried out.

pub mod clock;
pub mod plan;

use crate::domain::access::slug;
use crate::domain::country::Country;
use crate::domain::entity::entity;
use crate::domain::id::UserId;
use crate::domain::period::Period;
use crate::domain::purpose::{AtEnd, Clock};
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Invalid, Kind, OneOf, WordList, words};

words! {
    /// What a rule is about.
    Kept {
        /// Data of somebody who has bought nothing.
        Prospect = "prospect",
        /// Data of a customer, for marketing.
        CustomerMarketing = "customer_marketing",
        /// Books of account, inventories, annual accounts.
        Books = "books",
        /// Invoices and other vouchers.
        Vouchers = "vouchers",
        /// Business letters.
        Letters = "letters",
        /// The proof that somebody consented.
        ConsentProof = "consent_proof",
        /// That somebody wants no more of this.
        Suppression = "suppression",
        /// Who looked at what.
        AccessLog = "access_log",
        /// Data of somebody who was asked for consent, and said no or nothing.
        RefusedConsent = "refused_consent",
        /// Bought leads without a basis (R15).
        Quarantined = "quarantined",
    }
}

entity! {
    /// How long a category of data is kept, and what happens then.
    RetentionRule, RuleField, RetentionRule {
        1 name "name": String, Kind::Text, Operation, Needed, "Name", "the word for the rule in plans and receipts", [], None, None;
        2 kept "kept": OneOf<Kept>, Kind::Word(Kept::WORDS), Operation, Needed, "About", "which data", [], None, None;
        3 country "country": Option<Country>, Kind::Country, Operation, Free, "Country", "of the persons it is about; every country when empty", [], None, None;
        4 purpose "purpose": String, Kind::Text, Operation, Free, "Purpose", "only data kept for it; every purpose when empty", [], None, None;
        5 clock "clock": OneOf<Clock>, Kind::Word(Clock::WORDS), Operation, Free, "Counted from", "collection where it is not said", [], None, None;
        6 period "period": String, Kind::Text, Operation, Needed, "Kept for", "a period such as P2Y", [], None, None;
        7 at_end "at_end": OneOf<AtEnd>, Kind::Word(AtEnd::WORDS), Operation, Free, "Then", "delete where it is not said", [], None, None;
        8 statute "statute": bool, Kind::Flag, Operation, Free, "Duty to keep", "a law demands it (Art. 17(3)(b) GDPR): kept, restricted, also when the person asks for erasure", [], None, None;
        9 source "source": String, Kind::Text, Operation, Free, "Source", "the law or the decision it comes from", [], None, None;
        10 retired "retired": bool, Kind::Flag, Operation, Free, "Retired", "does not count any more", [], None, None;
    }
}

impl RetentionRule {
    /// Checks everything that needs no other record. An error names the field.
    pub fn check(&self) -> Result<(), (&'static str, Invalid)> {
        let at = |field: RuleField| move |why: Invalid| (field.spec().name, why);
        if slug(&self.name).map_err(at(RuleField::name))? != self.name {
            return Err(at(RuleField::name)(Invalid::new("write it in lower-case letters")));
        }
        let period: Period = self.period.parse().map_err(at(RuleField::period))?;
        if MOST.iter().zip(period.parts()).any(|(most, part)| part > *most) {
            return Err(at(RuleField::period)(Invalid::new("nothing is kept for more than a hundred years")));
        }
        if self.statute && self.source.trim().is_empty() {
            return Err(at(RuleField::source)(Invalid::new("a duty to keep names the law that demands it")));
        }
        let at_end = |why: &str| Err(at(RuleField::at_end)(Invalid::new(why)));
        match self.kept.0 {
            Some(Kept::AccessLog | Kept::ConsentProof) if self.end() != AtEnd::Delete => {
                at_end("nobody looks at this before it goes: it is deleted")
            }
            Some(Kept::Suppression) if self.end() != AtEnd::Review => {
                at_end("a suppression stays until the person consents anew: it is reviewed")
            }
            Some(
                Kept::Prospect
                | Kept::CustomerMarketing
                | Kept::Books
                | Kept::Vouchers
                | Kept::Letters
                | Kept::ConsentProof
                | Kept::Suppression
                | Kept::AccessLog
                | Kept::RefusedConsent
                | Kept::Quarantined,
            )
            | None => Ok(()),
        }
    }

    /// What is counted from, where nothing else is said.
    pub fn clock(&self) -> Clock {
        self.clock.0.unwrap_or(Clock::Collection)
    }

    /// What happens at the end, where nothing else is said.
    pub fn end(&self) -> AtEnd {
        self.at_end.0.unwrap_or(AtEnd::Delete)
    }
}

/// The longest a rule keeps: years, months, weeks, days.
const MOST: [u16; 4] = [100, 1_200, 5_200, 36_500];

impl Hold {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.released_at.is_none() && self.until.is_some_and(|until| day <= until)
    }
}

entity! {
    /// Why a person's data is kept though its time is up, or though the person asks for erasure (Art. 17(3), 18(2) GDPR).
    Hold, HoldField, Hold {
        1 reason "reason": String, Kind::Text, Content, Needed, "Reason", "such as a claim before a court", [], None, None;
        2 scope "scope": WordList, Kind::Words, Operation, Free, "Scope", "categories of data; everything when empty", [], None, None;
        3 until "until": Option<Day>, Kind::Day, Operation, Needed, "Until", "the last day; a hold without an end is none", [], None, None;
        4 released_at "released_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Released at", "when it was ended before its time", [], None, None;
        5 released_by "released_by": Option<UserId>, Kind::User, Operation, Operation, "Released by", "who ended it", [], None, None;
        6 released_why "released_why": String, Kind::Text, Content, Operation, "Released because", "why it was ended", [], None, None;
    }
}

words! {
    /// How far a plan has come.
    SweepState {
        /// More than one may decide alone: somebody else approves it first.
        Proposed = "proposed",
        Approved = "approved",
        Running = "running",
        Done = "done",
        /// Ended before its end; what was done is done.
        Cancelled = "cancelled",
        /// Something in it had changed.
        Refused = "refused",
    }
}

entity! {
    /// A retention plan as it was approved and carried out: numbers and rules, no persons.
    Sweep, SweepField, Sweep {
        1 plan "plan": String, Kind::Text, Operation, Operation, "Plan", "SHA-256 of the plan, hexadecimal", [], None, None;
        2 state "state": OneOf<SweepState>, Kind::Word(SweepState::WORDS), Operation, Operation, "State", "how far it has come", [], None, None;
        3 planned_at "planned_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Planned at", "as of when the plan was made", [], None, None;
        4 planned_by "planned_by": Option<UserId>, Kind::User, Operation, Operation, "Planned by", "who made it; the schedule when empty", [], None, None;
        5 approved_by "approved_by": Option<UserId>, Kind::User, Operation, Operation, "Approved by", "the second person, where one is needed", [], None, None;
        6 started_at "started_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Started at", "when it was begun", [], None, None;
        7 ended_at "ended_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Ended at", "when it was done", [], None, None;
        8 records "records": i64, Kind::Number, Operation, Operation, "Records", "how many the plan names", [], None, None;
        9 done "done": i64, Kind::Number, Operation, Operation, "Done", "how many were deleted or anonymised", [], None, None;
        10 counts "counts": String, Kind::LongText, Operation, Operation, "By rule", "one a line: `rule action number`", [], None, None;
        11 skipped "skipped": String, Kind::LongText, Operation, Operation, "Skipped", "one a line: `reason number`", [], None, None;
        12 epoch "epoch": i64, Kind::Number, Operation, Operation, "Epoch", "of the keys, after it", [], None, None;
        13 checkpoint "checkpoint": String, Kind::LongText, Operation, Operation, "Checkpoint", "of the log, after it", [], None, None;
        14 words "words": String, Kind::Text, Operation, Operation, "Words", "why it ended as it did", [], None, None;
    }
}
