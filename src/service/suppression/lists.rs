//! Do-not-call lists: brought in as a whole, replaced as a whole.
//!
//! A session sends a list in parts, which are kept as tags in memory, eight bytes a number. When it says that this was all,
//! the tags are written as pages of a new version, some at a time, beside the version in force; then one transaction makes
//! the list's record name the new version. Whatever ends it before that leaves the old version in force; pages of a version
//! that nothing names are deleted at the next opening, or after the next list.
//!
//! A list that lost its end on the way, or whose numbers stand in another column, must not take the place of a good one:
//! a list most of whose rows are no numbers is refused, and one with far fewer than there are, unless that is agreed to.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::held::{Held, bytes_of, digest};
use super::tagset::TagSet;
use crate::api::{
    Error, ListHead, ListPart, ListProgress, ListView, NotTaken, ScreeningImport, ScreeningLists,
};
use crate::domain::country::Country;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::SubjectId;
use crate::domain::plain_number::PlainNumbers;
use crate::domain::reach::Phone;
use crate::domain::suppression::{Class, ScreeningList};
use crate::domain::value::{Day, Kind, Value};
use crate::service::{Ask, publish, rows};
use crate::store::suppression::Marker;
use crate::store::tags::{DAYS, MOST_TAGS, PAGE};
use crate::store::{Origin, Store, StoreError};

/// The most numbers in one part.
pub const MOST_NUMBERS: usize = 50_000;
/// Pages written in one transaction.
const PAGES: usize = 256;
/// Rows deleted in one transaction.
const DROPPED: usize = 4_096;

/// A list of which parts have come.
pub struct Upload {
    head: Head,
    plain: PlainNumbers,
    marker: Marker,
    /// Unsorted, as they came, with the days since which they are listed.
    parts: Vec<Vec<u64>>,
    days: Vec<Vec<u16>>,
    progress: ListProgress,
}

/// What a list is, understood.
#[derive(Clone)]
struct Head {
    name: String,
    country: Option<Country>,
    dated: Day,
    source: String,
}

impl Upload {
    /// Takes in some numbers, on both sides of a split: reading and hashing them is most of the work.
    fn take(&mut self, numbers: &[(u64, String, Option<Day>)]) -> Result<Vec<NotTaken>, Error> {
        let (plain, marker, country) = (&self.plain, &self.marker, self.head.country);
        let dated = self.head.dated;
        let read = |numbers: &[(u64, String, Option<Day>)]| {
            let mut tags = Vec::with_capacity(numbers.len());
            let mut days = Vec::with_capacity(numbers.len());
            let mut not_taken = Vec::new();
            let mut e164 = String::new();
            for (row, text, since) in numbers {
                let tag = if plain.read(text, &mut e164) {
                    marker.of_text(Class::Phone, &e164).tag()
                } else {
                    match Phone::parse(text, country) {
                        Ok(phone) => marker.of_text(Class::Phone, phone.e164()).tag(),
                        Err(error) => {
                            not_taken.push(NotTaken { row: *row, reason: error.to_string() });
                            continue;
                        }
                    }
                };
                tags.push(tag);
                // What lies behind the list's own day cannot be known by it.
                days.push(bytes_of(since.filter(|since| *since <= dated)));
            }
            (tags, days, not_taken)
        };
        let (first, second) = numbers.split_at(numbers.len() / 2);
        let (here, there) = std::thread::scope(|scope| {
            let other = scope.spawn(|| read(second));
            (read(first), other.join())
        });
        let there = there.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let mut not_taken = Vec::new();
        for (tags, days, rows) in [here, there] {
            self.progress.numbers += tags.len() as u64;
            self.progress.dated_numbers += days.iter().filter(|day| **day > 0).count() as u64;
            self.parts.push(tags);
            self.days.push(days);
            not_taken.extend(rows);
        }
        self.progress.read += numbers.len() as u64;
        self.progress.not_taken += not_taken.len() as u64;
        if self.progress.numbers > MOST_TAGS as u64 {
            return Err(Error::usage(format!("a do-not-call list has at most {MOST_TAGS} numbers")));
        }
        Ok(not_taken)
    }

    /// The tags in order, each once, with their days, where one was told. Of two days of one number the later counts, for a
    /// consent must be later still; that none is told is the latest, for then the list's own day counts.
    fn in_order(parts: Vec<Vec<u64>>, days: Vec<Vec<u16>>) -> (Vec<u64>, Vec<u16>) {
        if days.iter().flatten().all(|day| *day == 0) {
            return (Upload::sorted(parts), Vec::new());
        }
        let days = days.into_iter().flatten();
        let mut all: Vec<(u64, u16)> = parts.into_iter().flatten().zip(days).collect();
        // One less makes the greatest of none.
        all.sort_unstable_by_key(|(tag, day)| (*tag, std::cmp::Reverse(day.wrapping_sub(1))));
        all.dedup_by_key(|(tag, _)| *tag);
        all.into_iter().unzip()
    }

    /// The tags in order, each once.
    fn sorted(parts: Vec<Vec<u64>>) -> Vec<u64> {
        let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
        for part in parts {
            all.extend(part);
        }
        all.sort_unstable();
        all.dedup();
        all.shrink_to_fit();
        all
    }
}

impl Ask<'_> {
    pub(in crate::service) fn screening_import(
        &self,
        import: ScreeningImport,
    ) -> Result<ListProgress, Error> {
        match import.part {
            ListPart::Begin(head) => self.begin_list(head),
            ListPart::Numbers(numbers) => {
                let dated = numbers.into_iter().map(|(row, text)| (row, text, None)).collect();
                self.screening_import(ScreeningImport { part: ListPart::Dated(dated) })
            }
            ListPart::Dated(numbers) => {
                if numbers.len() > MOST_NUMBERS {
                    return Err(Error::usage(format!(
                        "{} numbers are more than the {MOST_NUMBERS} of one part",
                        numbers.len()
                    )));
                }
                // Taken out while it is worked on, so that other requests of the session need not wait.
                let mut upload = self.upload()?;
                let rows = upload.take(&numbers)?;
                let progress = ListProgress { rows, ..upload.progress.clone() };
                self.memory().upload = Some(upload);
                Ok(progress)
            }
            ListPart::Finish { file_hash, unread, accept_smaller } => {
                let upload = self.upload()?;
                self.finish_list(upload, file_hash, unread, accept_smaller)
            }
            ListPart::Abandon => {
                self.memory().upload = None;
                Ok(ListProgress::default())
            }
        }
    }

    fn upload(&self) -> Result<Box<Upload>, Error> {
        self.memory().upload.take().ok_or_else(|| {
            Error::conflict("no do-not-call list is being brought in").hint("begin again with the file")
        })
    }

    fn begin_list(&self, head: ListHead) -> Result<ListProgress, Error> {
        self.service.writable()?;
        let text = |text: &str| match Kind::Text.parse(text, None) {
            Ok(Some(Value::Text(text))) => Ok(text),
            Ok(_) => Ok(String::new()),
            Err(error) => Err(Error::from(error)),
        };
        let head = Head {
            name: text(&head.name)?,
            country: Some(match head.country.trim() {
                "" => self.country().ok_or_else(|| Error::usage("say whose list it is with --country"))?,
                text => text.parse()?,
            }),
            dated: head.dated,
            source: text(&head.source)?,
        };
        if head.name.is_empty() {
            return Err(Error::usage("a do-not-call list has a name, by which it is asked"));
        }
        if head.dated.0 > self.now.date() {
            return Err(Error::usage(format!("the list is dated {}, which is in the future", head.dated)));
        }
        let marker = {
            let world = self.world();
            let there = world.suppression.list(&head.name, head.country);
            if let Some(newer) =
                there.and_then(|(_, held)| held.list.dated).filter(|there| *there > head.dated)
            {
                return Err(Error::conflict(format!(
                    "the list in force is of {newer}, later than this one of {}",
                    head.dated
                ))
                .hint("bring in the latest one"));
            }
            world.suppression.marker()
        };
        let upload = Upload {
            plain: PlainNumbers::of(head.country),
            head,
            marker,
            parts: Vec::new(),
            days: Vec::new(),
            progress: ListProgress::default(),
        };
        self.memory().upload = Some(Box::new(upload));
        Ok(ListProgress::default())
    }

    fn finish_list(
        &self,
        upload: Box<Upload>,
        file_hash: String,
        unread: u64,
        accept_smaller: bool,
    ) -> Result<ListProgress, Error> {
        let Upload { head, parts, days, mut progress, .. } = *upload;
        progress.read += unread;
        progress.not_taken += unread;
        if file_hash.len() != 64 || !file_hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Error::usage("the file's SHA-256 is 64 hexadecimal digits"));
        }
        if progress.numbers == 0 || progress.not_taken > progress.numbers {
            return Err(Error::refused(format!(
                "{} of {} rows are no phone numbers: this is not a list of numbers, or they stand in another column",
                progress.not_taken, progress.read
            ))
            .hint("name the column with --column; the list in force stays"));
        }
        let (tags, days) = Upload::in_order(parts, days);
        progress.repeated = progress.numbers - tags.len() as u64;
        progress.numbers = tags.len() as u64;
        // One at a time, so that nobody's half-written version is taken for a leftover.
        let _alone = self.service.lists.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, held)) = self.world().suppression.list(&head.name, head.country) {
            progress.replaced = u64::try_from(held.list.numbers).ok();
        }
        if !accept_smaller && progress.replaced.is_some_and(|there| progress.numbers < there / 2) {
            return Err(Error::refused(format!(
                "the file has {} numbers where the list in force has {}: was it cut short?",
                progress.numbers,
                progress.replaced.unwrap_or_default()
            ))
            .hint("the list in force stays; if this is all of it, say so with --accept-smaller"));
        }
        let list = ScreeningList {
            name: head.name,
            country: head.country,
            dated: Some(head.dated),
            source: head.source,
            numbers: i64::try_from(tags.len()).unwrap_or(i64::MAX),
            file_hash: file_hash.to_lowercase(),
            version: self.service.env.ids.next().to_string(),
            digest: digest(&tags, &days),
            days: if days.is_empty() { String::new() } else { self.service.env.ids.next().to_string() },
            by: Some(self.grant.actor().user),
            ..ScreeningList::default()
        };
        progress.list = list.title();
        progress.dated = list.dated;
        self.replace_list(list, tags, days)?;
        Ok(progress)
    }

    fn replace_list(&self, list: ScreeningList, tags: Vec<u64>, days: Vec<u16>) -> Result<(), Error> {
        let store = &self.service.store;
        let origin = self.origin(Action::Import);
        let version: Uuid =
            list.version.parse().map_err(|_| Error::failed("a version of a list is no id"))?;
        let tags = Arc::new(tags);
        let pages = tags.len().div_ceil(PAGE);
        for first in (0..pages).step_by(PAGES) {
            let tags = Arc::clone(&tags);
            store.write(origin, move |txn| {
                let to = tags.len().min((first + PAGES) * PAGE);
                txn.put_tags(version, first, tags.get(first * PAGE..to).unwrap_or_default())
            })?;
        }
        let days = Arc::new(days);
        if let Ok(version) = list.days.parse::<Uuid>() {
            let pages = days.len().div_ceil(DAYS);
            for first in (0..pages).step_by(PAGES) {
                let days = Arc::clone(&days);
                store.write(origin, move |txn| {
                    let to = days.len().min((first + PAGES) * DAYS);
                    txn.put_days(version, first, days.get(first * DAYS..to).unwrap_or_default())
                })?;
            }
        }
        let (tags, days) = (Arc::unwrap_or_clone(tags), Arc::unwrap_or_clone(days));
        let set = Arc::new(TagSet::of_sorted(tags).with_days(days));
        self.transact(Action::Import, move |txn, world| {
            let there = super::read_lock(world).suppression.list(&list.name, list.country).map(|(id, _)| id);
            let before = match there {
                Some(id) => rows::of_entry(&txn.read(), RecordKind::ScreeningList, SubjectId::NOBODY, id)?,
                None => None,
            };
            match &before {
                // The name stays as it was written first.
                Some(stored) => {
                    let there: ScreeningList = stored.entity()?;
                    let list = ScreeningList { name: there.name, ..list };
                    txn.update(stored, list.fields())?;
                }
                None => {
                    txn.create(SubjectId::NOBODY, &list)?;
                }
            }
            let mut changing = world.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            changing.suppression.expect(version, set);
            drop(changing);
            publish(world, txn, before.as_slice())
        })?;
        let live = self.world().suppression.versions();
        drop_leftovers(store, &live, origin).map_err(Error::from)
    }

    pub(in crate::service) fn screening_lists(&self, _: &ScreeningLists) -> Vec<ListView> {
        let world = self.world();
        let mut lists: Vec<ListView> = world
            .suppression
            .lists()
            .map(|(id, Held { revision, list, tags })| ListView {
                id,
                revision: *revision,
                name: list.name.clone(),
                country: list.country,
                dated: list.dated,
                source: list.source.clone(),
                numbers: u64::try_from(list.numbers).unwrap_or(0),
                file_hash: list.file_hash.clone(),
                by: list.by.map(|user| world.user_name(user.0)).unwrap_or_default(),
                tells_since: !list.days.is_empty(),
                problem: tags.as_ref().err().cloned().unwrap_or_default(),
            })
            .collect();
        lists.sort_by(|a, b| (&a.name, a.country).cmp(&(&b.name, b.country)));
        lists
    }
}

/// Deletes pages of versions other than these, some at a time.
pub(in crate::service) fn drop_leftovers(
    store: &Store,
    live: &BTreeSet<Uuid>,
    origin: Origin,
) -> Result<(), StoreError> {
    loop {
        let there = live.clone();
        if !store.read(move |reader| reader.has_leftover_tags(&there))? {
            return Ok(());
        }
        let there = live.clone();
        store.write(origin, move |txn| txn.drop_leftover_tags(&there, DROPPED))?;
    }
}
