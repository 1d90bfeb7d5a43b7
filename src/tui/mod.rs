//! The terminal program: everything a person sees and presses.
//!
//! Only this module names ratatui. [`term`] stands between the terminal and an application loop. [`app`] is one state,
//! changed by messages and answering with effects, which [`driver`] performs: requests and jobs on threads of their own,
//! so that typing is never blocked. [`screen`]s keep what they show and say what they want to know, [`view`] draws them,
//! and [`layer`]s lie over them: menus and questions in [`overlay`], [`forms`], [`import`], [`lock`] and [`wizard`]. What
//! a key does stands in one table, [`action`], from which footer, help, palette, man page and configuration are derived.
pub mod action;
pub mod app;
pub mod call;
pub mod content;
pub mod driver;
pub mod effect;
pub mod forms;
pub mod grammar;
pub mod held;
pub mod highlight;
pub mod import;
pub mod keymap;
pub mod keys;
pub mod layer;
pub mod layout;
pub mod line;
pub mod lock;
pub mod msg;
pub mod osc;
pub mod overlay;
pub mod paint;
pub mod plain;
pub mod rights;
pub mod saved;
pub mod screen;
pub mod term;
pub mod text;
pub mod theme;
pub mod today;
pub mod view;
pub mod wizard;

#[cfg(test)]
mod tests;
