use super::*;

fn parse(bytes: &[u8]) -> Vec<Event> {
    let mut parser = Parser::new(Limits::default());
    let mut events = Vec::new();
    parser.feed(bytes, &mut events);
    if parser.pending().is_some() {
        parser.expire(&mut events);
    }
    events
}

fn key(text: &str) -> Event {
    Event::Key(text.parse().unwrap_or_else(|error| panic!("{text}: {error}")))
}

/// Every sequence we claim to know, with the terminal it comes from.
const KNOWN: &[(&[u8], &str)] = &[
    (b"a", "a"),
    (b"G", "G"),
    (b" ", "space"),
    (b"\r", "enter"),
    (b"\t", "tab"),
    (b"\x7f", "backspace"),
    (b"\x08", "backspace"),
    (b"\x00", "ctrl-space"),
    (b"\x13", "ctrl-s"),
    (b"\n", "ctrl-j"),
    (b"\x1c", "ctrl-\\"),
    (b"\x1f", "ctrl-_"),
    (b"\x1b", "esc"),
    (b"\x1bx", "alt-x"),
    (b"\x1bX", "alt-X"),
    (b"\x1b[", "alt-["),
    (b"\x1bO", "alt-O"),
    (b"\x1b]", "alt-]"),
    (b"\x1bP", "alt-P"),
    (b"\x1b\r", "alt-enter"),
    (b"\x1b\x7f", "alt-backspace"),
    (b"\x1b\x01", "ctrl-alt-a"),
    ("é".as_bytes(), "é"),
    ("ł".as_bytes(), "ł"),
    ("日".as_bytes(), "日"),
    ("𐐷".as_bytes(), "𐐷"),
    ("\x1bé".as_bytes(), "alt-é"),
    // xterm, normal and application mode
    (b"\x1b[A", "up"),
    (b"\x1b[B", "down"),
    (b"\x1b[C", "right"),
    (b"\x1b[D", "left"),
    (b"\x1b[H", "home"),
    (b"\x1b[F", "end"),
    (b"\x1bOA", "up"),
    (b"\x1bOD", "left"),
    (b"\x1bOH", "home"),
    (b"\x1bOF", "end"),
    (b"\x1bOP", "f1"),
    (b"\x1bOS", "f4"),
    (b"\x1b[15~", "f5"),
    (b"\x1b[21~", "f10"),
    (b"\x1b[24~", "f12"),
    (b"\x1b[2~", "insert"),
    (b"\x1b[3~", "delete"),
    (b"\x1b[5~", "pgup"),
    (b"\x1b[6~", "pgdn"),
    (b"\x1b[Z", "shift-tab"),
    (b"\x1b[1;2A", "shift-up"),
    (b"\x1b[1;3B", "alt-down"),
    (b"\x1b[1;5C", "ctrl-right"),
    (b"\x1b[1;8D", "ctrl-alt-shift-left"),
    (b"\x1b[1;5H", "ctrl-home"),
    (b"\x1b[1;2P", "shift-f1"),
    (b"\x1b[1;2R", "shift-f3"),
    (b"\x1b[R", "f3"),
    (b"\x1b[3;5~", "ctrl-delete"),
    (b"\x1b[24;2~", "shift-f12"),
    (b"\x1bO5A", "ctrl-up"),
    (b"\x1bOM", "enter"),
    (b"\x1bOp", "0"),
    (b"\x1bOy", "9"),
    (b"\x1bOk", "+"),
    (b"\x1b[27;5;13~", "ctrl-enter"),
    (b"\x1b[27;6;65~", "ctrl-shift-a"),
    // Linux console
    (b"\x1b[[A", "f1"),
    (b"\x1b[[E", "f5"),
    (b"\x1b[1~", "home"),
    (b"\x1b[4~", "end"),
    // rxvt
    (b"\x1b[7~", "home"),
    (b"\x1b[8~", "end"),
    (b"\x1b[11~", "f1"),
    (b"\x1b[a", "shift-up"),
    (b"\x1b[d", "shift-left"),
    (b"\x1bOa", "ctrl-up"),
    (b"\x1b[5$", "shift-pgup"),
    (b"\x1b[5^", "ctrl-pgup"),
    (b"\x1b[5@", "ctrl-shift-pgup"),
    (b"\x1b\x1b[A", "alt-up"),
    (b"\x1b\x1bOa", "ctrl-alt-up"),
    (b"\x1b\x1b[5~", "alt-pgup"),
    // kitty
    (b"\x1b[27u", "esc"),
    (b"\x1b[13;5u", "ctrl-enter"),
    (b"\x1b[97;5u", "ctrl-a"),
    (b"\x1b[97:65;2u", "A"),
    (b"\x1b[97;6u", "ctrl-shift-a"),
    (b"\x1b[9;2u", "shift-tab"),
    (b"\x1b[97;5:2u", "ctrl-a"),
    (b"\x1b[97;33u", "alt-a"),
    (b"\x1b[57414u", "enter"),
    (b"\x1b[57400u", "1"),
    (b"\x1b[57376u", "f13"),
    (b"\x1b[1;1:1A", "up"),
    (b"\x1b[233u", "é"),
    // with caps lock and num lock held, as kitty reports them
    (b"\x1b[97;197u", "ctrl-a"),
];

/// Sequences that mean nothing here and must leave no trace.
const IGNORED: &[&[u8]] = &[
    b"\x1b[24;80R",
    b"\x1b[?1;2c",
    b"\x1b[>41;380;0c",
    b"\x1b[?2026;2$y",
    b"\x1b[4;1$y",
    b"\x1b[<0;33;20M",
    b"\x1b[<0;33;20m",
    b"\x1b[M !!",
    b"\x1b[I2~",
    b"\x1b[201~",
    b"\x1b[97;5:3u",
    b"\x1b[97;9u",
    b"\x1b[57441u",
    b"\x1b[99~",
    b"\x1b[0n",
    b"\x1b[8;24;80t",
    b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    b"\x1b]11;rgb:0000/0000/0000\x07",
    b"\x1bP>|xterm(380)\x1b\\",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x80\xff\xc0\xc1",
    b"\xc2\x85",
    b"\xed\xa0\x80",
    b"\x1b[1114112u",
    b"\x1b[99999999999999999999~",
];

#[test]
fn every_known_sequence_is_its_key() {
    for (bytes, name) in KNOWN {
        assert_eq!(parse(bytes), [key(name)], "{}", bytes.escape_ascii());
    }
}

#[test]
fn every_known_sequence_survives_every_split() {
    for (bytes, name) in KNOWN {
        for mask in 0..1_u32 << (bytes.len() - 1).min(12) {
            let mut parser = Parser::new(Limits::default());
            let mut events = Vec::new();
            let mut from = 0;
            for to in 1..=bytes.len() {
                if to == bytes.len() || mask & (1 << (to - 1)) != 0 {
                    parser.feed(&bytes[from..to], &mut events);
                    from = to;
                }
            }
            if parser.pending().is_some() {
                parser.expire(&mut events);
            }
            assert_eq!(events, [key(name)], "{} split by {mask:b}", bytes.escape_ascii());
        }
    }
}

#[test]
fn answers_to_queries_leave_no_trace_however_they_are_split() {
    for bytes in IGNORED {
        for split in 0..=bytes.len() {
            let mut parser = Parser::new(Limits::default());
            let mut events = Vec::new();
            parser.feed(&bytes[..split], &mut events);
            parser.feed(&bytes[split..], &mut events);
            // `CSI I` is focus; what follows it in the table is typed.
            if bytes.starts_with(b"\x1b[I") {
                assert_eq!(events, [Event::Focus(true), key("2"), key("~")]);
            } else {
                assert_eq!(events, [], "{}", bytes.escape_ascii());
            }
            parser.feed(b"x", &mut events);
            assert_eq!(events.last(), Some(&key("x")), "after {}", bytes.escape_ascii());
        }
    }
}

#[test]
fn a_lone_escape_is_held_for_the_time_given() {
    let delay = Duration::from_millis(25);
    let mut parser = Parser::new(Limits { escape_delay: delay, ..Limits::default() });
    let mut events = Vec::new();
    assert_eq!(parser.pending(), None);
    parser.feed(b"\x1b", &mut events);
    assert_eq!((events.len(), parser.pending()), (0, Some(delay)));
    parser.feed(b"[", &mut events);
    assert_eq!((events.len(), parser.pending()), (0, Some(delay)));
    parser.feed(b"1", &mut events);
    assert_eq!((events.len(), parser.pending()), (0, Some(SEQUENCE_PATIENCE)), "nobody types this");
    parser.feed(b";5A", &mut events);
    assert_eq!((events, parser.pending()), (vec![key("ctrl-up")], None));
}

#[test]
fn a_sequence_cut_off_for_good_is_dropped() {
    assert_eq!(parse(b"\x1b[1;5"), []);
    assert_eq!(parse(b"\x1b]52;c;"), []);
    assert_eq!(parse(b"\xe6\x97"), []);
    assert_eq!(parse(b"\x1b[M!"), []);
    let long = [b"\x1b[".as_slice(), &[b'1'; 4000], b"mq"].concat();
    assert_eq!(parse(&long), [key("q")]);
}

#[test]
fn escapes_in_a_row() {
    assert_eq!(parse(b"\x1b\x1b"), [key("esc"), key("esc")]);
    assert_eq!(parse(b"\x1b\x1b\x1b"), [key("esc"), key("esc"), key("esc")]);
    assert_eq!(parse(b"\x1b\x1bx"), [key("esc"), key("alt-x")]);
    assert_eq!(parse(b"\x1b[1\x1b[A"), [key("up")], "a new sequence ends a broken one");
    assert_eq!(parse(b"\xc3\x1b[A"), [key("up")]);
    assert_eq!(parse(b"\xc3a"), [key("a")]);
}

#[test]
fn focus() {
    assert_eq!(parse(b"\x1b[I\x1b[O"), [Event::Focus(true), Event::Focus(false)]);
}

#[test]
fn a_paste_arrives_whole_however_it_is_split() {
    let text = "Zażółć\tgęślą\r\njaźń\rend";
    let bytes = [b"\x1b[200~", text.as_bytes(), b"\x1b[201~z"].concat();
    let expected = [Event::Paste("Zażółć\tgęślą\njaźń\nend".into()), key("z")];
    for split in 0..bytes.len() {
        for second in split..bytes.len() {
            let mut parser = Parser::new(Limits::default());
            let mut events = Vec::new();
            parser.feed(&bytes[..split], &mut events);
            parser.feed(&bytes[split..second], &mut events);
            parser.feed(&bytes[second..], &mut events);
            assert_eq!(events, expected, "split at {split} and {second}");
        }
    }
}

#[test]
fn control_characters_in_a_paste_do_nothing() {
    let bytes = b"\x1b[200~a\x1b[31mb\x03\x1b[201\x1b[200~\x9bc\x00\x1b\x1b[201~";
    assert_eq!(parse(bytes), [Event::Paste("a[31mb[201[200~\u{fffd}c".into())]);
}

#[test]
fn a_paste_beyond_the_limit_is_refused_as_a_whole() {
    let mut parser = Parser::new(Limits { paste: 10, ..Limits::default() });
    let mut events = Vec::new();
    parser.feed(b"\x1b[200~0123456789\x1b[201~", &mut events);
    parser.feed(b"\x1b[200~0123456789a\x1b[201~k", &mut events);
    parser.feed(b"\x1b[200~again\x1b[201~", &mut events);
    assert_eq!(
        events,
        [Event::Paste("0123456789".into()), Event::PasteTooLong, key("k"), Event::Paste("again".into())]
    );
}

#[test]
fn a_paste_without_end_does_not_freeze_the_program() {
    let mut parser = Parser::new(Limits::default());
    let mut events = Vec::new();
    parser.feed(b"\x1b[200~abc", &mut events);
    assert_eq!(parser.pending(), Some(PASTE_PATIENCE));
    parser.expire(&mut events);
    parser.feed(b"x", &mut events);
    assert_eq!(events, [Event::Paste("abc".into()), key("x")]);
}

/// Bytes that are likely to reach deep into the parser.
fn soup() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    use proptest::prelude::*;
    let piece = prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 1..6),
        4 => proptest::sample::select(KNOWN).prop_map(|(bytes, _)| bytes.to_vec()),
        2 => proptest::sample::select(IGNORED).prop_map(<[u8]>::to_vec),
        2 => Just(b"\x1b[200~".to_vec()),
        2 => Just(b"\x1b[201~".to_vec()),
        2 => proptest::sample::select(b"\x1b[]O;:?0159~$uM<".as_slice()).prop_map(|byte| vec![byte]),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]

    #[test]
    fn splitting_never_changes_the_events(
        bytes in soup(),
        cuts in proptest::collection::vec(proptest::prelude::any::<proptest::sample::Index>(), 0..8),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut parser = Parser::new(Limits { paste: 40, ..Limits::default() });
        let mut events = Vec::new();
        for pair in cuts.windows(2) {
            parser.feed(&bytes[pair[0]..pair[1]], &mut events);
        }
        let mut whole = Parser::new(Limits { paste: 40, ..Limits::default() });
        let mut expected = Vec::new();
        whole.feed(&bytes, &mut expected);
        proptest::prop_assert_eq!(&events, &expected);
        proptest::prop_assert_eq!(parser.pending(), whole.pending());
        parser.expire(&mut events);
        proptest::prop_assert_eq!(parser.pending(), None);
        for event in events {
            if let Event::Paste(text) = event {
                proptest::prop_assert!(text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
            }
        }
    }
}
