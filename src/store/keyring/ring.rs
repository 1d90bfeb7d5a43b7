//! The ring: 32 random bytes for each data subject, in numbered slots, outside the database.
//!
//! `keys/ring.<epoch>.0` and `.1` are equal:
//! ```text
//! block (see block.rs)   store id 16 | epoch u64 LE | slots in a chunk u32 LE
//! chunk 0, 1, ...        box of 4096 keys: 131072 bytes and 64 of overhead
//! ```
//! A chunk is sealed under the master key and the epoch's secret together, bound to store, epoch and its number. All
//! slots of a chunk are filled when it is made, so that taking a slot writes nothing.
//!
//! *Growing* writes the new chunk to copy 0, syncs, then to copy 1, syncs, and only then hands out a slot of it. So a
//! crash leaves one of: a chunk damaged in copy 0 of which copy 1 has no byte (it was never used: cut off); a chunk
//! whole in copy 0 and not in copy 1 (kept, copy 1 repaired). Damaged in both copies, it is an error that names it.
//! Chunks cut from both copies show as slots that records use and the ring lacks: see [`Ring::set_used`].

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use zeroize::{Zeroize, Zeroizing};

use super::{KeyError, Slot};
use crate::domain::id::StoreId;
use crate::env::Env;
use crate::store::block::{self, BLOCK, Block, Fields, Kind};
use crate::store::crypto::{BOX_OVERHEAD, open_box, seal_box};
use crate::store::envelope::SubjectKey;
use crate::store::files::{self, Doing};

/// Slots in a chunk.
pub(super) const CHUNK_SLOTS: usize = 4096;

const PLAIN: usize = CHUNK_SLOTS * 32;
const SEALED: usize = PLAIN + BOX_OVERHEAD;
const KIND: Kind = Kind { magic: b"CBRING\0\0", version: 1 };
const LABEL: &[u8] = b"callbook ring";
/// 268 million people.
const MAX_CHUNKS: usize = 1 << 16;

/// What a ring is sealed under and bound to.
#[derive(Clone, Copy)]
pub(super) struct Seal<'a> {
    pub(super) store: StoreId,
    pub(super) epoch: u64,
    pub(super) master: &'a [u8; 32],
    pub(super) secret: &'a [u8; 32],
}

type Chunk = Box<[SubjectKey]>;

/// All keys, in memory, with which of them are used.
pub(super) struct Ring {
    chunks: Vec<Chunk>,
    /// A bit for each slot.
    used: Vec<u64>,
    /// No slot before this word of `used` is free.
    cursor: usize,
}

impl Ring {
    /// A ring of one chunk, nowhere written.
    pub(super) fn generate(env: &Env) -> Ring {
        let mut ring = Ring { chunks: Vec::new(), used: Vec::new(), cursor: 0 };
        ring.push(fresh_chunk(env));
        ring.set(Slot::STORE, true);
        ring
    }

    /// A ring of these chunks, each of whole keys.
    pub(super) fn of_chunks(chunks: impl IntoIterator<Item = Zeroizing<Vec<u8>>>) -> Option<Ring> {
        let mut ring = Ring { chunks: Vec::new(), used: Vec::new(), cursor: 0 };
        for plain in chunks {
            if plain.len() != PLAIN || ring.chunks.len() >= MAX_CHUNKS {
                return None;
            }
            ring.push(split(&plain));
        }
        ring.set(Slot::STORE, true);
        (!ring.chunks.is_empty()).then_some(ring)
    }

    /// All keys, a chunk at a time.
    pub(super) fn plain_chunks(&self) -> impl ExactSizeIterator<Item = Zeroizing<Vec<u8>>> {
        self.chunks.iter().map(plain)
    }

    fn push(&mut self, chunk: Chunk) {
        self.chunks.push(chunk);
        self.used.resize(self.chunks.len() * CHUNK_SLOTS / 64, 0);
    }

    pub(super) fn len(&self) -> u32 {
        (self.chunks.len() * CHUNK_SLOTS) as u32
    }

    pub(super) fn key(&self, slot: Slot) -> Option<&SubjectKey> {
        let n = slot.0 as usize;
        self.chunks.get(n / CHUNK_SLOTS)?.get(n % CHUNK_SLOTS)
    }

    pub(super) fn is_used(&self, slot: Slot) -> bool {
        self.used.get(slot.0 as usize / 64).is_some_and(|word| word >> (slot.0 % 64) & 1 == 1)
    }

    fn set(&mut self, slot: Slot, used: bool) {
        let word = slot.0 as usize / 64;
        let Some(bits) = self.used.get_mut(word) else { return };
        if used {
            *bits |= 1 << (slot.0 % 64);
        } else {
            *bits &= !(1 << (slot.0 % 64));
            self.cursor = self.cursor.min(word);
        }
    }

    /// Marks a slot that a record names; an error when the ring has no such slot, for then keys were lost.
    pub(super) fn set_used(&mut self, slot: Slot) -> Result<(), KeyError> {
        if slot.0 >= self.len() {
            return Err(KeyError::SlotBeyondRing { slot: slot.0, slots: self.len() });
        }
        self.set(slot, true);
        Ok(())
    }

    /// Takes a free slot; `None` when the ring must grow first.
    pub(super) fn take(&mut self) -> Option<Slot> {
        while let Some(bits) = self.used.get_mut(self.cursor) {
            if *bits != u64::MAX {
                let bit = bits.trailing_ones();
                *bits |= 1 << bit;
                return Some(Slot((self.cursor * 64) as u32 + bit));
            }
            self.cursor += 1;
        }
        None
    }

    pub(super) fn used_count(&self) -> u32 {
        self.used.iter().map(|bits| bits.count_ones()).sum()
    }

    /// Adds a chunk in memory only.
    pub(super) fn extend(&mut self, env: &Env) -> Result<(), KeyError> {
        if self.chunks.len() >= MAX_CHUNKS {
            return Err(KeyError::RingFull);
        }
        self.push(fresh_chunk(env));
        Ok(())
    }

    /// Adds a chunk, on the disk first. On an error the ring is as before, and must not grow again in this process.
    pub(super) fn grow(&mut self, dir: &Path, seal: Seal<'_>, env: &Env) -> Result<(), KeyError> {
        let n = self.chunks.len();
        if n >= MAX_CHUNKS {
            return Err(KeyError::RingFull);
        }
        let chunk = fresh_chunk(env);
        let sealed = seal_chunk(&chunk, n, seal, env)?;
        for copy in 0..2 {
            write_chunk(&path(dir, seal.epoch, copy), n, &sealed)?;
        }
        self.push(chunk);
        Ok(())
    }

    /// Writes both copies of the ring as files of the seal's epoch, and syncs them.
    pub(super) fn write(&self, dir: &Path, seal: Seal<'_>, env: &Env) -> Result<(), KeyError> {
        let paths = [path(dir, seal.epoch, 0), path(dir, seal.epoch, 1)];
        let mut copies = Vec::new();
        for path in &paths {
            files::wipe(path)?;
            let mut file = files::create_new(path)?;
            file.write_all(&header(seal)?).doing("write", path)?;
            copies.push((file, path));
        }
        for (n, chunk) in self.chunks.iter().enumerate() {
            let sealed = seal_chunk(chunk, n, seal, env)?;
            for (file, path) in &mut copies {
                file.write_all(&sealed).doing("write", path)?;
            }
        }
        for (file, path) in copies {
            file.sync_all().doing("sync", path)?;
        }
        Ok(files::sync_dir(dir)?)
    }

    /// A ring with the same keys in used slots, and new random ones in the `forgotten` and in all free slots.
    ///
    /// The free ones too: one of them may have sealed a record that was written but lost in a crash before it was
    /// acknowledged, and must not be somebody else's key later.
    pub(super) fn without(&self, forgotten: &[Slot], env: &Env) -> Ring {
        let mut next = Ring { chunks: Vec::new(), used: self.used.clone(), cursor: self.cursor };
        for slot in forgotten {
            next.set(*slot, false);
        }
        for (n, old) in self.chunks.iter().enumerate() {
            let words = &next.used[n * CHUNK_SLOTS / 64..(n + 1) * CHUNK_SLOTS / 64];
            if words.iter().all(|word| *word == u64::MAX) {
                next.chunks.push(old.iter().map(|key| SubjectKey::from_bytes(*key.bytes())).collect());
                continue;
            }
            let mut fresh = fresh_chunk(env);
            for (i, (new, old)) in fresh.iter_mut().zip(old).enumerate() {
                if words[i / 64] >> (i % 64) & 1 == 1 {
                    *new = SubjectKey::from_bytes(*old.bytes());
                }
            }
            next.chunks.push(fresh);
        }
        next
    }
}

/// Reads the ring of the seal's epoch, and repairs one copy from the other; `repairs` gets what was done.
pub(super) fn load(dir: &Path, seal: Seal<'_>, repairs: &mut Vec<String>) -> Result<Ring, KeyError> {
    let mut copies = [Copy::open(dir, seal, 0)?, Copy::open(dir, seal, 1)?];
    if copies.iter().all(|copy| copy.missing) {
        return Err(KeyError::corrupt(&copies[0].path, "both copies of it are missing"));
    }
    for copy in &mut copies {
        copy.check_header(seal, repairs)?;
    }
    let mut ring = Ring { chunks: Vec::new(), used: Vec::new(), cursor: 0 };
    loop {
        let n = ring.chunks.len();
        let [zero, one] = &mut copies;
        let (a, b) = (zero.chunk(n)?, one.chunk(n)?);
        if a.is_empty() && b.is_empty() {
            break;
        }
        if n >= MAX_CHUNKS {
            return Err(KeyError::corrupt(&zero.path, "it is longer than it can be"));
        }
        let from_zero = open_chunk(&a, n, seal);
        let from_one = if a == b { None } else { open_chunk(&b, n, seal) };
        let chunk = match (from_zero, from_one) {
            (Some(_), Some(_)) => return Err(zero.corrupt_chunk(n, "differs between the two copies")),
            (Some(chunk), None) => {
                if a != b {
                    one.repair(n, &a, repairs)?;
                }
                chunk
            }
            (None, Some(chunk)) => {
                zero.repair(n, &b, repairs)?;
                chunk
            }
            (None, None) if b.is_empty() && n > 0 && zero.ends_within(n)? => {
                zero.cut(n, repairs)?;
                break;
            }
            (None, None) => return Err(zero.corrupt_chunk(n, "is damaged in both copies")),
        };
        ring.push(chunk);
    }
    if ring.chunks.is_empty() {
        return Err(KeyError::corrupt(&copies[0].path, "it has no keys in it"));
    }
    ring.set(Slot::STORE, true);
    Ok(ring)
}

/// Reads the ring of the seal's epoch and changes nothing: what is damaged in one copy is taken from the other.
pub(super) fn look(dir: &Path, seal: Seal<'_>) -> Result<Ring, KeyError> {
    let mut copies = Vec::new();
    for copy in 0..2 {
        let path = path(dir, seal.epoch, copy);
        if path.exists() {
            copies.push(Copy { file: files::open(&path)?, path, missing: false });
        }
    }
    let missing = || KeyError::corrupt(&path(dir, seal.epoch, 0), "both copies of it are missing");
    let mut chunks = Vec::new();
    loop {
        let n = chunks.len();
        let mut found = None;
        let mut ends = true;
        for copy in &mut copies {
            let sealed = copy.chunk(n)?;
            // What a crash left of a chunk that was never used ends within it.
            ends &= sealed.is_empty() || n > 0 && copy.ends_within(n)?;
            found = found.or_else(|| open_chunk(&sealed, n, seal));
        }
        match found {
            Some(chunk) => chunks.push(plain(&chunk)),
            None if ends => break,
            None => {
                return Err(copies.first().map_or_else(missing, |copy| copy.corrupt_chunk(n, "is damaged")));
            }
        }
    }
    Ring::of_chunks(chunks).ok_or_else(missing)
}

/// Wipes the rings of all epochs but `epoch`, and what an interrupted replacement left.
pub(super) fn wipe_others(dir: &Path, epoch: u64) -> Result<(), KeyError> {
    let mut changed = false;
    for name in files::names(dir)? {
        let other =
            name.strip_prefix("ring.").and_then(|rest| rest.split_once('.')).is_some_and(|(number, copy)| {
                (copy == "0" || copy == "1") && number.parse().is_ok_and(|number: u64| number != epoch)
            });
        if other || name.ends_with(".new") {
            files::wipe(&dir.join(name))?;
            changed = true;
        }
    }
    if changed {
        files::sync_dir(dir)?;
    }
    Ok(())
}

/// One of the two files, while it is read.
struct Copy {
    path: PathBuf,
    file: File,
    missing: bool,
}

impl Copy {
    fn open(dir: &Path, seal: Seal<'_>, copy: u8) -> Result<Copy, KeyError> {
        let path = path(dir, seal.epoch, copy);
        let missing = !path.exists();
        Ok(Copy { file: files::open_or_create(&path)?, path, missing })
    }

    fn check_header(&mut self, seal: Seal<'_>, repairs: &mut Vec<String>) -> Result<(), KeyError> {
        let bytes = self.read_at(0, BLOCK)?;
        let good = header(seal)?;
        if let Block::Newer(version) = block::decode(KIND, &bytes) {
            return Err(KeyError::newer(&self.path, version));
        }
        if let Block::Valid(payload) = block::decode(KIND, &bytes) {
            let mut fields = Fields(payload);
            let owner = fields.array().map(StoreId::from_bytes);
            if (owner, fields.u64()) != (Some(seal.store), Some(seal.epoch)) {
                return Err(KeyError::corrupt(&self.path, "it belongs to another store or epoch"));
            }
        }
        if bytes != good {
            files::write_at(&mut self.file, 0, &good, &self.path)?;
            self.file.sync_all().doing("sync", &self.path)?;
            repairs.push(format!("{}: its header was written anew", self.path.display()));
        }
        Ok(())
    }

    fn chunk(&mut self, n: usize) -> Result<Vec<u8>, KeyError> {
        self.read_at(offset(n), SEALED)
    }

    fn read_at(&mut self, offset: u64, len: usize) -> Result<Vec<u8>, KeyError> {
        let mut bytes = Vec::with_capacity(len);
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| (&self.file).take(len as u64).read_to_end(&mut bytes))
            .doing("read", &self.path)?;
        Ok(bytes)
    }

    fn ends_within(&self, n: usize) -> Result<bool, KeyError> {
        Ok(self.file.metadata().doing("look at", &self.path)?.len() <= offset(n + 1))
    }

    fn repair(&mut self, n: usize, sealed: &[u8], repairs: &mut Vec<String>) -> Result<(), KeyError> {
        write_chunk(&self.path, n, sealed)?;
        repairs.push(format!("{}: chunk {n} was damaged; repaired from the other copy", self.path.display()));
        Ok(())
    }

    fn cut(&mut self, n: usize, repairs: &mut Vec<String>) -> Result<(), KeyError> {
        self.file.set_len(offset(n)).and_then(|()| self.file.sync_all()).doing("cut", &self.path)?;
        repairs
            .push(format!("{}: an unfinished chunk {n} was cut off; it was never used", self.path.display()));
        Ok(())
    }

    fn corrupt_chunk(&self, n: usize, what: &str) -> KeyError {
        let (first, last) = (n * CHUNK_SLOTS, (n + 1) * CHUNK_SLOTS - 1);
        KeyError::Corrupt {
            file: self.path.clone(),
            what: format!("chunk {n} (keys {first} to {last}) {what}"),
        }
    }
}

pub(super) fn path(dir: &Path, epoch: u64, copy: u8) -> PathBuf {
    dir.join(format!("ring.{epoch}.{copy}"))
}

fn offset(n: usize) -> u64 {
    (BLOCK + n * SEALED) as u64
}

fn header(seal: Seal<'_>) -> Result<[u8; BLOCK], KeyError> {
    let slots = (CHUNK_SLOTS as u32).to_le_bytes();
    let payload = [seal.store.bytes().as_slice(), &seal.epoch.to_le_bytes(), &slots].concat();
    block::encode(KIND, &payload).ok_or(KeyError::Sealing)
}

fn fresh_chunk(env: &Env) -> Chunk {
    let mut bytes = Zeroizing::new(vec![0; PLAIN]);
    env.entropy.fill(&mut bytes);
    split(&bytes)
}

fn split(plain: &[u8]) -> Chunk {
    plain.as_chunks::<32>().0.iter().map(|key| SubjectKey::from_bytes(*key)).collect()
}

fn seal_chunk(chunk: &Chunk, n: usize, seal: Seal<'_>, env: &Env) -> Result<Vec<u8>, KeyError> {
    seal_box(&*keying(seal), LABEL, &associated(n, seal), &plain(chunk), env).ok_or(KeyError::Sealing)
}

fn plain(chunk: &Chunk) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(PLAIN));
    for key in chunk {
        plain.extend_from_slice(key.bytes());
    }
    plain
}

fn open_chunk(sealed: &[u8], n: usize, seal: Seal<'_>) -> Option<Chunk> {
    if sealed.len() != SEALED {
        return None;
    }
    let plain = open_box(&*keying(seal), LABEL, &associated(n, seal), sealed).ok()?;
    Some(split(&plain))
}

fn keying(seal: Seal<'_>) -> Zeroizing<[u8; 64]> {
    let mut both = Zeroizing::new([0; 64]);
    both[..32].copy_from_slice(seal.master);
    both[32..].copy_from_slice(seal.secret);
    both
}

fn associated(n: usize, seal: Seal<'_>) -> Vec<u8> {
    [seal.store.bytes().as_slice(), &seal.epoch.to_le_bytes(), &(n as u32).to_le_bytes()].concat()
}

fn write_chunk(path: &Path, n: usize, sealed: &[u8]) -> Result<(), KeyError> {
    let mut file = files::open_rw(path)?;
    files::write_at(&mut file, offset(n), sealed, path)?;
    Ok(file.sync_all().doing("sync", path)?)
}

impl Drop for Ring {
    fn drop(&mut self) {
        // Each key wipes itself; said here so that it is not lost when the type of a chunk changes.
        self.chunks.iter_mut().flat_map(|chunk| chunk.iter_mut()).for_each(Zeroize::zeroize);
    }
}
