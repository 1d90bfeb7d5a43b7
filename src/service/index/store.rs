//! The entries: taking documents in and out.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use hashbrown::HashTable;
use uuid::Uuid;

use crate::domain::query::Has;
use crate::domain::time::Timestamp;

use super::order::ORDERS;
use super::pattern::{FAMILY, SEGMENT, alone, letters, starts};
use super::pool::{NOTHING, Pool, Sets};
use super::tables::ALONE;
use super::text::append_text;
use super::{Doc, HasFlags, KeptOut};

/// What a scan reads of every entry.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Hot {
    /// Letters of the names, and the letters their words start with.
    pub(super) names: u64,
    /// Letters of e-mails and phones, and the letters that stand alone as a word in any of the text.
    pub(super) rest: u64,
    /// Where the text starts in the arena.
    at: u64,
    /// Length of the names.
    names_len: u16,
    /// Length of all the text.
    len: u16,
    pub(super) state: State,
}

/// What is found out about the text of a document before it goes into an index.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    names_len: u16,
    names: u64,
    rest: u64,
    has: HasFlags,
}

impl Run {
    /// Appends the text of a document to `out`; this much of it belongs to the document.
    pub fn append(doc: &Doc<'_>, out: &mut String) -> Run {
        let start = out.len();
        let names_len = append_text(doc, out);
        let text = &out.as_bytes()[start..];
        let (names, rest) = text.split_at(names_len);
        let mut has = doc.has;
        for (flag, yes) in [
            (Has::Phone, doc.phones.iter().any(|phone| !phone.is_empty())),
            (Has::Email, doc.emails.iter().any(|email| !email.is_empty())),
        ] {
            has.set(flag, yes);
        }
        Run {
            names_len: names_len as u16,
            names: letters(names) | starts(names),
            rest: letters(rest) | alone(text),
            has,
        }
    }
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
    /// The first entry that is not yet in the hash tables.
    unfound: Option<u32>,
    live: usize,
    /// How many entries are kept out for each reason.
    pub(super) kept_out: [usize; KeptOut::ALL.len()],
    pub(super) pools: Pools,
    pub(super) sets: Sets,
    /// Names of the owners, told with [`Index::name_owner`].
    pub(super) owner_names: std::collections::BTreeMap<Uuid, String>,
    pub(super) ids: HashTable<u32>,
    pub(super) phones: HashTable<u32>,
    pub(super) emails: HashTable<u32>,
    /// The first entry of each name.
    pub(super) by_name: HashTable<u32>,
    /// For each entry another of the same name, in a chain that starts with the first.
    pub(super) namesakes: Vec<u32>,
    pub(super) hasher: RandomState,
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
            unfound: None,
            live: 0,
            kept_out: Default::default(),
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
            namesakes: Vec::new(),
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
        self.namesakes.reserve_exact(count);
        self.arena.reserve_exact(count * 72);
        for table in [&mut self.ids, &mut self.phones, &mut self.emails, &mut self.by_name] {
            if table.is_empty() {
                *table = HashTable::with_capacity(count);
            }
        }
    }

    /// Gives back what of the reserved room a load did not need.
    pub fn settle(&mut self) {
        fn fit<T>(list: &mut Vec<T>) {
            list.shrink_to(list.len() + list.len() / 8);
        }
        fit(&mut self.hot);
        fit(&mut self.cold);
        fit(&mut self.shared);
        fit(&mut self.names8);
        fit(&mut self.namesakes);
        fit(&mut self.arena);
        self.settle_tables();
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
            + self.namesakes.capacity() * 4
            + self.arena.capacity()
            + self.free.capacity() * 4
            + self.sets.bytes()
            + pools
            + tables.iter().sum::<usize>()
            + self.orders.iter().filter_map(OnceLock::get).map(|order| order.capacity() * 4).sum::<usize>()
    }

    /// Adds a record, or replaces what was known about it.
    pub fn insert(&mut self, doc: &Doc<'_>) {
        let mut text = String::new();
        let run = Run::append(doc, &mut text);
        self.insert_run(doc, run, &text);
    }

    /// The same with the text of the document made before, perhaps on another thread; e-mails, phones and names are
    /// taken from there only.
    pub fn insert_run(&mut self, doc: &Doc<'_>, run: Run, text: &str) {
        let old = self.entry(doc.id);
        if let Some(entry) = old {
            self.take_out(entry);
        }
        let entry = self.free.pop().unwrap_or_else(|| self.another());
        self.fill(entry, doc, run, text);
        self.enter(entry..entry + 1);
        self.order_in(entry);
    }

    /// Adds a record that is not there, in a load: it is not found before [`Index::found_from_here`].
    pub fn append_run(&mut self, doc: &Doc<'_>, run: Run, text: &str) {
        debug_assert!(self.entry(doc.id).is_none() && self.orders.iter().all(|order| order.get().is_none()));
        let entry = self.another();
        self.fill(entry, doc, run, text);
        self.unfound.get_or_insert(entry);
    }

    /// Makes what was appended be found. Many entries at once are faster: each table lies in other memory.
    pub fn found_from_here(&mut self) {
        if let Some(first) = self.unfound.take() {
            self.enter(first..self.hot.len() as u32);
        }
    }

    /// A new entry, empty. Vectors grow by an eighth: doubling would waste up to half the memory.
    fn another(&mut self) -> u32 {
        grow(&mut self.hot);
        grow(&mut self.cold);
        grow(&mut self.shared);
        grow(&mut self.names8);
        grow(&mut self.namesakes);
        if let Some(last) = self.namesakes.last_mut() {
            *last = ALONE;
        }
        (self.hot.len() - 1) as u32
    }

    fn fill(&mut self, entry: u32, doc: &Doc<'_>, run: Run, text: &str) {
        self.version += 1;
        let at = self.arena.len();
        if self.arena.capacity() - at < text.len() {
            self.arena.reserve_exact((at / 8).max(text.len()).max(4_096));
        }
        self.arena.extend_from_slice(text.as_bytes());
        let n = entry as usize;
        self.hot[n] = Hot {
            names: run.names,
            rest: run.rest,
            at: at as u64,
            names_len: run.names_len,
            len: text.len() as u16,
            state: if doc.deleted { State::Deleted } else { State::Live },
        };
        self.live += usize::from(!doc.deleted);
        for why in KeptOut::ALL {
            self.kept_out[why as usize] += usize::from(doc.has.kept_out(why));
        }
        self.intern(n, doc, run.has.with(doc.has));
        self.names8[n] = self.name_bytes(entry, 0);
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
        for why in KeptOut::ALL {
            self.kept_out[why as usize] -= usize::from(cold.has.kept_out(why));
        }
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

    fn intern(&mut self, n: usize, doc: &Doc<'_>, mut has: HasFlags) {
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
        for (flag, yes) in [
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

    /// Eight bytes of family name, zero, given name, zeros; big-endian, so that numbers are ordered as the bytes.
    pub(super) fn name_bytes(&self, entry: u32, from: usize) -> u64 {
        let (given, family) = self.name_parts(entry);
        let bytes = family.iter().chain([&0]).chain(given).skip(from).chain([&0; 8]).take(8);
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
