//! From a key to the last byte of its frame, in a real terminal with `callbook demo`.
//!
//! `cargo bench --bench screens -- 100000` invents that many contacts; 20 000 when no number is given. What is measured
//! is what a person feels less the terminal's own drawing: from writing the key into the terminal to the end of the
//! synchronised output (`CSI ? 2026 l`) of the frame after which nothing more comes. The aim at 100 000: p99 ≤ 16 ms.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// After this long without a byte a frame was the last that a key caused.
const QUIET: Duration = Duration::from_millis(60);

/// How long inventing the contacts may take.
const START: Duration = Duration::from_secs(600);

/// The answer to one key.
struct Answer {
    /// Until the last byte of the first frame: what is seen at once.
    first: Duration,
    /// Until the last byte of the last frame: the list stands.
    last: Duration,
    bytes: usize,
}

struct Terminal {
    input: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
}

impl Terminal {
    /// Writes keys and waits until nothing more comes; nothing when they changed nothing.
    fn send(&mut self, keys: &str) -> Option<Answer> {
        let start = Instant::now();
        self.input.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.input.flush().expect("the terminal takes keys");
        let (mut first, mut last, mut bytes) = (None, None, 0);
        // The first frame may take longer than the quiet after it.
        while let Ok((at, piece)) =
            self.output.recv_timeout(if last.is_none() { Duration::from_millis(400) } else { QUIET })
        {
            bytes += piece.len();
            let took = at - start;
            if first.is_none() && piece.windows(8).any(|window| window == b"\x1b[?2026l") {
                first = Some(took);
            }
            last = Some(took);
        }
        Some(Answer { first: first.or(last)?, last: last?, bytes })
    }
}

struct Row {
    what: &'static str,
    answers: Vec<Answer>,
    silent: usize,
}

impl Row {
    fn new(what: &'static str) -> Row {
        Row { what, answers: Vec::new(), silent: 0 }
    }

    fn take(&mut self, answer: Option<Answer>) {
        match answer {
            Some(answer) => self.answers.push(answer),
            None => self.silent += 1,
        }
    }

    fn print(&self) {
        let of = |pick: &dyn Fn(&Answer) -> f64, part: f64| {
            let mut all: Vec<f64> = self.answers.iter().map(pick).collect();
            all.sort_by(f64::total_cmp);
            let at = ((all.len() as f64 * part).ceil() as usize).clamp(1, all.len().max(1)) - 1;
            all.get(at).copied().unwrap_or(f64::NAN)
        };
        let first = |answer: &Answer| answer.first.as_secs_f64() * 1e3;
        let last = |answer: &Answer| answer.last.as_secs_f64() * 1e3;
        let bytes = |answer: &Answer| answer.bytes as f64;
        println!(
            "{:<22} {:>5} {:>9.2} {:>9.2} {:>9.2} {:>9.2} {:>8.0} {:>7}",
            self.what,
            self.answers.len(),
            of(&first, 0.5),
            of(&first, 0.99),
            of(&last, 0.5),
            of(&last, 0.99),
            of(&bytes, 0.5),
            self.silent,
        );
    }
}

fn main() {
    let contacts: u32 = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(20_000);
    let home = tempfile::tempdir().expect("a directory");
    let pair = native_pty_system()
        .openpty(PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 })
        .expect("a pty");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_callbook"));
    command.args(["demo", "--contacts", &contacts.to_string()]);
    command.env("TERM", "xterm-256color");
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"] {
        command.env(name, home.path());
    }
    for name in ["NO_COLOR", "TMUX", "STY"] {
        command.env_remove(name);
    }
    let mut child = pair.slave.spawn_command(command).expect("the program starts");
    drop(pair.slave);
    let mut source = pair.master.try_clone_reader().expect("a reader");
    let (sender, output) = channel();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 256 * 1024];
        while let Ok(n @ 1..) = source.read(&mut buffer) {
            if sender.send((Instant::now(), buffer[..n].to_vec())).is_err() {
                return;
            }
        }
    });
    let mut terminal = Terminal { input: pair.master.take_writer().expect("a writer"), output };

    let start = Instant::now();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("Legal basis") {
        let left = START.saturating_sub(start.elapsed());
        let Ok((_, piece)) = terminal.output.recv_timeout(left) else {
            println!("no list came; the last bytes: {}", String::from_utf8_lossy(&seen).escape_debug());
            let _ = child.kill();
            let _ = child.wait();
            std::process::exit(1);
        };
        seen.extend(piece);
    }
    while terminal.output.recv_timeout(Duration::from_millis(500)).is_ok() {}
    println!(
        "{contacts} contacts, 120×40 with preview; the list stood after {:.1} s",
        start.elapsed().as_secs_f64()
    );
    println!("milliseconds from the key to the last byte of its first frame, and of its last frame");
    println!(
        "{:<22} {:>5} {:>9} {:>9} {:>9} {:>9} {:>8} {:>7}",
        "", "n", "first p50", "p99", "last p50", "p99", "bytes", "silent"
    );

    let mut moves = Row::new("cursor move");
    for key in std::iter::repeat_n("j", 100).chain(std::iter::repeat_n("k", 100)) {
        moves.take(terminal.send(key));
    }
    moves.print();

    let mut opens = Row::new("opening a record");
    let mut closes = Row::new("back to the list");
    for _ in 0..40 {
        terminal.send("j");
        opens.take(terminal.send("\r"));
        closes.take(terminal.send("q"));
    }
    opens.print();
    closes.print();

    let mut letters = Row::new("letter of a search");
    let mut backspaces = Row::new("backspace");
    for words in
        ["schmidt", "anna berlin", "müller gmbh", "jose gar", "+49 40 66", "tag:news", "einkauf k", "zz"]
    {
        terminal.send("/");
        for letter in words.chars() {
            letters.take(terminal.send(letter.encode_utf8(&mut [0; 4])));
        }
        for _ in words.chars() {
            backspaces.take(terminal.send("\x7f"));
        }
        terminal.send("\x1b");
    }
    letters.print();
    backspaces.print();

    terminal.send("q");
    let _ = child.kill();
    let _ = child.wait();
}
