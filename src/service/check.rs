//! Checking a proof of history, or an auditor's bundle, without a store, without any key.

use std::collections::BTreeMap;

use crate::api::{Code, Error};
use crate::domain::entity::Fields;
use crate::domain::history::{Change, fold};
use crate::domain::register::sha256;
use crate::domain::time::Timestamp;
use crate::service::accountability::SIGNED_AS;
use crate::store::codec;
use crate::store::merkle::note::{Note, VerifierKey};
use crate::store::merkle::proof::{self, Coverage, Proof};

/// What a check established, in words.
pub struct Checked {
    pub entry: u64,
    pub size: u64,
    /// Whether the checkpoint given is of before the entry, so that only the one in the proof commits to it.
    pub later: bool,
    pub signature: String,
}

/// Checks a proof file against a checkpoint; `key` is a verifier key one trusts.
pub fn check(proof: &str, checkpoint: &str, key: Option<&str>) -> Result<Checked, Error> {
    let integrity = |error: proof::ProofError| Error::new(Code::Integrity, error.to_string());
    let proof = Proof::from_json(proof).map_err(integrity)?;
    let checked = proof::check(&proof, checkpoint, key).map_err(integrity)?;
    Ok(Checked {
        entry: checked.leaf_index,
        size: checked.given.size(),
        later: checked.coverage == Coverage::Later,
        signature: checked.signature.to_string(),
    })
}

/// An entry whose commitment was opened.
pub struct Opened {
    pub record: uuid::Uuid,
    /// When it was recorded.
    pub at: Timestamp,
    /// What the record was made with.
    pub fields: Fields,
}

/// Opens the commitment of the entry that a proof is about; the proof itself is checked by [`check`].
pub fn open(proof: &str, r: &[u8], changes: &[u8]) -> Result<Opened, Error> {
    let wrong = |why: &str| Error::new(Code::Integrity, format!("the entry is not about these words: {why}"));
    let proof = Proof::from_json(proof).map_err(|error| wrong(&error.to_string()))?;
    let r: [u8; 32] = r.try_into().map_err(|_| wrong("the opening does not have 32 bytes"))?;
    let changes: Vec<Change> = codec::decode(codec::SCHEMA, changes, "the opening of an entry")
        .map_err(|error| wrong(&error.to_string()))?;
    let header = codec::Canonical::parse(&proof.entry).ok_or_else(|| wrong("the entry is cut short"))?;
    let mut fields = Fields::new();
    fold(&mut fields, &changes).map_err(|_| wrong("the changes do not begin with nothing"))?;
    let commitment = codec::Body { r, changes }.commitment().map_err(|error| wrong(&error.to_string()))?;
    if commitment != header.cm {
        return Err(wrong("the log committed to others"));
    }
    Ok(Opened { record: header.record, at: header.at, fields })
}

/// What a bundle for an auditor turned out to be.
pub struct CheckedBundle {
    /// By name, as the list names them.
    pub files: Vec<String>,
    /// Whose signature it is.
    pub signer: String,
}

/// Checks a bundle: the signature of the list of files, and each file against the list. `key` is the log's public key.
pub fn check_bundle(files: &BTreeMap<String, Vec<u8>>, key: &str) -> Result<CheckedBundle, Error> {
    let wrong =
        |why: String| Error::new(Code::Integrity, format!("the bundle is not what was signed: {why}"));
    let file = |name: &str| files.get(name).ok_or_else(|| wrong(format!("it has no {name}")));
    let known: VerifierKey = key
        .trim()
        .parse()
        .map_err(|error| Error::usage(format!("this is no public key of a log: {error}")))?;
    let text = |bytes: &[u8]| {
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| wrong(error.to_string()))
    };
    let note = Note::parse(&text(file("manifest.sig")?)?).map_err(|error| wrong(error.to_string()))?;
    let known = [known];
    let signers = note.verify(&known).map_err(|error| wrong(error.to_string()))?;
    let Some(signer) = signers.first() else { return Err(wrong("nobody known signed it".to_owned())) };
    let manifest = text(file("manifest.json")?)?;
    let mut lines = note.text.lines();
    if lines.next() != Some(SIGNED_AS) || lines.next() != Some(sha256(&manifest).as_str()) {
        return Err(wrong("the signature is about another list of files".to_owned()));
    }
    let listed: serde_json::Value =
        serde_json::from_str(&manifest).map_err(|error| wrong(error.to_string()))?;
    let listed = listed.get("files").and_then(serde_json::Value::as_object);
    let listed = listed.ok_or_else(|| wrong("the list names no files".to_owned()))?;
    for (name, one) in listed {
        let hash = one.get("sha256").and_then(serde_json::Value::as_str).unwrap_or_default();
        if sha256(&text(file(name)?)?) != hash {
            return Err(wrong(format!("{name} was changed")));
        }
    }
    if let Some(name) =
        files.keys().find(|name| !listed.contains_key(*name) && !name.starts_with("manifest."))
    {
        return Err(wrong(format!("{name} was put in afterwards")));
    }
    Ok(CheckedBundle { files: listed.keys().cloned().collect(), signer: signer.name().to_owned() })
}
