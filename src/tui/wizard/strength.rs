//! Advice about passphrases, by length and variety.
//!
//! A list of common passwords would make the program a megabyte larger and say little about phrases of twelve
//! characters and more; what matters against somebody who has the disk is length, because each guess costs Argon2id.

/// Fewest characters of a passphrase; the store refuses shorter ones too.
pub const SHORTEST: usize = 12;

/// What is to be said about a passphrase.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Advice {
    /// Not taken, and why.
    Refused(String),
    /// Taken; longer would be better.
    Fair(&'static str),
    Good(&'static str),
}

/// Judges a passphrase. `known` are words others know too: the company, the user.
pub fn advise(passphrase: &str, known: &[&str]) -> Advice {
    let chars: Vec<char> = passphrase.trim().chars().collect();
    if chars.len() < SHORTEST {
        let missing = SHORTEST - chars.len();
        return Advice::Refused(format!("{missing} more of at least {SHORTEST} characters"));
    }
    let lower = passphrase.to_lowercase();
    let mut distinct = lower.chars().collect::<Vec<_>>();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 6 {
        return Advice::Refused("too few different characters".to_owned());
    }
    // A keyboard row or the alphabet is one idea, however long.
    let steps = chars.windows(2).filter(|pair| match pair {
        [a, b] => (u32::from(*b)).abs_diff(u32::from(*a)) <= 1,
        _ => false,
    });
    if steps.count() * 3 > chars.len() * 2 {
        return Advice::Refused("a row of neighbouring characters is guessed at once".to_owned());
    }
    let rest = known
        .iter()
        .filter(|word| word.chars().count() >= 4)
        .fold(lower.clone(), |rest, word| rest.replace(&word.to_lowercase(), ""));
    if rest.trim().chars().count() < SHORTEST - 4 {
        return Advice::Refused("it is hardly more than a name that others know".to_owned());
    }
    match (passphrase.split_whitespace().count(), chars.len()) {
        (5.., _) | (_, 20..) => Advice::Good("good: length is what counts"),
        _ => Advice::Fair("fair: four or five random words would be better"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Advice, advise};

    #[test]
    fn short_and_simple_ones_are_refused() {
        for bad in [
            "",
            "short",
            "elevenchars",
            "            x",
            "aaaaaaaaaaaaaa",
            "abababababab",
            "abcdefghijklmnop",
            "1234567890123",
            "Muster GmbH 1234",
        ] {
            assert!(matches!(advise(bad, &["Muster GmbH"]), Advice::Refused(_)), "{bad}");
        }
    }

    #[test]
    fn long_ones_are_good() {
        assert!(matches!(advise("kestrel-mop-9-tin", &[]), Advice::Fair(_)));
        assert!(matches!(advise("five words that make sense", &[]), Advice::Good(_)));
        assert!(matches!(advise("日本語のとても長い合言葉です", &[]), Advice::Fair(_)));
    }
}
