//! Layers that belong to no record: menus, questions, help, the palette, the command line.

pub mod bulk;
pub mod choose;
pub mod command;
pub mod confirm;
pub mod consent;
pub mod help;
pub mod merge;
pub mod output;
pub mod palette;
pub mod prompt;
pub mod remove;
pub mod save_view;
pub mod views;

use crate::tui::layer::{Level, Step};

/// Says so when a paste was not taken whole.
fn cut(whole: bool) -> Vec<Step> {
    if whole {
        return Vec::new();
    }
    vec![Step::Toast(Level::Warning, "that paste is too long; only its beginning was taken".to_owned())]
}
