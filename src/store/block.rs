//! A block of 4096 bytes that knows whether it is whole; the small files of a store are pairs of equal blocks.
//!
//! ```text
//! magic 8 | version u16 LE | length u16 LE | payload | zeros | SHA-256 of all before, 32
//! ```
//! 4096 bytes, because a disk writes at least that much at once: a torn write of one block leaves its twin alone. The
//! checksum is against accidents; against forgery, what must not be forged is also sealed. Every later version keeps
//! this frame, so that an old program can tell "newer" from "damaged".

use sha2::{Digest, Sha256};

pub(crate) const BLOCK: usize = 4096;

const HEAD: usize = 12;
const SUM: usize = BLOCK - 32;

/// What a file is, and the newest version of it that this program knows.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) magic: &'static [u8; 8],
    pub(crate) version: u16,
}

#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Block<'a> {
    Valid(&'a [u8]),
    /// All zeros: never written, or wiped.
    Empty,
    Newer(u16),
    Damaged,
}

/// `None` when the payload is too long for a block.
pub(crate) fn encode(kind: Kind, payload: &[u8]) -> Option<[u8; BLOCK]> {
    let len = u16::try_from(payload.len()).ok()?;
    let mut block = [0; BLOCK];
    block[..8].copy_from_slice(kind.magic);
    block[8..10].copy_from_slice(&kind.version.to_le_bytes());
    block[10..12].copy_from_slice(&len.to_le_bytes());
    block[HEAD..SUM].get_mut(..payload.len())?.copy_from_slice(payload);
    let sum = Sha256::digest(&block[..SUM]);
    block[SUM..].copy_from_slice(&sum);
    Some(block)
}

/// Reads a block; anything shorter or longer than one is damaged.
pub(crate) fn decode(kind: Kind, bytes: &[u8]) -> Block<'_> {
    if bytes.len() != BLOCK {
        return Block::Damaged;
    }
    if bytes.iter().all(|&byte| byte == 0) {
        return Block::Empty;
    }
    if Sha256::digest(&bytes[..SUM])[..] != bytes[SUM..] || bytes[..8] != kind.magic[..] {
        return Block::Damaged;
    }
    let version = u16::from_le_bytes([bytes[8], bytes[9]]);
    if version > kind.version {
        return Block::Newer(version);
    }
    let len = usize::from(u16::from_le_bytes([bytes[10], bytes[11]]));
    bytes[HEAD..SUM].get(..len).map_or(Block::Damaged, Block::Valid)
}

/// The n-th block of a file, which may have been cut.
pub(crate) fn nth(bytes: &[u8], n: usize) -> &[u8] {
    let start = (n * BLOCK).min(bytes.len());
    &bytes[start..(start + BLOCK).min(bytes.len())]
}

/// Two blocks that should be equal.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Twins {
    Valid {
        payload: Vec<u8>,
        /// One of the two is damaged or differs, and should be written anew.
        repair: bool,
    },
    Newer(u16),
    Damaged,
}

/// Reads a file of two equal blocks; where both are whole but differ, the first is the newer.
pub(crate) fn read_twins(kind: Kind, bytes: &[u8]) -> Twins {
    let (first, second) = (decode(kind, nth(bytes, 0)), decode(kind, nth(bytes, 1)));
    match (&first, &second) {
        (Block::Newer(version), _) | (_, Block::Newer(version)) => Twins::Newer(*version),
        (Block::Valid(payload), _) | (_, Block::Valid(payload)) => {
            Twins::Valid { payload: payload.to_vec(), repair: first != second || bytes.len() != 2 * BLOCK }
        }
        _ => Twins::Damaged,
    }
}

/// The bytes of a file of two equal blocks.
pub(crate) fn twins(kind: Kind, payload: &[u8]) -> Option<Vec<u8>> {
    let block = encode(kind, payload)?;
    Some([block, block].concat())
}

/// Takes fixed-size fields from the front of a payload.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl Fields<'_> {
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind { magic: b"TESTTEST", version: 3 };

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let block = encode(KIND, b"payload").unwrap();
        assert_eq!(decode(KIND, &block), Block::Valid(b"payload"));
        for bit in 0..BLOCK * 8 {
            let mut flipped = block;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(KIND, &flipped), Block::Damaged, "bit {bit}");
        }
        assert_eq!(decode(KIND, &block[..BLOCK - 1]), Block::Damaged);
        assert_eq!(decode(KIND, &[0; BLOCK]), Block::Empty);
    }

    #[test]
    fn newer_is_not_damaged() {
        let newer = encode(Kind { version: 4, ..KIND }, b"what the future holds").unwrap();
        assert_eq!(decode(KIND, &newer), Block::Newer(4));
        let other = encode(Kind { magic: b"OTHERONE", ..KIND }, b"").unwrap();
        assert_eq!(decode(KIND, &other), Block::Damaged);
        assert!(encode(KIND, &[0; BLOCK]).is_none());
        assert!(encode(KIND, &[0; SUM - HEAD]).is_some());
        assert!(encode(KIND, &[0; SUM - HEAD + 1]).is_none());
    }

    #[test]
    fn one_twin_is_enough() {
        let whole = twins(KIND, b"x").unwrap();
        assert_eq!(read_twins(KIND, &whole), Twins::Valid { payload: b"x".to_vec(), repair: false });
        for at in [20, BLOCK + 20] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            assert_eq!(read_twins(KIND, &bytes), Twins::Valid { payload: b"x".to_vec(), repair: true });
        }
        assert_eq!(read_twins(KIND, &whole[..BLOCK]), Twins::Valid { payload: b"x".to_vec(), repair: true });
        assert_eq!(read_twins(KIND, &whole[..BLOCK - 1]), Twins::Damaged);
        let mut both = whole;
        both[20] ^= 1;
        both[BLOCK + 30] ^= 1;
        assert_eq!(read_twins(KIND, &both), Twins::Damaged);
    }
}
