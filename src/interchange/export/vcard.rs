//! vCard 4.0 (RFC 6350).

use std::fmt::Write;

use super::ExportRecord;
use crate::domain::contact::ContactField;
use crate::domain::reach::{Address, Labelled, Phone};
use crate::domain::value::Value;
use crate::interchange::vcard::{CUSTOM, PREFIX, PRODID, is_ours};

/// The longest physical line, in bytes without its end (RFC 6350, 3.2).
const LINE: usize = 75;

/// Parts of a card that several fields make up together.
#[derive(Default)]
struct Parts<'a> {
    family: &'a str,
    given: &'a str,
    middle: &'a str,
    prefix: &'a str,
    suffix: &'a str,
    company: &'a str,
    department: &'a str,
}

/// A contact as a card.
pub fn card(record: &ExportRecord<'_>) -> String {
    let mut card = Card { out: String::new(), groups: 0 };
    card.line("BEGIN:VCARD");
    card.line("VERSION:4.0");
    card.line(&format!("PRODID:{PRODID}"));
    card.line(&format!("UID:urn:uuid:{}", record.id));
    card.line(&format!("REV:{}", record.updated_at.utc().format("%Y%m%dT%H%M%SZ")));
    // A card must have a formatted name (RFC 6350, 6.2.1).
    let full = Some(record.display_name.trim()).filter(|name| !name.is_empty()).unwrap_or("?");
    card.line(&format!("FN:{}", escape(full)));
    let mut parts = Parts::default();
    let mut body = Card { out: String::new(), groups: 0 };
    for (field, value, text) in record.built_in() {
        let word = match value {
            Value::Text(text) => text.as_str(),
            _ => text,
        };
        match field {
            ContactField::name_prefix => parts.prefix = word,
            ContactField::given_name => parts.given = word,
            ContactField::middle_name => parts.middle = word,
            ContactField::family_name => parts.family = word,
            ContactField::name_suffix => parts.suffix = word,
            ContactField::company => parts.company = word,
            ContactField::department => parts.department = word,
            ContactField::job_title => body.line(&format!("TITLE:{}", escape(word))),
            ContactField::phones
            | ContactField::emails
            | ContactField::addresses
            | ContactField::websites
            | ContactField::tags => body.list(value),
            ContactField::language => body.line(&format!("LANG:{value}")),
            ContactField::form_of_address
            | ContactField::country
            | ContactField::owner
            | ContactField::team
            | ContactField::basis
            | ContactField::reason
            | ContactField::source
            | ContactField::supplier
            | ContactField::obtained_on
            | ContactField::verified_on
            | ContactField::external_id => {
                debug_assert!(is_ours(field), "{}", field.spec().name);
                let name = field.spec().name.to_ascii_uppercase().replace('_', "-");
                body.line(&format!("{PREFIX}{name}:{}", escape(&value.named(text))));
            }
            // What is deleted or merged is not exported.
            ContactField::deleted_at
            | ContactField::merged_into
            | ContactField::restricted_at
            | ContactField::restricted_for
            | ContactField::restricted_until
            | ContactField::restricted_terms
            | ContactField::restriction_lifted => {}
        }
    }
    let name = [parts.family, parts.given, parts.middle, parts.prefix, parts.suffix];
    if name.iter().any(|part| !part.is_empty()) {
        card.line(&format!("N:{}", name.map(escape).join(";")));
    }
    match (parts.company, parts.department) {
        ("", "") => {}
        (company, "") => card.line(&format!("ORG:{}", escape(company))),
        (company, department) => card.line(&format!("ORG:{};{}", escape(company), escape(department))),
    }
    card.out.push_str(&body.out);
    for (name, value, text) in record.custom() {
        card.line(&format!("{CUSTOM};X-FIELD=\"{}\":{}", escape_param(name), escape(&value.named(text))));
    }
    for note in record.notes {
        card.line(&format!("NOTE:{}", escape(note)));
    }
    card.line("END:VCARD");
    card.out
}

struct Card {
    out: String,
    /// Properties that were tied to a label so far.
    groups: usize,
}

impl Card {
    /// Writes a line, folded where it is longer than lines may be, never inside a character.
    fn line(&mut self, line: &str) {
        let mut used = 0;
        for c in line.chars() {
            if used + c.len_utf8() > LINE {
                self.out.push_str("\r\n ");
                used = 1;
            }
            self.out.push(c);
            used += c.len_utf8();
        }
        self.out.push_str("\r\n");
    }

    fn list(&mut self, value: &Value) {
        match value {
            Value::Phones(items) => self.items("TEL", items, |phone, params| {
                params.push_str(";VALUE=uri");
                tel_uri(phone)
            }),
            Value::Emails(items) => self.items("EMAIL", items, |email, _| escape(email.as_str())),
            Value::Links(items) => self.items("URL", items, |url, _| escape(url.as_str())),
            Value::Addresses(items) => self.items("ADR", items, |address, _| adr(address)),
            Value::Tags(tags) => {
                let tags: Vec<String> = tags.iter().map(|tag| escape(tag)).collect();
                self.line(&format!("CATEGORIES:{}", tags.join(",")));
            }
            Value::Text(_)
            | Value::Country(_)
            | Value::Language(_)
            | Value::Basis(_)
            | Value::Company(_)
            | Value::Contact(_)
            | Value::User(_)
            | Value::Day(_)
            | Value::Time(_)
            | Value::Flag(_)
            | Value::Number(_)
            | Value::Word(_)
            | Value::Words(_) => {}
        }
    }

    /// Writes the items of a list, the first of several as the preferred one.
    fn items<T>(&mut self, name: &str, items: &[Labelled<T>], write: impl Fn(&T, &mut String) -> String) {
        for (at, item) in items.iter().enumerate() {
            let (mut params, mut group, mut label) = (String::new(), String::new(), None);
            match types(&item.label) {
                Some("") => {}
                Some(types) => {
                    let _ = write!(params, ";TYPE={types}");
                }
                None => {
                    self.groups += 1;
                    group = format!("item{}.", self.groups);
                    label = Some(format!("{group}X-ABLabel:{}", escape(&item.label)));
                }
            }
            if at == 0 && items.len() > 1 {
                params.push_str(";PREF=1");
            }
            let value = write(&item.value, &mut params);
            self.line(&format!("{group}{name}{params}:{value}"));
            if let Some(label) = label {
                self.line(&label);
            }
        }
    }
}

/// The words of `TYPE` for a label that vCard has words for; others are written as Apple and Google do.
fn types(label: &str) -> Option<&'static str> {
    Some(match label {
        "" => "",
        "work" => "work",
        "home" => "home",
        "mobile" => "cell",
        "fax" => "fax",
        "work fax" => "\"work,fax\"",
        "home fax" => "\"home,fax\"",
        "pager" => "pager",
        _ => return None,
    })
}

fn tel_uri(phone: &Phone) -> String {
    match phone.extension() {
        Some(extension) => format!("tel:{};ext={extension}", phone.e164()),
        None => format!("tel:{}", phone.e164()),
    }
}

/// An address (RFC 6350, 6.3.1), its post office box and extended address left empty as the RFC asks.
fn adr(address: &Address) -> String {
    let parts = [&address.street, &address.city, &address.region, &address.postal_code, &address.country];
    format!(";;{}", parts.map(|part| escape(part)).join(";"))
}

/// Text as a value (RFC 6350, 3.4). Control characters that a line cannot hold are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push_str("\\\\"),
            ',' => out.push_str("\\,"),
            ';' => out.push_str("\\;"),
            '\n' => out.push_str("\\n"),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => out.push_str("\\n"),
            '\t' => out.push('\t'),
            c if c.is_ascii_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Text as the value of a parameter (RFC 6868).
fn escape_param(text: &str) -> String {
    let text = text.replace('^', "^^").replace('"', "^'").replace('\n', "^n");
    text.chars().filter(|c| !c.is_control()).collect()
}
