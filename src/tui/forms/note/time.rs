//! Times as people write them.

use chrono::NaiveTime;

use crate::domain::time::Timestamp;
use crate::env::Zone;

/// The time that is meant: `now`, `14:30` today, `2026-01-31 14:30`, RFC 3339; on the wall, or in UTC where it says so.
pub(crate) fn when(text: &str, now: Timestamp, zone: Zone) -> Result<Option<Timestamp>, String> {
    let text = text.trim();
    let (clock, of_day) = match text.strip_suffix("UTC") {
        Some(rest) => (rest.trim_end(), Zone::UTC),
        None => (text, zone),
    };
    let today = || {
        let time = NaiveTime::parse_from_str(clock, "%H:%M").ok()?;
        Some(of_day.moment(of_day.of(now).date_naive().and_time(time)))
    };
    let time = match text {
        "" => return Ok(None),
        "now" => Some(now),
        // A day alone is no time.
        _ => today().or_else(|| zone.parse(text).filter(|_| text.contains(':'))),
    };
    time.map(Some).ok_or_else(|| format!("`{text}` is no time; write it as 14:30 or 2026-01-31 14:30"))
}
