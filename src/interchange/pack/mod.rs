//! Answers to persons as files: a letter to read and print, the same for programs, and a list of both with their hashes.
//!
//! Everything is made in memory, from what the door answered and an officer's review; nothing is written here. The letter
//! runs no scripts and loads nothing, and whatever is in the data stays text in it.

mod data;
mod letter;
mod portable;
pub mod review;
mod sections;
pub mod words;

#[cfg(test)]
mod tests;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::domain::disclosure::Disclosure;
use crate::domain::disclosure::redact::{self, Mark, Review, Unfit};
use crate::domain::request::Right;
use crate::domain::wording::sentence::Tongue;
use words::Words;

/// The largest bundle, in bytes: it is made in memory.
pub const MOST: usize = 256 << 20;

/// A file of a bundle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    pub name: &'static str,
    pub media: &'static str,
    pub bytes: Vec<u8>,
}

/// Why a bundle is not made.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error("the file is no review: {0}")]
    NoReview(String),
    #[error("the answer is larger than {} MiB", MOST >> 20)]
    TooLarge,
    #[error("a record has a field of a wrong kind: {0}")]
    Damaged(#[from] crate::domain::entity::WrongField),
    #[error("{0}")]
    Failed(String),
}

impl From<serde_json::Error> for PackError {
    fn from(error: serde_json::Error) -> PackError {
        PackError::Failed(error.to_string())
    }
}

impl From<csv::Error> for PackError {
    fn from(error: csv::Error) -> PackError {
        PackError::Failed(error.to_string())
    }
}

/// What stands in the place of words that are taken out.
fn stand_in(words: Words, mark: &Mark) -> String {
    let standard = words.get(&format!("redacted.{}", mark.why));
    match mark.reason.trim() {
        "" => standard,
        reason => match standard.split_once(':') {
            Some((begin, _)) => format!("{begin}: {reason}]"),
            None => standard,
        },
    }
}

/// The bundle of an answer: `manifest.json` first, then the letter, then the rest by name. `more` are files that others make.
pub fn bundle(
    mut disclosure: Disclosure,
    right: Right,
    review: Option<Review>,
    tongue: Tongue,
    more: Vec<File>,
) -> Result<Vec<File>, PackError> {
    let words = Words::of(tongue);
    let redacted = match &mut disclosure.person {
        Some(person) => redact::settle(person, review, |mark| stand_in(words, mark))?,
        None => Vec::new(),
    };
    let mut files = match right {
        Right::Portability => portability(&disclosure)?,
        _ => access(&disclosure, &redacted, words)?,
    };
    files.extend(more);
    files.sort_by_key(|file| file.name);
    let names: Vec<&str> =
        files.iter().map(|file| file.name).chain(["manifest.json", "answer.html"]).collect();
    let page = match right {
        Right::Portability => sections::portability(&disclosure, words, &names),
        _ => sections::access(&disclosure, &redacted, words, &names),
    };
    files.insert(
        0,
        File { name: "answer.html", media: "text/html", bytes: letter::render(&page)?.into_bytes() },
    );
    let manifest = manifest(&disclosure, right, words, &files)?;
    files.insert(0, File { name: "manifest.json", media: "application/json", bytes: manifest });
    if files.iter().map(|file| file.bytes.len()).sum::<usize>() > MOST {
        return Err(PackError::TooLarge);
    }
    Ok(files)
}

fn access(
    disclosure: &Disclosure,
    redacted: &[redact::Redacted],
    words: Words,
) -> Result<Vec<File>, PackError> {
    let json = |name, json: &serde_json::Value| {
        Ok::<_, PackError>(File { name, media: "application/json", bytes: data::pretty(json)? })
    };
    let mut files = vec![json("answer.json", &data::answer(disclosure, redacted)?)?];
    if let Some(person) = &disclosure.person {
        if let Some(card) = data::Card::new(person, true, |_| true) {
            files.push(File {
                media: "application/jscontact+json",
                ..json("contact.json", &card.jscontact())?
            });
            files.push(File { name: "contact.vcf", media: "text/vcard", bytes: card.vcard() });
        }
        files.push(File {
            media: "application/ld+json",
            ..json("consents.jsonld", &data::consents(person)?)?
        });
        files.push(File { name: "history.csv", media: "text/csv", bytes: data::history(person, words)? });
        files.push(File { name: "access.csv", media: "text/csv", bytes: data::access(person, words)? });
    }
    Ok(files)
}

fn portability(disclosure: &Disclosure) -> Result<Vec<File>, PackError> {
    let json = |name, json: &serde_json::Value| {
        Ok::<_, PackError>(File { name, media: "application/json", bytes: data::pretty(json)? })
    };
    let mut files = Vec::new();
    if let (Some(person), Some(portable)) = (&disclosure.person, portable::Portable::of(disclosure)) {
        files.push(json("data.json", &portable.json(disclosure))?);
        files.push(File { name: "data.csv", media: "text/csv", bytes: portable.csv()? });
        if let Some(card) = portable.card() {
            files.push(File {
                media: "application/jscontact+json",
                ..json("contact.json", &card.jscontact())?
            });
            files.push(File { name: "contact.vcf", media: "text/vcard", bytes: card.vcard() });
        }
        files.push(File {
            media: "application/ld+json",
            ..json("consents.jsonld", &data::consents(person)?)?
        });
    }
    Ok(files)
}

/// The list of the files, with what they belong to.
fn manifest(
    disclosure: &Disclosure,
    right: Right,
    words: Words,
    files: &[File],
) -> Result<Vec<u8>, PackError> {
    let listed: Vec<serde_json::Value> = files
        .iter()
        .map(|file| {
            let sha256: String = Sha256::digest(&file.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "name": file.name, "media_type": file.media, "bytes": file.bytes.len(), "sha256": sha256 })
        })
        .collect();
    data::pretty(&json!({
        "format": "callbook-bundle",
        "version": 1,
        "right": right,
        "created": disclosure.made_at.to_string(),
        "case": disclosure.case.as_ref().map(|case| case.number),
        "controller": disclosure.controller,
        "store": data::urn(disclosure.store),
        "person": disclosure.person.as_ref().map(|person| data::urn(person.id)),
        "language": words.tongue().word(),
        "files": listed,
    }))
}
