//! A small seeded generator: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
//!
//! It is for invented data only; keys and salts never come from here.

/// A stream of numbers that follows from its seed.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// The stream number `stream` of a seed; streams are independent of each other.
    pub(crate) fn new(seed: u64, stream: u64) -> Rng {
        let mut rng = Rng(seed ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03));
        rng.next();
        rng
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number under `bound`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        // The bias of the multiplication is under bound / 2^64.
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// The same for indices.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the items; the default (empty) when there are none.
    pub(crate) fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        items.get(self.index(items.len())).copied().unwrap_or_default()
    }
}

/// The place of the `n`th of `total` things when they are taken in a scattered order: each once before any comes again.
pub(crate) fn scatter(n: u64, total: u64, seed: u64) -> u64 {
    if total == 0 {
        return 0;
    }
    // A step near total / golden ratio, moved until it shares no factor with total, visits every place.
    let mut step = (total as f64 * 0.618_033_988_749_895) as u64 | 1;
    while gcd(step, total) != 1 {
        step += 2;
    }
    let place = u128::from(n % total) * u128::from(step) + u128::from(seed % total);
    (place % u128::from(total)) as u64
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::{Rng, scatter};

    #[test]
    fn the_published_vector() {
        // From the reference implementation with state 1234567.
        let mut rng = Rng(1_234_567);
        assert_eq!(rng.next(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn below_stays_below_and_reaches_everything() {
        let mut rng = Rng::new(7, 1);
        let mut seen = [0; 6];
        for _ in 0..600 {
            seen[rng.below(6) as usize] += 1;
        }
        assert!(seen.iter().all(|count| *count > 60), "{seen:?}");
        assert_eq!(rng.below(0), 0);
    }

    #[test]
    fn scatter_visits_each_place_once() {
        for total in [1, 2, 6, 210, 5000, 51_660] {
            let mut seen = vec![false; total as usize];
            for n in 0..total {
                let place = scatter(n, total, 99) as usize;
                assert!(!std::mem::replace(&mut seen[place], true), "{total}: {n}");
            }
        }
    }
}
