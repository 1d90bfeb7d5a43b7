//! From which age people decide by themselves.

use super::read::Reader;
use super::{Law, Refused, Source};
use crate::domain::country::Country;
use crate::domain::purpose::AgeCheck;

/// Where no entry says anything, in years.
const ADULT: u8 = 18;

/// From which age people of a country decide by themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ages {
    pub country: Country,
    /// In years, for consent to services of the information society (Art. 8(1) GDPR).
    pub digital_consent: u8,
    /// In years, for contracts.
    pub contract: u8,
    pub source: Source,
}

impl Ages {
    pub(super) fn read(country: Country, reader: Reader<'_>, origin: &str) -> Result<Ages, Refused> {
        let years = |key, least| {
            let years = reader.need_number(key, least..=30)?;
            u8::try_from(years).map_err(|error| reader.refuse(key, error))
        };
        let ages = Ages {
            country,
            // Art. 8(1), second subparagraph: not below 13.
            digital_consent: years("digital_consent", 13)?,
            contract: years("contract", 13)?,
            source: Source::read(&reader, origin)?,
        };
        reader.finish()?;
        Ok(ages)
    }
}

impl Ages {
    /// From which age somebody decides about this alone, in years.
    pub fn from(&self, check: AgeCheck) -> u8 {
        match check {
            AgeCheck::Consent => self.digital_consent,
            AgeCheck::Contract => self.contract,
        }
    }
}

impl Law {
    /// From which age a person of a country decides about this alone, in years. Of a country that the law does not know,
    /// or of nobody knows which, what is highest anywhere.
    pub fn age_for(&self, country: Option<Country>, check: AgeCheck) -> u8 {
        let own = country.and_then(|country| self.ages(country)).map(|ages| ages.from(check));
        own.or_else(|| self.all_ages().map(|ages| ages.from(check)).max()).unwrap_or(ADULT)
    }

    pub fn ages(&self, country: Country) -> Option<&Ages> {
        self.0.ages.get(&country)
    }

    /// Every country's, by code.
    pub fn all_ages(&self) -> impl Iterator<Item = &Ages> {
        self.0.ages.values()
    }
}
