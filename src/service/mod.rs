//! The one door to the data.
pub mod index;
