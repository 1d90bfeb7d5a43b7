//! What forms remember while the program runs: the words used last, and what was typed and not saved.
//!
//! It is in memory only and ends with the program. Drafts are left here by a form that is taken away with changes in it;
//! the next form for the same record offers them. What is still here at the end goes into the store.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::domain::draft::{Draft, Form};
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;

/// Most drafts that are kept; the oldest goes first.
const MAX_DRAFTS: usize = 20;

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
        kept.drafts.retain(|one| one.form != draft.form);
        if kept.drafts.len() >= MAX_DRAFTS {
            kept.drafts.remove(0);
        }
        kept.drafts.push(draft);
    }

    /// The draft for a record, which stays.
    pub fn draft(&self, form: Form) -> Option<Draft> {
        self.0.borrow().drafts.iter().find(|one| one.form == form).cloned()
    }

    pub fn forget(&self, form: Form) {
        if let Ok(mut kept) = self.0.try_borrow_mut() {
            kept.drafts.retain(|one| one.form != form);
        }
    }

    /// All drafts, the oldest first: for whoever ends the program and keeps them in the store.
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
