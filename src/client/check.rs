//! Checking a proof of the history, without a store, a session or a key of one's own.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::api::Error;
use crate::store::merkle::proof::{self, Coverage, Proof};

/// The longest file that is read, in bytes.
pub const MAX_FILE: u64 = proof::MAX_FILE as u64;

/// What a check established.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// The entry's place in the log, from 0.
    pub seq: u64,
    /// The size of the log that the given checkpoint states.
    pub size: u64,
    /// base64 of the root that the given checkpoint states.
    pub root: String,
    /// What the given checkpoint says about the entry.
    pub covers: String,
    /// Whose signature it bears.
    pub signature: String,
}

/// Checks that the entry of a proof is in the log of a checkpoint. `key` is one that the caller trusts.
pub fn check_proof(proof: &str, checkpoint: &str, key: Option<&str>) -> Result<Checked, Error> {
    let wrong = |error: proof::ProofError| {
        Error::integrity(format!("the proof does not hold: {error}"))
            .hint("ask for proof and checkpoint again, and compare the key's fingerprint with its owner")
    };
    let proof = Proof::from_json(proof).map_err(wrong)?;
    let checked = proof::check(&proof, checkpoint, key).map_err(wrong)?;
    let covers = match checked.coverage {
        Coverage::Committed => "the entry was in the log when the checkpoint was signed",
        Coverage::Later => "the entry came after the checkpoint, whose log is the beginning of the one that holds it",
    };
    Ok(Checked {
        seq: checked.leaf_index,
        size: checked.given.size(),
        root: STANDARD.encode(checked.given.root()),
        covers: covers.to_owned(),
        signature: checked.signature.to_string(),
    })
}
