//! Layers that belong to no record: menus, questions, help, the palette, the command line.

pub mod bulk;
pub mod choose;
pub mod command;
pub mod confirm;
pub mod help;
pub mod merge;
pub mod output;
pub mod palette;
pub mod prompt;
pub mod remove;
