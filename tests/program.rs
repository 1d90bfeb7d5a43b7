//! The program itself in a terminal: `callbook demo`, as somebody sees it who starts it for the first time.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "whatever goes wrong here is a failed test"
)]

mod support;

use std::time::Duration;

use callbook::env::Env;
use rustix::process::Signal;
use support::pty::{Modes, Pty, Spawn};
use tempfile::TempDir;

/// The demo in a terminal, with a home of its own that nothing was ever kept in.
struct Demo {
    pty: Pty,
    _home: TempDir,
}

fn spawn(columns: u16, rows: u16, change: impl FnOnce(Spawn) -> Spawn) -> Demo {
    let home = tempfile::tempdir().unwrap();
    let spawn = Spawn::new(env!("CARGO_BIN_EXE_callbook"))
        .arg("demo")
        .arg("--contacts")
        .arg("60")
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .env("XDG_STATE_HOME", home.path().join("state"))
        .env("XDG_RUNTIME_DIR", home.path())
        .size(columns, rows);
    let pty = Pty::spawn(change(spawn));
    Demo { pty, _home: home }
}

/// The demo as soon as its list is there, and nothing more is written.
fn demo(columns: u16, rows: u16) -> Demo {
    let demo = spawn(columns, rows, |spawn| spawn);
    settled(&demo.pty);
    demo
}

fn settled(pty: &Pty) {
    pty.wait_for("a list of contacts", |screen| rows(screen).len() > 5 && row_of_cursor(screen).is_some());
    while !pty.is_quiet_for(Duration::from_millis(150)) {}
}

fn lines(screen: &vt100::Screen) -> Vec<String> {
    let (_, columns) = screen.size();
    screen.rows(0, columns.into()).collect()
}

/// What stands below the captions and above the footer.
fn rows(screen: &vt100::Screen) -> Vec<String> {
    let lines = lines(screen);
    let end = lines.len().saturating_sub(1);
    let rows = lines.get(3..end).unwrap_or_default();
    rows.iter().filter(|line| !line.trim().is_empty()).cloned().collect()
}

/// The line with the sign of the cursor.
fn row_of_cursor(screen: &vt100::Screen) -> Option<u16> {
    let at = lines(screen).iter().skip(3).position(|line| line.starts_with('>'))?;
    u16::try_from(at + 3).ok()
}

/// The number of hits at the right of the search box: of `2/57` the 57.
fn hits(screen: &vt100::Screen) -> Option<u32> {
    let line = lines(screen).get(1)?.clone();
    line.split_whitespace().filter_map(|word| word.split_once('/')?.1.parse().ok()).next_back()
}

#[test]
fn a_list_is_there_and_typing_narrows_it_and_enter_opens() {
    let Demo { mut pty, .. } = demo(80, 24);
    let screen = pty.screen();
    assert_eq!(rows(&screen).len(), 20, "{}", screen.contents());
    assert!(lines(&screen)[23].ends_with("? help"), "{}", screen.contents());
    assert_eq!(screen.cursor_position(), (3, 0), "a screen reader is told the row");
    let all = hits(&screen).unwrap();
    assert!((50..=60).contains(&all), "{all}");
    // A whole name finds its person, a part of it finds no fewer.
    let name: String = lines(&screen)[5].chars().skip(3).take(20).collect();
    let name = name.trim().trim_end_matches('…').to_owned();
    pty.send("/");
    pty.send(&name);
    pty.wait_for("fewer", |screen| hits(screen).is_some_and(|hits| hits < all && hits > 0));
    pty.wait_for("whom I look for", |screen| lines(screen)[3].contains(&name));
    pty.send("\r");
    pty.wait_for("the list", |screen| screen.cursor_position() == (3, 0));
    pty.send("\r");
    pty.wait_for("the record", |screen| {
        let text = screen.contents();
        ["[Fields]", "Legal basis", "Family name"].iter().all(|part| text.contains(part))
    });
    // Esc goes back level by level, and never further than to the list.
    for _ in 0..6 {
        pty.send("\x1b");
        while !pty.is_quiet_for(Duration::from_millis(120)) {}
    }
    pty.wait_for("the whole list", |screen| hits(screen) == Some(all));
    pty.send("q");
    assert_eq!(pty.wait_exit().exit_code(), 0);
    assert!(!pty.screen().alternate_screen());
}

/// tui.md: moving the cursor by a row with the preview beside the list is at most 0.8 KB at 80×24.
#[test]
fn moving_by_a_row_with_a_preview_sends_little() {
    let Demo { mut pty, .. } = demo(80, 24);
    pty.send("z");
    pty.wait_for("the preview", |screen| {
        screen.contents().contains("────") && screen.contents().contains("Given name")
    });
    while !pty.is_quiet_for(Duration::from_millis(200)) {}
    let mut sent = Vec::new();
    // The first rows: no scrolling, which repaints the list.
    for row in 4..9 {
        let before = pty.bytes();
        pty.send("j");
        pty.wait_for("the next row", |screen| row_of_cursor(screen) == Some(row));
        while !pty.is_quiet_for(Duration::from_millis(200)) {}
        sent.push(pty.bytes() - before);
    }
    sent.sort_unstable();
    assert!(sent[0] > 0 && sent[2] <= 800, "the median is over 800 bytes: {sent:?}");
    assert!(sent[4] <= 1_200, "{sent:?}");
}

#[test]
fn idle_sends_nothing_and_uses_no_time() {
    let Demo { pty, .. } = demo(80, 24);
    let (bytes, ticks) = (pty.bytes(), pty.cpu_ticks());
    assert!(pty.is_quiet_for(Duration::from_secs(1)));
    assert_eq!((pty.bytes(), pty.cpu_ticks()), (bytes, ticks));
}

#[test]
fn a_hang_up_leaves_no_process() {
    let Demo { mut pty, .. } = demo(80, 24);
    pty.send("e");
    pty.wait_for_text("Form of address");
    pty.hang_up();
    let clock = Env::system().clock;
    let start = clock.elapsed();
    while !pty.has_ended() {
        assert!(clock.elapsed() - start < Duration::from_secs(5), "the process is still there");
        std::thread::yield_now();
    }
    assert_eq!(pty.wait_exit().exit_code(), 129);
}

#[test]
fn signals_restore_the_modes() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let Demo { mut pty, .. } = demo(80, 24);
        assert_eq!(pty.modes(), Modes::RAW);
        pty.signal(signal);
        pty.wait_for("the screen left", |screen| !screen.alternate_screen());
        assert_eq!(pty.wait_exit().exit_code(), code);
        assert_eq!(pty.modes(), Modes::COOKED);
        let screen = pty.screen();
        assert!(!screen.hide_cursor() && !screen.bracketed_paste());
    }
}

#[test]
fn without_colour_the_selection_is_seen() {
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "vt100")] {
        let Demo { mut pty, .. } = spawn(80, 24, |spawn| spawn.env(name, value));
        settled(&pty);
        pty.send("j");
        pty.wait_for("the next row", |screen| row_of_cursor(screen) == Some(4));
        let screen = pty.screen();
        assert_eq!(screen.cursor_position(), (4, 0));
        for column in [0, 3, 40, 79] {
            assert!(screen.cell(4, column).unwrap().inverse(), "{name}, column {column}");
            assert!(!screen.cell(5, column).unwrap().inverse(), "{name}, column {column}");
        }
        for row in 0..24 {
            for column in 0..80 {
                let cell = screen.cell(row, column).unwrap();
                assert_eq!(
                    (cell.fgcolor(), cell.bgcolor()),
                    (vt100::Color::Default, vt100::Color::Default),
                    "{name} {row} {column}"
                );
            }
        }
    }
}

#[test]
fn ctrl_c_once_stays_and_twice_leaves() {
    let Demo { mut pty, .. } = demo(80, 24);
    pty.send("\x03");
    pty.wait_for_text("ctrl-c again quits");
    pty.send("\x03");
    assert_eq!(pty.wait_exit().exit_code(), 0);
    assert_eq!(pty.modes(), Modes::COOKED);
}

#[test]
fn a_storm_of_sizes_over_a_form_keeps_what_was_typed() {
    let Demo { mut pty, .. } = demo(80, 24);
    pty.send("n");
    pty.wait_for_text("New contact");
    pty.send("Philippa");
    pty.wait_for_text("Philippa");
    for round in 0..40 {
        pty.resize(20 + round * 3, 5 + round);
    }
    pty.resize(60, 20);
    pty.wait_for("the form", |screen| {
        let lines = lines(screen);
        screen.contents().contains("Philippa") && lines.last().is_some_and(|line| line.starts_with("ctrl-s"))
    });
    pty.send("\x1b");
    pty.wait_for_text("Throw away what was typed?");
    pty.send("y");
    pty.wait_for("the list", |screen| row_of_cursor(screen) == Some(3));
}

/// Every file below a directory.
fn files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    // The socket of the server that goes on for a moment has no bytes.
    let entries = entries.filter(|path| path.is_dir() || path.is_file());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_form_survives_the_terminal_and_none_of_it_is_readable_on_the_disk() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    let made = std::process::Command::new(env!("CARGO_BIN_EXE_callbook"))
        .args(["init", "--controller", "Muster GmbH", "--country", "DE", "--store"])
        .arg(path("store"))
        .arg("--key-file")
        .arg(path("key"))
        .env("HOME", home.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let start = || {
        let spawn = Spawn::new(env!("CARGO_BIN_EXE_callbook"))
            .arg("--store")
            .arg(path("store"))
            .arg("--key-file")
            .arg(path("key"))
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", path("config"))
            .env("XDG_STATE_HOME", path("state"))
            .env("XDG_RUNTIME_DIR", home.path());
        Pty::spawn(spawn)
    };
    let mut pty = start();
    pty.wait_for_text("No contacts yet");
    pty.send("n");
    pty.wait_for_text("New contact");
    pty.send("Kanariella");
    pty.wait_for_text("Kanariella");
    pty.hang_up();
    assert_eq!(pty.wait_exit().exit_code(), 129);
    for signal in [Signal::TERM, Signal::HUP] {
        let mut pty = start();
        pty.wait_for_text("Continue the form you left at");
        pty.send("y");
        pty.wait_for_text("New contact");
        pty.wait_for_text("Kanariella");
        pty.signal(signal);
        pty.wait_exit();
        for file in files(home.path()) {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!bytes.windows(10).any(|part| part == b"Kanariella"), "{}", file.display());
        }
    }
    let mut pty = start();
    pty.wait_for_text("Continue the form you left at");
    pty.send("n");
    pty.wait_for("the question gone", |screen| !screen.contents().contains("Continue"));
    pty.send("q");
    assert_eq!(pty.wait_exit().exit_code(), 0);
    let mut pty = start();
    pty.wait_for_text("No contacts yet");
    while !pty.is_quiet_for(Duration::from_millis(150)) {}
    assert!(!pty.screen().contents().contains("Continue"));
    pty.send("q");
    assert_eq!(pty.wait_exit().exit_code(), 0);
}
