//! Everything there is about persons who are to be erased, and what of it remains.
//!
//! It is read before the erasure, in slices, and looked at again in the transaction that erases: when anything about these
//! people was written meanwhile, it is read anew.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use uuid::Uuid;

use super::mentions::Needle;
use super::proof::{self, Proof};
use super::{Held, notice};
use crate::api::Error;
use crate::api::erasure::ErasureLine;
use crate::domain::consent::{ConsentEvent, ConsentKind, State};
use crate::domain::contact::Contact;
use crate::domain::entity::{Lies, RecordKind};
use crate::domain::erasure::Ground;
use crate::domain::id::SubjectId;
use crate::domain::reading::ReadKind;
use crate::domain::retention::Hold;
use crate::domain::suppression::{Identifier, Scope};
use crate::domain::time::Timestamp;
use crate::domain::user::ExportRun;
use crate::domain::value::Day;
use crate::law::Law;
use crate::service::aggregate::Group;
use crate::service::rows;
use crate::service::world::World;
use crate::store::{Reader, StoreError, Stored};

/// An export that named its recipient.
pub struct Run {
    pub recipient: String,
    purpose: String,
    /// What the log of who looked says of those who left with it.
    logged_as: String,
    at: Timestamp,
}

/// Exports by their record's id.
pub type Runs = BTreeMap<Uuid, Run>;

/// So long after an export began its pages may have left.
const EXPORT_LASTS: i64 = 60 * 60 * 1_000;

/// Reads which exports went to whom.
pub fn runs(reader: &Reader<'_>) -> Result<Runs, StoreError> {
    let mut runs = Runs::new();
    rows::each(reader, RecordKind::ExportRun, |stored| {
        let run: ExportRun = stored.entity()?;
        if run.seals.is_empty() && !run.recipient.is_empty() {
            let (at, logged_as) = (stored.record.created_at, format!("{} ({})", run.purpose, run.channel));
            runs.insert(stored.id, Run { recipient: run.recipient, purpose: run.purpose, logged_as, at });
        }
        Ok(())
    })?;
    Ok(runs)
}

/// One person, with the duplicates that were merged.
pub struct Found {
    /// The record that is kept of them.
    pub contact: Uuid,
    /// The same and the duplicates: each lies under a key of its own.
    pub subjects: Vec<SubjectId>,
    pub title: String,
    /// All records that go.
    pub records: Vec<Stored>,
    /// Drafts, readings and entries of history beside them.
    pub others: (u64, u64, u64),
    /// What must not come in again, and how far that goes.
    pub suppress: Vec<Identifier>,
    pub scope: Option<Scope>,
    /// Numbers and addresses that others have too.
    pub shared: u64,
    pub proofs: Vec<Proof>,
    pub holds: Vec<Held>,
    /// Recipients, with what the letter to each says.
    pub recipients: Vec<(String, String)>,
    pub needle: Needle,
    pub group: Group,
}

/// What everybody's data is looked at with.
pub struct Looking<'a> {
    pub law: &'a Law,
    pub runs: &'a Runs,
    pub now: Timestamp,
    pub today: Day,
    pub ground: Ground,
    /// All who are erased together: who shares a number with them shares it with nobody.
    pub all: &'a HashSet<Uuid>,
}

impl Found {
    /// Reads what there is of a person; nothing when there is no such person.
    pub fn read(
        reader: &Reader<'_>,
        world: &World,
        id: Uuid,
        look: &Looking<'_>,
    ) -> Result<Option<Found>, Error> {
        let subjects: Vec<SubjectId> = world.same_person(id).into_iter().map(SubjectId).collect();
        let mut records = Vec::new();
        for subject in &subjects {
            for kind in RecordKind::ALL.iter().filter(|kind| lies_under_person(**kind)) {
                records.extend(rows::about(reader, *kind, *subject)?);
            }
        }
        let contacts = of_kind::<Contact>(&records)?;
        let Some((kept, contact)) = contacts.first() else { return Ok(None) };
        let mut others = (0, 0, 0);
        for subject in &subjects {
            let (drafts, readings, bodies) = reader.rows_about(*subject)?;
            others = (others.0 + drafts, others.1 + readings, others.2 + bodies);
        }
        let identifiers: BTreeSet<Identifier> = contacts
            .iter()
            .flat_map(|(stored, _)| Identifier::all_of(RecordKind::Contact, &stored.record.fields))
            .collect();
        let own = |other: &Uuid| look.all.contains(other) || subjects.contains(&SubjectId(*other));
        let shared_with = |identifier: &Identifier| {
            let having = crate::service::suppression::having(world, identifier);
            having.into_iter().any(|other| !own(&other) && !world.is_deleted(other))
        };
        let (shared, own): (Vec<_>, Vec<_>) = identifiers.into_iter().partition(shared_with);
        let mut events = of_kind::<ConsentEvent>(&records)?;
        events.sort_by_key(|(stored, event)| (event.at, stored.id));
        let states = states(world, &subjects, look.now);
        let scope = match look.ground {
            Ground::Request | Ground::Withdrawal => Some(Scope::All),
            // Nobody asked to be left alone for ever; but a no outlives the data, or it would be asked again.
            Ground::Retention | Ground::Quarantine => {
                states.iter().any(|state| state.is_no()).then_some(Scope::Marketing)
            }
        };
        let names: BTreeSet<String> = contacts.iter().map(|(_, contact)| contact.name()).collect();
        let all: Vec<Identifier> = own.iter().chain(&shared).cloned().collect();
        Ok(Some(Found {
            contact: kept.id,
            title: contact.display_name(),
            others,
            scope,
            shared: shared.len() as u64,
            proofs: proof::of(look, contact, kept, &events, &records)?,
            holds: holds(&records, look.today)?,
            recipients: recipients(reader, look, &contacts, &events, &records)?,
            needle: Needle::new(names.iter().map(String::as_str), contacts.iter().map(|(_, one)| one), &all),
            group: Group::of(contact, &states, look.today),
            suppress: if scope.is_some() { own } else { Vec::new() },
            records,
            subjects,
        }))
    }

    /// How many records of a kind go.
    fn count(&self, kind: RecordKind) -> u64 {
        self.records.iter().filter(|stored| stored.kind == kind).count() as u64
    }

    /// What goes, in words.
    pub fn goes(&self) -> Vec<ErasureLine> {
        let line =
            |what: &str, count| ErasureLine { what: what.to_owned(), count, why: String::new(), until: None };
        let kinds = RecordKind::ALL.iter().map(|kind| line(kind.plural(), self.count(*kind)));
        let (drafts, readings, bodies) = self.others;
        let others =
            [("drafts", drafts), ("entries of who looked", readings), ("changes in the history", bodies)];
        let others = others.map(|(what, count)| line(what, count));
        kinds.chain(others).filter(|line| line.count > 0).collect()
    }

    /// What stays, and why.
    pub fn stays(&self) -> Vec<ErasureLine> {
        let line = |what: &str, count: usize, why: &str, until| ErasureLine {
            what: what.to_owned(),
            count: count as u64,
            why: why.to_owned(),
            until,
        };
        let mut stays = Vec::new();
        if !self.suppress.is_empty() {
            let why = "keyed hashes, so that the person is not entered or reached again; until consent is given anew";
            stays.push(line("suppression", self.suppress.len(), why, None));
        }
        for proof in &self.proofs {
            let what = format!("proof of consent: {}", proof.purpose);
            let why =
                format!("legal claims (Art. 17(3)(e) GDPR), sealed, for the officer alone: {}", proof.rule);
            stays.push(line(&what, 1, &why, Some(proof.until)));
        }
        stays.push(line("certificate", 1, "ids, dates, the decision, categories; no values", None));
        stays.push(line("headers of the history", self.records.len(), "commitments without values", None));
        stays
    }

    /// Categories of the data that goes.
    pub fn categories(&self) -> BTreeSet<String> {
        let categories = self.records.iter().flat_map(|stored| {
            let specs = crate::domain::entity::specs_of(stored.kind);
            stored.record.fields.keys().filter_map(move |key| {
                specs.iter().find(|spec| spec.key == *key).map(|spec| spec.category.word().to_owned())
            })
        });
        categories.collect()
    }

    /// What remains, by the words of the certificate.
    pub fn kept(&self) -> BTreeSet<String> {
        let mut kept = BTreeSet::from(["certificate".to_owned(), "history_headers".to_owned()]);
        if !self.suppress.is_empty() {
            kept.insert("suppression".to_owned());
        }
        if !self.proofs.is_empty() {
            kept.insert("consent_proof".to_owned());
        }
        if self.shared > 0 {
            kept.insert("shared_numbers_not_suppressed".to_owned());
        }
        kept
    }
}

/// Whether records of a kind lie under the key of the person they are about.
pub fn lies_under_person(kind: RecordKind) -> bool {
    match kind.lies() {
        Lies::Person | Lies::AboutPerson => true,
        Lies::Itself | Lies::Nobody => false,
    }
}

/// The records of one kind, as their type.
pub fn of_kind<T: crate::domain::entity::Entity>(
    records: &[Stored],
) -> Result<Vec<(&Stored, T)>, StoreError> {
    let of = records.iter().filter(|stored| stored.kind == T::KIND);
    of.map(|stored| Ok((stored, stored.entity::<T>()?))).collect()
}

/// What stands for the person by now, for every purpose and channel that anything was said of.
fn states(world: &World, subjects: &[SubjectId], now: Timestamp) -> Vec<State> {
    let mut states = Vec::new();
    for subject in subjects {
        let Some(ledger) = world.consents.ledger(subject.0) else { continue };
        for (purpose, channel) in ledger.named() {
            states.push(world.consents.standing(subject.0, *purpose, channel, now).state);
        }
    }
    states
}

/// What holds the person's data at the moment.
fn holds(records: &[Stored], today: Day) -> Result<Vec<Held>, StoreError> {
    let holds = of_kind::<Hold>(records)?.into_iter().map(|(_, hold)| hold);
    let active =
        holds.filter(|hold| hold.released_at.is_none() && hold.until.is_none_or(|until| today <= until));
    Ok(active.map(|hold| Held { reason: hold.reason, until: hold.until }).collect())
}

/// When the person left the store in an export, and for what.
fn exported(reader: &Reader<'_>, subject: SubjectId) -> Result<Vec<(Timestamp, String)>, StoreError> {
    let ever = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    let (mut left, mut from) = (Vec::new(), None);
    loop {
        let slice = reader.readings(Some(subject), from.as_deref(), ever)?;
        let exports = slice.rows.into_iter().filter(|row| row.reading.kind == ReadKind::Export);
        left.extend(exports.map(|row| (row.reading.at, row.reading.purpose)));
        match slice.next {
            Some(next) => from = Some(next),
            None => return Ok(left),
        }
    }
}

/// Who was given the data, and where it was made public, with the letter to each.
fn recipients(
    reader: &Reader<'_>,
    look: &Looking<'_>,
    contacts: &[(&Stored, Contact)],
    events: &[(&Stored, ConsentEvent)],
    records: &[Stored],
) -> Result<Vec<(String, String)>, StoreError> {
    // By name: what the data was given for.
    let mut given: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut give = |run: &Run| {
        given.entry(run.recipient.clone()).or_default().insert(run.purpose.clone());
    };
    for (_, event) in events.iter().filter(|(_, event)| event.kind.0 == Some(ConsentKind::Used)) {
        if let Some(run) = event.used_for.parse().ok().and_then(|run: Uuid| look.runs.get(&run)) {
            give(run);
        }
    }
    // What left on another ground than consent is in the log of who looked alone.
    for (stored, _) in contacts {
        for (at, logged_as) in exported(reader, stored.subject)? {
            let within = |run: &&Run| (0..EXPORT_LASTS).contains(&(at.millis() - run.at.millis()));
            look.runs.values().filter(|run| run.logged_as == logged_as).filter(within).for_each(&mut give);
        }
    }
    let mut all: Vec<(String, String)> = given
        .into_iter()
        .map(|(name, purposes)| {
            let purposes: Vec<String> = purposes.into_iter().collect();
            (name, notice::for_what(&purposes))
        })
        .collect();
    let publications = of_kind::<crate::domain::accountability::Publication>(records)?;
    for (number, (_, one)) in publications.iter().filter(|(_, one)| one.withdrawn_at.is_none()).enumerate() {
        // The place may name the person: only the letter does.
        all.push((format!("publication {}", number + 1), notice::public(one)));
    }
    Ok(all)
}
