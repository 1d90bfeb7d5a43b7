//! Which rows of a list the verbs work on.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::api::Targets;

/// The marked rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Marks {
    These(BTreeSet<Uuid>),
    /// Everything this query finds.
    All(String),
}

impl Default for Marks {
    fn default() -> Marks {
        Marks::These(BTreeSet::new())
    }
}

impl Marks {
    pub fn is_empty(&self) -> bool {
        matches!(self, Marks::These(ids) if ids.is_empty())
    }

    pub fn has(&self, id: Uuid) -> bool {
        match self {
            Marks::These(ids) => ids.contains(&id),
            Marks::All(_) => true,
        }
    }

    /// How many there are, in a list of `total`.
    pub fn count(&self, total: u64) -> u64 {
        match self {
            Marks::These(ids) => ids.len() as u64,
            Marks::All(_) => total,
        }
    }

    /// Marks a row, or takes its mark away. Where everything is marked, nothing happens.
    pub fn toggle(&mut self, id: Uuid) {
        if let Marks::These(ids) = self
            && !ids.remove(&id)
        {
            ids.insert(id);
        }
    }

    /// Takes the mark of a record away that cannot be worked on any more.
    pub fn forget(&mut self, id: Uuid) {
        if let Marks::These(ids) = self {
            ids.remove(&id);
        }
    }

    pub fn add(&mut self, more: impl IntoIterator<Item = Uuid>) {
        if let Marks::These(ids) = self {
            ids.extend(more);
        }
    }

    /// What the verbs work on: the marks, else the row.
    pub fn targets(&self, row: Option<Uuid>) -> Option<Targets> {
        match self {
            Marks::All(query) => Some(Targets::Query(query.clone())),
            Marks::These(ids) if !ids.is_empty() => Some(Targets::Ids(ids.iter().copied().collect())),
            Marks::These(_) => row.map(|id| Targets::Ids(vec![id])),
        }
    }
}
