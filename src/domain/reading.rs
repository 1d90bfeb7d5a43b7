//! What counts as looking at a person, for the read log.

use crate::domain::value::words;

words! {
    /// How somebody came to see a person's data. Stored by place in this list: new ones go last.
    ReadKind {
        /// The record, or a note about the person, was opened.
        Open = "open",
        /// The changes of the record were.
        History = "history",
        /// The person left the store in an export.
        Export = "export",
        /// A whole number was searched that is the person's.
        SearchNumber = "search_number",
        /// A whole e-mail address was.
        SearchEmail = "search_email",
        /// Somebody about to be entered has the person's number or address.
        Similar = "similar",
        /// It was asked whether the person's number or address is suppressed.
        Suppression = "suppression",
    }
}

/// How long readings are kept where the store does not say otherwise, in months.
pub const KEPT_MONTHS: i64 = 12;

/// The longest that can be set, in months: who looked is itself data about people who work.
pub const MOST_MONTHS: i64 = 120;
