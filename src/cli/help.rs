//! `callbook --help`: the commands in groups, from the same definition as everything else.

use clap::CommandFactory;

use crate::cli::Cli;

/// Which command stands under which heading.
const GROUPS: &[(&str, &[&str])] = &[
    ("People and companies", &["contact", "company", "note", "tag", "view", "field"]),
    (
        "Calls and consent",
        &["today", "call", "call-list", "task", "request", "purpose", "recipient", "processor", "consent"],
    ),
    ("What people are told", &["script", "notice", "message"]),
    ("Whom not to call", &["suppression"]),
    ("What people ask for by right", &["subject", "erasure", "publication"]),
    ("Users and what they see", &["user", "role", "access"]),
    ("What is allowed", &["law", "retention"]),
    ("What one can show", &["history", "incident", "register", "training", "evidence"]),
    ("The store", &["init", "settings", "serve", "lock", "unlock", "status", "doctor", "demo"]),
    ("Backups and keys", &["backup", "keys", "rebuild"]),
    ("The shell", &["completions", "man"]),
];

/// What a stranger does first.
const FIRST: &str = "
To begin:
  callbook demo                                             a tour with invented people
  callbook init --controller 'Muster GmbH' --country DE     a store of your own
  callbook contact add --help                               the first person in it
  callbook contact import --help                            many, from CSV, vCard or JSON
  callbook                                                  the screens
";

const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}\n{before-help}\n{options}{after-help}";

/// The definition of the command line.
pub(crate) fn command() -> clap::Command {
    let command = Cli::command();
    let groups = grouped(&command);
    command
        .disable_help_subcommand(true)
        .help_template(TEMPLATE)
        .before_help(groups)
        .after_help("`callbook NOUN --help` lists what can be done, `callbook NOUN VERB --help` how.")
}

fn grouped(command: &clap::Command) -> String {
    let mut text = String::from(FIRST);
    for (heading, names) in GROUPS {
        text.push_str(&format!("\n{heading}:\n"));
        for name in *names {
            let about =
                command.find_subcommand(name).and_then(|one| one.get_about()).map(ToString::to_string);
            text.push_str(&format!("  {name:<12} {}\n", about.unwrap_or_default()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, command};

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn every_command_stands_in_one_group_and_says_what_it_does() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let command = command();
        let mut all: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        grouped.sort_unstable();
        all.sort_unstable();
        assert_eq!(grouped, all);
        fn described(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} says nothing", command.get_name());
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{} {} says nothing", command.get_name(), arg.get_id());
            }
            command.get_subcommands().for_each(described);
        }
        described(&command);
    }

    #[test]
    fn help_shows_the_groups() {
        let help = command().render_help().to_string();
        assert!(help.contains("\nPeople and companies:\n  contact "), "{help}");
        assert!(help.contains("--passphrase-file"));
        let first = help.find("callbook init --controller").unwrap();
        assert!(first < help.find("People and companies").unwrap(), "what to do first stands first: {help}");
    }
}
