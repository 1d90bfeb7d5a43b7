//! Denials are recorded: who was refused what, when, how often, and why.
//!
//! Nobody waits for it, and nobody who asks a million times what he may not fills the disk or slows the others:
//!
//! - Denials of one kind (user, request, kind of record, reason) within a minute are one row with a count.
//! - A row is written when it begins and each time its count has doubled, so a million denials are twenty writes; what was
//!   counted since is written when its minute is over and the next denial comes, when somebody reads the log, and when the
//!   store is closed.
//! - A user has so many rows a day ([`A_DAY`]); what is denied beyond that is one row an hour, of [`VARIOUS`] requests.
//! - What a row names is ids, a few at most, and the names of requests; no word of what was sent.
//!
//! Denied is what the policy refuses, what a handler refuses with [`Code::Denied`], and a record that is there and out of
//! sight, which the asker is told is not there. So is a session that does not begin.

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

use uuid::Uuid;

use super::sight::Sight;
use super::{Ask, Service, Session, reads};
use crate::api::names::{MOST, Named};
use crate::api::view::{CheckLine, DenialView, DenialsPage, Level};
use crate::api::{Code, Denials, Error};
use crate::domain::denial::{VARIOUS, Why};
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::store::codec::Denial;
use crate::store::moments::{self, Dated};
use crate::store::{Origin, StoreError};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Rows of a user in a day, before what is denied is no longer told apart.
pub(super) const A_DAY: u32 = 200;
/// Rows in memory, before those that are over are forgotten.
const HELD: usize = 1_000;
/// Rows in one answer, at most.
const PAGE: u64 = 10_000;

/// One denial.
pub(super) struct Refused<'a> {
    /// Nobody, where an account of the machine is no user.
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    pub request: &'static str,
    pub named: &'a Named,
    pub why: Why,
}

/// What makes two denials the same, within a time.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Same {
    user: Option<UserId>,
    request: &'static str,
    kind: Option<RecordKind>,
    why: Why,
}

struct Row {
    id: Uuid,
    /// Up to this moment it counts.
    until: Timestamp,
    denial: Denial,
    /// How many of them are written.
    written: u64,
}

impl Row {
    fn holds(&self, now: Timestamp) -> bool {
        // A clock that was set back begins a row anew.
        self.denial.at <= now && now < self.until
    }

    /// The row as it is to be written, if it says more than what is.
    fn unwritten(&mut self) -> Option<(Uuid, Denial)> {
        if self.written == self.denial.count {
            return None;
        }
        self.written = self.denial.count;
        Some((self.id, self.denial.clone()))
    }
}

/// The rows that are being counted.
#[derive(Default)]
struct Ledger {
    rows: HashMap<Same, Row>,
    /// How many rows each user began in a day.
    begun: HashMap<Option<UserId>, (i64, u32)>,
}

impl Ledger {
    /// Counts a denial; what is to be written now.
    fn count(
        &mut self,
        now: Timestamp,
        refused: &Refused<'_>,
        id: impl FnOnce() -> Uuid,
    ) -> Vec<(Uuid, Denial)> {
        let mut write = Vec::new();
        let Refused { user, session, request, named, why } = *refused;
        let mut same = Same { user, request, kind: named.kind, why };
        let mut span = MINUTE;
        if !self.rows.get(&same).is_some_and(|row| row.holds(now)) && !self.spend(user, now) {
            same = Same { request: VARIOUS, kind: None, ..same };
            span = HOUR;
        }
        if let Some(row) = self.rows.get_mut(&same)
            && !row.holds(now)
        {
            write.extend(row.unwritten());
            self.rows.remove(&same);
        }
        if self.rows.len() >= HELD {
            for row in self.rows.values_mut().filter(|row| !row.holds(now)) {
                write.extend(row.unwritten());
            }
            self.rows.retain(|_, row| row.holds(now));
        }
        let row = self.rows.entry(same).or_insert_with(|| Row {
            id: id(),
            until: Timestamp::from_millis((now.millis().div_euclid(span) + 1).saturating_mul(span)),
            denial: Denial {
                at: now,
                last: now,
                count: 0,
                user,
                sessions: Vec::new(),
                request: same.request.to_owned(),
                kind: same.kind,
                records: Vec::new(),
                why,
            },
            written: 0,
        });
        let denial = &mut row.denial;
        denial.count = denial.count.saturating_add(1);
        denial.last = now;
        few(&mut denial.records, named.ids.iter().copied());
        few(&mut denial.sessions, session);
        if denial.count.is_power_of_two() {
            write.extend(row.unwritten());
        }
        write
    }

    /// Takes one of the rows that a user has today; `false` when there is none left.
    fn spend(&mut self, user: Option<UserId>, now: Timestamp) -> bool {
        let today = now.millis().div_euclid(DAY);
        let (day, rows) = self.begun.entry(user).or_insert((today, 0));
        if *day != today {
            (*day, *rows) = (today, 0);
        }
        let left = *rows < A_DAY;
        *rows += u32::from(left);
        left
    }

    /// Everything that was counted and not written.
    fn flush(&mut self) -> Vec<(Uuid, Denial)> {
        self.rows.values_mut().filter_map(Row::unwritten).collect()
    }
}

/// What was denied, and what looks like it and was not.
#[derive(Default)]
pub(super) struct Ledgers {
    kept: Ledger,
    void: Ledger,
}

/// Adds what is new to a list that stays short.
fn few<T: PartialEq>(list: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for one in more {
        if list.len() < MOST && !list.contains(&one) {
            list.push(one);
        }
    }
}

impl Service {
    /// Records a denial, as soon as the storage thread comes to it.
    pub(super) fn deny(&self, refused: &Refused<'_>) {
        let now = self.env.now();
        let mut ledgers = self.denials.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = ledgers.kept.count(now, refused, || moments::id_of(now, &self.env.random()));
        // Under the lock, so that a later state of a row is never overtaken by an earlier one.
        self.post_denials(rows);
    }

    /// Writes what was counted and not written yet.
    pub(super) fn flush_denials(&self) {
        let mut ledgers = self.denials.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = ledgers.kept.flush();
        self.post_denials(rows);
    }

    fn post_denials(&self, rows: Vec<(Uuid, Denial)>) {
        if rows.is_empty() {
            return;
        }
        let nobody = Uuid::nil();
        // No record changes, so nothing of this is in the history.
        let origin = Origin {
            at: self.env.now(),
            actor: UserId(nobody),
            session: SessionId(nobody),
            action: Action::Export,
        };
        self.store
            .post(origin, move |txn| rows.iter().try_for_each(|(id, denial)| txn.log_denial(*id, denial)));
    }

    /// Records a session that did not begin.
    pub(super) fn deny_login(&self, user: Option<Uuid>, why: Why) {
        let (user, named) = (user.map(UserId), Named::default());
        self.deny(&Refused { user, session: None, request: "Login", named: &named, why });
    }

    /// Records what a request that was granted was refused all the same, if it was. A record that never was is counted
    /// like one out of sight, for nobody to read: the time of an answer must not tell the two apart.
    pub(super) fn deny_answered(
        &self,
        session: &Session,
        sight: &Sight,
        request: &'static str,
        named: &Named,
        error: &Error,
    ) {
        let hidden = || {
            let world = self.read_world();
            named.kind.is_some_and(|kind| named.ids.iter().any(|id| sight.hides(&world, kind, *id)))
        };
        match error.code {
            Code::Denied => self.deny_request(session, request, named, Why::Reach),
            Code::NotFound if hidden() => self.deny_request(session, request, named, Why::Reach),
            Code::NotFound => {
                let (user, session) = (Some(session.user), Some(session.id));
                let refused = Refused { user, session, request, named, why: Why::Reach };
                let now = self.env.now();
                let mut ledgers = self.denials.lock().unwrap_or_else(PoisonError::into_inner);
                drop(ledgers.void.count(now, &refused, || moments::id_of(now, &self.env.random())));
            }
            Code::Failed
            | Code::Usage
            | Code::Refused
            | Code::Conflict
            | Code::Locked
            | Code::Integrity
            | Code::PartlyTaken
            | Code::Interrupted => {}
        }
    }

    pub(super) fn deny_request(&self, session: &Session, request: &'static str, named: &Named, why: Why) {
        let (user, session) = (Some(session.user), Some(session.id));
        self.deny(&Refused { user, session, request, named, why });
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.flush_denials();
    }
}

impl Ask<'_> {
    pub(super) fn denials(&self, asked: Denials) -> Result<DenialsPage, Error> {
        let user = if asked.user.is_empty() { None } else { Some(self.any_user(&asked.user)?) };
        let between = (
            asked.from.unwrap_or(Timestamp::from_millis(i64::MIN)),
            asked.to.unwrap_or(Timestamp::from_millis(i64::MAX)),
        );
        let limit = usize::try_from(asked.limit.min(PAGE)).unwrap_or(0);
        self.service.flush_denials();
        let mut page = DenialsPage { kept_months: self.service.kept_months(), ..DenialsPage::default() };
        // The latest ones by id, which begins with the moment; no more than are wanted are ever held.
        let mut latest: BTreeMap<Uuid, Denial> = BTreeMap::new();
        let mut from: Option<Vec<u8>> = None;
        loop {
            let slice = self.service.store.read(move |reader| reader.denials(from.as_deref(), between))?;
            page.unreadable += slice.unreadable;
            for (id, denial) in slice.rows {
                if user.is_some() && denial.user != user {
                    continue;
                }
                page.total += 1;
                if asked.before.is_none_or(|before| id < before) {
                    latest.insert(id, denial);
                }
                if latest.len() > limit {
                    latest.pop_first();
                }
            }
            from = slice.next;
            if from.is_none() {
                break;
            }
        }
        let names = reads::sees_names(self.sight());
        let world = self.world();
        let name = |user: UserId| if names { world.user_name(user.0) } else { user.to_string() };
        let view = |(id, denial): (Uuid, Denial)| {
            let Denial { at, last, count, user, sessions, request, kind, records, why } = denial;
            let user = user.map(name).unwrap_or_default();
            DenialView { id, at, last, count, user, sessions, request, kind, records, why }
        };
        page.items = latest.into_iter().rev().map(view).collect();
        Ok(page)
    }

    /// What `doctor` says about the log of denials.
    pub(super) fn denial_checks(&self) -> Result<CheckLine, Error> {
        let months = self.service.kept_months();
        let swept = self.service.count_dated(Dated::Denials, reads::cutoff(self.now, months))?;
        let (level, message, hint) = match swept.old {
            0 => (Level::Ok, format!("{} rows, none older than {months} months", swept.kept), ""),
            old => (
                Level::Warning,
                format!("{old} rows are older than the {months} months they are kept"),
                "`callbook history sweep` removes them",
            ),
        };
        Ok(CheckLine { name: "log of denials".to_owned(), level, message, hint: hint.to_owned() })
    }
}

impl Service {
    /// How many rows of a log are older than a moment.
    pub(super) fn count_dated(&self, which: Dated, before: Timestamp) -> Result<moments::Swept, StoreError> {
        let mut all = moments::Swept::default();
        let mut from: Option<Vec<u8>> = None;
        loop {
            let swept = self.store.read(move |reader| reader.count_dated(which, before, from.as_deref()))?;
            all.old += swept.old;
            all.kept += swept.kept;
            from = swept.next;
            if from.is_none() {
                return Ok(all);
            }
        }
    }

    /// The same, and removes them.
    pub(super) fn sweep_dated(
        &self,
        origin: Origin,
        which: Dated,
        before: Timestamp,
    ) -> Result<moments::Swept, StoreError> {
        let mut all = moments::Swept::default();
        let mut from: Option<Vec<u8>> = None;
        loop {
            let swept =
                self.store.write(origin, move |txn| txn.sweep_dated(which, before, from.as_deref()))?;
            all.old += swept.old;
            all.kept += swept.kept;
            from = swept.next;
            if from.is_none() {
                return Ok(all);
            }
        }
    }
}
