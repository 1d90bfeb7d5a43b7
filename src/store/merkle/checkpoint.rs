//! Checkpoints of the history log (<https://c2sp.org/tlog-checkpoint>): what it was at one moment, signed.
//!
//! ```text
//! callbook/5f0c…                                   origin: which log
//! 20852163                                         entries
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=     root of the tree over them
//! time 2026-03-01T09:30:00Z                        optional: when it was signed, by the signer's clock
//!
//! — callbook/5f0c… Az3grlgtzPICa5OS8n…
//! ```
//!
//! The extension line for the time is ours; other programs must carry it and may ignore it. It is a claim of the
//! signer that no proof covers.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::note::{Note, NoteError, NoteSigner, VerifierKey};
use super::tree::{EMPTY_ROOT, Frontier, Hash};
use crate::domain::time::Timestamp;

/// Why something is not a checkpoint, or not a trustworthy one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("not a checkpoint: {0}")]
    Malformed(&'static str),
    #[error(transparent)]
    Note(#[from] NoteError),
    #[error("the checkpoint of the log {origin} is signed by {signer}, not by the log itself")]
    NotTheLog { origin: String, signer: String },
}

/// The state of a log: its name, its size and the root of its tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    /// Lines without newlines, none empty.
    extensions: Vec<String>,
}

/// A checkpoint as it was read: not to be believed before [`SignedCheckpoint::verify`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

const TIME: &str = "time ";

impl Checkpoint {
    /// The state of the log `origin`, whose name is checked when it is signed.
    pub fn new(origin: &str, frontier: &Frontier, time: Option<Timestamp>) -> Checkpoint {
        Checkpoint {
            origin: origin.to_owned(),
            size: frontier.size(),
            root: frontier.root(),
            extensions: time.map(|time| format!("{TIME}{time}")).into_iter().collect(),
        }
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree over all entries.
    pub fn root(&self) -> &Hash {
        &self.root
    }

    /// The lines after the root, ours and those of others.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// When it was signed, by the signer's clock, if the first `time` line says so readably.
    pub fn time(&self) -> Option<Timestamp> {
        let time = self.extensions.iter().find_map(|line| line.strip_prefix(TIME))?;
        let time = chrono::DateTime::parse_from_rfc3339(time).ok()?;
        Some(Timestamp::from_millis(time.timestamp_millis()))
    }

    /// The text that is signed.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root));
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Reads a text; whatever is accepted is what [`Checkpoint::text`] writes.
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let lines = text.strip_suffix('\n').ok_or(CheckpointError::Malformed("no newline at its end"))?;
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Malformed("it needs three lines: origin, size, root"));
        };
        if origin.is_empty() {
            return Err(CheckpointError::Malformed("the origin is empty"));
        }
        let size = parse_size(size).ok_or(CheckpointError::Malformed("the size is not a plain number"))?;
        let root = STANDARD.decode(root).ok().and_then(|root| Hash::try_from(root).ok());
        let root = root.ok_or(CheckpointError::Malformed("the root is not base64 of 32 bytes"))?;
        if size == 0 && root != EMPTY_ROOT {
            return Err(CheckpointError::Malformed("the root is not that of an empty log"));
        }
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(CheckpointError::Malformed("an extension line is empty"));
        }
        Ok(Checkpoint { origin: origin.to_owned(), size, root, extensions })
    }

    /// The signed note. The signer must have the log's name.
    ///
    /// A log must never sign two checkpoints of which one is not the beginning of the other: whoever calls this
    /// signs only what is committed.
    pub fn sign(&self, signer: &NoteSigner) -> Result<String, CheckpointError> {
        let name = signer.verifier().name();
        if name != self.origin {
            return Err(CheckpointError::NotTheLog { origin: self.origin.clone(), signer: name.to_owned() });
        }
        Ok(signer.sign(&self.text())?)
    }
}

impl SignedCheckpoint {
    /// Reads the form of note and checkpoint only.
    pub fn parse(note: &str) -> Result<SignedCheckpoint, CheckpointError> {
        let note = Note::parse(note)?;
        Ok(SignedCheckpoint { checkpoint: Checkpoint::parse(&note.text)?, note })
    }

    /// What it claims.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The text with all its signatures.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// The known key by which the log itself signed: its name is the origin. Signatures of others, such as
    /// witnesses, do not replace it, and a wrong one by any known key refuses the checkpoint.
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<&'k VerifierKey, CheckpointError> {
        let signers = self.note.verify(known)?;
        signers.iter().find(|key| key.name() == self.checkpoint.origin).copied().ok_or_else(|| {
            let names: Vec<&str> = signers.iter().map(|key| key.name()).collect();
            CheckpointError::NotTheLog { origin: self.checkpoint.origin.clone(), signer: names.join(", ") }
        })
    }
}

/// ASCII digits without a leading zero.
fn parse_size(text: &str) -> Option<u64> {
    let plain = text == "0" || !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests;
