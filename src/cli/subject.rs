//! `callbook subject …`: what is done for a person by right.

mod answer;

use clap::Subcommand;

use crate::cli::ctx::{Ctx, Done};
use crate::cli::erase;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Answer a person who asks what is held (Art. 15 GDPR): a letter, and all data as files
    ///
    /// Third persons in notes and other texts are taken out, each with a reason. `--review FILE` writes what is proposed,
    /// to be looked at and changed; `--reviewed FILE` makes the answer by it. Of somebody who is not held, name what the
    /// person named (--phone, --email, --name, --case): the answer then says what was found, or that nothing was.
    Access(answer::AccessArgs),
    /// Hand a person their data for use elsewhere (Art. 20 GDPR): what the person provided, and nothing of our own
    Portability(answer::PortabilityArgs),
    /// Erase a person (Art. 17 GDPR): keys, records, history; tells first what goes, what stays and why
    Erase(erase::EraseArgs),
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Access(args) => answer::access(ctx, args),
        Verb::Portability(args) => answer::portability(ctx, args),
        Verb::Erase(args) => erase::erase(ctx, args),
    }
}
