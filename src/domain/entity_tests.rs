//! What must hold for every entity, whatever its fields.

use std::collections::HashSet;

use super::contact::{Contact, ContactField};
use super::custom::CustomField;
use super::entity::{Entity, RecordKind, specs_of};
use super::field::FieldKey;
use super::value::{Kind, Value};

#[test]
fn numbers_and_names_of_fields_are_unique_and_below_custom_ones() {
    for kind in RecordKind::ALL {
        let mut keys = HashSet::new();
        let mut names = HashSet::new();
        for spec in specs_of(*kind) {
            assert!(keys.insert(spec.key), "{kind} {}", spec.name);
            assert!(names.insert(spec.name), "{kind} {}", spec.name);
            assert!(spec.key.0 < FieldKey::CUSTOM);
            assert!(!spec.why.is_empty() && !spec.label.is_empty());
        }
    }
}

#[test]
fn a_record_is_its_fields() {
    let text = [
        (ContactField::given_name, "Zoë"),
        (ContactField::phones, "work: +4930901820; +31201234567;ext=12"),
        (ContactField::emails, "home: zoe@example.com"),
        (ContactField::addresses, "Musterstr. 1 | 10115 | Berlin | | Germany"),
        (ContactField::tags, "Fair, fair, b"),
        (ContactField::country, "Deutschland"),
        (ContactField::basis, "legitimate-interests"),
        (ContactField::obtained_on, "2026-02-28"),
    ];
    let mut contact = Contact::default();
    for (field, text) in text {
        let spec = field.spec();
        contact.set(spec.key, spec.kind.parse(text, None).unwrap()).unwrap();
    }
    contact.set(FieldKey(FieldKey::CUSTOM + 3), Some(Value::Number(7))).unwrap();
    assert_eq!(contact.tags.0, ["b", "fair"]);
    assert_eq!(contact.addresses[0].value.country, "DE");
    assert_eq!(Contact::from_fields(contact.fields()).unwrap(), contact);
    // The notation that is shown is the notation that is read.
    for (key, value) in contact.fields().into_iter().filter(|(key, _)| !key.is_custom()) {
        let kind = Contact::spec_of(key).unwrap().kind;
        assert_eq!(kind.parse(&value.to_string(), None).unwrap(), Some(value.clone()), "{key:?}");
        super::value::check(&value, kind).unwrap();
    }
}

#[test]
fn a_value_of_another_kind_is_refused() {
    let mut contact = Contact::default();
    assert!(contact.set(ContactField::given_name.key(), Some(Value::Flag(true))).is_err());
    assert!(contact.set(FieldKey(999), Some(Value::Flag(true))).is_err());
    assert!(super::value::check(&Value::Text("a\0b".into()), Kind::Text).is_err());
    assert!(super::value::check(&Value::Tags(vec!["b".into(), "a".into()]), Kind::Tags).is_err());
    assert!(CustomField::default().set(FieldKey(3), Some(Value::Word("boat".into()))).is_err());
}

#[test]
fn phone_numbers_in_any_notation() {
    use super::reach::Phone;
    let de = Some("DE".parse().unwrap());
    for text in [
        "030 901820",
        "+49 30 901820",
        "0049 (0)30 901820",
        "(030) 90-18-20",
        "tel:+49-30-901820",
        "+49 (0)30/901820",
    ] {
        assert_eq!(Phone::parse(text, de).unwrap().to_string(), "+4930901820", "{text}");
    }
    assert_eq!(
        Phone::parse("504-621-8927", Some("US".parse().unwrap())).unwrap().to_string(),
        "+15046218927"
    );
    let with_extension = Phone::parse("tel:+1-418-656-9254;ext=102", None).unwrap();
    assert_eq!((with_extension.e164(), with_extension.extension()), ("+14186569254", Some("102")));
    for text in [
        "",
        "abc",
        "12",
        "030 901820",
        "+999 123456789",
        "+49 12345678901234567890",
        "\u{202e}+4930901820x\u{1b}[2J",
    ] {
        assert!(Phone::parse(text, None).is_err(), "{text:?}");
    }
}

#[test]
fn addresses_that_are_none_are_refused() {
    use super::reach::{Email, Url};
    for text in
        ["anna@example.com", "Anna.Schmidt+fair@Example.COM", "mailto:a@b.example", "<jörg@müller.example>"]
    {
        Email::parse(text).unwrap();
    }
    for text in [
        "",
        "anna",
        "@example.com",
        "anna@",
        "anna@example",
        "an na@example.com",
        "a..b@example.com",
        "a@-x.example",
        "a@b.example\r\nBcc: x@y.example",
    ] {
        assert!(Email::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(Url::parse("www.example.com/a").unwrap().as_str(), "https://www.example.com/a");
    for text in ["javascript:alert(1)", "file:///etc/passwd", "https://", "http://a b.example"] {
        assert!(Url::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn people_read_no_numbers_of_requirements() {
    for kind in RecordKind::ALL {
        for spec in specs_of(*kind) {
            let numbered = spec
                .why
                .match_indices("(R")
                .any(|(at, _)| spec.why[at + 2..].starts_with(|c: char| c.is_ascii_digit()));
            assert!(!numbered, "{}: {}", spec.name, spec.why);
        }
    }
}
