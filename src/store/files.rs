//! Files of the store: private, never through a symlink, and on the disk when a function here says so.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A file operation that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}: {source}", path.display())]
pub struct FileError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl FileError {
    pub(crate) fn new(doing: &'static str, path: &Path, source: io::Error) -> FileError {
        FileError { doing, path: path.to_path_buf(), source }
    }

    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Adds what was being done to which file.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, FileError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, FileError> {
        self.map_err(|source| FileError::new(doing, path, source))
    }
}

impl<T> Doing<T> for rustix::io::Result<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, FileError> {
        self.map_err(|errno| FileError::new(doing, path, errno.into()))
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    options
}

/// Opens for reading.
pub(crate) fn open(path: &Path) -> Result<File, FileError> {
    options().read(true).open(path).doing("open", path)
}

/// Opens for reading and writing what exists.
pub(crate) fn open_rw(path: &Path) -> Result<File, FileError> {
    options().read(true).write(true).open(path).doing("open", path)
}

/// Opens for reading and writing, mode 0600, made if need be, its content kept.
pub(crate) fn open_or_create(path: &Path) -> Result<File, FileError> {
    options().read(true).write(true).create(true).truncate(false).open(path).doing("open", path)
}

/// Makes a file that did not exist, mode 0600.
pub(crate) fn create_new(path: &Path) -> Result<File, FileError> {
    options().read(true).write(true).create_new(true).open(path).doing("create", path)
}

/// Makes a directory, mode 0700.
pub(crate) fn create_dir(path: &Path) -> Result<(), FileError> {
    std::fs::DirBuilder::new().mode(0o700).create(path).doing("create the directory", path)
}

/// Reads a whole file, refusing one longer than it can rightly be.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).doing("read", path)?;
    if bytes.len() as u64 > most {
        return Err(FileError::new("read", path, io::Error::other("it is far longer than it should be")));
    }
    Ok(bytes)
}

/// Like [`read`], with `None` for a missing file.
pub(crate) fn read_if_there(path: &Path, most: u64) -> Result<Option<Vec<u8>>, FileError> {
    match read(path, most) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes at an offset.
pub(crate) fn write_at(file: &mut File, offset: u64, bytes: &[u8], path: &Path) -> Result<(), FileError> {
    file.seek(SeekFrom::Start(offset)).and_then(|_| file.write_all(bytes)).doing("write", path)
}

/// Replaces a file as a whole: written beside it, synced, renamed. After a crash there is the old or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let beside = beside(path);
    remove(&beside)?;
    let mut file = create_new(&beside)?;
    file.write_all(bytes).doing("write", &beside)?;
    file.sync_all().doing("sync", &beside)?;
    std::fs::rename(&beside, path).doing("replace", path)?;
    sync_dir_of(path)
}

/// Where [`replace`] writes first; a leftover is of no value.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), FileError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::new("remove", path, error)),
        _ => Ok(()),
    }
}

/// Overwrites a file with zeros, syncs, removes it. On copy-on-write file systems and worn flash the old blocks may
/// live on; what protects there is that the key of the content is destroyed too.
pub(crate) fn wipe(path: &Path) -> Result<(), FileError> {
    let mut file = match open_rw(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let len = file.metadata().doing("read", path)?.len();
    let zeros = vec![0; 1 << 16];
    let mut left = len;
    while left > 0 {
        let n = left.min(zeros.len() as u64);
        file.write_all(&zeros[..n as usize]).doing("overwrite", path)?;
        left -= n;
    }
    file.sync_data().doing("sync", path)?;
    remove(path)
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), FileError> {
    File::open(dir).and_then(|dir| dir.sync_all()).doing("sync the directory", dir)
}

pub(crate) fn sync_dir_of(path: &Path) -> Result<(), FileError> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => sync_dir(Path::new(".")),
        Some(parent) => sync_dir(parent),
        None => Ok(()),
    }
}

/// The names in a directory, sorted; names that are not UTF-8 are nobody's of ours and left out.
pub(crate) fn names(dir: &Path) -> Result<Vec<String>, FileError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).doing("list", dir)? {
        if let Ok(name) = entry.doing("list", dir)?.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn replaces_a_file_over_a_leftover() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(beside(&path), "leftover of a crash, longer than what follows").unwrap();
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(names(dir.path()).unwrap(), ["f"]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn does_not_follow_links_and_bounds_reads() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("t"), dir.path().join("l"));
        std::fs::write(&target, "12345").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(open(&link).is_err());
        assert!(wipe(&link).is_err());
        assert_eq!(read(&target, 5).unwrap(), b"12345");
        assert!(read(&target, 4).is_err());
        assert!(read_if_there(&dir.path().join("none"), 4).unwrap().is_none());
    }

    #[test]
    fn an_error_names_the_deed_and_the_file() {
        let error = open(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().starts_with("cannot open /nowhere/at/all: "), "{error}");
    }
}
