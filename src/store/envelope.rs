//! The form in which one value lies in the database: sealed under one data subject's key, bound to its place.
//!
//! ```text
//! version u8 = 1 | schema u8 | slot u32 LE | salt 16 | commitment 32 | ciphertext | tag 16
//! ```
//! - `slot` says which key of the ring opens it; `schema` which version of the record's codec wrote the plaintext.
//! - key 32, commitment 32, nonce 12 = HKDF-Expand-SHA256(subject key, "cbenv1" | salt). The extract step is left out,
//!   which RFC 5869 (3.3) allows because a subject key is 32 uniform bytes already; with 22 bytes of info each block of
//!   the expansion is two compressions of SHA-256. The salt is random, so a key never seals two messages.
//! - The commitment is compared in constant time before anything is decrypted. See `crypto.rs`.
//! - Associated data: version, store id 16, table u8, subject 16, record id 16, chunk u16 LE, schema, slot. A value
//!   moved to another row, person, table or store does not open.
//! - Plaintext: length u32 LE | value | zeros. Its length is a multiple of 32 up to 512 bytes, then of an eighth of the
//!   power of two below it (at most 12.5 % more), so that the length says little about a name or a note.

use std::ops::Range;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::crypto::{self, COMMITMENT, TAG};
use super::keyring::Slot;
use crate::domain::id::{StoreId, SubjectId};

/// The version of the form that this program writes.
pub const VERSION: u8 = 1;

const SALT: usize = 16;
const HEAD: usize = 1 + 1 + 4 + SALT + COMMITMENT;

/// Longest value that, sealed, still fits one row ([`MAX_VALUE`](super::backend::MAX_VALUE)); longer ones are chunked.
pub const MAX_PLAIN: usize = 3840 - LEN;
const LEN: usize = 4;

/// The 32 bytes all of a person's values depend on. Without them, those values are noise.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SubjectKey([u8; 32]);

impl SubjectKey {
    /// Takes 32 bytes from the entropy source, from the ring, or in tests fixed ones.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> SubjectKey {
        SubjectKey(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The `r` of a record's first history entry: HKDF-Expand-SHA256(subject key, "cbhist1" | record id | number u64 LE).
    /// It dies with the key, as a stored one would.
    pub(crate) fn creation_r(&self, record: &[u8; 16], seq: u64) -> Result<[u8; 32], EnvelopeError> {
        let prk = Hkdf::<Sha256>::from_prk(&self.0).map_err(|_| EnvelopeError::Damaged)?;
        let mut r = [0; 32];
        prk.expand_multi_info(&[b"cbhist1", record, &seq.to_le_bytes()], &mut r)
            .map_err(|_| EnvelopeError::Damaged)?;
        Ok(r)
    }

    fn material(&self, salt: &[u8; SALT]) -> Result<crypto::Material, EnvelopeError> {
        let prk = Hkdf::<Sha256>::from_prk(&self.0).map_err(|_| EnvelopeError::Damaged)?;
        crypto::expand(&prk, &[b"cbenv1", salt]).ok_or(EnvelopeError::Damaged)
    }
}

/// Where a value belongs; what it is bound to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub table: u8,
    pub subject: SubjectId,
    /// The record's id.
    pub id: [u8; 16],
    /// Which piece of a record that takes several rows.
    pub chunk: u16,
}

/// What can be read of a sealed value without a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peek {
    pub schema: u8,
    pub slot: Slot,
}

/// An opened value.
pub struct Opened {
    pub schema: u8,
    pub slot: Slot,
    pub plain: Zeroizing<Vec<u8>>,
}

/// Why a value could not be sealed or opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EnvelopeError {
    #[error(
        "a value of {len} bytes is longer than the {MAX_PLAIN} that fit one row; it must be cut into chunks"
    )]
    TooLong { len: usize },
    #[error("a stored value has form {0}, which only a newer version of callbook reads; update callbook")]
    Newer(u8),
    #[error(
        "a stored value names key {slot}, which the key ring does not have; restore the current keys from escrow"
    )]
    NoKey { slot: u32 },
    #[error(
        "a stored value does not belong to key {slot}: its person was forgotten, or the value is damaged"
    )]
    WrongKey { slot: u32 },
    #[error("a stored value is damaged or lies in the wrong place; restore it from a backup")]
    Damaged,
}

/// Seals a value for its place. The salt must be fresh from the entropy source for each call.
pub fn seal(
    key: &SubjectKey,
    place: &Place,
    store: StoreId,
    schema: u8,
    slot: Slot,
    salt: [u8; 16],
    plain: &[u8],
) -> Result<Vec<u8>, EnvelopeError> {
    let too_long = EnvelopeError::TooLong { len: plain.len() };
    if plain.len() > MAX_PLAIN {
        return Err(too_long);
    }
    let len = u32::try_from(plain.len()).map_err(|_| too_long)?;
    let padded = padded_len(LEN + plain.len());
    let material = key.material(&salt)?;
    let mut sealed = Vec::with_capacity(HEAD + padded + TAG);
    sealed.extend_from_slice(&[VERSION, schema]);
    sealed.extend_from_slice(&slot.0.to_le_bytes());
    sealed.extend_from_slice(&salt);
    sealed.extend_from_slice(&material.commitment);
    sealed.extend_from_slice(&len.to_le_bytes());
    sealed.extend_from_slice(plain);
    sealed.resize(HEAD + padded, 0);
    let aad = associated(place, store, schema, slot);
    let tag = material.encrypt(&aad, &mut sealed[HEAD..]).ok_or(too_long)?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens what was sealed for this place; `key` looks up the subject key of a slot.
pub fn open<'k>(
    place: &Place,
    store: StoreId,
    key: impl FnOnce(Slot) -> Option<&'k SubjectKey>,
    sealed: &[u8],
) -> Result<Opened, EnvelopeError> {
    let locked = Locked::of(sealed, key)?;
    let mut plain = Zeroizing::new(sealed.get(HEAD..sealed.len() - TAG).unwrap_or_default().to_vec());
    let len = locked.open(place, store, &mut plain)?;
    plain.copy_within(LEN..LEN + len, 0);
    plain.truncate(len);
    Ok(Opened { schema: locked.peek.schema, slot: locked.peek.slot, plain })
}

/// The same in place; says where in `sealed` the value now lies.
pub fn open_in_place<'k>(
    place: &Place,
    store: StoreId,
    key: impl FnOnce(Slot) -> Option<&'k SubjectKey>,
    sealed: &mut [u8],
) -> Result<(Peek, Range<usize>), EnvelopeError> {
    let locked = Locked::of(sealed, key)?;
    let end = sealed.len() - TAG;
    let len = locked.open(place, store, sealed.get_mut(HEAD..end).ok_or(EnvelopeError::Damaged)?)?;
    Ok((locked.peek, HEAD + LEN..HEAD + LEN + len))
}

/// What opens a sealed value, and has been found to be the right key.
struct Locked {
    peek: Peek,
    material: crypto::Material,
    tag: [u8; TAG],
}

impl Locked {
    /// What [`peek`] takes is long enough to have all parts.
    fn of<'k>(
        sealed: &[u8],
        key: impl FnOnce(Slot) -> Option<&'k SubjectKey>,
    ) -> Result<Locked, EnvelopeError> {
        let peek = peek(sealed)?;
        let slot = peek.slot;
        let (salt, rest) = sealed[6..].split_first_chunk::<SALT>().ok_or(EnvelopeError::Damaged)?;
        let (commitment, rest) = rest.split_first_chunk::<COMMITMENT>().ok_or(EnvelopeError::Damaged)?;
        let (_, tag) = rest.split_last_chunk::<TAG>().ok_or(EnvelopeError::Damaged)?;
        let material = key(slot).ok_or(EnvelopeError::NoKey { slot: slot.0 })?.material(salt)?;
        if !material.committed_to(commitment) {
            return Err(EnvelopeError::WrongKey { slot: slot.0 });
        }
        Ok(Locked { peek, material, tag: *tag })
    }

    /// Decrypts; the length of the value, which begins after its own length.
    fn open(&self, place: &Place, store: StoreId, bytes: &mut [u8]) -> Result<usize, EnvelopeError> {
        let aad = associated(place, store, self.peek.schema, self.peek.slot);
        if !self.material.decrypt(&aad, bytes, self.tag) {
            return Err(EnvelopeError::Damaged);
        }
        unpadded(bytes).ok_or(EnvelopeError::Damaged)
    }
}

/// Reads what lies in clear.
pub fn peek(sealed: &[u8]) -> Result<Peek, EnvelopeError> {
    match sealed {
        [VERSION, schema, s0, s1, s2, s3, ..] if sealed.len() >= HEAD + LEN + TAG => {
            Ok(Peek { schema: *schema, slot: Slot(u32::from_le_bytes([*s0, *s1, *s2, *s3])) })
        }
        [version, ..] if *version > VERSION => Err(EnvelopeError::Newer(*version)),
        _ => Err(EnvelopeError::Damaged),
    }
}

fn associated(place: &Place, store: StoreId, schema: u8, slot: Slot) -> [u8; 57] {
    let mut aad = [0; 57];
    aad[0] = VERSION;
    aad[1..17].copy_from_slice(store.bytes());
    aad[17] = place.table;
    aad[18..34].copy_from_slice(place.subject.bytes());
    aad[34..50].copy_from_slice(&place.id);
    aad[50..52].copy_from_slice(&place.chunk.to_le_bytes());
    aad[52] = schema;
    aad[53..57].copy_from_slice(&slot.0.to_le_bytes());
    aad
}

/// The length after padding. See the module.
fn padded_len(len: usize) -> usize {
    let step = if len <= 512 { 32 } else { (1 << (len - 1).ilog2()) / 8 };
    len.next_multiple_of(step)
}

/// The length of the value in a padded plaintext; `None` when the padding is not what sealing makes.
fn unpadded(padded: &[u8]) -> Option<usize> {
    let (len, rest) = padded.split_first_chunk::<LEN>()?;
    let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    let (_, padding) = rest.split_at_checked(len)?;
    let fits = padding.iter().all(|&byte| byte == 0) && padded_len(LEN + len) == padded.len();
    fits.then_some(len)
}

#[cfg(test)]
mod tests;
