//! A server in this process, with a store whose every value is known, and clients that have nothing but a socket.

mod clock;
mod grants;
mod scheduled;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Listen, Log, Options, Server, Shared};
use crate::api::event::Event;
use crate::api::frame::{
    self, ANSWER_MOST, ClientMessage, Control, Done, Greeting, Hello, REQUEST_MOST, ServerMessage,
};
use crate::api::*;
use crate::env::{Env, account};
use crate::service::Service;
use crate::service::law::Configured;
use crate::service::open::{InitOptions, KdfCost, Secret, create};

/// Longer than anything takes that shall happen; only a failed test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server writes to its operator.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A server on a thread of its own.
struct Running {
    shared: Arc<Shared>,
    socket: PathBuf,
    lines: Lines,
    stopper: UnixStream,
    thread: JoinHandle<Result<(), Error>>,
    _dir: tempfile::TempDir,
}

impl Running {
    fn of(service: Service, env: &Env) -> Running {
        Running::with(service, env, None)
    }

    fn with(service: Service, env: &Env, backups: Option<super::Backups>) -> Running {
        let dir = tempfile::tempdir().unwrap();
        let options = InitOptions {
            address: String::new(),
            contact: String::new(),
            controller: "Muster GmbH".into(),
            country: "DE".into(),
            user: "nobody".into(),
            unix: "nobody".into(),
            cost: KdfCost::MINIMUM,
        };
        // A directory to be held; the store that is served is in memory.
        let key = Secret::KeyFile(dir.path().join("key"));
        let held = create(&dir.path().join("store"), &options, &key, &Env::system()).unwrap().dir;
        let (socket, lines) = (dir.path().join("a.sock"), Lines::default());
        let options = Options {
            listen: Listen::At { path: socket.clone(), mode: 0o600 },
            most: 100,
            linger: None,
            log: Log::new(Box::new(lines.clone()), env),
            with: Configured::default(),
            backups,
            sweeps: None,
        };
        let server = Server::start(options, held, Some(service), env).unwrap();
        let (shared, stopper) = (Arc::clone(&server.shared), server.stopper().unwrap());
        let thread = std::thread::spawn(move || server.run());
        Running { shared, socket, lines, stopper, thread, _dir: dir }
    }

    /// What somebody does who sits at the store itself.
    fn as_user<C: Call>(&self, unix: &str, call: C) -> Result<C::Answer, Error> {
        let answer = self.shared.gate.with(|service, _| {
            let session = service.session_of(unix)?;
            service.call(&session, call.into_request())
        });
        answer.unwrap().map(|response| C::answer(response).unwrap())
    }

    /// Stops it, and waits for its end; what it told its operator.
    fn stop(mut self) -> String {
        self.stopper.write_all(b"x").unwrap();
        self.thread.join().unwrap().unwrap();
        drop(self.shared);
        let lines = self.lines.0.lock().unwrap();
        String::from_utf8(lines.clone()).unwrap()
    }
}

/// Keeps everything that was read.
struct Tee<'a>(&'a UnixStream, &'a mut Vec<u8>);

impl Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

/// A client made by hand.
struct Wire {
    stream: UnixStream,
    /// Every byte that came.
    raw: Vec<u8>,
    events: Vec<Event>,
    last: u64,
}

impl Wire {
    /// Connects, and says hello.
    fn reach(running: &Running) -> (Wire, Greeting) {
        let stream = UnixStream::connect(&running.socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut wire = Wire { stream, raw: Vec::new(), events: Vec::new(), last: 0 };
        wire.stream.write_all(&frame::encode_first(&Hello::own()).unwrap()).unwrap();
        let greeting = frame::read_first(Tee(&wire.stream, &mut wire.raw)).unwrap();
        (wire, greeting)
    }

    fn connect(running: &Running) -> Wire {
        let (wire, greeting) = Wire::reach(running);
        assert_eq!(greeting, Greeting::Welcome);
        wire
    }

    fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    fn next(&mut self) -> std::io::Result<ServerMessage> {
        frame::read_one(Tee(&self.stream, &mut self.raw), ANSWER_MOST)
    }

    fn frame(&mut self, request: Request) -> Vec<u8> {
        self.last += 1;
        frame::encode(&ClientMessage::Request { id: self.last, request }, REQUEST_MOST).unwrap()
    }

    /// The next answer; events that come before it are kept.
    fn answer(&mut self) -> Result<Response, Error> {
        loop {
            match self.next().unwrap() {
                ServerMessage::Answer { answer, .. } => return answer,
                ServerMessage::Event(event) => self.events.push(event),
                other => panic!("{other:?} is no answer"),
            }
        }
    }

    fn request(&mut self, request: Request) -> Result<Response, Error> {
        let frame = self.frame(request);
        self.send(&frame).unwrap();
        self.answer()
    }

    fn call<C: Call>(&mut self, call: C) -> Result<C::Answer, Error> {
        self.request(call.into_request()).map(|response| C::answer(response).unwrap())
    }

    fn control(&mut self, control: Control) -> Result<Done, Error> {
        self.last += 1;
        let message = ClientMessage::Control { id: self.last, control };
        self.send(&frame::encode(&message, REQUEST_MOST).unwrap()).unwrap();
        loop {
            match self.next().unwrap() {
                ServerMessage::Done { answer, .. } => return answer,
                ServerMessage::Event(event) => self.events.push(event),
                other => panic!("{other:?} is no answer"),
            }
        }
    }

    /// Reads on until an event is as wanted.
    fn until(&mut self, wanted: impl Fn(&Event) -> bool) {
        loop {
            match self.next().unwrap() {
                ServerMessage::Event(event) => {
                    let found = wanted(&event);
                    self.events.push(event);
                    if found {
                        return;
                    }
                }
                other => panic!("{other:?} is no event"),
            }
        }
    }

    fn has_read(&self, words: &[u8]) -> bool {
        self.raw.windows(words.len()).any(|piece| piece == words)
    }
}

/// The account that connects in these tests: whoever runs them.
fn own() -> String {
    account::own()
}
