//! One property of a card: name, parameters, value.

use encoding_rs::{Encoding, UTF_8};

/// A property with its value as text, escaped as vCard 3 and 4 escape.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Property {
    /// What ties properties together: `item1` in `item1.TEL`.
    pub(super) group: String,
    /// In capitals.
    pub(super) name: String,
    /// Names in capitals; a bare word, as in vCard 2.1, is a value of `TYPE`.
    pub(super) params: Vec<(String, String)>,
    pub(super) value: String,
    /// The value is base64, and so no text.
    pub(super) binary: bool,
}

impl Property {
    /// Reads a line. `fallback` is the charset of bytes that are not UTF-8 where the property names none.
    pub(super) fn parse(line: &[u8], fallback: Option<&'static Encoding>) -> Option<Property> {
        let mut quoted = false;
        let colon = line.iter().position(|byte| {
            quoted ^= *byte == b'"';
            *byte == b':' && !quoted
        });
        // An unbalanced quote in the parameters hides the colon; then the first one must do.
        let colon = colon.or_else(|| line.iter().position(|byte| *byte == b':'))?;
        let (head, value) = line.split_at_checked(colon)?;
        let value = value.get(1..).unwrap_or_default();
        let head = decode(head, None, fallback);
        let mut words = split_unquoted(&head, ';').into_iter();
        let name = words.next()?;
        let (group, name) = name.trim().rsplit_once('.').unwrap_or(("", name.trim()));
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return None;
        }
        let mut property =
            Property { group: group.to_owned(), name: name.to_ascii_uppercase(), ..Property::default() };
        let (mut charset, mut quoted_printable) = (None, false);
        for word in words {
            let (param, value) = match word.split_once('=') {
                Some((param, value)) => (param.trim().to_ascii_uppercase(), value),
                None => match word.trim().to_ascii_uppercase().as_str() {
                    encoding @ ("QUOTED-PRINTABLE" | "BASE64" | "8BIT" | "7BIT") => {
                        ("ENCODING".to_owned(), encoding_word(encoding))
                    }
                    _ => ("TYPE".to_owned(), word),
                },
            };
            match param.as_str() {
                "CHARSET" => charset = Encoding::for_label(value.trim().trim_matches('"').as_bytes()),
                "ENCODING" => {
                    quoted_printable |=
                        value.eq_ignore_ascii_case("QUOTED-PRINTABLE") || value.eq_ignore_ascii_case("Q");
                    property.binary |=
                        value.eq_ignore_ascii_case("BASE64") || value.eq_ignore_ascii_case("B");
                }
                _ => {
                    for one in split_unquoted(value, ',') {
                        for one in one.trim().trim_matches('"').split(',').filter(|one| !one.is_empty()) {
                            property.params.push((param.clone(), unescape_param(one.trim())));
                        }
                    }
                }
            }
        }
        property.value = if quoted_printable {
            decode(&from_quoted_printable(value), charset, fallback)
        } else {
            decode(value, charset, fallback)
        };
        Some(property)
    }

    /// The values of a parameter.
    pub(super) fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.params.iter().filter(move |(param, _)| param == name).map(|(_, value)| value.as_str())
    }

    /// The words of `TYPE`, lower case.
    pub(super) fn types(&self) -> Vec<String> {
        self.params("TYPE").map(str::to_lowercase).collect()
    }

    /// How much the property is preferred: 1 most (RFC 6350, 5.3), 101 not at all.
    pub(super) fn preference(&self) -> u32 {
        let given = self.params("PREF").filter_map(|pref| pref.parse::<u32>().ok()).min();
        let typed = self.types().iter().any(|one| one == "pref").then_some(1);
        given.or(typed).unwrap_or(101)
    }

    /// The whole value as one text.
    pub(super) fn text(&self) -> String {
        unescape(&self.value)
    }

    /// The components between unescaped semicolons, each a list of texts between unescaped commas, joined.
    pub(super) fn components(&self, between: &str) -> Vec<String> {
        split_escaped(&self.value, ';')
            .into_iter()
            .map(|component| {
                let texts =
                    split_escaped(component, ',').into_iter().map(|text| unescape(text).trim().to_owned());
                texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between)
            })
            .collect()
    }
}

fn encoding_word(word: &str) -> &'static str {
    match word {
        "QUOTED-PRINTABLE" => "QUOTED-PRINTABLE",
        "BASE64" => "BASE64",
        _ => "8BIT",
    }
}

fn decode(bytes: &[u8], charset: Option<&'static Encoding>, fallback: Option<&'static Encoding>) -> String {
    // Cards that call UTF-8 by another name are common; the reverse hardly decodes by chance.
    if let Ok(text) = std::str::from_utf8(bytes) {
        return match charset {
            Some(other) if !other.is_ascii_compatible() => {
                other.decode_without_bom_handling(bytes).0.into_owned()
            }
            _ => text.to_owned(),
        };
    }
    let charset =
        charset.filter(|charset| *charset != UTF_8).or(fallback.filter(|charset| *charset != UTF_8));
    charset.unwrap_or_else(|| super::guess_line(bytes)).decode_without_bom_handling(bytes).0.into_owned()
}

/// Decodes quoted-printable, escaping what the encoding protected, so that an encoded semicolon separates nothing.
fn from_quoted_printable(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let digit =
        |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).map(|digit| digit as u8);
    let mut rest = value;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'=' {
            out.push(*byte);
            continue;
        }
        let (Some(high), Some(low)) = (digit(after.first()), digit(after.get(1))) else {
            out.push(*byte);
            continue;
        };
        rest = after.get(2..).unwrap_or_default();
        match high << 4 | low {
            b'\r' => {}
            b'\n' => out.extend_from_slice(b"\\n"),
            special @ (b';' | b',' | b'\\') => out.extend_from_slice(&[b'\\', special]),
            plain => out.push(plain),
        }
    }
    out
}

/// Pieces between separators that stand outside quotes.
fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .collect()
}

/// Pieces between separators that no backslash precedes.
pub(super) fn split_escaped(text: &str, separator: char) -> Vec<&str> {
    let mut escaped = false;
    text.split(|c: char| {
        let splits = c == separator && !escaped;
        escaped = c == '\\' && !escaped;
        splits
    })
    .collect()
}

/// Text without the escapes of RFC 6350, 3.4, and those that older programs add.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(escaped @ (',' | ';' | ':' | '\\' | '"')) => out.push(escaped),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

/// A parameter's value without the escapes of RFC 6868.
fn unescape_param(text: &str) -> String {
    if text.contains('^') {
        let mut out = String::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let escaped = (c == '^').then(|| chars.peek().copied()).flatten();
            match escaped {
                Some('n') => out.push('\n'),
                Some('\'') => out.push('"'),
                Some('^') => out.push('^'),
                _ => {
                    out.push(c);
                    continue;
                }
            }
            chars.next();
        }
        return out;
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::Property;

    fn parse(line: &str) -> Property {
        Property::parse(line.as_bytes(), None).unwrap()
    }

    #[test]
    fn version_2_1() {
        let name = parse("N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller=3B Sohn;J=C3=BCrgen;;;");
        assert_eq!(name.components(" "), ["Müller; Sohn", "Jürgen", "", "", ""]);
        let latin = parse("NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Gr=FC=DFe=0D=0Aund mehr");
        assert_eq!(latin.text(), "Grüße\nund mehr");
        let phone = parse("TEL;HOME;VOICE;PREF:030 901820");
        assert_eq!(
            (phone.types(), phone.preference()),
            (vec!["home".into(), "voice".into(), "pref".into()], 1)
        );
        assert_eq!(parse("NOTE;QUOTED-PRINTABLE:a=3Db").text(), "a=b");
        assert!(parse("PHOTO;JPEG;BASE64:/9j/").binary);
    }

    #[test]
    fn versions_3_and_4() {
        let mail = parse("item1.EMAIL;type=INTERNET,WORK;type=pref:a@example.com");
        assert_eq!((mail.group.as_str(), mail.name.as_str(), mail.types().len()), ("item1", "EMAIL", 3));
        let phone = parse("TEL;VALUE=uri;TYPE=\"work,voice\";PREF=7:tel:+49-30-901820;ext=102");
        assert_eq!((phone.types(), phone.preference()), (vec!["work".into(), "voice".into()], 7));
        assert_eq!(phone.value, "tel:+49-30-901820;ext=102");
        assert_eq!(parse("ADR;LABEL=\"a:b;c^nd\":;;x").params("LABEL").next(), Some("a:b;c\nd"));
        assert_eq!(parse("URL:http\\://example.com").text(), "http://example.com");
        assert_eq!(
            parse("ORG:Muster\\, Söhne\\; Co;Einkauf").components(", "),
            ["Muster, Söhne; Co", "Einkauf"]
        );
    }

    #[test]
    fn raw_bytes_of_old_charsets() {
        let named = Property::parse(b"FN;CHARSET=windows-1250:Micha\xb3", None).unwrap();
        assert_eq!(named.text(), "Michał");
        let unnamed = Property::parse(b"FN:J\xfcrgen Gr\xf6\xdfe", None).unwrap();
        assert_eq!(unnamed.text(), "Jürgen Größe");
        let wrong = Property::parse("FN;CHARSET=ISO-8859-1:Jürgen".as_bytes(), None).unwrap();
        assert_eq!(wrong.text(), "Jürgen");
    }

    #[test]
    fn lines_that_are_none() {
        for line in ["", "no colon", ":", "na me:x", "\u{e9}:x"] {
            assert_eq!(Property::parse(line.as_bytes(), None), None, "{line}");
        }
    }
}
