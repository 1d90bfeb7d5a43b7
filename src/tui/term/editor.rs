//! A text in the person's own editor, on a private file that is wiped afterwards.
//!
//! The file lies in a directory of its own (0700) inside the directory the caller names, so that the editor's backup
//! and swap files land there and are wiped with it. Wiping overwrites and unlinks; a file system that copies on write
//! may keep old blocks all the same, which is why the caller should name one in memory (`XDG_RUNTIME_DIR`).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::guard::Shared;
use super::wake::{Sleeper, Waker};
use crate::env::Env;

/// Most bytes read back.
pub const LIMIT: u64 = 1024 * 1024;
/// How long an editor may take to save when the session ends.
const FAREWELL: Duration = Duration::from_millis(400);

/// What to edit, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The editor as the person would type it, with arguments: `vi`, `code --wait`. A shell splits it.
    pub command: String,
    /// An existing directory of the person's own.
    pub dir: PathBuf,
    /// The name of the file, whose ending tells the editor what it is; no path.
    pub file_name: String,
    pub text: String,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    pub text: String,
    /// Whether it differs from what was given.
    pub changed: bool,
    /// Whether it was not UTF-8 and characters were replaced.
    pub lossy: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("the editor `{command}` ended with {status}; the text is as it was")]
    Failed { command: String, status: ExitStatus },
    #[error("the edited text is longer than {} KiB; the text is as it was", LIMIT / 1024)]
    TooLong,
    #[error("the editor's file cannot be named `{0}`; name a file without a directory")]
    BadName(String),
    #[error("cannot edit in {}: {error}; check that the directory exists and is writable", dir.display())]
    Io { dir: PathBuf, error: io::Error },
}

/// The editor of the environment: `VISUAL`, else `EDITOR`, else `vi`.
pub fn preferred(visual: Option<&str>, editor: Option<&str>) -> String {
    [visual, editor].into_iter().flatten().find(|name| !name.trim().is_empty()).unwrap_or("vi").to_owned()
}

/// Runs the editor and waits for its end, or for the end of the session. The terminal must have been left before.
pub(super) fn run(
    edit: &Edit,
    env: &Env,
    shared: &Arc<Shared>,
    waker: &Waker,
    sleeper: &Sleeper,
) -> Result<Edited, EditError> {
    let failed = |error: io::Error| EditError::Io { dir: edit.dir.clone(), error };
    if edit.file_name.is_empty() || edit.file_name.starts_with('.') || edit.file_name.contains(['/', '\0']) {
        return Err(EditError::BadName(edit.file_name.chars().take(80).collect()));
    }
    let private = Private::create(&edit.dir, env).map_err(failed)?;
    let path = private.0.join(&edit.file_name);
    write_new(&path, edit.text.as_bytes()).map_err(failed)?;

    shared.child.store(true, Ordering::SeqCst);
    let status = spawn(edit, &path, shared).and_then(|child| wait(child, shared, waker, sleeper));
    shared.child.store(false, Ordering::SeqCst);
    let status = status.map_err(failed)?;
    if !status.success() && shared.ending().is_none() {
        return Err(EditError::Failed { command: edit.command.clone(), status });
    }
    read_back(&path, edit).map_err(failed)?.ok_or(EditError::TooLong)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(bytes)
}

fn spawn(edit: &Edit, path: &Path, shared: &Shared) -> io::Result<Child> {
    // As git does it: the shell splits the command, the path is an argument and is not looked at by the shell.
    std::process::Command::new("/bin/sh")
        .arg("-c")
        .arg(format!("{} \"$@\"", edit.command))
        .arg("editor")
        .arg(path)
        .stdin(shared.tty.for_child()?)
        .stdout(shared.tty.for_child()?)
        .stderr(shared.tty.for_child()?)
        .spawn()
}

/// Waits for the child without losing sight of the signals: a thread waits for it, we wait for both.
fn wait(mut child: Child, shared: &Shared, waker: &Waker, sleeper: &Sleeper) -> io::Result<ExitStatus> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (sender, ended): (_, Receiver<io::Result<ExitStatus>>) = channel();
    let waker = waker.clone();
    std::thread::Builder::new().name("editor".into()).spawn(move || {
        let _ = sender.send(child.wait());
        waker.wake();
    })?;
    loop {
        let mut fds = [PollFd::new(sleeper, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        sleeper.drain();
        if let Ok(status) = ended.try_recv() {
            return status;
        }
        if shared.ending().is_some() {
            if let Some(pid) = pid {
                // Editors save what they have on a hang-up.
                let _ = kill_process(pid, Signal::HUP);
            }
            return match ended.recv_timeout(FAREWELL) {
                Ok(status) => status,
                Err(_) => {
                    if let Some(pid) = pid {
                        let _ = kill_process(pid, Signal::KILL);
                    }
                    Err(io::ErrorKind::Interrupted.into())
                }
            };
        }
    }
}

/// The text, or `None` if there is too much of it.
fn read_back(path: &Path, edit: &Edit) -> io::Result<Option<Edited>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Ok(None);
    }
    let (mut text, lossy) = match String::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
    };
    // Editors end the last line; whoever gave none does not want one back.
    if text.ends_with('\n') && !edit.text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(Some(Edited { changed: text != edit.text, text, lossy }))
}

/// A directory that is wiped when dropped.
struct Private(PathBuf);

impl Private {
    fn create(dir: &Path, env: &Env) -> io::Result<Private> {
        let path = dir.join(format!("callbook-edit-{:016x}", u64::from_le_bytes(env.random())));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Private(path))
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        wipe(&self.0);
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Overwrites every regular file of a directory. Links are not followed.
fn wipe(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => wipe(&path),
            Ok(kind) if kind.is_file() => {
                let _ = overwrite(&path);
            }
            Ok(_) | Err(_) => {}
        }
    }
}

fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let size = file.metadata()?.len();
    io::copy(&mut io::repeat(0).take(size), &mut file)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_the_editor() {
        assert_eq!(preferred(Some("code --wait"), Some("nano")), "code --wait");
        assert_eq!(preferred(Some(" "), Some("nano")), "nano");
        assert_eq!(preferred(None, None), "vi");
    }

    #[test]
    fn a_private_directory_leaves_nothing_behind() -> io::Result<()> {
        use std::os::unix::fs::MetadataExt;
        let outer = tempfile::tempdir()?;
        let kept = outer.path().join("kept");
        fs::write(&kept, "mine")?;
        let private = Private::create(outer.path(), &Env::system())?;
        assert_eq!(fs::metadata(&private.0)?.mode() & 0o777, 0o700);
        let file = private.0.join("note.md");
        write_new(&file, b"secret")?;
        assert_eq!(fs::metadata(&file)?.mode() & 0o777, 0o600);
        assert!(write_new(&file, b"x").is_err(), "an existing file is not taken over");
        fs::create_dir(private.0.join("backup"))?;
        fs::write(private.0.join("backup/note.md~"), "secret")?;
        std::os::unix::fs::symlink(&kept, private.0.join("link"))?;
        let watched = File::open(&file)?;
        let path = private.0.clone();
        drop(private);
        assert!(!path.exists());
        assert_eq!(fs::read_to_string(&kept)?, "mine");
        let mut left = String::new();
        { watched }.read_to_string(&mut left)?;
        assert_eq!(left, "\0".repeat(6), "overwritten, not only unlinked");
        Ok(())
    }
}
