//! The one thread that owns the store, and commits in groups.
//!
//! Requests come as closures through a channel. The thread runs those that wait, one after the other, each seeing what
//! the ones before it staged; then one batch and one fdatasync for all of them; then it answers them. So a
//! hundred writers cost little more than one, and nobody is answered before the disk has it. Reads that come in
//! between wait for the commit: nobody sees what could still be lost.
//!
//! A transaction that forgets people ([`WriteTxn::forget`]) is the last of its group: when it is on the disk, their keys are
//! destroyed, and only then anybody is answered.
//!
//! A failed commit closes the store: what is on disk is unknown until it is opened again, so nothing is tried again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use super::StoreError;
use super::codec::{self, Head, Header};
use super::envelope::{self, Place};
use super::keyring::Slot;
use super::log;
use super::merkle::tree::Frontier;
use super::reader::Reader;
use super::table;
use super::txn::{Origin, Overlay, State, WriteTxn, batch_of, bytes_of};
use crate::domain::id::SubjectId;

/// Requests in one group, at most.
const GROUP_JOBS: usize = 512;
/// Staged bytes after which a group is committed.
const GROUP_BYTES: usize = 4 << 20;

type ReadJob = Box<dyn FnOnce(&Reader<'_>) + Send>;

/// A change that waits for its commit.
trait WriteJob: Send {
    /// Stages it; `false` when it was refused and nothing of it shall land.
    fn run(&mut self, txn: &mut WriteTxn<'_>) -> bool;
    /// Answers, after the commit.
    fn finish(self: Box<Self>, committed: Result<(), String>);
}

enum Job {
    Read(ReadJob),
    Write(Origin, Box<dyn WriteJob>),
}

/// A handle on the storage thread; the store closes when it is dropped.
pub struct Store {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    failure: Arc<OnceLock<String>>,
}

impl Store {
    pub(super) fn start(state: State) -> Result<Store, StoreError> {
        let (jobs, waiting) = channel();
        let failure = Arc::new(OnceLock::new());
        let mut engine = Engine { state, closed: Arc::clone(&failure) };
        engine.complete_forgetting()?;
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || engine.run(&waiting))
            .map_err(|error| StoreError::Closed(error.to_string()))?;
        Ok(Store { jobs: Some(jobs), thread: Some(thread), failure })
    }

    /// Why the store was closed, if a commit failed.
    pub fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// Runs `f` on committed data.
    pub fn read<R, E>(&self, f: impl FnOnce(&Reader<'_>) -> Result<R, E> + Send + 'static) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = channel();
        let job: ReadJob = Box::new(move |reader| {
            let result = f(reader);
            // Whoever asked may be gone; the answer is then nobody's.
            let _ = reply.send(result);
        });
        self.send(Job::Read(job))?;
        answer.recv().unwrap_or_else(|_| Err(closed().into()))
    }

    /// Runs `f` in a transaction and answers when it is durable. When `f` fails, nothing of it lands.
    pub fn write<R, E>(
        &self,
        origin: Origin,
        f: impl FnOnce(&mut WriteTxn<'_>) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = channel();
        self.send(Job::Write(origin, Box::new(Pending { f: Some(f), result: None, reply })))?;
        answer.recv().unwrap_or_else(|_| Err(closed().into()))
    }

    /// Runs `f` in a transaction that nobody waits for: whether it lands, nobody is told.
    pub fn post(
        &self,
        origin: Origin,
        f: impl FnOnce(&mut WriteTxn<'_>) -> Result<(), StoreError> + Send + 'static,
    ) {
        let (reply, _) = channel();
        // A store that was closed after a failure takes nothing any more.
        let _ = self.send(Job::Write(origin, Box::new(Pending { f: Some(f), result: None, reply })));
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(closed)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // The thread only ends by itself; if it panicked, its own message said so.
            let _ = thread.join();
        }
    }
}

fn closed() -> StoreError {
    StoreError::Closed("the storage thread ended".to_owned())
}

struct Pending<F, R, E> {
    f: Option<F>,
    result: Option<Result<R, E>>,
    reply: Sender<Result<R, E>>,
}

impl<F, R, E> WriteJob for Pending<F, R, E>
where
    F: FnOnce(&mut WriteTxn<'_>) -> Result<R, E> + Send,
    R: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, txn: &mut WriteTxn<'_>) -> bool {
        self.result = self.f.take().map(|f| f(txn));
        matches!(self.result, Some(Ok(_)))
    }

    fn finish(self: Box<Self>, committed: Result<(), String>) {
        let result = match (self.result, committed) {
            (Some(Ok(_)), Err(why)) | (None, Err(why)) => Err(StoreError::Closed(why).into()),
            (Some(result), _) => result,
            (None, Ok(())) => Err(StoreError::Closed("a request failed half-way".to_owned()).into()),
        };
        let _ = self.reply.send(result);
    }
}

/// What a transaction left for its group.
#[derive(Default)]
struct Staged {
    bytes: usize,
    forget: Vec<(SubjectId, Slot)>,
}

pub(super) struct Engine {
    pub(super) state: State,
    /// Why nothing is done any more.
    closed: Arc<OnceLock<String>>,
}

impl Engine {
    fn run(mut self, waiting: &Receiver<Job>) {
        loop {
            let first = match waiting.try_recv() {
                Ok(first) => first,
                // What was put off is done in pieces, for as long as nobody asks for anything.
                Err(TryRecvError::Empty) if self.tidy() => continue,
                Err(TryRecvError::Empty) => match waiting.recv() {
                    Ok(first) => first,
                    Err(_) => return,
                },
                Err(TryRecvError::Disconnected) => return,
            };
            self.group(first, waiting);
            self.tidy();
        }
    }

    /// Does some of what the backend put off; whether there is more of it.
    fn tidy(&mut self) -> bool {
        if self.closed.get().is_some() {
            return false;
        }
        self.state.backend.tidy().unwrap_or_else(|error| {
            // Nobody who was answered is concerned: what they were promised is on the disk.
            let _ = self.closed.set(error.to_string());
            false
        })
    }

    /// Everything that waits, up to the bounds of a group, and one commit for it.
    fn group(&mut self, first: Job, waiting: &Receiver<Job>) {
        let mut overlay = Overlay::new();
        let mut headers: Vec<Header> = Vec::new();
        let mut writes: Vec<Box<dyn WriteJob>> = Vec::new();
        let mut reads: Vec<ReadJob> = Vec::new();
        let mut bytes = 0;
        let digest = self.state.digest;
        let mut forget = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Read(read) => reads.push(read),
                Job::Write(_, write) if self.closed.get().is_some() => writes.push(write),
                Job::Write(origin, mut write) => {
                    let staged = self.stage(origin, write.as_mut(), &mut overlay, &mut headers);
                    bytes += staged.bytes;
                    forget = staged.forget;
                    writes.push(write);
                }
            }
            if !forget.is_empty() || reads.len() + writes.len() >= GROUP_JOBS || bytes >= GROUP_BYTES {
                break;
            }
            next = waiting.try_recv().ok();
        }
        let committed = match self.closed.get() {
            Some(why) => Err(why.clone()),
            None if overlay.is_empty() => Ok(()),
            None => self
                .commit(overlay, &headers, self.state.digest != digest)
                .and_then(|()| self.destroy_keys(&forget))
                .map_err(|error| error.to_string()),
        };
        if let Err(why) = &committed {
            // It stays what it was first.
            let _ = self.closed.set(why.clone());
        }
        for write in writes {
            write.finish(committed.clone());
        }
        let nothing = Overlay::new();
        for read in reads {
            let reader = Reader::new(&self.state, &nothing, &nothing, &self.state.frontier);
            // A panic is a bug of the request; its asker gets an error because the answer never comes.
            let _ = catch_unwind(AssertUnwindSafe(|| read(&reader)));
        }
    }

    /// Runs one transaction on top of the group.
    fn stage(
        &mut self,
        origin: Origin,
        write: &mut dyn WriteJob,
        group: &mut Overlay,
        headers: &mut Vec<Header>,
    ) -> Staged {
        let (digest, records) = (self.state.digest, self.state.records);
        let first_seq = self.state.frontier.size() + headers.len() as u64;
        let mut txn = WriteTxn {
            state: &mut self.state,
            group,
            own: Overlay::new(),
            origin,
            first_seq,
            headers: Vec::new(),
            digest,
            records,
            touched: Vec::new(),
            places: std::collections::HashMap::new(),
            former: std::collections::HashMap::new(),
            forget: Vec::new(),
            buried: Vec::new(),
        };
        let keep = catch_unwind(AssertUnwindSafe(|| write.run(&mut txn))).unwrap_or(false);
        if !keep {
            return Staged::default();
        }
        let WriteTxn { own, headers: new, digest, records, forget, buried, .. } = txn;
        let bytes = bytes_of(&own);
        group.extend(own);
        headers.extend(new);
        self.state.digest = digest;
        self.state.records = records;
        for subject in buried {
            self.state.dying.remove(&subject);
        }
        Staged { bytes, forget }
    }

    /// Runs one transaction and commits it, before there is anybody else.
    pub(super) fn run_alone<R: Send>(
        &mut self,
        origin: Origin,
        f: impl FnOnce(&mut WriteTxn<'_>) -> Result<R, StoreError> + Send,
    ) -> Result<R, StoreError> {
        let (reply, answer) = channel();
        let mut pending = Pending { f: Some(f), result: None, reply };
        let (mut overlay, mut headers) = (Overlay::new(), Vec::new());
        let digest = self.state.digest;
        self.stage(origin, &mut pending, &mut overlay, &mut headers);
        if !overlay.is_empty() {
            self.commit(overlay, &headers, self.state.digest != digest)?;
        }
        Box::new(pending).finish(Ok(()));
        answer.recv().unwrap_or_else(|_| Err(closed()))
    }

    /// Commits what was staged. `rows` says that live rows changed, entries in the log or not.
    fn commit(&mut self, mut overlay: Overlay, headers: &[Header], rows: bool) -> Result<(), StoreError> {
        let mut frontier = self.state.frontier.clone();
        // Without an entry no record has changed, and neither edge nor digest: then only readings are staged, and the
        // state of a damaged store is not sealed anew by somebody who looks at it.
        if rows || !headers.is_empty() {
            self.extend_log(&mut frontier, &mut overlay, headers)?;
        }
        self.state.backend.apply(batch_of(overlay))?;
        self.state.backend.sync()?;
        self.state.frontier = frontier;
        Ok(())
    }

    /// Stages the rows of the log for new entries, and its head.
    fn extend_log(
        &self,
        frontier: &mut Frontier,
        overlay: &mut Overlay,
        headers: &[Header],
    ) -> Result<(), StoreError> {
        let backend = &self.state.backend;
        let extension = log::extend(frontier, headers, |group| {
            Ok(backend.get(&log::leaves_key(group))?.unwrap_or_default())
        })?;
        for (key, value) in extension.rows {
            overlay.insert(key, Some(value));
        }
        for (id, plain) in extension.pages {
            let sealed = self.seal(table::HEADERS, id, &plain)?;
            overlay.insert(table::log_key(table::HEADERS, &id), Some(sealed));
        }
        let head =
            Head { frontier: frontier.encode(), digest: self.state.digest.0, records: self.state.records };
        let sealed = self.seal(table::HEAD, [0; 16], &codec::encode(&head)?)?;
        overlay.insert(table::log_key(table::HEAD, &[0; 16]), Some(sealed));
        Ok(())
    }

    fn seal(&self, table: u8, id: [u8; 16], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let place = Place { table, subject: SubjectId::NOBODY, id, chunk: 0 };
        let salt = self.state.env.random();
        let key = self.state.keyring.store_key()?;
        Ok(envelope::seal(key, &place, self.state.store, codec::SCHEMA, Slot::STORE, salt, plain)?)
    }
}
