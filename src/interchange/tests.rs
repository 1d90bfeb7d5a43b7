//! Whole files: what comes in, and that what went out comes in again unchanged.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use proptest::prelude::*;

use super::export::{ExportCell, ExportField, ExportFormat, ExportRecord, Exporter, csv};
use super::{CustomColumn, Format, Incoming, Options, RowError, Source};
use crate::domain::contact::{Contact, ContactField};
use crate::domain::country::Country;
use crate::domain::edit::Input;
use crate::domain::entity::Entity;
use crate::domain::id::{CompanyId, UserId};
use crate::domain::reach::{Address, Email, Labelled, Phone, Url};
use crate::domain::time::Timestamp;
use crate::domain::value::{Kind, Value};

const CUSTOM: [(&str, Kind); 4] =
    [("fleet", Kind::Number), ("newsletter", Kind::Flag), ("memo", Kind::LongText), ("tier", Kind::Text)];

fn options() -> Options {
    let custom =
        CUSTOM.iter().map(|(name, _)| CustomColumn { name: (*name).into(), label: format!("The {name}") });
    Options { custom: custom.collect(), ..Options::default() }
}

fn open(bytes: &[u8]) -> Source<'_> {
    Source::open(Cursor::new(bytes), None, &options()).unwrap()
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/interchange/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn kind_of(field: &str) -> Kind {
    match field.strip_prefix("custom.") {
        Some(custom) => CUSTOM.iter().find(|(name, _)| *name == custom).unwrap().1,
        None => Contact::spec(field).unwrap().kind,
    }
}

/// The values an incoming row stands for; companies and owners by name.
fn resolved(incoming: &Incoming) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for edit in &incoming.fields {
        let kind = kind_of(&edit.field);
        let text = match (&edit.input, kind) {
            (Input::Text(name), Kind::Company | Kind::User) => name.clone(),
            (input, kind) => {
                let value = input.clone().resolve(kind, None, "DE".parse().ok());
                format!("{:?}", value.unwrap_or_else(|why| panic!("{}: {why}", edit.field)).unwrap())
            }
        };
        assert_eq!(all.insert(edit.field.clone(), text), None, "{} twice", edit.field);
    }
    if !incoming.notes.is_empty() {
        all.insert("notes".to_owned(), format!("{:?}", incoming.notes));
    }
    all
}

/// Rows as people would check them: `field=value`, values in their notation.
fn shown(row: Result<Incoming, RowError>) -> Vec<String> {
    let incoming = match row {
        Ok(incoming) => incoming,
        Err(error) => return vec![error.to_string()],
    };
    let mut lines = Vec::new();
    for edit in &incoming.fields {
        let kind = kind_of(&edit.field);
        let text = match (&edit.input, kind) {
            (Input::Text(name), Kind::Company | Kind::User) => name.clone(),
            (input, kind) => match input.clone().resolve(kind, None, "DE".parse().ok()) {
                Ok(value) => value.unwrap().to_string(),
                Err(why) => format!("refused: {why}"),
            },
        };
        lines.push(format!("{}={text}", edit.field));
    }
    lines.extend(incoming.notes.iter().map(|note| format!("note={note}")));
    lines
}

fn read(name: &str) -> (Vec<Vec<String>>, Vec<(String, u64)>) {
    let bytes = fixture(name);
    let mut source = open(&bytes);
    let rows = source.by_ref().map(shown).collect();
    assert_eq!(source.bytes_read(), bytes.len() as u64);
    assert!(source.failure().is_none());
    (rows, source.dropped().into_iter().map(|dropped| (dropped.field, dropped.rows)).collect())
}

fn names(dropped: &[(String, u64)]) -> Vec<&str> {
    let mut names: Vec<&str> = dropped.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_phone_of_2005() {
    let (rows, dropped) = read("nokia-2.1.vcf");
    assert_eq!(
        rows,
        [vec![
            "family_name=Müller; geb. Krüger",
            "given_name=Jörg",
            "phones=mobile: +4915112345678; home: +4930901820; work fax: +4930901821",
            "emails=joerg.mueller@example.com",
            "country=DE",
            "addresses=home: Hauptstraße 12 | 50667 | Köln |  | DE",
            "note=Erste Zeile\nZweite Zeile mit €",
        ]]
    );
    assert_eq!(names(&dropped), ["BDAY", "PHOTO"]);
}

#[test]
fn outlook_with_bytes_of_windows_1252() {
    let (rows, dropped) = read("outlook-2.1.vcf");
    assert_eq!(
        rows,
        [vec![
            "family_name=Größe",
            "given_name=Änne",
            "name_prefix=Frau Dr.",
            "company=Muster & Söhne",
            "department=Einkauf",
            "job_title=Leiterin",
            "phones=work: +4930901822; mobile: +4915112345679",
            "emails=aenne@example.com",
            "websites=work: http://www.example.com",
            "country=DE",
            "addresses=work: Straße 1 | 10115 | Berlin |  | DE",
            "note=Spricht auch Englisch\n",
        ]]
    );
    assert_eq!(
        names(&dropped),
        ["X-MS-ANNIVERSARY", "X-MS-OL-DEFAULT-POSTAL-ADDRESS", "X-MS-SIGNATURE", "X-MS-SPOUSE"]
    );
}

#[test]
fn lotus_with_a_nested_card() {
    let (rows, dropped) = read("lotus-3.0.vcf");
    assert_eq!(
        rows[0],
        [
            "given_name=Jan",
            "family_name=van der Berg",
            "company=Voorbeeld B.V.",
            "phones=work: +31205550100; work fax: +31205550101",
            "emails=Jan@example.org; second@example.org",
            "websites=http://www.example.org/~jan",
            "country=NL",
            "addresses=work: Keizersgracht 1 | 1015 AA | Amsterdam | NH | NL",
        ]
    );
    assert_eq!(rows[1], ["given_name=Second", "family_name=Person", "emails=person@example.org"]);
    assert_eq!(names(&dropped), ["AGENT"]);
}

#[test]
fn gmail_evolution_and_apple() {
    let (rows, dropped) = read("gmail-3.0.vcf");
    assert_eq!(
        rows,
        [vec![
            "family_name=Muster-Beispiel",
            "given_name=Maria",
            "name_prefix=Dr.",
            "name_suffix=MBA",
            "company=Beispiel GmbH",
            "job_title=Geschäftsführerin",
            "phones=mobile: +436645550100; home fax: +4315550101",
            "emails=home: maria@example.net; Rechnungen: rechnung@example.net",
            "websites=work: http://www.example.net",
            "country=AT",
            "addresses=home: Ring 1,Stiege 2 | 1010 | Wien |  | AT",
            "tags=kunden, messe wien",
            "note=Erste Zeile\nLieblingsfarbe, blau; und ein sehr langer Text, der umgebrochen ist.",
        ]]
    );
    assert_eq!(names(&dropped), ["BDAY", "X-ABDATE", "X-ABRELATEDNAMES", "X-PHONETIC-FIRST-NAME"]);
    let (rows, dropped) = read("evolution-3.0.vcf");
    assert_eq!(
        rows,
        [vec![
            "family_name=Exemple",
            "given_name=Chloé",
            "job_title=Acheteuse",
            "phones=work: +33199000001; evolution-car: +33639980001",
            "emails=work: chloe@example.com",
            "country=FR",
            "addresses=home: BP 12, Bâtiment C, 1 rue de l'Exemple | 75001 | Paris | Île-de-France | FR",
            "external_id=pas-id-4F2A",
        ]]
    );
    assert_eq!(names(&dropped), ["X-EVOLUTION-SPOUSE", "X-JABBER"]);
    let (rows, dropped) = read("apple-3.0.vcf");
    assert_eq!(
        rows,
        [vec![
            "company=Beispiel AG",
            "phones=main: +41446681800",
            "websites=HomePage: https://www.example.com",
            "country=CH",
            "addresses=work: Bahnhofstrasse 1 | 8001 | Zürich |  | CH",
        ]]
    );
    assert_eq!(names(&dropped), ["PHOTO"]);
}

#[test]
fn version_4() {
    let (rows, dropped) = read("rfc6350-4.0.vcf");
    assert_eq!(
        rows,
        [vec![
            "family_name=Beispiel",
            "given_name=Simone",
            "name_suffix=ing. jr M.Sc.",
            "company=Exemple, Inc.",
            "phones=work: +14185550101x102; mobile: +14185550100",
            "emails=work: simone@example.com",
            "websites=home: http://example.org",
            "country=CA",
            "addresses=work: Suite D2-630, 2875 Laurier | G1V 2M2 | Quebec | QC | CA",
            "language=fr",
            "external_id=urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1",
        ]]
    );
    assert_eq!(names(&dropped), ["ANNIVERSARY", "BDAY", "GENDER", "GEO", "KEY", "LANG", "TZ", "URL"]);
}

#[test]
fn a_file_that_is_cut_keeps_the_cards_before() {
    let (rows, _) = read("cut.vcf");
    assert_eq!(
        rows,
        [
            vec!["given_name=Anna", "family_name=Ganz", "emails=anna@example.com"],
            vec!["row 2: the card has no end; the next one begins inside it"],
            vec!["given_name=Bo", "family_name=Ganz", "emails=bo@example.com"],
            vec!["row 4: the card stands for a group, not for a person"],
            vec!["row 5: the file ends in the middle of the card"],
        ]
    );
}

#[test]
fn a_table_as_excel_saves_it_in_germany() {
    let bytes = fixture("excel-de.csv");
    let mut source = open(&bytes);
    let about = source.describe();
    assert_eq!((about.format, about.charset), (Format::Csv, "windows-1252"));
    let dialect = about.dialect.unwrap();
    assert_eq!((dialect.delimiter, dialect.sep_line, dialect.headers), (b';', true, true));
    let mapping = about.mapping.unwrap();
    assert_eq!(mapping.not_taken().iter().map(|guess| guess.header.as_str()).collect::<Vec<_>>(), ["Kürzel"]);
    assert_eq!(mapping.columns()[0].samples, ["Jürgen", "Änne", "Zu"]);
    let rows: Vec<_> = source.by_ref().collect();
    assert_eq!(
        rows.iter().map(|row| row.as_ref().map_or_else(|e| e.row, |i| i.row)).collect::<Vec<_>>(),
        [3, 6, 8]
    );
    assert_eq!(
        rows.into_iter().map(shown).collect::<Vec<_>>(),
        [
            vec![
                "given_name=Jürgen",
                "family_name=Größe",
                "phones=work: +493514960000; mobile: +4915112345678",
                "emails=juergen@example.com",
                "addresses=Hauptstraße 1 | 01067 | Dresden",
                "note=spricht \"schnell\"\nund laut",
            ],
            vec![
                "given_name=Änne",
                "family_name='t Hart",
                "phones=work: +31205550100",
                "emails=aenne@example.com",
            ],
            vec!["row 8: the row has 2 columns where 10 were promised"],
        ]
    );
    assert_eq!(source.dropped()[0].field, "Kürzel");
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    open(text.as_bytes()).map(shown).collect()
}

#[test]
fn google_names_the_labels_in_columns_of_their_own() {
    let text = "Name,Given Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,\
                Address 1 - Type,Address 1 - Street,Address 1 - City,Address 1 - Country\n\
                Anna Muster,Anna,Muster,* myContacts ::: * Fair,* Work,a@example.com ::: b@example.com,Mobile,\
                +49 151 12345678,Home,Weg 1,Bonn,Germany\n";
    assert_eq!(
        csv_rows(text),
        [vec![
            "given_name=Anna",
            "family_name=Muster",
            "tags=fair",
            "emails=work: a@example.com; work: b@example.com",
            "phones=mobile: +4915112345678",
            "country=DE",
            "addresses=home: Weg 1 |  | Bonn |  | DE",
        ]]
    );
}

#[test]
fn addresses_and_countries() {
    assert_eq!(
        csv_rows(
            "Last Name,Street,House number,City,Country,Home City\nMuster,Weg,1,Bonn,Deutschland,Köln\n"
        ),
        [vec![
            "family_name=Muster",
            "country=DE",
            "addresses=Weg 1 |  | Bonn |  | DE; home: | | Köln | | DE"
        ]
        .into_iter()
        .map(|line| line.replace("| | Köln | | DE", " |  | Köln |  | DE"))
        .collect::<Vec<_>>()]
    );
    // A country nobody knows stays in the address, and the person has none.
    assert_eq!(
        csv_rows("Last Name,City,Address country\nMuster,Ankh,Discworld\n"),
        [vec!["family_name=Muster", "addresses= |  | Ankh |  | Discworld"]]
    );
}

#[test]
fn rows_that_cannot_be_taken() {
    let rows = |bytes: &[u8]| -> Vec<Vec<String>> { open(bytes).map(shown).collect() };
    assert_eq!(
        rows(b"given,family,email\nAnna,Schm\0idt,a@example.com\nBo,Ganz,b@example.com\n\n  \nZu,viel,c@example.com,x\n"),
        [
            vec!["row 2: column 2 holds a NUL byte; what stood there is not known"],
            vec!["given_name=Bo", "emails=b@example.com"],
            vec!["row 6: the row has 4 columns where 3 were promised"],
        ]
        .map(|row| row.into_iter().map(str::to_owned).collect::<Vec<_>>())
        .into_iter()
        .map(|mut row| {
            if row[0].starts_with("given") {
                row.insert(1, "family_name=Ganz".to_owned());
            }
            row
        })
        .collect::<Vec<_>>()
    );
    let broken = [b"Vorname;Nachname\nZo\xc3\xab;Gr\xc3\xb6\xc3\x9fe\nJ\xfcrgen;Ganz\n".as_slice()].concat();
    assert_eq!(
        rows(&broken)[1],
        [
            "row 3: column 1 holds a character that the file's charset does not know; what stood there is not known"
        ]
    );
    let open_quote = rows(b"given name,family name\nAnna,Schmidt\nBo,\"never closed\nCo,Ganz\n");
    assert_eq!(open_quote[0].len(), 2);
    assert!(open_quote[1][0].starts_with("row 3: a quote is opened and never closed"), "{:?}", open_quote[1]);
    assert_eq!(open_quote.len(), 2);
}

#[test]
fn a_forbidden_column_is_never_read() {
    let text = b"Name,Religion,E-Mail\nAnna Muster,none of your business,a@example.com\n";
    let mut source = open(text);
    assert_eq!(source.mapping().unwrap().forbidden().len(), 1);
    let all: Vec<_> = source.by_ref().map(|row| format!("{row:?}")).collect();
    assert!(!all[0].contains("business"));
    let mut skipped = options();
    skipped.skip.push("Religion".to_owned());
    let source = Source::open(text.as_slice(), None, &skipped).unwrap();
    assert!(source.mapping().unwrap().forbidden().is_empty());
    skipped.map.push(("Religion".to_owned(), "note".to_owned()));
    assert!(Source::open(text.as_slice(), None, &skipped).is_err());
}

/// `head`, then `byte` so many times, then `tail`.
fn long(head: &str, byte: u8, count: u64, tail: &str) -> impl Read + Send {
    Cursor::new(head.as_bytes().to_vec())
        .chain(std::io::repeat(byte).take(count))
        .chain(Cursor::new(tail.as_bytes().to_vec()))
}

#[test]
fn a_field_of_many_megabytes_is_a_rejected_row_and_reading_goes_on() {
    let head = "given name,note\nAnna,x\nBo,\"";
    for count in [2 << 20, 40 << 20] {
        let source = Source::open(long(head, b'x', count, "\"\nCo,y\n"), None, &options()).unwrap();
        let rows: Vec<_> = source.map(shown).collect();
        assert_eq!(rows.len(), 3);
        assert!(rows[1][0].starts_with("row 3: ") && rows[1][0].contains("MiB"), "{:?}", rows[1]);
        assert_eq!(rows[2], ["given_name=Co", "note=y"]);
    }
    let head = "BEGIN:VCARD\nFN:Anna Muster\nPHOTO;ENCODING=b:";
    let tail = "\nEND:VCARD\nBEGIN:VCARD\nFN:Bo Muster\nNOTE:";
    let source = Source::open(
        long(head, b'A', 20 << 20, tail).chain(long(
            "",
            b'x',
            20 << 20,
            "\nEND:VCARD\nBEGIN:VCARD\nFN:Co Muster\nEND:VCARD\n",
        )),
        None,
        &options(),
    )
    .unwrap();
    let rows: Vec<_> = source.map(shown).collect();
    assert_eq!(rows[0], ["given_name=Anna", "family_name=Muster"]);
    assert_eq!(rows[1], ["row 2: `NOTE` is longer than 1 MiB"]);
    assert_eq!(rows[2], ["given_name=Co", "family_name=Muster"]);
    let head = "[{\"given_name\":\"";
    let source =
        Source::open(long(head, b'x', 10 << 20, "\"},{\"given_name\":\"Bo\"}]"), None, &options()).unwrap();
    let rows: Vec<_> = source.map(shown).collect();
    assert_eq!(rows, [vec!["row 1: the object is longer than 4 MiB"], vec!["given_name=Bo"]]);
}

#[test]
fn json_of_others() {
    let text = r#"[{"firstName":"Anna","lastName":"Muster","email":"a@example.com","mobilePhone":"0151 12345678","dateOfBirth":"1970-01-01","shoe":43},
        {"name":"Bo Muster","phones":["030 901820",{"number":"030 901821","label":"fax"}],"notes":["x",{"text":"y"}],"tags":["a","b"],
         "addresses":[{"city":"Bonn","country":"Germany"}],"custom":{"fleet":3,"newsletter":true}},
        {"@type":"Card","version":"1.0","uid":"u1","name":{"full":"Co van Muster"},"phones":{"k":{"number":"tel:+31-20-5550100","contexts":{"work":true}}},
         "anniversaries":{"b":{"kind":"birth"}},"addresses":{"a":{"components":[{"kind":"name","value":"Weg"},{"kind":"number","value":"1"},{"kind":"locality","value":"Delft"}],"countryCode":"nl"}}},
        17]"#;
    let mut source = open(text.as_bytes());
    let rows: Vec<_> = source.by_ref().map(shown).collect();
    assert_eq!(
        rows,
        [
            vec![
                "given_name=Anna",
                "family_name=Muster",
                "emails=a@example.com",
                "phones=mobile: +4915112345678"
            ],
            vec![
                "phones=+4930901820; fax: +4930901821",
                "tags=a, b",
                "addresses= |  | Bonn |  | DE",
                "custom.fleet=3",
                "custom.newsletter=yes",
                "given_name=Bo",
                "family_name=Muster",
                "note=x",
                "note=y",
            ],
            vec![
                "external_id=u1",
                "given_name=Co",
                "family_name=van Muster",
                "phones=work: +31205550100",
                "country=NL",
                "addresses=Weg 1 |  | Delft |  | NL",
            ],
            vec!["row 6: here should stand an object of JSON"],
        ]
    );
    let dropped: Vec<_> = source.dropped().into_iter().map(|dropped| dropped.field).collect();
    assert_eq!(dropped, ["dateOfBirth", "shoe", "anniversaries"]);
}

#[test]
fn files_that_are_none_of_these_say_what_they_are() {
    let error = |bytes: &[u8]| Source::open(bytes, None, &options()).err().unwrap().to_string();
    assert!(error(b"PK\x03\x04\x14\x00").contains("spreadsheet"));
    assert!(error(b"%PDF-1.7").contains("PDF"));
    assert!(error(b"<?xml version='1.0'?>").contains("XML"));
    assert_eq!(error(b" \r\n"), "the file is empty");
    assert_eq!(error(b""), "the file is empty");
    let wrong = Options { charset: Some("klingon".to_owned()), ..Options::default() };
    assert!(Source::open(b"a".as_slice(), None, &wrong).err().unwrap().to_string().contains("klingon"));
}

#[test]
fn errors_of_the_reader_are_told_from_the_end() {
    struct Broken(usize);
    impl Read for Broken {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            if self.0 == 0 {
                return Err(std::io::Error::other("the disk is gone"));
            }
            let line = b"Anna,Schmidt\n";
            let length = line.len().min(buf.len());
            buf[..length].copy_from_slice(&line[..length]);
            self.0 -= 1;
            Ok(length)
        }
    }
    let head = Cursor::new(b"given name,family name\n");
    let mut source = Source::open(head.chain(Broken(50_000)), None, &options()).unwrap();
    assert!(source.by_ref().count() > 10_000);
    assert_eq!(source.failure().unwrap().to_string(), "the disk is gone");
}

// Round trips.

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

/// A table of so many rows, made as it is read.
struct Table {
    rows: std::ops::Range<u64>,
    row: Cursor<Vec<u8>>,
}

impl Table {
    fn new(rows: u64) -> Table {
        let headers = "Vorname;Nachname;Firma;Position;Straße;PLZ;Ort;Land;Telefon geschäftlich;Mobiltelefon;E-Mail-Adresse;Notizen\r\n";
        Table { rows: 0..rows, row: Cursor::new(headers.into()) }
    }
}

impl Read for Table {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.row.position() == self.row.get_ref().len() as u64 {
            let Some(n) = self.rows.next() else { return Ok(0) };
            let row = format!(
                "Jörg{n};Größe{n};Muster {} GmbH;Leitung Einkauf;Hauptstraße {};{:05};Köln;Deutschland;030 90{:04};\
                 0151 {:08};joerg{n}@example.com;\"rief an, \"\"dringend\"\"\r\nZeile 2\"\r\n",
                n % 1000,
                n % 200,
                n % 100_000,
                n % 10_000,
                n,
            );
            self.row = Cursor::new(row.into_bytes());
        }
        self.row.read(buf)
    }
}

#[test]
fn many_rows() {
    let rows = if cfg!(debug_assertions) { 5_000 } else { 100_000 };
    let mut source = Source::open(Table::new(rows), Some("leads.csv"), &options()).unwrap();
    let mut last = 0;
    for row in source.by_ref() {
        let row = row.unwrap();
        assert_eq!((row.fields.len(), row.notes.len(), row.row), (8, 1, last * 2 + 2));
        last += 1;
    }
    assert_eq!(last, rows);
    assert_eq!(source.dropped(), []);
}
