//! Scripts, privacy notices and templates of messages: added version by version, and never changed.

use std::collections::HashMap;

use super::world::World;
use super::{Ask, Service, publish, read_lock, store_error};
use crate::api::view::{WordingAdded, WordingView};
use crate::api::{Error, WordingAdd, WordingGet, WordingRetire, Wordings};
use crate::domain::entity::{Fields, RecordKind};
use crate::domain::history::Action;
use crate::domain::id::{SessionId, SubjectId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::value::{MAX_ITEMS, OneOf, Value, WordList};
use crate::domain::wording::shipped::shipped;
use crate::domain::wording::{self, Book, Version, Wording, WordingField, WordingKind};
use crate::store::{Origin, Stored};

/// Most versions of one name: whoever sends thousands by mistake fills the store with what nobody can take out.
const MOST_VERSIONS: usize = 1_000;
/// Most names of a kind.
const MOST_NAMES: usize = 1_000;

/// Which versions were used, and when first: the words that people heard are those that nobody takes out.
#[derive(Default)]
pub struct Used(HashMap<(WordingKind, String), Timestamp>);

impl Used {
    /// Takes in that a version was used, by its title: `sales-de@1`.
    pub fn note(&mut self, kind: WordingKind, title: &str, at: Option<Timestamp>) {
        let Some(at) = at.filter(|_| !title.is_empty()) else { return };
        match self.0.get_mut(&(kind, title.to_owned())) {
            Some(first) => *first = at.min(*first),
            None => drop(self.0.insert((kind, title.to_owned()), at)),
        }
    }

    pub fn first(&self, kind: WordingKind, title: &str) -> Option<Timestamp> {
        self.0.get(&(kind, title.to_owned())).copied()
    }
}

fn view(world: &World, version: &Version) -> WordingView {
    let book = &world.wordings;
    let Version { id, created_at, wording } = version;
    let kind = wording.kind.0.unwrap_or(WordingKind::Script);
    WordingView {
        id: *id,
        kind,
        name: wording.name.clone(),
        version: u64::try_from(wording.version).unwrap_or_default(),
        versions: book.versions(kind, &wording.name).len() as u64,
        language: wording.language.as_ref().map(ToString::to_string).unwrap_or_default(),
        subject: wording.subject.clone(),
        text: wording.text.clone(),
        sha256: wording.sha256.clone(),
        purposes: wording.purposes.0.clone(),
        usage: wording.usage.0,
        created_at: *created_at,
        first_used: world.wordings_used.first(kind, &wording.title()),
        retired_at: wording.retired_at,
    }
}

/// A name or version that there is not; the nearest that there is, named.
fn no_such(book: &Book, kind: WordingKind, name: &str, version: Option<u64>) -> Error {
    let versions = book.versions(kind, name).len();
    if let Some(version) = version.filter(|_| versions > 0) {
        return Error::not_found(format!("the {kind} `{name}` has no version {version}"))
            .hint(format!("its versions are 1 to {versions}"));
    }
    let error = Error::not_found(format!("there is no {kind} `{name}`"));
    let near = book.names(kind).map(|(known, _)| (strsim::osa_distance(known, name), known)).min();
    match near {
        Some((distance, near)) if distance <= 3 => error.hint(format!("did you mean `{near}`?")),
        Some(_) => error.hint(format!("`callbook {kind} list` shows them")),
        None => error.hint(format!("`callbook {kind} add --shipped` brings those of the program")),
    }
}

/// What was asked to be added, as it would be stored but for its version, or what is wrong with it.
fn wanted(add: WordingAdd) -> Result<Wording, Error> {
    let WordingAdd { kind, name, language, subject, text, purposes, usage } = add;
    if purposes.len() > MAX_ITEMS {
        return Err(Error::usage(format!("a wording is for at most {MAX_ITEMS} purposes, or for all")));
    }
    let mut slugs: Vec<String> = purposes.iter().map(|slug| wording::name(slug)).collect::<Result<_, _>>()?;
    slugs.sort_unstable();
    slugs.dedup();
    let wanted = Wording {
        kind: OneOf(Some(kind)),
        name: wording::name(&name)?,
        version: 0,
        language: Some(language.parse()?),
        subject,
        sha256: wording::sha256(text.as_bytes()),
        text,
        purposes: WordList(slugs),
        usage: OneOf(usage),
        retired_at: None,
        ..Wording::default()
    };
    let flaws: Vec<String> = wording::check(&wanted).iter().map(ToString::to_string).collect();
    if flaws.is_empty() {
        return Ok(wanted);
    }
    Err(Error::refused(format!("the {kind} `{}` is not taken: {}", wanted.name, flaws.join("; ")))
        .hint(format!("`callbook {kind} placeholders` tells what can be filled in")))
}

impl Ask<'_> {
    pub(super) fn wordings_of(&self, asked: &Wordings) -> Vec<WordingView> {
        let world = self.world();
        let book = &world.wordings;
        let kinds = WordingKind::ALL.iter().filter(|kind| asked.kind.is_none_or(|only| only == **kind));
        let latest = kinds.flat_map(|kind| book.names(*kind)).filter_map(|(_, versions)| versions.last());
        latest.map(|version| view(&world, version)).collect()
    }

    pub(super) fn wording_get(&self, get: &WordingGet) -> Result<WordingView, Error> {
        let world = self.world();
        let book = &world.wordings;
        match book.version(get.kind, &get.name, get.version) {
            Some(version) => Ok(view(&world, version)),
            None => Err(no_such(book, get.kind, &get.name, get.version)),
        }
    }

    pub(super) fn wording_add(&self, add: WordingAdd) -> Result<WordingAdded, Error> {
        let kind = add.kind;
        let mut wanted = wanted(add)?;
        let stage = move |txn: &mut crate::store::WriteTxn<'_>, world: &std::sync::RwLock<super::World>| {
            {
                let world = read_lock(world);
                let versions = world.wordings.versions(kind, &wanted.name);
                if let Some(last) = versions.last() {
                    let there = &last.wording;
                    if there.language != wanted.language {
                        let language = there.language.as_ref().map(ToString::to_string).unwrap_or_default();
                        return Err(Error::conflict(format!(
                            "the {kind} `{}` is in the language `{language}`",
                            wanted.name
                        ))
                        .hint("a name has one language; give this one another name"));
                    }
                    if there.says_the_same(&wanted) && there.retired_at.is_none() {
                        return Ok(WordingAdded {
                            id: last.id,
                            version: u64::try_from(there.version).unwrap_or_default(),
                            sha256: there.sha256.clone(),
                            unchanged: true,
                        });
                    }
                } else if world.wordings.names(kind).count() >= MOST_NAMES {
                    return Err(Error::refused(format!(
                        "a store has at most {MOST_NAMES} names of a {kind}"
                    )));
                }
                if versions.len() >= MOST_VERSIONS {
                    return Err(Error::refused(format!(
                        "the {kind} `{}` has {MOST_VERSIONS} versions, and no more",
                        wanted.name
                    )));
                }
                wanted.version = versions.last().map_or(0, |last| last.wording.version) + 1;
            }
            let stored = txn.create(SubjectId::NOBODY, &wanted)?;
            publish(world, txn, &[])?;
            Ok(WordingAdded {
                id: stored.id,
                version: u64::try_from(wanted.version).unwrap_or_default(),
                sha256: wanted.sha256,
                unchanged: false,
            })
        };
        // What people were told is not taken back.
        Ok(self.transact(Action::Create, stage)?.0)
    }

    /// Notes on the latest version of a name that it is not offered any more.
    pub(super) fn wording_retire(&self, retire: &WordingRetire) -> Result<WordingView, Error> {
        let (kind, name, now) = (retire.kind, retire.name.clone(), self.now);
        let sight = self.sight().clone();
        let stage = move |txn: &mut crate::store::WriteTxn<'_>, world: &std::sync::RwLock<super::World>| {
            let last = {
                let world = read_lock(world);
                let last = world.wordings.version(kind, &name, None);
                last.cloned().ok_or_else(|| no_such(&world.wordings, kind, &name, None))?
            };
            if last.wording.retired_at.is_none() {
                let stored: Stored = sight.fetch(&txn.read(), world, RecordKind::Wording, last.id)?;
                let mut fields: Fields = stored.record.fields.clone();
                fields.insert(WordingField::retired_at.key(), Value::Time(now));
                txn.update(&stored, fields)?;
                publish(world, txn, std::slice::from_ref(&stored))?;
            }
            let world = read_lock(world);
            let book = &world.wordings;
            let last = book.version(kind, &name, None);
            last.map(|last| view(&world, last)).ok_or_else(|| no_such(book, kind, &name, None))
        };
        Ok(self.transact(Action::Edit, stage)?.0)
    }
}

impl Service {
    /// Writes the wordings of the program that the store has no name for; what a new store begins with.
    pub fn add_shipped_wordings(&self) -> Result<(), Error> {
        let origin = Origin {
            at: self.env.now(),
            actor: UserId(uuid::Uuid::nil()),
            session: SessionId(self.env.ids.next()),
            action: Action::Init,
        };
        let world = std::sync::Arc::clone(&self.world);
        self.store.write(origin, move |txn| {
            for wording in shipped() {
                let Some(kind) = wording.kind.0 else { continue };
                if read_lock(&world).wordings.versions(kind, &wording.name).is_empty() {
                    txn.create(SubjectId::NOBODY, &wording).map_err(store_error)?;
                }
            }
            publish(&world, txn, &[])
        })
    }
}
