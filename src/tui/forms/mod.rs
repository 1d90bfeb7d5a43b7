//! Layers in which records are written: forms, notes, and the small windows they open.
pub(crate) mod field;
pub mod frame;
pub mod line;
pub mod pick;
#[cfg(test)]
pub(crate) mod robot;
pub mod widgets;
