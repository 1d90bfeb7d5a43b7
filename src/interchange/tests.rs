//! Whole files: what comes in, and that what went out comes in again unchanged.

mod cards;
mod generated;

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
