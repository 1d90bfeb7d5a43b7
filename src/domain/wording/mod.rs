//! Wordings: what is said to people and written to them: scripts of calls, privacy notices, templates of messages.
//!
//! A wording is a text with placeholders ([`template`]). It is checked for what the law wants told ([`check()`]) before it is
//! stored, filled in with facts when it is used ([`render()`]), and read into paragraphs and questions for the screen
//! ([`markdown`]). Each version is a record of its own and stays as it is: what was said years ago can be shown word for
//! word. Scripts and notices are Markdown (CommonMark); messages are plain text.

use sha2::{Digest, Sha256};

use crate::domain::country::Language;
use crate::domain::entity::entity;
use crate::domain::time::Timestamp;
use crate::domain::value::{Invalid, Kind, OneOf, WordList, words};

pub mod book;
pub mod check;
pub mod duration;
pub mod example;
pub mod letter;
pub mod markdown;
pub mod placeholder;
pub mod question;
pub mod render;
pub mod sentence;
pub mod shipped;
pub mod template;

#[cfg(test)]
mod tests;

pub use book::{Book, Version};
pub use check::{Flaw, Part, check};
pub use letter::{Letter, LetterFacts, letter};
pub use markdown::{Block, Span, read};
pub use placeholder::Placeholder;
pub use question::Topic;
pub use render::{Facts, PurposeFacts, Rendered, Unfit, render};

words! {
    /// What a wording is.
    WordingKind {
        /// What is read out in a call.
        Script = "script",
        /// What Articles 13 and 14 GDPR want told: the privacy notice.
        Notice = "notice",
        /// An e-mail or a letter.
        Message = "message",
    }
}

impl WordingKind {
    /// Whether values are kept from meaning something in Markdown.
    pub fn is_markdown(self) -> bool {
        match self {
            WordingKind::Script | WordingKind::Notice => true,
            WordingKind::Message => false,
        }
    }
}

words! {
    /// What a message is for.
    Usage {
        /// Asks whoever reads it to confirm a consent and the address (R27).
        OptIn = "opt_in",
        /// Tells after a call, by e-mail, what was answered.
        Confirmation = "confirmation",
        /// The same on paper.
        Letter = "letter",
    }
}

entity! {
    /// One version of a wording. It is written once; only that its name is not offered any more is noted on it later.
    Wording, WordingField, Wording {
        1 kind "kind": OneOf<WordingKind>, Kind::Word(WordingKind::WORDS), Operation, Operation, "Kind", "what it is", [], None, None;
        2 name "name": String, Kind::Text, Operation, Operation, "Name", "the word for it in commands", [], None, None;
        3 version "version": i64, Kind::Number, Operation, Operation, "Version", "from 1; a consent names the version that was read out", [], None, None;
        4 language "language": Option<Language>, Kind::Language, Operation, Operation, "Language", "in which it is said", [], None, None;
        5 subject "subject": String, Kind::Text, Operation, Operation, "Subject", "the subject line of a message", [], None, None;
        6 text "text": String, Kind::LongText, Operation, Operation, "Text", "the words, with placeholders", [], None, None;
        7 sha256 "sha256": String, Kind::Text, Operation, Operation, "SHA-256", "of the text's bytes, in hexadecimal digits", [], None, None;
        8 purposes "purposes": WordList, Kind::Words, Operation, Operation, "Purposes", "which purposes it is for; all, when none is named", [], None, None;
        9 usage "usage": OneOf<Usage>, Kind::Word(Usage::WORDS), Operation, Operation, "Use", "what a message is for", [], None, None;
        10 retired_at "retired_at": Option<Timestamp>, Kind::Time, Operation, Operation, "Retired at", "since when it is not offered any more", [], None, None;
    }
}

/// The longest text, in bytes: 64 KiB, some forty minutes of reading out.
pub const MAX_TEXT: usize = 64 << 10;
/// The longest subject line, in characters.
pub const MAX_SUBJECT: usize = 200;

impl Wording {
    /// `sales-de@2`.
    pub fn title(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Whether it says the same for the same: then it is no new version.
    pub fn says_the_same(&self, other: &Wording) -> bool {
        let Wording { kind, name, language, subject, text, purposes, usage, .. } = self;
        (kind, name, language, subject, text, purposes, usage)
            == (
                &other.kind,
                &other.name,
                &other.language,
                &other.subject,
                &other.text,
                &other.purposes,
                &other.usage,
            )
    }
}

/// SHA-256 of bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of a wording or the slug of a purpose: lower-case letters, digits, `-` and `_`.
pub fn name(text: &str) -> Result<String, Invalid> {
    crate::domain::access::slug(text)
}

/// `NAME` or `NAME@VERSION`.
pub fn name_and_version(text: &str) -> Result<(String, Option<u64>), Invalid> {
    match text.split_once('@') {
        None => Ok((name(text)?, None)),
        Some((before, version)) => {
            let number = version.trim().parse().ok().filter(|number| *number > 0);
            let number = number.ok_or_else(|| {
                Invalid::new(format!("`{}` is no version; versions are 1, 2, …", version.trim()))
            })?;
            Ok((name(before)?, Some(number)))
        }
    }
}

/// The text in a file: UTF-8, without a byte order mark, with the line ends of Unix. Other encodings are not guessed: a
/// wrong guess would be read out to people.
pub fn text_of_file(bytes: &[u8]) -> Result<String, Invalid> {
    if bytes.len() > 2 * MAX_TEXT {
        return Err(too_long(bytes.len()));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        Invalid::new(format!(
            "the text is not UTF-8: line {line} has a byte that means nothing in it; save it as UTF-8"
        ))
    })?;
    Ok(text.replace("\r\n", "\n"))
}

fn too_long(bytes: usize) -> Invalid {
    Invalid::new(format!("{bytes} bytes are more than the {MAX_TEXT} a wording holds"))
}
