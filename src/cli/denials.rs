//! `callbook history denials`: who was refused what.

use clap::Args;
use serde_json::{Map, Value as Json, json};

use crate::api::{Code, DenialView, Denials};
use crate::cli::ctx::{Ctx, Done, End, stopped};
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make};
use crate::cli::{reads, record};
use crate::domain::time::Timestamp;

/// Rows fetched at once.
const WINDOW: u64 = 10_000;

#[derive(Args, Debug)]
pub(crate) struct DenialsArgs {
    /// Only what this user was refused: a name or an id
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// From this time or the beginning of this day on
    #[arg(long, value_name = "TIME", value_parser = reads::beginning)]
    from: Option<Timestamp>,
    /// Up to this time or the end of this day
    #[arg(long, value_name = "TIME", value_parser = record::moment)]
    to: Option<Timestamp>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

fn columns() -> Vec<Column> {
    Column::list(&[
        ("at", "Time"),
        ("user", "User"),
        ("request", "Request"),
        ("kind", "Of"),
        ("why", "Why"),
        ("count", "Times"),
        ("records", "Ids"),
    ])
}

fn words<T: ToString>(list: &[T]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn cells(one: &DenialView) -> Vec<Vec<String>> {
    let user = if one.user.is_empty() { "(no user)".to_owned() } else { one.user.clone() };
    vec![vec![
        one.at.to_string(),
        user,
        one.request.clone(),
        one.kind.map(|kind| kind.to_string()).unwrap_or_default(),
        one.why.to_string(),
        one.count.to_string(),
        words(&one.records),
    ]]
}

fn as_json(one: &DenialView) -> Json {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(one.id));
    object.insert("at".to_owned(), json!(one.at));
    object.insert("last".to_owned(), json!(one.last));
    object.insert("count".to_owned(), json!(one.count));
    put_text(&mut object, "user", &one.user);
    if !one.sessions.is_empty() {
        object.insert("sessions".to_owned(), json!(one.sessions));
    }
    object.insert("request".to_owned(), json!(one.request));
    if let Some(kind) = one.kind {
        object.insert("kind".to_owned(), json!(kind));
    }
    if !one.records.is_empty() {
        object.insert("records".to_owned(), json!(one.records));
    }
    object.insert("why".to_owned(), json!(one.why));
    Json::Object(object)
}

pub(crate) fn denials(ctx: &mut Ctx<'_>, args: &DenialsArgs) -> Done {
    let client = ctx.client()?;
    let stop = ctx.stop()?;
    let make = Make { id: &|one: &DenialView| one.id.to_string(), json: &as_json, cells: &cells };
    let mut listing = Listing::new(ctx, columns());
    let (mut before, mut left) = (None, args.limit.unwrap_or(u64::MAX));
    let (total, unreadable, months) = loop {
        let limit = left.min(WINDOW);
        let page = client.call(Denials {
            user: args.user.clone().unwrap_or_default(),
            from: args.from,
            to: args.to.map(|to| Timestamp::from_millis(to.millis().saturating_add(1))),
            before,
            limit,
        })?;
        let got = page.items.len() as u64;
        before = page.items.last().map(|one| one.id);
        listing.batch(ctx, &page.items, &make)?;
        left = left.saturating_sub(got);
        if got < limit || left == 0 {
            break (page.total, page.unreadable, page.kept_months);
        }
        if stopped(&stop) {
            return Err(End::Reported(Code::Interrupted));
        }
    };
    listing.end(ctx, total, &std::collections::BTreeMap::new())?;
    if unreadable > 0 {
        ctx.warn(&format!("{unreadable} rows do not open: they are damaged"));
    }
    ctx.say(&format!("kept for {months} months"));
    Ok(())
}
