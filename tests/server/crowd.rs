//! Very many who connect, somebody who is stopped, and what the service manager needs.
//!
//! `CALLBOOK_CONNECTS` sets how many connect one after the other; a thousand unless told, ten thousand for the whole of it.

use std::process::Command;

use super::*;
use crate::support::pty::{Pty, Spawn};
use callbook::env::Env;

/// Descriptors that the server has open.
fn descriptors(served: &Served) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", served.pid())).unwrap().count()
}

#[test]
fn thousands_who_connect_leave_nothing_behind() {
    let connects: usize =
        std::env::var("CALLBOOK_CONNECTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let served = Served::start();
    let remote = connect(&served.socket);
    import(&remote.client(), 0..20);
    let before = descriptors(&served);
    let hello = frame::encode_first(&Hello::own()).unwrap();
    let ask = frame::encode(&ClientMessage::Control { id: 1, control: Control::Health }, 100).unwrap();
    // One after the other: some say nothing, some a part, some hello and more, and none waits for the answer.
    for n in 0..connects {
        let mut stream = UnixStream::connect(&served.socket).unwrap();
        let said: &[&[u8]] = match n % 5 {
            0 => &[],
            1 => &[&hello[..7]],
            2 => &[&hello],
            3 => &[&hello, &ask],
            _ => &[b"\xff\xff\xff\xff"],
        };
        for bytes in said {
            // Turned away already, perhaps: then nobody reads it.
            let _ = stream.write_all(bytes);
        }
        if n % 100 == 0 {
            assert_eq!(list(&remote.client(), "", None).total, 20);
        }
    }
    // In bursts that are there at once.
    for _ in 0..connects / 200 {
        let mut burst: Vec<UnixStream> =
            (0..100).map(|_| UnixStream::connect(&served.socket).unwrap()).collect();
        for stream in &mut burst {
            let _ = stream.write_all(&hello);
        }
        assert_eq!(list(&remote.client(), "", Some(1)).total, 20);
    }
    let clock = Env::system().clock;
    while remote.health().unwrap().sessions > 1 || descriptors(&served) > before {
        assert!(clock.elapsed() < PATIENCE, "{:?}, {} descriptors", remote.health(), descriptors(&served));
    }
    assert!(connect(&served.socket).client().call(Whoami {}).is_ok());
}

/// The screens of somebody who pressed Ctrl-Z, or whose terminal hangs.
#[test]
fn a_client_that_is_stopped_slows_nobody_and_goes_on_where_it_was() {
    let served = Served::start();
    let client = connect(&served.socket).client();
    import(&client, 0..5);
    let home = served.dir.path();
    let screens = Pty::spawn(
        Spawn::new(env!("CARGO_BIN_EXE_callbook"))
            .arg("--store")
            .arg(&served.store)
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_RUNTIME_DIR", home)
            .size(100, 30),
    );
    screens.wait_for_text("Number0");
    let state = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", screens.pid().as_raw_nonzero())).unwrap();
        stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
    };
    // It is subscribed: what changes appears.
    let id = first(&client);
    edit(&client, id, "family_name", "Before").unwrap();
    screens.wait_for_text("Before");
    screens.signal(Signal::STOP);
    let clock = Env::system().clock;
    while state() != 'T' {
        assert!(clock.elapsed() < PATIENCE);
    }
    // Far more than anything keeps for it.
    for n in 0..2_000 {
        edit(&client, id, "family_name", &format!("Stopped{n}")).unwrap();
    }
    assert_eq!(list(&client, "Stopped1999", None).total, 1);
    assert_eq!(state(), 'T', "all of it was answered while the other one was stopped");
    screens.signal(Signal::CONT);
    screens.wait_for_text("Stopped1999");
}

/// The units are what the manager takes, and start what there is.
#[test]
fn the_units_are_valid() {
    let dir = tempfile::tempdir().unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/systemd");
    let mut paths = Vec::new();
    for name in ["callbook.socket", "callbook.service"] {
        let unit = std::fs::read_to_string(root.join(name)).unwrap();
        // The program and its manual are not installed here.
        let unit = unit.replace("/usr/bin/callbook", env!("CARGO_BIN_EXE_callbook"));
        let unit = unit.lines().filter(|line| !line.starts_with("Documentation=man:"));
        let path = dir.path().join(name);
        std::fs::write(&path, unit.collect::<Vec<_>>().join("\n") + "\n").unwrap();
        paths.push(path);
    }
    let Ok(done) = Command::new("systemd-analyze").arg("verify").args(&paths).output() else {
        return; // Without systemd there is nothing to ask.
    };
    let said = String::from_utf8_lossy(&done.stderr);
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("callbook")).collect();
    assert_eq!(ours, Vec::<&str>::new(), "{said}");
    // What it starts, it starts with words that the program knows.
    let service = std::fs::read_to_string(root.join("callbook.service")).unwrap();
    let words = service.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/callbook ")).unwrap();
    let help = Command::new(env!("CARGO_BIN_EXE_callbook")).args(words.split(' ')).arg("--help").output();
    assert!(help.unwrap().status.success(), "{words}");
}
