//! Callbook.
pub mod api;
pub mod client;
pub mod demo;
pub mod domain;
pub mod env;
pub mod interchange;
pub mod service;
pub mod store;
pub mod tui;
