//! Numbers on a do-not-call list, in memory: sorted tags, and where each range of them begins.
//!
//! Tags are halves of keyed hashes, so they lie evenly: by its first bits a tag is one of about eight that follow each
//! other. A check touches two places of memory. Five million take 40 MB, and 2 MB for the beginnings.

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
}

impl TagSet {
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
        TagSet { tags: tags.into(), starts: starts.into(), shift }
    }

    pub fn contains(&self, tag: u64) -> bool {
        let range = first_bits(tag, self.shift);
        let (Some(from), Some(to)) = (self.starts.get(range), self.starts.get(range + 1)) else {
            return false;
        };
        self.tags.get(*from as usize..*to as usize).is_some_and(|tags| tags.contains(&tag))
    }

    pub fn len(&self) -> usize {
        self.tags.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// What it takes of memory.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.tags) + size_of_val(&*self.starts)
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
            let set = TagSet::of_sorted(tags.clone());
            for tag in &tags {
                proptest::prop_assert!(set.contains(*tag));
            }
            for tag in asked.into_iter().chain(0..200) {
                proptest::prop_assert_eq!(set.contains(tag), tags.binary_search(&tag).is_ok());
            }
        }
    }
}
