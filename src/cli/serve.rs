//! `callbook serve`

use std::io::Write;
use std::time::Duration;

use clap::Args as ClapArgs;

use crate::api::frame::{self, Key, REQUEST_MOST, Started};
use crate::api::{Code, Error, place};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::globals::word;
use crate::cli::secret;
use crate::config::Access;
use crate::env::account;
use crate::server::{self, Backups, Listen, Log, Options, Rotation, Secret, Server, notify};

/// How long a server that was started on demand stays after its last client: whoever starts anew need not unlock again.
const LINGER: Duration = Duration::from_secs(10);

#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// Begin locked: nothing is asked, and `callbook unlock` opens the store
    #[arg(long)]
    locked: bool,
    /// Which accounts may connect: own, group (of the socket's file) or all [default: own]
    #[arg(long, value_name = "WHO", value_parser = word::<Access>(Access::WORDS))]
    access: Option<Access>,
    /// Sessions at once; each account may have half of them [default: 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=20_000))]
    max_sessions: Option<u32>,
    /// End with the last client; the key comes on standard input, and what became of it goes to standard output
    #[arg(long, hide = true, conflicts_with = "locked")]
    on_demand: bool,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, args: &Args) -> Done {
    ctx.shell_only("serving the store")?;
    if !args.on_demand {
        let server = start(ctx, args, None)?;
        return serve(ctx, server);
    }
    // The terminal it was started from may go; the server does not go with it.
    let _ = rustix::process::setsid();
    let begun = frame::read_one::<Key>(&mut ctx.io.input, REQUEST_MOST)
        .map_err(|error| Error::usage(format!("no key came on standard input: {error}")))
        .and_then(|key| start(ctx, args, Some(key)));
    let (said, server) = match begun {
        Ok((server, socket)) => (Started::Ready(socket.clone()), Ok((server, socket))),
        Err(error) => (Started::Failed(error.clone()), Err(error)),
    };
    let bytes = frame::encode_first(&said).map_err(|error| Error::failed(error.to_string()))?;
    ctx.io
        .out
        .write_all(&bytes)
        .and_then(|()| ctx.io.out.flush())
        .map_err(|error| Error::failed(format!("whoever started the server has gone: {error}")))?;
    serve(ctx, server?)
}

/// Takes the store and begins to listen.
fn start(ctx: &mut Ctx<'_>, args: &Args, key: Option<Key>) -> Result<(Server, std::path::PathBuf), Error> {
    let dir = ctx.globals.store_dir(&ctx.io.vars, &ctx.config)?;
    let with = ctx.configured()?;
    let mut held = server::hold(&dir)?;
    let secret = match key {
        Some(Key::Passphrase(words)) => Some(Secret::Passphrase(words.into_words())),
        Some(Key::Recovery(words)) => Some(Secret::Recovery(words.into_words())),
        Some(Key::KeyFile(words)) => Some(Secret::KeyText(words.into_words())),
        None if args.locked => None,
        None => Some(secret::to_open(ctx)?),
    };
    let service = match &secret {
        Some(secret) => Some(server::unlock_held(&mut held, secret, &ctx.env)?.configured(&with)),
        None => None,
    };
    if let (Some(service), true) = (&service, args.on_demand) {
        // Whoever asked for it must be let in, or the server would wait for nobody. A password is said later.
        match service.session_of(&account::own()) {
            Err(error) if error.code != Code::Locked => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
    let listen = listen(ctx, args, &dir)?;
    let most = args.max_sessions.unwrap_or(ctx.config.max_sessions);
    let options = Options {
        listen,
        with,
        most: usize::try_from(most).unwrap_or(usize::MAX),
        linger: args.on_demand.then_some(LINGER),
        log: Log::new(Box::new(std::io::stderr()), &ctx.env),
        backups: backups(ctx)?,
        // One on demand stays for a moment after its last client, and belongs to whoever started it.
        sweeps: ctx.config.retention.schedule.clone().filter(|_| !args.on_demand),
    };
    let server = Server::start(options, held, service, &ctx.env)?;
    let socket = server.socket().to_path_buf();
    Ok((server, socket))
}

/// Backups as the settings have them.
fn backups(ctx: &Ctx<'_>) -> Result<Option<Backups>, Error> {
    let settings = &ctx.config.backup;
    match (&settings.schedule, &settings.directory) {
        (None, _) => Ok(None),
        (Some(_), None) => Err(Error::usage("backups have a schedule and no directory")
            .hint("name it in config.toml: [backup] directory = \"/srv/backup\"")),
        (Some(schedule), Some(directory)) => {
            if settings.keep == 0 {
                return Err(
                    Error::usage("of scheduled backups, at least one is kept").hint("[backup] keep = 14")
                );
            }
            let directory = directory.canonicalize().map_err(|error| {
                Error::usage(format!(
                    "the directory of backups {} cannot be used: {error}",
                    directory.display()
                ))
                .hint("make it, open to the server's account alone")
            })?;
            let rotation = Rotation { directory, keep: usize::from(settings.keep) };
            Ok(Some(Backups { schedule: schedule.clone(), rotation }))
        }
    }
}

/// The socket that the service manager made, or one of our own.
fn listen(ctx: &Ctx<'_>, args: &Args, dir: &std::path::Path) -> Result<Listen, Error> {
    let mut given = listenfd::ListenFd::from_env();
    if given.len() > 0 {
        let listener = given.take_unix_listener(0).map_err(|error| {
            Error::failed(format!("the socket that was handed over cannot be used: {error}"))
        })?;
        if let Some(listener) = listener {
            return Ok(Listen::Given(listener));
        }
    }
    let named = ctx.globals.named_socket(&ctx.io.vars, &ctx.config).map(|(path, _)| path);
    let runtime = ctx.io.vars.path("XDG_RUNTIME_DIR");
    let path = named.unwrap_or_else(|| place::usual(dir, runtime.as_deref()));
    Ok(Listen::At { path, mode: args.access.unwrap_or(ctx.config.socket_access).mode() })
}

/// Serves until a signal, or until nobody is left who wants it.
fn serve(ctx: &mut Ctx<'_>, (server, socket): (Server, std::path::PathBuf)) -> Done {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let failed = |error: std::io::Error| Error::failed(format!("signals cannot be handled: {error}"));
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        let stopper = server.stopper().map_err(failed)?;
        signal_hook::low_level::pipe::register(signal, stopper).map_err(failed)?;
    }
    ctx.say(&format!("serving on {}", socket.display()));
    let manager = ctx.io.vars.path("NOTIFY_SOCKET");
    let manager = manager.as_ref().map(|path| path.as_os_str());
    if let Err(error) = notify::tell(manager, notify::READY) {
        ctx.warn(&format!("the service manager cannot be told: {error}"));
    }
    server.run()?;
    let _ = notify::tell(manager, notify::STOPPING);
    Ok(())
}
