//! Backups, escrows of the keys, and ways to unlock, as they are asked for and told.

use serde::{Deserialize, Serialize};

use super::Hush;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

/// What makes a backup hold the keys of its day as well.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WithKeys {
    pub passphrase: Hush,
    /// The day by which it is destroyed.
    pub expires: Day,
}

/// A registered backup or escrow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BackupView {
    pub name: String,
    /// `data`, `escrow` or `whole`.
    pub form: String,
    /// `current`, `pending`, `expired` or `destroyed`.
    pub state: String,
    pub path: String,
    pub made_at: Timestamp,
    pub expires: Option<Day>,
    pub epoch: u64,
    /// Entries of the log.
    pub entries: u64,
    /// Hexadecimal.
    pub sha256: String,
    pub bytes: u64,
    /// Why it is not current.
    pub why: String,
}

/// How far a backup is.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct BackupProgress {
    pub rows: u64,
    pub bytes: u64,
    /// There once it is finished.
    pub done: Option<BackupView>,
}

/// A way to unlock the store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WayView {
    pub id: u8,
    /// `passphrase`, `key file` or `recovery code`.
    pub kind: String,
    pub created_at: Timestamp,
}

/// What shall unlock the store from now on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum NewWay {
    Passphrase(Hush),
    /// The text of a key file.
    KeyFile(Hush),
    /// A code that is made here, and told once.
    Recovery,
}

/// A way that was added.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WayAdded {
    pub way: WayView,
    /// The recovery code in groups, where one was made.
    pub recovery_code: Vec<Hush>,
}

/// A master key that was replaced.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rotated {
    pub ways: Vec<WayView>,
    /// Ways that unlock no more, because their secret was not given.
    pub removed: Vec<WayView>,
    pub recovery_code: Vec<Hush>,
    /// Escrows, which hold the new master key now, or still the old one.
    pub escrows: Vec<BackupView>,
}
