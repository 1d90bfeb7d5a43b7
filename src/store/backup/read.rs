//! Reading a backup: every byte of it is looked at, in order, and nothing is believed that the checks do not bear out.

use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{BackupError, CHECK, CHECKPOINT, END, Form, HEAD, Header, KEYS, LONGEST, PURPOSE, ROWS, Take};
use crate::store::StoreError;
use crate::store::backend::{MAX_KEY, MAX_VALUE};
use crate::store::block::BLOCK;
use crate::store::files::{self, FileError};
use crate::store::keyring::Keyring;
use crate::store::keyring::escrow::Escrow;
use crate::store::merkle::tree::Frontier;
use crate::store::table;

/// What a backup was found to be, read to its end.
pub struct Contents {
    pub path: PathBuf,
    pub header: Header,
    pub rows: u64,
    pub bytes: u64,
    /// Of the whole file.
    pub sha256: [u8; 32],
    /// The log's checkpoint, as a signed note.
    pub checkpoint: String,
    keys: Vec<u8>,
    seal: [u8; 32],
    sealed: [u8; 32],
}

impl Contents {
    /// An error unless it was made with these keys.
    pub fn check_seal(&self, keyring: &Keyring) -> Result<(), StoreError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*keyring.derive(PURPOSE))
            .map_err(|_| StoreError::Encoding("the key of backups"))?;
        mac.update(&self.sealed);
        mac.verify_slice(&self.seal).map_err(|_| BackupError::NotSealed { path: self.path.clone() }.into())
    }

    /// The keys in it, where it is a whole one.
    pub fn escrow(&self) -> Result<Option<Escrow>, StoreError> {
        if self.keys.is_empty() {
            return Ok(None);
        }
        Ok(Some(Escrow::parse(&self.keys, &self.path)?))
    }
}

/// Follows the log in the rows of its leaves, as they come in key order; other rows change nothing. Leaves behind a gap are
/// not counted.
pub fn append_leaves(log: &mut Frontier, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
    if key.first() == Some(&table::LEAVES) && table::seq_of(key) == Some(log.size()) {
        for leaf in value.as_chunks::<32>().0 {
            log.append(*leaf)?;
        }
    }
    Ok(())
}

/// Reads the head of the backup at `path` alone.
pub fn head(path: &Path) -> Result<Header, StoreError> {
    let mut bytes = Vec::with_capacity(BLOCK);
    let read = files::open(path)?.take(BLOCK as u64).read_to_end(&mut bytes);
    read.map_err(|error| FileError::new("read", path, error)).map_err(BackupError::from)?;
    Ok(Header::decode(&bytes, path)?)
}

/// Reads the backup at `path`, gives each row to `visit` in key order, and checks everything that can be checked without
/// keys: all checks of chunks, the order of rows, and the log's root from its leaves. `going` hears how many bytes were
/// read, and ends it with `false`.
///
/// Rows are given before the end of the file is known to be whole; what is made of them must not outlive an error.
pub fn read(
    path: &Path,
    visit: Take<'_>,
    going: &mut dyn FnMut(u64) -> bool,
) -> Result<Contents, StoreError> {
    let mut file = BufReader::with_capacity(1 << 20, files::open(path)?);
    read_from(&mut file, path, visit, going)
}

/// The same from anywhere; `path` is what messages call it.
pub fn read_from(
    file: &mut dyn Read,
    path: &Path,
    visit: Take<'_>,
    going: &mut dyn FnMut(u64) -> bool,
) -> Result<Contents, StoreError> {
    let mut source = Source { path, file, hash: Sha256::new(), bytes: 0 };
    let mut block = vec![0; BLOCK];
    let got = source.fill(&mut block)?;
    let header = Header::decode(block.get(..got).unwrap_or_default(), path)?;
    source.hash.update(&block);
    let mut rows = Rows { path, last: Vec::new(), count: 0, log: Frontier::new() };
    let (mut checkpoint, mut keys) = (None, Vec::new());
    let mut content = Vec::new();
    for number in 0.. {
        if !going(source.bytes) {
            return Err(BackupError::Stopped.into());
        }
        let sealed = source.hash.clone().finalize().into();
        match source.chunk(number, &mut content)? {
            ROWS => rows.take(&content, visit)?,
            CHECKPOINT if checkpoint.is_none() => {
                let text = String::from_utf8(std::mem::take(&mut content));
                checkpoint = Some(text.map_err(|_| source.damaged("its checkpoint is no text"))?);
            }
            KEYS if header.form == Form::Whole => keys.append(&mut content),
            END => {
                let mut rest = [0; 1];
                if source.fill(&mut rest)? != 0 {
                    return Err(source.damaged("something follows its end").into());
                }
                let (count, seal) = match content.split_first_chunk::<8>() {
                    Some((count, seal)) => (u64::from_le_bytes(*count), <[u8; 32]>::try_from(seal).ok()),
                    None => (0, None),
                };
                let seal = seal.ok_or_else(|| source.damaged("its end does not decode"))?;
                if count != rows.count {
                    return Err(source.damaged("rows of it are missing").into());
                }
                if rows.log.size() != header.entries || rows.log.root() != header.root {
                    return Err(source.damaged("its history does not lead to the root it names").into());
                }
                if (header.form == Form::Whole) == keys.is_empty() {
                    return Err(source.damaged("it has no keys").into());
                }
                return Ok(Contents {
                    path: path.into(),
                    rows: rows.count,
                    bytes: source.bytes,
                    sha256: source.hash.finalize().into(),
                    checkpoint: checkpoint.unwrap_or_default(),
                    keys,
                    seal,
                    sealed,
                    header,
                });
            }
            kind => return Err(source.damaged(&format!("a chunk of it has the unknown kind {kind}")).into()),
        }
    }
    Err(source.damaged("it has too many chunks").into())
}

struct Source<'p> {
    path: &'p Path,
    file: &'p mut dyn Read,
    hash: Sha256,
    bytes: u64,
}

impl Source<'_> {
    fn damaged(&self, what: &str) -> BackupError {
        BackupError::Damaged { path: self.path.into(), what: what.to_owned() }
    }

    /// Reads until `bytes` is full or the file ends.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<usize, BackupError> {
        let mut got = 0;
        while let Some(rest) = bytes.get_mut(got..).filter(|rest| !rest.is_empty()) {
            match self.file.read(rest) {
                Ok(0) => break,
                Ok(n) => got += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(FileError::new("read", self.path, error).into()),
            }
        }
        self.bytes += got as u64;
        Ok(got)
    }

    fn all(&mut self, bytes: &mut [u8]) -> Result<(), BackupError> {
        if self.fill(bytes)? < bytes.len() {
            return Err(BackupError::Cut { path: self.path.into(), bytes: self.bytes });
        }
        Ok(())
    }

    /// Reads one chunk and checks it; its kind.
    fn chunk(&mut self, number: u32, content: &mut Vec<u8>) -> Result<u8, BackupError> {
        let mut head = [0; HEAD];
        self.all(&mut head)?;
        let [kind, n0, n1, n2, n3, l0, l1, l2, l3] = head;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if u32::from_le_bytes([n0, n1, n2, n3]) != number || length > LONGEST {
            return Err(self.damaged(&format!("chunk {number} of it is not there, or makes no sense")));
        }
        content.resize(length, 0);
        self.all(content)?;
        self.hash.update(head);
        self.hash.update(&*content);
        let expected = self.hash.clone().finalize();
        let mut check = [0; CHECK];
        self.all(&mut check)?;
        self.hash.update(check);
        if check[..] != expected[..CHECK] {
            return Err(self.damaged(&format!("chunk {number} of it is not as it was written")));
        }
        Ok(kind)
    }
}

struct Rows<'p> {
    path: &'p Path,
    last: Vec<u8>,
    count: u64,
    log: Frontier,
}

impl Rows<'_> {
    fn take(&mut self, mut bytes: &[u8], visit: Take<'_>) -> Result<(), StoreError> {
        while !bytes.is_empty() {
            let (key, value, rest) = row(bytes).ok_or_else(|| self.damaged("a row of it does not decode"))?;
            if key <= self.last.as_slice() {
                return Err(self.damaged("its rows are not in order").into());
            }
            self.last.clear();
            self.last.extend_from_slice(key);
            append_leaves(&mut self.log, key, value)?;
            visit(key, value)?;
            self.count += 1;
            bytes = rest;
        }
        Ok(())
    }

    fn damaged(&self, what: &str) -> BackupError {
        BackupError::Damaged { path: self.path.into(), what: what.to_owned() }
    }
}

/// The first row, and what follows it.
fn row(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (key, rest) = rest.split_at_checked(usize::from(*length)).filter(|(key, _)| !key.is_empty())?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_le_bytes(*length));
    let (value, rest) = rest.split_at_checked(length)?;
    (key.len() <= MAX_KEY && length <= MAX_VALUE).then_some((key, value, rest))
}
