//! `callbook` alone, and `callbook demo`: both open the screens.

use clap::Args as ClapArgs;

use crate::api::Error;
use crate::cli::ctx::{Ctx, Done};
use crate::client::Client;

#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// How many people are invented
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    contacts: u32,
}

/// Opens the screens on the store.
pub(crate) fn open_screens(ctx: &mut Ctx<'_>) -> Done {
    needs_terminal(ctx)?;
    let client = ctx.client()?;
    open_tui(ctx, &client)
}

/// Opens the screens on invented people in a store of their own, which ends with them.
pub(crate) fn run(ctx: &mut Ctx<'_>, args: &Args) -> Done {
    needs_terminal(ctx)?;
    let client = invented(ctx, args.contacts)?;
    open_tui(ctx, &client)
}

fn needs_terminal(ctx: &Ctx<'_>) -> Result<(), Error> {
    ctx.shell_only("opening the screens")?;
    if ctx.io.asks && ctx.io.width.is_some() {
        return Ok(());
    }
    Err(Error::usage("the screens need a terminal")
        .hint("`callbook --help` lists the commands that need none"))
}

/// A store in memory with so many invented people.
fn invented(_ctx: &Ctx<'_>, _contacts: u32) -> Result<Client, Error> {
    Err(Error::failed("this build invents no people"))
}

/// Where the screens come in.
fn open_tui(_ctx: &mut Ctx<'_>, _client: &Client) -> Done {
    Err(Error::failed("this build has no screens").into())
}
