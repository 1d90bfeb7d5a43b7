//! Law as data: rules over the tables of `assets/law`, which say for each entry where it stands and when that was checked.
//!
//! Nothing here reads a clock, a file or a store. Who asks brings everything that is looked at, and gets an answer that
//! names the rule and what was looked at, so that it can be stored as the reason of what was done.
//!
//! This is no legal advice. An entry that nobody has checked against its source is marked as such (`verified = false`);
//! it counts all the same, and every decision by it says so.
//!
//! A file of one's own replaces entries by their key or adds some ([`Law::load`]). An entry is replaced as a whole: half an
//! entry under somebody else's citation would be a rule that stands nowhere.

pub mod deadline;
pub mod retention;
pub mod telephone;
pub mod zone;

mod ages;
mod calendar;
mod read;
mod source;
mod transfer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::domain::country::Country;

pub use ages::Ages;
pub use calendar::{Calendar, Holiday};
pub use source::Source;
pub use transfer::Transfer;

/// What the program comes with.
const BUILT_IN: &[&str] = &[
    include_str!("../../assets/law/telephone.toml"),
    include_str!("../../assets/law/transfers.toml"),
    include_str!("../../assets/law/ages.toml"),
    include_str!("../../assets/law/retention.toml"),
    include_str!("../../assets/law/holidays/AT.toml"),
    include_str!("../../assets/law/holidays/BE.toml"),
    include_str!("../../assets/law/holidays/DE.toml"),
    include_str!("../../assets/law/holidays/FR.toml"),
    include_str!("../../assets/law/holidays/GB.toml"),
    include_str!("../../assets/law/holidays/NL.toml"),
];

/// What entries of the program's own tables give as their origin.
pub const BUILT_IN_NAME: &str = "built in";

/// The longest file, in bytes: 1 MiB. All that is built in takes a tenth of it.
pub const MAX_LEN: usize = 1 << 20;

/// A file of law that cannot be, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}: {why}")]
pub struct Refused {
    /// The file and the key, or the line.
    pub place: String,
    pub why: String,
}

/// Every entry there is. Cheap to clone.
#[derive(Clone, PartialEq, Debug)]
pub struct Law(Arc<Tables>);

#[derive(Clone, PartialEq, Default, Debug)]
struct Tables {
    /// By key.
    telephone: BTreeMap<String, telephone::Regime>,
    holidays: BTreeMap<Country, Calendar>,
    ages: BTreeMap<Country, Ages>,
    /// By key.
    retention: BTreeMap<String, retention::Preset>,
    /// By key.
    transfers: BTreeMap<String, Transfer>,
}

impl Default for Law {
    fn default() -> Law {
        Law::built_in()
    }
}

impl Law {
    /// The law the program comes with.
    pub fn built_in() -> Law {
        static LAW: OnceLock<Law> = OnceLock::new();
        // The tests read the files; if they could not be read there would be no regime, and so no call.
        LAW.get_or_init(|| Law(Arc::new(built_in().unwrap_or_default()))).clone()
    }

    /// The built-in law with what a file says of it. `name` is what refusals call the file.
    pub fn load(text: &str, name: &str) -> Result<Law, Refused> {
        let mut tables = Tables::clone(&Law::built_in().0);
        tables.take(text, name)?;
        tables.check(name)?;
        Ok(Law(Arc::new(tables)))
    }

    /// The telephone regimes, by country and key.
    pub fn regimes(&self) -> impl Iterator<Item = &telephone::Regime> {
        let mut all: Vec<_> = self.0.telephone.values().collect();
        all.sort_by_key(|regime| (regime.country, regime.id.as_str()));
        all.into_iter()
    }

    /// The countries whose public holidays are known, with them.
    pub fn calendars(&self) -> impl Iterator<Item = (Country, &Calendar)> {
        self.0.holidays.iter().map(|(country, calendar)| (*country, calendar))
    }

    /// Whether data may go to a country without a safeguard of one's own (Art. 44 to 46 GDPR).
    pub fn covers_transfers_to(&self, country: Country) -> bool {
        self.0.transfers.values().any(|transfer| transfer.countries.contains(&country))
    }

    /// Why it may, by key.
    pub fn transfers(&self) -> impl Iterator<Item = (&str, &Transfer)> {
        self.0.transfers.iter().map(|(key, transfer)| (key.as_str(), transfer))
    }

    /// The public holidays of a country.
    pub fn calendar(&self, country: Country) -> Option<&Calendar> {
        self.0.holidays.get(&country)
    }
}

fn built_in() -> Result<Tables, Refused> {
    let mut tables = Tables::default();
    for text in BUILT_IN {
        tables.take(text, BUILT_IN_NAME)?;
    }
    tables.check(BUILT_IN_NAME)?;
    Ok(tables)
}

impl Tables {
    /// Takes in what a file says, each entry by itself.
    fn take(&mut self, text: &str, name: &str) -> Result<(), Refused> {
        let whole = |why: String| Refused { place: name.to_owned(), why };
        if text.len() > MAX_LEN {
            return Err(whole(format!("{} bytes are more than the {MAX_LEN} a file of law has", text.len())));
        }
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
            Refused { place: format!("{name}, line {line}"), why: error.message().to_owned() }
        })?;
        if table.is_empty() {
            return Err(whole("there is no entry in it".to_owned()));
        }
        let reader = read::Reader::new(name, String::new(), &table);
        for (key, entry) in reader.tables("telephone")? {
            let regime = telephone::Regime::read(key, entry, name)?;
            self.telephone.insert(regime.id.clone(), regime);
        }
        for (key, entry) in reader.tables("holidays")? {
            let country: Country = key.parse().map_err(|error| entry.refuse_all(error))?;
            self.holidays.insert(country, Calendar::read(entry, name)?);
        }
        for (key, entry) in reader.tables("transfer")? {
            self.transfers.insert(key.to_owned(), Transfer::read(entry, name)?);
        }
        for (key, entry) in reader.tables("ages")? {
            let country: Country = key.parse().map_err(|error| entry.refuse_all(error))?;
            self.ages.insert(country, Ages::read(country, entry, name)?);
        }
        for (key, entry) in reader.tables("retention")? {
            let preset = retention::Preset::read(key, entry, name)?;
            self.retention.insert(preset.id.clone(), preset);
        }
        reader.finish()
    }

    /// Checks what no entry can be asked by itself. `name` is the file that was taken in last.
    fn check(&self, name: &str) -> Result<(), Refused> {
        telephone::check(&self.telephone, name)?;
        retention::check(&self.retention, name)?;
        for regime in self.telephone.values() {
            let closed = regime.hours.as_ref().is_some_and(|hours| !hours.holidays);
            if closed && !self.holidays.contains_key(&regime.country) {
                return Err(Refused {
                    place: format!("{name}, telephone.{}.hours.holidays", regime.id),
                    why: format!("there are no public holidays of {}: add `[holidays.{0}]`", regime.country),
                });
            }
        }
        Ok(())
    }
}
