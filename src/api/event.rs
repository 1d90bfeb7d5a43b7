//! What a session hears without having asked: what others changed, and who looks at the same record.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::ContactId;

/// Something that happened elsewhere. It carries no values: whoever wants them asks, and is answered by the rules.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Event {
    /// Another session changed a record that this one may see.
    Changed(Changed),
    /// A record that this session could see is out of its sight. Nothing says why; ids it could not see are not told.
    Gone(Uuid),
    /// Who else has a record open, when that changed.
    Presence(Presence),
    /// More happened than was kept for this session, or what its user may see has changed: everything shown may be old.
    Resync,
    /// Somebody locked the store for everybody.
    Locked,
    /// From now on events come. Said by the client itself.
    Live,
    /// The connection to the server is gone; it is being made anew. Said by the client itself.
    Lost,
    /// The server that is gone had been started on demand: nobody but a client starts it anew. Said by the client itself.
    Ended,
    /// The connection is there again; everything shown may be old. Said by the client itself.
    Back,
}

/// One change of one record, after it was made durable.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Changed {
    /// The entry's place in the log.
    pub seq: u64,
    pub kind: RecordKind,
    pub id: Uuid,
    /// The contact the record is about, where it is about one.
    pub about: Option<ContactId>,
    pub action: Action,
    /// The change made it, or brought it into sight.
    pub entered: bool,
    /// The name of the user who did it.
    pub actor: String,
}

/// Who else has a record open.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Presence {
    pub id: Uuid,
    /// Names of users, each once, sorted.
    pub names: Vec<String>,
}
