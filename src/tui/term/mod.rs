//! Everything between the terminal and the application.

pub mod input;
pub mod painter;
