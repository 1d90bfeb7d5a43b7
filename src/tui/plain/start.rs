//! The beginning of a linear conversation: unlocking a store, or making the first one.

use std::io;

use zeroize::Zeroizing;

use crate::api::{Cause, Code, Error};
use crate::client::Client;
use crate::client::open::{Secret, is_held};
use crate::domain::country::Country;
use crate::env::Env;
use crate::tui::lock::{NewStore, Vault, home};
use crate::tui::plain::Talk;
use crate::tui::wizard::strength::{Advice, advise};

/// Wrong tries before the conversation ends; whoever starts anew pays for the start.
const TRIES: usize = 3;

fn fail(talk: &mut dyn Talk, error: &Error) -> io::Result<()> {
    talk.say(&[&format!("Not done: {}.", error.message.trim_end_matches('.'))])?;
    match &error.hint {
        Some(hint) => talk.say(&[hint]),
        None => Ok(()),
    }
}

/// Unlocks a store; nothing when the person gives up, or after three wrong tries.
pub fn unlock(talk: &mut dyn Talk, vault: &dyn Vault) -> io::Result<Option<Client>> {
    if vault.asks_password() {
        talk.say(&[&format!("Store {}.", vault.place())])?;
        return login(talk, vault);
    }
    talk.say(&[
        &format!("Store {}.", vault.place()),
        "An empty line asks for a key file or the recovery code instead.",
    ])?;
    for _ in 0..TRIES {
        let Some(typed) = talk.ask_secret("Passphrase:")? else { return Ok(None) };
        let secret = if !typed.is_empty() {
            Secret::Passphrase(typed)
        } else {
            let Some(path) = talk.ask("Path of the key file:")? else { return Ok(None) };
            if path.trim().is_empty() {
                match talk.ask_secret("Recovery code:")? {
                    Some(code) if !code.is_empty() => Secret::Recovery(code),
                    Some(_) | None => return Ok(None),
                }
            } else {
                Secret::KeyFile(home(&path))
            }
        };
        talk.say(&["Unlocking, this takes about a second."])?;
        match vault.unlock(&secret) {
            Ok(client) => return Ok(Some(client)),
            Err(error) if error.cause == Some(Cause::Password) => {
                talk.say(&[&format!("{}.", error.message)])?;
                return login(talk, vault);
            }
            Err(error) => {
                fail(talk, &error)?;
                if error.code != Code::Locked || is_held(&error) {
                    return Ok(None);
                }
            }
        }
    }
    Ok(None)
}

/// Asks for the user's own password; nothing when the person gives up, or after three wrong ones.
fn login(talk: &mut dyn Talk, vault: &dyn Vault) -> io::Result<Option<Client>> {
    for _ in 0..TRIES {
        match talk.ask_secret("Your password:")? {
            Some(typed) if !typed.is_empty() => match vault.login(typed) {
                Ok(client) => return Ok(Some(client)),
                Err(error) => {
                    fail(talk, &error)?;
                    if error.cause != Some(Cause::Password) {
                        return Ok(None);
                    }
                }
            },
            Some(_) | None => return Ok(None),
        }
    }
    Ok(None)
}

/// Asks until `check` is content; nothing at the end of input.
fn ask(
    talk: &mut dyn Talk,
    prompt: &str,
    check: impl Fn(&str) -> Result<String, String>,
) -> io::Result<Option<String>> {
    loop {
        let Some(text) = talk.ask(prompt)? else { return Ok(None) };
        match check(text.trim()) {
            Ok(text) => return Ok(Some(text)),
            Err(wrong) => talk.say(&[&wrong])?,
        }
    }
}

/// Makes the first store; nothing when the person gives up, and then there is none.
pub fn first_run(
    talk: &mut dyn Talk,
    vault: &dyn Vault,
    account: &str,
    env: &Env,
) -> io::Result<Option<Client>> {
    talk.say(&[
        "Callbook keeps your contacts, and why you may have them, in an encrypted store.",
        &format!("It will be made in {}; nothing leaves this machine.", vault.place()),
        "Have at hand: your company's name, a passphrase, and paper for a recovery code.",
    ])?;
    let needed =
        |text: &str| if text.is_empty() { Err("It is needed.".to_owned()) } else { Ok(text.to_owned()) };
    let Some(controller) = ask(talk, "Who decides about the data, the company's full name:", needed)? else {
        return Ok(None);
    };
    let country = |text: &str| match text.parse::<Country>() {
        Ok(country) => Ok(country.code().to_owned()),
        Err(invalid) => Err(format!("{invalid}.")),
    };
    let Some(country) = ask(talk, "In which country:", country)? else { return Ok(None) };
    let prompt = format!("What are you called here, Enter takes {account}:");
    let name = |text: &str| Ok(if text.is_empty() { account.to_owned() } else { text.to_owned() });
    let Some(user) = ask(talk, &prompt, name)? else { return Ok(None) };
    let passphrase = loop {
        let Some(first) = talk.ask_secret("Passphrase, at least twelve characters:")? else {
            return Ok(None);
        };
        match advise(&first, &[&controller, &user]) {
            Advice::Refused(why) => {
                talk.say(&[&format!("Not taken: {why}.")])?;
                continue;
            }
            Advice::Fair(said) | Advice::Good(said) => talk.say(&[said])?,
        }
        let Some(second) = talk.ask_secret("The same once more:")? else { return Ok(None) };
        if *first == *second {
            break first;
        }
        talk.say(&["That was not the same."])?;
    };
    talk.say(&["Creating the store."])?;
    let made = match vault.found(&NewStore { controller, country, user }, passphrase) {
        Ok(made) => made,
        Err(error) => {
            fail(talk, &error)?;
            return Ok(None);
        }
    };
    talk.say(&[
        "The recovery code, shown now and never again. Write it on paper; a group of it is asked back.",
    ])?;
    for (at, group) in made.recovery.iter().enumerate() {
        let line = Zeroizing::new(format!("Group {}: {}", at + 1, group.as_str()));
        talk.say(&[line.as_str()])?;
    }
    let count = made.recovery.len().max(1) as u64;
    let at = usize::try_from(u64::from_le_bytes(env.random()) % count).unwrap_or(0);
    let expected = made.recovery.get(at).map_or("", |group| group.as_str());
    loop {
        let prompt = format!("From the paper, group {}, or the word stop:", at + 1);
        match talk.ask(&prompt)? {
            Some(typed) if typed.trim().eq_ignore_ascii_case(expected) => return Ok(Some(made.client)),
            Some(typed) if typed.trim() != "stop" => talk.say(&["That is not the group."])?,
            Some(_) | None => {
                // Without the code on paper a forgotten passphrase would lose everything.
                drop(made.client);
                match vault.abandon() {
                    Ok(()) => talk.say(&["The new store was taken away again."])?,
                    Err(error) => fail(talk, &error)?,
                }
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{first_run, unlock};
    use crate::api::{Cause, Code, Error};
    use crate::env::Env;
    use crate::tui::lock::tests::Fake;
    use crate::tui::plain::{Plain, Talk};

    fn unlocks(lines: &str) -> (bool, String) {
        let mut output = Vec::new();
        let client = unlock(&mut Plain::new(lines.as_bytes(), &mut output), &Fake::default()).unwrap();
        (client.is_some(), String::from_utf8(output).unwrap())
    }

    #[test]
    fn three_tries_and_other_ways() {
        assert!(unlocks("wrong\ncorrect horse\n").0);
        assert!(unlocks("\n/media/good.key\n").0);
        assert!(unlocks("\n\nABCD-EFGH\n").0);
        let (open, said) = unlocks("a\nb\nc\ncorrect horse\n");
        assert!(!open && said.contains("the passphrase is wrong"), "{said}");
        assert!(!unlocks("").0);
    }

    #[test]
    fn an_own_password_is_asked_for_after_the_passphrase() {
        let says = |lines: &str| {
            let fake = Fake::default();
            let wanted = Error::new(Code::Locked, "the user `rita` has an own password");
            *fake.fails.lock().unwrap() = Some(wanted.because(Cause::Password));
            let mut output = Vec::new();
            let client = unlock(&mut Plain::new(lines.as_bytes(), &mut output), &fake).unwrap();
            (client.is_some(), String::from_utf8(output).unwrap())
        };
        let (open, said) = says("correct horse\nwrong\nmy own password\n");
        assert!(
            open && said.contains("`rita` has an own password") && said.contains("Your password:"),
            "{said}"
        );
        assert!(!says("correct horse\na\nb\nc\nmy own password\n").0);
        assert!(!says("correct horse\n\n").0);
    }

    /// Answers like a person who wrote the code down, or like one who did not.
    struct Person<'a> {
        answers: Vec<&'a str>,
        groups: Vec<String>,
        wrote: bool,
    }

    impl Talk for Person<'_> {
        fn say(&mut self, lines: &[&str]) -> std::io::Result<()> {
            for line in lines {
                if let Some((_, group)) = line.strip_prefix("Group ").and_then(|rest| rest.split_once(": ")) {
                    self.groups.push(group.to_owned());
                }
            }
            Ok(())
        }
        fn ask(&mut self, prompt: &str) -> std::io::Result<Option<String>> {
            if let Some(number) = prompt.strip_prefix("From the paper, group ") {
                let number: usize = number.split(',').next().unwrap().parse().unwrap();
                return Ok(self.wrote.then(|| self.groups[number - 1].to_lowercase()));
            }
            Ok((!self.answers.is_empty()).then(|| self.answers.remove(0).to_owned()))
        }
        fn ask_secret(&mut self, prompt: &str) -> std::io::Result<Option<zeroize::Zeroizing<String>>> {
            Ok(self.ask(prompt)?.map(zeroize::Zeroizing::new))
        }
    }

    #[test]
    fn a_store_is_made_or_nothing_is_left() {
        let answers = vec![
            "",
            "Muster GmbH",
            "Nirgendwo",
            "nl",
            "",
            "short",
            "kestrel mop nine tin cloud",
            "other",
            "kestrel mop nine tin cloud",
            "kestrel mop nine tin cloud",
        ];
        let run = |wrote, answers: Vec<&str>| {
            let fake = Fake::default();
            let mut person = Person { answers, groups: Vec::new(), wrote };
            let client = first_run(&mut person, &fake, "ines", &Env::system()).unwrap();
            let founded = fake.founded.lock().unwrap().clone();
            (client.is_some(), founded, *fake.abandoned.lock().unwrap())
        };
        let (open, founded, abandoned) = run(true, answers.clone());
        assert!(open && abandoned == 0);
        assert_eq!((founded[0].country.as_str(), founded[0].user.as_str()), ("NL", "ines"));
        let (open, _, abandoned) = run(false, answers);
        assert_eq!((open, abandoned), (false, 1));
        let (open, founded, abandoned) = run(true, vec!["Muster GmbH", "DE"]);
        assert!(!open && founded.is_empty() && abandoned == 0);
    }
}
