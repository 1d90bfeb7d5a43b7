//! Erasing persons (Art. 17 GDPR): what goes, what stays and why, and what proves it.
//!
//! ```text
//! read what there is ─ look for mentions ─ one transaction: what remains, the certificate, the intent ─ keys destroyed ─►
//!   memory and sessions told ─ rows deleted in slices ─ escrows written anew ─ certificate completed: epoch, checkpoint, copies of the keys
//! ```
//! Everything goes through [`Service::erase_batch`], for one person or a thousand, at a person's request or because the time
//! is up: one epoch of the keys for all. What it does in the store is in [`crate::store::forget`]; a crash after the
//! transaction is completed there, and the certificate by [`Service::settle_erasures`] when the store is opened.
//!
//! What remains, and only that: marks of numbers and addresses ([`suppression`]), proof of consent for legal claims
//! ([`proof`]), a certificate without values ([`receipt`]), the headers of the log; and, where it was asked for, the person
//! as a number ([`aggregate`]). A hold stops it.

mod found;
pub(super) mod mentions;
mod notice;
mod order;
pub(super) mod proof;
pub(super) mod receipt;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, PoisonError};

use uuid::Uuid;

use self::found::{Found, Looking, runs};
use self::mentions::{MOST, Needles, Place};
use super::calls::day_at_home;
use super::suppression::{self, Entry, Staged};
use super::{Service, aggregate, live, publish_with, read_lock};
use crate::api::erasure::ErasureNotice;
use crate::api::{Code, Error};
use crate::domain::entity::RecordKind;
use crate::domain::erasure::{Certificate, Ground, KeptProof};
use crate::domain::history::Action;
use crate::domain::id::{SessionId, SubjectId, UserId};
use crate::domain::suppression::{Deed, Identifier, Reason, Scope};
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, OneOf, WordList};
use crate::store::{Origin, StoreError, WriteTxn};

/// Persons that one erasure takes, at most.
pub const MOST_PEOPLE: usize = 2_000;
/// Persons read in one visit of the storage thread.
const SLICE: usize = 16;
/// How often it is tried when others write about the same people.
const TRIES: usize = 8;

/// Why data is kept though it should go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    pub reason: String,
    pub until: Option<Day>,
}

impl Held {
    fn told(&self) -> String {
        match self.until {
            Some(until) => format!("held until {until}: {}", self.reason),
            None => format!("held: {}", self.reason),
        }
    }
}

/// On whose word people are erased, and why.
#[derive(Clone, Debug)]
pub struct Order {
    pub ground: Ground,
    /// Number and day of the person's request.
    pub request: Option<(i64, Option<Day>)>,
    /// The retention plan it belongs to.
    pub sweep: String,
    /// To be counted in reports that keep numbers alone (R48).
    pub anonymise: bool,
    /// Who decided; nobody for a schedule.
    pub by: Option<UserId>,
    pub session: SessionId,
}

/// What came of an erasure.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub certificate: Uuid,
    pub number: i64,
    /// Those who were erased, with the duplicates that had been merged into them.
    pub erased: Vec<SubjectId>,
    /// Those who were not, and why.
    pub skipped: Vec<(SubjectId, String)>,
    /// Of the keys, after it.
    pub epoch: u64,
    /// Letters to those who were given the data; they are kept nowhere.
    pub notices: Vec<ErasureNotice>,
}

/// What the transaction needs, without a look at anything but the store.
struct Batch {
    found: Vec<Found>,
    places: Vec<Place>,
    /// Entries of the log when it was read.
    size: u64,
}

impl Service {
    /// Erases people. Whoever is held is left out and named; when nobody is left, nothing is done and it is an error.
    ///
    /// When it answers, the keys are destroyed, nobody finds or reads them any more, and their rows are gone.
    pub fn erase_batch(&self, people: &[SubjectId], order: &Order, now: Timestamp) -> Result<Receipt, Error> {
        self.writable()?;
        if people.is_empty() || people.len() > MOST_PEOPLE {
            return Err(Error::usage(format!("1 to {MOST_PEOPLE} people are erased at once")));
        }
        let _one_at_a_time = self.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tries = 0;
        loop {
            let (batch, skipped) = self.batch(people, order.ground, now)?;
            if batch.found.is_empty() {
                let why = skipped.into_iter().next().map(|(_, why)| why);
                return Err(match why {
                    Some(why) => Error::refused(why).hint("a hold is ended with `retention hold --release`"),
                    None => Error::not_found("there is nobody of these to erase"),
                });
            }
            tries += 1;
            match self.erase_found(batch, order, now) {
                Ok(Some(mut receipt)) => {
                    receipt.skipped = skipped;
                    self.drop_rows(receipt.certificate, origin(order, now))?;
                    // What fails leaves an escrow pending, and the receipt names it.
                    drop(self.refresh_escrows(origin(order, now)));
                    self.settle_erasures()?;
                    return Ok(receipt);
                }
                Ok(None) if tries < TRIES => {}
                Ok(None) => {
                    return Err(Error::new(
                        Code::Conflict,
                        "others are writing about these people at this moment",
                    )
                    .hint("try again"));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads what there is of these people, and where else they are named. Whoever is held is apart.
    fn batch(
        &self,
        people: &[SubjectId],
        ground: Ground,
        now: Timestamp,
    ) -> Result<(Batch, Vec<(SubjectId, String)>), Error> {
        let (size, found) = self.read_people(people, ground, now)?;
        let (held, found): (Vec<Found>, Vec<Found>) =
            found.into_iter().partition(|one| !one.holds.is_empty());
        let told = |one: Found| {
            let why: Vec<String> = one.holds.iter().map(Held::told).collect();
            (SubjectId(one.contact), why.join("; "))
        };
        let skipped = held.into_iter().map(told).collect();
        let places = if found.is_empty() { Vec::new() } else { self.places(&found)? };
        Ok((Batch { found, places, size }, skipped))
    }

    /// Places about others that name these people.
    fn places(&self, found: &[Found]) -> Result<Vec<Place>, Error> {
        let needles = Needles::of(found.iter().map(|one| &one.needle));
        self.find_mentions(needles, found.iter().flat_map(|one| one.subjects.iter().copied()).collect())
    }

    /// Everybody of these who is there, each once, with the number of entries that the log had.
    fn read_people(
        &self,
        people: &[SubjectId],
        ground: Ground,
        now: Timestamp,
    ) -> Result<(u64, Vec<Found>), Error> {
        let all: Vec<Uuid> = {
            let world = self.read_world();
            let kept = people.iter().filter_map(|one| world.same_person(one.0).first().copied());
            kept.collect::<BTreeSet<Uuid>>().into_iter().collect()
        };
        let together: Arc<HashSet<Uuid>> = {
            let world = self.read_world();
            Arc::new(all.iter().flat_map(|id| world.same_person(*id)).collect())
        };
        let (size, runs) =
            self.store.read(|reader| Ok::<_, StoreError>((reader.log_size(), Arc::new(runs(reader)?))))?;
        let mut found = Vec::new();
        for slice in all.chunks(SLICE) {
            let (slice, world, law) = (slice.to_vec(), Arc::clone(&self.world), self.law.clone());
            let (runs, together) = (Arc::clone(&runs), Arc::clone(&together));
            found.extend(self.store.read(move |reader| {
                let world = read_lock(&world);
                let today = day_at_home(&world, now);
                let look = Looking { law: &law, runs: &runs, now, today, ground, all: &together };
                let mut found = Vec::new();
                for id in slice {
                    found.extend(Found::read(reader, &world, id, &look)?);
                }
                Ok::<_, Error>(found)
            })?);
        }
        Ok((size, found))
    }

    /// The transaction, after which the keys are gone. Nothing when somebody wrote about these people meanwhile.
    fn erase_found(&self, batch: Batch, order: &Order, now: Timestamp) -> Result<Option<Receipt>, Error> {
        let origin = origin(order, now);
        let (world, order_of) = (Arc::clone(&self.world), order.clone());
        let done = self.store.write(origin, move |txn| {
            let people: HashSet<SubjectId> =
                batch.found.iter().flat_map(|one| one.subjects.iter().copied()).collect();
            if txn.read().changed_since(batch.size, &people)? {
                return Ok(None);
            }
            let number = read_lock(&world).work.next_certificate();
            let staged = stage(txn, &world, &batch, &order_of, number)?;
            let erased: Vec<SubjectId> = people.iter().copied().collect();
            txn.forget(staged.certificate, &erased)?;
            let notices = notices(&read_lock(&world), &batch.found, number, now);
            publish_with(&world, txn, &[], &staged.suppressed.contacts)?;
            let mut touched = live::Touched::by(txn);
            let ids: HashSet<Uuid> = people.iter().map(|subject| subject.0).collect();
            let records: Vec<_> = batch.found.into_iter().flat_map(|one| one.records).collect();
            touched.extend(records.iter().filter_map(live::Touched::gone));
            world.write().unwrap_or_else(PoisonError::into_inner).forget(&ids, &records);
            let epoch = txn.read().epoch() + 1;
            let receipt = Receipt {
                certificate: staged.certificate,
                number,
                erased,
                skipped: Vec::new(),
                epoch,
                notices,
            };
            Ok::<_, Error>(Some((receipt, touched)))
        })?;
        let Some((receipt, touched)) = done else { return Ok(None) };
        self.hub.committed(order.session, origin.actor, Action::Erase, touched);
        Ok(Some(receipt))
    }

    /// Deletes the rows of people whose keys are gone, a part at a time.
    fn drop_rows(&self, id: Uuid, origin: Origin) -> Result<(), Error> {
        let mut from = Some(0);
        while let Some(at) = from {
            from = self.store.write(origin, move |txn| Ok::<_, Error>(txn.drop_forgotten(id, at)?))?.next;
        }
        Ok(())
    }
}

fn origin(order: &Order, at: Timestamp) -> Origin {
    let actor = order.by.unwrap_or(UserId(Uuid::nil()));
    Origin { at, actor, session: order.session, action: Action::Erase }
}

/// What a transaction staged of what remains.
struct Remains {
    certificate: Uuid,
    suppressed: Staged,
}

/// Stages what remains of these people.
fn stage(
    txn: &mut WriteTxn<'_>,
    world: &std::sync::RwLock<super::world::World>,
    batch: &Batch,
    order: &Order,
    number: i64,
) -> Result<Remains, Error> {
    let found = &batch.found;
    let words = |of: fn(&Found) -> BTreeSet<String>| {
        WordList(found.iter().flat_map(of).collect::<BTreeSet<_>>().into_iter().collect())
    };
    let recipients: BTreeSet<String> =
        found.iter().flat_map(|one| one.recipients.iter().map(|(name, _)| name.clone())).collect();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let mut kept = words(Found::kept);
    if order.anonymise {
        kept.0.push("aggregate".to_owned());
    }
    let certificate = Certificate {
        number,
        ground: OneOf(Some(order.ground)),
        request: order.request.map(|(number, _)| number).unwrap_or_default(),
        received: order.request.and_then(|(_, received)| received),
        erased_at: Some(txn.origin().at),
        decided_by: order.by,
        subjects: count(found.len()),
        categories: words(Found::categories),
        kept,
        recipients: WordList(recipients.into_iter().collect()),
        mentions: count(batch.places.len()),
        sweep: order.sweep.clone(),
        ..Certificate::default()
    };
    let certificate = txn.create(SubjectId::NOBODY, &certificate)?.id;
    let marker = txn.marker()?;
    for proof in found.iter().flat_map(|one| &one.proofs) {
        let kept = KeptProof {
            certificate: number,
            purpose: proof.purpose.clone(),
            proof: proof.text(&txn.read())?,
            until: Some(proof.until),
            rule: proof.rule.clone(),
            marks: WordList(proof.identifiers.iter().map(|one| marker.mark(one).to_string()).collect()),
            ..KeptProof::default()
        };
        txn.create(SubjectId::NOBODY, &kept)?;
    }
    for place in batch.places.iter().take(MOST) {
        txn.create(SubjectId::NOBODY, &place.mention(number))?;
    }
    if order.anonymise {
        aggregate::add(txn, found.iter().map(|one| &one.group))?;
    }
    let mut suppressed = Staged::default();
    for scope in [Scope::All, Scope::Marketing] {
        let of = found.iter().filter(|one| one.scope == Some(scope));
        let identifiers: BTreeSet<Identifier> = of.flat_map(|one| one.suppress.iter().cloned()).collect();
        if identifiers.is_empty() {
            continue;
        }
        let identifiers: Vec<Identifier> = identifiers.into_iter().collect();
        let staged = match scope {
            Scope::All => suppression::suppress_for_erasure(txn, world, &identifiers)?,
            Scope::Marketing | Scope::Channel => {
                let (deed, reason) = (Deed::Add, Some(Reason::Objection));
                let entry = Entry { deed, scope: Some(scope), reason, words: String::new() };
                suppression::stage(txn, world, &identifiers, &entry)?
            }
        };
        suppressed.entries.extend(staged.entries);
        suppressed.contacts.extend(staged.contacts);
    }
    Ok(Remains { certificate, suppressed })
}

/// The letters to those who were given the data.
fn notices(world: &super::world::World, found: &[Found], number: i64, now: Timestamp) -> Vec<ErasureNotice> {
    let today = day_at_home(world, now);
    let letters = found.iter().flat_map(|one| {
        let contact = one.records.iter().filter(|stored| stored.kind == RecordKind::Contact);
        let identifiers: Vec<Identifier> =
            contact.flat_map(|stored| Identifier::all_of(stored.kind, &stored.record.fields)).collect();
        let of = move |recipient| {
            let person = (one.title.as_str(), identifiers.as_slice());
            notice::letter(&world.settings, recipient, person, number, today)
        };
        one.recipients.iter().map(of).collect::<Vec<_>>()
    });
    letters.collect()
}
