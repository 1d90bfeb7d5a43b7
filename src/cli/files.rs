//! Files written beside and renamed, so that nobody ever reads half of one.
//!
//! On Linux a file has no name at all until it is complete, so that whoever is killed on the way leaves nothing of what was
//! written. Elsewhere, and where the file system knows no such files, a file lies beside the target under a name of its own.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::api::Error;
use crate::env::Env;

/// A file that appears under its name when it is complete. Dropped before, it leaves nothing behind.
pub(crate) struct Beside {
    target: PathBuf,
    beside: PathBuf,
    /// Whether there is something under the name beside the target.
    named: bool,
    file: Option<BufWriter<File>>,
}

/// A file in the directory that has no name yet, where there is such a thing.
#[cfg(target_os = "linux")]
fn nameless(dir: &Path) -> Option<File> {
    // A name is given through this directory later.
    if !Path::new(DESCRIPTORS).is_dir() {
        return None;
    }
    let flags = i32::try_from(rustix::fs::OFlags::TMPFILE.bits()).ok()?;
    OpenOptions::new().write(true).mode(0o600).custom_flags(flags).open(dir).ok()
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path) -> Option<File> {
    None
}

/// Gives a file its first name.
#[cfg(target_os = "linux")]
fn name(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let open = Path::new(DESCRIPTORS).join(file.as_raw_fd().to_string());
    let follow = rustix::fs::AtFlags::SYMLINK_FOLLOW;
    Ok(rustix::fs::linkat(rustix::fs::CWD, open, rustix::fs::CWD, path, follow)?)
}

#[cfg(not(target_os = "linux"))]
fn name(_: &File, _: &Path) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// The files that this process has open.
#[cfg(target_os = "linux")]
const DESCRIPTORS: &str = "/proc/self/fd";

impl Beside {
    /// Begins a file that only its owner can read.
    pub(crate) fn create(target: &Path, env: &Env) -> Result<Beside, Error> {
        // A file is put in the target's place: of a pipe or a link nothing would be left. `/dev/stdout` is a link,
        // often to a regular file.
        let special = std::fs::symlink_metadata(target).is_ok_and(|data| !data.is_file() && !data.is_dir());
        if special || target.as_os_str() == "-" {
            return Err(Error::usage(format!(
                "{} is a link or a device, no file that could be replaced",
                target.display()
            ))
            .hint("name a file; what goes to standard output goes there without --out"));
        }
        let name = target
            .file_name()
            .filter(|_| !target.is_dir())
            .ok_or_else(|| Error::usage(format!("{} is no name of a file", target.display())))?;
        let mark: [u8; 6] = env.random();
        let mark: String = mark.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut beside_name = std::ffi::OsString::from(".");
        beside_name.push(name);
        beside_name.push(format!(".{mark}.part"));
        let beside = target.with_file_name(beside_name);
        let dir = target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (file, named) = match nameless(dir) {
            Some(file) => (file, false),
            None => {
                let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
                (file.map_err(|error| unwritable(target, &error))?, true)
            }
        };
        let file = Some(BufWriter::with_capacity(64 << 10, file));
        Ok(Beside { target: target.to_owned(), beside, named, file })
    }

    /// Makes the file durable and gives it its name.
    pub(crate) fn commit(mut self) -> Result<(), Error> {
        let Some(writer) = self.file.take() else { return Ok(()) };
        let done = writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| {
                file.sync_all()?;
                if self.named { Ok(()) } else { name(&file, &self.beside) }
            })
            .and_then(|()| std::fs::rename(&self.beside, &self.target))
            .and_then(|()| match self.target.parent().filter(|dir| !dir.as_os_str().is_empty()) {
                Some(dir) => File::open(dir)?.sync_all(),
                None => File::open(".")?.sync_all(),
            });
        done.map_err(|error| {
            let _ = std::fs::remove_file(&self.beside);
            unwritable(&self.target, &error)
        })
    }
}

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if self.file.take().is_some() && self.named {
            let _ = std::fs::remove_file(&self.beside);
        }
    }
}

fn unwritable(target: &Path, error: &io::Error) -> Error {
    Error::failed(format!("{} cannot be written: {error}", target.display()))
}

/// Writes a whole file.
pub(crate) fn write(target: &Path, bytes: &[u8], env: &Env) -> Result<(), Error> {
    let mut file = Beside::create(target, env)?;
    file.write_all(bytes).map_err(|error| unwritable(target, &error))?;
    file.commit()
}

/// A directory that goes away again, unless it is kept.
struct Unfinished(Option<PathBuf>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// Writes several files as a new directory that only its owner can read. It appears when it is complete.
pub(crate) fn directory<'f>(
    target: &Path,
    files: impl Iterator<Item = (&'f str, &'f [u8])>,
    env: &Env,
) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    let failed = |error: &io::Error| unwritable(target, error);
    let name = target
        .file_name()
        .ok_or_else(|| Error::usage(format!("{} is no name of a directory", target.display())))?;
    if std::fs::symlink_metadata(target).is_ok() {
        return Err(Error::usage(format!("{} is there already", target.display()))
            .hint("name a directory that is not there yet"));
    }
    let mark: [u8; 6] = env.random();
    let mark: String = mark.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut beside_name = std::ffi::OsString::from(".");
    beside_name.push(name);
    beside_name.push(format!(".{mark}.part"));
    let beside = target.with_file_name(beside_name);
    std::fs::DirBuilder::new().mode(0o700).create(&beside).map_err(|error| failed(&error))?;
    let mut unfinished = Unfinished(Some(beside.clone()));
    for (name, bytes) in files {
        write(&beside.join(name), bytes, env)?;
    }
    // A directory that came meanwhile is not replaced, for it is not empty or not ours: rename refuses it or finds it empty.
    std::fs::rename(&beside, target).map_err(|error| failed(&error))?;
    unfinished.0 = None;
    let parent = target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|dir| dir.sync_all()).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use super::{Beside, write};
    use crate::env::Env;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.csv");
        std::fs::write(&path, "old").unwrap();
        let env = Env::system();
        let mut file = Beside::create(&path, &env).unwrap();
        file.write_all(b"half").unwrap();
        file.flush().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        #[cfg(target_os = "linux")]
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "half of it has no name");
        drop(file);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");

        // What has a name meanwhile is taken away as well.
        let mut file = Beside::create(&path, &env).unwrap();
        if !file.named {
            std::fs::write(&file.beside, "half").unwrap();
            file.named = true;
        }
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);

        write(&path, b"whole", &env).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let (path, env) = (dir.path().join("answer"), Env::system());
        let files: [(&str, &[u8]); 2] = [("a.txt", b"a"), ("no/such/b.txt", b"b")];
        assert!(super::directory(&path, files.into_iter(), &env).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");

        super::directory(&path, files.into_iter().take(1), &env).unwrap();
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("a.txt"))), (0o700, 0o600));
        let error = super::directory(&path, files.into_iter().take(1), &env).unwrap_err();
        assert_eq!(error.code, crate::api::Code::Usage);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_device_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (link, file) = (dir.path().join("out"), tempfile::NamedTempFile::new().unwrap());
        std::os::unix::fs::symlink(file.path(), &link).unwrap();
        for target in [link.as_path(), std::path::Path::new("/dev/null"), std::path::Path::new("-")] {
            let error = write(target, b"people", &Env::system()).unwrap_err();
            assert_eq!(error.code, crate::api::Code::Usage, "{target:?}");
        }
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_or_a_missing_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(write(dir.path(), b"", &Env::system()).is_err());
        assert!(write(&dir.path().join("no/such/file"), b"", &Env::system()).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
