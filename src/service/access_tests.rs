//! Who sees and does what: the golden table, what must reach nobody, and stories.

mod call_lists;
pub(crate) mod canaries;
mod canaries_about;
mod stories;
mod table;
mod users;

use uuid::Uuid;

use super::tests::Fixture;
use crate::api::accountability::Addressee;
use crate::api::*;
use crate::client::Client;
use crate::domain::access::{RoleName, Roles};
use crate::domain::answers::CallAnswers;
use crate::domain::channel::Channel;
use crate::domain::consent::{ConsentKind, Delivery, Way};
use crate::domain::draft::{Draft, Form};
use crate::domain::edit::{FieldEdit, Incoming};
use crate::domain::entity::{Lies, RecordKind};
use crate::domain::erasure::{Ground, MentionState};
use crate::domain::id::ContactId;
use crate::domain::suppression::{Class, Reason, Scope};
use crate::domain::time::Timestamp;
use crate::domain::user::{Role, User};
use crate::domain::wording::Usage;
use crate::domain::wording::WordingKind;

/// Everybody there is in these tests: name, role, team.
pub(crate) const USERS: [(&str, Role, &str); 9] = [
    ("olga", Role::Owner, ""),
    ("adam", Role::Admin, ""),
    ("dora", Role::Dpo, ""),
    ("lena", Role::Lead, "south"),
    ("rita", Role::Rep, "south"),
    ("rolf", Role::Rep, "south"),
    ("nora", Role::Rep, "north"),
    ("mara", Role::Marketing, ""),
    ("aron", Role::Auditor, ""),
];

/// A role that a configuration adds, with less of everything than the role it begins as.
const INTERN: &str = "[intern]\nlike = \"rep\"\nactions = [\"create\", \"edit\"]\nnote = { read = \"none\" }\n\
    [intern.contact]\nread = \"own\"\n\
    fields = { contact_details = \"masked\", job_title = \"hidden\", tags = \"hidden\", reason = \"masked\", \"custom.hint\" = \"hidden\" }\n";

/// Everybody, and somebody with the added role.
fn team() -> Fixture {
    let user = |name: &str, role: RoleName, team: &str| User {
        name: name.into(),
        unix: name.into(),
        role,
        team: team.into(),
        ..User::default()
    };
    let mut users: Vec<User> =
        USERS.iter().map(|(name, role, team)| user(name, (*role).into(), team)).collect();
    users.push(user("ines", "intern".parse().unwrap(), "south"));
    let mut fixture = Fixture::of(users);
    let specs = toml::from_str(INTERN).unwrap();
    let roles = Roles::configured(&specs, "config.toml").unwrap();
    let service = std::sync::Arc::into_inner(fixture.service).unwrap().with_roles(roles);
    fixture.service = std::sync::Arc::new(service);
    fixture
}

fn person(given: &str, family: &str, phone: &str, email: &str) -> Vec<FieldEdit> {
    [
        ("given_name", given),
        ("family_name", family),
        ("phones", phone),
        ("emails", email),
        ("basis", "contract"),
        ("reason", "asked for an offer"),
        ("source", "fair"),
    ]
    .map(|(field, text)| FieldEdit::text(field, text))
    .to_vec()
}

fn add(client: &Client, mut fields: Vec<FieldEdit>, owner: &str, team: &str) -> Uuid {
    fields.push(FieldEdit::text("owner", owner));
    fields.push(FieldEdit::text("team", team));
    client.call(Add { kind: RecordKind::Contact, about: None, fields }).unwrap().id
}

fn get(client: &Client, id: Uuid) -> Result<Card, Error> {
    client.call(Get { kind: RecordKind::Contact, id, at: None })
}

fn change(client: &Client, id: Uuid, field: &str, text: &str) -> Result<Edited, Error> {
    let fields = vec![FieldEdit::text(field, text)];
    client.call(Edit { kind: RecordKind::Contact, id, fields, expect_revision: None })
}

fn list(kind: RecordKind, query: &str) -> List {
    List { kind, query: query.into(), sort: String::new(), window: Window::default(), columns: vec![] }
}

fn count(client: &Client, query: &str) -> u64 {
    client.call(list(RecordKind::Contact, query)).unwrap().total
}

/// The text of a field as somebody is shown it; nothing when it is hidden.
fn shown(client: &Client, id: Uuid, field: &str) -> Option<String> {
    let key = crate::domain::entity::specs_of(RecordKind::Contact)
        .iter()
        .find(|spec| spec.name == field)
        .unwrap()
        .key;
    get(client, id).unwrap().record.get(key).map(|shown| shown.text.clone())
}

/// What each kind of request looks like, about these records; every name of [`Request::NAMES`] is there. Where a request
/// is decided by the kind of record, each kind has a line.
pub(crate) fn requests(contacts: &[Uuid], companies: &[Uuid], notes: &[Uuid]) -> Vec<(String, Request)> {
    requests_about(contacts, companies, notes, &|_| vec![Uuid::from_u128(1)])
}

/// The same about records of the other kinds too.
fn requests_about(
    contacts: &[Uuid],
    companies: &[Uuid],
    notes: &[Uuid],
    others: &dyn Fn(RecordKind) -> Vec<Uuid>,
) -> Vec<(String, Request)> {
    let mut all: Vec<(String, Request)> = Vec::new();
    let mut put = |detail: &str, request: Request| {
        let detail = if detail.is_empty() { String::new() } else { format!(" {detail}") };
        all.push((format!("{}{detail}", request.name()), request));
    };
    put("", Request::Whoami(Whoami {}));
    put("", Request::SchemaGet(SchemaGet {}));
    put("", Request::Status(Status {}));
    put("", Request::RoleList(RoleList {}));
    put("", Request::LawShow(LawShow { country: None }));
    let ids = |kind: RecordKind| match kind {
        RecordKind::Contact => contacts.to_vec(),
        RecordKind::Company => companies.to_vec(),
        RecordKind::Note => notes.to_vec(),
        kind => others(kind),
    };
    let words = |kind: RecordKind| match kind {
        RecordKind::Contact => {
            vec![FieldEdit::text("job_title", "x"), FieldEdit::text("given_name", "y")]
        }
        RecordKind::Company => vec![FieldEdit::text("name", "Zweite GmbH")],
        RecordKind::Note => vec![FieldEdit::text("text", "x")],
        RecordKind::User => vec![FieldEdit::text("full_name", "x")],
        RecordKind::CustomField => vec![FieldEdit::text("label", "x")],
        RecordKind::Settings => vec![FieldEdit::text("controller", "x")],
        RecordKind::ExportRun => vec![FieldEdit::text("purpose", "x")],
        RecordKind::View | RecordKind::Purpose | RecordKind::Recipient => vec![FieldEdit::text("title", "x")],
        RecordKind::Consent => vec![FieldEdit::text("words", "x")],
        RecordKind::Call => vec![FieldEdit::text("note", "x")],
        RecordKind::CallList => vec![FieldEdit::text("name", "x")],
        RecordKind::CallEntry => vec![FieldEdit::text("reason", "x")],
        RecordKind::Task => vec![FieldEdit::text("text", "x")],
        RecordKind::Request => vec![FieldEdit::text("words", "x")],
        RecordKind::Wording => vec![FieldEdit::text("text", "x")],
        RecordKind::Suppression => vec![FieldEdit::text("words", "x")],
        RecordKind::ScreeningList | RecordKind::RetentionRule | RecordKind::Backup => {
            vec![FieldEdit::text("name", "x")]
        }
        RecordKind::Hold => vec![FieldEdit::text("reason", "x")],
        RecordKind::Sweep | RecordKind::Mention | RecordKind::RegisterVersion => {
            vec![FieldEdit::text("words", "x")]
        }
        RecordKind::Certificate => vec![FieldEdit::text("checkpoint", "x")],
        RecordKind::KeptProof => vec![FieldEdit::text("proof", "x")],
        RecordKind::Aggregate => vec![FieldEdit::text("period", "x")],
        RecordKind::Incident => vec![FieldEdit::text("title", "x")],
        RecordKind::Training => vec![FieldEdit::text("topic", "x")],
        RecordKind::Publication => vec![FieldEdit::text("place", "x")],
        RecordKind::Invitation => vec![FieldEdit::text("key", "x")],
    };
    for kind in RecordKind::ALL.iter().copied() {
        let at = kind.word();
        let query = if kind.lies() == Lies::AboutPerson { contacts[0].to_string() } else { String::new() };
        put(at, Request::List(list(kind, &query)));
        let (query, columns) = (String::new(), Vec::new());
        put(at, Request::Among(Among { kind, query, ids: ids(kind), columns, count: true }));
        for id in ids(kind) {
            put(at, Request::Get(Get { kind, id, at: None }));
            let at_once = Timestamp::from_millis(1_780_000_050_000);
            put(at, Request::Get(Get { kind, id, at: Some(at_once) }));
            put(at, Request::History(History { kind, id }));
            put(at, Request::Present(Present { kind, id: Some(id) }));
            let fields = words(kind);
            put(at, Request::Edit(Edit { kind, id, fields: fields.clone(), expect_revision: Some(1) }));
            put(at, Request::Edit(Edit { kind, id, fields, expect_revision: None }));
        }
        let about = (kind.lies() == Lies::AboutPerson).then(|| ContactId(contacts[0]));
        put(at, Request::Add(Add { kind, about, fields: words(kind) }));
        let targets = Targets::Ids(ids(kind));
        for (deed, word) in
            [(Deed::Edit(words(kind)), "edit"), (Deed::Delete, "delete"), (Deed::Restore, "restore")]
        {
            let request = Bulk { kind, targets: targets.clone(), deed, dry_run: true, expect: None };
            put(&format!("{word} {at}"), Request::Bulk(request));
        }
        for field in ["tag", "company", "owner", "team", "source", "supplier", "city", "job_title"] {
            let (field, prefix) = (field.to_owned(), String::new());
            put(at, Request::Complete(Complete { kind, field, prefix, limit: 1_000 }));
        }
    }
    for query in ["has:phone", "is:deleted", "9", "a", "field.hint:a", "has:field.hint", "@example"] {
        put("contact", Request::List(list(RecordKind::Contact, query)));
        let (kind, ids, columns) = (RecordKind::Contact, contacts.to_vec(), Vec::new());
        put("contact", Request::Among(Among { kind, query: query.into(), ids, columns, count: false }));
    }
    for sort in ["company", "owner", "-updated"] {
        let list = List { sort: sort.into(), ..list(RecordKind::Contact, "") };
        put("contact", Request::List(list));
    }
    let alike = person("Anna", "Berg", "+49 30 901998", "nobody@example.com");
    put("", Request::FindSimilar(FindSimilar { fields: alike, except: None }));
    put("", Request::Duplicates(Duplicates { limit: None }));
    for pair in contacts.windows(2) {
        let (keep, other) = (ContactId(pair[0]), ContactId(pair[1]));
        put("", Request::Merge(Merge { keep, other, dry_run: true }));
    }
    let fields = person("Ina", "Neu", "+49 30 901999", "ina@example.com");
    let rows = vec![Incoming { row: 1, fields, notes: vec!["x".into()] }];
    put("", Request::Import(Import { rows, provenance: Provenance::default(), dry_run: true }));
    let window = Window::default();
    let (query, purpose, channel, sort) =
        (String::new(), "newsletter".to_owned(), Channel::Email, String::new());
    let reached = Reachable {
        query: query.clone(),
        purpose: purpose.clone(),
        channel: None,
        sort,
        window: window.clone(),
        columns: vec![],
    };
    put("", Request::Reachable(reached));
    let (columns, to, run) = (Vec::new(), String::new(), None);
    put("", Request::Export(Export { query, purpose, channel, window, columns, to, run }));
    let (run, sha256) = (Uuid::from_u128(1), "0".repeat(64));
    put("", Request::SealExport(SealExport { run, sha256, bytes: 1, records: 1 }));
    put("", Request::SweepConsents(SweepConsents { dry_run: true }));
    put("", Request::RetentionPreset(RetentionPreset { country: None, dry_run: true }));
    for contact in contacts.iter().map(|id| ContactId(*id)) {
        put("", Request::RetentionExplain(RetentionExplain { contact, as_of: None }));
        let (reason, until) = ("a claim before a court".to_owned(), "2027-01-01".parse().unwrap());
        put("", Request::HoldAdd(HoldAdd { contact, reason, scope: vec![], until }));
        put("", Request::Holds(Holds { contact: Some(contact), ended: true }));
    }
    put("", Request::Holds(Holds { contact: None, ended: false }));
    let (propose, clock_is_right) = (false, false);
    put("", Request::RetentionPlan(RetentionPlan { as_of: None, propose, clock_is_right }));
    put("", Request::RetentionPlanPage(RetentionPlanPage { sha256: "0".repeat(64), from: 0 }));
    put("", Request::RetentionApply(RetentionApply { part: retention::ApplyPart::Step }));
    put("", Request::RetentionApprove(RetentionApprove { sha256: "0".repeat(64) }));
    put("", Request::Sweeps(Sweeps {}));
    put("", Request::Reviews(Reviews {}));
    let contact = ContactId(contacts[0]);
    put("", Request::ReviewErase(ReviewErase { contact, anonymise: false }));
    put("", Request::HoldRelease(HoldRelease { id: Uuid::from_u128(1), why: "it was withdrawn".into() }));
    put("", Request::Activity(Activity { before: None, limit: 1_000 }));
    for contact in contacts {
        for user in [None, Some("rita".to_owned()), Some("mara".to_owned())] {
            for field in [None, Some("phones".to_owned()), Some("reason".to_owned())] {
                let contact = ContactId(*contact);
                put("", Request::AccessExplain(AccessExplain { user: user.clone(), contact, field }));
            }
        }
    }
    for kind in RecordKind::ALL.iter().copied() {
        let about = (kind.lies() == Lies::AboutPerson).then(|| contacts[0]);
        let at_once = Timestamp::from_millis(1_780_000_050_000);
        for (word, id) in [("new", None), ("of", ids(kind).first().copied())] {
            let form = Form { kind, id, about: about.filter(|_| id.is_none()) };
            let draft = Draft { form, texts: vec![], at: at_once };
            put(&format!("{word} {}", kind.word()), Request::KeepDraft(KeepDraft { draft }));
        }
        put("", Request::DropDraft(DropDraft { form: Form { kind, id: None, about } }));
    }
    put("", Request::Drafts(Drafts {}));
    for all in [false, true] {
        put("", Request::Views(Views { kind: None, all }));
    }
    put("", Request::Wordings(Wordings { kind: None }));
    let (kind, name) = (WordingKind::Script, "sales-en".to_owned());
    put("", Request::WordingGet(WordingGet { kind, name: name.clone(), version: Some(1) }));
    let add = WordingAdd {
        kind,
        name: name.clone(),
        language: "en".into(),
        subject: String::new(),
        text: "x".into(),
        purposes: vec![],
        usage: None,
    };
    put("", Request::WordingAdd(add));
    put("", Request::WordingRetire(WordingRetire { kind, name }));
    for about in contacts.iter().map(|id| Some(ContactId(*id))).chain([None]) {
        let user = String::new();
        put("", Request::Readings(Readings { about, user, from: None, to: None, before: None, limit: 100 }));
    }
    let user = String::new();
    put("", Request::Denials(Denials { user, from: None, to: None, before: None, limit: 100 }));
    put("", Request::SweepReadings(SweepReadings { dry_run: true }));
    for (class, text) in [(Class::Phone, "+49 30 901997"), (Class::Email, "suppressed@example.com")] {
        let of = Typed { class, text: text.into(), country: String::new() };
        put("", Request::SuppressionCheck(SuppressionCheck { of: of.clone() }));
        let (scope, reason) = (Scope::All, Reason::Objection);
        put("", Request::Suppress(Suppress { of: of.clone(), scope, reason, words: String::new() }));
        put("", Request::SuppressionCheck(SuppressionCheck { of: of.clone() }));
        put("", Request::LiftSuppression(LiftSuppression { of, words: "asked for it".into() }));
    }
    put("", Request::SuppressionEntries(SuppressionEntries { limit: None }));
    let head = ListHead {
        name: "TPS".into(),
        country: "GB".into(),
        dated: "2026-01-01".parse().unwrap(),
        source: String::new(),
    };
    let numbers = vec![(1, "020 7946 0958".to_owned())];
    let finish = ListPart::Finish { file_hash: "0".repeat(64), unread: 0, accept_smaller: false };
    for part in [ListPart::Begin(head), ListPart::Numbers(numbers), finish, ListPart::Abandon] {
        put("", Request::ScreeningImport(ScreeningImport { part }));
    }
    put("", Request::Incidents(Incidents { open: true }));
    let (to, words, late_reason) = (Addressee::Authority, String::new(), String::new());
    put("", Request::IncidentReport(IncidentReport { number: 1, to, at: None, words, late_reason }));
    put("", Request::IncidentClose(IncidentClose { number: 1, lessons: String::new() }));
    put("", Request::IncidentDraft(IncidentDraft { number: 1, to, language: None }));
    let whole = (Timestamp::from_millis(0), Timestamp::from_millis(1_900_000_000_000));
    let (from, to) = whole;
    put(
        "",
        Request::IncidentScope(IncidentScope { user: "rep".into(), session: None, from, to, keep: None }),
    );
    put("", Request::RegisterShow(RegisterShow {}));
    put("", Request::RegisterApprove(RegisterApprove { sha256: "0".into(), words: String::new() }));
    put("", Request::RegisterVersions(RegisterVersions {}));
    let held_on = crate::domain::value::Day(Timestamp::from_millis(1_780_000_000_000).date());
    let (user, topic, by) = ("rep".to_owned(), "calls".to_owned(), String::new());
    put("", Request::TrainingAdd(TrainingAdd { user, topic, held_on, by, again_by: None }));
    put("", Request::Trainings(Trainings {}));
    put("", Request::Evidence(Evidence { from, to }));
    put("", Request::ScreeningLists(ScreeningLists {}));
    put("", Request::LogVerify(LogVerify {}));
    put("", Request::LogCheckpoint(LogCheckpoint {}));
    put("", Request::LogProve(LogProve { seq: 3 }));
    put("", Request::Doctor(Doctor {}));
    let (path, name) = ("nowhere".to_owned(), String::new());
    put("", Request::BackupBegin(BackupBegin { path: path.clone(), name: name.clone(), with_keys: None }));
    put("", Request::BackupStep(BackupStep {}));
    put("", Request::BackupStop(BackupStop {}));
    put("", Request::Backups(Backups {}));
    put("", Request::BackupForget(BackupForget { name: path.clone() }));
    let passphrase = Hush::new(zeroize::Zeroizing::new("four words in a drawer".to_owned()));
    put("", Request::EscrowMake(EscrowMake { path, name, passphrase }));
    put("", Request::EscrowRefresh(EscrowRefresh {}));
    put("", Request::Ways(Ways {}));
    put("", Request::WayAdd(WayAdd { way: NewWay::KeyFile(Hush::new(zeroize::Zeroizing::default())) }));
    put("", Request::WayRemove(WayRemove { id: 200 }));
    put("", Request::KeysRotate(KeysRotate { ways: Vec::new() }));
    put("", Request::Inventory(Inventory {}));
    put("", Request::SetPassword(SetPassword { user: None, password: None, old: None }));
    for retired in [false, true] {
        put("", Request::Purposes(Purposes { retired }));
    }
    for contact in contacts.iter().map(|id| ContactId(*id)) {
        put("", Request::Consents(Consents { contact, at: None }));
        let (purpose, channel) = ("sales".to_owned(), Channel::Phone);
        let prepare = OptInPrepare {
            contact,
            purpose: "newsletter".into(),
            channel: Channel::Email,
            address: None,
            language: None,
            days: 7,
            link: None,
        };
        put("", Request::OptInPrepare(prepare));
        put("", Request::ConsentProve(ConsentProve { contact, purpose, channel, at: None }));
        let said = [Said::new(ConsentKind::Given, "sales", Channel::Phone, Way::InPerson, "yes, do call me")];
        put("", Request::ConsentRecord(ConsentRecord { contact, said: said.into() }));
        for objection in [false, true] {
            let (purpose, channel, at) = (Some("sales".to_owned()), None, None);
            let (words, way, zone) = ("no more".to_owned(), Way::Mail, String::new());
            let withdraw = ConsentWithdraw { contact, purpose, channel, words, way, at, zone, objection };
            put("", Request::ConsentWithdraw(withdraw));
        }
    }
    for contact in contacts.iter().map(|id| ContactId(*id)) {
        let (purpose, number) = ("sales".to_owned(), None);
        put("", Request::CallCheck(CallCheck { contact, purpose: purpose.clone(), number: number.clone() }));
        put("", Request::CallBegin(CallBegin { contact, purpose, number, language: None, list: None }));
        let started = Timestamp::from_millis(1_780_000_000_000);
        let mut answers = CallAnswers::dialled("sales", started);
        answers.ended_at = Some(started);
        put("", Request::CallKeep(CallKeep { call: Uuid::from_u128(7), answers: answers.clone() }));
        let usage = Usage::Confirmation;
        put("", Request::CallConfirmation(CallConfirmation { contact, answers: answers.clone(), usage }));
        put("", Request::CallRecord(CallRecord { contact, answers }));
        let delivery = CallDelivery {
            call: Uuid::from_u128(7),
            way: Way::Mail,
            address: "anna@example.com".into(),
            at: None,
            delivery: Delivery::Delivered,
            text: String::new(),
            evidence: String::new(),
            zone: String::new(),
        };
        put("", Request::CallDelivery(delivery));
    }
    let list = || "Fair".to_owned();
    let (name, purpose, query, team) = (list(), "sales".to_owned(), String::new(), String::new());
    put("", Request::CallListMake(CallListMake { name, purpose, query, team }));
    put("", Request::CallLists(CallLists { closed: true }));
    put("", Request::CallListShow(CallListShow { list: list() }));
    put("", Request::CallListNext(CallListNext { list: list() }));
    for contact in contacts.iter().map(|id| ContactId(*id)) {
        let put_back = crate::api::work::PutBack::Release;
        put("", Request::CallListPut(CallListPut { list: list(), contact, put: put_back }));
        let (right, received) = (crate::domain::request::Right::Access, None);
        let (how, words) = (String::new(), String::new());
        let (person, language, about) = (String::new(), None, Some(contact));
        put(
            "",
            Request::RequestOpen(RequestOpen {
                contact: about,
                person,
                language,
                right,
                received,
                how,
                words,
            }),
        );
        for dry_run in [true, false] {
            let (request, ground, reason) = (Some(1), Ground::Request, String::new());
            let erase = SubjectErase { contact, request, ground, reason, anonymise: false, dry_run };
            put(if dry_run { "dry run" } else { "" }, Request::SubjectErase(erase));
        }
        let (purpose, way, zone) = (None, Way::Mail, String::new());
        let (request, objection, words) = (None, true, "no more".to_owned());
        put(
            "",
            Request::SubjectObject(SubjectObject { contact, request, purpose, objection, words, way, zone }),
        );
        let fields = vec![FieldEdit::text("job_title", "corrected")];
        let expect_revision = None;
        put("", Request::SubjectRectify(SubjectRectify { contact, request, fields, expect_revision }));
        put("", Request::GivenTo(GivenTo { contact }));
        let (request, language) = (None, None);
        put("", Request::RequestInvite(RequestInvite { contact, request, days: 30, language }));
        let (place, what, tell, published_on) =
            ("https://example.com".to_owned(), String::new(), String::new(), None);
        put("", Request::PublicationAdd(PublicationAdd { contact, place, what, tell, published_on }));
        let (reason, told) = ("settled".to_owned(), None);
        put("", Request::SubjectLift(SubjectLift { contact, reason, told }));
        put("", Request::Tasks(Tasks { owner: String::new(), before: None, about: Some(contact) }));
    }
    put("", Request::Certificates(Certificates {}));
    put("", Request::CertificateGet(CertificateGet { number: 1 }));
    put("", Request::RecipientTold(RecipientTold { certificate: 1, recipient: "mailer".into() }));
    put("", Request::Mentions(Mentions { certificate: None, all: true }));
    let (state, words) = (MentionState::Redacted, String::new());
    put("", Request::MentionDecide(MentionDecide { id: Uuid::from_u128(7), state, words }));
    put("", Request::KeptProofs(KeptProofs { of: None }));
    put("", Request::SweepProofs(SweepProofs { dry_run: true }));
    put("", Request::Aggregates(Aggregates {}));
    for of in contacts.iter().map(|id| Whom::Contact(ContactId(*id))).chain([named()]) {
        for review in [false, true] {
            let right = crate::domain::request::Right::Access;
            put("", Request::Disclose(Disclose { of: of.clone(), right, request: None, review }));
        }
    }
    for contact in contacts.iter().map(|id| ContactId(*id)) {
        put("", Request::Disclosed(Disclosed { contact, request: 1, sha256: "0".repeat(64) }));
    }
    put("", Request::CallListClose(CallListClose { list: list() }));
    put("", Request::TaskDone(TaskDone { id: Uuid::from_u128(1), done: true }));
    put("", Request::Today(Today {}));
    put("", Request::Requests(Requests { before: None, state: None, right: None, about: None }));
    let number = 1;
    put("", Request::RequestShow(RequestShow { number }));
    let outcome = crate::domain::request::IdentityOutcome::Asked;
    let (invitation, answer, mac) = (Uuid::from_u128(1), "{}".to_owned(), "0".repeat(64));
    put("", Request::RequestIngest(RequestIngest { invitation, answer, mac, received: None }));
    put("", Request::RequestIdentify(RequestIdentify { number, method: None, outcome, on: None }));
    put("", Request::RequestAssign(RequestAssign { number, user: "dora".into() }));
    let reason = || "much to look for".to_owned();
    put("", Request::RequestExtend(RequestExtend { number, reason: reason(), told: None }));
    put("", Request::RequestRefuse(RequestRefuse { number, reason: reason() }));
    let (delivered_by, delivered_at, sha256) = ("letter".to_owned(), None, String::new());
    put("", Request::RequestClose(RequestClose { number: 2, delivered_by, delivered_at, sha256 }));
    put("", Request::PublicationWithdraw(PublicationWithdraw { id: Uuid::from_u128(1) }));
    put("", Request::CallsOpen(CallsOpen {}));
    put("", Request::CallDrop(CallDrop { call: Uuid::from_u128(7) }));
    put("", Request::OptInSent(OptInSent { handle: Uuid::from_u128(7), zone: String::new() }));
    let code = Hush::new("a".repeat(32).into());
    let (contact, purpose, channel, zone) = (None, None, None, String::new());
    put("", Request::OptInConfirm(OptInConfirm { code, contact, purpose, channel, zone }));
    put("", Request::ConsentReceipt(ConsentReceipt { event: Uuid::from_u128(1) }));
    // What changes the records comes last.
    for kind in RecordKind::ALL.iter().copied() {
        for id in ids(kind) {
            let at = kind.word();
            put(at, Request::Delete(Delete { kind, id, expect_revision: None }));
            put(at, Request::Restore(Restore { kind, id }));
        }
    }
    for contact in contacts.iter().map(|id| ContactId(*id)) {
        let (request, until, terms) = (None, None, String::new());
        let reason = crate::domain::request::RestrictionReason::Accuracy;
        put("", Request::SubjectRestrict(SubjectRestrict { contact, request, reason, until, terms }));
    }
    put("", Request::Undo(Undo { seq: Some(3) }));
    put("", Request::Undo(Undo { seq: None }));
    put("", Request::Redo(Redo {}));
    all
}

/// Somebody who is not held.
fn named() -> Whom {
    let of = |class, text: &str| Typed { class, text: text.into(), country: String::new() };
    let identifiers = vec![of(Class::Phone, "+49 30 901997"), of(Class::Email, "suppressed@example.com")];
    Whom::Named { name: "Nemo Nowhere".into(), identifiers, case: Some(1), somebody_else: true }
}
