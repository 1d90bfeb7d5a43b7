//! Where suppression is enforced: nothing that brings a suppressed number or address in is committed.
//!
//! [`check`] stands in the one place that every change of records goes through before it is taken into memory, so that no
//! handler can forget it: adding, editing, importing, merging, restoring, undoing. What is held already may stay: a contact
//! whose number was suppressed meanwhile can be edited, and merged with another.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::held::Suppressions;
use crate::api::Error;
use crate::domain::contact::ContactField;
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::suppression::{Class, Hit, Identifier, Scope};
use crate::service::view::is_deleted;
use crate::store::Stored;

/// Refuses what a transaction leaves where it brings in what is suppressed altogether.
pub fn check(
    suppressions: &Suppressions,
    before: &HashMap<Uuid, &Stored>,
    touched: &[Stored],
) -> Result<(), Error> {
    let mut had: Option<HashSet<Identifier>> = None;
    for stored in touched {
        for identifier in live(stored) {
            if suppressions.hit(&identifier).is_none_or(|hit| hit.scope < Scope::All) {
                continue;
            }
            // Whatever was there before this transaction, in whichever of its records.
            let had = had.get_or_insert_with(|| before.values().flat_map(|stored| live(stored)).collect());
            if !had.contains(&identifier) {
                return Err(refusal(identifier.class()));
            }
        }
    }
    Ok(())
}

/// The numbers and addresses of a record that is not deleted.
fn live(stored: &Stored) -> Vec<Identifier> {
    if is_deleted(&stored.record.fields, stored.kind) {
        return Vec::new();
    }
    Identifier::all_of(stored.kind, &stored.record.fields)
}

/// What of the fields is suppressed and was not there before.
pub fn hits(
    suppressions: &Suppressions,
    kind: RecordKind,
    old: Option<&Fields>,
    new: &Fields,
) -> Vec<(Class, Hit)> {
    let mut found: Vec<(Identifier, Hit)> = Identifier::all_of(kind, new)
        .into_iter()
        .filter_map(|identifier| suppressions.hit(&identifier).map(|hit| (identifier, hit)))
        .collect();
    if let (Some(old), false) = (old, found.is_empty()) {
        let old = Identifier::all_of(kind, old);
        found.retain(|(identifier, _)| !old.contains(identifier));
    }
    found.into_iter().map(|(identifier, hit)| (identifier.class(), hit)).collect()
}

/// What somebody is told who enters what is not to be used for marketing.
pub fn warnings(
    suppressions: &Suppressions,
    kind: RecordKind,
    old: Option<&Fields>,
    new: &Fields,
) -> Vec<String> {
    let mut told = Vec::new();
    for (class, hit) in hits(suppressions, kind, old, new) {
        let warning = match hit.scope {
            Scope::All => continue,
            Scope::Marketing => {
                format!("{} is suppressed for marketing: nobody who has it gets any", what(class))
            }
            Scope::Channel => format!("{} is suppressed for marketing", what(class)),
        };
        if !told.contains(&warning) {
            told.push(warning);
        }
    }
    told
}

/// The refusal. It tells neither whose it was nor why.
pub fn refusal(class: Class) -> Error {
    let field = match class {
        Class::Phone => ContactField::phones,
        Class::Email => ContactField::emails,
    };
    Error::refused(format!("{} is suppressed: it is not used or entered again", what(class)))
        .hint("leave it out; when the person asks for it, the data protection officer lifts the suppression")
        .at(field.spec().name)
}

fn what(class: Class) -> &'static str {
    match class {
        Class::Phone => "a phone number",
        Class::Email => "an e-mail address",
    }
}
