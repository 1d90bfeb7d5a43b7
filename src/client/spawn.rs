//! Starts a server on demand: the program itself, in a process of its own that ends with its last client.
//!
//! What unlocks the store goes through a pipe, never as an argument or in the environment, which others can read.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::api::frame::{self, Key, REQUEST_MOST, Started};
use crate::api::{Error, Hush};
use crate::client::open::Secret;

/// How to start a server.
#[derive(Clone, Debug)]
pub struct Starter {
    pub program: PathBuf,
    /// Everything but what unlocks the store.
    pub args: Vec<OsString>,
}

/// The longest key file.
const KEY_FILE: u64 = 4096;

impl Starter {
    /// This very program, also when its file was replaced meanwhile.
    pub fn own(args: Vec<OsString>) -> Starter {
        Starter { program: PathBuf::from("/proc/self/exe"), args }
    }

    /// Starts a server, and waits until it listens or says why it does not.
    pub fn start(&self, key: &Key) -> Result<Started, Error> {
        let failed = |error: std::io::Error| Error::failed(format!("no server could be started: {error}"));
        let mut child = Command::new(&self.program)
            .arg0("callbook")
            .args(&self.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        if let Some(mut input) = child.stdin.take() {
            let bytes = frame::encode(key, REQUEST_MOST).map_err(|error| Error::failed(error.to_string()))?;
            // When the child is gone already, its last words say why.
            let _ = input.write_all(&Zeroizing::new(bytes));
        }
        let said = child.stdout.take().map(frame::read_first::<Started>);
        // It outlives this process; while both live, somebody has to take note of its end.
        let reaper = std::thread::Builder::new().name("server".to_owned());
        let _ = reaper.spawn(move || child.wait());
        match said {
            Some(Ok(started)) => Ok(started),
            Some(Err(error)) => Err(failed(error)),
            None => Err(failed(std::io::ErrorKind::BrokenPipe.into())),
        }
    }
}

/// What unlocks a store, as it is sent to a server: a key file goes as its text, for the server may not be able to read it.
pub fn key_of(secret: &Secret) -> Result<Key, Error> {
    Ok(match secret {
        Secret::Passphrase(words) => Key::Passphrase(Hush::new(words.clone())),
        Secret::Recovery(words) => Key::Recovery(Hush::new(words.clone())),
        Secret::KeyText(text) => Key::KeyFile(Hush::new(text.clone())),
        Secret::KeyFile(path) => Key::KeyFile(Hush::new(read_key(path)?)),
    })
}

fn read_key(path: &Path) -> Result<Zeroizing<String>, Error> {
    use std::io::Read;
    let unreadable = |error: std::io::Error| {
        Error::new(
            crate::api::Code::Locked,
            format!("the key file {} cannot be read: {error}", path.display()),
        )
    };
    let mut text = Zeroizing::new(String::with_capacity(KEY_FILE as usize));
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(KEY_FILE).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}
