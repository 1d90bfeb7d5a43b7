//! Countries (ISO 3166-1) and languages (BCP 47).

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::domain::value::Invalid;

/// A country by its ISO 3166-1 alpha-2 code, in capitals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

struct Table {
    /// Code, English name.
    names: HashMap<[u8; 2], &'static str>,
    /// Any spelling in lower case.
    spellings: HashMap<String, [u8; 2]>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { names: HashMap::new(), spellings: HashMap::new() };
    for line in include_str!("../../assets/countries.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let code = columns.next().unwrap_or_default().as_bytes();
        let Ok(code) = <[u8; 2]>::try_from(code) else { continue };
        for (at, column) in columns.enumerate() {
            if at == 0 {
                table.names.insert(code, column);
            }
            for name in column.split('|').filter(|name| !name.is_empty()) {
                table.spellings.insert(name.to_lowercase(), code);
            }
        }
    }
    table
});

impl Country {
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("ZZ")
    }

    /// The English name.
    pub fn name(self) -> &'static str {
        TABLE.names.get(&self.0).copied().unwrap_or("unknown")
    }

    /// The region whose numbering plan applies; the few territories without one use their neighbour's number as
    /// written with a country code.
    pub fn region(self) -> phonenumber::country::Id {
        self.code().parse().unwrap_or(phonenumber::country::Id::DE)
    }

    /// Every country, by code.
    pub fn all() -> Vec<Country> {
        let mut all: Vec<Country> = TABLE.names.keys().map(|code| Country(*code)).collect();
        all.sort_unstable();
        all
    }
}

impl FromStr for Country {
    type Err = Invalid;

    /// Reads a code, or a name in English, German, Dutch or French.
    fn from_str(text: &str) -> Result<Country, Invalid> {
        let text = text.trim();
        if let Ok(code) = <[u8; 2]>::try_from(text.to_ascii_uppercase().as_bytes())
            && TABLE.names.contains_key(&code)
        {
            return Ok(Country(code));
        }
        TABLE.spellings.get(&text.to_lowercase()).map(|code| Country(*code)).ok_or_else(|| {
            Invalid::new(format!("`{text}` is no country; use a code such as DE, or the name"))
        })
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Country {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.code())
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Country, D::Error> {
        if deserializer.is_human_readable() {
            return String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom);
        }
        let code = <[u8; 2]>::deserialize(deserializer)?;
        if TABLE.names.contains_key(&code) {
            Ok(Country(code))
        } else {
            Err(serde::de::Error::custom("a stored country has no such code"))
        }
    }
}

/// A language as a BCP 47 tag: `de`, `nl-BE`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(Box<str>);

impl Language {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Language {
    type Err = Invalid;

    /// Reads a tag, or the name of one of the languages the program's own texts come in.
    fn from_str(text: &str) -> Result<Language, Invalid> {
        let text = text.trim();
        let tag = match text.to_lowercase().as_str() {
            "english" | "englisch" | "engels" | "anglais" => "en",
            "german" | "deutsch" | "duits" | "allemand" => "de",
            "dutch" | "niederländisch" | "nederlands" | "néerlandais" => "nl",
            "french" | "französisch" | "frans" | "français" => "fr",
            "spanish" | "spanisch" | "spaans" | "espagnol" => "es",
            "italian" | "italienisch" | "italiaans" | "italien" => "it",
            "polish" | "polnisch" | "pools" | "polonais" => "pl",
            _ => text,
        };
        let tag = tag.replace('_', "-");
        match oxilangtag::LanguageTag::parse_and_normalize(&tag) {
            Ok(parsed) if parsed.primary_language().len() <= 3 && tag.len() <= 35 => {
                Ok(Language(parsed.as_str().into()))
            }
            _ => Err(Invalid::new(format!("`{text}` is no language; use a tag such as de or nl-BE"))),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Language {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Language, Invalid> {
        text.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> String {
        language.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Country, Language};

    #[test]
    fn countries_by_code_and_by_name() {
        for text in ["DE", "de", "Germany", "Deutschland", "Duitsland", "allemagne"] {
            assert_eq!(text.parse::<Country>().unwrap().code(), "DE", "{text}");
        }
        assert_eq!("U.S.A.".parse::<Country>().unwrap().code(), "US");
        assert!("ZZ".parse::<Country>().is_err());
        assert!("".parse::<Country>().is_err());
        assert!(Country::all().len() > 240);
    }

    #[test]
    fn every_country_has_a_numbering_region_or_is_listed() {
        let without: Vec<String> = Country::all()
            .iter()
            .filter(|country| country.code().parse::<phonenumber::country::Id>().is_err())
            .map(ToString::to_string)
            .collect();
        // Uninhabited or served by a neighbour's plan.
        assert_eq!(without.join(" "), "AQ BV GS HM PN TF UM");
    }

    #[test]
    fn languages_are_tags_or_names() {
        assert_eq!("nl_be".parse::<Language>().unwrap().as_str(), "nl-BE");
        assert_eq!("Deutsch".parse::<Language>().unwrap().as_str(), "de");
        assert!("not a language".parse::<Language>().is_err());
    }
}
