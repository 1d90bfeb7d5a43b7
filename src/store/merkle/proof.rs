//! The file with which a stranger checks that an entry is in the history: `callbook history prove` writes it,
//! `callbook history check proof.json checkpoint.txt` reads it, without a store, a secret or a network.
//!
//! What `check` decides:
//! - The entry must hash to the leaf, and the leaf must be in the tree of the checkpoint inside the proof.
//! - The checkpoint beside it is what the stranger relies on, for instance one that was published or deposited
//!   earlier. Of the same size, both must have the same root. Of another size, the consistency proof inside the file
//!   must connect the two; without one the answer is an error that says which sizes these are. An older checkpoint
//!   commits to the entry only when the entry was within its size, and [`Coverage`] says so.
//! - Both checkpoints must be signed by the log, under one key. A key that the stranger has from elsewhere counts; the
//!   key inside the proof only shows that proof and checkpoint have one maker, for anybody can make a key and a
//!   log. [`Signature`] says which it was, so that the command can print the fingerprint to be compared by phone or
//!   on paper. A signature that fails is an error in both cases; only without any key it stays unchecked.

use serde::{Deserialize, Serialize};

use super::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use super::nodes::{Nodes, TreeError, consistency_proof, inclusion_proof, root_at};
use super::note::{NoteError, VerifierKey};
use super::tree::{Hash, leaf_hash};
use super::verify::{VerifyError, verify_consistency, verify_inclusion};

mod text;

/// The value of `format` in the file.
pub const FORMAT: &str = "callbook-history-proof";
/// The value of `version` in the file; a reader refuses any other.
pub const VERSION: u32 = 1;
/// The longest file read.
pub const MAX_FILE: usize = 1024 * 1024;

/// The content of a proof file: JSON, hashes and bytes in base64.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub format: String,
    pub version: u32,
    /// The name of the log.
    pub origin: String,
    /// The public key of the log, `name+id+key`; a claim of whoever made the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier_key: Option<String>,
    /// Which entry, counted from 0.
    pub leaf_index: u64,
    /// The size of the tree that `inclusion` and `checkpoint` are about.
    pub tree_size: u64,
    #[serde(with = "text::hash")]
    pub leaf_hash: Hash,
    /// The canonical bytes of the entry's header: pseudonymous, the change itself is only committed to.
    #[serde(with = "text::bytes")]
    pub entry: Vec<u8>,
    /// Siblings from the leaf up.
    #[serde(with = "text::hashes")]
    pub inclusion: Vec<Hash>,
    /// The signed note, whole.
    pub checkpoint: String,
    /// The connection to an older or newer checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<Consistency>,
}

/// A proof that the tree of `new_size` begins with the tree of `old_size`; one of them is the proof's own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    pub old_size: u64,
    pub new_size: u64,
    #[serde(with = "text::hashes")]
    pub hashes: Vec<Hash>,
}

/// What a check established.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    pub leaf_index: u64,
    pub leaf_hash: Hash,
    /// The canonical bytes of the proven entry's header.
    pub entry: Vec<u8>,
    /// The checkpoint inside the proof, whose tree holds the entry.
    pub proven: Checkpoint,
    /// The checkpoint given beside it.
    pub given: Checkpoint,
    pub coverage: Coverage,
    pub signature: Signature,
}

/// What the given checkpoint says about the entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coverage {
    /// The entry was in the log when the given checkpoint was signed.
    Committed,
    /// The entry came later: the given checkpoint is proven to be the beginning of the log that holds it, but only
    /// the checkpoint inside the proof commits to the entry.
    Later,
}

/// Whose signature both checkpoints bear.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Signature {
    /// By the key that the caller gave.
    Trusted(VerifierKey),
    /// By the key that the proof carries: as good as the comparison of its fingerprint with one from elsewhere.
    Carried(VerifierKey),
    /// Neither caller nor proof named a key: anybody may have made both files.
    Unchecked,
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Signature::Trusted(key) => {
                write!(f, "signed by the key you gave, fingerprint {}", key.fingerprint())
            }
            Signature::Carried(key) => write!(
                f,
                "signed by the key inside the proof, which nobody vouched for: compare its fingerprint {} with one \
                 you have from the keeper of the log",
                key.fingerprint()
            ),
            Signature::Unchecked => f.write_str(
                "the signature was not checked, for no key is known: ask the keeper of the log for it",
            ),
        }
    }
}

/// Which of the two checkpoints an error is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    Given,
    InProof,
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Which::Given => "the checkpoint given",
            Which::InProof => "the checkpoint inside the proof",
        })
    }
}

/// Why a proof proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProofError {
    #[error("this is not a proof file of Callbook: {0}")]
    NotAProof(String),
    #[error("the proof file has version {0}; this program reads version {VERSION}: use a newer one")]
    Version(u64),
    #[error("{which} is not usable: {source}")]
    Checkpoint { which: Which, source: CheckpointError },
    #[error("the key {whose} is not usable: {source}")]
    Key { whose: &'static str, source: NoteError },
    #[error("the proof is about the log {proof:?}, {which} about {checkpoint:?}")]
    OtherLog { which: Which, proof: String, checkpoint: String },
    #[error("the proof contradicts itself: {0}")]
    Contradiction(&'static str),
    #[error("the entry is not proven to be in the log: {0}")]
    Inclusion(VerifyError),
    #[error(
        "the proof is about {proof} entries, the checkpoint given about {given}, and nothing in the proof connects \
         them; ask for a proof that does, or for the checkpoint of {proof} entries"
    )]
    OtherSize { proof: u64, given: u64 },
    #[error("the two checkpoints are not of one history, {0}: one was rewritten, or the proof is damaged")]
    Consistency(VerifyError),
    #[error(
        "two checkpoints of {size} entries have different roots: the log showed two different histories; keep both \
         files, they are the evidence"
    )]
    Forked { size: u64 },
}

/// Why a proof could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError<E: std::error::Error + 'static> {
    #[error(transparent)]
    Tree(#[from] TreeError<E>),
    #[error("the checkpoint is not usable: {0}")]
    Checkpoint(#[from] CheckpointError),
    #[error(
        "the stored hashes of the history do not lead to the checkpoint ({0}); run `callbook history verify`"
    )]
    Damaged(VerifyError),
}

impl Proof {
    /// The proof that `entry` is leaf `leaf_index` of the log of this signed checkpoint. With `connect`, it also
    /// connects that checkpoint to the one of another size, older or newer.
    ///
    /// It is verified before it is returned, so that a damaged store never hands out a proof that fails elsewhere.
    pub fn make<N: Nodes>(
        nodes: &N,
        entry: &[u8],
        leaf_index: u64,
        checkpoint: &str,
        verifier_key: Option<&VerifierKey>,
        connect: Option<u64>,
    ) -> Result<Proof, MakeError<N::Error>> {
        let state = SignedCheckpoint::parse(checkpoint)?.checkpoint().clone();
        let tree_size = state.size();
        let leaf_hash = leaf_hash(entry);
        let inclusion = inclusion_proof(nodes, leaf_index, tree_size)?;
        verify_inclusion(&leaf_hash, leaf_index, tree_size, &inclusion, state.root())
            .map_err(MakeError::Damaged)?;
        let consistency = match connect.filter(|other| *other != tree_size) {
            None => None,
            Some(other) => {
                let (old_size, new_size) = (other.min(tree_size), other.max(tree_size));
                let hashes = consistency_proof(nodes, old_size, new_size)?;
                let other_root = root_at(nodes, other)?;
                let roots =
                    if other < tree_size { (&other_root, state.root()) } else { (state.root(), &other_root) };
                verify_consistency(old_size, new_size, &hashes, roots.0, roots.1)
                    .map_err(MakeError::Damaged)?;
                Some(Consistency { old_size, new_size, hashes })
            }
        };
        Ok(Proof {
            format: FORMAT.to_owned(),
            version: VERSION,
            origin: state.origin().to_owned(),
            verifier_key: verifier_key.map(VerifierKey::to_string),
            leaf_index,
            tree_size,
            leaf_hash,
            entry: entry.to_vec(),
            inclusion,
            checkpoint: checkpoint.to_owned(),
            consistency,
        })
    }

    /// The text of the file.
    pub fn to_json(&self) -> Result<String, ProofError> {
        let mut json =
            serde_json::to_string_pretty(self).map_err(|e| ProofError::NotAProof(e.to_string()))?;
        json.push('\n');
        Ok(json)
    }

    /// Reads a file of this format and version, no field more, none less.
    pub fn from_json(json: &str) -> Result<Proof, ProofError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u64,
        }
        if json.len() > MAX_FILE {
            return Err(ProofError::NotAProof(format!("it is longer than {MAX_FILE} bytes")));
        }
        let not_a_proof = |error: serde_json::Error| ProofError::NotAProof(error.to_string());
        // First only the head, so that a later version is named as such, whatever its fields.
        let head: Head = serde_json::from_str(json).map_err(not_a_proof)?;
        if head.format != FORMAT {
            return Err(ProofError::NotAProof(format!("its format is {:?}", head.format)));
        }
        if head.version != u64::from(VERSION) {
            return Err(ProofError::Version(head.version));
        }
        serde_json::from_str(json).map_err(not_a_proof)
    }
}

/// Checks a proof against a checkpoint, see the top of this file. `verifier_key` is one that the caller trusts; it
/// makes the key inside the proof irrelevant.
pub fn check(proof: &Proof, checkpoint: &str, verifier_key: Option<&str>) -> Result<Checked, ProofError> {
    let proven = read(proof, Which::InProof, &proof.checkpoint)?;
    let given = read(proof, Which::Given, checkpoint)?;
    let signature = check_signatures(proof, verifier_key, &proven, &given)?;
    let (proven, given) = (proven.checkpoint().clone(), given.checkpoint().clone());
    if proof.tree_size != proven.size() {
        return Err(ProofError::Contradiction("its checkpoint has another size"));
    }
    if proof.leaf_hash != leaf_hash(&proof.entry) {
        return Err(ProofError::Contradiction("its entry does not have its leaf hash"));
    }
    verify_inclusion(&proof.leaf_hash, proof.leaf_index, proven.size(), &proof.inclusion, proven.root())
        .map_err(ProofError::Inclusion)?;
    connect(proof, &proven, &given)?;
    let coverage = if proof.leaf_index < given.size() { Coverage::Committed } else { Coverage::Later };
    Ok(Checked {
        leaf_index: proof.leaf_index,
        leaf_hash: proof.leaf_hash,
        entry: proof.entry.clone(),
        proven,
        given,
        coverage,
        signature,
    })
}

fn read(proof: &Proof, which: Which, text: &str) -> Result<SignedCheckpoint, ProofError> {
    let signed = SignedCheckpoint::parse(text).map_err(|source| ProofError::Checkpoint { which, source })?;
    let origin = signed.checkpoint().origin();
    if origin != proof.origin {
        return Err(ProofError::OtherLog {
            which,
            proof: proof.origin.clone(),
            checkpoint: origin.to_owned(),
        });
    }
    Ok(signed)
}

fn check_signatures(
    proof: &Proof,
    trusted: Option<&str>,
    proven: &SignedCheckpoint,
    given: &SignedCheckpoint,
) -> Result<Signature, ProofError> {
    let (whose, text) = match (trusted, &proof.verifier_key) {
        (Some(text), _) => ("given", text),
        (None, Some(text)) => ("inside the proof", text.as_str()),
        (None, None) => return Ok(Signature::Unchecked),
    };
    let key: VerifierKey = text.parse().map_err(|source| ProofError::Key { whose, source })?;
    for (which, signed) in [(Which::Given, given), (Which::InProof, proven)] {
        signed
            .verify(std::slice::from_ref(&key))
            .map_err(|source| ProofError::Checkpoint { which, source })?;
    }
    Ok(if trusted.is_some() { Signature::Trusted(key) } else { Signature::Carried(key) })
}

/// Establishes that one of the two is the beginning of the other.
fn connect(proof: &Proof, proven: &Checkpoint, given: &Checkpoint) -> Result<(), ProofError> {
    let (old, new) = if proven.size() <= given.size() { (proven, given) } else { (given, proven) };
    if old.size() == new.size() {
        return if old.root() == new.root() { Ok(()) } else { Err(ProofError::Forked { size: old.size() }) };
    }
    let link =
        proof.consistency.as_ref().filter(|link| (link.old_size, link.new_size) == (old.size(), new.size()));
    let hashes: &[Hash] = match link {
        Some(link) => &link.hashes,
        // Each log begins with the empty one.
        None if old.size() == 0 => &[],
        None => return Err(ProofError::OtherSize { proof: proven.size(), given: given.size() }),
    };
    verify_consistency(old.size(), new.size(), hashes, old.root(), new.root())
        .map_err(ProofError::Consistency)
}

#[cfg(test)]
mod tests;
