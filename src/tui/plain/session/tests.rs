mod work;

use std::sync::Arc;

use super::Session;
use crate::client::Client;
use crate::client::open::{Local, in_memory};
use crate::domain::user::{Role, Settings, User};
use crate::env::{Env, Zone};
use crate::tui::plain::Plain;

fn client(env: &Env) -> Client {
    let settings =
        Settings { controller: "Muster GmbH".into(), country: "DE".parse().ok(), ..Settings::default() };
    let user = User { name: "ines".into(), unix: "ines".into(), role: Role::Owner.into(), ..User::default() };
    let service = in_memory(settings, vec![user], false, env).unwrap();
    let session = service.session_of("ines").unwrap();
    Client::new(Arc::new(Local::new(service, session, None)))
}

/// Says `lines` to a fresh store; gives what it said.
fn talk(lines: &str) -> String {
    let env = Env::system();
    let mut output = Vec::new();
    {
        let mut plain = Plain::new(lines.as_bytes(), &mut output);
        let commands: super::CommandLine<'_> = Box::new(|_, line| Ok(format!("ran {line}\n\x1b[2Jdone")));
        Session::new(&mut plain, client(&env), env, Some(commands), Zone::UTC).unwrap().run().unwrap();
    }
    String::from_utf8(output).unwrap()
}

const ANNA: &str = "n\nAnna\nSchmidt\n\nBuyer\n030 901820\nanna@example.com\n\nconsent\nasked for it\nfair\n";

#[test]
fn a_working_day_in_lines() {
    let said = talk(&format!(
        "{ANNA}e job_title\nHead of Purchasing\nh\nac Wants an offer\nschmidt\n1\n: status\nd\n\nd\nyes\nu\nq\nnever read\n"
    ));
    for line in [
        "Added.",
        "Legal basis: ",
        "Job title is now: Buyer",
        "Saved.",
        "Job title: from Buyer to Head of Purchasing",
        "Noted.",
        "1 Anna Schmidt",
        "1 hit.",
        "Wants an offer",
        "ran status",
        "Nothing was deleted.",
        "Deleted. u brings it back.",
        "Taken back:",
    ] {
        assert!(said.contains(line), "{line} in\n{said}");
    }
    assert!(!said.contains('\x1b') && !said.contains("never read"));
}

#[test]
fn what_is_needed_is_asked_for_and_nothing_is_presumed() {
    let said = talk("n\nAnna\nSchmidt\n\n\nnonsense\n\n\n\n\nno\nanna\nq\n");
    assert!(said.contains("no phone number") && said.contains("It is needed: Art. 6(1)"), "{said}");
    assert!(said.contains("Nothing was added.") && said.contains("Nobody is found."), "{said}");
    let twice = talk(&format!("{ANNA}{ANNA}\nq\n"));
    assert!(
        twice.contains("Possibly here already: Anna Schmidt") && twice.contains("Nothing was added."),
        "{twice}"
    );
}

#[test]
fn odd_input_is_answered() {
    let said = talk("7\nm\nh\ne\ns\nd\nan\ne nope\n/ q\n?\n");
    assert!(said.contains("There is no hit 7.") && said.contains("Search for something first."), "{said}");
    assert_eq!(said.matches("Nothing is open").count(), 5, "{said}");
    let said = talk(&format!("{ANNA}an Sie ist in der Gewerkschaft\nno\ne nope\ne phones\nzzz\n-\nq\n"));
    assert!(said.contains("seems to tell union") && said.contains("Nothing was noted."), "{said}");
    assert!(said.contains("has no field `nope`") && said.contains("Saved."), "{said}");
}
