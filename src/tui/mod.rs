//! The terminal program: everything a person sees and presses.
//!
//! Only this module names ratatui. These modules are
//! what screens are made of.
pub mod keys;
pub mod osc;
pub mod text;
pub mod theme;
