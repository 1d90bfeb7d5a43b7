//! Short messages that go away by themselves.

use std::time::Duration;

use super::App;
use crate::api::{Cause, Error};
use crate::tui::layer::Level;

/// Most messages seen at once.
const MOST: usize = 3;

/// A message and how long it stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toast {
    pub level: Level,
    pub text: String,
    /// What to do next.
    pub hint: Option<String>,
    pub(super) until: Duration,
}

impl App {
    pub(super) fn toast(&mut self, level: Level, text: impl Into<String>) {
        self.put(level, text.into(), None);
    }

    /// Shows an error with its hint.
    pub(super) fn fail(&mut self, error: Error) {
        if error.cause == Some(Cause::Gone) && self.ended {
            return self.offer_restart();
        }
        self.put(Level::Error, error.message, error.hint);
    }

    fn put(&mut self, level: Level, text: String, hint: Option<String>) {
        let seconds = match level {
            Level::Done | Level::Info => 4,
            Level::Warning => 8,
            Level::Error => 12,
        };
        self.dirty = true;
        self.toasts.retain(|toast| toast.text != text);
        self.toasts.push(Toast { level, text, hint, until: self.now.elapsed + Duration::from_secs(seconds) });
        if self.toasts.len() > MOST {
            self.toasts.remove(0);
        }
    }

    pub(super) fn clear_toasts(&mut self) {
        self.toasts.clear();
    }
}
