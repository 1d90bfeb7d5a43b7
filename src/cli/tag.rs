//! `callbook tag …`

use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::{Complete, Completion, Deed, Edit, Error, Targets};
use crate::cli::change;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::out::{Column, Listing, Make};
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::RecordKind;
use crate::domain::value;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Tag people
    Add(TagArgs),
    /// Take tags off people
    Remove(TagArgs),
    /// The tags there are, with how many people have each
    List(ListArgs),
}

#[derive(Args, Debug)]
pub(crate) struct TagArgs {
    /// A person's id; `-` reads ids from standard input, one a line
    id: String,
    /// The tags
    #[arg(required = true)]
    tags: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only tags that begin so
    #[arg(default_value = "", hide_default_value = true)]
    prefix: String,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Add(args) => change(ctx, &args, Input::AddTags),
        Verb::Remove(args) => change(ctx, &args, Input::RemoveTags),
        Verb::List(args) => list(ctx, args.prefix),
    }
}

fn change(ctx: &mut Ctx<'_>, args: &TagArgs, input: fn(Vec<String>) -> Input) -> Done {
    let tags = value::tags(&args.tags.join(",")).map_err(Error::from)?;
    let fields = vec![FieldEdit { field: "tags".to_owned(), input: input(tags) }];
    let kind = RecordKind::Contact;
    let ids = change::ids(ctx, std::slice::from_ref(&args.id))?;
    match (ids.as_slice(), args.id.as_str()) {
        ([], _) => {
            ctx.say("no ids on standard input, nothing to do");
            Ok(())
        }
        ([id], given) if given != "-" => {
            let edited = ctx.client()?.call(Edit { kind, id: *id, fields, expect_revision: None })?;
            change::changed(ctx, kind, *id, &edited)
        }
        _ => {
            // Whoever pipes ids in has chosen them; there is nobody to ask, and the step can be undone.
            ctx.globals.yes = true;
            change::bulk(ctx, kind, Targets::Ids(ids), Deed::Edit(fields), false)
        }
    }
}

fn list(ctx: &mut Ctx<'_>, prefix: String) -> Done {
    let call =
        Complete { kind: RecordKind::Contact, field: "tags".to_owned(), prefix, limit: u64::from(u32::MAX) };
    let tags = ctx.client()?.call(call)?;
    let make = Make {
        id: &|one: &Completion| one.text.clone(),
        json: &|one| json!({"tag": one.text, "count": one.count}),
        cells: &|one| vec![vec![one.text.clone(), one.count.to_string()]],
    };
    Listing::all(ctx, Column::list(&[("tag", "Tag"), ("count", "People")]), &tags, &make)
}
