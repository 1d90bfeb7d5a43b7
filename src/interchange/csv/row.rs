//! A record of a table as the edits it stands for.

use crate::domain::contact::ContactField;
use crate::domain::country::Country;
use crate::domain::edit::{FieldEdit, Incoming, Input};
use crate::domain::reach::{Address, Labelled};
use crate::domain::value::{Kind, Value};
use crate::interchange::mapping::{Mapping, Part, Target, is_list, label_word};
use crate::interchange::{names, notation};

/// What happens to one column.
enum Take {
    Text(ContactField),
    /// `foreign`: the column may hold groups as Google writes them.
    Tags {
        foreign: bool,
    },
    List {
        field: ContactField,
        label: String,
        label_column: Option<usize>,
    },
    Address {
        label: String,
        label_column: Option<usize>,
    },
    Part {
        part: Part,
        address: usize,
    },
    Name,
    Note,
    Custom(String),
}

/// The mapping, made ready for many rows.
pub(super) struct Plan {
    takes: Vec<(usize, Take)>,
    /// The addresses that parts belong to: their label, and the column that holds it.
    addresses: Vec<(String, Option<usize>)>,
    has_country: bool,
}

impl Plan {
    pub(super) fn new(mapping: &Mapping) -> Plan {
        let mut plan = Plan { takes: Vec::new(), addresses: Vec::new(), has_country: false };
        let mut groups: Vec<(String, String)> = Vec::new();
        let label_column = |field: ContactField, group: &str| {
            let found = mapping
                .columns()
                .iter()
                .find(|one| one.target == Target::LabelOf(field) && one.group == group);
            found.filter(|_| !group.is_empty()).map(|one| one.column)
        };
        for guess in mapping.columns().iter().filter(|guess| guess.forbidden.is_none()) {
            let take = match &guess.target {
                Target::Skip | Target::LabelOf(_) => continue,
                Target::Name => Take::Name,
                Target::Note => Take::Note,
                Target::Custom(name) => Take::Custom(format!("custom.{name}")),
                Target::Field { field: ContactField::addresses, label } => Take::Address {
                    label: label.clone(),
                    label_column: label_column(ContactField::addresses, &guess.group),
                },
                Target::Field { field, label } if is_list(*field) => Take::List {
                    field: *field,
                    label: label.clone(),
                    label_column: label_column(*field, &guess.group),
                },
                Target::Field { field: ContactField::tags, .. } => {
                    Take::Tags { foreign: guess.header.trim() != ContactField::tags.spec().name }
                }
                Target::Field { field, .. } => {
                    plan.has_country |= *field == ContactField::country;
                    Take::Text(*field)
                }
                Target::Part { part, label } => {
                    let key = (label.clone(), guess.group.clone());
                    let address = groups.iter().position(|group| *group == key).unwrap_or_else(|| {
                        plan.addresses
                            .push((label.clone(), label_column(ContactField::addresses, &guess.group)));
                        groups.push(key);
                        groups.len() - 1
                    });
                    Take::Part { part: *part, address }
                }
            };
            plan.takes.push((guess.column, take));
        }
        plan
    }

    /// The person in a record, or why the record cannot be taken. `None`: there is nothing in it.
    pub(super) fn read<'a>(
        &self,
        row: u64,
        cell: impl Fn(usize) -> Option<&'a str>,
    ) -> Result<Option<Incoming>, String> {
        let mut incoming = Incoming { row, ..Incoming::default() };
        let mut lists: Vec<(ContactField, Vec<Labelled<String>>)> = Vec::new();
        let mut whole: Vec<Labelled<Address>> = Vec::new();
        let mut parts: Vec<Address> = vec![Address::default(); self.addresses.len()];
        let (mut full_name, mut named, mut country) = (None, false, None);
        let label_of = |label: &String, column: Option<usize>| match column.and_then(&cell).map(str::trim) {
            Some(text) if !text.is_empty() => label_word(text),
            _ => label.clone(),
        };
        for (column, take) in &self.takes {
            let Some(raw) = cell(*column).filter(|raw| !raw.trim().is_empty()) else { continue };
            if raw.contains(['\0', '\u{fffd}']) {
                let what = if raw.contains('\0') {
                    "a NUL byte"
                } else {
                    "a character that the file's charset does not know"
                };
                return Err(format!("column {} holds {what}; what stood there is not known", column + 1));
            }
            let text = notation::plain(raw);
            match take {
                Take::Text(field) => {
                    let Some(text) = one_value(*field, text.trim()) else { continue };
                    named |= matches!(field, ContactField::given_name | ContactField::family_name);
                    if *field == ContactField::country {
                        country = text.parse::<Country>().ok();
                    }
                    incoming.fields.push(FieldEdit::text(field.spec().name, text));
                }
                Take::Tags { foreign } => {
                    let found = if *foreign { groups(text) } else { tags(text) };
                    if !found.is_empty() {
                        let input = Input::AddTags(found);
                        incoming
                            .fields
                            .push(FieldEdit { field: ContactField::tags.spec().name.to_owned(), input });
                    }
                }
                Take::List { field, label, label_column } => {
                    let found = notation::read_items(text.trim(), *field, &label_of(label, *label_column));
                    match lists.iter_mut().find(|(one, _)| one == field) {
                        Some((_, items)) => items.extend(found),
                        None => lists.push((*field, found)),
                    }
                }
                Take::Address { label, label_column } => {
                    for item in notation::read_items(
                        text.trim(),
                        ContactField::addresses,
                        &label_of(label, *label_column),
                    ) {
                        let value = Address::parse(&item.value).map_err(|why| why.to_string())?;
                        whole.push(Labelled { label: item.label, value });
                    }
                }
                Take::Part { part, address } => {
                    if let Some(address) = parts.get_mut(*address).filter(|_| !notation::is_blank(text)) {
                        add_part(address, *part, text);
                    }
                }
                Take::Name => full_name = Some(text),
                Take::Note => {
                    incoming.notes.extend(notation::read_notes(&text.trim_end().replace("\r\n", "\n")))
                }
                Take::Custom(name) => incoming.fields.push(FieldEdit::text(name, text)),
            }
        }
        // What stands there for want of a name is none.
        let is_name = |full: &&str| !full.contains('@') && full.chars().any(char::is_alphabetic);
        if let Some(full) = full_name.filter(is_name).filter(|_| !named) {
            push_name(&mut incoming, full);
        }
        for (field, items) in lists.into_iter().filter(|(_, items)| !items.is_empty()) {
            incoming
                .fields
                .push(FieldEdit { field: field.spec().name.to_owned(), input: Input::Items(items) });
        }
        for (mut address, (label, column)) in parts.into_iter().zip(&self.addresses) {
            if !address.is_empty() {
                if let Some(country) = country.filter(|_| address.country.is_empty()) {
                    address.country = country.to_string();
                }
                whole.push(Labelled { label: label_of(label, *column), value: address.tidy() });
            }
        }
        if !whole.is_empty() {
            if !self.has_country
                && let Some(country) = country_of(&whole)
            {
                incoming.fields.push(country);
            }
            incoming
                .fields
                .push(FieldEdit::value(ContactField::addresses.spec().name, Value::Addresses(whole)));
        }
        Ok((!incoming.fields.is_empty() || !incoming.notes.is_empty()).then_some(incoming))
    }
}

/// The country of the first address that names one, as an edit of the person's country.
///
/// Whose law applies to calling a person is decided by the person's country (R56). A file without a column for it has
/// the country of the address, which is the better guess than none and than the store's own.
pub(crate) fn country_of(addresses: &[Labelled<Address>]) -> Option<FieldEdit> {
    let country = addresses.iter().find_map(|one| one.value.country.parse::<Country>().ok())?;
    Some(FieldEdit::text(ContactField::country.spec().name, country.to_string()))
}

/// The parts of a name that came in one piece.
pub(crate) fn push_name(incoming: &mut Incoming, full: &str) {
    let name = names::split(full);
    for (field, text) in [
        (ContactField::form_of_address, name.form_of_address),
        (ContactField::name_prefix, name.prefix),
        (ContactField::given_name, name.given),
        (ContactField::family_name, name.family),
        (ContactField::name_suffix, name.suffix),
    ] {
        let there = incoming.fields.iter().any(|edit| edit.field == field.spec().name);
        if !text.is_empty() && !there {
            incoming.fields.push(FieldEdit::text(field.spec().name, text));
        }
    }
}

fn add_part(address: &mut Address, part: Part, text: &str) {
    // The bar separates the parts of an address in its notation.
    let text = text.trim().replace('|', "/");
    let (place, between) = match part {
        Part::Street => (&mut address.street, ", "),
        Part::Number => (&mut address.street, " "),
        Part::PostalCode => (&mut address.postal_code, " "),
        Part::City => (&mut address.city, ", "),
        Part::Region => (&mut address.region, ", "),
        Part::Country => (&mut address.country, ", "),
    };
    if !place.is_empty() {
        place.push_str(between);
    }
    place.push_str(&text);
}

/// The tags in a text, without the characters a tag cannot have.
pub(crate) fn tags(text: &str) -> Vec<String> {
    text.split([',', ';', '\n'])
        .map(|tag| tag.replace([':', '"'], " ").trim().to_owned())
        .filter(|tag| !tag.is_empty())
        .collect()
}

/// The groups in a cell of another program as tags: `* myContacts ::: * fair` of Google, whose own groups are none.
pub(crate) fn groups(text: &str) -> Vec<String> {
    let pieces = text.split(":::").flat_map(tags);
    pieces
        .map(|tag| tag.trim_start_matches("* ").to_owned())
        .filter(|tag| !matches!(tag.as_str(), "myContacts" | "starred" | ""))
        .collect()
}

/// The text of a field of one value; days also as `31.01.2026` or with a time after them.
fn one_value(field: ContactField, text: &str) -> Option<String> {
    match field.spec().kind {
        Kind::Day => {
            let day = text.split(['T', ' ']).next().unwrap_or(text);
            let parts: Vec<&str> = day.split('.').collect();
            Some(match parts.as_slice() {
                [d, m, y] if y.len() == 4 => format!("{y}-{m:0>2}-{d:0>2}"),
                _ => day.to_owned(),
            })
        }
        Kind::Country | Kind::Language | Kind::Basis | Kind::User => {
            (!notation::is_blank(text)).then(|| text.to_owned())
        }
        _ => Some(text.to_owned()),
    }
}
