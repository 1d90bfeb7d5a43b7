//! `callbook user …`: who works with the store. Users are never deleted, for history names them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::api::{Card, Edit, Error, Get, Hush, List, SetPassword, View, Whoami, Window};
use crate::cli::change::changed;
use crate::cli::contact::add_record;
use crate::cli::ctx::{Ctx, Done};
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::secret;
use crate::config::nearest;
use crate::domain::edit::FieldEdit;
use crate::domain::entity::RecordKind;
use crate::domain::text::neutralise;
use crate::domain::user::{User, UserField};

const KIND: RecordKind = RecordKind::User;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Add a user; prints the id. In a role that sees persons, only an owner's addition is active at once
    Add(AddArgs),
    /// Everybody who works with the store
    List,
    /// Show a user
    Show(NameArgs),
    /// Change a user: role, team, account, names
    Edit(EditArgs),
    /// End a user's access: open sessions are refused from the next request on
    Deactivate(NameArgs),
    /// Give a user access, again or for the first time
    Activate(NameArgs),
    /// Set a password of a user's own, asked for when a session begins
    Password(PasswordArgs),
}

#[derive(Args, Debug)]
pub(crate) struct NameArgs {
    /// The user's name, or id
    name: String,
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// One word by which filters and colleagues know the user
    name: String,
    /// The account on this machine
    #[arg(long, value_name = "ACCOUNT")]
    unix: String,
    /// What the user may see and do; `callbook role list` shows the roles
    #[arg(long, value_name = "ROLE")]
    role: String,
    /// Whose contacts the user sees
    #[arg(long, value_name = "TEAM")]
    team: Option<String>,
    /// What colleagues read
    #[arg(long, value_name = "NAME")]
    full_name: Option<String>,
    /// Of the user's own screens, such as de or nl-BE
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct EditArgs {
    /// The user's name, or id
    user: String,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The account on this machine
    #[arg(long, value_name = "ACCOUNT")]
    unix: Option<String>,
    /// What the user may see and do
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Whose contacts the user sees; empty for none
    #[arg(long, value_name = "TEAM")]
    team: Option<String>,
    /// What colleagues read
    #[arg(long, value_name = "NAME")]
    full_name: Option<String>,
    /// Of the user's own screens
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct PasswordArgs {
    /// The user; yourself when absent
    name: Option<String>,
    /// File whose first line is the new password
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    password_file: Option<PathBuf>,
    /// File whose first line is the password so far, when it is your own; the one of --user-password-file when absent
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    old_password_file: Option<PathBuf>,
    /// Take the password away
    #[arg(long, conflicts_with = "password_file")]
    remove: bool,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Add(args) => add(ctx, args),
        Verb::List => list(ctx),
        Verb::Show(args) => show(ctx, &args.name),
        Verb::Edit(args) => edit(ctx, args),
        Verb::Deactivate(args) => {
            change(ctx, &args.name, vec![FieldEdit::text(UserField::inactive.spec().name, "yes")])
        }
        Verb::Activate(args) => {
            change(ctx, &args.name, vec![FieldEdit::text(UserField::inactive.spec().name, "no")])
        }
        Verb::Password(args) => password(ctx, args),
    }
}

fn edits(fields: [(UserField, Option<String>); 6]) -> Vec<FieldEdit> {
    let given = fields.into_iter().filter_map(|(field, text)| Some((field, text?)));
    given.map(|(field, text)| FieldEdit::text(field.spec().name, text)).collect()
}

fn add(ctx: &mut Ctx<'_>, args: AddArgs) -> Done {
    let fields = edits([
        (UserField::name, Some(args.name)),
        (UserField::unix, Some(args.unix)),
        (UserField::role, Some(args.role)),
        (UserField::team, args.team),
        (UserField::full_name, args.full_name),
        (UserField::language, args.language),
    ]);
    add_record::<User>(ctx, fields).map(drop)
}

fn edit(ctx: &mut Ctx<'_>, args: EditArgs) -> Done {
    let fields = edits([
        (UserField::name, args.name),
        (UserField::unix, args.unix),
        (UserField::role, args.role),
        (UserField::team, args.team),
        (UserField::full_name, args.full_name),
        (UserField::language, args.language),
    ]);
    if fields.is_empty() {
        return Err(Error::usage("nothing is named to change")
            .hint("--role, --team, --unix, --name, --full-name or --language")
            .into());
    }
    change(ctx, &args.user, fields)
}

fn change(ctx: &mut Ctx<'_>, name: &str, fields: Vec<FieldEdit>) -> Done {
    let id = find(ctx, name)?.id;
    let edited = ctx.client()?.call(Edit { kind: KIND, id, fields, expect_revision: None })?;
    changed(ctx, KIND, id, &edited)
}

fn all(ctx: &mut Ctx<'_>) -> Result<Vec<View>, Error> {
    let window = Window::default();
    let list = List { kind: KIND, query: String::new(), sort: String::new(), window, columns: Vec::new() };
    let mut users = ctx.client()?.call(list)?.items;
    users.sort_by(|a, b| a.title.cmp(&b.title));
    Ok(users)
}

/// The user of this name or id.
fn find(ctx: &mut Ctx<'_>, name: &str) -> Result<View, Error> {
    let mut users = all(ctx)?;
    let wanted = name.trim().to_lowercase();
    let is = |user: &View| user.title.to_lowercase() == wanted || wanted.parse::<Uuid>() == Ok(user.id);
    if let Some(at) = users.iter().position(is) {
        return Ok(users.swap_remove(at));
    }
    let names: Vec<&str> = users.iter().map(|user| user.title.as_str()).collect();
    let error = Error::not_found(format!("there is no user `{name}`"));
    Err(match nearest(&wanted, &names) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("`callbook user list` shows them"),
    })
}

fn is_active(user: &View) -> bool {
    user.text(UserField::inactive.key()) != "yes"
}

fn user_json(user: &View) -> Json {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(user.id));
    object.insert("revision".to_owned(), json!(user.revision));
    for field in UserField::ALL {
        let text = user.text(field.key());
        if *field != UserField::inactive && !text.is_empty() {
            object.insert(field.spec().name.to_owned(), json!(text));
        }
    }
    object.insert("active".to_owned(), json!(is_active(user)));
    Json::Object(object)
}

fn list(ctx: &mut Ctx<'_>) -> Done {
    let users = all(ctx)?;
    let columns = Column::list(&[
        ("name", "Name"),
        ("full_name", "Full name"),
        ("role", "Role"),
        ("team", "Team"),
        ("unix", "Account"),
        ("active", "Active"),
    ]);
    let make = Make {
        id: &|user: &View| user.id.to_string(),
        json: &user_json,
        cells: &|user| {
            let text = |field: UserField| user.text(field.key()).to_owned();
            vec![vec![
                text(UserField::name),
                text(UserField::full_name),
                text(UserField::role),
                text(UserField::team),
                text(UserField::unix),
                if is_active(user) { "yes" } else { "no" }.to_owned(),
            ]]
        },
    };
    Listing::all(ctx, columns, &users, &make)
}

fn show(ctx: &mut Ctx<'_>, name: &str) -> Done {
    let id = find(ctx, name)?.id;
    let card: Card = ctx.client()?.call(Get { kind: KIND, id, at: None })?;
    let user = card.record;
    object(ctx, &id.to_string(), user_json(&user), |_| {
        let mut text = String::new();
        for field in UserField::ALL.iter().filter(|field| **field != UserField::inactive) {
            let value = user.text(field.key());
            if !value.is_empty() {
                text.push_str(&format!("{:<13} {}\n", field.spec().label, neutralise(value)));
            }
        }
        text.push_str(&format!("{:<13} {}\n", "Active", if is_active(&user) { "yes" } else { "no" }));
        text.push_str(&format!("{:<13} {id}\n", "Id"));
        text
    })
}

fn password(ctx: &mut Ctx<'_>, args: PasswordArgs) -> Done {
    let old = old_password(ctx, &args)?;
    let password = match (args.remove, &args.password_file) {
        (true, _) => None,
        (false, Some(path)) => Some(secret::first_line(ctx, path, "password")?),
        (false, None) => Some(secret::new_password(ctx)?),
    };
    let removed = password.is_none();
    let (password, old) = (password.map(Hush::new), old.map(Hush::new));
    let edited = ctx.client()?.call(SetPassword { user: args.name, password, old })?;
    let out = json!({"revision": edited.revision, "password": !removed});
    let done = if removed { "the password is taken away" } else { "the password is set" };
    object(ctx, "", out, |_| format!("{done}\n"))
}

/// The password so far, where it is the asker's own and there is one. Asked for before the new one, as everywhere.
fn old_password(ctx: &mut Ctx<'_>, args: &PasswordArgs) -> Result<Option<Zeroizing<String>>, Error> {
    if let Some(path) = &args.old_password_file {
        return secret::first_line(ctx, path, "password").map(Some);
    }
    let me = ctx.client()?.call(Whoami {})?;
    let own = args.name.as_deref().is_none_or(|name| {
        let name = name.trim().to_lowercase();
        name == "me" || name == me.name.to_lowercase() || name.parse::<Uuid>() == Ok(me.user)
    });
    if !own || !me.own_password {
        return Ok(None);
    }
    match secret::login(ctx)?.password {
        Some(given) => Ok(Some(given)),
        None => secret::old_password(ctx).map(Some),
    }
}
