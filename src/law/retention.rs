//! How long data of a kind are usually kept: presets for the rules that somebody sets for a purpose.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::read::Reader;
use super::{Law, Refused, Source};
use crate::domain::country::Country;
use crate::domain::period::Period;
use crate::domain::purpose::{AtEnd, Clock};
use crate::domain::retention::{Kept, clock};

/// How long something is usually kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preset {
    /// The key of the entry.
    pub id: String,
    /// Wherever no country has an own one, if absent.
    pub country: Option<Country>,
    pub kept: Vec<Kept>,
    /// Not at all, if absent.
    pub period: Option<Period>,
    pub clock: Clock,
    pub at_end: AtEnd,
    pub source: Source,
}

impl Preset {
    pub(super) fn read(key: &str, reader: Reader<'_>, origin: &str) -> Result<Preset, Refused> {
        let preset = Preset {
            id: crate::domain::access::slug(key).map_err(|error| reader.refuse_all(error))?,
            country: reader.parsed("country")?,
            kept: reader.need_list("kept")?,
            period: match (reader.parsed("period")?, reader.flag("at_once")?) {
                (Some(period), None | Some(false)) => Some(period),
                (None, Some(true)) => None,
                (None, None | Some(false)) => {
                    return Err(reader.refuse_all("`period` is missing (or `at_once = true`)"));
                }
                (Some(_), Some(true)) => {
                    return Err(reader.refuse("at_once", "what goes at once has no period"));
                }
            },
            clock: reader.need("clock")?,
            at_end: reader.parsed("at_end")?.unwrap_or(AtEnd::Delete),
            source: Source::read(&reader, origin)?,
        };
        reader.finish()?;
        Ok(preset)
    }

    /// The first day on which it is no longer kept (or is reviewed), if the clock's event was on this day.
    pub fn due(&self, event: NaiveDate) -> Option<NaiveDate> {
        let start = clock::start(self.clock, event)?;
        match self.period {
            Some(period) => period.after(start),
            None => Some(start),
        }
    }
}

/// Refuses two presets for the same. `name` is the file that was taken in last.
pub(super) fn check(presets: &BTreeMap<String, Preset>, name: &str) -> Result<(), Refused> {
    let mut seen: BTreeMap<(Option<Country>, Kept), &Preset> = BTreeMap::new();
    for preset in presets.values() {
        for kept in &preset.kept {
            let Some(other) = seen.insert((preset.country, *kept), preset) else { continue };
            if other.id == preset.id {
                continue;
            }
            let own = [preset, other].into_iter().find(|one| one.source.origin == name).unwrap_or(preset);
            let place = preset.country.map_or("anywhere".to_owned(), |country| country.to_string());
            return Err(Refused {
                place: format!("{name}, retention.{}", own.id),
                why: format!("`{}` and `{}` both say how long {kept} is kept ({place})", other.id, preset.id),
            });
        }
    }
    Ok(())
}

impl Law {
    /// What a country has for something, or else what holds anywhere.
    pub fn retention(&self, country: Option<Country>, kept: Kept) -> Option<&Preset> {
        let of = |country: Option<Country>| {
            self.presets().find(|preset| preset.country == country && preset.kept.contains(&kept))
        };
        country.and_then(|country| of(Some(country))).or_else(|| of(None))
    }

    /// Every preset, by key.
    pub fn presets(&self) -> impl Iterator<Item = &Preset> {
        self.0.retention.values()
    }
}
