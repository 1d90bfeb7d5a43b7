//! How numbers are dialled: by hand, by a link of the terminal, or by a program of the person's own.

/// What the configuration says about calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Calling {
    /// `dial_command`: the program and its arguments, run without a shell. `{uri}` stands for `tel:+49…`, `{number}` for
    /// `+49…`; where neither is named, the URI is the last argument. Empty: nothing is run.
    pub dial_command: Vec<String>,
    /// `shown_number`: which number people see when they are called; it goes into the record of a call.
    pub shown_number: String,
}

impl Calling {
    /// What is to be run for a number; nothing where there is no command or no number.
    pub fn command(&self, uri: &str, number: &str) -> Option<Vec<String>> {
        if self.dial_command.is_empty() || uri.is_empty() {
            return None;
        }
        let named = |word: &String| word.contains("{uri}") || word.contains("{number}");
        let mut argv: Vec<String> = self
            .dial_command
            .iter()
            .map(|word| word.replace("{uri}", uri).replace("{number}", number))
            .collect();
        if !self.dial_command.iter().any(named) {
            argv.push(uri.to_owned());
        }
        Some(argv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(words: &[&str]) -> Option<Vec<String>> {
        let dial_command = words.iter().map(|word| (*word).to_owned()).collect();
        let calling = Calling { dial_command, shown_number: String::new() };
        calling.command("tel:+442079460001;ext=7", "+442079460001")
    }

    #[test]
    fn a_number_takes_its_place_and_is_never_a_word_of_a_shell() {
        assert_eq!(argv(&[]), None);
        assert_eq!(argv(&["dial"]).unwrap(), ["dial", "tel:+442079460001;ext=7"]);
        assert_eq!(argv(&["sip", "--to={number}", "-v"]).unwrap(), ["sip", "--to=+442079460001", "-v"]);
        assert_eq!(argv(&["a b; c", "{uri}"]).unwrap(), ["a b; c", "tel:+442079460001;ext=7"]);
        let calling = Calling { dial_command: vec!["dial".into()], ..Calling::default() };
        assert_eq!(calling.command("", ""), None);
    }
}
