//! Files written beside and renamed, so that nobody ever reads half of one.

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
    file: Option<BufWriter<File>>,
}

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
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .map_err(|error| unwritable(target, &error))?;
        Ok(Beside { target: target.to_owned(), beside, file: Some(BufWriter::with_capacity(64 << 10, file)) })
    }

    /// Makes the file durable and gives it its name.
    pub(crate) fn commit(mut self) -> Result<(), Error> {
        let Some(writer) = self.file.take() else { return Ok(()) };
        let done = writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
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
        if self.file.take().is_some() {
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
        drop(file);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");

        write(&path, b"whole", &env).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
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
