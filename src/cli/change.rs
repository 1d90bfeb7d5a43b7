//! Changing records: one, or many in one step; taking out and bringing back.

use clap::Args;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::{Bulk, BulkReport, ChangeView, Deed, Delete, Edit, Edited, Error, Restore, Targets};
use crate::cli::ctx::{Ctx, Done, End};
use crate::cli::fields::FieldArgs;
use crate::cli::json;
use crate::cli::out::object;
use crate::cli::table::Table;
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::field::FieldKey;
use crate::domain::text::neutralise;

/// The longest text that is read from standard input.
const MAX_INPUT: u64 = 64 << 20;

/// The records that a verb works on.
#[derive(Args, Debug)]
pub(crate) struct TargetArgs {
    /// Ids of the records; `-` reads them from standard input, one a line
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// All that this query finds
    #[arg(long, value_name = "QUERY", conflicts_with = "ids")]
    query: Option<String>,
    /// A file with ids, one a line; `-` is standard input
    #[arg(long = "ids", id = "ids_file", value_name = "FILE", conflicts_with_all = ["ids", "query"])]
    ids_file: Option<String>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What was named: one record, by its id alone, or many, which change in one step.
enum Named {
    One(Uuid),
    Many(Targets),
}

impl TargetArgs {
    fn named(self, ctx: &mut Ctx<'_>) -> Result<Named, Error> {
        let targets = match (self.query, self.ids_file) {
            (Some(query), _) => Targets::Query(query),
            (None, Some(file)) => Targets::Ids(ids_from(ctx, &file)?),
            (None, None) => Targets::Ids(ids(ctx, &self.ids)?),
        };
        match &targets {
            Targets::Ids(ids) if ids.is_empty() && self.ids.is_empty() => {
                Err(Error::usage("no record is named").hint("name ids, --ids FILE or --query QUERY"))
            }
            Targets::Ids(ids) => match ids.as_slice() {
                [id] if self.ids.len() == 1 && !self.dry_run => Ok(Named::One(*id)),
                _ => Ok(Named::Many(targets)),
            },
            Targets::Query(_) => Ok(Named::Many(targets)),
        }
    }
}

/// Refuses a revision that is expected of many records.
fn of_many(expect_revision: Option<u64>) -> Result<(), Error> {
    match expect_revision {
        None => Ok(()),
        Some(_) => Err(Error::usage("--expect-revision goes with one record, not with many")),
    }
}

#[derive(Args, Debug)]
pub(crate) struct EditArgs<E: Entity> {
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    fields: FieldArgs<E>,
    /// Empties a field
    #[arg(long, value_name = "FIELD")]
    clear: Vec<String>,
    /// Adds a tag to those there are
    #[arg(long, value_name = "TAG")]
    add_tag: Vec<String>,
    /// Takes a tag off
    #[arg(long, value_name = "TAG")]
    remove_tag: Vec<String>,
    /// Refuse if a field was changed since this revision
    #[arg(long, value_name = "N")]
    expect_revision: Option<u64>,
}

/// Changes one record, or many in one step.
pub(crate) fn edit<E: Entity>(ctx: &mut Ctx<'_>, args: EditArgs<E>) -> Done {
    let mut fields = args.fields.edits;
    fields.extend(args.clear.iter().map(|name| FieldEdit { field: name.clone(), input: Input::Clear }));
    let tags = |input| FieldEdit { field: "tags".to_owned(), input };
    if !args.add_tag.is_empty() {
        fields.push(tags(Input::AddTags(args.add_tag)));
    }
    if !args.remove_tag.is_empty() {
        fields.push(tags(Input::RemoveTags(args.remove_tag)));
    }
    if fields.is_empty() {
        return Err(Error::usage("no field is named to change")
            .hint("--set FIELD=VALUE, --clear FIELD")
            .into());
    }
    let dry_run = args.targets.dry_run;
    match args.targets.named(ctx)? {
        Named::One(id) => {
            let expect_revision = args.expect_revision;
            let edited = ctx.client()?.call(Edit { kind: E::KIND, id, fields, expect_revision })?;
            changed(ctx, E::KIND, id, &edited)
        }
        Named::Many(targets) => {
            of_many(args.expect_revision)?;
            bulk(ctx, E::KIND, targets, Deed::Edit(fields), dry_run)
        }
    }
}

/// The same done to many records: previewed, confirmed, done in one step.
pub(crate) fn bulk(ctx: &mut Ctx<'_>, kind: RecordKind, targets: Targets, deed: Deed, dry_run: bool) -> Done {
    let client = ctx.client()?;
    let (verb, doing) = match &deed {
        Deed::Edit(_) => ("Change", "changes"),
        Deed::Delete => ("Delete", "deletes"),
        Deed::Restore => ("Restore", "restores"),
    };
    let ask = |dry_run, expect| Bulk { kind, targets: targets.clone(), deed: deed.clone(), dry_run, expect };
    if dry_run {
        let report = client.call(ask(true, None))?;
        return bulk_report(ctx, &report, true);
    }
    let mut agreed = None;
    if !ctx.globals.yes {
        if ctx.io.asks {
            let preview = client.call(ask(true, None))?;
            for (title, changes) in &preview.samples {
                ctx.say(&format!("{title}: {}", in_words(changes)));
            }
            ctx.confirm(&format!("{verb} {} of {} records?", preview.changed, preview.matched))?;
            agreed = Some(preview.changed);
        } else {
            ctx.confirm(&format!("this {doing} many records in one step"))?;
        }
    }
    let report = client.call(ask(false, agreed))?;
    bulk_report(ctx, &report, false)
}

pub(crate) fn in_words(changes: &[ChangeView]) -> String {
    let text = |shown: &Option<crate::api::Shown>| {
        shown.as_ref().map_or("(empty)".to_owned(), |one| one.text.clone())
    };
    let one = |change: &ChangeView| format!("{} {} → {}", change.name, text(&change.old), text(&change.new));
    changes.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn bulk_report(ctx: &mut Ctx<'_>, report: &BulkReport, dry_run: bool) -> Done {
    let mut out = Map::new();
    out.insert("matched".to_owned(), json!(report.matched));
    out.insert("changed".to_owned(), json!(report.changed));
    out.insert("unchanged".to_owned(), json!(report.unchanged));
    let refused = report.refused.iter().map(|(id, reason)| json!({"id": id, "reason": reason}));
    out.insert("refused".to_owned(), Json::Array(refused.collect()));
    if dry_run {
        let samples = report
            .samples
            .iter()
            .map(|(title, changes)| json!({"title": title, "changes": json::changes(changes)}));
        out.insert("samples".to_owned(), Json::Array(samples.collect()));
    }
    if let Some(transaction) = report.transaction {
        out.insert("transaction".to_owned(), json!(transaction));
    }
    let id = report.transaction.map(|seq| seq.to_string()).unwrap_or_default();
    object(ctx, &id, Json::Object(out), |style| {
        let mut text = format!(
            "matched    {}\nchanged    {}\nunchanged  {}\nrefused    {}\n",
            report.matched,
            report.changed,
            report.unchanged,
            report.refused.len()
        );
        if dry_run && !report.samples.is_empty() {
            let mut table = Table::new(&[("Record", false), ("Changes", false)], style);
            let rows: Vec<Vec<String>> = report
                .samples
                .iter()
                .map(|(title, changes)| vec![title.clone(), in_words(changes)])
                .collect();
            text.push_str(&table.rows(&rows));
        }
        for (id, reason) in &report.refused {
            text.push_str(&format!("refused {id}: {}\n", neutralise(reason)));
        }
        text
    })?;
    match report.transaction {
        Some(seq) if !dry_run => ctx.say(&format!("one step; `callbook history undo {seq}` takes it back")),
        _ => {}
    }
    if report.refused.is_empty() { Ok(()) } else { Err(End::Reported(crate::api::Code::PartlyTaken)) }
}

/// Tells what an edit changed.
pub(crate) fn changed(ctx: &mut Ctx<'_>, kind: RecordKind, id: Uuid, edited: &Edited) -> Done {
    let schema = ctx.schema()?;
    let name = |key: &FieldKey| schema.by_key(kind, *key).map_or(key.0.to_string(), |info| info.address());
    let names: Vec<String> = edited.changed.iter().map(name).collect();
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(id));
    out.insert("revision".to_owned(), json!(edited.revision));
    out.insert("changed".to_owned(), json!(names));
    if !edited.warnings.is_empty() {
        out.insert("warnings".to_owned(), json!(edited.warnings));
    }
    object(ctx, &id.to_string(), Json::Object(out), |_| {
        let what = if names.is_empty() { "everything already was so".to_owned() } else { names.join(", ") };
        format!("{id}  revision {}  {}\n", edited.revision, neutralise(&what))
    })?;
    for warning in &edited.warnings {
        ctx.warn(warning);
    }
    Ok(())
}

#[derive(Args, Debug)]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    targets: TargetArgs,
    /// Refuse if the record was changed since this revision
    #[arg(long, value_name = "N")]
    expect_revision: Option<u64>,
}

/// Takes records out of lists. Nothing is lost: `restore` brings them back.
pub(crate) fn delete(ctx: &mut Ctx<'_>, kind: RecordKind, args: DeleteArgs) -> Done {
    let dry_run = args.targets.dry_run;
    match args.targets.named(ctx)? {
        Named::One(id) => {
            let edited = ctx.client()?.call(Delete { kind, id, expect_revision: args.expect_revision })?;
            changed(ctx, kind, id, &edited)?;
            ctx.say(&format!("`callbook {kind} restore ID` brings it back"));
            Ok(())
        }
        Named::Many(targets) => {
            of_many(args.expect_revision)?;
            bulk(ctx, kind, targets, Deed::Delete, dry_run)
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    targets: TargetArgs,
}

/// Brings deleted records back. `--query` finds them with `is:deleted`.
pub(crate) fn restore(ctx: &mut Ctx<'_>, kind: RecordKind, args: RestoreArgs) -> Done {
    let dry_run = args.targets.dry_run;
    match args.targets.named(ctx)? {
        Named::One(id) => {
            let edited = ctx.client()?.call(Restore { kind, id })?;
            changed(ctx, kind, id, &edited)
        }
        Named::Many(targets) => bulk(ctx, kind, targets, Deed::Restore, dry_run),
    }
}

/// Reads ids as given; `-` stands for those on standard input.
pub(crate) fn ids(ctx: &mut Ctx<'_>, given: &[String]) -> Result<Vec<Uuid>, Error> {
    let mut all = Vec::new();
    for text in given {
        if text == "-" {
            all.extend(ids_from(ctx, "-")?);
        } else {
            all.push(one_id(text)?);
        }
    }
    Ok(all)
}

fn ids_from(ctx: &mut Ctx<'_>, file: &str) -> Result<Vec<Uuid>, Error> {
    let text = if file == "-" {
        ctx.read_input(MAX_INPUT)?
    } else {
        ctx.shell_only("reading a file")?;
        std::fs::read_to_string(file)
            .map_err(|error| Error::failed(format!("{file} cannot be read: {error}")))?
    };
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(one_id).collect()
}

fn one_id(text: &str) -> Result<Uuid, Error> {
    crate::domain::id::parse(text)
        .map_err(|error| Error::usage(error.to_string()).hint("`list --format ids` prints them"))
}
