//! Records as they are shown: what the asker may see of them, with names in place of ids.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::consent::{BookLine, Held};
use crate::api::retention::RetentionView;
use crate::domain::access::{Access, RoleName, Scope};
use crate::domain::channel::Channel;
use crate::domain::denial::Why;
use crate::domain::entity::RecordKind;
use crate::domain::field::FieldKey;
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SessionId, StoreId};
use crate::domain::reading::ReadKind;
use crate::domain::time::Timestamp;
use crate::domain::value::{Day, Value, words};
use crate::domain::view::Belongs;
use crate::domain::wording::{Usage, WordingKind};

/// One field of one record, as the asker may see it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Shown {
    pub key: FieldKey,
    /// Absent when masked: the value itself does not leave the store then.
    pub value: Option<Value>,
    /// For people: names instead of ids, numbers as they are read, or the mask.
    pub text: String,
}

/// A record as the asker may see it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct View {
    pub kind: RecordKind,
    pub id: Uuid,
    pub revision: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The name it is listed by.
    pub title: String,
    pub deleted: bool,
    /// Fields that are not empty, in the schema's order.
    pub fields: Vec<Shown>,
}

impl View {
    pub fn get(&self, key: FieldKey) -> Option<&Shown> {
        self.fields.iter().find(|shown| shown.key == key)
    }

    /// The text of a field, empty when the field is.
    pub fn text(&self, key: FieldKey) -> &str {
        self.get(key).map_or("", |shown| &shown.text)
    }
}

/// Who is asking.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Identity {
    pub store: StoreId,
    pub controller: String,
    /// The default country of contacts, ISO code.
    pub country: String,
    pub user: Uuid,
    pub name: String,
    pub role: RoleName,
    pub team: String,
    pub session: SessionId,
    /// Whether the user has a password of its own.
    pub own_password: bool,
    /// The demo: invented people, nothing on disk.
    pub demo: bool,
}

/// Part of a list.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Page {
    pub items: Vec<View>,
    /// All hits, not only those of the page.
    pub total: u64,
    /// Where in the whole list the page begins.
    pub offset: u64,
    /// How many were held back, by reason.
    pub withheld: BTreeMap<String, u64>,
    /// Of whom nothing is left that allows to keep the data, and the day on which each is to be deleted.
    pub leaving: BTreeMap<Uuid, Day>,
}

/// One record with what hangs on it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Card {
    pub record: View,
    /// Notes about a contact, latest first.
    pub notes: Vec<View>,
    /// Contacts of a company, by name.
    pub people: Vec<View>,
    /// What a contact said about the use of the data; `None` where the asker does not read that, and of anything else.
    #[serde(default)]
    pub held: Option<Held>,
    /// When a contact's data goes, and why; of the record as it is now.
    pub retention: Option<Box<RetentionView>>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Added {
    pub id: Uuid,
    pub revision: u64,
    /// Who might be the same person.
    pub similar: Vec<Similar>,
    /// What should be looked at, such as words in a note that hint at health data.
    pub warnings: Vec<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Edited {
    pub revision: u64,
    /// The fields that changed; none when everything already was so.
    pub changed: Vec<FieldKey>,
    pub warnings: Vec<String>,
}

/// A contact that could be the same person.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Similar {
    /// Absent when the contact is out of the asker's sight: then only that it is there is told, and whom to ask.
    pub id: Option<ContactId>,
    pub title: String,
    pub company: String,
    /// `phone`, `email`, `name` or `name+company`: what is the same, the strongest first.
    pub same: Vec<String>,
    /// Whom to ask about a contact out of sight: a user, or a team.
    pub ask: String,
}

impl Similar {
    /// `Anna Schmidt, Muster GmbH`, or whom to ask about somebody who is not to be seen.
    pub fn name(&self) -> String {
        match (&self.id, self.company.as_str()) {
            (None, _) => format!("{}, ask {}", self.title, self.ask),
            (Some(_), "") => self.title.clone(),
            (Some(_), company) => format!("{}, {company}", self.title),
        }
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DuplicateGroup {
    pub same: Vec<String>,
    pub contacts: Vec<Similar>,
}

/// One field in a change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ChangeView {
    pub field: FieldKey,
    pub name: String,
    pub label: String,
    pub old: Option<Shown>,
    pub new: Option<Shown>,
}

/// One entry of the log.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the log, from 0.
    pub seq: u64,
    pub at: Timestamp,
    /// The user's name.
    pub actor: String,
    pub session: SessionId,
    pub action: Action,
    pub kind: RecordKind,
    pub id: Uuid,
    /// The contact the record is about, where it is about one.
    pub about: Option<ContactId>,
    /// The name of the record now; empty when it is gone.
    pub title: String,
    pub revision: u64,
    pub changes: Vec<ChangeView>,
    /// The entries of one transaction carry the number of its first.
    pub transaction: u64,
    /// The person was erased: what changed can no longer be read.
    pub erased: bool,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MergeReport {
    pub kept: ContactId,
    pub revision: u64,
    pub changes: Vec<ChangeView>,
    /// Fields in which the two differ and the kept one's value stands.
    pub differing: Vec<ChangeView>,
    pub notes_moved: u64,
    pub tasks_moved: u64,
    /// Places on call lists at which the person was still to be called.
    pub places_moved: u64,
    /// Calls of the other record, which are seen with the kept one and count against its caps.
    pub calls: u64,
    /// Open requests of the other record, which are the kept one's from now on.
    pub requests: u64,
    /// What the person refused, withdrew or objected to on the other record, and holds for the kept one too. No consent is
    /// taken over.
    pub refusals: Vec<BookLine>,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct BulkReport {
    pub matched: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub refused: Vec<(Uuid, String)>,
    /// Up to ten of the changes, for a preview.
    pub samples: Vec<(String, Vec<ChangeView>)>,
    /// The number of the transaction's first entry, to undo it by.
    pub transaction: Option<u64>,
}

words! {
    /// What became of a row.
    Outcome {
        Created = "created",
        Updated = "updated",
        Unchanged = "unchanged",
        Rejected = "rejected",
        /// It brings in what is not to be used again.
        Suppressed = "suppressed",
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RowOutcome {
    pub row: u64,
    pub outcome: Outcome,
    pub id: Option<ContactId>,
    /// Why it was rejected, or what else is worth knowing.
    pub reason: String,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ImportReport {
    pub rows: Vec<RowOutcome>,
    /// How many new contacts are in quarantine: bought leads without a basis (R15).
    pub quarantined: u64,
}

/// A page of an export.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ExportPage {
    pub page: Page,
    /// Notes of the contacts on the page, by contact.
    pub notes: Vec<(ContactId, Vec<View>)>,
    /// The entry that logs the export.
    pub logged: Option<u64>,
    /// The run that further pages name.
    pub run: Option<Uuid>,
    /// After whom the next page begins; nobody when this was the last.
    pub next: Option<Uuid>,
    /// The fields that leave.
    pub fields: Vec<FieldKey>,
    /// Whether notes leave.
    pub with_notes: bool,
}

/// What an export was: who took what out of the store, when, what for, and to whom.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub run: Uuid,
    /// The entry of the log that began it.
    pub logged: Option<u64>,
    pub at: Timestamp,
    /// The user's name.
    pub by: String,
    pub controller: String,
    pub purpose: String,
    pub purpose_version: u64,
    pub channel: Channel,
    pub query: String,
    /// Empty for the controller itself.
    pub recipient: String,
    pub fields: Vec<String>,
    pub notes: bool,
    pub records: u64,
    pub withheld: BTreeMap<String, u64>,
    /// Of the file; empty until it is written.
    pub sha256: String,
    pub bytes: u64,
}

/// Consents whose end was recorded, or would be.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SweptConsents {
    pub people: u64,
    pub expired: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Completion {
    pub text: String,
    pub count: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Undone {
    /// What was taken back, in words.
    pub what: String,
    /// The records that changed.
    pub records: Vec<(RecordKind, Uuid)>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct VerifyReport {
    pub entries: u64,
    pub records: u64,
    /// base64 of the log's root hash.
    pub root: String,
    /// Empty when all is well.
    pub problems: Vec<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CheckpointText {
    /// C2SP tlog-checkpoint, a signed note.
    pub text: String,
    /// The verifier key of the note.
    pub key: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ProofText {
    /// JSON, as `history check` reads it.
    pub json: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StatusReport {
    pub store: StoreId,
    pub version: String,
    pub format: u16,
    pub contacts: u64,
    pub companies: u64,
    pub notes: u64,
    pub deleted: u64,
    pub entries: u64,
    /// Nothing before the first one.
    pub checkpoint: Option<LastCheckpoint>,
    pub bytes_on_disk: u64,
    /// In this process, where the system tells.
    pub resident_bytes: Option<u64>,
    pub started_at: Timestamp,
    /// When a sweep was last planned or ended on its schedule.
    pub swept_at: Option<Timestamp>,
    pub ways_to_unlock: Vec<String>,
    /// When the last backup was made; nothing before the first.
    pub last_backup: Option<Timestamp>,
    /// Why the last scheduled one failed.
    pub backup_failed: Option<String>,
}

/// The last checkpoint that was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LastCheckpoint {
    pub at: Timestamp,
    /// How many entries the log had then.
    pub size: u64,
    /// base64 of the log's root hash then.
    pub root: String,
}

words! {
    /// How a check went.
    Level {
        Ok = "ok",
        Note = "note",
        Warning = "warning",
        Error = "error",
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CheckLine {
    pub name: String,
    pub level: Level,
    pub message: String,
    pub hint: String,
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct DoctorReport {
    pub checks: Vec<CheckLine>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct InventoryLine {
    pub record: RecordKind,
    pub field: String,
    pub label: String,
    pub category: String,
    /// What the field is for.
    pub purpose: String,
    pub justification: String,
    pub retention: String,
    pub custom: bool,
    /// How many records have a value in it.
    pub used: u64,
}

/// A role as it stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RoleView {
    pub name: RoleName,
    pub title: String,
    /// The built-in role it follows from.
    pub follows: String,
    /// `built in`, or the configuration it comes from.
    pub source: String,
    pub actions: Vec<String>,
    pub kinds: Vec<KindView>,
}

/// What a role is to one kind of record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct KindView {
    pub kind: RecordKind,
    pub read: Scope,
    pub write: Scope,
    pub fields: Vec<FieldAccess>,
}

/// What a field is to a role, in one's own records, the team's, and those of others.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FieldAccess {
    pub field: String,
    pub own: Access,
    pub team: Access,
    pub other: Access,
}

/// Why somebody sees what of a contact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Explanation {
    pub user: String,
    pub role: RoleName,
    pub contact: ContactId,
    pub field: Option<String>,
    /// What the field is to the user; of the whole contact when no field was asked for: `edit`, `read` or `hidden`.
    pub access: Access,
    /// The decision in a sentence.
    pub decision: String,
    /// What it follows from, in order.
    pub steps: Vec<Step>,
    /// The value as the user sees it when it is masked, for askers who see at least that.
    pub mask: Option<String>,
}

impl Explanation {
    /// The decision, and below it the chain.
    pub fn in_words(&self) -> String {
        let mut text = format!("{}.\n", self.decision);
        for step in &self.steps {
            text.push_str(&format!("  {:<9} {}\n", step.rule, step.result));
        }
        if let Some(mask) = &self.mask {
            text.push_str(&format!("  {:<9} {mask}\n", "shown as"));
        }
        text
    }
}

/// One link of the chain that a decision follows from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// What was looked at: `user`, `role`, `record`, `relation`, `scope`, `field`, `table`, `access`.
    pub rule: String,
    pub result: String,
}

/// One look at a person's data.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReadingView {
    pub id: Uuid,
    pub at: Timestamp,
    /// The user's name; the id for whoever sees no names.
    pub user: String,
    pub session: SessionId,
    pub kind: ReadKind,
    /// Absent where a search found nobody.
    pub about: Option<ContactId>,
    /// The person's name now; empty when there is none, or for whoever sees no names.
    pub title: String,
    /// The note that was opened, where it was not the person's own record.
    pub record: Option<Uuid>,
    /// The moment as of which it was shown.
    pub as_of: Option<Timestamp>,
    pub purpose: String,
    /// The words for fields of which only a mask was shown.
    pub masked: Vec<String>,
    /// What stands for a number or address that belongs to nobody here: the same for the same search, in base64.
    pub searched: String,
}

/// Some of the read log.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ReadingsPage {
    pub items: Vec<ReadingView>,
    /// All that fit the question, before and behind this page too.
    pub total: u64,
    /// Rows that do not open: damaged, or of a person who was erased.
    pub unreadable: u64,
    /// For how many months readings are kept.
    pub kept_months: u64,
}

/// Denials of one kind to one user within a short time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DenialView {
    pub id: Uuid,
    /// The first and the last of them.
    pub at: Timestamp,
    pub last: Timestamp,
    pub count: u64,
    /// The user's name, or the id for whoever sees no names; empty where an account of the machine is no user.
    pub user: String,
    /// The first few; none where no session began.
    pub sessions: Vec<SessionId>,
    /// The request's name.
    pub request: String,
    pub kind: Option<RecordKind>,
    /// The first few records that were named.
    pub records: Vec<Uuid>,
    pub why: Why,
}

/// Some of the log of denials.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct DenialsPage {
    pub items: Vec<DenialView>,
    /// All rows that fit the question, before and behind this page too.
    pub total: u64,
    /// Rows that do not open: damaged.
    pub unreadable: u64,
    /// For how many months denials are kept.
    pub kept_months: u64,
}

/// What a sweep of the read log and the log of denials did, or would do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SweptReadings {
    /// What is older than this goes.
    pub before: Timestamp,
    /// Readings.
    pub removed: u64,
    pub kept: u64,
    pub denials_removed: u64,
    pub denials_kept: u64,
    pub months: u64,
}

/// A saved view, or one that comes with the program.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ViewInfo {
    /// Absent for a shipped one, which is no record.
    pub id: Option<Uuid>,
    pub revision: u64,
    pub name: String,
    pub title: String,
    /// Contacts or companies.
    pub kind: RecordKind,
    pub filter: String,
    /// Names of fields, and `display_name`, `created_at`, `updated_at`; the usual ones when empty.
    pub columns: Vec<String>,
    /// As in a request for a list.
    pub sort: String,
    pub belongs: Belongs,
    /// The name of the user, team or role it belongs to.
    pub whose: String,
    /// Whether the asker may change it.
    pub editable: bool,
    /// A nearer one of the same name takes its place.
    pub hidden: bool,
}

impl ViewInfo {
    /// What stands for it behind an `@`: the id, which stays when the name changes, or a shipped one's name.
    pub fn reference(&self) -> String {
        self.id.map_or_else(|| self.name.clone(), |id| id.to_string())
    }
}

/// One version of a wording.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WordingView {
    pub id: Uuid,
    pub kind: WordingKind,
    pub name: String,
    pub version: u64,
    /// How many versions the name has.
    pub versions: u64,
    /// BCP 47.
    pub language: String,
    pub subject: String,
    pub text: String,
    /// Of the text's bytes.
    pub sha256: String,
    /// For all purposes when there is none.
    pub purposes: Vec<String>,
    pub usage: Option<Usage>,
    pub created_at: Timestamp,
    /// When this version was used first: read out in a call, told of with a consent.
    pub first_used: Option<Timestamp>,
    /// Since when the name is not offered any more.
    pub retired_at: Option<Timestamp>,
}

/// What became of a wording that was added.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WordingAdded {
    pub id: Uuid,
    pub version: u64,
    pub sha256: String,
    /// The latest version says the same; nothing was written.
    pub unchanged: bool,
}
