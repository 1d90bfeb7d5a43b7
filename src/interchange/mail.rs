//! Messages as RFC 5322 has them: what a mail program opens, or a program that sends is given.
//!
//! Nothing of a name or a subject ends a header line: control characters and the line ends of Unicode become spaces before
//! the headers are made, and addresses are parsed ones.

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;

use crate::domain::reach::Email;
use crate::domain::time::Timestamp;
use crate::domain::value::Invalid;

/// A plain message to one person.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    pub from_name: &'a str,
    pub from: &'a str,
    pub to_name: &'a str,
    pub to: &'a str,
    pub subject: &'a str,
    pub text: &'a str,
    /// BCP 47.
    pub language: &'a str,
    /// Without the angle brackets.
    pub message_id: &'a str,
    pub date: Timestamp,
}

/// On one line, whatever it was.
fn line(text: &str) -> String {
    let calm = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    text.chars().map(calm).collect::<String>().trim().to_owned()
}

/// The bytes of the message: headers in ASCII, the text as its characters need, lines that end in CR LF.
pub fn letter(letter: &Letter<'_>) -> Result<Vec<u8>, Invalid> {
    let (from, to) = (Email::parse(letter.from)?, Email::parse(letter.to)?);
    let address = |name: &str, email: &Email| {
        let name = line(name);
        Address::new_address((!name.is_empty()).then_some(name), email.as_str().to_owned())
    };
    let id = letter.message_id;
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>')) {
        return Err(Invalid::new(format!("`{}` is no Message-ID", line(id))));
    }
    let unsubscribe = format!("<mailto:{}?subject=unsubscribe>", from.as_str());
    let message = MessageBuilder::new()
        .from(address(letter.from_name, &from))
        .to(address(letter.to_name, &to))
        .subject(line(letter.subject))
        .date(letter.date.millis().div_euclid(1000))
        .message_id(id.to_owned())
        .header("List-Unsubscribe", Raw::new(unsubscribe))
        .header("Content-Language", Raw::new(line(letter.language)))
        // RFC 3834: no out-of-office note comes back.
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .text_body(letter.text.to_owned());
    message.write_to_vec().map_err(|error| Invalid::new(format!("the message cannot be written: {error}")))
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    use super::*;

    fn hostile<'a>(name: &'a str, subject: &'a str, text: &'a str) -> Letter<'a> {
        Letter {
            from_name: name,
            from: "privacy@example.com",
            to_name: name,
            to: "anna@example.org",
            subject,
            text,
            language: "de",
            message_id: "1234@example.com",
            date: Timestamp::from_millis(1_780_000_000_000),
        }
    }

    /// The names of the headers, in order.
    fn headers(bytes: &[u8]) -> Vec<String> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split(':').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_message_is_read_back_as_it_was_meant() {
        let text = "Grüß Gott Frau Schöne,\n\nbitte bestätigen Sie:\n\nhttps://example.com/c?code=abc\n";
        let bytes =
            letter(&hostile("Müller & Söhne", "Bitte bestätigen Sie Ihre Adresse – 山田", text)).unwrap();
        let message = MessageParser::new().parse(&bytes[..]).unwrap();
        assert_eq!(message.subject().unwrap(), "Bitte bestätigen Sie Ihre Adresse – 山田");
        assert_eq!(message.from().unwrap().first().unwrap().name().unwrap(), "Müller & Söhne");
        assert_eq!(message.to().unwrap().first().unwrap().address().unwrap(), "anna@example.org");
        assert_eq!(message.message_id().unwrap(), "1234@example.com");
        assert_eq!(message.date().unwrap().to_rfc3339(), "2026-05-28T20:26:40Z");
        assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), text.trim_end());
        let whole = String::from_utf8(bytes).unwrap();
        assert!(
            whole.contains("List-Unsubscribe: <mailto:privacy@example.com?subject=unsubscribe>"),
            "{whole}"
        );
    }

    #[test]
    fn addresses_and_numbers_that_are_none_are_refused() {
        let sound = || hostile("A", "B", "C");
        for to in
            ["anna@example.org\r\nBcc: eve@example.net", "", "anna", "<anna@example.org>, eve@example.net"]
        {
            assert!(letter(&Letter { to, ..sound() }).is_err(), "{to}");
        }
        for message_id in ["", "a b", "a>\r\nBcc: x", "ä"] {
            assert!(letter(&Letter { message_id, ..sound() }).is_err(), "{message_id}");
        }
    }

    proptest! {
        #[test]
        fn no_name_and_no_subject_makes_a_header(
            name in "(\\PC|[\r\n\t\u{0}\u{b}\u{85}\u{2028}:<>@,;\"\\\\]|\r\nBcc: eve@example.net|=\\?utf-8\\?Q\\?=0D=0A\\?=){0,12}",
            subject in "(\\PC|[\r\n\t\u{0}\u{b}\u{85}\u{2028}]|\r\n\r\nHello|\nBcc: eve@example.net){0,12}",
            text in "(\\PC|[\r\n]|\r\n\\.\r\n){0,30}",
        ) {
            let plain = headers(&letter(&hostile("A", "B", "C")).unwrap());
            let bytes = letter(&hostile(&name, &subject, &text)).unwrap();
            prop_assert_eq!(headers(&bytes), plain);
            let message = MessageParser::new().parse(&bytes[..]).unwrap();
            prop_assert_eq!(message.to().unwrap().iter().count(), 1);
            prop_assert_eq!(message.to().unwrap().first().unwrap().address().unwrap(), "anna@example.org");
            prop_assert!(message.bcc().is_none());
        }
    }
}
