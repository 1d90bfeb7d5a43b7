//! A way for other threads to end the loop's sleep.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// Wakes the loop; cheap to clone, callable from any thread, never blocks.
#[derive(Debug, Clone)]
pub struct Waker(Arc<UnixStream>);

/// The end the loop sleeps on.
#[derive(Debug)]
pub(super) struct Sleeper(UnixStream);

/// A connected pair. A socket pair, because the standard library makes one that is closed on exec on every Unix.
pub(super) fn pair() -> io::Result<(Waker, Sleeper)> {
    let (write, read) = UnixStream::pair()?;
    write.set_nonblocking(true)?;
    read.set_nonblocking(true)?;
    Ok((Waker(Arc::new(write)), Sleeper(read)))
}

impl Waker {
    /// Wakes the loop, now or, if it is not asleep, before it next would be.
    pub fn wake(&self) {
        // Full means that it will wake anyway; closed means that there is no loop any more.
        let _ = (&*self.0).write(&[1]);
    }
}

impl Sleeper {
    /// Forgets the wake-ups so far. What they announced must be looked at afterwards, not before.
    pub(super) fn drain(&self) {
        let mut sink = [0; 256];
        while matches!((&self.0).read(&mut sink), Ok(n) if n == sink.len()) {}
    }
}

impl AsFd for Sleeper {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
