//! What crosses the socket, byte by byte.
//!
//! A frame is a length (u32, little-endian) and so many bytes. The first frame in each direction is JSON, so that any two
//! versions of the program understand each other as far as to say that they do not fit: [`Hello`] from the client,
//! [`Greeting`] from the server. All others are [`ClientMessage`] and [`ServerMessage`] in bincode 1.3, integers of variable
//! length, no byte left over. A change of any type in them is a new [`PROTOCOL`].
//!
//! ```text
//! client                          server
//! Hello{protocol, program}   ──▶
//!                            ◀──  Greeting: Welcome | LoginWanted | Locked | Refused(error)
//! Request{id, request}       ──▶
//!                            ◀──  Answer{id, answer}      in any order; ids are the client's own
//! Control{id, control}       ──▶
//!                            ◀──  Done{id, answer}
//!                            ◀──  Event(event)            after Control::Listen
//!                            ◀──  Bye(error)              the last one
//! ```
//! Nothing in a message says who asks: that is the uid the kernel tells the server.

use bincode::Options;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::api::{Error, Event, Hush, Request, Response};

/// The version of what crosses the socket.
pub const PROTOCOL: u16 = 2;
/// Bytes of the longest first frame.
pub const HELLO_MOST: usize = 1 << 10;
/// Bytes of the longest message to the server: a note of 1 MiB, or 100 000 ids, and what goes with it. Whoever sends this
/// much makes the server take some fifty times as much of memory for a moment.
pub const REQUEST_MOST: usize = 2 << 20;
/// Bytes of the longest message from the server. Lists travel as pages, which stay far below it.
pub const ANSWER_MOST: usize = 64 << 20;
/// Bytes that the length takes.
const HEAD: usize = 4;

/// Why bytes are no message.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of {0} bytes is longer than {1}")]
    TooLong(usize, usize),
    #[error("a frame holds no message of this protocol")]
    Malformed,
    #[error("a frame is empty")]
    Empty,
}

/// The first frame of a client.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`]. The name of the field tells the program apart from whoever else might connect.
    pub callbook: u16,
    /// The client's version, for messages to people.
    pub program: String,
}

impl Hello {
    pub fn own() -> Hello {
        Hello { callbook: PROTOCOL, program: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// The first frame of the server.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Greeting {
    /// The session has begun.
    Welcome,
    /// The session begins once it was said who this is: [`Control::Login`].
    LoginWanted(Error),
    /// The store is locked: [`Control::Unlock`].
    Locked,
    /// There will be no session.
    Refused(Error),
}

/// What unlocks a store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Key {
    Passphrase(Hush),
    Recovery(Hush),
    /// The text of a key file.
    KeyFile(Hush),
}

/// What a client says to the server itself, not to the store.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Control {
    /// Which user of a shared account this is, and the user's own password.
    Login { user: Option<String>, password: Option<Hush> },
    /// Unlocks the store; where it is open, only says whether the key is right.
    Unlock(Key),
    /// Locks the store, for all sessions.
    Lock,
    /// From now on events are wanted.
    Listen,
    /// How the server itself is.
    Health,
}

/// What a control was answered with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Done {
    /// The session has begun, or goes on.
    Open,
    LoginWanted(Error),
    Locked,
    Health(Health),
}

/// How the server is; no personal data.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Health {
    pub pid: u32,
    pub sessions: u64,
    /// Seconds since the server started.
    pub uptime: u64,
    pub socket: String,
    pub locked: bool,
    /// Ends with its last client.
    pub on_demand: bool,
}

/// What a server that was started on demand tells whoever started it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Started {
    /// It listens on this socket.
    Ready(std::path::PathBuf),
    Failed(Error),
}

/// Everything a client sends after its first frame.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ClientMessage {
    Request { id: u64, request: Request },
    Control { id: u64, control: Control },
}

/// Everything the server sends after its first frame.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ServerMessage {
    Answer {
        id: u64,
        answer: Result<Response, Error>,
    },
    Done {
        id: u64,
        answer: Result<Done, Error>,
    },
    Event(Event),
    /// The server ends the session.
    Bye(Error),
}

fn options(most: usize) -> impl Options {
    bincode::DefaultOptions::new().with_limit(most as u64)
}

/// A message as a frame.
pub fn encode<T: Serialize>(message: &T, most: usize) -> Result<Vec<u8>, FrameError> {
    let mut frame = vec![0; HEAD];
    options(most).serialize_into(&mut frame, message).map_err(|_| {
        let size = bincode::DefaultOptions::new().serialized_size(message).unwrap_or(u64::MAX);
        frame.zeroize();
        FrameError::TooLong(usize::try_from(size).unwrap_or(usize::MAX), most)
    })?;
    Ok(with_length(frame))
}

/// A first message as a frame.
pub fn encode_first<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut frame = vec![0; HEAD];
    serde_json::to_writer(&mut frame, message).map_err(|_| FrameError::Malformed)?;
    match frame.len() - HEAD {
        size if size > HELLO_MOST => Err(FrameError::TooLong(size, HELLO_MOST)),
        _ => Ok(with_length(frame)),
    }
}

fn with_length(mut frame: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(frame.len() - HEAD).unwrap_or(u32::MAX);
    frame.splice(..HEAD, length.to_le_bytes());
    frame
}

/// Bytes a value takes in a message.
pub fn size<T: Serialize>(value: &T) -> u64 {
    bincode::DefaultOptions::new().serialized_size(value).unwrap_or(u64::MAX)
}

/// Reads a first message to its end, and nothing after it.
pub fn read_first<T: DeserializeOwned>(from: impl std::io::Read) -> std::io::Result<T> {
    read(from, HELLO_MOST, Decoder::first)
}

/// Reads one message to its end, and nothing after it.
pub fn read_one<T: DeserializeOwned>(from: impl std::io::Read, most: usize) -> std::io::Result<T> {
    read(from, most, Decoder::next)
}

fn read<T>(
    mut from: impl std::io::Read,
    most: usize,
    take: impl FnOnce(&mut Decoder) -> Result<Option<T>, FrameError>,
) -> std::io::Result<T> {
    use std::io::{Error, ErrorKind};
    let mut head = [0; HEAD];
    from.read_exact(&mut head)?;
    let length = usize::try_from(u32::from_le_bytes(head)).unwrap_or(usize::MAX);
    if length > most {
        return Err(Error::new(ErrorKind::InvalidData, FrameError::TooLong(length, most)));
    }
    let mut bytes = Zeroizing::new(vec![0; length]);
    from.read_exact(&mut bytes)?;
    let mut decoder = Decoder::new(most);
    decoder.feed(&head);
    decoder.feed(&bytes);
    let message = take(&mut decoder).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
    message.ok_or_else(|| ErrorKind::UnexpectedEof.into())
}

/// Bytes that came, until they are messages. Takes no more memory than has come.
pub struct Decoder {
    bytes: Vec<u8>,
    /// Where in `bytes` the next frame begins.
    at: usize,
    most: usize,
}

impl Decoder {
    pub fn new(most: usize) -> Decoder {
        Decoder { bytes: Vec::new(), at: 0, most }
    }

    /// From now on frames may be so long.
    pub fn allow(&mut self, most: usize) {
        self.most = most;
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        if self.at == self.bytes.len() {
            self.clear();
        } else if self.at > 64 << 10 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether part of a frame has come, and not all of it.
    pub fn begun(&self) -> bool {
        self.at < self.bytes.len()
    }

    /// Forgets what was read; a large buffer is given back.
    fn clear(&mut self) {
        // Passphrases come this way.
        self.bytes.iter_mut().take(4096).for_each(|byte| *byte = 0);
        if self.bytes.capacity() > 64 << 10 {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
        self.at = 0;
    }

    /// The next frame's bytes, once all of it is there.
    fn frame(&mut self) -> Result<Option<std::ops::Range<usize>>, FrameError> {
        let Some(head) = self.bytes.get(self.at..self.at + HEAD) else { return Ok(None) };
        let mut length = [0; HEAD];
        length.copy_from_slice(head);
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length > self.most {
            return Err(FrameError::TooLong(length, self.most));
        }
        if length == 0 {
            return Err(FrameError::Empty);
        }
        let from = self.at + HEAD;
        let to = from + length;
        if self.bytes.len() < to {
            return Ok(None);
        }
        self.at = to;
        Ok(Some(from..to))
    }

    /// The next message, once all of it is there. After an error nothing that follows has a meaning.
    #[expect(clippy::should_implement_trait, reason = "it reads any type, and can go on after `None`")]
    pub fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, FrameError> {
        let Some(range) = self.frame()? else { return Ok(None) };
        let bytes = self.bytes.get(range).unwrap_or_default();
        let message = options(self.most).deserialize(bytes).map_err(|_| FrameError::Malformed)?;
        if self.at == self.bytes.len() {
            self.clear();
        }
        Ok(Some(message))
    }

    /// The first message, once all of it is there.
    pub fn first<T: DeserializeOwned>(&mut self) -> Result<Option<T>, FrameError> {
        let Some(range) = self.frame()? else { return Ok(None) };
        let bytes = self.bytes.get(range).unwrap_or_default();
        serde_json::from_slice(bytes).map(Some).map_err(|_| FrameError::Malformed)
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests;
