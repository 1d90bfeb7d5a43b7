//! `callbook` alone, and `callbook demo`: both open the screens.

use std::process::ExitCode;

use clap::Args as ClapArgs;

use crate::api::{Code, Error};
use crate::cli::ctx::{Ctx, Done};

#[derive(ClapArgs, Debug)]
pub(crate) struct Args {
    /// How many people are invented
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    contacts: u32,
}

/// Opens the screens on the store.
pub(crate) fn open_screens(ctx: &mut Ctx<'_>) -> Done {
    ctx.shell_only("opening the screens")?;
    needs_terminal(ctx)?;
    ctx.client()?;
    open_tui(ctx)?;
    Ok(())
}

/// Opens the screens on invented people in a store of their own, which ends with them.
pub(crate) fn run(ctx: &mut Ctx<'_>, args: &Args) -> Done {
    ctx.shell_only("opening the screens")?;
    needs_terminal(ctx)?;
    let _ = args.contacts;
    open_tui(ctx)?;
    Ok(())
}

fn needs_terminal(ctx: &Ctx<'_>) -> Result<(), Error> {
    if ctx.io.asks && ctx.io.width.is_some() {
        return Ok(());
    }
    Err(Error::usage("the screens need a terminal").hint("`callbook --help` lists the commands that need none"))
}

/// Where the screens come in.
fn open_tui(ctx: &mut Ctx<'_>) -> Result<ExitCode, Error> {
    let _ = ctx;
    Err(Error::new(Code::Failed, "this build has no screens"))
}
