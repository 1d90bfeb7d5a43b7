//! `callbook history reads` and `callbook history sweep`: who looked at whom.

use clap::Args;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::{Code, ReadingView, Readings, SweepReadings};
use crate::cli::ctx::{Ctx, Done, End, stopped};
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::record;
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;

/// Readings fetched at once.
const WINDOW: u64 = 10_000;

#[derive(Args, Debug)]
pub(crate) struct ReadsArgs {
    /// Only who looked at this contact
    #[arg(value_name = "CONTACT", value_parser = crate::domain::id::parse)]
    contact: Option<Uuid>,
    /// Only what this user looked at: a name or an id
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// From this time or the beginning of this day on
    #[arg(long, value_name = "TIME", value_parser = beginning)]
    from: Option<Timestamp>,
    /// Up to this time or the end of this day
    #[arg(long, value_name = "TIME", value_parser = record::moment)]
    to: Option<Timestamp>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct SweepArgs {
    /// Count what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// A time, or the beginning of a day.
pub(crate) fn beginning(text: &str) -> Result<Timestamp, String> {
    match text.trim().parse::<crate::domain::value::Day>() {
        Ok(day) => Ok(Timestamp::start_of(day.0)),
        Err(_) => record::moment(text),
    }
}

fn columns() -> Vec<Column> {
    Column::list(&[
        ("at", "Time"),
        ("user", "User"),
        ("kind", "How"),
        ("contact", "Contact"),
        ("purpose", "Purpose"),
        ("masked", "Masked"),
        ("id", "Id"),
    ])
}

fn cells(one: &ReadingView) -> Vec<Vec<String>> {
    let contact = match (&one.about, one.title.is_empty()) {
        (Some(about), true) => about.to_string(),
        (Some(_), false) => one.title.clone(),
        (None, _) => "(nobody found)".to_owned(),
    };
    let id = one.about.map(|about| about.to_string()).unwrap_or_default();
    vec![vec![
        one.at.to_string(),
        one.user.clone(),
        one.kind.to_string(),
        contact,
        one.purpose.clone(),
        one.masked.join(" "),
        id,
    ]]
}

fn as_json(one: &ReadingView) -> Json {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(one.id));
    object.insert("at".to_owned(), json!(one.at));
    object.insert("user".to_owned(), json!(one.user));
    object.insert("session".to_owned(), json!(one.session));
    object.insert("kind".to_owned(), json!(one.kind));
    if let Some(about) = one.about {
        object.insert("contact".to_owned(), json!(about));
    }
    put_text(&mut object, "display_name", &one.title);
    if let Some(record) = one.record {
        object.insert("note".to_owned(), json!(record));
    }
    if let Some(as_of) = one.as_of {
        object.insert("as_of".to_owned(), json!(as_of));
    }
    put_text(&mut object, "purpose", &one.purpose);
    if !one.masked.is_empty() {
        object.insert("masked".to_owned(), json!(one.masked));
    }
    put_text(&mut object, "searched", &one.searched);
    Json::Object(object)
}

pub(crate) fn reads(ctx: &mut Ctx<'_>, args: &ReadsArgs) -> Done {
    let client = ctx.client()?;
    let stop = ctx.stop()?;
    let make = Make {
        // What scripts go on with is the person.
        id: &|one: &ReadingView| one.about.map(|about| about.to_string()).unwrap_or_default(),
        json: &as_json,
        cells: &cells,
    };
    let mut listing = Listing::new(ctx, columns());
    let (mut before, mut left) = (None, args.limit.unwrap_or(u64::MAX));
    let (total, unreadable, months) = loop {
        let limit = left.min(WINDOW);
        let page = client.call(Readings {
            about: args.contact.map(ContactId),
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
        ctx.warn(&format!("{unreadable} readings do not open: damaged, or of persons who were erased"));
    }
    ctx.say(&format!("kept for {months} months"));
    Ok(())
}

pub(crate) fn sweep(ctx: &mut Ctx<'_>, args: &SweepArgs) -> Done {
    let swept = ctx.client()?.call(SweepReadings { dry_run: args.dry_run })?;
    let out = json!({
        "before": swept.before,
        "removed": swept.removed,
        "kept": swept.kept,
        "denials_removed": swept.denials_removed,
        "denials_kept": swept.denials_kept,
        "months": swept.months,
        "dry_run": args.dry_run,
    });
    object(ctx, &swept.removed.to_string(), out, |_| {
        let lines = [
            ("before", swept.before.to_string()),
            ("removed", swept.removed.to_string()),
            ("kept", swept.kept.to_string()),
            ("denials removed", swept.denials_removed.to_string()),
            ("denials kept", swept.denials_kept.to_string()),
        ];
        lines.iter().map(|(word, text)| format!("{word:<15}  {text}\n")).collect()
    })?;
    if args.dry_run {
        ctx.say("nothing was removed");
    }
    Ok(())
}
