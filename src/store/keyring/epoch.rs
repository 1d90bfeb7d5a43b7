//! The epoch: which ring counts, and the secret without which it is noise. Its change is the commit point of forgetting.
//!
//! `keys/epoch` has two halves of two equal blocks each (see `block.rs`), so four times 4096 bytes:
//! ```text
//! block 0, 1   epochs with an even number        block 2, 3   with an odd one
//! payload      epoch u64 LE | store id 16 | box 96, the 32-byte secret sealed under the master key
//! ```
//! The valid block with the highest number counts. Going from e to e + 1 writes the first block of the other half and
//! syncs: that is the commit point. Then its twin, and only then the old half is overwritten with zeros. At no instant
//! is there less than one whole block; and once the old half is zeros, no copy of the ring of e opens any more, not even
//! with the master key. At rest one half is zeros and the other is whole twice, so that one flipped bit is repaired.

use std::path::Path;

use zeroize::Zeroizing;

use super::KeyError;
use crate::domain::id::StoreId;
use crate::env::Env;
use crate::store::block::{self, BLOCK, Block, Fields, Kind};
use crate::store::crypto::{open_box, seal_box};
use crate::store::files::{self, Doing};

const KIND: Kind = Kind { magic: b"CBEPOCH\0", version: 1 };
const LABEL: &[u8] = b"callbook epoch";
const BLOCKS: usize = 4;

/// A block as it lies on the disk, and what it says.
pub(super) struct Epoch {
    pub(super) number: u64,
    pub(super) secret: Zeroizing<[u8; 32]>,
    block: [u8; BLOCK],
}

/// What was found.
pub(super) struct Found {
    pub(super) current: Epoch,
    /// Which blocks of the current half are not as they should be.
    damaged: [bool; 2],
    /// The other half is not zeros: an erasure was interrupted, before or after its commit point, or a bit flipped.
    leftover: bool,
}

impl Found {
    /// Makes the current half whole twice, and the other one zeros; says whether anything was to do.
    pub(super) fn settle(&self, path: &Path) -> Result<bool, KeyError> {
        if !self.leftover && self.damaged == [false; 2] {
            return Ok(false);
        }
        for (twin, _) in self.damaged.iter().enumerate().filter(|(_, damaged)| **damaged) {
            self.current.write(path, twin)?;
        }
        // A commit that was read may not have reached the disk: synced before what it replaces goes.
        files::open_rw(path)?.sync_data().doing("sync", path)?;
        self.current.wipe_other(path)?;
        Ok(true)
    }
}

impl Epoch {
    /// A new secret for epoch `number`, nowhere written.
    pub(super) fn generate(
        number: u64,
        store: StoreId,
        master: &[u8; 32],
        env: &Env,
    ) -> Result<Epoch, KeyError> {
        let secret = Zeroizing::new(env.random::<32>());
        let sealed =
            seal_box(master, LABEL, &associated(number, store), &*secret, env).ok_or(KeyError::Sealing)?;
        let payload = [&number.to_le_bytes(), store.bytes().as_slice(), &sealed].concat();
        let block = block::encode(KIND, &payload).ok_or(KeyError::Sealing)?;
        Ok(Epoch { number, secret, block })
    }

    /// Writes one of the two blocks of its half (`twin` 0 or 1) and syncs.
    pub(super) fn write(&self, path: &Path, twin: usize) -> Result<(), KeyError> {
        write_block(path, half(self.number) + twin, &self.block)
    }

    /// Overwrites the other half with zeros and syncs.
    pub(super) fn wipe_other(&self, path: &Path) -> Result<(), KeyError> {
        for twin in 0..2 {
            write_block(path, half(self.number + 1) + twin, &[0; BLOCK])?;
        }
        Ok(())
    }

    fn read(bytes: &[u8], path: &Path, store: StoreId, master: &[u8; 32]) -> Result<Option<Epoch>, KeyError> {
        let block = bytes.first_chunk::<BLOCK>().copied();
        let (payload, block) = match (block::decode(KIND, bytes), block) {
            (Block::Valid(payload), Some(block)) => (payload, block),
            (Block::Newer(version), _) => return Err(KeyError::newer(path, version)),
            _ => return Ok(None),
        };
        let mut fields = Fields(payload);
        let damaged = || KeyError::corrupt(path, "it does not belong to these slots and this store");
        let number = fields.u64().ok_or_else(damaged)?;
        if fields.array() != Some(*store.bytes()) {
            return Err(damaged());
        }
        let plain = open_box(master, LABEL, &associated(number, store), fields.0).map_err(|_| damaged())?;
        let secret = Zeroizing::new(*plain.first_chunk().ok_or_else(damaged)?);
        Ok(Some(Epoch { number, secret, block }))
    }
}

/// Makes the file for the first epoch; durable once its directory is synced.
pub(super) fn create(path: &Path, first: &Epoch) -> Result<(), KeyError> {
    files::create_new(path)?;
    for block in 0..BLOCKS {
        write_block(path, block, &[0; BLOCK])?;
    }
    first.write(path, 0)?;
    first.write(path, 1)
}

/// Finds the current epoch. Changes nothing.
pub(super) fn read(path: &Path, store: StoreId, master: &[u8; 32]) -> Result<Found, KeyError> {
    let bytes = files::read_if_there(path, (BLOCKS * BLOCK) as u64)?
        .ok_or_else(|| KeyError::corrupt(path, "it is missing"))?;
    let mut current: Option<Epoch> = None;
    for n in 0..BLOCKS {
        let Some(epoch) = Epoch::read(block::nth(&bytes, n), path, store, master)? else { continue };
        if half(epoch.number) != n / 2 * 2 {
            return Err(KeyError::corrupt(path, "a half of it lies in the wrong place"));
        }
        if current.as_ref().is_none_or(|current| epoch.number > current.number) {
            current = Some(epoch);
        }
    }
    let current = current.ok_or_else(|| KeyError::corrupt(path, "all copies in it are damaged"))?;
    let is = |at: usize, block: &[u8]| block::nth(&bytes, at) == block;
    let (own, other) = (half(current.number), half(current.number + 1));
    Ok(Found {
        damaged: [!is(own, &current.block), !is(own + 1, &current.block)],
        leftover: !is(other, &[0; BLOCK]) || !is(other + 1, &[0; BLOCK]),
        current,
    })
}

/// The first of the two blocks of an epoch's half.
fn half(number: u64) -> usize {
    if number.is_multiple_of(2) { 0 } else { 2 }
}

fn write_block(path: &Path, n: usize, block: &[u8; BLOCK]) -> Result<(), KeyError> {
    let mut file = files::open_rw(path)?;
    files::write_at(&mut file, (n * BLOCK) as u64, block, path)?;
    Ok(file.sync_data().doing("sync", path)?)
}

fn associated(number: u64, store: StoreId) -> Vec<u8> {
    [&number.to_le_bytes(), store.bytes().as_slice()].concat()
}
