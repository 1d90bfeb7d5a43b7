//! `callbook purpose …`, `callbook recipient …`, `callbook processor …`: what is registered by name, never deleted, retired.

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::{Edit, Error, Get, History, List, View, Window};
use crate::cli::change;
use crate::cli::contact::add_record;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::fields::FieldArgs;
use crate::cli::json;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::record;
use crate::config::nearest;
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::{Entity, Fields};
use crate::domain::field::Edit as Editable;
use crate::domain::purpose::{Purpose, shipped};
use crate::domain::recipient::{Recipient, RecipientRole};
use crate::domain::retention::RetentionRule;
use crate::domain::text::neutralise;
use crate::domain::value::Value;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb<E: Registered> {
    /// Register one; prints the id
    Add(AddArgs<E>),
    /// All that are registered
    List(ListArgs),
    /// Show one, also as an earlier version said it
    Show(VersionArgs),
    /// Change what is registered
    Edit(EditArgs<E>),
    /// What was changed, when and by whom
    History(NameArgs),
    /// Use it no more; what points at it stays
    Retire(NameArgs),
}

/// What is registered by a name of its own.
pub(crate) trait Registered: Entity + Send + Sync + std::fmt::Debug + 'static {
    /// How the command for it begins.
    const NOUN: &'static str;
    /// What a table shows.
    const TABLE: &'static [&'static str];

    /// What is said where the command line says nothing.
    fn complete(fields: &mut Vec<FieldEdit>, name: &str);

    /// What stands in the store from its beginning.
    fn shipped() -> Vec<Self>;
}

fn says(fields: &[FieldEdit], name: &str) -> Option<String> {
    fields.iter().find(|edit| edit.field == name).map(|edit| match &edit.input {
        Input::Text(text) => text.clone(),
        Input::Value(value) => value.to_string(),
        Input::Clear | Input::Items(_) | Input::AddTags(_) | Input::RemoveTags(_) => String::new(),
    })
}

impl Registered for Purpose {
    const NOUN: &'static str = "purpose";
    const TABLE: &'static [&'static str] = &["name", "title", "basis", "channels", "retention"];

    fn complete(fields: &mut Vec<FieldEdit>, _: &str) {
        // A title that says everything is its own description.
        if says(fields, "description").is_none()
            && let Some(title) = says(fields, "title")
        {
            fields.push(FieldEdit::text("description", title));
        }
        if says(fields, "categories").is_none() && says(fields, "fields").is_none() {
            fields.push(FieldEdit::text("categories", "identity,contact_details"));
        }
    }

    fn shipped() -> Vec<Purpose> {
        shipped()
    }
}

impl Registered for RetentionRule {
    const NOUN: &'static str = "retention rule";
    const TABLE: &'static [&'static str] =
        &["name", "kept", "country", "purpose", "period", "clock", "at_end", "statute"];

    fn complete(_: &mut Vec<FieldEdit>, _: &str) {}

    fn shipped() -> Vec<RetentionRule> {
        Vec::new()
    }
}

impl Registered for Recipient {
    const NOUN: &'static str = "recipient";
    const TABLE: &'static [&'static str] = &["name", "title", "role", "country", "agreed_on"];

    fn complete(fields: &mut Vec<FieldEdit>, name: &str) {
        if says(fields, "title").is_none() {
            fields.push(FieldEdit::text("title", name));
        }
    }

    fn shipped() -> Vec<Recipient> {
        Vec::new()
    }
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs<E: Registered> {
    /// The word for it in commands
    #[arg(value_name = "NAME")]
    word: String,
    #[command(flatten)]
    fields: FieldArgs<E>,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Also what is retired
    #[arg(long)]
    all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct NameArgs {
    /// The name or id
    #[arg(value_name = "NAME")]
    word: String,
}

#[derive(Args, Debug)]
pub(crate) struct VersionArgs {
    /// The name or id, and where an earlier version is meant its number: sales@2
    #[arg(value_name = "NAME[@VERSION]")]
    word: String,
}

#[derive(Args, Debug)]
pub(crate) struct EditArgs<E: Registered> {
    /// The name or id
    #[arg(value_name = "NAME")]
    word: String,
    #[command(flatten)]
    fields: FieldArgs<E>,
    /// Empties a field
    #[arg(long, value_name = "FIELD")]
    clear: Vec<String>,
    /// Refuse if a field was changed since this revision
    #[arg(long, value_name = "N")]
    expect_revision: Option<u64>,
}

pub(crate) fn purposes(ctx: &mut Ctx<'_>, verb: Verb<Purpose>) -> Done {
    run(ctx, verb, &[])
}

pub(crate) fn recipients(ctx: &mut Ctx<'_>, verb: Verb<Recipient>) -> Done {
    run(ctx, verb, &[])
}

pub(crate) fn retention_rules(ctx: &mut Ctx<'_>, verb: Verb<RetentionRule>) -> Done {
    run(ctx, verb, &[])
}

/// Recipients whose role is that of a processor, where nothing else is said.
pub(crate) fn processors(ctx: &mut Ctx<'_>, verb: Verb<Recipient>) -> Done {
    run(ctx, verb, &[("role", RecipientRole::Processor.word())])
}

fn run<E: Registered>(ctx: &mut Ctx<'_>, verb: Verb<E>, preset: &[(&str, &str)]) -> Done {
    match verb {
        Verb::Add(args) => add(ctx, args, preset),
        Verb::List(args) => list::<E>(ctx, &args, preset),
        Verb::Show(args) => show::<E>(ctx, &args),
        Verb::Edit(args) => edit(ctx, args),
        Verb::History(args) => {
            let id = find::<E>(ctx, &args.word)?.id;
            record::history(ctx, E::KIND, id)
        }
        Verb::Retire(args) => {
            let id = find::<E>(ctx, &args.word)?.id;
            let fields = vec![FieldEdit::text("retired", "yes")];
            let edited = ctx.client()?.call(Edit { kind: E::KIND, id, fields, expect_revision: None })?;
            change::changed(ctx, E::KIND, id, &edited)
        }
    }
}

fn add<E: Registered>(ctx: &mut Ctx<'_>, args: AddArgs<E>, preset: &[(&str, &str)]) -> Done {
    let mut fields = args.fields.edits;
    if says(&fields, "name").is_some() {
        return Err(Error::usage("the name is the first word, and is not given with --name too").into());
    }
    for (field, text) in preset {
        if says(&fields, field).is_none() {
            fields.push(FieldEdit::text(field, *text));
        }
    }
    if let Some(there) = as_shipped::<E>(ctx, &args.word)? {
        let (kind, id) = (E::KIND, there);
        let edited = ctx.client()?.call(Edit { kind, id, fields, expect_revision: Some(1) })?;
        ctx.say(&format!("the {kind} `{}` came with the store: it now says what you said", args.word.trim()));
        return change::changed(ctx, kind, id, &edited);
    }
    E::complete(&mut fields, args.word.trim());
    fields.insert(0, FieldEdit::text("name", args.word.trim()));
    add_record::<E>(ctx, fields).map(drop)
}

/// What came with the store under this name, and says still what it said.
fn as_shipped<E: Registered>(ctx: &mut Ctx<'_>, name: &str) -> Result<Option<Uuid>, Error> {
    let fields_of = |one: &E| -> Fields { one.fields() };
    let title =
        |fields: &Fields| E::spec("name").and_then(|spec| fields.get(&spec.key)).map(ToString::to_string);
    let Some(sent) =
        E::shipped().iter().map(fields_of).find(|one| title(one).as_deref() == Some(name.trim()))
    else {
        return Ok(None);
    };
    let Some(there) = all::<E>(ctx)?.into_iter().find(|view| view.title == name.trim()) else {
        return Ok(None);
    };
    let said = |view: &View| -> Fields {
        view.fields.iter().filter_map(|shown| Some((shown.key, shown.value.clone()?))).collect()
    };
    Ok((there.revision == 1 && said(&there) == sent).then_some(there.id))
}

fn edit<E: Registered>(ctx: &mut Ctx<'_>, args: EditArgs<E>) -> Done {
    let mut fields = args.fields.edits;
    fields.extend(args.clear.iter().map(|name| FieldEdit { field: name.clone(), input: Input::Clear }));
    if fields.is_empty() {
        return Err(Error::usage("no field is named to change")
            .hint("--set FIELD=VALUE, --clear FIELD")
            .into());
    }
    let id = find::<E>(ctx, &args.word)?.id;
    let expect_revision = args.expect_revision;
    let edited = ctx.client()?.call(Edit { kind: E::KIND, id, fields, expect_revision })?;
    change::changed(ctx, E::KIND, id, &edited)
}

fn all<E: Registered>(ctx: &mut Ctx<'_>) -> Result<Vec<View>, Error> {
    let (query, sort) = (String::new(), String::new());
    let list = List { kind: E::KIND, query, sort, window: Window::default(), columns: vec![] };
    Ok(ctx.client()?.call(list)?.items)
}

/// The one of this name.
fn find<E: Registered>(ctx: &mut Ctx<'_>, name: &str) -> Result<View, Error> {
    let views = all::<E>(ctx)?;
    let name = name.trim();
    let id: Option<Uuid> = name.parse().ok();
    if let Some(view) = views.iter().find(|view| view.title == name || Some(view.id) == id) {
        return Ok(view.clone());
    }
    let names: Vec<&str> = views.iter().map(|view| view.title.as_str()).collect();
    let (kind, noun) = (E::KIND.singular(), E::NOUN);
    let error = Error::not_found(format!("there is no {kind} `{name}`"));
    Err(match nearest(name, &names) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("`callbook {noun} list` shows them")),
    })
}

fn text_of<E: Entity>(view: &View, name: &str) -> String {
    let shown = E::spec(name).and_then(|spec| view.get(spec.key));
    shown.map(|shown| shown.text.clone()).unwrap_or_default()
}

fn is_retired<E: Entity>(view: &View) -> bool {
    let shown = E::spec("retired").and_then(|spec| view.get(spec.key));
    shown.is_some_and(|shown| shown.value == Some(Value::Flag(true)))
}

fn as_json<E: Entity>(view: &View) -> Json {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(view.id));
    object.insert("version".to_owned(), json!(view.revision));
    for spec in E::specs() {
        if let Some(shown) = view.get(spec.key) {
            object.insert(spec.name.to_owned(), json::shown(shown));
        }
    }
    object.insert("created_at".to_owned(), json!(view.created_at));
    object.insert("updated_at".to_owned(), json!(view.updated_at));
    Json::Object(object)
}

fn list<E: Registered>(ctx: &mut Ctx<'_>, args: &ListArgs, preset: &[(&str, &str)]) -> Done {
    let mut views = all::<E>(ctx)?;
    views.retain(|view| args.all || !is_retired::<E>(view));
    views.retain(|view| preset.iter().all(|(field, word)| text_of::<E>(view, field) == *word));
    let table = ctx.format() == crate::config::Format::Table;
    let shown: Vec<_> = E::specs()
        .iter()
        .copied()
        .filter(|spec| spec.edit == Editable::Free && (!table || E::TABLE.contains(&spec.name)))
        .collect();
    let mut columns: Vec<Column> = shown.iter().map(|spec| Column::new(spec.name, spec.label)).collect();
    columns.push(Column::new("version", "Version"));
    columns.push(Column::new("id", "Id"));
    let make = Make {
        id: &|view: &View| view.id.to_string(),
        json: &as_json::<E>,
        cells: &|view: &View| {
            let mut row: Vec<String> = shown.iter().map(|spec| text_of::<E>(view, spec.name)).collect();
            row.push(view.revision.to_string());
            row.push(view.id.to_string());
            vec![row]
        },
    };
    Listing::all(ctx, columns, &views, &make)
}

fn show<E: Registered>(ctx: &mut Ctx<'_>, args: &VersionArgs) -> Done {
    let (name, version) = match args.word.rsplit_once('@') {
        Some((name, version)) => {
            let number = version.parse::<u64>().ok().filter(|number| *number > 0);
            let wrong = || Error::usage(format!("`{version}` is no version; they are counted from 1"));
            (name, Some(number.ok_or_else(wrong)?))
        }
        None => (args.word.as_str(), None),
    };
    let mut view = find::<E>(ctx, name)?;
    if let Some(version) = version.filter(|version| *version != view.revision) {
        let (kind, id) = (E::KIND, view.id);
        let entries = ctx.client()?.call(History { kind, id })?;
        let at = entries.iter().find(|entry| entry.revision == version).map(|entry| entry.at);
        let none = || {
            Error::not_found(format!("the {kind} `{}` has no version {version}", view.title))
                .hint(format!("it has {}", view.revision))
        };
        view = ctx.client()?.call(Get { kind, id, at: Some(at.ok_or_else(none)?) })?.record;
    }
    let id = view.id.to_string();
    object(ctx, &id, as_json::<E>(&view), |_| {
        let wide = E::specs().iter().map(|spec| spec.label.chars().count()).max().unwrap_or_default();
        let mut text = format!("{}@{}\n", neutralise(&view.title), view.revision);
        for spec in E::specs() {
            let Some(shown) = view.get(spec.key) else { continue };
            for (at, line) in shown.text.lines().enumerate() {
                let head = if at == 0 { spec.label } else { "" };
                text.push_str(&format!("  {head:wide$}  {}\n", neutralise(line)));
            }
        }
        text.push_str(&format!("  {:wide$}  {}\n", "Since", view.updated_at));
        text.push_str(&format!("  {:wide$}  {}\n", "Id", view.id));
        text
    })
}
