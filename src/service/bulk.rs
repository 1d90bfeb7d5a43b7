//! The same edit of many records: one preview, one transaction, one step to undo.

use std::sync::RwLock;

use uuid::Uuid;

use super::edit::{fetch, resolve};
use super::view::is_deleted;
use super::world::World;
use super::{Ask, publish, read_lock, rules};
use crate::api::view::{BulkReport, ChangeView};
use crate::api::{Bulk, Code, Error, Targets};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::history::{Action, diff};
use crate::domain::id::UserId;
use crate::store::{Reader, Stored};

impl Ask<'_> {
    pub(super) fn bulk(&self, bulk: Bulk) -> Result<BulkReport, Error> {
        let me = self.grant.actor().user;
        let ids = match bulk.targets {
            Targets::Ids(ids) => ids,
            Targets::Query(query) => self.find(bulk.kind, &query)?,
        };
        let (kind, edits) = (bulk.kind, bulk.fields);
        if bulk.dry_run {
            let world = std::sync::Arc::clone(&self.service.world);
            return self.service.store.read(move |reader| {
                let mut report = BulkReport::default();
                for id in ids {
                    plan_bulk(reader, &world, kind, id, &edits, me, &mut report)?;
                }
                Ok(report)
            });
        }
        self.write(Action::Bulk, move |txn, world| {
            let mut report = BulkReport::default();
            let mut before = Vec::new();
            for id in ids {
                let planned = plan_bulk(&txn.read(), world, kind, id, &edits, me, &mut report)?;
                if let Some((stored, fields)) = planned {
                    txn.update(&stored, fields)?;
                    before.push(stored);
                }
            }
            report.transaction = txn.number();
            publish(world, txn, &before)?;
            Ok(report)
        })
    }
}

/// What a bulk edit does to one record; counts it.
fn plan_bulk(
    reader: &Reader<'_>,
    world: &RwLock<World>,
    kind: RecordKind,
    id: Uuid,
    edits: &[FieldEdit],
    me: UserId,
    report: &mut BulkReport,
) -> Result<Option<(Stored, Fields)>, Error> {
    report.matched += 1;
    let planned = (|| {
        let stored = fetch(reader, world, kind, id)?;
        if is_deleted(&stored.record.fields, kind) {
            return Err(rules::deleted(kind));
        }
        let resolved = resolve(&read_lock(world), kind, edits.to_vec(), &stored.record.fields, None, me)?;
        if let Some(name) = resolved.new_company {
            return Err(Error::usage(format!("there is no company `{name}`")).hint("add it first"));
        }
        let fields = resolved.applied(&stored.record.fields);
        rules::check(kind, Some(&stored.record.fields), &fields)?;
        Ok((stored, fields))
    })();
    let (stored, fields) = match planned {
        Ok(planned) => planned,
        // What is wrong with the edit itself is wrong for every record: better said once.
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
    if report.samples.len() < 10 {
        let world = read_lock(world);
        let views: Vec<ChangeView> = changes.iter().map(|change| world.change(kind, change)).collect();
        report.samples.push((super::view::title(&stored)?, views));
    }
    Ok(Some((stored, fields)))
}
