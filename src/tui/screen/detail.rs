//! One record with its tabs.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::api::{self, Card, Entry, Error, ReadingsPage, Request, View};
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;
use crate::tui::content::{self, TextLine};
use crate::tui::layer::Ctx;

use super::{Asked, Motion, Scroll, Want};

/// Lines for what a contact said about the use of the data.
pub const HELD: u16 = 2;
/// Readings that the tab shows, the latest.
const MOST_READINGS: u64 = 500;

/// The parts of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tab {
    Fields,
    /// Notes and activities about a contact.
    Notes,
    /// Contacts of a company.
    People,
    History,
    /// Who looked at a contact, for those who may know.
    Looked,
}

impl Tab {
    pub fn of(kind: RecordKind, watches: bool) -> &'static [Tab] {
        if kind == RecordKind::Company {
            &[Tab::Fields, Tab::People, Tab::History]
        } else if watches {
            &[Tab::Fields, Tab::Notes, Tab::History, Tab::Looked]
        } else {
            &[Tab::Fields, Tab::Notes, Tab::History]
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Tab::Fields => "Fields",
            Tab::Notes => "Notes",
            Tab::People => "People",
            Tab::History => "History",
            Tab::Looked => "Who looked",
        }
    }
}

/// The fields in which two states of a record differ, as they are shown.
fn differing(old: &View, new: &View) -> Vec<FieldKey> {
    let keys = old.fields.iter().chain(&new.fields).map(|shown| shown.key);
    keys.filter(|key| old.text(*key) != new.text(*key)).collect()
}

/// The state of the detail view.
#[derive(Clone, Debug)]
pub struct Detail {
    pub kind: RecordKind,
    pub id: Uuid,
    pub card: Option<Card>,
    /// The moment as of which it is shown.
    pub at: Option<Timestamp>,
    pub history: Option<Vec<Entry>>,
    pub readings: Option<ReadingsPage>,
    /// Whether there is a tab of who looked.
    pub watches: bool,
    pub tab: Tab,
    /// The item of the tab that the cursor is on.
    pub cursor: usize,
    /// The first line that is seen.
    pub top: usize,
    pub fault: Option<Error>,
    /// Who else has it open.
    pub present: Vec<String>,
    /// The next answer shows what somebody else changed.
    pub foreign: bool,
    /// It is out of sight by now, and nothing of it is held any more.
    pub gone: bool,
    /// Fields that somebody else changed since it was opened.
    pub changed: BTreeSet<FieldKey>,
    width: u16,
    height: u16,
}

impl Detail {
    pub fn new(kind: RecordKind, id: Uuid, width: u16, height: u16) -> Detail {
        Detail {
            kind,
            id,
            card: None,
            at: None,
            history: None,
            readings: None,
            watches: false,
            tab: Tab::Fields,
            cursor: 0,
            top: 0,
            fault: None,
            present: Vec::new(),
            foreign: false,
            gone: false,
            changed: BTreeSet::new(),
            width,
            height,
        }
    }

    /// Lines above the tab that are always seen: what a contact said about the use of the data.
    pub fn held_height(&self) -> u16 {
        let told = self.card.as_ref().is_some_and(|card| card.held.is_some());
        if told && self.height >= HELD * 3 { HELD } else { 0 }
    }

    /// Lines there are for the tab.
    fn room(&self) -> u16 {
        self.height.saturating_sub(self.held_height())
    }

    /// What it shows at first, or anew.
    pub fn load(&self) -> Vec<Want> {
        let card = Want {
            asked: Asked::Card(self.id),
            lane: None,
            request: Request::Get(api::Get { kind: self.kind, id: self.id, at: self.at }),
        };
        let mut wants = vec![card];
        if self.tab == Tab::History || self.history.is_some() {
            wants.push(self.load_history());
        }
        if self.tab == Tab::Looked {
            wants.push(self.load_readings());
        }
        wants
    }

    fn load_history(&self) -> Want {
        Want {
            asked: Asked::History(self.id),
            lane: None,
            request: Request::History(api::History { kind: self.kind, id: self.id }),
        }
    }

    fn load_readings(&self) -> Want {
        Want {
            asked: Asked::Readings(self.id),
            lane: None,
            request: Request::Readings(api::Readings {
                about: Some(ContactId(self.id)),
                user: String::new(),
                from: None,
                to: None,
                before: None,
                limit: MOST_READINGS,
            }),
        }
    }

    pub fn resize(&mut self, width: u16, height: u16, ctx: &Ctx) {
        (self.width, self.height) = (width, height);
        self.settle(ctx);
    }

    /// Forgets everything but that it was open.
    pub fn lost_sight(&mut self) {
        self.gone = true;
        (self.card, self.history, self.readings) = (None, None, None);
        self.present.clear();
        self.changed.clear();
        (self.cursor, self.top) = (0, 0);
    }

    pub fn loaded(&mut self, answer: Result<Card, Error>, ctx: &Ctx) {
        match answer {
            Ok(card) => {
                if let (true, Some(old)) = (std::mem::take(&mut self.foreign), &self.card) {
                    self.changed.extend(differing(&old.record, &card.record));
                }
                self.card = Some(card);
                self.fault = None;
                self.gone = false;
            }
            Err(_) if self.gone => {}
            Err(fault) => self.fault = Some(fault),
        }
        self.settle(ctx);
    }

    /// Goes to another tab, or round.
    pub fn turn(&mut self, forward: bool, ctx: &Ctx) -> Vec<Want> {
        let tabs = Tab::of(self.kind, self.watches);
        let at = tabs.iter().position(|tab| *tab == self.tab).unwrap_or(0);
        let next = if forward { (at + 1) % tabs.len() } else { (at + tabs.len() - 1) % tabs.len() };
        self.show(tabs.get(next).copied().unwrap_or(Tab::Fields), ctx)
    }

    pub fn show(&mut self, tab: Tab, ctx: &Ctx) -> Vec<Want> {
        self.tab = tab;
        (self.cursor, self.top) = (0, 0);
        self.settle(ctx);
        match tab {
            Tab::History if self.history.is_none() => vec![self.load_history()],
            // Each time: who looked is not told by a changed revision.
            Tab::Looked => vec![self.load_readings()],
            Tab::Fields | Tab::Notes | Tab::People | Tab::History => Vec::new(),
        }
    }

    /// Shows it as it stood at a moment, or as it is now.
    pub fn as_of(&mut self, at: Option<Timestamp>, ctx: &Ctx) -> Vec<Want> {
        self.at = at;
        let mut wants = self.show(Tab::Fields, ctx);
        wants.extend(self.load());
        wants
    }

    /// The lines of the tab, each with the item it belongs to.
    pub fn lines(&self, ctx: &Ctx) -> Vec<TextLine> {
        let width = usize::from(self.width);
        let Some(card) = &self.card else { return Vec::new() };
        match self.tab {
            Tab::Fields => content::fields(&card.record, ctx, width),
            Tab::Notes => content::notes(&card.notes, width, ctx.zone),
            Tab::People => content::people(&card.people, width),
            Tab::History => match &self.history {
                Some(entries) => content::history(entries, width, ctx.zone),
                None => Vec::new(),
            },
            Tab::Looked => match &self.readings {
                Some(page) => content::readings(page, width, ctx.zone),
                None => Vec::new(),
            },
        }
    }

    pub fn go(&mut self, motion: Motion, ctx: &Ctx) {
        let lines = self.lines(ctx);
        let items = lines.iter().filter_map(|line| line.item).max().map_or(0, |last| last + 1);
        let mut scroll =
            Scroll { cursor: self.cursor as u64, top: 0, height: u64::from(self.room().max(2)) / 2 };
        scroll.go(motion, items as u64);
        self.cursor = usize::try_from(scroll.cursor).unwrap_or(0);
        if motion == Motion::Top {
            self.top = 0;
        }
        self.follow(&lines);
    }

    pub fn scroll(&mut self, down: bool, ctx: &Ctx) {
        let most = self.lines(ctx).len().saturating_sub(usize::from(self.room()));
        self.top = if down { (self.top + 1).min(most) } else { self.top.saturating_sub(1) };
    }

    fn settle(&mut self, ctx: &Ctx) {
        let lines = self.lines(ctx);
        let items = lines.iter().filter_map(|line| line.item).max().map_or(0, |last| last + 1);
        self.cursor = self.cursor.min(items.saturating_sub(1));
        self.follow(&lines);
    }

    /// Brings the item under the cursor into view, its first line rather than its last.
    fn follow(&mut self, lines: &[TextLine]) {
        let height = usize::from(self.room().max(1));
        self.top = self.top.min(lines.len().saturating_sub(height));
        let mut of_item =
            lines.iter().enumerate().filter(|(_, line)| line.item == Some(self.cursor)).map(|(at, _)| at);
        let Some(first) = of_item.next() else { return };
        let last = of_item.next_back().unwrap_or(first);
        if last >= self.top + height {
            self.top = last + 1 - height;
        }
        if first < self.top {
            self.top = first;
        }
    }

    /// The field under the cursor.
    pub fn field(&self, ctx: &Ctx) -> Option<content::Item> {
        let card = self.card.as_ref().filter(|_| self.tab == Tab::Fields)?;
        content::items(&card.record, ctx).into_iter().nth(self.cursor)
    }

    pub fn field_key(&self, ctx: &Ctx) -> Option<FieldKey> {
        self.field(ctx).and_then(|item| item.key)
    }

    /// The note under the cursor.
    pub fn note(&self) -> Option<&View> {
        let card = self.card.as_ref().filter(|_| self.tab == Tab::Notes)?;
        card.notes.get(self.cursor)
    }

    /// The contact of a company under the cursor.
    pub fn person(&self) -> Option<&View> {
        let card = self.card.as_ref().filter(|_| self.tab == Tab::People)?;
        card.people.get(self.cursor)
    }

    /// The entry of the history under the cursor.
    pub fn entry(&self) -> Option<&Entry> {
        self.history.as_ref().filter(|_| self.tab == Tab::History)?.get(self.cursor)
    }
}
