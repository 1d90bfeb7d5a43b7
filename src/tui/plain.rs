//! `--plain`: the program as lines, for screen readers and terminals that are none.
//!
//! No alternate screen, no escape sequence, nothing is ever redrawn: what was said stays said, and a question stands
//! on a line of its own.

use std::io::{self, BufRead, Read as _, Write};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{self, LocalModes, OptionalActions, Termios};
use zeroize::Zeroizing;

use super::keys::{Code, Key, Mods};
use super::term::Tty;
use super::term::input::{Event, Limits, Parser};
use super::text;

pub mod session;
pub mod spoken;
pub mod start;

/// Longest line that is taken.
const LINE_LIMIT: usize = 64 * 1024;

/// A conversation in lines. Screens speak through it, tests with a script.
pub trait Talk {
    /// Says lines, each cleaned of what a terminal would act on.
    fn say(&mut self, lines: &[&str]) -> io::Result<()>;
    /// Asks for a line; `None` at the end of input.
    fn ask(&mut self, prompt: &str) -> io::Result<Option<String>>;
    /// Asks for a secret that is not shown; `None` at the end of input or when the person cancels.
    fn ask_secret(&mut self, prompt: &str) -> io::Result<Option<Zeroizing<String>>>;
}

/// A conversation over a reader and a writer.
#[derive(Debug)]
pub struct Plain<R, W> {
    input: R,
    output: W,
    /// Where secrets are read without echo, if input is a terminal.
    tty: Option<Tty>,
}

impl Plain<io::StdinLock<'static>, io::StdoutLock<'static>> {
    /// Over the standard streams.
    pub fn stdio() -> Plain<io::StdinLock<'static>, io::StdoutLock<'static>> {
        let tty = if termios::isatty(rustix::stdio::stdin()) { Tty::open().ok() } else { None };
        Plain { input: io::stdin().lock(), output: io::stdout().lock(), tty }
    }
}

impl<R: BufRead, W: Write> Plain<R, W> {
    /// Over any reader and writer; secrets are then read like lines.
    pub fn new(input: R, output: W) -> Plain<R, W> {
        Plain { input, output, tty: None }
    }

    fn prompt(&mut self, prompt: &str) -> io::Result<()> {
        write!(self.output, "{} ", text::clean(prompt))?;
        self.output.flush()
    }

    fn line(&mut self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let mut line = Zeroizing::new(Vec::with_capacity(256));
        let limit = u64::try_from(LINE_LIMIT).unwrap_or(u64::MAX);
        let read = (&mut self.input).take(limit + 2).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        if line.len() > LINE_LIMIT {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the line is longer than 64 KiB"));
        }
        Ok(Some(line))
    }
}

impl<R: BufRead, W: Write> Talk for Plain<R, W> {
    fn say(&mut self, lines: &[&str]) -> io::Result<()> {
        for line in lines {
            writeln!(self.output, "{}", text::clean(line))?;
        }
        self.output.flush()
    }

    fn ask(&mut self, prompt: &str) -> io::Result<Option<String>> {
        self.prompt(prompt)?;
        Ok(self.line()?.map(|line| text::clean(&String::from_utf8_lossy(&line)).into_owned()))
    }

    fn ask_secret(&mut self, prompt: &str) -> io::Result<Option<Zeroizing<String>>> {
        self.prompt(prompt)?;
        let secret = match &self.tty {
            Some(tty) => {
                let secret = read_hidden(tty)?;
                writeln!(self.output)?;
                self.output.flush()?;
                return Ok(secret);
            }
            None => self.line()?,
        };
        let Some(secret) = secret else { return Ok(None) };
        match std::str::from_utf8(&secret) {
            Ok(secret) => Ok(Some(Zeroizing::new(secret.to_owned()))),
            Err(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "the secret is not UTF-8")),
        }
    }
}

/// Puts the modes back when dropped.
struct Hidden<'a> {
    tty: &'a Tty,
    before: Termios,
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(self.tty, OptionalActions::Now, &self.before);
    }
}

/// Reads a line without echo, key by key.
///
/// Ctrl-C arrives as a key and cancels: as a signal it would end the process with the echo still off.
fn read_hidden(tty: &Tty) -> io::Result<Option<Zeroizing<String>>> {
    let before = termios::tcgetattr(tty)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
    let _hidden = Hidden { tty, before };
    termios::tcsetattr(tty, OptionalActions::Now, &silent)?;
    let mut parser = Parser::new(Limits::default());
    // Large enough not to grow, for growing leaves copies behind.
    let mut secret = Zeroizing::new(String::with_capacity(LINE_LIMIT));
    let mut bytes = Zeroizing::new([0_u8; 256]);
    let mut events = Vec::new();
    loop {
        let mut fds = [PollFd::new(tty, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let read = match rustix::io::read(tty, bytes.as_mut_slice()) {
            Ok(0) => return Ok(None),
            Ok(read) => read,
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        parser.feed(bytes.get(..read).unwrap_or_default(), &mut events);
        for event in events.drain(..) {
            let Event::Key(key) = event else { continue };
            match edit_secret(key, &mut secret) {
                Secret::More => {}
                Secret::Done => return Ok(Some(secret)),
                Secret::Cancelled => return Ok(None),
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Secret {
    More,
    Done,
    Cancelled,
}

fn edit_secret(key: Key, secret: &mut String) -> Secret {
    if let Some(c) = key.typed() {
        if secret.len() + c.len_utf8() <= LINE_LIMIT {
            secret.push(c);
        }
        return Secret::More;
    }
    match (key.code(), key.mods()) {
        (Code::Enter, _) | (Code::Char('j' | 'm'), Mods::CTRL) => Secret::Done,
        (Code::Char('c'), Mods::CTRL) => Secret::Cancelled,
        (Code::Char('d'), Mods::CTRL) if secret.is_empty() => Secret::Cancelled,
        (Code::Char('u'), Mods::CTRL) => {
            secret.clear();
            Secret::More
        }
        (Code::Backspace, _) => {
            secret.pop();
            Secret::More
        }
        _ => Secret::More,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation() -> io::Result<()> {
        let mut output = Vec::new();
        let mut plain = Plain::new("Anna\u{7}\r\nword\nlast".as_bytes(), &mut output);
        plain.say(&["3 tasks are due.", "\x1b[2JAnna\tKowalska"])?;
        assert_eq!(plain.ask("Name?")?.as_deref(), Some("Anna\u{fffd}"));
        assert_eq!(plain.ask_secret("Passphrase?")?.map(|s| s.to_string()).as_deref(), Some("word"));
        assert_eq!(plain.ask("More?")?.as_deref(), Some("last"), "the last line needs no end");
        assert_eq!(plain.ask("More?")?, None);
        assert_eq!(
            String::from_utf8_lossy(&output),
            "3 tasks are due.\n\u{fffd}[2JAnna Kowalska\nName? Passphrase? More? More? "
        );
        Ok(())
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let long = vec![b'x'; LINE_LIMIT + 10];
        assert!(Plain::new(long.as_slice(), io::sink()).ask("?").is_err());
        let full = vec![b'x'; LINE_LIMIT];
        assert!(Plain::new(full.as_slice(), io::sink()).ask("?").is_ok());
    }

    #[test]
    fn secrets_are_edited_blindly() {
        let mut secret = String::new();
        for key in ["a", "é", "backspace", "b", "up", "alt-x"] {
            assert_eq!(edit_secret(key.parse().unwrap(), &mut secret), Secret::More);
        }
        assert_eq!(secret, "ab");
        assert_eq!(edit_secret(Key::ctrl('d'), &mut secret), Secret::More);
        assert_eq!(edit_secret(Key::plain(Code::Enter), &mut secret), Secret::Done);
        let _ = edit_secret(Key::ctrl('u'), &mut secret);
        assert_eq!(secret, "");
        assert_eq!(edit_secret(Key::ctrl('d'), &mut secret), Secret::Cancelled);
        assert_eq!(edit_secret(Key::ctrl('c'), &mut secret), Secret::Cancelled);
    }
}
