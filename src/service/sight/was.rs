//! What was in sight: for telling who could see a record that it has gone.

use super::Sight;
use crate::domain::access::Relation;
use crate::domain::contact::ContactField;
use crate::domain::entity::{Fields, Lies, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::id::SubjectId;
use crate::service::index::{KeptOut, KeptOuts};
use crate::service::world::World;
use crate::service::{view, views};

/// The fields of a record that decide who sees it, for [`Sight::saw`].
pub fn deciding(kind: RecordKind, fields: &Fields) -> Fields {
    let keep = |keys: &[FieldKey]| {
        let kept = fields.iter().filter(|(key, _)| keys.contains(*key));
        kept.map(|(key, value)| (*key, value.clone())).collect()
    };
    match kind {
        RecordKind::Contact | RecordKind::Company => {
            let restricted = ContactField::restricted_at.key();
            view::holder_fields(kind)
                .map(|(owner, team)| keep(&[owner, team, restricted]))
                .unwrap_or_default()
        }
        RecordKind::View => fields.clone(),
        _ => Fields::new(),
    }
}

impl Sight {
    /// Whether a record was in sight when these were its [`deciding`] fields.
    pub fn saw(&self, world: &World, kind: RecordKind, subject: SubjectId, fields: &Fields) -> bool {
        // Whether it is restricted the fields say; that it is in quarantine follows from more than one record.
        let kept_out = match kind {
            RecordKind::Contact => {
                let why = self.kept_outs();
                let restricted = fields.contains_key(&ContactField::restricted_at.key());
                let quarantine = why.contains(KeptOut::Quarantined).then_some(KeptOut::Quarantined);
                restricted && why.contains(KeptOut::Restricted)
                    || world.is_kept_out(subject.0, KeptOuts::of(quarantine))
            }
            _ => self.keeps_out(world, subject.0),
        };
        if kept_out {
            return false;
        }
        match kind.lies() {
            _ if kind.indexed().is_some() => self.reads(kind, self.relation_with(kind, fields)),
            _ if kind == RecordKind::View => {
                self.reads(kind, Relation::Own)
                    && view::typed(fields).is_ok_and(|view| views::shows(self, &view))
            }
            Lies::AboutPerson => self.sees_about(world, kind, subject.0),
            Lies::Person | Lies::Itself | Lies::Nobody => self.reads(kind, Relation::Own),
        }
    }

    /// Whether this is the same role, in the same team with the same people: then what was in sight still is.
    pub fn is_that_of(&self, other: &Sight) -> bool {
        let (one, other) = (&*self.0, &*other.0);
        (one.user, &one.team, &one.rules.name, &one.mates)
            == (other.user, &other.team, &other.rules.name, &other.mates)
    }
}
