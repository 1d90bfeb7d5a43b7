//! The log: who changed what and when, latest first.

use crate::api::{self, Entry, Error, Request};

use super::{Asked, Motion, Scroll, Want};

/// Entries asked for at once.
const PAGE: u64 = 100;

/// The state of the log.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    pub entries: Vec<Entry>,
    pub scroll: Scroll,
    /// Whether the first entry of the log is among them.
    pub ended: bool,
    pub loaded: bool,
    pub loading: bool,
    pub fault: Option<Error>,
    /// The entry the cursor shall stay on when the log is asked for anew.
    anchor: Option<u64>,
}

impl Activity {
    pub fn resize(&mut self, height: u64) {
        self.scroll.height = height.max(1);
        self.scroll.settle(self.entries.len() as u64);
    }

    /// Asks for the end of the log.
    pub fn reload(&mut self) -> Want {
        self.anchor = self.current().map(|entry| entry.seq).filter(|_| self.scroll.cursor > 0);
        self.loading = true;
        // As many as there were, so that the cursor finds its entry again.
        let limit = (self.entries.len() as u64).clamp(PAGE, 10 * PAGE);
        want(None, limit)
    }

    pub fn current(&self) -> Option<&Entry> {
        self.entries.get(usize::try_from(self.scroll.cursor).ok()?)
    }

    pub fn go(&mut self, motion: Motion) -> Option<Want> {
        self.scroll.go(motion, self.entries.len() as u64);
        let near = self.scroll.top + 2 * self.scroll.height >= self.entries.len() as u64;
        if near && !self.ended && !self.loading && self.loaded {
            self.loading = true;
            return Some(want(self.entries.last().map(|entry| entry.seq), PAGE));
        }
        None
    }

    pub fn answer(&mut self, older: bool, answer: Result<Vec<Entry>, Error>) {
        self.loading = false;
        self.loaded = true;
        match answer {
            Err(fault) => self.fault = Some(fault),
            Ok(entries) => {
                self.fault = None;
                if older {
                    // A reload may have come in between.
                    let last = self.entries.last().map(|entry| entry.seq);
                    self.ended = entries.is_empty();
                    self.entries
                        .extend(entries.into_iter().filter(|entry| last.is_none_or(|last| entry.seq < last)));
                } else {
                    self.ended = entries.last().is_none_or(|entry| entry.seq == 0);
                    self.entries = entries;
                    if let Some(at) = self
                        .anchor
                        .take()
                        .and_then(|anchor| self.entries.iter().position(|entry| entry.seq == anchor))
                    {
                        let line = self.scroll.cursor - self.scroll.top;
                        self.scroll.cursor = at as u64;
                        self.scroll.top = self.scroll.cursor.saturating_sub(line);
                    }
                }
            }
        }
        self.scroll.settle(self.entries.len() as u64);
    }
}

fn want(before: Option<u64>, limit: u64) -> Want {
    Want {
        asked: Asked::Entries { older: before.is_some() },
        lane: None,
        request: Request::Activity(api::Activity { before, limit }),
    }
}
