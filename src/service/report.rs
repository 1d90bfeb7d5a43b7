//! The log's proofs, status, self-examination and the inventory.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::accountability::purpose_of;
use super::{Ask, Service, read_lock};
use crate::api::view::{
    CheckLine, CheckpointText, DoctorReport, InventoryLine, LastCheckpoint, Level, ProofText, StatusReport,
    VerifyReport,
};
use crate::api::{Error, LogProve};
use crate::domain::access::Verb;
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::history::Action;
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::store::codec::Mark;
use crate::store::layout::FORMAT;
use crate::store::merkle::checkpoint::Checkpoint;
use crate::store::merkle::note::NoteSigner;
use crate::store::merkle::proof::Proof;
use crate::store::{Origin, Reader, StoreError};

/// How long data is kept as long as no rule says otherwise.
const NO_RULE: &str = "as long as the contact; no retention rule yet";

impl Ask<'_> {
    pub(super) fn verify(&self) -> Result<VerifyReport, Error> {
        let verified = self.service.store.read(|reader| reader.verify())?;
        Ok(VerifyReport {
            entries: verified.entries,
            records: verified.records,
            root: BASE64.encode(verified.root),
            problems: verified.problems,
        })
    }

    pub(super) fn checkpoint(&self) -> Result<CheckpointText, Error> {
        let now = self.now;
        let (text, mark) = self.service.store.read(move |reader| {
            let (text, mark) = signed_checkpoint(reader, now)?;
            Ok::<_, Error>((CheckpointText { text, key: signer(reader)?.verifier().to_string() }, mark))
        })?;
        // It is as true where it cannot be kept: on a store that is damaged, or closed after a failure.
        if self.service.whole {
            let kept = self
                .service
                .store
                .write(self.origin(Action::Checkpoint), move |txn| txn.keep_checkpoint(&mark));
            drop(kept);
        }
        Ok(text)
    }

    pub(super) fn prove(&self, prove: LogProve) -> Result<ProofText, Error> {
        let now = self.now;
        self.service.store.read(move |reader| {
            let Some(header) = reader.header(prove.seq)? else {
                return Err(Error::not_found(format!(
                    "the log has no entry {}; it has {}, counted from 0",
                    prove.seq,
                    reader.log_size()
                )));
            };
            let signer = signer(reader)?;
            let checkpoint = Checkpoint::new(&origin(reader), reader.frontier(), Some(now));
            let text = checkpoint.sign(&signer).map_err(|error| Error::failed(error.to_string()))?;
            let proof =
                Proof::make(reader, &header.canonical(), prove.seq, &text, Some(signer.verifier()), None)
                    .map_err(|error| Error::integrity(error.to_string()))?;
            Ok(ProofText { json: proof.to_json().map_err(|error| Error::failed(error.to_string()))? })
        })
    }

    pub(super) fn status(&self) -> Result<StatusReport, Error> {
        let (entries, bytes_on_disk, checkpoint) = self.service.store.read(|reader| {
            // What cannot be read is for `doctor` to tell.
            let checkpoint = reader.last_checkpoint().ok().flatten();
            Ok::<_, StoreError>((reader.log_size(), reader.bytes_on_disk(), checkpoint))
        })?;
        let counts = self.counts();
        Ok(StatusReport {
            store: self.service.id,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            format: FORMAT,
            contacts: counts.contacts,
            companies: counts.companies,
            notes: counts.notes,
            deleted: counts.deleted,
            entries,
            checkpoint: checkpoint.map(|mark| told(&mark)),
            bytes_on_disk,
            resident_bytes: resident(),
            started_at: self.service.started_at,
            swept_at: self.service.last_scheduled_sweep(),
            ways_to_unlock: self.service.ways()?.into_iter().map(|way| way.kind).collect(),
            last_backup: self.service.last_backup(self.now)?,
            backup_failed: self.service.backup_failure(),
        })
    }

    /// How many records there are: all for who runs the store, else what is in sight.
    fn counts(&self) -> Counts {
        let (world, sight) = (self.world(), self.sight());
        if sight.may(Verb::Operate) {
            return Counts {
                contacts: world.contacts.len() as u64,
                companies: world.companies.len() as u64,
                notes: world.notes_total,
                deleted: world.deleted_count(),
            };
        }
        let notes = world.notes.iter().filter(|(id, _)| {
            sight.sees(&world, RecordKind::Contact, **id) && sight.sees_about(&world, RecordKind::Note, **id)
        });
        Counts {
            contacts: world.contacts.count(&sight.scope(RecordKind::Contact)) as u64,
            companies: world.companies.count(&sight.scope(RecordKind::Company)) as u64,
            notes: notes.map(|(_, count)| u64::from(*count)).sum(),
            deleted: world.deleted().filter(|(id, kind)| sight.sees(&world, *kind, *id)).count() as u64,
        }
    }

    pub(super) fn doctor(&self) -> Result<DoctorReport, Error> {
        let mut checks = Vec::new();
        let mut line = |name: &str, level: Level, message: String, hint: &str| {
            checks.push(CheckLine { name: name.to_owned(), level, message, hint: hint.to_owned() });
        };
        let verified = self.service.store.read(|reader| reader.verify())?;
        if verified.problems.is_empty() {
            line(
                "records and history",
                Level::Ok,
                format!("{} records and {} entries agree", verified.records, verified.entries),
                "",
            );
        }
        for problem in verified.problems {
            line(
                "records and history",
                Level::Error,
                problem,
                "restore the store from a backup, and compare with a checkpoint kept elsewhere",
            );
        }
        let around = &self.service.surroundings;
        for repair in &around.repairs {
            line(
                "repairs",
                Level::Warning,
                repair.clone(),
                "a disk that damages files once does it again: check it",
            );
        }
        if !around.demo {
            if around.keys_locked_in_memory {
                line("memory", Level::Ok, "the master key is kept out of swap".to_owned(), "");
            } else {
                line(
                    "memory",
                    Level::Warning,
                    "the master key may reach swap".to_owned(),
                    "allow locked memory (ulimit -l), or encrypt the swap",
                );
            }
            let ways = self.service.ways()?;
            if ways.len() < 2 {
                line(
                    "ways to unlock",
                    Level::Warning,
                    "there is only one way to unlock the store".to_owned(),
                    "keep the recovery code apart from the machine",
                );
            } else {
                let ways: Vec<String> = ways.into_iter().map(|way| way.kind).collect();
                line("ways to unlock", Level::Ok, ways.join(", "), "");
            }
            match &around.copy_on_write {
                Some(system) => line(
                    "file system",
                    Level::Warning,
                    format!(
                        "{system} keeps old versions of files: with a snapshot of `keys/` and the passphrase, erased persons could be read"
                    ),
                    "take no snapshots of the store's directory",
                ),
                None => line(
                    "file system",
                    Level::Ok,
                    "overwritten keys are not kept by the file system".to_owned(),
                    "",
                ),
            }
        }
        checks.extend(self.reading_checks()?);
        if !self.service.surroundings.demo {
            checks.extend(self.service.backup_checks(self.now)?);
        }
        checks.extend(self.list_checks());
        checks.extend(self.erasure_checks()?);
        let mut line = |name: &str, level: Level, message: String, hint: &str| {
            checks.push(CheckLine { name: name.to_owned(), level, message, hint: hint.to_owned() });
        };
        let world = self.world();
        let lacking = [
            (&world.settings.controller_address, "controller_address", "the controller's address"),
            (&world.settings.contact, "contact", "the controller's contact"),
            (&world.settings.authority, "authority", "the supervisory authority"),
        ];
        for (value, field, what) in lacking {
            if value.is_empty() {
                let hint = format!("callbook settings edit --set {field}=…");
                let message = format!("{what} is not set; notices and letters name it");
                line("settings", Level::Note, message, &hint);
            }
        }
        if world.settings.dpo_contact.is_empty() {
            line(
                "settings",
                Level::Note,
                "no contact of a data protection officer is set".to_owned(),
                "name it where one is appointed",
            );
        }
        Ok(DoctorReport { checks })
    }

    pub(super) fn inventory(&self) -> Result<Vec<InventoryLine>, Error> {
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            let mut used: BTreeMap<(RecordKind, FieldKey), u64> = BTreeMap::new();
            for kind in [RecordKind::Contact, RecordKind::Company, RecordKind::Note] {
                super::rows::each(reader, kind, |stored| {
                    for key in stored.record.fields.keys() {
                        *used.entry((kind, *key)).or_default() += 1;
                    }
                    Ok(())
                })?;
            }
            let world = read_lock(&world);
            let mut lines = Vec::new();
            for kind in [RecordKind::Contact, RecordKind::Company, RecordKind::Note] {
                for info in world.schema.of(kind) {
                    lines.push(InventoryLine {
                        record: kind,
                        field: info.address(),
                        label: info.label.clone(),
                        category: info.category.to_string(),
                        purpose: if info.custom {
                            info.purpose.clone()
                        } else {
                            purpose_of(kind, info.category).to_owned()
                        },
                        justification: info.why.clone(),
                        retention: NO_RULE.to_owned(),
                        custom: info.custom,
                        used: used.get(&(kind, info.key)).copied().unwrap_or_default(),
                    });
                }
            }
            Ok(lines)
        })
    }
}

impl Service {
    /// Makes a checkpoint if the log grew since the last one; for whatever does so by itself. Answers with the one that was
    /// made.
    pub fn checkpoint_if_grown(&self) -> Result<Option<LastCheckpoint>, Error> {
        if !self.whole {
            return Ok(None);
        }
        let now = self.env.now();
        let nobody = uuid::Uuid::nil();
        let origin =
            Origin { at: now, actor: UserId(nobody), session: SessionId(nobody), action: Action::Checkpoint };
        Ok(self.store.write(origin, move |txn| {
            let last = txn.read().last_checkpoint()?;
            let mark = mark(&txn.read(), now);
            if last.is_some_and(|last| last.size == mark.size && last.root == mark.root) {
                return Ok::<_, StoreError>(None);
            }
            txn.keep_checkpoint(&mark)?;
            Ok(Some(told(&mark)))
        })?)
    }
}

/// The log as it is on the disk.
/// The log as it stands, stated and signed, and what is remembered of that.
pub(super) fn signed_checkpoint(reader: &Reader<'_>, now: Timestamp) -> Result<(String, Mark), Error> {
    let checkpoint = Checkpoint::new(&origin(reader), reader.frontier(), Some(now));
    let text = checkpoint.sign(&signer(reader)?).map_err(|error| Error::failed(error.to_string()))?;
    Ok((text, mark(reader, now)))
}

fn mark(reader: &Reader<'_>, at: Timestamp) -> Mark {
    Mark { at, size: reader.log_size(), root: reader.frontier().root() }
}

fn told(mark: &Mark) -> LastCheckpoint {
    LastCheckpoint { at: mark.at, size: mark.size, root: BASE64.encode(mark.root) }
}

struct Counts {
    contacts: u64,
    companies: u64,
    notes: u64,
    deleted: u64,
}

pub(super) fn origin(reader: &Reader<'_>) -> String {
    format!("callbook/{}", reader.store_id())
}

pub(super) fn signer(reader: &Reader<'_>) -> Result<NoteSigner, Error> {
    let seed = reader.keyring().derive("signature of checkpoints");
    NoteSigner::from_seed(&origin(reader), &seed).map_err(|error| Error::failed(error.to_string()))
}

/// This process's memory, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
