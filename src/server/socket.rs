//! The socket's file: where it may lie, who may connect, what becomes of an old one.
//!
//! Called while the store is held: whatever answered here for this store before is dead. The file is made beside its place
//! and renamed onto it, so that it never has another mode than the one asked for.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use crate::api::place::{LONGEST, POINTER};
use crate::api::{Code, Error};
use crate::env::account;

/// A socket that is listened on; its file goes when this does.
pub(super) struct Bound {
    pub(super) listener: UnixListener,
    pub(super) path: PathBuf,
    /// Device and inode of the file, when this process made it.
    own: Option<(u64, u64)>,
    pointer: Option<PathBuf>,
}

impl Bound {
    /// A socket at `path`, which accounts may connect to according to `mode`.
    pub(super) fn at(path: &Path, mode: u32) -> Result<Bound, Error> {
        let path = std::path::absolute(path).map_err(|error| refused(path, &error.to_string()))?;
        if path.as_os_str().len() > LONGEST {
            return Err(refused(&path, &format!("it is longer than {LONGEST} bytes"))
                .hint("name a shorter one with --socket PATH"));
        }
        let parent = path.parent().ok_or_else(|| refused(&path, "it has no directory"))?;
        check_parent(parent)?;
        clear(&path)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // The name may have its full length already.
        let beside = parent.join(format!(".{}", std::process::id()));
        let failed = |error: std::io::Error| refused(&path, &error.to_string());
        let _ = fs::remove_file(&beside);
        if name.is_empty() {
            return Err(refused(&path, "it has no name"));
        }
        let listener = UnixListener::bind(&beside).map_err(failed)?;
        let ready = fs::set_permissions(&beside, fs::Permissions::from_mode(mode))
            .and_then(|()| fs::symlink_metadata(&beside))
            .and_then(|meta| fs::rename(&beside, &path).map(|()| meta));
        let meta = match ready {
            Ok(meta) => meta,
            Err(error) => {
                let _ = fs::remove_file(&beside);
                return Err(failed(error));
            }
        };
        Ok(Bound { listener, path, own: Some((meta.dev(), meta.ino())), pointer: None })
    }

    /// A socket that the system has made and handed over.
    pub(super) fn given(listener: UnixListener) -> Bound {
        let path = listener.local_addr().ok().and_then(|addr| addr.as_pathname().map(Path::to_path_buf));
        Bound { listener, path: path.unwrap_or_default(), own: None, pointer: None }
    }

    /// Writes where the socket is into the store's directory.
    pub(super) fn point(&mut self, store: &Path) -> Result<(), Error> {
        use std::os::unix::ffi::OsStrExt;
        let (pointer, beside) = (store.join(POINTER), store.join("SOCKET.new"));
        let written = fs::remove_file(&beside)
            .or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
            .and_then(|()| fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside))
            .and_then(|mut file| {
                file.write_all(self.path.as_os_str().as_bytes()).and_then(|()| file.write_all(b"\n"))
            })
            .and_then(|()| fs::rename(&beside, &pointer));
        written
            .map_err(|error| Error::failed(format!("{} cannot be written: {error}", pointer.display())))?;
        self.pointer = Some(pointer);
        Ok(())
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if let Some(pointer) = &self.pointer {
            let _ = fs::remove_file(pointer);
        }
        // Only what this process made: somebody may have put another in its place.
        let there = fs::symlink_metadata(&self.path).map(|meta| (meta.dev(), meta.ino())).ok();
        if self.own.is_some() && there == self.own {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn refused(path: &Path, why: &str) -> Error {
    Error::failed(format!("the socket {} cannot be made: {why}", path.display()))
}

/// The directory is there, nobody else may put something into it, and it is no link.
fn check_parent(parent: &Path) -> Result<(), Error> {
    let meta = match fs::symlink_metadata(parent) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // One level, such as `callbook` in the runtime directory; more would be a mistyped path.
            fs::DirBuilder::new().mode(0o700).create(parent).map_err(|error| {
                Error::failed(format!("the socket's directory {} cannot be made: {error}", parent.display()))
            })?;
            fs::symlink_metadata(parent).map_err(|error| refused(parent, &error.to_string()))?
        }
        Err(error) => return Err(refused(parent, &error.to_string())),
    };
    let name = parent.display();
    let why = if meta.is_symlink() {
        format!("its directory {name} is a symbolic link")
    } else if !meta.is_dir() {
        format!("{name} is no directory")
    } else if meta.uid() != account::own_uid() && meta.uid() != 0 {
        format!("its directory {name} belongs to {}", account::of(meta.uid()))
    } else if meta.mode() & 0o022 != 0 {
        format!("others can write into its directory {name} (mode {:04o})", meta.mode() & 0o7777)
    } else {
        return Ok(());
    };
    Err(Error::new(Code::Refused, format!("the socket is not made: {why}"))
        .hint("name a place in a directory of your own with --socket PATH"))
}

/// Takes away what an earlier server left. Nothing else is touched.
fn clear(path: &Path) -> Result<(), Error> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(path, &error.to_string())),
    };
    let name = path.display();
    let why = if meta.is_symlink() {
        format!("{name} is a symbolic link")
    } else if !meta.file_type().is_socket() {
        format!("{name} is there and is no socket")
    } else if meta.uid() != account::own_uid() {
        format!("{name} belongs to {}", account::of(meta.uid()))
    } else {
        match UnixStream::connect(path) {
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                return fs::remove_file(path).map_err(|error| refused(path, &error.to_string()));
            }
            Err(error) => return Err(refused(path, &error.to_string())),
            Ok(_) => format!("another server listens on {name}"),
        }
    };
    Err(Error::new(Code::Refused, format!("the socket is not made: {why}"))
        .hint("remove it, or name another place with --socket PATH"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private() -> tempfile::TempDir {
        tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().unwrap()
    }

    #[test]
    fn the_file_comes_with_its_mode_and_goes() {
        let dir = private();
        let path = dir.path().join("run/a.sock");
        let mut bound = Bound::at(&path, 0o660).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o660);
        assert_eq!(fs::metadata(dir.path().join("run")).unwrap().mode() & 0o777, 0o700);
        bound.point(dir.path()).unwrap();
        assert_eq!(crate::api::place::pointed(dir.path()), Some(path.clone()));
        drop(bound);
        assert!(!path.exists() && !dir.path().join(POINTER).exists());
        assert_eq!(fs::read_dir(dir.path().join("run")).unwrap().count(), 0);
    }

    #[test]
    fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
        let dir = private();
        let path = dir.path().join("a.sock");
        drop(UnixListener::bind(&path).unwrap());
        let bound = Bound::at(&path, 0o600).unwrap();
        let error = Bound::at(&path, 0o600).err().unwrap();
        assert!(error.message.contains("another server listens"), "{error}");
        // Somebody put another file in its place: it is let be.
        fs::remove_file(&path).unwrap();
        fs::write(&path, "other").unwrap();
        drop(bound);
        assert_eq!(fs::read(&path).unwrap(), b"other");
    }

    #[test]
    fn what_is_no_socket_of_ours_is_refused() {
        let dir = private();
        let path = dir.path().join("a.sock");
        let told = |path: &Path| Bound::at(path, 0o600).err().unwrap().message;
        fs::write(&path, "precious").unwrap();
        assert!(told(&path).contains("is no socket"));
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &path).unwrap();
        assert!(told(&path).contains("symbolic link"));
        std::os::unix::fs::symlink(dir.path(), dir.path().join("link")).unwrap();
        assert!(told(&dir.path().join("link/b.sock")).contains("is a symbolic link"));
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(told(&dir.path().join("b.sock")).contains("others can write"));
        assert!(told(&dir.path().join("x".repeat(120))).contains("longer than"));
        assert!(told(Path::new("/nowhere/at/all/a.sock")).contains("cannot be made"));
    }
}
