//! The call lists that have somebody left to call, to go on with one of them.

use super::{Asked, Motion, Scroll, Want};
use crate::api::work::CallListView;
use crate::api::{self, Call, Error};
use crate::domain::call::EntryState;
use crate::tui::effect::Lane;

/// The screen.
#[derive(Clone, Debug, Default)]
pub struct CallLists {
    pub lists: Vec<CallListView>,
    pub scroll: Scroll,
    pub loaded: bool,
    pub fault: Option<Error>,
}

impl CallLists {
    pub fn resize(&mut self, height: u64) {
        self.scroll.height = height.max(1);
        self.scroll.settle(self.lists.len() as u64);
    }

    pub fn reload(&self) -> Want {
        let request = api::CallLists { closed: false }.into_request();
        Want { asked: Asked::CallLists, lane: Some(Lane::CallLists), request }
    }

    pub fn answer(&mut self, answer: Result<Vec<CallListView>, Error>) {
        self.loaded = true;
        match answer {
            Ok(lists) => {
                let before = self.current().map(|list| list.id);
                let again = before.and_then(|id| lists.iter().position(|list| list.id == id));
                self.scroll.cursor = again.map_or(self.scroll.cursor, |at| at as u64);
                self.lists = lists;
                self.fault = None;
            }
            Err(fault) => self.fault = Some(fault),
        }
        self.scroll.settle(self.lists.len() as u64);
    }

    pub fn current(&self) -> Option<&CallListView> {
        self.lists.get(usize::try_from(self.scroll.cursor).ok()?)
    }

    pub fn go(&mut self, motion: Motion) {
        self.scroll.go(motion, self.lists.len() as u64);
    }
}

/// How far a call list is: `12 of 40`.
pub fn progress(list: &CallListView) -> String {
    let left = [EntryState::Open, EntryState::Claimed, EntryState::Later]
        .map(|state| list.count(state))
        .iter()
        .sum();
    format!("{} of {}", list.size.saturating_sub(left), list.size)
}
