//! Where the socket of a store lies, as far as the server and its clients must agree.
//!
//! The server writes the path it listens on into the file `SOCKET` of the store's directory, which only the owner can
//! read or write: a cron job without `XDG_RUNTIME_DIR` then finds the server that the screens started. Whoever cannot read
//! that directory names the socket.

use std::path::{Path, PathBuf};

/// The file in a store's directory that says where its server listens.
pub const POINTER: &str = "SOCKET";
/// The socket in a store's directory, where there is no runtime directory.
pub const INSIDE: &str = "callbook.sock";
/// The longest path of a socket: `sun_path` of unix(7), less its final zero.
pub const LONGEST: usize = 107;

/// The socket of the store in `store` when none is named: in the runtime directory, which the system keeps private and in
/// memory, under a name made from the store's place; else in the store's directory.
pub fn usual(store: &Path, runtime: Option<&Path>) -> PathBuf {
    match runtime.filter(|runtime| runtime.is_absolute()) {
        Some(runtime) => runtime.join("callbook").join(format!("{}.sock", name_of(store))),
        None => absolute(store).join(INSIDE),
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.into())
}

/// 64 bits of the SHA-256 of the store's absolute path.
fn name_of(store: &Path) -> String {
    use sha2::{Digest, Sha256};
    use std::os::unix::ffi::OsStrExt;
    let hash = Sha256::digest(absolute(store).as_os_str().as_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Where the server of a store says it listens.
pub fn pointed(store: &Path) -> Option<PathBuf> {
    use std::io::Read;
    use std::os::unix::ffi::OsStringExt;
    let mut bytes = Vec::new();
    std::fs::File::open(store.join(POINTER)).ok()?.take(LONGEST as u64 + 2).read_to_end(&mut bytes).ok()?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    let path = PathBuf::from(std::ffi::OsString::from_vec(bytes));
    path.is_absolute().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_has_one_usual_socket() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("store");
        std::fs::create_dir(&store).unwrap();
        let runtime = Path::new("/run/user/1000");
        let usual_one = usual(&store, Some(runtime));
        assert_eq!(usual(&store.join("..").join("store"), Some(runtime)), usual_one);
        assert_eq!(usual_one.parent(), Some(Path::new("/run/user/1000/callbook")));
        assert!(usual_one.as_os_str().len() < LONGEST);
        assert_ne!(usual(dir.path(), Some(runtime)), usual_one);
        assert!(usual(&store, None).ends_with("store/callbook.sock"));
        assert_eq!(usual(&store, Some(Path::new("relative"))), usual(&store, None));
    }

    #[test]
    fn a_pointer_is_an_absolute_path() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(pointed(dir.path()), None);
        for (text, path) in [
            ("/run/a.sock\n", Some("/run/a.sock")),
            ("/run/a.sock", Some("/run/a.sock")),
            ("a.sock\n", None),
            ("", None),
        ] {
            std::fs::write(dir.path().join(POINTER), text).unwrap();
            assert_eq!(pointed(dir.path()), path.map(PathBuf::from), "{text:?}");
        }
    }
}
