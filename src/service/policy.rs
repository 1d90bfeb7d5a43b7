//! The one door for permission: who may ask what. Deny by default.
//!
//! [`authorize`] decides about every request before anything of it is carried out; a [`Grant`] can be made nowhere else,
//! and nothing is carried out without one. What a request needs stands in [`needs`], whose match is exhaustive: a new
//! request does not compile without a decision. What a role has stands in its tables ([`crate::domain::access`]). Which
//! records and fields the request then reaches is the grant's [`Sight`], through which alone handlers get at rows.

use super::sight::Sight;
use crate::api::{Code, Deed, Error, Request, Targets};
use crate::domain::access::{Scope, Verb};
use crate::domain::entity::RecordKind;
use crate::domain::id::{SessionId, UserId};

/// Who asks.
#[derive(Clone, Debug)]
pub struct Actor {
    pub user: UserId,
    pub session: SessionId,
    pub sight: Sight,
}

/// The permission to carry out one request.
#[derive(Debug)]
pub struct Grant {
    actor: Actor,
}

impl Grant {
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    pub fn sight(&self) -> &Sight {
        &self.actor.sight
    }
}

/// What a request needs a role to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Nothing but being a user: what is answered is what the user sees, or the user's own.
    Anybody,
    /// To do this.
    May(Verb),
    /// To see records of the kind, some at least.
    Read(RecordKind),
    /// To see them, or to audit.
    ReadOrAudit(RecordKind),
    /// To do this with records of the kind, some at least.
    Change(Verb, RecordKind),
    /// The same with many of them at once.
    Many(Verb, RecordKind),
    /// No role has it: the request does not apply to such records.
    Nobody,
}

/// What a request needs.
pub fn needs(request: &Request) -> Need {
    match request {
        Request::Whoami(_)
        | Request::SchemaGet(_)
        | Request::Status(_)
        | Request::RoleList(_)
        | Request::LawShow(_) => Need::Anybody,
        Request::List(list) => Need::Read(list.kind),
        Request::Among(among) => Need::Read(among.kind),
        Request::Get(get) => Need::Read(get.kind),
        Request::History(history) => Need::ReadOrAudit(history.kind),
        Request::Add(add) => changing(Verb::Create, add.kind),
        Request::Edit(edit) => changing(Verb::Edit, edit.kind),
        Request::Delete(delete) => changing(Verb::Delete, delete.kind),
        Request::Restore(restore) => changing(Verb::Restore, restore.kind),
        Request::FindSimilar(_) | Request::Duplicates(_) => Need::Read(RecordKind::Contact),
        Request::Views(_) => Need::Read(RecordKind::View),
        Request::Wordings(_) | Request::WordingGet(_) => Need::Read(RecordKind::Wording),
        Request::WordingAdd(_) | Request::WordingRetire(_) => Need::Change(Verb::Edit, RecordKind::Wording),
        Request::Complete(complete) => Need::Read(complete.kind),
        // Each entry is shown to whom its record is.
        Request::Activity(_) => Need::Anybody,
        Request::Merge(_) => Need::Change(Verb::Merge, RecordKind::Contact),
        // Of one's own only; whoever may fill in the form may keep it.
        Request::KeepDraft(keep) => {
            let form = keep.draft.form;
            changing(if form.id.is_some() { Verb::Edit } else { Verb::Create }, form.kind)
        }
        Request::Drafts(_) | Request::DropDraft(_) => Need::Anybody,
        // Only one's own changes are taken back, where one still may change the record.
        Request::Undo(_) | Request::Redo(_) => Need::Anybody,
        Request::Bulk(bulk) => {
            let verb = match (bulk.kind, &bulk.deed) {
                (RecordKind::Contact | RecordKind::Company, Deed::Edit(_)) => Verb::Edit,
                (RecordKind::Contact | RecordKind::Company | RecordKind::Note, Deed::Delete) => Verb::Delete,
                (RecordKind::Contact | RecordKind::Company | RecordKind::Note, Deed::Restore) => {
                    Verb::Restore
                }
                (_, Deed::Edit(_) | Deed::Delete | Deed::Restore) => return Need::Nobody,
            };
            match &bulk.targets {
                // The verbs of a list act on the row too when nothing is marked: one record is not many.
                Targets::Ids(ids) if ids.len() <= 1 => Need::Change(verb, bulk.kind),
                Targets::Ids(_) | Targets::Query(_) => Need::Many(verb, bulk.kind),
            }
        }
        Request::Import(_) => Need::Change(Verb::Import, RecordKind::Contact),
        Request::Reachable(_) => Need::Read(RecordKind::Contact),
        Request::Export(_) | Request::SealExport(_) => Need::May(Verb::Export),
        Request::LogVerify(_)
        | Request::LogCheckpoint(_)
        | Request::LogProve(_)
        | Request::Inventory(_)
        | Request::Readings(_)
        | Request::Denials(_) => Need::May(Verb::Audit),
        Request::RetentionExplain(_) => Need::Read(RecordKind::Contact),
        Request::RetentionPreset(_) => Need::Change(Verb::Configure, RecordKind::RetentionRule),
        Request::HoldAdd(_) | Request::HoldRelease(_) => Need::Change(Verb::Retain, RecordKind::Hold),
        Request::Holds(_) => Need::Read(RecordKind::Hold),
        Request::RetentionPlan(_)
        | Request::RetentionPlanPage(_)
        | Request::RetentionApply(_)
        | Request::RetentionApprove(_)
        | Request::Reviews(_)
        | Request::ReviewErase(_) => Need::May(Verb::Retain),
        Request::Sweeps(_) => Need::Read(RecordKind::Sweep),
        Request::SweepReadings(_) | Request::SweepConsents(_) => Need::May(Verb::Configure),
        Request::Present(present) => Need::Read(present.kind),
        // Ciphertext and keys: nobody reads a person with them here.
        Request::Doctor(_)
        | Request::BackupBegin(_)
        | Request::BackupStep(_)
        | Request::BackupStop(_)
        | Request::Backups(_)
        | Request::BackupForget(_)
        | Request::EscrowMake(_)
        | Request::EscrowRefresh(_)
        | Request::Ways(_)
        | Request::WayAdd(_)
        | Request::WayRemove(_)
        | Request::KeysRotate(_) => Need::May(Verb::Operate),
        Request::Purposes(_) => Need::Read(RecordKind::Purpose),
        // Whoever sees the person proves what holds; each field as the role has it.
        Request::Consents(_) | Request::ConsentProve(_) | Request::ConsentReceipt(_) => {
            Need::Read(RecordKind::Consent)
        }
        Request::OptInPrepare(_) | Request::OptInSent(_) => Need::Change(Verb::Consent, RecordKind::Consent),
        // Whoever reads what the mailbox got, marketing too: it is the person's own deed, and the code proves it.
        Request::OptInConfirm(_) => Need::Read(RecordKind::Consent),
        Request::ConsentRecord(_) | Request::CallDelivery(_) => {
            Need::Change(Verb::Consent, RecordKind::Consent)
        }
        // Whoever sees the person takes a no: it is never too late for it, and never somebody else's business.
        Request::ConsentWithdraw(_) => Need::Read(RecordKind::Consent),
        // Whoever sees that a person was called may ask whether they may be.
        Request::CallCheck(_) => Need::Read(RecordKind::Call),
        Request::CallBegin(_)
        | Request::CallKeep(_)
        | Request::CallConfirmation(_)
        | Request::CallRecord(_) => Need::Change(Verb::Consent, RecordKind::Call),
        // A list is made of many at once.
        Request::CallListMake(_) | Request::CallListClose(_) => {
            Need::Change(Verb::Bulk, RecordKind::CallList)
        }
        Request::CallLists(_) | Request::CallListShow(_) => Need::Read(RecordKind::CallList),
        Request::CallListNext(_) | Request::CallListPut(_) => {
            Need::Change(Verb::Consent, RecordKind::CallEntry)
        }
        Request::TaskDone(_) => Need::Change(Verb::Edit, RecordKind::Task),
        Request::Tasks(_) | Request::Today(_) => Need::Read(RecordKind::Task),
        Request::SubjectErase(_)
        | Request::RecipientTold(_)
        | Request::MentionDecide(_)
        | Request::SweepProofs(_) => Need::May(Verb::Erase),
        // No values stand in a certificate, and a mention tells where, not whom.
        Request::Certificates(_) | Request::CertificateGet(_) => Need::Read(RecordKind::Certificate),
        Request::Mentions(_) => Need::Read(RecordKind::Mention),
        Request::KeptProofs(_) => Need::Read(RecordKind::KeptProof),
        Request::Aggregates(_) => Need::May(Verb::Audit),
        // Whoever answers persons reads all that is held of one, whatever else the role sees of a field.
        Request::Disclose(_) | Request::Disclosed(_) => Need::May(Verb::Answer),
        // Anybody who sees the person takes a request in (R19).
        Request::RequestOpen(_) | Request::Requests(_) | Request::RequestShow(_) => {
            Need::Read(RecordKind::Request)
        }
        // Carried out by who answers persons.
        Request::RequestIdentify(_)
        | Request::RequestExtend(_)
        | Request::RequestRefuse(_)
        | Request::RequestClose(_)
        | Request::RequestAssign(_) => Need::Change(Verb::Answer, RecordKind::Request),
        Request::SubjectRestrict(_)
        | Request::SubjectLift(_)
        | Request::SubjectRectify(_)
        | Request::SubjectObject(_) => Need::Change(Verb::Answer, RecordKind::Contact),
        // It takes a person's data out, and is what answers are known by.
        Request::RequestInvite(_) => Need::Change(Verb::Answer, RecordKind::Contact),
        // Anybody who sees the person takes an answer in, as a request (R19).
        Request::RequestIngest(_) => Need::Read(RecordKind::Invitation),
        // Of exports no more than the role reads.
        Request::GivenTo(_) => Need::Read(RecordKind::Publication),
        // Whoever makes data public notes where.
        Request::PublicationAdd(_) | Request::PublicationWithdraw(_) => {
            Need::Change(Verb::Edit, RecordKind::Publication)
        }
        // Of one's own only.
        Request::CallsOpen(_) | Request::CallDrop(_) => Need::Read(RecordKind::Call),
        Request::Incidents(_) | Request::IncidentDraft(_) => Need::Read(RecordKind::Incident),
        Request::IncidentReport(_) | Request::IncidentClose(_) | Request::IncidentScope(_) => {
            Need::Change(Verb::Account, RecordKind::Incident)
        }
        Request::RegisterShow(_) | Request::RegisterVersions(_) => Need::Read(RecordKind::RegisterVersion),
        Request::RegisterApprove(_) | Request::TrainingAdd(_) => Need::May(Verb::Account),
        Request::Trainings(_) => Need::Read(RecordKind::Training),
        Request::Evidence(_) => Need::May(Verb::Audit),
        Request::Suppress(_) => Need::May(Verb::Suppress),
        Request::LiftSuppression(_) => Need::May(Verb::LiftSuppression),
        // It tells no more than the asker typed, and is logged.
        Request::SuppressionCheck(_) => Need::Read(RecordKind::Contact),
        Request::SuppressionEntries(_) => Need::Read(RecordKind::Suppression),
        Request::ScreeningImport(_) => Need::May(Verb::ImportScreening),
        Request::ScreeningLists(_) => Need::Read(RecordKind::ScreeningList),
        // About oneself anybody; about others `users` and `explain` ask for more.
        Request::SetPassword(_) | Request::AccessExplain(_) => Need::Anybody,
    }
}

fn changing(verb: Verb, kind: RecordKind) -> Need {
    match kind {
        RecordKind::Contact | RecordKind::Company | RecordKind::Note => Need::Change(verb, kind),
        RecordKind::CustomField | RecordKind::Settings => Need::Change(Verb::Configure, kind),
        RecordKind::User => Need::Change(Verb::ManageUsers, kind),
        RecordKind::Incident => match verb {
            Verb::Create | Verb::Edit => Need::Change(Verb::Account, kind),
            // All are documented (Art. 33(5) GDPR).
            _ => Need::Nobody,
        },
        // Everybody who has views has own ones; which others one may change is decided in `views`.
        RecordKind::View => Need::Read(kind),
        RecordKind::Task => match verb {
            Verb::Create | Verb::Edit | Verb::Delete | Verb::Restore => Need::Change(verb, kind),
            _ => Need::Nobody,
        },
        RecordKind::Purpose | RecordKind::Recipient | RecordKind::RetentionRule => match verb {
            // Consents and exports point at them: they are retired.
            Verb::Delete | Verb::Restore => Need::Nobody,
            _ => Need::Change(Verb::Configure, kind),
        },
        // Written by operations of their own, never by a generic edit (R28, R38).
        RecordKind::ExportRun
        | RecordKind::Suppression
        | RecordKind::ScreeningList
        | RecordKind::Consent
        | RecordKind::Call
        | RecordKind::CallList
        | RecordKind::CallEntry
        | RecordKind::Request
        | RecordKind::Hold
        | RecordKind::Sweep
        | RecordKind::Certificate
        | RecordKind::KeptProof
        | RecordKind::Mention
        | RecordKind::Aggregate
        | RecordKind::Backup
        | RecordKind::Training
        | RecordKind::RegisterVersion
        | RecordKind::Publication
        | RecordKind::Invitation
        // Added as a whole, and never changed.
        | RecordKind::Wording => Need::Nobody,
    }
}

/// Whether the actor has it.
fn has(sight: &Sight, need: Need) -> bool {
    let rules = sight.rules();
    let reads = |kind: RecordKind| rules.kind(kind).read != Scope::None;
    match need {
        Need::Nobody => false,
        Need::Anybody => true,
        Need::May(verb) => rules.may(verb),
        Need::Read(kind) => reads(kind),
        Need::ReadOrAudit(kind) => reads(kind) || rules.may(Verb::Audit),
        Need::Change(verb, kind) => rules.may(verb) && reads(kind) && rules.kind(kind).write != Scope::None,
        Need::Many(verb, kind) => rules.may(Verb::Bulk) && has(sight, Need::Change(verb, kind)),
    }
}

/// Decides about a request.
pub fn authorize(actor: Actor, request: &Request) -> Result<Grant, Error> {
    if has(&actor.sight, needs(request)) {
        return Ok(Grant { actor });
    }
    Err(denied(&actor.sight))
}

/// The refusal of what a role may not do.
pub fn denied(sight: &Sight) -> Error {
    Error::new(Code::Denied, format!("the role `{}` may not do this", sight.rules().name))
        .hint("ask the owner of the store, or the data protection officer")
}
