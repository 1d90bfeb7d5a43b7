//! What the process takes from its surroundings: the time, randomness, fresh ids, the zone in which people read times.
//!
//! These are the only ambient inputs of the crate, and they are passed in. `clippy.toml` disallows the
//! functions behind them everywhere else. Tests pass their own; no switch of the release binary does, so keys
//! are never predictable: ids may be seeded (the demo does), keys and salts only ever come from [`Entropy`].

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Offset, TimeZone};

use crate::domain::time::Timestamp;

pub mod account;
pub mod schedule;

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

/// The zone in which a person reads and writes times. What is stored, and what programs read, is UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Zone {
    /// That of the machine: `TZ`, else `/etc/localtime`.
    Local,
    /// So many seconds east of UTC at all times.
    East(i32),
}

impl Zone {
    pub const UTC: Zone = Zone::East(0);

    fn offset(self, utc: &NaiveDateTime) -> FixedOffset {
        match self {
            Zone::Local => chrono::Local.offset_from_utc_datetime(utc).fix(),
            Zone::East(seconds) => FixedOffset::east_opt(seconds).unwrap_or(chrono::Utc.fix()),
        }
    }

    /// What the clock on the wall shows at a moment.
    pub fn of(self, at: Timestamp) -> DateTime<FixedOffset> {
        let utc = at.utc();
        utc.with_timezone(&self.offset(&utc.naive_utc()))
    }

    /// The moment at which the clock on the wall shows `time`. Of an hour that it shows twice, one is meant; an hour
    /// that it leaves out counts on.
    pub fn moment(self, time: NaiveDateTime) -> Timestamp {
        let east = |utc: &NaiveDateTime| i64::from(self.offset(utc).local_minus_utc()) * 1000;
        let wall = time.and_utc().timestamp_millis();
        // The offset at that time of day in UTC is right but near a change of the clock; the second look is then at the
        // right side of it.
        let near = Timestamp::from_millis(wall - east(&time)).utc().naive_utc();
        Timestamp::from_millis(wall - east(&near))
    }

    /// `UTC+2`, `UTC-3:30`, `UTC`: how far the clock on the wall is from UTC at a moment.
    pub fn name(self, at: Timestamp) -> String {
        let minutes = self.offset(&at.utc().naive_utc()).local_minus_utc() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        match (minutes.abs() / 60, minutes.abs() % 60) {
            (0, 0) => "UTC".to_owned(),
            (hours, 0) => format!("UTC{sign}{hours}"),
            (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
        }
    }

    /// The offset and, where the machine tells it, the IANA name: `+02:00 Europe/Berlin`; what is recorded beside the time
    /// of an event.
    pub fn stamp(self, at: Timestamp) -> String {
        let offset = self.of(at).format("%:z").to_string();
        match self {
            // `TZ` decides about the offset, so it does about the name; a rule written out in it has none.
            Zone::Local => match std::env::var("TZ") {
                Ok(name) if name.contains('/') && !name.contains(',') => {
                    format!("{offset} {}", name.trim_start_matches(':'))
                }
                Ok(_) => offset,
                Err(_) => match iana_time_zone::get_timezone() {
                    Ok(name) => format!("{offset} {name}"),
                    Err(_) => offset,
                },
            },
            Zone::East(_) => offset,
        }
    }

    /// Reads a moment as a person writes it: RFC 3339; a time `2026-01-31 09:30` on the wall, or in UTC when it says so;
    /// a day, which means its end, so that "as of the 31st" includes what happened on the 31st.
    pub fn parse(self, text: &str) -> Option<Timestamp> {
        let text = text.trim();
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(Timestamp::from_millis(time.timestamp_millis()));
        }
        if let Some(utc) = text.strip_suffix("UTC") {
            return Zone::UTC.parse(utc);
        }
        if let Ok(time) = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M") {
            return Some(self.moment(time));
        }
        let next = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.succ_opt()?;
        Some(Timestamp::from_millis(self.moment(next.and_time(chrono::NaiveTime::MIN)).millis() - 1))
    }
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

#[cfg(test)]
mod tests {
    use super::{Timestamp, Zone};

    const AT: Timestamp = Timestamp::from_millis(1_781_515_800_000);

    #[test]
    fn what_the_wall_shows_is_read_back() {
        for (seconds, shown, name) in [
            (0, "2026-06-15 09:30", "UTC"),
            (7_200, "2026-06-15 11:30", "UTC+2"),
            (-12_600, "2026-06-15 06:00", "UTC-3:30"),
            (50_400, "2026-06-15 23:30", "UTC+14"),
        ] {
            let zone = Zone::East(seconds);
            assert_eq!(zone.of(AT).format("%Y-%m-%d %H:%M").to_string(), shown);
            assert_eq!(zone.parse(shown), Some(AT));
            assert_eq!(zone.parse("2026-06-15 09:30 UTC"), Some(AT));
            assert_eq!(zone.parse("2026-06-15T09:30:00Z"), Some(AT));
            assert_eq!(zone.name(AT), name);
            assert_eq!(zone.stamp(AT).len(), "+00:00".len());
        }
        assert_eq!(Zone::East(-12_600).stamp(AT), "-03:30");
        assert_eq!(Zone::East(7_200).parse("2026-06-15").unwrap().to_string(), "2026-06-15T21:59:59.999Z");
        for nonsense in ["", "UTC", "yesterday", "2026-13-01", "2026-06-15 25:00"] {
            assert_eq!(Zone::UTC.parse(nonsense), None, "{nonsense}");
        }
        // Nothing that can be stored breaks it.
        for ms in [i64::MIN, i64::MAX, 0] {
            let _ = Zone::East(50_400).of(Timestamp::from_millis(ms)).format("%Y-%m-%d %H:%M").to_string();
            let _ = Zone::Local.of(Timestamp::from_millis(ms)).format("%Y-%m-%d").to_string();
        }
    }
}
