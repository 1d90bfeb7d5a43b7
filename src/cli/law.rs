//! `callbook law …`: by which rules is decided, and what of them needs somebody's attention.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use crate::api::LawShow;
use crate::api::law::{LawEntry, LawTable};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make};
use crate::client::open::law_entries;
use crate::config::read_law;
use crate::domain::country::Country;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// The rules by which the store decides, with their sources
    Show(ShowArgs),
    /// Check a file of rules, and list which of its entries need attention
    Check(CheckArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Only of this country, and what holds for all
    country: Option<Country>,
    /// Only of this table
    #[arg(long, value_name = "TABLE", value_parser = clap::builder::PossibleValuesParser::new(LawTable::WORDS))]
    of: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// The file; the one named in config.toml, when absent
    file: Option<PathBuf>,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Show(args) => show(ctx, args.country, args.of.as_deref()),
        Verb::Check(args) => check(ctx, args.file),
    }
}

fn show(ctx: &mut Ctx<'_>, country: Option<Country>, of: Option<&str>) -> Done {
    let mut entries = ctx.client()?.call(LawShow { country })?;
    if let Some(country) = country
        && !entries.iter().any(|entry| entry.table == LawTable::Telephone)
    {
        ctx.warn(&format!("no rule of {} about calls is known: nobody there is called", country.name()));
    }
    entries.retain(|entry| of.is_none_or(|of| entry.table.word() == of));
    listed(ctx, &entries)
}

/// A file that is wrong is refused; of one that is right, the entries are listed that nobody has verified or looked up
/// lately.
fn check(ctx: &mut Ctx<'_>, file: Option<PathBuf>) -> Done {
    ctx.shell_only("reading a file")?;
    let file = file.or_else(|| ctx.config.law.file.clone());
    let law = match &file {
        Some(file) => read_law(file)?,
        None => ctx.config.law()?,
    };
    let today = ctx.env.now().date();
    let mut entries = law_entries(&law, today, file.is_some());
    let all = entries.len();
    entries.retain(|entry| !entry.verified || entry.stale);
    let name = file.map_or("the built-in law".to_owned(), |file| file.display().to_string());
    let stale = entries.iter().filter(|entry| entry.stale).count();
    let unverified = entries.iter().filter(|entry| !entry.verified).count();
    listed(ctx, &entries)?;
    let entries = if all == 1 { "entry" } else { "entries" };
    ctx.say(&format!("{name} can be used: {all} {entries}, {unverified} unverified, {stale} stale"));
    Ok(())
}

fn entry_json(entry: &LawEntry) -> Json {
    let mut object = Map::new();
    object.insert("key".to_owned(), json!(entry.key));
    object.insert("table".to_owned(), json!(entry.table));
    if let Some(country) = entry.country {
        object.insert("country".to_owned(), json!(country));
    }
    put_text(&mut object, "about", &entry.about);
    for (name, day) in [("from", entry.from), ("until", entry.until)] {
        if let Some(day) = day {
            object.insert(name.to_owned(), json!(day));
        }
    }
    object.insert("rule".to_owned(), json!(entry.rule));
    let parts: Map<String, Json> =
        entry.parts.iter().map(|(name, part)| (name.clone(), json!(part))).collect();
    object.insert("parts".to_owned(), Json::Object(parts));
    object.insert("citation".to_owned(), json!(entry.citation));
    object.insert("source".to_owned(), json!(entry.source));
    object.insert("checked".to_owned(), json!(entry.checked));
    object.insert("verified".to_owned(), json!(entry.verified));
    object.insert("stale".to_owned(), json!(entry.stale));
    put_text(&mut object, "note", &entry.note);
    object.insert("origin".to_owned(), json!(entry.origin));
    Json::Object(object)
}

fn listed(ctx: &mut Ctx<'_>, entries: &[LawEntry]) -> Done {
    let columns = Column::list(&[
        ("key", "Entry"),
        ("about", "About"),
        ("from", "From"),
        ("until", "Until"),
        ("rule", "Rule"),
        ("citation", "By"),
        ("checked", "Checked"),
        ("state", "State"),
    ]);
    let make = Make {
        id: &|entry: &LawEntry| entry.key.clone(),
        json: &entry_json,
        cells: &|entry| {
            let day = |day: Option<crate::domain::value::Day>| day.map(|day| day.to_string());
            let verified = if entry.verified { "verified" } else { "unverified" };
            let stale = if entry.stale { ", stale" } else { "" };
            vec![vec![
                entry.key.clone(),
                entry.about.clone(),
                day(entry.from).unwrap_or_default(),
                day(entry.until).unwrap_or_default(),
                entry.rule.clone(),
                entry.citation.clone(),
                entry.checked.to_string(),
                format!("{verified}{stale}"),
            ]]
        },
    };
    Listing::all(ctx, columns, entries, &make)
}
