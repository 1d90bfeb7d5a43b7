//! Layers in which records are written: forms, notes, and the small windows they open.
pub(crate) mod conflict;
pub(crate) mod field;
pub mod frame;
pub mod line;
pub mod memory;
pub mod note;
#[cfg(test)]
mod note_tests;
pub(crate) mod offers;
pub mod overlays;
pub mod pick;
pub mod record;
#[cfg(test)]
mod record_tests;
#[cfg(test)]
pub(crate) mod robot;
pub mod secret;
pub(crate) mod sheet;
pub(crate) mod similar;
pub(crate) mod text_form;
pub mod widgets;

pub use memory::Memory;
pub use note::NoteEditor;
pub use overlays::Overlays;
pub use record::RecordForm;
