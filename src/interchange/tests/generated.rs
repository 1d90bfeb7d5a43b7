//! What was exported comes back, and nothing that comes in is more than can be read.

use super::*;

fn line() -> impl Strategy<Value = String> {
    "[a-zA-Zäßé€𝄞 ,;:|\\\\\"'=+@.^#%-]{0,12}[a-zA-Z'\"=+@;,\\\\]".prop_filter_map("blank", |text| {
        match Kind::Text.parse(&text, None) {
            Ok(Some(Value::Text(text))) => Some(text),
            _ => None,
        }
    })
}

fn text() -> impl Strategy<Value = String> {
    "[a-zß ,;:|\\\\\"'=+@\n-]{0,200}[a-z]".prop_map(|text| text)
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        prop::sample::select(vec!["work", "home", "mobile", "fax", "work fax", "pager", "Work", "main"])
            .prop_map(str::to_owned),
        line(),
    ]
}

fn list<T: std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<Labelled<T>>> {
    prop::collection::vec((label(), value), 1..12)
        .prop_map(|items| items.into_iter().map(|(label, value)| Labelled { label, value }).collect())
}

fn address() -> impl Strategy<Value = Address> {
    let part =
        || prop_oneof![Just(String::new()), line().prop_map(|text| text.replace('|', "/").trim().to_owned())];
    let street = prop_oneof![part(), Just("Weg 1\nHinterhaus; 2. Stock".to_owned())];
    let country = prop_oneof![Just(String::new()), Just("DE".to_owned()), Just("Nowhere".to_owned())];
    (street, part(), part(), part(), country)
        .prop_map(|(street, postal_code, city, region, country)| Address {
            street,
            postal_code,
            city,
            region,
            country,
        })
        .prop_filter("empty", |address| !address.is_empty())
}

fn value(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Text => line().prop_map(Value::Text).boxed(),
        Kind::LongText => text().prop_map(Value::Text).boxed(),
        Kind::Phones => {
            list("\\+4915[0-9]{9}(x[0-9]{1,4})?".prop_map(|text| Phone::parse(&text, None).unwrap()))
                .prop_map(Value::Phones)
                .boxed()
        }
        Kind::Emails => list(
            "[a-z0-9!#$%&'*+/=?^_{|}~-]{1,10}@[a-z]{1,8}\\.example\\.(com|org)"
                .prop_map(|text| Email::parse(&text).unwrap()),
        )
        .prop_map(Value::Emails)
        .boxed(),
        Kind::Links => list(
            "https?://[a-z]{1,8}\\.example\\.com(/[!-~]{0,12})?".prop_map(|text| Url::parse(&text).unwrap()),
        )
        .prop_map(Value::Links)
        .boxed(),
        Kind::Addresses => list(address()).prop_map(Value::Addresses).boxed(),
        Kind::Tags => prop::collection::vec("[a-zß'=+*-][a-z ]{0,6}[a-z]", 1..5)
            .prop_map(|tags| Kind::Tags.parse(&tags.join(","), None).unwrap().unwrap())
            .boxed(),
        Kind::Country => prop::sample::select(Country::all()).prop_map(Value::Country).boxed(),
        Kind::Language => prop::sample::select(vec!["de", "nl-BE", "fr"])
            .prop_map(|tag| Value::Language(tag.parse().unwrap()))
            .boxed(),
        Kind::Basis => Just(Value::Basis(crate::domain::basis::Basis::Consent)).boxed(),
        Kind::Company => {
            any::<u128>().prop_map(|id| Value::Company(CompanyId(uuid::Uuid::from_u128(id)))).boxed()
        }
        Kind::User => any::<u128>().prop_map(|id| Value::User(UserId(uuid::Uuid::from_u128(id)))).boxed(),
        Kind::Day => (1990i32..2100, 1u32..13, 1u32..29)
            .prop_map(|(y, m, d)| Kind::Day.parse(&format!("{y}-{m:02}-{d:02}"), None).unwrap().unwrap())
            .boxed(),
        Kind::Number => any::<i64>().prop_map(Value::Number).boxed(),
        Kind::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        Kind::Contact | Kind::Time | Kind::Word(_) | Kind::Slug | Kind::Words => {
            unreachable!("no such field leaves")
        }
    }
}

#[derive(Debug, Clone)]
struct Person {
    fields: Vec<(String, Value, String)>,
    notes: Vec<String>,
}

fn person() -> impl Strategy<Value = Person> {
    let built_in = ContactField::ALL
        .iter()
        .filter(|field| !matches!(field, ContactField::deleted_at | ContactField::merged_into))
        .filter(|field| !field.is_of_restriction())
        .map(|field| (field.spec().name.to_owned(), field.spec().kind));
    let custom = CUSTOM.iter().map(|(name, kind)| (format!("custom.{name}"), *kind));
    let fields: Vec<_> = built_in
        .chain(custom)
        .map(|(name, kind)| (Just(name), prop::option::of((value(kind), line()))).boxed())
        .collect();
    (fields, prop::collection::vec(text(), 0..4)).prop_map(|(fields, notes)| Person {
        fields: fields
            .into_iter()
            .filter_map(|(name, held)| held.map(|(value, text)| (name, value, text)))
            .collect(),
        notes,
    })
}

impl Person {
    fn expected(&self) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> = self
            .fields
            .iter()
            .map(|(name, value, text)| {
                let shown = match value {
                    Value::Company(_) | Value::User(_) => text.clone(),
                    value => format!("{value:?}").replace("Word(", "Text("),
                };
                (name.clone(), shown)
            })
            .collect();
        if !self.notes.is_empty() {
            all.insert("notes".to_owned(), format!("{:?}", self.notes));
        }
        all
    }

    fn export(people: &[Person], format: ExportFormat) -> Vec<u8> {
        let custom: Vec<&str> = CUSTOM.iter().map(|(name, _)| *name).collect();
        let mut columns = csv::columns(&custom);
        columns.extend(["id", "display_name", "revision", "created_at", "updated_at"].map(str::to_owned));
        let mut out = Exporter::new(format, Vec::new(), &columns).unwrap();
        for (at, person) in people.iter().enumerate() {
            let mut contact = Contact::default();
            for (name, value, _) in &person.fields {
                if let Some(spec) = Contact::spec(name) {
                    contact.set(spec.key, Some(value.clone())).unwrap();
                }
            }
            let fields: Vec<_> = person
                .fields
                .iter()
                .map(|(name, value, text)| {
                    let field = ExportField { name, label: name, spec: Contact::spec(name) };
                    (field, ExportCell { value: Some(value), text })
                })
                .collect();
            let notes: Vec<&str> = person.notes.iter().map(String::as_str).collect();
            out.write(&ExportRecord {
                id: uuid::Uuid::from_u128(at as u128 + 1),
                revision: 3,
                created_at: Timestamp::from_millis(1_700_000_000_000),
                updated_at: Timestamp::from_millis(1_700_000_000_001),
                display_name: &contact.display_name(),
                fields: &fields,
                notes: &notes,
            })
            .unwrap();
        }
        out.finish(&[("objection".to_owned(), 2)]).unwrap()
    }
}

const FORMATS: [ExportFormat; 5] = [
    ExportFormat::Csv,
    ExportFormat::VCard,
    ExportFormat::JsContact,
    ExportFormat::Json,
    ExportFormat::NdJson,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_was_exported_comes_back_unchanged(people in prop::collection::vec(person(), 1..4)) {
        let people: Vec<Person> = people.into_iter().filter(|person| !person.expected().is_empty()).collect();
        for format in FORMATS {
            let file = Person::export(&people, format);
            let shown = String::from_utf8_lossy(&file).into_owned();
            if people.is_empty() {
                continue;
            }
            let rows: Vec<_> = open(&file).collect();
            prop_assert_eq!(rows.len(), people.len(), "{:?}\n{}", format, shown);
            for (row, person) in rows.into_iter().zip(&people) {
                let row = row.map_err(|error| TestCaseError::fail(format!("{format:?}: {error}\n{shown}")))?;
                prop_assert_eq!(resolved(&row), person.expected(), "{:?}\n{}", format, shown);
            }
        }
    }

    #[test]
    fn any_bytes_can_be_opened(bytes in prop::collection::vec(any::<u8>(), 0..400), format in 0usize..4) {
        let format = [None, Some(Format::Csv), Some(Format::VCard), Some(Format::Json)][format];
        if let Ok(source) = Source::open(bytes.as_slice(), None, &Options { format, ..options() }) {
            source.for_each(drop);
        }
    }

    #[test]
    fn any_pieces_of_cards_can_be_read(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "BEGIN:VCARD\n", "END:VCARD\n", "AGENT:\n", "N:", ";", ",", "\\", "TEL;TYPE=", "CELL:", "=\n", "\n ", "\"",
            "ENCODING=QUOTED-PRINTABLE:", "=C3=", "item1.", "X-ABLabel:", "ADR:;;", "tel:+49;ext=", "NOTE:x\n", "KIND:group\n",
            "X-CALLBOOK-CUSTOM;X-FIELD=\"^n\":", "\r", "é", ":",
        ]), 0..60),
    ) {
        let text = format!("BEGIN:VCARD\n{}\nEND:VCARD\n", pieces.concat());
        open(text.as_bytes()).for_each(drop);
    }

    #[test]
    fn any_pieces_of_json_can_be_read(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", "\"", "\\", ",", ":", "\"phones\":", "\"@type\":\"Card\",", "\"custom\":", "null", "1", "\"x\"", "\n",
            "\"addresses\":", "\"items\":[", "\"name\":",
        ]), 0..60),
    ) {
        open(format!("{{\"a\":1}}{}", pieces.concat()).as_bytes()).for_each(drop);
    }
}
