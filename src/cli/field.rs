//! `callbook field …`: a store's own fields. Each says what it is for and why it cannot be done without (R7).

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::{Edit, Error, Inventory, InventoryLine, SchemaGet};
use crate::cli::contact::add_record;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::globals::word;
use crate::cli::out::{Column, Listing, Make};
use crate::cli::{change as record_change, json};
use crate::config::nearest;
use crate::domain::custom::{CustomField, CustomFieldField, CustomKind, CustomOn};
use crate::domain::edit::FieldEdit;
use crate::domain::entity::{Entity, RecordKind};
use crate::domain::field::Category;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Add a field of your own; prints the id
    Add(AddArgs),
    /// The store's own fields
    List(ListArgs),
    /// Change the description of a field
    Edit(ChangeArgs),
    /// Take no new values in a field; those there are stay readable
    Retire(NameArgs),
    /// Every field with what it is for (R11)
    Inventory,
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// The word for the field in commands and files
    name: String,
    /// Which records have it
    #[arg(long, value_parser = word::<CustomOn>(CustomOn::WORDS), default_value = "contact")]
    on: CustomOn,
    /// What values it takes
    #[arg(long, value_parser = word::<CustomKind>(CustomKind::WORDS), default_value = "text")]
    kind: CustomKind,
    /// A word that a choice is made from
    #[arg(long, value_name = "WORD")]
    choice: Vec<String>,
    /// What the data is for, Art. 5(1)(b) GDPR
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// Why it cannot be done without, Art. 5(1)(c) GDPR
    #[arg(long, value_name = "TEXT")]
    justification: String,
    /// What people read on screen
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// What it tells about a person, for the inventory
    #[arg(long, value_parser = word::<Category>(Category::WORDS))]
    category: Option<Category>,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Also retired fields
    #[arg(long)]
    all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct NameArgs {
    /// The field's name or id
    name: String,
    /// Which records have it, where both have one of that name
    #[arg(long, value_parser = word::<CustomOn>(CustomOn::WORDS))]
    on: Option<CustomOn>,
}

#[derive(Args, Debug)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    field: NameArgs,
    /// What people read on screen
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// A word that a choice is made from; together they replace those there are
    #[arg(long, value_name = "WORD")]
    choice: Vec<String>,
    /// What the data is for
    #[arg(long, value_name = "TEXT")]
    purpose: Option<String>,
    /// Why it cannot be done without
    #[arg(long, value_name = "TEXT")]
    justification: Option<String>,
    /// What it tells about a person, for the inventory
    #[arg(long, value_parser = word::<Category>(Category::WORDS))]
    category: Option<Category>,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Add(args) => add(ctx, args),
        Verb::List(args) => list(ctx, &args),
        Verb::Edit(args) => edit(ctx, args),
        Verb::Retire(args) => {
            let fields = vec![FieldEdit::text(CustomFieldField::retired.spec().name, "yes")];
            change(ctx, &args, fields)
        }
        Verb::Inventory => inventory(ctx),
    }
}

fn choices(words: &[String]) -> Option<FieldEdit> {
    (!words.is_empty()).then(|| FieldEdit::text(CustomFieldField::choices.spec().name, words.join("\n")))
}

fn add(ctx: &mut Ctx<'_>, args: AddArgs) -> Done {
    if (args.kind == CustomKind::Choice) == args.choice.is_empty() {
        return Err(Error::usage("a field of the kind `choice` has words, and no other has")
            .hint("--kind choice --choice A --choice B")
            .into());
    }
    let text = |field: CustomFieldField, text: &str| FieldEdit::text(field.spec().name, text);
    let mut fields = vec![
        text(CustomFieldField::name, &args.name),
        text(CustomFieldField::on, args.on.word()),
        text(CustomFieldField::kind, args.kind.word()),
        text(CustomFieldField::purpose, &args.purpose),
        text(CustomFieldField::justification, &args.justification),
    ];
    fields.extend(args.label.map(|label| text(CustomFieldField::label, &label)));
    fields.extend(choices(&args.choice));
    fields.extend(args.category.map(|category| text(CustomFieldField::category, category.word())));
    add_record::<CustomField>(ctx, fields).map(drop)
}

fn edit(ctx: &mut Ctx<'_>, args: ChangeArgs) -> Done {
    let mut fields = Vec::new();
    let mut put = |field: CustomFieldField, text: Option<String>| {
        fields.extend(text.map(|text| FieldEdit::text(field.spec().name, text)));
    };
    put(CustomFieldField::label, args.label);
    put(CustomFieldField::purpose, args.purpose);
    put(CustomFieldField::justification, args.justification);
    put(CustomFieldField::category, args.category.map(|category| category.word().to_owned()));
    fields.extend(choices(&args.choice));
    if fields.is_empty() {
        return Err(Error::usage("nothing is named to change")
            .hint("--label, --choice, --purpose, --justification or --category")
            .into());
    }
    change(ctx, &args.field, fields)
}

fn change(ctx: &mut Ctx<'_>, name: &NameArgs, fields: Vec<FieldEdit>) -> Done {
    let id = find(ctx, name)?;
    let kind = RecordKind::CustomField;
    let edited = ctx.client()?.call(Edit { kind, id, fields, expect_revision: None })?;
    record_change::changed(ctx, kind, id, &edited)
}

/// A custom field with what identifies it.
struct Own {
    id: Uuid,
    revision: u64,
    field: CustomField,
}

fn all(ctx: &mut Ctx<'_>) -> Result<Vec<Own>, Error> {
    let stored = ctx.client()?.call(SchemaGet {})?;
    let mut fields = Vec::new();
    for one in stored {
        let field =
            CustomField::from_fields(one.fields).map_err(|error| Error::integrity(error.to_string()))?;
        fields.push(Own { id: one.id.0, revision: one.revision, field });
    }
    fields.sort_by(|a, b| (a.field.on.0, &a.field.name).cmp(&(b.field.on.0, &b.field.name)));
    Ok(fields)
}

/// The field of this name.
fn find(ctx: &mut Ctx<'_>, args: &NameArgs) -> Result<Uuid, Error> {
    let fields = all(ctx)?;
    let name = args.name.trim().to_lowercase();
    let name = name.strip_prefix("custom.").unwrap_or(&name);
    let here = |one: &&Own| args.on.is_none() || one.field.on.0 == args.on;
    let found: Vec<&Own> = fields
        .iter()
        .filter(here)
        .filter(|one| one.field.name == name || one.id.to_string() == name)
        .collect();
    match found.as_slice() {
        [one] => Ok(one.id),
        [] => {
            let names: Vec<&str> = fields.iter().map(|one| one.field.name.as_str()).collect();
            let error = Error::not_found(format!("the store has no field `{}` of its own", args.name));
            Err(match nearest(name, &names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`callbook field list` shows them"),
            })
        }
        _ => Err(Error::usage(format!("contacts and companies both have a field `{name}`"))
            .hint("say which one with --on contact or --on company")),
    }
}

fn list(ctx: &mut Ctx<'_>, args: &ListArgs) -> Done {
    let fields: Vec<Own> = all(ctx)?.into_iter().filter(|one| args.all || !one.field.retired).collect();
    let specs: Vec<_> = CustomField::specs().iter().filter(|spec| spec.name != "number").collect();
    let columns: Vec<Column> =
        ctx_columns(ctx, &specs.iter().map(|spec| (spec.name, spec.label)).collect::<Vec<_>>());
    let table = ctx.format() == crate::config::Format::Table;
    let make = Make {
        id: &|one: &Own| one.id.to_string(),
        json: &|one| {
            let mut object = Map::new();
            object.insert("id".to_owned(), json!(one.id));
            object.insert("revision".to_owned(), json!(one.revision));
            for spec in &specs {
                if let Some(value) = one.field.get(spec.key) {
                    object.insert(spec.name.to_owned(), json::value(&value, ""));
                }
            }
            Json::Object(object)
        },
        cells: &|one| {
            let text = |name: &str| {
                let spec = CustomField::spec(name);
                spec.and_then(|spec| one.field.get(spec.key))
                    .map(|value| value.to_string())
                    .unwrap_or_default()
            };
            let mut row: Vec<String> = if table {
                TABLE.iter().map(|name| text(name)).collect()
            } else {
                specs.iter().map(|spec| text(spec.name)).collect()
            };
            row.push(one.id.to_string());
            vec![row]
        },
    };
    Listing::all(ctx, columns, &fields, &make)
}

/// What a table shows of a field.
const TABLE: &[&str] = &["on", "name", "label", "kind", "purpose"];

fn ctx_columns(ctx: &Ctx<'_>, all: &[(&str, &str)]) -> Vec<Column> {
    let table = ctx.format() == crate::config::Format::Table;
    let mut columns: Vec<Column> = if table {
        TABLE
            .iter()
            .filter_map(|name| all.iter().find(|(one, _)| one == name))
            .map(|(n, h)| Column::new(n, h))
            .collect()
    } else {
        Column::list(all)
    };
    columns.push(Column::new("id", "Id"));
    columns
}

fn inventory(ctx: &mut Ctx<'_>) -> Done {
    let lines = ctx.client()?.call(Inventory {})?;
    let columns = Column::list(&[
        ("record", "Record"),
        ("field", "Field"),
        ("label", "Label"),
        ("category", "Category"),
        ("purpose", "Purpose"),
        ("justification", "Justification"),
        ("retention", "Retention"),
        ("custom", "Own"),
        ("used", "Used"),
    ]);
    let make = Make {
        id: &|line: &InventoryLine| format!("{}.{}", line.record, line.field),
        json: &|line| {
            let mut object = Map::new();
            object.insert("record".to_owned(), json!(line.record));
            for (key, text) in [
                ("field", &line.field),
                ("label", &line.label),
                ("category", &line.category),
                ("purpose", &line.purpose),
                ("justification", &line.justification),
                ("retention", &line.retention),
            ] {
                json::put_text(&mut object, key, text);
            }
            object.insert("custom".to_owned(), json!(line.custom));
            object.insert("used".to_owned(), json!(line.used));
            Json::Object(object)
        },
        cells: &|line| {
            let own = if line.custom { "yes" } else { "no" };
            vec![vec![
                line.record.to_string(),
                line.field.clone(),
                line.label.clone(),
                line.category.clone(),
                line.purpose.clone(),
                line.justification.clone(),
                line.retention.clone(),
                own.to_owned(),
                line.used.to_string(),
            ]]
        },
    };
    Listing::all(ctx, columns, &lines, &make)
}
