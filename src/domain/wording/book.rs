//! All wordings of a store: which versions a name has, and which wording is offered for what.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::{Usage, Wording, WordingKind};
use crate::domain::country::Language;
use crate::domain::time::Timestamp;

/// One version as it is stored.
#[derive(Clone, PartialEq, Debug)]
pub struct Version {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub wording: Wording,
}

/// The wordings by kind and name, each with its versions, the first first.
#[derive(Clone, Default, Debug)]
pub struct Book {
    names: BTreeMap<(WordingKind, String), Vec<Arc<Version>>>,
}

impl Book {
    /// Takes a version in, or in the place of what it was.
    pub fn put(&mut self, version: Version) {
        let Some(kind) = version.wording.kind.0 else { return };
        let versions = self.names.entry((kind, version.wording.name.clone())).or_default();
        versions.retain(|one| one.id != version.id);
        versions.push(Arc::new(version));
        versions.sort_by_key(|one| one.wording.version);
    }

    /// The versions of a name, the first first.
    pub fn versions(&self, kind: WordingKind, name: &str) -> &[Arc<Version>] {
        self.names.get(&(kind, name.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// A version, or the latest.
    pub fn version(&self, kind: WordingKind, name: &str, number: Option<u64>) -> Option<&Arc<Version>> {
        let versions = self.versions(kind, name);
        match number {
            None => versions.last(),
            Some(number) => {
                versions.iter().find(|one| u64::try_from(one.wording.version).ok() == Some(number))
            }
        }
    }

    /// The names of a kind with their versions.
    pub fn names(&self, kind: WordingKind) -> impl Iterator<Item = (&str, &[Arc<Version>])> {
        let of_kind = self.names.iter().filter(move |((one, _), _)| *one == kind);
        of_kind.map(|((_, name), versions)| (name.as_str(), versions.as_slice()))
    }

    /// The wording to use: in the language, or the same of another country; for the purpose rather than for all; else the
    /// first by name. Only latest versions are offered, and no retired names. Without a purpose, only what is for all.
    pub fn offer(
        &self,
        kind: WordingKind,
        usage: Option<Usage>,
        purpose: Option<&str>,
        language: &Language,
    ) -> Option<&Arc<Version>> {
        let primary =
            |language: &Language| language.as_str().split('-').next().unwrap_or_default().to_owned();
        let rank = |wording: &Wording| {
            let own = wording.language.as_ref()?;
            let by_language = match own == language {
                true => 0,
                false if primary(own) == primary(language) => 1,
                false => return None,
            };
            let purposes = &wording.purposes.0;
            let by_purpose = match purpose {
                _ if purposes.is_empty() => 1,
                Some(purpose) if purposes.iter().any(|one| one == purpose) => 0,
                Some(_) | None => return None,
            };
            Some((by_purpose, by_language))
        };
        let latest = self.names(kind).filter_map(|(_, versions)| versions.last());
        let fitting = latest.filter(|one| one.wording.retired_at.is_none() && one.wording.usage.0 == usage);
        fitting
            .filter_map(|one| Some((rank(&one.wording)?, one)))
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, one)| one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::{OneOf, WordList};

    fn version(name: &str, number: i64, language: &str, purposes: &[&str]) -> Version {
        let wording = Wording {
            kind: OneOf(Some(WordingKind::Script)),
            name: name.into(),
            version: number,
            language: Some(language.parse().unwrap()),
            purposes: WordList(purposes.iter().map(|one| (*one).to_owned()).collect()),
            ..Wording::default()
        };
        let id = crate::domain::wording::sha256(wording.title().as_bytes());
        let id = Uuid::parse_str(&id[..32]).unwrap();
        Version { id, created_at: Timestamp::from_millis(number), wording }
    }

    #[test]
    fn the_nearest_wording_is_offered() {
        let mut book = Book::default();
        for one in [
            version("b-de", 2, "de", &[]),
            version("b-de", 1, "de", &["sales"]),
            version("a-de", 1, "de", &[]),
            version("at", 1, "de-AT", &[]),
            version("news", 1, "de", &["newsletter"]),
            version("nl", 1, "nl", &[]),
        ] {
            book.put(one);
        }
        let offer = |book: &Book, purpose: Option<&str>, language: &str| {
            let found = book.offer(WordingKind::Script, None, purpose, &language.parse().unwrap());
            found.map(|one| one.wording.title())
        };
        assert_eq!(offer(&book, Some("sales"), "de").unwrap(), "a-de@1");
        assert_eq!(offer(&book, Some("newsletter"), "de").unwrap(), "news@1");
        assert_eq!(offer(&book, Some("newsletter"), "de-CH").unwrap(), "news@1");
        assert_eq!(offer(&book, None, "de-AT").unwrap(), "at@1");
        assert_eq!(offer(&book, None, "nl-BE").unwrap(), "nl@1");
        assert_eq!(offer(&book, None, "fr"), None);
        assert!(book.offer(WordingKind::Notice, None, None, &"de".parse().unwrap()).is_none());

        // A retired name is offered no more; an own earlier version is not offered instead.
        for name in ["a-de", "at"] {
            let mut retired = version(name, 1, if name == "at" { "de-AT" } else { "de" }, &[]);
            retired.wording.retired_at = Some(Timestamp::from_millis(1));
            book.put(retired);
        }
        assert_eq!(offer(&book, Some("sales"), "de").unwrap(), "b-de@2");
        assert_eq!(book.versions(WordingKind::Script, "b-de").len(), 2);
        assert_eq!(book.version(WordingKind::Script, "b-de", Some(1)).unwrap().wording.version, 1);
        assert!(book.version(WordingKind::Script, "b-de", Some(3)).is_none());
    }
}
