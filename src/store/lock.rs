//! One process at a time: an advisory lock that the kernel drops when its holder dies, however it dies.
//!
//! The file `LOCK` stays for ever; what locks is `flock(2)` on it, and its text only says who holds it. Deleting the
//! file instead would let two processes hold locks of two files of one name.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use rustix::fs::FlockOperation;

use super::files::{self, Doing, FileError};
use crate::env::account;

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("the store is held by pid {pid} ({user}); talk to it through its socket, or end it first")]
    Held { pid: u32, user: String },
    /// The holder has the lock but has not written its name yet.
    #[error("the store is held by another process; try again in a moment")]
    HeldBySomebody,
    #[error(transparent)]
    File(#[from] FileError),
}

/// The lock of a store, for as long as this lives.
pub struct StoreLock {
    file: File,
}

impl StoreLock {
    /// Takes the lock at `path` at once or fails; never waits.
    pub fn acquire(path: &Path) -> Result<StoreLock, LockError> {
        let mut file = files::open_or_create(path)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(holder(&mut file)),
            Err(errno) => return Err(FileError::new("lock", path, errno.into()).into()),
        }
        let text = format!("{} {}\n", std::process::id(), account::own());
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(text.as_bytes()))
            .doing("write", path)?;
        Ok(StoreLock { file })
    }
}

impl Drop for StoreLock {
    /// Unlocks in so many words: closing alone would not, while a child just forked still has a copy of the descriptor.
    fn drop(&mut self) {
        let _ = rustix::fs::flock(&self.file, FlockOperation::Unlock);
    }
}

fn holder(file: &mut File) -> LockError {
    let mut text = String::new();
    // The text may be anything that could be written to the file: it is cut and cleaned before it is shown.
    if file.take(256).read_to_string(&mut text).is_err() {
        return LockError::HeldBySomebody;
    }
    let parsed = text.trim_end().split_once(' ').and_then(|(pid, user)| Some((pid.parse().ok()?, user)));
    match parsed {
        Some((pid, user)) => LockError::Held { pid, user: account::clean(user) },
        None => LockError::HeldBySomebody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn the_second_is_told_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("LOCK");
        let lock = StoreLock::acquire(&path).unwrap();
        let error = StoreLock::acquire(&path).err().unwrap();
        assert!(
            error.to_string().contains(&format!("held by pid {} ({})", std::process::id(), account::own())),
            "{error}"
        );
        drop(lock);
        StoreLock::acquire(&path).unwrap();
    }

    /// Another process holds the lock, is killed, and the kernel drops the lock.
    #[test]
    fn killing_the_holder_frees_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("LOCK");
        std::fs::write(&path, "4242 anna\n").unwrap();
        // `exec`, so that the one process that has the descriptor is the one that is killed.
        let script = "exec 9<>\"$0\"; flock -n 9 || exit 1; echo locked; exec cat <&0";
        let mut child = Command::new("sh")
            .args(["-c", script])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 7];
        child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
        assert_eq!(&said, b"locked\n");
        let error = StoreLock::acquire(&path).err().unwrap();
        assert!(matches!(&error, LockError::Held { pid: 4242, user } if user == "anna"), "{error}");
        child.kill().unwrap();
        child.wait().unwrap();
        StoreLock::acquire(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            format!("{} {}\n", std::process::id(), account::own()),
            "nothing of the longer old text is left"
        );
    }

    #[test]
    fn what_others_wrote_is_not_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("LOCK");
        for (text, held) in [
            (&b"12 \x1b[2Janna;rm\n"[..], Some("2Jannarm")),
            (b"", None),
            (b"not a pid", None),
            (b"99999999999 anna", None),
            (b"\xff\xfe", None),
        ] {
            let _lock = StoreLock::acquire(&path).unwrap();
            std::fs::write(&path, text).unwrap();
            match (StoreLock::acquire(&path).err().unwrap(), held) {
                (LockError::Held { user, .. }, Some(name)) => assert_eq!(user, name),
                (LockError::HeldBySomebody, None) => {}
                (error, _) => panic!("{text:?}: {error}"),
            }
        }
    }
}
