//! What a person is told by right, as it is asked for at the door.

use serde::{Deserialize, Serialize};

use crate::api::Typed;
use crate::domain::id::ContactId;

/// Whom an answer is about.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Whom {
    Contact(ContactId),
    /// Somebody who is not found among the contacts, by what they named.
    Named {
        name: String,
        identifiers: Vec<Typed>,
        /// The number of a request or certificate that the person names.
        case: Option<i64>,
        /// Contacts of that name, number or address are somebody else.
        somebody_else: bool,
    },
}
