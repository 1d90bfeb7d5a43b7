//! The words the demo is made of, `assets/demo/*.tsv`, and the six countries it plays in.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A country of the demo.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Land {
    De,
    At,
    Nl,
    Be,
    Fr,
    Gb,
}

impl Land {
    pub(crate) const ALL: [Land; 6] = [Land::De, Land::At, Land::Nl, Land::Be, Land::Fr, Land::Gb];

    /// ISO 3166-1.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Land::De => "DE",
            Land::At => "AT",
            Land::Nl => "NL",
            Land::Be => "BE",
            Land::Fr => "FR",
            Land::Gb => "GB",
        }
    }

    /// How many of a hundred contacts live there.
    pub(crate) fn share(self) -> u64 {
        match self {
            Land::De => 34,
            Land::At => 10,
            Land::Nl => 16,
            Land::Be => 10,
            Land::Fr => 16,
            Land::Gb => 14,
        }
    }

    /// The languages spoken there, as tables of words.
    pub(crate) fn tongues(self) -> &'static [Tongue] {
        match self {
            Land::De | Land::At => &[Tongue::De],
            Land::Nl => &[Tongue::Nl],
            Land::Be => &[Tongue::Nl, Tongue::Fr],
            Land::Fr => &[Tongue::Fr],
            Land::Gb => &[Tongue::En],
        }
    }

    /// The language of the `n`th company or person there.
    pub(crate) fn tongue(self, n: u64) -> Tongue {
        let tongues = self.tongues();
        tongues.get(n as usize % tongues.len()).copied().unwrap_or(Tongue::De)
    }
}

/// A language of the demo.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Tongue {
    De,
    Nl,
    Fr,
    En,
}

impl Tongue {
    /// BCP 47.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Tongue::De => "de",
            Tongue::Nl => "nl",
            Tongue::Fr => "fr",
            Tongue::En => "en",
        }
    }

    pub(crate) fn words(self) -> &'static Table {
        match self {
            Tongue::De => &TABLES.de,
            Tongue::Nl => &TABLES.nl,
            Tongue::Fr => &TABLES.fr,
            Tongue::En => &TABLES.en,
        }
    }
}

/// Lists of words by key.
pub(crate) struct Table(HashMap<&'static str, Vec<&'static str>>);

impl Table {
    fn read(text: &'static str) -> Table {
        let mut lists: HashMap<&str, Vec<&str>> = HashMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((key, entries)) = line.split_once('\t') {
                lists.entry(key).or_default().extend(entries.split('|'));
            }
        }
        Table(lists)
    }

    /// The entries of a key; none when there is no such key.
    pub(crate) fn get(&self, key: &str) -> &[&'static str] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// The entries for a country, else those for everybody who speaks the language.
    pub(crate) fn local(&self, key: &str, land: Land) -> &[&'static str] {
        let own = self.get(&format!("{key}.{}", land.code()));
        if own.is_empty() { self.get(key) } else { own }
    }
}

struct Tables {
    de: Table,
    nl: Table,
    fr: Table,
    en: Table,
    world: Table,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    de: Table::read(include_str!("../../assets/demo/de.tsv")),
    nl: Table::read(include_str!("../../assets/demo/nl.tsv")),
    fr: Table::read(include_str!("../../assets/demo/fr.tsv")),
    en: Table::read(include_str!("../../assets/demo/en.tsv")),
    world: Table::read(include_str!("../../assets/demo/world.tsv")),
});

/// A name written in another script, and its letters in an e-mail address.
#[derive(Clone, Copy)]
pub(crate) struct Foreign {
    pub(crate) given: &'static str,
    pub(crate) family: &'static str,
    pub(crate) latin_given: &'static str,
    pub(crate) latin_family: &'static str,
}

/// The `n`th person of `world.tsv`.
pub(crate) fn foreign(n: usize) -> Option<Foreign> {
    let mut parts = TABLES.world.get("person").get(n)?.split(';');
    Some(Foreign {
        given: parts.next()?,
        family: parts.next()?,
        latin_given: parts.next()?,
        latin_family: parts.next()?,
    })
}

/// The letters a to z, digits and hyphens of a text, as its language spells them in e-mail addresses and domains.
pub(crate) fn plain(text: &str, tongue: Tongue) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => plain.push(c),
            ' ' | '-' | '&' if !plain.is_empty() && !plain.ends_with('-') => plain.push('-'),
            'ä' if tongue == Tongue::De => plain.push_str("ae"),
            'ö' if tongue == Tongue::De => plain.push_str("oe"),
            'ü' if tongue == Tongue::De => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'ı' => plain.push('i'),
            _ => plain.extend(c.nfd().filter(|c| c.is_ascii_alphanumeric() && !is_combining_mark(*c))),
        }
    }
    plain.truncate(plain.trim_end_matches('-').len());
    plain
}

/// The postal code and the name in an entry such as `1012 AB Amsterdam`: the code's parts have digits or are two capitals.
pub(crate) fn split_town(entry: &'static str) -> (&'static str, &'static str) {
    let second = entry.match_indices(' ').nth(1).map(|(at, _)| at);
    if let Some(at) = second {
        let (code, town) = entry.split_at(at);
        let capitals = code.rsplit(' ').next().unwrap_or_default();
        if capitals.len() == 2 && capitals.bytes().all(|b| b.is_ascii_uppercase()) {
            return (code, town.trim_start());
        }
    }
    entry.split_once(' ').unwrap_or((entry, ""))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Land, Tongue, foreign, plain, split_town};

    #[test]
    fn the_tables_have_what_the_story_needs() {
        for tongue in [Tongue::De, Tongue::Nl, Tongue::Fr, Tongue::En] {
            let words = tongue.words();
            for (key, at_least) in [
                ("given", 150),
                ("family", 200),
                ("street", 30),
                ("title", 25),
                ("fancy", 25),
                ("trade", 20),
                ("form", 4),
                ("origin", 9),
                ("department", 8),
                ("prefix", 2),
                ("suffix", 1),
                ("note.call", 8),
                ("note.email", 4),
                ("note.meeting", 4),
                ("note.note", 5),
            ] {
                let entries = words.get(key);
                assert!(entries.len() >= at_least, "{tongue:?} {key}: {}", entries.len());
                assert!(entries.iter().all(|entry| !entry.trim().is_empty()), "{tongue:?} {key}");
            }
            for key in ["given", "family", "street", "fancy", "trade"] {
                let entries = words.get(key);
                assert_eq!(entries.iter().collect::<HashSet<_>>().len(), entries.len(), "{tongue:?} {key}");
            }
            assert!(words.get("origin").iter().all(|line| line.split(';').count() == 5));
        }
        for land in Land::ALL {
            for tongue in land.tongues() {
                let towns = tongue.words().local("town", land);
                assert!(towns.len() >= 10, "{land:?}");
                // A company is told from its namesakes by its town.
                let names: HashSet<&str> = towns.iter().map(|town| split_town(town).1).collect();
                assert!(names.len() == towns.len() && !names.contains(""), "{land:?}");
            }
        }
        assert!(foreign(20).is_some() && foreign(1000).is_none());
        assert_eq!(Land::ALL.iter().map(|land| land.share()).sum::<u64>(), 100);
    }

    #[test]
    fn towns_and_codes() {
        assert_eq!(split_town("1012 AB Amsterdam"), ("1012 AB", "Amsterdam"));
        assert_eq!(split_town("2511 AA Den Haag"), ("2511 AA", "Den Haag"));
        assert_eq!(split_town("60311 Frankfurt am Main"), ("60311", "Frankfurt am Main"));
        assert_eq!(split_town("NE1 Newcastle upon Tyne"), ("NE1", "Newcastle upon Tyne"));
    }

    #[test]
    fn plain_letters() {
        assert_eq!(plain("Günther Weiß", Tongue::De), "guenther-weiss");
        assert_eq!(plain("Élodie d’Hautecombe", Tongue::Fr), "elodie-dhautecombe");
        assert_eq!(plain("GmbH & Co. KG", Tongue::De), "gmbh-co-kg");
        assert_eq!(plain("Yıldız", Tongue::De), "yildiz");
        assert_eq!(plain("—", Tongue::De), "");
    }
}
