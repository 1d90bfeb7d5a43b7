//! What a request is about, as far as it names records: for the log of denials.

use uuid::Uuid;

use crate::api::{Request, Targets};
use crate::domain::entity::RecordKind;

/// Records of a request that are looked at, at most.
pub const MOST: usize = 8;

/// The kind of record a request is about, and the records it names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Named {
    pub kind: Option<RecordKind>,
    /// The first few.
    pub ids: Vec<Uuid>,
}

impl Named {
    fn new(kind: RecordKind, ids: impl IntoIterator<Item = Uuid>) -> Named {
        Named { kind: Some(kind), ids: ids.into_iter().take(MOST).collect() }
    }
}

impl Request {
    /// What it names.
    pub fn named(&self) -> Named {
        let contact = RecordKind::Contact;
        match self {
            Request::List(one) => Named::new(one.kind, None),
            Request::Among(one) => Named::new(one.kind, one.ids.iter().copied()),
            Request::Get(one) => Named::new(one.kind, [one.id]),
            Request::Add(one) => Named::new(one.kind, one.about.map(|about| about.0)),
            Request::Edit(one) => Named::new(one.kind, [one.id]),
            Request::Delete(one) => Named::new(one.kind, [one.id]),
            Request::Restore(one) => Named::new(one.kind, [one.id]),
            Request::History(one) => Named::new(one.kind, [one.id]),
            Request::Present(one) => Named::new(one.kind, one.id),
            Request::Complete(one) => Named::new(one.kind, None),
            Request::Bulk(one) => match &one.targets {
                Targets::Ids(ids) => Named::new(one.kind, ids.iter().copied()),
                Targets::Query(_) => Named::new(one.kind, None),
            },
            Request::FindSimilar(one) => Named::new(contact, one.except.map(|except| except.0)),
            Request::Merge(one) => Named::new(contact, [one.keep.0, one.other.0]),
            Request::KeepDraft(one) => Named::new(one.draft.form.kind, one.draft.form.id),
            Request::DropDraft(one) => Named::new(one.form.kind, one.form.id),
            Request::Readings(one) => Named::new(contact, one.about.map(|about| about.0)),
            Request::AccessExplain(one) => Named::new(contact, [one.contact.0]),
            Request::Duplicates(_) | Request::Import(_) | Request::Export(_) | Request::Reachable(_) => {
                Named::new(contact, None)
            }
            Request::SealExport(one) => Named::new(RecordKind::ExportRun, [one.run]),
            Request::Views(_) => Named::new(RecordKind::View, None),
            Request::Purposes(_) => Named::new(RecordKind::Purpose, None),
            Request::ConsentRecord(one) => Named::new(contact, [one.contact.0]),
            Request::ConsentWithdraw(one) => Named::new(contact, [one.contact.0]),
            Request::OptInPrepare(one) => Named::new(contact, [one.contact.0]),
            Request::OptInSent(_) => Named::new(contact, None),
            Request::OptInConfirm(one) => Named::new(contact, one.contact.map(|contact| contact.0)),
            Request::ConsentProve(one) => Named::new(contact, [one.contact.0]),
            Request::ConsentReceipt(one) => Named::new(RecordKind::Consent, [one.event]),
            Request::Consents(one) => Named::new(contact, [one.contact.0]),
            Request::WordingAdd(_)
            | Request::WordingRetire(_)
            | Request::Wordings(_)
            | Request::WordingGet(_) => Named::new(RecordKind::Wording, None),
            Request::CallCheck(one) => Named::new(contact, [one.contact.0]),
            Request::CallBegin(one) => Named::new(contact, [one.contact.0]),
            Request::CallConfirmation(one) => Named::new(contact, [one.contact.0]),
            Request::CallDelivery(one) => Named::new(RecordKind::Call, [one.call]),
            Request::CallRecord(one) => Named::new(contact, [one.contact.0]),
            Request::CallListPut(one) => Named::new(contact, [one.contact.0]),
            Request::CallListMake(_)
            | Request::CallLists(_)
            | Request::CallListShow(_)
            | Request::CallListNext(_)
            | Request::CallListClose(_) => Named::new(RecordKind::CallList, None),
            Request::TaskDone(one) => Named::new(RecordKind::Task, [one.id]),
            Request::Tasks(_) | Request::Today(_) => Named::new(RecordKind::Task, None),
            Request::SubjectErase(one) => Named::new(contact, [one.contact.0]),
            Request::Certificates(_) | Request::CertificateGet(_) | Request::RecipientTold(_) => {
                Named::new(RecordKind::Certificate, None)
            }
            Request::Mentions(_) => Named::new(RecordKind::Mention, None),
            Request::MentionDecide(one) => Named::new(RecordKind::Mention, [one.id]),
            Request::KeptProofs(_) | Request::SweepProofs(_) => Named::new(RecordKind::KeptProof, None),
            Request::Aggregates(_) => Named::new(RecordKind::Aggregate, None),
            Request::Disclose(one) => match &one.of {
                crate::api::Whom::Contact(id) => Named::new(contact, [id.0]),
                crate::api::Whom::Named { .. } => Named::new(contact, None),
            },
            Request::Disclosed(one) => Named::new(contact, [one.contact.0]),
            Request::RequestOpen(one) => Named::new(contact, one.contact.map(|contact| contact.0)),
            Request::Requests(_)
            | Request::RequestShow(_)
            | Request::RequestIdentify(_)
            | Request::RequestExtend(_)
            | Request::RequestRefuse(_)
            | Request::RequestClose(_)
            | Request::RequestAssign(_) => Named::new(RecordKind::Request, None),
            Request::SubjectRestrict(one) => Named::new(contact, [one.contact.0]),
            Request::SubjectLift(one) => Named::new(contact, [one.contact.0]),
            Request::SubjectRectify(one) => Named::new(contact, [one.contact.0]),
            Request::SubjectObject(one) => Named::new(contact, [one.contact.0]),
            Request::RequestInvite(one) => Named::new(contact, [one.contact.0]),
            Request::RequestIngest(one) => Named::new(RecordKind::Invitation, [one.invitation]),
            Request::GivenTo(one) => Named::new(contact, [one.contact.0]),
            Request::PublicationAdd(one) => Named::new(contact, [one.contact.0]),
            Request::PublicationWithdraw(one) => Named::new(RecordKind::Publication, [one.id]),
            Request::CallKeep(_) | Request::CallDrop(_) | Request::CallsOpen(_) => {
                Named::new(RecordKind::Call, None)
            }
            Request::RetentionExplain(one) => Named::new(contact, [one.contact.0]),
            Request::HoldAdd(one) => Named::new(contact, [one.contact.0]),
            Request::HoldRelease(one) => Named::new(RecordKind::Hold, [one.id]),
            Request::Holds(one) => Named::new(contact, one.contact.map(|contact| contact.0)),
            Request::Reviews(_) => Named::new(contact, None),
            Request::ReviewErase(one) => Named::new(contact, [one.contact.0]),
            Request::RetentionPlan(_)
            | Request::RetentionPlanPage(_)
            | Request::RetentionApply(_)
            | Request::RetentionApprove(_)
            | Request::Sweeps(_) => Named::new(RecordKind::Sweep, None),
            Request::RetentionPreset(_) => Named::new(RecordKind::RetentionRule, None),
            Request::Incidents(_)
            | Request::IncidentReport(_)
            | Request::IncidentClose(_)
            | Request::IncidentScope(_)
            | Request::IncidentDraft(_) => Named::new(RecordKind::Incident, None),
            Request::RegisterShow(_) | Request::RegisterApprove(_) | Request::RegisterVersions(_) => {
                Named::new(RecordKind::RegisterVersion, None)
            }
            Request::TrainingAdd(_) | Request::Trainings(_) => Named::new(RecordKind::Training, None),
            Request::SetPassword(_) => Named::new(RecordKind::User, None),
            Request::Suppress(_)
            | Request::LiftSuppression(_)
            | Request::SuppressionCheck(_)
            | Request::SuppressionEntries(_) => Named::new(RecordKind::Suppression, None),
            Request::ScreeningImport(_) | Request::ScreeningLists(_) => {
                Named::new(RecordKind::ScreeningList, None)
            }
            Request::BackupBegin(_)
            | Request::BackupStep(_)
            | Request::BackupStop(_)
            | Request::Backups(_)
            | Request::BackupForget(_)
            | Request::EscrowMake(_)
            | Request::EscrowRefresh(_)
            | Request::Ways(_)
            | Request::WayAdd(_)
            | Request::WayRemove(_)
            | Request::KeysRotate(_) => Named::new(RecordKind::Backup, None),
            Request::Whoami(_)
            | Request::SchemaGet(_)
            | Request::Activity(_)
            | Request::Undo(_)
            | Request::Redo(_)
            | Request::Drafts(_)
            | Request::LogVerify(_)
            | Request::LogCheckpoint(_)
            | Request::LogProve(_)
            | Request::Denials(_)
            | Request::Evidence(_)
            | Request::SweepReadings(_)
            | Request::SweepConsents(_)
            | Request::Status(_)
            | Request::Doctor(_)
            | Request::Inventory(_)
            | Request::LawShow(_)
            | Request::RoleList(_) => Named::default(),
        }
    }
}
