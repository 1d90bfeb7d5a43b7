//! The wordings that come with the program (`assets/scripts`, `assets/notices`, `assets/messages`).
//!
//! A new store begins with them; they are then the store's own, and newer ones of the program change nothing in it.

use super::{Usage, Wording, WordingKind, sha256};
use crate::domain::value::OneOf;

/// A file of the program: kind, use, name, text. The language stands at the end of the name.
type Asset = (WordingKind, Option<Usage>, &'static str, &'static str);

macro_rules! assets {
    ($($kind:ident, $usage:expr, $dir:literal, $name:literal, $extension:literal;)*) => {
        &[$(
            (WordingKind::$kind, $usage, concat!($name, "-en"), include_str!(concat!("../../../assets/", $dir, "/", $name, "-en.", $extension))),
            (WordingKind::$kind, $usage, concat!($name, "-de"), include_str!(concat!("../../../assets/", $dir, "/", $name, "-de.", $extension))),
            (WordingKind::$kind, $usage, concat!($name, "-nl"), include_str!(concat!("../../../assets/", $dir, "/", $name, "-nl.", $extension))),
            (WordingKind::$kind, $usage, concat!($name, "-fr"), include_str!(concat!("../../../assets/", $dir, "/", $name, "-fr.", $extension))),
        )*]
    };
}

const ASSETS: &[Asset] = assets! {
    Script, None, "scripts", "sales", "md";
    Notice, None, "notices", "notice", "md";
    Message, Some(Usage::OptIn), "messages", "opt-in", "txt";
    Message, Some(Usage::Confirmation), "messages", "confirmation", "txt";
    Message, Some(Usage::Letter), "messages", "letter", "txt";
};

/// What comes with the program, each as its first version.
pub fn shipped() -> Vec<Wording> {
    ASSETS
        .iter()
        .map(|(kind, usage, name, file)| {
            let (subject, text) = match kind {
                WordingKind::Message => split_subject(file),
                WordingKind::Script | WordingKind::Notice => (None, *file),
            };
            Wording {
                kind: OneOf(Some(*kind)),
                name: (*name).to_owned(),
                version: 1,
                language: name.rsplit('-').next().and_then(|tag| tag.parse().ok()),
                subject: subject.unwrap_or_default().to_owned(),
                text: text.to_owned(),
                sha256: sha256(text.as_bytes()),
                usage: OneOf(*usage),
                ..Wording::default()
            }
        })
        .collect()
}

/// The subject line of a message's file, where it begins with one, and the text after the empty line below it.
pub fn split_subject(file: &str) -> (Option<&str>, &str) {
    let Some((first, rest)) = file.split_once('\n') else { return (None, file) };
    let subject = first.strip_prefix("Subject:").map(str::trim);
    match (subject, rest.strip_prefix('\n')) {
        (Some(subject), Some(text)) => (Some(subject), text),
        _ => (None, file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_message_begins_with_its_subject() {
        assert_eq!(split_subject("Subject: Hi {{ person }} \n\nText\n"), (Some("Hi {{ person }}"), "Text\n"));
        for text in ["", "Text", "Subject: x", "Subject: x\nText", "Hello\n\nText"] {
            assert_eq!(split_subject(text), (None, text));
        }
    }
}
