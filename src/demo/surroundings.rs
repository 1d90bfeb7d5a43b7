//! The clock and the ids of the demo: both follow the story, not the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use uuid::Uuid;

use crate::demo::rng::Rng;
use crate::domain::time::Timestamp;
use crate::env::{Clock, Ids};

/// No story is being told: the time is the real one.
const REAL: i64 = i64::MIN;

/// A clock that shows the story's time while it is told, and the real one afterwards.
pub struct StoryClock {
    at: AtomicI64,
    real: Arc<dyn Clock>,
}

impl StoryClock {
    /// Shows the real time until [`set`](StoryClock::set).
    pub fn new(real: Arc<dyn Clock>) -> StoryClock {
        StoryClock { at: AtomicI64::new(REAL), real }
    }

    /// From now on it is `at`.
    pub fn set(&self, at: Timestamp) {
        self.at.store(at.millis(), Ordering::SeqCst);
    }

    /// The story is over.
    pub fn finish(&self) {
        self.at.store(REAL, Ordering::SeqCst);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        match self.at.load(Ordering::SeqCst) {
            REAL => self.real.now(),
            at => Timestamp::from_millis(at),
        }
    }

    fn elapsed(&self) -> Duration {
        self.real.elapsed()
    }
}

/// Ids that follow from a seed, in the shape of random UUIDs (RFC 9562, version 4).
pub struct SeededIds {
    seed: u64,
    next: AtomicU64,
}

impl SeededIds {
    pub fn new(seed: u64) -> SeededIds {
        SeededIds { seed, next: AtomicU64::new(0) }
    }
}

impl Ids for SeededIds {
    fn next(&self) -> Uuid {
        let mut rng = Rng::new(self.seed, self.next.fetch_add(1, Ordering::SeqCst));
        let mut bytes = [0; 16];
        for (half, number) in bytes.chunks_exact_mut(8).zip([rng.next(), rng.next()]) {
            half.copy_from_slice(&number.to_be_bytes());
        }
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::{SeededIds, StoryClock};
    use crate::domain::time::Timestamp;
    use crate::env::{Clock, Env, Ids};

    #[test]
    fn the_clock_shows_the_story_and_then_the_real_time() {
        let real = Env::system().clock;
        let before = real.now();
        let clock = StoryClock::new(Arc::clone(&real));
        clock.set(Timestamp::from_millis(1_700_000_000_000));
        assert_eq!(clock.now().to_string(), "2023-11-14T22:13:20Z");
        clock.finish();
        assert!(clock.now() >= before);
    }

    #[test]
    fn ids_repeat_with_the_seed_and_never_within_it() {
        let (one, same, other) = (SeededIds::new(5), SeededIds::new(5), SeededIds::new(6));
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            let id = one.next();
            assert_eq!(id, same.next());
            assert_ne!(id, other.next());
            assert_eq!(id.get_version_num(), 4);
            assert!(seen.insert(id));
        }
    }
}
