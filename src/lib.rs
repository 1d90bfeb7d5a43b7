//! Callbook.
pub mod api;
pub mod cli;
pub mod client;
pub mod config;
pub mod demo;
pub mod domain;
pub mod env;
pub mod interchange;
pub mod service;
pub mod store;
pub mod tui;
