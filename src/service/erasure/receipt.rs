//! What is left of erasures: certificates, proofs that are kept and expire, and what is true of the copies by now.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::PoisonError;

use uuid::Uuid;

use super::proof::PROOFS;
use crate::api::erasure::{ErasureCopy, ErasureReceipt, ErasureRecipient, KeptProofView, SweptProofs};
use crate::api::view::{CheckLine, Level};
use crate::api::{Error, KeptProofs, RecipientTold};
use crate::domain::backup::{Backup, Form, State};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::erasure::{Certificate, KeptProof, Mention, MentionState};
use crate::domain::history::Action;
use crate::domain::id::{SessionId, SubjectId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::value::Day;
use crate::service::calls::day_at_home;
use crate::service::report::signed_checkpoint;
use crate::service::{Ask, Service, publish, rows};
use crate::store::{Origin, Reader, StoreError, Stored};

/// Everything certificates are told with.
struct Read {
    certificates: Vec<(Stored, Certificate)>,
    /// Escrows, and backups that hold keys.
    copies: Vec<Backup>,
    /// Open mentions, by certificate.
    open: HashMap<i64, u64>,
}

fn read(reader: &Reader<'_>) -> Result<Read, StoreError> {
    let mut read = Read { certificates: Vec::new(), copies: Vec::new(), open: HashMap::new() };
    rows::each(reader, RecordKind::Certificate, |stored| {
        let certificate: Certificate = stored.entity()?;
        read.certificates.push((stored, certificate));
        Ok(())
    })?;
    read.certificates.sort_by_key(|(_, certificate)| certificate.number);
    read.copies = copies(reader)?;
    rows::each(reader, RecordKind::Mention, |stored| {
        let mention: Mention = stored.entity()?;
        if mention.state.0.unwrap_or(MentionState::Open) == MentionState::Open {
            *read.open.entry(mention.certificate).or_default() += 1;
        }
        Ok(())
    })?;
    Ok(read)
}

/// Copies of the keys that lie elsewhere and were not destroyed.
fn copies(reader: &Reader<'_>) -> Result<Vec<Backup>, StoreError> {
    let mut copies = Vec::new();
    rows::each(reader, RecordKind::Backup, |stored| {
        let copy: Backup = stored.entity()?;
        let holds_keys = matches!(copy.form.0, Some(Form::Escrow | Form::Whole));
        if holds_keys && copy.state.0 != Some(State::Destroyed) {
            copies.push(copy);
        }
        Ok(())
    })?;
    copies.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(copies)
}

/// What of a copy concerns an erasure: an escrow always, a backup that holds the keys of before.
fn concerns(copy: &Backup, epoch: u64) -> Option<ErasureCopy> {
    let old = u64::try_from(copy.epoch).unwrap_or_default() < epoch;
    let form = copy.form.0?;
    if form != Form::Escrow && !old {
        return None;
    }
    Some(ErasureCopy {
        name: copy.name.clone(),
        form: form.word().to_owned(),
        state: if old { "pending" } else { "refreshed" }.to_owned(),
        expires: copy.expires,
    })
}

impl Service {
    /// Completes certificates of erasures whose end was not written down: the last step, also after a crash.
    pub(in crate::service) fn settle_erasures(&self) -> Result<(), Error> {
        let unsettled: Vec<Uuid> = self.store.read(|reader| {
            let done = reader.forgettings()?.into_iter().filter(|(_, one)| one.done);
            let done: HashSet<Uuid> = done.map(|(id, _)| id).collect();
            let mut unsettled = Vec::new();
            if done.is_empty() {
                return Ok(unsettled);
            }
            rows::each(reader, RecordKind::Certificate, |stored| {
                if done.contains(&stored.id) && stored.entity::<Certificate>()?.checkpoint.is_empty() {
                    unsettled.push(stored.id);
                }
                Ok(())
            })?;
            Ok::<_, StoreError>(unsettled)
        })?;
        if unsettled.is_empty() {
            return Ok(());
        }
        let now = self.env.now();
        // Escrows first, so that the certificate tells what they are; one that could not be written stays pending, and is named.
        drop(self.refresh_escrows(Origin { action: Action::Backup, ..program(now) }));
        for id in unsettled {
            let world = std::sync::Arc::clone(&self.world);
            self.store.write(program(now), move |txn| {
                let reader = txn.read();
                let (text, mark) = signed_checkpoint(&reader, now)?;
                let Some(stored) = rows::of_entry(&reader, RecordKind::Certificate, SubjectId::NOBODY, id)?
                else {
                    return Ok(());
                };
                let epoch = reader
                    .forgettings()?
                    .into_iter()
                    .find(|(one, _)| *one == id)
                    .map(|(_, one)| one.epoch + 1);
                let epoch = epoch.unwrap_or_else(|| reader.epoch());
                let there = copies(&reader)?;
                let told = there.iter().filter_map(|copy| concerns(copy, epoch)).map(|copy| {
                    let expires = copy.expires.map(|day| day.to_string()).unwrap_or_default();
                    format!("{} {} {expires}", copy.name, copy.state)
                });
                let copies: Vec<String> = told.map(|line| line.trim_end().to_owned()).collect();
                let certificate = Certificate {
                    epoch: i64::try_from(epoch).unwrap_or(i64::MAX),
                    checkpoint: text,
                    copies: copies.join("\n"),
                    ..stored.entity()?
                };
                txn.keep_checkpoint(&mark)?;
                txn.update(&stored, certificate.fields())?;
                publish(&world, txn, &[stored])
            })?;
        }
        Ok(())
    }

    fn receipt_of(&self, read: &Read, stored: &Stored, certificate: &Certificate) -> ErasureReceipt {
        let number = |n: i64| u64::try_from(n).unwrap_or_default();
        let epoch = number(certificate.epoch);
        let certificate = certificate.clone();
        let told = certificate.told.0;
        ErasureReceipt {
            id: stored.id,
            number: certificate.number,
            ground: certificate.ground.0,
            request: (certificate.request > 0).then_some(certificate.request),
            received: certificate.received,
            erased_at: certificate.erased_at,
            decided_by: certificate
                .decided_by
                .map(|user| self.read_world().user_name(user.0))
                .unwrap_or_default(),
            persons: number(certificate.subjects),
            categories: certificate.categories.0,
            kept: certificate.kept.0,
            epoch,
            checkpoint: certificate.checkpoint,
            copies: read.copies.iter().filter_map(|copy| concerns(copy, epoch)).collect(),
            recipients: certificate
                .recipients
                .0
                .into_iter()
                .map(|name| ErasureRecipient { told: told.contains(&name), name })
                .collect(),
            mentions: number(certificate.mentions),
            mentions_open: read.open.get(&certificate.number).copied().unwrap_or_default(),
            sweep: certificate.sweep,
        }
    }

    /// The certificate of this number, with what is true of the copies by now.
    pub fn erasure_receipt(&self, number: i64) -> Result<ErasureReceipt, Error> {
        let read = self.store.read(read)?;
        let found = read.certificates.iter().find(|(_, certificate)| certificate.number == number);
        let (stored, certificate) =
            found.ok_or_else(|| Error::not_found(format!("there is no certificate {number}")))?;
        Ok(self.receipt_of(&read, stored, certificate))
    }

    /// Destroys the keys of proofs whose time is up, all in one epoch. For whatever does so by itself as for whoever asks.
    pub fn sweep_proofs(&self, now: Timestamp, dry_run: bool) -> Result<SweptProofs, Error> {
        let today = day_at_home(&self.read_world(), now);
        let (expired, kept) = self.store.read(move |reader| {
            let (mut expired, mut kept) = (Vec::new(), 0);
            rows::each(reader, RecordKind::KeptProof, |stored| {
                let proof: KeptProof = stored.entity()?;
                match proof.until {
                    Some(until) if until < today => expired.push(stored.subject),
                    Some(_) | None => kept += 1,
                }
                Ok(())
            })?;
            Ok::<_, StoreError>((expired, kept))
        })?;
        let swept = SweptProofs { expired: expired.len() as u64, kept };
        if dry_run || expired.is_empty() {
            return Ok(swept);
        }
        self.writable()?;
        let _one_at_a_time = self.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        for part in expired.chunks(PROOFS) {
            let (part, id) = (part.to_vec(), self.env.ids.next());
            self.store.write(program(now), move |txn| Ok::<_, Error>(txn.forget(id, &part)?))?;
            self.drop_rows(id, program(now))?;
            drop(self.refresh_escrows(program(now)));
        }
        Ok(swept)
    }
}

/// Who does what nobody asks for.
fn program(at: Timestamp) -> Origin {
    Origin { at, actor: UserId(Uuid::nil()), session: SessionId(Uuid::nil()), action: Action::Erase }
}

impl Ask<'_> {
    /// All certificates, latest first.
    pub(in crate::service) fn certificates(&self) -> Result<Vec<ErasureReceipt>, Error> {
        let read = self.service.store.read(read)?;
        let all = read.certificates.iter().rev();
        Ok(all.map(|(stored, certificate)| self.service.receipt_of(&read, stored, certificate)).collect())
    }

    /// What is still to be done after erasures.
    pub(in crate::service) fn erasure_checks(&self) -> Result<Vec<CheckLine>, Error> {
        let read = self.service.store.read(read)?;
        let proofs = self.service.sweep_proofs(self.now, true)?;
        let line = |message: String, hint: &str| CheckLine {
            name: "erasures".to_owned(),
            level: Level::Warning,
            message,
            hint: hint.to_owned(),
        };
        let mut lines = Vec::new();
        let all = read.certificates.iter().map(|(stored, one)| self.service.receipt_of(&read, stored, one));
        let all: Vec<ErasureReceipt> = all.collect();
        let untold: usize = all.iter().map(|one| one.recipients.iter().filter(|one| !one.told).count()).sum();
        if untold > 0 {
            let message = format!("{untold} recipients of data of erased persons are not noted as told");
            lines.push(line(message, "tell them, and note it with `callbook erasure told` (Art. 19 GDPR)"));
        }
        let open: u64 = read.open.values().sum();
        if open > 0 {
            let message = format!("{open} places may name an erased person, and nobody has looked");
            lines.push(line(message, "`callbook erasure mentions` lists them"));
        }
        let pending = all.iter().flat_map(|one| &one.copies).filter(|copy| copy.state == "pending");
        let pending: BTreeSet<&str> = pending.map(|copy| copy.name.as_str()).collect();
        if !pending.is_empty() {
            let names: Vec<&str> = pending.into_iter().collect();
            let message = format!("copies of the keys still hold erased persons: {}", names.join(", "));
            lines.push(line(message, "refresh the escrows, destroy the backups"));
        }
        if proofs.expired > 0 {
            let message =
                format!("{} proofs of consent of erased persons are over their time", proofs.expired);
            lines.push(line(message, "`callbook erasure proofs --expire` destroys them"));
        }
        if lines.is_empty() && !all.is_empty() {
            let message = format!("{} erasures, nothing is left to do", all.len());
            lines.push(CheckLine { level: Level::Ok, ..line(message, "") });
        }
        Ok(lines)
    }

    /// Notes that a recipient was told.
    pub(in crate::service) fn recipient_told(&self, told: RecipientTold) -> Result<ErasureReceipt, Error> {
        let number = told.certificate;
        let receipt = self.service.erasure_receipt(number)?;
        let name = told.recipient.trim().to_owned();
        if !receipt.recipients.iter().any(|one| one.name == name) {
            let names: Vec<&str> = receipt.recipients.iter().map(|one| one.name.as_str()).collect();
            let error = Error::not_found(format!("`{name}` is not to be told of the erasure {number}"));
            return Err(if names.is_empty() {
                error
            } else {
                error.hint(format!("to be told are: {}", names.join(", ")))
            });
        }
        let id = receipt.id;
        self.transact(Action::Edit, move |txn, world| {
            let stored = rows::of_entry(&txn.read(), RecordKind::Certificate, SubjectId::NOBODY, id)?
                .ok_or_else(|| Error::not_found(format!("there is no certificate {number}")))?;
            let mut certificate: Certificate = stored.entity()?;
            if !certificate.told.0.contains(&name) {
                certificate.told.0.push(name);
            }
            txn.update(&stored, certificate.fields())?;
            publish(world, txn, &[stored])
        })?;
        self.service.erasure_receipt(number)
    }

    /// Proofs that are kept: what there is, and the one about a number or address where that is named.
    pub(in crate::service) fn kept_proofs(&self, asked: &KeptProofs) -> Result<Vec<KeptProofView>, Error> {
        let mark = match &asked.of {
            Some(typed) => Some(self.world().suppression.mark(&self.identifier(typed)?).to_string()),
            None => None,
        };
        let today: Day = day_at_home(&self.world(), self.now);
        self.service.store.read(move |reader| {
            let mut found = Vec::new();
            rows::each(reader, RecordKind::KeptProof, |stored| {
                let proof: KeptProof = stored.entity()?;
                let about = mark.as_ref().is_none_or(|mark| proof.marks.0.contains(mark));
                // What is over its time is shown no more, though the sweep has not come by.
                if about && proof.until.is_none_or(|until| today <= until) {
                    found.push(KeptProofView {
                        id: stored.id,
                        certificate: proof.certificate,
                        purpose: proof.purpose,
                        until: proof.until,
                        rule: proof.rule,
                        proof: if mark.is_some() { proof.proof } else { String::new() },
                    });
                }
                Ok(())
            })?;
            found.sort_by_key(|one: &KeptProofView| (one.certificate, one.id));
            Ok(found)
        })
    }
}
