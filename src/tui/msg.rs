//! What reaches the application.

use std::time::Duration;

use ratatui::layout::Size;

use crate::api::{Error, Event, Response};
use crate::domain::time::Timestamp;
use crate::tui::effect::{CallId, JobId};
use crate::tui::keys::Key;
use crate::tui::layer::JobNews;

/// The time at which something reached the application.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Moment {
    pub wall: Timestamp,
    /// Since an arbitrary point, never going back; deadlines are counted on it.
    pub elapsed: Duration,
}

/// One thing that happened.
#[derive(Debug)]
pub enum Msg {
    Key(Key),
    Paste(String),
    /// A paste beyond the limit, of which nothing was kept.
    PasteTooLong,
    Resize(Size),
    /// The answer to [`Effect::Call`](super::effect::Effect::Call).
    Answer(CallId, Result<Response, Error>),
    /// What a command of the `:` line wrote.
    Output(CallId, Result<String, Error>),
    /// What the person's editor saved.
    Edited(CallId, Result<String, Error>),
    Job(JobId, JobNews),
    /// Something that happened elsewhere.
    Event(Event),
    /// A deadline has passed; see [`App::deadline`](super::app::App::deadline).
    Tick,
}
