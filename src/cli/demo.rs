//! `callbook` alone, and `callbook demo`: both open the screens.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args as ClapArgs;

use crate::api::frame::Greeting;
use crate::api::{Cause, Code, Error};
use crate::cli::ctx::{Ctx, Done, End};
use crate::cli::line::{Line, run_line, split_line};
use crate::cli::secret;
use crate::cli::vault::{ServedVault, on_demand_args};
use crate::client::spawn::Starter;
use crate::client::{Client, open};
use crate::config::{Config, Theme};
use crate::demo;
use crate::env::{Env, Zone};
use crate::tui::call::dial::Calling;
use crate::tui::driver::{Commands, Options, run as run_screens};
use crate::tui::forms::Overlays;
use crate::tui::layer::{Forms, Layer};
use crate::tui::lock::{DirVault, Unlock, Vault};
use crate::tui::plain::session::Session;
use crate::tui::plain::{Plain, start};
use crate::tui::theme::Palette;
use crate::tui::wizard::{FirstRun, Offers};

/// Cells a table may take inside the screens; the pane scrolls sideways.
const WIDTH: usize = 160;

/// People in the demo that is offered on the first run.
const OFFERED: usize = 200;

#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// How many people are invented
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    contacts: u32,
}

/// Opens the screens on the store: on what is there, after unlocking it, or on the first run.
pub(crate) fn open_screens(ctx: &mut Ctx<'_>) -> Done {
    needs_terminal(ctx)?;
    let dir = ctx.globals.store_dir(&ctx.io.vars, &ctx.config)?;
    let vault = Arc::new(ServedVault {
        dir: DirVault {
            dir: dir.clone(),
            unix: open::account(),
            cost: open::KdfCost::STANDARD,
            with: ctx.configured()?,
            login: secret::login(ctx)?,
            env: ctx.env.clone(),
            unlocked: Mutex::default(),
        },
        place: ctx.globals.server_place(&ctx.io.vars, &ctx.config),
        starter: Some(Starter::own(on_demand_args(&dir, ctx.globals.config.as_deref()))),
        file: secret::named(ctx),
        password: AtomicBool::new(false),
        waiting: Mutex::default(),
        note: Mutex::default(),
    });
    let opened = match ctx.reach()? {
        Some((remote, Greeting::Welcome)) => Some(Ok(remote.client())),
        Some((_, Greeting::Refused(error))) => return Err(error.into()),
        Some((remote, Greeting::LoginWanted(error))) => Some(vault.wants(&remote, error)),
        // A file that unlocks was named: nobody needs to be asked.
        None if dir.exists() => secret::from_files(ctx)?.map(|secret| vault.unlock(&secret)),
        Some((_, Greeting::Locked)) | None => None,
    };
    let client = match opened {
        // The first screen asks for it.
        Some(Err(error)) if error.cause == Some(Cause::Password) => None,
        Some(opened) => Some(opened?),
        None => None,
    };
    // Whoever comes to another's store has nothing to unlock it with: the account is what lets them in.
    let own = dir.exists() || client.is_none();
    let done = show(ctx, client, own.then(|| Arc::clone(&vault) as Arc<dyn Vault>), dir.exists());
    if let Some(note) = vault.note.lock().unwrap_or_else(PoisonError::into_inner).take() {
        ctx.say(&note);
    }
    done
}

/// Opens the screens on invented people in a store of their own, which ends with them.
pub(crate) fn run(ctx: &mut Ctx<'_>, args: &Args) -> Done {
    needs_terminal(ctx)?;
    if args.contacts > 5_000 {
        ctx.say(&format!("Inventing {} people …", args.contacts));
    }
    let contacts = usize::try_from(args.contacts).unwrap_or(usize::MAX);
    let client = demo::start(contacts, &ctx.env)?;
    show(ctx, Some(client), None, true)
}

fn needs_terminal(ctx: &Ctx<'_>) -> Result<(), Error> {
    ctx.shell_only("opening the screens")?;
    if ctx.io.asks && ctx.io.width.is_some() {
        return Ok(());
    }
    Err(Error::usage("the screens need a terminal")
        .hint("`callbook --help` lists the commands that need none"))
}

fn show(ctx: &mut Ctx<'_>, client: Option<Client>, vault: Option<Arc<dyn Vault>>, there: bool) -> Done {
    if ctx.globals.plain || ctx.config.plain {
        return talk(ctx, client, vault, there);
    }
    let forms: Rc<dyn Forms> = Rc::new(Overlays::new(vault.clone()));
    let first: Option<Box<dyn Layer>> = match (&client, vault) {
        (None, Some(vault)) if there => Some(Box::new(Unlock::at_start(vault))),
        (None, Some(vault)) => {
            let env = ctx.env.clone();
            let offers =
                Offers { forms: Rc::clone(&forms), demo: Some(Arc::new(move || demo::start(OFFERED, &env))) };
            Some(Box::new(FirstRun::new(vault, &open::account(), ctx.env.clone(), offers)))
        }
        _ => None,
    };
    let state = state_dir(ctx);
    let options = Options {
        env: ctx.env.clone(),
        keys: ctx.config.keys.clone(),
        theme: palette(ctx.config.theme),
        // The demo has nothing to guard, and no passphrase to come back with.
        idle: (first.is_some() || client.is_some() && there)
            .then(|| Duration::from_secs(60 * u64::from(ctx.config.idle_lock_minutes)))
            .filter(|idle| !idle.is_zero()),
        forms,
        commands: Some(commands(ctx.env.clone(), ctx.config.clone())),
        state: state.as_ref().map(|dir| dir.join("screens.toml")),
        editor_dir: runtime_dir(ctx),
        first,
        editor: ctx.config.editor.clone(),
        escape_delay: Duration::from_millis(u64::from(ctx.config.escape_delay_ms)),
        copies: ctx.config.osc52,
        calling: calling(ctx),
        zone: Zone::Local,
        completer: Some(Rc::new(crate::cli::complete::complete)),
    };
    let exit = run_screens(client, options)?;
    match exit.code() {
        0 => Ok(()),
        code => Err(End::Signalled(code)),
    }
}

fn calling(ctx: &Ctx<'_>) -> Calling {
    Calling { dial_command: ctx.config.dial_command.clone(), shown_number: ctx.config.shown_number.clone() }
}

/// The linear conversation of `--plain`.
fn talk(ctx: &mut Ctx<'_>, client: Option<Client>, vault: Option<Arc<dyn Vault>>, there: bool) -> Done {
    let failed = |error: std::io::Error| Error::failed(format!("the terminal cannot be used: {error}"));
    let mut plain = Plain::stdio();
    let client = match (client, vault) {
        (Some(client), _) => Some(client),
        (None, Some(vault)) if there => start::unlock(&mut plain, vault.as_ref()).map_err(failed)?,
        (None, Some(vault)) => {
            start::first_run(&mut plain, vault.as_ref(), &open::account(), &ctx.env).map_err(failed)?
        }
        (None, None) => None,
    };
    let Some(client) = client else {
        return Err(Error::new(Code::Locked, "the store was not opened").into());
    };
    let commands = commands(ctx.env.clone(), ctx.config.clone());
    let line = Box::new(move |client: &Client, text: &str| commands(client, text));
    let session = Session::new(&mut plain, client, ctx.env.clone(), Some(line), Zone::Local)?;
    session.calling(calling(ctx)).run().map_err(failed)?;
    Ok(())
}

/// The command line inside the screens: the same words as in a shell.
fn commands(env: Env, config: Config) -> Commands {
    Arc::new(move |client, text| {
        let words = split_line(text)?;
        let line = Line {
            client,
            env: &env,
            config: &config,
            width: Some(WIDTH),
            stop: Arc::new(AtomicBool::new(false)),
        };
        let mut out = Vec::new();
        run_line(&line, &words, &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    })
}

fn palette(theme: Theme) -> Option<Palette> {
    match theme {
        Theme::Auto => None,
        Theme::Dark => Some(Palette::Dark),
        Theme::Light => Some(Palette::Light),
        Theme::Ansi16 => Some(Palette::Ansi16),
        Theme::Mono => Some(Palette::Mono),
    }
}

/// Where the look of the screens is remembered; nothing about persons.
fn state_dir(ctx: &Ctx<'_>) -> Option<PathBuf> {
    Some(ctx.io.vars.xdg("XDG_STATE_HOME", ".local/state")?.join("callbook"))
}

/// A private directory for texts in the person's own editor: in memory where the system offers that.
fn runtime_dir(ctx: &Ctx<'_>) -> PathBuf {
    let own = ctx.io.vars.path("XDG_RUNTIME_DIR").or_else(|| state_dir(ctx));
    own.unwrap_or_else(|| PathBuf::from("/dev/shm")).join("callbook-edit")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Door;

    struct Nobody;

    impl Door for Nobody {
        fn request(&self, request: crate::api::Request) -> Result<crate::api::Response, crate::api::Error> {
            Err(crate::api::Error::failed(format!("asked {}", request.name())))
        }
    }

    #[test]
    fn a_line_is_a_command_and_a_mistake_is_an_error() {
        let run = commands(Env::system(), Config::default());
        let client = Client::new(Arc::new(Nobody));
        let error = run(&client, "contact list 'tag:fair'").unwrap_err();
        assert!(error.message.starts_with("asked "), "{error}");
        assert!(run(&client, "contact lsit").is_err());
        assert!(run(&client, "contact list 'open").is_err());
        assert!(run(&client, "contact list --help").unwrap().contains("list"));
    }
}
