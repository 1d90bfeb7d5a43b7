//! The verification algorithms of RFC 9162. They need no store and no key, and never run longer than 64 steps.
//!
//! A proof binds indices and sizes only as far as they shape its path: take the tree size from a signed checkpoint,
//! never from whoever made the proof.

use super::tree::{EMPTY_ROOT, Hash, node_hash};

/// Why a proof proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the sizes or the index are impossible")]
    OutOfRange,
    #[error("the number of hashes does not fit the sizes")]
    Length,
    #[error("the hashes lead to another root")]
    Root,
}

/// Checks that `leaf` is leaf `index` of the tree of `size` leaves with this `root` (RFC 9162, 2.1.3.2).
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), VerifyError> {
    if index >= size {
        return Err(VerifyError::OutOfRange);
    }
    // `node` and `last`: the indices, at the height reached, of the node on the path and of the last one in the row.
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(VerifyError::Length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            skip_promoted(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(VerifyError::Length);
    }
    if hash == *root { Ok(()) } else { Err(VerifyError::Root) }
}

/// Checks that the tree of `new` leaves begins with the tree of `old` ones (RFC 9162, 2.1.4.2).
///
/// Beyond the RFC, for which `old` is never 0: the empty tree is the beginning of each, by an empty proof.
pub fn verify_consistency(
    old: u64,
    new: u64,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), VerifyError> {
    if old > new {
        return Err(VerifyError::OutOfRange);
    }
    if old == 0 && *old_root != EMPTY_ROOT || new == 0 && *new_root != EMPTY_ROOT {
        return Err(VerifyError::Root);
    }
    if old == 0 || old == new {
        return match proof {
            [_, ..] => Err(VerifyError::Length),
            [] if old == new && old_root != new_root => Err(VerifyError::Root),
            [] => Ok(()),
        };
    }
    // A complete old tree is a node of the new one, so the proof leaves its root out.
    let (first, rest) = match proof.split_first() {
        None => return Err(VerifyError::Length),
        Some(_) if old.is_power_of_two() => (old_root, proof),
        Some(parts) => parts,
    };
    let (mut node, mut last) = (old - 1, new - 1);
    let odd = node.trailing_ones();
    node >>= odd;
    last >>= odd;
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(VerifyError::Length);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            skip_promoted(&mut node, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(VerifyError::Length);
    }
    if old_hash == *old_root && new_hash == *new_root { Ok(()) } else { Err(VerifyError::Root) }
}

/// Climbs to where the last node of a row has a left sibling: until there it was promoted unchanged.
fn skip_promoted(node: &mut u64, last: &mut u64) {
    // At index 0 the RFC stops at once; an index that is odd already stays.
    let even = if *node == 0 { 0 } else { node.trailing_zeros() };
    *node >>= even;
    *last >>= even;
}
