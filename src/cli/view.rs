//! `callbook view …`: filters with columns and an order, under names that stand for them in queries.

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::api::{Edit, Error, Restore, ViewInfo, Views};
use crate::cli::change;
use crate::cli::contact::{IdArgs, add_record};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::globals::word;
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::record;
use crate::config::nearest;
use crate::domain::edit::{FieldEdit, Input};
use crate::domain::entity::RecordKind;
use crate::domain::text::neutralise;
use crate::domain::view::{Belongs, SavedView, ViewField, ViewOn};

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Save a view; `@NAME` then stands for its filter wherever a query is taken
    Add(AddArgs),
    /// The views you have, and the shipped ones
    List(ListArgs),
    /// One view
    Show(NameArgs),
    /// Change a view
    Edit(EditArgs),
    /// Take a view away; `restore` brings it back
    Delete(NameArgs),
    /// Bring a deleted view back
    Restore(IdArgs),
    /// What was changed about a view, when and by whom
    History(NameArgs),
}

/// Whose a view is.
#[derive(Args, Debug, Default)]
#[command(group = ArgGroup::new("whose").multiple(false))]
struct Whose {
    /// Yours alone
    #[arg(long, group = "whose")]
    mine: bool,
    /// A team's; for its lead and the owner
    #[arg(long, value_name = "TEAM", group = "whose")]
    team: Option<String>,
    /// A role's; for the owner and the data protection officer
    #[arg(long, value_name = "ROLE", group = "whose")]
    role: Option<String>,
    /// Everybody's; for the owner and the data protection officer
    #[arg(long, group = "whose")]
    for_everybody: bool,
}

impl Whose {
    fn is(&self, view: &ViewInfo) -> bool {
        match (self.mine, &self.team, &self.role, self.for_everybody) {
            (true, ..) => view.belongs == Belongs::User,
            (_, Some(team), ..) => view.belongs == Belongs::Team && view.whose == *team,
            (_, _, Some(role), _) => view.belongs == Belongs::Role && view.whose == *role,
            (.., true) => view.belongs == Belongs::Everybody,
            (false, None, None, false) => true,
        }
    }

    fn named(&self) -> bool {
        self.mine || self.team.is_some() || self.role.is_some() || self.for_everybody
    }
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// The word for it, without the @: lower-case letters, digits, - and _
    name: String,
    /// Which records it lists
    #[arg(long, value_parser = word::<ViewOn>(ViewOn::WORDS), default_value = "contact")]
    kind: ViewOn,
    /// What people read above the list
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// What it finds, as in `contact list`; other views cannot be named
    #[arg(
        long,
        value_name = "QUERY",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    filter: String,
    /// What a list shows, by field name; also display_name, created_at, updated_at
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Vec<String>,
    /// By this field; -FIELD from the last to the first
    #[arg(long, value_name = "[-]FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only views of these records
    #[arg(long, value_parser = word::<ViewOn>(ViewOn::WORDS))]
    kind: Option<ViewOn>,
    /// Also those a nearer one of the same name takes the place of, and those you only may change
    #[arg(long)]
    all: bool,
}

#[derive(Args, Debug)]
pub(crate) struct NameArgs {
    /// The view's name or id
    name: String,
    /// Which records it lists, where both have one of that name
    #[arg(long, value_parser = word::<ViewOn>(ViewOn::WORDS))]
    kind: Option<ViewOn>,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Args, Debug)]
pub(crate) struct EditArgs {
    #[command(flatten)]
    view: NameArgs,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name_it: Option<String>,
    /// What people read above the list
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// What it finds
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    filter: Option<String>,
    /// What a list shows, by field name; empty for what it shows by itself
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// By this field; -FIELD from the last to the first, empty for what it does by itself
    #[arg(long, value_name = "[-]FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Refuse if it was changed since this revision
    #[arg(long, value_name = "N")]
    expect_revision: Option<u64>,
}

const KIND: RecordKind = RecordKind::View;

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Add(args) => add(ctx, args),
        Verb::List(args) => list(ctx, &args),
        Verb::Show(args) => show(ctx, &args),
        Verb::Edit(args) => edit(ctx, args),
        Verb::Delete(args) => {
            let id = saved(ctx, &args)?;
            let edited = ctx.client()?.call(crate::api::Delete { kind: KIND, id, expect_revision: None })?;
            change::changed(ctx, KIND, id, &edited)?;
            ctx.say(&format!("`callbook view restore {id}` brings it back"));
            Ok(())
        }
        Verb::Restore(args) => {
            let edited = ctx.client()?.call(Restore { kind: KIND, id: args.id })?;
            change::changed(ctx, KIND, args.id, &edited)
        }
        Verb::History(args) => {
            let id = saved(ctx, &args)?;
            record::history(ctx, KIND, id)
        }
    }
}

fn text(field: ViewField, text: impl Into<String>) -> FieldEdit {
    let text = text.into();
    let input = if text.trim().is_empty() { Input::Clear } else { Input::Text(text) };
    FieldEdit { field: field.spec().name.to_owned(), input }
}

fn add(ctx: &mut Ctx<'_>, args: AddArgs) -> Done {
    let name = args.name.strip_prefix('@').unwrap_or(&args.name);
    let mut fields = vec![
        text(ViewField::name, name),
        text(ViewField::kind, args.kind.word()),
        text(ViewField::filter, args.filter),
    ];
    fields.extend(args.title.map(|title| text(ViewField::title, title)));
    fields.extend(args.sort.map(|sort| text(ViewField::sort, sort)));
    if !args.columns.is_empty() {
        fields.push(text(ViewField::columns, args.columns.join(",")));
    }
    fields.extend(args.whose.team.map(|team| text(ViewField::team, team)));
    fields.extend(args.whose.role.map(|role| text(ViewField::role, role)));
    if args.whose.for_everybody {
        fields.push(text(ViewField::everybody, "yes"));
    }
    add_record::<SavedView>(ctx, fields).map(drop)
}

fn edit(ctx: &mut Ctx<'_>, args: EditArgs) -> Done {
    let mut fields = Vec::new();
    fields.extend(args.name_it.map(|name| text(ViewField::name, name)));
    fields.extend(args.title.map(|title| text(ViewField::title, title)));
    fields.extend(args.filter.map(|filter| text(ViewField::filter, filter)));
    fields.extend(args.columns.map(|columns| text(ViewField::columns, columns.join(","))));
    fields.extend(args.sort.map(|sort| text(ViewField::sort, sort)));
    if fields.is_empty() {
        return Err(Error::usage("nothing is named to change")
            .hint("--title, --filter, --columns, --sort or --name-it")
            .into());
    }
    let id = saved(ctx, &args.view)?;
    let edited =
        ctx.client()?.call(Edit { kind: KIND, id, fields, expect_revision: args.expect_revision })?;
    change::changed(ctx, KIND, id, &edited)
}

/// The view of this name: the nearest, unless it is said whose.
fn find(ctx: &mut Ctx<'_>, args: &NameArgs) -> Result<ViewInfo, Error> {
    let kind = args.kind.map(ViewOn::record);
    let views = ctx.client()?.call(Views { kind, all: true })?;
    let name = args.name.trim().to_lowercase();
    let name = name.strip_prefix('@').unwrap_or(&name);
    let id: Option<Uuid> = name.parse().ok();
    let mut found = views.iter().filter(|view| {
        let this = if id.is_some() { view.id == id } else { view.name == name };
        this && args.whose.is(view) && (args.whose.named() || id.is_some() || !view.hidden)
    });
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.clone()),
        (Some(_), Some(_)) => Err(Error::usage(format!("contacts and companies both have a view `@{name}`"))
            .hint("say which one with --kind contact or --kind company")),
        (None, _) => {
            let names: Vec<&str> = views.iter().map(|view| view.name.as_str()).collect();
            let error = Error::not_found(format!("there is no view `@{name}`"));
            Err(match nearest(name, &names) {
                Some(near) if near == name => error.hint("`callbook view list --all` shows whose there are"),
                Some(near) => error.hint(format!("did you mean `@{near}`?")),
                None => error.hint("`callbook view list` shows them"),
            })
        }
    }
}

/// The id of a view that is a record.
fn saved(ctx: &mut Ctx<'_>, args: &NameArgs) -> Result<Uuid, Error> {
    let view = find(ctx, args)?;
    view.id.ok_or_else(|| {
        Error::refused(format!("the view `@{}` comes with the program", view.name))
            .hint(format!("save your own in its place: `callbook view add {} …`", view.name))
    })
}

fn whose(view: &ViewInfo) -> String {
    match view.belongs {
        Belongs::User => view.whose.clone(),
        Belongs::Team | Belongs::Role => format!("{} {}", view.belongs, view.whose),
        Belongs::Everybody | Belongs::Shipped => view.belongs.to_string(),
    }
}

fn as_json(view: &ViewInfo) -> Json {
    let mut object = Map::new();
    if let Some(id) = view.id {
        object.insert("id".to_owned(), json!(id));
        object.insert("revision".to_owned(), json!(view.revision));
    }
    object.insert("name".to_owned(), json!(view.name));
    object.insert("title".to_owned(), json!(view.title));
    object.insert("kind".to_owned(), json!(view.kind));
    object.insert("filter".to_owned(), json!(view.filter));
    object.insert("columns".to_owned(), json!(view.columns));
    put_text(&mut object, "sort", &view.sort);
    object.insert("belongs".to_owned(), json!(view.belongs));
    put_text(&mut object, "whose", &view.whose);
    object.insert("editable".to_owned(), json!(view.editable));
    if view.hidden {
        object.insert("hidden".to_owned(), json!(true));
    }
    Json::Object(object)
}

fn list(ctx: &mut Ctx<'_>, args: &ListArgs) -> Done {
    let views = ctx.client()?.call(Views { kind: args.kind.map(ViewOn::record), all: args.all })?;
    let columns = Column::list(&[
        ("name", "Name"),
        ("kind", "Of"),
        ("title", "Title"),
        ("filter", "Filter"),
        ("sort", "Order"),
        ("columns", "Columns"),
        ("whose", "Whose"),
        ("id", "Id"),
    ]);
    let make = Make {
        id: &ViewInfo::reference,
        json: &as_json,
        cells: &|view: &ViewInfo| {
            vec![vec![
                format!("{}{}", view.name, if view.hidden { " (hidden)" } else { "" }),
                view.kind.to_string(),
                view.title.clone(),
                view.filter.clone(),
                view.sort.clone(),
                view.columns.join(","),
                whose(view),
                view.id.map(|id| id.to_string()).unwrap_or_default(),
            ]]
        },
    };
    Listing::all(ctx, columns, &views, &make)
}

fn show(ctx: &mut Ctx<'_>, args: &NameArgs) -> Done {
    let view = find(ctx, args)?;
    object(ctx, &view.reference(), as_json(&view), |_| {
        let id = view.id.map(|id| id.to_string()).unwrap_or_default();
        let columns = view.columns.join(",");
        let belongs = whose(&view);
        let lines = [
            ("name", view.name.as_str()),
            ("title", &view.title),
            ("lists", view.kind.word()),
            ("filter", &view.filter),
            ("order", &view.sort),
            ("columns", &columns),
            ("whose", &belongs),
            ("id", &id),
        ];
        let said = lines.iter().filter(|(_, text)| !text.is_empty());
        said.map(|(head, text)| format!("{head:<9}{}\n", neutralise(text))).collect()
    })
}

/// The columns of the first view that a query names, for a list that says nothing else.
pub(crate) fn columns_of(
    ctx: &mut Ctx<'_>,
    kind: RecordKind,
    query: &str,
) -> Result<Option<Vec<String>>, Error> {
    let Ok(query) = crate::domain::query::Query::parse(query) else { return Ok(None) };
    let Some(name) = query.views().next() else { return Ok(None) };
    let views = ctx.client()?.call(Views { kind: Some(kind), all: true })?;
    let id: Option<Uuid> = name.parse().ok();
    let found = views
        .into_iter()
        .find(|view| if id.is_some() { view.id == id } else { !view.hidden && view.name == name });
    Ok(found.map(|view| view.columns).filter(|columns| !columns.is_empty()))
}
