//! The headers under which people's data stands in files of other programs, and what they mean.
//!
//! The headers of each field are declared with the field; here stand those that need more than a field: parts of
//! addresses, whole names, notes, and the words that say which phone or address a column holds.

mod extra;

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use self::extra::EXTRA;
use super::{Part, Target};
use crate::domain::contact::ContactField;
use crate::domain::field::Edit;
use crate::domain::value::Shape;

/// The words of a header: lower case, without accents, apart where case, digits or separators set them apart.
pub(super) fn words(header: &str) -> Vec<String> {
    #[derive(PartialEq, Clone, Copy)]
    enum Class {
        Other,
        Lower,
        Upper,
        Digit,
    }
    let mut words: Vec<String> = Vec::new();
    let mut last = Class::Other;
    for c in header.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        let class = match c {
            _ if c.is_numeric() => Class::Digit,
            _ if c.is_uppercase() => Class::Upper,
            _ if c.is_alphabetic() => Class::Lower,
            _ => Class::Other,
        };
        if class != Class::Other {
            let apart = last == Class::Other
                || (last == Class::Digit) != (class == Class::Digit)
                || (last == Class::Lower && class == Class::Upper);
            if apart {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                if c == 'ß' { word.push_str("ss") } else { word.extend(c.to_lowercase()) }
            }
        }
        last = class;
    }
    words
}

/// What a header means before the other columns are looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Known {
    Field(ContactField, &'static str),
    Part(Part),
    /// A whole address in one cell, or its street where other columns hold the other parts.
    Address,
    /// The country of the person, or of the address the label names.
    Country,
    Name,
    Note,
}

impl Known {
    /// Whether several columns may hold it, told apart by a label.
    pub(super) fn takes_label(&self) -> bool {
        match self {
            Known::Field(field, _) => is_list(*field),
            Known::Part(_) | Known::Address | Known::Country => true,
            Known::Name | Known::Note => false,
        }
    }

    pub(super) fn target(&self, label: &str) -> Target {
        match self {
            Known::Field(field, own) => {
                let label = if is_list(*field) && label.is_empty() { own } else { label };
                Target::Field { field: *field, label: label.to_owned() }
            }
            Known::Part(part) => Target::Part { part: *part, label: label.to_owned() },
            Known::Address => Target::Field { field: ContactField::addresses, label: label.to_owned() },
            Known::Country => Target::Field { field: ContactField::country, label: String::new() },
            Known::Name => Target::Name,
            Known::Note => Target::Note,
        }
    }
}

/// Whether the field holds several labelled items.
pub(crate) fn is_list(field: ContactField) -> bool {
    field.spec().kind.shape() == Shape::Labelled
}

/// What each header means, by the header without separators and accents.
pub(super) static KNOWN: LazyLock<HashMap<String, Known>> = LazyLock::new(|| {
    let fields = || ContactField::ALL.iter().copied().filter(|field| field.spec().edit == Edit::Free);
    let meaning = |field: ContactField| match field {
        ContactField::addresses => Known::Address,
        ContactField::country => Known::Country,
        _ => Known::Field(field, ""),
    };
    let mut known = HashMap::new();
    for field in fields() {
        for header in field.spec().headers {
            known.entry(words(header).concat()).or_insert_with(|| meaning(field));
        }
    }
    for field in fields() {
        known.entry(words(field.spec().label).concat()).or_insert_with(|| meaning(field));
    }
    for (meaning, headers) in EXTRA {
        for header in *headers {
            known.insert((*header).to_owned(), meaning.clone());
        }
    }
    // The names of fields mean these fields, whatever else they could mean.
    for field in fields() {
        known.insert(words(field.spec().name).concat(), meaning(field));
    }
    known
});

/// Words that say for what a phone or address is, and the label they become. An empty label: the word says nothing.
const LABELS: &[(&str, &[&str])] = &[
    (
        "work",
        &[
            "business",
            "work",
            "office",
            "geschaftlich",
            "dienstlich",
            "beruflich",
            "buro",
            "zakelijk",
            "werk",
            "kantoor",
            "professionnel",
            "professionnelle",
            "bureau",
            "pro",
            "travail",
            "company",
            "firma",
            "organization",
        ],
    ),
    (
        "home",
        &[
            "home",
            "private",
            "privat",
            "prive",
            "privee",
            "thuis",
            "domicile",
            "personnel",
            "personnelle",
            "personal",
            "perso",
        ],
    ),
    ("mobile", &["mobile", "cell", "handy", "mobil", "mobiel", "portable", "cellphone", "iphone"]),
    ("fax", &["fax", "telefax"]),
    ("main", &["main", "zentrale", "hoofd", "standard"]),
    (
        "other",
        &["other", "weitere", "weiterer", "andere", "anderer", "anders", "autre", "sonstige", "overig"],
    ),
    ("direct", &["direct", "durchwahl"]),
    ("pager", &["pager"]),
    ("mailing", &["mailing"]),
    ("billing", &["billing", "invoice", "rechnung", "rechnungsadresse", "facturation", "factuur"]),
    ("shipping", &["shipping", "delivery", "lieferung", "livraison", "levering"]),
    (
        "",
        &[
            "primary",
            "secondary",
            "person",
            "contact",
            "lead",
            "kontakt",
            "value",
            "preferred",
            "the",
            "your",
        ],
    ),
];

/// The beginnings of German compounds that say the same: `Privatadresse`.
const PREFIXES: &[(&str, &str)] = &[
    ("geschafts", "work"),
    ("dienst", "work"),
    ("firmen", "work"),
    ("buro", "work"),
    ("privat", "home"),
    ("mobil", "mobile"),
    ("rechnungs", "billing"),
    ("liefer", "shipping"),
];

fn label_of(word: &str) -> Option<&'static str> {
    LABELS.iter().find(|(_, words)| words.contains(&word)).map(|(label, _)| *label)
}

/// The label for the word another program uses, such as `* Work` or `_$!<Mobile>!$_`.
pub(crate) fn label_word(text: &str) -> String {
    let text =
        text.trim().trim_start_matches("* ").trim_start_matches("_$!<").trim_end_matches(">!$_").trim();
    let labels: Option<Vec<&str>> =
        words(text).iter().map(|word| label_of(word).filter(|label| !label.is_empty())).collect();
    labels.filter(|labels| !labels.is_empty()).map_or_else(|| text.to_owned(), |labels| join_labels(&labels))
}

/// Of several words for a phone the one that matters most when it rings; a fax keeps whose it is.
pub(crate) fn join_labels(labels: &[&str]) -> String {
    let has = |label: &str| labels.contains(&label);
    if has("fax") {
        return match (has("work"), has("home")) {
            (true, false) => "work fax".to_owned(),
            (false, true) => "home fax".to_owned(),
            _ => "fax".to_owned(),
        };
    }
    for first in
        ["mobile", "pager", "direct", "billing", "shipping", "mailing", "home", "work", "main", "other"]
    {
        if has(first) {
            return first.to_owned();
        }
    }
    labels.first().copied().unwrap_or_default().to_owned()
}

/// What a header was understood as.
#[derive(Debug, Clone)]
pub(super) struct Understood {
    pub(super) known: Known,
    pub(super) label: String,
    /// The number before what is meant: `E-mail 2 - Value`.
    pub(super) number: String,
}

/// Understands a header by itself.
pub(super) fn understand(header: &str) -> Option<Understood> {
    let all = words(header);
    let is_number = |word: &&String| word.bytes().all(|b| b.is_ascii_digit());
    // A number at the end counts columns of one kind; before the end it names the item: `Address 2 - City`.
    let number = match all.iter().position(|word| is_number(&word)) {
        Some(at) if at + 1 < all.len() => all.get(at).cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let plain: Vec<&str> = all.iter().filter(|word| !is_number(word)).map(String::as_str).collect();
    let labels: Vec<&str> =
        plain.iter().filter_map(|word| label_of(word)).filter(|label| !label.is_empty()).collect();
    let found = |compact: &str| KNOWN.get(compact).cloned();
    let understood = |known: Known, label: String| {
        let label = if known.takes_label() { label } else { String::new() };
        Some(Understood { known, label, number: number.clone() })
    };
    let whole = plain.concat();
    if let Some(known) = found(&all.concat()).or_else(|| found(&whole)) {
        return understood(known, join_labels(&labels));
    }
    // `Contact First Name`: words that say nothing may go for any field, words that label only for lists.
    let meant = |drop_labels: bool| -> String {
        plain
            .iter()
            .filter(|word| label_of(word).is_none_or(|label| !label.is_empty() && !drop_labels))
            .copied()
            .collect()
    };
    if let Some(known) = found(&meant(false)) {
        return understood(known, join_labels(&labels));
    }
    let rest = meant(true);
    if rest.is_empty() && labels.iter().any(|label| matches!(*label, "mobile" | "fax" | "direct")) {
        return understood(Known::Field(ContactField::phones, ""), join_labels(&labels));
    }
    if matches!(rest.as_str(), "number" | "nummer" | "nr" | "numero" | "line")
        && labels.iter().any(|label| matches!(*label, "mobile" | "fax" | "direct" | "home"))
    {
        return understood(Known::Field(ContactField::phones, ""), join_labels(&labels));
    }
    if let Some(known) = found(&rest).filter(Known::takes_label) {
        return understood(known, join_labels(&labels));
    }
    for (prefix, label) in PREFIXES {
        if let Some(known) = rest.strip_prefix(prefix).and_then(found).filter(Known::takes_label) {
            return understood(known, (*label).to_owned());
        }
    }
    None
}
