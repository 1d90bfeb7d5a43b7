//! Hashes of the tree and the compact range that is enough to append to it and to know its root.

use sha2::{Digest, Sha256};

/// A SHA-256 hash: of a leaf, of an interior node, or of a whole tree.
pub type Hash = [u8; 32];

/// The root of the tree without leaves: SHA-256 of nothing (RFC 9162, section 2.1.1).
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// Heights between two stored levels. Level 0 is the leaves, a node of level 1 covers 64 leaves, of level 2
/// 4096: storing these costs 1/63 more than the leaves alone, and any other node is at most 32 stored hashes away.
pub const LEVEL_HEIGHT: u32 = 6;

/// The hash of an entry, `SHA-256(0x00 || entry)`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The hash of an interior node, `SHA-256(0x01 || left || right)`; the prefix keeps it from passing for a leaf.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The heights of the complete subtrees that make up `size` leaves, from left to right: the bits of `size`.
pub(super) fn peak_heights(size: u64) -> impl Iterator<Item = u32> {
    (0..u64::BITS).rev().filter(move |height| (size >> height) & 1 == 1)
}

/// The root over complete subtrees given from left to right: the smaller ones are joined first.
pub(super) fn join(peaks: &[Hash]) -> Hash {
    match peaks.split_last() {
        Some((last, rest)) => rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)),
        None => EMPTY_ROOT,
    }
}

/// The right edge of a tree: its size and the roots of its complete subtrees, largest first.
///
/// As bytes: version `0x01` | size, 8 bytes, big-endian | one hash of 32 bytes for each 1 bit of the size, from the
/// most significant bit on. No other bytes decode, so equal frontiers have equal bytes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Frontier {
    pub(super) size: u64,
    /// As many as `size` has 1 bits.
    pub(super) peaks: Vec<Hash>,
}

/// What an append added to the tree, all of which the store keeps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Appended {
    /// The index of the new leaf, from 0.
    pub index: u64,
    /// The nodes of stored levels that the leaf completed, lowest level first; empty for 63 of 64 leaves.
    pub completed: Vec<StoredNode>,
}

/// A node of a stored level: the root of the 64^`level` leaves from leaf `index * 64^level` on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoredNode {
    /// From 1 on; level 0, the leaves, is not reported, for the caller has the leaf.
    pub level: u8,
    pub index: u64,
    pub hash: Hash,
}

/// Why a frontier was not appended to or not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrontierError {
    #[error("the history log is full")]
    Full,
    #[error("the saved edge of the history log is damaged: {0}; rebuild it from the leaf hashes")]
    Damaged(&'static str),
}

impl Frontier {
    const VERSION: u8 = 1;
    const HEADER: usize = 9;

    /// The edge of the empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        join(&self.peaks)
    }

    /// Adds a leaf by its hash; on an error the frontier stays as it was.
    pub fn append(&mut self, leaf: Hash) -> Result<Appended, FrontierError> {
        let index = self.size;
        let size = index.checked_add(1).ok_or(FrontierError::Full)?;
        let mut hash = leaf;
        let mut completed = Vec::new();
        // Each trailing zero of the new size is a subtree that this leaf completes.
        for height in 1..=size.trailing_zeros() {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            if height % LEVEL_HEIGHT == 0 {
                completed.push(StoredNode {
                    level: (height / LEVEL_HEIGHT) as u8,
                    index: (size >> height) - 1,
                    hash,
                });
            }
        }
        self.peaks.push(hash);
        self.size = size;
        Ok(Appended { index, completed })
    }

    /// The canonical bytes, at most 9 + 64 × 32.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Frontier::HEADER + self.peaks.len() * 32);
        bytes.push(Frontier::VERSION);
        bytes.extend_from_slice(&self.size.to_be_bytes());
        bytes.extend(self.peaks.iter().flatten());
        bytes
    }

    /// Reads the canonical bytes. The hashes cannot be judged here: compare the root with a checkpoint's.
    pub fn decode(bytes: &[u8]) -> Result<Frontier, FrontierError> {
        let Some((&[version], rest)) = bytes.split_first_chunk::<1>() else {
            return Err(FrontierError::Damaged("it is empty"));
        };
        if version != Frontier::VERSION {
            return Err(FrontierError::Damaged("its version is unknown"));
        }
        let Some((size, rest)) = rest.split_first_chunk::<8>() else {
            return Err(FrontierError::Damaged("it is cut short"));
        };
        let size = u64::from_be_bytes(*size);
        let (peaks, surplus) = rest.as_chunks::<32>();
        if peaks.len() != size.count_ones() as usize || !surplus.is_empty() {
            return Err(FrontierError::Damaged("its length does not fit its size"));
        }
        Ok(Frontier { size, peaks: peaks.to_vec() })
    }
}

#[cfg(test)]
pub(super) mod tests;
