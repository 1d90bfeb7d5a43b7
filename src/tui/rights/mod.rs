//! What persons ask for by right, on the screen: a request in words, and the forms by which it is taken in and decided.

mod deeds;
mod form;
mod told;

pub use deeds::{answered, assign, extend, identify, refuse, take_in};
pub use form::RightsForm;
pub use told::{lines, urgency};
