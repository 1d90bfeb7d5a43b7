//! Screens: their state and how it changes. Nothing here draws or waits.

pub mod activity;
pub mod columns;
pub mod detail;
pub mod list;
pub mod lists;
pub mod marks;
pub mod requests;
pub mod search;
pub mod today;

use uuid::Uuid;

use crate::api::Request;
use crate::domain::entity::RecordKind;
use crate::tui::action::Context;
use crate::tui::effect::Lane;

/// Where one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Today,
    CallLists,
    Contacts,
    Companies,
    Activity,
    /// What persons ask for by right.
    Requests,
    /// One of them, by its number.
    Request(i64),
    Record(RecordKind, Uuid),
}

impl Place {
    pub fn context(self) -> Context {
        match self {
            Place::Today => Context::Today,
            Place::CallLists => Context::CallLists,
            Place::Contacts => Context::Contacts,
            Place::Companies => Context::Companies,
            Place::Activity => Context::Activity,
            Place::Requests => Context::Requests,
            Place::Request(_) => Context::Request,
            Place::Record(RecordKind::Company, _) => Context::Company,
            Place::Record(..) => Context::Contact,
        }
    }
}

/// A question of a screen.
#[derive(Clone, PartialEq, Debug)]
pub struct Want {
    pub asked: Asked,
    pub lane: Option<Lane>,
    pub request: Request,
}

/// What a screen asked for.
#[derive(Clone, PartialEq, Debug)]
pub enum Asked {
    /// Rows of a list, for this state of it.
    Rows(RecordKind, u64),
    /// Where in the list the record under the cursor now is.
    Whereabouts(RecordKind, u64),
    /// The ids of a range of rows, to mark them.
    Range(RecordKind, u64),
    Preview(RecordKind, Uuid),
    Completions(RecordKind),
    /// What others did to records of a list, in this state of it.
    News(RecordKind, u64),
    /// Who else has the record open.
    Presence,
    Card(Uuid),
    History(Uuid),
    /// Who looked at a contact.
    Readings(Uuid),
    /// What is to be done today.
    Today,
    CallLists,
    Requests,
    /// One request, by its number.
    Request(i64),
    /// Entries of the log: from its end, or older than those there are.
    Entries {
        older: bool,
    },
}

/// A cursor and the part of a table that is seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scroll {
    pub cursor: u64,
    pub top: u64,
    /// Visible rows.
    pub height: u64,
}

/// A movement of the cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion {
    Down,
    Up,
    Top,
    Bottom,
    PageDown,
    PageUp,
    HalfDown,
    HalfUp,
}

impl Scroll {
    /// Moves among `total` rows.
    pub fn go(&mut self, motion: Motion, total: u64) {
        let page = self.height.saturating_sub(1).max(1);
        let half = (self.height / 2).max(1);
        let (down, by) = match motion {
            Motion::Down => (true, 1),
            Motion::Up => (false, 1),
            Motion::Top => (false, u64::MAX),
            Motion::Bottom => (true, u64::MAX),
            Motion::PageDown => (true, page),
            Motion::PageUp => (false, page),
            Motion::HalfDown => (true, half),
            Motion::HalfUp => (false, half),
        };
        // A page moves what is seen along with the cursor, so that the eye finds the row again.
        if by > 1 {
            self.top = if down { self.top.saturating_add(by) } else { self.top.saturating_sub(by) };
        }
        self.cursor = if down { self.cursor.saturating_add(by) } else { self.cursor.saturating_sub(by) };
        self.settle(total);
    }

    /// Brings cursor and top into what there is.
    pub fn settle(&mut self, total: u64) {
        self.cursor = self.cursor.min(total.saturating_sub(1));
        let height = self.height.max(1);
        self.top = self.top.min(total.saturating_sub(height));
        if self.cursor < self.top {
            self.top = self.cursor;
        }
        if self.cursor >= self.top.saturating_add(height) {
            self.top = self.cursor + 1 - height;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_in_the_table_and_in_view() {
        let mut scroll = Scroll { height: 10, ..Scroll::default() };
        scroll.go(Motion::Bottom, 100);
        assert_eq!((scroll.cursor, scroll.top), (99, 90));
        scroll.go(Motion::PageUp, 100);
        assert_eq!((scroll.cursor, scroll.top), (90, 81));
        scroll.go(Motion::Top, 100);
        assert_eq!((scroll.cursor, scroll.top), (0, 0));
        scroll.go(Motion::HalfDown, 100);
        assert_eq!((scroll.cursor, scroll.top), (5, 5));
        scroll.go(Motion::Down, 3);
        assert_eq!((scroll.cursor, scroll.top), (2, 0), "the table has shrunk");
        scroll.go(Motion::Up, 0);
        assert_eq!((scroll.cursor, scroll.top), (0, 0));
    }

    proptest::proptest! {
        #[test]
        fn always_in_view(height in 0_u64..30, moves in proptest::collection::vec((0_usize..8, 0_u64..80), 0..40)) {
            let all = [Motion::Down, Motion::Up, Motion::Top, Motion::Bottom, Motion::PageDown, Motion::PageUp, Motion::HalfDown, Motion::HalfUp];
            let mut scroll = Scroll { height, ..Scroll::default() };
            for (motion, total) in moves {
                scroll.go(all[motion], total);
                proptest::prop_assert!(scroll.cursor < total.max(1));
                proptest::prop_assert!(scroll.top <= scroll.cursor && scroll.cursor < scroll.top + height.max(1));
            }
        }
    }
}
