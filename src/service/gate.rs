//! The gate: who may be reached for a purpose by a channel, and why not.
//!
//! Every list for use, call, export and mailing asks here, for each person, at the moment of use; nothing is remembered,
//! so a withdrawal holds for the next request of any session.
//!
//! # Order
//!
//! Of several reasons the first is told: deleted, objected, suppressed, restricted, quarantined, what else the person said or
//! what ran out, no basis, and at last that there is no number or address for the channel. So whoever could be won by asking is not
//! counted among those who may never be asked.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::consents::{Known, PurposeNo};
use super::index::{HasFlags, KeptOut, parallel};
use super::world::World;
use crate::api::View;
use crate::domain::basis::Basis;
use crate::domain::channel::Channel;
use crate::domain::consent::{Standing, State};
use crate::domain::purpose::Purpose;
use crate::domain::query::Has;
use crate::domain::suppression::{Class, Identifier, Scope};
use crate::domain::time::Timestamp;
use crate::domain::value::{Value, words};

words! {
    /// Why somebody is held back.
    Withheld {
        Deleted = "deleted",
        /// On a suppression list.
        Suppressed = "suppressed",
        Objected = "objected",
        /// Art. 18 GDPR.
        Restricted = "restricted",
        /// A purchased lead without a basis (R15).
        Quarantined = "quarantined",
        Withdrawn = "withdrawn",
        Refused = "refused",
        Expired = "expired",
        Revoked = "revoked",
        Invalidated = "invalidated",
        /// A double opt-in that was not confirmed.
        Unconfirmed = "unconfirmed",
        Deferred = "deferred",
        /// Asked, and not answered.
        Requested = "requested",
        /// Nothing is recorded.
        NoBasis = "no_basis",
        /// No number or address for this channel.
        NoAddress = "no_address",
    }
}

/// How many are held back, by reason, as answers tell it.
pub type Counts = BTreeMap<String, u64>;

/// What was asked of the gate: one purpose, one channel, one moment.
#[derive(Clone, Copy)]
pub struct Use<'w> {
    pub number: PurposeNo,
    pub known: &'w Known,
    pub channel: Channel,
    pub now: Timestamp,
}

impl Use<'_> {
    /// Whether a person may be reached, and on which ground; or why not.
    pub fn judge(&self, world: &World, contact: Uuid) -> Result<Standing, Withheld> {
        let Some(person) = world.contacts.brief(contact).filter(|person| !person.deleted) else {
            return Err(Withheld::Deleted);
        };
        let standing = self.standing(world, contact, person.basis);
        // The numbers of whoever objected are suppressed by that; the person's own word is told.
        if let Err(Withheld::Objected) = standing {
            return Err(Withheld::Objected);
        }
        if suppressed(world, contact, &self.known.purpose, self.channel) {
            return Err(Withheld::Suppressed);
        }
        if person.has.kept_out(KeptOut::Restricted) {
            return Err(Withheld::Restricted);
        }
        if person.has.kept_out(KeptOut::Quarantined) {
            return Err(Withheld::Quarantined);
        }
        let standing = standing?;
        if !reached_by(self.channel, person.has) {
            return Err(Withheld::NoAddress);
        }
        Ok(standing)
    }

    fn standing(&self, world: &World, contact: Uuid, basis: &str) -> Result<Standing, Withheld> {
        let standing = world.consents.standing(contact, self.number, self.channel, self.now);
        let undecided = match standing.state {
            State::Given | State::Asserted => return Ok(standing),
            State::Objected => return Err(Withheld::Objected),
            State::Withdrawn => return Err(Withheld::Withdrawn),
            State::Refused => return Err(Withheld::Refused),
            State::Expired => return Err(Withheld::Expired),
            State::Revoked => return Err(Withheld::Revoked),
            State::Invalidated => return Err(Withheld::Invalidated),
            State::Pending => return Err(Withheld::Unconfirmed),
            State::Unknown => Withheld::NoBasis,
            State::Requested => Withheld::Requested,
            State::Deferred => Withheld::Deferred,
        };
        // A basis other than consent is recorded with the contact (R1). That somebody "consents" says nothing of what for.
        let ground = self.known.purpose.ground();
        if ground == Basis::Consent || basis != ground.word() {
            return Err(undecided);
        }
        Ok(Standing { state: State::Asserted, basis: Some(ground), ..Standing::default() })
    }
}

/// Whether the numbers and addresses of a contact are on a suppression list that reaches this use. A number that is
/// suppressed for itself alone does not stop the others; whoever uses one asks about that very one ([`is_barred`]).
pub(super) fn suppressed(world: &World, contact: Uuid, purpose: &Purpose, channel: Channel) -> bool {
    let barred = world.suppression.of_contact(contact);
    if !barred.any() {
        return false;
    }
    let (reached, by) = match channel {
        Channel::Phone | Channel::Sms | Channel::Messenger | Channel::Fax => {
            (true, barred.none_left(Class::Phone))
        }
        Channel::Email => (true, barred.none_left(Class::Email)),
        Channel::Post | Channel::Visit => (true, false),
        // To keep the data of somebody who is left alone is not to reach them.
        Channel::Storage => (false, false),
    };
    reached && (barred.all || purpose.marketing && (barred.marketing || by))
}

/// Whether this very number or address is not used for a purpose.
pub(super) fn is_barred(world: &World, identifier: &Identifier, purpose: &Purpose) -> bool {
    let hit = world.suppression.hit(identifier);
    hit.is_some_and(|hit| purpose.marketing || hit.scope == Scope::All)
}

/// Takes out of what leaves for a purpose the numbers and addresses that are not used for it.
pub(super) fn strip(world: &World, purpose: &Purpose, view: &mut View) {
    if !world.suppression.of_contact(view.id).any() {
        return;
    }
    for shown in &mut view.fields {
        match &mut shown.value {
            Some(Value::Phones(items)) => {
                items.retain(|item| !is_barred(world, &Identifier::phone(&item.value), purpose));
            }
            Some(Value::Emails(items)) => {
                items.retain(|item| !is_barred(world, &Identifier::email(&item.value), purpose));
            }
            Some(_) | None => continue,
        }
        shown.text = shown.value.as_ref().map(|value| world.text(value)).unwrap_or_default();
    }
    let empty = |value: &Value| match value {
        Value::Phones(items) => items.is_empty(),
        Value::Emails(items) => items.is_empty(),
        _ => false,
    };
    view.fields.retain(|shown| !shown.value.as_ref().is_some_and(empty));
}

/// Whether a contact has what a channel needs.
fn reached_by(channel: Channel, has: HasFlags) -> bool {
    match channel {
        Channel::Phone | Channel::Sms | Channel::Messenger | Channel::Fax => has.contains(Has::Phone),
        Channel::Email => has.contains(Has::Email),
        Channel::Post => has.contains(Has::Address),
        Channel::Visit => has.contains(Has::Address) || has.contains(Has::Company),
        Channel::Storage => true,
    }
}

/// Whether a contact is a purchased lead without a basis (R15): somebody supplied it, it is held on consent, and the
/// ledger has none. It is seen by those who decide about it alone, and reached by nobody.
///
/// This does not depend on the clock: a consent that runs out is held back as such, and the lead is in quarantine again
/// when its end is recorded.
pub fn quarantined(basis: Option<Basis>, supplier: &str, grounded: impl FnOnce() -> bool) -> bool {
    !supplier.is_empty() && basis == Some(Basis::Consent) && !grounded()
}

/// Those of these people who may be reached, in their order, and how many may not, by reason.
pub fn sift(world: &World, ids: &[Uuid], asked: &Use<'_>) -> (Vec<Uuid>, Counts) {
    let verdicts: Vec<Option<Withheld>> = parallel(ids, |id| asked.judge(world, *id).err());
    sorted(ids, &verdicts)
}

/// The same by any channel that the purpose has. Why somebody is held back is told of the first.
pub fn sift_any(
    world: &World,
    ids: &[Uuid],
    number: PurposeNo,
    known: &Known,
    now: Timestamp,
) -> (Vec<Uuid>, Counts) {
    let uses: Vec<Use<'_>> =
        known.purpose.channels().map(|channel| Use { number, known, channel, now }).collect();
    let judge = |id: &Uuid| {
        let mut first = None;
        for asked in &uses {
            match asked.judge(world, *id) {
                Ok(_) => return None,
                Err(why) => first = first.or(Some(why)),
            }
        }
        first.or(Some(Withheld::NoBasis))
    };
    sorted(ids, &parallel(ids, judge))
}

fn sorted(ids: &[Uuid], verdicts: &[Option<Withheld>]) -> (Vec<Uuid>, Counts) {
    let mut counts = [0_u64; Withheld::ALL.len()];
    let mut through = Vec::with_capacity(ids.len());
    for (id, verdict) in ids.iter().zip(verdicts) {
        match verdict {
            None => through.push(*id),
            Some(why) => {
                if let Some(count) = counts.get_mut(*why as usize) {
                    *count += 1;
                }
            }
        }
    }
    let counted = Withheld::ALL.iter().zip(counts).filter(|(_, count)| *count > 0);
    (through, counted.map(|(why, count)| (why.word().to_owned(), count)).collect())
}
