//! The kinds of records, and what is known of each: its names, under whose key it lies, whether it is ever changed.
//!
//! What one kind alone has (an owner, a title, who may change it) is decided where it is used. What sorts kinds into
//! groups stands in [`RecordKind::spec`], once.

use crate::domain::value::words;

words! {
    /// The kinds of records that have fields and a history.
    RecordKind {
        Contact = "contact",
        Company = "company",
        Note = "note",
        User = "user",
        CustomField = "field",
        Settings = "settings",
        /// One export, as it was made.
        ExportRun = "export",
        /// A filter with columns and an order, as somebody saved it.
        View = "view",
        /// What data is used for.
        Purpose = "purpose",
        /// An event of a person's ledger of consent.
        Consent = "consent",
        /// A call that was made.
        Call = "call",
        CallList = "call_list",
        /// A person on a call list.
        CallEntry = "call_entry",
        /// Whom data is given to.
        Recipient = "recipient",
        Task = "task",
        /// What a person asked for by right.
        Request = "request",
        /// One version of a script, a notice or the template of a message.
        Wording = "wording",
        /// Numbers and addresses that are not used, or are again.
        Suppression = "suppression",
        /// A do-not-call list, as it was brought in.
        ScreeningList = "screening_list",
        /// Why a person's data is kept though its time is up.
        Hold = "hold",
        /// How long a category of data is kept, and what happens then.
        RetentionRule = "retention_rule",
        /// A retention plan as it was approved and carried out.
        Sweep = "sweep",
        /// What is left of a person who was erased, or of a request that was answered: no values.
        Certificate = "certificate",
        /// Consent and withdrawal of a person who was erased, for legal claims alone.
        KeptProof = "kept_proof",
        /// A place where an erased person may still be named.
        Mention = "mention",
        /// Persons as a number in a report, when they themselves are gone.
        Aggregate = "aggregate",
        /// A backup or an escrow of keys that lies somewhere.
        Backup = "backup",
        /// A breach of the protection of data, or what may be one.
        Incident = "incident",
        /// Who was told what about the protection of data.
        Training = "training",
        /// A version of the register of processing that was approved.
        RegisterVersion = "register",
        /// Where a person's data was made public.
        Publication = "publication",
        /// A form that was given to a person and may come back once.
        Invitation = "invitation",
    }
}

/// Under whose key records of a kind lie, and who sees them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lies {
    /// The record is the person.
    Person,
    /// Under the key of the person it is about; it is seen with the person, and gone with the person.
    AboutPerson,
    /// Under a key of its own, so that it can be forgotten alone, when the person is long gone.
    Itself,
    /// Under the store's key.
    Nobody,
}

/// Kinds that an index finds: whatever has names, numbers and addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Indexed {
    Contact,
    Company,
}

/// What is known of a kind.
#[derive(Clone, Copy, Debug)]
pub struct KindSpec {
    pub lies: Lies,
    /// The index that finds it; others are read one after the other.
    pub indexed: Option<Indexed>,
    /// Whether a record, once written, is never changed: history that only grows.
    pub only_grows: bool,
    /// What one of them is called.
    pub singular: &'static str,
    /// What several of them are called.
    pub plural: &'static str,
}

const fn kind(lies: Lies, singular: &'static str, plural: &'static str) -> KindSpec {
    KindSpec { lies, indexed: None, only_grows: false, singular, plural }
}

const fn grows(lies: Lies, singular: &'static str, plural: &'static str) -> KindSpec {
    KindSpec { lies, indexed: None, only_grows: true, singular, plural }
}

impl RecordKind {
    pub const fn spec(self) -> KindSpec {
        use Lies::{AboutPerson, Itself, Nobody, Person};
        match self {
            RecordKind::Contact => {
                KindSpec { indexed: Some(Indexed::Contact), ..kind(Person, "contact", "contacts") }
            }
            RecordKind::Company => {
                KindSpec { indexed: Some(Indexed::Company), ..kind(Nobody, "company", "companies") }
            }
            RecordKind::Note => kind(AboutPerson, "note", "notes"),
            RecordKind::User => kind(Nobody, "user", "users"),
            RecordKind::CustomField => kind(Nobody, "field", "fields"),
            RecordKind::Settings => kind(Nobody, "settings", "settings"),
            RecordKind::ExportRun => grows(Nobody, "export", "exports"),
            RecordKind::View => kind(Nobody, "view", "views"),
            RecordKind::Purpose => kind(Nobody, "purpose", "purposes"),
            RecordKind::Consent => grows(AboutPerson, "consent", "consent events"),
            RecordKind::Call => grows(AboutPerson, "call", "calls"),
            RecordKind::CallList => kind(Nobody, "call list", "call lists"),
            RecordKind::CallEntry => kind(AboutPerson, "entry of a call list", "entries of call lists"),
            RecordKind::Recipient => kind(Nobody, "recipient", "recipients"),
            RecordKind::Task => kind(AboutPerson, "task", "tasks"),
            RecordKind::Request => kind(AboutPerson, "request", "requests"),
            // That its name is retired is noted on it.
            RecordKind::Wording => kind(Nobody, "wording", "wordings"),
            RecordKind::Suppression => grows(Nobody, "suppression", "suppressions"),
            RecordKind::ScreeningList => kind(Nobody, "screening list", "screening lists"),
            RecordKind::Hold => kind(AboutPerson, "hold", "holds"),
            RecordKind::RetentionRule => kind(Nobody, "retention rule", "retention rules"),
            RecordKind::Sweep => kind(Nobody, "sweep", "sweeps"),
            // What became of the recipients' tasks is noted on it.
            RecordKind::Certificate => kind(Nobody, "certificate", "certificates"),
            RecordKind::KeptProof => grows(Itself, "kept proof", "kept proofs"),
            RecordKind::Mention => kind(Nobody, "mention", "mentions"),
            RecordKind::Aggregate => kind(Nobody, "aggregate", "aggregates"),
            RecordKind::Backup => kind(Nobody, "backup", "backups"),
            RecordKind::Incident => kind(Nobody, "incident", "incidents"),
            RecordKind::Training => grows(Nobody, "training", "trainings"),
            RecordKind::RegisterVersion => {
                grows(Nobody, "version of the register", "versions of the register")
            }
            RecordKind::Publication => kind(AboutPerson, "publication", "publications"),
            RecordKind::Invitation => kind(AboutPerson, "invitation", "invitations"),
        }
    }

    pub const fn lies(self) -> Lies {
        self.spec().lies
    }

    /// Whether it is about a person, and seen with the person.
    pub fn is_about_person(self) -> bool {
        self.lies() == Lies::AboutPerson
    }

    pub const fn only_grows(self) -> bool {
        self.spec().only_grows
    }

    pub const fn singular(self) -> &'static str {
        self.spec().singular
    }

    pub const fn plural(self) -> &'static str {
        self.spec().plural
    }

    /// The index that finds it; others are read one after the other.
    pub const fn indexed(self) -> Option<Indexed> {
        self.spec().indexed
    }

    /// So many of them, in words.
    pub fn counted(self, count: u64) -> String {
        format!("{count} {}", if count == 1 { self.singular() } else { self.plural() })
    }
}
