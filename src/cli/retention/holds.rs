//! `callbook retention hold`, `holds` and `release`.

use clap::Args;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::retention::HoldView;
use crate::api::{HoldAdd, HoldRelease, Holds};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::domain::id::ContactId;
use crate::domain::value::Day;

#[derive(Args, Debug)]
pub(crate) struct HoldArgs {
    /// The person's id
    contact: ContactId,
    /// Why, such as a claim before a court
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The last day
    #[arg(long, value_name = "DATE")]
    until: Day,
    /// A category of data it is about; everything when absent
    #[arg(long, value_name = "CATEGORY")]
    scope: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct HoldsArgs {
    /// Only of this person
    contact: Option<ContactId>,
    /// Also those that have ended
    #[arg(long)]
    all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ReleaseArgs {
    /// The hold's id
    #[arg(value_parser = crate::domain::id::parse)]
    id: Uuid,
    /// Why it is ended
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(super) fn hold_json(one: &HoldView) -> Json {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(one.id));
    object.insert("contact".to_owned(), json!(one.contact));
    put_text(&mut object, "display_name", &one.name);
    put_text(&mut object, "reason", &one.reason);
    if !one.scope.is_empty() {
        object.insert("scope".to_owned(), json!(one.scope));
    }
    if let Some(until) = one.until {
        object.insert("until".to_owned(), json!(until));
    }
    object.insert("holds".to_owned(), json!(one.holds));
    object.insert("created_at".to_owned(), json!(one.created_at));
    if let Some(at) = one.released_at {
        object.insert("released_at".to_owned(), json!(at));
    }
    put_text(&mut object, "released_by", &one.released_by);
    put_text(&mut object, "released_because", &one.released_why);
    Json::Object(object)
}

/// A hold for people.
pub(super) fn in_words(one: &HoldView) -> String {
    let until = one.until.map(|day| format!(" until {day}")).unwrap_or_default();
    format!("{}{until}", one.reason)
}

pub(super) fn hold(ctx: &mut Ctx<'_>, args: HoldArgs) -> Done {
    let HoldArgs { contact, reason, until, scope } = args;
    let held = ctx.client()?.call(HoldAdd { contact, reason, scope, until })?;
    let id = held.id.to_string();
    object(ctx, &id, hold_json(&held), |_| format!("{id}\n"))
}

pub(super) fn release(ctx: &mut Ctx<'_>, args: ReleaseArgs) -> Done {
    let held = ctx.client()?.call(HoldRelease { id: args.id, why: args.reason })?;
    let id = held.id.to_string();
    object(ctx, &id, hold_json(&held), |_| format!("{id}\n"))
}

pub(super) fn list(ctx: &mut Ctx<'_>, args: &HoldsArgs) -> Done {
    let holds = ctx.client()?.call(Holds { contact: args.contact, ended: args.all })?;
    let columns = Column::list(&[
        ("display_name", "Name"),
        ("reason", "Reason"),
        ("until", "Until"),
        ("scope", "Of"),
        ("state", "State"),
        ("contact", "Contact"),
        ("id", "Id"),
    ]);
    let cells = |one: &HoldView| {
        let state = match (one.holds, one.released_at) {
            (true, _) => "holds".to_owned(),
            (false, Some(at)) => format!("released at {at} by {}: {}", one.released_by, one.released_why),
            (false, None) => "is over".to_owned(),
        };
        let of = if one.scope.is_empty() { "everything".to_owned() } else { one.scope.join(", ") };
        vec![vec![
            one.name.clone(),
            one.reason.clone(),
            one.until.map(|day| day.to_string()).unwrap_or_default(),
            of,
            state,
            one.contact.to_string(),
            one.id.to_string(),
        ]]
    };
    let make = Make { id: &|one: &HoldView| one.id.to_string(), json: &hold_json, cells: &cells };
    Listing::all(ctx, columns, &holds, &make)
}
