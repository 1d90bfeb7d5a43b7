//! A card as the edits it stands for.

use super::property::{Property, split_escaped, unescape};
use crate::domain::contact::ContactField;
use crate::domain::edit::{FieldEdit, Incoming, Input};
use crate::domain::forbidden;
use crate::domain::reach::{Address, Labelled, Url};
use crate::domain::value::Value;
use crate::interchange::csv::{country_of, groups, push_name, tags};
use crate::interchange::mapping::{join_labels, label_word};
use crate::interchange::{NO_FIELD, notation};

/// What the program that wrote a card calls itself in the cards Callbook writes.
pub(crate) const PRODID: &str = "-//Callbook//Callbook//EN";
/// Before the names of fields that vCard has no property for.
pub(crate) const PREFIX: &str = "X-CALLBOOK-";
/// The property of a custom field, which its parameter `X-FIELD` names.
pub(crate) const CUSTOM: &str = "X-CALLBOOK-CUSTOM";

/// Properties that say something about the card and nothing about the person.
const SILENT: &[&str] = &[
    "VERSION",
    "PRODID",
    "REV",
    "KIND",
    "X-ADDRESSBOOKSERVER-KIND",
    "X-ABSHOWAS",
    "X-ABUID",
    "X-ABADR",
    "CLASS",
    "MAILER",
    "PROFILE",
    "CLIENTPIDMAP",
    "X-CALLBOOK-ID",
    "SOURCE",
    "NAME",
    "X-EVOLUTION-FILE-AS",
    "X-ABLABEL",
];

/// Properties that are read.
const READ: &[&str] = &[
    "FN",
    "N",
    "ORG",
    "TITLE",
    "ROLE",
    "TEL",
    "EMAIL",
    "ADR",
    "LABEL",
    "URL",
    "LANG",
    "CATEGORIES",
    "NOTE",
    "UID",
    "PRODID",
    "KIND",
    "X-ADDRESSBOOKSERVER-KIND",
    "X-ABLABEL",
    "X-ABSHOWAS",
];

/// Properties with data that is not held, whose names do not say so in the words of R8 and R9.
const FORBIDDEN: &[(&str, &str)] = &[
    ("ANNIVERSARY", "R8: not needed to sell"),
    ("X-ANNIVERSARY", "R8: not needed to sell"),
    ("X-EVOLUTION-ANNIVERSARY", "R8: not needed to sell"),
    ("X-KADDRESSBOOK-X-ANNIVERSARY", "R8: not needed to sell"),
    ("X-KADDRESSBOOK-X-SPOUSESNAME", "R8: not needed to sell"),
    ("X-EVOLUTION-SPOUSE", "R8: not needed to sell"),
    ("X-MS-SPOUSE", "R8: not needed to sell"),
    ("X-MS-ANNIVERSARY", "R8: not needed to sell"),
    ("X-ABDATE", "R8: dates of a private life are not needed to sell"),
    ("X-ABRELATEDNAMES", "it is about another person"),
    ("RELATED", "it is about another person"),
    ("X-MS-CHILD", "it is about another person"),
    ("X-MS-MANAGER", "it is about another person"),
    ("X-MS-ASSISTANT", "it is about another person"),
    ("X-ASSISTANT", "it is about another person"),
    ("X-MANAGER", "it is about another person"),
    ("X-EVOLUTION-ASSISTANT", "it is about another person"),
    ("X-EVOLUTION-MANAGER", "it is about another person"),
    ("AGENT", "it is about another person"),
    ("DEATHDATE", "R8: not needed to sell"),
    ("DEATHPLACE", "R8: not needed to sell"),
    ("BIRTHPLACE", "R8: not needed to sell"),
    ("LOGO", NO_FIELD),
];

/// Why a property is not read, if it is not; the first thing decided about it, before its value is kept.
pub(super) fn not_taken(property: &Property) -> Option<&'static str> {
    let name = property.name.as_str();
    if let Some((_, why)) = FORBIDDEN.iter().find(|(forbidden, _)| *forbidden == name) {
        return Some(why);
    }
    if property.name.starts_with(PREFIX) || READ.contains(&name) {
        return property.binary.then_some("its value is not text");
    }
    if SILENT.contains(&name) {
        return None;
    }
    let bare = name.trim_start_matches("X-");
    Some(forbidden::by_name(bare).map_or(NO_FIELD, |forbidden| forbidden.why))
}

/// The properties of one card.
#[derive(Default)]
pub(super) struct Card {
    properties: Vec<Property>,
}

type Drop<'a> = &'a mut dyn FnMut(&str, &str);

impl Card {
    pub(super) fn add(&mut self, property: Property) {
        self.properties.push(property);
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Property> {
        self.properties
            .iter()
            .filter(move |property| property.name == name && !property.value.trim().is_empty())
    }

    fn first<'a>(&'a self, name: &'a str) -> Option<&'a Property> {
        self.all(name).next()
    }

    /// The properties of a name, the preferred ones first.
    fn preferred<'a>(&'a self, name: &'a str) -> Vec<&'a Property> {
        let mut found: Vec<&Property> = self.all(name).collect();
        found.sort_by_key(|property| property.preference());
        found
    }

    /// The label that Apple and Google write beside a property of the same group.
    fn group_label(&self, property: &Property) -> Option<String> {
        let label = self
            .all("X-ABLABEL")
            .find(|label| !property.group.is_empty() && label.group == property.group)?;
        Some(label.text())
    }

    fn label(&self, property: &Property, ours: bool) -> String {
        if let Some(label) = self.group_label(property) {
            return if ours { label } else { label_word(&label) };
        }
        let types = property.types();
        let words: Vec<&str> = types
            .iter()
            .map(|word| word.trim_start_matches("x-"))
            .map(|word| match word {
                "cell" | "mobile" | "iphone" => "mobile",
                "work" | "business" => "work",
                word => word,
            })
            .filter(|word| !NOISE.contains(word))
            .collect();
        if words.contains(&"text") && words.len() == 1 {
            return String::new();
        }
        join_labels(&words)
    }

    /// The person on the card, or why the card cannot be taken. `drop` is told what is left out.
    pub(super) fn read(&self, row: u64, drop: Drop<'_>) -> Result<Incoming, String> {
        let kind = self.first("KIND").or_else(|| self.first("X-ADDRESSBOOKSERVER-KIND")).map(Property::text);
        if let Some(kind @ ("group" | "location" | "application" | "device")) = kind.as_deref() {
            return Err(format!("the card stands for a {kind}, not for a person"));
        }
        let ours = self.first("PRODID").is_some_and(|prodid| prodid.text() == PRODID);
        let mut incoming = Incoming { row, ..Incoming::default() };
        let organisation = kind.as_deref() == Some("org")
            || self.first("X-ABSHOWAS").is_some_and(|shown| shown.value.eq_ignore_ascii_case("COMPANY"));
        self.read_name(&mut incoming, ours, organisation);
        self.read_work(&mut incoming, organisation);
        self.read_reach(&mut incoming, ours, drop);
        self.read_rest(&mut incoming, ours, drop);
        if incoming.fields.is_empty() && incoming.notes.is_empty() {
            return Err("the card holds nothing that is taken".to_owned());
        }
        Ok(incoming)
    }

    fn read_name(&self, incoming: &mut Incoming, ours: bool, organisation: bool) {
        let parts = self.first("N").map(|n| n.components(" ")).unwrap_or_default();
        let fields = [
            ContactField::family_name,
            ContactField::given_name,
            ContactField::middle_name,
            ContactField::name_prefix,
            ContactField::name_suffix,
        ];
        for (field, text) in fields.into_iter().zip(&parts) {
            push(incoming, field, text);
        }
        if !incoming.fields.is_empty() || ours || organisation {
            return;
        }
        // A card needs a formatted name, so programs put there whatever they have: that is no name.
        let Some(full) = self.first("FN").map(Property::text) else { return };
        let repeats = |name: &str| {
            self.all(name).any(|property| {
                property.text() == full
                    || property.components(", ").first().is_some_and(|first| *first == full)
            })
        };
        if !repeats("ORG") && !repeats("EMAIL") && !repeats("TEL") && !full.contains('@') {
            push_name(incoming, &full);
        }
    }

    fn read_work(&self, incoming: &mut Incoming, organisation: bool) {
        let mut parts = self.first("ORG").map(|org| org.components(", ")).unwrap_or_default().into_iter();
        let mut company = parts.next().unwrap_or_default();
        if company.is_empty() && organisation {
            company = self.first("FN").map(Property::text).unwrap_or_default();
        }
        push(incoming, ContactField::company, &company);
        let units: Vec<String> = parts.filter(|unit| !unit.is_empty()).collect();
        push(incoming, ContactField::department, &units.join(", "));
        let title = self.first("TITLE").or_else(|| self.first("ROLE")).map(Property::text);
        push(incoming, ContactField::job_title, &title.unwrap_or_default());
    }

    fn read_reach(&self, incoming: &mut Incoming, ours: bool, drop: Drop<'_>) {
        let items = |name: &'static str, value: fn(&Property) -> String| -> Vec<Labelled<String>> {
            let found = self.preferred(name).into_iter();
            let items = found
                .map(|one| Labelled { label: self.label(one, ours), value: value(one).trim().to_owned() });
            items.filter(|item| !notation::is_blank(&item.value)).collect()
        };
        let phones = items("TEL", |property| tel(&property.text()));
        let emails = items("EMAIL", Property::text);
        let mut links = items("URL", Property::text);
        links.retain(|link| {
            let fits = Url::parse(&link.value).is_ok();
            if !fits {
                drop("URL", "it is no web address of http or https");
            }
            fits
        });
        for (field, list) in
            [(ContactField::phones, phones), (ContactField::emails, emails), (ContactField::websites, links)]
        {
            if !list.is_empty() {
                incoming
                    .fields
                    .push(FieldEdit { field: field.spec().name.to_owned(), input: Input::Items(list) });
            }
        }
        let mut addresses = Vec::new();
        for property in self.preferred("ADR") {
            let address = address(property);
            if !address.is_empty() {
                addresses.push(Labelled { label: self.label(property, ours), value: address.tidy() });
            }
        }
        if self.first("LABEL").is_some() && addresses.is_empty() {
            drop("LABEL", "an address label cannot be taken apart");
        }
        if !addresses.is_empty() {
            if !ours {
                incoming.fields.extend(country_of(&addresses));
            }
            incoming
                .fields
                .push(FieldEdit::value(ContactField::addresses.spec().name, Value::Addresses(addresses)));
        }
    }

    fn read_rest(&self, incoming: &mut Incoming, ours: bool, drop: Drop<'_>) {
        let languages = self.preferred("LANG");
        push(incoming, ContactField::language, &languages.first().map(|one| one.text()).unwrap_or_default());
        if languages.len() > 1 {
            drop("LANG", "a contact has one language; the preferred one is taken");
        }
        let categories: Vec<String> = self
            .all("CATEGORIES")
            .flat_map(|property| split_escaped(&property.value, ','))
            .flat_map(|text| if ours { tags(&unescape(text)) } else { groups(&unescape(text)) })
            .collect();
        if !categories.is_empty() {
            let input = Input::AddTags(categories);
            incoming.fields.push(FieldEdit { field: ContactField::tags.spec().name.to_owned(), input });
        }
        incoming.notes.extend(self.all("NOTE").map(|note| note.text().replace("\r\n", "\n")));
        if !ours && let Some(uid) = self.first("UID") {
            push(incoming, ContactField::external_id, &uid.text());
        }
        for property in self.properties.iter().filter(|property| property.name.starts_with(PREFIX)) {
            let text = property.text();
            if property.name == CUSTOM {
                match property.params("X-FIELD").next() {
                    Some(name) => incoming.fields.push(FieldEdit::text(&format!("custom.{name}"), text)),
                    None => drop(CUSTOM, "it names no field"),
                }
                continue;
            }
            let word = property.name.trim_start_matches(PREFIX).to_ascii_lowercase().replace('-', "_");
            match ContactField::ALL.iter().copied().find(|field| field.spec().name == word && is_ours(*field))
            {
                Some(field) => push(incoming, field, &text),
                None if SILENT.contains(&property.name.as_str()) => {}
                None => drop(&property.name, NO_FIELD),
            }
        }
    }
}

/// Words of `TYPE` that say nothing about what a number or address is for.
const NOISE: &[&str] = &[
    "voice",
    "internet",
    "pref",
    "text",
    "msg",
    "video",
    "x400",
    "postal",
    "parcel",
    "intl",
    "dom",
    "isdn",
    "modem",
    "bbs",
    "pcs",
    "textphone",
    "uri",
    "",
];

/// Whether the field stands in a property of Callbook's own.
pub(crate) fn is_ours(field: ContactField) -> bool {
    match field {
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
        | ContactField::external_id => true,
        ContactField::name_prefix
        | ContactField::given_name
        | ContactField::middle_name
        | ContactField::family_name
        | ContactField::name_suffix
        | ContactField::company
        | ContactField::job_title
        | ContactField::department
        | ContactField::phones
        | ContactField::emails
        | ContactField::addresses
        | ContactField::websites
        | ContactField::language
        | ContactField::tags
        | ContactField::deleted_at
        | ContactField::merged_into
        | ContactField::restricted_at
        | ContactField::restricted_for
        | ContactField::restricted_until
        | ContactField::restricted_terms
        | ContactField::restriction_lifted => false,
    }
}

fn push(incoming: &mut Incoming, field: ContactField, text: &str) {
    let text = text.trim();
    if !text.is_empty() {
        incoming.fields.push(FieldEdit::text(field.spec().name, text));
    }
}

/// A number as vCard 4 writes it, a `tel:` URI (RFC 3966), as people write it.
pub(crate) fn tel(text: &str) -> String {
    let text = text.trim();
    let Some(uri) = text.strip_prefix("tel:").or_else(|| text.strip_prefix("TEL:")) else {
        return text.to_owned();
    };
    let mut parts = uri.split(';');
    let mut number = parts.next().unwrap_or_default().trim().to_owned();
    let mut extension = String::new();
    for part in parts {
        match part.split_once('=') {
            Some(("ext", ext)) => extension = format!("x{ext}"),
            Some(("phone-context", context)) if context.starts_with('+') && !number.starts_with('+') => {
                number = format!("{context}{number}");
            }
            _ => {}
        }
    }
    number + &extension
}

/// The parts of an address (RFC 6350, 6.3.1): post office box, extended address, street, city, region, code, country.
fn address(property: &Property) -> Address {
    let mut parts = property.components(", ").into_iter().map(|part| part.replace('|', "/"));
    let mut next = || parts.next().unwrap_or_default();
    let (po_box, extended, street) = (next(), next(), next());
    let lines: Vec<String> = [po_box, extended, street].into_iter().filter(|line| !line.is_empty()).collect();
    let (city, region, postal_code, country) = (next(), next(), next(), next());
    Address { street: lines.join(", "), postal_code, city, region, country }
}
