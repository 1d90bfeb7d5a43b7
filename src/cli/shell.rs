//! What a shell wants to know: completions and man pages, from the definition of the command line.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use crate::api::Error;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::{files, help};

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// The directory for the pages; it is made if it does not exist
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: PathBuf,
}

pub(crate) fn completions(ctx: &mut Ctx<'_>, args: &CompletionsArgs) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut help::command(), "callbook", &mut script);
    ctx.print(&String::from_utf8_lossy(&script))
}

pub(crate) fn man(ctx: &mut Ctx<'_>, args: &ManArgs) -> Done {
    ctx.shell_only("writing files")?;
    std::fs::create_dir_all(&args.out)
        .map_err(|error| Error::failed(format!("{} cannot be made: {error}", args.out.display())))?;
    let mut command = help::command();
    command.build();
    let mut count = 0;
    pages(&command, &mut |name, page| {
        count += 1;
        files::write(&args.out.join(name), page, &ctx.env)
    })?;
    ctx.say(&format!("{count} pages are in {}", args.out.display()));
    Ok(())
}

/// Takes a page by its file name.
type TakePage<'t> = dyn FnMut(&str, &[u8]) -> Result<(), Error> + 't;

/// A page for the command and each command below it.
fn pages(command: &clap::Command, take: &mut TakePage<'_>) -> Result<(), Error> {
    let page = clap_mangen::Man::new(command.clone());
    let mut text = Vec::new();
    page.render(&mut text).map_err(|error| Error::failed(format!("a page cannot be written: {error}")))?;
    take(&page.get_filename(), &text)?;
    command.get_subcommands().filter(|one| !one.is_hide_set()).try_for_each(|one| pages(one, take))
}
