//! The encrypted store: where bytes lie, how they are sealed, who holds the keys.
//!
//! From the bottom up: [`backend`] keeps pairs of bytes and makes batches durable; [`layout`] and [`lock`] own the
//! directory; [`keyring`] holds the keys of every data subject outside the database, so that forgetting a person is
//! the destruction of 32 bytes; [`envelope`] seals one value under one subject's key. None of them knows what a
//! contact is.
//!
//! What must not exist: a value in the database that is not sealed, a key inside the database, a second writer.

pub mod backend;
mod block;
mod crypto;
pub mod envelope;
mod files;
pub mod keyring;
pub mod layout;
pub mod lock;

pub use files::FileError;
