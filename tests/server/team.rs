//! Several people on one account and one socket, each with a password of one's own.

use std::path::PathBuf;
use std::process::Output;

use callbook::client::open::account;
use serde_json::Value as Json;

use crate::support::served::Served;

pub struct Team(pub Served);

impl Team {
    /// `tester`, who owns the store, and others: name, role, team.
    pub fn new(others: &[(&str, &str, &str)]) -> Team {
        let team = Team(Served::start());
        team.password_file("tester");
        let file = team.path("tester").display().to_string();
        let first = team.0.callbook(&["user", "password", "--password-file", &file]);
        assert!(first.status.success(), "{first:?}");
        for (name, role, of) in others {
            team.password_file(name);
            let unix = account();
            let words = ["user", "add", name, "--unix", &unix, "--role", role];
            let of: &[&str] = if of.is_empty() { &[] } else { &["--team", of] };
            team.ok("tester", &[&words[..], of].concat());
            let file = team.path(name).display().to_string();
            team.ok("tester", &["user", "password", name, "--password-file", &file]);
        }
        team
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.dir.path().join(name)
    }

    /// What somebody gives as a password.
    pub fn password(name: &str) -> String {
        format!("{name} own horse")
    }

    fn password_file(&self, name: &str) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(self.path(name), format!("{}\n", Team::password(name))).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The words that say who one is.
    pub fn login(&self, who: &str) -> [String; 4] {
        let file = self.path(who).display().to_string();
        ["--login".into(), who.into(), "--user-password-file".into(), file]
    }

    pub fn run(&self, who: &str, words: &[&str]) -> Output {
        let login = self.login(who);
        let all: Vec<&str> = login.iter().map(String::as_str).chain(words.iter().copied()).collect();
        self.0.callbook(&all)
    }

    /// What must work; the answer is stdout.
    pub fn ok(&self, who: &str, words: &[&str]) -> String {
        let done = self.run(who, words);
        assert!(done.status.success(), "{who} {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// What must fail so; the answer is stderr.
    pub fn fails(&self, who: &str, code: i32, words: &[&str]) -> String {
        let done = self.run(who, words);
        let told = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(code), "{who} {words:?}: {told}");
        assert_eq!(done.stdout, b"", "{who} {words:?}");
        told
    }

    pub fn json(&self, who: &str, words: &[&str]) -> Json {
        let text = self.ok(who, &[words, &["--format", "json"]].concat());
        serde_json::from_str(&text).unwrap()
    }
}
