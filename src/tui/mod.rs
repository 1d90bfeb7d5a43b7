//! The terminal program: everything a person sees and presses.
//!
//! Only this module names ratatui. [`term`] stands between the terminal and an application loop; the others are
//! what screens are made of.
pub mod keys;
pub mod osc;
pub mod plain;
pub mod term;
pub mod text;
pub mod theme;
