//! The auditor's bundle (R49): files about a time, their hashes, and a signature of the hashes by the log's key.
//!
//! Nothing in it is a value of a person: policies, counts, dates, proofs. Whoever has the log's public key checks it without
//! the store, and without any other key.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::super::report::{origin, signer};
use super::super::sight::Sight;
use super::super::world::World;
use super::super::{Ask, read_lock, rows};
use crate::api::accountability::{EvidenceBundle, EvidenceFile};
use crate::api::{Denials, Error, Evidence, Incidents};
use crate::domain::access::Verb;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::erasure::{Certificate, CertificateField};
use crate::domain::field::FieldSpec;
use crate::domain::register::sha256;
use crate::domain::request::{RequestState, Right, SubjectRequest};
use crate::domain::retention::{Sweep, SweepField};
use crate::domain::text::is_formula;
use crate::domain::time::Timestamp;
use crate::domain::user::ExportRun;
use crate::domain::value::Day;
use crate::store::merkle::checkpoint::Checkpoint;
use crate::store::merkle::proof::Proof;
use crate::store::{Reader, Stored};

/// Entries of which an inclusion proof is in the bundle, at most: the latest sweeps, certificates and approvals.
const MOST_PROOFS: usize = 50;
/// Denials in the bundle, at most; more are counted.
const MOST_DENIALS: u64 = 10_000;

/// What the bundle is signed as: no log is called so, so no signature of a bundle is one of a checkpoint.
pub(in crate::service) const SIGNED_AS: &str = "callbook evidence";

/// A table of comma-separated values.
struct Sheet(String);

impl Sheet {
    fn new(heads: &[&str]) -> Sheet {
        let mut sheet = Sheet(String::new());
        sheet.row(heads.iter().map(|head| (*head).to_owned()));
        sheet
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| cell_of(&cell)).collect();
        self.0.push_str(&cells.join(","));
        self.0.push_str("\r\n");
    }
}

/// A cell (RFC 4180); what a spreadsheet would run is kept from it.
fn cell_of(text: &str) -> String {
    let text = match is_formula(text) {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

/// The records of a kind whose last change lies in the time, as a table of their fields.
fn sheet_of<E: Entity>(all: &[Stored], but: &[&str]) -> Result<String, Error> {
    let specs: Vec<&FieldSpec> =
        E::specs().iter().copied().filter(|spec| !but.contains(&spec.name)).collect();
    let heads: Vec<&str> =
        ["id", "created_at"].into_iter().chain(specs.iter().map(|spec| spec.name)).collect();
    let mut sheet = Sheet::new(&heads);
    for stored in all {
        let one: E = stored.entity()?;
        let values =
            specs.iter().map(|spec| one.get(spec.key).map(|value| value.to_string()).unwrap_or_default());
        sheet.row([stored.id.to_string(), stored.record.created_at.to_string()].into_iter().chain(values));
    }
    Ok(sheet.0)
}

impl Ask<'_> {
    pub(in crate::service) fn evidence(&self, asked: &Evidence) -> Result<EvidenceBundle, Error> {
        if asked.from >= asked.to {
            return Err(Error::usage("the time ends before it begins").at("to"));
        }
        let now = self.now;
        let time = (asked.from, asked.to);
        let register = self.register_show()?;
        let verified = self.verify()?;
        let incidents = self.sight().may(Verb::Account).then(|| self.incidents(&Incidents { open: false }));
        let denials = self.denials(Denials {
            user: String::new(),
            from: Some(asked.from),
            to: Some(asked.to),
            before: None,
            limit: MOST_DENIALS,
        })?;
        let trainings = self.trainings()?;
        let mut files = vec![
            ("policy.csv", self.policy()),
            ("register.json", register.document.clone()),
            (
                "register-drift.json",
                pretty(&json!({
                    "sha256": register.sha256,
                    "approved": register.approved,
                    "gaps": register.gaps,
                    "drift": register.drift,
                })),
            ),
            ("consents.csv", self.consent_counts()),
        ];
        let mut sheet = Sheet::new(&["user", "topic", "held_on", "by", "again_by", "overdue"]);
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        for one in trainings {
            let overdue = one.overdue.to_string();
            sheet.row([one.user, one.topic, day(one.held_on), one.by, day(one.again_by), overdue]);
        }
        files.push(("training.csv", sheet.0));
        let mut counts: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        for one in &denials.items {
            let entry = counts.entry((one.request.clone(), one.why.word().to_owned())).or_default();
            *entry = (entry.0 + 1, entry.1 + one.count);
        }
        let mut sheet = Sheet::new(&["request", "why", "rows", "denials"]);
        for ((request, why), (rows, count)) in counts {
            sheet.row([request, why, rows.to_string(), count.to_string()]);
        }
        files.push(("denials.csv", sheet.0));
        if let Some(incidents) = incidents {
            // What happened is told in free words, which may name persons: dates and numbers alone.
            let mut sheet = Sheet::new(&[
                "number",
                "state",
                "aware_at",
                "due",
                "reported_at",
                "persons_told_at",
                "closed_at",
                "persons",
            ]);
            let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
            for one in incidents?.into_iter().filter(|one| time.0 <= one.aware_at && one.aware_at < time.1) {
                sheet.row([
                    one.number.to_string(),
                    one.state.word().to_owned(),
                    one.aware_at.to_string(),
                    one.due.to_string(),
                    at(one.reported_at),
                    at(one.persons_told_at),
                    at(one.closed_at),
                    one.persons.to_string(),
                ]);
            }
            files.push(("incidents.csv", sheet.0));
        }
        let (sight, world) = (self.sight().clone(), Arc::clone(&self.service.world));
        let (stored, checkpoint, key) = self.service.store.read(move |reader| {
            let world = read_lock(&world);
            let signer = signer(reader)?;
            let checkpoint = Checkpoint::new(&origin(reader), reader.frontier(), Some(now));
            let checkpoint = checkpoint.sign(&signer).map_err(|error| Error::failed(error.to_string()))?;
            let mut files = records(reader, &world, &sight, time, now)?;
            files.push(("proofs.json", proofs(reader, &world, &sight, time, &checkpoint)?));
            Ok::<_, Error>((files, checkpoint, signer.verifier().to_string()))
        })?;
        files.extend(stored);
        files.push(("checkpoint.txt", checkpoint));
        files.push((
            "verify.json",
            pretty(&json!({
                "entries": verified.entries,
                "records": verified.records,
                "root": verified.root,
                "problems": verified.problems,
            })),
        ));
        files.sort_unstable_by_key(|(name, _)| *name);
        let listed: BTreeMap<&str, _> = files
            .iter()
            .map(|(name, text)| (*name, json!({ "sha256": sha256(text), "bytes": text.len() })))
            .collect();
        let manifest = pretty(&json!({
            "format": "callbook-evidence",
            "version": 1,
            "store": self.service.id,
            "controller": self.world().settings.controller,
            "made_at": now,
            "from": asked.from,
            "to": asked.to,
            "denial_rows_left_out": denials.total.saturating_sub(denials.items.len() as u64),
            "files": listed,
        }));
        let text = format!("{SIGNED_AS}\n{}\n{now}\n", sha256(&manifest));
        let signature = self.service.store.read(move |reader| {
            signer(reader)?.sign(&text).map_err(|error| Error::failed(error.to_string()))
        })?;
        files.push(("manifest.json", manifest));
        files.push(("manifest.sig", signature));
        let files =
            files.into_iter().map(|(name, text)| EvidenceFile { name: name.to_owned(), text }).collect();
        Ok(EvidenceBundle { files, key })
    }

    /// Which role may do what, and how far it sees each kind of record.
    fn policy(&self) -> String {
        let mut sheet = Sheet::new(&["role", "what", "of", "how_far"]);
        for role in self.service.roles().all() {
            for verb in &role.verbs {
                sheet.row([role.name.to_string(), "action".into(), verb.word().into(), "yes".into()]);
            }
            for kind in RecordKind::ALL {
                let rules = role.kind(*kind);
                for (what, scope) in [("read", rules.read), ("write", rules.write)] {
                    sheet.row([role.name.to_string(), what.into(), kind.word().into(), scope.word().into()]);
                }
            }
        }
        sheet.0
    }

    /// How many persons stand where, by purpose and channel.
    fn consent_counts(&self) -> String {
        let world = self.world();
        let mut counts: BTreeMap<(String, &str, &str), u64> = BTreeMap::new();
        for (contact, ledger) in world.consents.people() {
            for (purpose, channel) in ledger.named() {
                let Some(known) = world.consents.get(*purpose) else { continue };
                let state = world.consents.standing(contact, *purpose, channel, self.now).state;
                *counts.entry((known.purpose.name.clone(), channel.word(), state.word())).or_default() += 1;
            }
        }
        let mut sheet = Sheet::new(&["purpose", "channel", "state", "persons"]);
        for ((purpose, channel, state), count) in counts {
            sheet.row([purpose, channel.into(), state.into(), count.to_string()]);
        }
        sheet.0
    }
}

/// Those of a kind that were made or changed in the time.
fn within(
    reader: &Reader<'_>,
    world: &World,
    sight: &Sight,
    kind: RecordKind,
    time: (Timestamp, Timestamp),
) -> Result<Vec<Stored>, Error> {
    let mut all = sight.records_of(reader, world, kind, crate::domain::id::SubjectId::NOBODY)?;
    all.retain(|one| time.0 <= one.record.updated_at && one.record.created_at < time.1);
    all.sort_by_key(|one| one.id);
    Ok(all)
}

/// Exports, sweeps, certificates and requests in the time.
fn records(
    reader: &Reader<'_>,
    world: &World,
    sight: &Sight,
    time: (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>, Error> {
    let exports = within(reader, world, sight, RecordKind::ExportRun, time)?;
    let sweeps = within(reader, world, sight, RecordKind::Sweep, time)?;
    let certificates = within(reader, world, sight, RecordKind::Certificate, time)?;
    // How persons were chosen may name one.
    let mut files = vec![
        ("exports.csv", sheet_of::<ExportRun>(&exports, &["query"])?),
        ("sweeps.csv", sheet_of::<Sweep>(&sweeps, &[SweepField::checkpoint.spec().name])?),
        (
            "certificates.csv",
            sheet_of::<Certificate>(&certificates, &[CertificateField::checkpoint.spec().name])?,
        ),
    ];
    // Counted without sight: numbers of requests tell nothing of anybody.
    let today = now.date();
    let mut counts: BTreeMap<&str, [u64; 4]> = BTreeMap::new();
    rows::each(reader, RecordKind::Request, |stored| {
        let at = stored.record.created_at;
        if time.0 <= at && at < time.1 {
            let one: SubjectRequest = stored.entity()?;
            let line = counts.entry(one.right.0.map_or("", Right::word)).or_default();
            match one.state.0.unwrap_or(RequestState::Open) {
                RequestState::Open => {
                    line[0] += 1;
                    line[3] += u64::from(one.extended_to.or(one.due).is_some_and(|due| due.0 < today));
                }
                RequestState::Done => line[1] += 1,
                RequestState::Refused => line[2] += 1,
            }
        }
        Ok(())
    })?;
    let mut sheet = Sheet::new(&["right", "open", "done", "refused", "overdue"]);
    for (right, line) in counts {
        sheet.row([right.to_owned()].into_iter().chain(line.map(|count| count.to_string())));
    }
    files.push(("requests.csv", sheet.0));
    Ok(files)
}

/// Inclusion proofs of the latest sweeps, certificates and approvals of the register.
fn proofs(
    reader: &Reader<'_>,
    world: &World,
    sight: &Sight,
    time: (Timestamp, Timestamp),
    checkpoint: &str,
) -> Result<String, Error> {
    let mut all = Vec::new();
    for kind in [RecordKind::Sweep, RecordKind::Certificate, RecordKind::RegisterVersion] {
        all.extend(within(reader, world, sight, kind, time)?);
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.record.last_seq));
    all.truncate(MOST_PROOFS);
    let signer = signer(reader)?;
    let mut made = Vec::with_capacity(all.len());
    for stored in all {
        let seq = stored.record.last_seq;
        let Some(header) = reader.header(seq)? else { continue };
        let proof = Proof::make(reader, &header.canonical(), seq, checkpoint, Some(signer.verifier()), None)
            .map_err(|error| Error::integrity(error.to_string()))?;
        let proof = proof.to_json().map_err(|error| Error::failed(error.to_string()))?;
        let proof: serde_json::Value =
            serde_json::from_str(&proof).map_err(|error| Error::failed(error.to_string()))?;
        made.push(json!({ "kind": stored.kind.word(), "id": stored.id, "entry": seq, "proof": proof }));
    }
    Ok(pretty(&json!(made)))
}

fn pretty(json: &serde_json::Value) -> String {
    format!("{json:#}\n")
}
