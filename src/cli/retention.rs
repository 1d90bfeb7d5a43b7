//! `callbook retention …`: how long whose data is kept, and what keeps it longer.

mod holds;
mod plan;

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use crate::api::retention::{PresetRule, RetentionClock, RetentionView};
use crate::api::{RetentionExplain, RetentionPreset};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::registry;
use crate::domain::country::Country;
use crate::domain::id::ContactId;
use crate::domain::retention::RetentionRule;
use crate::domain::text::neutralise;
use crate::domain::value::Day;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// When a person's data goes, by which rule, and what keeps it
    Explain(ExplainArgs),
    /// Rules for a kind of data; purposes have their own period
    Rule {
        #[command(subcommand)]
        verb: registry::Verb<RetentionRule>,
    },
    /// Take over the presets of a country as rules; those that are there stay as they are
    Preset(PresetArgs),
    /// Hold a person's data: until the end of that day nothing deletes it
    Hold(holds::HoldArgs),
    /// Holds that hold, the first to end first
    Holds(holds::HoldsArgs),
    /// End a hold before its time
    Release(holds::ReleaseArgs),
    /// Whose time is up, by which rule, and who stays all the same; with --out as a plan that can be carried out
    Plan(plan::PlanArgs),
    /// Carry a plan out: exactly it, or nothing where anything in it changed
    Apply(plan::ApplyArgs),
    /// Agree with a plan that somebody else made, where more people leave than one may decide alone
    Approve(plan::ApproveArgs),
    /// What was planned and carried out, latest first; no persons
    Sweeps,
    /// Who goes only when somebody decides so, the longest waiting first
    Reviews,
    /// Decide about one of these
    Review(plan::ReviewArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The person's id
    contact: ContactId,
    /// As of another day than today
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
}

#[derive(Args, Debug)]
pub(crate) struct PresetArgs {
    /// Whose; those that hold wherever there is no other, when absent
    country: Option<Country>,
    /// Show them, and add none
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Explain(args) => explain(ctx, &args),
        Verb::Rule { verb } => registry::retention_rules(ctx, verb),
        Verb::Preset(args) => preset(ctx, &args),
        Verb::Hold(args) => holds::hold(ctx, args),
        Verb::Holds(args) => holds::list(ctx, &args),
        Verb::Release(args) => holds::release(ctx, args),
        Verb::Plan(args) => plan::plan(ctx, &args),
        Verb::Apply(args) => plan::apply(ctx, &args),
        Verb::Approve(args) => plan::approve(ctx, args),
        Verb::Sweeps => plan::sweeps(ctx),
        Verb::Reviews => plan::reviews(ctx),
        Verb::Review(args) => plan::review(ctx, args),
    }
}

fn clock_json(one: &RetentionClock) -> Json {
    let mut object = Map::new();
    object.insert("rule".to_owned(), json!(one.rule));
    object.insert("clock".to_owned(), json!(one.clock));
    object.insert("period".to_owned(), json!(one.period));
    object.insert("then".to_owned(), json!(one.at_end));
    if one.statute {
        object.insert("statute".to_owned(), json!(true));
    }
    for (name, day) in [("since", one.since), ("ends", one.ends)] {
        if let Some(day) = day {
            object.insert(name.to_owned(), json!(day));
        }
    }
    object.insert("why".to_owned(), json!(one.why));
    Json::Object(object)
}

fn short(one: &RetentionView) -> Map<String, Json> {
    let mut object = Map::new();
    if let Some(due) = one.due {
        object.insert("due".to_owned(), json!(due));
    }
    if let Some(action) = one.action {
        object.insert("action".to_owned(), json!(action));
    }
    put_text(&mut object, "rule", &one.rule);
    if let Some(since) = one.since {
        object.insert("since".to_owned(), json!(since));
    }
    object.insert("why".to_owned(), json!(one.why));
    object.insert("holds".to_owned(), Json::Array(one.holds.iter().map(holds::hold_json).collect()));
    object
}

/// A person's clock as part of the person's record.
pub(crate) fn short_json(one: &RetentionView) -> Json {
    Json::Object(short(one))
}

fn explain(ctx: &mut Ctx<'_>, args: &ExplainArgs) -> Done {
    let one = ctx.client()?.call(RetentionExplain { contact: args.contact, as_of: args.as_of })?;
    let mut out = short(&one);
    out.insert("contact".to_owned(), json!(one.contact));
    out.insert("clocks".to_owned(), Json::Array(one.clocks.iter().map(clock_json).collect()));
    out.insert("stopped_by".to_owned(), json!(one.stopped));
    let id = one.contact.to_string();
    object(ctx, &id, Json::Object(out), |_| {
        let mut text = format!("{}\n", neutralise(&one.why));
        for hold in &one.holds {
            text.push_str(&format!("held: {}\n", neutralise(&holds::in_words(hold))));
        }
        for why in &one.stopped {
            text.push_str(&format!("in the way: {}\n", neutralise(why)));
        }
        if !one.clocks.is_empty() {
            text.push_str("\nwhat counts\n");
        }
        for clock in &one.clocks {
            let ends = clock.ends.map_or_else(|| "not yet".to_owned(), |day| day.to_string());
            let duty = if clock.statute { ", a duty to keep" } else { "" };
            text.push_str(&format!(
                "  {}  {ends}  {}: {}{duty}\n",
                neutralise(&clock.rule),
                clock.at_end,
                neutralise(&clock.why)
            ));
        }
        text
    })
}

fn preset_json(one: &PresetRule) -> Json {
    let mut object = Map::new();
    object.insert("name".to_owned(), json!(one.name));
    if let Some(about) = one.about {
        object.insert("about".to_owned(), json!(about));
    }
    object.insert("period".to_owned(), json!(one.period));
    object.insert("clock".to_owned(), json!(one.clock));
    object.insert("then".to_owned(), json!(one.at_end));
    put_text(&mut object, "source", &one.source);
    object.insert("there".to_owned(), json!(one.there));
    Json::Object(object)
}

fn preset(ctx: &mut Ctx<'_>, args: &PresetArgs) -> Done {
    let rules = ctx.client()?.call(RetentionPreset { country: args.country, dry_run: args.dry_run })?;
    let columns = Column::list(&[
        ("name", "Rule"),
        ("about", "About"),
        ("period", "Kept for"),
        ("clock", "Counted from"),
        ("then", "Then"),
        ("source", "By"),
        ("there", "State"),
    ]);
    let dry_run = args.dry_run;
    let cells = move |one: &PresetRule| {
        let state = match (one.there, dry_run) {
            (true, _) => "was there",
            (false, true) => "would be added",
            (false, false) => "added",
        };
        vec![vec![
            one.name.clone(),
            one.about.map(|about| about.to_string()).unwrap_or_default(),
            one.period.clone(),
            one.clock.to_string(),
            one.at_end.to_string(),
            one.source.clone(),
            state.to_owned(),
        ]]
    };
    let make = Make { id: &|one: &PresetRule| one.name.clone(), json: &preset_json, cells: &cells };
    Listing::all(ctx, columns, &rules, &make)
}
