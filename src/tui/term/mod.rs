//! Everything between the terminal and the application.
//!
//! One thread blocks in `poll` on the terminal and a wake pipe ([`wake`]) and does nothing else while nothing happens.
//! It reads the bytes itself and parses them ([`input`]), because the usual event readers spin after a hang-up and
//! take a slowly arriving arrow key for three keys. A second thread sleeps until a signal comes ([`signals`]) and is
//! what ends the process within a second when the first one hangs. Frames are compared with what the terminal shows
//! and leave in one write ([`painter`]). [`guard`] puts the terminal back as it was, whatever happens; [`runner`] is
//! the loop; [`editor`] is the person's own editor on a private file.

mod app;
pub mod editor;
mod guard;
pub mod input;
pub mod painter;
pub mod runner;
mod signals;
mod tty;
pub mod wake;

pub use app::{App, Command, Exit, Flow, Input, Options, Sender};
pub use editor::{Edit, EditError, Edited};
pub use painter::Link;
pub use runner::Runner;
pub(super) use tty::Tty;
