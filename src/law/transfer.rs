//! Countries to which data may go without a safeguard of one's own.

use super::read::Reader;
use super::{Refused, Source};
use crate::domain::country::Country;

/// A reason why data may go to some countries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transfer {
    pub countries: Vec<Country>,
    pub source: Source,
}

impl Transfer {
    pub(super) fn read(reader: Reader<'_>, origin: &str) -> Result<Transfer, Refused> {
        let transfer =
            Transfer { countries: reader.need_list("countries")?, source: Source::read(&reader, origin)? };
        reader.finish()?;
        Ok(transfer)
    }
}

#[cfg(test)]
mod tests {
    use crate::law::Law;

    #[test]
    fn the_union_and_what_was_found_adequate_need_no_safeguard() {
        let law = Law::built_in();
        let covered = |code: &str| law.covers_transfers_to(code.parse().unwrap());
        for code in ["DE", "FR", "NO", "CH", "GB", "JP"] {
            assert!(covered(code), "{code}");
        }
        for code in ["US", "CN", "IN", "RU", "BR"] {
            assert!(!covered(code), "{code}");
        }
        let mut all: Vec<_> = law.transfers().flat_map(|(_, one)| one.countries.clone()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "no country stands in two tables");
        let own = "[transfer.own]\ncountries = [\"BR\"]\ncitation = \"c\"\nsource = \"s\"\nchecked = 2026-11-22\nverified = true\n";
        assert!(Law::load(own, "law.toml").unwrap().covers_transfers_to("BR".parse().unwrap()));
        assert!(Law::load(&own.replace("BR", "Atlantis"), "law.toml").is_err());
    }
}
