//! Checking a proof of history without a store, without any key.

use crate::api::{Code, Error};
use crate::domain::entity::Fields;
use crate::domain::history::{Change, fold};
use crate::domain::time::Timestamp;
use crate::store::codec;
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
