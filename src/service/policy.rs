//! The one door for permission: who may ask what. Deny by default.
//!
//! [`authorize`] decides about every request before anything of it is carried out; a [`Grant`] can be made nowhere else,
//! and nothing is carried out without one. The decision is a table: what a request needs ([`needs`]) and what a role may
//! ([`may`]). Both matches are exhaustive: a new request or role does not compile without a decision.

use crate::api::{Code, Deed, Error, Request};
use crate::domain::entity::RecordKind;
use crate::domain::id::{SessionId, UserId};
use crate::domain::user::Role;

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    pub user: UserId,
    pub role: Role,
    pub session: SessionId,
}

/// The permission to carry out one request.
#[derive(Debug)]
pub struct Grant {
    actor: Actor,
}

impl Grant {
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// What a request needs a role to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Nothing but being a user.
    Anybody,
    /// To see persons.
    Read,
    /// To change single records about persons.
    Write,
    /// To change many records at once, or to import.
    Many,
    /// To take persons out of the store.
    Export,
    /// To change what the store holds about persons at all: custom fields.
    Configure,
    /// To prove what happened.
    Audit,
    /// To see how the store is; no personal data.
    Operate,
    /// No role has it: the request does not apply to such records.
    Nobody,
}

/// What a request needs.
pub fn needs(request: &Request) -> Need {
    match request {
        Request::Whoami(_) | Request::SchemaGet(_) => Need::Anybody,
        Request::List(list) => reading(list.kind),
        Request::Get(get) => reading(get.kind),
        Request::History(history) => reading(history.kind),
        Request::Add(add) => writing(add.kind),
        Request::Edit(edit) => writing(edit.kind),
        Request::Delete(delete) => writing(delete.kind),
        Request::Restore(restore) => writing(restore.kind),
        Request::FindSimilar(_) | Request::Duplicates(_) | Request::Complete(_) | Request::Activity(_) => {
            Need::Read
        }
        Request::Merge(_) | Request::Undo(_) | Request::Redo(_) => Need::Write,
        Request::Bulk(bulk) => match (bulk.kind, &bulk.deed) {
            (RecordKind::Contact | RecordKind::Company, Deed::Edit(_) | Deed::Delete | Deed::Restore)
            | (RecordKind::Note, Deed::Delete | Deed::Restore) => Need::Many,
            (RecordKind::Note, Deed::Edit(_))
            | (
                RecordKind::User | RecordKind::CustomField | RecordKind::Settings | RecordKind::ExportRun,
                Deed::Edit(_) | Deed::Delete | Deed::Restore,
            ) => Need::Nobody,
        },
        Request::Import(_) => Need::Many,
        Request::Export(_) => Need::Export,
        Request::LogVerify(_) | Request::LogCheckpoint(_) | Request::LogProve(_) | Request::Inventory(_) => {
            Need::Audit
        }
        Request::Status(_) | Request::Doctor(_) => Need::Operate,
    }
}

fn reading(kind: RecordKind) -> Need {
    match kind {
        RecordKind::Contact | RecordKind::Company | RecordKind::Note => Need::Read,
        RecordKind::User | RecordKind::CustomField | RecordKind::Settings => Need::Anybody,
        RecordKind::ExportRun => Need::Audit,
    }
}

fn writing(kind: RecordKind) -> Need {
    match kind {
        RecordKind::Contact | RecordKind::Company | RecordKind::Note => Need::Write,
        RecordKind::CustomField => Need::Configure,
        // Users come with the server; exports are written by exporting.
        RecordKind::User | RecordKind::Settings | RecordKind::ExportRun => Need::Nobody,
    }
}

/// What a role may.
pub fn may(role: Role, need: Need) -> bool {
    match need {
        Need::Nobody => false,
        Need::Anybody => true,
        Need::Read => match role {
            Role::Owner | Role::Dpo | Role::Lead | Role::Rep | Role::Marketing => true,
            // The administrator sees no personal data; the auditor sees proofs.
            Role::Admin | Role::Auditor => false,
        },
        Need::Write => matches!(role, Role::Owner | Role::Dpo | Role::Lead | Role::Rep),
        Need::Many => matches!(role, Role::Owner | Role::Lead),
        Need::Export => matches!(role, Role::Owner | Role::Dpo | Role::Lead | Role::Marketing),
        Need::Configure => matches!(role, Role::Owner | Role::Dpo),
        Need::Audit => matches!(role, Role::Owner | Role::Dpo | Role::Auditor),
        Need::Operate => match role {
            Role::Owner
            | Role::Admin
            | Role::Dpo
            | Role::Lead
            | Role::Rep
            | Role::Marketing
            | Role::Auditor => true,
        },
    }
}

/// Decides about a request.
pub fn authorize(actor: &Actor, request: &Request) -> Result<Grant, Error> {
    let need = needs(request);
    if may(actor.role, need) {
        return Ok(Grant { actor: actor.clone() });
    }
    Err(Error::new(Code::Denied, format!("the role `{}` may not do this", actor.role))
        .hint("ask the owner of the store, or the data protection officer"))
}

#[cfg(test)]
mod tests {
    use super::{Need, may};
    use crate::domain::user::Role;

    /// The whole table, so that a change of it is seen in review.
    #[test]
    fn the_golden_table() {
        use Need::{Anybody, Audit, Configure, Export, Many, Nobody, Operate, Read, Write};
        let needs = [Anybody, Read, Write, Many, Export, Configure, Audit, Operate, Nobody];
        let mut table = String::new();
        for role in Role::ALL {
            let row: String = needs.iter().map(|need| if may(*role, *need) { 'x' } else { '.' }).collect();
            table.push_str(&format!("{row} {role}\n"));
        }
        let golden = "\
xxxxxxxx. owner
x......x. admin
xxx.xxxx. dpo
xxxxx..x. lead
xxx....x. rep
xx..x..x. marketing
x.....xx. auditor
";
        assert_eq!(table, golden);
    }
}
