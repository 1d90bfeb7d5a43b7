//! The hash tables of entry numbers: by id, name, e-mail and phone. Keys are read from the entries.

use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::HashTable;

use super::Index;
use super::pattern::{PHONE, SEGMENT};

/// No other entry of that name, in [`Index::namesakes`].
pub(super) const ALONE: u32 = u32::MAX;

/// What a person is reached by, of which an entry may have several.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Email,
    Phone,
}

impl Index {
    pub(super) fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash_one(key)
    }

    /// The name as one folded key: given name, space, family name.
    fn name_key(&self, entry: u32) -> Vec<u8> {
        let (given, family) = self.name_parts(entry);
        let mut key = given.to_vec();
        if !given.is_empty() && !family.is_empty() {
            key.push(b' ');
        }
        key.extend_from_slice(family);
        key
    }

    /// Whether this is an entry's name, as [`Index::name_key`] spells it.
    fn is_named(&self, entry: u32, key: &[u8]) -> bool {
        let (given, family) = self.name_parts(entry);
        if given.is_empty() {
            return family == key;
        }
        key.len() == given.len() + 1 + family.len()
            && key.starts_with(given)
            && key.get(given.len()) == Some(&b' ')
            && key.ends_with(family)
    }

    fn name_hash(&self, entry: u32) -> u64 {
        self.hash(&self.name_key(entry))
    }

    /// The entries of this name. A million people have so few names that each would fill a stretch of the table.
    pub(super) fn named(&self, key: &[u8]) -> impl Iterator<Item = u32> {
        let first = self.by_name.find(self.hash(key), |&n| self.is_named(n, key)).copied();
        std::iter::successors(first, |&n| Some(self.namesakes[n as usize]).filter(|&next| next != ALONE))
    }

    fn leave_name(&mut self, entry: u32) {
        let name = self.name_key(entry);
        let next = std::mem::replace(&mut self.namesakes[entry as usize], ALONE);
        let mut by_name = std::mem::take(&mut self.by_name);
        if let Ok(mut found) =
            by_name.find_entry(self.hash(&name), |&n| n == entry || self.is_named(n, &name))
        {
            let mut before = *found.get();
            if before != entry {
                while self.namesakes[before as usize] != entry && self.namesakes[before as usize] != ALONE {
                    before = self.namesakes[before as usize];
                }
                self.namesakes[before as usize] = next;
            } else if next == ALONE {
                found.remove();
            } else {
                *found.get_mut() = next;
            }
        }
        self.by_name = by_name;
    }

    fn id_hash(&self, entry: u32) -> u64 {
        self.hasher.hash_one(self.cold[entry as usize].id)
    }

    /// The hashes of an entry's e-mails, or phones.
    fn reach_hashes(&self, entry: u32, kind: Reach) -> impl Iterator<Item = u64> {
        let (text, names_len) = self.text(entry);
        let segments = text[names_len..].split(|&b| b == SEGMENT).filter(|segment| !segment.is_empty());
        let wanted = segments.filter(move |segment| (segment[0] == PHONE) == (kind == Reach::Phone));
        wanted.map(|segment| self.hash(segment))
    }

    /// How many e-mails and phones an entry has.
    fn reaches(&self, entry: u32) -> usize {
        let (text, names_len) = self.text(entry);
        memchr::memchr_iter(SEGMENT, &text[names_len..]).count()
    }

    /// Puts entries into the hash tables.
    pub(super) fn enter(&mut self, entries: Range<u32>) {
        let mut ids = std::mem::take(&mut self.ids);
        let mut by_name = std::mem::take(&mut self.by_name);
        let mut emails = std::mem::take(&mut self.emails);
        let mut phones = std::mem::take(&mut self.phones);
        for entry in entries.clone() {
            ids.insert_unique(self.id_hash(entry), entry, |&n| self.id_hash(n));
        }
        for entry in entries.clone() {
            let name = self.name_key(entry);
            if name.is_empty() {
                continue;
            }
            let hash = self.hash(&name);
            match by_name.find(hash, |&n| self.is_named(n, &name)).copied() {
                // After the first, so that nothing is searched for.
                Some(first) => {
                    self.namesakes[entry as usize] = self.namesakes[first as usize];
                    self.namesakes[first as usize] = entry;
                }
                None => {
                    by_name.insert_unique(hash, entry, |&n| self.name_hash(n));
                }
            }
        }
        // A table that grows asks for the hash of what it holds. That of a name or id is known from the entry; an
        // entry with several phones stands in the table several times, so those tables are grown by hand. Room first,
        // while the entries are not in the table: growing looks at all keys of what the table holds.
        let more = entries.clone().map(|entry| self.reaches(entry)).sum();
        for (table, kind) in [(&mut emails, Reach::Email), (&mut phones, Reach::Phone)] {
            if table.capacity() - table.len() < more {
                self.regrow(table, more, kind);
            }
            for entry in entries.clone() {
                for hash in self.reach_hashes(entry, kind) {
                    table.insert_unique(hash, entry, |_| hash);
                }
            }
        }
        (self.ids, self.by_name, self.emails, self.phones) = (ids, by_name, emails, phones);
    }

    /// A larger table with the same entries, each under each of its keys.
    fn regrow(&self, table: &mut HashTable<u32>, more: usize, kind: Reach) {
        let mut entries: Vec<u32> = table.iter().copied().collect();
        entries.sort_unstable();
        entries.dedup();
        let mut larger = HashTable::with_capacity(table.len() + table.len() / 2 + more + 16);
        for entry in entries {
            for hash in self.reach_hashes(entry, kind) {
                larger.insert_unique(hash, entry, |_| hash);
            }
        }
        *table = larger;
    }

    pub(super) fn leave(&mut self, entry: u32) {
        fn drop(table: &mut HashTable<u32>, hash: u64, entry: u32) {
            if let Ok(found) = table.find_entry(hash, |&n| n == entry) {
                found.remove();
            }
        }
        self.leave_name(entry);
        for hash in self.reach_hashes(entry, Reach::Email).collect::<Vec<_>>() {
            drop(&mut self.emails, hash, entry);
        }
        for hash in self.reach_hashes(entry, Reach::Phone).collect::<Vec<_>>() {
            drop(&mut self.phones, hash, entry);
        }
        let id = self.id_hash(entry);
        drop(&mut self.ids, id, entry);
    }

    /// Gives back what of the tables a load did not need.
    pub(super) fn settle_tables(&mut self) {
        let mut tables =
            [&mut self.ids, &mut self.phones, &mut self.emails, &mut self.by_name].map(std::mem::take);
        let [ids, phones, emails, by_name] = &mut tables;
        let wide = |table: &HashTable<u32>| table.capacity() / 4 > table.len();
        if wide(ids) {
            ids.shrink_to_fit(|&n| self.id_hash(n));
        }
        if wide(by_name) {
            by_name.shrink_to_fit(|&n| self.name_hash(n));
        }
        for (table, kind) in [(emails, Reach::Email), (phones, Reach::Phone)] {
            if wide(table) {
                self.regrow(table, 0, kind);
            }
        }
        [self.ids, self.phones, self.emails, self.by_name] = tables;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::service::index::{Doc, Index, Run, SortKey};

    fn id(n: usize) -> Uuid {
        Uuid::from_u128(n as u128)
    }

    #[test]
    fn namesakes_come_and_go() {
        let named = |n: usize, given, family| Doc { id: id(n), given, family, ..Doc::default() };
        // In every order: the first, one in the middle and the last of a chain go at some time.
        for step in 1..7 {
            let mut index = Index::new();
            let mut left: Vec<usize> = (0..7).collect();
            left.iter().for_each(|&n| index.insert(&named(n, "Anna", "Berg")));
            index.insert(&named(8, "", "Anna Berg"));
            index.insert(&named(9, "Anna", "Berger"));
            for at in 0..7 {
                let n = at * step % 7;
                index.insert(&named(n, "Berta", "Berg"));
                left.retain(|one| *one != n);
                let expected: Vec<Uuid> = left.iter().copied().chain([8]).map(id).collect();
                assert_eq!(index.by_name("anna berg"), expected, "{step} {at}");
                assert_eq!(index.by_name("berta berg").len(), at + 1);
            }
            assert_eq!(index.by_name("anna berger"), [id(9)]);
            assert!((0..10).filter(|n| *n != 7).all(|n| index.remove(id(n))));
            assert!(
                ["anna berg", "berta berg", "anna berger"].iter().all(|name| index.by_name(name).is_empty())
            );
        }
    }

    #[test]
    fn what_is_appended_is_found_like_what_is_inserted() {
        let mut index = Index::new();
        index.reserve(20_000);
        for n in 0..2_000 {
            let (phone, email) = (format!("+1504{n:07}"), format!("p{n}@example.com"));
            let (family, second) = (format!("Berg{}", n % 700), format!("+1505{n:07}"));
            let (phones, emails) = ([phone.as_str(), &second], [email.as_str()]);
            let doc = Doc {
                id: id(n),
                given: "Anna",
                family: &family,
                phones: &phones,
                emails: &emails,
                ..Doc::default()
            };
            let mut text = "of another".to_owned();
            let start = text.len();
            let run = Run::append(&doc, &mut text);
            index.append_run(&doc, run, &text[start..]);
            if n % 300 == 0 {
                index.found_from_here();
            }
        }
        index.found_from_here();
        let before = index.bytes();
        index.settle();
        assert!(index.bytes() < before / 2, "{} of {before}", index.bytes());
        for n in 0..2_000 {
            assert!(index.contains(id(n)));
            assert_eq!(index.by_phone(&format!("+1505{n:07}")), [id(n)]);
            assert_eq!(index.by_email(&format!("p{n}@example.com")), [id(n)]);
            assert!(index.by_name(&format!("anna berg{}", n % 700)).contains(&id(n)));
        }
    }

    #[test]
    fn names_that_begin_alike_are_in_order() {
        let families =
            ["a", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghijklmnop", "abcdefghijklmnopq", "b", ""];
        let given = ["", "c", "cdefghi", "cdefghij", "cdefghijk"];
        // Ids that grow with the entries, and ids that do not.
        for mix in [1, 7_919] {
            let mut index = Index::new();
            let mut expected = Vec::new();
            for n in 0..4 * families.len() * given.len() {
                let id = id(n * mix % 1_000_003);
                let (family, given) = (families[n % families.len()], given[n / 3 % given.len()]);
                index.insert(&Doc { id, given, family, ..Doc::default() });
                // Who has one name only is found under it.
                expected.push(if family.is_empty() { (given, "", id) } else { (family, given, id) });
            }
            expected.sort_unstable();
            let sorted = index.order(SortKey::Name).iter();
            let sorted: Vec<Uuid> = sorted.map(|&n| index.cold[n as usize].id).collect();
            assert_eq!(sorted, expected.into_iter().map(|(_, _, id)| id).collect::<Vec<_>>(), "{mix}");
        }
    }
}
