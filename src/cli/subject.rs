//! `callbook subject …`: what is done for a person by right.

use clap::Subcommand;

use crate::cli::ctx::{Ctx, Done};
use crate::cli::erase;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Erase a person (Art. 17 GDPR): keys, records, history; tells first what goes, what stays and why
    Erase(erase::EraseArgs),
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Erase(args) => erase::erase(ctx, args),
    }
}
