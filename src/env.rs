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
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        Env { ids: Arc::new(RandomIds(Arc::clone(&clock))), clock, entropy: Arc::new(OsEntropy) }
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
    #[expect(
        clippy::disallowed_methods,
        clippy::panic,
        reason = "the one place that reads randomness; without it, nothing may go on"
    )]
    fn fill(&self, buf: &mut [u8]) {
        if let Err(error) = getrandom::fill(buf) {
            // Going on with weak bytes would be worse than ending.
            std::panic::panic_any(format!("the operating system gave no randomness: {error}"));
        }
    }
}

/// UUIDv7 (RFC 9562): the millisecond, then 74 random bits. Rows made together then lie together, which the store rewards
/// with a seventh of the disk; that a record's key tells when it was made, the disk tells anyway by the order of writing.
struct RandomIds(Arc<dyn Clock>);

impl Ids for RandomIds {
    fn next(&self) -> uuid::Uuid {
        let mut bytes = [0; 10];
        OsEntropy.fill(&mut bytes);
        let millis = u64::try_from(self.0.now().millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}
