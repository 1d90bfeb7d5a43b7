//! Why somebody was refused, for the log of denials.

use crate::domain::value::words;

words! {
    /// Why a request, or the beginning of a session, was denied. Stored by place in this list: new ones go last.
    Why {
        /// The role does not make such requests at all.
        Role = "role",
        /// It does, but does not reach this record, field or user, or may not change it.
        Reach = "reach",
        /// The user is not active any more, or the role is unknown here.
        Inactive = "inactive",
        /// The account of the machine is no user of the store, or not the one it said to be.
        Account = "account",
        /// The user's own password was wrong, or tried too often.
        Password = "password",
    }
}

/// What stands in place of a request's name where too many different ones of a user were denied in a day.
pub const VARIOUS: &str = "various";
