//! `callbook settings …`: what holds for the whole store. Each change is in the history, like any other.

use clap::{Args, Subcommand};
use uuid::Uuid;

use crate::api::{Edit, Error, List, Window};
use crate::cli::change;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::record;
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::RecordKind;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// The settings as they are
    Show,
    /// Change settings
    Edit(EditArgs),
    /// What was changed, when and by whom
    History,
}

#[derive(Args, Debug)]
pub(crate) struct EditArgs {
    /// A setting and its value, such as readings_months=6; empty clears it
    #[arg(long, value_name = "SETTING=VALUE", required = true)]
    set: Vec<String>,
}

const KIND: RecordKind = RecordKind::Settings;

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    let id = only(ctx)?;
    match verb {
        Verb::Show => record::show(ctx, KIND, id, None),
        Verb::Edit(args) => edit(ctx, id, &args),
        Verb::History => record::history(ctx, KIND, id),
    }
}

/// The one record there is.
fn only(ctx: &mut Ctx<'_>) -> Result<Uuid, Error> {
    let page = ctx.client()?.call(List {
        kind: KIND,
        query: String::new(),
        sort: String::new(),
        window: Window::default(),
        columns: Vec::new(),
    })?;
    let first = page.items.first().map(|view| view.id);
    first.ok_or_else(|| Error::integrity("the store has no settings; restore it from a backup"))
}

fn edit(ctx: &mut Ctx<'_>, id: Uuid, args: &EditArgs) -> Done {
    let mut fields = Vec::new();
    for one in &args.set {
        let Some((field, text)) = one.split_once('=') else {
            return Err(Error::usage(format!("`{one}` names no value"))
                .hint("write it as SETTING=VALUE; `callbook settings show` lists them")
                .into());
        };
        let input = if text.trim().is_empty() { Input::Clear } else { Input::Text(text.to_owned()) };
        fields.push(FieldEdit { field: field.trim().to_owned(), input });
    }
    let edited = ctx.client()?.call(Edit { kind: KIND, id, fields, expect_revision: None })?;
    change::changed(ctx, KIND, id, &edited)
}
