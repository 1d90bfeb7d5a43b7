//! Several people behind one account, and the end of one's access.

use callbook::api::frame::{Done, ServerMessage};
use callbook::client::open::account;
use callbook::client::socket::Target;
use callbook::env::Env;
use zeroize::Zeroizing;

use super::*;

/// A store whose account is shared by `tester`, its owner, and `ben`, a rep: each with a password of its own.
struct Shared {
    served: Served,
}

fn words(text: &str) -> Option<Hush> {
    Some(Hush::new(Zeroizing::new(text.to_owned())))
}

impl Shared {
    fn new() -> Shared {
        let served = Served::start();
        let file = |name: &str, text: &str| {
            use std::os::unix::fs::PermissionsExt;
            let path = served.dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            path
        };
        let (tester, ben) = (file("tester", "owners own horse\n"), file("ben", "correct horse\n"));
        file("wrong", "wrong horse\n");
        let done = served.callbook(&["user", "password", "--password-file", tester.to_str().unwrap()]);
        assert!(done.status.success(), "{done:?}");
        let shared = Shared { served };
        shared.owner(&["user", "add", "ben", "--unix", &account(), "--role", "rep"]);
        shared.owner(&["user", "password", "ben", "--password-file", ben.to_str().unwrap()]);
        shared
    }

    fn run(&self, who: &str, password: &str, args: &[&str]) -> std::process::Output {
        let file = self.served.dir.path().join(password);
        let login = ["--login", who, "--user-password-file", file.to_str().unwrap()];
        self.served.callbook(&[&login, args].concat())
    }

    /// What the owner does must work.
    fn owner(&self, args: &[&str]) -> String {
        let done = self.run("tester", "tester", args);
        assert!(done.status.success(), "{args:?}: {done:?}");
        String::from_utf8(done.stdout).unwrap()
    }

    /// A session of ben's.
    fn ben(&self) -> Remote {
        let target = Target { path: self.served.socket.clone(), ..Target::default() };
        let (remote, greeting) = Remote::reach(target).unwrap().unwrap();
        assert!(matches!(greeting, Greeting::LoginWanted(_)), "{greeting:?}");
        assert_eq!(remote.login(Some("ben".into()), words("correct horse")), Ok(Done::Open));
        remote
    }
}

/// Waits until something is so; only a failed test waits long.
fn wait(what: &str, mut so: impl FnMut() -> bool) {
    let clock = Env::system().clock;
    while !so() {
        assert!(clock.elapsed() < PATIENCE, "waited without {what}");
        std::thread::yield_now();
    }
}

#[test]
fn who_shares_an_account_says_who_and_gives_the_own_password() {
    let shared = Shared::new();
    let told = |done: &std::process::Output| String::from_utf8_lossy(&done.stderr).into_owned();
    // The account alone is nobody; neither is a name alone.
    for args in [&["contact", "list"][..], &["--login", "ben", "contact", "list"]] {
        let done = shared.served.callbook(args);
        assert_eq!(done.status.code(), Some(7), "{done:?}");
        assert!(told(&done).contains("hint: "), "{done:?}");
    }
    assert!(told(&shared.served.callbook(&["contact", "list"])).contains("shared by ben, tester"));
    let status = |who: &str, password: &str| {
        let done = shared.run(who, password, &["status", "--format", "json"]);
        (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned(), told(&done))
    };
    let (code, out, err) = status("ben", "ben");
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("\"user\": \"ben\"") && out.contains("\"role\": \"rep\""), "{out}");
    // Somebody else's password is as wrong as any; after three wrong ones the next must wait, and the right one too.
    let mut waits = String::new();
    wait("a pause", || {
        let (code, _, err) = status("ben", if waits.is_empty() { "wrong" } else { "tester" });
        assert_eq!(code, Some(7), "{err}");
        waits = err;
        waits.contains("too many wrong passwords: wait ")
    });
    // The other who has the account does not wait for that.
    assert_eq!(status("tester", "tester").0, Some(0));
    wait("the end of the pause", || status("ben", "ben").0 == Some(0));
    // The own one is changed with the old one, which the option of every command gives.
    let new = shared.served.dir.path().join("new");
    std::fs::write(&new, "third horse!\n").unwrap();
    let new = new.to_str().unwrap();
    let done = shared.run("ben", "ben", &["user", "password", "--password-file", new]);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(status("ben", "ben").0, Some(7));
    wait("the new password", || status("ben", "new").0 == Some(0));
    let remote = Remote::reach(Target { path: shared.served.socket.clone(), ..Target::default() });
    let (remote, _) = remote.unwrap().unwrap();
    assert_eq!(remote.login(Some("ben".into()), words("third horse!")), Ok(Done::Open));
    let set = |old: Option<Hush>| SetPassword { user: None, password: None, old };
    assert_eq!(remote.client().call(set(None)).unwrap_err().code, Code::Locked);
    assert_eq!(remote.client().call(set(words("correct horse"))).unwrap_err().code, Code::Locked);
    remote.client().call(set(words("third horse!"))).unwrap();
    // All of it is in the log of denials, of ben alone.
    let log = shared.owner(&["history", "denials", "--user", "ben", "--format", "csv"]);
    assert!(log.contains("Login") && log.contains("SetPassword") && !log.contains("horse"), "{log}");
}

#[test]
fn the_end_of_a_users_access_ends_open_sessions_at_once() {
    let shared = Shared::new();
    let (quiet, listening) = (shared.ben(), shared.ben());
    let events = heard(&listening);
    assert_eq!(listening.client().call(Whoami {}).unwrap().name, "ben");
    // One that has nothing but a socket, and asks nothing more.
    let mut raw = Raw::connect(&shared.served);
    raw.send(&frame::encode_first(&Hello::own()).unwrap());
    assert!(matches!(raw.greeting(), Greeting::LoginWanted(_)));
    let login = Control::Login { user: Some("ben".into()), password: words("correct horse") };
    for (id, control) in [(1, login), (2, Control::Listen)] {
        raw.send(&frame::encode(&ClientMessage::Control { id, control }, REQUEST_MOST).unwrap());
        let done: ServerMessage = frame::read_one(&raw.0, frame::ANSWER_MOST).unwrap();
        assert!(matches!(done, ServerMessage::Done { answer: Ok(Done::Open), .. }), "{done:?}");
    }
    shared.owner(&["user", "deactivate", "ben"]);
    // Whoever listens is told good-bye without asking.
    let bye: ServerMessage = frame::read_one(&raw.0, frame::ANSWER_MOST).unwrap();
    assert!(matches!(&bye, ServerMessage::Bye(error) if error.code == Code::Denied), "{bye:?}");
    assert_eq!(raw.rest(), b"");
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), Event::Lost);
    // Whoever does not, with the next thing that is asked; and nobody comes in again.
    for remote in [&quiet, &listening] {
        let error = remote.client().call(Whoami {}).unwrap_err();
        assert!(matches!(error.code, Code::Denied | Code::Locked), "{error}");
    }
    assert_ne!(shared.run("ben", "ben", &["status"]).status.code(), Some(0));
    // The owner alone has the account again.
    let done = shared.run("tester", "tester", &["user", "show", "ben"]);
    assert!(String::from_utf8_lossy(&done.stdout).contains("no"), "{done:?}");
}
