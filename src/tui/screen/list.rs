//! A list of contacts or companies: a window onto what a query finds.
//!
//! Only what is seen and a page around it is ever held. Rows are asked for by their place in the list, under a
//! number of the list's state (`version`); answers to an older state are dropped.

mod news;

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::api::{self, Card, Cause, Error, Page, Request, View, Window};
use crate::domain::entity::RecordKind;
use crate::tui::effect::Lane;

pub use news::News;

use super::columns::{self, Column};
use super::marks::Marks;
use super::search::Search;
use super::{Asked, Motion, Scroll, Want};

/// Most rows marked by one range.
pub const LONGEST_RANGE: u64 = 10_000;

/// What happens to the cursor when the list is asked for anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// It stays on the record it is on, wherever that now is.
    Record,
    /// It goes to the first row: the best hit of a new search.
    Nothing,
}

/// A saved view that is shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chosen {
    /// What stands for it behind an `@`.
    pub reference: String,
    /// Empty until it is known.
    pub title: String,
    pub sort: String,
    /// All it names; the usual ones when empty.
    pub columns: Vec<Column>,
}

/// The state of a list.
#[derive(Clone, Debug)]
pub struct List {
    pub kind: RecordKind,
    pub search: Search,
    /// The saved view that is shown.
    pub view: Option<Chosen>,
    /// What the rows were found by, within the view.
    pub query: String,
    /// As in a request: a field, with `-` for descending; empty for relevance or name.
    pub sort: String,
    pub rows: Vec<View>,
    /// Where in the whole list `rows` begins.
    pub offset: u64,
    pub total: u64,
    pub withheld: u64,
    pub scroll: Scroll,
    pub marks: Marks,
    /// Where a range began.
    pub range: Option<u64>,
    pub columns: Vec<Column>,
    /// Whether rows have ever come.
    pub loaded: bool,
    pub fault: Option<Error>,
    /// The record shown beside the list.
    pub card: Option<Card>,
    pub preview_scroll: u16,
    /// Whether the pane beside the list has the keys.
    pub preview_focus: bool,
    /// Whether that pane is on the screen.
    pub preview_shown: bool,
    /// The cells there are for columns.
    width: u16,
    /// Rows that somebody else changed, until the cursor has been on them.
    pub changed: BTreeSet<Uuid>,
    /// What others did since the rows came.
    pub news: News,
    version: u64,
    /// The state of the list that `rows` are of.
    rows_of: u64,
    /// What was asked for and has not come: the first row and the one behind the last.
    coming: Option<(u64, u64)>,
    /// The record the cursor shall stay on.
    anchor: Option<Uuid>,
}

impl List {
    pub fn new(kind: RecordKind) -> List {
        List {
            kind,
            search: Search::default(),
            view: None,
            query: String::new(),
            sort: String::new(),
            rows: Vec::new(),
            offset: 0,
            total: 0,
            withheld: 0,
            scroll: Scroll { height: 1, ..Scroll::default() },
            marks: Marks::default(),
            range: None,
            columns: Vec::new(),
            loaded: false,
            fault: None,
            card: None,
            preview_scroll: 0,
            preview_focus: false,
            preview_shown: false,
            width: 0,
            changed: BTreeSet::new(),
            news: News::default(),
            version: 0,
            rows_of: 0,
            coming: None,
            anchor: None,
        }
    }

    /// The row in some place of the whole list, where it is held.
    pub fn row(&self, at: u64) -> Option<&View> {
        at.checked_sub(self.offset).and_then(|at| self.rows.get(usize::try_from(at).ok()?))
    }

    /// Where in the whole list a row that is held stands.
    fn place_of(&self, id: Uuid) -> Option<u64> {
        self.rows.iter().position(|row| row.id == id).map(|at| self.offset + at as u64)
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&View> {
        self.row(self.scroll.cursor)
    }

    /// Whether something is on its way.
    pub fn is_loading(&self) -> bool {
        self.coming.is_some()
    }

    /// Takes the room there is; asks for more rows where there is more of it.
    pub fn resize(&mut self, height: u64, width: u16, preview: bool) -> Vec<Want> {
        self.width = width;
        let columns = self.fitting();
        let same_fields = columns::keys(&columns) == columns::keys(&self.columns);
        self.columns = columns;
        self.scroll.height = height.max(1);
        let shown_now = preview && !self.preview_shown;
        self.preview_shown = preview;
        self.preview_focus &= preview;
        self.scroll.settle(self.total);
        if !self.loaded && self.coming.is_none() {
            return Vec::new();
        }
        let mut wants = Vec::new();
        if same_fields {
            wants.extend(self.missing());
        } else {
            wants.extend(self.reload(Keep::Record));
        }
        if shown_now {
            wants.extend(self.preview());
        }
        wants
    }

    fn fitting(&self) -> Vec<Column> {
        match &self.view {
            Some(view) if !view.columns.is_empty() => columns::fitting_of(&view.columns, self.width),
            Some(_) | None => columns::fitting(self.kind, self.width),
        }
    }

    /// Everything that must hold for a row: the view's filter and what was searched in it.
    pub fn whole_query(&self) -> String {
        match (&self.view, self.query.is_empty()) {
            (Some(view), true) => format!("@{}", view.reference),
            (Some(view), false) => format!("@{} {}", view.reference, self.query),
            (None, _) => self.query.clone(),
        }
    }

    /// Shows a view as it is, without a search in it; or the whole list. An order that came with a view goes with it.
    pub fn choose(&mut self, view: Option<Chosen>) -> Option<Want> {
        let before = self.view.take().map(|view| view.sort);
        match &view {
            Some(view) => self.sort = view.sort.clone(),
            None if before.is_some_and(|sort| sort == self.sort) => self.sort.clear(),
            None => {}
        }
        self.view = view;
        self.search.set("");
        self.query.clear();
        self.marks = Marks::default();
        self.columns = self.fitting();
        self.reload(Keep::Nothing)
    }

    /// Learns what the view is that was only known by its reference; its order stays as it was left.
    pub fn describe(&mut self, title: String, sort: String, columns: Vec<Column>) -> Option<Want> {
        let view = self.view.as_mut()?;
        (view.title, view.sort, view.columns) = (title, sort, columns);
        let columns = self.fitting();
        let same_fields = columns::keys(&columns) == columns::keys(&self.columns);
        self.columns = columns;
        if same_fields { None } else { self.reload(Keep::Record) }
    }

    /// Asks for the rows anew.
    pub fn reload(&mut self, keep: Keep) -> Option<Want> {
        self.version += 1;
        self.coming = None;
        self.news.forget_heard();
        match keep {
            Keep::Record => self.anchor = self.anchor.or_else(|| self.current().map(|row| row.id)),
            Keep::Nothing => {
                self.anchor = None;
                self.scroll.cursor = 0;
                self.scroll.top = 0;
                self.preview_scroll = 0;
                self.range = None;
            }
        }
        self.ask()
    }

    /// Shows what another query finds.
    pub fn find(&mut self, query: String) -> Option<Want> {
        if query == self.query && self.loaded {
            return None;
        }
        self.query = query;
        if let Marks::All(_) = self.marks {
            self.marks = Marks::default();
        }
        self.reload(Keep::Nothing)
    }

    /// The rows around those that are seen.
    fn ask(&mut self) -> Option<Want> {
        let page = self.scroll.height;
        let from = self.scroll.top.saturating_sub(page);
        let limit = self.scroll.top + page * 2 - from;
        if self.coming.is_some_and(|(first, end)| first <= from && from + limit <= end) {
            return None;
        }
        self.coming = Some((from, from + limit));
        Some(self.list(
            Asked::Rows(self.kind, self.version),
            Window { after: None, offset: from, limit: Some(limit) },
        ))
    }

    fn list(&self, asked: Asked, window: Window) -> Want {
        Want {
            asked,
            lane: Some(Lane::List(self.kind)),
            request: Request::List(api::List {
                kind: self.kind,
                query: self.whole_query(),
                sort: self.sort.clone(),
                window,
                columns: columns::keys(&self.columns),
            }),
        }
    }

    /// Asks for rows that are seen, or about to be, and not held.
    fn missing(&mut self) -> Option<Want> {
        let half = self.scroll.height / 2;
        let first = self.scroll.top.saturating_sub(half);
        let end = (self.scroll.top + self.scroll.height + half).min(self.total);
        let held = self.offset..self.offset + self.rows.len() as u64;
        if first >= held.start && end <= held.end {
            return None;
        }
        if self.coming.is_some_and(|(from, to)| from <= first && end <= to.min(self.total)) {
            return None;
        }
        self.ask()
    }

    /// Takes rows that came. `None` when they answer an older state.
    pub fn page(&mut self, version: u64, answer: Result<Page, Error>) -> Option<Vec<Want>> {
        if version != self.version {
            return None;
        }
        self.coming = None;
        self.loaded = true;
        let page = match answer {
            Ok(page) => page,
            Err(fault) => {
                // What is there can still be read while the server is not.
                if fault.cause != Some(Cause::Gone) || self.rows.is_empty() {
                    self.fault = Some(fault);
                }
                return Some(Vec::new());
            }
        };
        self.fault = None;
        let on = self.current().map(|row| row.id).filter(|_| self.rows_of == version);
        self.rows_of = version;
        self.rows = page.items;
        self.offset = page.offset;
        self.total = page.total;
        self.withheld = page.withheld.values().sum();
        let new = self.news.clear();
        self.changed.extend(new.into_iter().filter(|id| self.rows.iter().any(|row| row.id == *id)));
        // What others put before it has moved it; the cursor goes along.
        if let Some(at) = on.filter(|_| self.anchor.is_none()).and_then(|on| self.place_of(on)) {
            self.put_cursor(at);
        }
        if let Some(anchor) = self.anchor.take() {
            if let Some(at) = self.place_of(anchor) {
                self.put_cursor(at);
            } else if self.total > self.rows.len() as u64 {
                // It is elsewhere, or gone: only the store knows.
                self.anchor = Some(anchor);
                let window = Window { after: Some(anchor), offset: 0, limit: Some(1) };
                return Some(vec![self.list(Asked::Whereabouts(self.kind, self.version), window)]);
            }
        }
        self.scroll.settle(self.total);
        let mut wants: Vec<Want> = self.missing().into_iter().collect();
        wants.extend(self.preview());
        Some(wants)
    }

    /// Takes the answer to where the anchored record is: the page behind it.
    pub fn whereabouts(&mut self, version: u64, answer: Result<Page, Error>) -> Option<Vec<Want>> {
        if version != self.version {
            return None;
        }
        self.anchor = None;
        if let Ok(page) = answer
            && let Some(at) = page.offset.checked_sub(1)
        {
            self.put_cursor(at);
        }
        self.scroll.settle(self.total);
        let mut wants: Vec<Want> = self.missing().into_iter().collect();
        wants.extend(self.preview());
        Some(wants)
    }

    /// Moves the cursor, keeping it on the line of the screen where it is.
    fn put_cursor(&mut self, at: u64) {
        let line = self.scroll.cursor.saturating_sub(self.scroll.top);
        self.scroll.cursor = at;
        self.scroll.top = at.saturating_sub(line);
    }

    pub fn go(&mut self, motion: Motion) -> Vec<Want> {
        let before = self.scroll.cursor;
        if let Some(seen) = self.current().map(|row| row.id) {
            self.changed.remove(&seen);
        }
        self.scroll.go(motion, self.total);
        let mut wants: Vec<Want> = self.missing().into_iter().collect();
        if before != self.scroll.cursor {
            self.preview_scroll = 0;
            wants.extend(self.preview());
        }
        wants
    }

    /// Asks for the record beside the list, where it is shown and another than before.
    fn preview(&mut self) -> Option<Want> {
        if !self.preview_shown {
            return None;
        }
        let row = self.current().filter(|row| !self.news.is_gone(row.id))?;
        let held = self.card.as_ref().map(|card| (card.record.id, card.record.revision));
        if held == Some((row.id, row.revision)) {
            return None;
        }
        Some(self.preview_of(row.id))
    }

    fn preview_of(&self, id: Uuid) -> Want {
        Want {
            asked: Asked::Preview(self.kind, id),
            lane: Some(Lane::Preview(self.kind)),
            request: Request::Get(api::Get { kind: self.kind, id, at: None }),
        }
    }

    /// Takes a record for the pane; one that the cursor has left is dropped.
    pub fn previewed(&mut self, card: Card) -> bool {
        let wanted = self.current().is_some_and(|row| row.id == card.record.id);
        if wanted {
            self.card = Some(card);
        }
        wanted
    }

    /// Marks or unmarks the row and goes on to the next.
    pub fn mark(&mut self) -> Vec<Want> {
        if let Some(id) = self.current().map(|row| row.id) {
            self.marks.toggle(id);
        }
        self.go(Motion::Down)
    }

    /// Marks everything the query finds, or takes all marks away.
    pub fn mark_all(&mut self) {
        self.range = None;
        self.marks = match self.marks {
            Marks::All(_) => Marks::default(),
            Marks::These(_) => Marks::All(self.whole_query()),
        };
    }

    /// Begins a range, or ends it and marks what is in it.
    pub fn mark_range(&mut self) -> Option<Want> {
        let Some(from) = self.range.take() else {
            self.range = Some(self.scroll.cursor);
            return None;
        };
        let (first, last) = (from.min(self.scroll.cursor), from.max(self.scroll.cursor));
        let ids: Vec<Uuid> = (first..=last).map_while(|at| self.row(at)).map(|row| row.id).collect();
        if ids.len() as u64 == last - first + 1 {
            self.marks.add(ids);
            return None;
        }
        let limit = (last - first + 1).min(LONGEST_RANGE);
        let mut want = self.list(
            Asked::Range(self.kind, self.version),
            Window { after: None, offset: first, limit: Some(limit) },
        );
        want.lane = None;
        Some(want)
    }

    /// Takes the rows of a range.
    pub fn ranged(&mut self, version: u64, page: &Page) -> bool {
        let current = version == self.version;
        if current {
            self.marks.add(page.items.iter().map(|row| row.id));
        }
        current
    }

    /// Whether a row lies in a range that is not ended yet.
    pub fn in_range(&self, at: u64) -> bool {
        self.range
            .is_some_and(|from| (from.min(self.scroll.cursor)..=from.max(self.scroll.cursor)).contains(&at))
    }
}

#[cfg(test)]
mod tests;
