//! Checking that records and history agree with each other and with the log's root.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::StoreError;
use super::merkle::nodes::{Nodes, root_at};
use super::merkle::tree::{Frontier, Hash, leaf_hash};
use super::reader::Reader;
use super::table;
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::history::fold;
use crate::domain::id::SubjectId;

/// What a verification found.
#[derive(Clone, PartialEq, Debug)]
pub struct Verified {
    pub entries: u64,
    pub records: u64,
    pub root: Hash,
    /// In words; empty when all is well. At most [`MAX_PROBLEMS`], then their number.
    pub problems: Vec<String>,
}

/// Problems told one by one.
pub const MAX_PROBLEMS: usize = 100;

struct Problems {
    told: Vec<String>,
    more: u64,
}

impl Problems {
    fn add(&mut self, problem: String) {
        if self.told.len() < MAX_PROBLEMS { self.told.push(problem) } else { self.more += 1 }
    }
}

impl Reader<'_> {
    /// Checks all of it: each header against its leaf and its body, the leaves against the root and the stored nodes,
    /// each live record against its history, and the live rows against their digest.
    ///
    /// Of a person who was forgotten nothing may be there but the headers, the last of which says so.
    ///
    /// It needs memory for one page and one record at a time, and 24 bytes for each live record.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        let mut problems = Problems { told: Vec::new(), more: 0 };
        let mut revisions: HashMap<Uuid, u64> = HashMap::new();
        let forgotten = self.forgotten()?;
        self.verify_log(&mut problems, &mut revisions, &forgotten)?;
        let mut records = 0;
        for kind in RecordKind::ALL {
            records += self.verify_records(*kind, &mut problems, &mut revisions)?;
        }
        for (record, revision) in revisions {
            problems.add(format!("record {record} is missing: history knows it up to revision {revision}"));
        }
        if !self.digest_matches()? {
            problems.add(
                "the digest of the live records does not match: rows were lost, added or replaced".to_owned(),
            );
        }
        self.verify_checkpoint(&mut problems);
        let mut told = problems.told;
        if problems.more > 0 {
            told.push(format!("and {} more", problems.more));
        }
        Ok(Verified { entries: self.log_size(), records, root: self.frontier().root(), problems: told })
    }

    /// The log goes on from where the last checkpoint saw it.
    fn verify_checkpoint(&self, problems: &mut Problems) {
        match self.last_checkpoint() {
            Ok(None) => {}
            Ok(Some(mark)) if mark.size > self.log_size() => problems.add(format!(
                "the checkpoint of {} is of {} entries, the log has {}: it was cut",
                mark.at,
                mark.size,
                self.log_size()
            )),
            Ok(Some(mark)) => {
                if root_at(self, mark.size).ok() != Some(mark.root) {
                    problems
                        .add(format!("the log is not the one that the checkpoint of {} is about", mark.at));
                }
            }
            Err(error) => problems.add(format!("the last checkpoint cannot be read: {error}")),
        }
    }

    fn verify_log(
        &self,
        problems: &mut Problems,
        revisions: &mut HashMap<Uuid, u64>,
        forgotten: &HashSet<SubjectId>,
    ) -> Result<(), StoreError> {
        let mut frontier = Frontier::new();
        let mut unlogged = forgotten.clone();
        let read = self.each_page(|page| {
            for header in page.headers()? {
                let seq = frontier.size();
                if header.seq != seq {
                    return Err(StoreError::Damaged(format!(
                        "history entry {seq} is missing, or out of order"
                    )));
                }
                let leaf = leaf_hash(&header.canonical());
                if self.hashes(0, seq, 1)?.first() != Some(&leaf) {
                    problems.add(format!(
                        "history entry {seq} does not match its leaf: one of the two was changed"
                    ));
                }
                for node in frontier.append(leaf)?.completed {
                    if self.hashes(node.level, node.index, 1)?.first() != Some(&node.hash) {
                        problems.add(format!(
                            "node {}/{} of the tree does not match its leaves",
                            node.level, node.index
                        ));
                    }
                }
                if header.is_erasure() && !forgotten.contains(&header.subject) {
                    problems.add(format!(
                        "history entry {seq} erases a person whom the list of the forgotten does not name"
                    ));
                }
                if forgotten.contains(&header.subject) {
                    // Gone with the person: nothing more can be said of it, and nothing may be left.
                    if header.is_erasure() {
                        unlogged.remove(&header.subject);
                    } else if !matches!(self.body(&header), Ok(None)) {
                        problems.add(format!(
                            "the changes of history entry {seq} are of a person who was forgotten"
                        ));
                    }
                    continue;
                }
                match self.body(&header) {
                    Ok(Some(body)) if body.commitment()? == header.cm => {}
                    Ok(Some(_)) => problems
                        .add(format!("the changes of history entry {seq} are not those that were logged")),
                    Ok(None) => problems.add(format!("the changes of history entry {seq} are missing")),
                    Err(error) => {
                        problems.add(format!("the changes of history entry {seq} cannot be read: {error}"))
                    }
                }
                let revision = revisions.entry(header.record).or_default();
                if header.revision != *revision + 1 {
                    problems.add(format!(
                        "history entry {seq} makes revision {} of a record that was at {revision}",
                        header.revision
                    ));
                }
                *revision = header.revision;
            }
            Ok(())
        });
        if let Err(error) = read {
            problems.add(error.to_string());
        }
        for subject in unlogged {
            problems.add(format!(
                "person {subject} is on the list of the forgotten, and no entry of the log erases them"
            ));
        }
        if frontier != *self.frontier() {
            problems.add(format!(
                "the log has {} entries, its head says {}: it was cut, extended or replaced",
                frontier.size(),
                self.log_size()
            ));
        }
        if root_at(self, self.log_size()).ok() != Some(self.frontier().root()) {
            problems.add("the stored hashes do not lead to the log's root".to_owned());
        }
        Ok(())
    }

    fn verify_records(
        &self,
        kind: RecordKind,
        problems: &mut Problems,
        revisions: &mut HashMap<Uuid, u64>,
    ) -> Result<u64, StoreError> {
        let mut count = 0;
        // Row by row, so that one damaged record does not hide the others.
        self.each_row(&[table::of(kind)], |key, _| {
            let Some((subject, id, 0)) = table::split_record_key(key) else { return Ok(()) };
            count += 1;
            let id = Uuid::from_bytes(id);
            let checked = self.record(kind, subject, id).and_then(|stored| {
                let stored = stored.ok_or_else(|| StoreError::Damaged("it vanished".to_owned()))?;
                let mut fields = Fields::new();
                let mut last = None;
                for (seq, body) in self.bodies(&stored)? {
                    fold(&mut fields, &body.changes)
                        .map_err(|error| StoreError::Damaged(format!("entry {seq}: {error}")))?;
                    last = Some(seq);
                }
                let record = &stored.record;
                if fields != record.fields
                    || last != Some(record.last_seq)
                    || revisions.get(&id) != Some(&record.revision)
                {
                    return Err(StoreError::Damaged("it is not what its history leads to".to_owned()));
                }
                Ok(())
            });
            if let Err(error) = checked {
                problems.add(format!("{kind} {id}: {error}"));
            }
            revisions.remove(&id);
            Ok(())
        })?;
        Ok(count)
    }
}
