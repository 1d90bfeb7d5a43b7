//! Callbook.
pub mod api;
pub mod cli;
pub mod client;
pub mod demo;
pub mod config;
pub mod domain;
pub mod env;
pub mod interchange;
pub mod service;
pub mod store;
pub mod tui;
