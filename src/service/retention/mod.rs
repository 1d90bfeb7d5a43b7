//! How long whose data is kept, in memory and as it is told; holds; rules.
//!
//! What of a person's data decides stands in [`facts`]; the rule itself, which is pure, in [`crate::domain::retention::clock`].

mod asked;
mod compare;
mod explain;
pub mod facts;
mod holds;
pub mod known;
mod noted;
mod plan;
mod rules;
mod scheduled;
mod sweep;

#[cfg(test)]
mod sweep_tests;
#[cfg(test)]
mod tests;

pub(in crate::service) use asked::Begun;
pub use explain::told;
pub use plan::{Made, Up, part_up};
pub use rules::{of_law, vet};
pub use scheduled::{Ran, Scheduled};
