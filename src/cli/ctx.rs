//! What a command works with: the store it asks, the settings, and where its words go.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::api::frame::Greeting;
use crate::api::{Code, Error, Hush, SchemaGet};
use crate::cli::globals::{Globals, Vars};
use crate::cli::secret;
use crate::cli::table::Style;
use crate::client::open::Configured;
use crate::client::socket::Remote;
use crate::client::{Client, find, open};
use crate::config::{Config, Format};
use crate::domain::schema::Schema;
use crate::domain::text::neutralise;
use crate::env::Env;

/// Why a command ends other than well.
#[derive(Debug)]
pub(crate) enum End {
    /// To be told on stderr.
    Failed(Error),
    /// The output says it already; only the exit code is left.
    Reported(Code),
    /// Nobody reads the output any more, as in `… | head`; that is no failure.
    NoReader,
    /// The screens were ended from outside: by a signal, or because the terminal went away.
    Signalled(u8),
}

impl From<Error> for End {
    fn from(error: Error) -> End {
        End::Failed(error)
    }
}

pub(crate) type Done<T = ()> = Result<T, End>;

/// Where a command reads and writes.
pub(crate) struct Io<'a> {
    pub(crate) out: Box<dyn Write + 'a>,
    pub(crate) err: Box<dyn Write + 'a>,
    pub(crate) input: Box<dyn BufRead + Send + 'a>,
    pub(crate) vars: Vars,
    /// Columns of the terminal results are shown on; `None` when they go elsewhere.
    pub(crate) width: Option<usize>,
    pub(crate) colour: bool,
    /// Narration is seen as it happens.
    pub(crate) live: bool,
    /// A person can be asked.
    pub(crate) asks: bool,
    /// Inside the screens: files, passphrases and other stores are not for here.
    pub(crate) embedded: bool,
}

impl Io<'static> {
    /// The process's own.
    pub(crate) fn system() -> Io<'static> {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let vars = Vars::system();
        let terminal = stdout.is_terminal();
        let width = terminal
            .then(|| rustix::termios::tcgetwinsize(&stdout).ok())
            .flatten()
            .map(|size| usize::from(size.ws_col))
            .filter(|columns| *columns > 0);
        Io {
            colour: terminal && !vars.is_set("NO_COLOR") && !vars.is("TERM", "dumb"),
            live: stderr.is_terminal(),
            asks: io::stdin().is_terminal() && stderr.is_terminal(),
            out: Box::new(io::BufWriter::with_capacity(64 << 10, stdout)),
            err: Box::new(stderr),
            input: Box::new(io::BufReader::new(io::stdin())),
            vars,
            width,
            embedded: false,
        }
    }
}

pub(crate) struct Ctx<'a> {
    pub(crate) env: Env,
    pub(crate) globals: Globals,
    pub(crate) config: Config,
    pub(crate) io: Io<'a>,
    client: Option<Client>,
    schema: Option<Rc<Schema>>,
    stop: Option<Arc<AtomicBool>>,
}

impl<'a> Ctx<'a> {
    pub(crate) fn new(env: &Env, globals: Globals, config: Config, io: Io<'a>) -> Ctx<'a> {
        Ctx { env: env.clone(), globals, config, io, client: None, schema: None, stop: None }
    }

    /// The same with a store that is open already.
    pub(crate) fn with_client(mut self, client: Client, stop: Arc<AtomicBool>) -> Ctx<'a> {
        self.client = Some(client);
        self.stop = Some(stop);
        self
    }

    pub(crate) fn format(&self) -> Format {
        self.globals.format.unwrap_or(self.config.format)
    }

    pub(crate) fn style(&self) -> Style {
        let plain = self.globals.plain || self.config.plain;
        Style {
            width: self.io.width,
            colour: self.io.colour && !plain,
            rule: self.io.width.is_some() && !plain,
        }
    }

    /// The store, unlocked when it is first needed.
    pub(crate) fn client(&mut self) -> Result<Client, Error> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let client = match self.server()? {
            Some(remote) => remote.client(),
            None => self.open_directly()?,
        };
        self.client = Some(client.clone());
        Ok(client)
    }

    /// The server of the store, where one serves it and lets us in.
    fn server(&mut self) -> Result<Option<Remote>, Error> {
        match self.reach()? {
            Some((remote, Greeting::Welcome)) => Ok(Some(remote)),
            Some((_, Greeting::Locked)) => Err(Error::new(Code::Locked, "the server holds the store locked")
                .hint("`callbook unlock` opens it for everybody")),
            Some((remote, Greeting::LoginWanted(error))) => {
                let login = secret::login(self)?;
                let login = match login.user.is_some() || login.password.is_some() {
                    true => login,
                    false => secret::ask_login(self, error)?,
                };
                remote.login(login.user, login.password.map(Hush::new))?;
                Ok(Some(remote))
            }
            Some((_, Greeting::Refused(error))) => Err(error),
            None => Ok(None),
        }
    }

    /// A connection to the server of the store, whatever it says, if there is one.
    pub(crate) fn reach(&mut self) -> Result<Option<(Remote, Greeting)>, Error> {
        if self.client.is_some() {
            // The door is given; it need not lead to a server.
            return Ok(None);
        }
        let place = self.globals.server_place(&self.io.vars, &self.config);
        let reached = place.reach()?;
        if reached.is_none()
            && let Some((socket, here)) = self.globals.named_socket(&self.io.vars, &self.config)
            && (here || place.store.is_none())
        {
            return Err(find::no_server(&socket));
        }
        Ok(reached)
    }

    /// The store in this process.
    fn open_directly(&mut self) -> Result<Client, Error> {
        let dir = self.globals.store_dir(&self.io.vars, &self.config)?;
        if !dir.exists() {
            // Before anybody types a passphrase for nothing.
            return Err(Error::not_found(format!("there is no store in {}", dir.display()))
                .hint("create one with `callbook init`, or name another with --store DIR"));
        }
        let secret = secret::to_open(self)?;
        let login = secret::login(self)?;
        let with = self.configured()?;
        let env = self.env.clone();
        let place = self.globals.server_place(&self.io.vars, &self.config);
        let mut open = |dir: &std::path::Path| {
            let mut ask = |error| secret::ask_login(self, error);
            open::open_as(dir, &open::account(), &with, login.clone(), &secret, &env, &mut ask)
        };
        match open(&dir) {
            Err(error) if open::is_held(&error) => {
                // A server that is starting holds the store before it listens, and one that ends still does after.
                match place.reach_soon()? {
                    Some((remote, Greeting::Welcome)) => Ok(remote.client()),
                    Some(_) => Err(error),
                    None => open(&dir),
                }
            }
            opened => opened,
        }
    }

    /// What the settings say to a store that this process opens.
    pub(crate) fn configured(&self) -> Result<Configured, Error> {
        Ok(Configured {
            roles: self.config.roles()?,
            law: self.config.law()?,
            limits: self.config.retention.limits(),
        })
    }

    /// The fields of the store, its own ones included.
    pub(crate) fn schema(&mut self) -> Result<Rc<Schema>, Error> {
        if let Some(schema) = &self.schema {
            return Ok(schema.clone());
        }
        let schema = Rc::new(Schema::new(&self.client()?.call(SchemaGet {})?));
        self.schema = Some(schema.clone());
        Ok(schema)
    }

    /// A flag that Ctrl-C raises. Asked for by work that stops between two steps; a second Ctrl-C ends the process.
    pub(crate) fn stop(&mut self) -> Result<Arc<AtomicBool>, Error> {
        if let Some(stop) = &self.stop {
            return Ok(stop.clone());
        }
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            let exit = i32::from(Code::Interrupted.exit());
            signal_hook::flag::register_conditional_shutdown(signal, exit, stop.clone())
                .and_then(|_| signal_hook::flag::register(signal, stop.clone()))
                .map_err(|error| Error::failed(format!("signals cannot be handled: {error}")))?;
        }
        self.stop = Some(stop.clone());
        Ok(stop)
    }

    /// Writes data.
    pub(crate) fn print(&mut self, text: &str) -> Done {
        written(self.io.out.write_all(text.as_bytes()))
    }

    pub(crate) fn flush(&mut self) -> Done {
        written(self.io.out.flush())
    }

    /// Narrates, for people; one line, made safe.
    pub(crate) fn say(&mut self, text: &str) {
        if !self.globals.quiet {
            // Whoever closed stderr does not want to read this.
            let _ = writeln!(self.io.err, "{}", neutralise(text));
        }
    }

    /// Something to be looked at, told even when quiet.
    pub(crate) fn warn(&mut self, text: &str) {
        let _ = writeln!(self.io.err, "warning: {}", neutralise(text));
    }

    /// Asks for a yes. Without a person to ask, and without `--yes`, it is refused.
    pub(crate) fn confirm(&mut self, question: &str) -> Result<(), Error> {
        if self.globals.yes {
            return Ok(());
        }
        if !self.io.asks {
            return Err(Error::usage(format!("not done without a yes: {question}")).hint("add --yes"));
        }
        let _ = write!(self.io.err, "{} [y/N] ", neutralise(question));
        let _ = self.io.err.flush();
        let mut answer = String::new();
        let read = (&mut self.io.input).take(100).read_line(&mut answer);
        match (read, answer.trim().to_lowercase().as_str()) {
            (Ok(_), "y" | "yes") => Ok(()),
            _ => Err(Error::new(Code::Interrupted, "nothing was changed")),
        }
    }

    /// All of stdin, as text, at most `most` bytes.
    pub(crate) fn read_input(&mut self, most: u64) -> Result<String, Error> {
        if self.io.embedded {
            return Err(Error::usage("there is no standard input here"));
        }
        let mut bytes = Vec::new();
        (&mut self.io.input)
            .take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| Error::failed(format!("standard input cannot be read: {error}")))?;
        if bytes.len() as u64 > most {
            return Err(Error::usage(format!("standard input is longer than {most} bytes")));
        }
        String::from_utf8(bytes).map_err(|_| Error::usage("standard input is not UTF-8"))
    }

    /// Whether this is a line typed into the screens.
    pub(crate) fn embedded(&self) -> bool {
        self.io.embedded
    }

    /// Refuses what only makes sense from a shell.
    pub(crate) fn shell_only(&self, what: &str) -> Result<(), Error> {
        if self.io.embedded {
            return Err(Error::usage(format!("{what} works from a shell, not from here")));
        }
        Ok(())
    }
}

pub(crate) fn stopped(stop: &AtomicBool) -> bool {
    stop.load(Ordering::Relaxed)
}

fn written(result: io::Result<()>) -> Done {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => End::NoReader,
        _ => End::Failed(Error::failed(format!("the output cannot be written: {error}"))),
    })
}
