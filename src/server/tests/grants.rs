//! What a client by hand gets with somebody's uid: what the golden table grants, and no value that is not for that user.

use std::sync::Arc;

use uuid::Uuid;

use super::*;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::id::ContactId;
use crate::domain::user::Role;
use crate::service::access_tests::USERS;
use crate::service::access_tests::canaries::{Store, store};

fn edit(kind: RecordKind, id: Uuid, field: &str, text: &str) -> Edit {
    Edit { kind, id, fields: vec![FieldEdit::text(field, text)], expect_revision: None }
}

fn user_of(running: &Running, name: &str) -> Uuid {
    let list = List {
        kind: RecordKind::User,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    };
    let users = running.as_user("olga", list).unwrap().items;
    users.into_iter().find(|user| user.title == name).unwrap().id
}

/// Serves the store, in which the account that runs this test is this user.
fn serve(store: &mut Store, name: &str) -> Running {
    // The clock of the fixture stands still, which is nothing that a server could wait by.
    let spare = crate::service::tests::Fixture::new().service;
    let service = Arc::into_inner(std::mem::replace(&mut store.fixture.service, spare)).unwrap();
    let running = Running::of(service, &Env::system());
    let id = user_of(&running, name);
    running.as_user("olga", edit(RecordKind::User, id, "unix", &own())).unwrap();
    running
}

#[test]
fn the_whole_list_of_requests_gives_nothing_that_is_not_granted() {
    let everybody = USERS.iter().map(|(name, role, _)| (*name, Some(*role))).chain([("ines", None)]);
    for (name, role) in everybody {
        let mut store = store();
        let requests = store.requests();
        let granted = store.granted(name, &requests);
        let secret: Vec<String> = store.secrets(name).0.iter().map(|one| one.words.clone()).collect();
        let running = serve(&mut store, name);
        let mut wire = Wire::connect(&running);
        wire.control(Control::Listen).unwrap();
        let mut refused = 0;
        for ((label, request), granted) in requests.into_iter().zip(granted) {
            let answer = wire.request(request);
            if !granted {
                refused += 1;
                assert_eq!(
                    answer.map(|_| label.clone()).map_err(|error| error.code),
                    Err(Code::Denied),
                    "{name}: {label}"
                );
            }
        }
        assert!(refused > 0, "{name}");
        for words in &secret {
            assert!(!wire.has_read(words.as_bytes()), "{name} got {words}");
        }
        // Where nothing is secret, everything must have come, or the test proves nothing.
        if matches!(role, Some(Role::Owner | Role::Dpo)) {
            assert!(secret.is_empty() || role == Some(Role::Owner), "{name}");
            // But of whom nobody sees but who answers persons (Art. 18 GDPR).
            for canary in store.canaries.iter().filter(|canary| !secret.contains(&canary.words)) {
                assert!(wire.has_read(canary.words.as_bytes()), "{name} never got {}", canary.words);
            }
        } else {
            assert!(!secret.is_empty(), "{name}");
        }
        // The same uid is no other user by anything that is said.
        let error = wire.control(Control::Login { user: Some("olga".into()), password: None });
        assert!(matches!(error, Ok(Done::Open) | Err(_)));
        assert_eq!(wire.call(Whoami {}).unwrap().name, name);
        running.stop();
    }
}

#[test]
fn live_events_tell_nothing_of_what_is_hidden() {
    for name in ["lena", "rita", "nora", "mara", "aron", "adam", "ines"] {
        let mut store = store();
        let (secret, unseen) = store.secrets(name);
        let secret: Vec<String> = secret.iter().map(|one| one.words.clone()).collect();
        let hidden: Vec<bool> = store.contacts.iter().map(|id| unseen.contains(id)).collect();
        let running = serve(&mut store, name);
        let mut wire = Wire::connect(&running);
        wire.control(Control::Listen).unwrap();
        // Whom it may see it has open, so that it hears of who else has.
        if let Some(at) = hidden.iter().position(|hidden| !hidden) {
            let _ = wire.call(Present { kind: RecordKind::Contact, id: Some(store.contacts[at]) });
        }
        let fence = user_of(&running, if name == "adam" { "aron" } else { "adam" });
        for (n, id) in store.contacts.iter().copied().enumerate() {
            let kind = RecordKind::Contact;
            for (field, text) in [
                ("reason", format!("eventreason{n}qz")),
                ("phones", format!("eventlabel{n}qz: +49 30 90{}", 300 + n)),
                ("custom.hint", format!("eventhint{n}qz")),
                ("job_title", format!("eventtitle{n}qz")),
                ("family_name", format!("eventname{n}qz")),
            ] {
                // One of them is deleted: nothing of it is changed.
                let _ = running.as_user("olga", edit(kind, id, field, &text));
            }
            let fields = vec![FieldEdit::text("text", format!("eventnote{n}qz"))];
            let _ =
                running.as_user("olga", Add { kind: RecordKind::Note, about: Some(ContactId(id)), fields });
            let _ = running.as_user("olga", Present { kind, id: Some(id) });
            let restored = running.as_user("olga", Delete { kind, id, expect_revision: None });
            let restored = restored.and_then(|_| running.as_user("olga", Restore { kind, id }));
            assert!(restored.is_ok() || hidden[n] || n == 5);
            running
                .as_user("olga", edit(RecordKind::User, fence, "full_name", &format!("Fence {n}")))
                .unwrap();
            wire.until(|event| matches!(event, Event::Changed(changed) if changed.id == fence));
        }
        // No value travels in an event, not even those that could be seen; of what is out of sight, not even the id.
        for words in secret.iter().map(String::as_str).chain(["qz"]) {
            assert!(!wire.has_read(words.as_bytes()), "{name} heard {words}");
        }
        for (id, hidden) in store.contacts.iter().zip(&hidden) {
            let told = wire.has_read(id.as_bytes());
            assert!(!(told && *hidden), "{name} heard of {id}");
            assert!(told || *hidden, "{name} did not hear of {id}");
        }
        running.stop();
    }
}

/// What was sent once and recorded is worth nothing a second time: an edit conflicts with itself, and a session that is over
/// takes nothing.
#[test]
fn replayed_requests_do_nothing_twice() {
    let mut store = store();
    let rita = store.contacts[0];
    let running = serve(&mut store, "rita");
    let mut wire = Wire::connect(&running);
    let kind = RecordKind::Contact;
    let card = wire.call(Get { kind, id: rita, at: None }).unwrap();
    let change =
        Edit { expect_revision: Some(card.record.revision), ..edit(kind, rita, "job_title", "Buyer") };
    let back =
        Edit { expect_revision: Some(card.record.revision + 1), ..edit(kind, rita, "job_title", "Boss") };
    let recorded: Vec<Vec<u8>> = [
        change.into_request(),
        back.into_request(),
        Delete { kind, id: rita, expect_revision: Some(card.record.revision + 2) }.into_request(),
        Restore { kind, id: rita }.into_request(),
    ]
    .into_iter()
    .map(|request| wire.frame(request))
    .collect();
    let play = |wire: &mut Wire| -> Vec<Result<(), Code>> {
        let answers = recorded.iter().map(|frame| {
            wire.send(frame).unwrap();
            wire.answer().map(drop).map_err(|error| error.code)
        });
        answers.collect()
    };
    assert_eq!(play(&mut wire), [Ok(()), Ok(()), Ok(()), Ok(())]);
    let title = |running: &Running| {
        let card = running.as_user("olga", Get { kind, id: rita, at: None }).unwrap();
        let key = crate::domain::contact::ContactField::job_title.key();
        (card.record.text(key).to_owned(), card.record.deleted, card.record.revision)
    };
    let after = title(&running);
    assert_eq!((after.0.as_str(), after.1), ("Boss", false));
    // In the same session, and in another one of the same account.
    for _ in 0..2 {
        let answers = play(&mut wire);
        assert_eq!(
            answers[..3],
            [Err(Code::Conflict), Err(Code::Conflict), Err(Code::Conflict)],
            "{answers:?}"
        );
        assert_eq!(title(&running), after);
        wire = Wire::connect(&running);
    }
    // After the end of the user's access the session is told good-bye, and another one does not begin.
    let id = user_of(&running, "rita");
    running.as_user("olga", edit(RecordKind::User, id, "inactive", "yes")).unwrap();
    wire.send(&recorded[0]).unwrap();
    assert!(matches!(wire.next().unwrap(), ServerMessage::Bye(error) if error.code == Code::Denied));
    assert!(wire.next().is_err(), "the connection is closed");
    let (_, greeting) = Wire::reach(&running);
    assert!(matches!(greeting, Greeting::Refused(error) if error.code == Code::Denied));
    assert_eq!(title(&running), after);
    running.stop();
}

/// Numbers that look random and are the same each time.
struct Noise(u64);

impl Noise {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap()
    }
}

/// Every request there is, with bytes changed, as far as it still is one: no panic, and nothing told that is secret.
#[test]
fn requests_with_changed_bytes_break_nothing_and_tell_nothing() {
    let rounds: usize = std::env::var("CALLBOOK_NOISE").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    for name in ["rita", "ines", "mara"] {
        let store = store();
        let secret: Vec<String> = store.secrets(name).0.iter().map(|one| one.words.clone()).collect();
        let service = &store.fixture.service;
        let session = service.session_of(name).unwrap();
        let frames: Vec<Vec<u8>> = store
            .requests()
            .into_iter()
            .map(|(_, request)| {
                frame::encode(&ClientMessage::Request { id: 1, request }, REQUEST_MOST).unwrap()
            })
            .collect();
        let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
        let mut asked = 0;
        for _ in 0..rounds {
            for frame in &frames {
                let mut frame = frame.clone();
                for _ in 0..=noise.next(3) {
                    let at = 4 + noise.next(frame.len() - 4);
                    frame[at] = u8::try_from(noise.next(256)).unwrap();
                }
                let mut decoder = frame::Decoder::new(REQUEST_MOST);
                decoder.feed(&frame);
                let Ok(Some(ClientMessage::Request { request, .. })) = decoder.next() else { continue };
                asked += 1;
                let words = format!("{:?}", service.call(&session, request));
                for secret in &secret {
                    assert!(!words.contains(secret.as_str()), "{name} was told {secret}");
                }
            }
        }
        assert!(asked > rounds * 20, "{asked} of the changed requests were still requests");
        let checked = service.session_of("dora").unwrap();
        let Ok(Response::LogVerify(report)) = service.call(&checked, LogVerify {}.into_request()) else {
            panic!("the log cannot be verified")
        };
        assert_eq!(report.problems, Vec::<String>::new());
    }
}
