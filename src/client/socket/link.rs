//! One connection to a server: questions out, answers and events in.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::api::frame::{
    self, ANSWER_MOST, ClientMessage, Control, Decoder, Done, Greeting, Hello, REQUEST_MOST, ServerMessage,
};
use crate::api::{Cause, Code, Error, Event, Request, Response};
use crate::env::account;

/// How long a server may take to greet.
const GREETING: Duration = Duration::from_secs(10);

/// Which server is meant, and who may run it.
#[derive(Clone, Debug, Default)]
pub struct Target {
    pub path: PathBuf,
    /// The account that owns the store, when its directory is known.
    pub owner: Option<u32>,
    /// The account that is named as the server's.
    pub account: Option<String>,
}

/// Why no connection came about.
pub(super) enum Unreached {
    /// Nobody listens there.
    Nobody,
    Refused(Error),
}

/// Why there is no answer.
pub(super) enum Failure {
    /// The server cannot have carried it out: not all of the question was taken.
    NotSent(Error),
    /// The question was taken, and the connection broke before the answer.
    Lost(Error),
}

/// What a question was answered with.
pub(super) enum Reply {
    Answer(Result<Response, Error>),
    Done(Result<Done, Error>),
}

/// What is asked.
pub(super) enum Question {
    Request(Request),
    Control(Control),
}

pub(super) struct Link {
    stream: UnixStream,
    /// Held while a frame is written.
    writing: Mutex<()>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    asked: HashMap<u64, Sender<Reply>>,
    /// Why nothing is answered any more.
    over: Option<Error>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    /// Connects, checks who runs the server, and shakes hands. `ear` hears events until `over` is called.
    pub(super) fn open(
        target: &Target,
        ear: impl Fn(Event) + Send + 'static,
        over: impl FnOnce() + Send + 'static,
    ) -> Result<(Arc<Link>, Greeting), Unreached> {
        let failed = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::NotADirectory => {
                Unreached::Nobody
            }
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                Unreached::Nobody
            }
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Unreached::Refused(Error::new(
                Code::Locked,
                format!("the server at {} does not answer", target.path.display()),
            )),
            _ => Unreached::Refused(Error::new(
                Code::Locked,
                format!("the server at {} cannot be reached: {error}", target.path.display()),
            )),
        };
        let stream = UnixStream::connect(&target.path).map_err(failed)?;
        trusted(&stream, target).map_err(Unreached::Refused)?;
        let mut decoder = Decoder::new(ANSWER_MOST);
        let hello = frame::encode_first(&Hello::own())
            .map_err(|error| Unreached::Refused(Error::failed(error.to_string())))?;
        stream.set_read_timeout(Some(GREETING)).map_err(failed)?;
        // A server that has no room says so at once and may not take the greeting.
        let _ = (&stream).write_all(&hello);
        let foreign = || {
            Unreached::Refused(
                Error::failed(format!("what answers at {} is no callbook server", target.path.display()))
                    .hint("name another socket with --socket PATH"),
            )
        };
        let greeting = loop {
            if let Some(greeting) = decoder.first::<Greeting>().map_err(|_| foreign())? {
                break greeting;
            }
            receive(&stream, &mut decoder).map_err(failed)?;
        };
        if let Greeting::Refused(error) = greeting {
            return Err(Unreached::Refused(error));
        }
        stream.set_read_timeout(None).map_err(failed)?;
        let link = Arc::new(Link { stream, writing: Mutex::default(), waiting: Mutex::default() });
        let reader = Arc::clone(&link);
        std::thread::Builder::new()
            .name("answers".to_owned())
            .spawn(move || {
                reader.read(decoder, ear);
                over();
            })
            .map_err(failed)?;
        Ok((link, greeting))
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&self, question: Question) -> Result<Reply, Failure> {
        let (reply, answer) = channel();
        let id = {
            let mut waiting = locked(&self.waiting);
            if let Some(error) = &waiting.over {
                return Err(Failure::NotSent(error.clone()));
            }
            waiting.last += 1;
            let id = waiting.last;
            waiting.asked.insert(id, reply);
            id
        };
        let message = match question {
            Question::Request(request) => ClientMessage::Request { id, request },
            Question::Control(control) => ClientMessage::Control { id, control },
        };
        let forget = |error| {
            locked(&self.waiting).asked.remove(&id);
            Failure::NotSent(error)
        };
        let frame = match frame::encode(&message, REQUEST_MOST) {
            Ok(frame) => zeroize::Zeroizing::new(frame),
            Err(error) => {
                locked(&self.waiting).asked.remove(&id);
                let error = Error::usage(format!("this is too much for one request: {error}"));
                return Ok(match message {
                    ClientMessage::Request { .. } => Reply::Answer(Err(error)),
                    ClientMessage::Control { .. } => Reply::Done(Err(error)),
                });
            }
        };
        let written = {
            let _writing = locked(&self.writing);
            (&self.stream).write_all(&frame)
        };
        if let Err(error) = written {
            // What follows half a frame has no meaning to the server.
            self.close();
            return Err(forget(gone(&error.to_string())));
        }
        answer.recv().map_err(|_| {
            let over = locked(&self.waiting).over.clone();
            Failure::Lost(over.unwrap_or_else(|| gone("the connection broke")))
        })
    }

    pub(super) fn is_over(&self) -> bool {
        locked(&self.waiting).over.is_some()
    }

    pub(super) fn close(&self) {
        // The reader then ends, and with it whoever waits.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    fn read(&self, mut decoder: Decoder, ear: impl Fn(Event)) {
        let error = loop {
            match decoder.next::<ServerMessage>() {
                Ok(Some(ServerMessage::Answer { id, answer })) => self.give(id, Reply::Answer(answer)),
                Ok(Some(ServerMessage::Done { id, answer })) => self.give(id, Reply::Done(answer)),
                Ok(Some(ServerMessage::Event(event))) => ear(event),
                Ok(Some(ServerMessage::Bye(error))) => break error,
                Ok(None) => match receive(&self.stream, &mut decoder) {
                    Ok(()) => {}
                    Err(error) => break gone(&error.to_string()),
                },
                Err(error) => break Error::failed(format!("the server's answer cannot be read: {error}")),
            }
        };
        self.close();
        let mut waiting = locked(&self.waiting);
        waiting.over = Some(error);
        // Whoever waits learns it by this.
        waiting.asked.clear();
    }

    fn give(&self, id: u64, reply: Reply) {
        let asked = locked(&self.waiting).asked.remove(&id);
        if let Some(asked) = asked {
            // Whoever asked may have given up.
            let _ = asked.send(reply);
        }
    }
}

/// Reads once what has come.
fn receive(stream: &UnixStream, decoder: &mut Decoder) -> std::io::Result<()> {
    let mut buffer = [0; 32 << 10];
    loop {
        match (&mut &*stream).read(&mut buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                decoder.feed(buffer.get(..read).unwrap_or_default());
                return Ok(());
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

pub(super) fn gone(why: &str) -> Error {
    Error::new(Code::Locked, format!("the server is gone: {why}"))
        .hint("what was acknowledged is saved; try again when the server is there again")
        .because(Cause::Gone)
}

/// Whether the process at the other end may be told what this one has to say: the kernel knows its account.
fn trusted(stream: &UnixStream, target: &Target) -> Result<(), Error> {
    let peer = rustix::net::sockopt::socket_peercred(stream)
        .map_err(|error| Error::failed(format!("who runs the server cannot be told: {error}")))?;
    let uid = peer.uid.as_raw();
    let named = target.account.as_deref().and_then(account::uid_of);
    if uid == 0 || uid == account::own_uid() || Some(uid) == target.owner || Some(uid) == named {
        return Ok(());
    }
    if given_by_root(&target.path, uid) {
        return Ok(());
    }
    let who = account::of(uid);
    Err(Error::new(
        Code::Denied,
        format!("the server at {} is run by `{who}`, whom nothing here vouches for", target.path.display()),
    )
    .hint(format!("if that is right, write `server_account = \"{who}\"` into the settings")))
}

/// Whether the socket lies in a directory of that account which root alone can have put there, such as the
/// `RuntimeDirectory=` of a service below /run.
fn given_by_root(path: &Path, uid: u32) -> bool {
    let Some(parent) = path.parent().and_then(|parent| std::fs::canonicalize(parent).ok()) else {
        return false;
    };
    let meta = |path: &Path| std::fs::symlink_metadata(path).ok();
    let own = meta(&parent).is_some_and(|meta| {
        meta.is_dir() && meta.mode() & 0o002 == 0 && (meta.uid() == uid || meta.uid() == 0)
    });
    own && parent
        .ancestors()
        .skip(1)
        .all(|above| meta(above).is_some_and(|meta| meta.uid() == 0 && meta.mode() & 0o022 == 0))
}
