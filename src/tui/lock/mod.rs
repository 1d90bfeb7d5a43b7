//! Unlocking a store: at the start, and after the program locked itself.
mod screen;
#[cfg(test)]
pub(crate) mod tests;
pub mod vault;

pub use screen::Unlock;
pub(crate) use screen::home;
pub use vault::{DirVault, Founded, NewStore, Vault};
