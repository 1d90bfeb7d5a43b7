//! Roots and proofs computed from stored hashes, so that a log of millions of entries need not be in memory.
//!
//! A proof in a log of ten million entries reads fewer than 600 hashes, in runs of at most 32.

use super::tree::{Frontier, Hash, LEVEL_HEIGHT, join, node_hash, peak_heights};

/// The hashes that a store keeps: each leaf, and each node of a stored level ([`super::tree::StoredNode`]).
pub trait Nodes {
    type Error: std::error::Error + 'static;

    /// The hashes `first .. first + count` of a stored level, in order.
    ///
    /// Level 0 is the leaves; node `i` of level `n` covers the leaves `i * 64^n .. (i + 1) * 64^n`. Callers ask
    /// for 1, 2, 4, 8, 16 or 32 hashes that lie in one aligned group of 64. Where some are missing, return those
    /// found: a wrong number is reported as [`TreeError::Missing`], never taken for an answer.
    fn hashes(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, Self::Error>;
}

impl<N: Nodes + ?Sized> Nodes for &N {
    type Error = N::Error;

    fn hashes(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, Self::Error> {
        (**self).hashes(level, first, count)
    }
}

/// Why a root or a proof could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum TreeError<E: std::error::Error + 'static> {
    #[error("cannot read the hashes of the history log: {0}")]
    Read(#[source] E),
    #[error(
        "the history log lacks hashes: level {level} has {found} of the {count} from {first} on; run `callbook history verify`"
    )]
    Missing { level: u8, first: u64, count: usize, found: usize },
    #[error("the history log has no entry {index}: at this point it has {size}, counted from 0")]
    NoSuchEntry { index: u64, size: u64 },
    #[error("the history log cannot have grown from {old} to {new} entries")]
    NotGrowth { old: u64, new: u64 },
}

/// The root of the first `size` leaves.
pub fn root_at<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, TreeError<N::Error>> {
    Ok(join(&peaks(nodes, 0, size)?))
}

/// The right edge of the first `size` leaves, to go on appending when the saved one is lost.
pub fn frontier_at<N: Nodes>(nodes: &N, size: u64) -> Result<Frontier, TreeError<N::Error>> {
    Ok(Frontier { size, peaks: peaks(nodes, 0, size)? })
}

/// The inclusion proof of leaf `index` in the first `size` leaves: siblings from the leaf up (RFC 9162, 2.1.3.1).
pub fn inclusion_proof<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, TreeError<N::Error>> {
    if index >= size {
        return Err(TreeError::NoSuchEntry { index, size });
    }
    let (mut from, mut to) = (0, size);
    let mut proof = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            proof.push(range_hash(nodes, middle, to)?);
            to = middle;
        } else {
            proof.push(range_hash(nodes, from, middle)?);
            from = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the first `new` leaves begin with the first `old` ones (RFC 9162, 2.1.4.1).
///
/// It is empty when `old` is `new`, and, beyond the RFC, when `old` is 0: every log begins with the empty one.
pub fn consistency_proof<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Hash>, TreeError<N::Error>> {
    if old > new {
        return Err(TreeError::NotGrowth { old, new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut from, mut to) = (0, new);
    let mut proof = Vec::new();
    while to != old {
        let middle = from + split(to - from);
        if old <= middle {
            proof.push(range_hash(nodes, middle, to)?);
            to = middle;
        } else {
            proof.push(range_hash(nodes, from, middle)?);
            from = middle;
        }
    }
    // A complete left subtree is the old tree itself, whose root the verifier has.
    if from != 0 {
        proof.push(range_hash(nodes, from, to)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two below `n`, where the RFC divides a tree of `n` > 1 leaves.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The root over the leaves `from..to`, one of the ranges that [`split`] makes; `from < to`.
fn range_hash<N: Nodes>(nodes: &N, from: u64, to: u64) -> Result<Hash, TreeError<N::Error>> {
    Ok(join(&peaks(nodes, from, to)?))
}

/// The complete subtrees of `from..to`, where `from` is a multiple of the largest of them.
fn peaks<N: Nodes>(nodes: &N, from: u64, to: u64) -> Result<Vec<Hash>, TreeError<N::Error>> {
    let mut at = from;
    let mut peaks = Vec::new();
    for height in peak_heights(to - from) {
        peaks.push(subtree(nodes, height, at >> height)?);
        at += 1 << height;
    }
    Ok(peaks)
}

/// The node `index` at `height`, folded from the stored level at or below it.
fn subtree<N: Nodes>(nodes: &N, height: u32, index: u64) -> Result<Hash, TreeError<N::Error>> {
    let level = (height / LEVEL_HEIGHT) as u8;
    let above = height % LEVEL_HEIGHT;
    let (first, count) = (index << above, 1 << above);
    let mut row = nodes.hashes(level, first, count).map_err(TreeError::Read)?;
    if row.len() != count {
        return Err(TreeError::Missing { level, first, count, found: row.len() });
    }
    while let (pairs @ [_, ..], []) = row.as_chunks::<2>() {
        row = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.pop().ok_or(TreeError::Missing { level, first, count, found: 0 })
}

#[cfg(test)]
pub(super) mod tests;
