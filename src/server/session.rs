//! One session: from the first byte of a client to its last.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::bell::Bell;
use super::{STACK, Shared, page};
use crate::api::event::Event;
use crate::api::frame::{
    self, ANSWER_MOST, ClientMessage, Control, Decoder, Done, Greeting, HELLO_MOST, Hello, PROTOCOL,
    REQUEST_MOST, ServerMessage,
};
use crate::api::{Code, Error, Hush, Request, Response};
use crate::env::account;
use crate::service::{Login, Service, Session};

/// How long a client may be silent before its first frame.
const SILENCE: Duration = Duration::from_secs(5);
/// How long a frame may take.
const FRAME: Duration = Duration::from_secs(10);
/// How long a client may leave an answer unread that does not fit what the system keeps for it.
const UNREAD: Duration = Duration::from_secs(15);
/// Long requests of one session that are carried out beside the others.
const ASIDE: usize = 2;
/// Bytes read at once.
const READ: usize = 16 << 10;

/// A session as other threads see it.
pub(super) struct Handle {
    number: u64,
    uid: u32,
    stream: UnixStream,
    bell: Bell,
    inbox: Mutex<Inbox>,
}

/// What other threads have for the session.
#[derive(Default)]
struct Inbox {
    /// Answers to requests that were carried out aside.
    answers: VecDeque<Vec<u8>>,
    /// There is something in the service's queue.
    events: bool,
    locked: bool,
    end: bool,
}

impl Handle {
    pub(super) fn new(number: u64, uid: u32, stream: UnixStream) -> std::io::Result<Handle> {
        stream.set_write_timeout(Some(UNREAD))?;
        Ok(Handle { number, uid, stream, bell: Bell::new()?, inbox: Mutex::default() })
    }

    pub(super) fn uid(&self) -> u32 {
        self.uid
    }

    /// Ends the session after what it is doing.
    pub(super) fn end(&self) {
        self.inbox().end = true;
        self.bell.ring();
    }

    /// Ends the session now.
    pub(super) fn cut(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
        self.bell.ring();
    }

    pub(super) fn store_was_locked(&self) {
        self.inbox().locked = true;
        self.bell.ring();
    }

    fn events(&self) {
        self.inbox().events = true;
        self.bell.ring();
    }

    /// Leaves an answer to a request that was carried out aside.
    fn answer(&self, frame: Vec<u8>, aside: &AtomicUsize) {
        self.inbox().answers.push_back(frame);
        aside.fetch_sub(1, Ordering::SeqCst);
        self.bell.ring();
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a session ends.
enum End {
    /// The client has gone, or does not read.
    Gone,
    /// The client is told.
    Told(Error),
}

impl From<std::io::Error> for End {
    fn from(_: std::io::Error) -> End {
        End::Gone
    }
}

/// Serves a client until it or the server goes.
pub(super) fn run(shared: &Arc<Shared>, handle: &Arc<Handle>) {
    shared.log.info("session_begun", &[("session", &handle.number), ("uid", &handle.uid)]);
    let mut connection = Connection {
        shared,
        handle,
        decoder: Decoder::new(HELLO_MOST),
        account: String::new(),
        greeted: false,
        session: None,
        listening: false,
        events: false,
        aside: Arc::default(),
        since: shared.env.clock.elapsed(),
    };
    let ended = catch_unwind(AssertUnwindSafe(|| connection.serve()));
    let why = match ended {
        Ok(Err(End::Told(error))) => {
            connection.bye(&error);
            error.message
        }
        Ok(Ok(()) | Err(End::Gone)) => "gone".to_owned(),
        // The bug's own message is on stderr; the other sessions go on.
        Err(_) => "panic".to_owned(),
    };
    let _ = handle.stream.shutdown(Shutdown::Both);
    shared.log.info("session_ended", &[("session", &handle.number), ("why", &why)]);
}

struct Connection<'a> {
    shared: &'a Arc<Shared>,
    handle: &'a Arc<Handle>,
    decoder: Decoder,
    /// The name of the account at the other end.
    account: String,
    greeted: bool,
    /// The session in the store, and which unlocking of it that was.
    session: Option<(u64, Arc<Session>)>,
    listening: bool,
    /// News wait until the client can take them.
    events: bool,
    /// Requests being carried out on threads of their own.
    aside: Arc<AtomicUsize>,
    /// When the frame that is not whole began, or the connection did.
    since: Duration,
}

impl Connection<'_> {
    fn serve(&mut self) -> Result<(), End> {
        loop {
            self.deliver()?;
            let Some((readable, writable)) = self.sleep()? else { continue };
            if writable && self.events {
                self.send_events()?;
            }
            if readable {
                self.read()?;
            }
        }
    }

    /// What other threads left for this session.
    fn deliver(&mut self) -> Result<(), End> {
        self.handle.bell.hush();
        let Inbox { answers, events, locked, end } = std::mem::take(&mut *self.handle.inbox());
        for frame in answers {
            self.write(&frame)?;
        }
        if locked {
            // A session of the store that was locked; the next request finds what is there then.
            self.session = None;
            self.events = false;
            if self.listening {
                self.send(&ServerMessage::Event(Event::Locked))?;
            }
        }
        self.events |= events;
        if end {
            // Whoever asked something that takes long gets the answer first.
            while self.aside.load(Ordering::SeqCst) > 0 {
                let mut fds = [PollFd::new(&self.handle.bell, PollFlags::IN)];
                let limit = Timespec::try_from(FRAME).ok();
                let woken = poll(&mut fds, limit.as_ref());
                self.handle.bell.hush();
                let answers = std::mem::take(&mut self.handle.inbox().answers);
                for frame in answers {
                    self.write(&frame)?;
                }
                if matches!(woken, Ok(0)) {
                    break;
                }
            }
            return Err(End::Told(
                Error::new(Code::Locked, "the server ends").hint("try again when it is there again"),
            ));
        }
        Ok(())
    }

    /// Sleeps until the client sends, can take news, or another thread rings; nothing when only the time is over.
    fn sleep(&mut self) -> Result<Option<(bool, bool)>, End> {
        let now = self.shared.env.clock.elapsed();
        let limit = if !self.greeted {
            Some(SILENCE)
        } else if self.decoder.begun() {
            Some(FRAME)
        } else {
            None
        };
        let left = limit.map(|limit| (self.since + limit).saturating_sub(now));
        if left.is_some_and(|left| left.is_zero()) {
            let error = Error::failed("the client sent nothing, or only a part, for too long");
            return Err(if self.greeted { End::Told(error) } else { End::Gone });
        }
        let wanted = if self.events { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let mut fds =
            [PollFd::new(&self.handle.stream, wanted), PollFd::new(&self.handle.bell, PollFlags::IN)];
        let limit = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut fds, limit.as_ref()) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(std::io::Error::from(error).into()),
        }
        let [stream, _] = fds.map(|fd| fd.revents());
        let readable = stream.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
        Ok(Some((readable, stream.contains(PollFlags::OUT))))
    }

    /// Reads what has come, and does what is whole of it.
    fn read(&mut self) -> Result<(), End> {
        let mut buffer = [0; READ];
        let read = match (&self.handle.stream).read(&mut buffer) {
            Ok(0) => return Err(End::Gone),
            Ok(read) => read,
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        if !self.decoder.begun() && self.greeted {
            self.since = self.shared.env.clock.elapsed();
        }
        self.decoder.feed(buffer.get(..read).unwrap_or_default());
        let refused = |error: frame::FrameError| {
            End::Told(Error::usage(format!("what was sent is no message: {error}")))
        };
        if !self.greeted {
            match self.decoder.first::<Hello>() {
                Ok(Some(hello)) => self.greet(&hello)?,
                Ok(None) => return Ok(()),
                // Whoever talks another language is not answered in ours.
                Err(_) => return Err(End::Gone),
            }
        }
        while let Some(message) = self.decoder.next::<ClientMessage>().map_err(refused)? {
            match message {
                ClientMessage::Request { id, request } => self.request(id, request)?,
                ClientMessage::Control { id, control } => self.control(id, control)?,
            }
            self.since = self.shared.env.clock.elapsed();
            self.deliver()?;
        }
        Ok(())
    }

    fn greet(&mut self, hello: &Hello) -> Result<(), End> {
        self.account = account::of(self.handle.uid);
        let own = Hello::own();
        let greeting = if hello.callbook == PROTOCOL {
            match self.begin(&Login::default()) {
                Ok(Done::Open | Done::Health(_)) => Greeting::Welcome,
                Ok(Done::LoginWanted(error)) => Greeting::LoginWanted(error),
                Ok(Done::Locked) => Greeting::Locked,
                Err(error) => Greeting::Refused(error),
            }
        } else {
            Greeting::Refused(
                Error::new(
                    Code::Failed,
                    format!(
                        "the server is callbook {} (protocol {PROTOCOL}), this is callbook {:.40} (protocol {})",
                        own.program, hello.program, hello.callbook
                    ),
                )
                .hint("use the same version for both; restart the server after an upgrade"),
            )
        };
        let frame = frame::encode_first(&greeting).map_err(|_| End::Gone)?;
        self.write(&frame)?;
        if let Greeting::Refused(error) = greeting {
            self.shared.log.warn("refused", &[("uid", &self.handle.uid), ("code", &error.code)]);
            return Err(End::Gone);
        }
        self.greeted = true;
        self.since = self.shared.env.clock.elapsed();
        self.decoder.allow(REQUEST_MOST);
        Ok(())
    }

    /// Begins the session in the store, where it has not begun.
    fn begin(&mut self, login: &Login) -> Result<Done, Error> {
        let (handle, account) = (self.handle, &self.account);
        let (old, listening) = (self.session.take(), self.listening);
        let begun = self.shared.gate.with(|service, generation| {
            if let Some((of, session)) = old
                && of == generation
            {
                if !service.is_open(&session) {
                    return Err(deactivated(account));
                }
                return Ok((of, session));
            }
            let session = service.session_by_password(account, login)?;
            if listening {
                listen(service, &session, handle);
            }
            Ok((generation, Arc::new(session)))
        });
        match begun {
            None => Ok(Done::Locked),
            // Who this is has still to be said, or was said wrongly.
            Some(Err(error)) if error.code == Code::Locked => Ok(Done::LoginWanted(error)),
            Some(Err(error)) => Err(error),
            Some(Ok(session)) => {
                self.session = Some(session);
                Ok(Done::Open)
            }
        }
    }

    fn request(&mut self, id: u64, request: Request) -> Result<(), End> {
        let session = match self.begin(&Login::default()) {
            Ok(Done::LoginWanted(error)) => {
                return self.send(&ServerMessage::Answer { id, answer: Err(error) });
            }
            Ok(_) => self.session.as_ref().map(|(generation, session)| (*generation, Arc::clone(session))),
            Err(error) => return Err(End::Told(error)),
        };
        let Some((generation, session)) = session else {
            return self.send(&ServerMessage::Answer { id, answer: Err(locked()) });
        };
        let nature = request.nature();
        if nature.long() && self.aside.load(Ordering::SeqCst) < ASIDE {
            let (shared, handle, aside) =
                (Arc::clone(self.shared), Arc::clone(self.handle), Arc::clone(&self.aside));
            aside.fetch_add(1, Ordering::SeqCst);
            let work = move || {
                let frame = carry_out(&shared, &session, generation, id, request);
                handle.answer(frame, &aside);
            };
            let spawned =
                std::thread::Builder::new().name("request".to_owned()).stack_size(STACK).spawn(work);
            if spawned.is_err() {
                self.aside.fetch_sub(1, Ordering::SeqCst);
                let error = Error::failed("the server has no thread left").hint("try again later");
                return self.send(&ServerMessage::Answer { id, answer: Err(error) });
            }
            return Ok(());
        }
        let frame = carry_out(self.shared, &session, generation, id, request);
        self.write(&frame)
    }

    fn control(&mut self, id: u64, control: Control) -> Result<(), End> {
        let answer = match control {
            Control::Login { user, password } => {
                let login = Login { user, password: password.map(Hush::into_words) };
                match self.begin(&login) {
                    // Each failure is the answer to this try.
                    Ok(Done::LoginWanted(error)) => Err(error),
                    other => other,
                }
            }
            Control::Unlock(key) => match self.shared.gate.unlock(key) {
                Ok(()) => {
                    self.shared.log.info("unlocked", &[("session", &self.handle.number)]);
                    self.begin(&Login::default())
                }
                Err(error) => {
                    self.shared.log.warn(
                        "unlock_failed",
                        &[("session", &self.handle.number), ("uid", &self.handle.uid), ("code", &error.code)],
                    );
                    Err(error)
                }
            },
            Control::Lock => self.lock(),
            Control::Listen => {
                self.listening = true;
                let (handle, session) = (self.handle, &self.session);
                self.shared.gate.with(|service, generation| {
                    if let Some((of, session)) = session
                        && *of == generation
                    {
                        listen(service, session, handle);
                    }
                });
                Ok(if self.session.is_some() { Done::Open } else { Done::Locked })
            }
            Control::Health => Ok(Done::Health(self.shared.health())),
        };
        self.send(&ServerMessage::Done { id, answer })
    }

    /// Locks the store for everybody, if this user may: by role, or as the account the server itself runs under.
    fn lock(&mut self) -> Result<Done, Error> {
        let machine = self.handle.uid == 0 || self.handle.uid == account::own_uid();
        let role = || {
            self.session.as_ref().is_some_and(|(_, session)| {
                self.shared.gate.with(|service, _| service.may_lock(session)).unwrap_or(false)
            })
        };
        if !machine && !role() {
            return Err(Error::new(Code::Denied, "your role may not lock the store for everybody")
                .hint("ask the owner of the store or its administrator"));
        }
        self.session = None;
        self.shared.lock();
        Ok(Done::Locked)
    }

    fn send_events(&mut self) -> Result<(), End> {
        self.events = false;
        let Some((generation, session)) = &self.session else { return Ok(()) };
        let told = self.shared.gate.with(|service, current| {
            if current != *generation {
                return Ok(Vec::new());
            }
            if service.is_open(session) {
                Ok(service.events(session))
            } else {
                Err(deactivated(&self.account))
            }
        });
        let events = match told {
            None => return Ok(()),
            Some(Ok(events)) => events,
            Some(Err(error)) => return Err(End::Told(error)),
        };
        let mut bytes = Vec::new();
        for event in events {
            bytes.extend(frame::encode(&ServerMessage::Event(event), ANSWER_MOST).map_err(|_| End::Gone)?);
        }
        self.write(&bytes)
    }

    fn send(&self, message: &ServerMessage) -> Result<(), End> {
        let frame = frame::encode(message, ANSWER_MOST).map_err(|_| End::Gone)?;
        self.write(&frame)
    }

    /// Writes to the client; only this thread does. A client that does not read for too long is gone.
    fn write(&self, bytes: &[u8]) -> Result<(), End> {
        Ok((&self.handle.stream).write_all(bytes)?)
    }

    /// Says good-bye, if that can be done without waiting.
    fn bye(&self, error: &Error) {
        if self.greeted
            && let Ok(frame) = frame::encode(&ServerMessage::Bye(error.clone()), ANSWER_MOST)
            && self.handle.stream.set_nonblocking(true).is_ok()
        {
            let _ = (&self.handle.stream).write(&frame);
        }
    }
}

fn listen(service: &Service, session: &Session, handle: &Arc<Handle>) {
    let handle = Arc::clone(handle);
    service.listen(session, Box::new(move || handle.events()));
}

fn locked() -> Error {
    Error::new(Code::Locked, "the store is locked").hint("`callbook unlock` opens it for everybody")
}

fn deactivated(account: &str) -> Error {
    Error::new(Code::Denied, format!("the account `{account}` is no user of this store any more"))
        .hint("ask the owner of the store")
}

/// Asks the store, and gives the answer as a frame.
fn carry_out(shared: &Shared, session: &Session, generation: u64, id: u64, mut request: Request) -> Vec<u8> {
    page::cap(&mut request);
    let asked = shared.gate.with(|service, current| {
        if current != generation {
            return Err(locked());
        }
        // A bug in one request must not take the others' server away.
        let answer = catch_unwind(AssertUnwindSafe(|| service.call(session, request)))
            .unwrap_or_else(|_| Err(broken()));
        if let (Err(_), Some(why)) = (&answer, service.failure()) {
            shared.fail(why);
        }
        answer
    });
    let answer = asked.unwrap_or_else(|| Err(locked())).map(|mut response| {
        page::fit(&mut response);
        response
    });
    encode_answer(id, answer)
}

fn encode_answer(id: u64, answer: Result<Response, Error>) -> Vec<u8> {
    frame::encode(&ServerMessage::Answer { id, answer }, ANSWER_MOST).unwrap_or_else(|error| {
        let error = Error::failed(format!("the answer does not fit: {error}")).hint("ask for a smaller part");
        // This one fits.
        frame::encode(&ServerMessage::Answer { id, answer: Err(error) }, ANSWER_MOST).unwrap_or_default()
    })
}

fn broken() -> Error {
    Error::failed("this failed in a way it should not have")
        .hint("what was saved before is safe; please report it")
}
