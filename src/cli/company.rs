//! `callbook company …`

use clap::{Args, Subcommand};

use crate::cli::change::{self, DeleteArgs, EditArgs, RestoreArgs};
use crate::cli::contact::{IdArgs, ShowArgs, add_record};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::fields::FieldArgs;
use crate::cli::record::{self, ListArgs};
use crate::domain::contact::Company;
use crate::domain::entity::RecordKind;

const KIND: RecordKind = RecordKind::Company;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Add a company; prints the id
    Add(AddArgs),
    /// Find companies
    List(ListArgs),
    /// Show a company with its people
    Show(ShowArgs),
    /// What was changed about a company, when and by whom
    History(IdArgs),
    /// Change a company, or many in one step
    Edit(EditArgs<Company>),
    /// Take companies out of lists; `restore` brings them back
    Delete(DeleteArgs),
    /// Bring deleted companies back
    Restore(RestoreArgs),
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    fields: FieldArgs<Company>,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Add(args) => add_record::<Company>(ctx, args.fields.edits).map(drop),
        Verb::List(args) => record::list(ctx, KIND, &args),
        Verb::Show(args) => record::show(ctx, KIND, args.id, args.at),
        Verb::History(args) => record::history(ctx, KIND, args.id),
        Verb::Edit(args) => change::edit(ctx, args),
        Verb::Delete(args) => change::delete(ctx, KIND, args),
        Verb::Restore(args) => change::restore(ctx, KIND, args),
    }
}
