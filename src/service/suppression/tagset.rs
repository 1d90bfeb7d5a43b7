//! Numbers on a do-not-call list, in memory: sorted tags, and where each range of them begins.
//!
//! Tags are halves of keyed hashes, so they lie evenly: by its first bits a tag is one of about eight that follow each
//! other. A check touches two places of memory. Five million take 40 MB, and 2 MB for the beginnings; where a list tells
//! since when each is on it, 10 MB more.

/// Tags from one beginning to the next, about.
const RANGE: usize = 8;

/// A set of tags.
#[derive(Default, Debug)]
pub struct TagSet {
    tags: Box<[u64]>,
    /// Where tags with the first bits 0, 1, 2, … begin, and the end.
    starts: Box<[u32]>,
    /// By how much a tag is shifted to leave its first bits.
    shift: u32,
    /// Since when each is listed, in the same order; nothing where the list does not tell.
    days: Box<[u16]>,
}

impl TagSet {
    /// The same with a day for each.
    pub fn with_days(self, days: Vec<u16>) -> TagSet {
        debug_assert!(days.is_empty() || days.len() == self.tags.len());
        TagSet { days: days.into(), ..self }
    }

    /// Of tags in ascending order, fewer than 2³².
    pub fn of_sorted(tags: Vec<u64>) -> TagSet {
        debug_assert!(tags.is_sorted());
        let bits = (tags.len() / RANGE).max(1).ilog2();
        let shift = 64 - bits;
        let mut starts = vec![0u32; (1 << bits) + 1];
        for tag in &tags {
            if let Some(count) = starts.get_mut(first_bits(*tag, shift) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        TagSet { tags: tags.into(), starts: starts.into(), shift, days: Box::default() }
    }

    pub fn contains(&self, tag: u64) -> bool {
        self.find(tag).is_some()
    }

    /// The day since which a tag is listed, where there is one for it; 0 stands for none.
    pub fn since(&self, tag: u64) -> u16 {
        self.find(tag).and_then(|at| self.days.get(at)).copied().unwrap_or_default()
    }

    fn find(&self, tag: u64) -> Option<usize> {
        let range = first_bits(tag, self.shift);
        let (from, to) = (*self.starts.get(range)? as usize, *self.starts.get(range + 1)? as usize);
        Some(from + self.tags.get(from..to)?.iter().position(|one| *one == tag)?)
    }

    pub fn len(&self) -> usize {
        self.tags.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// What it takes of memory.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.tags) + size_of_val(&*self.starts) + size_of_val(&*self.days)
    }
}

/// Of 64 bits shifted away none is left.
fn first_bits(tag: u64, shift: u32) -> usize {
    tag.checked_shr(shift).unwrap_or(0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_set_has_nothing() {
        assert!(!TagSet::default().contains(0));
        let set = TagSet::of_sorted(vec![]);
        assert!(set.is_empty() && !set.contains(0) && !set.contains(u64::MAX));
    }

    proptest::proptest! {
        #[test]
        fn it_has_what_was_put_in_and_nothing_else(
            mut tags in proptest::collection::vec(proptest::prelude::any::<u64>(), 0..300),
            // Crowded at one end, which keyed hashes are not, and a set must bear.
            near in proptest::collection::vec(0..200u64, 0..200),
            asked in proptest::collection::vec(proptest::prelude::any::<u64>(), 50),
        ) {
            tags.extend(near);
            tags.extend([0, u64::MAX]);
            tags.sort_unstable();
            tags.dedup();
            let days: Vec<u16> = (0..tags.len()).map(|n| n as u16).collect();
            let set = TagSet::of_sorted(tags.clone()).with_days(days);
            for (n, tag) in tags.iter().enumerate() {
                proptest::prop_assert_eq!(usize::from(set.since(*tag)), n);
            }
            for tag in &tags {
                proptest::prop_assert!(set.contains(*tag));
            }
            for tag in asked.into_iter().chain(0..200) {
                proptest::prop_assert_eq!(set.contains(tag), tags.binary_search(&tag).is_ok());
            }
        }
    }
}
