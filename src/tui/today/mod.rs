//! The day's work: what is due, whom to call, which lists wait, what runs out.
//!
//! [`Today`] lies over the screens like one of them; [`CallListWork`] goes through a call list, one person after another;
//! [`FollowUp`] makes a task.

mod follow;
mod lists;
mod screen;

pub use follow::FollowUp;
pub use lists::CallListWork;
pub use screen::Today;
