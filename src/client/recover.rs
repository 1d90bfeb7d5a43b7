//! Backups and stores on this machine, without a store in service: looked at, restored, made anew.

pub use crate::domain::backup::Form;
pub use crate::service::recover::{Keys, Looked, LookedInto, Made, Wish, look_at, rebuild, restore};
