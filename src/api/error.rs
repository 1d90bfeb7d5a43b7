//! The errors that leave the door. Each says what failed and what to do next.

use serde::{Deserialize, Serialize};

use crate::api::view::ChangeView;
use crate::domain::value::words;

words! {
    /// The kinds of failure that scripts can tell apart; each has an exit code.
    Code {
        Failed = "failed",
        Usage = "usage",
        NotFound = "not_found",
        Denied = "denied",
        Refused = "refused",
        Conflict = "conflict",
        Locked = "locked",
        Integrity = "integrity",
        PartlyTaken = "partly_taken",
        Interrupted = "interrupted",
    }
}

impl Code {
    /// The exit code of command mode.
    pub fn exit(self) -> u8 {
        match self {
            Code::Failed => 1,
            Code::Usage => 2,
            Code::NotFound => 3,
            Code::Denied => 4,
            Code::Refused => 5,
            Code::Conflict => 6,
            Code::Locked => 7,
            Code::Integrity => 8,
            Code::PartlyTaken => 9,
            Code::Interrupted => 130,
        }
    }
}

/// What a failure is by its nature, where a program goes on by it. People read the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Cause {
    /// Another process has the store. It says nothing about what was to unlock it.
    Held,
    /// The user has an own password, which was not given or is not this one.
    Password,
    /// Another key is being tried at this moment.
    Busy,
    /// The server cannot be reached any more.
    Gone,
}

/// Why a request was not carried out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub code: Code,
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// In a conflict: for each field that was changed meanwhile, what the store has (`old`) and what was sent (`new`).
    pub conflicts: Vec<ChangeView>,
    /// The field it is about, by the word that edits address it by, where it is about one.
    #[serde(default)]
    pub field: Option<String>,
    #[serde(default)]
    pub cause: Option<Cause>,
}

impl Error {
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        Error { code, message: message.into(), hint: None, conflicts: Vec::new(), field: None, cause: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn because(mut self, cause: Cause) -> Error {
        self.cause = Some(cause);
        self
    }

    /// Says which field it is about.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Error {
        self.field = Some(field.into());
        self
    }

    pub fn failed(message: impl Into<String>) -> Error {
        Error::new(Code::Failed, message)
    }

    pub fn usage(message: impl Into<String>) -> Error {
        Error::new(Code::Usage, message)
    }

    pub fn not_found(message: impl Into<String>) -> Error {
        Error::new(Code::NotFound, message)
    }

    pub fn refused(message: impl Into<String>) -> Error {
        Error::new(Code::Refused, message)
    }

    pub fn conflict(message: impl Into<String>) -> Error {
        Error::new(Code::Conflict, message)
    }

    pub fn integrity(message: impl Into<String>) -> Error {
        Error::new(Code::Integrity, message)
    }
}

impl From<crate::domain::value::Invalid> for Error {
    fn from(invalid: crate::domain::value::Invalid) -> Error {
        Error::usage(invalid.to_string())
    }
}
