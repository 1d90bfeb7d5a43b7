//! The same done to many records: one preview, one transaction, one step to undo.

use std::collections::HashSet;
use std::sync::RwLock;

use uuid::Uuid;

use super::edit::{resolve, restored};
use super::sight::Sight;
use super::view::{deletion_field, is_deleted};
use super::world::World;
use super::{Ask, publish, read_lock, rules};
use crate::api::view::{BulkReport, ChangeView};
use crate::api::{Bulk, Code, Deed, Error, Targets};
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::history::{Action, diff};
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::domain::value::Value;
use crate::store::{Reader, Stored};

/// How many of the changes a report shows.
const SAMPLES: usize = 10;

impl Ask<'_> {
    pub(super) fn bulk(&self, bulk: Bulk) -> Result<BulkReport, Error> {
        let mut ids = match bulk.targets {
            Targets::Ids(ids) => ids,
            Targets::Query(query) => self.find(bulk.kind, &query)?,
        };
        let mut seen = HashSet::new();
        ids.retain(|id| seen.insert(*id));
        let action = match &bulk.deed {
            Deed::Edit(_) => Action::Bulk,
            Deed::Delete => Action::Delete,
            Deed::Restore => Action::Restore,
        };
        let plan = Plan {
            kind: bulk.kind,
            deed: bulk.deed,
            me: self.grant.actor().user,
            now: self.now,
            sight: self.sight().clone(),
        };
        if bulk.dry_run {
            let world = std::sync::Arc::clone(&self.service.world);
            return self.service.store.read(move |reader| {
                let mut report = BulkReport::default();
                for id in ids {
                    plan.one(reader, &world, id, &mut report)?;
                }
                Ok(report)
            });
        }
        let expect = bulk.expect;
        self.write(action, move |txn, world| {
            let mut report = BulkReport::default();
            let mut before = Vec::new();
            for id in ids {
                let planned = plan.one(&txn.read(), world, id, &mut report)?;
                if let Some((stored, fields)) = planned {
                    txn.update(&stored, fields)?;
                    before.push(stored);
                }
            }
            if let Some(expect) = expect
                && expect != report.changed
            {
                return Err(Error::conflict(format!(
                    "{} records would change by now, not {expect}; nothing was changed",
                    report.changed
                ))
                .hint("look at the preview again, then decide"));
            }
            report.transaction = txn.number();
            publish(world, txn, &before)?;
            Ok(report)
        })
    }
}

/// What is done to each record, by whom and when.
struct Plan {
    kind: RecordKind,
    deed: Deed,
    me: UserId,
    now: Timestamp,
    sight: Sight,
}

impl Plan {
    /// What becomes of one record; counts it. `None` when it stays as it is.
    fn one(
        &self,
        reader: &Reader<'_>,
        world: &RwLock<World>,
        id: Uuid,
        report: &mut BulkReport,
    ) -> Result<Option<(Stored, Fields)>, Error> {
        report.matched += 1;
        let planned = self
            .sight
            .fetch_to_change(reader, world, self.kind, id)
            .and_then(|stored| self.fields(world, &stored).map(|fields| (stored, fields)));
        let (stored, fields) = match planned {
            Ok(planned) => planned,
            // What is wrong with the request itself is wrong for every record: better said once.
            Err(error) if error.code == Code::Usage => return Err(error),
            Err(error) => {
                report.refused.push((id, error.message));
                return Ok(None);
            }
        };
        let changes = diff(&stored.record.fields, &fields);
        if changes.is_empty() {
            report.unchanged += 1;
            return Ok(None);
        }
        report.changed += 1;
        if report.samples.len() < SAMPLES {
            let world = read_lock(world);
            let relation = self.sight.relation_of(&world, &stored);
            let views: Vec<ChangeView> = self.sight.changes(&world, self.kind, relation, &changes);
            report.samples.push((self.sight.title(&stored, relation)?, views));
        }
        Ok(Some((stored, fields)))
    }

    /// The fields of a record afterwards.
    fn fields(&self, world: &RwLock<World>, stored: &Stored) -> Result<Fields, Error> {
        let (kind, now) = (self.kind, &stored.record.fields);
        rules::unrestricted(kind, now)?;
        match &self.deed {
            Deed::Edit(edits) => {
                if is_deleted(now, kind) {
                    return Err(rules::deleted(kind));
                }
                let world = read_lock(world);
                let within = Some(self.sight.relation_of(&world, stored));
                let resolved = resolve(&world, &self.sight, within, kind, edits.clone(), now, None, self.me)?;
                if let Some(name) = resolved.new_company {
                    return Err(Error::usage(format!("there is no company `{name}`")).hint("add it first"));
                }
                let fields = resolved.applied(now);
                rules::check(kind, Some(now), &fields)?;
                Ok(fields)
            }
            Deed::Delete => {
                let mut fields = now.clone();
                if let Some(key) = deletion_field(kind) {
                    fields.entry(key).or_insert(Value::Time(self.now));
                }
                Ok(fields)
            }
            Deed::Restore => restored(kind, now),
        }
    }
}
