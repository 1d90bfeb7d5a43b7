//! `callbook publication …`: where persons' data were made public, so that whoever shows them can be told (R51).

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::rights::PublicationView;
use crate::api::{GivenTo, PublicationAdd, PublicationWithdraw};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::domain::id::ContactId;
use crate::domain::value::Day;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Note where a person's data are made public
    Add(AddArgs),
    /// Where a person's data were made public
    List(ListArgs),
    /// Note that it was taken away there
    Withdraw(WithdrawArgs),
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// The person's id
    contact: ContactId,
    /// An address on the web, or the name of a print
    place: String,
    /// Which data
    #[arg(long, value_name = "TEXT", default_value = "")]
    what: String,
    /// Whom to tell of a correction or erasure
    #[arg(long, value_name = "TEXT", default_value = "")]
    tell: String,
    /// The day
    #[arg(long, value_name = "DATE")]
    on: Option<Day>,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// The person's id
    contact: ContactId,
}

#[derive(Args, Debug)]
pub(crate) struct WithdrawArgs {
    /// The publication's id
    #[arg(value_parser = crate::domain::id::parse)]
    id: Uuid,
}

pub(crate) fn view_json(one: &PublicationView) -> Json {
    let mut out = Map::new();
    out.insert("what".to_owned(), json!("publication"));
    out.insert("id".to_owned(), json!(one.id));
    out.insert("contact".to_owned(), json!(one.contact));
    out.insert("place".to_owned(), json!(one.place));
    put_text(&mut out, "data", &one.what);
    put_text(&mut out, "tell", &one.tell);
    if let Some(day) = one.published_on {
        out.insert("published_on".to_owned(), json!(day));
    }
    if let Some(at) = one.withdrawn_at {
        out.insert("withdrawn_at".to_owned(), json!(at));
    }
    Json::Object(out)
}

/// What, where, whom to tell, when, the id.
pub(crate) fn cells(what: &str, one: &PublicationView) -> Vec<String> {
    let when = match (one.withdrawn_at, one.published_on) {
        (Some(at), _) => format!("withdrawn {at}"),
        (None, Some(day)) => day.to_string(),
        (None, None) => String::new(),
    };
    vec![what.to_owned(), one.place.clone(), one.tell.clone(), when, one.id.to_string()]
}

fn told(ctx: &mut Ctx<'_>, one: &PublicationView) -> Done {
    object(ctx, &one.id.to_string(), view_json(one), |_| format!("{}\n", one.id))
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Add(args) => {
            let AddArgs { contact, place, what, tell, on } = args;
            let call = PublicationAdd { contact, place, what, tell, published_on: on };
            let made = ctx.client()?.call(call)?;
            told(ctx, &made)
        }
        Verb::List(args) => {
            let given = ctx.client()?.call(GivenTo { contact: args.contact })?;
            let columns = Column::list(&[
                ("what", "Data"),
                ("place", "Where"),
                ("tell", "Tell"),
                ("when", "When"),
                ("id", "Id"),
            ]);
            let make = Make {
                id: &|one: &PublicationView| one.id.to_string(),
                json: &view_json,
                cells: &|one: &PublicationView| vec![cells(&one.what, one)],
            };
            Listing::all(ctx, columns, &given.publications, &make)
        }
        Verb::Withdraw(args) => {
            let gone = ctx.client()?.call(PublicationWithdraw { id: args.id })?;
            told(ctx, &gone)
        }
    }
}
