//! Users' own passwords, where several people share an account of the machine: who holds the store's key is asked by it,
//! so the hash protects people from each other and not the data, which the passphrase does.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::KeyError;
use super::kdf::{KdfCost, Passphrase, argon2id};
use crate::env::Env;

/// `argon2id$MEMORY$PASSES$LANES$SALT$HASH`, salt and hash in hex: what is stored.
pub fn hash(password: &Passphrase, env: &Env) -> Result<String, KeyError> {
    let mut salt = [0; 32];
    env.entropy.fill(&mut salt);
    let cost = KdfCost::MINIMUM;
    let key = argon2id(password.bytes(), &salt, cost)?;
    Ok(format!("argon2id${}${}${}", cost.to_text(), hex(&salt), hex(&key)))
}

/// Whether the password is the one of the hash. What is no such hash fits no password.
pub fn verify(stored: &str, password: &Passphrase) -> Result<bool, KeyError> {
    let mut parts = stored.split('$');
    let mut next = || parts.next().unwrap_or_default();
    let ("argon2id", memory, passes, lanes, salt, hash) = (next(), next(), next(), next(), next(), next())
    else {
        return Ok(false);
    };
    let number = |text: &str| text.parse::<u32>().unwrap_or_default();
    let cost = KdfCost::new(number(memory), number(passes), number(lanes));
    let (Some(cost), Some(salt), Some(hash)) = (cost, unhex(salt), unhex(hash)) else { return Ok(false) };
    let Ok(salt) = <[u8; 32]>::try_from(salt.as_slice()) else { return Ok(false) };
    let key = argon2id(password.bytes(), &salt, cost)?;
    Ok(key.as_slice().ct_eq(&hash).into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (text.len().is_multiple_of(2) && text.is_ascii())
        .then(|| (0..text.len()).step_by(2).map(pair).collect::<Option<Vec<u8>>>())
        .flatten()
        .map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_hash_and_no_other() {
        let env = Env::system();
        let password = Passphrase::new("correct horse").unwrap();
        let stored = hash(&password, &env).unwrap();
        assert!(stored.starts_with("argon2id$19456$2$1$"), "{stored}");
        assert!(verify(&stored, &password).unwrap());
        assert!(!verify(&stored, &Passphrase::new("correct house").unwrap()).unwrap());
        assert_ne!(stored, hash(&password, &env).unwrap(), "each has a salt of its own");
        for broken in [
            "",
            "argon2id",
            "argon2id$1$1$1$00$00",
            &stored.replace("19456", "8"),
            &stored[..stored.len() - 2],
        ] {
            assert!(!verify(broken, &password).unwrap(), "{broken}");
        }
    }
}
