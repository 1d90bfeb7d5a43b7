//! What contacts and companies have in common: listing, showing, history.

use clap::Args;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::api::{Card, Entry, Error, Get, History, List, Reachable, View, Window};
use crate::cli::ctx::{Ctx, Done, End, stopped};
use crate::cli::globals::word;
use crate::cli::json;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::retention;
use crate::cli::table::Style;
use crate::config::Format;
use crate::domain::call::CallField;
use crate::domain::channel::Channel;
use crate::domain::contact::{CompanyField, ContactField, NoteField};
use crate::domain::entity::RecordKind;
use crate::domain::field::{Category, Edit as Editable, FieldKey};
use crate::domain::schema::Schema;
use crate::domain::text::neutralise;
use crate::domain::time::Timestamp;
use crate::domain::value::Day;

/// How many records are fetched at once.
const WINDOW: u64 = 1_000;
/// The same where each window means that everybody is judged.
const WINDOW_FOR: u64 = 10_000;

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// What to find: words and filters such as tag:fair or -country:DE (after `--` when the first begins with a dash)
    query: Vec<String>,
    #[command(flatten)]
    part: PartArgs,
    /// Only people who may be reached for this purpose; how many others there are is told by reason
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
    /// By this channel [default: by any that the purpose has]
    #[arg(long, value_name = "CHANNEL", value_parser = word::<Channel>(Channel::WORDS), requires = "purpose")]
    channel: Option<Channel>,
    /// Only these columns, by field name; id, revision, display_name, created_at and updated_at are there too, and of
    /// contacts delete_on: when one is to be deleted, since nothing allows to keep it (is:leaving finds them)
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Option<Vec<String>>,
}

#[derive(Args, Debug)]
pub(crate) struct PartArgs {
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Only what comes after the record with this id
    #[arg(long, value_name = "ID", value_parser = crate::domain::id::parse)]
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
    /// When a contact is to be deleted, since nothing allows to keep it.
    DeleteOn,
    Field(FieldKey),
}

/// When contacts of the page at hand are to be deleted.
type Leaving = std::collections::BTreeMap<Uuid, Day>;

impl Col {
    const OWN: &'static [(&'static str, &'static str, Col)] = &[
        ("id", "Id", Col::Id),
        ("revision", "Revision", Col::Revision),
        ("display_name", "Name", Col::DisplayName),
        ("created_at", "Created", Col::CreatedAt),
        ("updated_at", "Updated", Col::UpdatedAt),
        ("delete_on", "Delete on", Col::DeleteOn),
    ];

    fn own(name: &str) -> (Col, Column) {
        let found = Col::OWN.iter().find(|(one, _, _)| *one == name);
        let (name, head, col) = found.copied().unwrap_or(("id", "Id", Col::Id));
        (col, Column::new(name, head))
    }

    fn cell(self, view: &View, leaving: &Leaving, readable: bool) -> String {
        match self {
            Col::Id => view.id.to_string(),
            Col::Revision => view.revision.to_string(),
            Col::DisplayName => view.title.clone(),
            Col::CreatedAt => view.created_at.to_string(),
            Col::UpdatedAt => view.updated_at.to_string(),
            Col::DeleteOn => leaving.get(&view.id).map(ToString::to_string).unwrap_or_default(),
            Col::Field(key) => match view.get(key) {
                None => String::new(),
                // What names another record is its name, also for programs; a masked value is its mask.
                Some(shown) => match &shown.value {
                    Some(value) if !readable => value.named(&shown.text),
                    _ => shown.text.clone(),
                },
            },
        }
    }
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
            let own = |own: &(&str, &str, Col)| {
                own.0 == name && (own.2 != Col::DeleteOn || kind == RecordKind::Contact)
            };
            if Col::OWN.iter().any(own) {
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
            RecordKind::Call => (
                None,
                &[
                    CallField::started_at.key(),
                    CallField::outcome.key(),
                    CallField::purposes.key(),
                    CallField::agent.key(),
                    CallField::number.key(),
                ],
            ),
            _ => (Some("display_name"), &[]),
        };
        let fields = keys.iter().filter_map(|key| field(*key));
        return Ok(first.map(Col::own).into_iter().chain(fields).chain([Col::own("id")]).collect());
    }
    let mut all = vec![Col::own("id"), Col::own("revision")];
    if kind == RecordKind::Contact {
        all.push(Col::own("display_name"));
    }
    let free = schema
        .of(kind)
        .iter()
        .filter(|info| info.edit == Editable::Free || matches!(kind, RecordKind::Note | RecordKind::Call));
    all.extend(free.filter_map(|info| field(info.key)));
    all.extend([Col::own("created_at"), Col::own("updated_at")]);
    Ok(all)
}

/// Lists records, in windows, so that a million of them need no memory.
pub(crate) fn list(ctx: &mut Ctx<'_>, kind: RecordKind, args: &ListArgs) -> Done {
    let use_of = args.purpose.as_deref().map(|purpose| (purpose, args.channel));
    if use_of.is_some() && kind != RecordKind::Contact {
        return Err(
            Error::usage(format!("{} are not reached for a purpose; people are", kind.plural())).into()
        );
    }
    list_for(ctx, kind, &args.query.join(" "), use_of, &args.part, args.columns.as_deref())
}

pub(crate) fn list_of(
    ctx: &mut Ctx<'_>,
    kind: RecordKind,
    query: &str,
    part: &PartArgs,
    asked: Option<&[String]>,
) -> Done {
    list_for(ctx, kind, query, None, part, asked)
}

fn list_for(
    ctx: &mut Ctx<'_>,
    kind: RecordKind,
    query: &str,
    use_of: Option<(&str, Option<Channel>)>,
    part: &PartArgs,
    asked: Option<&[String]>,
) -> Done {
    let client = ctx.client()?;
    let schema = ctx.schema()?;
    let format = ctx.format();
    // A view says what people see of it; programs get whole records, whatever a view leaves out.
    let of_view = match (asked, format) {
        (None, Format::Table) => super::view::columns_of(ctx, kind, query)?,
        _ => None,
    };
    let asked = asked.or(of_view.as_deref());
    let columns = columns(&schema, kind, asked, format)?;
    let keys: Vec<FieldKey> = columns
        .iter()
        .filter_map(|(col, _)| match col {
            Col::Field(key) => Some(*key),
            Col::Id | Col::Revision | Col::DisplayName | Col::CreatedAt | Col::UpdatedAt | Col::DeleteOn => {
                None
            }
        })
        .collect();
    let everything = asked.is_none() && format != Format::Table;
    let readable = format == Format::Table;
    let leaving = std::cell::RefCell::new(Leaving::new());
    let make = Make {
        id: &|view: &View| view.id.to_string(),
        json: &|view: &View| {
            let mut object = json::record(view, &schema, asked.map(|_| keys.as_slice()));
            if let Some(day) = leaving.borrow().get(&view.id) {
                object.insert("delete_on".to_owned(), json!(day));
            }
            Json::Object(object)
        },
        cells: &|view: &View| {
            let leaving = leaving.borrow();
            vec![columns.iter().map(|(col, _)| col.cell(view, &leaving, readable)).collect()]
        },
    };
    let mut listing = Listing::new(ctx, columns.iter().map(|(_, column)| column.clone()).collect());
    let stop = ctx.stop()?;
    let mut after = part.after;
    let mut left = part.limit.unwrap_or(u64::MAX);
    let mut known: Option<(u64, std::collections::BTreeMap<String, u64>)> = None;
    loop {
        let limit = left.min(if use_of.is_some() { WINDOW_FOR } else { WINDOW });
        let (query, sort) = (query.to_owned(), part.sort.clone().unwrap_or_default());
        let window = Window { after, offset: 0, limit: Some(limit) };
        let columns = if everything { Vec::new() } else { keys.clone() };
        let page = match use_of {
            None => client.call(List { kind, query, sort, window, columns })?,
            Some((purpose, channel)) => {
                let purpose = purpose.to_owned();
                client.call(Reachable { query, purpose, channel, sort, window, columns })?
            }
        };
        let got = page.items.len() as u64;
        after = page.items.last().map(|view| view.id);
        match &mut known {
            Some((_, withheld)) => {
                // Whose details were too many is counted by page, everything else for all of them.
                if let Some(masked) = page.withheld.get("masked") {
                    *withheld.entry("masked".to_owned()).or_default() += masked;
                }
            }
            None => known = Some((page.total, page.withheld)),
        }
        leaving.replace(page.leaving);
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
    if let Some(retention) = &card.retention {
        object_json.insert("retention".to_owned(), retention::short_json(retention));
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
            // A company's own fields are in the inventory as what the business runs on; its card says it shorter.
            let heading = match (view.kind, category) {
                (RecordKind::Company, Category::Operation) => "company".to_owned(),
                _ => category.word().replace('_', " "),
            };
            text.push_str(&format!("\n{}\n{}", bold(&heading), lines.concat()));
        }
    }
    text.push_str(&format!("\n{}\n", bold("record")));
    text.push_str(&format!("  {:wide$}  {}\n", "Id", view.id));
    text.push_str(&format!("  {:wide$}  {}\n", "Revision", view.revision));
    text.push_str(&format!("  {:wide$}  {}\n", "Created", view.created_at));
    text.push_str(&format!("  {:wide$}  {}\n", "Updated", view.updated_at));
    if let Some(retention) = &card.retention {
        text.push_str(&format!("  {:wide$}  {}\n", "Kept until", neutralise(&retention.why)));
    }
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

/// The moment that `--at` names.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_as_of(text)
        .ok_or_else(|| format!("`{text}` is no time; write it as 2026-01-31 or 2026-01-31T09:30:00Z"))
}
