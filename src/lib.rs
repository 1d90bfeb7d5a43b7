//! Callbook.
pub mod api;
pub mod client;
pub mod domain;
pub mod env;
pub mod service;
pub mod store;
pub mod tui;
