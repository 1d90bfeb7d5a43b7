//! A terminal to run a program in: keys go in, a screen comes out, and nothing is ever slept for.
//!
//! ```ignore
//! let mut pty = Pty::spawn(Spawn::new(env!("CARGO_BIN_EXE_callbook")).arg("demo").size(80, 24));
//! pty.wait_for("the list", |screen| screen.contents().contains("Contacts"));
//! pty.send("j");
//! ```

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// How long a condition may take to come true on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A program to be run.
pub struct Spawn {
    command: CommandBuilder,
    columns: u16,
    rows: u16,
}

impl Spawn {
    pub fn new(program: impl AsRef<std::ffi::OsStr>) -> Spawn {
        let mut command = CommandBuilder::new(program);
        command.env("TERM", "xterm-256color");
        for name in ["NO_COLOR", "TMUX", "STY", "VISUAL", "EDITOR"] {
            command.env_remove(name);
        }
        Spawn { command, columns: 80, rows: 24 }
    }

    pub fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Spawn {
        self.command.arg(arg);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Spawn {
        self.command.env(name, value);
        self
    }

    pub fn size(mut self, columns: u16, rows: u16) -> Spawn {
        (self.columns, self.rows) = (columns, rows);
        self
    }
}

/// What the reading thread has seen.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    closed: bool,
}

struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
    stop: AtomicBool,
}

/// The modes of a terminal that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modes {
    pub echo: bool,
    pub canonical: bool,
    pub signals: bool,
    pub output: bool,
}

impl Modes {
    /// As a shell leaves them for a program.
    pub const COOKED: Modes = Modes { echo: true, canonical: true, signals: true, output: true };
    pub const RAW: Modes = Modes { echo: false, canonical: false, signals: false, output: false };
}

/// A running program and its terminal.
pub struct Pty {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    reader: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    tty: std::path::PathBuf,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn nonzero(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a terminal has rows and columns")
}

impl Pty {
    pub fn spawn(spawn: Spawn) -> Pty {
        let pair = native_pty_system().openpty(size(spawn.columns, spawn.rows)).expect("a pty");
        let tty = pair.master.tty_name().expect("the name of the pty");
        let child = pair.slave.spawn_command(spawn.command).expect("the program starts");
        drop(pair.slave);
        let writer = pair.master.take_writer().expect("a writer");
        let shared = Arc::new(Shared {
            seen: Mutex::new(Seen {
                parser: vt100::Parser::new(nonzero(spawn.rows), nonzero(spawn.columns), 0),
                raw: Vec::new(),
                closed: false,
            }),
            changed: Condvar::new(),
            stop: AtomicBool::new(false),
        });
        let source = pair.master.try_clone_reader().expect("a reader");
        let reader = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || read(source, &shared)
        });
        Pty { master: Some(pair.master), writer: Some(writer), child, reader: Some(reader), shared, tty }
    }

    /// Types.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let writer = self.writer.as_mut().expect("the terminal is open");
        writer.write_all(bytes.as_ref()).expect("the terminal takes keys");
        writer.flush().expect("the terminal takes keys");
    }

    /// Waits until the screen is as `condition` says; panics with the screen if that never happens.
    pub fn wait_for(&self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) {
        self.wait_seen(what, |seen| condition(seen.parser.screen()));
    }

    /// Waits until this text stands somewhere on the screen.
    pub fn wait_for_text(&self, text: &str) {
        self.wait_for(text, |screen| screen.contents().contains(text));
    }

    fn wait_seen(&self, what: &str, condition: impl Fn(&Seen) -> bool) {
        let seen = self.shared.seen.lock().expect("the reader did not panic");
        let (seen, timeout) = self
            .shared
            .changed
            .wait_timeout_while(seen, PATIENCE, |seen| !condition(seen) && !(seen.closed))
            .expect("the reader did not panic");
        assert!(
            condition(&seen),
            "{} without {what}; the screen:\n{}\nthe last bytes: {}",
            if timeout.timed_out() { "waited" } else { "the program ended" },
            seen.parser.screen().contents(),
            seen.raw[seen.raw.len().saturating_sub(300)..].escape_ascii(),
        );
    }

    /// What the screen shows now.
    pub fn screen(&self) -> vt100::Screen {
        self.shared.seen.lock().expect("the reader did not panic").parser.screen().clone()
    }

    /// Every byte the program has written.
    pub fn output(&self) -> Vec<u8> {
        self.shared.seen.lock().expect("the reader did not panic").raw.clone()
    }

    /// How many bytes the program has written.
    pub fn bytes(&self) -> usize {
        self.shared.seen.lock().expect("the reader did not panic").raw.len()
    }

    /// Whether the program writes nothing for this long.
    pub fn is_quiet_for(&self, time: Duration) -> bool {
        let seen = self.shared.seen.lock().expect("the reader did not panic");
        let before = seen.raw.len();
        let (_seen, timeout) = self
            .shared
            .changed
            .wait_timeout_while(seen, time, |seen| seen.raw.len() == before)
            .expect("the reader did not panic");
        timeout.timed_out()
    }

    /// Changes the size of the window.
    pub fn resize(&self, columns: u16, rows: u16) {
        let mut seen = self.shared.seen.lock().expect("the reader did not panic");
        seen.parser.set_size(nonzero(rows), nonzero(columns));
        drop(seen);
        let master = self.master.as_ref().expect("the terminal is open");
        master.resize(size(columns, rows)).expect("the terminal takes a size");
    }

    /// Closes the terminal, as the end of an SSH session does.
    pub fn hang_up(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // The reader sits in `read` with a descriptor of its own; a byte from the other side lets it go.
        let mut nudge = std::fs::OpenOptions::new().write(true).open(&self.tty).expect("the other side");
        nudge.write_all(b"\0").expect("the other side takes a byte");
        drop(nudge);
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader did not panic");
        }
        self.writer = None;
        self.master = None;
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the program is there");
    }

    pub fn pid(&self) -> Pid {
        let id = self.child.process_id().expect("the program has an id");
        Pid::from_raw(i32::try_from(id).expect("a process id")).expect("a process id")
    }

    /// Waits for the end of the program.
    pub fn wait_exit(&mut self) -> ExitStatus {
        let (sender, receiver) = std::sync::mpsc::channel();
        let mut killer = self.child.clone_killer();
        let watchdog = std::thread::spawn(move || {
            let ended: Result<(), _> = receiver.recv_timeout(PATIENCE);
            if ended.is_err() {
                let _ = killer.kill();
            }
            ended.is_ok()
        });
        let status = self.child.wait().expect("the program can be waited for");
        let _ = sender.send(());
        assert!(watchdog.join().expect("the watchdog did not panic"), "the program did not end");
        // Everything it wrote has been read once the other side is closed.
        if self.master.is_some() && !self.shared.stop.load(Ordering::SeqCst) {
            self.wait_seen("the end of the output", |seen| seen.closed);
        }
        status
    }

    /// The modes of the terminal.
    pub fn modes(&self) -> Modes {
        use rustix::termios::{LocalModes, OutputModes};
        let tty = std::fs::File::open(&self.tty).expect("the other side");
        let termios = rustix::termios::tcgetattr(&tty).expect("the modes");
        Modes {
            echo: termios.local_modes.contains(LocalModes::ECHO),
            canonical: termios.local_modes.contains(LocalModes::ICANON),
            signals: termios.local_modes.contains(LocalModes::ISIG),
            output: termios.output_modes.contains(OutputModes::OPOST),
        }
    }

    /// Waits until the modes are as `condition` says. Nothing announces them, so they are looked at again and again.
    pub fn wait_modes(&self, what: &str, condition: impl Fn(Modes) -> bool) {
        let clock = callbook::env::Env::system().clock;
        while !condition(self.modes()) {
            assert!(clock.elapsed() < PATIENCE, "waited without {what}: {:?}", self.modes());
            std::thread::yield_now();
        }
    }

    /// Processor time the program has used, in clock ticks (hundredths of a second), also after its end as long as it
    /// was not waited for.
    #[cfg(target_os = "linux")]
    pub fn cpu_ticks(&self) -> u64 {
        let (_, fields) = self.stat();
        fields[10].parse::<u64>().expect("utime") + fields[11].parse::<u64>().expect("stime")
    }

    /// Whether the program has ended and was not waited for yet.
    #[cfg(target_os = "linux")]
    pub fn has_ended(&self) -> bool {
        self.stat().0 == "Z"
    }

    /// How often its threads have gone to sleep: what is idle does not wake to sleep again.
    #[cfg(target_os = "linux")]
    pub fn sleeps(&self) -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid().as_raw_nonzero())).expect("/proc");
        tasks
            .flatten()
            .filter_map(|task| std::fs::read_to_string(task.path().join("status")).ok())
            .filter_map(|status| {
                let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"))?;
                line.split_whitespace().nth(1)?.parse::<u64>().ok()
            })
            .sum()
    }

    /// The state, and the fields of proc_pid_stat(5) from the fourth on.
    #[cfg(target_os = "linux")]
    fn stat(&self) -> (String, Vec<String>) {
        let path = format!("/proc/{}/stat", self.pid().as_raw_nonzero());
        let stat = std::fs::read_to_string(path).expect("/proc");
        let (_, rest) = stat.rsplit_once(") ").expect("a name in brackets");
        let mut fields = rest.split_whitespace().map(str::to_owned);
        let state = fields.next().expect("a state");
        (state, fields.collect())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(mut source: Box<dyn Read + Send>, shared: &Shared) {
    let mut buffer = [0; 64 * 1024];
    loop {
        let read = source.read(&mut buffer);
        let Ok(mut seen) = shared.seen.lock() else { return };
        match read {
            Ok(n) if n > 0 && !shared.stop.load(Ordering::SeqCst) => {
                seen.parser.process(&buffer[..n]);
                seen.raw.extend_from_slice(&buffer[..n]);
            }
            Ok(_) | Err(_) => seen.closed = true,
        }
        let closed = seen.closed;
        drop(seen);
        shared.changed.notify_all();
        if closed {
            return;
        }
    }
}
