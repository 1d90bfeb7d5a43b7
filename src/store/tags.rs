//! The numbers of a do-not-call list, each as the eight bytes of its mark, in pages.
//!
//! A page is one row of [`table::TAGS`], sealed under the store's own key: its tags in ascending order,
//! 8 bytes each, big-endian, at most [`PAGE`] of them; pages follow each other in ascending order. All pages of one version
//! of a list have that version's id. Where the list tells since when a number is on it, a second version has the days, two
//! bytes each, big-endian, in the order of the tags, [`DAYS`] to a page. A version is written beside the one in force and counts from the moment on at which the
//! list's record names it; what no record names was never finished, or is over, and is deleted.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use uuid::Uuid;

use super::StoreError;
use super::codec;
use super::envelope::{self, Place};
use super::keyring::Slot;
use super::reader::Reader;
use super::table;
use super::txn::WriteTxn;
use crate::domain::id::SubjectId;

/// Tags in one page.
pub const PAGE: usize = 448;
/// Days in one page.
pub const DAYS: usize = 4 * PAGE;
/// Pages that a version has at most; their number stands in two bytes.
const MOST_PAGES: usize = 1 << 16;
/// The most tags of one list.
pub const MOST_TAGS: usize = 20_000_000;
const _: () = assert!(MOST_TAGS / PAGE < MOST_PAGES && PAGE * 8 <= envelope::MAX_PLAIN);

/// The bytes of a page.
fn page(tags: &[u64]) -> Vec<u8> {
    tags.iter().flat_map(|tag| tag.to_be_bytes()).collect()
}

fn place(version: Uuid, number: u16) -> Place {
    Place { table: table::TAGS, subject: SubjectId::NOBODY, id: *version.as_bytes(), chunk: number }
}

fn damaged() -> StoreError {
    StoreError::Damaged("a page of a do-not-call list is missing or out of order".to_owned())
}

/// Adds the tags of a page's bytes; refuses what is not in order behind those that are there.
fn append(bytes: &[u8], tags: &mut Vec<u64>) -> Result<(), StoreError> {
    let (items, rest) = bytes.as_chunks::<8>();
    if items.is_empty() || !rest.is_empty() {
        return Err(StoreError::Encoding("a page of a do-not-call list"));
    }
    for item in items {
        let tag = u64::from_be_bytes(*item);
        if tags.last().is_some_and(|last| *last >= tag) {
            return Err(damaged());
        }
        tags.push(tag);
    }
    Ok(())
}

impl Reader<'_> {
    /// The days of a version, `count` of them.
    pub fn days(&self, version: Uuid, count: usize) -> Result<Vec<u16>, StoreError> {
        if count > MOST_TAGS {
            return Err(damaged());
        }
        let mut days = Vec::with_capacity(count);
        self.each_tag_page(version, |bytes| {
            let (items, rest) = bytes.as_chunks::<2>();
            if items.is_empty() || !rest.is_empty() {
                return Err(StoreError::Encoding("a page of the days of a do-not-call list"));
            }
            days.extend(items.iter().map(|item| u16::from_be_bytes(*item)));
            Ok(())
        })?;
        if days.len() == count { Ok(days) } else { Err(damaged()) }
    }

    /// The tags of a version, `count` of them, in order.
    pub fn tags(&self, version: Uuid, count: usize) -> Result<Vec<u64>, StoreError> {
        if count > MOST_TAGS {
            return Err(damaged());
        }
        let mut tags = Vec::with_capacity(count);
        self.each_tag_page(version, |bytes| append(bytes, &mut tags))?;
        if tags.len() == count { Ok(tags) } else { Err(damaged()) }
    }

    /// The pages of a version, opened, in order and with none missing between.
    fn each_tag_page(
        &self,
        version: Uuid,
        mut visit: impl FnMut(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let prefix = table::record_prefix(table::TAGS, SubjectId::NOBODY, version.as_bytes());
        let mut next: u32 = 0;
        self.each_row(&prefix, |key, value| {
            let (_, id, number) = table::split_record_key(key).ok_or_else(damaged)?;
            if u32::from(number) != next {
                return Err(damaged());
            }
            next += 1;
            let opened = self.open_place(table::TAGS, SubjectId::NOBODY, id, number, value)?;
            if opened.schema != codec::SCHEMA {
                return Err(StoreError::Newer(opened.schema));
            }
            visit(&opened.plain)
        })
    }

    /// Some rows of versions other than these, by key.
    fn leftover_pages(&self, live: &BTreeSet<Uuid>, most: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut found = Vec::new();
        let mut from = vec![table::TAGS];
        loop {
            let mut next = None;
            self.scan(&[table::TAGS], &from, &mut |key, _| {
                let Some((subject, id, _)) = table::split_record_key(key) else {
                    return ControlFlow::Continue(());
                };
                if live.contains(&Uuid::from_bytes(id)) {
                    // Over all of its pages at once.
                    let mut end = table::record_prefix(table::TAGS, subject, &id);
                    end.extend_from_slice(&[0xFF; 3]);
                    next = Some(end);
                    return ControlFlow::Break(());
                }
                found.push(key.to_vec());
                if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            match next {
                Some(end) => from = end,
                None => return Ok(found),
            }
        }
    }

    /// Whether there are pages of versions other than these.
    pub fn has_leftover_tags(&self, live: &BTreeSet<Uuid>) -> Result<bool, StoreError> {
        Ok(!self.leftover_pages(live, 1)?.is_empty())
    }
}

impl WriteTxn<'_> {
    /// Stages pages of a version, from the page with this number on. It is no change of a record, and leaves no history.
    pub fn put_tags(&mut self, version: Uuid, first: usize, tags: &[u64]) -> Result<(), StoreError> {
        tags.chunks(PAGE)
            .enumerate()
            .try_for_each(|(at, tags)| self.put_page(version, first + at, &page(tags)))
    }

    /// The same with days.
    pub fn put_days(&mut self, version: Uuid, first: usize, days: &[u16]) -> Result<(), StoreError> {
        days.chunks(DAYS).enumerate().try_for_each(|(at, days)| {
            let bytes: Vec<u8> = days.iter().flat_map(|day| day.to_be_bytes()).collect();
            self.put_page(version, first + at, &bytes)
        })
    }

    fn put_page(&mut self, version: Uuid, number: usize, bytes: &[u8]) -> Result<(), StoreError> {
        let number = u16::try_from(number).map_err(|_| StoreError::TooLarge)?;
        let place = place(version, number);
        let key = self.state.keyring.store_key()?;
        let salt = self.state.env.random();
        let sealed = envelope::seal(key, &place, self.state.store, codec::SCHEMA, Slot::STORE, salt, bytes)?;
        self.own.insert(table::record_key(table::TAGS, place.subject, &place.id, number), Some(sealed));
        Ok(())
    }

    /// Deletes some pages of versions other than these; whether there may be more.
    pub fn drop_leftover_tags(&mut self, live: &BTreeSet<Uuid>, most: usize) -> Result<bool, StoreError> {
        let found = self.read().leftover_pages(live, most)?;
        let more = found.len() == most;
        self.own.extend(found.into_iter().map(|key| (key, None)));
        Ok(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::history::Action;
    use crate::domain::id::{SessionId, StoreId, UserId};
    use crate::domain::time::Timestamp;
    use crate::env::Env;
    use crate::store::backend::MemoryBackend;
    use crate::store::keyring::Keyring;
    use crate::store::{Origin, Store, open};

    fn store() -> Store {
        let env = Env::system();
        let id = StoreId(env.ids.next());
        let ring = Keyring::in_memory(id, &env).unwrap();
        open::fresh(Box::<MemoryBackend>::default(), ring, id, &env).unwrap()
    }

    fn write<R: Send + 'static>(
        store: &Store,
        f: impl FnOnce(&mut WriteTxn<'_>) -> Result<R, StoreError> + Send + 'static,
    ) -> R {
        let origin = Origin {
            at: Timestamp::from_millis(0),
            actor: UserId(Uuid::nil()),
            session: SessionId(Uuid::nil()),
            action: Action::Import,
        };
        store.write(origin, f).unwrap()
    }

    #[test]
    fn pages_come_back_in_order_and_what_is_lost_shows() {
        let store = store();
        let tags: Vec<u64> = (0..2 * PAGE as u64 + 7).map(|n| n * 11 + 3).collect();
        let version = Uuid::from_u128(1);
        let (first, rest) = tags.split_at(PAGE);
        let (first, rest) = (first.to_vec(), rest.to_vec());
        write(&store, move |txn| txn.put_tags(version, 0, &first));
        write(&store, move |txn| txn.put_tags(version, 1, &rest));
        let count = tags.len();
        assert_eq!(store.read(move |reader| reader.tags(version, count)).unwrap(), tags);
        for wrong in [count - 1, count + 1, usize::MAX] {
            assert!(store.read(move |reader| reader.tags(version, wrong)).is_err(), "{wrong}");
        }
        write(&store, move |txn| {
            txn.own.insert(table::record_key(table::TAGS, SubjectId::NOBODY, version.as_bytes(), 1), None);
            Ok(())
        });
        assert!(store.read(move |reader| reader.tags(version, count)).is_err(), "a page is missing");
    }

    #[test]
    fn days_come_back_in_order_and_what_is_lost_shows() {
        let store = store();
        let days: Vec<u16> = (0..2 * DAYS + 7).map(|n| (n % 40_000) as u16).collect();
        let version = Uuid::from_u128(1);
        let (first, rest) = days.split_at(DAYS);
        let (first, rest) = (first.to_vec(), rest.to_vec());
        write(&store, move |txn| txn.put_days(version, 0, &first));
        write(&store, move |txn| txn.put_days(version, 1, &rest));
        let count = days.len();
        assert_eq!(store.read(move |reader| reader.days(version, count)).unwrap(), days);
        for wrong in [count - 1, count + 1, usize::MAX] {
            assert!(store.read(move |reader| reader.days(version, wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_no_list_names_is_found_and_deleted() {
        let store = store();
        let versions: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
        for version in versions.clone() {
            write(&store, move |txn| txn.put_tags(version, 0, &(0..3 * PAGE as u64).collect::<Vec<_>>()));
        }
        let live: BTreeSet<Uuid> = [versions[1]].into();
        let there = live.clone();
        assert!(store.read(move |reader| reader.has_leftover_tags(&there)).unwrap());
        let mut rounds = 0;
        loop {
            let there = live.clone();
            rounds += 1;
            if !write(&store, move |txn| txn.drop_leftover_tags(&there, 4)) {
                break;
            }
        }
        assert_eq!(rounds, 2);
        let (kept, there) = (versions[1], live.clone());
        assert_eq!(store.read(move |reader| reader.tags(kept, 3 * PAGE)).unwrap().len(), 3 * PAGE);
        assert!(!store.read(move |reader| reader.has_leftover_tags(&there)).unwrap());
        assert!(store.read(move |reader| reader.tags(Uuid::from_u128(1), 3 * PAGE)).is_err());
    }

    /// The bytes of version 1 of a page.
    #[test]
    fn a_page_is_the_one_that_is_specified() {
        let mut tags = Vec::new();
        append(&[0, 0, 0, 0, 0, 0, 0, 1, 0xFF, 2, 3, 4, 5, 6, 7, 8], &mut tags).unwrap();
        assert_eq!(tags, [1, 0xFF02_0304_0506_0708]);
        assert_eq!(page(&tags), [0, 0, 0, 0, 0, 0, 0, 1, 0xFF, 2, 3, 4, 5, 6, 7, 8]);
        for wrong in [&[][..], &[0; 7], &[0; 9], &[0; 8]] {
            assert!(append(wrong, &mut tags).is_err(), "{wrong:?}");
        }
    }
}
