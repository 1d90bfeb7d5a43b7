//! A store that the program serves, in a process of its own.

use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use callbook::api::frame::{Greeting, Key};
use callbook::api::*;
use callbook::client::Client;
use callbook::client::open::{InitOptions, KdfCost, Secret, account, init};
use callbook::client::socket::{Remote, Target};
use callbook::client::spawn::key_of;
use callbook::domain::edit::{FieldEdit, Incoming};
use callbook::domain::entity::RecordKind;
use callbook::env::Env;
use rustix::process::{Pid, Signal, kill_process};

pub struct Served {
    pub dir: tempfile::TempDir,
    pub store: PathBuf,
    pub socket: PathBuf,
    pub key_file: PathBuf,
    args: Vec<String>,
    child: Child,
}

impl Served {
    /// A new store with one user, this account, and its server.
    pub fn start() -> Served {
        Served::start_with(&[])
    }

    pub fn start_with(args: &[&str]) -> Served {
        let dir = tempfile::tempdir().unwrap();
        let (store, key_file) = (dir.path().join("store"), dir.path().join("key"));
        let options = InitOptions {
            address: String::new(),
            contact: String::new(),
            controller: "Test GmbH".into(),
            country: "DE".into(),
            user: "tester".into(),
            unix: account(),
            cost: KdfCost::MINIMUM,
        };
        drop(init(&store, &options, &Secret::KeyFile(key_file.clone()), &Env::system()).unwrap());
        let socket = store.join("callbook.sock");
        let args = args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
        let child = spawn(&store, &key_file, &args);
        Served { dir, store, socket, key_file, args, child }
    }

    /// The program, with nothing that unlocks the store.
    pub fn callbook(&self, args: &[&str]) -> Output {
        command(&self.store).args(args).output().unwrap()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts the server again.
    pub fn again(&mut self) {
        self.child = spawn(&self.store, &self.key_file, &self.args);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(store: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callbook"));
    command.env_clear().env("HOME", store.parent().unwrap()).arg("--store").arg(store);
    command.stdin(Stdio::null());
    command
}

/// Starts the server, and waits until it says that it listens.
pub fn spawn(store: &Path, key_file: &Path, args: &[String]) -> Child {
    let mut child = command(store)
        .args(["serve", "--key-file"])
        .arg(key_file)
        .args(args)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    loop {
        match lines.next() {
            Some(Ok(line)) if line.contains("serving on") => break,
            Some(Ok(line)) => said.push(line),
            _ => panic!("the server did not start: {said:?}"),
        }
    }
    // Somebody must read on, or the server could wait for room in the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    child
}

pub fn connect(socket: &Path) -> Remote {
    let target = Target { path: socket.into(), ..Target::default() };
    let (remote, greeting) = Remote::reach(target).unwrap().unwrap();
    assert_eq!(greeting, Greeting::Welcome);
    remote
}

/// What unlocks the store, as it goes through the socket.
pub fn key(served: &Served) -> Key {
    key_of(&Secret::KeyFile(served.key_file.clone())).unwrap()
}

pub fn provenance() -> Provenance {
    Provenance {
        source: "list".into(),
        basis: "consent".into(),
        reason: "asked".into(),
        ..Provenance::default()
    }
}

pub fn row(n: u64) -> Incoming {
    let fields = vec![
        FieldEdit::text("given_name", "Row"),
        FieldEdit::text("family_name", format!("Number{n}")),
        FieldEdit::text("emails", format!("row{n}@example.com")),
    ];
    Incoming { row: n, fields, notes: vec![] }
}

pub fn import(client: &Client, range: Range<u64>) {
    let rows: Vec<Incoming> = range.map(row).collect();
    for chunk in rows.chunks(500) {
        client.call(Import { rows: chunk.to_vec(), provenance: provenance(), dry_run: false }).unwrap();
    }
}

pub fn list(client: &Client, query: &str, limit: Option<u64>) -> Page {
    let window = Window { limit, ..Window::default() };
    let (query, sort) = (query.to_owned(), String::new());
    client.call(List { kind: RecordKind::Contact, query, sort, window, columns: vec![] }).unwrap()
}
