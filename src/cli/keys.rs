//! `callbook keys …`: what unlocks the store, its master key, and the copy of the keys that is kept elsewhere.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;
use zeroize::Zeroizing;

use crate::api::{
    Error, EscrowMake, EscrowRefresh, Hush, KeysRotate, NewWay, WayAdd, WayAdded, WayRemove, WayView, Ways,
};
use crate::cli::backup::{absolute, list, tell};
use crate::cli::ctx::{Ctx, Done};
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::secret;
use crate::client::open::{Secret, key_text};

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Write today's keys to a file under a passphrase of their own; it follows each erasure from then on
    Escrow(EscrowArgs),
    /// The ways to unlock the store
    List,
    /// Add a way to unlock the store
    Add(AddArgs),
    /// Remove a way to unlock the store; never the last
    Remove(RemoveArgs),
    /// Replace the master key; only what is named here unlocks the store then
    Rotate(RotateArgs),
}

#[derive(Args, Debug)]
pub(crate) struct EscrowArgs {
    /// The file, kept where the store is not. With a server, the server writes it
    #[arg(long, value_name = "FILE", required_unless_present = "refresh")]
    out: Option<PathBuf>,
    /// What it is called in lists and receipts; the file's name, unless told
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    /// The file with the passphrase of the escrow
    #[arg(long, value_name = "FILE")]
    escrow_passphrase_file: Option<PathBuf>,
    /// Write the registered escrows anew, those that are pending too
    #[arg(long, conflicts_with_all = ["out", "name", "escrow_passphrase_file"])]
    refresh: bool,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct AddArgs {
    /// The passphrase in this file
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
    /// This key file, which is made if it is not there
    #[arg(long, value_name = "FILE")]
    new_key_file: Option<PathBuf>,
    /// A passphrase that is asked for
    #[arg(long)]
    passphrase: bool,
    /// A recovery code, which is shown once
    #[arg(long)]
    recovery: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RemoveArgs {
    /// Its number in `keys list`
    id: u8,
}

#[derive(Args, Debug)]
pub(crate) struct RotateArgs {
    /// Another passphrase that goes on unlocking it, beside what is named to unlock it now
    #[arg(long, value_name = "FILE")]
    keep_passphrase_file: Vec<PathBuf>,
    /// A key file that goes on unlocking it
    #[arg(long, value_name = "FILE")]
    keep_key_file: Vec<PathBuf>,
    /// Without a new recovery code
    #[arg(long)]
    no_recovery: bool,
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Escrow(args) => escrow(ctx, &args),
        Verb::List => {
            let ways = ctx.client()?.call(Ways {})?;
            let columns = Column::list(&[("id", "Number"), ("kind", "Kind"), ("created_at", "Added")]);
            let make = Make {
                id: &|way: &WayView| way.id.to_string(),
                json: &|way| json!({"id": way.id, "kind": way.kind, "created_at": way.created_at}),
                cells: &|way| vec![vec![way.id.to_string(), way.kind.clone(), way.created_at.to_string()]],
            };
            Listing::all(ctx, columns, &ways, &make)
        }
        Verb::Add(args) => add(ctx, &args),
        Verb::Remove(args) => {
            let way = ctx.client()?.call(WayRemove { id: args.id })?;
            way_out(ctx, &way, &[])?;
            ctx.say("Whoever kept a copy of `keys/` still opens that with it; `keys rotate` replaces the master key.");
            Ok(())
        }
        Verb::Rotate(args) => rotate(ctx, &args),
    }
}

fn escrow(ctx: &mut Ctx<'_>, args: &EscrowArgs) -> Done {
    let Some(out) = &args.out else {
        let views = ctx.client()?.call(EscrowRefresh {})?;
        list(ctx, &views)?;
        let pending = views.iter().filter(|view| !view.why.is_empty()).count();
        if pending > 0 {
            return Err(Error::failed(format!("{pending} escrows could not be written"))
                .hint("make their places reachable, and try again")
                .into());
        }
        return Ok(());
    };
    let passphrase = match &args.escrow_passphrase_file {
        Some(file) => {
            ctx.shell_only("reading a passphrase")?;
            secret::first_line(ctx, file, "passphrase of the escrow")?
        }
        None => secret::new_asked(ctx, "Passphrase of the escrow: ", "--escrow-passphrase-file FILE")?,
    };
    if let Some(why) = secret::weakness(&passphrase, &[]) {
        ctx.warn(&format!("the passphrase is weak: {why}"));
    }
    let make =
        EscrowMake { path: absolute(out)?, name: args.name.clone(), passphrase: Hush::new(passphrase) };
    let view = ctx.client()?.call(make)?;
    tell(ctx, &view)?;
    ctx.say("Keep it where the store is not, and its passphrase apart from both. It is written anew in this place after each erasure: make no copies of it, for an old copy still has the keys of the erased.");
    Ok(())
}

fn add(ctx: &mut Ctx<'_>, args: &AddArgs) -> Done {
    ctx.shell_only("adding a way to unlock")?;
    let way = if let Some(file) = &args.new_passphrase_file {
        passphrase_of(ctx, file)?
    } else if let Some(file) = &args.new_key_file {
        NewWay::KeyFile(Hush::new(key_text(file, true, &ctx.env)?))
    } else if args.recovery {
        NewWay::Recovery
    } else {
        let words = secret::new_asked(ctx, "New passphrase: ", "--new-passphrase-file FILE")?;
        if let Some(why) = secret::weakness(&words, &[]) {
            return Err(Error::refused(format!("the passphrase is weak: {why}"))
                .hint("take four or more unusual words")
                .into());
        }
        NewWay::Passphrase(Hush::new(words))
    };
    let WayAdded { way, recovery_code } = ctx.client()?.call(WayAdd { way })?;
    way_out(ctx, &way, &recovery_code)
}

fn passphrase_of(ctx: &mut Ctx<'_>, file: &Path) -> Result<NewWay, Error> {
    let words = secret::first_line(ctx, file, "passphrase")?;
    if let Some(why) = secret::weakness(&words, &[]) {
        ctx.warn(&format!("the passphrase is weak: {why}"));
    }
    Ok(NewWay::Passphrase(Hush::new(words)))
}

fn rotate(ctx: &mut Ctx<'_>, args: &RotateArgs) -> Done {
    ctx.shell_only("replacing the master key")?;
    let mut ways = Vec::new();
    match secret::to_open(ctx)? {
        Secret::Passphrase(words) => ways.push(NewWay::Passphrase(Hush::new(words))),
        Secret::KeyFile(file) => ways.push(NewWay::KeyFile(Hush::new(key_text(&file, false, &ctx.env)?))),
        Secret::KeyText(text) => ways.push(NewWay::KeyFile(Hush::new(text))),
        // It is used up: a new one is made.
        Secret::Recovery(_) => {}
    }
    for file in &args.keep_passphrase_file {
        ways.push(passphrase_of(ctx, file)?);
    }
    for file in &args.keep_key_file {
        ways.push(NewWay::KeyFile(Hush::new(key_text(file, false, &ctx.env)?)));
    }
    if !args.no_recovery {
        ways.push(NewWay::Recovery);
    }
    let client = ctx.client()?;
    let there = client.call(Ways {})?;
    ctx.confirm(&format!(
        "The store has {} ways to unlock it; then it has the {} that are named here, and a recovery code of today opens it \
         no more. Go on?",
        there.len(),
        ways.len()
    ))?;
    let rotated = client.call(KeysRotate { ways })?;
    let code = code_of(&rotated.recovery_code);
    let kinds = |ways: &[WayView]| ways.iter().map(|way| way.kind.clone()).collect::<Vec<_>>();
    let mut out = json!({"ways": kinds(&rotated.ways), "removed": kinds(&rotated.removed)});
    if let (Some(code), Some(object)) = (&code, out.as_object_mut()) {
        object.insert("recovery_code".to_owned(), json!(code.as_str()));
    }
    let text = code.as_ref().map(|code| format!("{}\n", code.as_str())).unwrap_or_default();
    object(ctx, code.as_ref().map_or("", |code| code.as_str()), out, |_| text)?;
    ctx.say(&format!("The master key is new. It is unlocked by: {}.", kinds(&rotated.ways).join(", ")));
    if code.is_some() {
        ctx.say("The line on standard output is the new recovery code. It is shown once: write it down and keep it apart.");
    }
    for view in rotated.escrows.iter().filter(|view| !view.why.is_empty()) {
        ctx.warn(&format!("the escrow `{}` still has the old master key: {}", view.name, view.why));
    }
    Ok(())
}

fn code_of(groups: &[Hush]) -> Option<Zeroizing<String>> {
    let groups: Vec<&str> = groups.iter().map(Hush::words).collect();
    (!groups.is_empty()).then(|| Zeroizing::new(groups.join("-")))
}

/// A way, and the recovery code where it is a new one.
fn way_out(ctx: &mut Ctx<'_>, way: &WayView, groups: &[Hush]) -> Done {
    let code = code_of(groups);
    let mut out = json!({"id": way.id, "kind": way.kind, "created_at": way.created_at});
    if let (Some(code), Some(object)) = (&code, out.as_object_mut()) {
        object.insert("recovery_code".to_owned(), json!(code.as_str()));
    }
    let text = match &code {
        Some(code) => format!("{}\n", code.as_str()),
        None => format!("{}  {}\n", way.id, way.kind),
    };
    object(ctx, &way.id.to_string(), out, |_| text)?;
    if code.is_some() {
        ctx.say("The line on standard output is the recovery code. It is shown once: write it down and keep it apart.");
    }
    Ok(())
}
