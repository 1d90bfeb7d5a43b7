use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use crate::api::{Cause, Code, Error, Request, Response};
use crate::client::open::Secret;
use crate::client::{Client, Door};
use crate::domain::time::Timestamp;
use crate::tui::forms::robot::Robot;
use crate::tui::layer::Input;
use crate::tui::lock::{Founded, NewStore, Unlock, Vault};

/// A vault that opens with `correct horse`, or fails as it is told.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) fails: Mutex<Option<Error>>,
    pub(crate) founded: Mutex<Vec<NewStore>>,
    pub(crate) abandoned: Mutex<u32>,
    /// A file that unlocks it was named.
    pub(crate) file: bool,
}

struct NoDoor;
impl Door for NoDoor {
    fn request(&self, _request: Request) -> Result<Response, Error> {
        Err(Error::failed("nobody is at home"))
    }
}

pub(crate) fn client() -> Client {
    Client::new(Arc::new(NoDoor))
}

impl Vault for Fake {
    fn place(&self) -> String {
        "/home/ines/.local/share/callbook".to_owned()
    }

    fn unlock(&self, secret: &Secret) -> Result<Client, Error> {
        if let Some(error) = self.fails.lock().unwrap().clone() {
            return Err(error);
        }
        match secret {
            Secret::Passphrase(typed) if typed.as_str() == "correct horse" => Ok(client()),
            Secret::Recovery(typed) if typed.as_str() == "ABCD-EFGH" => Ok(client()),
            Secret::KeyFile(path) if path.ends_with("good.key") => Ok(client()),
            _ => Err(Error::new(
                Code::Locked,
                "the passphrase is wrong; check it, or use another way to unlock",
            )),
        }
    }

    fn login(&self, password: Zeroizing<String>) -> Result<Client, Error> {
        match password.as_str() {
            "my own password" => Ok(client()),
            _ => Err(Error::new(Code::Locked, "wrong password").because(Cause::Password)),
        }
    }

    fn has_file(&self) -> bool {
        self.file
    }

    fn unlock_unasked(&self) -> Result<Client, Error> {
        self.unlock(&Secret::Passphrase(Zeroizing::new("correct horse".to_owned())))
    }

    fn found(&self, new: &NewStore, _passphrase: Zeroizing<String>) -> Result<Founded, Error> {
        if let Some(error) = self.fails.lock().unwrap().clone() {
            return Err(error);
        }
        self.founded.lock().unwrap().push(new.clone());
        let recovery = ["ABCD", "EFGH", "JKMN", "PQRS", "TVWX", "YZ01", "2345"];
        Ok(Founded {
            client: client(),
            recovery: recovery.iter().map(|group| Zeroizing::new((*group).to_owned())).collect(),
        })
    }

    fn abandon(&self) -> Result<(), Error> {
        *self.abandoned.lock().unwrap() += 1;
        Ok(())
    }
}

fn try_it(robot: &mut Robot, passphrase: &str) {
    robot.type_in(passphrase).press("enter");
    if !robot.jobs.is_empty() {
        robot.run_job(None);
    }
}

#[test]
fn a_passphrase_is_never_seen_and_three_wrong_ones_cost_time() {
    let mut robot = Robot::new(Unlock::at_start(Arc::new(Fake::default())));
    robot.type_in("wrong horse");
    let screen = robot.screen(80, 24);
    assert!(!screen.contains("horse"), "{screen}");
    insta::assert_snapshot!("typing_80x24", screen);
    robot.press("enter");
    assert!(robot.screen(60, 20).contains("Unlocking."));
    robot.type_in("lost while it works").press("enter");
    robot.run_job(None);
    try_it(&mut robot, "wrong");
    try_it(&mut robot, "wronger");
    insta::assert_snapshot!("wrong_60x20", robot.screen(60, 20));
    try_it(&mut robot, "correct horse");
    assert!(robot.screen(80, 24).contains("Wait 2 seconds"), "{}", robot.screen(80, 24));
    assert_eq!(robot.closed(), None);
    robot.ctx.now = Timestamp::from_millis(robot.ctx.now.millis() + 2_000);
    robot.press("enter");
    robot.run_job(None);
    assert_eq!(robot.closed(), Some(None));
    assert_eq!(robot.log, ["enter"]);
}

#[test]
fn other_ways_in() {
    let mut robot = Robot::new(Unlock::at_start(Arc::new(Fake::default())));
    robot.press("tab");
    try_it(&mut robot, "/media/good.key");
    assert_eq!(robot.closed(), Some(None));
    let mut robot = Robot::new(Unlock::at_start(Arc::new(Fake::default())));
    robot.press("shift-tab");
    robot.paste("ABCD-EFGH\n");
    assert!(robot.screen(80, 24).contains("ABCD-EFGH"), "what is read from paper may be seen");
    assert_eq!(robot.closed(), None, "a paste never submits");
    robot.press("enter");
    robot.run_job(None);
    assert_eq!(robot.closed(), Some(None));
}

#[test]
fn a_store_that_is_held_or_damaged_is_no_wrong_passphrase() {
    let fake = Arc::new(Fake::default());
    let mut robot = Robot::new(Unlock::at_start(fake.clone()));
    let held = Error::new(
        Code::Locked,
        "the store is held by pid 4711 (anna); talk to it through its socket, or end it first",
    );
    *fake.fails.lock().unwrap() = Some(held.because(Cause::Held));
    for _ in 0..5 {
        try_it(&mut robot, "correct horse");
    }
    assert!(robot.screen(80, 24).contains("pid 4711 (anna)"));
    *fake.fails.lock().unwrap() =
        Some(Error::integrity("the header is damaged").hint("restore it: callbook backup restore"));
    try_it(&mut robot, "correct horse");
    insta::assert_snapshot!(robot.screen(80, 24));
    *fake.fails.lock().unwrap() = None;
    try_it(&mut robot, "correct horse");
    assert_eq!(robot.closed(), Some(None));
}

#[test]
fn the_idle_lock_lets_go_and_nothing_gets_past_it() {
    let mut robot = Robot::new(Unlock::over(Arc::new(Fake::default())));
    assert_eq!(robot.log, ["leave"]);
    for _ in 0..3 {
        robot.input(Input::Cancel);
    }
    robot.press("esc q esc esc").press("enter");
    if !robot.jobs.is_empty() {
        robot.run_job(None);
    }
    assert_eq!(robot.closed(), None);
    assert_eq!(robot.log, ["leave"]);
    robot.press("esc ctrl-d");
    assert_eq!(robot.log, ["leave", "quit"]);
    for (width, height) in [(40, 10), (1, 2), (8, 3), (200, 60)] {
        robot.screen(width, height);
    }
}

#[test]
fn a_directory_is_founded_unlocked_and_abandoned() {
    use crate::api::{Hush, SetPassword, Whoami};
    use crate::client::open::{KdfCost, Login, is_held};
    use crate::env::Env;
    use crate::tui::lock::DirVault;

    let home = tempfile::tempdir().unwrap();
    let vault = DirVault {
        dir: home.path().join("store"),
        unix: "ines".into(),
        cost: KdfCost::MINIMUM,
        with: crate::client::open::Configured::default(),
        login: Login::default(),
        env: Env::system(),
        unlocked: Mutex::default(),
    };
    let new = NewStore { controller: "Muster GmbH".into(), country: "DE".into(), user: "ines".into() };
    let passphrase = || Zeroizing::new("kestrel mop nine tin cloud".to_owned());
    let made = vault.found(&new, passphrase()).unwrap();
    assert_eq!(made.client.call(Whoami {}).unwrap().controller, "Muster GmbH");
    let code =
        made.recovery.iter().map(|group| group.to_string()).collect::<Vec<_>>().join(" ").to_lowercase();
    let held = vault.unlock(&Secret::Passphrase(passphrase())).err().unwrap();
    assert!(is_held(&held), "{held}");
    drop(made);
    let wrong = vault
        .unlock(&Secret::Passphrase(Zeroizing::new("kestrel mop nine tin clouds".into())))
        .err()
        .unwrap();
    assert_eq!(wrong.code, Code::Locked);
    assert!(!wrong.message.contains("kestrel"));
    let client = vault.unlock(&Secret::Passphrase(passphrase())).unwrap();
    // With a password of one's own, the passphrase alone opens nothing; the store stays open for the next try only.
    let own = || Zeroizing::new("apple tree in bloom".to_owned());
    client.call(SetPassword { user: None, password: Some(Hush::new(own())), old: None }).unwrap();
    drop(client);
    let wanted = vault.unlock(&Secret::Passphrase(passphrase())).err().unwrap();
    assert_eq!(wanted.cause, Some(Cause::Password), "{wanted}");
    for _ in 0..4 {
        let wrong = vault.login(Zeroizing::new("apple tree in winter".to_owned())).err().unwrap();
        assert_eq!((wrong.code, wrong.cause), (Code::Locked, Some(Cause::Password)));
    }
    let early = vault.login(own()).err().unwrap();
    assert!(early.message.contains("too many wrong passwords"), "{early}");
    // Unlocked anew, it is another opening of the store, and that was dear.
    vault.unlock(&Secret::Passphrase(passphrase())).err().unwrap();
    let client = vault.login(own()).unwrap();
    client.call(SetPassword { user: None, password: None, old: Some(Hush::new(own())) }).unwrap();
    drop(client);
    assert_eq!(vault.login(own()).err().unwrap().cause, Some(Cause::Gone));
    drop(vault.unlock(&Secret::Recovery(Zeroizing::new(code))).unwrap());
    vault.abandon().unwrap();
    assert!(!home.path().join("store").exists());
}

#[test]
fn who_has_an_own_password_is_asked_for_it_after_the_passphrase() {
    let fake = Arc::new(Fake::default());
    let mut robot = Robot::new(Unlock::at_start(fake.clone()));
    *fake.fails.lock().unwrap() =
        Some(Error::new(Code::Locked, "the user `rita` has an own password").because(Cause::Password));
    try_it(&mut robot, "correct horse");
    let screen = robot.screen(80, 24);
    assert!(screen.contains("Your password: ") && screen.contains("`rita` has an own password"), "{screen}");
    assert!(!screen.contains("next try"), "the passphrase was right: {screen}");
    for _ in 0..3 {
        try_it(&mut robot, "not mine");
    }
    assert!(robot.screen(80, 24).contains("next try is possible in 2 seconds"));
    try_it(&mut robot, "my own password");
    assert_eq!(robot.closed(), None, "it is waited for");
    robot.ctx.now = Timestamp::from_millis(robot.ctx.now.millis() + 2_000);
    try_it(&mut robot, "");
    assert_eq!(robot.closed(), Some(None));
    // Esc goes back to the passphrase.
    let mut robot = Robot::new(Unlock::at_start(fake));
    try_it(&mut robot, "correct horse");
    robot.press("esc");
    assert!(robot.screen(80, 24).contains("Passphrase: "));
}

#[test]
fn a_server_that_ended_is_started_again_by_the_passphrase_or_a_file() {
    let mut robot = Robot::new(Unlock::ended(Arc::new(Fake::default())));
    assert_eq!(robot.log, [""; 0], "nothing is let go of");
    let screen = robot.screen(80, 24);
    assert!(screen.contains("The server has ended") && screen.contains("Passphrase: "), "{screen}");
    try_it(&mut robot, "wrong");
    try_it(&mut robot, "correct horse");
    assert_eq!((robot.closed(), robot.log.last().map(String::as_str)), (Some(None), Some("enter")));
    // It can be put away.
    let mut robot = Robot::new(Unlock::ended(Arc::new(Fake::default())));
    robot.press("esc");
    assert_eq!(robot.closed(), Some(None));
    // With a file nobody is asked, unless that fails.
    let fake = Arc::new(Fake { file: true, ..Fake::default() });
    let mut robot = Robot::new(Unlock::ended(fake.clone()));
    assert!(robot.screen(80, 24).contains("It is being started again"));
    robot.run_job(None);
    assert_eq!(robot.closed(), Some(None));
    *fake.fails.lock().unwrap() = Some(Error::failed("no room on the disk"));
    let mut robot = Robot::new(Unlock::ended(fake));
    robot.run_job(None);
    assert!(robot.screen(80, 24).contains("no room on the disk"));
    assert_eq!(robot.closed(), None);
}
