//! The loop on a real terminal: what must hold when the line drops, the process is told to end, or somebody presses
//! ctrl-Z.
//!
//! The program in the terminal is this file again: [`child`] is an application that shows what it is given.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "whatever goes wrong here is a failed test"
)]

mod support;

use std::io::Write as _;
use std::time::Duration;

use callbook::env::Env;
use callbook::tui::keys::Key;
use callbook::tui::osc;
use callbook::tui::plain::{Plain, Talk};
use callbook::tui::term::{App, Command, Edit, Flow, Input, Options, Runner, Sender};
use ratatui::Frame;
use ratatui::layout::Position;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use rustix::process::Signal;
use support::pty::{Modes, Pty, Spawn};

const PROBE: &str = "CALLBOOK_TEST_PROBE";
const EDIT_DIR: &str = "CALLBOOK_TEST_EDIT_DIR";

/// Shows each input as a line.
struct Probe {
    env: Env,
    sender: Sender<u32>,
    lines: Vec<String>,
    keys: usize,
    deadline: Option<Duration>,
}

impl App for Probe {
    type Msg = u32;

    fn update(&mut self, input: Input<u32>) -> Flow {
        let (line, flow) = match input {
            Input::Key(key) => {
                self.keys += 1;
                (format!("key {} {key}", self.keys), self.press(key))
            }
            Input::Paste(text) => {
                let sum: u64 = text.bytes().map(u64::from).sum();
                (
                    format!("paste {} bytes, sum {sum}, {} lines", text.len(), text.lines().count()),
                    Flow::redraw(),
                )
            }
            Input::PasteTooLong => ("paste refused".into(), Flow::redraw()),
            Input::Resize(columns, rows) => (format!("size {columns}x{rows}"), Flow::redraw()),
            Input::Focus(focus) => (format!("focus {focus}"), Flow::redraw()),
            Input::Message(number) => (format!("message {number}"), Flow::redraw()),
            Input::Deadline => ("deadline".into(), Flow::redraw()),
            Input::Edited(Ok(edited)) => {
                (format!("edited {:?} {}", edited.text, edited.changed), Flow::redraw())
            }
            Input::Edited(Err(error)) => (format!("not edited: {error}"), Flow::redraw()),
            Input::Resumed => ("resumed".into(), Flow::redraw()),
            Input::Hangup => (note("hangup"), Flow::idle()),
            Input::Terminate => (note("terminate"), Flow::idle()),
        };
        self.lines.push(line);
        flow
    }

    fn draw(&mut self, frame: &mut Frame<'_>) -> Option<Position> {
        let rows = usize::from(frame.area().height);
        let lines = self.lines.iter().rev().take(rows).rev().map(|line| Line::raw(line.as_str()));
        frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), frame.area());
        Some(Position { x: 2, y: 1 })
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.deadline
    }
}

impl Probe {
    fn press(&mut self, key: Key) -> Flow {
        match key.to_string().as_str() {
            "q" => Flow::quit(),
            "ctrl-z" => Flow::idle().and(Command::Suspend),
            "ctrl-l" => Flow::idle().and(Command::Repaint),
            "e" => Flow::redraw().and(Command::Edit(Edit {
                command: std::env::var("EDITOR").unwrap(),
                dir: std::env::var_os(EDIT_DIR).unwrap().into(),
                file_name: "note.md".into(),
                text: "before".into(),
            })),
            "y" => Flow::idle().and(Command::Send(osc::copy("copied", osc::Multiplexer::None).unwrap())),
            "d" => {
                self.deadline = Some(self.env.clock.elapsed() + Duration::from_millis(20));
                Flow::idle()
            }
            "m" => {
                let sender = self.sender.clone();
                std::thread::spawn(move || (1..=2000).all(|number| sender.send(number)));
                Flow::idle()
            }
            "h" => loop {
                std::thread::park();
            },
            "p" => panic!("on purpose"),
            "c" => {
                let caught = std::panic::catch_unwind(|| panic!("caught on purpose"));
                assert!(caught.is_err());
                Flow::redraw()
            }
            "w" => {
                let _ = std::thread::spawn(|| panic!("in a worker")).join();
                Flow::redraw()
            }
            _ => Flow::redraw(),
        }
    }
}

/// Leaves a trace for the test, which after a hang-up sees no screen any more.
fn note(what: &str) -> String {
    if let Some(dir) = std::env::var_os(EDIT_DIR) {
        std::fs::write(std::path::Path::new(&dir).join(what), "").unwrap();
    }
    what.into()
}

/// The program in the terminal; run by the other tests only.
#[test]
#[ignore = "the other half of the tests here"]
fn child() {
    let code = match std::env::var(PROBE).as_deref() {
        Ok("app") => {
            let env = Env::system();
            let options =
                Options { title: Some(osc::title("probe")), paste_limit: 100_000, ..Options::default() };
            let runner = Runner::open(&env, options).unwrap();
            let mut probe =
                Probe { env, sender: runner.sender(), lines: Vec::new(), keys: 0, deadline: None };
            let exit = runner.run(&mut probe).unwrap();
            // After a hang-up there is nowhere to write to.
            let _ = writeln!(std::io::stdout(), "left with {exit:?}");
            exit.code()
        }
        Ok("plain") => {
            let mut plain = Plain::stdio();
            plain.say(&["This is plain."]).unwrap();
            let name = plain.ask("Name?").unwrap();
            let secret = plain.ask_secret("Passphrase?").unwrap();
            plain.say(&[&format!("{name:?} {}", secret.map_or(0, |secret| secret.len()))]).unwrap();
            0
        }
        _ => return,
    };
    std::process::exit(i32::from(code));
}

fn probe(mode: &str) -> Spawn {
    Spawn::new(std::env::current_exe().unwrap())
        .arg("child")
        .arg("--exact")
        .arg("--ignored")
        .arg("--nocapture")
        .env(PROBE, mode)
        .env("RUST_BACKTRACE", "0")
}

fn app() -> Pty {
    let pty = Pty::spawn(probe("app"));
    pty.wait_for("the first frame", |screen| {
        screen.alternate_screen() && screen.contents().contains("size 80x24")
    });
    pty
}

/// The terminal is as it was before: modes, screen, cursor, paste.
fn assert_restored(pty: &Pty) {
    let screen = pty.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    let output = pty.output();
    for undo in [&b"\x1b[?7h"[..], b"\x1b[?1004l", b"\x1b[?2026l", b"\x1b[m"] {
        assert!(output.windows(undo.len()).any(|window| window == undo), "{}", undo.escape_ascii());
    }
}

#[test]
fn quitting_leaves_the_terminal_as_it_was() {
    let mut pty = app();
    assert!(pty.screen().bracketed_paste());
    assert_eq!(pty.screen().cursor_position(), (1, 2), "the cursor is where the application wants it");
    assert_eq!(pty.modes(), Modes::RAW);
    pty.send("q");
    pty.wait_for_text("left with Quit");
    assert_restored(&pty);
    assert_eq!(pty.wait_exit().exit_code(), 0);
}

#[test]
fn a_hang_up_ends_the_process_and_burns_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut pty = Pty::spawn(probe("app").env(EDIT_DIR, dir.path()));
    pty.wait_for_text("size 80x24");
    pty.hang_up();
    wait_until_ended(&pty);
    assert!(pty.cpu_ticks() < 60, "{} ticks", pty.cpu_ticks());
    assert_eq!(pty.wait_exit().exit_code(), 129);
    assert!(dir.path().join("hangup").exists(), "the application was told");
}

/// Looks until the process is a zombie; giving way is all one can do to wait for that without reaping it.
fn wait_until_ended(pty: &Pty) {
    let clock = Env::system().clock;
    let start = clock.elapsed();
    while !pty.has_ended() {
        assert!(clock.elapsed() - start < Duration::from_secs(5), "the process is still there");
        std::thread::yield_now();
    }
}

#[test]
fn a_hang_up_ends_a_process_that_hangs() {
    let mut pty = app();
    pty.send("h");
    let start = Env::system();
    pty.hang_up();
    assert_eq!(pty.wait_exit().exit_code(), 129);
    let took = start.clock.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn signals_restore_the_modes() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::QUIT, 131)] {
        let mut pty = app();
        pty.signal(signal);
        pty.wait_for_text("left with Signal");
        assert_restored(&pty);
        assert_eq!(pty.wait_exit().exit_code(), code);
    }
}

#[test]
fn a_signal_ends_a_process_that_hangs_and_restores_the_modes() {
    let mut pty = app();
    pty.send("h");
    pty.signal(Signal::TERM);
    pty.wait_for("the screen left", |screen| !screen.alternate_screen());
    assert_restored(&pty);
    assert_eq!(pty.wait_exit().exit_code(), 143);
}

#[test]
fn a_panic_is_reported_on_a_restored_terminal() {
    let mut pty = app();
    pty.send("p");
    pty.wait_for_text("on purpose");
    assert_restored(&pty);
    assert_eq!(pty.wait_exit().exit_code(), 101, "the test harness of the child says so");
}

#[test]
fn panics_elsewhere_do_not_spoil_the_screen() {
    let mut pty = app();
    pty.send("w");
    pty.wait_for_text("key 1 w");
    assert!(!pty.screen().contents().contains("in a worker"));
    pty.send("c");
    pty.wait_for("the screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains("key 2 c")
    });
    assert_eq!(pty.modes(), Modes::RAW);
    pty.send("q");
    pty.wait_for_text("left with Quit");
    let output = String::from_utf8_lossy(&pty.output()).into_owned();
    assert!(output.contains("in a worker"), "it is reported in the end");
}

#[test]
fn a_storm_of_sizes_ends_in_the_right_one() {
    let mut pty = app();
    for round in 0..60 {
        pty.resize(20 + round * 3, 5 + round);
    }
    pty.resize(100, 30);
    pty.wait_for_text("size 100x30");
    pty.send("x");
    pty.wait_for_text("key 1 x");
    // There and back again: the terminal may have rearranged what it shows.
    pty.resize(50, 10);
    pty.resize(100, 30);
    let before = pty.bytes();
    pty.send("\x0c");
    pty.wait_for_text("key 1 x");
    pty.send("z");
    pty.wait_for_text("key 3 z");
    assert!(pty.bytes() > before);
    pty.send("q");
    assert_eq!(pty.wait_exit().exit_code(), 0);
}

#[test]
fn a_paste_arrives_whole_and_commands_in_it_are_text() {
    let mut pty = app();
    let text: String = (0..4000).map(|line| format!("q{line} ł\r")).collect();
    let clean = text.replace('\r', "\n");
    let sum: u64 = clean.bytes().map(u64::from).sum();
    pty.send("\x1b[200~");
    for piece in text.as_bytes().chunks(777) {
        pty.send(piece);
    }
    pty.send("\x1b[201~x");
    pty.wait_for_text(&format!("paste {} bytes, sum {sum}, 4000 lines", clean.len()));
    pty.wait_for_text("key 1 x");
    pty.send(format!("\x1b[200~{}\x1b[201~y", "q".repeat(100_001)));
    pty.wait_for_text("paste refused");
    pty.wait_for_text("key 2 y");
}

#[test]
fn a_slow_link_does_not_turn_an_arrow_into_three_keys() {
    let mut pty = app();
    pty.send("\x1b");
    pty.send("[");
    pty.send("1;5A");
    pty.wait_for_text("key 1 ctrl-up");
    pty.send("\x1b");
    pty.wait_for_text("key 2 esc");
}

#[test]
fn idle_costs_nothing() {
    let mut pty = app();
    pty.send("x");
    pty.wait_for_text("key 1 x");
    assert!(pty.is_quiet_for(Duration::from_millis(200)));
    let (sleeps, ticks) = (pty.sleeps(), pty.cpu_ticks());
    assert!(pty.is_quiet_for(Duration::from_millis(700)));
    assert_eq!((pty.sleeps(), pty.cpu_ticks()), (sleeps, ticks), "it never woke up");
}

#[test]
fn deadlines_and_messages_from_threads_arrive() {
    let mut pty = app();
    pty.send("d");
    pty.wait_for_text("deadline");
    assert!(pty.is_quiet_for(Duration::from_millis(150)), "a deadline that stays is delivered once");
    let before = pty.bytes();
    pty.send("m");
    pty.wait_for_text("message 2000");
    assert!(pty.bytes() - before < 100_000, "frames are limited: {}", pty.bytes() - before);
    pty.send("y");
    let copied = b"\x1b]52;c;Y29waWVk\x07";
    pty.send("x");
    pty.wait_for_text("key 4 x");
    assert!(pty.output().windows(copied.len()).any(|window| window == copied));
}

#[test]
fn the_editor_gets_a_private_file_and_nothing_is_left_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("editor.sh");
    let seen = dir.path().join("seen");
    std::fs::create_dir(dir.path().join("private")).unwrap();
    std::fs::write(
        &script,
        format!(
            "stat -c '%a %F' \"$2\" > {seen}\nstty -a | tr ' ;' '\\n\\n' | grep -x -e icanon -e echo >> {seen}\n\
             cat \"$2\" >> {seen}\ncp \"$2\" \"$2~\"\nprintf 'after: %s\\n' \"$1\" > \"$2\"\n",
            seen = seen.display()
        ),
    )
    .unwrap();
    let mut pty = Pty::spawn(
        probe("app")
            .env("EDITOR", format!("sh {} --flag", script.display()))
            .env(EDIT_DIR, dir.path().join("private")),
    );
    pty.wait_for_text("size 80x24");
    pty.send("e");
    pty.wait_for_text("edited \"after: --flag\" true");
    assert!(pty.screen().alternate_screen());
    assert_eq!(pty.modes(), Modes::RAW);
    assert_eq!(std::fs::read_to_string(&seen).unwrap(), "600 regular file\nicanon\necho\nbefore");
    assert_eq!(std::fs::read_dir(dir.path().join("private")).unwrap().count(), 0);
    pty.send("x");
    pty.wait_for_text("key 2 x");
}

#[test]
fn a_failing_editor_changes_nothing_and_a_signal_ends_a_waiting_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut pty = Pty::spawn(probe("app").env("EDITOR", "false").env(EDIT_DIR, dir.path()));
    pty.wait_for_text("size 80x24");
    pty.send("e");
    pty.wait_for_text("not edited: the editor `false` ended with exit status: 1");
    drop(pty);

    let dir = tempfile::tempdir().unwrap();
    // `cat` waits for input for ever; the loop must not.
    let mut pty = Pty::spawn(probe("app").env("EDITOR", "echo ready; cat -;:").env(EDIT_DIR, dir.path()));
    pty.wait_for_text("size 80x24");
    pty.send("e");
    pty.wait_for_text("ready");
    pty.signal(Signal::TERM);
    assert_eq!(pty.wait_exit().exit_code(), 143);
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["terminate"], "the private file was wiped, the application was told");
}

#[test]
fn ctrl_z_and_fg() {
    let exe = std::env::current_exe().unwrap();
    let mut pty = Pty::spawn(
        Spawn::new("/bin/sh")
            .arg("-i")
            .env("PS1", "prompt> ")
            .env("ENV", "")
            .env(PROBE, "app")
            .env("RUST_BACKTRACE", "0"),
    );
    pty.wait_for_text("prompt> ");
    pty.send(format!("'{}' child --exact --ignored --nocapture\n", exe.display()));
    pty.wait_for("the application", |screen| {
        screen.alternate_screen() && screen.contents().contains("size 80x24")
    });
    pty.send("x");
    pty.wait_for_text("key 1 x");
    pty.send("\x1a");
    pty.wait_for("the shell", |screen| !screen.alternate_screen() && screen.contents().contains("Stopped"));
    pty.send("echo sh''ell\n");
    pty.wait_for_text("shell");
    assert_eq!(pty.modes(), Modes::COOKED);
    pty.resize(90, 30);
    pty.send("fg\n");
    pty.wait_for("the application", |screen| {
        screen.alternate_screen()
            && screen.contents().contains("resumed")
            && screen.contents().contains("size 90x30")
    });
    assert_eq!(pty.modes(), Modes::RAW);
    pty.send("q");
    pty.wait_for_text("left with Quit");
    pty.send("exit\n");
    assert_eq!(pty.wait_exit().exit_code(), 0);
}

#[test]
fn ctrl_z_without_a_shell_goes_on() {
    let mut pty = app();
    pty.send("\x1a");
    pty.wait_for("the application again", |screen| {
        screen.alternate_screen() && screen.contents().contains("resumed")
    });
    pty.send("q");
    assert_eq!(pty.wait_exit().exit_code(), 0);
}

#[test]
fn plain_mode_sends_no_escape_and_hides_secrets() {
    let mut pty = Pty::spawn(probe("plain"));
    pty.wait_for_text("Name?");
    pty.send("Anna\n");
    pty.wait_for_text("Passphrase?");
    pty.wait_modes("no echo", |modes| !modes.echo && !modes.canonical);
    pty.send("secret wort\x7fd\r");
    pty.wait_for_text("Some(\"Anna\") 11");
    assert_eq!(pty.wait_exit().exit_code(), 0);
    let output = String::from_utf8_lossy(&pty.output()).into_owned();
    assert!(!output.contains('\x1b') && !output.contains("secret"), "{output:?}");
}
