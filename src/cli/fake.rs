//! Command lines run against a door that answers as a test says.

use std::cell::RefCell;
use std::io::{Cursor, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::api::{Error, Request, Response};
use crate::cli::ctx::{Ctx, Io};
use crate::cli::globals::{Globals, Vars};
use crate::cli::{finish, json_wanted, misread, parse};
use crate::client::Client;
use crate::client::fake::door;
use crate::config::Config;
use crate::env::Env;

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A terminal that is none, and a store that answers as told.
pub(crate) struct Fixture {
    client: Option<Client>,
    seen: Arc<std::sync::Mutex<Vec<Request>>>,
    out: Shared,
    err: Shared,
    pub(crate) input: Vec<u8>,
    pub(crate) width: Option<usize>,
    pub(crate) asks: bool,
    pub(crate) vars: Vars,
}

impl Fixture {
    /// Without a store.
    pub(crate) fn closed() -> Fixture {
        Fixture {
            client: None,
            seen: Arc::default(),
            out: Shared::default(),
            err: Shared::default(),
            input: Vec::new(),
            width: None,
            asks: false,
            vars: Vars::default(),
        }
    }

    pub(crate) fn new(
        answer: impl Fn(Request) -> Result<Response, Error> + Send + Sync + 'static,
    ) -> Fixture {
        let (client, seen) = door(answer);
        Fixture { client: Some(client), seen, ..Fixture::closed() }
    }

    fn io(&self) -> Io<'static> {
        Io {
            out: Box::new(self.out.clone()),
            err: Box::new(self.err.clone()),
            input: Box::new(Cursor::new(self.input.clone())),
            vars: self.vars.clone(),
            width: self.width,
            colour: false,
            live: false,
            asks: self.asks,
            embedded: false,
        }
    }

    /// Runs `callbook` with these words.
    pub(crate) fn run(&mut self, words: &[&str]) -> u8 {
        let words: Vec<std::ffi::OsString> =
            std::iter::once("callbook").chain(words.iter().copied()).map(Into::into).collect();
        let mut io = self.io();
        let cli = match parse(&words) {
            Ok(cli) => cli,
            Err(error) => return misread(&error, json_wanted(&words), &mut io),
        };
        let mut ctx = Ctx::new(&Env::system(), cli.globals, Config::default(), io);
        if let Some(client) = &self.client {
            ctx = ctx.with_client(client.clone(), Arc::new(AtomicBool::new(false)));
        }
        finish(&mut ctx, cli.command)
    }

    pub(crate) fn with<T>(&mut self, act: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
        act(&mut Ctx::new(&Env::system(), Globals::default(), Config::default(), self.io()))
    }

    /// What was written to stdout since it was last asked.
    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.out.0.take()).unwrap()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.err.0.take()).unwrap()
    }

    /// The requests since it was last asked, without those for the schema.
    pub(crate) fn asked(&self) -> Vec<Request> {
        let all = std::mem::take(&mut *self.seen.lock().unwrap());
        all.into_iter().filter(|request| !matches!(request, Request::SchemaGet(_))).collect()
    }
}
