//! The entries: taking documents in and out.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use hashbrown::HashTable;
use uuid::Uuid;

use crate::domain::fold::{self, Spelling, fold_into};
use crate::domain::query::Has;
use crate::domain::time::Timestamp;

use super::order::ORDERS;
use super::pattern::{FAMILY, PHONE, SEGMENT, letters, starts};
use super::pool::{NOTHING, Pool, Sets};
use super::{Doc, HasFlags};

/// Most bytes of text held for one entry; what is beyond is not found. Ten times what a busy record has.
const MAX_TEXT: usize = 4_096;

/// What a scan reads of every entry.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Hot {
    /// Letters of the names, and the letters their words start with.
    pub(super) names: u64,
    /// The same of e-mails and phones.
    pub(super) rest: u64,
    /// Where the text starts in the arena.
    at: u64,
    /// Length of the names.
    names_len: u16,
    /// Length of all the text.
    len: u16,
    pub(super) state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum State {
    /// No entry: free for the next one.
    #[default]
    Free,
    Live,
    /// Found with `is:deleted` only.
    Deleted,
}

#[derive(Clone, Default, Debug)]
pub(super) struct Cold {
    pub(super) id: Uuid,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) slot: u32,
    pub(super) has: HasFlags,
    pub(super) owner: u32,
    pub(super) team: u32,
    pub(super) country: u32,
    pub(super) language: u32,
    pub(super) source: u32,
    pub(super) supplier: u32,
    pub(super) basis: u32,
}

/// Interned texts that are searched like the entry's own.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Shared {
    pub(super) company: u32,
    pub(super) tags: u32,
    pub(super) title: u32,
    pub(super) city: u32,
}

#[derive(Debug)]
pub(super) struct Pools {
    pub(super) company: Pool,
    pub(super) title: Pool,
    pub(super) city: Pool,
    pub(super) tag: Pool,
    pub(super) owner: Pool,
    pub(super) team: Pool,
    pub(super) country: Pool,
    pub(super) language: Pool,
    pub(super) source: Pool,
    pub(super) supplier: Pool,
    pub(super) basis: Pool,
}

/// The index. See the module's documentation.
#[derive(Debug)]
pub struct Index {
    pub(super) hot: Vec<Hot>,
    pub(super) cold: Vec<Cold>,
    pub(super) shared: Vec<Shared>,
    /// The first eight bytes of the name to sort by, big-endian.
    pub(super) names8: Vec<u64>,
    arena: Vec<u8>,
    /// Bytes of the arena that no entry owns.
    garbage: usize,
    free: Vec<u32>,
    live: usize,
    pub(super) pools: Pools,
    pub(super) sets: Sets,
    /// Names of the owners, told with [`Index::name_owner`].
    pub(super) owner_names: std::collections::BTreeMap<Uuid, String>,
    ids: HashTable<u32>,
    pub(super) phones: HashTable<u32>,
    pub(super) emails: HashTable<u32>,
    pub(super) by_name: HashTable<u32>,
    hasher: RandomState,
    pub(super) orders: [OnceLock<Vec<u32>>; ORDERS],
    /// Changes with every change of the index.
    pub(super) version: u64,
}

impl Default for Index {
    fn default() -> Index {
        Index::new()
    }
}

impl Index {
    pub fn new() -> Index {
        Index {
            hot: Vec::new(),
            cold: Vec::new(),
            shared: Vec::new(),
            names8: Vec::new(),
            arena: Vec::new(),
            garbage: 0,
            free: Vec::new(),
            live: 0,
            pools: Pools {
                company: Pool::new(),
                title: Pool::new(),
                city: Pool::new(),
                tag: Pool::new(),
                owner: Pool::new(),
                team: Pool::new(),
                country: Pool::new(),
                language: Pool::new(),
                source: Pool::new(),
                supplier: Pool::new(),
                basis: Pool::new(),
            },
            sets: Sets::new(),
            owner_names: std::collections::BTreeMap::new(),
            ids: HashTable::new(),
            phones: HashTable::new(),
            emails: HashTable::new(),
            by_name: HashTable::new(),
            hasher: RandomState::new(),
            orders: Default::default(),
            version: 0,
        }
    }

    /// Makes room for so many more entries, before a load.
    pub fn reserve(&mut self, count: usize) {
        self.hot.reserve_exact(count);
        self.cold.reserve_exact(count);
        self.shared.reserve_exact(count);
        self.names8.reserve_exact(count);
        self.arena.reserve_exact(count * 72);
        for table in [&mut self.ids, &mut self.phones, &mut self.emails, &mut self.by_name] {
            if table.is_empty() {
                *table = HashTable::with_capacity(count);
            }
        }
    }

    /// Entries that are not deleted.
    pub fn len(&self) -> usize {
        self.live
    }

    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Whether the index has this record, deleted or not.
    pub fn contains(&self, id: Uuid) -> bool {
        self.entry(id).is_some()
    }

    /// Approximate bytes of memory in use.
    pub fn bytes(&self) -> usize {
        let p = &self.pools;
        let pools: usize = [
            &p.company,
            &p.title,
            &p.city,
            &p.tag,
            &p.owner,
            &p.team,
            &p.country,
            &p.language,
            &p.source,
            &p.supplier,
            &p.basis,
        ]
        .map(Pool::bytes)
        .iter()
        .sum();
        let tables = [&self.ids, &self.phones, &self.emails, &self.by_name].map(HashTable::allocation_size);
        self.hot.capacity() * size_of::<Hot>()
            + self.cold.capacity() * size_of::<Cold>()
            + self.shared.capacity() * size_of::<Shared>()
            + self.names8.capacity() * 8
            + self.arena.capacity()
            + self.free.capacity() * 4
            + self.sets.bytes()
            + pools
            + tables.iter().sum::<usize>()
            + self.orders.iter().filter_map(OnceLock::get).map(|order| order.capacity() * 4).sum::<usize>()
    }

    /// Adds a record, or replaces what was known about it.
    pub fn insert(&mut self, doc: &Doc<'_>) {
        let old = self.entry(doc.id);
        if let Some(entry) = old {
            self.take_out(entry);
        }
        self.version += 1;
        let entry = self.free.pop().unwrap_or_else(|| {
            // Vectors grow by an eighth: doubling would waste up to half the memory.
            grow(&mut self.hot);
            grow(&mut self.cold);
            grow(&mut self.shared);
            grow(&mut self.names8);
            (self.hot.len() - 1) as u32
        });
        let (text, names_len) = text_of(doc);
        let at = self.arena.len();
        if self.arena.capacity() - at < text.len() {
            self.arena.reserve_exact((at / 8).max(text.len()).max(4_096));
        }
        self.arena.extend_from_slice(text.as_bytes());
        let (names, rest) = text.as_bytes().split_at(names_len);
        let n = entry as usize;
        self.hot[n] = Hot {
            names: letters(names) | starts(names),
            rest: letters(rest) | starts(rest),
            at: at as u64,
            names_len: names_len as u16,
            len: text.len() as u16,
            state: if doc.deleted { State::Deleted } else { State::Live },
        };
        self.live += usize::from(!doc.deleted);
        self.intern(n, doc);
        self.names8[n] = self.first_bytes(entry);
        self.enter(entry);
        self.order_in(entry);
    }

    /// Replaces what is known about a record; the same as [`Index::insert`].
    pub fn update(&mut self, doc: &Doc<'_>) {
        self.insert(doc);
    }

    /// Takes a record out, text and all. Whether it was there.
    pub fn remove(&mut self, id: Uuid) -> bool {
        match self.entry(id) {
            Some(entry) => {
                self.take_out(entry);
                self.version += 1;
                true
            }
            None => false,
        }
    }

    /// Tells the name of an owner, for `owner:anna`, completion and order.
    pub fn name_owner(&mut self, id: Uuid, name: &str) {
        self.owner_names.insert(id, name.to_owned());
        self.forget_owner_order();
        self.version += 1;
    }

    pub(super) fn entry(&self, id: Uuid) -> Option<u32> {
        self.ids.find(self.hasher.hash_one(id), |&n| self.cold[n as usize].id == id).copied()
    }

    /// Names, e-mails and phones; where the names end.
    pub(super) fn text(&self, entry: u32) -> (&[u8], usize) {
        let hot = &self.hot[entry as usize];
        let at = hot.at as usize;
        (self.arena.get(at..at + usize::from(hot.len)).unwrap_or(&[]), usize::from(hot.names_len))
    }

    /// The base spelling of the name, in the parts (given, family).
    pub(super) fn name_parts(&self, entry: u32) -> (&[u8], &[u8]) {
        let (text, names_len) = self.text(entry);
        let names = &text[..names_len];
        let name = &names[..memchr::memchr(SEGMENT, names).unwrap_or(names.len())];
        match memchr::memchr(FAMILY, name) {
            Some(at) => (&name[..at], &name[at + 1..]),
            None => (&[], name),
        }
    }

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

    /// The hashes of an entry's keys: (names, emails, phones).
    fn keys(&self, entry: u32) -> (Option<u64>, Vec<u64>, Vec<u64>) {
        let name = self.name_key(entry);
        let (text, names_len) = self.text(entry);
        let mut emails = Vec::new();
        let mut phones = Vec::new();
        for segment in text[names_len..].split(|&b| b == SEGMENT).filter(|segment| !segment.is_empty()) {
            let list = if segment[0] == PHONE { &mut phones } else { &mut emails };
            list.push(self.hash(segment));
        }
        ((!name.is_empty()).then(|| self.hash(&name)), emails, phones)
    }

    /// Puts an entry into the hash tables.
    fn enter(&mut self, entry: u32) {
        let (name, emails, phones) = self.keys(entry);
        let mut tables = [
            std::mem::take(&mut self.by_name),
            std::mem::take(&mut self.emails),
            std::mem::take(&mut self.phones),
            std::mem::take(&mut self.ids),
        ];
        // A table that grows asks for the hash of what it holds. That of a name or id is known from the entry; an
        // entry with several phones stands in the table several times, so those tables are grown by hand.
        let hash_name = |&n: &u32| self.keys(n).0.unwrap_or(0);
        if let Some(hash) = name {
            tables[0].insert_unique(hash, entry, hash_name);
        }
        for (table, hashes, pick) in [(1, emails, 0), (2, phones, 1)] {
            // Room first, while the entry is not in the table: growing looks at all keys of what the table holds.
            if tables[table].capacity() - tables[table].len() < hashes.len() {
                self.regrow(&mut tables[table], hashes.len(), pick);
            }
            for hash in hashes {
                tables[table].insert_unique(hash, entry, |_| hash);
            }
        }
        let id = self.hasher.hash_one(self.cold[entry as usize].id);
        tables[3].insert_unique(id, entry, |&n| self.hasher.hash_one(self.cold[n as usize].id));
        [self.by_name, self.emails, self.phones, self.ids] = tables;
    }

    /// A larger table with the same entries, each under each of its keys.
    fn regrow(&self, table: &mut HashTable<u32>, more: usize, pick: usize) {
        let mut entries: Vec<u32> = table.iter().copied().collect();
        entries.sort_unstable();
        entries.dedup();
        let mut larger = HashTable::with_capacity(table.len() + table.len() / 2 + more + 16);
        for entry in entries {
            let (_, emails, phones) = self.keys(entry);
            for hash in if pick == 0 { emails } else { phones } {
                larger.insert_unique(hash, entry, |_| hash);
            }
        }
        *table = larger;
    }

    fn leave(&mut self, entry: u32) {
        fn drop(table: &mut HashTable<u32>, hash: u64, entry: u32) {
            if let Ok(found) = table.find_entry(hash, |&n| n == entry) {
                found.remove();
            }
        }
        let (name, emails, phones) = self.keys(entry);
        if let Some(hash) = name {
            drop(&mut self.by_name, hash, entry);
        }
        emails.into_iter().for_each(|hash| drop(&mut self.emails, hash, entry));
        phones.into_iter().for_each(|hash| drop(&mut self.phones, hash, entry));
        let id = self.hasher.hash_one(self.cold[entry as usize].id);
        drop(&mut self.ids, id, entry);
    }

    fn take_out(&mut self, entry: u32) {
        self.order_out(entry);
        self.leave(entry);
        let n = entry as usize;
        let hot = std::mem::take(&mut self.hot[n]);
        let deleted = hot.state == State::Deleted;
        self.live -= usize::from(!deleted);
        let at = hot.at as usize;
        self.arena[at..at + usize::from(hot.len)].fill(0);
        self.garbage += usize::from(hot.len);
        self.names8[n] = 0;
        let cold = std::mem::take(&mut self.cold[n]);
        let shared = std::mem::take(&mut self.shared[n]);
        let p = &mut self.pools;
        p.company.release(shared.company, deleted);
        p.title.release(shared.title, deleted);
        p.city.release(shared.city, deleted);
        for &tag in self.sets.get(shared.tags) {
            p.tag.release(tag, deleted);
        }
        self.sets.release(shared.tags);
        p.owner.release(cold.owner, deleted);
        p.team.release(cold.team, deleted);
        p.country.release(cold.country, deleted);
        p.language.release(cold.language, deleted);
        p.source.release(cold.source, deleted);
        p.supplier.release(cold.supplier, deleted);
        p.basis.release(cold.basis, deleted);
        self.free.push(entry);
        if self.garbage > (self.arena.len() / 4).max(1 << 16) {
            self.compact();
        }
    }

    /// Closes the gaps in the arena.
    fn compact(&mut self) {
        let mut arena = Vec::with_capacity(self.arena.len() - self.garbage + (self.arena.len() / 16));
        for hot in &mut self.hot {
            let at = hot.at as usize;
            hot.at = arena.len() as u64;
            arena.extend_from_slice(&self.arena[at..at + usize::from(hot.len)]);
        }
        self.arena.fill(0);
        self.arena = arena;
        self.garbage = 0;
    }

    fn intern(&mut self, n: usize, doc: &Doc<'_>) {
        let p = &mut self.pools;
        let none = Uuid::nil();
        let gone = doc.deleted;
        let (company, company_name) = doc.company.unwrap_or_default();
        // A tag given twice, or in two cases, counts once each way it is written.
        let mut tags: Vec<&str> = doc.tags.iter().copied().filter(|tag| !tag.is_empty()).collect();
        tags.sort_unstable();
        tags.dedup();
        let mut set: Vec<u32> = tags.into_iter().map(|tag| p.tag.acquire(none, tag, gone)).collect();
        set.sort_unstable();
        self.shared[n] = Shared {
            company: p.company.acquire(company, company_name, gone),
            tags: self.sets.acquire(&set),
            title: p.title.acquire(none, doc.job_title, gone),
            city: p.city.acquire(none, doc.city, gone),
        };
        let mut has = doc.has;
        for (flag, yes) in [
            (Has::Phone, doc.phones.iter().any(|phone| !phone.is_empty())),
            (Has::Email, doc.emails.iter().any(|email| !email.is_empty())),
            (Has::Company, doc.company.is_some()),
            (Has::Tag, !set.is_empty()),
            (Has::Owner, doc.owner.is_some()),
            (Has::JobTitle, !doc.job_title.is_empty()),
        ] {
            has.set(flag, yes);
        }
        self.cold[n] = Cold {
            id: doc.id,
            created: doc.created,
            updated: doc.updated,
            slot: doc.slot,
            has,
            owner: p.owner.acquire(doc.owner.unwrap_or(none), "", gone),
            team: p.team.acquire(none, doc.team.unwrap_or(""), gone),
            country: p.country.acquire(none, doc.country.unwrap_or(""), gone),
            language: p.language.acquire(none, doc.language.unwrap_or(""), gone),
            source: p.source.acquire(none, doc.source, gone),
            supplier: p.supplier.acquire(none, doc.supplier, gone),
            basis: p.basis.acquire(none, doc.basis, gone),
        };
        debug_assert!(set.iter().all(|&tag| tag != NOTHING));
    }

    fn first_bytes(&self, entry: u32) -> u64 {
        let (given, family) = self.name_parts(entry);
        let bytes = family.iter().chain([&0]).chain(given).chain([&0; 8]).take(8);
        bytes.fold(0, |key, &byte| key << 8 | u64::from(byte))
    }

    /// The order of names: family name, given name, id. Total: no two entries are equal.
    pub(super) fn compare_names(&self, a: u32, b: u32) -> std::cmp::Ordering {
        self.names8[a as usize].cmp(&self.names8[b as usize]).then_with(|| {
            let ((given_a, family_a), (given_b, family_b)) = (self.name_parts(a), self.name_parts(b));
            family_a
                .cmp(family_b)
                .then_with(|| given_a.cmp(given_b))
                .then_with(|| self.cold[a as usize].id.cmp(&self.cold[b as usize].id))
        })
    }
}

fn grow<T: Default>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 8).max(64));
    }
    list.push(T::default());
}

/// The text of an entry, and the length of its first part, the names.
fn text_of(doc: &Doc<'_>) -> (String, usize) {
    let mut out = String::new();
    let mut name = name(doc.given, doc.family, Spelling::Base);
    if name.is_empty() {
        fold_into(doc.display, Spelling::Base, &mut name);
    }
    out.push_str(&name);
    let mut add = |segment: &str| {
        let known = out.split(char::from(SEGMENT)).any(|known| known == segment);
        if !segment.is_empty() && !known && out.len() + 1 + segment.len() <= MAX_TEXT / 2 {
            if !out.is_empty() {
                out.push(char::from(SEGMENT));
            }
            out.push_str(segment);
        }
    };
    add(&self::name(doc.given, doc.family, Spelling::Expanded));
    let mut display = String::new();
    for spelling in [Spelling::Base, Spelling::Expanded] {
        display.clear();
        fold_into(doc.display, spelling, &mut display);
        if display.as_bytes() != with_space(&name) {
            add(&display);
        }
    }
    cut(&mut out, MAX_TEXT / 2);
    let names_len = out.len();
    let emails = doc.emails.iter().map(|email| fold::email(email));
    let phones = doc.phones.iter().filter_map(|phone| {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        (!digits.is_empty()).then(|| format!("{}{digits}", char::from(PHONE)))
    });
    for segment in emails.chain(phones) {
        let known = out[names_len..].split(char::from(SEGMENT)).any(|known| known == segment);
        if !segment.is_empty() && !known && out.len() + 1 + segment.len() <= MAX_TEXT {
            out.push(char::from(SEGMENT));
            out.push_str(&segment);
        }
    }
    (out, names_len)
}

/// Given and family name with `FAMILY` between them.
fn name(given: &str, family: &str, spelling: Spelling) -> String {
    let mut out = String::new();
    fold_into(given, spelling, &mut out);
    let at = out.len();
    fold_into(family, spelling, &mut out);
    if at > 0 && out.len() > at {
        out.insert(at, char::from(FAMILY));
    }
    out
}

fn with_space(name: &str) -> Vec<u8> {
    name.bytes().map(|b| if b == FAMILY { b' ' } else { b }).collect()
}

fn cut(text: &mut String, most: usize) {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}
