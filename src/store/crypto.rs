//! The two primitives everything in the store is sealed with: AES-256-GCM, and HKDF-SHA256 with a key commitment.
//!
//! GCM alone does not commit to its key: one ciphertext can be made that opens under two keys ("How to Abuse and Fix
//! Authenticated Encryption Without Key Commitment", Albertini et al., 2022). So each derivation gives, beside key and
//! nonce, 32 bytes that are stored in clear and compared before decrypting. They also tell a wrong key from damage.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::env::Env;

pub(crate) const TAG: usize = 16;
pub(crate) const COMMITMENT: usize = 32;

/// What one sealing takes: used for one message only, so that the nonce may be derived too.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Material {
    key: [u8; 32],
    pub(crate) commitment: [u8; COMMITMENT],
    nonce: [u8; 12],
}

/// Key, commitment and nonce from a pseudorandom key: HKDF-Expand (RFC 5869, 2.3).
pub(crate) fn expand(prk: &Hkdf<Sha256>, info: &[&[u8]]) -> Option<Material> {
    let mut okm = Zeroizing::new([0; 76]);
    prk.expand_multi_info(info, okm.as_mut_slice()).ok()?;
    let (key, rest) = okm.split_first_chunk()?;
    let (commitment, rest) = rest.split_first_chunk()?;
    Some(Material { key: *key, commitment: *commitment, nonce: *rest.first_chunk()? })
}

impl Material {
    /// Encrypts in place, and gives the tag.
    pub(crate) fn encrypt(&self, aad: &[u8], bytes: &mut [u8]) -> Option<[u8; TAG]> {
        let cipher = Aes256Gcm::new(&self.key.into());
        cipher.encrypt_inout_detached(&Nonce::from(self.nonce), aad, bytes.into()).ok().map(Into::into)
    }

    /// Decrypts in place; on `false` the bytes are as they were.
    pub(crate) fn decrypt(&self, aad: &[u8], bytes: &mut [u8], tag: [u8; TAG]) -> bool {
        let cipher = Aes256Gcm::new(&self.key.into());
        cipher.decrypt_inout_detached(&Nonce::from(self.nonce), aad, bytes.into(), &Tag::from(tag)).is_ok()
    }

    /// Whether the key is the one that sealed.
    pub(crate) fn committed_to(&self, commitment: &[u8]) -> bool {
        self.commitment.ct_eq(commitment).into()
    }
}

/// What a box has beyond its content: salt, commitment, tag.
pub(crate) const BOX_OVERHEAD: usize = SALT + COMMITMENT + TAG;
const SALT: usize = 16;

/// Why a box did not open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BoxError {
    WrongKey,
    Damaged,
}

/// Seals `plain` under keying material of any form: `salt 16 | commitment 32 | ciphertext | tag 16`. The salt is fresh
/// each time, so that the same keying material can seal any number of boxes.
pub(crate) fn seal_box(ikm: &[u8], label: &[u8], aad: &[u8], plain: &[u8], env: &Env) -> Option<Vec<u8>> {
    let salt: [u8; SALT] = env.random();
    let material = expand(&Hkdf::new(Some(&salt), ikm), &[label])?;
    let mut sealed = Vec::with_capacity(plain.len() + BOX_OVERHEAD);
    sealed.extend_from_slice(&salt);
    sealed.extend_from_slice(&material.commitment);
    sealed.extend_from_slice(plain);
    let tag = material.encrypt(aad, &mut sealed[SALT + COMMITMENT..])?;
    sealed.extend_from_slice(&tag);
    Some(sealed)
}

/// Opens what [`seal_box`] sealed.
pub(crate) fn open_box(
    ikm: &[u8],
    label: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, BoxError> {
    let (salt, rest) = sealed.split_first_chunk::<SALT>().ok_or(BoxError::Damaged)?;
    let (commitment, rest) = rest.split_first_chunk::<COMMITMENT>().ok_or(BoxError::Damaged)?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG>().ok_or(BoxError::Damaged)?;
    let material = expand(&Hkdf::new(Some(salt), ikm), &[label]).ok_or(BoxError::Damaged)?;
    if !material.committed_to(commitment) {
        return Err(BoxError::WrongKey);
    }
    let mut plain = Zeroizing::new(ciphertext.to_vec());
    if material.decrypt(aad, &mut plain, *tag) { Ok(plain) } else { Err(BoxError::Damaged) }
}

#[cfg(test)]
mod tests;
