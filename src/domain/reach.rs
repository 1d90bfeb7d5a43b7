//! How a person or company is reached: phones, e-mails, links, postal addresses. Parsed once, then trusted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::country::Country;
use crate::domain::value::{Invalid, MAX_LINE};

/// A value with what it is for: `work`, `mobile`, `invoices`. Written `LABEL: VALUE`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Labelled<T> {
    pub label: String,
    pub value: T,
}

impl<T> Labelled<T> {
    pub fn plain(value: T) -> Labelled<T> {
        Labelled { label: String::new(), value }
    }
}

impl<T: fmt::Display> fmt::Display for Labelled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.label.is_empty() { self.value.fmt(f) } else { write!(f, "{}: {}", self.label, self.value) }
    }
}

/// A telephone number as ITU-T E.164 writes it (`+4930901820`), and an extension if there is one (`+4930901820x12`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(Box<str>);

impl Phone {
    /// Reads any usual notation; `country` is the region of a number written without a country code.
    ///
    /// The number must have a length its country uses. It need not be one that is assigned: numbering plans change
    /// faster than tables of them, and a rep must be able to note what the card says.
    pub fn parse(text: &str, country: Option<Country>) -> Result<Phone, Invalid> {
        let refuse = |why: &str| Invalid::new(format!("`{}` is no phone number: {why}", text.trim()));
        let text = text.trim().strip_prefix("tel:").unwrap_or(text.trim());
        if text.len() > 60 {
            return Err(Invalid::new("a phone number has at most 60 characters"));
        }
        if text.contains("(0)") && (text.starts_with('+') || text.starts_with("00")) {
            // The trunk zero that Europeans put in brackets is not part of the international number.
            return Phone::parse(&text.replacen("(0)", "", 1), country);
        }
        let international = text.strip_prefix("00").or_else(|| text.strip_prefix('+')).map(joined);
        let number =
            phonenumber::parse(country.map(Country::region), international.as_deref().unwrap_or(text))
                .map_err(|error| {
                    refuse(match error {
                        phonenumber::ParseError::InvalidCountryCode if country.is_none() => {
                            "it has no country code, and no country is given"
                        }
                        phonenumber::ParseError::InvalidCountryCode => "its country code does not exist",
                        phonenumber::ParseError::TooShortAfterIdd | phonenumber::ParseError::TooShortNsn => {
                            "it is too short"
                        }
                        phonenumber::ParseError::TooLong => "it is too long",
                        _ => "it has no digits where they should be",
                    })
                })?;
        let digits = number.national().to_string().len();
        if digits < 4 {
            return Err(refuse("it is too short"));
        }
        let e164 = number.format().mode(phonenumber::Mode::E164).to_string();
        let plain: String = e164.chars().take_while(|c| *c == '+' || c.is_ascii_digit()).collect();
        if plain.len() > 16 {
            return Err(refuse("it has more than fifteen digits"));
        }
        Ok(Phone(match number.extension() {
            Some(extension) => format!("{plain}x{}", extension.as_ref()).into(),
            None => plain.into(),
        }))
    }

    /// As stored: E.164, and the extension after an `x`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number without its extension, E.164.
    pub fn e164(&self) -> &str {
        Phone::e164_of(&self.0)
    }

    /// The same of a number as stored.
    pub fn e164_of(stored: &str) -> &str {
        stored.split('x').next().unwrap_or(stored)
    }

    /// The extension, digits.
    pub fn extension(&self) -> Option<&str> {
        self.0.split_once('x').map(|(_, extension)| extension)
    }

    /// The country whose numbering plan it is of; `None` where several share one and it cannot be told.
    pub fn country(&self) -> Option<Country> {
        let number = phonenumber::parse(None, self.e164()).ok()?;
        number.country().id()?.as_ref().parse().ok()
    }

    /// As RFC 3966 writes it, for a hyperlink or a dialling program.
    pub fn uri(&self) -> String {
        match self.extension() {
            Some(extension) => format!("tel:{};ext={extension}", self.e164()),
            None => format!("tel:{}", self.e164()),
        }
    }

    /// As people of its country read it: `+49 30 901820`.
    pub fn readable(&self) -> String {
        match phonenumber::parse(None, self.e164()) {
            Ok(number) => {
                let text = number.format().mode(phonenumber::Mode::International).to_string();
                match self.extension() {
                    Some(extension) => format!("{text} ext. {extension}"),
                    None => text,
                }
            }
            Err(_) => self.0.to_string(),
        }
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Phone {
    type Error = Invalid;

    /// Takes only the stored form, so that decoding is a check and not a parse.
    fn try_from(text: String) -> Result<Phone, Invalid> {
        let (number, extension) = text.split_once('x').unwrap_or((&text, ""));
        let digits = number.strip_prefix('+').unwrap_or_default();
        let fits = (5..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && extension.len() <= 11
            && extension.bytes().all(|b| b.is_ascii_digit());
        if fits { Ok(Phone(text.into())) } else { Err(Invalid::new("a stored phone number is not E.164")) }
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> String {
        phone.0.into()
    }
}

/// An international number, its prefix taken off, with nothing between its digits: `phonenumber` takes what stands before
/// a separator for the country code, and `+447-700 …` for a country 447. What follows, an extension, stays as it is.
fn joined(rest: &str) -> String {
    let separates = |c: char| {
        c.is_whitespace()
            || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '.' | '·' | '/' | '(' | ')' | '[' | ']')
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && !separates(c)).unwrap_or(rest.len());
    let (number, extension) = rest.split_at(end);
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    // RFC 3966 writes extensions in a way that is only understood behind its own separators.
    format!("+{digits}{}", extension.replace(";ext=", "x"))
}

/// An e-mail address (RFC 5321), its domain in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(Box<str>);

impl Email {
    /// Reads an address, also as `mailto:` or in angle brackets. Quoted local parts, which nobody dictates on a phone,
    /// and comments are refused.
    pub fn parse(text: &str) -> Result<Email, Invalid> {
        let text = text.trim();
        let refuse = |why: &str| Err(Invalid::new(format!("`{text}` is no e-mail address: {why}")));
        let bare = text.strip_prefix("mailto:").unwrap_or(text);
        let bare = bare.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')).unwrap_or(bare);
        let Some((local, domain)) = bare.rsplit_once('@') else { return refuse("it has no @") };
        if local.is_empty() || local.len() > 64 || domain.len() > 253 {
            return refuse("the part before the @ is empty or longer than 64 bytes");
        }
        let local_fits =
            |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        if !local.chars().all(|c| local_fits(c) && !c.is_control() && !c.is_whitespace())
            || local.starts_with('.')
            || local.ends_with('.')
            || local.contains("..")
        {
            return refuse("the part before the @ has characters or dots that cannot stand there");
        }
        let domain = domain.to_lowercase();
        let label_fits = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c == '-' || c.is_alphanumeric())
        };
        if !domain.contains('.') || !domain.split('.').all(label_fits) {
            return refuse("the part after the @ is no domain");
        }
        Ok(Email(format!("{local}@{domain}").into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one mailbox compare equal. Local parts are case-sensitive by RFC 5321
    /// and nowhere in practice.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Email {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Email, Invalid> {
        // The stored form of nearly every address is recognised without being taken apart.
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if let Some((local, domain)) = text.split_once('@')
            && (1..=64).contains(&local.len())
            && domain.len() <= 253
            && local.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| plain(b) || b == b'_'))
            && domain.contains('.')
            && domain.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && label.bytes().all(plain)
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            })
        {
            return Ok(Email(text.into()));
        }
        Email::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> String {
        email.0.into()
    }
}

/// A web address, `http` or `https`; anything else could be made to run something.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Url(Box<str>);

impl Url {
    /// Reads an address; without a scheme, `https://` is meant.
    pub fn parse(text: &str) -> Result<Url, Invalid> {
        let text = text.trim();
        let refuse = |why: &str| Err(Invalid::new(format!("`{text}` is no web address: {why}")));
        if text.len() > MAX_LINE {
            return Err(Invalid::new(format!("a web address has at most {MAX_LINE} bytes")));
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_lowercase(), rest),
            None => ("https".to_owned(), text),
        };
        if scheme != "http" && scheme != "https" {
            return refuse("only http and https are taken");
        }
        if rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return refuse("it contains a space or a control character");
        }
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if !host.contains('.') || host.starts_with('.') || host.contains(':') && host.contains('@') {
            return refuse("it names no host");
        }
        Ok(Url(format!("{scheme}://{rest}").into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Url {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Url, Invalid> {
        Url::parse(&text)
    }
}

impl From<Url> for String {
    fn from(url: Url) -> String {
        url.0.into()
    }
}

/// A postal address. Written `street | postal code | city | region | country`.
#[derive(Clone, PartialEq, Eq, Default, Hash, Debug, Serialize, Deserialize)]
pub struct Address {
    pub street: String,
    pub postal_code: String,
    pub city: String,
    pub region: String,
    /// The ISO code where the country is known by it, else as written.
    pub country: String,
}

impl Address {
    pub fn parse(text: &str) -> Result<Address, Invalid> {
        let mut parts = text.split('|').map(|part| part.trim().to_owned());
        let mut next = || parts.next().unwrap_or_default();
        let address =
            Address { street: next(), postal_code: next(), city: next(), region: next(), country: next() }
                .tidy();
        if parts.next().is_some() {
            return Err(Invalid::new(
                "an address is `street | postal code | city | region | country`, five parts at most",
            ));
        }
        address.check()?;
        Ok(address)
    }

    /// The same address with its country as an ISO code where it is known, and without control characters.
    #[must_use]
    pub fn tidy(mut self) -> Address {
        for part in
            [&mut self.street, &mut self.postal_code, &mut self.city, &mut self.region, &mut self.country]
        {
            // A NUL is refused, not mended: what stood there is not known.
            part.retain(|c| !c.is_control() || matches!(c, '\0' | '\n' | '\r' | '\t'));
        }
        if let Ok(country) = self.country.parse::<Country>() {
            self.country = country.to_string();
        }
        self
    }

    pub fn is_empty(&self) -> bool {
        self.parts().iter().all(|part| part.is_empty())
    }

    /// Refuses parts that are too long, or that contain the separator.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.is_empty() {
            return Err(Invalid::new("an address is empty"));
        }
        for part in self.parts() {
            if part.len() > MAX_LINE || part.contains(['|', '\0']) {
                return Err(Invalid::new(format!(
                    "a part of an address has at most {MAX_LINE} bytes and no `|`"
                )));
            }
        }
        Ok(())
    }

    fn parts(&self) -> [&String; 5] {
        [&self.street, &self.postal_code, &self.city, &self.region, &self.country]
    }

    /// As one line for people: `Musterstr. 1, 10115 Berlin, DE`.
    pub fn readable(&self) -> String {
        let city = [self.postal_code.as_str(), self.city.as_str()].join(" ");
        [self.street.as_str(), city.trim(), self.region.as_str(), self.country.as_str()]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        let used = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last + 1);
        // A line break or semicolon in a part would end the item where lists are written as text.
        let written: Vec<String> =
            parts.iter().take(used).map(|part| part.replace(['\n', ';'], ",")).collect();
        f.write_str(&written.join(" | "))
    }
}
