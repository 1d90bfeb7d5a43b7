//! What the program remembers from one run to the next: how things look, never whom one looked at.
//!
//! The file lies with the store, mode 0600, as TOML. A search is not kept: it may name a person, and the file is not
//! encrypted. An unreadable file is as good as none.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// How things looked.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Saved {
    /// `today`, `call-lists`, `contacts`, `companies`, `activity` or `requests`.
    pub screen: String,
    /// The order of each list, as in a request.
    pub sort_contacts: String,
    pub sort_companies: String,
    /// The saved view of each list, by id, which says nothing, or by the name of a shipped one.
    pub view_contacts: String,
    pub view_companies: String,
    /// Whether the pane beside the list is shown where there is room for it.
    pub preview: Option<bool>,
    /// The name of a palette.
    pub theme: Option<String>,
}

/// Longest file that is read, in bytes.
const MAX: u64 = 16 * 1024;

impl Saved {
    pub fn load(path: &Path) -> Saved {
        let small = std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX);
        let text = if small { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        toml::from_str(&text).unwrap_or_default()
    }

    /// Writes beside and renames, so that there is never half a file.
    pub fn store(&self, path: &Path) -> std::io::Result<()> {
        let text = toml::to_string(self).map_err(std::io::Error::other)?;
        let beside = path.with_extension("new");
        match std::fs::remove_file(&beside) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        drop(file);
        std::fs::rename(&beside, path)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_stored_is_loaded_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("screen.toml");
        let saved = Saved { screen: "companies".into(), preview: Some(false), ..Saved::default() };
        saved.store(&path).unwrap();
        saved.store(&path).unwrap();
        assert_eq!(Saved::load(&path), saved);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn rubbish_is_as_good_as_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("screen.toml");
        assert_eq!(Saved::load(&path), Saved::default());
        std::fs::write(&path, b"\xff\x00 = [").unwrap();
        assert_eq!(Saved::load(&path), Saved::default());
        std::fs::write(&path, vec![b'#'; 20_000]).unwrap();
        assert_eq!(Saved::load(&path), Saved::default());
        assert_eq!(Saved::load(dir.path()), Saved::default());
    }
}
