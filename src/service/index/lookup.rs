//! Exact look-ups and completion.

use std::collections::BTreeMap;

use hashbrown::HashTable;
use uuid::Uuid;

use crate::domain::basis::Basis;
use crate::domain::fold::{expanded, fold};
use crate::domain::time::Timestamp;

use super::pattern::{FAMILY, PHONE, SEGMENT};
use super::pool::{NOTHING, Pool};
use super::search::Scope;
use super::store::State;
use super::{HasFlags, Index, KeptOut, KeptOuts};

/// What can be completed from what records hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Completion {
    Tag,
    Company,
    Owner,
    Team,
    Country,
    Language,
    Source,
    Supplier,
    Basis,
    City,
    JobTitle,
}

/// What the use of a record depends on, by one look.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'i> {
    pub deleted: bool,
    pub has: HasFlags,
    /// The word of the legal basis that is recorded with it (R1).
    pub basis: &'i str,
    /// Who supplied it; empty where nobody did.
    pub supplier: &'i str,
    /// Its country by ISO code; empty where it has none.
    pub country: &'i str,
    pub created: Timestamp,
}

impl Index {
    /// The same for a record, deleted or not.
    pub fn brief(&self, id: Uuid) -> Option<Brief<'_>> {
        Some(self.brief_at(self.entry(id)? as usize))
    }

    fn brief_at(&self, n: usize) -> Brief<'_> {
        let cold = &self.cold[n];
        Brief {
            deleted: self.hot[n].state == State::Deleted,
            has: cold.has,
            basis: self.pools.basis.get(cold.basis).map_or("", |item| &*item.text),
            supplier: self.pools.supplier.get(cold.supplier).map_or("", |item| &*item.text),
            country: self.pools.country.get(cold.country).map_or("", |item| &*item.text),
            created: cold.created,
        }
    }

    /// Records, deleted ones too, by the places where they lie: those of so many places from one on. For whoever goes through
    /// all of them a part at a time while others change some; what comes in meanwhile may be passed over. `None` when there
    /// are no more places.
    pub fn part(&self, from: usize, places: usize) -> Option<impl Iterator<Item = (Uuid, Brief<'_>)>> {
        let there = self.hot.get(from..self.hot.len().min(from.saturating_add(places)))?;
        if there.is_empty() {
            return None;
        }
        let used = there.iter().enumerate().filter(|(_, hot)| hot.state != State::Free);
        Some(used.map(move |(at, _)| (self.cold[from + at].id, self.brief_at(from + at))))
    }

    /// Marks a record as kept out for a reason, or as not.
    pub fn set_kept_out(&mut self, id: Uuid, why: KeptOut, yes: bool) {
        let Some(entry) = self.entry(id) else { return };
        let has = &mut self.cold[entry as usize].has;
        if has.kept_out(why) != yes {
            has.set_kept_out(why, yes);
            let count = &mut self.kept_out[why as usize];
            *count = if yes { *count + 1 } else { count.saturating_sub(1) };
            self.version += 1;
        }
    }

    /// Those of these reasons for which any record is kept out, deleted ones too.
    pub fn any_kept_out(&self, of: KeptOuts) -> KeptOuts {
        let there =
            KeptOut::ALL.into_iter().filter(|why| of.contains(*why) && self.kept_out[*why as usize] > 0);
        KeptOuts::of(there)
    }

    /// Whether a scope leaves nothing out.
    fn is_all(&self, scope: &Scope) -> bool {
        match scope {
            Scope::All => true,
            Scope::Of { .. } => false,
            Scope::Without(inner, why) => self.any_kept_out(*why).is_empty() && self.is_all(inner),
        }
    }

    /// Who answers for a record, deleted or not: the owner, and the team, empty if there is none.
    pub fn holder(&self, id: Uuid) -> Option<(Option<Uuid>, &str)> {
        let cold = &self.cold[self.entry(id)? as usize];
        let owner = self.pools.owner.get(cold.owner).map(|item| item.id).filter(|id| !id.is_nil());
        Some((owner, self.pools.team.get(cold.team).map_or("", |item| &*item.text)))
    }

    /// The legal basis that is recorded with a contact (R1).
    pub fn basis(&self, id: Uuid) -> Option<Basis> {
        let cold = &self.cold[self.entry(id)? as usize];
        self.pools.basis.get(cold.basis)?.text.parse().ok()
    }

    /// How many records in scope are not deleted.
    pub fn count(&self, scope: &Scope) -> usize {
        if self.is_all(scope) {
            return self.len();
        }
        let scope = self.scope(scope);
        let live = (0..self.hot.len()).filter(|&n| self.hot[n].state == State::Live);
        live.filter(|&n| scope.holds(&self.cold[n])).count()
    }

    /// The records, deleted ones too, with exactly this number; E.164, with or without the `+`.
    pub fn by_phone(&self, e164: &str) -> Vec<Uuid> {
        let mut key = vec![PHONE];
        key.extend(e164.bytes().filter(u8::is_ascii_digit));
        if key.len() == 1 {
            Vec::new()
        } else {
            self.look_up(&self.phones, &key, |n| self.has_segment(n, &key))
        }
    }

    /// The records, deleted ones too, with exactly this address, folded by [`crate::domain::fold::email`].
    pub fn by_email(&self, folded: &str) -> Vec<Uuid> {
        let key = folded.as_bytes();
        self.look_up(&self.emails, key, |n| self.has_segment(n, key))
    }

    /// The records, deleted ones too, whose name is this: given name, space, family name, folded by
    /// [`crate::domain::fold::fold`]. Names in the expanded spelling (`mueller`) are different names here.
    pub fn by_name(&self, folded: &str) -> Vec<Uuid> {
        self.ids_of(self.named(folded.as_bytes()))
    }

    fn look_up(&self, table: &HashTable<u32>, key: &[u8], same: impl Fn(u32) -> bool) -> Vec<Uuid> {
        self.ids_of(table.iter_hash(self.hash(key)).copied().filter(|&n| same(n)))
    }

    fn ids_of(&self, entries: impl Iterator<Item = u32>) -> Vec<Uuid> {
        let mut ids: Vec<Uuid> = entries.map(|n| self.cold[n as usize].id).collect();
        ids.sort_unstable();
        // A record with several keys stands in a table several times.
        ids.dedup();
        ids
    }

    fn has_segment(&self, entry: u32, key: &[u8]) -> bool {
        debug_assert!(!key.contains(&FAMILY));
        let (text, names_len) = self.text(entry);
        !key.is_empty() && text[names_len..].split(|&b| b == SEGMENT).any(|segment| segment == key)
    }

    /// The texts of a kind with a word that starts like this, with how many visible records have each; the most
    /// frequent first, then by text. Texts equal but for case and accents are counted together, under the most
    /// frequent form. Counted are records in scope, not deleted: a text out of scope does not show.
    pub fn completions(&self, kind: Completion, prefix: &str, scope: &Scope) -> Vec<(String, usize)> {
        let p = &self.pools;
        let pool = match kind {
            Completion::Tag => &p.tag,
            Completion::Company => &p.company,
            Completion::Owner => &p.owner,
            Completion::Team => &p.team,
            Completion::Country => &p.country,
            Completion::Language => &p.language,
            Completion::Source => &p.source,
            Completion::Supplier => &p.supplier,
            Completion::Basis => &p.basis,
            Completion::City => &p.city,
            Completion::JobTitle => &p.title,
        };
        let counts = self.counts(kind, pool, scope);
        let keys: Vec<String> = [Some(fold(prefix)), expanded(prefix)].into_iter().flatten().collect();
        let starts = |text: &str| {
            keys.iter().any(|key| {
                text.split(char::from(SEGMENT)).any(|text| {
                    text.match_indices(&**key)
                        .any(|(at, _)| at == 0 || text.as_bytes().get(at - 1) == Some(&b' '))
                })
            })
        };
        // By folded text: the most frequent form, its count, the count of all forms.
        let mut found: BTreeMap<String, (String, usize, usize)> = BTreeMap::new();
        for (n, item) in pool.items().iter().enumerate().skip(1) {
            let count = counts.get(n).copied().unwrap_or(0);
            let owner = self.owner_names.get(&item.id);
            let (text, folded) = match (kind, owner) {
                (Completion::Owner, Some(name)) => (&**name, fold(name)),
                (Completion::Owner, None) => continue,
                _ => (&*item.text, item.folded.to_string()),
            };
            if count == 0 || !starts(&folded) {
                continue;
            }
            // A text of symbols alone has no key but itself.
            let key = if folded.is_empty() { text.to_owned() } else { folded };
            let entry = found.entry(key).or_insert_with(|| (text.to_owned(), 0, 0));
            if count > entry.1 || (count == entry.1 && text < &*entry.0) {
                (entry.0, entry.1) = (text.to_owned(), count);
            }
            entry.2 += count;
        }
        let mut out: Vec<(String, usize)> =
            found.into_values().map(|(text, _, count)| (text, count)).collect();
        out.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        out
    }

    /// For each text of the pool how many visible entries have it.
    fn counts(&self, kind: Completion, pool: &Pool, scope: &Scope) -> Vec<usize> {
        if self.is_all(scope) {
            return (0..pool.items().len() as u32).map(|n| pool.live(n)).collect();
        }
        let scope = self.scope(scope);
        let mut counts = vec![0; pool.items().len()];
        for n in (0..self.hot.len()).filter(|&n| self.hot[n].state == State::Live) {
            let (cold, shared) = (&self.cold[n], &self.shared[n]);
            if !scope.holds(cold) {
                continue;
            }
            let one = match kind {
                Completion::Tag => {
                    self.sets.get(shared.tags).iter().for_each(|&tag| counts[tag as usize] += 1);
                    NOTHING
                }
                Completion::Company => shared.company,
                Completion::Owner => cold.owner,
                Completion::Team => cold.team,
                Completion::Country => cold.country,
                Completion::Language => cold.language,
                Completion::Source => cold.source,
                Completion::Supplier => cold.supplier,
                Completion::Basis => cold.basis,
                Completion::City => shared.city,
                Completion::JobTitle => shared.title,
            };
            counts[one as usize] += 1;
        }
        counts
    }
}
