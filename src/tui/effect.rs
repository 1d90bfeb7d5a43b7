//! What the application wants done outside itself. The driver does it.

use crate::api::Request;
use crate::client::Client;
use crate::domain::entity::RecordKind;
use crate::tui::layer::{Cancel, Job};
use crate::tui::saved::Saved;

/// A number by which an answer finds its question.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CallId(pub u64);

/// A number of a job in its panel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct JobId(pub u64);

/// Questions of which only the latest matters. One that is superseded before it was begun is never asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Lane {
    List(RecordKind),
    Preview(RecordKind),
    /// What others did to records of a list.
    News(RecordKind),
    Complete,
    Today,
    CallLists,
    Requests,
    /// Of the layer with this number, by the layer's own ticket.
    Layer(u64, u64),
}

/// One thing to do.
pub enum Effect {
    Call {
        id: CallId,
        lane: Option<Lane>,
        request: Request,
    },
    Job {
        id: JobId,
        job: Job,
        cancel: Cancel,
    },
    /// Runs a command in the words of the command line.
    Command {
        id: CallId,
        words: String,
    },
    Editor {
        id: CallId,
        text: String,
        suffix: &'static str,
    },
    /// Into the terminal's clipboard.
    Copy(String),
    /// Runs a program and its arguments, without a shell, and waits for it elsewhere.
    Dial {
        id: CallId,
        argv: Vec<String>,
    },
    /// From now on requests go here; with `None` the store is let go of.
    Client(Option<Client>),
    Save(Saved),
    Suspend,
    Repaint,
    Quit,
}

impl std::fmt::Debug for Effect {
    /// Names only: requests and texts hold personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Effect::Call { id, request, .. } => write!(f, "Call({}, {})", id.0, request.name()),
            Effect::Job { id, .. } => write!(f, "Job({})", id.0),
            Effect::Command { id, .. } => write!(f, "Command({})", id.0),
            Effect::Editor { id, .. } => write!(f, "Editor({})", id.0),
            Effect::Copy(_) => f.write_str("Copy"),
            Effect::Dial { id, .. } => write!(f, "Dial({})", id.0),
            Effect::Client(client) => write!(f, "Client({})", client.is_some()),
            Effect::Save(_) => f.write_str("Save"),
            Effect::Suspend => f.write_str("Suspend"),
            Effect::Repaint => f.write_str("Repaint"),
            Effect::Quit => f.write_str("Quit"),
        }
    }
}
