//! Texts that many entries share, each held once and counted.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use uuid::Uuid;

use crate::domain::fold::{expanded, fold};

use super::pattern::{SEGMENT, letters};

/// No text: the first item of every pool.
pub(super) const NOTHING: u32 = 0;

/// A pool of texts, perhaps with an id of their own (companies, owners).
#[derive(Debug)]
pub(super) struct Pool {
    items: Vec<Item>,
    table: HashTable<u32>,
    free: Vec<u32>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
pub(super) struct Item {
    /// As given first; texts that differ in case are different items.
    pub(super) text: Box<str>,
    /// The folded text, and after `SEGMENT` its expanded spelling if that differs.
    pub(super) folded: Box<str>,
    pub(super) mask: u64,
    pub(super) id: Uuid,
    refs: u32,
    /// References from entries that are not deleted.
    live: u32,
}

impl Item {
    /// The folded text in the base spelling.
    pub(super) fn key(&self) -> &str {
        self.folded.split(char::from(SEGMENT)).next().unwrap_or("")
    }
}

impl Pool {
    pub(super) fn new() -> Pool {
        Pool {
            items: vec![Item::default()],
            table: HashTable::new(),
            free: Vec::new(),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    pub(super) fn get(&self, number: u32) -> Option<&Item> {
        self.items.get(number as usize)
    }

    /// The number of a text, with one more reference to it. Empty texts without an id are [`NOTHING`].
    pub(super) fn acquire(&mut self, id: Uuid, text: &str, deleted: bool) -> u32 {
        if text.is_empty() && id.is_nil() {
            return NOTHING;
        }
        let hash = self.hasher.hash_one((id, text));
        let items = &self.items;
        let same = |&n: &u32| items.get(n as usize).is_some_and(|item| item.id == id && *item.text == *text);
        let number = match self.table.find(hash, same) {
            Some(&number) => number,
            None => {
                let mut folded = fold(text);
                if let Some(other) = expanded(text) {
                    folded.push(char::from(SEGMENT));
                    folded.push_str(&other);
                }
                let mask = letters(folded.as_bytes());
                let item = Item { text: text.into(), folded: folded.into(), mask, id, refs: 0, live: 0 };
                let number = match self.free.pop() {
                    Some(number) => {
                        self.items[number as usize] = item;
                        number
                    }
                    None => {
                        self.items.push(item);
                        (self.items.len() - 1) as u32
                    }
                };
                let (items, hasher) = (&self.items, &self.hasher);
                self.table.insert_unique(hash, number, |&n| {
                    let item = &items[n as usize];
                    hasher.hash_one((item.id, &*item.text))
                });
                number
            }
        };
        let item = &mut self.items[number as usize];
        item.refs += 1;
        item.live += u32::from(!deleted);
        number
    }

    /// Gives a reference back; the text goes with the last one.
    pub(super) fn release(&mut self, number: u32, deleted: bool) {
        if number == NOTHING {
            return;
        }
        let item = &mut self.items[number as usize];
        item.refs -= 1;
        item.live -= u32::from(!deleted);
        if item.refs == 0 {
            let hash = self.hasher.hash_one((item.id, &*item.text));
            if let Ok(entry) = self.table.find_entry(hash, |&n| n == number) {
                entry.remove();
            }
            self.items[number as usize] = Item::default();
            self.free.push(number);
        }
    }

    /// How many entries that are not deleted have each text.
    pub(super) fn live(&self, number: u32) -> usize {
        self.get(number).map_or(0, |item| item.live as usize)
    }

    /// For each number its place in the order of the folded texts; equal texts share a place.
    pub(super) fn places(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..self.items.len() as u32).collect();
        numbers.sort_by_key(|&n| self.items[n as usize].key());
        let mut places = vec![0; self.items.len()];
        let mut place = 0;
        for pair in 0..numbers.len() {
            let key = self.items[numbers[pair] as usize].key();
            if pair > 0 && self.items[numbers[pair - 1] as usize].key() != key {
                place += 1;
            }
            places[numbers[pair] as usize] = place;
        }
        places
    }

    pub(super) fn bytes(&self) -> usize {
        let texts: usize = self.items.iter().map(|item| item.text.len() + item.folded.len() + 32).sum();
        texts
            + self.items.capacity() * size_of::<Item>()
            + self.table.allocation_size()
            + self.free.capacity() * 4
    }
}

/// Sets of tags, each held once and counted. The empty set is [`NOTHING`].
#[derive(Debug)]
pub(super) struct Sets {
    items: Vec<(Box<[u32]>, u32)>,
    table: HashTable<u32>,
    free: Vec<u32>,
    hasher: RandomState,
}

impl Sets {
    pub(super) fn new() -> Sets {
        Sets {
            items: vec![(Box::default(), 0)],
            table: HashTable::new(),
            free: Vec::new(),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn get(&self, number: u32) -> &[u32] {
        self.items.get(number as usize).map_or(&[], |(set, _)| set)
    }

    /// The number of a sorted set without duplicates. The set's tags keep the references their caller acquired.
    pub(super) fn acquire(&mut self, set: &[u32]) -> u32 {
        if set.is_empty() {
            return NOTHING;
        }
        let hash = self.hasher.hash_one(set);
        let items = &self.items;
        let number = match self.table.find(hash, |&n| *items[n as usize].0 == *set) {
            Some(&number) => number,
            None => {
                let number = match self.free.pop() {
                    Some(number) => {
                        self.items[number as usize] = (set.into(), 0);
                        number
                    }
                    None => {
                        self.items.push((set.into(), 0));
                        (self.items.len() - 1) as u32
                    }
                };
                let (items, hasher) = (&self.items, &self.hasher);
                self.table.insert_unique(hash, number, |&n| hasher.hash_one(&*items[n as usize].0));
                number
            }
        };
        self.items[number as usize].1 += 1;
        number
    }

    pub(super) fn release(&mut self, number: u32) {
        if number == NOTHING {
            return;
        }
        let (set, refs) = &mut self.items[number as usize];
        *refs -= 1;
        if *refs == 0 {
            let hash = self.hasher.hash_one(&**set);
            if let Ok(entry) = self.table.find_entry(hash, |&n| n == number) {
                entry.remove();
            }
            self.items[number as usize] = (Box::default(), 0);
            self.free.push(number);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let sets: usize = self.items.iter().map(|(set, _)| set.len() * 4 + 16).sum();
        sets + self.items.capacity() * size_of::<(Box<[u32]>, u32)>() + self.table.allocation_size()
    }
}
