//! Sealing: several files as one, for a passphrase or a key of whoever receives them, in the age format
//! (<https://age-encryption.org/v1>), which other programs open: `age --decrypt pack.age | tar x`.
//!
//! The files become a tar in memory and nothing else: no plain text is ever written on the way. Their order is the
//! caller's, their times are the moment that the caller names, and they belong to nobody.

use std::io::Write;

use age::secrecy::SecretString;
use zeroize::Zeroizing;

/// What a passphrase costs to try: 2^18 rounds of scrypt, which take about a second and 256 MiB; age's own choice on a
/// machine of today.
const WORK: u8 = 18;

/// Who can open it.
pub enum To<'a> {
    Passphrase(&'a str),
    /// An age public key, `age1…`.
    Key(&'a str),
}

/// Why nothing was sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// What was named instead is not repeated: it may be a secret key.
    #[error("that is no public key of age (age1…): {0}")]
    NoRecipient(&'static str),
    #[error("sealing failed: {0}")]
    Io(#[from] std::io::Error),
    #[error("sealing failed: {0}")]
    Encrypt(#[from] age::EncryptError),
}

/// The files as a tar. `at` is in seconds since 1970.
pub fn archive(files: &[(&str, &[u8])], at: u64) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let room: usize = files.iter().map(|(_, bytes)| bytes.len() + 1024).sum();
    // In one piece from the beginning: what grows leaves copies behind that nobody wipes.
    let mut builder = tar::Builder::new(Wiped(Zeroizing::new(Vec::with_capacity(room + 2048))));
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(at);
        builder.append_data(&mut header, name, *bytes)?;
    }
    Ok(builder.into_inner()?.0)
}

/// A vector that is written to, and wiped.
struct Wiped(Zeroizing<Vec<u8>>);

impl Write for Wiped {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Whether this is a key that can be sealed to.
pub fn check_key(key: &str) -> Result<(), SealError> {
    recipient(key).map(drop)
}

fn recipient(key: &str) -> Result<age::x25519::Recipient, SealError> {
    key.trim().parse::<age::x25519::Recipient>().map_err(SealError::NoRecipient)
}

/// Seals what is handed over.
pub fn seal(plain: &[u8], to: &To<'_>) -> Result<Vec<u8>, SealError> {
    seal_at(plain, to, WORK)
}

fn seal_at(plain: &[u8], to: &To<'_>, work: u8) -> Result<Vec<u8>, SealError> {
    let encryptor = match to {
        To::Passphrase(words) => {
            let mut recipient = age::scrypt::Recipient::new(SecretString::from((*words).to_owned()));
            recipient.set_work_factor(work);
            age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))?
        }
        To::Key(key) => {
            let recipient = recipient(key)?;
            age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))?
        }
    };
    let mut sealed = Vec::with_capacity(plain.len() + plain.len() / 1024 + 1024);
    let mut writer = encryptor.wrap_output(&mut sealed)?;
    writer.write_all(plain)?;
    writer.finish()?;
    Ok(sealed)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Read;

    use super::*;

    /// Opens a sealed file as its reader would; the files in it, in order.
    pub(crate) fn open(sealed: &[u8], identity: &dyn age::Identity) -> Option<Vec<(String, Vec<u8>)>> {
        let decryptor = age::Decryptor::new(sealed).ok()?;
        let mut reader = decryptor.decrypt(std::iter::once(identity)).ok()?;
        let mut plain = Vec::new();
        reader.read_to_end(&mut plain).ok()?;
        let mut files = Vec::new();
        for entry in tar::Archive::new(&plain[..]).entries().unwrap() {
            let mut entry = entry.unwrap();
            assert_eq!((entry.header().mode().unwrap(), entry.header().uid().unwrap()), (0o600, 0));
            let name = entry.path().unwrap().display().to_string();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            files.push((name, bytes));
        }
        Some(files)
    }

    pub(crate) fn passphrase(words: &str) -> age::scrypt::Identity {
        age::scrypt::Identity::new(SecretString::from(words.to_owned()))
    }

    #[test]
    fn only_who_it_is_for_opens_it_and_nothing_can_be_cut_off_or_changed() {
        let files: [(&str, &[u8]); 2] = [("manifest.json", b"{}"), ("answer.html", b"<p>Anna</p>")];
        let plain = archive(&files, 1_780_000_000).unwrap();
        assert_eq!(plain, archive(&files, 1_780_000_000).unwrap(), "the same is the same");
        let want: Vec<(String, Vec<u8>)> =
            files.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).into();

        let sealed = seal_at(&plain, &To::Passphrase("correct horse battery"), 10).unwrap();
        assert_eq!(open(&sealed, &passphrase("correct horse battery")).unwrap(), want);
        assert!(open(&sealed, &passphrase("correct horse")).is_none());
        for canary in [&b"Anna"[..], b"answer.html"] {
            assert!(!sealed.windows(canary.len()).any(|window| window == canary));
        }
        assert!(open(&sealed[..sealed.len() - 1], &passphrase("correct horse battery")).is_none());
        let mut other = sealed.clone();
        *other.last_mut().unwrap() ^= 1;
        assert!(open(&other, &passphrase("correct horse battery")).is_none());

        let (mine, theirs) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
        let sealed = seal(&plain, &To::Key(&mine.to_public().to_string())).unwrap();
        assert_eq!(open(&sealed, &mine).unwrap(), want);
        assert!(open(&sealed, &theirs).is_none());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for key in [
            "",
            "age1",
            "ssh-ed25519 AAAA",
            "AGE-SECRET-KEY-1QQQ",
            "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
        ] {
            assert!(matches!(check_key(key), Err(SealError::NoRecipient(_))), "{key}");
            assert!(seal(b"x", &To::Key(key)).is_err());
        }
    }
}
