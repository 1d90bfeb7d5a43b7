//! What kind of work a request is: whether it may be asked again unseen, and whether others wait for it.

use crate::api::Request;

/// What a request does, as far as whoever carries it about must know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nature {
    /// Reads, at once. Asked twice, nothing is different.
    Look,
    /// Reads, and may take seconds with a large store.
    Study,
    /// Changes something: a small part.
    Change,
    /// Changes something, or writes that it was asked; may take seconds.
    Labour,
}

impl Nature {
    /// Whether it may be asked a second time when nobody knows whether it was carried out.
    ///
    /// Nothing else is ever repeated by the program itself. A change whose answer was lost is told to the person, who looks
    /// and decides: an edit names the revision it saw, so that doing it twice ends in a conflict, but a second new record or
    /// a second undo would be carried out like the first.
    pub fn repeatable(self) -> bool {
        match self {
            Nature::Look | Nature::Study => true,
            Nature::Change | Nature::Labour => false,
        }
    }

    /// Whether the same session's other requests should not wait for it.
    pub fn long(self) -> bool {
        match self {
            Nature::Look | Nature::Change => false,
            Nature::Study | Nature::Labour => true,
        }
    }
}

impl Request {
    pub fn nature(&self) -> Nature {
        match self {
            Request::Whoami(_)
            | Request::SchemaGet(_)
            | Request::List(_)
            | Request::Among(_)
            | Request::Reachable(_)
            | Request::Get(_)
            | Request::History(_)
            | Request::FindSimilar(_)
            | Request::Complete(_)
            | Request::Activity(_)
            | Request::LogCheckpoint(_)
            | Request::LogProve(_)
            | Request::Present(_)
            | Request::RoleList(_)
            | Request::LawShow(_)
            | Request::RetentionExplain(_)
            | Request::Holds(_)
            | Request::RetentionPlanPage(_)
            | Request::Sweeps(_)
            | Request::Drafts(_)
            | Request::AccessExplain(_)
            | Request::Purposes(_)
            | Request::Consents(_)
            | Request::CallCheck(_)
            | Request::CallsOpen(_)
            | Request::CallLists(_)
            | Request::CallListShow(_)
            | Request::Tasks(_)
            | Request::Requests(_)
            | Request::Incidents(_)
            | Request::IncidentDraft(_)
            | Request::RegisterVersions(_)
            | Request::Trainings(_)
            | Request::RequestShow(_)
            | Request::GivenTo(_)
            | Request::CallConfirmation(_)
            | Request::Views(_)
            | Request::Wordings(_)
            | Request::WordingGet(_)
            | Request::SuppressionCheck(_)
            | Request::ScreeningLists(_)
            | Request::Ways(_)
            | Request::Backups(_)
            | Request::Status(_) => Nature::Look,
            Request::Duplicates(_)
            | Request::Certificates(_)
            | Request::CertificateGet(_)
            | Request::Mentions(_)
            | Request::Aggregates(_)
            | Request::KeptProofs(_)
            | Request::SuppressionEntries(_)
            | Request::Readings(_)
            | Request::RegisterShow(_)
            | Request::Evidence(_)
            | Request::Today(_)
            | Request::Denials(_)
            | Request::Reviews(_)
            | Request::LogVerify(_)
            | Request::Doctor(_)
            | Request::Inventory(_) => Nature::Study,
            Request::Add(_)
            | Request::Edit(_)
            | Request::Delete(_)
            | Request::Restore(_)
            | Request::ConsentRecord(_)
            | Request::ConsentWithdraw(_)
            // Asked again, it makes another code.
            | Request::OptInPrepare(_)
            | Request::OptInSent(_)
            | Request::OptInConfirm(_)
            | Request::WordingAdd(_)
            | Request::WordingRetire(_)
            | Request::CallBegin(_)
            | Request::CallListNext(_)
            | Request::CallListPut(_)
            | Request::CallListClose(_)
            | Request::TaskDone(_)
            | Request::RecipientTold(_)
            | Request::MentionDecide(_)
            | Request::RequestOpen(_)
            | Request::IncidentReport(_)
            | Request::IncidentClose(_)
            | Request::RegisterApprove(_)
            | Request::TrainingAdd(_)
            | Request::Disclosed(_)
            // Asked again, it makes another key.
            | Request::RequestInvite(_)
            | Request::RequestIngest(_)
            | Request::RequestIdentify(_)
            | Request::RequestExtend(_)
            | Request::RequestRefuse(_)
            | Request::RequestClose(_)
            | Request::RequestAssign(_)
            | Request::SubjectRestrict(_)
            | Request::SubjectLift(_)
            | Request::SubjectRectify(_)
            | Request::SubjectObject(_)
            | Request::PublicationAdd(_)
            | Request::PublicationWithdraw(_)
            | Request::CallKeep(_)
            | Request::CallDrop(_)
            | Request::CallRecord(_)
            | Request::CallDelivery(_)
            | Request::SealExport(_)
            | Request::KeepDraft(_)
            | Request::DropDraft(_)
            | Request::Suppress(_)
            | Request::RetentionPreset(_)
            | Request::HoldAdd(_)
            | Request::HoldRelease(_)
            | Request::RetentionApprove(_)
            | Request::LiftSuppression(_)
            | Request::BackupStop(_)
            | Request::BackupForget(_)
            | Request::WayRemove(_)
            | Request::Merge(_) => Nature::Change,
            Request::Bulk(_)
            | Request::CallListMake(_)
            | Request::Import(_)
            | Request::IncidentScope(_)
            | Request::SweepReadings(_)
            | Request::ScreeningImport(_)
            | Request::Export(_)
            | Request::SweepConsents(_)
            | Request::RetentionPlan(_)
            | Request::RetentionApply(_)
            | Request::ReviewErase(_)
            | Request::SubjectErase(_)
            | Request::SweepProofs(_)
            // Deriving what a password becomes takes a moment.
            | Request::SetPassword(_)
            // Both leave the store, which is written down each time.
            | Request::ConsentProve(_)
            | Request::ConsentReceipt(_)
            | Request::BackupBegin(_)
            | Request::BackupStep(_)
            | Request::EscrowMake(_)
            | Request::EscrowRefresh(_)
            | Request::WayAdd(_)
            | Request::KeysRotate(_)
            | Request::Disclose(_)
            | Request::Undo(_)
            | Request::Redo(_) => Nature::Labour,
        }
    }
}
