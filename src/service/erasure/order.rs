//! Who may be erased on whose word: what the data protection officer asks for, looked at before anything is done.

use super::found::Found;
use super::{Held, Order};
use crate::api::erasure::{Erased, ErasurePlan};
use crate::api::{Error, SubjectErase};
use crate::domain::basis::Basis;
use crate::domain::contact::ContactField;
use crate::domain::entity::RecordKind;
use crate::domain::erasure::Ground;
use crate::domain::id::{ContactId, SubjectId};
use crate::domain::request::{RequestState, Right, SubjectRequest};
use crate::domain::value::Value;
use crate::service::{Ask, no_such};

impl Ask<'_> {
    /// Erases a person, or tells what that would do.
    pub(in crate::service) fn subject_erase(&self, ask: &SubjectErase) -> Result<Erased, Error> {
        let id = ask.contact.0;
        let kept = {
            let world = self.world();
            if !self.sight().sees(&world, RecordKind::Contact, id) {
                return Err(no_such(RecordKind::Contact, id));
            }
            world.same_person(id).first().copied().unwrap_or(id)
        };
        let (_, found) = self.service.read_people(&[SubjectId(kept)], ask.ground, self.now)?;
        let one = found.into_iter().next().ok_or_else(|| no_such(RecordKind::Contact, id))?;
        let ordered = self.order(ask, &one);
        if ask.dry_run {
            let mentions = self.service.places(std::slice::from_ref(&one))?.len() as u64;
            self.witness_call(ContactId(kept))?;
            let mut plan = plan(&one, mentions);
            plan.refused.extend(ordered.err().map(|error| error.message));
            return Ok(Erased { plan, receipt: None, notices: Vec::new() });
        }
        let order = ordered?;
        if let Some(held) = one.holds.first() {
            return Err(Error::refused(held.told()).hint(
                "a hold is ended before its time by whoever decides about it; until then restrict the data",
            ));
        }
        let mut plan = plan(&one, 0);
        drop(one);
        let receipt = self.service.erase_batch(&[SubjectId(kept)], &order, self.now)?;
        let told = self.service.erasure_receipt(receipt.number)?;
        plan.mentions = told.mentions;
        Ok(Erased { plan, receipt: Some(told), notices: receipt.notices })
    }

    /// Checks the ground on which a person is to be erased.
    fn order(&self, ask: &SubjectErase, one: &Found) -> Result<Order, Error> {
        let request = ask.request.map(|number| request(one, number)).transpose()?;
        let world = self.world();
        match ask.ground {
            Ground::Request if request.is_none() => {
                return Err(Error::refused("an erasure answers a request of the person, or has another ground")
                    .hint("take the request in with `request open --right erasure`, and name it with --request; or say --ground"));
            }
            Ground::Request => {}
            Ground::Quarantine => {
                if !world.is_quarantined(one.contact) {
                    return Err(Error::refused("this is no bought lead without a basis"));
                }
            }
            Ground::Withdrawal => {
                let contact = one.records.iter().find(|stored| stored.id == one.contact);
                let basis = contact.and_then(|contact| contact.record.fields.get(&ContactField::basis.key()));
                let on_consent = matches!(basis, Some(Value::Basis(Basis::Consent)));
                if !on_consent || one.subjects.iter().any(|subject| world.consents.grounded(subject.0)) {
                    return Err(Error::refused("there is a ground left on which the data is kept")
                        .hint("`consent list` shows what holds"));
                }
            }
            Ground::Retention => {
                return Err(Error::refused("what is over its time goes by a plan")
                    .hint("`retention plan` and `retention apply` do that"));
            }
        }
        if request.is_none() && ask.reason.trim().is_empty() {
            return Err(Error::refused("an erasure without a request needs a reason")
                .hint("give it with --reason")
                .at("reason"));
        }
        let actor = self.grant.actor();
        Ok(Order {
            ground: ask.ground,
            request,
            sweep: String::new(),
            anonymise: ask.anonymise,
            by: Some(actor.user),
            session: actor.session,
        })
    }
}

/// The request of this number, when it is one of this person that asks for this.
fn request(one: &Found, number: i64) -> Result<(i64, Option<crate::domain::value::Day>), Error> {
    let refused =
        |why: String| Error::refused(why).hint("`request list` shows the requests of persons").at("request");
    let requests = super::found::of_kind::<SubjectRequest>(&one.records)?;
    let Some((_, request)) = requests.into_iter().find(|(_, request)| request.number == number) else {
        return Err(refused(format!("there is no request {number} of this person")));
    };
    if request.state.0 == Some(RequestState::Refused) {
        return Err(refused(format!("the request {number} was refused")));
    }
    match request.right.0 {
        // Whoever objects or withdraws may have their data erased (Art. 17(1)(b) and (c) GDPR).
        Some(Right::Erasure | Right::Objection | Right::Withdrawal) => Ok((number, request.received)),
        Some(
            Right::Access
            | Right::Rectification
            | Right::Restriction
            | Right::Portability
            | Right::NoAutomatedDecision,
        )
        | None => Err(refused(format!("the request {number} does not ask for erasure"))),
    }
}

fn plan(one: &Found, mentions: u64) -> ErasurePlan {
    ErasurePlan {
        contact: ContactId(one.contact),
        name: one.title.clone(),
        goes: one.goes(),
        stays: one.stays(),
        refused: one.holds.iter().map(Held::told).collect(),
        recipients: one.recipients.iter().map(|(name, _)| name.clone()).collect(),
        mentions,
    }
}
