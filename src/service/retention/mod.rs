//! How long whose data is kept, in memory and as it is told; holds; rules.
//!
//! What of a person's data decides stands in [`facts`]; the rule itself, which is pure, in [`crate::domain::retention::clock`].

mod explain;
pub mod facts;
mod holds;
pub mod known;
mod rules;

#[cfg(test)]
mod tests;

pub use explain::told;
pub use rules::{of_law, vet};
