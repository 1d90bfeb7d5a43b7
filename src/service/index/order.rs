//! Sorted orders of all entries, each made when first asked for.

use std::cmp::Ordering;
use std::sync::OnceLock;

use super::Index;
use super::pool::Pool;
use super::store::State;
use super::top::threads_for;

/// What a list is sorted by. Ties stand in the order of the name, then of the id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SortKey {
    /// How well the text of the query is found; without text, by name.
    Relevance,
    /// Family name, then given name.
    Name,
    /// Without a company first.
    Company,
    Created,
    Updated,
    Country,
    /// By the owner's name; without an owner first.
    Owner,
}

/// Number of orders that are kept: all but relevance.
pub(super) const ORDERS: usize = 6;

const KEPT: [SortKey; ORDERS] =
    [SortKey::Name, SortKey::Company, SortKey::Created, SortKey::Updated, SortKey::Country, SortKey::Owner];

impl SortKey {
    fn number(self) -> usize {
        match self {
            SortKey::Relevance | SortKey::Name => 0,
            SortKey::Company => 1,
            SortKey::Created => 2,
            SortKey::Updated => 3,
            SortKey::Country => 4,
            SortKey::Owner => 5,
        }
    }
}

impl Index {
    /// All entries, deleted ones too, in this order.
    pub(super) fn order(&self, key: SortKey) -> &[u32] {
        self.orders[key.number()].get_or_init(|| self.sorted(key))
    }

    /// Makes an order before it is needed, since the first use of one takes a while in a large index.
    pub fn warm(&self, key: SortKey) {
        self.order(key);
    }

    fn sorted(&self, key: SortKey) -> Vec<u32> {
        let signed = |at: i64| (at as u64) ^ (1 << 63);
        let place = |places: &[u32], n: u32| places.get(n as usize).copied().unwrap_or(0).into();
        match key {
            SortKey::Relevance | SortKey::Name => self.sorted_by_name(),
            SortKey::Company => {
                let places = self.pools.company.places();
                self.sorted_by(|n| place(&places, self.shared[n].company))
            }
            SortKey::Created => self.sorted_by(|n| signed(self.cold[n].created.millis())),
            SortKey::Updated => self.sorted_by(|n| signed(self.cold[n].updated.millis())),
            SortKey::Country => {
                let places = self.pools.country.places();
                self.sorted_by(|n| place(&places, self.cold[n].country))
            }
            SortKey::Owner => {
                let places = self.owner_places();
                self.sorted_by(|n| place(&places, self.cold[n].owner))
            }
        }
    }

    /// By a number, and by name where it is the same.
    fn sorted_by(&self, first: impl Fn(usize) -> u64) -> Vec<u32> {
        let names = self.order(SortKey::Name).iter();
        let mut keyed: Vec<(u64, u32)> = names.map(|&n| (first(n as usize), n)).collect();
        keyed.sort_by_key(|one| one.0);
        keyed.into_iter().map(|(_, n)| n).collect()
    }

    /// By eight bytes of the name, then the next eight: many names begin alike, and their texts lie all over the
    /// memory, so that each is better looked at once than compared with twenty others.
    fn sorted_by_name(&self) -> Vec<u32> {
        let entries = (0..self.hot.len()).filter(|&n| self.hot[n].state != State::Free);
        let mut keyed: Vec<(u64, u32)> = entries.map(|n| (self.names8[n], n as u32)).collect();
        // Ids mostly grow from entry to entry, for that is the order of loading; then they need not be looked at.
        let grown = keyed.windows(2).all(|two| match two {
            [(_, a), (_, b)] => self.cold[*a as usize].id < self.cold[*b as usize].id,
            _ => true,
        });
        keyed.sort_unstable();
        let share = keyed.len().div_ceil(threads_for(keyed.len())).max(1);
        std::thread::scope(|scope| {
            let mut rest = keyed.as_mut_slice();
            while !rest.is_empty() {
                let mut end = share.min(rest.len());
                while end < rest.len() && rest[end - 1].0 == rest[end].0 {
                    end += 1;
                }
                let (part, others) = std::mem::take(&mut rest).split_at_mut(end);
                rest = others;
                if rest.is_empty() {
                    self.sort_alike(part, 8, grown);
                } else {
                    scope.spawn(move || self.sort_alike(part, 8, grown));
                }
            }
        });
        keyed.into_iter().map(|(_, n)| n).collect()
    }

    /// Sorts by what follows those whose keys, the eight bytes of the name before `at`, are the same; the keys are in
    /// order.
    fn sort_alike(&self, keyed: &mut [(u64, u32)], at: usize, grown: bool) {
        for run in keyed.chunk_by_mut(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
            // A name has no zeros in it, and two after it: beyond them nothing differs.
            if run[0].0.to_be_bytes().ends_with(&[0, 0]) {
                if !grown {
                    run.sort_unstable_by_key(|one| self.cold[one.1 as usize].id);
                }
                continue;
            }
            for one in &mut *run {
                one.0 = self.name_bytes(one.1, at);
            }
            run.sort_unstable();
            self.sort_alike(run, at + 8, grown);
        }
    }

    fn owner_places(&self) -> Vec<u32> {
        let items = self.pools.owner.items();
        let mut numbers: Vec<u32> = (0..items.len() as u32).collect();
        numbers.sort_by(|&a, &b| self.compare_owners(a, b));
        let mut places = vec![0; items.len()];
        for (place, n) in numbers.into_iter().enumerate() {
            places[n as usize] = place as u32;
        }
        places
    }

    /// Owners stand by name, and by id where names are the same or unknown; nobody first.
    fn compare_owners(&self, a: u32, b: u32) -> Ordering {
        let key = |n: u32| {
            let id = self.pools.owner.get(n).map(|item| item.id).unwrap_or_default();
            let name =
                self.owner_names.get(&id).map(|name| crate::domain::fold::fold(name)).unwrap_or_default();
            (!id.is_nil(), name, id)
        };
        if a == b { Ordering::Equal } else { key(a).cmp(&key(b)) }
    }

    /// Which of two entries comes first in this order; never equal for different entries.
    pub(super) fn compare(&self, key: SortKey, a: u32, b: u32) -> Ordering {
        let (na, nb) = (a as usize, b as usize);
        let texts = |pool: &Pool, a: u32, b: u32| {
            let text = |n: u32| pool.get(n).map_or("", |item| item.key());
            if a == b { Ordering::Equal } else { text(a).cmp(text(b)) }
        };
        let first = match key {
            SortKey::Relevance | SortKey::Name => Ordering::Equal,
            SortKey::Company => texts(&self.pools.company, self.shared[na].company, self.shared[nb].company),
            SortKey::Created => self.cold[na].created.cmp(&self.cold[nb].created),
            SortKey::Updated => self.cold[na].updated.cmp(&self.cold[nb].updated),
            SortKey::Country => texts(&self.pools.country, self.cold[na].country, self.cold[nb].country),
            SortKey::Owner => self.compare_owners(self.cold[na].owner, self.cold[nb].owner),
        };
        first.then_with(|| self.compare_names(a, b))
    }

    pub(super) fn order_in(&mut self, entry: u32) {
        self.change_orders(|index, key, order| {
            let at = order.partition_point(|&n| index.compare(key, n, entry) == Ordering::Less);
            order.insert(at, entry);
        });
    }

    /// Must come before anything of the entry is taken out.
    pub(super) fn order_out(&mut self, entry: u32) {
        self.change_orders(|index, key, order| {
            let at = order.partition_point(|&n| index.compare(key, n, entry) == Ordering::Less);
            if order.get(at) == Some(&entry) {
                order.remove(at);
            }
        });
    }

    fn change_orders(&mut self, change: impl Fn(&Index, SortKey, &mut Vec<u32>)) {
        for key in KEPT {
            if let Some(mut order) = self.orders[key.number()].take() {
                change(self, key, &mut order);
                self.orders[key.number()] = OnceLock::from(order);
            }
        }
    }

    pub(super) fn forget_owner_order(&mut self) {
        self.orders[SortKey::Owner.number()].take();
    }
}
