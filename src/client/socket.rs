//! The door through a socket: requests to a server, with a connection that is made anew when it breaks.
//!
//! What is asked again by itself: whatever was certainly not taken by the server, and what only reads
//! ([`Nature::repeatable`](crate::api::Nature::repeatable)). A change whose answer got lost is never sent a second time:
//! the error says that nobody knows, and the person looks.

mod link;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::api::frame::{Control, Done, Greeting, Health, Key};
use crate::api::{Code, Error, Event, Export, Hush, List, Request, Response};
use crate::client::{Client, Door, Ear};

pub use link::Target;
use link::{Failure, Link, Question, Reply, Unreached, gone};

/// Waits between two tries to reach a server that is being restarted, for a request somebody waits for.
const SOON: [u64; 5] = [20, 80, 200, 400, 800];
/// The longest wait between two tries in the background.
const LATER: Duration = Duration::from_secs(2);

/// A server that was reached. Cheap to clone; clones are the same session.
#[derive(Clone)]
pub struct Remote {
    inner: Arc<Inner>,
}

struct Inner {
    target: Target,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    link: Option<Arc<Link>>,
    ear: Option<Ear>,
    /// Who this is, where that had to be said.
    login: Option<Control>,
    /// The server was started on demand: when it is gone, nobody but a client starts it anew.
    on_demand: bool,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(link) = self.state().link.take() {
            link.close();
        }
    }
}

impl Remote {
    /// Connects to a server; nothing when none listens there.
    pub fn reach(target: Target) -> Result<Option<(Remote, Greeting)>, Error> {
        let remote = Remote { inner: Arc::new(Inner { target, state: Mutex::default() }) };
        match remote.connect() {
            Ok((_, greeting)) => Ok(Some((remote, greeting))),
            Err(Unreached::Nobody) => Ok(None),
            Err(Unreached::Refused(error)) => Err(error),
        }
    }

    pub fn client(&self) -> Client {
        Client::new(Arc::new(self.clone()))
    }

    /// Unlocks the store for everybody; where it is open, says whether the key is right.
    pub fn unlock(&self, key: Key) -> Result<Done, Error> {
        self.control(Control::Unlock(key))
    }

    /// Says who this is, where the account alone does not.
    pub fn login(&self, user: Option<String>, password: Option<Hush>) -> Result<Done, Error> {
        let login = Control::Login { user, password };
        let done = self.control(login.clone())?;
        self.inner.state().login = Some(login);
        Ok(done)
    }

    /// Locks the store for everybody.
    pub fn lock(&self) -> Result<(), Error> {
        self.control(Control::Lock).map(drop)
    }

    pub fn health(&self) -> Result<Health, Error> {
        match self.control(Control::Health)? {
            Done::Health(health) => Ok(health),
            Done::Open | Done::LoginWanted(_) | Done::Locked => Err(another()),
        }
    }

    pub fn control(&self, control: Control) -> Result<Done, Error> {
        match self.link()?.ask(Question::Control(control)) {
            Ok(Reply::Done(done)) => done,
            Ok(Reply::Answer(_)) => Err(another()),
            Err(Failure::NotSent(error) | Failure::Lost(error)) => Err(error),
        }
    }

    /// The connection there is.
    fn link(&self) -> Result<Arc<Link>, Error> {
        let mut waits = SOON.iter();
        loop {
            let there = self.inner.state().link.clone();
            if let Some(link) = there
                && !link.is_over()
            {
                return Ok(link);
            }
            match (self.connect(), waits.next()) {
                (Ok((link, Greeting::Welcome | Greeting::Locked)), _) => return Ok(link),
                (Ok((_, Greeting::LoginWanted(error) | Greeting::Refused(error))), _)
                | (Err(Unreached::Refused(error)), _) => return Err(error),
                (Err(Unreached::Nobody), Some(wait)) => std::thread::sleep(Duration::from_millis(*wait)),
                (Err(Unreached::Nobody), None) => return Err(gone("nobody listens on its socket")),
            }
        }
    }

    /// Makes a new connection; two threads that find the old one broken make one.
    fn connect(&self) -> Result<(Arc<Link>, Greeting), Unreached> {
        let mut state = self.inner.state();
        if let Some(link) = state.link.clone()
            && !link.is_over()
        {
            return Ok((link, Greeting::Welcome));
        }
        let (heard, ended) = (Arc::downgrade(&self.inner), Arc::downgrade(&self.inner));
        let ear = move |event| {
            if let Some(inner) = heard.upgrade() {
                let ear = inner.state().ear.clone();
                if let Some(ear) = ear {
                    ear(event);
                }
            }
        };
        let (link, mut greeting) = Link::open(&self.inner.target, ear, move || lost(&ended))?;
        // Who this is was said once; the new connection is told the same before anybody asks through it.
        if let (Greeting::LoginWanted(_), Some(login)) = (&greeting, &state.login) {
            match link.ask(Question::Control(login.clone())) {
                Ok(Reply::Done(Ok(Done::Open))) => greeting = Greeting::Welcome,
                Ok(Reply::Done(Err(error))) => greeting = Greeting::LoginWanted(error),
                Ok(Reply::Done(Ok(_)) | Reply::Answer(_)) | Err(_) => {}
            }
        }
        if let Some(ear) = state.ear.clone() {
            let listening = Arc::clone(&link);
            // What happened until the server listens to this is made up for by `Back`.
            let event = if greeting == Greeting::Locked { Event::Locked } else { Event::Back };
            let spawned = std::thread::Builder::new().name("listen".to_owned()).spawn(move || {
                if listening.ask(Question::Control(Control::Listen)).is_ok() {
                    ear(event);
                }
            });
            if spawned.is_err() {
                link.close();
            }
        }
        state.link = Some(Arc::clone(&link));
        Ok((link, greeting))
    }

    fn ask(&self, request: Request) -> Result<Response, Error> {
        let nature = request.nature();
        let mut again = true;
        loop {
            // Only what may be sent twice is kept for that.
            let question = Question::Request(request.clone());
            match self.link()?.ask(question) {
                Ok(Reply::Answer(answer)) => return answer,
                Ok(Reply::Done(_)) => return Err(another()),
                Err(Failure::NotSent(_)) if again => again = false,
                Err(Failure::Lost(_)) if again && nature.repeatable() => again = false,
                Err(Failure::NotSent(error)) => return Err(error),
                Err(Failure::Lost(error)) if nature.repeatable() => return Err(error),
                Err(Failure::Lost(error)) => {
                    let message = format!("{}; nobody knows whether the change was saved", error.message);
                    return Err(Error::new(Code::Interrupted, message)
                        .hint("look whether it is there before you try again"));
                }
            }
        }
    }

    /// Asks for a list page by page, as the server gives it, until there is as much as was asked for.
    fn list(&self, mut list: List) -> Result<Response, Error> {
        let wanted = list.window.limit.unwrap_or(u64::MAX);
        let Response::List(mut whole) = self.ask(Request::List(list.clone()))? else { return Err(another()) };
        loop {
            let got = whole.items.len() as u64;
            let Some(last) = whole.items.last() else { break };
            if got >= wanted || whole.offset + got >= whole.total {
                break;
            }
            list.window.after = Some(last.id);
            list.window.limit = Some(wanted - got);
            let Response::List(page) = self.ask(Request::List(list.clone()))? else { return Err(another()) };
            if page.items.is_empty() {
                break;
            }
            whole.items.extend(page.items);
        }
        Ok(Response::List(whole))
    }

    fn export(&self, mut export: Export) -> Result<Response, Error> {
        let wanted = export.window.limit.unwrap_or(u64::MAX);
        let first = self.ask(Request::Export(export.clone()))?;
        let Response::Export(mut whole) = first else { return Err(another()) };
        loop {
            let got = whole.page.items.len() as u64;
            let Some(last) = whole.page.items.last() else { break };
            if got >= wanted || whole.page.offset + got >= whole.page.total {
                break;
            }
            export.window.after = Some(last.id);
            export.window.limit = Some(wanted - got);
            let next = self.ask(Request::Export(export.clone()))?;
            let Response::Export(more) = next else { return Err(another()) };
            if more.page.items.is_empty() {
                break;
            }
            whole.page.items.extend(more.page.items);
            whole.notes.extend(more.notes);
        }
        Ok(Response::Export(whole))
    }
}

impl Door for Remote {
    fn request(&self, request: Request) -> Result<Response, Error> {
        match request {
            Request::List(list) => self.list(list),
            Request::Export(export) => self.export(export),
            other => self.ask(other),
        }
    }

    fn listen(&self, ear: Ear) {
        let link = {
            let mut state = self.inner.state();
            state.ear = Some(Arc::clone(&ear));
            state.link.clone()
        };
        if let Some(link) = link {
            // When it fails, the connection is lost, and a new one listens.
            if link.ask(Question::Control(Control::Listen)).is_ok() {
                ear(Event::Live);
            }
            if let Ok(Reply::Done(Ok(Done::Health(health)))) = link.ask(Question::Control(Control::Health)) {
                self.inner.state().on_demand = health.on_demand;
            }
        }
    }
}

fn another() -> Error {
    Error::failed("the server answered another question than was asked")
}

/// Tries to reach a server on demand again before it is told that it has ended: another screen may be starting it.
const ENDED: u32 = 4;

/// Tells whoever listens that the connection is lost, and tries to have it back for as long as somebody cares.
fn lost(inner: &Weak<Inner>) {
    let mut wait = Duration::from_millis(50);
    let mut tries = 0_u32;
    loop {
        // Upgraded for each try only: whoever lets go of the door ends this.
        let Some(inner) = inner.upgrade() else { return };
        let (ear, on_demand) = {
            let state = inner.state();
            let Some(ear) = state.ear.clone() else { return };
            if state.link.as_ref().is_some_and(|link| !link.is_over()) {
                return;
            }
            (ear, state.on_demand)
        };
        if tries == 0 {
            ear(Event::Lost);
        }
        match (Remote { inner }).connect() {
            // Refused: asking again would not help, and the next request says why.
            Ok(_) | Err(Unreached::Refused(_)) => return,
            Err(Unreached::Nobody) => {}
        }
        tries = tries.saturating_add(1);
        if on_demand && tries == ENDED {
            ear(Event::Ended);
        }
        drop(ear);
        std::thread::sleep(wait);
        wait = (wait * 2).min(LATER);
    }
}
