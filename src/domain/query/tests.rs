use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::domain::time::Timestamp;

fn parsed(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("{}", error.render(text)))
}

fn kinds(text: &str) -> Vec<TermKind> {
    parsed(text).terms.into_iter().map(|term| term.kind).collect()
}

#[test]
fn free_text() {
    assert_eq!(kinds("garcia  maria"), [TermKind::Word("garcia".into()), TermKind::Word("maria".into())]);
    assert_eq!(
        kinds(r#""Anna \"Ann\" Berg" x"#),
        [TermKind::Phrase(r#"Anna "Ann" Berg"#.into()), TermKind::Word("x".into())]
    );
    assert_eq!(kinds("a@example.com"), [TermKind::Email("a@example.com".into())]);
    assert_eq!(kinds("Smith & Sons"), [TermKind::Word("Smith".into()), TermKind::Word("Sons".into())]);
    let query = parsed("anna -berg -\"van Dyk\"");
    assert_eq!(query.terms.iter().map(|term| term.excluded).collect::<Vec<_>>(), [false, true, true]);
    assert!(parsed("").is_empty() && parsed(" \t ").is_empty());
    assert!(parsed("x").has_text() && !parsed("-x tag:y").has_text());
}

#[test]
fn numbers_in_any_notation_are_one_term() {
    for text in
        ["030 901820", "+49 30 901820", "0049 (0)30 901820", "030/901820", "030 - 90 18 20", "(202) 555-0123"]
    {
        assert_eq!(kinds(text), [TermKind::Number(text.into())], "{text}");
    }
    assert_eq!(parsed("030 tag:x 901820").to_string(), "030 901820 tag:x");
    assert_eq!(
        kinds("müller 030 90"),
        [TermKind::Word("müller".into()), TermKind::Number("030".into()), TermKind::Word("90".into())]
    );
    assert_eq!(kinds("12"), [TermKind::Word("12".into())]);
}

#[test]
fn filters() {
    let text = r#"tag:fair,"big, fat" -owner:me owner:none company:"Muster GmbH" field.size:XL has:phone,field.size is:deleted"#;
    let query = parsed(text);
    assert_eq!(query.to_string(), text);
    let all: Vec<_> = query.filters().collect();
    assert_eq!(all[0].1.values, [Value::Text("fair".into()), Value::Text("big, fat".into())]);
    assert_eq!((all[1].0, &all[1].1.values), (true, &vec![Value::Me]));
    assert_eq!(all[2].1.values, [Value::Nothing]);
    assert_eq!(all[4].1.name, FilterName::Field("size".into()));
    assert_eq!(all[5].1.values, [Value::Has(Has::Phone), Value::HasField("size".into())]);
    assert_eq!(parsed("TAG:Fair").to_string(), "tag:Fair");
    assert_eq!(parsed("source:http://x:80/").to_string(), "source:http://x:80/");
    assert_eq!(
        parsed(r#"tag:"none""#).terms[0].kind,
        TermKind::Filter(Filter {
            name: FilterName::Known(FilterKey::Tag),
            values: vec![Value::Text("none".into())]
        })
    );
}

#[test]
fn views() {
    let query = parsed("@Mine tag:fair 030 901820 @fair-2026_b");
    assert_eq!(query.to_string(), "@mine tag:fair 030 901820 @fair-2026_b");
    assert_eq!(query.views().collect::<Vec<_>>(), ["mine", "fair-2026_b"]);
    assert_eq!(query.terms[2].kind, TermKind::Number("030 901820".into()), "a view is no part of a number");
    assert!(!parsed("@mine").has_text());
    // Parts of addresses stay words, and what is quoted is text.
    for text in ["@example.com", "anna@example", "@", "@ü"] {
        assert!(Query::parse(text).map_or(true, |query| query.views().next().is_none()), "{text}");
    }
    assert_eq!(kinds("\"@mine\""), [TermKind::Phrase("@mine".into())]);
    assert_eq!(error("x -@mine").kind, ErrorKind::ExcludedView { name: "mine".into() });
    assert_eq!(&"x -@mine"[error("x -@mine").span], "-@mine");
    let filter =
        |name: &str| if name == "mine" { Query::parse("owner:me -tag:old") } else { Query::parse("") };
    let expanded = query.expand(filter).unwrap();
    assert_eq!(expanded.to_string(), "owner:me -tag:old tag:fair 030 901820");
    assert_eq!(query.expand(|name| Err::<Query, String>(name.to_owned())), Err("mine".to_owned()));
    assert_eq!(spans("@mine x")[0], (0..5, SpanKind::View));
}

fn bound(text: &str) -> Bound {
    let now = Timestamp::parse_as_of("2026-03-31T12:00:00Z").unwrap();
    When::parse(text).unwrap().resolve(now)
}

#[test]
fn times() {
    let at = |text: &str| Timestamp::parse_as_of(text).unwrap();
    let within = |text: &str, time: &str| bound(text).contains(at(time));
    // (expression, inside, outside)
    let cases = [
        ("2026-01-01", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
        (">2026-01-01", "2026-01-02T00:00:00Z", "2026-01-01T23:59:59.999Z"),
        (">=2026-01-01", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59.999Z"),
        ("<2026-01-01", "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00Z"),
        ("<=2026-01-01", "2026-01-01T23:59:59.999Z", "2026-01-02T00:00:00Z"),
        ("2026-03", "2026-03-31T23:00:00Z", "2026-04-01T00:00:00Z"),
        ("2025", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01..2026-02-01", "2026-02-01T23:59:59.999Z", "2026-02-02T00:00:00Z"),
        ("..2026-02", "1999-01-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("2026-02..", "2026-02-01T00:00:00Z", "2026-01-31T23:59:59.999Z"),
        ("today", "2026-03-31T23:59:59.999Z", "2026-03-30T23:59:59.999Z"),
        ("yesterday", "2026-03-30T00:00:00Z", "2026-03-31T00:00:00Z"),
        ("<7d", "2026-03-24T12:00:00.001Z", "2026-03-24T12:00:00Z"),
        ("<=7d", "2026-03-24T12:00:00Z", "2026-03-24T11:59:59.999Z"),
        ("7d", "2026-03-24T12:00:00Z", "2026-03-24T11:59:59.999Z"),
        (">30d", "2026-03-01T11:59:59.999Z", "2026-03-01T12:00:00Z"),
        (">=2w", "2026-03-17T12:00:00Z", "2026-03-17T12:00:00.001Z"),
        ("<1m", "2026-02-28T12:00:00.001Z", "2026-02-28T12:00:00Z"),
        ("<1y", "2025-03-31T12:00:00.001Z", "2025-03-31T12:00:00Z"),
        ("30d..7d", "2026-03-24T12:00:00Z", "2026-03-24T12:00:00.001Z"),
    ];
    for (text, inside, outside) in cases {
        assert!(within(text, inside), "{text} should hold {inside}");
        assert!(!within(text, outside), "{text} should not hold {outside}");
        assert_eq!(When::parse(text).unwrap().to_string(), text);
    }
    for bad in [
        "",
        "..",
        ">",
        "2026-13",
        "2026-02-30",
        "26-01-01",
        "7x",
        "d",
        "99999999d",
        "2026-1-1",
        "<>7d",
        "-7d",
        "٧d",
    ] {
        assert_eq!(When::parse(bad), None, "{bad}");
    }
    assert!(bound("9999-12-31").contains(at("9999-12-31T10:00:00Z")));
    assert_eq!(
        When::parse("2026-03-01"),
        Some(When::In(Point::Day(NaiveDate::from_ymd_opt(2026, 3, 1).unwrap())))
    );
    assert!(bound("60000y").from < at("1900-01-01T00:00:00Z"));
}

fn error(text: &str) -> QueryError {
    Query::parse(text).expect_err(text)
}

#[test]
fn errors_point_at_the_fault() {
    let cases: [(&str, &str); 12] = [
        ("ann tga:x", "tga:"),
        ("http://example.com", "http:"),
        ("12:30", "12:"),
        (":x", ":"),
        ("tag:", "tag:"),
        ("tag:a,", ""),
        ("tag:a,,b", ""),
        ("x \"open", "\""),
        ("created:soon", "soon"),
        ("created:2026-01-01,nope", "nope"),
        ("has:fax", "fax"),
        ("is:\"dleted\"", "\"dleted\""),
    ];
    for (text, part) in cases {
        assert_eq!(&text[error(text).span], part, "{text}");
    }
    let ErrorKind::UnknownFilter { nearest, .. } = error("tga:x").kind else { panic!() };
    assert_eq!(nearest, Some("tag"));
    assert!(error("http://x").hint().unwrap().contains("quotes"));
    assert!(error("is:deletd").hint().unwrap().contains("deleted"));
    assert_eq!(error("---").kind, ErrorKind::NothingToSearch);
    assert_eq!(error(&"x".repeat(MAX_CHARS + 1)).kind, ErrorKind::TooLong);
    assert_eq!(error(&"x ".repeat(MAX_TERMS + 1)).kind, ErrorKind::TooManyTerms);
    assert!(Query::parse(&"ü".repeat(MAX_CHARS)).is_ok());
}

#[test]
fn carets_stand_under_the_fault() {
    let text = "山田 owenr:me";
    assert_eq!(
        error(text).render(text),
        "there is no filter `owenr:`\n  山田 owenr:me\n       ^^^^^^\n  did you mean `owner:`? To search for text with a colon, put it in quotes"
    );
    let text = "\u{1b}[2J x:y";
    assert!(!error(text).render(text).contains('\u{1b}'));
    let long = format!("{} foo:bar", "word ".repeat(40));
    assert!(error(&long).render(&long).lines().all(|line| line.chars().count() < 120));
}

#[test]
fn while_typing() {
    let typing = |text: &str| {
        let (query, error) = Query::parse_typing(text).unwrap();
        (query.to_string(), error.is_some())
    };
    assert_eq!(typing("anna tag:"), ("anna".to_owned(), true));
    assert_eq!(typing("anna \"van d"), ("anna \"van d\"".to_owned(), true));
    assert_eq!(typing("company:\"Mus"), ("company:Mus".to_owned(), true));
    assert_eq!(typing("tag:a,"), (String::new(), true));
    assert_eq!(typing("anna"), ("anna".to_owned(), false));
    assert!(Query::parse_typing("tag: anna").is_err());
}

#[test]
fn colours() {
    let text = "-tag:a,\"b c\" foo:x \"p q\" w";
    let kinds: Vec<(&str, SpanKind)> =
        spans(text).into_iter().map(|(range, kind)| (&text[range], kind)).collect();
    assert_eq!(
        kinds,
        [
            ("-", SpanKind::Minus),
            ("tag:", SpanKind::Name),
            ("a", SpanKind::Value),
            (",", SpanKind::Comma),
            ("\"b c\"", SpanKind::Value),
            ("foo:", SpanKind::UnknownName),
            ("x", SpanKind::Value),
            ("\"p q\"", SpanKind::Phrase),
            ("w", SpanKind::Word),
        ]
    );
}

#[test]
fn every_filter_is_in_the_help_and_its_example_parses() {
    let help = help();
    for (i, spec) in FILTERS.iter().enumerate() {
        assert_eq!(spec.key as usize, i);
        let text = format!("{}:{}", spec.name, spec.example);
        assert!(help.contains(&text));
        assert_eq!(parsed(&text).to_string(), text);
    }
    for has in HAS {
        assert!(FilterKey::Has.spec().help.contains(has.name()));
    }
}

fn fragments() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("-".to_owned()),
        Just("\"".to_owned()),
        Just(":".to_owned()),
        Just(",".to_owned()),
        Just(" ".to_owned()),
        Just("\\".to_owned()),
        Just("tag:".to_owned()),
        Just("owner:me".to_owned()),
        Just("none".to_owned()),
        Just("created:".to_owned()),
        Just(">2026-01".to_owned()),
        Just("..".to_owned()),
        Just("<7d".to_owned()),
        Just("has:".to_owned()),
        Just("phone".to_owned()),
        Just("field.x:".to_owned()),
        Just("has:field.y".to_owned()),
        Just("030".to_owned()),
        Just("+49".to_owned()),
        Just("a@b.example".to_owned()),
        Just("@mine".to_owned()),
        Just("\u{202E}".to_owned()),
        "[a-zäß0-9 ]{0,4}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn printing_loses_nothing(text in fragments()) {
        if let Ok(query) = Query::parse(&text) {
            let printed = query.to_string();
            prop_assert_eq!(Query::parse(&printed), Ok(query), "{} printed as {}", text, printed);
        }
        if let Ok((query, _)) = Query::parse_typing(&text) {
            prop_assert_eq!(Query::parse(&query.to_string()), Ok(query));
        }
    }

    #[test]
    fn no_text_is_too_strange(text in prop_oneof![fragments(), any::<String>()]) {
        let mut end = 0;
        for (range, _) in spans(&text) {
            prop_assert!(range.start >= end && range.end > range.start && text.get(range.clone()).is_some());
            end = range.end;
        }
        if let Err(error) = Query::parse(&text) {
            prop_assert!(text.get(error.span.clone()).is_some());
            prop_assert!(error.render(&text).lines().count() >= 3);
        }
    }
}
