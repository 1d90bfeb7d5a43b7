//! `callbook contact …`

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::{Add, Duplicates, Error, Merge};
use crate::cli::change::{self, DeleteArgs, EditArgs, RestoreArgs};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::fields::FieldArgs;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::record::{self, ListArgs};
use crate::cli::{export, import, json};
use crate::domain::contact::{Contact, Note};
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::id::ContactId;
use crate::domain::text::neutralise;
use crate::domain::time::Timestamp;

const KIND: RecordKind = RecordKind::Contact;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Add a person; prints the id
    Add(AddArgs),
    /// Find people
    List(ListArgs),
    /// Show a person with notes and last changes
    Show(ShowArgs),
    /// What was changed about a person, when and by whom
    History(IdArgs),
    /// Change a person, or many in one step
    Edit(EditArgs<Contact>),
    /// Take people out of lists; `restore` brings them back
    Delete(DeleteArgs),
    /// Bring deleted people back
    Restore(RestoreArgs),
    /// Take people from CSV, vCard, JSContact or JSON files
    Import(import::Args),
    /// Write people for a purpose to a file
    Export(export::Args),
    /// Make one person of two; what KEEP lacks comes from OTHER
    Merge(MergeArgs),
    /// People who could be the same
    Duplicates(DuplicatesArgs),
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    fields: FieldArgs<Contact>,
    /// A first note about the person
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct IdArgs {
    /// The record's id
    #[arg(value_parser = crate::domain::id::parse)]
    pub(crate) id: Uuid,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The record's id
    #[arg(value_parser = crate::domain::id::parse)]
    pub(crate) id: Uuid,
    /// As it stood at this time, or at the end of this day
    #[arg(long, value_name = "TIME", value_parser = record::moment)]
    pub(crate) at: Option<Timestamp>,
}

#[derive(Args, Debug)]
pub(crate) struct MergeArgs {
    /// The person that stays
    keep: ContactId,
    /// The person that goes
    other: ContactId,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DuplicatesArgs {
    /// At most so many groups
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Add(args) => add(ctx, args),
        Verb::List(args) => record::list(ctx, KIND, &args),
        Verb::Show(args) => record::show(ctx, KIND, args.id, args.at),
        Verb::History(args) => record::history(ctx, KIND, args.id),
        Verb::Edit(args) => change::edit(ctx, args),
        Verb::Delete(args) => change::delete(ctx, KIND, args),
        Verb::Restore(args) => change::restore(ctx, KIND, args),
        Verb::Import(args) => import::run(ctx, &args),
        Verb::Export(args) => export::run(ctx, &args),
        Verb::Merge(args) => merge(ctx, &args),
        Verb::Duplicates(args) => duplicates(ctx, &args),
    }
}

fn add(ctx: &mut Ctx<'_>, args: AddArgs) -> Done {
    let id = add_record::<Contact>(ctx, args.fields.edits)?;
    if let Some(text) = args.note {
        let fields = vec![FieldEdit { field: "text".to_owned(), input: Input::Text(text) }];
        let about = Some(ContactId(id));
        let added = ctx.client()?.call(Add { kind: Note::KIND, about, fields })?;
        for warning in added.warnings {
            ctx.warn(&warning);
        }
    }
    Ok(())
}

/// Adds a record, prints its id, and tells who might be the same.
pub(crate) fn add_record<E: Entity>(ctx: &mut Ctx<'_>, fields: Vec<FieldEdit>) -> Done<Uuid> {
    if fields.is_empty() {
        let hint = format!("`callbook {} add --help` lists the fields", E::KIND);
        return Err(Error::usage("no field is given").hint(hint).into());
    }
    let added = ctx.client()?.call(Add { kind: E::KIND, about: None, fields })?;
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(added.id));
    out.insert("revision".to_owned(), json!(added.revision));
    if !added.similar.is_empty() {
        out.insert("similar".to_owned(), Json::Array(added.similar.iter().map(json::similar).collect()));
    }
    if !added.warnings.is_empty() {
        out.insert("warnings".to_owned(), json!(added.warnings));
    }
    object(ctx, &added.id.to_string(), Json::Object(out), |_| format!("{}\n", added.id))?;
    for one in &added.similar {
        let id = one.id.map(|id| format!(" ({id})")).unwrap_or_default();
        ctx.warn(&format!("{}{id} could be the same: {}", one.name(), one.same.join(", ")));
    }
    for warning in &added.warnings {
        ctx.warn(warning);
    }
    Ok(added.id)
}

fn merge(ctx: &mut Ctx<'_>, args: &MergeArgs) -> Done {
    if args.keep == args.other {
        return Err(Error::usage("a person cannot be merged with itself").into());
    }
    let report = ctx.client()?.call(Merge { keep: args.keep, other: args.other, dry_run: args.dry_run })?;
    let out = json!({
        "kept": report.kept,
        "revision": report.revision,
        "changes": json::changes(&report.changes),
        "differing": report.differing.iter().map(|one| json::change(one, "kept", "other")).collect::<Vec<_>>(),
        "notes_moved": report.notes_moved,
        "tasks_moved": report.tasks_moved,
        "places_moved": report.places_moved,
        "calls": report.calls,
        "requests": report.requests,
        "refusals": report.refusals.iter().map(refusal).collect::<Vec<_>>(),
    });
    object(ctx, &report.kept.to_string(), out, |_| {
        let mut text = format!("{}  revision {}\n", report.kept, report.revision);
        for change in &report.changes {
            let words = change::in_words(std::slice::from_ref(change));
            text.push_str(&format!("  taken over: {}\n", neutralise(&words)));
        }
        for one in &report.differing {
            let shown = |side: &Option<crate::api::Shown>| {
                side.as_ref().map_or("nothing".to_owned(), |shown| shown.text.clone())
            };
            let words = format!("{} {}, not {}", one.name, shown(&one.old), shown(&one.new));
            text.push_str(&format!("  kept: {}\n", neutralise(&words)));
        }
        text.push_str(&format!("  notes moved: {}\n", report.notes_moved));
        let more = [
            ("tasks moved", report.tasks_moved),
            ("places on call lists moved", report.places_moved),
            ("calls seen with it", report.calls),
            ("open requests seen with it", report.requests),
        ];
        for (what, count) in more.into_iter().filter(|(_, count)| *count > 0) {
            text.push_str(&format!("  {what}: {count}\n"));
        }
        for line in &report.refusals {
            text.push_str(&format!(
                "  holds from now on: {} {} by {}\n",
                line.standing.state, line.purpose, line.channel
            ));
        }
        text
    })?;
    if args.dry_run {
        ctx.say("nothing was changed");
    }
    Ok(())
}

/// A no that was taken over.
fn refusal(line: &crate::api::BookLine) -> Json {
    json!({"purpose": line.purpose, "channel": line.channel, "state": line.standing.state})
}

fn duplicates(ctx: &mut Ctx<'_>, args: &DuplicatesArgs) -> Done {
    let groups = ctx.client()?.call(Duplicates { limit: args.limit })?;
    let columns =
        Column::list(&[("same", "Same"), ("display_name", "Name"), ("company", "Company"), ("id", "Id")]);
    let make = Make {
        id: &|group: &crate::api::DuplicateGroup| {
            group
                .contacts
                .iter()
                .filter_map(|one| one.id)
                .map(|id| id.to_string())
                .collect::<Vec<_>>()
                .join(" ")
        },
        json: &|group| {
            let contacts: Vec<Json> = group.contacts.iter().map(json::similar).collect();
            json!({"same": group.same, "contacts": contacts})
        },
        cells: &|group| {
            let same = group.same.join(", ");
            let row = |one: &crate::api::Similar| {
                let id = one.id.map(|id| id.to_string()).unwrap_or_default();
                vec![same.clone(), one.title.clone(), one.company.clone(), id]
            };
            group.contacts.iter().map(row).collect()
        },
    };
    Listing::all(ctx, columns, &groups, &make)
}
