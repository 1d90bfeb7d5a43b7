use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::api::event::{Changed, Presence};
use crate::api::*;
use crate::domain::edit::{FieldEdit, Incoming};
use crate::domain::entity::RecordKind;
use crate::domain::history::Action;
use crate::domain::id::ContactId;

fn requests() -> Vec<Request> {
    let kind = RecordKind::Contact;
    let id = Uuid::from_u128(7);
    let fields = vec![FieldEdit::text("given_name", "Anna 🙂"), FieldEdit::text("phones", "030 901820")];
    let row = Incoming { row: 3, fields: fields.clone(), notes: vec![] };
    vec![
        Whoami {}.into_request(),
        List {
            kind,
            query: "anna tag:fair".into(),
            sort: "-name".into(),
            window: Window { after: Some(id), offset: 9, limit: None },
            columns: vec![crate::domain::field::FieldKey(3)],
        }
        .into_request(),
        Add { kind, about: Some(ContactId(id)), fields: fields.clone() }.into_request(),
        Edit { kind, id, fields: fields.clone(), expect_revision: Some(u64::MAX) }.into_request(),
        Bulk {
            kind,
            targets: Targets::Ids(vec![id; 40]),
            deed: Deed::Edit(fields),
            dry_run: true,
            expect: Some(3),
        }
        .into_request(),
        Import { rows: vec![row], provenance: Provenance::default(), dry_run: false }.into_request(),
        Present { kind, id: None }.into_request(),
    ]
}

fn messages() -> Vec<ClientMessage> {
    let words = |text: &str| Hush::new(Zeroizing::new(text.to_owned()));
    let controls = [
        Control::Login { user: Some("anna".into()), password: Some(words("own password")) },
        Control::Unlock(Key::Passphrase(words("kestrel mop nine tin cloud"))),
        Control::Lock,
        Control::Listen,
        Control::Health,
    ];
    let requests = requests().into_iter().enumerate();
    requests
        .map(|(id, request)| ClientMessage::Request { id: id as u64, request })
        .chain(controls.into_iter().map(|control| ClientMessage::Control { id: u64::MAX, control }))
        .collect()
}

#[test]
fn messages_come_through_in_any_pieces() {
    let messages = messages();
    let bytes: Vec<u8> = messages.iter().flat_map(|message| encode(message, REQUEST_MOST).unwrap()).collect();
    for piece in [1, 3, 64, bytes.len()] {
        let mut decoder = Decoder::new(REQUEST_MOST);
        let mut read = Vec::new();
        for piece in bytes.chunks(piece) {
            decoder.feed(piece);
            while let Some(message) = decoder.next::<ClientMessage>().unwrap() {
                read.push(message);
            }
        }
        assert_eq!(read, messages);
        assert!(!decoder.begun());
    }
}

#[test]
fn answers_come_through() {
    let error = Error::usage("no such field").hint("see `field list`");
    let view = crate::client::fake::anna();
    let id = view.id;
    let page = Page { items: vec![view.clone(); 3], total: 90, offset: 4, ..Page::default() };
    let changed = Changed {
        seq: 4,
        kind: view.kind,
        id,
        about: None,
        action: Action::Edit,
        entered: false,
        actor: "Bert".into(),
    };
    for message in [
        ServerMessage::Answer { id: 1, answer: Ok(Response::List(page)) },
        ServerMessage::Answer { id: 2, answer: Err(error.clone()) },
        ServerMessage::Answer {
            id: 3,
            answer: Ok(Response::Get(Card {
                record: view,
                notes: vec![],
                people: vec![],
                held: None,
                retention: None,
            })),
        },
        ServerMessage::Done { id: 4, answer: Ok(Done::Health(Health::default())) },
        ServerMessage::Event(Event::Changed(changed)),
        ServerMessage::Event(Event::Presence(Presence { id, names: vec!["Bert".into()] })),
        ServerMessage::Bye(error),
    ] {
        let frame = encode(&message, ANSWER_MOST).unwrap();
        assert_eq!(read_one::<ServerMessage>(&frame[..], ANSWER_MOST).unwrap(), message);
    }
}

#[test]
fn a_cut_frame_is_no_message() {
    for message in messages() {
        let frame = encode(&message, REQUEST_MOST).unwrap();
        for cut in 0..frame.len() {
            let mut decoder = Decoder::new(REQUEST_MOST);
            decoder.feed(&frame[..cut]);
            assert_eq!(decoder.next::<ClientMessage>(), Ok(None));
            assert_eq!(decoder.begun(), cut > 0);
        }
    }
}

#[test]
fn a_frame_that_is_too_long_or_has_bytes_left_is_refused() {
    for length in [REQUEST_MOST as u32 + 1, u32::MAX] {
        let mut decoder = Decoder::new(REQUEST_MOST);
        decoder.feed(&length.to_le_bytes());
        assert!(matches!(decoder.next::<ClientMessage>(), Err(FrameError::TooLong(_, REQUEST_MOST))));
    }
    let mut decoder = Decoder::new(REQUEST_MOST);
    decoder.feed(&[0; 4]);
    assert_eq!(decoder.next::<ClientMessage>(), Err(FrameError::Empty));
    let mut frame = encode(&ClientMessage::Control { id: 1, control: Control::Lock }, REQUEST_MOST).unwrap();
    frame.push(0);
    frame[0] += 1;
    let mut decoder = Decoder::new(REQUEST_MOST);
    decoder.feed(&frame);
    assert_eq!(decoder.next::<ClientMessage>(), Err(FrameError::Malformed));
    // A list inside that claims more than there is.
    let mut decoder = Decoder::new(REQUEST_MOST);
    let claims = [1, 0, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    decoder.feed(&(claims.len() as u32).to_le_bytes());
    decoder.feed(&claims);
    assert_eq!(decoder.next::<ClientMessage>(), Err(FrameError::Malformed));
    let long = Request::List(List {
        kind: RecordKind::Contact,
        query: "x".repeat(REQUEST_MOST),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    });
    let error = encode(&ClientMessage::Request { id: 1, request: long }, REQUEST_MOST).unwrap_err();
    assert!(matches!(error, FrameError::TooLong(size, REQUEST_MOST) if size > REQUEST_MOST));
}

#[test]
fn the_first_frames_can_be_read_by_any_version() {
    let hello = encode_first(&Hello { callbook: 1, program: "0.1.0".into() }).unwrap();
    assert_eq!(&hello[4..], br#"{"callbook":1,"program":"0.1.0"}"#);
    let later = br#"{"callbook":9,"program":"3.0.0","more":[1]}"#;
    let mut decoder = Decoder::new(HELLO_MOST);
    decoder.feed(&(later.len() as u32).to_le_bytes());
    decoder.feed(later);
    assert_eq!(decoder.first::<Hello>().unwrap().unwrap().callbook, 9);
    let refused = Greeting::Refused(Error::failed("the versions differ").hint("upgrade"));
    let frame = encode_first(&refused).unwrap();
    assert_eq!(read_first::<Greeting>(&frame[..]).unwrap(), refused);
    assert!(read_first::<Greeting>(&b"\xff\xff\xff\xff"[..]).is_err());
    assert!(read_first::<Greeting>(&b"\x10\0\0\0{"[..]).is_err());
}

#[test]
fn secrets_are_not_shown() {
    for message in messages() {
        let shown = format!("{message:?}");
        assert!(!shown.contains("kestrel") && !shown.contains("own password"), "{shown}");
    }
}

proptest! {
    /// Whatever comes, in whatever pieces: messages or an error, and no panic.
    #[test]
    fn any_bytes(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..20)) {
        let mut decoder = Decoder::new(REQUEST_MOST);
        let mut first = Decoder::new(HELLO_MOST);
        for piece in &pieces {
            decoder.feed(piece);
            first.feed(piece);
            while let Ok(Some(_)) = decoder.next::<ClientMessage>() {}
            let _ = first.first::<Hello>();
        }
    }

    /// A message in which some bytes were changed is another message or none.
    #[test]
    fn changed_bytes(at in any::<prop::sample::Index>(), which in any::<prop::sample::Index>(), byte: u8) {
        let messages = messages();
        let mut frame = encode(which.get(&messages), REQUEST_MOST).unwrap();
        let at = at.index(frame.len());
        frame[at] = byte;
        let mut decoder = Decoder::new(REQUEST_MOST);
        decoder.feed(&frame);
        while let Ok(Some(_)) = decoder.next::<ClientMessage>() {}
    }
}
