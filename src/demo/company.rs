//! Invented companies: a fancy, a trade and a legal form. Each follows from its country and number alone.

use crate::demo::rng::{Rng, scatter};
use crate::demo::tables::{Land, Tongue, plain, split_town};

/// A company without its particulars.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct CompanyKey {
    pub(crate) land: Land,
    pub(crate) number: u64,
}

/// A company that does not exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Company {
    pub(crate) key: CompanyKey,
    pub(crate) tongue: Tongue,
    pub(crate) name: String,
    pub(crate) trade: &'static str,
    /// Under `.example`, which is never delegated (RFC 6761).
    pub(crate) host: String,
    pub(crate) place: Place,
}

/// A house in an invented street of a real town.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) street: String,
    pub(crate) postal_code: String,
    pub(crate) town: &'static str,
}

impl Company {
    pub(crate) fn of(key: CompanyKey, seed: u64) -> Company {
        let tongue = key.land.tongue(key.number);
        let words = tongue.words();
        let (fancies, trades) = (words.get("fancy"), words.get("trade"));
        let names = (fancies.len() * trades.len()) as u64;
        // The number among the companies of its language, since each has its own words.
        let own = key.number / key.land.tongues().len() as u64;
        let (name, round) = (scatter(own, names, seed), own / names.max(1));
        let fancy = fancies.get((name / trades.len().max(1) as u64) as usize).copied().unwrap_or_default();
        let trade = trades.get((name % trades.len().max(1) as u64) as usize).copied().unwrap_or_default();
        let mut rng = Rng::new(seed, 0xc0_0000_0000 + key.number * 6 + key.land as u64);
        let form = rng.pick(words.local("form", key.land));
        // Countries that share their words with a neighbour carry the town in the name; so does a name that comes again.
        let shared = matches!(key.land, Land::At | Land::Be);
        let towns = words.local("town", key.land);
        let mut parts = vec![fancy.to_owned(), trade.to_owned()];
        let mut town = rng.index(towns.len());
        if shared || round > 0 {
            town = (name + round) as usize % towns.len().max(1);
            parts.push(towns.get(town).map(|town| split_town(town).1).unwrap_or_default().to_owned());
        }
        let lap = round / towns.len().max(1) as u64;
        if lap > 0 {
            parts.push((lap + 1).to_string());
        }
        let place = Place::new(towns.get(town).copied().unwrap_or_default(), key.land, tongue, &mut rng);
        let host = format!("{}.example", plain(&parts.join(" "), tongue));
        parts.push(form.to_owned());
        Company { key, tongue, name: parts.join(" "), trade, host, place }
    }
}

impl Place {
    /// A place in a town of a table; the numbers come from `rng`.
    pub(crate) fn new(town: &'static str, land: Land, tongue: Tongue, rng: &mut Rng) -> Place {
        let (code, town) = split_town(town);
        let street = rng.pick(tongue.words().get("street"));
        let house = 1 + rng.below(140);
        let street = match land {
            Land::Fr | Land::Gb => format!("{house} {street}"),
            _ => format!("{street} {house}"),
        };
        let postal_code = match land {
            // The inward code ends in two of the letters that no real one has.
            Land::Gb => {
                let letters = ['C', 'I', 'K', 'M', 'O', 'V'];
                format!("{code} {}{}{}", rng.below(10), rng.pick(&letters), rng.pick(&letters))
            }
            _ => code.to_owned(),
        };
        Place { street, postal_code, town }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Company, CompanyKey};
    use crate::demo::tables::Land;

    #[test]
    fn names_and_hosts_are_unique_across_countries() {
        let (mut names, mut hosts) = (HashSet::new(), HashSet::new());
        for land in Land::ALL {
            for number in 0..2_500 {
                let company = Company::of(CompanyKey { land, number }, 1);
                assert!(names.insert(company.name.clone()), "{}", company.name);
                assert!(hosts.insert(company.host.clone()), "{}", company.host);
                assert!(company.host.split('.').all(|label| !label.is_empty() && label.len() <= 63));
                assert!(!company.place.postal_code.is_empty() && !company.place.town.is_empty());
            }
        }
    }
}
