//! The thread that waits for signals.
//!
//! It lives as long as the process: a handler once installed cannot be given back safely, and a process that has left
//! its terminal must still end when told to. SIGTSTP keeps its default action, for only the kernel knows whether
//! anybody is there to continue us; ctrl-Z arrives as a key and the loop leaves the terminal before it stops.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};
use signal_hook::iterator::Signals;

use super::guard::{CONTINUED, RESIZED, Shared};
use super::wake::Waker;

/// Starts the thread.
pub(super) fn watch(shared: &Arc<Shared>, waker: &Waker) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH, SIGCONT])?;
    let shared = Arc::clone(shared);
    let waker = waker.clone();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            match signal {
                SIGWINCH => shared.note(RESIZED),
                SIGCONT => shared.note(CONTINUED),
                // ctrl-C in the editor goes to the whole group; it is meant for the editor.
                SIGINT | SIGQUIT if shared.child.load(Ordering::SeqCst) => {}
                _ => shared.end(signal),
            }
            waker.wake();
        }
    })?;
    Ok(())
}
