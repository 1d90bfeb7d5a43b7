//! What forms remember while the program runs: the words used last, and what was typed and not saved.
//!
//! It is in memory only and ends with the program. Drafts outlive the lock, because a form that is taken away with
//! changes in it leaves them here; the next form for the same record offers them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use uuid::Uuid;

use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::time::Timestamp;

/// Most drafts that are kept; the oldest goes first.
const MAX_DRAFTS: usize = 20;

/// What was typed into a form and not saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    pub kind: RecordKind,
    /// The record that was edited; a new one when absent.
    pub id: Option<Uuid>,
    /// The contact a note is about.
    pub about: Option<Uuid>,
    /// The texts that differ from what the form began with.
    pub texts: Vec<(FieldKey, String)>,
    pub at: Timestamp,
}

impl Draft {
    fn same_place(&self, kind: RecordKind, id: Option<Uuid>, about: Option<Uuid>) -> bool {
        self.kind == kind && self.id == id && self.about == about
    }
}

#[derive(Default)]
struct Kept {
    drafts: Vec<Draft>,
    last: BTreeMap<(RecordKind, FieldKey), String>,
}

/// Shared by all forms of a session; cheap to clone.
#[derive(Clone, Default)]
pub struct Memory(Rc<RefCell<Kept>>);

impl Memory {
    /// Keeps a draft in place of an earlier one for the same record.
    pub fn keep(&self, draft: Draft) {
        let Ok(mut kept) = self.0.try_borrow_mut() else { return };
        kept.drafts.retain(|one| !one.same_place(draft.kind, draft.id, draft.about));
        if kept.drafts.len() >= MAX_DRAFTS {
            kept.drafts.remove(0);
        }
        kept.drafts.push(draft);
    }

    /// The draft for a record, which stays.
    pub fn draft(&self, kind: RecordKind, id: Option<Uuid>, about: Option<Uuid>) -> Option<Draft> {
        self.0.borrow().drafts.iter().find(|one| one.same_place(kind, id, about)).cloned()
    }

    pub fn forget(&self, kind: RecordKind, id: Option<Uuid>, about: Option<Uuid>) {
        if let Ok(mut kept) = self.0.try_borrow_mut() {
            kept.drafts.retain(|one| !one.same_place(kind, id, about));
        }
    }

    /// All drafts, the oldest first: for whoever ends the program and wants to say what is lost.
    pub fn drafts(&self) -> Vec<Draft> {
        self.0.borrow().drafts.clone()
    }

    /// What was written into a field the last time a record was saved in this session.
    pub fn last(&self, kind: RecordKind, key: FieldKey) -> Option<String> {
        self.0.borrow().last.get(&(kind, key)).cloned()
    }

    pub fn used(&self, kind: RecordKind, key: FieldKey, text: String) {
        if let Ok(mut kept) = self.0.try_borrow_mut() {
            kept.last.insert((kind, key), text);
        }
    }
}
