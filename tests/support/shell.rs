//! The program on a real store, as a person at a shell has it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

/// What an import says about where its data comes from.
pub const GROUNDS: &[&str] =
    &["--source", "fair list", "--basis", "consent", "--reason", "asked at the fair"];

/// A directory with a store that a key file unlocks: key files cost no time, passphrases half a second each.
pub struct Shell {
    pub dir: tempfile::TempDir,
    /// Where the store is.
    pub store: PathBuf,
}

impl Shell {
    pub fn new() -> Shell {
        Shell::at(Path::new("store"))
    }

    /// With the store elsewhere than in the directory of everything else.
    pub fn at(store: &Path) -> Shell {
        let shell = Shell { dir: tempfile::tempdir().unwrap(), store: store.to_path_buf() };
        let made = shell.run(&["init", "--controller", "Muster GmbH", "--country", "DE"]);
        assert_eq!(made.status.code(), Some(0), "{}", err(&made));
        assert!(out(&made).trim().len() > 20, "the recovery code is data");
        assert!(err(&made).contains("write it down"));
        shell
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callbook"));
        command
            .args(words)
            .current_dir(self.dir.path())
            .env_clear()
            .env("HOME", self.dir.path())
            .env("CALLBOOK_STORE", &self.store)
            .stdin(Stdio::null());
        let unlocks = ["--key-file", "--passphrase-file", "--recovery-file"];
        if !words.iter().any(|word| unlocks.contains(word)) {
            command.args(["--key-file", "key"]);
        }
        command
    }

    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    pub fn fed(&self, words: &[&str], input: &str) -> Output {
        let mut child = self
            .command(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs what must work; the answer is stdout.
    pub fn ok(&self, words: &[&str]) -> String {
        let done = self.run(words);
        assert_eq!(done.status.code(), Some(0), "{words:?}: {}", err(&done));
        out(&done)
    }

    pub fn json(&self, words: &[&str]) -> Json {
        let words: Vec<&str> = words.iter().copied().chain(["--format", "json"]).collect();
        serde_json::from_str(&self.ok(&words)).unwrap()
    }

    /// Runs what must fail so; the answer is stderr.
    pub fn fails(&self, code: i32, words: &[&str]) -> String {
        let done = self.run(words);
        assert_eq!(done.status.code(), Some(code), "{words:?}: {}{}", out(&done), err(&done));
        err(&done)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).unwrap();
    }

    pub fn add(&self, given: &str, family: &str, phone: &str) -> String {
        let words =
            ["contact", "add", "--given", given, "--family", family, "--phone", phone, "--country", "DE"];
        let grounds =
            ["--basis", "consent", "--reason", "asked to be called", "--source", "trade fair Berlin"];
        self.ok(&[&words[..], &grounds[..]].concat()).trim().to_owned()
    }
}

pub fn out(done: &Output) -> String {
    String::from_utf8(done.stdout.clone()).unwrap()
}

pub fn err(done: &Output) -> String {
    String::from_utf8(done.stderr.clone()).unwrap()
}
