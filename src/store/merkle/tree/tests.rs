use proptest::prelude::*;

use super::*;

/// The leaves of the test data of certificate-transparency, which every implementation of RFC 6962 is tested with.
pub(in crate::store::merkle) const REFERENCE_LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// The roots of the trees of the first 0 to 8 of them.
pub(in crate::store::merkle) const REFERENCE_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

pub(in crate::store::merkle) fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

pub(in crate::store::merkle) fn hash(text: &str) -> Hash {
    unhex(text).try_into().unwrap()
}

/// The hashes of `count` different leaves.
pub(in crate::store::merkle) fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// RFC 9162, 2.1.1, to the letter.
pub(in crate::store::merkle) fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// The largest power of two smaller than `n`.
pub(in crate::store::merkle) fn naive_split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

fn frontier_of(leaves: &[Hash]) -> Frontier {
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.append(*leaf).unwrap();
    }
    frontier
}

#[test]
fn reference_roots() {
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root(), hash(REFERENCE_ROOTS[0]));
    for (leaf, root) in REFERENCE_LEAVES.iter().zip(&REFERENCE_ROOTS[1..]) {
        frontier.append(leaf_hash(&unhex(leaf))).unwrap();
        assert_eq!(frontier.root(), hash(root));
    }
}

#[test]
fn roots_are_those_of_the_definition() {
    let leaves = leaves(130);
    let mut frontier = Frontier::new();
    for size in 0..=130 {
        assert_eq!(frontier.root(), naive_root(&leaves[..size]), "size {size}");
        if let Some(leaf) = leaves.get(size) {
            assert_eq!(frontier.append(*leaf).unwrap().index, size as u64);
        }
    }
}

#[test]
fn appends_report_each_complete_node_of_a_stored_level_once() {
    let leaves = leaves(2 * 4096 + 65);
    let mut frontier = Frontier::new();
    let mut completed = Vec::new();
    for leaf in &leaves {
        let size = frontier.size() + 1;
        let nodes = frontier.append(*leaf).unwrap().completed;
        assert_eq!(
            nodes.len(),
            usize::from(size.is_multiple_of(64)) + usize::from(size.is_multiple_of(4096))
        );
        completed.extend(nodes);
    }
    let of_level = |level, width: usize| -> Vec<Hash> {
        let nodes: Vec<StoredNode> = completed.iter().copied().filter(|node| node.level == level).collect();
        for (i, node) in nodes.iter().enumerate() {
            assert_eq!(node.index, i as u64);
            assert_eq!(node.hash, naive_root(&leaves[i * width..(i + 1) * width]));
        }
        nodes.iter().map(|node| node.hash).collect()
    };
    assert_eq!(of_level(1, 64).len(), 129);
    assert_eq!(of_level(2, 4096).len(), 2);
    assert_eq!(of_level(3, 64 * 4096).len(), 0);
}

#[test]
fn encoding_is_frozen() {
    let frontier = frontier_of(&[leaf_hash(b""), leaf_hash(&[0]), leaf_hash(&[0x10])]);
    let bytes = unhex(
        "010000000000000003\
         fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125\
         0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    );
    assert_eq!(frontier.encode(), bytes);
    assert_eq!(Frontier::decode(&bytes).unwrap(), frontier);
    assert_eq!(Frontier::new().encode(), unhex("010000000000000000"));
}

#[test]
fn a_decoded_frontier_goes_on_as_the_original() {
    let leaves = leaves(200);
    for cut in 0..200 {
        let mut saved = Frontier::decode(&frontier_of(&leaves[..cut]).encode()).unwrap();
        for leaf in &leaves[cut..] {
            saved.append(*leaf).unwrap();
        }
        assert_eq!(saved.root(), naive_root(&leaves), "cut at {cut}");
    }
}

#[test]
fn damaged_bytes_do_not_decode() {
    let good = frontier_of(&leaves(7)).encode();
    for length in 0..good.len() {
        assert!(Frontier::decode(&good[..length]).is_err(), "cut to {length}");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert!(Frontier::decode(&longer).is_err());
    longer.extend([0; 31]);
    assert!(Frontier::decode(&longer).is_err());
    let mut other_version = good.clone();
    other_version[0] = 2;
    assert!(Frontier::decode(&other_version).is_err());
    let mut other_size = good;
    other_size[8] = 8;
    assert!(Frontier::decode(&other_size).is_err());
}

#[test]
fn the_largest_log_refuses_another_entry_and_stays_as_it_was() {
    let mut bytes = vec![1];
    bytes.extend(u64::MAX.to_be_bytes());
    bytes.extend([7; 64 * 32]);
    let mut frontier = Frontier::decode(&bytes).unwrap();
    let before = frontier.clone();
    frontier.root();
    assert_eq!(frontier.append([0; 32]), Err(FrontierError::Full));
    assert_eq!(frontier, before);
}

proptest! {
    #[test]
    fn any_bytes_decode_to_themselves_or_not_at_all(
        size in prop_oneof![0..300_u64, any::<u64>()],
        off in -1..=1_i64,
        byte: u8,
    ) {
        let mut bytes = vec![1];
        bytes.extend(size.to_be_bytes());
        bytes.resize((9 + 32 * i64::from(size.count_ones()) + off) as usize, byte);
        match Frontier::decode(&bytes) {
            Ok(frontier) => {
                prop_assert_eq!(off, 0);
                prop_assert_eq!(frontier.encode(), bytes);
            }
            Err(_) => prop_assert_ne!(off, 0),
        }
    }
}
