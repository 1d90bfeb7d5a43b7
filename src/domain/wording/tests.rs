//! The wordings that are shipped, and what becomes of those that are not as they should be.

use super::sentence::Tongue;
use super::shipped::shipped;
use super::*;
use crate::domain::channel::Channel;
use crate::domain::entity::Entity;

fn facts(wording: &Wording) -> Facts {
    example::facts(Tongue::of(wording.language.as_ref().unwrap()).unwrap())
}

fn script(text: &str) -> Wording {
    Wording {
        kind: OneOf(Some(WordingKind::Script)),
        language: Some("en".parse().unwrap()),
        text: text.to_owned(),
        ..Wording::default()
    }
}

fn message(usage: Option<Usage>, text: &str) -> Wording {
    let kind = OneOf(Some(WordingKind::Message));
    Wording { kind, usage: OneOf(usage), subject: "Hello".into(), ..script(text) }
}

/// All that a script must tell, and nothing else.
const WHOLE: &str = "{{ agent }} {{ controller }} {{ purposes }} {{ retention }} {{ right_to_withdraw }} \
                     {{ right_to_object }}\n\n{{ questions }}\n";

fn flaws(wording: &Wording) -> Vec<String> {
    check(wording).iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_shipped_is_whole() {
    let all = shipped();
    assert_eq!(all.len(), 20);
    for wording in &all {
        assert_eq!(flaws(wording), Vec::<String>::new(), "{}", wording.title());
        assert_eq!(wording.name.parse::<String>().unwrap(), name(&wording.name).unwrap());
        let rendered =
            render(wording, &facts(wording)).unwrap_or_else(|error| panic!("{}: {error}", wording.title()));
        assert!(!rendered.text.contains("{{") && !rendered.text.contains("{%"), "{}", rendered.text);
        assert!(!rendered.text.contains("\n\n\n\n"), "{}: {}", wording.title(), rendered.text);
        assert_eq!(rendered.sha256, sha256(rendered.text.as_bytes()));
        assert_eq!(rendered, render(wording, &facts(wording)).unwrap(), "the same facts give the same bytes");
        if wording.kind.0 == Some(WordingKind::Script) {
            let asked: Vec<String> = rendered.questions.iter().map(|one| one.topic.to_string()).collect();
            assert_eq!(asked, ["sales/storage", "sales/phone", "newsletter/email"]);
            assert!(rendered.questions.iter().all(|one| one.text.ends_with('?')), "{:?}", rendered.questions);
        } else {
            assert_eq!(rendered.questions, []);
        }
    }
    // What not every store has may be absent.
    for wording in &all {
        let mut facts = facts(wording);
        (facts.dpo, facts.source, facts.contact) = Default::default();
        (facts.agreed, facts.until) = Default::default();
        render(wording, &facts).unwrap_or_else(|error| panic!("{}: {error}", wording.title()));
    }
}

#[test]
fn a_shipped_script_reads_as_it_is_spoken() {
    let all = shipped();
    for name in ["sales-en", "confirmation-de", "opt-in-fr", "notice-nl", "sales-de"] {
        let wording = all.iter().find(|one| one.name == name).unwrap();
        let rendered = render(wording, &facts(wording)).unwrap();
        let subject = rendered.subject.map(|subject| format!("Subject: {subject}\n\n")).unwrap_or_default();
        insta::assert_snapshot!(name, subject + &rendered.text);
    }
}

/// Takes a placeholder out of a text, wherever it stands.
fn without(text: &str, word: &str) -> String {
    let text = text.replace(&format!("{{{{ {word} }}}}"), "");
    text.replace(&format!("{{{{ purpose.{word} }}}}"), "")
}

#[test]
fn each_part_that_is_taken_out_is_named() {
    let mut seen = 0;
    for wording in shipped() {
        for part in check::required(wording.kind.0.unwrap(), wording.usage.0) {
            let mut poorer = wording.clone();
            // A part is told by the placeholder of its name, by that of a sentence with it, or by that of each purpose.
            let words: &[&str] = match part {
                Part::Purposes => &["purposes", "title"],
                Part::Authority => &["authority", "complaint"],
                other => &[other.word()],
            };
            for word in words {
                poorer.text = without(&poorer.text, word);
            }
            assert_ne!(poorer.text, wording.text, "{}: {part}", wording.title());
            let told = check(&poorer);
            assert_eq!(told, [Flaw::Missing { part: *part, sometimes: false }], "{}", wording.title());
            assert!(told[0].to_string().contains(part.what()), "{}", told[0]);
            seen += 1;
        }
    }
    assert_eq!(seen, 4 * (7 + 12 + 7 + 6 + 6), "every part, in every language");
}

#[test]
fn what_is_told_only_sometimes_is_not_told() {
    assert_eq!(flaws(&script(WHOLE)), Vec::<String>::new());
    let retention = |text: &str| flaws(&script(&WHOLE.replace("{{ retention }}", text)));
    let sometimes = ["it does not tell how long the data is kept in every case: {{ retention }}"];
    for text in [
        "{% if source %}{{ retention }}{% endif %}",
        "{% if retention %}{{ retention }}{% endif %}",
        "{% if not source %}{{ retention }}{% endif %}",
        "{% if source %}{{ retention }}{% else %}soon{% endif %}",
        "{% if source %}{% if dpo %}{{ retention }}{% else %}{{ retention }}{% endif %}{% endif %}",
        "{% for p in purposes %}{% if p.description %}{{ p.retention }}{% endif %}{% endfor %}",
    ] {
        assert_eq!(retention(text), sometimes, "{text}");
    }
    for text in [
        "{% if source %}{{ retention }}{% else %}{{ retention }}{% endif %}",
        "{% for p in purposes %}{{ p.title }}: {{ p.retention }}{% endfor %}",
    ] {
        assert_eq!(retention(text), Vec::<String>::new(), "{text}");
    }
    for text in [
        "",
        "{# {{ retention }} #}",
        "{ { retention } }",
        "two years",
        "retention",
        "{% if retention %}x{% endif %}",
    ] {
        assert_eq!(
            retention(text),
            ["it does not tell how long the data is kept: {{ retention }}"],
            "{text}"
        );
    }
    // Of what not every store has it is enough to tell it where it is there, but not on another condition.
    let mut notice = shipped().into_iter().find(|one| one.name == "notice-en").unwrap();
    notice.text = notice.text.replace("{% if dpo %}", "{% if source %}");
    assert_eq!(check(&notice), [Flaw::Missing { part: Part::Dpo, sometimes: true }]);
    notice.text = notice.text.replace("{% if source %}", "{% if not dpo %}");
    assert_eq!(check(&notice).len(), 2);
}

#[test]
fn a_message_says_how_to_get_no_more_and_what_is_held() {
    let told = flaws(&message(None, "Hello {{ person }} from {{ controller }}"));
    assert_eq!(
        told,
        [
            "it does not tell how to get no more messages: {{ unsubscribe }}",
            "it does not tell how to learn what is held: {{ access }}"
        ]
    );
    let lines = "{{ controller }} {{ unsubscribe }} {{ access }}";
    assert_eq!(flaws(&message(None, lines)), Vec::<String>::new());
    // A message that asks for a confirmation tells more.
    assert_eq!(check(&message(Some(Usage::OptIn), lines)).len(), 4);
    let no_subject = Wording { subject: String::new(), ..message(None, lines) };
    assert_eq!(flaws(&no_subject), ["the subject: a message has one"]);
    for (subject, told) in [
        ("{{ confirm }}", "`confirm` has no place in it"),
        ("{{ contoller }}", "did you mean `controller`?"),
        ("{% if dpo %}x{% endif %}", "no conditions"),
        ("a\nBcc: all@example.com", "one line"),
        (&"x".repeat(201), "more than 200"),
    ] {
        let wording = Wording { subject: subject.into(), ..message(None, lines) };
        let flaws = flaws(&wording);
        assert!(flaws.len() == 1 && flaws[0].contains(told), "{flaws:?}");
    }
}

#[test]
fn what_has_no_place_is_refused() {
    let cases = [
        (script(&format!("{WHOLE}{{{{ confirm }}}}")), "`confirm` has no place in a script"),
        (
            script(&format!("{WHOLE}{{% if unsubscribe %}}x{{% endif %}}")),
            "`unsubscribe` has no place in a script",
        ),
        (script(&format!("{WHOLE}\n## ? newsletter/pigeon\n")), "names no channel"),
        (script(&format!("{WHOLE}\n## ? a/email\n\n## ? a/email\n")), "`a/email` is asked a second time"),
        (
            script(&format!("{WHOLE}\n{{{{ contoller }}}}")),
            "line 5: there is no placeholder `contoller`; did you mean",
        ),
        (script("\n \n"), "the text is empty"),
        (script(&format!("{WHOLE}\u{202E}")), "line 4: the character U+202E"),
        (script(&format!("a\x1b[2J{WHOLE}")), "line 1: the character U+001B"),
        (script(&format!("a\r\n{WHOLE}")), "U+000D"),
        (script(&format!("{WHOLE}\u{200B}")), "U+200B"),
        (script(&format!("{WHOLE}{}", "x".repeat(MAX_TEXT))), "are more than the 65536 a wording holds"),
        (
            Wording { language: Some("pl".parse().unwrap()), ..script(WHOLE) },
            "no sentences in the language `pl`",
        ),
        (Wording { language: None, ..script(WHOLE) }, "in a language"),
        (Wording { subject: "x".into(), ..script(WHOLE) }, "a script has none"),
        (Wording { usage: OneOf(Some(Usage::OptIn)), ..script(WHOLE) }, "no use of its own"),
        (Wording { kind: OneOf(None), ..script(WHOLE) }, "is of a kind"),
    ];
    for (wording, told) in cases {
        let flaws = flaws(&wording);
        assert!(flaws.iter().any(|flaw| flaw.contains(told)), "{told}: {flaws:?}");
    }
    // Joiners and soft hyphens mean something in some scripts.
    assert_eq!(
        flaws(&script(&format!("{WHOLE}می\u{200C}خواهم Daten\u{AD}schutz\u{A0}!"))),
        Vec::<String>::new()
    );
}

#[test]
fn the_stored_form_stays() {
    // Numbers and words on disk, for ever.
    let fields: Vec<(u16, &str)> =
        WordingField::ALL.iter().map(|field| (field.key().0, field.spec().name)).collect();
    let names = [
        "kind",
        "name",
        "version",
        "language",
        "subject",
        "text",
        "sha256",
        "purposes",
        "usage",
        "retired_at",
    ];
    assert_eq!(fields, (1..).zip(names).collect::<Vec<_>>());
    let stored = r#"{"1":{"Word":"message"},"2":{"Text":"x-de"},"3":{"Number":2},"4":{"Language":"de"},"5":{"Text":"S"},
        "6":{"Text":"T"},"7":{"Text":"e632b7095b0bf32c260fa4c539e9fd7b852d0de454e9be26f24d0d6f91d069d3"},
        "8":{"Words":["sales"]},"9":{"Word":"opt_in"},"10":{"Time":"2027-01-31T00:00:00Z"}}"#;
    let fields = serde_json::from_str(stored).unwrap();
    let wording = Wording {
        kind: OneOf(Some(WordingKind::Message)),
        name: "x-de".into(),
        version: 2,
        language: Some("de".parse().unwrap()),
        subject: "S".into(),
        text: "T".into(),
        sha256: sha256(b"T"),
        purposes: WordList(vec!["sales".into()]),
        usage: OneOf(Some(Usage::OptIn)),
        retired_at: Some(Timestamp::from_millis(1_801_353_600_000)),
        ..Wording::default()
    };
    assert_eq!(Wording::from_fields(fields).unwrap(), wording);
    assert_eq!(wording.fields().len(), 10);
    assert_eq!(
        (WordingKind::WORDS, Usage::WORDS),
        (&["script", "notice", "message"][..], &["opt_in", "confirmation", "letter"][..])
    );
}

#[test]
fn a_file_is_utf_8_with_the_line_ends_of_unix() {
    assert_eq!(text_of_file("\u{FEFF}Grüß\r\nGott\n".as_bytes()).unwrap(), "Grüß\nGott\n");
    let error = text_of_file(b"one\ntwo\nGr\xFC\xDF\n").unwrap_err().to_string();
    assert!(error.contains("not UTF-8: line 3"), "{error}");
    assert!(text_of_file(&vec![b'x'; 2 * MAX_TEXT + 1]).is_err());
    assert_eq!(name_and_version("sales-de@2"), Ok(("sales-de".into(), Some(2))));
    assert_eq!(name_and_version("sales-de"), Ok(("sales-de".into(), None)));
    for wrong in ["sales-de@0", "sales-de@x", "sales-de@", "../x", "@1", "a b!"] {
        assert!(name_and_version(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_value_means_nothing() {
    let nasty = [
        "{{ 7*7 }}",
        "{% if dpo %}x{% endif %}",
        "# Big",
        "## ? newsletter/email",
        "? newsletter/email",
        "- a",
        "1. a",
        "12) a",
        "> quoted",
        "===",
        "***bold*** _it_ `code`",
        "[link](https://example.com) ![x](y)",
        "<b>x</b> &amp; <!-- -->",
        "a\\",
        "a | b ~~c~~",
        "    indented",
        "[x]: https://example.com",
        "Zoë Müller-Lüdenscheid (Söhne) 1.5 & Co. KG",
    ];
    for value in nasty {
        for text in [
            "{{ person }}",
            "Hello {{ person }}, hello",
            "# {{ person }}",
            "x\n{{ person }}\ny",
            "- {{ person }}",
        ] {
            let wording = script(&format!("{text}\n\n---\n\n{WHOLE}"));
            let facts = Facts { person: value.into(), ..example::facts(Tongue::En) };
            let rendered = render(&wording, &facts).unwrap();
            let blocks = read(&rendered.text);
            let plain = Facts { person: "N".into(), ..facts };
            let shape = |blocks: &[Block]| format!("{blocks:?}");
            let expected = shape(&read(&render(&wording, &plain).unwrap().text)).replacen(
                &format!(
                    "{:?}",
                    text.trim_start_matches(['#', '-', ' ']).replace("{{ person }}", "N").replace('\n', " ")
                ),
                &format!(
                    "{:?}",
                    text.trim_start_matches(['#', '-', ' '])
                        .replace("{{ person }}", value.trim())
                        .replace('\n', " ")
                ),
                1,
            );
            assert_eq!(shape(&blocks), expected, "{value} in {text}");
            assert_eq!(rendered.questions.len(), 3);
        }
    }
}

#[test]
fn a_value_is_one_line() {
    let wording = message(None, "{{ person }}|{{ controller }} {{ unsubscribe }} {{ access }}");
    let wording = Wording { subject: "To {{ person }}".into(), ..wording };
    let person = " a\r\nBcc: all@example.com\u{202E}\x1b[2J\u{2028}b *c* ".to_owned();
    let facts = Facts { person, ..example::facts(Tongue::En) };
    let rendered = render(&wording, &facts).unwrap();
    assert_eq!(rendered.subject.unwrap(), "To a  Bcc: all@example.com [2J b *c*");
    assert!(rendered.text.starts_with("a  Bcc: all@example.com [2J b *c*|Example Ltd"), "{}", rendered.text);
}

#[test]
fn what_is_not_known_is_not_left_out_silently() {
    let all = shipped();
    let absent = |name: &str, change: &dyn Fn(&mut Facts)| {
        let wording = all.iter().find(|one| one.name == name).unwrap();
        let mut facts = facts(wording);
        change(&mut facts);
        render(wording, &facts).unwrap_err().to_string()
    };
    assert!(absent("sales-de", &|facts| facts.controller.clear()).contains("`controller`"));
    assert!(absent("sales-de", &|facts| facts.agent = " \n".into()).contains("`agent`"));
    assert!(absent("notice-en", &|facts| facts.authority.clear()).contains("`complaint`"));
    assert!(absent("notice-en", &|facts| facts.purposes[0].basis = None).contains("`legal_basis`"));
    assert!(absent("opt-in-nl", &|facts| facts.confirm.clear()).contains("`confirm`"));
    assert!(absent("sales-fr", &|facts| facts.purposes.clear()).contains("no purpose"));
    assert!(
        absent("sales-fr", &|facts| facts.purposes[0].retention = "soon".into()).contains("is no period")
    );
    assert!(absent("sales-fr", &|facts| facts.purposes[0].slug = "a\n# b".into()).contains("is no name"));
    assert!(absent("sales-en", &|facts| facts.agent = "x".repeat(2 << 20)).contains("longer than"));
}

#[test]
fn a_script_has_own_words_for_a_question() {
    let text = "{{ agent }} {{ controller }} {{ purposes }} {{ retention }} {{ right_to_withdraw }} \
                {{ right_to_object }}\n\n## ? newsletter/email\nOur *letter*, once a month?\n\n## ? sales/phone\n\n\
                ## ? parties/visit\nAnd a party?\n\n---\n\n{{ questions }}\n\nBye.\n";
    let wording = script(text);
    assert_eq!(flaws(&wording), Vec::<String>::new());
    let rendered = render(&wording, &example::facts(Tongue::En)).unwrap();
    let asked: Vec<(String, &str)> =
        rendered.questions.iter().map(|one| (one.topic.to_string(), one.text.as_str())).collect();
    let expected = [
        ("newsletter/email", "Our letter, once a month?"),
        ("sales/phone", "May we call you about “offers by phone”?"),
        ("sales/storage", "May we keep your data for “offers by phone”?"),
    ];
    assert_eq!(asked, expected.map(|(topic, text)| (topic.to_owned(), text)));
    assert!(!rendered.text.contains("party"), "what is not asked in this call is left out");
    assert!(rendered.text.ends_with("---\n\nBye.\n"), "{}", rendered.text);
    let questions = read(&rendered.text).into_iter().filter(|block| matches!(block, Block::Question { .. }));
    assert_eq!(questions.count(), 3, "the screen shows what is asked");

    // Without a place for the others, a question that would not be put is no consent.
    let wording = script(&text.replace("{{ questions }}", ""));
    let error = render(&wording, &example::facts(Tongue::En)).unwrap_err();
    assert_eq!(error, Unfit::NotAsked(Topic { purpose: "sales".into(), channel: Channel::Storage }));
    // Asked on some condition, and then not at all.
    let wording =
        script(&text.replace("## ? sales/phone", "{% if on_behalf_of %}\n## ? sales/phone\n{% endif %}"));
    let error = render(&wording, &example::facts(Tongue::En)).unwrap_err();
    assert_eq!(error, Unfit::NotAsked(Topic { purpose: "sales".into(), channel: Channel::Phone }));
    // Placed twice.
    let wording = script(&format!("{WHOLE}\n{{{{ questions }}}}\n"));
    assert!(matches!(render(&wording, &example::facts(Tongue::En)), Err(Unfit::AskedTwice(_))));
}

proptest::proptest! {
    #[test]
    fn whatever_is_written_is_checked_and_filled_in_or_refused(
        text in "([a-z #>*\\n-]|\\{\\{ (agent|purposes|retention|questions|dpo|p\\.title) \\}\\}|\\{% (if dpo|else|endif|for p in purposes|endfor) %\\}|## \\? sales/phone\\n)*"
    ) {
        let wording = script(&text);
        let _ = check(&wording);
        let _ = render(&wording, &example::facts(Tongue::De));
    }

    #[test]
    fn a_value_never_asks(person in "([?#>*_a-z/\\\\ .{}\\[\\]-]|\\n|newsletter/email|é)*") {
        let facts = Facts { person: person.clone(), ..example::facts(Tongue::En) };
        let wording = script(&format!("## {{{{ person }}}}\n\n{{{{ person }}}}\n\n{WHOLE}"));
        if let Ok(rendered) = render(&wording, &facts) {
            proptest::prop_assert_eq!(rendered.questions.len(), 3);
        }
    }
}
