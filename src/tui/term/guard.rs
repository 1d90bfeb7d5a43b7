//! The terminal's state: taken, given back, and given back in every emergency.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use rustix::termios::{self, OptionalActions, QueueSelector, SpecialCodeIndex, Termios};

use super::tty::Tty;
use crate::tui::osc::Sequence;

/// Alternate screen, bracketed paste, no line break by itself (a character wider than we think must not scroll the
/// screen), and mouse reports off in case a program before us left them on.
const ENTER: &str = "\x1b[?1049h\x1b[?2004h\x1b[?7l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l";
/// Ends a synchronised update, resets the pen, undoes every mode of ours, shows the cursor, and goes back.
const LEAVE: &str = "\x1b[?2026l\x1b[m\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l";
/// CAN: ends a sequence that an interrupted write may have left half sent.
const CANCEL: &str = "\x18";
const FOCUS_ON: &str = "\x1b[?1004h";
/// Saves and restores the title on xterm's stack; others ignore it.
const TITLE_PUSH: &str = "\x1b[22;2t";
const TITLE_POP: &str = "\x1b[23;2t";

/// From a signal or a hang-up to the end of the process, however busy the main thread is.
const GRACE: Duration = Duration::from_millis(900);

/// A signal whose arrival the loop has not yet seen.
pub(super) const RESIZED: u32 = 1;
pub(super) const CONTINUED: u32 = 2;

/// What the loop, the signal thread and the panic hook share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) tty: Tty,
    /// The modes to go back to.
    cooked: Mutex<Option<Termios>>,
    /// Whether the terminal is ours at the moment.
    active: AtomicBool,
    title: AtomicBool,
    /// The thread that draws.
    ui: ThreadId,
    /// Reports of other threads' panics, kept until they no longer spoil the screen.
    reports: Mutex<Vec<String>>,
    seen: AtomicU32,
    /// The signal that asked for the end, or 0.
    ending: AtomicI32,
    armed: AtomicBool,
    /// Whether a child has the terminal, so that its ctrl-C is not ours.
    pub(super) child: AtomicBool,
}

impl Shared {
    pub(super) fn new(tty: Tty) -> Arc<Shared> {
        Arc::new(Shared {
            tty,
            cooked: Mutex::new(None),
            active: AtomicBool::new(false),
            title: AtomicBool::new(false),
            ui: std::thread::current().id(),
            reports: Mutex::new(Vec::new()),
            seen: AtomicU32::new(0),
            ending: AtomicI32::new(0),
            armed: AtomicBool::new(false),
            child: AtomicBool::new(false),
        })
    }

    pub(super) fn is_active(&self) -> bool {
        self.active.load(Ordering::SeqCst)
    }

    pub(super) fn note(&self, signal: u32) {
        self.seen.fetch_or(signal, Ordering::SeqCst);
    }

    /// Whether `signal` came since it was last asked for.
    pub(super) fn take(&self, signal: u32) -> bool {
        self.seen.fetch_and(!signal, Ordering::SeqCst) & signal != 0
    }

    /// The signal that asked for the end.
    pub(super) fn ending(&self) -> Option<i32> {
        match self.ending.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(signal),
        }
    }

    /// Notes that the process is to end because of `signal`, and sees to it that it will.
    pub(super) fn end(self: &Arc<Shared>, signal: i32) {
        let _ = self.ending.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        self.arm(128 + signal);
    }

    /// Ends the process in [`GRACE`] with `code`, unless it has ended by itself.
    pub(super) fn arm(self: &Arc<Shared>, code: i32) {
        if self.armed.swap(true, Ordering::SeqCst) {
            return;
        }
        let shared = Arc::clone(self);
        let watchdog = std::thread::Builder::new().name("watchdog".into()).spawn(move || {
            std::thread::sleep(GRACE);
            shared.restore(true);
            signal_hook::low_level::exit(code);
        });
        if watchdog.is_err() {
            self.restore(true);
            signal_hook::low_level::exit(code);
        }
    }

    /// Puts the terminal back, from any thread. Never waits for the terminal longer than a moment.
    ///
    /// No lock is held while writing: the main thread may hang in the middle of a frame.
    pub(super) fn restore(&self, emergency: bool) {
        if !self.active.swap(false, Ordering::SeqCst) {
            return;
        }
        let mut bytes = Vec::new();
        if emergency {
            bytes.extend_from_slice(CANCEL.as_bytes());
        }
        if self.title.swap(false, Ordering::SeqCst) {
            bytes.extend_from_slice(TITLE_POP.as_bytes());
        }
        bytes.extend_from_slice(LEAVE.as_bytes());
        let waited = std::cell::Cell::new(false);
        let _ = self.tty.write_all(&bytes, || waited.replace(true));
        // What is left of a paste must not run in the shell.
        let _ = termios::tcflush(&self.tty, QueueSelector::IFlush);
        let cooked = self.cooked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(cooked) = cooked {
            // `Now`: waiting for the output to drain could wait for ever.
            let _ = termios::tcsetattr(&self.tty, OptionalActions::Now, &cooked);
        }
        let reports = std::mem::take(&mut *self.reports.lock().unwrap_or_else(PoisonError::into_inner));
        for report in reports {
            let _ = writeln!(io::stderr(), "{report}");
        }
    }

    /// Sets raw mode and our modes. With `anew`, the present modes are those to go back to.
    fn enter(&self, anew: bool, look: &Look) -> io::Result<()> {
        let present = termios::tcgetattr(&self.tty)?;
        {
            let mut cooked = self.cooked.lock().unwrap_or_else(PoisonError::into_inner);
            if anew || cooked.is_none() {
                *cooked = Some(present.clone());
            }
        }
        let mut raw = present;
        raw.make_raw();
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        self.active.store(true, Ordering::SeqCst);
        termios::tcsetattr(&self.tty, OptionalActions::Now, &raw)?;
        let mut bytes = ENTER.as_bytes().to_vec();
        if look.focus {
            bytes.extend_from_slice(FOCUS_ON.as_bytes());
        }
        if let Some(title) = &look.title {
            self.title.store(true, Ordering::SeqCst);
            bytes.extend_from_slice(TITLE_PUSH.as_bytes());
            bytes.extend_from_slice(title.bytes());
        }
        self.tty.write_all(&bytes, || self.ending().is_some())
    }
}

/// What of the terminal's modes the application chooses.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    pub(super) focus: bool,
    pub(super) title: Option<Sequence>,
}

/// Has the terminal; gives it back when dropped.
pub(super) struct Guard {
    shared: Arc<Shared>,
    look: Look,
}

impl Guard {
    pub(super) fn enter(shared: &Arc<Shared>, look: Look) -> io::Result<Guard> {
        install_hook(shared);
        let guard = Guard { shared: Arc::clone(shared), look };
        guard.shared.enter(true, &guard.look)?;
        Ok(guard)
    }

    /// Gives the terminal back for now.
    pub(super) fn leave(&self) {
        self.shared.restore(false);
    }

    /// Takes the terminal again after [`Guard::leave`], keeping what the person changed in the meantime.
    pub(super) fn reenter(&self) -> io::Result<()> {
        self.shared.enter(true, &self.look)
    }

    /// Sets our modes again after somebody else may have changed them while they were ours.
    pub(super) fn reassert(&self) -> io::Result<()> {
        self.shared.enter(false, &self.look)
    }

    /// Runs `work` with the terminal as the person had it.
    pub(super) fn with_suspended<T>(&self, work: impl FnOnce() -> T) -> io::Result<T> {
        self.leave();
        let result = work();
        self.reenter()?;
        Ok(result)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.shared.restore(std::thread::panicking());
    }
}

/// A panic of the drawing thread puts the terminal back before it is reported, also where the panic ends the process
/// without running destructors; a panic elsewhere is reported once the screen is the person's again.
fn install_hook(shared: &Arc<Shared>) {
    let weak = Arc::downgrade(shared);
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| match weak.upgrade().filter(|shared| shared.is_active()) {
        Some(shared) if shared.ui != std::thread::current().id() => {
            let thread = std::thread::current();
            let report = format!("thread {} {info}", thread.name().unwrap_or("without name"));
            shared.reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
        }
        Some(shared) => {
            shared.restore(true);
            previous(info);
        }
        None => previous(info),
    }));
}
