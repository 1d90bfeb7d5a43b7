//! Work of the day that lies over the screens: [`CallListWork`] goes through a call list, one person after another;
//! [`FollowUp`] makes a task.

mod follow;
mod lists;

pub use follow::FollowUp;
pub use lists::CallListWork;
