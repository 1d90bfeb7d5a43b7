//! Call mode: what one should know before dialling, the call itself, and what came of it.
//!
//! [`mode`] goes from stage to stage and asks the service, and [`layer`] lays it over the screens; [`under`] (with its [`keys`])
//! and [`after`] are state machines without anything to ask, [`view`] and [`view_under`] draw them.

mod after;
pub mod dial;
mod keys;
mod layer;
mod mode;
mod script;
mod spoken;
mod under;
mod view;
mod view_under;
pub mod when;

#[cfg(test)]
mod tests;

pub use mode::CallMode;
pub use under::tells_birth;
