//! Looking at some records again: which of them a query finds by now.

use super::sort_of;
use crate::api::view::Page;
use crate::api::{AMONG_MOST, Among, Error};
use crate::service::{Ask, index};

impl Ask<'_> {
    /// Which of some records a query finds.
    pub(in crate::service) fn among(&self, among: Among) -> Result<Page, Error> {
        let Among { kind, query, ids, columns, count } = among;
        if kind.indexed().is_none() {
            return Err(Error::usage(format!("no query finds a {kind}; list them instead")));
        }
        if ids.len() > AMONG_MOST {
            return Err(Error::usage(format!("at most {AMONG_MOST} records can be named at once")));
        }
        let query = self.query(kind, &query)?;
        let by = sort_of("", &query)?;
        let found = self.on_index(kind, &query, by.by, |_, index, memory, context| {
            index.among(memory, &query, &ids, context)
        })?;
        let items = self.views(kind, found, columns)?;
        let total = match count {
            true => self.search(kind, &query, by, index::Window::first(0))?.total,
            false => items.len(),
        };
        Ok(Page { items, total: total as u64, ..Page::default() })
    }
}
