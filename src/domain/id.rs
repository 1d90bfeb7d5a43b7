//! Ids: 16 bytes, written as UUIDs. Each entity has its own type, so that one cannot stand in for another.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::value::Invalid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            pub const fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            pub const fn from_bytes(bytes: [u8; 16]) -> $name {
                $name(Uuid::from_bytes(bytes))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<$name, Invalid> {
                parse(text).map($name)
            }
        }
    )*};
}

/// An id as people write it, of whatever it is the id.
pub fn parse(text: &str) -> Result<Uuid, Invalid> {
    text.trim().parse().map_err(|_| {
        Invalid::new(format!(
            "`{}` is no id; ids look like 6f9619ff-8b86-4d11-b42d-00c04fc964ff",
            text.trim()
        ))
    })
}

ids! {
    /// A person whose data is held: the data subject. Every record about a person names one, and is encrypted
    /// under that subject's key. The nil id is nobody: records of the store itself.
    SubjectId;
    /// A contact. A contact is a data subject, so its id is also the id of the subject.
    ContactId;
    /// A company, which is not a data subject (R53: the people in it are).
    CompanyId;
    /// A note or logged activity about a contact.
    NoteId;
    /// A user of the store.
    UserId;
    /// A definition of a custom field.
    FieldId;
    /// One run of the program by one user.
    SessionId;
    /// The identity of a store, in its header and in the associated data of every record.
    StoreId;
}

impl SubjectId {
    /// Nobody: the store's own records.
    pub const NOBODY: SubjectId = SubjectId(Uuid::nil());
}

impl From<ContactId> for SubjectId {
    fn from(id: ContactId) -> SubjectId {
        SubjectId(id.0)
    }
}
