//! The encrypted store: where bytes lie, how they are sealed, who holds the keys, what the history says.
//!
//! From the bottom up: [`backend`] keeps pairs of bytes and makes batches durable; [`layout`] and [`lock`] own the
//! directory; [`keyring`] holds the keys of every data subject outside the database, so that forgetting a person is
//! the destruction of 32 bytes; [`envelope`] seals one value under one subject's key; [`codec`] is what lies inside;
//! [`reader`] reads records, [`txn`] stages them and computes their history ([`log`]) from the difference; [`engine`] is the one
//! thread that owns it all and commits in groups. [`draft`] keeps what was typed and not saved, which is no record, and
//! [`readings`] who looked at whom, [`denials`] who was refused what. [`suppression`] makes what stands for a suppressed
//! number, [`tags`] keeps do-not-call lists. [`forget`] is how persons and all that is about them go. [`backup`] copies all
//! rows into a file while sessions go on writing, and makes stores of such files.
//!
//! What must not exist: a value in the database that is not sealed (leaf hashes and tree nodes excepted), a key inside
//! the database, a second writer, a change without a history entry, a history entry written by hand.

pub mod backend;
pub mod backup;
mod block;
pub mod codec;
mod crypto;
pub mod denials;
pub mod draft;
pub mod engine;
pub mod envelope;
mod files;
pub mod forget;
pub mod keyring;
pub mod layout;
pub mod load;
pub mod lock;
pub mod log;
mod mark;
pub mod merkle;
pub mod moments;
pub mod open;
pub mod reader;
pub mod readings;
mod snapshot;
pub mod suppression;
pub mod table;
pub mod tags;
pub mod txn;
pub mod verify;

pub use engine::Store;
pub use files::FileError;
pub use reader::{Reader, Stored};
pub use snapshot::Snapshot;
pub use txn::{FORMER, Origin, WriteTxn};

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Layout(#[from] layout::LayoutError),
    #[error(transparent)]
    Keys(#[from] keyring::KeyError),
    #[error(transparent)]
    Backend(#[from] backend::BackendError),
    #[error(transparent)]
    Envelope(#[from] envelope::EnvelopeError),
    #[error("the store is damaged: {0} does not decode; restore it from a backup")]
    Encoding(&'static str),
    #[error("a stored record has schema {0}, which only a newer version of callbook reads; update callbook")]
    Newer(u8),
    #[error("the record is too large to be stored")]
    TooLarge,
    #[error("{} only grow: what is recorded is not changed", .0.plural())]
    OnlyGrows(crate::domain::entity::RecordKind),
    #[error("the store is damaged: {0}; run `callbook doctor`, or restore it from a backup")]
    Damaged(String),
    #[error(transparent)]
    Backup(#[from] backup::BackupError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the history log cannot be extended: {0}")]
    Log(#[from] merkle::tree::FrontierError),
    #[error("the store was closed after an earlier failure ({0}); start again")]
    Closed(String),
}
