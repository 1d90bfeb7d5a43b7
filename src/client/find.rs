//! Which server serves a store, if one does.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::api::frame::Greeting;
use crate::api::{Code, Error, place};
use crate::client::socket::{Remote, Target};

/// Where to look for a server.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The socket that is named; then no other is looked for.
    pub socket: Option<PathBuf>,
    /// The store's directory, if it is there.
    pub store: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`
    pub runtime: Option<PathBuf>,
    /// The account that is named as the server's.
    pub account: Option<String>,
}

impl Place {
    /// The sockets a server might listen on, the likeliest first.
    fn sockets(&self) -> Vec<PathBuf> {
        if let Some(socket) = &self.socket {
            return vec![socket.clone()];
        }
        let Some(store) = &self.store else { return Vec::new() };
        let mut sockets: Vec<PathBuf> = place::pointed(store).into_iter().collect();
        for socket in [place::usual(store, self.runtime.as_deref()), place::usual(store, None)] {
            if !sockets.contains(&socket) {
                sockets.push(socket);
            }
        }
        sockets
    }

    /// Connects to the server, if there is one.
    pub fn reach(&self) -> Result<Option<(Remote, Greeting)>, Error> {
        let owner =
            self.store.as_ref().and_then(|store| std::fs::metadata(store).ok()).map(|meta| meta.uid());
        for path in self.sockets() {
            let target = Target { path, owner, account: self.account.clone() };
            if let Some(reached) = Remote::reach(target)? {
                return Ok(Some(reached));
            }
        }
        Ok(None)
    }

    /// Connects to a server that is known to be there or to come: one that starts holds its store before it listens.
    pub fn reach_soon(&self) -> Result<Option<(Remote, Greeting)>, Error> {
        for wait in [0, 50, 100, 200, 400, 800, 1_600] {
            std::thread::sleep(std::time::Duration::from_millis(wait));
            if let Some(reached) = self.reach()? {
                return Ok(Some(reached));
            }
        }
        Ok(None)
    }
}

/// The error where a socket is named and nobody listens on it.
pub fn no_server(socket: &std::path::Path) -> Error {
    Error::new(Code::Locked, format!("no server listens on {}", socket.display()))
        .hint("start one with `callbook serve`, or leave --socket and CALLBOOK_SOCKET away")
}
