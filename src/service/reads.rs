//! Who looked: each opening of a person's record, each exported person, each search for a whole number or address is in
//! the read log before the answer leaves.
//!
//! What counts: a record that is opened (also as it stood, also beside a list), its history, its notes, every person in
//! an export, and a person found by a whole number or e-mail address. Rows of a list do not, nor names in a history of
//! everything. Looking at the same thing again in the same session within a minute is the same look, so that browsing
//! costs a row a minute and not one for each key.
//!
//! When the log cannot be written, since a failure closed the store for writing, a reading is refused: whoever fills the
//! disk must not be able to look unseen. Owner and data protection officer read on, for they have to rescue what is
//! there; how often they did `doctor` tells. A store with damaged records is read-only, but its log is still written.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::Months;
use uuid::Uuid;

use super::sight::Sight;
use super::world::subject_of;
use super::{Ask, Service};
use crate::api::retention::RetentionView;
use crate::api::rights::Invited;
use crate::api::view::{
    Card, CheckLine, Entry, ExportPage, Level, Page, ReadingView, ReadingsPage, Similar, SweptReadings, View,
};
use crate::api::{
    Among, Book, CallCard, CallCheck, ConsentProof, ConsentProve, ConsentReceipt, Consents, Disclose,
    Disclosure, Error, Export, FindSimilar, Get, History, List, Reachable, Readings, Receipt, RequestInvite,
    RetentionExplain, SweepReadings,
};
use crate::domain::access::{Scope, Verb};
use crate::domain::entity::{Lies, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::fold;
use crate::domain::history::Action;
use crate::domain::id::{ContactId, SubjectId, UserId};
use crate::domain::query::TermKind;
use crate::domain::reach::{Email, Phone};
use crate::domain::reading::{KEPT_MONTHS, ReadKind};
use crate::domain::retention::Kept;
use crate::domain::suppression::Identifier;
use crate::domain::time::Timestamp;
use crate::domain::value::MAX_LINE;
use crate::store::codec::Reading;
use crate::store::moments::{Dated, Swept};
use crate::store::readings::StoredReading;
use crate::store::{Origin, StoreError};

/// Looking at the same thing again within so many milliseconds is one look.
const SAME_LOOK: i64 = 60_000;
/// Looks that a session remembers, before it forgets those that are over.
const REMEMBERED: usize = 1_000;
/// The purpose of who reads very many in lists, and names none.
const LISTED: &str = "read in lists, without a purpose";
/// Readings in one answer, at most.
const PAGE: u64 = 10_000;

/// What makes two looks the same.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Look {
    subject: SubjectId,
    record: Uuid,
    kind: ReadKind,
    as_of: Option<Timestamp>,
    searched: Option<String>,
}

/// The looks of a session that are not over yet.
#[derive(Default)]
pub(super) struct Recent(HashMap<Look, Timestamp>);

impl Recent {
    fn holds(&self, look: &Look, now: Timestamp) -> bool {
        // A clock that was set back ends every look.
        self.0.get(look).is_some_and(|at| (0..SAME_LOOK).contains(&(now.millis() - at.millis())))
    }

    fn add(&mut self, look: Look, now: Timestamp) {
        if self.0.len() >= REMEMBERED {
            self.0.retain(|_, at| (0..SAME_LOOK).contains(&(now.millis() - at.millis())));
        }
        self.0.insert(look, now);
    }
}

/// Somebody who is about to be seen.
#[derive(Clone)]
struct Seen {
    look: Look,
    purpose: String,
    masked: Vec<FieldKey>,
}

impl Seen {
    fn person(id: Uuid, kind: ReadKind) -> Seen {
        let look = Look { subject: SubjectId(id), record: id, kind, as_of: None, searched: None };
        Seen { look, purpose: String::new(), masked: Vec::new() }
    }
}

/// Whether somebody reads on when that cannot be logged: owner and data protection officer, who decide what is held.
fn reads_unlogged(sight: &Sight) -> bool {
    sight.may(Verb::Configure)
}

/// Whether somebody who may see who looked is told names, or ids alone.
pub(super) fn sees_names(sight: &Sight) -> bool {
    sight.rules().kind(RecordKind::Contact).read != Scope::None
}

/// The fields of which only a mask is shown.
fn masked(view: &View) -> Vec<FieldKey> {
    view.fields.iter().filter(|shown| shown.value.is_none()).map(|shown| shown.key).collect()
}

/// A text no longer than one line may be.
fn bounded(mut text: String) -> String {
    let mut end = text.len().min(MAX_LINE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// What is older goes: so many months before now.
pub(super) fn cutoff(now: Timestamp, months: u64) -> Timestamp {
    let months = Months::new(u32::try_from(months).unwrap_or(u32::MAX));
    let then = now.utc().checked_sub_months(months);
    then.map_or(Timestamp::from_millis(i64::MIN), |then| Timestamp::from_millis(then.timestamp_millis()))
}

impl Service {
    pub(super) fn kept_months(&self) -> u64 {
        let world = self.read_world();
        let set = world.settings.readings_months;
        if set > 0 {
            return u64::try_from(set).unwrap_or(0);
        }
        let ruled = world.retained.active_rules().find(|one| one.rule.kept.0 == Some(Kept::AccessLog));
        match ruled.map(|one| one.period.parts()) {
            // A part of a month is kept as a whole one.
            Some([years, months, weeks, days]) => {
                u64::from(years) * 12 + u64::from(months) + u64::from(weeks > 0 || days > 0)
            }
            None => u64::try_from(KEPT_MONTHS).unwrap_or(0),
        }
    }

    /// Takes readings and denials out of their logs that are older than they are kept, a part at a time. For whatever does so by itself
    /// as for whoever asks. Refused while the clock stands before the last entry of the history: it was set back, and
    /// what is old cannot be told.
    pub fn sweep_readings(&self, origin: Origin, dry_run: bool) -> Result<SweptReadings, Error> {
        let months = self.kept_months();
        let before = cutoff(origin.at, months);
        let last = self.store.read(|reader| {
            let latest = reader.headers_before(u64::MAX, 1)?;
            Ok::<_, StoreError>(latest.first().map(|header| header.at))
        })?;
        if let Some(last) = last.filter(|last| *last > origin.at) {
            return Err(Error::refused(format!(
                "the clock says {}, and the last change was made at {last}: it was set back",
                origin.at
            ))
            .hint("set the clock; nothing was removed"));
        }
        let sweep = |which| match dry_run {
            true => self.count_dated(which, before),
            false => self.sweep_dated(origin, which, before),
        };
        let (readings, denials) = (sweep(Dated::Readings)?, sweep(Dated::Denials)?);
        Ok(SweptReadings {
            before,
            removed: readings.old,
            kept: readings.kept,
            denials_removed: denials.old,
            denials_kept: denials.kept,
            months,
        })
    }
}

impl Ask<'_> {
    /// A record, and that it was looked at.
    pub(super) fn get_seen(&self, get: Get) -> Result<Card, Error> {
        let (kind, id, at) = (get.kind, get.id, get.at);
        let card = self.get(get)?;
        let mut seen: Vec<Seen> = self.look(kind, id, ReadKind::Open).into_iter().collect();
        for one in &mut seen {
            one.look.as_of = at;
            one.masked = masked(&card.record);
        }
        self.witness(seen)?;
        Ok(card)
    }

    /// When a person's data goes, and that somebody looked at it.
    pub(super) fn retention_explain_seen(&self, asked: &RetentionExplain) -> Result<RetentionView, Error> {
        let view = self.retention_explain(asked)?;
        let seen = self.look(RecordKind::Contact, asked.contact.0, ReadKind::Open);
        self.witness(seen.into_iter().collect())?;
        Ok(view)
    }

    pub(super) fn history_seen(&self, history: History) -> Result<Vec<Entry>, Error> {
        let (kind, id) = (history.kind, history.id);
        let entries = self.history(history)?;
        self.witness(self.look(kind, id, ReadKind::History).into_iter().collect())?;
        Ok(entries)
    }

    /// Rows of a list are no look at anybody, but who is found by a whole number or address is, and who looks for one
    /// that is not here; and all notes about a person are.
    pub(super) fn list_seen(&self, list: List) -> Result<Page, Error> {
        let (kind, query) = (list.kind, list.query.clone());
        let mut page = self.list(list)?;
        let seen = match kind.lies() {
            Lies::Person => self.handed_or_searched(&query, &mut page, LISTED),
            Lies::AboutPerson => query
                .trim()
                .parse()
                .ok()
                .filter(|_| page.total > 0)
                .map(|id| Seen::person(id, ReadKind::Open))
                .into_iter()
                .collect(),
            Lies::Itself | Lies::Nobody => Vec::new(),
        };
        self.witness(seen)?;
        Ok(page)
    }

    /// Rows of a list again: what was found by a number or an address is found by it.
    pub(super) fn among_seen(&self, among: Among) -> Result<Page, Error> {
        let (kind, query) = (among.kind, among.query.clone());
        let mut page = self.among(among)?;
        // That none of them is found says nothing about others.
        if kind == RecordKind::Contact && !page.items.is_empty() {
            let seen = self.handed_or_searched(&query, &mut page, LISTED);
            self.witness(seen)?;
        }
        Ok(page)
    }

    /// A list for a purpose: whoever is handed very many is logged with it.
    pub(super) fn reachable_seen(&self, asked: Reachable) -> Result<Page, Error> {
        let query = asked.query.clone();
        let purpose = match asked.channel {
            Some(channel) => format!("{} ({channel})", asked.purpose.trim()),
            None => asked.purpose.trim().to_owned(),
        };
        let mut page = self.reachable(asked)?;
        let seen = self.handed_or_searched(&query, &mut page, &purpose);
        self.witness(seen)?;
        Ok(page)
    }

    /// Who is seen by a page of a list: those whom a number or an address was searched for, and those of whom more than a few
    /// were handed out.
    fn handed_or_searched(&self, query: &str, page: &mut Page, purpose: &str) -> Vec<Seen> {
        let over = self.hand_out(page);
        let mut seen = self.searched(query, page);
        let many = page.items.iter().filter(|view| over.contains(&view.id));
        seen.extend(many.map(|view| Seen {
            purpose: bounded(purpose.to_owned()),
            masked: masked(view),
            ..Seen::person(view.id, ReadKind::Export)
        }));
        seen
    }

    pub(super) fn consents_seen(&self, asked: &Consents) -> Result<Book, Error> {
        let book = self.consents(asked)?;
        self.witness(vec![Seen::person(asked.contact.0, ReadKind::Open)])?;
        Ok(book)
    }

    /// A person whom a call list, or the plan of an erasure, put before somebody was looked at.
    pub(super) fn witness_call(&self, contact: ContactId) -> Result<(), Error> {
        self.witness(vec![Seen::person(contact.0, ReadKind::Open)])
    }

    pub(super) fn call_check_seen(&self, asked: &CallCheck) -> Result<CallCard, Error> {
        let card = self.call_check(asked)?;
        self.witness(vec![Seen::person(asked.contact.0, ReadKind::Open)])?;
        Ok(card)
    }

    /// A proof leaves the store with all that is in it.
    pub(super) fn consent_prove_seen(&self, prove: &ConsentProve) -> Result<ConsentProof, Error> {
        let proof = self.consent_prove(prove)?;
        let seen = Seen {
            purpose: bounded(format!("proof of consent: {} ({})", prove.purpose, prove.channel)),
            masked: proof
                .events
                .iter()
                .flat_map(|one| masked(&one.event.record))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            ..Seen::person(prove.contact.0, ReadKind::Export)
        };
        self.witness(vec![seen])?;
        Ok(proof)
    }

    /// A form leaves the store with what it shows of the person.
    pub(super) fn request_invite_seen(&self, asked: RequestInvite) -> Result<Invited, Error> {
        let contact = asked.contact;
        let invited = self.request_invite(asked)?;
        let mut seen = Seen::person(contact.0, ReadKind::Export);
        seen.purpose = "preferences page for the person".to_owned();
        self.witness(vec![seen])?;
        Ok(invited)
    }

    pub(super) fn consent_receipt_seen(&self, asked: &ConsentReceipt) -> Result<Receipt, Error> {
        let receipt = self.consent_receipt(asked)?;
        let mut seen = Seen::person(receipt.person, ReadKind::Export);
        seen.look.record = asked.event;
        seen.purpose = "receipt of a consent".to_owned();
        self.witness(vec![seen])?;
        Ok(receipt)
    }

    pub(super) fn find_similar_seen(&self, find: FindSimilar) -> Result<Vec<Similar>, Error> {
        let found = self.find_similar(find)?;
        self.witness_similar(&found)?;
        Ok(found)
    }

    /// Who is told of because of a number or an address was searched by it.
    pub(super) fn witness_similar(&self, found: &[Similar]) -> Result<(), Error> {
        let exact = |one: &&Similar| one.same.iter().any(|same| same == "phone" || same == "email");
        let seen = found
            .iter()
            .filter(exact)
            .filter_map(|one| one.id)
            .map(|id| Seen::person(id.0, ReadKind::Similar));
        self.witness(seen.collect())
    }

    /// Whoever asks whether something is suppressed looks at whoever has it; where nobody has, at nobody.
    pub(super) fn witness_check(&self, identifier: &Identifier, having: Vec<Uuid>) -> Result<(), Error> {
        if having.is_empty() {
            let mut nobody = Seen::person(Uuid::nil(), ReadKind::Suppression);
            nobody.look.searched = Some(identifier.text().to_owned());
            return self.witness(vec![nobody]);
        }
        self.witness(having.into_iter().map(|id| Seen::person(id, ReadKind::Suppression)).collect())
    }

    pub(super) fn export_seen(&self, export: Export) -> Result<ExportPage, Error> {
        let purpose = format!("{} ({})", export.purpose, export.channel);
        let page = self.export(export)?;
        let seen = page.page.items.iter().map(|view| Seen {
            purpose: bounded(purpose.clone()),
            masked: masked(view),
            ..Seen::person(view.id, ReadKind::Export)
        });
        self.witness(seen.collect())?;
        Ok(page)
    }

    /// Everything about a person is seen, and leaves for the person: once for each time it is asked.
    pub(super) fn disclose_seen(&self, asked: &Disclose) -> Result<Disclosure, Error> {
        let disclosure = self.disclose(asked)?;
        let what = match &disclosure.case {
            Some(case) => format!("answer to request {} ({})", case.number, case.right),
            None => format!("answer to the person ({})", asked.right),
        };
        let purpose = if asked.review { format!("{what}, looked through") } else { what };
        if let Some(person) = &disclosure.person {
            self.witness(vec![Seen {
                purpose: bounded(purpose),
                ..Seen::person(person.id, ReadKind::Export)
            }])?;
        }
        Ok(disclosure)
    }

    /// A look at a record, where it is about a person.
    fn look(&self, kind: RecordKind, id: Uuid, how: ReadKind) -> Option<Seen> {
        let subject = subject_of(&self.world(), kind, id);
        if subject == SubjectId::NOBODY {
            return None;
        }
        let mut seen = Seen::person(subject.0, how);
        seen.look.record = id;
        Some(seen)
    }

    /// Who a list shows because a whole number or address of theirs was searched; nobody, where it finds nobody.
    fn searched(&self, query: &str, page: &Page) -> Vec<Seen> {
        // It was understood a moment ago. Views are looked into: a number in one is a number that is searched.
        let Ok(query) = self.query(RecordKind::Contact, query) else { return Vec::new() };
        let world = self.world();
        let mut seen = Vec::new();
        for term in query.terms.iter().filter(|term| !term.excluded) {
            let (kind, text, ids) = match &term.kind {
                TermKind::Number(text) => match Phone::parse(text, world.settings.country) {
                    Ok(phone) => {
                        let number = phone.e164();
                        (ReadKind::SearchNumber, number.to_owned(), world.contacts.by_phone(number))
                    }
                    Err(_) => continue,
                },
                TermKind::Email(text) => match Email::parse(text) {
                    Ok(email) => {
                        let address = fold::email(email.as_str());
                        let ids = world.contacts.by_email(&address);
                        (ReadKind::SearchEmail, address, ids)
                    }
                    Err(_) => continue,
                },
                TermKind::Word(_) | TermKind::Phrase(_) | TermKind::Filter(_) | TermKind::View(_) => continue,
            };
            if page.total == 0 {
                let mut nobody = Seen::person(Uuid::nil(), kind);
                nobody.look.searched = Some(text);
                seen.push(nobody);
                continue;
            }
            let shown = page.items.iter().filter(|view| ids.contains(&view.id));
            seen.extend(shown.map(|view| Seen { masked: masked(view), ..Seen::person(view.id, kind) }));
        }
        seen
    }

    /// Writes down who is about to be seen, and comes back when the disk has it.
    fn witness(&self, mut seen: Vec<Seen>) -> Result<(), Error> {
        let now = self.now;
        {
            let memory = self.memory();
            // Each export is one of its own.
            seen.retain(|one| one.look.kind == ReadKind::Export || !memory.looked.holds(&one.look, now));
        }
        if seen.is_empty() {
            return Ok(());
        }
        let looks: Vec<Look> = seen.iter().map(|one| one.look.clone()).collect();
        let origin = self.origin(Action::Export);
        let logged = self.service.store.write(origin, move |txn| {
            for one in seen {
                let Look { subject, record, kind, as_of, searched } = one.look;
                let reading = Reading {
                    at: origin.at,
                    user: origin.actor,
                    session: origin.session,
                    kind,
                    record: (record != subject.0).then_some(record),
                    as_of,
                    purpose: one.purpose,
                    masked: one.masked,
                    searched: searched.map(|text| txn.hash_searched(&text)).transpose()?,
                };
                txn.log_reading(subject, &reading)?;
            }
            Ok::<_, StoreError>(())
        });
        match logged {
            Ok(()) => {
                let mut memory = self.memory();
                for look in looks.into_iter().filter(|look| look.kind != ReadKind::Export) {
                    memory.looked.add(look, now);
                }
                Ok(())
            }
            Err(_) if reads_unlogged(self.sight()) => {
                self.service.unlogged.fetch_add(looks.len() as u64, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                let error = super::store_error(error);
                Err(Error { message: format!("that you looked cannot be recorded: {}", error.message), ..error }
                    .hint("nobody is looked at without that; make room on the disk and start again, or ask the owner"))
            }
        }
    }

    pub(super) fn readings(&self, asked: Readings) -> Result<ReadingsPage, Error> {
        let user = if asked.user.is_empty() { None } else { Some(self.any_user(&asked.user)?) };
        let of = asked.about.map(SubjectId::from);
        let between = (
            asked.from.unwrap_or(Timestamp::from_millis(i64::MIN)),
            asked.to.unwrap_or(Timestamp::from_millis(i64::MAX)),
        );
        let limit = usize::try_from(asked.limit.min(PAGE)).unwrap_or(0);
        let mut page = ReadingsPage { kept_months: self.service.kept_months(), ..ReadingsPage::default() };
        // The latest ones by id, which begins with the moment; no more than are wanted are ever held.
        let mut latest: BTreeMap<Uuid, StoredReading> = BTreeMap::new();
        let mut from: Option<Vec<u8>> = None;
        loop {
            let slice =
                self.service.store.read(move |reader| reader.readings(of, from.as_deref(), between))?;
            page.unreadable += slice.unreadable;
            for row in slice.rows {
                if user.is_some_and(|user| row.reading.user != user) {
                    continue;
                }
                page.total += 1;
                if asked.before.is_none_or(|before| row.id < before) {
                    latest.insert(row.id, row);
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
        if page.total == 0
            && let Some(about) = asked.about
        {
            self.must_exist(about)?;
        }
        page.items = self.reading_views(latest.into_values().rev().collect())?;
        Ok(page)
    }

    /// What people are called, where the asker is told names at all.
    pub(super) fn names_of(&self, people: HashSet<Uuid>) -> Result<HashMap<Uuid, String>, Error> {
        if !sees_names(self.sight()) {
            return Ok(HashMap::new());
        }
        let people = people.into_iter().filter(|id| *id != SubjectId::NOBODY.0).collect();
        let titles = self.views(RecordKind::Contact, people, TITLE_ONLY.to_vec())?;
        Ok(titles.into_iter().map(|view| (view.id, view.title)).collect())
    }

    fn reading_views(&self, rows: Vec<StoredReading>) -> Result<Vec<ReadingView>, Error> {
        let names = sees_names(self.sight());
        let titles = self.names_of(rows.iter().map(|row| row.subject.0).collect())?;
        let world = self.world();
        let field = |key: &FieldKey| {
            let info = world.schema.by_key(RecordKind::Contact, *key);
            info.map_or_else(|| format!("field-{}", key.0), |info| info.address())
        };
        Ok(rows
            .into_iter()
            .map(|StoredReading { subject, id, reading }| ReadingView {
                id,
                at: reading.at,
                user: if names { world.user_name(reading.user.0) } else { reading.user.to_string() },
                session: reading.session,
                kind: reading.kind,
                about: (subject != SubjectId::NOBODY).then_some(ContactId(subject.0)),
                title: titles.get(&subject.0).cloned().unwrap_or_default(),
                record: reading.record.filter(|_| subject != SubjectId::NOBODY),
                as_of: reading.as_of,
                purpose: reading.purpose,
                masked: reading.masked.iter().map(field).collect(),
                searched: reading.searched.map(|hash| BASE64.encode(hash)).unwrap_or_default(),
            })
            .collect())
    }

    /// A user by name or id, also one who has left.
    pub(super) fn any_user(&self, text: &str) -> Result<UserId, Error> {
        let world = self.world();
        let wanted = fold::fold(text);
        let found = world.users.iter().find(|(id, user)| {
            fold::fold(&user.name) == wanted || id.to_string() == wanted.replace(' ', "-")
        });
        match found {
            Some((id, _)) => Ok(UserId(*id)),
            // It names the nearest.
            None => world.user_named(text, self.grant.actor().user),
        }
    }

    fn must_exist(&self, about: ContactId) -> Result<(), Error> {
        let world = Arc::clone(&self.service.world);
        self.service.store.read(move |reader| {
            super::rows::unseen(reader, &super::read_lock(&world), RecordKind::Contact, about.0).map(drop)
        })
    }

    pub(super) fn sweep_readings(&self, sweep: &SweepReadings) -> Result<SweptReadings, Error> {
        self.service.sweep_readings(self.origin(Action::Delete), sweep.dry_run)
    }

    /// What `doctor` says about the read log.
    pub(super) fn reading_checks(&self) -> Result<Vec<CheckLine>, Error> {
        let months = self.service.kept_months();
        let before = cutoff(self.now, months);
        let Swept { old, kept, .. } = self.service.count_dated(Dated::Readings, before)?;
        let line = |level, message, hint: &str| CheckLine {
            name: "read log".to_owned(),
            level,
            message,
            hint: hint.to_owned(),
        };
        let mut lines = Vec::new();
        if old > 0 {
            let message = format!("{old} readings are older than the {months} months they are kept");
            lines.push(line(Level::Warning, message, "`callbook history sweep` removes them"));
        } else {
            lines.push(line(Level::Ok, format!("{kept} readings, none older than {months} months"), ""));
        }
        let unlogged = self.service.unlogged.load(Ordering::Relaxed);
        if unlogged > 0 {
            lines.push(line(
                Level::Warning,
                format!("{unlogged} looks at persons by owner or DPO could not be logged since the store was closed"),
                "make room on the disk, and start again",
            ));
        }
        lines.push(self.denial_checks()?);
        Ok(lines)
    }
}

/// A column that says least, for the titles of records alone.
const TITLE_ONLY: &[FieldKey] = &[crate::domain::contact::ContactField::deleted_at.key()];
