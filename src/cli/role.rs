//! `callbook role …`: what each role may see and do.

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use crate::api::{Error, RoleList, RoleView};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::table::{Style, Table};
use crate::config::nearest;
use crate::domain::access::Scope;
use crate::domain::text::neutralise;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// The roles there are
    List,
    /// What a role may see and do, kind by kind and field by field
    Show(ShowArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The role
    role: String,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::List => list(ctx),
        Verb::Show(args) => show(ctx, &args.role),
    }
}

fn role_json(role: &RoleView) -> Json {
    let kinds = role.kinds.iter().map(|kind| {
        let fields = kind
            .fields
            .iter()
            .map(|one| (one.field.clone(), json!({"own": one.own, "team": one.team, "other": one.other})));
        let fields: serde_json::Map<String, Json> = fields.collect();
        (kind.kind.to_string(), json!({"read": kind.read, "write": kind.write, "fields": fields}))
    });
    let kinds: serde_json::Map<String, Json> = kinds.collect();
    json!({
        "name": role.name,
        "title": role.title,
        "follows": role.follows,
        "source": role.source,
        "actions": role.actions,
        "records": kinds,
    })
}

fn list(ctx: &mut Ctx<'_>) -> Done {
    let roles = ctx.client()?.call(RoleList {})?;
    let columns = Column::list(&[
        ("name", "Role"),
        ("title", "Who"),
        ("source", "From"),
        ("contacts", "Reads contacts"),
    ]);
    let make = Make {
        id: &|role: &RoleView| role.name.to_string(),
        json: &role_json,
        cells: &|role| {
            let contacts = role.kinds.first().map_or(Scope::None, |kind| kind.read);
            vec![vec![role.name.to_string(), role.title.clone(), role.source.clone(), contacts.to_string()]]
        },
    };
    Listing::all(ctx, columns, &roles, &make)
}

fn show(ctx: &mut Ctx<'_>, name: &str) -> Done {
    let roles = ctx.client()?.call(RoleList {})?;
    let Some(role) = roles.iter().find(|role| role.name.as_str() == name.trim().to_lowercase()) else {
        let names: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
        let error = Error::not_found(format!("there is no role `{name}`"));
        return Err(match nearest(name, &names) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("the roles are {}", names.join(", "))),
        }
        .into());
    };
    object(ctx, role.name.as_str(), role_json(role), |style| drawn(role, style))
}

fn drawn(role: &RoleView, style: Style) -> String {
    let mut text = format!("{}: {} ({}", role.name, neutralise(&role.title), neutralise(&role.source));
    if role.follows != role.name.as_str() {
        text.push_str(&format!(", begins as {}", role.follows));
    }
    text.push_str(")\nmay: ");
    text.push_str(if role.actions.is_empty() { "only look" } else { "" });
    text.push_str(&role.actions.join(", "));
    text.push('\n');
    for kind in role.kinds.iter().filter(|kind| kind.read != Scope::None) {
        text.push_str(&format!("\n{}: reads {}, changes {}\n", kind.kind, kind.read, kind.write));
        let mut table =
            Table::new(&[("Field", false), ("Own", false), ("Team", false), ("Others", false)], style);
        let rows = kind.fields.iter().map(|one| {
            vec![one.field.clone(), one.own.to_string(), one.team.to_string(), one.other.to_string()]
        });
        text.push_str(&table.rows(&rows.collect::<Vec<_>>()));
    }
    text
}
