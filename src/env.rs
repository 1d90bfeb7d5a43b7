//! What the process takes from its surroundings: the time, randomness, fresh ids.
//!
//! These three are the only ambient inputs of the crate, and they are passed in. `clippy.toml` disallows the
//! functions behind them everywhere else. Tests pass their own; no switch of the release binary does, so keys
//! are never predictable: ids may be seeded (the demo does), keys and salts only ever come from [`Entropy`].

use std::sync::Arc;

use crate::domain::time::Timestamp;

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// Wall-clock time, UTC.
    fn now(&self) -> Timestamp;
    /// Time since an arbitrary fixed point, never going back; for intervals only.
    fn elapsed(&self) -> std::time::Duration;
}

/// A source of unpredictable bytes, for keys, salts and commitments.
pub trait Entropy: Send + Sync {
    /// Fills `buf` entirely. The operating system's source cannot fail once the system has booted;
    /// an implementation that can fail must end the process rather than return weak bytes.
    fn fill(&self, buf: &mut [u8]);
}

/// A source of record ids: random on a real store, seeded in the demo and in tests.
pub trait Ids: Send + Sync {
    /// The next id, unique with overwhelming probability.
    fn next(&self) -> uuid::Uuid;
}

/// The surroundings, cheap to clone.
#[derive(Clone)]
pub struct Env {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub ids: Arc<dyn Ids>,
}

impl Env {
    /// The machine's own clock and randomness.
    pub fn system() -> Env {
        Env { clock: Arc::new(SystemClock::start()), entropy: Arc::new(OsEntropy), ids: Arc::new(RandomIds) }
    }

    /// Wall-clock time, UTC.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// `N` unpredictable bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }
}

struct SystemClock(std::time::Instant);

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn start() -> SystemClock {
        SystemClock(std::time::Instant::now())
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        let now = std::time::SystemTime::now();
        let ms = match now.duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
        };
        Timestamp::from_millis(ms)
    }

    fn elapsed(&self) -> std::time::Duration {
        self.0.elapsed()
    }
}

struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads randomness")]
    fn fill(&self, buf: &mut [u8]) {
        if let Err(error) = getrandom::fill(buf) {
            // Going on with weak bytes would be worse than ending.
            std::panic::panic_any(format!("the operating system gave no randomness: {error}"));
        }
    }
}

struct RandomIds;

impl Ids for RandomIds {
    fn next(&self) -> uuid::Uuid {
        let mut bytes = [0; 16];
        OsEntropy.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}
