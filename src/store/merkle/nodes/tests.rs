use std::cell::Cell;
use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::store::merkle::tree::leaf_hash;
use crate::store::merkle::tree::tests::{
    REFERENCE_LEAVES, REFERENCE_ROOTS, hash, leaves, naive_root, naive_split, unhex,
};
use crate::store::merkle::verify::{VerifyError, verify_consistency, verify_inclusion};

/// The rows that a store keeps, filled as a store fills them.
pub(in crate::store::merkle) struct Rows(pub(in crate::store::merkle) Vec<Vec<Hash>>);

impl Rows {
    pub(in crate::store::merkle) fn of(leaves: &[Hash]) -> Rows {
        let mut rows = vec![leaves.to_vec()];
        let mut frontier = Frontier::new();
        for leaf in leaves {
            for node in frontier.append(*leaf).unwrap().completed {
                rows.resize(rows.len().max(usize::from(node.level) + 1), Vec::new());
                let row = &mut rows[usize::from(node.level)];
                assert_eq!(node.index, row.len() as u64);
                row.push(node.hash);
            }
        }
        Rows(rows)
    }
}

impl Nodes for Rows {
    type Error = Infallible;

    fn hashes(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, Infallible> {
        let row = self.0.get(usize::from(level)).map_or(&[][..], Vec::as_slice);
        Ok(row.iter().skip(usize::try_from(first).unwrap()).take(count).copied().collect())
    }
}

/// A log of equal entries, of any size, that counts what is read and refuses what a store would not have.
struct Uniform {
    size: u64,
    of_level: Vec<Hash>,
    hashes: Cell<usize>,
    reads: Cell<usize>,
}

impl Uniform {
    fn new(size: u64) -> Uniform {
        let mut hash = leaf_hash(b"entry");
        let mut of_level = vec![hash];
        for _ in 0..10 {
            for _ in 0..LEVEL_HEIGHT {
                hash = node_hash(&hash, &hash);
            }
            of_level.push(hash);
        }
        Uniform { size, of_level, hashes: Cell::new(0), reads: Cell::new(0) }
    }
}

impl Nodes for Uniform {
    type Error = Infallible;

    fn hashes(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, Infallible> {
        assert!([1, 2, 4, 8, 16, 32].contains(&count), "{count} hashes at once");
        assert_eq!(first / 64, (first + count as u64 - 1) / 64, "one group");
        let end = u128::from(first + count as u64) << (6 * u32::from(level));
        assert!(end <= u128::from(self.size), "level {level} has no {first} + {count}");
        self.hashes.set(self.hashes.get() + count);
        self.reads.set(self.reads.get() + 1);
        Ok(vec![self.of_level[usize::from(level)]; count])
    }
}

/// RFC 9162, 2.1.3.1, to the letter.
fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    if index < k {
        [naive_path(index, left), vec![naive_root(right)]].concat()
    } else {
        [naive_path(index - k, right), vec![naive_root(left)]].concat()
    }
}

/// SUBPROOF of RFC 9162, 2.1.4.1, to the letter.
fn naive_subproof(old: usize, leaves: &[Hash], complete: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if complete { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    if old <= k {
        [naive_subproof(old, left, complete), vec![naive_root(right)]].concat()
    } else {
        [naive_subproof(old - k, right, false), vec![naive_root(left)]].concat()
    }
}

fn reference() -> Rows {
    Rows::of(&REFERENCE_LEAVES.map(|leaf| leaf_hash(&unhex(leaf))))
}

#[test]
fn reference_inclusion_proofs() {
    let rows = reference();
    let vectors: [(u64, u64, &[&str]); 5] = [
        (0, 1, &[]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            &[
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    for (index, size, expected) in vectors {
        let expected: Vec<Hash> = expected.iter().map(|text| hash(text)).collect();
        let proof = inclusion_proof(&rows, index, size).unwrap();
        assert_eq!(proof, expected, "leaf {index} of {size}");
        let leaf = leaf_hash(&unhex(REFERENCE_LEAVES[index as usize]));
        let root = hash(REFERENCE_ROOTS[size as usize]);
        verify_inclusion(&leaf, index, size, &proof, &root).unwrap();
    }
}

#[test]
fn reference_consistency_proofs() {
    let rows = reference();
    let vectors: [(u64, u64, &[&str]); 5] = [
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
        (
            6,
            7,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ];
    for (old, new, expected) in vectors {
        let expected: Vec<Hash> = expected.iter().map(|text| hash(text)).collect();
        let proof = consistency_proof(&rows, old, new).unwrap();
        assert_eq!(proof, expected, "{old} to {new}");
        let (from, to) = (hash(REFERENCE_ROOTS[old as usize]), hash(REFERENCE_ROOTS[new as usize]));
        verify_consistency(old, new, &proof, &from, &to).unwrap();
    }
}

#[test]
fn all_small_trees_are_those_of_the_definition() {
    let leaves = leaves(130);
    let rows = Rows::of(&leaves);
    let roots: Vec<Hash> = (0..=130).map(|size| naive_root(&leaves[..size])).collect();
    for size in 0..=130_usize {
        let n = size as u64;
        assert_eq!(root_at(&rows, n).unwrap(), roots[size]);
        let frontier = frontier_at(&rows, n).unwrap();
        assert_eq!((frontier.size(), frontier.root()), (n, roots[size]));
        assert_eq!(Frontier::decode(&frontier.encode()).unwrap(), frontier);
        for index in 0..size {
            let proof = inclusion_proof(&rows, index as u64, n).unwrap();
            assert_eq!(proof, naive_path(index, &leaves[..size]), "leaf {index} of {size}");
            verify_inclusion(&leaves[index], index as u64, n, &proof, &roots[size]).unwrap();
        }
        for old in 1..=size {
            let proof = consistency_proof(&rows, old as u64, n).unwrap();
            assert_eq!(proof, naive_subproof(old, &leaves[..size], true), "{old} to {size}");
            verify_consistency(old as u64, n, &proof, &roots[old], &roots[size]).unwrap();
        }
        let proof = consistency_proof(&rows, 0, n).unwrap();
        verify_consistency(0, n, &proof, &roots[0], &roots[size]).unwrap();
    }
}

#[test]
fn ten_million_entries_need_a_few_hundred_hashes() {
    for size in [10_000_000, (1 << 24) - 1, 1 << 24, (1 << 24) + 1] {
        let log = Uniform::new(size);
        let mut most = (0, 0);
        let mut count = |what: &str| {
            let (hashes, reads) = (log.hashes.take(), log.reads.take());
            assert!(hashes <= 600 && reads <= 60, "{what} of {size}: {hashes} hashes in {reads} reads");
            most = (most.0.max(hashes), most.1.max(reads));
        };
        let root = root_at(&log, size).unwrap();
        count("root");
        for index in [0, 1, 63, 64, 4095, 4_999_999, 8_388_607, 8_388_608, size - 65, size - 2, size - 1] {
            let proof = inclusion_proof(&log, index, size).unwrap();
            count("inclusion");
            verify_inclusion(&log.of_level[0], index, size, &proof, &root).unwrap();
        }
        for old in [1, 2, 63, 65, 4_999_999, 8_388_607, 8_388_609, size - 64, size - 1] {
            let old_root = root_at(&log, old).unwrap();
            count("root");
            let proof = consistency_proof(&log, old, size).unwrap();
            count("consistency");
            verify_consistency(old, size, &proof, &old_root, &root).unwrap();
        }
        assert!(most.0 > 100, "the log counts what is read");
    }
}

#[test]
fn hostile_sizes_end_in_errors() {
    let rows = Rows::of(&leaves(70));
    assert!(matches!(inclusion_proof(&rows, 0, 0), Err(TreeError::NoSuchEntry { .. })));
    assert!(matches!(inclusion_proof(&rows, 70, 70), Err(TreeError::NoSuchEntry { .. })));
    assert!(matches!(inclusion_proof(&rows, u64::MAX, u64::MAX), Err(TreeError::NoSuchEntry { .. })));
    assert!(matches!(consistency_proof(&rows, 2, 1), Err(TreeError::NotGrowth { .. })));
    assert!(consistency_proof(&rows, u64::MAX, u64::MAX).unwrap().is_empty());
    for size in [71, 128, 1 << 63, u64::MAX - 1, u64::MAX] {
        assert!(matches!(root_at(&rows, size), Err(TreeError::Missing { .. })), "{size}");
        assert!(frontier_at(&rows, size).is_err());
        for index in [0, 69, size / 2] {
            assert!(inclusion_proof(&rows, index, size).is_err(), "{index} of {size}");
        }
        for old in [1, 70, size / 2 + 1, size - 1] {
            assert!(consistency_proof(&rows, old, size).is_err(), "{old} to {size}");
        }
    }
}

#[test]
fn the_largest_trees_work() {
    for size in [u64::MAX, 1 << 63, (1 << 63) + 1] {
        let log = Uniform::new(size);
        let root = root_at(&log, size).unwrap();
        for index in [0, 1 << 40, size - 1] {
            let proof = inclusion_proof(&log, index, size).unwrap();
            assert!(proof.len() <= 64);
            verify_inclusion(&log.of_level[0], index, size, &proof, &root).unwrap();
        }
        for old in [1, 1 << 40, (1 << 40) - 1, size - 1] {
            let proof = consistency_proof(&log, old, size).unwrap();
            assert!(proof.len() <= 65);
            verify_consistency(old, size, &proof, &root_at(&log, old).unwrap(), &root).unwrap();
        }
    }
}

#[test]
fn a_store_with_a_hole_is_named_not_guessed() {
    let mut rows = Rows::of(&leaves(200));
    rows.0[1].truncate(1);
    let error = root_at(&rows, 200).unwrap_err();
    assert!(matches!(error, TreeError::Missing { level: 1, first: 0, count: 2, found: 1 }), "{error}");
    assert!(root_at(&rows, 127).is_ok());
}

#[test]
fn hostile_sizes_never_verify_nor_hang() {
    let (leaf, proof) = ([1; 32], vec![[2; 32]; 70]);
    for size in [0, 1, 2, 1 << 63, u64::MAX] {
        for index in [0, 1, 1 << 62, u64::MAX - 1, u64::MAX] {
            for length in [0, 1, 63, 64, 65, 70] {
                assert!(verify_inclusion(&leaf, index, size, &proof[..length], &[3; 32]).is_err());
                assert!(verify_consistency(index, size, &proof[..length], &[3; 32], &[4; 32]).is_err());
            }
        }
    }
    assert_eq!(verify_inclusion(&leaf, 0, 0, &[], &leaf), Err(VerifyError::OutOfRange));
    assert_eq!(verify_consistency(0, 5, &[], &leaf, &leaf), Err(VerifyError::Root));
}

/// One way to spoil a list of hashes; `None` when it would change nothing.
fn spoil(proof: &[Hash], way: u8, at: usize, bit: u8) -> Option<Vec<Hash>> {
    let mut spoilt = proof.to_vec();
    let at = at % (proof.len() + 1);
    match way {
        0 => spoilt.get_mut(at)?[usize::from(bit / 8)] ^= 1 << (bit % 8),
        1 => spoilt.truncate(at),
        2 => spoilt.insert(at, [bit; 32]),
        3 => spoilt.insert(at, *proof.get(at)?),
        4 if at + 1 < proof.len() => spoilt.swap(at, at + 1),
        5 => drop((at < proof.len()).then(|| spoilt.remove(at))?),
        6 => spoilt.reverse(),
        _ => return None,
    }
    (spoilt != proof).then_some(spoilt)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn a_spoilt_inclusion_proof_fails(
        size in 1..300_u64, index: u64, other: u64, way in 0..7_u8, at: usize, bit: u8,
    ) {
        let leaves = leaves(size);
        let rows = Rows::of(&leaves);
        let (index, other) = (index % size, other % size);
        let root = root_at(&rows, size).unwrap();
        let leaf = leaves[index as usize];
        let proof = inclusion_proof(&rows, index, size).unwrap();
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));
        if let Some(spoilt) = spoil(&proof, way, at, bit) {
            prop_assert!(verify_inclusion(&leaf, index, size, &spoilt, &root).is_err());
        }
        if other != index {
            prop_assert!(verify_inclusion(&leaf, other, size, &proof, &root).is_err());
            prop_assert!(verify_inclusion(&leaves[other as usize], index, size, &proof, &root).is_err());
        }
        let mut changed = root;
        changed[usize::from(bit / 8)] ^= 1 << (bit % 8);
        prop_assert!(verify_inclusion(&leaf, index, size, &proof, &changed).is_err());
    }

    #[test]
    fn a_spoilt_consistency_proof_fails(
        new in 2..300_u64, old: u64, changed: u64, way in 0..7_u8, at: usize, bit: u8,
    ) {
        let mut leaves = leaves(new);
        let rows = Rows::of(&leaves);
        let old = 1 + old % (new - 1);
        let (old_root, new_root) = (root_at(&rows, old).unwrap(), root_at(&rows, new).unwrap());
        let proof = consistency_proof(&rows, old, new).unwrap();
        prop_assert_eq!(verify_consistency(old, new, &proof, &old_root, &new_root), Ok(()));
        if let Some(spoilt) = spoil(&proof, way, at, bit) {
            prop_assert!(verify_consistency(old, new, &spoilt, &old_root, &new_root).is_err());
        }
        // A log that rewrote one of its old entries finds no proof.
        leaves[(changed % old) as usize][0] ^= 1;
        let forged = Rows::of(&leaves);
        let forged_root = root_at(&forged, new).unwrap();
        for proof in [proof, consistency_proof(&forged, old, new).unwrap()] {
            prop_assert!(verify_consistency(old, new, &proof, &old_root, &forged_root).is_err());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Sizes around the second stored level, at 4096 leaves.
    #[test]
    fn larger_trees_are_those_of_the_definition(new in 3900..4400_u64, index: u64, old: u64) {
        let leaves = leaves(new);
        let rows = Rows::of(&leaves);
        let (index, old) = ((index % new) as usize, 1 + (old % new) as usize);
        prop_assert_eq!(root_at(&rows, new).unwrap(), naive_root(&leaves));
        prop_assert_eq!(inclusion_proof(&rows, index as u64, new).unwrap(), naive_path(index, &leaves));
        prop_assert_eq!(
            consistency_proof(&rows, old as u64, new).unwrap(), naive_subproof(old, &leaves, true)
        );
    }
}
