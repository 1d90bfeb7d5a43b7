//! Callbook.
pub mod api;
pub mod client;
pub mod domain;
pub mod env;
pub mod store;
