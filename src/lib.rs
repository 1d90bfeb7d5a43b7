//! Callbook.
pub mod domain;
pub mod env;
pub mod interchange;
