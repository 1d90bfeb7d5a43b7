//! Tasks: what somebody will do about a contact, and when.

use crate::domain::entity::entity;
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::domain::value::{Kind, OneOf, words};

words! {
    /// What is to be done.
    TaskKind {
        Call = "call",
        Mail = "mail",
        Letter = "letter",
        Meeting = "meeting",
        /// To tell a recipient of a correction, restriction or erasure (Art. 19 GDPR).
        Notify = "notify",
        Other = "other",
    }
}

entity! {
    /// A task about a contact: a follow-up, or a call that was promised.
    Task, TaskField, Task {
        1 text "text": String, Kind::Text, Content, Needed, "Task", "what is to be done", [], None, None;
        2 kind "kind": OneOf<TaskKind>, Kind::Word(TaskKind::WORDS), Content, Free, "Kind", "to see what it is at a glance", [], None, None;
        3 due "due": Option<Timestamp>, Kind::Time, Content, Free, "Due", "when", [], None, None;
        4 owner "owner": Option<UserId>, Kind::User, Relation, Free, "Owner", "who does it", [], None, None;
        5 done_at "done_at": Option<Timestamp>, Kind::Time, Content, Operation, "Done at", "when it was done", [], None, None;
        6 purpose "purpose": String, Kind::Text, Provenance, Free, "Purpose", "what for, where it is a call", [], None, None;
        60 deleted_at "deleted_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Deleted at", "a deleted task can be restored", [], None, None;
    }
}
