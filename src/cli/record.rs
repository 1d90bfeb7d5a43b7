//! What contacts and companies have in common: listing, showing, changing, taking out and bringing back.

use clap::Args;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::{
    Bulk, BulkReport, Card, ChangeView, Delete, Edit, Edited, Entry, Error, Get, History, List, Restore,
    Targets, View, Window,
};
use crate::cli::ctx::{Ctx, Done, End, stopped};
use crate::cli::fields::FieldArgs;
use crate::cli::json;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::table::{Style, Table};
use crate::config::Format;
use crate::domain::contact::{CompanyField, ContactField, NoteField};
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::field::{Category, Edit as Editable, FieldKey};
use crate::domain::schema::Schema;
use crate::domain::text::neutralise;
use crate::domain::time::Timestamp;

/// How many records are fetched at once.
const WINDOW: u64 = 1_000;
/// The longest text that is read from standard input.
pub(crate) const MAX_INPUT: u64 = 64 << 20;

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// What to find: words and filters such as tag:fair or -country:DE (after `--` when the first begins with a dash)
    query: Vec<String>,
    #[command(flatten)]
    part: PartArgs,
    /// Only these columns, by field name; id, revision, display_name, created_at and updated_at are there too
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Option<Vec<String>>,
}

#[derive(Args, Debug)]
pub(crate) struct PartArgs {
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Only what comes after the record with this id
    #[arg(long, value_name = "ID")]
    after: Option<Uuid>,
    /// By this field; -FIELD from the last to the first
    #[arg(long, value_name = "[-]FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
}

/// A column of a list of records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Col {
    Id,
    Revision,
    DisplayName,
    CreatedAt,
    UpdatedAt,
    Field(FieldKey),
}

impl Col {
    const OWN: &'static [(&'static str, &'static str, Col)] = &[
        ("id", "Id", Col::Id),
        ("revision", "Revision", Col::Revision),
        ("display_name", "Name", Col::DisplayName),
        ("created_at", "Created", Col::CreatedAt),
        ("updated_at", "Updated", Col::UpdatedAt),
    ];

    fn own(name: &str) -> (Col, Column) {
        let found = Col::OWN.iter().find(|(one, _, _)| *one == name);
        let (name, head, col) = found.copied().unwrap_or(("id", "Id", Col::Id));
        (col, Column::new(name, head))
    }

    fn cell(self, view: &View, readable: bool) -> String {
        match self {
            Col::Id => view.id.to_string(),
            Col::Revision => view.revision.to_string(),
            Col::DisplayName => view.title.clone(),
            Col::CreatedAt => view.created_at.to_string(),
            Col::UpdatedAt => view.updated_at.to_string(),
            Col::Field(key) => match view.get(key) {
                None => String::new(),
                // What names another record is its name, also for programs; a masked value is its mask.
                Some(shown) => match &shown.value {
                    Some(value) if !readable && !names_record(value) => value.to_string(),
                    _ => shown.text.clone(),
                },
            },
        }
    }
}

fn names_record(value: &crate::domain::value::Value) -> bool {
    use crate::domain::value::Value;
    matches!(value, Value::Company(_) | Value::Contact(_) | Value::User(_))
}

/// The columns asked for, or those that a format shows by itself.
fn columns(
    schema: &Schema,
    kind: RecordKind,
    asked: Option<&[String]>,
    format: Format,
) -> Result<Vec<(Col, Column)>, Error> {
    let field = |key: FieldKey| {
        schema.by_key(kind, key).map(|info| (Col::Field(key), Column::new(&info.address(), &info.label)))
    };
    if let Some(asked) = asked {
        let one = |name: &String| {
            let name = name.trim();
            if Col::OWN.iter().any(|(own, _, _)| *own == name) {
                return Ok(Col::own(name));
            }
            let info = schema.by_name(kind, name)?;
            field(info.key).ok_or_else(|| Error::usage(format!("there is no column `{name}`")))
        };
        return asked.iter().filter(|name| !name.trim().is_empty()).map(one).collect();
    }
    if format == Format::Table {
        let (first, keys): (Option<&str>, &[FieldKey]) = match kind {
            RecordKind::Contact => (
                Some("display_name"),
                &[ContactField::company.key(), ContactField::phones.key(), ContactField::emails.key()],
            ),
            RecordKind::Company => (
                None,
                &[
                    CompanyField::name.key(),
                    CompanyField::country.key(),
                    CompanyField::phones.key(),
                    CompanyField::websites.key(),
                ],
            ),
            RecordKind::Note => (
                None,
                &[
                    NoteField::happened_at.key(),
                    NoteField::kind.key(),
                    NoteField::author.key(),
                    NoteField::text.key(),
                ],
            ),
            RecordKind::User | RecordKind::CustomField | RecordKind::Settings | RecordKind::ExportRun => {
                (Some("display_name"), &[])
            }
        };
        let fields = keys.iter().filter_map(|key| field(*key));
        return Ok(first.map(Col::own).into_iter().chain(fields).chain([Col::own("id")]).collect());
    }
    let mut all = vec![Col::own("id"), Col::own("revision")];
    if kind == RecordKind::Contact {
        all.push(Col::own("display_name"));
    }
    let free = schema.of(kind).iter().filter(|info| info.edit == Editable::Free || kind == RecordKind::Note);
    all.extend(free.filter_map(|info| field(info.key)));
    all.extend([Col::own("created_at"), Col::own("updated_at")]);
    Ok(all)
}

/// Lists records, in windows, so that a million of them need no memory.
pub(crate) fn list(ctx: &mut Ctx<'_>, kind: RecordKind, args: &ListArgs) -> Done {
    list_of(ctx, kind, &args.query.join(" "), &args.part, args.columns.as_deref())
}

pub(crate) fn list_of(
    ctx: &mut Ctx<'_>,
    kind: RecordKind,
    query: &str,
    part: &PartArgs,
    asked: Option<&[String]>,
) -> Done {
    let client = ctx.client()?;
    let schema = ctx.schema()?;
    let format = ctx.format();
    let columns = columns(&schema, kind, asked, format)?;
    let keys: Vec<FieldKey> = columns
        .iter()
        .filter_map(|(col, _)| match col {
            Col::Field(key) => Some(*key),
            Col::Id | Col::Revision | Col::DisplayName | Col::CreatedAt | Col::UpdatedAt => None,
        })
        .collect();
    let everything = asked.is_none() && format != Format::Table;
    let readable = format == Format::Table;
    let make = Make {
        id: &|view: &View| view.id.to_string(),
        json: &|view: &View| Json::Object(json::record(view, &schema, asked.map(|_| keys.as_slice()))),
        cells: &|view: &View| vec![columns.iter().map(|(col, _)| col.cell(view, readable)).collect()],
    };
    let mut listing = Listing::new(ctx, columns.iter().map(|(_, column)| column.clone()).collect());
    let stop = ctx.stop()?;
    let mut after = part.after;
    let mut left = part.limit.unwrap_or(u64::MAX);
    let mut known: Option<(u64, std::collections::BTreeMap<String, u64>)> = None;
    loop {
        let limit = left.min(WINDOW);
        let page = client.call(List {
            kind,
            query: query.to_owned(),
            sort: part.sort.clone().unwrap_or_default(),
            window: Window { after, offset: 0, limit: Some(limit) },
            columns: if everything { Vec::new() } else { keys.clone() },
        })?;
        let got = page.items.len() as u64;
        after = page.items.last().map(|view| view.id);
        known.get_or_insert((page.total, page.withheld));
        listing.batch(ctx, &page.items, &make)?;
        left = left.saturating_sub(got);
        if got < limit || left == 0 || after.is_none() {
            break;
        }
        if stopped(&stop) {
            return Err(End::Reported(crate::api::Code::Interrupted));
        }
    }
    let (total, withheld) = known.unwrap_or_default();
    listing.end(ctx, total, &withheld)
}

/// Shows one record with what hangs on it.
pub(crate) fn show(ctx: &mut Ctx<'_>, kind: RecordKind, id: Uuid, at: Option<Timestamp>) -> Done {
    let client = ctx.client()?;
    let schema = ctx.schema()?;
    let card = client.call(Get { kind, id, at })?;
    let mut object_json = json::record(&card.record, &schema, None);
    let listed = |views: &[View]| {
        Json::Array(views.iter().map(|view| Json::Object(json::record(view, &schema, None))).collect())
    };
    if kind == RecordKind::Contact {
        object_json.insert("notes".to_owned(), listed(&card.notes));
    }
    if kind == RecordKind::Company {
        object_json.insert("people".to_owned(), listed(&card.people));
    }
    if let Some(at) = at {
        object_json.insert("as_of".to_owned(), json!(at));
    }
    let entries = match (ctx.format(), at) {
        (Format::Table, None) => client.call(History { kind, id })?,
        _ => Vec::new(),
    };
    object(ctx, &id.to_string(), Json::Object(object_json), |style| drawn(&card, &schema, &entries, style))
}

/// A record for people: its fields in groups, notes, what changed last.
fn drawn(card: &Card, schema: &Schema, entries: &[Entry], style: Style) -> String {
    let view = &card.record;
    let bold = |text: &str| {
        let text = neutralise(text);
        if style.colour { format!("\x1b[1m{text}\x1b[0m") } else { text.into_owned() }
    };
    let mut text = bold(&view.title);
    if view.deleted {
        text.push_str(" (deleted)");
    }
    text.push('\n');
    let known = schema.of(view.kind);
    let wide = known.iter().map(|info| info.label.chars().count()).max().unwrap_or_default().min(24);
    for category in Category::ALL {
        let fields = known.iter().filter(|info| info.category == *category);
        let lines: Vec<String> = fields
            .filter_map(|info| Some((info, view.get(info.key)?)))
            .map(|(info, shown)| {
                format!("  {:wide$}  {}\n", neutralise(&info.label), neutralise(&shown.text))
            })
            .collect();
        if !lines.is_empty() {
            let heading = category.word().replace('_', " ");
            text.push_str(&format!("\n{}\n{}", bold(&heading), lines.concat()));
        }
    }
    text.push_str(&format!("\n{}\n", bold("record")));
    text.push_str(&format!("  {:wide$}  {}\n", "Id", view.id));
    text.push_str(&format!("  {:wide$}  {}\n", "Revision", view.revision));
    text.push_str(&format!("  {:wide$}  {}\n", "Created", view.created_at));
    text.push_str(&format!("  {:wide$}  {}\n", "Updated", view.updated_at));
    if !card.people.is_empty() {
        text.push_str(&format!("\n{}\n", bold("people")));
        for person in &card.people {
            text.push_str(&format!("  {}  {}\n", person.id, neutralise(&person.title)));
        }
    }
    if !card.notes.is_empty() {
        text.push_str(&format!("\n{}\n", bold("notes")));
        for note in &card.notes {
            let head = [NoteField::happened_at, NoteField::kind, NoteField::author]
                .map(|field| neutralise(note.text(field.key())).into_owned());
            text.push_str(&format!(
                "  {}\n",
                crate::domain::contact::join_words(head.iter().map(String::as_str))
            ));
            for line in note.text(NoteField::text.key()).lines() {
                text.push_str(&format!("    {}\n", neutralise(line)));
            }
        }
    }
    if !entries.is_empty() {
        text.push_str(&format!("\n{}\n", bold("last changes")));
        for entry in entries.iter().take(5) {
            let names: Vec<&str> = entry.changes.iter().map(|change| change.label.as_str()).collect();
            let line = format!("{}  {}  {}  {}", entry.at, entry.actor, entry.action, names.join(", "));
            text.push_str(&format!("  {}\n", neutralise(&line)));
        }
    }
    text
}

/// Columns of changes.
pub(crate) fn entry_columns() -> Vec<Column> {
    Column::list(&[
        ("seq", "Seq"),
        ("at", "Time"),
        ("actor", "Actor"),
        ("action", "Action"),
        ("record", "Record"),
        ("field", "Field"),
        ("old", "Old"),
        ("new", "New"),
    ])
}

/// A row for each field that an entry changes, and one for an entry that changes none.
pub(crate) fn entry_cells(entry: &Entry) -> Vec<Vec<String>> {
    let record = match (entry.erased, entry.title.is_empty()) {
        (true, _) => "(erased)".to_owned(),
        (false, true) => entry.kind.to_string(),
        (false, false) => entry.title.clone(),
    };
    let row = |field: &str, old: &str, new: &str| {
        let head =
            [entry.seq.to_string(), entry.at.to_string(), entry.actor.clone(), entry.action.to_string()];
        let tail = [record.clone(), field.to_owned(), old.to_owned(), new.to_owned()];
        head.into_iter().chain(tail).collect::<Vec<String>>()
    };
    if entry.changes.is_empty() {
        return vec![row("", "", "")];
    }
    let text =
        |shown: &Option<crate::api::Shown>| shown.as_ref().map_or(String::new(), |one| one.text.clone());
    entry.changes.iter().map(|change| row(&change.name, &text(&change.old), &text(&change.new))).collect()
}

pub(crate) fn entries(ctx: &mut Ctx<'_>, entries: &[Entry]) -> Done {
    let make = Make { id: &|one: &Entry| one.seq.to_string(), json: &json::entry, cells: &entry_cells };
    Listing::all(ctx, entry_columns(), entries, &make)
}

pub(crate) fn history(ctx: &mut Ctx<'_>, kind: RecordKind, id: Uuid) -> Done {
    let found = ctx.client()?.call(History { kind, id })?;
    entries(ctx, &found)
}

#[derive(Args, Debug)]
pub(crate) struct EditArgs<E: Entity> {
    /// Ids of the records; `-` reads them from standard input, one a line
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// All that this query finds
    #[arg(long, value_name = "QUERY", conflicts_with = "ids")]
    query: Option<String>,
    /// A file with ids, one a line; `-` is standard input
    #[arg(long = "ids", id = "ids_file", value_name = "FILE", conflicts_with_all = ["ids", "query"])]
    ids_file: Option<String>,
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
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
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
    let targets = match (args.query, args.ids_file) {
        (Some(query), _) => Targets::Query(query),
        (None, Some(file)) => Targets::Ids(ids_from(ctx, &file)?),
        (None, None) => Targets::Ids(ids(ctx, &args.ids)?),
    };
    match targets {
        Targets::Ids(ids) if ids.is_empty() && args.ids.is_empty() => {
            Err(Error::usage("no record is named").hint("name ids, --ids FILE or --query QUERY").into())
        }
        Targets::Ids(ids) if ids.len() == 1 && args.ids.len() == 1 && !args.dry_run => {
            let id = ids.first().copied().unwrap_or_default();
            let edited = ctx.client()?.call(Edit {
                kind: E::KIND,
                id,
                fields,
                expect_revision: args.expect_revision,
            })?;
            changed(ctx, E::KIND, id, &edited)
        }
        _ if args.expect_revision.is_some() => {
            Err(Error::usage("--expect-revision goes with one record, not with many").into())
        }
        targets => bulk(ctx, E::KIND, targets, fields, args.dry_run),
    }
}

/// The same edit of many records: previewed, confirmed, done in one step.
pub(crate) fn bulk(
    ctx: &mut Ctx<'_>,
    kind: RecordKind,
    targets: Targets,
    fields: Vec<FieldEdit>,
    dry_run: bool,
) -> Done {
    let client = ctx.client()?;
    let ask = |dry_run| Bulk { kind, targets: targets.clone(), fields: fields.clone(), dry_run };
    if dry_run {
        let report = client.call(ask(true))?;
        return bulk_report(ctx, &report, true);
    }
    if !ctx.globals.yes {
        if ctx.io.asks {
            let preview = client.call(ask(true))?;
            for (title, changes) in &preview.samples {
                ctx.say(&format!("{title}: {}", in_words(changes)));
            }
            ctx.confirm(&format!("Change {} of {} records?", preview.changed, preview.matched))?;
        } else {
            ctx.confirm("this changes many records in one step")?;
        }
    }
    let report = client.call(ask(false))?;
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
    /// Ids of the records; `-` reads them from standard input, one a line
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Refuse if the record was changed since this revision
    #[arg(long, value_name = "N")]
    expect_revision: Option<u64>,
}

/// Takes records out of lists. Nothing is lost: `restore` brings them back.
pub(crate) fn delete(ctx: &mut Ctx<'_>, kind: RecordKind, args: &DeleteArgs) -> Done {
    let ids = ids(ctx, &args.ids)?;
    if ids.len() > 1 {
        if args.expect_revision.is_some() {
            return Err(Error::usage("--expect-revision goes with one record, not with many").into());
        }
        ctx.confirm(&format!("Delete {} records?", ids.len()))?;
    }
    let client = ctx.client()?;
    for id in ids {
        let edited = client.call(Delete { kind, id, expect_revision: args.expect_revision })?;
        changed(ctx, kind, id, &edited)?;
    }
    ctx.say(&format!("`callbook {kind} restore ID` brings it back"));
    Ok(())
}

#[derive(Args, Debug)]
pub(crate) struct RestoreArgs {
    /// Ids of the records; `-` reads them from standard input, one a line
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
}

pub(crate) fn restore(ctx: &mut Ctx<'_>, kind: RecordKind, args: &RestoreArgs) -> Done {
    let client = ctx.client()?;
    for id in ids(ctx, &args.ids)? {
        let edited = client.call(Restore { kind, id })?;
        changed(ctx, kind, id, &edited)?;
    }
    Ok(())
}

/// The moment that `--at` names.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_as_of(text)
        .ok_or_else(|| format!("`{text}` is no time; write it as 2026-01-31 or 2026-01-31T09:30:00Z"))
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
    text.trim().parse().map_err(|_| {
        Error::usage(format!("`{text}` is no id"))
            .hint("ids look like 6f9619ff-8b86-4d11-b42d-00c04fc964ff; `list --format ids` prints them")
    })
}
