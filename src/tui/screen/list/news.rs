//! What others do to records of a list while one looks at it.
//!
//! Nothing moves: rows are replaced where they stand, and marked. What would be in the list and is not, or would not be and
//! is, is counted, until the list is asked for anew. The store is asked about all that was heard of meanwhile at once, at
//! most twice a second, and not at all when nothing happens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use uuid::Uuid;

use super::List;
use crate::api::{self, AMONG_MOST, Page, Request};
use crate::domain::history::Action;
use crate::tui::effect::Lane;
use crate::tui::screen::columns;
use crate::tui::screen::{Asked, Want};

/// Least time between two questions.
const PAUSE: Duration = Duration::from_millis(500);

/// What was heard, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// Records that changed and were not asked about, and whether the change brought them into sight.
    heard: BTreeMap<Uuid, bool>,
    /// More happened than is named: everything that is held may be old, and others may have come.
    all: bool,
    /// What was asked about and is not answered.
    asked: Option<Question>,
    /// When the next question may be asked, by the clock of [`crate::tui::msg::Moment::elapsed`].
    not_before: Duration,
    /// Records the list does not show and now finds.
    new: BTreeSet<Uuid>,
    /// The same where only their number is known,
    more: u64,
    /// and those that may be among them.
    perhaps: BTreeSet<Uuid>,
    /// Rows that are shown and no longer found.
    left: BTreeSet<Uuid>,
    /// Those of them that are out of sight.
    gone: BTreeSet<Uuid>,
}

#[derive(Clone, Debug)]
struct Question {
    heard: BTreeMap<Uuid, bool>,
    /// Rows as they were, with their revisions.
    held: BTreeMap<Uuid, u64>,
    all: bool,
    counts: bool,
}

impl News {
    /// How many records others put into the list that it does not show.
    pub fn added(&self) -> u64 {
        self.new.len() as u64 + self.more
    }

    /// How many rows are shown that are not in the list any more.
    pub fn left(&self) -> u64 {
        self.left.len() as u64
    }

    /// Whether a row is not in the list any more.
    pub fn has_left(&self, id: Uuid) -> bool {
        self.left.contains(&id)
    }

    /// Whether a row is out of sight.
    pub fn is_gone(&self, id: Uuid) -> bool {
        self.gone.contains(&id)
    }

    /// When what was heard may be asked about, where something was.
    fn due(&self) -> Option<Duration> {
        let wants = self.all || !self.heard.is_empty();
        (wants && self.asked.is_none()).then_some(self.not_before)
    }

    /// The list is asked for anew: what was heard before is in the answer.
    pub(super) fn forget_heard(&mut self) {
        self.heard.clear();
        self.all = false;
        self.asked = None;
    }

    /// Rows have come. Gives the records that were new, as far as they are known.
    pub(super) fn clear(&mut self) -> BTreeSet<Uuid> {
        // What was heard since they were asked for may not be in them.
        let News { heard, all, not_before, mut new, mut perhaps, asked: _, more: _, left: _, gone: _ } =
            std::mem::take(self);
        *self = News { heard, all, not_before, ..News::default() };
        new.append(&mut perhaps);
        new
    }
}

impl List {
    /// Notes that somebody else changed a record; its row is marked at once.
    pub fn heard(&mut self, id: Uuid, entered: bool, action: Action) {
        let held = self.mark_changed(id, action == Action::Delete);
        // Where everything is in the list, a change of what is elsewhere in it changes nothing here.
        let stays = match action {
            Action::Edit => !entered && self.whole_query().is_empty() && !self.news.new.contains(&id),
            // What is recorded of a person changes no column, but may change what a filter finds.
            Action::Consent | Action::Withdraw | Action::Call => !entered && self.whole_query().is_empty(),
            Action::Create
            | Action::Delete
            | Action::Restore
            | Action::Merge
            | Action::Import
            | Action::Bulk
            | Action::Undo
            | Action::Redo
            | Action::Export
            | Action::Checkpoint
            | Action::Backup
            | Action::Recover
            | Action::Init
            | Action::Erase => false,
        };
        if held || !stays {
            self.hear(id, entered);
        }
    }

    fn mark_changed(&mut self, id: Uuid, deleted: bool) -> bool {
        let Some(row) = self.rows.iter_mut().find(|row| row.id == id) else { return false };
        row.deleted |= deleted;
        // Back in sight, if it was not.
        self.news.gone.remove(&id);
        self.changed.insert(id);
        true
    }

    fn hear(&mut self, id: Uuid, entered: bool) {
        if self.news.heard.len() >= AMONG_MOST / 2 {
            self.heard_much();
        }
        *self.news.heard.entry(id).or_default() |= entered;
    }

    /// More has happened than is named.
    pub fn heard_much(&mut self) {
        self.news.all = true;
        self.news.heard.clear();
    }

    /// Notes that a record is out of sight. A row of it stays where it is, and says so.
    pub fn lost_sight(&mut self, id: Uuid) {
        self.news.heard.remove(&id);
        self.news.new.remove(&id);
        self.marks.forget(id);
        if self.rows.iter().any(|row| row.id == id) {
            self.news.left.insert(id);
            self.news.gone.insert(id);
        }
        if self.card.as_ref().is_some_and(|card| card.record.id == id) {
            self.card = None;
        }
    }

    /// When there is something to ask the store about.
    pub fn news_due(&self) -> Option<Duration> {
        self.news.due().filter(|_| self.loaded && !self.is_loading())
    }

    /// Asks about what was heard, where that is due.
    pub fn ask_news(&mut self, now: Duration) -> Vec<Want> {
        if self.news_due().is_none_or(|due| due > now) {
            return Vec::new();
        }
        let heard = std::mem::take(&mut self.news.heard);
        let all = std::mem::take(&mut self.news.all);
        let held: BTreeMap<Uuid, u64> = self
            .rows
            .iter()
            .filter(|row| all || heard.contains_key(&row.id))
            .filter(|row| !self.news.is_gone(row.id))
            .map(|row| (row.id, row.revision))
            .collect();
        // A record that changed and now is found may have been found before, beyond the rows that are held; then only the
        // number tells.
        let elsewhere = heard.iter().any(|(id, entered)| !entered && !held.contains_key(id));
        let counts = all || elsewhere && (self.rows.len() as u64) < self.total;
        let mut ids: Vec<Uuid> = heard.keys().copied().collect();
        ids.extend(held.keys().filter(|id| !heard.contains_key(id)));
        ids.truncate(AMONG_MOST);
        let request = Request::Among(api::Among {
            kind: self.kind,
            query: self.whole_query(),
            ids,
            columns: columns::keys(&self.columns),
            count: counts,
        });
        let mut wants = vec![Want {
            asked: Asked::News(self.kind, self.version),
            lane: Some(Lane::News(self.kind)),
            request,
        }];
        // The pane shows the record as it is; its notes may be what changed.
        let shown = self.current().map(|row| row.id).filter(|id| all || heard.contains_key(id));
        if let Some(id) = shown.filter(|id| self.preview_shown && !self.news.is_gone(*id)) {
            wants.push(self.preview_of(id));
        }
        self.news.not_before = now + PAUSE;
        self.news.asked = Some(Question { heard, held, all, counts });
        wants
    }

    /// Takes what the store says of it. One that would stand elsewhere waits until the list is asked for anew.
    pub fn answer_news(&mut self, version: u64, answer: Option<Page>) {
        if version != self.version {
            return;
        }
        let Some(asked) = self.news.asked.take() else { return };
        // Without an answer the rows stay marked as changed.
        let Some(page) = answer else { return };
        let found: BTreeSet<Uuid> = page.items.iter().map(|row| row.id).collect();
        let mut more = 0;
        for (id, entered) in &asked.heard {
            if self.rows.iter().any(|row| row.id == *id) {
                continue;
            }
            match (found.contains(id), *entered || !asked.counts) {
                (false, _) => {
                    self.news.new.remove(id);
                    self.news.perhaps.remove(id);
                }
                (true, true) => {
                    self.news.new.insert(*id);
                }
                (true, false) => {
                    more += 1;
                    self.news.perhaps.insert(*id);
                }
            }
        }
        for id in asked.held.keys() {
            if found.contains(id) {
                self.news.left.remove(id);
            } else {
                self.news.left.insert(*id);
            }
        }
        if asked.counts {
            // What has come beyond what left and beyond what is known to be new.
            let known = self.total.saturating_sub(self.news.left()) + self.news.new.len() as u64;
            let beyond = page.total.saturating_sub(known);
            let most = if asked.all { u64::MAX } else { self.news.more + more };
            self.news.more = beyond.min(most);
        }
        for now in page.items {
            let Some(row) = self.rows.iter_mut().find(|row| row.id == now.id) else { continue };
            if asked.held.get(&now.id).is_some_and(|revision| *revision != now.revision) {
                self.changed.insert(now.id);
            }
            *row = now;
        }
    }
}
