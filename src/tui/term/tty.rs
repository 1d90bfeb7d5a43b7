//! The terminal as a file: opened for ourselves, so that our way of reading it is nobody else's.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios;

/// How often a stalled write looks whether the process is asked to end.
const STALL: Duration = Duration::from_millis(100);

/// An open terminal, not blocking where it could be opened anew.
#[derive(Debug)]
pub(in crate::tui) struct Tty {
    file: File,
    path: Option<PathBuf>,
}

/// What a read brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Got {
    Bytes(usize),
    Nothing,
    /// The terminal is gone.
    End,
}

impl Tty {
    /// The terminal of the standard streams, else the controlling terminal.
    ///
    /// It is opened again by its name: the descriptor we inherited is shared with the shell, and making that one
    /// non-blocking would break it there.
    pub(in crate::tui) fn open() -> io::Result<Tty> {
        let standard: [BorrowedFd<'_>; 3] =
            [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
        let inherited = standard.into_iter().find(|fd| termios::isatty(fd));
        let named = inherited
            .and_then(|fd| termios::ttyname(fd, Vec::new()).ok())
            .map(|name| PathBuf::from(OsStr::from_bytes(name.as_bytes())));
        let controlling = PathBuf::from("/dev/tty");
        let mut refused = io::Error::from(io::ErrorKind::NotFound);
        for path in named.into_iter().chain([controlling]) {
            match open(&path, OFlags::NONBLOCK) {
                Ok(fd) if termios::isatty(&fd) => return Ok(Tty { file: File::from(fd), path: Some(path) }),
                Ok(_) => {}
                Err(error) => refused = error,
            }
        }
        match inherited {
            Some(fd) => Ok(Tty { file: File::from(fd.try_clone_to_owned()?), path: None }),
            None => Err(io::Error::new(
                refused.kind(),
                "there is no terminal here; use the commands, or --plain with input from a file",
            )),
        }
    }

    /// The terminal for a child process, in blocking mode as every program expects it.
    pub(super) fn for_child(&self) -> io::Result<Stdio> {
        match &self.path {
            Some(path) => Ok(Stdio::from(open(path, OFlags::empty())?)),
            None => Ok(Stdio::from(self.file.try_clone()?)),
        }
    }

    /// Columns and rows; 80×24 where the terminal does not know, as on a serial line.
    pub(super) fn size(&self) -> (u16, u16) {
        let (columns, rows) = match termios::tcgetwinsize(&self.file) {
            Ok(size) => (size.ws_col, size.ws_row),
            Err(_) => (0, 0),
        };
        (if columns == 0 { 80 } else { columns }, if rows == 0 { 24 } else { rows })
    }

    /// Reads what is there.
    pub(super) fn read(&self, buffer: &mut [u8]) -> Got {
        match rustix::io::read(&self.file, buffer) {
            Ok(0) => Got::End,
            Ok(n) => Got::Bytes(n),
            Err(Errno::AGAIN | Errno::INTR) => Got::Nothing,
            Err(_) => Got::End,
        }
    }

    /// Writes everything, waiting for the terminal where it must, until `ending` says that there is no time left.
    pub(super) fn write_all(&self, mut bytes: &[u8], ending: impl Fn() -> bool) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(&self.file, bytes) {
                Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    if ending() {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    self.wait_writable(STALL)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn wait_writable(&self, limit: Duration) -> io::Result<()> {
        let mut fds = [PollFd::new(&self.file, PollFlags::OUT)];
        let limit = Timespec::try_from(limit).ok();
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Err(Errno::IO.into());
        }
        Ok(())
    }
}

impl AsFd for Tty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn open(path: &std::path::Path, extra: OFlags) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | extra;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}
