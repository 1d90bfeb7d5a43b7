//! A key in a file: for servers that start alone, as a file or a systemd credential.
//!
//! Text, so that it can be printed, mailed in a sealed letter, or pasted into a secret manager:
//! ```text
//! # Key of a Callbook store. ...                              lines with # and empty lines are passed over
//! callbook-key-1 BASE64URL CHECK
//! ```
//! `BASE64URL` is the 32 bytes in base64url without padding (43 letters), `CHECK` the first 4 bytes of SHA-256 of
//! "callbook-key-1" and the 32 bytes, as 8 hexadecimal digits.

use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::env::Env;
use crate::store::files::{self, Doing, FileError};

const NAME: &str = "callbook-key-";
const VERSION: &str = "1";

/// 32 random bytes that a file holds.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct KeyFile([u8; 32]);

#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error(
        "there is no key file at {0}; check the path, or unlock with the passphrase or the recovery code"
    )]
    Missing(PathBuf),
    #[error("{0} is not a Callbook key file; check the path")]
    NotAKeyFile(PathBuf),
    #[error("the key file {0} is cut off; copy it again from where it is kept")]
    Cut(PathBuf),
    #[error("the key file {0} was changed: its checksum does not fit; copy it again from where it is kept")]
    Changed(PathBuf),
    #[error("the key file {0} was made by a newer version of callbook; update callbook")]
    Newer(PathBuf),
    #[error("the key file {path} can be read by others (mode {mode:04o}); run: chmod 600 {path}")]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error(transparent)]
    File(#[from] FileError),
}

impl KeyFile {
    /// A new key, not yet in any file.
    pub fn generate(env: &Env) -> KeyFile {
        KeyFile(env.random())
    }

    /// Writes the key to a new file, mode 0600, and syncs it.
    pub fn write_new(&self, path: &Path) -> Result<(), KeyFileError> {
        let key = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0));
        let text = Zeroizing::new(format!(
            "# Key of a Callbook store. Whoever has this line can open the store.\n\
             # Keep it apart from the store and from backups of it.\n\
             {NAME}{VERSION} {} {}\n",
            *key,
            self.check()
        ));
        let mut file = files::create_new(path)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).doing("write", path)?;
        Ok(files::sync_dir_of(path)?)
    }

    /// Reads a key file. Follows links, because that is how credentials are often laid out.
    pub fn read(path: &Path) -> Result<KeyFile, KeyFileError> {
        use std::io::Read;
        use std::os::unix::fs::PermissionsExt;
        let mut file = match std::fs::File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(KeyFileError::Missing(path.into()));
            }
            other => other.doing("open", path)?,
        };
        let data = file.metadata().doing("look at", path)?;
        if !data.is_file() {
            return Err(KeyFileError::NotAKeyFile(path.into()));
        }
        let mode = data.permissions().mode() & 0o7777;
        if mode & 0o007 != 0 {
            // The group is let be: systemd and containers hand out credentials by group.
            return Err(KeyFileError::OpenToOthers { path: path.into(), mode });
        }
        let mut bytes = Zeroizing::new([0; 4096]);
        let mut len = 0;
        loop {
            match file.read(&mut bytes[len..]).doing("read", path)? {
                0 if len == bytes.len() => return Err(KeyFileError::NotAKeyFile(path.into())),
                0 => break,
                n => len += n,
            }
        }
        KeyFile::parse(&bytes[..len], path)
    }

    /// Reads the text of a key file; `path` is where it came from, for messages.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<KeyFile, KeyFileError> {
        let not = || KeyFileError::NotAKeyFile(path.into());
        let text = std::str::from_utf8(bytes).map_err(|_| not())?;
        if text.trim().is_empty() {
            return Err(KeyFileError::Cut(path.into()));
        }
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let Some(line) = lines.next() else {
            return Err(if text.starts_with("# Key of a") { KeyFileError::Cut(path.into()) } else { not() });
        };
        if !line.starts_with(NAME) && NAME.starts_with(line) {
            return Err(KeyFileError::Cut(path.into()));
        }
        let mut words = line.strip_prefix(NAME).ok_or_else(not)?.split_ascii_whitespace();
        match words.next() {
            Some(VERSION) => {}
            Some(version) if !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()) => {
                return Err(KeyFileError::Newer(path.into()));
            }
            _ => return Err(KeyFileError::Cut(path.into())),
        }
        let (Some(key), Some(check)) = (words.next(), words.next()) else {
            return Err(KeyFileError::Cut(path.into()));
        };
        if key.len() < 43 || check.len() < 8 {
            return Err(KeyFileError::Cut(path.into()));
        }
        let changed = || KeyFileError::Changed(path.into());
        let mut file = KeyFile([0; 32]);
        let n = URL_SAFE_NO_PAD.decode_slice(key, &mut file.0).map_err(|_| changed())?;
        if n != 32
            || !file.check().eq_ignore_ascii_case(check)
            || words.next().is_some()
            || lines.next().is_some()
        {
            return Err(changed());
        }
        Ok(file)
    }

    fn check(&self) -> String {
        let sum = Sha256::new().chain_update(NAME).chain_update(VERSION).chain_update(self.0).finalize();
        sum[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn written() -> (tempfile::TempDir, PathBuf, KeyFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let key = KeyFile::generate(&Env::system());
        key.write_new(&path).unwrap();
        (dir, path, key)
    }

    #[test]
    fn is_private_and_reads_back() {
        let (_dir, path, key) = written();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(KeyFile::read(&path).unwrap().0 == key.0);
        assert!(key.write_new(&path).is_err(), "never overwrites a key");
    }

    #[test]
    fn cut_anywhere_is_cut_and_never_another_key() {
        let (_dir, path, key) = written();
        let whole = std::fs::read(&path).unwrap();
        for len in 0..whole.len() {
            match KeyFile::parse(&whole[..len], &path) {
                Err(KeyFileError::Cut(_)) => {}
                Ok(read) => {
                    assert!(read.0 == key.0 && len == whole.len() - 1, "only the line end may be missing")
                }
                Err(KeyFileError::NotAKeyFile(_)) => assert!(len < 10, "{len}"),
                Err(error) => panic!("{len}: {error}"),
            }
        }
    }

    #[test]
    fn changed_letters_are_noticed() {
        let (_dir, path, key) = written();
        let whole = std::fs::read_to_string(&path).unwrap();
        let start = whole.rfind("callbook-key-1").unwrap();
        for at in start..whole.len() - 1 {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            if let Ok(read) = KeyFile::parse(&bytes, &path) {
                assert!(read.0 == key.0, "a changed letter gave another key");
            }
        }
    }

    #[test]
    fn wrong_files_are_told_apart() {
        let (dir, path, _) = written();
        let other = |text: &str| {
            let path = dir.path().join("other");
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            KeyFile::read(&path).err().unwrap()
        };
        assert!(matches!(other("-----BEGIN OPENSSH PRIVATE KEY-----\n"), KeyFileError::NotAKeyFile(_)));
        assert!(matches!(other("callbook-key-2 something new\n"), KeyFileError::Newer(_)));
        assert!(matches!(other(""), KeyFileError::Cut(_)));
        assert!(matches!(other(&"x".repeat(5000)), KeyFileError::NotAKeyFile(_)));
        assert!(matches!(KeyFile::read(&dir.path().join("none")), Err(KeyFileError::Missing(_))));
        assert!(matches!(KeyFile::read(dir.path()), Err(KeyFileError::NotAKeyFile(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o604)).unwrap();
        assert!(matches!(KeyFile::read(&path), Err(KeyFileError::OpenToOthers { mode: 0o604, .. })));
    }
}
