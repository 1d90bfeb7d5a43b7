//! The one door: [`Service::call`] decides, carries out and answers every request.
//!
//! Invariants: nothing is done without a [`Grant`](policy::Grant); a request is one transaction; handlers stage records
//! and never write history; the state in memory ([`world::World`]) changes only after a transaction staged it, and nobody
//! sees rows before they are durable.

mod accountability;
mod actor;
mod agenda;
mod aggregate;
mod backups;
mod bulk;
mod calls;
pub mod check;
pub mod consents;
mod denials;
mod disclosure;
mod draft;
mod edit;
pub mod erasure;
mod expiry;
mod explain;
mod export;
pub mod gate;
mod handed;
mod held;
mod import;
pub mod index;
mod invitation;
mod known;
pub mod law;
mod ledger;
mod list;
mod lists;
mod live;
mod merge;
mod merged;
pub mod open;
mod opt_in;
pub mod policy;
mod proofs;
mod reads;
mod recipients;
pub mod recover;
mod report;
mod requests;
mod restriction;
pub mod retention;
mod rights;
pub mod rotation;
mod rows;
mod rules;
mod sight;
pub mod suppression;
mod undo;
mod users;
mod view;
mod views;
mod ways;
mod wordings;
pub mod work;
pub mod world;

#[cfg(test)]
pub(crate) mod access_tests;
#[cfg(test)]
mod bulk_tests;
#[cfg(test)]
mod consent_random_tests;
#[cfg(test)]
mod denials_tests;
#[cfg(test)]
pub(crate) mod disclosure_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod gate_tests;
#[cfg(test)]
mod invitation_tests;
#[cfg(test)]
mod ledger_tests;
#[cfg(test)]
mod lists_tests;
#[cfg(test)]
mod live_tests;
#[cfg(test)]
pub(crate) mod proofs_tests;
#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod reads_tests;
#[cfg(test)]
mod rights_tests;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod views_tests;
#[cfg(test)]
mod wordings_tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::api::view::Identity;
use crate::api::{Code, Error, Request, Response};
use crate::domain::access::{RoleName, Roles};
use crate::domain::country::Country;
use crate::domain::denial::Why;
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::{SessionId, StoreId, SubjectId, UserId};
use crate::domain::retention::plan::Limits;
use crate::domain::time::Timestamp;
use crate::domain::user::{Settings, User};
use crate::env::Env;
use crate::law::Law;
use crate::store::backend::BackendError;
use crate::store::backup::BackupError;
use crate::store::{Origin, Store, StoreError, Stored, WriteTxn};

pub use live::Wake;
pub use policy::Actor;
use sight::Sight;
pub use users::Login;
use world::World;

/// What the process knows about the store beside what is in it.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The ways to unlock it, in words.
    pub ways: Vec<String>,
    /// What unlocking repaired, in words.
    pub repairs: Vec<String>,
    /// Whether keys are kept out of swap.
    pub keys_locked_in_memory: bool,
    /// The file system, when it keeps old versions of overwritten data.
    pub copy_on_write: Option<String>,
    /// Where the store lies.
    pub dir: Option<std::path::PathBuf>,
    /// The demo.
    pub demo: bool,
}

/// A store, open, with everything that answers requests about it.
pub struct Service {
    store: Store,
    world: Arc<RwLock<World>>,
    env: Env,
    id: StoreId,
    started_at: Timestamp,
    surroundings: Surroundings,
    /// The live rows are those that were written. Otherwise nothing is written any more: what is left can be read and
    /// exported, and the damage is not sealed under new history.
    whole: bool,
    roles: Arc<Roles>,
    /// What decides about calls and deadlines.
    law: Law,
    /// What each role has, worked out once for a state of the schema.
    tables: Mutex<HashMap<RoleName, actor::Had>>,
    guard: users::Guard,
    guesses: opt_in::Guesses,
    /// What a configuration says of sweeps.
    limits: Limits,
    /// Set while a retention plan is carried out.
    sweeping: Arc<AtomicBool>,
    /// How many wait for a decision by a retention rule, as of the last plan.
    reviews: Mutex<u64>,
    /// Held while a do-not-call list is written.
    lists: Mutex<()>,
    hub: Arc<live::Hub>,
    /// Readings that could not be logged, since the store was closed after a failure.
    unlogged: AtomicU64,
    denials: Mutex<denials::Ledgers>,
    handed: Mutex<handed::Ledgers>,
    /// Keys that escrows have, as far as is known; and whether they have not got all.
    slots: AtomicU32,
    escrows_behind: AtomicBool,
    /// Why the last scheduled backup failed.
    backup_failed: Mutex<Option<String>>,
    /// Held while people are erased: one epoch of the keys after the other.
    erasing: Mutex<()>,
}

/// One run of the program by one user.
pub struct Session {
    user: UserId,
    id: SessionId,
    memory: Mutex<Memory>,
    hub: Arc<live::Hub>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}

/// What a session remembers between requests.
#[derive(Default)]
struct Memory {
    contacts: index::Session,
    companies: index::Session,
    /// The role and team that the searches were answered for.
    seen_as: (RoleName, String),
    /// Numbers of own transactions that can be undone, and of undos that can be redone.
    undo: Vec<u64>,
    redo: Vec<u64>,
    /// Messages that are prepared and not known to be out.
    opt_ins: HashMap<uuid::Uuid, opt_in::Prepared>,
    /// Who was looked at a moment ago.
    looked: reads::Recent,
    /// What was sent of a do-not-call list.
    upload: Option<Box<suppression::lists::Upload>>,
    /// The retention plan that was made last.
    plan: Option<Arc<retention::Made>>,
    /// A retention plan that is being carried out.
    sweep: Option<retention::Begun>,
    /// Exports that were begun, latest last.
    exports: Vec<export::Begun>,
    /// A backup that is being made.
    backup: Option<Box<backups::Job>>,
}

impl Service {
    /// Takes an open store into service; reads everything that is held in memory.
    pub fn open(store: Store, id: StoreId, surroundings: Surroundings, env: &Env) -> Result<Service, Error> {
        let (world, whole) = World::load(&store).map_err(store_error)?;
        if whole {
            let origin = Origin {
                at: env.now(),
                actor: UserId(uuid::Uuid::nil()),
                session: SessionId(uuid::Uuid::nil()),
                action: Action::Init,
            };
            let live = world.suppression.versions();
            suppression::lists::drop_leftovers(&store, &live, origin).map_err(store_error)?;
        }
        let slots = store.read(|reader| Ok::<_, StoreError>(reader.keyring().slots()))?;
        let service = Service {
            store,
            world: Arc::new(RwLock::new(world)),
            env: env.clone(),
            id,
            started_at: env.now(),
            surroundings,
            whole,
            roles: Arc::default(),
            law: Law::built_in(),
            tables: Mutex::default(),
            guard: users::Guard::default(),
            guesses: opt_in::Guesses::default(),
            limits: Limits::default(),
            sweeping: Arc::default(),
            reviews: Mutex::default(),
            lists: Mutex::default(),
            hub: Arc::default(),
            unlogged: AtomicU64::new(0),
            denials: Mutex::default(),
            handed: Mutex::default(),
            slots: AtomicU32::new(slots),
            escrows_behind: AtomicBool::new(false),
            backup_failed: Mutex::default(),
            erasing: Mutex::default(),
        };
        if whole {
            service.settle_erasures()?;
        }
        Ok(service)
    }

    /// Writes what a new store begins with: its settings, its users, the first of whom does it, a few purposes, and how
    /// long things are kept by the law of its country.
    pub fn found(&self, settings: Settings, users: Vec<User>) -> Result<Vec<UserId>, Error> {
        let origin = Origin {
            at: self.env.now(),
            actor: UserId(uuid::Uuid::nil()),
            session: SessionId(self.env.ids.next()),
            action: Action::Init,
        };
        let world = Arc::clone(&self.world);
        let mut rules = retention::of_law(&self.law, None);
        rules
            .extend(settings.country.iter().flat_map(|country| retention::of_law(&self.law, Some(*country))));
        self.store.write(origin, move |txn| {
            txn.create(SubjectId::NOBODY, &settings).map_err(store_error)?;
            let mut ids = Vec::new();
            for user in &users {
                ids.push(UserId(txn.create(SubjectId::NOBODY, user).map_err(store_error)?.id));
            }
            for purpose in crate::domain::purpose::shipped() {
                txn.create(SubjectId::NOBODY, &purpose).map_err(store_error)?;
            }
            for rule in &rules {
                txn.create(SubjectId::NOBODY, rule).map_err(store_error)?;
            }
            publish(&world, txn, &[])?;
            Ok(ids)
        })
    }

    /// The roles of a configuration, in place of the built-in ones.
    #[must_use]
    pub fn with_roles(mut self, roles: Roles) -> Service {
        self.roles = Arc::new(roles);
        self
    }

    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// Begins a session of the user with this account on the machine. Where several share the account, or the user has
    /// a password, [`Service::session_by_password`] does.
    pub fn session_of(&self, unix: &str) -> Result<Session, Error> {
        self.session_by_password(unix, &users::Login::default())
    }

    fn session(&self, user: UserId) -> Session {
        let id = SessionId(self.env.ids.next());
        self.hub.enter(id, user);
        Session { user, id, memory: Mutex::default(), hub: Arc::clone(&self.hub) }
    }

    /// Whether the session's user may still ask at all.
    pub fn is_open(&self, session: &Session) -> bool {
        self.actor(session).is_ok()
    }

    /// Whether a record is in a session's sight now: what decides which events it hears of.
    pub fn sees(&self, session: &Session, kind: RecordKind, id: uuid::Uuid) -> bool {
        let Ok(actor) = self.actor(session) else { return false };
        actor.sight.sees(&self.read_world(), kind, id)
    }

    /// Decides about a request, carries it out, and answers; what is denied is recorded.
    pub fn call(&self, session: &Session, request: Request) -> Result<Response, Error> {
        let now = self.env.now();
        let (name, named) = (request.name(), request.named());
        let actor = self.actor(session).inspect_err(|_| {
            self.deny_request(session, name, &named, Why::Inactive);
        })?;
        let grant = policy::authorize(actor, &request).inspect_err(|_| {
            self.deny_request(session, name, &named, Why::Role);
        })?;
        session.remember_sight(grant.sight());
        let ask = Ask { service: self, session, now, grant: &grant };
        let answer = ask.carry_out(request).inspect_err(|error| {
            self.deny_answered(session, grant.sight(), name, &named, error);
        });
        self.follow_ring(ask.origin(Action::Backup));
        answer
    }

    /// Why the store was closed, if a write failed: nothing is written any more until it is opened anew.
    pub fn failure(&self) -> Option<&str> {
        self.store.failure()
    }

    /// Why the last scheduled backup failed, if it did.
    pub fn backup_failure(&self) -> Option<String> {
        self.backup_failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes how a scheduled backup ended.
    pub fn note_backup(&self, failure: Option<String>) {
        *self.backup_failed.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    /// An error where the store was found damaged.
    fn writable(&self) -> Result<(), Error> {
        if self.whole {
            return Ok(());
        }
        Err(Error::integrity("the store is damaged: records were lost or replaced; it is read-only")
            .hint("`callbook doctor` tells more; restore the store from a backup"))
    }

    fn read_world(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Forgets searches that were answered for another role or team.
    fn remember_sight(&self, sight: &Sight) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let seen_as = (sight.rules().name.clone(), sight.team().to_owned());
        if memory.seen_as != seen_as {
            memory.contacts = index::Session::default();
            memory.companies = index::Session::default();
            memory.seen_as = seen_as;
        }
    }
}

/// One granted request being carried out: who, when, by which grant.
struct Ask<'a> {
    service: &'a Service,
    session: &'a Session,
    now: Timestamp,
    grant: &'a policy::Grant,
}

impl Ask<'_> {
    fn carry_out(&self, request: Request) -> Result<Response, Error> {
        Ok(match request {
            Request::Whoami(_) => Response::Whoami(self.whoami()),
            Request::SchemaGet(_) => Response::SchemaGet(self.world().customs.clone()),
            Request::List(list) => Response::List(self.list_seen(list)?),
            Request::Among(among) => Response::Among(self.among_seen(among)?),
            Request::Get(get) => Response::Get(self.get_seen(get)?),
            Request::Add(add) => Response::Add(self.add(add)?),
            Request::Edit(edit) => Response::Edit(self.edit(edit)?),
            Request::Delete(delete) => Response::Delete(self.delete(delete)?),
            Request::Restore(restore) => Response::Restore(self.restore(restore)?),
            Request::History(history) => Response::History(self.history_seen(history)?),
            Request::FindSimilar(find) => Response::FindSimilar(self.find_similar_seen(find)?),
            Request::Duplicates(duplicates) => Response::Duplicates(self.duplicates(duplicates)?),
            Request::Merge(merge) => Response::Merge(self.merge(merge)?),
            Request::Bulk(bulk) => Response::Bulk(self.bulk(bulk)?),
            Request::Import(import) => Response::Import(self.import(import)?),
            Request::Reachable(reachable) => Response::Reachable(self.reachable_seen(reachable)?),
            Request::Export(export) => Response::Export(self.export_seen(export)?),
            Request::SealExport(seal) => Response::SealExport(self.seal_export(seal)?),
            Request::SweepConsents(sweep) => Response::SweepConsents(self.sweep_consents(&sweep)?),
            Request::RetentionExplain(asked) => {
                Response::RetentionExplain(self.retention_explain_seen(&asked)?)
            }
            Request::RetentionPreset(asked) => Response::RetentionPreset(self.retention_preset(&asked)?),
            Request::HoldAdd(add) => Response::HoldAdd(self.hold_add(add)?),
            Request::HoldRelease(release) => Response::HoldRelease(self.hold_release(release)?),
            Request::RetentionPlan(asked) => Response::RetentionPlan(self.retention_plan(&asked)?),
            Request::RetentionPlanPage(asked) => {
                Response::RetentionPlanPage(self.retention_plan_page(&asked)?)
            }
            Request::RetentionApply(asked) => Response::RetentionApply(self.retention_apply(asked)?),
            Request::RetentionApprove(asked) => Response::RetentionApprove(self.retention_approve(&asked)?),
            Request::Sweeps(_) => Response::Sweeps(self.sweeps()),
            Request::Reviews(asked) => Response::Reviews(self.reviews(&asked)?),
            Request::ReviewErase(asked) => {
                self.review_erase(&asked)?;
                Response::ReviewErase(())
            }
            Request::Holds(holds) => Response::Holds(self.holds(&holds)?),
            Request::Complete(complete) => Response::Complete(self.complete(&complete)),
            Request::Activity(activity) => Response::Activity(self.activity(activity)?),
            Request::Undo(undo) => Response::Undo(self.undo(undo)?),
            Request::Redo(_) => Response::Redo(self.redo()?),
            Request::KeepDraft(keep) => Response::KeepDraft(self.keep_draft(keep)?),
            Request::Drafts(_) => Response::Drafts(self.drafts()?),
            Request::DropDraft(drop) => Response::DropDraft(self.drop_draft(&drop)?),
            Request::LogVerify(_) => Response::LogVerify(self.verify()?),
            Request::LogCheckpoint(_) => Response::LogCheckpoint(self.checkpoint()?),
            Request::LogProve(prove) => Response::LogProve(self.prove(prove)?),
            Request::Present(present) => Response::Present(self.present(&present)?),
            Request::Views(views) => Response::Views(self.views_of(&views)),
            Request::WordingAdd(add) => Response::WordingAdd(self.wording_add(add)?),
            Request::WordingRetire(retire) => Response::WordingRetire(self.wording_retire(&retire)?),
            Request::Wordings(list) => Response::Wordings(self.wordings_of(&list)),
            Request::WordingGet(get) => Response::WordingGet(self.wording_get(&get)?),
            Request::Readings(readings) => Response::Readings(self.readings(readings)?),
            Request::Denials(denials) => Response::Denials(self.denials(denials)?),
            Request::SweepReadings(sweep) => Response::SweepReadings(self.sweep_readings(&sweep)?),
            Request::Status(_) => Response::Status(self.status()?),
            Request::Doctor(_) => Response::Doctor(self.doctor()?),
            Request::Inventory(_) => Response::Inventory(self.inventory()?),
            Request::RoleList(_) => Response::RoleList(self.roles()),
            Request::LawShow(show) => Response::LawShow(self.law_show(&show)?),
            Request::SetPassword(set) => Response::SetPassword(self.set_password(set)?),
            Request::Purposes(purposes) => Response::Purposes(self.purposes(&purposes)),
            Request::ConsentRecord(record) => Response::ConsentRecord(self.consent_record(record)?),
            Request::ConsentWithdraw(withdraw) => Response::ConsentWithdraw(self.consent_withdraw(withdraw)?),
            Request::OptInPrepare(asked) => Response::OptInPrepare(self.opt_in_prepare(asked)?),
            Request::OptInSent(sent) => Response::OptInSent(self.opt_in_sent(sent)?),
            Request::OptInConfirm(confirm) => Response::OptInConfirm(self.opt_in_confirm(confirm)?),
            Request::ConsentProve(prove) => Response::ConsentProve(self.consent_prove_seen(&prove)?),
            Request::ConsentReceipt(receipt) => {
                Response::ConsentReceipt(self.consent_receipt_seen(&receipt)?)
            }
            Request::Consents(consents) => Response::Consents(self.consents_seen(&consents)?),
            Request::CallCheck(check) => Response::CallCheck(self.call_check_seen(&check)?),
            Request::CallBegin(begin) => Response::CallBegin(self.call_begin(begin)?),
            Request::CallKeep(keep) => Response::CallKeep(self.call_keep(keep)?),
            Request::CallsOpen(_) => Response::CallsOpen(self.calls_open()?),
            Request::CallListMake(make) => Response::CallListMake(self.call_list_make(make)?),
            Request::CallLists(asked) => Response::CallLists(self.call_lists(&asked)),
            Request::CallListShow(asked) => Response::CallListShow(self.call_list_show(&asked)?),
            Request::CallListNext(asked) => Response::CallListNext(self.call_list_next(&asked)?),
            Request::CallListPut(put) => Response::CallListPut(self.call_list_put(put)?),
            Request::CallListClose(close) => Response::CallListClose(self.call_list_close(&close)?),
            Request::TaskDone(done) => Response::TaskDone(self.task_done(&done)?),
            Request::Tasks(asked) => Response::Tasks(self.tasks(&asked)?),
            Request::Today(today) => Response::Today(self.today(&today)?),
            Request::RequestOpen(open) => Response::RequestOpen(self.request_open(open)?),
            Request::Requests(asked) => Response::Requests(self.requests(&asked)?),
            Request::SubjectErase(erase) => Response::SubjectErase(self.subject_erase(&erase)?),
            Request::Certificates(_) => Response::Certificates(self.certificates()?),
            Request::CertificateGet(get) => {
                Response::CertificateGet(self.service.erasure_receipt(get.number)?)
            }
            Request::RecipientTold(told) => Response::RecipientTold(self.recipient_told(told)?),
            Request::Mentions(asked) => Response::Mentions(self.mentions(&asked)?),
            Request::MentionDecide(decide) => Response::MentionDecide(self.mention_decide(decide)?),
            Request::KeptProofs(asked) => Response::KeptProofs(self.kept_proofs(&asked)?),
            Request::SweepProofs(sweep) => {
                Response::SweepProofs(self.service.sweep_proofs(self.now, sweep.dry_run)?)
            }
            Request::Aggregates(_) => Response::Aggregates(self.aggregates()?),
            Request::Disclose(asked) => Response::Disclose(self.disclose_seen(&asked)?),
            Request::Disclosed(one) => Response::Disclosed(self.disclosed(one)?),
            Request::RequestShow(asked) => Response::RequestShow(self.request_show(&asked)?),
            Request::RequestIdentify(asked) => Response::RequestIdentify(self.request_identify(asked)?),
            Request::RequestExtend(asked) => Response::RequestExtend(self.request_extend(asked)?),
            Request::RequestRefuse(asked) => Response::RequestRefuse(self.request_refuse(asked)?),
            Request::RequestClose(asked) => Response::RequestClose(self.request_close(asked)?),
            Request::RequestAssign(asked) => Response::RequestAssign(self.request_assign(asked)?),
            Request::SubjectRestrict(asked) => Response::SubjectRestrict(self.subject_restrict(asked)?),
            Request::SubjectLift(asked) => Response::SubjectLift(self.subject_lift(asked)?),
            Request::SubjectRectify(asked) => Response::SubjectRectify(self.subject_rectify(asked)?),
            Request::SubjectObject(asked) => Response::SubjectObject(self.subject_object(asked)?),
            Request::RequestInvite(asked) => Response::RequestInvite(self.request_invite_seen(asked)?),
            Request::RequestIngest(asked) => Response::RequestIngest(self.request_ingest(asked)?),
            Request::GivenTo(asked) => Response::GivenTo(self.given_to(&asked)?),
            Request::PublicationAdd(add) => Response::PublicationAdd(self.publication_add(add)?),
            Request::PublicationWithdraw(one) => {
                Response::PublicationWithdraw(self.publication_withdraw(&one)?)
            }
            Request::CallDrop(drop) => Response::CallDrop(self.call_drop(&drop)?),
            Request::CallConfirmation(asked) => Response::CallConfirmation(self.call_confirmation(asked)?),
            Request::CallDelivery(told) => Response::CallDelivery(self.call_delivery(told)?),
            Request::CallRecord(record) => Response::CallRecord(self.call_record(record)?),
            Request::Incidents(asked) => Response::Incidents(self.incidents(&asked)?),
            Request::IncidentReport(report) => Response::IncidentReport(self.incident_report(report)?),
            Request::IncidentClose(close) => Response::IncidentClose(self.incident_close(close)?),
            Request::IncidentScope(asked) => Response::IncidentScope(self.incident_scope(&asked)?),
            Request::IncidentDraft(asked) => Response::IncidentDraft(self.incident_draft(&asked)?),
            Request::RegisterShow(_) => Response::RegisterShow(self.register_show()?),
            Request::RegisterApprove(approve) => Response::RegisterApprove(self.register_approve(approve)?),
            Request::RegisterVersions(_) => Response::RegisterVersions(self.register_versions()?),
            Request::TrainingAdd(add) => Response::TrainingAdd(self.training_add(add)?),
            Request::Trainings(_) => Response::Trainings(self.trainings()?),
            Request::Evidence(asked) => Response::Evidence(self.evidence(&asked)?),
            Request::AccessExplain(explain) => Response::AccessExplain(self.explain(&explain)?),
            Request::Suppress(suppress) => Response::Suppress(self.suppress(suppress)?),
            Request::LiftSuppression(lift) => Response::LiftSuppression(self.lift_suppression(lift)?),
            Request::SuppressionCheck(check) => Response::SuppressionCheck(self.suppression_check(check)?),
            Request::SuppressionEntries(asked) => {
                Response::SuppressionEntries(self.suppression_entries(&asked)?)
            }
            Request::ScreeningImport(import) => Response::ScreeningImport(self.screening_import(import)?),
            Request::ScreeningLists(asked) => Response::ScreeningLists(self.screening_lists(&asked)),
            Request::BackupBegin(begin) => Response::BackupBegin(self.backup_begin(begin)?),
            Request::BackupStep(_) => Response::BackupStep(self.backup_step()?),
            Request::BackupStop(_) => {
                self.backup_stop();
                Response::BackupStop(())
            }
            Request::Backups(_) => Response::Backups(self.service.backups(self.now)?),
            Request::BackupForget(forget) => Response::BackupForget(self.backup_forget(&forget)?),
            Request::EscrowMake(make) => Response::EscrowMake(self.escrow_make(make)?),
            Request::EscrowRefresh(_) => {
                Response::EscrowRefresh(self.service.refresh_escrows(self.origin(Action::Backup))?)
            }
            Request::Ways(_) => Response::Ways(self.service.ways()?),
            Request::WayAdd(add) => Response::WayAdd(self.way_add(add)?),
            Request::WayRemove(remove) => Response::WayRemove(self.way_remove(&remove)?),
            Request::KeysRotate(rotate) => Response::KeysRotate(self.keys_rotate(rotate)?),
        })
    }

    fn whoami(&self) -> Identity {
        let world = self.world();
        let actor = self.grant.actor();
        let user = world.users.get(&actor.user.0).cloned().unwrap_or_default();
        Identity {
            store: self.service.id,
            controller: world.settings.controller.clone(),
            country: world.settings.country.map(|country| country.to_string()).unwrap_or_default(),
            user: actor.user.0,
            name: user.name,
            role: actor.sight.rules().name.clone(),
            team: user.team,
            session: actor.session,
            own_password: !user.password.is_empty(),
            demo: self.service.surroundings.demo,
        }
    }

    fn world(&self) -> RwLockReadGuard<'_, World> {
        self.service.read_world()
    }

    fn sight(&self) -> &Sight {
        self.grant.sight()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.session.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn origin(&self, action: Action) -> Origin {
        let actor = self.grant.actor();
        Origin { at: self.now, actor: actor.user, session: actor.session, action }
    }

    /// The default country of numbers.
    fn country(&self) -> Option<Country> {
        self.world().settings.country
    }

    /// Runs a transaction; answers also with its number, if it changed anything.
    fn transact<R: Send + 'static>(
        &self,
        action: Action,
        f: impl FnOnce(&mut WriteTxn<'_>, &RwLock<World>) -> Result<R, Error> + Send + 'static,
    ) -> Result<(R, Option<u64>), Error> {
        self.service.writable()?;
        let world = Arc::clone(&self.service.world);
        let (result, number, touched, slots) = self.service.store.write(self.origin(action), move |txn| {
            let result = f(txn, &world)?;
            Ok::<_, Error>((result, txn.number(), live::Touched::by(txn), txn.keys().slots()))
        })?;
        self.service.note_slots(slots);
        let actor = self.grant.actor();
        self.service.hub.committed(actor.session, actor.user, action, touched);
        Ok((result, number))
    }

    /// Runs a transaction that can be undone, and remembers it.
    fn write<R: Send + 'static>(
        &self,
        action: Action,
        f: impl FnOnce(&mut WriteTxn<'_>, &RwLock<World>) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let (result, number) = self.transact(action, f)?;
        if let Some(number) = number {
            let mut memory = self.memory();
            match action {
                Action::Undo => memory.redo.push(number),
                Action::Redo => memory.undo.push(number),
                Action::Create
                | Action::Edit
                | Action::Delete
                | Action::Restore
                | Action::Merge
                | Action::Import
                | Action::Bulk => {
                    memory.undo.push(number);
                    memory.redo.clear();
                }
                Action::Export
                | Action::Checkpoint
                | Action::Init
                | Action::Consent
                | Action::Withdraw
                | Action::Backup
                | Action::Recover
                | Action::Call
                | Action::Erase => {}
            }
            if memory.undo.len() > UNDO_DEPTH {
                memory.undo.remove(0);
            }
        }
        Ok(result)
    }
}

/// How many of its own transactions a session can undo without naming them.
const UNDO_DEPTH: usize = 100;

/// Takes what a transaction touched into the state in memory. `before` are the records as they were.
///
/// Some entries of the index tell about other records: that a contact has notes, what its company is called. Those
/// contacts are taken in again.
fn publish(world: &RwLock<World>, txn: &WriteTxn<'_>, before: &[Stored]) -> Result<(), Error> {
    publish_with(world, txn, before, &[])
}

/// The same with contacts that [suppressions](suppression::stage) concern. Refused where what is suppressed would come in.
fn publish_with(
    world: &RwLock<World>,
    txn: &WriteTxn<'_>,
    before: &[Stored],
    concerned: &[uuid::Uuid],
) -> Result<(), Error> {
    let mut world: RwLockWriteGuard<'_, World> = world.write().unwrap_or_else(PoisonError::into_inner);
    let before: HashMap<uuid::Uuid, &Stored> = before.iter().map(|one| (one.id, one)).collect();
    suppression::guard::check(&world.suppression, &before, txn.touched())?;
    let mut others: BTreeSet<uuid::Uuid> = BTreeSet::new();
    for stored in txn.touched() {
        match stored.kind {
            RecordKind::Note => {
                others.insert(stored.subject.0);
            }
            RecordKind::Company => others.extend(edit::people_of_renamed(&world, stored)?),
            _ => {}
        }
    }
    for stored in txn.touched() {
        world.apply(before.get(&stored.id).copied(), stored)?;
    }
    for id in others {
        if let Some(contact) = rows::of_entry(&txn.read(), RecordKind::Contact, SubjectId(id), id)? {
            world.apply(Some(&contact), &contact)?;
        }
    }
    suppression::look_again(&mut world, txn, concerned)
}

fn read_lock(world: &RwLock<World>) -> RwLockReadGuard<'_, World> {
    world.read().unwrap_or_else(PoisonError::into_inner)
}

/// A failure of the store as the asker sees it.
fn store_error(error: StoreError) -> Error {
    let code = match &error {
        StoreError::Envelope(_)
        | StoreError::Encoding(_)
        | StoreError::Newer(_)
        | StoreError::Damaged(_)
        | StoreError::Log(_) => Code::Integrity,
        StoreError::Backend(BackendError::Corrupt(_) | BackendError::Missing(_)) => Code::Integrity,
        StoreError::TooLarge => Code::Usage,
        StoreError::OnlyGrows(_) => Code::Refused,
        StoreError::Backup(error) => backup_code(error),
        StoreError::Layout(error) => open::layout_error(error).code,
        StoreError::Keys(error) => open::key_error(error).code,
        StoreError::Backend(_) | StoreError::File(_) | StoreError::Closed(_) => Code::Failed,
    };
    Error::new(code, error.to_string())
}

fn backup_code(error: &BackupError) -> Code {
    match error {
        BackupError::NotABackup(_) => Code::Usage,
        BackupError::Newer { .. }
        | BackupError::Cut { .. }
        | BackupError::Damaged { .. }
        | BackupError::NotSealed { .. } => Code::Integrity,
        BackupError::OtherStore { .. } | BackupError::Exists(_) | BackupError::Inside(_) => Code::Refused,
        BackupError::ChangedTooMuch => Code::Conflict,
        BackupError::Stopped => Code::Interrupted,
        BackupError::File(_) => Code::Failed,
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        store_error(error)
    }
}

/// The name of a kind with its number, for messages.
fn no_such(kind: RecordKind, id: uuid::Uuid) -> Error {
    Error::not_found(format!("there is no {kind} {id}"))
}
