//! `callbook serve`: one store, many sessions.
//!
//! A thread accepts, a thread for each session reads requests and answers them, and each request goes through
//! [`Service::call`] like one of this process. Who asks is the uid that the kernel gives for the other end of the socket.
//!
//! Nothing a client does reaches another: each session's thread writes its own answers and waits for its own client; news
//! for it lie in a bounded queue of the service. What a client may not do is wait for ever before its first frame or in the
//! middle of one, or not read its answers: then it is cut off. Without anything to do, no thread wakes up but one a day, to
//! make a checkpoint of the history where it grew (the end makes one too), and where backups have a schedule, one four
//! times an hour.
//!
//! When a write fails, on a full disk, the store takes nothing any more until it is opened anew: then the server ends, with
//! an exit code that a service manager starts it again for.
//!
//! On SIGTERM: no new sessions; what was read is carried out and answered; everybody hears [`ServerMessage::Bye`]; after
//! [`PATIENCE`] the rest is cut off. What is on the disk is whole in any case.
//!
//! [`ServerMessage::Bye`]: crate::api::frame::ServerMessage::Bye

mod bell;
mod gate;
mod log;
pub mod notify;
mod page;
mod scheduled;
mod session;
mod socket;
mod sweep;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::api::frame::{self, Greeting, Health};
use crate::api::{Code, Error};
use crate::env::Env;
use crate::env::schedule::Schedule;
use crate::service::Service;
use crate::service::law::Configured;
use crate::service::open::StoreDir;

pub use crate::service::open::{Secret, hold, unlock_held};
pub use log::Log;
pub use scheduled::{Backups, Rotation};

use bell::Bell;
use gate::Gate;
use scheduled::Scheduled;
use session::Handle;
use socket::Bound;
use sweep::Sweeps;

/// How long the end waits for sessions to end.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a server that ends with its last client waits for the first, or for the next.
const FIRST: Duration = Duration::from_secs(20);
/// How long accepting rests when the process has no descriptors left.
const REST: Duration = Duration::from_millis(200);
/// How often a checkpoint is made while the server runs.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Stack of a session's thread. Only what is used takes memory.
const STACK: usize = 2 << 20;

/// Where the server listens.
pub enum Listen {
    At {
        path: PathBuf,
        mode: u32,
    },
    /// On a socket that the system made (systemd's socket activation).
    Given(UnixListener),
}

pub struct Options {
    pub listen: Listen,
    /// Sessions at once; each account may have half of them.
    pub most: usize,
    /// Ends so long after its last client.
    pub linger: Option<Duration>,
    pub log: Log,
    /// What the configuration says: roles, law.
    pub with: Configured,
    pub backups: Option<Backups>,
    /// When what has run out goes.
    pub sweeps: Option<Schedule>,
}

/// A server that listens.
pub struct Server {
    shared: Arc<Shared>,
    bound: Bound,
    stop: UnixStream,
    stopper: UnixStream,
    most: usize,
    linger: Option<Duration>,
}

/// What all threads see.
struct Shared {
    env: Env,
    gate: Gate,
    log: Log,
    sessions: Mutex<Registry>,
    /// A session ended.
    ended: Condvar,
    /// The same for the thread that accepts.
    bell: Bell,
    /// Why the store takes nothing any more.
    failed: OnceLock<String>,
    scheduled: Option<Scheduled>,
    sweeps: Option<Sweeps>,
    started: Duration,
    socket: String,
    on_demand: bool,
}

#[derive(Default)]
struct Registry {
    last: u64,
    sessions: HashMap<u64, Arc<Handle>>,
}

impl Shared {
    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handles(&self) -> Vec<Arc<Handle>> {
        self.registry().sessions.values().cloned().collect()
    }

    fn health(&self) -> Health {
        Health {
            pid: std::process::id(),
            sessions: self.registry().sessions.len() as u64,
            uptime: self.env.clock.elapsed().saturating_sub(self.started).as_secs(),
            socket: self.socket.clone(),
            locked: !self.gate.is_open(),
            on_demand: self.on_demand,
        }
    }

    /// The store was closed after a failure: the server ends, and whoever starts it anew finds out what the disk holds. One
    /// that stayed could only refuse everything.
    fn fail(&self, why: &str) {
        if self.failed.set(why.to_owned()).is_ok() {
            self.log.warn("store_failed", &[("why", &why)]);
            self.bell.ring();
        }
    }

    /// Makes a checkpoint of the log if it grew. The operator's own journal then holds what the store was at that time, where
    /// nobody who has only the store can change it.
    fn checkpoint(&self) {
        match self.gate.with(|service, _| service.checkpoint_if_grown()) {
            Some(Ok(Some(made))) => {
                self.log.info("checkpoint", &[("entries", &made.size), ("root", &made.root)]);
            }
            Some(Ok(None)) | None => {}
            Some(Err(error)) => self.log.warn("no_checkpoint", &[("code", &error.code)]),
        }
        // An escrow whose place was not reachable may be by now.
        if let Some(Err(error)) = self.gate.with(|service, _| service.refresh_pending(self.env.now())) {
            self.log.warn("no_escrow", &[("code", &error.code)]);
        }
    }

    /// Locks the store and tells everybody.
    fn lock(&self) {
        self.gate.lock();
        self.log.info("locked", &[]);
        for handle in self.handles() {
            handle.store_was_locked();
        }
    }
}

impl Server {
    /// Begins to listen, for a store that this process holds; without a service, the store is locked.
    pub fn start(
        options: Options,
        held: StoreDir,
        service: Option<Service>,
        env: &Env,
    ) -> Result<Server, Error> {
        let failed = |error: std::io::Error| Error::failed(format!("the server cannot start: {error}"));
        let mut bound = match options.listen {
            Listen::At { path, mode } => Bound::at(&path, mode)?,
            Listen::Given(listener) => Bound::given(listener),
        };
        bound.listener.set_nonblocking(true).map_err(failed)?;
        // A socket without a path, or one that others made, can still be named by hand.
        if bound.path.is_absolute() {
            bound.point(held.path())?;
        }
        let (stop, stopper) = UnixStream::pair().map_err(failed)?;
        raise_descriptors();
        let shared = Shared {
            env: env.clone(),
            log: options.log,
            sessions: Mutex::default(),
            ended: Condvar::new(),
            bell: Bell::new().map_err(failed)?,
            failed: OnceLock::new(),
            scheduled: options.backups.map(Scheduled::new),
            sweeps: options.sweeps.map(|schedule| Sweeps::new(schedule, env.now())),
            started: env.clock.elapsed(),
            socket: bound.path.display().to_string(),
            on_demand: options.linger.is_some(),
            gate: Gate::new(held, service, options.with, env),
        };
        shared.log.info(
            "listening",
            &[("pid", &std::process::id()), ("socket", &shared.socket), ("open", &shared.gate.is_open())],
        );
        let (most, linger) = (options.most, options.linger);
        Ok(Server { shared: Arc::new(shared), bound, stop, stopper, most, linger })
    }

    /// Where it listens.
    pub fn socket(&self) -> &std::path::Path {
        &self.bound.path
    }

    /// Whatever is written here ends the server.
    pub fn stopper(&self) -> std::io::Result<UnixStream> {
        self.stopper.try_clone()
    }

    /// Serves until it is stopped, or the last client has gone where that ends it.
    pub fn run(self) -> Result<(), Error> {
        let mut idle_since = self.shared.env.clock.elapsed();
        let mut patience = FIRST;
        let mut daily = idle_since + DAY;
        loop {
            let now = self.shared.env.clock.elapsed();
            if now >= daily {
                daily = now + DAY;
                let shared = Arc::clone(&self.shared);
                // Beside accepting: it waits for the disk. Without a thread left, the next day's makes up for it.
                drop(
                    std::thread::Builder::new()
                        .name("checkpoint".to_owned())
                        .spawn(move || shared.checkpoint()),
                );
            }
            let look = scheduled::begin_if_due(&self.shared).min(sweep::begin_if_due(&self.shared));
            let working = self.shared.scheduled.as_ref().is_some_and(Scheduled::is_running)
                || self.shared.sweeps.as_ref().is_some_and(Sweeps::is_running);
            let quiet = !working && self.shared.registry().sessions.is_empty();
            if !quiet {
                idle_since = now;
                patience = self.linger.unwrap_or(FIRST);
            }
            let left = match self.linger {
                Some(_) if quiet => Some((idle_since + patience).saturating_sub(now)),
                Some(_) | None => None,
            };
            if left.is_some_and(|left| left.is_zero()) {
                self.shared.log.info("idle", &[]);
                break;
            }
            let wake = left.unwrap_or(DAY).min(daily.saturating_sub(now)).min(look);
            let (connects, stops) = self.sleep(wake)?;
            if stops {
                self.shared.log.info("stopping", &[]);
                break;
            }
            self.shared.bell.hush();
            if self.shared.failed.get().is_some() {
                break;
            }
            if connects {
                self.accept();
                // Sessions that came and went at once count too.
                idle_since = self.shared.env.clock.elapsed();
            }
        }
        let shared = Arc::clone(&self.shared);
        self.finish();
        match shared.failed.get() {
            Some(why) => Err(Error::failed(format!("the server ended, for the store failed: {why}"))
                .hint("look at the disk and its free space, then start again")),
            None => Ok(()),
        }
    }

    fn sleep(&self, left: Duration) -> Result<(bool, bool), Error> {
        let limit = Timespec::try_from(left).ok();
        let mut fds = [
            PollFd::new(&self.bound.listener, PollFlags::IN),
            PollFd::new(&self.stop, PollFlags::IN),
            PollFd::new(&self.shared.bell, PollFlags::IN),
        ];
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok((false, false)),
            Err(error) => return Err(Error::failed(format!("the server cannot wait: {error}"))),
        }
        let [listener, stop, _] = fds.map(|fd| !fd.revents().is_empty());
        Ok((listener, stop))
    }

    fn accept(&self) {
        loop {
            match self.bound.listener.accept() {
                Ok((stream, _)) => self.admit(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error)
                    if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
                Err(error) => {
                    // No descriptors or no memory: until a session ends, or for a moment; sessions go on.
                    self.shared.log.warn("accept_failed", &[("error", &error)]);
                    let registry = self.shared.registry();
                    let waited = self.shared.ended.wait_timeout(registry, REST);
                    drop(waited);
                    return;
                }
            }
        }
    }

    /// Begins a session, or says why not.
    fn admit(&self, stream: UnixStream) {
        let uid = match rustix::net::sockopt::socket_peercred(&stream) {
            Ok(peer) => peer.uid.as_raw(),
            Err(error) => {
                self.shared.log.warn("no_peer", &[("error", &error)]);
                return;
            }
        };
        // Descriptors accepted from a listener do not inherit its mode on Linux, but say it.
        let begun = stream.set_nonblocking(false).and_then(|()| {
            let mut registry = self.shared.registry();
            let own = registry.sessions.values().filter(|handle| handle.uid() == uid).count();
            if registry.sessions.len() >= self.most || own >= self.most.div_ceil(2) {
                drop(registry);
                turn_away(&stream);
                self.shared.log.warn("too_many", &[("uid", &uid)]);
                return Ok(());
            }
            registry.last += 1;
            let number = registry.last;
            let handle = Arc::new(Handle::new(number, uid, stream)?);
            let shared = Arc::clone(&self.shared);
            let own = Arc::clone(&handle);
            std::thread::Builder::new().name(format!("session {number}")).stack_size(STACK).spawn(
                move || {
                    session::run(&shared, &own);
                    shared.registry().sessions.remove(&number);
                    shared.ended.notify_all();
                    shared.bell.ring();
                },
            )?;
            registry.sessions.insert(number, handle);
            Ok(())
        });
        if let Err(error) = begun {
            self.shared.log.warn("no_session", &[("error", &error)]);
        }
    }

    /// Ends sessions, then the store, within five seconds.
    fn finish(self) {
        let Server { shared, bound, .. } = self;
        if let Some(scheduled) = &shared.scheduled {
            scheduled.stop();
        }
        if let Some(sweeps) = &shared.sweeps {
            sweeps.stop();
        }
        // From here on nobody finds the server, but those who are connected are served to the end.
        drop(bound);
        for handle in shared.handles() {
            handle.end();
        }
        let all_gone = |patience| {
            let registry = shared.registry();
            let waited = shared.ended.wait_timeout_while(registry, patience, |all| !all.sessions.is_empty());
            waited.map_or(0, |(registry, _)| registry.sessions.len())
        };
        let left = all_gone(PATIENCE);
        if left > 0 {
            shared.log.warn("cut_off", &[("sessions", &left)]);
            for handle in shared.handles() {
                handle.cut();
            }
        }
        // A request that takes longer than everybody's patience is not waited for: it was not acknowledged.
        let closing = Arc::clone(&shared);
        let (done, closed) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("closing".to_owned()).spawn(move || {
            closing.checkpoint();
            closing.gate.lock();
            // Nobody waits any more when the patience was too short.
            let _ = done.send(());
        });
        if thread.is_ok() {
            let _ = closed.recv_timeout(PATIENCE / 8);
        }
        shared.log.info("ended", &[]);
    }
}

/// Tells a client that there is no room. It is not waited for.
fn turn_away(stream: &UnixStream) {
    let error = Error::new(Code::Locked, "the server has as many sessions as it may have")
        .hint("close other sessions, or try again later");
    if let Ok(bytes) = frame::encode_first(&Greeting::Refused(error)) {
        let _ = stream.set_nonblocking(true);
        let _ = (&*stream).write(&bytes);
        let _ = stream.shutdown(Shutdown::Write);
    }
}

/// Two descriptors for each session may be more than a process gets without asking.
fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        // Without it there are fewer sessions.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
}
