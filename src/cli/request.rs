//! `callbook request …`

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use crate::api::work::RequestView;
use crate::api::{RequestOpen, Requests};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::globals::word;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::task::moment;
use crate::domain::id::ContactId;
use crate::domain::request::Right;
use crate::domain::value::Day;
use crate::env::Zone;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Take in what a person asks for by right; prints its number and the day on which it must be answered
    Open(OpenArgs),
    /// Requests that are open, the next due first
    List(ListArgs),
}

#[derive(Args, Debug)]
pub(crate) struct OpenArgs {
    /// What the person asks for
    #[arg(long, value_name = "RIGHT", value_parser = word::<Right>(Right::WORDS))]
    right: Right,
    /// The person's id
    #[arg(long, value_name = "ID")]
    contact: ContactId,
    /// The day on which it came; today when absent
    #[arg(long, value_name = "DATE")]
    received: Option<Day>,
    /// How it came: by call, mail, letter, in person
    #[arg(long, value_name = "TEXT", default_value = "")]
    how: String,
    /// What the person wrote or said
    #[arg(long, value_name = "TEXT", default_value = "")]
    words: String,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Due by then: a day, today, or 7d
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Open(args) => open(ctx, args),
        Verb::List(args) => list(ctx, args),
    }
}

pub(crate) fn request_json(one: &RequestView) -> Json {
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(one.id));
    out.insert("number".to_owned(), json!(one.number));
    out.insert("right".to_owned(), json!(one.right));
    out.insert("contact".to_owned(), json!(one.contact));
    out.insert("name".to_owned(), json!(one.name));
    if let Some(day) = one.received {
        out.insert("received".to_owned(), json!(day));
    }
    if let Some(day) = one.due {
        out.insert("due".to_owned(), json!(day));
    }
    out.insert("overdue".to_owned(), json!(one.overdue));
    Json::Object(out)
}

fn open(ctx: &mut Ctx<'_>, args: OpenArgs) -> Done {
    let OpenArgs { right, contact, received, how, words } = args;
    let opened = ctx.client()?.call(RequestOpen { contact, right, received, how, words })?;
    let due = opened.due.map(|day| day.to_string()).unwrap_or_default();
    object(ctx, &opened.id.to_string(), request_json(&opened), |_| {
        format!("{}  {}  due {due}\n", opened.number, opened.right)
    })
}

fn list(ctx: &mut Ctx<'_>, args: ListArgs) -> Done {
    let before = args.due.map(|due| moment(&due, ctx.env.now(), Zone::Local)).transpose()?;
    let before = before.map(|at| Day(Zone::Local.of(at).date_naive()));
    let requests = ctx.client()?.call(Requests { before })?;
    let columns = Column::list(&[
        ("number", "Number"),
        ("right", "Right"),
        ("name", "Name"),
        ("received", "Received"),
        ("due", "Due"),
        ("overdue", ""),
        ("id", "Id"),
    ]);
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let make = Make {
        id: &|one: &RequestView| one.id.to_string(),
        json: &request_json,
        cells: &|one: &RequestView| {
            vec![vec![
                one.number.to_string(),
                one.right.clone(),
                one.name.clone(),
                day(one.received),
                day(one.due),
                if one.overdue { "overdue".to_owned() } else { String::new() },
                one.id.to_string(),
            ]]
        },
    };
    Listing::all(ctx, columns, &requests, &make)
}
