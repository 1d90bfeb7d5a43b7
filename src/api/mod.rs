//! What crosses the door: requests, answers, errors. Everything anybody does is one [`Request`].

pub mod accountability;
pub mod backup;
pub mod call;
pub mod consent;
pub mod disclosure;
pub mod erasure;
pub mod error;
pub mod event;
pub mod frame;
pub mod hush;
pub mod law;
pub mod names;
mod nature;
pub mod place;
pub mod retention;
pub mod rights;
pub mod suppression;
pub mod view;
pub mod work;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::answers::CallAnswers;
use crate::domain::channel::Channel;
use crate::domain::consent::{Delivery, Way};
use crate::domain::country::{Country, Language};
use crate::domain::draft::{Draft, Form};
use crate::domain::edit::{FieldEdit, Incoming};
use crate::domain::entity::RecordKind;
use crate::domain::erasure::{Ground, MentionState};
use crate::domain::field::FieldKey;
use crate::domain::id::ContactId;
use crate::domain::request::{IdentityCheck, IdentityOutcome, RequestState, RestrictionReason, Right};
use crate::domain::schema::StoredCustom;
use crate::domain::suppression::{Class, Reason, Scope};
use crate::domain::time::Timestamp;
use crate::domain::value::Day;
use crate::domain::wording::{Usage, WordingKind};

pub use crate::domain::consent::Receipt;
pub use crate::domain::disclosure::Disclosure;
pub use backup::{BackupProgress, BackupView, NewWay, Rotated, WayAdded, WayView, WithKeys};
pub use call::{
    CallBegun, CallCard, CallKept, CallMessage, CallQuestion, CallRecorded, CallRule, CallScript, Dial,
    Offered, OpenCall,
};
pub use consent::{
    Book, BookLine, ConsentProof, EventView, Opening, OptInConfirmed, OptInMessage, ProvenEvent, Recorded,
    Said, StoredPurpose,
};
pub use disclosure::Whom;
pub use error::{Cause, Code, Error};
pub use event::Event;
pub use hush::Hush;
pub use nature::Nature;
pub use suppression::{
    ListProgress, ListView, NotTaken, Suppressed, SuppressionEntry, SuppressionPage, SuppressionState,
    Unsuppressed,
};
pub use view::{
    Added, BulkReport, Card, ChangeView, CheckLine, CheckpointText, Completion, DenialView, DenialsPage,
    DoctorReport, DuplicateGroup, Edited, Entry, Explanation, ExportPage, FieldAccess, Identity,
    ImportReport, InventoryLine, KindView, LastCheckpoint, Level, Manifest, MergeReport, Outcome, Page,
    ProofText, ReadingView, ReadingsPage, RoleView, RowOutcome, Shown, Similar, StatusReport, Step,
    SweptConsents, SweptReadings, Undone, VerifyReport, View, ViewInfo, WordingAdded, WordingView,
};

/// A request with the type of its answer.
pub trait Call: Sized {
    type Answer;
    fn into_request(self) -> Request;
    /// `None` when the answer belongs to another request.
    fn answer(response: Response) -> Option<Self::Answer>;
}

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident : $ty:ty,)* } -> $answer:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
            pub struct $name { $($(#[$fdoc])* pub $field: $ty,)* }

            impl Call for $name {
                type Answer = $answer;

                fn into_request(self) -> Request {
                    Request::$name(self)
                }

                fn answer(response: Response) -> Option<$answer> {
                    match response {
                        Response::$name(answer) => Some(answer),
                        #[allow(unreachable_patterns, reason = "an answer to any other request is none to this one")]
                        _ => None,
                    }
                }
            }
        )*

        /// Everything that can be asked.
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        pub enum Request { $($(#[$doc])* $name($name),)* }

        /// The answer to each request.
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        pub enum Response { $($name($answer),)* }

        impl Request {
            /// The names of all requests, in the order of the policy table.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            pub fn name(&self) -> &'static str {
                match self { $(Request::$name(_) => stringify!($name),)* }
            }
        }
    };
}

/// Which part of a list is wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Window {
    /// After the record with this id; takes precedence over `offset`.
    pub after: Option<Uuid>,
    pub offset: u64,
    /// All, when absent.
    pub limit: Option<u64>,
}

/// The records an operation on many works on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Targets {
    Ids(Vec<Uuid>),
    Query(String),
}

/// What is done to each of many records.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Deed {
    Edit(Vec<FieldEdit>),
    /// As [`Delete`] does.
    Delete,
    /// As [`Restore`] does.
    Restore,
}

/// A number or an address as somebody typed it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Typed {
    pub class: Class,
    pub text: String,
    /// ISO code: the country of a number without a country code; the store's when empty.
    pub country: String,
}

/// Which do-not-call list is brought in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ListHead {
    pub name: String,
    /// ISO code; the store's country when empty.
    pub country: String,
    pub dated: Day,
    pub source: String,
}

/// A step of bringing a do-not-call list in. The one in force stays until the new one is finished.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ListPart {
    Begin(ListHead),
    /// Numbers as the file has them, each with its row.
    Numbers(Vec<(u64, String)>),
    /// The same with the day since which each is listed, where the file tells.
    Dated(Vec<(u64, String, Option<Day>)>),
    /// That was all.
    Finish {
        /// SHA-256 of the file, in hexadecimal digits.
        file_hash: String,
        /// Rows that could not even be sent.
        unread: u64,
        /// Also when there are far fewer than before.
        accept_smaller: bool,
    },
    /// It is not brought in.
    Abandon,
}

/// Where imported data comes from (R16); applies to rows that do not say it themselves.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Provenance {
    pub source: String,
    pub supplier: String,
    /// The word of one of the six legal bases.
    pub basis: String,
    pub reason: String,
    /// ISO code; the country of rows without one.
    pub country: String,
    pub tags: Vec<String>,
}

/// Records that one [`Among`] may name.
pub const AMONG_MOST: usize = 500;

calls! {
    /// Who is asking, of which store.
    Whoami {} -> Identity;
    /// The custom fields; the built-in ones are part of the program.
    SchemaGet {} -> Vec<StoredCustom>;
    /// Records that a query finds, in order.
    List {
        kind: RecordKind,
        /// In the language of `domain::query`; for notes, the contact's id.
        query: String,
        /// A field's name, with `-` in front for descending; by relevance or name when empty.
        sort: String,
        window: Window,
        /// The fields wanted; all when empty.
        columns: Vec<FieldKey>,
    } -> Page;
    /// Which of these records, at most [`AMONG_MOST`], a query finds by now: for whoever shows them, or heard of them. In
    /// the total is how many it finds at all, where that is to be counted.
    Among { kind: RecordKind, query: String, ids: Vec<Uuid>, columns: Vec<FieldKey>, count: bool, } -> Page;
    /// One record, also as it stood at a moment.
    Get { kind: RecordKind, id: Uuid, at: Option<Timestamp>, } -> Card;
    /// A new record. Notes name the contact they are about.
    Add { kind: RecordKind, about: Option<ContactId>, fields: Vec<FieldEdit>, } -> Added;
    /// Changes of some fields. With a revision, it is refused when a field it changes was changed since.
    Edit { kind: RecordKind, id: Uuid, fields: Vec<FieldEdit>, expect_revision: Option<u64>, } -> Edited;
    /// Takes a record out of lists; it can be restored.
    Delete { kind: RecordKind, id: Uuid, expect_revision: Option<u64>, } -> Edited;
    /// Brings a deleted record back.
    Restore { kind: RecordKind, id: Uuid, } -> Edited;
    /// The changes of a record, latest first.
    History { kind: RecordKind, id: Uuid, } -> Vec<Entry>;
    /// Contacts that could be the same person as the one described.
    FindSimilar { fields: Vec<FieldEdit>, except: Option<ContactId>, } -> Vec<Similar>;
    /// Groups of contacts that could be the same person.
    Duplicates { limit: Option<u64>, } -> Vec<DuplicateGroup>;
    /// Moves what `other` has and `keep` lacks into `keep`, and deletes `other`.
    Merge { keep: ContactId, other: ContactId, dry_run: bool, } -> MergeReport;
    /// The same done to many records, in one step.
    Bulk {
        kind: RecordKind,
        targets: Targets,
        deed: Deed,
        dry_run: bool,
        /// How many were to change when somebody agreed to it; refused when it is another number by now.
        expect: Option<u64>,
    } -> BulkReport;
    /// One chunk of an import, in one transaction.
    Import { rows: Vec<Incoming>, provenance: Provenance, dry_run: bool, } -> ImportReport;
    /// Contacts that may be reached for a purpose, by one of its channels or by any of them, of those a query finds. The
    /// others are counted by reason.
    Reachable {
        query: String,
        purpose: String,
        channel: Option<Channel>,
        sort: String,
        window: Window,
        columns: Vec<FieldKey>,
    } -> Page;
    /// A page of contacts that leave the store for a purpose: those who may be reached for it, with the fields it needs. The
    /// first page begins a run, which is logged; each further page names it.
    Export {
        query: String,
        purpose: String,
        channel: Channel,
        window: Window,
        /// The fields wanted, of those the purpose needs; all of these when empty.
        columns: Vec<FieldKey>,
        /// The name of the registered recipient; the controller itself when empty.
        to: String,
        run: Option<Uuid>,
    } -> ExportPage;
    /// Says what file an export of this session became, and closes it.
    SealExport {
        run: Uuid,
        /// Of the file, in lower-case hexadecimal digits.
        sha256: String,
        bytes: u64,
        records: u64,
    } -> Manifest;
    /// When a person's data goes, by which rule, and what keeps it; as of today, or of another day.
    RetentionExplain { contact: ContactId, as_of: Option<Day>, } -> retention::RetentionView;
    /// Takes the law's presets of a country over as rules; of none, those that hold wherever there is no other. Rules that are
    /// there stay as they are.
    RetentionPreset { country: Option<Country>, dry_run: bool, } -> Vec<retention::PresetRule>;
    /// Holds a person's data: until the end of a day nothing deletes it.
    HoldAdd {
        contact: ContactId,
        reason: String,
        /// Categories of data; everything when empty.
        scope: Vec<String>,
        until: Day,
    } -> retention::HoldView;
    /// Ends a hold before its time.
    HoldRelease { id: Uuid, why: String, } -> retention::HoldView;
    /// Makes the plan of whose time is up, today or on another day. Its people are asked for page by page.
    RetentionPlan {
        as_of: Option<Day>,
        /// To note its hash, so that it can be carried out.
        propose: bool,
        /// An operator looked at a step of the clock.
        clock_is_right: bool,
    } -> retention::PlanMade;
    /// Some people of the plan that this session made last, from the so-many-eth on.
    RetentionPlanPage { sha256: String, from: u64, } -> retention::PlanPage;
    /// Carries a plan out: taken in part by part, looked at as a whole, then carried out step by step.
    RetentionApply { part: retention::ApplyPart, } -> retention::SweepProgress;
    /// Agrees with a plan that somebody else made, by its hash.
    RetentionApprove { sha256: String, } -> retention::SweepView;
    /// What was planned and carried out, latest first; no persons.
    Sweeps {} -> Vec<retention::SweepView>;
    /// Whose time is up and who goes only when somebody decides so.
    Reviews {} -> Vec<retention::ReviewView>;
    /// Decides that one of these goes. Whoever is to stay is held.
    ReviewErase { contact: ContactId, anonymise: bool, } -> ();
    /// Holds, of one person or all, the first to end first; ended ones too when asked.
    Holds { contact: Option<ContactId>, ended: bool, } -> Vec<retention::HoldView>;
    /// Records the end of consents whose time is up. They hold nothing since then either way.
    SweepConsents { dry_run: bool, } -> SweptConsents;
    /// Words that could follow: values of a field that begin so, with how many records have them.
    Complete { kind: RecordKind, field: String, prefix: String, limit: u64, } -> Vec<Completion>;
    /// The log, latest first, from before an entry on.
    Activity { before: Option<u64>, limit: u64, } -> Vec<Entry>;
    /// Takes back a change as a new change: the last own one of this session, or the one that is named.
    Undo { seq: Option<u64>, } -> Undone;
    /// Takes back the last undo of this session.
    Redo {} -> Undone;
    /// Keeps what was typed into a form and not saved, in place of what was kept of that form before.
    KeepDraft { draft: Draft, } -> ();
    /// What the asker typed and did not save, latest first.
    Drafts {} -> Vec<Draft>;
    /// Forgets what was kept of a form.
    DropDraft { form: Form, } -> ();
    /// Checks every record against its last leaf, and every leaf against the root.
    LogVerify {} -> VerifyReport;
    /// A signed statement of the log's size and root.
    LogCheckpoint {} -> CheckpointText;
    /// A proof that an entry is in the log, checkable offline without any key.
    LogProve { seq: u64, } -> ProofText;
    /// Which record the session has open, so that others know, and who else has it open. Of no record: none is.
    Present { kind: RecordKind, id: Option<Uuid>, } -> event::Presence;
    /// The saved views one has, shipped ones too, by name. Of several with one name the nearest, unless `all` are asked for;
    /// then also those that one only may change.
    Views { kind: Option<RecordKind>, all: bool, } -> Vec<ViewInfo>;
    /// A wording's first or next version, once it tells what it must. The same as the latest version changes nothing.
    WordingAdd {
        kind: WordingKind,
        name: String,
        /// BCP 47.
        language: String,
        /// Of a message.
        subject: String,
        text: String,
        /// Slugs; for all purposes when there is none.
        purposes: Vec<String>,
        /// Of a message.
        usage: Option<Usage>,
    } -> WordingAdded;
    /// From now on a name is not offered any more; its versions stay. A next version brings it back.
    WordingRetire { kind: WordingKind, name: String, } -> WordingView;
    /// The wordings by name, the latest version of each.
    Wordings { kind: Option<WordingKind>, } -> Vec<WordingView>;
    /// One version of a wording; the latest where none is named.
    WordingGet { kind: WordingKind, name: String, version: Option<u64>, } -> WordingView;
    /// Who looked at persons' records, latest first: at one person's, or one user at anybody's, or all of it.
    Readings {
        about: Option<ContactId>,
        /// A user's name or id, inactive ones too; anybody when empty.
        user: String,
        /// Inclusive.
        from: Option<Timestamp>,
        /// Exclusive.
        to: Option<Timestamp>,
        /// Only what came before the reading with this id.
        before: Option<Uuid>,
        limit: u64,
    } -> ReadingsPage;
    /// Who was refused what, latest first: one user, or anybody.
    Denials {
        /// A user's name or id, inactive ones too; anybody when empty.
        user: String,
        /// Inclusive.
        from: Option<Timestamp>,
        /// Exclusive.
        to: Option<Timestamp>,
        /// Only what came before the row with this id.
        before: Option<Uuid>,
        limit: u64,
    } -> DenialsPage;
    /// Takes readings and denials out of their logs that are older than they are kept.
    SweepReadings { dry_run: bool, } -> SweptReadings;
    /// Sizes and times; no personal data.
    Status {} -> StatusReport;
    /// What is wrong or could go wrong with the store.
    Doctor {} -> DoctorReport;
    /// Every field with what it is for (R11).
    Inventory {} -> Vec<InventoryLine>;
    /// The roles there are, with what each may see and do.
    RoleList {} -> Vec<RoleView>;
    /// Gives a user an own password, asked for when a session begins; none takes it away. Oneself when no user is named:
    /// then the old one is given, where there is one.
    SetPassword { user: Option<String>, password: Option<Hush>, old: Option<Hush>, } -> Edited;
    /// What data is used for; retired ones too when asked.
    Purposes { retired: bool, } -> Vec<StoredPurpose>;
    /// Records what a person said about the use of data, or on which other ground than consent it is used. All of it, or
    /// nothing.
    ConsentRecord { contact: ContactId, said: Vec<Said>, } -> Recorded;
    /// Takes consent back, or notes an objection: for one purpose or all, one channel or all.
    ConsentWithdraw {
        contact: ContactId,
        /// All purposes when `None`; of an objection, all that are direct marketing.
        purpose: Option<String>,
        channel: Option<Channel>,
        /// What the person said, word for word; nobody needs to give a reason.
        words: String,
        way: Way,
        at: Option<Timestamp>,
        zone: String,
        /// Art. 21 GDPR, rather than Art. 7(3).
        objection: bool,
    } -> Recorded;
    /// What holds for a person, and the events from which it follows; as it stood at a moment when one is named.
    Consents { contact: ContactId, at: Option<Timestamp>, } -> Book;
    /// Whether somebody may be called for a purpose now, by which rule, and what one should know before dialling. Logged as
    /// a look at the person.
    CallCheck {
        contact: ContactId,
        purpose: String,
        /// One of the person's numbers; the first that is not known to be wrong when `None`.
        number: Option<String>,
    } -> CallCard;
    /// Begins a call: decided once more at this very moment, and from now on nobody else can call the person. Refused when
    /// somebody is. Whoever begins again a call of their own goes on with it.
    CallBegin {
        contact: ContactId,
        purpose: String,
        number: Option<String>,
        /// In which the script is wanted; the person's, else the controller's country's when `None`.
        language: Option<Language>,
        /// The call list that it is made from.
        list: Option<Uuid>,
    } -> CallBegun;
    /// Keeps what was said so far in a call that was begun. Refused, with nothing lost, once the person has objected elsewhere
    /// meanwhile, or withdrawn all that the call is for: then the call must end.
    CallKeep { call: Uuid, answers: CallAnswers, } -> CallKept;
    /// One's own calls that were begun and not recorded, the latest first.
    CallsOpen {} -> Vec<OpenCall>;
    /// Forgets a call that was begun: nobody was dialled.
    CallDrop { call: Uuid, } -> ();
    /// The message that confirms to a person what was answered in a call, filled in, so that it is seen before it is kept with
    /// the call. Nothing is kept or sent by this.
    CallConfirmation {
        contact: ContactId,
        answers: CallAnswers,
        /// For an e-mail or for a letter.
        usage: Usage,
    } -> CallMessage;
    /// Records what became of the message that confirms a call, afterwards: that it was sent, that it arrived, that it came
    /// back. One event for each answer of the call.
    CallDelivery {
        call: Uuid,
        way: Way,
        /// Where it went to: one of the person's addresses; none where it was handed over.
        address: String,
        /// Now when `None`.
        at: Option<Timestamp>,
        delivery: Delivery,
        /// What was sent, where it is not what was kept with the call.
        text: String,
        /// Such as the number of a registered letter.
        evidence: String,
        zone: String,
    } -> Recorded;
    /// Records a call with all that was said, in one transaction. The same id is recorded once.
    CallRecord { contact: ContactId, answers: CallAnswers, } -> CallRecorded;
    /// A message with a new code that asks a person to confirm (double opt-in). Nothing is recorded before it is out.
    OptInPrepare {
        contact: ContactId,
        purpose: String,
        channel: Channel,
        /// One of the person's; the first when `None`.
        address: Option<String>,
        language: Option<Language>,
        /// How long the code is good.
        days: u16,
        /// Where the code is handed in, with `{code}` where it goes; else by answering the message.
        link: Option<String>,
    } -> OptInMessage;
    /// That a message which this session prepared is out: it is recorded, and its code confirms from now on.
    OptInSent { handle: Uuid, zone: String, } -> Recorded;
    /// Takes a code that came back. What is named beside it must be what the code was sent for.
    OptInConfirm {
        code: Hush,
        contact: Option<ContactId>,
        purpose: Option<String>,
        channel: Option<Channel>,
        zone: String,
    } -> OptInConfirmed;
    /// What held for a person, a purpose and a channel at a moment, with all that proves it.
    ConsentProve { contact: ContactId, purpose: String, channel: Channel, at: Option<Timestamp>, } -> ConsentProof;
    /// What the person is handed about one event.
    ConsentReceipt { event: Uuid, } -> Receipt;
    /// Makes a list of people to call for a purpose: of those whom a query finds, who may be called, if not at this hour.
    /// Those who may not are counted by reason.
    CallListMake {
        name: String,
        purpose: String,
        query: String,
        /// Who works on it; everybody who may call when empty.
        team: String,
    } -> work::CallListView;
    /// The call lists, with how far each is; closed ones too when asked.
    CallLists { closed: bool, } -> Vec<work::CallListView>;
    /// A call list, by id or name, with its people.
    CallListShow { list: String, } -> work::CallListCard;
    /// Whom to call next from a list: held for the asker, and decided about at this moment. Nobody when nobody is left.
    CallListNext { list: String, } -> Option<work::NextCall>;
    /// Puts a person of a list back without a call.
    CallListPut { list: String, contact: ContactId, put: work::PutBack, } -> ();
    /// Nobody is called from the list any more.
    CallListClose { list: String, } -> work::CallListView;
    /// Notes that a task is done, or that it is not.
    TaskDone { id: Uuid, done: bool, } -> Edited;
    /// Tasks that are not done, the oldest due first.
    Tasks {
        /// A user's name, or `me`; anybody's when empty.
        owner: String,
        /// Due by this moment; also those without a date when `None`.
        before: Option<Timestamp>,
        about: Option<ContactId>,
    } -> Vec<work::TaskView>;
    /// What the asker has to do today.
    Today {} -> work::DayWork;
    /// Takes in what a person asks for by right. Anybody who sees the person does (R19), and anybody for somebody who is no
    /// contact here.
    RequestOpen {
        contact: Option<ContactId>,
        /// Name and address of somebody who is no contact; empty otherwise.
        person: String,
        /// In which the person is answered; the contact's own, else the controller's, when `None`.
        language: Option<Language>,
        right: Right,
        /// Today when `None`; never ahead.
        received: Option<Day>,
        how: String,
        words: String,
    } -> work::RequestView;
    /// Requests of persons, the next due first.
    Requests {
        /// Due by this day.
        before: Option<Day>,
        /// All when `None`.
        state: Option<RequestState>,
        right: Option<Right>,
        about: Option<ContactId>,
    } -> Vec<work::RequestView>;
    /// The incidents, the latest first; those that are not closed alone when asked.
    Incidents { open: bool, } -> Vec<accountability::IncidentView>;
    /// Notes that the authority or the persons were told. A first report to the authority after the 72 hours gives a reason.
    IncidentReport {
        number: u64,
        to: accountability::Addressee,
        /// Now when `None`.
        at: Option<Timestamp>,
        /// What was reported: further reports may follow in phases (Art. 33(4) GDPR).
        words: String,
        late_reason: String,
    } -> accountability::IncidentView;
    /// Ends an incident: every one stays documented (Art. 33(5) GDPR).
    IncidentClose {
        number: u64,
        /// What is done so that it does not happen again.
        lessons: String,
    } -> accountability::IncidentView;
    /// Whose data a user or a session read or exported between two moments.
    IncidentScope {
        /// A name or an id; anybody when empty.
        user: String,
        session: Option<Uuid>,
        from: Timestamp,
        /// Exclusive.
        to: Timestamp,
        /// The number of the incident to keep it with.
        keep: Option<u64>,
    } -> accountability::IncidentReach;
    /// A draft of the notification of Art. 33 or Art. 34.
    IncidentDraft {
        number: u64,
        to: accountability::Addressee,
        /// The controller's when `None`; English where there is none in it.
        language: Option<Language>,
    } -> accountability::IncidentDrafted;
    /// The register of processing as the store is set up now, and what changed since it was approved.
    RegisterShow {} -> accountability::CurrentRegister;
    /// Approves the register as it is; refused when it is not the one that was seen.
    RegisterApprove { sha256: String, words: String, } -> accountability::ApprovedRegister;
    /// The versions that were approved, the latest first.
    RegisterVersions {} -> Vec<accountability::ApprovedRegister>;
    /// Notes that somebody was told about the protection of data.
    TrainingAdd {
        /// A user's name.
        user: String,
        topic: String,
        held_on: Day,
        by: String,
        again_by: Option<Day>,
    } -> accountability::TrainingView;
    /// Who was told what, the latest first.
    Trainings {} -> Vec<accountability::TrainingView>;
    /// What an auditor is given about a time: signed, and without values of persons.
    Evidence { from: Timestamp, to: Timestamp, } -> accountability::EvidenceBundle;
    /// Erases a person (Art. 17 GDPR), or tells what that would do.
    SubjectErase {
        contact: ContactId,
        /// The number of the person's request.
        request: Option<i64>,
        ground: Ground,
        /// Why, where there is no request.
        reason: String,
        /// To be counted in reports that keep numbers alone.
        anonymise: bool,
        /// Only the plan: what goes, what stays and why.
        dry_run: bool,
    } -> erasure::Erased;
    /// What is left of erasures, latest first.
    Certificates {} -> Vec<erasure::ErasureReceipt>;
    /// One of them, by its number.
    CertificateGet { number: i64, } -> erasure::ErasureReceipt;
    /// Notes that somebody who was given the data was told of the erasure (Art. 19 GDPR).
    RecipientTold { certificate: i64, recipient: String, } -> erasure::ErasureReceipt;
    /// Places about others that may name an erased person; those somebody has looked at only when all are asked for.
    Mentions { certificate: Option<i64>, all: bool, } -> Vec<erasure::MentionView>;
    /// Notes what became of such a place.
    MentionDecide {
        id: Uuid,
        state: MentionState,
        /// Why it stays.
        words: String,
    } -> erasure::MentionView;
    /// Proof of consent that is kept of erased persons: that there is some, and the very proof where a number or address is
    /// named.
    KeptProofs { of: Option<Typed>, } -> Vec<erasure::KeptProofView>;
    /// Destroys the keys of proofs whose time is over.
    SweepProofs { dry_run: bool, } -> erasure::SweptProofs;
    /// Persons who were anonymised, in groups that are large enough to be told.
    Aggregates {} -> erasure::AggregateReport;
    /// Everything that is held of a person, and what the law wants told beside it (Art. 15 and 20 GDPR). With a request of the
    /// person, its identity must be confirmed before the answer leaves.
    Disclose {
        of: Whom,
        /// Access or portability.
        right: Right,
        /// The number of the request that is answered.
        request: Option<i64>,
        /// It is looked through before it leaves, and leaves not now.
        review: bool,
    } -> Disclosure;
    /// Notes on a request which answer was made for the person.
    Disclosed {
        contact: ContactId,
        request: i64,
        /// Of the file, in lower-case hexadecimal digits.
        sha256: String,
    } -> Edited;
    /// One request, with its deadlines.
    RequestShow { number: i64, } -> work::RequestCard;
    /// Notes how it was made sure who asks, and what came of it. It pauses nothing.
    RequestIdentify {
        number: i64,
        method: Option<IdentityCheck>,
        outcome: IdentityOutcome,
        /// Today when `None`.
        on: Option<Day>,
    } -> work::RequestView;
    /// Extends the time to answer to three months in all (Art. 12(3) GDPR). Within the first month alone.
    RequestExtend {
        number: i64,
        reason: String,
        /// When the person was told; today when `None`.
        told: Option<Day>,
    } -> work::RequestDecided;
    /// Refuses a request, with the reason and the remedies (Art. 12(4) GDPR).
    RequestRefuse { number: i64, reason: String, } -> work::RequestDecided;
    /// Notes that a request was answered: when and which way the answer went, and its hash.
    RequestClose {
        number: i64,
        delivered_by: String,
        /// Now when `None`.
        delivered_at: Option<Timestamp>,
        /// In lower-case hexadecimal digits, or empty.
        sha256: String,
    } -> work::RequestDecided;
    /// Says who carries a request out; nobody when empty.
    RequestAssign { number: i64, user: String, } -> work::RequestView;
    /// Keeps a person's data and uses them for nothing (Art. 18 GDPR): from now on they are there for those alone who
    /// answer persons.
    SubjectRestrict {
        contact: ContactId,
        /// The number of the request by which the person asked for it.
        request: Option<i64>,
        reason: RestrictionReason,
        /// When it is looked at again.
        until: Option<Day>,
        /// What must be settled before it is lifted.
        terms: String,
    } -> rights::Restricted;
    /// Ends a restriction, once the person was told (Art. 18(3) GDPR).
    SubjectLift {
        contact: ContactId,
        reason: String,
        /// When the person was told. Nothing is lifted when `None`: the answer has the letter that tells the person.
        told: Option<Day>,
    } -> rights::Restricted;
    /// Corrects a person's data (Art. 16 GDPR); whoever was given them is to be told (Art. 19 GDPR).
    SubjectRectify {
        contact: ContactId,
        request: Option<i64>,
        fields: Vec<FieldEdit>,
        expect_revision: Option<u64>,
    } -> rights::Rectified;
    /// Carries out an objection (Art. 21 GDPR) or a withdrawal (Art. 7(3) GDPR), and closes the request for it.
    SubjectObject {
        contact: ContactId,
        request: Option<i64>,
        /// All purposes, and of an objection all that are direct marketing, when `None`.
        purpose: Option<String>,
        /// Rather than a withdrawal.
        objection: bool,
        words: String,
        way: Way,
        zone: String,
    } -> rights::Objected;
    /// A form for a person, with what is held about the person and a key: what the preferences page is made of (R32). Its
    /// answer is taken in once.
    RequestInvite {
        contact: ContactId,
        /// The request whose answer it belongs to.
        request: Option<i64>,
        /// How long an answer is taken in.
        days: u16,
        /// The person's own, else the controller's country's, when `None`.
        language: Option<Language>,
    } -> rights::Invited;
    /// Takes the answer to a form in, once: what it takes back holds at once, what it asks for becomes requests.
    RequestIngest {
        invitation: Uuid,
        /// The very text that was authenticated.
        answer: String,
        /// In lower-case hexadecimal digits.
        mac: String,
        /// The day on which it came; today when `None`.
        received: Option<Day>,
    } -> rights::Ingested;
    /// Whom a person's data were given to, and where they were published.
    GivenTo { contact: ContactId, } -> rights::Given;
    /// Notes where a person's data are made public (R51).
    PublicationAdd {
        contact: ContactId,
        place: String,
        what: String,
        /// Whom to tell.
        tell: String,
        published_on: Option<Day>,
    } -> rights::PublicationView;
    /// Notes that what was published was taken away.
    PublicationWithdraw { id: Uuid, } -> rights::PublicationView;
    /// Why a user sees what of a contact; oneself when no user is named.
    AccessExplain { user: Option<String>, contact: ContactId, field: Option<String>, } -> Explanation;
    /// The law by which the store decides: of one country with what holds for all, or everything.
    LawShow { country: Option<Country>, } -> Vec<law::LawEntry>;
    /// Puts a number or address on the suppression list.
    Suppress {
        of: Typed,
        scope: Scope,
        reason: Reason,
        /// What was said; refused where it tells the number or address.
        words: String,
    } -> Suppressed;
    /// Takes a number or address off it, as an entry of its own.
    LiftSuppression {
        of: Typed,
        /// Why.
        words: String,
    } -> Unsuppressed;
    /// Whether a number or address is suppressed. Logged like a search for it.
    SuppressionCheck { of: Typed, } -> SuppressionState;
    /// The entries of the suppression list, latest first.
    SuppressionEntries { limit: Option<u64>, } -> SuppressionPage;
    /// A part of a do-not-call list.
    ScreeningImport { part: ListPart, } -> ListProgress;
    /// The do-not-call lists there are.
    ScreeningLists {} -> Vec<ListView>;
    /// Begins a backup, of everything as it is now; [`BackupStep`] goes on with it until it is done.
    BackupBegin {
        /// Absolute; the process that holds the store writes it.
        path: String,
        /// The file's name, when empty.
        name: String,
        with_keys: Option<WithKeys>,
    } -> BackupProgress;
    /// Works on this session's backup for a moment.
    BackupStep {} -> BackupProgress;
    /// Gives this session's backup up; nothing is left of it.
    BackupStop {} -> ();
    /// Backups and escrows that are registered, the latest first.
    Backups {} -> Vec<BackupView>;
    /// Says that a backup or an escrow is gone.
    BackupForget { name: String, } -> BackupView;
    /// Writes the keys of now under a passphrase of their own, and keeps them current there from then on.
    EscrowMake { path: String, name: String, passphrase: Hush, } -> BackupView;
    /// Writes all escrows anew.
    EscrowRefresh {} -> Vec<BackupView>;
    /// The ways to unlock the store.
    Ways {} -> Vec<WayView>;
    WayAdd { way: NewWay, } -> WayAdded;
    /// Never the last.
    WayRemove { id: u8, } -> WayView;
    /// Replaces the master key; only these ways unlock it then.
    KeysRotate { ways: Vec<NewWay>, } -> Rotated;
}
