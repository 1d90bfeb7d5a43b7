//! Taking a file in: choose it, say what its columns are, say where it comes from, look, import.
mod keys;
mod layer;
mod path;
pub mod run;
#[cfg(test)]
mod tests;
mod view;

pub use layer::ImportScreen;
