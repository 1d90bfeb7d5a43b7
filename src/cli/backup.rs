//! `callbook backup …`: backups of the store, and stores made of them; `callbook rebuild`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};
use zeroize::Zeroizing;

use crate::api::{
    BackupBegin, BackupForget, BackupProgress, BackupStep, BackupStop, BackupView, Backups, Code, Error,
    Hush, WithKeys,
};
use crate::cli::ctx::{Ctx, Done, End, stopped};
use crate::cli::json::put_text;
use crate::cli::out::{Column, Listing, Make, object};
use crate::cli::progress::Progress;
use crate::cli::secret;
use crate::client::Client;
use crate::client::open::{self, KdfCost};
use crate::client::recover::{self, Keys, Looked, Made, Wish};
use crate::domain::text::neutralise;
use crate::domain::value::Day;

#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Write a backup of everything as it is now, while others go on working
    Create(CreateArgs),
    /// Check a backup: without keys its form, with them every row
    Verify(VerifyArgs),
    /// Make a store of a backup, with the keys of today: who was erased since stays erased
    Restore(RestoreArgs),
    /// Backups and key escrows that are registered, the latest first
    List,
    /// Say that a backup or an escrow is destroyed
    Forget(ForgetArgs),
}

#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// The file to write; it must not be there. With a server, the server writes it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What it is called in lists and receipts; the file's name, unless told
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    name: String,
    /// Put today's keys into it: whoever has it and its passphrase has everybody, also those erased later
    #[arg(long, requires = "expires", requires = "backup_passphrase_file")]
    with_keys: bool,
    /// The day by which it will be destroyed
    #[arg(long, value_name = "DATE", value_parser = day, requires = "with_keys")]
    expires: Option<Day>,
    /// The file with the passphrase of its own
    #[arg(long, value_name = "FILE", requires = "with_keys")]
    backup_passphrase_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct KeysArgs {
    /// Where the keys are: the directory of the store as it is today, a key escrow, or a backup with keys
    #[arg(long, value_name = "DIR|FILE")]
    keys: Option<PathBuf>,
    /// The file with the passphrase of the escrow, or of the backup with keys
    #[arg(long, value_name = "FILE")]
    escrow_passphrase_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// The backup
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    #[command(flatten)]
    keys: KeysArgs,
}

#[derive(Args, Debug)]
pub(crate) struct IntoArgs {
    /// The new directory of the store
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Put the new store in the place of the one of --store, which then lies in the new directory
    #[arg(long)]
    swap: bool,
    /// Go on where rows do not open, and tell how many were lost
    #[arg(long)]
    accept_losses: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RestoreArgs {
    /// The backup
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    #[command(flatten)]
    to: IntoArgs,
    #[command(flatten)]
    keys: KeysArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ForgetArgs {
    /// The name it has in `backup list`
    name: String,
}

fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|error: crate::domain::value::Invalid| error.to_string())
}

pub(crate) fn run(ctx: &mut Ctx<'_>, verb: Verb) -> Done {
    match verb {
        Verb::Create(args) => create(ctx, &args),
        Verb::Verify(args) => verify(ctx, &args),
        Verb::Restore(args) => restore(ctx, &args),
        Verb::List => {
            let views = ctx.client()?.call(Backups {})?;
            list(ctx, &views)
        }
        Verb::Forget(args) => {
            let view = ctx.client()?.call(BackupForget { name: args.name })?;
            tell(ctx, &view)?;
            ctx.say("it is in no receipt of an erasure from now on");
            Ok(())
        }
    }
}

/// A path as another process will understand it.
pub(super) fn absolute(path: &Path) -> Result<String, Error> {
    let absolute = std::path::absolute(path)
        .map_err(|error| Error::usage(format!("{} is no path: {error}", path.display())))?;
    let text = absolute.into_os_string().into_string();
    text.map_err(|_| Error::usage(format!("{} is not UTF-8; name it otherwise", path.display())))
}

fn create(ctx: &mut Ctx<'_>, args: &CreateArgs) -> Done {
    let with_keys = match (args.with_keys, args.expires, &args.backup_passphrase_file) {
        (true, Some(expires), Some(file)) => {
            ctx.shell_only("reading a passphrase")?;
            let passphrase = Hush::new(secret::first_line(ctx, file, "passphrase")?);
            Some(WithKeys { passphrase, expires })
        }
        _ => None,
    };
    let stop = ctx.stop()?;
    let client = ctx.client()?;
    let begin = BackupBegin { path: absolute(&args.out)?, name: args.name.clone(), with_keys };
    client.call(begin)?;
    let bar = Progress::new(ctx, None, "bytes");
    let made = follow(&client, &bar, &|| stopped(&stop));
    bar.finish();
    let Some(view) = made? else {
        ctx.say("stopped; nothing is left of it");
        return Err(End::Reported(Code::Interrupted));
    };
    tell(ctx, &view)?;
    if view.form == recover::Form::Whole.word() {
        ctx.say("It holds the keys of today: destroy it by its day, then `callbook backup forget` it.");
    } else {
        ctx.say("It holds no keys: without the store's keys, or an escrow of them, nobody reads it.");
    }
    Ok(())
}

/// Works on the backup until it is done; nothing when it was stopped.
fn follow(client: &Client, bar: &Progress, stop: &dyn Fn() -> bool) -> Result<Option<BackupView>, Error> {
    loop {
        if stop() {
            client.call(BackupStop {})?;
            return Ok(None);
        }
        let BackupProgress { rows: _, bytes, done } = client.call(BackupStep {})?;
        bar.set(bytes);
        if done.is_some() {
            return Ok(done);
        }
    }
}

/// Where the keys are, as far as it was told.
fn keys(ctx: &mut Ctx<'_>, args: &KeysArgs) -> Result<Option<Keys>, Error> {
    let Some(path) = &args.keys else {
        if args.escrow_passphrase_file.is_some() {
            return Err(Error::usage("a passphrase of an escrow is named, and no escrow").hint("--keys FILE"));
        }
        return Ok(None);
    };
    if path.is_dir() {
        return Ok(Some(Keys::Store { dir: path.clone(), secret: secret::to_open(ctx)? }));
    }
    let passphrase = match &args.escrow_passphrase_file {
        Some(file) => secret::first_line(ctx, file, "passphrase of the escrow")?,
        None => secret::asked(ctx, "Passphrase of the escrow: ", "--escrow-passphrase-file FILE")?,
    };
    Ok(Some(Keys::Escrow { path: path.clone(), passphrase }))
}

fn verify(ctx: &mut Ctx<'_>, args: &VerifyArgs) -> Done {
    ctx.shell_only("verifying a backup")?;
    let keys = keys(ctx, &args.keys)?;
    let stop = ctx.stop()?;
    let bar = Progress::new(ctx, size(&args.file), "bytes");
    let looked = recover::look_at(&args.file, keys.as_ref(), &ctx.env, &mut |bytes| {
        bar.set(bytes);
        !stopped(&stop)
    });
    bar.finish();
    let looked = looked?;
    object(ctx, &looked.sha256, looked_json(&looked), |_| lines(&looked_json(&looked)))?;
    match &looked.opened {
        None => ctx.say("Its form is whole. With --keys DIR every row of it is opened as well."),
        Some(into) if into.problems.is_empty() => {
            ctx.say("Every row opens, or is of somebody whose key was destroyed since; the log leads to its root.");
        }
        Some(into) => {
            for problem in into.problems.iter().take(10) {
                ctx.say(&format!("PROBLEM  {problem}"));
            }
            return Err(Error::integrity(format!("{} rows of it do not open", into.lost)).into());
        }
    }
    Ok(())
}

fn restore(ctx: &mut Ctx<'_>, args: &RestoreArgs) -> Done {
    ctx.shell_only("restoring a backup")?;
    let keys = keys(ctx, &args.keys)?.ok_or_else(|| {
        Error::usage("a backup has no keys, or those of its day: it is restored with the keys of today")
            .hint("--keys DIR names the store as it is now, --keys FILE a key escrow")
    })?;
    let way = match &keys {
        Keys::Store { .. } => None,
        Keys::Escrow { .. } => Some(secret::to_init(ctx, &[])?),
    };
    let swap = swap_of(ctx, &args.to)?;
    let (bar, stop) = (Progress::new(ctx, size(&args.file), "bytes"), ctx.stop()?);
    let made = recover::restore(
        &args.file,
        &keys,
        way.as_ref(),
        &mut Wish {
            into: &args.to.into,
            swap: swap.as_deref(),
            account: &open::account(),
            cost: KdfCost::STANDARD,
            accept_losses: args.to.accept_losses,
            going: &mut |bytes| {
                bar.set(bytes);
                !stopped(&stop)
            },
        },
        &ctx.env,
    );
    bar.finish();
    finish(ctx, &args.to, swap.as_deref(), &made?)
}

/// `callbook rebuild`
pub(crate) fn rebuild(ctx: &mut Ctx<'_>, args: &IntoArgs) -> Done {
    ctx.shell_only("rebuilding a store")?;
    let dir = ctx.globals.store_dir(&ctx.io.vars, &ctx.config)?;
    let secret = secret::to_open(ctx)?;
    let swap = swap_of(ctx, args)?;
    let (bar, stop) = (Progress::new(ctx, None, "rows"), ctx.stop()?);
    let made = recover::rebuild(
        &dir,
        &secret,
        &mut Wish {
            into: &args.into,
            swap: swap.as_deref(),
            account: &open::account(),
            cost: KdfCost::STANDARD,
            accept_losses: args.accept_losses,
            going: &mut |rows| {
                bar.set(rows);
                !stopped(&stop)
            },
        },
        &ctx.env,
    );
    bar.finish();
    finish(ctx, args, swap.as_deref(), &made?)
}

fn swap_of(ctx: &mut Ctx<'_>, args: &IntoArgs) -> Result<Option<PathBuf>, Error> {
    if !args.swap {
        return Ok(None);
    }
    let dir = ctx.globals.store_dir(&ctx.io.vars, &ctx.config)?;
    ctx.confirm(&format!(
        "The new store takes the place of {}, which then lies in {}. Go on?",
        dir.display(),
        args.into.display()
    ))?;
    Ok(Some(dir))
}

/// Tells what became of it.
fn finish(ctx: &mut Ctx<'_>, args: &IntoArgs, swap: Option<&Path>, made: &Made) -> Done {
    let place = swap.unwrap_or(&args.into).display().to_string();
    let mut out = Map::new();
    out.insert("store".to_owned(), json!(place));
    out.insert("rows".to_owned(), json!(made.rows));
    out.insert("entries".to_owned(), json!(made.entries));
    out.insert("forgotten".to_owned(), json!(made.opened.forgotten));
    out.insert("lost_rows".to_owned(), json!(made.opened.lost));
    out.insert("carried".to_owned(), json!(made.carried));
    out.insert("left".to_owned(), json!(made.left));
    put_text(&mut out, "not_carried", made.not_carried.as_deref().unwrap_or_default());
    if let Some(of) = made.keys_of {
        out.insert("keys_of".to_owned(), json!(of));
    }
    if let Some(before) = &made.before {
        out.insert("before".to_owned(), json!(before.display().to_string()));
    }
    let code: Vec<&str> = made.recovery_code.iter().map(|group| group.as_str()).collect();
    let code = Zeroizing::new(code.join("-"));
    put_text(&mut out, "recovery_code", &code);
    out.insert("problems".to_owned(), json!(made.problems));
    let out = Json::Object(out);
    object(ctx, &place, out.clone(), |_| lines(&out))?;
    for problem in made.opened.problems.iter().chain(&made.problems).take(10) {
        ctx.say(&format!("PROBLEM  {problem}"));
    }
    for (kind, count) in &made.left {
        ctx.warn(&format!(
            "{count} {kind} since the backup are about persons who are not in it, and are lost"
        ));
    }
    if let Some(why) = &made.not_carried {
        ctx.warn(&format!(
            "what was recorded since the backup is lost ({why}): suppressions, withdrawals, objections and requests since \
             then are to be entered again"
        ));
    }
    if let Some(of) = made.keys_of {
        ctx.warn(&format!(
            "the keys are those of {of}: whoever was erased after that is in the new store; erase them again"
        ));
    }
    if !code.is_empty() {
        ctx.say("The recovery code is shown once: write it down and keep it apart.");
    }
    ctx.say("The store it replaces still holds everybody in it: once the new one is good, destroy it and `callbook backup forget` it.");
    ctx.say("Its free keys are new: `callbook keys escrow --refresh` writes the escrows anew.");
    if made.problems.is_empty() {
        return Ok(());
    }
    Err(Error::integrity(format!(
        "the new store is made, and {} things in it do not agree",
        made.problems.len()
    ))
    .hint("`callbook doctor` tells all of them")
    .into())
}

fn size(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|meta| meta.len())
}

fn looked_json(looked: &Looked) -> Json {
    let mut out = Map::new();
    out.insert("form".to_owned(), json!(looked.form.word()));
    out.insert("store".to_owned(), json!(looked.store));
    out.insert("made_at".to_owned(), json!(looked.made_at));
    out.insert("epoch".to_owned(), json!(looked.epoch));
    out.insert("entries".to_owned(), json!(looked.entries));
    let root: String = looked.root.iter().map(|byte| format!("{byte:02x}")).collect();
    out.insert("root".to_owned(), json!(root));
    out.insert("records".to_owned(), json!(looked.records));
    out.insert("rows".to_owned(), json!(looked.rows));
    out.insert("bytes".to_owned(), json!(looked.bytes));
    out.insert("sha256".to_owned(), json!(looked.sha256));
    out.insert("checkpoint".to_owned(), json!(looked.checkpoint));
    if let Some(into) = &looked.opened {
        out.insert("forgotten".to_owned(), json!(into.forgotten));
        out.insert("forgotten_rows".to_owned(), json!(into.forgotten_rows));
        out.insert("lost_rows".to_owned(), json!(into.lost));
        out.insert("problems".to_owned(), json!(into.problems));
    }
    Json::Object(out)
}

fn view_json(view: &BackupView) -> Json {
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(view.name));
    out.insert("form".to_owned(), json!(view.form));
    out.insert("state".to_owned(), json!(view.state));
    put_text(&mut out, "why", &view.why);
    out.insert("path".to_owned(), json!(view.path));
    out.insert("made_at".to_owned(), json!(view.made_at));
    if let Some(expires) = view.expires {
        out.insert("expires".to_owned(), json!(expires));
    }
    out.insert("epoch".to_owned(), json!(view.epoch));
    out.insert("entries".to_owned(), json!(view.entries));
    out.insert("bytes".to_owned(), json!(view.bytes));
    put_text(&mut out, "sha256", &view.sha256);
    Json::Object(out)
}

/// One backup or escrow.
pub(super) fn tell(ctx: &mut Ctx<'_>, view: &BackupView) -> Done {
    let out = view_json(view);
    object(ctx, &view.name, out.clone(), |_| lines(&out))
}

/// Several of them.
pub(super) fn list(ctx: &mut Ctx<'_>, views: &[BackupView]) -> Done {
    let columns = Column::list(&[
        ("name", "Name"),
        ("form", "Form"),
        ("state", "State"),
        ("made_at", "Made"),
        ("expires", "Expires"),
        ("bytes", "Bytes"),
        ("path", "Path"),
        ("why", "Why"),
    ]);
    let make = Make {
        id: &|view: &BackupView| view.name.clone(),
        json: &|view| view_json(view),
        cells: &|view| {
            vec![vec![
                view.name.clone(),
                view.form.clone(),
                view.state.clone(),
                view.made_at.to_string(),
                view.expires.map(|day| day.to_string()).unwrap_or_default(),
                view.bytes.to_string(),
                view.path.clone(),
                view.why.clone(),
            ]]
        },
    };
    Listing::all(ctx, columns, views, &make)
}

/// What an object says, a line for each key.
fn lines(out: &Json) -> String {
    let Json::Object(out) = out else { return String::new() };
    out.iter()
        .map(|(key, value)| {
            let text = match value {
                Json::String(text) => text.trim_end().replace('\n', " | "),
                other => other.to_string(),
            };
            format!("{:<15}  {}\n", key.replace('_', " "), neutralise(&text))
        })
        .collect()
}
