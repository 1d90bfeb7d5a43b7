//! The first run: from nothing to a store with somebody's name in it.
mod first_run;
pub mod strength;
#[cfg(test)]
mod tests;
mod view;

pub use first_run::{FirstRun, Offers};
