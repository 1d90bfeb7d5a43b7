//! The server through real sockets: the program itself serves, and what connects is this test or the program again.
//!
//! `CALLBOOK_KILL_ROUNDS` sets how often the server is killed under load; a few times unless told.

#![allow(clippy::wildcard_imports)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "whatever goes wrong here is a failed test"
)]

#[cfg(target_os = "linux")]
#[path = "server/crowd.rs"]
mod crowd;
#[path = "server/desk.rs"]
mod desk;
#[path = "server/doors.rs"]
mod doors;
#[path = "server/people.rs"]
mod people;
mod support;
#[path = "server/team.rs"]
mod team;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use callbook::api::event::Event;
use callbook::api::frame::{self, ClientMessage, Control, Greeting, Hello, Key, REQUEST_MOST};
use callbook::api::*;
use callbook::client::Client;
use callbook::client::socket::Remote;
use callbook::domain::channel::Channel;
use callbook::domain::consent::{ConsentKind, Way};
use callbook::domain::edit::{FieldEdit, Incoming};
use callbook::domain::entity::RecordKind;
use callbook::domain::id::ContactId;
use rustix::process::Signal;
use support::served::{Served, connect, import, key, list};
use uuid::Uuid;

/// Longer than anything takes that shall happen; only a failed test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

fn heard(remote: &Remote) -> Receiver<Event> {
    let (send, heard) = channel();
    let send = std::sync::Mutex::new(send);
    remote.client().listen(std::sync::Arc::new(move |event| {
        let _ = send.lock().unwrap().send(event);
    }));
    assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), Event::Live);
    heard
}

fn edit(client: &Client, id: Uuid, field: &str, text: &str) -> Result<Edited, Error> {
    let fields = vec![FieldEdit::text(field, text)];
    client.call(Edit { kind: RecordKind::Contact, id, fields, expect_revision: None })
}

fn first(client: &Client) -> Uuid {
    list(client, "", Some(1)).items[0].id
}

#[test]
fn sessions_hear_of_each_others_changes() {
    let served = Served::start();
    let sessions: Vec<Remote> = (0..3).map(|_| connect(&served.socket)).collect();
    import(&sessions[0].client(), 0..3);
    let events: Vec<_> = sessions.iter().map(heard).collect();
    let id = first(&sessions[0].client());
    edit(&sessions[0].client(), id, "job_title", "Head of Purchasing").unwrap();
    for events in &events[1..] {
        let Event::Changed(changed) = events.recv_timeout(PATIENCE).unwrap() else { panic!("another event") };
        assert_eq!((changed.kind, changed.id), (RecordKind::Contact, id));
        assert_eq!(changed.action, callbook::domain::history::Action::Edit);
    }
    // The next thing the first session hears is the second's change, not its own.
    edit(&sessions[1].client(), id, "job_title", "Director").unwrap();
    let seen = events[0].recv_timeout(PATIENCE).unwrap();
    assert!(matches!(&seen, Event::Changed(changed) if changed.id == id), "{seen:?}");
    assert!(events[0].try_recv().is_err());
    let card = sessions[2].client().call(Get { kind: RecordKind::Contact, id, at: None }).unwrap();
    assert_eq!(card.record.text(callbook::domain::contact::ContactField::job_title.key()), "Director");
    // More than is kept for each record is one word: look again.
    import(&sessions[1].client(), 100..300);
    assert_eq!(events[2].iter().find(|event| !matches!(event, Event::Changed(_))), Some(Event::Resync));
}

#[test]
fn long_lists_come_whole() {
    let served = Served::start();
    let client = connect(&served.socket).client();
    import(&client, 0..1_234);
    for limit in [None, Some(2_000), Some(777), Some(500), Some(501)] {
        let page = list(&client, "", limit);
        let ids: HashSet<Uuid> = page.items.iter().map(|view| view.id).collect();
        let wanted = limit.unwrap_or(u64::MAX).min(1_234);
        assert_eq!((ids.len() as u64, page.items.len() as u64, page.total), (wanted, wanted, 1_234));
    }
    let window = Window { after: None, offset: 0, limit: None };
    // Who said yes leaves, for the purpose, in as many pages as it takes.
    let people = list(&client, "", None).items;
    for one in people.iter().take(3) {
        let said = Said::new(ConsentKind::Given, "sales", Channel::Storage, Way::InPerson, "yes, do call me");
        client.call(ConsentRecord { contact: ContactId(one.id), said: vec![said] }).unwrap();
    }
    let export = Export {
        query: String::new(),
        purpose: "sales".to_owned(),
        channel: Channel::Storage,
        window: Window { limit: Some(2), ..window },
        columns: vec![],
        to: String::new(),
        run: None,
    };
    let first = client.call(export.clone()).unwrap();
    assert_eq!((first.page.items.len(), first.page.total), (2, 3));
    assert_eq!(first.page.withheld.values().sum::<u64>(), 1_231);
    let window = Window { after: first.next, ..export.window.clone() };
    let second = client.call(Export { window: window.clone(), run: first.run, ..export.clone() }).unwrap();
    assert_eq!((second.page.items.len(), second.next), (1, None));
    // A page of an export that nobody began is none.
    client.call(Export { window, run: None, ..export }).unwrap_err();
    // Only the first page of it is written down.
    let runs = client.call(Activity { before: None, limit: 10 }).unwrap();
    let exports = runs.iter().filter(|entry| entry.kind == RecordKind::ExportRun);
    assert_eq!(exports.count(), 1);
    // The command line does the same in pages of its own, and needs no secret.
    let out = served.callbook(&["contact", "list", "--format", "ids"]);
    assert!(out.status.success(), "{out:?}");
    assert_eq!(String::from_utf8(out.stdout).unwrap().lines().count(), 1_234);
}

/// A client that only has a socket.
struct Raw(UnixStream);

impl Raw {
    fn connect(served: &Served) -> Raw {
        let stream = UnixStream::connect(&served.socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Raw(stream)
    }

    fn greeted(served: &Served) -> Raw {
        let mut raw = Raw::connect(served);
        raw.send(&frame::encode_first(&Hello::own()).unwrap());
        assert_eq!(raw.greeting(), Greeting::Welcome);
        raw
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    fn greeting(&mut self) -> Greeting {
        frame::read_first(&self.0).unwrap()
    }

    /// Everything until the server closes.
    fn rest(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
        bytes
    }
}

#[test]
fn hostile_clients_are_cut_off_and_the_others_go_on() {
    let served = Served::start();
    let client = connect(&served.socket).client();
    import(&client, 0..10);
    // Random bytes, from the start and after the greeting; frames that are too long, empty, or cut by the end.
    let noise: Vec<u8> = (0u32..3_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut hostile = Raw::connect(&served);
    let _ = hostile.0.write_all(&noise);
    assert_eq!(hostile.rest(), b"");
    for bytes in [&noise[..], &[0xff; 8], &[0; 4], &[9, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]] {
        let mut hostile = Raw::greeted(&served);
        let _ = hostile.0.write_all(bytes);
        let said = String::from_utf8_lossy(&hostile.rest()).into_owned();
        assert!(said.contains("is no message"), "{said:?}");
    }
    let mut cut = Raw::greeted(&served);
    cut.send(&frame::encode(&ClientMessage::Control { id: 1, control: Control::Lock }, 100).unwrap()[..5]);
    drop(cut);
    // Another protocol.
    let mut old = Raw::connect(&served);
    old.send(&frame::encode_first(&Hello { callbook: 7, program: "9.9.9".into() }).unwrap());
    let Greeting::Refused(error) = old.greeting() else { panic!("an unknown protocol was welcome") };
    assert!(error.message.contains("9.9.9") && error.message.contains("protocol 7"), "{error}");
    assert_eq!(old.rest(), b"");
    assert_eq!(list(&client, "", None).total, 10);
}

#[test]
fn silence_ends() {
    let served = Served::start();
    let silent = Raw::connect(&served);
    let mut slow = Raw::greeted(&served);
    let mut partly = Raw::connect(&served);
    partly.send(&[30, 0, 0, 0, b'{']);
    slow.send(&[200, 0, 0, 0, 1, 2]);
    assert_eq!(silent.rest(), b"");
    assert_eq!(partly.rest(), b"");
    let said = String::from_utf8_lossy(&slow.rest()).into_owned();
    assert!(said.contains("only a part"), "{said:?}");
}

#[test]
fn who_does_not_read_slows_nobody() {
    let served = Served::start();
    let client = connect(&served.socket).client();
    import(&client, 0..400);
    // Asks again and again and reads nothing: the server stops taking its questions.
    let mut stuck = Raw::greeted(&served);
    stuck.0.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    let request = Request::List(List {
        kind: RecordKind::Contact,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: vec![],
    });
    let ask = frame::encode(&ClientMessage::Request { id: 1, request }, REQUEST_MOST).unwrap();
    while stuck.0.write_all(&ask).is_ok() {}
    // Listens, and reads nothing, as one that was stopped.
    let mut stopped = Raw::greeted(&served);
    stopped.send(&frame::encode(&ClientMessage::Control { id: 1, control: Control::Listen }, 100).unwrap());
    let id = first(&client);
    for n in 0..3_000 {
        edit(&client, id, "job_title", &format!("Title {n}")).unwrap();
    }
    assert_eq!(list(&client, "", None).total, 400);
    // It goes on where it was: one answer, then what was kept of the news, at the end that there was more.
    stopped.0.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut resync = false;
    while !resync {
        let message: frame::ServerMessage = frame::read_one(&stopped.0, frame::ANSWER_MOST).unwrap();
        resync = matches!(message, frame::ServerMessage::Event(Event::Resync));
    }
}

#[test]
fn there_is_an_end_to_sessions_and_room_again() {
    let served = Served::start_with(&["--max-sessions", "8"]);
    // One account may have half of them.
    let mut sessions: Vec<Remote> = (0..4).map(|_| connect(&served.socket)).collect();
    let mut turned_away = Raw::connect(&served);
    let Greeting::Refused(error) = turned_away.greeting() else { panic!("too many were welcome") };
    assert!(error.message.contains("as many sessions"), "{error}");
    assert_eq!(sessions[0].health().unwrap().sessions, 4);
    drop(sessions.pop());
    while sessions[0].health().unwrap().sessions > 3 {}
    let again = connect(&served.socket);
    assert!(again.client().call(Whoami {}).is_ok());
    // Many who come and go at once.
    for _ in 0..200 {
        drop(UnixStream::connect(&served.socket).unwrap());
    }
    assert!(again.client().call(Whoami {}).is_ok());
}

#[test]
fn locking_and_unlocking() {
    let served = Served::start();
    let (one, other) = (connect(&served.socket), connect(&served.socket));
    import(&one.client(), 0..5);
    let events = heard(&other);
    one.lock().unwrap();
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), Event::Locked);
    let error = other.client().call(Whoami {}).unwrap_err();
    assert_eq!(error.code, Code::Locked);
    assert!(other.health().unwrap().locked);
    let out = served.callbook(&["contact", "list"]);
    assert_eq!(out.status.code(), Some(7), "{out:?}");
    // Nobody opens the store beside the locked server.
    let wrong = Key::Passphrase(Hush::new(zeroize::Zeroizing::new("wrong and wrong again".into())));
    for _ in 0..3 {
        assert_eq!(other.unlock(wrong.clone()).unwrap_err().code, Code::Locked);
    }
    let told = other.unlock(key(&served)).unwrap_err();
    assert!(told.message.contains("too many"), "{told}");
    // The pause is over some time; a right key then opens it for everybody.
    while other.unlock(key(&served)).is_err() {}
    assert_eq!(list(&one.client(), "", None).total, 5);
    assert_eq!(list(&other.client(), "", None).total, 5);
    // Where it is open, a key is only looked at.
    assert!(one.unlock(key(&served)).is_ok());
    assert!(one.unlock(wrong).is_err());
    edit(&one.client(), first(&one.client()), "job_title", "x").unwrap();
    assert!(matches!(events.recv_timeout(PATIENCE).unwrap(), Event::Changed(_)));
}

#[test]
fn a_server_ends_gracefully_and_clients_find_the_next() {
    let mut served = Served::start();
    let remote = connect(&served.socket);
    import(&remote.client(), 0..3);
    let events = heard(&remote);
    served.signal(Signal::TERM);
    assert!(served.wait().success());
    assert!(!served.socket.exists());
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), Event::Lost);
    let error = remote.client().call(Whoami {}).unwrap_err();
    assert_eq!(error.code, Code::Locked);
    assert!(error.message.contains("gone"), "{error}");
    served.again();
    assert_eq!(events.recv_timeout(PATIENCE).unwrap(), Event::Back);
    assert_eq!(list(&remote.client(), "", None).total, 3);
}

#[test]
fn one_server_for_a_store_and_stale_sockets_are_replaced() {
    let mut served = Served::start();
    let out = served.callbook(&["serve", "--key-file", served.key_file.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(7), "{out:?}");
    assert!(String::from_utf8_lossy(&out.stderr).contains("held by pid"));
    served.kill();
    assert!(served.socket.exists());
    // Nobody serves: a command opens the store itself, if it can unlock it.
    let out = served.callbook(&["contact", "list", "--key-file", served.key_file.to_str().unwrap()]);
    assert!(out.status.success(), "{out:?}");
    let out = served.callbook(&["contact", "list"]);
    assert_eq!(out.status.code(), Some(7), "{out:?}");
    served.again();
    assert!(connect(&served.socket).client().call(Whoami {}).is_ok());
}

/// The server is killed while several sessions edit; what was acknowledged is there afterwards, and the log verifies.
#[test]
fn killing_the_server_loses_nothing_acknowledged() {
    let rounds: u64 =
        std::env::var("CALLBOOK_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let mut served = Served::start();
    import(&connect(&served.socket).client(), 0..4);
    for round in 0..rounds {
        let clients: Vec<Client> = (0..4).map(|_| connect(&served.socket).client()).collect();
        let ids: Vec<Uuid> = list(&clients[0], "", None).items.iter().map(|view| view.id).collect();
        let (acknowledged, told) = channel();
        let threads: Vec<_> = clients
            .into_iter()
            .zip(ids.clone())
            .map(|(client, id)| {
                let acknowledged = acknowledged.clone();
                std::thread::spawn(move || {
                    let mut last = None;
                    for n in 0u64.. {
                        match edit(&client, id, "job_title", &format!("{round}:{n}")) {
                            Ok(_) => last = Some(n),
                            Err(error) => {
                                // It says that nobody knows, and did not do it a second time.
                                assert!(matches!(error.code, Code::Interrupted | Code::Locked), "{error}");
                                break;
                            }
                        }
                        let _ = acknowledged.send(());
                    }
                    (id, last)
                })
            })
            .collect();
        for _ in 0..20 + (round * 7) % 40 {
            told.recv_timeout(PATIENCE).unwrap();
        }
        served.kill();
        let last: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        served.again();
        let client = connect(&served.socket).client();
        for (id, last) in last {
            let card = client.call(Get { kind: RecordKind::Contact, id, at: None }).unwrap();
            let title = card.record.text(callbook::domain::contact::ContactField::job_title.key());
            let held = title.strip_prefix(&format!("{round}:")).and_then(|n| n.parse::<u64>().ok());
            assert!(held >= last, "round {round}: {held:?} is older than the acknowledged {last:?}");
        }
        assert_eq!(client.call(LogVerify {}).unwrap().problems, Vec::<String>::new());
    }
}

/// Rows of an import may be long: they travel in as many requests as they need.
#[test]
fn long_rows_are_imported_in_pieces() {
    let served = Served::start();
    let client = connect(&served.socket).client();
    let rows: Vec<Incoming> = (0..40)
        .map(|n| {
            let mut row = support::served::row(n);
            row.fields.push(FieldEdit::text("reason", "because ".repeat(20_000)));
            row
        })
        .collect();
    let end = callbook::client::transfer::import(
        &client,
        &mut rows.into_iter().map(Ok),
        &support::served::provenance(),
        false,
        &|| false,
        &mut |_| {},
    );
    assert_eq!(end.failed, None);
    assert_eq!(end.tally.read, 40);
}

/// What the screens do when a server that was started on demand is killed: they hear that it has ended, start another, all
/// at the same moment, and end up with one.
#[test]
fn a_server_on_demand_that_is_killed_is_started_anew_once() {
    use callbook::api::frame::Started;
    use callbook::client::open::is_held;
    use callbook::client::spawn::Starter;
    let mut served = Served::start();
    served.kill();
    let key = key(&served);
    let args = [
        "--quiet".into(),
        "--store".into(),
        served.store.clone().into(),
        "serve".into(),
        "--on-demand".into(),
    ];
    let starter = Starter { program: env!("CARGO_BIN_EXE_callbook").into(), args: args.to_vec() };
    let Started::Ready(socket) = starter.start(&key).unwrap() else { panic!("it does not start") };
    let remote = connect(&socket);
    let events = heard(&remote);
    let pid = |remote: &Remote| remote.health().unwrap().pid as i32;
    let kill = |pid| {
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap()
    };
    let first = pid(&remote);
    kill(first);
    let until = |wanted: &Event| while events.recv_timeout(PATIENCE).unwrap() != *wanted {};
    until(&Event::Lost);
    until(&Event::Ended);
    let outcomes: Vec<Started> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..4).map(|_| scope.spawn(|| starter.start(&key).unwrap())).collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let ready = outcomes.iter().filter(|one| matches!(one, Started::Ready(_))).count();
    assert_eq!(ready, 1, "{outcomes:?}");
    for outcome in &outcomes {
        assert!(
            matches!(outcome, Started::Ready(_))
                || matches!(outcome, Started::Failed(error) if is_held(error))
        );
    }
    // The connection is made anew by itself.
    until(&Event::Back);
    let second = pid(&remote);
    assert_ne!(first, second);
    list(&remote.client(), "", Some(1));
    kill(second);
}
