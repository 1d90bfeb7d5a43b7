//! `callbook call-list …`

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use crate::api::work::{CallListView, CallPlace, PutBack};
use crate::api::{
    CallListClose, CallListMake, CallListNext, CallListPut, CallListShow, CallLists, Code, Error,
};
use crate::cli::call::{card_json, drawn as drawn_card};
use crate::cli::ctx::{Ctx, Done, End};
use crate::cli::json as records;
use crate::cli::out::{Column, Listing, Make, object};
use crate::domain::call::EntryState;
use crate::domain::id::ContactId;
use crate::domain::text::neutralise;
use crate::domain::time::Timestamp;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Make a list of people to call: those a query or a view finds, who may be called; the others are counted by reason
    Make(MakeArgs),
    /// The lists there are, and how far each is
    List(ListArgs),
    /// A list with its people, and who has done what
    Show(NameArgs),
    /// Whom to call next: held for you for a quarter of an hour
    Next(NameArgs),
    /// Do not call a person from this list
    Skip(SkipArgs),
    /// Call a person later
    Later(LaterArgs),
    /// Put a person back for whoever comes next
    Release(PlaceArgs),
    /// Nobody is called from the list any more
    Close(NameArgs),
}

#[derive(Args, Debug)]
pub(crate) struct MakeArgs {
    /// What people call the list
    name: String,
    /// What the calls are for
    #[arg(long, value_name = "PURPOSE")]
    purpose: String,
    /// Who works on it; everybody who may call when absent
    #[arg(long, value_name = "TEAM", default_value = "")]
    team: String,
    /// Whom to take: words and filters such as tag:fair, or a view as @NAME; everybody when absent
    query: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Closed ones too
    #[arg(long)]
    closed: bool,
}

#[derive(Args, Debug)]
pub(crate) struct NameArgs {
    /// The list's name or id
    list: String,
}

#[derive(Args, Debug)]
pub(crate) struct PlaceArgs {
    /// The list's name or id
    list: String,
    /// The person's id
    contact: ContactId,
}

#[derive(Args, Debug)]
pub(crate) struct SkipArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

#[derive(Args, Debug)]
pub(crate) struct LaterArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// Not before this time
    #[arg(long, value_name = "TIME", value_parser = crate::cli::record::moment)]
    at: Timestamp,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Make(args) => {
            let MakeArgs { name, purpose, team, query } = args;
            let made = ctx.client()?.call(CallListMake { name, purpose, query: query.join(" "), team })?;
            shown(ctx, &made)
        }
        Verb::List(args) => list(ctx, args.closed),
        Verb::Show(args) => show(ctx, args.list),
        Verb::Next(args) => next(ctx, args.list),
        Verb::Skip(args) => put(ctx, args.place, PutBack::Skip { reason: args.reason }),
        Verb::Later(args) => put(ctx, args.place, PutBack::Later { at: args.at }),
        Verb::Release(args) => put(ctx, args, PutBack::Release),
        Verb::Close(args) => {
            let closed = ctx.client()?.call(CallListClose { list: args.list })?;
            shown(ctx, &closed)
        }
    }
}

fn put(ctx: &mut Ctx<'_>, place: PlaceArgs, put: PutBack) -> Done {
    ctx.client()?.call(CallListPut { list: place.list, contact: place.contact, put })?;
    Ok(())
}

/// A list as JSON.
pub(crate) fn list_json(list: &CallListView) -> Map<String, Json> {
    let counts = |all: Vec<(String, u64)>| {
        Json::Object(all.into_iter().map(|(word, count)| (word, json!(count))).collect())
    };
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(list.id));
    out.insert("name".to_owned(), json!(list.name));
    out.insert("purpose".to_owned(), json!(list.purpose));
    records::put_text(&mut out, "query", &list.query);
    records::put_text(&mut out, "team", &list.team);
    records::put_text(&mut out, "owner", &list.owner);
    out.insert("created_at".to_owned(), json!(list.created_at));
    if let Some(at) = list.closed_at {
        out.insert("closed_at".to_owned(), json!(at));
    }
    out.insert("size".to_owned(), json!(list.size));
    let states = EntryState::ALL.iter().map(|state| (state.word().to_owned(), list.count(*state)));
    out.insert("states".to_owned(), counts(states.collect()));
    out.insert("done_by".to_owned(), counts(list.done_by.clone()));
    out.insert("withheld".to_owned(), counts(list.left_out.clone()));
    out
}

fn shown(ctx: &mut Ctx<'_>, list: &CallListView) -> Done {
    object(ctx, &list.id.to_string(), Json::Object(list_json(list)), |_| {
        let states: Vec<String> =
            list.states.iter().map(|(state, count)| format!("{count} {state}")).collect();
        format!("{}  {}: {} people; {}\n", list.id, neutralise(&list.name), list.size, states.join(", "))
    })?;
    for (reason, count) in &list.left_out {
        ctx.say(&format!("{count} withheld: {reason}"));
    }
    Ok(())
}

/// The rows of lists, also in the day's work.
pub(crate) fn cells(list: &CallListView) -> Vec<String> {
    let left = list.size.saturating_sub(
        list.count(EntryState::Done) + list.count(EntryState::Skipped) + list.count(EntryState::Withheld),
    );
    vec![
        list.name.clone(),
        list.purpose.clone(),
        list.size.to_string(),
        list.count(EntryState::Done).to_string(),
        left.to_string(),
        list.count(EntryState::Withheld).to_string(),
        list.id.to_string(),
    ]
}

fn list(ctx: &mut Ctx<'_>, closed: bool) -> Done {
    let lists = ctx.client()?.call(CallLists { closed })?;
    let columns = Column::list(&[
        ("name", "Name"),
        ("purpose", "Purpose"),
        ("size", "People"),
        ("done", "Done"),
        ("left", "Left"),
        ("withheld", "Withheld"),
        ("id", "Id"),
    ]);
    let make = Make {
        id: &|list: &CallListView| list.id.to_string(),
        json: &|list: &CallListView| Json::Object(list_json(list)),
        cells: &|list: &CallListView| vec![cells(list)],
    };
    Listing::all(ctx, columns, &lists, &make)
}

fn show(ctx: &mut Ctx<'_>, list: String) -> Done {
    let card = ctx.client()?.call(CallListShow { list })?;
    let columns = Column::list(&[
        ("place", "Place"),
        ("name", "Name"),
        ("state", "State"),
        ("claimed_by", "By"),
        ("attempts", "Calls"),
        ("due", "Not before"),
        ("reason", "Reason"),
        ("id", "Id"),
    ]);
    let make = Make {
        id: &|one: &CallPlace| one.contact.to_string(),
        json: &|one: &CallPlace| {
            let mut out = Map::new();
            out.insert("contact".to_owned(), json!(one.contact));
            out.insert("name".to_owned(), json!(one.name));
            out.insert("place".to_owned(), json!(one.place));
            out.insert("state".to_owned(), json!(one.state));
            records::put_text(&mut out, "claimed_by", &one.claimed_by);
            out.insert("attempts".to_owned(), json!(one.attempts));
            if let Some(due) = one.due {
                out.insert("due".to_owned(), json!(due));
            }
            records::put_text(&mut out, "reason", &one.reason);
            Json::Object(out)
        },
        cells: &|one: &CallPlace| {
            vec![vec![
                one.place.to_string(),
                one.name.clone(),
                one.state.to_string(),
                one.claimed_by.clone(),
                one.attempts.to_string(),
                one.due.map(|due| due.to_string()).unwrap_or_default(),
                one.reason.clone(),
                one.contact.to_string(),
            ]]
        },
    };
    let mut listing = Listing::new(ctx, columns);
    listing.batch(ctx, &card.places, &make)?;
    let left_out: BTreeMap<String, u64> = card.list.left_out.iter().cloned().collect();
    listing.end(ctx, card.places.len() as u64, &left_out)?;
    for (who, count) in &card.list.done_by {
        ctx.say(&format!("{who}: {count} done"));
    }
    Ok(())
}

fn next(ctx: &mut Ctx<'_>, list: String) -> Done {
    let Some(next) = ctx.client()?.call(CallListNext { list })? else {
        return Err(End::Failed(
            Error::new(Code::NotFound, "nobody is left on this list who may be called now")
                .hint("`callbook call-list show` tells where everybody stands"),
        ));
    };
    let schema = ctx.schema()?;
    let mut out = Map::new();
    out.insert("contact".to_owned(), json!(next.contact));
    out.insert("list".to_owned(), json!(next.list));
    out.insert("until".to_owned(), json!(next.until));
    out.insert("card".to_owned(), card_json(&next.card, &schema));
    object(ctx, &next.contact.to_string(), Json::Object(out), |style| {
        format!("{}\n{}", next.contact, drawn_card(&next.card, style))
    })
}
