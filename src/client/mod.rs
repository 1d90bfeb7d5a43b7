//! The one way from a command or a screen to the service: every call is a [`Request`].

#[cfg(test)]
pub(crate) mod fake;
pub mod find;
pub mod lists;
pub mod open;
pub mod proof;
pub mod recover;
pub mod socket;
pub mod spawn;
pub mod transfer;

pub use crate::service::check;
pub use crate::service::index::{FieldKind, Highlighter};

use std::sync::Arc;

use crate::api::{Call, Code, Error, Event, Request, Response};

/// Whatever answers requests: a service in this process, or a socket.
pub trait Door: Send + Sync {
    fn request(&self, request: Request) -> Result<Response, Error>;

    /// From now on `ear` hears what happens elsewhere. A door without other sessions behind it has nothing to tell.
    fn listen(&self, ear: Ear) {
        drop(ear);
    }
}

/// Hears events, on a thread of the door's. It must not ask anything through the same door.
pub type Ear = Arc<dyn Fn(Event) + Send + Sync>;

/// A connection to a store. Cheap to clone; clones are the same session.
#[derive(Clone)]
pub struct Client {
    door: Arc<dyn Door>,
}

impl Client {
    pub fn new(door: Arc<dyn Door>) -> Client {
        Client { door }
    }

    /// Asks, and waits for the answer.
    pub fn call<C: Call>(&self, call: C) -> Result<C::Answer, Error> {
        let response = self.door.request(call.into_request())?;
        C::answer(response)
            .ok_or_else(|| Error::new(Code::Failed, "the store answered another question than was asked"))
    }

    /// From now on `ear` hears what happens elsewhere.
    pub fn listen(&self, ear: Ear) {
        self.door.listen(ear);
    }

    /// Asks a request whose type is not known here, and waits for the answer.
    pub fn request(&self, request: Request) -> Result<Response, Error> {
        self.door.request(request)
    }
}
