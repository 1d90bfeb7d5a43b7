//! Files byte by byte, and as other people's code reads them. That they come back is tested in `interchange::tests`.

use calcard::vcard::{VCardProperty, VCardValue};
use calcard::{Entry, Parser};

use super::{ExportCell, ExportField, ExportFormat, ExportRecord, Exporter};
use crate::domain::contact::Contact;
use crate::domain::entity::Entity;
use crate::domain::id::CompanyId;
use crate::domain::time::Timestamp;
use crate::domain::value::{Kind, Value};

/// A file with one contact, of whom the phone may be masked.
fn export(format: ExportFormat, masked: bool, columns: &[&str]) -> String {
    let parsed = |name: &str, text: &str| {
        let kind = Contact::spec(name).map_or(Kind::Number, |spec| spec.kind);
        (name.to_owned(), kind.parse(text, None).unwrap().unwrap(), text.to_owned())
    };
    let mut values = vec![
        parsed("given_name", "Zoë"),
        parsed("family_name", "Muster; geb. Süß, \"Zo\""),
        ("company".to_owned(), Value::Company(CompanyId::from_bytes([7; 16])), "=Muster & Söhne".to_owned()),
        parsed("emails", "zoe@example.com"),
        parsed("addresses", "home: Weg 1 | 10115 | Berlin | | DE"),
        parsed("language", "de"),
        parsed("tags", "fair, vip"),
        parsed("basis", "consent"),
        parsed(
            "reason",
            "asked to be called at the fair, on the second day of it, by the person who was there for us",
        ),
        parsed("custom.fleet", "12"),
    ];
    values.insert(3, parsed("phones", "work: +4930901820x12; Nach 17 Uhr: +4915112345678"));
    let fields: Vec<_> = values
        .iter()
        .map(|(name, value, text)| {
            let hidden = masked && name == "phones";
            let field = ExportField { name, label: name, spec: Contact::spec(name) };
            (
                field,
                ExportCell {
                    value: (!hidden).then_some(value), text: if hidden { "+49 •••" } else { text }
                },
            )
        })
        .collect();
    let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    let mut out = Exporter::new(format, Vec::new(), &columns).unwrap();
    let record = ExportRecord {
        id: uuid::Uuid::from_u128(1),
        revision: 2,
        created_at: Timestamp::from_millis(1_767_261_600_000),
        updated_at: Timestamp::from_millis(1_767_348_000_000),
        display_name: "Zoë Muster",
        fields: &fields,
        notes: &["one\ntwo"],
    };
    out.write(&record).unwrap();
    String::from_utf8(out.finish(&[]).unwrap()).unwrap()
}

#[test]
fn a_card_of_version_4() {
    let card = export(ExportFormat::VCard, false, &[]);
    let expected = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        "PRODID:-//Callbook//Callbook//EN",
        "UID:urn:uuid:00000000-0000-0000-0000-000000000001",
        "REV:20260102T100000Z",
        "FN:Zoë Muster",
        "N:Muster\\; geb. Süß\\, \"Zo\";Zoë;;;",
        "ORG:=Muster & Söhne",
        "TEL;TYPE=work;PREF=1;VALUE=uri:tel:+4930901820;ext=12",
        "item1.TEL;VALUE=uri:tel:+4915112345678",
        "item1.X-ABLabel:Nach 17 Uhr",
        "EMAIL:zoe@example.com",
        "ADR;TYPE=home:;;Weg 1;Berlin;;10115;DE",
        "LANG:de",
        "CATEGORIES:fair,vip",
        "X-CALLBOOK-BASIS:consent",
        "X-CALLBOOK-REASON:asked to be called at the fair\\, on the second day of it\\",
        " , by the person who was there for us",
        "X-CALLBOOK-CUSTOM;X-FIELD=\"fleet\":12",
        "NOTE:one\\ntwo",
        "END:VCARD",
        "",
    ];
    assert_eq!(card.split("\r\n").collect::<Vec<_>>(), expected);
    assert!(card.split("\r\n").all(|line| line.len() <= 75));
}

#[test]
fn another_reader_reads_the_card() {
    let text = export(ExportFormat::VCard, false, &[]);
    let Entry::VCard(card) = Parser::new(&text).strict().entry() else { panic!("no card") };
    let values = |property: VCardProperty| -> Vec<String> {
        card.properties(&property)
            .flat_map(|entry| &entry.values)
            .flat_map(|value| match value {
                VCardValue::Component(parts) => parts.clone(),
                VCardValue::Text(text) => vec![text.clone()],
                other => panic!("{other:?}"),
            })
            .collect()
    };
    assert_eq!(values(VCardProperty::Fn), ["Zoë Muster"]);
    assert_eq!(values(VCardProperty::N), ["Muster; geb. Süß, \"Zo\"", "Zoë", "", "", ""]);
    assert_eq!(values(VCardProperty::Tel), ["tel:+4930901820;ext=12", "tel:+4915112345678"]);
    assert_eq!(values(VCardProperty::Adr), ["", "", "Weg 1", "Berlin", "", "10115", "DE"]);
    assert_eq!(values(VCardProperty::Note), ["one\ntwo"]);
    assert_eq!(values(VCardProperty::Categories), ["fair", "vip"]);
    let reason = VCardProperty::Other("X-CALLBOOK-REASON".to_owned());
    let reason = values(reason).concat();
    assert!(reason.starts_with("asked to be called at the fair, on the second day of it, by"), "{reason}");
}

#[test]
fn a_table_that_no_spreadsheet_runs() {
    let columns = ["id", "given_name", "family_name", "company", "phones", "emails", "custom.fleet", "notes"];
    assert_eq!(
        export(ExportFormat::Csv, false, &columns),
        "callbook_id,given_name,family_name,company,phones,emails,custom.fleet,notes\r\n\
         00000000-0000-0000-0000-000000000001,Zoë,\"Muster; geb. Süß, \"\"Zo\"\"\",'=Muster & Söhne,\
         work: +4930901820x12; Nach 17 Uhr: +4915112345678,zoe@example.com,12,\"one\ntwo\"\r\n"
    );
    let phone = crate::interchange::notation::neutralise("+4930901820");
    assert_eq!(phone, "'+4930901820");
}

#[test]
fn a_card_of_rfc_9553() {
    let cards: serde_json::Value =
        serde_json::from_str(&export(ExportFormat::JsContact, false, &[])).unwrap();
    assert_eq!(
        cards,
        serde_json::json!([{
            "@type": "Card", "version": "1.0", "uid": "urn:uuid:00000000-0000-0000-0000-000000000001",
            "prodId": "-//Callbook//Callbook//EN", "kind": "individual",
            "created": "2026-01-01T10:00:00Z", "updated": "2026-01-02T10:00:00Z",
            "name": { "full": "Zoë Muster", "isOrdered": false, "components": [
                { "kind": "given", "value": "Zoë" }, { "kind": "surname", "value": "Muster; geb. Süß, \"Zo\"" }] },
            "organizations": { "o1": { "name": "=Muster & Söhne" } },
            "phones": {
                "p0001": { "number": "tel:+4930901820;ext=12", "label": "work", "contexts": { "work": true } },
                "p0002": { "number": "tel:+4915112345678", "label": "Nach 17 Uhr" } },
            "emails": { "e0001": { "address": "zoe@example.com" } },
            "addresses": { "a0001": { "label": "home", "contexts": { "private": true }, "countryCode": "DE", "components": [
                { "kind": "name", "value": "Weg 1" }, { "kind": "postcode", "value": "10115" },
                { "kind": "locality", "value": "Berlin" }] } },
            "preferredLanguages": { "l1": { "language": "de" } },
            "keywords": { "fair": true, "vip": true },
            "notes": { "n0001": { "note": "one\ntwo" } },
            "callbook.internal:basis": "consent",
            "callbook.internal:reason":
                "asked to be called at the fair, on the second day of it, by the person who was there for us",
            "callbook.internal:custom": { "fleet": 12 },
        }])
    );
}

#[test]
fn the_json_of_commands() {
    let list: serde_json::Value = serde_json::from_str(&export(ExportFormat::Json, false, &[])).unwrap();
    assert_eq!(list["total"], 1);
    let contact = &list["items"][0];
    let phone = serde_json::json!({ "number": "+4930901820", "extension": "12", "label": "work" });
    assert_eq!(contact["phones"][0], phone, "as `contact list --format json` has it");
    assert_eq!(contact["emails"], serde_json::json!([{ "address": "zoe@example.com" }]));
    assert_eq!(contact["company"], "=Muster & Söhne");
    assert_eq!(contact["custom"], serde_json::json!({ "fleet": 12 }));
    assert_eq!(contact["created_at"], "2026-01-01T10:00:00Z");
    assert!(contact.get("job_title").is_none());
}

#[test]
fn a_masked_value_leaves_in_no_format() {
    for format in [
        ExportFormat::Csv,
        ExportFormat::VCard,
        ExportFormat::JsContact,
        ExportFormat::Json,
        ExportFormat::NdJson,
    ] {
        let file = export(format, true, &["given_name", "phones", "emails"]);
        assert!(!file.contains("•••") && !file.contains("4930901820"), "{file}");
        assert!(file.contains("zoe@example.com"));
    }
}
