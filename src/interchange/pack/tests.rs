//! Bundles: each file as programs of others read it, whatever the data tries.

use html5ever::tendril::TendrilSink;
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::*;
use crate::domain::disclosure::Disclosure;
use crate::domain::edit::FieldEdit;
use crate::domain::request::Right;
use crate::service::disclosure_tests::{disclose, invented, office, raw_note};
use crate::service::tests::{Fixture, edit};

fn made(fixture: &Fixture, person: uuid::Uuid, right: Right, tongue: Tongue) -> Vec<File> {
    bundle(disclose(&fixture.client("dpo"), person), right, None, tongue, Vec::new()).unwrap()
}

fn text<'f>(files: &'f [File], name: &str) -> &'f str {
    let file = files.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("no {name}"));
    std::str::from_utf8(&file.bytes).unwrap()
}

fn json(files: &[File], name: &str) -> Json {
    serde_json::from_str(text(files, name)).unwrap()
}

/// The names of the elements in a page, and its text without the style.
fn walk(node: &Handle, names: &mut Vec<String>, words: &mut String) {
    match &node.data {
        NodeData::Element { name, attrs, .. } => {
            names.push(name.local.to_string());
            for attribute in attrs.borrow().iter() {
                let key = attribute.name.local.to_string();
                assert!(!key.starts_with("on"), "{key}");
                assert!(!["src", "srcset", "action", "style"].contains(&key.as_str()), "{key}");
                assert!(key != "href" || attribute.value.starts_with('#'), "{}", attribute.value);
            }
            if &*name.local == "style" {
                return;
            }
        }
        NodeData::Text { contents } => words.push_str(&contents.borrow()),
        _ => {}
    }
    node.children.borrow().iter().for_each(|child| walk(child, names, words));
}

/// Reads a page as a browser does; anything that is wrong with it fails.
fn read_page(html: &str) -> (Vec<String>, String) {
    let dom = html5ever::parse_document(
        RcDom::default(),
        html5ever::ParseOpts {
            tokenizer: html5ever::tokenizer::TokenizerOpts { exact_errors: true, ..Default::default() },
            ..Default::default()
        },
    )
    .one(html);
    assert_eq!(dom.errors.borrow().to_vec(), Vec::<String>::new());
    let (mut names, mut words) = (Vec::new(), String::new());
    walk(&dom.document, &mut names, &mut words);
    let void = ["meta", "br"];
    for name in names.iter().filter(|name| !void.contains(&name.as_str())) {
        let (open, close) = (format!("<{name}"), format!("</{name}>"));
        let opened =
            html.match_indices(&open).filter(|(at, _)| html[at + open.len()..].starts_with(['>', ' ']));
        assert_eq!(opened.count(), html.matches(&close).count(), "each <{name}> is closed");
    }
    assert_eq!(names.iter().filter(|name| *name == "html").count(), 1);
    for forbidden in ["script", "img", "link", "iframe", "form", "object", "embed", "svg", "base"] {
        assert!(!names.iter().any(|name| name == forbidden), "{forbidden}");
    }
    (names, words)
}

#[test]
fn the_manifest_lists_every_file_with_its_hash() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    for (right, want) in [
        (
            Right::Access,
            vec![
                "manifest.json",
                "answer.html",
                "access.csv",
                "answer.json",
                "consents.jsonld",
                "contact.json",
                "contact.vcf",
                "history.csv",
            ],
        ),
        (
            Right::Portability,
            vec![
                "manifest.json",
                "answer.html",
                "consents.jsonld",
                "contact.json",
                "contact.vcf",
                "data.csv",
                "data.json",
            ],
        ),
    ] {
        let files = made(&fixture, person, right, Tongue::De);
        assert_eq!(files.iter().map(|file| file.name).collect::<Vec<_>>(), want);
        let manifest = json(&files, "manifest.json");
        assert_eq!(manifest["controller"]["name"], "Muster GmbH");
        assert_eq!(manifest["language"], "de");
        let listed = manifest["files"].as_array().unwrap();
        assert_eq!(listed.len(), files.len() - 1);
        for one in listed {
            let file = files.iter().find(|file| one["name"] == file.name).unwrap();
            let hash: String = Sha256::digest(&file.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!((&one["sha256"], &one["bytes"]), (&Json::from(hash), &Json::from(file.bytes.len())));
        }
        let letter = text(&files, "answer.html");
        assert!(want.iter().all(|name| letter.contains(name)), "the letter names what comes with it");
    }
}

#[test]
fn the_letter_is_a_sound_page_in_each_language() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    for tongue in Tongue::ALL {
        let files = made(&fixture, person, Right::Access, *tongue);
        let (names, words) = read_page(text(&files, "answer.html"));
        assert!(names.iter().filter(|name| *name == "table").count() > 5);
        let shown = Words::of(*tongue);
        for key in
            ["letter.confirm", "s.automated.none", "s.rights.withdraw", "redacted.third_person", "ref.date"]
        {
            assert!(words.contains(&shown.get(key)), "{tongue}: {key}");
        }
        for told in [
            "Muster GmbH",
            "Musterweg 1",
            "dsb@example.com",
            "Berliner Beauftragte",
            "trade fair Berlin",
            "Ja, rufen Sie mich an.",
        ] {
            assert!(words.contains(told), "{tongue}: {told}");
        }
        assert!(!words.contains("Müller") && !words.contains("Mueller") && !words.contains("901821"));
        assert!(!words.contains('{'), "nothing is left to be filled in");
    }
}

/// The text of a page, a line for each block, for people to read in a review of this code.
fn plain(html: &str) -> String {
    let body = html.split("<body>").nth(1).unwrap();
    let body = body.replace("</th>", " | ").replace("</td>", " | ").replace("</dt>", ": ");
    let mut out = String::new();
    let mut inside = false;
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    let lines = out.lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_letter_reads_as_a_company_would_write_it() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    for tongue in [Tongue::De, Tongue::En] {
        let mut told = disclose(&fixture.client("dpo"), person);
        // The periods change with the law; that they are told is looked at below.
        assert!(!told.rules.is_empty());
        told.rules.clear();
        let files = bundle(told, Right::Access, None, tongue, Vec::new()).unwrap();
        insta::assert_snapshot!(format!("letter-{}", tongue.word()), plain(text(&files, "answer.html")));
    }
}

#[test]
fn how_long_what_is_kept_is_told_by_each_rule() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    let told = disclose(&fixture.client("dpo"), person);
    let rules = told.rules.len();
    let files = bundle(told, Right::Access, None, Tongue::De, Vec::new()).unwrap();
    let section = text(&files, "answer.html").split("<section id=\"retention\"").nth(1).unwrap();
    let section = section.split("</section>").next().unwrap();
    assert_eq!(section.matches("<tr>").count(), rules + 1, "{section}");
    assert!(section.contains("Jahre") && !section.contains("P2Y"));
}

#[test]
fn a_no_is_a_letter_too() {
    let fixture = office();
    let of = crate::api::Whom::Named {
        name: "Nemo Niemand".into(),
        identifiers: vec![crate::api::Typed {
            class: crate::domain::suppression::Class::Phone,
            text: "030 901899".into(),
            country: String::new(),
        }],
        case: None,
        somebody_else: false,
    };
    let asked = crate::api::Disclose { of, right: Right::Access, request: None, review: false };
    let told: Disclosure = fixture.client("dpo").call(asked).unwrap();
    let files = bundle(told, Right::Access, None, Tongue::De, Vec::new()).unwrap();
    assert_eq!(
        files.iter().map(|file| file.name).collect::<Vec<_>>(),
        ["manifest.json", "answer.html", "answer.json"]
    );
    let (_, words) = read_page(text(&files, "answer.html"));
    for told in [
        "Nemo Niemand",
        "+4930901899",
        "Wir verarbeiten keine personenbezogenen Daten über Sie",
        "Prüfsumme mit Schlüssel",
    ] {
        assert!(words.contains(told), "{told}");
    }
    assert_eq!(json(&files, "answer.json")["held"], false);
    insta::assert_snapshot!("letter-nobody-de", plain(text(&files, "answer.html")));
}

#[test]
fn cards_are_read_by_others() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    let files = made(&fixture, person, Right::Access, Tongue::De);
    let card = json(&files, "contact.json");
    assert_eq!((&card["@type"], &card["version"]), (&Json::from("Card"), &Json::from("1.0")));
    assert_eq!(card["uid"], format!("urn:uuid:{person}"));
    let read = calcard::jscontact::JSContact::<String, String>::parse(text(&files, "contact.json")).unwrap();
    let read = read.into_vcard().unwrap().to_string();
    for told in ["anna@example.com", "+4930901820", "FN:Anna Schöne", "Lindenweg 7"] {
        assert!(read.contains(told), "{told}: {read}");
    }

    let vcard = text(&files, "contact.vcf");
    let read = vcard4::parse(vcard).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].formatted_name[0].value, "Anna Schöne");
    assert_eq!(read[0].email[0].value, "anna@example.com");
    assert!(read[0].note.iter().any(|note| note.value.contains("Will ein Angebot")));
    assert!(read[0].uid.as_ref().unwrap().to_string().contains(&person.to_string()));
    assert!(!vcard.contains("Mueller") && !vcard.contains("OWNER"), "{vcard}");
}

#[test]
fn consents_are_json_ld_in_known_terms() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    let files = made(&fixture, person, Right::Access, Tongue::De);
    let graph = json(&files, "consents.jsonld");
    let context = graph["@context"].as_object().unwrap();
    assert_eq!(context["dpv"], "https://w3id.org/dpv#");
    let receipts = graph["@graph"].as_array().unwrap();
    assert_eq!(receipts.len(), 2, "by phone, and to be kept");
    fn terms(json: &Json, all: &mut Vec<String>) {
        match json {
            Json::Object(object) => {
                for (key, value) in object {
                    if !key.starts_with('@') {
                        all.push(key.clone());
                    }
                    if let ("@type" | "@id", Json::String(term)) = (key.as_str(), value) {
                        all.push(term.clone());
                    }
                    terms(value, all);
                }
            }
            Json::Array(items) => items.iter().for_each(|item| terms(item, all)),
            _ => {}
        }
    }
    for receipt in receipts {
        assert_eq!(receipt["@type"], "dpv:ConsentReceipt");
        assert!(receipt.get("@context").is_none());
        let mut all = Vec::new();
        terms(receipt, &mut all);
        for term in all.iter().filter(|term| !term.starts_with("urn:") && !term.starts_with("https:")) {
            let prefix = term.split(':').next().unwrap();
            assert!(context.contains_key(prefix), "{term} is of no known vocabulary");
            assert!(crate::interchange::dpv::is_known_term(term), "{term} is not in DPV 2.3");
        }
    }
    assert!(text(&files, "consents.jsonld").contains("dpv:ConsentWithdrawn"));
}

#[test]
fn tables_are_read_whole_and_run_nowhere() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    for wicked in ["=cmd|' /C calc'!A0", "@SUM(A1)", "\u{ff1d}1+1", "a\"b,\"c"] {
        edit(&fixture.client("rep"), person, "department", wicked, None).unwrap();
    }
    // Who answers has looked, too.
    disclose(&fixture.client("dpo"), person);
    let files = made(&fixture, person, Right::Access, Tongue::De);
    for name in ["history.csv", "access.csv"] {
        let mut reader = csv::ReaderBuilder::new().from_reader(text(&files, name).as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert!(!rows.is_empty(), "{name}");
        for cell in rows.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']), "{name}: {cell}");
        }
        assert!(text(&files, name).lines().count() > 1 && text(&files, name).contains("\r\n"));
    }
    assert!(text(&files, "history.csv").contains("'=cmd|"));
}

#[test]
fn data_that_tries_to_run_stays_text() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    let wicked = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</td></table></section><h1>Sie schulden uns</h1>",
        "{{ 7 * 7 }}{% raw %}",
        "javascript:alert(1)",
        "a\u{1b}]0;owned\u{7}\u{1b}[31mb\u{9b}2J",
        "abc\u{202e}txt.exe\u{2066}",
        "&lt;&amp;&#x3c;",
        "]]> --> <!-- ",
    ];
    let rep = fixture.client("rep");
    edit(&rep, person, "job_title", "<b onclick='x'>=1+1</b>", None).unwrap();
    for text in wicked {
        raw_note(&fixture, person, format!("{text}\nzweite Zeile"));
    }
    for right in [Right::Access, Right::Portability] {
        for tongue in Tongue::ALL {
            let files = made(&fixture, person, right, *tongue);
            let page = text(&files, "answer.html");
            let (names, words) = read_page(page);
            assert!(!names.iter().any(|name| name == "b"));
            if right == Right::Access {
                assert!(words.contains("<script>alert(1)</script>") && words.contains("{{ 7 * 7 }}"));
                assert!(words.contains("Sie schulden uns") && words.contains("&lt;&amp;&#x3c;"));
                assert!(words.contains("zweite Zeile"));
            }
            for file in &files {
                let text = std::str::from_utf8(&file.bytes).unwrap();
                let bad = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
                assert!(!text.contains(bad), "{} has a control character", file.name);
                if file.name != "contact.vcf" {
                    assert!(!text.contains(['\u{202e}', '\u{2066}']), "{} turns text round", file.name);
                }
            }
        }
    }
}

#[test]
fn what_is_taken_along_is_what_the_person_provided_and_fits_its_schema() {
    let fixture = office();
    let (person, _) = invented(&fixture);
    let rep = fixture.client("rep");
    edit(&rep, person, "tags", "vip, knauserig", None).unwrap();
    let files = made(&fixture, person, Right::Portability, Tongue::De);
    let data = json(&files, "data.json");
    assert_fits(
        &data,
        &serde_json::from_str(include_str!("../../../assets/answer/portability.schema.json")).unwrap(),
        "data",
    );
    let kinds: Vec<&str> =
        data["records"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["contact", "consent", "consent", "consent"]);
    let own = &data["records"][0]["fields"];
    assert_eq!(own["emails"][0]["address"], "anna@example.com");
    assert_eq!(own["job_title"], "Einkäuferin");
    for file in &files {
        let text = std::str::from_utf8(&file.bytes).unwrap();
        for ours in ["knauserig", "Will ein Angebot", "trade fair", "entscheidet"] {
            assert!(!text.contains(ours), "{ours} in {}", file.name);
        }
    }
    assert!(text(&files, "data.csv").contains("Ja, rufen Sie mich an."));
    assert!(text(&files, "contact.vcf").contains("anna@example.com"));
}

#[test]
fn what_somebody_else_supplied_is_not_taken_along() {
    let fixture = office();
    let owner = fixture.client("owner");
    let mut fields = crate::service::tests::anna();
    fields.retain(|edit| edit.field != "basis");
    fields.extend([FieldEdit::text("supplier", "Adress AG"), FieldEdit::text("basis", "contract")]);
    let person = crate::service::tests::add(&owner, fields).unwrap().id;
    edit(&owner, person, "job_title", "Buyer", None).unwrap();
    let data = json(&made(&fixture, person, Right::Portability, Tongue::En), "data.json");
    let own = data["records"][0]["fields"].as_object().unwrap();
    assert_eq!(own.keys().collect::<Vec<_>>(), ["job_title"]);
    assert!(data["left_out"].to_string().contains("supplied by somebody else"));
}

/// Whether JSON fits a schema, as far as ours use the language.
fn assert_fits(json: &Json, schema: &Json, place: &str) {
    for (key, rule) in schema.as_object().unwrap() {
        match key.as_str() {
            "const" => assert_eq!(json, rule, "{place}"),
            "enum" => assert!(rule.as_array().unwrap().contains(json), "{place}: {json}"),
            "pattern" => {
                let id = json.as_str().unwrap().strip_prefix("urn:uuid:").unwrap();
                assert!(
                    rule.as_str().unwrap().starts_with("^urn:uuid:") && id.parse::<uuid::Uuid>().is_ok(),
                    "{place}"
                );
            }
            "format" => {
                assert!(json.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().is_ok(), "{place}")
            }
            "type" => {
                let is = |word: &Json| match word.as_str().unwrap() {
                    "object" => json.is_object(),
                    "array" => json.is_array(),
                    "string" => json.is_string(),
                    "number" => json.is_number(),
                    "boolean" => json.is_boolean(),
                    other => panic!("{other}"),
                };
                let fits = rule.as_array().map_or_else(|| is(rule), |words| words.iter().any(is));
                assert!(fits, "{place}: {json}");
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    assert!(json.get(name.as_str().unwrap()).is_some(), "{place} lacks {name}");
                }
            }
            "properties" => {
                for (name, value) in json.as_object().unwrap() {
                    match rule.get(name) {
                        Some(inner) => assert_fits(value, inner, &format!("{place}.{name}")),
                        None => {
                            assert_ne!(schema["additionalProperties"], Json::Bool(false), "{place}.{name}")
                        }
                    }
                }
            }
            "additionalProperties" if rule.is_object() => {
                json.as_object()
                    .unwrap()
                    .iter()
                    .for_each(|(name, value)| assert_fits(value, rule, &format!("{place}.{name}")));
            }
            "items" => json
                .as_array()
                .unwrap()
                .iter()
                .for_each(|item| assert_fits(item, rule, &format!("{place}[]"))),
            "additionalProperties" | "$schema" | "title" | "description" => {}
            other => panic!("{place}: the schema uses `{other}`, which this test does not know"),
        }
    }
}
