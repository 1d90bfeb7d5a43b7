//! Imports: a chunk of rows is planned against what is there, then landed in one transaction.
//!
//! A row belongs to a contact that is there when both have the same external id, or the same name and an e-mail address
//! or phone number in common, or, where the row has neither, the same name and company. A row with only an address
//! belongs to the contact with that address. Anything weaker makes a new contact; `duplicates` finds it.
//!
//! What a row says is added, never taken away: lists grow, other fields take the row's value, and the origin of a contact
//! (basis, reason, source, supplier, date), its owner and team stay as they are. So a second import changes nothing.

mod plan;

use std::collections::HashMap;
use std::sync::RwLock;

use uuid::Uuid;

use self::plan::{Parsed, Plan, Planner, Row};
pub(super) use self::plan::{name_key, unite};
use super::edit::{ensure_company, resolve};
use super::world::World;
use super::{Ask, gate, publish};
use crate::api::view::{ImportReport, Outcome, RowOutcome};
use crate::api::{Error, Import};
use crate::domain::contact::{Contact, ContactField, Note, NoteKind};
use crate::domain::country::Country;
use crate::domain::edit::Incoming;
use crate::domain::entity::{Entity, Fields, RecordKind};
use crate::domain::fold;
use crate::domain::history::Action;
use crate::domain::id::{ContactId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::value::{OneOf, Value};
use crate::store::{Stored, WriteTxn};

/// The most rows in one chunk.
pub const MAX_ROWS: usize = 5_000;

impl Ask<'_> {
    pub(super) fn import(&self, import: Import) -> Result<ImportReport, Error> {
        if import.rows.len() > MAX_ROWS {
            return Err(Error::usage(format!(
                "{} rows are more than the {MAX_ROWS} of one chunk",
                import.rows.len()
            )));
        }
        let country = match import.provenance.country.trim() {
            "" => self.country(),
            text => Some(text.parse()?),
        };
        let (me, now) = (self.grant.actor().user, self.now);
        let rows = self.parse(import.rows, country);
        let provenance = import.provenance;
        let sight = self.sight().clone();
        if import.dry_run {
            let world = std::sync::Arc::clone(&self.service.world);
            return self.service.store.read(move |reader| {
                let mut planner = Planner::new(reader, &world, &sight, &provenance, country, me, now);
                let rows: Vec<(u64, Row)> = rows.into_iter().map(|row| (row.row, planner.row(row))).collect();
                Ok(ImportReport {
                    quarantined: quarantined(&planner.plans),
                    rows: rows.into_iter().map(|(row, went)| outcome(row, went, &[])).collect(),
                })
            });
        }
        self.write(Action::Import, move |txn, world| {
            let (rows, plans) = {
                let reader = txn.read();
                let mut planner = Planner::new(&reader, world, &sight, &provenance, country, me, now);
                let rows: Vec<(u64, Row)> = rows.into_iter().map(|row| (row.row, planner.row(row))).collect();
                (rows, planner.plans)
            };
            let quarantined = quarantined(&plans);
            let mut ids = Vec::with_capacity(plans.len());
            let mut before = Vec::new();
            let mut companies = HashMap::new();
            for plan in plans {
                ids.push(land(txn, world, plan, me, now, &mut before, &mut companies)?);
            }
            publish(world, txn, &before)?;
            let rows = rows.into_iter().map(|(row, went)| outcome(row, went, &ids)).collect();
            Ok(ImportReport { rows, quarantined })
        })
    }

    /// Parses the rows on both sides of a split, before the storage thread is asked: numbers take most of the time.
    fn parse(&self, rows: Vec<Incoming>, country: Option<Country>) -> Vec<Parsed> {
        let me = self.grant.actor().user;
        let world = self.world();
        let (world, sight) = (&*world, self.sight());
        let parse = |row: Incoming| Parsed {
            row: row.row,
            given: resolve(world, sight, None, RecordKind::Contact, row.fields, &Fields::new(), country, me),
            notes: row.notes,
        };
        let mut first = rows;
        let second = first.split_off(first.len() / 2);
        std::thread::scope(|scope| {
            let other = scope.spawn(move || second.into_iter().map(parse).collect::<Vec<_>>());
            let mut all: Vec<Parsed> = first.into_iter().map(parse).collect();
            match other.join() {
                Ok(rest) => all.extend(rest),
                Err(panic) => std::panic::resume_unwind(panic),
            }
            all
        })
    }
}

/// How many of the new contacts will be in quarantine (R15): nothing is recorded of them yet.
fn quarantined(plans: &[Plan]) -> u64 {
    let held = |plan: &&Plan| match plan {
        Plan::Create { fields, .. } => {
            let basis = match fields.get(&ContactField::basis.key()) {
                Some(Value::Basis(basis)) => Some(*basis),
                _ => None,
            };
            let supplier = fields.get(&ContactField::supplier.key()).map(ToString::to_string);
            gate::quarantined(basis, supplier.as_deref().unwrap_or_default(), || false)
        }
        Plan::Update { .. } => false,
    };
    plans.iter().filter(held).count() as u64
}

fn outcome(row: u64, went: Row, ids: &[Uuid]) -> RowOutcome {
    match went {
        Row::Rejected(reason) => RowOutcome { row, outcome: Outcome::Rejected, id: None, reason },
        Row::Suppressed(reason) => RowOutcome { row, outcome: Outcome::Suppressed, id: None, reason },
        Row::To(plan, outcome) => {
            RowOutcome { row, outcome, id: ids.get(plan).map(|id| ContactId(*id)), reason: String::new() }
        }
    }
}

/// Stages one plan; gives the contact's id.
fn land(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    plan: Plan,
    me: UserId,
    now: Timestamp,
    before: &mut Vec<Stored>,
    companies: &mut HashMap<String, Value>,
) -> Result<Uuid, Error> {
    let country = |fields: &Fields| match fields.get(&ContactField::country.key()) {
        Some(Value::Country(country)) => Some(*country),
        _ => None,
    };
    let (stored, notes) = match plan {
        Plan::Create { mut fields, company, notes } => {
            if let Some(name) = company {
                let value = company_of(txn, world, companies, &name, country(&fields))?;
                fields.insert(ContactField::company.key(), value);
            }
            let contact =
                Contact::from_fields(fields).map_err(|error| Error::integrity(error.to_string()))?;
            (txn.create(crate::domain::id::SubjectId::NOBODY, &contact)?, notes)
        }
        Plan::Update { stored, mut fields, company, notes } => {
            if let Some(name) = company {
                let value = company_of(txn, world, companies, &name, country(&fields))?;
                fields.insert(ContactField::company.key(), value);
            }
            if let Some(now) = txn.update(&stored, fields)? {
                before.push(*stored);
                (now, notes)
            } else {
                (*stored, notes)
            }
        }
    };
    for text in notes {
        let note = Note {
            kind: OneOf(Some(NoteKind::Note)),
            text,
            happened_at: Some(now),
            author: Some(me),
            ..Note::default()
        };
        txn.create(stored.subject, &note)?;
    }
    Ok(stored.id)
}

/// The company of a name, made at most once in a chunk.
fn company_of(
    txn: &mut WriteTxn<'_>,
    world: &RwLock<World>,
    made: &mut HashMap<String, Value>,
    name: &str,
    country: Option<Country>,
) -> Result<Value, Error> {
    let key = fold::fold(name);
    if let Some(value) = made.get(&key) {
        return Ok(value.clone());
    }
    let (value, _) = ensure_company(txn, world, name, country)?;
    made.insert(key, value.clone());
    Ok(value)
}
