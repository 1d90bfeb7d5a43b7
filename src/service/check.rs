//! Checking a proof of history without a store, without any key.

use crate::api::{Code, Error};
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
