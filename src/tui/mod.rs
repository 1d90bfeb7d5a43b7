//! The terminal program: everything a person sees and presses.
//!
//! Only this module names ratatui. [`term`] stands between the terminal and an application loop; the others are
//! what screens are made of.
pub mod forms;
pub mod keys;
pub mod layer;
pub mod osc;
pub mod text;
pub mod theme;
