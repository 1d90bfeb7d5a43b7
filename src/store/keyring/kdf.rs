//! From what a person knows or holds to a 32-byte key.
//!
//! A passphrase goes through Argon2id (RFC 9106), because people's passphrases can be guessed, and each guess should
//! cost. A key file (256 bits) and a recovery code (130 bits) are uniformly random: nobody can try even a tiny part of
//! them, so slowness would protect nothing, and HKDF with the slot's salt suffices.

use argon2::{Algorithm, Argon2, Params, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::KeyError;
use super::keyfile::KeyFile;
use super::recovery::RecoveryCode;

/// What one guess of a passphrase costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KdfCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl KdfCost {
    /// 256 MiB, 3 passes: about half a second, once for each unlocking.
    pub const STANDARD: KdfCost = KdfCost { memory_kib: 256 << 10, passes: 3, lanes: 1 };

    /// 19 MiB, 2 passes: the least that OWASP's Password Storage Cheat Sheet accepts. A slot that claims less was not
    /// written by us and is refused, so that changing a slot cannot make guessing cheaper.
    pub const MINIMUM: KdfCost = KdfCost { memory_kib: 19 << 10, passes: 2, lanes: 1 };

    /// 1 GiB, 16 passes, 4 lanes: a slot that claims more is refused, so that it cannot take all memory or time.
    pub const MAXIMUM: KdfCost = KdfCost { memory_kib: 1 << 20, passes: 16, lanes: 4 };

    /// `None` outside [`MINIMUM`](KdfCost::MINIMUM) to [`MAXIMUM`](KdfCost::MAXIMUM), each part for itself.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Option<KdfCost> {
        let within =
            |value, of: fn(&KdfCost) -> u32| (of(&Self::MINIMUM)..=of(&Self::MAXIMUM)).contains(&value);
        (within(memory_kib, |c| c.memory_kib) && within(passes, |c| c.passes) && within(lanes, |c| c.lanes))
            .then_some(KdfCost { memory_kib, passes, lanes })
    }

    /// The parts as text, separated by `$`.
    pub(crate) fn to_text(self) -> String {
        format!("{}${}${}", self.memory_kib, self.passes, self.lanes)
    }

    pub(crate) fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&self.memory_kib.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.passes.to_le_bytes());
        bytes[8..].copy_from_slice(&self.lanes.to_le_bytes());
        bytes
    }
}

/// What opens a store.
pub enum Secret {
    Passphrase(Passphrase),
    KeyFile(KeyFile),
    RecoveryCode(RecoveryCode),
}

/// Words only a person knows, in Unicode's form NFC (as RFC 8265 asks), so that the same letters typed on another
/// keyboard are the same passphrase.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Least length in characters. Strength beyond that is the wizard's to advise on.
    pub const SHORTEST: usize = 8;

    /// Takes it as typed; spaces count. Only the line end of a file or terminal is cut off.
    pub fn new(typed: &str) -> Result<Passphrase, KeyError> {
        let typed = typed.strip_suffix('\n').unwrap_or(typed);
        let typed = typed.strip_suffix('\r').unwrap_or(typed);
        // Room for the longest form, so that growing leaves no copy behind.
        let mut normal = Zeroizing::new(String::with_capacity(typed.len() * 3));
        normal.extend(typed.nfc());
        if normal.chars().count() < Self::SHORTEST {
            return Err(KeyError::PassphraseTooShort);
        }
        Ok(Passphrase(normal))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// How a way of unlocking is written in a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WayKind {
    Passphrase,
    KeyFile,
    RecoveryCode,
}

impl WayKind {
    pub(crate) fn code(self) -> u8 {
        match self {
            WayKind::Passphrase => 1,
            WayKind::KeyFile => 2,
            WayKind::RecoveryCode => 3,
        }
    }

    pub(crate) fn of_code(code: u8) -> Option<WayKind> {
        [WayKind::Passphrase, WayKind::KeyFile, WayKind::RecoveryCode]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

impl std::fmt::Display for WayKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            WayKind::Passphrase => "passphrase",
            WayKind::KeyFile => "key file",
            WayKind::RecoveryCode => "recovery code",
        })
    }
}

impl Secret {
    pub fn kind(&self) -> WayKind {
        match self {
            Secret::Passphrase(_) => WayKind::Passphrase,
            Secret::KeyFile(_) => WayKind::KeyFile,
            Secret::RecoveryCode(_) => WayKind::RecoveryCode,
        }
    }

    /// The keying material that wraps the master key in a slot with this salt and cost.
    pub(crate) fn stretch(&self, salt: &[u8; 32], cost: KdfCost) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match self {
            Secret::Passphrase(words) => argon2id(words.0.as_bytes(), salt, cost),
            Secret::KeyFile(file) => Ok(Zeroizing::new([file.bytes().as_slice(), salt].concat())),
            Secret::RecoveryCode(code) => Ok(Zeroizing::new([code.bytes().as_slice(), salt].concat())),
        }
    }
}

pub(super) fn argon2id(
    passphrase: &[u8],
    salt: &[u8; 32],
    cost: KdfCost,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let failed = |error: argon2::Error| KeyError::Argon2(error.to_string());
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(failed)?;
    let mut key = Zeroizing::new(vec![0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, salt, &mut key)
        .map_err(failed)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_have_a_floor_and_a_ceiling() {
        assert_eq!(KdfCost::new(256 << 10, 3, 1), Some(KdfCost::STANDARD));
        assert_eq!(KdfCost::new(19 << 10, 2, 1), Some(KdfCost::MINIMUM));
        for (m, t, p) in
            [(19 * 1024 - 1, 3, 1), (1 << 18, 1, 1), (1 << 18, 3, 0), (u32::MAX, 3, 1), (1 << 18, 17, 1)]
        {
            assert_eq!(KdfCost::new(m, t, p), None, "{m} {t} {p}");
        }
    }

    /// Computed with OpenSSL 3 (EVP_KDF ARGON2ID).
    #[test]
    fn argon2id_agrees_with_openssl() {
        let key = argon2id(b"correct horse", b"saltsaltsaltsaltsaltsaltsaltsalt", KdfCost::MINIMUM).unwrap();
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "3a641f2ed9abed81010f07cf45f1f63edd10731169a184bf58e247c5f0b91faa");
    }

    #[test]
    fn the_same_letters_are_the_same_passphrase() {
        let composed = Passphrase::new("Stra\u{df}e M\u{fc}nchen\r\n").unwrap();
        let decomposed = Passphrase::new("Stra\u{df}e Mu\u{308}nchen").unwrap();
        assert!(*composed.0 == *decomposed.0);
        assert!(*Passphrase::new(" spaced  out ").unwrap().0 == " spaced  out ", "spaces count");
        assert!(matches!(Passphrase::new("seven77"), Err(KeyError::PassphraseTooShort)));
        assert!(matches!(Passphrase::new("\n"), Err(KeyError::PassphraseTooShort)));
    }
}
