//! Answers to persons: everything that is held of one, in one consistent read, with what the law wants told beside it
//! (Art. 15 and 20 GDPR).
//!
//! The role's fields do not narrow it: an answer that leaves out what the officer does not see would be a false one. What is
//! told to nobody at all, the hash of a code and the key of a form, is named and left out. Who is held back from everybody
//! else, in quarantine or restricted, is answered like anybody.

mod gather;
mod known;
mod named;

use std::sync::Arc;

use super::{Ask, publish, read_lock, rows, suppression};
use crate::api::{Disclose, Disclosed, Edited, Error, Whom};
use crate::domain::disclosure::{Case, Controller, Disclosure};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::{Action, diff};
use crate::domain::id::SubjectId;
use crate::domain::request::{Right, SubjectRequest};
use crate::store::Stored;

impl Ask<'_> {
    pub(super) fn disclose(&self, asked: &Disclose) -> Result<Disclosure, Error> {
        match asked.right {
            Right::Access | Right::Portability => {}
            Right::Rectification
            | Right::Erasure
            | Right::Restriction
            | Right::Objection
            | Right::Withdrawal
            | Right::NoAutomatedDecision => {
                return Err(Error::usage(format!("`{}` is no right that a copy answers", asked.right)));
            }
        }
        match &asked.of {
            Whom::Contact(contact) => {
                let (now, store, months) = (self.now, self.service.id.0, self.service.kept_months());
                let world = Arc::clone(&self.service.world);
                let (contact, asked_for) = (*contact, asked.clone());
                let env = self.service.env.clone();
                let mut disclosure = self.service.store.read(move |reader| {
                    let world = read_lock(&world);
                    let about = gather::About { reader, world: &world, env: &env, now, store, months };
                    about.person(contact, &asked_for)
                })?;
                known::mark(&self.world(), &mut disclosure);
                Ok(disclosure)
            }
            Whom::Named { name, identifiers, case, somebody_else } => {
                if asked.request.is_some() {
                    return Err(Error::usage("a request is about somebody who is held")
                        .hint("name the person by id; of somebody who is not held, name the case"));
                }
                self.disclose_named(name, identifiers, *case, *somebody_else)
            }
        }
    }

    /// Notes the hash of the answer on the request. Whether it was delivered is noted when the request is closed.
    pub(super) fn disclosed(&self, one: Disclosed) -> Result<Edited, Error> {
        let is_hash = one.sha256.len() == 64
            && one.sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !is_hash {
            return Err(Error::usage("a SHA-256 is 64 hexadecimal digits in lower case").at("sha256"));
        }
        let (edited, _) = self.transact(Action::Edit, move |txn, world| {
            let records = rows::whole_person(&txn.read(), SubjectId(one.contact.0))?;
            let (stored, mut request) = request_of(&records, one.request)?;
            answerable(&request, None, true)?;
            request.delivered_hash.clone_from(&one.sha256);
            let changed = diff(&stored.record.fields, &request.fields());
            let revision = txn
                .update(&stored, request.fields())?
                .map_or(stored.record.revision, |now| now.record.revision);
            publish(world, txn, &[stored])?;
            Ok(Edited {
                revision,
                changed: changed.iter().map(|change| change.field).collect(),
                warnings: Vec::new(),
            })
        })?;
        Ok(edited)
    }
}

/// The request of this number among a person's records.
fn request_of(records: &[Stored], number: i64) -> Result<(Stored, SubjectRequest), Error> {
    for stored in records.iter().filter(|stored| stored.kind == RecordKind::Request) {
        let request: SubjectRequest = stored.entity()?;
        if request.number == number {
            return Ok((stored.clone(), request));
        }
    }
    Err(Error::not_found(format!("there is no request {number} of this person"))
        .hint("`callbook request list` shows the open ones; `callbook request open` takes one in"))
}

/// Whether a request can be answered by a copy: it asks for one, it is open, and who asks is made sure of before anything
/// leaves (Art. 12(6) GDPR).
fn answerable(request: &SubjectRequest, right: Option<Right>, leaves: bool) -> Result<(), Error> {
    use crate::domain::request::RequestState;
    let asks = request.right.0.unwrap_or(Right::Access);
    let fits = match asks {
        Right::Access | Right::Portability => right.is_none_or(|right| right == asks),
        _ => false,
    };
    if !fits {
        return Err(Error::refused(format!("request {} asks for {asks}", request.number))
            .hint("take in a request of its own for what the person wants beside it"));
    }
    match request.state.0 {
        Some(RequestState::Open) | None => {}
        Some(state @ (RequestState::Done | RequestState::Refused)) => {
            return Err(Error::refused(format!("request {} is closed ({state})", request.number))
                .hint("a new answer is a new request"));
        }
    }
    if leaves && !is_identified(request) {
        return Err(Error::refused(format!(
            "who asks in request {} is not made sure of (Art. 12(6) GDPR)",
            request.number
        ))
        .hint("confirm the identity on the request first; until then `subject access ID --review FILE` prepares the answer"));
    }
    Ok(())
}

/// Whether the check of identity was made and ended well; whatever else its outcome says is no confirmation.
fn is_identified(request: &SubjectRequest) -> bool {
    request.identity.0.is_some() && request.identity_at.is_some() && request.identity_outcome == "confirmed"
}

fn case_of(request: &SubjectRequest) -> Case {
    Case {
        number: request.number,
        right: request.right.0.unwrap_or(Right::Access),
        received: request.received,
        due: request.extended_to.or(request.due),
        identified: is_identified(request),
    }
}

fn controller(world: &super::World) -> Controller {
    let settings = &world.settings;
    Controller {
        name: settings.controller.clone(),
        address: settings.controller_address.clone(),
        contact: settings.contact.clone(),
        dpo: settings.dpo_contact.clone(),
        authority: settings.authority.clone(),
        country: settings.country,
    }
}

/// What an answer lacks, for whoever makes it.
fn gaps(controller: &Controller) -> Vec<String> {
    let lacks = [
        (
            &controller.dpo,
            "no contact of a data protection officer is set, so the answer names none (settings edit --set dpo_contact=…)",
        ),
        (
            &controller.authority,
            "no supervisory authority is set, so the answer names the one at the person's place in general words (settings edit --set authority=…)",
        ),
        (
            &controller.address,
            "the controller's address is not set (settings edit --set controller_address=…)",
        ),
    ];
    lacks.iter().filter(|(text, _)| text.is_empty()).map(|(_, warning)| (*warning).to_owned()).collect()
}
